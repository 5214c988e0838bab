/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wording.h - what the source says, for texts that people read. Apart from
 * sparse.h because the tokens of the audit and those of sparse share their name.
 */
#ifndef ATTACH_AUDIT_WORDING_H
#define ATTACH_AUDIT_WORDING_H

#include <stdbool.h>

/* A condition cut into its comparisons, in the order they are evaluated. */
struct phrase {
	const char *text, *negated;
	const char *left, *right;	/* of a comparison, else NULL */
};

struct wording {
	const char *text, *negated;	/* of the whole condition */
	struct phrase *phrases;
	int n, cap;
};

/* The condition of the if, while, for, switch or iterator macro at this place; NULL for none. */
const struct wording *wording_at(const char *path, int line, int column);
/* The condition or expression SOURCE, as it is written. */
const struct wording *worded(const char *source);
/* The name that stands there, or NULL: a macro's where the code comes out of one. */
const char *name_at(const char *path, int line, int column);
/* Is an errno written as a number there: -1? */
bool number_at(const char *path, int line, int column);

#endif
