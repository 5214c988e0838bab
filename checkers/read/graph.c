// SPDX-License-Identifier: GPL-2.0-only
/*
 * Graphs: in, the statements of a function as a reader found them; out, its
 * control-flow graph. Readers differ in where statements and expressions come
 * from, not in what they mean.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

/* Edges that wait for the node they lead to. */
struct dangling {
	int from;
	enum sense sense;
	struct expr *label;
};

struct frontier {
	struct dangling *edges;
	int n, cap;
};

struct jump {
	int from;
	const char *label;	/* NULL: computed, any label */
};

struct target {
	const char *label;
	int node;
};

struct builder {
	struct function *f;
	struct frontier *breaks;	/* of the innermost loop or switch */
	struct frontier *continues;	/* of the innermost loop */
	struct jump *jumps;
	int n_jumps, cap_jumps;
	struct target *targets;
	int n_targets, cap_targets;
	int dispatch;			/* branch node of the innermost switch */
	bool has_default;
};

struct stmt *new_stmt(enum stmt_kind kind, int line, int column)
{
	struct stmt *s = alloc(sizeof(*s));

	*s = (struct stmt){ .kind = kind, .line = line, .column = column };
	return s;
}

void add_stmt(struct stmt *to, struct stmt *kid)
{
	push(to->kid, to->n_kids, to->cap_kids) = kid;
}

static void gap(struct function *f, int line, const char *what)
{
	if (!f->gap)
		f->gap = format("line %d: %s", line, what);
}

static int add_node(struct builder *b, enum node_kind kind, const struct stmt *s, struct scope *scope)
{
	struct function *f = b->f;

	push(f->nodes, f->n_nodes, f->cap_nodes) = (struct node){
		.kind = kind, .line = s->line, .column = s->column, .scope = scope };
	return f->n_nodes - 1;
}

static void connect(struct function *f, int from, int to, enum sense sense, struct expr *label)
{
	struct node *a = &f->nodes[from], *b = &f->nodes[to];

	push(a->succ, a->n_succ, a->cap_succ) = (struct edge){ to, sense, label };
	push(b->pred, b->n_pred, b->cap_pred) = from;
}

static void leave(struct frontier *out, int from, enum sense sense, struct expr *label)
{
	push(out->edges, out->n, out->cap) = (struct dangling){ from, sense, label };
}

/* All of IN lead to NODE; IN is empty afterwards. */
static void arrive(struct builder *b, struct frontier *in, int node)
{
	for (int i = 0; i < in->n; i++)
		connect(b->f, in->edges[i].from, node, in->edges[i].sense, in->edges[i].label);
	in->n = 0;
}

static void merge(struct frontier *to, const struct frontier *from)
{
	for (int i = 0; i < from->n; i++)
		leave(to, from->edges[i].from, from->edges[i].sense, from->edges[i].label);
}

static bool always(const struct expr *e, bool value)
{
	if (e->kind == E_NUMBER)
		return (strcmp(e->text, "0") != 0) == value;
	return e->kind == E_NAME && !strcmp(e->text, value ? "true" : "false");
}

/* C: NULL for a loop without condition */
static void branch_out(struct frontier *yes, struct frontier *no, int node, const struct expr *c)
{
	if (!c || !always(c, false))
		leave(yes, node, IF_TRUE, NULL);
	if (c && !always(c, true))
		leave(no, node, IF_FALSE, NULL);
}

static struct scope *enter(int branch, enum sense sense, struct expr *label, struct scope *outer)
{
	struct scope *s = alloc(sizeof(*s));

	*s = (struct scope){ branch, sense, label, outer };
	return s;
}

static void generate(struct builder *b, struct stmt **list, int n, struct frontier *live, struct scope *scope);

static void generate_if(struct builder *b, struct stmt *s, struct frontier *live, struct scope *scope)
{
	int node = add_node(b, N_BRANCH, s, scope);
	struct frontier yes = { 0 }, no = { 0 };

	b->f->nodes[node].e = s->e;
	arrive(b, live, node);
	branch_out(&yes, &no, node, s->e);
	generate(b, s->kid, s->n_kids ? 1 : 0, &yes, enter(node, IF_TRUE, NULL, scope));
	if (s->n_kids > 1)
		generate(b, &s->kid[1], 1, &no, enter(node, IF_FALSE, NULL, scope));
	merge(live, &yes);
	merge(live, &no);
}

/* Body of a loop; what a continue leaves comes out of the end as well. */
static void generate_body(struct builder *b, struct stmt *s, struct frontier *live, struct frontier *breaks,
			  struct scope *scope)
{
	struct frontier *outer_breaks = b->breaks, *outer_continues = b->continues, continues = { 0 };

	b->breaks = breaks;
	b->continues = &continues;
	generate(b, s->kid, s->n_kids, live, scope);
	b->breaks = outer_breaks;
	b->continues = outer_continues;
	merge(live, &continues);
}

bool repeats(const char *iterator)
{
	return strstr(iterator, "each") || strstr(iterator, "for_") || strstr(iterator, "FOR_");
}

static void generate_loop(struct builder *b, struct stmt *s, struct frontier *live, struct scope *scope)
{
	struct frontier yes = { 0 }, no = { 0 }, breaks = { 0 };
	int node = add_node(b, N_BRANCH, s, scope);

	b->f->nodes[node].e = s->e;
	b->f->nodes[node].loop = true;
	b->f->nodes[node].iterator = s->iterator;
	arrive(b, live, node);
	branch_out(&yes, &no, node, s->e);
	generate_body(b, s, &yes, &breaks, enter(node, IF_TRUE, NULL, scope));
	if (s->step) {
		int step = add_node(b, N_PLAIN, s, scope);

		b->f->nodes[step].e = s->step;
		arrive(b, &yes, step);
		leave(&yes, step, ALWAYS, NULL);
	}
	arrive(b, &yes, node);
	merge(live, &no);
	merge(live, &breaks);
}

static void generate_do(struct builder *b, struct stmt *s, struct frontier *live, struct scope *scope)
{
	struct stmt end = { .line = s->end_line, .column = s->end_column };
	struct frontier breaks = { 0 }, yes = { 0 }, no = { 0 };
	int top = add_node(b, N_PLAIN, s, scope), node;

	arrive(b, live, top);
	leave(live, top, ALWAYS, NULL);
	generate_body(b, s, live, &breaks, scope);
	node = add_node(b, N_BRANCH, &end, scope);
	arrive(b, live, node);
	b->f->nodes[node].e = s->e;
	b->f->nodes[node].loop = true;
	branch_out(&yes, &no, node, s->e);
	arrive(b, &yes, top);
	merge(live, &no);
	merge(live, &breaks);
}

static void generate_once(struct builder *b, struct stmt *s, struct frontier *live, struct scope *scope)
{
	struct frontier breaks = { 0 };
	int node = add_node(b, N_PLAIN, s, scope);

	b->f->nodes[node].e = s->e;
	arrive(b, live, node);
	leave(live, node, ALWAYS, NULL);
	generate_body(b, s, live, &breaks, scope);
	merge(live, &breaks);
}

/* Which one, nobody knows: a plain node with a way to each. */
static void generate_either(struct builder *b, struct stmt *s, struct frontier *live, struct scope *scope)
{
	int node = add_node(b, N_PLAIN, s, scope);
	struct frontier out = { 0 };

	arrive(b, live, node);
	for (int i = 0; i < s->n_kids; i++) {
		struct frontier arm = { 0 };

		leave(&arm, node, ALWAYS, NULL);
		generate(b, &s->kid[i], 1, &arm, scope);
		merge(&out, &arm);
	}
	merge(live, &out);
}

static void generate_switch(struct builder *b, struct stmt *s, struct frontier *live, struct scope *scope)
{
	int node = add_node(b, N_BRANCH, s, scope), outer = b->dispatch;
	bool outer_default = b->has_default;
	struct frontier *outer_breaks = b->breaks, breaks = { 0 };

	b->f->nodes[node].e = s->e;
	b->f->nodes[node].dispatch = true;
	arrive(b, live, node);
	b->dispatch = node;
	b->has_default = false;
	b->breaks = &breaks;
	generate(b, s->kid, s->n_kids, live, scope);
	if (!b->has_default)
		leave(live, node, IN_DEFAULT, NULL);
	merge(live, &breaks);
	b->dispatch = outer;
	b->has_default = outer_default;
	b->breaks = outer_breaks;
}

/* case A: / default: and the statement behind it. Yields the scope for what follows. */
static struct scope *generate_case(struct builder *b, struct stmt *s, struct frontier *live, struct scope *scope)
{
	enum sense sense = s->kind == S_DEFAULT ? IN_DEFAULT : IN_CASE;
	int node = add_node(b, N_PLAIN, s, scope);
	struct scope *inner;

	if (!b->dispatch) {
		gap(b->f, s->line, "a case label outside a switch");
		return scope;
	}
	b->has_default |= sense == IN_DEFAULT;
	arrive(b, live, node);
	connect(b->f, b->dispatch, node, sense, s->e);
	leave(live, node, ALWAYS, NULL);
	while (scope && scope->branch == b->dispatch)
		scope = scope->outer;
	inner = enter(b->dispatch, sense, s->e, scope);
	generate(b, s->kid, s->n_kids, live, inner);
	return inner;
}

static bool never_returns(const struct expr *e)
{
	return is_call(e, "BUG") || is_call(e, "panic");
}

/* Statements that are a node each. */
static void generate_node(struct builder *b, struct stmt *s, struct frontier *live, struct scope *scope)
{
	static const enum node_kind kinds[] = { [S_RETURN] = N_RETURN, [S_DECLARATION] = N_DECLARATION, [S_CONTINUE] = N_PLAIN };
	int node = add_node(b, kinds[s->kind] ? kinds[s->kind] : N_PLAIN, s, scope);

	arrive(b, live, node);
	b->f->nodes[node].e = s->e;
	switch (s->kind) {
	case S_RETURN:
		connect(b->f, node, 1, ALWAYS, NULL);
		break;
	case S_GOTO:
		push(b->jumps, b->n_jumps, b->cap_jumps) = (struct jump){ node, s->name };
		break;
	case S_BREAK:
		if (b->breaks)
			leave(b->breaks, node, ALWAYS, NULL);
		break;
	case S_CONTINUE:
		if (b->continues)
			leave(b->continues, node, ALWAYS, NULL);
		break;
	case S_LABEL:
		push(b->targets, b->n_targets, b->cap_targets) = (struct target){ s->name, node };
		leave(live, node, ALWAYS, NULL);
		generate(b, s->kid, s->n_kids, live, scope);
		break;
	default:
		b->f->nodes[node].name = s->name;
		b->f->nodes[node].type = s->type;
		if (!s->e || !never_returns(s->e))
			leave(live, node, ALWAYS, NULL);
	}
}

static void generate(struct builder *b, struct stmt **list, int n, struct frontier *live, struct scope *scope)
{
	for (int i = 0; i < n; i++) {
		struct stmt *s = list[i];

		switch (s->kind) {
		case S_BLOCK:
			generate(b, s->kid, s->n_kids, live, scope);
			break;
		case S_IF:
			generate_if(b, s, live, scope);
			break;
		case S_LOOP:
			generate_loop(b, s, live, scope);
			break;
		case S_DO:
			generate_do(b, s, live, scope);
			break;
		case S_EITHER:
			generate_either(b, s, live, scope);
			break;
		case S_ONCE:
			generate_once(b, s, live, scope);
			break;
		case S_SWITCH:
			generate_switch(b, s, live, scope);
			break;
		case S_CASE:
		case S_DEFAULT:
			scope = generate_case(b, s, live, scope);
			break;
		default:
			generate_node(b, s, live, scope);
		}
	}
}

static void resolve(struct builder *b, const struct jump *j)
{
	bool found = false;

	for (int i = 0; i < b->n_targets; i++)
		if (!j->label || !strcmp(b->targets[i].label, j->label)) {
			connect(b->f, j->from, b->targets[i].node, ALWAYS, NULL);
			found = true;
		}
	if (!j->label)
		gap(b->f, b->f->nodes[j->from].line, "a computed goto may lead to any label");
	else if (!found)
		gap(b->f, b->f->nodes[j->from].line, format("label %s was not found", j->label));
}

struct function *graph_of(struct definition *def, struct stmt *body, const char *why)
{
	struct function *f = alloc(sizeof(*f));
	struct builder b = { .f = f };
	struct frontier live = { 0 };

	f->def = def;
	f->null_reason = -1;
	f->gap = why;
	add_node(&b, N_ENTRY, &(struct stmt){ .line = def->line }, NULL);
	add_node(&b, N_EXIT, &(struct stmt){ .line = def->end }, NULL);
	leave(&live, 0, ALWAYS, NULL);
	generate(&b, body->kid, body->n_kids, &live, NULL);
	arrive(&b, &live, 1);
	for (int i = 0; i < b.n_jumps; i++)
		resolve(&b, &b.jumps[i]);
	return f;
}
