// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sites: in, a bound callback; out, one line for each site in each call context,
 * with guards, origins, messages and call path. The lines are those of the text
 * front end (follow/sites.c), found another way. Facts only: classify judges.
 */
#include "sparse.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CALL_DEPTH 16
#define MAX_CONTEXTS 2000
#define MAX_BLOCKS 20000

struct walk {
	json_t *lines, *sources;
	const json_t *binding;
	const char *op, *callback;
	const char *gap;		/* first thing that was left out */
	int contexts;
};

static void visit(struct walk *w, struct frame *fr, const char *hidden);

static void note_gap(struct walk *w, const char *why)
{
	if (!w->gap)
		w->gap = why;
}

static void add_guards(json_t *list, struct frame *fr, int block, struct position pos, int number, bool nearest)
{
	struct guard *g;
	int n = guards_of(fr->f, block, pos, &g);

	for (int i = 0; i < n; i++)
		if (g[i].enclosing || g[i].chosen || (!g[i].depth && nearest))
			json_array_append_new(list, guard_json(fr, &g[i], number));
	free(g);
}

static json_t *guards_json(struct frame *fr, const struct arrival *a)
{
	json_t *list = json_array();
	int number = 0;

	json_t *folded = folded_json(fr->f, a->pos);

	if (folded)
		json_array_append_new(list, folded);
	if (a->choice.choice)
		json_array_append_new(list, guard_json(fr, &a->choice, 0));
	if (a->exit.decision >= 0) {
		json_array_append_new(list, guard_json(fr, &a->exit, 0));
		add_guards(list, fr, a->block, terminator(fr->f, a->block)->pos, 0, false);
	} else {
		add_guards(list, fr, a->block, a->pos, 0, true);
	}
	for (struct frame *up = fr; up->caller; up = up->caller)
		add_guards(list, up->caller, block_of(up->call), up->call->pos, ++number, !json_array_size(list));
	return list;
}

static json_t *path_json(const struct frame *fr, int line)
{
	json_t *path = fr->caller ? path_json(fr->caller, start_of(fr->caller->f, fr->call->pos).line) : json_array();

	json_array_append_new(path, json_pack("{so so si}", "function", text(fr->f->name), "file", text(fr->f->file),
					      "line", line));
	return path;
}

static json_t *messages_json(const struct arrival *a)
{
	json_t *list = json_array();

	for (int i = 0; i < a->n_messages; i++) {
		struct position pos = a->messages[i];
		const char *name = name_at(path_of(pos), pos.line, column_of(pos));

		json_array_append_new(list, json_pack("{si ss so}", "line", pos.line, "level", message_level(name),
						      "call", text(name)));
	}
	if (a->carrier)
		json_array_append_new(list, json_pack("{si ss so}", "line", a->site.line, "level", "error", "call",
						      text(callee_name(a->carrier))));
	return list;
}

/* A constant's place is its name's, behind the sign. */
static int signs_before(const struct arrival *a)
{
	return a->value && !a->macro && a->site.line == a->pos.line && a->site.pos == a->pos.pos &&
	       !name_at(path_of(a->pos), a->pos.line, column_of(a->pos));
}

static json_t *add_site(struct walk *w, struct frame *fr, const struct arrival *a, const char *kind, const char *value,
			const char *hidden)
{
	json_t *site = json_pack("{ss ss ss so si si so so ss ss ss so so so so}",
		"k", "site", "engine", "sparse", "kind", kind, "file", text(fr->f->file), "line", a->site.line,
		"column", column_of(a->site) + 1 + signs_before(a), "function", text(fr->f->name), "callback", text(w->callback),
		"op", w->op, "fixed", str(w->binding, "fixed"), "hidden", hidden ? hidden : "", "errno", text(value),
		"guards", guards_json(fr, a), "messages", messages_json(a), "path", path_json(fr, a->site.line));

	if (!site)
		fatal("%s:%d: a site could not be stated: report this with the file", fr->f->file, a->site.line);
	json_array_append_new(w->lines, site);
	return site;
}

static bool on_stack(const struct frame *fr, const struct fn *f)
{
	for (; fr; fr = fr->caller)
		if (fr->f == f)
			return true;
	return false;
}

static void descend(struct walk *w, struct frame *fr, struct fn *f, struct instruction *call, bool indirect,
		    const char *hidden)
{
	struct frame inner = { .f = f, .caller = fr, .call = call, .indirect = indirect, .op = fr->op,
			       .depth = fr->depth + 1 };

	if (on_stack(fr, f))
		return;
	if (inner.depth > MAX_CALL_DEPTH) {
		note_gap(w, format("%s: calls nested more than %d deep", f->name, MAX_CALL_DEPTH));
		return;
	}
	visit(w, &inner, hidden);
}

static char *key_of(const struct frame *fr, int line)
{
	return format("%s:%d", fr->f->file, line);
}

/* The guard that decides on a constant, if there is one. */
static bool nearest_guard(struct frame *fr, const struct arrival *a, struct guard *out)
{
	struct guard *g;
	int n;

	if (a->choice.choice) {
		*out = a->choice;
		return true;
	}
	if (a->exit.decision >= 0) {
		*out = a->exit;
		return true;
	}
	n = guards_of(fr->f, a->block, a->pos, &g);
	if (n)
		*out = g[0];
	free(g);
	return n > 0;
}

/* The driver's helper whose errno this constant replaces. */
static void visit_masked(struct walk *w, struct frame *fr, const struct arrival *a)
{
	struct guard g;
	struct origin o;
	struct fn **own;
	int n;

	if (!nearest_guard(fr, a, &g))
		return;
	o = origin_of_guard(fr, &g);
	if (!(o.is & IS_ERRNO) || !o.call || !o.call->bb || o.call->bb->ep != fr->f->sym->ep)
		return;
	n = own_callees(fr->f, o.call, &own);
	for (int i = 0; i < n; i++)
		descend(w, fr, own[i], o.call, false, key_of(fr, a->site.line));
	free(own);
}

static int calls_logged_at(struct fn *f, struct position message)
{
	const struct flow *flow = flow_of(f);
	int n = 0;

	for (int i = 0; i < flow->n; i++)
		for (int k = 0; k < flow->arrivals[i].n_messages; k++)
			n += flow->arrivals[i].messages[k].line == message.line &&
			     flow->arrivals[i].messages[k].pos == message.pos;
	return n;
}

/* A helper's failure that its caller logs: a site at the call, or at the message where that serves several calls. */
static void add_logged_call(struct walk *w, struct frame *fr, const struct arrival *a, const char *hidden)
{
	for (int i = 0; i < a->n_messages; i++) {
		struct position message = a->messages[i];
		const char *level = message_level(name_at(path_of(message), message.line, column_of(message)));
		struct arrival site = *a;

		if (!level || (strcmp(level, "error") && strcmp(level, "warning")))
			continue;
		if (calls_logged_at(fr->f, message) > 1)
			site.site = message;
		json_object_set_new(add_site(w, fr, &site, "own-call",
					     format("propagated:%s", callee_name(a->call) ? callee_name(a->call) : "?"), hidden),
				    "call_line", json_integer(start_of(fr->f, a->call->pos).line));
		return;
	}
}

static const char *written_name(struct fn *f, const struct instruction *call)
{
	const char *name = callee_name(call);

	return name ? name : spell(f, call->func);
}

/* A helper of the driver whose body sparse could not make out is no other subsystem's function. */
static void note_unknown(struct walk *w, struct fn *f, const struct instruction *call)
{
	struct definition **found;
	struct symbol *sym = callee_symbol(call);

	if (sym && f->source && find_definitions(&program, f->source, name_of(sym), &found)) {
		note_gap(w, format("%s: its body could not be parsed", name_of(sym)));
		free(found);
	}
}

static void visit_call(struct walk *w, struct frame *fr, const struct arrival *a, const char *hidden)
{
	struct fn **own;
	int n = own_callees(fr->f, a->call, &own);
	json_t *site;

	if (n)
		add_logged_call(w, fr, a, hidden);
	for (int i = 0; i < n; i++)
		descend(w, fr, own[i], a->call, false, hidden);
	free(own);
	if (n)
		return;
	note_unknown(w, fr->f, a->call);
	site = add_site(w, fr, a, "call", format("propagated:%s", written_name(fr->f, a->call)), hidden);
	json_object_set_new(site, "arguments", arguments_json(fr, a->call));
	json_object_set_new(site, "stopped", stopped_json(fr, a));
	for (int i = 0; argument(a->call, i); i++) {
		struct fn *f = own_function(fr->f, argument(a->call, i));

		if (f)
			descend(w, fr, f, a->call, true, hidden);
	}
}

static struct arrival plain_arrival(const struct fn *f, struct instruction *insn)
{
	return (struct arrival){ .pos = insn->pos, .block = block_of(insn), .exit = { .decision = -1 },
				 .site = start_of(f, insn->pos) };
}

static bool arrives(const struct flow *flow, const struct instruction *call)
{
	for (int i = 0; i < flow->n; i++)
		if (flow->arrivals[i].call == call)
			return true;
	return false;
}

/* What becomes of a call's result: stored in *variable, used otherwise (true), or thrown away. */
static bool used(struct instruction *call, struct symbol **variable)
{
	struct pseudo_user *user;
	bool other = false;

	*variable = NULL;
	if (!call->target || call->target == VOID)
		return true;
	FOR_EACH_PTR(call->target->users, user) {
		struct instruction *insn = user->insn;

		if (!insn->bb)
			continue;
		if (insn->opcode == OP_STORE && insn->src->type == PSEUDO_SYM && is_local(insn->src->sym))
			*variable = insn->src->sym;
		else
			other = true;
	} END_FOR_EACH_PTR(user);
	return other;
}

/* (void)f(): said to be meant */
static bool meant(const struct instruction *call)
{
	return name_at(path_of(call->pos), call->pos.line, column_of(call->pos)) != NULL;
}

static void visit_lost(struct walk *w, struct frame *fr)
{
	const struct flow *flow = flow_of(fr->f);
	struct instruction *call;

	for (int b = 0; b < fr->f->n; b++)
		FOR_EACH_PTR(fr->f->bb[b]->insns, call) {
			struct symbol *variable;
			struct arrival a;
			struct fn **own;
			bool tested = false;
			const char *name, *key;
			int n;

			if (!call->bb || call->opcode != OP_CALL || !(name = callee_name(call)) || arrives(flow, call) ||
			    used(call, &variable) || meant(call) || !errno_call(fr, call))
				continue;
			if (variable ? !ends_in_success(fr->f, call, variable, &tested) : fails_anyway(fr->f, call))
				continue;
			if (variable && !api("errno_variable", name_of(variable)))
				continue;
			n = own_callees(fr->f, call, &own);
			if (n || variable || api("einval_without_domain", name)) {
				json_t *site;

				a = plain_arrival(fr->f, call);
				key = key_of(fr, a.site.line);
				site = add_site(w, fr, &a, tested ? "swallowed" : "dropped", "0", NULL);
				json_object_set_new(site, "callee", text(name));
				json_object_set_new(site, "own", json_boolean(n));
				json_object_set_new(site, "arguments", arguments_json(fr, call));
				json_object_set_new(site, "key", text(key));
				for (int k = 0; k < n; k++)
					descend(w, fr, own[k], call, false, key);
			}
			free(own);
		} END_FOR_EACH_PTR(call);
}

/* `return 0` in a branch of the callback: success, or a mismatch that nobody hears of */
static void visit_success(struct walk *w, struct frame *fr)
{
	struct fn *f = fr->f;
	struct instruction *insn;

	for (int b = 0; b < f->n; b++)
		FOR_EACH_PTR(f->bb[b]->insns, insn) {
			struct arrival a;
			int at;

			if (!insn->bb || insn->opcode != OP_PHISOURCE || !is_zero(insn->phi_src) || f->end < 0 ||
			    !insn->phi_node || insn->phi_node->bb != f->bb[f->end] ||
			    insn->phi_node->target != terminator(f, f->end)->src)
				continue;
			at = statement_at(f, insn->pos);
			if (at < 0 || f->statements[at].type != STMT_RETURN || !f->statements[at].scope)
				continue;
			a = plain_arrival(f, insn);
			add_site(w, fr, &a, "success", "0", NULL);
		} END_FOR_EACH_PTR(insn);
}

static bool exit_masks(struct frame *fr, const struct arrival *a)
{
	return a->exit.decision >= 0 && origin_of_guard(fr, &a->exit).is & IS_ERRNO;
}

static bool same_constant(const struct arrival *a, const struct arrival *b)
{
	return b->value == a->value && b->pos.line == a->pos.line && b->pos.pos == a->pos.pos;
}

/* Of the exits that a preset serves, those that mask a callee are sites of their own; if one is left, the site is the preset. */
static struct position place_of(struct frame *fr, const struct flow *flow, const struct arrival *a)
{
	int own = 0;

	if (a->exit.decision < 0 || exit_masks(fr, a))
		return a->site;
	for (int i = 0; i < flow->n; i++)
		own += same_constant(a, &flow->arrivals[i]) && !exit_masks(fr, &flow->arrivals[i]);
	return own == 1 ? a->pos : a->site;
}

/* Functions that were looked into, of all callbacks so far. */
static const struct fn **visited;
static int n_visited, cap_visited;

bool was_visited(const char *file, int line, int end)
{
	for (int i = 0; i < n_visited; i++)
		if (!strcmp(visited[i]->file, file) && visited[i]->line >= line && visited[i]->line <= end)
			return true;
	return false;
}

static void note_visit(const struct fn *f)
{
	for (int i = 0; i < n_visited; i++)
		if (visited[i] == f)
			return;
	push(visited, n_visited, cap_visited) = f;
}

static void note_source(struct walk *w, const char *file)
{
	json_t *v;
	size_t i;

	if (file[strlen(file) - 1] != 'c')
		return;
	json_array_foreach(w->sources, i, v)
		if (!strcmp(json_string_value(v), file))
			return;
	json_array_append_new(w->sources, json_string(file));
}

static void visit(struct walk *w, struct frame *fr, const char *hidden)
{
	const struct flow *flow;

	if (++w->contexts > MAX_CONTEXTS) {
		note_gap(w, format("%s: more than %d call contexts", w->callback, MAX_CONTEXTS));
		return;
	}
	if (fr->f->n > MAX_BLOCKS) {
		note_gap(w, format("%s: has too many branches", fr->f->name));
		return;
	}
	flow = flow_of(fr->f);
	note_source(w, fr->f->file);
	note_visit(fr->f);
	if (fr->f->end < 0)
		note_gap(w, format("%s (%s): does not return", fr->f->name, fr->f->file));
	for (int i = 0; i < flow->n; i++) {
		struct arrival a = flow->arrivals[i];
		json_t *site;

		if (a.macro) {
			site = add_site(w, fr, &a, "call", format("propagated:%s", a.macro), hidden);
			json_object_set_new(site, "value", text(errno_name(fr->f, a.value, (struct position){ 0 })));
			continue;
		}
		if (!a.value) {
			visit_call(w, fr, &a, hidden);
			continue;
		}
		a.site = place_of(fr, flow, &a);
		site = add_site(w, fr, &a, "constant", errno_name(fr->f, a.value, a.pos), hidden);
		json_object_set_new(site, "raw", json_boolean(number_at(path_of(a.pos), a.pos.line, column_of(a.pos))));
		json_object_set_new(site, "key", text(key_of(fr, a.site.line)));
		json_object_set_new(site, "constant_line", json_integer(a.pos.line));
		if (!hidden)
			visit_masked(w, fr, &a);
	}
	if (!hidden) {
		visit_lost(w, fr);
		if (!fr->caller)
			visit_success(w, fr);
	}
}

void add_sites(json_t *lines, const json_t *binding, struct symbol *callback, const char **status,
	       const char **why, json_t *sources)
{
	struct walk w = { .lines = lines, .sources = sources, .binding = binding, .op = str(binding, "op"),
			  .callback = str(binding, "callback") };
	struct frame fr = { .f = fn_of(callback), .op = str(binding, "op") };

	if (!fr.f) {
		*status = "not-analysed";
		*why = format("the definition of %s was not found", w.callback);
		return;
	}
	visit(&w, &fr, NULL);
	*status = w.gap ? "partial" : "analysed";
	*why = w.gap ? w.gap : "";
}
