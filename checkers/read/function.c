// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions: in, the facts of a file and the extents of a definition; out, a
 * control-flow graph whose nodes hold parsed expressions, and what the facts
 * lack of what the text shows.
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

/* Edges that wait for the node they lead to. */
struct dangling {
	int from;
	enum sense sense;
	struct expr *label;
};

struct frontier {
	struct dangling *edges;
	int n, cap;
};

struct jump {
	int from;
	const char *label;
};

struct target {
	const char *label;
	int node;
};

struct builder {
	struct function *f;
	const struct fact *facts;	/* of this function */
	int n_facts;
	struct frontier *breaks;	/* of the innermost loop or switch */
	struct frontier *continues;	/* of the innermost loop */
	struct jump *jumps;
	int n_jumps, cap_jumps;
	struct target *targets;
	int n_targets, cap_targets;
	int dispatch;			/* branch node of the innermost switch */
	bool has_default;
	struct frontier *live;		/* where ({ statements }) of an expression can be put, or NULL */
	struct scope *scope;
};

static void gap(struct function *f, int line, const char *what)
{
	if (!f->gap)
		f->gap = format("line %d: %s", line, what);
}

static int add_node(struct builder *b, enum node_kind kind, struct place at, struct scope *scope)
{
	struct function *f = b->f;

	push(f->nodes, f->n_nodes, f->cap_nodes) = (struct node){
		.kind = kind, .line = at.line, .column = at.column, .scope = scope };
	return f->n_nodes - 1;
}

static void connect(struct function *f, int from, int to, enum sense sense, struct expr *label)
{
	struct node *a = &f->nodes[from], *b = &f->nodes[to];

	push(a->succ, a->n_succ, a->cap_succ) = (struct edge){ to, sense, label };
	push(b->pred, b->n_pred, b->cap_pred) = from;
}

static void leave(struct frontier *out, int from, enum sense sense, struct expr *label)
{
	push(out->edges, out->n, out->cap) = (struct dangling){ from, sense, label };
}

/* All of IN lead to NODE; IN is empty afterwards. */
static void arrive(struct builder *b, struct frontier *in, int node)
{
	for (int i = 0; i < in->n; i++)
		connect(b->f, in->edges[i].from, node, in->edges[i].sense, in->edges[i].label);
	in->n = 0;
}

static void merge(struct frontier *to, const struct frontier *from)
{
	for (int i = 0; i < from->n; i++)
		leave(to, from->edges[i].from, from->edges[i].sense, from->edges[i].label);
}

/* Gives the errno literals of an expression the places where they stand in the file. */
struct literals {
	const struct builder *b;
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
	for (int i = l->next; i < l->b->n_facts; i++) {
		const struct fact *f = &l->b->facts[i];

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
static char *text_in_file(const struct builder *b, const char *kind, struct place at)
{
	const struct token *t = token_at(b->f->def->source, at);

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

static struct expr *put_statements(struct builder *b, struct expr *e, struct place at);

/* Does text hold anything that decides what is returned: a jump, an errno, a call of the driver's own? */
static const char *hides(const struct builder *b, const char *text)
{
	const struct source *s = b->f->def->source;
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
	struct builder *b;
	const struct expr *iterator;	/* its header is not read, nor what it calls */
	int line;
};

static void find_leftover(struct expr *e, void *data)
{
	struct leftover *l = data;
	const struct source *s = l->b->f->def->source;
	struct expr *name = e->kind == E_CALL ? e->kid[0] : e;
	struct macro **found;
	char *text;

	if (e->kind == E_OPAQUE && hides(l->b, e->text))
		gap(l->b->f, l->line, format("`%s` stands in an expression that is not read: %.60s", hides(l->b, e->text), e->text));
	if (e->kind != E_CALL || e == l->iterator || name->kind != E_NAME || !s->program || !find_macros(s->program, s, name->text, &found))
		return;
	text = found[0]->takes_arguments ? expand_macro(s->program, found[0], s, expr_text(e)) : NULL;
	free(found);
	if (text && hides(l->b, text))
		gap(l->b->f, l->line, format("`%s` stands in the macro %s, which is not read there", hides(l->b, text), name->text));
}

static struct expr *expression(struct builder *b, const char *s, const char *kind, struct place from, struct place to)
{
	struct expr *e = parse_expr(s);
	struct literals l = { .b = b, .from = from, .to = to, .otherwise = from };
	struct leftover left = { .b = b, .line = from.line };

	if (e->kind == E_OPAQUE && *text_in_file(b, kind, from))
		e = parse_expr(text_in_file(b, kind, from));
	e = expand_expr(b->f->def->source->program, b->f->def->source, e, b->live != NULL);
	if (b->live)
		e = put_statements(b, e, from);
	walk_expr(e, place_literal, &l);
	left.iterator = strcmp(kind, "iterator") ? NULL : e;
	walk_expr(e, find_leftover, &left);
	if (e->kind == E_OPAQUE && strncmp(e->text, "(", 1) != 0)
		gap(b->f, from.line, format("expression is beyond the parser: %.60s", e->text));
	return e;
}

static bool always(const struct expr *e, bool value)
{
	if (e->kind == E_NUMBER)
		return (strcmp(e->text, "0") != 0) == value;
	return e->kind == E_NAME && !strcmp(e->text, value ? "true" : "false");
}

static void branch_out(struct frontier *yes, struct frontier *no, int node, const struct expr *c)
{
	if (!c || !always(c, false))
		leave(yes, node, IF_TRUE, NULL);
	if (!c || !always(c, true))
		leave(no, node, IF_FALSE, NULL);
}

static struct scope *enter(int branch, enum sense sense, struct expr *label, struct scope *outer)
{
	struct scope *s = alloc(sizeof(*s));

	*s = (struct scope){ branch, sense, label, outer };
	return s;
}

static void generate(struct builder *b, struct statement **list, int n, struct frontier *live, struct scope *scope);

static bool never_returns(const struct expr *e)
{
	return is_call(e, "BUG") || is_call(e, "panic");
}

/* ------------------------------------------------- statements as text only */

/* What a macro of the driver stands for that is a statement; NULL where it is an expression or no macro */
static char *macro_text(const struct builder *b, const char *use)
{
	const struct source *s = b->f->def->source;
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
	struct builder *b;
	const struct token *t;
	int i, n;
	struct place at;
};

static void read_statement(struct fragment *f, struct frontier *live, struct scope *scope);

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

static struct expr *text_expression(struct fragment *f, const char *s, struct frontier *live, struct scope *scope)
{
	struct expr *e;

	f->b->live = live;
	f->b->scope = scope;
	e = expression(f->b, s, "", f->at, (struct place){ f->at.line + 1, 0 });
	f->b->live = NULL;
	return e;
}

/* (condition) */
static struct expr *read_condition(struct fragment *f, struct frontier *live, struct scope *scope)
{
	take_word(f, "(");
	return text_expression(f, take_until(f, ")"), live, scope);
}

static int text_node(struct fragment *f, enum node_kind kind, struct expr *e, struct frontier *live, struct scope *scope)
{
	int node = add_node(f->b, kind, f->at, scope);

	f->b->f->nodes[node].e = e;
	arrive(f->b, live, node);
	return node;
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

static void read_declaration(struct fragment *f, int name, struct frontier *live, struct scope *scope)
{
	char *type = copy_bytes(f->t[f->i].s, f->t[name].s - f->t[f->i].s);

	for (size_t len = strlen(type); len && type[len - 1] == ' '; len--)
		type[len - 1] = '\0';
	f->i = name;
	while (f->i < f->n) {
		struct expr *e;
		const char *variable;
		int node;

		while (take_word(f, "*"))
			;
		variable = token_text(&f->t[f->i]);
		e = parse_expr(take_until(f, ",;"));
		e = e->kind == E_ASSIGN ? text_expression(f, expr_text(e->kid[1]), live, scope) : NULL;
		node = text_node(f, N_DECLARATION, e, live, scope);
		f->b->f->nodes[node].name = variable;
		f->b->f->nodes[node].type = type;
		leave(live, node, ALWAYS, NULL);
		if (!is(&f->t[f->i - 1], ","))
			return;
	}
}

static void read_if(struct fragment *f, struct frontier *live, struct scope *scope)
{
	struct frontier yes = { 0 }, no = { 0 };
	struct expr *c = read_condition(f, live, scope);
	int node = text_node(f, N_BRANCH, c, live, scope);

	branch_out(&yes, &no, node, c);
	read_statement(f, &yes, enter(node, IF_TRUE, NULL, scope));
	if (take_word(f, "else"))
		read_statement(f, &no, enter(node, IF_FALSE, NULL, scope));
	merge(live, &yes);
	merge(live, &no);
}

/* while (c) ..; do .. while (c); */
static void read_loop(struct fragment *f, struct frontier *live, struct scope *scope)
{
	struct frontier yes = { 0 }, no = { 0 }, breaks = { 0 }, continues = { 0 };
	struct frontier *outer_breaks = f->b->breaks, *outer_continues = f->b->continues;
	bool first = take_word(f, "while");
	int top = text_node(f, first ? N_BRANCH : N_PLAIN, first ? read_condition(f, NULL, NULL) : NULL, live, scope), node = top;

	if (first)
		branch_out(&yes, &no, node, f->b->f->nodes[node].e);
	else
		leave(&yes, top, ALWAYS, NULL);
	f->i += !first;
	f->b->breaks = &breaks;
	f->b->continues = &continues;
	read_statement(f, &yes, first ? enter(node, IF_TRUE, NULL, scope) : scope);
	f->b->breaks = outer_breaks;
	f->b->continues = outer_continues;
	merge(&yes, &continues);
	if (!first) {
		struct expr *c;

		take_word(f, "while");
		c = read_condition(f, NULL, NULL);
		take_word(f, ";");
		node = text_node(f, N_BRANCH, c, &yes, scope);
		branch_out(&yes, &no, node, c);
	}
	arrive(f->b, &yes, top);
	f->b->f->nodes[node].loop = true;
	merge(live, &no);
	merge(live, &breaks);
}

static void read_statement(struct fragment *f, struct frontier *live, struct scope *scope)
{
	static const char *const beyond[] = { "switch", "for", "case", "default", "asm", "__asm__" };
	const struct token *t = &f->t[f->i];
	int name;

	if (f->i >= f->n || take_word(f, ";"))
		return;
	for (size_t i = 0; i < sizeof(beyond) / sizeof(*beyond); i++)
		if (is(t, beyond[i])) {
			gap(f->b->f, f->at.line, format("`%s` stands in a macro, and is not read there", beyond[i]));
			f->i = f->n;
			return;
		}
	if (take_word(f, "{")) {
		while (f->i < f->n && !take_word(f, "}"))
			read_statement(f, live, scope);
	} else if (take_word(f, "if")) {
		read_if(f, live, scope);
	} else if (is(t, "while") || is(t, "do")) {
		read_loop(f, live, scope);
	} else if (take_word(f, "return")) {
		char *value = take_until(f, ";");
		struct expr *e = *value ? text_expression(f, value, live, scope) : NULL;
		int node = text_node(f, N_RETURN, e, live, scope);

		connect(f->b->f, node, 1, ALWAYS, NULL);
	} else if (take_word(f, "goto")) {
		int node = text_node(f, N_PLAIN, NULL, live, scope);

		push(f->b->jumps, f->b->n_jumps, f->b->cap_jumps) = (struct jump){ node, take_until(f, ";") };
	} else if (is(t, "break") || is(t, "continue")) {
		int node = text_node(f, N_PLAIN, NULL, live, scope);

		if (is(t, "break") && f->b->breaks)
			leave(f->b->breaks, node, ALWAYS, NULL);
		else if (is(t, "continue") && f->b->continues)
			leave(f->b->continues, node, ALWAYS, NULL);
		take_until(f, ";");
	} else if (t->kind == T_NAME && is(&t[1], ":")) {
		int node = text_node(f, N_PLAIN, NULL, live, scope);

		push(f->b->targets, f->b->n_targets, f->b->cap_targets) = (struct target){ token_text(t), node };
		leave(live, node, ALWAYS, NULL);
		f->i += 2;
	} else if ((name = declares_at(f))) {
		read_declaration(f, name, live, scope);
	} else {
		struct expr *e = text_expression(f, take_until(f, ";"), live, scope);
		int node = text_node(f, N_PLAIN, e, live, scope);

		if (!never_returns(e))
			leave(live, node, ALWAYS, NULL);
	}
}

/* Nodes for the statements in TEXT, which stand at AT */
static void generate_text(struct builder *b, const char *text, struct place at, struct frontier *live, struct scope *scope)
{
	struct fragment f = { .b = b, .at = at };
	int n;

	f.t = tokenise(text, strlen(text), &n);
	f.n = n - 1;
	while (f.i < f.n) {
		int before = f.i;

		read_statement(&f, live, scope);
		if (f.i == before)
			f.i++;		/* a stray brace */
	}
}

/* Puts the statements of ({ .. }), at AT, before what is read now; gives back its value. */
static struct expr *value_of_statements(struct builder *b, struct expr *e, struct place at)
{
	struct fragment f = { .b = b, .at = at };
	struct frontier *live = b->live;
	struct scope *scope = b->scope;
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
			value = text_expression(&f, take_until(&f, ";"), live, scope);
		else
			read_statement(&f, live, scope);
		f.i += f.i == before;
	}
	b->live = live;
	b->scope = scope;
	value = value ? value : parse_expr("0");
	if (e->written)
		value->written = e->written;
	return value;
}

static struct expr *put_statements(struct builder *b, struct expr *e, struct place at)
{
	if (e && is_statements(e))
		return value_of_statements(b, e, at);
	for (int i = 0; e && i < e->n_kids; i++)
		e->kid[i] = put_statements(b, e->kid[i], at);
	return e;
}

static struct statement *starting_at(struct statement *s, struct place at)
{
	for (int i = 0; i < s->n_kids; i++)
		if (!compare(s->kids[i]->start, at))
			return s->kids[i];
	return NULL;
}

static void generate_if(struct builder *b, struct statement *s, struct frontier *live, struct scope *scope)
{
	const json_t *then_at = json_object_get(s->fact->json, "then");
	const json_t *else_at = json_object_get(s->fact->json, "other");
	struct place then = place_at(then_at, 0);
	int node = add_node(b, N_BRANCH, s->start, scope);
	struct frontier yes = { 0 }, no = { 0 };
	struct statement *kid;
	struct expr *c;

	b->live = live;
	b->scope = scope;
	c = expression(b, string(s->fact, "c"), "if", s->start, then);
	b->live = NULL;
	b->f->nodes[node].e = c;
	arrive(b, live, node);
	branch_out(&yes, &no, node, c);
	kid = starting_at(s, then);
	if (kid)
		generate(b, &kid, 1, &yes, enter(node, IF_TRUE, NULL, scope));
	else
		gap(b->f, s->start.line, "the branch of this if was not matched");
	if (else_at) {
		kid = starting_at(s, place_at(else_at, 0));
		if (kid)
			generate(b, &kid, 1, &no, enter(node, IF_FALSE, NULL, scope));
		else
			gap(b->f, s->start.line, "the else branch of this if was not matched");
	}
	merge(live, &yes);
	merge(live, &no);
}

/* Body of a loop, or of what is like one; continue leads to where its end does. */
static void generate_body(struct builder *b, struct statement *s, struct frontier *live, struct frontier *breaks,
			  struct scope *scope)
{
	struct frontier *outer_breaks = b->breaks, *outer_continues = b->continues, continues = { 0 };

	b->breaks = breaks;
	b->continues = &continues;
	generate(b, s->kids, s->n_kids, live, scope);
	merge(live, &continues);
	b->breaks = outer_breaks;
	b->continues = outer_continues;
}

/*
 * scoped_guard(mutex, &lock) { .. }: a block that runs once, and that break and continue leave. Of
 * scoped_cond_guard(mutex_intr, return -EINTR, &lock) the statement that is an argument is what else happens.
 */
static void generate_block(struct builder *b, struct statement *s, struct frontier *live, struct scope *scope)
{
	struct frontier breaks = { 0 }, yes = { 0 }, no = { 0 };
	const struct token *t = token_at(b->f->def->source, s->start) + 2;
	char *call = format("%s(", string(s->fact, "name")), *otherwise = NULL;
	struct place body = s->n_kids ? s->kids[0]->start : s->end;
	int node;

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
	node = add_node(b, otherwise ? N_BRANCH : N_PLAIN, s->start, scope);
	b->f->nodes[node].e = expression(b, format("%s)", call), "", s->start, body);
	arrive(b, live, node);
	if (otherwise) {
		branch_out(&yes, &no, node, NULL);
		generate_text(b, otherwise, s->start, &no, enter(node, IF_FALSE, NULL, scope));
		merge(live, &no);
	} else {
		leave(&yes, node, ALWAYS, NULL);
	}
	generate_body(b, s, &yes, &breaks, scope);
	merge(live, &yes);
	merge(live, &breaks);
}

static void generate_loop(struct builder *b, struct statement *s, struct frontier *live, struct scope *scope)
{
	const char *kind = s->fact->kind;
	struct place body = s->n_kids ? s->kids[0]->start : s->end;
	struct frontier yes = { 0 }, no = { 0 }, breaks = { 0 };
	bool iterator = !strcmp(kind, "iterator");
	struct expr *c;
	int node;

	if (iterator && !repeats(string(s->fact, "name"))) {
		generate_block(b, s, live, scope);
		return;
	}
	if (iterator)
		c = expression(b, format("%s(%s)", string(s->fact, "name"), string(s->fact, "args")), kind, s->start, body);
	else
		c = expression(b, string(s->fact, "c"), kind, s->start, body);
	node = add_node(b, N_BRANCH, s->start, scope);
	b->f->nodes[node].e = c;
	b->f->nodes[node].loop = true;
	b->f->nodes[node].iterator = iterator;
	arrive(b, live, node);
	branch_out(&yes, &no, node, c);
	generate_body(b, s, &yes, &breaks, enter(node, IF_TRUE, NULL, scope));
	arrive(b, &yes, node);
	merge(live, &no);
	merge(live, &breaks);
}

/* for (init; condition; step), each of which can be missing: read from the text */
static void generate_for(struct builder *b, struct statement *s, struct frontier *live, struct scope *scope)
{
	const struct token *t = token_at(b->f->def->source, s->start);
	struct place body = s->n_kids ? s->kids[0]->start : s->end;
	struct frontier yes = { 0 }, no = { 0 }, breaks = { 0 };
	const char *part[3] = { "", "", "" };
	struct expr *c;
	int node;

	t += 2;
	for (int i = 0; i < 3; i++) {
		part[i] = text_until(t, i < 2 ? ";" : ")");
		for (const char *end = t->s + strlen(part[i]); *part[i] && t->s < end; t++)
			;
		t += i < 2;
	}
	if (*part[0])
		generate_text(b, format("%s;", part[0]), s->start, live, scope);
	c = *part[1] ? expression(b, part[1], "", s->start, body) : parse_expr("1");
	node = add_node(b, N_BRANCH, s->start, scope);
	b->f->nodes[node].e = c;
	b->f->nodes[node].loop = true;
	arrive(b, live, node);
	branch_out(&yes, &no, node, c);
	generate_body(b, s, &yes, &breaks, enter(node, IF_TRUE, NULL, scope));
	if (*part[2]) {
		int step = add_node(b, N_PLAIN, s->start, scope);

		b->f->nodes[step].e = expression(b, part[2], "", s->start, body);
		arrive(b, &yes, step);
		leave(&yes, step, ALWAYS, NULL);
	}
	arrive(b, &yes, node);
	merge(live, &no);
	merge(live, &breaks);
}

static void generate_do(struct builder *b, struct statement *s, struct frontier *live, struct scope *scope)
{
	struct frontier breaks = { 0 }, yes = { 0 }, no = { 0 };
	int top = add_node(b, N_PLAIN, s->start, scope), node;
	const struct token *t;
	struct expr *c = NULL;

	arrive(b, live, top);
	leave(live, top, ALWAYS, NULL);
	generate_body(b, s, live, &breaks, scope);
	node = add_node(b, N_BRANCH, s->end, scope);
	arrive(b, live, node);
	t = token_at(b->f->def->source, s->n_kids ? s->kids[s->n_kids - 1]->end : s->start);
	if (is(t, "while") && is(&t[1], "("))
		c = expression(b, text_until(&t[2], ")"), "", (struct place){ t->line, t->column }, s->end);
	else
		gap(b->f, s->start.line, "the condition of this do loop was not found");
	b->f->nodes[node].e = c;
	b->f->nodes[node].loop = true;
	branch_out(&yes, &no, node, c);
	arrive(b, &yes, top);
	merge(live, &no);
	merge(live, &breaks);
}

static void generate_switch(struct builder *b, struct statement *s, struct frontier *live, struct scope *scope)
{
	const struct token *t = token_at(b->f->def->source, s->start);
	int node = add_node(b, N_BRANCH, s->start, scope), outer = b->dispatch;
	bool outer_default = b->has_default;
	struct frontier *outer_breaks = b->breaks, breaks = { 0 };
	struct place body = s->n_kids ? s->kids[0]->start : s->end;

	b->f->nodes[node].e = expression(b, is(&t[1], "(") ? text_until(&t[2], ")") : "", "", s->start, body);
	b->f->nodes[node].dispatch = true;
	arrive(b, live, node);
	b->dispatch = node;
	b->has_default = false;
	b->breaks = &breaks;
	generate(b, s->kids, s->n_kids, live, scope);
	if (!b->has_default)
		leave(live, node, IN_DEFAULT, NULL);
	merge(live, &breaks);
	b->dispatch = outer;
	b->has_default = outer_default;
	b->breaks = outer_breaks;
}

/* case A: / default: and the statement behind it. Yields the scope for what follows. */
static struct scope *generate_case(struct builder *b, struct statement *s, struct frontier *live, struct scope *scope)
{
	const struct token *t = token_at(b->f->def->source, s->start);
	bool is_default = is(t, "default");
	struct place to = s->n_kids ? s->kids[0]->start : s->end;
	int node = add_node(b, N_PLAIN, s->start, scope);
	struct expr *label = is_default ? NULL : expression(b, text_until(&t[1], ":"), "", s->start, to);
	enum sense sense = is_default ? IN_DEFAULT : IN_CASE;
	struct scope *inner;

	if (!b->dispatch) {
		gap(b->f, s->start.line, "a case label outside a switch");
		return scope;
	}
	if (is_default)
		b->has_default = true;
	arrive(b, live, node);
	connect(b->f, b->dispatch, node, sense, label);
	leave(live, node, ALWAYS, NULL);
	while (scope && scope->branch == b->dispatch)
		scope = scope->outer;
	inner = enter(b->dispatch, sense, label, scope);
	generate(b, s->kids, s->n_kids, live, inner);
	return inner;
}

static bool declared(const struct builder *b, const char *name)
{
	const struct definition *d = b->f->def;
	const struct source *s = d->source;

	for (int i = 0; i < d->n_params; i++)
		if (!strcmp(d->params[i].name, name))
			return true;
	for (int i = 0; i < b->f->n_nodes; i++)
		if (b->f->nodes[i].kind == N_DECLARATION && b->f->nodes[i].name && !strcmp(b->f->nodes[i].name, name))
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
static void read_macro_declaration(struct builder *b, struct node *n)
{
	struct expr *e = n->e, *call = e->kind == E_CALL && e->kid[0]->kind == E_CALL ? e->kid[0] : e;
	int at = call == e ? 1 : 2;		/* LIST_HEAD(name), CLASS(type, name)(..) */

	if (call->kind != E_CALL || call->kid[0]->kind != E_NAME || !shouts(call->kid[0]->text) || call->n_kids <= at ||
	    call->kid[at]->kind != E_NAME || shouts(call->kid[at]->text) || declared(b, call->kid[at]->text))
		return;
	n->kind = N_DECLARATION;
	n->name = call->kid[at]->text;
	n->type = "";
	n->e = e->n_kids > (call == e ? 2 : 1) ? e : NULL;
}

static void generate_fact(struct builder *b, struct statement *s, struct frontier *live, struct scope *scope)
{
	const char *kind = s->fact->kind;
	int node;

	if (!strcmp(kind, "if")) {
		generate_if(b, s, live, scope);
	} else if (!strcmp(kind, "expression") && macro_text(b, string(s->fact, "e"))) {
		generate_text(b, macro_text(b, string(s->fact, "e")), s->start, live, scope);
	} else if (!strcmp(kind, "while") || !strcmp(kind, "iterator")) {
		generate_loop(b, s, live, scope);
	} else if (!strcmp(kind, "return")) {
		node = add_node(b, N_RETURN, s->start, scope);
		b->live = live;
		b->scope = scope;
		if (*string(s->fact, "e")) {
			struct expr *e = expression(b, string(s->fact, "e"), kind, s->start, s->end);

			b->f->nodes[node].e = e;
		}
		b->live = NULL;
		arrive(b, live, node);
		connect(b->f, node, 1, ALWAYS, NULL);
	} else if (!strcmp(kind, "goto")) {
		node = add_node(b, N_PLAIN, s->start, scope);
		arrive(b, live, node);
		push(b->jumps, b->n_jumps, b->cap_jumps) = (struct jump){ node, string(s->fact, "label") };
	} else if (!strcmp(kind, "jump")) {
		bool is_break = !strcmp(string(s->fact, "jump"), "break");

		node = add_node(b, N_PLAIN, s->start, scope);
		arrive(b, live, node);
		if (is_break && b->breaks)
			leave(b->breaks, node, ALWAYS, NULL);
		else if (!is_break && b->continues)
			leave(b->continues, node, ALWAYS, NULL);
	} else if (!strcmp(kind, "label")) {
		node = add_node(b, N_PLAIN, s->start, scope);
		arrive(b, live, node);
		push(b->targets, b->n_targets, b->cap_targets) = (struct target){ string(s->fact, "label"), node };
		leave(live, node, ALWAYS, NULL);
		generate(b, s->kids, s->n_kids, live, scope);
	} else {
		bool declares = !strcmp(kind, "declaration");
		struct node *n;

		node = add_node(b, declares ? N_DECLARATION : N_PLAIN, s->start, scope);
		b->live = live;
		b->scope = scope;
		if (*string(s->fact, "e")) {
			struct expr *e = expression(b, string(s->fact, "e"), kind, s->start, s->end);

			b->f->nodes[node].e = e;
		}
		b->live = NULL;
		arrive(b, live, node);
		n = &b->f->nodes[node];
		if (!declares && n->e)
			read_macro_declaration(b, n);
		if (declares) {
			n->name = string(s->fact, "name");
			n->type = string(s->fact, "type");
		}
		if (!n->e || !never_returns(n->e))
			leave(live, node, ALWAYS, NULL);
	}
}

static void generate(struct builder *b, struct statement **list, int n, struct frontier *live, struct scope *scope)
{
	for (int i = 0; i < n; i++) {
		struct statement *s = list[i];
		const struct token *t = token_at(b->f->def->source, s->start);

		if (s->fact)
			generate_fact(b, s, live, scope);
		else if (is(t, "{"))
			generate(b, s->kids, s->n_kids, live, scope);
		else if (is(t, "case") || is(t, "default"))
			scope = generate_case(b, s, live, scope);
		else if (is(t, "switch"))
			generate_switch(b, s, live, scope);
		else if (is(t, "do"))
			generate_do(b, s, live, scope);
		else if (is(t, "for"))
			generate_for(b, s, live, scope);
		else if (!is(t, ";") && !t->directive && !is(t, "asm") && !is(t, "__asm__"))
			gap(b->f, s->start.line, "a statement of unknown kind");
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

static const struct fact *naming_fact(const struct builder *b, const struct fact *statement)
{
	const struct fact *best = NULL;

	/* same start; around it, since longer extents sort first */
	for (const struct fact *f = statement; f >= b->facts && !compare(f->start, statement->start); f--)
		if (names_statement(f))
			best = f;
	for (const struct fact *f = statement; f < b->facts + b->n_facts &&
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
static struct statement *nest(struct builder *b)
{
	struct statement *root = new_statement((struct place){ 0, 0 }, (struct place){ 1 << 30, 0 }, NULL);
	struct statement **stack = NULL;
	const struct fact *last = NULL;
	int n = 0, cap = 0;

	push(stack, n, cap) = root;
	for (const struct fact *f = b->facts; f < b->facts + b->n_facts; f++) {
		bool declares = !strcmp(f->kind, "declaration");
		struct statement *s, *top;

		if (!declares && strcmp(f->kind, "statement"))
			continue;
		if (last && !compare(last->start, f->start) && !compare(last->end, f->end) &&
		    !strcmp(last->kind, f->kind))
			continue;
		last = f;
		s = new_statement(f->start, f->end, declares ? f : naming_fact(b, f));
		while (compare(stack[n - 1]->end, s->start) <= 0)
			n--;
		top = stack[n - 1];
		if (compare(s->end, top->end) > 0) {
			gap(b->f, s->start.line, "statements overlap");
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

static bool has_fact(const struct builder *b, const char *kind, const struct token *t)
{
	for (int i = 0; i < b->n_facts; i++)
		if (b->facts[i].start.line == t->line && b->facts[i].start.column == t->column &&
		    !strcmp(b->facts[i].kind, kind))
			return true;
	return false;
}

/* Everything that decides what is returned must be among the facts. */
static void compare_with_text(const struct builder *b)
{
	const struct definition *d = b->f->def;
	const struct token *t = d->source->tokens;

	for (int i = d->body; i < d->body_end; i++) {
		static const char *const words[] = { "return", "if", "goto" };

		/* a block's macro whose arguments hold a statement: generate_block() reads them */
		if (t[i].kind == T_NAME && is(&t[i + 1], "(") && has_fact(b, "iterator", &t[i])) {
			int depth = 0;

			while (++i < d->body_end && (depth += is(&t[i], "(") - is(&t[i], ")")))
				;
			continue;
		}
		if (t[i].directive || (t[i].kind != T_NAME && !is(&t[i], "-")))
			continue;
		for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++)
			if (is(&t[i], words[k]) && !has_fact(b, words[k], &t[i]))
				gap(b->f, t[i].line, format("`%s` is in the text but spatch did not parse it",
							    words[k]));
		if (is(&t[i], "-") && t[i + 1].kind == T_NAME &&
		    names_errno(t[i + 1].s, t[i + 1].len) && !has_fact(b, "errno", &t[i + 1]))
			gap(b->f, t[i].line,
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
static void compare_extents(const struct builder *b, const struct facts *facts, int first)
{
	const struct definition *d = b->f->def;
	const char *name = b->n_facts ? string(&b->facts[0], "fn") : "";

	if (d->odd)
		gap(b->f, d->line, d->odd);
	for (int i = 0; i < b->n_facts; i++)
		if (strcmp(string(&b->facts[i], "fn"), name) && b->facts[i].start.line > d->line)
			gap(b->f, b->facts[i].start.line, "spatch ends this function before, its text does not");
	for (int i = first + b->n_facts; i < facts->n && !strcmp(facts->list[i].file, d->source->path); i++) {
		bool elsewhere = strcmp(string(&facts->list[i], "fn"), name) != 0;

		for (int k = 0; k < d->source->n_definitions && !elsewhere; k++)
			elsewhere = holds(d->source->definitions[k], facts->list[i].start.line);
		if (!elsewhere)
			gap(b->f, facts->list[i].start.line, "spatch has this in the function, by its text it has ended");
	}
}

struct function *build_function(const struct facts *facts, struct definition *def)
{
	struct function *f = alloc(sizeof(*f));
	struct builder b = { .f = f };
	struct frontier live = { 0 };
	struct statement *root;
	int i = 0, lo = 0, hi = facts->n;

	f->def = def;
	f->null_reason = -1;
	while (lo < hi) {
		int mid = (lo + hi) / 2, c = strcmp(facts->list[mid].file, def->source->path);

		if (c < 0 || (!c && facts->list[mid].start.line < def->line))
			lo = mid + 1;
		else
			hi = mid;
	}
	b.facts = facts->list + lo;
	for (i = lo; i < facts->n && !strcmp(facts->list[i].file, def->source->path) &&
	     facts->list[i].start.line <= def->end; i++)
		;
	b.n_facts = i - lo;

	add_node(&b, N_ENTRY, (struct place){ def->line, 0 }, NULL);
	add_node(&b, N_EXIT, (struct place){ def->end, 0 }, NULL);
	leave(&live, 0, ALWAYS, NULL);
	compare_extents(&b, facts, lo);
	root = nest(&b);
	stretch_declarations(root);
	generate(&b, root->kids, root->n_kids, &live, NULL);
	arrive(&b, &live, 1);
	for (i = 0; i < b.n_jumps; i++) {
		int to = 0;

		for (int j = 0; j < b.n_targets; j++)
			if (!strcmp(b.targets[j].label, b.jumps[i].label))
				to = b.targets[j].node;
		if (to)
			connect(f, b.jumps[i].from, to, ALWAYS, NULL);
		else
			gap(f, f->nodes[b.jumps[i].from].line,
			    format("label %s was not found", b.jumps[i].label));
	}
	compare_with_text(&b);
	return f;
}
