// SPDX-License-Identifier: GPL-2.0-only
/// In: a C file. Out: one JSON fact for each entry of an iommu operations table
/// that names a function.
//
// OPERATION and TABLE stand for the operations and structures of contract.json: step
// facts puts them in. Included by facts.cocci, which defines fact(). Tables inside macros cannot be
// matched here; the text cross-check of the bindings step accounts for them.

// A named table: static const struct TABLE x = { .OPERATION = f };
@table@
identifier ops, f;
identifier op =~ "^(OPERATION)$";
position p;
@@
 struct TABLE ops = { .op = f@p, };

@script:python@
p << table.p; f << table.f; op << table.op; ops << table.ops;
@@
fact("binding", p, op=op, callback=f, ops=ops)

// A compound literal, in another initialiser or in code.
@literal@
identifier f;
identifier op =~ "^(OPERATION)$";
position p;
@@
 (struct TABLE) { .op = f@p, }

@script:python@
p << literal.p; f << literal.f; op << literal.op;
@@
fact("binding", p, op=op, callback=f, ops="")

// An assignment in code: ops->OPERATION = f. Whose member it is, is for the
// bindings step to say: without headers the type of the left side is not known.
@in_code@
expression object;
identifier f;
identifier op =~ "^(OPERATION)$";
position p;
@@
(
 object->op = f@p
|
 object.op = f@p
)

@script:python@
p << in_code.p; f << in_code.f; op << in_code.op; object << in_code.object;
@@
fact("binding", p, op=op, callback=f, ops="", object=object)
