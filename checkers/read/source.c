// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plain text of C: in, a file; out, its tokens and what they show without a
 * compiler: function definitions, members and variables with their types,
 * macros, quoted includes. What no compiler would read is blanked before.
 */
#include "audit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARMS 64

bool is(const struct token *t, const char *s)
{
	return *t->s == *s && (int)strlen(s) == t->len && !memcmp(t->s, s, t->len);
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

/* ------------------------------------------------------- what is no code */

static bool splice_at(const char *p, const char *end)
{
	return *p == '\\' && p + 1 < end && (p[1] == '\n' || (p[1] == '\r' && p + 2 < end && p[2] == '\n'));
}

static void blank(char *from, const char *to)
{
	for (; from < to; from++)
		if (*from != '\n' && *from != '\r')
			*from = ' ';
}

/* Behind the comment, string or character constant at P. A line comment goes on behind a backslash, and is blanked. */
static char *skip_lexeme(char *p, char *end)
{
	char *start = p;

	if (*p == '/' && p[1] == '/') {
		while (p < end && (*p != '\n' || p[-1] == '\\' || (p[-1] == '\r' && p[-2] == '\\')))
			p++;
		blank(start, p);
		return p;
	}
	if (*p == '/') {
		char *close = memmem(p + 2, end - p - 2, "*/", 2);

		return close ? close + 2 : end;
	}
	for (p++; p < end && *p != *start && *p != '\n'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : end;
}

/* A word that a backslash breaks in two: the rest of it moves up, before the backslash. */
static void mend_word(char *splice, char *end)
{
	char *rest = memchr(splice, '\n', end - splice) + 1, *stop = rest;

	while (stop < end && name_part((unsigned char)*stop))
		stop++;
	for (char *p = splice; p < rest; p++) {		/* a line end moves behind the word */
		char c = *splice;

		memmove(splice, splice + 1, stop - splice - 1);
		stop[-1] = c;
	}
}

/* Is this, behind the '#', an `if 0`? */
static bool never_compiled(const char *p)
{
	p += strspn(p, " \t");
	if (strncmp(p, "if", 2) || !strspn(p + 2, " \t("))
		return false;
	p += 2 + strspn(p + 2, " \t(");
	if (*p++ != '0')
		return false;
	p += strspn(p, " \t)");
	return !*p || *p == '\n' || *p == '\r' || *p == '/';
}

/* Blanks what stands from P up to the #else, #elif or #endif that ends it, which it gives back. */
static char *blank_arm(char *p, char *end)
{
	for (int depth = 0; p < end; ) {
		char *eol = memchr(p, '\n', end - p), *word = p;

		eol = eol ? eol + 1 : end;
		while (word < eol && (*word == ' ' || *word == '\t'))
			word++;
		if (*word == '#') {
			for (word++; *word == ' ' || *word == '\t'; word++)
				;
			if (!depth && (!strncmp(word, "el", 2) || !strncmp(word, "endif", 5)))
				return p;
			depth += !strncmp(word, "if", 2) ? 1 : !strncmp(word, "endif", 5) ? -1 : 0;
		}
		blank(p, eol);
		p = eol;
	}
	return p;
}

/* So that all who read the text see what a compiler would: lengths and line ends stay. */
static void normalise(struct bytes *b)
{
	char *p = b->data, *end = b->data + b->size;
	bool fresh = true;

	while (p < end) {
		if ((*p == '/' && (p[1] == '/' || p[1] == '*')) || *p == '"' || *p == '\'') {
			fresh &= *p == '/';
			p = skip_lexeme(p, end);
		} else if (splice_at(p, end)) {
			char *next = p + (p[1] == '\r' ? 3 : 2);

			if (p > b->data && name_part((unsigned char)p[-1]) && next < end && name_part((unsigned char)*next))
				mend_word(p, end);
			else
				p = next;
		} else if (*p == '#' && fresh && never_compiled(p + 1)) {
			p = strchr(p, '\n');
			p = p ? blank_arm(p + 1, end) : end;
		} else {
			fresh = *p == '\n' || (fresh && isspace((unsigned char)*p));
			p++;
		}
	}
}

/* Length of the punctuator at s; the longest one wins. */
static int punctuator(const char *s, const char *end)
{
	static const char *const longer[] = {
		"<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=",
		"&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "##",
	};

	if (end - s < 2 || !strchr("<>=.&|+-#", s[1]))
		return 1;
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
	bool starts;		/* a # line, with the token that comes next */
};

static void newline(struct lexer *l)
{
	l->line++;
	l->line_start = ++l->p;
	l->fresh = true;
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
	l->starts = false;
	while (l->p < l->end) {
		if (splice_at(l->p, l->end)) {
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
			l->starts = true;
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
				   .directive = l.directive, .fresh = l.starts };
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

static bool starts_directive(const struct token *t)
{
	return t->directive && is(t, "#") && t->fresh;
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

/*
 * The brace that ends the body opened at i: the one that matches, each arm of an #if taken by itself; the first
 * in column 0 where none matches before the next function begins. Then *why says so.
 */
static int body_end(const struct source *src, int i, const char **why)
{
	int depth = 0, open[MAX_ARMS], arms = 0, first = 0, start = i;

	*why = NULL;
	for (; i < src->n_tokens - 1; i++) {
		const struct token *t = &src->tokens[i];

		if (t->directive) {
			if (!is(t, "#") || !t[1].directive)
				continue;
			if (!strncmp(t[1].s, "if", 2) && arms < MAX_ARMS)
				open[arms++] = depth;
			else if (!strncmp(t[1].s, "el", 2) && arms)
				depth = open[arms - 1];
			else if (is(&t[1], "endif") && arms)
				arms--;
		} else if (is(t, "{")) {
			if (!t->column && i > start && first)
				break;
			depth++;
		} else if (is(t, "}")) {
			if (!first && !t->column)
				first = i;
			if (!--depth)
				return i;
		}
	}
	*why = "its braces do not match";
	return first ? first : src->n_tokens - 1;
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

/* A parameter's type, declared behind the parentheses: f(a, b) int a, *b; {..} */
static const char *old_style_type(const struct source *src, const struct definition *d, int name)
{
	int start = d->close + 1;

	for (int i = start; i < d->body; i++) {
		if (is(&src->tokens[i], ";")) {
			start = i + 1;
		} else if (src->tokens[i].len == src->tokens[name].len && i > start &&
			   !strncmp(src->tokens[i].s, src->tokens[name].s, src->tokens[i].len)) {
			int end = start;

			while (end < i && !is(&src->tokens[end], "*") && !is(&src->tokens[end + 1], ",") &&
			       !is(&src->tokens[end + 1], ";"))
				end++;
			return format("%s%s", join(src, start, end), is(&src->tokens[i - 1], "*") ? " *" : "");
		}
	}
	return "int";
}

static void read_parameters(struct source *src, struct definition *d)
{
	int open = d->open, close = d->close, start = open + 1;

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
		else if (name == start && is(&src->tokens[d->body - 1], ";"))
			push(d->params, d->n_params, d->cap_params) = (struct parameter){
				.type = old_style_type(src, d, name), .name = token_text(&src->tokens[name]) };
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

static struct definition *add_definition(struct source *src, int name, int open, int close, int open_brace)
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
	d->type = join(src, start, name - (open > name + 1));
	d->open = open;
	d->close = close;
	d->body = open_brace;
	d->body_end = body_end(src, open_brace, &d->odd);
	d->end = src->tokens[d->body_end].line;
	read_parameters(src, d);
	push(src->definitions, src->n_definitions, src->cap_definitions) = d;
	return d;
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
			.name = token_text(&t[i]), .array = is(&t[i + 1], "["),
			.type = is(&t[i + 1], ":") && is(&t[i + 2], "1") ? "bool" : join(src, start, name) };
		if (!is(&t[i + 1], ","))
			return;
		i += 2;
		while (is(&t[i], "*"))
			i++;
	}
}

/* A word that begins a declaration or a statement: no annotation */
static bool declares(const struct token *t)
{
	static const char *const words[] = {
		"static", "extern", "inline", "const", "struct", "union", "enum", "void", "int", "char", "long", "short",
		"unsigned", "signed", "bool", "typedef", "volatile",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is(t, words[i]))
			return true;
	return false;
}

/* `f(a, b) struct x *a; int b; {`: I is behind the parentheses. The index of the brace, or 0 */
static int old_style(const struct source *src, int open, int i)
{
	const struct token *t = src->tokens;

	for (int k = open + 1; k < i - 1; k++)
		if (t[k].kind != T_NAME && !is(&t[k], ","))
			return 0;
	if (i - 1 == open + 1 || t[i].kind != T_NAME)
		return 0;
	for (; t[i].kind == T_NAME || t[i].kind == T_NUMBER || is(&t[i], "*") || is(&t[i], ",") || is(&t[i], ";") ||
	     is(&t[i], "[") || is(&t[i], "]"); i++)
		;
	return is(&t[i], "{") && is(&t[i - 1], ";") ? i : 0;
}

/*
 * The brace of the body whose header has its parentheses at OPEN and CLOSE, or 0: annotations may stand between, and
 * the header that another arm of an #if has.
 */
static int body_of(const struct source *src, int open, int close)
{
	const struct token *t = src->tokens;
	int i = close + 1, last = src->n_tokens - 1;
	bool other_arm = false;

	while (i < last) {
		if (t[i].directive) {
			other_arm |= !strncmp(t[i].s, "el", 2) && is(&t[i - 1], "#");
			other_arm &= !(is(&t[i], "endif") && is(&t[i - 1], "#"));
			i++;
		} else if (t[i].kind == T_NAME && (other_arm || !declares(&t[i]))) {
			bool words = t[i + 1].kind == T_NAME && strncmp(t[i + 1].s, "__", 2) && is(&t[i + 2], "(");

			if (words && !other_arm && !t[i + 1].directive)
				break;		/* `type name(`: a header of its own */
			i++;
			if (is(&t[i], "("))
				i = closing(src, i) + 1;
		} else if (other_arm && is(&t[i], "*")) {
			i++;
		} else {
			break;
		}
	}
	if (i < last && is(&t[i], "{"))
		return i;
	return old_style(src, open, close + 1);
}

/* The #define at token I, of the word itself. */
static void read_macro(struct source *src, int i)
{
	const struct token *t = &src->tokens[i + 1];
	struct macro *m = alloc(sizeof(*m));
	int last = src->n_tokens - 1, at = i + 2;

	if (t->kind != T_NAME)
		return;
	m->source = src;
	m->name = token_text(t);
	m->line = t->line;
	if (is(&src->tokens[at], "(") && src->tokens[at].s == t->s + t->len) {
		m->takes_arguments = true;
		for (at++; at < last && !is(&src->tokens[at], ")"); at++) {
			if (is(&src->tokens[at], "..."))
				m->variadic = true;
			if (is(&src->tokens[at], "...") && !is(&src->tokens[at - 1], "(") && !is(&src->tokens[at - 1], ","))
				continue;	/* args... */
			if (is(&src->tokens[at], "..."))
				push(m->params, m->n_params, m->cap_params) = "__VA_ARGS__";
			else if (src->tokens[at].kind == T_NAME)
				push(m->params, m->n_params, m->cap_params) = token_text(&src->tokens[at]);
		}
		at++;
	}
	m->from = at;
	while (at < last && src->tokens[at].directive && !starts_directive(&src->tokens[at]))
		at++;
	m->to = at;
	push(src->macros, src->n_macros, src->cap_macros) = m;
}

static void add_alias(struct source *src, const char *name, const char *target)
{
	if (strcmp(name, target))
		push(src->aliases, src->n_aliases, src->cap_aliases) = (struct alias){ name, target };
}

/* `int f(..) __alias("g");`, `.. __attribute__((alias("g")));`: the word is at I */
static void read_alias(struct source *src, int i)
{
	const struct token *t = src->tokens;
	int start = declaration_start(src, i);

	if (t[i + 2].kind != T_STRING || t[i + 2].len < 3)
		return;
	while (start > 0 && !is(&t[start - 1], ";") && !is(&t[start - 1], "}") && !t[start - 1].directive)
		start--;		/* the parameters' parentheses are no end here */
	for (; start < i; start++)
		if (t[start].kind == T_NAME && is(&t[start + 1], "(") && !keyword(&t[start])) {
			add_alias(src, token_text(&t[start]), copy_bytes(t[i + 2].s + 1, t[i + 2].len - 2));
			return;
		}
}

/* EXPORT_SYMBOL(f), EXPORT_SYMBOL_GPL(f), EXPORT_SYMBOL_NS(f, "..") */
static void read_export(struct source *src, int i)
{
	const struct token *name = &src->tokens[i + 2];

	for (int k = 0; k < src->n_definitions; k++)
		if (is(name, src->definitions[k]->name))
			src->definitions[k]->exported = true;
}

/* A function's header with its name at I, `f(..)` or `(f)(..)`: adds the definition, if a body follows. */
static struct definition *read_definition(struct source *src, int i)
{
	const struct token *t = src->tokens;
	int open = is(&t[i + 1], "(") ? i + 1 : i > 0 && is(&t[i - 1], "(") && is(&t[i + 1], ")") && is(&t[i + 2], "(") ?
		   i + 2 : 0;
	int close, brace;

	if (!open || !i || t[i].kind != T_NAME || keyword(&t[i]))
		return NULL;
	if (is(&t[i - 1], ".") || is(&t[i - 1], "->") || is(&t[i - 1], "=") || is(&t[i - 1], ","))
		return NULL;
	close = closing(src, open);
	if (close == src->n_tokens - 1)
		return NULL;		/* never closed */
	brace = body_of(src, open, close);
	if (!brace)
		return NULL;
	for (int k = close + 1; k < brace; k++)		/* what it is called in another arm of an #if */
		if (t[k].kind == T_NAME && is(&t[k + 1], "(") && !t[k].directive && strncmp(t[k].s, "__", 2))
			add_alias(src, token_text(&t[k]), token_text(&t[i]));
	return add_definition(src, i, open, close, brace);
}

static void index_source(struct source *src)
{
	const struct token *t = src->tokens;
	int end_of_body = -1;

	for (int i = 0; i < src->n_tokens - 1; i++) {
		if (t[i].directive) {
			bool starts = i && starts_directive(&t[i - 1]);

			if (starts && is(&t[i], "include") && t[i + 1].kind == T_STRING && t[i + 1].len > 2) {
				push(src->includes, src->n_includes, src->cap_includes) =
					copy_bytes(t[i + 1].s + 1, t[i + 1].len - 2);
				if (i < end_of_body)
					src->definitions[src->n_definitions - 1]->odd =
						format("%.*s is included inside it", t[i + 1].len, t[i + 1].s);
			} else if (starts && is(&t[i], "define")) {
				read_macro(src, i);
			}
			continue;
		}
		if (t[i].kind == T_NAME && (i == 0 || is(&t[i - 1], ";") || is(&t[i - 1], "{") ||
					    is(&t[i - 1], "}") || t[i - 1].directive))
			read_member(src, i);
		if (i > end_of_body && t[i].kind == T_NAME && is(&t[i + 1], "(")) {
			if (!strncmp(t[i].s, "EXPORT_SYMBOL", 13))
				read_export(src, i);
			else if (is(&t[i], "alias") || is(&t[i], "__alias") || is(&t[i], "__alias__"))
				read_alias(src, i);
		}
		if (i > end_of_body) {
			struct definition *d = read_definition(src, i);

			if (d)
				end_of_body = d->body_end;
		}
	}
}

bool is_source_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot > name && (!strcmp(dot, ".c") || !strcmp(dot, ".h") || !strcmp(dot, ".inc"));
}

struct source *read_text(const char *text)
{
	struct source *src = alloc(sizeof(*src));
	char *copy = format("; %s", text);	/* something before the first name */

	src->path = "";
	src->dir = ".";
	src->tokens = tokenise(copy, strlen(copy), &src->n_tokens);
	index_source(src);
	return src;
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
	normalise(&src->content);
	src->tokens = tokenise(src->content.data, src->content.size, &src->n_tokens);
	index_source(src);
	return src;
}
