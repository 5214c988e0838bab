/* SPDX-License-Identifier: GPL-2.0-only */
/* wording.h - what the source says, for texts that people read. */
#ifndef ATTACH_AUDIT_WORDING_H
#define ATTACH_AUDIT_WORDING_H

/* A condition as it is written, and its opposite. */
struct wording {
	const char *text, *negated;
};

/* The condition of the if, while, for, switch or iterator macro at this place; NULL for none. */
const struct wording *wording_at(const char *path, int line, int column);
/* The condition or expression SOURCE, as it is written. */
const struct wording *worded(const char *source);
/* The name that stands there, or NULL: a macro's where the code comes out of one. */
const char *name_at(const char *path, int line, int column);

#endif
