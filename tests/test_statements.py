"""In: every form of statement that the kernel's coding style knows, each around one wrong errno; out: all are found.

The driver is generated: a function a form. What spatch does not state, and what the text alone cannot tell, meet here.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "sample"

HEAD = """// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>

struct pipit_domain { struct iommu_domain domain; u32 mode; };
struct pipit_master { u32 mode; struct mutex lock; struct list_head ports; };

#define to_pipit(d) container_of(d, struct pipit_domain, domain)
"""
LOCALS = """	struct pipit_domain *pdom = to_pipit(domain);
	struct pipit_master *master = dev_iommu_priv_get(dev);
"""
# What stands around the wrong errno, which is @, where the domain does not fit: the condition is ?.
FORMS = {
    "if": "if (?)\n\t@",
    "braces": "if (?) {\n\t@\n}",
    "else": "if (!(?)) {\n\tpipit_use(master);\n} else {\n\t@\n}",
    "else_if": "if (!master->mode)\n\tpipit_use(master);\nelse if (?)\n\t@\nelse\n\tpipit_use(pdom);",
    "nested_if": "if (master->mode)\n\tif (?)\n\t\t@",
    "empty_branch": "if (!(?))\n\t;\nelse\n\t@",
    "block": "{\n\tu32 mode = pdom->mode;\n\n\tif (mode != master->mode)\n\t\t@\n}",
    "comma": "u32 mode;\n\nif (mode = pdom->mode, mode != master->mode)\n\t@",
    "assignment": "u32 mode;\n\nif ((mode = pdom->mode) != master->mode)\n\t@",
    "unlikely": "if (unlikely(?))\n\t@",
    "while": "while (?)\n\t@",
    "while_true": "while (1) {\n\tif (?)\n\t\t@\n\tbreak;\n}",
    "do_while": "do {\n\tif (?)\n\t\t@\n} while (pipit_busy(master));",
    "do_once": "do {\n\tif (?)\n\t\t@\n} while (0);",
    "for": "int i;\n\nfor (i = 0; i < 4; i++)\n\tif (?)\n\t\t@",
    "for_declares": "for (int i = 0; i < 4; i++) {\n\tif (?)\n\t\t@\n}",
    "for_declares_two": "for (int i = 0, n = 4; i < n; i++)\n\tif (?)\n\t\t@",
    "for_pointer": "for (struct pipit_master *m = master; m; m = NULL)\n\tif (?)\n\t\t@",
    "for_ever": "for (;;) {\n\tif (?)\n\t\t@\n\tbreak;\n}",
    "for_no_start": "int i = 0;\n\nfor (; i < 4; i++)\n\tif (?)\n\t\t@",
    "for_no_end": "int i;\n\nfor (i = 0; ; i++) {\n\tif (?)\n\t\t@\n\tif (i == 4)\n\t\tbreak;\n}",
    "for_no_step": "int i;\n\nfor (i = 0; i < 4;) {\n\tif (?)\n\t\t@\n\ti++;\n}",
    "for_two_steps": "int i, k;\n\nfor (i = 0, k = 4; i < k; i++, k--)\n\tif (?)\n\t\t@",
    "for_empty": "int i;\n\nfor (i = 0; i < 4; i++)\n\t;\nif (?)\n\t@",
    "continue": "int i;\n\nfor (i = 0; i < 4; i++) {\n\tif (!(?))\n\t\tcontinue;\n\t@\n}",
    "each": "struct pipit_port *port;\n\nlist_for_each_entry(port, &master->ports, node)\n\tif (?)\n\t\t@",
    "each_braces": "int i;\n\nfor_each_set_bit(i, master->map, 8) {\n\tif (?)\n\t\t@\n}",
    "switch": "switch (master->mode) {\ncase 1:\n\tif (?)\n\t\t@\n\tbreak;\ndefault:\n\tbreak;\n}",
    "case_two": "switch (master->mode) {\ncase 1:\ncase 2:\n\tif (?)\n\t\t@\n\tbreak;\n}",
    "case_range": "switch (master->mode) {\ncase 1 ... 3:\n\tif (?)\n\t\t@\n\tbreak;\n}",
    "case_block": "switch (master->mode) {\ncase 1: {\n\tif (?)\n\t\t@\n\tbreak;\n}\ndefault:\n\tbreak;\n}",
    "fallthrough": "switch (master->mode) {\ncase 1:\n\tpipit_use(pdom);\n\tfallthrough;\n"
    "default:\n\tif (?)\n\t\t@\n}",
    "goto_back": "int n = 0;\n\nagain:\nif (?)\n\t@\nif (n++ < 4)\n\tgoto again;",
    "goto_out": "int ret = 0;\n\nif (?) {\n\tret = @@;\n\tgoto out;\n}\npipit_use(pdom);\nout:\nreturn ret;",
    "label_block": "if (master->mode)\n\tgoto check;\npipit_use(pdom);\ncheck:\n{\n\tif (?)\n\t\t@\n}",
    "ternary": "return ? ? @@ : 0;",
    "ternary_short": "return pipit_busy(master) ?: (?) ? @@ : 0;",
    "statement_expression": "if (({ pipit_use(pdom); ?; }))\n\t@",
    "guard": "guard(mutex)(&master->lock);\nif (?)\n\t@",
    "scoped_guard": "scoped_guard(mutex, &master->lock) {\n\tif (?)\n\t\t@\n}",
    "scoped_guard_left": "scoped_guard(mutex, &master->lock) {\n\tif (master->mode == 7)\n\t\tbreak;\n"
    "\tif (?)\n\t\t@\n}",
    "scoped_guard_plain": "scoped_guard(mutex, &master->lock)\n\tif (?)\n\t\t@",
    "unknown_block": "pipit_locked(master) {\n\tif (?)\n\t\t@\n}",
    "free": "u32 *map __free(kfree) = kzalloc(8, GFP_KERNEL);\n\nif (?)\n\t@",
    "attribute": "u32 mode __maybe_unused = pdom->mode, other __aligned(8) = master->mode;\n\n"
    "if (mode != other)\n\t@",
    "array": "u32 modes[2] = { [0] = 1, [1] = 2 };\n\npipit_use(modes);\nif (?)\n\t@",
    "bitmap": "DECLARE_BITMAP(map, 8);\nLIST_HEAD(list);\n\npipit_use(map);\nif (?)\n\t@",
    "late_declaration": "pipit_use(pdom);\n\nu32 mode = pdom->mode;\n\nif (mode != master->mode)\n\t@",
    "arms": "#ifdef CONFIG_PIPIT\nif (?)\n\t@\n#endif",
    "arms_else": "if (master->mode) {\n\tpipit_use(pdom);\n#ifdef CONFIG_PIPIT\n} else {\n\tpipit_use(dev);\n}\n"
    "#else\n}\n#endif\nif (?)\n\t@",
    "dead_code": "#if 0\n}\n#endif\nif (?)\n\t@",
    "assembly": 'asm volatile("" : : : "memory");\nif (?)\n\t@',
    "bug_on": "BUG_ON(!master);\nif (WARN_ON(!dev))\n\tpipit_use(dev);\nif (?)\n\t@",
}
CONDITION = "pdom->mode != master->mode"


def function(name: str, form: str) -> str:
    body = form.replace("?", CONDITION, 1) if name == "ternary" else None
    if name == "ternary_short":
        body = form.replace("(?)", f"({CONDITION})")
    body = body or form.replace("?", CONDITION)
    body = body.replace("@@", "-EXDEV").replace("@", "return -EXDEV;")
    lines = "".join(
        f"{'' if line.startswith('#') else chr(9)}{line}\n" for line in body.split("\n")
    )
    end = "" if body.rstrip().endswith(("ret;", ": 0;")) else "\treturn 0;\n"
    return (
        f"\nstatic int {name}_attach(struct iommu_domain *domain, struct device *dev)\n{{\n"
        f"{LOCALS}\n{lines}{end}}}\n"
        f"\nconst struct iommu_domain_ops {name}_ops = {{ .attach_dev = {name}_attach }};\n"
    )


def test_every_statement_form_is_read(tmp_path: Path) -> None:
    tree, out = tmp_path / "tree", tmp_path / "out"
    shutil.copytree(SAMPLE / "include", tree / "include")
    shutil.copy(SAMPLE / "Makefile", tree)
    (tree / "drivers/iommu").mkdir(parents=True)
    code = HEAD + "".join(function(name, form) for name, form in FORMS.items())
    (tree / "drivers/iommu/pipit-iommu.c").write_text(code, encoding="utf-8")
    subprocess.run(
        ["./run-audit.sh", "--kernel", tree, "--out", out, "--engines", "coccinelle", "--quiet"],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        timeout=120,
    )
    audit = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    rows = {c["callback"]: (c["status"], c["why"]) for c in audit["coverage"]}
    assert rows == {f"{name}_attach": ("analysed", "") for name in FORMS}
    found = {
        s["function"]: (s["class"], s["verdict"]) for s in audit["sites"] if s["errno"] == "EXDEV"
    }
    assert found == {f"{name}_attach": ("incompatible", "change") for name in FORMS}
