"""The files of a source tree that are its source: in git what is tracked or not ignored, else what no tool has made.

A folder is somebody's: its git settings may name programs to run. So git reads a copy of its index in a repository of
our own, without those settings::

    .git/index -> index of an empty repository -> git ls-files -> names
"""

from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.errors import AugbackendError

from .lookup import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SUBMODULE = "160000"
# What tools make or keep in a tree; of `build` and `dist` only those at its top, since packages are called so as well.
_MADE = (
    *("__pycache__", "*.py[co]", "*.egg-info", ".eggs", ".venv", ".tox", ".nox", "node_modules", ".DS_Store"),
    *(".git", ".hg", ".svn", ".bzr", ".*_cache"),
)
_MADE_AT_TOP = ("build", "dist", "venv", OUTPUT)


@dataclass(frozen=True)
class TreeFiles:
    """Names of files and links below a folder.

    :param untracked: those of them that git does not know yet; none where git knows nothing of the folder.
    """

    names: tuple[str, ...]
    untracked: tuple[str, ...] = ()


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
    return TreeFiles(tuple(sorted(_without_git(tree))))


def tracked(top: Path) -> tuple[str, ...]:
    """The names of all files that git has of a work tree, those of its submodules as well.

    :param top: of the work tree; where another program keeps the versions, all that no tool has made.
    :raises AugbackendError: if git cannot read its own index.
    """
    if not (top / ".git").exists():
        return tuple(sorted(_without_git(top)))
    found = _of_git(top, top)
    return tuple(sorted({*found.names} - {*found.untracked}))


def folders(names: Iterable[str]) -> set[str]:
    """All folders that files of these names lie in."""
    return {"/".join(parts[:depth]) for one in names for parts in [one.split("/")] for depth in range(1, len(parts))}


def git_top(tree: Path) -> Path | None:
    """The work tree of git's that a folder is in, itself perhaps."""
    real = tree.resolve()
    return next((one for one in (real, *real.parents) if (one / ".git" / "HEAD").is_file() or _points(one)), None)


def _points(top: Path) -> bool:
    """Whether git's folder is elsewhere: in another work tree, or in the repository that has this as a submodule."""
    return (top / ".git").is_file() and (git_folder(top) / "HEAD").is_file()


def git_folder(top: Path) -> Path:
    """Where git keeps what it knows of a work tree."""
    pointer = top / ".git"
    return pointer if pointer.is_dir() else top / first_line(pointer).removeprefix("gitdir:").strip()


def shared_folder(folder: Path) -> Path:
    """What a repository's work trees share. A second one has an index and a ``HEAD`` of its own."""
    common = folder / "commondir"
    return folder / first_line(common) if common.is_file() else folder


def first_line(file: Path) -> str:
    """What a file of git's says that holds one line."""
    return file.read_text("utf-8", "replace").strip()


def _of_git(top: Path, tree: Path) -> TreeFiles:
    """What git has of a folder in a work tree, and in the repositories below it."""
    names, untracked = [], []
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
            continue
        below = _of_git(tree / name, tree / name)
        found = [f"{name}/{one}" for one in below.names]
        names += found if name in inner else []
        untracked += [f"{name}/{one}" for one in below.untracked] if name in inner else found
    there = {one for one in (*names, *untracked) if not is_output(one) and _is_file(tree / one)}
    there -= _behind_links(tree, there)
    new = there.intersection(untracked)
    return TreeFiles(tuple(sorted(there)), tuple(sorted(new)))


def _behind_links(tree: Path, names: Iterable[str]) -> set[str]:
    """Names that a link leads to another place by now: git itself has no file behind a link."""
    links = tuple(f"{folder}/" for folder in folders(names) if (tree / folder).is_symlink())
    return {one for one in names if one.startswith(links)}


def is_output(name: str) -> bool:
    """Whether it is an archive that was wrapped before."""
    return name.startswith(f"{OUTPUT}/")


@dataclass(frozen=True)
class OwnGit:
    """git with a repository of our own, on somebody's folder.

    :param own: that repository.
    :param objects: of theirs.
    """

    program: str
    own: Path
    top: Path
    tree: Path
    objects: Path

    @classmethod
    def on(cls, top: Path, tree: Path, own: Path) -> OwnGit:
        """Make the repository.

        :param own: an empty folder.
        :raises AugbackendError: if there is no git, or it makes none.
        """
        program = shutil.which("git")
        if program is None:
            raise AugbackendError("there is no git here", where=str(tree), hint="install git")
        theirs = git_folder(top)
        shared = shared_folder(theirs)
        git = cls(program, own, top, tree, shared / "objects")
        # Of the folder's settings this alone is read; `--file` follows no include.
        asked = git.run("config", "--file", str(shared / "config"), "extensions.objectFormat")
        form = ["--object-format=sha256"] if asked.stdout.strip() == b"sha256" else []
        git.checked("init", "--quiet", "--bare", "--template=", *form, str(own))
        (own / "info").mkdir(exist_ok=True)
        for file in (theirs / "index", *theirs.glob("sharedindex.*")):
            if file.is_file():
                shutil.copyfile(file, own / file.name)
        if (shared / "info" / "exclude").is_file():
            shutil.copyfile(shared / "info" / "exclude", own / "info" / "exclude")
        return git

    def listed(self, *arguments: str) -> list[str]:
        """What ``git ls-files`` prints, relative to the tree.

        :raises AugbackendError: if it fails.
        """
        settings = ("core.bare=false", "core.fsmonitor=false", "core.untrackedCache=false", "core.hooksPath=/dev/null")
        options = [word for setting in settings for word in ("-c", setting)]
        here = (f"--git-dir={self.own}", f"--work-tree={self.top}")
        done = self.checked(*here, *options, "ls-files", "-z", *arguments)
        return [os.fsdecode(one) for one in done.stdout.split(b"\0")[:-1]]

    def checked(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run git.

        :raises AugbackendError: if it fails.
        """
        done = self.run(*arguments)
        if done.returncode:
            said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no output"])[-1]
            what, hint = f"git does not say which files it has: {said}", "does git status work there?"
            raise AugbackendError(what, where=str(self.tree), hint=hint)
        return done

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run git in the tree, with no variable that leads it elsewhere."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        # The objects are read where the index names folders instead of files.
        environ = {**kept, "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self.objects), "GIT_NO_LAZY_FETCH": "1"}
        return subprocess.run(  # noqa: S603  # git, on names
            [self.program, *arguments],
            cwd=self.tree,
            env={**environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )


def _without_git(tree: Path) -> Iterator[str]:
    for folder, inner, names in os.walk(tree):
        place = Path(folder)
        made = _MADE if place != tree else (*_MADE, *_MADE_AT_TOP)
        links = [name for name in inner if (place / name).is_symlink()]
        kept = [name for name in inner if name not in links and not _is_made(name, made)]
        inner[:] = [name for name in kept if not (place / name / "pyvenv.cfg").exists()]
        for name in chain(names, links):
            if not _is_made(name, made) and _is_file(place / name):
                yield (place / name).relative_to(tree).as_posix()


def _is_made(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()
