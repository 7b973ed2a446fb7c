"""The files of a source tree that are its source: in git what is tracked or not ignored, else what no tool has made."""

from __future__ import annotations

import fnmatch
import os
import tempfile
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from . import own_git
from .lookup import OUTPUT
from .own_git import OwnGit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SUBMODULE = "160000"
# What tools make or keep in a tree; of `build` and `dist` only those at its top, since packages are called so as well.
_KEPT = (
    *("__pycache__", "*.py[co]", ".venv", ".tox", ".nox", "node_modules", ".DS_Store"),
    *(".git", ".hg", ".svn", ".bzr", ".*_cache"),
)
_MADE = (*_KEPT, "*.egg-info", ".eggs")
_MADE_AT_TOP = ("build", "dist", "venv", OUTPUT)


@dataclass(frozen=True)
class TreeFiles:
    """Names of files and links below a folder.

    :param untracked: those of them that git does not know yet; none where git knows nothing of the folder.
    :param absent: folders of submodules that are not checked out.
    :param present: folders of those that are.
    """

    names: tuple[str, ...]
    untracked: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    present: tuple[str, ...] = ()


def files(tree: Path) -> TreeFiles:
    """What is to be packed of a tree.

    :raises AugbackendError: if git cannot read its own index.
    """
    top = git_top(tree)
    if top is not None:
        found = _of_git(top, tree)
        # A tree that git ignores, or knows nothing of, lies in somebody else's repository.
        if {"pyproject.toml", "setup.py"} & {*found.names}:
            return found
    return TreeFiles(tuple(sorted(without_git(tree))))


def tracked(top: Path) -> tuple[str, ...]:
    """The names of all files that git has of a work tree, those of its submodules as well.

    :param top: of the work tree; where another program keeps the versions, all that no tool has made.
    :raises AugbackendError: if git cannot read its own index.
    """
    if not (top / ".git").exists():
        return tuple(sorted(without_git(top)))
    found = _of_git(top, top)
    return tuple(sorted({*found.names} - {*found.untracked}))


def of_clone(top: Path) -> TreeFiles:
    """All files of a work tree that git tracks or does not ignore, archives that were wrapped before as well.

    :raises AugbackendError: if git cannot read its own index.
    """
    return _of_git(top, top, with_output=True)


def folders(names: Iterable[str]) -> set[str]:
    """All folders that files of these names lie in."""
    return {"/".join(parts[:depth]) for one in names for parts in [one.split("/")] for depth in range(1, len(parts))}


def git_top(tree: Path) -> Path | None:
    """The work tree of git's that a folder is in, itself perhaps."""
    real = tree.resolve()
    return next((one for one in (real, *real.parents) if (one / ".git" / "HEAD").is_file() or _points(one)), None)


def _points(top: Path) -> bool:
    """Whether git's folder is elsewhere: in another work tree, or in the repository that has this as a submodule."""
    return (top / ".git").is_file() and (own_git.git_folder(top) / "HEAD").is_file()


def _of_git(top: Path, tree: Path, *, with_output: bool = False) -> TreeFiles:
    """What git has of a folder in a work tree, and in the repositories below it."""
    names, untracked, absent, present = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
        git = OwnGit.on(top, tree.resolve(), Path(folder))
        tracked_ones = [entry.partition("\t") for entry in git.listed("--stage")]
        others = git.listed("--others", "--exclude-standard")
    inner = [name for about, _, name in tracked_ones if about.startswith(_SUBMODULE)]
    names += [name for about, _, name in tracked_ones if not about.startswith(_SUBMODULE)]
    untracked += [name for name in others if not name.endswith("/")]
    of_others = [name.rstrip("/") for name in others if name.endswith("/")]  # a repository, and no submodule
    for name in (*inner, *of_others):
        if not (tree / name / ".git").exists() or git_top(tree / name) != (tree / name).resolve():
            if name in inner and _is_empty(tree / name):
                absent.append(name)
            elif name in inner and not (tree / name / ".git").exists():  # its files were put there without git
                untracked += [f"{name}/{one}" for one in without_git(tree / name)]
            continue
        below = _of_git(tree / name, tree / name)
        found = [f"{name}/{one}" for one in below.names]
        names += found if name in inner else []
        untracked += [f"{name}/{one}" for one in below.untracked] if name in inner else found
        absent += [f"{name}/{one}" for one in below.absent]
        present += [name, *(f"{name}/{one}" for one in below.present)] if name in inner else []
    there = {one for one in (*names, *untracked) if (with_output or not is_output(one)) and _is_file(tree / one)}
    there -= _behind_links(tree, there)
    new = there.intersection(untracked)
    return TreeFiles(*(tuple(sorted(one)) for one in (there, new, absent, present)))


def _behind_links(tree: Path, names: Iterable[str]) -> set[str]:
    """Names that a link leads to another place by now: git itself has no file behind a link."""
    links = tuple(f"{folder}/" for folder in folders(names) if (tree / folder).is_symlink())
    return {one for one in names if one.startswith(links)}


def is_output(name: str) -> bool:
    """Whether it is an archive that was wrapped before."""
    return name.startswith(f"{OUTPUT}/")


def without_git(tree: Path) -> Iterator[str]:
    """What no tool has made of a folder, by the names that tools use; all that was published of an unpacked sdist."""
    is_sdist = (tree / "PKG-INFO").is_file()
    for folder, inner, names in os.walk(tree):
        place = Path(folder)
        made = _KEPT if is_sdist else _MADE if place != tree else (*_MADE, *_MADE_AT_TOP)
        links = [name for name in inner if (place / name).is_symlink()]
        kept = [name for name in inner if name not in links and not _is_made(name, made)]
        inner[:] = [name for name in kept if not _is_environment(place / name)]
        for name in chain(names, links):
            if not _is_made(name, made) and _is_file(place / name):
                yield (place / name).relative_to(tree).as_posix()


def made_by_tools(tree: Path, names: Iterable[str]) -> set[str]:
    """Those of some names in a tree that are, or lie in, what tools make or keep there."""
    names = [*names]
    outputs = {
        folder
        for folder in folders(names)
        for name in [folder.rpartition("/")[2]]
        if _is_made(name, _MADE if "/" in folder else (*_MADE, *_MADE_AT_TOP)) or _is_environment(tree / folder)
    }
    return {one for one in names if _is_made(one.rpartition("/")[2], _MADE) or folders([one]) & outputs}


def _is_made(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _is_environment(folder: Path) -> bool:
    """Whether a folder is an environment of Python's, whatever it is called."""
    return (folder / "pyvenv.cfg").exists() or (folder / "conda-meta").is_dir()


def _is_empty(folder: Path) -> bool:
    return not folder.is_dir() or not any(folder.iterdir())


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()
