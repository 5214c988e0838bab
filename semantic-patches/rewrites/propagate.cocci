// SPDX-License-Identifier: GPL-2.0-only
/// Returns the errno of a called function instead of the constant that masks it,
/// where a variable or lvalue holds it already.
//
// In: AT=line:column of the constant's name; -D OLD=ENODEV -D CALLEE=name. Mode
// unbrace: the block around the constant holds no comment and no directive.
// Between the call and the constant nothing else may be assigned to the holder.
// Options: --no-includes --in-place

virtual unbrace

@initialize:python@
@@
import os
AT = os.environ["AT"].split(":")

// ret = foo(); if (ret) { ret = -EX; goto out; }: the assignment and the braces go
@bare depends on unbrace disable neg_if, drop_else@
identifier virtual.CALLEE, virtual.OLD;
identifier R;
expression E;
statement S;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
 R = CALLEE(...);
 ... when != R = E
     when != &R
 if ( \( R \| R < 0 \| R != 0 \) )
-{
-R = -OLD@p;
 S
-}

@held depends on !bare disable neg_if, drop_else@
identifier virtual.CALLEE, virtual.OLD;
identifier R, V;
expression E;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
(
 R = CALLEE(...);
|
 int R = CALLEE(...);
)
 ... when != R = E
     when != &R
(
 if ( \( R \| R < 0 \| R != 0 \) )
 return
- -OLD@p
+ R
 ;
|
 if ( \( R \| R < 0 \| R != 0 \) ) {
 ... when != R = E
     when != &R
(
 return
- -OLD@p
+ R
 ;
|
-R = -OLD@p;
|
 V =
- -OLD@p
+ R
 ;
)
 ...
 }
)

// An lvalue of any type that holds an errno: IS_ERR_VALUE() or a sign says so.
@lvalue depends on !bare && !held disable neg_if, drop_else@
identifier virtual.CALLEE, virtual.OLD;
identifier V;
expression X, E;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
 X = CALLEE(...);
 ... when != X = E
(
 if ( \( IS_ERR_VALUE(X) \| X < 0 \) )
 return
- -OLD@p
+ X
 ;
|
 if ( \( IS_ERR_VALUE(X) \| X < 0 \) ) {
 ... when != X = E
(
 return
- -OLD@p
+ X
 ;
|
 V =
- -OLD@p
+ X
 ;
)
 ...
 }
)

@pointer depends on !bare && !held && !lvalue disable neg_if, drop_else@
identifier virtual.CALLEE, virtual.OLD;
identifier V;
expression X, E;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
 X = CALLEE(...);
 ... when != X = E
(
 if (IS_ERR(X))
 return
- -OLD@p
+ PTR_ERR(X)
 ;
|
 if (IS_ERR(X)) {
 ... when != X = E
(
 return
- -OLD@p
+ PTR_ERR(X)
 ;
|
 V =
- -OLD@p
+ PTR_ERR(X)
 ;
)
 ...
 }
)
