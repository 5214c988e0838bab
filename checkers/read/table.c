// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables: in, the sources of a folder; out, the values that initialisers and code give to members of structures, to
 * elements of arrays and to variables: what `hw->check()` calls, what `reasons[i].err` is.
 *
 * A folder is read once, when it is first asked about: first the members of each structure, for values that stand
 * without their names, then every initialiser and every assignment of a function.
 */
#include "program.h"

#include <stdlib.h>
#include <string.h>

/* A structure: its members in their order; also a typedef, which has none. */
struct layout {
	const char *name;	/* "struct foo", "foo_t"; "struct foo.bar" for a member's own */
	const char *means;	/* of a typedef: the type */
	struct member *members;
	int n, cap;
	struct layout *next;	/* of the same bucket */
};

#define BUCKETS 1024

struct tables {
	const char *dir;
	struct layout **layouts;
	int n_layouts, cap_layouts;
	struct layout *named[BUCKETS];
	struct given *given;
	int n_given, cap_given;
	int *by_member, *by_object;	/* heads of chains through next_*, -1 for none */
	int *next_member, *next_object;
	const char **made;		/* names of functions whose bodies stand in macros */
	int n_made, cap_made;
	struct tables *next;
};

static unsigned bucket(const char *name)
{
	return hash_bytes(0, name, strlen(name)) % BUCKETS;
}

/* ------------------------------------------------------------- structures */

static int closing(const struct source *s, int i)
{
	int depth = 0;

	for (; i < s->n_tokens - 1; i++) {
		if (s->tokens[i].directive || s->tokens[i].kind != T_PUNCT || s->tokens[i].len != 1)
			continue;
		if (strchr("([{", *s->tokens[i].s))
			depth++;
		else if (strchr(")]}", *s->tokens[i].s) && !--depth)
			return i;
	}
	return s->n_tokens - 1;
}

static int opening(const struct source *s, int i)
{
	int depth = 0;

	for (; i > 0; i--) {
		if (s->tokens[i].directive || s->tokens[i].kind != T_PUNCT || s->tokens[i].len != 1)
			continue;
		if (strchr(")]}", *s->tokens[i].s))
			depth++;
		else if (strchr("([{", *s->tokens[i].s) && !--depth)
			return i;
	}
	return 0;
}

static char *words(const struct source *s, int from, int to)
{
	char *all = copy_string("");

	for (int i = from; i < to; i++)
		if (!s->tokens[i].directive && !is(&s->tokens[i], "const") && !is(&s->tokens[i], "static"))
			all = format("%s%s%.*s", all, *all ? " " : "", s->tokens[i].len, s->tokens[i].s);
	return all;
}

static const char *without_qualifiers(const char *type)
{
	static const char *const qualifiers[] = { "const ", "static ", "volatile ", "extern " };

	for (size_t i = 0; i < sizeof(qualifiers) / sizeof(*qualifiers); i++)
		if (!strncmp(type, qualifiers[i], strlen(qualifiers[i])))
			return without_qualifiers(type + strlen(qualifiers[i]));
	return type;
}

static struct layout *find_layout(const struct tables *t, const char *name)
{
	for (struct layout *l = t->named[bucket(name)]; l; l = l->next)
		if (!strcmp(l->name, name))
			return l;
	return NULL;
}

/* "const struct foo *" is "struct foo", through typedefs; "" for what is no structure */
static const char *structure(const struct tables *t, const char *type)
{
	char *s = copy_string(without_qualifiers(type));
	const struct layout *l;

	s[strcspn(s, "*[")] = '\0';
	for (size_t len = strlen(s); len && s[len - 1] == ' '; len--)
		s[len - 1] = '\0';
	if (strlen(s) > 6 && !strcmp(s + strlen(s) - 6, " const"))
		s[strlen(s) - 6] = '\0';
	l = find_layout(t, s);
	if (l && l->means)
		return strcmp(l->means, s) ? structure(t, l->means) : "";
	return l || !strncmp(s, "struct ", 7) || !strncmp(s, "union ", 6) ? s : "";
}

static struct layout *add_layout(struct tables *t, const char *name)
{
	struct layout *l = alloc(sizeof(*l));

	l->name = name;
	l->next = t->named[bucket(name)];
	t->named[bucket(name)] = l;
	push(t->layouts, t->n_layouts, t->cap_layouts) = l;
	return l;
}

/* Names of one declaration in [i, end): `type a, *b[3], (*fn)(int);`; its type begins at START */
static void read_names(const struct source *s, struct layout *l, int start, int i, int end, const char *type)
{
	const struct token *t = s->tokens;
	const char *name = NULL;
	bool array = false;
	int at = start;			/* of the name */

	for (; i <= end; i++) {
		if (i < end && is(&t[i], "(")) {
			bool pointer = is(&t[i + 1], "*");	/* to a function: (*name[..])(..) */

			if (pointer) {
				name = NULL;
				at = i;
			}
			for (int k = i + 1; pointer && k < end && !is(&t[k], ")"); k++) {
				if (t[k].kind == T_NAME && !is(&t[k], "const") && !name)
					name = token_text(&t[k]);
				array |= is(&t[k], "[");
			}
			i = closing(s, i);
		} else if (i < end && is(&t[i], "[")) {
			array = true;
			i = closing(s, i);
		} else if (i < end && is(&t[i], ":")) {
			i++;
		} else if (i == end || is(&t[i], ",")) {
			if (name && !type)
				type = words(s, start, at);
			if (name)
				push(l->members, l->n, l->cap) = (struct member){
					.name = name, .type = format("%s%s", type, array ? "[]" : "") };
			name = NULL;
			array = false;
		} else if (t[i].kind == T_NAME && strncmp(t[i].s, "__", 2)) {
			name = token_text(&t[i]);
			at = i;
		}
	}
}

/* The members between the braces, the first of which is at I */
static void read_members(struct tables *tables, const struct source *s, struct layout *l, int i)
{
	const struct token *t = s->tokens;
	int close = closing(s, i), start = ++i;

	for (; i < close; i++) {
		int brace = i + 1 + (t[i + 1].kind == T_NAME), end;

		if (t[i].directive) {
			start = i + 1;
			continue;
		}
		if ((is(&t[i], "struct") || is(&t[i], "union")) && is(&t[brace], "{")) {
			int after = closing(s, brace) + 1;
			struct layout *inner;

			for (end = after; end < close && !is(&t[end], ";"); end++)
				;
			if (end == after) {		/* its members are ours */
				read_members(tables, s, l, brace);
			} else {
				inner = add_layout(tables, brace > i + 1 ? words(s, i, brace) :
						   format("%s.%.*s", l->name, t[after].len, t[after].s));
				read_members(tables, s, inner, brace);
				read_names(s, l, after, after, end, inner->name);
			}
			i = end;
			start = i + 1;
			continue;
		}
		for (end = i; end < close && !is(&t[end], ";"); end++)
			if (is(&t[end], "(") || is(&t[end], "["))
				end = closing(s, end);
		read_names(s, l, start, i, end, NULL);
		i = end;
		start = i + 1;
	}
}

/* Which structure's braces begin at I? "struct foo", or a name of its own */
static const char *name_of_braces(const struct source *s, int i)
{
	const struct token *t = s->tokens;

	if (i > 1 && t[i - 1].kind == T_NAME && (is(&t[i - 2], "struct") || is(&t[i - 2], "union")))
		return words(s, i - 2, i);
	return i > 0 && (is(&t[i - 1], "struct") || is(&t[i - 1], "union")) ? format("struct %s:%d", s->path, t[i].line) : "";
}

static void read_layouts(struct tables *tables, const struct source *s)
{
	const struct token *t = s->tokens;

	for (int i = 0; i < s->n_tokens - 2; i++) {
		const char *name = is(&t[i], "{") && !t[i].directive ? name_of_braces(s, i) : "";

		if (*name) {
			int close = closing(s, i);
			int before = i - (is(&t[i - 1], "struct") || is(&t[i - 1], "union") ? 2 : 3);

			if (!find_layout(tables, name))
				read_members(tables, s, add_layout(tables, name), i);
			if (before >= 0 && is(&t[before], "typedef") && t[close + 1].kind == T_NAME)
				add_layout(tables, token_text(&t[close + 1]))->means = name;
			i = close;
		} else if (is(&t[i], "typedef") && !t[i].directive) {
			int end = i + 1;

			while (end < s->n_tokens - 1 && !is(&t[end], ";") && !is(&t[end], "{") && !is(&t[end], "("))
				end++;
			if (is(&t[end], ";") && t[end - 1].kind == T_NAME)
				add_layout(tables, token_text(&t[end - 1]))->means = words(s, i + 1, end - 1);
		}
	}
}

static const struct member *member_named(const struct layout *l, const char *name)
{
	for (int i = 0; l && i < l->n; i++)
		if (!strcmp(l->members[i].name, name))
			return &l->members[i];
	return NULL;
}

/* ----------------------------------------------------------------- values */

struct walk {
	struct tables *tables;
	struct source *source;
	const char *object;
	int line;
};

static void take_list(struct walk *w, const char *type, bool array, struct expr *list);

static void give(struct walk *w, const char *type, const char *member, struct expr *value)
{
	push(w->tables->given, w->tables->n_given, w->tables->cap_given) = (struct given){
		.source = w->source, .type = type, .object = w->object, .member = member,
		.value = expand_expr(w->source->program, w->source, value, false), .line = w->line };
}

/* One value, for a MEMBER of TYPE that is of type INNER itself */
static void take_value(struct walk *w, const char *type, const char *member, const char *inner, struct expr *value)
{
	struct expr *v = value;

	if (v->kind == E_UNARY && !strcmp(v->text, "&"))
		v = v->kid[0];
	if (v->kind == E_CAST && v->kid[0]->kind == E_LIST)	/* (struct foo) { .. } */
		take_list(w, structure(w->tables, v->text), strchr(v->text, '[') != NULL, v->kid[0]);
	else if (v->kind == E_LIST && strchr(inner, '[') && !*structure(w->tables, inner))
		for (int i = 0; i < v->n_kids; i++)	/* of an array of functions, or of numbers */
			give(w, type, member, v->kid[i]->kind == E_ASSIGN ? v->kid[i]->kid[1] : v->kid[i]);
	else if (v->kind == E_LIST)
		take_list(w, structure(w->tables, inner), strchr(inner, '[') != NULL, v);
	else
		give(w, type, member, value);
}

/* An element of a list that is a macro of the driver: `SLOT(name, fn),` */
static struct expr *made_by_macro(const struct walk *w, const struct expr *e)
{
	const struct expr *name = e->kind == E_CALL ? e->kid[0] : e;
	struct macro **found;
	struct expr *list;
	char *s;

	if (name->kind != E_NAME || !find_macros(w->source->program, w->source, name->text, &found))
		return NULL;
	s = expand_macro(w->source->program, found[0], w->source, expr_text(e));
	list = s ? parse_expr(format("{ %s }", s)) : NULL;
	if (!list || list->kind != E_LIST || (list->n_kids == 1 && list->kid[0]->kind != E_ASSIGN && list->kid[0]->kind != E_LIST))
		return NULL;
	return list;
}

static bool has_lower(const char *s)
{
	return s[strcspn(s, "abcdefghijklmnopqrstuvwxyz")] != '\0';
}

/* The member's name, where a macro of the driver is another name for it */
static const char *member_meant(const struct walk *w, const char *name)
{
	struct macro **found;
	const char *s = NULL;

	if (find_macros(w->source->program, w->source, name, &found)) {
		s = found[0]->takes_arguments ? NULL : expand_macro(w->source->program, found[0], w->source, name);
		free(found);
	}
	return s ? s : name;
}

static void take_list(struct walk *w, const char *type, bool array, struct expr *list)
{
	const struct layout *l = find_layout(w->tables, type);
	int at = 0;

	for (int i = 0; i < list->n_kids; i++) {
		struct expr *kid = list->kid[i], *value = kid, *made;
		const char *member = "?", *inner = "";
		const struct member *m = NULL;

		if (kid->kind == E_ASSIGN && kid->kid[0]->kind == E_MEMBER && !kid->kid[0]->n_kids) {
			member = member_meant(w, kid->kid[0]->text);
			value = kid->kid[1];
			m = member_named(l, member);
			if (m)
				at = m - l->members + 1;
		} else if ((made = made_by_macro(w, kid))) {
			take_list(w, type, array, made);
			continue;
		} else if (kid->kind == E_CALL && kid->kid[0]->kind == E_NAME && !has_lower(kid->kid[0]->text)) {
			member = "?";		/* a macro of the kernel: any entries */
		} else if (!array && l && at < l->n) {
			m = &l->members[at++];
			member = m->name;
		} else if (array || !*type) {
			member = "[]";
		}
		if (m)
			inner = m->type;
		else if (!strcmp(member, "[]"))
			inner = type;
		take_value(w, type, member, inner, value);
	}
}

/*
 * `type name[..] annotations =` with the sign at I: where the declarator begins and what is declared. False where
 * this declares nothing.
 */
static bool read_declarator(const struct source *s, int i, const char **object, const char **type, bool *array)
{
	const struct token *t = s->tokens;
	int name, start;

	*array = false;
	for (i--; i > 0; i--) {
		int open = is(&t[i], ")") || is(&t[i], "]") ? opening(s, i) : 0;

		if (is(&t[i], "]")) {
			*array = true;
			i = open;
		} else if (open > 1 && is(&t[open - 1], ")")) {	/* (*name[..])(..) */
			int end = open - 1;

			for (int k = opening(s, end) + 1; k < end; k++) {
				*array |= is(&t[k], "[");
				if (t[k].kind == T_NAME && !is(&t[k], "const") && !is(&t[k], "volatile")) {
					*object = token_text(&t[k]);
					*type = "";
					while (k < end && !(*array |= is(&t[k], "[")))
						k++;
					return true;
				}
			}
			return false;
		} else if (open > 0 && t[open - 1].kind == T_NAME) {	/* annotation(..) */
			i = open - 1;
		} else if (t[i].kind != T_NAME || strncmp(t[i].s, "__", 2)) {
			break;
		}
	}
	if (i < 1 || t[i].kind != T_NAME || t[i].directive)
		return false;
	name = start = i;
	*object = token_text(&t[name]);
	if (is(&t[name - 1], "}")) {
		*type = name_of_braces(s, opening(s, name - 1));
		return **type;
	}
	while (start > 0 && !t[start - 1].directive && (t[start - 1].kind == T_NAME || is(&t[start - 1], "*")))
		start--;
	*type = words(s, start, name);
	return start < name && !is(&t[start], "return");
}

/* Is a function of the driver named in [from, to)? */
static bool names_function(const struct source *s, int from, int to)
{
	for (int i = from; i < to; i++) {
		struct definition **found;
		int n = s->tokens[i].kind == T_NAME && !is(&s->tokens[i + 1], "(") ?
			find_definitions(s->program, s, token_text(&s->tokens[i]), &found) : 0;

		if (n) {
			free(found);
			return true;
		}
	}
	return false;
}

/* `x->slot = fn;`, `fns[i] = fn;`, `pointer = fn;` with the sign at I */
static void take_assignment(struct walk *w, int i, int end)
{
	const struct source *s = w->source;
	const struct token *t = s->tokens;
	struct expr *value;

	if (i < 3 || !names_function(s, i + 1, end))
		return;
	value = parse_tokens(s, i + 1, end);
	if (t[i - 1].kind == T_NAME && (is(&t[i - 2], ".") || is(&t[i - 2], "->"))) {
		w->object = t[i - 3].kind == T_NAME ? token_text(&t[i - 3]) : "";
		give(w, "", token_text(&t[i - 1]), value);
	} else if (is(&t[i - 1], "]")) {
		int name = opening(s, i - 1) - 1;

		w->object = name > 0 && t[name].kind == T_NAME ? token_text(&t[name]) : "";
		if (name > 1 && (is(&t[name - 1], ".") || is(&t[name - 1], "->")))
			give(w, "", w->object, value);
		else
			give(w, "", "[]", value);
	} else if (t[i - 1].kind == T_NAME) {
		w->object = token_text(&t[i - 1]);
		give(w, "", "", value);
	}
}

static void read_values(struct tables *tables, struct source *s)
{
	const struct token *t = s->tokens;

	for (int i = 2; i < s->n_tokens - 2; i++) {
		struct walk w = { .tables = tables, .source = s, .object = "", .line = t[i].line };
		const char *type = "";
		bool array = false;
		int end;

		if (t[i].directive)
			continue;
		if (is(&t[i], "DEFINE_STATIC_CALL") || is(&t[i], "static_call_update")) {	/* (name, fn) */
			if (is(&t[i + 1], "(") && t[i + 2].kind == T_NAME && is(&t[i + 3], ",")) {
				w.object = token_text(&t[i + 2]);
				give(&w, "", "", parse_tokens(s, i + 4, closing(s, i + 1)));
			}
		} else if (is(&t[i], "{") && is(&t[i - 1], ")")) {
			int open = opening(s, i - 1);		/* (struct foo) { .. } that is no initialiser's */

			type = open > 0 && i - open < 8 ? structure(tables, words(s, open + 1, i - 1)) : "";
			if (*type && t[open - 1].kind != T_NAME && !is(&t[open - 1], ")")) {
				end = closing(s, i);
				take_list(&w, type, false, parse_tokens(s, i, end + 1));
			}
		} else if (is(&t[i], "=")) {
			if (is(&t[i + 1], "{") && read_declarator(s, i, &w.object, &type, &array)) {
				end = closing(s, i + 1);
				take_list(&w, structure(tables, type), array, parse_tokens(s, i + 1, end + 1));
				i = end;
				continue;
			}
			for (end = i; end < s->n_tokens - 1 && !is(&t[end], ";") && !is(&t[end], "{") && !is(&t[end], "}"); end++)
				;
			if (!is(&t[end], ";") || end > i + 64)
				continue;
			if (is(&t[i - 1], ")") && names_function(s, i + 1, end) &&
			    read_declarator(s, i, &w.object, &type, &array))	/* int (*pointer)(..) = fn; */
				give(&w, "", "", parse_tokens(s, i + 1, end));
			else
				take_assignment(&w, i, end);
		}
	}
}

/* MACRO(name, ..) outside functions, that holds a function's header and body */
static void read_made(struct tables *tables, struct source *s)
{
	const struct token *t = s->tokens;
	int body = 0;

	for (int i = 0; i < s->n_tokens - 2; i++) {
		struct macro **found;
		struct source *made;
		char *text;

		if (body < s->n_definitions && i == s->definitions[body]->body)
			i = s->definitions[body++]->body_end;
		if (t[i].kind != T_NAME || t[i].directive || !is(&t[i + 1], "(") ||
		    !find_macros(s->program, s, token_text(&t[i]), &found))
			continue;
		text = expand_macro(s->program, found[0], s, copy_bytes(t[i].s, t[closing(s, i + 1)].s + 1 - t[i].s));
		made = text && strchr(text, '{') ? read_text(text) : NULL;
		for (int k = 0; made && k < made->n_definitions; k++)
			push(tables->made, tables->n_made, tables->cap_made) = made->definitions[k]->name;
		free(found);
	}
}

static void index_given(struct tables *t)
{
	t->by_member = alloc(BUCKETS * sizeof(*t->by_member));
	t->by_object = alloc(BUCKETS * sizeof(*t->by_object));
	t->next_member = alloc((t->n_given + 1) * sizeof(*t->next_member));
	t->next_object = alloc((t->n_given + 1) * sizeof(*t->next_object));
	for (int i = 0; i < BUCKETS; i++)
		t->by_member[i] = t->by_object[i] = -1;
	for (int i = t->n_given - 1; i >= 0; i--) {	/* backwards: a chain is in the order of the files */
		unsigned m = bucket(t->given[i].member), o = bucket(t->given[i].object);

		t->next_member[i] = t->by_member[m];
		t->by_member[m] = i;
		t->next_object[i] = t->by_object[o];
		t->by_object[o] = i;
	}
}

static const struct tables *tables_of(const struct program *p, const char *dir)
{
	struct tables **list = (struct tables **)&p->tables, *t;
	struct source *core;

	for (t = *list; t; t = t->next)
		if (!strcmp(t->dir, dir))
			return t;
	t = alloc(sizeof(*t));
	t->dir = dir;
	t->next = *list;
	*list = t;
	for (int i = 0; i < p->n_sources; i++)
		if (!strcmp(p->sources[i]->dir, dir))
			read_layouts(t, p->sources[i]);
	/* the tables of operations themselves, where values stand by position */
	core = read_source(p->tree, "include/linux/iommu.h");
	if (core)
		read_layouts(t, core);
	for (int i = 0; i < p->n_sources; i++)
		if (!strcmp(p->sources[i]->dir, dir))
			read_values(t, p->sources[i]);
	for (int i = 0; i < p->n_sources; i++)
		if (!strcmp(p->sources[i]->dir, dir))
			read_made(t, p->sources[i]);
	index_given(t);
	return t;
}

bool made_of_macros(const struct program *p, const struct source *from, const char *name)
{
	const struct tables *t = tables_of(p, from->dir);

	for (int i = 0; i < t->n_made; i++)
		if (!strcmp(t->made[i], name))
			return true;
	return false;
}

const char *structure_named(const struct program *p, const struct source *from, const char *type)
{
	return structure(tables_of(p, from->dir), type);
}

const char *member_type(const struct program *p, const struct source *from, const char *type, const char *member)
{
	const struct tables *t = tables_of(p, from->dir);
	const struct member *m = member_named(find_layout(t, structure(t, type)), member);

	return m ? m->type : "";
}

const char *nth_member(const struct program *p, const struct source *from, const char *type, int i)
{
	const struct tables *t = tables_of(p, from->dir);
	const struct layout *l = find_layout(t, structure(t, type));

	return l && i >= 0 && i < l->n ? l->members[i].name : NULL;
}

bool own_member(const struct program *p, const struct source *from, const char *member)
{
	const struct tables *t = tables_of(p, from->dir);

	for (int i = 0; i < t->n_layouts; i++)
		if (member_named(t->layouts[i], member))
			return true;
	return false;
}

/* Of a variable's own values, those of FROM and of what it includes count; of a structure's, all of its type. */
static void take_given(const struct tables *t, const struct source *from, const char *type, const char *object,
		       const char *member, int i, const int *next, const struct given ***out, int *n, int *cap)
{
	for (; i >= 0; i = next[i]) {
		const struct given *g = &t->given[i];
		bool near = g->source == from || g->source->included;

		if (member && strcmp(g->member, member))
			continue;
		if (object ? !strcmp(g->object, object) && near : *type && *g->type ? !strcmp(g->type, type) : near)
			push(*out, *n, *cap) = g;
	}
}

int find_given(const struct program *p, const struct source *from, const char *type, const char *object,
	       const char *member, const struct given ***out)
{
	const struct tables *t = tables_of(p, from->dir);
	const char *want = structure(t, type);
	int n = 0, cap = 0;

	*out = NULL;
	if (object) {
		take_given(t, from, want, object, member, t->by_object[bucket(object)], t->next_object, out, &n, &cap);
		return n;
	}
	take_given(t, from, want, NULL, member, t->by_member[bucket(member)], t->next_member, out, &n, &cap);
	if (*want)		/* what could not be placed can be anything */
		take_given(t, from, want, NULL, "?", t->by_member[bucket("?")], t->next_member, out, &n, &cap);
	return n;
}

static void add_once(struct definition ***out, int *n, int *cap, struct definition *d)
{
	for (int i = 0; i < *n; i++)
		if ((*out)[i] == d)
			return;
	push(*out, *n, *cap) = d;
}

bool functions_in(const struct program *p, const struct source *from, struct expr *value, struct definition ***out,
		  int *n)
{
	struct definition **found;
	int k, cap = *n;	/* what is there has no room to spare */

	value = bare(value);
	if (null_or_zero(value))
		return true;
	if (value->kind == E_UNARY && (!strcmp(value->text, "&") || !strcmp(value->text, "*")))
		return functions_in(p, from, value->kid[0], out, n);
	if (value->kind == E_TERNARY)
		return (!value->kid[1] || functions_in(p, from, value->kid[1], out, n)) &
		       functions_in(p, from, value->kid[2], out, n);
	k = value->kind == E_NAME ? find_definitions(p, from, value->text, &found) : 0;
	for (int i = 0; i < k; i++)
		add_once(out, n, &cap, found[i]);
	return k > 0;
}

int find_slot(const struct program *p, const struct source *from, const char *base, const char *slot,
	      struct definition ***out)
{
	const struct tables *t = tables_of(p, from->dir);
	bool known = declared_as(p, from, base, NULL);
	int n = 0;

	*out = NULL;
	for (int i = t->by_member[bucket(slot)]; i >= 0; i = t->next_member[i]) {
		const struct given *g = &t->given[i];
		bool near = g->source == from || g->source->included;

		if (strcmp(g->member, slot))
			continue;
		if (known && *g->type ? declared_as(p, from, base, g->type) ||
		    declared_as(p, from, base, format("%s *", g->type)) : near)
			functions_in(p, g->source, g->value, out, &n);
	}
	return n;
}
