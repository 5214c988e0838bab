// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evaluation: in, a callback in its frame; out, what arrives at its return, which
 * failures are lost on the way, and which branches decide that nothing is done.
 *
 * Forwards along every feasible way, into the driver's own functions as they are
 * called. A branch splits a state where its condition is open and takes one way
 * where facts decide it; states that agree on all errnos become one where ways
 * meet, so that the work stays near linear; loops are walked until nothing new
 * arrives. Bounds that are reached are a gap, never silence.
 */
#include "follow.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CALL_DEPTH 16
#define MAX_STATES 48		/* at one node */
#define MAX_STEPS 60000		/* of one callback: some thirty times the longest of a real tree */
#define MAX_MEMORY (256 << 20)	/* bytes, of one callback */
#define MAX_CAUSES 512		/* that arrive together: four times the most of a real tree */

struct way {
	struct state *s;
	const struct term *v;
};

struct ways {
	struct way *list;
	int n, cap;
};

enum { DECIDES_SUCCESS = 1, DECIDES_NOTHING = 2, ACTS = 4 };

struct decided {
	struct way_out way;
	unsigned what;
};

/* Of the walk that goes on. */
static struct outcome_of_walk result;
static struct decided *decided;
static int n_decided, cap_decided, steps, actions;
static struct open_end *ends;		/* whatever a function has returned, once each */
static int n_ends, cap_ends;
static bool errnos_alone;		/* are asked for: the outermost function is no callback */

static struct ways eval(struct frame *fr, int node, struct state *s, struct expr *e);
static bool is_array(const struct frame *fr, const char *name);
static struct ways cond(struct frame *fr, int node, struct state *s, struct expr *e);
static struct ways run(struct frame *fr, struct state *s);

static void add_way(struct ways *w, struct state *s, const struct term *v)
{
	push(w->list, w->n, w->cap) = (struct way){ s, v };
}

static struct ways one(struct state *s, const struct term *v)
{
	struct ways w = { 0 };

	add_way(&w, s, v);
	return w;
}

static void append(struct ways *to, struct ways from)
{
	for (int i = 0; i < from.n; i++)
		add_way(to, from.list[i].s, from.list[i].v);
	free(from.list);
}

static void note_gap(struct frame *fr, int node, const char *why)
{
	for (int i = 0; i < result.n_gaps; i++)
		if (result.gaps[i].frame == fr && !strcmp(result.gaps[i].why, why))
			return;
	push(result.gaps, result.n_gaps, result.cap_gaps) = (struct gap){ why, fr, node };
}

enum { CHOICE_HELD = 64, CHOICE_FAILED = 128 };	/* beside a bit for each edge, of a switch for some */

static void leave_in(struct frame *fr, int node, unsigned way)
{
	if (!fr->left)
		fr->left = alloc(fr->f->n_nodes);
	fr->left[node] |= way;
}

bool was_open(const struct frame *fr, int node, bool choice)
{
	unsigned choices = CHOICE_HELD | CHOICE_FAILED, ways = fr->left ? fr->left[node] : 0;

	ways = choice ? ways & choices : ways & ~choices;
	return ways & (ways - 1);
}

/* One of both; of too many, some. */
const struct term *either_failure(const struct term *a, const struct term *b)
{
	if (a->causes->n + b->causes->n <= MAX_CAUSES)
		return both_failures(a, b);
	note_gap(NULL, 0, format("more than %d errnos arrive together", MAX_CAUSES));
	return a;
}

static const struct term *some_value(struct frame *fr, int node, struct expr *e)
{
	return make_term((struct term){ .kind = UNKNOWN, .frame = fr, .node = node, .e = e });
}

/* ------------------------------------------------------- what a way has done */

static struct decided *decision(const struct way_out *w)
{
	for (int i = 0; i < n_decided; i++) {
		struct way_out *d = &decided[i].way;

		if (d->frame == w->frame && d->node == w->node && d->edge == w->edge && d->choice == w->choice &&
		    d->taken == w->taken) {
			if (w->tested && w->tested->kind == NUMBER)
				d->tested = w->tested;
			return &decided[i];
		}
	}
	push(decided, n_decided, cap_decided) = (struct decided){ .way = *w };
	return &decided[n_decided - 1];
}

static void decide_as(struct state *s, unsigned what)
{
	for (int i = 0; i < s->n_since; i++)
		decision(&s->since[i])->what |= what;
}

/* Has a call failed on this way, and what is done is its undoing? */
static bool is_failing(const struct state *s)
{
	for (int i = 0; i < s->n_lost; i++)
		if (s->lost[i].looked && signs_of(s, s->lost[i].value) == NEGATIVE)
			return true;
	return false;
}

/* Does what stands behind NODE, without a branch, come to an errno? */
static bool ends_in_errno(const struct function *f, int node)
{
	for (int steps = 0; steps < f->n_nodes && f->nodes[node].n_succ == 1; steps++) {
		const struct expr *e;

		node = f->nodes[node].succ[0].to;
		e = f->nodes[node].e ? bare(f->nodes[node].e) : NULL;
		if (e && e->kind == E_ASSIGN)
			e = bare(e->kid[1]);
		if (e && e->kind == E_ERRNO)
			return true;
	}
	return false;
}

/* Something is done here: what was decided before did not decide that nothing is. */
static void effect(struct frame *fr, int node, struct state *s)
{
	int n = 0;

	actions++;
	decide_as(s, DECIDES_NOTHING | (is_failing(s) || ends_in_errno(fr->f, node) ? 0 : ACTS));
	s->n_since = 0;
	/* what is optional was not there, and the attach goes on */
	for (int i = 0; i < s->n_lost; i++) {
		const char *name = callee(s->lost[i].call);

		if (!s->lost[i].looked || !name || !api("optional_read", name))
			s->lost[n++] = s->lost[i];
	}
	s->n_lost = n;
}

static bool allocates(const struct term *t)
{
	return t->kind == RESULT && callee(t->e) && api("returns_null", callee(t->e));
}

/* An operation that tests for another one has done something on this way. */
static void note_change(struct frame *fr, int node, struct expr *e, const char *what)
{
	if (context.core || !tests_for(fr->op, NULL))
		return;
	for (int i = 0; i < result.n_changes; i++)
		if (result.changes[i].e == e && result.changes[i].frame->f == fr->f)
			return;
	push(result.changes, result.n_changes, result.cap_changes) = (struct change){ fr, e, node, what };
}

/* What a place is part of: a variable, or what a call returned */
static const struct term *whole_of(const struct term *place)
{
	while ((place->kind == FIELD || place->kind == ELEMENT || place->kind == POINTEE) && place->a)
		place = place->a->kind == ADDRESS ? place->a->a : place->a;
	return place;
}

/* PLACE, written as E, gets another value; what the test has allocated itself is its own. */
static void note_write(struct frame *fr, int node, const struct term *place, struct expr *e)
{
	if (!place || (!local_of(place) && !allocates(whole_of(place))))
		note_change(fr, node, e, "writes");
}

static void drop_lost(struct state *s, const struct term *v)
{
	int n = 0;

	for (int i = 0; i < s->n_lost; i++)
		if (s->lost[i].value != v)
			s->lost[n++] = s->lost[i];
	s->n_lost = n;
}

/* NULL because an allocation failed, here or further down. */
static bool failed_allocation(const struct term *t, int depth)
{
	if (allocates(t))
		return true;
	if (t->kind != NUMBER || t->number || !t->leaf || depth > 8 || !strchr(t->leaf->frame->f->def->type, '*'))
		return false;
	for (int i = 0; i < t->leaf->reasons->n_tested; i++)
		if (failed_allocation(t->leaf->reasons->tested[i], depth + 1))
			return true;
	return false;
}

/* The call in FR by which a value that was made in FROM came here. */
static struct lost call_in(struct frame *fr, struct frame *from, struct expr *e, int node)
{
	while (from && from != fr) {
		e = from->call;
		node = from->node;
		from = from->caller;
	}
	return (struct lost){ .frame = fr, .call = e, .node = node };
}

static bool returns_errnos(struct frame *fr, struct expr *call, int node)
{
	return (origin_of(fr, call, node).is & IS_ERRNO) != 0;
}

/* A result that is 0 or an errno: no id, no count, no 1 for "was active already". */
static bool zero_or_errno(const struct term *v)
{
	const char *name = v->kind == RESULT ? callee(v->e) : NULL;

	return name && !api("id_allocator_errno", name) && !api("errno_pointer", name) && !api("einval_without_domain", name) &&
	       returns_errnos(v->frame, v->e, v->node);
}

static void touch(struct state *s, const struct term *v)
{
	for (int i = 0; i < s->n_lost; i++)
		if (s->lost[i].value == v)
			s->lost[i].looked = true;
}

/* Somebody has looked at V and knows its signs now: has a call failed? */
static void looked(struct frame *fr, int node, struct state *s, const struct term *v, unsigned signs, bool sure)
{
	bool listed = false;
	struct lost l;

	add_mark(s, (struct mark){ .frame = fr, .node = node, .tested = v });
	s->guard = v;
	for (int i = 0; i < s->n_lost; i++)
		listed |= s->lost[i].value == v;
	touch(s, v);
	if (signs == TRUE && zero_or_errno(v)) {
		learn(s, v, NEGATIVE);
		signs = NEGATIVE;
	}
	if (v->kind == RESULT && !(signs & NEGATIVE) && !(signs == ZERO && allocates(v))) {
		drop_lost(s, v);
		return;
	}
	if (listed)
		return;
	if (v->kind == RESULT && !allocates(v)) {
		if (signs & (ZERO | POSITIVE))
			return;
		if (!sure && !returns_errnos(v->frame, v->e, v->node))
			return;
	} else if (!(signs == ZERO && failed_allocation(v, 0))) {
		return;
	}
	l = call_in(fr, v->kind == NUMBER ? v->leaf->frame : v->frame, v->e, v->node);
	if (!l.call)
		return;
	l.value = v;
	l.looked = true;
	for (int i = 0; i < s->n_store; i++)
		l.stored |= s->store[i].value == v;
	add_lost(s, l);
}

/* ------------------------------------------------------------------ deciding */

/* Is V one of SIGNS? Yields the ways on which it is, and is not, as 1 and 0. */
static struct ways split(struct frame *fr, int node, struct state *s, const struct term *v, unsigned signs, bool sure)
{
	unsigned all = signs_of(s, v);
	struct ways out = { 0 };

	if (!(all & ~signs) || !(all & signs)) {
		looked(fr, node, s, v, all, sure);
		return one(s, number_term(all & signs ? 1 : 0, NULL));
	}
	for (int yes = 1; yes >= 0; yes--) {
		struct state *t = yes ? copy_state(s) : s;
		unsigned left = yes ? signs : ANY_SIGN & ~signs;

		if (!learn(t, v, left))
			continue;
		looked(fr, node, t, v, all & left, sure);
		add_way(&out, t, number_term(yes, NULL));
	}
	return out;
}

static const struct term *operation(const char *op, const struct term *a, const struct term *b)
{
	return place_term(OPERATION, a, b, op);
}

/* -EEXIST in a comparison is a name, and no errno that enters. */
static const struct term *errno_named(const struct expr *e)
{
	return make_term((struct term){ .kind = NAME, .text = format("-%s", e->text) });
}

/* Some of the causes are the errno that is compared with, others not. */
static struct ways split_causes(struct frame *fr, int node, struct state *s, const struct term *v, const char *name)
{
	struct ways out = { 0 };

	for (int yes = 1; yes >= 0; yes--) {
		struct cause **list = alloc((v->causes->n + 1) * sizeof(*list));
		struct state *t = yes ? copy_state(s) : s;
		const struct term *part;
		int n = 0;

		for (int i = 0; i < v->causes->n; i++) {
			struct expr *e = v->causes->list[i]->e;

			if (e->kind != E_ERRNO || (strcmp(e->text, name) == 0) == yes)
				list[n++] = v->causes->list[i];
		}
		part = failure_term(list, n);
		free(list);
		if (!n)
			continue;
		narrow(t, v, part);
		looked(fr, node, t, part, NEGATIVE, true);
		if (yes)		/* whoever asks for just this errno expects it */
			drop_lost(t, part);
		add_way(&out, t, number_term(yes, NULL));
	}
	return out;
}

static struct ways negate(struct ways w)
{
	for (int i = 0; i < w.n; i++)
		w.list[i].v = number_term(!w.list[i].v->number, NULL);
	return w;
}

/* The signs a value has where it compares so with zero. */
static unsigned signs_against_zero(const char *op)
{
	return !strcmp(op, "==") ? ZERO : !strcmp(op, "!=") ? TRUE : !strcmp(op, "<") ? NEGATIVE :
	       !strcmp(op, ">") ? POSITIVE : !strcmp(op, "<=") ? NEGATIVE | ZERO : ZERO | POSITIVE;
}

static bool is_errno_name(const struct term *t)
{
	return t->kind == NAME && t->text[0] == '-';
}

/* The parameter of a callback that stands for the domain; NULL for none. */
static const char *domain_of(const struct frame *callback)
{
	const struct definition *def = callback->f->def;
	const struct operation *op = operation_named(callback->op);

	for (int i = 0; op && i < def->n_params; i++)
		if (role_of(op, def->params, def->n_params, i) == FROM_DOMAIN)
			return def->params[i].name;
	return !op && def->n_params ? def->params[0].name : NULL;
}

/* The callback's domain, or the driver's own that it is part of. */
static bool is_domain(const struct frame *fr, const struct term *value)
{
	const char *name;

	while (fr->caller)
		fr = fr->caller;
	while (value && value->kind == ACCESS)
		value = value->a && value->a->kind == OPERATION && !strcmp(value->a->text, ",") ? value->a->a : value->a;
	name = domain_of(fr);
	return value && value->kind == VARIABLE && value->frame == fr && name && !strcmp(value->text, name);
}

static struct ways compare(struct frame *fr, int node, struct state *s, const char *op, const struct term *a,
			   const struct term *b)
{
	bool equality = !strcmp(op, "==") || !strcmp(op, "!=");
	const struct term *t;
	struct ways w;

	if ((a->kind == NUMBER || is_errno_name(a)) && b->kind != NUMBER && !is_errno_name(b))
		return compare(fr, node, s, turned_round(op), b, a);
	touch(s, a);
	touch(s, b);
	if (a->kind == NUMBER && b->kind == NUMBER) {
		looked(fr, node, s, a, signs_of(s, a), false);
		return one(s, number_term(holds_between(op, a->number, b->number), NULL));
	}
	if (equality && b->kind == NUMBER && !b->number && b->leaf && is_domain(fr, a)) {	/* a helper's NULL is not the domain */
		looked(fr, node, s, b, ZERO, false);
		return one(s, number_term(!strcmp(op, "!="), NULL));
	}
	if (b->kind == NUMBER && !b->number)
		return split(fr, node, s, a, signs_against_zero(op), !equality);
	if (b->kind == NUMBER && b->number > 0 && !(signs_of(s, a) & ~NEGATIVE)) {
		looked(fr, node, s, a, NEGATIVE, true);
		return one(s, number_term(holds_between(op, -1, b->number), NULL));
	}
	if (a->kind == FAILURE && is_errno_name(b) && equality) {
		w = split_causes(fr, node, s, a, b->text + 1);
		return !strcmp(op, "==") ? w : negate(w);
	}
	if (equality && (a == b || (a->kind == NAME && b->kind == NAME)))
		return one(s, number_term((a == b) == !strcmp(op, "=="), NULL));
	if (equality && is_errno_name(b) && !(signs_of(s, a) & NEGATIVE))
		return one(s, number_term(!strcmp(op, "!="), NULL));
	if (equality && known_other(s, a, b))
		return one(s, number_term(!strcmp(op, "!="), NULL));
	if (equality && b->kind != NAME && b->kind != NUMBER && a->id > b->id) {
		const struct term *swap = a;

		a = b;
		b = swap;
	}
	if (equality || !strcmp(op, "<") || !strcmp(op, ">="))
		t = operation(equality ? "==" : "<", a, b);
	else
		t = operation("<", b, a);
	w = split(fr, node, s, t, TRUE, false);
	for (int i = 0; i < w.n; i++) {
		add_mark(w.list[i].s, (struct mark){ .frame = fr, .node = node, .tested = a });
		add_mark(w.list[i].s, (struct mark){ .frame = fr, .node = node, .tested = b });
		if (equality && w.list[i].v->number && is_errno_name(b)) {
			learn(w.list[i].s, a, NEGATIVE);
			drop_lost(w.list[i].s, a);
		}
	}
	return !strcmp(op, "!=") || !strcmp(op, ">=") || !strcmp(op, "<=") ? negate(w) : w;
}

static struct ways eval_operand(struct frame *fr, int node, struct state *s, struct expr *e)
{
	struct expr *inner = bare(e), *carried;

	carried = inner->kind == E_CALL && inner->n_kids == 2 && callee(inner) && api("carrier", callee(inner)) ?
		  bare(inner->kid[1]) : inner;
	return carried->kind == E_ERRNO ? one(s, errno_named(carried)) : eval(fr, node, s, e);
}

/* Both operands, in the order they are written; VISIT for each pair of values. */
static struct ways with_operands(struct frame *fr, int node, struct state *s, struct expr *e,
				 struct ways (*visit)(struct frame *fr, int node, struct state *s, const char *op,
						      const struct term *a, const struct term *b))
{
	struct ways left = eval_operand(fr, node, s, e->kid[0]), out = { 0 };

	for (int i = 0; i < left.n; i++) {
		struct ways right = eval_operand(fr, node, left.list[i].s, e->kid[1]);

		for (int k = 0; k < right.n; k++)
			append(&out, visit(fr, node, right.list[k].s, e->text, left.list[i].v, right.list[k].v));
		free(right.list);
	}
	free(left.list);
	return out;
}

static struct ways cond(struct frame *fr, int node, struct state *s, struct expr *e)
{
	struct ways w, out = { 0 };

	e = bare(e);
	if (e->kind == E_UNARY && !strcmp(e->text, "!"))
		return negate(cond(fr, node, s, e->kid[0]));
	if (e->kind == E_BINARY && (!strcmp(e->text, "&&") || !strcmp(e->text, "||"))) {
		bool stops_at = !strcmp(e->text, "||");

		w = cond(fr, node, s, e->kid[0]);
		for (int i = 0; i < w.n; i++)
			if ((w.list[i].v->number != 0) == stops_at)
				add_way(&out, w.list[i].s, w.list[i].v);
			else
				append(&out, cond(fr, node, w.list[i].s, e->kid[1]));
		free(w.list);
		return out;
	}
	if (e->kind == E_BINARY && compares(e->text))
		return with_operands(fr, node, s, e, compare);
	if (e->kind == E_CALL && e->n_kids >= 2 && callee(e) && api("warn", callee(e)))
		return cond(fr, node, s, e->kid[1]);
	if (e->kind == E_CALL && e->n_kids >= 2 && callee(e) && api("error_test", callee(e))) {
		unsigned signs = strstr(callee(e), "OR_NULL") ? NEGATIVE | ZERO : NEGATIVE;

		w = eval(fr, node, s, e->kid[1]);
		for (int i = 0; i < w.n; i++)
			append(&out, split(fr, node, w.list[i].s, w.list[i].v, signs, true));
		free(w.list);
		return out;
	}
	w = eval(fr, node, s, e);
	for (int i = 0; i < w.n; i++)
		append(&out, split(fr, node, w.list[i].s, w.list[i].v, TRUE, false));
	free(w.list);
	return out;
}

/* ------------------------------------------------------------------- values */

static const struct node *declaration_of(const struct function *f, const char *name)
{
	for (int i = 0; i < f->n_nodes; i++)
		if (f->nodes[i].kind == N_DECLARATION && !strcmp(f->nodes[i].name, name))
			return &f->nodes[i];
	return NULL;
}

bool own_variable(const struct function *f, const char *name)
{
	return parameter_index(f->def, name) >= 0 || declaration_of(f, name);
}

static bool is_constant_name(const char *s)
{
	for (; *s; s++)
		if (*s >= 'a' && *s <= 'z')
			return false;
	return true;
}

/* A function, a string, what lies outside functions: it is somewhere. */
static const struct term *address_named(const char *text)
{
	return make_term((struct term){ .kind = NAME, .text = text, .pointer = true });
}

static const struct term *variable(struct frame *fr, const char *name)
{
	return make_term((struct term){ .kind = VARIABLE, .frame = own_variable(fr->f, name) ? fr : NULL, .text = name });
}

/* The place that E names, on each way; those on which it names none have NULL. */
static struct ways place_of(struct frame *fr, int node, struct state *s, struct expr *e)
{
	struct ways w, out = { 0 };

	e = bare(e);
	switch (e->kind) {
	case E_NAME:
		return one(s, variable(fr, e->text));
	case E_MEMBER:
		if (!e->n_kids)
			return one(s, NULL);
		w = e->arrow || bare(e->kid[0])->kind == E_CALL ? eval(fr, node, s, e->kid[0]) :
								  place_of(fr, node, s, e->kid[0]);
		for (int i = 0; i < w.n; i++) {
			const struct term *base = w.list[i].v;

			if (base && !e->arrow)
				base = place_term(ADDRESS, base, NULL, NULL);
			add_way(&out, w.list[i].s, base ? place_term(FIELD, base, NULL, e->text) : NULL);
		}
		free(w.list);
		return out;
	case E_INDEX:
		w = eval(fr, node, s, e->kid[0]);
		for (int i = 0; i < w.n; i++) {
			struct ways index = eval(fr, node, w.list[i].s, e->kid[1]);

			for (int k = 0; k < index.n; k++)
				add_way(&out, index.list[k].s, place_term(ELEMENT, w.list[i].v, index.list[k].v, NULL));
			free(index.list);
		}
		free(w.list);
		return out;
	case E_UNARY:
		if (strcmp(e->text, "*"))
			break;
		w = eval(fr, node, s, e->kid[0]);
		for (int i = 0; i < w.n; i++)
			add_way(&out, w.list[i].s, place_term(POINTEE, w.list[i].v, NULL, NULL));
		free(w.list);
		return out;
	default:
		break;
	}
	return one(s, NULL);
}

static bool has_parts(const struct state *s, const struct term *variable)
{
	for (int i = 0; i < s->n_store; i++) {
		const struct term *p = s->store[i].place;

		if (p->kind == FIELD && p->a && p->a->kind == ADDRESS && p->a->a == variable)
			return true;
	}
	return false;
}

/* Does a call of failed action L get what it should have filled, or its result, from elsewhere? */
static bool makes_up_for(const struct lost *l, struct frame *fr, const struct term *held, struct expr *target,
			 const struct term *value)
{
	if (!l->looked)
		return false;
	if (held == l->value)
		return value->kind != NUMBER || value->number;
	for (int i = 1; l->frame == fr && i < l->call->n_kids; i++) {
		struct expr *a = bare(l->call->kid[i]);

		if (a->kind == E_UNARY && !strcmp(a->text, "&") && equal(bare(a->kid[0]), target))
			return true;
	}
	return false;
}

/* PLACE, written as TARGET, gets VALUE. */
static void store(struct frame *fr, int node, struct state *s, const struct term *place, struct expr *target,
		  const struct term *value)
{
	const struct term *held = read_place(s, place);
	int n = 0;

	for (int i = 0; i < s->n_lost; i++)
		if (!makes_up_for(&s->lost[i], fr, held, target, value))
			s->lost[n++] = s->lost[i];
	s->n_lost = n;
	for (int i = 0; i < s->n_lost; i++)
		s->lost[i].stored |= s->lost[i].value == value;
	note_write(fr, node, place, target);
	if (!local_of(place)) {
		effect(fr, node, s);
		s->bound |= is_domain(fr, value);
	}
	write_place(s, place, value, fr, node);
}

/* A number, or a failure, that comes out of arithmetic on A and B. */
static struct ways arithmetic(struct state *s, const char *op, const struct term *a, const struct term *b)
{
	long long x = a->number, y = b->number, n;

	if (a->kind == NUMBER && b->kind == NUMBER) {
		return one(s, fold(op, x, y, &n) ? number_term(n, NULL) : operation(op, a, b));
	}
	if (a->kind == FAILURE || b->kind == FAILURE) {
		const struct term *f = a->kind == FAILURE ? a : b, *other = f == a ? b : a;
		struct ways out = { 0 };

		if (other->kind == FAILURE)
			return one(s, either_failure(a, b));
		if (!strcmp(op, "|") || (other->kind == NUMBER && !other->number && (!strcmp(op, "+") || !strcmp(op, "-"))))
			return one(s, f);
		if ((strcmp(op, "*") && strcmp(op, "&")) || (other->kind == NUMBER && other->number && other->number != 1))
			return one(s, operation(op, a, b));	/* a part of it is no errno */
		/* -E * flag, flag & -E: the errno, or 0 */
		if (other->kind != NUMBER || other->number)
			add_way(&out, copy_state(s), f);
		add_way(&out, s, number_term(0, NULL));
		return out;
	}
	if (!strcmp(op, "&") && a->kind == NAME && b->kind == NAME && api("paging_bit", b->text) &&
	    api("type_without_paging", a->text))
		return one(s, number_term(0, NULL));
	if (!strcmp(op, "&") && ((a->kind == NUMBER && !x) || (b->kind == NUMBER && !y)))
		return one(s, number_term(0, NULL));
	if (!strcmp(op, "|") && a->kind == NUMBER && !x)
		return one(s, b);
	if (!strcmp(op, "|") && b->kind == NUMBER && !y)
		return one(s, a);
	if (!strcmp(op, "+") && !((signs_of(s, a) | signs_of(s, b)) & NEGATIVE) &&
	    (signs_of(s, a) == POSITIVE || signs_of(s, b) == POSITIVE))
		learn(s, operation(op, a, b), POSITIVE);	/* counts */
	return one(s, operation(op, a, b));
}

static struct ways eval_assign(struct frame *fr, int node, struct state *s, struct expr *e)
{
	struct ways values = eval(fr, node, s, e->kid[1]), out = { 0 };
	char op[4] = "";

	if (strcmp(e->text, "=") && strlen(e->text) < sizeof(op))
		memcpy(op, e->text, strlen(e->text) - 1);
	for (int i = 0; i < values.n; i++) {
		struct ways places = place_of(fr, node, values.list[i].s, e->kid[0]);

		for (int k = 0; k < places.n; k++) {
			const struct term *place = places.list[k].v, *v = values.list[i].v;
			struct ways w = { 0 };

			if (place && *op)
				w = arithmetic(places.list[k].s, op, read_place(places.list[k].s, place), v);
			else
				w = one(places.list[k].s, v);
			for (int m = 0; m < w.n; m++)
				if (place)
					store(fr, node, w.list[m].s, place, bare(e->kid[0]), w.list[m].v);
			append(&out, w);
		}
		free(places.list);
	}
	free(values.list);
	return out;
}

/* Numbers alone: no errno, no call, nothing that a variable holds. */
static bool plain_arithmetic(struct expr *e)
{
	e = bare(e);
	if (e->kind == E_BINARY && !compares(e->text))
		return plain_arithmetic(e->kid[0]) || plain_arithmetic(e->kid[1]);
	return e->kind == E_NUMBER && strcmp(e->text, "0");
}

/* c ? a : b, a ?: b */
static struct ways eval_choice(struct frame *fr, int node, struct state *s, struct expr *e)
{
	struct ways out = { 0 }, w;

	if (!e->kid[1]) {
		w = eval(fr, node, s, e->kid[0]);
		for (int i = 0; i < w.n; i++) {
			struct ways is = split(fr, node, w.list[i].s, w.list[i].v, TRUE, false);

			for (int k = 0; k < is.n; k++)
				if (is.list[k].v->number)
					add_way(&out, is.list[k].s, w.list[i].v);
				else
					append(&out, eval(fr, node, is.list[k].s, e->kid[2]));
			free(is.list);
		}
		free(w.list);
		return out;
	}
	if (plain_arithmetic(e->kid[1]) && plain_arithmetic(e->kid[2]) &&
	    (e->kid[1]->kind != E_NUMBER || e->kid[2]->kind != E_NUMBER))
		return one(s, some_value(fr, node, e));
	w = cond(fr, node, s, e->kid[0]);
	for (int i = 0; i < w.n; i++) {
		bool yes = w.list[i].v->number != 0;

		leave_in(fr, node, yes ? CHOICE_HELD : CHOICE_FAILED);
		if (!w.list[i].s->bound)
			add_way_out(w.list[i].s, (struct way_out){ .frame = fr, .node = node, .edge = -1,
								   .choice = e->kid[0], .taken = yes, .tested = w.list[i].s->guard });
		append(&out, eval(fr, node, w.list[i].s, e->kid[yes ? 1 : 2]));
	}
	free(w.list);
	return out;
}

/* -------------------------------------------------------------------- calls */

#define MAX_ARGUMENTS 16

struct call {
	struct frame *fr;
	int node;
	struct expr *e;
	const struct term *args[MAX_ARGUMENTS];
	int n;
};

static const struct term *result_of(const struct call *c, unsigned signs)
{
	return make_term((struct term){ .kind = RESULT, .frame = c->fr, .e = c->e, .node = c->node, .number = signs });
}

static void entered(struct definition *def)
{
	for (int i = 0; i < result.n_entered; i++)
		if (result.entered[i] == def)
			return;
	push(result.entered, result.n_entered, result.cap_entered) = def;
}

/* Failures of what a function has called are handed on, or replaced, when it fails itself. */
static void handed_on(struct state *s, const struct frame *inner)
{
	int n = 0;

	for (int i = 0; i < s->n_lost; i++) {
		const struct frame *f = s->lost[i].frame;

		while (f && f != inner)
			f = f->caller;
		if (!f)
			s->lost[n++] = s->lost[i];
	}
	s->n_lost = n;
}

/* What another subsystem could not do is part of what a predicate answers. */
static void handed_on_as_answer(struct state *s, const struct frame *inner)
{
	int n = 0;

	for (int i = 0; i < s->n_lost; i++)
		if (s->lost[i].frame != inner || s->lost[i].value->kind != RESULT)
			s->lost[n++] = s->lost[i];
	s->n_lost = n;
}

/*
 * What a helper has checked on its way to success stays its own: a later helper that checks the same again says so
 * for whoever calls it without the first. What a predicate has answered is what its caller asked.
 */
static void forget_checks(struct state *s, const struct state *before, const struct term *v)
{
	int n = 0;

	for (int i = 0; i < s->n_facts; i++) {
		struct fact f = s->facts[i];

		if (f.term != v && f.term->kind != RESULT)	/* what a call gave is no check */
			f.signs = signs_of(before, f.term);
		if (f.signs != ANY_SIGN)
			s->facts[n++] = f;
	}
	s->n_facts = n;
}

static bool only_raw(const struct term *v)
{
	for (int i = 0; i < v->causes->n; i++)
		if (v->causes->list[i]->e->kind != E_ERRNO || !v->causes->list[i]->e->raw)
			return false;
	return true;
}

/* What a call has led to, for the next state that knows the same of what it asks for. */
struct memo {
	struct memo *next;
	const struct frame *inner;
	const struct term *args[MAX_ARGUMENTS];
	int n_args;
	const struct state *before;
	bool acted;			/* something was done */
	struct ways outcomes;
};

#define MEMOS 1024

static struct memo *memos[MEMOS];

static struct memo **memo_list(const struct frame *inner)
{
	return &memos[((uintptr_t)inner >> 5) % MEMOS];
}

static struct memo *recall(const struct frame *inner, const struct call *c, const struct state *s)
{
	for (struct memo *m = *memo_list(inner); m; m = m->next)
		if (m->inner == inner && m->n_args == c->n && !memcmp(m->args, c->args, c->n * sizeof(*c->args)) &&
		    same_for(m->before, s, effects_of(inner->f->def), c->args, c->n))
			return m;
	return NULL;
}

static void enter(struct ways *out, struct state *s, const struct call *c, struct definition *def, bool indirect)
{
	const struct state before = *copy_state(s);
	struct memo *m;
	int first = out->n, acted = actions;
	bool compares_things = false;	/* returns -1, 0 and 1 */
	struct frame *fr = c->fr, *inner;
	struct ways w;

	if (on_the_way(fr, def)) {
		add_way(out, s, errnos_alone ? result_of(c, ANY_SIGN) : some_value(fr, c->node, c->e));
		return;
	}
	if (fr->depth >= MAX_CALL_DEPTH) {
		note_gap(fr, c->node, format("calls are nested more than %d deep", MAX_CALL_DEPTH));
		add_way(out, s, some_value(fr, c->node, c->e));
		return;
	}
	inner = frame_at(fr, def, c->e, c->node, indirect);
	entered(def);
	m = recall(inner, c, s);
	for (int i = 0; m && i < m->outcomes.n; i++) {
		struct state *t = copy_state(s);

		if (m->acted)
			effect(fr, c->node, t);
		replay(t, m->before, m->outcomes.list[i].s);
		add_way(out, t, m->outcomes.list[i].v);
	}
	if (m)
		return;
	for (int i = 0; i < def->n_params; i++) {
		const struct term *place = make_term((struct term){ .kind = VARIABLE, .frame = inner,
								    .text = def->params[i].name });
		const struct term *v = NULL;

		if (!indirect && i < c->n)
			v = c->args[i];
		else if (indirect && i == def->n_params - 1)	/* the data that is handed on to it */
			for (int k = 0; k < c->n; k++)
				v = c->args[k]->kind == NAME ? v : c->args[k];
		write_place(s, place, v ? v : make_term((struct term){ .kind = UNKNOWN, .a = place, .frame = inner }), inner, 0);
	}
	w = run(inner, s);
	for (int i = 0; i < w.n; i++)
		compares_things |= w.list[i].v->kind == NUMBER && w.list[i].v->number == 1 && strcmp(def->type, "bool");
	for (int i = 0; i < w.n; i++) {
		struct state *t = w.list[i].s;
		const struct term *v = w.list[i].v;

		if (v->kind == VARIABLE && v->frame == inner) {		/* a structure by value */
			const struct term *copy = make_term((struct term){ .kind = VARIABLE, .frame = fr, .text = "@result" });

			write_place(t, copy, v, fr, c->node);
			v = copy;
		}
		drop_frame(t, inner);
		if ((v->kind == FAILURE && (api("unsigned_type", def->type) || (compares_things && only_raw(v)))) ||
		    (v->kind == RESULT && errnos_alone && !may_hold_errno(def->type))) {
			v = some_value(fr, c->node, c->e);	/* no errno fits in it, or -1 is "less" */
			renew(t, v);
		}
		if (strcmp(def->type, "bool"))
			forget_checks(t, &before, v);
		else
			handed_on_as_answer(t, inner);
		if (v->kind == RESULT && (signs_of(t, v) == NEGATIVE || (signs_of(t, v) & NEGATIVE && returns_errno(def) &&
									  returns_errnos(v->frame, v->e, v->node)))) {
			struct state *failed = copy_state(t);
			struct cause *cause = cause_at(v->frame, v->e, v->node, -1);
			const struct term *f = failure_term(&cause, 1);

			handed_on(failed, inner);
			drop_lost(failed, v);
			narrow(failed, v, f);
			add_lost(failed, (struct lost){ fr, c->node, c->e, f, false, false });
			add_way(out, failed, f);
			drop_lost(t, v);
			if (!learn(t, v, zero_or_errno(v) ? ZERO : ZERO | POSITIVE))
				continue;
		} else if (v->kind == FAILURE) {
			for (int k = 0; k < t->n_since; k++)	/* what has failed here decides no success */
				if (t->since[k].frame == inner)
					decision(&t->since[k])->what |= DECIDES_NOTHING;
			handed_on(t, inner);
			add_lost(t, (struct lost){ fr, c->node, c->e, v, false, false });
		}
		add_way(out, t, v);
	}
	free(w.list);
	m = scratch(sizeof(*m));
	*m = (struct memo){ .next = *memo_list(inner), .inner = inner, .n_args = c->n, .before = copy_state(&before) };
	memcpy(m->args, c->args, c->n * sizeof(*c->args));
	m->acted = actions != acted;
	for (int i = first; i < out->n; i++)
		add_way(&m->outcomes, copy_state(out->list[i].s), out->list[i].v);
	*memo_list(inner) = m;
}

static bool prints(const char *name)
{
	return api("print_error", name) || api("print_warning", name) || api("print_info", name) || api("print_debug", name);
}

/* Changes nothing that its arguments lead to. */
static bool only_looks(const char *name)
{
	return prints(name) || api("accessor", name) || api("same", name) || api("transparent", name) || api("lookup", name) ||
	       api("no_errno", name) || api("attached_domain", name) || api("register_read", name) || api("warn", name) ||
	       has_word(name, "predicate_word");
}

/* Does nothing that an attach is about: looks, prints, locks, puts back. */
static bool harmless(const char *name)
{
	return only_looks(name) || api("lock", name) || has_word(name, "teardown_word");
}

static bool never_negative(const char *name)
{
	const char *type = context.result_type ? context.result_type(name) : NULL;

	return (type && !may_hold_errno(type)) || api("no_errno", name) || api("register_read", name) ||
	       api("id_allocator", name) || api("returns_null", name);
}

/* A function that stands in FR by this name, or that a variable holds. */
static int functions_of(struct frame *fr, struct state *s, struct expr *e, struct definition ***out)
{
	struct expr *fn = bare(e->kid[0]);
	struct ways w;
	int n = 0;

	*out = NULL;
	if (fn->kind == E_UNARY && !strcmp(fn->text, "*"))
		fn = bare(fn->kid[0]);
	if (fn->kind == E_NAME && own_variable(fr->f, fn->text)) {
		w = eval(fr, fr->node, s, fn);
		if (w.n == 1 && w.list[0].v->kind == NAME)
			n = find_definitions(context.program, fr->f->def->source, w.list[0].v->text, out);
		free(w.list);
	}
	return n ? n : own_callees(fr->f, e, out);
}

const char *name_called(const struct expr *call)
{
	const struct expr *outer = bare(call->kid[0]);

	return callee(call) || outer->kind != E_CALL || !callee(outer) || !api("lock", callee(outer)) ? callee(call) : callee(outer);
}

/* Does V lead to a local: its address, or an array? */
static bool is_own(const struct term *v)
{
	return v->kind == ADDRESS ? local_of(v->a) != NULL : v->kind == VARIABLE && v->frame && is_array(v->frame, v->text);
}

/* Another subsystem's function is called on the way of a test. */
static void note_call(const struct call *c, const char *name)
{
	bool own = false, asks = has_word(name, "predicate_word");

	if (api("allocator", name) || api("id_allocator_errno", name) || (has_word(name, "alloc_word") && !asks))
		note_change(c->fr, c->node, c->e, "allocates");
	else if (api("hardware", name) || api("register_read", name) || (has_word(name, "firmware_word") && !asks))
		note_change(c->fr, c->node, c->e, "hardware");
	for (int i = 0; i < c->n && (!api("fills", name) || !i); i++)
		own |= is_own(c->args[i]) || (allocates(whole_of(c->args[i])) && !i);
	if ((api("writes", name) || api("claim", name) || api("fills", name)) && !own)
		note_change(c->fr, c->node, c->e, "writes");
}

static struct ways foreign(const struct call *c, struct state *s)
{
	const char *name = name_called(c->e);
	const struct term *v = result_of(c, name && never_negative(name) ? ZERO | POSITIVE : ANY_SIGN);
	struct ways out = { 0 };
	bool fails = false;
	long long bit;

	if (name && tests_for(c->fr->op, NULL))
		note_call(c, name);
	if (name && api("bit", name) && c->n == 1 && c->args[0]->kind == NUMBER && fold("<<", 1, c->args[0]->number, &bit))
		return one(s, number_term(bit, NULL));
	if (name && !strncmp(name, "container_of", 12) && c->n == 3) {
		const char *member = expr_text(c->e->kid[3]);

		if (c->args[0]->kind == ADDRESS && c->args[0]->a->kind == FIELD && !strcmp(c->args[0]->a->text, member))
			return one(s, c->args[0]->a->a);
		return one(s, place_term(ACCESS, c->args[0], NULL, format("container_of %s", member)));
	}
	if (name && (api("accessor", name) || api("same", name) || api("transparent", name))) {
		const struct term *args = NULL;

		for (int i = c->n - 1; i >= 0; i--)
			args = args ? operation(",", c->args[i], args) : c->args[i];
		return one(s, place_term(ACCESS, args, NULL, name));
	}
	if (!name || !harmless(name))
		effect(c->fr, c->node, s);
	if (name && api("lock", name))
		forget_all(s, c->fr, c->node);
	for (int i = 0; i < c->n; i++)
		if (!name || !(only_looks(name) || api("lock", name)) || c->args[i]->kind == ADDRESS)
			forget_behind(s, c->args[i], c->fr, c->node);
	for (int i = 0; name && api("calls_back", name) && i < c->n; i++) {
		struct definition **own = NULL;
		int n = c->args[i]->kind == NAME ? find_definitions(context.program, c->fr->f->def->source, c->args[i]->text,
								     &own) : 0;

		for (int k = 0; k < n; k++)
			enter(&out, copy_state(s), c, own[k], true);
		free(own);
	}
	for (int i = 0; i < out.n; i++)
		fails |= out.list[i].v->kind == FAILURE || out.list[i].v->kind == RESULT;
	if (out.n && !fails) {		/* it hands back what they return, or 0 where none was called */
		add_way(&out, s, number_term(0, NULL));
		return out;
	}
	renew(s, v);
	drop_lost(s, v);
	if (v->number & NEGATIVE && returns_errnos(c->fr, c->e, c->node))
		add_lost(s, (struct lost){ c->fr, c->node, c->e, v, false, false });
	add_way(&out, s, v);
	return out;
}

static bool loud(const char *name)
{
	return api("print_error", name) || api("print_warning", name);
}

/* The errnos that FR's own variables hold; NULL for none */
static const struct causes *held_in(const struct frame *fr, const struct state *s)
{
	const struct term *held = NULL;

	for (int i = 0; i < s->n_store; i++) {
		const struct term *place = s->store[i].place, *v = s->store[i].value;

		if (place->kind == VARIABLE && place->frame == fr && v->kind == FAILURE && v->causes->n)
			held = held ? either_failure(held, v) : v;
	}
	return held ? held->causes : NULL;
}

/* A message at warning level or above: whose failure is looked at when it is printed? */
static void print(struct frame *fr, int node, struct state *s, struct expr *e)
{
	struct mark m = { .frame = fr, .node = node, .e = e, .guard = s->guard, .held = held_in(fr, s) };

	add_mark(s, m);
	for (int i = 0; i < s->n_lost; i++) {
		struct lost *l = &s->lost[i];
		bool known = false;

		if (l->frame != fr || !l->looked || l->value->kind != FAILURE)
			continue;
		for (int k = 0; k < result.n_logged; k++)
			known |= result.logged[k].frame == fr && result.logged[k].call == l->call &&
				 result.logged[k].message.e == e && result.logged[k].causes == l->value->causes;
		if (!known)
			push(result.logged, result.n_logged, result.cap_logged) =
				(struct logged){ fr, l->call, l->node, m, l->value->causes };
	}
}

/* What a function that is passed over does where it is called by a test: of its walk that alone is kept, or a gap. */
static void look_for_changes(const struct call *c, const struct state *s, struct definition *def)
{
	const struct outcome_of_walk before = result;
	struct state *start = copy_state(s);
	struct ways nobody = { 0 };
	int known = n_decided, acted = actions;

	start->n_since = start->n_lost = 0;
	enter(&nobody, start, c, def, false);
	result.n_lost = before.n_lost;
	result.n_successes = before.n_successes;
	result.n_logged = before.n_logged;
	result.n_entered = before.n_entered;
	result.n_open = before.n_open;
	n_decided = known;
	actions = acted;
	if (def->function && def->function->gap)
		note_gap(c->fr, c->node, format("%s (%s): %s", def->name, def->source->path, def->function->gap));
	free(nobody.list);
}

/* A function that returns nothing, and hands no errno out: what it may change is forgotten. */
static bool passed_over(const struct call *c, struct state *s, struct definition *def)
{
	const struct effects *effects;

	const char *level;

	if (strcmp(def->type, "void"))
		return false;
	level = prints_at(def);
	if (level) {
		if (!strcmp(level, "error") || !strcmp(level, "warning"))
			print(c->fr, c->node, s, c->e);
		return true;
	}
	effects = effects_of(def);
	if (effects->hands_out_errno)
		return false;
	if (tests_for(c->fr->op, NULL))
		look_for_changes(c, s, def);
	if (!harmless(def->name))
		effect(c->fr, c->node, s);
	if (effects->locks)
		forget_all(s, c->fr, c->node);
	for (int i = 0; i < effects->n_written; i++)
		forget_member(s, effects->written[i], c->fr, c->node);
	for (int i = 0; i < effects->n_globals; i++)
		forget_global(s, effects->globals[i], c->fr, c->node);
	for (int i = 0; i < c->n; i++)
		forget_behind(s, c->args[i], c->fr, c->node);
	return true;
}

static struct ways call(const struct call *c, struct state *s)
{
	struct definition **own;
	struct ways out = { 0 };
	int n = functions_of(c->fr, s, c->e, &own);

	for (int i = 0; i < n; i++) {
		struct state *t = i + 1 < n ? copy_state(s) : s;

		if (passed_over(c, t, own[i]))
			add_way(&out, t, some_value(c->fr, c->node, c->e));
		else
			enter(&out, t, c, own[i], false);
	}
	free(own);
	return n ? out : foreign(c, s);
}

/* Arguments from the I-th on, then the call itself. */
static struct ways with_arguments(struct call *c, struct state *s, int i)
{
	struct ways out = { 0 }, w;

	if (i >= c->e->n_kids || i > MAX_ARGUMENTS) {
		c->n = i - 1;
		return call(c, s);
	}
	w = eval(c->fr, c->node, s, c->e->kid[i]);
	for (int k = 0; k < w.n; k++) {
		struct call rest = *c;

		rest.args[i - 1] = w.list[k].v;
		append(&out, with_arguments(&rest, w.list[k].s, i + 1));
	}
	free(w.list);
	return out;
}

/* min(a, b): one of the two */
static struct ways one_of_arguments(struct frame *fr, int node, struct state *s, struct expr *e)
{
	struct ways out = { 0 };
	bool fails = false;

	for (int i = 1; i < e->n_kids; i++) {
		struct ways w = eval(fr, node, copy_state(s), e->kid[i]);

		for (int k = 0; k < w.n; k++)
			fails |= w.list[k].v->kind == FAILURE;
		append(&out, w);
	}
	if (fails)
		return out;
	free(out.list);
	return one(s, some_value(fr, node, e));
}

/* What is no error pointer becomes 0. */
static struct ways errno_or_zero(struct frame *fr, int node, struct ways pointers)
{
	struct ways out = { 0 };

	for (int i = 0; i < pointers.n; i++) {
		struct ways w = split(fr, node, pointers.list[i].s, pointers.list[i].v, NEGATIVE, false);

		for (int k = 0; k < w.n; k++)
			add_way(&out, w.list[k].s, w.list[k].v->number ? pointers.list[i].v : number_term(0, NULL));
		free(w.list);
	}
	free(pointers.list);
	return out;
}

static struct ways eval_call(struct frame *fr, int node, struct state *s, struct expr *e)
{
	const char *name = callee(e);
	struct call c = { .fr = fr, .node = node, .e = e };
	struct ways w;

	if (name && api("message_carrier", name) && e->n_kids >= 3) {
		w = eval(fr, node, s, e->kid[2]);
		for (int i = 0; i < w.n; i++)
			print(fr, node, w.list[i].s, e);
		return w;
	}
	if (name && prints(name)) {
		if (loud(name))
			print(fr, node, s, e);
		return one(s, some_value(fr, node, e));
	}
	if (name && (api("error_test", name) || api("warn", name)) && e->n_kids >= 2)
		return cond(fr, node, s, e);
	if (name && api("load", name) && e->n_kids >= 2)
		return eval(fr, node, s, e->kid[1]);
	if (name && api("assigns", name) && e->n_kids >= 2) {
		w = place_of(fr, node, copy_state(s), e->kid[1]);
		for (int i = 0; i < w.n; i++)
			note_write(fr, node, w.list[i].v, e->kid[1]);
		free(w.list);
	}
	if (name && api("bound", name) && e->n_kids >= 3)
		return one_of_arguments(fr, node, s, e);
	if (name && api("type", name) && e->n_kids == 2)
		return eval(fr, node, s, e->kid[1]);
	if (name && (api("carrier", name) || api("shifted_errno", name)) && e->n_kids >= 2) {
		w = eval(fr, node, s, e->kid[1]);
		for (int i = 0; i < w.n; i++)
			if (w.list[i].v->kind == RESULT && !w.list[i].v->pointer) {
				struct term read = *w.list[i].v;
				const struct term *plain = w.list[i].v;

				read.pointer = true;
				read.id = 0;
				w.list[i].v = make_term(read);
				learn(w.list[i].s, w.list[i].v, signs_of(w.list[i].s, plain));
				narrow(w.list[i].s, plain, w.list[i].v);
			}
		return api("carrier_or_zero", name) ? errno_or_zero(fr, node, w) : w;
	}
	return with_arguments(&c, s, 1);
}

static struct ways eval_unary(struct frame *fr, int node, struct state *s, struct expr *e)
{
	struct ways w, out = { 0 };

	if (!strcmp(e->text, "!"))
		return cond(fr, node, s, e);
	if (!strcmp(e->text, "&")) {
		w = place_of(fr, node, s, e->kid[0]);
		for (int i = 0; i < w.n; i++) {
			const struct term *place = w.list[i].v;

			if (!place)
				w.list[i].v = some_value(fr, node, e);
			else if (place->kind == VARIABLE && !place->frame)	/* a function, or a global */
				w.list[i].v = address_named(place->text);
			else
				w.list[i].v = place_term(ADDRESS, place, NULL, NULL);
		}
		return w;
	}
	if (!strcmp(e->text, "++") || !strcmp(e->text, "--")) {
		w = place_of(fr, node, s, e->kid[0]);
		for (int i = 0; i < w.n; i++) {
			const struct term *place = w.list[i].v, *v;
			bool counts;

			if (!place)
				continue;
			v = read_place(w.list[i].s, place);
			counts = *e->text == '+' && !(signs_of(w.list[i].s, v) & NEGATIVE);
			v = v->kind == NUMBER ? number_term(v->number + (*e->text == '+' ? 1 : -1), NULL) :
			    make_term((struct term){ .kind = UNKNOWN, .a = place, .frame = fr, .node = node });
			store(fr, node, w.list[i].s, place, bare(e->kid[0]), v);
			if (counts)
				learn(w.list[i].s, v, POSITIVE);
			w.list[i].v = some_value(fr, node, e);
		}
		return w;
	}
	w = eval(fr, node, s, e->kid[0]);
	for (int i = 0; i < w.n; i++) {
		const struct term *v = w.list[i].v;

		if (!strcmp(e->text, "-") && v->kind == NUMBER)
			v = number_term(-v->number, NULL);
		else if (v->kind != FAILURE && (v->kind != RESULT || strcmp(e->text, "-")))
			v = operation(e->text, v, NULL);
		add_way(&out, w.list[i].s, v);
	}
	free(w.list);
	return out;
}

static const struct expr *designator(const struct expr *kid)
{
	return kid->kind == E_ASSIGN && kid->kid[0]->kind == E_MEMBER && !kid->kid[0]->n_kids ? kid->kid[0] : NULL;
}

/* struct x v = { .a = b, { c }, d }; from the I-th value on, which stands at member, or element, AT of TYPE. */
static struct ways fill(struct frame *fr, int node, struct state *s, const struct term *place, const char *type,
			struct expr *list, int i, int at)
{
	const struct source *from = fr->f->def->source;
	const struct term *address = place_term(ADDRESS, place, NULL, NULL), *part;
	const struct expr *named;
	struct ways out = { 0 }, w;
	struct expr *value;
	const char *name;

	if (i >= list->n_kids)
		return one(s, NULL);
	named = designator(list->kid[i]);
	value = bare(named ? list->kid[i]->kid[1] : list->kid[i]);
	name = named ? named->text : nth_member(context.program, from, type, at);
	while (named && strcmp(named->text, "[]") && nth_member(context.program, from, type, at) &&
	       strcmp(nth_member(context.program, from, type, at), named->text))
		at = at < 0 ? 0 : at + 1;
	if (!name && !*structure_named(context.program, from, type))
		part = place_term(ELEMENT, address, number_term(at, NULL), NULL);
	else if (name && strcmp(name, "[]"))
		part = place_term(FIELD, address, NULL, name);
	else
		part = place_term(ELEMENT, address, some_value(fr, node, value), NULL);
	if (value->kind == E_LIST) {
		write_place(s, part, number_term(0, NULL), fr, node);
		w = fill(fr, node, s, part, name ? member_type(context.program, from, type, name) : "", value, 0, 0);
	} else {
		w = eval(fr, node, s, value);
		for (int k = 0; k < w.n; k++) {
			write_place(w.list[k].s, part, w.list[k].v, fr, node);
			if (!name && w.list[k].v->kind == FAILURE && *structure_named(context.program, from, type))
				note_gap(fr, node, format("line %d: which member of `%.60s` the errno is stored in is not known",
							  fr->f->nodes[node].line, type));
		}
	}
	for (int k = 0; k < w.n; k++)
		append(&out, fill(fr, node, w.list[k].s, place, type, list, i + 1, at + 1));
	free(w.list);
	return out;
}

/* (struct x){ .a = b } */
static struct ways literal(struct frame *fr, int node, struct state *s, const char *type, struct expr *list)
{
	const struct term *place = make_term((struct term){ .kind = VARIABLE, .frame = fr, .text = "@literal", .node = node,
							    .e = list });
	struct ways w;

	write_place(s, place, number_term(0, NULL), fr, node);
	w = fill(fr, node, s, place, type, list, 0, 0);
	for (int i = 0; i < w.n; i++)
		w.list[i].v = place;
	return w;
}

/* The type a name is declared with here, where that is an array; an initialiser tells, too. */
static bool is_array(const struct frame *fr, const char *name)
{
	const struct node *d = parameter_index(fr->f->def, name) >= 0 ? NULL : declaration_of(fr->f, name);

	return d && d->type && (strchr(d->type, '[') || (d->e && d->e->kind == E_LIST && !strchr(d->type, '*') &&
		!*structure_named(context.program, fr->f->def->source, d->type) && strncmp(d->type, "struct", 6)));
}

static struct ways eval(struct frame *fr, int node, struct state *s, struct expr *e)
{
	struct ways w, out = { 0 };
	struct cause *cause;
	long long number;

	if (e->kind == E_CAST && bare(e)->kind == E_LIST)
		return literal(fr, node, s, e->text, bare(e));
	if (e->kind == E_CAST && (!strcmp(e->text, "int") || !strcmp(e->text, "s32"))) {
		w = eval(fr, node, s, e->kid[0]);
		for (int i = 0; i < w.n; i++)
			if (w.list[i].v->kind == NUMBER && w.list[i].v->number != (int)w.list[i].v->number)
				w.list[i].v = number_term((int)w.list[i].v->number, NULL);
		return w;
	}
	e = bare(e);
	switch (e->kind) {
	case E_NUMBER:
		if (!isdigit((unsigned char)e->text[0]) && e->text[0] != '-')	/* sizeof(x): a number, who knows which */
			return one(s, make_term((struct term){ .kind = NAME, .text = e->text }));
		return one(s, number_term(strtoull(e->text, NULL, 0), NULL));
	case E_ERRNO:
		cause = cause_at(fr, e, node, -1);
		return one(s, failure_term(&cause, 1));
	case E_NAME:
		if (!strcmp(e->text, "NULL") || !strcmp(e->text, "false"))
			return one(s, number_term(0, NULL));
		if (!strcmp(e->text, "true"))
			return one(s, number_term(1, NULL));
		if (!own_variable(fr->f, e->text)) {
			struct definition **own;
			int n = find_definitions(context.program, fr->f->def->source, e->text, &own);

			free(own);
			if (n)
				return one(s, address_named(e->text));
			if (named_constant(context.program, fr->f->def->source, e->text, &number))
				return one(s, number_term(number, NULL));
			if (is_constant_name(e->text))
				return one(s, make_term((struct term){ .kind = NAME, .text = e->text }));
		} else if (is_array(fr, e->text)) {
			return one(s, place_term(ADDRESS, variable(fr, e->text), NULL, NULL));
		} else if (has_parts(s, variable(fr, e->text))) {
			return one(s, variable(fr, e->text));
		}
		return one(s, read_place(s, variable(fr, e->text)));
	case E_STRING:
		return one(s, address_named(e->text));
	case E_CALL:
		return eval_call(fr, node, s, e);
	case E_UNARY:
		if (strcmp(e->text, "*"))
			return eval_unary(fr, node, s, e);
		/* fall through */
	case E_MEMBER:
	case E_INDEX:
		w = place_of(fr, node, s, e);
		for (int i = 0; i < w.n; i++)
			w.list[i].v = !w.list[i].v ? some_value(fr, node, e) :
				      e->kind == E_MEMBER && is_array_member(context.program, fr->f->def->source, e->text) ?
				      place_term(ADDRESS, w.list[i].v, NULL, NULL) : read_place(w.list[i].s, w.list[i].v);
		return w;
	case E_BINARY:
		if (!strcmp(e->text, "&&") || !strcmp(e->text, "||") || compares(e->text))
			return cond(fr, node, s, e);
		if (!strcmp(e->text, ",")) {
			w = eval(fr, node, s, e->kid[0]);
			for (int i = 0; i < w.n; i++)
				append(&out, eval(fr, node, w.list[i].s, e->kid[1]));
			free(w.list);
			return out;
		}
		w = eval(fr, node, s, e->kid[0]);
		for (int i = 0; i < w.n; i++) {
			struct ways right = eval(fr, node, w.list[i].s, e->kid[1]);

			for (int k = 0; k < right.n; k++)
				append(&out, arithmetic(right.list[k].s, e->text, w.list[i].v, right.list[k].v));
			free(right.list);
		}
		free(w.list);
		return out;
	case E_ASSIGN:
		return eval_assign(fr, node, s, e);
	case E_TERNARY:
		return eval_choice(fr, node, s, e);
	default:
		return one(s, some_value(fr, node, e));
	}
}

/* --------------------------------------------------------------- statements */

static struct ways declare(struct frame *fr, int node, struct state *s)
{
	const struct node *n = &fr->f->nodes[node];
	const struct term *place = make_term((struct term){ .kind = VARIABLE, .frame = fr, .text = n->name });
	struct ways w;

	if (!n->e) {
		write_place(s, place, make_term((struct term){ .kind = UNSET, .a = place }), fr, node);
		return one(s, NULL);
	}
	if (n->e->kind == E_LIST) {
		write_place(s, place, number_term(0, NULL), fr, node);
		return fill(fr, node, s, place, n->type ? n->type : "", n->e, 0, 0);
	}
	w = eval(fr, node, s, n->e);
	for (int i = 0; i < w.n; i++) {
		for (int k = 0; k < w.list[i].s->n_lost; k++)
			w.list[i].s->lost[k].stored |= w.list[i].s->lost[k].value == w.list[i].v;
		write_place(w.list[i].s, place, w.list[i].v, fr, node);
	}
	return w;
}

/* Is a false, a NULL or an enumerator that a helper stores an answer? Then where it is written is the reason. */
static struct expr *answer_in(struct frame *fr, int node)
{
	const struct node *n = &fr->f->nodes[node];
	struct expr *e = n->e ? bare(n->e) : NULL;
	const char *type = "";

	if (!fr->caller || !e)
		return NULL;
	if (n->kind == N_DECLARATION) {
		type = n->type ? n->type : "";
	} else if (n->kind == N_PLAIN && e->kind == E_ASSIGN && !strcmp(e->text, "=") && bare(e->kid[0])->kind == E_NAME) {
		const struct node *d = declaration_of(fr->f, bare(e->kid[0])->text);

		type = d && d->type ? d->type : "";
		e = bare(e->kid[1]);
	} else {
		return NULL;
	}
	return !strcmp(type, "bool") || strchr(type, '*') || !strncmp(type, "enum ", 5) ? e : NULL;
}

static void explain_answer(struct frame *fr, int node, struct state *s)
{
	struct expr *e = answer_in(fr, node);
	const struct node *n = &fr->f->nodes[node];
	const struct term *place, *v;
	long long number;

	if (!e || (e->kind != E_NUMBER && strcmp(e->text, "NULL") && strcmp(e->text, "false") && strcmp(e->text, "true") &&
		   (e->kind != E_NAME || !named_constant(context.program, fr->f->def->source, e->text, &number))))
		return;
	place = variable(fr, n->kind == N_DECLARATION ? n->name : bare(bare(n->e)->kid[0])->text);
	v = read_place(s, place);
	if (v->kind == NUMBER && !v->leaf)
		write_place(s, place, number_term(v->number, leaf_at(fr, e, node, NULL, false)), fr, node);
}

/* From edge OUT of BRANCH, without passing it again: does a way lead to NODE? */
static bool leads_to(const struct function *f, int branch, int out, int node)
{
	bool *seen = alloc(f->n_nodes), found = false;
	int *todo = alloc((f->n_nodes + 1) * sizeof(*todo)), n = 0;

	seen[branch] = true;
	if (!seen[out])
		todo[n++] = out;
	seen[out] = true;
	while (n && !found) {
		int at = todo[--n];

		found = at == node;
		for (int i = 0; i < f->nodes[at].n_succ; i++) {
			int to = f->nodes[at].succ[i].to;

			if (!seen[to])
				todo[n++] = to;
			seen[to] = true;
		}
	}
	free(seen);
	free(todo);
	return found;
}

static void add_reason(struct reasons *r, const struct term *tested)
{
	for (int i = 0; i < r->n_tested; i++)
		if (r->tested[i] == tested)
			return;
	push(r->tested, r->n_tested, r->cap_tested) = tested;
}

static void add_message(struct reasons *r, const struct mark *m)
{
	for (int i = 0; i < r->n_messages; i++)
		if (r->messages[i].e == m->e && r->messages[i].frame == m->frame)
			return;
	push(r->messages, r->n_messages, r->cap_messages) = *m;
}

/* Was this message printed for another failure, while C was known to be none? Ways that differ so have met since. */
static bool of_another(const struct mark *message, const struct cause *c)
{
	const struct node *n = c ? &c->frame->f->nodes[c->node] : NULL;

	if (!message->held || !n || n->n_succ != 1 || !leads_to(c->frame->f, c->node, n->succ[0].to, message->node))
		return false;
	for (int i = 0; i < message->held->n; i++)
		if (message->held->list[i]->e == c->e && message->held->list[i]->frame == c->frame)
			return false;
	return true;
}

/* What this branch has tested on the way here, and what was printed behind the edge it was left by. */
static void reasons_at(struct reasons *r, const struct cause *c, struct frame *fr, const struct state *s, int branch, int out)
{
	for (int i = 0; i < s->n_marks; i++) {
		const struct mark *m = &s->marks[i];

		if (m->frame != fr)
			continue;
		if (m->tested && m->node == branch)
			add_reason(r, m->tested);
		else if (m->e && out >= 0 && leads_to(fr->f, branch, out, m->node) && !of_another(m, c))
			add_message(r, m);
	}
}

/* By the nearest branches that decide whether NODE is reached. */
static void reasons_of_node(struct reasons *r, const struct cause *c, struct frame *fr, const struct state *s, int node)
{
	const struct guard *g;
	int n = guards_of(fr->f, node, &g);

	for (int i = 0; i < n && !g[i].depth; i++) {
		const struct node *branch = &fr->f->nodes[g[i].branch];

		for (int k = 0; k < branch->n_succ; k++)
			if (branch->succ[k].sense == g[i].sense && branch->succ[k].label == g[i].label)
				reasons_at(r, c, fr, s, g[i].branch, branch->succ[k].to);
	}
}

static void explain_causes(struct frame *fr, const struct state *s, const struct term *v)
{
	for (int i = 0; v->kind == FAILURE && i < v->causes->n; i++) {
		struct cause *c = v->causes->list[i];
		const struct arrival *a;

		if (c->frame != fr)
			continue;
		if (c->exit < 0) {
			reasons_of_node(c->reasons, c, fr, s, c->node);
			reasons_at(c->reasons, c, fr, s, c->node, -1);	/* a choice within the node */
			continue;
		}
		a = &flow_of(fr->f)->arrivals[c->exit];
		if (fr->f->nodes[a->exit].kind == N_BRANCH)
			reasons_at(c->reasons, c, fr, s, a->exit, a->exit_to);
		else
			reasons_of_node(c->reasons, c, fr, s, a->exit);
	}
}

static void explain_leaf(struct frame *fr, const struct state *s, const struct term *v)
{
	struct leaf *l = v->leaf;

	if (!l || l->frame != fr)
		return;
	if (l->choice) {
		reasons_at(l->reasons, NULL, fr, s, l->node, -1);
		for (int i = 0; i < s->n_marks; i++)
			if (s->marks[i].e && s->marks[i].frame == fr && s->marks[i].guard && s->marks[i].guard == s->guard)
				add_message(l->reasons, &s->marks[i]);
	} else {
		reasons_of_node(l->reasons, NULL, fr, s, l->node);
	}
}

/* What FR returns, on each way on which E is returned at NODE. */
static struct ways returned(struct frame *fr, int node, struct state *s, struct expr *e)
{
	bool truth = !strcmp(fr->f->def->type, "bool") && fr->caller;
	struct ways w = truth ? cond(fr, node, s, e) : eval(fr, node, s, e), out = { 0 };
	bool written = bare(e)->kind == E_NUMBER || bare(e)->kind == E_NAME;

	for (int i = 0; i < w.n; i++) {
		const struct term *v = w.list[i].v;

		if (v->kind == NUMBER && !v->leaf && fr->caller) {
			bool literal = written && (bare(e)->kind == E_NUMBER || !strcmp(bare(e)->text, "NULL") ||
						   !strcmp(bare(e)->text, "false") || !strcmp(bare(e)->text, "true"));
			const struct term *held = written && !literal ? read_place(w.list[i].s, variable(fr, bare(e)->text)) :
						  NULL;

			if (held && held->kind == NUMBER && held->leaf)
				v = number_term(v->number, held->leaf);
			else
				v = number_term(v->number, leaf_at(fr, e, node, literal ? NULL : e, v->number != 0));
		} else if (fr->caller && v->kind != NUMBER && v->kind != FAILURE && v->kind != RESULT &&
			   signs_of(w.list[i].s, v) == ZERO) {
			v = number_term(0, leaf_at(fr, e, node, e, false));
		}
		add_way(&out, w.list[i].s, v);
	}
	free(w.list);
	return out;
}

/* A preset that surely arrives from this edge on leaves by it: that is its site. */
static void leave_by(struct frame *fr, int node, const struct edge *edge, struct state *s)
{
	const struct flow *flow = flow_of(fr->f);

	for (int k = 0; k < flow->n; k++) {
		const struct arrival *a = &flow->arrivals[k];

		if (a->exit != node || a->exit_to != edge->to || a->exit_sense != edge->sense)
			continue;
		for (int i = 0; i < s->n_store; i++) {
			const struct term *v = s->store[i].value;
			struct cause **list;
			bool hit = false;

			if (v->kind != FAILURE)
				continue;
			list = alloc(v->causes->n * sizeof(*list));
			for (int c = 0; c < v->causes->n; c++) {
				list[c] = v->causes->list[c];
				if (list[c]->e != a->e || list[c]->frame != fr || list[c]->exit >= 0)
					continue;
				list[c] = cause_at(fr, a->e, list[c]->node, k);
				hit = true;
			}
			if (hit)
				narrow(s, v, failure_term(list, v->causes->n));
			free(list);
		}
	}
}

/* The states at the nodes of a function that is walked. */
struct table {
	struct state ***at;
	bool **fresh;
	int *n, *cap;
	bool *pending;
	struct ways returns;
};

static void arrive_at(struct table *t, struct frame *fr, int node, struct state *s)
{
	bool crowded = t->n[node] >= MAX_STATES / 2;

	for (int i = 0; i < t->n[node]; i++)
		if (crowded ? same_failures(t->at[node][i], s) : same_errnos(t->at[node][i], s)) {
			if (join_into(t->at[node][i], s, fr, node))
				t->fresh[node][i] = t->pending[node] = true;
			return;
		}
	if (t->n[node] >= MAX_STATES) {
		note_gap(fr, node, format("more than %d states at line %d", MAX_STATES, fr->f->nodes[node].line));
		return;
	}
	if (t->n[node] == t->cap[node]) {
		t->cap[node] = t->cap[node] ? 2 * t->cap[node] : 2;
		t->at[node] = grow(t->at[node], t->cap[node], sizeof(**t->at));
		t->fresh[node] = grow(t->fresh[node], t->cap[node], sizeof(**t->fresh));
	}
	t->at[node][t->n[node]] = s;
	t->fresh[node][t->n[node]++] = t->pending[node] = true;
}

static void leave_node(struct table *t, struct frame *fr, int node, int edge, struct state *s, bool open)
{
	struct edge *e = &fr->f->nodes[node].succ[edge];

	leave_in(fr, node, 1 << edge % 6);
	if (open && !s->bound && !add_way_out(s, (struct way_out){ .frame = fr, .node = node, .edge = edge, .tested = s->guard }))
		note_gap(fr, node, format("line %d: too many branches since something was done", fr->f->nodes[node].line));
	leave_by(fr, node, e, s);
	drop_dead(s, fr, node);
	arrive_at(t, fr, e->to, s);
}

/* What is left of a failure that is not the errno LABEL */
static const struct term *left_of(const struct term *v, const struct term *label)
{
	struct cause **list;
	const struct term *left;
	int n = 0;

	if (v->kind != FAILURE || !is_errno_name(label))
		return v;
	list = alloc((v->causes->n + 1) * sizeof(*list));
	for (int i = 0; i < v->causes->n; i++)
		if (v->causes->list[i]->e->kind != E_ERRNO || strcmp(v->causes->list[i]->e->text, label->text + 1))
			list[n++] = v->causes->list[i];
	left = failure_term(list, n);
	free(list);
	return left;
}

/* case 1 ... 3: */
static bool is_range(const struct term *label)
{
	return label->kind == OPERATION && !strcmp(label->text, "...") && label->a && label->a->kind == NUMBER && label->b &&
	       label->b->kind == NUMBER;
}

static void step_switch(struct table *t, struct frame *fr, int node, struct state *s)
{
	const struct node *n = &fr->f->nodes[node];
	struct ways rest = n->e ? eval(fr, node, s, n->e) : one(s, some_value(fr, node, NULL));

	for (int i = 0; i < n->n_succ; i++) {
		struct ways others = { 0 };

		if (n->succ[i].sense != IN_CASE || !n->succ[i].label)
			continue;
		for (int k = 0; k < rest.n; k++) {
			const struct term *v = rest.list[k].v;
			struct ways label = eval_operand(fr, node, rest.list[k].s, n->succ[i].label), w;

			if (v->kind == NUMBER && is_range(label.list[0].v))
				w = one(label.list[0].s, number_term(label.list[0].v->a->number <= v->number &&
								     v->number <= label.list[0].v->b->number, NULL));
			else
				w = compare(fr, node, label.list[0].s, "==", v, label.list[0].v);
			for (int m = 0; m < w.n; m++) {
				if (w.list[m].v->number) {
					leave_node(t, fr, node, i, w.list[m].s, true);
					continue;
				}
				add_way(&others, w.list[m].s, left_of(v, label.list[0].v));
			}
			free(label.list);
			free(w.list);
		}
		free(rest.list);
		rest = others;
	}
	for (int i = 0; i < n->n_succ; i++)
		if (n->succ[i].sense != IN_CASE || !n->succ[i].label)
			for (int k = 0; k < rest.n; k++)
				leave_node(t, fr, node, i, copy_state(rest.list[k].s), true);
	free(rest.list);
}

/* list_for_each_entry(pos, ..): each turn has another one */
static void step_iterator(struct table *t, struct frame *fr, int node, struct state *s)
{
	const struct node *n = &fr->f->nodes[node];

	for (int i = 1; n->e && i < n->e->n_kids; i++) {
		struct expr *a = bare(n->e->kid[i]);
		const struct term *place;

		if (a->kind != E_NAME || !declaration_of(fr->f, a->text))
			continue;
		place = variable(fr, a->text);
		if (i == 1 || read_place(s, place)->kind == UNSET || read_place(s, place)->kind == UNKNOWN)
			write_place(s, place, make_term((struct term){ .kind = UNKNOWN, .a = place, .frame = fr, .node = node }),
				    fr, node);
		if (i == 1 && callee(n->e) && api("bit_iterator", callee(n->e)))	/* an index */
			learn(s, read_place(s, place), ZERO | POSITIVE);
	}
	for (int i = 0; i < n->n_succ; i++)
		leave_node(t, fr, node, i, copy_state(s), true);
}

/* Does E ask for what was answered before, and is a constant on each way: a local truth value, what a helper gave? */
static bool asks_for_answer(struct frame *fr, const struct state *s, struct expr *e)
{
	const struct node *declared;
	const struct term *v;
	bool any = false;

	e = bare(e);
	if (e->kind == E_UNARY || e->kind == E_BINARY) {
		for (int i = 0; i < e->n_kids; i++)
			any |= asks_for_answer(fr, s, e->kid[i]);
		return any;
	}
	if (e->kind != E_NAME || !own_variable(fr->f, e->text))
		return false;
	v = read_place(s, variable(fr, e->text));
	declared = declaration_of(fr->f, e->text);
	return v->kind == NUMBER && ((declared && declared->type && !strcmp(declared->type, "bool")) ||
				     (v->leaf && v->leaf->frame->caller == fr && !returns_errno(v->leaf->frame->f->def)));
}

static void step_branch(struct table *t, struct frame *fr, int node, struct state *s)
{
	const struct node *n = &fr->f->nodes[node];
	bool way[2] = { false, false }, open;
	struct ways w;

	if (n->iterator) {
		step_iterator(t, fr, node, s);
		return;
	}
	if (n->dispatch) {
		step_switch(t, fr, node, s);
		return;
	}
	if (!n->e) {
		for (int i = 0; i < n->n_succ; i++)
			leave_node(t, fr, node, i, copy_state(s), true);
		return;
	}
	{	/* what it tested in an earlier turn is past */
		int kept = 0;

		for (int i = 0; i < s->n_marks; i++)
			if (s->marks[i].frame != fr || s->marks[i].node != node || !s->marks[i].tested)
				s->marks[kept++] = s->marks[i];
		s->n_marks = kept;
	}
	open = asks_for_answer(fr, s, n->e);
	w = cond(fr, node, s, n->e);
	for (int i = 0; i < w.n; i++)
		way[w.list[i].v->number != 0] = true;
	open |= way[0] && way[1];
	for (int i = 0; i < w.n; i++)
		for (int k = 0; k < n->n_succ; k++)
			if ((n->succ[k].sense == IF_TRUE) == (w.list[i].v->number != 0))
				leave_node(t, fr, node, k, w.list[i].s, open);
	free(w.list);
}

static void note_end(struct frame *fr, int node, const struct term *v)
{
	for (int i = 0; i < n_ends; i++)
		if (ends[i].value == v)
			return;
	push(ends, n_ends, cap_ends) = (struct open_end){ v, fr, node };
}

static void give_back(struct table *t, struct frame *fr, int node, struct state *s, const struct term *v)
{
	note_end(fr, node, v);
	explain_causes(fr, s, v);
	if (v->kind == NUMBER)
		explain_leaf(fr, s, v);
	for (int i = 0; i < s->n_store; i++)		/* errnos that go on by another way */
		if (s->store[i].value->kind == FAILURE)
			explain_causes(fr, s, s->store[i].value);
	for (int i = 0; i < t->returns.n; i++) {
		struct way *known = &t->returns.list[i];

		if ((known->v != v && (known->v->kind != FAILURE || v->kind != FAILURE)) || !same_errnos(known->s, s))
			continue;
		join_into(known->s, s, fr, node);
		if (known->v != v)
			known->v = either_failure(known->v, v);
		return;
	}
	add_way(&t->returns, s, v);
}

static void step(struct table *t, struct frame *fr, int node, struct state *s)
{
	const struct node *n = &fr->f->nodes[node];
	struct ways w;

	switch (n->kind) {
	case N_RETURN:
		w = n->e ? returned(fr, node, s, n->e) : one(s, number_term(0, NULL));
		for (int i = 0; i < w.n; i++)
			give_back(t, fr, node, w.list[i].s, w.list[i].v);
		free(w.list);
		return;
	case N_EXIT:
		give_back(t, fr, node, s, number_term(0, NULL));
		return;
	case N_BRANCH:
		step_branch(t, fr, node, s);
		return;
	case N_DECLARATION:
		w = declare(fr, node, s);
		break;
	default:
		w = n->e && n->kind == N_PLAIN ? eval(fr, node, s, n->e) : one(s, NULL);
		break;
	}
	for (int i = 0; i < w.n; i++) {
		explain_answer(fr, node, w.list[i].s);
		for (int k = 0; k < n->n_succ; k++)
			leave_node(t, fr, node, k, k + 1 < n->n_succ ? copy_state(w.list[i].s) : w.list[i].s, false);
	}
	free(w.list);
}

/* Every way through FR's function from S: the states at its returns, with what is returned. */
static struct ways run(struct frame *fr, struct state *s)
{
	int n = fr->f->n_nodes;
	struct table t = { alloc(n * sizeof(*t.at)), alloc(n * sizeof(*t.fresh)), alloc(n * sizeof(*t.n)),
			   alloc(n * sizeof(*t.cap)), alloc(n), { 0 } };

	arrive_at(&t, fr, 0, s);
	for (;;) {
		int node = 0;

		while (node < n && !(t.pending[node] && node != 1))
			node++;
		if (node == n && n > 1 && t.pending[1])
			node = 1;
		if (node == n)
			break;
		t.pending[node] = false;
		for (int i = 0; i < t.n[node]; i++) {
			if (!t.fresh[node][i])
				continue;
			t.fresh[node][i] = false;
			if (scratch_used() > MAX_MEMORY) {
				note_gap(fr, node, format("more than %d MB: its ways are too many to be walked",
							  MAX_MEMORY >> 20));
				break;
			}
			if (++steps > MAX_STEPS) {
				note_gap(fr, node, format("more than %d steps: its ways are too many to be walked",
							  MAX_STEPS));
				break;
			}
			step(&t, fr, node, copy_state(t.at[node][i]));
		}
	}
	for (int i = 0; i < n; i++) {
		free(t.at[i]);
		free(t.fresh[i]);
	}
	free(t.at);
	free(t.fresh);
	free(t.n);
	free(t.cap);
	free(t.pending);
	return t.returns;
}

/* ------------------------------------------------------------- the callback */

static void report_lost(const struct lost *l)
{
	for (int i = 0; i < result.n_lost; i++) {
		struct lost *known = &result.lost[i];

		if (known->frame != l->frame || known->call != l->call)
			continue;
		known->looked &= l->looked;
		known->stored |= l->stored;
		if (known->value->kind == FAILURE && l->value->kind == FAILURE)
			known->value = either_failure(known->value, l->value);
		return;
	}
	push(result.lost, result.n_lost, result.cap_lost) = *l;
}

/* A helper that returns a pointer or a bool answers: its caller decides what becomes of that. */
static bool answers(const struct frame *fr)
{
	return fr->caller && (strchr(fr->f->def->type, '*') || !strcmp(fr->f->def->type, "bool"));
}

/* Is something done the other way? Where that only fails, this is a check that has gone well. */
static bool other_way_acts(const struct way_out *w)
{
	for (int i = 0; i < n_decided; i++) {
		const struct way_out *d = &decided[i].way;

		if (d->frame == w->frame && d->node == w->node && d->choice == w->choice &&
		    (d->edge != w->edge || d->taken != w->taken) && decided[i].what & ACTS)
			return true;
	}
	return false;
}

static bool may_fail(const struct state *s, const struct term *v)
{
	const char *name = v->kind == RESULT ? callee(v->e) : NULL;

	if (v->kind != RESULT || !(signs_of(s, v) & NEGATIVE))
		return false;
	return v->pointer || signs_of(s, v) == NEGATIVE || !name || !(never_negative(name) || api("allocator", name));
}

/* Was the place of V given to a function of another subsystem where V came into being? */
static bool filled_by_call(const struct term *v)
{
	const struct expr *e = v->frame->f->nodes[v->node].e;

	return e && bare((struct expr *)e)->kind == E_CALL;
}

/* A value that can be an errno for all that is known: which one is not. */
static void note_unknown(const struct state *s, const struct term *v, struct frame *callback)
{
	const struct term *at = v;
	struct frame *fr = v->frame ? v->frame : callback;

	if (!(signs_of(s, v) & NEGATIVE))
		return;
	if (v->kind == NAME || v->kind == ELEMENT || v->kind == POINTEE || (v->kind == OPERATION && !v->b)) {
		note_gap(fr, 0, format("the value of `%.60s` is not followed", v->text ? v->text : v->a->text ? v->a->text : "?"));
		return;
	}
	if (v->kind != UNKNOWN)
		return;
	if (v->e && (v->e->kind == E_OPAQUE || v->e->kind == E_INDEX || v->e->kind == E_UNARY))
		note_gap(NULL, 0, format("line %d: the value of `%.60s` is not followed", fr->f->nodes[v->node].line,
					 expr_text(v->e)));
	while (at->a && (at->kind == UNKNOWN || at->kind == FIELD || at->kind == ADDRESS))
		at = at->a;
	if (at->kind == VARIABLE && at->frame && at != v && local_of(at) && v->node > 0 && v->frame &&
	    filled_by_call(v))
		note_gap(NULL, 0, format("%s (%s): line %d: what another subsystem has stored in `%s` is not followed",
					 at->frame->f->def->name, at->frame->f->def->source->path,
					 v->frame->f->nodes[v->node].line, at->text));
}

/* A value that came out of memory, or from whoever called the outermost function, may be an errno. */
static void add_open_end(const struct state *s, const struct term *v)
{
	if (!(signs_of(s, v) & NEGATIVE) || (v->kind == UNKNOWN && !v->a) ||
	    (v->kind != UNKNOWN && v->kind != VARIABLE && v->kind != FIELD && v->kind != POINTEE && v->kind != ELEMENT))
		return;
	for (int i = 0; i < result.n_open; i++)
		if (result.open[i].value == v)
			return;
	for (int i = 0; i < n_ends; i++)
		if (ends[i].value == v)
			push(result.open, result.n_open, result.cap_open) = ends[i];
}

/* What the outermost function is called with. */
static void take_arguments(struct frame *fr, struct state *s)
{
	const struct definition *def = fr->f->def;

	for (int i = 0; i < def->n_params; i++) {
		const struct given_argument *g = &fr->given[i];
		const struct term *place = variable(fr, def->params[i].name);

		if (g->constant)
			write_place(s, place, number_term(g->value, NULL), fr, 0);
		else if (g->address)
			learn(s, place, POSITIVE);
		for (int k = 0; k < g->n_members; k++)
			write_place(s, place_term(FIELD, place, NULL, g->members[k].name),
				    number_term(g->members[k].value, NULL), fr, 0);
	}
}

/* The type of the one domain that the callback serves is known. */
static void fix_type(struct frame *callback, struct state *s, const char *fixed)
{
	const char *domain = domain_of(callback);
	const struct term *place;

	never_written(NULL);
	if (!*fixed || !domain)
		return;
	place = place_term(FIELD, variable(callback, domain), NULL, "type");
	write_place(s, place, make_term((struct term){ .kind = NAME, .text = format("IOMMU_DOMAIN_%s", fixed) }), callback, 0);
	never_written(place);
}

struct outcome_of_walk walk_callback(struct frame *callback, const char *fixed)
{
	const struct term *arrived = failure_term(NULL, 0);
	struct state *start = copy_state(&(struct state){ 0 });
	struct ways w;

	result = (struct outcome_of_walk){ 0 };
	n_decided = n_ends = steps = 0;
	memset(memos, 0, sizeof(memos));
	entered(callback->f->def);
	fix_type(callback, start, fixed);
	errnos_alone = callback->given != NULL;
	if (errnos_alone) {
		take_arguments(callback, start);
		start->bound = true;	/* nobody asks what is done */
	}
	w = run(callback, start);
	for (int i = 0; i < w.n; i++) {
		struct state *s = w.list[i].s;
		const struct term *v = w.list[i].v;
		bool fails = v->kind == FAILURE, succeeds = !fails;

		if (may_fail(s, v)) {
			struct cause *c = cause_at(v->frame, v->e, v->node, -1);

			arrived = either_failure(arrived, failure_term(&c, 1));
			succeeds = signs_of(s, v) != NEGATIVE;
			drop_lost(s, v);
		} else if (fails) {
			arrived = either_failure(arrived, v);
		} else {
			if (errnos_alone)
				add_open_end(s, v);
			else
				note_unknown(s, v, callback);
		}
		decide_as(s, succeeds && (v->kind != RESULT || signs_of(s, v) == ZERO) ? DECIDES_SUCCESS : DECIDES_NOTHING);
		for (int k = 0; succeeds && k < s->n_lost; k++)
			report_lost(&s->lost[k]);
	}
	free(w.list);
	for (int i = 0; i < n_decided; i++)
		if (decided[i].what == DECIDES_SUCCESS && !answers(decided[i].way.frame) && other_way_acts(&decided[i].way))
			push(result.successes, result.n_successes, result.cap_successes) = decided[i].way;
	result.arrived = arrived->causes;
	free_scratch();
	return result;
}
