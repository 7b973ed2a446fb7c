"""Patches applied to files in memory: each line that a patch names has to be there, at its place, or nothing is done.

No fuzz and no search: lines that look like upstream's are not upstream's, and what they do is then anybody's guess.

::

    SourcePatch, how to read a file -> hunk by hunk -> PatchedFiles, what is to be written and removed
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Callable, Optional

from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from augbackend.cli.model.source_patch import SourcePatch
    from augbackend.cli.model.unified_diff import DiffHunk, FileChange

    Read = Callable[[str], Optional["FileBefore"]]

_SHOWN = 12  # lines of upstream's in a message
_MOST_READ = 2**30  # bytes: each change reads its file again
_MOST_COMPARED = 10**7  # lines, for a hint


@dataclass(frozen=True)
class FileBefore:
    """A file as it is."""

    content: bytes
    is_program: bool = False


@dataclass(frozen=True)
class PatchedFiles:
    """What patches make of files.

    :param written: what is changed or new, by name.
    :param removed: what is there no longer.
    """

    written: Mapping[str, FileBefore]
    removed: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """All files that are not as they were."""
        return self.removed | self.written.keys()


def applied(patches: Sequence[SourcePatch], read: Read) -> PatchedFiles:
    """Apply patches, one upon the other.

    :param read: gives a file by its name, ``None`` if there is none; raises if it is something else than a file.
    :raises AugbackendError: if one does not apply; with its file, the hunk, and the lines that are there instead.
    """
    now: dict[str, Optional[FileBefore]] = {}

    def current(name: str) -> Optional[FileBefore]:
        return now[name] if name in now else read(name)

    left = _MOST_READ
    for patch in patches:
        for change in patch.changes:
            left -= sum(len(one.content) for one in map(current, filter(None, [change.old])) if one)
            if left < 0:
                raise _not_applied(
                    patch,
                    "it changes large files again and again",
                    "join its changes to a file",
                    id="patch-changes-too-much",
                )
            now.update(_after_change(patch, change, current))
    before = {name: read(name) for name in now}
    return PatchedFiles(
        {name: one for name, one in now.items() if one is not None and one != before[name]},
        frozenset(name for name, one in now.items() if one is None and before[name] is not None),
    )


def _after_change(patch: SourcePatch, change: FileChange, current: Read) -> Iterator[tuple[str, Optional[FileBefore]]]:
    for name in change.names:
        _check_inside(patch, name)
    old = current(change.old) if change.old else None
    if change.old and old is None and not change.may_be_new:
        hint = "its names are those of the sdist's files, below its top folder"
        raise _not_applied(patch, f"there is no {change.old} to be patched", hint, id="no-file-to-patch")
    is_made = change.new != change.old or (change.may_be_new and old is not None and old.content)
    if change.new and is_made and current(change.new) is not None:
        raise _not_applied(
            patch, f"it makes {change.new}, and there is one", _FOR_THIS_VERSION, id="patch-makes-existing-file"
        )
    content = _content_after(patch, change, old.content if old else b"")
    if not change.new:
        if content:
            what = f"it removes {change.old}, and the file has more lines than it names"
            raise _not_applied(patch, what, _FOR_THIS_VERSION, id="patch-removes-other-file")
        yield change.old, None
        return
    if change.old and change.old != change.new:
        yield change.old, None
    was_program = old is not None and old.is_program
    yield change.new, FileBefore(content, was_program if change.is_program is None else change.is_program)


_FOR_THIS_VERSION = "make the patch from this version's sdist, or say `versions` where it is named"


def _content_after(patch: SourcePatch, change: FileChange, old: bytes) -> bytes:
    """A file's content after its hunks."""
    is_in_crlf = patch.is_in_crlf and b"\r\n" in old
    lines = _file_lines(old)
    found: list[bytes] = []
    at = 0
    for hunk in change.hunks:
        before, after = (_as_crlf(side) if is_in_crlf else side for side in (hunk.before, hunk.after))
        stop = hunk.start + len(before)
        if hunk.start < at or tuple(lines[hunk.start : stop]) != before or hunk.start > len(lines):
            raise _mismatch(patch, change, hunk, lines)
        found += [*lines[at : hunk.start], *after]
        at = stop
    found += lines[at:]
    if any(not line.endswith(b"\n") for line in found[:-1]):
        raise _not_applied(
            patch,
            f"it leaves a line of {change.new} without its end in the midst of it",
            _FOR_THIS_VERSION,
            id="patch-leaves-broken-line",
        )
    return b"".join(found)


def _file_lines(content: bytes) -> list[bytes]:
    """The lines with their ends: a lone carriage return ends none."""
    pieces = content.split(b"\n")
    return [*(piece + b"\n" for piece in pieces[:-1]), *filter(None, pieces[-1:])]


def _as_crlf(lines: Sequence[bytes]) -> tuple[bytes, ...]:
    return tuple(line[:-1] + b"\r\n" if line.endswith(b"\n") else line for line in lines)


def _mismatch(patch: SourcePatch, change: FileChange, hunk: DiffHunk, lines: list[bytes]) -> CliError:
    """What is there instead of what the patch names."""
    there = lines[hunk.start : hunk.start + max(len(hunk.before), 1)]
    first = next((at for at, (one, two) in enumerate(zip(there, hunk.before)) if one != two), len(there))
    shown = [f"    {hunk.start + at + 1}: {_shown_line(line)}" for at, line in enumerate(there)][max(0, first - 2) :][
        :_SHOWN
    ]
    wanted = _shown_line(hunk.before[first]) if first < len(hunk.before) else ""
    text = "\n".join(shown) or f"    nothing: it has {len(lines)} lines"
    what = f"hunk {hunk.number} of {change.old or change.new} does not apply: {hunk.header}"
    instead = f"line {hunk.start + first + 1} is to be {wanted!r}; there is\n{text}" if wanted else f"there is\n{text}"
    return _not_applied(patch, f"{what}\n  {instead}", _how_to_mend(hunk, lines, there), id="hunk-does-not-apply")


def _how_to_mend(hunk: DiffHunk, lines: list[bytes], there: Sequence[bytes]) -> str:
    """What to do: where the lines are, if they are there once, or what else tells the two apart."""
    size = len(hunk.before)
    is_small = size * len(lines) < _MOST_COMPARED
    ats = range(len(lines) - size + 1 if is_small else 0)
    places = [at for at in ats if tuple(lines[at : at + size]) == hunk.before]
    if size and len(places) == 1:
        return f"these lines begin at line {places[0] + 1} there: make the patch from this version's sdist"
    if hunk.after and tuple(lines[hunk.start : hunk.start + len(hunk.after)]) == hunk.after:
        return "upstream has this change already: leave the patch out for this version"
    if [line.rstrip() for line in there] == [line.rstrip() for line in hunk.before]:
        return "the lines differ in blanks or line ends only: make the patch from this version's sdist"
    return _FOR_THIS_VERSION


def _shown_line(line: bytes) -> str:
    """A line for a reader, whatever is in it."""
    text = line.rstrip(b"\n").decode("utf-8", "replace")
    return "".join(one if one.isprintable() or one == "\t" else ascii(one)[1:-1] for one in text)


def _check_inside(patch: SourcePatch, name: str) -> None:
    parts = PurePosixPath(name).parts
    is_spelled = name == "/".join(parts) and "\\" not in name and ":" not in name and "\0" not in name
    if not is_spelled or not parts or ".." in parts or name.startswith("/"):
        what = f"it names {name!r}, which is no file below the top folder"
        raise _not_applied(patch, what, "take that part out of it", id="patch-leads-out")


def _not_applied(patch: SourcePatch, what: str, hint: str, *, id: str) -> CliError:
    return CliError(what, id=id, where=patch.place or patch.name, hint=hint)
