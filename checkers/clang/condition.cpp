// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conditions: in, an edge of the control-flow graph; out, which statement decided what
 * there, as alternatives (any of them), each a list of atoms (all of them), and in words.
 */
#include "attach.h"

using namespace clang;

namespace attach {

bool is_loop(const Stmt *s)
{
	return isa<ForStmt, WhileStmt, DoStmt>(s);
}

/* What a reader does not see: a decision inside a macro, but for a loop that a macro spells. */
static bool hidden(const Stmt *s)
{
	return s->getBeginLoc().isMacroID() && !isa<ForStmt, WhileStmt>(s);
}

static bool expects(const Expr *e, const Expr **inner)
{
	auto *call = dyn_cast<CallExpr>(e);

	if (!call || callee_of(call) != "__builtin_expect" || !call->getNumArgs())
		return false;
	*inner = call->getArg(0);
	return true;
}

/* A && or || has a value: what of the statement around it does that settle? */
static bool settle(const BinaryOperator *logical, bool left, const ParentMap &parents, Decision *out)
{
	const Stmt *at = logical;
	bool value = left;

	if (left != (logical->getOpcode() == BO_LOr))
		return false;
	for (;;) {
		const Stmt *up = parents.getParent(const_cast<Stmt *>(at));

		if (!up)
			break;
		if (isa<ParenExpr, ImplicitCastExpr, ExprWithCleanups>(up)) {
			at = up;
			continue;
		}
		if (auto *u = dyn_cast<UnaryOperator>(up); u && u->getOpcode() == UO_LNot) {
			value = !value;
			at = up;
			continue;
		}
		if (auto *b = dyn_cast<BinaryOperator>(up); b && b->isLogicalOp()) {
			if (b->getLHS() == at && value != (b->getOpcode() == BO_LOr))
				return false;
			at = up;
			continue;
		}
		if (isa<IfStmt, WhileStmt, ForStmt, DoStmt, ConditionalOperator>(up)) {
			*out = { up, value };
			return true;
		}
		break;
	}
	return false;
}

bool decided(const CFGBlock *block, const CFGBlock *to, const ParentMap &parents, Decision *out)
{
	const Stmt *end = block->getTerminatorStmt();
	unsigned way = 0;

	if (!end || block->succ_size() < 2)
		return false;
	for (auto i = block->succ_begin(); i != block->succ_end(); ++i, ++way)
		if (i->getReachableBlock() == to || i->getPossiblyUnreachableBlock() == to)
			break;
	if (auto *s = dyn_cast<SwitchStmt>(end)) {
		*out = { s, true, dyn_cast_or_null<SwitchCase>(to->getLabel()) };
		return !hidden(s);
	}
	if (auto *b = dyn_cast<BinaryOperator>(end)) {
		if (!settle(b, way == 0, parents, out))
			return false;
	} else if (isa<IfStmt, WhileStmt, ForStmt, DoStmt, ConditionalOperator>(end)) {
		*out = { end, way == 0 };
	} else {
		return false;
	}
	return !hidden(out->statement);
}

static const Expr *condition_of(const Stmt *s)
{
	if (auto *x = dyn_cast<IfStmt>(s))
		return x->getCond();
	if (auto *x = dyn_cast<WhileStmt>(s))
		return x->getCond();
	if (auto *x = dyn_cast<ForStmt>(s))
		return x->getCond();
	if (auto *x = dyn_cast<DoStmt>(s))
		return x->getCond();
	if (auto *x = dyn_cast<SwitchStmt>(s))
		return x->getCond();
	if (auto *x = dyn_cast<ConditionalOperator>(s))
		return x->getCond();
	return nullptr;
}

/* ------------------------------------------------------------ alternatives */

/* The condition itself, out of likely(), !!, WARN_ON(). Turns *holds with each `!`. */
static const Expr *plain(const Expr *e, bool *holds, const SourceManager &sm, bool *warn, int depth)
{
	for (; depth < 24; depth++) {
		const Expr *inner;

		e = e->IgnoreParenCasts();
		if (expects(e, &inner)) {
			e = inner;
		} else if (auto *u = dyn_cast<UnaryOperator>(e); u && u->getOpcode() == UO_LNot) {
			*holds = !*holds;
			e = u->getSubExpr();
		} else if (auto *s = dyn_cast<StmtExpr>(e); s && s->getBeginLoc().isMacroID() && !s->getSubStmt()->body_empty()) {
			auto *last = dyn_cast<Expr>(s->getSubStmt()->body_back());
			bool turned = *holds;

			if (!last)
				return e;
			*warn |= api("warn", macro_at(sm, s->getBeginLoc()).c_str());
			last = plain(last, &turned, sm, warn, depth + 1);
			/* int __ret = !!(condition); */
			auto *r = dyn_cast<DeclRefExpr>(last);
			auto *v = r ? dyn_cast<VarDecl>(r->getDecl()) : nullptr;
			if (!v || !v->hasInit() || !v->getLocation().isMacroID())
				return e;
			*holds = turned;
			e = v->getInit();
		} else {
			return e;
		}
	}
	return e;
}

static Alternatives both(const Alternatives &a, const Alternatives &b)
{
	Alternatives all;

	for (const auto &x : a)
		for (const auto &y : b) {
			if (all.size() == 16)
				return all;
			all.push_back(x);
			all.back().insert(all.back().end(), y.begin(), y.end());
		}
	return all;
}

static Alternatives of_condition(const Expr *e, bool holds, const SourceManager &sm, bool *warn, int depth)
{
	e = plain(e, &holds, sm, warn, 0);
	auto *b = dyn_cast<BinaryOperator>(e);

	if (b && b->isLogicalOp() && depth < 12) {
		Alternatives l = of_condition(b->getLHS(), holds, sm, warn, depth + 1);
		Alternatives r = of_condition(b->getRHS(), holds, sm, warn, depth + 1);

		if ((b->getOpcode() == BO_LAnd) == holds)
			return both(l, r);
		l.insert(l.end(), r.begin(), r.end());
		return l;
	}
	return { { { e, holds } } };
}

Alternatives alternatives(const Decision &d, const ASTContext &ast, bool *warn)
{
	const Expr *e = condition_of(d.statement);

	*warn = false;
	if (!e)
		return { };
	if (isa<SwitchStmt>(d.statement)) {
		Atom a = { e, true, d.label, !d.label || isa<DefaultStmt>(d.label) };

		return { { a } };
	}
	return of_condition(e, d.holds, ast.getSourceManager(), warn, 0);
}

static const BinaryOperator *comparison(const Expr *e)
{
	auto *b = dyn_cast<BinaryOperator>(e);

	return b && b->isComparisonOp() ? b : nullptr;
}

static bool zero(const Expr *e)
{
	e = e->IgnoreParenCasts();
	auto *i = dyn_cast<IntegerLiteral>(e);

	return i && !i->getValue();
}

static const CallExpr *error_test(const Expr *e)
{
	auto *call = dyn_cast<CallExpr>(e);

	return call && call->getNumArgs() && api("error_test", callee_of(call).c_str()) ? call : nullptr;
}

std::vector<const Expr *> operands(const Atom &a)
{
	if (a.label || a.otherwise) {
		auto *c = dyn_cast_or_null<CaseStmt>(a.label);

		return c ? std::vector<const Expr *>{ a.whole, c->getLHS() } : std::vector<const Expr *>{ a.whole };
	}
	if (const CallExpr *test = error_test(a.whole))
		return { test->getArg(0) };
	if (const BinaryOperator *b = comparison(a.whole)) {
		if (zero(b->getRHS()) && (b->isEqualityOp() || b->getOpcode() == BO_LT))
			return { b->getLHS() };
		return { b->getLHS(), b->getRHS() };
	}
	return { a.whole };
}

/* ------------------------------------------------------------------- words */

static const char *sign(BinaryOperatorKind op, bool holds)
{
	switch (op) {
	case BO_EQ: return holds ? "==" : "!=";
	case BO_NE: return holds ? "!=" : "==";
	case BO_LT: return holds ? "<" : ">=";
	case BO_LE: return holds ? "<=" : ">";
	case BO_GT: return holds ? ">" : "<=";
	default:    return holds ? ">=" : "<";
	}
}

static const char *form_of(const Expr *e)
{
	e = e->IgnoreParenCasts();
	if (auto *r = dyn_cast<DeclRefExpr>(e))
		return isa<VarDecl>(r->getDecl()) ? "name" : "constant";
	if (isa<MemberExpr, ArraySubscriptExpr>(e))
		return "field";
	if (isa<CallExpr>(e))
		return "call";
	if (isa<IntegerLiteral>(e))
		return "constant";
	if (auto *b = dyn_cast<BinaryOperator>(e))
		return b->getOpcode() == BO_And ? "bits" : "arithmetic";
	return "other";
}

static const char *type_word(const Expr *e)
{
	std::string form = form_of(e);

	e = e->IgnoreParenCasts();
	if (form != "name" && form != "field")
		return "";
	if (auto *m = dyn_cast<MemberExpr>(e))
		if (auto *f = dyn_cast<FieldDecl>(m->getMemberDecl()); f && f->isBitField())
			return f->getType()->isBooleanType() || f->getBitWidthValue(f->getASTContext()) == 1 ? "bool" : "value";
	return e->getType()->isBooleanType() ? "bool" : e->getType()->isPointerType() ? "pointer" : "value";
}

static json_t *operand_json(const Expr *e, const Origin &o, const ASTContext &ast)
{
	std::vector<const char *> calls;
	json_t *out;

	for (const std::string &c : o.calls)
		calls.push_back(c.c_str());
	out = json_pack("{so so so ss ss}", "text", text(written(ast, e).c_str()),
			"origins", origin_words(o.from, calls.data(), calls.size()), "is", value_words(o.is),
			"form", form_of(e), "type", type_word(e));
	if (o.is & IS_ERRNO && o.call) {
		json_object_set_new(out, "callee", text(callee_of(o.call).c_str()));
		json_object_set_new(out, "own", json_boolean(own_function(ast.getSourceManager(), o.call->getCalleeDecl())));
		json_object_set_new(out, "errnos", json_array());
	}
	return out;
}

json_t *atom_json(const Atom &a, const std::vector<Origin> &origins, const ASTContext &ast)
{
	const BinaryOperator *b = comparison(a.whole);
	const char *op = a.holds ? "set" : "unset";
	std::vector<const Expr *> parts = operands(a);
	std::string said = written(ast, a.whole);
	json_t *list = json_array();

	if (a.otherwise) {
		op = "otherwise";
		said += " is none of the cases";
	} else if (a.label) {
		op = "==";
		said += " == " + (parts.size() > 1 ? written(ast, parts[1]) : "?");
	} else if (error_test(a.whole)) {
		op = a.holds ? "error" : "good";
	} else if (b && parts.size() == 1) {
		bool equal = b->getOpcode() == BO_EQ;

		op = b->getOpcode() == BO_LT ? a.holds ? "negative" : ">=" : equal == a.holds ? "unset" : "set";
	} else if (b) {
		op = sign(b->getOpcode(), a.holds);
	}
	if (!a.holds && !a.label && !a.otherwise)
		said = worded(said.c_str())->negated;
	for (size_t i = 0; i < parts.size(); i++)
		json_array_append_new(list, operand_json(parts[i], origins[i], ast));
	return json_pack("{so ss so}", "text", text(said.c_str()), "op", op, "operands", list);
}

std::string wording(const Decision &d, const ASTContext &ast)
{
	const SourceManager &sm = ast.getSourceManager();
	Place at = place_of(sm, d.statement->getBeginLoc());
	const Expr *e = condition_of(d.statement);
	const struct wording *w = isa<ConditionalOperator, DoStmt>(d.statement) ? nullptr :
		wording_at(at.opened.c_str(), at.line, at.column - 1);

	if (!w)
		w = worded(e ? written(ast, e).c_str() : "");
	if (isa<SwitchStmt>(d.statement)) {
		auto *c = dyn_cast_or_null<CaseStmt>(d.label);

		return w->text + (c ? " == " + written(ast, c->getLHS()) : std::string(" is none of the cases"));
	}
	return d.holds ? w->text : w->negated;
}

} // namespace attach
