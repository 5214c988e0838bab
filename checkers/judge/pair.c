// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs: in, the lines of an operation and of the one that tests for it; out, what an attach can
 * still refuse although its test was good, and what a test changes. Checks are compared in the
 * normal form that follow/normal.c gives them.
 */
#include "audit.h"

#include <stdlib.h>
#include <string.h>

static const json_t **tests;		/* sites of operations that test for another one */
static int n_tests, cap_tests;
static json_t **changes;
static int n_changes, cap_changes;

bool take_pair_line(json_t *line)
{
	bool change = !strcmp(str(line, "k"), "change");

	if (change)
		push(changes, n_changes, cap_changes) = json_incref(line);
	else if (tests_for(str(line, "op"), NULL))
		push(tests, n_tests, cap_tests) = line;
	return change;
}

/* --------------------------------------------------------- what is not tested */

/* The operation whose rules say that it tests for OP; NULL for none. */
static const char *test_of(const char *op)
{
	for (int i = 0; i < n_operations; i++)
		if (tests_for(operations[i].name, op) && ruled(operations[i].name))
			return operations[i].name;
	return NULL;
}

/* When a guard lets control pass: its reason, or as it is written */
static const json_t *condition_of(const json_t *guard)
{
	const json_t *reason = json_object_get(guard, "reason");

	return reason ? reason : json_object_get(guard, "alternatives");
}

static bool has_any(const json_t *words, const char *const *wanted, size_t n)
{
	const json_t *word;
	size_t i;

	json_array_foreach(words, i, word)
		for (size_t w = 0; w < n; w++)
			if (!strcmp(json_string_value(word), wanted[w]))
				return true;
	return false;
}

/*
 * Could a test make this check? It is on the domain or the device; how something went that only the attach may do, what
 * only that can take, and what firmware or a register says is known when it is done.
 */
static bool can_be_tested(const json_t *guard)
{
	static const char *const done[] = { "result", "outcome", "register", "allocation", "maybe-allocation", "id",
					    "claim", "errno" }, *const on[] = { "DOMAIN", "DEV", "OLD", "PASID" };
	const json_t *atoms, *atom, *operand;
	bool on_them = false;
	size_t i, j, k;

	json_array_foreach(condition_of(guard), i, atoms)
		json_array_foreach(atoms, j, atom)
			json_array_foreach(json_object_get(atom, "operands"), k, operand) {
				if (has_any(json_object_get(operand, "is"), done, sizeof(done) / sizeof(*done)))
					return false;
				on_them |= has_any(json_object_get(operand, "origins"), on, sizeof(on) / sizeof(*on));
			}
	return on_them;
}

/* Is this check among those of ATOMS? */
static bool has_check(const json_t *atoms, const char *wanted)
{
	const json_t *atom, *check;
	size_t i, k;

	json_array_foreach(atoms, i, atom)
		json_array_foreach(json_object_get(atom, "checks"), k, check)
			if (*wanted && !strcmp(json_string_value(check), wanted))
				return true;
	return false;
}

/* Are all checks of ATOMS? One that has none is not. */
static bool all_in(const json_t *atoms, const json_t *among, const json_t *facts)
{
	const json_t *atom, *checks, *check;
	size_t i, k;

	json_array_foreach(atoms, i, atom) {
		checks = json_object_get(atom, "checks");
		json_array_foreach(checks, k, check)
			if (!has_check(among, json_string_value(check)) && !has_check(facts, json_string_value(check)))
				return false;
		if (!json_array_size(checks))
			return false;
	}
	return json_array_size(atoms);
}

/* What holds at the site besides what decides: of guards with one alternative. */
static json_t *facts_of(const json_t *line)
{
	json_t *facts = json_array();
	const json_t *guard, *condition;
	size_t i;

	json_array_foreach(json_object_get(line, "guards"), i, guard) {
		condition = condition_of(guard);
		if (json_array_size(condition) == 1)
			json_array_extend(facts, json_array_get(condition, 0));
	}
	return facts;
}

/* Does a guard of this test's site ask for what lets control pass here: the same, a part of it, or more? */
static bool asks_for(const json_t *test, const json_t *atoms, const json_t *facts)
{
	const json_t *guard, *alternative;
	size_t i, k;

	json_array_foreach(json_object_get(test, "guards"), i, guard)
		json_array_foreach(condition_of(guard), k, alternative)
			if ((!num(guard, "depth") && all_in(alternative, atoms, facts)) || all_in(atoms, alternative, NULL))
				return true;
	return false;
}

/* The same line of a helper that both come through */
static bool same_place(const json_t *a, const json_t *b)
{
	return num(a, "line") == num(b, "line") && !strcmp(str(a, "file"), str(b, "file")) &&
	       json_array_size(json_object_get(a, "path")) > 1 && !strcmp(str(a, "errno"), str(b, "errno"));
}

/* Is every way through the guard of LINE one that a site of this callback refuses? */
static bool tested_by(const json_t *line, const json_t *guard, const char *driver, const char *callback)
{
	const json_t *atoms;
	json_t *facts = facts_of(line);
	size_t i;

	json_array_foreach(condition_of(guard), i, atoms) {
		bool found = false;

		for (int k = 0; k < n_tests && !found; k++)
			found = !strcmp(str(tests[k], "callback"), callback) && !strcmp(str(tests[k], "driver"), driver) &&
				(same_place(line, tests[k]) || asks_for(tests[k], atoms, facts));
		if (!found)
			return false;
	}
	return true;
}

static bool same_table(const json_t *a, const json_t *b)
{
	return !strcmp(str(a, "file"), str(b, "file")) && !strcmp(str(a, "ops"), str(b, "ops"));
}

static bool binds(const json_t *row, const char *op, const char *driver)
{
	return !strcmp(str(row, "op"), op) && !strcmp(str(row, "driver"), driver);
}

/* Do OP and its test stand in one table somewhere in the driver? */
static bool share_tables(const json_t *coverage, const char *driver, const char *op, const char *test)
{
	const json_t *a, *b;
	size_t i, k;

	json_array_foreach(coverage, i, a)
		json_array_foreach(coverage, k, b)
			if (binds(a, op, driver) && binds(b, test, driver) && same_table(a, b))
				return true;
	return false;
}

/* Has an engine read all of this callback? What is in a gap may be a check. */
static bool all_read(const json_t *coverage, const json_t *callback)
{
	const json_t *row;
	size_t i;

	json_array_foreach(coverage, i, row)
		if (!strcmp(str(row, "op"), str(callback, "op")) && !strcmp(str(row, "callback"), str(callback, "callback")) &&
		    !strcmp(str(row, "driver"), str(callback, "driver")) && !strcmp(str(row, "status"), "analysed"))
			return true;
	return false;
}

/*
 * Why the way that LINE states can be gone after a good test: the test in the table that ROW speaks of; where tests
 * have tables of their own, any of the driver. NULL where it cannot.
 */
static const char *why_untested(const json_t *coverage, const json_t *row, const json_t *line, const json_t *guard,
				const char *test)
{
	const char *driver = str(line, "driver"), *why = format("no %s stands beside %s", test, str(line, "callback"));
	bool share = share_tables(coverage, driver, str(line, "op"), test);
	const json_t *other;
	size_t i;

	json_array_foreach(coverage, i, other) {
		if (!binds(other, test, driver) || (share && !same_table(row, other)))
			continue;
		if (!all_read(coverage, other) || tested_by(line, guard, driver, str(other, "callback")))
			return NULL;
		why = format("no way through %s makes this check", str(other, "callback"));
	}
	return why;
}

const char *untested(const json_t *coverage, const json_t *line, const struct reading *r)
{
	const char *op = str(line, "op"), *test = test_of(op), *why;
	const json_t *row;
	size_t i;

	if (!test || !r->guard || (r->class != INCOMPATIBLE && r->class != HARD && r->class != BUSY) ||
	    !can_be_tested(r->guard))
		return NULL;
	json_array_foreach(coverage, i, row) {
		if (!binds(row, op, str(line, "driver")) || strcmp(str(row, "callback"), str(line, "callback")))
			continue;
		why = why_untested(coverage, row, line, r->guard, test);
		if (why)
			return why;
	}
	return NULL;
}

/* -------------------------------------------------------- what a test changes */

static int by_place(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int c = strcmp(str(x, "file"), str(y, "file"));

	c = c ? c : num(x, "line") - num(y, "line");
	c = c ? c : strcmp(str(x, "what"), str(y, "what"));
	c = c ? c : strcmp(str(x, "text"), str(y, "text"));
	return c ? c : strcmp(str(x, "callback"), str(y, "callback"));
}

static bool same_change(const json_t *a, const json_t *b)
{
	return num(a, "line") == num(b, "line") && !strcmp(str(a, "file"), str(b, "file")) &&
	       !strcmp(str(a, "what"), str(b, "what")) && !strcmp(str(a, "text"), str(b, "text"));
}

void add_changes(json_t *findings)
{
	const char **stems = alloc((n_changes + 1) * sizeof(*stems));
	int n = 0;

	if (n_changes)
		qsort(changes, n_changes, sizeof(*changes), by_place);
	for (int i = 0; i < n_changes; i++) {
		const json_t *c = changes[i];
		const char *what = str(c, "text");
		int ordinal = 1;

		if (!ruled(str(c, "op")) || (i && same_change(c, changes[i - 1])))
			continue;
		stems[n] = format("test-changes-state:%s:%s:%s:%08x", str(c, "file"), str(c, "function"), str(c, "what"),
				  (unsigned int)hash_bytes(0, what, strlen(what)));
		for (int k = 0; k < n; k++)
			ordinal += !strcmp(stems[k], stems[n]);
		json_array_append_new(findings, json_pack("{so ss ss sO so sn ss sO sO sO}",
			"id", text(format("%s:%d", stems[n], ordinal)), "rule", "test-changes-state",
			"severity", has_last_word(str(c, "op")) ? "error" : "note", "site", json_object_get(c, "driver"),
			"message", text(format("%s (%s), which only tests, %s %s", str(c, "callback"), str(c, "op"),
						str(c, "said"), what)),
			"rewrite", "baseline", "new", "file", json_object_get(c, "file"), "line", json_object_get(c, "line"),
			"function", json_object_get(c, "function")));
		n++;
	}
	free(stems);
}
