// SPDX-License-Identifier: GPL-2.0-only
/*
 * Units as written: in, a C file; out, its symbols as sparse parses them. In the
 * bodies of the driver's functions, and of its macros, the macros of everybody
 * else's headers stay as they are written: dev_err(..) and container_of(..) are
 * calls, -EINVAL is a name, list_for_each_entry(..) heads a loop. The driver's own
 * macros are expanded, by sparse, as ever.
 *
 * It is done between two passes of sparse's own: a file is preprocessed up to an
 * #include at a time, so that the macros of all headers above are known when the
 * tokens below are looked at; those that are to stay are marked as not to be
 * expanded. What C cannot parse is rewritten: a type among the arguments becomes one
 * name, and a loop's head the condition of a while that stands in the same place.
 */
#include "unit.h"
#include "evaluate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_NESTING 16		/* of macros that begin with macros */

/* Words that are looked for. */
static struct ident *word_include, *word_define, *word_while, *word_for, *word_if, *word_do, *word_asm, *word___asm__;

static void know_words(void)
{
	word_include = built_in_ident("include");
	word_define = built_in_ident("define");
	word_while = built_in_ident("while");
	word_for = built_in_ident("for");
	word_if = built_in_ident("if");
	word_do = built_in_ident("do");
	word_asm = built_in_ident("asm");
	word___asm__ = built_in_ident("__asm__");
}

/* The driver's macros, wherever a #define of them was met. */
static struct ident **own;
static int n_own, cap_own;

static bool is_own(const struct ident *name)
{
	for (int i = 0; i < n_own; i++)
		if (own[i] == name)
			return true;
	return false;
}

static struct symbol *macro(const struct ident *name)
{
	struct symbol *m = lookup_symbol((struct ident *)name, NS_MACRO | NS_UNDEF);

	return m && m->namespace == NS_MACRO ? m : NULL;
}

/* ------------------------------------------------------------------- text */

struct source *source_at(struct position pos)
{
	static struct source **known;
	static int n;

	if (pos.stream >= n) {
		int more = pos.stream + 256;

		known = grow(known, more, sizeof(*known));
		for (; n < more; n++)
			known[n] = NULL;
	}
	if (!known[pos.stream])
		known[pos.stream] = whole_units && *path_of(pos) ? add_source_text(&program, path_of(pos)) :
								   find_source(&program, path_of(pos));
	return known[pos.stream];
}

const struct audit_token *text_at(struct position pos)
{
	const struct source *s = source_at(pos);
	int lo = 0, hi = s ? s->n_tokens - 1 : -1, column = column_of(pos);

	while (lo <= hi) {
		int mid = (lo + hi) / 2;
		const struct audit_token *t = &s->tokens[mid];

		if (t->line == (int)pos.line && t->column == column)
			return t->kind == T_END ? NULL : t;
		if (t->line < (int)pos.line || (t->line == (int)pos.line && t->column < column))
			lo = mid + 1;
		else
			hi = mid - 1;
	}
	return NULL;
}

const char *text_of_tokens(const struct audit_token *t, const struct audit_token *end)
{
	char *s = copy_bytes(t->s, end[-1].s + end[-1].len - t->s), *to = s;

	for (const char *from = s; *from; ) {
		const char *blanks = from + strspn(from, " \t\r\n\\");

		if (memchr(from, '\n', blanks - from)) {
			*to++ = ' ';
			from = blanks;
		} else {
			*to++ = *from++;
		}
	}
	*to = 0;
	return s;
}

const char *macro_use_at(struct position pos)
{
	const struct audit_token *t = text_at(pos), *end = t;
	int depth = 0;

	if (!t || t->kind != T_NAME)
		return NULL;
	if (is(&t[1], "("))
		for (end = &t[1]; end->kind != T_END; end++) {
			depth += is(end, "(") - is(end, ")");
			if (!depth)
				break;
		}
	return text_of_tokens(t, end + 1);
}

const char *own_macro_at(struct position pos)
{
	const struct audit_token *t = text_at(pos);
	const struct ident *name;

	if (!t || t->kind != T_NAME)
		return NULL;
	name = built_in_ident(token_text(t));
	return is_own(name) || (whole_units && macro(name)) ? macro_use_at(pos) : NULL;
}

/* Does that stand in the body of a function of the driver? */
static bool in_body(struct position pos)
{
	const struct source *s = source_at(pos);
	int lo = 0, hi = s ? s->n_definitions - 1 : -1;

	while (lo <= hi) {
		int mid = (lo + hi) / 2;
		const struct definition *d = s->definitions[mid];
		const struct audit_token *from = &s->tokens[d->body], *to = &s->tokens[d->body_end];

		if ((int)pos.line < from->line || ((int)pos.line == from->line && column_of(pos) < from->column))
			hi = mid - 1;
		else if ((int)pos.line > to->line || ((int)pos.line == to->line && column_of(pos) > to->column))
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

/* ----------------------------------------------------------------- macros */

enum form {
	EXPAND,			/* a type, an attribute, a string: it has to be expanded */
	VALUE,			/* it can stay */
	LOOP,			/* it heads a loop */
};

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && !strcmp(s + n - k, end);
}

/* Typedefs are not known before the parser has been there; these are what kernel code calls them. */
static bool names_type(const struct ident *name)
{
	static const char *const words[] = {
		"bool", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64",
		"le16", "le32", "le64", "be16", "be32", "be64",
	};
	const char *s = show_ident(name);

	if (lookup_keyword((struct ident *)name, NS_TYPEDEF))
		return true;
	s += strspn(s, "_");
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(s, words[i]))
			return true;
	return ends_in(s, "_t");
}

/* What a macro is, by what its expansion begins with. */
static enum form form_of(const struct symbol *m, int depth)
{
	struct token *t = m->expansion;
	struct symbol *inner;

	if (m->expand_simple || m->expand || eof_token(t) || depth > MAX_NESTING)
		return EXPAND;
	switch (token_type(t)) {
	case TOKEN_NUMBER:
	case TOKEN_CHAR ... TOKEN_CHAR_EMBEDDED_3:
	case TOKEN_MACRO_ARGUMENT:
	case TOKEN_QUOTED_ARGUMENT:
		return VALUE;
	case TOKEN_SPECIAL:
		return strchr("(-~!&*+", t->special < 128 ? (int)t->special : 'x') ? VALUE : EXPAND;
	case TOKEN_IDENT:
		if (match_ident(t, word_for) || match_ident(t, word_while) ||
		    match_ident(t, word_if))
			return LOOP;
		if (match_ident(t, word_do) || match_ident(t, word_asm) ||
		    match_ident(t, word___asm__))
			return VALUE;
		if (t->ident->keyword || names_type(t->ident))
			return EXPAND;
		inner = macro(t->ident);
		if (inner && inner != m && (!inner->arglist || match_op(t->next, '(')))
			return form_of(inner, depth + 1);
		return VALUE;
	default:
		return EXPAND;
	}
}

/* Finds the -E.. in what a macro expands to. */
static const char *errno_in(const struct symbol *m, const char *found, int depth)
{
	for (struct token *t = m->expansion; depth < MAX_NESTING && !eof_token(t); t = t->next) {
		const char *name = token_type(t) == TOKEN_IDENT ? show_ident(t->ident) : "";
		struct symbol *inner = *name ? macro(t->ident) : NULL;

		if (match_op(t, '-') && token_type(t->next) == TOKEN_IDENT &&
		    names_errno(show_ident(t->next->ident), t->next->ident->len)) {
			name = copy_string(show_ident(t->next->ident));
			found = !found || !strcmp(found, name) ? name : "";
			t = t->next;
		} else if (inner && inner != m && inner->expansion) {
			found = errno_in(inner, found, depth + 1);
		}
	}
	return found;
}

/* Is it one whose name says what it does with an errno, or a message? */
static bool has_meaning(const char *name)
{
	static const char *const kinds[] = {
		"error_test", "warn", "carrier", "shifted_errno", "message_carrier", "print_error", "print_warning", "print_info",
		"print_debug", "lock", "load", "bound", "same", "transparent", "type", "returns_null",
	};
	static const char *const words[] = { "likely", "unlikely", "NULL", "true", "false" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (api(kinds[i], name))
			return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i], name))
			return true;
	return names_errno(name, strlen(name));
}

/* What another subsystem's headers define under this name, or NULL; of a whole unit, what is not to be expanded. */
static struct symbol *others_macro(const struct ident *name)
{
	struct symbol *m = macro(name);
	const char *s = show_ident(name), *only;

	if (!m || is_own(name) || !strncmp(s, "CONFIG_", 7))
		return NULL;
	if (!whole_units || has_meaning(s) || form_of(m, 0) == LOOP)
		return m;
	only = api("errno", s) ? errno_in(m, NULL, 0) : NULL;
	return only && *only ? m : NULL;
}

/* ----------------------------------------------------------------- tokens */

/* Where marking stops: the end of the list, or of a directive. */
static bool ended(const struct token *t, bool directive)
{
	return eof_token(t) || (directive && t->pos.newline) || token_type(t) == TOKEN_STREAMEND;
}

/* The token that closes the bracket at T, or NULL. */
static struct token *closing(struct token *t, bool directive)
{
	struct token *start = t;
	int depth = 0;

	for (; t == start || !ended(t, directive); t = t->next) {
		if (token_type(t) != TOKEN_SPECIAL)
			continue;
		depth += t->special == '(' || t->special == '[' || t->special == '{';
		depth -= t->special == ')' || t->special == ']' || t->special == '}';
		if (!depth)
			return t;
	}
	return NULL;
}

/* Parameters of the macro whose body is marked. */
struct parameters {
	struct ident *list[64];
	int n;
};

static bool is_parameter(const struct parameters *p, const struct token *t)
{
	for (int i = 0; p && token_type(t) == TOKEN_IDENT && i < p->n; i++)
		if (p->list[i] == t->ident)
			return true;
	return false;
}

/* The argument that begins at T and ends before END: is it a type, an operator, nothing? */
static bool no_expression(const struct token *t, const struct token *end)
{
	const struct token *last = t;

	if (t == end)
		return true;
	for (const struct token *k = t; k != end; k = k->next)
		last = k;
	if (token_type(t) == TOKEN_IDENT && names_type(t->ident))
		return true;
	if (token_type(t) == TOKEN_IDENT && match_op((struct token *)last, '*'))
		return true;
	return token_type(t) == TOKEN_SPECIAL && !strchr("(-~!&*+{", t->special < 128 ? (int)t->special : 'x') &&
	       t->special != SPECIAL_INCREMENT && t->special != SPECIAL_DECREMENT && t->special != SPECIAL_LOGICAL_AND;
}

/* return, goto, several statements */
static bool statements(const struct token *t, const struct token *end)
{
	static const char *const words[] = { "return", "goto", "break", "continue" };

	if (t != end && token_type(t) == TOKEN_IDENT)
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (!strcmp(show_ident(t->ident), words[i]))
				return true;
	return false;
}

/* Where the argument that begins at T ends: at its comma, or at CLOSE. */
static struct token *end_of_argument(struct token *t, const struct token *close)
{
	int depth = 0;

	for (; t != close; t = t->next) {
		if (token_type(t) != TOKEN_SPECIAL)
			continue;
		if (!depth && t->special == ',')
			break;
		depth += t->special == '(' || t->special == '[' || t->special == '{';
		depth -= t->special == ')' || t->special == ']' || t->special == '}';
	}
	return t;
}

/* Can the macro stay with these arguments? A type that is a parameter cannot be named. */
static bool nameable(const struct token *open, const struct token *close, const struct parameters *params)
{
	for (struct token *t = open->next, *end; t != close; t = end == close ? end : end->next) {
		end = end_of_argument(t, close);
		if (statements(t, end))
			return false;
		if (is_parameter(params, t) && t->next == end && strstr(show_ident(t->ident), "type"))
			return false;
		if (no_expression(t, end))
			for (const struct token *k = t; k != end; k = k->next)
				if (is_parameter(params, k))
					return false;
	}
	return true;
}

static struct ident *joined(const struct token *t, const struct token *end)
{
	char *s = copy_string("");

	for (; t != end; t = t->next)
		s = format("%s%s%s", s, *s && (token_type(t) == TOKEN_IDENT || match_op((struct token *)t, '*')) &&
			   !ends_in(s, "*") ? " " : "", show_token(t));
	/* with a blank it is no typedef's */
	return strlen(s) < 200 ? built_in_ident(format("%s ", s)) : NULL;
}

/* Types and the like among the arguments become one name each. */
static void name_types(struct token *open, const struct token *close)
{
	for (struct token *t = open->next, *end; t != close; t = end == close ? end : end->next) {
		struct ident *name;

		end = end_of_argument(t, close);
		if (t == end || !no_expression(t, end) || !(name = joined(t, end)))
			continue;
		token_type(t) = TOKEN_IDENT;
		t->ident = name;
		t->pos.noexpand = 1;
		t->next = end;
	}
}

static struct token *token_like(const struct token *at, struct token *next)
{
	struct token *t = __alloc_token(0);

	t->pos = at->pos;
	t->pos.newline = 0;
	t->pos.noexpand = 1;
	t->next = next;
	return t;
}

/* HEAD(..) becomes while (HEAD(..)). */
static void make_loop(struct token **p, struct token *close)
{
	struct token *head = *p, *end = token_like(close, close->next), *open = token_like(head, head),
			    *word = token_like(head, open);

	token_type(end) = token_type(open) = TOKEN_SPECIAL;
	end->special = ')';
	open->special = '(';
	token_type(word) = TOKEN_IDENT;
	word->ident = word_while;
	word->pos.newline = head->pos.newline;
	head->pos.newline = 0;
	close->next = end;
	*p = word;
}

/* -------------------------------------------------------------- constants */

/* Names of constants, and what an errno macro yields. */
struct constant {
	const char *name;
	long long value;
	const char *errno_;		/* of a macro whose value is one; "" for several */
};

static struct constant *constants;
static int n_constants, cap_constants;

static struct ident **kept;		/* macros without arguments in this unit, once each */
static int n_kept, cap_kept;

static struct constant *constant_named(const char *name)
{
	for (int i = 0; i < n_constants; i++)
		if (!strcmp(constants[i].name, name))
			return &constants[i];
	return NULL;
}

void remember_number(const char *name, long long value)
{
	if (!constant_named(name))
		push(constants, n_constants, cap_constants) = (struct constant){ .name = name, .value = value };
}

bool number_named(const char *name, long long *value)
{
	const struct constant *c = constant_named(name);

	if (!c || c->errno_)
		return false;
	*value = c->value;
	return true;
}

const char *errno_of_macro(const char *name)
{
	const struct constant *c = constant_named(name);

	return c && c->errno_ && *c->errno_ ? c->errno_ : NULL;
}

static void note_kept(struct ident *name, const struct symbol *m)
{
	const char *s = show_ident(name), *errno_;

	if (m->arglist) {
		errno_ = api("errno", s) && !constant_named(s) ? errno_in(m, NULL, 0) : NULL;
		if (errno_)
			push(constants, n_constants, cap_constants) =
				(struct constant){ .name = copy_string(s), .errno_ = errno_ };
		return;
	}
	for (int i = 0; i < n_kept; i++)
		if (kept[i] == name)
			return;
	push(kept, n_kept, cap_kept) = name;
}

/* Numbers, operators, types and constants of enumerations only? */
static bool is_constant(struct token *t)
{
	for (; !eof_token(t); t = t->next) {
		struct symbol *s = token_type(t) == TOKEN_IDENT ? lookup_symbol(t->ident, NS_SYMBOL | NS_TYPEDEF) : NULL;

		if (token_type(t) == TOKEN_IDENT ? !s || !(s->namespace == NS_TYPEDEF || s->enum_member) :
		    token_type(t) == TOKEN_SPECIAL ? t->special == '{' || t->special == ';' : token_type(t) != TOKEN_NUMBER)
			return false;
	}
	return true;
}

/* The macros that stayed have values all the same: of those that are constants. */
static void evaluate_kept(void)
{
	for (int i = 0; i < n_kept; i++) {
		struct token *t = __alloc_token(0);
		struct expression *e = NULL;

		token_type(t) = TOKEN_IDENT;
		t->ident = kept[i];
		t->next = &eof_token_entry;
		t = preprocess(t);
		if (!is_constant(t) || !eof_token(parse_expression(t, &e)) || !e || !evaluate_expression(e))
			continue;
		get_expression_value_silent(e);
		if (e->type == EXPR_VALUE)
			remember_number(copy_string(show_ident(kept[i])), e->value);
	}
	n_kept = 0;
}

/* Lets a use of another subsystem's macro stay. Returns the last token that is done with. */
static struct token *keep(struct token **p, bool directive, const struct parameters *params)
{
	struct token *t = *p, *close;
	struct symbol *m = others_macro(t->ident);
	enum form form = m ? form_of(m, 0) : EXPAND;

	if (!m || (params && is_parameter(params, t)))
		return t;
	if (!m->arglist) {
		t->pos.noexpand = form == VALUE;
		if (form == VALUE)
			note_kept(t->ident, m);
		return t;
	}
	close = ended(t->next, directive) || !match_op(t->next, '(') ? NULL : closing(t->next, directive);
	if (!close)
		return t;
	if (form == EXPAND)
		return close;		/* a declaration, an assertion: its constants are needed */
	if (!nameable(t->next, close, params))
		return t;
	t->pos.noexpand = 1;
	note_kept(t->ident, m);
	name_types(t->next, close);
	if (form == LOOP && !(!ended(close->next, directive) && match_op(close->next, ';')))
		make_loop(p, close);
	return t;
}

/* Is T inside the braces in column 0 of a function that the text does not make out? */
static bool in_braces(const struct token *t)
{
	static bool inside;

	if (token_type(t) == TOKEN_SPECIAL && column_of(t->pos) == 0 && (t->special == '{' || t->special == '}'))
		inside = t->special == '{';
	return inside && source_at(t->pos);
}

/* From *P to the end of the list, or of a directive; returns where it ended. */
static struct token **mark(struct token **p, bool directive, const struct parameters *params)
{
	struct token *before = NULL;

	for (; !ended(*p, directive); p = &(*p)->next) {
		struct token *t = *p, *done = t;
		bool pasted = directive && ((before && match_op(before, SPECIAL_HASHHASH)) ||
					    match_op(t->next, SPECIAL_HASHHASH));

		bool body = directive || in_braces(t);

		if (token_type(t) == TOKEN_IDENT && !t->pos.noexpand && !pasted && (body || in_body(t->pos))) {
			done = keep(p, directive, params);
			if (*p != t)		/* while ( in front of it */
				p = &(*p)->next->next;
		} else if (before && match_op(t, '[') && (match_op(before, '{') || match_op(before, ',')) &&
			   closing(t, directive)) {
			done = closing(t, directive);	/* [N] = x: N is needed */
		}
		while (*p != done)
			p = &(*p)->next;
		before = done;
		if (!directive && !ended(done->next, false) && done->next->pos.newline && match_op(done->next, '#'))
			return &done->next;
	}
	return p;
}

/* #define NAME(a, b) body, at its #; returns where it ended. */
static struct token **mark_directive(struct token **p)
{
	struct token *word = (*p)->next, *name = word->next;
	struct parameters params = { .n = 0 };

	if (!word->pos.newline && match_ident(word, word_define) && !name->pos.newline &&
	    token_type(name) == TOKEN_IDENT && source_at(name->pos)) {
		if (!is_own(name->ident))
			push(own, n_own, cap_own) = name->ident;
		p = &name->next;
		if (!ended(*p, true) && match_op(*p, '(') && !(*p)->pos.whitespace)
			for (; !ended(*p, true); p = &(*p)->next) {
				if (token_type(*p) == TOKEN_IDENT && params.n < 64)
					params.list[params.n++] = (*p)->ident;
				if (match_op(*p, ')')) {
					p = &(*p)->next;
					break;
				}
			}
		return mark(p, true, &params);
	}
	for (p = &(*p)->next; !ended(*p, true); )
		p = &(*p)->next;
	return p;
}

static void mark_all(struct token **p)
{
	while (!eof_token(*p)) {
		if ((*p)->pos.newline && match_op(*p, '#'))
			p = mark_directive(p);
		else if (token_type(*p) == TOKEN_STREAMEND || token_type(*p) == TOKEN_STREAMBEGIN)
			p = &(*p)->next;
		else
			p = mark(p, false, NULL);
	}
}

/* --------------------------------------------------------------- includes */

/* The driver's own header that `#include "NAME"` means at T, unless it has been taken in; NULL for none. */
static const char *own_header(const struct token *t)
{
	const char *from = stream_name(t->pos.stream), *slash = strrchr(from, '/'), *path;

	if (token_type(t) != TOKEN_STRING || !source_at(t->pos))
		return NULL;
	path = slash ? format("%s/%s", copy_bytes(from, slash - from), t->string->data) : copy_string(t->string->data);
	for (int i = 0; i < input_stream_nr; i++)
		if (!strcmp(stream_name(i), path))
			return NULL;
	return find_source(&program, plain_path(path)) ? path : NULL;
}

/* Cuts LIST behind its first #include, its own headers being put in their places; returns what is behind. */
static struct token *cut(struct token **list)
{
	for (struct token **p = list; !eof_token(*p); p = &(*p)->next) {
		struct token *t = *p, *rest, **end;
		const char *path;
		int fd;

		if (!t->pos.newline || !match_op(t, '#') || t->next->pos.newline ||
		    !match_ident(t->next, word_include))
			continue;
		for (end = &t->next; !(*end)->pos.newline; )
			end = &(*end)->next;
		rest = *end;
		path = own_header(t->next->next);
		fd = path ? open(path, O_RDONLY) : -1;
		if (fd < 0) {
			*end = &eof_token_entry;
			return rest;
		}
		rest = tokenize(&t->pos, path, fd, rest, includepath);
		close(fd);
		*p = &eof_token_entry;
		if (p != list)
			return rest;
		*p = rest;
		p = list;		/* nothing stands before it */
	}
	return &eof_token_entry;
}

static struct token *preprocessed(struct token *list)
{
	struct token *out = &eof_token_entry, **tail = &out;

	while (!eof_token(list)) {
		struct token *rest = cut(&list);

		mark_all(&list);
		*tail = preprocess(list);
		while (!eof_token(*tail))
			tail = &(*tail)->next;
		list = rest;
	}
	return out;
}

struct symbol_list *parse_as_written(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct token *t;

	if (fd < 0)
		die("error: cannot open %s", path);
	know_words();
	translation_unit_used_list = NULL;
	new_file_scope();
	base_filename = path;
	t = tokenize(NULL, path, fd, NULL, includepath);
	close(fd);
	for (t = preprocessed(t); !eof_token(t); )
		t = external_declaration(t, &translation_unit_used_list, NULL);
	evaluate_kept();
	clear_token_alloc();
	return translation_unit_used_list;
}
