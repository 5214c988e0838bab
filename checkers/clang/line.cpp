// SPDX-License-Identifier: GPL-2.0-only
/* Lines: in, the arrivals of a callback; out, a line for each, with its guards, messages and steps. */
#include "attach.h"

#include "clang/Analysis/Analyses/Dominators.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace ento;

namespace attach {

namespace {

struct Scribe {
	const Subject &subject;
	const Origins &origins;
	const ASTContext &ast;
	const SourceManager &sm;
	std::map<const Decl *, std::unique_ptr<ControlDependencyCalculator>> dependencies;

	Scribe(const Subject &s, const Origins &o, const ASTContext &a)
		: subject(s), origins(o), ast(a), sm(a.getSourceManager()) { }

	bool controls(const Chain *chain, const CFGBlock *decision, const CFGBlock *site);
	json_t *guard(const Event &e, int frame, int depth, bool enclosing);
	json_t *guards(const Arrival &a, const std::vector<Event> &events);
	json_t *messages(const Arrival &a, const std::vector<Event> &events, const Chain *chain, json_t *guards);
	json_t *path(const Chain *chain, int line);
	const CallExpr *result_in(const VarDecl *v, const Event &event, const std::vector<Event> &events);
	json_t *steps(const Arrival &a, const std::vector<Event> &events);
	json_t *line(const char *kind, const std::string &errno_name, SourceLocation at,
		     const Chain *chain, json_t *guards, json_t *messages, json_t *steps);
};

bool Scribe::controls(const Chain *chain, const CFGBlock *decision, const CFGBlock *site)
{
	auto &d = dependencies[chain->function];

	if (!d)
		d = std::make_unique<ControlDependencyCalculator>(chain->context->getCFG());
	return site && d->isControlDependent(const_cast<CFGBlock *>(site), const_cast<CFGBlock *>(decision));
}

/* The arm that a decision took, as far as it is one statement. */
const Stmt *arm(const Decision &d)
{
	if (auto *s = dyn_cast<IfStmt>(d.statement))
		return d.holds ? s->getThen() : s->getElse();
	if (auto *s = dyn_cast<ForStmt>(d.statement))
		return d.holds ? s->getBody() : nullptr;
	if (auto *s = dyn_cast<WhileStmt>(d.statement))
		return d.holds ? s->getBody() : nullptr;
	if (auto *s = dyn_cast<SwitchStmt>(d.statement))
		return s->getBody();
	if (auto *s = dyn_cast<ConditionalOperator>(d.statement))
		return d.holds ? s->getTrueExpr() : s->getFalseExpr();
	return nullptr;
}

bool encloses(const Decision &d, const Stmt *s, const ParentMap &parents)
{
	const Stmt *inside = arm(d);

	for (; inside && s; s = parents.getParent(const_cast<Stmt *>(s)))
		if (s == inside)
			return true;
	return false;
}

json_t *Scribe::guard(const Event &e, int frame, int depth, bool enclosing)
{
	bool warn = false, loop = is_loop(e.decision.statement);
	Place at = place_of(sm, e.decision.statement->getBeginLoc());
	const ExplodedNode *before = *e.node->pred_begin();
	json_t *any = json_array();

	for (const auto &atoms : alternatives(e.decision, ast, &warn)) {
		json_t *all = json_array();

		for (const Atom &a : atoms) {
			std::vector<Origin> from;

			for (const Expr *o : operands(a))
				from.push_back(origins.of(o, before->getState(), before->getLocationContext()));
			json_array_append_new(all, atom_json(a, from, ast));
		}
		json_array_append_new(any, all);
	}
	return json_pack("{so sb si sb sb so si so si sb so sb}", "alternatives", any, "chosen", 0, "depth", depth,
			 "enclosing", enclosing, "exhausted", loop && !e.decision.holds, "file", text(at.file.c_str()),
			 "frame", frame, "function", text(e.chain->function->getNameAsString().c_str()), "line", at.line,
			 "loop", loop, "text", text(wording(e.decision, ast).c_str()), "warn", warn);
}

/* Nearest first: the last decision on every path that control depends on, and those around it. */
json_t *Scribe::guards(const Arrival &a, const std::vector<Event> &events)
{
	json_t *list = json_array();
	const CFGBlock *block = a.exit ? a.exit_block : a.block;
	const Stmt *site = a.exit ? a.exit : a.origin;
	int frame = 0;

	for (const Chain *c = a.chain; c; frame++) {
		const ParentMap &parents = c->context->getParentMap();
		int depth = 0;

		for (auto e = events.rbegin(); e != events.rend(); ++e) {
			if (e->kind != Event::BRANCH || e->chain != c || e->bit >= a.guards.size() || !a.guards.test(e->bit) ||
			    !controls(c, e->block, block))
				continue;
			bool around = encloses(e->decision, site, parents);
			if (around || (!depth && !json_array_size(list)))
				json_array_append_new(list, guard(*e, frame, depth++, around));
		}
		block = c->call_block;
		site = c->call;
		c = c->caller;
	}
	return list;
}

/* What is logged on every path in the branch that the nearest guard chose. */
json_t *Scribe::messages(const Arrival &a, const std::vector<Event> &events, const Chain *chain, json_t *guards)
{
	json_t *list = json_array();
	const json_t *nearest = json_array_get(guards, 0);
	bool in_branch = !nearest;

	for (const Event &e : events) {
		std::string name;

		if (e.chain == chain && e.kind == Event::BRANCH)
			in_branch = !nearest || (place_of(sm, e.decision.statement->getBeginLoc()).line == num(nearest, "line") &&
						 wording(e.decision, ast) == str(nearest, "text"));
		if (!in_branch || e.kind != Event::MESSAGE || e.chain != chain || e.bit >= a.always.size() || !a.always.test(e.bit))
			continue;
		auto *call = cast<CallExpr>(e.statement);
		const char *level = message_level(sm, call, &name);
		json_array_insert_new(list, 0, json_pack("{so ss si}", "call", text(name.c_str()), "level", level,
							 "line", place_of(sm, call->getBeginLoc()).line));
	}
	return list;
}

json_t *Scribe::path(const Chain *chain, int line)
{
	json_t *list = chain->caller ? path(chain->caller, place_of(sm, chain->call->getBeginLoc()).line) : json_array();

	json_array_append_new(list, json_pack("{so so si}", "function", text(chain->function->getNameAsString().c_str()),
		"file", text(place_of(sm, chain->function->getLocation()).file.c_str()), "line", line));
	return list;
}

std::string errno_name(const SourceManager &sm, const Stmt *constant, bool *raw)
{
	SourceLocation name;

	errno_constant(cast<Expr>(constant), &name);
	*raw = !name.isMacroID();
	if (*raw)
		return "EPERM";
	SourceLocation spelt = sm.getSpellingLoc(name);
	/* the macro whose body is the number */
	(void)spelt;
	return Lexer::getImmediateMacroName(name, sm, LangOptions()).str();
}

/* The call on the way whose result the variable holds when EVENT looks at it; or NULL. */
const CallExpr *Scribe::result_in(const VarDecl *v, const Event &event, const std::vector<Event> &events)
{
	const CallExpr *last = nullptr;

	if (v->hasGlobalStorage())
		return nullptr;
	std::vector<const CallExpr *> calls = assigned_calls(v, event.chain->function, event.decision.statement->getBeginLoc(), sm);
	for (const Event &e : events) {
		if (&e == &event)
			break;
		const Stmt *done = e.kind == Event::LEAVE && e.chain->caller == event.chain ? e.chain->call :
			e.kind == Event::PASSED && e.chain == event.chain ? e.statement : nullptr;
		if (done && llvm::is_contained(calls, done))
			last = cast<CallExpr>(done);
	}
	return last;
}

json_t *Scribe::steps(const Arrival &a, const std::vector<Event> &events)
{
	json_t *list = json_array();
	std::set<const Chain *> shown, entered;
	std::set<const CallExpr *> told;	/* calls that stand in the list */
	auto add = [&](SourceLocation loc, const char *kind, const std::string &said) {
		Place at = place_of(sm, loc);

		json_array_append_new(list, json_pack("{so si ss so}", "file", text(at.file.c_str()), "line", at.line,
						      "kind", kind, "text", text(said.c_str())));
	};
	std::function<void(const Chain *)> enter = [&](const Chain *c) {
		if (!c->caller || !entered.insert(c).second)
			return;
		enter(c->caller);
		told.insert(c->call);
		add(c->call->getBeginLoc(), "call", written(ast, c->call));
	};
	const Event *from = nullptr;
	bool raw;

	for (const Chain *c = a.chain; c; c = c->caller)
		shown.insert(c);
	add(subject.function->getLocation(), "entry", subject.callback + "()");
	for (const Event &e : events) {
		std::string name;

		/* what a helper decided that has returned is told where its result is looked at */
		if (!shown.count(e.chain))
			continue;
		if (e.kind != Event::LEAVE && e.kind != Event::PASSED)
			enter(e.chain);
		switch (e.kind) {
		case Event::BRANCH: {
			bool warn;

			for (const auto &atoms : alternatives(e.decision, ast, &warn))
				for (const Atom &atom : atoms)
					for (const Expr *o : operands(atom)) {
						auto *r = dyn_cast<DeclRefExpr>(o->IgnoreParenCasts());
						auto *v = r ? dyn_cast<VarDecl>(r->getDecl()) : nullptr;
						const CallExpr *call = v ? result_in(v, e, events) : nullptr;

						if (call && told.insert(call).second)
							add(call->getBeginLoc(), "call", v->getNameAsString() + " = " + written(ast, call));
					}
			add(e.decision.statement->getBeginLoc(), "branch", wording(e.decision, ast));
			break;
		}
		case Event::CONSTANT:
			if (e.statement == a.origin)
				from = &e;
			if (from)
				add(e.statement->getBeginLoc(), "errno", "-" + errno_name(sm, e.statement, &raw));
			break;
		case Event::CALL:
		case Event::DROPPED:
			if (e.statement == a.origin) {
				from = &e;
				add(e.statement->getBeginLoc(), "call", written(ast, e.statement) +
				    (e.kind == Event::CALL ? " fails" : " fails, and nobody looks"));
			}
			break;
		case Event::MESSAGE:
			message_level(sm, cast<CallExpr>(e.statement), &name);
			add(e.statement->getBeginLoc(), "message", name + "()");
			break;
		case Event::PASSED:
		case Event::LEAVE:
			break;
		}
	}
	if (a.leaves)
		add(a.leaves->getBeginLoc(), "return", written(ast, a.leaves->getRetValue() ? (const Stmt *)a.leaves->getRetValue() : a.leaves));
	return list;
}

json_t *Scribe::line(const char *kind, const std::string &errno_word, SourceLocation at, const Chain *chain,
		     json_t *guards, json_t *messages, json_t *steps)
{
	Place where = place_of(sm, at);

	return json_pack("{ss ss ss so si si so so so ss ss so so so so so}", "k", "site", "engine", "clang", "kind", kind,
			 "file", text(where.file.c_str()), "line", where.line, "column", where.column,
			 "function", text(chain->function->getNameAsString().c_str()), "callback", text(subject.callback.c_str()),
			 "op", text(subject.op.c_str()), "fixed", "", "hidden", "", "errno", text(errno_word.c_str()),
			 "guards", guards, "messages", messages, "path", path(chain, where.line), "steps", steps);
}

/* A helper's failure that its caller logs. */
struct LoggedCall {
	const Chain *caller;
	const CallExpr *call, *message;
	std::string name;
	const char *level;
};

std::vector<LoggedCall> logged_calls(const Arrival &a, const SourceManager &sm)
{
	std::vector<LoggedCall> list;
	std::vector<Event> events = events_of(a);

	for (const Chain *c = a.chain; a.kind == Arrival::ERRNO && c->caller; c = c->caller)
		for (const Event &e : events) {
			LoggedCall l = { c->caller, c->call, nullptr, "", nullptr };

			/* on every way to the return, but not on every way to the errno */
			if (e.kind != Event::MESSAGE || e.chain != c->caller || e.bit >= a.always.size() || !a.always.test(e.bit) ||
			    (e.bit < a.guards.size() && a.guards.test(e.bit)))
				continue;
			l.message = cast<CallExpr>(e.statement);
			l.level = message_level(sm, l.message, &l.name);
			if (l.level && (!strcmp(l.level, "error") || !strcmp(l.level, "warning")))
				list.push_back(l);
		}
	return list;
}

} // namespace

json_t *lines_of(const Graph &g, const Subject &subject, const Origins &origins, const ASTContext &ast)
{
	Scribe scribe(subject, origins, ast);
	const SourceManager &sm = ast.getSourceManager();
	std::set<std::tuple<const Chain *, const CallExpr *, const CallExpr *>> seen;
	json_t *lines = json_array();

	for (size_t n = 0; n < g.arrivals.size(); n++) {
		const Arrival &a = g.arrivals[n];
		std::vector<Event> events = events_of(a);
		json_t *guards = scribe.guards(a, events), *messages = scribe.messages(a, events, a.chain, guards), *line;
		json_t *steps = scribe.steps(a, events);
		SourceLocation at = a.origin->getBeginLoc(), name = at;
		bool raw = false;

		if (a.kind == Arrival::ERRNO) {
			std::string e = errno_name(sm, a.origin, &raw), macro;
			size_t exits = 0;

			errno_constant(cast<Expr>(a.origin), &name);
			macro = macro_at(sm, name);
			if (!raw && macro != e && api("errno", macro.c_str())) {
				line = scribe.line("call", "propagated:" + macro, name, a.chain, guards, messages, steps);
				goto done;
			}
			/* of the exits that a preset serves: if one is left, the site is the preset */
			for (const Arrival &o : g.arrivals)
				exits += o.kind == a.kind && o.origin == a.origin && o.chain == a.chain;
			at = a.exit && exits > 1 ? a.exit->getBeginLoc() : raw ? at : name;
			line = scribe.line("constant", e, at, a.chain, guards, messages, steps);
			if (a.exit)
				json_object_set_new(line, "exit_line", json_integer(place_of(sm, a.exit->getBeginLoc()).line));
			json_object_set_new(line, "raw", json_boolean(raw));
			json_object_set_new(line, "constant_line", json_integer(place_of(sm, name).line));
			json_object_set_new(line, "key", text((place_of(sm, at).file + ":" + std::to_string(place_of(sm, at).line)).c_str()));
		} else if (a.kind == Arrival::RESULT) {
			auto *call = cast<CallExpr>(a.origin);

			if (call->getCalleeDecl() && in_driver(sm, call->getCalleeDecl()->getCanonicalDecl()->getLocation())) {
				json_decref(guards);	/* the driver's own, not entered: no place of origin */
				json_decref(messages);
				json_decref(steps);
				continue;
			}
			std::string macro = macro_at(sm, at);
			line = scribe.line("call", "propagated:" + (macro.empty() ? callee_of(call) : macro), at, a.chain, guards,
					   messages, steps);
		} else if (a.kind == Arrival::DROP) {
			line = scribe.line("dropped", "0", at, a.chain, guards, messages, steps);
			json_object_set_new(line, "callee", text(callee_of(cast<CallExpr>(a.origin)).c_str()));
			json_object_set_new(line, "own", json_true());
			json_object_set_new(line, "key", json_string(""));
		} else {
			line = scribe.line("success", "0", at, a.chain, guards, messages, steps);
		}
done:
		json_object_set_new(line, "arrival", json_integer(n));
		json_array_append_new(lines, line);
	}
	for (size_t n = 0; n < g.arrivals.size(); n++)
		for (const LoggedCall &c : logged_calls(g.arrivals[n], sm)) {
			std::string callee = callee_of(c.call), key = callee + std::to_string(c.call->getBeginLoc().getRawEncoding());
			std::set<const Stmt *> serves;
			json_t *said, *line;

			if (!seen.insert({ c.caller, c.call, c.message }).second)
				continue;
			/* a message that serves several calls is the site itself */
			for (const Arrival &o : g.arrivals)
				for (const LoggedCall &other : logged_calls(o, sm))
					if (other.message == c.message && other.caller == c.caller)
						serves.insert(other.call);
			said = json_pack("[{so ss si}]", "call", text(c.name.c_str()), "level", c.level,
					 "line", place_of(sm, c.message->getBeginLoc()).line);
			line = scribe.line("own-call", "propagated:" + callee,
					   (serves.size() > 1 ? (const Stmt *)c.message : c.call)->getBeginLoc(), c.caller,
					   json_array(), said, scribe.steps(g.arrivals[n], events_of(g.arrivals[n])));
			json_object_set_new(line, "call_line", json_integer(place_of(sm, c.call->getBeginLoc()).line));
			json_object_set_new(line, "arrival", json_integer(n));
			json_array_append_new(lines, line);
		}
	return lines;
}

const ExplodedNode *node_of(const Graph &g, const json_t *line)
{
	const Arrival &a = g.arrivals[num(line, "arrival")];

	if (a.exit_node && num(line, "line") == num(line, "exit_line"))
		return a.exit_node;
	for (const Step *s = a.shortest; s; s = s->before)
		if (s->event.statement == a.origin || s->event.kind == Event::CONSTANT)
			return s->event.node;
	return a.shortest ? a.shortest->event.node : nullptr;
}

} // namespace attach
