// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conditions: in, a guard in its frame; out, JSON that says when it lets
 * control pass: alternatives (any of them), each a list of atoms (all of them),
 * each atom an operator and its operands with their origins.
 */
#include "program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ALTERNATIVES 16
#define MAX_REASONS 32		/* deep: why this is so, and why that, ... */

struct atom {
	struct frame *fr;	/* where e stands: the guard's own, or a helper's whose result is tested */
	int node;
	struct expr *e;
	bool holds;
	struct expr *label;	/* of a case; e is what is switched on */
	bool otherwise;		/* the default of a switch */
	bool exhausted;		/* a loop ended without it */
};

struct alternative {
	struct atom *atoms;
	int n, cap;
};

struct formula {
	struct alternative *list;	/* or of ands */
	int n, cap;
};

static struct formula single(struct atom atom)
{
	struct formula f = { 0 };
	struct alternative a = { 0 };

	push(a.atoms, a.n, a.cap) = atom;
	push(f.list, f.n, f.cap) = a;
	return f;
}

static struct formula either(struct formula a, struct formula b)
{
	for (int i = 0; i < b.n && a.n < MAX_ALTERNATIVES; i++)
		push(a.list, a.n, a.cap) = b.list[i];
	return a;
}

static struct formula both(struct formula a, struct formula b)
{
	struct formula f = { 0 };

	for (int i = 0; i < a.n; i++)
		for (int j = 0; j < b.n && f.n < MAX_ALTERNATIVES; j++) {
			struct alternative c = { 0 };

			for (int k = 0; k < a.list[i].n; k++)
				push(c.atoms, c.n, c.cap) = a.list[i].atoms[k];
			for (int k = 0; k < b.list[j].n; k++)
				push(c.atoms, c.n, c.cap) = b.list[j].atoms[k];
			push(f.list, f.n, f.cap) = c;
		}
	return f;
}

/* 1, 0: what this value is where a truth value is wanted; -1 for what is not a constant */
static int truth(struct expr *e)
{
	e = bare(e);
	if (null_or_zero(e) || (e->kind == E_NAME && !strcmp(e->text, "false")))
		return 0;
	if (e->kind == E_NUMBER || (e->kind == E_NAME && !strcmp(e->text, "true")) ||
	    (e->kind == E_UNARY && !strcmp(e->text, "&")))
		return 1;
	return -1;
}

/* Does this expression have a truth value and no other? */
static bool boolean(struct frame *fr, struct expr *e)
{
	static const char *const operators[] = { "==", "!=", "<", ">", "<=", ">=", "&&", "||" };

	e = bare(e);
	if (e->kind == E_UNARY)
		return !strcmp(e->text, "!");
	if (e->kind == E_TERNARY && e->kid[1])
		return truth(e->kid[1]) + truth(e->kid[2]) == 1;
	if (e->kind == E_CALL && callee(e)) {
		struct definition **own;
		bool yes = api("empty_test", callee(e)) || api("occupied_test", callee(e));
		int n = own_callees(fr->f, e, &own);

		for (int i = 0; i < n; i++)
			yes |= !strcmp(own[i]->type, "bool");
		free(own);
		return yes;
	}
	for (size_t i = 0; e->kind == E_BINARY && i < sizeof(operators) / sizeof(*operators); i++)
		if (!strcmp(e->text, operators[i]))
			return true;
	return false;
}

/* x == false, true != x, !x == 0: what is compared, and whether it holds where E does; NULL for other comparisons */
static struct expr *compared(struct frame *fr, struct expr *e, bool *holds)
{
	for (int i = 0; i < 2; i++) {
		struct expr *x = bare(e->kid[i]), *constant = bare(e->kid[!i]);
		bool no = constant->kind == E_NAME && !strcasecmp(constant->text, "false"),
		     yes = constant->kind == E_NAME && !strcasecmp(constant->text, "true"),
		     equals = !strcmp(e->text, "==");

		if (!equals && strcmp(e->text, "!="))
			return NULL;
		if (boolean(fr, x)) {
			no |= null_or_zero(constant);
			yes |= constant->kind == E_NUMBER && !strcmp(constant->text, "1");
		}
		if (yes || no) {
			*holds = (equals == yes) == *holds;
			return x;
		}
	}
	return NULL;
}

/*
 * A formula is read in two ways: as it is written, for whoever looks at it; and for its reason, with the
 * conditions under which the driver's own predicates, macros and local truth values are so.
 */
struct place {
	struct frame *fr;
	int node;
	bool reason;
	bool *warn;
	int depth;
};

static struct formula formula_of(struct place p, struct expr *e, bool holds);
static bool constants(struct place p, struct expr *e, bool holds, struct formula *out);
static bool reason_of(struct place p, struct expr *e, bool holds, struct formula *out);
static bool compared_by_name(struct place p, struct expr *e, bool holds, struct formula *out);
static struct formula reached(struct place p, int node);
static struct formula exhausted(struct place p, int loop);
static int ended_search(struct place p, struct expr *e, bool holds);
static struct expr *only_value(struct place p, struct expr *variable, int *node);

/* What the call that entered this function has for a parameter that nothing changes; NULL where that is not known. */
static struct expr *argument(struct place p, const struct expr *e)
{
	struct settings s;
	bool only;

	if (e->kind != E_NAME || !p.fr->caller || p.fr->indirect)
		return NULL;
	for (int i = 0; i < p.fr->f->def->n_params && i + 1 < p.fr->call->n_kids; i++) {
		if (strcmp(p.fr->f->def->params[i].name, e->text))
			continue;
		s = settings_of(p.fr->f, e, p.node, false);
		only = s.n == 1 && s.list[0].parameter;
		free(s.list);
		return only ? bare(p.fr->call->kid[i + 1]) : NULL;
	}
	return NULL;
}

static bool number(struct place p, struct expr *e, long long *value)
{
	e = bare(e);
	if (e->kind == E_NAME)
		e = argument(p, e);
	if (!e || e->kind != E_NUMBER || !isdigit((unsigned char)*e->text))
		return false;
	*value = strtoll(e->text, NULL, 0);
	return true;
}

/* 1, 0: what E is by the constants that stand in it or that the call has for it; -1 for what is not known */
static int known(struct place p, struct expr *e)
{
	struct expr *a = argument(p, e);
	long long x, y;

	if (a)
		return truth(a);
	if (e->kind != E_BINARY || !number(p, e->kid[0], &x) || !number(p, e->kid[1], &y))
		return -1;
	return compares(e->text) ? holds_between(e->text, x, y) : -1;
}

/* Always, or never. */
static struct formula constant_formula(bool always)
{
	struct formula f = { 0 };

	if (always)
		push(f.list, f.n, f.cap) = (struct alternative){ 0 };
	return f;
}

static struct formula formula_of(struct place p, struct expr *e, bool holds)
{
	struct formula reason = { 0 };
	struct expr *x;
	int loop;

	e = bare(e);
	if (e->kind == E_UNARY && !strcmp(e->text, "!"))
		return formula_of(p, e->kid[0], !holds);
	if (e->kind == E_CALL && e->n_kids >= 2 && callee(e) && api("warn", callee(e))) {
		*p.warn = true;
		return formula_of(p, e->kid[1], holds);
	}
	if (e->kind == E_BINARY && (!strcmp(e->text, "&&") || !strcmp(e->text, "||"))) {
		struct formula a = formula_of(p, e->kid[0], holds);
		struct formula b = formula_of(p, e->kid[1], holds);

		return !strcmp(e->text, "&&") == holds ? both(a, b) : either(a, b);
	}
	if (e->kind == E_BINARY && (x = compared(p.fr, e, &holds)))
		return formula_of(p, x, holds);
	if (e->kind == E_TERNARY && boolean(p.fr, e))
		return formula_of(p, e->kid[0], (truth(e->kid[1]) == 1) == holds);
	if (p.reason && known(p, e) >= 0)
		return constant_formula(known(p, e) == holds);
	loop = p.reason ? ended_search(p, e, holds) : -1;
	if (loop >= 0)
		return exhausted(p, loop);
	if (p.reason && p.depth < MAX_REASONS) {
		if (compared_by_name(p, e, holds, &reason))
			return reason;
		p.depth++;
		if (reason_of(p, e, holds, &reason))
			return reason;
	}
	return single((struct atom){ .fr = p.fr, .node = p.node, .e = e, .holds = holds });
}

static const char *form_of(const struct expr *e)
{
	switch (e->kind) {
	case E_NAME:
		return "name";
	case E_MEMBER:
		return "field";
	case E_CALL:
		return "call";
	case E_NUMBER:
	case E_STRING:
	case E_ERRNO:
		return "constant";
	case E_BINARY:
		return !strcmp(e->text, "&") ? "bits" : "arithmetic";
	default:
		return "other";
	}
}

const char *value_type(struct frame *fr, const struct expr *e)
{
	const struct source *s = fr->f->def->source;

	if (e->kind == E_NAME) {
		for (int i = 0; i < fr->f->n_nodes; i++)
			if (fr->f->nodes[i].kind == N_DECLARATION && !strcmp(fr->f->nodes[i].name, e->text))
				return strchr(fr->f->nodes[i].type, '*') ? "pointer" :
				       !strcmp(fr->f->nodes[i].type, "bool") ? "bool" : "value";
		for (int i = 0; i < fr->f->def->n_params; i++)
			if (!strcmp(fr->f->def->params[i].name, e->text))
				return strchr(fr->f->def->params[i].type, '*') ? "pointer" :
				       !strcmp(fr->f->def->params[i].type, "bool") ? "bool" : "value";
	}
	if (e->kind == E_NAME || e->kind == E_MEMBER) {	/* of the file, or of a structure of the folder */
		const char *word = "";

		for (int i = 0; i < context.program->n_sources; i++) {
			const struct source *o = context.program->sources[i];

			if (strcmp(o->dir, s->dir) || (e->kind == E_NAME && o != s))
				continue;
			for (int j = 0; j < o->n_members; j++) {
				if (strcmp(o->members[j].name, e->text))
					continue;
				if (strchr(o->members[j].type, '*'))
					word = "pointer";
				else if (!*word)
					word = !strcmp(o->members[j].type, "bool") ? "bool" : "value";
			}
		}
		return word;
	}
	return "";
}

/* Errnos and callees that a driver's own helper can return: what a constant would mask. */
static json_t *errnos_of(struct function *f, struct expr *call)
{
	json_t *names = json_array();
	struct definition **own;
	int n = own_callees(f, call, &own);

	for (int k = 0; k < n; k++) {
		const struct flow *flow = flow_of(function_of(own[k]));

		for (int i = 0; i < flow->n; i++) {
			struct expr *e = flow->arrivals[i].e;

			json_array_append_new(names, text(e->kind == E_ERRNO ? e->text : format("propagated:%s",
				callee(e) ? callee(e) : "?")));
		}
	}
	free(own);
	return names;
}

/* FAILED: it is asked whether this is a negative number or an error pointer. EMPTY: whether it is NULL. */
static json_t *operand_json(struct frame *fr, struct expr *e, int node, bool failed, bool empty)
{
	struct origin o;
	json_t *operand;

	e = bare(e);
	o = origin_of(fr, e, node);
	if (failed)
		o = as_errno(o);
	if (empty && e->kind == E_CALL && gives_memory(fr->f, e))
		o.is = IS_ALLOCATION;
	operand = json_pack("{so so so ss ss}", "text", text(expr_text(e)),
			    "origins", origin_words(o.from, o.calls, o.n_calls), "is", value_words(o.is),
			    "form", form_of(e), "type", value_type(fr, e));
	if (o.is & IS_ERRNO && o.call) {
		struct definition **own;
		int n = own_callees(fr->f, o.call, &own);

		free(own);
		json_object_set_new(operand, "callee", text(callee(o.call) ? callee(o.call) : "?"));
		json_object_set_new(operand, "own", json_boolean(n));
		json_object_set_new(operand, "errnos", errnos_of(fr->f, o.call));
		if (!n && context.describe)
			context.describe(fr, o.call, o.call_node, operand);
	}
	return operand;
}

/*
 * unit->table != domain->pgd, where attach does unit->table = domain->pgd: the unit remembers which domain
 * is attached to it now by a value of that domain.
 */
static void mark_remembered(struct frame *fr, int node, json_t *operands, struct expr *left, struct expr *right)
{
	for (int i = 0; i < 2; i++) {
		struct expr *member = i ? right : left, *value = i ? left : right, *held;
		int at = node;

		if (member->kind == E_NAME && (held = only_value((struct place){ .fr = fr, .node = node }, member, &at)))
			member = held;
		if (value->kind == E_CALL && value->n_kids == 2 && callee(value) && api("same", callee(value)))
			value = bare(value->kid[1]);	/* virt_to_phys(domain->pgd) */
		if (member->kind == E_MEMBER && (value->kind == E_MEMBER || value->kind == E_NAME) &&
		    !(origin_of(fr, member, node).from & FROM_DOMAIN) && origin_of(fr, value, node).from & FROM_DOMAIN &&
		    remembers(fr, member->text, value))
			json_array_append_new(json_object_get(json_array_get(operands, i), "is"), json_string("remembered"));
	}
}

/* E == LABEL of a case, or not, worded as an `if` has it */
static json_t *check_of_label(const struct atom *a, struct expr *label, bool holds)
{
	bool zero = null_or_zero(bare(label));
	const char *op = zero ? holds ? "unset" : "set" : holds ? "==" : "!=";

	return text(normal_form(a->fr, a->node, op, bare(a->e), zero ? NULL : label));
}

/* What A checks, as follow/check.c words it: of a default, that it is none of the cases. */
static json_t *checks_of(const struct atom *a, const char *op, struct expr *left, struct expr *right)
{
	const struct node *n = &a->fr->f->nodes[a->node];
	json_t *checks = json_array();

	if (a->label)
		json_array_append_new(checks, check_of_label(a, a->label, true));
	else if (!a->otherwise)
		json_array_append_new(checks, text(normal_form(a->fr, a->node, op, left, right)));
	for (int i = 0; a->otherwise && i < n->n_succ; i++)
		if (n->succ[i].label)
			json_array_append_new(checks, check_of_label(a, n->succ[i].label, false));
	return checks;
}

static json_t *atom_json(const struct atom *a)
{
	struct frame *fr = a->fr;
	int node = a->node;
	struct expr *e = bare(a->e);
	json_t *operands = json_array(), *atom;
	const char *op = a->holds ? "set" : "unset";
	struct expr *left = e, *right = NULL;	/* the operands */

	if (a->label || a->otherwise) {
		op = a->otherwise ? "otherwise" : "==";
		right = a->label;
		json_array_append_new(operands, operand_json(fr, e, node, a->label && bare(a->label)->kind == E_ERRNO, false));
		if (a->label)
			json_array_append_new(operands, operand_json(fr, a->label, node, false, false));
	} else if (e->kind == E_CALL && e->n_kids >= 2 && callee(e) &&
		   (api("empty_test", callee(e)) || api("occupied_test", callee(e)))) {
		op = api("empty_test", callee(e)) == a->holds ? "empty" : "occupied";
		left = e->kid[1];
		json_array_append_new(operands, operand_json(fr, left, node, false, false));
	} else if (e->kind == E_CALL && e->n_kids >= 2 && callee(e) && api("error_test", callee(e))) {
		bool null_too = !strcmp(callee(e), "IS_ERR_OR_NULL");

		op = a->holds ? "error" : "good";
		left = e->kid[1];
		json_array_append_new(operands, operand_json(fr, left, node, !null_too, a->holds));
	} else if (e->kind == E_BINARY && compares(e->text)) {
		bool turned;

		left = bare(e->kid[0]);
		right = bare(e->kid[1]);
		turned = null_or_zero(left) && (!strcmp(e->text, "==") || !strcmp(e->text, "!="));
		op = a->holds ? e->text : negated(e->text);
		if (null_or_zero(right) || turned) {
			static const char *const words[][2] = { { "!=", "set" }, { "==", "unset" }, { "<", "negative" } };

			for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
				if (!strcmp(op, words[i][0]))
					op = words[i][1];
		}
		json_array_append_new(operands, operand_json(fr, turned ? right : left, node,
							     !strcmp(op, "negative") || right->kind == E_ERRNO,
							     !strcmp(op, "unset")));
		left = turned ? right : left;
		if (!strcmp(op, e->text) || !strcmp(op, negated(e->text))) {
			json_array_append_new(operands, operand_json(fr, right, node, false, false));
			mark_remembered(fr, node, operands, left, right);
		} else {
			right = NULL;
		}
	} else {
		json_array_append_new(operands, operand_json(fr, e, node, false, !a->holds));
	}
	atom = json_pack("{so ss sb so}", "text", text(a->label ? format("%s == %s", expr_text(e), expr_text(a->label)) :
			 a->holds || a->otherwise ? expr_text(e) : negated_text(e)),
			 "op", op, "exhausted", a->exhausted, "operands", operands);
	if (context.tested)
		json_object_set_new(atom, "checks", checks_of(a, op, left, right));
	return atom;
}

static json_t *formula_json(const struct formula *f)
{
	json_t *alternatives = json_array();

	for (int i = 0; i < f->n; i++) {
		json_t *atoms = json_array();

		for (int j = 0; j < f->list[i].n; j++)
			json_array_append_new(atoms, atom_json(&f->list[i].atoms[j]));
		json_array_append_new(alternatives, atoms);
	}
	return alternatives;
}

static char *sense_text(const struct node *n, const struct guard *g)
{
	char *c = n->e ? expr_text(n->e) : copy_string("(unknown)");

	switch (g->sense) {
	case IF_FALSE:
		return n->loop || !n->e ? format("no more of %s", c) : negated_text(bare(n->e));
	case IN_CASE:
		return format("%s == %s", c, g->label ? expr_text(g->label) : "?");
	case IN_DEFAULT:
		return format("%s is none of the cases", c);
	default:
		return c;
	}
}

static bool inside_loop(const struct function *f, int node, int loop)
{
	for (const struct scope *s = f->nodes[node].scope; s; s = s->outer)
		if (s->branch == loop)
			return true;
	return false;
}

/* Can control leave LOOP from NODE on, before the next turn? */
static bool leaves(const struct function *f, int node, int loop, bool *seen)
{
	if (node == loop || seen[node])
		return false;
	seen[node] = true;
	if (!inside_loop(f, node, loop))	/* but for its step */
		return f->nodes[node].n_succ != 1 || f->nodes[node].succ[0].to != loop;
	for (int i = 0; i < f->nodes[node].n_succ; i++)
		if (leaves(f, f->nodes[node].succ[i].to, loop, seen))
			return true;
	return false;
}

/* if (taken) continue; return this one; : what holds of each turn of a loop that ended is what leads to the next turn */
static bool goes_on_if(const struct function *f, int branch, int loop)
{
	bool out[2] = { false, false };

	for (int i = 0; i < f->nodes[branch].n_succ; i++) {
		const struct edge *e = &f->nodes[branch].succ[i];
		bool *seen = alloc(f->n_nodes);

		out[e->sense == IF_TRUE] |= leaves(f, e->to, loop, seen);
		free(seen);
	}
	return out[false] && !out[true];
}

/* A loop that ended without result: what it went over, and what it looked for. */
static struct formula exhausted(struct place p, int loop)
{
	struct function *f = p.fr->f;
	struct formula all = single((struct atom){ .fr = p.fr, .node = loop, .e = f->nodes[loop].e });

	for (int i = 0; i < f->n_nodes; i++) {
		const struct node *n = &f->nodes[i];
		struct place at = p;

		at.node = i;
		at.reason = false;
		/* how a turn went is no part of what the loop looked for */
		if (inside_loop(f, i, loop) && n->kind == N_BRANCH && n->e && !n->iterator && !n->dispatch &&
		    !(origin_of(p.fr, n->e, i).is & IS_ERRNO))
			all = both(all, formula_of(at, n->e, goes_on_if(f, i, loop)));
	}
	for (int i = 0; i < all.n; i++)
		for (int k = 0; k < all.list[i].n; k++)
			all.list[i].atoms[k].exhausted = true;
	return all;
}

/* ------------------------------------------------- answers that have a name */

/* The one value that a local variable has here; NULL for several, or none that is known. */
static struct expr *only_value(struct place p, struct expr *variable, int *node)
{
	struct settings s = settings_of(p.fr->f, variable, p.node, false);
	struct expr *value = NULL;

	if (s.n == 1 && !s.may_be_unset && s.list[0].value && !s.list[0].by_address && !s.list[0].partly &&
	    !p.fr->f->nodes[s.list[0].node].iterator) {
		value = bare(s.list[0].value);
		*node = s.list[0].node;
	}
	free(s.list);
	return value;
}

/* The call that E is the answer of, through locals, and parameters that nothing changes; NULL. P becomes its place. */
static struct expr *answered_by(struct place *p, struct expr *e)
{
	for (int i = 0; i < MAX_REASONS && e; i++) {
		struct expr *given;

		e = bare(e);
		if (e->kind == E_CALL)
			return e;
		if (e->kind != E_NAME)
			return NULL;
		given = argument(*p, e);
		if (given) {
			p->node = p->fr->node;
			p->fr = p->fr->caller;
		}
		e = given ? given : only_value(*p, e, &p->node);
	}
	return NULL;
}

/* E as a number: as it is written, or by the name of an enumerator or a macro. */
static bool constant_of(const struct function *f, struct expr *e, bool *by_name, long long *out)
{
	e = bare(e);
	if (e->kind == E_NUMBER)
		*out = strtoll(e->text, NULL, 0);
	else if (e->kind != E_NAME || !named_constant(context.program, f->def->source, e->text, out))
		return false;
	*by_name |= e->kind == E_NAME;
	return true;
}

/* Answers: those on LIST, or with OTHERS all but them. */
struct answers {
	const long long *list;
	int n;
	bool others, by_name;		/* by_name: one was seen that has a name */
};

/* Adds to OUT when E, which is there at NODE, is one of the answers. False where it may be what is not known. */
static bool one_of(struct place at, int node, struct expr *e, struct answers *a, struct formula *out)
{
	struct formula here = { 0 };
	bool wanted = a->others;
	long long value;

	e = bare(e);
	if (e->kind == E_TERNARY && e->kid[1]) {
		struct formula first = { 0 }, second = { 0 };

		if (!one_of(at, node, e->kid[1], a, &first) || !one_of(at, node, e->kid[2], a, &second))
			return false;
		if (first.n && second.n)
			*out = either(*out, first);
		else if (first.n || second.n)
			*out = either(*out, formula_of(at, e->kid[0], first.n));
		return true;
	}
	if (!constant_of(at.fr->f, e, &a->by_name, &value))
		return false;
	for (int i = 0; i < a->n; i++)
		if (a->list[i] == value)
			wanted = !a->others;
	if (!wanted)
		return true;
	here = reached(at, node);
	*out = either(*out, here.n ? here : constant_formula(true));
	return true;
}

/* When does this helper of the driver give one of these answers? */
static bool returns_one_of(struct place p, struct definition *def, struct expr *call, struct answers *a, struct formula *out)
{
	struct frame *inner = enter_helper(p.fr, def, call, p.node);

	for (int i = 0; inner && i < inner->f->n_nodes; i++) {
		const struct node *n = &inner->f->nodes[i];
		struct place at = { .fr = inner, .node = i, .reason = true, .warn = p.warn, .depth = p.depth };
		struct settings s = { 0 };
		bool known = true;
		long long value;

		if (n->kind != N_RETURN)
			continue;
		if (!n->e)
			return false;
		if (bare(n->e)->kind != E_NAME || constant_of(inner->f, n->e, &known, &value)) {
			if (!one_of(at, i, n->e, a, out))
				return false;
			continue;
		}
		s = settings_of(inner->f, bare(n->e), i, false);
		known = s.n && !s.may_be_unset;
		for (int k = 0; k < s.n && known; k++)
			known = s.list[k].value && !s.list[k].by_address && !s.list[k].parameter &&
				one_of(at, s.list[k].node, s.list[k].value, a, out);
		free(s.list);
		if (!known)
			return false;
	}
	return inner != NULL;
}

/* Why E is one of these answers, where the driver's own helper gave it, as an enumerator or another constant by name */
static bool reason_of_answer(struct place p, struct expr *e, struct answers a, struct formula *out)
{
	struct expr *call = p.depth < MAX_REASONS ? answered_by(&p, e) : NULL;
	struct formula all = { 0 };
	struct definition **own;
	bool known = false;
	int n = call ? own_callees(p.fr->f, call, &own) : 0;

	p.depth++;
	for (int i = 0; i < n; i++) {
		known = !returns_errno(own[i]) && returns_one_of(p, own[i], call, &a, &all);
		if (!known)
			break;
	}
	if (n)
		free(own);
	*out = all;
	return known && a.by_name && all.n;
}

/* state == FOO_BUSY, FOO_BUSY != state */
static bool compared_by_name(struct place p, struct expr *e, bool holds, struct formula *out)
{
	long long value;
	bool by_name = false;

	if (e->kind != E_BINARY || (strcmp(e->text, "==") && strcmp(e->text, "!=")))
		return false;
	for (int i = 0; i < 2; i++)
		if (constant_of(p.fr->f, e->kid[i], &by_name, &value))
			return reason_of_answer(p, e->kid[!i], (struct answers){ &value, 1, !strcmp(e->text, "!=") == holds,
										 false }, out);
	return false;
}

/* case FOO_BUSY: */
static bool reason_of_case(struct place p, const struct node *n, const struct guard *g, struct formula *out)
{
	long long *labels = alloc((n->n_succ + 1) * sizeof(*labels));
	bool others = g->sense == IN_DEFAULT, known = true, by_name = false, told;
	int n_labels = 0;

	for (int i = 0; i < n->n_succ && known; i++)
		if (n->succ[i].label && (others || n->succ[i].label == g->label))
			known = constant_of(p.fr->f, n->succ[i].label, &by_name, &labels[n_labels++]);
	told = known && reason_of_answer(p, n->e, (struct answers){ labels, n_labels, others, false }, out);
	free(labels);
	return told;
}

/* The operator that holds where E does, or does not; with its operands turned round so that VARIABLE stands first */
static const char *relation(const struct expr *e, bool holds, bool turned)
{
	const char *op = holds ? e->text : negated(e->text);

	return turned ? turned_round(op) : op;
}

/* Does a loop under condition C end where V is BOUND (NULL for 0)? while (v < bound && ..), while (v-- && ..) */
static bool runs_out(struct expr *c, const struct expr *v, const struct expr *bound)
{
	c = bare(c);
	if (c->kind == E_BINARY && !strcmp(c->text, "&&"))
		return runs_out(c->kid[0], v, bound) || runs_out(c->kid[1], v, bound);
	if (c->kind == E_BINARY && compares(c->text)) {
		struct expr *left = bare(c->kid[0]), *right = bare(c->kid[1]);

		if (!strcmp(c->text, "=="))
			return false;
		if (left->kind == E_UNARY && left->n_kids)
			left = bare(left->kid[0]);
		return equal(left, v) && (bound ? equal(right, bound) : null_or_zero(right));
	}
	if (c->kind == E_UNARY && !strcmp(c->text, "--"))
		c = bare(c->kid[0]);
	return !bound && equal(c, v);
}

/* The loop before the place in which V ran out, and has nothing else since; -1 for none */
static int loop_over(struct place p, struct expr *v, const struct expr *bound)
{
	struct function *f = p.fr->f;
	struct settings s;
	int found = -1;

	for (int i = 0; i < p.node; i++)
		if (f->nodes[i].loop && !f->nodes[i].iterator && f->nodes[i].e && !inside_loop(f, p.node, i) &&
		    runs_out(f->nodes[i].e, v, bound))
			found = i;
	if (found < 0)
		return -1;
	s = settings_of(f, v, p.node, false);
	for (int i = 0; i < s.n; i++)
		if (s.list[i].node > found && !inside_loop(f, s.list[i].node, found))
			found = -1;
	free(s.list);
	return found;
}

/*
 * slot = -1; for (..) if (free) { slot = i; break; } if (slot < 0): the loop in which what V still lacks was looked
 * for, where V only gets another value than its first one in there; -1 for none.
 */
static int loop_that_sets(struct place p, struct expr *v, const struct expr *bound)
{
	struct function *f = p.fr->f;
	struct settings s;
	int loop = -1, first = 0;

	if (v->kind != E_NAME)
		return -1;
	s = settings_of(f, v, p.node, false);
	for (int i = 0; i < s.n && first >= 0; i++) {
		const struct setting *set = &s.list[i];
		struct expr *value = set->value && !set->by_address ? bare(set->value) : NULL;
		bool none = value && (null_or_zero(value) || (bound && equal(value, bound)) ||
				      (value->kind == E_ERRNO && value->raw) ||
				      (value->kind == E_UNARY && !strcmp(value->text, "-")));
		const struct scope *in = f->nodes[set->node].scope;
		bool entry = value && (value->kind == E_NAME || value->kind == E_INDEX || value->kind == E_MEMBER ||
				       (value->kind == E_UNARY && !strcmp(value->text, "&")));

		while (in && !f->nodes[in->branch].loop)
			in = in->outer;
		if (none && !in)
			first++;
		else if (entry && in && !f->nodes[set->node].iterator && (loop < 0 || loop == in->branch) &&
			 !inside_loop(f, p.node, in->branch))
			loop = in->branch;
		else
			first = -1;
	}
	free(s.list);
	return first == 1 ? loop : -1;
}

/* The search that ended without result, where E says just that; -1 where it says something else. */
static int ended_search(struct place p, struct expr *e, bool holds)
{
	const char *op;
	int loop = -1;

	if (e->kind == E_NAME)
		op = holds ? "!=" : "==";
	else if (e->kind == E_BINARY && compares(e->text))
		op = NULL;
	else
		return -1;
	for (int i = 0; i < (op ? 1 : 2) && loop < 0; i++) {
		struct expr *v = op ? e : bare(e->kid[i]), *bound = op ? NULL : bare(e->kid[!i]);
		const char *is = op ? op : relation(e, holds, i);

		if (v->kind != E_NAME)
			continue;
		if (bound && null_or_zero(bound))
			bound = NULL;
		if (!strcmp(is, "==") || (bound && !strcmp(is, ">=")) || (!bound && (!strcmp(is, "<") || !strcmp(is, "<="))))
			loop = loop_over(p, v, bound);
		if (loop < 0 && (!strcmp(is, "==") || (!bound && !strcmp(is, "<"))))
			loop = loop_that_sets(p, v, bound);
	}
	return loop;
}

static bool loop_end(const struct node *n, const struct guard *g)
{
	return n->loop && g->sense == IF_FALSE;
}

static struct formula formula_of_guard(struct place p, const struct guard *g)
{
	struct node *n = &p.fr->f->nodes[g->branch];
	struct formula answer = { 0 };

	p.node = g->branch;
	if (!n->e)
		return (struct formula){ 0 };
	if (loop_end(n, g))
		return exhausted(p, g->branch);
	if (n->dispatch && p.reason && reason_of_case(p, n, g, &answer))
		return answer;
	if (n->dispatch)
		return single((struct atom){ .fr = p.fr, .node = g->branch, .e = n->e, .label = g->label,
					     .otherwise = g->sense == IN_DEFAULT });
	return formula_of(p, n->e, g->sense == IF_TRUE);
}

/* When is NODE reached, by its nearest guards? */
static struct formula reached(struct place p, int node)
{
	const struct guard *g;
	int n = guards_of(p.fr->f, node, &g);
	struct formula all = { 0 };

	for (int i = 0; i < n && !g[i].depth; i++)
		all = either(all, formula_of_guard(p, &g[i]));
	return all;
}

/*
 * A local variable that holds nothing but constants, or a pointer that is NULL or something that was found: the
 * places where it gets a value that is so.
 */
static bool constants(struct place p, struct expr *e, bool holds, struct formula *out)
{
	struct settings s = settings_of(p.fr->f, e, p.node, false);
	bool pointer = !strcmp(value_type(p.fr, e), "pointer"), all = s.n > 1 && !s.may_be_unset, none = false;

	for (int i = 0; i < s.n && all; i++) {
		const struct setting *set = &s.list[i];

		all = set->value && !set->by_address && !set->parameter && !p.fr->f->nodes[set->node].iterator &&
		      (truth(set->value) >= 0 || (pointer && holds && bare(set->value)->kind == E_NAME));
		none |= all && truth(set->value) == 0;
	}
	all &= none;
	for (int i = 0; i < s.n && all; i++)
		if ((truth(s.list[i].value) != 0) == holds)
			*out = either(*out, reached(p, s.list[i].node));
	free(s.list);
	return all;
}

/* A pointer that was found, a number that was counted: it is there where its return is reached. */
static bool something(const struct definition *def, const struct expr *e)
{
	if (e->kind == E_NAME || e->kind == E_MEMBER || e->kind == E_INDEX)
		return strchr(def->type, '*');
	return e->kind == E_BINARY && (!strcmp(e->text, "+") || !strcmp(e->text, "-"));
}

/* When does this helper of the driver return a value that is true, or one that is not? False where that is not known. */
static bool returns_so(struct place p, struct definition *def, struct expr *call, bool holds, struct formula *out)
{
	struct frame *inner = enter_helper(p.fr, def, call, p.node);
	for (int i = 0; inner && i < inner->f->n_nodes; i++) {
		const struct node *n = &inner->f->nodes[i];
		struct place at = { .fr = inner, .node = i, .reason = true, .warn = p.warn, .depth = p.depth };
		struct expr *e = n->e ? bare(n->e) : NULL;

		if (n->kind != N_RETURN)
			continue;
		if (!e || e->kind == E_ERRNO || e->kind == E_OPAQUE)
			return false;
		if (truth(e) >= 0 || something(def, e)) {
			if (truth(e) != 0 && holds && !reached(at, i).n)
				*out = either(*out, formula_of(at, e, holds));
			else if ((truth(e) != 0) == holds)
				*out = either(*out, reached(at, i));
			else if (truth(e) < 0 && e->kind == E_NAME)
				*out = either(*out, formula_of(at, e, holds));
		} else if (e->kind != E_NAME || !constants(at, e, holds, out)) {
			*out = either(*out, formula_of(at, e, holds));
		}
	}
	return inner != NULL;
}

/* -1 stands for "none": when does this helper return it? */
static bool returns_none(struct place p, struct definition *def, struct expr *call, struct formula *out)
{
	struct frame *inner = enter_helper(p.fr, def, call, p.node);
	struct place at = { .fr = inner, .reason = true, .warn = p.warn, .depth = p.depth };

	for (int i = 0; inner && i < inner->f->n_nodes; i++) {
		const struct node *n = &inner->f->nodes[i];

		if (n->kind == N_RETURN && n->e && bare(n->e)->kind == E_ERRNO)
			*out = either(*out, reached(at, i));
	}
	return inner != NULL;
}

/* x < 0, x == -1: what was looked for was not found */
static bool says_none(struct expr *e)
{
	struct expr *right = bare(e->kid[1]);

	return (!strcmp(e->text, "<") && null_or_zero(right)) ||
	       (!strcmp(e->text, "==") && right->kind == E_ERRNO && right->raw);
}

/*
 * Why E is so, where that is decided elsewhere: in the driver's own helper that returned it, in what a macro
 * stands for, where a local truth value got its value. False where E says it all.
 */
static bool reason_of(struct place p, struct expr *e, bool holds, struct formula *out)
{
	struct formula all = { 0 };
	struct definition **own;
	bool negative = e->kind == E_BINARY && holds && says_none(e), all_known = false;
	int n;

	if (e->kind == E_BINARY && (!strcmp(e->text, "==") || !strcmp(e->text, "!=")))	/* p != NULL */
		for (int i = 0; i < 2; i++)
			if (null_or_zero(bare(e->kid[i]))) {
				holds = !strcmp(e->text, "!=") == holds;
				e = bare(e->kid[!i]);
				break;
			}
	if (origin_of(p.fr, e, p.node).is & IS_ATTACHED)
		return false;		/* the domain that is attached: that says it all */
	if (negative)
		e = bare(e->kid[0]);
	if (e->kind == E_ASSIGN && !strcmp(e->text, "="))
		e = bare(e->kid[1]);
	if (e->kind == E_NAME || e->kind == E_MEMBER) {
		struct expr *value = only_value(p, e, &p.node);

		if (!value)
			return !negative && constants(p, e, holds, out);
		e = value;
		if (!negative && boolean(p.fr, e)) {
			*out = formula_of(p, e, holds);
			return true;
		}
	}
	if (e->kind != E_CALL)
		return false;
	if (!negative && reason_of_answer(p, e, (struct answers){ (const long long[]){ 0 }, 1, holds, false }, out))
		return true;
	n = own_callees(p.fr->f, e, &own);
	for (int i = 0; i < n; i++) {
		all_known = !returns_errno(own[i]) &&
			(negative ? returns_none(p, own[i], e, &all) : returns_so(p, own[i], e, holds, &all));
		if (!all_known)
			break;
	}
	free(own);
	*out = all;
	return all_known && all.n;
}

static bool same_atoms(const struct formula *a, const struct formula *b)
{
	bool same = a->n == b->n;

	for (int i = 0; same && i < a->n; i++) {
		same = a->list[i].n == b->list[i].n;
		for (int k = 0; same && k < a->list[i].n; k++)
			same = a->list[i].atoms[k].e == b->list[i].atoms[k].e;
	}
	return same;
}

/* Adds a condition to a guard: as it is written, and where that differs its reason. */
static void add_formula(json_t *guard, const struct formula *written, const struct formula *reason)
{
	json_object_set_new(guard, "alternatives", formula_json(written));
	if (!same_atoms(written, reason))
		json_object_set_new(guard, "reason", formula_json(reason));
}

json_t *guard_json(struct frame *fr, const struct guard *g)
{
	struct node *n = &fr->f->nodes[g->branch];
	bool warn = false, warned = false;
	struct place written = { .fr = fr, .warn = &warn }, why = { .fr = fr, .reason = true, .warn = &warned };
	struct formula f = formula_of_guard(written, g), reason = formula_of_guard(why, g);
	json_t *guard = json_pack("{so so si so sb sb sb sb sb si}", "text", text(sense_text(n, g)),
			 "file", text(fr->f->def->source->path), "line", n->line,
			 "function", text(fr->f->def->name), "enclosing", g->enclosing, "chosen", g->chosen, "warn", warn,
			 "exhausted", loop_end(n, g), "loop", n->loop && !loop_end(n, g), "depth", g->depth);

	add_formula(guard, &f, &reason);
	return guard;
}

json_t *choice_json(struct frame *fr, int node, struct expr *c, bool taken)
{
	bool warn = false, warned = false;
	struct formula f = formula_of((struct place){ .fr = fr, .node = node, .warn = &warn }, c, taken);
	struct formula reason = formula_of((struct place){ .fr = fr, .node = node, .reason = true, .warn = &warned }, c, taken);
	json_t *guard = json_pack("{so so si so sb sb sb sb si}",
			 "text", text(taken ? expr_text(c) : negated_text(bare(c))),
			 "file", text(fr->f->def->source->path), "line", fr->f->nodes[node].line,
			 "function", text(fr->f->def->name), "enclosing", true, "warn", warn,
			 "exhausted", false, "loop", false, "depth", 0);

	add_formula(guard, &f, &reason);
	return guard;
}
