// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaks: in, foreign.jsonl, which says what callees of other subsystems return; out,
 * for a call at a place in a driver the errnos that can come out of it.
 */
#include "audit.h"

#include <stdlib.h>
#include <string.h>

static json_t *rows;

static void add_row(json_t *row, void *path)
{
	json_t *fact, *operand;
	size_t i, k;

	if (strcmp(str(row, "k"), "foreign"))
		return;
	json_array_foreach(json_object_get(row, "errnos"), i, fact) {
		const json_t *guard = json_object_get(fact, "guard");

		json_array_foreach(json_object_get(guard, "operands"), k, operand)
			need_strings(path, "origins", json_object_get(operand, "origins"));
	}
	json_array_append(rows, row);
}

void load_foreign(const char *path)
{
	rows = json_array();
	if (path)
		read_json_lines(path, add_row, (void *)path);
}

const json_t *foreign_at(const char *file, int line, const char *callee)
{
	json_t *row, *l;
	size_t i, k;

	json_array_foreach(rows, i, row)
		if (!strcmp(str(row, "callee"), callee) && !strcmp(str(row, "file"), file))
			json_array_foreach(json_object_get(row, "lines"), k, l)
				if (json_integer_value(l) == line)
					return row;
	return NULL;
}

bool followed(const json_t *row)
{
	return !strcmp(str(row, "status"), "followed");
}

static bool depends_on_domain(const json_t *guard)
{
	json_t *operand, *origin;
	size_t i, k;

	json_array_foreach(json_object_get(guard, "operands"), i, operand)
		json_array_foreach(json_object_get(operand, "origins"), k, origin)
			if (!strcmp(json_string_value(origin), "DOMAIN"))
				return true;
	return false;
}

/*
 * A WARN_ON() is a bug that shows itself, and a default: that no case leads to may be
 * there for completeness only: neither is an errno that one meets.
 */
static bool unlikely(const json_t *guard)
{
	return flag(guard, "warn") || flag(guard, "otherwise");
}

const json_t *leak_without_domain(const json_t *row, const char *e)
{
	const json_t *best = NULL;
	json_t *fact;
	size_t i;

	if (!json_is_array(json_object_get(row, "arguments")))	/* the domain may be among them */
		return NULL;
	json_array_foreach(json_object_get(row, "errnos"), i, fact) {
		const json_t *guard = json_object_get(fact, "guard");

		if (strcmp(str(fact, "errno"), e) || unlikely(guard) || depends_on_domain(guard))
			continue;
		if (!best || json_array_size(json_object_get(fact, "chain")) <
			     json_array_size(json_object_get(best, "chain")))
			best = fact;
	}
	return best;
}

const char *chain_text(const json_t *path, const json_t *chain)
{
	char *out = copy_string("");
	json_t *step;
	size_t i;

	json_array_foreach(path, i, step)
		out = format("%s%s%s", out, *out ? " -> " : "", str(step, "function"));
	json_array_foreach(chain, i, step)
		out = format("%s%s%s", out, *out ? " -> " : "", str(step, "function"));
	return out;
}

/* A row as a site shows it; PATH leads from the site's function, not included, to the call. */
static json_t *entry(const json_t *row, const json_t *path, size_t skip)
{
	json_t *errnos = json_array(), *fact, *step;
	size_t i, k;

	json_array_foreach(json_object_get(row, "errnos"), i, fact) {
		json_t *out = json_copy(fact), *chain = json_array(),
		       *guard = json_copy(json_object_get(fact, "guard"));

		json_array_foreach(path, k, step)
			if (k >= skip)
				json_array_append(chain, step);
		json_array_extend(chain, json_object_get(fact, "chain"));
		json_object_set_new(out, "chain", chain);
		json_object_del(guard, "warn");
		json_object_del(guard, "otherwise");
		json_object_set_new(out, "guard", guard);
		json_array_append_new(errnos, out);
	}
	return json_pack("{sO sO sO so}", "callee", json_object_get(row, "callee"),
			 "status", json_object_get(row, "status"),
			 "why", json_object_get(row, "why"), "errnos", errnos);
}

void add_foreign(json_t *list, const json_t *row, const json_t *path, size_t skip)
{
	json_t *more = row ? entry(row, path, skip) : NULL, *have;
	size_t i;

	json_array_foreach(list, i, have)
		if (json_equal(have, more)) {
			json_decref(more);
			return;
		}
	if (more)
		json_array_append_new(list, more);
}
