"""Archives in ``wrapped/``, where they were written before, moved to today's folder with the sources that lead there.

::

    the project's files -> Moves -> pyproject.toml with other paths, archives with other places
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import pyproject, redirected_sources, replace_file, uv_sources
from augbackend.cli.fetch import sdist
from augbackend.cli.fetch.lookup import EARLIER
from augbackend.cli.model.counted import counted
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Moves:
    """What is moved.

    :param archives: of each the old place and the new one.
    :param others: what stays in the old folder, since it is not ours.
    :param is_done: whether it was moved; if not, it was only to be checked.
    """

    archives: tuple[tuple[Path, Path], ...] = ()
    others: tuple[Path, ...] = ()
    is_done: bool = False

    @property
    def new(self) -> frozenset[Path]:
        """The new places of the archives."""
        return frozenset(new for _, new in self.archives)

    def as_json(self) -> list[dict[str, str]]:
        """For a script."""
        return [{"from": str(old), "to": str(new)} for old, new in self.archives]


NONE = Moves()


def moved(file: Path, output: Path, *, check: bool) -> Moves:
    """Move the archives of ours that are in the earlier folder beside a project's file.

    What lies at the new place already stays; it is the newer one.

    :param check: write nothing.
    :raises AugbackendError: if the file cannot be edited; nothing is moved then.
    """
    folder = file.parent / EARLIER
    if folder.is_symlink() or not folder.is_dir():
        return NONE
    ours = [archive for archive in sorted(folder.glob("*.tar.gz")) if is_ours(archive)]
    if not ours:
        return NONE
    others = tuple(sorted(set(folder.iterdir()).difference(ours)))
    moves = Moves(tuple((archive, output / archive.name) for archive in ours), others, is_done=not check)
    if not check:
        _carry_out(moves, file, folder)
    return moves


def is_ours(archive: Path) -> bool:
    """Whether an archive says that it was wrapped."""
    try:
        return bool(sdist.origin(archive))
    except AugbackendError:
        return False


def lines(moves: Moves, file: Path) -> Iterator[str]:
    """What was moved, or is to be, and what is left to the user."""
    if not moves.archives:
        return
    old, new = (one.parent for one in moves.archives[0])
    what = counted(len(moves.archives), "archive")
    if not moves.is_done:
        yield f"{old}: holds {what} of an earlier augbackend, which keeps them in {new} now; augbackend wrap moves them"
        return
    yield f"{old}: {what} moved to {new}, which no build of this project takes for a package"
    for number, line in enumerate(pyproject.read(file)[0].splitlines(), 1):
        if f"{EARLIER}/" in line and not line.lstrip().startswith("#"):
            yield f"  {file}, line {number}, still says {EARLIER}/: {line.strip()}"
    yield f"  what else names {old}, such as a Dockerfile or CI, is yours to change"
    yield from (f"  {other}: stays there, since it is no archive of ours" for other in moves.others)


def _carry_out(moves: Moves, file: Path, folder: Path) -> None:
    text, mark = pyproject.read(file)
    places: Any = ((uv_sources.relative(one, file.parent) for one in pair) for pair in moves.archives)
    new = redirected_sources.redirected(text, dict(places))
    for old, place in moves.archives:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            old.unlink()
        else:
            old.replace(place)
    if new != text:
        replace_file.replace_file(file, f"{mark}{new}".encode())
    if not moves.others:
        folder.rmdir()
