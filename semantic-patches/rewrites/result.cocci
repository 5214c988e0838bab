// SPDX-License-Identifier: GPL-2.0-only
/// Returns the errno of a function whose result was thrown away.
//
// In: AT=line:column of the call; -D CALLEE=name -D VAR=ret, an int. Nothing
// may stand before the call that a return there would have to undo. Mode
// declare: as in hold.cocci.
// Options: --no-includes --in-place

virtual declare

@initialize:python@
@@
import os
AT = os.environ["AT"].split(":")

// What stands before it may need undoing: then there are two edits, and none is made.
@before@
identifier virtual.CALLEE;
position p : script:python() { [p[0].line, p[0].column] == AT };
expression e;
@@
 e;
 ... when any
 CALLEE@p(...);

@last depends on !before@
identifier virtual.CALLEE;
expression list es;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
-CALLEE@p(es);
-return 0;
+return CALLEE(es);

@middle depends on !before && !last@
identifier virtual.CALLEE, virtual.VAR;
expression list es;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
-CALLEE@p(es);
+VAR = CALLEE(es);
+if (VAR)
+	return VAR;

// After the last declaration; else at the top.
@declared depends on declare && middle@
identifier virtual.FUNCTION, virtual.VAR;
declaration D;
statement S;
@@
 FUNCTION(...) {
 ... when any
 D
+int VAR;
 S
 ... when any
 }

@undeclared depends on declare && middle && !declared@
identifier virtual.FUNCTION, virtual.VAR;
@@
 FUNCTION(...) {
+int VAR;
 ...
 }
