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

bool tests_for(const char *test, const char *op)
{
	const struct operation *o = operation_named(test);

	for (int i = 0; o && i < o->n_precedes; i++)
		if (!op || !strcmp(o->precedes[i], op))
			return true;
	return false;
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

/* The type, without const; of what is no pointer only that: a PASID has had several types. */
static bool same_type(const char *declared, const char *of_role)
{
	if (!strncmp(declared, "const ", 6))
		declared += 6;
	return !strcmp(declared, of_role) || (!strchr(declared, '*') && !strchr(of_role, '*'));
}

static bool exact(const struct parameter *params, int n, const char *type)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(params[i].type, type))
			return true;
	return false;
}

/* Can the parameter stand for the role? One of another number's type only where none has the role's own. */
static bool fits(const struct role *r, const struct parameter *params, int n, int index)
{
	return same_type(params[index].type, r->type) &&
	       (strchr(r->type, '*') || !strcmp(params[index].type, r->type) || !exact(params, n, r->type));
}

/* The role of a type whose word the name begins with: "old_domain" */
static const struct role *role_by_name(const struct operation *op, const struct parameter *params, int n, int index)
{
	for (int i = 0; i < op->n_roles; i++) {
		const char *word = role_word(op->roles[i].from);

		if (fits(&op->roles[i], params, n, index) && !strncasecmp(params[index].name, word, strlen(word)))
			return &op->roles[i];
	}
	return NULL;
}

unsigned role_of(const struct operation *op, const struct parameter *params, int n, int index)
{
	const struct role *named = role_by_name(op, params, n, index);
	int nth = 0;

	if (named)
		return named->from;
	for (int i = 0; i < index; i++)
		nth += !role_by_name(op, params, n, i) && same_type(params[i].type, params[index].type);
	for (int i = 0; i < op->n_roles; i++) {
		bool taken = false;

		for (int k = 0; k < n; k++)
			taken |= role_by_name(op, params, n, k) == &op->roles[i];
		if (!taken && fits(&op->roles[i], params, n, index) && !nth--)
			return op->roles[i].from;
	}
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
	size_t k;

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
	json_array_foreach(json_object_get(o, "precedes"), k, v)
		push(op.precedes, op.n_precedes, op.cap_precedes) = json_string_value(v);
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

/* Whoever tests for an operation is not tested by it. */
static void check_order(const struct operation *o, const char *where)
{
	for (int i = 0; i < o->n_precedes; i++)
		if (tests_for(o->precedes[i], o->name))
			wrong(format("%s[%d]", where, i), !strcmp(o->precedes[i], o->name) ? "is the operation itself" :
			      format("%s tests for %s already", o->precedes[i], o->name));
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
	for (int k = 0; k < n_operations; k++)
		check_order(&operations[k], format("operations[%d].precedes", k));
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

/* From AT on, before END: the line break before a line of a comment that begins with "@MEMBER:", any member's for NULL; NULL */
static const char *tag(const char *at, const char *end, const char *member)
{
	for (; (at = memchr(at, '\n', end - at)); at++) {
		const char *p = at + 1 + strspn(at + 1, " \t*/"), *name = p + 1;
		size_t len = member ? strlen(member) : strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789");

		if (p >= end || *p != '@' || !len || (member && strncmp(name, member, len)))
			continue;
		if (name[len + strspn(name + len, " \t")] == ':')
			return at;
	}
	return NULL;
}

/* What the comment titled COMMENT says of one member, or with NULL a comment within a structure; "" for nothing. */
static char *member_doc(const char *source, const char *comment, const char *member)
{
	const char *start = source, *end = source + strlen(source), *next;

	for (; comment && (start = strstr(start, comment)); start++) {
		char after = start[strlen(comment)];
		const char *line = start;

		while (line > source && strchr(" \t*/", line[-1]))
			line--;
		if (line < start && (line == source || line[-1] == '\n') && memchr(line, '*', start - line) &&
		    !isalnum((unsigned char)after) && after != '_' && strstr(start, "*/"))
			break;
	}
	if (comment && start)
		end = strstr(start, "*/");
	start = start ? tag(start, end, member) : NULL;
	if (!start)
		return copy_string("");
	end = strstr(start, "*/") ? strstr(start, "*/") : end;
	next = tag(start + 1, end, NULL);
	return copy_bytes(start, (next ? next : end) - start);
}

char *operation_doc(const char *source, const json_t *data, const char *op)
{
	const struct operation *o = operation_named(op);
	const char *comment = str(json_object_get(data, "choose"), "comment"), *type;
	char *doc = *comment ? member_doc(source, comment, op) : copy_string("");

	for (int i = 0; o && !*doc && i < o->n_structures; i++)
		doc = member_doc(source, format("struct %s", o->structures[i]), op);
	for (int i = 0; !o && !*doc && (type = table_type(i)); i++)
		doc = member_doc(source, format("struct %s", type), op);
	return *doc ? doc : member_doc(source, NULL, op);
}

/* The errnos that DOC has: those that its lines begin with, as a list does; where none does, those in its sentences. */
static json_t *stated_errnos(const char *doc)
{
	json_t *listed = json_object(), *named = json_object();
	bool first = false;		/* nothing but marks of a list stands before it in its line */

	for (const char *p = doc; *p; ) {
		size_t len = 0;

		while (isalnum((unsigned char)p[len]) || p[len] == '_')
			len++;
		if (errno_exists(p, len)) {
			json_object_set_new(named, copy_bytes(p, len), json_true());
			if (first)
				json_object_set_new(listed, copy_bytes(p, len), json_true());
		}
		first = *p == '\n' || (first && !len && *p != '@');
		p += len ? len : 1;
	}
	return json_object_size(listed) ? listed : named;
}

/* Two errnos are rules, one is a remark */
static bool has_rules(const char *doc)
{
	return json_object_size(stated_errnos(doc)) > 1;
}

/* Does DOC have all of a contract's words for it: errnos that it states, other words anywhere? */
static bool says_all(const char *doc, const json_t *stated, const json_t *strings)
{
	json_t *s;
	size_t i;

	json_array_foreach(strings, i, s) {
		const char *word = json_string_value(s);

		if (errno_exists(word, strlen(word)) ? !json_object_get(stated, word) : !strstr(doc, word))
			return false;
	}
	return json_array_size(strings);
}

/* The rules of OP where contract NAME states them. */
static json_t *rules_in(const json_t *data, const char *name, const char *op)
{
	json_t *contract = json_object_get(json_object_get(data, "contracts"), name);

	return json_object_get(json_object_get(contract, "operations"), op);
}

/* Rules of OP in contract NAME, or those of the operation that it is like there */
static const json_t *rules_like(const json_t *data, const char *name, const char *op)
{
	const json_t *rules = rules_in(data, name, op), *like = json_object_get(rules, "like");

	return like ? rules_in(data, name, json_string_value(like)) : rules;
}

/* A part of the rules: does a contract name every errno that is stated? */
static bool names_all(const json_t *rules, const json_t *stated)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)stated, name, v)
		if (!json_object_get(json_object_get(rules, "errnos"), name))
			return false;
	return json_object_size(stated);
}

/*
 * The contract whose rules DOC, what a tree says of OP, states: all of its words, or else, where one contract alone has
 * rules for OP, or other operations have theirs from it (OTHERS, or NULL), nothing that is not in it. NULL for none.
 */
static const char *recognised(const json_t *data, const char *op, const char *doc, const char *others)
{
	const json_t *order = json_object_get(json_object_get(data, "choose"), "order");
	const char *only = NULL;
	json_t *stated = stated_errnos(doc), *name;
	size_t i;
	int n = 0;

	json_array_foreach(order, i, name)
		if (says_all(doc, stated, json_object_get(rules_like(data, json_string_value(name), op), "doc")))
			return json_string_value(name);
	json_array_foreach(order, i, name) {
		n += rules_in(data, json_string_value(name), op) != NULL;
		only = rules_in(data, json_string_value(name), op) ? json_string_value(name) : only;
	}
	if (n == 1 && names_all(rules_in(data, only, op), stated))
		return only;
	return others && json_object_size(stated) > 1 && names_all(rules_like(data, others, op), stated) ? others : NULL;
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

/* The line of "@OP:" in the header */
static int doc_line(const char *header, const char *op)
{
	const char *at = tag(header, header + strlen(header), op);
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

/*
 * By the parts: "merged" where one contract has the rules of all operations that have some, else
 * "attach=merged test=drafted"; NULL where no operation's are known. STATED: one has rules at all.
 */
static const char *by_parts(const json_t *data, const char *path, const char *header, const json_t *members, bool *stated,
			    json_t *unruled)
{
	const char *parts = "", *only = NULL, *sure = NULL;
	bool several = false;
	json_t *m;
	size_t i;

	for (int k = 0; k < n_operations; k++)
		sure = sure ? sure : recognised(data, operations[k].name, operation_doc(header, data, operations[k].name), NULL);
	for (int k = 0; k < n_operations; k++) {
		const char *op = operations[k].name, *doc = operation_doc(header, data, op);
		const char *name = recognised(data, op, doc, sure);

		*stated |= has_rules(doc) || name;
		if (!name) {
			if (has_rules(doc) && unruled)
				add_unruled(unruled, op, path, doc_line(header, op),
					    "its kernel-doc has rules that no contract here has", true);
			continue;
		}
		several |= only && strcmp(only, name);
		only = only ? only : name;
		parts = format("%s%s%s=%s", parts, *parts ? " " : "", op, name);
	}
	json_array_foreach(members, i, m)
		*stated |= has_rules(operation_doc(header, data, str(m, "name")));
	return several ? parts : only;
}

/* A structure in which the tree's header declares an operation holds it there. Yields the MEMBERS of such as hold some. */
static json_t *tables_of(json_t *data, json_t *members)
{
	json_t *list = json_object_get(data, "operations"), *held = json_array(), *m;
	size_t i;

	json_array_foreach(members, i, m)
		for (int k = 0; k < n_operations; k++) {
			struct operation *op = &operations[k];
			json_t *structures = json_object_get(json_array_get(list, k), "structures");
			const char *type = str(m, "type");

			if (strcmp(op->name, str(m, "name")) || json_object_get(structures, type))
				continue;
			json_object_set_new(structures, type, json_string("as the tree's header has it"));
			push(op->structures, op->n_structures, op->cap_structures) = type;
		}
	json_array_foreach(members, i, m)
		if (holds_operations(str(m, "type")))
			json_array_append(held, m);
	return held;
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
	members = tables_of(data, header_members(tree, header_path));
	if (!name) {
		name = by_parts(data, header_path, b.data, members, &stated, unruled);
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
