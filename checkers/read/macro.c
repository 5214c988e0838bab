// SPDX-License-Identifier: GPL-2.0-only
/*
 * Macros: in, text of a driver's file in which names may be macros of the driver's folder; out, what they stand
 * for. #, ## and variable arguments are known; where #if arms define a macro more than once, each counts.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define MAX_EXPANSION 65536	/* bytes: what grows beyond that is left as it is */
#define MAX_ARMS 4

/* Macros that are being expanded: they do not expand within themselves. */
struct expanding {
	const struct macro *macro;
	const struct expanding *outer;
};

struct arguments {
	char **list;
	int n, cap;
};

static bool within(const struct expanding *e, const struct macro *m)
{
	for (; e; e = e->outer)
		if (!strcmp(e->macro->name, m->name))
			return true;
	return false;
}

/* The text of tokens [from, to), on one line */
static char *text_of(const struct token *t, int from, int to)
{
	char *s;
	size_t size;
	FILE *f = open_memstream(&s, &size);

	if (!f)
		fatal("out of memory: audit fewer files at once or give this machine more memory");
	for (int i = from; i < to; i++) {
		bool apart = i > from && t[i].s != t[i - 1].s + t[i - 1].len;

		fprintf(f, "%s%.*s", apart ? " " : "", t[i].len, t[i].s);
	}
	fclose(f);
	return s;
}

/* The arguments between the parentheses, the first of which is at I; yields the index of the last. */
static int read_arguments(const struct token *t, int n, int i, const struct macro *m, struct arguments *out)
{
	int depth = 0, start = i + 1;

	for (; i < n; i++) {
		if (t[i].kind != T_PUNCT || t[i].len != 1)
			continue;
		if (strchr("([{", *t[i].s))
			depth++;
		else if (strchr(")]}", *t[i].s))
			depth--;
		if ((depth == 1 && *t[i].s == ',' && !(m->variadic && out->n == m->n_params - 1)) || !depth) {
			push(out->list, out->n, out->cap) = text_of(t, start, i);
			start = i + 1;
		}
		if (!depth)
			return i;
	}
	return -1;
}

static int parameter(const struct macro *m, const struct token *t)
{
	for (int i = 0; i < m->n_params; i++)
		if (is(t, m->params[i]))
			return i;
	return -1;
}

static const char *argument(const struct arguments *a, int i)
{
	return i >= 0 && i < a->n ? a->list[i] : "";
}

/* The body with the arguments in their places */
static char *substitute(const struct macro *m, const struct arguments *a)
{
	const struct token *t = m->source->tokens;
	char *s;
	size_t size;
	FILE *f = open_memstream(&s, &size);

	if (!f)
		fatal("out of memory: audit fewer files at once or give this machine more memory");
	for (int i = m->from; i < m->to; i++) {
		int p = t[i].kind == T_NAME ? parameter(m, &t[i]) : -1;

		if (is(&t[i], "##"))
			continue;
		if (i > m->from && !is(&t[i - 1], "##"))
			fputc(' ', f);
		if (is(&t[i], "#") && i + 1 < m->to && parameter(m, &t[i + 1]) >= 0) {
			fputs("\"\"", f);
			i++;
		} else if (p >= 0) {
			fputs(argument(a, p), f);
		} else if (!(is(&t[i], ",") && i + 2 < m->to && is(&t[i + 1], "##") &&
			     !*argument(a, parameter(m, &t[i + 2])))) {
			fprintf(f, "%.*s", t[i].len, t[i].s);	/* but not the comma of `, ##args` without any */
		}
	}
	fclose(f);
	return s;
}

static char *expand(const struct program *p, const struct source *from, const char *s, const struct expanding *outer);

/* The use of M at token I, which it leaves at its last one; NULL when it is none: its arguments are missing */
static char *expand_use(const struct program *p, const struct source *from, const struct macro *m,
			const struct token *t, int n, int *i, const struct expanding *outer)
{
	struct expanding inner = { m, outer };
	struct arguments a = { 0 };

	if (m->takes_arguments) {
		int last = *i + 1 < n && is(&t[*i + 1], "(") ? read_arguments(t, n, *i + 1, m, &a) : -1;

		if (last < 0)
			return NULL;
		*i = last;
	}
	return expand(p, from, substitute(m, &a), &inner);
}

struct find_errno {
	bool found;
};

static void note_errno(struct expr *e, void *data)
{
	struct find_errno *f = data;

	f->found |= e->kind == E_ERRNO && !e->raw;	/* -1 is no errno in (u64)-1 */
}

/* Is what a name without arguments stands for worth more than the name? A call, a function, an errno */
static bool says_more(const struct program *p, const struct source *from, struct expr *e)
{
	struct find_errno f = { false };
	struct definition **found;
	int n = 0;

	walk_expr(e, note_errno, &f);
	if (f.found || e->kind == E_OPAQUE || bare(e)->kind == E_CALL)
		return true;
	if (bare(e)->kind == E_NAME && errno_exists(bare(e)->text, strlen(bare(e)->text)))
		return true;
	if (bare(e)->kind == E_NAME)
		n = find_definitions(p, from, bare(e)->text, &found);
	return n > 0;
}

/*
 * Is a macro no more than one of the things that its name can be? A constant; or what stands for a variable or a
 * function in the other arm of an #if.
 */
static bool stays_a_name(const struct program *p, const struct source *from, const struct macro *m)
{
	struct definition **own;
	bool constant = !m->takes_arguments;

	for (int i = m->from; i < m->to; i++)
		constant &= m->source->tokens[i].kind == T_NUMBER || is(&m->source->tokens[i], "(") ||
			    is(&m->source->tokens[i], ")");
	if (constant || (!m->takes_arguments && declared_as(p, from, m->name, NULL)))
		return true;
	if (!find_definitions(p, from, m->name, &own))
		return false;
	free(own);
	return true;
}

static char *expand(const struct program *p, const struct source *from, const char *s, const struct expanding *outer)
{
	char *out;
	size_t size;
	int n;
	struct token *t = tokenise(s, strlen(s), &n);
	FILE *f = open_memstream(&out, &size);

	if (!f)
		fatal("out of memory: audit fewer files at once or give this machine more memory");
	for (int i = 0; i < n - 1; i++) {
		struct macro **found = NULL;
		const char *use = NULL;
		int at = i;

		if (i && t[i].s != t[i - 1].s + t[i - 1].len)
			fputc(' ', f);
		if (t[i].kind == T_NAME && strlen(s) < MAX_EXPANSION &&
		    find_macros(p, from, token_text(&t[i]), &found) && !within(outer, found[0]) &&
		    !stays_a_name(p, from, found[0]))
			use = expand_use(p, from, found[0], t, n - 1, &i, outer);
		if (use && !found[0]->takes_arguments && !says_more(p, from, parse_expr(use)))
			use = NULL;
		if (use)
			fputs(use, f);
		else
			fprintf(f, "%.*s", t[at].len, t[at].s);
		free(found);
	}
	fclose(f);
	free(t);
	return out;
}

char *expand_macro(const struct program *p, const struct macro *m, const struct source *from, const char *use)
{
	int n, i = 0;
	struct token *t = tokenise(use, strlen(use), &n);
	char *s = expand_use(p, from, m, t, n - 1, &i, NULL);

	free(t);
	return s;
}

static struct expr *either(struct expr *a, struct expr *b)
{
	struct expr *e = alloc(sizeof(*e)), *arm = alloc(sizeof(*arm));

	*arm = (struct expr){ .kind = E_OPAQUE, .text = "(#if)" };
	*e = (struct expr){ .kind = E_TERNARY, .text = "?" };
	push(e->kid, e->n_kids, e->cap_kids) = arm;
	push(e->kid, e->n_kids, e->cap_kids) = a;
	push(e->kid, e->n_kids, e->cap_kids) = b;
	return e;
}

struct expr *expand_expr(const struct program *p, const struct source *from, struct expr *e, bool statements)
{
	struct expr *name = e && e->kind == E_CALL ? e->kid[0] : e, *all = NULL;
	struct macro **found = NULL;
	int n = 0;

	if (!e || !p)
		return e;
	if (is_call(e, "READ_ONCE") && e->n_kids == 2 && e->kid[1]->kind == E_NAME) {	/* of a variable: its value */
		char *use = expr_text(e);

		e = e->kid[1];
		e->written = use;
		return e;
	}
	if (name->kind == E_NAME)
		n = find_macros(p, from, name->text, &found);
	for (int i = 0; i < n && i < MAX_ARMS; i++) {
		char *use, *s;
		struct expr *arm;

		if (found[i]->takes_arguments != (e->kind == E_CALL) || stays_a_name(p, from, found[i]))
			continue;
		use = expr_text(e);
		s = expand_macro(p, found[i], from, use);
		arm = s ? parse_expr(s) : NULL;
		if (!arm || (arm->kind == E_OPAQUE && !(statements && is_statements(arm))) ||
		    (e->kind == E_NAME && !says_more(p, from, arm)))
			return e;
		arm->written = use;
		all = all && !equal(all, arm) ? either(all, arm) : arm;
	}
	free(found);
	if (all)
		return all;
	for (int i = 0; i < e->n_kids; i++)
		e->kid[i] = expand_expr(p, from, e->kid[i], statements);
	if (e->kind == E_UNARY && !strcmp(e->text, "-") && e->kid[0]->kind == E_NAME && e->kid[0]->written &&
	    errno_exists(e->kid[0]->text, strlen(e->kid[0]->text))) {
		char *use = expr_text(e);	/* -MODE_ERRNO, that is EXDEV */

		*e = (struct expr){ .kind = E_ERRNO, .text = e->kid[0]->text, .written = use };
	}
	return e;
}
