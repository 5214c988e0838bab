// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step text: in, bindings and facts; out, sites-coccinelle.jsonl: one line for
 * each site in each call context, with guards, origins, messages and call path,
 * then one coverage line for each binding. Facts only: classify judges.
 */
#include "program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_CALL_DEPTH 16
#define TIME_LIMIT 300		/* seconds; a whole tree takes less than one */
#define MAX_CONTEXTS 2000

/* From one callback down. */
struct walk {
	json_t *lines;
	const json_t *binding;
	const char *op, *callback;
	const char *gap;		/* first function not completely known */
	int contexts;
	struct visited *visited;
};

static void visit(struct walk *b, struct frame *fr, const char *hidden);

static void note_gap(struct walk *b, const char *why)
{
	if (!b->gap)
		b->gap = why;
}

/* Guards of an arrival in its own function: nearest, and whatever encloses it. */
static void add_guards(json_t *list, struct frame *fr, int node, int frame, bool nearest)
{
	const struct guard *g;
	int n = guards_of(fr->f, node, &g);

	for (int i = 0; i < n; i++) {
		json_t *guard;

		if (!g[i].enclosing && !g[i].chosen && (g[i].depth || !nearest))
			continue;
		guard = guard_json(fr, &g[i]);
		json_object_set_new(guard, "frame", json_integer(frame));
		json_array_append_new(list, guard);
	}
}

static json_t *guards_json(struct frame *fr, const struct arrival *a)
{
	json_t *list = json_array(), *guard;
	int frame = 0;

	if (a->choice) {
		guard = choice_json(fr, a->node, a->choice, a->choice_taken);
		json_object_set_new(guard, "frame", json_integer(0));
		json_array_append_new(list, guard);
	}
	if (a->exit >= 0) {
		struct guard g = { .branch = a->exit, .sense = a->exit_sense, .label = a->exit_label,
				   .enclosing = true };

		if (fr->f->nodes[a->exit].kind == N_BRANCH) {
			guard = guard_json(fr, &g);
			json_object_set_new(guard, "frame", json_integer(0));
			json_array_append_new(list, guard);
		}
		add_guards(list, fr, a->exit, frame, !json_array_size(list));
	} else {
		add_guards(list, fr, a->node, frame, true);
	}
	for (struct frame *up = fr; up->caller; up = up->caller)
		add_guards(list, up->caller, up->node, ++frame, !json_array_size(list));
	return list;
}

static json_t *path_json(const struct frame *fr, int line)
{
	json_t *path;

	if (fr->caller)
		path = path_json(fr->caller, fr->caller->f->nodes[fr->node].line);
	else
		path = json_array();
	json_array_append_new(path, json_pack("{so so si}", "function", text(fr->f->def->name),
					      "file", text(fr->f->def->source->path), "line", line));
	return path;
}

static json_t *messages_json(const struct frame *fr, const struct arrival *a)
{
	json_t *list = json_array();

	for (int i = 0; i < a->n_messages; i++) {
		const struct node *n = &fr->f->nodes[a->messages[i]];
		const char *level = "";
		struct expr *e = message_in(n, &level);

		json_array_append_new(list, json_pack("{si ss so}", "line", n->line, "level", level,
						      "call", text(callee(e))));
	}
	if (a->carrier)
		json_array_append_new(list, json_pack("{si ss so}", "line", a->line, "level", "error",
						      "call", text(callee(a->carrier))));
	return list;
}

static json_t *add_site(struct walk *b, struct frame *fr, const struct arrival *a, const char *kind,
		     const char *value, const char *hidden)
{
	json_t *site = json_pack("{ss ss ss so si si so so ss ss ss so so so so}",
		"k", "site", "engine", context.engine, "kind", kind, "file", text(fr->f->def->source->path),
		"line", a->line, "column", a->column + 1, "function", text(fr->f->def->name),
		"callback", text(b->callback), "op", b->op,
		"fixed", str(b->binding, "fixed"), "hidden", hidden ? hidden : "",
		"errno", text(value), "guards", guards_json(fr, a), "messages", messages_json(fr, a),
		"path", path_json(fr, a->line));

	if (!site)
		fatal("%s:%d: a site could not be stated: report this with the file", fr->f->def->source->path, a->line);
	json_array_append_new(b->lines, site);
	return site;
}

static bool on_stack(const struct frame *fr, const struct definition *def)
{
	for (; fr; fr = fr->caller)
		if (fr->f->def == def)
			return true;
	return false;
}

static void descend(struct walk *b, struct frame *fr, struct definition *def, struct expr *call, int node,
		    bool indirect, const char *hidden)
{
	struct frame *inner;

	if (on_stack(fr, def))
		return;
	inner = alloc(sizeof(*inner));
	*inner = (struct frame){ .f = function_of(def), .caller = fr, .node = node, .call = call,
				 .indirect = indirect, .op = fr->op, .depth = fr->depth + 1 };
	if (inner->depth > MAX_CALL_DEPTH) {
		note_gap(b, format("%s: calls nested more than %d deep", def->name, MAX_CALL_DEPTH));
		return;
	}
	visit(b, inner, hidden);
}

/* Names the call whose hidden sites a masking or dropping site replaces. */
static char *hiding_key(const struct frame *fr, int node)
{
	return format("%s:%d", fr->f->def->source->path, fr->f->nodes[node].line);
}

/* The driver's helper whose errno this constant replaces, if its nearest guard tests one. */
static void visit_masked(struct walk *b, struct frame *fr, const struct arrival *a)
{
	const struct guard *g = NULL;
	int n = 0, branch = -1;
	struct expr *c = NULL;
	struct definition **own;
	struct origin o;

	if (a->choice) {
		c = a->choice;
		branch = a->node;
	} else if (a->exit >= 0) {
		branch = a->exit;
	} else {
		n = guards_of(fr->f, a->node, &g);
		branch = n ? g[0].branch : -1;
	}
	if (branch >= 0 && !c)
		c = fr->f->nodes[branch].e;
	if (!c)
		return;
	o = origin_of(fr, c, branch);
	if (!(o.is & IS_ERRNO) || !o.call)
		return;
	n = own_callees(fr->f, o.call, &own);
	for (int i = 0; i < n; i++)
		descend(b, fr, own[i], o.call, o.call_node, false, format("%s:%d", fr->f->def->source->path, a->line));
	free(own);
}

/* How many of this function's calls does the message at NODE speak for? */
static int calls_logged_at(struct function *f, int node)
{
	const struct flow *flow = flow_of(f);
	int n = 0;

	for (int i = 0; i < flow->n; i++)
		for (int k = 0; k < flow->arrivals[i].n_messages; k++)
			n += flow->arrivals[i].messages[k] == node;
	return n;
}

/*
 * A helper's failure that its caller logs: a site at the call, or at the
 * message where that serves several calls.
 */
static void add_logged_call(struct walk *b, struct frame *fr, const struct arrival *a, const char *hidden)
{
	for (int i = 0; i < a->n_messages; i++) {
		struct arrival site = *a;
		const char *level = "";
		int node = a->messages[i];

		message_in(&fr->f->nodes[node], &level);
		if (strcmp(level, "error") && strcmp(level, "warning"))
			continue;
		if (calls_logged_at(fr->f, node) > 1) {
			site.line = fr->f->nodes[node].line;
			site.column = fr->f->nodes[node].column;
		}
		json_object_set_new(add_site(b, fr, &site, "own-call", format("propagated:%s", callee(a->e)), hidden),
				    "call_line", json_integer(a->line));
		return;
	}
}

static void visit_call(struct walk *b, struct frame *fr, const struct arrival *a, const char *hidden)
{
	struct definition **own;
	int n = own_callees(fr->f, a->e, &own);
	json_t *site;

	if (n)
		add_logged_call(b, fr, a, hidden);
	for (int i = 0; i < n; i++)
		descend(b, fr, own[i], a->e, a->node, false, hidden);
	free(own);
	if (n)
		return;
	site = add_site(b, fr, a, "call", format("propagated:%s", callee(a->e) ? expr_text(a->e->kid[0]) : "?"), hidden);
	if (context.describe)
		context.describe(fr, a->e, a->node, site);
	/* a function handed to an iterator: pci_for_each_dma_alias(pdev, fn, &data) */
	for (int i = 1; i < a->e->n_kids; i++) {
		struct expr *arg = bare(a->e->kid[i]);

		if (arg->kind == E_UNARY && !strcmp(arg->text, "&"))
			arg = bare(arg->kid[0]);
		if (arg->kind != E_NAME)
			continue;
		n = find_definitions(context.program, fr->f->def->source, arg->text, &own);
		for (int k = 0; k < n; k++)
			descend(b, fr, own[k], a->e, a->node, true, hidden);
		free(own);
	}
}

static bool arrives(const struct flow *flow, const struct expr *e)
{
	for (int i = 0; i < flow->n; i++)
		if (flow->arrivals[i].e == e)
			return true;
	return false;
}

static bool foreign_errno_call(struct frame *fr, struct expr *e, int node)
{
	return (origin_of(fr, e, node).is & IS_ERRNO) != 0;
}

/*
 * What becomes of a result that does not arrive: is it tested, and does the
 * function then return 0 all the same?
 */
static bool ends_in_success(const struct function *f, int node, const struct expr *variable, bool *tested)
{
	bool *seen = alloc(f->n_nodes), success = false;
	int *todo = alloc((f->n_nodes + 1) * sizeof(*todo)), n = 0;

	*tested = false;
	todo[n++] = node;
	while (n) {
		int at = todo[--n];
		const struct node *from = &f->nodes[at];
		int o = from->kind == N_BRANCH && from->e && !from->iterator && !from->dispatch ?
			outcome(from->e, variable, NULL) : -1;

		*tested |= o >= 0;
		for (int i = 0; i < from->n_succ; i++) {
			int to = from->succ[i].to;
			const struct node *next = &f->nodes[to];
			struct setting s;

			if ((o >= 0 && (o == 1) != (from->succ[i].sense == IF_TRUE)) || seen[to])
				continue;
			seen[to] = true;
			if (next->kind == N_RETURN) {
				success |= next->e && next->e->kind == E_NUMBER && !strcmp(next->e->text, "0");
				continue;
			}
			if (setting_in(f, to, variable, &s) && !s.by_address)
				continue;
			todo[n++] = to;
		}
	}
	free(seen);
	free(todo);
	return success;
}

/* `return ret;`, `return PTR_ERR(p);`: what is returned when it fails, NULL for a constant errno */
static const struct expr *returned(const struct node *n, bool *known)
{
	struct expr *e = n->e ? bare(n->e) : NULL;

	*known = e != NULL;
	if (e && e->kind == E_CALL && callee(e) && api("carrier", callee(e)) && e->n_kids >= 2)
		e = bare(e->kid[1]);
	if (e && e->kind == E_NAME)
		return e;
	*known = e && e->kind == E_ERRNO;
	return NULL;
}

/*
 * Is this unwinding: did the function fail already, and returns that failure whatever
 * comes of NODE? Every way to NODE must have found the returned variable to be a failure.
 */
static bool fails_anyway(struct function *f, int node)
{
	bool *seen = alloc(f->n_nodes), unwinds = true, constant = false;
	int *todo = alloc((f->n_nodes + 1) * sizeof(*todo)), n = 0;
	const struct expr *variable = NULL;
	const struct guard *g;
	int tests = 0;

	todo[n++] = node;
	while (n && unwinds) {
		const struct node *at = &f->nodes[todo[--n]];

		for (int i = 0; i < at->n_succ && unwinds; i++) {
			const struct node *next = &f->nodes[at->succ[i].to];
			const struct expr *v;

			if (seen[at->succ[i].to])
				continue;
			seen[at->succ[i].to] = true;
			if (next->kind != N_RETURN) {
				todo[n++] = at->succ[i].to;
				continue;
			}
			v = returned(next, &unwinds);
			constant |= !v;
			unwinds &= !v || !variable || !strcmp(v->text, variable->text);
			variable = v ? v : variable;
		}
	}
	for (int i = 0; i < f->n_nodes && unwinds && variable; i++) {
		struct setting s;

		unwinds = !seen[i] || !setting_in(f, i, variable, &s);
	}
	for (int i = 0, of = guards_of(f, node, &g); i < of && unwinds && variable; i++) {
		struct expr *c = f->nodes[g[i].branch].e;

		if (g[i].depth)
			continue;
		tests++;
		unwinds = c && g[i].sense == IF_TRUE && outcome(c, variable, NULL) == 1 &&
			  (bare(c)->kind != E_BINARY || strcmp(bare(c)->text, "||"));
	}
	free(seen);
	free(todo);
	return unwinds && (variable ? tests > 0 : constant);
}

static struct arrival plain_arrival(const struct function *f, struct expr *e, int node)
{
	return (struct arrival){ .e = e, .node = node, .exit = -1, .line = f->nodes[node].line,
				 .column = f->nodes[node].column };
}

/* Failures that are thrown away: the result of a call that nobody looks at, or that ends in `return 0`. */
static void visit_lost(struct walk *b, struct frame *fr)
{
	const struct flow *flow = flow_of(fr->f);

	for (int i = 0; i < fr->f->n_nodes; i++) {
		struct node *n = &fr->f->nodes[i];
		struct expr *e = n->e ? bare(n->e) : NULL, *variable = NULL;
		struct arrival a;
		struct definition **own;
		bool tested = false;
		int n_own;

		if (!e || n->kind == N_RETURN || (n->kind == N_PLAIN && n->e->kind == E_CAST))
			continue;
		if (n->kind == N_PLAIN && e->kind == E_ASSIGN && !strcmp(e->text, "=")) {
			variable = bare(e->kid[0]);
			e = bare(e->kid[1]);
		} else if (n->kind != N_PLAIN) {
			continue;
		}
		if (e->kind != E_CALL || !callee(e) || arrives(flow, e) || !foreign_errno_call(fr, e, i))
			continue;
		if (!variable && fails_anyway(fr->f, i))
			continue;
		if (variable && (variable->kind != E_NAME || guessed_errno(fr->f, e, variable->text) || !ends_in_success(fr->f, i, variable, &tested)))
			continue;
		a = plain_arrival(fr->f, e, i);
		n_own = own_callees(fr->f, e, &own);
		if (n_own || variable || api("einval_without_domain", callee(e))) {
			char *key = hiding_key(fr, i);
			json_t *site = add_site(b, fr, &a, tested ? "swallowed" : "dropped", "0", NULL);

			json_object_set_new(site, "callee", text(callee(e)));
			json_object_set_new(site, "own", json_boolean(n_own));
			json_object_set_new(site, "key", text(key));
			if (!n_own && context.describe)
				context.describe(fr, e, i, site);
			for (int k = 0; k < n_own; k++)
				descend(b, fr, own[k], e, i, false, key);
		}
		free(own);
	}
}

/* `return 0` in a branch of the callback: success, or a mismatch that nobody hears of */
static void visit_success(struct walk *b, struct frame *fr)
{
	for (int i = 0; i < fr->f->n_nodes; i++) {
		struct node *n = &fr->f->nodes[i];
		struct arrival a;

		if (n->kind != N_RETURN || !n->scope || !n->e || n->e->kind != E_NUMBER || strcmp(n->e->text, "0"))
			continue;
		a = plain_arrival(fr->f, n->e, i);
		add_site(b, fr, &a, "success", "0", NULL);
	}
}

/* Does the branch by which a preset leaves test the errno of a call? Then it masks that. */
static bool exit_masks(struct frame *fr, const struct arrival *a)
{
	struct expr *c = a->exit >= 0 ? fr->f->nodes[a->exit].e : NULL;

	return c && origin_of(fr, c, a->exit).is & IS_ERRNO;
}

/*
 * Of the exits that a preset serves, those that mask a callee are sites of
 * their own; if one is left, the preset is meant for that and the site is there.
 */
static int place_of(struct frame *fr, const struct flow *flow, const struct arrival *a)
{
	int own = 0;

	if (a->exit < 0 || exit_masks(fr, a))
		return a->line;
	for (int i = 0; i < flow->n; i++)
		own += flow->arrivals[i].e == a->e && !exit_masks(fr, &flow->arrivals[i]);
	return own == 1 && a->e->line ? a->e->line : a->line;
}

static void visit(struct walk *b, struct frame *fr, const char *hidden)
{
	const struct flow *flow = flow_of(fr->f);
	bool known = false;

	if (++b->contexts > MAX_CONTEXTS) {
		note_gap(b, format("%s: more than %d call contexts", b->callback, MAX_CONTEXTS));
		return;
	}
	for (int i = 0; i < b->visited->n; i++)
		known |= b->visited->list[i] == fr->f->def;
	if (!known)
		push(b->visited->list, b->visited->n, b->visited->cap) = fr->f->def;
	if (fr->f->gap)
		note_gap(b, format("%s (%s): %s", fr->f->def->name, fr->f->def->source->path, fr->f->gap));
	for (int i = 0; i < flow->n; i++) {
		const struct arrival *a = &flow->arrivals[i];
		struct arrival placed = *a;
		json_t *site;

		if (a->e->kind == E_ERRNO) {
			placed.line = place_of(fr, flow, a);
			a = &placed;
			site = add_site(b, fr, a, "constant", a->e->text, hidden);
			json_object_set_new(site, "raw", json_boolean(a->e->raw));
			json_object_set_new(site, "key",
					    text(format("%s:%d", fr->f->def->source->path, a->line)));
			json_object_set_new(site, "constant_line", json_integer(a->e->line));
			if (!hidden)
				visit_masked(b, fr, a);
		} else {
			visit_call(b, fr, a, hidden);
		}
	}
	if (!hidden) {
		visit_lost(b, fr);
		if (!fr->caller)
			visit_success(b, fr);
	}
}

void add_sites(json_t *to, const json_t *binding, struct definition *callback, const char **gap,
	       struct visited *visited)
{
	struct walk w = { .lines = to, .binding = binding, .op = str(binding, "op"),
			  .callback = str(binding, "callback"), .gap = *gap, .visited = visited };
	struct frame *fr = alloc(sizeof(*fr));

	*fr = (struct frame){ .f = function_of(callback), .op = w.op };
	visit(&w, fr, NULL);
	*gap = w.gap;
}

/* --------------------------------------------------------------- step text */

struct binding {
	json_t *json;
	const char *op, *callback, *file;
	struct definition **defs;
	int n_defs;
	const char *gap;
	struct visited visited;
};

static struct binding *bindings;
static int n_bindings, cap_bindings;

static json_t *lines;

static void add_binding(json_t *line, void *data)
{
	struct binding b = { .json = json_incref(line) };

	(void)data;
	b.op = json_string_value(json_object_get(line, "op"));
	b.callback = json_string_value(json_object_get(line, "callback"));
	b.file = json_string_value(json_object_get(line, "file"));
	context.core |= !strcmp(str(line, "via"), "definition");	/* step entries wrote it */
	push(bindings, n_bindings, cap_bindings) = b;
}

/* Binding files whose callbacks share functions of one driver are one driver. */
static int *driver_of;

static int root(int i)
{
	while (driver_of[i] != i)
		i = driver_of[i];
	return i;
}

static bool is_c(const char *path)
{
	return path[strlen(path) - 1] == 'c';
}

static bool shares_source(const struct binding *a, const struct binding *b)
{
	if (!strcmp(a->file, b->file))
		return true;
	for (int i = 0; i < a->visited.n; i++)
		for (int j = 0; j < b->visited.n; j++)
			if (a->visited.list[i]->source == b->visited.list[j]->source &&
			    is_c(a->visited.list[i]->source->path))
				return true;
	return false;
}


static const char *driver_name(int i)
{
	const char *file = bindings[root(i)].file, *dot = strrchr(file, '.'), *slash = strrchr(file, '/');
	const char *prefix = "drivers/iommu/";

	for (int j = 0; j < n_bindings; j++)
		if (root(j) == root(i) && strcmp(bindings[j].file, file))
			dot = slash;		/* several files: the folder names them, if it is theirs alone */
	for (int j = 0; j < n_bindings && dot == slash; j++)
		if (root(j) != root(i) && slash && !strncmp(bindings[j].file, file, slash - file + 1) &&
		    !strchr(bindings[j].file + (slash - file) + 1, '/'))
			dot = strrchr(file, '.');
	if (!dot)
		dot = file + strlen(file);
	if (!strncmp(file, prefix, strlen(prefix)) && dot > file + strlen(prefix))
		return copy_bytes(file + strlen(prefix), dot - file - strlen(prefix));
	return copy_bytes(file, dot - file);
}

static void group_drivers(void)
{
	driver_of = alloc((n_bindings + 1) * sizeof(*driver_of));
	for (int i = 0; i < n_bindings; i++)
		driver_of[i] = i;
	for (int i = 0; i < n_bindings; i++)
		for (int j = 0; j < i; j++)
			if (root(i) != root(j) && shares_source(&bindings[i], &bindings[j]))
				driver_of[root(i)] = root(j);
}

/* The driver a site's file belongs to when seen from binding B. */
static int binding_of(const json_t *site)
{
	const char *callback = json_string_value(json_object_get(site, "callback"));
	const char *op = json_string_value(json_object_get(site, "op"));
	const json_t *first = json_object_get(json_array_get(json_object_get(site, "path"), 0), "file");

	for (int i = 0; i < n_bindings; i++)
		if (!strcmp(bindings[i].callback ? bindings[i].callback : "", callback) &&
		    !strcmp(bindings[i].op, op)) {
			for (int k = 0; k < bindings[i].n_defs; k++)
				if (!strcmp(bindings[i].defs[k]->source->path, json_string_value(first)))
					return i;
		}
	return 0;
}

static json_t *coverage_json(int i)
{
	struct binding *b = &bindings[i];
	const char *status = "analysed", *why = "";
	const char *failure = failure_of(context.facts, b->file);

	if (!strcmp(json_string_value(json_object_get(b->json, "status")), "gap")) {
		status = "not-analysed";
		why = json_string_value(json_object_get(b->json, "why"));
	} else if (failure) {
		status = "not-analysed";
		why = failure;
	} else if (!b->n_defs) {
		status = "not-analysed";
		why = format("the definition of %s was not found", b->callback);
	} else if (b->gap) {
		status = "partial";
		why = b->gap;
	}
	return json_pack("{ss ss ss sO ss so sO ss so so}", "k", "coverage", "engine", context.engine, "op", b->op,
			 "ops", json_object_get(b->json, "ops"), "callback", b->callback ? b->callback : "",
			 "file", text(b->file), "line", json_object_get(b->json, "line"), "status", status,
			 "why", text(why), "driver", text(driver_name(i)));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void write_sorted(const char *out)
{
	char **dumps = alloc((json_array_size(lines) + n_bindings + 1) * sizeof(*dumps));
	FILE *f = write_begin(out);
	json_t *line;
	int n = 0;
	size_t k;

	json_array_foreach(lines, k, line)
		dumps[n++] = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	for (int i = 0; i < n_bindings; i++) {
		if (!strcmp(json_string_value(json_object_get(bindings[i].json, "status")), "other"))
			continue;
		dumps[n++] = json_dumps(coverage_json(i), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	}
	for (int i = 0; i < n; i++)
		if (!dumps[i])
			fatal("out of memory: audit fewer files at once or give this machine more memory");
	qsort(dumps, n, sizeof(*dumps), by_text);
	for (int i = 0; i < n; i++)
		if (!i || strcmp(dumps[i], dumps[i - 1]))
			fprintf(f, "%s\n", dumps[i]);
	write_end(f, out);
}

static bool takes_domain(const struct definition *d)
{
	for (int i = 0; i < d->n_params; i++)
		if (!strcmp(d->params[i].type, "struct iommu_domain *"))
			return true;
	return false;
}

static void give_up(int signal)
{
	static const char said[] = "attach-checks: text: no end after 300 s: leave the newest driver out, and report it\n";

	(void)signal;
	if (write(STDERR_FILENO, said, sizeof(said) - 1) < 0)
		_exit(EXIT_INCOMPLETE);
	_exit(EXIT_INCOMPLETE);
}

int step_text(int argc, char **argv)
{
	struct program program = { .tree = required(argc, argv, "tree") };
	const char *inputs[] = { required(argc, argv, "closure"), required(argc, argv, "bindings"),
				 required(argc, argv, "facts"), required(argc, argv, "api") };
	const char *cache = option(argc, argv, "cache", NULL), *out = required(argc, argv, "out");
	json_t *closure = read_json(inputs[0]), *v;
	uint64_t key = cache ? step_key("text", str(read_json(required(argc, argv, "scan")), "state"), inputs, 4) : 0;
	size_t i;

	if (cache && recall_step(cache, key, &out, 1))
		return 0;
	signal(SIGALRM, give_up);
	alarm(TIME_LIMIT);
	load_api(required(argc, argv, "api"));
	context.program = &program;
	context.engine = "coccinelle";
	lines = json_array();
	context.facts = load_facts(required(argc, argv, "facts"));
	read_json_lines(required(argc, argv, "bindings"), add_binding, NULL);
	json_array_foreach(json_object_get(closure, "files"), i, v) {
		const char *path = json_string_value(v), *slash = strrchr(path, '/');

		add_folder(&program, slash ? copy_bytes(path, slash - path) : ".");
	}
	json_array_foreach(json_object_get(closure, "functions"), i, v) {
		struct source *s = find_source(&program, json_string_value(json_object_get(v, "file")));

		for (int k = 0; s && k < s->n_definitions; k++)
			if (s->definitions[k]->line == json_integer_value(json_object_get(v, "line")) &&
			    takes_domain(s->definitions[k]))
				learn_domain_types(function_of(s->definitions[k]));
	}
	for (int k = 0; k < n_bindings; k++) {
		struct binding *b = &bindings[k];
		struct source *s = find_source(&program, b->file);

		if (strcmp(json_string_value(json_object_get(b->json, "status")), "bound") || !s)
			continue;
		b->n_defs = find_definitions(&program, s, b->callback, &b->defs);
		for (int d = 0; d < b->n_defs; d++)
			add_sites(lines, b->json, b->defs[d], &b->gap, &b->visited);
	}
	group_drivers();
	json_array_foreach(lines, i, v)
		json_object_set_new(v, "driver", text(driver_name(binding_of(v))));
	write_sorted(out);
	if (cache)
		remember_step(cache, key, &out, 1);
	return 0;
}
