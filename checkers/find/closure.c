// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step closure: in, the files that may bind an operation; out, every textual
 * occurrence with what it is bound to, and the files and functions that the
 * callbacks can reach by name. Text over-approximates on purpose: the engines
 * are shown what this finds, and are held to it.
 */
#include "program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One `.OPERATION = f`, wherever it stands. */
struct occurrence {
	const struct source *source;
	int token;		/* of the operation's name, 0 where a macro or the position makes it */
	int line;		/* of the value */
	const char *op;
	const char *callback;	/* NULL when the value is not a plain name */
	const char *via;	/* initialiser, assignment, macro */
	const char *type;	/* of the table, "" when text does not tell */
	const char *ops;	/* the table's name, "" for none */
	const char *fixed;	/* IDENTITY or BLOCKED: serves one static domain only */
	bool paging;		/* serves domains that map: callers search among them */
	const char *status;	/* bound, other, gap */
	const char *why;
};

static struct occurrence *occurrences;
static int n_occurrences, cap_occurrences;

/* What is looked for: the operations, and what could attach but has no rules; those come last */
static const char **members;
static int n_members, cap_members, n_ruled;

static bool has_rules(const char *op)
{
	for (int i = n_ruled; i < n_members; i++)
		if (!strcmp(members[i], op))
			return false;
	return true;
}

/* Operations with rules in the scan's contract first. */
static void list_members(json_t *contracts, const json_t *scan)
{
	json_t *u;
	size_t k;

	for (int ruled = 1; ruled >= 0; ruled--) {
		for (int i = 0; i < n_operations; i++)
			if (ruled == !!contract_rules(contracts, str(scan, "contract"), operations[i].name))
				push(members, n_members, cap_members) = operations[i].name;
		n_ruled = ruled ? n_members : n_ruled;
	}
	json_array_foreach(json_object_get(scan, "unruled"), k, u)
		if (!is_operation(str(u, "name")))
			push(members, n_members, cap_members) = str(u, "name");
}

/* The brace that encloses token i, or -1. */
static int enclosing_brace(const struct source *s, int i)
{
	int depth = 0;

	for (i--; i >= 0; i--) {
		if (is(&s->tokens[i], "}"))
			depth++;
		else if (is(&s->tokens[i], "{") && !depth--)
			return i;
	}
	return -1;
}

/*
 * What is initialised by the brace at i: `struct T name = {`, `struct T name[] = {`
 * or a compound literal `(const struct T) {`. Sets type and name, "" where unknown.
 */
static void initialised(const struct source *s, int i, const char **type, const char **name)
{
	const struct token *t = s->tokens;

	*type = *name = "";
	if (i < 3)
		return;
	if (is(&t[i - 1], ")") && t[i - 2].kind == T_NAME && is(&t[i - 3], "struct")) {
		*type = token_text(&t[i - 2]);
		return;
	}
	if (!is(&t[--i], "="))
		return;
	while (i > 1 && t[i - 1].kind != T_NAME)
		i--;	/* name[3] */
	*name = token_text(&t[i - 1]);
	for (i -= 2; i > 0 && (t[i].kind == T_NAME || is(&t[i], "*")); i--)
		if (is(&t[i - 1], "struct")) {
			*type = token_text(&t[i]);
			return;
		}
}

static bool member_access(const struct token *t)
{
	return is(t, ".") || is(t, "->");
}

/*
 * The static domain type that the braces around token i name: `.type = IOMMU_DOMAIN_IDENTITY`
 * in an initialiser, `domain->type = IOMMU_DOMAIN_IDENTITY;` in the function that sets it up.
 */
static const char *fixed_type(const struct source *s, int i)
{
	const struct token *t = s->tokens;

	for (int brace = enclosing_brace(s, i); brace >= 0; brace = enclosing_brace(s, brace)) {
		int depth = 0;

		for (int j = brace; j < s->n_tokens - 4; j++) {
			if (is(&t[j], "{"))
				depth++;
			else if (is(&t[j], "}") && !--depth)
				break;
			if (depth == 1 && member_access(&t[j]) && is(&t[j + 1], "type") && is(&t[j + 2], "=")) {
				if (is(&t[j + 3], "IOMMU_DOMAIN_IDENTITY"))
					return "IDENTITY";
				if (is(&t[j + 3], "IOMMU_DOMAIN_BLOCKED"))
					return "BLOCKED";
			}
		}
	}
	return "";
}

/* The same where the table is named and a static domain points at it: `.ops = &NAME`, `->ops = &NAME;`. */
static const char *fixed_by_name(const struct source *s, const char *ops)
{
	const struct token *t = s->tokens;
	const char *fixed = "";

	for (int i = 0; i < s->n_tokens - 4; i++) {
		const char *f;

		if (!member_access(&t[i]) || !is(&t[i + 1], "ops") || !is(&t[i + 2], "=") ||
		    !is(&t[i + 3], "&") || !is(&t[i + 4], ops))
			continue;
		f = fixed_type(s, i);
		if (!*f)
			return "";
		fixed = f;
	}
	return fixed;
}

/* Does the table whose brace is at I say how to map, or to forget what was mapped? */
static bool maps(const struct source *s, int i)
{
	static const char *const members[] = { "map", "map_pages", "unmap", "unmap_pages",
					       "iova_to_phys", "iotlb_sync", "iotlb_sync_map",
					       "flush_iotlb_all" };
	const struct token *t = s->tokens;
	int depth = 0;

	for (; i < s->n_tokens - 2; i++) {
		if (is(&t[i], "{"))
			depth++;
		else if (is(&t[i], "}") && !--depth)
			break;
		for (size_t k = 0; depth == 1 && k < sizeof(members) / sizeof(*members); k++)
			if (is(&t[i], ".") && is(&t[i + 1], members[k]) && is(&t[i + 2], "="))
				return true;
	}
	return false;
}

/* Is the table with its brace at I, or of name OPS, for the domains that a driver allocates? */
static bool by_default(const struct source *s, int i, const char *ops)
{
	const struct token *t = s->tokens;

	for (int j = i - 1; j > 1 && !is(&t[j], ";") && !is(&t[j], ",") && !is(&t[j], "{"); j--)
		if (is(&t[j], "default_domain_ops") && is(&t[j + 1], "="))
			return true;
	for (int j = 0; *ops && j < s->n_tokens - 3; j++)
		if (is(&t[j], "default_domain_ops") && is(&t[j + 1], "=") && is(&t[j + 2], "&") &&
		    is(&t[j + 3], ops))
			return true;
	return false;
}

/* The struct that NAME points at or is, as far as this file's declarations say. */
static const char *declared_struct(const struct source *s, const char *name)
{
	const char *type = "";

	for (int i = 0; i < s->n_members; i++)
		if (!strcmp(s->members[i].name, name))
			type = s->members[i].type;
	for (int i = 0; i < s->n_definitions; i++)
		for (int j = 0; j < s->definitions[i]->n_params; j++)
			if (!strcmp(s->definitions[i]->params[j].name, name))
				type = s->definitions[i]->params[j].type;
	return strncmp(type, "struct ", 7) ? "" : copy_bytes(type + 7, strcspn(type + 7, " *"));
}

/* The functions that a value names, one after the other: `f`, `&f`, `(f)`, `a ? f : g`. NULL for anything else. */
static void add_values(struct occurrence o, struct expr *value)
{
	value = bare(value);
	while (value->kind == E_UNARY && !strcmp(value->text, "&"))
		value = bare(value->kid[0]);
	if (value->kind == E_TERNARY && value->kid[1]) {
		add_values(o, value->kid[1]);
		add_values(o, value->kid[2]);
		return;
	}
	o.callback = value->kind == E_NAME ? value->text : null_or_zero(value) ? "NULL" : NULL;
	push(occurrences, n_occurrences, cap_occurrences) = o;
}

/* Where the value from token I on ends: at a comma, a semicolon or the bracket around it */
static int value_end(const struct source *s, int i)
{
	const struct token *t = s->tokens;
	bool directive = t[i].directive;

	for (int depth = 0; i < s->n_tokens - 1 && t[i].directive == directive && !t[i].fresh; i++) {
		if (!depth && (is(&t[i], ",") || is(&t[i], ";")))
			break;
		if (t[i].kind == T_PUNCT && t[i].len == 1)
			depth += strchr("([{", *t[i].s) ? 1 : strchr(")]}", *t[i].s) ? -1 : 0;
		if (depth < 0)
			break;
	}
	return i;
}

static void add_occurrence(const struct source *s, int i, const char *op)
{
	const struct token *t = s->tokens;
	struct occurrence o = { .source = s, .token = i, .line = t[i + 2].line, .op = op, .type = "", .ops = "",
				.fixed = "", .status = "", .why = "", .via = "assignment" };
	int brace = enclosing_brace(s, i);
	bool designator = is(&t[i + 1], ":") ||
			  (is(&t[i - 1], ".") && (is(&t[i - 2], "{") || is(&t[i - 2], ",") ||
						  t[i - 2].directive != t[i - 1].directive ||
						  t[i - 2].kind == T_STRING));

	if (t[i].directive)
		o.via = "macro";
	else if (designator)
		o.via = "initialiser";
	if (designator && brace >= 0) {
		initialised(s, brace, &o.type, &o.ops);
		o.fixed = fixed_type(s, i);
		if (!*o.fixed && *o.ops)
			o.fixed = fixed_by_name(s, o.ops);
		/* a driver without tables of domains has the operations in its iommu_ops */
		o.paging = !*o.fixed && (maps(s, brace) || by_default(s, brace, o.ops) ||
					 !strcmp(o.type, "iommu_ops"));
	} else if (!designator && t[i - 2].kind == T_NAME) {
		o.type = declared_struct(s, token_text(&t[i - 2]));
	}
	add_values(o, parse_tokens(s, i + 2, value_end(s, i + 2)));
}

static void find_occurrences(const struct source *s)
{
	const struct token *t = s->tokens;

	for (int i = 2; i < s->n_tokens - 3; i++) {
		bool member = (is(&t[i - 1], ".") || is(&t[i - 1], "->")) && is(&t[i + 1], "=");
		bool old = (is(&t[i - 1], "{") || is(&t[i - 1], ",")) && is(&t[i + 1], ":") && t[i + 2].kind != T_NUMBER;

		for (int k = 0; k < n_members && (member || old); k++)
			if (is(&t[i], members[k]))
				add_occurrence(s, i, members[k]);
	}
}

static bool names_table(const struct token *t)
{
	const char *type;

	for (int i = 0; (type = table_type(i)); i++)
		if (is(t, type))
			return true;
	return false;
}

/* Is a table that operations can stand in filled in the file, in whatever form? */
static bool fills_table(const struct source *s)
{
	const struct token *t = s->tokens;

	for (int i = 0; i < s->n_tokens - 2; i++) {
		if (t[i].kind != T_NAME || !names_table(&t[i]) || is(&t[i + 1], "*"))
			continue;
		if ((is(&t[i + 1], ")") && is(&t[i + 2], "{")) || (i > 1 && is(&t[i - 2], "typedef")))
			return true;
		for (int k = i + 1; k < s->n_tokens - 1 && t[k].kind == T_NAME; k++)
			if (is(&t[k + 1], "=") || is(&t[k + 1], "[") || is(&t[k + 1], "("))
				return true;
	}
	return false;
}

/* Does a header that some file of the folder includes from include/ define NAME, with no operation in what it says? */
static bool other_entries(const struct program *p, const char *dir, const char *name)
{
	for (int i = 0; i < p->n_sources; i++) {
		const struct token *t = p->sources[i]->tokens;

		for (int k = 2; !strcmp(p->sources[i]->dir, dir) && k < p->sources[i]->n_tokens - 1; k++) {
			struct source *header;
			int end = k;

			if (!is(&t[k], "<") || !t[k].directive || !is(&t[k - 1], "include"))
				continue;
			while (!is(&t[end], ">") && t[end].line == t[k].line && t[end].kind != T_END)
				end++;
			header = read_source(p->tree, format("include/%.*s", (int)(t[end].s - t[k].s - 1), t[k].s + 1));
			for (int m = 0; header && m < header->n_macros; m++) {
				const struct macro *macro = header->macros[m];
				bool says = strcmp(macro->name, name) != 0;

				for (int at = macro->from; at < macro->to && !says; at++)
					for (int op = 0; op < n_operations; op++)
						says |= is(&header->tokens[at], operations[op].name);
				if (!says)
					return true;
			}
		}
	}
	return false;
}

/*
 * What the tables of a file give to an operation, once more: of members of structures of the driver's own their type
 * is told, and entries are found that stand by position, or are made by a macro.
 */
static void read_tables(const struct program *p, const struct source *s, const char *op)
{
	const struct given **given;
	bool last = false;

	for (int t = 0; !last; t++) {	/* tables of each type, then of any */
		const char *type = table_type(t) ? format("struct %s", table_type(t)) : "";
		int n = find_given(p, s, type, NULL, op, &given);

		last = !*type;

		for (int i = 0; i < n; i++) {
			struct occurrence o = { .source = s, .line = given[i]->line, .op = op, .ops = given[i]->object, .fixed = "",
						.type = *given[i]->type ? given[i]->type + strlen("struct ") : "",
						.status = "", .why = "", .via = "initialiser" };
			struct expr *value = bare(given[i]->value);
			bool known = given[i]->source != s;

			if (value->kind == E_UNARY && !strcmp(value->text, "&"))
				value = bare(value->kid[0]);
			for (int k = 0; k < n_occurrences; k++)
				if (occurrences[k].source == s && !strcmp(occurrences[k].op, op) && occurrences[k].callback &&
				    value->kind == E_NAME && !strcmp(occurrences[k].callback, value->text)) {
					known = true;
					if (!*occurrences[k].type || !holds_operations(occurrences[k].type))
						occurrences[k].type = *o.type ? o.type : occurrences[k].type;
				}
			if (known || last)
				continue;
			if (!strcmp(given[i]->member, "?")) {	/* it could be any entry */
				struct expr *use = given[i]->value;

				for (int k = 0; k < n_occurrences; k++)
					known |= occurrences[k].source == s && !strcmp(occurrences[k].ops, o.ops);
				if (!known && !(use->kind == E_CALL && other_entries(p, s->dir, use->kid[0]->text)))
					push(occurrences, n_occurrences, cap_occurrences) = o;
				continue;
			}
			o.via = "macro";
			add_values(o, given[i]->value);
		}
		free(given);
	}
}

/* First parameter of the function: what kind of attach is it? */
static const char *first_parameter(const struct program *p, const struct source *s, const char *name)
{
	struct definition **found;
	const char *type = "";

	for (int i = 0; i < s->n_definitions; i++)
		if (!strcmp(s->definitions[i]->name, name) && s->definitions[i]->n_params)
			return s->definitions[i]->params[0].type;
	if (s->program && find_definitions(p, s, name, &found) && found[0]->n_params)
		type = found[0]->params[0].type;
	return type;
}

/* Bound to the IOMMU core, another subsystem's, or not told by text. */
static void settle(const struct program *p, struct occurrence *o)
{
	const char *first = o->callback ? first_parameter(p, o->source, o->callback) : "";
	/* names of variables are not told apart by scope, so the function's own parameter counts more */
	bool takes_domain = !strncmp(first, "struct iommu_domain *", 21);

	if (o->callback && !strcmp(o->callback, "NULL")) {
		o->status = "other";
		o->why = "set to NULL";
	} else if (holds_operations(o->type)) {
		o->status = o->callback ? "bound" : "gap";
		o->why = o->callback ? "" : "its value is not the name of a function";
	} else if (*o->type && !(takes_domain && !strcmp(o->via, "assignment"))) {
		o->status = "other";
		o->why = format("member of struct %s", o->type);
	} else if (takes_domain) {
		o->status = "bound";
	} else if (*first) {
		o->status = "other";
		o->why = format("takes %s", first);
	} else {
		o->status = "gap";
		o->why = "neither the table's type nor the function's parameters can be told from text";
	}
	if (strcmp(o->status, "other") && !has_rules(o->op)) {
		o->status = "gap";
		o->why = NO_RULES;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct occurrence *x = a, *y = b;
	int c = strcmp(x->source->path, y->source->path);

	if (!c)
		c = x->line - y->line;
	return c ? c : x->token - y->token;
}

static void reach(struct program *p, struct definition *d);

static void reach_all(struct program *p, struct definition **found, int n)
{
	for (int k = 0; k < n; k++)
		reach(p, found[k]);
	free(found);
}

/* What a macro's use in D, from token I on, names once it is expanded */
static void reach_macro(struct program *p, struct definition *d, const struct macro *m, int i)
{
	const struct token *t = d->source->tokens;
	int end = i, depth = 0, n, count;
	struct definition **found;
	struct token *made;
	char *text;

	if (m->takes_arguments && is(&t[i + 1], "("))
		while (++end < d->body_end && (depth += is(&t[end], "(") - is(&t[end], ")")))
			;
	text = expand_macro(p, m, d->source, copy_bytes(t[i].s, t[end].s + t[end].len - t[i].s));
	if (!text)
		return;
	made = tokenise(text, strlen(text), &n);
	for (int k = 0; k < n - 1; k++)
		if (made[k].kind == T_NAME) {
			count = find_definitions(p, d->source, token_text(&made[k]), &found);
			reach_all(p, found, count);
		}
	free(made);
}

/* Depth first over the names in a body: functions, macros, slots and variables that hold functions */
static void reach(struct program *p, struct definition *d)
{
	const struct token *t = d->source->tokens;

	if (d->reached)
		return;
	d->reached = true;
	for (int i = d->body; i < d->body_end; i++) {
		struct definition **found = NULL;
		const struct given **given;
		struct macro **macros;
		char *name;
		int n;

		if (t[i].kind != T_NAME || t[i].directive)
			continue;
		name = token_text(&t[i]);
		if (is(&t[i - 1], "->") || is(&t[i - 1], ".")) {
			n = find_slot(p, d->source, t[i - 2].kind == T_NAME ? token_text(&t[i - 2]) : "", name, &found);
			reach_all(p, found, n);
			continue;
		}
		n = find_definitions(p, d->source, name, &found);
		reach_all(p, found, n);
		if (n)
			continue;
		n = find_macros(p, d->source, name, &macros);
		for (int k = 0; k < n; k++)
			reach_macro(p, d, macros[k], i);
		free(macros);
		n = n ? 0 : find_given(p, d->source, "", name, NULL, &given);
		for (int k = 0; k < n; k++) {
			int count = 0;

			found = NULL;
			if (!*given[k]->member || !strcmp(given[k]->member, "[]"))
				functions_in(p, given[k]->source, given[k]->value, &found, &count);
			reach_all(p, found, count);
		}
		if (n)
			free(given);
	}
}

static json_t *occurrence_json(const struct occurrence *o)
{
	json_t *json = json_pack("{so si ss so? ss so so ss sb ss so}",
			 "file", text(o->source->path), "line", o->line,
			 "op", o->op, "callback", o->callback ? text(o->callback) : NULL,
			 "via", o->via, "type", text(o->type), "ops", text(o->ops), "fixed", o->fixed,
			 "paging", o->paging,
			 "status", o->status, "why", text(o->why));

	if (!json)
		fatal("%s: a table entry could not be stated: report this with the file", o->source->path);
	return json;
}

static json_t *files_json(const struct program *p)
{
	json_t *files = json_array();

	for (int i = 0; i < p->n_sources; i++) {
		const struct source *s = p->sources[i];
		bool wanted = false;

		for (int j = 0; j < s->n_definitions; j++)
			wanted |= s->definitions[j]->reached;
		for (int j = 0; j < n_occurrences; j++)
			wanted |= !strcmp(occurrences[j].status, "bound") &&
				  !strcmp(occurrences[j].source->path, s->path);
		if (wanted)
			json_array_append_new(files, text(s->path));
	}
	return files;
}

static json_t *functions_json(const struct program *p)
{
	json_t *functions = json_array();

	for (int i = 0; i < p->n_sources; i++)
		for (int j = 0; j < p->sources[i]->n_definitions; j++) {
			const struct definition *d = p->sources[i]->definitions[j];

			if (d->reached)
				json_array_append_new(functions, json_pack(
					"{so so si si}", "file", text(d->source->path),
					"name", text(d->name), "line", d->line, "end", d->end));
		}
	return functions;
}

int step_closure(int argc, char **argv)
{
	struct program p = { .tree = required(argc, argv, "tree") };
	const char *out = required(argc, argv, "out");
	json_t *scan = read_json(required(argc, argv, "scan")), *file, *list = json_array();
	size_t i;

	list_members(contract_read(required(argc, argv, "contract")), scan);
	json_array_foreach(json_object_get(scan, "files"), i, file) {
		struct source *s = read_source(p.tree, json_string_value(file));
		int before = n_occurrences;
		bool ours;

		if (!s)
			fatal("%s/%s: %s: make the tree readable", p.tree, json_string_value(file),
			      strerror(errno));
		find_occurrences(s);
		ours = fills_table(s);
		for (int k = before; k < n_occurrences; k++) {
			settle(&p, &occurrences[k]);
			ours |= strcmp(occurrences[k].status, "other") != 0;
		}
		if (!ours)
			continue;
		add_folder(&p, s->dir);
		s = find_source(&p, s->path);
		for (int k = before; k < n_occurrences && s; k++)
			occurrences[k].source = s;
		for (int k = 0; k < n_members && s; k++)
			read_tables(&p, s, members[k]);
		for (int k = before; k < n_occurrences; k++)
			settle(&p, &occurrences[k]);
	}
	if (n_occurrences)
		qsort(occurrences, n_occurrences, sizeof(*occurrences), by_place);
	for (int k = 0; k < n_occurrences; k++) {
		struct occurrence *o = &occurrences[k];
		struct definition **found;
		int n;

		if (!strcmp(o->status, "bound")) {
			n = find_definitions(&p, find_source(&p, o->source->path), o->callback, &found);
			for (int j = 0; j < n; j++)
				reach(&p, found[j]);
		}
		json_array_append_new(list, occurrence_json(o));
	}
	write_json(out, json_pack("{so so so}", "occurrences", list, "files", files_json(&p),
				  "functions", functions_json(&p)));
	return 0;
}
