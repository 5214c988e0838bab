// SPDX-License-Identifier: GPL-2.0-only
/*
 * Constants: in, a name that a file sees; out, the number it stands for: an enumerator of the folder, or a macro that
 * is arithmetic. Where #if arms differ, where an errno is in it or something that is not known, it stays a name.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 16		/* of names that stand for names */

struct enumerator {
	const struct source *source;
	const char *name;
	bool known;
	long long number;
};

#define ASKED 256

/* Of one folder. */
struct constants {
	const char *dir;
	struct enumerator *list;
	int n, cap;
	struct asked {			/* what was asked, and answered */
		struct asked *next;
		struct enumerator answer;
	} *asked[ASKED];
	struct constants *next;
};

static bool number_of(const struct program *p, const struct source *from, struct expr *e, int depth, long long *out);
static bool named(const struct program *p, const struct source *from, const char *name, int depth, long long *out);

bool fold(const char *op, long long a, long long b, long long *out)
{
	unsigned long long x = a, y = b;

	if (!strcmp(op, "+"))
		*out = x + y;
	else if (!strcmp(op, "-"))
		*out = x - y;
	else if (!strcmp(op, "*"))
		*out = x * y;
	else if (!strcmp(op, "|"))
		*out = x | y;
	else if (!strcmp(op, "&"))
		*out = x & y;
	else if (!strcmp(op, "^"))
		*out = x ^ y;
	else if (!strcmp(op, "<<") && y < 63)
		*out = x << y;
	else if (!strcmp(op, ">>") && y < 63)
		*out = x >> y;
	else
		return false;
	return true;
}

static bool number_of(const struct program *p, const struct source *from, struct expr *e, int depth, long long *out)
{
	long long a, b;
	char *end;

	if (!e || depth > MAX_DEPTH)
		return false;
	e = bare(e);
	switch (e->kind) {
	case E_NUMBER:
		*out = strtoull(e->text, &end, 0);
		return end != e->text && !end[strspn(end, "uUlL")];
	case E_NAME:
		return named(p, from, e->text, depth + 1, out);
	case E_UNARY:
		if (!number_of(p, from, e->kid[0], depth + 1, &a))
			return false;
		*out = !strcmp(e->text, "-") ? (long long)-(unsigned long long)a : !strcmp(e->text, "~") ? ~a : !a;
		return strchr("-~!", *e->text) && !e->text[1];
	case E_BINARY:
		return number_of(p, from, e->kid[0], depth + 1, &a) && number_of(p, from, e->kid[1], depth + 1, &b) &&
		       fold(e->text, a, b, out);
	case E_CALL:
		if (!callee(e) || !api("bit", callee(e)) || e->n_kids != 2 ||
		    !number_of(p, from, e->kid[1], depth + 1, &a))
			return false;
		return fold("<<", 1, a, out);
	default:
		return false;
	}
}

static int behind_braces(const struct token *t, int i, int end)
{
	for (int depth = 0; i < end; i++) {
		depth += is(&t[i], "{");
		if (is(&t[i], "}") && !--depth)
			return i;
	}
	return end;
}

/* enum foo { A, B = 4, C }; from its opening brace on. Where #if decides what follows what, no number is sure. */
static void read_enum(const struct program *p, struct constants *c, const struct source *s, int open, int close)
{
	const struct token *t = s->tokens;
	bool known = true;
	long long next = 0;

	for (int i = open + 1; i < close; i++)
		known &= !t[i].directive;
	if (!known)
		return;
	for (int i = open + 1; i < close;) {
		int to = i + 1;

		for (int depth = 0; to < close && (depth || !is(&t[to], ",")); to++)
			depth += is(&t[to], "(") - is(&t[to], ")");
		if (t[i].kind == T_NAME && i + 2 < to && is(&t[i + 1], "="))
			known = number_of(p, s, parse_tokens(s, i + 2, to), 0, &next);
		else if (to != i + 1)
			known = false;
		if (t[i].kind == T_NAME)
			push(c->list, c->n, c->cap) = (struct enumerator){ s, token_text(&t[i]), known, next };
		next++;
		i = to + 1;
	}
}

static struct constants *constants_of(const struct program *p, const char *dir)
{
	struct constants **list = (struct constants **)&p->constants, *c;

	for (c = *list; c; c = c->next)
		if (!strcmp(c->dir, dir))
			return c;
	c = alloc(sizeof(*c));
	c->dir = dir;
	c->next = *list;
	*list = c;
	for (int i = 0; i < p->n_sources; i++) {
		const struct source *s = p->sources[i];

		for (int k = 0; !strcmp(s->dir, dir) && k < s->n_tokens - 3; k++) {
			int open = is(&s->tokens[k + 1], "{") ? k + 1 : k + 2;

			if (s->tokens[k].directive || !is(&s->tokens[k], "enum") || !is(&s->tokens[open], "{"))
				continue;
			read_enum(p, c, s, open, behind_braces(s->tokens, open, s->n_tokens - 1));
		}
	}
	return c;
}

static bool enumerated(const struct program *p, const struct source *from, const char *name, long long *out)
{
	const struct constants *c = constants_of(p, from->dir);
	bool found = false;

	for (int i = 0; i < c->n; i++) {
		const struct enumerator *e = &c->list[i];

		if ((e->source != from && !is_included(e->source)) || strcmp(e->name, name))
			continue;
		if (!e->known || (found && *out != e->number))
			return false;
		*out = e->number;
		found = true;
	}
	return found;
}

static bool named(const struct program *p, const struct source *from, const char *name, int depth, long long *out)
{
	struct macro **found;
	int n = find_macros(p, from, name, &found);
	bool same = n > 0 && !declared_as(p, from, name, NULL);	/* a variable, in the other arm of an #if */
	long long number = 0;

	for (int i = 0; i < n && same; i++) {
		same = !found[i]->takes_arguments && found[i]->from < found[i]->to &&
		       number_of(p, from, parse_tokens(found[i]->source, found[i]->from, found[i]->to), depth + 1, &number) &&
		       (!i || number == *out);
		*out = number;
	}
	free(found);
	return n ? same : enumerated(p, from, name, out);
}

bool named_constant(const struct program *p, const struct source *from, const char *name, long long *out)
{
	struct constants *c = constants_of(p, from->dir);
	struct asked **list = &c->asked[hash_bytes(0, name, strlen(name)) % ASKED], *a;

	for (a = *list; a; a = a->next)
		if (a->answer.source == from && !strcmp(a->answer.name, name))
			break;
	if (!a) {
		a = alloc(sizeof(*a));
		*a = (struct asked){ *list, { .source = from, .name = copy_string(name) } };
		*list = a;
		a->answer.known = named(p, from, name, 0, &a->answer.number);
	}
	*out = a->answer.number;
	return a->answer.known;
}
