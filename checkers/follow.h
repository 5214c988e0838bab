/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * follow.h - the core: a callback's program in, what arrives at its return out,
 * a section a file. Values are terms, what is known on a way is a state, and a
 * function is walked along all its feasible ways, into the driver's helpers as
 * they are called (Das, Lerner, Seigle: "ESP", PLDI 2002, for the joins).
 */
#ifndef ATTACH_AUDIT_FOLLOW_H
#define ATTACH_AUDIT_FOLLOW_H

#include "program.h"

/* ------------------------------------------------------------------ term.c */

enum term_kind {
	NUMBER,		/* 0, NULL and false are one number; `leaf` says where it was written */
	NAME,		/* a constant by name: an enumerator, a macro, a function */
	ADDRESS,	/* &a */
	VARIABLE,	/* a local, a parameter (frame, text), or a global (no frame) */
	FIELD,		/* a->text, or a.text where a is an address */
	POINTEE,	/* *a */
	ELEMENT,	/* a[b] */
	OPERATION,	/* text(a, b); of a comparison: == or < */
	ACCESS,		/* text(a, b): a function that always gives the same for the same, as container_of() */
	RESULT,		/* what a function of another subsystem returned: e at node of frame */
	FAILURE,	/* a negative errno, one of `causes` */
	UNKNOWN,	/* what is at place `a`, after the node of frame has changed it; or just a value */
	UNSET,		/* a variable that nothing has set */
};

/* An errno that a frame brings into being: a constant, or a call's negative result. */
struct cause {
	struct frame *frame;
	struct expr *e;			/* E_ERRNO, or E_CALL */
	int node;
	int exit;			/* of flow_of(): the arrival by which a preset leaves, or -1 */
	struct reasons *reasons;	/* what its nearest guards have tested, and what was printed */
	unsigned id;			/* in the order they came into being */
};

/* Interned: equal sets have one address. */
struct causes {
	struct cause **list;		/* in the order they came into being */
	int n;
};

/* Where a number was written that a helper returns: the reason is there. */
struct leaf {
	struct frame *frame;
	struct expr *e, *choice;	/* the value; the condition that chose it, or NULL */
	int node;
	bool taken;			/* the choice held */
	struct reasons *reasons;
};

/* Interned: equal terms have one address. */
struct term {
	enum term_kind kind;
	const char *text;
	const struct term *a, *b;
	long long number;		/* RESULT: the signs it can have at all */
	struct frame *frame;
	struct expr *e;
	int node;
	const struct causes *causes;
	struct leaf *leaf;
	bool pointer;			/* RESULT: PTR_ERR() or the like has read it; NAME: an address */
	unsigned id;			/* in the order they came into being */
};

const struct term *make_term(struct term t);
const struct term *number_term(long long n, struct leaf *leaf);
const struct term *place_term(enum term_kind kind, const struct term *a, const struct term *b, const char *text);
/* The same for the same place: causes and leaves outlive a walk. */
struct cause *cause_at(struct frame *frame, struct expr *e, int node, int exit);
struct leaf *leaf_at(struct frame *frame, struct expr *e, int node, struct expr *choice, bool taken);
const struct term *failure_term(struct cause *const *list, int n);
const struct term *both_failures(const struct term *a, const struct term *b);
/* A function in the context of this call; again for the same. NULL caller: the outermost one. */
struct frame *frame_at(struct frame *caller, struct definition *def, struct expr *call, int node, bool indirect);

/* ---------------------------------------------------------------- origin.c */

/* Is the function one of those that are entered already, FR's own among them? */
bool on_the_way(const struct frame *fr, const struct definition *def);

/* ----------------------------------------------------------------- state.c */

/* Signs that a value can have: of a pointer an error pointer, NULL, an address; a condition is true, or ZERO. */
enum { NEGATIVE = 1, ZERO = 2, POSITIVE = 4, ANY_SIGN = 7, TRUE = NEGATIVE | POSITIVE };

struct binding_of {
	const struct term *place, *value;
};

struct fact {
	const struct term *term;
	unsigned signs;
};

/* A message that was printed, or what a branch has tested (kept for its last turn alone). */
struct mark {
	struct frame *frame;
	int node;
	struct expr *e;			/* of a message: the call */
	const struct term *tested;	/* of a branch */
	const struct term *guard;	/* of a message: the condition that was decided last */
	const struct causes *held;	/* of a message: the errnos that its function's variables held; NULL for none */
};

/* A call that failed, and whose failure has not been handed on yet. */
struct lost {
	struct frame *frame;
	int node;
	struct expr *call;
	const struct term *value;	/* what it returned: a FAILURE, a RESULT, NULL */
	bool looked;			/* somebody has tested it */
	bool stored;			/* in a variable */
};

/* A way out of a branch since which nothing was done. */
struct way_out {
	struct frame *frame;
	int node, edge;			/* edge -1: CHOICE decided, within the node */
	struct expr *choice;
	bool taken;
	const struct term *tested;	/* the value that decided last */
};

/* What is known at one point of one way, or of several that agree on all errnos. */
struct state {
	struct binding_of *store;
	struct fact *facts;
	struct mark *marks;
	struct lost *lost;
	struct way_out *since;
	int n_store, cap_store, n_facts, cap_facts, n_marks, cap_marks, n_lost, cap_lost, n_since, cap_since;
	const struct term *guard;	/* the condition that was decided last */
	bool bound;			/* on every way here the domain was stored: decisions come after the attach */
};

void *scratch(size_t size);		/* zeroed; until the walk ends */
void free_scratch(void);
size_t scratch_used(void);	/* bytes */

struct state *copy_state(const struct state *s);
/* The local variable that a place is, or is part of; NULL where it is reached through a pointer. */
const struct term *local_of(const struct term *place);
const struct term *read_place(const struct state *s, const struct term *place);
/* AT names what the place holds where nobody knows: by frame and node */
void write_place(struct state *s, const struct term *place, const struct term *value, struct frame *frame, int node);
/* A term that names the value of a place, or of a call, means another value from now on. */
void renew(struct state *s, const struct term *t);
/* This place, or with NULL none, keeps what it holds, whatever is forgotten. */
void never_written(const struct term *place);
/* Another thread, or another subsystem, may have written to everything that is no local. */
void forget_all(struct state *s, struct frame *frame, int node);
/* This member of whatever structure; "*" and "[]" for what pointers and arrays hold. */
void forget_member(struct state *s, const char *member, struct frame *frame, int node);
/* This variable outside functions. */
void forget_global(struct state *s, const char *name, struct frame *frame, int node);
/* Whatever can be reached from this address. */
void forget_behind(struct state *s, const struct term *address, struct frame *frame, int node);
unsigned signs_of(const struct state *s, const struct term *t);
/* False where that contradicts what is known: no such way exists. */
bool learn(struct state *s, const struct term *t, unsigned signs);
/* Is LEFT known to be another constant than RIGHT? */
bool known_other(const struct state *s, const struct term *left, const struct term *right);
void add_mark(struct state *s, struct mark m);
void add_lost(struct state *s, struct lost l);
/* False where there are too many. */
bool add_way_out(struct state *s, struct way_out w);
/* The variable that holds exactly this failure now holds only a part of it. */
void narrow(struct state *s, const struct term *from, const struct term *to);
/* Locals of this frame are gone; so are marks of its branches. */
void drop_frame(struct state *s, const struct frame *frame);
/* Those of its locals that nobody reads behind NODE are gone. */
void drop_dead(struct state *s, const struct frame *frame, int node);
/* May A and B become one state? They agree on every errno, and on what helpers have answered. */
bool same_errnos(const struct state *a, const struct state *b);
/* On the errnos alone: what helpers have answered otherwise is forgotten, where states are too many. */
bool same_failures(const struct state *a, const struct state *b);
/* What both know, named by frame and node where they differ; adds to A. Has A changed? */
bool join_into(struct state *a, const struct state *b, struct frame *frame, int node);
/* Do A and B know the same of all that a function with these effects and arguments can ask for? */
bool same_for(const struct state *a, const struct state *b, const struct effects *effects,
	      const struct term *const *args, int n_args);
/* What has changed between FROM and TO, done to S as well. Yields whether something was done that is no look. */
void replay(struct state *s, const struct state *from, const struct state *to);

/* --------------------------------------------------------------- effects.c */

/* What calling a function may change, itself or by what it calls. */
struct effects {
	const char **written;		/* members; "*" and "[]" for what pointers and arrays hold */
	int n_written, cap_written;
	const char **globals;		/* variables outside functions that are written to */
	int n_globals, cap_globals;
	const char **read;		/* members */
	int n_read, cap_read;
	bool locks;
	bool hands_out_errno;		/* other than by its return */
};

const struct effects *effects_of(struct definition *def);
bool reads(const struct effects *effects, const char *member);

/* -------------------------------------------------------------- evaluate.c */

/* Was this branch, or a choice within the node, left in more than one way, in whatever state? */
bool was_open(const struct frame *fr, int node, bool choice);

/* What led to a value: what its nearest guards tested, what was printed on the way. */
struct reasons {
	const struct term **tested;
	int n_tested, cap_tested;
	struct mark *messages;
	int n_messages, cap_messages;
};

/* Of one call of a helper: what was printed while its failure was looked at. */
struct logged {
	struct frame *frame;
	struct expr *call;
	int node;
	struct mark message;
	const struct causes *causes;	/* that can have been it */
};

/* A value that may be an errno for all that is known, where it was returned first. */
struct open_end {
	const struct term *value;
	struct frame *frame;
	int node;
};

/* Why not every way was walked. */
struct gap {
	const char *why;
	struct frame *frame;		/* where; NULL for nowhere in particular */
	int node;
};

/* Done on a way of a callback that only tests: what is seen when it has returned, or costs something. */
struct change {
	struct frame *frame;
	struct expr *e;			/* the place that is written, or the call */
	int node;
	const char *what;		/* "writes", "allocates", "hardware" */
};

struct outcome_of_walk {
	const struct causes *arrived;	/* at the callback's return */
	struct open_end *open;		/* likewise */
	int n_open, cap_open;
	struct lost *lost;
	int n_lost, cap_lost;
	struct way_out *successes;	/* that decided that nothing is done */
	int n_successes, cap_successes;
	struct logged *logged;
	int n_logged, cap_logged;
	struct change *changes;		/* of an operation that tests for another one */
	int n_changes, cap_changes;
	struct definition **entered;
	int n_entered, cap_entered;
	struct gap *gaps;
	int n_gaps, cap_gaps;
};

/* Is it a parameter or a variable of F? */
bool own_variable(const struct function *f, const char *name);

/* callee(), and of guard(mutex)(&lock) the guard */
const char *name_called(const struct expr *call);

/* One of both, by where states meet; of too many, some, which is a gap. */
const struct term *either_failure(const struct term *a, const struct term *b);

/*
 * walk_callback - walks one callback, or whatever function, from its entry along every way
 * FIXED: IDENTITY, BLOCKED where it serves one static domain, or "". Marks what was open in the frames.
 */
struct outcome_of_walk walk_callback(struct frame *callback, const char *fixed);

/* ----------------------------------------------------------------- sites.c */

/* How a cause gets to its function's return, and where its site is. */
struct arrival arrival_of(const struct cause *c);
/* The calls from the outermost function down to LINE in this one: [{"function", "file", "line"}] */
json_t *path_json(const struct frame *fr, int line);

#endif
