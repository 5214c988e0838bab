/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * audit.h - the table of contents of checkers/: every type and function that
 * one file offers another, a section a file, in the order data flows.
 *
 * A step is `int step_NAME(int argc, char **argv)`: it reads the files its
 * options name, writes one file and returns an exit status of design: 0 done,
 * 2 incomplete or misused, after one line on stderr that names the mend.
 */
#ifndef ATTACH_AUDIT_H
#define ATTACH_AUDIT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXIT_INCOMPLETE 2

/*
 * Files between the steps may hold anything: what is no string reads as "", here as in str(),
 * not as NULL. jansson's own function is not used.
 */
static inline const char *string_value(const json_t *v)
{
	const char *s = json_string_value(v);

	return s ? s : "";
}
#define json_string_value string_value

/* ------------------------------------------------------------------ main.c */

int step_scan(int argc, char **argv);
int step_closure(int argc, char **argv);
int step_entries(int argc, char **argv);
int step_facts(int argc, char **argv);
int step_bindings(int argc, char **argv);
int step_text(int argc, char **argv);
int step_callers(int argc, char **argv);
int step_classify(int argc, char **argv);

/* ---------------------------------------------------------------- memory.c */

/*
 * One process is one step over one tree, so memory is never given back one
 * piece at a time. Each of these ends the process with status 2 and a line on
 * stderr when memory runs out: no caller checks for NULL.
 */
void *alloc(size_t size);			/* zeroed */
void *grow(void *old, size_t nmemb, size_t size);
char *copy_string(const char *s);
char *copy_bytes(const char *s, size_t len);	/* adds the final NUL */
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* for qsort() of strings: by their bytes */
int by_text(const void *a, const void *b);

/* push(vec, n, cap) makes room for one more element and yields its address */
#define push(vec, n, cap)						\
	(*((n) == (cap) ? ((cap) = (cap) ? 2 * (cap) : 8,		\
			   (vec) = grow((vec), (cap), sizeof(*(vec)))) : (vec), \
	   &(vec)[(n)++]))

/* "attach-checks: " + message + newline on stderr; fatal() then exits 2 */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* ------------------------------------------------------------------ file.c */

struct bytes {
	char *data;		/* NUL after the last byte */
	size_t size;
};

/*
 * read_file - whole content of a regular file
 * Returns false with errno set (EFBIG over 64 MiB, EINVAL when not a regular
 * file); the content may hold any byte.
 */
bool read_file(const char *path, struct bytes *out);
/* The same of a file that this user owns and nobody else may write (EPERM), not by a symbolic link (ELOOP). */
bool read_own_file(const char *path, struct bytes *out);

/* Does PATH, below TREE, lead to something in TREE, whatever links are on the way? */
bool stays_in(const char *tree, const char *path);

/*
 * write_json, and write_begin/write_end for JSON lines: to a temporary file
 * beside PATH, renamed when complete, so that an interrupt or a full disk
 * leaves the earlier file whole. fatal() on any error.
 */
void write_json(const char *path, const json_t *value);
FILE *write_begin(const char *path);
void write_end(FILE *f, const char *path);

/* read_json - fatal(), naming file and line, when it is not JSON */
json_t *read_json(const char *path);
/* calls fn for each line of a JSON lines file; fatal() on a malformed one */
void read_json_lines(const char *path, void (*fn)(json_t *line, void *data), void *data);
/* fatal(), naming PATH, when the list that KEY names there holds anything but strings */
void need_strings(const char *path, const char *key, const json_t *list);

/*
 * text - a JSON string of bytes from a source file: what is not UTF-8 becomes
 * U+FFFD, so that one byte of a driver cannot stop the audit.
 */
json_t *text(const char *s);
json_t *textn(const char *s, size_t len);

/* 64-bit hash (FNV-1a), for tables and the ids of findings: anybody can make two texts share one */
uint64_t hash_bytes(uint64_t seed, const void *data, size_t size);

/*
 * option - value of --NAME VALUE (or --NAME=VALUE) in argv, or fallback
 * fatal() when NAME is required (fallback NULL and required) and absent.
 */
const char *option(int argc, char **argv, const char *name, const char *fallback);
const char *required(int argc, char **argv, const char *name);

/* ----------------------------------------------------------------- cache.c */

/*
 * A digest (BLAKE2b) names what is kept in a cache: nobody can make two contents share one. digest_add
 * takes each part with its length; digest_end yields 32 hexadecimal digits and ends the digest.
 */
struct digest *digest_begin(void);
void digest_add(struct digest *d, const void *data, size_t size);
const char *digest_end(struct digest *d);

/*
 * A cache folder holds entries by name. cache_load yields what cache_store was
 * given, or false: absent, cut short, altered and another user's are the same. A
 * failing store is silent, the next run is only slower; two at once are safe.
 */
bool cache_load(const char *dir, const char *name, struct bytes *out);
void cache_store(const char *dir, const char *name, const void *data, size_t size);

/*
 * A step that depends on the tree and on some files alone need not run again.
 * step_key - of a step, the tree's STATE (of scan.json, or any word where INPUTS are all it reads) and
 * what INPUTS hold, under this very program; NULL, which nothing is kept under, where STATE is "".
 * recall_step - writes what an earlier run wrote to OUTS; remember_step keeps them.
 */
const char *step_key(const char *step, const char *state, const char *const *inputs, int n);
bool recall_step(const char *cache, const char *key, const char *const *outs, int n);
void remember_step(const char *cache, const char *key, const char *const *outs, int n);

/* -------------------------------------------------------------- contract.c */

/* An operation that is audited: a member of a table that drivers fill. */
struct operation {
	const char *name;
	const char **structures;	/* that hold it */
	int n_structures, cap_structures;
	struct role {
		unsigned from;		/* FROM_DOMAIN ... */
		const char *type;	/* "struct iommu_domain *" */
	} *roles;			/* in the order of the parameters */
	int n_roles, cap_roles;
	const char **precedes;		/* the operations that it tests for: what they would refuse, it refuses */
	int n_precedes, cap_precedes;
};

/* Those of the contract file that was read last. */
extern struct operation *operations;
extern int n_operations;

/* NULL for a name that is none */
const struct operation *operation_named(const char *name);
bool is_operation(const char *name);
/* Does operation TEST test for OP? With NULL for any */
bool tests_for(const char *test, const char *op);
/* Does struct TYPE hold operations? */
bool holds_operations(const char *type);
/* Each struct that does, once; NULL after the last one */
const char *table_type(int index);

/*
 * role_of - FROM_DOMAIN and the like: what parameter INDEX of a callback for OP stands for, 0 for none
 * By the types of PARAMS; among those of one type by a name that begins with the role's word, else by their order.
 */
struct parameter;
unsigned role_of(const struct operation *op, const struct parameter *params, int n, int index);

/* contract.json, or a file of that form, and its operations; fatal() when it is malformed */
json_t *contract_read(const char *path);

/* What is said of an operation that the contract has no rules for */
#define NO_RULES "no rules in this contract"

/*
 * contract_choose - CHOICE where it is given, else by what the tree's own kernel-doc says of each operation
 * Structures of the tree's header that hold an operation become some that do, in DATA too.
 * PATH is for messages; fatal() when CHOICE is no contract of DATA. UNRULED, if not NULL, gets the operations of the
 * tree's header without rules: {"name", "file", "line", "why", "gap": whoever binds it}.
 */
const char *contract_choose(json_t *data, const char *path, const char *tree, const char *choice, json_t *unruled);
/* Is it the name of a contract, or of several for the operations that they serve? */
bool contract_known(json_t *data, const char *name);

/*
 * What SOURCE says of an operation in the comment that DATA names, or of a structure that holds it: from "@OP:" to
 * the next "@"; "" for nothing.
 */
char *operation_doc(const char *source, const json_t *data, const char *op);

/*
 * contract_rules - the rules of one operation, NULL where the contract has none:
 * {"written", "strict", "soft", "errnos": {errno: {"class", "meaning"}},
 * "others": {...}, "at_most"}; `judged_as` and `like` are followed.
 */
json_t *contract_rules(json_t *data, const char *name, const char *op);

/* The errno of a misfit, by the first operation that has rules in the contract of that name; "" for none. */
const char *contract_soft(json_t *data, const char *name);

/*
 * contract_entry_points - the rules of the core's entry points, NULL where the contract has none:
 * {"says": words of their comment, "at_most_note": operations}
 */
json_t *contract_entry_points(json_t *data, const char *name);

/* ---------------------------------------------------------------- source.c */

/*
 * What plain text says of a C file. No compiler and no configuration is
 * involved: both arms of every #if are read, and a closing brace in column 0
 * ends a function whatever the braces before it count to.
 */
enum token_kind { T_END, T_NAME, T_NUMBER, T_STRING, T_PUNCT };

struct token {
	enum token_kind kind;
	const char *s;
	int len;
	int line, column;	/* lines from 1, columns from 0 */
	bool directive;		/* stands in a preprocessor directive */
	bool fresh;		/* ... and is the # that it begins with */
};

struct parameter {
	const char *type;	/* "struct device *" */
	const char *name;
};

/* A function definition. */
struct definition {
	struct source *source;
	const char *name;
	const char *type;	/* of the result, "static" and "inline" removed */
	bool is_static, exported;	/* exported: offered to all the kernel */
	int line, end;		/* of its name, of its closing brace */
	int open, close;	/* tokens of the parentheses around its parameters */
	int body, body_end;	/* tokens of the braces */
	const char *odd;	/* why its text alone does not say what it holds, or NULL */
	struct parameter *params;
	int n_params, cap_params;
	bool reached;		/* closure.c */
	struct function *function;	/* read/function.c: its control-flow graph, built on demand */
};

/* A structure's member, or a variable, with its type; of the same name there can be several. */
struct member {
	const char *name;
	const char *type;
	bool array;		/* of such: name[..] */
};

/* NAME stands for the function TARGET of the same file. */
struct alias {
	const char *name;
	const char *target;
};

/* #define NAME BODY, #define NAME(a, b) BODY */
struct macro {
	struct source *source;
	const char *name;
	int line;
	bool takes_arguments, variadic;	/* the last parameter takes all that is left */
	const char **params;
	int n_params, cap_params;
	int from, to;			/* tokens of the body */
};

struct source {
	const char *path;	/* relative to the tree */
	const char *dir;	/* of path, "." for none */
	struct bytes content;
	struct token *tokens;
	int n_tokens, cap_tokens;
	struct definition **definitions;
	int n_definitions, cap_definitions;
	struct member *members;
	int n_members, cap_members;
	struct alias *aliases;
	int n_aliases, cap_aliases;
	struct macro **macros;
	int n_macros, cap_macros;
	const char **includes;	/* of "quoted" includes, as written */
	int n_includes, cap_includes;
	enum { HEADER_UNKNOWN, HEADER_PRIVATE, HEADER_SHARED } header;	/* program.c */
	const struct program *program;	/* that it was added to, or NULL */
	bool included;			/* a header, or another file of the folder includes it */
};

/* Splits text into tokens; the last one is T_END. */
struct token *tokenise(const char *s, size_t len, int *n);
bool is(const struct token *t, const char *s);
char *token_text(const struct token *t);

/* Is it C by its name? .c, .h, .inc */
bool is_source_name(const char *name);

/* NULL with errno set when the file cannot be read */
struct source *read_source(const char *tree, const char *path);

/* What a macro makes, as if it were a file. */
struct source *read_text(const char *text);

/* -------------------------------------------------------------- program.c */

/*
 * The sources of all drivers under audit. A driver's helpers are the functions
 * of its own file, and those in other files of its folder that a private header
 * of that folder declares or defines. A header that other folders include
 * ("../x.h") belongs to the subsystem, not to a driver.
 */
struct program {
	const char *tree;
	struct source **sources;	/* sorted by path */
	int n_sources, cap_sources;
	struct entry **names;		/* definitions and members by name */
	struct tables *tables;		/* table.c: of the folders that were asked about */
	struct constants *constants;	/* constant.c: the same */
};

/* Is it a file that others include, by its name? */
bool is_included(const struct source *s);

/* Adds every .c and .h file of DIR (relative to the tree); again is harmless. */
void add_folder(struct program *p, const char *dir);
struct source *find_source(const struct program *p, const char *path);
/* Which of the function's parameters is called NAME; -1 for none */
int parameter_index(const struct definition *def, const char *name);
/* A file for the places in its text alone: its names stand for nothing. NULL where it cannot be read. */
struct source *add_source_text(struct program *p, const char *path);

/*
 * find_definitions - the driver's functions that NAME can mean when used in FROM
 * Several come back where #if arms define it more than once. Returns how many.
 */
int find_definitions(const struct program *p, const struct source *from, const char *name,
		     struct definition ***out);

/*
 * find_macros - the #defines of NAME that count in FROM: its own, those of what it can include in its folder
 * Returns how many: #if arms can define it more than once.
 */
int find_macros(const struct program *p, const struct source *from, const char *name, struct macro ***out);

/* The type of a variable outside functions, where declarations agree; "" */
const char *variable_type(const struct program *p, const struct source *from, const char *name);

/*
 * has_type - is a member or variable NAME declared in FROM's folder with
 * exactly this type ("struct foo *")?
 */
bool has_type(const struct program *p, const struct source *from, const char *name,
	      const char *type);

/* Is what is declared by that name an array, wherever it is? */
bool is_array_member(const struct program *p, const struct source *from, const char *name);

/* declared_as - the same of parameters, too; NULL for any type */
bool declared_as(const struct program *p, const struct source *from, const char *name, const char *type);

/* ---------------------------------------------------------------- entries.c */

/* A function of the core through which a domain is attached. */
struct entry_point {
	struct definition *def;
	bool *comes;				/* to which of the operations */
};

/* An operation is used where nobody can tell what becomes of it. */
struct core_gap {
	const char *file;
	int line;
	const char *op;
};

/* The files of drivers/iommu that call the operations, and what they offer the rest of the kernel. */
struct core {
	struct source **sources;
	int n_sources, cap_sources;
	struct entry_point *points;		/* sorted by name */
	int n_points, cap_points;
	size_t start;				/* how many bytes all their names begin with */
	struct core_gap *gaps;
	int n_gaps, cap_gaps;
};

/* find_core - empty where TREE has no core; what cannot be read is left out */
struct core find_core(const char *tree);

/* Is OP called at this token: `x->OP(..)`, `(*x->OP)(..)`? */
bool calls_op_at(const struct source *s, int token, const char *op);

/* ---------------------------------------------------------------- header.c */

/*
 * Members of structures in PATH that could attach: [{"name", "type": of the structure, "line"}]; none where it cannot
 * be read.
 */
json_t *header_members(const char *tree, const char *path);

/* ------------------------------------------------------------------- api.c */

/*
 * api.json: what is known of kernel-wide functions, by kind. A name may hold
 * '*'. load_api() is fatal() on a malformed file.
 */
void load_api(const char *path);
bool api(const char *kind, const char *name);
/* Is one of the words of that kind that NAME, or what is called in "name(..)", is made of? */
bool has_word(const char *name, const char *kind);

/* ---------------------------------------------------------------- words.c */

/* Is this the name of an errno that exists? EINVAL, EPROBE_DEFER; not any word that begins with E */
bool errno_exists(const char *s, int len);

/* Where a value comes from ... */
enum {
	FROM_DOMAIN = 1, FROM_DEV = 2, FROM_OLD = 4, FROM_PASID = 8,
	FROM_ALLOC = 16, FROM_GLOBAL = 32, FROM_CONST = 64,
};

/* ... and what it is itself, fields of it excluded. */
enum {
	IS_ALLOCATION = 1,	/* what an allocator returned */
	IS_ID = 2,		/* what an id or bitmap allocator returned */
	IS_ERRNO = 4,		/* what a function that returns errnos returned */
	IS_LOOKUP = 8,		/* what a function that finds something returned */
	IS_ATTACHED = 16,	/* a domain reached from a device: the one attached now */
	IS_OUTCOME = 32,	/* what some call returned that is none of these */
	IS_RESULT = 128,	/* tells how an action on domain and device went */
	IS_MAYBE_ALLOCATION = 64,	/* a look-up that allocates what it does not find */
	IS_DOMAIN = 256,	/* the domain that the callback was handed, or its container */
	IS_DEVICE = 512,	/* the device that it was handed, or what is kept for it */
	IS_KIND = 1024,		/* what the device is, or what firmware says of it */
	IS_ENTRY = 2048,	/* of a collection that is gone through */
	IS_HELD = 4096,		/* of the domain's own collection */
	IS_REMEMBERED = 8192,	/* what attach stored of the domain that is attached now */
	IS_CLAIM = 16384,	/* a state that the test itself takes: test_and_set_bit() */
	IS_REGISTER = 32768,	/* what a register held */
	IS_ASKED = 65536,	/* what another subsystem's function says that asks, and does nothing */
};

#define MAX_CALLS 4

/* The words that classify reads: ["DOMAIN", "CALL(f)"], of FROM_ bits and called functions. */
json_t *origin_words(unsigned from, const char *const *calls, int n_calls);
/* FROM_DOMAIN of "DOMAIN"; 0 for a word that no parameter can stand for */
unsigned role_named(const char *word);
const char *role_word(unsigned from);
/* ["allocation"], of IS_ bits */
json_t *value_words(unsigned is);

/* -------------------------------------------------------------- classify.c */

/*
 * The engines' lines are judged from here on, once, in the same way whichever
 * engine stated them. A line is one site in one call context (follow/sites.c says
 * what it holds).
 */
enum class {
	INCOMPATIBLE, HARD, NOMEM, NOSPACE, BUSY, PROPAGATED, MASKED, SILENT_SUCCESS,
	NO_SITE,	/* states no failure: a plain success */
};
extern const char *const class_names[];

enum confidence { LOW, MEDIUM, HIGH };

struct reading {		/* of one line */
	enum class class;
	enum confidence confidence;
	bool warn;		/* a WARN_ON() guards it */
	bool direct;		/* the guard says so itself, with domain or device in it */
	bool hard;		/* SILENT_SUCCESS: no domain is in it */
	bool refined;		/* INCOMPATIBLE only because a kind of domain asks for a capability */
	bool arguable;		/* reasonable maintainers differ on it: nothing is demanded */
	const json_t *guard;	/* that decided, or NULL */
	const json_t *operand;	/* MASKED: the operand that holds the callee's errno */
	const char *why;	/* one sentence */
};

struct reading classify(const json_t *line);

/* Shorthands for reading lines; a missing key is "", 0, false. */
const char *str(const json_t *o, const char *key);
int num(const json_t *o, const char *key);
bool flag(const json_t *o, const char *key);

/* ------------------------------------------------------------------ leak.c */

/* foreign.jsonl of attach-check --follow; NULL for none. fatal() when it is malformed. */
void load_foreign(const char *path);
/* What CALLEE, called at this place of a driver, returns: a line of that file, or NULL. */
const json_t *foreign_at(const char *file, int line, const char *callee);
/* Is that all that it can return? */
bool followed(const json_t *row);
/* Where it returns errno E for a reason in which no domain takes part, by the shortest chain; NULL for nowhere. */
const json_t *leak_without_domain(const json_t *row, const char *e);
/* "a -> b -> c": the functions of a path and of the chain that goes on from it */
const char *chain_text(const json_t *path, const json_t *chain);
/* Adds a row to what a site shows, once; of the PATH to the call the first SKIP steps are the site's own. */
void add_foreign(json_t *list, const json_t *row, const json_t *path, size_t skip);

/* ----------------------------------------------------------------- judge.c */

enum verdict { OK, CHANGE, REVIEW };
extern const char *const verdict_names[];

#define MAX_EXPECTED 4

struct judgement {
	enum verdict verdict;
	const char *expected[MAX_EXPECTED];	/* best first: errno names, "keep", "propagate" */
	int n_expected;
	bool print, remove_print;
	const char *rule;			/* broken, or NULL */
	const char *why;
};

/* What a masked or dropped helper returns itself: judged before what hides it. */
struct hidden {
	const char *errnos[8];	/* as they should be */
	int n;
	bool misfit;		/* one of them is a sure misfit of domain and device */
	bool logged;		/* and it is logged there */
	bool foreign;		/* or whatever another subsystem returns */
};

void load_contract(const char *path, const char *name);
/* Does the line have a message from warning level up? */
bool has_message(const json_t *line);
const json_t *entry_point_rules(void);
/* Has the operation rules in the contract? */
bool ruled(const char *op);
/* Has the operation rules of its own in the contract, that findings may demand something by? */
bool has_last_word(const char *op);
const char *soft_errno(const char *op);
/* The errno after which the core's callers may try another domain */
const char *contract_errno_of_misfit(void);
struct judgement judge(const json_t *line, const struct reading *r, const struct hidden *hidden);

/* ------------------------------------------------------------------ pair.c */

/* Takes note of a line of an operation that tests for another one. True where that is no site, and nobody else's. */
bool take_pair_line(json_t *line);
/*
 * Why what LINE refuses, read so, can still happen after a good test; NULL where it cannot, or there is none.
 * COVERAGE: rows of the engines
 */
const char *untested(const json_t *coverage, const json_t *line, const struct reading *r);
/* Adds a finding for each place at which a test changes something. */
void add_changes(json_t *findings);

/* ----------------------------------------------------------------- sides.c */

/*
 * add_sides - both sides of the contract, into the finished audit
 * ENTRIES and CALLERS are what the steps of these names wrote, CORE_SITES the
 * sites of the entry points as step text states them, BINDINGS the tables that
 * a driver's callbacks stand in. Adds entry_points,
 * callers, contract_text, their findings, and whom each driver finding concerns.
 */
void add_sides(json_t *audit, const json_t *entries, const json_t *callers, const char *core_sites,
	       const char *bindings);

#endif
