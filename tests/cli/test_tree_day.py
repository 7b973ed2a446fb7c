"""The day on which a source tree was last worked on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from augbackend.cli.fetch import tree_day

from ..conftest import write

WHEN, DAY = "2019-03-04T12:00:00+0000", "2019-03-04"
FILE_DAY, SECONDS = "2017-07-14", 1_500_000_000
NOTES: dict[str, str | bytes] = {"pyproject.toml": "", "src/a.c": ""}


def git(folder: Path, *arguments: str) -> None:
    named = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environ = {**os.environ, **named, "GIT_COMMITTER_DATE": WHEN, "GIT_AUTHOR_DATE": "2001-01-01T00:00:00+0000"}
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, env=environ, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = write(tmp_path / "clone", NOTES)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.mark.processes
def test_the_newest_commit(clone: Path) -> None:
    assert tree_day.of_tree(clone) == DAY
    git(clone, "pack-refs", "--all")
    git(clone, "gc", "-q")
    assert tree_day.of_tree(clone) == DAY
    git(clone, "checkout", "-q", "--detach")
    assert tree_day.of_tree(clone) == DAY
    git(clone, "worktree", "add", "-q", str(clone.parent / "second"))
    assert tree_day.of_tree(clone.parent / "second") == DAY


@pytest.mark.processes
def test_a_folder_of_a_clone(clone: Path) -> None:
    inner = write(clone / "python", NOTES)
    for file in (inner / "pyproject.toml", inner / "src" / "a.c"):
        os.utime(file, (SECONDS, SECONDS))
    assert tree_day.of_tree(inner) == FILE_DAY  # git does not know it yet
    git(clone, "add", ".")
    assert tree_day.of_tree(inner) == DAY


@pytest.mark.processes
def test_no_program_of_the_trees_own_runs(clone: Path) -> None:
    marker = clone.parent / "ran"
    for name in ("core.fsmonitor", "core.pager", "gpg.program", "core.sshCommand", "alias.cat-file"):
        git(clone, "config", name, f"touch {marker}")
    git(clone, "config", "log.showSignature", "true")
    marker.unlink(missing_ok=True)
    assert tree_day.of_tree(clone) == DAY
    assert not marker.exists()


@pytest.mark.processes
@pytest.mark.parametrize("head", ["", "ref: refs/heads/../../../x", "ref: refs/heads/.invalid", "--help", "0" * 40])
def test_a_repository_that_says_nothing(clone: Path, head: str) -> None:
    (clone / ".git" / "HEAD").write_text(head)
    assert tree_day.of_tree(clone) == ""


def test_the_newest_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "tree", {**NOTES, "build/made.o": "", ".venv/pyvenv.cfg": ""})
    for number, name in enumerate(NOTES):
        os.utime(folder / name, (SECONDS - 10**8 * number, SECONDS - 10**8 * number))
    assert tree_day.of_tree(folder) == FILE_DAY
    shutil.copytree(folder, tmp_path / "copy")
    assert tree_day.of_tree(tmp_path / "copy") == FILE_DAY


@pytest.mark.parametrize("seconds", [0, 86_400, -5, 10**17])
def test_a_time_that_says_nothing(seconds: int) -> None:
    assert tree_day.day(seconds) == ""
