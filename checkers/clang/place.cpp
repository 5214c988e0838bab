// SPDX-License-Identifier: GPL-2.0-only
/* Places: in, a location of the compiler; out, the file, line and words that a reader finds there. */
#include "attach.h"

#include "clang/Lex/Lexer.h"
#include "llvm/Support/Path.h"

using namespace clang;

namespace attach {

std::string root;

Place place_of(const SourceManager &sm, SourceLocation loc)
{
	PresumedLoc p = sm.getPresumedLoc(sm.getExpansionLoc(loc), false);
	Place at;

	if (p.isInvalid())
		return at;
	at.opened = at.file = p.getFilename();
	if (!root.empty() && at.file.compare(0, root.size(), root) == 0)
		at.file.erase(0, root.size());
	at.line = p.getLine();
	at.column = p.getColumn();
	return at;
}

std::string macro_at(const SourceManager &sm, SourceLocation loc)
{
	if (!loc.isMacroID())
		return "";
	Place at = place_of(sm, loc);
	const char *name = name_at(at.opened.c_str(), at.line, at.column - 1);

	return name ? name : "";
}

bool in_driver(const SourceManager &sm, SourceLocation loc)
{
	FileID file = sm.getFileID(sm.getExpansionLoc(loc)), up = file;
	auto folder = [&](FileID f) -> StringRef {
		OptionalFileEntryRef entry = sm.getFileEntryRefForID(f);

		return entry ? llvm::sys::path::parent_path(entry->getName()) : StringRef();
	};

	/* the C file it was reached from: the main one, or one that the main one is put together of */
	for (FileID main = sm.getMainFileID(); up.isValid() && up != main; up = sm.getFileID(sm.getIncludeLoc(up))) {
		OptionalFileEntryRef entry = sm.getFileEntryRefForID(up);

		if (entry && entry->getName().ends_with(".c"))
			break;
	}
	return file.isValid() && up.isValid() && folder(file) == folder(up);
}

std::string written(const ASTContext &ast, const Stmt *s)
{
	const SourceManager &sm = ast.getSourceManager();
	StringRef source = Lexer::getSourceText(sm.getExpansionRange(s->getSourceRange()), sm, ast.getLangOpts());

	return worded(source.str().c_str())->text;
}

std::string callee_of(const CallExpr *call)
{
	if (const FunctionDecl *f = call->getDirectCallee())
		return f->getNameAsString();
	if (auto *member = dyn_cast<MemberExpr>(call->getCallee()->IgnoreParenImpCasts()))
		return member->getMemberDecl()->getNameAsString();
	return "?";
}

const char *message_level(const SourceManager &sm, const CallExpr *call, std::string *name)
{
	static const struct { const char *kind, *level; } kinds[] = {
		{ "print_error", "error" }, { "message_carrier", "error" }, { "print_warning", "warning" },
		{ "print_info", "info" }, { "print_debug", "debug" },
	};
	*name = macro_at(sm, call->getBeginLoc());
	if (name->empty())
		*name = callee_of(call);
	/* a macro that prints is made of other calls too */
	std::string callee = callee_of(call);
	bool prints = callee == *name || callee.find("print") != std::string::npos || callee.compare(0, 5, "_dev_") == 0 ||
		      callee.find("_dbg") != std::string::npos || callee.find("ratelimit") != std::string::npos;

	for (const auto &k : kinds)
		if (prints && api(k.kind, name->c_str()))
			return k.level;
	return nullptr;
}

} // namespace attach
