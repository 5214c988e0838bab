// SPDX-License-Identifier: GPL-2.0-only
/*
 * Definitions: in, a kernel tree; out, the .c files whose text defines a function
 * that other files can call, by name. One pass over the text, kept in the cache by
 * the names, sizes and times of the files. It may name too many files, since macros
 * and #if are not looked into: whoever parses the file decides.
 */
#include "../read/unit.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT "definitions-1"
#define MAX_NAMES 64			/* words before a parenthesis in one declarator */

struct listed {
	const char *path;
	long long size, time;
};

static struct listed *files;
static int n_files, cap_files;
static struct bytes sorted;		/* "name path\n" or "name path weak\n", in order */

/* ------------------------------------------------------------------- walk */

static bool skipped_folder(const char *path)
{
	static const char *const apart[] = {
		"tools", "samples", "scripts", "Documentation", "usr", "rust", "LICENSES",
	};

	for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++)
		if (!strcmp(path, apart[i]))
			return true;
	return false;
}

static void list_folder(const char *path, int depth)
{
	DIR *dir = opendir(*path ? path : ".");
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		size_t len = strlen(e->d_name);
		char *name;
		struct stat st;

		if (*e->d_name == '.' || (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN &&
					  (len < 3 || strcmp(e->d_name + len - 2, ".c"))))
			continue;
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		name = *path ? format("%s/%s", path, e->d_name) : copy_string(e->d_name);
		if (S_ISDIR(st.st_mode) && depth < 32 && !skipped_folder(name))
			list_folder(name, depth + 1);
		else if (S_ISREG(st.st_mode) && len > 2 && !strcmp(e->d_name + len - 2, ".c"))
			push(files, n_files, cap_files) = (struct listed){ name, st.st_size,
				st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec };
	}
	if (dir)
		closedir(dir);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct listed *)a)->path, ((const struct listed *)b)->path);
}

/* -------------------------------------------------------------- one file */

static char **found;
static int n_found, cap_found;

struct word {
	const char *s;
	int len;
};

static bool word_is(struct word w, const char *s)
{
	return (int)strlen(s) == w.len && !strncmp(w.s, s, w.len);
}

static const char *skip_quoted(const char *p)
{
	char quote = *p++;

	while (*p && *p != quote && *p != '\n')
		p += *p == '\\' && p[1] ? 2 : 1;
	return *p == quote ? p + 1 : p;
}

static const char *skip_comment(const char *p)
{
	const char *end = p[1] == '/' ? strchr(p, '\n') : strstr(p + 2, "*/");

	return !end ? p + strlen(p) : p[1] == '/' ? end : end + 2;
}

/*
 * A declarator from P (the first column of a line) on: adds the names before its
 * parentheses when a body follows. Returns where to look for the next line.
 */
static const char *declarator(const char *p, const char *path)
{
	struct word names[MAX_NAMES], last = { 0 };
	bool internal = false, weak = false;
	int n = 0, depth = 0;

	for (;;) {
		if (!*p || *p == ';' || *p == '}' || *p == '=' || (*p == '{' && depth))
			return p;
		if (*p == '{')
			break;
		if (*p == '#')
			return p;
		if (*p == '/' && (p[1] == '*' || p[1] == '/')) {
			p = skip_comment(p);
		} else if (*p == '"' || *p == '\'') {
			p = skip_quoted(p);
		} else if (isalpha((unsigned char)*p) || *p == '_') {
			last.s = p;
			while (isalnum((unsigned char)*p) || *p == '_')
				p++;
			last.len = p - last.s;
			internal |= !depth && word_is(last, "static");
			weak |= !depth && word_is(last, "__weak");
		} else if (*p == '(') {
			if (!depth++ && last.s && n < MAX_NAMES)
				names[n++] = last;
			p++;
		} else {
			depth -= *p == ')' && depth;
			if (!isspace((unsigned char)*p))
				last.s = NULL;
			if (!depth && *p == '\n' && p[1] == '\n') {
				n = 0;		/* DEFINE_X(y) without a semicolon */
				internal = weak = false;
			}
			p++;
		}
	}
	for (int i = 0; i < n && !internal; i++)
		push(found, n_found, cap_found) =
			format("%.*s %s%s\n", names[i].len, names[i].s, path, weak ? " weak" : "");
	return p;
}

static void index_file(const char *path)
{
	struct bytes b;
	const char *p;

	if (!read_file(path, &b))
		return;
	for (p = b.data; p && *p; ) {
		if (isalpha((unsigned char)*p) || *p == '_')
			p = declarator(p, path);
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	free(b.data);
}

/* Sorts what was found, each once, into one text. */
static void sort_found(void)
{
	size_t size = 0;

	if (n_found)
		qsort(found, n_found, sizeof(*found), by_text);
	for (int i = 0; i < n_found; i++)
		size += strlen(found[i]);
	sorted = (struct bytes){ .data = alloc(size + 1) };
	for (int i = 0; i < n_found; i++)
		if (!i || strcmp(found[i], found[i - 1])) {
			size_t len = strlen(found[i]);

			memcpy(sorted.data + sorted.size, found[i], len);
			sorted.size += len;
		}
	for (int i = 0; i < n_found; i++)
		free(found[i]);
	free(found);
	found = NULL;
	n_found = cap_found = 0;
}

/* One index a tree is kept: it begins with the key of what it was made of. */
void index_definitions(const char *cache)
{
	char *here = realpath(".", NULL), head[40];
	struct bytes kept;
	const char *name;
	struct digest *key = digest_begin(), *place = digest_begin();

	list_folder("", 0);
	if (n_files)
		qsort(files, n_files, sizeof(*files), by_path);
	for (int i = 0; i < n_files; i++) {
		digest_add(key, files[i].path, strlen(files[i].path));
		digest_add(key, &files[i].size, sizeof(files[i].size));
		digest_add(key, &files[i].time, sizeof(files[i].time));
	}
	snprintf(head, sizeof(head), "%s\n", digest_end(key));
	digest_add(place, here ? here : "", here ? strlen(here) : 0);
	name = format(FORMAT "-%s", digest_end(place));
	free(here);
	if (cache && cache_load(cache, name, &kept)) {
		if (kept.size >= strlen(head) && !memcmp(kept.data, head, strlen(head))) {
			sorted = (struct bytes){ kept.data + strlen(head),
						 kept.size - strlen(head) };
			return;
		}
		free(kept.data);
	}
	for (int i = 0; i < n_files; i++)
		index_file(files[i].path);
	sort_found();
	if (cache)
		cache_store(cache, name, format("%s%s", head, sorted.data),
			    strlen(head) + sorted.size);
}

/* Where the first line begins that is not before NAME. */
static size_t lower_bound(const char *name)
{
	size_t low = 0, high = sorted.size, len = strlen(name);

	while (low < high) {
		size_t middle = low + (high - low) / 2, line = middle;
		const char *end;

		while (line > low && sorted.data[line - 1] != '\n')
			line--;
		end = memchr(sorted.data + line, '\n', sorted.size - line);
		if (!end)
			return sorted.size;
		if (strncmp(sorted.data + line, name, len) < 0)
			low = end + 1 - sorted.data;
		else
			high = line;
	}
	return low;
}

int definitions_named(const char *name, const char ***out)
{
	char *with_blank = format("%s ", name);
	size_t at = lower_bound(with_blank), len = strlen(with_blank);
	const char **strong = NULL, **weak = NULL;
	int n = 0, cap = 0, n_weak = 0, cap_weak = 0;

	while (at < sorted.size && !strncmp(sorted.data + at, with_blank, len)) {
		const char *path = sorted.data + at + len, *end = strchr(path, '\n');
		size_t size = (end ? end : path + strlen(path)) - path;

		if (size > 5 && !strncmp(path + size - 5, " weak", 5))
			push(weak, n_weak, cap_weak) = copy_bytes(path, size - 5);
		else
			push(strong, n, cap) = copy_bytes(path, size);
		at += len + size + 1;
	}
	free(with_blank);
	*out = n ? strong : weak;
	return n ? n : n_weak;
}

/* ----------------------------------------------------------------- Kbuild */

static bool configured(const char *config, const char *name, int len)
{
	const char *line = format("#define CONFIG_%.*s", len, name);
	size_t size = strlen(line);

	for (const char *p = config; (p = strstr(p, line)); p += size)
		if (p[size] == ' ' || !strncmp(p + size, "_MODULE ", 8))
			return true;
	return false;
}

/* Does this word list, from P to END, hold WORD? */
static bool holds_word(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = p; at + len <= end; at++)
		if (!strncmp(at, word, len) &&
		    (at + len == end || isspace((unsigned char)at[len])) &&
		    (at == p || isspace((unsigned char)at[-1])))
			return true;
	return false;
}

static bool builds(const char *folder, const char *word, const char *config, int depth);

/*
 * `LEFT += ... word ...`: is LEFT built? LEFT is obj-y, obj-$(CONFIG_X), foo-y,
 * foo-objs, foo-$(CONFIG_X).
 */
static bool left_is_built(const char *left, size_t len, const char *folder, const char *config,
			  int depth)
{
	const char *dash = NULL, *option = memmem(left, len, "$(CONFIG_", 9);
	size_t stem;

	for (size_t i = 0; i < len && left + i != option; i++)
		if (left[i] == '-')
			dash = left + i;
	if (!dash)
		return true;			/* a variable: who knows */
	if (option) {
		const char *end = memchr(option, ')', left + len - option);

		if (end && !configured(config, option + 9, end - option - 9))
			return false;
	} else if (dash[1] != 'y' && dash[1] != 'm' && strncmp(dash + 1, "objs", 4)) {
		return dash + 1 == left + len ? false : true;
	}
	stem = dash - left;
	if ((stem == 3 && (!strncmp(left, "obj", 3) || !strncmp(left, "lib", 3))) || depth > 4)
		return true;
	return builds(folder, format("%.*s.o", (int)stem, left), config, depth + 1);
}

/* Does the Makefile of FOLDER build WORD ("x.o", "folder/")? True where it does not mention it. */
static bool builds(const char *folder, const char *word, const char *config, int depth)
{
	static const char *const names[] = { "Kbuild", "Makefile" };
	bool mentioned = false;

	for (size_t i = 0; i < 2; i++) {
		struct bytes b;

		if (!read_file(format("%s/%s", folder, names[i]), &b))
			continue;
		for (char *p = b.data; (p = strstr(p, "\\\n")); )
			p[0] = p[1] = ' ';
		for (char *line = b.data, *end; line; line = *end ? end + 1 : NULL) {
			char *equals;

			end = strchrnul(line, '\n');
			equals = memchr(line, '=', end - line);
			if (*line == '#' || !equals || !holds_word(equals + 1, end, word))
				continue;
			mentioned = true;
			if (left_is_built(line, strcspn(line, " \t:+="), folder, config, depth)) {
				free(b.data);
				return true;
			}
		}
		free(b.data);
	}
	return !mentioned;
}

bool compiled(const char *path, const char *config)
{
	char *folder = copy_string(path), *slash, *word = NULL;
	bool yes = true;

	while (config && yes && (slash = strrchr(folder, '/'))) {
		size_t len = strlen(slash + 1);

		if (!word)
			word = format("%.*s.o", (int)len - 2, slash + 1);
		else
			word = format("%s/", slash + 1);
		*slash = 0;
		yes = builds(folder, word, config, 0);
	}
	free(folder);
	return yes;
}
