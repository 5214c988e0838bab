// SPDX-License-Identifier: GPL-2.0-only
/// In: a C file. Out: its facts, one JSON object a line, each with the function it stands in: statements
/// with their extents, branches, switch cases, loops, labels, jumps, returns,
/// expressions, declarations and errno literals. No rule here judges anything.
//
// Run from the folder this file is in: #include is resolved against it.
// Each rule is context-free, one pass over all functions: containment and order
// are computed from the extents afterwards. `neg_if` and `drop_else` are off
// because they invent else branches that are not in the source.
// Options: --no-includes --very-quiet --macro-file macros.h

#include "bindings.cocci"

@initialize:python@
@@
import json

def extent(p):
    return [int(p[0].line), int(p[0].column), int(p[0].line_end), int(p[0].column_end)]

def fact(kind, p, **more):
    more.update(k=kind, f=p[0].file, fn=p[0].current_element, at=extent(p))
    print(json.dumps({key: value if isinstance(value, list) else str(value)
                      for key, value in more.items()}, sort_keys=True))


// Every statement, compound ones included: [start, end).
@any_statement@
statement S;
position p;
@@
 S@p

@script:python@
p << any_statement.p;
@@
fact("statement", p)

@branch disable neg_if, drop_else@
expression c;
statement S;
position p, then;
@@
 if@p (c) S@then

@script:python@
p << branch.p; c << branch.c; then << branch.then;
@@
fact("if", p, c=c, then=extent(then))

@branch_else disable neg_if, drop_else@
expression c;
statement S, S2;
position p, then, other;
@@
 if@p (c) S@then else S2@other

@script:python@
p << branch_else.p; c << branch_else.c; then << branch_else.then; other << branch_else.other;
@@
fact("if", p, c=c, then=extent(then), other=extent(other))

// A case belongs to the switch whose keyword stands at `of`. Of adjacent labels
// (case A: case B:) Coccinelle matches the last: the statement facts start at each.
@case_label@
expression e, label;
position p, at;
@@
 switch@p (e) { case label@at: ... }

@script:python@
p << case_label.p; at << case_label.at; e << case_label.e; label << case_label.label;
@@
fact("case", at, e=e, label=label, of=extent(p))

@default_label@
expression e;
position p, at;
@@
 switch@p (e) { default@at: ... }

@script:python@
p << default_label.p; at << default_label.at; e << default_label.e;
@@
fact("default", at, e=e, of=extent(p))

// Loops. `do` is not supported by Coccinelle 1.1.1, and what is missing in `for (;;)` matches no
// expression: their statement facts stand, with no loop fact at their start.
@while_loop@
expression c;
statement S;
position p;
@@
 while@p (c) S

@script:python@
p << while_loop.p; c << while_loop.c;
@@
fact("while", p, c=c)

@iterator_loop@
iterator I;
expression list es;
statement S;
position p;
@@
 I@p (es) S

@script:python@
p << iterator_loop.p; I << iterator_loop.I; es << iterator_loop.es;
@@
fact("iterator", p, name=I, args=es)

@plain_label@
identifier l;
position p;
@@
 l@p:

@script:python@
p << plain_label.p; l << plain_label.l;
@@
fact("label", p, label=l)

@goto_label@
identifier l;
position p;
@@
 goto@p l;

@script:python@
p << goto_label.p; l << goto_label.l;
@@
fact("goto", p, label=l)

@break_jump@
position p;
@@
 break@p;

@script:python@
p << break_jump.p;
@@
fact("jump", p, jump="break")

@continue_jump@
position p;
@@
 continue@p;

@script:python@
p << continue_jump.p;
@@
fact("jump", p, jump="continue")

@return_value@
expression e;
position p;
@@
 return@p e;

@script:python@
p << return_value.p; e << return_value.e;
@@
fact("return", p, e=e)

@return_nothing@
position p;
@@
 return@p;

@script:python@
p << return_nothing.p;
@@
fact("return", p)

// Calls, assignments and messages that are statements of their own.
@expression_statement@
expression e;
position p;
@@
 e@p;

@script:python@
p << expression_statement.p; e << expression_statement.e;
@@
fact("expression", p, e=e)

// struct foo data = { .domain = domain, ... };
@with_value disable decl_init@
type T;
identifier v;
initializer i;
position p;
@@
 T v@p = i;

@script:python@
p << with_value.p; T << with_value.T; v << with_value.v; i << with_value.i;
@@
fact("declaration", p, type=T, name=v, e=i)

@without_value disable decl_init@
type T;
identifier v;
position p;
@@
 T v@p;

@script:python@
p << without_value.p; T << without_value.T; v << without_value.v;
@@
fact("declaration", p, type=T, name=v)

// Positions of errno literals, in the order they stand: an expression's text
// has lost its lines.
@errno_literal@
identifier x =~ "^E[A-Z0-9_]+$";
position p;
@@
 -x@p

@script:python@
p << errno_literal.p; x << errno_literal.x;
@@
if "_" not in x or x in ("EPROBE_DEFER", "ERESTART_RESTARTBLOCK"):
    fact("errno", p, name=x)
