// SPDX-License-Identifier: GPL-2.0-only
/*
 * Effects: in, a function of the driver; out, what calling it may change, by
 * text, and whether an errno can get out of it other than by its return. One
 * that returns nothing and hands no errno out need not be entered.
 */
#include "follow.h"

#include <stdlib.h>
#include <string.h>

struct collector {
	struct effects *effects;
	struct function *f;
};

static bool listed(const char *const *list, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

static void add_written(struct effects *to, const char *name)
{
	if (!listed(to->written, to->n_written, name))
		push(to->written, to->n_written, to->cap_written) = name;
}

static void add_global(struct effects *to, const char *name)
{
	if (!listed(to->globals, to->n_globals, name))
		push(to->globals, to->n_globals, to->cap_globals) = name;
}

static void add_read(struct effects *to, const char *name)
{
	if (!listed(to->read, to->n_read, name))
		push(to->read, to->n_read, to->cap_read) = name;
}

bool reads(const struct effects *effects, const char *member)
{
	return listed(effects->read, effects->n_read, member);
}

static bool hands_errno(struct function *f, struct expr *call)
{
	struct definition **own;
	bool yes = false;
	int n = own_callees(f, call, &own);

	for (int i = 0; i < n; i++)
		yes |= returns_errno(own[i]);
	free(own);
	return yes;
}

/* Can E be an errno: as it is written, of a helper, or of a variable that holds one? */
static bool may_be_errno(struct function *f, struct expr *e, int depth)
{
	e = bare(e);
	switch (e->kind) {
	case E_ERRNO:
		return true;
	case E_CALL:
		for (int i = 1; i < e->n_kids && callee(e) && (api("carrier", callee(e)) || api("bound", callee(e))); i++)
			if (may_be_errno(f, e->kid[i], depth))
				return true;
		return hands_errno(f, e);
	case E_TERNARY:
		return may_be_errno(f, e->kid[1] ? e->kid[1] : e->kid[0], depth) || may_be_errno(f, e->kid[2], depth);
	case E_BINARY:
		return !strchr("=<>!&", *e->text) && (may_be_errno(f, e->kid[0], depth) || may_be_errno(f, e->kid[1], depth));
	case E_NAME:
		for (int i = 0; depth < 4 && i < f->n_nodes; i++) {
			struct setting s;

			if (setting_in(f, i, e, &s) && s.value && !s.by_address && may_be_errno(f, s.value, depth + 1))
				return true;
		}
		return false;
	default:
		return false;
	}
}

/* What E writes to is no local, and may hold an errno then. */
static void collect_write(struct collector *c, struct expr *target, struct expr *value)
{
	bool global = target->kind == E_NAME && !own_variable(c->f, target->text);
	bool beyond = target->kind == E_MEMBER || target->kind == E_INDEX ||
		      (target->kind == E_UNARY && !strcmp(target->text, "*"));

	if (!beyond && !global)
		return;
	if (global)
		add_global(c->effects, target->text);
	else
		add_written(c->effects, target->kind == E_MEMBER ? target->text : target->kind == E_INDEX ? "[]" : "*");
	if (value && may_be_errno(c->f, value, 0))
		c->effects->hands_out_errno = true;
}

static void collect(struct expr *e, void *data)
{
	struct collector *c = data;
	struct definition **own;
	int n;

	if (e->kind == E_ASSIGN && e->n_kids == 2)
		collect_write(c, bare(e->kid[0]), strcmp(e->text, "=") && strcmp(e->text, "|=") ? NULL : e->kid[1]);
	if (e->kind == E_UNARY && (!strcmp(e->text, "++") || !strcmp(e->text, "--")))
		collect_write(c, bare(e->kid[0]), NULL);
	if (e->kind == E_MEMBER)
		add_read(c->effects, e->text);
	if (e->kind != E_CALL)
		return;
	if (name_called(e) && api("lock", name_called(e)))
		c->effects->locks = true;
	n = own_callees(c->f, e, &own);
	for (int i = 0; i < n; i++) {
		const struct effects *inner = effects_of(own[i]);

		c->effects->locks |= inner->locks;
		c->effects->hands_out_errno |= inner->hands_out_errno;
		for (int k = 0; k < inner->n_written; k++)
			add_written(c->effects, inner->written[k]);
		for (int k = 0; k < inner->n_globals; k++)
			add_global(c->effects, inner->globals[k]);
		for (int k = 0; k < inner->n_read; k++)
			add_read(c->effects, inner->read[k]);
	}
	free(own);
}

const struct effects *effects_of(struct definition *def)
{
	struct function *f = function_of(def);
	struct collector c = { .f = f };

	if (f->effects)
		return f->effects;
	f->effects = c.effects = alloc(sizeof(*c.effects));
	for (int i = 0; i < f->n_nodes; i++)
		if (f->nodes[i].e)
			walk_expr(f->nodes[i].e, collect, &c);
	return f->effects;
}
