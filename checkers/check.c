// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach-check: in, C files and the flags to parse them with; out, warnings as
 * sparse prints them, or with --out the sites of all bound callbacks as lines.
 *
 *   attach-check FLAGS FILE.c                     a checker: make C=1 CHECK=.../attach-check
 *   attach-check --bindings FILE --out FILE ...   the engine: each bound file in a process of its own
 *   attach-check --follow --out FILE ...          what callees of other subsystems return: foreign.c
 */
#include "read/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FILE_SECONDS 300

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static const char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? copy_bytes(path, slash - path) : ".";
}

/* ---------------------------------------------------------------- engine */

struct job {
	const char *file;
	json_t *bindings;		/* lines of bindings.jsonl */
	json_t *result;			/* what the child said, or NULL */
	const char *failure;
	bool worse;			/* than what an earlier run has: that stays */
	pid_t child;
};

static struct job *jobs;
static int n_jobs, cap_jobs;
static const char *work;		/* folder for what children say */

/*
 * DOUBT: what was reached parses, but another configuration may do better: the driver's files hold errors elsewhere,
 * or a stub stands for one of its functions.
 */
static json_t *coverage_line(const json_t *binding, const char *status, const char *why, const char *driver, bool doubt)
{
	return json_pack("{ss ss sb sO so sO sO sO ss so so}", "k", "coverage", "engine", "sparse", "doubt", doubt,
			 "op", json_object_get(binding, "op"), "ops", text(str(binding, "ops")),
			 "callback", json_object_get(binding, "callback"), "file", json_object_get(binding, "file"),
			 "line", json_object_get(binding, "line"), "status", status, "why", text(why),
			 "driver", text(driver));
}

static const char *result_path(int job, const char *suffix)
{
	return format("%s/%d.%s", work, job, suffix);
}

/* The functions that were entered, of all callbacks so far. */
static struct visited visited;

static bool was_visited(const char *file, int line, int end)
{
	for (int i = 0; i < visited.n; i++) {
		const struct definition *d = visited.list[i];

		if (!strcmp(d->source->path, file) && d->line >= line && d->line <= end)
			return true;
	}
	return false;
}

/* The driver's file that "path:12:3: error: ..." is about, or NULL. */
static const struct source *own_file(const char *line)
{
	const char *colon = strchr(line, ':');

	return colon ? find_source(&program, copy_bytes(line, colon - line)) : NULL;
}

/* Is that within a function, with ENTERED one that was looked into? */
static bool within_function(const char *line, bool entered)
{
	const struct source *s = own_file(line);
	int at = s ? atoi(strchr(line, ':') + 1) : 0;

	for (int i = 0; s && i < s->n_definitions; i++)
		if (s->definitions[i]->line <= at && at <= s->definitions[i]->end &&
		    (!entered || was_visited(s->path, s->definitions[i]->line - 3, s->definitions[i]->end)))
			return true;
	return false;
}

/*
 * The first error of the parser that matters: within a function that a callback
 * reaches; or, where it ended the run, the last one; or, where something is MISSING,
 * the first in the driver's files. What it says of headers of other subsystems, or of
 * a module's description, does not change any site. DOUBT is set where one is in any
 * function of the driver's files.
 */
static const char *first_error(const char *path, bool dead, bool missing, bool *doubt)
{
	struct bytes b;
	char *line, *save = NULL, *last = NULL;

	if (!read_file(path, &b))
		return NULL;
	for (line = strtok_r(b.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (dead && !last && strstr(line, "rror:"))
			last = line;		/* also a sanitizer's */
		if (!strstr(line, ": error: "))
			continue;
		last = line;
		*doubt |= within_function(line, false);
		if (!dead && (missing ? own_file(line) != NULL : within_function(line, true)))
			return copy_string(line);
	}
	return dead ? copy_string(last ? last : "the parser ended without a word") : NULL;
}

/* In the child: every file and folder that the parser or the text reader has opened. */
static json_t *files_read(void)
{
	json_t *list = json_array();

	for (int i = 0; i < input_stream_nr; i++)
		if (!access(stream_name(i), R_OK))	/* not what sparse itself defines */
			json_array_append_new(list, text(stream_name(i)));
	for (int i = 0; i < program.n_sources; i++) {
		json_array_append_new(list, text(program.sources[i]->path));
		json_array_append_new(list, text(program.sources[i]->dir));	/* changes with what is in it */
	}
	return list;
}

/* Adds the lines of one bound callback. STATUS gets "analysed", "partial" or "not-analysed" and WHY the reason. */
static void analyse_callback(json_t *lines, const json_t *binding, struct symbol *callback, const char **status,
			     const char **why)
{
	struct definition *def = text_of(callback);
	struct visited entered = { 0 };
	const char *gap = NULL;

	if (!def) {
		*status = "not-analysed";
		*why = format("the definition of %s was not found", str(binding, "callback"));
		return;
	}
	for (int k = 0; k < def->source->n_definitions; k++) {
		struct definition *d = def->source->definitions[k];

		for (int i = 0; i < d->n_params; i++)
			if (!strcmp(d->params[i].type, "struct iommu_domain *"))
				learn_domain_types(function_of(d));
	}
	add_sites(lines, binding, def, &gap, &entered);
	for (int i = 0; i < entered.n; i++)
		push(visited.list, visited.n, visited.cap) = entered.list[i];
	*status = gap ? "partial" : "analysed";
	*why = gap ? gap : "";
}

/* The C files of the functions that were entered. */
static json_t *sources_visited(void)
{
	json_t *list = json_array();

	for (int i = 0; i < visited.n; i++) {
		const char *path = visited.list[i]->source->path;
		bool known = path[strlen(path) - 1] != 'c';
		json_t *v;
		size_t k;

		json_array_foreach(list, k, v)
			known |= !strcmp(json_string_value(v), path);
		if (!known)
			json_array_append_new(list, text(path));
	}
	return list;
}

static void begin_reading(const char *folder)
{
	context.program = &program;
	context.engine = "sparse";
	context.read = read_tree;
	context.left_out = left_out;
	context.made_up = made_up;
	context.describe = describe_call;
	load_points(json_object());
	add_folder(&program, folder);
	keep_as_written(false);
	start_sparse();
}

/* In the child: all callbacks that FILE binds. ERRORS is where stderr goes. */
static json_t *analyse(const char *file, json_t *wanted, const char *errors)
{
	json_t *lines = json_array(), *rows = json_array(), *b, *seen = json_array();
	const char *error;
	struct bound *found;
	bool doubt = false, missing = false;
	int n;
	size_t i;

	begin_reading(folder_of(file));
	parse_unit(file);
	n = bound_entries(&found);
	json_array_foreach(wanted, i, b) {
		const char *status = "not-analysed", *why = "the tables of this configuration do not bind it";
		json_t *own = json_array();

		for (int k = 0; k < n; k++)
			if (!strcmp(found[k].op, str(b, "op")) && !strcmp(found[k].callback, str(b, "callback"))) {
				analyse_callback(own, b, found[k].symbol, &status, &why);
				break;
			}
		missing |= !strcmp(status, "not-analysed");
		json_array_extend(lines, own);
		json_array_append_new(rows, json_pack("{sO ss so}", "binding", b, "status", status, "why", text(why)));
		json_array_append_new(seen, text(format("%s %s", str(b, "op"), str(b, "callback"))));
	}
	/* what a macro binds the text does not show */
	for (int k = 0; k < n; k++) {
		const char *status = "analysed", *why = "";
		bool known = strcmp(found[k].file, file) != 0;

		json_array_foreach(seen, i, b)
			known |= !strcmp(json_string_value(b), format("%s %s", found[k].op, found[k].callback));
		if (known)
			continue;
		json_array_append_new(seen, text(format("%s %s", found[k].op, found[k].callback)));
		b = json_pack("{ss ss ss ss si ss ss}", "op", found[k].op, "ops", "", "callback", found[k].callback,
			      "file", file, "line", found[k].line, "fixed", "", "status", "bound");
		analyse_callback(lines, b, found[k].symbol, &status, &why);
		json_array_append_new(rows, json_pack("{so ss so}", "binding", b, "status", status, "why", text(why)));
	}
	fflush(stderr);
	error = first_error(errors, false, missing, &doubt);
	doubt |= stub_instead();
	return json_pack("{sb so so so so so}", "doubt", doubt, "lines", lines, "rows", rows,
			 "sources", sources_visited(), "read", files_read(), "error", error ? text(error) : json_null());
}

static void start(int job)
{
	fflush(NULL);
	jobs[job].child = fork();
	if (jobs[job].child < 0)
		fatal("fork: %s: give this machine more memory or use fewer --jobs", strerror(errno));
	if (!jobs[job].child) {
		int fd = open(result_path(job, "err"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
			_exit(EXIT_INCOMPLETE);
		alarm(MAX_FILE_SECONDS);
		write_json(result_path(job, "json"), analyse(jobs[job].file, jobs[job].bindings,
							      result_path(job, "err")));
		fflush(NULL);
		_exit(0);
	}
}

static void finish(int job, int status)
{
	struct job *j = &jobs[job];
	bool dead = !WIFEXITED(status) || WEXITSTATUS(status);
	bool doubt = false;
	struct bytes b;

	j->child = 0;
	if (WIFSIGNALED(status))
		j->failure = WTERMSIG(status) == SIGALRM ? format("takes more than %d s", MAX_FILE_SECONDS) :
			     format("the checker was ended by signal %d: report it with the file", WTERMSIG(status));
	else if (dead)
		j->failure = first_error(result_path(job, "err"), true, false, &doubt);
	if (!dead && read_file(result_path(job, "json"), &b))
		j->result = json_loadb(b.data, b.size, 0, NULL);
	if (*str(j->result, "error"))
		j->failure = str(j->result, "error");
	if (!j->result && !j->failure)
		j->failure = "nothing was learnt of it";
}

static void run(int at_once)
{
	int next = 0, running = 0;

	while (next < n_jobs || running) {
		int status;
		pid_t pid;

		while (next < n_jobs && running < at_once) {
			start(next++);
			running++;
		}
		pid = wait(&status);
		if (pid < 0 && errno != EINTR)
			fatal("wait: %s: report it", strerror(errno));
		for (int i = 0; i < n_jobs; i++)
			if (pid > 0 && jobs[i].child == pid) {
				finish(i, status);
				running--;
			}
	}
}

/* Bindings that belong to one file make one job. */
static void add_binding(json_t *line, void *data)
{
	(void)data;
	if (strcmp(str(line, "status"), "bound"))
		return;
	context.tested |= tests_for(str(line, "op"), NULL);
	for (int i = 0; i < n_jobs; i++)
		if (!strcmp(jobs[i].file, str(line, "file"))) {
			json_array_append(jobs[i].bindings, line);
			return;
		}
	push(jobs, n_jobs, cap_jobs) = (struct job){ .file = str(line, "file"), .bindings = json_pack("[O]", line) };
	json_incref(line);
}

/* Files whose callbacks share C files are one driver, as the text engine has it. */
static int *driver_of;

static int root(int i)
{
	while (driver_of[i] != i)
		i = driver_of[i];
	return i;
}

static bool shares(int a, int b)
{
	json_t *x, *y;
	size_t i, k;

	json_array_foreach(json_object_get(jobs[a].result, "sources"), i, x)
		json_array_foreach(json_object_get(jobs[b].result, "sources"), k, y)
			if (json_equal(x, y))
				return true;
	return false;
}

static const char *driver_name(int i)
{
	const char *file = jobs[root(i)].file, *dot = strrchr(file, '.'), *slash = strrchr(file, '/');
	const char *prefix = "drivers/iommu/";

	for (int k = 0; k < n_jobs; k++)
		if (root(k) == root(i) && k != root(i))
			dot = slash;
	if (!dot)
		dot = file + strlen(file);
	if (starts(file, prefix) && dot > file + strlen(prefix))
		return copy_bytes(file + strlen(prefix), dot - file - strlen(prefix));
	return copy_bytes(file, dot - file);
}

static char **dumps;
static int n_dumps, cap_dumps;

static void add_line(json_t *line)
{
	char *s = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);

	if (!s)
		fatal("out of memory: audit fewer files at once or give this machine more memory");
	push(dumps, n_dumps, cap_dumps) = s;
}

/* Files that an earlier run, with another architecture's flags, has analysed stay as they are. */
static json_t *earlier;

static void keep_earlier(json_t *line, void *data)
{
	(void)data;
	json_array_append(earlier, line);
}

/* Of a coverage line: the more the better. */
static int rank(const json_t *line)
{
	const char *status = str(line, "status");

	return !strcmp(status, "analysed") ? (flag(line, "doubt") ? 2 : 3) : !strcmp(status, "partial") ? 1 : 0;
}

static bool analysed_before(const char *file)
{
	json_t *l;
	size_t i;
	bool any = false, all = true;

	json_array_foreach(earlier, i, l)
		if (!strcmp(str(l, "k"), "coverage") && !strcmp(str(l, "file"), file)) {
			any = true;
			all &= rank(l) == 3;
		}
	return any && all;
}

/* Is the earlier run at least as good on this file? */
static bool better_before(const struct job *j)
{
	int now = 0, before = -1;
	json_t *l;
	size_t i;

	json_array_foreach(earlier, i, l)
		if (!strcmp(str(l, "k"), "coverage") && !strcmp(str(l, "file"), j->file))
			before = (before < 0 ? 0 : before) + rank(l);
	json_array_foreach(json_object_get(j->result, "rows"), i, l) {
		int r = flag(j->result, "doubt") && rank(l) == 3 ? 2 : rank(l);

		now += j->failure && r > 1 ? 1 : r;
	}
	return before >= now;
}

/* Drivers by bound file, as another engine's coverage has them. */
static json_t *drivers;

static void keep_driver(json_t *line, void *data)
{
	(void)data;
	if (!strcmp(str(line, "k"), "coverage"))
		json_object_set(drivers, str(line, "file"), json_object_get(line, "driver"));
}

static void collect(void)
{
	driver_of = alloc((n_jobs + 1) * sizeof(*driver_of));
	for (int i = 0; i < n_jobs; i++)
		driver_of[i] = i;
	for (int i = 0; i < n_jobs; i++)
		for (int k = 0; k < i; k++)
			if (root(i) != root(k) && shares(i, k))
				driver_of[root(i)] = root(k);
	for (int i = 0; i < n_jobs; i++) {
		const char *known = str(drivers, jobs[i].file), *driver = *known ? known : driver_name(i);
		json_t *row;
		size_t k;

		jobs[i].worse = better_before(&jobs[i]);
		if (jobs[i].worse)
			continue;
		json_array_foreach(json_object_get(jobs[i].result, "lines"), k, row) {
			json_object_set_new(row, "driver", text(driver));
			add_line(row);
		}
		if (!jobs[i].result) {
			json_array_foreach(jobs[i].bindings, k, row)
				add_line(coverage_line(row, "not-analysed", jobs[i].failure, driver, false));
			continue;
		}
		json_array_foreach(json_object_get(jobs[i].result, "rows"), k, row) {
			const char *status = str(row, "status"), *why = str(row, "why");

			if (jobs[i].failure && !strcmp(status, "analysed")) {
				status = "partial";
				why = jobs[i].failure;
			} else if (jobs[i].failure && !strcmp(status, "not-analysed")) {
				why = jobs[i].failure;
			}
			add_line(coverage_line(json_object_get(row, "binding"), status, why, driver,
					       flag(jobs[i].result, "doubt") && !strcmp(status, "analysed")));
		}
	}
}

/* One path a line, relative to the tree or absolute, each as often as a child read it. */
static void write_read(const char *path)
{
	FILE *f = write_begin(path);
	json_t *file;
	size_t k;

	for (int i = 0; i < n_jobs; i++)
		json_array_foreach(json_object_get(jobs[i].result, "read"), k, file)
			fprintf(f, "%s\n", json_string_value(file));
	write_end(f, path);
}

/* A path that is to be written, from the folder that the program was started in. */
static const char *absolute(const char *path)
{
	char *folder = realpath(folder_of(path), NULL);
	const char *slash = strrchr(path, '/');

	if (!folder)
		fatal("%s: no such folder: make it first", folder_of(path));
	return format("%s/%s", folder, slash ? slash + 1 : path);
}

/* A file of the project: beside the program's folder, wherever that was put. */
static const char *project_file(const char *name)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		fatal("%s: cannot be found: name it with an option", name);
	self[n] = 0;
	for (const char *dir = folder_of(folder_of(self)); strlen(dir) > 1; dir = folder_of(dir))
		if (!access(format("%s/%s", dir, name), R_OK))
			return format("%s/%s", dir, name);
	fatal("%s: not found above %s: keep the program in the project's build folder", name, self);
}

static int engine(int argc, char **argv)
{
	const char *tree = required(argc, argv, "tree"), *before = option(argc, argv, "previous", NULL),
		   *like = option(argc, argv, "drivers", NULL), *read = option(argc, argv, "read", NULL),
		   *rules = option(argc, argv, "contract", NULL);
	const char *out = absolute(required(argc, argv, "out"));
	int at_once = atoi(option(argc, argv, "jobs", "1")), kept = 0;
	FILE *f;

	read = read ? absolute(read) : NULL;
	load_api(required(argc, argv, "api"));
	contract_read(rules ? rules : project_file("contract.json"));
	read_flags(required(argc, argv, "flags"));
	read_json_lines(required(argc, argv, "bindings"), add_binding, NULL);
	earlier = json_array();
	drivers = json_object();
	if (like)
		read_json_lines(like, keep_driver, NULL);
	if (before)
		read_json_lines(before, keep_earlier, NULL);
	for (int i = 0; i < n_jobs; i++)
		if (!analysed_before(jobs[i].file))
			jobs[kept++] = jobs[i];
	n_jobs = kept;
	work = format("%s.XXXXXX", out);
	if (!mkdtemp((char *)work))
		fatal("%s: %s: choose a folder that can be written to", out, strerror(errno));
	if (chdir(tree))
		fatal("%s: %s: name a kernel tree", tree, strerror(errno));
	run(at_once < 1 ? 1 : at_once);
	collect();
	for (size_t i = 0; i < json_array_size(earlier); i++) {
		json_t *l = json_array_get(earlier, i);
		const json_t *first = json_array_get(json_object_get(l, "path"), 0);
		bool redone = false;

		for (int k = 0; k < n_jobs; k++)
			redone |= !jobs[k].worse &&
				  !strcmp(!strcmp(str(l, "k"), "coverage") ? str(l, "file") : str(first, "file"), jobs[k].file);
		if (!redone)
			add_line(l);
	}
	for (int i = 0; i < n_jobs; i++) {
		unlink(result_path(i, "json"));
		unlink(result_path(i, "err"));
	}
	rmdir(work);
	if (n_dumps)
		qsort(dumps, n_dumps, sizeof(*dumps), by_text);
	f = write_begin(out);
	for (int i = 0; i < n_dumps; i++)
		if (!i || strcmp(dumps[i], dumps[i - 1]))
			fprintf(f, "%s\n", dumps[i]);
	write_end(f, out);
	if (read)
		write_read(read);
	return 0;
}

/* --------------------------------------------------------------- checker */

/* The kernel tree that FILE lies in, for the contract of its time; NULL for none. */
static const char *tree_of(const char *file)
{
	for (const char *dir = folder_of(file); strlen(dir) > 1; dir = folder_of(dir))
		if (!access(format("%s/include/linux/iommu.h", dir), R_OK))
			return dir;
	return access("include/linux/iommu.h", R_OK) ? NULL : ".";
}

static void write_lines(const char *path, const json_t *lines)
{
	FILE *f = write_begin(path);
	json_t *l;
	size_t i;

	json_array_foreach(lines, i, l) {
		json_dumpf(l, f, JSON_COMPACT | JSON_SORT_KEYS);
		fputc('\n', f);
	}
	write_end(f, path);
}

/* Findings on these lines, as step classify has them. */
static json_t *judged(const char *folder, const json_t *lines, const char *file)
{
	const char *names[] = { "sites.jsonl", "scan.json", "engines.json", "audit.json" }, *paths[4];
	const char *rules = project_file("contract.json"), *tree = tree_of(file);
	json_t *contracts = contract_read(rules), *audit;
	const char *contract = contract_choose(contracts, rules, tree ? tree : ".", tree ? NULL : "merged", NULL);

	for (int i = 0; i < 4; i++)
		paths[i] = format("%s/%s", folder, names[i]);
	write_lines(paths[0], lines);
	write_json(paths[1], json_pack("{ss ss}", "contract", contract, "version", ""));
	write_json(paths[2], json_object());
	{
		char *step[] = { "classify", "--scan", (char *)paths[1], "--api", (char *)project_file("checkers/api.json"),
				 "--contract", (char *)rules, "--engines", (char *)paths[2], "--sites", (char *)paths[0],
				 "--out", (char *)paths[3], NULL };

		step_classify(sizeof(step) / sizeof(*step) - 1, step);
	}
	audit = read_json(paths[3]);
	for (int i = 0; i < 4; i++)
		unlink(paths[i]);
	return audit;
}

static void print_findings(const json_t *audit)
{
	json_t *finding, *site;
	size_t i, k;

	json_array_foreach(json_object_get(audit, "findings"), i, finding)
		json_array_foreach(json_object_get(audit, "sites"), k, site) {
			const char *rewrite = str(finding, "rewrite");

			if (strcmp(str(site, "id"), str(finding, "site")))
				continue;
			fprintf(stderr, "%s:%d:%d: %s: %s: %s%s%s [%s]\n", str(site, "file"), num(site, "line"),
				num(site, "column"), strcmp(str(finding, "severity"), "error") ? "note" : "warning",
				str(site, "function"), str(finding, "message"), *rewrite ? "; " : "", rewrite,
				str(finding, "rule"));
		}
}

static int check(int argc, char **argv)
{
	char temporary[] = "/tmp/attach-check.XXXXXX", *full, here[4096];
	const char *file = NULL;
	struct bound *found;
	json_t *lines = json_array();
	int n;

	for (int i = 1; i < argc; ) {
		size_t len = strlen(argv[i]);

		if (argv[i][0] != '-' && len > 2 && !strcmp(argv[i] + len - 2, ".c")) {
			file = argv[i++];
			continue;
		}
		i += take_flag(argc, argv, i);
	}
	if (!file)
		fatal("usage: attach-check FLAGS FILE.c, or with --out as an engine: see docs/sparse.md");
	full = realpath(file, NULL);
	if (!full || !getcwd(here, sizeof(here)))
		fatal("%s: %s: name a C file", file, strerror(errno));
	if (starts(full, here) && full[strlen(here)] == '/') {
		file = full + strlen(here) + 1;
	} else {
		file = full;
		program.tree = "";
	}
	load_api(project_file("checkers/api.json"));
	contract_read(project_file("contract.json"));
	begin_reading(folder_of(file));
	parse_unit(file);
	n = bound_entries(&found);
	for (int i = 0; i < n; i++) {
		const char *status, *why;
		json_t *binding = json_pack("{ss ss ss ss si ss}", "op", found[i].op, "callback", found[i].callback, "file",
					    file, "ops", "", "line", found[i].line, "fixed", "");

		analyse_callback(lines, binding, found[i].symbol, &status, &why);
		if (strcmp(status, "analysed"))
			fprintf(stderr, "%s:%d:1: note: %s is not completely known: %s\n", file, found[i].line,
				found[i].callback, why);
		json_array_append_new(lines, coverage_line(binding, status, why, file, false));
	}
	if (!n)
		return 0;
	if (!mkdtemp(temporary))
		fatal("%s: %s: free some space", temporary, strerror(errno));
	for (size_t i = 0; i < json_array_size(lines); i++)
		json_object_set_new(json_array_get(lines, i), "driver", text(file));
	print_findings(judged(temporary, lines, file));
	rmdir(temporary);
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stderr, NULL, _IOLBF, 0);
	signal(SIGCHLD, SIG_DFL);	/* where it is ignored, children leave no status */
	if (argc > 1 && !strcmp(argv[1], "--follow"))
		return follow_callees(argc, argv);
	if (option(argc, argv, "out", NULL))
		return engine(argc, argv);
	return check(argc, argv);
}
