// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wording: in, a place in a source file; out, the condition or the name that
 * stands there, as it is written. Nothing is decided by it but which macro it was.
 */
#include "../program.h"
#include "wording.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct page {
	const char *path;
	struct bytes content;
	struct token *tokens;
	int n;
	struct page *next;
};

static struct page *pages;

static const struct page *page_of(const char *path)
{
	struct page *p;

	for (p = pages; p; p = p->next)
		if (!strcmp(p->path, path))
			return p;
	p = alloc(sizeof(*p));
	p->path = copy_string(path);
	if (!read_file(path, &p->content))
		p->content = (struct bytes){ .data = copy_string("") };
	p->tokens = tokenise(p->content.data, p->content.size, &p->n);
	p->next = pages;
	pages = p;
	return p;
}

/* Index of the token there, or -1. */
static int token_at(const struct page *p, int line, int column)
{
	int low = 0, high = p->n - 1;

	while (low <= high) {
		int middle = (low + high) / 2;
		const struct token *t = &p->tokens[middle];

		if (t->line == line && t->column == column)
			return t->kind == T_END ? -1 : middle;
		if (t->line < line || (t->line == line && t->column < column))
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

const char *name_at(const char *path, int line, int column)
{
	const struct page *p = page_of(path);
	int i = token_at(p, line, column);

	return i >= 0 && p->tokens[i].kind == T_NAME ? token_text(&p->tokens[i]) : NULL;
}

const struct wording *worded(const char *source)
{
	struct wording *w = alloc(sizeof(*w));
	struct expr *e = bare(parse_expr(source));

	w->text = expr_text(e);
	w->negated = negated_text(e);
	return w;
}

const struct wording *wording_at(const char *path, int line, int column)
{
	const struct page *p = page_of(path);
	int i = token_at(p, line, column), open, close, depth = 0, semicolons = 0, from, to;

	if (i < 0 || p->tokens[i].kind != T_NAME || !is(&p->tokens[i + 1], "("))
		return NULL;
	open = i + 1;
	from = open + 1;
	to = -1;
	for (close = open; p->tokens[close].kind != T_END; close++) {
		const struct token *t = &p->tokens[close];

		if (is(t, "("))
			depth++;
		else if (is(t, ")") && !--depth)
			break;
		else if (is(t, ";") && depth == 1 && semicolons++ == 0)
			from = close + 1;
		else if (is(t, ";") && depth == 1)
			to = close;
	}
	if (p->tokens[close].kind == T_END)
		return NULL;
	if (!is(&p->tokens[i], "if") && !is(&p->tokens[i], "while") && !is(&p->tokens[i], "switch") &&
	    !is(&p->tokens[i], "for")) {
		from = i;			/* an iterator macro speaks for itself */
		to = close + 1;
	} else if (to < 0) {
		to = close;
	}
	if (from >= to)
		return NULL;
	return worded(copy_bytes(p->tokens[from].s, p->tokens[to - 1].s + p->tokens[to - 1].len - p->tokens[from].s));
}
