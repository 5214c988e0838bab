// SPDX-License-Identifier: GPL-2.0-only
/*
 * Constants: in, a function as it is called; out, the values that are the same
 * number in every such call, and the blocks that are entered then. Told are numbers
 * and addresses that the caller writes down, and what is computed from them.
 */
#include "sparse.h"

#include <stdlib.h>
#include <string.h>

#define MAX_STEPS 24
#define MAX_VALUES 400			/* looked at for one question */

enum sort { UNKNOWN, NUMBER, ADDRESS };	/* an address is not NULL */

struct known {
	enum sort sort;
	long long value;
};

static int looked_at;

static struct known known_in(struct frame *fr, pseudo_t p, int steps);

static struct known number(long long value)
{
	return (struct known){ NUMBER, value };
}

/* As a value of that many bits, signed. */
static long long cut(long long value, unsigned int bits)
{
	if (!bits || bits >= 64)
		return value;
	return (long long)((unsigned long long)value << (64 - bits)) >> (64 - bits);
}

static unsigned long long unsigned_cut(long long value, unsigned int bits)
{
	return bits && bits < 64 ? (unsigned long long)value & ((1ull << bits) - 1) :
				   (unsigned long long)value;
}

static bool computed(const struct instruction *d, long long a, long long b, long long *out)
{
	bool compares = d->opcode >= OP_BINCMP && d->opcode <= OP_BINCMP_END;
	unsigned int bits = compares && d->itype ? d->itype->bit_size : d->size;
	long long x = cut(a, bits), y = cut(b, bits);
	unsigned long long u = unsigned_cut(a, bits), v = unsigned_cut(b, bits);

	switch (d->opcode) {
	case OP_AND: *out = a & b; return true;
	case OP_OR: *out = a | b; return true;
	case OP_XOR: *out = a ^ b; return true;
	case OP_ADD: *out = (long long)((unsigned long long)a + (unsigned long long)b); break;
	case OP_SUB: *out = (long long)((unsigned long long)a - (unsigned long long)b); break;
	case OP_SHL:
		if (b < 0 || b > 62)
			return false;
		*out = (long long)((unsigned long long)a << b);
		break;
	case OP_SET_EQ: *out = u == v; return true;
	case OP_SET_NE: *out = u != v; return true;
	case OP_SET_LT: *out = x < y; return true;
	case OP_SET_LE: *out = x <= y; return true;
	case OP_SET_GT: *out = x > y; return true;
	case OP_SET_GE: *out = x >= y; return true;
	case OP_SET_B: *out = u < v; return true;
	case OP_SET_BE: *out = u <= v; return true;
	case OP_SET_A: *out = u > v; return true;
	case OP_SET_AE: *out = u >= v; return true;
	default: return false;
	}
	*out = cut(*out, d->size);
	return true;
}

static bool is_pointer(pseudo_t p)
{
	const struct symbol *type = p->type == PSEUDO_REG && p->def ? p->def->type : NULL;

	while (type && type->type == SYM_NODE)
		type = type->ctype.base_type;
	return type && type->type == SYM_PTR;
}

static struct known known_binary(struct frame *fr, struct instruction *d, int steps)
{
	struct known a = known_in(fr, d->src1, steps), b = known_in(fr, d->src2, steps),
		     none = { UNKNOWN, 0 };
	long long value;

	if (a.sort == NUMBER && b.sort == NUMBER)
		return computed(d, a.value, b.value, &value) ? number(value) : none;
	if (d->opcode == OP_AND &&
	    ((a.sort == NUMBER && !a.value) || (b.sort == NUMBER && !b.value)))
		return number(0);
	if (a.sort == ADDRESS && b.sort == NUMBER && !b.value &&
	    (d->opcode == OP_SET_EQ || d->opcode == OP_SET_NE))
		return number(d->opcode == OP_SET_NE);
	if (a.sort == ADDRESS && b.sort == NUMBER && d->opcode == OP_ADD && b.value >= 0)
		return a;
	/* &p->member: whoever computes that has made sure of p */
	if (d->opcode == OP_ADD && b.sort == NUMBER && b.value > 0 && is_pointer(d->src1))
		return (struct known){ ADDRESS, 0 };
	return none;
}

/* The last stores to a variable before AT agree on one number, or are all addresses. */
static struct known known_variable(struct frame *fr, const struct instruction *at,
				   struct symbol *sym, long long offset, int steps)
{
	struct stores s = stores_to(fr->f, at, sym, offset, false);
	struct known all = { UNKNOWN, 0 };

	for (int i = 0; i < s.n; i++) {
		struct known one = { UNKNOWN, 0 };

		if (s.list[i]->opcode == OP_STORE && s.list[i]->offset == offset &&
		    !adds_to(s.list[i]))
			one = known_in(fr, s.list[i]->target, steps);
		if (one.sort == UNKNOWN ||
		    (i && (one.sort != all.sort || one.value != all.value))) {
			all.sort = UNKNOWN;
			break;
		}
		all = one;
	}
	if (s.unset)
		all.sort = UNKNOWN;
	free(s.list);
	return all;
}

/* Does the function promise not to write to what its argument points to? */
static bool points_to_const(const struct symbol *function, int nr)
{
	struct symbol *type = function ? function->ctype.base_type : NULL, *parameter;

	if (!type || type->type != SYM_FN)
		return false;
	FOR_EACH_PTR(type->arguments, parameter) {
		if (--nr)
			continue;
		for (type = parameter; type && type->type == SYM_NODE; )
			type = type->ctype.base_type;
		return type && type->type == SYM_PTR && type->ctype.modifiers & MOD_CONST;
	} END_FOR_EACH_PTR(parameter);
	return false;
}

/*
 * What a pointer points to, plus OFFSET: a variable as it is AT an instruction of a
 * frame, or what an outermost caller gives.
 */
struct place {
	struct frame *fr;
	const struct instruction *at;
	struct symbol *sym;
	const struct given_argument *given;
	long long offset;
};

/* Goes up through pointers to const: what the functions on the way only read. */
static bool place_of(struct frame *fr, pseudo_t p, const struct instruction *at, struct place *out)
{
	*out = (struct place){ .at = at };
	for (int i = 0; i < 24; i++) {
		struct instruction *d;

		out->fr = fr;
		p = settled(fr->f, p);
		if (!p)
			return false;
		if (p->type == PSEUDO_ARG) {
			if (p->nr < 1 || !points_to_const(fr->f->sym, p->nr))
				return false;
			if (!fr->caller) {
				if (fr->given && p->nr <= fr->n_given)
					out->given = &fr->given[p->nr - 1];
				return out->given != NULL;
			}
			if (fr->indirect)
				return false;
			out->at = fr->call;
			p = argument(fr->call, p->nr - 1);
			fr = fr->caller;
			continue;
		}
		d = p->type == PSEUDO_REG ? p->def : NULL;
		if (d && d->opcode == OP_ADD && d->src2->type == PSEUDO_VAL) {
			out->offset += d->src2->value;
			p = d->src1;
			continue;
		}
		if (!d || d->opcode != OP_SYMADDR || d->src->type != PSEUDO_SYM ||
		    !is_local(d->src->sym))
			return false;
		out->sym = d->src->sym;
		return true;
	}
	return false;
}

/* p->field, where p is a pointer to const that a caller has given: what the caller has put there */
static struct known known_field(struct frame *fr, struct instruction *load, int steps)
{
	struct place place;

	if (!place_of(fr, load->src, load, &place))
		return (struct known){ UNKNOWN, 0 };
	place.offset += load->offset;
	if (place.sym && place.at != load)
		return known_variable(place.fr, place.at, place.sym, place.offset, steps);
	for (int i = 0; place.given && i < place.given->n_fields; i++)
		if (place.given->fields[i].offset == place.offset)
			return number(place.given->fields[i].value);
	return (struct known){ UNKNOWN, 0 };
}

static struct known known_argument(struct frame *fr, int nr, int steps)
{
	struct known k = { UNKNOWN, 0 };

	if (nr < 1)
		return k;
	if (fr->caller && !fr->indirect)
		return known_in(fr->caller, argument(fr->call, nr - 1), steps);
	if (!fr->caller && nr <= fr->n_given && fr->given) {
		const struct given_argument *g = &fr->given[nr - 1];

		k.sort = g->constant ? NUMBER : g->address ? ADDRESS : UNKNOWN;
		k.value = g->constant ? g->value : 0;
	}
	return k;
}

static struct known known_choice(struct frame *fr, struct instruction *sel, int steps)
{
	struct known c = known_in(fr, sel->src1, steps), a, b, none = { UNKNOWN, 0 };

	if (c.sort != UNKNOWN)
		return known_in(fr, c.sort == ADDRESS || c.value ? sel->src2 : sel->src3, steps);
	a = known_in(fr, sel->src2, steps);
	b = known_in(fr, sel->src3, steps);
	return a.sort == b.sort && a.value == b.value ? a : none;
}

static struct known known_in(struct frame *fr, pseudo_t p, int steps)
{
	struct known k = { UNKNOWN, 0 };
	struct instruction *d;

	if (!steps)
		looked_at = 0;
	if (!p || steps > MAX_STEPS || looked_at++ > MAX_VALUES)
		return k;
	steps++;
	if (p->type == PSEUDO_VAL)
		return number(p->value);
	if (p->type == PSEUDO_ARG)
		return known_argument(fr, p->nr, steps);
	d = p->type == PSEUDO_REG ? p->def : NULL;
	if (!d)
		return k;
	switch (d->opcode) {
	case OP_SYMADDR:
		return (struct known){ ADDRESS, 0 };
	case OP_LOAD:
		if (d->src->type == PSEUDO_SYM && is_local(d->src->sym))
			k = known_variable(fr, d, d->src->sym, d->offset, steps);
		else if (d->src->type != PSEUDO_SYM)
			k = known_field(fr, d, steps);
		return k;
	case OP_SEL:
		return known_choice(fr, d, steps);
	case OP_ZEXT:
		k = known_in(fr, d->src, steps);
		if (k.sort == NUMBER)
			k.value = unsigned_cut(k.value, d->orig_type ? d->orig_type->bit_size : 0);
		return k;
	case OP_TRUNC: case OP_SEXT:
		k = known_in(fr, d->src, steps);
		if (k.sort == NUMBER)
			k.value = cut(k.value, d->size);
		return k;
	case OP_PTRCAST: case OP_UTPTR: case OP_PTRTU: case OP_COPY:
		return known_in(fr, d->src, steps);
	case OP_NEG: case OP_NOT:
		k = known_in(fr, d->src, steps);
		if (k.sort != NUMBER)
			return (struct known){ UNKNOWN, 0 };
		return number(d->opcode == OP_NOT ? ~k.value :
						    (long long)-(unsigned long long)k.value);
	default:
		if (d->opcode < OP_BINARY || d->opcode > OP_BINCMP_END)
			return k;
		return known_binary(fr, d, steps);
	}
}

bool constant_in(struct frame *fr, pseudo_t p, long long *value)
{
	struct known k = known_in(fr, p, 0);

	*value = k.value;
	return k.sort == NUMBER;
}

bool *reachable_in(struct frame *fr)
{
	struct fn *f = fr->f;
	bool *seen = alloc(f->n + 1);
	int *todo = alloc((f->n + 1) * sizeof(int)), n = 0;

	todo[n++] = 0;
	seen[0] = true;
	while (n) {
		int at = todo[--n];
		struct instruction *last = terminator(f, at);
		struct known k = { UNKNOWN, 0 };
		struct multijmp *jump;
		const struct basic_block *only = NULL;

		if (last && (last->opcode == OP_CBR || last->opcode == OP_SWITCH))
			k = known_in(fr, last->cond, 0);
		if (last && last->opcode == OP_CBR && k.sort != UNKNOWN)
			only = k.sort == ADDRESS || k.value ? last->bb_true : last->bb_false;
		if (last && last->opcode == OP_SWITCH && k.sort == NUMBER)
			FOR_EACH_PTR(last->multijmp_list, jump) {
				bool otherwise = jump->begin > jump->end;

				if ((otherwise && !only) ||
				    (jump->begin <= k.value && k.value <= jump->end))
					only = jump->target;
			} END_FOR_EACH_PTR(jump);
		for (int i = 0; i < f->n_succ[at]; i++) {
			int to = f->succ[at][i];

			if (seen[to] || (only && f->bb[to] != only))
				continue;
			seen[to] = true;
			todo[n++] = to;
		}
	}
	free(todo);
	return seen;
}

/* ----------------------------------------------------------- calls as text */

static char *with_field(char *list, long long offset, long long value)
{
	return format("%s%c%lld=%lld", list, *list ? ',' : '{', offset, value);
}

/* The numbers in a structure that a call is given to read: "{0=3,8=2}", or "". */
static const char *fields_text(struct frame *fr, const struct instruction *call, int nr)
{
	long long done[MAX_FIELDS];
	struct place place;
	struct instruction *insn;
	char *out = copy_string("");
	int n = 0;

	if (!points_to_const(callee_symbol(call), nr) ||
	    !place_of(fr, argument(call, nr - 1), call, &place) || place.offset)
		return out;
	for (int i = 0; place.given && i < place.given->n_fields; i++)
		out = with_field(out, place.given->fields[i].offset, place.given->fields[i].value);
	for (int b = 0; place.sym && b < place.fr->f->n; b++)
		FOR_EACH_PTR(place.fr->f->bb[b]->insns, insn) {
			bool known = n == MAX_FIELDS;
			struct known k;

			if (!insn->bb || insn->opcode != OP_STORE ||
			    insn->src->type != PSEUDO_SYM || insn->src->sym != place.sym)
				continue;
			for (int i = 0; i < n && !known; i++)
				known = done[i] == insn->offset;
			if (known)
				continue;
			done[n++] = insn->offset;
			k = known_variable(place.fr, place.at, place.sym, insn->offset, 1);
			if (k.sort == NUMBER)
				out = with_field(out, insn->offset, k.value);
		} END_FOR_EACH_PTR(insn);
	return *out ? format("%s}", out) : out;
}

json_t *arguments_json(struct frame *fr, const struct instruction *call)
{
	static const struct { unsigned bit; char letter; } letters[] = {
		{ FROM_DOMAIN, 'D' }, { FROM_DEV, 'V' }, { FROM_OLD, 'O' }, { FROM_PASID, 'P' },
	};
	json_t *list = json_array();
	pseudo_t p;

	for (int i = 0; (p = argument(call, i)); i++) {
		struct known k = known_in(fr, p, 0);
		struct origin o;
		char word[8];
		int n = 0;

		if (k.sort == NUMBER) {
			json_array_append_new(list, text(format("=%lld", k.value)));
			continue;
		}
		o = origin_of(fr, p);
		for (size_t l = 0; l < sizeof(letters) / sizeof(*letters); l++)
			if (o.from & letters[l].bit)
				word[n++] = letters[l].letter;
		if (k.sort == ADDRESS)
			word[n++] = '&';
		json_array_append_new(
			list, text(format("%.*s%s", n, word, fields_text(fr, call, i + 1))));
	}
	return list;
}

struct given_argument *arguments_given(const json_t *list)
{
	struct given_argument *out = alloc((json_array_size(list) + 1) * sizeof(*out));
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		const char *s = json_string_value(v);

		if (!s)
			continue;
		out[i].constant = *s == '=';
		if (*s == '=') {
			out[i].value = strtoll(s + 1, NULL, 10);
			out[i].from = FROM_CONST;
			continue;
		}
		out[i].address = strchr(s, '&') != NULL;
		for (const char *field = strchr(s, '{'); field && out[i].n_fields < MAX_FIELDS;
		     field = strchr(field + 1, ',')) {
			char *end;
			long long offset = strtoll(field + 1, &end, 10);

			if (*end != '=')
				break;
			out[i].fields[out[i].n_fields].offset = offset;
			out[i].fields[out[i].n_fields++].value = strtoll(end + 1, NULL, 10);
		}
		out[i].from = (strchr(s, 'D') ? FROM_DOMAIN : 0) | (strchr(s, 'V') ? FROM_DEV : 0) |
			      (strchr(s, 'O') ? FROM_OLD : 0) | (strchr(s, 'P') ? FROM_PASID : 0);
	}
	return out;
}
