// SPDX-License-Identifier: GPL-2.0-only
/*
 * Units: in, names of C files; out, their symbols as sparse parsed them, and
 * what their initialisers bind. Inline functions keep their bodies apart, so
 * that a call of one stays a call.
 */
#include "unit.h"
#include "evaluate.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct program program = { .tree = "." };

static struct symbol **symbols;		/* of all units, in the order they were parsed */
static int n_symbols, cap_symbols;
static const char **units;
static int n_units, cap_units;

bool whole_units;

void keep_as_written(bool whole)
{
	whole_units = whole;
}

const char *name_of(const struct symbol *sym)
{
	return sym && sym->ident ? copy_bytes(sym->ident->name, sym->ident->len) : "?";
}

const char *plain_path(const char *path)
{
	static char *tree;
	char *copy, *part, *save = NULL, **parts, *out;
	int n = 0;

	if (!tree)
		tree = getcwd(NULL, 0);
	if (tree && !strncmp(path, tree, strlen(tree)) && path[strlen(tree)] == '/')
		path += strlen(tree) + 1;
	if (!strstr(path, "./"))
		return path;
	copy = copy_string(path);
	parts = alloc((strlen(path) + 1) * sizeof(*parts));
	for (part = strtok_r(copy, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		if (!strcmp(part, "."))
			continue;
		if (!strcmp(part, "..") && n && strcmp(parts[n - 1], ".."))
			n--;
		else
			parts[n++] = part;
	}
	out = copy_string(*path == '/' ? "/" : "");
	for (int i = 0; i < n; i++)
		out = format("%s%s%s", out, i ? "/" : "", parts[i]);
	free(copy);
	free(parts);
	return out;
}

const char *path_of(struct position pos)
{
	static const char **paths;
	static int n_paths;

	if (pos.stream >= input_stream_nr)
		return "";
	if (pos.stream >= n_paths) {
		int n = pos.stream + 256;

		paths = grow(paths, n, sizeof(*paths));
		memset(paths + n_paths, 0, (n - n_paths) * sizeof(*paths));
		n_paths = n;
	}
	if (!paths[pos.stream])
		paths[pos.stream] = plain_path(stream_name(pos.stream));
	return paths[pos.stream];
}

int column_of(struct position pos)
{
	return pos.pos ? pos.pos - 1 : 0;
}

static void keep_bodies_apart(struct symbol_list *list)
{
	struct symbol *s, *x;

	FOR_EACH_PTR(list, s) {
		for (x = s; x && x->namespace == NS_SYMBOL; x = x->same_symbol) {
			x->ctype.modifiers &= ~MOD_INLINE;
			if (x->definition)
				x->definition->ctype.modifiers &= ~MOD_INLINE;
		}
	} END_FOR_EACH_PTR(s);
}

const char *parse_unit(const char *path)
{
	struct symbol_list *list;
	struct symbol *s;

	if (is_parsed(path))
		return NULL;
	push(units, n_units, cap_units) = copy_string(path);
	list = parse_as_written(copy_string(path));
	keep_bodies_apart(file_scope->symbols);
	keep_bodies_apart(global_scope->symbols);
	keep_bodies_apart(list);
	FOR_EACH_PTR(list, s) {
		push(symbols, n_symbols, cap_symbols) = s;
	} END_FOR_EACH_PTR(s);
	FOR_EACH_PTR(file_scope->symbols, s) {
		if (s->namespace == NS_SYMBOL && s->ident)
			push(symbols, n_symbols, cap_symbols) = s;
	} END_FOR_EACH_PTR(s);
	return NULL;
}

static struct symbol *with_body(struct symbol *sym)
{
	struct symbol *d = sym && sym->definition ? sym->definition : sym, *type = d ? d->ctype.base_type : NULL;

	return type && type->type == SYM_FN && (type->stmt || type->inline_stmt) ? d : NULL;
}

struct symbol *definition_of(struct symbol *sym)
{
	struct symbol *d = with_body(sym);

	if (d || !sym || !sym->ident || sym->ctype.modifiers & MOD_STATIC)
		return d;
	for (int i = 0; i < n_symbols; i++)
		if (symbols[i]->ident == sym->ident && !(symbols[i]->ctype.modifiers & MOD_STATIC)) {
			d = with_body(symbols[i]);
			if (d)
				return d;
		}
	return NULL;
}

bool is_parsed(const char *path)
{
	for (int i = 0; i < n_units; i++)
		if (!strcmp(units[i], path))
			return true;
	return false;
}

struct symbol *symbol_of(const struct definition *def)
{
	struct ident *name = built_in_ident(def->name);
	size_t len = strlen(def->source->path);

	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < n_symbols; i++) {
			struct symbol *d;

			if (symbols[i]->ident != name)
				continue;
			d = with_body(symbols[i]);
			if (d && !strcmp(path_of(d->pos), def->source->path))
				return d;
		}
		if (pass || def->source->path[len - 1] != 'c')
			break;
		parse_unit(def->source->path);
	}
	return NULL;
}

struct symbol *function_named(const char *name)
{
	struct ident *ident = built_in_ident(name);
	struct symbol *declared = NULL;

	for (int i = 0; i < n_symbols; i++) {
		struct symbol *s = symbols[i];

		if (s->ident != ident || !s->ctype.base_type || s->ctype.base_type->type != SYM_FN)
			continue;
		if (definition_of(s))
			return s;
		declared = s;
	}
	return declared;
}

json_t *unit_files(void)
{
	json_t *list = json_array();

	for (int i = 0; i < input_stream_nr; i++)
		json_array_append_new(list, text(plain_path(stream_name(i))));
	return list;
}

/* --------------------------------------------------------------- bindings */

static struct bound *bound;
static int n_bound, cap_bound;

static struct symbol *base_of(struct symbol *t)
{
	while (t && t->type == SYM_NODE)
		t = t->ctype.base_type;
	return t;
}

static struct expression *inside(struct expression *e)
{
	while (e && (e->type == EXPR_CAST || e->type == EXPR_FORCE_CAST || e->type == EXPR_IMPLIED_CAST ||
		     e->type == EXPR_PREOP))
		e = e->type == EXPR_PREOP ? e->unop : e->cast_expression;
	return e;
}

struct symbol *function_in_table(const char *name, const char *member)
{
	struct symbol *table = lookup_symbol(built_in_ident(name), NS_SYMBOL), *m;
	struct symbol_list *one = NULL;
	struct expression *x;
	long long offset = -1;

	if (!table || !(table->ctype.modifiers & MOD_CONST) || !table->initializer)
		return NULL;
	add_symbol(&one, table);
	evaluate_symbol_list(one);
	if (table->initializer->type != EXPR_INITIALIZER)
		return NULL;
	FOR_EACH_PTR(base_of(table)->symbol_list, m) {
		if (m->ident && !strcmp(name_of(m), member))
			offset = m->offset;
	} END_FOR_EACH_PTR(m);
	FOR_EACH_PTR(table->initializer->expr_list, x) {
		struct expression *value = inside(x->type == EXPR_POS ? x->init_expr : x);

		if ((x->type == EXPR_POS ? (long long)x->init_offset : 0) == offset && value && value->type == EXPR_SYMBOL &&
		    value->symbol && value->symbol->ctype.base_type && value->symbol->ctype.base_type->type == SYM_FN)
			return value->symbol;
	} END_FOR_EACH_PTR(x);
	return NULL;
}

static void bind(const char *op, struct position pos, struct expression *value)
{
	struct bound b = { .op = op, .file = path_of(pos), .line = pos.line };

	value = inside(value);
	if (!value || value->type != EXPR_SYMBOL || !value->symbol)
		return;
	b.symbol = value->symbol;
	b.callback = name_of(value->symbol);
	for (int i = 0; i < n_bound; i++)
		if (bound[i].symbol == b.symbol && bound[i].line == b.line && !strcmp(bound[i].op, op))
			return;
	push(bound, n_bound, cap_bound) = b;
}

static bool ops_table(const struct symbol *type)
{
	return type->ident && holds_operations(name_of(type));
}

static void look_in(struct expression *e, struct symbol *type);

/* VALUE is put at OFFSET of a TYPE: `.member = value`, `.member.inner = value`, `[1] = value`. */
static void look_at(struct expression *value, struct symbol *type, unsigned long offset)
{
	struct symbol *base = base_of(type), *member;
	struct expression *plain = inside(value);

	if (value && value->type == EXPR_POS) {
		look_at(value->init_expr, type, offset + value->init_offset);
		return;
	}
	if (plain && plain->type == EXPR_SYMBOL && plain->symbol && !plain->symbol->ident) {
		look_in(value, type);		/* a compound literal */
		return;
	}
	if (base && base->type == SYM_ARRAY) {
		unsigned long size = base_of(base->ctype.base_type) ? base_of(base->ctype.base_type)->bit_size / 8 : 0;

		look_at(value, base->ctype.base_type, size ? offset % size : 0);
		return;
	}
	if (!offset && value && value->type == EXPR_INITIALIZER) {
		look_in(value, type);
		return;
	}
	if (!base || (base->type != SYM_STRUCT && base->type != SYM_UNION)) {
		look_in(value, type);
		return;
	}
	FOR_EACH_PTR(base->symbol_list, member) {
		const char *name = member->ident ? name_of(member) : "";
		unsigned long end = member->offset + (member->bit_size > 0 ? member->bit_size / 8 : 0);

		if (offset < member->offset || (offset >= end && offset != member->offset))
			continue;
		if (ops_table(base) && is_operation(name))
			bind(name, value->pos, value);
		else if (base_of(member) != base)
			look_at(value, member, offset - member->offset);
	} END_FOR_EACH_PTR(member);
}

static void look_in(struct expression *e, struct symbol *type)
{
	struct expression *x;

	if (!e)
		return;
	if (e->type != EXPR_INITIALIZER) {
		e = inside(e);
		if (e && e->type == EXPR_SYMBOL && e->symbol && e->symbol->initializer && !e->symbol->ident)
			look_in(e->symbol->initializer, e->symbol);	/* a compound literal */
		return;
	}
	FOR_EACH_PTR(e->expr_list, x) {
		look_at(x->type == EXPR_POS ? x->init_expr : x, type, x->type == EXPR_POS ? x->init_offset : 0);
	} END_FOR_EACH_PTR(x);
}

int bound_entries(struct bound **out)
{
	for (int i = 0; i < n_symbols; i++)
		if (symbols[i]->initializer && !symbols[i]->visited) {
			struct symbol_list *one = NULL;

			symbols[i]->visited = 1;
			add_symbol(&one, symbols[i]);
			evaluate_symbol_list(one);
			look_in(symbols[i]->initializer, symbols[i]);
		}
	*out = bound;
	return n_bound;
}
