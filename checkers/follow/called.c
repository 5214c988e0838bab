// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of other subsystems: in, a call in a function that was walked; out, what
 * --follow has to know of it: what is passed, and which errnos do not get out.
 */
#include "../read/unit.h"

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

/* A parameter by what the caller passes, a local or a member of it by what it holds on every way. */
static bool constant_place(struct frame *fr, struct expr *e, int node, long long *value, int depth)
{
	struct settings s = settings_of(fr->f, e, node, false);
	bool known = s.n > 0 && (e->kind == E_NAME || !s.may_be_unset);

	for (int i = 0; i < s.n && known; i++) {
		const struct setting *one = &s.list[i];
		long long v = 0;

		if (one->parameter) {
			int at = parameter_index(fr->f->def, e->text) + 1;

			if (!fr->caller && fr->given && at) {
				known = fr->given[at - 1].constant;
				v = fr->given[at - 1].value;
			} else {
				known = fr->caller && !fr->indirect && at && at < fr->call->n_kids &&
					constant(fr->caller, fr->call->kid[at], fr->node, &v, depth + 1);
			}
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
		return number_named(e->text, value) || constant_place(fr, e, node, value, depth);
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

/* The parameter NR of the function CALLEE, as it is declared; NULL for none. */
static struct symbol *parameter_of(const char *callee, int nr)
{
	struct symbol *f = callee ? lookup_symbol(built_in_ident(callee), NS_SYMBOL) : NULL,
		      *type = f ? f->ctype.base_type : NULL, *p;

	if (!type || type->type != SYM_FN)
		return NULL;
	FOR_EACH_PTR(type->arguments, p) {
		if (!nr--)
			return p;
	} END_FOR_EACH_PTR(p);
	return NULL;
}

/* As the parameter has it: -1 is 4294967295 where an unsigned int is taken. */
static long long as_parameter(struct symbol *p, long long value)
{
	unsigned long long mask, bits;

	examine_symbol_type(p);
	if (p->bit_size <= 0 || p->bit_size >= 64)
		return value;
	mask = (1ULL << p->bit_size) - 1;
	bits = value & mask;
	return bits >> (p->bit_size - 1) && !(p->ctype.modifiers & MOD_UNSIGNED) &&
	       !(p->ctype.base_type && p->ctype.base_type->ctype.modifiers & MOD_UNSIGNED) ? bits | ~mask : bits;
}

/* Does the function promise not to write to what its argument points to? */
static bool points_to_const(struct symbol *p)
{
	while (p && p->type == SYM_NODE)
		p = p->ctype.base_type;
	return p && p->type == SYM_PTR && p->ctype.modifiers & MOD_CONST;
}

/* Goes up from a parameter that nothing has changed to what the outermost caller on the way wrote down for it. */
static struct expr *written_down(struct frame **fr, struct expr *e, int *node, bool only_read)
{
	for (e = bare(e); e->kind == E_NAME; e = bare(e)) {
		int at = parameter_index((*fr)->f->def, e->text);
		struct settings s = settings_of((*fr)->f, e, *node, false);
		bool unchanged = s.n == 1 && s.list[0].parameter;

		free(s.list);
		if (at < 0 || !unchanged || (only_read && strncmp((*fr)->f->def->params[at].type, "const ", 6)) ||
		    !(*fr)->caller || (*fr)->indirect || at + 1 >= (*fr)->call->n_kids)
			break;
		e = (*fr)->call->kid[at + 1];
		*node = (*fr)->node;
		*fr = (*fr)->caller;
	}
	return e;
}

/* What is known of a parameter of the outermost function that E names, or NULL. */
static const struct given_argument *given_for(struct frame *fr, const struct expr *e)
{
	int at = e->kind == E_NAME && !fr->caller && fr->given ? parameter_index(fr->f->def, e->text) : -1;

	return at < 0 ? NULL : &fr->given[at];
}

static bool is_address(struct frame *fr, struct expr *e, int node)
{
	const struct given_argument *given;

	e = written_down(&fr, e, &node, false);
	given = given_for(fr, e);
	return e->kind == E_STRING || (e->kind == E_UNARY && !strcmp(e->text, "&")) || (given && given->address);
}

static char *with_member(char *list, const char *name, long long value)
{
	return strstr(list, format("%s=", name)) ? list : format("%s%c%s=%lld", list, *list ? ',' : '{', name, value);
}

struct members {
	struct frame *fr;
	struct expr *whole;
	int node;
	char *list;
};

static void add_member(struct members *m, const char *name)
{
	long long value;

	if (constant_place(m->fr, member_place(m->whole, name), m->node, &value, 0))
		m->list = with_member(m->list, name, value);
}

static void add_assigned(struct expr *e, void *data)
{
	struct members *m = data;

	if (e->kind == E_ASSIGN && bare(e->kid[0])->kind == E_MEMBER && bare(e->kid[0])->n_kids &&
	    equal(bare(bare(e->kid[0])->kid[0]), m->whole))
		add_member(m, bare(e->kid[0])->text);
}

/* The numbers in a structure that a call is given to read: "{kind=3,count=2}", or "". */
static const char *members_text(struct frame *fr, struct expr *e, int node)
{
	struct members m = { .list = copy_string("") };
	const struct given_argument *given;

	e = written_down(&fr, e, &node, true);
	given = given_for(fr, e);
	for (int i = 0; given && i < given->n_members; i++)
		m.list = with_member(m.list, given->members[i].name, given->members[i].value);
	if (e->kind == E_UNARY && !strcmp(e->text, "&") && bare(e->kid[0])->kind == E_NAME) {
		struct settings s = settings_of(fr->f, bare(e->kid[0]), node, false);
		const struct node *n = s.n == 1 && !s.list[0].by_address && !s.list[0].parameter ?
				       &fr->f->nodes[s.list[0].node] : NULL;

		free(s.list);
		m.fr = fr;
		m.whole = bare(e->kid[0]);
		m.node = node;
		for (int i = 0; n && n->kind == N_DECLARATION && n->e && n->e->kind == E_LIST && i < n->e->n_kids; i++)
			if (n->e->kid[i]->kind == E_ASSIGN && n->e->kid[i]->kid[0]->kind == E_MEMBER)
				add_member(&m, n->e->kid[i]->kid[0]->text);
		for (int i = 0; n && n->kind == N_DECLARATION && i < fr->f->n_nodes; i++)
			walk_expr(fr->f->nodes[i].e, add_assigned, &m);
	}
	return *m.list ? format("%s}", m.list) : "";
}

static json_t *arguments(struct frame *fr, struct expr *call, int node)
{
	static const struct { unsigned bit; char letter; } letters[] = {
		{ FROM_DOMAIN, 'D' }, { FROM_DEV, 'V' }, { FROM_OLD, 'O' }, { FROM_PASID, 'P' },
	};
	json_t *list = json_array();

	for (int i = 1; i < call->n_kids; i++) {
		struct symbol *p = parameter_of(callee(call), i - 1);
		struct expr *e = bare(call->kid[i]);
		long long value;
		struct origin o;
		char word[8];
		int n = 0;

		if (constant(fr, e, node, &value, 0)) {
			value = p ? as_parameter(p, value) : value;
			json_array_append_new(list, text(format("=%lld", value)));
			continue;
		}
		o = origin_of(fr, e, node);
		for (size_t l = 0; l < sizeof(letters) / sizeof(*letters); l++)
			if (o.from & letters[l].bit)
				word[n++] = letters[l].letter;
		if (is_address(fr, e, node))
			word[n++] = '&';
		json_array_append_new(list, text(format("%.*s%s", n, word,
							points_to_const(p) ? members_text(fr, e, node) : "")));
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

struct given_argument *arguments_given(const json_t *list, int n)
{
	size_t size = json_array_size(list), count = n > 0 ? n : 0;
	struct given_argument *out = alloc((count + size + 1) * sizeof(*out));
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		const char *s = json_string_value(v);
		struct given_argument *g = &out[i];

		if (!s)
			continue;
		g->constant = *s == '=';
		if (g->constant) {
			g->value = strtoll(s + 1, NULL, 10);
			continue;
		}
		for (; *s && *s != '{'; s++) {
			g->address |= *s == '&';
			g->from |= *s == 'D' ? FROM_DOMAIN : *s == 'V' ? FROM_DEV : *s == 'O' ? FROM_OLD :
				   *s == 'P' ? FROM_PASID : 0;
		}
		for (; *s && s[1] && g->n_members < MAX_MEMBERS; s += strcspn(s + 1, ",") + 1) {
			size_t len = strcspn(s + 1, "=,");

			if (s[1 + len] != '=')
				break;
			g->members[g->n_members].name = copy_bytes(s + 1, len);
			g->members[g->n_members++].value = strtoll(s + 1 + len + 1, NULL, 10);
			if (!s[1 + strcspn(s + 1, ",")])
				break;
		}
	}
	return out;
}
