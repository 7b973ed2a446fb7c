"""An sdist completed: what was in it stays as it was, byte for byte; what is added is reproducible."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Callable

import pytest

from augbackend.hook import declared, own_copy
from augbackend.hook import sdist as sdist_hook
from augbackend.table import Build

Tree = Callable[[dict[str, "str | bytes"]], Path]

LONG = "x" * 120  # longer than a plain tar header holds


def tar_gz(
    file: Path, members: dict[str, bytes], *, mtime: int = 1_600_000_000, form: int = tarfile.GNU_FORMAT
) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=form) as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname, member.mode = len(content), mtime, "someone", 0o640
            tar.addfile(member, io.BytesIO(content))
    file.write_bytes(gzip.compress(raw.getvalue(), mtime=12345))


def build_of(folder: Path) -> Build:
    return Build(folder, {}, {})


def labelled(folder: Path) -> Build:
    document = {"tool": {"augbackend": {"local-version": "team"}}}
    return declared.read(folder, environ={}, document=document)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_label_in_name_folder_and_pkg_info(tree: Tree, form: int) -> None:
    """As the wheel has it: frontends compare the two."""
    folder, raw, top = tree({"pyproject.toml": ""}), io.BytesIO(), "p-1"
    with tarfile.open(fileobj=raw, mode="w", format=form, pax_headers={"comment": "of all"}) as tar:
        for name in (top, f"{top}/pyproject.toml", f"{top}/PKG-INFO", f"{top}/{LONG}/ä", f"{top}/soft", f"{top}/hard"):
            one, content = tarfile.TarInfo(name), b"Name: p\nVersion: 1\n\nVersion: 1\n" if "INFO" in name else b""
            one.size, one.mode, one.mtime = len(content), 0o750, 1_600_000_000
            one.type = tarfile.DIRTYPE if name == top else tarfile.SYMTYPE if "soft" in name else tarfile.REGTYPE
            one.type, one.linkname = (tarfile.LNKTYPE, f"{top}/PKG-INFO") if "hard" in name else (one.type, "PKG-INFO")
            tar.addfile(one, io.BytesIO(content))
    (folder / "p-1.tar.gz").write_bytes(gzip.compress(raw.getvalue(), mtime=12345))
    found = sdist_hook.complete(folder / "p-1.tar.gz", labelled(folder))
    assert sorted(file.name for file in folder.iterdir()) == ["p-1+team.tar.gz", "pyproject.toml"]
    assert (found.name, found.read_bytes()[4:8]) == ("p-1+team.tar.gz", (12345).to_bytes(4, "little"))
    with tarfile.open(found) as tar:
        new = {member.name: member for member in tar}
        names = ["", "/pyproject.toml", "/PKG-INFO", f"/{LONG}/ä", "/soft", "/hard"]
        assert [*new] == [f"p-1+team{name}" for name in names]
        assert tar.extractfile("p-1+team/hard").read() == b"Name: p\nVersion: 1+team\n\nVersion: 1\n"  # type: ignore[union-attr]
        assert new["p-1+team/soft"].linkname == "PKG-INFO"
        assert {(one.mode, one.mtime) for one in new.values()} == {(0o750, 1_600_000_000)}
        assert new["p-1+team"].isdir()
        soft = new["p-1+team/soft"]
        assert soft.offset_data - soft.offset == tarfile.BLOCKSIZE  # what is said of all is not said of each
        assert tar.pax_headers == ({"comment": "of all"} if form == tarfile.PAX_FORMAT else {})
    before = found.read_bytes()
    assert sdist_hook.complete(found, labelled(folder)) == found
    assert found.read_bytes() == before


@pytest.mark.parametrize("name", ["p-1.tar.gz", "p.tar.gz"])
@pytest.mark.parametrize("content", [b"nothing", gzip.compress(bytes(10240), mtime=0)])
def test_what_cannot_be_labelled_stays(tree: Tree, name: str, content: bytes) -> None:
    folder = tree({"pyproject.toml": "", name: content})
    assert sdist_hook.complete(folder / name, labelled(folder)) == folder / name
    assert (folder / name).read_bytes() == content


def test_a_label_without_pkg_info(tree: Tree) -> None:
    folder = tree({"pyproject.toml": ""})
    tar_gz(folder / "p-1.tar.gz", {"p-1/setup.py": b"x"})
    with tarfile.open(sdist_hook.complete(folder / "p-1.tar.gz", labelled(folder))) as tar:
        assert tar.getnames() == ["p-1+team/setup.py", "p-1+team/pyproject.toml"]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_members_are_carried_over_as_they_are(tree: Tree, form: int) -> None:
    folder = tree({"pyproject.toml": "[project]\n"})
    members = {
        "p-1/setup.py": b"a" * 700,
        "p-1/" + (LONG if form != tarfile.USTAR_FORMAT else "y"): b"",
        "p-1/PKG-INFO": b"i",
    }
    sdist = folder / "p-1.tar.gz"
    tar_gz(sdist, members, form=form)
    before = gzip.decompress(sdist.read_bytes())
    sdist_hook.complete(sdist, build_of(folder))
    after = gzip.decompress(sdist.read_bytes())
    with tarfile.open(sdist) as tar:
        found = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
        added = tar.getmember("p-1/pyproject.toml")
    assert found == {**members, "p-1/pyproject.toml": b"[project]\n"}
    assert (added.mtime, added.mode, added.uid, added.uname) == (1_600_000_000, 0o644, 0, "")
    end = len(before.rstrip(b"\0"))
    assert after[:end] == before[:end]
    assert len(after) % tarfile.RECORDSIZE == 0
    assert sdist.read_bytes()[4:8] == (12345).to_bytes(4, "little")
    assert [file.name for file in folder.iterdir()] in (["pyproject.toml", sdist.name], [sdist.name, "pyproject.toml"])


def test_same_inputs_same_bytes(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree({"pyproject.toml": "[project]\n"})
    found = set()
    for at in range(3):
        (folder / str(at)).mkdir()
        tar_gz(folder / str(at) / "p-1.tar.gz", {"p-1/setup.py": b""})
        (folder / "pyproject.toml").touch()
        sdist_hook.complete(folder / str(at) / "p-1.tar.gz", build_of(folder))
        found.add((folder / str(at) / "p-1.tar.gz").read_bytes())
    assert len(found) == 1
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    tar_gz(folder / "p-1.tar.gz", {"p-1/setup.py": b""})
    sdist_hook.complete(folder / "p-1.tar.gz", build_of(folder))
    with tarfile.open(folder / "p-1.tar.gz") as tar:
        assert tar.getmember("p-1/pyproject.toml").mtime == 1_700_000_000


def test_complete_archive_is_left_alone(tree: Tree) -> None:
    folder = tree({"pyproject.toml": ""})
    tar_gz(folder / "p-1.tar.gz", {"p-1/pyproject.toml": b"changed by the wrapped backend"})
    before = (folder / "p-1.tar.gz").read_bytes()
    sdist_hook.complete(folder / "p-1.tar.gz", build_of(folder))
    assert (folder / "p-1.tar.gz").read_bytes() == before


def test_failure_half_way_leaves_nothing(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody finds an sdist from which nothing can be built."""
    folder = tree({"pyproject.toml": "[project]\n"})
    tar_gz(folder / "p-1.tar.gz", {"p-1/setup.py": b""})

    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gzip.GzipFile, "write", full)
    with pytest.raises(OSError, match="No space"):
        sdist_hook.complete(folder / "p-1.tar.gz", build_of(folder))
    assert sorted(file.name for file in folder.iterdir()) == ["pyproject.toml"]


def gz(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def odd_tar(*members: tarfile.TarInfo, end: bytes = bytes(2048)) -> bytes:
    return gz(b"".join(member.tobuf() for member in members) + end)


def member(name: str, **fields: object) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(found, field, value)
    return found


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing",
        gz(b""),
        gz(b"not a tar" * 99),
        gz(b"cut")[:-4],
        gz(bytes(10_000_000))[:-9],
        gz(b"cut")[:-8] + bytes(8),
        b"PK\x05\x06" + bytes(18),
        b"BZh91AY&SY",
        odd_tar(),
        odd_tar(member("p-1/setup.py"), end=b"garbage" * 300),
        odd_tar(member("p-1/setup.py", pax_headers={"mtime": "nan"})),
        odd_tar(member("p-1/setup.py", pax_headers={"mtime": "inf"})),
        odd_tar(member("p-1/setup.py", size=2**70)),
        odd_tar(member("p-1/setup.py", pax_headers={"GNU.sparse.map": "x", "GNU.sparse.size": "y"})),
    ],
)
def test_what_is_no_archive_is_left_alone(tree: Tree, content: bytes) -> None:
    folder = tree({"pyproject.toml": "[project]\n", "p-1.tar.gz": content})
    sdist_hook.complete(folder / "p-1.tar.gz", build_of(folder))
    assert (folder / "p-1.tar.gz").read_bytes() == content
    assert {file.name for file in folder.iterdir()} == {"pyproject.toml", "p-1.tar.gz"}


@pytest.mark.processes
def test_what_killed_runs_left_is_swept(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """And neither what a running one is writing, of whichever user, nor anybody else's files."""
    kill, listdir = os.kill, os.listdir

    def asked_by_a_user(process: int, signal: int) -> None:
        if process == 1:
            raise PermissionError
        kill(process, signal)

    monkeypatch.setattr(os, "kill", asked_by_a_user)
    monkeypatch.setattr(os, "listdir", lambda folder: sorted(listdir(folder)))
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    gone = [f".{name}.{process.pid}.tmp" for name in ("p-1.tar.gz", "p-1-py3-none-any.whl")]
    kept = [".p-1.tar.gz.1.tmp", f"p-1.tar.gz.{process.pid}.tmp", f".p.{process.pid}.tmp", ".p-1.tar.gz.x.tmp"]
    folder = tree({"pyproject.toml": "", **dict.fromkeys([*gone, *kept], "x")})
    tar_gz(folder / "p-1.tar.gz", {"p-1/setup.py": b""})
    sdist_hook.complete(folder / "p-1.tar.gz", build_of(folder))
    assert {file.name for file in folder.iterdir()} == {"pyproject.toml", "p-1.tar.gz", *kept}


def test_an_archive_that_is_not_there(tree: Tree) -> None:
    folder = tree({"pyproject.toml": "[project]\n"})
    with pytest.raises(FileNotFoundError):
        sdist_hook.complete(folder / "p-1.tar.gz", build_of(folder))


def test_the_copy_is_in_the_sdist_and_in_no_wheel(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_there = {"own/augbackend/__pycache__/x": "", "own/augbackend/.ruff_cache/x": ""}
    folder = tree({"pyproject.toml": "", "own/augbackend/__init__.py": "# ours\n", **kept_there})
    monkeypatch.setattr("augbackend.hook.own_copy._PACKAGE", folder.resolve() / "own" / "augbackend")
    build = build_of(folder)._replace(backend_path=("elsewhere", "./own"))
    tar_gz(folder / "p-1.tar.gz", {"p-1/pyproject.toml": b""})
    sdist_hook.complete(folder / "p-1.tar.gz", build)
    with tarfile.open(folder / "p-1.tar.gz") as tar:
        assert tar.getnames() == ["p-1/pyproject.toml", "p-1/own/augbackend/__init__.py"]
    members = ["p/__init__.py", "own/augbackend/__init__.py", "p-1.data/purelib/own/augbackend/x.py"]
    assert own_copy.among(members, build) == members[1:]
    assert own_copy.among(members, build_of(folder)) == []
    monkeypatch.setattr("augbackend.hook.own_copy._PACKAGE", folder.resolve() / "augbackend")
    assert own_copy.among(members, build._replace(backend_path=(".",))) == []
