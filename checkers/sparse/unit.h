/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unit.h - reading with libsparse: from C files and flags to functions, a section a
 * file, in the order data flows.
 */
#ifndef ATTACH_AUDIT_UNIT_H
#define ATTACH_AUDIT_UNIT_H

/* Both have these two; nothing here looks into the audit's scope. */
#define token audit_token
#define scope audit_scope
#include "../program.h"
#undef token
#undef scope

#include "lib.h"
#include "allocate.h"
#include "token.h"
#include "parse.h"
#include "symbol.h"
#include "scope.h"
#include "expression.h"

/* ---------------------------------------------------------------- flags.c */

/* Takes argv[i] if it is a flag for sparse; returns how many arguments that were. */
int take_flag(int n, char **argv, int i);
/* The flags in a file, one a line, instead of those before; fatal() when it cannot be read. */
void read_flags(const char *path);
/* One more folder that headers are looked for in. */
void add_include(const char *folder);
/* Once a process, after the flags and before the first unit. */
void start_sparse(void);

/* ----------------------------------------------------------------- unit.c */

/* Files are named relative to the tree; the process runs in the tree. */
extern struct program program;

/* From the first unit on: keep macros of other subsystems as they are written (written.c). */
void keep_as_written(void);
/* Parses one more file; NULL, or the first error that cuts it short. */
const char *parse_unit(const char *path);
bool is_parsed(const char *path);
const char *path_of(struct position pos);
int column_of(struct position pos);
/* "a/b/../c.h" is "a/c.h", "./c.h" is "c.h"; what lies in the tree loses the tree's name. */
const char *plain_path(const char *path);

/* An entry of an ops table that the initialisers bind. */
struct bound {
	const char *op, *callback;
	const char *file;
	int line;
	struct symbol *symbol;
};

/* Tables of the units parsed so far. Returns how many. */
int bound_entries(struct bound **out);

/* The symbol that holds the body of a function, or NULL. */
struct symbol *definition_of(struct symbol *sym);
/* The same by its place in the source; parses the file if it has to. */
struct symbol *symbol_of(const struct definition *def);

/* A function of the units parsed so far, with its body where one has it; NULL for none. */
struct symbol *function_named(const char *name);
/* The function that the initialiser of a constant structure puts there, or NULL. */
struct symbol *function_in_table(struct symbol *table, long long offset);
/* Names of all files read so far. */
json_t *unit_files(void);

const char *name_of(const struct symbol *sym);

/* -------------------------------------------------------------- written.c */

/* The symbols of a C file; macros of other subsystems stand in the driver's bodies as they are written. */
struct symbol_list *parse_as_written(const char *path);

/* The name that stands there, with the parentheses behind it: NULL for none, or for none of the driver's macros. */
const char *macro_use_at(struct position pos);
const char *own_macro_at(struct position pos);
/* What stands from a token to before another, on one line. */
const char *text_of_tokens(const struct audit_token *t, const struct audit_token *end);
/* The token of the driver's text that stands there, or NULL. */
const struct audit_token *text_at(struct position pos);

/* The value of a constant of an enumeration or of a macro that stayed, by its name. */
bool number_named(const char *name, long long *value);
void remember_number(const char *name, long long value);
/* The errno in what a macro of api.json's "errno" expands to, or NULL: readl_poll_timeout() and the like. */
const char *errno_of_macro(const char *name);

/* ----------------------------------------------------------------- tree.c */

/* The function as this configuration sees it. */
struct function *read_tree(struct definition *def);
/* Does this configuration leave the definition out? */
bool left_out(struct definition *def);
/* The driver's function NAME that a macro defines, or that the text cannot make out; or NULL. */
struct definition *made_up(const struct source *from, const char *name);
/* Has a header's stub been taken for a function of the driver? Another configuration may have the function. */
bool stub_instead(void);
/* Where the text defines the function that SYM stands for; one made up where it does not. NULL without a body. */
struct definition *text_of(struct symbol *sym);

/* --------------------------------------------------------------- called.c */

/*
 * describe_call - how another subsystem's function is called, for --follow
 * Adds to TO: "arguments", a string each ("=4"; or letters of D(omain) V(device) O(ld) P(asid), & for an address);
 * "stopped", errnos that the driver does not hand on; "value", the errno of a macro.
 */
void describe_call(struct frame *fr, struct expr *call, int node, json_t *to);

#endif
