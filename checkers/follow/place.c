// SPDX-License-Identifier: GPL-2.0-only
/*
 * Places: in, where something stands, as a function writes it; out, the same in
 * one form, so that equal() tells, and as its caller, or somebody with another
 * name for a part of it, would write it.
 *
 * *&a is a, (&a)->b is a.b, (*a).b is a->b; a pointer that is set once, to what
 * does not change, is what it is set to.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ALIASES 8 /* of aliases */

struct expr what_is_returned = { .kind = E_NAME, .text = "(what is returned)" };

static bool is_unary(const struct expr *e, const char *op)
{
	return e->kind == E_UNARY && e->n_kids == 1 && !strcmp(e->text, op);
}

static struct expr *around(const struct expr *e, struct expr *kid)
{
	struct expr *copy = alloc(sizeof(*copy));

	*copy = *e;
	copy->kid = alloc((e->n_kids ? e->n_kids : 1) * sizeof(*copy->kid));
	if (e->n_kids)
		memcpy(copy->kid, e->kid, e->n_kids * sizeof(*copy->kid));
	copy->n_kids += !e->n_kids;
	copy->kid[0] = kid;
	return copy;
}

struct expr *member_place(struct expr *whole, const char *member)
{
	struct expr e = { .kind = E_MEMBER, .text = member };

	return around(&e, whole);
}

/* ----------------------------------------------------------------- aliases */

/* In how many places F sets it; *value the last of what it is set to, NULL where that is not an expression. */
static int times_set(const struct function *f, const struct expr *variable, struct expr **value)
{
	int n = 0;

	for (int i = 0; i < f->n_nodes; i++) {
		struct setting s;

		if (!setting_in(f, i, variable, &s) ||
		    (f->nodes[i].kind == N_DECLARATION && !s.value))
			continue;
		*value = s.by_address || s.partly || f->nodes[i].iterator ? NULL : s.value;
		n++;
	}
	return n;
}

/* Does it mean the same all through F, once it is set? */
static bool stays(const struct function *f, struct expr *e)
{
	struct expr *value = NULL;

	e = bare(e);
	if (is_unary(e, "&")) {
		e = bare(e->kid[0]);
		return e->kind == E_NAME ||
		       (e->kind == E_MEMBER && e->n_kids && stays(f, e->kid[0]));
	}
	if (e->kind == E_NAME)
		return times_set(f, e, &value) <= (parameter_index(f->def, e->text) < 0);
	return e->kind == E_MEMBER && e->n_kids && !times_set(f, e, &value) && stays(f, e->kid[0]);
}

static const struct node *declaration(const struct function *f, const char *name)
{
	for (int i = 0; i < f->n_nodes; i++)
		if (f->nodes[i].kind == N_DECLARATION && !strcmp(f->nodes[i].name, name))
			return &f->nodes[i];
	return NULL;
}

static void find_aliases(struct function *f)
{
	struct aliases *a = alloc(sizeof(*a));

	f->aliases = a;
	for (int i = 0; i < f->n_nodes; i++) {
		struct expr name = { .kind = E_NAME, .text = f->nodes[i].name }, *value = NULL;

		if (f->nodes[i].kind == N_DECLARATION && strchr(f->nodes[i].type, '*') &&
		    times_set(f, &name, &value) == 1 && value && !null_or_zero(bare(value)) &&
		    stays(f, value))
			push(a->list, a->n, a->cap) = (struct known_as){ name.text, bare(value) };
	}
}

/* ----------------------------------------------------------------- one form */

static struct expr *normal_of(struct function *f, struct expr *e, int depth)
{
	struct expr *kid, form;

	e = bare(e);
	if (e->kind == E_NAME) {
		for (int i = 0; depth < MAX_ALIASES && i < f->aliases->n; i++)
			if (!strcmp(f->aliases->list[i].name, e->text))
				return normal_of(f, f->aliases->list[i].is, depth + 1);
		return e;
	}
	if (!e->n_kids ||
	    (e->kind != E_MEMBER && e->kind != E_INDEX && !is_unary(e, "*") && !is_unary(e, "&")))
		return e;
	kid = normal_of(f, e->kid[0], depth);
	form = *e;
	if (e->kind == E_UNARY && is_unary(kid, *e->text == '*' ? "&" : "*"))
		return bare(kid->kid[0]);
	if (e->kind == E_MEMBER && is_unary(kid, e->arrow ? "&" : "*")) {
		form.arrow = !e->arrow;
		kid = bare(kid->kid[0]);
	}
	return kid == e->kid[0] && form.arrow == e->arrow ? e : around(&form, kid);
}

struct expr *normal(struct function *f, struct expr *e)
{
	if (!f->aliases)
		find_aliases(f);
	return normal_of(f, e, 0);
}

struct expr *place_known_as(const struct expr *part, const struct expr *whole, struct expr *as)
{
	struct expr form = *part, *kid;

	if (!part->n_kids ||
	    (part->kind != E_MEMBER && part->kind != E_INDEX && !is_unary(part, "*")))
		return NULL;
	kid = part->kid[0];
	if (equal(kid, whole))
		return around(&form, as);
	if (part->kind == E_MEMBER && is_unary(whole, part->arrow ? "*" : "&") &&
	    equal(kid, whole->kid[0])) {
		form.arrow = !part->arrow;
		return around(&form, as);
	}
	kid = place_known_as(kid, whole, as);
	return kid ? around(&form, kid) : NULL;
}

static bool names(const struct expr *e, const struct expr *what)
{
	bool found = equal(e, what);

	for (int i = 0; !found && i < e->n_kids; i++)
		found = e->kid[i] && names(e->kid[i], what);
	return found;
}

bool found_by(const struct expr *place, const struct expr *what)
{
	if (!place->n_kids)
		return false;
	if (place->kind == E_INDEX && names(place->kid[1], what))
		return true;
	if (equal(place->kid[0], what))
		return place->kind == E_INDEX || is_unary(place, "*") ||
		       (place->kind == E_MEMBER && place->arrow);
	return found_by(place->kid[0], what);
}

/* ------------------------------------------------------ beyond the function */

bool outlives(const struct function *f, const struct expr *place)
{
	bool pointer = false, indexed = false;
	const struct node *n;

	for (; place->n_kids && place->kind != E_CALL; place = bare(place->kid[0])) {
		pointer |= is_unary(place, "*") || (place->kind == E_MEMBER && place->arrow);
		indexed |= place->kind == E_INDEX;
	}
	if (pointer || place->kind != E_NAME)
		return pointer;
	if (parameter_index(f->def, place->text) >= 0)
		return indexed;
	n = declaration(f, place->text);
	return !n || strstr(n->type, "static") || (indexed && strchr(n->type, '*'));
}

static struct expr *with_arguments(const struct function *f, struct expr *e, struct expr *call,
				   bool *lost)
{
	struct expr *value = NULL, *copy;

	if (e == &what_is_returned)
		return call;
	if (e->kind == E_NAME) {
		for (int i = 0; i < f->def->n_params; i++)
			if (!strcmp(f->def->params[i].name, e->text)) {
				*lost |= i + 1 >= call->n_kids || times_set(f, e, &value);
				return *lost ? e : bare(call->kid[i + 1]);
			}
		*lost |= declaration(f, e->text) != NULL;
		return e;
	}
	if (!e->n_kids)
		return e;
	copy = around(e, e->kid[0]);
	for (int i = e->kind == E_CALL; i < e->n_kids; i++)
		if (e->kid[i])
			copy->kid[i] = with_arguments(f, e->kid[i], call, lost);
	return copy;
}

struct expr *seen_by_caller(const struct function *f, struct expr *place, struct expr *call)
{
	bool lost = false;
	struct expr *e = with_arguments(f, place, call, &lost);

	return lost ? NULL : e;
}
