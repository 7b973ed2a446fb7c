"""The sdist of a tree: its files, and what its backend adds."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from augbackend.cli.fetch import packed_tree, sdist, tree_snapshot
from augbackend.cli.fetch.packed_tree import Snapshot

from ..conftest import write

Members = "dict[str, str | tarfile.TarInfo]"


def link(to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo()
    member.type, member.linkname = kind, to
    return member


def made(folder: Path, members: dict[str, str | tarfile.TarInfo]) -> Path:
    """What a backend made."""
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / "demo-1.0.tar.gz", "w:gz") as tar:
        for name, one in {"setup.py": "", **members}.items():
            member = tarfile.TarInfo() if isinstance(one, str) else one
            member.name, content = f"demo-1.0/{name}", one.encode() if isinstance(one, str) else b""
            member.size, member.uid, member.mtime = len(content), 1000, 2_000_000_000
            tar.addfile(member, io.BytesIO(content))
    return folder / "demo-1.0.tar.gz"


def packed(folder: Path, files: list[str], members: dict[str, str | tarfile.TarInfo], below: str = "") -> Path:
    """A tree that is there, packed with what its backend made."""
    tree_snapshot.write(folder / "tree", files, folder / "snapshot")
    (folder / "out").mkdir()
    return packed_tree.packed(made(folder / "made", members), Snapshot(folder / "snapshot", below), folder / "out")


def contents(archive: Path) -> dict[str, str]:
    with sdist.opened(archive) as opened:
        found = {name: opened.read(name) for name in opened.names}
    return {name: text.decode() for name, text in found.items() if text is not None}


def test_the_backend_has_the_last_word(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", {"version.py": "git", "a.cu": "a", "run": "", "same": "x"})
    (tree / "run").chmod(0o755)
    archive = packed(
        tmp_path,
        ["a.cu", "run", "same", "version.py"],
        {"version.py": "1.0", "PKG-INFO": "i", "same": "x", "__pycache__/be.pyc": "time"},
    )
    assert contents(archive) == {
        "PKG-INFO": "i", "a.cu": "a", "run": "", "same": "x", "setup.py": "", "version.py": "1.0",
    }  # fmt: skip
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == sorted(member.name for member in members)
    assert {(member.uid, member.uname, member.mtime) for member in members} == {(0, "", 315_532_800)}
    assert {member.name: member.mode for member in members}["demo-1.0/run"] == 0o755
    assert {member.mode for member in members} == {0o755, 0o644}


def test_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = write(tmp_path / "tree", {"a/x": "x", "b": "b"})
    for name, target in {"in": "b", "way": "a", "out": "../../etc", "root": "/etc/passwd"}.items():
        (tree / name).symlink_to(target)
    archive = packed(
        tmp_path,
        ["a/x", "b", "in", "out", "root", "way"],
        {"way/x": "x", "b": "b", "hard": link("demo-1.0/b", tarfile.LNKTYPE)},
    )
    with tarfile.open(archive) as tar:
        links = {member.name: member.linkname for member in tar if member.issym() or member.islnk()}
        names = tar.getnames()
    assert links == {"demo-1.0/in": "b"}
    assert "demo-1.0/way/x" in names
    assert "2 files of it are left out, since no sdist may hold them: 'out', 'root'" in capsys.readouterr().err
    assert (contents(archive)["in"], contents(archive)["hard"]) == ("b", "b")


def test_names_that_no_sdist_may_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "tree", {"tests/a:b": "", "ok": ""})
    assert sorted(contents(packed(tmp_path, ["ok", "tests/a:b"], {}))) == ["ok", "setup.py"]
    assert "1 files of it are left out" in capsys.readouterr().err


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "tree", {"a/b": "", "c": ""})
    assert sorted(contents(packed(tmp_path, ["a/b", "c"], {"a": "file", "c/d": ""}))) == ["a", "c/d", "setup.py"]


@pytest.mark.parametrize("member", [link("", tarfile.CHRTYPE), link("", tarfile.FIFOTYPE), link("x", tarfile.LNKTYPE)])
def test_what_the_backend_made_is_unsound(tmp_path: Path, member: tarfile.TarInfo) -> None:
    """It stays as it is, for whoever opens it to refuse."""
    write(tmp_path / "tree", {"a": ""})
    assert packed(tmp_path, ["a"], {"x": member}) == tmp_path / "made" / "demo-1.0.tar.gz"


@pytest.mark.parametrize(("setup", "expected"), [("pbr=True", False), ("data_files=['AUTHORS', 'ChangeLog']", True)])
def test_what_pbr_makes_of_history(tmp_path: Path, setup: str, *, expected: bool) -> None:
    """A wheel that is built in the repository has it only where its setup.py says so."""
    write(tmp_path / "tree", {"setup.py": setup})
    members = {"setup.py": setup, "AUTHORS": "", "ChangeLog": "", "demo.egg-info/pbr.json": "{}"}
    found = contents(packed(tmp_path, ["setup.py"], {**members}))
    assert ("AUTHORS" in found, "ChangeLog" in found) == (expected, expected)


def test_a_subdirectory_in_its_repository(tmp_path: Path) -> None:
    files = {
        "py/setup.py": "s",
        "py/pyproject.toml": '[build-system]\nrequires = ["x"]\nbuild-backend = "x.y:z"\n',
        "v.txt": "1",
    }
    write(tmp_path / "tree", {**files})
    archive = packed(tmp_path, sorted(files), {"setup.py": "s", "PKG-INFO": "i"}, "py")
    found = contents(archive)
    backend = found.pop("_in_repository/_in_repository.py")
    assert "FOLDER = 'repository/py'\nBACKEND = 'x.y:z'\nBACKEND_PATH = []\n" in backend
    assert found == {
        "PKG-INFO": "i",
        "setup.py": "s",
        "pyproject.toml": '[build-system]\nrequires = ["x"]\nbuild-backend = "_in_repository"\nbackend-path = ["_in_repository"]\n',
        "repository/py/PKG-INFO": "i",
        **{f"repository/{name}": text for name, text in files.items()},
    }
