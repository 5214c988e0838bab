// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conditions: in, a guard in its frame; out, JSON that says when it lets
 * control pass: alternatives (any of them), each a list of atoms (all of them),
 * each atom an operator and its operands with their origins.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ALTERNATIVES 16

struct atom {
	struct expr *e;
	bool holds;
	struct expr *label;	/* of a case; e is what is switched on */
	bool otherwise;		/* the default of a switch */
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
	for (int i = 0; i < b.n; i++)
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

static struct formula formula_of(struct expr *e, bool holds, bool *warn)
{
	e = bare(e);
	if (e->kind == E_UNARY && !strcmp(e->text, "!"))
		return formula_of(e->kid[0], !holds, warn);
	if (e->kind == E_CALL && e->n_kids >= 2 && callee(e) && api("warn", callee(e))) {
		*warn = true;
		return formula_of(e->kid[1], holds, warn);
	}
	if (e->kind == E_BINARY && (!strcmp(e->text, "&&") || !strcmp(e->text, "||"))) {
		struct formula a = formula_of(e->kid[0], holds, warn);
		struct formula b = formula_of(e->kid[1], holds, warn);

		return !strcmp(e->text, "&&") == holds ? both(a, b) : either(a, b);
	}
	return single((struct atom){ .e = e, .holds = holds });
}

static const char *negated(const char *op)
{
	static const char *const pairs[][2] = {
		{ "==", "!=" }, { "!=", "==" }, { "<", ">=" }, { ">", "<=" }, { "<=", ">" }, { ">=", "<" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (!strcmp(pairs[i][0], op))
			return pairs[i][1];
	return op;
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

static const char *type_word(struct frame *fr, const struct expr *e)
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

static json_t *operand_json(struct frame *fr, struct expr *e, int node)
{
	struct origin o;
	json_t *operand;

	e = bare(e);
	o = origin_of(fr, e, node);
	operand = json_pack("{so so so ss ss}", "text", text(expr_text(e)), "origins", origin_words(o.from, o.calls, o.n_calls), "is", value_words(o.is),
			    "form", form_of(e), "type", type_word(fr, e));
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

/* The opposite of a condition, written as one would: x for !x, a != b for a == b. */
static char *negated_text(const struct expr *e)
{
	if (e->kind == E_UNARY && !strcmp(e->text, "!"))
		return expr_text(e->kid[0]);
	if (e->kind == E_BINARY && negated(e->text) != e->text)
		return format("%s %s %s", expr_text(e->kid[0]), negated(e->text), expr_text(e->kid[1]));
	if (e->kind == E_BINARY || e->kind == E_ASSIGN || e->kind == E_TERNARY)
		return format("!(%s)", expr_text(e));
	return format("!%s", expr_text(e));
}

static json_t *atom_json(struct frame *fr, const struct atom *a, int node)
{
	struct expr *e = bare(a->e);
	json_t *operands = json_array();
	const char *op = a->holds ? "set" : "unset";

	if (a->label || a->otherwise) {
		op = a->otherwise ? "otherwise" : "==";
		json_array_append_new(operands, operand_json(fr, e, node));
		if (a->label)
			json_array_append_new(operands, operand_json(fr, a->label, node));
	} else if (e->kind == E_CALL && e->n_kids >= 2 && callee(e) && api("error_test", callee(e))) {
		op = a->holds ? "error" : "good";
		json_array_append_new(operands, operand_json(fr, e->kid[1], node));
	} else if (e->kind == E_BINARY && negated(e->text) != e->text) {
		struct expr *left = bare(e->kid[0]), *right = bare(e->kid[1]);

		op = a->holds ? e->text : negated(e->text);
		json_array_append_new(operands, operand_json(fr, left, node));
		if (null_or_zero(right) && !strcmp(op, "!="))
			op = "set";
		else if (null_or_zero(right) && !strcmp(op, "=="))
			op = "unset";
		else if (null_or_zero(right) && !strcmp(op, "<"))
			op = "negative";
		else if (null_or_zero(left) && (!strcmp(op, "==") || !strcmp(op, "!="))) {
			op = !strcmp(op, "==") ? "unset" : "set";
			json_array_clear(operands);
			json_array_append_new(operands, operand_json(fr, right, node));
		} else {
			json_array_append_new(operands, operand_json(fr, right, node));
		}
	} else {
		json_array_append_new(operands, operand_json(fr, e, node));
	}
	return json_pack("{so ss so}", "text", text(a->label ? format("%s == %s", expr_text(e), expr_text(a->label)) :
			 a->holds || a->otherwise ? expr_text(e) : negated_text(e)),
			 "op", op, "operands", operands);
}

static json_t *formula_json(struct frame *fr, const struct formula *f, int node)
{
	json_t *alternatives = json_array();

	for (int i = 0; i < f->n; i++) {
		json_t *atoms = json_array();

		for (int j = 0; j < f->list[i].n; j++)
			json_array_append_new(atoms, atom_json(fr, &f->list[i].atoms[j], node));
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

/* A loop that ended without result: what it went over, and what it looked for. */
static struct formula exhausted(struct frame *fr, int loop)
{
	struct function *f = fr->f;
	struct formula all = single((struct atom){ .e = f->nodes[loop].e, .holds = false });

	for (int i = 0; i < f->n_nodes; i++) {
		const struct node *n = &f->nodes[i];
		bool inside = false;

		for (const struct scope *s = n->scope; s; s = s->outer)
			inside |= s->branch == loop;
		/* how a turn went is no part of what the loop looked for */
		if (inside && n->kind == N_BRANCH && n->e && !n->iterator && !(origin_of(fr, n->e, i).is & IS_ERRNO))
			push(all.list[0].atoms, all.list[0].n, all.list[0].cap) =
				(struct atom){ .e = n->e, .holds = false };
	}
	return all;
}

json_t *guard_json(struct frame *fr, const struct guard *g)
{
	struct node *n = &fr->f->nodes[g->branch];
	struct formula f = { 0 };
	bool warn = false, loop_end = n->loop && g->sense == IF_FALSE;

	if (n->e && loop_end)
		f = exhausted(fr, g->branch);
	else if (n->e && n->dispatch)
		f = single((struct atom){ .e = n->e, .label = g->label, .otherwise = g->sense == IN_DEFAULT });
	else if (n->e)
		f = formula_of(n->e, g->sense == IF_TRUE, &warn);
	return json_pack("{so so si so sb sb sb sb sb si so}", "text", text(sense_text(n, g)),
			 "file", text(fr->f->def->source->path), "line", n->line,
			 "function", text(fr->f->def->name), "enclosing", g->enclosing, "chosen", g->chosen, "warn", warn,
			 "exhausted", loop_end, "loop", n->loop && !loop_end, "depth", g->depth,
			 "alternatives", formula_json(fr, &f, g->branch));
}

json_t *choice_json(struct frame *fr, int node, struct expr *c, bool taken)
{
	bool warn = false;
	struct formula f = formula_of(c, taken, &warn);

	return json_pack("{so so si so sb sb sb sb si so}",
			 "text", text(taken ? expr_text(c) : negated_text(bare(c))),
			 "file", text(fr->f->def->source->path), "line", fr->f->nodes[node].line,
			 "function", text(fr->f->def->name), "enclosing", true, "warn", warn,
			 "exhausted", false, "loop", false, "depth", 0,
			 "alternatives", formula_json(fr, &f, node));
}
