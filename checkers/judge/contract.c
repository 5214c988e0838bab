// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contract: in, contract.json, or a file of that form, and a tree's own kernel-doc; out, the
 * operations that are audited, and the errno rules that they are judged by.
 *
 * A file of a user's own is checked key by key; what is wrong is named with its line.
 */
#include "audit.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEND "restore contract.json, or give CONTRACT= a file of the same form"

struct operation *operations;
int n_operations;
static int cap_operations;

static const char *file, *content;	/* of the contract that is read */

/* ------------------------------------------------------------ where it stands */

static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		p += *p == '\\' && p[1];
	return p + (*p == '"');
}

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t\r\n,:");
}

static const char *skip_value(const char *p)
{
	int depth = 0;

	do {
		if (*p == '"') {
			p = skip_string(p);
		} else {
			depth += *p == '{' || *p == '[' ? 1 : *p == '}' || *p == ']' ? -1 : 0;
			p++;
			while (!depth && *p && !strchr(",}] \t\r\n", *p))
				p++;
		}
	} while (depth > 0 && *p);
	return p;
}

/* The line of what WHERE leads to: keys and [indices] with dots between; of the last of them that is there. */
static int line_of(const char *where)
{
	const char *p = skip_space(content), *found = p;
	int line = 1;

	while (*where) {
		size_t len = strcspn(where, ".[");
		bool list = *where == '[';
		long index = list ? strtol(where + 1, NULL, 10) : 0;

		if (*p != (list ? '[' : '{'))
			break;
		for (p = skip_space(p + 1); *p && *p != '}' && *p != ']'; p = skip_space(skip_value(p))) {
			const char *key = p;

			if (!list)
				p = skip_space(skip_string(p));
			if (list ? !index-- : !strncmp(key + 1, where, len) && key[len + 1] == '"') {
				found = key;
				break;
			}
		}
		if (found < p && (*p == '}' || *p == ']'))
			break;
		where += list ? strcspn(where, "]") + 1 : len;
		where += *where == '.';
	}
	for (p = content; p < found; p++)
		line += *p == '\n';
	return line;
}

/* Ends the step: WHERE, a path of keys, and what is wrong there. */
static void __attribute__((noreturn)) wrong(const char *where, const char *what)
{
	fatal("%s:%d: %s: %s: " MEND, file, line_of(where), where, what);
}

/* ------------------------------------------------------------------ its form */

enum form { TEXT, TRUTH, OBJECT, LIST, WORDS };

struct key {
	const char *name;
	enum form form;
	bool needed;
};

static const char *const forms[] = { "text", "true or false", "an object", "a list", "a list of words" };

static bool has_form(const json_t *v, enum form form)
{
	json_t *w;
	size_t i;

	switch (form) {
	case TEXT:
		return json_is_string(v);
	case TRUTH:
		return json_is_boolean(v);
	case OBJECT:
		return json_is_object(v);
	case LIST:
		return json_is_array(v);
	default:
		json_array_foreach(v, i, w)
			if (!json_is_string(w))
				return false;
		return json_array_size(v);
	}
}

/* Has the object at WHERE the keys that it needs, each in its form, and no other? */
static void check_keys(const json_t *object, const char *where, const struct key *keys, size_t n)
{
	const char *name, *dot = *where ? "." : "";
	json_t *v;

	if (!json_is_object(object))
		wrong(where, "is no object");
	json_object_foreach((json_t *)object, name, v) {
		size_t i = 0;

		while (i < n && strcmp(keys[i].name, name))
			i++;
		if (i == n)
			wrong(format("%s%s%s", where, dot, name), "no such key");
		if (!has_form(v, keys[i].form))
			wrong(format("%s%s%s", where, dot, name), format("is not %s", forms[keys[i].form]));
	}
	for (size_t i = 0; i < n; i++)
		if (keys[i].needed && !json_object_get(object, keys[i].name))
			wrong(*where ? where : "contracts", format("has no %s", keys[i].name));
}

#define KEYS(object, where, keys) check_keys(object, where, keys, sizeof(keys) / sizeof(*(keys)))

static const struct key top_keys[] = {
	{ "schema", TEXT, false }, { "operations", LIST, true }, { "choose", OBJECT, false }, { "contracts", OBJECT, true },
};
static const struct key choose_keys[] = {
	{ "note", TEXT, false }, { "file", TEXT, true }, { "comment", TEXT, true }, { "order", WORDS, true },
	{ "otherwise", TEXT, true }, { "unrecognised", TEXT, true },
};
static const struct key operation_keys[] = {
	{ "name", TEXT, true }, { "structures", OBJECT, true }, { "parameters", OBJECT, true }, { "precedes", WORDS, false },
};
static const struct key contract_keys[] = {
	{ "title", TEXT, false }, { "source", TEXT, false }, { "judged_as", TEXT, false },
	{ "operations", OBJECT, false }, { "entry_points", OBJECT, false },
};
static const struct key rules_keys[] = {
	{ "written", TRUTH, false }, { "strict", TRUTH, false }, { "soft", TEXT, false }, { "errnos", OBJECT, false },
	{ "others", OBJECT, false }, { "like", TEXT, false }, { "at_most", TEXT, false }, { "source", TEXT, false },
	{ "doc", WORDS, false },
};
static const struct key errno_keys[] = { { "class", TEXT, true }, { "meaning", TEXT, true } };
static const struct key others_keys[] = {
	{ "class", TEXT, true }, { "treated_as", TEXT, false }, { "use", TEXT, false }, { "meaning", TEXT, true },
};
static const struct key point_keys[] = { { "source", TEXT, false }, { "says", WORDS, true }, { "at_most_note", WORDS, true } };

/* ------------------------------------------------------------ the operations */

const struct operation *operation_named(const char *name)
{
	for (int i = 0; i < n_operations; i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	return NULL;
}

bool is_operation(const char *name)
{
	return operation_named(name);
}

const char *table_type(int index)
{
	for (int i = 0; i < n_operations; i++)
		for (int k = 0; k < operations[i].n_structures; k++) {
			const char *type = operations[i].structures[k];
			bool known = false;

			for (int j = 0; j < i; j++)
				for (int m = 0; m < operations[j].n_structures; m++)
					known |= !strcmp(operations[j].structures[m], type);
			if (!known && !index--)
				return type;
		}
	return NULL;
}

bool holds_operations(const char *type)
{
	const char *known;

	for (int i = 0; (known = table_type(i)); i++)
		if (!strcmp(known, type))
			return true;
	return false;
}

unsigned role_of(const struct operation *op, const struct parameter *params, int index)
{
	int nth = 0;

	for (int i = 0; i < index; i++)
		nth += !strcmp(params[i].type, params[index].type);
	for (int i = 0; i < op->n_roles; i++)
		if (!strcmp(op->roles[i].type, params[index].type) && !nth--)
			return op->roles[i].from;
	return 0;
}

static bool is_identifier(const char *s)
{
	const char *p = s;

	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	return *s && !*p && !isdigit((unsigned char)*s);
}

static void read_operation(const json_t *o, const char *where)
{
	static const char *const needed[] = { "DOMAIN", "DEV" };
	struct operation op = { .name = json_string_value(json_object_get(o, "name")) };
	const char *name;
	json_t *v;

	KEYS(o, where, operation_keys);
	if (!is_identifier(op.name))
		wrong(format("%s.name", where), "is no name of C");
	if (operation_named(op.name))
		wrong(format("%s.name", where), format("there are two operations %s", op.name));
	json_object_foreach(json_object_get(o, "structures"), name, v) {
		if (!is_identifier(name) || !json_is_string(v))
			wrong(format("%s.structures.%s", where, name), "needs the name of a structure, and since when");
		push(op.structures, op.n_structures, op.cap_structures) = name;
	}
	if (!op.n_structures)
		wrong(format("%s.structures", where), "names no structure");
	json_object_foreach(json_object_get(o, "parameters"), name, v) {
		if (!role_named(name))
			wrong(format("%s.parameters.%s", where, name), "is no role: DOMAIN, DEV, OLD or PASID");
		if (!json_is_string(v) || !json_string_length(v))
			wrong(format("%s.parameters.%s", where, name), "needs a type");
		push(op.roles, op.n_roles, op.cap_roles) = (struct role){ role_named(name), json_string_value(v) };
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!json_object_get(json_object_get(o, "parameters"), needed[i]))
			wrong(format("%s.parameters", where), format("role %s is missing", needed[i]));
	push(operations, n_operations, cap_operations) = op;
}

static void need_operations(const json_t *names, const char *where)
{
	json_t *v;
	size_t i;

	json_array_foreach(names, i, v)
		if (!is_operation(json_string_value(v)))
			wrong(format("%s[%zu]", where, i), format("there is no operation %s", json_string_value(v)));
}

static void read_operations(const json_t *list)
{
	json_t *o;
	size_t i;

	operations = NULL;
	n_operations = cap_operations = 0;
	json_array_foreach(list, i, o)
		read_operation(o, format("operations[%zu]", i));
	if (!n_operations)
		wrong("operations", "names none");
	json_array_foreach(list, i, o)
		need_operations(json_object_get(o, "precedes"), format("operations[%zu].precedes", i));
}

/* ----------------------------------------------------------------- the rules */

static void check_class(const json_t *rule, const char *where)
{
	static const char *const classes[] = { "success", "incompatible", "nomem", "nospace", "busy", "hard" };
	const char *class = json_string_value(json_object_get(rule, "class"));
	bool known = false;

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		known |= !strcmp(classes[i], class);
	if (!known)
		wrong(format("%s.class", where), "is none of success, incompatible, nomem, nospace, busy, hard");
}

/* Rules are checked where they stand, `like` names what it borrows from. */
static void check_rules(const json_t *all, const char *op, const char *where)
{
	static const char *const needed[] = { "soft", "errnos", "others" };
	const json_t *rules = json_object_get(all, op), *like = json_object_get(rules, "like");
	const char *name, *at_most;
	json_t *v;

	KEYS(rules, where, rules_keys);
	if (!is_operation(op))
		wrong(where, "no such operation: nobody binds it");
	at_most = json_string_value(json_object_get(rules, "at_most"));
	if (*at_most && strcmp(at_most, "review"))
		wrong(format("%s.at_most", where), "can only be review");
	if (like) {
		like = json_object_get(all, json_string_value(like));
		if (!like || json_object_get(like, "like"))
			wrong(format("%s.like", where), "names no operation with rules of its own");
		return;
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!json_object_get(rules, needed[i]))
			wrong(where, format("has no %s", needed[i]));
	json_object_foreach(json_object_get(rules, "errnos"), name, v) {
		const char *at = format("%s.errnos.%s", where, name);

		if (strcmp(name, "0") && !errno_exists(name, strlen(name)))
			wrong(at, "is no errno");
		KEYS(v, at, errno_keys);
		check_class(v, at);
	}
	if (!json_object_get(json_object_get(rules, "errnos"), json_string_value(json_object_get(rules, "soft"))))
		wrong(format("%s.soft", where), "is none of its errnos");
	KEYS(json_object_get(rules, "others"), format("%s.others", where), others_keys);
	check_class(json_object_get(rules, "others"), format("%s.others", where));
}

static void check_contract(const json_t *all, const char *name)
{
	const json_t *contract = json_object_get(all, name), *as = json_object_get(contract, "judged_as"), *points;
	const char *where = format("contracts.%s", name), *op;
	json_t *rules;

	KEYS(contract, where, contract_keys);
	if (as) {
		as = json_object_get(all, json_string_value(as));
		if (!as || json_object_get(as, "judged_as"))
			wrong(format("%s.judged_as", where), "names no contract with rules");
		return;
	}
	points = json_object_get(contract, "entry_points");
	if (points) {
		KEYS(points, format("%s.entry_points", where), point_keys);
		need_operations(json_object_get(points, "at_most_note"), format("%s.entry_points.at_most_note", where));
	}
	if (!json_object_size(json_object_get(contract, "operations")))
		wrong(where, "has rules for no operation");
	json_object_foreach(json_object_get(contract, "operations"), op, rules)
		check_rules(json_object_get(contract, "operations"), op, format("%s.operations.%s", where, op));
}

/* `order`, `otherwise` and `unrecognised` name contracts. */
static void check_choice(const json_t *data)
{
	static const char *const last[] = { "otherwise", "unrecognised" };
	const json_t *choose = json_object_get(data, "choose"), *contracts = json_object_get(data, "contracts");
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(choose, "order"), i, name)
		if (!json_object_get(contracts, json_string_value(name)))
			wrong(format("choose.order[%zu]", i), "is no contract");
	for (i = 0; choose && i < sizeof(last) / sizeof(*last); i++)
		if (!json_object_get(contracts, str(choose, last[i])))
			wrong(format("choose.%s", last[i]), "is no contract");
}

json_t *contract_read(const char *path)
{
	json_error_t e;
	struct bytes b;
	const char *name;
	json_t *data, *contract;

	if (!read_file(path, &b))
		fatal("%s: %s: " MEND, path, strerror(errno));
	data = json_loadb(b.data, b.size, JSON_REJECT_DUPLICATES, &e);
	if (!data)
		fatal("%s:%d: %s: " MEND, path, e.line, e.text);
	file = path;
	content = b.data;
	KEYS(data, "", top_keys);
	if (json_object_get(data, "choose"))
		KEYS(json_object_get(data, "choose"), "choose", choose_keys);
	read_operations(json_object_get(data, "operations"));
	if (!json_object_size(json_object_get(data, "contracts")))
		wrong("contracts", "names none");
	json_object_foreach(json_object_get(data, "contracts"), name, contract)
		check_contract(json_object_get(data, "contracts"), name);
	check_choice(data);
	return data;
}

/* --------------------------------------------------------------- the choice */

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
		if (!strstr(doc, json_string_value(s)))
			return false;
	return json_array_size(strings);
}

/* Two errnos are rules, one is a remark */
static bool has_rules(const char *doc)
{
	const char *first = "";
	size_t first_len = 0;

	for (const char *p = doc; *p; ) {
		size_t len = 0;

		while (isalnum((unsigned char)p[len]) || p[len] == '_')
			len++;
		if (errno_exists(p, len)) {
			if (first_len && (first_len != len || strncmp(first, p, len)))
				return true;
			first = p;
			first_len = len;
		}
		p += len ? len : 1;
	}
	return false;
}

/* The rules of OP where contract NAME states them. */
static json_t *rules_in(const json_t *data, const char *name, const char *op)
{
	json_t *contract = json_object_get(json_object_get(data, "contracts"), name);

	return json_object_get(json_object_get(contract, "operations"), op);
}

/* The contract whose rules DOC, what a tree says of OP, states; NULL for none. */
static const char *recognised(const json_t *data, const char *op, const char *doc)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(data, "choose"), "order"), i, name) {
		const json_t *rules = rules_in(data, json_string_value(name), op), *like = json_object_get(rules, "like");

		if (like)
			rules = rules_in(data, json_string_value(name), json_string_value(like));
		if (says_all(doc, json_object_get(rules, "doc")))
			return json_string_value(name);
	}
	return NULL;
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

/*
 * By the parts: "merged" where one contract has the rules of all operations that have some, else
 * "attach=merged test=drafted"; NULL where no operation's are known. STATED: one has rules at all.
 */
static const char *by_parts(const json_t *data, const char *header, const json_t *members, bool *stated)
{
	const char *comment = str(json_object_get(data, "choose"), "comment"), *parts = "", *only = NULL;
	bool several = false;
	json_t *m;
	size_t i;

	for (int k = 0; k < n_operations; k++) {
		const char *op = operations[k].name, *doc = member_doc(header, comment, op), *name = recognised(data, op, doc);

		*stated |= has_rules(doc);
		if (!name)
			continue;
		several |= only && strcmp(only, name);
		only = only ? only : name;
		parts = format("%s%s%s=%s", parts, *parts ? " " : "", op, name);
	}
	json_array_foreach(members, i, m)
		*stated |= has_rules(member_doc(header, comment, str(m, "name")));
	return several ? parts : only;
}

/* The line of "@OP:" in the header */
static int doc_line(const char *header, const char *op)
{
	const char *at = strstr(header, format("\n * @%s:", op));
	int line = 1;

	for (const char *p = header; at && p <= at; p++)
		line += *p == '\n';
	return line;
}

static void add_unruled(json_t *list, const char *op, const char *path, int line, const char *why, bool gap)
{
	json_array_append_new(list, json_pack("{so so si ss sb}", "name", text(op), "file", text(path), "line", line,
					      "why", why, "gap", gap));
}

const char *contract_choose(json_t *data, const char *path, const char *tree, const char *choice, json_t *unruled)
{
	json_t *contracts = json_object_get(data, "contracts"), *choose = json_object_get(data, "choose"), *members, *m;
	const char *header_path = choose ? str(choose, "file") : "include/linux/iommu.h", *name = choice;
	struct bytes b = { .data = "" };
	bool stated = false;
	char *header;
	size_t i;

	if (choice && !json_object_get(contracts, choice))
		fatal("%s: %s has no such contract: choose one of %s as CONTRACT=, or a file", choice,
		      path, contract_names(contracts));
	if (!choice && json_object_size(contracts) == 1)
		name = json_object_iter_key(json_object_iter(contracts));
	if (!name && !choose)
		fatal("%s: does not say how to choose among %s: " MEND, path, contract_names(contracts));
	header = format("%s/%s", tree, header_path);
	if (!read_file(header, &b) && errno != ENOENT)
		fatal("%s: %s: make it readable or name a CONTRACT=", header, strerror(errno));
	for (int k = 0; k < n_operations && !choose && *b.data; k++) {	/* written for this very tree */
		bool there = false;

		for (int m = 0; m < operations[k].n_structures; m++)
			there |= strstr(b.data, format("struct %s {", operations[k].structures[m])) != NULL;
		if (!there)
			wrong(format("operations[%d].structures", k), format("none of them is in %s", header));
	}
	members = header_members(tree, header_path);
	if (!name) {
		name = by_parts(data, b.data, members, &stated);
		for (int k = 0; k < n_operations && unruled && stated; k++) {
			const char *op = operations[k].name, *doc = member_doc(b.data, str(choose, "comment"), op);

			if (has_rules(doc) && !recognised(data, op, doc))
				add_unruled(unruled, op, header_path, doc_line(b.data, op),
					    "its kernel-doc has rules that no contract here has", true);
		}
		name = name ? name : str(choose, stated ? "unrecognised" : "otherwise");
	}
	json_array_foreach(members, i, m)
		if (unruled && !contract_rules(data, name, str(m, "name")))
			add_unruled(unruled, str(m, "name"), header_path, num(m, "line"), NO_RULES, false);
	return name;
}

/* The contract of this name that has the rules of OP; of the parts of a name, the first for any other operation. */
static json_t *contract_of(json_t *data, const char *name, const char *op)
{
	json_t *contracts = json_object_get(data, "contracts"), *contract = NULL, *as;

	for (const char *p = name; *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");
		const char *is = memchr(p, '=', len), *start = is ? is + 1 : p;

		if (!contract || (is && op && (size_t)(is - p) == strlen(op) && !strncmp(p, op, is - p)))
			contract = json_object_get(contracts, copy_bytes(start, p + len - start));
		p += len;
	}
	as = json_object_get(contract, "judged_as");
	return as ? json_object_get(contracts, json_string_value(as)) : contract;
}

bool contract_known(json_t *data, const char *name)
{
	return contract_of(data, name, NULL);
}

json_t *contract_rules(json_t *data, const char *name, const char *op)
{
	json_t *operations_of = json_object_get(contract_of(data, name, op), "operations");
	json_t *rules = json_object_get(operations_of, op), *like = json_object_get(rules, "like");

	if (!like)
		return rules ? json_copy(rules) : NULL;
	like = json_copy(json_object_get(operations_of, json_string_value(like)));
	json_object_update(like, rules);
	return like;
}

const char *contract_soft(json_t *data, const char *name)
{
	const char *soft = "";

	for (int i = 0; i < n_operations && !*soft; i++)
		soft = str(contract_rules(data, name, operations[i].name), "soft");
	return soft;
}

json_t *contract_entry_points(json_t *data, const char *name)
{
	return json_object_get(contract_of(data, name, NULL), "entry_points");
}
