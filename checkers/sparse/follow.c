// SPDX-License-Identifier: GPL-2.0-only
/*
 * Following: in, a function of a parsed unit, and what its caller gives it; out, the
 * errnos it can return, each with the calls down to the constant and the guard there,
 * the functions of other units it hands the errno of on, and what could not be followed.
 */
#include "sparse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CALL_DEPTH 16
#define MAX_CONTEXTS 1000
#define MAX_BLOCKS 5000

/* A function to look into, in the context of one call; nearest ones first. */
struct visit {
	struct frame frame;
	const char *key;		/* function and arguments */
};

struct facts {
	struct visit **queue;
	int n, cap, next;
	json_t *errnos, *calls, *gaps;
};

static const struct fn **entered;	/* of all requests so far */
static int n_entered, cap_entered;

static int line_of(const struct fn *f, struct position pos)
{
	return start_of(f, pos).line;
}

static json_t *step(const struct fn *f, int line)
{
	return json_pack("{so so si}", "function", text(f->name), "file", text(f->file),
			 "line", line);
}

/* The calls from the outermost frame down to LINE in this one. */
static json_t *chain_json(const struct frame *fr, int line)
{
	json_t *chain = !fr->caller ? json_array() :
			chain_json(fr->caller, line_of(fr->caller->f, fr->call->pos));

	json_array_append_new(chain, step(fr->f, line));
	return chain;
}

static void add_gap(struct facts *facts, const struct frame *fr, int line, const char *why)
{
	json_array_append_new(facts->gaps, json_pack("{so so}", "why", text(why),
						     "chain", chain_json(fr, line)));
}

/* ------------------------------------------------- errnos that are stopped */

/* Does an errno that A hands on get out of the outermost frame? */
static bool gets_out(struct frame *fr, const struct arrival *a, int value)
{
	if (a && !lets_pass(fr->f, a, value))
		return false;
	for (; fr->caller; fr = fr->caller) {
		const struct flow *flow = flow_of(fr->caller->f);
		bool passes = false, arrives = false;

		for (int i = 0; i < flow->n && !passes; i++)
			if (flow->arrivals[i].call == fr->call) {
				arrives = true;
				passes = lets_pass(fr->caller->f, &flow->arrivals[i], value);
			}
		if (arrives && !passes)
			return false;
	}
	return true;
}

static void add_value(int **list, int *n, int *cap, long long value)
{
	for (int i = 0; i < *n; i++)
		if ((*list)[i] == value)
			return;
	if (value < 0 && value >= -4095)
		push(*list, *n, *cap) = value;
}

/* Errnos that the function compares something with: no other can be stopped apart. */
static void add_compared(struct fn *f, int **list, int *n, int *cap)
{
	struct instruction *insn;

	for (int b = 0; b < f->n; b++)
		FOR_EACH_PTR(f->bb[b]->insns, insn) {
			if (insn->bb && (insn->opcode == OP_SET_EQ || insn->opcode == OP_SET_NE) &&
			    insn->src2->type == PSEUDO_VAL)
				add_value(list, n, cap, (int)insn->src2->value);
		} END_FOR_EACH_PTR(insn);
	for (int i = 0; i < f->n_decisions; i++)
		for (int k = 0; k < f->decisions[i].n_ways; k++)
			if (!f->decisions[i].ways[k].otherwise)
				add_value(list, n, cap, (int)f->decisions[i].ways[k].value);
}

json_t *stopped_json(struct frame *fr, const struct arrival *a)
{
	int *values = NULL, n = 0, cap = 0;
	json_t *list = json_array();

	for (struct frame *up = fr; up; up = up->caller)
		add_compared(up->f, &values, &n, &cap);
	for (int i = 0; i < n; i++)
		if (!gets_out(fr, a, values[i]))
			json_array_append_new(
				list, text(errno_name(fr->f, values[i], (struct position){ 0 })));
	free(values);
	return list;
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
			 "file", json_object_get(guard, "file"),
			 "line", json_object_get(guard, "line"),
			 "warn", json_object_get(guard, "warn"),
			 "otherwise", otherwise, "operands", operands);
}

/* Is it settled already by how the function is called? */
static bool settled_decision(struct frame *fr, const struct guard *g)
{
	const struct decision *d = &fr->f->decisions[g->decision];
	long long value;

	for (int i = 0; i < d->n; i++)
		if (!constant_in(fr, terminator(fr->f, d->leaves[i])->cond, &value))
			return false;
	return true;
}

/* The nearest open guard of a place, or NULL. */
static json_t *open_guard(struct frame *fr, int block, struct position pos)
{
	struct guard *g;
	int n = guards_of(fr->f, block, pos, &g), i = 0;
	json_t *guard = NULL;

	while (i < n && settled_decision(fr, &g[i]))
		i++;
	if (i < n)
		guard = guard_json(fr, &g[i], 0);
	free(g);
	return guard;
}

/*
 * The condition that decides on the constant: in its function, or around a call on
 * the way; null for none.
 */
static json_t *nearest_guard(struct frame *fr, const struct arrival *a)
{
	json_t *guard = folded_json(fr->f, a->pos), *short_one;
	long long value;

	if (!guard && a->choice.choice && !constant_in(fr, a->choice.choice->src1, &value))
		guard = guard_json(fr, &a->choice, 0);
	if (!guard && a->exit.decision >= 0)
		guard = guard_json(fr, &a->exit, 0);
	if (!guard)
		guard = open_guard(fr, a->block, a->pos);
	for (; !guard && fr->caller; fr = fr->caller)
		guard = open_guard(fr->caller, block_of(fr->call), fr->call->pos);
	if (!guard)
		return json_null();
	short_one = brief(guard);
	json_decref(guard);
	return short_one;
}

/* -------------------------------------------------------------- functions */

static void look_into(struct facts *facts, struct fn *f, struct frame *caller,
		      struct instruction *call, const char *arguments)
{
	struct visit *v;
	const char *key = format("%p %s", (void *)f, arguments);

	for (int i = 0; i < facts->n; i++)
		if (!strcmp(facts->queue[i]->key, key))
			return;
	if (caller->depth >= MAX_CALL_DEPTH || facts->n >= MAX_CONTEXTS) {
		add_gap(facts, caller, line_of(caller->f, call->pos),
			caller->depth >= MAX_CALL_DEPTH ?
				format("calls are nested more than %d deep", MAX_CALL_DEPTH) :
				format("there are more than %d ways to call what it calls",
				       MAX_CONTEXTS));
		return;
	}
	v = alloc(sizeof(*v));
	v->frame = (struct frame){
		.f = f, .caller = caller, .call = call, .op = "", .depth = caller->depth + 1
	};
	v->key = key;
	push(facts->queue, facts->n, facts->cap) = v;
}

/* The function that is called by its name, or through a member of a constant structure. */
static struct symbol *function_called(struct fn *f, const struct instruction *call)
{
	pseudo_t p = settled(f, call->func);

	if (callee_symbol(call))
		return callee_symbol(call);
	if (!p || p->type != PSEUDO_REG || !p->def || p->def->opcode != OP_LOAD ||
	    p->def->src->type != PSEUDO_SYM || is_local(p->def->src->sym))
		return NULL;
	return function_in_table(p->def->src->sym, p->def->offset);
}

static void take_call(struct facts *facts, struct frame *fr, const struct arrival *a)
{
	struct symbol *sym = function_called(fr->f, a->call);
	int line = line_of(fr->f, a->call->pos);
	struct fn *f = NULL;
	json_t *arguments;

	if (!may_be_errno(a->call->type))
		return;
	if (!sym) {
		add_gap(facts, fr, line,
			format("%s is called through a pointer", spell(fr->f, a->call->func)));
		return;
	}
	arguments = arguments_json(fr, a->call);
	f = fn_of(sym);
	if (f) {
		char *key = json_dumps(arguments, JSON_COMPACT);

		look_into(facts, f, fr, a->call, key ? key : "");
		free(key);
		json_decref(arguments);
	} else if (definition_of(sym)) {
		add_gap(facts, fr, line, format("%s cannot be made out", name_of(sym)));
		json_decref(arguments);
	} else {
		json_array_append_new(facts->calls, json_pack("{so so so so}",
			"callee", text(name_of(sym)), "arguments", arguments,
			"stopped", stopped_json(fr, a), "chain", chain_json(fr, line)));
	}
}

static void add_errno(struct facts *facts, struct frame *fr, const struct arrival *a)
{
	if (gets_out(fr, a->bearer ? a : NULL, a->value))
		json_array_append_new(facts->errnos, json_pack("{so so si so so so}",
			"errno", text(errno_name(fr->f, a->value, a->pos)),
			"file", text(fr->f->file), "line", (int)a->site.line,
			"function", text(fr->f->name), "guard", nearest_guard(fr, a),
			"chain", chain_json(fr, a->site.line)));
}

/* Can this happen at all, as the function is called? */
static bool happens(struct frame *fr, const struct arrival *a, const bool *reachable)
{
	long long value;

	if (a->choice.choice && constant_in(fr, a->choice.choice->src1, &value) &&
	    !value == a->choice.taken)
		return false;
	if (a->exit.decision >= 0 && !reachable[a->exit.target])
		return false;
	return (a->block < 0 || reachable[a->block]) &&
	       (block_of(a->bearer) < 0 || reachable[block_of(a->bearer)]);
}

static void take_flow(struct facts *facts, struct frame *fr, const struct flow *flow);

/* What comes out of memory may be an errno. */
static void take_unknown(struct facts *facts, struct frame *fr, const struct unknown *u)
{
	const struct instruction *d = u->value->type == PSEUDO_REG ? u->value->def : NULL;
	long long value;

	if (!may_be_errno(fr->f->sym->ctype.base_type->ctype.base_type))
		return;
	if (constant_in(fr, u->value, &value)) {	/* return fail(x, -EIO); */
		struct arrival a = { .value = (int)value,
				     .pos = u->pos,
				     .site = start_of(fr->f, u->pos),
				     .block = u->block,
				     .exit = { .decision = -1 } };

		if (a.value < 0 && a.value >= -4095)
			add_errno(facts, fr, &a);
		return;
	}
	if (!d && fr->caller && u->value->nr >= 1 && argument(fr->call, u->value->nr - 1))
		take_flow(facts, fr->caller,
			  flow_to(fr->caller->f, argument(fr->call, u->value->nr - 1), fr->call));
	else
		add_gap(facts, fr, line_of(fr->f, u->pos),
			!d ? "the caller's argument is returned" :
			d->opcode == OP_ASM ? "what assembly sets is returned" :
			format("%s is returned, which is read from memory",
			       spell(fr->f, u->value)));
}

/* All that reaches the return, or another value, of a frame's function. */
static void take_flow(struct facts *facts, struct frame *fr, const struct flow *flow)
{
	bool *reachable = reachable_in(fr);

	for (int i = 0; i < flow->n; i++) {
		const struct arrival *a = &flow->arrivals[i];

		if (!happens(fr, a, reachable))
			continue;
		if (a->value)
			add_errno(facts, fr, a);
		else
			take_call(facts, fr, a);
	}
	for (int i = 0; i < flow->n_unknown; i++)
		if (flow->unknown[i].block < 0 || reachable[flow->unknown[i].block])
			take_unknown(facts, fr, &flow->unknown[i]);
	free(reachable);
}

static void enter(struct facts *facts, struct frame *fr)
{
	if (fr->f->n > MAX_BLOCKS) {
		add_gap(facts, fr, fr->f->line, format("%s has too many branches", fr->f->name));
		return;
	}
	push(entered, n_entered, cap_entered) = fr->f;
	take_flow(facts, fr, flow_of(fr->f));
}

bool was_entered(const char *file, int line)
{
	for (int i = 0; i < n_entered; i++) {
		const struct fn *f = entered[i];
		int last = f->line;

		for (int k = 0; k < f->n_statements; k++)
			if ((int)f->statements[k].pos.line > last &&
			    !strcmp(path_of(f->statements[k].pos), f->file))
				last = f->statements[k].pos.line;
		if (!strcmp(f->file, file) && f->line <= line && line <= last)
			return true;
	}
	return false;
}

json_t *facts_of(const char *name, const json_t *arguments)
{
	struct facts facts = { .errnos = json_array(),
			       .calls = json_array(),
			       .gaps = json_array() };
	struct symbol *sym = function_named(name);
	struct visit *first = alloc(sizeof(*first));
	struct fn *f = fn_of(sym);

	if (!f)
		return json_pack("{sb sb s[] s[] s[]}", "declared", sym != NULL, "found", false,
				 "errnos", "calls", "gaps");
	first->frame = (struct frame){ .f = f, .op = "", .given = arguments_given(arguments),
				       .n_given = (int)json_array_size(arguments) };
	first->key = "";
	push(facts.queue, facts.n, facts.cap) = first;
	while (facts.next < facts.n)
		enter(&facts, &facts.queue[facts.next++]->frame);
	return json_pack("{sb sb so so so so}", "declared", true, "found", true,
			 "file", text(f->file), "errnos", facts.errnos,
			 "calls", facts.calls, "gaps", facts.gaps);
}
