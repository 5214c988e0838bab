// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expressions: in, the text of a C expression as spatch prints it; out, a tree.
 * Precedence climbing over the tokens of source.c. What cannot be parsed is one
 * opaque node, which the front end reports where it could hide an errno.
 */
#include "program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct token *t;
	int i;
	bool placed;		/* tokens of a file: they know where they stand */
	bool bad;
};

static struct expr *make(enum expr_kind kind, const char *text)
{
	struct expr *e = alloc(sizeof(*e));

	e->kind = kind;
	e->text = text;
	return e;
}

static void adopt(struct expr *e, struct expr *kid)
{
	push(e->kid, e->n_kids, e->cap_kids) = kid;
}

static bool at(const struct parser *p, const char *s)
{
	return p->t[p->i].kind != T_END && is(&p->t[p->i], s);
}

static bool take(struct parser *p, const char *s)
{
	if (!at(p, s))
		return false;
	p->i++;
	return true;
}

static struct expr *parse_assign(struct parser *p);
static struct expr *parse_comma(struct parser *p);
static struct expr *parse_cast(struct parser *p);

static bool type_word(const struct token *t)
{
	static const char *const words[] = {
		"struct", "union", "enum", "const", "volatile", "unsigned", "signed", "void", "char",
		"short", "int", "long", "bool", "typeof", "__typeof__", "static", "u8", "u16", "u32", "u64",
		"s8", "s16", "s32", "s64", "size_t", "phys_addr_t", "dma_addr_t", "__le16", "__le32", "__le64",
		"__be32", "__be64", "uintptr_t", "__u8", "__u16", "__u32", "__u64", "__iomem", "__force",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is(t, words[i]))
			return true;
	return false;
}

/* Index after the bracket that closes the one at i, or -1. */
static int after_bracket(const struct token *t, int i)
{
	int depth = 0;

	for (; t[i].kind != T_END; i++) {
		if (t[i].kind != T_PUNCT || t[i].len != 1)
			continue;
		if (strchr("([{", *t[i].s))
			depth++;
		else if (strchr(")]}", *t[i].s) && !--depth)
			return i + 1;
	}
	return -1;
}

static char *raw(const struct token *t, int from, int to)
{
	const char *end = to > from ? t[to - 1].s + t[to - 1].len : t[from].s;

	return copy_bytes(t[from].s, end - t[from].s);
}

/* At "(": is it a cast or compound literal, "(type)"? */
static bool cast_ahead(const struct parser *p)
{
	const struct token *t = &p->t[p->i + 1];
	int i = 0;

	if (t->kind != T_NAME)
		return false;
	if (type_word(t))
		return true;
	while (t[i].kind == T_NAME)
		i++;
	if (is(&t[i], "*")) {
		while (is(&t[i], "*"))
			i++;
		return is(&t[i], ")");
	}
	/* (name) value */
	return i == 1 && is(&t[1], ")") && (t[2].kind == T_NAME || t[2].kind == T_NUMBER || is(&t[2], "{"));
}

/* { a, .b = c, [d] = e } */
static struct expr *parse_list(struct parser *p)
{
	struct expr *list = make(E_LIST, "");

	take(p, "{");
	while (!p->bad && !at(p, "}")) {
		struct expr *member = NULL;

		struct expr *inner = list;

		/* .a.b[1] = c is .a = { .b = { [1] = c } } */
		while ((at(p, ".") && p->t[p->i + 1].kind == T_NAME) || at(p, "[")) {
			struct expr *assign = make(E_ASSIGN, "=");
			int after = at(p, "[") ? after_bracket(p->t, p->i) : p->i + 2;

			if (after < 0)
				break;
			if (member) {
				struct expr *nested = make(E_LIST, "");

				adopt(inner->kid[inner->n_kids - 1], nested);
				inner = nested;
			}
			member = make(E_MEMBER, at(p, "[") ? "[]" : token_text(&p->t[p->i + 1]));
			adopt(assign, member);
			adopt(inner, assign);
			p->i = after;
		}
		if (!member && p->t[p->i].kind == T_NAME && is(&p->t[p->i + 1], ":")) {	/* a: value */
			member = make(E_MEMBER, token_text(&p->t[p->i++]));
			adopt(list, make(E_ASSIGN, "="));
			adopt(list->kid[list->n_kids - 1], member);
		}
		if (member) {
			struct expr *value;

			if (!take(p, "="))
				take(p, ":");
			value = at(p, "{") ? parse_list(p) : parse_assign(p);
			adopt(inner->kid[inner->n_kids - 1], value);
		} else {
			adopt(list, at(p, "{") ? parse_list(p) : parse_assign(p));
		}
		if (!take(p, ","))
			break;
	}
	if (!take(p, "}"))
		p->bad = true;
	return list;
}

static bool statement_word(const struct token *t)
{
	static const char *const words[] = { "return", "goto", "if", "else", "do", "while", "for", "switch", "break",
					     "continue", "case", "default" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is(t, words[i]))
			return true;
	return false;
}

static struct expr *parse_primary(struct parser *p)
{
	const struct token *t = &p->t[p->i];

	if (is(t, "(") && p->t[p->i].kind == T_PUNCT) {
		struct expr *e;
		int after = after_bracket(p->t, p->i);

		if (after < 0) {
			p->bad = true;
			return make(E_OPAQUE, "");
		}
		if (is(&t[1], "{")) {		/* ({ statements }) */
			e = make(E_OPAQUE, raw(p->t, p->i, after));
			p->i = after;
			return e;
		}
		p->i++;
		e = parse_comma(p);
		if (!take(p, ")"))
			p->bad = true;
		return e;
	}
	if (is(t, "{"))
		return parse_list(p);
	if (t->kind == T_STRING) {
		int from = p->i;

		/* "a" PRIx64 "b" */
		while (p->t[p->i].kind == T_STRING ||
		       (p->t[p->i].kind == T_NAME && p->t[p->i - 1].kind == T_STRING))
			p->i++;
		return make(E_STRING, raw(p->t, from, p->i));
	}
	if (t->kind == T_NUMBER) {
		p->i++;
		return make(E_NUMBER, token_text(t));
	}
	if (t->kind == T_NAME && type_word(t) && !is(t, "typeof")) {	/* a type as an argument */
		int from = p->i;

		while (p->t[p->i].kind == T_NAME || at(p, "*"))
			p->i++;
		return make(E_STRING, raw(p->t, from, p->i));
	}
	if (t->kind == T_NAME && !statement_word(t)) {
		p->i++;
		/* KERN_ERR "text" */
		if (p->t[p->i].kind == T_STRING)
			return parse_primary(p);
		return make(E_NAME, token_text(t));
	}
	p->bad = true;
	return make(E_OPAQUE, "");
}

static struct expr *parse_postfix(struct parser *p)
{
	struct expr *e = parse_primary(p);

	while (!p->bad) {
		struct expr *outer;

		if (take(p, "(")) {
			outer = make(E_CALL, "");
			adopt(outer, e);
			while (!p->bad && !at(p, ")")) {
				adopt(outer, parse_assign(p));
				if (!take(p, ","))
					break;
			}
			if (!take(p, ")"))
				p->bad = true;
		} else if (take(p, "[")) {
			outer = make(E_INDEX, "");
			adopt(outer, e);
			adopt(outer, parse_comma(p));
			if (!take(p, "]"))
				p->bad = true;
		} else if ((at(p, ".") || at(p, "->")) && p->t[p->i + 1].kind == T_NAME) {
			outer = make(E_MEMBER, token_text(&p->t[p->i + 1]));
			outer->arrow = at(p, "->");
			adopt(outer, e);
			p->i += 2;
		} else if (at(p, "++") || at(p, "--")) {
			outer = make(E_UNARY, token_text(&p->t[p->i++]));
			adopt(outer, e);
		} else {
			break;
		}
		e = outer;
	}
	return e;
}

bool names_errno(const char *s, int len)
{
	/* include/linux/errno.h: an underscore alone does not tell one from -ENTRY_SIZE */
	static const char *const others[] = { "EPROBE_DEFER", "ERESTART_RESTARTBLOCK" };

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if ((int)strlen(others[i]) == len && !strncmp(s, others[i], len))
			return true;
	if (len < 2 || *s != 'E')
		return false;
	for (int i = 1; i < len; i++)
		if (!isupper((unsigned char)s[i]) && !isdigit((unsigned char)s[i]))
			return false;
	return true;
}

static bool one(const char *s)
{
	return !strcmp(s, "1");
}

static struct expr *parse_unary(struct parser *p)
{
	static const char *const prefix[] = { "!", "-", "~", "*", "&", "+", "++", "--", "&&" };

	if (at(p, "sizeof")) {
		int from = p->i++;
		int after = at(p, "(") ? after_bracket(p->t, p->i) : -1;

		if (after < 0)
			parse_unary(p);
		else
			p->i = after;
		return make(E_NUMBER, raw(p->t, from, p->i));
	}
	for (size_t i = 0; i < sizeof(prefix) / sizeof(*prefix); i++) {
		const struct token *sign = &p->t[p->i + 1];
		struct expr *e, *kid;

		if (!take(p, prefix[i]))
			continue;
		kid = parse_cast(p);
		if (!strcmp(prefix[i], "-") && kid->kind == E_NAME &&
		    names_errno(kid->text, strlen(kid->text))) {
			e = make(E_ERRNO, kid->text);
			if (p->placed) {
				e->line = sign->line;
				e->column = sign->column;
			}
			return e;
		}
		if (!strcmp(prefix[i], "-") && kid->kind == E_NUMBER && one(kid->text)) {
			e = make(E_ERRNO, "EPERM");
			e->raw = true;
			return e;
		}
		e = make(E_UNARY, prefix[i]);
		adopt(e, kid);
		return e;
	}
	return parse_postfix(p);
}

static struct expr *parse_cast(struct parser *p)
{
	if (at(p, "(") && cast_ahead(p)) {
		int after = after_bracket(p->t, p->i);
		struct expr *e;

		if (after < 0) {
			p->bad = true;
			return make(E_OPAQUE, "");
		}
		e = make(E_CAST, raw(p->t, p->i + 1, after - 1));
		p->i = after;
		adopt(e, at(p, "{") ? parse_list(p) : parse_cast(p));
		return e;
	}
	return parse_unary(p);
}

static int precedence(const struct token *t)
{
	static const struct { const char *op; int level; } table[] = {
		{ "*", 10 }, { "/", 10 }, { "%", 10 }, { "+", 9 }, { "-", 9 }, { "<<", 8 }, { ">>", 8 },
		{ "<", 7 }, { ">", 7 }, { "<=", 7 }, { ">=", 7 }, { "==", 6 }, { "!=", 6 }, { "&", 5 },
		{ "^", 4 }, { "|", 3 }, { "&&", 2 }, { "||", 1 },
		{ "...", 1 },	/* case a ... b: */
	};

	if (t->kind != T_PUNCT)
		return 0;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (is(t, table[i].op))
			return table[i].level;
	return 0;
}

/* (u64)-1 << 12, x & -1: all bits, and no errno */
static struct expr *all_bits(struct expr *e, const char *op)
{
	struct expr *x = bare(e);

	if (x->kind == E_ERRNO && x->raw && strchr("+-*/%<>&|^", *op) && strcmp(op, "<") && strcmp(op, ">") &&
	    strcmp(op, "<=") && strcmp(op, ">=") && strcmp(op, "&&") && strcmp(op, "||"))
		*x = (struct expr){ .kind = E_NUMBER, .text = "-1", .line = x->line, .column = x->column };
	return e;
}

static struct expr *parse_binary(struct parser *p, int least)
{
	struct expr *left = parse_cast(p);
	int level;

	while (!p->bad && (level = precedence(&p->t[p->i])) && level >= least) {
		struct expr *e = make(E_BINARY, token_text(&p->t[p->i++]));

		adopt(e, all_bits(left, e->text));
		adopt(e, all_bits(parse_binary(p, level + 1), e->text));
		left = e;
	}
	return left;
}

static struct expr *parse_ternary(struct parser *p)
{
	struct expr *c = parse_binary(p, 1), *e;

	if (!take(p, "?"))
		return c;
	e = make(E_TERNARY, "?");
	adopt(e, c);
	adopt(e, at(p, ":") ? NULL : parse_comma(p));
	if (!take(p, ":"))
		p->bad = true;
	adopt(e, parse_ternary(p));
	return e;
}

static struct expr *parse_assign(struct parser *p)
{
	static const char *const ops[] = { "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=" };
	struct expr *left = parse_ternary(p);

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		struct expr *e;

		if (p->bad || !at(p, ops[i]))
			continue;
		e = make(E_ASSIGN, token_text(&p->t[p->i++]));
		adopt(e, left);
		adopt(e, at(p, "{") ? parse_list(p) : parse_assign(p));
		return e;
	}
	return left;
}

static struct expr *parse_comma(struct parser *p)
{
	struct expr *e = parse_assign(p);

	while (!p->bad && at(p, ",")) {
		struct expr *comma = make(E_BINARY, ",");

		p->i++;
		adopt(comma, e);
		adopt(comma, parse_assign(p));
		e = comma;
	}
	return e;
}

/* Without directives: a | #ifdef B ...: both arms count */
static struct expr *parse_all(struct parser *p, int n, const char *from, size_t len)
{
	struct expr *e;
	int kept = 0;

	for (int i = 0; i < n; i++)
		if (!p->t[i].directive)
			p->t[kept++] = p->t[i];
	e = parse_comma(p);
	if (p->bad || p->t[p->i].kind != T_END)
		e = make(E_OPAQUE, copy_bytes(from, len));
	return e;
}

struct expr *parse_expr(const char *s)
{
	struct parser p = { 0 };
	int n;

	p.t = tokenise(s, strlen(s), &n);
	return parse_all(&p, n, s, strlen(s));
}

struct expr *parse_tokens(const struct source *s, int from, int to)
{
	struct parser p = { .placed = true };
	const char *start = s->tokens[from].s;

	p.t = alloc((to - from + 1) * sizeof(*p.t));
	memcpy(p.t, s->tokens + from, (to - from) * sizeof(*p.t));
	for (int i = 0; from < to && s->tokens[from].directive && i < to - from; i++)
		p.t[i].directive = false;	/* a macro's body itself */
	p.t[to - from] = (struct token){ .kind = T_END, .s = start };
	return parse_all(&p, to - from + 1, start, to > from ? s->tokens[to - 1].s + s->tokens[to - 1].len - start : 0);
}

static void print(const struct expr *e, FILE *f)
{
	const char *separator = "";

	if (!e)
		return;
	if (e->written) {
		fputs(e->written, f);
		return;
	}
	switch (e->kind) {
	case E_NAME:
	case E_NUMBER:
	case E_STRING:
	case E_OPAQUE:
		fputs(e->text, f);
		break;
	case E_ERRNO:
		fprintf(f, "-%s", e->text);
		break;
	case E_CALL:
		print(e->kid[0], f);
		fputc('(', f);
		for (int i = 1; i < e->n_kids; i++) {
			fputs(separator, f);
			print(e->kid[i], f);
			separator = ", ";
		}
		fputc(')', f);
		break;
	case E_MEMBER:
		if (e->n_kids)
			print(e->kid[0], f);
		fprintf(f, "%s%s", e->arrow ? "->" : ".", e->text);
		break;
	case E_INDEX:
		print(e->kid[0], f);
		fputc('[', f);
		print(e->kid[1], f);
		fputc(']', f);
		break;
	case E_UNARY:
		fputs(e->text, f);
		if (!e->kid[0]->written && (e->kid[0]->kind == E_BINARY || e->kid[0]->kind == E_TERNARY ||
					    e->kid[0]->kind == E_ASSIGN)) {
			fputc('(', f);
			print(e->kid[0], f);
			fputc(')', f);
		} else {
			print(e->kid[0], f);
		}
		break;
	case E_BINARY:
	case E_ASSIGN:
		for (int i = 0; i < 2; i++) {
			const struct expr *k = e->kid[i];
			bool wrap = !k->written &&
				    ((k->kind == E_BINARY && strcmp(k->text, e->text) &&
				      (!strcmp(k->text, "&&") || !strcmp(k->text, "||") || !strcmp(k->text, "&") ||
				       !strcmp(k->text, "|"))) || k->kind == E_ASSIGN || k->kind == E_TERNARY);

			if (i)
				fprintf(f, !strcmp(e->text, ",") ? ", " : " %s ", e->text);
			if (wrap)
				fputc('(', f);
			print(k, f);
			if (wrap)
				fputc(')', f);
		}
		break;
	case E_TERNARY:
		print(e->kid[0], f);
		fputs(e->kid[1] ? " ? " : " ?", f);
		print(e->kid[1], f);
		fputs(e->kid[1] ? " : " : ": ", f);
		print(e->kid[2], f);
		break;
	case E_CAST:
		fprintf(f, "(%s)", e->text);
		print(e->kid[0], f);
		break;
	case E_LIST:
		fputs("{ ", f);
		for (int i = 0; i < e->n_kids; i++) {
			fputs(separator, f);
			print(e->kid[i], f);
			separator = ", ";
		}
		fputs(" }", f);
		break;
	}
}

char *expr_text(const struct expr *e)
{
	char *s = NULL;
	size_t size;
	FILE *f = open_memstream(&s, &size);

	if (!f)
		fatal("out of memory: audit fewer files at once or give this machine more memory");
	print(e, f);
	if (fclose(f))
		fatal("out of memory: audit fewer files at once or give this machine more memory");
	return s;
}

bool is_statements(const struct expr *e)
{
	return e->kind == E_OPAQUE && *e->text == '(' && e->text[1 + strspn(e->text + 1, " \t\n")] == '{';
}

void walk_expr(struct expr *e, void (*fn)(struct expr *e, void *data), void *data)
{
	if (!e)
		return;
	fn(e, data);
	for (int i = 0; i < e->n_kids; i++)
		walk_expr(e->kid[i], fn, data);
}

const char *callee(const struct expr *call)
{
	const struct expr *f = call->kid[0];

	return f->kind == E_NAME || f->kind == E_MEMBER ? f->text : NULL;
}

bool is_call(const struct expr *e, const char *name)
{
	return e->kind == E_CALL && e->kid[0]->kind == E_NAME && !strcmp(e->kid[0]->text, name);
}

struct expr *bare(struct expr *e)
{
	for (;;) {
		if (e->kind == E_CAST)
			e = e->kid[0];
		else if (e->n_kids == 2 && (is_call(e, "likely") || is_call(e, "unlikely")))
			e = e->kid[1];
		else
			return e;
	}
}

bool equal(const struct expr *a, const struct expr *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->n_kids != b->n_kids || strcmp(a->text, b->text))
		return false;
	for (int i = 0; i < a->n_kids; i++)
		if (!equal(a->kid[i], b->kid[i]))
			return false;
	return true;
}

bool null_or_zero(const struct expr *e)
{
	return (e->kind == E_NUMBER && !strcmp(e->text, "0")) || (e->kind == E_NAME && !strcmp(e->text, "NULL"));
}

const char *negated(const char *op)
{
	const char *const pairs[][2] = {
		{ "==", "!=" }, { "!=", "==" }, { "<", ">=" }, { ">", "<=" }, { "<=", ">" }, { ">=", "<" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (!strcmp(pairs[i][0], op))
			return pairs[i][1];
	return op;
}

bool compares(const char *op)
{
	return negated(op) != op;
}

bool holds_between(const char *op, long long a, long long b)
{
	return !strcmp(op, "==") ? a == b : !strcmp(op, "!=") ? a != b : !strcmp(op, "<") ? a < b :
	       !strcmp(op, ">") ? a > b : !strcmp(op, "<=") ? a <= b : a >= b;
}

const char *turned_round(const char *op)
{
	return !strcmp(op, "<") ? ">" : !strcmp(op, ">") ? "<" : !strcmp(op, "<=") ? ">=" : !strcmp(op, ">=") ? "<=" : op;
}

char *negated_text(const struct expr *e)
{
	if (e->kind == E_UNARY && !strcmp(e->text, "!"))
		return expr_text(e->kid[0]);
	if (e->kind == E_BINARY && compares(e->text))
		return format("%s %s %s", expr_text(e->kid[0]), negated(e->text), expr_text(e->kid[1]));
	if (e->kind == E_BINARY || e->kind == E_ASSIGN || e->kind == E_TERNARY)
		return format("!(%s)", expr_text(e));
	return format("!%s", expr_text(e));
}
