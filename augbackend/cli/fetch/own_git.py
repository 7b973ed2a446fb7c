"""git on somebody's folder: its git settings may name programs to run, so git works without those settings.

::

    .git/index -> index of an empty repository of our own, beside their objects -> git ls-files -> names
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from pathlib import Path


def git_folder(top: Path) -> Path:
    """Where git keeps what it knows of a work tree."""
    pointer = top / ".git"
    return pointer if pointer.is_dir() else top / first_line(pointer).removeprefix("gitdir:").strip()


def shared_folder(folder: Path) -> Path:
    """What a repository's work trees share. A second one has an index and a ``HEAD`` of its own."""
    common = folder / "commondir"
    return folder / first_line(common) if common.is_file() else folder


def first_line(file: Path) -> str:
    """What one of git's files says that hold one line."""
    return file.read_text("utf-8", "replace").strip().replace("\0", "")  # no path has one


@dataclass(frozen=True)
class OwnGit:
    """git with a repository of our own, on somebody's folder."""

    program: str
    own: Path
    top: Path
    tree: Path
    objects: Path

    @classmethod
    def on(cls, top: Path, tree: Path, own: Path) -> OwnGit:
        """git for a folder in a work tree.

        :param top: of the work tree.
        :param own: an empty folder, for the repository.
        :raises AugbackendError: if there is no git, or it fails.
        """
        program = shutil.which("git")
        if program is None:
            raise CliError("there is no git here", id="no-git", where=str(tree), hint="install git")
        theirs = git_folder(top)
        shared = shared_folder(theirs)
        git = cls(program, own, top, tree, shared / "objects")
        # Of the folder's settings this alone is read; `--file` follows no include.
        asked = git.run("config", "--file", str(shared / "config"), "extensions.objectFormat")
        form = ["--object-format=sha256"] if asked.stdout.strip() == b"sha256" else []
        git.checked("-c", "init.defaultRefFormat=files", "init", "--quiet", "--bare", "--template=", *form, str(own))
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

    def output(self, *arguments: str, said: str = "") -> str:
        """What a command prints that reads objects, by the references of our own repository.

        :param said: to it.
        :raises AugbackendError: if it fails.
        """
        return os.fsdecode(self.checked(f"--git-dir={self.own}", *arguments, said=said).stdout)

    def checked(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[bytes]:
        """Run git.

        :raises AugbackendError: if it fails.
        """
        done = self.run(*arguments, said=said)
        if done.returncode:
            said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no output"])[-1]
            what, hint = f"git does not say which files it has: {said}", "does git status work there?"
            raise CliError(what, id="git-does-not-answer", where=str(self.tree), hint=hint)
        return done

    def run(self, *arguments: str, said: str = "") -> subprocess.CompletedProcess[bytes]:
        """Run git in the tree, with no variable that leads it elsewhere."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        # The objects are read where the index names folders instead of files.
        environ = {**kept, "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self.objects), "GIT_NO_LAZY_FETCH": "1"}
        return subprocess.run(  # noqa: S603  # git, on names
            [self.program, *arguments],
            cwd=self.tree,
            env={**environ, "LC_ALL": "C"},
            input=said.encode(),
            capture_output=True,
            check=False,
        )
