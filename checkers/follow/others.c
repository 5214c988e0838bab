// SPDX-License-Identifier: GPL-2.0-only
/*
 * Others: in, a helper of a driver; out, the operations besides attaching that come to it, by
 * the text of the driver's folder: whoever edits it edits what they return as well. Through
 * functions that hand something back; one that returns nothing passes no errno on.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define CALLS 8192
#define MAX_WAYS 512		/* functions above one helper */

/* NAME is called, or handed on, in CALLER. */
struct call {
	const char *name;
	struct definition *caller;
	struct call *next;
};

static struct call **calls;

/* `.op = function`, `.op = &function` in a table. */
struct bound {
	const char *op, *function;
	const struct source *source;
};

static struct bound *bounds;
static int n_bounds, cap_bounds;

/* What is known already. */
struct answer {
	const struct definition *def;
	json_t *list;
	struct answer *next;
};

static struct answer *answers[CALLS];

static struct call **calls_named(const char *name)
{
	return &calls[hash_bytes(0, name, strlen(name)) % CALLS];
}

static void note_call(const struct token *t, struct definition *caller)
{
	char *name = token_text(t);
	struct call **head = calls_named(name), *c;

	for (c = *head; c && c->caller == caller; c = c->next)	/* its own stand first */
		if (!strcmp(c->name, name)) {
			free(name);
			return;
		}
	c = alloc(sizeof(*c));
	*c = (struct call){ .name = name, .caller = caller, .next = *head };
	*head = c;
}

static void note_bound(const struct source *s, int t)
{
	int value = t + (is(&s->tokens[t + 2], "&") ? 3 : 2);
	char *op = token_text(&s->tokens[t]);

	if (value < s->n_tokens && s->tokens[value].kind == T_NAME && api("errno_operation", op))
		push(bounds, n_bounds, cap_bounds) = (struct bound){
			.op = op, .function = token_text(&s->tokens[value]), .source = s };
}

/* Every name in a function's body that a parenthesis follows, or that is an argument alone. */
static void learn_calls(void)
{
	calls = alloc(CALLS * sizeof(*calls));
	for (int i = 0; i < context.program->n_sources; i++) {
		const struct source *s = context.program->sources[i];

		for (int t = 1; t + 3 < s->n_tokens; t++)
			if (s->tokens[t].kind == T_NAME && is(&s->tokens[t - 1], ".") && is(&s->tokens[t + 1], "="))
				note_bound(s, t);
		for (int k = 0; k < s->n_definitions; k++) {
			struct definition *d = s->definitions[k];

			for (int t = d->body; t + 1 < d->body_end; t++)
				if (s->tokens[t].kind == T_NAME &&
				    (is(&s->tokens[t + 1], "(") ||
				     ((is(&s->tokens[t - 1], ",") || is(&s->tokens[t - 1], "(")) &&
				      (is(&s->tokens[t + 1], ",") || is(&s->tokens[t + 1], ")")))))
					note_call(&s->tokens[t], d);
		}
	}
}

/* Can NAME, used in this source, be that definition? */
static bool means(const struct source *from, const struct definition *def)
{
	struct definition **found;
	int n = find_definitions(context.program, from, def->name, &found);
	bool yes = false;

	for (int i = 0; i < n; i++)
		yes |= found[i] == def;
	free(found);
	return yes;
}

/* The other operations that the folder binds this function to. */
static void add_operations(json_t *list, const struct definition *def)
{
	for (int i = 0; i < n_bounds; i++) {
		const struct bound *b = &bounds[i];
		json_t *row;
		size_t k;
		bool known = false;

		if (strcmp(b->function, def->name) || strcmp(b->source->dir, def->source->dir) || !means(b->source, def))
			continue;
		json_array_foreach(list, k, row)
			known |= !strcmp(str(row, "function"), def->name) && !strcmp(str(row, "op"), b->op);
		if (!known)
			json_array_append_new(list, json_pack("{so so}", "op", text(b->op), "function", text(def->name)));
	}
}

static bool returns_something(const struct definition *def)
{
	return strcmp(def->type, "void");
}

static json_t *find_others(struct definition *def)
{
	struct definition *ways[MAX_WAYS] = { def };
	json_t *list = json_array();
	int n = 1;

	for (int i = 0; i < n; i++) {
		add_operations(list, ways[i]);
		for (const struct call *c = *calls_named(ways[i]->name); c; c = c->next) {
			bool known = strcmp(c->name, ways[i]->name) || !returns_something(c->caller);

			for (int k = 0; k < n && !known; k++)
				known = ways[k] == c->caller;
			if (!known && n < MAX_WAYS && means(c->caller->source, ways[i]))
				ways[n++] = c->caller;
		}
	}
	return list;
}

json_t *other_operations(struct definition *def)
{
	uintptr_t key = (uintptr_t)def;
	struct answer **head = &answers[hash_bytes(0, &key, sizeof(key)) % CALLS], *a;

	if (!calls)
		learn_calls();
	for (a = *head; a; a = a->next)
		if (a->def == def)
			return json_incref(a->list);
	a = alloc(sizeof(*a));
	*a = (struct answer){ .def = def, .list = find_others(def), .next = *head };
	*head = a;
	return json_incref(a->list);
}
