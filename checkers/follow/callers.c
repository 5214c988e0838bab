// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step callers: in, the uses of the core's entry points and the facts; out,
 * callers.json: what becomes of each errno after each call, by following it
 * through the function and, where that passes it on, through its callers in the
 * file or folder; and the same, a function at a time, for the operations inside
 * the core. Facts: which of them break a rule is sides.c's to say.
 */
#include "program.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define MAX_UP 8		/* callers of callers */

static struct definition **marked;	/* functions that entries.json names */
static const char **scopes;
static int n_marked;

/* ------------------------------------------------------------------ the ends */

static json_t *path_json(const struct level *l)
{
	json_t *path = l->inner ? path_json(l->inner) : json_array();

	json_array_append_new(path, json_pack("{so so si}", "function", text(l->f->def->name),
		"file", text(l->f->def->source->path), "line", l->f->nodes[l->node].line));
	return path;
}

/* Several ways can lead to one end: the first that was found stands for them. */
static bool known_end(const json_t *ends, const struct level *l)
{
	json_t *e;
	size_t i;

	json_array_foreach(ends, i, e)
		if (num(e, "line") == l->f->nodes[l->node].line &&
		    !strcmp(str(e, "file"), l->f->def->source->path) &&
		    !strcmp(str(e, "class"), handlings[handling_of(l)]))
			return true;
	return false;
}

static const char *scope_of(const struct definition *d)
{
	for (int m = 0; m < n_marked; m++)
		if (marked[m] == d)
			return scopes[m];
	return "";
}

/* Why an end is not known, or why the errno is not followed further. */
static const char *why_of(const struct level *l)
{
	if (handling_of(l) != PASSES_ON || *scope_of(l->f->def))
		return unclear(l);
	return format("callers of %s() are not followed: no header of its folder declares it",
		      l->f->def->name);
}

static struct program folders;	/* of the searches, as text */

static void add_end(json_t *ends, const struct level *l)
{
	json_t *on = json_object();
	unsigned logged = 0;

	if (known_end(ends, l))
		return;

	for (int i = 0; i < l->errnos.n; i++) {
		json_object_set_new(on, l->errnos.list[i].name,
				    text(fate_text(l, &l->errnos.list[i])));
		logged |= l->errnos.list[i].logged;
	}
	json_array_append_new(ends, json_pack("{ss so so si so so sb so so}",
		"class", handlings[handling_of(l)], "function", text(l->f->def->name),
		"file", text(l->f->def->source->path), "line", l->f->nodes[l->node].line,
		"on", on, "path", path_json(l), "logs", logged != 0, "why", text(why_of(l)),
		"never", handling_of(l) <= LOGS_AND_TRIES_ON ? never_held(&folders, l->f->def) : json_array()));
}

static int follow_call(json_t *ends, const struct level *inner, struct function *f, int node,
		       struct expr *call, struct expr *domain, int depth, bool kept);

/* The argument for parameter INDEX, NULL where there is none. */
static struct expr *argument(const struct expr *call, int index)
{
	return index >= 0 && index + 1 < call->n_kids ? call->kid[index + 1] : NULL;
}

static bool on_the_way(const struct level *l, const struct function *f)
{
	for (; l; l = l->inner)
		if (l->f == f)
			return true;
	return false;
}

static bool in_scope(const struct definition *d, const char *scope, const struct definition *g)
{
	return !strcmp(scope, "file") ? g->source == d->source :
	       !strcmp(scope, "folder") && !strcmp(g->source->dir, d->source->dir);
}

/*
 * G calls what the level's function is known as there: with KEPT, look where that has kept the errno. Returns how
 * many calls were followed.
 */
static int follow_named(json_t *ends, const struct level *l, struct definition *g, const char *name,
			int depth, bool kept)
{
	struct function *f = function_of(g);
	int domain = domain_parameter(l), n = 0;

	if (on_the_way(l, f))
		return 0;
	for (int i = 0; i < f->n_nodes; i++) {
		struct calls found = calls_of(f->nodes[i].e, name);

		for (int k = 0; k < found.n; k++)
			n += follow_call(ends, l, f, i, found.list[k],
					 argument(found.list[k], domain), depth + 1, kept);
	}
	return n;
}

/* G is given the level's function as the argument NAME and calls it, or hands it on. */
static int follow_pointer(json_t *ends, const struct level *l, struct definition *g,
			  const char *name, int depth, bool kept)
{
	struct function *f = function_of(g);
	int n = 0;

	for (int i = 0; depth <= MAX_UP && i < f->n_nodes; i++) {
		struct calls found = calls_given(f->nodes[i].e, name);

		for (int k = 0; k < found.n; k++)
			for (int a = 1; a < found.list[k]->n_kids; a++) {
				const struct expr *arg = unaddressed(found.list[k]->kid[a]);
				const char *to = callee(found.list[k]);

				if (!to || arg->kind != E_NAME || strcmp(arg->text, name))
					continue;
				for (int m = 0; m < n_marked; m++)
					if (!strcmp(marked[m]->name, to) &&
					    marked[m]->source == g->source &&
					    a - 1 < marked[m]->n_params) {
						const char *p = marked[m]->params[a - 1].name;

						n += follow_named(ends, l, marked[m], p, depth,
								  kept);
						n += follow_pointer(ends, l, marked[m], p,
								    depth + 1, kept);
					}
			}
	}
	return n;
}

static int follow_callers(json_t *ends, const struct level *l, int depth, bool kept)
{
	const struct definition *d = l->f->def;
	const char *scope = scope_of(d);
	int n = 0;

	for (int m = 0; m < n_marked && depth < MAX_UP; m++)
		if (in_scope(d, scope, marked[m])) {
			n += follow_named(ends, l, marked[m], d->name, depth, kept);
			n += follow_pointer(ends, l, marked[m], d->name, depth, kept);
		}
	return n;
}

/* Returns 1 where the errno is at hand in F, else 0. */
static int follow_call(json_t *ends, const struct level *inner, struct function *f, int node,
		       struct expr *call, struct expr *domain, int depth, bool kept)
{
	struct level *l = alloc(sizeof(*l));
	unsigned all = 0;

	*l = (struct level){ .inner = inner, .f = f, .node = node, .call = call, .domain = domain };
	for (int i = 0; kept && i < inner->n_kept; i++) {
		struct expr *at = seen_by_caller(inner->f, inner->kept[i], call);

		if (at)
			push(l->at, l->n_at, l->cap_at) = normal(f, at);
	}
	if (kept && !l->n_at)
		return 0;
	follow_level(l);
	for (int i = 0; i < l->errnos.n; i++)
		all |= l->errnos.list[i].what;
	if (all & KEPT)
		l->read = follow_callers(ends, l, depth, true);
	if (l->errnos.n && handling_of(l) != PASSES_ON)
		add_end(ends, l);
	if (all & PASSED && !follow_callers(ends, l, depth, false) && handling_of(l) == PASSES_ON)
		add_end(ends, l);
	return 1;
}

/* -------------------------------------------------------------- the callers */

static enum handling handling_named(const char *name)
{
	enum handling c = 0;

	while (c < UNCLEAR && strcmp(handlings[c], name))
		c++;
	return c;
}

static const json_t *decisive(const json_t *ends)
{
	const json_t *best = NULL;
	json_t *e;
	size_t i;

	json_array_foreach(ends, i, e)
		if (!best || handling_named(str(e, "class")) < handling_named(str(best, "class")))
			best = e;
	return best;
}

static struct definition *definition_at(const char *file, int line)
{
	for (int i = 0; i < n_marked; i++)
		if (marked[i]->line == line && !strcmp(marked[i]->source->path, file))
			return marked[i];
	return NULL;
}

/* The ORDINALth call of NAME in F, in the order of the text. */
static struct expr *find_call(struct function *f, const char *name, int ordinal, int *node)
{
	for (int i = 0; i < f->n_nodes; i++) {
		struct calls found = calls_of(f->nodes[i].e, name);

		if (ordinal > 0 && ordinal <= found.n) {
			*node = i;
			return found.list[ordinal - 1];
		}
		ordinal -= found.n;
	}
	return NULL;
}

static void set_why(json_t *caller, const char *why)
{
	json_object_set_new(caller, "class", json_string("unknown"));
	json_object_set_new(caller, "why", text(why));
}

static json_t *caller_json(const json_t *use)
{
	json_t *out = json_pack("{sO sO sO sO sO ss ss s[] s{} sb}",
		"file", json_object_get(use, "file"), "line", json_object_get(use, "line"),
		"function", json_object_get(use, "function"),
		"entry_point", json_object_get(use, "entry_point"),
		"ordinal", json_object_get(use, "ordinal"), "class", "unknown", "why", "", "ends",
		"on", "logs", 0);
	struct definition *d = definition_at(str(use, "file"), num(use, "function_line"));
	const char *failure = failure_of(context.facts, str(use, "file"));
	const json_t *end;
	struct function *f;
	struct expr *call;
	int node = 0, domain;

	if (*str(use, "why") || failure || !d) {
		set_why(out, *str(use, "why") ? str(use, "why") :
			     failure	      ? failure :
						"its function was not found");
		return out;
	}
	f = function_of(d);
	call = find_call(f, str(use, "entry_point"), num(use, "ordinal"), &node);
	if (!call) {
		set_why(out, format("the call was not parsed%s%s", f->gap ? ": " : "",
				    f->gap ? f->gap : ""));
		return out;
	}
	domain = num(point_named(str(use, "entry_point")), "domain");
	follow_call(json_object_get(out, "ends"), NULL, f, node, call, argument(call, domain), 0,
		    false);
	end = decisive(json_object_get(out, "ends"));
	if (end) {
		json_object_set(out, "class", json_object_get(end, "class"));
		json_object_set(out, "on", json_object_get(end, "on"));
		json_object_set(out, "logs", json_object_get(end, "logs"));
		json_object_set(out, "why", json_object_get(end, "why"));
	}
	return out;
}

/* ----------------------------------------------------------------- the core */

static bool calls_operation(const struct expr *call)
{
	const struct expr *fn = bare(call->kid[0]);

	if (fn->kind == E_UNARY && !strcmp(fn->text, "*"))
		fn = bare(fn->kid[0]);
	return fn->kind == E_MEMBER && fn->n_kids &&
	       is_operation(fn->text);
}

struct core_search {
	struct definition **way;
	int n_way;
};

static bool calls_on_the_way(const struct expr *call, const void *what)
{
	const struct core_search *c = what;
	const struct expr *fn = bare(call->kid[0]);

	if (calls_operation(call))
		return true;
	for (int i = 0; i < c->n_way; i++) {
		const char *name = c->way[i]->name;

		if (fn->kind == E_NAME && !strcmp(name, fn->text))
			return true;
		for (int a = 1; a < call->n_kids; a++)
			if (unaddressed(call->kid[a])->kind == E_NAME &&
			    !strcmp(unaddressed(call->kid[a])->text, name))
				return true;
	}
	return false;
}

static json_t *core_call(struct function *f, int node, struct expr *call)
{
	struct level l = { .f = f, .node = node, .call = call, .in_core = true };
	json_t *on = json_object();
	unsigned all = 0, logged = 0;
	const char *what;

	follow_level(&l);
	for (int i = 0; i < l.errnos.n; i++) {
		json_object_set_new(on, l.errnos.list[i].name,
				    text(fate_text(&l, &l.errnos.list[i])));
		all |= l.errnos.list[i].what;
		logged |= l.errnos.list[i].logged;
	}
	what = !l.looked || !(all & (PASSED | REPLACED | KEPT)) ? "dropped" :
	       all & REPLACED					? "changed" :
								  "passed-on";
	return json_pack("{so so si so ss sb so}", "file", text(f->def->source->path),
		"function", text(f->def->name), "line", f->nodes[node].line,
		"callee", text(expr_text(call->kid[0])), "what", what,
		"logged", logged != 0, "on", on);
}

static bool returns_nothing(const struct core_search *c, const struct expr *call)
{
	for (int i = 0; i < c->n_way; i++)
		if (callee(call) && !strcmp(c->way[i]->name, callee(call)) &&
		    !strcmp(c->way[i]->type, "void"))
			return true;
	return false;
}

/* Every place between an operation and an entry point where the driver's errno is handled. */
static json_t *core_json(void)
{
	struct core_search c = { .way = alloc((n_marked + 1) * sizeof(*c.way)) };
	json_t *out = json_array();

	for (int i = 0; i < n_marked; i++)
		if (marked[i]->reached)
			c.way[c.n_way++] = marked[i];
	for (int i = 0; i < c.n_way; i++) {
		struct function *f = function_of(c.way[i]);

		for (int k = 0; k < f->n_nodes; k++) {
			struct calls found = calls_where(f->nodes[k].e, calls_on_the_way, &c);

			for (int m = 0; m < found.n; m++)
				if (!returns_nothing(&c, found.list[m]))
					json_array_append_new(out, core_call(f, k, found.list[m]));
		}
	}
	return out;
}

/* Which core functions lie between an operation and an entry point: those that come to one. */
static void mark_way(void)
{
	for (bool changed = true; changed; ) {
		changed = false;
		for (int i = 0; i < n_marked; i++) {
			const struct definition *d = marked[i];
			const struct token *t = d->source->tokens;
			bool comes = false;

			for (int k = d->body;
			     k < d->body_end && !d->reached && !strcmp(scopes[i], "core"); k++) {
				for (int m = 0; m < n_operations; m++)
					comes |= calls_op_at(d->source, k, operations[m].name);
				for (int m = 0; t[k].kind == T_NAME && m < n_marked; m++)
					comes |= marked[m]->reached &&
						 marked[m]->source == d->source &&
						 is(&t[k], marked[m]->name);
			}
			if (comes)
				changed = marked[i]->reached = true;
		}
	}
}

static void mark(const char *tree, const json_t *functions)
{
	struct source **sources = NULL;
	int n = 0, cap = 0;
	json_t *f;
	size_t i;

	marked = alloc((json_array_size(functions) + 1) * sizeof(*marked));
	scopes = alloc((json_array_size(functions) + 1) * sizeof(*scopes));
	json_array_foreach(functions, i, f) {
		struct source *s = NULL;

		for (int k = 0; k < n && !s; k++)
			if (!strcmp(sources[k]->path, str(f, "file")))
				s = sources[k];
		if (!s && (s = read_source(tree, str(f, "file"))))
			push(sources, n, cap) = s;
		for (int k = 0; s && k < s->n_definitions; k++)
			if (s->definitions[k]->line == num(f, "line")) {
				scopes[n_marked] = str(f, "scope");
				marked[n_marked++] = s->definitions[k];
				break;
			}
	}
}

/* The C files beside FILE: what a search there can hold is read from the whole folder. */
static void add_neighbours(const char ***inputs, int *n, int *cap, const char *tree, const char *file)
{
	const char *slash = strrchr(file, '/');
	char *dir = format("%s/%s", tree, slash ? copy_bytes(file, slash - file) : ".");
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len > 2 && e->d_name[len - 2] == '.' && strchr("ch", e->d_name[len - 1]))
			push(*inputs, *n, *cap) = format("%s/%s", dir, e->d_name);
	}
	if (d)
		closedir(d);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The step's input, its sources among it: whatever else changes, the result stays. */
static const char *key_of(const char *tree, const json_t *entries, const char *const *given,
		       int n_given)
{
	const char **inputs = NULL;
	int n = 0, cap = 0, once = 0;
	json_t *file;
	size_t i;

	for (int k = 0; k < n_given; k++)
		push(inputs, n, cap) = given[k];
	json_array_foreach(json_object_get(entries, "files"), i, file)
		add_neighbours(&inputs, &n, &cap, tree, json_string_value(file));
	qsort(inputs, n, sizeof(*inputs), by_name);
	for (int k = 0; k < n; k++)
		if (!once || strcmp(inputs[once - 1], inputs[k]))
			inputs[once++] = inputs[k];
	return step_key("callers", "as its files are", inputs, once);
}

int step_callers(int argc, char **argv)
{
	struct program program = { .tree = required(argc, argv, "tree") };
	const char *inputs[] = { required(argc, argv, "entries"), required(argc, argv, "facts"),
				 required(argc, argv, "api"), required(argc, argv, "contract") };
	const char *cache = required(argc, argv, "cache"), *out = required(argc, argv, "out");
	json_t *entries = read_json(inputs[0]), *callers = json_array(), *use;
	const char *key = key_of(program.tree, entries, inputs, 4);
	size_t i;

	if (recall_step(cache, key, &out, 1))
		return 0;
	load_api(inputs[2]);
	contract_read(inputs[3]);
	context.program = &program;
	folders.tree = program.tree;
	context.facts = load_facts(inputs[1]);
	load_points(entries);
	mark(program.tree, json_object_get(entries, "functions"));
	mark_way();
	json_array_foreach(json_object_get(entries, "uses"), i, use)
		json_array_append_new(callers, caller_json(use));
	write_json(out, json_pack("{so so}", "callers", callers, "core", core_json()));
	remember_step(cache, key, &out, 1);
	return 0;
}
