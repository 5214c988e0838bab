// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a search holds: in, the function of a caller in which a search for a domain ends; out, the
 * members of a domain that none of the domains it tries has set, by the text of its folder.
 *
 * A search that goes through a list and passes by every entry without a mark (`if (!x->made_here)
 * continue;`) that only itself sets tries nothing but what it has made. What somebody else in the
 * folder sets in a domain, and nothing it calls does, such a domain does not have.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CALLED 512

struct called {
	const struct definition *list[MAX_CALLED];
	int n;
};

static bool among(const struct called *c, const struct definition *def)
{
	for (int i = 0; i < c->n; i++)
		if (c->list[i] == def)
			return true;
	return false;
}

/* END and whatever of its folder it calls, directly or not. */
static struct called called_from(const struct program *p, const struct definition *end)
{
	struct called c = { .list = { end }, .n = 1 };

	for (int i = 0; i < c.n; i++) {
		const struct definition *d = c.list[i];
		const struct token *t = d->source->tokens;

		for (int k = d->body; k + 1 < d->body_end; k++) {
			struct definition **found;
			char *name;
			int n;

			if (t[k].kind != T_NAME || !is(&t[k + 1], "("))
				continue;
			name = token_text(&t[k]);
			n = find_definitions(p, d->source, name, &found);
			for (int m = 0; m < n; m++)
				if (!among(&c, found[m]) && c.n < MAX_CALLED)
					c.list[c.n++] = found[m];
			free(found);
			free(name);
		}
	}
	return c;
}

/* x->MEMBER = value: where in DEF, from token FROM on; -1 for nowhere. NULL for any member of ->domain. */
static int next_setting(const struct definition *def, int from, const char *member)
{
	const struct token *t = def->source->tokens;

	for (int k = from; k + 2 < def->body_end; k++) {
		if (t[k].kind != T_NAME || !is(&t[k - 1], "->") || !is(&t[k + 1], "="))
			continue;
		if (member ? is(&t[k], member) : is(&t[k - 2], "domain") && !is(&t[k + 2], "NULL"))
			return k;
	}
	return -1;
}

static bool set_elsewhere(const struct program *p, const char *dir, const struct called *own, const char *member)
{
	for (int i = 0; i < p->n_sources; i++)
		for (int k = 0; !strcmp(p->sources[i]->dir, dir) && k < p->sources[i]->n_definitions; k++) {
			const struct definition *d = p->sources[i]->definitions[k];

			if (!among(own, d) && next_setting(d, d->body + 2, member) >= 0)
				return true;
		}
	return false;
}

/* `if (!x->mark) continue;`, where nobody else sets that mark: it tries what it has made itself */
static bool tries_its_own(const struct program *p, const struct definition *end, const struct called *own)
{
	const struct token *t = end->source->tokens;

	for (int k = end->body; k + 7 < end->body_end; k++)
		if (is(&t[k], "if") && is(&t[k + 1], "(") && is(&t[k + 2], "!") && is(&t[k + 4], "->") &&
		    is(&t[k + 6], ")") && is(&t[k + 7], "continue")) {
			char *mark = token_text(&t[k + 5]);
			bool its_own = !set_elsewhere(p, end->source->dir, own, mark) &&
				       next_setting(end, end->body + 2, mark) >= 0;

			free(mark);
			if (its_own)
				return true;
		}
	return false;
}

static const struct definition *same_place(const struct program *p, const struct definition *def)
{
	const struct source *s = find_source(p, def->source->path);

	for (int i = 0; s && i < s->n_definitions; i++)
		if (s->definitions[i]->line == def->line)
			return s->definitions[i];
	return NULL;
}

static bool listed(const json_t *list, const char *member)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (!strcmp(json_string_value(v), member))
			return true;
	return false;
}

json_t *never_held(struct program *p, const struct definition *search)
{
	json_t *list = json_array();
	const struct definition *end;
	struct called own;

	add_folder(p, search->source->dir);
	end = same_place(p, search);
	if (!end)
		return list;
	own = called_from(p, end);
	if (!tries_its_own(p, end, &own))
		return list;
	for (int i = 0; i < p->n_sources; i++)
		for (int k = 0; !strcmp(p->sources[i]->dir, end->source->dir) && k < p->sources[i]->n_definitions; k++) {
			const struct definition *d = p->sources[i]->definitions[k];
			int at = among(&own, d) ? -1 : next_setting(d, d->body + 2, NULL);

			for (; at >= 0; at = next_setting(d, at + 1, NULL)) {
				char *member = token_text(&d->source->tokens[at]);
				bool made = listed(list, member);

				for (int m = 0; m < own.n && !made; m++)
					made = next_setting(own.list[m], own.list[m]->body + 2, member) >= 0;
				if (!made)
					json_array_append_new(list, text(member));
				free(member);
			}
		}
	return list;
}
