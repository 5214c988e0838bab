// SPDX-License-Identifier: GPL-2.0-only
/// Removes one message, with the braces that it alone needed, or with the
/// branch that held nothing else. dev_err_probe() leaves the errno it returned.
//
// In: AT=line:column of the call's name; CALL=its name. Mode drop: the block
// around the message holds no comment and no directive, so a branch may go with
// it. Mode unbrace: nor does it hold another branch or loop, so its braces may
// go. Arms of an else-if chain keep theirs.
// Options: --no-includes --in-place

virtual drop, unbrace

@initialize:python@
@@
import os
import re
AT = os.environ["AT"].split(":")
CALL = os.environ["CALL"]

def pure(text):
    return not re.search(r"\w\s*\(|[^=!<>]=[^=]|\+\+|--", text)

@arm disable neg_if, drop_else@
expression a, b;
statement S1, S2;
position q;
@@
 if (a) S1 else if@q (b) S2

@arm_else disable neg_if, drop_else@
expression a, b;
statement S1, S2, S3;
position q;
@@
 if (a) S1 else if@q (b) S2 else S3

// A branch that only logs goes as a whole, unless its condition does something.
@whole depends on drop disable neg_if, drop_else@
identifier L : script:python() { L == CALL };
position p : script:python() { [p[0].line, p[0].column] == AT };
position q != { arm.q, arm_else.q };
expression c : script:python() { pure(c) };
@@
(
-if@q (c) { L@p(...); }
|
-if@q (c) L@p(...);
)

@pair depends on !whole && unbrace disable neg_if, drop_else@
identifier L : script:python() { L == CALL };
position p : script:python() { [p[0].line, p[0].column] == AT };
position q != { arm.q, arm_else.q };
expression c;
statement S;
@@
 if@q (c)
-{
(
-L@p(...);
 S
|
 S
-L@p(...);
)
-}

@single depends on !whole && !pair@
identifier L : script:python() { L == CALL };
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
-L@p(...);

@probe depends on !whole && !pair && !single@
position p : script:python() { [p[0].line, p[0].column] == AT };
expression d, e;
@@
-dev_err_probe@p(d, e, ...)
+e
