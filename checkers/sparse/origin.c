// SPDX-License-Identifier: GPL-2.0-only
/*
 * Origins: in, a value in a function called in a known context; out, whether it
 * comes from the domain, the device, an allocation, ..., and what it is itself.
 * Follows stores, fields, parameters and what was stored in a field before;
 * the result of a call comes from its arguments, and from what a helper returns.
 */
#include "sparse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 24

static int depth;

/* ------------------------------------------------------------------- types */

static struct symbol *base_of(struct symbol *t)
{
	while (t && t->type == SYM_NODE)
		t = t->ctype.base_type;
	return t;
}

static struct symbol *target_of(struct symbol *t)
{
	t = base_of(t);
	return t && t->type == SYM_PTR ? base_of(t->ctype.base_type) : NULL;
}

static struct symbol *type_of(pseudo_t p)
{
	if (!p)
		return NULL;
	if (p->type == PSEUDO_SYM)
		return p->sym;
	return p->type == PSEUDO_REG && p->def ? p->def->type : NULL;
}

/* struct iommu_domain, or a structure that holds one: a driver's own kind of domain */
static bool domain_struct(struct symbol *t, int levels)
{
	struct symbol *member;

	if (!t || (t->type != SYM_STRUCT && t->type != SYM_UNION))
		return false;
	if (t->ident && !strcmp(name_of(t), "iommu_domain"))
		return true;
	if (levels)
		FOR_EACH_PTR(t->symbol_list, member) {
			struct symbol *type = base_of(member);

			if (type && domain_struct(type, type->ident ? 0 : levels - 1))
				return true;
		} END_FOR_EACH_PTR(member);
	return false;
}

static bool domain_pointer(struct symbol *t)
{
	return domain_struct(target_of(t), 2);
}

/* The load of a bit-field member, or NULL; *bits is its width. */
struct instruction *bit_field(pseudo_t p, int *bits)
{
	*bits = 64;
	while (p && p->type == PSEUDO_REG && p->def) {
		struct instruction *d = p->def;

		if (d->opcode == OP_TRUNC || d->opcode == OP_ZEXT || d->opcode == OP_SEXT) {
			if (d->opcode == OP_TRUNC && (int)d->size < *bits)
				*bits = d->size;
			p = d->src;
		} else if (d->opcode == OP_LSR && d->src2->type == PSEUDO_VAL) {
			p = d->src1;
		} else {
			return d->opcode == OP_LOAD && *bits < (int)d->size && *bits % 8 ? d : NULL;
		}
	}
	return NULL;
}

/* Is this a member of a structure that the driver does not declare: struct iommu_domain, say? */
static bool foreign_member(pseudo_t p)
{
	struct instruction *d = p && p->type == PSEUDO_REG ? p->def : NULL;
	struct symbol *t = d && d->opcode == OP_LOAD && d->src->type != PSEUDO_SYM ? target_of(type_of(d->src)) : NULL;

	return t && t->type == SYM_STRUCT && !find_source(&program, path_of(t->pos));
}

const char *type_word(pseudo_t p)
{
	struct symbol *t = base_of(type_of(p));
	int bits;

	if (foreign_member(p))
		return "";
	if (bit_field(p, &bits))
		return bits == 1 ? "bool" : "value";

	if (!t)
		return "";
	if (t == &bool_ctype)
		return "bool";
	return t->type == SYM_PTR ? "pointer" : "value";
}

/* The member of a structure at OFFSET that has no members of its own, as "a.b". */
static const char *member_at(struct symbol *t, unsigned long offset, int levels)
{
	struct symbol *member, *best = NULL;
	const char *rest;

	t = base_of(t);
	if (!t || (t->type != SYM_STRUCT && t->type != SYM_UNION) || levels > 6)
		return NULL;
	FOR_EACH_PTR(t->symbol_list, member) {
		if (member->offset <= offset &&
		    (!best || member->offset > best->offset))
			best = member;
	} END_FOR_EACH_PTR(member);
	if (!best)
		return NULL;
	rest = member_at(best, offset - best->offset, levels + 1);
	if (!best->ident)
		return rest;
	return rest ? format("%s.%s", name_of(best), rest) : name_of(best);
}

/* ---------------------------------------------------------------- spelling */

static pseudo_t plain(pseudo_t p)
{
	while (p && p->type == PSEUDO_REG && p->def &&
	       (p->def->opcode == OP_SEXT || p->def->opcode == OP_ZEXT || p->def->opcode == OP_TRUNC ||
		p->def->opcode == OP_PTRCAST || p->def->opcode == OP_UTPTR || p->def->opcode == OP_PTRTU ||
		p->def->opcode == OP_COPY || p->def->opcode == OP_SLICE))
		p = p->def->src;
	return p;
}

static const char *spell_in(struct fn *f, pseudo_t p, int levels);

static const char *spell_field(struct fn *f, struct instruction *load, int levels)
{
	struct symbol *t = load->src->type == PSEUDO_SYM ? load->src->sym : target_of(type_of(load->src));
	const char *member = member_at(t, load->offset, 0);
	bool direct = load->src->type == PSEUDO_SYM;

	if (direct && !load->offset && (!member || (base_of(t) && base_of(t)->type != SYM_STRUCT)))
		return name_of(load->src->sym);
	if (!member)
		return format("*%s", spell_in(f, load->src, levels + 1));
	return format("%s%s%s", spell_in(f, load->src, levels + 1), direct ? "." : "->", member);
}

static const char *spell_call(struct fn *f, struct instruction *call, int levels)
{
	const char *name = callee_name(call), *list = "";

	for (int i = 0; argument(call, i) && i < 6; i++)
		list = format("%s%s%s", list, i ? ", " : "", spell_in(f, argument(call, i), levels + 1));
	return format("%s(%s)", name ? name : spell_in(f, call->func, levels + 1), list);
}

static const char *spell_in(struct fn *f, pseudo_t p, int levels)
{
	static const char *const signs[] = {
		[OP_ADD] = "+", [OP_SUB] = "-", [OP_MUL] = "*", [OP_AND] = "&", [OP_OR] = "|", [OP_XOR] = "^",
		[OP_SHL] = "<<", [OP_LSR] = ">>", [OP_ASR] = ">>", [OP_DIVU] = "/", [OP_DIVS] = "/", [OP_MODU] = "%",
		[OP_MODS] = "%", [OP_SET_EQ] = "==", [OP_SET_NE] = "!=", [OP_SET_LT] = "<", [OP_SET_LE] = "<=",
		[OP_SET_GT] = ">", [OP_SET_GE] = ">=", [OP_SET_B] = "<", [OP_SET_BE] = "<=", [OP_SET_A] = ">",
		[OP_SET_AE] = ">=",
	};
	struct instruction *d;

	p = plain(p);
	if (!p || levels > 6)
		return "...";
	switch (p->type) {
	case PSEUDO_VAL:
		if (p->value >= 0xfffff001 && p->value <= 0xffffffff)	/* an int, and an errno */
			return strerrorname_np(-(int)p->value) ? format("-%s", strerrorname_np(-(int)p->value)) :
			       format("%d", (int)p->value);
		return format("%lld", p->value);
	case PSEUDO_SYM:
		return name_of(p->sym);
	case PSEUDO_ARG:
		return format("argument %d", p->nr);
	case PSEUDO_REG:
		break;
	default:
		return "?";
	}
	d = p->def;
	if (!d)
		return "?";
	switch (d->opcode) {
	case OP_LOAD:
		return spell_field(f, d, levels);
	case OP_CALL:
		return spell_call(f, d, levels);
	case OP_SYMADDR:
		return format("%s%s", d->src->type == PSEUDO_SYM && is_local(d->src->sym) ? "&" : "", spell_in(f, d->src, levels + 1));
	case OP_NEG:
		return format("-%s", spell_in(f, d->src, levels + 1));
	case OP_NOT:
		return format("~%s", spell_in(f, d->src, levels + 1));
	case OP_SETVAL:
		return "\"...\"";
	default:
		if (d->opcode < (int)(sizeof(signs) / sizeof(*signs)) && signs[d->opcode])
			return format("%s %s %s", spell_in(f, d->src1, levels + 1), signs[d->opcode],
				      spell_in(f, d->src2, levels + 1));
		return "?";
	}
}

const char *spell(struct fn *f, pseudo_t p)
{
	return spell_in(f, p, 0);
}

/* ----------------------------------------------------------------- callees */

struct fn *own_function(struct fn *f, pseudo_t p)
{
	struct definition **found;
	struct symbol *sym = NULL;
	struct fn *own = NULL;
	int n;

	p = plain(p);
	if (p && p->type == PSEUDO_REG && p->def && p->def->opcode == OP_SYMADDR)
		p = p->def->src;
	if (p && p->type == PSEUDO_SYM)
		sym = p->sym;
	if (!sym || !sym->ctype.base_type || sym->ctype.base_type->type != SYM_FN || !f->source)
		return NULL;
	n = find_definitions(&program, f->source, name_of(sym), &found);
	if (n) {
		own = fn_of(sym);
		for (int i = 0; i < n && !own; i++)
			own = fn_of(symbol_of(found[i]));
	}
	free(found);
	/* a stub that another configuration has is still the driver's */
	return own && own->source ? own : NULL;
}

static void add_callee(struct fn ***list, int *n, int *cap, struct fn *f)
{
	for (int i = 0; i < *n; i++)
		if ((*list)[i] == f)
			return;
	if (f)
		push(*list, *n, *cap) = f;
}

int own_callees(struct fn *f, struct instruction *call, struct fn ***out)
{
	pseudo_t p = plain(call->func);
	struct instruction *d;
	int n = 0, cap = 0;

	*out = NULL;
	add_callee(out, &n, &cap, own_function(f, p));
	if (n || !p || p->type != PSEUDO_REG || !p->def || p->def->opcode != OP_LOAD)
		return n;
	d = p->def;
	if (d->src->type == PSEUDO_SYM && is_local(d->src->sym)) {
		struct stores s = stores_to(f, d, d->src->sym, d->offset, false);

		for (int i = 0; i < s.n; i++)
			if (s.list[i]->opcode == OP_STORE)
				add_callee(out, &n, &cap, own_function(f, s.list[i]->target));
		free(s.list);
		if (n)
			return n;
	}
	if (f->source) {		/* base->slot(): what tables of the driver bind to it */
		struct symbol *t = d->src->type == PSEUDO_SYM ? d->src->sym : target_of(type_of(d->src));
		const char *slot = member_at(t, d->offset, 0), *base = spell(f, d->src), *p2;
		struct definition **found;
		int k;

		for (p2 = base; *p2; p2++)
			if (!isalnum((unsigned char)*p2) && *p2 != '_')
				base = p2 + 1;
		k = slot ? find_slot(&program, f->source, base, slot, &found) : 0;
		for (int i = 0; i < k; i++)
			add_callee(out, &n, &cap, fn_of(symbol_of(found[i])));
	}
	return n;
}

/* --------------------------------------------------------- what calls return */

static bool has_word(const char *name, const char *kind)
{
	char *copy = copy_string(name), *save = NULL;
	bool hit = false;

	for (char *w = strtok_r(copy, "_", &save); w && !hit; w = strtok_r(NULL, "_", &save))
		hit = api(kind, w);
	free(copy);
	return hit;
}

static bool known_errno(const char *name)
{
	return api("errno", name) || api("id_allocator_errno", name) || api("einval_without_domain", name);
}

bool may_be_errno(struct symbol *type)
{
	type = base_of(type);
	return type && (type->type == SYM_PTR || type == &int_ctype || type == &long_ctype || type == &sint_ctype ||
			type == &slong_ctype || type == &llong_ctype);
}

/* A function of another subsystem: by what is known, by its type, by its body, by its name. */
static bool foreign_errno(struct instruction *call, const char *name)
{
	if (api("allocator", name) || api("id_allocator", name) || api("lookup", name) || api("no_errno", name) ||
	    api("register_read", name) || !strncmp(name, "__builtin_", 10))
		return false;
	if (known_errno(name))
		return true;
	if (!may_be_errno(call->type) || base_of(call->type)->type == SYM_PTR)
		return false;
	return has_word(name, "action_word") && !has_word(name, "predicate_word");
}

static bool errno_result(struct fn *f, bool sure)
{
	const struct flow *flow;
	struct symbol *type = f->sym->ctype.base_type;
	bool yes = false;

	if (f->busy || !type || !may_be_errno(type->ctype.base_type))
		return false;
	f->busy = 1;
	flow = flow_of(f);
	for (int i = 0; i < flow->n && !yes; i++) {
		struct instruction *call = flow->arrivals[i].call;
		struct fn **own;
		int n;

		if (flow->arrivals[i].value) {
			yes = true;
			break;
		}
		n = own_callees(f, call, &own);
		for (int k = 0; k < n; k++)
			yes |= errno_result(own[k], sure);
		if (!n && callee_name(call))
			yes |= sure ? known_errno(callee_name(call)) : foreign_errno(call, callee_name(call));
		free(own);
	}
	f->busy = 0;
	return yes;
}

bool returns_errno(struct fn *f)
{
	return errno_result(f, false);
}

static void join(struct origin *to, const struct origin *more)
{
	to->from |= more->from;
	to->is |= more->is;
	if (more->call && !to->call)
		to->call = more->call;
	if (more->macro && !to->macro)
		to->macro = more->macro;
	for (int i = 0; i < more->n_calls; i++) {
		bool known = false;

		for (int j = 0; j < to->n_calls; j++)
			known |= !strcmp(to->calls[j], more->calls[i]);
		if (!known && to->n_calls < MAX_CALLS)
			to->calls[to->n_calls++] = more->calls[i];
	}
}

static struct origin inside_of(struct origin o)
{
	o.is = 0;
	o.call = NULL;
	o.macro = NULL;
	return o;
}

/* Values that reach the return of F, as it returns them. */
static int returned(struct fn *f, pseudo_t *list, int *blocks, int max)
{
	struct instruction *ret = f->end >= 0 ? terminator(f, f->end) : NULL;
	pseudo_t p = ret ? ret->src : NULL, part;
	int n = 0;

	if (!p)
		return 0;
	if (p->type == PSEUDO_REG && p->def && p->def->opcode == OP_PHI) {
		FOR_EACH_PTR(p->def->phi_list, part) {
			if (part->def && part->def->opcode == OP_PHISOURCE && part->def->bb && n < max) {
				blocks[n] = block_of(part->def);
				list[n++] = part->def->phi_src;
			}
		} END_FOR_EACH_PTR(part);
		return n;
	}
	list[0] = p;
	blocks[0] = f->end;
	return 1;
}

/* IS_ALLOCATION: this pointer is NULL because an allocation failed; IS_MAYBE_ALLOCATION: for that or other reasons. */
static unsigned reason_of_null(struct fn *f)
{
	struct frame fr = { .f = f, .op = "" };
	pseudo_t values[64];
	int blocks[64], n, failed = 0, other = 0;

	if (f->busy)
		return 0;
	f->busy = 1;
	n = returned(f, values, blocks, 64);
	for (int i = 0; i < n; i++) {
		struct guard *g = NULL;
		struct origin o = { 0 };
		int count;

		if (!is_zero(plain(values[i]))) {
			failed += (origin_of(&fr, values[i]).is & IS_ALLOCATION) != 0;
			continue;
		}
		count = guards_of(f, blocks[i], f->bb[blocks[i]]->pos, &g);
		if (count && !f->decisions[g[0].decision].dispatch) {
			o = origin_of_guard(&fr, &g[0]);
			if (o.is & IS_ERRNO && o.call) {
				struct fn **own;
				int n_own = own_callees(f, o.call, &own);

				for (int k = 0; k < n_own; k++)
					for (int a = 0; a < flow_of(own[k])->n; a++)
						if (flow_of(own[k])->arrivals[a].value == -12)
							o.is |= IS_ALLOCATION;
				free(own);
			}
		}
		if (o.is & IS_ALLOCATION)
			failed++;
		else
			other++;
		free(g);
	}
	f->busy = 0;
	return !failed ? 0 : other ? IS_MAYBE_ALLOCATION : IS_ALLOCATION;
}

static bool errno_variable(const struct symbol *sym)
{
	char *word = copy_string(name_of(sym));
	bool yes;

	word[strcspn(word, "0123456789")] = 0;
	yes = api("errno_variable", word);
	free(word);
	return yes;
}

/* Is it only a name that speaks for an errno? cc = firmware(); */
static bool guessed(struct fn *f, struct instruction *call)
{
	struct fn **own;
	int n = own_callees(f, call, &own);
	bool sure = false;

	for (int i = 0; i < n; i++)
		sure |= errno_result(own[i], true);
	free(own);
	return n ? !sure : !callee_name(call) || !known_errno(callee_name(call));
}

/* ----------------------------------------------------------------- origins */

static struct origin origin_of_call(struct frame *fr, struct instruction *call)
{
	const char *name = callee_name(call);
	struct origin o = { 0 };
	struct fn **own;
	int n;

	for (int i = 0; argument(call, i); i++) {
		struct origin more = origin_of(fr, argument(call, i));

		join(&o, &more);
	}
	if (name && (api("carrier", name) || api("error_test", name) || api("warn", name)))
		return o;
	if (name && (api("same", name) || api("transparent", name))) {
		o.is &= ~(IS_ERRNO | IS_ID);
		return o;
	}
	o.from &= ~FROM_CONST;
	o.is = o.is & (IS_ERRNO | IS_RESULT) ? IS_RESULT : 0;
	o.call = NULL;
	o.macro = NULL;
	n = own_callees(fr->f, call, &own);
	if (!name && !n)
		return o;
	o.n_calls = 0;
	o.calls[o.n_calls++] = name ? name : own[0]->name;
	if (!name)
		name = own[0]->name;
	if (api("allocator", name)) {
		o.from |= FROM_ALLOC;
		o.is = IS_ALLOCATION;
	} else if (api("id_allocator", name)) {
		o.is = IS_ID;
	} else if (api("id_allocator_errno", name)) {
		o.is = IS_ID | IS_ERRNO;
		o.call = call;
	} else if (api("attached_domain", name)) {
		o.is = IS_ATTACHED;
	} else if (api("register_read", name)) {
		o.is = IS_RESULT;
	} else if (n) {
		struct symbol *type = base_of(call->type);

		if (returns_errno(own[0])) {
			o.is |= IS_ERRNO;
			o.call = call;
		} else if (type && type->type == SYM_PTR) {
			o.is = reason_of_null(own[0]);
			if (!(o.is & IS_ALLOCATION))
				o.is |= IS_LOOKUP;
			if (domain_pointer(type) && !(o.from & FROM_DOMAIN))
				o.is = IS_ATTACHED;
		}
		if (!o.from)
			o.from = FROM_GLOBAL;
	} else if (foreign_errno(call, name)) {
		o.is = IS_ERRNO;
		o.call = call;
	} else {
		o.is |= api("lookup", name) ? IS_LOOKUP : IS_OUTCOME;
		if (!o.from)
			o.from = FROM_GLOBAL;
	}
	free(own);
	return o;
}

bool errno_call(struct frame *fr, struct instruction *call)
{
	return (origin_of_call(fr, call).is & IS_ERRNO) != 0;
}

/* Is this the code of another subsystem, which a driver calls? */
static bool outside(const struct frame *fr)
{
	while (fr->caller)
		fr = fr->caller;
	return fr->given != NULL;
}

/* What a store gives a variable (NULL: memory). */
static struct origin origin_of_store(struct frame *fr, struct instruction *s, struct symbol *variable)
{
	struct origin o = { 0 };
	pseudo_t value;

	if (s->opcode == OP_CALL && outside(fr)) {
		o.from = FROM_GLOBAL;	/* read_register(map, REG, &x): what it answers is no domain's */
		return o;
	}
	if (s->opcode == OP_CALL) {		/* f(&x) */
		o = origin_of_call(fr, s);
		o.is &= IS_ALLOCATION;
		o.call = NULL;
		return o;
	}
	o = origin_of(fr, s->target);
	value = plain(s->target);
	if (!variable || value->type != PSEUDO_REG || !value->def || value->def->opcode != OP_CALL)
		return o;
	if (o.is & IS_OUTCOME && errno_variable(variable)) {
		o.is = (o.is & ~IS_OUTCOME) | IS_ERRNO;
		o.call = value->def;
	} else if (o.is & IS_ERRNO && !errno_variable(variable) && base_of(variable)->type != SYM_PTR && guessed(fr->f, value->def)) {
		o.is = (o.is & ~IS_ERRNO) | IS_OUTCOME;
		o.call = NULL;
	} else if (o.is & IS_OUTCOME && base_of(variable) && base_of(variable)->type == SYM_PTR) {
		o.is = (o.is & ~IS_OUTCOME) | IS_LOOKUP;
	}
	/* code = firmware(domain, device): how that went, not what they are */
	if (o.is & IS_OUTCOME && o.from & FROM_DOMAIN && o.from & FROM_DEV && base_of(variable) != &bool_ctype)
		o.is |= IS_RESULT;
	return o;
}

static struct origin origin_of_argument(struct frame *fr, int nr)
{
	struct origin o = { 0 };
	pseudo_t p;

	if (!fr->caller) {
		o.from = fr->given && nr <= fr->n_given ? fr->given[nr - 1].from : 0;
		return o;
	}
	if (fr->indirect) {
		for (int i = 0; argument(fr->call, i); i++) {
			struct origin more = origin_of(fr->caller, argument(fr->call, i));

			join(&o, &more);
		}
		return inside_of(o);
	}
	p = argument(fr->call, nr - 1);
	if (p)
		o = origin_of(fr->caller, p);
	o.is &= domain_pointer(type_of(plain(p))) ? IS_ATTACHED : 0;
	o.call = NULL;
	return o;
}

/* A variable that only ever holds constants says what its stores depended on. */
static void join_conditions(struct frame *fr, int block, struct position pos, struct origin *o)
{
	struct guard *g;
	int n = guards_of(fr->f, block, pos, &g);

	for (int k = 0; k < n && !g[k].depth; k++)
		if (!fr->f->decisions[g[k].decision].loop) {
			struct origin more = inside_of(origin_of_guard(fr, &g[k]));

			join(o, &more);
		}
	free(g);
}

static struct origin origin_of_stores(struct frame *fr, struct stores *s, struct symbol *variable)
{
	struct origin o = { 0 };

	for (int i = 0; i < s->n; i++) {
		struct origin more = origin_of_store(fr, s->list[i], variable);

		join(&o, &more);
	}
	return o;
}

/* The variable in an outer frame whose address this is: f(&x) has its parameter point to x. */
static struct symbol *points_to(struct frame *fr, pseudo_t p, struct frame **where, const struct instruction **at,
				long long *offset)
{
	for (int steps = 0; steps < 16; steps++) {
		p = settled(fr->f, p);
		if (!p)
			return NULL;
		if (p->type == PSEUDO_ARG) {
			pseudo_t next = NULL;

			if (!fr->caller)
				return NULL;
			if (!fr->indirect) {
				next = argument(fr->call, p->nr - 1);
			} else {
				for (int i = 0; argument(fr->call, i); i++) {
					pseudo_t a = plain(argument(fr->call, i));

					if (a->type == PSEUDO_REG && a->def && a->def->opcode == OP_SYMADDR &&
					    a->def->src->type == PSEUDO_SYM && is_local(a->def->src->sym))
						next = a;
				}
				/* the function's own parameters come from the iterator */
				if (next && base_of(type_of(plain(next))) && p->nr < 2)
					return NULL;
			}
			if (!next)
				return NULL;
			*at = fr->call;
			p = next;
			fr = fr->caller;
			continue;
		}
		if (p->type != PSEUDO_REG || !p->def)
			return NULL;
		if (p->def->opcode == OP_ADD && p->def->src2->type == PSEUDO_VAL) {
			*offset += p->def->src2->value;
			p = p->def->src1;
			continue;
		}
		if (p->def->opcode != OP_SYMADDR || p->def->src->type != PSEUDO_SYM || !is_local(p->def->src->sym))
			return NULL;
		*where = fr;
		return p->def->src->sym;
	}
	return NULL;
}

/* buf + size with a size that is not known: what stands there is not what was put into buf */
static bool behind_offset(struct fn *f, pseudo_t p)
{
	pseudo_t direct = plain(p);

	p = settled(f, p);
	if (p == direct)
		return false;		/* an index */
	while (p && p->type == PSEUDO_REG && p->def && (p->def->opcode == OP_ADD || p->def->opcode == OP_SUB)) {
		if (p->def->src2->type != PSEUDO_VAL)
			return true;
		p = plain(p->def->src1);
	}
	return false;
}

static struct origin origin_of_load(struct frame *fr, struct instruction *load)
{
	struct symbol *sym = load->src->type == PSEUDO_SYM ? load->src->sym : NULL;
	struct origin o = { 0 }, base;
	struct stores s = { 0 };
	bool found = false;

	if (sym && !is_local(sym)) {
		o.from = FROM_GLOBAL;
	} else if (sym) {
		struct symbol *type = base_of(sym);
		bool whole = type && (type->type == SYM_STRUCT || type->type == SYM_UNION || type->type == SYM_ARRAY);
		bool constants;

		s = stores_to(fr->f, load, sym, whole ? load->offset : 0, false);
		o = origin_of_stores(fr, &s, sym);
		constants = !(o.from & ~FROM_CONST);
		for (int i = 0; i < s.n; i++)	/* a counter depends on nothing but its loop */
			constants &= s.list[i]->opcode == OP_STORE && !counts(s.list[i]);
		if (constants && s.n > 1)
			for (int i = 0; i < s.n; i++)
				join_conditions(fr, block_of(s.list[i]), s.list[i]->pos, &o);
		if (whole)
			o = inside_of(o);
	} else if (behind_offset(fr->f, load->src)) {
		o.from = FROM_GLOBAL;
		return o;
	} else {
		struct frame *where = NULL;
		const struct instruction *at = load;
		long long offset = load->offset;

		sym = points_to(fr, load->src, &where, &at, &offset);
		if (sym) {
			s = stores_to(where->f, at, sym, offset, false);
			o = origin_of_stores(where, &s, NULL);
			found = o.from != 0;
		} else {
			stores_through(fr->f, load, &s);
			o = origin_of_stores(fr, &s, NULL);
			if (s.unset || !s.n)
				o.is &= ~(IS_ERRNO | IS_ID);
			found = s.n && !s.unset && o.from;
		}
		if (!found) {
			base = inside_of(origin_of(fr, load->src));
			join(&o, &base);
		}
	}
	free(s.list);
	if (domain_pointer(load->type) && !(o.from & FROM_DOMAIN) && o.from & (FROM_DEV | FROM_GLOBAL))
		o.is |= IS_ATTACHED;
	return o;
}

/* All that was ever put into a variable: for its address. */
static struct origin origin_of_address(struct frame *fr, struct instruction *d)
{
	struct origin o = { 0 };
	struct stores s;

	if (d->src->type != PSEUDO_SYM)
		return o;
	if (d->src->sym->ctype.base_type && d->src->sym->ctype.base_type->type == SYM_FN) {
		o.from = FROM_CONST;
		return o;
	}
	if (!is_local(d->src->sym)) {
		o.from = FROM_GLOBAL;
		return o;
	}
	s = stores_to(fr->f, d, d->src->sym, -1, false);
	for (int i = 0; i < s.n; i++)
		if (s.list[i]->opcode == OP_STORE) {
			struct origin more = inside_of(origin_of_store(fr, s.list[i], NULL));

			join(&o, &more);
		}
	free(s.list);
	return o;
}

static struct origin evaluate_phi(struct frame *fr, struct instruction *d)
{
	struct origin o = { 0 };
	bool constants = true;
	pseudo_t part;

	o.macro = errno_macro(d->pos);
	if (o.macro) {
		o.from = FROM_GLOBAL;
		o.is = IS_ERRNO;
		o.calls[o.n_calls++] = o.macro;
		return o;
	}
	FOR_EACH_PTR(d->phi_list, part) {
		struct origin more;

		if (!part->def || part->def->opcode != OP_PHISOURCE || !part->def->bb)
			continue;
		more = origin_of(fr, part->def->phi_src);
		join(&o, &more);
		constants &= plain(part->def->phi_src)->type == PSEUDO_VAL;
	} END_FOR_EACH_PTR(part);
	FOR_EACH_PTR(d->phi_list, part) {
		/* a && b: what decided which constant it is counts as well */
		if (part->def && part->def->opcode == OP_PHISOURCE && part->def->bb &&
		    (constants || base_of(d->type) == &bool_ctype || is_zero(part->def->phi_src) ||
		     is_nonzero(part->def->phi_src))) {
			struct instruction *last = last_instruction(part->def->bb->insns);

			if (last->opcode == OP_CBR) {
				struct origin more = inside_of(origin_of(fr, last->cond));

				join(&o, &more);
			} else if (constants) {
				join_conditions(fr, block_of(part->def), part->def->pos, &o);
			}
		}
	} END_FOR_EACH_PTR(part);
	return o;
}

static struct origin evaluate(struct frame *fr, pseudo_t p)
{
	struct origin o = { 0 }, more;
	struct instruction *d;

	switch (p->type) {
	case PSEUDO_VAL:
		o.from = FROM_CONST;
		return o;
	case PSEUDO_ARG:
		return origin_of_argument(fr, p->nr);
	case PSEUDO_SYM:
		o.from = p->sym->ctype.base_type && p->sym->ctype.base_type->type == SYM_FN ? FROM_CONST : FROM_GLOBAL;
		return o;
	case PSEUDO_REG:
		break;
	default:
		return o;
	}
	d = p->def;
	if (!d)
		return o;
	switch (d->opcode) {
	case OP_LOAD:
		return origin_of_load(fr, d);
	case OP_CALL:
		return origin_of_call(fr, d);
	case OP_SYMADDR:
		return origin_of_address(fr, d);
	case OP_SETVAL: case OP_SETFVAL:
		o.from = FROM_CONST;
		return o;
	case OP_PHI:
		return evaluate_phi(fr, d);
	case OP_SEL:
		o.macro = errno_macro(d->pos);
		if (o.macro) {
			o.from = FROM_GLOBAL;
			o.is = IS_ERRNO;
			o.calls[o.n_calls++] = o.macro;
			return o;
		}
		o = origin_of(fr, d->src2);
		more = origin_of(fr, d->src3);
		join(&o, &more);
		more = inside_of(origin_of(fr, d->src1));
		join(&o, &more);
		return o;
	case OP_ASM:
		o.from = FROM_GLOBAL;
		return o;
	default:
		if (d->opcode >= OP_BINARY && d->opcode <= OP_BINCMP_END) {
			o = origin_of(fr, d->src1);
			more = origin_of(fr, d->src2);
			join(&o, &more);
		} else if (d->opcode >= OP_UNOP && d->opcode <= OP_UNOP_END) {
			o = origin_of(fr, d->src);
		}
		return o;
	}
}

struct origin origin_of(struct frame *fr, pseudo_t p)
{
	static struct { struct frame *fr; pseudo_t p; } busy[MAX_DEPTH];
	struct origin o = { 0 };

	p = plain(p);
	if (!p || depth >= MAX_DEPTH)
		return o;
	for (int i = 0; i < depth; i++)
		if (busy[i].p == p && busy[i].fr == fr)
			return o;
	busy[depth].fr = fr;
	busy[depth++].p = p;
	o = evaluate(fr, p);
	depth--;
	return o;
}
