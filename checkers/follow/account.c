// SPDX-License-Identifier: GPL-2.0-only
/*
 * Account: in, a function that was walked and the sites that came of it; out, the first thing in its text that is
 * neither: a call of the driver's own that nobody can tell, an errno that no site has and that nothing accounts for.
 *
 * An errno needs no site where it is compared with, where it is the value of a way that cannot be, or where it is
 * given to a variable, a structure or a function that the walk follows: the walk has looked there. What arithmetic,
 * another subsystem's function or a macro makes of one is not followed; a site is the only proof that it was seen.
 */
#include "program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct account {
	struct function *f;
	const struct node *node;
	const struct seen_errno *seen;
	int n_seen;
	const char *gap;
};

static bool has_site(const struct account *a, const char *file, int line, const char *name)
{
	for (int i = 0; i < a->n_seen; i++)
		if ((a->seen[i].line == line || a->seen[i].constant_line == line) && !strcmp(a->seen[i].name, name) &&
		    !strcmp(a->seen[i].file, file))
			return true;
	return false;
}

/* A macro of the kernel, by its name, may jump, whatever is done with its value. */
static bool shouts(const char *name)
{
	for (; name && *name; name++)
		if (islower((unsigned char)*name))
			return false;
	return name != NULL;
}

static void note_errno(struct expr *e, void *data)
{
	const char **name = data;

	if (e->kind == E_ERRNO && !e->raw && !*name)
		*name = e->text;
}

/* What a local starts with is no table: the walk has it where it is one of those. */
static bool starts_local(const struct given *g)
{
	for (int i = 0; i < g->source->n_definitions; i++) {
		const struct definition *d = g->source->definitions[i];
		const struct token *t = d->source->tokens;

		for (int k = d->body; k < d->body_end; k++) {
			int first = k;

			if (t[k].line != g->line || !is(&t[k], g->object) || !is(&t[k + 1], "="))
				continue;
			while (first > d->body + 1 && !is(&t[first - 1], ";") && !is(&t[first - 1], "{"))
				first--;
			return first < k && !is(&t[first], "static");
		}
	}
	return false;
}

/* An errno that this value has, and no site; USED is the line of its use. */
static const char *lost_value(const struct account *a, const struct given *given, int used)
{
	const char *name = NULL;

	if (starts_local(given))
		return NULL;
	walk_expr(given->value, note_errno, &name);
	if (!name || has_site(a, given->source->path, bare(given->value)->line, name) ||
	    has_site(a, given->source->path, given->line, name) || has_site(a, a->f->def->source->path, used, name))
		return NULL;
	return name;
}

/* hw->err, where a table of the driver gives an errno to err */
static const char *member_errno(const struct account *a, const struct expr *e)
{
	const struct given **given = NULL;
	const char *name = NULL;
	int n = own_member(context.program, a->f->def->source, e->text) ?
		find_given(context.program, a->f->def->source, "", NULL, e->text, &given) : 0;

	for (int i = 0; i < n && !name; i++)
		name = lost_value(a, given[i], a->node->line);
	if (n)
		free(given);
	return name;
}

/* xchg(&ret, -EINVAL): another subsystem's function that can store what it is given in a number of F's own */
static bool given_a_local(const struct function *f, const struct expr *call)
{
	for (int i = 1; i < call->n_kids; i++) {
		const struct expr *arg = bare(call->kid[i]), *to = arg->kind == E_UNARY && !strcmp(arg->text, "&") ?
								   bare(arg->kid[0]) : NULL;

		for (int k = 0; to && to->kind == E_NAME && k < f->n_nodes; k++)
			if (f->nodes[k].kind == N_DECLARATION && !strcmp(f->nodes[k].name, to->text) && f->nodes[k].type &&
			    (!strcmp(f->nodes[k].type, "int") || !strcmp(f->nodes[k].type, "long")))
				return true;
	}
	return false;
}

/* LOST: what is made of E's kids here is not followed. */
static void account_for(struct account *a, struct expr *e, bool lost)
{
	bool unused = e == a->node->e && a->node->kind == N_PLAIN;
	struct definition **own = NULL;
	int n;

	if (!e || a->gap)
		return;
	switch (e->kind) {
	case E_ERRNO:
		if (lost && !e->raw && !has_site(a, a->f->def->source->path, e->line, e->text))
			a->gap = format("line %d: what becomes of -%s is not followed", e->line, e->text);
		return;
	case E_BINARY:
		if (compares(e->text))
			return;
		lost |= strcmp(e->text, "&&") && strcmp(e->text, "||") && strcmp(e->text, ",");
		break;
	case E_UNARY:
		lost |= strcmp(e->text, "!") != 0;
		break;
	case E_INDEX:
	case E_OPAQUE:
		lost = true;
		break;
	case E_CALL:
		if (!unused && unknown_callee(a->f, e)) {
			a->gap = format("line %d: what `%.60s` calls is not known", a->node->line, expr_text(e->kid[0]));
			return;
		}
		n = own_callees(a->f, e, &own);
		free(own);
		/* given to a function whose result nobody takes, or that is followed */
		lost = !n && (!unused || shouts(callee(e)) || given_a_local(a->f, e)) &&
		       !(callee(e) && (api("carrier", callee(e)) || api("message_carrier", callee(e)) || api("warn", callee(e))));
		break;
	case E_MEMBER:
		if (e->n_kids && !lost && member_errno(a, e))
			a->gap = format("line %d: -%s, that a table gives to %s, is not followed", a->node->line,
					member_errno(a, e), e->text);
		break;
	default:
		break;
	}
	for (int i = 0; i < e->n_kids; i++)
		account_for(a, e->kid[i], lost);
}

struct named {
	const char *name;
	int from, to;		/* lines */
	bool found;
};

static void look_for_errno(struct expr *e, void *data)
{
	struct named *n = data;

	n->found |= e->kind == E_ERRNO && !strcmp(e->text, n->name) && e->line >= n->from && e->line <= n->to;
}

/* Each errno that the text names stands in the graph, is compared with, or is a case. */
static const char *unread_errno(const struct function *f)
{
	const struct definition *d = f->def;
	const struct token *t = d->source->tokens;

	for (int i = d->body + 1; i < d->body_end; i++) {
		struct named n = { .from = t[i].line - 4, .to = t[i].line };
		int before = i - 1, after = i + 1;

		if (t[i].kind != T_NAME || t[i].directive || !errno_exists(t[i].s, t[i].len))
			continue;
		n.name = token_text(&t[i]);
		while (before > d->body && (is(&t[before], "-") || is(&t[before], "(")))
			before--;
		while (is(&t[after], ")"))
			after++;
		n.found = compares(token_text(&t[before])) || compares(token_text(&t[after])) || is(&t[before], "case") ||
			  is(&t[before], "...") || is(&t[after], "...");
		for (int k = 0; k < f->n_nodes && !n.found; k++)
			if (f->nodes[k].e)
				walk_expr(f->nodes[k].e, look_for_errno, &n);
		if (!n.found)
			return format("line %d: %s is named, and what becomes of it is not known", t[i].line, n.name);
	}
	return NULL;
}

/* A table of constants that the function reads, and an errno in it that no site has */
static const char *unread_table(struct account *a)
{
	const struct definition *d = a->f->def;
	const struct token *t = d->source->tokens;

	for (int i = d->body + 1; i < d->body_end; i++) {
		const struct given **given = NULL;
		char *name;
		int n;

		if (t[i].kind != T_NAME || t[i].directive || is(&t[i - 1], ".") || is(&t[i - 1], "->"))
			continue;
		name = token_text(&t[i]);
		n = find_given(context.program, d->source, "", name, NULL, &given);
		for (int k = 0; k < n; k++) {
			const char *lost = lost_value(a, given[k], t[i].line);

			if (lost)
				return format("line %d: -%s stands in the table %s, and is not followed", t[i].line, lost, name);
		}
		if (n)
			free(given);
	}
	return NULL;
}

const char *unaccounted(struct function *f, const struct seen_errno *seen, int n_seen)
{
	struct account a = { .f = f, .seen = seen, .n_seen = n_seen };

	for (int i = 0; i < f->n_nodes && !a.gap; i++) {
		a.node = &f->nodes[i];
		account_for(&a, a.node->e, false);
	}
	if (!a.gap)
		a.gap = unread_errno(f);
	if (!a.gap)
		a.gap = unread_table(&a);
	return a.gap;
}
