/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program.h - the program that is evaluated: from facts to sites, a section a file, in the
 * order data flows: expressions, functions as control-flow graphs, errnos that
 * reach a return, origins of operands, guards, calls from the callback down.
 */
#ifndef ATTACH_AUDIT_PROGRAM_H
#define ATTACH_AUDIT_PROGRAM_H

#include "audit.h"

/* ------------------------------------------------------------------ expr.c */

enum expr_kind {
	E_NAME, E_NUMBER, E_STRING,
	E_ERRNO,	/* a negative errno literal: -EINVAL, or a raw -1 as -EPERM */
	E_CALL,		/* kid[0] the function, the rest arguments */
	E_MEMBER,	/* kid[0], text is the member's name */
	E_INDEX,	/* kid[0] kid[1] */
	E_UNARY,	/* text is the operator: ! - ~ * & ++ -- */
	E_BINARY,
	E_ASSIGN,	/* = += -= |= ... */
	E_TERNARY,	/* kid[1] NULL for a ?: b */
	E_CAST,		/* kid[0], text is the type */
	E_LIST,		/* { .a = b, c }: kids; a designator is an E_ASSIGN of an E_MEMBER without kid */
	E_OPAQUE,	/* could not be parsed, or holds statements */
};

struct expr {
	enum expr_kind kind;
	const char *text;	/* name, operator, member, number, literal; "EINVAL" */
	bool arrow;		/* E_MEMBER: -> */
	bool raw;		/* E_ERRNO: written as -1 */
	int line, column;	/* of an E_ERRNO, in the file; 0 where not known */
	const char *written;	/* the driver's macro that this is the expansion of, as it is used; or NULL */
	struct expr **kid;
	int n_kids, cap_kids;
};

/* parse_expr - never NULL; E_OPAQUE holds what is beyond the parser */
struct expr *parse_expr(const char *s);

/* The expression as a kernel developer would write it. */
char *expr_text(const struct expr *e);

/* Calls fn for e and everything in it, in the order it is written. */
void walk_expr(struct expr *e, void (*fn)(struct expr *e, void *data), void *data);

/* Without casts, likely(), unlikely() and parentheses. */
struct expr *bare(struct expr *e);

/* Name of the called function: "f", or the member of x->f; NULL when neither */
const char *callee(const struct expr *call);
bool is_call(const struct expr *e, const char *name);
bool equal(const struct expr *a, const struct expr *b);
bool null_or_zero(const struct expr *e);	/* 0 or NULL, as it is written */
bool names_errno(const char *s, int len);	/* EINVAL, EPROBE_DEFER */

/* -------------------------------------------------------------- function.c */

enum node_kind {
	N_ENTRY, N_EXIT,
	N_PLAIN,	/* an expression statement; or nothing, a label */
	N_DECLARATION,
	N_BRANCH,	/* if, switch, loop: several successors */
	N_RETURN,
};

/* Which way a branch is left. */
enum sense { ALWAYS, IF_TRUE, IF_FALSE, IN_CASE, IN_DEFAULT };

struct edge {
	int to;
	enum sense sense;
	struct expr *label;	/* of IN_CASE */
};

/* What stands inside a branch of the source: `if (c) { HERE }` */
struct scope {
	int branch;		/* node */
	enum sense sense;
	struct expr *label;
	struct scope *outer;
};

struct node {
	enum node_kind kind;
	struct expr *e;		/* condition, statement, value, initialiser; or NULL */
	const char *name;	/* N_DECLARATION */
	const char *type;
	bool iterator;		/* N_BRANCH: list_for_each_entry() and the like */
	bool loop;		/* N_BRANCH of any loop */
	bool dispatch;		/* N_BRANCH of a switch */
	int line, column;
	struct scope *scope;	/* NULL at the top of the function */
	struct edge *succ;
	int n_succ, cap_succ;
	int *pred;
	int n_pred, cap_pred;
};

/* A function as the facts show it. */
struct function {
	struct definition *def;
	struct node *nodes;	/* [0] entry, [1] exit */
	int n_nodes, cap_nodes;
	int *postdominator;	/* immediate one of each node, -1 for none: guard.c */
	struct guard **guards;	/* of each node, n_guards[node] of them, -1 for not asked yet */
	int *n_guards;
	int null_reason;	/* origin.c: -1 not asked yet */
	signed char errno_result[2];	/* origin.c: 0 not asked, 1 no, 2 yes; by sure */
	const char *gap;	/* why it is not completely known, or NULL */
	struct flow *flow;	/* flow.c */
	struct liveness *liveness;	/* state.c */
	struct effects *effects;	/* effects.c */
	int busy;		/* recursion guard */
};

/* ----------------------------------------------------------------- graph.c */

enum stmt_kind {
	S_BLOCK,		/* kids, one after the other */
	S_PLAIN, S_DECLARATION,	/* e; name and type */
	S_IF,			/* e; kid[0], kid[1] or none */
	S_LOOP,			/* e or none; kids; step */
	S_DO,			/* kids; e */
	S_ONCE,			/* scoped_guard(e) { kids } */
	S_SWITCH,		/* e; kids, S_CASE and S_DEFAULT among them */
	S_CASE, S_DEFAULT,	/* e; kids: what stands right behind the label */
	S_RETURN,		/* e or none */
	S_GOTO, S_LABEL,	/* name; kids of the label: the statement behind it */
	S_BREAK, S_CONTINUE,
};

/* A statement as a reader found it. */
struct stmt {
	enum stmt_kind kind;
	int line, column;
	struct expr *e, *step;
	const char *name, *type;
	bool iterator;		/* S_LOOP of list_for_each_entry() and the like */
	int end_line, end_column;	/* of S_DO */
	struct stmt **kid;
	int n_kids, cap_kids;
};

struct stmt *new_stmt(enum stmt_kind kind, int line, int column);
void add_stmt(struct stmt *to, struct stmt *kid);

/* graph_of - the control-flow graph of a definition whose body is BODY; GAP: why that is not complete, or NULL */
struct function *graph_of(struct definition *def, struct stmt *body, const char *gap);

/* Is that a loop? list_for_each_entry() is, scoped_guard() is not. */
bool repeats(const char *iterator);

/* Facts of all files, by file and place. Failures of spatch are among them. */
struct facts;
struct facts *load_facts(const char *path);
const char *failure_of(const struct facts *facts, const char *file);

/*
 * build_function - the control-flow graph of one definition
 * Whatever the text shows and the facts do not (a return, branch, goto or errno
 * literal) sets ->gap: such a function is reported as partly analysed.
 */
struct function *build_function(const struct facts *facts, struct definition *def);

/* ------------------------------------------------------------------ flow.c */

/* A place where a variable (or a->b) gets a value. */
struct setting {
	int node;
	struct expr *value;	/* NULL: no initialiser */
	bool parameter;		/* the value the function was called with */
	bool by_address;	/* value is the call that was given &variable */
	bool partly;		/* |= and the like: earlier values count as well */
};

struct settings {
	struct setting *list;
	int n, cap;
	bool may_be_unset;	/* some path sets nothing: parameter, field, global */
};

/*
 * settings_of - what VARIABLE can hold when NODE is entered
 * With failed, only on paths on which it is negative (or an error pointer).
 */
struct settings settings_of(const struct function *f, const struct expr *variable, int node, bool failed);

/* The setting of VARIABLE within NODE's own expression, if there is one. */
bool setting_in(const struct function *f, int node, const struct expr *variable, struct setting *out);

/* How an errno gets to a function's return. */
struct arrival {
	struct expr *e;		/* E_ERRNO, or E_CALL whose result it is */
	int node;		/* where that stands */
	int exit;		/* branch by which it leaves with the value, or -1: NODE decides */
	enum sense exit_sense;
	struct expr *exit_label;
	int exit_to;
	struct expr *choice;	/* condition of ?: that chose it, or NULL */
	bool choice_taken;
	struct expr *carrier;	/* dev_err_probe() that it passes through: a message */
	int line, column;	/* of the site */
	int *messages;		/* nodes of messages on the way */
	int n_messages, cap_messages;
};

struct flow {
	struct arrival *arrivals;
	int n, cap;
};

/* Every errno constant and call result that can reach F's return, in source order; cached in F. */
const struct flow *flow_of(struct function *f);

/*
 * outcome - 1 when CONDITION must hold if VARIABLE is a negative errno (the one
 * named NAME, if not NULL), 0 when it cannot, -1 when that does not tell
 */
int outcome(struct expr *condition, const struct expr *variable, const char *name);

/* The call of a print function in this node, or NULL; *level its level word. */
struct expr *message_in(const struct node *n, const char **level);

/* ----------------------------------------------------------------- guard.c */

/* A branch and the way it was left. */
struct guard {
	int branch;
	enum sense sense;
	struct expr *label;
	bool enclosing;		/* the site stands inside it; else it was passed before */
	bool chosen;		/* the other way returns success: it chose what is done, as an if around it would */
	int depth;		/* 0: decides alone whether the site is reached */
};

/* Guards of NODE by control dependence, nearest first. Returns how many. */
int guards_of(struct function *f, int node, const struct guard **out);

/* ---------------------------------------------------------------- origin.c */

struct origin {
	unsigned from, is;
	const char *calls[MAX_CALLS];
	int n_calls;
	struct expr *call;	/* of IS_ERRNO */
	int call_node;
};

/* A function in the context of the call that led there. */
struct frame {
	struct function *f;
	struct frame *caller;	/* NULL in the callback */
	int node;		/* of the call, in the caller */
	struct expr *call;
	bool indirect;		/* passed as an argument to CALL: its arguments are not known one by one */
	const char *op;
	int depth;
};

struct program_context {
	struct program *program;
	const char *engine;		/* word of the lines */
	const struct facts *facts;	/* of the text reader */
	struct function *(*read)(struct definition *def);	/* another reader, or NULL */
	bool (*left_out)(struct definition *def);	/* by the configuration that it reads; or NULL */
	/* adds to TO how another subsystem's function is called; or NULL */
	void (*describe)(struct frame *fr, struct expr *call, int node, json_t *to);
	const char **domain_types;	/* "struct foo_domain *" */
	int n_domain_types, cap_domain_types;
	bool core;			/* entry points are walked: an operation is not entered */
};

extern struct program_context context;

struct function *function_of(struct definition *def);
struct origin origin_of(struct frame *fr, struct expr *e, int node);

/* The driver's own functions that a call can reach (not those passed as arguments). */
int own_callees(struct function *f, struct expr *call, struct definition ***out);
bool returns_errno(struct definition *def);
bool guessed_errno(struct function *f, struct expr *e, const char *variable);

/* Learns the types that stand for a domain in this function's driver. */
void learn_domain_types(struct function *f);

/* --------------------------------------------------------------- condition.c */

/* A guard as JSON: text, place, and its condition as alternatives of atoms. */
json_t *guard_json(struct frame *fr, const struct guard *g);
json_t *choice_json(struct frame *fr, int node, struct expr *c, bool taken);

/* ----------------------------------------------------------------- sites.c */

/*
 * add_sites - adds a line a site and call context of one callback that BINDING names
 * GAP gets the first thing that is not completely known, where it is NULL yet. VISITED
 * gets the functions that were entered.
 */
struct visited {
	struct definition **list;
	int n, cap;
};

void add_sites(json_t *to, const json_t *binding, struct definition *callback, const char **gap,
	       struct visited *visited);

/* ------------------------------------------------------------------ fate.c */

/* What becomes of an errno in one function. */
enum { PASSED = 1, REPLACED = 2, WENT_ON = 4, TRIED_NEXT = 8, LOST_TRACK = 16 };

struct fate {
	const char *name;	/* of the errno; OTHER for any that nobody names */
	unsigned what;
	unsigned logged;	/* of `what`: those before which an error or warning is printed */
	const char *as;		/* REPLACED: by that */
};

#define MAX_ERRNOS 16

struct errnos {
	struct fate list[MAX_ERRNOS];
	int n;
};

/* A call in a function, followed. */
struct level {
	const struct level *inner;	/* that passed it on to here, or NULL */
	struct function *f;
	int node;
	struct expr *call;
	struct expr *domain;		/* what is attached, seen from here; NULL where it is not known */
	struct errnos errnos;
	bool looked;			/* at the result, on some way */
	const char *lost;		/* LOST_TRACK: where */
	bool in_core;			/* no search is looked for there */
};

/* Most consequential first. */
enum handling {
	SEARCH_EINVAL_ONLY, SEARCH_ANY_ERROR, LOGS_AND_TRIES_ON, FALLS_BACK, REPLACES, IGNORES, PASSES_ON, UNCLEAR,
};

extern const char *const handlings[];

/* What entries.json says of the entry points and the soft errno: load_points() before anything below. */
void load_points(const json_t *entries);
const json_t *point_named(const char *name);

/*
 * follow_level - every way from the call of a level, once for each errno that comes there
 * Fills errnos and looked. The level below, inner, has been followed before.
 */
void follow_level(struct level *l);
enum handling handling_of(const struct level *l);
const char *fate_text(const struct level *l, const struct fate *f);
const char *unclear(const struct level *l);	/* why its handling is not known, or "" */

/* Which parameter does the domain that is attached come from? -1 for none. */
int domain_parameter(const struct level *l);

/* Calls that an expression holds. */
struct calls {
	struct expr **list;
	int n, cap;
};

struct calls calls_of(struct expr *e, const char *name);	/* NAME(..) or (*NAME)(..) */
struct calls calls_given(struct expr *e, const char *name);	/* f(.., NAME, ..) */
struct calls calls_where(struct expr *e, bool (*wanted)(const struct expr *call, const void *what),
			 const void *what);
struct expr *unaddressed(struct expr *e);			/* without a leading & */

#endif
