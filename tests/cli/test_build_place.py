"""What is copied of a folder that is diagnosed, and of what lies around it; and what never is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from augbackend.cli.fetch import build_place
from augbackend.cli.fetch.build_place import BuildPlace, Submodule
from augbackend.cli.strangers import tree_copy

from ..conftest import write
from .test_work_tree import SETUP, git, repository

pytestmark = [pytest.mark.usefixtures("alone"), pytest.mark.processes]


def copied(tree: Path) -> BuildPlace:
    return build_place.copied(tree, tree.parent / f"{tree.name}-copy")


def names(place: BuildPlace) -> set[str]:
    found = (path for path in place.root.rglob("*") if path.is_symlink() or path.is_file())
    return {path.relative_to(place.root).as_posix() for path in found if ".git" not in path.parts}


def described(folder: Path) -> str:
    """By git, as setuptools_scm asks for it."""
    command = ["git", "describe", "--dirty", "--tags", "--long", "--match", "*[0-9]*"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_tracked_files_are_copied_and_what_tools_made_is_not(tmp_path: Path) -> None:
    tree = repository(tmp_path / "tree", {**SETUP, ".gitignore": "*.o\nenv/\n", "env/a.py": "", "build/kept.py": ""})
    write(tree, {"wrapped.d/x-1.tar.gz": ""})
    git(tree, "add", "wrapped.d")
    git(tree, "add", "-f", "env/a.py")
    write(tree, {
        "env/pyvenv.cfg": "", "env/b.py": "", "x.o": "", "new.c": "", "other/pyvenv.cfg": "", "other/x.py": "",
        "node_modules/x.js": "", "build/lib/x.py": "", "wrapped.d/y-1.tar.gz": "", "pkg/__pycache__/x.pyc": "", "conda/conda-meta/history": "",
    })  # fmt: skip
    place = copied(tree)
    assert place.tree == place.root
    assert names(place) == {".gitignore", "build/kept.py", "env/a.py", "new.c", "setup.py", "wrapped.d/x-1.tar.gz"}


def test_a_folder_of_a_clone_is_copied_with_its_clone_and_its_history(tmp_path: Path) -> None:
    top = repository(tmp_path / "top", {"python/setup.py": "", "VERSION": "1", "csrc/a.c": ""})
    git(top, "tag", "v1.0")
    git(top, "commit", "-qm", "y", "--allow-empty")
    write(top, {"csrc/new.c": ""})
    place = build_place.copied(top / "python", tmp_path / "copy")
    assert place.tree == place.root / "python"
    assert names(place) == {"python/setup.py", "VERSION", "csrc/a.c", "csrc/new.c"}
    assert place.remarks == ("it is built inside a copy of its clone, in python",)
    assert described(place.tree) == described(top)
    assert described(place.tree).startswith("v1.0-1-g")
    assert not subprocess.run(["git", "status", "-s", "-uno"], cwd=place.root, check=True, capture_output=True).stdout
    (place.root / "VERSION").write_text("2")
    assert described(place.tree).endswith("-dirty")


def test_the_copy_of_the_repository_has_none_of_its_settings(tmp_path: Path) -> None:
    tree = repository(tmp_path / "tree", SETUP)
    run = f"touch {tmp_path / 'ran'}; false"
    for name in ("core.fsmonitor", "filter.x.clean", "remote.origin.uploadpack", "core.alternateRefsCommand"):
        git(tree, "config", name, run)
    git(tree, "config", "http.extraheader", "secret")
    git(tree, "config", "remote.origin.url", "https://me:secret@host.example/x")
    write(tree, {".gitattributes": "* filter=x\n", ".git/hooks/post-index-change": f"#!/bin/sh\n{run}\n"})
    (tree / ".git" / "hooks" / "post-index-change").chmod(0o755)
    place = copied(tree)
    assert place.remarks == ()
    there = [path for path in (place.root / ".git").rglob("*") if path.is_file()]
    assert not [path for path in there if b"secret" in path.read_bytes()]
    assert not (place.root / ".git" / "hooks").exists()
    assert not (tmp_path / "ran").exists()


def test_history_that_is_only_there_is_not_copied(tmp_path: Path) -> None:
    """The contents of old files may be what somebody took out again."""
    tree = repository(tmp_path / "tree", {**SETUP, "x": "first"})
    old = subprocess.run(["git", "rev-parse", "HEAD:x"], cwd=tree, check=True, capture_output=True, text=True).stdout
    write(tree, {"x": "second"})
    git(tree, "commit", "-qam", "y")
    place = copied(tree)
    cat = ["git", "cat-file", "-e"]
    assert subprocess.run([*cat, "HEAD:x"], cwd=place.root, check=False).returncode == 0
    assert subprocess.run([*cat, "HEAD~"], cwd=place.root, check=False).returncode == 0
    assert subprocess.run([*cat, old.strip()], cwd=place.root, check=False, capture_output=True).returncode != 0


def test_before_the_first_commit(tmp_path: Path) -> None:
    write(tmp_path / "tree", {**SETUP})
    git(tmp_path / "tree", "init", "-q")
    place = copied(tmp_path / "tree")
    assert names(place) == {"setup.py"}
    assert place.remarks == ()


@pytest.mark.parametrize("form", ["worktree", "submodule"])
def test_a_work_tree_whose_repository_is_elsewhere_and_knows_it(tmp_path: Path, form: str) -> None:
    main = repository(tmp_path / "main", SETUP)
    if form == "worktree":
        tree = tmp_path / "second"
        git(main, "worktree", "add", "-q", str(tree))
    else:
        above = repository(tmp_path / "above", SETUP)
        git(above, "submodule", "add", "-q", main.as_uri(), "part")
        tree = above / "part"
    git(tree, "tag", "v3.0")
    place = copied(tree)
    assert place.remarks == ()
    assert described(place.tree).startswith("v3.0-0-g")


ATTACKS = (
    "a pointer",
    "alternates",
    "a link to objects",
    "a link to references",
    "a common folder",
    ".git is a link",
    "exclusions",
)


@pytest.mark.parametrize("way", ATTACKS)
def test_the_repository_of_another_folder_is_not_copied(tmp_path: Path, way: str) -> None:
    """Somebody's tree names a repository of the user's."""
    mine = repository(tmp_path / "mine", {"secret": "secret"})
    tree = repository(tmp_path / "tree", SETUP)
    own = tree / ".git"
    if way == "a pointer":
        own.rename(tmp_path / "gone")
        own.write_text(f"gitdir: {mine / '.git'}\n")
    elif way == "alternates":
        write(own, {"objects/info/alternates": f"{mine / '.git' / 'objects'}\n"})
    elif way == "a link to objects":
        (own / "objects").rename(tmp_path / "gone")
        (own / "objects").symlink_to(mine / ".git" / "objects")
    elif way == "a link to references":
        (own / "refs" / "theirs").symlink_to(mine / ".git" / "refs")
    elif way == "exclusions":
        (own / "info" / "exclude").unlink(missing_ok=True)
        (own / "info").mkdir(exist_ok=True)
        (own / "info" / "exclude").symlink_to(mine / "secret")
    elif way == "a common folder":
        write(own, {"commondir": str(mine / ".git")})
    else:
        own.rename(tmp_path / "gone")
        own.symlink_to(mine / ".git")
    place = copied(tree)
    assert not (place.root / ".git").exists()
    assert "has no history of git" in place.remarks[0]
    assert "secret" not in names(place)


def test_names_of_an_index_that_lead_out_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {"mine/secret": "", "tree/setup.py": "", "tree/.git/x": ""})
    tree_copy.of_files(
        tmp_path / "tree", ["setup.py", "../mine/secret", ".git/x", "a/../../mine/secret"], tmp_path / "to"
    )
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["setup.py"]


def test_a_link_out_of_a_tree_stays_a_link(tmp_path: Path) -> None:
    tree = repository(tmp_path / "tree", SETUP)
    write(tmp_path / "mine", {"secret": ""})
    (tree / "mine").symlink_to(tmp_path / "mine")
    place = copied(tree)
    assert (place.root / "mine").is_symlink()
    assert names(place) == {"mine", "setup.py"}


def test_a_submodule_that_is_not_checked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = repository(tmp_path / "part", {"a.h": ""})
    outer = repository(tmp_path / "outer", {"b.h": ""})
    git(outer, "submodule", "add", "-q", part.as_uri(), "inner")
    git(outer, "commit", "-qm", "y")
    tree = repository(tmp_path / "tree", SETUP)
    git(tree, "submodule", "add", "-q", part.as_uri(), "third_party/part")
    git(tree, "submodule", "add", "-q", outer.as_uri(), "third_party/outer")
    git(tree, "submodule", "deinit", "-f", "third_party/part")
    monkeypatch.chdir(tree)
    place = copied(tree)
    assert place.absent == (
        Submodule("third_party/outer/inner", "./third_party/outer", "inner"),
        Submodule("third_party/part", ".", "third_party/part"),
    )
    assert (place.root / "third_party" / "part").is_dir()
    assert "third_party/outer/b.h" in names(place)


def test_a_submodule_that_is_checked_out_is_so_in_the_copy(tmp_path: Path) -> None:
    """Some ``setup.py`` let git bring it, which is nothing to do then."""
    part = repository(tmp_path / "part", {"a.h": "a", "x/b.h": "b"})
    tree = repository(tmp_path / "tree", SETUP)
    git(tree, "submodule", "add", "-q", part.as_uri(), "third_party/part")
    git(tree, "commit", "-qm", "y")
    git(tree, "tag", "1.0")
    place = copied(tree)
    assert {"third_party/part/a.h", "third_party/part/x/b.h"} < names(place)
    part.rename(tmp_path / "gone")
    git(place.root, "submodule", "update", "--init", "third_party/part")
    assert described(place.root).startswith("1.0-0-g")
    assert not described(place.root).endswith("dirty")
    write(place.root, {"third_party/part/a.h": "changed"})
    assert described(place.root).endswith("-dirty")


def test_a_submodule_that_is_a_link_is_none(tmp_path: Path) -> None:
    mine = repository(tmp_path / "mine", {"secret": "secret"})
    tree = repository(tmp_path / "tree", SETUP)
    git(tree, "submodule", "add", "-q", mine.as_uri(), "part")
    (tree / "part").rename(tmp_path / "gone")
    (tree / "part").symlink_to(mine)
    place = copied(tree)
    assert names(place) == {".gitmodules", "setup.py"}
    assert not (place.root / "part").exists()


def test_a_submodule_of_what_was_downloaded_without_git(tmp_path: Path) -> None:
    text = '[submodule "x"]\n\tpath = third_party/x\n\turl = u\n[submodule "y"]\n\tpath = ../y\n\turl = u\n'
    write(tmp_path / "tree", {**SETUP, ".gitmodules": text})
    for name in ("tree/third_party/x", "y"):
        (tmp_path / name).mkdir(parents=True)
    assert copied(tmp_path / "tree").absent == (Submodule("third_party/x"),)


def test_files_in_a_submodule_that_git_did_not_put_there(tmp_path: Path) -> None:
    part = repository(tmp_path / "part", {"a.h": ""})
    tree = repository(tmp_path / "tree", SETUP)
    git(tree, "submodule", "add", "-q", part.as_uri(), "part")
    git(tree, "submodule", "deinit", "-f", "part")
    write(tree, {"part/a.h": ""})
    place = copied(tree)
    assert place.absent == ()
    assert "part/a.h" in names(place)


NAMES_ABOVE = {
    "a path": 'open("../VERSION")',
    "joined": 'open(os.path.join(here, "..", "VERSION"))',
    "by a variable": 'top = os.path.join(here, "..")\nopen(top + "/VERSION")',
    "by code": 'open(Path(__file__).parent.parent / "VERSION")',
}


@pytest.mark.parametrize("way", NAMES_ABOVE)
def test_without_git_what_the_build_names_above_is_copied(tmp_path: Path, way: str) -> None:
    write(tmp_path / "top", {"python/setup.py": NAMES_ABOVE[way], "VERSION": "1", "other": "", "setup": "", ".env": ""})
    place = build_place.copied(tmp_path / "top" / "python", tmp_path / "copy")
    assert place.tree == place.root / "python"
    assert names(place) == {"python/setup.py", "VERSION"}
    assert place.remarks == ("it is built in a copy, with what its build names above it: ../VERSION",)


def test_without_git_a_folder_above_is_copied_without_what_tools_made(tmp_path: Path) -> None:
    setup = 'sources=["../common/a.c", "../clone/a.c", "../../far/b.c"]'
    write(tmp_path, {
        "a/top/python/setup.py": setup, "a/top/common/a.c": "", "a/top/common/build/x": "", "a/far/b.c": "",
        "a/top/clone/a.c": "", "a/top/clone/.git/HEAD": "",
    })  # fmt: skip
    place = build_place.copied(tmp_path / "a" / "top" / "python", tmp_path / "copy")
    assert place.tree == place.root / "top" / "python"
    assert names(place) == {"top/python/setup.py", "top/common/a.c", "far/b.c"}


@pytest.mark.parametrize("is_clone", [False, True])
def test_a_home_around_a_folder_is_never_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_clone: bool
) -> None:
    home = tmp_path / "home" / "me"
    files = {"python/setup.py": 'open("../VERSION"); open("../../other/x")', "VERSION": "1", ".netrc": "secret"}
    if is_clone:
        repository(home, files)
    else:
        write(home, dict(files))
    write(tmp_path / "home", {"other/x": ""})
    monkeypatch.setenv("HOME", str(home))
    place = build_place.copied(home / "python", tmp_path / "copy")
    assert place.root == place.tree
    assert names(place) == {"setup.py"}
    assert not (place.root / ".git").exists()


def test_a_tree_that_is_only_unpacked_in_a_clone_is_no_part_of_it(tmp_path: Path) -> None:
    top = repository(tmp_path / "top", {"setup.py": "", "private.py": ""})
    write(top, {"demo-1.0/setup.py": "", "demo-1.0/PKG-INFO": ""})
    place = build_place.copied(top / "demo-1.0", tmp_path / "copy")
    assert names(place) == {"setup.py", "PKG-INFO"}


def test_all_of_an_unpacked_sdist_is_copied(tmp_path: Path) -> None:
    published = {**SETUP, "PKG-INFO": "", "x.egg-info/SOURCES.txt": "", "build/version.py": "", "dist/a.js": ""}
    write(tmp_path / "tree", {**published, ".venv/pyvenv.cfg": "", "__pycache__/x.pyc": ""})
    assert names(copied(tmp_path / "tree")) == {*published}


@pytest.mark.skipif(os.name == "nt", reason="PATH is needed for more")
def test_without_a_git_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = repository(tmp_path / "tree", SETUP)
    monkeypatch.setenv("PATH", os.devnull)
    assert names(copied(tree)) == {"setup.py"}
