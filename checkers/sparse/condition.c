// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conditions: in, a guard in its frame; out, JSON that says when it lets control
 * pass: alternatives (any of them), each a list of atoms (all of them), each an
 * operator and its operands with their origins. Sense comes from the code; the
 * wording, where it has as many comparisons as the code, from the source.
 */
#include "sparse.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ALTERNATIVES 16
#define MAX_PARTS 48

struct atom {
	pseudo_t cond;
	bool holds;
	bool otherwise, labelled;
	long long label;
	const char *label_text;
};

struct alternative {
	struct atom *atoms;
	int n, cap;
};

struct formula {			/* an or of ands; one empty alternative: always */
	struct alternative *list;
	int n, cap;
};

/* The comparisons of a decision in the order they are made, to find their wording by. */
struct parts {
	pseudo_t list[MAX_PARTS];
	int n;
	bool warn;
};

static struct formula always(void)
{
	struct formula f = { 0 };

	push(f.list, f.n, f.cap) = (struct alternative){ 0 };
	return f;
}

static struct formula single(struct atom atom)
{
	struct formula f = always();

	push(f.list[0].atoms, f.list[0].n, f.list[0].cap) = atom;
	return f;
}

static bool is_always(const struct formula *f)
{
	return f->n == 1 && !f->list[0].n;
}

static struct formula either(struct formula a, struct formula b)
{
	if (is_always(&a) || is_always(&b))
		return always();
	for (int i = 0; i < b.n && a.n < MAX_ALTERNATIVES; i++)
		push(a.list, a.n, a.cap) = b.list[i];
	return a;
}

static struct formula both(struct formula a, struct formula b)
{
	struct formula f = { 0 };

	for (int i = 0; i < a.n; i++)
		for (int j = 0; j < b.n && f.n < MAX_ALTERNATIVES; j++) {
			struct alternative c = { 0 };

			for (int k = 0; k < a.list[i].n; k++)
				push(c.atoms, c.n, c.cap) = a.list[i].atoms[k];
			for (int k = 0; k < b.list[j].n; k++)
				push(c.atoms, c.n, c.cap) = b.list[j].atoms[k];
			push(f.list, f.n, f.cap) = c;
		}
	return f;
}

static struct formula formula_of(struct fn *f, pseudo_t c, bool holds, struct parts *parts, int depth);

/* Which of two sides; LEAF's condition leads to TARGET when the formula holds. */
static struct formula reaching(struct fn *f, const struct decision *d, int block, int target, struct parts *parts, int depth)
{
	struct instruction *last = terminator(f, block);
	struct formula t, e, none = { 0 };
	bool leaf = false;
	int yes, no;

	if (block == target)
		return always();
	for (int i = 0; i < d->n; i++)
		leaf |= d->leaves[i] == block;
	if (!leaf || depth > 32 || last->opcode != OP_CBR)
		return none;
	yes = (int)(long)last->bb_true->priv - 1;
	no = (int)(long)last->bb_false->priv - 1;
	t = yes == d->entry ? none : reaching(f, d, yes, target, parts, depth + 1);
	e = no == d->entry ? none : reaching(f, d, no, target, parts, depth + 1);
	if (is_always(&t) && is_always(&e))
		return t;
	if (is_always(&t))
		return either(formula_of(f, last->cond, true, parts, 0), e);
	if (is_always(&e))
		return either(formula_of(f, last->cond, false, parts, 0), t);
	if (!t.n)
		return both(formula_of(f, last->cond, false, parts, 0), e);
	if (!e.n)
		return both(formula_of(f, last->cond, true, parts, 0), t);
	return either(both(formula_of(f, last->cond, true, parts, 0), t),
		      both(formula_of(f, last->cond, false, parts, 0), e));
}

static pseudo_t through_casts(pseudo_t p)
{
	int bits;

	if (bit_field(p, &bits))
		return p;
	while (p && p->type == PSEUDO_REG && p->def &&
	       (p->def->opcode == OP_SEXT || p->def->opcode == OP_ZEXT || p->def->opcode == OP_TRUNC))
		p = p->def->src;
	return p;
}

/* a && b as a value: the constant comes by a branch on a, the rest is b */
static bool logical(struct fn *f, struct instruction *phi, pseudo_t *rest, bool *value, int *from)
{
	pseudo_t part;
	int n = 0;

	*rest = NULL;
	FOR_EACH_PTR(phi->phi_list, part) {
		struct instruction *s = part->def;

		if (!s || s->opcode != OP_PHISOURCE || !s->bb)
			continue;
		n++;
		if (s->phi_src->type == PSEUDO_VAL && last_instruction(s->bb->insns)->opcode == OP_CBR) {
			*value = s->phi_src->value != 0;
			*from = block_of(s);
		} else {
			*rest = s->phi_src;
		}
	} END_FOR_EACH_PTR(part);
	(void)f;
	return n >= 2 && *rest && *from >= 0;
}

static struct formula formula_of_phi(struct fn *f, pseudo_t c, bool holds, struct parts *parts, int depth)
{
	struct instruction *phi = c->def;
	pseudo_t rest;
	bool value = false;
	int from = -1, merge = block_of(phi), other = -1;
	const struct decision *d;
	struct formula left, right;

	if (!logical(f, phi, &rest, &value, &from) || f->decision_of[from] < 0)
		return single((struct atom){ .cond = c, .holds = holds });
	d = &f->decisions[f->decision_of[from]];
	for (int i = 0; i < d->n; i++)
		for (int k = 0; k < f->n_succ[d->leaves[i]]; k++) {
			int to = f->succ[d->leaves[i]][k];
			bool leaf = false;

			for (int j = 0; j < d->n; j++)
				leaf |= d->leaves[j] == to;
			if (!leaf && to != merge)
				other = to;
		}
	/* value true: a || b; false: a && b */
	left = reaching(f, d, d->entry, value == holds ? merge : other, parts, 0);
	right = formula_of(f, rest, holds, parts, depth + 1);
	return value == holds ? either(left, right) : both(left, right);
}

static void note(struct parts *parts, pseudo_t c)
{
	for (int i = 0; i < parts->n; i++)
		if (parts->list[i] == c)
			return;
	if (parts->n < MAX_PARTS)
		parts->list[parts->n++] = c;
}

static struct formula formula_of(struct fn *f, pseudo_t c, bool holds, struct parts *parts, int depth)
{
	struct instruction *d;

	c = through_casts(c);
	d = c->type == PSEUDO_REG ? c->def : NULL;
	if (d && depth < 12) {
		if ((d->opcode == OP_SET_NE || d->opcode == OP_SET_EQ) && is_zero(d->src2)) {
			pseudo_t inner = through_casts(d->src1);

			/* p == NULL keeps its operator; !x and !!x do not */
			return formula_of(f, inner, holds == (d->opcode == OP_SET_NE), parts, depth + 1);
		}
		if (d->opcode == OP_PHI)
			return formula_of_phi(f, c, holds, parts, depth + 1);
		if (d->opcode == OP_SEL && d->src2->type == PSEUDO_VAL && d->src3->type == PSEUDO_VAL &&
		    !d->src2->value != !d->src3->value)
			return formula_of(f, d->src1, holds == (d->src2->value != 0), parts, depth + 1);
		if (d->opcode == OP_LOAD && d->src->type == PSEUDO_SYM && is_local(d->src->sym) &&
		    !strncmp(name_of(d->src->sym), "__", 2)) {
			struct stores s = stores_to(f, d, d->src->sym, 0, false);
			struct instruction *store = s.n == 1 && s.list[0]->opcode == OP_STORE ? s.list[0] : NULL;
			const char *macro;

			free(s.list);
			if (store) {
				macro = name_at(path_of(d->pos), d->pos.line, column_of(d->pos));
				if (!macro)
					macro = name_at(path_of(store->pos), store->pos.line, column_of(store->pos));
				parts->warn |= macro && api("warn", macro);
				return formula_of(f, store->target, holds, parts, depth + 1);
			}
		}
	}
	note(parts, c);
	return single((struct atom){ .cond = c, .holds = holds });
}

/* ------------------------------------------------------------------- JSON */

static const char *form_of(pseudo_t p)
{
	struct instruction *d;
	int bits;

	if (bit_field(p, &bits))
		return "field";
	p = through_casts(p);
	if (p->type == PSEUDO_VAL)
		return "constant";
	if (p->type != PSEUDO_REG || !p->def)
		return "other";
	d = p->def;
	switch (d->opcode) {
	case OP_LOAD:
		return d->src->type == PSEUDO_SYM && !d->offset ? "name" : "field";
	case OP_CALL:
		return "call";
	case OP_AND:
		return "bits";
	case OP_SETVAL:
		return "constant";
	case OP_SYMADDR:
		return "other";
	default:
		return d->opcode >= OP_BINARY && d->opcode <= OP_BINARY_END ? "arithmetic" : "other";
	}
}

static json_t *operand_json(struct frame *fr, pseudo_t p, const char *wording)
{
	struct origin o = origin_of(fr, p);
	json_t *operand;
	int bits;

	operand = json_pack("{so so so ss ss}", "text", text(wording ? wording : spell(fr->f, p)), "origins", origin_words(o.from, o.calls, o.n_calls),
			    "is", value_words(o.is), "form", form_of(p), "type",
			    !strcmp(form_of(p), "name") || !strcmp(form_of(p), "field") ?
			    type_word(bit_field(p, &bits) ? p : through_casts(p)) : "");
	if (o.is & IS_ERRNO && !o.call && o.macro) {
		json_object_set_new(operand, "callee", text(o.macro));
		json_object_set_new(operand, "own", json_false());
		json_object_set_new(operand, "errnos", json_array());
	}
	if (o.is & IS_ERRNO && o.call) {
		struct fn **own;
		json_t *names = json_array();
		/* the call stands in this function, or in one that called it */
		int n = own_callees(fr->f, o.call, &own);

		for (int k = 0; k < n; k++)
			for (int i = 0; i < flow_of(own[k])->n; i++) {
				const struct arrival *a = &flow_of(own[k])->arrivals[i];
				const char *callee = a->call ? callee_name(a->call) : NULL;

				json_array_append_new(names, text(a->value ? errno_name(own[k], a->value, a->pos) :
					format("propagated:%s", callee ? callee : "?")));
			}
		free(own);
		json_object_set_new(operand, "callee", text(callee_name(o.call) ? callee_name(o.call) : "?"));
		json_object_set_new(operand, "own", json_boolean(n));
		json_object_set_new(operand, "errnos", names);
		for (struct frame *up = fr; up && !n; up = up->caller)
			if (o.call->bb && o.call->bb->ep == up->f->sym->ep) {
				json_object_set_new(operand, "arguments", arguments_json(up, o.call));
				break;
			}
	}
	return operand;
}

static json_t *atom_json(struct frame *fr, const struct atom *a, const struct phrase *phrase)
{
	static const struct { int opcode; const char *holds, *fails; } signs[] = {
		{ OP_SET_EQ, "==", "!=" }, { OP_SET_NE, "!=", "==" }, { OP_SET_LT, "<", ">=" }, { OP_SET_LE, "<=", ">" },
		{ OP_SET_GT, ">", "<=" }, { OP_SET_GE, ">=", "<" }, { OP_SET_B, "<", ">=" }, { OP_SET_BE, "<=", ">" },
		{ OP_SET_A, ">", "<=" }, { OP_SET_AE, ">=", "<" },
	};
	struct instruction *d = a->cond->type == PSEUDO_REG ? a->cond->def : NULL;
	const char *op = a->holds ? "set" : "unset", *whole = NULL;
	json_t *operands = json_array();

	if (a->labelled || a->otherwise) {
		op = a->otherwise ? "otherwise" : "==";
		json_array_append_new(operands, operand_json(fr, a->cond, phrase ? phrase->text : NULL));
		if (a->labelled)
			json_array_append_new(operands, operand_json(fr, value_pseudo(a->label), a->label_text));
		whole = a->otherwise ? format("%s is none of the cases", phrase ? phrase->text : spell(fr->f, a->cond)) :
			format("%s == %s", phrase ? phrase->text : spell(fr->f, a->cond),
			       a->label_text ? a->label_text : format("%lld", a->label));
	} else if (d && d->opcode == OP_CALL && callee_name(d) && api("error_test", callee_name(d)) && argument(d, 0)) {
		op = a->holds ? "error" : "good";
		json_array_append_new(operands, operand_json(fr, argument(d, 0), phrase ? phrase->left : NULL));
	} else if (d && d->opcode >= OP_BINCMP && d->opcode <= OP_BINCMP_END && error_test_value(d)) {
		op = a->holds == (d->opcode == OP_SET_AE) ? "error" : "good";
		json_array_append_new(operands, operand_json(fr, d->src1, phrase ? phrase->left : NULL));
	} else if (d && d->opcode >= OP_BINCMP && d->opcode <= OP_BINCMP_END) {
		pseudo_t left = d->src1, right = d->src2;

		for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
			if (signs[i].opcode == d->opcode)
				op = a->holds ? signs[i].holds : signs[i].fails;
		json_array_append_new(operands, operand_json(fr, left, phrase ? phrase->left : NULL));
		if (is_zero(through_casts(right)) && !strcmp(op, "<"))
			op = "negative";
		else
			json_array_append_new(operands, operand_json(fr, right, phrase ? phrase->right : NULL));
	} else {
		json_array_append_new(operands, operand_json(fr, a->cond, phrase ? phrase->left ? phrase->left : phrase->text : NULL));
	}
	if (!whole && phrase)
		whole = a->holds ? phrase->text : phrase->negated;
	if (!whole && d && d->opcode >= OP_BINCMP && d->opcode <= OP_BINCMP_END && strcmp(op, "negative"))
		whole = format("%s %s %s", spell(fr->f, d->src1), op, spell(fr->f, d->src2));
	if (!whole)
		whole = format("%s%s", a->holds ? "" : "!", spell(fr->f, a->cond));
	return json_pack("{so ss so}", "text", text(whole), "op", op, "operands", operands);
}

static const struct phrase *phrase_of(const struct wording *w, const struct parts *parts, pseudo_t c)
{
	if (!w || w->n != parts->n)
		return NULL;
	for (int i = 0; i < parts->n; i++)
		if (parts->list[i] == c)
			return &w->phrases[i];
	return NULL;
}

/*
 * Is the wording of a part the opposite of what the code tests? The code drops a
 * leading !, and so does the wording: only p == NULL is worded with its operator.
 */
static const struct phrase *fitting(const struct phrase *p, const struct atom *a, struct phrase *turned)
{
	bool compares = a->cond->type == PSEUDO_REG && a->cond->def && a->cond->def->opcode >= OP_BINCMP &&
			a->cond->def->opcode <= OP_BINCMP_END;

	if (!p || compares || !p->right || strcmp(p->negated, p->text) == 0)
		return p;
	/* x == 0, p == NULL became x */
	if (strstr(p->text, " == ")) {
		*turned = (struct phrase){ .text = p->negated, .negated = p->text, .left = p->left };
		return turned;
	}
	return p;
}

static json_t *formula_json(struct frame *fr, const struct formula *f, const struct parts *parts, const struct wording *w)
{
	json_t *alternatives = json_array();

	for (int i = 0; i < f->n; i++) {
		json_t *atoms = json_array();

		for (int j = 0; j < f->list[i].n; j++) {
			const struct atom *a = &f->list[i].atoms[j];
			struct phrase turned;

			json_array_append_new(atoms, atom_json(fr, a,
				fitting(phrase_of(w, parts, a->cond), a, &turned)));
		}
		if (json_array_size(atoms))
			json_array_append_new(alternatives, atoms);
		else
			json_decref(atoms);
	}
	return alternatives;
}

/* In the order of the code, so that the wording fits. */
static struct parts parts_of(struct fn *f, const struct decision *d)
{
	struct parts parts = { .n = 0 };

	for (int i = 0; i < d->n && !d->dispatch; i++)
		formula_of(f, terminator(f, d->leaves[i])->cond, true, &parts, 0);
	return parts;
}

static struct formula formula_of_switch(struct fn *f, const struct decision *d, int target)
{
	pseudo_t c = terminator(f, d->entry)->cond;
	struct formula all = { 0 };

	for (int i = 0; i < d->n_ways; i++)
		if (d->ways[i].to == target) {
			struct formula one = single((struct atom){ .cond = c, .holds = true,
				.otherwise = d->ways[i].otherwise, .labelled = !d->ways[i].otherwise,
				.label = d->ways[i].value, .label_text = d->ways[i].label });

			all = all.n ? either(all, one) : one;
		}
	return all;
}

/* A loop that ended without result: what it went over, and what it looked for. */
static void add_searches(struct fn *f, int loop, struct formula *all, struct parts *parts)
{
	const struct decision *d = &f->decisions[loop];

	for (int i = 0; i < f->n_decisions && all->n; i++) {
		const struct decision *inner = &f->decisions[i];
		bool inside = false;

		if (i == loop || inner->loop || inner->dispatch || inner->statement < 0)
			continue;
		for (const struct scope_of *s = f->statements[inner->statement].scope; s; s = s->outer)
			inside |= s->statement == d->statement;
		for (int k = 0; inside && k < inner->n; k++) {
			pseudo_t c = through_casts(terminator(f, inner->leaves[k])->cond);
			struct formula one = formula_of(f, c, false, parts, 0);

			for (int m = 0; m < one.n; m++)
				for (int q = 0; q < one.list[m].n; q++)
					push(all->list[0].atoms, all->list[0].n, all->list[0].cap) = one.list[m].atoms[q];
		}
	}
}

static const struct wording *wording_of(const struct fn *f, const struct decision *d)
{
	struct position pos;

	if (d->statement < 0)
		return NULL;
	pos = f->statements[d->statement].pos;
	return wording_at(path_of(pos), pos.line, column_of(pos));
}

static int line_of(const struct fn *f, const struct decision *d)
{
	return d->statement >= 0 ? f->statements[d->statement].pos.line : terminator(f, d->entry)->pos.line;
}

/* Was the whole condition true? Its wording says no more than that. */
static bool whole_holds(struct fn *f, const struct decision *d, int target, bool *known)
{
	struct instruction *last = terminator(f, d->leaves[d->n - 1]);

	*known = last->opcode == OP_CBR && d->statement >= 0 &&
		 (f->bb[target] == last->bb_true || f->bb[target] == last->bb_false);
	return (f->bb[target] == last->bb_true) != (d->statement >= 0 && f->statements[d->statement].turned);
}

static char *alternatives_text(json_t *alternatives)
{
	char *out = copy_string("");
	json_t *atoms, *atom;
	size_t i, j;

	json_array_foreach(alternatives, i, atoms) {
		if (i)
			out = format("%s || ", out);
		json_array_foreach(atoms, j, atom)
			out = format("%s%s%s", out, j ? " && " : "", str(atom, "text"));
	}
	return out;
}

json_t *guard_json(struct frame *fr, const struct guard *g, int number)
{
	struct fn *f = fr->f;
	struct formula all;
	struct parts parts = { .n = 0 };
	const struct wording *w = NULL;
	const struct decision *d = NULL;
	bool loop_end = false, known = false, holds;
	int line;
	const char *words = NULL;
	json_t *alternatives;

	if (g->choice) {
		all = formula_of(f, g->choice->src1, g->taken, &parts, 0);
		line = start_of(f, g->choice->pos).line;
	} else {
		d = &f->decisions[g->decision];
		line = line_of(f, d);
		w = wording_of(f, d);
		if (d->dispatch) {
			all = formula_of_switch(f, d, g->target);
			if (w && all.n == 1 && all.list[0].n) {
				parts.list[parts.n++] = all.list[0].atoms[0].cond;
				if (w->n != 1)
					w = NULL;
			} else if (w && all.n) {
				parts.list[parts.n++] = all.list[0].atoms[0].cond;
			}
		} else {
			parts = parts_of(f, d);
			all = reaching(f, d, d->entry, g->target, &parts, 0);
			holds = whole_holds(f, d, g->target, &known);
			loop_end = d->loop && !holds;
			if (w && known)
				words = loop_end ? format("no more of %s", w->text) : holds ? w->text : w->negated;
			if (loop_end)
				add_searches(f, g->decision, &all, &parts);
		}
	}
	alternatives = formula_json(fr, &all, &parts, w);
	if (!words)
		words = alternatives_text(alternatives);
	return json_pack("{so so si so sb sb sb sb sb si so si}", "text", text(words), "file", text(f->file), "line", line,
			 "function", text(f->name), "enclosing", g->choice ? true : g->enclosing, "chosen", g->chosen, "warn", parts.warn,
			 "exhausted", loop_end, "loop", d && d->loop && !loop_end, "depth", g->depth,
			 "alternatives", alternatives, "frame", number);
}

/* if (WARN_ON(true)): nothing is left of it in the code, but it is said */
json_t *folded_json(const struct fn *f, struct position pos)
{
	int at = statement_at(f, pos);
	const struct scope_of *s = at >= 0 ? f->statements[at].scope : NULL;
	const struct wording *w;
	const char *name;
	bool decided = false;

	if (!s || f->statements[s->statement].type != STMT_IF)
		return NULL;
	for (int i = 0; i < f->n_decisions; i++)
		decided |= f->decisions[i].statement == s->statement && !f->decisions[i].dispatch;
	pos = f->statements[s->statement].pos;
	w = wording_at(path_of(pos), pos.line, column_of(pos));
	name = w ? copy_bytes(w->text, strcspn(w->text, "( ")) : NULL;
	if (!name || !api("warn", name) || (decided && !strstr(w->text, "(true)") && !strstr(w->text, "(1)")))
		return NULL;
	return json_pack("{ss so si so sb sb sb sb sb si s[[{ss ss s[{ss s[s] s[] ss ss}]}]] si}", "text", w->text,
			 "file", text(f->file), "line", (int)pos.line, "function", text(f->name), "enclosing", true,
			 "chosen", false, "warn", true, "exhausted", false, "loop", false, "depth", 0, "alternatives", "text", w->text,
			 "op", "set", "operands", "text", w->n ? w->phrases[0].text : w->text, "origins", "CONST", "is",
			 "form", "name", "type", "", "frame", 0);
}

struct origin origin_of_guard(struct frame *fr, const struct guard *g)
{
	struct origin all = { 0 };
	const struct decision *d;

	if (g->choice)
		return origin_of(fr, g->choice->src1);
	d = &fr->f->decisions[g->decision];
	for (int i = 0; i < d->n; i++) {
		struct instruction *last = terminator(fr->f, d->leaves[i]);
		struct parts parts = { .n = 0 };

		if (last->opcode == OP_CBR)
			formula_of(fr->f, last->cond, true, &parts, 0);
		else
			parts.list[parts.n++] = last->cond;
		for (int k = 0; k < parts.n; k++) {
			struct origin o = origin_of(fr, parts.list[k]);

			all.from |= o.from;
			all.is |= o.is;
			if (o.call && !all.call)
				all.call = o.call;
			if (o.macro && !all.macro)
				all.macro = o.macro;
		}
	}
	return all;
}
