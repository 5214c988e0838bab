// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fates: in, a call in a function's control-flow graph and an errno that it
 * returns; out, what can become of that errno there: returned, replaced, lost,
 * or answered by another domain.
 *
 * The call's result is assumed to be that errno, and every way through the graph
 * that does not contradict it is taken. What is tested but not known leaves both
 * ways open.
 */
#include "program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STATES 5000		/* of one call and errno in one function */
#define MAX_KNOWN 12		/* variables whose value is known at a time */

static const char OTHER[] = "other";

static json_t *points;			/* entries.json's */
static const char *soft;		/* errno that the contract calls a misfit */

void load_points(const json_t *entries)
{
	points = json_object_get(entries, "entry_points");
	soft = str(entries, "soft");
}

/* --------------------------------------------------------------- the calls */

const json_t *point_named(const char *name)
{
	json_t *p;
	size_t i;

	json_array_foreach(points, i, p)
		if (name && !strcmp(str(p, "name"), name))
			return p;
	return NULL;
}

struct search {
	bool (*wanted)(const struct expr *call, const void *what);
	const void *what;
	struct calls found;
};

static void look(struct expr *e, void *data)
{
	struct search *s = data;

	if (e->kind == E_CALL && s->wanted(e, s->what))
		push(s->found.list, s->found.n, s->found.cap) = e;
}

struct calls calls_where(struct expr *e, bool (*wanted)(const struct expr *call, const void *what),
			 const void *what)
{
	struct search s = { .wanted = wanted, .what = what };

	if (e)
		walk_expr(e, look, &s);
	return s.found;
}

static bool calls_point(const struct expr *call, const void *what)
{
	(void)what;
	return bare(call->kid[0])->kind == E_NAME && point_named(callee(call));
}

static bool calls_name(const struct expr *call, const void *what)
{
	struct expr *fn = bare(call->kid[0]);

	if (fn->kind == E_UNARY && !strcmp(fn->text, "*"))
		fn = bare(fn->kid[0]);
	return fn->kind == E_NAME && !strcmp(fn->text, what);
}

struct expr *unaddressed(struct expr *e)
{
	e = bare(e);
	return e->kind == E_UNARY && !strcmp(e->text, "&") ? bare(e->kid[0]) : e;
}

static bool hands_on(const struct expr *call, const void *what)
{
	for (int i = 1; i < call->n_kids; i++) {
		const struct expr *a = unaddressed(call->kid[i]);

		if (a->kind == E_NAME && !strcmp(a->text, what))
			return true;
	}
	return false;
}

struct calls calls_of(struct expr *e, const char *name)
{
	return calls_where(e, calls_name, name);
}

struct calls calls_given(struct expr *e, const char *name)
{
	return calls_where(e, hands_on, name);
}

/* ------------------------------------------------------------------ values */

enum value_kind {
	UNKNOWN,
	RESULT,		/* the errno that is followed, as such or as an error pointer */
	DERIVED,	/* made of it, nobody knows what: xlate(result) */
	SUMMED,		/* result | x: negative, nobody knows which */
	ERRNO,		/* another one, by name */
	ZERO,
	NUMBER,
	NOTHING,	/* NULL */
	CONSTANT,	/* true, false, DMA_MAPPING_ERROR: by name */
};

struct value {
	enum value_kind kind;
	const char *text;
};

struct known {
	struct expr *variable;
	struct value value;
};

/* What is known at one point of one way. */
struct state {
	int node;
	struct known known[MAX_KNOWN];
	int n_known;
	bool first;		/* the call has just returned: its expression is the result */
	bool logged, looked;	/* a message was printed; the result was tested or returned */
	bool moved; /* what the domain is found by was set: it is another one */
	bool out_of_sight; /* where it is kept has no name any longer, or none that is known here */
};

/* -------------------------------------------------------------- evaluation */

static bool contains(struct expr *e, const struct expr *what)
{
	if (e == what)
		return true;
	for (int i = 0; e && i < e->n_kids; i++)
		if (e->kid[i] && contains(e->kid[i], what))
			return true;
	return false;
}

static bool constant_name(const char *s)
{
	for (; *s; s++)
		if (islower((unsigned char)*s))
			return false;
	return true;
}

/* !a, a && b, a || b, a == b ...: what decide() takes apart itself */
static bool is_condition(const struct expr *e)
{
	if (e->kind == E_UNARY)
		return !strcmp(e->text, "!");
	return e->kind == E_BINARY &&
	       (!strcmp(e->text, "&&") || !strcmp(e->text, "||") || compares(e->text));
}

static int decide(const struct level *l, struct state *s, struct expr *c, const char *name);

/* Does a call come to the same call of an entry point once more, and with what? */
enum again { NOT_AGAIN, SAME_DOMAIN, ANOTHER_DOMAIN, NOT_KNOWN };

static const struct value *known_value(const struct level *l, const struct state *s, struct expr *e)
{
	e = normal(l->f, e);
	for (int i = 0; i < s->n_known; i++)
		if (equal(s->known[i].variable, e))
			return &s->known[i].value;
	return NULL;
}

static bool of_result(const struct value *v)
{
	return v->kind == RESULT || v->kind == DERIVED || v->kind == SUMMED;
}

/* Does some part of it hold what is made of the result? */
static bool part_depends(const struct level *l, const struct state *s, struct expr *e)
{
	e = normal(l->f, e);
	for (int i = 0; i < s->n_known; i++)
		if (of_result(&s->known[i].value) && place_known_as(s->known[i].variable, e, e))
			return true;
	return false;
}

/* Is it a pointer by which something was read or written? Then it is no NULL. */
static bool was_followed(const struct level *l, const struct state *s, struct expr *e)
{
	e = normal(l->f, e);
	for (int i = 0; i < s->n_known; i++)
		if (s->known[i].variable->kind == E_MEMBER && found_by(s->known[i].variable, e))
			return e->kind == E_NAME || e->kind == E_MEMBER;
	return false;
}

/* Is it made of the result, or of the errno that took its place? */
static bool depends(const struct level *l, const struct state *s, struct expr *e)
{
	const struct value *v;

	e = bare(e);
	if (e == l->call)
		return s->first && !l->n_at;
	v = known_value(l, s, e);
	if (v)
		return v->kind == RESULT || v->kind == DERIVED || v->kind == SUMMED ||
		       v->kind == ERRNO;
	for (int i = e->kind == E_CALL; i < e->n_kids; i++)
		if (e->kid[i] && depends(l, s, e->kid[i]))
			return true;
	return false;
}

static bool negative(const struct value *v)
{
	return v->kind == RESULT || v->kind == ERRNO || v->kind == SUMMED;
}

static struct value united(const struct level *l, struct state *s, struct expr *e,
			   const char *name);
static const struct fate *fate_below(const struct level *l, const char *name);
static enum again calls_again(const struct level *l, const struct state *s, struct expr *call);

/* 0, 0x0, 0UL */
static bool is_zero(const char *number)
{
	char *end;

	return !strtoull(number, &end, 0) && end != number && !end[strspn(end, "uUlL")];
}

static struct value evaluate(const struct level *l, struct state *s, struct expr *e,
			     const char *name)
{
	const struct value *known;
	int yes;

	e = bare(e);
	if (e == l->call && s->first && l->n_at)
		return fate_below(l, name)->with ? *fate_below(l, name)->with :
						   (struct value){ UNKNOWN, NULL };
	if (e == l->call)
		return (struct value){ s->first ? RESULT : UNKNOWN, NULL };
	known = known_value(l, s, e);
	if (known)
		return *known;
	switch (e->kind) {
	case E_ERRNO:
		return (struct value){ ERRNO, e->text };
	case E_NUMBER:
		return (struct value){ is_zero(e->text) ? ZERO : NUMBER, e->text };
	case E_NAME:
		if (!strcmp(e->text, "NULL"))
			return (struct value){ NOTHING, "NULL" };
		if (constant_name(e->text) || !strcmp(e->text, "true") || !strcmp(e->text, "false"))
			return (struct value){ CONSTANT, e->text };
		break;
	case E_ASSIGN:
		return evaluate(l, s, e->kid[1], name);
	case E_CALL:
		if (e->n_kids >= 2 && callee(e) &&
		    (api("carrier", callee(e)) || api("warn", callee(e)))) {
			s->logged |= api("warn", callee(e)) && decide(l, s, e->kid[1], name) == 1;
			return evaluate(l, s, e->kid[1], name);
		}
		if (e->n_kids >= 3 && callee(e) && api("message_carrier", callee(e))) {
			s->logged = true;
			return evaluate(l, s, e->kid[2], name);
		}
		switch (calls_again(l, s, e)) {
		case SAME_DOMAIN:
			return (struct value){ RESULT, NULL };
		case NOT_KNOWN:
			return (struct value){ DERIVED, NULL };
		default:
			break;
		}
		break;
	case E_TERNARY:
		yes = decide(l, s, e->kid[0], name);
		if (yes >= 0)
			return evaluate(l, s, yes ? e->kid[1] ? e->kid[1] : e->kid[0] : e->kid[2],
					name);
		break;
	case E_BINARY:
		if (!strcmp(e->text, ","))
			return evaluate(l, s, e->kid[1], name);
		if (!strcmp(e->text, "|"))
			return united(l, s, e, name);
		/* fall through */
	case E_UNARY:
		yes = is_condition(e) ? decide(l, s, e, name) : -1;
		if (yes >= 0)
			return (struct value){ yes ? NUMBER : ZERO, "1" };
		break;
	default:
		break;
	}
	if (was_followed(l, s, e))
		return (struct value){ NUMBER, "1" };
	return (struct value){ depends(l, s, e) ? DERIVED : UNKNOWN, NULL };
}

/* a | b, a |= b */
static struct value united(const struct level *l, struct state *s, struct expr *e, const char *name)
{
	struct value a = evaluate(l, s, e->kid[0], name), b = evaluate(l, s, e->kid[1], name);

	if (a.kind == ZERO || b.kind == ZERO)
		return a.kind == ZERO ? b : a;
	if (negative(&a) || negative(&b))
		return (struct value){ SUMMED, NULL };
	return (struct value){ depends(l, s, e) ? DERIVED : UNKNOWN, NULL };
}

/* -1 where it cannot be told */
static int compare(const char *op, struct value a, struct value b, const char *name)
{
	bool not_equal = !strcmp(op, "!=");

	if (!negative(&a) && negative(&b)) {
		struct value c = a;

		a = b;
		b = c;
		op = *op == '<' ? format(">%s", op + 1) : *op == '>' ? format("<%s", op + 1) : op;
	}
	if (!negative(&a)) {
		bool zero_a = a.kind == ZERO || a.kind == NOTHING,
		     zero_b = b.kind == ZERO || b.kind == NOTHING;

		if (zero_a && zero_b)
			return !strcmp(op, "==") || !strcmp(op, "<=") || !strcmp(op, ">=");
		return -1;
	}
	if (b.kind == ZERO || b.kind == NOTHING || b.kind == NUMBER)
		return not_equal || *op == '<';
	if (a.kind == SUMMED || b.kind == SUMMED)
		return -1;
	if (negative(&b) && (not_equal || !strcmp(op, "=="))) {
		const char *x = a.kind == RESULT ? name : a.text,
			   *y = b.kind == RESULT ? name : b.text;

		return !strcmp(x, y) != not_equal;
	}
	return -1;
}

/* Is C true, the result being errno NAME? 1, 0, or -1 where it cannot be told. */
static int decide(const struct level *l, struct state *s, struct expr *c, const char *name)
{
	struct value v;

	c = bare(c);
	if (c->kind == E_UNARY && !strcmp(c->text, "!")) {
		int o = decide(l, s, c->kid[0], name);

		return o < 0 ? o : !o;
	}
	if (c->kind == E_BINARY && (!strcmp(c->text, "&&") || !strcmp(c->text, "||"))) {
		int decides = !strcmp(c->text, "||"), a, b;

		/* the call was made, so what stands before it let it through */
		if (s->first && contains(c->kid[1], l->call))
			return decide(l, s, c->kid[1], name);
		a = decide(l, s, c->kid[0], name);
		b = decide(l, s, c->kid[1], name);
		if (a == decides || b == decides)
			return decides;
		return a < 0 || b < 0 ? -1 : !decides;
	}
	if (c->kind == E_BINARY && is_condition(c)) {
		struct value a = evaluate(l, s, c->kid[0], name),
			     b = evaluate(l, s, c->kid[1], name);

		s->looked |= of_result(&a) || of_result(&b);
		if (a.kind == UNKNOWN || b.kind == UNKNOWN || a.kind == DERIVED ||
		    b.kind == DERIVED)
			return -1;
		return compare(c->text, a, b, name);
	}
	if (c->kind == E_CALL && c->n_kids >= 2 && callee(c) && api("error_test", callee(c))) {
		v = evaluate(l, s, c->kid[1], name);
		s->looked |= of_result(&v);
		if (negative(&v))
			return 1;
		if (v.kind == NUMBER)
			return 0;
		return v.kind == UNKNOWN || v.kind == DERIVED ? -1 : strstr(callee(c), "NULL") != NULL;
	}
	v = evaluate(l, s, c, name);
	s->looked |= of_result(&v);
	switch (v.kind) {
	case RESULT:
	case SUMMED:
	case ERRNO:
	case NUMBER:
		return 1;
	case ZERO:
	case NOTHING:
		return 0;
	case CONSTANT:
		return !strcmp(v.text, "true") ? 1 : !strcmp(v.text, "false") ? 0 : -1;
	default:
		return -1;
	}
}

/* ------------------------------------------------------------- the domain */

static const char *base_name(struct expr *e)
{
	e = bare(e);
	while (e->kind == E_MEMBER || e->kind == E_INDEX || (e->kind == E_UNARY && e->n_kids)) {
		if (!e->n_kids)
			return NULL;
		e = bare(e->kid[0]);
	}
	return e->kind == E_NAME ? e->text : NULL;
}

struct first_name {
	const struct definition *def;
	int index;
};

static void note_parameter(struct expr *e, void *data)
{
	struct first_name *n = data;

	if (e->kind == E_NAME && n->index < 0)
		n->index = parameter_index(n->def, e->text);
}

int domain_parameter(const struct level *l)
{
	const char *name = l->domain ? base_name(l->domain) : NULL;
	int index = name ? parameter_index(l->f->def, name) : -1;
	struct first_name n = { l->f->def, -1 };

	for (int i = 0; name && index < 0 && n.index < 0 && i < l->f->n_nodes; i++) {
		struct expr variable = { .kind = E_NAME, .text = name };
		struct setting s;

		if (setting_in(l->f, i, &variable, &s) && s.value && !s.by_address)
			walk_expr(s.value, note_parameter, &n);
	}
	return index < 0 ? n.index : index;
}

static bool stands_in(const struct function *f, int node, int branch)
{
	for (const struct scope *s = f->nodes[node].scope; s; s = s->outer)
		if (s->branch == branch)
			return true;
	return false;
}

/* Does NODE belong to a turn of this loop? A for loop's step leads back to its head. */
static bool turns(const struct function *f, int node, int loop)
{
	if (node == loop || stands_in(f, node, loop))
		return true;
	for (int i = 0; i < f->nodes[node].n_succ; i++)
		if (f->nodes[node].succ[i].to == loop)
			return true;
	return false;
}

/* Is it WHOLE, or what that is found by: a pointer, an index, an argument? */
static bool finds(const struct expr *whole, const struct expr *what)
{
	if (equal(whole, what))
		return true;
	for (int i = whole->kind == E_CALL; i < whole->n_kids; i++)
		if (whole->kid[i] && finds(whole->kid[i], what))
			return true;
	return false;
}

static struct definition *defined_beside(const struct level *l, const char *name)
{
	const struct source *source = l->f->def->source;

	for (int i = 0; name && i < source->n_definitions; i++)
		if (!strcmp(source->definitions[i]->name, name))
			return source->definitions[i];
	return NULL;
}

/* Does its text set a member of this name, or with NULL any? */
static bool sets_member(const struct definition *d, const char *member)
{
	for (int i = d->body + 1; i < d->body_end - 1; i++) {
		const struct token *t = &d->source->tokens[i];

		if (t->kind == T_NAME && (is(&t[-1], "->") || is(&t[-1], ".")) &&
		    (!member || is(t, member)) &&
		    (is(&t[1], "=") || is(&t[1], "++") || is(&t[1], "--") || is(&t[1], "+=")))
			return true;
	}
	return false;
}

/* Given WHAT, or its address, may the function set another domain? PLACE is where the domain is. */
static bool given_sets(const struct level *l, const struct expr *call, struct expr *place,
		       struct expr *given)
{
	struct definition *d = defined_beside(l, callee(call));
	struct expr *what = normal(l->f, given);

	if (place->kind == E_UNARY && *place->text == '&')
		return false; /* the domain itself, and no pointer to one */
	if (what->kind == E_UNARY && *what->text == '&') {
		what = bare(what->kid[0]);
		return equal(place, what) || (finds(place, what) && (!d || found_by(place, what) ||
								     sets_member(d, place->text)));
	}
	return d && place->kind == E_MEMBER && !equal(place, what) && finds(place, what) &&
	       sets_member(d, place->text);
}

struct change {
	const struct level *l;
	struct expr *domain;
	bool found;
};

static void note_change(struct expr *e, void *data)
{
	struct change *c = data;
	bool steps = e->kind == E_UNARY &&
		     (!strncmp(e->text, "++", 2) || !strncmp(e->text, "--", 2));

	if ((steps || e->kind == E_ASSIGN) && e->n_kids)
		c->found |= finds(c->domain, normal(c->l->f, e->kid[0]));
	for (int i = 1; e->kind == E_CALL && e != c->l->call && i < e->n_kids; i++)
		c->found |= given_sets(c->l, e, c->domain, e->kid[i]);
}

/* Where the domain is, in the form in which places are compared. */
static struct expr *domain_place(const struct level *l)
{
	struct expr *e = bare(l->domain);

	return normal(l->f, e->kind == E_ASSIGN ? e->kid[0] : e);
}

/* The variable that an iterator sets, where the domain is found by it. */
static bool iterates(const struct level *l, int node, const struct expr *domain)
{
	const struct node *n = &l->f->nodes[node];
	struct setting s;

	for (int i = 1; n->iterator && n->e && i < n->e->n_kids; i++) {
		struct expr *e = bare(n->e->kid[i]);

		if (e->kind == E_NAME && finds(domain, e) &&
		    parameter_index(l->f->def, e->text) < 0 &&
		    (i == 1 || setting_in(l->f, node, e, &s)))
			return true;
	}
	return false;
}

/* Is what the domain is found by set in this node? */
static bool moves_domain(const struct level *l, int node)
{
	const struct node *n = &l->f->nodes[node];
	struct change c = { .l = l, .domain = l->domain ? domain_place(l) : NULL };
	struct expr variable = { .kind = E_NAME, .text = n->name };

	if (!c.domain || !n->e)
		return false;
	if (n->iterator)
		return iterates(l, node, c.domain);
	walk_expr(n->e, note_change, &c);
	return c.found || (n->kind == N_DECLARATION && finds(c.domain, &variable));
}

static bool holds(const struct expr *e, const struct expr *part)
{
	bool found = equal(e, part);

	for (int i = 0; i < e->n_kids && !found; i++)
		found = e->kid[i] && holds(e->kid[i], part);
	return found;
}

/* 1, 0: is E true where the call has succeeded, and RESULT is what it is stored in? -1 where that does not tell */
static int after_success(const struct level *l, struct expr *e, const struct expr *result)
{
	e = bare(e);
	if (e == l->call || (result && equal(e, result)) || null_or_zero(e))
		return 0;
	if (e->kind == E_CALL && e->n_kids == 2 && callee(e) && (api("error_test", callee(e)) || api("carrier", callee(e))))
		return after_success(l, e->kid[1], result);
	if (e->kind == E_ASSIGN && !strcmp(e->text, "="))
		return after_success(l, e->kid[1], result);
	if (e->kind == E_UNARY && !strcmp(e->text, "!")) {
		int inner = after_success(l, e->kid[0], result);

		return inner < 0 ? -1 : !inner;
	}
	if (e->kind == E_BINARY && (!strcmp(e->text, "&&") || !strcmp(e->text, "||"))) {
		int a = after_success(l, e->kid[0], result), b = after_success(l, e->kid[1], result);
		int decides = !strcmp(e->text, "||");

		return a == decides || b == decides ? decides : a < 0 || b < 0 ? -1 : !decides;
	}
	if (e->kind == E_BINARY && !after_success(l, e->kid[0], result)) {
		bool zero = null_or_zero(bare(e->kid[1])), errno_named = bare(e->kid[1])->kind == E_ERRNO;

		if (!strcmp(e->text, "==") || !strcmp(e->text, "<="))
			return zero ? 1 : errno_named ? 0 : -1;
		if (!strcmp(e->text, "!=") || !strcmp(e->text, "<"))
			return zero ? 0 : errno_named && *e->text == '!' ? 1 : -1;
		return !strcmp(e->text, ">=") && zero ? 1 : -1;
	}
	return -1;
}

/* Does a way lead from a success back to the call? What is attached to every domain there is searches for none. */
static bool goes_on_after_success(const struct level *l)
{
	const struct node *at = &l->f->nodes[l->node];
	struct expr *e = at->e ? bare(at->e) : NULL, named = { .kind = E_NAME, .text = at->name };
	const struct expr *result = at->kind == N_DECLARATION ? &named :
				    e && e->kind == E_ASSIGN && contains(e->kid[1], l->call) ? bare(e->kid[0]) : NULL;
	bool *seen = alloc(l->f->n_nodes), again = false;
	int *todo = alloc((l->f->n_nodes + 1) * sizeof(*todo)), n = 0;

	todo[n++] = l->node;
	while (n && !again) {
		const struct node *from = &l->f->nodes[todo[--n]];
		bool asks = from->kind == N_BRANCH && from->e && !from->iterator;
		int yes = asks && !from->dispatch ? after_success(l, from->e, result) : -1;

		if (yes < 0 && asks && !from->dispatch && (contains(from->e, l->call) || (result && holds(from->e, result))))
			break;		/* in words that are not understood */
		for (int i = 0; i < from->n_succ; i++) {
			const struct edge *edge = &from->succ[i];

			if ((yes == 1 && edge->sense == IF_FALSE) || (!yes && edge->sense == IF_TRUE) ||
			    (from->dispatch && from->e && !after_success(l, from->e, result) && edge->label &&
			     bare(edge->label)->kind == E_ERRNO))
				continue;
			again |= edge->to == l->node;
			if (!seen[edge->to])
				todo[n++] = edge->to;
			seen[edge->to] = true;
		}
	}
	free(seen);
	free(todo);
	return again;
}

/* Does another turn of this loop attach another domain? */
static bool another_domain(const struct level *l, int loop)
{
	if (!l->domain || l->in_core || (l->node != loop && !stands_in(l->f, l->node, loop)))
		return false;
	for (int i = 0; i < l->f->n_nodes; i++)
		if (turns(l->f, i, loop) && moves_domain(l, i))
			return true;
	return false;
}

/* The domain comes from a call that is made anew each time: is it another one? */
static enum again asked_again(const struct level *l)
{
	struct expr *e = l->domain ? bare(l->domain) : NULL;
	const struct definition *d;

	if (!e || l->in_core || e->kind != E_CALL)
		return SAME_DOMAIN;
	d = defined_beside(l, callee(e));
	return !d ? NOT_KNOWN : sets_member(d, NULL) ? ANOTHER_DOMAIN : SAME_DOMAIN;
}

/* Does the function call itself, or one beside it that calls it? */
static enum again calls_again(const struct level *l, const struct state *s, struct expr *call)
{
	const struct definition *self = l->f->def, *d = defined_beside(l, callee(call));
	struct expr *domain, *then, whole = { .kind = E_NAME };
	int from = domain_parameter(l);

	if (!l->domain || l->in_core || call == l->call)
		return NOT_AGAIN;
	if (s->looked && equal(call, l->call))
		return s->moved ? ANOTHER_DOMAIN : SAME_DOMAIN;
	if (!d)
		return NOT_AGAIN;
	if (strcmp(d->name, self->name)) {
		for (int i = d->body; i < d->body_end; i++)
			if (is(&d->source->tokens[i], self->name) &&
			    is(&d->source->tokens[i + 1], "("))
				return NOT_KNOWN;
		return NOT_AGAIN;
	}
	if (s->moved)
		return ANOTHER_DOMAIN;
	domain = domain_place(l);
	then = seen_by_caller(l->f, domain, call);
	if (then)
		return equal(normal(l->f, then), domain) ? SAME_DOMAIN : ANOTHER_DOMAIN;
	if (from < 0 || from + 1 >= call->n_kids)
		return NOT_KNOWN;
	whole.text = self->params[from].name;
	return equal(normal(l->f, call->kid[from + 1]), &whole) ? NOT_KNOWN : ANOTHER_DOMAIN;
}

/* ------------------------------------------------------------ a way through */

static void set_known(struct state *s, struct expr *variable, struct value v)
{
	int i = 0;

	while (i < s->n_known && !equal(s->known[i].variable, variable))
		i++;
	if (v.kind == UNKNOWN) {
		if (i < s->n_known)
			s->known[i] = s->known[--s->n_known];
	} else if (i < MAX_KNOWN) {
		s->known[i] = (struct known){ variable, v };
		s->n_known += i == s->n_known;
	}
}

struct storing {
	const struct level *l;
	struct state *s;
	const char *name;
};

/* What E holds is another value now. */
static struct value spoilt(const struct level *l, const struct state *s, struct expr *e)
{
	return (struct value){ depends(l, s, e) || part_depends(l, s, e) ? DERIVED : UNKNOWN,
			       NULL };
}

/* Whatever belongs to TO, or is found by it, is another place now, or holds something else. */
static void forget_parts(struct state *s, struct expr *to)
{
	for (int i = s->n_known - 1; i >= 0; i--) {
		const struct known *k = &s->known[i];
		bool elsewhere = found_by(k->variable, to);

		if (!elsewhere && !place_known_as(k->variable, to, to))
			continue;
		s->out_of_sight |= elsewhere && of_result(&k->value) && !s->looked;
		s->known[i] = s->known[--s->n_known];
	}
}

static void assign(const struct level *l, struct state *s, struct expr *to, struct expr *from,
		   struct value v, const char *name);

/* to = { .a = b, .. } */
static void assign_members(const struct level *l, struct state *s, struct expr *to,
			   struct expr *list, struct value whole, const char *name)
{
	bool all_named = true;

	for (int i = 0; i < list->n_kids; i++)
		all_named &= list->kid[i]->kind == E_ASSIGN &&
			     list->kid[i]->kid[0]->kind == E_MEMBER &&
			     !list->kid[i]->kid[0]->n_kids;
	forget_parts(s, to);
	set_known(s, to, all_named ? (struct value){ UNKNOWN, NULL } : whole);
	for (int i = 0; all_named && i < list->n_kids; i++) {
		struct expr *e = list->kid[i]->kid[1];

		assign(l, s, member_place(to, list->kid[i]->kid[0]->text), e,
		       evaluate(l, s, e, name), name);
	}
}

/* TO holds V now, which FROM is (NULL where that is no copy); a structure brings its members. */
static void assign(const struct level *l, struct state *s, struct expr *to, struct expr *from,
		   struct value v, const char *name)
{
	struct known copied[MAX_KNOWN];
	int n = 0;

	to = normal(l->f, to);
	from = from ? bare(from) : NULL;
	if (from && from->kind == E_LIST) {
		assign_members(l, s, to, from, v, name);
		return;
	}
	from = from ? normal(l->f, from) : NULL;
	for (int i = 0; from && !equal(from, to) && i < s->n_known; i++) {
		struct expr *part = place_known_as(s->known[i].variable, from, to);

		if (part)
			copied[n++] = (struct known){ normal(l->f, part), s->known[i].value };
	}
	forget_parts(s, to);
	set_known(s, to, v);
	while (n--)
		set_known(s, copied[n].variable, copied[n].value);
}

/* Is it handed to a function of which nothing is known, as set_result(x, result), and no message? */
static bool handed_on(const struct level *l, struct state *s, struct expr *call, const char *name)
{
	const char *to = callee(call);
	bool given = false;

	if (!to || call == l->call || api("carrier", to) || api("error_test", to) ||
	    api("warn", to) || api("message_carrier", to))
		return false;
	for (int i = 1; i < call->n_kids; i++) {
		if (bare(call->kid[i])->kind == E_STRING)
			return false;
		given |= evaluate(l, s, call->kid[i], name).kind == RESULT;
	}
	return given;
}

/* x = result; x++; f(&x) */
static void store(struct expr *e, void *data)
{
	struct storing *st = data;
	const struct level *l = st->l;
	struct state *s = st->s;

	if (e->kind == E_ASSIGN && e->n_kids == 2 &&
	    (e->kid[0]->n_kids || e->kid[0]->kind == E_NAME)) {
		bool plain = !strcmp(e->text, "=");

		assign(l, s, e->kid[0], plain ? e->kid[1] : NULL,
		       plain		      ? evaluate(l, s, e->kid[1], st->name) :
		       !strcmp(e->text, "|=") ? united(l, s, e, st->name) :
						spoilt(l, s, e),
		       st->name);
	}
	if (e->kind == E_UNARY && e->n_kids &&
	    (!strncmp(e->text, "++", 2) || !strncmp(e->text, "--", 2)))
		assign(l, s, e->kid[0], NULL, spoilt(l, s, e->kid[0]), st->name);
	for (int i = 1; e->kind == E_CALL && (e != l->call || !s->first) && i < e->n_kids; i++) {
		struct expr *a = normal(l->f, e->kid[i]);

		if (a->kind == E_UNARY && !strcmp(a->text, "&"))
			assign(l, s, a->kid[0], NULL, spoilt(l, s, a->kid[0]), st->name);
	}
	s->out_of_sight |= e->kind == E_CALL && handed_on(l, s, e, st->name);
}

static void enter_node(const struct level *l, struct state *s, const char *name)
{
	struct node *n = &l->f->nodes[s->node];
	struct storing st = { l, s, name };
	const char *level = "";

	s->moved |= moves_domain(l, s->node);
	if (message_in(n, &level) && (!strcmp(level, "error") || !strcmp(level, "warning")))
		s->logged = true;
	if (!n->e)
		return;
	for (int i = 1; n->iterator && i < n->e->n_kids; i++) {
		struct setting set;
		struct expr *e = bare(n->e->kid[i]);

		if (e->kind == E_NAME && setting_in(l->f, s->node, e, &set))
			forget_parts(s, e);
	}
	walk_expr(n->e, store, &st);
	if (n->kind == N_DECLARATION) {
		struct expr *variable = alloc(sizeof(*variable));

		*variable = (struct expr){ .kind = E_NAME, .text = n->name };
		if (normal(l->f, variable) == variable) /* else it is no place of its own */
			assign(l, s, variable, n->e, evaluate(l, s, n->e, name), name);
	}
	if (n->kind == N_PLAIN && n->e->kind == E_CALL && n->e != l->call)
		evaluate(l, s, n->e, name);	/* WARN_ON(result) */
}

static struct fate *fate_of(struct level *l, const char *name)
{
	for (int i = 0; i < l->errnos.n; i++)
		if (!strcmp(l->errnos.list[i].name, name))
			return &l->errnos.list[i];
	return NULL;
}

static void note(struct level *l, const struct state *s, const char *name, unsigned what,
		 const char *as)
{
	struct fate *f = fate_of(l, name);

	f->what |= what;
	if (s->logged)
		f->logged |= what;
	if (as && !f->as)
		f->as = as;
	l->looked |= s->looked || what == LOST_TRACK || what == KEPT;
}

static void lose_track(struct level *l, const struct state *s, const char *name, const char *why)
{
	note(l, s, name, LOST_TRACK, NULL);
	if (!l->lost)
		l->lost = why;
}

/* What a bool function returns. */
static struct value as_truth(struct value v)
{
	if (v.kind == ZERO || v.kind == NOTHING)
		return (struct value){ CONSTANT, "false" };
	if (negative(&v) || v.kind == NUMBER)
		return (struct value){ CONSTANT, "true" };
	return v;
}

/* What a function that returns a pointer returns: ERR_PTR(0) is NULL. */
static struct value as_pointer(struct value v)
{
	return v.kind == ZERO ? (struct value){ NOTHING, "NULL" } : v;
}

static struct value value_returned(struct level *l, struct state *s, const char *name)
{
	struct expr *e = l->f->nodes[s->node].kind == N_RETURN ? l->f->nodes[s->node].e : NULL;
	const char *type = l->f->def->type;
	struct value v = { UNKNOWN, NULL };

	if (e)
		v = evaluate(l, s, e, name);
	s->looked |= of_result(&v);
	return !strcmp(type, "bool") ? as_truth(v) : strchr(type, '*') ? as_pointer(v) : v;
}

/* What becomes of the errno by what is returned. */
static unsigned what_returns(struct value v, const char *name)
{
	switch (v.kind) {
	case RESULT:
		return PASSED;
	case ERRNO:
		return strcmp(v.text, name) ? REPLACED : PASSED;
	case NOTHING:
	case CONSTANT:
		return REPLACED;
	case DERIVED:
	case SUMMED:
		return LOST_TRACK;
	default:
		return WENT_ON;
	}
}

static bool same_value(const struct value *a, const struct value *b)
{
	return a && a->kind == b->kind &&
	       (a->text == b->text || (a->text && b->text && !strcmp(a->text, b->text)));
}

/* The errno NAME can be read at this place when the function has returned V. */
static void keep(struct level *l, struct state *s, const char *name, struct expr *at,
		 struct expr *written, struct value v)
{
	struct fate *f = fate_of(l, name);
	bool goes_on = s->looked && strcmp(l->f->def->type, "void") && written == at &&
		       at->kind == E_MEMBER;
	unsigned what = goes_on ? what_returns(v, name) : LOST_TRACK;
	struct value *with = alloc(sizeof(*with));
	int i = 0;

	if (what == REPLACED && !f->as)
		f->as = v.kind == ERRNO ? format("-%s", v.text) : v.text;
	*with = v.kind == UNKNOWN || v.kind == ZERO || v.kind == NUMBER ||
				what_returns(v, name) == REPLACED ?
			v :
			(struct value){ UNKNOWN, NULL };
	f->with = !(f->what & KEPT) || same_value(f->with, with) ? with : NULL;
	f->unread |= what;
	note(l, s, name, KEPT, NULL);
	while (i < l->n_kept && !equal(l->kept[i], at))
		i++;
	if (i == l->n_kept)
		push(l->kept, l->n_kept, l->cap_kept) = at;
	if (!l->unread)
		l->unread = format(
			"line %d: the errno is kept in `%s`, and nobody is seen to read it there",
			l->f->nodes[l->node].line, expr_text(written));
}

/* Does it leave in some place, or in what is returned? */
static bool keeps(struct level *l, struct state *s, const char *name, struct value v)
{
	struct expr *e = l->f->nodes[s->node].kind == N_RETURN ? l->f->nodes[s->node].e : NULL;
	struct expr *made = NULL;
	bool kept = false;

	e = e ? normal(l->f, e) : NULL;
	if (e && e->kind == E_LIST) {
		struct value whole = { depends(l, s, e) ? DERIVED : UNKNOWN, NULL };

		assign_members(l, s, &what_is_returned, e, whole, name);
		e = &what_is_returned;
	}
	for (int i = 0; i < s->n_known; i++) {
		struct expr *at = s->known[i].variable,
			    *part = e ? place_known_as(at, e, &what_is_returned) : NULL;

		if (s->known[i].value.kind == RESULT && (part || outlives(l->f, at))) {
			keep(l, s, name, part ? part : at, at, v);
			kept = true;
		} else if ((part || outlives(l->f, at)) &&
			   (of_result(&s->known[i].value) ?
				    !s->looked :
				    s->known[i].value.kind == ERRNO &&
					    (part || !strcmp(l->f->def->type, "void")))) {
			made = at;
		}
	}
	if (kept || (!made && (!s->out_of_sight || s->looked)))
		return kept;
	lose_track(l, s, name,
		   made ? format("line %d: what `%s` makes of the errno is not known",
				 l->f->nodes[l->node].line, expr_text(made)) :
			  format("line %d: the errno is kept where it is not followed",
				 l->f->nodes[l->node].line));
	return true;
}

/* The function returns here. */
static void note_return(struct level *l, struct state *s, const char *name)
{
	struct value v = value_returned(l, s, name);
	unsigned what = what_returns(v, name);

	if (what != PASSED && keeps(l, s, name, v))
		return;
	if (what == LOST_TRACK) {
		lose_track(l, s, name,
			   format("line %d: what `%s` makes of the errno is not known",
				  l->f->nodes[s->node].line, expr_text(l->f->nodes[s->node].e)));
		return;
	}
	if (v.kind == ERRNO)
		s->looked |= what == PASSED;
	note(l, s, name, what,
	     v.kind == ERRNO  ? format("-%s", v.text) :
	     what == REPLACED ? v.text :
				NULL);
}

static bool attaches_another(const struct level *l, struct state *s, struct expr *e,
			     const char *name);

static bool seen_before(const struct state *s, const struct state *seen, int n)
{
	for (int i = 0; i < n; i++) {
		const struct state *o = &seen[i];
		bool same = o->node == s->node && o->n_known == s->n_known &&
			    o->first == s->first && o->logged == s->logged &&
			    o->looked == s->looked && o->moved == s->moved &&
			    o->out_of_sight == s->out_of_sight;

		for (int k = 0; same && k < s->n_known; k++)
			same = equal(o->known[k].variable, s->known[k].variable) &&
			       o->known[k].value.kind == s->known[k].value.kind &&
			       (o->known[k].value.kind != ERRNO ||
				!strcmp(o->known[k].value.text, s->known[k].value.text));
		if (same)
			return true;
	}
	return false;
}

static bool edge_open(struct level *l, struct state *s, const struct edge *e, int yes,
		      const char *name)
{
	const struct node *n = &l->f->nodes[s->node];
	struct value v;

	if (n->kind != N_BRANCH || !n->e || n->iterator)
		return true;
	if (!n->dispatch)
		return yes < 0 || (yes == 1) == (e->sense == IF_TRUE);
	v = evaluate(l, s, n->e, name);
	s->looked |= of_result(&v);
	if (!negative(&v) || v.kind == SUMMED)
		return true;
	s->looked = true;
	if (e->sense == IN_CASE)
		return e->label && bare(e->label)->kind == E_ERRNO &&
		       !strcmp(bare(e->label)->text, v.kind == RESULT ? name : v.text);
	for (int i = 0; i < n->n_succ; i++)	/* default: no case says it */
		if (n->succ[i].sense == IN_CASE && edge_open(l, s, &n->succ[i], yes, name))
			return false;
	return true;
}

/* The fate of an errno in the level below, from which it comes. */
static const struct fate *fate_below(const struct level *l, const char *name)
{
	const struct fate *f = fate_of((struct level *)l->inner, name);

	return f ? f : fate_of((struct level *)l->inner, OTHER);
}

/* Has a level below printed a message before it passed this errno on? */
static bool logged_below(const struct level *l, const char *name)
{
	const struct fate *f = l->inner ? fate_below(l, name) : NULL;

	return f && f->logged & (l->n_at ? KEPT : PASSED);
}

/* What is kept in what the call has returned is read where the call stands, or not at all. */
static void forget_call(const struct level *l, struct state *s)
{
	for (int i = s->n_known - 1; i >= 0; i--)
		if (contains(s->known[i].variable, l->call))
			s->known[i] = s->known[--s->n_known];
}

/* Every way from the call, its result being the errno NAME. */
static void follow(struct level *l, const char *name)
{
	struct state *todo = NULL, *seen = NULL;
	int n = 0, cap = 0, n_seen = 0, cap_seen = 0;

	push(todo, n, cap) = (struct state){ .node = l->node, .first = true,
					     .logged = logged_below(l, name) };
	for (int i = 0; i < l->n_at; i++)
		set_known(&todo[0], l->at[i], (struct value){ RESULT, NULL });
	while (n) {
		struct state s = todo[--n];
		struct node *at = &l->f->nodes[s.node];
		int yes = -1;

		if (seen_before(&s, seen, n_seen))
			continue;
		if (n_seen > MAX_STATES) {
			lose_track(l, &s, name,
				   format("more than %d states on the ways through %s()",
					  MAX_STATES, l->f->def->name));
			break;
		}
		push(seen, n_seen, cap_seen) = s;
		if (!s.first && s.node == l->node) {
			/* else the same once more: whatever comes of it is followed already */
			enum again again = goes_on_after_success(l) ? SAME_DOMAIN :
					   s.moved || another_domain(l, s.node) ? ANOTHER_DOMAIN :
										  asked_again(l);

			if (s.looked && !l->in_core && again == ANOTHER_DOMAIN)
				note(l, &s, name, TRIED_NEXT, NULL);
			else if (s.looked && again == NOT_KNOWN)
				lose_track(
					l, &s, name,
					format("line %d: whether `%s` is another domain each time is not known",
					       at->line, expr_text(l->domain)));
			continue;
		}
		if (at->e && attaches_another(l, &s, at->e, name) && s.looked) {
			note(l, &s, name, TRIED_NEXT, NULL);
			continue;
		}
		enter_node(l, &s, name);
		if (at->kind == N_RETURN) {
			note_return(l, &s, name);
			continue;
		}
		if (s.node == 1) {
			note_return(l, &s, name);
			continue;
		}
		if (at->kind == N_BRANCH && at->e && !at->iterator && !at->dispatch)
			yes = decide(l, &s, at->e, name);
		if (!s.first && s.looked && yes && at->kind == N_BRANCH && at->loop &&
		    another_domain(l, s.node) && !goes_on_after_success(l)) {
			note(l, &s, name, TRIED_NEXT, NULL);
			continue;
		}
		for (int i = 0; i < at->n_succ; i++) {
			struct state next = s;

			if (!edge_open(l, &s, &at->succ[i], yes, name))
				continue;
			next = s;
			next.node = at->succ[i].to;
			if (s.first && l->n_at)
				forget_call(l, &next);
			next.first = false;
			push(todo, n, cap) = next;
		}
	}
	free(todo);
	free(seen);
}

/* -------------------------------------------------------- a call, a function */

static void add_errno(struct errnos *list, const char *name)
{
	for (int i = 0; i < list->n; i++)
		if (!strcmp(list->list[i].name, name))
			return;
	if (list->n < MAX_ERRNOS)
		list->list[list->n++] = (struct fate){ .name = name };
}

static void collect_errno(struct expr *e, void *data)
{
	if (e->kind == E_BINARY && (!strcmp(e->text, "==") || !strcmp(e->text, "!=")))
		for (int i = 0; i < 2; i++)
			if (bare(e->kid[i])->kind == E_ERRNO)
				add_errno(data, bare(e->kid[i])->text);
}

/* Does this errno come out of the levels below? */
static bool comes_here(const struct level *l, const char *name)
{
	const struct fate *f = l->inner ? fate_below(l, name) : NULL;

	return !l->inner ||
	       (f && f->what & (l->n_at ? KEPT : PASSED) && comes_here(l->inner, name));
}

void follow_level(struct level *l)
{
	static const char *const always[] = {
		"EINVAL", "ENODEV", "ENOMEM", "ENOSPC", "EBUSY", OTHER
	};
	struct errnos all = { .n = 0 };

	add_errno(&all, soft);
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		add_errno(&all, always[i]);
	for (int i = 0; i < l->f->n_nodes; i++) {
		struct node *n = &l->f->nodes[i];

		if (n->e)
			walk_expr(n->e, collect_errno, &all);
		for (int k = 0; k < n->n_succ; k++)
			if (n->succ[k].label && bare(n->succ[k].label)->kind == E_ERRNO)
				add_errno(&all, bare(n->succ[k].label)->text);
	}
	for (int i = 0; i < all.n; i++)
		if (comes_here(l, all.list[i].name))
			add_errno(&l->errnos, all.list[i].name);
	for (int i = 0; i < l->errnos.n; i++)
		follow(l, l->errnos.list[i].name);
}

struct asked {
	const struct level *l;
	const struct state *s;
};

/* Is this the call of an entry point, of the same helper, or of the function itself, with another domain? */
static bool is_another(const struct expr *call, const void *data)
{
	const struct asked *asked = data;
	const struct level *l = asked->l;
	const json_t *point = l->inner ? NULL : point_named(callee(call));
	int at = point ? num(point, "domain") + 1 : -1;

	if (calls_again(l, asked->s, (struct expr *)call) == ANOTHER_DOMAIN)
		return true;
	if (!(l->inner ? calls_name(call, callee(l->call)) : calls_point(call, NULL)))
		return false;
	for (int i = 1; at < 0 && i < l->call->n_kids; i++)
		if (l->call->kid[i] == l->domain)
			at = i;
	return at > 0 && at < call->n_kids &&
	       (asked->s->moved || !equal(normal(l->f, call->kid[at]), domain_place(l)));
}

static bool attaches(const struct level *l, const struct state *s, struct expr *e)
{
	struct asked asked = { l, s };
	struct calls found = calls_where(e, is_another, &asked);

	free(found.list);
	return found.n;
}

/* Is another domain attached when this expression is evaluated, the result being the errno NAME? */
static bool attaches_another(const struct level *l, struct state *s, struct expr *e,
			     const char *name)
{
	bool ternary = e->kind == E_TERNARY, chooses, first = s->first;
	int yes;

	if (l->in_core || !l->domain || !callee(l->call) || (!first && !attaches(l, s, e)))
		return false;
	chooses = ternary || (e->kind == E_BINARY &&
			      (!strcmp(e->text, "&&") || !strcmp(e->text, "||")));
	for (int i = 0; i < e->n_kids; i++) {
		bool here = e->kid[i] && contains(e->kid[i], l->call);

		if (!e->kid[i] || (first && !here) || (chooses && i))
			continue;
		if (attaches_another(l, s, e->kid[i], name))
			return true;
	}
	if (!chooses)
		return !first && e->kind == E_CALL && is_another(e, &(struct asked){ l, s });
	for (int i = 1; i < e->n_kids; i++)	/* what stands before the call is over */
		if (first && e->kid[i] && contains(e->kid[i], l->call))
			return attaches_another(l, s, e->kid[i], name);
	yes = decide(l, s, e->kid[0], name);
	for (int i = 1; i < e->n_kids; i++) {
		bool if_true = ternary ? i == 1 : !strcmp(e->text, "&&");

		if (e->kid[i] && yes != !if_true && attaches(l, s, e->kid[i]))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------ what it means */

const char *const handlings[] = {
	"search-einval-only", "search-any-error", "logs-and-tries-on", "falls-back",
	"replaces",	      "ignores",	  "passes-on",	       "unknown",
};

/* What becomes of it: whoever reads it where it is kept passes it on. */
static unsigned becomes(const struct level *l, const struct fate *f)
{
	return (f->what & ~KEPT) | (!(f->what & KEPT) ? 0 : l->read ? PASSED : f->unread);
}

enum handling handling_of(const struct level *l)
{
	unsigned all = 0, tried_log = 0;
	bool on_soft = false, on_hard = false;

	if (l->f->gap)
		return UNCLEAR;
	if (!l->looked)
		return IGNORES;
	for (int i = 0; i < l->errnos.n; i++) {
		const struct fate *f = &l->errnos.list[i];

		all |= becomes(l, f);
		tried_log |= f->logged & TRIED_NEXT;
		if (f->what & TRIED_NEXT && !strcmp(f->name, soft))
			on_soft = true;
		else if (f->what & TRIED_NEXT)
			on_hard = true;
	}
	if (all & TRIED_NEXT)
		return tried_log	   ? LOGS_AND_TRIES_ON :
		       on_soft && !on_hard ? SEARCH_EINVAL_ONLY :
					     SEARCH_ANY_ERROR;
	if (all & LOST_TRACK)
		return UNCLEAR;
	return all & WENT_ON  ? FALLS_BACK :
	       all & REPLACED ? REPLACES :
	       all & PASSED   ? PASSES_ON :
				UNCLEAR;
}

const char *fate_text(const struct level *l, const struct fate *f)
{
	unsigned what = becomes(l, f);

	if (what & TRIED_NEXT)
		return "tries-next";
	if (!l->looked)
		return "ignored";
	if (what & LOST_TRACK)
		return "unknown";
	if (what & WENT_ON)
		return "goes-on";
	if (what & REPLACED)
		return format("replaced:%s", f->as);
	return what & PASSED ? "passed-on" : "unknown";
}

const char *unclear(const struct level *l)
{
	if (l->f->gap)
		return l->f->gap;
	if (handling_of(l) != UNCLEAR)
		return "";
	return l->lost ? l->lost : l->unread ? l->unread : "";
}
