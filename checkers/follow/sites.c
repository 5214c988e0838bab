// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step text: in, bindings and facts; out, sites-coccinelle.jsonl: one line for
 * each site in each call context, with guards, origins, messages and call path,
 * then one coverage line for each binding. Facts only: classify judges.
 */
#include "follow.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIME_LIMIT 300		/* seconds; a whole tree takes less than one */

/* From one callback down. */
struct walk {
	json_t *lines;
	const json_t *binding;
	const char *op, *callback;
	const char *gap;		/* first function not completely known */
	struct visited *visited;
};

static void note_gap(struct walk *b, const char *why)
{
	if (!b->gap)
		b->gap = why;
}

/* Do the arguments of the call decide this guard? */
static bool always_holds(const json_t *guard)
{
	const json_t *atoms;
	size_t i;

	json_array_foreach(json_object_get(guard, "reason"), i, atoms)
		if (!json_array_size(atoms))
			return true;
	return false;
}

/* Guards of an arrival in its own function: nearest of those that are open, and whatever encloses it. */
static void add_guards(json_t *list, struct frame *fr, int node, int frame, bool nearest)
{
	const struct guard *g;
	int n = guards_of(fr->f, node, &g);
	int nearer = !frame && json_array_size(list);	/* what decides within the node, or at the exit */
	int near = 0;
	bool open = false;

	for (int i = 0; i < n; i++) {
		json_t *guard;

		if (!open && g[i].depth > near)
			near = g[i].depth;
		if (!g[i].enclosing && !g[i].chosen && (g[i].depth > near || !nearest))
			continue;
		guard = guard_json(fr, &g[i]);
		open |= !always_holds(guard);
		json_object_set_new(guard, "frame", json_integer(frame));
		json_object_set_new(guard, "depth", json_integer(g[i].depth + nearer));
		json_array_append_new(list, guard);
	}
}

static bool any_open(const json_t *guards)
{
	const json_t *guard;
	size_t i;

	json_array_foreach(guards, i, guard)
		if (!always_holds(guard))
			return true;
	return false;
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
		add_guards(list, up->caller, up->node, ++frame, !any_open(list));
	return list;
}

json_t *path_json(const struct frame *fr, int line)
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

static bool has_line(const json_t *list, const json_t *message)
{
	json_t *m;
	size_t i;

	json_array_foreach(list, i, m)
		if (json_equal(m, message))
			return true;
	return false;
}

static void append_once(json_t *list, json_t *message)
{
	if (!has_line(list, message))
		json_array_append(list, message);
	json_decref(message);
}

static json_t *message_json(int line, const char *level, const struct expr *call)
{
	return json_pack("{si ss so}", "line", line, "level", level, "call", text(callee(call)));
}

/* A message that stands in another file than the SITE says so. */
static void add_message_json(json_t *list, const struct frame *site, const struct mark *m)
{
	const char *file = m->frame->f->def->source->path, *level = message_level(m->frame->f, m->e);
	json_t *message = message_json(m->frame->f->nodes[m->node].line, level ? level : "error", m->e);

	if (strcmp(file, site->f->def->source->path))
		json_object_set_new(message, "file", text(file));
	append_once(list, message);
}

static json_t *messages_json(const struct frame *fr, const struct arrival *a)
{
	json_t *list = json_array();

	for (int i = 0; i < a->n_messages; i++) {
		const struct node *n = &fr->f->nodes[a->messages[i]];
		const char *level = "";
		struct expr *e = message_in(n, &level);

		append_once(list, message_json(n->line, level, e));
	}
	if (a->carrier)
		append_once(list, message_json(a->line, "error", a->carrier));
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

	if (fr->caller)
		json_object_set_new(site, "others", other_operations(fr->f->def));
	if (!site)
		fatal("%s:%d: a site could not be stated: report this with the file", fr->f->def->source->path, a->line);
	json_array_append_new(b->lines, site);
	return site;
}

/* The files and lines by which a masking or dropping site names what it hides. */
static char *place_key(const struct frame *fr, int line)
{
	return format("%s:%d", fr->f->def->source->path, line);
}

static struct arrival plain_arrival(const struct function *f, struct expr *e, int node)
{
	bool literal = e && e->kind == E_ERRNO && e->line;

	return (struct arrival){ .e = e, .node = node, .exit = -1, .line = literal ? e->line : f->nodes[node].line,
				 .column = literal ? e->column : f->nodes[node].column };
}

static bool stands_in(const struct expr *e, const struct expr *part)
{
	if (e == part)
		return true;
	for (int i = 0; e && i < e->n_kids; i++)
		if (stands_in(e->kid[i], part))
			return true;
	return false;
}

/* c ? 0 : -E, -E * flag, flag & -E: what decides within the expression whether the literal is there, or NULL */
static struct expr *chooser_of(struct expr *e, const struct expr *literal, bool *taken)
{
	struct expr *found = NULL;

	if (!e)
		return NULL;
	for (int i = 0; i < e->n_kids && !found; i++)
		found = e->kid[i] ? chooser_of(e->kid[i], literal, taken) : NULL;
	*taken = found ? *taken : true;
	for (int i = 0; !found && e->kind == E_BINARY && i < 2; i++)
		if (bare(e->kid[i]) == literal && (!strcmp(e->text, "*") || !strcmp(e->text, "&")))
			return e->kid[1 - i];
	for (int i = 1; !found && e->kind == E_TERNARY && i < 3; i++)
		if (e->kid[i] && stands_in(e->kid[i], literal)) {
			*taken = i == 1;
			return e->kid[0];
		}
	return found;
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

struct arrival arrival_of(const struct cause *c)
{
	const struct flow *flow = flow_of(c->frame->f);
	struct arrival a;

	if (c->exit >= 0)
		return flow->arrivals[c->exit];
	for (int i = 0; i < flow->n; i++)
		if (flow->arrivals[i].e == c->e && flow->arrivals[i].exit < 0)
			return flow->arrivals[i];
	for (int i = 0; i < flow->n; i++)
		if (flow->arrivals[i].e == c->e)
			return flow->arrivals[i];
	a = plain_arrival(c->frame->f, c->e, c->node);
	a.choice = chooser_of(c->frame->f->nodes[c->node].e, c->e, &a.choice_taken);
	return a;
}

static void add_cause(struct walk *b, const struct cause *c, const char *hidden);

static void add_hidden(struct walk *b, const struct causes *causes, const char *key)
{
	for (int i = 0; i < causes->n; i++)
		add_cause(b, causes->list[i], key);
}

static void add_leaf_messages(json_t *list, const struct frame *site, const struct reasons *r, int depth)
{
	for (int i = 0; i < r->n_tested && depth < 8; i++)
		if (r->tested[i]->kind == NUMBER && r->tested[i]->leaf) {
			const struct reasons *inner = r->tested[i]->leaf->reasons;

			for (int k = 0; k < inner->n_messages; k++)
				add_message_json(list, site, &inner->messages[k]);
			add_leaf_messages(list, site, inner, depth + 1);
		} else if (r->tested[i]->kind == FAILURE) {
			for (int c = 0; c < r->tested[i]->causes->n; c++) {
				const struct reasons *inner = r->tested[i]->causes->list[c]->reasons;

				for (int k = 0; k < inner->n_messages; k++)
					add_message_json(list, site, &inner->messages[k]);
			}
		}
}

/* A line for an errno that a frame brings into being; HIDDEN names the site that replaces or loses it. */
static void add_cause(struct walk *b, const struct cause *c, const char *hidden)
{
	struct frame *fr = c->frame;
	struct arrival a = arrival_of(c);
	json_t *line, *messages;
	char *key;

	if (c->e->kind != E_ERRNO) {
		line = add_site(b, fr, &a, "call", format("propagated:%s", callee(c->e) ? expr_text(c->e->kid[0]) : "?"), hidden);
		if (context.describe)
			context.describe(fr, c->e, c->node, line);
		return;
	}
	a.line = place_of(fr, flow_of(fr->f), &a);
	key = place_key(fr, a.line);
	line = add_site(b, fr, &a, "constant", c->e->text, hidden);
	json_object_set_new(line, "raw", json_boolean(c->e->raw));
	json_object_set_new(line, "key", text(key));
	json_object_set_new(line, "constant_line", json_integer(c->e->line));
	messages = json_object_get(line, "messages");
	for (int i = 0; i < c->reasons->n_messages; i++)
		add_message_json(messages, fr, &c->reasons->messages[i]);
	add_leaf_messages(messages, fr, c->reasons, 0);
	for (int i = 0; !hidden && i < c->reasons->n_tested; i++) {	/* what a helper has handed on as it came */
		const struct term *t = c->reasons->tested[i];

		if (t->kind == RESULT && t->frame != fr && t->number & NEGATIVE)
			add_cause(b, cause_at(t->frame, t->e, t->node, -1), key);
	}
	for (int i = 0; !hidden && i < c->reasons->n_tested; i++)
		if (c->reasons->tested[i]->kind == FAILURE)
			add_hidden(b, c->reasons->tested[i]->causes, key);
}

/* How many calls does this message speak for? */
static int calls_logged_by(const struct outcome_of_walk *w, const struct logged *l)
{
	int n = 0;

	for (int i = 0; i < w->n_logged; i++) {
		const struct logged *o = &w->logged[i];
		bool known = false;

		for (int k = 0; k < i; k++)
			known |= w->logged[k].frame == o->frame && w->logged[k].message.e == o->message.e &&
				 w->logged[k].call == o->call;
		n += !known && o->frame == l->frame && o->message.e == l->message.e;
	}
	return n;
}

/*
 * A helper's failure that its caller logs: a site at the call, or at the
 * message where that serves several calls.
 */
static void add_logged(struct walk *b, const struct outcome_of_walk *w, const struct logged *l)
{
	struct arrival a = plain_arrival(l->frame->f, l->call, l->node);
	const struct node *message = &l->frame->f->nodes[l->message.node];
	json_t *line, *keys = json_array();

	if (calls_logged_by(w, l) > 1) {
		a.line = message->line;
		a.column = message->column;
	}
	line = add_site(b, l->frame, &a, "own-call", format("propagated:%s", callee(l->call) ? callee(l->call) : "?"), NULL);
	add_message_json(json_object_get(line, "messages"), l->frame, &l->message);
	json_object_set_new(line, "call_line", json_integer(l->frame->f->nodes[l->node].line));
	for (int i = 0; i < l->causes->n; i++) {
		const struct cause *c = l->causes->list[i];
		struct arrival at = arrival_of(c);

		if (c->e->kind != E_ERRNO)
			continue;
		json_array_append_new(keys, text(place_key(c->frame, place_of(c->frame, flow_of(c->frame->f), &at))));
	}
	json_object_set_new(line, "logs", keys);
}

/* A failure that ends in success: its result was not looked at, or was, and 0 is returned all the same. */
static void add_lost_call(struct walk *b, const struct lost *l)
{
	struct frame *fr = l->frame;
	struct arrival a = plain_arrival(fr->f, l->call, l->node);
	const char *name = callee(l->call);
	struct definition **own;
	int n = own_callees(fr->f, l->call, &own);
	char *key = place_key(fr, a.line);
	json_t *line;

	free(own);
	if (!name || (!n && !l->stored && (l->looked || !api("einval_without_domain", name))))
		return;
	line = add_site(b, fr, &a, l->looked ? "swallowed" : "dropped", "0", NULL);
	if (!n && context.describe)
		context.describe(fr, l->call, l->node, line);
	json_object_set_new(line, "callee", text(name));
	json_object_set_new(line, "own", json_boolean(n));
	json_object_set_new(line, "key", text(key));
	if (l->value->kind == FAILURE)
		add_hidden(b, l->value->causes, key);
}

/* From its first node: the return or goto with which a branch is left, behind what it prints or puts back. */
static int last_of_branch(const struct function *f, int node)
{
	while (f->nodes[node].n_succ == 1 && f->nodes[node].kind != N_RETURN && f->nodes[node].e) {
		int next = f->nodes[node].succ[0].to;

		if (f->nodes[next].n_pred != 1 || f->nodes[next].kind == N_EXIT || f->nodes[next].n_succ > 1)
			break;
		node = next;
	}
	return node;
}

/* A branch, or a choice, that decides that nothing is done and success returned. */
static void add_success(struct walk *b, const struct way_out *w)
{
	struct function *f = w->frame->f;
	struct expr *asked = w->edge < 0 ? w->choice : f->nodes[w->node].e;
	struct arrival a;
	json_t *site;

	if (w->edge < 0) {
		a = plain_arrival(f, NULL, w->node);
		a.choice = w->choice;
		a.choice_taken = w->taken;
	} else {
		const struct edge *edge = &f->nodes[w->node].succ[w->edge];

		a = plain_arrival(f, NULL, last_of_branch(f, edge->to));
		a.exit = w->node;
		a.exit_sense = edge->sense;
		a.exit_label = edge->label;
		a.exit_to = edge->to;
	}
	site = add_site(b, w->frame, &a, "success", "0", NULL);
	/* a pointer that is empty: not for the reasons for which a helper gives NULL, and an errno */
	while (asked && asked->kind == E_UNARY && !strcmp(asked->text, "!"))
		asked = bare(asked->kid[0]);
	if (asked && w->tested && w->tested->kind != NUMBER && !strcmp(value_type(w->frame, asked), "pointer"))
		json_object_del(json_array_get(json_object_get(site, "guards"), 0), "reason");
}

/* A line for what a callback that only tests has done, once a place. */
static void add_change(struct walk *b, const struct change *c)
{
	static const struct {
		const char *what, *said;
	} words[] = {
		{ "writes", "writes to" }, { "allocates", "allocates by" }, { "hardware", "touches hardware by" },
	};
	const struct source *source = c->frame->f->def->source;
	int line = c->frame->f->nodes[c->node].line;
	const char *said = "";

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i].what, c->what))
			said = c->e->kind == E_CALL && !i ? "writes by" : words[i].said;
	json_array_append_new(b->lines, json_pack("{ss ss ss ss ss so si so ss so so}", "k", "change", "engine", context.engine,
		"op", b->op, "callback", b->callback, "what", c->what, "file", text(source->path), "line", line,
		"function", text(c->frame->f->def->name), "said", said, "text", text(expr_text(c->e)),
		"path", path_json(c->frame, line)));
}

static void visit(struct walk *b, struct frame *callback)
{
	struct outcome_of_walk w = walk_callback(callback, str(b->binding, "fixed"));

	for (int i = 0; i < w.n_entered; i++)
		push(b->visited->list, b->visited->n, b->visited->cap) = w.entered[i];
	for (int i = 0; i < w.n_gaps; i++)
		note_gap(b, !w.gaps[i].frame ? w.gaps[i].why :
			 format("%s: %s", w.gaps[i].frame->f->def->name, w.gaps[i].why));
	for (int i = 0; i < w.n_entered; i++)
		if (w.entered[i]->function && w.entered[i]->function->gap)
			note_gap(b, format("%s (%s): %s", w.entered[i]->name, w.entered[i]->source->path,
					   w.entered[i]->function->gap));
	for (int i = 0; i < w.arrived->n; i++)
		add_cause(b, w.arrived->list[i], NULL);
	for (int i = 0; i < w.n_logged; i++)
		add_logged(b, &w, &w.logged[i]);
	for (int i = 0; i < w.n_lost; i++)
		add_lost_call(b, &w.lost[i]);
	for (int i = 0; i < w.n_successes; i++)
		add_success(b, &w.successes[i]);
	for (int i = 0; i < w.n_changes; i++)
		add_change(b, &w.changes[i]);
}

/* Text and sites are held to each other: what a walked function holds, and no site. */
static void settle_account(struct walk *b)
{
	struct seen_errno *seen = alloc((json_array_size(b->lines) + 1) * sizeof(*seen));
	json_t *line;
	size_t i;
	int n = 0;

	json_array_foreach(b->lines, i, line)
		if (!strcmp(str(line, "callback"), b->callback) && !strcmp(str(line, "op"), b->op))
			seen[n++] = (struct seen_errno){ .file = str(line, "file"), .name = str(line, "errno"),
							 .line = num(line, "line"),
							 .constant_line = num(line, "constant_line") };
	for (int k = 0; k < b->visited->n && !b->gap; k++) {
		struct definition *d = b->visited->list[k];
		const char *why = d->function ? unaccounted(d->function, seen, n) : NULL;

		if (why)
			note_gap(b, format("%s (%s): %s", d->name, d->source->path, why));
	}
	free(seen);
}

void add_sites(json_t *to, const json_t *binding, struct definition *callback, const char **gap,
	       struct visited *visited)
{
	struct walk w = { .lines = to, .binding = binding, .op = str(binding, "op"),
			  .callback = str(binding, "callback"), .gap = *gap, .visited = visited };
	struct frame *fr = alloc(sizeof(*fr));

	*fr = (struct frame){ .f = function_of(callback), .op = w.op };
	visit(&w, fr);
	settle_account(&w);
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
	context.tested |= !strcmp(str(line, "status"), "bound") && tests_for(b.op, NULL);
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
				 required(argc, argv, "facts"), required(argc, argv, "api"),
				 required(argc, argv, "contract") };
	const char *cache = option(argc, argv, "cache", NULL), *out = required(argc, argv, "out");
	json_t *closure = read_json(inputs[0]), *v;
	const char *key = cache ? step_key("text", str(read_json(required(argc, argv, "scan")), "state"), inputs, 5) : NULL;
	size_t i;

	if (cache && recall_step(cache, key, &out, 1))
		return 0;
	signal(SIGALRM, give_up);
	alarm(TIME_LIMIT);
	load_api(inputs[3]);
	contract_read(inputs[4]);
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
