"""Writing to the served folder so that a reader never sees half: files first, then the page that names them.

A page is replaced by a rename. A file's path has its sha256, so no page ever names a file of another content. One run
writes at a time; what a killed one has left is swept by the next.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from augbackend.cli import loudness
from augbackend.cli.edit import replace_file
from augbackend.cli.fetch import cache

from . import on_disk, pages, site_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from augbackend.cli.model.published_file import PublishedFile

    from .site_project import SiteProject

_LOCK, _PART = ".lock", ".part-"


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Be the only one who writes there; waits for another run, and says so.

    The system lets go of the lock if the process dies.

    :raises AugbackendError: if the folder holds something else than an index of ours.
    """
    on_disk.read(out)  # before anything is put there
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        loudness.note(f"another run writes {out}; waiting for it")
        lock.acquire()
    try:
        for left in out.glob(f"{_PART}*"):
            shutil.rmtree(left, ignore_errors=True)
        if not (out / pages.JSON).is_file():
            _replace_pages(out, pages.of_root(()))
        yield
    finally:
        lock.release()


@contextmanager
def staged(out: Path, there: Mapping[str, SiteProject], *, check: bool) -> Iterator[Path]:
    """A folder to make files in, with the wrapped sdists that are there: what is as it should be is not made again.

    :param check: nothing is to be written to ``out``.
    """
    with tempfile.TemporaryDirectory(prefix=_PART, dir=None if check else out) as name:
        for project in there.values():
            for one in project.ours.values():
                if one.kind == "wrapped" and on_disk.is_whole(out, project.name, one):
                    _link(site_project.place(out, project.name, one), Path(name) / one.filename)
        yield Path(name)


def publish(out: Path, project: SiteProject, made: Mapping[str, Path]) -> list[Path]:
    """Put the files of a project in their places, then its pages.

    :param made: files that may not be there yet, by filename; wheels with their metadata beside them.
    :return: what was written.
    """
    written = [
        target
        for one in project.in_order
        if one.filename in made
        for target in _put_in_place(made[one.filename], site_project.place(out, project.name, one), one)
    ]
    return written + _replace_pages(out / project.name, pages.of_project(project))


def list_projects(out: Path) -> list[Path]:
    """Let the root name the projects that have a page."""
    return _replace_pages(out, pages.of_root(on_disk.read(out)))


def remove_projects(out: Path, names: set[str]) -> None:
    """Take projects out, whole: first from the root, then their pages and files at once."""
    if not names:
        return
    _replace_pages(out, pages.of_root(on_disk.read(out).keys() - names))
    for name in sorted(names):
        _drop(out, out / name)


def remove_unnamed(out: Path) -> list[str]:
    """Delete the files that no page names; returns their names."""
    removed = []
    for project in on_disk.read(out).values():
        kept = {site_project.place(out, project.name, one).parent.name for one in project.ours.values()}
        for folder in sorted(one for one in (out / project.name).iterdir() if one.is_dir() and one.name not in kept):
            removed += [f"{project.name}/{file.name}" for file in sorted(folder.iterdir())]
            _drop(out, folder)
    return removed


def stale_pages(out: Path, folder: str, wanted: Mapping[str, bytes]) -> list[str]:
    """Which pages are not there as they should be."""
    there = {name: out / folder / name for name in wanted}
    return [
        f"{folder}/{name}" if folder else name
        for name, file in there.items()
        if not file.is_file() or file.read_bytes() != wanted[name]
    ]


def _put_in_place(source: Path, target: Path, one: PublishedFile) -> Iterator[Path]:
    beside = (site_project.METADATA,) if one.core_metadata is not None else ()
    for suffix in (*beside, ""):
        made, wanted = source.with_name(source.name + suffix), target.with_name(target.name + suffix)
        if wanted.is_file() and cache.sha256(wanted) == cache.sha256(made):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(made, made.with_name(f"{made.name}.out"))  # so that the rename below leaves the staged file
        made.with_name(f"{made.name}.out").replace(wanted)
        yield wanted


def _replace_pages(folder: Path, wanted: Mapping[str, bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    stale = stale_pages(folder, "", wanted)
    for name in sorted(stale, key=lambda name: name != pages.JSON):  # first what says that the folder is ours
        replace_file.replace_file(folder / name, wanted[name])
    return [folder / name for name in stale]


def _drop(out: Path, folder: Path) -> None:
    """Remove a folder at once for whoever reads."""
    gone = Path(tempfile.mkdtemp(prefix=_PART, dir=out))
    folder.rename(gone / folder.name)
    shutil.rmtree(gone, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the file system has no such links."""
    target.unlink(missing_ok=True)
    with suppress(OSError):
        os.link(source, target)
        return
    shutil.copyfile(source, target)
    target.chmod(0o644)
