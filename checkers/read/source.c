// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plain text of C: in, a file; out, its tokens and what they show without a
 * compiler: function definitions, members and variables with their types,
 * designated initialisers, quoted includes.
 */
#include "audit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool is(const struct token *t, const char *s)
{
	return (int)strlen(s) == t->len && !strncmp(t->s, s, t->len);
}

char *token_text(const struct token *t)
{
	return copy_bytes(t->s, t->len);
}

static bool name_start(int c)
{
	return isalpha(c) || c == '_' || c == '$';
}

static bool name_part(int c)
{
	return isalnum(c) || c == '_' || c == '$';
}

/* Length of the punctuator at s; the longest one wins. */
static int punctuator(const char *s, const char *end)
{
	static const char *const longer[] = {
		"<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=",
		"&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "##",
	};

	for (size_t i = 0; i < sizeof(longer) / sizeof(*longer); i++) {
		size_t len = strlen(longer[i]);

		if ((size_t)(end - s) >= len && !strncmp(s, longer[i], len))
			return len;
	}
	return 1;
}

struct lexer {
	const char *p, *end, *line_start;
	int line;
	bool directive;		/* within a # line */
	bool fresh;		/* nothing but blanks since the line began */
};

static void newline(struct lexer *l)
{
	l->line++;
	l->line_start = ++l->p;
	l->fresh = true;
}

static bool line_splice(const struct lexer *l)
{
	return *l->p == '\\' && l->p + 1 < l->end &&
	       (l->p[1] == '\n' || (l->p[1] == '\r' && l->p + 2 < l->end && l->p[2] == '\n'));
}

static void skip_comment(struct lexer *l)
{
	if (l->p[1] == '/') {
		while (l->p < l->end && *l->p != '\n')
			l->p++;
		return;
	}
	for (l->p += 2; l->p < l->end; ) {
		if (*l->p == '*' && l->p + 1 < l->end && l->p[1] == '/') {
			l->p += 2;
			return;
		}
		if (*l->p == '\n') {
			bool fresh = l->fresh;

			newline(l);
			l->fresh = fresh;
		} else {
			l->p++;
		}
	}
}

static void skip_quoted(struct lexer *l)
{
	char quote = *l->p++;

	while (l->p < l->end && *l->p != quote && *l->p != '\n') {
		if (*l->p == '\\' && l->p + 1 < l->end) {
			l->p++;
			if (*l->p == '\n') {
				newline(l);
				continue;
			}
		}
		l->p++;
	}
	if (l->p < l->end && *l->p == quote)
		l->p++;
}

/* Moves to the next token's first byte; false at the end. */
static bool next_token(struct lexer *l)
{
	while (l->p < l->end) {
		if (line_splice(l)) {
			bool fresh = l->fresh;

			l->p += l->p[1] == '\r' ? 2 : 1;
			newline(l);
			l->fresh = fresh;
		} else if (*l->p == '\n') {
			newline(l);
			l->directive = false;
		} else if (isspace((unsigned char)*l->p) || !*l->p) {
			l->p++;
		} else if (*l->p == '/' && l->p + 1 < l->end && (l->p[1] == '/' || l->p[1] == '*')) {
			skip_comment(l);
		} else if (*l->p == '#' && l->fresh) {
			l->directive = true;
			l->fresh = false;
			return true;
		} else {
			l->fresh = false;
			return true;
		}
	}
	return false;
}

static int scan_tokens(const char *s, size_t len, struct token **out)
{
	struct lexer l = { .p = s, .end = s + len, .line_start = s, .line = 1, .fresh = true };
	struct token *tokens = NULL;
	int n = 0, cap = 0;

	while (next_token(&l)) {
		struct token t = { .s = l.p, .line = l.line, .column = l.p - l.line_start,
				   .directive = l.directive };
		int c = (unsigned char)*l.p;

		if (name_start(c) || c >= 0x80) {
			while (l.p < l.end && (name_part((unsigned char)*l.p) || (unsigned char)*l.p >= 0x80))
				l.p++;
			t.kind = T_NAME;
		} else if (isdigit(c)) {
			while (l.p < l.end && (name_part((unsigned char)*l.p) || *l.p == '.'))
				l.p++;
			t.kind = T_NUMBER;
		} else if (c == '"' || c == '\'') {
			skip_quoted(&l);
			t.kind = c == '"' ? T_STRING : T_NUMBER;
		} else {
			l.p += punctuator(l.p, l.end);
			t.kind = T_PUNCT;
		}
		t.len = l.p - t.s;
		push(tokens, n, cap) = t;
	}
	push(tokens, n, cap) = (struct token){ .kind = T_END, .s = s + len, .line = l.line };
	*out = tokens;
	return n;
}

struct token *tokenise(const char *s, size_t len, int *n)
{
	struct token *tokens;

	*n = scan_tokens(s, len, &tokens);
	return tokens;
}

/* Text of tokens [from, to), a blank between names and around what a reader expects. */
static char *join(const struct source *src, int from, int to)
{
	size_t size = 1;
	char *s, *p;

	for (int i = from; i < to; i++)
		size += src->tokens[i].len + 1;
	s = p = alloc(size);
	for (int i = from; i < to; i++) {
		const struct token *t = &src->tokens[i];

		if (p > s && (t->kind == T_NAME || is(t, "*")) && p[-1] != '*')
			*p++ = ' ';
		memcpy(p, t->s, t->len);
		p += t->len;
	}
	return s;
}

/* Index of the token that closes the bracket at i, or of the last token. */
static int closing(const struct source *src, int i)
{
	int depth = 0;

	for (; i < src->n_tokens - 1; i++) {
		const struct token *t = &src->tokens[i];

		if (t->directive || t->kind != T_PUNCT || t->len != 1)
			continue;
		if (strchr("([{", *t->s))
			depth++;
		else if (strchr(")]}", *t->s) && !--depth)
			return i;
	}
	return src->n_tokens - 1;
}

/* The brace that ends the body opened at i: the one that matches, or the first in column 0. */
static int body_end(const struct source *src, int i)
{
	int depth = 0;

	for (; i < src->n_tokens - 1; i++) {
		const struct token *t = &src->tokens[i];

		if (t->directive)
			continue;
		if (is(t, "{")) {
			depth++;
		} else if (is(t, "}")) {
			if (!--depth || !t->column)
				return i;
		}
	}
	return src->n_tokens - 1;
}

static bool keyword(const struct token *t)
{
	static const char *const words[] = {
		"if", "for", "while", "switch", "return", "do", "else", "sizeof", "typeof",
		"goto", "case", "__attribute__", "asm", "__asm__", "defined",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is(t, words[i]))
			return true;
	return false;
}

/* The parameters between the parentheses at open and close. */
static void read_parameters(struct source *src, struct definition *d, int open, int close)
{
	int start = open + 1;

	for (int i = open + 1; i <= close; i++) {
		const struct token *t = &src->tokens[i];
		int name = -1;

		if (i < close && (is(t, "(") || is(t, "["))) {
			i = closing(src, i);
			continue;
		}
		if (i < close && !is(t, ","))
			continue;
		for (int j = start; j < i; j++) {
			if (src->tokens[j].kind == T_NAME)
				name = j;
			else if (is(&src->tokens[j], "["))
				break;
			else if (is(&src->tokens[j], "(") && j + 2 < i && is(&src->tokens[j + 1], "*")) {
				name = j + 2;	/* a pointer to a function */
				break;
			}
		}
		if (name > start)
			push(d->params, d->n_params, d->cap_params) = (struct parameter){
				.type = join(src, start, name), .name = token_text(&src->tokens[name]) };
		start = i + 1;
	}
}

/* Where the declaration that token i belongs to begins, outside any body. */
static int declaration_start(const struct source *src, int i)
{
	while (i > 0) {
		const struct token *t = &src->tokens[i - 1];

		if (t->directive || is(t, ";") || is(t, "}") || is(t, "{") || is(t, ")"))
			break;
		i--;
	}
	return i;
}

static void add_definition(struct source *src, int name, int close, int open_brace)
{
	struct definition *d = alloc(sizeof(*d));
	int start = declaration_start(src, name);

	d->source = src;
	d->name = token_text(&src->tokens[name]);
	d->line = src->tokens[name].line;
	while (start < name && (is(&src->tokens[start], "static") || is(&src->tokens[start], "inline") ||
				is(&src->tokens[start], "__always_inline") || is(&src->tokens[start], "noinline"))) {
		d->is_static |= is(&src->tokens[start], "static");
		start++;
	}
	d->type = join(src, start, name);
	d->body = open_brace;
	d->body_end = body_end(src, open_brace);
	d->end = src->tokens[d->body_end].line;
	read_parameters(src, d, name + 1, close);
	push(src->definitions, src->n_definitions, src->cap_definitions) = d;
}

/* `type name;`, `type *name;`, `type name[..]`, `type name = ..`, for any scope: the type without qualifiers */
static void read_member(struct source *src, int i)
{
	const struct token *t = src->tokens;
	int start = i, name;

	while (is(&t[i], "const") || is(&t[i], "volatile") || is(&t[i], "static"))
		i++;
	if (t[i].kind != T_NAME)
		return;
	start = i;
	if (is(&t[i], "struct") || is(&t[i], "union") || is(&t[i], "enum"))
		i++;
	else
		while (t[i + 1].kind == T_NAME && t[i + 2].kind == T_NAME)
			i++;	/* unsigned long x */
	if (t[i].kind != T_NAME)
		return;
	i++;
	while (is(&t[i], "*") || is(&t[i], "const") || is(&t[i], "__rcu") || is(&t[i], "__iomem"))
		i++;
	name = i;
	for (;;) {
		if (t[i].kind != T_NAME || i <= start)
			return;
		if (!is(&t[i + 1], ";") && !is(&t[i + 1], "[") && !is(&t[i + 1], "=") && !is(&t[i + 1], ",") &&
		    !is(&t[i + 1], ":"))
			return;
		push(src->members, src->n_members, src->cap_members) = (struct member){
			.name = token_text(&t[i]),
			.type = is(&t[i + 1], ":") && is(&t[i + 2], "1") ? "bool" : join(src, start, name) };
		if (!is(&t[i + 1], ","))
			return;
		i += 2;
		while (is(&t[i], "*"))
			i++;
	}
}

static void read_slot(struct source *src, int i, const char *type)
{
	const struct token *slot = &src->tokens[i + 1], *value;

	if (slot->kind != T_NAME || !is(&slot[1], "="))
		return;
	value = is(&slot[2], "&") ? &slot[3] : &slot[2];
	if (value->kind == T_NAME && (is(&value[1], ",") || is(&value[1], "}") || is(&value[1], ";")))
		push(src->slots, src->n_slots, src->cap_slots) = (struct slot){
			.slot = token_text(slot), .value = token_text(value), .type = type };
}

/* `struct x name = {`, also of an array: the index of the brace, or 0 */
static int initialiser(const struct source *src, int i)
{
	const struct token *t = src->tokens;

	if (!is(&t[i], "struct") || t[i + 1].kind != T_NAME || t[i + 2].kind != T_NAME)
		return 0;
	i += 3;
	if (is(&t[i], "["))
		i = closing(src, i) + 1;
	if (i >= src->n_tokens - 1)
		return 0;
	return is(&t[i], "=") && is(&t[i + 1], "{") ? i + 1 : 0;
}

static void index_source(struct source *src)
{
	const struct token *t = src->tokens;
	int end_of_body = -1, end_of_table = -1;
	const char *table = "";

	for (int i = 0; i < src->n_tokens - 1; i++) {
		if (t[i].directive) {
			if (is(&t[i], "include") && t[i + 1].kind == T_STRING && t[i + 1].len > 2)
				push(src->includes, src->n_includes, src->cap_includes) =
					copy_bytes(t[i + 1].s + 1, t[i + 1].len - 2);
			continue;
		}
		if (i > end_of_table && initialiser(src, i)) {
			end_of_table = closing(src, initialiser(src, i));
			table = token_text(&t[i + 1]);
		}
		if (i < end_of_table && is(&t[i], "."))
			read_slot(src, i, table);
		if (t[i].kind == T_NAME && (i == 0 || is(&t[i - 1], ";") || is(&t[i - 1], "{") ||
					    is(&t[i - 1], "}") || t[i - 1].directive))
			read_member(src, i);
		if (i > end_of_body && t[i].kind == T_NAME && is(&t[i + 1], "(") && !keyword(&t[i])) {
			int close = closing(src, i + 1), brace = close + 1;

			if (close == src->n_tokens - 1)
				continue;	/* never closed */

			while (t[brace].kind == T_NAME && !strncmp(t[brace].s, "__", 2)) {
				brace++;	/* __init, __must_hold(x) __releases(y) */
				if (is(&t[brace], "("))
					brace = closing(src, brace) + (closing(src, brace) < src->n_tokens - 1);
			}
			if (is(&t[brace], "{") && i > 0) {
				add_definition(src, i, close, brace);
				end_of_body = src->definitions[src->n_definitions - 1]->body_end;
			}
		}
	}
}

struct source *read_source(const char *tree, const char *path)
{
	struct source *src = alloc(sizeof(*src));
	char *full = format("%s/%s", tree, path);
	const char *slash = strrchr(path, '/');

	if (!read_file(full, &src->content)) {
		free(full);
		free(src);
		return NULL;
	}
	free(full);
	src->path = copy_string(path);
	src->dir = slash ? copy_bytes(path, slash - path) : ".";
	src->tokens = tokenise(src->content.data, src->content.size, &src->n_tokens);
	index_source(src);
	return src;
}
