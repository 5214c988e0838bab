// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step bindings: in, the occurrences that text found and the bindings that
 * SmPL matched; out, one line an occurrence: bound, of another struct, or a
 * gap. What SmPL alone sees is a gap. The text knows more forms of a table than
 * SmPL has patterns for, and what it binds is held to spatch's facts function by
 * function. What the scan could not look into is a gap as well.
 */
#include "audit.h"

#include <string.h>

struct matched {
	json_t *facts;		/* binding facts */
};

static void keep_bindings(json_t *line, void *data)
{
	struct matched *m = data;

	if (!strcmp(json_string_value(json_object_get(line, "k")), "binding"))
		json_array_append(m->facts, line);
}

static bool same(const json_t *a, const char *ka, const json_t *b, const char *kb)
{
	return json_equal(json_object_get(a, ka), json_object_get(b, kb));
}

/* The fact for this occurrence, marked as used. */
static json_t *match(const struct matched *m, const json_t *occurrence)
{
	json_t *fact;
	size_t i;

	json_array_foreach(m->facts, i, fact)
		if (same(fact, "f", occurrence, "file") && same(fact, "op", occurrence, "op") &&
		    same(fact, "callback", occurrence, "callback") &&
		    json_equal(json_array_get(json_object_get(fact, "at"), 0),
			       json_object_get(occurrence, "line"))) {
			json_object_set_new(fact, "seen", json_true());
			return fact;
		}
	return NULL;
}

static void write_line(FILE *f, json_t *line)
{
	json_dumpf(line, f, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	fputc('\n', f);
	json_decref(line);
}

int step_bindings(int argc, char **argv)
{
	json_t *closure = read_json(required(argc, argv, "closure")), *occurrence, *fact;
	struct matched m = { .facts = json_array() };
	const char *out = required(argc, argv, "out");
	FILE *f = write_begin(out);
	size_t i;

	read_json_lines(required(argc, argv, "facts"), keep_bindings, &m);
	json_array_foreach(json_object_get(closure, "occurrences"), i, occurrence) {
		json_t *line = json_deep_copy(occurrence);

		json_object_set_new(line, "seen_by", json_string(match(&m, occurrence) ? "text smpl" : "text"));
		write_line(f, line);
	}
	json_array_foreach(m.facts, i, fact) {
		if (json_object_get(fact, "seen"))
			continue;
		write_line(f, json_pack("{sO sO sO sO ss ss ss ss ss ss ss}",
			"file", json_object_get(fact, "f"),
			"line", json_array_get(json_object_get(fact, "at"), 0),
			"op", json_object_get(fact, "op"), "callback", json_object_get(fact, "callback"),
			"via", "initialiser", "type", "", "ops", "", "fixed", "", "status", "gap",
			"why", "matched by SmPL but not found in the text", "seen_by", "smpl"));
	}
	write_end(f, out);
	return 0;
}
