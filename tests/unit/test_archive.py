"""An sdist completed: what was in it stays as it was, byte for byte; what is added is reproducible."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Callable

import pytest

from augbackend.hook import own_copy
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
def test_what_killed_runs_left_is_swept(tree: Tree) -> None:
    """And neither what a running one is writing, nor anybody else's files."""
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
    folder = tree({"pyproject.toml": "", "own/augbackend/__init__.py": "# ours\n", "own/augbackend/__pycache__/x": ""})
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
