// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions: in, the facts of a file and the extents of a definition; out, its
 * statements, which graph.c makes a control-flow graph of, and what the facts lack
 * of what the text shows.
 *
 * Statements arrive with extents only. Nesting follows from containment, the
 * kind from the fact that starts at the same place. What SmPL cannot state (the
 * condition of do-while, adjacent case labels) is read from the text.
 */
#include "program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct place {
	int line, column;
};

struct fact {
	const char *kind, *file;
	struct place start, end;
	json_t *json;
};

struct facts {
	struct fact *list;	/* sorted by file, start, end descending */
	int n, cap;
};

static int compare(struct place a, struct place b)
{
	return a.line != b.line ? a.line - b.line : a.column - b.column;
}

static const char *string(const struct fact *f, const char *key)
{
	const char *s = json_string_value(json_object_get(f->json, key));

	return s ? s : "";
}

static struct place place_at(const json_t *at, int i)
{
	return (struct place){ json_integer_value(json_array_get(at, i)),
			       json_integer_value(json_array_get(at, i + 1)) };
}

static void keep_fact(json_t *line, void *data)
{
	struct facts *facts = data;
	struct fact f = { .json = json_incref(line) };
	const json_t *at = json_object_get(line, "at");

	f.kind = string(&f, "k");
	f.file = string(&f, "f");
	f.start = place_at(at, 0);
	f.end = place_at(at, 2);
	push(facts->list, facts->n, facts->cap) = f;
}

static int by_place(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;
	int c = strcmp(x->file, y->file);

	if (!c)
		c = compare(x->start, y->start);
	return c ? c : compare(y->end, x->end);
}

struct facts *load_facts(const char *path)
{
	struct facts *facts = alloc(sizeof(*facts));

	read_json_lines(path, keep_fact, facts);
	if (facts->n)
		qsort(facts->list, facts->n, sizeof(*facts->list), by_place);
	return facts;
}

const char *failure_of(const struct facts *facts, const char *file)
{
	for (int i = 0; i < facts->n; i++)
		if (!strcmp(facts->list[i].kind, "failure") && !strcmp(facts->list[i].file, file))
			return string(&facts->list[i], "why");
	return NULL;
}

/* A statement of the source, or a declaration. */
struct statement {
	struct place start, end;
	const struct fact *fact;	/* what it is; NULL for a block, do, switch, case */
	struct statement **kids;
	int n_kids, cap_kids;
};

struct reader {
	struct definition *def;
	const struct fact *facts;	/* of this function */
	int n_facts;
	struct stmt *before;		/* where ({ statements }) of an expression can be put, or NULL */
	const char **declared;
	int n_declared, cap_declared;
	const char *gap;
};

static void gap(struct reader *r, int line, const char *what)
{
	if (!r->gap)
		r->gap = format("line %d: %s", line, what);
}

static struct stmt *start(enum stmt_kind kind, struct place at)
{
	return new_stmt(kind, at.line, at.column);
}

static struct stmt *add(struct stmt *out, enum stmt_kind kind, struct place at, struct expr *e)
{
	struct stmt *s = start(kind, at);

	s->e = e;
	add_stmt(out, s);
	return s;
}

static void declare(struct reader *r, struct stmt *s, const char *name, const char *type)
{
	s->kind = S_DECLARATION;
	s->name = name;
	s->type = type;
	push(r->declared, r->n_declared, r->cap_declared) = name;
}

/* Gives the errno literals of an expression the places where they stand in the file. */
struct literals {
	const struct reader *r;
	struct place from, to;
	int next;
	struct place otherwise;
};

static void place_literal(struct expr *e, void *data)
{
	struct literals *l = data;

	if (e->kind != E_ERRNO)
		return;
	e->line = l->otherwise.line;
	e->column = l->otherwise.column;
	for (int i = l->next; i < l->r->n_facts; i++) {
		const struct fact *f = &l->r->facts[i];

		if (compare(f->start, l->from) < 0 || strcmp(f->kind, "errno") || strcmp(string(f, "name"), e->text))
			continue;
		if (compare(f->start, l->to) >= 0)
			break;
		e->line = f->start.line;
		e->column = f->start.column;
		l->next = i + 1;
		break;
	}
}

static const struct token *token_at(const struct source *s, struct place at)
{
	int lo = 0, hi = s->n_tokens - 1;

	while (lo < hi) {
		int mid = (lo + hi) / 2;
		struct place p = { s->tokens[mid].line, s->tokens[mid].column };

		if (compare(p, at) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return &s->tokens[lo];
}

/* Text from token a up to, without, the first token at bracket depth 0 that is one of STOPS. */
static char *text_until(const struct token *a, const char *stops)
{
	const struct token *t = a;
	int depth = 0;

	for (; t->kind != T_END; t++) {
		if (!depth && t->kind == T_PUNCT && t->len == 1 && strchr(stops, *t->s))
			break;
		if (t->kind == T_PUNCT && t->len == 1)
			depth += strchr("([{", *t->s) ? 1 : strchr(")]}", *t->s) ? -1 : 0;
		if (depth < 0)
			break;
	}
	return t > a ? copy_bytes(a->s, t[-1].s + t[-1].len - a->s) : copy_string("");
}

/*
 * The same expression as the file has it. Where spatch had to expand a macro of
 * the file to parse a function, it prints the expansion and the macro.
 */
static char *text_in_file(const struct reader *r, const char *kind, struct place at)
{
	const struct token *t = token_at(r->def->source, at);

	if (!strcmp(kind, "return"))
		return text_until(&t[1], ";");
	if ((!strcmp(kind, "if") || !strcmp(kind, "while")) && is(&t[1], "("))
		return text_until(&t[2], ")");
	if (!strcmp(kind, "expression"))
		return text_until(t, ";");
	if (!strcmp(kind, "declaration")) {
		while (t->kind != T_END && !is(t, "=") && !is(t, ";") && !is(t, ","))
			t++;
		return is(t, "=") ? text_until(&t[1], ",;") : copy_string("");
	}
	return copy_string("");
}

static struct expr *put_statements(struct reader *r, struct expr *e, struct place at);

/* Does text hold anything that decides what is returned: a jump, an errno, a call of the driver's own? */
static const char *hides(const struct reader *r, const char *text)
{
	const struct source *s = r->def->source;
	const char *found = NULL;
	int n;
	struct token *t = tokenise(text, strlen(text), &n);

	for (int i = 0; i < n - 1 && !found; i++) {
		struct definition **own;

		if (t[i].kind != T_NAME)
			continue;
		if (is(&t[i], "return") || is(&t[i], "goto") || errno_exists(t[i].s, t[i].len)) {
			found = token_text(&t[i]);
		} else if (s->program && is(&t[i + 1], "(") && find_definitions(s->program, s, token_text(&t[i]), &own)) {
			found = token_text(&t[i]);
			free(own);
		}
	}
	free(t);
	return found;
}

/* What could not be expanded or parsed is a gap where it could hide something. */
struct leftover {
	struct reader *r;
	const struct expr *iterator;	/* its header is not read, nor what it calls */
	int line;
};

static void find_leftover(struct expr *e, void *data)
{
	struct leftover *l = data;
	const struct source *s = l->r->def->source;
	struct expr *name = e->kind == E_CALL ? e->kid[0] : e;
	struct macro **found;
	char *text;

	if (e->kind == E_OPAQUE && hides(l->r, e->text))
		gap(l->r, l->line, format("`%s` stands in an expression that is not read: %.60s", hides(l->r, e->text), e->text));
	if (e->kind != E_CALL || e == l->iterator || name->kind != E_NAME || !s->program || !find_macros(s->program, s, name->text, &found))
		return;
	text = found[0]->takes_arguments ? expand_macro(s->program, found[0], s, expr_text(e)) : NULL;
	free(found);
	if (text && hides(l->r, text))
		gap(l->r, l->line, format("`%s` stands in the macro %s, which is not read there", hides(l->r, text), name->text));
}

static struct expr *expression(struct reader *r, const char *s, const char *kind, struct place from, struct place to)
{
	struct expr *e = parse_expr(s);
	struct literals l = { .r = r, .from = from, .to = to, .otherwise = from };
	struct leftover left = { .r = r, .line = from.line };

	if (e->kind == E_OPAQUE && *text_in_file(r, kind, from))
		e = parse_expr(text_in_file(r, kind, from));
	e = expand_expr(r->def->source->program, r->def->source, e, r->before != NULL);
	if (r->before)
		e = put_statements(r, e, from);
	walk_expr(e, place_literal, &l);
	left.iterator = strcmp(kind, "iterator") ? NULL : e;
	walk_expr(e, find_leftover, &left);
	if (e->kind == E_OPAQUE && strncmp(e->text, "(", 1) != 0)
		gap(r, from.line, format("expression is beyond the parser: %.60s", e->text));
	return e;
}

/* The same, where what has to stand before it is put into OUT. */
static struct expr *ahead(struct reader *r, const char *s, const char *kind, struct place from, struct place to, struct stmt *out)
{
	struct expr *e;

	r->before = out;
	e = expression(r, s, kind, from, to);
	r->before = NULL;
	return e;
}

static void convert(struct reader *r, struct statement **list, int n, struct stmt *out);

/* ------------------------------------------------- statements as text only */

/* What a macro of the driver stands for that is a statement; NULL where it is an expression or no macro */
static char *macro_text(const struct reader *r, const char *use)
{
	const struct source *s = r->def->source;
	struct macro **found;
	struct expr *e = parse_expr(use), *name = e->kind == E_CALL ? e->kid[0] : e;
	char *text;

	if (!s->program || name->kind != E_NAME || !find_macros(s->program, s, name->text, &found))
		return NULL;
	text = found[0]->takes_arguments == (e->kind == E_CALL) ? expand_macro(s->program, found[0], s, expr_text(e)) : NULL;
	free(found);
	return text && parse_expr(text)->kind == E_OPAQUE ? format("%s;", text) : NULL;
}

/* Statements that no fact states, as tokens: of a macro, of a for's first part. All stand at one place. */
struct fragment {
	struct reader *r;
	const struct token *t;
	int i, n;
	struct place at;
};

static void read_statement(struct fragment *f, struct stmt *out);

/* Text up to, and the index behind, the first of STOPS at bracket depth 0 */
static char *take_until(struct fragment *f, const char *stops)
{
	const struct token *t = &f->t[f->i];
	char *text = text_until(t, stops);

	while (f->i < f->n && f->t[f->i].s < t->s + strlen(text))
		f->i++;
	f->i += f->i < f->n;
	return text;
}

static bool take_word(struct fragment *f, const char *word)
{
	bool here = f->i < f->n && is(&f->t[f->i], word);

	f->i += here;
	return here;
}

static struct expr *text_expression(struct fragment *f, const char *s, struct stmt *out)
{
	return ahead(f->r, s, "", f->at, (struct place){ f->at.line + 1, 0 }, out);
}

/* (condition) */
static struct expr *read_condition(struct fragment *f, struct stmt *out)
{
	take_word(f, "(");
	return text_expression(f, take_until(f, ")"), out);
}

/* `type a = b, *c;`: where the first name stands, or 0 */
static int declares_at(const struct fragment *f)
{
	int i = f->i, words = 0;

	for (; i < f->n && (f->t[i].kind == T_NAME || is(&f->t[i], "*")); i++) {
		if (is(&f->t[i], "typeof") || is(&f->t[i], "__typeof__")) {
			int depth = 0;

			for (i++; i < f->n && (depth += is(&f->t[i], "(") - is(&f->t[i], ")")); i++)
				;
		}
		words++;
	}
	return words > 1 && f->t[i - 1].kind == T_NAME && i < f->n &&
	       (is(&f->t[i], "=") || is(&f->t[i], ";") || is(&f->t[i], ",") || is(&f->t[i], "[")) ? i - 1 : 0;
}

static void read_declaration(struct fragment *f, int name, struct stmt *out)
{
	char *type = copy_bytes(f->t[f->i].s, f->t[name].s - f->t[f->i].s);

	for (size_t len = strlen(type); len && type[len - 1] == ' '; len--)
		type[len - 1] = '\0';
	f->i = name;
	while (f->i < f->n) {
		const char *variable;
		struct expr *e;

		while (take_word(f, "*"))
			;
		variable = token_text(&f->t[f->i]);
		e = parse_expr(take_until(f, ",;"));
		e = e->kind == E_ASSIGN ? text_expression(f, expr_text(e->kid[1]), out) : NULL;
		declare(f->r, add(out, S_DECLARATION, f->at, e), variable, type);
		if (!is(&f->t[f->i - 1], ","))
			return;
	}
}

static struct stmt *read_arm(struct fragment *f)
{
	struct stmt *arm = start(S_BLOCK, f->at);

	read_statement(f, arm);
	return arm;
}

static void read_if(struct fragment *f, struct stmt *out)
{
	struct expr *c = read_condition(f, out);
	struct stmt *s = add(out, S_IF, f->at, c);

	add_stmt(s, read_arm(f));
	if (take_word(f, "else"))
		add_stmt(s, read_arm(f));
}

/* while (c) ..; do .. while (c); */
static void read_loop(struct fragment *f, struct stmt *out)
{
	bool first = take_word(f, "while");
	struct stmt *s = add(out, first ? S_LOOP : S_DO, f->at, first ? read_condition(f, NULL) : NULL);

	f->i += !first;
	read_statement(f, s);
	if (first)
		return;
	take_word(f, "while");
	s->e = read_condition(f, NULL);
	s->end_line = f->at.line;
	s->end_column = f->at.column;
	take_word(f, ";");
}

static void read_statement(struct fragment *f, struct stmt *out)
{
	static const char *const beyond[] = { "switch", "for", "case", "default", "asm", "__asm__" };
	const struct token *t = &f->t[f->i];
	int name;

	if (f->i >= f->n || take_word(f, ";"))
		return;
	for (size_t i = 0; i < sizeof(beyond) / sizeof(*beyond); i++)
		if (is(t, beyond[i])) {
			gap(f->r, f->at.line, format("`%s` stands in a macro, and is not read there", beyond[i]));
			f->i = f->n;
			return;
		}
	if (take_word(f, "{")) {
		while (f->i < f->n && !take_word(f, "}"))
			read_statement(f, out);
	} else if (take_word(f, "if")) {
		read_if(f, out);
	} else if (is(t, "while") || is(t, "do")) {
		read_loop(f, out);
	} else if (take_word(f, "return")) {
		char *value = take_until(f, ";");
		struct expr *e = *value ? text_expression(f, value, out) : NULL;

		add(out, S_RETURN, f->at, e);
	} else if (take_word(f, "goto")) {
		add(out, S_GOTO, f->at, NULL)->name = take_until(f, ";");
	} else if (is(t, "break") || is(t, "continue")) {
		add(out, is(t, "break") ? S_BREAK : S_CONTINUE, f->at, NULL);
		take_until(f, ";");
	} else if (t->kind == T_NAME && is(&t[1], ":")) {
		add(out, S_LABEL, f->at, NULL)->name = token_text(t);
		f->i += 2;
	} else if ((name = declares_at(f))) {
		read_declaration(f, name, out);
	} else {
		struct expr *e = text_expression(f, take_until(f, ";"), out);

		add(out, S_PLAIN, f->at, e);
	}
}

/* The statements in TEXT, which stand at AT */
static void read_fragment(struct reader *r, const char *text, struct place at, struct stmt *out)
{
	struct fragment f = { .r = r, .at = at };
	int n;

	f.t = tokenise(text, strlen(text), &n);
	f.n = n - 1;
	while (f.i < f.n) {
		int before = f.i;

		read_statement(&f, out);
		if (f.i == before)
			f.i++;		/* a stray brace */
	}
}

/* Puts the statements of ({ .. }), at AT, before what is read now; gives back its value. */
static struct expr *value_of_statements(struct reader *r, struct expr *e, struct place at)
{
	struct fragment f = { .r = r, .at = at };
	struct stmt *out = r->before;
	struct expr *value = NULL;
	int n;

	f.t = tokenise(e->text, strlen(e->text), &n);
	f.n = n - 3;		/* without the brackets */
	f.i = 2;
	while (f.i < f.n && !value) {
		struct fragment look = f;
		int before = f.i;

		take_until(&look, ";");
		if (look.i >= f.n && !is(&f.t[f.i], "{") && !is(&f.t[f.i], "if") && !declares_at(&f))
			value = text_expression(&f, take_until(&f, ";"), out);
		else
			read_statement(&f, out);
		f.i += f.i == before;
	}
	r->before = out;
	value = value ? value : parse_expr("0");
	if (e->written)
		value->written = e->written;
	return value;
}

static struct expr *put_statements(struct reader *r, struct expr *e, struct place at)
{
	if (e && is_statements(e))
		return value_of_statements(r, e, at);
	for (int i = 0; e && i < e->n_kids; i++)
		e->kid[i] = put_statements(r, e->kid[i], at);
	return e;
}

static struct statement *starting_at(struct statement *s, struct place at)
{
	for (int i = 0; i < s->n_kids; i++)
		if (!compare(s->kids[i]->start, at))
			return s->kids[i];
	return NULL;
}

static void convert_if(struct reader *r, struct statement *s, struct stmt *out)
{
	static const char *const arms[] = { "then", "other" };
	struct place then = place_at(json_object_get(s->fact->json, "then"), 0);
	struct expr *c = ahead(r, string(s->fact, "c"), "if", s->start, then, out);
	struct stmt *branch = add(out, S_IF, s->start, c);

	for (int i = 0; i < 2; i++) {
		const json_t *at = json_object_get(s->fact->json, arms[i]);
		struct statement *kid = starting_at(s, place_at(at, 0));
		struct stmt *arm = start(S_BLOCK, s->start);

		if (i && !at)
			break;
		if (kid)
			convert(r, &kid, 1, arm);
		else
			gap(r, s->start.line, i ? "the else branch of this if was not matched" :
						  "the branch of this if was not matched");
		add_stmt(branch, arm);
	}
}

static struct place body_of(const struct statement *s)
{
	return s->n_kids ? s->kids[0]->start : s->end;
}

/*
 * scoped_guard(mutex, &lock) { .. }: a block that runs once, and that break and continue leave. Of
 * scoped_cond_guard(mutex_intr, return -EINTR, &lock) the statement that is an argument is what else happens.
 */
static void convert_block(struct reader *r, struct statement *s, struct stmt *out)
{
	const struct token *t = token_at(r->def->source, s->start) + 2;
	char *call = format("%s(", string(s->fact, "name")), *otherwise = NULL;
	struct stmt *block;
	struct expr *e;

	while (t->kind != T_END) {
		char *argument = text_until(t, ",");
		const char *behind = t->s + strlen(argument);

		if (is(t, "return") || is(t, "goto") || is(t, "break") || is(t, "continue") || is(t, "{"))
			otherwise = format("%s;", argument);
		else
			call = format("%s%s%s", call, call[strlen(call) - 1] == '(' ? "" : ", ", argument);
		while (t->kind != T_END && t->s < behind)
			t++;
		if (!is(t++, ","))
			break;
	}
	e = expression(r, format("%s)", call), "", s->start, body_of(s));
	if (otherwise) {
		struct stmt *branch = add(out, S_IF, s->start, e), *no = start(S_BLOCK, s->start);

		add_stmt(branch, start(S_BLOCK, s->start));
		read_fragment(r, otherwise, s->start, no);
		add_stmt(branch, no);
		e = NULL;
	}
	block = add(out, S_ONCE, s->start, e);
	convert(r, s->kids, s->n_kids, block);
}

static void convert_loop(struct reader *r, struct statement *s, struct stmt *out)
{
	bool iterator = !strcmp(s->fact->kind, "iterator");
	struct stmt *loop;

	if (iterator && !repeats(string(s->fact, "name"))) {
		convert_block(r, s, out);
		return;
	}
	loop = add(out, S_LOOP, s->start,
		   expression(r, iterator ? format("%s(%s)", string(s->fact, "name"), string(s->fact, "args")) :
			      string(s->fact, "c"), s->fact->kind, s->start, body_of(s)));
	loop->iterator = iterator;
	convert(r, s->kids, s->n_kids, loop);
}

/* for (init; condition; step), each of which can be missing: read from the text */
static void convert_for(struct reader *r, struct statement *s, struct stmt *out)
{
	const struct token *t = token_at(r->def->source, s->start) + 2;
	const char *part[3] = { "", "", "" };
	struct stmt *loop;

	for (int i = 0; i < 3; i++) {
		part[i] = text_until(t, i < 2 ? ";" : ")");
		for (const char *end = t->s + strlen(part[i]); *part[i] && t->s < end; t++)
			;
		t += i < 2;
	}
	if (*part[0])
		read_fragment(r, format("%s;", part[0]), s->start, out);
	loop = add(out, S_LOOP, s->start, *part[1] ? expression(r, part[1], "", s->start, body_of(s)) : parse_expr("1"));
	if (*part[2])
		loop->step = expression(r, part[2], "", s->start, body_of(s));
	convert(r, s->kids, s->n_kids, loop);
}

static void convert_do(struct reader *r, struct statement *s, struct stmt *out)
{
	const struct token *t = token_at(r->def->source, s->n_kids ? s->kids[s->n_kids - 1]->end : s->start);
	struct stmt *loop = add(out, S_DO, s->start, NULL);

	convert(r, s->kids, s->n_kids, loop);
	loop->end_line = s->end.line;
	loop->end_column = s->end.column;
	if (is(t, "while") && is(&t[1], "("))
		loop->e = expression(r, text_until(&t[2], ")"), "", (struct place){ t->line, t->column }, s->end);
	else
		gap(r, s->start.line, "the condition of this do loop was not found");
}

static void convert_switch(struct reader *r, struct statement *s, struct stmt *out)
{
	const struct token *t = token_at(r->def->source, s->start);
	struct stmt *dispatch = add(out, S_SWITCH, s->start,
				    expression(r, is(&t[1], "(") ? text_until(&t[2], ")") : "", "", s->start, body_of(s)));

	convert(r, s->kids, s->n_kids, dispatch);
}

/* case A: / default: and the statement behind it */
static void convert_case(struct reader *r, struct statement *s, struct stmt *out)
{
	const struct token *t = token_at(r->def->source, s->start);
	bool otherwise = is(t, "default");
	struct stmt *label = add(out, otherwise ? S_DEFAULT : S_CASE, s->start,
				 otherwise ? NULL : expression(r, text_until(&t[1], ":"), "", s->start, body_of(s)));

	convert(r, s->kids, s->n_kids, label);
}

static bool declared(const struct reader *r, const char *name)
{
	const struct definition *d = r->def;
	const struct source *s = d->source;

	for (int i = 0; i < d->n_params; i++)
		if (!strcmp(d->params[i].name, name))
			return true;
	for (int i = 0; i < r->n_declared; i++)
		if (!strcmp(r->declared[i], name))
			return true;
	return s->program && declared_as(s->program, s, name, NULL);
}

static bool shouts(const char *s)
{
	for (; *s; s++)
		if (islower((unsigned char)*s))
			return false;
	return true;
}

/*
 * DECLARE_BITMAP(map, 8); CLASS(fd, f)(number): a macro of the kernel that declares what no one has declared before.
 * The value is what else the macro is given.
 */
static void read_macro_declaration(struct reader *r, struct stmt *s)
{
	struct expr *e = s->e, *call = e->kind == E_CALL && e->kid[0]->kind == E_CALL ? e->kid[0] : e;
	int at = call == e ? 1 : 2;		/* LIST_HEAD(name), CLASS(type, name)(..) */

	if (call->kind != E_CALL || call->kid[0]->kind != E_NAME || !shouts(call->kid[0]->text) || call->n_kids <= at ||
	    call->kid[at]->kind != E_NAME || shouts(call->kid[at]->text) || declared(r, call->kid[at]->text))
		return;
	declare(r, s, call->kid[at]->text, "");
	s->e = e->n_kids > (call == e ? 2 : 1) ? e : NULL;
}

static void convert_fact(struct reader *r, struct statement *s, struct stmt *out)
{
	const char *kind = s->fact->kind, *label = string(s->fact, "label");
	struct expr *e;
	struct stmt *to;

	if (!strcmp(kind, "if")) {
		convert_if(r, s, out);
		return;
	}
	if (!strcmp(kind, "while") || !strcmp(kind, "iterator")) {
		convert_loop(r, s, out);
		return;
	}
	if (!strcmp(kind, "expression") && macro_text(r, string(s->fact, "e"))) {
		read_fragment(r, macro_text(r, string(s->fact, "e")), s->start, out);
		return;
	}
	if (!strcmp(kind, "goto")) {
		add(out, S_GOTO, s->start, NULL)->name = *label ? label : NULL;
		return;
	}
	if (!strcmp(kind, "jump")) {
		add(out, strcmp(string(s->fact, "jump"), "break") ? S_CONTINUE : S_BREAK, s->start, NULL);
		return;
	}
	if (!strcmp(kind, "label")) {
		to = add(out, S_LABEL, s->start, NULL);
		to->name = label;
		convert(r, s->kids, s->n_kids, to);
		return;
	}
	e = *string(s->fact, "e") ? ahead(r, string(s->fact, "e"), kind, s->start, s->end, out) : NULL;
	to = add(out, strcmp(kind, "return") ? S_PLAIN : S_RETURN, s->start, e);
	if (!strcmp(kind, "declaration"))
		declare(r, to, string(s->fact, "name"), string(s->fact, "type"));
	else if (to->kind == S_PLAIN && e)
		read_macro_declaration(r, to);
}

#define MAX_ARMS 16

/* #if .. #elif .. #else .. #endif: the lines of its directives, the last that of #endif */
struct conditional {
	int line[MAX_ARMS + 1];
	int n_arms;
};

/* The outermost one behind LINE, in front of a statement that starts at START and has more than one arm */
static bool conditional_at(const struct definition *d, int line, int start, struct conditional *out)
{
	const struct token *t = d->source->tokens;
	int depth = 0;

	out->n_arms = 0;
	for (int i = d->body; i < d->body_end; i++) {
		if (!t[i].directive || !t[i].fresh || !t[i + 1].directive || t[i].line <= line)
			continue;
		if (!strncmp(t[i + 1].s, "if", 2) && !depth++) {
			if (t[i].line > start)
				return false;
			out->line[0] = t[i].line;
			out->n_arms = 1;
		} else if (!strncmp(t[i + 1].s, "el", 2) && depth == 1 && out->n_arms < MAX_ARMS) {
			out->line[out->n_arms++] = t[i].line;
		} else if (is(&t[i + 1], "endif") && depth && !--depth) {
			out->line[out->n_arms] = t[i].line;
			if (t[i].line > start)
				return out->n_arms > 1;
		}
	}
	return false;
}

/* How many of LIST stand in this arm, whole, one after the other? -1 where one does not, or is a label of a switch. */
static int in_arm(const struct reader *r, struct statement **list, int n, const struct conditional *c, int arm)
{
	int k = 0;

	for (; k < n && list[k]->start.line < c->line[arm + 1]; k++) {
		const struct token *t = token_at(r->def->source, list[k]->start);

		bool declares = list[k]->fact && !strcmp(list[k]->fact->kind, "declaration");	/* its end is stretched */

		if ((!declares && list[k]->end.line > c->line[arm + 1]) || is(t, "case") || is(t, "default"))
			return -1;
	}
	return k;
}

/* Statements that stand in different arms of an #if: one of both is compiled. Yields how many, or 0 where they do not. */
static int convert_arms(struct reader *r, struct statement **list, int n, int behind, struct stmt *out)
{
	struct conditional c;
	int counts[MAX_ARMS], filled = 0, all = 0;
	struct stmt *either;

	if (!conditional_at(r->def, behind, list[0]->start.line, &c))
		return 0;
	for (int i = 0; i < c.n_arms; i++) {
		counts[i] = in_arm(r, list + all, n - all, &c, i);
		if (counts[i] < 0)
			return 0;
		filled += counts[i] > 0;
		all += counts[i];
	}
	if (filled < 2)
		return 0;
	either = add(out, S_EITHER, (struct place){ c.line[0], 0 }, NULL);
	for (int i = 0, at = 0; i < c.n_arms; at += counts[i++])
		if (counts[i])
			convert(r, list + at, counts[i], add(either, S_BLOCK, list[at]->start, NULL));
	return all;
}

static void convert(struct reader *r, struct statement **list, int n, struct stmt *out)
{
	for (int i = 0; i < n; i++) {
		int arms = convert_arms(r, list + i, n - i, i ? list[i - 1]->start.line : r->def->line, out);

		if (arms) {
			i += arms - 1;
			continue;
		}
		struct statement *s = list[i];
		const struct token *t = token_at(r->def->source, s->start);

		if (s->fact)
			convert_fact(r, s, out);
		else if (is(t, "{"))
			convert(r, s->kids, s->n_kids, out);
		else if (is(t, "case") || is(t, "default"))
			convert_case(r, s, out);
		else if (is(t, "switch"))
			convert_switch(r, s, out);
		else if (is(t, "do"))
			convert_do(r, s, out);
		else if (is(t, "for"))
			convert_for(r, s, out);
		else if (!is(t, ";") && !t->directive && !is(t, "asm") && !is(t, "__asm__"))
			gap(r, s->start.line, "a statement of unknown kind");
	}
}

/* Facts that say what the statement at the same place is. */
static bool names_statement(const struct fact *f)
{
	static const char *const kinds[] = {
		"if", "while", "iterator", "return", "goto", "jump", "label", "expression",
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(f->kind, kinds[i]))
			return true;
	return false;
}

static const struct fact *naming_fact(const struct reader *r, const struct fact *statement)
{
	const struct fact *best = NULL;

	/* same start; around it, since longer extents sort first */
	for (const struct fact *f = statement; f >= r->facts && !compare(f->start, statement->start); f--)
		if (names_statement(f))
			best = f;
	for (const struct fact *f = statement; f < r->facts + r->n_facts &&
	     !compare(f->start, statement->start); f++)
		if (names_statement(f))
			best = f;
	return best;
}

static struct statement *new_statement(struct place start, struct place end, const struct fact *fact)
{
	struct statement *s = alloc(sizeof(*s));

	s->start = start;
	s->end = end;
	s->fact = fact;
	return s;
}

/* Nests statements and declarations by containment below an all-embracing one. */
static struct statement *nest(struct reader *r)
{
	struct statement *root = new_statement((struct place){ 0, 0 }, (struct place){ 1 << 30, 0 }, NULL);
	struct statement **stack = NULL;
	const struct fact *last = NULL;
	int n = 0, cap = 0;

	push(stack, n, cap) = root;
	for (const struct fact *f = r->facts; f < r->facts + r->n_facts; f++) {
		bool declares = !strcmp(f->kind, "declaration");
		struct statement *s, *top;

		if (!declares && strcmp(f->kind, "statement"))
			continue;
		if (last && !compare(last->start, f->start) && !compare(last->end, f->end) &&
		    !strcmp(last->kind, f->kind))
			continue;
		last = f;
		s = new_statement(f->start, f->end, declares ? f : naming_fact(r, f));
		while (compare(stack[n - 1]->end, s->start) <= 0)
			n--;
		top = stack[n - 1];
		if (compare(s->end, top->end) > 0) {
			gap(r, s->start.line, "statements overlap");
			continue;
		}
		/* two statements with one start: the outer one holds the label or nothing */
		if (top->fact && top->fact == s->fact && !compare(top->start, s->start))
			s->fact = NULL;
		push(top->kids, top->n_kids, top->cap_kids) = s;
		if (!declares)
			push(stack, n, cap) = s;
	}
	return root;
}

/* A declaration's initialiser ends where the next statement or declaration begins. */
static void stretch_declarations(struct statement *s)
{
	for (int i = 0; i < s->n_kids; i++) {
		struct statement *k = s->kids[i];

		if (k->fact && !strcmp(k->fact->kind, "declaration"))
			k->end = i + 1 < s->n_kids ? s->kids[i + 1]->start : s->end;
		stretch_declarations(k);
	}
}

static bool has_fact(const struct reader *r, const char *kind, const struct token *t)
{
	for (int i = 0; i < r->n_facts; i++)
		if (r->facts[i].start.line == t->line && r->facts[i].start.column == t->column &&
		    !strcmp(r->facts[i].kind, kind))
			return true;
	return false;
}

/* Everything that decides what is returned must be among the facts. */
static void compare_with_text(struct reader *r)
{
	const struct definition *d = r->def;
	const struct token *t = d->source->tokens;

	for (int i = d->body; i < d->body_end; i++) {
		static const char *const words[] = { "return", "if", "goto" };

		/* a block's macro whose arguments hold a statement: generate_block() reads them */
		if (t[i].kind == T_NAME && is(&t[i + 1], "(") && has_fact(r, "iterator", &t[i])) {
			int depth = 0;

			while (++i < d->body_end && (depth += is(&t[i], "(") - is(&t[i], ")")))
				;
			continue;
		}
		if (t[i].directive || (t[i].kind != T_NAME && !is(&t[i], "-")))
			continue;
		for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++)
			if (is(&t[i], words[k]) && !has_fact(r, words[k], &t[i]))
				gap(r, t[i].line, format("`%s` is in the text but spatch did not parse it",
							    words[k]));
		if (is(&t[i], "-") && t[i + 1].kind == T_NAME &&
		    names_errno(t[i + 1].s, t[i + 1].len) && !has_fact(r, "errno", &t[i + 1]))
			gap(r, t[i].line,
			    format("`-%s` is in the text but spatch did not parse it",
				   token_text(&t[i + 1])));
	}
}

static bool holds(const struct definition *d, int line)
{
	return line >= d->line && line <= d->end;
}

/*
 * Does spatch end this function where its text does? Each fact names the function that it stands in: by spatch's
 * reckoning, while where it stands is the text's.
 */
static void compare_extents(struct reader *r, const struct facts *facts, int first)
{
	const struct definition *d = r->def;
	const char *name = r->n_facts ? string(&r->facts[0], "fn") : "";

	if (d->odd)
		gap(r, d->line, d->odd);
	for (int i = 0; i < r->n_facts; i++)
		if (strcmp(string(&r->facts[i], "fn"), name) && r->facts[i].start.line > d->line)
			gap(r, r->facts[i].start.line, "spatch ends this function before, its text does not");
	for (int i = first + r->n_facts; i < facts->n && !strcmp(facts->list[i].file, d->source->path); i++) {
		bool elsewhere = strcmp(string(&facts->list[i], "fn"), name) != 0;

		for (int k = 0; k < d->source->n_definitions && !elsewhere; k++)
			elsewhere = holds(d->source->definitions[k], facts->list[i].start.line);
		if (!elsewhere)
			gap(r, facts->list[i].start.line, "spatch has this in the function, by its text it has ended");
	}
}

struct function *build_function(const struct facts *facts, struct definition *def)
{
	struct reader r = { .def = def };
	struct stmt *body = new_stmt(S_BLOCK, def->line, 0);
	struct statement *root;
	struct function *f;
	int i, lo = 0, hi = facts->n;

	while (lo < hi) {
		int mid = (lo + hi) / 2, c = strcmp(facts->list[mid].file, def->source->path);

		if (c < 0 || (!c && facts->list[mid].start.line < def->line))
			lo = mid + 1;
		else
			hi = mid;
	}
	r.facts = facts->list + lo;
	for (i = lo; i < facts->n && !strcmp(facts->list[i].file, def->source->path) &&
	     facts->list[i].start.line <= def->end; i++)
		;
	r.n_facts = i - lo;
	compare_extents(&r, facts, lo);
	root = nest(&r);
	stretch_declarations(root);
	convert(&r, root->kids, root->n_kids, body);
	f = graph_of(def, body, r.gap);
	r.gap = NULL;
	compare_with_text(&r);
	if (!f->gap)
		f->gap = r.gap;
	free(r.declared);
	return f;
}
