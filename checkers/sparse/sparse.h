/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sparse.h - the front end on libsparse: from C files to sites, a section a
 * file, in the order data flows: parsed units, functions as graphs of decisions,
 * errnos that reach a return, origins of values, guards, calls from the
 * callback down. It states what the text front end states, in the same lines.
 */
#ifndef ATTACH_AUDIT_SPARSE_H
#define ATTACH_AUDIT_SPARSE_H

#include "unit.h"
#include "wording.h"

#include "linearize.h"

/* The program that is evaluated has these as well. */
#define guard linear_guard
#define guards_of linear_guards_of
#define arrival linear_arrival
#define flow linear_flow
#define flow_of linear_flow_of
#define outcome linear_outcome
#define origin linear_origin
#define origin_of linear_origin_of
#define frame linear_frame
#define own_callees linear_own_callees
#define returns_errno linear_returns_errno
#define guard_json linear_guard_json
#define add_sites linear_add_sites
#define stores linear_stores
#define settings linear_settings
#define ends_in_success linear_ends_in_success

/* ---------------------------------------------------------------- graph.c */

/* A statement that controls others, and which of its arms. */
struct scope_of {
	int statement;
	int arm;			/* 1 true or body, 0 false, 2 a case */
	struct scope_of *outer;
};

struct stmt_at {
	struct position pos;
	enum statement_type type;
	struct scope_of *scope;
	struct position arm[2];		/* first statement of the false and the true arm */
	bool has_arm[2];
	bool turned;			/* by a leading !: the last branch goes where it does not hold */
	struct expression **condition;	/* of an if or a loop */
	struct expression *label;	/* of a case */
};

struct way {			/* out of a switch */
	int to;
	long long value;
	const char *label;		/* as it is written, or NULL */
	bool otherwise;
};

/*
 * A condition of the source: one conditional branch, or the several that && and
 * || become. Leaves are blocks in the order they are evaluated.
 */
struct decision {
	int entry;
	int *leaves;
	int n, cap;
	int statement;			/* that it stands in, or -1 */
	bool loop, dispatch;
	struct way *ways;		/* dispatch */
	int n_ways, cap_ways;
};

struct fn {
	struct symbol *sym;
	const char *name, *file;
	int line;
	struct source *source;		/* NULL outside the audited folders */
	struct basic_block **bb;
	int n;
	int **succ, *n_succ, **pred, *n_pred;
	int *postdominator;		/* -1: the function's end is not reached */
	int *first, *last;		/* numbers in the tree of post-dominators */
	int end;			/* the block that returns */
	struct decision *decisions;
	int n_decisions, cap_decisions;
	int *decision_of;		/* by block, or -1 */
	struct stmt_at *statements;	/* by place */
	int n_statements, cap_statements;
	struct flow *flow;		/* value.c */
	int busy;
};

/* NULL when there is no body, or sparse cannot make anything of it. */
struct fn *fn_of(struct symbol *sym);

int block_of(const struct instruction *insn);
struct instruction *terminator(const struct fn *f, int block);
/* The statement that holds this place, or -1. */
int statement_at(const struct fn *f, struct position pos);
struct position start_of(const struct fn *f, struct position pos);

/* A decision and where it went. */
struct guard {
	int decision;
	int target;			/* block */
	struct instruction *choice;	/* a ternary of constants instead, and which */
	bool taken;
	bool enclosing;
	bool chosen;			/* every other way succeeds at once */
	int depth;
};

/* Guards of a block by control dependence, nearest first; POS tells what encloses. */
int guards_of(struct fn *f, int block, struct position pos, struct guard **out);
bool encloses(const struct fn *f, const struct guard *g, struct position pos);

/* ---------------------------------------------------------------- value.c */

/* Stores that may have set a variable last when INSN runs. */
struct stores {
	struct instruction **list;	/* OP_STORE; or OP_CALL that was given its address */
	int n, cap;
	bool unset;			/* on some path nothing did */
};

/* OFFSET -1 takes any part of SYM. With failed, only on paths on which it is negative. */
struct stores stores_to(struct fn *f, const struct instruction *insn, struct symbol *sym, long long offset,
			bool failed);
/* The same of what is reached through a pointer; false when the address has no name. */
bool stores_through(struct fn *f, const struct instruction *load, struct stores *out);

bool is_local(const struct symbol *sym);
/* x = x | y, x++: what x held before counts as well */
bool adds_to(const struct instruction *store);
pseudo_t argument(const struct instruction *call, int i);
struct symbol *callee_symbol(const struct instruction *call);
/* Of a call: "f", or the member of x->f(); the macro's name where it is a message. */
const char *callee_name(const struct instruction *call);
const char *sparse_message_level(const char *name);
/* x++, x += y */
bool counts(const struct instruction *store);
/* The single value of a variable that only ever gets one, else the pseudo itself. */
pseudo_t settled(struct fn *f, pseudo_t p);

/* How an errno gets to a function's return. */
struct arrival {
	int value;			/* of a constant, else 0 */
	const char *macro;		/* read_poll_timeout() and the like: the constant is its result */
	struct instruction *call;	/* whose result it is */
	struct position pos;		/* of the constant or call */
	int block;
	struct guard exit;		/* decision -1: BLOCK decides */
	struct guard choice;		/* likewise */
	struct instruction *carrier;	/* dev_err_probe() */
	struct instruction *converted;	/* PTR_ERR() or the like around the call */
	struct position site;
	struct position *messages;
	int n_messages, cap_messages;
	struct instruction *bearer;	/* the store, return or ?: that takes it on */
	struct symbol *variable;	/* that a store sets, or NULL */
	const struct instruction *use;	/* that reads it next */
};

/* A value that reaches the return and may be an errno for all that the function shows. */
struct unknown {
	pseudo_t value;
	struct position pos;
	int block;
};

struct flow {
	struct arrival *arrivals;
	int n, cap;
	struct unknown *unknown;
	int n_unknown, cap_unknown;
};

const struct flow *flow_of(struct fn *f);
/* The same of any other value, where INSN uses it. */
const struct flow *flow_to(struct fn *f, pseudo_t value, struct instruction *insn);
/* Does this errno get on, or do the tests on the way stop just it (`if (ret == -EACCES) ret = 0;`)? */
bool lets_pass(struct fn *f, const struct arrival *a, int value);
const char *errno_name(const struct fn *f, int value, struct position pos);

/* IS_ERR_VALUE(x): an unsigned comparison with -MAX_ERRNO */
bool error_test_value(const struct instruction *compare);
/* The macro that stands there and is known to yield an errno, or NULL. */
const char *errno_macro(struct position pos);

/* Does some path from INSN on end in `return 0`, and is VARIABLE tested on the way? */
bool ends_in_success(struct fn *f, const struct instruction *insn, struct symbol *variable, bool *tested);
/*
 * Is CALL unwinding: has the function failed already when it gets there, and
 * returns that failure whatever comes of the call?
 */
bool fails_anyway(struct fn *f, const struct instruction *call);
/* 1 when CONDITION holds if the variable is negative, 0 when not, -1 when that does not tell. */
int outcome(struct fn *f, pseudo_t condition, struct symbol *variable, int value);

/* --------------------------------------------------------------- origin.c */

struct origin {
	unsigned from, is;
	const char *calls[MAX_CALLS];
	int n_calls;
	struct instruction *call;	/* of IS_ERRNO */
	const char *macro;		/* likewise */
};

#define MAX_FIELDS 16

/* What is known of an argument where the call itself is out of sight. */
struct given_argument {
	bool constant, address;		/* a number; not NULL */
	long long value;
	unsigned from;			/* FROM_ bits */
	struct {
		long long offset, value;
	} fields[MAX_FIELDS];		/* of the structure it points to */
	int n_fields;
};

struct frame {
	struct fn *f;
	struct frame *caller;
	struct instruction *call;
	bool indirect;
	const char *op;
	int depth;
	const struct given_argument *given;	/* of the outermost frame, where it is no callback */
	int n_given;
};

struct origin origin_of(struct frame *fr, pseudo_t p);
/* The driver's own functions that a call can reach. */
int own_callees(struct fn *f, struct instruction *call, struct fn ***out);
/* The driver's function that an argument names, or NULL. */
struct fn *own_function(struct fn *f, pseudo_t p);
bool returns_errno(struct fn *f);
/* Can a result of this type be negative, or an error pointer? */
bool may_be_errno(struct symbol *type);
/* Is this the result of a function that returns errnos? */
bool errno_call(struct frame *fr, struct instruction *call);
/* "bool", "pointer" or "value"; "" where the driver does not declare it */
const char *type_word(pseudo_t p);
struct instruction *bit_field(pseudo_t p, int *bits);
/* A value as one would write it. */
const char *spell(struct fn *f, pseudo_t p);

/* ------------------------------------------------------------- constant.c */

/* Is this value the same number in every run of this frame? */
bool constant_in(struct frame *fr, pseudo_t p, long long *value);
/* Which blocks of the frame's function are entered, where its arguments are what they are. */
bool *reachable_in(struct frame *fr);
/*
 * The arguments of a call, a string each: "=4"; or letters of D(omain) V(device) O(ld)
 * P(asid), & for an address, and {OFFSET=VALUE,...} for numbers in what it points to.
 */
json_t *arguments_json(struct frame *fr, const struct instruction *call);
struct given_argument *arguments_given(const json_t *list);

/* ------------------------------------------------------------ condition.c */

json_t *guard_json(struct frame *fr, const struct guard *g, int number);
/* A WARN_ON() of a constant around this place, or NULL. */
json_t *folded_json(const struct fn *f, struct position pos);
/* What the guard tests, whole; for what a constant masks. */
struct origin origin_of_guard(struct frame *fr, const struct guard *g);

/* ---------------------------------------------------------------- sites.c */

/*
 * Adds the lines of one bound callback. STATUS gets "analysed", "partial" or
 * "not-analysed" and WHY the reason.
 */
void add_sites(json_t *lines, const json_t *binding, struct symbol *callback, const char **status,
	       const char **why, json_t *sources);
/* Does a function that was looked into begin between these lines? */
bool was_visited(const char *file, int line, int end);

/* --------------------------------------------------------------- follow.c */

/*
 * What function NAME of the parsed units returns when it is given ARGUMENTS (of
 * arguments_json; a missing one may be anything): {"declared", "found", "file",
 * "errnos": [{"errno", "file", "line", "function", "guard", "chain"}],
 * "calls": [{"callee", "arguments", "stopped", "chain"}] into other units, and
 * "gaps": [{"why", "chain"}]}. A chain is a list of {"function", "file", "line"},
 * from NAME down; the first fact with the same place has the shortest.
 */
json_t *facts_of(const char *name, const json_t *arguments);
/* Does this line stand in a function that was looked into? */
bool was_entered(const char *file, int line);
/* Errnos, of those the code on the way asks for, that never get from A to the outermost caller. */
json_t *stopped_json(struct frame *fr, const struct arrival *a);

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
/* A configuration to parse with, by the file of its flags; in the order they are tried. fatal() when it cannot be read. */
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
