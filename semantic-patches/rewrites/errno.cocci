// SPDX-License-Identifier: GPL-2.0-only
/// Replaces one errno constant where it stands: in a return, an assignment, an
/// initialiser, a ternary, ERR_PTR() or a call's argument. A raw -1 too.
//
// In: AT=line:column of the constant's name, as spatch counts (columns from 0);
// -D OLD=EBUSY -D NEW=EINVAL.
// Options: --no-includes --in-place

@initialize:python@
@@
import os
import re
AT = os.environ["AT"].split(":")

def pure(text):
    return not re.search(r"\w\s*\(|[^=!<>]=[^=]|\+\+|--", text)

// The other arm of a ternary has this errno already: nothing is left to choose.
@same@
identifier virtual.OLD, virtual.NEW;
expression c : script:python() { pure(c) };
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
(
-c ? -OLD@p : -NEW
+ -NEW
|
-c ? -NEW : -OLD@p
+ -NEW
)

@named depends on !same@
identifier virtual.OLD, virtual.NEW;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
-OLD@p
+NEW

@raw depends on !same && !named@
identifier virtual.NEW;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
-1@p
+NEW
