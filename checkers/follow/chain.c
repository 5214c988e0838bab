// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chains: in, a function of a parsed unit, and what its caller gives it; out, the
 * errnos it can return, each with the calls down to the constant and the guard there,
 * the functions of other units it hands the errno of on, and what could not be followed.
 * The core walks it as it walks a callback, into whatever function of the unit is called.
 */
#include "../read/unit.h"

#include "follow.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BRANCHES 5000		/* of one function */

struct facts {
	json_t *errnos, *calls, *gaps;
};

static struct definition **entered;	/* of all requests so far */
static int n_entered, cap_entered;

/* Once a place, by whatever calls. */
static void add_gap(struct facts *facts, const struct frame *fr, int line, const char *why)
{
	json_t *chain = path_json(fr, line), *gap;
	bool known = false;
	size_t i;

	json_array_foreach(facts->gaps, i, gap) {
		json_t *other = json_object_get(gap, "chain");

		known |= !strcmp(str(gap, "why"), why) && json_equal(json_array_get(chain, json_array_size(chain) - 1),
								     json_array_get(other, json_array_size(other) - 1));
	}
	if (known)
		json_decref(chain);
	else
		json_array_append_new(facts->gaps, json_pack("{so so}", "why", text(why), "chain", chain));
}

static int line_at(const struct frame *fr, int node)
{
	return node > 0 ? fr->f->nodes[node].line : fr->f->def->line;
}

/* ----------------------------------------------------------------- guards */

static json_t *brief(const json_t *guard)
{
	json_t *operands = json_array(), *atoms, *atom, *operand, *have;
	bool otherwise = false;
	size_t i, j, k, n;

	json_array_foreach(json_object_get(guard, "alternatives"), i, atoms)
		json_array_foreach(atoms, j, atom) {
			otherwise |= !strcmp(str(atom, "op"), "otherwise");
			json_array_foreach(json_object_get(atom, "operands"), k, operand) {
				bool known = false;

				json_array_foreach(operands, n, have)
					known |= !strcmp(str(have, "text"), str(operand, "text"));
				if (!known)
					json_array_append_new(operands, json_pack("{sO sO}",
						"text", json_object_get(operand, "text"),
						"origins", json_object_get(operand, "origins")));
			}
		}
	return json_pack("{sO sO sO sO sb so}", "text", json_object_get(guard, "text"),
			 "file", json_object_get(guard, "file"), "line", json_object_get(guard, "line"),
			 "warn", json_object_get(guard, "warn"), "otherwise", otherwise, "operands", operands);
}

/* The guard, unless it was settled by how the function is called; a WARN_ON() around the place says so itself. */
static json_t *unsettled(json_t *guard, bool open)
{
	if (open || flag(guard, "warn"))
		return guard;
	json_decref(guard);
	return NULL;
}

static json_t *guard_at(struct frame *fr, int node)
{
	const struct guard *g;
	int n = guards_of(fr->f, node, &g);
	json_t *guard = NULL;

	for (int i = 0; i < n && !guard; i++)
		guard = unsettled(guard_json(fr, &g[i]), was_open(fr, g[i].branch, false));
	return guard;
}

/* The open condition that decides on an errno: in its function, or around a call on the way; null for none. */
static json_t *nearest_guard(struct frame *fr, const struct arrival *a)
{
	json_t *guard = NULL, *short_one;
	int node = a->exit >= 0 ? a->exit : a->node;

	if (a->choice)
		guard = unsettled(choice_json(fr, a->node, a->choice, a->choice_taken),
				  was_open(fr, a->node, true));
	if (!guard && a->exit >= 0 && fr->f->nodes[a->exit].kind == N_BRANCH) {
		struct guard g = { .branch = a->exit, .sense = a->exit_sense, .label = a->exit_label, .enclosing = true };

		guard = unsettled(guard_json(fr, &g), was_open(fr, a->exit, false));
	}
	for (; !guard && fr; node = fr->node, fr = fr->caller)
		guard = guard_at(fr, node);
	if (!guard)
		return json_null();
	short_one = brief(guard);
	json_decref(guard);
	return short_one;
}

/* ------------------------------------------------------------- what arrives */

static void add_errno(struct facts *facts, struct frame *fr, const char *name, const struct arrival *a)
{
	json_array_append_new(facts->errnos, json_pack("{so so si so so so}",
		"errno", text(name), "file", text(fr->f->def->source->path), "line", a->line,
		"function", text(fr->f->def->name), "guard", nearest_guard(fr, a), "chain", path_json(fr, a->line)));
}

/* Nothing becomes clearer inside: it allocates, locks, prints. */
static bool known_by_name(const char *name)
{
	static const char *const kinds[] = {
		"returns_null", "lock", "print_error", "print_warning", "print_info", "print_debug", "no_errno", "register_read",
		"same", "load", "transparent",
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (api(kinds[i], name) && !api("errno", name))
			return true;
	return false;
}

/* Where another unit has to be asked, or nobody can be. */
static void add_call(struct facts *facts, struct frame *fr, struct expr *call, int node)
{
	const struct expr *fn = bare(call->kid[0]);
	struct symbol *sym = fn->kind == E_MEMBER && fn->n_kids && fn->kid[0]->kind == E_NAME ?
			     function_in_table(fn->kid[0]->text, fn->text) : NULL;
	const char *name = sym ? name_of(sym) : fn->kind == E_NAME ? fn->text : "";
	struct symbol *declared = *name ? function_named(name) : NULL;
	int line = fr->f->nodes[node].line;
	json_t *how;

	if (known_by_name(name) || context.defined(fn))	/* on the way already: what it returns is stated there */
		return;
	if (!strcmp(name, "asm") || !*name || (fn->kind == E_NAME && !declared && local_type(fr->f, name))) {
		add_gap(facts, fr, line, !strcmp(name, "asm") ? "what assembly sets is returned" :
			format("%s is called through a pointer", expr_text(fn)));
		return;
	}
	how = json_pack("{ss}", "k", "call");
	describe_call(fr, call, node, how);
	if (*str(how, "value")) {	/* a macro: its result is the constant that its expansion ends in */
		add_errno(facts, fr, str(how, "value"), &(struct arrival){ .node = node, .exit = -1, .line = line });
	} else {
		json_array_append_new(facts->calls, json_pack("{so sO sO so}", "callee", text(name),
			"arguments", json_object_get(how, "arguments"), "stopped", json_object_get(how, "stopped"),
			"chain", path_json(fr, line)));
	}
	json_decref(how);
}

/* A place as one would write it. */
static const char *spelled(const struct term *t)
{
	switch (t->kind) {
	case ADDRESS:
		return format("&%s", spelled(t->a));
	case FIELD:
		if (!t->a || !t->text)
			return "a member";
		return t->a->kind == ADDRESS ? format("%s.%s", spelled(t->a->a), t->text) :
					       format("%s->%s", spelled(t->a), t->text);
	case POINTEE:
		return format("*%s", spelled(t->a));
	case ELEMENT:
		return format("%s[]", spelled(t->a));
	case UNKNOWN:
		return t->a ? spelled(t->a) : t->e ? expr_text(t->e) : "a value";
	case RESULT:
		return format("%s(..)", callee(t->e) ? callee(t->e) : "");
	default:
		return t->text ? t->text : "a value";
	}
}

static void add_open_end(struct facts *facts, const struct open_end *o)
{
	const struct term *v = o->value;
	const struct node *set = v->kind == UNKNOWN && v->frame ? &v->frame->f->nodes[v->node] : NULL;
	const char *why;

	if (set && set->e && is_call(bare(set->e), "asm"))
		why = "what assembly sets is returned";
	else if (v->kind == VARIABLE && v->frame)
		why = "the caller's argument is returned";
	else
		why = format("%s is returned, which is read from memory", spelled(v));
	add_gap(facts, o->frame, line_at(o->frame, o->node), why);
}

static int by_depth(const void *a, const void *b)
{
	const struct cause *x = *(struct cause *const *)a, *y = *(struct cause *const *)b;
	int c = x->frame->depth - y->frame->depth;

	if (!c)
		c = strcmp(x->frame->f->def->source->path, y->frame->f->def->source->path);
	if (!c)
		c = x->frame->f->nodes[x->node].line - y->frame->f->nodes[y->node].line;
	if (!c)
		c = strcmp(expr_text(x->e), expr_text(y->e));
	return c ? c : x->exit - y->exit;
}

static bool too_branchy(const struct function *f)
{
	int n = 0;

	for (int i = 0; i < f->n_nodes; i++)
		n += f->nodes[i].kind == N_BRANCH;
	return n > MAX_BRANCHES;
}

static void walk(struct facts *facts, struct frame *fr)
{
	struct outcome_of_walk w = walk_callback(fr, "");
	struct cause **causes = alloc((w.arrived->n + 1) * sizeof(*causes));	/* the set itself is interned */

	for (int i = 0; i < w.arrived->n; i++)
		causes[i] = w.arrived->list[i];
	qsort(causes, w.arrived->n, sizeof(*causes), by_depth);
	for (int i = 0; i < w.arrived->n; i++) {
		const struct cause *c = causes[i];
		struct arrival a = arrival_of(c);

		if (c->e->kind == E_ERRNO)
			add_errno(facts, c->frame, c->e->text, &a);
		else
			add_call(facts, c->frame, c->e, c->node);
	}
	free(causes);
	for (int i = 0; i < w.n_gaps; i++) {
		struct frame *at = w.gaps[i].frame ? w.gaps[i].frame : fr;

		add_gap(facts, at, line_at(at, w.gaps[i].node), w.gaps[i].why);
	}
	for (int i = 0; i < w.n_open && may_hold_errno(fr->f->def->type); i++)
		add_open_end(facts, &w.open[i]);
	for (int i = 0; i < w.n_entered; i++) {
		const struct definition *d = w.entered[i];

		push(entered, n_entered, cap_entered) = w.entered[i];
		if (d->function->gap)
			add_gap(facts, &(struct frame){ .f = d->function }, d->line, d->function->gap);
	}
}

static struct definition *defined(const struct expr *fn)
{
	struct symbol *sym = NULL;

	if (fn->kind == E_NAME && !known_by_name(fn->text))
		sym = function_named(fn->text);
	else if (fn->kind == E_MEMBER && fn->n_kids && fn->kid[0]->kind == E_NAME)
		sym = function_in_table(fn->kid[0]->text, fn->text);
	return sym && definition_of(sym) ? text_of(sym) : NULL;
}

static const char *result_type(const char *name)
{
	struct symbol *sym = *name ? lookup_symbol(built_in_ident(name), NS_SYMBOL) : NULL,
		      *type = sym ? sym->ctype.base_type : NULL;

	return type && type->type == SYM_FN ? type_text(type->ctype.base_type) : NULL;
}

void begin_following(void)
{
	context.program = &program;
	context.engine = "sparse";
	context.read = read_tree;
	context.defined = defined;
	context.result_type = result_type;
	load_points(json_object());
	keep_as_written(true);
}

bool was_entered(const char *file, int line)
{
	for (int i = 0; i < n_entered; i++)
		if (!strcmp(entered[i]->source->path, file) && entered[i]->line <= line && line <= entered[i]->end)
			return true;
	return false;
}

json_t *facts_of(const char *name, const json_t *arguments)
{
	struct facts facts = { .errnos = json_array(), .calls = json_array(), .gaps = json_array() };
	struct symbol *sym = function_named(name);
	struct definition *def = sym && definition_of(sym) ? text_of(sym) : NULL;
	struct frame *fr = alloc(sizeof(*fr));

	if (!def)
		return json_pack("{sb sb s[] s[] s[]}", "declared", sym != NULL, "found", false, "errnos", "calls", "gaps");
	*fr = (struct frame){ .f = function_of(def), .op = "", .given = arguments_given(arguments, def->n_params) };
	if (too_branchy(fr->f))
		add_gap(&facts, fr, def->line, format("%s has too many branches", name));
	else
		walk(&facts, fr);
	return json_pack("{sb sb so so so so}", "declared", true, "found", true, "file", text(def->source->path),
			 "errnos", facts.errnos, "calls", facts.calls, "gaps", facts.gaps);
}
