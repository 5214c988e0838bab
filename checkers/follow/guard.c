// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guards: in, a control-flow graph and a node; out, the branches that decide
 * whether the node is reached. Control dependence from post-dominators
 * (Ferrante, Ottenstein, Warren 1987), so that an early return before a
 * statement guards it just as an if around it does.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

/* Nodes numbered so that each comes after its successors, back edges excepted. */
static int number_nodes(const struct function *f, int node, int *number, int next)
{
	number[node] = 0;
	for (int i = 0; i < f->nodes[node].n_pred; i++)
		if (number[f->nodes[node].pred[i]] < 0)
			next = number_nodes(f, f->nodes[node].pred[i], number, next);
	number[node] = next;
	return next + 1;
}

static int common(const struct function *f, const int *number, int a, int b)
{
	while (a != b) {
		while (number[a] < number[b])
			a = f->postdominator[a];
		while (number[b] < number[a])
			b = f->postdominator[b];
	}
	return a;
}

/* Cooper, Harvey, Kennedy: "A simple, fast dominance algorithm", on the reversed graph. */
static void compute_postdominators(struct function *f)
{
	int n = f->n_nodes, *number = alloc(n * sizeof(*number)), *order = alloc(n * sizeof(*order)), count;
	bool changed = true;

	f->postdominator = alloc(n * sizeof(*f->postdominator));
	for (int i = 0; i < n; i++) {
		number[i] = -1;
		f->postdominator[i] = -1;
	}
	count = number_nodes(f, 1, number, 0);
	for (int i = 0; i < n; i++)
		if (number[i] >= 0)
			order[number[i]] = i;
	f->postdominator[1] = 1;
	while (changed) {
		changed = false;
		for (int k = count - 1; k >= 0; k--) {
			int node = order[k], best = -1;

			if (node == 1)
				continue;
			for (int i = 0; i < f->nodes[node].n_succ; i++) {
				int to = f->nodes[node].succ[i].to;

				if (number[to] < 0 || f->postdominator[to] < 0)
					continue;
				best = best < 0 ? to : common(f, number, best, to);
			}
			if (best >= 0 && f->postdominator[node] != best) {
				f->postdominator[node] = best;
				changed = true;
			}
		}
	}
	free(number);
	free(order);
}

static bool postdominates(const struct function *f, int a, int b)
{
	for (int i = 0; i <= f->n_nodes && b >= 0; i++) {
		if (a == b)
			return true;
		if (f->postdominator[b] == b)
			return false;
		b = f->postdominator[b];
	}
	return false;
}

static bool inside(const struct function *f, int node, const struct guard *g)
{
	for (const struct scope *s = f->nodes[node].scope; s; s = s->outer)
		if (s->branch == g->branch && s->sense == g->sense)
			return true;
	return false;
}

/* `if (!domain->handler) return 0;` before the rest: does every other way out of the branch succeed at once? */
static bool others_succeed(const struct function *f, const struct node *branch, const struct edge *taken)
{
	for (int i = 0; i < branch->n_succ; i++) {
		const struct node *n = &f->nodes[branch->succ[i].to];

		if (&branch->succ[i] == taken)
			continue;
		if (n->kind != N_RETURN || (n->e && (n->e->kind != E_NUMBER || strcmp(n->e->text, "0"))))
			return false;
	}
	return true;
}

static bool listed(const struct guard *list, int n, int branch, const struct edge *e)
{
	for (int i = 0; i < n; i++)
		if (list[i].branch == branch && list[i].sense == e->sense && list[i].label == e->label)
			return true;
	return false;
}

static int nearest_first(const void *a, const void *b)
{
	const struct guard *x = a, *y = b;

	return x->depth != y->depth ? x->depth - y->depth : y->branch - x->branch;
}

static int find_guards(struct function *f, int node, struct guard **out)
{
	int n = 0, cap = 0, done = 0;

	*out = NULL;
	for (int at = node, depth = 0; ; ) {
		for (int u = 0; u < f->n_nodes; u++) {
			const struct node *branch = &f->nodes[u];

			if (branch->n_succ < 2)
				continue;
			for (int i = 0; i < branch->n_succ; i++) {
				struct edge *e = &branch->succ[i];

				if (!postdominates(f, at, e->to) || (at != u && postdominates(f, at, u)) ||
				    listed(*out, n, u, e))
					continue;
				push(*out, n, cap) = (struct guard){
					.branch = u, .sense = e->sense, .label = e->label, .depth = depth };
				(*out)[n - 1].enclosing = inside(f, node, &(*out)[n - 1]);
				(*out)[n - 1].chosen = others_succeed(f, branch, e);
			}
		}
		if (done == n)
			break;
		depth = (*out)[done].depth + (f->nodes[(*out)[done].branch].kind != N_PLAIN);
		at = (*out)[done++].branch;
	}
	for (int i = done = 0; i < n; i++)	/* which arm of an #if is compiled is no condition */
		if (f->nodes[(*out)[i].branch].kind != N_PLAIN)
			(*out)[done++] = (*out)[i];
	n = done;
	if (n)
		qsort(*out, n, sizeof(**out), nearest_first);
	return n;
}

int guards_of(struct function *f, int node, const struct guard **out)
{
	if (!f->postdominator) {
		compute_postdominators(f);
		f->guards = alloc(f->n_nodes * sizeof(*f->guards));
		f->n_guards = alloc(f->n_nodes * sizeof(*f->n_guards));
		for (int i = 0; i < f->n_nodes; i++)
			f->n_guards[i] = -1;
	}
	if (f->n_guards[node] < 0)
		f->n_guards[node] = find_guards(f, node, &f->guards[node]);
	*out = f->guards[node];
	return f->n_guards[node];
}
