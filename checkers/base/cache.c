// SPDX-License-Identifier: GPL-2.0-only
/* Cache: in, a folder, a name and bytes; out, the same bytes in a later run, or nothing at all. */
#include "audit.h"

#include <blake2.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------------------------------------------- digests */

#define DIGEST_SIZE 16

struct digest {
	blake2b_state state;
};

struct digest *digest_begin(void)
{
	struct digest *d = alloc(sizeof(*d));

	blake2b_init(&d->state, DIGEST_SIZE);
	return d;
}

void digest_add(struct digest *d, const void *data, size_t size)
{
	uint64_t length = size;

	blake2b_update(&d->state, (const unsigned char *)&length, sizeof(length));
	blake2b_update(&d->state, data, size);
}

const char *digest_end(struct digest *d)
{
	unsigned char sum[DIGEST_SIZE];
	char *text = alloc(2 * DIGEST_SIZE + 1);

	blake2b_final(&d->state, sum, sizeof(sum));
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(text + 2 * i, 3, "%02x", sum[i]);
	free(d);
	return text;
}

/* ---------------------------------------------------------------------- entries */

/*
 * An entry is "attach-audit HASH\n" and the bytes, the hash being one of its
 * name too: what was cut short, altered, renamed or written by something else
 * has another and counts as absent. So does what another user owns or may write:
 * the hash says that an entry is whole, the owner who made it.
 */
#define HEADER "attach-audit %s\n"
#define HEADER_SIZE (13 + 2 * DIGEST_SIZE + 1)

static void header(char out[HEADER_SIZE + 1], const char *name, const void *data, size_t size)
{
	struct digest *d = digest_begin();

	digest_add(d, name, strlen(name));
	digest_add(d, data, size);
	snprintf(out, HEADER_SIZE + 1, HEADER, digest_end(d));
}

bool cache_load(const char *dir, const char *name, struct bytes *out)
{
	char *path = format("%s/%s", dir, name), want[HEADER_SIZE + 1];
	bool ok = read_own_file(path, out);

	free(path);
	if (!ok)
		return false;
	if (out->size >= HEADER_SIZE) {
		header(want, name, out->data + HEADER_SIZE, out->size - HEADER_SIZE);
		if (!memcmp(out->data, want, HEADER_SIZE)) {
			out->size -= HEADER_SIZE;
			memmove(out->data, out->data + HEADER_SIZE, out->size + 1);
			return true;
		}
	}
	free(out->data);
	return false;
}

void cache_store(const char *dir, const char *name, const void *data, size_t size)
{
	char *path = format("%s/%s", dir, name), start[HEADER_SIZE + 1];
	char *tmp = format("%s.XXXXXX", path);
	int fd = mkostemp(tmp, O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool bad = !f;

	if (f) {
		header(start, name, data, size);
		bad = fwrite(start, 1, HEADER_SIZE, f) != HEADER_SIZE ||
		      fwrite(data, 1, size, f) != size;
		bad |= fclose(f) != 0;
	}
	if (bad || rename(tmp, path) < 0)
		unlink(tmp);
	free(tmp);
	free(path);
}

/* ------------------------------------------------------- results of whole steps */

const char *step_key(const char *step, const char *state, const char *const *inputs, int n)
{
	struct digest *d = digest_begin();
	struct bytes b;

	digest_add(d, step, strlen(step));
	digest_add(d, state, strlen(state));
	if (!*state || !read_file("/proc/self/exe", &b))
		return NULL;
	digest_add(d, b.data, b.size);
	free(b.data);
	for (int i = 0; i < n; i++) {
		if (!read_file(inputs[i], &b))
			return NULL;
		digest_add(d, b.data, b.size);
		free(b.data);
	}
	return digest_end(d);
}

static char *entry_name(const char *key, int which)
{
	return format("step-%s-%d", key, which);
}

bool recall_step(const char *cache, const char *key, const char *const *outs, int n)
{
	struct bytes *found = alloc(n * sizeof(*found));

	for (int i = 0; i < n; i++)
		if (!key || !cache_load(cache, entry_name(key, i), &found[i]))
			return false;
	for (int i = 0; i < n; i++) {
		FILE *f = write_begin(outs[i]);

		fwrite(found[i].data, 1, found[i].size, f);
		write_end(f, outs[i]);
	}
	return true;
}

void remember_step(const char *cache, const char *key, const char *const *outs, int n)
{
	struct bytes b;

	for (int i = 0; key && i < n; i++)
		if (read_file(outs[i], &b))
			cache_store(cache, entry_name(key, i), b.data, b.size);
}
