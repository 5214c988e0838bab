// SPDX-License-Identifier: GPL-2.0-only
/*
 * Origins: in, an expression at a node of a function called in a known context;
 * out, whether it comes from the domain, the device, an allocation, ..., and
 * what the value itself is. Follows assignments, fields, parameters and what
 * the function stored in a field before; calls carry the origins of their arguments.
 */
#include "follow.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 400		/* of C recursion; cycles end before */
#define MAX_ENTERED 24		/* frames: of callbacks, helpers and what their results are made of */

struct program_context context;

static int depth;

/* What is known already: origins by frame, expression and node. A frame lives as long as the process. */
struct known {
	const struct frame *frame;
	const struct expr *e;
	int node;
	struct origin origin;
	struct known *next;
};

#define KNOWN 65536

static struct known *known[KNOWN];

/* The entry for this question; FRESH where it has not been asked: a cycle back to it finds no origin yet. */
static struct known *find_known(const struct frame *frame, const struct expr *e, int node, bool *fresh)
{
	uintptr_t key[3] = { (uintptr_t)frame, (uintptr_t)e, node };
	struct known **head = &known[hash_bytes(0, key, sizeof(key)) % KNOWN], *k;

	*fresh = false;
	for (k = *head; k; k = k->next)
		if (k->frame == frame && k->e == e && k->node == node)
			return k;
	*fresh = true;
	k = alloc(sizeof(*k));
	*k = (struct known){ .frame = frame, .e = e, .node = node, .next = *head };
	*head = k;
	return k;
}

struct function *function_of(struct definition *def)
{
	if (!def->function)
		def->function = context.read ? context.read(def) : build_function(context.facts, def);
	return def->function;
}

static void join(struct origin *to, const struct origin *more)
{
	to->from |= more->from;
	to->is |= more->is;
	if (more->call && !to->call) {
		to->call = more->call;
		to->call_node = more->call_node;
	}
	for (int i = 0; i < more->n_calls; i++) {
		bool known = false;

		for (int j = 0; j < to->n_calls; j++)
			known |= !strcmp(to->calls[j], more->calls[i]);
		if (!known && to->n_calls < MAX_CALLS)
			to->calls[to->n_calls++] = more->calls[i];
	}
}

/* What of a value holds for its parts too: a field of an allocated structure is no allocation. */
#define OF_PARTS (IS_RESULT | IS_ENTRY | IS_HELD)

/* ... and for what is computed from it */
#define OF_COMPUTED (IS_RESULT | IS_REGISTER | IS_KIND | IS_CLAIM)

/* ... and where a function is entered with it */
#define OF_ARGUMENTS (OF_PARTS | OF_COMPUTED | IS_DOMAIN | IS_DEVICE | IS_ALLOCATION | IS_ID | IS_REMEMBERED)

static struct origin only(struct origin o, unsigned is)
{
	o.is &= is;
	o.call = NULL;
	return o;
}

static struct origin inside_of(struct origin o)
{
	return only(o, OF_PARTS);
}

static bool constant_name(const char *s)
{
	for (; *s; s++)
		if (islower((unsigned char)*s))
			return false;
	return true;
}

static bool is_local(const struct function *f, const char *name, const char **type)
{
	for (int i = 0; i < f->n_nodes; i++)
		if (f->nodes[i].kind == N_DECLARATION && !strcmp(f->nodes[i].name, name)) {
			*type = f->nodes[i].type;
			return true;
		}
	return false;
}

static bool known_errno(const char *name)
{
	return api("errno", name) || api("id_allocator_errno", name) || api("einval_without_domain", name);
}

/* A function of another subsystem: does it return 0 or an errno, judging by what is known or its name? */
static bool foreign_errno(const char *name)
{
	if (api("allocator", name) || api("id_allocator", name) || api("lookup", name) || api("no_errno", name) ||
	    api("register_read", name))
		return false;
	if (known_errno(name))
		return true;
	return !constant_name(name) && has_word(name, "action_word") && !has_word(name, "predicate_word");
}

/* A function of another subsystem that does nothing but answer, judging by its name. */
static bool asks(const char *name)
{
	return (has_word(name, "predicate_word") || has_word(name, "asking_word")) &&
	       !has_word(name, "status_word") && !has_word(name, "firmware_word");
}

/* And one that gives memory, where what it returns is a pointer. */
static bool named_allocator(const char *name)
{
	return has_word(name, "alloc_word") && !has_word(name, "lookup_word");
}

bool gives_memory(struct function *f, struct expr *call)
{
	struct definition **own;
	int n = own_callees(f, call, &own);

	free(own);
	return !n && callee(call) && !api("id_allocator", callee(call)) && !api("id_allocator_errno", callee(call)) &&
	       named_allocator(callee(call));
}

/*
 * What is tested for being negative, or an error pointer, is an errno, whatever the function is called that
 * returned it. Not the driver's own: what that returns is known.
 */
struct origin as_errno(struct origin o)
{
	if (o.is & (IS_OUTCOME | IS_LOOKUP) && o.call && !(o.is & (IS_ALLOCATION | IS_ID))) {
		o.is &= ~(IS_OUTCOME | IS_LOOKUP | IS_ASKED | IS_RESULT);
		o.is |= IS_ERRNO;
	}
	return o;
}

static bool errno_type(const char *type)
{
	return !strcmp(type, "int") || !strcmp(type, "long") || !strcmp(type, "ssize_t") || strchr(type, '*');
}

/* With sure: not on the strength of another function's name. */
static bool errno_result(struct definition *def, bool sure)
{
	struct function *f;
	const struct flow *flow;
	bool yes = false;

	if (!errno_type(def->type))
		return false;
	f = function_of(def);
	if (f->errno_result[sure])
		return f->errno_result[sure] == 2;
	if (f->busy)
		return false;
	f->busy = 1;
	flow = flow_of(f);
	for (int i = 0; i < flow->n && !yes; i++) {
		struct expr *e = flow->arrivals[i].e;
		struct definition **own;
		int n;

		if (e->kind == E_ERRNO) {	/* a raw -1 alone: no index, not found */
			yes |= !e->raw;
			continue;
		}
		n = own_callees(f, e, &own);
		for (int k = 0; k < n; k++)
			yes |= errno_result(own[k], sure);
		if (!n && callee(e))
			yes |= sure ? known_errno(callee(e)) : foreign_errno(callee(e));
		free(own);
	}
	f->busy = 0;
	f->errno_result[sure] = yes ? 2 : 1;
	return yes;
}

bool returns_errno(struct definition *def)
{
	return errno_result(def, false);
}

/*
 * Why does this pointer-returning helper return NULL? IS_ALLOCATION: because an
 * allocation failed; IS_MAYBE_ALLOCATION: for that or other reasons; else 0.
 */
static unsigned reason_of_null(struct definition *def)
{
	struct function *f = function_of(def);
	struct frame *fr = alloc(sizeof(*fr));
	int failed = 0, other = 0;

	*fr = (struct frame){ .f = f, .op = "" };

	if (!strchr(def->type, '*') || f->busy)
		return 0;
	if (f->null_reason >= 0)
		return f->null_reason;
	f->busy = 1;
	for (int i = 0; i < f->n_nodes; i++) {
		struct node *n = &f->nodes[i];
		const struct guard *g;
		struct origin o;
		int count;

		if (n->kind != N_RETURN || !n->e)
			continue;
		if (!null_or_zero(bare(n->e))) {
			failed += (origin_of(fr, n->e, i).is & IS_ALLOCATION) != 0;
			continue;
		}
		count = guards_of(f, i, &g);
		o = (struct origin){ 0 };
		if (count && g[0].sense != IN_CASE && f->nodes[g[0].branch].e) {
			struct expr *c = bare(f->nodes[g[0].branch].e);

			o = origin_of(fr, c, g[0].branch);
			if (o.is & IS_ERRNO && o.call) {	/* if (alloc_table()) return NULL; */
				struct definition **own;
				int n_own = own_callees(f, o.call, &own);

				for (int k = 0; k < n_own; k++) {
					const struct flow *flow = flow_of(function_of(own[k]));

					for (int a = 0; a < flow->n; a++)
						if (flow->arrivals[a].e->kind == E_ERRNO &&
						    !strcmp(flow->arrivals[a].e->text, "ENOMEM"))
							o.is |= IS_ALLOCATION;
				}
				free(own);
			}
		}
		if (o.is & IS_ALLOCATION)
			failed++;
		else
			other++;
	}
	f->busy = 0;
	f->null_reason = !failed ? 0 : other ? IS_MAYBE_ALLOCATION : IS_ALLOCATION;
	return f->null_reason;
}

static bool domain_type(const char *type)
{
	if (!strncmp(type, "const ", 6))
		type += 6;
	for (int i = 0; i < context.n_domain_types; i++)
		if (!strcmp(context.domain_types[i], type))
			return true;
	return !strcmp(type, "struct iommu_domain *");
}

/* Is there a member of this NAME that is a pointer to a domain, or with TABLE to several of them? */
static bool domain_member(struct function *f, const char *name, bool table)
{
	for (int i = -1; i < context.n_domain_types; i++) {
		const char *type = i < 0 ? "struct iommu_domain *" : context.domain_types[i];

		if (has_type(context.program, f->def->source, name, type) ||
		    (table && has_type(context.program, f->def->source, name, format("%s*", type))))
			return true;
	}
	return false;
}

/* struct foo_domain *foo = to_foo_domain(domain), foo = domain->priv: foo_domain stands for a domain */
void learn_domain_types(struct function *f)
{
	for (int i = 0; i < f->n_nodes; i++) {
		struct node *n = &f->nodes[i];
		struct expr *e = n->e ? bare(n->e) : NULL;
		const char *type = n->kind == N_DECLARATION ? n->type : NULL;

		if (e && e->kind == E_ASSIGN && !strcmp(e->text, "=") && bare(e->kid[0])->kind == E_NAME &&
		    is_local(f, bare(e->kid[0])->text, &type))
			e = bare(e->kid[1]);
		if (!e || !type || strncmp(type, "struct ", 7) || !strchr(type, '*') || domain_type(type))
			continue;
		if (e->kind == E_CALL && e->n_kids >= 2 && (n->kind == N_DECLARATION || (callee(e) && api("same", callee(e)))))
			e = bare(e->kid[1]);
		else if (e->kind == E_MEMBER && e->n_kids && api("domain_private_member", e->text))
			e = bare(e->kid[0]);
		else
			continue;
		for (int k = 0; k < f->def->n_params; k++)
			if (e->kind == E_NAME && !strcmp(f->def->params[k].name, e->text) &&
			    !strcmp(f->def->params[k].type, "struct iommu_domain *"))
				push(context.domain_types, context.n_domain_types, context.cap_domain_types) = type;
	}
}

static struct origin origin_of_parameter(struct frame *fr, int index)
{
	struct origin o = { 0 };
	const char *type = fr->f->def->params[index].type;

	if (!fr->caller) {
		const struct operation *op = operation_named(fr->op);

		if (fr->given)
			o.from = fr->given[index].constant ? FROM_CONST : fr->given[index].from;
		if (op) {
			o.from = role_of(op, fr->f->def->params, fr->f->def->n_params, index);
			o.is = o.from == FROM_DOMAIN ? IS_DOMAIN : o.from == FROM_DEV ? IS_DEVICE : 0;
		} else if (*fr->op) {	/* an entry point of the core: by its type */
			o.from = domain_type(type) ? FROM_DOMAIN : !strcmp(type, "ioasid_t") ? FROM_PASID :
				 !strcmp(type, "struct device *") || !strcmp(type, "struct iommu_group *") ?
				 FROM_DEV : 0;
		}
		return o;
	}
	if (fr->indirect) {
		/* what is walked comes first; what is only handed on goes to the last parameter */
		bool data = index == fr->f->def->n_params - 1 && fr->call->n_kids > 2;

		for (int i = data ? 2 : 1; i < (data ? fr->call->n_kids : 2); i++) {
			struct origin more = origin_of(fr->caller, fr->call->kid[i], fr->node);

			join(&o, &more);
		}
		o.is = 0;
		return o;
	}
	if (index + 1 < fr->call->n_kids)
		o = origin_of(fr->caller, fr->call->kid[index + 1], fr->node);
	/* translate(firmware(domain, device)): how that went, not what they are */
	if (!strchr(type, '*') && (o.is & IS_ERRNO || (o.is & IS_OUTCOME && o.from & FROM_DOMAIN)))
		o.is |= IS_RESULT;
	/* a domain-typed argument reached from the device is still the attached one */
	return only(o, OF_ARGUMENTS | (domain_type(type) ? IS_ATTACHED : 0));
}

bool may_hold_errno(const char *type)
{
	return !*type || strchr(type, '*') || !strcmp(type, "int") || !strcmp(type, "long") || !strcmp(type, "ssize_t") ||
	       !strcmp(type, "s32") || !strcmp(type, "s64") || !strcmp(type, "signed long") || !strcmp(type, "long long");
}

static bool errno_variable(const struct function *f, const char *name)
{
	const char *type = "";
	char *word = copy_string(name);
	bool yes;

	if (is_local(f, name, &type) && !may_hold_errno(type)) {
		free(word);
		return false;
	}

	word[strcspn(word, "0123456789")] = 0;
	yes = api("errno_variable", word);
	free(word);
	return yes;
}

bool on_the_way(const struct frame *fr, const struct definition *def)
{
	for (; fr; fr = fr->caller)
		if (fr->f->def == def)
			return true;
	return false;
}

struct frame *enter_helper(struct frame *fr, struct definition *def, struct expr *call, int node)
{
	struct function *f = function_of(def);
	struct frame *inner;

	if (fr->depth >= MAX_ENTERED || f->gap || on_the_way(fr, def))
		return NULL;
	inner = alloc(sizeof(*inner));
	*inner = (struct frame){ .f = f, .caller = fr, .node = node, .call = call, .op = fr->op, .depth = fr->depth + 1 };
	return inner;
}

static void join_guards(struct frame *fr, int node, struct origin *o);

/* What a helper of the driver returns, seen from the call: of constants, what chose them. */
static struct origin returned(struct frame *fr, struct definition *def, struct expr *call, int node)
{
	struct frame *inner = enter_helper(fr, def, call, node);
	struct origin o = { 0 };
	bool pointer = strchr(def->type, '*');

	for (int i = 0; inner && i < inner->f->n_nodes; i++) {
		const struct node *n = &inner->f->nodes[i];
		struct origin more;

		if (n->kind != N_RETURN || !n->e)
			continue;
		more = origin_of(inner, n->e, i);
		if (more.from & ~FROM_CONST || more.is)
			join(&o, &more);
		else if (!pointer)
			join_guards(inner, i, &o);
	}
	return o;
}

/* The driver's own helper, called: ARGUMENTS is where those come from together. */
static struct origin origin_of_own(struct frame *fr, struct expr *e, int node, struct origin arguments,
				   struct definition *const *own, int n)
{
	struct origin o = { 0 }, result = arguments;
	bool pointer = strchr(own[0]->type, '*');

	if (returns_errno(own[0])) {
		result.is |= IS_ERRNO;
		result.call = e;
		result.call_node = node;
		if (!domain_type(own[0]->type))
			return result;
	}
	for (int i = 0; i < n; i++) {
		struct origin more = returned(fr, own[i], e, node);

		join(&o, &more);
	}
	/* a look-up for the device is one of the device, wherever the table stands */
	if (o.from & (FROM_DOMAIN | FROM_DEV | FROM_OLD))
		result.from = o.from;
	result.is |= only(o, OF_ARGUMENTS & ~(IS_ALLOCATION | (pointer ? IS_KIND : 0))).is;
	if (pointer) {
		result.is |= reason_of_null(own[0]);
		if (!(result.is & (IS_ALLOCATION | IS_DOMAIN | IS_ERRNO)))
			result.is |= IS_LOOKUP;
		if (domain_type(own[0]->type) && !(result.from & FROM_DOMAIN))
			result.is = IS_ATTACHED | (result.is & IS_ERRNO);
		else if (domain_type(own[0]->type))
			result.is |= o.is & IS_ATTACHED;
	}
	return result;
}

static struct origin origin_of_call(struct frame *fr, struct expr *e, int node)
{
	const char *name = callee(e);
	struct origin o = { 0 };
	struct definition **own;
	bool device = false;
	int n;

	if (name && e->n_kids > 1 && api("claim", name)) {	/* of what holds the state: what is put there is not asked about */
		o = only(origin_of(fr, e->kid[1], node), OF_PARTS | IS_ATTACHED);
		o.is |= IS_CLAIM;
		return o;
	}
	if (name && api("same", name) && e->n_kids > 1) {
		o = origin_of(fr, e->kid[1], node);
		o.is &= ~(IS_ERRNO | IS_ID);
		if (o.is & IS_DEVICE && !strncmp(name, "to_", 3))
			o.is |= IS_LOOKUP;	/* of another kind of device: it may be none */
		return o;
	}
	for (int i = 1; i < e->n_kids; i++) {
		struct origin more;

		if (bare(e->kid[i])->kind == E_STRING)
			continue;
		more = origin_of(fr, e->kid[i], node);
		device |= (more.is & IS_DEVICE) != 0;
		/* &x is where a result goes, unless x holds something already */
		join(&o, &more);
	}
	if (name && (api("carrier", name) || api("error_test", name) || api("warn", name)))
		return o;
	n = own_callees(fr->f, e, &own);
	if (name && !n && (api("transparent", name) || (constant_name(name) && !api("empty_test", name)))) {
		o.is &= OF_COMPUTED;
		if (api("device_kind", name))
			o.is |= IS_KIND;
		if (api("config_test", name))
			o.from = FROM_GLOBAL;
		return o;
	}
	o.from &= ~FROM_CONST;
	/* what is asked about the result of an action is no comparison */
	o.is = o.is & (IS_ERRNO | IS_RESULT) ? IS_RESULT : 0;
	o.call = NULL;
	if (!name)
		return o;
	o.n_calls = 0;
	o.calls[o.n_calls++] = name;
	if (api("allocator", name)) {
		o.from |= FROM_ALLOC;
		o.is = IS_ALLOCATION;
	} else if (api("id_allocator", name)) {
		o.is = IS_ID;
	} else if (api("id_allocator_errno", name)) {
		o.is = IS_ID | IS_ERRNO;
		o.call = e;
		o.call_node = node;
	} else if (api("attached_domain", name)) {
		o.is = IS_ATTACHED;
	} else if (api("register_read", name)) {
		o.is = IS_RESULT | IS_REGISTER;
	} else if (n) {
		o = origin_of_own(fr, e, node, o, own, n);
		if (!o.from)
			o.from = FROM_GLOBAL;
	} else {
		o.call = e;
		o.call_node = node;
		if (api("device_kind", name))
			o.is |= IS_KIND;
		if (foreign_errno(name))
			o.is = IS_ERRNO | (o.is & IS_KIND);
		else if (api("lookup", name))
			o.is |= IS_LOOKUP | (device && api("device_private", name) ? IS_DEVICE : 0);
		else
			o.is |= IS_OUTCOME | (asks(name) || api("empty_test", name) || api("occupied_test", name) ||
					      api("reference_test", name) ? IS_ASKED : 0) |
				(has_word(name, "firmware_word") ? IS_RESULT : 0);
		if (!o.from)
			o.from = FROM_GLOBAL;
	}
	free(own);
	return o;
}

/* Is it only a name that speaks for an errno, and the variable's name speaks against it? cc = firmware(); */
static bool guessed_errno(struct function *f, struct expr *e, const char *variable)
{
	struct definition **own;
	bool sure = false;
	int n;

	e = bare(e);
	if (e->kind != E_CALL || !callee(e) || errno_variable(f, variable))
		return false;
	n = own_callees(f, e, &own);
	for (int i = 0; i < n; i++)
		sure |= errno_result(own[i], true);
	free(own);
	return n ? !sure : !known_errno(callee(e));
}

/* Is it a pointer that has this place: a variable, a parameter, a member by the name it has in the folder? */
static bool pointer_place(struct frame *fr, const struct expr *e)
{
	return !strcmp(value_type(fr, e), "pointer");
}

/* Where the structure or variable that argument K of CALL leads to gets a value in there; MEMBER of it, or NULL. */
static struct origin written_by(struct frame *fr, struct expr *call, int node, int k, const char *member);

/* The place that E names is what PARAMETER leads to: *out, out->member, (*out).member */
static bool leads_to(struct expr *e, const char *parameter, const char *member)
{
	if (member) {
		if (e->kind != E_MEMBER || !e->n_kids || strcmp(e->text, member))
			return false;
		e = bare(e->kid[0]);
		if (e->kind == E_UNARY && !strcmp(e->text, "*"))
			e = bare(e->kid[0]);
	} else {
		if (e->kind != E_UNARY || strcmp(e->text, "*"))
			return false;
		e = bare(e->kid[0]);
	}
	return e->kind == E_NAME && !strcmp(e->text, parameter);
}

struct writes {
	struct frame *fr;
	const char *parameter, *member;
	int node;
	struct origin o;
	bool any;
};

static void note_write(struct expr *e, void *data)
{
	struct writes *w = data;
	struct origin more = { 0 };

	if (e->kind == E_ASSIGN && leads_to(bare(e->kid[0]), w->parameter, w->member)) {
		more = origin_of(w->fr, e->kid[1], w->node);
		if (!(more.from & ~FROM_CONST) && !more.is)
			join_guards(w->fr, w->node, &more);
	} else if (e->kind == E_CALL) {
		for (int i = 1; i < e->n_kids; i++)
			if (bare(e->kid[i])->kind == E_NAME && !strcmp(bare(e->kid[i])->text, w->parameter)) {
				struct origin by = written_by(w->fr, e, w->node, i, w->member);

				if (!by.from && !by.is)
					continue;
				join(&more, &by);
			}
	}
	w->any |= more.from || more.is;
	join(&w->o, &more);
}

static struct origin written_by(struct frame *fr, struct expr *call, int node, int k, const char *member)
{
	const char *name = callee(call);
	struct origin o = { 0 };
	struct definition **own;
	bool any = false;
	int n = own_callees(fr->f, call, &own);

	for (int i = 0; i < n; i++) {
		struct writes w = { .fr = enter_helper(fr, own[i], call, node), .member = member };

		if (!w.fr || k > own[i]->n_params)
			continue;
		w.parameter = own[i]->params[k - 1].name;
		for (w.node = 0; w.node < w.fr->f->n_nodes; w.node++)
			if (w.fr->f->nodes[w.node].e)
				walk_expr(w.fr->f->nodes[w.node].e, note_write, &w);
		any |= w.any;
		join(&o, &w.o);
	}
	free(own);
	if (any || (n && member))
		return o;
	/* another subsystem's, or one that could not be looked into: what it was given says where that comes from */
	for (int i = 1; i < call->n_kids; i++) {
		struct origin more;

		if (bare(call->kid[i])->kind == E_STRING)
			continue;
		more = origin_of(fr, call->kid[i], node);
		join(&o, &more);
	}
	o = only(o, OF_PARTS);
	o.from &= ~FROM_CONST;
	if (!name)
		return o;
	if (api("allocator", name))
		o.is |= IS_ALLOCATION;
	if (api("device_kind", name))
		o.is |= IS_KIND;
	/* it was told of the domain, and says how that went */
	if (!n && o.from & FROM_DOMAIN && !asks(name) && !api("allocator", name) &&
	    (o.from & FROM_DEV || has_word(name, "action_word") || has_word(name, "firmware_word") ||
	     (member && has_word(member, "status_word"))))
		o.is |= IS_RESULT;
	return o;
}

/* Which argument of CALL is the address of VARIABLE (a name or a->b)? 0 for none. */
static int address_in(struct expr *call, const struct expr *variable)
{
	for (int i = 1; i < call->n_kids; i++) {
		struct expr *a = bare(call->kid[i]);

		if (a->kind == E_UNARY && !strcmp(a->text, "&") && equal(bare(a->kid[0]), variable))
			return i;
	}
	return 0;
}

/* Does an iterator go through what the domain itself holds: a member of it, not of what it leads to? */
static bool goes_through_own(struct frame *fr, struct expr *iterator, int node)
{
	for (int i = iterator->kind == E_CALL; i < iterator->n_kids; i++) {
		struct expr *a = bare(iterator->kid[i]);

		if (a->kind == E_UNARY && !strcmp(a->text, "&"))
			a = bare(a->kid[0]);
		if (a->kind == E_MEMBER && a->n_kids && origin_of(fr, a->kid[0], node).is & IS_DOMAIN)
			return true;
	}
	return false;
}

/* What an iterator goes through: list_for_each_entry(VARIABLE, &x->list, node) */
static struct origin origin_of_entry(struct frame *fr, struct expr *iterator, int node, const struct expr *variable)
{
	struct origin o = { 0 }, names = { 0 };

	for (int i = 1; i < iterator->n_kids; i++) {
		struct expr *a = bare(iterator->kid[i]);
		struct origin more;

		if (variable && equal(a, variable))
			continue;
		more = inside_of(origin_of(fr, a, node));
		join(a->kind == E_NAME ? &names : &o, &more);	/* a name may be that of a member */
	}
	if (!(o.from & ~FROM_CONST) || names.from & (FROM_DOMAIN | FROM_DEV))
		join(&o, &names);
	o.is |= IS_ENTRY;
	if (goes_through_own(fr, iterator, node))
		o.is |= IS_HELD;
	return o;
}

static struct origin origin_of_setting(struct frame *fr, const struct setting *s, const struct expr *variable)
{
	const char *name = variable ? variable->text : NULL, *type = "";
	struct origin o = { 0 };

	if (variable && variable->kind == E_NAME)
		is_local(fr->f, name, &type);
	if (!s->value)
		return o;
	if (s->by_address) {
		int k = variable ? address_in(s->value, variable) : 0;

		return k ? written_by(fr, s->value, s->node, k, NULL) : o;
	}
	if (fr->f->nodes[s->node].iterator)
		return origin_of_entry(fr, s->value, s->node, variable);
	o = origin_of(fr, s->value, s->node);
	if (!variable)
		return o;
	if (o.is & IS_OUTCOME && errno_variable(fr->f, name)) {
		o.is = (o.is & ~(IS_OUTCOME | IS_ASKED)) | IS_ERRNO;
		o.call = bare(s->value)->kind == E_CALL ? bare(s->value) : NULL;
		o.call_node = s->node;
	} else if (o.is & IS_ERRNO && guessed_errno(fr->f, s->value, name)) {
		const char *called = callee(bare(s->value));

		o.is &= ~IS_ERRNO;
		/* struct x *p = foo_alloc(..); */
		if (!pointer_place(fr, variable))
			o.is |= IS_OUTCOME;
		else if (named_allocator(called))
			o.is |= IS_ALLOCATION;
		else	/* struct x *p = foo_create(domain, dev); */
			o.is |= IS_LOOKUP | IS_MAYBE_ALLOCATION | (o.from & FROM_DOMAIN ? IS_RESULT : 0);
	} else if (o.is & IS_OUTCOME && pointer_place(fr, variable)) {
		const char *called = bare(s->value)->kind == E_CALL ? callee(bare(s->value)) : NULL;

		/* struct x *p = find(..) */
		o.is &= ~(IS_OUTCOME | IS_ASKED);
		o.is |= called && named_allocator(called) ? IS_ALLOCATION : IS_LOOKUP;
	}
	/* code = firmware(domain, device): how that went, not what they are */
	if (o.is & IS_OUTCOME && !(o.is & IS_ASKED) && o.from & FROM_DOMAIN && o.from & FROM_DEV && strcmp(type, "bool"))
		o.is |= IS_RESULT;
	return o;
}

/* Is LOOP one over list entries that BRANCH stands before? It chose none of them. */
static bool precedes(const struct function *f, int branch, int loop)
{
	if (!f->nodes[loop].iterator)
		return false;
	for (const struct scope *s = f->nodes[branch].scope; s; s = s->outer)
		if (s->branch == loop)
			return false;
	return true;
}

/* What decided that NODE is reached, as an origin. */
static void join_guards(struct frame *fr, int node, struct origin *o)
{
	const struct guard *g;
	int n = guards_of(fr->f, node, &g);

	for (int k = 0; k < n && !g[k].depth; k++) {
		struct expr *c = fr->f->nodes[g[k].branch].e;
		struct origin more = { 0 };

		if (precedes(fr->f, g[k].branch, node))
			continue;
		if (c && !fr->f->nodes[g[k].branch].loop)
			more = inside_of(origin_of(fr, c, g[k].branch));
		join(o, &more);
	}
}

/* A variable that only ever holds constants says what its settings depended on. */
static void join_conditions(struct frame *fr, const struct settings *s, struct origin *o)
{
	for (int i = 0; i < s->n; i++)
		join_guards(fr, s->list[i].node, o);
}

static struct origin origin_of_name(struct frame *fr, struct expr *e, int node)
{
	struct origin o = { 0 };
	const char *type = "";
	int index = parameter_index(fr->f->def, e->text);
	struct settings s;

	if (index < 0 && !is_local(fr->f, e->text, &type)) {
		struct definition **own;

		o.from = constant_name(e->text) || !strcmp(e->text, "true") || !strcmp(e->text, "false") ?
			 FROM_CONST : FROM_GLOBAL;
		if (find_definitions(context.program, fr->f->def->source, e->text, &own))
			o.from = FROM_CONST;	/* a function */
		free(own);
		return o;
	}
	s = settings_of(fr->f, e, node, false);
	for (int i = 0; i < s.n; i++) {
		struct origin more = s.list[i].parameter ? origin_of_parameter(fr, index) :
				     origin_of_setting(fr, &s.list[i], e);

		join(&o, &more);
	}
	if (index < 0 && s.n > 1 && !(o.from & ~FROM_CONST))
		join_conditions(fr, &s, &o);
	free(s.list);
	/* a structure on the stack is what was put into it */
	if (index < 0 && !strchr(type, '*') && !strncmp(type, "struct ", 7))
		for (int i = 0; i < fr->f->n_nodes; i++) {
			struct expr *a = fr->f->nodes[i].e ? bare(fr->f->nodes[i].e) : NULL;
			struct expr *base = a && a->kind == E_ASSIGN ? a->kid[0] : NULL;

			while (base && (base->kind == E_MEMBER || base->kind == E_INDEX))
				base = base->n_kids ? base->kid[0] : NULL;
			if (base && base != a->kid[0] && equal(base, e)) {
				struct origin more = inside_of(origin_of(fr, a->kid[1], i));

				join(&o, &more);
			}
		}
	if (*type && domain_type(type) && !(o.from & FROM_DOMAIN) && o.from & (FROM_DEV | FROM_GLOBAL))
		o.is |= IS_ATTACHED;
	return o;
}

struct made_member {
	struct expr *e;
	struct made_member *next;
};

static struct made_member *members[KNOWN];

/* BASE.MEMBER, again for the same: what is known of it is found, and a cycle ends. */
static struct expr *member_of(struct expr *base, const char *member, bool arrow)
{
	uint64_t hash = hash_bytes((uintptr_t)base + arrow, member, strlen(member));
	struct made_member **head = &members[hash % KNOWN], *m;

	for (m = *head; m; m = m->next)
		if (m->e->kid[0] == base && m->e->arrow == arrow && !strcmp(m->e->text, member))
			return m->e;
	m = alloc(sizeof(*m));
	m->e = alloc(sizeof(*m->e));
	m->e->kind = E_MEMBER;
	m->e->text = member;
	m->e->arrow = arrow;
	push(m->e->kid, m->e->n_kids, m->e->cap_kids) = base;
	m->next = *head;
	*head = m;
	return m->e;
}

/*
 * The same field seen from the caller: in f(struct data *d), called as f(&data),
 * d->domain is data.domain there. False when the base is not such a parameter.
 */
static bool origin_in_caller(struct frame *fr, struct expr *e, int node, struct origin *out)
{
	struct expr *base = bare(e->kid[0]), *arg;
	int index;

	if (base->kind != E_NAME || !fr->caller)
		return false;
	index = parameter_index(fr->f->def, base->text);
	if (index < 0) {
		struct settings s = settings_of(fr->f, base, node, false);
		struct expr *value = s.n == 1 && s.list[0].value ? bare(s.list[0].value) : NULL;

		free(s.list);
		if (!value || value->kind != E_NAME)
			return false;
		index = parameter_index(fr->f->def, value->text);
		if (index < 0)
			return false;
	}
	if (fr->indirect) {		/* the argument that is the address of a structure */
		arg = NULL;
		for (int i = 1; i < fr->call->n_kids; i++) {
			struct expr *a = bare(fr->call->kid[i]);

			if (a->kind == E_UNARY && !strcmp(a->text, "&") && bare(a->kid[0])->kind == E_NAME)
				arg = a;
		}
		if (!arg || !strncmp(fr->f->def->params[index].type, "struct ", 7))
			return false;
	} else {
		if (index + 1 >= fr->call->n_kids)
			return false;
		arg = bare(fr->call->kid[index + 1]);
	}
	if (arg->kind == E_UNARY && !strcmp(arg->text, "&"))
		*out = origin_of(fr->caller, member_of(arg->kid[0], e->text, false), fr->node);
	else
		*out = origin_of(fr->caller, member_of(arg, e->text, true), fr->node);
	return true;
}

/* struct tail *t = buf + size: what stands there is not what was put into buf */
static bool offset(const struct expr *e)
{
	return e && e->kind == E_BINARY && (!strcmp(e->text, "+") || !strcmp(e->text, "-"));
}

static bool behind_offset(struct frame *fr, struct expr *base, int node)
{
	struct settings s;
	struct expr *value;
	int index;

	base = bare(base);
	if (base->kind != E_NAME)
		return false;
	index = parameter_index(fr->f->def, base->text);
	if (index >= 0 && fr->caller && !fr->indirect && index + 1 < fr->call->n_kids && offset(bare(fr->call->kid[index + 1])))
		return true;
	s = settings_of(fr->f, base, node, false);
	value = s.n == 1 && s.list[0].value && !s.list[0].by_address ? bare(s.list[0].value) : NULL;
	free(s.list);
	return offset(value);
}

/* Is this the address of a structure on the stack, or of one that was made here? */
static bool made_here(struct frame *fr, struct expr *base, bool arrow, int node)
{
	const char *type = "";
	struct settings s;
	bool made = false;

	if (base->kind != E_NAME || !is_local(fr->f, base->text, &type))
		return false;
	if (!arrow)
		return true;
	s = settings_of(fr->f, base, node, false);
	for (int i = 0; i < s.n && !s.may_be_unset; i++)
		made |= s.list[i].value && origin_of(fr, s.list[i].value, s.list[i].node).is & IS_ALLOCATION;
	free(s.list);
	return made;
}

/* Which argument of a call in E is BASE itself or its address? 0 for none. */
struct handing {
	const struct expr *base;
	bool arrow;
	struct expr *call;
	int k;
};

static void look_for_handing(struct expr *e, void *data)
{
	struct handing *h = data;
	const char *name = e->kind == E_CALL ? callee(e) : NULL;

	if (!name || api("same", name) || api("transparent", name) || api("error_test", name))
		return;
	for (int i = 1; i < e->n_kids; i++) {
		struct expr *a = bare(e->kid[i]);
		bool address = a->kind == E_UNARY && !strcmp(a->text, "&");

		if (h->arrow ? equal(a, h->base) : address && equal(bare(a->kid[0]), h->base)) {
			h->call = e;
			h->k = i;
		}
	}
}

/*
 * x.member that nobody here sets, of a structure that was handed to a call before: how that call went, or what
 * the driver's own function put there. Of a structure that is reached by a pointer only where it was made here,
 * or the member's name says so.
 */
static bool filled_by_call(struct frame *fr, struct expr *e, int node, struct origin *o)
{
	struct expr *base = bare(e->kid[0]);
	bool array = e->kind == E_INDEX, by_pointer = array || e->arrow;
	struct handing h = { .base = base, .arrow = by_pointer };
	bool *seen;
	int *todo, n = 0, head = 0;

	if (array && !made_here(fr, base, false, node))
		return false;
	if (!array && e->arrow && !made_here(fr, base, true, node) && !has_word(e->text, "status_word"))
		return false;
	seen = alloc(fr->f->n_nodes);
	todo = alloc((fr->f->n_nodes + 1) * sizeof(*todo));
	todo[n++] = node;
	while (head < n && !h.call) {	/* the nearest call, backwards */
		const struct node *at = &fr->f->nodes[todo[head++]];

		for (int i = 0; i < at->n_pred && !h.call; i++) {
			int p = at->pred[i];

			if (seen[p])
				continue;
			seen[p] = true;
			if (fr->f->nodes[p].e)
				walk_expr(fr->f->nodes[p].e, look_for_handing, &h);
			if (h.call) {
				*o = written_by(fr, h.call, p, h.k, array ? NULL : e->text);
				break;
			}
			todo[n++] = p;
		}
	}
	free(seen);
	free(todo);
	return h.call && (o->from || o->is);
}

/* dev->driver_data, dev->archdata.iommu, dev->iommu->priv: what dev_iommu_priv_get() gives today */
static bool private_member(struct frame *fr, struct expr *e, int node)
{
	struct expr *base = bare(e->kid[0]);

	if (base->kind == E_MEMBER && base->n_kids && api("device_private_holder", base->text)) {
		base = bare(base->kid[0]);
		return origin_of(fr, base, node).is & IS_DEVICE;
	}
	return api("device_private_member", e->text) &&
	       (origin_of(fr, base, node).is & (IS_DEVICE | IS_KIND));
}

/* Is this a variable for the core's own structure of a domain? */
static bool of_the_core(struct frame *fr, const struct expr *e)
{
	const char *type = "";
	int index = e->kind == E_NAME ? parameter_index(fr->f->def, e->text) : -1;

	if (index >= 0)
		type = fr->f->def->params[index].type;
	else if (e->kind == E_NAME)
		is_local(fr->f, e->text, &type);
	return !strcmp(type, "struct iommu_domain *");
}

static struct origin origin_of_member(struct frame *fr, struct expr *e, int node)
{
	struct origin o = { 0 }, base;
	struct settings s;
	bool filled = false;

	if (!e->n_kids)
		return o;
	if (behind_offset(fr, e->kid[0], node)) {
		o.from = FROM_GLOBAL;
		return o;
	}
	s = settings_of(fr->f, e, node, false);
	for (int i = 0; i < s.n; i++) {
		struct origin more = origin_of_setting(fr, &s.list[i], e);

		join(&o, &more);
	}
	if (!s.n || (!o.from && !o.is))
		filled = filled_by_call(fr, e, node, &o);
	free(s.list);
	if (s.may_be_unset)
		o.is &= ~(IS_ERRNO | IS_ID);
	/* stored on every path: what was stored counts, not what holds it */
	if (!filled && (!s.n || s.may_be_unset || !o.from)) {
		if (s.n || !origin_in_caller(fr, e, node, &base))
			base = inside_of(origin_of(fr, e->kid[0], node));
		join(&o, &base);
	}
	if (!(o.from & FROM_DOMAIN) && o.from & (FROM_DEV | FROM_GLOBAL) && domain_member(fr->f, e->text, false))
		o.is |= IS_ATTACHED;
	if (o.from & FROM_DEV && !(o.from & FROM_DOMAIN) &&
	    (api("device_kind_member", e->text) || origin_of(fr, e->kid[0], node).is & IS_KIND))
		o.is |= IS_KIND;
	if (api("domain_private_member", e->text) && of_the_core(fr, bare(e->kid[0])))
		o.is |= origin_of(fr, e->kid[0], node).is & IS_DOMAIN;
	if (o.from & FROM_DEV && private_member(fr, e, node))
		o.is |= IS_DEVICE | IS_LOOKUP;
	/* master->dev */
	if (origin_of(fr, e->kid[0], node).is & IS_DEVICE &&
	    has_type(context.program, fr->f->def->source, e->text, "struct device *"))
		o.is |= IS_DEVICE;
	return o;
}

/* *out, table[i]: what the function itself stored there on every way to NODE, if it did */
static bool stored_here(struct frame *fr, struct expr *e, int node, struct origin *o)
{
	struct settings s = settings_of(fr->f, e, node, false);
	bool all = s.n && !s.may_be_unset;

	for (int i = 0; i < s.n; i++)
		all &= s.list[i].value != NULL;
	for (int i = 0; i < s.n && all; i++) {
		struct origin more = origin_of_setting(fr, &s.list[i], e);

		join(o, &more);
	}
	free(s.list);
	return all;
}

/* A register's value beside one of the domain that is none: what the hardware can do, against what is wanted. */
static bool combines(struct frame *fr, struct expr *e, int node)
{
	struct origin left = origin_of(fr, e->kid[0], node), right = origin_of(fr, e->kid[1], node);

	if (!strcmp(e->text, "==") || !strcmp(e->text, "!="))
		return false;		/* read back */
	return (left.is & IS_REGISTER && right.from & FROM_DOMAIN && !(right.is & IS_RESULT)) ||
	       (right.is & IS_REGISTER && left.from & FROM_DOMAIN && !(left.is & IS_RESULT));
}

/* Does this name stand for a domain in DEF: a parameter or a local of such a type? */
static bool names_domain(const struct definition *def, const struct token *name)
{
	const struct token *t = def->source->tokens;

	for (int i = 0; i < def->n_params; i++)
		if (is(name, def->params[i].name))
			return domain_type(def->params[i].type);
	for (int i = def->body; i + 3 < def->body_end; i++)
		if (is(&t[i], "struct") && is(&t[i + 2], "*") && t[i + 3].len == name->len &&
		    !strncmp(t[i + 3].s, name->s, name->len))
			return domain_type(format("struct %s *", token_text(&t[i + 1])));
	return false;
}

/* x->MEMBER = ..VALUE; in DEF, where VALUE is a member of a domain, or in the very function that asks a variable */
static bool stores(const struct definition *def, const char *member, const struct expr *value, bool here)
{
	const struct token *t = def->source->tokens;

	for (int i = def->body + 1; i + 2 < def->body_end; i++) {
		int end = i + 2;

		if (!is(&t[i], member) || !is(&t[i + 1], "=") || !(is(&t[i - 1], "->") || is(&t[i - 1], ".")))
			continue;
		while (end < def->body_end && !is(&t[end], ";"))
			end++;
		while (end > i + 2 && is(&t[end - 1], ")"))
			end--;
		if (!is(&t[end - 1], value->text))
			continue;
		if (value->kind == E_NAME ? here && end == i + 3 : end >= i + 5 && names_domain(def, &t[end - 3]))
			return true;
	}
	return false;
}

bool remembers(struct frame *fr, const char *member, const struct expr *value)
{
	const struct source *s = fr->f->def->source;

	for (int i = 0; i < s->n_definitions; i++)
		if (stores(s->definitions[i], member, value, s->definitions[i] == fr->f->def))
			return true;
	return false;
}

static struct origin evaluate(struct frame *fr, struct expr *e, int node)
{
	struct origin o = { 0 }, more;
	struct setting s;

	switch (e->kind) {
	case E_NAME:
		/* if ((x = f()) && x->y) */
		if (fr->f->nodes[node].kind == N_BRANCH && !fr->f->nodes[node].iterator &&
		    setting_in(fr->f, node, e, &s) && s.value && !s.by_address)
			return origin_of_setting(fr, &s, e);
		return origin_of_name(fr, e, node);
	case E_NUMBER:
	case E_STRING:
	case E_ERRNO:
		o.from = FROM_CONST;
		return o;
	case E_CALL:
		return origin_of_call(fr, e, node);
	case E_MEMBER:
		return origin_of_member(fr, e, node);
	case E_ASSIGN:
		s = (struct setting){ .node = node, .value = e->kid[1] };
		return origin_of_setting(fr, &s, bare(e->kid[0]));
	case E_UNARY:
		if (!strcmp(e->text, "*") && stored_here(fr, e, node, &o))
			return o;
		o = origin_of(fr, e->kid[0], node);
		if (strcmp(e->text, "&") && strcmp(e->text, "*"))
			o.is &= ~(IS_DOMAIN | IS_DEVICE);
		return o;
	case E_INDEX:
		if (stored_here(fr, e, node, &o) || filled_by_call(fr, e, node, &o))
			return o;
		o = inside_of(origin_of(fr, e->kid[0], node));
		more = inside_of(origin_of(fr, e->kid[1], node));
		more.from &= ~FROM_CONST;
		join(&o, &more);
		if (bare(e->kid[1])->kind == E_NAME && !constant_name(bare(e->kid[1])->text))
			o.is |= IS_ENTRY | (goes_through_own(fr, e, node) ? IS_HELD : 0);
		if (!(o.from & FROM_DOMAIN) && o.from & (FROM_DEV | FROM_GLOBAL) && bare(e->kid[0])->kind == E_MEMBER &&
		    domain_member(fr->f, bare(e->kid[0])->text, true))
			o.is |= IS_ATTACHED;
		return o;
	case E_BINARY:
		for (int i = 0; i < 2; i++) {
			more = origin_of(fr, e->kid[i], node);
			/* what a register held, beside something of the domain: a comparison of the two */
			join(&o, &more);
		}
		if (o.is & IS_REGISTER && combines(fr, e, node))
			o.is &= ~(IS_RESULT | IS_REGISTER);
		o.is &= ~(IS_DOMAIN | IS_DEVICE | IS_ENTRY | IS_HELD);
		return o;
	default:
		for (int i = 0; i < e->n_kids; i++) {
			if (!e->kid[i] || (e->kind == E_ASSIGN && !i))
				continue;
			more = origin_of(fr, e->kid[i], node);
			join(&o, &more);
		}
		return o;
	}
}

struct origin origin_of(struct frame *fr, struct expr *e, int node)
{
	struct known *k;
	bool fresh;

	e = bare(e);
	k = find_known(fr, e, node, &fresh);
	if (!fresh)
		return k->origin;
	if (depth >= MAX_DEPTH) {
		if (!fr->f->gap)
			fr->f->gap = format("line %d: values are derived from each other more than %d deep",
					    fr->f->nodes[node].line, MAX_DEPTH);
		return k->origin;
	}
	depth++;
	k->origin = evaluate(fr, e, node);
	depth--;
	return k->origin;
}
