// SPDX-License-Identifier: GPL-2.0-only
/* The drivers' sources: in, folders of the tree; out, which function a name means where it is used. */
#include "audit.h"

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
	const char *type;		/* of a member or variable, or else: declared or called there */
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

static bool is_header(const struct source *s)
{
	return s->path[strlen(s->path) - 1] == 'h';
}

static void enter_source(struct program *p, struct source *s)
{
	/* backwards, so that a chain holds them in the order of the file */
	for (int i = s->n_definitions - 1; i >= 0; i--)
		enter(p, (struct entry){ .name = s->definitions[i]->name, .source = s,
					 .definition = s->definitions[i] });
	for (int i = s->n_members - 1; i >= 0; i--)
		enter(p, (struct entry){ .name = s->members[i].name, .source = s,
					 .type = s->members[i].type });
	for (int i = 0; is_header(s) && i < s->n_tokens - 1; i++)
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

static bool c_file(const char *name)
{
	size_t len = strlen(name);

	return len > 2 && name[len - 2] == '.' && (name[len - 1] == 'c' || name[len - 1] == 'h');
}

void add_folder(struct program *p, const char *dir)
{
	char *full = format("%s/%s", p->tree, dir);
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
		struct source *src;
		char *path;

		if (!c_file(e->d_name) || e->d_type == DT_LNK)
			continue;		/* a link could lead out of the tree */
		path = strcmp(dir, ".") ? format("%s/%s", dir, e->d_name) : copy_string(e->d_name);
		src = read_source(p->tree, path);
		if (src) {
			push(p->sources, p->n_sources, p->cap_sources) = src;
			enter_source(p, src);
		}
		free(path);
	}
	closedir(d);
	free(full);
	if (p->n_sources)
		qsort(p->sources, p->n_sources, sizeof(*p->sources), by_path);
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

/* Does a private header of FROM's folder declare or define NAME? */
static bool private_name(const struct program *p, const struct source *from, const char *name)
{
	for (const struct entry *e = *bucket(p, name); e; e = e->next)
		if (!strcmp(e->name, name) && is_header(e->source) && !strcmp(e->source->dir, from->dir) &&
		    !shared_header(p, e->source))
			return true;
	return false;
}

static int by_definition(const void *a, const void *b)
{
	const struct definition *const *x = a, *const *y = b;
	int c = strcmp((*x)->source->path, (*y)->source->path);

	return c ? c : (*x)->line - (*y)->line;
}

/* Where one folder holds several drivers, a file never sees another's static functions, headers excepted. */
int find_definitions(const struct program *p, const struct source *from, const char *name,
		     struct definition ***out)
{
	int n = 0, cap = 0;
	bool own = false;

	*out = NULL;
	for (const struct entry *e = *bucket(p, name); e; e = e->next)
		own |= e->definition && e->source == from && !strcmp(e->name, name);
	for (const struct entry *e = *bucket(p, name); e; e = e->next) {
		if (!e->definition || strcmp(e->name, name) || strcmp(e->source->dir, from->dir))
			continue;
		if (own ? e->source != from : e->definition->is_static && !is_header(e->source))
			continue;
		if (!own && is_header(e->source) && shared_header(p, e->source))
			continue;
		push(*out, n, cap) = e->definition;
	}
	if (n && !own && !private_name(p, from, name))
		n = 0;
	if (n > 1)
		qsort(*out, n, sizeof(**out), by_definition);
	return n;
}

bool has_type(const struct program *p, const struct source *from, const char *name,
	      const char *type)
{
	for (const struct entry *e = *bucket(p, name); e; e = e->next)
		if (e->type && !strcmp(e->name, name) && !strcmp(e->type, type) &&
		    !strcmp(e->source->dir, from->dir) && (e->source == from || is_header(e->source)))
			return true;
	return false;
}

int find_slot(const struct program *p, const struct source *from, const char *base,
	      const char *slot, struct definition ***out)
{
	int n = 0, cap = 0;

	*out = NULL;
	for (int i = 0; i < p->n_sources; i++) {
		const struct source *s = p->sources[i];

		if (strcmp(s->dir, from->dir))
			continue;
		for (int j = 0; j < s->n_slots; j++) {
			struct definition **found;
			const char *type;
			int k;

			if (strcmp(s->slots[j].slot, slot))
				continue;
			type = format("struct %s", s->slots[j].type);
			if (!has_type(p, from, base, type) &&
			    !has_type(p, from, base, format("%s *", type)))
				continue;
			k = find_definitions(p, s, s->slots[j].value, &found);
			for (int m = 0; m < k; m++) {
				bool known = false;

				for (int q = 0; q < n; q++)
					known |= (*out)[q] == found[m];
				if (!known)
					push(*out, n, cap) = found[m];
			}
		}
	}
	return n;
}
