// SPDX-License-Identifier: GPL-2.0-only
/*
 * The analyzer's graph: in, what it explored from a callback; out, the errnos that arrive at
 * the callback's return, each with what happened on all ways to it, and a shortest way.
 *
 * The graph is walked once, from the entry on. At each node stand the ways that lead there,
 * merged where they hold the same errnos: what all of them did is kept (guards, messages), and
 * the steps of the shortest. So a graph of a hundred thousand paths costs what its nodes cost.
 */
#include "attach.h"

#include <deque>

using namespace clang;
using namespace ento;

namespace attach {

namespace {

const unsigned most_ways = 32;		/* kept apart at one node */

/* An errno that a way has met, or a result that is returned in the end. */
struct Held {
	Arrival::Kind kind;
	int value;
	SymbolRef symbol;
	const Stmt *origin;
	const Chain *chain;
	const CFGBlock *block;
	const Stmt *exit;
	const CFGBlock *exit_block;
	const ExplodedNode *exit_node;
	bool decided;			/* something was, in the same function, since */
	llvm::BitVector guards;

	bool same(const Held &o) const
	{
		return kind == o.kind && value == o.value && symbol == o.symbol && origin == o.origin &&
		       chain == o.chain && exit == o.exit && decided == o.decided;
	}
};

struct Way {
	const Step *last = nullptr;
	unsigned length = 0;
	std::vector<Held> held;
	llvm::BitVector always;

	bool same(const Way &o) const
	{
		return held.size() == o.held.size() &&
		       std::equal(held.begin(), held.end(), o.held.begin(),
				  [](const Held &a, const Held &b) { return a.same(b); });
	}
};
using Ways = std::vector<Way>;

void set(llvm::BitVector &bits, unsigned bit)
{
	if (bits.size() <= bit)
		bits.resize(bit + 64);
	bits.set(bit);
}

/* What both have; the shorter one has nothing beyond its end. */
void keep_common(llvm::BitVector &bits, const llvm::BitVector &other)
{
	bits &= other;
}

long long value_of(const llvm::APSInt &i)
{
	return static_cast<const llvm::APInt &>(i).getSExtValue();
}

} // namespace

int errno_constant(const Expr *e, SourceLocation *name)
{
	auto *minus = dyn_cast<UnaryOperator>(e->IgnoreParenCasts());
	auto *number = minus && minus->getOpcode() == UO_Minus ?
		dyn_cast<IntegerLiteral>(minus->getSubExpr()->IgnoreParens()) : nullptr;

	if (!number || number->getValue().ugt(4095) || !number->getValue())
		return 0;
	*name = number->getBeginLoc();
	if (!name->isMacroID() && number->getValue() != 1)
		return 0;
	return (int)number->getValue().getZExtValue();
}

struct Graph::Impl {
	Graph &graph;
	ExplodedGraph &g;
	ExprEngine &engine;
	const llvm::DenseMap<const ExplodedNode *, End> &ends;
	std::vector<std::unique_ptr<Chain>> chains;
	std::map<std::tuple<const Chain *, const Stmt *, const Decl *>, Chain *> chain_of_call;
	std::map<std::tuple<int, const Stmt *, const Chain *, bool, const Stmt *>, unsigned> bits;
	std::deque<Step> steps;
	std::set<SymbolRef> wanted;

	Impl(Graph &owner, ExplodedGraph &explored, ExprEngine &e, const llvm::DenseMap<const ExplodedNode *, End> &how)
		: graph(owner), g(explored), engine(e), ends(how) { }

	const Chain *chain_of(const StackFrameContext *frame);
	void happen(Way &way, Event::Kind kind, const Stmt *s, const LocationContext *where, const CFGBlock *block,
		    const ExplodedNode *node, Decision d = { nullptr, false });
	void note(Way &way, Event::Kind kind, const Stmt *s, const LocationContext *where, const ExplodedNode *node);
	void enter(Ways &ways, const ExplodedNode *from, const ExplodedNode *to);
	void edge(Way &way, const BlockEdge &point, const ExplodedNode *node);
	void statement(Way &way, const StmtPoint &point, const ExplodedNode *node);
	void leave(Way &way, const LocationContext *where, const ReturnStmt *s, const ExplodedNode *node);
	void merge(Ways &into, Ways &&more);
	std::vector<const ExplodedNode *> order();
	void arrive(const Ways &ways, const End &end, const ExplodedNode *node);
	void add(const Way &way, const Held &held, const End &end);
	void walk();
};

const Chain *Graph::Impl::chain_of(const StackFrameContext *frame)
{
	const LocationContext *parent = frame->getParent();
	const Chain *caller = parent ? chain_of(parent->getStackFrame()) : nullptr;
	Chain *&known = chain_of_call[{ caller, frame->getCallSite(), frame->getDecl() }];

	if (!known) {
		chains.push_back(std::make_unique<Chain>(Chain{ caller, dyn_cast_or_null<CallExpr>(frame->getCallSite()),
			dyn_cast<FunctionDecl>(frame->getDecl()), parent ? frame->getCallSiteBlock() : nullptr,
			frame->getAnalysisDeclContext() }));
		known = chains.back().get();
	}
	return known;
}

void Graph::Impl::happen(Way &way, Event::Kind kind, const Stmt *s, const LocationContext *where,
			 const CFGBlock *block, const ExplodedNode *node, Decision d)
{
	const Chain *chain = chain_of(where->getStackFrame());
	unsigned bit = bits.insert({ { kind, s, chain, d.holds, d.label }, (unsigned)bits.size() }).first->second;

	steps.push_back({ way.last, { kind, s, chain, d, block, bit, node } });
	way.last = &steps.back();
	way.length++;
	set(way.always, bit);
}

/* What is told on the way, and counts for nothing else. */
void Graph::Impl::note(Way &way, Event::Kind kind, const Stmt *s, const LocationContext *where, const ExplodedNode *node)
{
	steps.push_back({ way.last, { kind, s, chain_of(where->getStackFrame()), { nullptr, false },
				      node->getCFGBlock(), ~0u, node } });
	way.last = &steps.back();
}

/* A decision, or a jump with an errno in hand. */
void Graph::Impl::edge(Way &way, const BlockEdge &point, const ExplodedNode *node)
{
	const LocationContext *where = node->getLocationContext();
	const CFGBlock *from = point.getSrc();
	Decision d = { nullptr, false };

	if (decided(from, point.getDst(), where->getParentMap(), &d)) {
		happen(way, Event::BRANCH, d.statement, where, from, node, d);
		for (Held &h : way.held)
			h.decided |= h.chain == chain_of(where->getStackFrame());
	}
	if (auto *jump = dyn_cast_or_null<GotoStmt>(from->getTerminatorStmt()))
		for (Held &h : way.held)
			if (h.kind == Arrival::ERRNO && h.decided && h.chain == chain_of(where->getStackFrame())) {
				h.exit = jump;
				h.exit_block = from;
				h.exit_node = node;
				h.guards = way.always;
			}
}

static bool compared(const Stmt *s, const ParentMap &parents)
{
	const Stmt *up = parents.getParentIgnoreParenCasts(const_cast<Stmt *>(s));
	auto *b = dyn_cast_or_null<BinaryOperator>(up);

	return b && b->isComparisonOp();
}

void Graph::Impl::statement(Way &way, const StmtPoint &point, const ExplodedNode *node)
{
	const LocationContext *where = node->getLocationContext();
	const SourceManager &sm = engine.getContext().getSourceManager();
	const CFGBlock *block = node->getCFGBlock();
	SourceLocation name;

	if (auto *u = dyn_cast<UnaryOperator>(point.getStmt())) {
		int value = errno_constant(u, &name);
		const Chain *chain = chain_of(where->getStackFrame());

		if (!value || compared(u, where->getParentMap()))
			return;
		/* the last one of that value is the one that is returned */
		llvm::erase_if(way.held, [&](const Held &h) { return h.kind == Arrival::ERRNO && h.value == value; });
		llvm::BitVector guards = way.always;
		happen(way, Event::CONSTANT, u, where, block, node);
		way.held.push_back({ Arrival::ERRNO, value, nullptr, u, chain, block, nullptr, nullptr, nullptr, false, guards });
	} else if (auto *call = dyn_cast<CallExpr>(point.getStmt())) {
		SymbolRef result = node->getSVal(call).getAsSymbol(true);
		llvm::BitVector guards = way.always;
		std::string macro;

		/* a macro that prints is made of several calls */
		if (message_level(sm, call, &macro) &&
		    (!way.last || way.last->event.kind != Event::MESSAGE ||
		     place_of(sm, way.last->event.statement->getBeginLoc()).line != place_of(sm, call->getBeginLoc()).line))
			happen(way, Event::MESSAGE, call, where, block, node);
		if (result && !wanted.count(result))
			note(way, Event::PASSED, call, where, node);
		if (!result || !wanted.count(result))
			return;
		llvm::erase_if(way.held, [&](const Held &h) { return h.symbol == result; });
		happen(way, Event::CALL, call, where, block, node);
		way.held.push_back({ Arrival::RESULT, 0, result, call, chain_of(where->getStackFrame()), block,
				     nullptr, nullptr, nullptr, false, guards });
	}
}

/* Does the return stand in a branch? */
static bool nested(const ReturnStmt *s, const LocationContext *where)
{
	const Stmt *up = s;

	do
		up = up ? where->getParentMap().getParent(const_cast<Stmt *>(up)) : nullptr;
	while (isa_and_nonnull<LabelStmt>(up));
	return up && up != where->getDecl()->getBody();
}

/* f(); as a statement of its own */
static bool thrown_away(const CallExpr *call, const ParentMap &parents)
{
	const Stmt *up = parents.getParent(const_cast<CallExpr *>(call));

	if (auto *s = dyn_cast_or_null<IfStmt>(up))
		return s->getCond() != call;
	return isa_and_nonnull<CompoundStmt, CaseStmt, DefaultStmt, LabelStmt>(up);
}

/* A function returns: what it does not return it has not failed with. */
void Graph::Impl::leave(Way &way, const LocationContext *where, const ReturnStmt *s, const ExplodedNode *node)
{
	const Chain *chain = chain_of(where->getStackFrame());
	ProgramStateRef state = node->getState();
	SVal v = s ? state->getSVal(s, where) : UnknownVal();
	const llvm::APSInt *known = v.isUnknownOrUndef() ? nullptr : engine.getSValBuilder().getKnownValue(state, v);
	auto within = [&](const Chain *c) {
		for (; c; c = c->caller)
			if (c == chain)
				return true;
		return false;
	};

	if (known)
		llvm::erase_if(way.held, [&](const Held &h) {
			return h.kind == Arrival::ERRNO && within(h.chain) && value_of(*known) != -h.value; });
	for (Held &h : way.held)
		if (h.kind == Arrival::ERRNO && h.chain == chain && !h.exit && h.decided && nested(s, where)) {
			h.exit = s;
			h.exit_block = node->getCFGBlock();
			h.exit_node = node;
			h.guards = way.always;
		}
	note(way, Event::LEAVE, s, where, node);
	if (!chain->call || !known || value_of(*known) >= 0 || value_of(*known) < -4095)
		return;
	const LocationContext *caller = where->getStackFrame()->getParent();
	if (thrown_away(chain->call, caller->getParentMap())) {
		llvm::BitVector guards = way.always;

		happen(way, Event::DROPPED, chain->call, caller, chain->call_block, node);
		way.held.push_back({ Arrival::DROP, 0, nullptr, chain->call, chain->caller, chain->call_block, nullptr,
				     nullptr, nullptr, false, guards });
	}
}

void Graph::Impl::enter(Ways &ways, const ExplodedNode *, const ExplodedNode *to)
{
	ProgramPoint p = to->getLocation();

	for (Way &way : ways) {
		if (auto e = p.getAs<BlockEdge>())
			edge(way, *e, to);
		else if (auto x = p.getAs<CallExitBegin>())
			leave(way, to->getLocationContext(), x->getReturnStmt(), to);
		else if (auto s = p.getAs<StmtPoint>(); s && p.getTag())
			statement(way, *s, to);
	}
}

/* Ways that hold the same become one: what all did, the steps of the shortest. */
void Graph::Impl::merge(Ways &into, Ways &&more)
{
	for (Way &m : more) {
		auto same = llvm::find_if(into, [&](const Way &w) { return w.same(m); });

		if (same == into.end()) {
			into.push_back(std::move(m));
			continue;
		}
		keep_common(same->always, m.always);
		for (size_t i = 0; i < same->held.size(); i++)
			keep_common(same->held[i].guards, m.held[i].guards);
		if (m.length < same->length) {
			same->length = m.length;
			same->last = m.last;
		}
	}
	if (into.size() > most_ways) {
		llvm::stable_sort(into, [](const Way &a, const Way &b) { return a.length < b.length; });
		into.resize(most_ways);
		graph.crowded = true;
	}
}

/* Each node after those that lead to it, but for loops' ways back. */
std::vector<const ExplodedNode *> Graph::Impl::order()
{
	std::vector<const ExplodedNode *> post;
	std::vector<std::pair<const ExplodedNode *, ExplodedNode::const_succ_iterator>> open;
	llvm::DenseSet<const ExplodedNode *> seen;

	for (auto r = g.roots_begin(); r != g.roots_end(); ++r) {
		open.push_back({ *r, (*r)->succ_begin() });
		seen.insert(*r);
	}
	while (!open.empty()) {
		auto &[node, next] = open.back();

		if (next == node->succ_end()) {
			post.push_back(node);
			open.pop_back();
			continue;
		}
		const ExplodedNode *to = *next++;
		if (seen.insert(to).second)
			open.push_back({ to, to->succ_begin() });
	}
	std::reverse(post.begin(), post.end());
	return post;
}

void Graph::Impl::add(const Way &way, const Held &held, const End &end)
{
	auto same = llvm::find_if(graph.arrivals, [&](const Arrival &a) {
		return a.kind == held.kind && a.origin == held.origin && a.chain == held.chain && a.exit == held.exit; });

	if (same == graph.arrivals.end()) {
		Arrival a;

		a.kind = held.kind;
		a.value = held.value;
		a.origin = held.origin;
		a.chain = held.chain;
		a.block = held.block;
		a.exit = held.exit;
		a.exit_block = held.exit_block;
		a.exit_node = held.exit_node;
		a.guards = held.guards;
		a.always = way.always;
		graph.arrivals.push_back(a);
		same = graph.arrivals.end() - 1;
	} else {
		keep_common(same->guards, held.guards);
		keep_common(same->always, way.always);
	}
	if (way.length < same->length) {
		same->length = way.length;
		same->shortest = way.last;
		same->leaves = end.statement;
	}
}

void Graph::Impl::arrive(const Ways &ways, const End &end, const ExplodedNode *node)
{
	const LocationContext *where = node->getLocationContext();

	for (Way way : ways) {
		for (Held &h : way.held)
			if (h.kind == Arrival::ERRNO && h.chain == chain_of(where->getStackFrame()) && !h.exit && h.decided &&
			    nested(end.statement, where)) {
				h.exit = end.statement;
				h.exit_block = node->getCFGBlock();
				h.exit_node = node;
				h.guards = way.always;
			}
		for (const Held &h : way.held)
			if (h.kind == Arrival::ERRNO ? end.known && end.value == -h.value :
			    h.kind == Arrival::RESULT ? end.symbol == h.symbol : end.known && !end.value)
				add(way, h, end);
		if (end.known && !end.value && nested(end.statement, where))
			add(way, { Arrival::SUCCESS, 0, nullptr, end.statement, chain_of(where->getStackFrame()),
				   node->getCFGBlock(), nullptr, nullptr, nullptr, false, way.always }, end);
	}
}

void Graph::Impl::walk()
{
	llvm::DenseMap<const ExplodedNode *, std::shared_ptr<const Ways>> at;
	llvm::DenseMap<const ExplodedNode *, unsigned> used;	/* by how many of its successors */

	for (const auto &[node, end] : ends)
		if (end.symbol)
			wanted.insert(end.symbol);
	for (const ExplodedNode *node : order()) {
		std::shared_ptr<const Ways> ways;
		ProgramPoint p = node->getLocation();
		bool quiet = !p.getAs<BlockEdge>() && !p.getAs<CallExitBegin>() && !(p.getAs<StmtPoint>() && p.getTag());
		auto first = node->pred_empty() ? at.end() : at.find(*node->pred_begin());

		if (node->pred_size() == 1 && quiet && first != at.end()) {
			ways = first->second;	/* nothing happens: share */
		} else {
			Ways here;

			if (node->pred_empty())
				here.emplace_back();
			for (auto i = node->pred_begin(); i != node->pred_end(); ++i) {
				auto from = at.find(*i);

				if (from == at.end())
					continue;
				Ways copy = *from->second;
				enter(copy, *i, node);
				merge(here, std::move(copy));
			}
			ways = std::make_shared<const Ways>(std::move(here));
		}
		at[node] = ways;
		for (auto i = node->pred_begin(); i != node->pred_end(); ++i)
			if (++used[*i] == (*i)->succ_size())
				at.erase(*i);
		auto end = ends.find(node);
		if (end != ends.end()) {
			arrive(*ways, end->second, node);
		} else if (node->succ_empty() && !node->isSink()) {
			const CFGBlock *block = node->getCFGBlock();
			const Stmt *s = node->getStmtForDiagnostics();

			/* of those that leave the callback one node each has been noted */
			if (block && block == &block->getParent()->getExit() && node->getStackFrame()->inTopFrame())
				continue;
			if (!graph.lost++) {
				auto *f = dyn_cast<NamedDecl>(node->getStackFrame()->getDecl());
				Place where = place_of(engine.getContext().getSourceManager(),
						       s ? s->getBeginLoc() : node->getStackFrame()->getDecl()->getLocation());

				graph.lost_at = (f ? f->getNameAsString() : std::string("?")) + " (" + where.file + ":" +
						std::to_string(where.line) + ")";
			}
		}
	}
}

Graph::Graph(ExplodedGraph &g, ExprEngine &engine, const llvm::DenseMap<const ExplodedNode *, End> &ends)
	: impl(std::make_unique<Impl>(*this, g, engine, ends))
{
	impl->walk();
}

Graph::~Graph() = default;

std::vector<Event> events_of(const Arrival &a)
{
	std::vector<Event> list;

	for (const Step *s = a.shortest; s; s = s->before)
		list.push_back(s->event);
	std::reverse(list.begin(), list.end());
	return list;
}

} // namespace attach
