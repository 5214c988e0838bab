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
AT = os.environ["AT"].split(":")

@named@
identifier virtual.OLD, virtual.NEW;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
-OLD@p
+NEW

@raw depends on !named@
identifier virtual.NEW;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
-1@p
+NEW
