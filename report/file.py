# SPDX-License-Identifier: GPL-2.0-only
"""Files: in, paths; out, checked JSON values, and files that appear complete or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from typing import Any

# What a member may be: a type, one of several types, or one of several words.
Kind = type | tuple[type, ...] | frozenset[str]

_NAMES = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


class Complaint(Exception):
    """One line for stderr that names file, cause and mend; the exit status is 2."""


class Malformed(Exception):
    """Where a JSON value is not what it should be, and how; its reader adds file and mend."""


LARGEST = 64 << 20  # bytes of a file, as in the scan


def take(path: str, limit: int = LARGEST, own: bool = False) -> bytes:
    """A regular file's bytes, at most LIMIT of them; OSError for anything else.

    No symbolic link is followed at its end, and a FIFO or a device is not waited for. OWN: nor is it
    taken where another user owns it or may write it.
    """
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb") as file:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        if status.st_size > limit:
            raise OSError(errno.EFBIG, "over the limit of size", path)
        if own and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
            raise OSError(errno.EPERM, "others may write it", path)
        return file.read(limit + 1)


def take_below(tree: str, name: str) -> bytes:
    """take() of a file of a tree; a link is followed where it stays in the tree."""
    top = os.path.realpath(tree)
    path = os.path.realpath(os.path.join(top, name))
    if not path.startswith(f"{top.rstrip('/')}/"):
        raise OSError(errno.ELOOP, "leads out of the tree", os.path.join(tree, name))
    return take(path)


def _expected(kind: Kind) -> str:
    if isinstance(kind, frozenset):
        return "one of " + ", ".join(sorted(kind))
    types = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(_NAMES[t] for t in types)


def check(value: Any, kind: Kind, where: str) -> Any:
    """The value itself, when it is of that kind. A bool is no number here."""
    if isinstance(kind, frozenset):
        fits = type(value) is str and value in kind
    else:
        fits = type(value) is kind or (isinstance(kind, tuple) and type(value) in kind)
    if not fits:
        raise Malformed(f"{where}: not {_expected(kind)}")
    return value


def record(
    value: Any, kinds: dict[str, Kind], where: str, optional: dict[str, Kind] | None = None
) -> dict[str, Any]:
    """The object itself, when it has exactly these members, each of its kind."""
    allowed = {**kinds, **optional} if optional else kinds
    check(value, dict, where)
    for key in kinds:
        if key not in value:
            raise Malformed(f'{where}: "{key}" is missing')
    for key, member in value.items():
        if key not in allowed:
            raise Malformed(f'{where}: unknown key "{key}"')
        check(member, allowed[key], f"{where}.{key}")
    return dict(value)


def strings(value: list[Any], where: str) -> tuple[str, ...]:
    for element in value:
        check(element, str, where)
    return tuple(value)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f'duplicate key "{next(k for k in keys if keys.count(k) > 1)}"')
    return value


def read_json(path: str, mend: str) -> Any:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Complaint(f"{path}: not a regular file: {mend}")
        with open(path, encoding="utf-8") as file:
            content = file.read()
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise Complaint(f"{path}: {cause}: {mend}") from None
    if not content.strip():
        raise Complaint(f"{path}: empty: {mend}")
    try:
        return json.loads(content, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        raise Complaint(f"{path}:{error.lineno}: not JSON: {error.msg}: {mend}") from None
    except ValueError as error:
        raise Complaint(f"{path}: {error}: {mend}") from None
    except RecursionError:
        raise Complaint(f"{path}: nested too deeply: {mend}") from None


def write_text(path: str, text: str, follow: bool = False) -> None:
    """Through a temporary file beside it, so that a full disk leaves the earlier file whole.

    A link in its place is replaced, not followed, unless it is the user's own to say so (FOLLOW).
    """
    target = os.path.realpath(path) if follow else path
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        with open(number, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, target)
    except OSError as error:
        mend = "make its folder writable, free some space or name another"
        raise Complaint(f"{path}: {error.strerror}: {mend}") from None
    except UnicodeEncodeError:
        raise Complaint(f"{path}: cannot hold text that is not UTF-8: write it in UTF-8") from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def write_json(path: str, value: Any, follow: bool = False) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n", follow)
