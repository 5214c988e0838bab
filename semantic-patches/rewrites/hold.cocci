// SPDX-License-Identifier: GPL-2.0-only
/// Keeps the errno of a function that is called in a condition, and returns it
/// instead of the constant that masks it.
//
// In: AT=line:column of the constant's name; -D OLD=ENODEV -D CALLEE=name
// -D VAR=ret, an int that nothing later reads unwritten. Mode declare: there is
// none yet; it is declared at the top of the function -D FUNCTION=name.
// Options: --no-includes --in-place

virtual declare

@initialize:python@
@@
import os
AT = os.environ["AT"].split(":")

@plain_test disable neg_if, drop_else@
identifier virtual.CALLEE, virtual.OLD, virtual.VAR;
expression list es;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
+VAR = CALLEE(es);
 if (
-CALLEE(es)
+VAR
 )
 return
- -OLD@p
+ VAR
 ;

@sign_test depends on !plain_test disable neg_if, drop_else@
identifier virtual.CALLEE, virtual.OLD, virtual.VAR;
expression list es;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
+VAR = CALLEE(es);
 if (
-CALLEE(es)
+VAR
 < 0)
 return
- -OLD@p
+ VAR
 ;

@block depends on !plain_test && !sign_test disable neg_if, drop_else@
identifier virtual.CALLEE, virtual.OLD, virtual.VAR;
identifier V;
expression list es;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
+VAR = CALLEE(es);
 if (
(
-CALLEE(es)
+VAR
|
-CALLEE(es)
+VAR
 < 0
)
 ) {
 ... when != VAR
(
 return
- -OLD@p
+ VAR
 ;
|
-VAR = -OLD@p;
|
 V =
- -OLD@p
+ VAR
 ;
)
 ...
 }

// After the last declaration; else at the top.
@declared depends on declare && (plain_test || sign_test || block)@
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

@undeclared depends on declare && (plain_test || sign_test || block) && !declared@
identifier virtual.FUNCTION, virtual.VAR;
@@
 FUNCTION(...) {
+int VAR;
 ...
 }
