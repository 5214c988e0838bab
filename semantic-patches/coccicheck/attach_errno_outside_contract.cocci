// SPDX-License-Identifier: GPL-2.0-only
/// The kernel-doc of struct iommu_domain_ops names the errnos of attach_dev:
/// EINVAL, ENOMEM, ENOSPC, EBUSY, ENODEV. Callers read any other as ENODEV, and
/// its use is discouraged.
///
//# Report, context and org modes show those in functions that a table binds
//# (not in a macro: SmPL does not see such a table). Patch mode writes -ENODEV,
//# which changes nothing for a caller, and leaves out what depends on the
//# domain: -EINVAL may be right there, see attach_incompatible_errno.cocci.
//
// Confidence: High
// Options: --no-includes --include-headers
// Keywords: iommu, attach_dev, ENODEV, EXDEV, EPERM, EIO
// Comments: a function that Coccinelle cannot parse is skipped in silence.

virtual patch
virtual context
virtual org
virtual report

@initialize:python@
@@
import re

functions = {}  # (file, function) -> {variable: expressions it was set from}
by_domain = set()

def function(p):
    return (p[0].file, p[0].current_element)

def place(p):
    return (p[0].file, p[0].line, p[0].column)

def variables(text):
    """Names in an expression, without those of members and of what is called."""
    return set(re.findall(r"(?<![\w.>])(?!\d)\w+\b(?!\s*\()", re.sub(r"\s*(->|\.)\s*", r"\1", text)))

def of_domain(p, text, seen=()):
    """Whether the domain has a part in a value, through any number of copies."""
    known = functions.get(function(p), {})
    for name in variables(text) & set(known) - set(seen):
        if known[name] is None or any(of_domain(p, e, (*seen, name)) for e in known[name]):
            return True
    return False

def note(p, condition):
    if of_domain(p, condition):
        by_domain.add(place(p))

// Callbacks, in a table of their own or in one inside another initialiser.
@callback@
identifier attach, ops;
@@
(
 struct \(iommu_domain_ops\|iommu_ops\) ops = { .attach_dev = attach, };
|
 (struct iommu_domain_ops) { .attach_dev = attach, }
)

@in_contract@
position p;
@@
(
 -EINVAL@p
|
 -ENOMEM@p
|
 -ENOSPC@p
|
 -EBUSY@p
|
 -ENODEV@p
)

// Returned at once, or kept in a variable until the return.
@outside exists@
identifier callback.attach, ret;
identifier E =~ "^E[A-Z0-9_]+$";
position p != in_contract.p;
expression e;
@@
 attach(...)
 {
 <+...
(
 return -E@p;
|
 return dev_err_probe(..., -E@p, ...);
|
 ret = -E@p
 ... when != ret = e
 return ret;
)
 ...+>
 }

// What a variable of a callback was set from, by initialiser or assignment.
@first_parameter@
identifier callback.attach, domain;
position q;
@@
 attach@q(struct iommu_domain *domain, ...) { ... }

@script:python@
q << first_parameter.q;
domain << first_parameter.domain;
@@
functions[function(q)] = {domain: None}

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
functions[function(q)].setdefault(v, []).append(e)

// Errnos in a branch or case that something of the domain has chosen.
@branch disable neg_if, drop_else exists@
expression c;
identifier outside.E;
position outside.p, at;
statement S;
@@
(
 if (c) { <+... -E@p@at ...+> }
|
 if (c) { <+... -E@p@at ...+> } else S
|
 if (c) S else { <+... -E@p@at ...+> }
)

@script:python@
at << branch.at;
c << branch.c;
@@
note(at, c)

@case_of exists@
expression c, label;
identifier outside.E;
position outside.p, at;
@@
 switch (c) { case label: ... -E@p@at ... }

@script:python@
at << case_of.at;
c << case_of.c;
label << case_of.label;
@@
note(at, c)

@default_of exists@
expression c;
identifier outside.E;
position outside.p, at;
@@
 switch (c) { default: ... -E@p@at ... }

@script:python@
at << default_of.at;
c << default_of.c;
@@
note(at, c)

@depends on context@
identifier outside.E;
position outside.p;
@@
* -E@p

@depends on patch@
identifier outside.E;
position outside.p;
position at : script:python() { place(at) not in by_domain };
@@
- -E@p@at
+ -ENODEV

@script:python depends on org@
p << outside.p;
E << outside.E;
@@
coccilib.org.print_todo(p[0], "attach_dev returns -%s, which callers read as -ENODEV" % E)

@script:python depends on report@
p << outside.p;
E << outside.E;
@@
coccilib.report.print_report(p[0], "WARNING: attach_dev returns -%s, which callers read as -ENODEV" % E)
