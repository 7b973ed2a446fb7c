from __future__ import annotations

import base64
import csv
import hashlib
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from augbackend.hook import edited_wheel
from augbackend.standards import wheels
from augbackend.table import Build

INFO = "demo-1.0.dist-info"


def make(folder: Path, files: dict[str, bytes], *, record_first: bool = False) -> Path:
    files = {**files, f"{INFO}/METADATA": b"Name: demo\n", f"{INFO}/WHEEL": b"Wheel-Version: 1.0\n"}
    rows = [f'"{name}",{digest(content)},{len(content)}\n' for name, content in files.items()]
    record = {f"{INFO}/RECORD": "".join([*rows, f"{INFO}/RECORD,,\n"]).encode()}
    path = folder / "demo-1.0-py3-none-any.whl"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for at, (name, content) in enumerate((record | files if record_first else files | record).items()):
            entry = ZipInfo(name, (2020, 2, 2, 2, 2, 2 * at))
            entry.external_attr, entry.compress_type = 0o100755 << 16, ZIP_STORED if at % 2 else ZIP_DEFLATED
            archive.writestr(entry, content)
    return path


def digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def content(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == len(set(archive.namelist()))
        found = {name: archive.read(name) for name in archive.namelist()}
    rows = {row[0]: row[1:] for row in csv.reader(found[f"{INFO}/RECORD"].decode().splitlines())}
    assert rows == {
        name: ["", ""] if name.endswith("RECORD") else [digest(data), str(len(data))] for name, data in found.items()
    }
    return found


FILES = {
    "demo.py": b"x = 1\n" * 500,
    "a,b.py": b"",
    "lib/_augbackend/augbackend/x.py": b"ours",
    "z.bin": bytes(range(256)) * 99,
}


@pytest.mark.parametrize("record_first", [True, False])
def test_replaced_added_and_left_out(tmp_path: Path, record_first: bool) -> None:
    path = make(tmp_path, FILES, record_first=record_first)
    before = content(path)
    changes = {
        f"{INFO}/METADATA": b"Name: other\n",
        f"{INFO}/sboms/x.json": b"{}",
        "lib/_augbackend/augbackend/x.py": None,
    }
    wheels.edit(path, changes)
    after = content(path)
    for name, new in changes.items():
        assert after.pop(name, None) == new
        before.pop(name, None)
    assert {**after, f"{INFO}/RECORD": b""} == {**before, f"{INFO}/RECORD": b""}
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_what_lies_before_the_change_is_not_touched(tmp_path: Path) -> None:
    path = make(tmp_path, FILES)
    before = path.read_bytes()
    with ZipFile(path) as archive:
        start = archive.getinfo(f"{INFO}/METADATA").header_offset
    wheels.edit(path, {f"{INFO}/METADATA": b"Name: other\n"})
    assert path.read_bytes()[:start] == before[:start]


def test_the_same_edit_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        path = make(tmp_path / name, FILES)
        wheels.edit(path, {f"{INFO}/METADATA": b"Name: other\n"})
        written.append(path.read_bytes())
    assert written[0] == written[1]


def test_a_crash_leaves_no_wheel_that_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path, FILES)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(wheels, "_finish", fail)
    with pytest.raises(KeyboardInterrupt):
        wheels.edit(path, {f"{INFO}/METADATA": b""})
    assert not list(tmp_path.iterdir())


def test_no_wheel(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "x.whl", "w") as archive:
        archive.writestr("x", "")
    with pytest.raises(ValueError, match=r"x\.whl has no \.dist-info folder"):
        wheels.edit(tmp_path / "x.whl", {})


def test_a_wheel_without_the_copy_of_the_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some backends take every folder of a tree for a part of the package."""
    monkeypatch.setattr("augbackend.hook.own_copy._PACKAGE", tmp_path.resolve() / "own" / "augbackend")
    (tmp_path / "own").mkdir()
    build = Build(tmp_path, {}, {}, backend_path=("own",))
    assert edited_wheel.plan(build, "wheel", is_answered=False) is None
    file = tmp_path / "p-1-py3-none-any.whl"
    for extra in ("own/augbackend/x.py", "p.py"):
        with ZipFile(file, "w") as wheel:
            for name in ("p/__init__.py", extra, "p-1.dist-info/METADATA", "p-1.dist-info/RECORD"):
                wheel.writestr(name, "")
        assert edited_wheel.finished(file, build, None) == file.name
        with ZipFile(file) as wheel:
            assert (extra in wheel.namelist()) == (extra == "p.py")
    file.write_bytes(b"no wheel at all")
    assert edited_wheel.finished(file, build, None) == file.name
    assert file.read_bytes() == b"no wheel at all"
