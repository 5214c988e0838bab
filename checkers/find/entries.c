// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step entries: in, a tree and the files that name an entry point of the core;
 * out, the entry points with their comments, every place that uses one, and the
 * functions through which its result can pass: entries.json for the facts and
 * callers steps, and the core alone as step text takes it.
 *
 * Nothing is tabulated by version. The core is the files of drivers/iommu in
 * which an operation is called through a pointer; an entry point is a function
 * of theirs that takes a struct iommu_domain, comes to such a call, returns an
 * int, and is exported or declared in a header. Text over-approximates what a
 * result can pass through: step callers looks at it again in the facts.
 */
#include "audit.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CORE_FOLDER "drivers/iommu"
#define MAX_UP 8		/* callers of callers */

/* "attach or detach" */
static const char *any_operation(void)
{
	const char *names = "";

	for (int i = 0; i < n_operations; i++)
		names = format("%s%s%s", names, !i ? "" : i + 1 < n_operations ? ", " : " or ", operations[i].name);
	return names;
}

/* ---------------------------------------------------------------- the core */

static bool ends(const char *name, char suffix)
{
	size_t len = strlen(name);

	return len > 2 && name[len - 2] == '.' && name[len - 1] == suffix;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the files of DIR that end in .c or .h, sorted. */
static char **list_folder(const char *tree, const char *dir, char suffix, int *n)
{
	char *full = format("%s/%s", tree, dir), **names = NULL;
	DIR *d = opendir(full);
	struct dirent *e;
	int cap = 0;

	*n = 0;
	while (d && (e = readdir(d)))
		if (e->d_type != DT_LNK && ends(e->d_name, suffix))
			push(names, *n, cap) = copy_string(e->d_name);
	if (d)
		closedir(d);
	if (*n)
		qsort(names, *n, sizeof(*names), by_name);
	free(full);
	return names;
}

/* The bracket that the one at I closes. */
static int opening(const struct source *s, int i)
{
	int depth = 0;

	for (; i > 0; i--) {
		const struct token *t = &s->tokens[i];

		if (is(t, ")") || is(t, "]") || is(t, "}"))
			depth++;
		else if ((is(t, "(") || is(t, "[") || is(t, "{")) && !--depth)
			break;
	}
	return i;
}

/* Where the expression begins whose last member is named at I: `x` of `x[0]->ops->OP`. */
static int chain_start(const struct source *s, int i)
{
	const struct token *t = s->tokens;

	while (i > 1 && (is(&t[i - 1], "->") || is(&t[i - 1], "."))) {
		i -= 2;
		while (i > 0 && (is(&t[i], ")") || is(&t[i], "]"))) {
			i = opening(s, i);
			if (!i || (t[i - 1].kind != T_NAME && !is(&t[i - 1], ")") &&
				   !is(&t[i - 1], "]")))
				break;
			i--;
		}
	}
	return i;
}

static bool is_member(const struct source *s, int i)
{
	return i > 0 && (is(&s->tokens[i - 1], "->") || is(&s->tokens[i - 1], "."));
}

/* What can stand right before a bracket that holds no arguments. */
static bool no_function(const struct token *t)
{
	return t->kind != T_NAME || is(t, "return") || is(t, "else") || is(t, "do") ||
	       is(t, "case");
}

bool calls_op_at(const struct source *s, int i, const char *op)
{
	const struct token *t = s->tokens;
	int before, after = i + 1;

	if (!is(&t[i], op) || !is_member(s, i))
		return false;
	/* x->OP(..), or (*x->OP)(..) */
	for (before = chain_start(s, i) - 1; !is(&t[after], "("); before--, after++) {
		if (before > 0 && is(&t[before], "*"))
			before--;
		if (before < 1 || !is(&t[after], ")") || !is(&t[before], "(") ||
		    !no_function(&t[before - 1]))
			return false;
	}
	return true;
}

static bool any(const struct token *t, const char *const *words)
{
	for (; *words; words++)
		if (is(t, *words))
			return true;
	return false;
}

/* Only looked at, or given a value: whatever else is done with an operation may call it. */
static bool tested_or_set(const struct source *s, int i)
{
	static const char *const tests_left[] = { "!", "&&", "||", "==", "!=", NULL };
	static const char *const tests_right[] = { "=", "&&", "||", "==", "!=", "?", NULL };
	static const char *const conditions[] = { "if", "while", NULL };
	static const char *const passing[] = { "likely", "unlikely", "WARN_ON", "WARN_ON_ONCE",
					       NULL };
	const struct token *t = s->tokens;

	for (int before = chain_start(s, i) - 1, after = i + 1; before > 0; before--, after++) {
		if (any(&t[before], tests_left) || any(&t[after], tests_right))
			return true;
		if (!is(&t[before], "(") || !is(&t[after], ")"))
			return false;
		if (any(&t[before - 1], conditions))
			return true;
		if (any(&t[before - 1], passing))
			before--;
		else if (!no_function(&t[before - 1]))
			return false;
	}
	return false;
}

/* Does the file have a variable, parameter or function of this name? */
static bool declares_name(const struct source *s, const char *name)
{
	for (int i = 1; i < s->n_tokens; i++)
		if (is(&s->tokens[i], name) &&
		    (s->tokens[i - 1].kind == T_NAME || is(&s->tokens[i - 1], "*")))
			return true;
	return false;
}

/* `MACRO(x, OP)`: the name is pasted somewhere. */
static bool handed_by_name(const struct source *s, int i, const char *op)
{
	const struct token *t = s->tokens;

	return i > 0 && (is(&t[i - 1], ",") || is(&t[i - 1], "(")) &&
	       (is(&t[i + 1], ",") || is(&t[i + 1], ")")) && !declares_name(s, op);
}

static struct definition *around(const struct source *s, int token)
{
	for (int i = 0; i < s->n_definitions; i++)
		if (token > s->definitions[i]->body && token < s->definitions[i]->body_end)
			return s->definitions[i];
	return NULL;
}

/* Is OP called in this file? Where it is used and cannot be followed, that is a gap. */
static bool calls_in(struct core *c, const struct source *s, const char *op)
{
	bool calls = false;

	for (int i = 0; i < s->n_tokens - 1; i++) {
		const struct token *t = &s->tokens[i];

		if (!is(t, op))
			continue;
		if (!t->directive && around(s, i) && calls_op_at(s, i, op))
			calls = true;
		else if (is_member(s, i) ? !tested_or_set(s, i) : handed_by_name(s, i, op))
			push(c->gaps, c->n_gaps, c->cap_gaps) =
				(struct core_gap){ .file = s->path, .line = t->line, .op = op };
	}
	return calls;
}

static bool holds(const struct bytes *b, const char *name)
{
	return memmem(b->data, b->size, name, strlen(name));
}

/* Is OP named other than to bind it, `.OP = f`? In a comment too. */
static bool mentions(const struct bytes *b, const char *op)
{
	const char *end = b->data + b->size;

	for (const char *at = b->data; (at = memmem(at, end - at, op, strlen(op))); ) {
		at += strlen(op);
		if (at[strspn(at, " \t")] != '=' || at[strspn(at, " \t") + 1] == '=')
			return true;
	}
	return false;
}

/* Does this file call an operation? Reads it whole only where its text may. */
static struct source *read_core_file(struct core *c, const char *tree, const char *path)
{
	char *full = format("%s/%s", tree, path);
	struct source *s = NULL;
	bool mentioned = false, calls = false;
	struct bytes b;

	if (read_file(full, &b)) {
		for (int k = 0; k < n_operations; k++)
			mentioned |= mentions(&b, operations[k].name);
		free(b.data);
	}
	if (mentioned)
		s = read_source(tree, path);
	for (int k = 0; s && k < n_operations; k++)
		calls |= calls_in(c, s, operations[k].name);
	free(full);
	return calls ? s : NULL;
}

static bool takes(const struct definition *d, const char *type)
{
	for (int i = 0; i < d->n_params; i++)
		if (!strcmp(d->params[i].type, type))
			return true;
	return false;
}

/* Functions of one file that come to a call of OP, by the names in their bodies. */
static bool *coming_to(const struct source *s, const char *op)
{
	bool *comes = alloc(s->n_definitions + 1);

	for (bool changed = true; changed; ) {
		changed = false;
		for (int k = 0; k < s->n_definitions; k++) {
			const struct definition *d = s->definitions[k];

			for (int i = d->body; i < d->body_end && !comes[k]; i++) {
				const struct token *t = &s->tokens[i];

				if (t->kind != T_NAME || t->directive)
					continue;
				comes[k] = calls_op_at(s, i, op);
				for (int m = 0; m < s->n_definitions && !comes[k]; m++)
					comes[k] = comes[m] && is(t, s->definitions[m]->name);
				changed |= comes[k];
			}
		}
	}
	return comes;
}

/* EXPORT_SYMBOL*(NAME) in its own file, or NAME( in a header that others include. */
static bool offered(const struct source *s, const char *name, struct source **headers,
		    int n_headers)
{
	for (int i = 2; i < s->n_tokens; i++)
		if (is(&s->tokens[i], name) && is(&s->tokens[i - 1], "(") &&
		    s->tokens[i - 2].len > 13 && !strncmp(s->tokens[i - 2].s, "EXPORT_SYMBOL", 13))
			return true;
	for (int h = 0; h < n_headers; h++)
		for (int i = 0; i < headers[h]->n_tokens - 1; i++)
			if (is(&headers[h]->tokens[i], name) && is(&headers[h]->tokens[i + 1], "("))
				return true;
	return false;
}

static int by_point(const void *a, const void *b)
{
	return strcmp(((const struct entry_point *)a)->def->name,
		      ((const struct entry_point *)b)->def->name);
}

static struct source **core_headers(const char *tree, int *n)
{
	static const char *const folders[] = { "include/linux", CORE_FOLDER };
	struct source **headers = NULL;
	int cap = 0;

	*n = 0;
	for (size_t k = 0; k < sizeof(folders) / sizeof(*folders); k++) {
		int n_names;
		char **names = list_folder(tree, folders[k], 'h', &n_names);

		for (int i = 0; i < n_names; i++) {
			struct source *s = NULL;

			if (!k && strncmp(names[i], "iommu", 5))
				continue;
			s = read_source(tree, format("%s/%s", folders[k], names[i]));
			if (s)
				push(headers, *n, cap) = s;
		}
	}
	return headers;
}

/* "int", "extern int", "__must_check int" */
static bool returns_int(const struct definition *d)
{
	size_t len = strlen(d->type);

	return len >= 3 && !strcmp(d->type + len - 3, "int") &&
	       (len == 3 || d->type[len - 4] == ' ') && !strstr(d->type, "unsigned");
}

static void add_points(struct core *c, struct source *s, struct source **headers, int n_headers)
{
	bool **coming = alloc(n_operations * sizeof(*coming));

	for (int op = 0; op < n_operations; op++)
		coming[op] = coming_to(s, operations[op].name);
	for (int k = 0; k < s->n_definitions; k++) {
		struct definition *d = s->definitions[k];
		bool *comes = alloc(n_operations), any = false;

		for (int op = 0; op < n_operations; op++)
			any |= comes[op] = coming[op][k];
		if (!d->is_static && any && takes(d, "struct iommu_domain *") &&
		    returns_int(d) && offered(s, d->name, headers, n_headers))
			push(c->points, c->n_points, c->cap_points) = (struct entry_point){
				.def = d, .comes = comes };
		else
			free(comes);
	}
	for (int op = 0; op < n_operations; op++)
		free(coming[op]);
	free(coming);
}

struct core find_core(const char *tree)
{
	struct core c = { 0 };
	struct source **headers = NULL;
	int n, n_headers = 0;
	char **names = list_folder(tree, CORE_FOLDER, 'c', &n);

	for (int i = 0; i < n; i++) {
		struct source *s = read_core_file(&c, tree, format(CORE_FOLDER "/%s", names[i]));

		if (s)
			push(c.sources, c.n_sources, c.cap_sources) = s;
	}
	if (c.n_sources)
		headers = core_headers(tree, &n_headers);
	for (int i = 0; i < c.n_sources; i++)
		add_points(&c, c.sources[i], headers, n_headers);
	if (!c.n_points)
		return c;
	qsort(c.points, c.n_points, sizeof(*c.points), by_point);
	c.start = strlen(c.points[0].def->name);
	for (int i = 1; i < c.n_points; i++)
		for (size_t k = 0; k < c.start; k++)
			if (c.points[i].def->name[k] != c.points[0].def->name[k])
				c.start = k;
	return c;
}

/* --------------------------------------------------------------- the calls */

static struct core core;

/* Files that were read, by path. */
static struct source **sources;
static int n_sources, cap_sources;

static struct source *source_of(const char *tree, const char *path)
{
	struct source *s;

	for (int i = 0; i < core.n_sources; i++)
		if (!strcmp(core.sources[i]->path, path))
			return core.sources[i];
	for (int i = 0; i < n_sources; i++)
		if (!strcmp(sources[i]->path, path))
			return sources[i];
	s = read_source(tree, path);
	if (s)
		push(sources, n_sources, cap_sources) = s;
	return s;
}

/* Files of a folder whose text holds NAME. A folder is listed and read once. */
struct folder {
	const char *dir;
	char **paths;
	struct bytes *texts;
	int n;
};

static struct folder **folders;
static int n_folders, cap_folders;

static const struct folder *folder_of(const char *tree, const char *dir)
{
	struct folder *f;
	int n_headers;
	char **headers;

	for (int i = 0; i < n_folders; i++)
		if (!strcmp(folders[i]->dir, dir))
			return folders[i];
	push(folders, n_folders, cap_folders) = f = alloc(sizeof(*f));
	f->dir = dir;
	f->paths = list_folder(tree, dir, 'c', &f->n);
	headers = list_folder(tree, dir, 'h', &n_headers);
	f->paths = grow(f->paths, f->n + n_headers + 1, sizeof(*f->paths));
	for (int i = 0; i < n_headers; i++)
		f->paths[f->n++] = headers[i];
	f->texts = alloc((f->n + 1) * sizeof(*f->texts));
	for (int i = 0; i < f->n; i++) {
		f->paths[i] = format("%s/%s", dir, f->paths[i]);
		if (!read_file(format("%s/%s", tree, f->paths[i]), &f->texts[i]))
			f->texts[i] = (struct bytes){ .data = "", .size = 0 };
	}
	return f;
}

static bool is_header(const char *path)
{
	return ends(path, 'h');
}

/* Does a header of its own folder declare this function? Then other files there call it. */
static bool declared_in_folder(const char *tree, const struct definition *d)
{
	const struct folder *f = folder_of(tree, d->source->dir);

	for (int i = 0; i < f->n; i++) {
		struct source *s = NULL;

		if (is_header(f->paths[i]) && holds(&f->texts[i], d->name))
			s = source_of(tree, f->paths[i]);
		for (int k = 0; s && k < s->n_tokens - 1; k++)
			if (is(&s->tokens[k], d->name) && is(&s->tokens[k + 1], "("))
				return true;
	}
	return false;
}

/* A function through which a result can pass, and where its callers are looked for. */
struct passed {
	struct definition *def;
	const char *scope;		/* file, folder, or "" */
};

static struct passed *through;
static int n_through, cap_through;

static void follow_up(const char *tree, struct definition *d, int depth);

/* The call whose arguments hold token i: the called name's index, or -1; *index which argument. */
static int enclosing_call(const struct source *s, int i, int *index)
{
	int depth = 0;

	*index = 0;
	for (i--; i > 0; i--) {
		const struct token *t = &s->tokens[i];

		if (is(t, ")") || is(t, "]") || is(t, "}"))
			depth++;
		else if (is(t, ";") || is(t, "{"))
			return -1;
		else if (is(t, "(") || is(t, "[")) {
			if (!depth--)
				return is(t, "(") && s->tokens[i - 1].kind == T_NAME ? i - 1 : -1;
		} else if (is(t, ",") && !depth) {
			(*index)++;
		}
	}
	return -1;
}

/* Handed to CALLED as its argument INDEX: CALLED is a caller where it calls its parameter. */
static void follow_argument(const char *tree, const struct source *s, const struct token *called,
			    int index, int depth)
{
	for (int i = 0; i < s->n_definitions; i++) {
		struct definition *g = s->definitions[i];

		if (!is(called, g->name) || index >= g->n_params || depth > MAX_UP)
			continue;
		for (int k = g->body; k < g->body_end; k++) {
			int inner, at;

			if (!is(&s->tokens[k], g->params[index].name))
				continue;
			if (is(&s->tokens[k + 1], "(") || is(&s->tokens[k + 1], ")"))
				follow_up(tree, g, depth + 1);
			at = enclosing_call(s, k, &inner);
			if (at >= 0)
				follow_argument(tree, s, &s->tokens[at], inner, depth + 1);
		}
	}
}

/* Everybody in S who names D: calls it, or hands it to a function that may. */
static void follow_in(const char *tree, struct source *s, const struct definition *d, int depth)
{
	for (int i = 0; i < s->n_tokens - 1; i++) {
		struct definition *g;
		int index, at;

		if (!is(&s->tokens[i], d->name) || s->tokens[i].directive)
			continue;
		g = around(s, i);
		if (!g || g == d)
			continue;
		follow_up(tree, g, depth + 1);
		if (is(&s->tokens[i + 1], "("))
			continue;
		at = enclosing_call(s, i, &index);
		if (at >= 0)
			follow_argument(tree, s, &s->tokens[at], index, depth + 1);
	}
}

static void follow_up(const char *tree, struct definition *d, int depth)
{
	const struct folder *f;
	const char *scope;

	if (d->reached || depth > MAX_UP)
		return;
	d->reached = true;
	scope = d->is_static ? "file" : declared_in_folder(tree, d) ? "folder" : "";
	push(through, n_through, cap_through) = (struct passed){ .def = d, .scope = scope };
	if (!*scope)
		return;
	if (d->is_static) {
		follow_in(tree, d->source, d, depth);
		return;
	}
	f = folder_of(tree, d->source->dir);
	for (int i = 0; i < f->n; i++) {
		struct source *s = holds(&f->texts[i], d->name) ? source_of(tree, f->paths[i]) :
								  NULL;

		if (s)
			follow_in(tree, s, d, depth);
	}
}

static bool is_point(const struct token *t)
{
	for (int i = 0; t->kind == T_NAME && i < core.n_points; i++)
		if (is(t, core.points[i].def->name))
			return true;
	return false;
}

static bool defines(const struct source *s, const struct token *name)
{
	for (int i = 0; i < s->n_definitions; i++)
		if (is(name, s->definitions[i]->name))
			return true;
	return false;
}

/* `int NAME(..)` outside of any function that could be read; `return NAME(..)` is none. */
static bool declares(const struct source *s, int i)
{
	const struct token *before = &s->tokens[i - 1];

	return is(before, "*") || (before->kind == T_NAME && !is(before, "return") &&
				   !is(before, "else") && !is(before, "do") && !is(before, "case"));
}

static bool is_export(const struct source *s, int i)
{
	const struct token *t = &s->tokens[i];

	return i > 1 && is(&t[-1], "(") && t[-2].len >= 13 &&
	       !strncmp(t[-2].s, "EXPORT_SYMBOL", 13);
}

/* `#ifdef NAME`, `#undef NAME` and the like: it is asked after, not used. */
static bool in_condition(const struct source *s, int i)
{
	static const char *const uses[] = { "define", "include", "pragma", NULL };

	while (i > 0 && s->tokens[i].directive && !is(&s->tokens[i], "#"))
		i--;
	return !any(&s->tokens[i + 1], uses);
}

/* Is there a prototype of NAME that is not static? Then what the file defines is a stub of it. */
static bool declares_extern(const struct source *s, const struct token *name)
{
	for (int i = 1; i < s->n_tokens - 1; i++) {
		int after = i + 1, depth = 0, k = i - 1;

		if (s->tokens[i].len != name->len || strncmp(s->tokens[i].s, name->s, name->len) ||
		    s->tokens[i].directive || around(s, i) || !is(&s->tokens[after], "(") ||
		    !declares(s, i))
			continue;
		for (; after < s->n_tokens; after++) {
			depth += is(&s->tokens[after], "(");
			depth -= is(&s->tokens[after], ")");
			if (!depth)
				break;
		}
		while (k > 0 && (s->tokens[k].kind == T_NAME || is(&s->tokens[k], "*")) &&
		       !s->tokens[k].directive && !is(&s->tokens[k], "static"))
			k--;
		if (after < s->n_tokens - 1 && is(&s->tokens[after + 1], ";") &&
		    !is(&s->tokens[k], "static"))
			return true;
	}
	return false;
}

/* Uses in one file. A use that is no plain call says why it cannot be followed. */
static void add_uses(const char *tree, struct source *s, json_t *uses)
{
	for (int i = 1; i < s->n_tokens - 1; i++) {
		const struct token *t = &s->tokens[i];
		struct definition *d;
		const char *why = "";
		int ordinal = 1;

		if (!is_point(t) || is(&t[-1], ".") || is(&t[-1], "->") ||
		    (defines(s, t) && !declares_extern(s, t)))
			continue;
		d = t->directive ? NULL : around(s, i);
		if (t->directive) {
			if (in_condition(s, i))
				continue;
			why = "it stands in a macro: where that is used is not looked for";
		} else if (!is(&t[1], "(") && (d || (!declares(s, i) && !is_export(s, i)))) {
			why = "its address is taken: calls through the pointer are not followed";
		} else if (!d && (!is(&t[1], "(") || declares(s, i))) {
			continue;		/* a declaration, an export */
		} else if (!d) {
			why = "it stands outside of any function that could be read";
		}
		for (int k = d ? d->body : i; d && k < i; k++)
			ordinal += is(&s->tokens[k], token_text(t)) && is(&s->tokens[k + 1], "(");
		json_array_append_new(
			uses, json_pack("{so si so si so si ss}", "file", text(s->path),
				"line", t->line, "function", text(d ? d->name : ""),
				"function_line", d ? d->line : 0,
				"entry_point", textn(t->s, t->len), "ordinal", ordinal,
				"why", why));
		if (d)
			follow_up(tree, d, 0);
	}
}

/* -------------------------------------------------------------- what is written */

/* Where the comment begins whose last byte is right before END; NULL where none ends there. */
static const char *comment_start(const struct source *s, const char *end)
{
	const char *p = s->content.data, *start = NULL;

	/* between two tokens stand blanks and comments only */
	for (int i = 0; i < s->n_tokens && s->tokens[i].s + s->tokens[i].len <= end; i++)
		p = s->tokens[i].s + s->tokens[i].len;
	while (p && p < end) {
		start = NULL;
		if (!strncmp(p, "//", 2)) {
			p = strchr(p, '\n');
		} else if (!strncmp(p, "/*", 2)) {
			start = p;
			p = strstr(p + 2, "*/");
			p = p ? p + 2 : p;
		} else {
			p++;
		}
	}
	return p == end ? start : NULL;
}

/* The comment that ends right above LINE, NULL for none. */
static char *comment_above(const struct source *s, int line)
{
	const char *p = s->content.data, *end;

	for (int n = 1; n < line && (end = strchr(p, '\n')); n++)
		p = end + 1;
	/* the result's type may stand on a line of its own */
	for (int back = 0; back < 2; back++) {
		const char *q = p, *start;

		while (q > s->content.data && (q[-1] == '\n' || q[-1] == ' ' || q[-1] == '\t'))
			q--;
		start = comment_start(s, q);
		if (start)
			return copy_bytes(start, q - start);
		if (q == p || q == s->content.data)
			break;
		while (p > s->content.data + 1 && p[-2] != '\n')
			p--;
		p = p > s->content.data ? p - 1 : p;
	}
	return NULL;
}

static json_t *ops_json(const struct entry_point *p)
{
	json_t *ops = json_array();

	for (int i = 0; i < n_operations; i++)
		if (p->comes[i])
			json_array_append_new(ops, json_string(operations[i].name));
	return ops;
}

/* Names of the core's functions that D comes to, D's own among them. */
static void names_below(const struct definition *d, json_t *names)
{
	const struct source *s = d->source;
	json_t *n;
	size_t k;

	json_array_foreach(names, k, n)
		if (!strcmp(json_string_value(n), d->name))
			return;
	json_array_append_new(names, text(d->name));
	for (int i = d->body; i < d->body_end; i++)
		for (int m = 0; s->tokens[i].kind == T_NAME && m < s->n_definitions; m++)
			if (is(&s->tokens[i], s->definitions[m]->name))
				names_below(s->definitions[m], names);
}

static json_t *points_json(void)
{
	json_t *out = json_array();

	for (int i = 0; i < core.n_points; i++) {
		const struct definition *d = core.points[i].def;
		int domain = 0;
		char *doc = comment_above(d->source, d->line);
		json_t *functions = json_array();

		while (strcmp(d->params[domain].type, "struct iommu_domain *"))
			domain++;
		names_below(d, functions);
		json_array_append_new(
			out, json_pack("{so so si so si so so}", "name", text(d->name),
				"file", text(d->source->path), "line", d->line,
				"ops", ops_json(&core.points[i]), "domain", domain,
				"doc", text(doc ? doc : ""), "functions", functions));
	}
	return out;
}

/* What the header's comment says of each operation that the core calls. */
static json_t *operations_json(const char *tree, const json_t *data)
{
	json_t *out = json_array();
	const char *file = str(json_object_get(data, "choose"), "file");
	const struct source *s = core.n_points && *file ? source_of(tree, file) : NULL;

	for (int k = 0; s && k < n_operations; k++)
		for (int i = 2; i < s->n_tokens - 1; i++) {
			const struct token *t = &s->tokens[i];

			/* a version that does not have it may still speak of it */
			if (!is(t, operations[k].name) || !is(&t[-1], "*") || !is(&t[-2], "(") ||
			    !is(&t[1], ")"))
				continue;
			json_array_append_new(out, json_pack("{ss so si so}", "name", operations[k].name,
				"file", text(file), "line", t[-2].line,
				"doc", text(operation_doc(s->content.data, data, operations[k].name))));
			break;
		}
	return out;
}

static json_t *function_json(const struct definition *d, const char *scope)
{
	return json_pack("{so so si si ss}", "file", text(d->source->path), "name", text(d->name),
		"line", d->line, "end", d->end, "scope", scope);
}

static void add_file(json_t *files, const char *path)
{
	json_t *f;
	size_t i;

	json_array_foreach(files, i, f)
		if (!strcmp(json_string_value(f), path))
			return;
	json_array_append_new(files, text(path));
}

/* Functions of the core on the way from an entry point to an operation. */
static void reach_down(struct definition *d)
{
	struct source *s = d->source;

	if (d->reached)
		return;
	d->reached = true;
	for (int i = d->body; i < d->body_end; i++)
		for (int k = 0; s->tokens[i].kind == T_NAME && k < s->n_definitions; k++)
			if (is(&s->tokens[i], s->definitions[k]->name))
				reach_down(s->definitions[k]);
}

static void write_core(const char *core_path, const char *bindings_path, json_t *files,
		       json_t *functions)
{
	json_t *core_files = json_array(), *core_functions = json_array();
	FILE *f = write_begin(bindings_path);

	for (int i = 0; i < core.n_points; i++)
		reach_down(core.points[i].def);
	for (int i = 0; i < core.n_sources; i++) {
		struct source *s = core.sources[i];

		for (int k = 0; k < s->n_definitions; k++)
			if (s->definitions[k]->reached) {
				add_file(core_files, s->path);
				add_file(files, s->path);
				json_array_append_new(core_functions,
						      function_json(s->definitions[k], "core"));
				json_array_append_new(functions,
						      function_json(s->definitions[k], "core"));
			}
	}
	for (int i = 0; i < core.n_points; i++) {
		const struct definition *d = core.points[i].def;
		json_t *line = json_pack("{so si so so ss ss ss ss ss}",
			"file", text(d->source->path), "line", d->line, "op", text(d->name),
			"callback", text(d->name), "ops", "", "fixed", "", "status", "bound",
			"why", "", "via", "definition");

		json_dumpf(line, f, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
		fputc('\n', f);
		json_decref(line);
	}
	write_end(f, bindings_path);
	write_json(core_path,
		   json_pack("{so so}", "files", core_files, "functions", core_functions));
}

static int by_place(const void *a, const void *b)
{
	const struct definition *x = ((const struct passed *)a)->def,
				*y = ((const struct passed *)b)->def;
	int c = strcmp(x->source->path, y->source->path);

	return c ? c : x->line - y->line;
}

/* Why there are no entry points, "" where there are some. */
static const char *missing(void)
{
	const struct core_gap *g = core.gaps;

	if (core.n_points)
		return "";
	if (core.n_gaps)
		return format("%s:%d names %s in a form that is not read", g->file, g->line, g->op);
	return core.n_sources ?
		format("what calls %s in " CORE_FOLDER " is offered to nobody as a function that takes a domain", any_operation()) :
		format("no file of " CORE_FOLDER " calls %s on behalf of others: this tree has no core", any_operation());
}

int step_entries(int argc, char **argv)
{
	const char *tree = required(argc, argv, "tree"), *out = required(argc, argv, "out");
	const char *cache = required(argc, argv, "cache");
	const char *inputs[] = { required(argc, argv, "scan"), required(argc, argv, "contract") };
	const char *outs[] = { out, required(argc, argv, "core"),
			       required(argc, argv, "bindings") };
	json_t *contract = contract_read(inputs[1]), *scan = read_json(inputs[0]), *file;
	const char *key = step_key("entries", str(scan, "state"), inputs, 2);
	json_t *uses = json_array(), *files = json_array(), *functions = json_array();
	size_t i;

	if (recall_step(cache, key, outs, 3))
		return 0;
	core = find_core(tree);
	json_array_foreach(json_object_get(scan, "callers"), i, file) {
		struct source *s = source_of(tree, json_string_value(file));
		bool own = false;

		if (!s)
			fatal("%s/%s: %s: make the tree readable", tree, json_string_value(file),
			      strerror(errno));
		for (int k = 0; k < core.n_sources; k++)
			own |= core.sources[k] == s;
		if (!own)
			add_uses(tree, s, uses);
	}
	if (n_through)
		qsort(through, n_through, sizeof(*through), by_place);
	for (int k = 0; k < n_through; k++) {
		add_file(files, through[k].def->source->path);
		json_array_append_new(functions, function_json(through[k].def, through[k].scope));
	}
	write_core(outs[1], outs[2], files, functions);
	write_json(out, json_pack("{ss ss so so so so so}", "soft", contract_soft(contract, str(scan, "contract")),
		"why", missing(),
		"entry_points", points_json(), "operations", operations_json(tree, contract),
		"uses", uses, "files", files, "functions", functions));
	remember_step(cache, key, outs, 3);
	return 0;
}
