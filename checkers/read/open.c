// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening: in, a path that a source includes; out, what open(2) makes of it, unless that could wait for ever.
 *
 * A FIFO named like a header stops whatever opens it, and its time limit, which counts processor time. This
 * open() takes libc's place in attach-check, and in clang, which is started with it (LD_PRELOAD): a FIFO is
 * refused like a file that is no file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_plain(const char *path, int flags, mode_t mode)
{
	struct stat st;

	if (!fstatat(AT_FDCWD, path, &st, 0) && S_ISFIFO(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define OPEN(name)						\
int name(const char *path, int flags, ...)			\
{								\
	va_list ap;						\
	mode_t mode = 0;					\
								\
	va_start(ap, flags);					\
	if (flags & (O_CREAT | O_TMPFILE))			\
		mode = va_arg(ap, mode_t);			\
	va_end(ap);						\
	return open_plain(path, flags, mode);			\
}

OPEN(open)
OPEN(open64)
