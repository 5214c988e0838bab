// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scan: in, a kernel tree; out, scan.json: its version, its contract and the
 * files in which a member named like an operation is given a value, and those that
 * name an entry point of the core.
 *
 * A whole tree is a thousand megabytes in sixty thousand files, so the walk only
 * stats, two threads read what changed since the last walk, and a cache in
 * --cache remembers each file's stat and answer. A symbolic link is followed to a
 * file of the tree that is not met otherwise; one that leaves the tree is named.
 */
#include "audit.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READERS 2
#define SECOND 1000000000ll
#define SOURCE_MAX (64ll << 20)

/* Raised when binds() or names() changes its mind: older caches then count as absent. */
#define RULE 3

/* What is known of a file, 0 for nothing yet. */
enum answer { READ = 1, BINDS = 2, NAMES = 4 };

struct entry {
	char *path;		/* relative to the tree */
	long long size, mtime, ctime;
	unsigned long long inode;
	unsigned answer;	/* enum answer */
	int error;		/* errno, when it cannot be read */
	const char *why;	/* or another reason */
	bool link;
};

struct walk {
	const char *tree;
	int root;
	struct entry *entries;
	size_t n, cap;
	bool unchanged;		/* since the cache was written */
	dev_t skip_dev;		/* a folder that is not the kernel's: this tool's own checkout */
	ino_t skip_ino;
	atomic_size_t next;	/* the readers' queue */
	const struct core *core;
	const json_t *unruled;	/* operations without rules: who binds them is looked for too */
};

/* ------------------------------------------------------------- the pattern */

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\\';
}

/* `.NAME =` or `->NAME =`, in an initialiser, a macro or code; not `==` */
static bool binds_at(const char *start, const char *name, size_t len, const char *end)
{
	const char *before = name, *after = name + len;

	while (before > start && blank(before[-1]))
		before--;
	if (before == start ||
	    (before[-1] != '.' && (before[-1] != '>' || before - start < 2 || before[-2] != '-')))
		return false;
	while (after < end && blank(*after))
		after++;
	return after < end && *after == '=' && (after + 1 == end || after[1] != '=');
}

/* `TABLE name`, `(struct TABLE)`: a table of that type may have entries of any form; not `TABLE *` */
static bool names_table(const char *data, size_t size)
{
	const char *end = data + size, *type;

	for (int i = 0; (type = table_type(i)); i++) {
		size_t len = strlen(type);

		for (const char *at = data; (at = memmem(at, end - at, type, len)); ) {
			const char *after = at += len;

			while (after < end && blank(*after))
				after++;
			if (after < end && (*after == ')' || (after > at && (isalpha((unsigned char)*after) || *after == '_'))))
				return true;
		}
	}
	return false;
}

static bool gives(const char *data, size_t size, const char *name)
{
	const char *at = data, *end = data + size;
	size_t len = strlen(name);

	while ((at = memmem(at, end - at, name, len))) {
		if (binds_at(data, at, len, end))
			return true;
		at += len;
	}
	return false;
}

static bool binds(const json_t *unruled, const char *data, size_t size)
{
	json_t *more;
	size_t k;

	if (names_table(data, size))
		return true;
	for (int i = 0; i < n_operations; i++)
		if (gives(data, size, operations[i].name))
			return true;
	json_array_foreach(unruled, k, more)
		if (gives(data, size, str(more, "name")))
			return true;
	return false;
}

static bool word_part(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Is an entry point named? In a comment too: step entries looks closer. */
static bool names(const struct core *core, const char *data, size_t size)
{
	const char *end = data + size;
	size_t start = core->start;

	for (int i = 0; i < core->n_points; i++) {
		const char *name = core->points[i].def->name;
		size_t len = strlen(name);

		/* what all names begin with is searched for once; without it each by itself */
		for (const char *at = data; (at = memmem(at, end - at, name, start ? start : len)); at++)
			for (int k = i; k < (start ? core->n_points : i + 1); k++) {
				name = core->points[k].def->name;
				len = strlen(name);
				if ((size_t)(end - at) >= len && !memcmp(at, name, len) &&
				    (at == data || !word_part(at[-1])) && (at + len == end || !word_part(at[len])))
					return true;
			}
		if (start)
			break;
	}
	return false;
}

/* ---------------------------------------------------------------- the walk */

static long long nanoseconds(struct timespec t)
{
	return t.tv_sec * SECOND + t.tv_nsec;
}

static struct entry *add(struct walk *w, char *path, int error)
{
	struct entry *s = &push(w->entries, w->n, w->cap);

	*s = (struct entry){ .path = path, .error = error };
	return s;
}

static void add_file(struct walk *w, int dir, const char *name, char *path)
{
	struct stat st;
	struct entry *s;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		add(w, path, errno);
	} else if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
		add(w, path, 0)->why = "not a regular file";	/* a FIFO, a device: what opens it may wait for ever */
	} else if (S_ISREG(st.st_mode)) {
		s = add(w, path, st.st_size > SOURCE_MAX ? EFBIG : 0);
		s->size = st.st_size;
		s->mtime = nanoseconds(st.st_mtim);
		s->ctime = nanoseconds(st.st_ctim);
		s->inode = st.st_ino;
	}
}

/*
 * What no driver is built from: hidden files and folders (.git, quilt's .pc, an editor's .#lock); at the top also
 * Documentation, tools, and the copies that packaging makes.
 */
static bool is_skipped(const char *name, bool top)
{
	return *name == '.' ||
	       (top && (!strcmp(name, "Documentation") || !strcmp(name, "tools") || !strcmp(name, "debian")));
}

/* Is the file at PATH, relative to the tree, met by the walk? */
static bool is_met(const char *path)
{
	bool top = true;

	for (const char *p = path; *p; top = false) {
		char *name = copy_bytes(p, strcspn(p, "/"));
		bool skipped = is_skipped(name, top);

		free(name);
		if (skipped)
			return false;
		p += strcspn(p, "/");
		p += *p == '/';
	}
	return is_source_name(path);
}

/* Where the link at PATH leads, relative to the tree; NULL when that is outside */
static char *target_of(const struct walk *w, const char *path)
{
	char *full = format("%s/%s", w->tree, path), *top = realpath(w->tree, NULL), *real = realpath(full, NULL), *in = NULL;

	if (top && real && stays_in(w->tree, path))
		in = copy_string(real + strlen(top) + (top[1] != '\0'));
	free(full);
	free(top);
	free(real);
	return in;
}

static void add_link(struct walk *w, int dir, const char *name, char *path, bool top)
{
	struct stat st;
	struct entry *s;
	char *target;

	if (fstatat(dir, name, &st, 0) < 0) {
		if (is_source_name(name))
			add(w, path, errno);	/* it leads nowhere */
		return;
	}
	if (S_ISDIR(st.st_mode) ? top : !S_ISREG(st.st_mode) || !is_source_name(name))
		return;			/* at the top: a build folder and its like */
	target = target_of(w, path);
	if (!target) {
		add(w, path, 0)->why = "a symbolic link that leaves the tree: what it leads to is not read";
	} else if (S_ISDIR(st.st_mode)) {
		char *below = format("%s/x.c", target);

		if (!is_met(below))
			add(w, path, 0)->why = "a symbolic link to a folder that is not read";
		free(below);
	} else if (!is_met(target)) {
		s = add(w, path, st.st_size > SOURCE_MAX ? EFBIG : 0);
		s->size = st.st_size;
		s->mtime = nanoseconds(st.st_mtim);
		s->ctime = nanoseconds(st.st_ctim);
		s->inode = st.st_ino;
		s->link = true;
	}
	free(target);
}

static bool is_link(int dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_LNK;
	return !fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode);
}

static bool is_folder(int dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return !fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

static void walk(struct walk *w, int parent, const char *name, const char *path)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	struct stat st;

	if (!dir) {
		add(w, copy_string(path), errno);
		return;
	}
	if (*path && w->skip_ino && !fstat(fd, &st) && st.st_dev == w->skip_dev && st.st_ino == w->skip_ino) {
		closedir(dir);
		return;
	}
	while (errno = 0, (e = readdir(dir))) {
		char *below;

		if (is_skipped(e->d_name, !*path))
			continue;
		below = format("%s%s%s", path, *path ? "/" : "", e->d_name);
		if (is_folder(fd, e)) {
			walk(w, fd, e->d_name, below);
			free(below);
		} else if (is_link(fd, e)) {
			add_link(w, fd, e->d_name, below, !*path);
		} else if (is_source_name(e->d_name)) {
			add_file(w, fd, e->d_name, below);
		} else {
			free(below);
		}
	}
	if (errno)
		add(w, copy_string(path), errno);
	closedir(dir);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* --------------------------------------------------------------- the cache */

/* A line of it: size mtime ctime inode answer path, a NUL at its end; sorted by path. */
static void recall(struct walk *w, const char *cache, const char *name)
{
	size_t i = 0, known = 0, kept = 0;
	struct bytes b;

	if (!cache_load(cache, name, &b))
		return;
	for (char *p = b.data, *end = b.data + b.size; p < end; p += strlen(p) + 1) {
		struct entry old;
		int order = -1;

		old.size = strtoll(p, &p, 10);
		old.mtime = strtoll(p, &p, 10);
		old.ctime = strtoll(p, &p, 10);
		old.inode = strtoull(p, &p, 10);
		old.answer = strtoll(p, &p, 10);
		p += *p == ' ';
		known++;
		while (i < w->n && (order = strcmp(w->entries[i].path, p)) < 0)
			i++;
		if (i < w->n && !order && old.size == w->entries[i].size &&
		    old.mtime == w->entries[i].mtime && old.ctime == w->entries[i].ctime &&
		    old.inode == w->entries[i].inode) {
			w->entries[i].answer = old.answer;
			kept++;
		}
	}
	w->unchanged = kept == w->n && kept == known;
	free(b.data);
}

/* A file that changed within the last second could change again in the same tick. */
static void remember(const struct walk *w, const char *cache, const char *name, long long began)
{
	char *data = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&data, &size);

	if (!f)
		return;
	for (size_t i = 0; i < w->n; i++) {
		const struct entry *s = &w->entries[i];

		if (!s->error && !s->why && s->answer && s->ctime < began - SECOND)
			fprintf(f, "%lld %lld %lld %llu %u %s%c", s->size, s->mtime, s->ctime,
				s->inode, s->answer, s->path, '\0');
	}
	if (!fclose(f))
		cache_store(cache, name, data, size);
	free(data);
}

/* ------------------------------------------------------------- the readers */

static ssize_t read_whole(int fd, char **buffer, size_t *cap, size_t size)
{
	size_t got = 0;
	ssize_t n;

	if (size + 1 > *cap) {
		free(*buffer);
		*cap = 2 * size + (1 << 20);
		*buffer = alloc(*cap);
	}
	while ((n = read(fd, *buffer + got, *cap - got)) != 0) {
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			got += n;
		if (got == *cap) {
			errno = EBUSY;	/* it grows while it is read */
			return -1;
		}
	}
	return got;
}

/* The name of another file and nothing else: a symbolic link, where whoever copied the tree could make none */
static bool only_a_path(const char *data, ssize_t n)
{
	if (n < 4 || n > PATH_MAX || !memchr(data, '/', n))
		return false;
	for (ssize_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)data[i]) && !strchr("./_-+,", data[i] ? data[i] : ' ') &&
		    !(data[i] == '\n' && i == n - 1))
			return false;
	return data[n - 1] != '/' && memcmp(data, "//", 2);
}

static void *reader(void *arg)
{
	struct walk *w = arg;
	char *buffer = NULL;
	size_t cap = 0, i;

	while ((i = atomic_fetch_add(&w->next, 1)) < w->n) {
		struct entry *s = &w->entries[i];
		ssize_t n = -1;
		int fd;

		if (s->error || s->why || s->answer)
			continue;
		fd = openat(w->root, s->path, O_RDONLY | (s->link ? 0 : O_NOFOLLOW) | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0)
			n = read_whole(fd, &buffer, &cap, s->size);
		if (n < 0)
			s->error = errno;
		else if (only_a_path(buffer, n))
			s->why = "a symbolic link that was copied as text: what it leads to is not read";
		else
			s->answer = READ | (binds(w->unruled, buffer, n) ? BINDS : 0) |
				    (names(w->core, buffer, n) ? NAMES : 0);
		if (fd >= 0)
			close(fd);
	}
	free(buffer);
	return NULL;
}

static void read_changed(struct walk *w)
{
	pthread_t threads[READERS - 1];
	int started = 0;

	while (started < READERS - 1 && !pthread_create(&threads[started], NULL, reader, w))
		started++;
	reader(w);
	while (started--)
		pthread_join(threads[started], NULL);
}

/* ---------------------------------------------------------------- the tree */

/* Value of `NAME = value` in the top Makefile, NULL where there is no such line. */
static char *makefile_value(const char *makefile, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = makefile; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		const char *v = p + len;

		if (strncmp(p, name, len))
			continue;
		v += strspn(v, " \t");
		if (*v++ != '=')
			continue;
		v += strspn(v, " \t");
		return copy_bytes(v, strcspn(v, " \t\r\n#"));
	}
	return NULL;
}

static char *kernel_version(const char *tree)
{
	char *path = format("%s/Makefile", tree);
	char *version = NULL, *patchlevel = NULL, *sublevel, *extra;
	struct bytes b;

	if (read_file(path, &b)) {
		version = makefile_value(b.data, "VERSION");
		patchlevel = makefile_value(b.data, "PATCHLEVEL");
	} else if (errno != ENOENT) {
		fatal("%s: %s: make it readable or choose another KERNEL=", path, strerror(errno));
	}
	if (!version || !*version || !patchlevel || !*patchlevel)
		fatal("%s: not a kernel tree, its Makefile names no VERSION and PATCHLEVEL: "
		      "give the top folder of a kernel source tree as KERNEL=", tree);
	sublevel = makefile_value(b.data, "SUBLEVEL");
	extra = makefile_value(b.data, "EXTRAVERSION");
	return format("%s.%s%s%s%s", version, patchlevel, sublevel && *sublevel ? "." : "",
		      sublevel ? sublevel : "", extra ? extra : "");
}

static bool is_empty(const char *tree)
{
	DIR *dir = opendir(tree);
	struct dirent *e;
	bool empty = true;

	if (!dir)
		fatal("%s: %s: make it readable or choose another KERNEL=", tree, strerror(errno));
	while (empty && (e = readdir(dir)))
		empty = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
	closedir(dir);
	return empty;
}

/* Ends the step unless TREE is a kernel tree with IOMMU drivers. */
static void check_tree(const char *tree)
{
	char *drivers = format("%s/drivers/iommu", tree);
	struct stat st;

	if (stat(tree, &st) < 0)
		fatal("%s: %s: give the top folder of a kernel source tree as KERNEL=", tree,
		      strerror(errno));
	if (!S_ISDIR(st.st_mode))
		fatal("%s: not a folder: give the top folder of a kernel source tree as KERNEL=",
		      tree);
	if (is_empty(tree))
		fatal("%s: empty folder: give the top folder of a kernel source tree as KERNEL=",
		      tree);
	free(kernel_version(tree));
	if (stat(drivers, &st) < 0 || !S_ISDIR(st.st_mode))
		fatal("%s: has no drivers/iommu: give a complete kernel source tree as KERNEL=",
		      tree);
	free(drivers);
}

/* One word for all that was walked; "" while a file may still change within the tick of its stamp. */
static const char *state_of(const struct walk *w, const char *tree, long long began)
{
	struct digest *state = digest_begin();

	digest_add(state, tree, strlen(tree));
	for (size_t i = 0; i < w->n; i++) {
		const struct entry *s = &w->entries[i];
		long long stamp[4] = { s->size, s->mtime, s->ctime, s->inode };

		if (s->error || s->why || s->ctime >= began - SECOND)
			return "";
		digest_add(state, stamp, sizeof(stamp));
		digest_add(state, s->path, strlen(s->path));
	}
	return digest_end(state);
}

/* Says that a file could not be read, and keeps it for the audit's coverage. */
static void leave_out(json_t *unread, const char *tree, json_t *name, const char *path, const char *why, const char *mend)
{
	complain("%s/%s: %s: %s", tree, path, why, mend);
	json_array_append_new(unread, json_pack("{sO ss}", "file", name, "why", why));
}

static void write_scan(const struct walk *w, const char *tree, const char *contract, const char *state,
		       const char *out)
{
	json_t *files = json_array(), *callers = json_array(), *points = json_array();
	json_t *unreadable = json_array(), *unread = json_array(), *row;
	size_t k;

	for (size_t i = 0; i < w->n; i++) {
		const struct entry *s = &w->entries[i];
		json_t *name = text(s->path);

		if (s->error || s->why) {
			leave_out(unread, tree, name, s->path, s->why ? s->why : strerror(s->error),
				  s->why ? "put the files themselves there and run the audit again" :
					   "make it readable and run the audit again");
		} else if (s->answer > READ && strcmp(json_string_value(name), s->path)) {
			leave_out(unread, tree, name, s->path, "its name is not UTF-8", "rename it and run the audit again");
		} else {
			if (s->answer & BINDS)
				json_array_append(files, name);
			if (s->answer & NAMES)
				json_array_append(callers, name);
		}
		json_decref(name);
	}
	for (int i = 0; i < w->core->n_gaps; i++) {
		const struct core_gap *g = &w->core->gaps[i];
		char *why = format("line %d: %s is used in a form that is not read", g->line, g->op);

		complain("%s/%s:%d: %s is used in a form that is not read: entry points, and "
			 "their callers, may be missing", tree, g->file, g->line, g->op);
		if (!i || strcmp(g->file, g[-1].file))
			json_array_append_new(unread, json_pack("{so so}", "file", text(g->file), "why", text(why)));
	}
	json_array_foreach(unread, k, row)
		json_array_append(unreadable, json_object_get(row, "file"));
	for (int i = 0; i < w->core->n_points; i++)
		json_array_append_new(points, text(w->core->points[i].def->name));
	write_json(out, json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:O}", "version", text(kernel_version(tree)),
				  "contract", contract, "state", state, "files", files, "entry_points", points,
				  "callers", callers, "unreadable", unreadable,
				  "unread", unread, "unruled", w->unruled));
}

int step_scan(int argc, char **argv)
{
	const char *tree = required(argc, argv, "tree");
	const char *cache = required(argc, argv, "cache");
	const char *out = required(argc, argv, "out");
	const char *data = required(argc, argv, "contract");
	const char *choice = option(argc, argv, "choose", NULL);
	const char *rules = option(argc, argv, "rules", NULL);
	const char *skip = option(argc, argv, "skip", "");
	struct walk w = { .root = -1 };
	struct core core;
	struct stat st;
	struct timespec now;
	char *real, *name;
	const char *type, *contract;
	json_t *contracts, *unruled = json_array(), *more;
	size_t k;
	struct digest *id;

	check_tree(tree);
	contracts = contract_read(data);
	contract = contract_choose(contracts, data, tree, choice, unruled);
	w.unruled = unruled;
	if (rules)
		write_json(rules, contracts);
	clock_gettime(CLOCK_REALTIME, &now);
	real = realpath(tree, NULL);
	w.root = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!real || w.root < 0)
		fatal("%s: %s: choose another KERNEL=", tree, strerror(errno));
	core = find_core(tree);
	w.core = &core;
	id = digest_begin();
	digest_add(id, real, strlen(real));
	for (int i = 0; i < core.n_points; i++)
		digest_add(id, core.points[i].def->name, strlen(core.points[i].def->name));
	for (int i = 0; i < n_operations; i++)
		digest_add(id, operations[i].name, strlen(operations[i].name) + 1);
	for (int i = 0; (type = table_type(i)); i++)
		digest_add(id, type, strlen(type) + 1);
	json_array_foreach(unruled, k, more)
		digest_add(id, str(more, "name"), strlen(str(more, "name")) + 1);
	name = format("scan-%d-%s", RULE, digest_end(id));

	if (*skip && !stat(skip, &st)) {
		w.skip_dev = st.st_dev;
		w.skip_ino = st.st_ino;
	}
	w.tree = tree;
	walk(&w, w.root, ".", "");
	qsort(w.entries, w.n, sizeof(*w.entries), by_path);
	recall(&w, cache, name);
	if (!w.unchanged) {
		read_changed(&w);
		remember(&w, cache, name, nanoseconds(now));
	}
	write_scan(&w, tree, contract, state_of(&w, real, nanoseconds(now)), out);
	return 0;
}
