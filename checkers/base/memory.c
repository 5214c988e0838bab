// SPDX-License-Identifier: GPL-2.0-only
/* Memory and messages: in, sizes and formats; out, memory that is never NULL and lines on stderr. */
#include "audit.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
	if (!p)
		fatal("out of memory: audit fewer files at once or give this machine more memory");
	return p;
}

void *alloc(size_t size)
{
	return must(calloc(1, size ? size : 1));
}

void *grow(void *old, size_t nmemb, size_t size)
{
	return must(reallocarray(old, nmemb, size));
}

char *copy_bytes(const char *s, size_t len)
{
	char *p = alloc(len + 1);

	memcpy(p, s, len);
	return p;
}

char *copy_string(const char *s)
{
	return copy_bytes(s, strlen(s));
}

char *format(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return must(s);
}

int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The code point at s, of *LEN bytes; what is not UTF-8 is a byte of its own, negative. */
static long code_point(const unsigned char *s, int *len)
{
	int n = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;
	long c = n < 2 ? *s : *s & (0x7f >> n);

	*len = 1;
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return -(long)*s;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (n)
		*len = n;
	return n ? c : -(long)*s;
}

/* Would a terminal obey it, or show it as what it is not: controls, marks of direction and of width 0? */
static bool obeyed(long c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xd800 && c < 0xe000) || c >= 0xe0000;
}

/* One line, whatever names of the tree are in it. */
static void say(const char *fmt, va_list ap)
{
	char *line = NULL;
	int len;

	fputs("attach-checks: ", stderr);
	if (vasprintf(&line, fmt, ap) < 0)
		line = NULL;	/* out of memory: the format alone is better than nothing */
	for (const unsigned char *s = (const unsigned char *)(line ? line : fmt); *s; s += len) {
		long c = code_point(s, &len);

		if (!obeyed(c))
			fwrite(s, 1, len, stderr);
		else
			for (int i = 0; i < len; i++)
				fprintf(stderr, "\\x%02x", s[i]);
	}
	fputc('\n', stderr);
	free(line);
}

void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	exit(EXIT_INCOMPLETE);
}
