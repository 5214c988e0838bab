// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both sides of the contract: in, the core's entry points, what their callers
 * do with each errno, and the sites of the core; out, these in audit.json, with
 * the findings entry-errno, caller-contract and contract-text, and the callers
 * whose behaviour the edit of a driver finding changes.
 */
#include "program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static json_t *findings;

static const char *const anything = "other";

/* The errno after which another domain may fit. */
static const char *soft(void)
{
	return contract_errno_of_misfit();
}

static json_t *named(const json_t *list, const char *key, const char *name)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (!strcmp(str(v, key), name))
			return v;
	return NULL;
}

/* STEM names the finding, with an ordinal: the same can stand in one function twice. */
static void add_finding(const char *stem, const char *rule, const char *severity,
			const json_t *place, const char *message)
{
	const char *id = format("%s:1", stem);

	for (int ordinal = 2; named(findings, "id", id); ordinal++)
		id = format("%s:%d", stem, ordinal);
	json_array_append_new(findings, json_pack("{so ss ss ss so sn ss sO sO so}",
		"id", text(id), "rule", rule, "severity", severity, "site", "",
		"message", text(message), "rewrite", "baseline", "new",
		"file", json_object_get(place, "file"), "line", json_object_get(place, "line"),
		"function", text(str(place, "function"))));
}

static bool holds(const json_t *list, const char *word)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (json_is_string(v) && !strcmp(json_string_value(v), word))
			return true;
	return false;
}

/* The finding of RULE at the place of END, or NULL. */
static const json_t *named_at(const json_t *list, const char *rule, const json_t *end)
{
	json_t *f;
	size_t i;

	json_array_foreach(list, i, f)
		if (!strcmp(str(f, "rule"), rule) && num(f, "line") == num(end, "line") &&
		    !strcmp(str(f, "file"), str(end, "file")))
			return f;
	return NULL;
}

/* "a", "a and b", "a, b and c" */
static const char *enumerate(const json_t *names, const char *suffix)
{
	size_t n = json_array_size(names);
	const char *s = "";

	for (size_t i = 0; i < n; i++)
		s = format("%s%s%s%s", s, !i ? "" : i + 1 < n ? ", " : " and ",
			   json_string_value(json_array_get(names, i)), suffix);
	return s;
}

/* ------------------------------------------------------------ entry points */

static json_t *core_lines;	/* constants of the core, one a context */

static void keep_line(json_t *line, void *data)
{
	json_t *rows = data;

	if (!strcmp(str(line, "k"), "coverage"))
		json_array_append(rows, line);
	else if (!strcmp(str(line, "kind"), "constant") && !*str(line, "hidden"))
		json_array_append(core_lines, line);
}

static int by_place(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int c = strcmp(str(x, "file"), str(y, "file"));

	if (!c)
		c = num(x, "line") - num(y, "line");
	if (!c)
		c = num(x, "column") - num(y, "column");
	if (!c)
		c = strcmp(str(x, "errno"), str(y, "errno"));
	return c ? c : strcmp(str(x, "op"), str(y, "op"));
}

static json_t *sorted(json_t *list)
{
	size_t n = json_array_size(list), i;
	json_t **rows = alloc((n + 1) * sizeof(*rows)), *out = json_array(), *v;

	json_array_foreach(list, i, v)
		rows[i] = v;
	if (n)
		qsort(rows, n, sizeof(*rows), by_place);
	for (i = 0; i < n; i++)
		json_array_append(out, rows[i]);
	free(rows);
	return out;
}

/* Contexts of one constant: the class that one of them is sure of, a misfit before the rest. */
static struct reading best_reading(const json_t *lines, size_t from, size_t to, const json_t **line)
{
	struct reading best = { .class = NO_SITE };

	for (size_t i = from; i < to; i++) {
		struct reading r = classify(json_array_get(lines, i));

		if (best.class == NO_SITE ||
		    (r.class == INCOMPATIBLE && best.class != INCOMPATIBLE) ||
		    (r.class == best.class && r.direct && !best.direct)) {
			best = r;
			*line = json_array_get(lines, i);
		}
	}
	return best;
}

/* -EINVAL where no other domain would help: whoever searches for one goes round in vain. */
static void judge_constant(const json_t *site, const struct reading *r, const json_t *of,
			   const json_t *points)
{
	const json_t *rules = entry_point_rules(), *guard = r->guard;
	const char *condition = str(guard, "text"), *severity = "note";
	json_t *name;
	size_t i;

	if (!rules || strcmp(str(site, "errno"), soft()) || r->class == INCOMPATIBLE ||
	    r->class == MASKED || r->class == PROPAGATED || r->warn)
		return;
	json_array_foreach(of, i, name) {
		json_t *op;
		size_t k;

		json_array_foreach(json_object_get(named(points, "name", json_string_value(name)),
						   "ops"),
				   k, op)
			if (r->direct &&
			    !holds(json_object_get(rules, "at_most_note"), json_string_value(op)))
				severity = "warning";
	}
	add_finding(format("entry-errno:%s:%s:%s:%08x", str(site, "file"), str(site, "function"),
			   str(site, "errno"),
			   (unsigned int)hash_bytes(0, condition, strlen(condition))),
		    "entry-errno", severity, site,
		    format("%s can return -%s though no other domain would fit: %s",
			   enumerate(of, "()"), str(site, "errno"), r->why));
}

static void add_core_sites(json_t *points, const json_t *lines)
{
	size_t n = json_array_size(lines), to;

	for (size_t from = 0; from < n; from = to) {
		const json_t *first = json_array_get(lines, from), *line = first;
		json_t *of = json_array(), *site, *name;
		struct reading r;
		size_t i;

		for (to = from; to < n; to++) {
			const json_t *l = json_array_get(lines, to);

			if (num(l, "line") != num(first, "line") ||
			    num(l, "column") != num(first, "column") ||
			    strcmp(str(l, "file"), str(first, "file")) ||
			    strcmp(str(l, "errno"), str(first, "errno")))
				break;
			if (!holds(of, str(l, "op")))
				json_array_append_new(of, json_string(str(l, "op")));
		}
		r = best_reading(lines, from, to, &line);
		site = json_pack("{sO sO sO sO ss so so}", "file", json_object_get(line, "file"),
			"line", json_object_get(line, "line"),
			"function", json_object_get(line, "function"),
			"errno", json_object_get(line, "errno"), "class", class_names[r.class],
			"guard", text(r.guard ? str(r.guard, "text") : ""), "why", text(r.why));
		json_array_foreach(of, i, name)
			json_array_append(
				json_object_get(named(points, "name", json_string_value(name)),
						"sites"),
				site);
		judge_constant(site, &r, of, points);
		json_decref(site);
	}
}

/* A driver's soft errno that leaves the core as another one: no caller can tell. */
static void judge_core(const json_t *core)
{
	json_t *row;
	size_t i;

	json_array_foreach(core, i, row) {
		const char *to = str(json_object_get(row, "on"), soft());

		if (strncmp(to, "replaced:", 9))
			continue;
		add_finding(
			format("entry-errno:%s:%s:%s", str(row, "file"), str(row, "function"),
			       str(row, "callee")),
			"entry-errno", "warning", row,
			format("-%s of %s becomes %s: callers cannot tell that another domain "
			       "may fit", soft(), str(row, "callee"), to + 9));
	}
}

/* Where the core handles a driver's errno on the way to this entry point. */
static json_t *handled(const json_t *core, const json_t *point)
{
	json_t *out = json_array(), *row;
	size_t i;

	json_array_foreach(core, i, row)
		if (holds(json_object_get(point, "functions"), str(row, "function")))
			json_array_append(out, row);
	return out;
}

static json_t *points_json(const json_t *entries, const json_t *core, const char *core_sites)
{
	json_t *out = json_array(), *coverage = json_array(), *p;
	size_t i;

	core_lines = json_array();
	read_json_lines(core_sites, keep_line, coverage);
	json_array_foreach(json_object_get(entries, "entry_points"), i, p) {
		const json_t *row = named(coverage, "callback", str(p, "name"));

		json_array_append_new(out, json_pack("{sO sO sO sO ss ss s[] so}",
			"name", json_object_get(p, "name"), "file", json_object_get(p, "file"),
			"line", json_object_get(p, "line"), "ops", json_object_get(p, "ops"),
			"status", row ? str(row, "status") : "not-analysed",
			"why", row ? str(row, "why") : "nothing is known of it", "sites",
			"handled", handled(core, p)));
	}
	add_core_sites(out, sorted(core_lines));
	return out;
}

/* ----------------------------------------------------------------- callers */

/* What a caller does with this errno, as far as another domain is concerned. */
static const char *effect(const json_t *caller, const char *e)
{
	const json_t *on = json_object_get(caller, "on");
	const char *what = json_object_get(on, e) ? str(on, e) : str(on, anything);

	if (!strcmp(what, "tries-next"))
		return "tries the next domain";
	if (!strcmp(what, "goes-on") || !strcmp(what, "ignored"))
		return "goes on without it";
	return !strncmp(str(caller, "class"), "search", 6) ? "stops its search" : "fails";
}

static json_t *errnos_that(const json_t *caller, const char *what, const char *but)
{
	json_t *out = json_array(), *v;
	const char *e;

	json_object_foreach(json_object_get(caller, "on"), e, v)
		if (json_is_string(v) && !strcmp(json_string_value(v), what) && strcmp(e, but) &&
		    strcmp(e, anything))
			json_array_append_new(out, json_string(format("-%s", e)));
	return out;
}

static json_t *deciding_end(const json_t *caller)
{
	json_t *e;
	size_t i;

	json_array_foreach(json_object_get(caller, "ends"), i, e)
		if (!strcmp(str(e, "class"), str(caller, "class")))
			return e;
	return NULL;
}

/* A search that goes on after a hard failure, or stops at a soft one: once a place. */
static void judge_caller(const json_t *caller)
{
	const char *class = str(caller, "class");
	const json_t *end = deciding_end(caller);
	char *stem;

	if (!end || !strcmp(class, "search-einval-only") ||
	    (strncmp(class, "search", 6) && strcmp(class, "logs-and-tries-on")))
		return;
	stem = format("caller-contract:%s:%s:%s", str(end, "file"), str(end, "function"),
		      str(caller, "entry_point"));
	if (named_at(findings, "caller-contract", end))
		return;
	if (strcmp(str(json_object_get(caller, "on"), soft()), "tries-next"))
		add_finding(
			stem, "caller-contract", "note", end,
			format("the search stops at -%s, though another domain may fit; it goes "
			       "on after %s", soft(), enumerate(errnos_that(caller, "tries-next", soft()), "")));
	else if (!strcmp(class, "logs-and-tries-on"))
		add_finding(
			stem, "caller-contract", "note", end,
			"the search logs a domain that does not fit and goes on; it should say "
			"nothing");
	else
		add_finding(
			stem, "caller-contract", "note", end,
			"the search goes on to another domain after a hard failure too, which no "
			"domain mends");
}

static json_t *paging;		/* callbacks of domains that map */

static void keep_paging(json_t *line, void *data)
{
	(void)data;
	if (flag(line, "paging") && !strcmp(str(line, "status"), "bound"))
		json_array_append(paging, line);
}

static bool same_folder(const char *a, const char *b)
{
	const char *end = strrchr(a, '/');
	size_t len = end ? end - a + 1 : 0;

	return !strncmp(a, b, len) && !strchr(b + len, '/');
}

/*
 * Can a search through this entry point come to the site? Searches try domains that
 * map: what serves a static, nested or shared one they never call.
 */
static bool searched(const json_t *point, const json_t *site)
{
	const json_t *first = json_array_get(json_object_get(site, "path"), 0);
	json_t *b;
	size_t i;

	json_array_foreach(paging, i, b)
		if (holds(json_object_get(point, "ops"), str(b, "op")) &&
		    holds(json_object_get(site, "callbacks"), str(b, "callback")) &&
		    same_folder(str(b, "file"), str(first, "file")))
			return true;
	return false;
}

/* Is E so, or not so, only where the domain has this MEMBER? */
static bool needs(const struct expr *e, bool holds, const char *member)
{
	if (e->kind == E_MEMBER)
		return holds && !strcmp(e->text, member);
	if (e->kind == E_UNARY && !strcmp(e->text, "!"))
		return needs(e->kid[0], !holds, member);
	if (e->kind == E_BINARY && (!strcmp(e->text, "&&") || !strcmp(e->text, "||"))) {
		bool a = needs(e->kid[0], holds, member), b = needs(e->kid[1], holds, member);

		return !strcmp(e->text, "&&") == holds ? a || b : a && b;
	}
	return false;
}

/* Does no domain that this search tries come to the site, because of a guard there? */
static bool never_comes_there(const json_t *end, const json_t *site)
{
	json_t *member, *guard, *operand, *origin;
	size_t i, k, m, n;

	json_array_foreach(json_object_get(end, "never"), i, member)
		json_array_foreach(json_object_get(site, "guards"), k, guard) {
			bool domain = false;

			json_array_foreach(json_object_get(guard, "operands"), m, operand)
				json_array_foreach(json_object_get(operand, "origins"), n, origin)
					domain |= !strcmp(json_string_value(origin), "DOMAIN") &&
						  strstr(str(operand, "text"), json_string_value(member));
			if (domain && needs(parse_expr(str(guard, "text")), true, json_string_value(member)))
				return true;
		}
	return false;
}

/* One errno today, another after the edit: which search behaves differently? */
static json_t *concerned(const json_t *callers, const json_t *points, const json_t *site,
			 const char *want)
{
	json_t *out = json_array(), *c;
	char **rows = alloc((json_array_size(callers) + 1) * sizeof(*rows));
	size_t n = 0, i;

	json_array_foreach(callers, i, c) {
		const json_t *point = named(points, "name", str(c, "entry_point")),
			     *end = deciding_end(c);
		const char *today = effect(c, str(site, "errno")), *then = effect(c, want);

		if (!end || strcmp(str(c, "class"), "search-einval-only") || !strcmp(today, then) ||
		    !searched(point, site) || never_comes_there(end, site))
			continue;
		rows[n++] = json_dumps(json_pack("{sO sO sO ss ss}",
			"file", json_object_get(end, "file"),
			"line", json_object_get(end, "line"),
			"function", json_object_get(end, "function"), "today", today,
			"then", then),
			JSON_COMPACT | JSON_SORT_KEYS);
	}
	if (n)
		qsort(rows, n, sizeof(*rows), by_text);
	for (i = 0; i < n; i++)
		if (rows[i] && (!i || strcmp(rows[i], rows[i - 1])))
			json_array_append_new(out, json_loads(rows[i], 0, NULL));
	return out;
}

static bool is_errno(const char *s)
{
	return *s == 'E' &&
	       (isupper((unsigned char)s[1]) || isdigit((unsigned char)s[1])); /* E2BIG */
}

/* The errno that the suggested edit would return, "" where it is not one. */
static const char *wanted(const json_t *site)
{
	json_t *e;
	size_t i;

	json_array_foreach(json_object_get(site, "expected"), i, e)
		if (is_errno(json_string_value(e)))
			return json_string_value(e);
	return "";
}

static void add_concerned(json_t *audit, const json_t *callers, const json_t *points)
{
	json_t *f;
	size_t i;

	json_array_foreach(findings, i, f) {
		const json_t *site = named(json_object_get(audit, "sites"), "id", str(f, "site"));
		json_t *who;

		if (!site || !*str(f, "rewrite") || !is_errno(str(site, "errno")) ||
		    !is_errno(wanted(site)) || !strcmp(str(site, "errno"), wanted(site)))
			continue;
		who = concerned(callers, points, site, wanted(site));
		if (json_array_size(who))
			json_object_set(f, "callers", who);
		json_decref(who);
	}
}

/* -------------------------------------------------------------- the text */

/* Errno names in a comment, each once. */
static json_t *errnos_in(const char *doc)
{
	json_t *out = json_array();

	for (const char *p = doc; *p; ) {
		size_t len = 0;

		while (isalnum((unsigned char)p[len]) || p[len] == '_')
			len++;
		if (len > 3 && *p == 'E' &&
		    strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == len &&
		    !holds(out, copy_bytes(p, len)))
			json_array_append_new(out, json_string(copy_bytes(p, len)));
		p += len ? len : 1;
	}
	return out;
}

/* Do all WORDS stand in the comment, however its lines are broken? */
static bool says(const char *doc, const json_t *words)
{
	char *flat = alloc(strlen(doc) + 1), *to = flat;
	json_t *w;
	size_t i;
	bool all = true;

	for (const char *p = doc; *p; p++) {
		bool blank = isspace((unsigned char)*p) || *p == '*';

		if (!blank || (to > flat && to[-1] != ' '))
			*to++ = blank ? ' ' : *p;
	}
	json_array_foreach(words, i, w)
		all &= strstr(flat, json_string_value(w)) != NULL;
	free(flat);
	return all;
}

static void add_text(json_t *out, const char *what, const json_t *p, bool states, const char *why)
{
	json_array_append_new(
		out, json_pack("{ss sO sO sO so sb so}", "what", what,
			"name", json_object_get(p, "name"), "file", json_object_get(p, "file"),
			"line", json_object_get(p, "line"), "errnos", errnos_in(str(p, "doc")),
			"states", states, "why", text(why)));
	if (*why)
		add_finding(format("contract-text:%s", str(p, "name")), "contract-text", "note", p,
			    why);
}

/* Where this entry point's code does what its comment excludes. */
static const char *broken_by_code(const char *name, const json_t *points)
{
	json_t *s;
	size_t i;

	json_array_foreach(json_object_get(named(points, "name", name), "sites"), i, s)
		if (!strcmp(str(s, "errno"), soft()) && !strcmp(str(s, "class"), "hard"))
			return format("%s() at %s:%d", str(s, "function"), str(s, "file"),
				      num(s, "line"));
	return NULL;
}

static json_t *text_json(const json_t *entries, const json_t *points)
{
	const json_t *rules = entry_point_rules();
	json_t *out = json_array(), *p;
	size_t i;

	json_array_foreach(json_object_get(entries, "operations"), i, p) {
		bool states = strstr(str(p, "doc"), soft()) != NULL;
		const char *why = "";

		if (!*str(p, "doc"))
			why = format("%s has no comment: nothing says which errno means what",
				     str(p, "name"));
		else if (!states)
			why = format("the comment of %s does not say which errno means what",
				     str(p, "name"));
		add_text(out, "operation", p, states, why);
	}
	json_array_foreach(json_object_get(entries, "entry_points"), i, p) {
		bool states = rules && says(str(p, "doc"), json_object_get(rules, "says"));
		const char *place = states ? broken_by_code(str(p, "name"), points) : NULL;
		const char *why = "";

		if (place)
			why = format("the comment of %s() calls -%s a soft failure, %s returns it where "
				     "no other domain would fit", str(p, "name"), soft(), place);
		else if (!*str(p, "doc"))
			why = format("%s() has no comment: nothing says that -%s is a soft failure",
				     str(p, "name"), soft());
		else if (!states)
			why = format("the comment of %s() does not say that -%s is a soft failure",
				     str(p, "name"), soft());
		add_text(out, "entry-point", p, states, why);
	}
	return out;
}

void add_sides(json_t *audit, const json_t *entries, const json_t *callers, const char *core_sites,
	       const char *bindings)
{
	json_t *points, *list = json_object_get(callers, "callers"), *c;
	size_t i;

	findings = json_object_get(audit, "findings");
	points = points_json(entries, json_object_get(callers, "core"), core_sites);
	paging = json_array();
	read_json_lines(bindings, keep_paging, NULL);
	add_concerned(audit, list, points);
	judge_core(json_object_get(callers, "core"));
	json_array_foreach(list, i, c)
		judge_caller(c);
	json_object_set_new(audit, "contract_text", text_json(entries, points));
	json_object_set_new(audit, "entry_points", points);
	json_object_set(audit, "callers", list);
	json_object_set(audit, "no_core", json_object_get(entries, "why"));
}
