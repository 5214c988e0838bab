// SPDX-License-Identifier: GPL-2.0-only
/* Files: in, paths; out, whole contents, JSON values, and files that appear complete or not at all. */
#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (64u << 20)

static bool read_regular(const char *path, struct bytes *out, bool own)
{
	struct stat st;
	size_t got = 0;
	int fd, saved;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (own ? O_NOFOLLOW : 0));
	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0)
		goto fail;
	if (own && (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))) {
		errno = EPERM;
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		goto fail;
	}
	if (st.st_size > FILE_MAX) {
		errno = EFBIG;
		goto fail;
	}
	out->data = alloc(st.st_size + 1);
	while (got < (size_t)st.st_size) {
		ssize_t n = read(fd, out->data + got, st.st_size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(out->data);
			goto fail;
		}
		if (!n)
			break;
		got += n;
	}
	out->size = got;
	close(fd);
	return true;
fail:
	saved = errno;
	close(fd);
	errno = saved;
	return false;
}

bool stays_in(const char *tree, const char *path)
{
	char *full = format("%s/%s", tree, path), *top = realpath(tree, NULL), *real = realpath(full, NULL);
	size_t len = top ? strlen(top) : 0;
	bool in = top && real && !strncmp(real, top, len) && (real[len] == '/' || !strcmp(top, "/"));

	free(full);
	free(top);
	free(real);
	return in;
}

bool read_file(const char *path, struct bytes *out)
{
	return read_regular(path, out, false);
}

bool read_own_file(const char *path, struct bytes *out)
{
	return read_regular(path, out, true);
}

static char *temporary_name(const char *path)
{
	return format("%s.%ld.tmp", path, (long)getpid());
}

FILE *write_begin(const char *path)
{
	char *tmp = temporary_name(path);
	FILE *f;
	int fd;

	unlink(tmp);	/* of an earlier process of this number; or a link: it is not followed */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		fatal("%s: %s: choose a writable OUT=", path, strerror(errno));
	free(tmp);
	return f;
}

void write_end(FILE *f, const char *path)
{
	char *tmp = temporary_name(path);
	bool bad = ferror(f) || fflush(f);

	if (fclose(f) || bad) {
		int saved = errno;

		unlink(tmp);
		fatal("%s: %s: free some space or choose another OUT=", path, strerror(saved));
	}
	if (rename(tmp, path) < 0) {
		int saved = errno;

		unlink(tmp);
		fatal("%s: %s: choose a writable OUT=", path, strerror(saved));
	}
	free(tmp);
}

void write_json(const char *path, const json_t *value)
{
	FILE *f = write_begin(path);

	if (json_dumpf(value, f, JSON_INDENT(1) | JSON_ENSURE_ASCII) < 0 || fputc('\n', f) == EOF) {
		char *tmp = temporary_name(path);

		unlink(tmp);
		fatal("%s: cannot be written: free some space or choose another OUT=", path);
	}
	write_end(f, path);
}

json_t *read_json(const char *path)
{
	json_error_t e;
	json_t *v = json_load_file(path, JSON_REJECT_DUPLICATES, &e);

	if (!v)
		fatal("%s:%d: %s: delete it and run the audit again", path, e.line, e.text);
	return v;
}

void read_json_lines(const char *path, void (*fn)(json_t *line, void *data), void *data)
{
	struct bytes b;
	char *p, *end;
	int n = 0;

	if (!read_file(path, &b))
		fatal("%s: %s: run the audit again from its first step", path, strerror(errno));
	for (p = b.data; *p; p = end + 1) {
		json_error_t e;
		json_t *v;

		n++;
		end = strchrnul(p, '\n');
		v = json_loadb(p, end - p, JSON_REJECT_DUPLICATES, &e);
		if (!v)
			fatal("%s:%d: %s: delete it and run the audit again", path, n, e.text);
		fn(v, data);
		json_decref(v);
		if (!*end)
			break;
	}
	free(b.data);
}

void need_strings(const char *path, const char *key, const json_t *list)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (!json_is_string(v))
			fatal("%s: \"%s\" holds what is no string: delete it and run the audit again", path, key);
}

/* Length of the UTF-8 sequence at s (RFC 3629), 0 when there is none. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	size_t n = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

json_t *textn(const char *s, size_t len)
{
	char *clean = alloc(3 * len + 1);
	size_t to = 0;
	json_t *v;

	for (size_t i = 0; i < len;) {
		size_t n = utf8_length((const unsigned char *)s + i, len - i);

		if (n) {
			memcpy(clean + to, s + i, n);
			to += n;
			i += n;
		} else {
			memcpy(clean + to, "\xef\xbf\xbd", 3);
			to += 3;
			i++;
		}
	}
	v = json_stringn(clean, to);
	free(clean);
	if (!v)
		fatal("out of memory: audit fewer files at once or give this machine more memory");
	return v;
}

json_t *text(const char *s)
{
	return textn(s, strlen(s));
}

uint64_t hash_bytes(uint64_t seed, const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t h = seed ^ 0xcbf29ce484222325u;

	while (size--)
		h = (h ^ *p++) * 0x100000001b3u;
	return h;
}

const char *option(int argc, char **argv, const char *name, const char *fallback)
{
	size_t len = strlen(name);

	for (int i = 1; i < argc; i++) {
		const char *a = argv[i];

		if (strncmp(a, "--", 2) || strncmp(a + 2, name, len))
			continue;
		if (a[2 + len] == '=')
			return a + 3 + len;
		if (!a[2 + len] && i + 1 < argc)
			return argv[i + 1];
	}
	return fallback;
}

const char *required(int argc, char **argv, const char *name)
{
	const char *v = option(argc, argv, name, NULL);

	if (!v)
		fatal("%s: needs --%s", argv[0], name);
	return v;
}
