// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: in, functions of files as they are called; out, what they return. Each file
 * is parsed by itself, in a process of its own that states the facts of the functions
 * asked for (chain.c), with the flags of the first configuration that compiles it.
 * Facts are kept in the cache by the content of all files that were read for them.
 */
#include "../read/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_READINGS 600		/* of files, in one run */
#define MAX_BYTES (1024ul << 20)	/* of memory, a file */

/* ----------------------------------------------------------------- builds */

static const char *digest_of(const struct bytes *b)
{
	struct digest *d = digest_begin();

	digest_add(d, b->data, b->size);
	return digest_end(d);
}

struct build {
	const char *flags;		/* file */
	const char *arch;		/* folder below arch/, or "" */
	const char *config;		/* text of autoconf.h, or NULL */
	const char *id;
};

static struct build *builds;
static int n_builds, cap_builds;

void add_build(const char *path)
{
	struct build b = { .flags = path, .arch = "" };
	struct bytes text, config;
	char *save = NULL;

	if (!read_file(path, &text))
		fatal("%s: %s: prepare the tree first", path, strerror(errno));
	b.id = digest_of(&text);
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *arch = strstr(line, "/arch/"),
			   *end = arch ? strchr(arch + 6, '/') : NULL;

		if (strncmp(line, "-I", 2))
			continue;
		if (end && !*b.arch && !strcmp(end, "/include"))
			b.arch = copy_bytes(arch + 6, end - arch - 6);
		if (!b.config && read_file(format("%s/generated/autoconf.h", line + 2), &config))
			b.config = config.data;
	}
	push(builds, n_builds, cap_builds) = b;
}

int build_of(const char *file, bool *built)
{
	for (int i = 0; i < n_builds; i++)
		if ((strncmp(file, "arch/", 5) ||
		     (!strncmp(file + 5, builds[i].arch, strlen(builds[i].arch)) &&
		      file[5 + strlen(builds[i].arch)] == '/')) &&
		    compiled(file, builds[i].config)) {
			*built = true;
			return i;
		}
	*built = false;
	return 0;
}

/* ---------------------------------------------------------------- requests */

static struct request **requests;
static int n_requests, cap_requests;
static int n_readings;
static const char *cache;
static const char *program_id;		/* of this program and what it knows of functions */
static int file_seconds;		/* that parsing one file may take */

void begin_requests(const char *folder, const char *api_file, int seconds)
{
	struct digest *d = digest_begin();
	struct bytes b;

	cache = folder;
	file_seconds = seconds;
	if (read_file(api_file, &b))
		digest_add(d, b.data, b.size);
	if (read_file("/proc/self/exe", &b))
		digest_add(d, b.data, b.size);
	program_id = digest_end(d);
}

int request_for(const char *file, int build, const char *callee, const json_t *arguments)
{
	char *args = json_dumps(arguments, JSON_COMPACT);
	struct request *r;

	if (!args)
		fatal("out of memory: audit fewer files at once or give this machine more memory");
	for (int i = 0; i < n_requests; i++)
		if (requests[i]->build == build && !strcmp(requests[i]->callee, callee) &&
		    !strcmp(requests[i]->file, file) && !strcmp(requests[i]->arguments, args)) {
			free(args);
			return i;
		}
	r = alloc(sizeof(*r));
	*r = (struct request){ .file = copy_string(file),
			       .callee = copy_string(callee),
			       .arguments = args,
			       .build = build };
	push(requests, n_requests, cap_requests) = r;
	return n_requests - 1;
}

static bool answered(int request)
{
	return requests[request]->facts || requests[request]->failure;
}

const struct request *answer_of(int request)
{
	return answered(request) ? requests[request] : NULL;
}

/* ------------------------------------------------------------------- cache */

static const char *content_of(const char *path)
{
	static struct { const char *path, *hash; } *known;
	static int n, cap;
	struct bytes b;
	const char *hash = "";
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
		hash = digest_of(&b);
		free(b.data);
	}
	push(known, n, cap).path = NULL;
	memmove(known + low + 1, known + low, (n - 1 - low) * sizeof(*known));
	known[low].path = copy_string(path);
	known[low].hash = hash;
	return hash;
}

static struct digest *unit_key(const struct request *r)
{
	struct digest *d = digest_begin();

	digest_add(d, builds[r->build].id, strlen(builds[r->build].id));
	digest_add(d, program_id, strlen(program_id));
	digest_add(d, r->file, strlen(r->file));
	return d;
}

static const char *unit_name(const struct request *r)
{
	return format("foreign-unit-%s", digest_end(unit_key(r)));
}

static const char *facts_name(const struct request *r, const json_t *files)
{
	struct digest *key = unit_key(r);
	json_t *f;
	size_t i;

	json_array_foreach(files, i, f) {
		const char *hash = content_of(json_string_value(f));

		digest_add(key, json_string_value(f), strlen(json_string_value(f)));
		digest_add(key, hash, strlen(hash));
	}
	digest_add(key, r->callee, strlen(r->callee));
	digest_add(key, r->arguments, strlen(r->arguments));
	return format("foreign-facts-%s", digest_end(key));
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
	const struct request *first = requests[c->first];
	json_t *answers = json_array();
	FILE *out = fdopen(c->out, "w");

	bound_child();
	read_flags(builds[first->build].flags);
	/* CFLAGS_x.o := -I$(src), for the sake of trace.h */
	add_include(folder_of(first->file));
	start_sparse();
	begin_following();
	parse_unit(first->file);
	for (int i = 0; i < n; i++)
		json_array_append_new(answers, facts_of(requests[list[i]]->callee,
			json_loads(requests[list[i]]->arguments, JSON_DECODE_ANY, NULL)));
	if (!out ||
	    json_dumpf(json_pack("{so so}", "answers", answers, "files", unit_files()), out,
		       JSON_COMPACT) ||
	    fflush(out))
		_exit(EXIT_INCOMPLETE);
	fflush(stderr);
	/* the errors of the parser that matter: in functions that were looked into */
	{
		struct bytes b = { .data = alloc(1 << 20) };
		char *save = NULL;
		ssize_t got = pread(c->err, b.data, (1 << 20) - 1, 0);

		for (char *line = got > 0 ? strtok_r(b.data, "\n", &save) : NULL; line;
		     line = strtok_r(NULL, "\n", &save)) {
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
	struct child c = { .first = first,
			   .out = memfd_create("facts", MFD_CLOEXEC),
			   .err = memfd_create("errors", MFD_CLOEXEC) };

	if (c.out < 0 || c.err < 0)
		fatal("memfd_create: %s: give this machine more memory", strerror(errno));
	fflush(NULL);
	c.pid = fork();
	if (c.pid < 0)
		fatal("fork: %s: give this machine more memory or use fewer --jobs",
		      strerror(errno));
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
	char *out = whole(c->out), *errors = whole(c->err),
	     *matters = strstr(errors, "\nmatters: ");
	json_t *all = WIFEXITED(status) && !WEXITSTATUS(status) ? json_loads(out, 0, NULL) : NULL,
	       *files, *name;
	const struct request *first = requests[c->first];
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
		struct request *r = requests[list[i]];
		json_t *facts = json_array_get(json_object_get(all, "answers"), i), *answer;

		if (!facts) {
			if (!WIFSIGNALED(status))
				r->failure = format("does not parse: %s", first_error(errors));
			else if (WTERMSIG(status) == SIGALRM)
				r->failure = format("takes more than %d s", file_seconds);
			else
				r->failure = format("the checker was ended by signal %d: "
						    "report it with the file", WTERMSIG(status));
			continue;
		}
		answer = json_pack("{sO so}", "facts", facts, "error",
				   text(matters ? matters + 10 : ""));
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
	const struct request *x = requests[*(const int *)a], *y = requests[*(const int *)b];
	int c = strcmp(x->file, y->file);

	if (!c)
		c = x->build - y->build;
	if (!c)
		c = strcmp(x->callee, y->callee);
	return c ? c : strcmp(x->arguments, y->arguments);
}

/* The end of a row of requests of one file, parsed with the same flags, that begins at FROM. */
static int end_of_file(const int *list, int n, int from)
{
	int to = from;

	while (to < n && !strcmp(requests[list[to]]->file, requests[list[from]]->file) &&
	       requests[list[to]]->build == requests[list[from]]->build)
		to++;
	return to;
}

/*
 * Requests that nobody has answered and the cache does not know, by file. What the
 * cache answers counts like what is parsed: the bound cuts off the same in each run.
 */
static int *open_requests(int *count)
{
	int *open = NULL, n = 0, cap = 0, kept = 0;

	for (int i = 0; i < n_requests; i++)
		if (!answered(i))
			push(open, n, cap) = i;
	if (n)
		qsort(open, n, sizeof(*open), by_file);
	for (int from = 0, to; from < n; from = to) {
		bool too_many = n_readings++ >= MAX_READINGS;

		to = end_of_file(open, n, from);
		for (int i = from; i < to; i++) {
			if (too_many)
				requests[open[i]]->failure = format(
					"files would have to be read more than %d times",
					MAX_READINGS);
			else
				recall(requests[open[i]]);
		}
	}
	for (int i = 0; i < n; i++)
		if (!answered(open[i]))
			open[kept++] = open[i];
	*count = kept;
	return open;
}

/* Answers all requests that are open: from the cache, or by parsing each file once. */
void answer_all(int at_once)
{
	struct { struct child c; int from, to; } *run = alloc(at_once * sizeof(*run));
	int n, *open = open_requests(&n), next = 0, running = 0;

	while (next < n || running) {
		int status, slot = 0;
		pid_t pid;

		if (next < n && running < at_once) {
			while (run[slot].c.pid)
				slot++;
			run[slot].from = next;
			run[slot].to = next = end_of_file(open, n, next);
			run[slot].c = begin(open[run[slot].from], open + run[slot].from,
					    run[slot].to - run[slot].from);
			running++;
			continue;
		}
		pid = wait(&status);
		if (pid < 0 && errno != EINTR)
			fatal("wait: %s: report it", strerror(errno));
		for (slot = 0; slot < at_once; slot++)
			if (pid > 0 && run[slot].c.pid == pid) {
				end(&run[slot].c, status, open + run[slot].from,
				    run[slot].to - run[slot].from);
				run[slot].c.pid = 0;
				running--;
			}
	}
	free(open);
	free(run);
}
