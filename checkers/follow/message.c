// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: in, a function of the driver; out, whether it is one that only prints, found from its
 * body, and how loudly. What it prints where it is called belongs to whoever calls it.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

static const char *const levels[] = { "error", "warning", "info", "debug" };

/* 0 for an error .. 3 for debug, 4 for no print function */
static int level_of(const char *name)
{
	int i;

	for (i = 0; i < 4; i++)
		if (api(format("print_%s", levels[i]), name))
			break;
	return i;
}

struct reading_of {
	struct function *f;
	int level;
	bool more;		/* it does something else as well */
};

static bool is_local_of(const struct function *f, struct expr *place)
{
	while (place->kind == E_MEMBER || place->kind == E_INDEX) {
		if (!place->n_kids || (place->kind == E_MEMBER && place->arrow))
			return false;
		place = bare(place->kid[0]);
	}
	for (int i = 0; place->kind == E_NAME && i < f->n_nodes; i++)
		if (f->nodes[i].kind == N_DECLARATION && !strcmp(f->nodes[i].name, place->text))
			return true;
	return false;
}

static void read_expr(struct expr *e, void *data)
{
	struct reading_of *r = data;
	struct definition **own;
	int n;

	if (e->kind == E_ASSIGN)
		r->more |= !is_local_of(r->f, bare(e->kid[0]));
	if (e->kind != E_CALL)
		return;
	if (!callee(e)) {
		r->more = true;
		return;
	}
	if (level_of(callee(e)) < 4) {
		r->level = level_of(callee(e)) < r->level ? level_of(callee(e)) : r->level;
		return;
	}
	n = own_callees(r->f, e, &own);
	for (int i = 0; i < n; i++) {
		const char *level = prints_at(own[i]);

		for (int k = 0; level && k < r->level; k++)
			if (!strcmp(level, levels[k]))
				r->level = k;
		r->more |= !level;
	}
	free(own);
	r->more |= !n && !api("message_part", callee(e)) && !api("same", callee(e)) && !api("transparent", callee(e)) &&
		   !api("register_read", callee(e));
}

const char *prints_at(struct definition *def)
{
	struct reading_of r = { .f = function_of(def), .level = 4 };

	if (strcmp(def->type, "void") || r.f->gap || r.f->busy)
		return NULL;
	r.f->busy = 1;
	for (int i = 0; i < r.f->n_nodes && !r.more; i++)
		if (r.f->nodes[i].e && !r.f->nodes[i].iterator)
			walk_expr(r.f->nodes[i].e, read_expr, &r);
	r.f->busy = 0;
	return r.level < 4 && !r.more ? levels[r.level] : NULL;
}

const char *message_level(struct function *f, struct expr *call)
{
	const char *name = callee(call), *level = NULL;
	struct definition **own;
	int n;

	if (name && level_of(name) < 4)
		return levels[level_of(name)];
	n = own_callees(f, call, &own);
	if (n)
		level = prints_at(own[0]);
	free(own);
	return level;
}
