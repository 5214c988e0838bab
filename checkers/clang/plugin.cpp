// SPDX-License-Identifier: GPL-2.0-only
/*
 * The analyzer's checker iommu.AttachPath: in, a C file that the analyzer explores; out, warnings with
 * their paths, or, with the option Out, the lines of one callback for the audit.
 *
 * Only the driver's own functions are entered. Others are passed over with an unknown result; they are
 * taken to leave the driver's structures alone and to write to what they are given the address of on
 * the stack. The analyzer's own way, to forget the domain at each of them, makes nearly all paths infeasible.
 */
#include "attach.h"

#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/Version.h"
#include "clang/StaticAnalyzer/Core/BugReporter/BugType.h"
#include "clang/StaticAnalyzer/Core/Checker.h"
#include "clang/StaticAnalyzer/Core/PathSensitive/CheckerContext.h"
#include "clang/StaticAnalyzer/Frontend/CheckerRegistry.h"
#include "llvm/Support/Path.h"

#include <dlfcn.h>
#include <unistd.h>

using namespace clang;
using namespace ento;
using namespace attach;

namespace {

const char checker_name[] = "iommu.AttachPath";

/* Ops tables of the file: which functions serve which operation. */
struct Tables : RecursiveASTVisitor<Tables> {
	std::map<const FunctionDecl *, std::string> bound;

	bool VisitInitListExpr(InitListExpr *e)
	{
		unsigned i = 0;

		if (InitListExpr *semantic = e->getSemanticForm())
			e = semantic;
		const RecordType *r = e->getType()->getAs<RecordType>();
		if (!r || !holds_operations(r->getDecl()->getName().str().c_str()))
			return true;
		for (const FieldDecl *f : r->getDecl()->fields()) {
			if (f->isUnnamedBitField())
				continue;
			if (i >= e->getNumInits())
				break;
			auto *value = dyn_cast<DeclRefExpr>(e->getInit(i++)->IgnoreParenCasts());
			auto *function = value ? dyn_cast<FunctionDecl>(value->getDecl()) : nullptr;
			if (function && is_operation(f->getName().str().c_str()))
				bound.insert({ function->getCanonicalDecl(), f->getName().str() });
		}
		return true;
	}
};

/* guard(), __free(): the analyzer drops every path that meets the clean-up of a variable. */
struct CleanUps : RecursiveASTVisitor<CleanUps> {
	bool VisitVarDecl(VarDecl *v)
	{
		v->dropAttr<CleanupAttr>();
		return true;
	}
};

struct Jumps : RecursiveASTVisitor<Jumps> {
	bool found = false;

	bool VisitGCCAsmStmt(GCCAsmStmt *s)
	{
		found |= s->isAsmGoto();
		return !found;
	}
};

/* The project's folder: above the plugin, wherever that was put. */
std::string project_folder()
{
	Dl_info self;
	std::string at;

	if (!dladdr((void *)&project_folder, &self) || !self.dli_fname)
		return ".";
	char *full = realpath(self.dli_fname, nullptr);
	at = full ? full : self.dli_fname;
	free(full);
	for (StringRef dir = llvm::sys::path::parent_path(at); dir.size() > 1; dir = llvm::sys::path::parent_path(dir))
		if (!access((dir + "/checkers/api.json").str().c_str(), R_OK))
			return dir.str();
	return ".";
}

/* It decides nothing: to enter it costs nothing. */
bool is_linear(const FunctionDecl *f, CheckerContext &c)
{
	const CFG *graph = c.getLocationContext()->getAnalysisDeclContext()->getManager()->getContext(f)->getCFG();

	return graph && graph->isLinear();
}

class AttachPath : public Checker<check::ASTDecl<TranslationUnitDecl>, eval::Call, check::PostStmt<UnaryOperator>,
				  check::EndFunction, check::EndAnalysis> {
	mutable Tables tables;
	mutable Origins origins;
	mutable llvm::DenseMap<const ExplodedNode *, End> ends;
	mutable llvm::DenseMap<const FunctionDecl *, bool> jumps;
	mutable std::set<std::string> not_entered;
	mutable bool ready = false;
	CheckerProgramPointTag passed{ this, "passed over" }, errno_met{ this, "errno" }, ended{ this, "end" };
	BugType bug{ this, "errno of an attach callback", "IOMMU attach" };

	std::string operation(const Decl *d) const;
	bool analysed(CheckerContext &c) const;
	bool has_jumps(const FunctionDecl *f) const;
	void report(const Graph &g, json_t *lines, const FunctionDecl *f, BugReporter &reporter) const;

public:
	std::string out, callback, op, api_file, contract_file;
	std::set<std::string> enter;	/* where not empty: no other functions are */

	void checkASTDecl(const TranslationUnitDecl *tu, AnalysisManager &, BugReporter &) const;
	bool evalCall(const CallEvent &call, CheckerContext &c) const;
	void checkPostStmt(const UnaryOperator *u, CheckerContext &c) const;
	void checkEndFunction(const ReturnStmt *s, CheckerContext &c) const;
	void checkEndAnalysis(ExplodedGraph &g, BugReporter &reporter, ExprEngine &engine) const;
};

void AttachPath::checkASTDecl(const TranslationUnitDecl *tu, AnalysisManager &, BugReporter &) const
{
	if (!ready) {
		load_api((api_file.empty() ? project_folder() + "/checkers/api.json" : api_file).c_str());
		contract_read(copy_string((contract_file.empty() ? project_folder() + "/contract.json" : contract_file).c_str()));
	}
	ready = true;
	tables.TraverseDecl(const_cast<TranslationUnitDecl *>(tu));
	CleanUps().TraverseDecl(const_cast<TranslationUnitDecl *>(tu));
}

/* The operation that a function serves, "" where it is no callback under audit. */
std::string AttachPath::operation(const Decl *d) const
{
	auto *f = dyn_cast_or_null<FunctionDecl>(d);

	if (!f)
		return "";
	if (!callback.empty())
		return f->getName() != callback ? "" : op.empty() ? operations->name : op;
	auto b = tables.bound.find(f->getCanonicalDecl());
	return b == tables.bound.end() ? "" : b->second;
}

bool AttachPath::analysed(CheckerContext &c) const
{
	const LocationContext *at = c.getLocationContext();

	while (at->getParent())
		at = at->getParent();
	origins.op = operation(at->getDecl());
	return !origins.op.empty();
}

/* asm goto, or a static branch: the analyzer drops every path that reaches one. */
bool AttachPath::has_jumps(const FunctionDecl *f) const
{
	auto known = jumps.find(f);
	Jumps seen;

	if (known != jumps.end())
		return known->second;
	seen.TraverseStmt(f->getBody());
	return jumps[f] = seen.found;
}

bool AttachPath::evalCall(const CallEvent &call, CheckerContext &c) const
{
	auto *e = dyn_cast_or_null<CallExpr>(call.getOriginExpr());
	const SourceManager &sm = c.getSourceManager();
	ProgramStateRef state = c.getState();
	const LocationContext *where = c.getLocationContext();
	llvm::SmallVector<const MemRegion *, 4> written_to;
	const FunctionDecl *own;
	std::string name;

	if (!e || !analysed(c))
		return false;
	name = callee_of(e);
	auto *f = dyn_cast_or_null<FunctionDecl>(call.getDecl());
	if (f && f->getBuiltinID())
		return false;
	own = own_function(sm, f);
	if (own && !own->getReturnType()->isVoidType()) {
		if (has_jumps(own))
			not_entered.insert(name + "() holds a jump out of assembly");
		else if (!enter.empty() && !enter.count(name) && !is_linear(own, c))
			not_entered.insert(name + "() was not entered");
		else
			return false;
	} else if (f && f->hasBody() && (api("error_test", name.c_str()) || api("carrier", name.c_str()))) {
		return false;		/* include/linux/err.h */
	} else if (f && !f->hasBody() && in_driver(sm, f->getCanonicalDecl()->getLocation()) &&
		   !f->getReturnType()->isVoidType()) {
		not_entered.insert(name + "() is defined in another file");
	}
	for (unsigned i = 0; i < call.getNumArgs(); i++)
		if (const MemRegion *r = call.getArgSVal(i).getAsRegion();
		    r && isa<StackSpaceRegion>(r->getMemorySpace()))
			written_to.push_back(r->getBaseRegion());
	if (!written_to.empty())
		state = state->invalidateRegions(written_to, e, c.blockCount(), where, false);
	if (api("message_carrier", macro_at(sm, e->getBeginLoc()).c_str()) || api("message_carrier", name.c_str())) {
		state = state->BindExpr(e, where, call.getNumArgs() > 1 ? call.getArgSVal(1) : UnknownVal());
	} else if (!e->getType()->isVoidType()) {
		SVal result = c.getSValBuilder().conjureSymbolVal(nullptr, e, where, e->getType(), c.blockCount());

		origins.learn(result.getAsSymbol(true), call, state);
		state = state->BindExpr(e, where, result);
	}
	c.addTransition(state, &passed);
	return true;
}

void AttachPath::checkPostStmt(const UnaryOperator *u, CheckerContext &c) const
{
	SourceLocation name;

	if (errno_constant(u, &name) && analysed(c))
		c.addTransition(c.getState(), &errno_met);
}

void AttachPath::checkEndFunction(const ReturnStmt *s, CheckerContext &c) const
{
	ProgramStateRef state = c.getState();
	End end = { s, false, 0, nullptr };

	if (!c.inTopFrame() || !analysed(c))
		return;
	if (s && s->getRetValue()) {
		SVal v = c.getSVal(s->getRetValue());
		const llvm::APSInt *known = c.getSValBuilder().getKnownValue(state, v);

		end.known = known;
		end.value = known ? static_cast<const llvm::APInt &>(*known).getSExtValue() : 0;
		end.symbol = known ? nullptr : v.getAsSymbol(true);
		while (auto *cast = dyn_cast_or_null<SymbolCast>(end.symbol))
			end.symbol = cast->getOperand();
		/* a result that is known to be good is no failure */
		if (end.symbol)
			if (const llvm::APSInt *least = c.getConstraintManager().getSymMinVal(state, end.symbol);
			    least && least->isSigned() && !least->isNegative())
				end.symbol = nullptr;
	}
	if (const ExplodedNode *node = c.addTransition(state, &ended))
		ends[node] = end;
}

/* The function that the most nodes stand in. */
std::string busiest(ExplodedGraph &g)
{
	std::map<std::string, size_t> count;
	std::string most = "?";

	for (const ExplodedNode &n : g.nodes())
		if (auto *f = dyn_cast<NamedDecl>(n.getStackFrame()->getDecl()))
			count[f->getNameAsString()]++;
	for (const auto &[name, n] : count)
		if (n > count[most])
			most = name;
	return most + "()";
}

void AttachPath::checkEndAnalysis(ExplodedGraph &g, BugReporter &reporter, ExprEngine &engine) const
{
	const Decl *d = (*g.roots_begin())->getLocationContext()->getDecl();
	auto *f = dyn_cast<FunctionDecl>(d);
	std::string why;

	origins.op = operation(d);
	if (!f || origins.op.empty()) {
		ends.clear();
		return;
	}
	Graph graph(g, engine, ends);
	json_t *lines = lines_of(graph, { origins.op, f->getNameAsString(), f }, origins, engine.getContext());

	if (engine.getCoreEngine().getWorkList()->hasWork())
		why = "the budget of nodes was used up, most of it in " + busiest(g);
	else if (graph.lost)
		why = "paths break off in " + graph.lost_at;
	else if (!not_entered.empty())
		why = *not_entered.begin();
	else if (engine.wasBlocksExhausted())
		why = "a loop was followed a few times only";
	else if (graph.crowded)
		why = "more ways than are kept apart";
	if (out.empty()) {
		report(graph, lines, f, reporter);
	} else {
		json_array_append_new(lines, json_pack("{ss so sI so sI sb}", "k", "paths", "callback",
			text(f->getNameAsString().c_str()), "nodes", (json_int_t)g.size(), "why", text(why.c_str()),
			"ends", (json_int_t)ends.size(), "limited",
			graph.crowded || engine.getCoreEngine().getWorkList()->hasWork()));
		write_json(out.c_str(), lines);
	}
	ends.clear();
	origins.clear();
	not_entered.clear();
}

/* Warnings, where the audit would have findings. */
void AttachPath::report(const Graph &g, json_t *lines, const FunctionDecl *f, BugReporter &reporter) const
{
	Place at = place_of(reporter.getSourceManager(), f->getLocation());
	json_t *finding, *line;
	size_t i, k;

	json_array_foreach(lines, k, line)
		json_object_set_new(line, "driver", text(at.file.c_str()));
	json_t *findings = findings_on(lines, project_folder().c_str(), at.opened.c_str());
	json_array_foreach(findings, i, finding)
		json_array_foreach(lines, k, line) {
			const ExplodedNode *node = node_of(g, line);
			std::string said = std::string(str(finding, "message"));

			if (!strcmp(str(finding, "severity"), "note"))
				break;		/* for the audit's report only */
			if (!node || num(line, "line") != num(finding, "line") || num(line, "column") != num(finding, "column") ||
			    strcmp(str(line, "function"), str(finding, "function")) || strcmp(str(line, "errno"), str(finding, "errno")))
				continue;
			if (*str(finding, "rewrite"))
				said += std::string("; ") + str(finding, "rewrite");
			reporter.emitReport(std::make_unique<PathSensitiveBugReport>(bug,
				said + " [" + str(finding, "rule") + "]", node));
			break;
		}
	json_decref(findings);
}

} // namespace

extern "C" __attribute__((visibility("default"))) const char clang_analyzerAPIVersionString[] =
	CLANG_ANALYZER_API_VERSION_STRING;

extern "C" __attribute__((visibility("default"))) void clang_registerCheckers(CheckerRegistry &registry)
{
	registry.addChecker(
		+[](CheckerManager &manager) {
			AttachPath *checker = manager.registerChecker<AttachPath>();
			const AnalyzerOptions &options = manager.getAnalyzerOptions();

			checker->out = options.getCheckerStringOption(checker_name, "Out").str();
			checker->callback = options.getCheckerStringOption(checker_name, "Callback").str();
			checker->op = options.getCheckerStringOption(checker_name, "Op").str();
			checker->api_file = options.getCheckerStringOption(checker_name, "Api").str();
			checker->contract_file = options.getCheckerStringOption(checker_name, "Contract").str();
			llvm::SmallVector<StringRef, 16> names;
			options.getCheckerStringOption(checker_name, "Enter").split(names, ';', -1, false);
			for (StringRef name : names)
				checker->enter.insert(name.str());
			attach::root = options.getCheckerStringOption(checker_name, "Root").str();
			if (!attach::root.empty() && attach::root.back() != '/')
				attach::root += '/';
		},
		+[](const CheckerManager &) { return true; }, checker_name,
		"Errnos with which IOMMU drivers refuse an attach, judged by the contract", "", false);
	registry.addCheckerOption("string", checker_name, "Out", "", "Write what is found as JSON, and warn of nothing", "released");
	registry.addCheckerOption("string", checker_name, "Callback", "", "This function, whatever binds it", "released");
	registry.addCheckerOption("string", checker_name, "Op", "", "The operation it serves (the contract's first)", "released");
	registry.addCheckerOption("string", checker_name, "Enter", "", "Enter these functions only (a;b)", "released");
	registry.addCheckerOption("string", checker_name, "Api", "", "Instead of the project's api.json", "released");
	registry.addCheckerOption("string", checker_name, "Contract", "", "Instead of the project's contract.json", "released");
	registry.addCheckerOption("string", checker_name, "Root", "", "Paths are told below this folder", "released");
}
