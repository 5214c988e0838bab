/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - the analyzer plugin's table of contents, a section a file, in the
 * order data flows: origins of values, conditions, the analyzer's graph as
 * arrivals (errnos that reach a callback's return), arrivals as lines, findings.
 */
#ifndef ATTACH_AUDIT_CLANG_H
#define ATTACH_AUDIT_CLANG_H

#include "clang/AST/ParentMap.h"
#include "clang/StaticAnalyzer/Core/PathSensitive/CallEvent.h"
#include "clang/StaticAnalyzer/Core/PathSensitive/ExprEngine.h"
#include "llvm/ADT/BitVector.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

extern "C" {
#define class class_of_failure	/* audit.h is C */
#include "../audit.h"
#undef class
#undef push
#include "wording.h"
#include "findings.h"
}

namespace attach {

/* -------------------------------------------------------------- place.cpp */

struct Place {
	std::string file;	/* below the root where there is one */
	std::string opened;	/* as the compiler opened it */
	int line = 0, column = 0;	/* both from 1 */
};

/* Folder that paths are told relative to; "" for none. */
extern std::string root;

/* Where a location is written: of a macro, where it is used. */
Place place_of(const clang::SourceManager &sm, clang::SourceLocation loc);
/* The macro that the source names there, or "". */
std::string macro_at(const clang::SourceManager &sm, clang::SourceLocation loc);
/* Does it lie in the folder of a C file that is being analysed? */
bool in_driver(const clang::SourceManager &sm, clang::SourceLocation loc);
/* A condition or expression as it is written, on one line. */
std::string written(const clang::ASTContext &ast, const clang::Stmt *s);
std::string callee_of(const clang::CallExpr *call);
/* "error", "warning", ... for a call that logs, or NULL; NAME gets the macro's name. */
const char *message_level(const clang::SourceManager &sm, const clang::CallExpr *call, std::string *name);

/* ------------------------------------------------------------- origin.cpp */

struct Origin {
	unsigned from = 0, is = 0;	/* FROM_, IS_ of audit.h */
	std::set<std::string> calls;
	const clang::CallExpr *call = nullptr;	/* of IS_ERRNO */

	void join(const Origin &more);
};

/* Origins of the callback's values, learnt while the analyzer runs. */
class Origins {
public:
	std::string op;		/* that the callback serves: tells its parameters */

	void clear() { of_symbol.clear(); }
	/* The symbol that stands for the result of a call that is not entered. */
	void learn(clang::ento::SymbolRef result, const clang::ento::CallEvent &call,
		   clang::ento::ProgramStateRef state);
	Origin of(const clang::Expr *e, clang::ento::ProgramStateRef state,
		  const clang::LocationContext *frame, int depth = 0) const;
	Origin of(clang::ento::SVal v, clang::ento::ProgramStateRef state) const;

private:
	llvm::DenseMap<clang::ento::SymbolRef, Origin> of_symbol;

	Origin of(clang::ento::SymbolRef s, clang::ento::ProgramStateRef state) const;
	Origin of(const clang::ento::MemRegion *r, clang::ento::ProgramStateRef state) const;
	Origin of_variable(const clang::VarDecl *v, clang::ento::ProgramStateRef state,
			   const clang::LocationContext *frame, int depth) const;
	Origin of_call(const clang::CallExpr *call, Origin arguments) const;
};

/* The calls whose results a variable is given in the text before AT, the last one last. */
std::vector<const clang::CallExpr *> assigned_calls(const clang::VarDecl *v, const clang::Decl *function,
						    clang::SourceLocation at, const clang::SourceManager &sm);
bool errno_variable(llvm::StringRef name);
/* The function's body, where it is one of the driver's own. */
const clang::FunctionDecl *own_function(const clang::SourceManager &sm, const clang::Decl *d);

/* ---------------------------------------------------------- condition.cpp */

struct Atom {
	const clang::Expr *whole;
	bool holds;
	const clang::SwitchCase *label = nullptr;	/* of a switch */
	bool otherwise = false;
};
using Alternatives = std::vector<std::vector<Atom>>;

/* A statement that decides, and how it decided. */
struct Decision {
	const clang::Stmt *statement;
	bool holds;
	const clang::SwitchCase *label = nullptr;
};

/* What BLOCK's end decided by going to its SUCCESSOR: false when nothing yet, or nothing that is written. */
bool decided(const clang::CFGBlock *block, const clang::CFGBlock *to, const clang::ParentMap &parents,
	     Decision *out);
Alternatives alternatives(const Decision &d, const clang::ASTContext &ast, bool *warn);
std::vector<const clang::Expr *> operands(const Atom &a);
bool is_loop(const clang::Stmt *s);
/* "!master", "type == A": the condition as it held. */
std::string wording(const Decision &d, const clang::ASTContext &ast);
json_t *atom_json(const Atom &a, const std::vector<Origin> &origins, const clang::ASTContext &ast);

/* -------------------------------------------------------------- graph.cpp */

/* A chain of calls from the callback down; the first has no call. */
struct Chain {
	const Chain *caller;
	const clang::CallExpr *call;
	const clang::FunctionDecl *function;
	const clang::CFGBlock *call_block;
	clang::AnalysisDeclContext *context;
};

struct Event {
	enum Kind { BRANCH, CONSTANT, CALL, PASSED, MESSAGE, LEAVE, DROPPED } kind;
	const clang::Stmt *statement;
	const Chain *chain;
	Decision decision;		/* BRANCH */
	const clang::CFGBlock *block;
	unsigned bit;			/* names it whichever path it is on */
	const clang::ento::ExplodedNode *node;
};

/* What was done on one way through the graph, latest first. */
struct Step {
	const Step *before;
	Event event;
};

/* An errno that reaches the callback's return from one place in one chain of calls. */
struct Arrival {
	enum Kind { ERRNO, RESULT, SUCCESS, DROP } kind;
	int value = 0;				/* ERRNO: positive */
	const clang::Stmt *origin = nullptr;	/* constant, call or return */
	const Chain *chain = nullptr;
	const clang::CFGBlock *block = nullptr;
	const clang::Stmt *exit = nullptr;	/* where a preset leaves, or NULL */
	const clang::CFGBlock *exit_block = nullptr;
	const clang::ento::ExplodedNode *exit_node = nullptr;
	llvm::BitVector guards;			/* events before it on every path */
	llvm::BitVector always;			/* on every path from entry to return */
	const Step *shortest = nullptr;
	unsigned length = ~0u;
	const clang::ReturnStmt *leaves = nullptr;	/* of the callback */
};

/* How a path ended, noted while the analyzer runs. */
struct End {
	const clang::ReturnStmt *statement;
	bool known;
	long long value;
	clang::ento::SymbolRef symbol;
};

class Graph {
public:
	Graph(clang::ento::ExplodedGraph &g, clang::ento::ExprEngine &engine,
	      const llvm::DenseMap<const clang::ento::ExplodedNode *, End> &ends);
	~Graph();

	std::vector<Arrival> arrivals;
	unsigned lost = 0;		/* ways that broke off */
	std::string lost_at;		/* the first, as a sentence */
	bool crowded = false;		/* more ways than are kept apart */

private:
	struct Impl;
	std::unique_ptr<Impl> impl;
};

std::vector<Event> events_of(const Arrival &a);	/* from entry on */
/* Is it the constant -EXXX or a raw -1? Its positive value, else 0. */
int errno_constant(const clang::Expr *e, clang::SourceLocation *name);

/* --------------------------------------------------------------- line.cpp */

struct Subject {
	std::string op, callback;
	const clang::FunctionDecl *function;
};

/* A line for each arrival, in the form of docs/architecture.md, with "steps". */
json_t *lines_of(const Graph &g, const Subject &subject, const Origins &origins, const clang::ASTContext &ast);
/* Of one of these lines: the node that reports it. */
const clang::ento::ExplodedNode *node_of(const Graph &g, const json_t *line);

} // namespace attach

#endif
