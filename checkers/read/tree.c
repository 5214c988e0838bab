// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trees: in, a function as sparse parsed it; out, its statements and expressions
 * as the audit has them, with the names and places of the text. What the driver's
 * own macros expand to stands where they are used; the statements of a
 * ({ .. }) stand before the statement that it is part of.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	struct position at;		/* where the statement begins */
	struct stmt *before;		/* statements of the ({ .. }) that it holds */
	struct position macro;		/* the driver's macro that is being converted; stream 0 for none */
	struct symbol **leaves;		/* what break leads to, innermost last */
	int n_leaves, cap_leaves;
	const char *gap;
};

static struct stmt *convert(struct reader *r, struct statement *s);
static struct expr *expression(struct reader *r, struct expression *e);

static bool same_place(struct position a, struct position b)
{
	return a.stream == b.stream && a.line == b.line && a.pos == b.pos;
}

/* ------------------------------------------------------------------- types */

const char *type_text(struct symbol *t)
{
	const char *word = t && t->type == SYM_STRUCT ? "struct" : t && t->type == SYM_UNION ? "union" : "enum";

	if (!t)
		return "?";
	switch (t->type) {
	case SYM_NODE:
		return type_text(t->ctype.base_type);
	case SYM_PTR: {
		const char *to = type_text(t->ctype.base_type);

		return format(to[strlen(to) - 1] == '*' ? "%s*" : "%s *", to);
	}
	case SYM_ARRAY:
		return format("%s []", type_text(t->ctype.base_type));
	case SYM_FN:
		return format("%s ()", type_text(t->ctype.base_type));
	case SYM_STRUCT:
	case SYM_UNION:
	case SYM_ENUM:
		return t->ident ? format("%s %s", word, name_of(t)) : format("%s { .. }", word);
	case SYM_RESTRICT:
	case SYM_BITFIELD:
		return type_text(t->ctype.base_type);
	case SYM_TYPEOF:
		return "typeof(..)";
	default:
		return t == &bool_ctype ? "bool" : copy_string(show_typename(t));
	}
}

/* ------------------------------------------------------------- expressions */

static struct expr *make(enum expr_kind kind, const char *s)
{
	struct expr *e = alloc(sizeof(*e));

	e->kind = kind;
	e->text = s;
	return e;
}

static struct expr *with(struct expr *e, struct expr *kid)
{
	push(e->kid, e->n_kids, e->cap_kids) = kid;
	return e;
}

static struct expr *one(enum expr_kind kind, const char *s, struct expr *kid)
{
	return with(make(kind, s), kid);
}

static struct expr *two(enum expr_kind kind, const char *s, struct expr *left, struct expr *right)
{
	return with(one(kind, s, left), right);
}

static const char *operator(int op)
{
	return copy_string(show_special(op));
}

/* "a" PRIx64 "b", from its first token on */
static const char *string_at(const struct audit_token *t)
{
	const struct audit_token *end = t;

	while (end->kind == T_STRING || (end->kind == T_NAME && end > t && end[-1].kind == T_STRING))
		end++;
	return text_of_tokens(t, end);
}

static struct expr *string(struct expression *e)
{
	const struct audit_token *t = text_at(e->pos);

	if (t && t->kind == T_NAME && t[1].kind == T_STRING)
		t++;			/* KERN_ERR "text" */
	return make(E_STRING, t && t->kind == T_STRING ? string_at(t) : copy_string(show_string(e->string)));
}

/* As it is written; a constant of an enumeration by its name. */
static struct expr *number(struct expression *e)
{
	const struct audit_token *t = text_at(e->pos);
	struct expr *n;

	if (t && t->kind == T_NUMBER)
		return make(E_NUMBER, token_text(t));
	if (t && t->kind == T_NAME && (e->flags & CEF_SET_ENUM) == CEF_SET_ENUM && !own_macro_at(e->pos)) {
		remember_number(token_text(t), e->value);
		return make(E_NAME, token_text(t));
	}
	n = make(E_NUMBER, e->ctype && e->ctype->ctype.modifiers & MOD_UNSIGNED ? format("%llu", e->value) :
		 format("%lld", (long long)e->value));
	if (!own_macro_at(e->pos))
		n->written = macro_use_at(e->pos);	/* IS_ENABLED(..) */
	return n;
}

static struct expr *name(struct expression *e)
{
	const char *s = e->symbol_name ? copy_string(show_ident(e->symbol_name)) :
		      e->symbol && e->symbol->ident ? name_of(e->symbol) : "";

	if (strchr(s, ' '))	/* a type among arguments: written.c */
		return make(E_STRING, copy_bytes(s, strlen(s) - 1));
	return make(*s ? E_NAME : E_OPAQUE, s);
}

/* The errno that a constant of a macro's expansion is, or a number as it is written in whatever function. */
static const char *errno_numbered(struct position at, long long value)
{
	const struct audit_token *t = text_at(at);
	const char *name = t && t->kind == T_NAME ? token_text(t) : "";

	if (names_errno(name, strlen(name)))
		return name;
	switch (value) {		/* include/linux/errno.h: not for user space */
	case 512: return "ERESTARTSYS";
	case 516: return "ERESTART_RESTARTBLOCK";
	case 517: return "EPROBE_DEFER";
	case 524: return "ENOTSUPP";
	case 95: return "EOPNOTSUPP";
	}
	name = strerrorname_np(value);
	return name ? name : format("E%lld", value);
}

static struct expr *negative(struct reader *r, struct expression *e)
{
	struct expression *inner = e->unop;
	struct expr *kid, *errno_ = make(E_ERRNO, "EPERM");

	while (inner && inner->type == EXPR_PREOP && inner->op == '(')
		inner = inner->unop;
	kid = expression(r, inner);
	if (kid->kind == E_NAME && names_errno(kid->text, strlen(kid->text))) {
		errno_->text = kid->text;
		errno_->line = inner->pos.line;
		errno_->column = column_of(inner->pos);
		return errno_;
	}
	if (whole_units && inner && inner->type == EXPR_VALUE && inner->value >= 1 && inner->value <= 4095) {
		errno_->text = errno_numbered(inner->pos, inner->value);
		errno_->raw = strcmp(errno_->text, kid->written ? kid->written : "") != 0;
		errno_->line = inner->pos.line;
		errno_->column = column_of(inner->pos);
		if (errno_->raw)
			errno_->written = own_macro_at(e->pos) ? own_macro_at(e->pos) : format("-%s", expr_text(kid));
		return errno_;
	}
	if (kid->kind == E_NUMBER && !strcmp(kid->text, "1")) {
		errno_->raw = true;
		errno_->line = r->at.line;
		errno_->column = column_of(r->at);
		return errno_;
	}
	return one(E_UNARY, "-", kid);
}

/* ((u64)-1 << 12): a number, no errno */
static struct expr *operand(struct reader *r, struct expression *e)
{
	struct expr *x = expression(r, e), *inner = bare(x);

	while (e && (e->type == EXPR_CAST || (e->type == EXPR_PREOP && e->op == '(')))
		e = e->type == EXPR_CAST ? e->cast_expression : e->unop;
	if (inner->kind == E_ERRNO && inner->raw && e && e->type == EXPR_PREOP) {
		*inner = (struct expr){ .kind = E_UNARY, .text = "-", .written = inner->written };
		with(inner, expression(r, e->unop));
	}
	return x;
}

static struct expr *prefix(struct reader *r, struct expression *e)
{
	struct expression *inner = e->unop;

	if (e->op == '(')
		return expression(r, inner);
	if (e->op == '-')
		return negative(r, e);
	if (e->op == '*' && inner && inner->type == EXPR_BINOP && inner->op == '+' && same_place(inner->pos, e->pos))
		return two(E_INDEX, "", expression(r, inner->left), expression(r, inner->right));
	return one(E_UNARY, operator(e->op), expression(r, inner));
}

static struct expr *member(struct reader *r, struct expression *e)
{
	struct expression *base = e->deref;
	bool arrow = base && base->type == EXPR_PREOP && base->op == '*' && same_place(base->pos, e->pos);
	struct expr *m = one(E_MEMBER, copy_string(show_ident(e->member)), expression(r, arrow ? base->unop : base));

	m->arrow = arrow;
	return m;
}

static struct expr *call(struct reader *r, struct expression *e)
{
	const char *fn = e->fn && e->fn->type == EXPR_SYMBOL && e->fn->symbol_name ? show_ident(e->fn->symbol_name) : "";
	struct expression *a = first_expression(e->args);
	struct expr *c;

	if (!strcmp(fn, "__builtin_expect") && a)
		return expression(r, a);
	if (!strcmp(fn, "__builtin_constant_p"))
		return make(E_NUMBER, "0");
	c = one(E_CALL, "", expression(r, e->fn));
	FOR_EACH_PTR(e->args, a) {
		with(c, expression(r, a));
	} END_FOR_EACH_PTR(a);
	return c;
}

static struct expr *initialiser(struct reader *r, struct expression *e)
{
	struct expr *list = make(E_LIST, "");
	struct expression *x;

	FOR_EACH_PTR(e->expr_list, x) {
		struct expr *to = NULL;

		while (x && (x->type == EXPR_IDENTIFIER || x->type == EXPR_INDEX)) {
			if (!to)
				to = make(E_MEMBER, x->type == EXPR_INDEX ? "[]" : copy_string(show_ident(x->expr_ident)));
			x = x->type == EXPR_INDEX ? x->idx_expression : x->ident_expression;
		}
		with(list, to ? two(E_ASSIGN, "=", to, expression(r, x)) : expression(r, x));
	} END_FOR_EACH_PTR(x);
	return list;
}

/* ({ a; b; c; }): a and b come before, c is the value */
static struct expr *statements(struct reader *r, struct expression *e)
{
	struct statement *body = e->statement, *s, *last = NULL;

	if (!body || body->type != STMT_COMPOUND)
		return make(E_OPAQUE, "");
	FOR_EACH_PTR(body->stmts, s) {
		last = s;
	} END_FOR_EACH_PTR(s);
	FOR_EACH_PTR(body->stmts, s) {
		struct stmt *converted;

		if (s == last && s->type == STMT_EXPRESSION)
			return expression(r, s->expression);
		converted = convert(r, s);
		add_stmt(r->before, converted);
	} END_FOR_EACH_PTR(s);
	return make(E_OPAQUE, "");
}

static struct expr *converted(struct reader *r, struct expression *e)
{
	switch (e->type) {
	case EXPR_VALUE:
		return number(e);
	case EXPR_FVALUE:
		return make(E_NUMBER, format("%Lg", e->fvalue));
	case EXPR_STRING:
		return string(e);
	case EXPR_SYMBOL:
		return name(e);
	case EXPR_TYPE:
		return make(E_STRING, type_text(e->symbol));
	case EXPR_BINOP:
		return two(E_BINARY, operator(e->op), operand(r, e->left), operand(r, e->right));
	case EXPR_COMPARE:
	case EXPR_LOGICAL:
	case EXPR_COMMA:
		return two(E_BINARY, operator(e->op), expression(r, e->left), expression(r, e->right));
	case EXPR_ASSIGNMENT:
		return two(E_ASSIGN, operator(e->op), expression(r, e->left), expression(r, e->right));
	case EXPR_DEREF:
		return member(r, e);
	case EXPR_PREOP:
		return prefix(r, e);
	case EXPR_POSTOP:
		return one(E_UNARY, operator(e->op), expression(r, e->unop));
	case EXPR_CAST:
	case EXPR_FORCE_CAST:
	case EXPR_IMPLIED_CAST:
		return one(E_CAST, type_text(e->cast_type), expression(r, e->cast_expression));
	case EXPR_SIZEOF:
	case EXPR_ALIGNOF:
	case EXPR_PTRSIZEOF:
		return make(E_NUMBER, e->cast_type ? format("sizeof(%s)", type_text(e->cast_type)) :
			    format("sizeof(%s)", expr_text(expression(r, e->cast_expression))));
	case EXPR_OFFSETOF:
		return make(E_NUMBER, "offsetof(..)");
	case EXPR_CONDITIONAL:
	case EXPR_SELECT: {
		struct expr *c = one(E_TERNARY, "?", expression(r, e->conditional));

		with(c, e->cond_true ? expression(r, e->cond_true) : NULL);
		return with(c, expression(r, e->cond_false));
	}
	case EXPR_STATEMENT:
		return statements(r, e);
	case EXPR_CALL:
		return call(r, e);
	case EXPR_INITIALIZER:
		return initialiser(r, e);
	case EXPR_LABEL:
		return make(E_OPAQUE, format("(&&%s)", name_of(e->label_symbol)));
	default:
		return make(E_OPAQUE, "");
	}
}

/* A name that is no expansion of the macro there: the macro itself, which stayed */
static bool stands_for_itself(const struct expression *e)
{
	const struct audit_token *t = whole_units && e->type == EXPR_SYMBOL && e->symbol_name ? text_at(e->pos) : NULL;

	return t && is(t, show_ident(e->symbol_name));
}

/* Never NULL. */
static struct expr *expression(struct reader *r, struct expression *e)
{
	const char *written;
	struct position outer = r->macro;
	struct expr *x;

	if (!e)
		return make(E_OPAQUE, "");
	if (e->type == EXPR_PREOP && e->op == '(')
		return expression(r, e->unop);
	written = same_place(e->pos, outer) || stands_for_itself(e) ? NULL : own_macro_at(e->pos);
	if (written)
		r->macro = e->pos;
	x = converted(r, e);
	r->macro = outer;
	if (written && x->kind != E_ERRNO && x->kind != E_OPAQUE)
		x->written = written;
	return x;
}

/* -------------------------------------------------------------- statements */

static struct stmt *start(enum stmt_kind kind, struct position at)
{
	return new_stmt(kind, at.line, column_of(at));
}

/* Converts E, and puts what has to stand before it into OUT. */
static struct expr *ahead(struct reader *r, struct expression *e, struct stmt *out)
{
	struct stmt *outer = r->before;
	struct expr *x;

	if (!e)
		return NULL;
	r->before = out;
	x = expression(r, e);
	r->before = outer;
	return x;
}

/* The name in `struct a *name = ..`, from the declarator on. */
static struct position name_place(const struct symbol *sym)
{
	const struct audit_token *t = text_at(sym->pos);
	struct position at = sym->pos;

	for (int i = 0; t && i < 32 && t[i].kind != T_END && !is(&t[i], ";"); i++)
		if (is(&t[i], name_of(sym))) {
			at.line = t[i].line;
			at.pos = t[i].column + 1;
			break;
		}
	return at;
}

static void declare(struct reader *r, struct symbol *sym, struct position at, struct stmt *out)
{
	struct stmt *d;
	struct expr *e;

	if (!sym->ident || (sym->ctype.base_type && sym->ctype.base_type->type == SYM_FN))
		return;
	e = ahead(r, sym->initializer, out);
	d = start(S_DECLARATION, at);
	d->name = name_of(sym);
	d->type = type_text(sym);
	d->e = e;
	add_stmt(out, d);
}

static struct stmt *declarations(struct reader *r, struct statement *s)
{
	struct stmt *out = start(S_BLOCK, s->pos);
	struct symbol *sym;

	FOR_EACH_PTR(s->declaration, sym) {
		declare(r, sym, name_place(sym), out);
	} END_FOR_EACH_PTR(sym);
	return out;
}

static void add_body(struct reader *r, struct stmt *to, struct statement *body)
{
	if (body)
		add_stmt(to, convert(r, body));
}

static void enter(struct reader *r, struct symbol *leaves)
{
	push(r->leaves, r->n_leaves, r->cap_leaves) = leaves;
}

/* list_for_each_entry(..) { .. }, which written.c made `while (list_for_each_entry(..))` in the same place */
static bool heads_loop(const struct statement *s)
{
	const struct expression *c = s->iterator_pre_condition;

	while (c && c->type == EXPR_PREOP && c->op == '(')
		c = c->unop;
	return c && c->type == EXPR_CALL && c->fn && c->fn->type == EXPR_SYMBOL && same_place(c->fn->pos, s->pos) &&
	       !c->fn->symbol;
}

static void loop(struct reader *r, struct statement *s, struct stmt *out)
{
	struct symbol *sym;
	struct stmt *l;

	FOR_EACH_PTR(s->iterator_syms, sym) {
		declare(r, sym, s->pos, out);
	} END_FOR_EACH_PTR(sym);
	if (s->iterator_pre_statement && s->iterator_pre_statement->type == STMT_EXPRESSION &&
	    s->iterator_pre_statement->expression) {
		struct expr *e = ahead(r, s->iterator_pre_statement->expression, out);

		l = start(S_PLAIN, s->pos);
		l->e = e;
		add_stmt(out, l);
	}
	l = start(s->iterator_post_condition ? S_DO : S_LOOP, s->pos);
	enter(r, s->iterator_break);
	if (s->iterator_post_condition) {
		add_body(r, l, s->iterator_statement);
		l->e = ahead(r, s->iterator_post_condition, l);
		if (null_or_zero(l->e)) {		/* do { .. } while (0) */
			l->kind = S_ONCE;
			l->e = NULL;
		}
		l->end_line = s->iterator_post_condition->pos.line;
		l->end_column = column_of(s->iterator_post_condition->pos);
	} else {
		l->e = ahead(r, s->iterator_pre_condition, out);
		if (s->iterator_post_statement && s->iterator_post_statement->type == STMT_EXPRESSION)
			l->step = ahead(r, s->iterator_post_statement->expression, out);
		if (heads_loop(s)) {
			l->iterator = repeats(l->e->kid[0]->text);
			if (!l->iterator)
				l->kind = S_ONCE;
		}
		add_body(r, l, s->iterator_statement);
	}
	r->n_leaves--;
	add_stmt(out, l);
}

static void jump(struct reader *r, struct statement *s, struct stmt *out)
{
	struct stmt *j;

	if (s->goto_expression) {
		add_stmt(out, start(S_GOTO, s->pos));
		return;
	}
	if (!s->goto_label || s->goto_label->type == SYM_LABEL) {
		j = start(S_GOTO, s->pos);
		j->name = s->goto_label ? name_of(s->goto_label) : "?";
	} else {
		j = start(r->n_leaves && r->leaves[r->n_leaves - 1] == s->goto_label ? S_BREAK : S_CONTINUE, s->pos);
	}
	add_stmt(out, j);
}

/* asm("..": "=r"(x): "r"(y)) as a call of asm(&x, y) */
static struct expr *assembly(struct reader *r, struct statement *s)
{
	struct expr *c = one(E_CALL, "", make(E_NAME, "asm"));
	struct asm_operand *o;

	FOR_EACH_PTR(s->asm_outputs, o) {
		with(c, one(E_UNARY, "&", expression(r, o->expr)));
	} END_FOR_EACH_PTR(o);
	FOR_EACH_PTR(s->asm_inputs, o) {
		with(c, expression(r, o->expr));
	} END_FOR_EACH_PTR(o);
	return c;
}

/* asm goto: on to any of its labels, nobody knows when */
static void add_ways(struct statement *s, struct stmt *out)
{
	struct symbol *label;

	FOR_EACH_PTR(s->asm_labels, label) {
		struct stmt *branch = start(S_IF, s->pos), *way = start(S_GOTO, s->pos);

		way->name = name_of(label);
		branch->e = make(E_OPAQUE, "asm goto");
		add_stmt(branch, way);
		add_stmt(out, branch);
	} END_FOR_EACH_PTR(label);
}

static struct expr *case_label(struct reader *r, struct statement *s)
{
	struct expr *from = expression(r, s->case_expression);

	return s->case_to ? two(E_BINARY, "...", from, expression(r, s->case_to)) : from;
}

static void convert_into(struct reader *r, struct statement *s, struct stmt *out)
{
	struct statement *inner;
	struct stmt *c;
	struct expr *e;

	switch (s->type) {
	case STMT_DECLARATION:
		add_stmt(out, declarations(r, s));
		break;
	case STMT_EXPRESSION:
		if (!s->expression)
			break;
		e = ahead(r, s->expression, out);
		if (e->kind == E_OPAQUE && !*e->text)
			break;		/* ({ .. }), all of it stands before */
		c = start(S_PLAIN, s->pos);
		c->e = e;
		add_stmt(out, c);
		break;
	case STMT_COMPOUND:
		FOR_EACH_PTR(s->stmts, inner) {
			add_stmt(out, convert(r, inner));
		} END_FOR_EACH_PTR(inner);
		break;
	case STMT_IF:
		e = ahead(r, s->if_conditional, out);
		c = start(S_IF, s->pos);
		c->e = e;
		add_stmt(c, s->if_true ? convert(r, s->if_true) : start(S_BLOCK, s->pos));
		add_body(r, c, s->if_false);
		add_stmt(out, c);
		break;
	case STMT_RETURN:
		e = ahead(r, s->ret_value, out);
		c = start(S_RETURN, s->pos);
		c->e = e;
		add_stmt(out, c);
		break;
	case STMT_CASE:
		c = start(s->case_expression ? S_CASE : S_DEFAULT, s->pos);
		if (s->case_expression)
			c->e = case_label(r, s);
		add_body(r, c, s->case_statement);
		add_stmt(out, c);
		break;
	case STMT_SWITCH:
		e = ahead(r, s->switch_expression, out);
		c = start(S_SWITCH, s->pos);
		c->e = e;
		enter(r, s->switch_break);
		/* its labels stand at the top of its body */
		if (s->switch_statement)
			convert_into(r, s->switch_statement, c);
		r->n_leaves--;
		add_stmt(out, c);
		break;
	case STMT_ITERATOR:
		loop(r, s, out);
		break;
	case STMT_LABEL:
		c = start(S_LABEL, s->pos);
		c->name = name_of(s->label_identifier);
		add_body(r, c, s->label_statement);
		add_stmt(out, c);
		break;
	case STMT_GOTO:
		jump(r, s, out);
		break;
	case STMT_ASM:
		c = start(S_PLAIN, s->pos);
		c->e = assembly(r, s);
		add_stmt(out, c);
		add_ways(s, out);
		break;
	case STMT_NONE:
	case STMT_CONTEXT:
	case STMT_RANGE:
		break;
	}
}

/* One statement; a block where it takes several. */
static struct stmt *convert(struct reader *r, struct statement *s)
{
	struct stmt *out = start(S_BLOCK, s->pos);
	struct position outer = r->at;

	r->at = s->pos;
	convert_into(r, s, out);
	r->at = outer;
	return out->n_kids == 1 ? out->kid[0] : out;
}

/* --------------------------------------------------------------- functions */

static struct symbol *body_of(struct definition *def)
{
	struct symbol *sym = symbol_of(def);
	int line = sym ? (int)sym->pos.line : 0;

	/* the type may stand on the lines above the name */
	return sym && line >= def->line - 3 && line <= def->end ? sym : NULL;
}

static bool stub;

bool stub_instead(void)
{
	return stub;
}

bool left_out(struct definition *def)
{
	const char *path = def->source->path;
	struct symbol *known;

	if (path[strlen(path) - 1] != 'c' || is_parsed(path))
		return !body_of(def);
	/* not read yet: unless a header has a body for it, it is there, and is read when it is entered */
	known = function_named(def->name);
	if (!known || !definition_of(known))
		return false;
	stub = true;
	return true;
}

struct function *read_tree(struct definition *def)
{
	struct symbol *sym = body_of(def), *type = sym ? sym->ctype.base_type : NULL;
	struct reader r = { .n_leaves = 0 };
	struct stmt *body = new_stmt(S_BLOCK, def->line, 0);

	if (type) {
		r.before = body;
		convert_into(&r, type->stmt ? type->stmt : type->inline_stmt, body);
	} else {
		r.gap = "its body could not be parsed";
	}
	return graph_of(def, body, r.gap);
}

/* What a macro defines, or a header in two #if arms; once each. */
static struct definition **made;
static int n_made, cap_made;

static struct definition *make_definition(struct symbol *sym, struct source *source)
{
	struct symbol *type = sym->ctype.base_type, *p;
	struct statement *s;
	struct definition *d;

	for (int i = 0; i < n_made; i++)
		if (made[i]->source == source && !strcmp(made[i]->name, name_of(sym)))
			return made[i];
	d = alloc(sizeof(*d));
	*d = (struct definition){ .source = source, .name = name_of(sym), .type = type_text(type->ctype.base_type),
				  .is_static = sym->ctype.modifiers & MOD_STATIC, .line = sym->pos.line,
				  .end = sym->pos.line };
	FOR_EACH_PTR(type->arguments, p) {
		push(d->params, d->n_params, d->cap_params) = (struct parameter){
			.type = type_text(p), .name = p->ident ? name_of(p) : "" };
	} END_FOR_EACH_PTR(p);
	FOR_EACH_PTR((type->stmt ? type->stmt : type->inline_stmt)->stmts, s) {
		if ((int)s->pos.line > d->end)
			d->end = s->pos.line;
	} END_FOR_EACH_PTR(s);
	push(made, n_made, cap_made) = d;
	return d;
}

struct definition *text_of(struct symbol *sym)
{
	struct symbol *d = definition_of(sym);
	struct source *s = d ? source_at(d->pos) : NULL;

	for (int i = 0; s && i < s->n_definitions; i++)
		if (!strcmp(s->definitions[i]->name, name_of(d)) && body_of(s->definitions[i]))
			return s->definitions[i];
	return s ? make_definition(d, s) : NULL;
}

struct definition *made_up(const struct source *from, const char *name)
{
	struct symbol *sym = function_named(name), *d = definition_of(sym);
	struct source *s = d ? find_source(&program, path_of(d->pos)) : NULL;

	if (!s || strcmp(s->dir, from->dir))
		return NULL;
	for (int i = 0; i < s->n_definitions; i++)	/* the text has it: it is not the driver's */
		if (!strcmp(s->definitions[i]->name, name))
			return NULL;
	return make_definition(d, s);
}
