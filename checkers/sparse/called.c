// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of other subsystems: in, a call in a function of the driver; out, what
 * --follow has to know of it: what is passed, and which errnos do not get out.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 16

static bool constant(struct frame *fr, struct expr *e, int node, long long *value, int depth);

static bool operation(const char *op, long long a, long long b, long long *value)
{
	static const struct { const char *op; char code; } table[] = {
		{ "+", '+' }, { "-", '-' }, { "*", '*' }, { "/", '/' }, { "%", '%' }, { "&", '&' }, { "|", '|' },
		{ "^", '^' }, { "<<", 'l' }, { ">>", 'r' }, { "==", '=' }, { "!=", '!' }, { "<", '<' }, { ">", '>' },
	};
	char code = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(op, table[i].op))
			code = table[i].code;
	switch (code) {
	case '+': *value = (unsigned long long)a + b; return true;
	case '-': *value = (unsigned long long)a - b; return true;
	case '*': *value = (unsigned long long)a * b; return true;
	case '/': *value = b > 0 ? a / b : 0; return b > 0;
	case '%': *value = b > 0 ? a % b : 0; return b > 0;
	case '&': *value = a & b; return true;
	case '|': *value = a | b; return true;
	case '^': *value = a ^ b; return true;
	case 'l': *value = b >= 0 && b < 64 ? (unsigned long long)a << b : 0; return b >= 0 && b < 64;
	case 'r': *value = b >= 0 && b < 64 ? a >> b : 0; return b >= 0 && b < 64;
	case '=': *value = a == b; return true;
	case '!': *value = a != b; return true;
	case '<': *value = a < b; return true;
	case '>': *value = a > b; return true;
	}
	return false;
}

/* A parameter by what the caller passes, a local by what it holds on every way. */
static bool constant_name(struct frame *fr, struct expr *e, int node, long long *value, int depth)
{
	struct settings s = settings_of(fr->f, e, node, false);
	bool known = s.n > 0;

	for (int i = 0; i < s.n && known; i++) {
		const struct setting *one = &s.list[i];
		long long v = 0;

		if (one->parameter) {
			int at = -1;

			for (int k = 0; k < fr->f->def->n_params; k++)
				if (!strcmp(fr->f->def->params[k].name, e->text))
					at = k + 1;
			known = fr->caller && !fr->indirect && at > 0 && at < fr->call->n_kids &&
				constant(fr->caller, fr->call->kid[at], fr->node, &v, depth + 1);
		} else {
			known = one->value && !one->by_address && !one->partly &&
				constant(fr, one->value, one->node, &v, depth + 1);
		}
		known &= !i || v == *value;
		*value = v;
	}
	free(s.list);
	return known;
}

static bool constant(struct frame *fr, struct expr *e, int node, long long *value, int depth)
{
	long long a, b;
	char *end;

	e = bare(e);
	if (depth > MAX_DEPTH)
		return false;
	switch (e->kind) {
	case E_NUMBER:
		*value = strtoull(e->text, &end, 0);
		return end > e->text && !end[strspn(end, "uUlL")];
	case E_ERRNO:
		if (!e->raw && !number_named(e->text, value))
			return false;
		*value = e->raw ? -1 : -*value;
		return true;
	case E_NAME:
		if (null_or_zero(e) || !strcmp(e->text, "false")) {
			*value = 0;
			return true;
		}
		return number_named(e->text, value) || constant_name(fr, e, node, value, depth);
	case E_UNARY:
		if (!constant(fr, e->kid[0], node, &a, depth + 1))
			return false;
		*value = !strcmp(e->text, "-") ? (long long)-(unsigned long long)a : !strcmp(e->text, "~") ? ~a : !a;
		return strchr("-~!", *e->text) && !e->text[1];
	case E_BINARY:
		return constant(fr, e->kid[0], node, &a, depth + 1) && constant(fr, e->kid[1], node, &b, depth + 1) &&
		       operation(e->text, a, b, value);
	default:
		return false;
	}
}

/* As the parameter of that function has it: -1 is 4294967295 where an unsigned int is taken. */
static long long as_parameter(const char *callee, int nr, long long value)
{
	struct symbol *f = lookup_symbol(built_in_ident(callee), NS_SYMBOL), *type = f ? f->ctype.base_type : NULL, *p;

	if (!type || type->type != SYM_FN)
		return value;
	FOR_EACH_PTR(type->arguments, p) {
		if (nr--)
			continue;
		examine_symbol_type(p);
		if (p->bit_size > 0 && p->bit_size < 64) {
			unsigned long long mask = (1ULL << p->bit_size) - 1, bits = value & mask;
			bool negative = bits >> (p->bit_size - 1) && !(p->ctype.modifiers & MOD_UNSIGNED) &&
					!(p->ctype.base_type && p->ctype.base_type->ctype.modifiers & MOD_UNSIGNED);

			return negative ? bits | ~mask : bits;
		}
		return value;
	} END_FOR_EACH_PTR(p);
	return value;
}

static json_t *arguments(struct frame *fr, struct expr *call, int node)
{
	static const struct { unsigned bit; char letter; } letters[] = {
		{ FROM_DOMAIN, 'D' }, { FROM_DEV, 'V' }, { FROM_OLD, 'O' }, { FROM_PASID, 'P' },
	};
	json_t *list = json_array();

	for (int i = 1; i < call->n_kids; i++) {
		struct expr *e = bare(call->kid[i]);
		long long value;
		struct origin o;
		char word[8];
		int n = 0;

		if (constant(fr, e, node, &value, 0)) {
			value = callee(call) ? as_parameter(callee(call), i - 1, value) : value;
			json_array_append_new(list, text(format("=%lld", value)));
			continue;
		}
		o = origin_of(fr, e, node);
		for (size_t l = 0; l < sizeof(letters) / sizeof(*letters); l++)
			if (o.from & letters[l].bit)
				word[n++] = letters[l].letter;
		if (e->kind == E_STRING || (e->kind == E_UNARY && !strcmp(e->text, "&")))
			word[n++] = '&';
		json_array_append_new(list, textn(word, n));
	}
	return list;
}

/* Errnos that some function from here up tests for and never hands on. */
static json_t *stopped(struct frame *fr, struct expr *call, int node)
{
	struct level *inner = NULL;
	json_t *list = json_array();

	for (; fr; call = fr->call, node = fr->node, fr = fr->caller) {
		struct level *l = alloc(sizeof(*l));

		*l = (struct level){ .inner = inner, .f = fr->f, .node = node, .call = call };
		follow_level(l);
		for (int i = 0; i < l->errnos.n; i++) {
			const struct fate *f = &l->errnos.list[i];

			if (f->what && !(f->what & (PASSED | LOST_TRACK | KEPT)) && names_errno(f->name, strlen(f->name)))
				json_array_append_new(list, text(f->name));
		}
		inner = l;
	}
	return list;
}

void describe_call(struct frame *fr, struct expr *call, int node, json_t *to)
{
	const char *errno_ = callee(call) ? errno_of_macro(callee(call)) : NULL;

	if (errno_)
		json_object_set_new(to, "value", text(errno_));
	json_object_set_new(to, "arguments", arguments(fr, call, node));
	if (*str(to, "k"))		/* a site; what an operand holds has been stopped where it is tested */
		json_object_set_new(to, "stopped", stopped(fr, call, node));
}
