// SPDX-License-Identifier: GPL-2.0-only
/// Removes the declaration of a variable that fell out of use with a message.
//
// In: AT=line:column of the variable's name; -D VAR=name. Its initialiser, if it
// has one, must be free of effects: no call but container_of() and to_*().
// Options: --no-includes --in-place

@initialize:python@
@@
import os
import re
AT = os.environ["AT"].split(":")

def pure(text):
    calls = re.findall(r"(\w+)\s*\(", text)
    return all(c == "container_of" or c == "sizeof" or c.startswith("to_") for c in calls)

@alone disable decl_init@
type T;
identifier virtual.VAR;
expression e : script:python() { pure(e) };
position p : script:python() { [p[0].line, p[0].column] == AT };
@@
(
-T VAR@p;
|
-T VAR@p = e;
)
