// SPDX-License-Identifier: GPL-2.0-only
/// Gives one exit of a preset errno (int ret = -EINVAL; ... goto out;) an errno
/// of its own, since other exits keep the preset.
//
// In: AT=line:column of the goto or return; -D VAR=ret -D NEW=ENODEV.
// Options: --no-includes --in-place

@initialize:python@
@@
import os
AT = os.environ["AT"].split(":")

@jump@
identifier virtual.VAR, virtual.NEW;
identifier L;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
+VAR = -NEW;
 goto@p L;

@leave@
identifier virtual.VAR, virtual.NEW;
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
 return@p
- VAR
+ -NEW
 ;
