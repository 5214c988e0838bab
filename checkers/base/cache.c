// SPDX-License-Identifier: GPL-2.0-only
/* Cache: in, a folder, a name and bytes; out, the same bytes in a later run, or nothing at all. */
#include "audit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * An entry is "attach-audit HASH\n" and the bytes: what was cut short, altered
 * or written by something else has another hash and counts as absent.
 */
#define HEADER "attach-audit %016llx\n"
#define HEADER_SIZE 30

static void header(char out[HEADER_SIZE + 1], const void *data, size_t size)
{
	snprintf(out, HEADER_SIZE + 1, HEADER, (unsigned long long)hash_bytes(size, data, size));
}

bool cache_load(const char *dir, const char *name, struct bytes *out)
{
	char *path = format("%s/%s", dir, name), want[HEADER_SIZE + 1];
	bool ok = read_file(path, out);

	free(path);
	if (!ok)
		return false;
	if (out->size >= HEADER_SIZE) {
		header(want, out->data + HEADER_SIZE, out->size - HEADER_SIZE);
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
	char *tmp = format("%s.%ld.tmp", path, (long)getpid());
	FILE *f = fopen(tmp, "we");
	bool bad = !f;

	if (f) {
		header(start, data, size);
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

uint64_t step_key(const char *step, const char *state, const char *const *inputs, int n)
{
	uint64_t key = hash_bytes(hash_bytes(0, step, strlen(step) + 1), state, strlen(state) + 1);
	struct bytes b;

	if (!*state || !read_file("/proc/self/exe", &b))
		return 0;
	key = hash_bytes(key, b.data, b.size);
	free(b.data);
	for (int i = 0; i < n; i++) {
		if (!read_file(inputs[i], &b))
			return 0;
		key = hash_bytes(key, b.data, b.size);
		free(b.data);
	}
	return key ? key : 1;
}

static char *entry_name(uint64_t key, int which)
{
	return format("step-%016llx-%d", (unsigned long long)key, which);
}

bool recall_step(const char *cache, uint64_t key, const char *const *outs, int n)
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

void remember_step(const char *cache, uint64_t key, const char *const *outs, int n)
{
	struct bytes b;

	for (int i = 0; key && i < n; i++)
		if (read_file(outs[i], &b))
			cache_store(cache, entry_name(key, i), b.data, b.size);
}
