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
/* The same of tokens [from, to) of a file: errnos know where they stand. */
struct expr *parse_tokens(const struct source *s, int from, int to);

/* Is it ({ statements })? */
bool is_statements(const struct expr *e);

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
/* != for ==; the same where an operator has no opposite */
const char *negated(const char *op);
bool compares(const char *op);			/* ==, !=, <, >, <=, >= */
bool holds_between(const char *op, long long a, long long b);	/* a OP b, where it compares */
/* > for <, as a < b is b > a; the same where an operator has no side */
const char *turned_round(const char *op);
/* The opposite of a condition, written as one would: x for !x, a != b for a == b. */
char *negated_text(const struct expr *e);

/* ----------------------------------------------------------------- macro.c */

/* One use, `NAME` or `NAME(..)`, of the driver's macro M, expanded: NULL when it is none. */
char *expand_macro(const struct program *p, const struct macro *m, const struct source *from, const char *use);

/*
 * expand_expr - E with the driver's macros expanded that are expressions; where #if arms differ, (#if) ? a : b
 * A name without arguments only where it stands for a call, a function or an errno; with STATEMENTS, ({ .. }) too.
 */
struct expr *expand_expr(const struct program *p, const struct source *from, struct expr *e, bool statements);

/* -------------------------------------------------------------- constant.c */

/* What OP makes of two numbers; false where that is no number. */
bool fold(const char *op, long long a, long long b, long long *out);
/* Is NAME, as FROM sees it, a number: an enumerator, or a macro of the folder that is arithmetic? */
bool named_constant(const struct program *p, const struct source *from, const char *name, long long *out);

/* ----------------------------------------------------------------- table.c */

/* A value that an initialiser, or code that names a function, gives to something. */
struct given {
	struct source *source;
	const char *type;	/* of the structure: "struct foo"; "" where it is not known */
	const char *object;	/* the variable it stands in, or that is assigned to; "" for none */
	const char *member;	/* its name; "[]" for an element, "" for the variable itself, "?" for any */
	struct expr *value;
	int line;
};

/*
 * find_given - what the tables and the code of FROM's folder give to MEMBER
 * Of the variable OBJECT (then NULL is any member), or, where that is NULL, of structures of TYPE ("" for not
 * known). What stands by position, and could not be placed, has the member "?". Returns how many.
 */
int find_given(const struct program *p, const struct source *from, const char *type, const char *object,
	       const char *member, const struct given ***out);

/* Adds the functions that VALUE can be to the N in OUT. False where it can be something else, too. */
bool functions_in(const struct program *p, const struct source *from, struct expr *value, struct definition ***out,
		  int *n);

/*
 * find_slot - what base->SLOT() may call: functions that the tables and the code of FROM's folder give to SLOT,
 * where the table's type is one that BASE is declared with, or not known
 */
int find_slot(const struct program *p, const struct source *from, const char *base,
	      const char *slot, struct definition ***out);

/* Is a function of this name defined by a macro of the driver, outside functions? Its body is not read. */
bool made_of_macros(const struct program *p, const struct source *from, const char *name);

/* The structure that a type is or points at, typedefs resolved: "struct foo", or "" */
const char *structure_named(const struct program *p, const struct source *from, const char *type);
/* The type of a member of it, as declared in FROM's folder; "" where that does not tell */
const char *member_type(const struct program *p, const struct source *from, const char *type, const char *member);
/* The name of its I-th member; NULL for none */
const char *nth_member(const struct program *p, const struct source *from, const char *type, int i);
/* Does some structure of FROM's folder have a member of this name? */
bool own_member(const struct program *p, const struct source *from, const char *member);

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
	struct aliases *aliases;	/* place.c */
	int busy;		/* recursion guard */
};

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

/* ----------------------------------------------------------------- graph.c */

enum stmt_kind {
	S_BLOCK,		/* kids, one after the other */
	S_PLAIN, S_DECLARATION,	/* e; name and type */
	S_IF,			/* e; kid[0], kid[1] or none */
	S_LOOP,			/* e or none; kids; step */
	S_DO,			/* kids; e */
	S_ONCE,			/* scoped_guard(e) { kids } */
	S_EITHER,		/* one of its kids: the arms of an #if */
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

#define MAX_MEMBERS 16

/* What is known of an argument of the outermost function, whose call is out of sight. */
struct given_argument {
	bool constant, address;		/* a number; not NULL */
	long long value;
	unsigned from;			/* FROM_ bits */
	struct {
		const char *name;
		long long value;
	} members[MAX_MEMBERS];		/* of the structure it points to */
	int n_members;
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
	const struct given_argument *given;	/* of each parameter, where it is no callback; or NULL */
	unsigned char *left;	/* by which edges each node was, a bit each: evaluate.c */
};

struct program_context {
	struct program *program;
	const char *engine;		/* word of the lines */
	const struct facts *facts;	/* of the text reader */
	struct function *(*read)(struct definition *def);	/* another reader, or NULL */
	bool (*left_out)(struct definition *def);	/* by the configuration that it reads; or NULL */
	/* what the text does not define: the driver's function NAME that FROM sees, or NULL; or NULL */
	struct definition *(*made_up)(const struct source *from, const char *name);
	/* the function that FN, a name or a table's member, stands for, where a unit and no driver is read; or NULL */
	struct definition *(*defined)(const struct expr *fn);
	/* what the function NAME is declared to return, where that is known; or NULL */
	const char *(*result_type)(const char *name);
	/* adds to TO how another subsystem's function is called; or NULL */
	void (*describe)(struct frame *fr, struct expr *call, int node, json_t *to);
	const char **domain_types;	/* "struct foo_domain *" */
	int n_domain_types, cap_domain_types;
	bool core;			/* entry points are walked: an operation is not entered */
	bool tested;			/* an operation is bound that tests for another one: checks are compared */
};

extern struct program_context context;

struct function *function_of(struct definition *def);
struct origin origin_of(struct frame *fr, struct expr *e, int node);

bool returns_errno(struct definition *def);
/* Could a variable of this type hold a negative errno? "" where the type is not known. */
bool may_hold_errno(const char *type);

/* Is CALL one of another subsystem's function that gives memory, judging by its name, where it returns a pointer? */
bool gives_memory(struct function *f, struct expr *call);

/* What a value is, where it is tested for being negative or an error pointer */
struct origin as_errno(struct origin o);

/* Does a function of this file store VALUE, of a domain, in MEMBER of something? */
bool remembers(struct frame *fr, const char *member, const struct expr *value);

/* DEF as CALL at NODE enters it; NULL where it is on the way there already, or not completely known */
struct frame *enter_helper(struct frame *fr, struct definition *def, struct expr *call, int node);

/* Learns the types that stand for a domain in this function's driver. */
void learn_domain_types(struct function *f);

/* ---------------------------------------------------------------- callee.c */

/* The driver's own functions that a call can reach (not those passed as arguments). */
int own_callees(struct function *f, struct expr *call, struct definition ***out);
/* The type of a parameter or local; NULL where NAME is none */
const char *local_type(const struct function *f, const char *name);
/* Can it reach one that is the driver's own, and is not known? */
bool unknown_callee(struct function *f, struct expr *call);

/* --------------------------------------------------------------- account.c */

/* An errno that a site of the callback has: where the site is, and where the constant stands */
struct seen_errno {
	const char *file, *name;
	int line, constant_line;
};

/* The first thing in the text of a walked function that nothing accounts for; NULL */
const char *unaccounted(struct function *f, const struct seen_errno *seen, int n_seen);

/* ------------------------------------------------------------- condition.c */

/* A guard as JSON: text, place, and its condition as alternatives of atoms. */
json_t *guard_json(struct frame *fr, const struct guard *g);
json_t *choice_json(struct frame *fr, int node, struct expr *c, bool taken);

/* "pointer", "bool", "value" of a variable, parameter or member; "" where it is not known */
const char *value_type(struct frame *fr, const struct expr *e);

/* ---------------------------------------------------------------- normal.c */

/* LEFT OP RIGHT, or OP LEFT where RIGHT is NULL ("set", "unset" ...), as everybody would write it */
char *normal_form(struct frame *fr, int node, const char *op, struct expr *left, struct expr *right);

/* --------------------------------------------------------------- message.c */

/* "error", "warning", "info", "debug" of a function of the driver that does nothing but print; else NULL */
const char *prints_at(struct definition *def);

/* The same of what CALL in F calls, the kernel's own print functions included */
const char *message_level(struct function *f, struct expr *call);

/* ---------------------------------------------------------------- others.c */

/* The operations besides attaching that come to this helper: [{"op", "function"}], each once */
json_t *other_operations(struct definition *def);
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

/* ------------------------------------------------------------------ held.c */

/* Members of a domain that no domain has which SEARCH tries; its folder is added to P. */
json_t *never_held(struct program *p, const struct definition *search);

/* ----------------------------------------------------------------- place.c */

/* A local pointer that is nothing but another name. */
struct known_as {
	const char *name;
	struct expr *is;
};

struct aliases {
	struct known_as *list;
	int n, cap;
};

extern struct expr what_is_returned;	/* stands for what a function returns */

/* The place as everybody in F would write it; other expressions stay. */
struct expr *normal(struct function *f, struct expr *e);
/* PART, which belongs to WHOLE or to what that points to, as it is called where WHOLE is known AS; else NULL */
struct expr *place_known_as(const struct expr *part, const struct expr *whole, struct expr *as);
/* Is it another place once WHAT is set: a pointer on the way to it, an index? */
bool found_by(const struct expr *place, const struct expr *what);
/* Is it still there when F has returned? */
bool outlives(const struct function *f, const struct expr *place);
/* A place of F, called so, as the caller would write it; NULL where it has no name for it */
struct expr *seen_by_caller(const struct function *f, struct expr *place, struct expr *call);
struct expr *member_place(struct expr *whole, const char *member);

/* ------------------------------------------------------------------ fate.c */

/* What becomes of an errno in one function. KEPT: where it can still be read when the function has returned. */
enum { PASSED = 1, REPLACED = 2, WENT_ON = 4, TRIED_NEXT = 8, LOST_TRACK = 16, KEPT = 32 };

struct fate {
	const char *name;	/* of the errno; OTHER for any that nobody names */
	unsigned what;
	unsigned logged;	/* of `what`: those before which an error or warning is printed */
	const char *as;		/* REPLACED: by that */
	unsigned unread;	/* KEPT: what becomes of it where nobody reads it from there */
	const struct value *with;	/* KEPT: what is returned then, NULL where ways differ */
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
	struct expr **at;		/* where INNER has kept it; none: it is what the call returns */
	int n_at, cap_at;
	struct expr **kept;		/* where it can be read when this function has returned */
	int n_kept, cap_kept;
	bool read;			/* somebody was found who has that at hand */
	const char *unread;		/* KEPT: where, as a reason */
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
