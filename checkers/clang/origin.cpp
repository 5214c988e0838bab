// SPDX-License-Identifier: GPL-2.0-only
/*
 * Origins: in, a value or an expression in a state of the analyzer; out, whether it
 * comes from the domain, the device, an allocation, ..., and what it is itself.
 * The analyzer's symbols tell where a value was read; what a call returned is learnt
 * when the call is passed over; what is not in the state any more the text tells.
 */
#include "attach.h"

#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;
using namespace ento;

namespace attach {

void Origin::join(const Origin &more)
{
	from |= more.from;
	is |= more.is;
	for (const std::string &c : more.calls)
		if (calls.size() < MAX_CALLS)
			calls.insert(c);
	if (!call)
		call = more.call;
}

/* A function of another subsystem that returns errnos: by what is known, by its type, by its name. */
static bool foreign_errno(const std::string &name, QualType type)
{
	const char *n = name.c_str();

	for (const char *kind : { "allocator", "id_allocator", "lookup", "no_errno", "register_read" })
		if (api(kind, n))
			return false;
	for (const char *kind : { "errno", "id_allocator_errno", "einval_without_domain" })
		if (api(kind, n))
			return true;
	return type->isSignedIntegerType() && has_word(n, "action_word") && !has_word(n, "predicate_word");
}

bool errno_variable(StringRef name)
{
	return api("errno_variable", name.take_until([](char c) { return isdigit(c); }).str().c_str());
}

const FunctionDecl *own_function(const SourceManager &sm, const Decl *d)
{
	const FunctionDecl *f = dyn_cast_or_null<FunctionDecl>(d), *body = nullptr;

	return f && f->hasBody(body) && in_driver(sm, body->getLocation()) ? body : nullptr;
}

/* struct iommu_domain, or a structure that holds one: a driver's own kind of domain */
static bool domain_record(QualType type, int levels)
{
	const RecordType *r = type->getAs<RecordType>();

	if (!r)
		return false;
	if (r->getDecl()->getName() == "iommu_domain")
		return true;
	if (levels)
		for (const FieldDecl *f : r->getDecl()->fields())
			if (domain_record(f->getType(), f->getType()->getAs<RecordType>() &&
					  f->getType()->getAs<RecordType>()->getDecl()->getIdentifier() ? 0 : levels - 1))
				return true;
	return false;
}

static bool domain_pointer(QualType type)
{
	return type->isPointerType() && domain_record(type->getPointeeType(), 2);
}

/* ----------------------------------------------------------------- symbols */

Origin Origins::of_call(const CallExpr *call, Origin o) const
{
	std::string name = callee_of(call);
	const char *n = name.c_str();

	if (api("carrier", n) || api("error_test", n) || api("warn", n))
		return o;
	if (api("transparent", n)) {
		o.is &= ~(IS_ERRNO | IS_ID);
		return o;
	}
	o.from &= ~FROM_CONST;
	o.is = o.is & (IS_ERRNO | IS_RESULT) ? IS_RESULT : 0;
	o.call = nullptr;
	o.calls = { name };
	if (api("allocator", n)) {
		o.from |= FROM_ALLOC;
		o.is = IS_ALLOCATION;
	} else if (api("id_allocator", n)) {
		o.is = IS_ID;
	} else if (api("id_allocator_errno", n)) {
		o.is = IS_ID | IS_ERRNO;
		o.call = call;
	} else if (api("attached_domain", n)) {
		o.is = IS_ATTACHED;
	} else if (api("register_read", n)) {
		o.is = IS_RESULT;
	} else if (foreign_errno(name, call->getType())) {
		o.is = IS_ERRNO;
		o.call = call;
	} else {
		o.is |= api("lookup", n) || call->getType()->isPointerType() ? IS_LOOKUP : IS_OUTCOME;
		if (domain_pointer(call->getType()) && !(o.from & FROM_DOMAIN))
			o.is = IS_ATTACHED;
		if (!o.from)
			o.from = FROM_GLOBAL;
	}
	return o;
}

void Origins::learn(SymbolRef result, const CallEvent &call, ProgramStateRef state)
{
	auto *e = dyn_cast_or_null<CallExpr>(call.getOriginExpr());
	Origin arguments;

	if (!result || !e || of_symbol.count(result))
		return;
	for (unsigned i = 0; i < call.getNumArgs(); i++)
		arguments.join(of(call.getArgSVal(i), state));
	of_symbol[result] = of_call(e, arguments);
}

Origin Origins::of(const MemRegion *r, ProgramStateRef state) const
{
	Origin o;

	if (auto *s = dyn_cast<SymbolicRegion>(r))
		return of(s->getSymbol(), state);
	if (auto *v = dyn_cast<VarRegion>(r)) {
		auto *p = dyn_cast<ParmVarDecl>(v->getDecl());

		if (p && v->getStackFrame() && v->getStackFrame()->inTopFrame()) {
			auto *f = dyn_cast<FunctionDecl>(p->getDeclContext());
			const struct operation *serves = operation_named(op.c_str());
			std::vector<std::string> words;
			std::vector<parameter> params;

			for (unsigned nr = 0; f && nr < f->getNumParams(); nr++) {
				words.push_back(f->getParamDecl(nr)->getType().getUnqualifiedType().getAsString());
				words.push_back(f->getParamDecl(nr)->getName().str());
			}
			for (size_t i = 0; i < words.size(); i += 2)
				params.push_back({ words[i].c_str(), words[i + 1].c_str() });
			if (serves && !params.empty())
				o.from = role_of(serves, params.data(), params.size(), p->getFunctionScopeIndex());
		} else if (v->getDecl()->hasGlobalStorage()) {
			o.from = FROM_GLOBAL;
		} else if (!p && state) {
			return of(state->getSVal(v), state);
		}
		return o;
	}
	if (auto *s = dyn_cast<SubRegion>(r))
		return of(s->getSuperRegion(), state);
	return o;
}

Origin Origins::of(SymbolRef s, ProgramStateRef state) const
{
	Origin o;
	auto known = of_symbol.find(s);

	if (known != of_symbol.end())
		return known->second;
	if (auto *v = dyn_cast<SymbolRegionValue>(s)) {
		o = of(v->getRegion(), nullptr);
		/* a domain found in a device is the one it is attached to */
		if (o.from & FROM_DEV && !(o.from & FROM_DOMAIN) && domain_pointer(s->getType()))
			o.is = IS_ATTACHED;
	} else if (auto *d = dyn_cast<SymbolDerived>(s)) {
		o = of(d->getRegion(), nullptr);
		o.join(of(d->getParentSymbol(), state));
	} else if (auto *c = dyn_cast<SymbolCast>(s)) {
		return of(c->getOperand(), state);
	} else if (auto *b = dyn_cast<BinarySymExpr>(s)) {
		if (auto *x = dyn_cast<SymIntExpr>(b))
			return of(x->getLHS(), state);
		if (auto *x = dyn_cast<IntSymExpr>(b))
			return of(x->getRHS(), state);
		if (auto *x = dyn_cast<SymSymExpr>(b)) {
			o = of(x->getLHS(), state);
			o.join(of(x->getRHS(), state));
		}
		o.is &= ~IS_ATTACHED;
	} else if (auto *m = dyn_cast<SymbolMetadata>(s)) {
		return of(m->getRegion(), state);
	}
	return o;
}

Origin Origins::of(SVal v, ProgramStateRef state) const
{
	Origin o;

	if (const MemRegion *r = v.getAsRegion()) {
		o = of(r, state);
		/* the address of something in it is not it */
		if (!isa<SymbolicRegion>(r))
			o.is = 0;
		return o;
	}
	if (SymbolRef s = v.getAsSymbol(true))
		return of(s, state);
	if (v.isConstant())
		o.from = FROM_CONST;
	return o;
}

/* -------------------------------------------------------------- expressions */

namespace {
/* The calls that were assigned to a variable before a place in the text. */
struct Assignments : RecursiveASTVisitor<Assignments> {
	const VarDecl *variable;
	SourceLocation before;
	const SourceManager &sm;
	std::vector<const CallExpr *> calls;

	Assignments(const VarDecl *v, SourceLocation at, const SourceManager &manager)
		: variable(v), before(at), sm(manager) { }

	void take(const Expr *value, SourceLocation at)
	{
		if (!value || !sm.isBeforeInTranslationUnit(sm.getExpansionLoc(at), sm.getExpansionLoc(before)))
			return;
		const Expr *e = value->IgnoreParenCasts();

		if (auto *c = dyn_cast<BinaryConditionalOperator>(e))	/* x = call() ?: 0 */
			e = c->getCommon()->IgnoreParenCasts();
		if (auto *call = dyn_cast<CallExpr>(e))
			calls.push_back(call);
	}
	bool VisitBinaryOperator(BinaryOperator *b)
	{
		auto *left = dyn_cast<DeclRefExpr>(b->getLHS()->IgnoreParenCasts());

		if (b->getOpcode() == BO_Assign && left && left->getDecl() == variable)
			take(b->getRHS(), b->getBeginLoc());
		return true;
	}
	bool VisitVarDecl(VarDecl *v)
	{
		if (v == variable && v->hasInit())
			take(v->getInit(), v->getLocation());
		return true;
	}
};
} // namespace

std::vector<const CallExpr *> assigned_calls(const VarDecl *v, const Decl *function, SourceLocation at,
					     const SourceManager &sm)
{
	Assignments seen(v, at, sm);

	if (function && function->getBody())
		seen.TraverseStmt(function->getBody());
	return seen.calls;
}

Origin Origins::of_variable(const VarDecl *v, ProgramStateRef state, const LocationContext *frame, int depth) const
{
	Origin o;

	if (v->hasGlobalStorage()) {
		o.from = FROM_GLOBAL;
		return o;
	}
	o = of(state->getSVal(state->getRegion(v, frame)), state);
	if (!(o.from & ~FROM_CONST) && !o.is && isa<ParmVarDecl>(v) && frame->getStackFrame()->inTopFrame())
		o = of(state->getRegion(v, frame), nullptr);
	/* the variable of a macro, or a value that was forgotten */
	if (!o.from && !o.is && v->hasInit() && depth < 8)
		o = of(v->getInit(), state, frame, depth + 1);
	return o;
}

Origin Origins::of(const Expr *e, ProgramStateRef state, const LocationContext *frame, int depth) const
{
	Origin o;

	e = e->IgnoreParenCasts();
	if (depth > 12)
		return o;
	if (auto *r = dyn_cast<DeclRefExpr>(e)) {
		auto *v = dyn_cast<VarDecl>(r->getDecl());

		if (!v) {
			o.from = FROM_CONST;
			return o;
		}
		o = of_variable(v, state, frame, depth);
		const SourceManager &sm = state->getStateManager().getContext().getSourceManager();
		std::vector<const CallExpr *> calls = assigned_calls(v, frame->getDecl(), e->getBeginLoc(), sm);
		const CallExpr *call = calls.empty() ? nullptr : calls.back();

		if (call && errno_variable(v->getName()) && !v->getType()->isPointerType() &&
		    !api("carrier", callee_of(call).c_str()) && !(o.is & IS_ERRNO)) {
			if (!(o.is & (IS_ID | IS_ALLOCATION | IS_RESULT)))
				o.is = IS_ERRNO;
			o.call = call;
			o.calls.insert(callee_of(call));
			for (const Expr *a : call->arguments()) {
				Origin more = of(a, state, frame, depth + 1);

				o.from |= more.from & ~FROM_CONST;
			}
		} else if (o.is & IS_OUTCOME && v->getType()->isPointerType()) {
			o.is = (o.is & ~IS_OUTCOME) | IS_LOOKUP;
		}
		if (o.is & IS_OUTCOME && o.from & FROM_DOMAIN && o.from & FROM_DEV && !v->getType()->isBooleanType())
			o.is |= IS_RESULT;
		return o;
	}
	/* while the statement is evaluated the state still holds its parts */
	if (!isa<MemberExpr>(e)) {
		o = of(state->getSVal(e, frame), state);
		if (o.from & ~FROM_CONST || o.is)
			return o;
	}
	if (auto *m = dyn_cast<MemberExpr>(e)) {
		o = of(m->getBase(), state, frame, depth + 1);
		o.is = 0;
		o.call = nullptr;
		if (o.from & FROM_DEV && !(o.from & FROM_DOMAIN) && domain_pointer(m->getType()))
			o.is = IS_ATTACHED;
		if (!o.from)
			o.from = FROM_GLOBAL;
		/* p->table = kzalloc(); if (!p->table) */
		if (const MemRegion *field = state->getSVal(e, frame).getAsRegion()) {
			auto stored = of_symbol.find(state->getSVal(field).getAsSymbol(true));

			if (stored != of_symbol.end() && stored->second.is & (IS_ALLOCATION | IS_ID))
				return stored->second;
		}
	} else if (auto *call = dyn_cast<CallExpr>(e)) {
		Origin arguments;

		for (const Expr *a : call->arguments())
			arguments.join(of(a, state, frame, depth + 1));
		o = of_call(call, arguments);
	} else if (auto *b = dyn_cast<BinaryOperator>(e)) {
		o = of(b->getLHS(), state, frame, depth + 1);
		o.join(of(b->getRHS(), state, frame, depth + 1));
		o.is &= ~(IS_ATTACHED | IS_ERRNO);
	} else if (auto *u = dyn_cast<UnaryOperator>(e)) {
		o = of(u->getSubExpr(), state, frame, depth + 1);
		if (u->getOpcode() == UO_AddrOf || u->getOpcode() == UO_Deref)
			o.is = 0;
	} else if (auto *a = dyn_cast<ArraySubscriptExpr>(e)) {
		o = of(a->getBase(), state, frame, depth + 1);
		o.join(of(a->getIdx(), state, frame, depth + 1));
		o.is = 0;
	} else if (auto *c = dyn_cast<AbstractConditionalOperator>(e)) {
		o = of(c->getTrueExpr(), state, frame, depth + 1);
		o.join(of(c->getFalseExpr(), state, frame, depth + 1));
	} else if (auto *s = dyn_cast<StmtExpr>(e)) {
		if (auto *last = s->getSubStmt()->body_empty() ? nullptr : dyn_cast<Expr>(s->getSubStmt()->body_back()))
			o = of(last, state, frame, depth + 1);
	} else if (isa<IntegerLiteral>(e)) {
		o.from = FROM_CONST;
	}
	return o;
}

} // namespace attach
