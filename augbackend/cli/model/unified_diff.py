"""A unified diff, read strictly: what a reader could take in two ways is refused, and nothing in it is skipped.

::

    bytes -> unidiff -> FileChange, one for each file -> DiffHunk, the lines before and after
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NOWHERE = "/dev/null"
_EPOCH = ("1970-01-01", "1969-12-31")  # diff -N gives a file that is not there this time, in whatever zone
_ODD_MODE = {"120000": "a symbolic link", "160000": "a submodule"}
_SHOWN = 100  # characters of a line
_LATIN = "latin-1"  # keeps every byte, whatever a file is written in


class DiffError(ValueError):
    """Why it is not a diff that can be applied; with the line, where it is one line's fault."""


@dataclass(frozen=True)
class DiffHunk:
    """Lines that take the place of others.

    :param number: in the diff of its file, from 1.
    :param header: its first line.
    :param start: how many lines of the file are before it.
    """

    number: int
    header: str
    start: int
    before: tuple[bytes, ...]
    after: tuple[bytes, ...]


@dataclass(frozen=True)
class FileChange:
    """What becomes of one file.

    :param old: its name below the top folder; empty if it is new.
    :param new: its name afterwards; empty if it is gone.
    :param is_program: whether it can be executed afterwards; ``None`` if that stays as it is.
    :param may_be_new: whether it need not be there before, though the diff names it.
    """

    old: str
    new: str
    hunks: tuple[DiffHunk, ...]
    is_program: Optional[bool] = None
    may_be_new: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The files that it is about."""
        return tuple(dict.fromkeys(filter(None, (self.old, self.new))))


def changes(content: bytes) -> tuple[FileChange, ...]:
    """Read a diff.

    :raises DiffError: if it is none, holds what is no text, or may mean more than one thing.
    """
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    lines = [f"{line}\n" for line in content.decode(_LATIN).removesuffix("\n").split("\n")]
    _check_honest(lines)
    try:
        parsed = PatchSet(StringIO("".join(lines)))
    except (UnidiffParseError, ValueError) as error:  # ValueError: a number of thousands of digits
        raise DiffError(f"it is no unified diff: {str(error).strip()}") from None
    if not parsed:
        raise DiffError("there is no change in it; expected a unified diff, as of git diff or diff -u")
    _check_nothing_is_skipped(lines, [hunk for one in parsed for hunk in one])
    return tuple(_file_change(one, lines) for one in parsed)


def is_in_crlf(content: bytes) -> bool:
    """Whether every line ends as on Windows: then that is how the diff is stored, and says nothing of the files."""
    return bool(content) and content.count(b"\r\n") == content.count(b"\n")


def _check_honest(lines: Sequence[str]) -> None:
    """Refuse lines that no patch of text has, and that the parser's patterns need quadratic time for."""
    for line in lines:
        if line.startswith(("Binary file", "GIT binary patch")):
            raise DiffError(f"a patch is to be text, and this one is binary: {line.strip()[:_SHOWN]}")
        if line.startswith("diff --git ") and "://" in line:
            raise DiffError(f"it names a URL where a file is to be: {line.strip()[:_SHOWN]}")


def _check_nothing_is_skipped(lines: Sequence[str], hunks: Sequence[Any]) -> None:
    """Refuse a header that is none to the parser, and lines behind a hunk that its header does not count."""
    heads = {hunk[0].diff_line_no - 2 for hunk in hunks}
    known = heads.union(*map(_line_places, hunks))
    for at, line in enumerate(lines):
        if line.startswith("@@") and at not in known:
            raise DiffError(f"line {at + 1} is no header of a hunk of a unified diff: {line.strip()[:_SHOWN]}")
    for hunk in hunks:
        at = max(_line_places(hunk)) + 1
        after = lines[at] if at < len(lines) else ""
        if after[:1] in ("+", "-", " ") and not after.startswith(("--- ", "-- ")) and after.rstrip() != "--":
            head = lines[hunk[0].diff_line_no - 2].strip()
            raise DiffError(f"line {at + 1} is behind the end of its hunk, whose header counts fewer lines: {head}")


def _line_places(hunk: Any) -> list[int]:
    """The places of a hunk's lines in the diff, from 0."""
    found = [line.diff_line_no - 1 for line in hunk if line.diff_line_no is not None]
    return [*found, found[-1] + 1] if hunk[-1].line_type == "\\" and hunk[-1].diff_line_no is None else found


def _file_change(file: Any, lines: Sequence[str]) -> FileChange:
    info = [line.rstrip("\n") for line in file.patch_info or ()]
    is_git = bool(info) and info[0].startswith("diff --git ")
    old, new = _names_by_git(file, info) if is_git else _names_otherwise(file)
    called = new or old
    modes = {file.source_mode, file.target_mode} & _ODD_MODE.keys()
    if modes:
        raise DiffError(f"{called} is {_ODD_MODE[modes.pop()]}, which no patch of text makes or changes")
    hunks = tuple(_diff_hunk(at, hunk, lines) for at, hunk in enumerate(file, 1))
    is_moded = is_git and file.target_mode != file.source_mode and bool(new)
    if not hunks and old == new and not is_moded:
        raise DiffError(f"it names {called}, and changes nothing in it")
    is_program = file.target_mode == "100755" if is_moded else None
    is_first = not is_git and len(hunks) == 1 and not hunks[0].before and hunks[0].start == 0
    return FileChange(old, new, hunks, is_program, may_be_new=is_first)


def _names_by_git(file: Any, info: Sequence[str]) -> tuple[str, str]:
    """The names before and after: git says in so many words when a file is new, gone or renamed."""
    said = dict(_extended_headers(info))
    if "copy from" in said:
        raise DiffError(f"{said.get('copy to', '')} is a copy there; write it with git diff --no-renames")
    if "rename from" in said and "rename to" in said:
        return _unquoted_name(said["rename from"]), _unquoted_name(said["rename to"])
    rest = info[0].removeprefix("diff --git ")
    source, target = file.source_file, file.target_file
    # Of a file that is new or gone, the parser keeps one name, and the first line has both.
    source, target = (
        (rest[: -len(target) - 1] if source == _NOWHERE else source),
        (rest[len(source) + 1 :] if target == _NOWHERE else target),
    )
    old, new = _without_first_folder(_unquoted_name(source), _unquoted_name(target))
    if old != new:
        raise DiffError(f"it has two names for a file, {old} and {new}, and does not say that it is renamed")
    return ("" if file.source_file == _NOWHERE else old), ("" if file.target_file == _NOWHERE else new)


def _extended_headers(info: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in info[1:]:
        found = re.match(r"((?:rename|copy) (?:from|to)) (.+)", line)
        if found:
            yield found[1], found[2]


def _names_otherwise(file: Any) -> tuple[str, str]:
    """The names before and after in a diff that is not git's: one and the same, or that file is new or gone."""
    source, target = (_unquoted_name(one).removeprefix("./") for one in (file.source_file, file.target_file))
    if _NOWHERE in (source, target):
        known = target if source == _NOWHERE else source
        name = known.partition("/")[2] if known.startswith(("a/", "b/")) else known
        return ("" if source == _NOWHERE else name), ("" if target == _NOWHERE else name)
    old, new = _without_first_folder(source, target)
    # As of setup.py.orig and setup.py: patch takes the shorter one as well.
    name = min(old, new, key=lambda one: (one.count("/"), len(one)))
    is_gone = len(file) == 1 and file[0].target_start == file[0].target_length == 0
    return name, "" if is_gone and str(file.target_timestamp or "").strip().startswith(_EPOCH) else name


def _without_first_folder(source: str, target: str) -> tuple[str, str]:
    """Two names less the first folder of each, where only that tells them apart: ``a/x`` and ``b/x``."""
    (first, _, rest), (other, _, tail) = source.partition("/"), target.partition("/")
    return (rest, tail) if first != other and rest and rest == tail else (source, target)


def _unquoted_name(name: str) -> str:
    """A name as UTF-8, which git writes with octal numbers and between quotation marks where it is not ASCII."""
    if name.startswith('"') and name.endswith('"'):
        name = name[1:-1].encode(_LATIN).decode("unicode_escape")
    try:
        return name.encode(_LATIN).decode("utf-8")
    except UnicodeError:
        raise DiffError(f"a file's name is not UTF-8: {name!r}") from None


def _diff_hunk(number: int, hunk: Any, lines: Sequence[str]) -> DiffHunk:
    header = lines[hunk[0].diff_line_no - 2].strip()
    before: list[str] = []
    after: list[str] = []
    last: tuple[list[str], ...] = ()
    for line in hunk:
        if line.line_type == "\\":
            for side in last:
                side[-1] = side[-1].removesuffix("\n")
            continue
        last = {" ": (before, after), "-": (before,), "+": (after,)}.get(line.line_type, ())
        for side in last:
            side.append(line.value)
    start = hunk.source_start - (1 if hunk.source_length else 0)
    if start < 0 or any(not line.endswith("\n") for line in (*before[:-1], *after[:-1])):
        raise DiffError(f"no file can be as this hunk says: {header}")
    texts = (tuple(line.encode(_LATIN) for line in side) for side in (before, after))
    return DiffHunk(number, header, start, *texts)
