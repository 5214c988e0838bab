// SPDX-License-Identifier: GPL-2.0-only
/*
 * Normal forms: in, a check, which is a comparison that a branch makes, in its frame; out, the same in
 * words that do not depend on where and how it is written: "DOMAIN.unit != dev_iommu_priv_get(DEV).unit".
 * An operation and the one that tests for it are compared by them.
 *
 * Locals and parameters are what they were set to, helpers what they return, a part of the driver's
 * own domain is a part of DOMAIN. Operands of == stand in the order of the alphabet, > is < turned round.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 24		/* of what something was set to */
#define MAX_WORDS 4096		/* of one check */

struct meaning {
	struct frame *fr;
	int node, depth;
	int *left;		/* how many words more */
	const struct meaning *of;	/* what is set where this is read; NULL */
};

static const char *meaning_of(struct meaning m, struct expr *e);

/* "a", "(a | b)": each once, without "0" where there are others. */
static const char *any_of(const char **list, int n)
{
	const char *text = "";
	int kept = 0;

	if (n)
		qsort(list, n, sizeof(*list), by_text);
	for (int i = 0; i < n; i++)
		if ((n == 1 || strcmp(list[i], "0")) && (!i || strcmp(list[i], list[i - 1]))) {
			text = format("%s%s%s", text, kept ? " | " : "", list[i]);
			kept++;
		}
	return kept > 1 ? format("(%s)", text) : kept ? text : n ? "0" : "?";
}

static const char *meaning_of_parameter(struct meaning m, int index)
{
	struct frame *fr = m.fr;
	const struct operation *op = operation_named(fr->op);
	const char *word = op ? role_word(role_of(op, fr->f->def->params, fr->f->def->n_params, index)) : "";

	if (!fr->caller)
		return *word ? word : format("parameter %d", index + 1);
	if (fr->indirect || index + 1 >= fr->call->n_kids)
		return "?";
	m.node = fr->node;
	m.fr = fr->caller;
	return meaning_of(m, fr->call->kid[index + 1]);
}

/* Is what this setting gives being looked for already? A loop sets it again. */
static bool again(const struct meaning *m, const struct frame *fr, int node)
{
	for (; m; m = m->of)
		if (m->fr == fr && m->node == node)
			return true;
	return false;
}

/* What it was set to here; NULL for something that this function does not set. */
static const char *meaning_of_settings(struct meaning m, struct expr *e)
{
	struct settings s = settings_of(m.fr->f, e, m.node, false);
	const char **list = NULL, *text;
	int n = 0, cap = 0;

	for (int i = 0; i < s.n; i++) {
		const struct setting *set = &s.list[i];
		const struct node *at = &m.fr->f->nodes[set->node];
		struct meaning then = m;

		then.node = set->node;
		then.of = &m;
		if (!set->parameter && again(&m, m.fr, set->node))
			continue;
		if (set->parameter)
			push(list, n, cap) = meaning_of_parameter(m, parameter_index(m.fr->f->def, e->text));
		else if (set->value && at->iterator)
			push(list, n, cap) = format("each of %s", meaning_of(then, at->e->kid[at->e->n_kids > 2 ? 2 : 1]));
		else if (set->value && !equal(bare(set->value), e))
			push(list, n, cap) = format("%s%s", set->by_address ? "filled by " : set->partly ? "part of " : "",
						    meaning_of(then, set->value));
	}
	text = n && (e->kind == E_NAME || !s.may_be_unset) ? any_of(list, n) : NULL;
	free(s.list);
	return text;
}

static const char *meaning_of_name(struct meaning m, struct expr *e)
{
	const char *text;

	if (null_or_zero(e) || !strcmp(e->text, "false"))
		return "0";
	if (!strcmp(e->text, "true"))
		return "1";
	text = meaning_of_settings(m, e);
	return text ? text : e->text;
}

/* A call of the driver's own: what it returns; NULL where that is more than a value. */
static const char *meaning_of_own(struct meaning m, struct expr *e)
{
	struct definition **own;
	const char **list = NULL;
	int n = own_callees(m.fr->f, e, &own), values = 0, cap = 0;
	struct frame *inner = n == 1 && !returns_errno(own[0]) ? enter_helper(m.fr, own[0], e, m.node) : NULL;

	for (int i = 0; inner && i < inner->f->n_nodes; i++)
		if (inner->f->nodes[i].kind == N_RETURN && inner->f->nodes[i].e) {
			struct meaning at = { .fr = inner, .node = i, .depth = m.depth, .left = m.left };

			push(list, values, cap) = meaning_of(at, inner->f->nodes[i].e);
		}
	free(own);
	return values ? any_of(list, values) : NULL;
}

static const char *meaning_of_call(struct meaning m, struct expr *e)
{
	const char *name = callee(e), *text = meaning_of_own(m, e);

	if (text)
		return text;
	if (name && e->n_kids >= 2 && (api("same", name) || api("load", name) || api("carrier", name)))
		return meaning_of(m, e->kid[1]);
	text = name ? name : meaning_of(m, e->kid[0]);
	for (int i = 1; i < e->n_kids; i++)
		text = format("%s%s%s", text, i > 1 ? ", " : "(", meaning_of(m, e->kid[i]));
	return format("%s%s", text, e->n_kids > 1 ? ")" : "()");
}

/* The driver's own domain holds the core's: DOMAIN.domain is DOMAIN. */
static const char *meaning_of_member(struct meaning m, struct expr *e)
{
	const char *text = meaning_of_settings(m, e), *base;

	if (text)
		return text;
	base = e->n_kids ? meaning_of(m, e->kid[0]) : "";
	if (!strcmp(base, "DOMAIN") && has_type(context.program, m.fr->f->def->source, e->text, "struct iommu_domain"))
		return base;
	return format("%s.%s", base, e->text);
}

/* A comparison, or arithmetic, with its operands in one order. */
static const char *in_order(const char *op, const char *a, const char *b)
{
	static const char *const either_way[] = { "==", "!=", "&", "|", "^", "+", "*" };
	bool swap = *op == '>' && op[1] != '>';

	for (size_t i = 0; i < sizeof(either_way) / sizeof(*either_way); i++)
		swap |= !strcmp(either_way[i], op) && strcmp(a, b) > 0;
	return swap ? format("%s %s %s", b, turned_round(op), a) : format("%s %s %s", a, op, b);
}

/* Which element, where that is always the same one; of others any is meant. */
static const char *constant_index(struct meaning m, struct expr *e)
{
	const struct definition *def = m.fr->f->def;
	bool local = e->kind == E_NAME && parameter_index(def, e->text) >= 0;

	for (int i = 0; e->kind == E_NAME && i < m.fr->f->n_nodes; i++)
		local |= m.fr->f->nodes[i].kind == N_DECLARATION && !strcmp(m.fr->f->nodes[i].name, e->text);
	return (e->kind == E_NAME && !local) || e->kind == E_NUMBER ? e->text : "";
}

/* p ? p->x : NULL is what is there, if there is something */
static const char *meaning_of_choice(struct meaning m, struct expr *e)
{
	const char *arms[] = { meaning_of(m, e->kid[e->kid[1] ? 1 : 0]), meaning_of(m, e->kid[2]) };

	if (!strcmp(arms[0], "0") || !strcmp(arms[1], "0"))
		return any_of(arms, 2);
	return format("(%s ? %s : %s)", meaning_of(m, e->kid[0]), arms[0], arms[1]);
}

static const char *meaning_of(struct meaning m, struct expr *e)
{
	e = bare(e);
	if (++m.depth > MAX_DEPTH || --*m.left < 0)
		return "?";
	switch (e->kind) {
	case E_NAME:
		return meaning_of_name(m, e);
	case E_NUMBER:
		return format("%lld", strtoll(e->text, NULL, 0));
	case E_MEMBER:
		return meaning_of_member(m, e);
	case E_INDEX:
		return format("%s[%s]", meaning_of(m, e->kid[0]), constant_index(m, bare(e->kid[1])));
	case E_UNARY:
		return !strcmp(e->text, "&") || !strcmp(e->text, "*") ? meaning_of(m, e->kid[0]) :
		       format("%s%s", e->text, meaning_of(m, e->kid[0]));
	case E_BINARY:
		return format("(%s)", in_order(e->text, meaning_of(m, e->kid[0]), meaning_of(m, e->kid[1])));
	case E_ASSIGN:
		return meaning_of(m, e->kid[1]);
	case E_TERNARY:
		return meaning_of_choice(m, e);
	case E_CALL:
		return meaning_of_call(m, e);
	default:
		return expr_text(e);
	}
}

char *normal_form(struct frame *fr, int node, const char *op, struct expr *left, struct expr *right)
{
	int words = MAX_WORDS;
	struct meaning m = { .fr = fr, .node = node, .left = &words };
	const char *a = meaning_of(m, left);

	if (right)
		return copy_string(in_order(op, a, meaning_of(m, right)));
	/* of an errno: less than 0, or not 0 */
	return format("%s %s", strcmp(op, "negative") ? op : "set", a);
}
