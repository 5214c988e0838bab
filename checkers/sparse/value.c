// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values: in, a function's graph; out, every errno constant and call result that
 * can reach its return, and where each leaves for it.
 *
 * Backwards from what is returned, store by store, along ways on which the value
 * is negative; then forwards from the constant, to learn which decisions still
 * settle whether it arrives: `int ret = -EINVAL;` serves as many exits as there are.
 */
#include "sparse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool is_local(const struct symbol *sym)
{
	const struct symbol *type = sym ? sym->ctype.base_type : NULL;

	return type && type->type != SYM_FN && !(sym->ctype.modifiers & (MOD_STATIC | MOD_NONLOCAL));
}

pseudo_t argument(const struct instruction *call, int i)
{
	struct pseudo_list *list = call->arguments;
	pseudo_t p;

	FOR_EACH_PTR(list, p) {
		if (!i--)
			return p;
	} END_FOR_EACH_PTR(p);
	return NULL;
}

struct symbol *callee_symbol(const struct instruction *call)
{
	pseudo_t p = call->func;

	if (p && p->type == PSEUDO_REG && p->def && p->def->opcode == OP_SYMADDR)
		p = p->def->src;
	return p && p->type == PSEUDO_SYM && p->sym->ctype.base_type && p->sym->ctype.base_type->type == SYM_FN ?
	       p->sym : NULL;
}

const char *sparse_message_level(const char *name)
{
	static const char *const levels[] = { "error", "warning", "info", "debug" };

	for (size_t i = 0; name && i < sizeof(levels) / sizeof(*levels); i++)
		if (api(format("print_%s", levels[i]), name))
			return levels[i];
	return NULL;
}

const char *callee_name(const struct instruction *call)
{
	const char *macro = name_at(path_of(call->pos), call->pos.line, column_of(call->pos));
	struct symbol *sym = callee_symbol(call);

	if (macro && (sparse_message_level(macro) || !sym || api("allocator", macro)))
		return macro;
	return sym ? name_of(sym) : NULL;
}

const char *errno_name(const struct fn *f, int value, struct position pos)
{
	const char *name = name_at(path_of(pos), pos.line, column_of(pos));
	const char *known = strerrorname_np(-value);

	(void)f;
	if (!name || *name != 'E')	/* "-EINVAL" begins with the sign */
		name = name_at(path_of(pos), pos.line, column_of(pos) + 1);
	if (name && name[0] == 'E' && name[1] >= 'A' && name[1] <= 'Z' && !strchr(name, '_') &&
	    (known ? !strcmp(known, name) || !strcmp(name, "EWOULDBLOCK") || !strcmp(name, "ENOTSUPP") : true))
		return name;
	switch (-value) {		/* include/linux/errno.h: not for user space */
	case 512: return "ERESTARTSYS";
	case 516: return "ERESTART_RESTARTBLOCK";
	case 517: return "EPROBE_DEFER";
	case 524: return "ENOTSUPP";
	case 95: return "EOPNOTSUPP";
	}
	return known ? known : format("E%d", -value);
}

/* ------------------------------------------------------------------ stores */

static pseudo_t plain(pseudo_t p)
{
	while (p && p->type == PSEUDO_REG && p->def)
		switch (p->def->opcode) {
		case OP_SEXT: case OP_ZEXT: case OP_TRUNC: case OP_PTRCAST: case OP_UTPTR: case OP_PTRTU:
		case OP_COPY: case OP_SLICE:
			p = p->def->src;
			break;
		default:
			return p;
		}
	return p;
}

/* The variable that a pseudo was just loaded from, or NULL. */
static struct symbol *variable_of(pseudo_t p)
{
	p = plain(p);
	if (p && p->type == PSEUDO_REG && p->def && p->def->opcode == OP_LOAD && !p->def->offset &&
	    p->def->src->type == PSEUDO_SYM && is_local(p->def->src->sym))
		return p->def->src->sym;
	return NULL;
}

bool counts(const struct instruction *store)
{
	pseudo_t p = plain(store->target);

	return adds_to(store) && (p->def->opcode == OP_ADD || p->def->opcode == OP_SUB);
}

/* x = x | y, x |= y: what x held before counts as well */
bool adds_to(const struct instruction *store)
{
	pseudo_t p = plain(store->target);

	return p && p->type == PSEUDO_REG && p->def && p->def->opcode >= OP_BINARY && p->def->opcode <= OP_BINARY_END &&
	       variable_of(p->def->src1) == store->src->sym;
}

static bool passes_address(const struct instruction *call, const struct symbol *sym)
{
	struct pseudo_list *list = call->arguments;
	pseudo_t p;

	FOR_EACH_PTR(list, p) {
		p = plain(p);
		if (p && p->type == PSEUDO_REG && p->def && p->def->opcode == OP_SYMADDR && p->def->src->type == PSEUDO_SYM &&
		    p->def->src->sym == sym)
			return true;
	} END_FOR_EACH_PTR(p);
	return false;
}

static int compare(int op, int value, bool exact, long long other)
{
	if (exact)
		switch (op) {
		case OP_SET_EQ: return value == (int)other;
		case OP_SET_NE: return value != (int)other;
		case OP_SET_LT: return value < (int)other;
		case OP_SET_LE: return value <= (int)other;
		case OP_SET_GT: return value > (int)other;
		case OP_SET_GE: return value >= (int)other;
		}
	if ((int)other < 0)
		return -1;
	switch (op) {
	case OP_SET_EQ: case OP_SET_GT: return 0;
	case OP_SET_GE: return 0;
	case OP_SET_NE: case OP_SET_LT: case OP_SET_LE: return 1;
	}
	return -1;
}

bool error_test_value(const struct instruction *compare)
{
	return compare->src2->type == PSEUDO_VAL && (int)compare->src2->value == -4095 &&
	       (compare->opcode == OP_SET_AE || compare->opcode == OP_SET_B);
}

const char *errno_macro(struct position pos)
{
	const char *name = name_at(path_of(pos), pos.line, column_of(pos));

	return name && api("errno", name) ? name : NULL;
}

/* The value of a local that a macro made to test something once: the single store to it. */
static pseudo_t through_temporary(struct fn *f, pseudo_t p)
{
	struct symbol *v = variable_of(p);
	struct stores s;
	pseudo_t value = NULL;

	if (!v || strncmp(name_of(v), "__", 2))
		return NULL;
	s = stores_to(f, plain(p)->def, v, 0, false);
	if (s.n == 1 && s.list[0]->opcode == OP_STORE)
		value = s.list[0]->target;
	free(s.list);
	return value;
}

static int outcome_at(struct fn *f, pseudo_t c, struct symbol *variable, int value, int depth)
{
	pseudo_t inner;

	c = plain(c);
	if (!c || depth > 8)
		return -1;
	if (variable_of(c) == variable)
		return 1;
	if (c->type != PSEUDO_REG || !c->def)
		return -1;
	if (c->def->opcode >= OP_BINCMP && c->def->opcode <= OP_BINCMP_END) {
		pseudo_t a = plain(c->def->src1), b = plain(c->def->src2);
		int o;

		if (b->type != PSEUDO_VAL)
			return -1;
		if (error_test_value(c->def) && variable_of(a) == variable)
			return c->def->opcode == OP_SET_AE;
		if (variable_of(a) == variable)
			return compare(c->def->opcode, value, value != 0, b->value);
		if (b->value || (c->def->opcode != OP_SET_NE && c->def->opcode != OP_SET_EQ))
			return -1;
		o = outcome_at(f, a, variable, value, depth + 1);
		return o < 0 ? o : o == (c->def->opcode == OP_SET_NE);
	}
	if (c->def->opcode == OP_CALL) {
		const char *name = callee_name(c->def);

		if (name && (api("error_test", name) || api("carrier", name)) && argument(c->def, 0) &&
		    variable_of(argument(c->def, 0)) == variable)
			return 1;
		return -1;
	}
	inner = through_temporary(f, c);
	return inner ? outcome_at(f, inner, variable, value, depth + 1) : -1;
}

int outcome(struct fn *f, pseudo_t condition, struct symbol *variable, int value)
{
	return outcome_at(f, condition, variable, value, 0);
}

/* May control go from block FROM to TO while VARIABLE is negative (VALUE, where that is not 0)? */
static bool feasible(struct fn *f, int from, int to, struct symbol *variable, int value)
{
	struct instruction *last = terminator(f, from);
	int o;

	if (!last || !variable)
		return true;
	if (last->opcode == OP_CBR && last->bb_true != last->bb_false) {
		o = outcome(f, last->cond, variable, value);
		return o < 0 || f->bb[to] == (o ? last->bb_true : last->bb_false);
	}
	if (last->opcode == OP_SWITCH && variable_of(last->cond) == variable) {
		const struct decision *d = &f->decisions[f->decision_of[from]];
		bool named = false, labelled = false;

		for (int i = 0; i < d->n_ways; i++)
			labelled |= value && !d->ways[i].otherwise && (int)d->ways[i].value == value;
		for (int i = 0; i < d->n_ways; i++) {
			const struct way *w = &d->ways[i];

			if (w->to == to && (w->otherwise ? !labelled : value ? (int)w->value == value : (int)w->value < 0))
				return true;
			named |= w->to == to;
		}
		return !named;
	}
	return true;
}

struct hunt {
	struct fn *f;
	struct symbol *sym;
	long long offset;
	const char *key;		/* of an address instead */
	bool failed;
	bool *seen;
	struct stores found;
};

static const char *address_key(struct fn *f, pseudo_t p, int depth);

static bool sets(struct hunt *h, struct instruction *insn)
{
	if (!insn->bb)
		return false;
	if (h->key) {
		const char *key;

		if (insn->opcode != OP_STORE || insn->offset != h->offset || insn->src->type == PSEUDO_SYM)
			return false;
		key = address_key(h->f, insn->src, 0);
		return key && !strcmp(key, h->key);
	}
	if (insn->opcode == OP_CALL)
		return passes_address(insn, h->sym);
	if (insn->opcode != OP_STORE || insn->src->type != PSEUDO_SYM || insn->src->sym != h->sym)
		return false;
	return h->offset < 0 || insn->offset == h->offset ||
	       (insn->offset < h->offset && h->offset < insn->offset + (long long)insn->size / 8);
}

/* The last setting in a block before LIMIT (NULL: the block's end). True when nothing earlier counts. */
static bool hunt_block(struct hunt *h, int block, const struct instruction *limit)
{
	struct instruction *insn, **here = NULL;
	int n = 0, cap = 0;
	bool done = false;

	FOR_EACH_PTR(h->f->bb[block]->insns, insn) {
		if (insn == limit)
			break;
		if (sets(h, insn))
			push(here, n, cap) = insn;
	} END_FOR_EACH_PTR(insn);
	while (n-- && !done) {
		bool known = false;

		insn = here[n];
		for (int i = 0; i < h->found.n; i++)
			known |= h->found.list[i] == insn;
		if (!known)
			push(h->found.list, h->found.n, h->found.cap) = insn;
		done = insn->opcode == OP_STORE && h->offset >= 0 && (h->key || !adds_to(insn));
	}
	free(here);
	return done;
}

static struct stores search(struct hunt *h, const struct instruction *insn)
{
	struct fn *f = h->f;
	int *todo = alloc((f->n + 1) * sizeof(int)), n = 0, first = block_of(insn);

	h->seen = alloc(f->n + 1);
	if (first >= 0 && !hunt_block(h, first, insn))
		todo[n++] = first;
	while (n) {
		int at = todo[--n];

		if (!at)
			h->found.unset = true;
		for (int i = 0; i < f->n_pred[at]; i++) {
			int p = f->pred[at][i];

			if (h->seen[p] || (h->failed && !feasible(f, p, at, h->sym, 0)))
				continue;
			h->seen[p] = true;
			if (!hunt_block(h, p, NULL))
				todo[n++] = p;
		}
	}
	free(todo);
	free(h->seen);
	return h->found;
}

struct stores stores_to(struct fn *f, const struct instruction *insn, struct symbol *sym, long long offset,
			bool failed)
{
	struct hunt h = { .f = f, .sym = sym, .offset = offset, .failed = failed };

	return search(&h, insn);
}

/* An address as a name that stays the same within the function: "v12[16]" for v->f; NULL when it has none. */
static const char *address_key(struct fn *f, pseudo_t p, int depth)
{
	struct instruction *d;
	const char *base;

	p = plain(p);
	if (!p || depth > 6)
		return NULL;
	if (p->type == PSEUDO_ARG)
		return format("a%d", p->nr);
	if (p->type == PSEUDO_SYM)
		return format("s%p", (void *)p->sym);
	if (p->type != PSEUDO_REG || !p->def)
		return NULL;
	d = p->def;
	switch (d->opcode) {
	case OP_LOAD:
		if (d->src->type == PSEUDO_SYM)
			return format("v%p+%lld", (void *)d->src->sym, d->offset);
		base = address_key(f, d->src, depth + 1);
		return base ? format("%s[%lld]", base, d->offset) : NULL;
	case OP_SYMADDR:
		return address_key(f, d->src, depth + 1);
	case OP_ADD:
		if (d->src2->type != PSEUDO_VAL)
			return NULL;
		base = address_key(f, d->src1, depth + 1);
		return base ? format("%s+%lld", base, d->src2->value) : NULL;
	case OP_CALL:
		if (!callee_name(d) || !argument(d, 0) || argument(d, 1))
			return NULL;
		base = address_key(f, argument(d, 0), depth + 1);
		return base ? format("%s(%s)", callee_name(d), base) : NULL;
	default:
		return NULL;
	}
}

bool stores_through(struct fn *f, const struct instruction *load, struct stores *out)
{
	struct hunt h = { .f = f, .offset = load->offset, .key = address_key(f, load->src, 0) };

	if (!h.key)
		return false;
	*out = search(&h, load);
	return true;
}

pseudo_t settled(struct fn *f, pseudo_t p)
{
	struct symbol *v = variable_of(p);
	struct stores s;

	if (!v)
		return plain(p);
	s = stores_to(f, plain(p)->def, v, 0, false);
	if (s.n == 1 && s.list[0]->opcode == OP_STORE && !s.unset && plain(s.list[0]->target)->type != PSEUDO_VAL) {
		pseudo_t value = plain(s.list[0]->target);

		free(s.list);
		return variable_of(value) && variable_of(value) != v ? settled(f, value) : value;
	}
	free(s.list);
	return plain(p);
}

/* ---------------------------------------------------------------- messages */

static void add_message(struct arrival *a, struct position pos)
{
	for (int i = 0; i < a->n_messages; i++)
		if (a->messages[i].line == pos.line && a->messages[i].pos == pos.pos)
			return;
	push(a->messages, a->n_messages, a->cap_messages) = pos;
}

static bool message_at(struct position pos)
{
	return sparse_message_level(name_at(path_of(pos), pos.line, column_of(pos))) != NULL;
}

static void messages_in(struct arrival *a, struct fn *f, int block, const struct instruction *from)
{
	struct instruction *insn;
	bool on = !from;

	FOR_EACH_PTR(f->bb[block]->insns, insn) {
		on |= insn == from;
		if (on && insn->bb && insn->opcode == OP_CALL && message_at(insn->pos))
			add_message(a, insn->pos);
	} END_FOR_EACH_PTR(insn);
}

/* Messages on the only way from here on, while VARIABLE is negative. */
static void messages_after(struct arrival *a, struct fn *f, int block, const struct instruction *from,
			   struct symbol *variable, int value)
{
	for (int steps = 0; steps < f->n; steps++) {
		struct instruction *last = terminator(f, block);
		int next = -1, ways = 0;

		messages_in(a, f, block, from);
		from = NULL;
		for (int i = 0; i < f->n_succ[block]; i++)
			if (feasible(f, block, f->succ[block][i], variable, value)) {
				next = f->succ[block][i];
				ways++;
			}
		if (ways > 1 && last && message_at(last->pos)) {	/* within the macro of a message */
			for (int i = 0; i < f->n_succ[block]; i++)
				messages_in(a, f, f->succ[block][i], NULL);
			next = f->postdominator[block];
		} else if (ways != 1) {
			return;
		}
		if (next < 0 || next == block)
			return;
		block = next;
	}
}

/* Messages right before a statement, back to the branch that it stands in. */
static void messages_before(struct arrival *a, struct fn *f, struct position pos)
{
	int at = statement_at(f, pos);

	for (int i = at - 1; i >= 0; i--) {
		const struct stmt_at *s = &f->statements[i];

		if (message_at(s->pos)) {	/* or within the macro of one */
			add_message(a, s->pos);
			continue;
		}
		if (s->scope != f->statements[at].scope || s->type == STMT_IF || s->type == STMT_SWITCH ||
		    s->type == STMT_ITERATOR || s->type == STMT_LABEL || s->type == STMT_CASE)
			return;
	}
}

/* ---------------------------------------------------------------- arrivals */

struct tracer {
	struct fn *f;
	struct flow *flow;
	struct guard choice;
	struct instruction *carrier, *converted;
	pseudo_t *busy;
	int n_busy, cap_busy;
};

/* What is passed on by whom: a store, a return, a ?: */
struct bearer {
	struct instruction *insn;
	struct symbol *variable;	/* that the store sets, or NULL */
	const struct instruction *use;	/* that reads it next */
};

static void add_arrival(struct tracer *t, struct arrival a)
{
	for (int i = 0; i < t->flow->n; i++) {
		struct arrival *b = &t->flow->arrivals[i];

		if (b->value == a.value && b->call == a.call && b->block == a.block && b->pos.line == a.pos.line &&
		    b->pos.pos == a.pos.pos && b->exit.decision == a.exit.decision && b->exit.target == a.exit.target)
			return;
	}
	push(t->flow->arrivals, t->flow->n, t->flow->cap) = a;
}

struct region {
	bool *inside, *spoiled, *lost;
};

static bool overwrites(struct fn *f, int block, struct symbol *variable, const struct instruction *use)
{
	struct instruction *insn;

	FOR_EACH_PTR(f->bb[block]->insns, insn) {
		if (insn == use)
			return false;
		if (insn->bb && insn->opcode == OP_STORE && insn->src->type == PSEUDO_SYM && insn->src->sym == variable &&
		    !adds_to(insn))
			return true;
	} END_FOR_EACH_PTR(insn);
	return false;
}

static struct region follow(struct fn *f, struct bearer b, int value)
{
	struct region r = { alloc(f->n + 1), alloc(f->n + 1), alloc(f->n + 1) };
	int *todo = alloc((f->n + 1) * sizeof(int)), n = 0, use = block_of(b.use), start = block_of(b.insn);

	todo[n++] = start;
	while (n) {
		int at = todo[--n];

		for (int i = 0; i < f->n_succ[at]; i++) {
			int to = f->succ[at][i];

			if (!feasible(f, at, to, b.variable, value) || r.inside[to] || f->postdominator[to] < 0)
				continue;
			r.inside[to] = true;
			if (overwrites(f, to, b.variable, b.use) || (to == f->end && to != use)) {
				r.lost[to] = r.spoiled[to] = true;
				continue;
			}
			if (to != use)
				todo[n++] = to;
		}
	}
	for (bool changed = true; changed; ) {
		changed = false;
		for (int at = 0; at < f->n; at++) {
			if ((!r.inside[at] && at != start) || r.spoiled[at] || at == use)
				continue;
			for (int i = 0; i < f->n_succ[at]; i++)
				if (feasible(f, at, f->succ[at][i], b.variable, value) && r.spoiled[f->succ[at][i]])
					changed = r.spoiled[at] = true;
		}
	}
	free(todo);
	return r;
}

/* The place of the first statement behind this way out of a decision. */
static struct position behind(struct fn *f, const struct guard *g)
{
	const struct decision *d = &f->decisions[g->decision];
	struct instruction *insn;

	if (d->statement >= 0 && !d->dispatch) {
		const struct stmt_at *s = &f->statements[d->statement];
		struct instruction *last = terminator(f, d->leaves[d->n - 1]);
		bool arm = last->opcode == OP_CBR && block_of(last) >= 0 && last->bb_true == f->bb[g->target];

		if (s->has_arm[arm] && s->has_arm[!arm])
			return s->arm[arm];
		if (s->type == STMT_IF && s->has_arm[1]) {
			/* the arm that exists is the one the exit takes, unless it comes back */
			struct position first = s->arm[1];

			if (arm || f->n_succ[g->target] == 0 || first.line == 0)
				return first;
		}
	}
	FOR_EACH_PTR(f->bb[g->target]->insns, insn) {
		if (insn->bb && insn->pos.line)
			return start_of(f, insn->pos);
	} END_FOR_EACH_PTR(insn);
	return f->bb[g->target]->pos;
}

static void arrive(struct tracer *t, struct arrival a, struct bearer b)
{
	struct fn *f = t->f;
	struct region r;
	int exits = 0, start = block_of(b.insn);

	a.block = start;
	a.bearer = b.insn;
	a.variable = b.variable;
	a.use = b.use;
	a.exit.decision = -1;
	a.choice = t->choice;
	a.carrier = t->carrier;
	a.converted = a.call ? t->converted : NULL;
	a.site = a.value && !a.macro ? a.pos : start_of(f, a.converted ? a.converted->pos : a.pos);
	if (!b.variable) {
		messages_before(&a, f, a.pos);
		add_arrival(t, a);
		return;
	}
	r = follow(f, b, a.value);
	if (!r.inside[block_of(b.use)] && block_of(b.use) != start)
		goto out;			/* only along ways that contradict themselves */
	if (a.value && r.spoiled[start] && block_of(b.use) != start)
		for (int u = 0; u < f->n; u++) {
			if ((!r.inside[u] && u != start) || !r.spoiled[u] || r.lost[u] || f->decision_of[u] < 0)
				continue;
			for (int i = 0; i < f->n_succ[u]; i++) {
				int to = f->succ[u][i];
				struct arrival exit = a;

				if (!r.inside[to] || r.spoiled[to] || !feasible(f, u, to, b.variable, a.value))
					continue;
				exit.exit = (struct guard){ .decision = f->decision_of[u], .target = to,
							    .enclosing = true };
				exit.block = f->decisions[exit.exit.decision].entry;
				messages_before(&exit, f, behind(f, &exit.exit));
				messages_after(&exit, f, to, NULL, b.variable, a.value);
				add_arrival(t, exit);
				exits++;
			}
		}
	if (!exits) {
		messages_before(&a, f, a.pos);
		messages_after(&a, f, start, b.insn, b.variable, a.value);
		add_arrival(t, a);
	}
out:
	free(r.inside);
	free(r.spoiled);
	free(r.lost);
}

bool lets_pass(struct fn *f, const struct arrival *a, int value)
{
	struct region r;
	bool yes;

	if (a->choice.choice && a->variable) {
		int o = outcome(f, a->choice.choice->src1, a->variable, value);

		if (o >= 0 && o != a->choice.taken)
			return false;
	}
	if (!a->variable || block_of(a->use) == block_of(a->bearer))
		return true;
	r = follow(f, (struct bearer){ .insn = a->bearer, .variable = a->variable, .use = a->use }, value);
	yes = r.inside[block_of(a->use)];
	free(r.inside);
	free(r.spoiled);
	free(r.lost);
	return yes;
}

/* What comes out of memory, from an argument or from assembly may be an errno: nobody knows. */
static void add_unknown(struct tracer *t, pseudo_t value, struct bearer b)
{
	struct flow *flow = t->flow;

	for (int i = 0; i < flow->n_unknown; i++)
		if (flow->unknown[i].value == value)
			return;
	push(flow->unknown, flow->n_unknown, flow->cap_unknown) =
		(struct unknown){ .value = value, .pos = b.insn->pos, .block = block_of(b.insn) };
}

static void trace(struct tracer *t, pseudo_t p, struct bearer b);

static void trace_stores(struct tracer *t, struct stores s, struct symbol *variable, struct instruction *use,
			 struct bearer outer)
{
	for (int i = 0; i < s.n; i++)
		if (s.list[i]->opcode == OP_STORE)
			trace(t, s.list[i]->target,
			      (struct bearer){ .insn = s.list[i], .variable = variable, .use = use });
		else
			add_unknown(t, use->target, outer);
	free(s.list);
}

static void trace_call(struct tracer *t, struct instruction *call, struct bearer b)
{
	const char *name = callee_name(call);
	struct instruction *outer;

	if (name && api("carrier", name) && argument(call, 0)) {
		outer = t->converted;
		t->converted = call;
		trace(t, argument(call, 0), b);
		t->converted = outer;
	} else if (name && api("message_carrier", name) && argument(call, 1)) {
		outer = t->carrier;
		t->carrier = call;
		trace(t, argument(call, 1), b);
		t->carrier = outer;
	} else if (!name || (!api("no_errno", name) && !api("register_read", name) && !api("id_allocator", name) &&
			     strncmp(name, "__builtin_", 10))) {
		/* NULL is no errno */
		if (!name || !api("allocator", name))
			arrive(t, (struct arrival){ .call = call, .pos = call->pos }, b);
	}
}

static void trace_choice(struct tracer *t, struct instruction *sel, struct bearer b)
{
	struct guard outer = t->choice;

	t->choice = (struct guard){ .choice = sel, .taken = true, .enclosing = true };
	trace(t, sel->src2, b);
	t->choice.taken = false;
	trace(t, sel->src3, b);
	t->choice = outer;
}

static void trace(struct tracer *t, pseudo_t p, struct bearer b)
{
	struct instruction *d;
	struct stores s;
	pseudo_t part;

	p = plain(p);
	if (!p || !b.insn || !b.insn->bb)
		return;
	if (p->type == PSEUDO_VAL) {
		int v = (int)p->value;
		const char *macro = name_at(path_of(b.insn->pos), b.insn->pos.line, column_of(b.insn->pos));

		if (macro && api("shifted_errno", macro))
			v >>= 2;
		if (v < 0 && v >= -4095)
			arrive(t, (struct arrival){ .value = v, .pos = b.insn->pos,
						    .macro = errno_macro(b.insn->pos) }, b);
		return;
	}
	if (p->type == PSEUDO_ARG)
		add_unknown(t, p, b);
	if (p->type != PSEUDO_REG || !p->def)
		return;
	for (int i = 0; i < t->n_busy; i++)
		if (t->busy[i] == p)
			return;
	push(t->busy, t->n_busy, t->cap_busy) = p;
	d = p->def;
	switch (d->opcode) {
	case OP_CALL:
		trace_call(t, d, b);
		break;
	case OP_PHI:
		FOR_EACH_PTR(d->phi_list, part) {
			struct instruction *source = part->def;

			if (!source || source->opcode != OP_PHISOURCE || !source->bb)
				continue;
			/* a ?: within an assignment: the branch decides, the store carries */
			if (b.variable && plain(source->phi_src)->type == PSEUDO_VAL)
				trace(t, source->phi_src, (struct bearer){ .insn = source });
			else
				trace(t, source->phi_src, b.variable ? b : (struct bearer){ .insn = source });
		} END_FOR_EACH_PTR(part);
		break;
	case OP_SEL:
		trace_choice(t, d, b);
		break;
	case OP_LOAD:
		if (variable_of(p)) {
			trace_stores(t, stores_to(t->f, d, d->src->sym, 0, true), d->src->sym, d, b);
		} else if (d->src->type == PSEUDO_SYM && is_local(d->src->sym)) {
			trace_stores(t, stores_to(t->f, d, d->src->sym, d->offset, false), NULL, d, b);
		} else if (stores_through(t->f, d, &s)) {
			if (s.unset)
				add_unknown(t, p, b);
			trace_stores(t, s, NULL, d, b);
		} else {
			add_unknown(t, p, b);
		}
		break;
	case OP_ASM:
		add_unknown(t, p, b);
		break;
	case OP_OR:
		trace(t, d->src1, b);
		trace(t, d->src2, b);
		break;
	case OP_NEG:
		trace(t, d->src, b);
		break;
	}
	t->n_busy--;
}

static int exits_of(const struct flow *flow, const struct arrival *a)
{
	int n = 0;

	for (int i = 0; i < flow->n; i++) {
		const struct arrival *b = &flow->arrivals[i];

		n += b->value == a->value && b->pos.line == a->pos.line && b->pos.pos == a->pos.pos &&
		     b->exit.decision >= 0;
	}
	return n;
}

static int by_place(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	if (x->site.line != y->site.line)
		return x->site.line < y->site.line ? -1 : 1;
	if (x->site.pos != y->site.pos)
		return (int)x->site.pos - (int)y->site.pos;
	return x->exit.decision - y->exit.decision;
}

const struct flow *flow_of(struct fn *f)
{
	struct tracer t = { .f = f };
	struct instruction *ret;

	if (f->flow)
		return f->flow;
	f->flow = t.flow = alloc(sizeof(*f->flow));
	if (f->end < 0)
		return f->flow;
	ret = terminator(f, f->end);
	if (ret->src)
		trace(&t, ret->src, (struct bearer){ .insn = ret });
	for (int i = 0; i < t.flow->n; i++)
		if (t.flow->arrivals[i].exit.decision >= 0 && exits_of(t.flow, &t.flow->arrivals[i]) > 1)
			t.flow->arrivals[i].site = behind(f, &t.flow->arrivals[i].exit);
	if (t.flow->n)
		qsort(t.flow->arrivals, t.flow->n, sizeof(*t.flow->arrivals), by_place);
	return f->flow;
}

const struct flow *flow_to(struct fn *f, pseudo_t value, struct instruction *insn)
{
	struct tracer t = { .f = f, .flow = alloc(sizeof(*t.flow)) };

	trace(&t, value, (struct bearer){ .insn = insn });
	return t.flow;
}

bool ends_in_success(struct fn *f, const struct instruction *insn, struct symbol *variable, bool *tested)
{
	bool *seen = alloc(f->n + 1), success = false;
	int *todo = alloc((f->n + 1) * sizeof(int)), n = 0;

	*tested = false;
	todo[n++] = block_of(insn);
	while (n) {
		int at = todo[--n];
		struct instruction *last = terminator(f, at), *in;
		bool overwritten = false;

		if (last && last->opcode == OP_CBR)
			*tested |= outcome(f, last->cond, variable, 0) >= 0;
		FOR_EACH_PTR(f->bb[at]->insns, in) {
			if (!in->bb)
				continue;
			if (in->opcode == OP_STORE && in != insn && in->src->type == PSEUDO_SYM && in->src->sym == variable &&
			    at != block_of(insn))
				overwritten = true;
			if (in->opcode == OP_PHISOURCE && !overwritten && in->phi_node && in->phi_node->bb == f->bb[f->end] &&
			    is_zero(in->phi_src))
				success = true;
		} END_FOR_EACH_PTR(in);
		if (overwritten)
			continue;
		for (int i = 0; i < f->n_succ[at]; i++) {
			int to = f->succ[at][i];

			if (seen[to] || !feasible(f, at, to, variable, 0))
				continue;
			seen[to] = true;
			todo[n++] = to;
		}
	}
	free(seen);
	free(todo);
	return success;
}

/* `if (variable) goto unwind`: does this guard hold only once VARIABLE is a failure? */
static bool tells_failure(struct fn *f, const struct guard *g, struct symbol *variable)
{
	const struct decision *d = &f->decisions[g->decision];
	struct instruction *last = d->n == 1 ? terminator(f, d->leaves[0]) : NULL;

	return last && last->opcode == OP_CBR && outcome(f, last->cond, variable, 0) == 1 &&
	       f->bb[g->target] == last->bb_true;
}

/* What IN hands to F's return; VARIABLE where that is one, ERRNO where it is a negative constant. */
static bool returned_by(struct fn *f, const struct instruction *in, struct symbol **variable, bool *constant)
{
	struct instruction *end = terminator(f, f->end);
	pseudo_t p;

	*variable = NULL;
	*constant = false;
	if (!end || end->opcode != OP_RET)
		return false;
	if (in == end && !(end->src && end->src->type == PSEUDO_REG && end->src->def && end->src->def->opcode == OP_PHI))
		p = end->src;
	else if (in->opcode == OP_PHISOURCE && in->phi_node && in->phi_node->target == end->src)
		p = in->phi_src;
	else
		return false;
	if (p && p->type == PSEUDO_REG && p->def && p->def->opcode == OP_CALL && callee_name(p->def) &&
	    api("carrier", callee_name(p->def)))
		p = argument(p->def, 0);
	*constant = p && p->type == PSEUDO_VAL && (int)p->value < 0;
	*variable = *constant ? NULL : variable_of(p);
	return true;
}

bool fails_anyway(struct fn *f, const struct instruction *call)
{
	bool *seen = alloc(f->n + 1), unwinds = f->end >= 0, any = false;
	int *todo = alloc((f->n + 1) * sizeof(int)), n = 0, tests = 0, of = 0;
	struct symbol *variable = NULL;
	struct instruction *in;
	struct guard *g = NULL;

	seen[block_of(call)] = true;
	todo[n++] = block_of(call);
	while (n && unwinds) {
		int at = todo[--n];

		FOR_EACH_PTR(f->bb[at]->insns, in) {
			struct symbol *v;
			bool constant;

			if (!in->bb || !returned_by(f, in, &v, &constant))
				continue;
			unwinds &= constant || (v && is_local(v) && (!variable || v == variable));
			variable = v ? v : variable;
			any = true;
		} END_FOR_EACH_PTR(in);
		for (int i = 0; i < f->n_succ[at]; i++)
			if (!seen[f->succ[at][i]]) {
				seen[f->succ[at][i]] = true;
				todo[n++] = f->succ[at][i];
			}
	}
	for (int b = 0; b < f->n && unwinds && variable; b++)
		if (seen[b])
			FOR_EACH_PTR(f->bb[b]->insns, in) {
				unwinds &= !(in->bb && in->opcode == OP_STORE && in->src->type == PSEUDO_SYM &&
					     in->src->sym == variable);
			} END_FOR_EACH_PTR(in);
	if (unwinds && variable)
		of = guards_of(f, block_of(call), call->pos, &g);
	for (int i = 0; i < of; i++)
		if (!g[i].depth) {
			unwinds &= tells_failure(f, &g[i], variable);
			tests++;
		}
	free(g);
	free(seen);
	free(todo);
	return unwinds && any && (!variable || tests);
}
