"""A repository's history in a copy of its work tree, for builds that take a version or a list of files from git.

The copy's repository is new. Of the user's it has what such builds ask for, and none of its settings, remotes, hooks::

    HEAD, tags, index ─> a repository of our own ─> git rev-list, ls-tree ─> one pack: commits, tags, files of HEAD

A folder may come from somebody who wants to see another repository of the user's. So what is read has to lie in the
folder's own ``.git``, or in a repository that knows the folder as its work tree.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.errors import AugbackendError

from . import own_git
from .own_git import OwnGit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_REFERENCES = ("HEAD", "packed-refs", "shallow")
_INTO_PACK = ("pack-objects", "--quiet", "--window=0", "--delta-base-offset")


def written(top: Path, to: Path, *, is_submodule: bool = False) -> str:
    """Make the repository of a copy.

    :param top: of the user's work tree.
    :param to: the folder of the copy.
    :param is_submodule: whether it is enough that git sees which commit is checked out, and what was changed.
    :return: why there is none, in words; empty if there is.
    """
    theirs = own_git.git_folder(top)
    try:
        problem = _problem(top, theirs)
        if problem:
            return problem
        shared = _shared(theirs)
        with tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
            git = OwnGit.on(top, top, Path(folder))
            _take_references(theirs, shared, git.own)
            form = git.output("rev-parse", "--show-object-format").strip()
            git.checked(
                *("-c", "init.defaultRefFormat=files", "init", "--quiet", "--template="),
                *(f"--object-format={form}", str(to)),
            )
            _fill(git, to / ".git", theirs, is_submodule=is_submodule)
    except (AugbackendError, OSError, RuntimeError) as error:  # Python 3.12 and older say so of links in a circle
        shutil.rmtree(to / ".git", ignore_errors=True)
        return error.what if isinstance(error, AugbackendError) else f"it cannot be read: {error}"
    return ""


def _shared(theirs: Path) -> Path:
    """Where objects and references are: a second work tree of a repository shares them with the first."""
    pointer = theirs / "commondir"
    return theirs / own_git.first_line(pointer) if pointer.is_file() else theirs


def _problem(top: Path, theirs: Path) -> str:
    """Why what is there cannot be read as the folder's own."""
    shared = _shared(theirs)
    if (top / ".git").is_symlink():
        return ".git is a link"
    is_elsewhere = not (top / ".git").is_dir() or shared != theirs
    if is_elsewhere and not _is_known_to(theirs.resolve(), shared.resolve(), top.resolve()):
        return ".git leads to a repository that does not know this folder"
    if (shared / "objects" / "info" / "alternates").exists():
        return "it borrows objects from another repository"
    if (shared / "reftable").exists():
        return "its references are in the form of a reftable"
    looked_at = [
        *(shared, shared / "objects", shared / "refs", shared / "info", shared / "info" / "exclude"),
        *(place / one for one in _REFERENCES for place in (theirs, shared)),
    ]
    links = (path for path in (*looked_at, *theirs.glob("*index*"), *_within(shared)) if path.is_symlink())
    link = next(links, None)
    return f"{link.name!r} in it is a link" if link is not None else ""


def _is_known_to(theirs: Path, shared: Path, top: Path) -> bool:
    """Whether a repository elsewhere names a folder as a work tree of its own."""
    if shared != theirs:
        named = theirs / "gitdir"
        is_of_it = theirs.parent == shared / "worktrees" and named.is_file()
        return is_of_it and (theirs / own_git.first_line(named)).resolve() == top / ".git"
    with tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
        git = OwnGit.on(top, top, Path(folder))
        asked = git.run("config", "--file", str(theirs / "config"), "core.worktree")
    work_tree = os.fsdecode(asked.stdout).rstrip("\n")
    return bool(work_tree) and (theirs / work_tree).resolve() == top


def _within(shared: Path) -> Iterator[Path]:
    for name in ("objects", "refs"):
        for folder, inner, files in os.walk(shared / name):
            yield from (Path(folder, one) for one in (*inner, *files))


def _take_references(theirs: Path, shared: Path, own: Path) -> None:
    for name in _REFERENCES:
        source = theirs / name if name == "HEAD" else shared / name
        if source.is_file():
            shutil.copyfile(source, own / name)
    shutil.copytree(shared / "refs", own / "refs", dirs_exist_ok=True)


def _fill(git: OwnGit, new: Path, theirs: Path, *, is_submodule: bool) -> None:
    """Put into a new repository what builds ask for."""
    commit = (
        git.run(f"--git-dir={git.own}", "rev-parse", "--verify", "--quiet", "HEAD^{commit}").stdout.decode().strip()
    )
    branch = os.fsdecode(git.run(f"--git-dir={git.own}", "symbolic-ref", "--quiet", "HEAD").stdout).strip()
    (new / "HEAD").write_bytes(os.fsencode(f"ref: {branch}\n" if branch else f"{commit}\n"))
    for file in (*theirs.glob("index"), *theirs.glob("sharedindex.*"), *git.own.glob("shallow")):
        shutil.copyfile(file, new / file.name)
    (new / "info").mkdir(exist_ok=True)
    for file in (git.own / "info").glob("exclude"):
        shutil.copyfile(file, new / "info" / "exclude")
    if not commit:
        return  # nothing is committed yet
    root = git.output("rev-parse", "HEAD^{tree}").strip()
    if is_submodule:
        (new / "HEAD").write_text(f"{commit}\n", "utf-8")
        (new / "shallow").write_text(f"{commit}\n", "utf-8")
        _pack(git, new, [commit, root, *_in_head(git, "tree")])
        return
    tags = git.output("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags").splitlines()
    references = sorted([*tags, *([f"{commit} {branch}"] if branch else [])], key=lambda line: line.partition(" ")[2])
    (new / "packed-refs").write_bytes(os.fsencode("".join(f"{line}\n" for line in references)))
    ids = [*git.output("rev-list", "--objects", "--no-object-names", "--filter=tree:0", "HEAD", "--tags").split()]
    _pack(git, new, [*ids, root, *_in_head(git, "tree", "blob")])


def _pack(git: OwnGit, new: Path, ids: Iterable[str]) -> None:
    git.output(*_INTO_PACK, str(new / "objects" / "pack" / "pack"), said="".join(f"{one}\n" for one in ids))


def _in_head(git: OwnGit, *kinds: str) -> Iterator[str]:
    """The ids of the folders and files of HEAD, but of no submodule."""
    for entry in git.output("ls-tree", "-r", "-t", "-z", "HEAD").split("\0")[:-1]:
        _, kind, object_id = entry.partition("\t")[0].split()
        if kind in kinds:
            yield object_id
