"""A temporary folder is removed, whatever strangers left in it, and nothing else is touched."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from augbackend.cli.strangers import temporary_folder, tree_copy, tree_removal
from augbackend.errors import AugbackendError

from ..conftest import write

posix = pytest.mark.skipif(os.name == "nt", reason="other permissions there")
DEEP = 3000


def deep(folder: Path, levels: int = DEEP) -> None:
    """Folders in each other, more than a path can name."""
    inner = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=inner)
        outer, inner = inner, os.open("d", os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(inner)


def links(folder: Path) -> None:
    for name, target in (("file", "../mine/file"), ("folder", "../mine"), ("nothing", "absent"), ("itself", "itself")):
        (folder / name).symlink_to(target)


def read_only(folder: Path) -> None:
    write(folder / "a" / "b", {"file": ""})
    links(folder / "a")
    (folder / "a" / "b").chmod(0o555)
    (folder / "a").chmod(0o555)


def unreadable(folder: Path) -> None:
    write(folder / "a" / "b", {"file": ""})
    (folder / "a" / "b").chmod(0)
    (folder / "a").chmod(0)
    folder.chmod(0)


def special(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    os.link(folder.parent / "mine" / "file", folder / "another name")
    for name in ("\n", "\udcff", "-rf", "x" * 255):
        (folder / name).touch()


def immutable(folder: Path) -> None:
    write(folder / "a", {"file": ""})
    made = subprocess.run(["chattr", "+i", "a/file", "a"], cwd=folder, capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this user or this file system makes nothing immutable")


@posix
@pytest.mark.processes
@pytest.mark.parametrize("leave", [deep, links, read_only, unreadable, special, immutable])
def test_it_is_gone_and_all_else_is_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], leave: Callable[[Path], None]
) -> None:
    write(tmp_path / "mine", {"file": "text"})
    (tmp_path / "mine" / "file").chmod(0o644)
    tmp_path.chmod(0o1777)
    with temporary_folder.temporary(tmp_path) as folder:
        leave(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine" / "file").read_text() == "text"
    modes = [path.stat().st_mode & 0o7777 for path in (tmp_path, tmp_path / "mine" / "file")]
    assert modes == [0o1777, 0o644]
    assert capsys.readouterr() == ("", "")


@posix
def test_a_link_instead_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "mine", {"file": "text"})
    (tmp_path / "link").symlink_to("mine")
    assert not tree_removal.remove(tmp_path / "link")
    assert (tmp_path / "mine" / "file").read_text() == "text"


@posix
def test_what_stays_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    unlink = os.unlink

    def refused(name: str, *, dir_fd: int | None = None) -> None:
        if name == "stays":
            raise OSError(name)
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", refused)
    with temporary_folder.temporary() as outer, temporary_folder.temporary(outer) as inner:
        write(inner / "a" / "b", {"stays": "", "goes": ""})
    assert [path.name for path in outer.rglob("*") if path.is_file()] == ["stays"]
    assert capsys.readouterr().err == f"augbackend: warning: what a build left in {outer} cannot be removed\n"


def test_where_there_are_no_descriptors_of_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_removal, "_BY_DESCRIPTOR", False)
    write(tmp_path / "mine", {"file": "text"})
    with temporary_folder.temporary(tmp_path) as folder:
        write(folder / "a", {"file": ""})
        (folder / "a" / "file").chmod(0o400)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


# --- a copy of a tree ---


@posix
def test_sockets_and_pipes_are_not_copied(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", {"setup.py": "", ".git/config": ""})
    os.mkfifo(tree / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        os.chdir(tree)  # the name of a socket is short
        one.bind(".git/fsmonitor")
    copied = tree_copy.copied(tree, tmp_path / "copy")
    assert sorted(path.relative_to(copied).as_posix() for path in copied.rglob("*")) == [
        ".git",
        ".git/config",
        "setup.py",
    ]


@posix
def test_a_tree_that_is_too_deep_to_be_copied(tmp_path: Path) -> None:
    with temporary_folder.temporary(tmp_path) as folder:
        deep(folder)
        with pytest.raises(AugbackendError, match=r"cannot be copied"), temporary_folder.temporary(tmp_path) as other:
            tree_copy.whole(folder, other / "tree")
    assert not [*tmp_path.iterdir()]


@posix
def test_only_a_folder_is_made_readable(tmp_path: Path) -> None:
    """Root, as whom tests may run, can read any; an ordinary user cannot list one of mode 0."""
    (tmp_path / "mine").mkdir(mode=0o500)
    (tmp_path / "link").symlink_to("mine")
    (tmp_path / "closed").mkdir(mode=0)
    above = os.open(tmp_path, os.O_RDONLY)
    try:
        with tree_removal._opened("closed", above) as opened:
            assert os.fstat(opened).st_mode & 0o777 == 0o700
        with pytest.raises(OSError), tree_removal._opened("link", above):  # noqa: PT011  # each system has its own
            pass
        with pytest.raises(OSError):  # noqa: PT011  # as above
            tree_removal._make_mine("link", above)
    finally:
        os.close(above)
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o500
