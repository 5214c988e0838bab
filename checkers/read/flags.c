// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flags: in, a compiler's command line, or a file with one argument a line; out,
 * what of it says how a file is to be read, handed to sparse.
 */
#include "unit.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char **flags;		/* argv for sparse_initialize(), without files */
static int n_flags, cap_flags;

void start_sparse(void)
{
	static const char *const fixed[] = {
		"-fmax-errors=unlimited", "-fmax-warnings=0", "-ftabstop=1", "-fno-mem2reg", "-fno-optim",
		"-D__typeof_unqual__=__typeof__", "-DKBUILD_MODNAME=\"x\"", "-DKBUILD_BASENAME=\"x\"",
		"-DKBUILD_MODFILE=\"x\"", "-D__KBUILD_MODNAME=x",
	};
	struct string_list *files = NULL;
	char **argv = NULL;
	int n = 0, cap = 0;

	push(argv, n, cap) = copy_string("attach-check");
	for (int i = 0; i < n_flags; i++)
		push(argv, n, cap) = flags[i];
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		push(argv, n, cap) = copy_string(fixed[i]);
	push(argv, n, cap) = NULL;
	do_output = 0;
	sparse_initialize(n - 1, argv, &files);
}

/* Only what says how a file is to be read; a compiler's other options mean nothing here. */
static void add_flag(const char *flag, const char *value)
{
	push(flags, n_flags, cap_flags) = copy_string(flag);
	if (value)
		push(flags, n_flags, cap_flags) = copy_string(value);
}

void add_include(const char *folder)
{
	add_flag("-I", folder);
}

int take_flag(int n, char **argv, int i)
{
	static const char *const apart[] = { "-I", "-D", "-U", "-include", "-imacros", "-isystem", "-iquote", "-idirafter" };
	static const char *const joined[] = { "-I", "-D", "-U", "-std=", "-m32", "-m64", "-mx32", "--arch=", "-mlittle-endian",
		"-mbig-endian", "-nostdinc", "-fshort-wchar", "-funsigned-char", "-fsigned-char", "-isystem" };
	static const char *const skipped[] = { "-mllvm", "--param", "-o", "-MF", "-MT", "-MQ", "-Xclang", "-target", "-arch" };

	for (size_t k = 0; k < sizeof(apart) / sizeof(*apart); k++)
		if (!strcmp(argv[i], apart[k]) && i + 1 < n) {
			add_flag(argv[i], argv[i + 1]);
			return 2;
		}
	for (size_t k = 0; k < sizeof(skipped) / sizeof(*skipped); k++)
		if (!strcmp(argv[i], skipped[k]))
			return i + 1 < n ? 2 : 1;
	for (size_t k = 0; k < sizeof(joined) / sizeof(*joined); k++)
		if (!strncmp(argv[i], joined[k], strlen(joined[k]))) {
			add_flag(argv[i], NULL);
			break;
		}
	return 1;
}

void read_flags(const char *path)
{
	struct bytes b;
	char **list = NULL, *save = NULL;
	int n = 0, cap = 0;

	if (!read_file(path, &b))
		fatal("%s: %s: prepare the tree first", path, strerror(errno));
	for (char *line = strtok_r(b.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		push(list, n, cap) = line;
	n_flags = 0;
	for (int i = 0; i < n; )
		i += take_flag(n, list, i);
}
