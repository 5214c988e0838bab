// SPDX-License-Identifier: GPL-2.0-only
/*
 * Terms: in, what an expression or a place is made of; out, the one term that
 * stands for it. The same value has one address wherever it was derived, so that
 * what a caller has tested is recognised in its helper.
 */
#include "follow.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384

struct cell {
	struct cell *next;
	uint64_t key;
	void *thing;
};

static struct cell *terms[BUCKETS], *sets[BUCKETS], *frames[BUCKETS], *causes[BUCKETS], *leaves[BUCKETS];

static void keep(struct cell **table, uint64_t key, void *thing)
{
	struct cell *c = alloc(sizeof(*c));

	*c = (struct cell){ table[key % BUCKETS], key, thing };
	table[key % BUCKETS] = c;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_term(const struct term *a, const struct term *b)
{
	return a->kind == b->kind && a->a == b->a && a->b == b->b && a->number == b->number && a->frame == b->frame &&
	       a->e == b->e && a->node == b->node && a->causes == b->causes && a->leaf == b->leaf &&
	       a->pointer == b->pointer && same_text(a->text, b->text);
}

const struct term *make_term(struct term t)
{
	static unsigned next;
	uintptr_t parts[] = { t.kind, (uintptr_t)t.a, (uintptr_t)t.b, t.number, (uintptr_t)t.frame, (uintptr_t)t.e,
			      t.node, (uintptr_t)t.causes, (uintptr_t)t.leaf, t.pointer };
	uint64_t key = hash_bytes(hash_bytes(0, parts, sizeof(parts)), t.text ? t.text : "", t.text ? strlen(t.text) : 0);
	struct term *fresh;

	for (struct cell *c = terms[key % BUCKETS]; c; c = c->next)
		if (c->key == key && same_term(c->thing, &t))
			return c->thing;
	fresh = alloc(sizeof(*fresh));
	*fresh = t;
	fresh->id = ++next;
	keep(terms, key, fresh);
	return fresh;
}

const struct term *number_term(long long n, struct leaf *leaf)
{
	return make_term((struct term){ .kind = NUMBER, .number = n, .leaf = leaf });
}

const struct term *place_term(enum term_kind kind, const struct term *a, const struct term *b, const char *text)
{
	if (kind == POINTEE && a->kind == ADDRESS)
		return a->a;
	if (kind == ADDRESS && a->kind == POINTEE)
		return a->a;
	if (kind == ADDRESS && a->kind == FIELD && a->a && a->text && a->a->kind == ACCESS &&
	    !strncmp(a->a->text, "container_of ", 13) && !strcmp(a->a->text + 13, a->text))
		return a->a->a;		/* &container_of(p, struct foo, member)->member */
	return make_term((struct term){ .kind = kind, .a = a, .b = b, .text = text });
}

struct cause *cause_at(struct frame *frame, struct expr *e, int node, int exit)
{
	static unsigned next;
	uintptr_t parts[] = { (uintptr_t)frame, (uintptr_t)e, exit };
	uint64_t key = hash_bytes(1, parts, sizeof(parts));
	struct cause *made;

	for (struct cell *c = causes[key % BUCKETS]; c; c = c->next) {
		struct cause *known = c->thing;

		if (known->frame == frame && known->e == e && known->exit == exit)
			return known;
	}
	made = alloc(sizeof(*made));
	*made = (struct cause){ .frame = frame, .e = e, .node = node, .exit = exit,
				.reasons = alloc(sizeof(*made->reasons)), .id = ++next };
	keep(causes, key, made);
	return made;
}

struct leaf *leaf_at(struct frame *frame, struct expr *e, int node, struct expr *choice, bool taken)
{
	uintptr_t parts[] = { (uintptr_t)frame, (uintptr_t)e, node, (uintptr_t)choice, taken };
	uint64_t key = hash_bytes(2, parts, sizeof(parts));
	struct leaf *made;

	for (struct cell *c = leaves[key % BUCKETS]; c; c = c->next) {
		struct leaf *known = c->thing;

		if (known->frame == frame && known->e == e && known->node == node && known->choice == choice &&
		    known->taken == taken)
			return known;
	}
	made = alloc(sizeof(*made));
	*made = (struct leaf){ .frame = frame, .e = e, .node = node, .choice = choice, .taken = taken,
			       .reasons = alloc(sizeof(*made->reasons)) };
	keep(leaves, key, made);
	return made;
}

static int by_id(const void *a, const void *b)
{
	const struct cause *x = *(struct cause *const *)a, *y = *(struct cause *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

const struct term *failure_term(struct cause *const *list, int n)
{
	struct cause **sorted = alloc((n + 1) * sizeof(*sorted));
	struct causes *set = NULL;
	uint64_t key;
	int m = 0;

	if (n)
		memcpy(sorted, list, n * sizeof(*sorted));
	if (n)
		qsort(sorted, n, sizeof(*sorted), by_id);
	for (int i = 0; i < n; i++)
		if (!m || sorted[m - 1] != sorted[i])
			sorted[m++] = sorted[i];
	key = hash_bytes(3, sorted, m * sizeof(*sorted));
	for (struct cell *c = sets[key % BUCKETS]; c && !set; c = c->next) {
		struct causes *known = c->thing;

		if (known->n == m && (!m || !memcmp(known->list, sorted, m * sizeof(*sorted))))
			set = known;
	}
	if (!set) {
		set = alloc(sizeof(*set));
		*set = (struct causes){ sorted, m };
		keep(sets, key, set);
	} else {
		free(sorted);
	}
	return make_term((struct term){ .kind = FAILURE, .causes = set });
}

const struct term *both_failures(const struct term *a, const struct term *b)
{
	struct cause **list = alloc((a->causes->n + b->causes->n) * sizeof(*list));
	const struct term *t;

	for (int i = 0; i < a->causes->n + b->causes->n; i++)
		list[i] = i < a->causes->n ? a->causes->list[i] : b->causes->list[i - a->causes->n];
	t = failure_term(list, a->causes->n + b->causes->n);
	free(list);
	return t;
}

struct frame *frame_at(struct frame *caller, struct definition *def, struct expr *call, int node, bool indirect)
{
	uintptr_t parts[] = { (uintptr_t)caller, (uintptr_t)def, (uintptr_t)call, node };
	uint64_t key = hash_bytes(4, parts, sizeof(parts));
	struct frame *made;

	for (struct cell *c = frames[key % BUCKETS]; c; c = c->next) {
		struct frame *known = c->thing;

		if (c->key == key && known->caller == caller && known->f->def == def && known->call == call &&
		    known->node == node)
			return known;
	}
	made = alloc(sizeof(*made));
	*made = (struct frame){ .f = function_of(def), .caller = caller, .node = node, .call = call, .indirect = indirect,
				.op = caller->op, .depth = caller->depth + 1 };
	keep(frames, key, made);
	return made;
}
