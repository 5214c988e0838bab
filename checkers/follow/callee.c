// SPDX-License-Identifier: GPL-2.0-only
/*
 * Callees: in, a call in a function; out, the driver's functions that it can reach, and whether it can be others.
 * What is called can be a name, a pointer that was assigned or passed, an element of an array, a slot of a table.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define MAX_STEPS 8		/* from a pointer to what it was taken from */

struct callees {
	struct definition **list;
	int n;
	bool open;		/* can be one that is not known, and would be the driver's own */
};

static void resolve(struct function *f, struct expr *fn, struct callees *c, int steps);

static void take_values(struct callees *c, const struct given **given, int n)
{
	if (!n)
		c->open = true;
	for (int i = 0; i < n; i++)
		c->open |= !functions_in(context.program, given[i]->source, given[i]->value, &c->list, &c->n);
	if (n)
		free(given);
}

/* Of a unit, the function itself is asked for. */
static void add_defined(const struct expr *fn, struct callees *c)
{
	struct definition *d = context.defined(fn);

	if (d) {
		c->list = grow(c->list, c->n + 1, sizeof(*c->list));
		c->list[c->n++] = d;
	}
}

/* What the driver's calls of F hand to its parameter INDEX: by text, for nobody knows yet who calls it */
static void resolve_parameter(struct function *f, int index, struct callees *c, int steps)
{
	const struct program *p = context.program;
	bool called = false;

	for (int i = 0; i < p->n_sources && !context.defined; i++) {
		struct source *s = p->sources[i];
		struct definition **same;
		int n = strcmp(s->dir, f->def->source->dir) ? 0 : find_definitions(p, s, f->def->name, &same);
		bool sees = false;

		for (int k = 0; k < n; k++)
			sees |= same[k] == f->def;
		for (int at = 0; sees && at < s->n_tokens - 1; at++) {
			struct expr *call;
			int depth = 0, end = at + 1;

			if (!is(&s->tokens[at], f->def->name) || !is(&s->tokens[at + 1], "(") ||
			    at == f->def->open - 1 || is(&s->tokens[at - (at > 0)], "*") ||
			    (at > 0 && s->tokens[at - 1].kind == T_NAME && !is(&s->tokens[at - 1], "return")))
				continue;	/* or a declaration */
			do
				depth += is(&s->tokens[end], "(") - is(&s->tokens[end], ")");
			while (depth && ++end < s->n_tokens - 1);
			call = parse_tokens(s, at, end + 1);
			if (call->kind != E_CALL || index + 1 >= call->n_kids)
				continue;
			for (int k = 0; k < s->n_definitions; k++)
				if (at > s->definitions[k]->body && at < s->definitions[k]->body_end) {
					called = true;
					resolve(function_of(s->definitions[k]),
						expand_expr(p, s, call->kid[index + 1], false), c, steps + 1);
				}
		}
	}
	c->open |= !called;
}

const char *local_type(const struct function *f, const char *name)
{
	int index = parameter_index(f->def, name);

	if (index >= 0)
		return f->def->params[index].type;
	for (int i = 0; i < f->n_nodes; i++)
		if (f->nodes[i].kind == N_DECLARATION && f->nodes[i].name && !strcmp(f->nodes[i].name, name))
			return f->nodes[i].type;
	return NULL;
}

/* The type that a structure's place has, as far as declarations in the folder tell; "" */
static const char *type_of(struct function *f, struct expr *e, int steps)
{
	const struct program *p = context.program;
	const struct source *s = f->def->source;
	struct definition **own;
	const char *type;
	int n;

	if (!e || steps > MAX_STEPS)
		return "";
	switch (e->kind) {
	case E_CAST:
		return e->text;
	case E_NAME:
		type = local_type(f, e->text);
		return type ? type : variable_type(p, s, e->text);
	case E_MEMBER:
		return e->n_kids ? member_type(p, s, type_of(f, e->kid[0], steps + 1), e->text) : "";
	case E_INDEX:
	case E_UNARY:
		return type_of(f, e->kid[0], steps + 1);
	case E_ASSIGN:
		return type_of(f, e->kid[0], steps + 1);
	case E_CALL:
		if (callee(e) && e->n_kids > 3 && !strncmp(callee(e), "container_of", 12))
			return e->kid[2]->text;		/* its second argument is a type */
		n = own_callees(f, e, &own);
		type = n ? own[0]->type : "";
		free(own);
		return type;
	default:
		return "";
	}
}

/* Values that a local pointer is given in this function */
static void resolve_local(struct function *f, struct expr *variable, struct callees *c, int steps)
{
	bool set = false;

	for (int i = 0; i < f->n_nodes; i++) {
		struct setting s;

		if (!setting_in(f, i, variable, &s) || (!s.value && f->nodes[i].kind == N_DECLARATION))
			continue;
		set = true;
		if (!s.value || s.by_address || equal(s.value, variable))
			c->open = true;
		else if (s.value->kind == E_LIST)
			for (int k = 0; k < s.value->n_kids; k++) {
				struct expr *kid = s.value->kid[k];

				resolve(f, kid->kind == E_ASSIGN ? kid->kid[1] : kid, c, steps + 1);
			}
		else
			resolve(f, s.value, c, steps + 1);
	}
	c->open |= !set;
}

static void resolve_name(struct function *f, struct expr *fn, struct callees *c, int steps)
{
	const struct program *p = context.program;
	const struct source *s = f->def->source;
	const struct given **given = NULL;
	int index = parameter_index(f->def, fn->text), n;

	if (index >= 0) {
		resolve_parameter(f, index, c, steps);
	} else if (local_type(f, fn->text)) {
		resolve_local(f, fn, c, steps);
	} else if (context.defined) {
		add_defined(fn, c);
	} else if (!functions_in(p, s, fn, &c->list, &c->n)) {
		n = find_given(p, s, "", fn->text, "", &given);
		if (n)
			take_values(c, given, n);
		else		/* a pointer that is declared here, or a function in a form that is not understood */
			c->open |= declared_as(p, s, fn->text, NULL) || made_of_macros(p, s, fn->text);
	}
}

static void resolve_member(struct function *f, struct expr *fn, struct callees *c)
{
	const struct program *p = context.program;
	const struct source *s = f->def->source;
	const char *type = structure_named(p, s, type_of(f, fn->kid[0], 0));
	const struct given **given = NULL;
	const char *gives;		/* that member, when it is called */
	int n;

	if (context.defined) {
		add_defined(fn, c);
		return;
	}
	if (is_operation(fn->text))
		return;			/* of a domain that only the core knows; each is walked by itself */
	n = find_given(p, s, type, NULL, fn->text, &given);
	gives = *type ? member_type(p, s, type, fn->text) : "";
	if (!n && (!strcmp(gives, "void") || !strcmp(gives, "bool") || api("unsigned_type", gives)))
		return;			/* whoever fills the slot: no errno comes out of it */
	if (n || *gives || (!*type && own_member(p, s, fn->text)))
		take_values(c, given, n);
}

static void resolve(struct function *f, struct expr *fn, struct callees *c, int steps)
{
	const struct given **given = NULL;
	struct definition **own;
	struct expr *base;
	int n;

	if (steps > MAX_STEPS) {
		c->open = true;
		return;
	}
	fn = bare(fn);
	switch (fn->kind) {
	case E_NAME:
		if (!null_or_zero(fn))
			resolve_name(f, fn, c, steps);
		return;
	case E_NUMBER:
		return;
	case E_UNARY:
		resolve(f, fn->kid[0], c, steps + 1);
		return;
	case E_TERNARY:
		if (fn->kid[1])
			resolve(f, fn->kid[1], c, steps + 1);
		resolve(f, fn->kid[2], c, steps + 1);
		return;
	case E_MEMBER:
		if (fn->n_kids)
			resolve_member(f, fn, c);
		return;
	case E_INDEX:
		base = bare(fn->kid[0]);
		if (base->kind == E_MEMBER && base->n_kids) {
			resolve_member(f, base, c);
		} else if (base->kind == E_NAME && local_type(f, base->text)) {
			resolve_local(f, base, c, steps);
		} else if (base->kind == E_NAME) {
			n = find_given(context.program, f->def->source, "", base->text, "[]", &given);
			take_values(c, given, n);
		} else {
			c->open = true;
		}
		return;
	case E_CALL:
		if (is_call(fn, "static_call") && fn->n_kids == 2 && fn->kid[1]->kind == E_NAME) {
			n = find_given(context.program, f->def->source, "", fn->kid[1]->text, "", &given);
			take_values(c, given, n);
			return;
		}
		n = own_callees(f, fn, &own);	/* one that gives back a function; guard(mutex)(&lock) is a macro */
		c->open |= !n && callee(fn) && callee(fn)[strcspn(callee(fn), LOWER)] && strcmp(callee(fn), "guard");
		for (int i = 0; i < n; i++) {
			struct function *g = function_of(own[i]);

			for (int k = 0; k < g->n_nodes; k++)
				if (g->nodes[k].kind == N_RETURN && g->nodes[k].e)
					resolve(g, g->nodes[k].e, c, steps + 1);
		}
		free(own);
		return;
	default:
		c->open = true;
	}
}

/* What another reader has under a name that the text does not define. */
static struct definition *made_up(struct function *f, struct expr *call)
{
	const struct expr *fn = bare(call->kid[0]);

	return context.made_up && fn->kind == E_NAME ? context.made_up(f->def->source, fn->text) : NULL;
}

/* A call is resolved once: it is asked about in every context. */
struct resolved {
	const struct expr *call;
	struct callees callees;
	struct resolved *next;
};

#define RESOLVED 4096

static struct resolved *resolved[RESOLVED];

static const struct callees *callees_of(struct function *f, struct expr *call)
{
	struct resolved **head = &resolved[((uintptr_t)call >> 4) % RESOLVED], *r;

	for (r = *head; r; r = r->next)
		if (r->call == call)
			return &r->callees;
	r = alloc(sizeof(*r));
	r->call = call;
	resolve(f, call->kid[0], &r->callees, 0);
	r->next = *head;		/* only now: what it asked about itself found nothing */
	*head = r;
	return &r->callees;
}

int own_callees(struct function *f, struct expr *call, struct definition ***out)
{
	const struct callees *c = callees_of(f, call);
	int kept = 0;

	*out = alloc((c->n + 1) * sizeof(**out));
	for (int i = 0; i < c->n; i++)
		if (!context.left_out || !context.left_out(c->list[i]))
			(*out)[kept++] = c->list[i];
	if (!c->n && made_up(f, call))
		(*out)[kept++] = made_up(f, call);
	return kept;
}

bool unknown_callee(struct function *f, struct expr *call)
{
	const struct callees *c = callees_of(f, call);

	return c->open && (c->n || !made_up(f, call));
}
