// SPDX-License-Identifier: GPL-2.0-only
/* Kernel-wide functions: in, api.json; out, whether a name is of a kind. */
#include "audit.h"

#include <fnmatch.h>
#include <string.h>

static json_t *kinds;

void load_api(const char *path)
{
	const char *kind;
	json_t *entry;

	kinds = read_json(path);
	json_object_foreach(kinds, kind, entry)
		if (!json_is_array(json_object_get(entry, "names")) ||
		    !json_is_string(json_object_get(entry, "source")))
			fatal("%s: \"%s\" needs \"names\" and \"source\"", path, kind);
}

bool api(const char *kind, const char *name)
{
	json_t *names = json_object_get(json_object_get(kinds, kind), "names"), *v;
	size_t i;

	if (!names)
		fatal("api.json: kind \"%s\" is missing: restore the file", kind);
	json_array_foreach(names, i, v) {
		const char *pattern = json_string_value(v);

		if (pattern && (strchr(pattern, '*') ? !fnmatch(pattern, name, 0) : !strcmp(pattern, name)))
			return true;
	}
	return false;
}
