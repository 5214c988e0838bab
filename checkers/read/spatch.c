// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step facts: in, the files and functions of closure.json and entries.json; out, facts.jsonl:
 * what spatch states about them with semantic-patches/facts.cocci, and one
 * failure line for each file that it could not be brought to read.
 *
 * spatch never sees the tree. It is given numbered copies (0.c, 1.c, ...) in a
 * scratch folder inside the cache, beside copies of the semantic patches, for
 * file names can hold anything. In a copy the bodies of functions that no
 * callback reaches are blanked, lines and columns kept: parsing is nearly all
 * that spatch spends, and an edit elsewhere in a driver then costs no new run.
 * Bytes that are not ASCII become '?': one that is not UTF-8 makes spatch drop the file.
 *
 * The operations of the contract are put into bindings.cocci. A copy's facts are cached under a hash of its path and content, the semantic
 * patches and spatch's version. What is not cached is dealt out over --jobs
 * spatch processes; where one fails, its files are run again one by one.
 * spatch exits with 0 after most of its failures, so stderr is read as well.
 */
#include "../audit.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Raised when the form of a cached entry changes. */
#define FORM "facts-1"
#define OLDEST_SPATCH "1.1.1"
#define STALE 600		/* seconds */
#define INSTALL "install it with: apt-get install coccinelle"

/* What spatch must at least be able to read: where it fails, it is not the file's fault. */
#define PROBE "int probe(int a)\n{\n\tif (a)\n\t\treturn -EINVAL;\n\treturn 0;\n}\n"

static const char *const patches[] = { "facts.cocci", "bindings.cocci", "macros.h" };

struct copy {
	const char *path;	/* relative to the tree */
	int number;		/* N of its copy N.c */
	char *key;		/* its name in the cache */
	struct bytes content;
	struct bytes facts;	/* lines, sorted */
	char *why;		/* NULL, or the reason there are no facts */
};

struct fact {
	json_t *at;
	const char *kind;
	char *line;
	struct copy *copy;
};

/* One spatch process. */
struct run {
	const char *const *argv;
	struct copy **copies;
	size_t n, cap;
	size_t bytes;
	pid_t pid;		/* 0 when it does not run */
	int number;		/* N of its files N.list, N.out, N.err */
	struct timespec deadline;
	char *why;		/* NULL, or how it failed */
};

static const char *program;	/* spatch */
static char *scratch;		/* folder, NULL before it exists */
static long limit;		/* seconds a run may take */
static sigset_t events;		/* SIGCHLD, SIGINT, SIGTERM: blocked and waited for */

/* ------------------------------------------------------------- the scratch */

static void remove_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (*e->d_name != '.')
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

static void remove_scratch(void)
{
	if (scratch)
		remove_folder(scratch);
	scratch = NULL;
}

/*
 * Scratch folders whose process was killed: nobody holds their lock, and nothing has been written to them
 * for a while. A process' number would say nothing: hosts and containers may share a cache.
 */
static void remove_stale(const char *cache)
{
	DIR *dir = opendir(cache);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		struct stat st;
		int fd;

		if (strncmp(e->d_name, "scratch.", 8))
			continue;
		fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && !fstat(fd, &st) && st.st_mtime < time(NULL) - STALE && !flock(fd, LOCK_EX | LOCK_NB))
			remove_folder(format("%s/%s", cache, e->d_name));
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
}

static void write_scratch(const char *name, const char *data, size_t size)
{
	char *path = format("%s/%s", scratch, name);
	FILE *f = fopen(path, "we");
	bool bad = !f || fwrite(data, 1, size, f) != size;

	if ((f && fclose(f)) || bad)
		fatal("%s: %s: free some space or set XDG_CACHE_HOME to a writable folder", path,
		      strerror(errno));
	free(path);
}

/* TEXT with each FROM in it made TO. */
static char *replaced(const char *text, const char *from, const char *to)
{
	char *out = copy_string("");
	const char *at;

	for (; (at = strstr(text, from)); text = at + strlen(from))
		out = format("%s%.*s%s", out, (int)(at - text), text, to);
	return format("%s%s", out, text);
}

/* bindings.cocci with the operations and their structures put in */
static struct bytes with_operations(const struct bytes *patch)
{
	const char *names = "", *types = "", *type;
	char *data;

	for (int i = 0; i < n_operations; i++)
		names = format("%s%s%s", names, i ? "|" : "(", operations[i].name);
	for (int i = 0; (type = table_type(i)); i++)
		types = format("%s%s%s", types, i ? "\\|" : "", type);
	data = replaced(patch->data, "(OPERATION)", format("%s)", names));
	data = replaced(data, "struct TABLE", format(table_type(1) ? "struct \\(%s\\)" : "struct %s", types));
	return (struct bytes){ .data = data, .size = strlen(data) };
}

static void make_scratch(const char *cache, const struct bytes *patch)
{
	char *real;

	remove_stale(cache);
	real = realpath(cache, NULL);
	if (real)
		scratch = format("%s/scratch.XXXXXX", real);
	if (!real || !mkdtemp(scratch)) {
		scratch = NULL;
		fatal("%s: %s: set XDG_CACHE_HOME to a writable folder", cache, strerror(errno));
	}
	atexit(remove_scratch);
	flock(open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC), LOCK_SH);	/* until this process ends */
	for (size_t i = 0; i < sizeof(patches) / sizeof(*patches); i++)
		write_scratch(patches[i], patch[i].data, patch[i].size);
}

/* --------------------------------------------------------------- processes */

static void kill_run(struct run *r)
{
	if (r->pid > 0) {
		kill(-r->pid, SIGKILL);
		waitpid(r->pid, NULL, 0);
	}
	r->pid = 0;
}

static void redirect(int to, const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd < 0 || dup2(fd, to) < 0)
		_exit(126);
	if (fd != to)
		close(fd);
}

static void start(struct run *r)
{
	char *out = format("%s/%d.out", scratch, r->number);
	char *err = format("%s/%d.err", scratch, r->number);
	sigset_t none;

	clock_gettime(CLOCK_MONOTONIC, &r->deadline);
	r->deadline.tv_sec += limit;
	r->pid = fork();
	if (r->pid < 0)
		fatal("cannot start %s: %s: end other programs and run the audit again", program,
		      strerror(errno));
	if (!r->pid) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
		redirect(STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC);
		redirect(STDERR_FILENO, err, O_WRONLY | O_CREAT | O_TRUNC);
		if (chdir(scratch) < 0)
			_exit(126);
		execvp(r->argv[0], (char *const *)r->argv);
		_exit(127);
	}
	setpgid(r->pid, r->pid);
	free(out);
	free(err);
}

/* What a program said on stderr, on one line and not too long. */
static char *squeeze(const char *s, size_t max)
{
	char *line = alloc(max + 1);
	size_t n = 0;

	for (; *s && n < max; s++) {
		if (!isspace((unsigned char)*s))
			line[n++] = *s;
		else if (n && line[n - 1] != ' ')
			line[n++] = ' ';
	}
	while (n && line[n - 1] == ' ')
		line[--n] = '\0';
	return line;
}

static struct bytes output_of(const struct run *r, const char *suffix)
{
	char *path = format("%s/%d.%s", scratch, r->number, suffix);
	struct bytes b = { .data = NULL };

	if (!read_file(path, &b))
		fatal("%s: %s: free some space and run the audit again", path, strerror(errno));
	free(path);
	return b;
}

/* How the run ended: NULL, or what went wrong. */
static char *outcome(const struct run *r, int status)
{
	struct bytes err = output_of(r, "err");
	char *exn = strstr(err.data, "EXN:"), *why = NULL;

	if (WIFSIGNALED(status))
		why = format("killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		why = format("exit status %d: %s", WEXITSTATUS(status), squeeze(err.data, 200));
	else if (exn)
		why = squeeze(exn, 200);
	free(err.data);
	return why;
}

static void reap(struct run *runs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int status;

		if (runs[i].pid <= 0 || waitpid(runs[i].pid, &status, WNOHANG) != runs[i].pid)
			continue;
		kill(-runs[i].pid, SIGKILL);	/* what it may have left behind */
		runs[i].pid = 0;
		runs[i].why = outcome(&runs[i], status);
	}
}

static void end_overdue(struct run *runs, size_t n)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (size_t i = 0; i < n; i++)
		if (runs[i].pid > 0 && now.tv_sec >= runs[i].deadline.tv_sec) {
			kill_run(&runs[i]);
			runs[i].why = format("over the time limit of %ld s: raise it with --timeout", limit);
		}
}

static void progress(size_t done, size_t all)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\rfacts: %zu of %zu files%s", done, all, done == all ? "\n" : "");
}

/* Runs them all, JOBS at a time. An interrupt ends the program, nothing left behind. */
static void run_all(struct run *runs, size_t n, size_t jobs)
{
	size_t next = 0, running, done, all;

	do {
		running = done = all = 0;
		for (size_t i = 0; i < n; i++) {
			running += runs[i].pid > 0;
			all += runs[i].n;
			done += i < next && runs[i].pid <= 0 ? runs[i].n : 0;
		}
		for (; next < n && running < jobs; next++, running++)
			start(&runs[next]);
		if (all)
			progress(done, all);
		if (running) {
			struct timespec second = { .tv_sec = 1 };
			int sig = sigtimedwait(&events, NULL, &second);

			if (sig == SIGINT || sig == SIGTERM) {
				for (size_t i = 0; i < n; i++)
					kill_run(&runs[i]);
				exit(128 + sig);
			}
			reap(runs, n);
			end_overdue(runs, n);
		}
	} while (running);
}

/* ------------------------------------------------------------------ spatch */

/* Gives the run its command and the name of its files. */
static void command(struct run *r, const char *const *argv)
{
	static int number;

	r->argv = argv;
	r->number = number++;
}

/* The first line of `spatch --version`; ends the step when there is none or it is too old. */
static char *spatch_version(void)
{
	static const char *argv[] = { NULL, "--version", NULL };
	int have[3] = { 0 }, want[3] = { 0 };
	struct bytes out;
	struct run r = { .n = 0 };
	char *version;

	argv[0] = program;
	command(&r, argv);
	run_all(&r, 1, 1);
	if (r.why && !strncmp(r.why, "exit status 127", 15))
		fatal("%s: not found: " INSTALL, program);
	if (r.why)
		fatal("%s --version: %s: " INSTALL, program, r.why);
	out = output_of(&r, "out");
	version = copy_bytes(out.data, strcspn(out.data, "\n"));
	free(out.data);
	sscanf(OLDEST_SPATCH, "%d.%d.%d", &want[0], &want[1], &want[2]);
	if (sscanf(version, "spatch version %d.%d.%d", &have[0], &have[1], &have[2]) < 1)
		fatal("%s --version: says no version: " INSTALL, program);
	for (int i = 0; i < 3 && have[i] <= want[i]; i++)
		if (have[i] < want[i])
			fatal("%s: version %d.%d.%d is older than " OLDEST_SPATCH ": " INSTALL, program,
			      have[0], have[1], have[2]);
	return version;
}

/* The run's list of copies, one a group: in one group metavariables leak between files. */
static void prepare(struct run *r)
{
	static const char *const options[] = {
		"--no-includes", "--no-show-diff", "--very-quiet", "--macro-file", "macros.h",
		"--sp-file", "facts.cocci", "--file-groups",
	};
	size_t n = sizeof(options) / sizeof(*options), size;
	const char **argv = alloc((n + 3) * sizeof(*argv));
	char *list;
	FILE *f = open_memstream(&list, &size);

	if (!f)
		fatal("out of memory: give this machine more memory");
	command(r, argv);
	argv[0] = program;
	memcpy(argv + 1, options, sizeof(options));
	argv[n + 1] = format("%d.list", r->number);
	for (size_t i = 0; i < r->n; i++)
		fprintf(f, "%d.c\n\n", r->copies[i]->number);
	fclose(f);
	write_scratch(argv[n + 1], list, size);
	free(list);
}

/* A trivial file that fails tells that it is spatch or the semantic patch that is broken. */
static void probe(void)
{
	struct copy c = { .number = -1 };
	struct run r = { .n = 0 };

	write_scratch("-1.c", PROBE, strlen(PROBE));
	push(r.copies, r.n, r.cap) = &c;
	prepare(&r);
	run_all(&r, 1, 1);
	if (r.why)
		fatal("spatch cannot run semantic-patches/facts.cocci: %s: mend or restore the .cocci, "
		      "or reinstall coccinelle", r.why);
}

/* ------------------------------------------------------------------- facts */

static int by_place(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;
	int c = 0;

	for (size_t i = 0; i < 4 && !c; i++) {
		long long p = json_integer_value(json_array_get(x->at, i));
		long long q = json_integer_value(json_array_get(y->at, i));

		c = (p > q) - (p < q);
	}
	if (!c)
		c = strcmp(x->kind, y->kind);
	return c ? c : strcmp(x->line, y->line);
}

static struct copy *copy_named(const struct run *r, const char *name)
{
	int number, end = 0;

	if (sscanf(name, "%d.c%n", &number, &end) == 1 && end && !name[end])
		for (size_t i = 0; i < r->n; i++)
			if (r->copies[i]->number == number)
				return r->copies[i];
	return NULL;
}

/*
 * One line of spatch's output, as a fact of the file the copy stands for. What
 * stands in macros.h (the text a macro expands to) is nobody's: `copy` is NULL.
 */
static bool parse_fact(const struct run *r, const char *line, size_t len, struct fact *out)
{
	json_t *v = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *name;

	if (json_unpack(v, "{s:s, s:s, s:o}", "f", &name, "k", &out->kind, "at", &out->at))
		return false;
	out->copy = copy_named(r, name);
	if (!out->copy)
		return true;
	json_object_set_new(v, "f", text(out->copy->path));
	out->line = json_dumps(v, JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	return out->line;
}

/* Reads a run's output into its copies' facts; false when it is not what facts.cocci prints. */
static bool collect(struct run *r)
{
	struct bytes out = output_of(r, "out");
	struct fact *facts = NULL, fact;
	size_t n = 0, cap = 0, len;

	for (char *p = out.data; *p; p += len + (p[len] == '\n')) {
		len = strcspn(p, "\n");
		if (!parse_fact(r, p, len, &fact)) {
			r->why = format("its output is no fact: %s", squeeze(p, len < 100 ? len : 100));
			return false;
		}
		if (fact.copy)
			push(facts, n, cap) = fact;
	}
	if (n)
		qsort(facts, n, sizeof(*facts), by_place);
	for (size_t i = 0; i < r->n; i++) {
		struct bytes *b = &r->copies[i]->facts;
		FILE *f = open_memstream(&b->data, &b->size);

		for (size_t k = 0; f && k < n; k++)
			if (facts[k].copy == r->copies[i])
				fprintf(f, "%s\n", facts[k].line);
		if (!f || fclose(f))
			fatal("out of memory: give this machine more memory");
	}
	free(facts);
	free(out.data);
	return true;
}

static void settle(struct run *r, const char *cache)
{
	if (!r->why && collect(r)) {
		for (size_t i = 0; i < r->n; i++)
			cache_store(cache, r->copies[i]->key, r->copies[i]->facts.data,
				    r->copies[i]->facts.size);
		return;
	}
	for (size_t i = 0; i < r->n; i++)
		r->copies[i]->why = format("spatch: %s", r->why);
}

static int by_size(const void *a, const void *b)
{
	const struct copy *const *x = a, *const *y = b;
	size_t p = (*x)->content.size, q = (*y)->content.size;

	return p != q ? (p < q) - (p > q) : strcmp((*x)->path, (*y)->path);
}

/* Deals the copies out over at most N runs, the largest first, each to the run with the least. */
static void run_spatch(struct copy **copies, size_t n, size_t n_runs, size_t jobs,
		       const char *cache)
{
	struct run *runs;

	n_runs = n_runs < n ? n_runs : n;
	runs = alloc(n_runs * sizeof(*runs));
	if (n)
		qsort(copies, n, sizeof(*copies), by_size);
	for (size_t i = 0; i < n; i++) {
		struct run *least = runs;

		for (size_t k = 1; k < n_runs; k++)
			if (runs[k].bytes < least->bytes)
				least = &runs[k];
		push(least->copies, least->n, least->cap) = copies[i];
		least->bytes += copies[i]->content.size + 1;
	}
	for (size_t k = 0; k < n_runs; k++)
		prepare(&runs[k]);
	run_all(runs, n_runs, jobs);
	for (size_t k = 0; k < n_runs; k++)
		settle(&runs[k], cache);
	free(runs);
}

/* ------------------------------------------------------------------ copies */

/* Does something of LIST begin at the definition, or stand in it? */
static bool stands_in(const json_t *list, const struct definition *d, bool begins)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		int line = json_integer_value(json_object_get(item, "line"));

		if (begins ? line == d->line : line >= d->line && line <= d->end)
			return true;
	}
	return false;
}

/* Blanks tokens [from, to). */
static void blank_tokens(struct source *s, int from, int to)
{
	if (from < to)
		for (char *p = s->content.data + (s->tokens[from].s - s->content.data); p < s->tokens[to - 1].s + s->tokens[to - 1].len; p++)
			if (*p != '\n')
				*p = ' ';
}

static int after_parentheses(const struct source *s, int i)
{
	int depth = 0;

	for (; i < s->n_tokens - 1; i++)
		if (is(&s->tokens[i], "("))
			depth++;
		else if (is(&s->tokens[i], ")") && !--depth)
			return i + 1;
	return i;
}

/*
 * What is put around a function's name, its parameters or its locals and tells nothing of what they are, but is
 * beyond spatch: `int (f)(int a)`, `f(int a) __must_hold(x) some_word {`, `void *p __free(kfree) = ..`
 */
static void blank_annotations(struct source *s, const struct definition *d)
{
	const struct token *t = s->tokens;
	bool plain = !is(&t[d->body - 1], ";");		/* int f(a) int a; {..} */

	for (int i = d->close + 1; i < d->body; i++)
		plain &= !t[i].directive;
	if (plain)
		blank_tokens(s, d->close + 1, d->body);
	if (d->open >= 3 && is(&t[d->open - 1], ")") && is(&t[d->open - 3], "(")) {
		blank_tokens(s, d->open - 1, d->open);
		blank_tokens(s, d->open - 3, d->open - 2);
	}
	for (int i = d->body + 2; i < d->body_end; i++) {
		int end;

		if (t[i].kind != T_NAME || strncmp(t[i].s, "__", 2) || !is(&t[i + 1], "(") ||
		    (t[i - 1].kind != T_NAME && !is(&t[i - 1], "]")) || is(&t[i - 1], "return"))
			continue;
		end = after_parentheses(s, i + 1);
		if (is(&t[end], "=") || is(&t[end], ";") || is(&t[end], ","))
			blank_tokens(s, i, end);
	}
}

/* NAME(..) {..} within a function: what spatch must be told to read as an iterator */
static const char **blocks;
static int n_blocks, cap_blocks;

static void note_blocks(const struct source *s, const struct definition *d)
{
	static const char *const words[] = { "if", "while", "for", "switch", "__attribute__" };
	const struct token *t = s->tokens;

	for (int i = d->body + 1; i < d->body_end; i++) {
		bool known = t[i].kind != T_NAME || t[i].directive || !is(&t[i + 1], "(") ||
			     !(is(&t[i - 1], ";") || is(&t[i - 1], "{") || is(&t[i - 1], "}") || is(&t[i - 1], ")") || is(&t[i - 1], ":"));

		for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++)
			known |= is(&t[i], words[k]);
		if (known || !is(&t[after_parentheses(s, i + 1)], "{"))
			continue;
		for (int k = 0; k < n_blocks; k++)
			known |= is(&t[i], blocks[k]);
		if (!known)
			push(blocks, n_blocks, cap_blocks) = token_text(&t[i]);
	}
}

/* Blanks what stands between the braces, preprocessor lines and line ends excepted. */
static void blank_body(struct source *s, const struct definition *d)
{
	char *p = s->content.data + (s->tokens[d->body].s - s->content.data) + 1;
	const char *end = s->tokens[d->body_end].s;
	bool directive = false;

	for (bool fresh = false; p < end; p++) {
		if (*p == '\n') {
			directive = directive && p[-1] == '\\';
			fresh = true;
			continue;
		}
		if (fresh && *p == '#')
			directive = true;
		if (!isspace((unsigned char)*p))
			fresh = false;
		if (!directive)
			*p = ' ';
	}
}

/*
 * What is not ASCII can make spatch drop a whole file; columns are bytes, and
 * stay. Blanks at line ends go: how much was blanked before them leaves no trace.
 */
static void clean(struct bytes *b)
{
	size_t to = 0;

	for (size_t i = 0; i < b->size; i++) {
		char c = b->data[i];

		while (c == '\n' && to && (b->data[to - 1] == ' ' || b->data[to - 1] == '\t'))
			to--;
		b->data[to++] = !c ? ' ' : c & 0x80 ? '?' : c;
	}
	b->size = to;
	b->data[to] = '\0';
}

/* Items of LIST that are of file PATH; the lists are short enough to be read once a file. */
static json_t *of_file(const json_t *list, const char *path)
{
	json_t *mine = json_array(), *item, *file;
	size_t i;

	json_array_foreach(list, i, item) {
		file = json_object_get(item, "file");
		if (json_is_string(file) && !strcmp(json_string_value(file), path))
			json_array_append(mine, item);
	}
	return mine;
}

static void make_copy(struct copy *c, const char *tree, const json_t *closure, const char *seed)
{
	struct digest *key = digest_begin();
	struct source *s = read_source(tree, c->path);
	json_t *functions = of_file(json_object_get(closure, "functions"), c->path);
	json_t *occurrences = of_file(json_object_get(closure, "occurrences"), c->path);

	if (!s) {
		c->why = format("cannot be read: %s", strerror(errno));
		return;
	}
	for (int i = 0; i < s->n_definitions; i++)
		if (!stands_in(functions, s->definitions[i], true) &&
		    !stands_in(occurrences, s->definitions[i], false)) {
			blank_body(s, s->definitions[i]);
		} else {
			note_blocks(s, s->definitions[i]);
			blank_annotations(s, s->definitions[i]);
		}
	c->content = s->content;
	clean(&c->content);
	digest_add(key, seed, strlen(seed));
	digest_add(key, c->path, strlen(c->path));
	digest_add(key, c->content.data, c->content.size);
	c->key = format(FORM "-%s", digest_end(key));
	json_decref(functions);
	json_decref(occurrences);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* macros.h and what the copies show; the same name means the same in each of them, whatever else is read. */
static void write_macros(const struct bytes *known)
{
	char *data = NULL;
	size_t size;
	FILE *f = open_memstream(&data, &size);

	if (!f)
		fatal("out of memory: give this machine more memory");
	fwrite(known->data, 1, known->size, f);
	if (n_blocks)
		qsort(blocks, n_blocks, sizeof(*blocks), by_name);
	for (int i = 0; i < n_blocks; i++)
		if (!strstr(known->data, format("#define %s(", blocks[i])))
			fprintf(f, "#define %s(args...) YACFE_ITERATOR\n", blocks[i]);
	fclose(f);
	write_scratch(patches[2], data, size);
	free(data);
}

/* Adds the files, functions and occurrences of MORE to ALL; a file that both name is one. */
static void add_closure(json_t *all, const json_t *more)
{
	static const char *const lists[] = { "files", "functions", "occurrences" };
	json_t *item, *known;
	size_t i, k;

	for (size_t l = 0; l < sizeof(lists) / sizeof(*lists); l++)
		json_array_foreach(json_object_get(more, lists[l]), i, item) {
			bool again = false;

			json_array_foreach(json_object_get(all, lists[l]), k, known)
				again |= !l && json_equal(known, item);
			if (!again)
				json_array_append(json_object_get(all, lists[l]), item);
		}
}

static bool listed(const json_t *files, const char *path)
{
	json_t *f;
	size_t i;

	json_array_foreach(files, i, f)
		if (!strcmp(json_string_value(f), path))
			return true;
	return false;
}

/* The facts of FILES, in the order of the copies. */
static void write_facts(const char *out, const json_t *files, const struct copy *copies, size_t n)
{
	FILE *f = write_begin(out);

	for (size_t i = 0; i < n; i++) {
		const struct copy *c = &copies[i];
		json_t *failure;

		if (!listed(files, c->path))
			continue;
		if (!c->why) {
			fwrite(c->facts.data, 1, c->facts.size, f);
			continue;
		}
		failure = json_pack("{s:s, s:o, s:o}", "k", "failure", "f", text(c->path), "why",
				    text(c->why));
		json_dumpf(failure, f, JSON_SORT_KEYS | JSON_ENSURE_ASCII);
		fputc('\n', f);
		json_decref(failure);
	}
	write_end(f, out);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct copy *)a)->path, ((const struct copy *)b)->path);
}

static long positive(int argc, char **argv, const char *name, const char *fallback)
{
	const char *s = option(argc, argv, name, fallback);
	char *end;
	long v = strtol(s, &end, 10);

	if (v < 1 || v > 100000 || *end)
		fatal("--%s %s: not a number above zero: give another", name, s);
	return v;
}

int step_facts(int argc, char **argv)
{
	const char *tree = required(argc, argv, "tree");
	const char *cache = required(argc, argv, "cache");
	const char *out = required(argc, argv, "out");
	const char *folder = required(argc, argv, "patches");
	const char *entries_path = option(argc, argv, "entries", NULL);
	json_t *closure = read_json(required(argc, argv, "closure")), *file;
	json_t *bound = json_copy(json_object_get(closure, "files"));	/* before the rest joins them */
	json_t *entries = entries_path ? read_json(entries_path) : json_object();
	json_t *files = json_object_get(closure, "files");
	size_t jobs = positive(argc, argv, "jobs", "1"), n, left = 0, i;
	struct copy *copies, **todo;
	struct bytes patch[sizeof(patches) / sizeof(*patches)];
	struct digest *state = digest_begin();
	const char *seed;
	char *version;

	contract_read(required(argc, argv, "contract"));
	add_closure(closure, entries);
	n = json_array_size(files);
	copies = alloc(n * sizeof(*copies));
	todo = alloc(n * sizeof(*todo));
	limit = positive(argc, argv, "timeout", "60");
	program = getenv("SPATCH") && *getenv("SPATCH") ? getenv("SPATCH") : "spatch";
	sigemptyset(&events);
	sigaddset(&events, SIGCHLD);
	sigaddset(&events, SIGINT);
	sigaddset(&events, SIGTERM);
	signal(SIGINT, SIG_DFL);	/* a shell's background job ignores it */
	sigprocmask(SIG_BLOCK, &events, NULL);

	for (i = 0; i < sizeof(patches) / sizeof(*patches); i++) {
		char *path = format("%s/%s", folder, patches[i]);

		if (!read_file(path, &patch[i]))
			fatal("%s: %s: restore it from the project", path, strerror(errno));
		if (i == 1)
			patch[i] = with_operations(&patch[i]);
		digest_add(state, patch[i].data, patch[i].size);
	}
	make_scratch(cache, patch);
	version = spatch_version();
	digest_add(state, version, strlen(version));
	seed = digest_end(state);

	json_array_foreach(files, i, file) {
		copies[i].path = json_string_value(file);
		copies[i].number = i;
		make_copy(&copies[i], tree, closure, seed);
		if (copies[i].why || cache_load(cache, copies[i].key, &copies[i].facts))
			continue;
		write_scratch(format("%zu.c", i), copies[i].content.data, copies[i].content.size);
		todo[left++] = &copies[i];
	}
	write_macros(&patch[2]);
	run_spatch(todo, left, jobs, jobs, cache);

	/* What failed in company, alone; unless nothing at all can succeed. */
	for (i = 0, n = left, left = 0; i < n; i++)
		if (todo[i]->why) {
			todo[i]->why = NULL;
			todo[left++] = todo[i];
		}
	if (left)
		probe();
	run_spatch(todo, left, left, jobs, cache);

	n = json_array_size(files);
	if (n)
		qsort(copies, n, sizeof(*copies), by_path);
	write_facts(out, bound, copies, n);
	if (entries_path)
		write_facts(required(argc, argv, "entries-out"), json_object_get(entries, "files"), copies, n);
	return 0;
}
