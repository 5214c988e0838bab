// SPDX-License-Identifier: GPL-2.0-only
/// A driver that refuses a domain with -EINVAL because it does not fit the
/// device must not log it: callers try domains until one fits.
///
//# A mismatch is a comparison, in a function (struct iommu_domain *, struct
//# device *, ...), of something that belongs to the domain with something that
//# belongs to the device. Only comparisons without calls count: what a register
//# or firmware answers is no mismatch, whatever it was asked. Messages count
//# from warning level up; dev_dbg() and dev_info() may stay. Where patch mode
//# takes the braces away, a comment between them goes with them.
//
// Confidence: Moderate
// Options: --no-includes --include-headers
// Keywords: iommu, attach_dev, EINVAL, dev_err, dev_err_probe
// Comments: a function that Coccinelle cannot parse is skipped in silence.

virtual patch
virtual context
virtual org
virtual report

@initialize:python@
@@
import re

functions = {}  # (file, function) -> {variable: expressions it was set from}
found = set()

def function(p):
    return (p[0].file, p[0].current_element)

def place(p):
    return (p[0].file, p[0].line, p[0].column)

def variables(text):
    """Names in an expression, without those of members and of what is called."""
    return set(re.findall(r"(?<![\w.>])(?!\d)\w+\b(?!\s*\()", re.sub(r"\s*(->|\.)\s*", r"\1", text)))

def origins(p, text, seen=()):
    """Which of "domain" and "device" a value is made of, through any number of copies."""
    known = functions[function(p)]
    result = set()
    for name in variables(text) - set(seen):
        for value in known.get(name, ()):
            result |= {value[1:]} if value[0] == "=" else origins(p, value, (*seen, name))
    return result

def reads_hardware(text):
    return re.search(r"\b\w*(read[bwlqx]?(_relaxed)?|regmap\w*|poll\w*) ?\(", text)

def mismatch(p, left, right):
    """A member of the domain against something of the device, no call in either."""
    if function(p) not in functions or re.search(r"[a-z]\w* ?\(", left + "," + right):
        return False
    for ours, theirs in ((left, right), (right, left)):
        if origins(p, ours) == {"domain"} and origins(p, theirs) == {"device"}:
            return "->" in ours or "." in ours
    return False

@callback@
identifier f, domain, dev;
position q;
@@
 f@q(struct iommu_domain *domain, struct device *dev, ...) { ... }

@script:python@
q << callback.q;
domain << callback.domain;
dev << callback.dev;
@@
functions[function(q)] = {domain: ["=domain"], dev: ["=device"]}

// What a variable was set from, by initialiser or assignment.
@copy@
identifier v;
expression e;
position q : script:python() { function(q) in functions };
@@
 v@q = e

@script:python@
q << copy.q;
v << copy.v;
e << copy.e;
@@
if not reads_hardware(e):
    functions[function(q)].setdefault(v, []).append(e)

// A message in the branch itself, on the way to its -EINVAL.
@guard disable neg_if, drop_else@
expression left, right, v;
binary operator op = {!=, <, <=, >, >=, &};
identifier M =~ "^(dev|pci|netdev|pr)_(emerg|alert|crit|err|warn|warning)(_ratelimited|_once)?$";
position p;
statement S;
@@
(
 if (<+... left op right ...+>) { ... M@p(...); ... return -EINVAL; }
|
 if (<+... left op right ...+>) { ... M@p(...); ... return -EINVAL; } else S
|
 if (<+... left op right ...+>) { ... M@p(...); ... v = -EINVAL; ... }
|
 if (<+... left op right ...+>) { ... M@p(...); ... v = -EINVAL; ... } else S
|
 if (<+... left op right ...+>) { ... v = -EINVAL; ... M@p(...); ... }
|
 if (<+... left op right ...+>) { ... v = -EINVAL; ... M@p(...); ... } else S
|
 if (<+... left op right ...+>) { ... return dev_err_probe@p(..., -EINVAL, ...); }
|
 if (<+... left op right ...+>) { ... return dev_err_probe@p(..., -EINVAL, ...); } else S
)

@script:python@
p << guard.p;
left << guard.left;
right << guard.right;
@@
if mismatch(p, left, right):
    found.add(place(p))

@logged@
identifier M;
position p : script:python() { place(p) in found };
@@
 M@p(...)

@depends on context@
identifier M;
position logged.p;
@@
* M@p(...)

@arm depends on patch disable neg_if, drop_else@
expression c, c2;
statement S, S2, S3;
position q;
@@
(
 if (c) S else if@q (c2) S2
|
 if (c) S else if@q (c2) S2 else S3
)

// Of a message and a return, the return is left, without its braces. An arm of
// an else keeps them, as the arms beside it do.
@depends on patch disable neg_if, drop_else@
expression c;
identifier M;
position logged.p, q != arm.q;
@@
(
 return
- dev_err_probe@p(...)
+ -EINVAL
 ;
|
- if@q (c) {
- M@p(...);
- return -EINVAL;
- }
+ if (c)
+	return -EINVAL;
|
- M@p(...);
)

@script:python depends on org@
p << logged.p;
M << logged.M;
@@
coccilib.org.print_todo(p[0], "domain does not fit device: %s() logs a soft failure" % M)

@script:python depends on report@
p << logged.p;
M << logged.M;
@@
coccilib.report.print_report(p[0], "ERROR: domain does not fit device: %s() logs a soft failure" % M)
