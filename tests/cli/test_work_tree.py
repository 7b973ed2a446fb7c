"""Which files of a source tree are packed, and that to ask git for them runs nothing of the tree's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from augbackend.cli.fetch import reaching_out, work_tree
from augbackend.errors import AugbackendError

from ..conftest import write

pytestmark = [pytest.mark.usefixtures("alone"), pytest.mark.processes]


def git(folder: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=x", "-c", "user.email=x", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


def repository(folder: Path, files: dict[str, str], *form: str) -> Path:
    write(folder, dict(files))
    git(folder, "init", "-q", *form)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "x")
    return folder


SETUP = {"setup.py": ""}


@pytest.mark.parametrize("form", [(), ("--object-format=sha256",)])
def test_what_git_tracks_and_what_is_new(tmp_path: Path, form: tuple[str, ...]) -> None:
    tree = repository(tmp_path / "tree", {**SETUP, ".gitignore": "*.o\n", "gone.c": "", "forced.o": ""}, *form)
    git(tree, "add", "-f", "forced.o")
    (tree / "gone.c").unlink()
    write(tree, {"new.cu": "", "x.o": "", "build/x.o": "", "wrapped.d/x-1.tar.gz": "", "excluded": ""})
    write(tree / ".git", {"info/exclude": "excluded\n"})
    found = work_tree.files(tree)
    assert found == work_tree.TreeFiles((".gitignore", "forced.o", "new.cu", "setup.py"), ("new.cu",))
    assert work_tree.tracked(tree) == (".gitignore", "forced.o", "setup.py")


def test_submodules_and_other_repositories(tmp_path: Path) -> None:
    part = repository(tmp_path / "part", {"a.h": "", ".gitignore": "*.o\n"})
    tree = repository(tmp_path / "tree", SETUP)
    git(tree, "submodule", "add", "-q", part.as_uri(), "part")
    git(tree, "submodule", "add", "-q", part.as_uri(), "empty")
    git(tree, "submodule", "deinit", "-f", "empty")
    repository(tree / "other", {"b.h": ""})
    write(tree / "part", {"c.o": "", "new.h": ""})
    found = work_tree.files(tree)
    assert found.names == (".gitmodules", "other/b.h", "part/.gitignore", "part/a.h", "part/new.h", "setup.py")
    assert found.untracked == ("other/b.h", "part/new.h")


def test_a_folder_below(tmp_path: Path) -> None:
    top = repository(tmp_path / "top", {"python/setup.py": "", "csrc/a.c": "", ".gitignore": "ignored\n"})
    assert work_tree.files(top / "python").names == ("setup.py",)
    assert work_tree.git_top(top / "python") == top.resolve()
    write(top / "ignored", {"setup.py": "", "a.c": ""})
    assert work_tree.files(top / "ignored").names == ("a.c", "setup.py")


def test_another_work_tree_and_a_split_index(tmp_path: Path) -> None:
    top = repository(tmp_path / "top", {**SETUP, "a.c": ""})
    git(top, "worktree", "add", "-q", str(tmp_path / "second"))
    write(top / ".git", {"info/exclude": "excluded\n"})
    write(tmp_path / "second", {"excluded": ""})
    assert work_tree.files(tmp_path / "second").names == ("a.c", "setup.py")
    git(top, "update-index", "--split-index")
    assert work_tree.files(top).names == ("a.c", "setup.py")


def test_an_index_of_folders(tmp_path: Path) -> None:
    top = repository(tmp_path / "top", {**SETUP, "a/a.c": "", "b/b.c": ""})
    git(top, "sparse-checkout", "init", "--cone", "--sparse-index")
    assert work_tree.files(top).names == ("setup.py",)


def test_no_git(tmp_path: Path) -> None:
    write(tmp_path, {
        **SETUP, "pkg/build/x.py": "", "pkg/__pycache__/x.pyc": "", "build/x.o": "", "dist/x": "", "x.egg-info/PKG-INFO": "",
        "env/pyvenv.cfg": "", "env/bin/python": "", ".hidden": "", "pkg/x.pyc": "", "wrapped.d/x": "",
    })  # fmt: skip
    (tmp_path / "link").symlink_to("pkg")
    assert work_tree.files(tmp_path).names == (".hidden", "link", "pkg/build/x.py", "setup.py")
    assert work_tree.tracked(tmp_path) == work_tree.files(tmp_path).names


def test_what_is_behind_a_link_is_elsewhere(tmp_path: Path) -> None:
    tree = repository(tmp_path / "tree", {**SETUP, "a/secret": ""})
    write(tmp_path / "mine", {"secret": "mine"})
    (tree / "a" / "secret").unlink()
    (tree / "a").rmdir()
    (tree / "a").symlink_to(tmp_path / "mine")
    assert work_tree.files(tree) == work_tree.TreeFiles(("a", "setup.py"), ("a",))


def test_nothing_of_the_tree_runs(tmp_path: Path) -> None:
    tree = repository(tmp_path / "tree", SETUP)
    run = f"touch {tmp_path / 'ran'}; false"
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "filter.x.clean", "diff.external"):
        git(tree, "config", name, run)
    write(tree, {".gitattributes": "* filter=x\n", ".git/hooks/post-index-change": f"#!/bin/sh\n{run}\n"})
    (tree / ".git" / "hooks" / "post-index-change").chmod(0o755)
    before = (tree / ".git" / "index").read_bytes()
    assert work_tree.files(tree).names == (".gitattributes", "setup.py")
    assert not (tmp_path / "ran").exists()
    assert (tree / ".git" / "index").read_bytes() == before
    subprocess.run(["git", "status"], cwd=tree, check=False, capture_output=True)
    assert (tmp_path / "ran").exists()  # the traps are sharp


def test_a_broken_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = repository(tmp_path / "tree", SETUP)
    (tree / ".git" / "index").write_bytes(b"x" * 100)
    with pytest.raises(AugbackendError, match="git does not say which files it has"):
        work_tree.files(tree)
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(AugbackendError, match="there is no git here"):
        work_tree.files(tree)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("setup.py", 'open("../version.txt")', "setup.py says ../version.txt"),
        ("setup.py", 'os.path.join(HERE, "..", "csrc")', "setup.py says .."),
        ("setup.py", "Path(__file__).resolve().parent.parent", "setup.py says .parent.parent"),
        ("setup.py", "dirname(os.path.dirname(__file__))", "setup.py says dirname(os.path.dirname("),
        ("setup.py", "Path(__file__).parent / 'csrc'  # and so on...", ""),
        ("setup.py", "from .. import x\nx[1:]", "setup.py says .."),
        ("pyproject.toml", 'root = ".."', "pyproject.toml says .."),
        ("csrc/a.cu", '#include "../include/a.h"', ""),
        ("csrc/a.cu", '#include "../../include/a.h"', "csrc/a.cu says ../../include/a.h"),
        ("ext/CMakeLists.txt", "add_subdirectory(../../lib)", "ext/CMakeLists.txt says ../../lib"),
        ("pkg/sub/x.py", "open('../../../x')", ""),
        ("README.md", "../x", ""),
    ],
)
def test_what_leads_out_of_a_subdirectory(tmp_path: Path, name: str, text: str, expected: str) -> None:
    write(tmp_path, {name: text})
    assert reaching_out.evidence(tmp_path, [name]) == expected


def test_a_link_that_leads_out_of_a_subdirectory(tmp_path: Path) -> None:
    write(tmp_path / "python", {"csrc/x": ""})
    (tmp_path / "python" / "in").symlink_to("csrc/../csrc")
    (tmp_path / "python" / "out").symlink_to("../csrc")
    assert reaching_out.evidence(tmp_path / "python", ["in"]) == ""
    assert reaching_out.evidence(tmp_path / "python", ["in", "out"]) == "out is a link to ../csrc"
