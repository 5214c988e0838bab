// SPDX-License-Identifier: GPL-2.0-only
/*
 * Header: in, the header of a tree that declares the tables of operations; out, their members
 * that could attach: functions that take a domain and a device and return an int.
 */
#include "audit.h"

#include <stdlib.h>
#include <string.h>

/* Are tokens FROM to TO a parameter of this type? `const` does not count; a pointer more does. */
static bool is_of_type(const struct source *s, int from, int to, const char *type)
{
	char *text = copy_string("");

	for (int i = from; i < to; i++)
		if (!is(&s->tokens[i], "const"))
			text = format("%s%s%s", text, *text ? " " : "", token_text(&s->tokens[i]));
	return !strncmp(text, type, strlen(type)) && !strchr(text + strlen(type), '*');
}

/* Are there, between the parentheses from token I on, parameters of all these types? */
static bool takes_all(const struct source *s, int i, const char *const *types, int n)
{
	bool all = true;

	for (int k = 0; k < n; k++) {
		int depth = 0, start = i + 1;
		bool found = false;

		for (int at = i; at < s->n_tokens; at++) {
			depth += is(&s->tokens[at], "(") - is(&s->tokens[at], ")");
			if (depth > 1 || (depth && !is(&s->tokens[at], ",")))
				continue;
			found |= is_of_type(s, start, at, types[k]);
			start = at + 1;
			if (!depth)
				break;
		}
		all &= found;
	}
	return all;
}

static void add_members(json_t *list, const struct source *s, const char *type, int i)
{
	const struct token *t = s->tokens;
	const char *types[2] = { "", "" };

	for (int k = 0; k < operations->n_roles; k++)
		if (operations->roles[k].from == FROM_DOMAIN || operations->roles[k].from == FROM_DEV)
			types[operations->roles[k].from == FROM_DEV] = operations->roles[k].type;
	for (int depth = 0; i < s->n_tokens - 5; i++) {
		depth += is(&t[i], "{") - is(&t[i], "}");
		if (!depth)
			break;
		if (is(&t[i], "int") && !is(&t[i - 1], "unsigned") && is(&t[i + 1], "(") && is(&t[i + 2], "*") &&
		    t[i + 3].kind == T_NAME && is(&t[i + 4], ")") && is(&t[i + 5], "(") && takes_all(s, i + 5, types, 2))
			json_array_append_new(list, json_pack("{so so si}", "name", text(token_text(&t[i + 3])),
							      "type", text(type), "line", t[i + 3].line));
	}
}

json_t *header_members(const char *tree, const char *path)
{
	struct source *s = read_source(tree, path);
	json_t *list = json_array();

	for (int i = 0; s && i < s->n_tokens - 2; i++)
		if (is(&s->tokens[i], "struct") && is(&s->tokens[i + 2], "{")) {
			char *type = token_text(&s->tokens[i + 1]);

			add_members(list, s, type, i + 2);
			free(type);
		}
	return list;
}
