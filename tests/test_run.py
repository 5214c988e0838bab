"""In: the command and its steps scan and facts, given bad input; out: one clear line, status 2, results whole."""

from __future__ import annotations

import fcntl
import json
import os
import re
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHECKS = Path(os.environ.get("ATTACH_CHECKS") or ROOT / "build" / "san" / "attach-checks")
PATCHES = ROOT / "semantic-patches"

MAKEFILE = "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION = -rc1\nNAME = None\n"

DRIVER = """\
static int plain_attach(struct iommu_domain *domain, struct device *dev)
{
	if (!dev)
		return -EINVAL;
	return 0;
}

static int plain_other(int a)
{
	return a ? -EIO : 0;
}

static const struct iommu_domain_ops plain_ops = {
	.attach_dev	= plain_attach,
	.map_pages	= plain_other,
};
"""

KERNEL_DOC = """\
/**
 * struct iommu_domain_ops - domain specific operations
 * @attach_dev: attach an iommu domain to a device
{rules} * @map: EINVAL ENODEV EMEDIUMTYPE exclusively
 */
struct iommu_domain_ops {{
}};
"""

MERGED = (
    " * * EINVAL - can indicate that device and domain are incompatible\n * * ENODEV - device\n"
)


def environment(cache: Path, **more: str) -> dict[str, str]:
    names = ("KERNEL", "OUT", "ENGINES", "BASELINE", "CONTRACT", "JOBS", "SPATCH", "MAKEFLAGS")
    env = {name: value for name, value in os.environ.items() if name not in names}
    # jansson's values and a step's memory live as long as its process
    env |= {"ATTACH_CHECKS": str(CHECKS), "ASAN_OPTIONS": "detect_leaks=0", "LC_ALL": "C.UTF-8"}
    return env | {"XDG_CACHE_HOME": str(cache)} | more


class Space:
    """A folder with a small kernel tree, a cache and a place for results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = folder / "tree"
        self.cache = folder / "cache"
        self.out = folder / "out"
        self.cache.mkdir()
        self.driver = self.write("drivers/iommu/plain.c", DRIVER)
        self.write("Makefile", MAKEFILE)
        self.doc("")

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def doc(self, rules: str) -> None:
        self.write("include/linux/iommu.h", KERNEL_DOC.format(rules=rules))

    def age(self) -> None:
        """Makes every file older than the second within which nothing is cached."""
        time.sleep(1.1)

    def step(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CHECKS, *arguments],
            env=environment(self.cache, **env),
            capture_output=True,
            text=True,
            timeout=60,
        )

    def scan(self, *arguments: str) -> dict[str, Any]:
        done = self.step(*self.scan_command(), *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return self.scanned()

    def scan_command(self) -> list[str]:
        command = ["scan", "--tree", str(self.tree), "--cache", str(self.cache)]
        command += ["--contract", str(ROOT / "contract.json")]
        return [*command, "--out", str(self.folder / "scan.json")]

    def scanned(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "scan.json").read_text())
        return content

    def close(self) -> None:
        """Writes closure.json for the tree."""
        self.scan()
        done = self.step(
            *("closure", "--tree", str(self.tree), "--scan", str(self.folder / "scan.json")),
            *("--contract", str(ROOT / "contract.json")),
            *("--out", str(self.folder / "closure.json")),
        )
        assert (done.returncode, done.stderr) == (0, "")

    def facts_command(self, patches: Path = PATCHES, timeout: int = 60) -> list[str]:
        command = ["facts", "--tree", str(self.tree), "--patches", str(patches), "--jobs", "2"]
        command += ["--closure", str(self.folder / "closure.json"), "--cache", str(self.cache)]
        command += ["--contract", str(ROOT / "contract.json")]
        return [*command, "--timeout", str(timeout), "--out", str(self.folder / "facts.jsonl")]

    def facts(self, timeout: int = 60, **env: str) -> subprocess.CompletedProcess[str]:
        return self.step(*self.facts_command(timeout=timeout), **env)

    def facts_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "facts.jsonl").read_text().splitlines()]

    def failures(self) -> dict[str, str]:
        return {f["f"]: f["why"] for f in self.facts_lines() if f["k"] == "failure"}

    def fake(self, body: str) -> str:
        """A program in place of spatch; what it does not do itself the real one does."""
        path = self.folder / "fake-spatch"
        log = shlex.quote(str(self.folder / "calls"))
        path.write_text(f'#!/bin/sh\necho "$*" >>{log}\n{body}\nexec spatch "$@"\n')
        path.chmod(0o755)
        return str(path)

    def calls(self) -> int:
        """How often the fake was run, questions for its version aside."""
        log = self.folder / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        return len([line for line in lines if line != "--version"])

    def command(
        self, *arguments: str, limit: int | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        def lower() -> None:
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return subprocess.run(
            [ROOT / "run-audit.sh", *arguments],
            cwd=self.folder,
            env=environment(self.cache, **env),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            preexec_fn=lower,
            restore_signals=limit
            is None,  # SIGXFSZ stays ignored: a write fails, as on a full disk
        )

    def refused(self, *arguments: str, limit: int | None = None, **env: str) -> str:
        """Status 2 and exactly one line on stderr, nothing on stdout: that line."""
        done = self.command(*arguments, limit=limit, **env)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
        return done.stderr.rstrip("\n").replace(str(self.folder), "@")


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def content_of(tree: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for path in [tree, *tree.rglob("*")]:
        s = path.lstat()
        found[str(path)] = (s.st_mode, s.st_size, s.st_mtime_ns)
    return found


# ------------------------------------------------------------------ bad KERNEL

MEND = "give the top folder of a kernel source tree as KERNEL="


def missing(space: Space) -> str:
    return "No such file or directory: " + MEND


def a_file(space: Space) -> str:
    (space.folder / "kernel").write_text("")
    return "not a folder: " + MEND


def empty(space: Space) -> str:
    (space.folder / "kernel").mkdir()
    return "empty folder: " + MEND


def not_a_kernel(space: Space) -> str:
    (space.folder / "kernel" / "src").mkdir(parents=True)
    return "not a kernel tree, its Makefile names no VERSION and PATCHLEVEL: " + MEND


def other_makefile(space: Space) -> str:
    shutil.copytree(space.tree, space.folder / "kernel")
    (space.folder / "kernel" / "Makefile").write_text("VERSION_X = 6\n VERSION = 6\nall:\n")
    return "not a kernel tree, its Makefile names no VERSION and PATCHLEVEL: " + MEND


def no_drivers(space: Space) -> str:
    shutil.copytree(space.tree, space.folder / "kernel")
    shutil.rmtree(space.folder / "kernel" / "drivers")
    return "has no drivers/iommu: give a complete kernel source tree as KERNEL="


@pytest.mark.parametrize("make", [missing, a_file, empty, not_a_kernel, other_makefile, no_drivers])
def test_bad_kernel(space: Space, make: Callable[[Space], str]) -> None:
    said = make(space)
    kernel = str(space.folder / "kernel")
    line = space.refused("--kernel", kernel, "--out", str(space.out))
    assert line == f"attach-checks: @/kernel: {said}"
    assert sorted(p.name for p in space.out.iterdir()) == [".lock"]


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that another user can enter, with the program in it."""
    with tempfile.TemporaryDirectory(prefix="attach-audit.", dir="/tmp") as name:
        os.chmod(name, 0o755)
        shutil.copy(CHECKS, Path(name) / "attach-checks")
        yield Path(name)


def as_nobody(space: Space, program: Path) -> subprocess.CompletedProcess[str]:
    user = 65534 if os.geteuid() == 0 else None
    for path in (space.cache, space.folder):
        path.chmod(0o777)
    return subprocess.run(
        [str(program), *space.scan_command()[:5], *space.scan_command()[7:]]
        + ["--contract", str(program.parent / "contract.json")],
        env=environment(space.cache),
        capture_output=True,
        text=True,
        user=user,
        cwd="/",
    )


def test_unreadable_parts_are_listed(public: Path) -> None:
    folder = public / "space"
    folder.mkdir()
    space = Space(folder)
    shutil.copy(ROOT / "contract.json", public)
    space.write("drivers/iommu/secret.c", DRIVER).chmod(0)
    space.write("drivers/iommu/closed/inner.c", DRIVER).parent.chmod(0)
    done = as_nobody(space, public / "attach-checks")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        f"attach-checks: {space.tree}/drivers/iommu/{name}: Permission denied: "
        "make it readable and run the audit again"
        for name in ("closed", "secret.c")
    ]
    assert space.scanned()["files"] == ["drivers/iommu/plain.c"]
    assert space.scanned()["unreadable"] == ["drivers/iommu/closed", "drivers/iommu/secret.c"]


def test_unreadable_tree(public: Path) -> None:
    folder = public / "space"
    folder.mkdir()
    space = Space(folder)
    shutil.copy(ROOT / "contract.json", public)
    space.tree.chmod(0)
    done = as_nobody(space, public / "attach-checks")
    space.tree.chmod(0o755)
    assert (done.returncode, done.stderr) == (
        2,
        f"attach-checks: {space.tree}: Permission denied: "
        "make it readable or choose another KERNEL=\n",
    )


# ------------------------------------------------------------------------ scan


def test_scan_finds_every_form_and_no_other(space: Space) -> None:
    forms = {
        "tab.c": ".attach_dev\t\t= f,",
        "tight.c": ".set_dev_pasid=f,",
        "code.c": "\tops->attach_dev = f;",
        "macro.h": "#define OPS() \\\n\t.attach_dev \\\n\t\t= f",
        "apart.c": "{ .\n attach_dev = f }",
        "names with space.c": ".attach_dev = f",
    }
    others = {
        "compare.c": "if (ops->attach_dev == f)",
        "call.c": "void g(void)\n{\n\tops->attach_dev(domain, dev);\n}\n",
        "longer.c": ".attach_device = f, .attach_dev_x = f, .my_attach_dev = f,",
        "variable.c": "int attach_dev = 1;",
        "text.rst": ".attach_dev = f,",
        "greater.c": "a>attach_dev = f",
        "short.c": "attach_dev",
    }
    for name, content in (forms | others).items():
        space.write("drivers/iommu/" + name, content)
    for folder in ("Documentation", "tools", ".git", "drivers/.git"):
        space.write(folder + "/skipped.c", DRIVER)
    space.write("drivers/iommu/tools/kept.c", DRIVER)
    space.write("drivers/iommu/empty.c", "")
    want = [*forms, "plain.c", "tools/kept.c"]
    assert space.scan()["files"] == sorted("drivers/iommu/" + name for name in want)


def test_odd_files_do_no_harm(space: Space) -> None:
    iommu = space.tree / "drivers" / "iommu"
    (iommu / "loop").symlink_to(iommu)
    (iommu / "other.c").symlink_to("plain.c")
    (iommu / "folder.c").mkdir()
    Path(os.fsdecode(os.fsencode(iommu) + b"/caf\xe9.c")).write_text("int x;\n")
    space.write("drivers/iommu/latin.c", b"/* caf\xe9 \0 */ .attach_dev = f,")
    assert space.scan()["files"] == ["drivers/iommu/latin.c", "drivers/iommu/plain.c"]
    assert space.scan()["unreadable"] == []


def test_links_are_followed_in_the_tree_and_named_where_they_leave_it(space: Space) -> None:
    iommu = space.tree / "drivers" / "iommu"
    beside = space.tree.parent / "beside"
    beside.mkdir()
    (beside / "driver.c").write_text(DRIVER)
    space.write("drivers/iommu/driver.kept", DRIVER)
    (iommu / "inside.c").symlink_to("driver.kept")
    (iommu / "outside.c").symlink_to(beside / "driver.c")
    (iommu / "folder").symlink_to(beside)
    (iommu / "self.c").symlink_to("self.c")
    space.write("drivers/iommu/text.c", "../../beside/driver.c")
    (space.tree / "build").symlink_to(beside)
    done = subprocess.run(
        [CHECKS, *space.scan_command()], env=environment(space.cache), capture_output=True
    )
    assert done.returncode == 0
    scanned = space.scanned()
    assert scanned["files"] == ["drivers/iommu/inside.c", "drivers/iommu/plain.c"]
    leaves = "a symbolic link that leaves the tree: what it leads to is not read"
    assert [(row["file"][14:], row["why"]) for row in scanned["unread"]] == [
        ("folder", leaves),
        ("outside.c", leaves),
        ("self.c", "Too many levels of symbolic links"),
        ("text.c", "a symbolic link that was copied as text: what it leads to is not read"),
    ]


def test_what_could_be_waited_for_is_named_and_not_opened(space: Space) -> None:
    iommu = space.tree / "drivers" / "iommu"
    os.mkfifo(iommu / "pipe.c")
    os.mkfifo(iommu / "pipe.h")
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(iommu)  # a socket's path may not be long
        listener.bind("socket.c")
        os.chdir(ROOT)
    done = subprocess.run(
        [CHECKS, *space.scan_command()],
        env=environment(space.cache),
        capture_output=True,
        timeout=60,
    )
    names = ["drivers/iommu/pipe.c", "drivers/iommu/pipe.h", "drivers/iommu/socket.c"]
    assert [line.split(b": ")[2] for line in done.stderr.splitlines()] == [
        b"not a regular file"
    ] * 3
    assert [row["file"] for row in space.scanned()["unread"]] == names


def test_a_binding_in_a_file_that_has_no_utf8_name_is_a_gap(space: Space) -> None:
    iommu = os.fsencode(space.tree / "drivers" / "iommu")
    Path(os.fsdecode(iommu + b"/caf\xe9.c")).write_text(DRIVER)
    done = subprocess.run(
        [CHECKS, *space.scan_command()], env=environment(space.cache), capture_output=True
    )
    assert done.stderr.endswith(b"its name is not UTF-8: rename it and run the audit again\n")
    assert space.scanned()["unreadable"] == ["drivers/iommu/caf\ufffd.c"]


def cache_of_scan(space: Space) -> Path:
    (path,) = space.cache.glob("scan-*")
    return path


def test_scan_remembers_and_notices(space: Space) -> None:
    space.age()
    first = space.scan()
    remembered = cache_of_scan(space).read_bytes()
    assert b"drivers/iommu/plain.c" in remembered
    assert space.scan() == first
    assert cache_of_scan(space).read_bytes() == remembered
    before = space.driver.stat()
    other = DRIVER.replace(".attach_dev", ".detach_dev").replace(
        "iommu_domain_ops", "iommu_domain_opt"
    )
    space.driver.write_text(other)
    os.utime(space.driver, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert space.driver.stat().st_size == before.st_size
    assert space.scan()["files"] == []  # same size, same mtime
    space.driver.unlink()
    space.write("drivers/iommu/new.c", DRIVER)
    assert space.scan()["files"] == ["drivers/iommu/new.c"]


@pytest.mark.parametrize("damage", ["cut", "flip", "foreign", "empty", "binary"])
def test_a_damaged_cache_is_ignored_and_written_anew(space: Space, damage: str) -> None:
    space.age()
    first = space.scan()
    path = cache_of_scan(space)
    whole = path.read_bytes()
    path.write_bytes(
        {
            "cut": whole[: len(whole) // 2],
            "flip": whole.replace(b" 3 drivers", b" 1 drivers"),
            "foreign": b"something else\n" * 9,
            "empty": b"",
            "binary": bytes(range(256)),
        }[damage]
    )
    assert path.read_bytes() != whole
    assert space.scan() == first
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("makefile", "version"),
    [
        (MAKEFILE, "6.12.3-rc1"),
        ("VERSION = 7\nPATCHLEVEL=2\nSUBLEVEL =\nEXTRAVERSION =\n", "7.2"),
        ("VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0 # first\nEXTRAVERSION =\n", "6.1.0"),
        ("VERSION = 5\nPATCHLEVEL = 15", "5.15"),
    ],
)
def test_version(space: Space, makefile: str, version: str) -> None:
    space.write("Makefile", makefile)
    assert space.scan()["version"] == version


# -------------------------------------------------------------------- contract


@pytest.mark.parametrize(
    ("rules", "contract"),
    [
        ("", "pre"),
        (MERGED, "merged"),
        (MERGED.replace("can indicate that", "Exclusively,"), "strict"),
        (" * Return: EMEDIUMTYPE if incompatible, EINVAL, ENODEV\n", "emediumtype"),
        (" * EINVAL alone\n", "pre"),
    ],
)
def test_contract_is_the_tree_s_own(space: Space, rules: str, contract: str) -> None:
    space.doc(rules)
    assert space.scan()["contract"] == contract


def test_contract_of_a_tree_without_the_header(space: Space) -> None:
    shutil.rmtree(space.tree / "include")
    assert space.scan()["contract"] == "pre"


def test_contract_by_name_and_by_file(space: Space) -> None:
    assert space.scan("--choose", "strict")["contract"] == "strict"
    data = json.loads((ROOT / "contract.json").read_text())
    own = space.folder / "own.json"
    own.write_text(
        json.dumps(
            {"operations": data["operations"], "contracts": {"mine": data["contracts"]["merged"]}}
        )
    )
    done = space.step(
        *[str(own) if a.endswith("contract.json") else a for a in space.scan_command()]
    )
    assert (done.returncode, space.scanned()["contract"]) == (0, "mine")


def test_contract_json_says_what_the_rules_need() -> None:
    data = json.loads((ROOT / "contract.json").read_text())
    assert sorted(data["contracts"]) == [
        "emediumtype",
        "merged",
        "pre",
        "strict",
        "tested",
        "unrecognised",
    ]
    assert data["contracts"]["pre"]["judged_as"] == "merged"
    for name, contract in data["contracts"].items():
        assert contract["source"] and contract["title"]
        if "judged_as" in contract:
            continue
        attach = contract["operations"]["attach_dev"]
        classes = {rule["class"] for rule in attach["errnos"].values()}
        assert classes == {"success", "incompatible", "nomem", "nospace", "busy", "hard"}
        assert attach["errnos"][attach["soft"]]["class"] == "incompatible"
        pasid = contract["operations"]["set_dev_pasid"]
        assert (pasid["written"], pasid["at_most"], pasid["like"]) == (
            False,
            "review",
            "attach_dev",
        )


OWN = """\
{
 "operations": [
  {
   "name": "attach_dev",
   "structures": {"iommu_domain_ops": "always"},
   "parameters": {
    "DOMAIN": "struct iommu_domain *",
    "DEV": "struct device *"
   }
  }
 ],
 "contracts": {
  "own": {
   "operations": {
    "attach_dev": {
     "soft": "EXDEV",
     "errnos": {
      "0": {"class": "success", "meaning": "success"},
      "EXDEV": {"class": "incompatible", "meaning": "does not fit"}
     },
     "others": {"class": "hard", "meaning": "no domain fits"}
    }
   }
  }
 }
}
"""
TWICE = '{"name": "attach_dev", "structures": {"x": ""}, "parameters": {"DOMAIN": "d", "DEV": "v"}}'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (OWN, "{", ":1: string or '}' expected near end of file"),
        (OWN, "{}", ":1: contracts: has no operations"),
        ('"contracts"', '"contract"', ":12: contract: no such key"),
        (
            ',\n    "DEV": "struct device *"',
            "",
            ":6: operations[0].parameters: role DEV is missing",
        ),
        ('"DEV"', '"DOMAIN"', ":8: duplicate object key near '\"DOMAIN\"'"),
        (
            '"DEV"',
            '"DEVICE"',
            ":8: operations[0].parameters.DEVICE: is no role: DOMAIN, DEV, OLD or PASID",
        ),
        ('"struct device *"', '""', ":8: operations[0].parameters.DEV: needs a type"),
        (
            "  }\n ],",
            "  },\n  " + TWICE + "\n ],",
            ":11: operations[1].name: there are two operations attach_dev",
        ),
        (
            '"structures"',
            '"precedes": ["attach_dev"], "structures"',
            ":5: operations[0].precedes[0]: is the operation itself",
        ),
        (
            '{\n   "name"',
            TWICE.replace("attach_dev", "test_dev").replace("}}", '}, "precedes": ["attach_dev"]}')
            + ', {"precedes": ["test_dev"],\n   "name"',
            ":3: operations[0].precedes[0]: attach_dev tests for test_dev already",
        ),
        (
            '{"iommu_domain_ops": "always"}',
            "{}",
            ":5: operations[0].structures: names no structure",
        ),
        (
            '"name": "attach_dev"',
            '"name": "test_dev"',
            ":15: contracts.own.operations.attach_dev: no such operation: nobody binds it",
        ),
        (
            '"EXDEV",',
            '"EPERM",',
            ":16: contracts.own.operations.attach_dev.soft: is none of its errnos",
        ),
        (
            '"EXDEV": {',
            '"EFIT": {',
            ":19: contracts.own.operations.attach_dev.errnos.EFIT: is no errno",
        ),
        (
            '"incompatible"',
            '"misfit"',
            ":19: contracts.own.operations.attach_dev.errnos.EXDEV.class: is none of success, incompatible, nomem, nospace, busy, hard",
        ),
        (
            '"iommu_domain_ops"',
            '"other_ops"',
            ":5: operations[0].structures: none of them is in @/tree/include/linux/iommu.h",
        ),
        ('"soft"', '"sort"', ":16: contracts.own.operations.attach_dev.sort: no such key"),
    ],
)
def test_malformed_contract(space: Space, old: str, new: str, said: str) -> None:
    own = space.folder / "own.json"
    assert old in OWN
    own.write_text(OWN.replace(old, new, 1))
    line = space.refused(
        *("--kernel", str(space.tree), "--out", str(space.out), "--contract", str(own))
    )
    mend = "restore contract.json, or give CONTRACT= a file of the same form"
    assert line == f"attach-checks: @/own.json{said}: {mend}"


DRAFT = """\
/**
 * struct iommu_domain_ops - domain specific operations
 * @test_dev: can this domain serve the device?
 *  EINVAL - another domain may fit
 *  EBUSY - the device is taken
 *  ENODEV - no domain fits the device
 * @attach_dev: have the device served
{attach} */
struct iommu_domain_ops {{
	int (*test_dev)(struct iommu_domain *domain, struct device *dev,
			ioasid_t pasid, struct iommu_domain *old);
	int (*attach_dev)(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old);
	int (*refit_dev)(struct device *dev, const struct iommu_domain *domain);
	void (*drop_dev)(struct iommu_domain *domain, struct device *dev);
	int (*list_dev)(struct iommu_domain **list, struct device *dev);
	int (*map)(struct iommu_domain *domain, unsigned long iova);
}};
"""


def test_operations_are_named_in_contract_json_alone() -> None:
    data = json.loads((ROOT / "contract.json").read_text())
    names = re.compile(rf"\b({'|'.join(o['name'] for o in data['operations'])})\b")
    folders = [ROOT / name for name in ("checkers", "front", "report", "semantic-patches")]
    assert all(folder.is_dir() for folder in folders)
    spelt = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in folders
        for path in sorted(folder.rglob("*"))
        # the rules for the kernel's own coccicheck stand by themselves
        if path.is_file() and path.parent.name not in ("coccicheck", "__pycache__")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if names.search(line)
    ]
    assert spelt == []


def moved(text: str) -> str:
    """The sample, as the draft would have it: what the drivers gave to the one operation, they give to its test."""
    return re.sub(r"(\.|->)attach_dev\b", r"\1test_dev", text)


def test_nothing_is_lost_where_checks_move_to_the_test(space: Space) -> None:
    shutil.rmtree(space.tree)
    shutil.copytree(ROOT / "sample", space.tree)
    arguments = ["--kernel", str(space.tree), "--out", str(space.out), "--engines", "coccinelle"]

    def audit() -> tuple[Any, list[Any], list[Any]]:
        done = space.command(*arguments)
        assert done.returncode < 2, done.stdout
        found = json.loads((space.out / "audit.json").read_text())
        parts = ("file", "line", "errno", "class", "verdict", "expected", "confidence")
        sites = [[s[part] for part in parts] for s in found["sites"]]
        findings = [[f["rule"], f["severity"], f["message"]] for f in found["findings"]]
        return found["kernel"]["contract"], sorted(sites), sorted(findings)

    before = audit()
    for path in (space.tree / "drivers" / "iommu").rglob("*.c"):
        path.write_text(moved(path.read_text()))
    doc = DRAFT.format(attach=" *  ENOMEM - no memory\n *  ENOSPC - nothing else\n")
    header = space.tree / "include" / "linux" / "iommu.h"
    start, rest = header.read_text().split("/**\n * struct iommu_domain_ops", 1)
    header.write_text(start + doc + rest.split("};\n", 1)[1])
    after = audit()
    assert (before[0], after[0]) == ("merged", "tested")
    assert after[1] == before[1]


@pytest.mark.parametrize(
    ("attach", "contract"),
    [
        ("", "tested"),
        (" *  ENOMEM - no memory\n *  ENOSPC - nothing else\n", "tested"),
        (MERGED, "attach_dev=merged test_dev=tested"),
        (" *  EXDEV - other\n *  EIO - broken\n", "tested"),
    ],
)
def test_each_operation_has_the_rules_of_its_own_comment(
    space: Space, attach: str, contract: str
) -> None:
    space.write("include/linux/iommu.h", DRAFT.format(attach=attach))
    scan = space.scan()
    assert scan["contract"] == contract
    unruled = {u["name"]: (u["line"], u["why"], u["gap"]) for u in scan["unruled"]}
    line = 13 + attach.count("\n")
    expected = {"refit_dev": (line, "no rules in this contract", False)}
    if "EXDEV" in attach:
        why = "its kernel-doc has rules that no contract here has"
        expected["attach_dev"] = (7, why, True)
    assert unruled == expected


@pytest.mark.parametrize("op", ["test_dev", "refit_dev"])
def test_rules_that_no_contract_has_are_no_lack_of_rules(space: Space, op: str) -> None:
    doc = DRAFT.format(attach="").replace("@test_dev:", f"@{op}:")
    space.write("include/linux/iommu.h", doc.replace("EINVAL", "EXDEV").replace("EBUSY", "EIO"))
    assert space.scan()["contract"] == "unrecognised"


def test_an_operation_without_rules_is_said(space: Space) -> None:
    space.write("include/linux/iommu.h", DRAFT.format(attach=MERGED))
    known = space.folder / "baseline.json"
    known.write_text('{"schema": "attach-audit-baseline/1", "findings": [], "mixed": []}')
    arguments = ["--kernel", str(space.tree), "--out", str(space.out), "--engines", "coccinelle"]
    arguments += ["--baseline", str(known)]
    done = space.command(*arguments)
    assert done.returncode == 0, done.stderr
    assert "; refit_dev: no rules in this contract" in done.stdout.splitlines()[-1]
    space.write(
        "drivers/iommu/more.c",
        "static int more_refit(struct device *dev, const struct iommu_domain *domain)\n"
        "{\n\treturn -EPERM;\n}\n\n"
        "static const struct iommu_domain_ops more_ops = {\n\t.refit_dev = more_refit,\n};\n",
    )
    done = space.command(*arguments)
    assert done.returncode == 2
    line = (
        "drivers/iommu/more.c:7: incomplete: more_refit (refit_dev of more_ops): not-analysed: "
        "no rules in this contract"
    )
    assert line in done.stdout.splitlines()
    assert "; refit_dev: no rules in this contract" in done.stdout.splitlines()[-1]


# ----------------------------------------------------------------------- facts


def test_facts_are_sorted_and_named_by_the_tree(space: Space) -> None:
    space.write(
        "drivers/iommu/a name.c", b"/* \xe9 */\n" + DRIVER.replace("plain", "name").encode()
    )
    space.close()
    assert space.facts().returncode == 0
    facts = space.facts_lines()
    assert {f["f"] for f in facts} == {"drivers/iommu/a name.c", "drivers/iommu/plain.c"}
    assert facts == sorted(facts, key=lambda f: (f["f"], f["at"], f["k"]))
    assert [(f["f"][14:], f["callback"], f["at"]) for f in facts if f["k"] == "binding"] == [
        ("a name.c", "name_attach", [15, 15, 15, 26]),
        ("plain.c", "plain_attach", [14, 15, 14, 27]),
    ]
    # what no callback reaches is not shown to spatch: its body is blank, its place is kept
    assert {f["fn"] for f in facts if f["k"] == "return"} == {"plain_attach", "name_attach"}


def test_bytes_that_are_no_text(space: Space) -> None:
    space.driver.write_bytes(
        DRIVER.encode().replace(b"if (!dev)", b"if (!dev && \"caf\xe9\xc3\xa9\0\" && dev['\xff'])")
    )
    space.close()
    assert space.facts().returncode == 0
    assert space.failures() == {}
    (condition,) = [f["c"] for f in space.facts_lines() if f["k"] == "if"]
    assert condition == "! dev && \"caf??? \" && dev [ '?' ]"


def test_guards_of_cleanup_h_parse(space: Space) -> None:
    space.driver.write_text(
        DRIVER.replace(
            "	if (!dev)\n		return -EINVAL;\n",
            "	const typeof_member(struct device, id) *id = &dev->id;\n"
            "	guard(mutex)(&lock);\n"
            "	scoped_guard(spinlock_irqsave, &lock) {\n"
            "		if (!dev)\n			return -EINVAL;\n	}\n",
        )
    )
    space.close()
    assert space.facts().returncode == 0
    assert [f["name"] for f in space.facts_lines() if f["k"] == "errno"] == ["EINVAL"]


def test_unchanged_files_need_no_spatch(space: Space) -> None:
    space.write("drivers/iommu/second.c", DRIVER.replace("plain", "second"))
    space.close()
    spatch = space.fake("")
    assert space.facts(SPATCH=spatch).returncode == 0
    first = (space.folder / "facts.jsonl").read_bytes()
    assert space.calls() == 2
    assert space.facts(SPATCH=spatch).returncode == 0
    assert (space.folder / "facts.jsonl").read_bytes() == first
    assert space.calls() == 2

    space.driver.write_text(DRIVER.replace("-EIO", "-ENXIO"))  # in what no callback reaches
    space.close()
    assert space.facts(SPATCH=spatch).returncode == 0
    assert (space.folder / "facts.jsonl").read_bytes() == first
    assert space.calls() == 2

    space.driver.write_text(DRIVER.replace("-EINVAL", "-EBUSY"))
    space.close()
    assert space.facts(SPATCH=spatch).returncode == 0
    assert [f["name"] for f in space.facts_lines() if f["k"] == "errno"] == ["EBUSY", "EINVAL"]
    assert space.calls() == 3


def test_damaged_facts_are_made_anew(space: Space) -> None:
    space.close()
    assert space.facts().returncode == 0
    first = (space.folder / "facts.jsonl").read_bytes()
    (path,) = space.cache.glob("facts-*")
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    assert space.facts().returncode == 0
    assert (space.folder / "facts.jsonl").read_bytes() == first
    assert path.read_bytes() == whole


def test_no_spatch(space: Space) -> None:
    space.close()
    done = space.facts(SPATCH="/no/spatch")
    assert (done.returncode, done.stderr) == (
        2,
        "attach-checks: /no/spatch: not found: install it with: apt-get install coccinelle\n",
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "echo spatch version 1.0.8 compiled with OCaml version 4.11.1; exit",
            ": version 1.0.8 is older than 1.1.1",
        ),
        ("echo spatch version 1.1 compiled; exit", ": version 1.1.0 is older than 1.1.1"),
        ("echo hello; exit", " --version: says no version"),
        ("exit 3", " --version: exit status 3: "),
        ("kill -SEGV $$", " --version: killed by signal 11 (Segmentation fault)"),
        ("sleep 60", " --version: over the time limit of 1 s: raise it with --timeout"),
    ],
)
def test_spatch_of_no_use(space: Space, body: str, said: str) -> None:
    space.close()
    spatch = space.fake(body)
    done = space.facts(timeout=1, SPATCH=spatch)
    assert (done.returncode, done.stderr) == (
        2,
        f"attach-checks: {spatch}{said}: install it with: apt-get install coccinelle\n",
    )
    assert [p.name for p in space.cache.glob("scratch.*")] == []


# What a fake spatch does when one of its files is bad.c's copy, told by a name in it.
BAD = 'for list; do :; done\n[ -f "$list" ] && grep -qs bad_attach $(cat "$list") && '


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("kill -SEGV $$", "spatch: killed by signal 11 (Segmentation fault)"),
        ("{ sleep 60 & wait; }", "spatch: over the time limit of 4 s: raise it with --timeout"),
        ("{ echo Fatal error >&2; exit 2; }", "spatch: exit status 2: Fatal error"),
        (
            "{ echo 'EXN: Stack_overflow in 0.c' >&2; exit 0; }",
            "spatch: EXN: Stack_overflow in 0.c",
        ),
        ("{ echo '{\"at\": '; exit 0; }", 'spatch: its output is no fact: {"at":'),
        ("{ echo '[]'; exit 0; }", "spatch: its output is no fact: []"),
    ],
)
def test_one_file_that_spatch_fails_on(space: Space, body: str, why: str) -> None:
    space.write("drivers/iommu/bad.c", DRIVER.replace("plain", "bad"))
    for name in ("x", "y", "z"):
        space.write(f"drivers/iommu/{name}.c", DRIVER.replace("plain", name))
    space.close()
    spatch = space.fake(BAD + body)
    done = space.facts(timeout=4 if "sleep" in body else 60, SPATCH=spatch)
    assert (done.returncode, done.stderr) == (0, "")
    assert space.failures() == {"drivers/iommu/bad.c": why}
    found = {f["callback"] for f in space.facts_lines() if f["k"] == "binding"}
    assert found == {"plain_attach", "x_attach", "y_attach", "z_attach"}
    assert [p.name for p in space.cache.glob("scratch.*")] == []
    assert len(list(space.cache.glob("facts-*"))) == 4  # a failure is not remembered


def test_an_enormous_function(space: Space) -> None:
    nest = "	if (domain) {\n" * 3000 + "	}\n" * 3000
    space.driver.write_text(DRIVER.replace("	if (!dev)", nest + "	if (!dev)"))
    space.write("drivers/iommu/second.c", DRIVER.replace("plain", "second"))
    space.close()
    assert space.facts(timeout=4).returncode == 0
    assert space.failures() == {
        "drivers/iommu/plain.c": "spatch: over the time limit of 4 s: raise it with --timeout"
    }


def test_spatch_that_always_fails(space: Space) -> None:
    space.close()
    spatch = space.fake('[ "$1" = --version ] || { echo "Fatal error: no python" >&2; exit 2; }')
    done = space.facts(SPATCH=spatch)
    assert (done.returncode, done.stderr) == (
        2,
        "attach-checks: spatch cannot run semantic-patches/facts.cocci: exit status 2: "
        "Fatal error: no python: mend or restore the .cocci, or reinstall coccinelle\n",
    )


def test_broken_semantic_patch(space: Space) -> None:
    space.close()
    patches = space.folder / "patches"
    shutil.copytree(PATCHES, patches)
    (patches / "facts.cocci").write_text("@@\nexpression e\n@@\n* return e;\n")
    done = space.step(*space.facts_command(patches))
    assert done.returncode == 2
    assert done.stderr == (
        "attach-checks: spatch cannot run semantic-patches/facts.cocci: exit status 255: "
        "meta: parse error: File \"facts.cocci\", line 3, column 0, charpos = 16 around = '@@', "
        "whole content = @@: mend or restore the .cocci, or reinstall coccinelle\n"
    )
    (patches / "macros.h").unlink()
    done = space.step(*space.facts_command(patches))
    assert (done.returncode, done.stderr) == (
        2,
        f"attach-checks: {patches}/macros.h: No such file or directory: "
        "restore it from the project\n",
    )


def running(pattern: str) -> bool:
    """Is there a process with this in its command line?"""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if pattern.encode() in path.read_bytes():
                return True
        except OSError:
            pass
    return False


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("nothing happened within ten seconds")


def heed_interrupts() -> None:
    """What is started in the background of a shell begins with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_facts_leave_nothing_behind(space: Space, number: signal.Signals) -> None:
    space.close()
    spatch = space.fake('[ "$1" = --version ] || sleep 4711')
    process = subprocess.Popen(
        [CHECKS, *space.facts_command()],
        env=environment(space.cache, SPATCH=spatch),
        stderr=subprocess.PIPE,
        preexec_fn=heed_interrupts,
    )
    wait_for(lambda: space.calls() == 1)
    process.send_signal(number)
    process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert not (space.folder / "facts.jsonl").exists()
    assert not list(space.cache.glob("scratch.*"))
    wait_for(lambda: not running(str(space.folder / "fake-spatch")))


def test_scratch_of_a_killed_step_goes_with_the_next(space: Space) -> None:
    """By age and by lock, not by a process' number, which another container may have too."""
    space.close()
    folders = {name: space.cache / f"scratch.{name}" for name in ("killed", "alive", "fresh", "1")}
    for folder in folders.values():
        folder.mkdir()
        (folder / "0.c").write_text("x")
        os.utime(folder, (time.time() - 3600,) * 2)
    os.utime(folders["fresh"])
    lock = os.open(folders["alive"], os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)
    assert space.facts().returncode == 0
    assert {name for name, folder in folders.items() if folder.exists()} == {"alive", "fresh"}
    os.close(lock)


# ----------------------------------------------------------------- the command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--no-such"], "--no-such: no such option: see --help"),
        (["tree"], "tree: no such option: see --help"),
        (["--kernel"], "--kernel: needs a value: see --help"),
        (["--jobs", "0"], "0: not a number above zero: see --jobs and --timeout in --help"),
        (["--jobs=two"], "two: not a number above zero: see --jobs and --timeout in --help"),
        (
            ["--engines", "smatch"],
            "smatch: no such engine: ENGINES takes coccinelle, sparse and clang",
        ),
        (
            ["--contract", "./none.json"],
            "./none.json: no such file: give CONTRACT a name or a file like contract.json",
        ),
        (
            ["--kernel", "debian-0.99"],
            "debian: no /usr/src/linux-source-0.99.tar.xz: "
            "install one with: apt-get install linux-source",
        ),
        (
            ["--accept", "x", "--reason", "y", "--out", "none"],
            "none: holds no audit: run one first, or name another OUT",
        ),
    ],
)
def test_misuse(space: Space, arguments: list[str], said: str) -> None:
    assert space.refused(*arguments) == f"attach-audit: {said}"
    assert not (space.folder / "build").exists()


def test_unknown_contract(space: Space) -> None:
    line = space.refused(KERNEL=str(space.tree), OUT=str(space.out), CONTRACT="loose")
    assert line == (
        f"attach-checks: loose: {ROOT}/contract.json has no such contract: "
        "choose one of pre, unrecognised, merged, strict, emediumtype, tested as CONTRACT=, or a file"
    )


def test_help_and_version(space: Space) -> None:
    done = space.command("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: attach-audit [OPTIONS]\n")
    done = space.command("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "attach-audit")


def test_out_in_the_tree(space: Space) -> None:
    before = content_of(space.tree)
    for out in (space.tree, space.tree / "new" / "out"):
        line = space.refused("--kernel", str(space.tree), "--out", str(out))
        place = str(out).replace(str(space.folder), "@")
        assert line == (
            f"attach-audit: {place}: lies in the audited tree, which is never written to: "
            "choose another OUT or XDG_CACHE_HOME"
        )
    line = space.refused("--kernel", str(space.tree), XDG_CACHE_HOME=str(space.tree / "cache"))
    assert line.startswith("attach-audit: @/tree/cache/attach-audit: lies in the audited tree")
    assert content_of(space.tree) == before


def test_out_that_cannot_be_written(space: Space) -> None:
    space.out.write_text("a file")
    line = space.refused("--kernel", str(space.tree), "--out", str(space.out / "deeper"))
    assert line == (
        "attach-audit: @/out/deeper: Not a directory: choose a writable OUT or XDG_CACHE_HOME"
    )
    line = space.refused("--kernel", str(space.tree), "--out", "/proc/audit")
    assert line == (
        "attach-audit: /proc/audit: No such file or directory: "
        "choose a writable OUT or XDG_CACHE_HOME"
    )


def earlier(space: Space) -> Callable[[], bool]:
    """Puts results of an earlier audit in OUT; the answer tells whether they alone stand there."""
    space.out.mkdir()
    (space.out / "audit.json").write_text("earlier")

    def whole() -> bool:
        names = sorted(path.name for path in space.out.iterdir())
        return names == [".lock", "audit.json"] and (
            (space.out / "audit.json").read_text() == "earlier"
        )

    return whole


def test_full_disk(space: Space) -> None:
    whole = earlier(space)
    line = space.refused("--kernel", str(space.tree), "--out", str(space.out), limit=16)
    head, _, tail = line.partition("/.work.")
    assert head == "attach-checks: @/out"
    assert tail.split("/", 1)[1] == (
        "contract.json: cannot be written: free some space or choose another OUT="
    )
    assert whole()


def test_two_audits_into_one_out(space: Space) -> None:
    whole = earlier(space)
    with open(space.out / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        line = space.refused("--kernel", str(space.tree), "--out", str(space.out))
    assert line == (
        "attach-audit: @/out: another audit is writing there: " "wait for it or choose another OUT"
    )
    assert whole()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_audit(space: Space, number: signal.Signals) -> None:
    whole = earlier(space)
    spatch = space.fake('[ "$1" = --version ] || sleep 4711')
    process = subprocess.Popen(
        [ROOT / "run-audit.sh", "--kernel", str(space.tree), "--out", str(space.out)],
        env=environment(space.cache, SPATCH=spatch),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    wait_for(lambda: space.calls() == 1)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=10)
    assert (process.returncode, stdout) == (2, "")
    assert stderr == "attach-audit: interrupted: earlier results are whole: run it again\n"
    assert whole()
    wait_for(lambda: not running(str(space.folder / "fake-spatch")))


def test_what_cannot_be_audited_makes_the_audit_incomplete(space: Space) -> None:
    iommu = os.fsencode(space.tree / "drivers" / "iommu")
    Path(os.fsdecode(iommu + b"/caf\xe9.c")).write_text(DRIVER)
    done = space.command("--kernel", str(space.tree), "--out", str(space.out))
    assert done.returncode == 2
    assert done.stderr.replace(str(space.folder), "@") == (
        "attach-checks: @/tree/drivers/iommu/caf\\xe9.c: its name is not UTF-8: "
        "rename it and run the audit again\n"
    )
    assert json.loads((space.out / "audit.json").read_text())["coverage"]


def test_a_step_that_crashes(space: Space) -> None:
    whole = earlier(space)
    program = space.folder / "checks"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n")
    program.chmod(0o755)
    line = space.refused(
        *("--kernel", str(space.tree), "--out", str(space.out)), ATTACH_CHECKS=str(program)
    )
    assert line == (
        "attach-audit: attach-checks scan: ended by SIGSEGV: "
        "report it with this command and the kernel's version"
    )
    assert whole()


def test_not_built(space: Space) -> None:
    line = space.refused(ATTACH_CHECKS="/no/checks")
    assert line == f"attach-audit: /no/checks: not built: run make build in {ROOT}"


RESULTS = """
    .baseline .lock audit.json bindings.jsonl callers.json closure.json contract.json core.json core.jsonl
    engines.json entries.json facts-entries.jsonl facts.jsonl gate.json scan.json sites-coccinelle.jsonl sites-core.jsonl timing.json
""".split()


def test_an_audit_is_the_same_every_time_and_leaves_the_tree_alone(space: Space) -> None:
    space.doc(MERGED)
    before = content_of(space.tree)
    audits = []
    for number, jobs in enumerate(("1", "2", "2")):
        out = space.folder / f"out {number}"
        done = space.command("--kernel", str(space.tree), "--out", str(out), "--jobs", jobs)
        assert done.returncode in (0, 1), done.stderr
        assert sorted(path.name for path in out.iterdir()) == RESULTS
        audits.append((out / "audit.json").read_bytes())
    assert audits[0] == audits[1] == audits[2]
    assert content_of(space.tree) == before
    engines = json.loads(audits[0])["engines"]
    assert engines["coccinelle"]["status"] == "ran"
    assert engines["coccinelle"]["version"]
