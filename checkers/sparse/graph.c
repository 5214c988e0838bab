// SPDX-License-Identifier: GPL-2.0-only
/*
 * Graphs: in, a function's symbol; out, its linearized code as numbered blocks
 * with post-dominators, its conditions with && and || put together again, and
 * the statements of the source that hold them. The code is taken as it is
 * before any pass, where each store still has the place of its assignment.
 */
#include "sparse.h"
#include "evaluate.h"
#include "expand.h"

#include <stdlib.h>
#include <string.h>

void uninline(struct symbol *sym);

/* ------------------------------------------------------------- statements */

static int note_statement(struct fn *f, struct statement *s, struct scope_of *scope)
{
	push(f->statements, f->n_statements, f->cap_statements) =
		(struct stmt_at){ .pos = s->pos, .type = s->type, .scope = scope };
	return f->n_statements - 1;
}

static struct scope_of *arm(int statement, int which, struct scope_of *outer)
{
	struct scope_of *s = alloc(sizeof(*s));

	*s = (struct scope_of){ .statement = statement, .arm = which, .outer = outer };
	return s;
}

static struct position first_in(struct statement *s)
{
	while (s->type == STMT_COMPOUND && s->stmts)
		s = first_ptr_list((struct ptr_list *)s->stmts);
	return s->pos;
}

/* Does a leading ! turn the sense of the last comparison that is made? */
static bool turned(const struct expression *e)
{
	bool flips = false;

	for (; e; ) {
		if (e->type == EXPR_LOGICAL) {
			e = e->right;
		} else if (e->type == EXPR_PREOP && (e->op == '!' || e->op == '(')) {
			flips ^= e->op == '!';
			e = e->unop;
		} else {
			break;
		}
	}
	return flips;
}

static void walk_statement(struct fn *f, struct statement *s, struct scope_of *scope)
{
	struct statement *inner;
	int at;

	if (!s)
		return;
	switch (s->type) {
	case STMT_COMPOUND:
		FOR_EACH_PTR(s->stmts, inner) {
			walk_statement(f, inner, scope);
		} END_FOR_EACH_PTR(inner);
		break;
	case STMT_IF:
		at = note_statement(f, s, scope);
		f->statements[at].condition = &s->if_conditional;
		if (s->if_true) {
			f->statements[at].arm[1] = first_in(s->if_true);
			f->statements[at].has_arm[1] = true;
			walk_statement(f, s->if_true, arm(at, 1, scope));
		}
		if (s->if_false) {
			f->statements[at].arm[0] = first_in(s->if_false);
			f->statements[at].has_arm[0] = true;
			walk_statement(f, s->if_false, arm(at, 0, scope));
		}
		break;
	case STMT_SWITCH:
		at = note_statement(f, s, scope);
		walk_statement(f, s->switch_statement, arm(at, 2, scope));
		break;
	case STMT_ITERATOR:
		at = note_statement(f, s, scope);
		f->statements[at].condition = s->iterator_pre_condition ? &s->iterator_pre_condition :
					      &s->iterator_post_condition;
		walk_statement(f, s->iterator_statement, arm(at, 1, scope));
		break;
	case STMT_CASE:
		at = note_statement(f, s, scope);
		f->statements[at].label = s->case_expression;
		walk_statement(f, s->case_statement, scope);
		break;
	case STMT_LABEL:
		note_statement(f, s, scope);
		walk_statement(f, s->label_statement, scope);
		break;
	default:
		note_statement(f, s, scope);
	}
}

static bool before(struct position a, struct position b)
{
	return a.line < b.line || (a.line == b.line && a.pos < b.pos);
}

int statement_at(const struct fn *f, struct position pos)
{
	int best = -1;

	for (int i = 0; i < f->n_statements; i++) {
		const struct stmt_at *s = &f->statements[i];

		if (s->pos.stream != pos.stream || before(pos, s->pos) || s->type == STMT_LABEL ||
		    s->type == STMT_CASE)
			continue;
		/* of several at one place the outermost: the others come out of its macro */
		if (best < 0 || before(f->statements[best].pos, s->pos))
			best = i;
	}
	return best;
}

struct position start_of(const struct fn *f, struct position pos)
{
	int at = statement_at(f, pos);

	return at >= 0 ? f->statements[at].pos : pos;
}

/* ------------------------------------------------------------------ blocks */

int block_of(const struct instruction *insn)
{
	return insn->bb ? (int)(long)insn->bb->priv - 1 : -1;
}

struct instruction *terminator(const struct fn *f, int block)
{
	return last_instruction(f->bb[block]->insns);
}

static void number_blocks(struct fn *f)
{
	struct basic_block *bb, *to;
	int cap = 0, *n_in;

	FOR_EACH_PTR(f->sym->ep->bbs, bb) {
		push(f->bb, f->n, cap) = bb;
		bb->priv = (void *)(long)f->n;
	} END_FOR_EACH_PTR(bb);
	f->succ = alloc(f->n * sizeof(*f->succ));
	f->pred = alloc(f->n * sizeof(*f->pred));
	f->n_succ = alloc(f->n * sizeof(int));
	f->n_pred = alloc(f->n * sizeof(int));
	n_in = alloc(f->n * sizeof(int));
	f->end = -1;
	for (int i = 0; i < f->n; i++) {
		struct instruction *last = terminator(f, i);
		int m = 0;

		FOR_EACH_PTR(f->bb[i]->children, to) {
			m++;
		} END_FOR_EACH_PTR(to);
		f->succ[i] = alloc((m + 1) * sizeof(int));
		FOR_EACH_PTR(f->bb[i]->children, to) {
			int k = (int)(long)to->priv - 1;
			bool known = false;

			for (int j = 0; j < f->n_succ[i]; j++)
				known |= f->succ[i][j] == k;
			if (k < 0 || k >= f->n || known)
				continue;
			f->succ[i][f->n_succ[i]++] = k;
			n_in[k]++;
		} END_FOR_EACH_PTR(to);
		if (last && last->opcode == OP_RET)
			f->end = i;
	}
	for (int i = 0; i < f->n; i++)
		f->pred[i] = alloc((n_in[i] + 1) * sizeof(int));
	for (int i = 0; i < f->n; i++)
		for (int k = 0; k < f->n_succ[i]; k++) {
			int to = f->succ[i][k];

			f->pred[to][f->n_pred[to]++] = i;
		}
	free(n_in);
}

/* Blocks in an order in which each comes after its successors, back edges excepted. */
static int *order_from_end(struct fn *f, int *number, int *count)
{
	int *order = alloc((f->n + 1) * sizeof(int)), *stack = alloc((f->n + 1) * sizeof(int));
	int *next = alloc((f->n + 1) * sizeof(int)), depth = 0, n = 0;

	for (int i = 0; i < f->n; i++)
		number[i] = -1;
	stack[depth++] = f->end;
	number[f->end] = 0;
	while (depth) {
		int at = stack[depth - 1];

		if (next[at] < f->n_pred[at]) {
			int p = f->pred[at][next[at]++];

			if (number[p] < 0) {
				number[p] = 0;
				stack[depth++] = p;
			}
			continue;
		}
		number[at] = n;
		order[n++] = at;
		depth--;
	}
	free(stack);
	free(next);
	*count = n;
	return order;
}

/* Cooper, Harvey, Kennedy, on the reversed graph; what never returns does not count. */
static void find_postdominators(struct fn *f)
{
	int *number = alloc((f->n + 1) * sizeof(int)), *order, count;
	bool changed = true;

	f->postdominator = alloc((f->n + 1) * sizeof(int));
	for (int i = 0; i < f->n; i++)
		f->postdominator[i] = -1;
	if (f->end < 0) {
		free(number);
		return;
	}
	order = order_from_end(f, number, &count);
	f->postdominator[f->end] = f->end;
	while (changed) {
		changed = false;
		for (int k = count - 2; k >= 0; k--) {
			int at = order[k], best = -1;

			for (int i = 0; i < f->n_succ[at]; i++) {
				int a = f->succ[at][i], b = best;

				if (number[a] < 0 || f->postdominator[a] < 0)
					continue;
				while (b >= 0 && a != b) {
					while (number[a] < number[b])
						a = f->postdominator[a];
					while (number[b] < number[a])
						b = f->postdominator[b];
				}
				best = a;
			}
			if (best >= 0 && f->postdominator[at] != best) {
				f->postdominator[at] = best;
				changed = true;
			}
		}
	}
	free(number);
	free(order);
}

/* Numbers the tree of post-dominators so that an ancestor is known by its range. */
static void number_tree(struct fn *f)
{
	int *child = alloc((f->n + 1) * sizeof(int)), *sibling = alloc((f->n + 1) * sizeof(int));
	int *stack = alloc((f->n + 1) * sizeof(int)), depth = 0, n = 0;

	f->first = alloc((f->n + 1) * sizeof(int));
	f->last = alloc((f->n + 1) * sizeof(int));
	for (int i = 0; i < f->n; i++)
		child[i] = sibling[i] = f->first[i] = -1;
	for (int i = 0; i < f->n; i++) {
		int up = f->postdominator[i];

		if (up < 0 || up == i)
			continue;
		sibling[i] = child[up];
		child[up] = i;
	}
	if (f->end >= 0)
		stack[depth++] = f->end;
	while (depth) {
		int at = stack[depth - 1];

		if (f->first[at] < 0)
			f->first[at] = n++;
		if (child[at] >= 0) {
			stack[depth++] = child[at];
			child[at] = sibling[child[at]];
			continue;
		}
		f->last[at] = n;
		depth--;
	}
	free(child);
	free(sibling);
	free(stack);
}

static bool postdominates(const struct fn *f, int a, int b)
{
	return a == b || (f->first[a] >= 0 && f->first[b] >= f->first[a] && f->first[b] < f->last[a]);
}

/* --------------------------------------------------------------- decisions */

static bool leaf_of(const struct decision *d, int block)
{
	for (int i = 0; i < d->n; i++)
		if (d->leaves[i] == block)
			return true;
	return false;
}

static int exits_of(const struct fn *f, const struct decision *d)
{
	int exits[64], n = 0;

	for (int i = 0; i < d->n; i++) {
		int leaf = d->leaves[i];

		for (int k = 0; k < f->n_succ[leaf]; k++) {
			int to = f->succ[leaf][k];
			bool known = leaf_of(d, to);

			for (int j = 0; j < n; j++)
				known |= exits[j] == to;
			if (!known && n < 64)
				exits[n++] = to;
		}
	}
	return n;
}

/* May this conditional branch be one more comparison of an && or || that began before? */
static bool continues(const struct fn *f, const struct decision *d, int block, int statement)
{
	if (d->dispatch || d->statement != statement || statement < 0 || !f->n_pred[block] || d->n >= 32)
		return false;
	for (int i = 0; i < f->n_pred[block]; i++)
		if (!leaf_of(d, f->pred[block][i]))
			return false;
	return true;
}

/* What looked like one condition has more than two ways out: each branch is for itself. */
static void take_apart(struct fn *f, int decision)
{
	struct decision *d = &f->decisions[decision];
	int *leaves = d->leaves, n = d->n;

	d->n = 1;
	for (int i = 1; i < n; i++) {
		struct decision single = { .entry = leaves[i], .statement = d->statement, .loop = d->loop };

		push(single.leaves, single.n, single.cap) = leaves[i];
		f->decision_of[leaves[i]] = f->n_decisions;
		push(f->decisions, f->n_decisions, f->cap_decisions) = single;
		d = &f->decisions[decision];
	}
}

static void add_ways(const struct fn *f, struct decision *d, struct instruction *sw)
{
	struct multijmp *jump;

	FOR_EACH_PTR(sw->multijmp_list, jump) {
		struct way w = { .to = (int)(long)jump->target->priv - 1, .value = jump->begin,
				 .otherwise = jump->begin > jump->end };

		for (int i = 0; i < f->n_statements && !w.otherwise && !w.label; i++) {
			const struct stmt_at *s = &f->statements[i];

			if (s->label && s->label->type == EXPR_VALUE && s->scope && s->scope->statement == d->statement &&
			    (long long)s->label->value == w.value)
				w.label = name_at(path_of(s->label->pos), s->label->pos.line, column_of(s->label->pos));
		}
		push(d->ways, d->n_ways, d->cap_ways) = w;
	} END_FOR_EACH_PTR(jump);
}

static void find_decisions(struct fn *f)
{
	f->decision_of = alloc((f->n + 1) * sizeof(int));
	for (int b = 0; b < f->n; b++) {
		struct instruction *last = terminator(f, b);
		struct decision d = { .entry = b };
		bool joined = false;

		f->decision_of[b] = -1;
		if (!last || f->n_succ[b] < 2)
			continue;
		d.statement = statement_at(f, last->pos);
		d.loop = d.statement >= 0 && f->statements[d.statement].type == STMT_ITERATOR;
		d.dispatch = last->opcode == OP_SWITCH;
		for (int i = f->n_decisions - 1; i >= 0 && !joined && !d.dispatch; i--) {
			struct decision *old = &f->decisions[i];

			if (!continues(f, old, b, d.statement))
				continue;
			push(old->leaves, old->n, old->cap) = b;
			f->decision_of[b] = i;
			joined = true;
		}
		if (joined)
			continue;
		if (d.dispatch)
			add_ways(f, &d, last);
		push(d.leaves, d.n, d.cap) = b;
		f->decision_of[b] = f->n_decisions;
		push(f->decisions, f->n_decisions, f->cap_decisions) = d;
	}
	for (int i = 0, n = f->n_decisions; i < n; i++)
		if (f->decisions[i].n > 1 && exits_of(f, &f->decisions[i]) > 2)
			take_apart(f, i);
}

/* --------------------------------------------------------------- functions */

static struct fn **fns;
static int n_fns, cap_fns;

struct fn *fn_of(struct symbol *sym)
{
	struct symbol *d = definition_of(sym), *type;
	struct symbol_list *one = NULL;
	struct fn *f;

	if (!d)
		return NULL;
	for (int i = 0; i < n_fns; i++)
		if (fns[i]->sym == d)
			return fns[i]->n ? fns[i] : NULL;
	type = d->ctype.base_type;
	if (!type->stmt && type->inline_stmt) {
		d->definition = d;
		uninline(d);
		d->evaluated = 0;
	}
	f = alloc(sizeof(*f));
	push(fns, n_fns, cap_fns) = f;
	f->sym = d;
	f->name = name_of(d);
	f->file = path_of(d->pos);
	f->line = d->pos.line;
	f->source = find_source(&program, f->file);
	walk_statement(f, type->stmt, NULL);
	add_symbol(&one, d);
	evaluate_symbol_list(one);
	expand_symbol(d);
	if (!linearize_symbol(d) || !d->ep || !d->ep->entry)
		return NULL;
	/* only now: a && !b has become one value, (a != 0) & (b == 0), where b costs little */
	for (int i = 0; i < f->n_statements; i++)
		if (f->statements[i].condition)
			f->statements[i].turned = turned(*f->statements[i].condition);
	number_blocks(f);
	find_postdominators(f);
	number_tree(f);
	find_decisions(f);
	return f;
}

/* ------------------------------------------------------------------ guards */

bool encloses(const struct fn *f, const struct guard *g, struct position pos)
{
	const struct decision *d = &f->decisions[g->decision];
	int at = statement_at(f, pos);

	if (d->statement < 0 || at < 0)
		return false;
	for (const struct scope_of *s = f->statements[at].scope; s; s = s->outer)
		if (s->statement == d->statement)
			return true;
	return at == d->statement;
}

static int nearest_first(const void *a, const void *b)
{
	const struct guard *x = a, *y = b;

	return x->depth != y->depth ? x->depth - y->depth : y->decision - x->decision;
}

static bool listed(const struct guard *list, int n, int decision, int target)
{
	for (int i = 0; i < n; i++)
		if (list[i].decision == decision && list[i].target == target)
			return true;
	return false;
}

/* return 0, and nothing else */
static bool succeeds_at_once(const struct fn *f, int block)
{
	struct instruction *insn;
	bool zero = false;

	if (f->end < 0)
		return false;
	FOR_EACH_PTR(f->bb[block]->insns, insn) {
		if (!insn->bb)
			continue;
		if (insn->opcode == OP_PHISOURCE && is_zero(insn->phi_src) && insn->phi_node &&
		    insn->phi_node->target == terminator(f, f->end)->src)
			zero = true;
		else if (insn->opcode != OP_BR && insn->opcode != OP_NOP)
			return false;
	} END_FOR_EACH_PTR(insn);
	return zero;
}

/* `if (!domain->handler) return 0;` before the rest: does every other way out of the decision succeed at once? */
static bool others_succeed(const struct fn *f, const struct guard *g)
{
	const struct decision *d = &f->decisions[g->decision];

	for (int i = 0; i < d->n; i++)
		for (int k = 0; k < f->n_succ[d->leaves[i]]; k++) {
			int to = f->succ[d->leaves[i]][k];

			if (to != g->target && !leaf_of(d, to) && !succeeds_at_once(f, to))
				return false;
		}
	return true;
}

static bool within(const struct decision *d, int block)
{
	return leaf_of(d, block);
}

int guards_of(struct fn *f, int block, struct position pos, struct guard **out)
{
	int n = 0, cap = 0, done = 0, at = block, depth = 0;

	*out = NULL;
	if (block < 0)
		return 0;
	for (;;) {
		for (int u = 0; u < f->n; u++) {
			int decision = f->decision_of[u], ways = 0;

			if (decision < 0)
				continue;
			/* a way that never comes back (BUG) decides nothing */
			for (int i = 0; i < f->n_succ[u]; i++)
				ways += f->postdominator[f->succ[u][i]] >= 0;
			if (ways < 2)
				continue;
			for (int i = 0; i < f->n_succ[u]; i++) {
				int to = f->succ[u][i];

				if (!postdominates(f, at, to) || (at != u && postdominates(f, at, u)) ||
				    listed(*out, n, decision, to))
					continue;
				if (within(&f->decisions[decision], to) && !within(&f->decisions[decision], block))
					continue;
				push(*out, n, cap) = (struct guard){ .decision = decision, .target = to,
								     .depth = depth };
				(*out)[n - 1].enclosing = encloses(f, &(*out)[n - 1], pos);
				(*out)[n - 1].chosen = others_succeed(f, &(*out)[n - 1]);
			}
		}
		if (done == n)
			break;
		depth = (*out)[done].depth + 1;
		at = f->decisions[(*out)[done++].decision].entry;
	}
	if (n)
		qsort(*out, n, sizeof(**out), nearest_first);
	return n;
}
