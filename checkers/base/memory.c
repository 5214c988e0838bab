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

static void say(const char *fmt, va_list ap)
{
	fputs("attach-checks: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
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
