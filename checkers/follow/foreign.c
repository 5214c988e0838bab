// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other subsystems: in, the sites of all engines, whose callees are defined outside
 * the driver; out, one line a callee as it is called, with the errnos it can return
 * and the calls down to the guard of each.
 *
 *   attach-check --follow --tree DIR --sites FILE... --flags FILE... --api FILE --out FILE
 *                [--cache DIR] [--jobs N] [--timeout SECONDS]
 *
 * {"k": "foreign", "callee", "file", "lines", "arguments": [] or null where nobody knows, "why",
 *  "status": "followed|partial|not-followed",
 *  "errnos": [{"errno", "file", "line", "function", "guard", "chain"}]}
 *
 * What the functions on the way return themselves comes from request.c.
 */
#include "../read/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_CHAIN 24			/* calls from the site down */
#define MAX_STEPS 2000			/* functions as they are called, a callee */

/* ------------------------------------------------------------------ callees */

/* A callee as it is called from some sites of one file. */
struct row {
	const char *file, *callee;
	json_t *lines;
	json_t *arguments, *stopped;	/* NULL: not known */
	json_t *values;			/* errnos of a macro, or empty */
	json_t *errnos;
	const char *status, *why;
	int gaps, steps, missing;
};

static struct row *rows;
static int n_rows, cap_rows;

/* One argument for two calls: a number if it is the same in both, else where either comes from. */
static json_t *either(const char *a, const char *b)
{
	char word[8];
	int n = 0;

	if (!strcmp(a, b))
		return json_string(a);
	for (const char *letter = "DVOP"; *letter; letter++)
		if (strchr(a, *letter) || strchr(b, *letter))
			word[n++] = *letter;
	return textn(word, n);
}

static json_t *agreed(json_t *a, json_t *b)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(a) && i < json_array_size(b); i++) {
		const char *x = json_string_value(json_array_get(a, i)),
			   *y = json_string_value(json_array_get(b, i));

		json_array_append_new(out, either(x ? x : "", y ? y : ""));
	}
	return out;
}

static json_t *common(json_t *a, json_t *b)
{
	json_t *out = json_array(), *x, *y;
	size_t i, k;

	json_array_foreach(a, i, x)
		json_array_foreach(b, k, y)
			if (json_equal(x, y))
				json_array_append(out, x);
	return out;
}

static void add_place(const char *path, const json_t *site, const char *callee, const json_t *said)
{
	json_t *arguments = json_object_get(said, "arguments"),
	       *stopped = json_object_get(said, "stopped");
	struct row *r = NULL;

	for (int i = 0; i < n_rows && !r; i++)
		if (!strcmp(rows[i].callee, callee) && !strcmp(rows[i].file, str(site, "file")) &&
		    json_integer_value(json_array_get(rows[i].lines, 0)) == num(site, "line"))
			r = &rows[i];
	if (!r) {
		r = &push(rows, n_rows, cap_rows);
		*r = (struct row){ .file = copy_string(str(site, "file")),
				   .callee = copy_string(callee),
				   .lines = json_pack("[i]", num(site, "line")),
				   .values = json_array() };
	}
	if (*str(said, "value")) {
		json_t *v;
		size_t i;
		bool known = false;

		json_array_foreach(r->values, i, v)
			known |= !strcmp(json_string_value(v), str(said, "value"));
		if (!known)
			json_array_append(r->values, json_object_get(said, "value"));
	}
	if (!json_is_array(arguments))
		return;
	need_strings(path, "arguments", arguments);
	need_strings(path, "stopped", stopped);
	r->arguments = r->arguments ? agreed(r->arguments, arguments) : json_incref(arguments);
	r->stopped = r->stopped ? common(r->stopped, stopped) :
		     json_is_array(stopped) ? json_incref(stopped) : json_array();
}

static void add_callees(json_t *line, void *path)
{
	const char *kind = str(line, "kind");
	const json_t *nearest = json_array_get(json_object_get(line, "guards"), 0);
	json_t *atoms, *atom, *operand;
	size_t i, j, k;

	if (strcmp(str(line, "k"), "site"))
		return;
	if (!strcmp(kind, "call") && strchr(str(line, "errno"), ':'))
		add_place(path, line, strchr(str(line, "errno"), ':') + 1, line);
	else if ((!strcmp(kind, "dropped") || !strcmp(kind, "swallowed")) && !flag(line, "own"))
		add_place(path, line, str(line, "callee"), line);
	else if (!strcmp(kind, "constant"))
		json_array_foreach(json_object_get(nearest, "alternatives"), i, atoms)
			json_array_foreach(atoms, j, atom)
				json_array_foreach(json_object_get(atom, "operands"), k, operand)
					if (*str(operand, "callee") && !flag(operand, "own"))
						add_place(path, line, str(operand, "callee"),
							  operand);
}

static int by_call(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c = strcmp(x->file, y->file);

	if (!c)
		c = strcmp(x->callee, y->callee);
	if (!c)
		c = (int)(json_integer_value(json_array_get(x->lines, 0)) -
			  json_integer_value(json_array_get(y->lines, 0)));
	return c;
}

/* Sites of one file that call alike are one row. */
static void join_rows(void)
{
	int kept = 0;

	if (n_rows)
		qsort(rows, n_rows, sizeof(*rows), by_call);
	for (int i = 0; i < n_rows; i++) {
		struct row *same = NULL;

		if (!rows[i].arguments)
			rows[i].arguments = json_null();
		if (!rows[i].stopped)
			rows[i].stopped = json_array();
		for (int k = 0; k < kept && !same; k++)
			if (!strcmp(rows[k].file, rows[i].file) &&
			    !strcmp(rows[k].callee, rows[i].callee) &&
			    json_equal(rows[k].arguments, rows[i].arguments) &&
			    json_equal(rows[k].stopped, rows[i].stopped) &&
			    json_equal(rows[k].values, rows[i].values))
				same = &rows[k];
		if (same)
			json_array_extend(same->lines, rows[i].lines);
		else
			rows[kept++] = rows[i];
	}
	n_rows = kept;
}

/* -------------------------------------------------------- putting together */

/* A function on the way, as it is called, with the calls that lead to it. */
struct lead {
	const char *callee;
	json_t *arguments, *chain, *stopped;
	const char *file;		/* the first: the site's; else NULL: where it is defined */
};

static void add_gap(struct row *r, const char *why, const json_t *chain)
{
	const json_t *last = json_array_get(chain, json_array_size(chain) - 1);

	if (!r->gaps++)
		r->why = !last ? why : format("%s (%s, %s:%d)", why, str(last, "function"),
					      str(last, "file"), num(last, "line"));
}

static json_t *longer(const json_t *a, json_t *b)
{
	json_t *out = json_copy((json_t *)a);

	json_array_extend(out, b);
	return out;
}

static bool lists(const json_t *list, const char *s)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (!strcmp(json_string_value(v), s))
			return true;
	return false;
}

static void add_errno(struct row *r, const json_t *fact, const struct lead *w)
{
	json_t *have, *out;
	size_t i;

	if (lists(w->stopped, str(fact, "errno")))
		return;
	json_array_foreach(r->errnos, i, have)
		if (!strcmp(str(have, "errno"), str(fact, "errno")) &&
		    num(have, "line") == num(fact, "line") &&
		    !strcmp(str(have, "file"), str(fact, "file")) &&
		    !strcmp(str(have, "function"), str(fact, "function")))
			return;
	out = json_copy((json_t *)fact);
	json_object_set_new(out, "chain", longer(w->chain, json_object_get(fact, "chain")));
	json_array_append_new(r->errnos, out);
}

/* A file that defines NAME for an architecture which no configuration is for, or NULL. */
static const char *elsewhere(const char *name)
{
	const char **all;

	return definitions_named(name, &all) ? all[0] : NULL;
}

/*
 * Files that may define NAME: those that a configuration compiles, else any that is
 * of no other architecture.
 */
static int places_of(const char *name, const char ***files, int **of_build)
{
	const char **all, **kept = NULL;
	int n = definitions_named(name, &all), n_kept = 0, cap = 0;
	int *found = NULL, n_found = 0, cap_found = 0;
	bool any = false;

	for (int i = 0; i < n; i++) {
		bool built;
		int b = build_of(all[i], &built);

		if (!built && (any || !strncmp(all[i], "arch/", 5)))
			continue;
		if (built && !any)
			n_kept = n_found = 0;
		any |= built;
		push(kept, n_kept, cap) = all[i];
		push(found, n_found, cap_found) = b;
	}
	*files = kept;
	*of_build = found;
	return n_kept;
}

/*
 * The facts of what W calls; NULL when they are not known yet, or never will be: then
 * the gap is noted.
 */
static const struct request *request_of(struct row *r, const struct lead *w)
{
	const struct request *only = NULL, *stub = NULL;
	const char **files, *failure = NULL, *names = "";
	int n, *of_build, defined = 0, open = 0;
	bool built;

	if (w->file) {
		const struct request *here = answer_of(
			request_for(w->file, build_of(w->file, &built), w->callee, w->arguments));

		if (!here) {
			r->missing++;
			return NULL;
		}
		if (flag(here->facts, "found"))
			stub = here;
		/*
		 * a body in a header is the function, unless the tree has another:
		 * then it is the stub for its absence
		 */
		if (stub && !strcmp(str(stub->facts, "file"), w->file))
			return stub;
		failure = here->failure;
	}
	n = places_of(w->callee, &files, &of_build);
	for (int i = 0; i < n; i++) {
		const struct request *there =
			answer_of(request_for(files[i], of_build[i], w->callee, w->arguments));

		if (!there) {
			open++;
		} else if (flag(there->facts, "found")) {
			only = there;
			names = format("%s%s%s", names, defined++ ? " and " : "", files[i]);
		} else if (there->failure) {
			failure = format("%s: %s", files[i], there->failure);
		}
	}
	r->missing += open;
	if (open || (!defined && stub))
		return open ? NULL : stub;
	if (defined == 1)
		return only;
	add_gap(r,
		defined ? format("%s is defined in %s", w->callee, names) :
		failure ? format("%s: %s", w->callee, failure) :
		n ? format("%s is not defined in %s as it is configured", w->callee, files[0]) :
		strpbrk(w->callee, "->.([") ? format("%s is called through a pointer", w->callee) :
		elsewhere(w->callee) ?
		format("%s is defined for another architecture only: %s", w->callee,
		       elsewhere(w->callee)) :
		format("no definition of %s was found", w->callee), w->chain);
	return NULL;
}

static const char *way_key(const struct lead *w)
{
	char *a = json_dumps(w->arguments, JSON_COMPACT), *s = json_dumps(w->stopped, JSON_COMPACT);
	const char *key =
		format("%s %s %s %s", w->file ? w->file : "", w->callee, a ? a : "", s ? s : "");

	free(a);
	free(s);
	return key;
}

/*
 * What the callee of a row returns, by what is known so far: r->missing facts are
 * still to be asked for.
 */
static void put_together(struct row *r)
{
	struct lead *ways = NULL;
	const char **keys = NULL;
	int n = 0, cap = 0, n_keys = 0, cap_keys = 0;

	r->errnos = json_array();
	r->why = "";
	r->gaps = r->steps = r->missing = 0;
	push(ways, n, cap) =
		(struct lead){ r->callee, json_is_array(r->arguments) ? r->arguments : json_array(),
			       json_array(), r->stopped, r->file };
	for (int next; n; ) {
		const struct request *q;
		struct lead w;
		json_t *fact;
		size_t i;

		next = 0;			/* the shortest chain first */
		for (int k = 1; k < n; k++)
			if (json_array_size(ways[k].chain) < json_array_size(ways[next].chain))
				next = k;
		w = ways[next];
		memmove(ways + next, ways + next + 1, (--n - next) * sizeof(*ways));
		q = request_of(r, &w);
		if (!q)
			continue;
		r->steps++;
		if (q->error)
			add_gap(r, format("is not parsed completely: %s", q->error), w.chain);
		json_array_foreach(json_object_get(q->facts, "errnos"), i, fact)
			add_errno(r, fact, &w);
		json_array_foreach(json_object_get(q->facts, "gaps"), i, fact)
			add_gap(r, str(fact, "why"),
				longer(w.chain, json_object_get(fact, "chain")));
		json_array_foreach(json_object_get(q->facts, "calls"), i, fact) {
			struct lead more = { str(fact, "callee"),
					     json_object_get(fact, "arguments"),
					     longer(w.chain, json_object_get(fact, "chain")),
					     longer(w.stopped, json_object_get(fact, "stopped")),
					     NULL };
			const char *key = way_key(&more);
			bool known = false;

			for (int k = 0; k < n_keys && !known; k++)
				known = !strcmp(keys[k], key);
			if (known)
				continue;
			push(keys, n_keys, cap_keys) = key;
			if (json_array_size(more.chain) > MAX_CHAIN)
				add_gap(r, format("calls are nested more than %d deep", MAX_CHAIN),
					more.chain);
			else if (n_keys > MAX_STEPS)
				add_gap(r, format("more than %d calls would have to be followed",
						  MAX_STEPS), more.chain);
			else
				push(ways, n, cap) = more;
		}
	}
	free(ways);
	free(keys);
}

/* A macro: its result is the constant that its expansion ends in. */
static void state_values(struct row *r)
{
	json_t *v;
	size_t i;

	r->errnos = json_array();
	r->why = "";
	r->steps = 1;
	json_array_foreach(r->values, i, v)
		json_array_append_new(r->errnos, json_pack("{sO ss sO ss sn s[{ss ss sO}]}",
			"errno", v, "file", r->file, "line", json_array_get(r->lines, 0),
			"function", r->callee, "guard", "chain", "function", r->callee,
			"file", r->file, "line", json_array_get(r->lines, 0)));
}

static int by_errno(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int c = strcmp(str(x, "errno"), str(y, "errno"));

	if (!c)
		c = strcmp(str(x, "file"), str(y, "file"));
	if (!c)
		c = num(x, "line") - num(y, "line");
	return c ? c : strcmp(str(x, "function"), str(y, "function"));
}

static json_t *sorted_errnos(const json_t *list)
{
	size_t n = json_array_size(list), i;
	json_t **all = alloc((n + 1) * sizeof(*all)), *out = json_array(), *e;

	json_array_foreach(list, i, e)
		all[i] = e;
	qsort(all, n, sizeof(*all), by_errno);
	for (i = 0; i < n; i++)
		json_array_append(out, all[i]);
	free(all);
	return out;
}

static json_t *row_json(const struct row *r)
{
	const char *why = r->gaps > 1 ? format("%s; and %d more", r->why, r->gaps - 1) : r->why;

	return json_pack("{ss ss ss sO sO ss so so}", "k", "foreign", "callee", r->callee,
			 "file", r->file, "lines", r->lines, "arguments", r->arguments,
			 "status", !r->steps ? "not-followed" : r->gaps ? "partial" : "followed",
			 "why", text(why), "errnos", sorted_errnos(r->errnos));
}

static const char *absolute(const char *folder, const char *path)
{
	return *path == '/' ? path : format("%s/%s", folder, path);
}

int follow_callees(int argc, char **argv)
{
	const char *tree = required(argc, argv, "tree"), *out = required(argc, argv, "out"),
		   *api_file = required(argc, argv, "api");
	const char *cache = option(argc, argv, "cache", NULL);
	int at_once = atoi(option(argc, argv, "jobs", "1")), seconds, n_builds = 0, open = 1;
	char *folder = realpath(".", NULL);
	FILE *f;

	if (!folder)
		fatal(".: %s: start in a folder that exists", strerror(errno));

	seconds = atoi(option(argc, argv, "timeout", "30"));
	if (seconds < 1)
		fatal("--timeout: is no number of seconds: name one, or leave it out");
	load_api(api_file);
	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "--sites"))
			read_json_lines(argv[i + 1], add_callees, argv[i + 1]);
	cache = cache ? absolute(folder, cache) : NULL;
	begin_requests(cache, api_file, seconds);
	out = absolute(folder, out);
	if (chdir(tree))
		fatal("%s: %s: name a kernel tree", tree, strerror(errno));
	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "--flags") && ++n_builds)
			add_build(absolute(folder, argv[i + 1]));
	if (!n_builds)
		fatal("--flags: is needed: "
		      "one for each configuration that the tree was prepared for");
	join_rows();
	if (n_rows)
		index_definitions(cache);
	while (open) {
		open = 0;
		for (int i = 0; i < n_rows; i++) {
			if (json_array_size(rows[i].values))
				state_values(&rows[i]);
			else
				put_together(&rows[i]);
			open += rows[i].missing;
		}
		if (open)
			answer_all(at_once < 1 ? 1 : at_once);
	}
	f = write_begin(out);
	for (int i = 0; i < n_rows; i++) {
		json_dumpf(row_json(&rows[i]), f,
			   JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
		fputc('\n', f);
	}
	write_end(f, out);
	return 0;
}
