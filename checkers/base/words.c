// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vocabulary that all engines share: of origins, in, bits; out, the words of
 * sites-ENGINE.jsonl.
 */
#include "audit.h"

#include <string.h>

struct word {
	unsigned bit;
	const char *word;
};

/* What a parameter of an operation can stand for */
static const struct word roles[] = {
	{ FROM_DOMAIN, "DOMAIN" }, { FROM_DEV, "DEV" }, { FROM_OLD, "OLD" }, { FROM_PASID, "PASID" },
};

unsigned role_named(const char *word)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (!strcmp(roles[i].word, word))
			return roles[i].bit;
	return 0;
}

const char *role_word(unsigned from)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (roles[i].bit == from)
			return roles[i].word;
	return "";
}

static void add_words(json_t *list, unsigned bits, const struct word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bits & words[i].bit)
			json_array_append_new(list, json_string(words[i].word));
}

json_t *origin_words(unsigned from, const char *const *calls, int n_calls)
{
	static const struct word words[] = {
		{ FROM_ALLOC, "ALLOC" }, { FROM_GLOBAL, "GLOBAL" }, { FROM_CONST, "CONST" },
	};
	json_t *list = json_array();

	if (from & ~FROM_CONST)
		from &= ~FROM_CONST;	/* a constant says nothing beside another origin */
	add_words(list, from, roles, sizeof(roles) / sizeof(*roles));
	add_words(list, from, words, sizeof(words) / sizeof(*words));
	for (int i = 0; i < n_calls; i++)
		json_array_append_new(list, text(format("CALL(%s)", calls[i])));
	return list;
}

json_t *value_words(unsigned is)
{
	static const struct word words[] = {
		{ IS_ALLOCATION, "allocation" }, { IS_ID, "id" }, { IS_ERRNO, "errno" }, { IS_LOOKUP, "lookup" },
		{ IS_ATTACHED, "attached" }, { IS_OUTCOME, "outcome" }, { IS_RESULT, "result" },
		{ IS_MAYBE_ALLOCATION, "maybe-allocation" }, { IS_DOMAIN, "domain" }, { IS_DEVICE, "device" },
		{ IS_KIND, "kind" }, { IS_ENTRY, "entry" }, { IS_HELD, "held" }, { IS_REMEMBERED, "remembered" },
		{ IS_CLAIM, "claim" }, { IS_REGISTER, "register" }, { IS_ASKED, "asked" },
	};
	json_t *list = json_array();

	add_words(list, is, words, sizeof(words) / sizeof(*words));
	return list;
}

bool errno_exists(const char *s, int len)
{
	/* include/linux/errno.h: those that user space never sees; the C library knows the others */
	static const char *const internal[] = {
		"ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ENOIOCTLCMD", "ERESTART_RESTARTBLOCK", "EPROBE_DEFER",
		"EOPENSTALE", "ENOPARAM", "EBADHANDLE", "ENOTSYNC", "EBADCOOKIE", "ENOTSUPP", "ETOOSMALL", "ESERVERFAULT",
		"EBADTYPE", "EJUKEBOX", "EIOCBQUEUED", "ERECALLCONFLICT", "ENOGRACE", "EDEADLOCK", "EWOULDBLOCK",
	};

	if (len < 3 || *s != 'E')
		return false;
	for (size_t i = 0; i < sizeof(internal) / sizeof(*internal); i++)
		if ((int)strlen(internal[i]) == len && !strncmp(s, internal[i], len))
			return true;
	for (int number = 1; number < 134; number++) {
		const char *name = strerrorname_np(number);

		if (name && (int)strlen(name) == len && !strncmp(s, name, len))
			return true;
	}
	return false;
}
