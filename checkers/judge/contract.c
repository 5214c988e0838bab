// SPDX-License-Identifier: GPL-2.0-only
/* Contract: in, contract.json and a tree's own kernel-doc; out, the errno rules it is judged by. */
#include "audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEND "restore contract.json, or give CONTRACT= a file of the same form"

static bool names_a_contract(const json_t *contracts, const json_t *name)
{
	return json_is_string(name) && json_object_get(contracts, json_string_value(name));
}

static bool words(const json_t *list)
{
	json_t *w;
	size_t i;

	json_array_foreach(list, i, w)
		if (!json_is_string(w))
			return false;
	return json_array_size(list);
}

/* `like` and `judged_as` name what they borrow from; rules are checked where they stand. */
static void check(const char *path, const char *name, const json_t *contracts,
		  const json_t *contract)
{
	const char *op;
	json_t *rules;

	if (json_object_get(contract, "judged_as")) {
		if (!names_a_contract(contracts, json_object_get(contract, "judged_as")))
			fatal("%s: contract %s: judged_as names no contract: " MEND, path, name);
		return;
	}
	if (json_object_get(contract, "entry_points") &&
	    (!words(json_object_get(json_object_get(contract, "entry_points"), "says")) ||
	     !words(json_object_get(json_object_get(contract, "entry_points"), "at_most_note"))))
		fatal("%s: contract %s: entry_points needs lists of words as says and at_most_note: " MEND, path, name);
	if (!json_object_get(json_object_get(contract, "operations"), "attach_dev"))
		fatal("%s: contract %s: has no rules for attach_dev: " MEND, path, name);
	json_object_foreach(json_object_get(contract, "operations"), op, rules) {
		if (json_object_get(rules, "like"))
			rules = json_object_get(json_object_get(contract, "operations"),
						json_string_value(json_object_get(rules, "like")));
		if (!json_is_string(json_object_get(rules, "soft")) ||
		    !json_is_object(json_object_get(rules, "errnos")) ||
		    !json_is_object(json_object_get(rules, "others")))
			fatal("%s: contract %s: %s: needs soft, errnos and others: " MEND, path, name, op);
	}
	if (!json_object_get(json_object_get(contract, "operations"), "set_dev_pasid"))
		fatal("%s: contract %s: has no rules for set_dev_pasid: " MEND, path, name);
}

json_t *contract_read(const char *path)
{
	json_error_t e;
	json_t *data = json_load_file(path, JSON_REJECT_DUPLICATES, &e), *contracts, *contract;
	const char *name;

	if (!data)
		fatal("%s:%d: %s: " MEND, path, e.line, e.text);
	contracts = json_object_get(data, "contracts");
	if (!json_object_size(contracts))
		fatal("%s: names no contracts: " MEND, path);
	json_object_foreach(contracts, name, contract)
		check(path, name, contracts, contract);
	return data;
}

char *member_doc(const char *source, const char *comment, const char *member)
{
	char *title = format("\n * %s ", comment), *tag = format("\n * @%s:", member);
	const char *start = strstr(source, title), *end, *next;
	char *doc = copy_string("");

	if (start && (end = strstr(start, "*/")) && (start = strstr(start, tag)) && start < end) {
		next = strstr(start + 1, "\n * @");
		doc = copy_bytes(start, (next && next < end ? next : end) - start);
	}
	free(title);
	free(tag);
	return doc;
}

static bool says_all(const char *doc, const json_t *strings)
{
	json_t *s;
	size_t i;

	json_array_foreach(strings, i, s)
		if (!json_is_string(s) || !strstr(doc, json_string_value(s)))
			return false;
	return json_array_size(strings);
}

static char *contract_names(const json_t *contracts)
{
	char *names = copy_string("");
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)contracts, name, v)
		names = format("%s%s%s", names, *names ? ", " : "", name);
	return names;
}

const char *contract_choose(json_t *data, const char *path, const char *tree, const char *choice)
{
	json_t *contracts = json_object_get(data, "contracts"), *name;
	const char *file, *comment, *member, *otherwise;
	struct bytes b;
	char *header, *doc = NULL;
	size_t i;

	if (choice && !json_object_get(contracts, choice))
		fatal("%s: %s has no such contract: choose one of %s as CONTRACT=, or a file", choice,
		      path, contract_names(contracts));
	if (choice)
		return choice;
	if (json_object_size(contracts) == 1)
		return json_object_iter_key(json_object_iter(contracts));
	if (json_unpack(data, "{s:{s:s, s:s, s:s, s:s}}", "choose", "file", &file, "comment",
			&comment, "member", &member, "otherwise", &otherwise))
		fatal("%s: does not say how to choose among %s: " MEND, path,
		      contract_names(contracts));
	header = format("%s/%s", tree, file);
	if (read_file(header, &b))
		doc = member_doc(b.data, comment, member);
	else if (errno != ENOENT)
		fatal("%s: %s: make it readable or name a CONTRACT=", header, strerror(errno));
	json_array_foreach(json_object_get(json_object_get(data, "choose"), "order"), i, name)
		if (doc && names_a_contract(contracts, name) &&
		    says_all(doc, json_object_get(json_object_get(contracts, json_string_value(name)),
						  "doc")))
			return json_string_value(name);
	if (!json_object_get(contracts, otherwise))
		fatal("%s: choose: %s is no contract: " MEND, path, otherwise);
	return otherwise;
}

json_t *contract_rules(json_t *data, const char *name, const char *op)
{
	json_t *contracts = json_object_get(data, "contracts");
	json_t *contract = json_object_get(contracts, name), *as, *operations, *rules, *like;

	as = json_object_get(contract, "judged_as");
	if (as)
		contract = json_object_get(contracts, json_string_value(as));
	operations = json_object_get(contract, "operations");
	rules = json_object_get(operations, op);
	like = json_object_get(rules, "like");
	if (!like)
		return rules ? json_copy(rules) : NULL;
	like = json_copy(json_object_get(operations, json_string_value(like)));
	json_object_update(like, rules);
	return like;
}

json_t *contract_entry_points(json_t *data, const char *name)
{
	json_t *contracts = json_object_get(data, "contracts"), *contract = json_object_get(contracts, name);
	json_t *as = json_object_get(contract, "judged_as");

	return json_object_get(as ? json_object_get(contracts, json_string_value(as)) : contract, "entry_points");
}
