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

/*
 * From the first unit on: keep macros of other subsystems as they are written (written.c). WHOLE: whatever
 * function of a unit is looked into, so that only macros stay that the audit knows.
 */
void keep_as_written(bool whole);
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
/* The function that the initialiser of the constant structure TABLE puts in MEMBER, or NULL. */
struct symbol *function_in_table(const char *table, const char *member);
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
/* The text that a place is in; NULL for none that is looked into. */
struct source *source_at(struct position pos);
/* As keep_as_written() was told. */
extern bool whole_units;

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
const char *type_text(struct symbol *t);
/* Where the text defines the function that SYM stands for; one made up where it does not. NULL without a body. */
struct definition *text_of(struct symbol *sym);

/* --------------------------------------------------------------- called.c */

/*
 * describe_call - how another subsystem's function is called, for --follow
 * Adds to TO: "arguments", a string each ("=4"; or letters of D(omain) V(device) O(ld) P(asid), & for an address,
 * and {MEMBER=VALUE,..} for numbers in a structure that is only read); "stopped", errnos that the functions on the
 * way do not hand on; "value", the errno of a macro.
 */
void describe_call(struct frame *fr, struct expr *call, int node, json_t *to);
/* Such a list, read again: what the N parameters of the function are given. */
struct given_argument *arguments_given(const json_t *list, int n);

/* ---------------------------------------------------------------- chain.c */

/*
 * What function NAME of the parsed units returns when it is given ARGUMENTS (of describe_call(); a missing one may
 * be anything): {"declared", "found", "file",
 * "errnos": [{"errno", "file", "line", "function", "guard", "chain"}],
 * "calls": [{"callee", "arguments", "stopped", "chain"}] into other units, and
 * "gaps": [{"why", "chain"}]}. A chain is a list of {"function", "file", "line"}, from NAME down.
 */
json_t *facts_of(const char *name, const json_t *arguments);
/* Before the first unit: whatever function is called is looked into. */
void begin_following(void);
/* Does this line stand in a function that was looked into? */
bool was_entered(const char *file, int line);

/* ---------------------------------------------------------- definitions.c */

/* Reads the tree's .c files, or what an earlier run has kept in folder CACHE (or NULL); once. */
void index_definitions(const char *cache);
/* Files of the tree that may define the function; a definition that is not __weak wins. Returns how many. */
int definitions_named(const char *name, const char ***out);
/* Is the file built, by its folders' Makefiles and CONFIG (text of autoconf.h, NULL: not known)? */
bool compiled(const char *path, const char *config);

/* -------------------------------------------------------------- request.c */

/* What a function of one file returns when it is called so. */
struct request {
	const char *file, *callee;
	char *arguments;		/* JSON */
	int build;
	json_t *facts;			/* of facts_of(), or NULL */
	const char *error;		/* of the parser, in what was looked into */
	const char *failure;		/* why there are no facts */
};

/* Before the others: the cache's folder or NULL, api.json, and the seconds that parsing a file may take. */
void begin_requests(const char *cache, const char *api_file, int seconds);
/* A configuration to parse with, by the file of its flags; they are tried in order. fatal() when it cannot be read. */
void add_build(const char *path);
/* The first build that compiles FILE; *built is false, and the first build as good as any, where none does. */
int build_of(const char *file, bool *built);
int request_for(const char *file, int build, const char *callee, const json_t *arguments);
/* NULL as long as nobody has answered it. */
const struct request *answer_of(int request);
/* Answers all that are open, each file in one of AT_ONCE processes. */
void answer_all(int at_once);

/* -------------------------------------------------------------- foreign.c */

/* attach-check --follow: see foreign.c. Returns the exit status. */
int follow_callees(int argc, char **argv);

#endif
