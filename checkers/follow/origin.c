// SPDX-License-Identifier: GPL-2.0-only
/*
 * Origins: in, an expression at a node of a function called in a known context;
 * out, whether it comes from the domain, the device, an allocation, ..., and
 * what the value itself is. Follows assignments, fields, parameters and what
 * the function stored in a field before; calls carry the origins of their arguments.
 */
#include "program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 400		/* of C recursion; cycles end before */

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

/* Only where it comes from: a field of an allocated structure is no allocation. */
static struct origin inside_of(struct origin o)
{
	o.is = 0;
	o.call = NULL;
	return o;
}

static bool constant_name(const char *s)
{
	for (; *s; s++)
		if (islower((unsigned char)*s))
			return false;
	return true;
}

/* What a local pointer to a function can hold: fn = one; else fn = other; */
static int assigned_functions(struct function *f, struct expr *variable, struct definition ***out)
{
	int n = 0, cap = 0;

	for (int i = 0; i < f->n_nodes; i++) {
		struct definition **found;
		struct setting s;
		struct expr *value;
		int k;

		if (!setting_in(f, i, variable, &s) || !s.value || s.by_address)
			continue;
		value = bare(s.value);
		if (value->kind == E_UNARY && !strcmp(value->text, "&"))
			value = bare(value->kid[0]);
		if (value->kind != E_NAME || !strcmp(value->text, variable->text))
			continue;
		k = find_definitions(context.program, f->def->source, value->text, &found);
		for (int j = 0; j < k; j++)
			push(*out, n, cap) = found[j];
		free(found);
	}
	return n;
}

static int all_callees(struct function *f, struct expr *call, struct definition ***out)
{
	struct expr *fn = bare(call->kid[0]);

	*out = NULL;
	if (fn->kind == E_UNARY && !strcmp(fn->text, "*"))
		fn = bare(fn->kid[0]);
	if (fn->kind == E_NAME) {
		int n = find_definitions(context.program, f->def->source, fn->text, out);

		return n ? n : assigned_functions(f, fn, out);
	}
	if (fn->kind == E_MEMBER && fn->n_kids) {
		struct expr *base = bare(fn->kid[0]);

		if (context.core && is_operation(fn->text))
			return 0;
		if (base->kind == E_NAME || base->kind == E_MEMBER)
			return find_slot(context.program, f->def->source, base->text, fn->text, out);
	}
	return 0;
}

int own_callees(struct function *f, struct expr *call, struct definition ***out)
{
	int n = all_callees(f, call, out), kept = 0;

	for (int i = 0; i < n; i++)
		if (!context.left_out || !context.left_out((*out)[i]))
			(*out)[kept++] = (*out)[i];
	return kept;
}

static bool has_word(const char *name, const char *kind)
{
	const char *p = name;

	while (*p) {
		size_t len = strcspn(p, "_");
		char *word = copy_bytes(p, len);
		bool hit = len && api(kind, word);

		free(word);
		if (hit)
			return true;
		p += len;
		p += strspn(p, "_");
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

		if (e->kind == E_ERRNO) {
			yes = true;
			break;
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

static bool domain_member(struct function *f, const char *name)
{
	if (has_type(context.program, f->def->source, name, "struct iommu_domain *"))
		return true;
	for (int i = 0; i < context.n_domain_types; i++)
		if (has_type(context.program, f->def->source, name, context.domain_types[i]))
			return true;
	return false;
}

/* struct foo_domain *foo = to_foo_domain(domain): foo_domain stands for a domain */
void learn_domain_types(struct function *f)
{
	for (int i = 0; i < f->n_nodes; i++) {
		struct node *n = &f->nodes[i];
		struct expr *e = n->kind == N_DECLARATION && n->e ? bare(n->e) : NULL;

		if (!e || e->kind != E_CALL || e->n_kids < 2 || !n->type || strncmp(n->type, "struct ", 7) ||
		    !strchr(n->type, '*') || domain_type(n->type))
			continue;
		e = bare(e->kid[1]);
		for (int k = 0; k < f->def->n_params; k++)
			if (e->kind == E_NAME && !strcmp(f->def->params[k].name, e->text) &&
			    !strcmp(f->def->params[k].type, "struct iommu_domain *"))
				push(context.domain_types, context.n_domain_types,
				     context.cap_domain_types) = n->type;
	}
}

static struct origin origin_of_parameter(struct frame *fr, int index)
{
	struct origin o = { 0 };
	const char *type = fr->f->def->params[index].type;

	if (!fr->caller) {
		static const unsigned attach[] = { FROM_DOMAIN, FROM_DEV, FROM_OLD };
		static const unsigned pasid[] = { FROM_DOMAIN, FROM_DEV, FROM_PASID, FROM_OLD };

		if (!strcmp(fr->op, "attach_dev") && index < 3)
			o.from = attach[index];
		else if (!strcmp(fr->op, "set_dev_pasid") && index < 4)
			o.from = pasid[index];
		else if (*fr->op)	/* an entry point of the core: by its type */
			o.from = domain_type(type) ? FROM_DOMAIN : !strcmp(type, "ioasid_t") ? FROM_PASID :
				 !strcmp(type, "struct device *") || !strcmp(type, "struct iommu_group *") ?
				 FROM_DEV : 0;
		return o;
	}
	if (fr->indirect) {
		for (int i = 1; i < fr->call->n_kids; i++) {
			struct origin more = origin_of(fr->caller, fr->call->kid[i], fr->node);

			join(&o, &more);
		}
		o.is = 0;
		return o;
	}
	if (index + 1 < fr->call->n_kids)
		o = origin_of(fr->caller, fr->call->kid[index + 1], fr->node);
	/* a domain-typed argument reached from the device is still the attached one */
	o.is &= domain_type(type) ? IS_ATTACHED : 0;
	o.call = NULL;
	return o;
}

static bool errno_variable(const char *name)
{
	char *word = copy_string(name);
	bool yes;

	word[strcspn(word, "0123456789")] = 0;
	yes = api("errno_variable", word);
	free(word);
	return yes;
}

static struct origin origin_of_call(struct frame *fr, struct expr *e, int node)
{
	const char *name = callee(e);
	struct origin o = { 0 };
	struct definition **own;
	int n;

	for (int i = 1; i < e->n_kids; i++) {
		struct origin more;

		if (bare(e->kid[i])->kind == E_STRING)
			continue;
		more = origin_of(fr, e->kid[i], node);
		/* &x is where a result goes, unless x holds something already */
		join(&o, &more);
	}
	if (name && (api("carrier", name) || api("error_test", name) || api("warn", name)))
		return o;
	if (name && api("transparent", name)) {
		o.is &= ~(IS_ERRNO | IS_ID);
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
	n = own_callees(fr->f, e, &own);
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
		o.is = IS_RESULT;
	} else if (n) {
		bool pointer = strchr(own[0]->type, '*');

		if (returns_errno(own[0])) {
			o.is |= IS_ERRNO;
			o.call = e;
			o.call_node = node;
		} else if (pointer) {
			o.is = reason_of_null(own[0]);
			if (!(o.is & IS_ALLOCATION))
				o.is |= IS_LOOKUP;
			if (domain_type(own[0]->type) && !(o.from & FROM_DOMAIN))
				o.is = IS_ATTACHED;
		}
		if (!o.from)
			o.from = FROM_GLOBAL;
	} else if (foreign_errno(name)) {
		o.is = IS_ERRNO;
		o.call = e;
		o.call_node = node;
	} else {
		o.is |= api("lookup", name) ? IS_LOOKUP : IS_OUTCOME;
		if (!o.from)
			o.from = FROM_GLOBAL;
	}
	free(own);
	return o;
}

static int parameter_index(const struct function *f, const char *name)
{
	for (int i = 0; i < f->def->n_params; i++)
		if (!strcmp(f->def->params[i].name, name))
			return i;
	return -1;
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

/* Is it only a name that speaks for an errno, and the variable's name speaks against it? cc = firmware(); */
bool guessed_errno(struct function *f, struct expr *e, const char *variable)
{
	struct definition **own;
	bool sure = false;
	int n;

	e = bare(e);
	if (e->kind != E_CALL || !callee(e) || errno_variable(variable))
		return false;
	n = own_callees(f, e, &own);
	for (int i = 0; i < n; i++)
		sure |= errno_result(own[i], true);
	free(own);
	return n ? !sure : !known_errno(callee(e));
}

static bool is_bool(const struct function *f, const char *name)
{
	const char *type = "";

	return is_local(f, name, &type) && !strcmp(type, "bool");
}

static struct origin origin_of_setting(struct frame *fr, const struct setting *s, const char *variable)
{
	struct origin o = { 0 };

	if (!s->value)
		return o;
	o = origin_of(fr, s->value, s->node);
	if (s->by_address) {
		o.is &= IS_ALLOCATION;
		o.call = NULL;
	} else if (fr->f->nodes[s->node].iterator) {
		o = inside_of(o);
	} else if (o.is & IS_OUTCOME && variable && errno_variable(variable)) {
		o.is = (o.is & ~IS_OUTCOME) | IS_ERRNO;
		o.call = bare(s->value)->kind == E_CALL ? bare(s->value) : NULL;
		o.call_node = s->node;
	} else if (variable && o.is & IS_ERRNO && guessed_errno(fr->f, s->value, variable)) {
		o.is = (o.is & ~IS_ERRNO) | IS_OUTCOME;
		o.call = NULL;
	} else if (o.is & IS_OUTCOME && variable) {
		const char *type = "";

		/* struct x *p = find(..) */
		if (is_local(fr->f, variable, &type) && strchr(type, '*'))
			o.is = (o.is & ~IS_OUTCOME) | IS_LOOKUP;
	}
	/* code = firmware(domain, device): how that went, not what they are */
	if (o.is & IS_OUTCOME && variable && o.from & FROM_DOMAIN && o.from & FROM_DEV && !is_bool(fr->f, variable))
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

/* A variable that only ever holds constants says what its settings depended on. */
static void join_conditions(struct frame *fr, const struct settings *s, struct origin *o)
{
	for (int i = 0; i < s->n; i++) {
		const struct guard *g;
		int n = guards_of(fr->f, s->list[i].node, &g);

		for (int k = 0; k < n && !g[k].depth; k++) {
			struct expr *c = fr->f->nodes[g[k].branch].e;
			struct origin more = { 0 };

			if (precedes(fr->f, g[k].branch, s->list[i].node))
				continue;
			if (c && !fr->f->nodes[g[k].branch].loop)
				more = inside_of(origin_of(fr, c, g[k].branch));
			join(o, &more);
		}
	}
}

static struct origin origin_of_name(struct frame *fr, struct expr *e, int node)
{
	struct origin o = { 0 };
	const char *type = "";
	int index = parameter_index(fr->f, e->text);
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
				     origin_of_setting(fr, &s.list[i], e->text);

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

static struct expr *member_of(struct expr *base, const char *member, bool arrow)
{
	struct expr *e = alloc(sizeof(*e));

	e->kind = E_MEMBER;
	e->text = member;
	e->arrow = arrow;
	push(e->kid, e->n_kids, e->cap_kids) = base;
	return e;
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
	index = parameter_index(fr->f, base->text);
	if (index < 0) {
		struct settings s = settings_of(fr->f, base, node, false);
		struct expr *value = s.n == 1 && s.list[0].value ? bare(s.list[0].value) : NULL;

		free(s.list);
		if (!value || value->kind != E_NAME)
			return false;
		index = parameter_index(fr->f, value->text);
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
static bool behind_offset(struct frame *fr, struct expr *base, int node)
{
	struct settings s;
	struct expr *value;

	base = bare(base);
	if (base->kind != E_NAME)
		return false;
	s = settings_of(fr->f, base, node, false);
	value = s.n == 1 && s.list[0].value && !s.list[0].by_address ? bare(s.list[0].value) : NULL;
	free(s.list);
	return value && value->kind == E_BINARY && (!strcmp(value->text, "+") || !strcmp(value->text, "-"));
}

static struct origin origin_of_member(struct frame *fr, struct expr *e, int node)
{
	struct origin o = { 0 }, base;
	struct settings s;

	if (!e->n_kids)
		return o;
	if (behind_offset(fr, e->kid[0], node)) {
		o.from = FROM_GLOBAL;
		return o;
	}
	s = settings_of(fr->f, e, node, false);
	for (int i = 0; i < s.n; i++) {
		struct origin more = origin_of_setting(fr, &s.list[i], e->text);

		join(&o, &more);
	}
	free(s.list);
	if (s.may_be_unset)
		o.is &= ~(IS_ERRNO | IS_ID);
	/* stored on every path: what was stored counts, not what holds it */
	if (!s.n || s.may_be_unset || !o.from) {
		if (s.n || !origin_in_caller(fr, e, node, &base))
			base = inside_of(origin_of(fr, e->kid[0], node));
		join(&o, &base);
	}
	if (!(o.from & FROM_DOMAIN) && o.from & (FROM_DEV | FROM_GLOBAL) && domain_member(fr->f, e->text))
		o.is |= IS_ATTACHED;
	return o;
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
			return origin_of_setting(fr, &s, e->text);
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
		return origin_of_setting(fr, &s, bare(e->kid[0])->kind == E_NAME ? bare(e->kid[0])->text : NULL);
	case E_UNARY:
		o = origin_of(fr, e->kid[0], node);
		return o;
	case E_INDEX:
		o = inside_of(origin_of(fr, e->kid[0], node));
		more = inside_of(origin_of(fr, e->kid[1], node));
		more.from &= ~FROM_CONST;
		join(&o, &more);
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
