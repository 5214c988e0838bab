// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errno flow: in, a control-flow graph; out, every errno constant and call
 * result that can reach the function's return, and where each leaves for it.
 *
 * Backwards from a return, along paths on which the value is negative, to what
 * set it; then forwards from there, to learn which branches still decide whether
 * it arrives: `int ret = -EINVAL;` serves as many exits as there are such branches.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

static int not(int v)
{
	return v < 0 ? v : !v;
}

static int compare_with(const char *op, const struct expr *other, const char *name)
{
	if (null_or_zero(other)) {
		if (!strcmp(op, "==") || !strcmp(op, ">") || !strcmp(op, ">="))
			return 0;
		return 1;		/* != < <= */
	}
	if (other->kind == E_NUMBER)	/* a positive one */
		return !strcmp(op, "==") || !strcmp(op, ">") || !strcmp(op, ">=") ? 0 : 1;
	if (other->kind == E_ERRNO && name) {
		if (!strcmp(op, "=="))
			return !strcmp(other->text, name);
		if (!strcmp(op, "!="))
			return strcmp(other->text, name) != 0;
	}
	return -1;
}

int outcome(struct expr *c, const struct expr *variable, const char *name)
{
	c = bare(c);
	if (equal(c, variable) || (c->kind == E_NAME && !strcmp(c->text, "true")))
		return 1;
	if (c->kind == E_NAME && !strcmp(c->text, "false"))
		return 0;
	if (c->kind == E_ASSIGN && !strcmp(c->text, "=") && equal(c->kid[0], variable))
		return 1;
	if (c->kind == E_UNARY && !strcmp(c->text, "!"))
		return not(outcome(c->kid[0], variable, name));
	if (c->kind == E_CALL && c->n_kids >= 2 && callee(c) &&
	    (api("error_test", callee(c)) || api("warn", callee(c)) || api("carrier", callee(c))))
		return outcome(c->kid[1], variable, name);
	if (c->kind == E_BINARY && (!strcmp(c->text, "&&") || !strcmp(c->text, "||"))) {
		int a = outcome(c->kid[0], variable, name), b = outcome(c->kid[1], variable, name);
		int decides = !strcmp(c->text, "||");

		if (a == decides || b == decides)
			return decides;
		return a < 0 || b < 0 ? -1 : !decides;
	}
	if (c->kind == E_BINARY) {
		struct expr *left = bare(c->kid[0]), *right = bare(c->kid[1]);

		if (left->kind == E_ASSIGN)
			left = left->kid[0];
		if (left->kind == E_CALL && left->n_kids == 2 && callee(left) && api("carrier", callee(left)))
			left = left->kid[1];
		if (equal(left, variable))
			return compare_with(c->text, right, name);
		if (equal(right, variable) && (!strcmp(c->text, "==") || !strcmp(c->text, "!=")))
			return compare_with(c->text, left, name);
	}
	return -1;
}

/* May a path leave by this edge while VARIABLE is negative? */
static bool feasible(const struct node *n, const struct edge *e, const struct expr *variable, const char *name)
{
	int o;

	if (n->kind != N_BRANCH || !n->e || n->iterator)
		return true;
	if (n->dispatch) {
		if (!equal(bare(n->e), variable))
			return true;
		if (e->sense == IN_CASE && e->label && null_or_zero(bare(e->label)))
			return false;
		return !(e->sense == IN_CASE && name && bare(e->label)->kind == E_ERRNO &&
			 strcmp(bare(e->label)->text, name));
	}
	o = outcome(n->e, variable, name);
	return o < 0 || (o == 1) == (e->sense == IF_TRUE);
}

struct search {
	const struct expr *variable;
	struct setting found;
	bool hit;
};

static bool base_is(const struct expr *e, const char *name)
{
	while (e->kind == E_MEMBER || e->kind == E_INDEX)
		e = e->kid[0];
	return e->kind == E_NAME && !strcmp(e->text, name);
}

static void look_for_setting(struct expr *e, void *data)
{
	struct search *s = data;

	if (e->kind == E_ASSIGN && e->n_kids == 2) {
		struct expr *left = bare(e->kid[0]);

		if (equal(left, s->variable)) {
			s->found = (struct setting){ .value = e->kid[1], .partly = strcmp(e->text, "=") != 0 };
			s->hit = true;
		} else if (s->variable->kind == E_MEMBER && left->kind == E_NAME &&
			   base_is(s->variable, left->text)) {
			s->found = (struct setting){ 0 };	/* its structure is another one now */
			s->hit = true;
		}
	}
	if (e->kind == E_CALL)
		for (int i = 1; i < e->n_kids; i++) {
			struct expr *a = bare(e->kid[i]);

			if (a->kind == E_UNARY && !strcmp(a->text, "&") && equal(bare(a->kid[0]), s->variable)) {
				s->found = (struct setting){ .value = e, .by_address = true };
				s->hit = true;
			}
		}
}

/* The value that a declaration's list gives this member, by name or by position; NULL for none. */
static struct expr *member_of_list(const struct function *f, const struct node *n, const char *member)
{
	bool placed = true;

	for (int i = 0; i < n->e->n_kids; i++) {
		struct expr *k = n->e->kid[i];
		const char *name;

		if (k->kind == E_ASSIGN && k->kid[0]->kind == E_MEMBER) {
			placed = false;
			if (!strcmp(k->kid[0]->text, member))
				return k->kid[1];
			continue;
		}
		name = placed && n->type ? nth_member(context.program, f->def->source, n->type, i) : NULL;
		if (name && !strcmp(name, member))
			return k;
	}
	return NULL;
}

static bool reaches(const struct function *f, int from, int to)
{
	bool *seen = alloc(f->n_nodes), found = false;
	int *todo = alloc((f->n_nodes + 1) * sizeof(*todo)), n = 0;

	todo[n++] = from;
	while (n && !found) {
		const struct node *at = &f->nodes[todo[--n]];

		for (int i = 0; i < at->n_succ; i++) {
			int next = at->succ[i].to;

			found |= next == to;
			if (!seen[next])
				todo[n++] = next;
			seen[next] = true;
		}
	}
	free(seen);
	free(todo);
	return found;
}

/* list_for_each_entry(pos, ..) sets pos where nothing before it gives it a value */
static bool otherwise_set(const struct function *f, const struct expr *variable, int iterator)
{
	if (parameter_index(f->def, variable->text) >= 0)
		return true;
	for (int i = 0; i < f->n_nodes; i++) {
		const struct node *n = &f->nodes[i];
		struct search s = { .variable = variable };

		if (n->kind == N_DECLARATION && !strcmp(n->name, variable->text) && n->e)
			return true;
		if (n->e && !n->iterator && n->kind != N_DECLARATION) {
			walk_expr(n->e, look_for_setting, &s);
			if (s.hit && !s.found.by_address && reaches(f, i, iterator))
				return true;
		}
	}
	return false;
}

bool setting_in(const struct function *f, int node, const struct expr *variable, struct setting *out)
{
	const struct node *n = &f->nodes[node];
	struct search s = { .variable = variable };

	if (n->kind == N_DECLARATION && base_is(variable, n->name)) {
		s.hit = true;
		if (variable->kind == E_NAME)
			s.found.value = n->e;
		else if (variable->kind == E_MEMBER && variable->kid[0]->kind == E_NAME && n->e &&
			 n->e->kind == E_LIST)
			s.found.value = member_of_list(f, n, variable->text);
	} else if (n->iterator && n->e && variable->kind == E_NAME) {
		for (int i = 1; i < n->e->n_kids; i++)
			if (equal(bare(n->e->kid[i]), variable) && !otherwise_set(f, variable, node)) {
				s.hit = true;
				s.found.value = n->e;
			}
	} else if (n->e) {
		walk_expr(n->e, look_for_setting, &s);
	}
	*out = s.found;
	out->node = node;
	return s.hit;
}

struct settings settings_of(const struct function *f, const struct expr *variable, int node, bool failed)
{
	bool *seen = alloc(f->n_nodes);
	int *todo = alloc((f->n_nodes + 1) * sizeof(*todo)), n = 0;
	struct settings found = { 0 };

	todo[n++] = node;
	while (n) {
		const struct node *at = &f->nodes[todo[--n]];
		int self = at - f->nodes;

		if (!self) {
			if (variable->kind == E_NAME && parameter_index(f->def, variable->text) >= 0)
				push(found.list, found.n, found.cap) = (struct setting){ .parameter = true };
			found.may_be_unset = true;
		}
		for (int i = 0; i < at->n_pred; i++) {
			int p = at->pred[i];
			const struct node *from = &f->nodes[p];
			struct setting s;
			bool open = !failed;

			for (int k = 0; failed && k < from->n_succ; k++)
				if (from->succ[k].to == self)
					open |= feasible(from, &from->succ[k], variable, NULL);
			if (seen[p] || !open)
				continue;
			seen[p] = true;
			if (setting_in(f, p, variable, &s)) {
				if (!s.value && variable->kind == E_MEMBER) {
					found.may_be_unset = true;	/* another structure from here on */
					continue;
				}
				push(found.list, found.n, found.cap) = s;
				if (!s.partly)
					continue;
			}
			todo[n++] = p;
		}
	}
	free(seen);
	free(todo);
	return found;
}

struct expr *message_in(const struct node *n, const char **level)
{
	struct expr *e = n->kind == N_PLAIN && n->e ? bare(n->e) : NULL;
	static const char *const levels[] = { "error", "warning", "info", "debug" };

	if (!e || e->kind != E_CALL || !callee(e))
		return NULL;
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		if (api(format("print_%s", levels[i]), callee(e))) {
			*level = levels[i];
			return e;
		}
	return NULL;
}

struct question {
	const struct expr *e, *choice;
	int node;
};

struct tracer {
	struct function *f;
	struct flow *flow;
	struct expr *choice;		/* of the ternary around the value */
	bool choice_taken;
	struct expr *carrier;
	struct question *asked;		/* variables whose settings are known */
	int n_asked, cap_asked;
	int converted;			/* node with PTR_ERR() or the like around the value, or -1 */
	int depth;
};

/* What becomes of a value set at NODE in VARIABLE, until USE. */
struct region {
	bool *inside, *spoiled;		/* by node: value alive; may yet be lost */
	bool *lost;			/* by node: overwritten, or returned from without it */
};

static bool overwrites(const struct function *f, int node, const struct expr *variable)
{
	struct setting s;

	return setting_in(f, node, variable, &s) && !s.partly && !s.by_address;
}

static struct region follow(const struct function *f, const struct expr *variable, const char *name, int node, int use)
{
	struct region r = { alloc(f->n_nodes), alloc(f->n_nodes), alloc(f->n_nodes) };
	int *todo = alloc((f->n_nodes + 1) * sizeof(*todo)), n = 0;

	todo[n++] = node;
	while (n) {
		int at = todo[--n];
		const struct node *from = &f->nodes[at];

		for (int i = 0; i < from->n_succ; i++) {
			int to = from->succ[i].to;

			if (!feasible(from, &from->succ[i], variable, name) || r.inside[to])
				continue;
			r.inside[to] = true;
			if (to == use)
				continue;
			if (to == 1 || f->nodes[to].kind == N_RETURN || overwrites(f, to, variable))
				r.lost[to] = r.spoiled[to] = true;
			else
				todo[n++] = to;
		}
	}
	for (bool changed = true; changed; ) {
		changed = false;
		for (int at = 0; at < f->n_nodes; at++) {
			const struct node *from = &f->nodes[at];

			if ((!r.inside[at] && at != node) || r.spoiled[at] || at == use)
				continue;
			for (int i = 0; i < from->n_succ; i++)
				if (feasible(from, &from->succ[i], variable, name) && r.spoiled[from->succ[i].to])
					changed = r.spoiled[at] = true;
		}
	}
	free(todo);
	return r;
}

static void add_message(struct arrival *a, const struct function *f, int node)
{
	const char *level;

	if (!message_in(&f->nodes[node], &level))
		return;
	for (int i = 0; i < a->n_messages; i++)
		if (a->messages[i] == node)
			return;
	push(a->messages, a->n_messages, a->cap_messages) = node;
}

/* Messages on the only way from NODE on, while VARIABLE is negative. */
static void messages_after(struct arrival *a, const struct function *f, int node, const struct expr *variable,
			   const char *name)
{
	for (int steps = 0; steps < f->n_nodes; steps++) {
		const struct node *n = &f->nodes[node];
		int next = -1, ways = 0;

		add_message(a, f, node);
		for (int i = 0; i < n->n_succ; i++)
			if (!variable || feasible(n, &n->succ[i], variable, name)) {
				ways++;
				next = n->succ[i].to;
			}
		if (ways != 1)
			return;
		node = next;
	}
}

/* Messages in the straight line that ends at NODE, back to the branch that controls it. */
static void messages_before(struct arrival *a, const struct function *f, int node)
{
	for (int steps = 0; steps < f->n_nodes; steps++) {
		const struct node *n = &f->nodes[node];

		add_message(a, f, node);
		if (n->n_pred != 1 || f->nodes[n->pred[0]].kind == N_BRANCH)
			return;
		node = n->pred[0];
	}
}

static struct arrival new_arrival(struct tracer *t, struct expr *e, int node)
{
	bool late = e->kind == E_CALL && t->converted >= 0;
	const struct node *n = &t->f->nodes[late ? t->converted : node];

	return (struct arrival){
		.e = e, .node = node, .exit = -1, .choice = t->choice, .choice_taken = t->choice_taken,
		.carrier = t->carrier,
		.line = e->kind == E_ERRNO && e->line ? e->line : n->line,
		.column = e->kind == E_ERRNO && e->line ? e->column : n->column };
}

static void add_arrival(struct tracer *t, struct arrival a)
{
	for (int i = 0; i < t->flow->n; i++)
		if (t->flow->arrivals[i].e == a.e && t->flow->arrivals[i].exit == a.exit &&
		    t->flow->arrivals[i].exit_to == a.exit_to)
			return;
	push(t->flow->arrivals, t->flow->n, t->flow->cap) = a;
}

/* E stands in NODE and is stored in VARIABLE, used next in USE. Or returned there and then (variable NULL). */
static void arrive(struct tracer *t, struct expr *e, int node, const struct expr *variable, int use)
{
	struct function *f = t->f;
	struct arrival a = new_arrival(t, e, node);
	const char *name = e->kind == E_ERRNO ? e->text : NULL;
	struct region r;
	int exits = 0;

	if (!variable) {
		messages_before(&a, f, node);
		add_arrival(t, a);
		return;
	}
	r = follow(f, variable, name, node, use);
	if (!r.inside[use] && use != node)
		return;			/* only along paths that contradict themselves */
	if (e->kind == E_ERRNO && r.spoiled[node]) {
		for (int u = 0; u < f->n_nodes; u++) {
			struct node *from = &f->nodes[u];

			if ((!r.inside[u] && u != node) || !r.spoiled[u] || r.lost[u])
				continue;
			for (int i = 0; i < from->n_succ; i++) {
				struct edge *out = &from->succ[i];
				struct arrival exit = a;

				if (!r.inside[out->to] || r.spoiled[out->to] ||
				    !feasible(from, out, variable, name))
					continue;
				exit.exit = u;
				exit.exit_sense = out->sense;
				exit.exit_label = out->label;
				exit.exit_to = out->to;
				messages_after(&exit, f, out->to, variable, name);
				add_arrival(t, exit);
				exits++;
			}
		}
	}
	if (!exits) {
		messages_before(&a, f, node);
		messages_after(&a, f, node, variable, name);
		add_arrival(t, a);
	}
	free(r.inside);
	free(r.spoiled);
	free(r.lost);
}

static void trace(struct tracer *t, struct expr *e, int node, const struct expr *variable, int use);

static bool asked(struct tracer *t, const struct expr *e, int node)
{
	for (int i = 0; i < t->n_asked; i++)
		if (t->asked[i].node == node && t->asked[i].choice == t->choice && equal(t->asked[i].e, e))
			return true;
	push(t->asked, t->n_asked, t->cap_asked) = (struct question){ e, t->choice, node };
	return false;
}

static void trace_variable(struct tracer *t, struct expr *e, int node)
{
	struct settings s;

	if (asked(t, e, node))
		return;
	s = settings_of(t->f, e, node, true);
	if (++t->depth < 200)
		for (int i = 0; i < s.n; i++)
			if (s.list[i].value && !s.list[i].by_address && !s.list[i].parameter)
				trace(t, s.list[i].value, s.list[i].node, e, node);
	t->depth--;
	free(s.list);
}

static void trace_choice(struct tracer *t, struct expr *e, int node, const struct expr *variable, int use)
{
	struct expr *outer = t->choice;
	bool outer_taken = t->choice_taken;

	for (int i = 1; i < 3; i++) {
		struct expr *value = e->kid[i];

		if (!value)
			value = e->kid[0];	/* a ?: b */
		t->choice = e->kid[0];
		t->choice_taken = i == 1;
		trace(t, value, node, variable, use);
	}
	t->choice = outer;
	t->choice_taken = outer_taken;
}

/* Can what this function returns be an errno? An allocator's pointer only where PTR_ERR() reads it so. */
static bool may_be_errno(const char *name, bool converted)
{
	return !api("no_errno", name) && !api("register_read", name) && !api("id_allocator", name) &&
	       (converted || !api("allocator", name));
}

static void trace(struct tracer *t, struct expr *e, int node, const struct expr *variable, int use)
{
	e = bare(e);
	switch (e->kind) {
	case E_ERRNO:
		arrive(t, e, node, variable, use);
		break;
	case E_CALL:
		if (callee(e) && api("carrier", callee(e)) && e->n_kids >= 2) {
			int outer = t->converted;

			t->converted = node;
			trace(t, e->kid[1], node, variable, use);
			t->converted = outer;
		} else if (callee(e) && api("message_carrier", callee(e)) && e->n_kids >= 3) {
			struct expr *outer = t->carrier;

			t->carrier = e;
			trace(t, e->kid[2], node, variable, use);
			t->carrier = outer;
		} else if (!callee(e) || may_be_errno(callee(e), t->converted >= 0)) {
			arrive(t, e, node, variable, use);
		}
		break;
	case E_TERNARY:
		trace_choice(t, e, node, variable, use);
		break;
	case E_ASSIGN:
		trace(t, e->kid[1], node, variable, use);
		break;
	case E_LIST:		/* one of its members */
		for (int i = 0; i < e->n_kids; i++)
			trace(t, e->kid[i], node, variable, use);
		break;
	case E_UNARY:
		if (!strcmp(e->text, "-") && bare(e->kid[0])->kind == E_CALL)	/* return -dev_err_probe(..) */
			trace(t, e->kid[0], node, variable, use);
		break;
	case E_NAME:
	case E_MEMBER: {
		/* the value moves on from here: what it is called later does not matter */
		struct setting s;

		if (t->f->nodes[node].kind == N_BRANCH && setting_in(t->f, node, e, &s) && s.value && !s.by_address)
			trace(t, s.value, node, e, node);
		else
			trace_variable(t, e, node);
		break;
	}
	case E_BINARY:
		if (!strcmp(e->text, "|")) {
			trace(t, e->kid[0], node, variable, use);
			trace(t, e->kid[1], node, variable, use);
		} else if (!strcmp(e->text, ",")) {
			trace(t, e->kid[1], node, variable, use);
		}
		break;
	default:
		break;
	}
}

static int by_line(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	return x->line != y->line ? x->line - y->line : x->column != y->column ? x->column - y->column :
	       x->exit - y->exit;
}

static int exits_of(const struct flow *flow, const struct expr *e)
{
	int n = 0;

	for (int i = 0; i < flow->n; i++)
		n += flow->arrivals[i].e == e && flow->arrivals[i].exit >= 0;
	return n;
}

/*
 * Where one constant serves several exits, each exit is a site, at the line
 * where it leaves; a single exit's site is the constant itself.
 */
static void place_exits(struct function *f, struct flow *flow)
{
	for (int i = 0; i < flow->n; i++) {
		struct arrival *a = &flow->arrivals[i];

		if (a->exit < 0 || exits_of(flow, a->e) < 2)
			continue;
		a->line = f->nodes[a->exit_to].line;
		a->column = f->nodes[a->exit_to].column;
	}
}

const struct flow *flow_of(struct function *f)
{
	struct tracer t = { .f = f, .converted = -1 };

	if (f->flow)
		return f->flow;
	f->flow = t.flow = alloc(sizeof(*f->flow));
	for (int i = 0; i < f->n_nodes; i++)
		if (f->nodes[i].kind == N_RETURN && f->nodes[i].e)
			trace(&t, f->nodes[i].e, i, NULL, i);
	place_exits(f, f->flow);
	if (f->flow->n)
		qsort(f->flow->arrivals, f->flow->n, sizeof(*f->flow->arrivals), by_line);
	return f->flow;
}
