// SPDX-License-Identifier: GPL-2.0-only
/*
 * States: in, what a statement does to a place or what a branch has decided; out,
 * what is known behind it: the values of places, the signs of values, what was
 * printed and tested, and which failures nobody has handed on.
 *
 * A place that was never written holds its own term: what it held at the
 * callback's entry. What a write may have changed too, through another pointer
 * to the same kind of structure, holds an unknown value from then on.
 */
#include "follow.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK (1 << 20)
#define MAX_WAYS_OUT 256	/* since something was done */

struct chunk {
	struct chunk *next;
	size_t used, size;
};

static struct chunk *chunks, *spare;	/* spare ones, of CHUNK bytes, from the walk before */
static size_t scratch_size;

void *scratch(size_t size)
{
	struct chunk *c = chunks;

	size = (size + 15) & ~(size_t)15;
	if (!c || c->size - c->used < size) {
		size_t want = size > CHUNK ? size : CHUNK;

		c = want == CHUNK ? spare : NULL;
		if (c)
			spare = c->next;
		else
			c = alloc(sizeof(*c) + 16 + want);
		*c = (struct chunk){ chunks, 0, want };
		scratch_size += want;
		chunks = c;
	}
	c->used += size;
	return memset((char *)c + ((sizeof(*c) + 15) & ~(size_t)15) + c->used - size, 0, size);
}

void free_scratch(void)
{
	while (chunks) {
		struct chunk *c = chunks;

		chunks = c->next;
		if (c->size > CHUNK) {
			free(c);
			continue;
		}
		c->next = spare;
		spare = c;
	}
	scratch_size = 0;
}

size_t scratch_used(void)
{
	return scratch_size;
}

static void *scratch_copy(const void *from, int n, int cap, size_t size)
{
	void *to = scratch((cap + 1) * size);

	if (n)
		memcpy(to, from, n * size);
	return to;
}

#define room(vec, n, cap)								\
	((n) == (cap) ? (void)((cap) = 2 * (cap) + 4,					\
			       (vec) = scratch_copy((vec), (n), (cap), sizeof(*(vec)))) : (void)0)

struct state *copy_state(const struct state *s)
{
	struct state *c = scratch(sizeof(*c));

	*c = *s;
	c->store = scratch_copy(s->store, s->n_store, c->cap_store = s->n_store + 4, sizeof(*s->store));
	c->facts = scratch_copy(s->facts, s->n_facts, c->cap_facts = s->n_facts + 4, sizeof(*s->facts));
	c->marks = scratch_copy(s->marks, s->n_marks, c->cap_marks = s->n_marks + 4, sizeof(*s->marks));
	c->lost = scratch_copy(s->lost, s->n_lost, c->cap_lost = s->n_lost + 2, sizeof(*s->lost));
	c->since = scratch_copy(s->since, s->n_since, c->cap_since = s->n_since + 4, sizeof(*s->since));
	return c;
}

/* ------------------------------------------------------------------- places */

const struct term *local_of(const struct term *place)
{
	while (place->kind == FIELD || place->kind == ELEMENT) {
		if (!place->a || place->a->kind != ADDRESS)
			return NULL;
		place = place->a->a;
	}
	return place->kind == VARIABLE && place->frame ? place : NULL;
}

/* "This member of whatever structure", or of anything at all: what was written through some pointer. */
static const struct term *anywhere(const char *member)
{
	return place_term(FIELD, NULL, NULL, member);
}

/* "Any member of the structure at this address" */
static const struct term *behind(const struct term *address)
{
	return place_term(FIELD, address, NULL, NULL);
}

static bool is_anywhere(const struct term *place)
{
	return place->kind == FIELD && (!place->a || !place->text);
}

static const struct term *unknown(const struct term *place, const struct frame *frame, int node)
{
	return make_term((struct term){ .kind = UNKNOWN, .a = place, .frame = (struct frame *)frame, .node = node });
}

static const struct term *lookup(const struct state *s, const struct term *place)
{
	for (int i = s->n_store - 1; i >= 0; i--)
		if (s->store[i].place == place)
			return s->store[i].value;
	return NULL;
}

static void set(struct state *s, const struct term *place, const struct term *value)
{
	for (int i = 0; i < s->n_store; i++)
		if (s->store[i].place == place) {
			s->store[i].value = value;
			return;
		}
	room(s->store, s->n_store, s->cap_store);
	s->store[s->n_store++] = (struct binding_of){ place, value };
}

/* Is this element another than all that the state knows of its array? */
static bool sure_element(const struct state *s, const struct term *place)
{
	for (int i = 0; i < s->n_store; i++) {
		const struct term *p = s->store[i].place;

		if (p->kind == ELEMENT && p->a == place->a && p->b->kind != NUMBER)
			return false;
	}
	return place->b->kind == NUMBER;
}

const struct term *read_place(const struct state *s, const struct term *place)
{
	const struct term *v = lookup(s, place), *whole;

	if (v)
		return v;
	if (local_of(place)) {
		if (place->kind == VARIABLE)
			return place;
		if (place->kind == ELEMENT && !sure_element(s, place))
			return place;
		whole = read_place(s, place->a->a);		/* a structure, or an array, as a whole */
		if (whole == place->a->a)
			return place;
		if (whole->kind == UNSET || whole->kind == NUMBER || (whole->kind == FAILURE && place->kind == ELEMENT))
			return whole;		/* *array = -E */
		if (whole->kind == UNKNOWN || whole->kind == RESULT)
			return make_term((struct term){ .kind = UNKNOWN, .a = place, .frame = whole->frame,
							.node = whole->node });
		return place_term(FIELD, place_term(ADDRESS, whole, NULL, NULL), NULL, place->text);
	}
	v = place->kind == FIELD && place->a ? lookup(s, behind(place->a)) : NULL;
	if (v)
		return unknown(place, v->frame, v->node);
	v = place->kind == VARIABLE ? NULL : lookup(s, anywhere(place->kind == FIELD ? place->text :
								  place->kind == ELEMENT ? "[]" : "*"));
	if (!v)
		v = lookup(s, anywhere(NULL));
	return v ? unknown(place, v->frame, v->node) : place;
}

static bool holds(const struct term *t, const struct term *part)
{
	if (!t)
		return false;
	return t == part || holds(t->a, part) || holds(t->b, part);
}

void renew(struct state *s, const struct term *t)
{
	int n = 0;

	for (int i = 0; i < s->n_facts; i++)
		if (!holds(s->facts[i].term, t))
			s->facts[n++] = s->facts[i];
	s->n_facts = n;
	n = 0;
	for (int i = 0; i < s->n_store; i++)
		if (!holds(s->store[i].place, t))
			s->store[n++] = s->store[i];
	s->n_store = n;
}

static bool alike(const struct term *place, const void *written)
{
	const struct term *w = written;

	return !is_anywhere(place) && !local_of(place) && place->kind == w->kind && place != w &&
	       (w->kind != FIELD || !strcmp(place->text, w->text));
}

/* The places through which VALUE was written too, if they are one: they hold it either way. */
static void drop_aliases(struct state *s, const struct term *place, const struct term *value)
{
	int n = 0;

	for (int i = 0; i < s->n_store; i++)
		if (!alike(s->store[i].place, place) || s->store[i].value == value)
			s->store[n++] = s->store[i];
	s->n_store = n;
}

/* Drops what the store holds of the places for which GONE says so. */
static void drop_where(struct state *s, bool (*gone)(const struct term *place, const void *what), const void *what)
{
	int n = 0;

	for (int i = 0; i < s->n_store; i++)
		if (!gone(s->store[i].place, what))
			s->store[n++] = s->store[i];
	s->n_store = n;
}

static bool part_of(const struct term *place, const void *variable)
{
	return place != variable && local_of(place) == variable;
}

static bool element_of(const struct term *place, const void *array)
{
	return place->kind == ELEMENT && place->a == array;
}

/* The part of TO that PLACE is of FROM; NULL where it is none. */
static const struct term *same_part(const struct term *place, const struct term *to, const struct term *from)
{
	const struct term *outer;

	if (place == from)
		return to;
	if ((place->kind != FIELD && place->kind != ELEMENT) || !place->a || place->a->kind != ADDRESS)
		return NULL;
	outer = same_part(place->a->a, to, from);
	return outer ? place_term(place->kind, place_term(ADDRESS, outer, NULL, NULL), place->b, place->text) : NULL;
}

/* x = y, both structures: what is known of the parts */
static void copy_parts(struct state *s, const struct term *to, const struct term *from)
{
	for (int i = 0, n = s->n_store; i < n; i++) {
		const struct term *part = s->store[i].place == from ? NULL : same_part(s->store[i].place, to, from);

		if (part)
			set(s, part, s->store[i].value);
	}
}

void write_place(struct state *s, const struct term *place, const struct term *value, struct frame *frame, int node)
{
	/* x->unit = y->unit: whether x is y or not, y->unit stays what it is */
	bool stays = value->kind == FIELD && place->kind == FIELD && !local_of(value) && read_place(s, value) == value;

	if ((value->kind == UNKNOWN || value->kind == RESULT) && value->frame == frame && value->node == node)
		renew(s, value);
	if (local_of(place)) {
		if (place->kind == ELEMENT && place->b->kind != NUMBER)		/* any of them */
			drop_where(s, element_of, place->a);
		else if (place->kind == VARIABLE)
			drop_where(s, part_of, place);
		copy_parts(s, place, value);
	} else if (place->kind != VARIABLE) {
		drop_aliases(s, place, value);
		if (place->kind == FIELD)
			set(s, anywhere(place->text), unknown(anywhere(place->text), frame, node));
		if (stays)
			set(s, value, value);
	}
	set(s, place, value);
}

static bool member_named(const struct term *place, const void *member)
{
	const char *name = member;

	if (is_anywhere(place) || local_of(place))
		return false;
	return place->kind == FIELD ? !strcmp(place->text, name) : place->kind == ELEMENT ? !strcmp(name, "[]") :
	       place->kind == POINTEE && !strcmp(name, "*");
}

void forget_member(struct state *s, const char *member, struct frame *frame, int node)
{
	const struct term *all = anywhere(member);

	drop_where(s, member_named, member);
	renew(s, unknown(all, frame, node));
	set(s, all, unknown(all, frame, node));
}

void forget_global(struct state *s, const char *name, struct frame *frame, int node)
{
	const struct term *place = make_term((struct term){ .kind = VARIABLE, .text = name });

	renew(s, unknown(place, frame, node));
	set(s, place, unknown(place, frame, node));
}

static const struct term *lasting;	/* a place that nobody writes to */

void never_written(const struct term *place)
{
	lasting = place;
}

static bool beyond_locals(const struct term *place, const void *what)
{
	(void)what;
	return !local_of(place) && place != lasting;
}

void forget_all(struct state *s, struct frame *frame, int node)
{
	const struct term *all = anywhere(NULL);

	drop_where(s, beyond_locals, NULL);
	renew(s, unknown(all, frame, node));
	set(s, all, unknown(all, frame, node));
}

static bool member_behind(const struct term *place, const void *address)
{
	return place->kind == FIELD && place->a == address && place != lasting;
}

void forget_behind(struct state *s, const struct term *address, struct frame *frame, int node)
{
	const struct term *what;

	if (address->kind == UNKNOWN || address->kind == UNSET || address->kind == NUMBER || address->kind == FAILURE)
		return;
	what = place_term(POINTEE, address, NULL, NULL);
	if (local_of(what)) {		/* a member leads to all of its structure: container_of() */
		what = local_of(what);
		drop_where(s, part_of, what);
		renew(s, unknown(what, frame, node));
		set(s, what, unknown(what, frame, node));
		return;
	}
	if (address->kind == ADDRESS) {		/* &p->member */
		renew(s, unknown(what, frame, node));
		set(s, what, unknown(what, frame, node));
	} else if (address->kind != NAME) {
		drop_where(s, member_behind, address);
		what = behind(address);
		renew(s, unknown(what, frame, node));
		set(s, what, unknown(what, frame, node));
	}
}

/* -------------------------------------------------------------------- facts */

static unsigned own_signs(const struct term *t)
{
	switch (t->kind) {
	case NUMBER:
		return t->number < 0 ? NEGATIVE : t->number ? POSITIVE : ZERO;
	case FAILURE:
		return NEGATIVE;
	case RESULT:
		return t->number;
	case ADDRESS:
		return POSITIVE;
	case NAME:
		return t->pointer ? POSITIVE : ANY_SIGN;
	case OPERATION:
		return !strcmp(t->text, "==") || !strcmp(t->text, "<") ? ZERO | POSITIVE : ANY_SIGN;
	default:
		return ANY_SIGN;
	}
}

unsigned signs_of(const struct state *s, const struct term *t)
{
	unsigned signs = own_signs(t);

	for (int i = 0; i < s->n_facts; i++)
		if (s->facts[i].term == t)
			signs &= s->facts[i].signs;
	return signs;
}

bool learn(struct state *s, const struct term *t, unsigned signs)
{
	unsigned before = signs_of(s, t);

	if (!(before & signs))
		return false;
	if ((before & signs) == before)
		return true;
	for (int i = 0; i < s->n_facts; i++)
		if (s->facts[i].term == t) {
			s->facts[i].signs &= signs;
			return true;
		}
	room(s->facts, s->n_facts, s->cap_facts);
	s->facts[s->n_facts++] = (struct fact){ t, signs };
	return true;
}

static bool constant(const struct term *t)
{
	return t->kind == NUMBER || t->kind == NAME;
}

bool known_other(const struct state *s, const struct term *left, const struct term *right)
{
	if (!constant(right))
		return false;
	for (int i = 0; i < s->n_facts; i++) {
		const struct term *t = s->facts[i].term;

		if (t->kind == OPERATION && !strcmp(t->text, "==") && !(s->facts[i].signs & ZERO) && t->a == left &&
		    constant(t->b) && t->b->kind == right->kind && t->b != right)
			return true;
	}
	return false;
}

void narrow(struct state *s, const struct term *from, const struct term *to)
{
	for (int i = 0; i < s->n_store; i++)
		if (s->store[i].value == from)
			s->store[i].value = to;
	for (int i = 0; i < s->n_lost; i++)
		if (s->lost[i].value == from)
			s->lost[i].value = to;
}

/* -------------------------------------------------------------------- marks */

static bool same_mark(const struct mark *a, const struct mark *b)
{
	return a->frame == b->frame && a->node == b->node && a->e == b->e && a->tested == b->tested;
}

void add_mark(struct state *s, struct mark m)
{
	for (int i = 0; i < s->n_marks; i++)
		if (same_mark(&s->marks[i], &m)) {
			const struct causes *held = s->marks[i].held;

			if (held && m.held && held != m.held)
				m.held = both_failures(make_term((struct term){ .kind = FAILURE, .causes = held }),
						       make_term((struct term){ .kind = FAILURE, .causes = m.held }))->causes;
			s->marks[i].held = held ? m.held : NULL;
			return;
		}
	room(s->marks, s->n_marks, s->cap_marks);
	s->marks[s->n_marks++] = m;
}

static bool of_frame(const struct term *place, const void *frame)
{
	const struct term *v = local_of(place);

	return v && v->frame == frame;
}

void drop_frame(struct state *s, const struct frame *frame)
{
	int n = 0;

	drop_where(s, of_frame, frame);
	for (int i = 0; i < s->n_marks; i++)
		if (s->marks[i].frame != frame)
			s->marks[n++] = s->marks[i];
	s->n_marks = n;
	s->guard = NULL;
}

/* ----------------------------------------------------------------- liveness */

#define MAX_NAMES 63	/* a bit each; of more, the rest is never dead */

struct names {
	const char *list[MAX_NAMES];
	int n;
	uint64_t addressed;
};

static int name_index(const struct names *names, const char *name)
{
	for (int i = 0; i < names->n; i++)
		if (!strcmp(names->list[i], name))
			return i;
	return -1;
}

static void add_name(struct names *names, const char *name)
{
	if (name && name_index(names, name) < 0 && names->n < MAX_NAMES)
		names->list[names->n++] = name;
}

struct uses {
	struct names *names;
	uint64_t bits;
};

static void use(struct expr *e, void *data)
{
	struct uses *u = data;
	int i = e->kind == E_NAME ? name_index(u->names, e->text) : -1;

	if (i >= 0)
		u->bits |= 1ull << i;
	if (e->kind == E_UNARY && !strcmp(e->text, "&")) {
		struct expr *base = bare(e->kid[0]);

		while ((base->kind == E_MEMBER && base->n_kids && !base->arrow) || base->kind == E_INDEX)
			base = bare(base->kid[0]);
		i = base->kind == E_NAME ? name_index(u->names, base->text) : -1;
		if (i >= 0)
			u->names->addressed |= 1ull << i;
	}
}

/* What the node reads, and what it surely overwrites. */
static void uses_of(struct node *n, struct names *names, uint64_t *read, uint64_t *written)
{
	struct uses u = { .names = names };
	struct expr *e = n->e ? bare(n->e) : NULL;

	*written = 0;
	if (n->kind == N_DECLARATION && name_index(names, n->name) >= 0)
		*written = 1ull << name_index(names, n->name);
	if (e && n->kind == N_PLAIN && e->kind == E_ASSIGN && !strcmp(e->text, "=") && bare(e->kid[0])->kind == E_NAME) {
		int i = name_index(names, bare(e->kid[0])->text);

		if (i >= 0)
			*written = 1ull << i;
		walk_expr(e->kid[1], use, &u);
	} else if (e) {
		walk_expr(n->e, use, &u);
	}
	*read = u.bits;
}

/* Per function: which of its locals are read behind each node. */
struct liveness {
	struct names names;
	uint64_t *behind;
};

static const struct liveness *liveness_of(struct function *f)
{
	struct liveness *l = f->liveness;
	uint64_t *read, *written, *before;
	bool changed = true;

	if (l)
		return l;
	f->liveness = l = alloc(sizeof(*l));
	l->behind = alloc(f->n_nodes * sizeof(*l->behind));
	read = alloc(f->n_nodes * sizeof(*read));
	written = alloc(f->n_nodes * sizeof(*written));
	before = alloc(f->n_nodes * sizeof(*before));
	for (int i = 0; i < f->def->n_params; i++)
		add_name(&l->names, f->def->params[i].name);
	for (int i = 0; i < f->n_nodes; i++)
		if (f->nodes[i].kind == N_DECLARATION)
			add_name(&l->names, f->nodes[i].name);
	for (int i = 0; i < f->n_nodes; i++)
		uses_of(&f->nodes[i], &l->names, &read[i], &written[i]);
	while (changed) {
		changed = false;
		for (int i = f->n_nodes - 1; i >= 0; i--) {
			uint64_t out = 0, in;

			for (int k = 0; k < f->nodes[i].n_succ; k++)
				out |= before[f->nodes[i].succ[k].to];
			in = read[i] | (out & ~written[i]);
			changed |= in != before[i] || out != l->behind[i];
			before[i] = in;
			l->behind[i] = out;
		}
	}
	free(read);
	free(written);
	free(before);
	return l;
}

struct dead {
	const struct frame *frame;
	const struct liveness *l;
	int node;
};

static bool is_dead(const struct term *place, const void *what)
{
	const struct dead *d = what;
	const struct term *v = local_of(place);
	int i;

	if (!v || v->frame != d->frame)
		return false;
	i = name_index(&d->l->names, v->text);
	return i >= 0 && !((d->l->behind[d->node] | d->l->names.addressed) & (1ull << i));
}

void drop_dead(struct state *s, const struct frame *frame, int node)
{
	struct dead d = { frame, liveness_of(frame->f), node };

	drop_where(s, is_dead, &d);
}

/* -------------------------------------------------------------------- joins */

/* States must agree on errnos, and on what helpers have answered, which has a reason. */
static bool may_fail(const struct state *s, const struct term *v)
{
	return (v->kind == RESULT || v->kind == FAILURE) && signs_of(s, v) & NEGATIVE;
}

/* Memory that may not have been had, as nobody has looked yet. */
static bool may_be_want(const struct state *s, const struct term *v)
{
	return v->kind == RESULT && callee(v->e) && signs_of(s, v) == (ZERO | POSITIVE) && api("returns_null", callee(v->e));
}

/* A failure that A has looked at, and B has not had: a flag, or a count, may tell of it. */
static bool knows_of_failure(const struct state *a, const struct state *b)
{
	for (int i = 0; i < a->n_lost; i++) {
		bool known = !a->lost[i].looked;

		for (int k = 0; k < b->n_lost && !known; k++)
			known = b->lost[k].call == a->lost[i].call && b->lost[k].looked;
		if (!known)
			return true;
	}
	return false;
}

/*
 * A slot of a table that is not the function's own, by an index that nobody knows: the next turn writes to another. A
 * number that was found is put there, whatever the index: no answer that anybody asks about.
 */
static bool one_of_many(const struct term *place, const struct term *value)
{
	bool one = false;

	if (local_of(place))
		return false;
	for (; place && !one; place = place->a)
		one = place->kind == ELEMENT && (place->b->kind != NUMBER || value->kind == NUMBER);
	return one;
}

static bool agrees(const struct state *a, const struct state *b, bool answers)
{
	bool failed = knows_of_failure(a, b) || knows_of_failure(b, a);

	for (int i = 0; i < a->n_store; i++) {
		const struct term *v = a->store[i].value, *w;

		if (failed && local_of(a->store[i].place)) {
			w = read_place(b, a->store[i].place);
			if (!(signs_of(a, v) & signs_of(b, w)))
				return false;
		}
		if ((v->kind != FAILURE && v->kind != RESULT && (v->kind != NUMBER || !v->leaf)) ||
		    one_of_many(a->store[i].place, v))
			continue;
		w = read_place(b, a->store[i].place);
		if (v->kind == FAILURE && w->kind == FAILURE)
			continue;	/* one of both */
		if (v != w && (may_be_want(a, v) || may_be_want(b, w)))
			return false;
		if (may_fail(a, v) || may_fail(b, w)) {
			if (v != w || may_fail(a, v) != may_fail(b, w))
				return false;
		} else if (answers && v->kind == NUMBER && !(w->kind == NUMBER && v->number == w->number)) {
			return false;
		}
	}
	return true;
}

bool same_errnos(const struct state *a, const struct state *b)
{
	return agrees(a, b, true) && agrees(b, a, true);
}

bool same_failures(const struct state *a, const struct state *b)
{
	return agrees(a, b, false) && agrees(b, a, false);
}

static bool same_facts(const struct state *a, const struct state *b)
{
	if (a->n_facts != b->n_facts)
		return false;
	for (int i = 0; i < a->n_facts; i++)
		if (signs_of(a, a->facts[i].term) != signs_of(b, a->facts[i].term))
			return false;
	return true;
}

static void know(struct state *s, const struct term *t, unsigned signs)
{
	int n = 0;

	for (int i = 0; i < s->n_facts; i++)
		if (s->facts[i].term != t)
			s->facts[n++] = s->facts[i];
	s->n_facts = n;
	if (signs == own_signs(t))
		return;
	room(s->facts, s->n_facts, s->cap_facts);
	s->facts[s->n_facts++] = (struct fact){ t, signs };
}

/* Places on which A (as it was BEFORE) and B differ hold a value that is named by where they met. */
static bool join_store(struct state *a, const struct state *before, const struct state *b, struct frame *frame, int node)
{
	bool changed = false;

	for (int i = 0; i < b->n_store; i++)		/* places that only B has written to */
		if (!lookup(before, b->store[i].place)) {
			const struct term *place = b->store[i].place;

			room(a->store, a->n_store, a->cap_store);
			a->store[a->n_store++] = (struct binding_of){ place, is_anywhere(place) ? NULL :
								      read_place(before, place) };
		}
	for (int i = 0; i < a->n_store; i++) {
		const struct term *place = a->store[i].place, *v = a->store[i].value;
		const struct term *w = is_anywhere(place) ? lookup(b, place) : read_place(b, place);

		if (v == w)
			continue;
		if (v && w && v->kind == FAILURE && w->kind == FAILURE) {
			a->store[i].value = either_failure(v, w);
			changed |= v != a->store[i].value;
			continue;
		}
		if (v && w && v->kind == NUMBER && w->kind == NUMBER && v->number == w->number) {
			if (!v->leaf || !w->leaf) {
				changed |= v->leaf != NULL;
				a->store[i].value = number_term(v->number, NULL);
			}
			continue;
		}
		a->store[i].value = unknown(place, frame, node);
		changed |= v != a->store[i].value;
		know(a, a->store[i].value, (v ? signs_of(before, v) : ANY_SIGN) | (w ? signs_of(b, w) : ANY_SIGN));
	}
	return changed;
}

static void join_facts(struct state *a, const struct state *b)
{
	int n = 0;

	for (int i = 0; i < a->n_facts; i++) {
		struct fact f = a->facts[i];

		f.signs |= signs_of(b, f.term);
		if (f.signs != own_signs(f.term))
			a->facts[n++] = f;
	}
	a->n_facts = n;
}

static bool same_lost(const struct lost *a, const struct lost *b)
{
	return a->frame == b->frame && a->call == b->call && a->value == b->value && a->looked == b->looked;
}

void add_lost(struct state *s, struct lost l)
{
	for (int i = 0; i < s->n_lost; i++)
		if (same_lost(&s->lost[i], &l))
			return;
	room(s->lost, s->n_lost, s->cap_lost);
	s->lost[s->n_lost++] = l;
}

static bool same_way_out(const struct way_out *a, const struct way_out *b)
{
	return a->frame == b->frame && a->node == b->node && a->edge == b->edge && a->choice == b->choice &&
	       a->taken == b->taken;
}

bool add_way_out(struct state *s, struct way_out w)
{
	for (int i = 0; i < s->n_since; i++)
		if (same_way_out(&s->since[i], &w))
			return true;
	if (s->n_since >= MAX_WAYS_OUT)
		return false;
	room(s->since, s->n_since, s->cap_since);
	s->since[s->n_since++] = w;
	return true;
}

/* A failure that B has is one of those that A holds in the same place now. */
static struct lost widened(const struct state *a, const struct state *b, struct lost l)
{
	for (int i = 0; i < b->n_store && l.value->kind == FAILURE; i++)
		if (b->store[i].value == l.value) {
			const struct term *v = lookup(a, b->store[i].place);

			if (v && v->kind == FAILURE)
				l.value = v;
		}
	return l;
}

static bool join_lists(struct state *a, const struct state *before, const struct state *b)
{
	int marks = a->n_marks, lost = a->n_lost, since = a->n_since;

	for (int i = 0; i < a->n_lost; i++)
		a->lost[i] = widened(a, before, a->lost[i]);

	for (int i = 0; i < b->n_marks; i++)
		add_mark(a, b->marks[i]);
	for (int i = 0; i < b->n_lost; i++)
		add_lost(a, widened(a, b, b->lost[i]));
	for (int i = 0; i < b->n_since; i++)
		add_way_out(a, b->since[i]);
	if (a->guard != b->guard)
		a->guard = NULL;
	return a->n_marks != marks || a->n_lost != lost || a->n_since != since;
}

bool join_into(struct state *a, const struct state *b, struct frame *frame, int node)
{
	struct state before = *copy_state(a);
	bool changed;

	join_facts(a, b);
	changed = join_store(a, &before, b, frame, node);
	changed |= !same_facts(a, &before);
	a->bound &= b->bound;
	changed |= a->bound != before.bound;
	return join_lists(a, &before, b) || changed;
}

/* ------------------------------------------------------------------- replay */

static bool concerns(const struct term *t, const struct effects *effects, const struct term *const *args, int n_args)
{
	if (!t)
		return false;
	if (t->kind == FIELD && (!t->text || reads(effects, t->text)))
		return true;
	if (t->kind == ELEMENT || t->kind == POINTEE || (t->kind == VARIABLE && !t->frame))
		return true;
	for (int i = 0; i < n_args; i++)
		if (t == args[i])
			return true;
	return concerns(t->a, effects, args, n_args) || concerns(t->b, effects, args, n_args);
}

static bool covers(const struct state *a, const struct state *b, const struct effects *effects,
		   const struct term *const *args, int n_args)
{
	for (int i = 0; i < a->n_facts; i++)
		if (concerns(a->facts[i].term, effects, args, n_args) &&
		    signs_of(a, a->facts[i].term) != signs_of(b, a->facts[i].term))
			return false;
	for (int i = 0; i < a->n_store; i++) {
		const struct term *place = a->store[i].place;

		if (!concerns(place, effects, args, n_args))
			continue;
		if ((is_anywhere(place) ? lookup(b, place) : read_place(b, place)) != a->store[i].value)
			return false;
	}
	return true;
}

bool same_for(const struct state *a, const struct state *b, const struct effects *effects, const struct term *const *args,
	      int n_args)
{
	return covers(a, b, effects, args, n_args) && covers(b, a, effects, args, n_args);
}

void replay(struct state *s, const struct state *from, const struct state *to)
{
	int n = 0;

	for (int i = 0; i < s->n_store; i++)		/* what was dropped */
		if (lookup(to, s->store[i].place) || !lookup(from, s->store[i].place))
			s->store[n++] = s->store[i];
	s->n_store = n;
	for (int i = 0; i < to->n_store; i++)
		if (lookup(from, to->store[i].place) != to->store[i].value)
			set(s, to->store[i].place, to->store[i].value);
	for (int i = 0; i < to->n_facts; i++)
		if (signs_of(from, to->facts[i].term) != signs_of(to, to->facts[i].term))
			know(s, to->facts[i].term, signs_of(to, to->facts[i].term));
	for (int i = 0; i < to->n_lost; i++) {
		bool old = false;

		for (int k = 0; k < from->n_lost; k++)
			old |= same_lost(&from->lost[k], &to->lost[i]);
		if (!old)
			add_lost(s, to->lost[i]);
	}
	for (int i = 0; i < to->n_since; i++)
		add_way_out(s, to->since[i]);
	s->bound |= to->bound;
	s->guard = NULL;
}
