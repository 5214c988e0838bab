// SPDX-License-Identifier: GPL-2.0-only
/* Kernel-wide functions: in, api.json; out, whether a name is of a kind. */
#include "audit.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static json_t *kinds;	/* kind -> { name: true }, and "*" -> the names that are patterns */

void load_api(const char *path)
{
	json_t *file = read_json(path), *entry, *name;
	const char *kind;
	size_t i;

	kinds = json_object();
	json_object_foreach(file, kind, entry) {
		json_t *names = json_object_get(entry, "names"), *exact = json_object(), *patterns = json_array();

		if (!json_is_array(names) || !json_is_string(json_object_get(entry, "source")))
			fatal("%s: \"%s\" needs \"names\" and \"source\"", path, kind);
		json_array_foreach(names, i, name) {
			if (strchr(json_is_string(name) ? json_string_value(name) : "", '*'))
				json_array_append(patterns, name);
			else if (json_is_string(name))
				json_object_set_new(exact, json_string_value(name), json_true());
		}
		json_object_set_new(exact, "*", patterns);
		json_object_set_new(kinds, kind, exact);
	}
	json_decref(file);
}

bool api(const char *kind, const char *name)
{
	json_t *names = json_object_get(kinds, kind), *v;
	size_t i;

	if (!names)
		fatal("api.json: kind \"%s\" is missing: restore the file", kind);
	if (json_is_true(json_object_get(names, name)))
		return true;
	json_array_foreach(json_object_get(names, "*"), i, v)
		if (!fnmatch(json_string_value(v), name, 0))
			return true;
	return false;
}

bool has_word(const char *name, const char *kind)
{
	for (const char *p = name; *p && *p != '('; ) {
		size_t len = strcspn(p, "_(");
		char *word = copy_bytes(p, len);
		bool hit = len && api(kind, word);

		free(word);
		if (hit)
			return true;
		p += len + (p[len] == '_');
	}
	return false;
}
