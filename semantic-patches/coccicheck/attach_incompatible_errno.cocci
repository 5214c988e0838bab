// SPDX-License-Identifier: GPL-2.0-only
/// Attaching a device to a domain it does not fit must fail with -EINVAL: it
/// tells the caller to try another domain, any other errno to give up.
///
//# A mismatch is a comparison, in a function (struct iommu_domain *, struct
//# device *, ...), of something that belongs to the domain with something that
//# belongs to the device. Only comparisons without calls count: what a register
//# or firmware answers is no mismatch, whatever it was asked.
//
// Confidence: Moderate
// Options: --no-includes --include-headers
// Keywords: iommu, attach_dev, EINVAL, EXDEV, EBUSY
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

@soft@
position p;
@@
 -EINVAL@p

// The errno stands in the branch itself, not in an if inside it.
@guard disable neg_if, drop_else@
expression left, right, v;
binary operator op = {!=, <, <=, >, >=, &};
identifier E =~ "^E[A-Z0-9_]+$";
position p != soft.p;
statement S;
@@
(
 if (<+... left op right ...+>) { ... return -E@p; }
|
 if (<+... left op right ...+>) { ... return -E@p; } else S
|
 if (<+... left op right ...+>) { ... v = -E@p; ... }
|
 if (<+... left op right ...+>) { ... v = -E@p; ... } else S
|
 if (<+... left op right ...+>) { ... return dev_err_probe(..., -E@p, ...); }
)

@script:python@
p << guard.p;
left << guard.left;
right << guard.right;
@@
if mismatch(p, left, right):
    found.add(place(p))

@wrong@
identifier E;
position p : script:python() { place(p) in found };
@@
 -E@p

@depends on context@
identifier E;
position wrong.p;
@@
* -E@p

@depends on patch@
identifier E;
position wrong.p;
@@
- -E@p
+ -EINVAL

@script:python depends on org@
p << wrong.p;
E << wrong.E;
@@
coccilib.org.print_todo(p[0], "domain does not fit device: -%s should be -EINVAL" % E)

@script:python depends on report@
p << wrong.p;
E << wrong.E;
@@
coccilib.report.print_report(p[0], "ERROR: domain does not fit device: -%s should be -EINVAL" % E)
