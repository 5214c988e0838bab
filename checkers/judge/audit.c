// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step classify: in, what the engines state, the contract and the engines' state;
 * out, audit.json. Classifies and judges each line, merges the contexts and
 * engines that speak of one site, and lists findings, coverage and drivers.
 */
#include "audit.h"

#include <stdlib.h>
#include <string.h>

#ifndef VERSION
#define VERSION "unknown"
#endif

struct line {
	json_t *json;
	struct reading reading;
	struct judgement judgement;
};

static struct line *lines;
static int n_lines, cap_lines;
static json_t *coverage;

struct site {
	struct line **lines;		/* best first */
	int n, cap;
	struct line *best;
	enum class class;
	enum verdict verdict;
	enum confidence confidence;
	const char *id;
	struct line *path;		/* of engine clang: a way that leads there, or NULL */
	const char *dispute;		/* what the paths say against it, or NULL */
};

static struct site *sites;
static int n_sites, cap_sites;

static const char *const confidence_names[] = { "low", "medium", "high" };

static void add_line(json_t *json, void *data)
{
	struct line l = { .json = json_incref(json) };

	(void)data;
	if (!strcmp(str(json, "k"), "coverage"))
		json_array_append(coverage, json);
	else if (!take_pair_line(l.json))
		push(lines, n_lines, cap_lines) = l;
}

static bool same_engine(const json_t *a, const json_t *b)
{
	return !strcmp(str(a, "engine"), str(b, "engine"));
}

/* Seen by one engine on the way from one callback. */
static bool same_callback(const json_t *a, const json_t *b)
{
	return same_engine(a, b) && !strcmp(str(a, "callback"), str(b, "callback")) &&
	       !strcmp(str(a, "op"), str(b, "op"));
}

/* Returned softly today, or certainly to be. */
static bool sure_misfit(const struct line *l)
{
	return !l->reading.warn && l->reading.confidence != LOW &&
	       (!strcmp(str(l->json, "errno"), soft_errno(str(l->json, "op"))) ||
		strcmp(str(l->json, "errno"), "ENOMEM"));
}

/* What the helper that this line masks or drops would have returned. */
static struct hidden hidden_by(const struct line *l)
{
	struct hidden h = { 0 };
	const char *key = str(l->json, "key");

	for (int i = 0; *key && i < n_lines; i++) {
		const struct line *o = &lines[i];
		const char *e;
		bool known = false;

		if (strcmp(str(o->json, "hidden"), key) || !same_callback(o->json, l->json))
			continue;
		if (!strcmp(str(o->json, "kind"), "call")) {
			h.foreign = true;
			continue;
		}
		if (strcmp(str(o->json, "kind"), "constant"))
			continue;
		h.misfit |= o->reading.class == INCOMPATIBLE && o->reading.confidence == HIGH && sure_misfit(o);
		h.logged |= o->reading.class == INCOMPATIBLE && sure_misfit(o) && has_message(o->json);
		e = o->reading.class == MASKED || !o->judgement.n_expected ? str(o->json, "errno") :
		    o->judgement.expected[0];
		for (int k = 0; k < h.n; k++)
			known |= !strcmp(h.errnos[k], e);
		if (!known && h.n < (int)(sizeof(h.errnos) / sizeof(*h.errnos)))
			h.errnos[h.n++] = e;
	}
	return h;
}

static bool passes(const json_t *line, const json_t *call)
{
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(line, "path"), i, step)
		if (i + 1 < json_array_size(json_object_get(line, "path")) &&
		    num(step, "line") == num(call, "call_line") && !strcmp(str(step, "function"), str(call, "function")) &&
		    !strcmp(str(step, "file"), str(call, "file")))
			return true;
	return false;
}

/* Is that failure one of those for which the call's message is printed? All are, where nobody says which. */
static bool logged_by(const json_t *line, const json_t *call)
{
	const json_t *logs = json_object_get(call, "logs");
	json_t *key;
	size_t i;

	json_array_foreach(logs, i, key)
		if (!strcmp(json_string_value(key), str(line, "key")))
			return true;
	return !logs;
}

/* Can the helper called on this line fail because domain and device do not fit, with that message? */
static bool fails_softly(const struct line *call)
{
	for (int i = 0; i < n_lines; i++) {
		const struct line *l = &lines[i];

		if (l->reading.class == INCOMPATIBLE && !*str(l->json, "hidden") &&
		    !strcmp(str(l->json, "kind"), "constant") && sure_misfit(l) && same_callback(l->json, call->json) &&
		    passes(l->json, call->json) && logged_by(l->json, call->json))
			return true;
	}
	return false;
}

/* The last name of an expression: "mode" of a->b.mode, "f" of f(x); constants as they are written. */
static const char *last_name(const json_t *operand)
{
	const char *s = str(operand, "text"), *end = s + strcspn(s, "("), *p;

	if (!strcmp(str(operand, "form"), "call"))
		return copy_bytes(s, end - s);
	if (strcmp(str(operand, "form"), "field"))
		return !strcmp(str(operand, "form"), "name") ? "" : s;
	for (p = s + strlen(s); p > s && p[-1] != '>' && p[-1] != '.'; p--)
		;
	return p;
}

static const char *origins_text(const json_t *operand)
{
	const char *out = "";
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(operand, "origins"), i, v)
		if (strncmp(json_string_value(v), "CALL(", 5))
			out = format("%s+%s", out, json_string_value(v));
	return out;
}

/*
 * A guard by its operands and comparison: the same text for twins, whatever the variables are called and
 * however the function is.
 */
static const char *twin_key(const struct line *l)
{
	const json_t *atoms, *atom, *operand;
	const char *key = str(l->json, "driver");
	size_t i, k, m;

	json_array_foreach(json_object_get(l->reading.guard, "alternatives"), i, atoms) {
		key = format("%s|", key);
		json_array_foreach(atoms, k, atom) {
			key = format("%s&%s", key, str(atom, "op"));
			json_array_foreach(json_object_get(atom, "operands"), m, operand)
				key = format("%s,%s%s", key, last_name(operand), origins_text(operand));
		}
	}
	return key;
}

struct twin {
	const char *key;
	struct line *line;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct twin *)a)->key, ((const struct twin *)b)->key);
}

/*
 * The same guard has the same class in every callback of a driver. Where one of them only asks because of the
 * kind of domain, each says of the other why it differs; a state that one of them calls busy is so in all.
 */
static void agree(struct twin *list, int n)
{
	const struct line *chosen = NULL, *other = NULL, *knows = NULL;

	for (int i = 0; i < n; i++) {
		const struct reading *r = &list[i].line->reading;

		if (r->refined)
			chosen = list[i].line;
		else if (r->class == HARD)
			other = list[i].line;
		if (r->class == BUSY && r->direct)
			knows = list[i].line;
	}
	for (int i = 0; i < n; i++) {
		struct reading *r = &list[i].line->reading;

		if (knows && r->class == HARD && r->direct) {
			r->class = BUSY;
			r->arguable = true;
			r->why = format("%s, as the same test in %s() says", r->why, str(knows->json, "function"));
		} else if (chosen && other && r->refined) {
			r->why = format("%s; in %s(), where no kind of domain asks for it, the same is hard", r->why,
					str(other->json, "function"));
		} else if (chosen && other && r->class == HARD) {
			r->why = format("%s; in %s(), where only one kind of domain asks for it, the same is a misfit", r->why,
					str(chosen->json, "function"));
		}
	}
}

static void agree_twins(void)
{
	struct twin *list = alloc((n_lines + 1) * sizeof(*list));
	int n = 0;

	for (int i = 0; i < n_lines; i++)
		if (!strcmp(str(lines[i].json, "kind"), "constant") && lines[i].reading.guard)
			list[n++] = (struct twin){ twin_key(&lines[i]), &lines[i] };
	if (n)
		qsort(list, n, sizeof(*list), by_key);
	for (int from = 0, to; from < n; from = to) {
		for (to = from; to < n && !strcmp(list[to].key, list[from].key); to++)
			;
		agree(&list[from], to - from);
	}
	free(list);
}

static void judge_lines(void)
{
	for (int i = 0; i < n_lines; i++)
		lines[i].reading = classify(lines[i].json);
	agree_twins();
	for (int pass = 0; pass < 2; pass++)	/* hidden ones first: what hides them looks at them */
		for (int i = 0; i < n_lines; i++) {
			struct line *l = &lines[i];
			struct hidden h = { 0 };

			if ((*str(l->json, "hidden") == 0) != pass || l->reading.class == NO_SITE)
				continue;
			if (!strcmp(str(l->json, "kind"), "own-call") && !fails_softly(l)) {
				l->reading.class = NO_SITE;
				continue;
			}
			if (pass)
				h = hidden_by(l);
			l->judgement = judge(l->json, &l->reading, &h);
		}
}

/*
 * Engine clang walks paths: it confirms and shows what other engines state, and does not vote. Where no
 * other engine has seen a callback its lines are read like theirs.
 */
static bool walks(const json_t *line)
{
	return !strcmp(str(line, "engine"), "clang");
}

static bool other_engines(void)
{
	const json_t *row;
	size_t i;

	json_array_foreach(coverage, i, row)
		if (!walks(row))
			return true;
	return false;
}

static bool seen_otherwise(const json_t *line)
{
	const json_t *row;
	size_t i;

	json_array_foreach(coverage, i, row)
		if (!walks(row) && strcmp(str(row, "status"), "not-analysed") && !strcmp(str(row, "op"), str(line, "op")) &&
		    !strcmp(str(row, "callback"), str(line, "callback")) && !strcmp(str(row, "driver"), str(line, "driver")))
			return true;
	return false;
}

static bool same_site(const json_t *a, const json_t *b)
{
	/* engines need not agree on the column: SmPL places a return, sparse the value */
	return num(a, "line") == num(b, "line") &&
	       (num(a, "column") == num(b, "column") || !same_engine(a, b)) &&
	       !strcmp(str(a, "file"), str(b, "file")) && !strcmp(str(a, "function"), str(b, "function")) &&
	       (!strcmp(str(a, "errno"), str(b, "errno")) ||
		(!strcmp(str(a, "kind"), "own-call") && !strcmp(str(b, "kind"), "own-call")));
}

/* By engine; by operation, short call paths before long ones, then by name. */
static int best_first(const void *a, const void *b)
{
	const json_t *x = (*(struct line *const *)a)->json, *y = (*(struct line *const *)b)->json;
	int c = strcmp(str(x, "engine"), str(y, "engine"));

	if (!c)
		c = strcmp(str(x, "op"), str(y, "op"));
	if (!c)
		c = (*(struct line *const *)b)->reading.direct - (*(struct line *const *)a)->reading.direct;
	if (!c)
		c = (int)json_array_size(json_object_get(x, "path")) - (int)json_array_size(json_object_get(y, "path"));
	if (!c)
		c = strcmp(str(x, "callback"), str(y, "callback"));
	if (!c) {
		char *s = json_dumps(x, JSON_COMPACT | JSON_SORT_KEYS), *t = json_dumps(y, JSON_COMPACT | JSON_SORT_KEYS);

		c = strcmp(s ? s : "", t ? t : "");
		free(s);
		free(t);
	}
	return c;
}

/*
 * The class by the lines [from, to) of one engine: contexts of the first line's
 * operation vote. Sets best to the first line of that class, agree when all are.
 */
static enum class vote(const struct site *s, int from, int to, struct line **best, bool *agree)
{
	int votes[NO_SITE + 1] = { 0 }, counted = 0;
	const char *op = str(s->lines[from]->json, "op");
	enum class class = s->lines[from]->reading.class;

	for (int i = from; i < to; i++)
		if (!strcmp(str(s->lines[i]->json, "op"), op)) {
			votes[s->lines[i]->reading.class]++;
			counted++;
		}
	for (int c = 0; c < NO_SITE; c++)
		if (votes[c] > votes[class])
			class = c;
	for (int i = to - 1; i >= from; i--)
		if (s->lines[i]->reading.class == class && !strcmp(str(s->lines[i]->json, "op"), op))
			*best = s->lines[i];
	*agree = votes[class] == counted;
	return class;
}

/*
 * Where contexts or engines do not agree on the class, confidence is low, and
 * nothing is demanded unless all of them demand it. Engines that agree are sure.
 */
static void settle(struct site *s)
{
	bool agree = true, engines_agree = true, demanded = true;
	int engines = 0;

	qsort(s->lines, s->n, sizeof(*s->lines), best_first);
	for (int from = 0, to; from < s->n; from = to) {
		struct line *best = s->lines[from];
		enum class class;
		bool a;

		for (to = from; to < s->n && same_engine(s->lines[to]->json, s->lines[from]->json); to++)
			;
		class = vote(s, from, to, &best, &a);
		if (!engines++) {
			s->class = class;
			s->best = best;
			agree = a;
		}
		engines_agree &= class == s->class;
	}
	s->verdict = s->best->judgement.verdict;
	for (int i = 0; i < s->n; i++)
		if (!strcmp(str(s->lines[i]->json, "op"), str(s->best->json, "op")))
			demanded &= s->lines[i]->judgement.verdict == CHANGE;
	s->confidence = !agree || !engines_agree ? LOW : engines > 1 ? HIGH : s->best->reading.confidence;
	if ((!agree || !engines_agree) && !demanded && s->verdict == CHANGE)
		s->verdict = REVIEW;
	if (walks(s->best->json) && other_engines() && s->verdict == CHANGE)
		s->verdict = REVIEW;
}

/* Does this path lead to that site? Of a preset: to where it is left, anywhere in that branch, or to the constant. */
static bool leads_to(const json_t *path, const json_t *site)
{
	int line = num(site, "line"), branch = num(json_array_get(json_object_get(path, "guards"), 0), "line");

	return (num(path, "line") == line || (branch < line && line <= num(path, "exit_line")) ||
		num(path, "constant_line") == line) &&
	       !strcmp(str(path, "file"), str(site, "file")) && !strcmp(str(path, "function"), str(site, "function")) &&
	       !strcmp(str(path, "op"), str(site, "op")) && !strcmp(str(path, "driver"), str(site, "driver")) &&
	       !strcmp(str(path, "kind"), "own-call") == !strcmp(str(site, "kind"), "own-call");
}

static int by_path(const struct line *a, const struct line *b, const struct site *s)
{
	const char *callback = str(s->best->json, "callback");
	int c = !strcmp(str(b->json, "callback"), callback) - !strcmp(str(a->json, "callback"), callback);

	if (!c)
		c = (int)json_array_size(json_object_get(a->json, "steps")) -
		    (int)json_array_size(json_object_get(b->json, "steps"));
	return c ? c : strcmp(str(a->json, "callback"), str(b->json, "callback"));
}

/* The callbacks of a site whose paths were all followed, or were not: is there one, are there others? */
static void walked(const struct site *s, bool *all, bool *some)
{
	const json_t *row;
	size_t i;

	*all = *some = false;
	json_array_foreach(coverage, i, row)
		if (walks(row) && !strcmp(str(row, "op"), str(s->best->json, "op")) &&
		    !strcmp(str(row, "driver"), str(s->best->json, "driver")) &&
		    !strcmp(str(row, "callback"), str(s->best->json, "callback"))) {
			*all |= !strcmp(str(row, "status"), "analysed");
			*some |= strcmp(str(row, "status"), "analysed") != 0;
		}
}

/* A path that leads to a site raises its confidence; one that contradicts it is shown, and acquits nobody. */
static void confirm(struct site *s)
{
	const json_t *best = s->best->json;
	const char *differs = NULL;
	bool agrees = false, all, some;

	if (walks(best)) {
		s->path = s->best;
		return;
	}
	for (int i = 0; i < n_lines; i++) {
		struct line *l = &lines[i];

		if (!walks(l->json) || !leads_to(l->json, best))
			continue;
		if (strcmp(str(l->json, "errno"), str(best, "errno")) && strcmp(str(best, "kind"), "own-call")) {
			if (!strcmp(str(l->json, "kind"), "constant") && !strcmp(str(best, "kind"), "constant"))
				differs = str(l->json, "errno");
			continue;
		}
		agrees |= l->reading.class == s->class;
		if (!s->path || by_path(l, s->path, s) < 0)
			s->path = l;
	}
	if (s->path && agrees && s->confidence == MEDIUM)
		s->confidence = HIGH;
	walked(s, &all, &some);
	if (!s->path && differs)
		s->dispute = format("a path returns -%s there", differs);
	else if (!s->path && all && !some)
		s->dispute = "all paths of this configuration were followed, and none leads there";
	else if (s->path && all && !some && s->best->judgement.print && !s->best->reading.warn &&
		 !json_array_size(json_object_get(s->path->json, "messages")) && strcmp(str(best, "kind"), "own-call"))
		s->dispute = "not every path to it logs a message";
}

static int by_place(const void *a, const void *b)
{
	const json_t *x = ((const struct site *)a)->best->json, *y = ((const struct site *)b)->best->json;
	int c = strcmp(str(x, "file"), str(y, "file"));

	if (!c)
		c = num(x, "line") - num(y, "line");
	if (!c)
		c = num(x, "column") - num(y, "column");
	return c ? c : strcmp(str(x, "errno"), str(y, "errno"));
}

static void merge(void)
{
	for (int i = 0; i < n_lines; i++) {
		struct line *l = &lines[i];
		struct site *s = NULL;

		if (l->reading.class == NO_SITE || *str(l->json, "hidden") || (walks(l->json) && seen_otherwise(l->json)))
			continue;
		for (int k = 0; k < n_sites && !s; k++)
			if (same_site(sites[k].lines[0]->json, l->json))
				s = &sites[k];
		if (!s) {
			s = &push(sites, n_sites, cap_sites);
			*s = (struct site){ 0 };
		}
		push(s->lines, s->n, s->cap) = l;
	}
	for (int i = 0; i < n_sites; i++) {
		settle(&sites[i]);
		confirm(&sites[i]);
	}
	if (n_sites)
		qsort(sites, n_sites, sizeof(*sites), by_place);
}

/* Identity without line numbers: path, function, errno, nearest guard, and the how-manieth of these. */
static void name_sites(void)
{
	for (int i = 0; i < n_sites; i++) {
		const json_t *j = sites[i].best->json, *guard = json_array_get(json_object_get(j, "guards"), 0);
		const char *condition = str(guard, "text");
		char *stem = format("%s:%s:%s:%08x", str(j, "file"), str(j, "function"), str(j, "errno"),
				    (unsigned int)hash_bytes(0, condition, strlen(condition)));
		int ordinal = 1;

		for (int k = 0; k < i; k++)
			ordinal += !strncmp(sites[k].id, stem, strlen(stem)) && sites[k].id[strlen(stem)] == ':';
		sites[i].id = format("%s:%d", stem, ordinal);
	}
}

static json_t *guards_out(const json_t *line)
{
	json_t *out = json_array(), *guard, *atoms, *atom, *operand;
	size_t i, j, k, m;

	json_array_foreach(json_object_get(line, "guards"), i, guard) {
		json_t *operands = json_array(), *g;

		json_array_foreach(json_object_get(guard, "alternatives"), j, atoms)
			json_array_foreach(atoms, k, atom)
				json_array_foreach(json_object_get(atom, "operands"), m, operand) {
					json_t *o, *have;
					size_t n;
					bool known = false;

					json_array_foreach(operands, n, have)
						known |= !strcmp(str(have, "text"), str(operand, "text"));
					if (known)
						continue;
					o = json_pack("{sO sO}", "text", json_object_get(operand, "text"),
						      "origins", json_object_get(operand, "origins"));
					json_array_append_new(operands, o);
				}
		g = json_pack("{sO sO so}", "text", json_object_get(guard, "text"),
			      "line", json_object_get(guard, "line"), "operands", operands);
		if (strcmp(str(guard, "file"), str(line, "file")))
			json_object_set(g, "file", json_object_get(guard, "file"));
		json_array_append_new(out, g);
	}
	return out;
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once. */
static json_t *string_set(const char **list, int n)
{
	json_t *out = json_array();

	if (n)
		qsort(list, n, sizeof(*list), by_string);
	for (int i = 0; i < n; i++)
		if (!i || strcmp(list[i], list[i - 1]))
			json_array_append_new(out, json_string(list[i]));
	return out;
}

/* Of all lines; of engine clang's own only where it says so itself. */
static json_t *values_of(const struct site *s, const char *key)
{
	const char **list = alloc((s->n + 1) * sizeof(*list));
	json_t *out;

	for (int i = 0; i < s->n; i++)
		list[i] = str(s->lines[i]->json, key);
	list[s->n] = str((s->path ? s->path : s->best)->json, key);
	out = string_set(list, s->n + 1);
	free(list);
	return out;
}

/* What other subsystems hand on at this site: its own callee, or what the driver's helper that it hides calls. */
static json_t *foreign_json(const struct site *s)
{
	const json_t *l = s->best->json;
	const char *callee = s->class == MASKED ? str(s->best->reading.operand, "callee") : str(l, "callee"), *key = str(l, "key");
	json_t *list = json_array(), *path = json_object_get(l, "path");

	if (!strncmp(str(l, "errno"), "propagated:", 11))
		callee = str(l, "errno") + 11;
	add_foreign(list, foreign_at(str(l, "file"), num(l, "line"), callee), NULL, 0);
	for (int i = 0; i < n_lines && *key && (s->class == MASKED || s->class == SILENT_SUCCESS); i++) {
		const json_t *h = lines[i].json;

		if (!strcmp(str(h, "hidden"), key) && !strcmp(str(h, "kind"), "call") && same_callback(h, l) &&
		    strchr(str(h, "errno"), ':'))
			add_foreign(list, foreign_at(str(h, "file"), num(h, "line"), strchr(str(h, "errno"), ':') + 1),
				    json_object_get(h, "path"), json_array_size(path));
	}
	return list;
}

static json_t *site_json(const struct site *s)
{
	const struct judgement *j = &s->best->judgement;
	json_t *l = s->best->json, *expected = json_array(), *foreign = foreign_json(s), *out;

	for (int i = 0; i < j->n_expected; i++)
		json_array_append_new(expected, json_string(j->expected[i]));
	out = json_pack("{ss sO sO sO sO sO so sO sO ss so ss ss sb sb sO si so sO so ss sO* ss*}",
		"id", s->id, "file", json_object_get(l, "file"), "line", json_object_get(l, "line"),
		"column", json_object_get(l, "column"), "function", json_object_get(l, "function"),
		"op", json_object_get(l, "op"), "callbacks", values_of(s, "callback"),
		"driver", json_object_get(l, "driver"), "errno", json_object_get(l, "errno"),
		"class", class_names[s->class], "expected", expected, "verdict", verdict_names[s->verdict],
		"confidence", confidence_names[s->confidence], "print", j->print,
		"remove_print", s->verdict == CHANGE && j->remove_print,
		"messages", json_object_get(l, "messages"), "constant_line", num(l, "constant_line"),
		"guards", guards_out(l),
		"path", json_object_get(l, "path"), "engines", values_of(s, "engine"), "why", j->why,
		"steps", s->path ? json_object_get(s->path->json, "steps") : NULL, "dispute", s->dispute);
	if (json_array_size(foreign))
		json_object_set(out, "foreign", foreign);
	json_decref(foreign);
	return out;
}

static const char *errno_text(const char *e)
{
	return strncmp(e, "propagated:", 11) ? format("%s%s", strcmp(e, "0") ? "-" : "", e) :
	       format("the errno of %s", e + 11);
}

static const char *message_text(const struct site *s, const char *rule)
{
	const json_t *l = s->best->json;
	const char *e = errno_text(str(l, "errno"));

	if (!strcmp(rule, "soft-failure-logged"))
		return "a misfit of domain and device is logged; another domain may fit";
	if (s->class == INCOMPATIBLE)
		return format("domain and device do not fit, but %s is returned", e);
	if (s->class == HARD && !strcmp(str(l, "errno"), "EPROBE_DEFER"))
		return "-EPROBE_DEFER is returned: only a probe is tried again, other callers take it for a hard failure";
	if (s->class == HARD)
		return format("a device or IOMMU failure is returned as %s", e);
	if (s->class == NOMEM || s->class == NOSPACE)
		return format("%s is returned as %s", s->class == NOMEM ? "a failed allocation" : "an exhausted resource", e);
	if (s->class == BUSY)
		return format("a device that is in use is returned as %s", e);
	if (s->class == MASKED)
		return format("%s replaces the errno of %s", e, str(s->best->reading.operand, "callee"));
	if (s->class == PROPAGATED)
		return s->best->judgement.why;
	return s->best->reading.why;
}

/* The message that should go: "dev_err() at line 12", or NULL. */
static const char *unwanted_message(const json_t *line)
{
	const json_t *m;
	size_t i;

	json_array_foreach(json_object_get(line, "messages"), i, m)
		if (!strcmp(str(m, "level"), "error") || !strcmp(str(m, "level"), "warning"))
			return format("%s() at line %d", str(m, "call"), num(m, "line"));
	return NULL;
}

/* Returning a helper's errno is right once that is: say what it should be, and what else an edit must do. */
static const char *propagate_text(const struct site *s)
{
	const struct judgement *j = &s->best->judgement;
	const char *e = str(s->best->json, "errno"), *wanted = "";

	for (int i = 1; i < j->n_expected; i++)
		if (strcmp(j->expected[i], e) && strcmp(j->expected[i], "propagate"))
			wanted = format("%s%s-%s", wanted, *wanted ? " or " : "", j->expected[i]);
	return format("return the errno of %s%s%s%s", s->class == MASKED ?
		      str(s->best->reading.operand, "callee") : str(s->best->json, "callee"),
		      *wanted ? ", which should be " : "", wanted,
		      s->class == SILENT_SUCCESS ? ", after undoing what was done before the call" : "");
}

static const char *rewrite_text(const struct site *s)
{
	const json_t *l = s->best->json;
	const char *want = s->best->judgement.n_expected ? s->best->judgement.expected[0] : "", *edit = NULL;
	const char *message = s->best->judgement.remove_print ? unwanted_message(l) : NULL;

	if (!strcmp(want, "propagate"))
		edit = propagate_text(s);
	else if (strcmp(want, "keep") && *want && strcmp(want, str(l, "errno")))
		edit = format("return %s instead of %s", errno_text(want), errno_text(str(l, "errno")));
	if (message)
		edit = format("%s%sremove the %s, or make it a debug message", edit ? edit : "", edit ? "; " : "",
			      message);
	return edit;
}

/* What engines or contexts do not agree on is shown and fails no gate. */
static const char *severity_of(const struct site *s)
{
	return s->verdict != CHANGE ? "note" : s->confidence == LOW ? "warning" : "error";
}

/* What else the edit of a helper changes: the operations besides attaching that come to it. */
static const char *others_text(const struct site *s)
{
	const json_t *others = json_object_get(s->best->json, "others"), *other;
	const char *text = "";
	size_t i;

	if (!strcmp(str(s->best->json, "kind"), "constant"))
		json_array_foreach(others, i, other)
			text = format("%s%s%s (%s)", text, !i ? "" : ", ", str(other, "op"), str(other, "function"));
	return *text ? format("; %s() serves %s as well", str(s->best->json, "function"), text) : "";
}

/* Does the line speak of what the site returns: is it one of its contexts, or of what it masks? */
static bool speaks_of(const struct line *l, const struct site *s)
{
	const char *hidden = str(l->json, "hidden");

	for (int i = 0; i < s->n; i++)
		if (s->lines[i] == l || (s->class == MASKED && *hidden && !strcmp(hidden, str(s->lines[i]->json, "key")) &&
					 same_callback(l->json, s->lines[i]->json)))
			return true;
	return false;
}

/* A refusal that the test of the same table does not make first; one a site. */
static void add_untested(json_t *findings, const struct site *s)
{
	for (int i = 0; i < n_lines; i++) {
		const struct reading *r = &lines[i].reading;
		const char *why = speaks_of(&lines[i], s) ? untested(coverage, lines[i].json, r) : NULL;
		const char *what = r->class == INCOMPATIBLE ? "a misfit of domain and device" :
				   r->class == BUSY ? "a device that is in use" : "a failure of the device or IOMMU";
		bool sure = r->confidence != LOW && !r->warn && !r->arguable && has_last_word(str(lines[i].json, "op"));

		if (!why)
			continue;
		json_array_append_new(findings, json_pack("{ss ss ss ss so sn ss}",
			"id", format("misfit-not-tested:%s", s->id), "rule", "misfit-not-tested",
			"severity", sure ? "error" : "note", "site", s->id,
			"message", text(format("%s can still fail for %s: %s", str(lines[i].json, "op"), what, why)),
			"rewrite", "baseline", "new"));
		return;
	}
}

static json_t *findings_json(void)
{
	json_t *out = json_array();

	for (int i = 0; i < n_sites; i++) {
		const char *rule = sites[i].best->judgement.rule;

		if (rule)
			json_array_append_new(out, json_pack("{ss ss ss ss ss ss? ss}",
				"id", format("%s:%s", rule, sites[i].id), "rule", rule,
				"severity", severity_of(&sites[i]),
				"site", sites[i].id, "message",
				format("%s%s", message_text(&sites[i], rule), others_text(&sites[i])),
				"rewrite", rewrite_text(&sites[i]), "baseline", "new"));
		add_untested(out, &sites[i]);
	}
	add_changes(out);
	return out;
}

/* Counts ERRNO under CLASS. */
static void count(json_t *errnos, const char *class, const char *e)
{
	json_t *of_class = json_object_get(errnos, class);

	if (!of_class) {
		of_class = json_object();
		json_object_set_new(errnos, class, of_class);
	}
	json_object_set_new(of_class, e, json_integer(num(of_class, e) + 1));
}

/*
 * What a mixed driver's errnos mix: one errno for misfits and hard failures, or several errnos for misfits.
 * Only what is sure counts.
 */
struct mixture {
	const char *why;		/* NULL: the driver is not mixed */
	const struct site **list;	/* of both sides, in the order of the source */
	int n, cap;
};

static bool counts(const struct site *s, const char *driver, enum class class)
{
	const json_t *l = s->best->json;

	return s->class == class && !strcmp(str(l, "driver"), driver) && has_last_word(str(l, "op")) &&
	       s->confidence != LOW && (s->verdict != REVIEW || (class == INCOMPATIBLE && s->best->reading.warn)) &&
	       !strcmp(str(l, "kind"), "constant");
}

static bool returns(const struct site *s, const char *e)
{
	return !strcmp(str(s->best->json, "errno"), e);
}

/* All sites of these classes that return E; any errno where that is NULL. */
static void gather(struct mixture *m, const char *driver, const char *e, bool hard)
{
	for (int i = 0; i < n_sites; i++)
		if ((counts(&sites[i], driver, INCOMPATIBLE) || (hard && counts(&sites[i], driver, HARD))) &&
		    (!e || returns(&sites[i], e)))
			push(m->list, m->n, m->cap) = &sites[i];
}

static struct mixture mixture_of(const char *driver)
{
	struct mixture m = { 0 };
	const char *misfit = NULL;

	for (int i = 0; i < n_sites; i++) {
		const char *e = str(sites[i].best->json, "errno");

		if (!counts(&sites[i], driver, INCOMPATIBLE))
			continue;
		if (misfit && strcmp(misfit, e)) {
			m.why = format("misfits of domain and device are returned as -%s and as -%s", misfit, e);
			gather(&m, driver, NULL, false);
			return m;
		}
		misfit = e;
		for (int k = 0; k < n_sites; k++)
			if (counts(&sites[k], driver, HARD) && returns(&sites[k], e)) {
				m.why = format("-%s means both a misfit and a failure of the device or IOMMU", e);
				gather(&m, driver, e, true);
				return m;
			}
	}
	return m;
}

/* Is the errno wrong? A message alone does not mix. */
static bool offends(const struct site *s)
{
	const char *rule = s->best->judgement.rule;

	return s->verdict == CHANGE && rule && strcmp(rule, "soft-failure-logged");
}

/* One line that is reported as an error itself is all that mixes: it is not reported a second time as one. */
static const struct site *only_offence(const struct mixture *m)
{
	const struct site *one = NULL;

	for (int i = 0; i < m->n; i++) {
		if (!offends(m->list[i]))
			continue;
		if (one)
			return NULL;
		one = m->list[i];
	}
	return one;
}

static json_t *mixed_finding(const char *driver, const struct mixture *m)
{
	const struct site *at = m->list[0];
	json_t *lines = json_array();

	for (int i = m->n - 1; i >= 0; i--)
		if (offends(m->list[i]))
			at = m->list[i];
	for (int i = 0; i < m->n; i++) {
		const json_t *l = m->list[i]->best->json;

		json_array_append_new(lines, json_pack("{sO sO sO sO ss}", "file", json_object_get(l, "file"),
			"line", json_object_get(l, "line"), "function", json_object_get(l, "function"),
			"errno", json_object_get(l, "errno"), "class", class_names[m->list[i]->class]));
	}
	return json_pack("{ss ss ss ss ss sn ss sO sO sO so}",
		"id", format("mixed-driver:%s", driver), "rule", "mixed-driver",
		"severity", only_offence(m) ? "note" : "error",
		"site", driver, "message", m->why, "rewrite", "baseline", "new",
		"file", json_object_get(at->best->json, "file"), "line", json_object_get(at->best->json, "line"),
		"function", json_object_get(at->best->json, "function"), "lines", lines);
}

static json_t *drivers_json(json_t *findings)
{
	const char **names = NULL;
	int n = 0, cap = 0;
	json_t *out = json_array(), *sorted, *row;
	size_t i, k;

	json_array_foreach(coverage, i, row)
		push(names, n, cap) = str(row, "driver");
	for (int s = 0; s < n_sites; s++)
		push(names, n, cap) = str(sites[s].best->json, "driver");
	sorted = string_set(names, n);
	json_array_foreach(sorted, i, row) {
		const char *driver = json_string_value(row), **files = NULL;
		int n_files = 0, cap_files = 0;
		json_t *errnos = json_object(), *c;
		struct mixture mixture = mixture_of(driver);

		json_array_foreach(coverage, k, c)
			if (!strcmp(str(c, "driver"), driver))
				push(files, n_files, cap_files) = str(c, "file");
		for (int s = 0; s < n_sites; s++)
			if (!strcmp(str(sites[s].best->json, "driver"), driver)) {
				push(files, n_files, cap_files) = str(sites[s].best->json, "file");
				count(errnos, class_names[sites[s].class], str(sites[s].best->json, "errno"));
			}
		if (mixture.why)
			json_array_append_new(findings, mixed_finding(driver, &mixture));
		json_array_append_new(out, json_pack("{ss so sb so}", "driver", driver,
			"files", string_set(files, n_files), "mixed", mixture.why != NULL, "errnos", errnos));
	}
	return out;
}

static int by_coverage(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int c = strcmp(str(x, "file"), str(y, "file"));

	if (!c)
		c = num(x, "line") - num(y, "line");
	if (!c)
		c = strcmp(str(x, "op"), str(y, "op"));
	return c ? c : strcmp(str(x, "engine"), str(y, "engine"));
}

static int severity(const json_t *row)
{
	return !strcmp(str(row, "status"), "analysed") ? 0 : !strcmp(str(row, "status"), "partial") ? 1 : 2;
}

/* What engine clang says of a callback's paths. */
static const char *paths_text(const json_t *row)
{
	static const char *const words[] = { "complete", "incomplete", "not walked" };
	const char *why = str(row, "why");

	return format("%s%s%s", words[severity(row)], *why ? ": " : "", why);
}

/*
 * A row a binding: the engines that speak of it, and the worst that one of them has to say.
 * That paths were left out makes no binding partial: nothing follows from their absence.
 */
static json_t *coverage_json(void)
{
	size_t n = json_array_size(coverage), i;
	json_t **rows = alloc((n + 1) * sizeof(*rows)), *out = json_array(), *row;

	json_array_foreach(coverage, i, row)
		rows[i] = row;
	qsort(rows, n, sizeof(*rows), by_coverage);
	for (i = 0; i < n; ) {
		size_t first = i, worst = i;
		const char *paths = NULL;
		json_t *engines = json_array();

		for (; i < n && num(rows[i], "line") == num(rows[first], "line") &&
		     !strcmp(str(rows[i], "file"), str(rows[first], "file")) &&
		     !strcmp(str(rows[i], "op"), str(rows[first], "op")); i++) {
			json_array_append_new(engines, json_string(str(rows[i], "engine")));
			if (walks(rows[i]))
				paths = paths_text(rows[i]);
			if (walks(rows[worst]) || (!walks(rows[i]) && severity(rows[i]) > severity(rows[worst])))
				worst = i;
		}
		json_array_append_new(out, json_pack("{sO sO sO sO sO sO sO so ss*}",
			"op", json_object_get(rows[first], "op"), "ops", json_object_get(rows[first], "ops"),
			"callback", json_object_get(rows[first], "callback"),
			"file", json_object_get(rows[first], "file"), "line", json_object_get(rows[first], "line"),
			"status", json_object_get(rows[worst], "status"),
			"why", json_object_get(rows[worst], "why"), "engines", engines, "paths", paths));
	}
	return out;
}

/* A file that the scan could not look into may bind anything. */
static void add_unread(json_t *rows, const json_t *scan)
{
	json_t *unread;
	size_t i;

	json_array_foreach(json_object_get(scan, "unread"), i, unread)
		json_array_append_new(rows, json_pack("{ss ss ss sO si ss sO s[]}", "op", operations[0].name, "ops", "",
			"callback", "", "file", json_object_get(unread, "file"), "line", 1, "status", "not-analysed",
			"why", json_object_get(unread, "why"), "engines"));
}

/* An operation without rules: bound, its entries are gaps already; else nothing is lost, and that is said. */
static void add_unruled(json_t *rows, const json_t *scan)
{
	json_t *op, *row;
	size_t i, k;

	json_array_foreach(json_object_get(scan, "unruled"), i, op) {
		bool gap = flag(op, "gap"), bound = false;

		json_array_foreach(coverage, k, row)
			bound |= !strcmp(str(row, "op"), str(op, "name"));
		if (gap || !bound)
			json_array_append_new(rows, json_pack("{sO ss ss sO sO ss so s[]}", "op", json_object_get(op, "name"),
				"ops", "", "callback", "", "file", json_object_get(op, "file"), "line", json_object_get(op, "line"),
				"status", gap ? "not-analysed" : "analysed",
				"why", text(gap ? str(op, "why") : format("%s; no driver binds it", str(op, "why"))), "engines"));
	}
}

int step_classify(int argc, char **argv)
{
	json_t *scan = read_json(required(argc, argv, "scan")), *findings, *drivers, *list = json_array(), *audit, *rows;
	const char *contract = str(scan, "contract"), *entries = option(argc, argv, "entries", NULL);

	coverage = json_array();
	load_api(required(argc, argv, "api"));
	load_contract(required(argc, argv, "contract"), contract);
	load_foreign(option(argc, argv, "foreign", NULL));
	required(argc, argv, "sites");
	for (int i = 1; i < argc; i++) {	/* one an engine */
		if (!strcmp(argv[i], "--sites") && i + 1 < argc)
			read_json_lines(argv[i + 1], add_line, NULL);
		else if (!strncmp(argv[i], "--sites=", 8))
			read_json_lines(argv[i] + 8, add_line, NULL);
	}
	judge_lines();
	merge();
	name_sites();
	for (int i = 0; i < n_sites; i++)
		json_array_append_new(list, site_json(&sites[i]));
	findings = findings_json();
	drivers = drivers_json(findings);
	rows = coverage_json();
	add_unread(rows, scan);
	add_unruled(rows, scan);
	audit = json_pack("{ss s{ss ss} s{ss sO sO} so so so so so}",
		"schema", "attach-audit/1", "tool", "name", "attach-audit", "version", VERSION,
		"kernel", "path", option(argc, argv, "tree", "."), "version", json_object_get(scan, "version"),
		"contract", json_object_get(scan, "contract"),
		"engines", read_json(required(argc, argv, "engines")), "coverage", rows,
		"sites", list, "findings", findings, "drivers", drivers);
	if (entries)
		add_sides(audit, read_json(entries), read_json(required(argc, argv, "callers")),
			  required(argc, argv, "core-sites"), required(argc, argv, "bindings"));
	write_json(required(argc, argv, "out"), audit);
	return 0;
}
