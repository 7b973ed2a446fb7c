"""Where a folder of the user's is built: in a copy of it, with around it what an in-place build finds there.

::

    folder in a clone   ─> all of the clone that git tracks or does not ignore, its history ─┐
    any other folder    ─> what no tool has made of it, and what its build names above it   ─┴─> BuildPlace

Of what is around a folder, neither a home nor what that lies in is ever copied.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.strangers import tree_copy

from . import git_history, reaching_out, work_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .work_tree import TreeFiles

_MOST_FILES = 10_000  # of one folder beside a tree
_MODULE_PATH = re.compile(r"^[ \t]*path[ \t]*=[ \t]*(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Submodule:
    """A git submodule whose files are not there.

    :param path: in what is copied.
    :param clone: the folder of the repository that it is of, as a command takes it; empty if git has none of it here.
    :param name: the path in that.
    """

    path: str
    clone: str = ""
    name: str = ""


@dataclass(frozen=True)
class BuildPlace:
    """A copy.

    :param root: all of it.
    :param tree: the package's folder in it.
    :param remarks: what is copied beside that folder, and what is not, in sentences.
    """

    root: Path
    tree: Path
    absent: tuple[Submodule, ...] = ()
    remarks: tuple[str, ...] = ()


def copied(tree: Path, to: Path) -> BuildPlace:
    """Copy a tree with what is around it; the tree is only read, and git runs nothing of it.

    :param to: a new folder.
    :raises AugbackendError: if something cannot be copied, or git cannot read its own index.
    """
    real = tree.resolve()
    top = work_tree.git_top(real) if shutil.which("git") else None
    if top is not None and (top == real or _may_be_copied(top)):
        files = work_tree.of_clone(top)
        below = real.relative_to(top).as_posix()
        known = {*files.names} - {*files.untracked}
        if top == real or known & {f"{below}/setup.py", f"{below}/pyproject.toml"}:
            return _of_clone(top, below, files, to)
    names = [*(work_tree.files(real).names if top is not None else work_tree.without_git(real))]
    return _with_what_it_names(real, names, to)


def _may_be_copied(folder: Path) -> bool:
    """Whether a folder around a tree may be copied."""
    home = Path(os.path.expanduser("~")).resolve()  # noqa: PTH111  # Path's own raises where nobody has a home
    is_own = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
    return is_own and folder != home and folder not in home.parents and folder.parent != folder


def _of_clone(top: Path, below: str, files: TreeFiles, to: Path) -> BuildPlace:
    made = work_tree.made_by_tools(top, files.untracked)
    tree_copy.of_files(top, (name for name in files.names if name not in made), to)
    for name in files.absent:
        if ".." not in name.split("/"):
            (to / name).mkdir(parents=True, exist_ok=True)
    problem = git_history.written(top, to)
    for name in files.present if not problem else ():
        if (top / name).resolve() == top / name:  # no link leads there
            # Without it, git would take the submodule for one that is still to be cloned.
            git_history.written(top / name, to / name, is_submodule=True)
    remarks = [f"it is built inside a copy of its clone, in {below}"] if below != "." else []
    remarks += [f"the copy that it is built in has no history of git: {problem}"] if problem else []
    return BuildPlace(to, to / below, tuple(_submodules(top, files.absent)), tuple(remarks))


def _submodules(top: Path, paths: tuple[str, ...]) -> Iterator[Submodule]:
    for path in filter(_is_plain, paths):
        clone = next(folder for folder in (top / path).parents if folder == top or (folder / ".git").exists())
        place = "." if Path.cwd().resolve() == clone else shown_path(_as_seen(clone))
        yield Submodule(path, place, (top / path).relative_to(clone).as_posix())


def _is_plain(path: str) -> bool:
    """Whether a path may be printed as a word of a command."""
    return path.isprintable() and not path.startswith("-")


def _as_seen(folder: Path) -> Path:
    """A folder as somebody would type it who is in the current one."""
    here = Path.cwd().resolve()
    if folder in here.parents:
        return Path(os.path.relpath(folder, here))
    return folder.relative_to(here) if here in folder.parents else folder


def _with_what_it_names(tree: Path, names: list[str], to: Path) -> BuildPlace:
    """A tree that no clone holds: pip and uv build it where it is, so its build may read what is above it."""
    beside = [*_named_above(tree, names)]
    root = tree.parents[max((depth for depth, _ in beside), default=0) - 1] if beside else tree
    copy = to / tree.relative_to(root)
    tree_copy.of_files(tree, names, copy)
    _keep_mercurial(tree, copy)
    said, left = [], []
    for _, entry in beside:
        shown = Path(os.path.relpath(entry, tree)).as_posix()
        inner = [entry.name]
        if entry.is_dir() and not entry.is_symlink():
            inner = [f"{entry.name}/{name}" for name in islice(work_tree.without_git(entry), _MOST_FILES + 1)]
        if len(inner) > _MOST_FILES:
            left.append(f"{shown} is not there in the copy that it is built in: it has more than {_MOST_FILES} files")
            continue
        tree_copy.of_files(entry.parent, inner, to / entry.parent.relative_to(root))
        said.append(shown)
    remarks = [f"it is built in a copy, with what its build names above it: {', '.join(said)}"] if said else []
    absent = tuple(_of_gitmodules(tree))
    for one in absent:
        (copy / one.path).mkdir(parents=True, exist_ok=True)
    return BuildPlace(to, copy, absent, (*remarks, *left))


def _named_above(tree: Path, names: list[str]) -> Iterator[tuple[int, Path]]:
    """Files and folders above a tree that the files of its build name, with how far above they are."""
    named = reaching_out.named_above(tree, names)
    for depth, folder in enumerate(islice(tree.parents, max((depth for depth, _ in named), default=0)), 1):
        if not _may_be_copied(folder):
            return
        for entry in (folder / name for level, name in sorted(named) if level == depth):
            is_around = entry == tree or entry in tree.parents
            is_clone = (entry / ".git").exists()  # somebody's other work
            if not is_around and not is_clone and (entry.is_file() or entry.is_dir()):
                yield depth, entry


def _of_gitmodules(tree: Path) -> Iterator[Submodule]:
    """The submodules of what was downloaded without git: their folders are there, and are empty."""
    file = tree / ".gitmodules"
    text = file.read_text("utf-8", "replace") if file.is_file() and not file.is_symlink() else ""
    for path in _MODULE_PATH.findall(text):
        folder = tree / path.strip()
        is_inside = ".." not in Path(path.strip()).parts and tree in folder.parents and folder.resolve() == folder
        if is_inside and _is_plain(path) and folder.is_dir() and not any(folder.iterdir()):
            yield Submodule(path.strip())


def _keep_mercurial(tree: Path, copy: Path) -> None:
    """Mercurial's history, without its settings: these may hold a password."""
    if (tree / ".hg").is_dir() and not (tree / ".hg").is_symlink():
        history = tree_copy.whole(tree / ".hg", copy / ".hg")
        (history / "hgrc").unlink(missing_ok=True)
