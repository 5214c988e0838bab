// SPDX-License-Identifier: GPL-2.0-only
/* The drivers' sources: in, folders of the tree; out, which function a name means where it is used. */
#include "program.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 16384

/* What a name stands for in one source. */
struct entry {
	const char *name;
	struct source *source;
	struct definition *definition;	/* or else: */
	struct macro *macro;		/* or else: */
	const char *type;		/* of a member or variable, or else: declared or called there */
	bool array;
	struct entry *next;
};

static struct entry **bucket(const struct program *p, const char *name)
{
	return &p->names[hash_bytes(0, name, strlen(name)) % BUCKETS];
}

static void enter(struct program *p, struct entry e)
{
	struct entry **head = bucket(p, e.name), *copy = alloc(sizeof(*copy));

	*copy = e;
	copy->next = *head;
	*head = copy;
}

bool is_included(const struct source *s)
{
	return s->included;
}

/*
 * MACRO(name) { .. }: where the macro makes the header of a function, that is what is defined.
 */
static void read_made_header(struct program *p, struct definition *d)
{
	struct source *s = d->source;
	const struct token *t = s->tokens;
	struct macro **found;
	struct source *made;
	char *text;

	if (!find_macros(p, s, d->name, &found))
		return;
	text = expand_macro(p, found[0], s, copy_bytes(t[d->open - 1].s, t[d->close].s + 1 - t[d->open - 1].s));
	made = text ? read_text(format("%s {}", text)) : NULL;
	if (made && made->n_definitions == 1) {
		d->name = made->definitions[0]->name;
		d->type = made->definitions[0]->type;
		d->is_static = made->definitions[0]->is_static;
		d->params = made->definitions[0]->params;
		d->n_params = made->definitions[0]->n_params;
	}
}

static void enter_source(struct program *p, struct source *s)
{
	for (int i = s->n_macros - 1; i >= 0; i--)
		enter(p, (struct entry){ .name = s->macros[i]->name, .source = s, .macro = s->macros[i] });
	for (int i = 0; i < s->n_aliases; i++)
		for (int k = 0; k < s->n_definitions; k++)
			if (!strcmp(s->definitions[k]->name, s->aliases[i].target))
				enter(p, (struct entry){ .name = s->aliases[i].name, .source = s,
							 .definition = s->definitions[k] });
	/* backwards, so that a chain holds them in the order of the file */
	for (int i = 0; i < s->n_definitions; i++)
		read_made_header(p, s->definitions[i]);
	for (int i = s->n_definitions - 1; i >= 0; i--)
		enter(p, (struct entry){ .name = s->definitions[i]->name, .source = s,
					 .definition = s->definitions[i] });
	for (int i = s->n_members - 1; i >= 0; i--)
		enter(p, (struct entry){ .name = s->members[i].name, .source = s,
					 .type = s->members[i].type, .array = s->members[i].array });
	for (int i = 0; is_included(s) && i < s->n_tokens - 1; i++)
		if (s->tokens[i].kind == T_NAME && is(&s->tokens[i + 1], "("))
			enter(p, (struct entry){ .name = token_text(&s->tokens[i]), .source = s });
}

static int by_path(const void *a, const void *b)
{
	const struct source *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

struct source *find_source(const struct program *p, const char *path)
{
	struct source key = { .path = path }, *k = &key, **found;

	if (!p->n_sources)
		return NULL;
	found = bsearch(&k, p->sources, p->n_sources, sizeof(*p->sources), by_path);
	return found ? *found : NULL;
}

static char *path_in(const char *dir, const char *name)
{
	return strcmp(dir, ".") ? format("%s/%s", dir, name) : copy_string(name);
}

/* A C file that another includes by its name belongs to it, as a header does. */
static void mark_included(struct program *p, const char *dir)
{
	for (int i = 0; i < p->n_sources; i++) {
		struct source *s = p->sources[i];

		if (strcmp(s->dir, dir))
			continue;
		s->included |= strcmp(strrchr(s->path, '.'), ".c") != 0;
		for (int j = 0; j < s->n_includes; j++) {
			struct source *other = find_source(p, path_in(dir, s->includes[j]));

			if (other)
				other->included = true;
		}
	}
}

void add_folder(struct program *p, const char *dir)
{
	char *full = format("%s/%s", p->tree, dir);
	int before = p->n_sources;
	struct dirent *e;
	DIR *d;

	for (int i = 0; i < p->n_sources; i++)
		if (!strcmp(p->sources[i]->dir, dir))
			return;
	if (!p->names)
		p->names = alloc(BUCKETS * sizeof(*p->names));
	d = opendir(full);
	if (!d)
		fatal("%s: %s: make the tree readable", full, strerror(errno));
	while ((e = readdir(d))) {
		char *path = path_in(dir, e->d_name);
		struct source *src = NULL;

		if (*e->d_name != '.' && is_source_name(e->d_name) && (e->d_type != DT_LNK || stays_in(p->tree, path)))
			src = read_source(p->tree, path);
		if (src) {
			src->program = p;
			push(p->sources, p->n_sources, p->cap_sources) = src;
		}
		free(path);
	}
	closedir(d);
	free(full);
	if (p->n_sources > before) {
		struct source **added = alloc((p->n_sources - before) * sizeof(*added));
		int n = p->n_sources - before;

		memcpy(added, p->sources + before, n * sizeof(*added));
		qsort(added, n, sizeof(*added), by_path);
		qsort(p->sources, p->n_sources, sizeof(*p->sources), by_path);
		mark_included(p, dir);
		for (int i = 0; i < n; i++)
			enter_source(p, added[i]);
	}
}

struct source *add_source_text(struct program *p, const char *path)
{
	struct source *s = find_source(p, path);

	if (s || !(s = read_source(p->tree, path)))
		return s;
	s->program = p;
	if (!p->names)
		p->names = alloc(BUCKETS * sizeof(*p->names));
	push(p->sources, p->n_sources, p->cap_sources) = s;
	qsort(p->sources, p->n_sources, sizeof(*p->sources), by_path);
	return s;
}

int parameter_index(const struct definition *def, const char *name)
{
	for (int i = 0; i < def->n_params; i++)
		if (!strcmp(def->params[i].name, name))
			return i;
	return -1;
}

static bool included_from_below(const struct program *p, const struct source *header)
{
	const char *name = strrchr(header->path, '/');
	size_t len = strlen(header->dir);

	name = name ? name + 1 : header->path;
	for (int i = 0; i < p->n_sources; i++) {
		const struct source *s = p->sources[i];

		if (strncmp(s->dir, header->dir, len) || s->dir[len] != '/')
			continue;
		for (int j = 0; j < s->n_includes; j++) {
			const char *inc = s->includes[j];

			if (!strncmp(inc, "../", 3) && !strcmp(strrchr(inc, '/') + 1, name))
				return true;
		}
	}
	return false;
}

/* Does a file of another folder include this header as "../name"? Then it is the subsystem's. */
static bool shared_header(const struct program *p, struct source *header)
{
	if (header->header == HEADER_UNKNOWN)
		header->header = included_from_below(p, header) ? HEADER_SHARED : HEADER_PRIVATE;
	return header->header == HEADER_SHARED;
}

/* Do headers of FROM's folder say of NAME that it is the driver's (1), the subsystem's (-1), or nothing (0)? */
static int declared(const struct program *p, const struct source *from, const char *name)
{
	int said = 0;

	for (const struct entry *e = *bucket(p, name); e; e = e->next) {
		if (strcmp(e->name, name) || !is_included(e->source) || strcmp(e->source->dir, from->dir))
			continue;
		if (!shared_header(p, e->source))
			return 1;
		said = -1;
	}
	return said;
}

static bool includes(const struct source *s, const struct source *other)
{
	const char *name = strrchr(other->path, '/');

	for (int i = 0; i < s->n_includes; i++)
		if (!strcmp(s->includes[i], name ? name + 1 : other->path))
			return true;
	return false;
}

static int by_definition(const void *a, const void *b)
{
	const struct definition *const *x = a, *const *y = b;
	int c = strcmp((*x)->source->path, (*y)->source->path);

	return c ? c : (*x)->line - (*y)->line;
}

/*
 * Where one folder holds several drivers, a file never sees another's static functions, headers excepted. What
 * another file of the folder defines is the driver's, unless it is offered to all the kernel or to the subsystem.
 */
int find_definitions(const struct program *p, const struct source *from, const char *name,
		     struct definition ***out)
{
	int n = 0, cap = 0, said;
	bool own = false;

	*out = NULL;
	for (const struct entry *e = *bucket(p, name); e; e = e->next)
		own |= e->definition && e->source == from && !strcmp(e->name, name);
	said = own ? 0 : declared(p, from, name);
	for (const struct entry *e = *bucket(p, name); e; e = e->next) {
		if (!e->definition || strcmp(e->name, name) || strcmp(e->source->dir, from->dir))
			continue;
		if (own && e->source != from)
			continue;
		if (!own && e->definition->is_static && !is_included(e->source) && !includes(e->source, from))
			continue;
		if (!own && is_included(e->source) && shared_header(p, e->source))
			continue;
		if (!own && said <= 0 && (said || e->definition->exported))
			continue;
		push(*out, n, cap) = e->definition;
	}
	if (n > 1)
		qsort(*out, n, sizeof(**out), by_definition);
	return n;
}

bool has_type(const struct program *p, const struct source *from, const char *name,
	      const char *type)
{
	for (const struct entry *e = *bucket(p, name); e; e = e->next)
		if (e->type && !strcmp(e->name, name) && !strcmp(e->type, type) &&
		    !strcmp(e->source->dir, from->dir) && (e->source == from || is_included(e->source)))
			return true;
	return false;
}

bool is_array_member(const struct program *p, const struct source *from, const char *name)
{
	bool array = false;

	for (const struct entry *e = *bucket(p, name); e; e = e->next)
		if (e->type && !strcmp(e->name, name) && !strcmp(e->source->dir, from->dir) &&
		    (e->source == from || is_included(e->source))) {
			if (!e->array)
				return false;
			array = true;
		}
	return array;
}

const char *variable_type(const struct program *p, const struct source *from, const char *name)
{
	const char *type = NULL;

	for (const struct entry *e = *bucket(p, name); e; e = e->next)
		if (e->type && !strcmp(e->name, name) && !strcmp(e->source->dir, from->dir) &&
		    (e->source == from || is_included(e->source)))
			type = type && strcmp(type, e->type) ? "" : e->type;
	return type ? type : "";
}

bool declared_as(const struct program *p, const struct source *from, const char *name, const char *type)
{
	for (const struct entry *e = *bucket(p, name); e; e = e->next)
		if (e->type && !strcmp(e->name, name) && (!type || !strcmp(e->type, type)) &&
		    !strcmp(e->source->dir, from->dir) && (e->source == from || is_included(e->source)))
			return true;
	for (int i = 0; i < from->n_definitions; i++)
		for (int k = 0; k < from->definitions[i]->n_params; k++)
			if (!strcmp(from->definitions[i]->params[k].name, name) &&
			    (!type || !strcmp(from->definitions[i]->params[k].type, type)))
				return true;
	return false;
}

int find_macros(const struct program *p, const struct source *from, const char *name, struct macro ***out)
{
	int n = 0, cap = 0;
	bool own = false;

	*out = NULL;
	for (const struct entry *e = *bucket(p, name); e; e = e->next)
		own |= e->macro && e->source == from && !strcmp(e->name, name);
	for (const struct entry *e = *bucket(p, name); e; e = e->next)
		if (e->macro && !strcmp(e->name, name) && !strcmp(e->source->dir, from->dir) &&
		    (own ? e->source == from : is_included(e->source)))
			push(*out, n, cap) = e->macro;
	return n;
}
