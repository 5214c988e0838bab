// SPDX-License-Identifier: GPL-2.0-only
/// Turns one message into a debug message. dev_err_probe() becomes dev_dbg()
/// and a return of the errno.
//
// In: AT=line:column of the call's name; -D OLD=dev_err -D NEW=dev_dbg.
// Options: --no-includes --in-place

@initialize:python@
@@
import os
AT = os.environ["AT"].split(":")

@probe@
position p : script:python() { [p[0].line, p[0].column] == AT };
expression d, e;
expression list es;
@@
-return dev_err_probe@p(d, e, es);
+dev_dbg(d, es);
+return e;

@plain depends on !probe@
identifier virtual.OLD, virtual.NEW;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
-OLD@p
+NEW
 (...);
