// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other subsystems: in, the sites of all engines, whose callees are defined outside
 * the driver; out, one line a callee as it is called, with the errnos it can return
 * and the calls down to the guard of each.
 *
 *   attach-check --follow --tree DIR --sites FILE... --flags FILE... --api FILE --out FILE
 *                [--cache DIR] [--jobs N] [--timeout SECONDS]
 *
 * {"k": "foreign", "callee", "file", "lines", "arguments", "status": "followed|partial|not-followed",
 *  "why", "errnos": [{"errno", "file", "line", "function", "guard", "chain"}]}
 *
 * Each file is parsed by itself, in a process of its own that states the facts of the
 * functions asked for (follow.c); facts are kept in the cache by the content of all
 * files that were read for them. What a callee can return is put together here.
 */
#include "sparse.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CHAIN 24			/* calls from the site down */
#define MAX_STEPS 2000			/* functions as they are called, a callee */
#define MAX_FILES 600			/* parsed in one run */
#define MAX_SECONDS 45			/* all files together */
#define MAX_BYTES (1024ul << 20)	/* of memory, a file */

/* ----------------------------------------------------------------- builds */

/* A configuration to parse with; the first one that compiles a file has it. */
struct build {
	const char *flags;		/* file */
	const char *arch;		/* folder below arch/, or "" */
	const char *config;		/* text of autoconf.h, or NULL */
	uint64_t id;
};

static struct build *builds;
static int n_builds, cap_builds;

static void add_build(const char *path)
{
	struct build b = { .flags = path, .arch = "" };
	struct bytes text, config;
	char *save = NULL;

	if (!read_file(path, &text))
		fatal("%s: %s: prepare the tree first", path, strerror(errno));
	b.id = hash_bytes(0, text.data, text.size);
	for (char *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *arch = strstr(line, "/arch/"), *end = arch ? strchr(arch + 6, '/') : NULL;

		if (strncmp(line, "-I", 2))
			continue;
		if (end && !*b.arch && !strcmp(end, "/include"))
			b.arch = copy_bytes(arch + 6, end - arch - 6);
		if (!b.config && read_file(format("%s/generated/autoconf.h", line + 2), &config))
			b.config = config.data;
	}
	push(builds, n_builds, cap_builds) = b;
}

/* ---------------------------------------------------------------- requests */

/* What a function of one file returns when it is called so. */
struct request {
	const char *file, *callee;
	char *arguments;		/* JSON */
	int build;
	json_t *facts;			/* of follow.c, or NULL */
	const char *error;		/* of the parser, in what was looked into */
	const char *failure;		/* why there are no facts */
};

static struct request *requests;
static int n_requests, cap_requests;
static int n_parsed;
static time_t began;
static const char *cache;
static uint64_t program_id;
static int file_seconds;		/* that parsing one file may take */

static int request_for(const char *file, int build, const char *callee, const json_t *arguments)
{
	char *args = json_dumps(arguments, JSON_COMPACT);

	if (!args)
		fatal("out of memory: audit fewer files at once or give this machine more memory");
	for (int i = 0; i < n_requests; i++)
		if (requests[i].build == build && !strcmp(requests[i].callee, callee) && !strcmp(requests[i].file, file) &&
		    !strcmp(requests[i].arguments, args)) {
			free(args);
			return i;
		}
	push(requests, n_requests, cap_requests) = (struct request){ .file = copy_string(file), .callee = copy_string(callee),
								     .arguments = args, .build = build };
	return n_requests - 1;
}

static bool answered(int request)
{
	return requests[request].facts || requests[request].failure;
}

/* ------------------------------------------------------------------- cache */

static uint64_t content_of(const char *path)
{
	static struct { const char *path; uint64_t hash; } *known;
	static int n, cap;
	struct bytes b;
	uint64_t hash = 1;
	int low = 0, high = n;

	while (low < high) {
		int middle = (low + high) / 2, c = strcmp(known[middle].path, path);

		if (!c)
			return known[middle].hash;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (read_file(path, &b)) {
		hash = hash_bytes(b.size, b.data, b.size);
		free(b.data);
	}
	push(known, n, cap).path = NULL;
	memmove(known + low + 1, known + low, (n - 1 - low) * sizeof(*known));
	known[low].path = copy_string(path);
	known[low].hash = hash;
	return hash;
}

static const char *unit_name(const struct request *r)
{
	uint64_t key = hash_bytes(builds[r->build].id ^ program_id, r->file, strlen(r->file));

	return format("foreign-unit-%016llx", (unsigned long long)key);
}

static const char *facts_name(const struct request *r, const json_t *files)
{
	uint64_t key = hash_bytes(builds[r->build].id ^ program_id, r->file, strlen(r->file));
	json_t *f;
	size_t i;

	json_array_foreach(files, i, f) {
		uint64_t hash = content_of(json_string_value(f));

		key = hash_bytes(key, json_string_value(f), strlen(json_string_value(f)));
		key = hash_bytes(key, &hash, sizeof(hash));
	}
	key = hash_bytes(key, r->callee, strlen(r->callee) + 1);
	key = hash_bytes(key, r->arguments, strlen(r->arguments));
	return format("foreign-facts-%016llx", (unsigned long long)key);
}

static json_t *load(const char *name)
{
	struct bytes b;
	json_t *v;

	if (!cache || !cache_load(cache, name, &b))
		return NULL;
	v = json_loadb(b.data, b.size, 0, NULL);
	free(b.data);
	return v;
}

static void store(const char *name, const json_t *value)
{
	char *s = cache ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	if (s)
		cache_store(cache, name, s, strlen(s));
	free(s);
}

static void take_answer(struct request *r, const json_t *answer)
{
	r->facts = json_incref(json_object_get(answer, "facts"));
	if (*str(answer, "error"))
		r->error = str(answer, "error");
	if (!r->facts)
		r->failure = "nothing was learnt of it";
}

static json_t *unit_list(const struct request *r)
{
	static json_t *lists;
	const char *name = unit_name(r);
	json_t *list;

	if (!lists)
		lists = json_object();
	list = json_object_get(lists, name);
	if (!list) {
		list = load(name);
		json_object_set_new(lists, name, json_is_array(list) ? list : json_array());
		list = json_object_get(lists, name);
	}
	return list;
}

/* What an earlier run found out, when no file that was read for it has changed since. */
static void recall(struct request *r)
{
	json_t *files = unit_list(r), *answer = NULL;

	if (json_array_size(files))
		answer = load(facts_name(r, files));
	if (json_is_object(answer))
		take_answer(r, json_incref(answer));
	json_decref(answer);
}

/* ---------------------------------------------------------------- children */

struct child {
	pid_t pid;
	int out, err;			/* files without a name */
	int first;			/* a request of its file */
};

static const char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? copy_bytes(path, slash - path) : ".";
}

static void bound_child(void)
{
#ifndef __SANITIZE_ADDRESS__
	setrlimit(RLIMIT_DATA, &(struct rlimit){ MAX_BYTES, MAX_BYTES });
#endif
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(file_seconds);
}

/* In the child: all open requests of one file, to OUT. */
static void state_facts(const struct child *c, const int *list, int n)
{
	const struct request *first = &requests[c->first];
	json_t *answers = json_array();
	FILE *out = fdopen(c->out, "w");

	bound_child();
	read_flags(builds[first->build].flags);
	add_include(folder_of(first->file));	/* CFLAGS_x.o := -I$(src), for the sake of trace.h */
	start_sparse();
	parse_unit(first->file);
	for (int i = 0; i < n; i++)
		json_array_append_new(answers, facts_of(requests[list[i]].callee,
			json_loads(requests[list[i]].arguments, JSON_DECODE_ANY, NULL)));
	if (!out || json_dumpf(json_pack("{so so}", "answers", answers, "files", unit_files()), out, JSON_COMPACT) ||
	    fflush(out))
		_exit(EXIT_INCOMPLETE);
	fflush(stderr);
	/* the errors of the parser that matter: in functions that were looked into */
	{
		struct bytes b = { .data = alloc(1 << 20) };
		char *save = NULL;
		ssize_t got = pread(c->err, b.data, (1 << 20) - 1, 0);

		for (char *line = got > 0 ? strtok_r(b.data, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
			const char *colon = strchr(line, ':');

			if (strstr(line, ": error: ") && colon &&
			    was_entered(copy_bytes(line, colon - line), atoi(colon + 1))) {
				fprintf(stderr, "\nmatters: %s\n", line);
				break;
			}
		}
	}
	fflush(NULL);
	_exit(0);
}

static char *whole(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *s = alloc((size > 0 ? size : 0) + 1);
	ssize_t got = size > 0 ? pread(fd, s, size, 0) : 0;

	s[got > 0 ? got : 0] = 0;
	return s;
}

static struct child begin(int first, const int *list, int n)
{
	struct child c = { .first = first, .out = memfd_create("facts", MFD_CLOEXEC), .err = memfd_create("errors", MFD_CLOEXEC) };

	if (c.out < 0 || c.err < 0)
		fatal("memfd_create: %s: give this machine more memory", strerror(errno));
	fflush(NULL);
	c.pid = fork();
	if (c.pid < 0)
		fatal("fork: %s: give this machine more memory or use fewer --jobs", strerror(errno));
	if (!c.pid) {
		if (dup2(c.err, STDERR_FILENO) < 0)
			_exit(EXIT_INCOMPLETE);
		state_facts(&c, list, n);
	}
	return c;
}

static const char *first_error(const char *errors)
{
	const char *at = strstr(errors, ": error: ");
	const char *start, *end;

	if (!at)
		at = strstr(errors, "rror:");	/* of a sanitizer, or of sparse as it dies */
	start = at;
	if (!at)
		return "the parser ended without a word";
	while (start > errors && start[-1] != '\n')
		start--;
	end = strchr(at, '\n');
	return end ? copy_bytes(start, end - start) : copy_string(start);
}

static void end(const struct child *c, int status, const int *list, int n)
{
	char *out = whole(c->out), *errors = whole(c->err), *matters = strstr(errors, "\nmatters: ");
	json_t *all = WIFEXITED(status) && !WEXITSTATUS(status) ? json_loads(out, 0, NULL) : NULL, *files, *name;
	const struct request *first = &requests[c->first];
	size_t k;

	if (matters)
		*strchrnul(matters + 10, '\n') = 0;
	files = json_array();
	json_array_foreach(json_object_get(all, "files"), k, name)
		if (*json_string_value(name) != '<' && *json_string_value(name))
			json_array_append(files, name);
	if (all)
		store(unit_name(first), files);
	for (int i = 0; i < n; i++) {
		struct request *r = &requests[list[i]];
		json_t *facts = json_array_get(json_object_get(all, "answers"), i), *answer;

		if (!facts) {
			r->failure = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ?
				format("takes more than %d s", file_seconds) : WIFSIGNALED(status) ?
				format("the checker was ended by signal %d: report it with the file", WTERMSIG(status)) :
				format("does not parse: %s", first_error(errors));
			continue;
		}
		answer = json_pack("{sO so}", "facts", facts, "error", text(matters ? matters + 10 : ""));
		take_answer(r, json_incref(answer));
		store(facts_name(r, files), answer);
		json_decref(answer);
	}
	close(c->out);
	close(c->err);
	free(out);
	free(errors);
}

/* ---------------------------------------------------------- files in order */

static int by_file(const void *a, const void *b)
{
	const struct request *x = &requests[*(const int *)a], *y = &requests[*(const int *)b];
	int c = strcmp(x->file, y->file);

	if (!c)
		c = x->build - y->build;
	if (!c)
		c = strcmp(x->callee, y->callee);
	return c ? c : strcmp(x->arguments, y->arguments);
}

/* Answers all requests that are open: from the cache, or by parsing each file once. */
static void answer_all(int at_once)
{
	int *open = NULL, n = 0, cap = 0, next = 0, running = 0;
	struct { struct child c; int from, to; } *run = alloc(at_once * sizeof(*run));

	for (int i = 0; i < n_requests; i++) {
		if (!answered(i))
			recall(&requests[i]);
		if (!answered(i))
			push(open, n, cap) = i;
	}
	if (n)
		qsort(open, n, sizeof(*open), by_file);
	while (next < n || running) {
		int status, from = next, slot = 0;
		pid_t pid;

		if (next < n && running < at_once) {
			while (next < n && !strcmp(requests[open[next]].file, requests[open[from]].file) &&
			       requests[open[next]].build == requests[open[from]].build)
				next++;
			if (n_parsed++ >= MAX_FILES || time(NULL) - began > MAX_SECONDS) {
				for (int i = from; i < next; i++)
					requests[open[i]].failure = n_parsed > MAX_FILES ?
						format("more than %d files would have to be parsed", MAX_FILES) :
						format("the %d seconds for following calls are used up", MAX_SECONDS);
				continue;
			}
			while (run[slot].c.pid)
				slot++;
			run[slot].from = from;
			run[slot].to = next;
			run[slot].c = begin(open[from], open + from, next - from);
			running++;
			continue;
		}
		pid = wait(&status);
		if (pid < 0 && errno != EINTR)
			break;
		for (slot = 0; slot < at_once; slot++)
			if (pid > 0 && run[slot].c.pid == pid) {
				end(&run[slot].c, status, open + run[slot].from, run[slot].to - run[slot].from);
				run[slot].c.pid = 0;
				running--;
			}
	}
	free(open);
	free(run);
}

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

/* What all the lists agree on: other arguments may be anything. */
static json_t *agreed(json_t *a, json_t *b)
{
	json_t *out = json_array();
	size_t i;

	for (i = 0; i < json_array_size(a) && i < json_array_size(b); i++)
		json_array_append_new(out, json_equal(json_array_get(a, i), json_array_get(b, i)) ?
				      json_incref(json_array_get(a, i)) : json_string(""));
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

static void add_place(const json_t *site, const char *callee, const json_t *said)
{
	json_t *arguments = json_object_get(said, "arguments"), *stopped = json_object_get(said, "stopped");
	struct row *r = NULL;

	for (int i = 0; i < n_rows && !r; i++)
		if (!strcmp(rows[i].callee, callee) && !strcmp(rows[i].file, str(site, "file")) &&
		    json_integer_value(json_array_get(rows[i].lines, 0)) == num(site, "line"))
			r = &rows[i];
	if (!r) {
		r = &push(rows, n_rows, cap_rows);
		*r = (struct row){ .file = copy_string(str(site, "file")), .callee = copy_string(callee),
				   .lines = json_pack("[i]", num(site, "line")), .values = json_array() };
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
	r->arguments = r->arguments ? agreed(r->arguments, arguments) : json_incref(arguments);
	r->stopped = r->stopped ? common(r->stopped, stopped) : json_is_array(stopped) ? json_incref(stopped) : json_array();
}

static void add_callees(json_t *line, void *data)
{
	const char *kind = str(line, "kind");
	json_t *atoms, *atom, *operand;
	size_t i, j, k;

	(void)data;
	if (strcmp(str(line, "k"), "site"))
		return;
	if (!strcmp(kind, "call") && strchr(str(line, "errno"), ':'))
		add_place(line, strchr(str(line, "errno"), ':') + 1, line);
	else if ((!strcmp(kind, "dropped") || !strcmp(kind, "swallowed")) && !flag(line, "own"))
		add_place(line, str(line, "callee"), line);
	else if (!strcmp(kind, "constant"))
		json_array_foreach(json_object_get(json_array_get(json_object_get(line, "guards"), 0), "alternatives"), i, atoms)
			json_array_foreach(atoms, j, atom)
				json_array_foreach(json_object_get(atom, "operands"), k, operand)
					if (*str(operand, "callee") && !flag(operand, "own"))
						add_place(line, str(operand, "callee"), operand);
}

static int by_call(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c = strcmp(x->file, y->file);

	if (!c)
		c = strcmp(x->callee, y->callee);
	return c ? c : (int)(json_integer_value(json_array_get(x->lines, 0)) - json_integer_value(json_array_get(y->lines, 0)));
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
			rows[i].arguments = json_array();
		if (!rows[i].stopped)
			rows[i].stopped = json_array();
		for (int k = 0; k < kept && !same; k++)
			if (!strcmp(rows[k].file, rows[i].file) && !strcmp(rows[k].callee, rows[i].callee) &&
			    json_equal(rows[k].arguments, rows[i].arguments) && json_equal(rows[k].stopped, rows[i].stopped) &&
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
	const char *file;		/* the site's, for the first; else NULL: where the definition is */
};

static void add_gap(struct row *r, const char *why, const json_t *chain)
{
	const json_t *last = json_array_get(chain, json_array_size(chain) - 1);

	if (!r->gaps++)
		r->why = last ? format("%s (%s, %s:%d)", why, str(last, "function"), str(last, "file"), num(last, "line")) : why;
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
		if (!strcmp(str(have, "errno"), str(fact, "errno")) && num(have, "line") == num(fact, "line") &&
		    !strcmp(str(have, "file"), str(fact, "file")) && !strcmp(str(have, "function"), str(fact, "function")))
			return;
	out = json_copy((json_t *)fact);
	json_object_set_new(out, "chain", longer(w->chain, json_object_get(fact, "chain")));
	json_array_append_new(r->errnos, out);
}

static int build_of(const char *file, bool *built)
{
	for (int i = 0; i < n_builds; i++)
		if ((strncmp(file, "arch/", 5) || (!strncmp(file + 5, builds[i].arch, strlen(builds[i].arch)) &&
						   file[5 + strlen(builds[i].arch)] == '/')) &&
		    compiled(file, builds[i].config)) {
			*built = true;
			return i;
		}
	*built = false;
	return 0;
}

/* A file that defines NAME for an architecture which no configuration is for, or NULL. */
static const char *elsewhere(const char *name)
{
	const char **all;

	return definitions_named(name, &all) ? all[0] : NULL;
}

/* Files that may define NAME: those that a configuration compiles, else any that is of no other architecture. */
static int places_of(const char *name, const char ***files, int **of_build)
{
	const char **all, **kept = NULL;
	int n = definitions_named(name, &all), n_kept = 0, cap = 0, *found = NULL, n_found = 0, cap_found = 0;
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

/* The facts of what W calls; NULL when they are not known yet, or never will be: then the gap is noted. */
static const struct request *request_of(struct row *r, const struct lead *w)
{
	const struct request *only = NULL, *stub = NULL;
	const char **files, *failure = NULL, *names = "";
	int n, *of_build, defined = 0, open = 0;
	bool built;

	if (w->file) {
		int i = request_for(w->file, build_of(w->file, &built), w->callee, w->arguments);

		if (!answered(i)) {
			r->missing++;
			return NULL;
		}
		if (flag(requests[i].facts, "found"))
			stub = &requests[i];
		/* a body in a header is the function, unless the tree has another: then it is the stub for its absence */
		if (stub && !strcmp(str(stub->facts, "file"), w->file))
			return stub;
		failure = requests[i].failure;
	}
	n = places_of(w->callee, &files, &of_build);
	for (int i = 0; i < n; i++) {
		int k = request_for(files[i], of_build[i], w->callee, w->arguments);

		if (!answered(k)) {
			open++;
		} else if (flag(requests[k].facts, "found")) {
			only = &requests[k];
			names = format("%s%s%s", names, defined++ ? " and " : "", files[i]);
		} else if (requests[k].failure) {
			failure = format("%s: %s", files[i], requests[k].failure);
		}
	}
	r->missing += open;
	if (open || (!defined && stub))
		return open ? NULL : stub;
	if (defined == 1)
		return only;
	add_gap(r, defined ? format("%s is defined in %s", w->callee, names) :
		failure ? format("%s: %s", w->callee, failure) :
		n ? format("%s is not defined in %s as it is configured", w->callee, files[0]) :
		strpbrk(w->callee, "->.([") ? format("%s is called through a pointer", w->callee) :
		elsewhere(w->callee) ? format("%s is defined for another architecture only: %s", w->callee, elsewhere(w->callee)) :
		format("no definition of %s was found", w->callee), w->chain);
	return NULL;
}

static const char *way_key(const struct lead *w)
{
	char *a = json_dumps(w->arguments, JSON_COMPACT), *s = json_dumps(w->stopped, JSON_COMPACT);
	const char *key = format("%s %s %s %s", w->file ? w->file : "", w->callee, a ? a : "", s ? s : "");

	free(a);
	free(s);
	return key;
}

/* What the callee of a row returns, by what is known so far: r->missing facts are still to be asked for. */
static void put_together(struct row *r)
{
	struct lead *ways = NULL;
	const char **keys = NULL;
	int n = 0, cap = 0, n_keys = 0, cap_keys = 0;

	r->errnos = json_array();
	r->why = "";
	r->gaps = r->steps = r->missing = 0;
	push(ways, n, cap) = (struct lead){ r->callee, r->arguments, json_array(), r->stopped, r->file };
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
			add_gap(r, str(fact, "why"), longer(w.chain, json_object_get(fact, "chain")));
		json_array_foreach(json_object_get(q->facts, "calls"), i, fact) {
			struct lead more = { str(fact, "callee"), json_object_get(fact, "arguments"),
					    longer(w.chain, json_object_get(fact, "chain")),
					    longer(w.stopped, json_object_get(fact, "stopped")), NULL };
			const char *key = way_key(&more);
			bool known = false;

			for (int k = 0; k < n_keys && !known; k++)
				known = !strcmp(keys[k], key);
			if (known)
				continue;
			push(keys, n_keys, cap_keys) = key;
			if (json_array_size(more.chain) > MAX_CHAIN)
				add_gap(r, format("calls are nested more than %d deep", MAX_CHAIN), more.chain);
			else if (n_keys > MAX_STEPS)
				add_gap(r, format("more than %d calls would have to be followed", MAX_STEPS), more.chain);
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
		json_array_append_new(r->errnos, json_pack("{sO ss sO ss sn s[{ss ss sO}]}", "errno", v, "file", r->file,
			"line", json_array_get(r->lines, 0), "function", r->callee, "guard", "chain", "function", r->callee,
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

	return json_pack("{ss ss ss sO sO ss so so}", "k", "foreign", "callee", r->callee, "file", r->file, "lines", r->lines,
			 "arguments", r->arguments, "status", !r->steps ? "not-followed" : r->gaps ? "partial" : "followed",
			 "why", text(why), "errnos", sorted_errnos(r->errnos));
}

static const char *absolute(const char *folder, const char *path)
{
	return *path == '/' ? path : format("%s/%s", folder, path);
}

int follow_callees(int argc, char **argv)
{
	const char *tree = required(argc, argv, "tree"), *out = required(argc, argv, "out"), *api_file = required(argc, argv, "api");
	int at_once = atoi(option(argc, argv, "jobs", "1")), open = 1;
	char *folder = realpath(".", NULL);
	struct bytes b;
	FILE *f;

	if (!folder)
		fatal(".: %s: start in a folder that exists", strerror(errno));

	file_seconds = atoi(option(argc, argv, "timeout", "30"));
	if (file_seconds < 1)
		fatal("--timeout: is no number of seconds: name one, or leave it out");
	load_api(api_file);
	if (read_file(api_file, &b))
		program_id = hash_bytes(0, b.data, b.size);
	if (read_file("/proc/self/exe", &b))
		program_id = hash_bytes(program_id, b.data, b.size);
	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "--sites"))
			read_json_lines(argv[i + 1], add_callees, NULL);
	cache = option(argc, argv, "cache", NULL);
	if (cache)
		cache = absolute(folder, cache);
	out = absolute(folder, out);
	if (chdir(tree))
		fatal("%s: %s: name a kernel tree", tree, strerror(errno));
	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "--flags"))
			add_build(absolute(folder, argv[i + 1]));
	if (!n_builds)
		fatal("--flags: is needed: one for each configuration that the tree was prepared for");
	began = time(NULL);
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
		json_dumpf(row_json(&rows[i]), f, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
		fputc('\n', f);
	}
	write_end(f, out);
	return 0;
}
