"""When a source tree was last worked on: the day of its newest commit, or else of its newest file.

git reads the commit in a repository of our own: the tree's settings may name programs to run::

    .git/HEAD -> the name of a commit -> git cat-file, with the tree's objects -> the day
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

from augbackend.errors import AugbackendError

from . import own_git, work_tree
from .own_git import OwnGit

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TIME = re.compile(rb"^committer [^\n]* (\d{1,11}) [+-]\d{4}$", re.MULTILINE)
_NONE_BEFORE = "2000"  # a time that somebody has set to nothing


def of_tree(tree: Path) -> str:
    """The day, ``2021-09-04``; empty if nothing says it.

    Where files were copied or unpacked today, it is today: no older release of anything follows from that.
    """
    try:
        found = work_tree.files(tree)
        top = work_tree.git_top(tree)
        if top is not None and {"pyproject.toml", "setup.py"} & ({*found.names} - {*found.untracked}):
            seconds = _of_newest_commit(top, tree)
        else:
            seconds = max((int((tree / name).lstat().st_mtime) for name in found.names), default=0)
    except (AugbackendError, OSError):
        return ""
    return day(seconds)


def day(seconds: int) -> str:
    """The day of a time since 1970; empty if that says nothing."""
    with suppress(ValueError, OverflowError, OSError):
        text = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d")
        return text if text > _NONE_BEFORE else ""
    return ""


def _of_newest_commit(top: Path, tree: Path) -> int:
    commit = _checked_out(own_git.git_folder(top))
    if not commit:
        return 0
    with tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
        git = OwnGit.on(top, tree.resolve(), Path(folder))
        found = _TIME.search(os.fsencode(git.output("cat-file", "commit", commit)))
    return int(found[1]) if found else 0


def _checked_out(git_folder: Path) -> str:
    """The name of the commit that a work tree is at; empty if it is kept in another form."""
    head = own_git.first_line(git_folder / "HEAD")
    if not head.startswith("ref: "):
        return head if _COMMIT.fullmatch(head) else ""
    name = head.removeprefix("ref: ").strip()
    if not re.fullmatch(r"refs(?:/[\w][\w.\-+@]*)+", name):
        return ""
    shared = own_git.shared_folder(git_folder)
    for folder in (git_folder, shared):
        if (folder / name).is_file():
            text = own_git.first_line(folder / name)
            return text if _COMMIT.fullmatch(text) else ""
    with suppress(OSError):
        for line in (shared / "packed-refs").read_text("utf-8", "replace").splitlines():
            commit, _, packed = line.partition(" ")
            if packed == name and _COMMIT.fullmatch(commit):
                return commit
    return ""
