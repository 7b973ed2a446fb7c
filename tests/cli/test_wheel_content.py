"""What is no wheel is told in words, before an installer gets it, and without holding all of it."""

from __future__ import annotations

import struct
import tracemalloc
import warnings
import zipfile
from pathlib import Path
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augbackend.cli.fetch import wheel_content
from augbackend.cli.fetch.wheel_content import UnsoundWheelError

METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: six\n"
INFO = "demo-1.0.dist-info"
Members = dict[str, "str | bytes"]


def wheel(folder: Path, more: Members | None = None, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "demo-1.0-py3-none-any.whl"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of the same name twice
        for name, content in {"demo.py": "", f"{INFO}/METADATA": METADATA, **(more or {})}.items():
            archive.writestr(name.rstrip("?"), content)
    return path


def patched(old: bytes, new: bytes) -> Callable[[Path], None]:
    def patch(path: Path) -> None:
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new))

    return patch


def replaced(content: bytes) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.write_bytes(content)

    return replace


def of_directory(offset: int, form: str, value: int) -> Callable[[Path], None]:
    """Change a field of the last member in the list of members."""

    def change(path: Path) -> None:
        content = bytearray(path.read_bytes())
        struct.pack_into(form, content, content.rindex(b"PK\1\2") + offset, value)
        path.write_bytes(content)

    return change


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (replaced(b""), "not a zip file"),
    "text": (replaced(b"hello" * 100), "not a zip file"),
    "no sum": (patched(b"Version: 1.0", b"Version: 2.0"), "Bad CRC-32"),
    "encrypted": (of_directory(8, "<H", 1), "is encrypted"),
    "another compression": (of_directory(10, "<H", 99), "is compressed as in no wheel"),
    "a version of zip": (of_directory(6, "<H", 99), "zip file version 9.9"),
    "longer than it says": (of_directory(24, "<L", 20), "has 65 bytes, and says 20"),
    "shorter than it says": (of_directory(24, "<L", 80), "has 65 bytes, and says 80"),
    "much of it": (of_directory(24, "<L", 2**31), "bytes unpack to 214748"),
    "overlapping": (of_directory(42, "<L", 0), "its members overlap"),
    "behind the end": (of_directory(42, "<L", 2**31), "its members overlap"),
    "a list of members that is not there": (lambda path: end_of(path, 12, 2**31), "Bad offset|Invalid argument"),
}


def end_of(path: Path, offset: int, value: int) -> None:
    content = bytearray(path.read_bytes())
    struct.pack_into("<L", content, content.rindex(b"PK\5\6") + offset, value)
    path.write_bytes(content)


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_ones(tmp_path: Path, kind: str) -> None:
    path = wheel(tmp_path, compression=zipfile.ZIP_STORED)
    BROKEN[kind][0](path)
    with pytest.raises(UnsoundWheelError, match=BROKEN[kind][1]):
        wheel_content.read(path)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "a/../../evil.py",
        "/etc/evil",
        "..\\evil.py",
        "C:evil.py",
        "\\\\host\\evil",
        "a\x1b[8m.py",
        "a\0b.py",
    ],
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    path = wheel(tmp_path, {"~" * len(name): ""})
    patched(b"~" * len(name), name.encode())(path)
    with pytest.raises(UnsoundWheelError, match="is no name for what an installer unpacks"):
        wheel_content.read(path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({f"{INFO}/METADATA": METADATA + "\n" + "\0" * 2**27}, "METADATA has more than 8388608 bytes"),
        ({f"{INFO}/RECORD": "\0" * (2**27 + 1)}, "RECORD has more than 134"),
        ({f"{INFO}/METADATA?": METADATA}, "two members called"),
        ({f"{INFO}/METADATA": "Requires-Dist: a\n" * 3000}, "it requires 3000 other packages"),
    ],
)
def test_too_much_of_it(tmp_path: Path, more: Members, said: str) -> None:
    path = wheel(tmp_path, more)
    more.clear()
    tracemalloc.start()
    try:
        with pytest.raises(UnsoundWheelError, match=said):
            wheel_content.read(path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 300 * 2**20


def test_nothing_in_it(tmp_path: Path) -> None:
    """The installer says what is missing."""
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(b"PK\5\6" + bytes(18))
    assert wheel_content.read(path) == ((), ())


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = wheel(tmp_path, {f"m{number}.py": "" for number in range(300)})
    monkeypatch.setattr(wheel_content, "_MOST_MEMBERS", 300)
    with pytest.raises(UnsoundWheelError, match="302 members"):
        wheel_content.read(path)
    monkeypatch.setattr(wheel_content, "_MOST_AT_ONCE", 9000)
    with pytest.raises(UnsoundWheelError, match="too many members"):
        wheel_content.read(path)


def test_a_large_one_that_is_honest(tmp_path: Path) -> None:
    path = wheel(tmp_path, {"demo/data.bin": b"x" * 2**20, f"{INFO}/RECORD": "a,,\n" * 50_000})
    assert wheel_content.read(path).requires_dist == ("six",)


def test_a_field_of_a_million_lines(tmp_path: Path) -> None:
    path = wheel(tmp_path, {f"{INFO}/METADATA": METADATA + "Summary: a\n" + " \n" * 10**6})
    assert wheel_content.read(path).requires_dist == ("six",)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6), st.integers(0, 400))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, int]], cut: int
) -> None:
    path = wheel(tmp_path_factory.mktemp("any"))
    content = bytearray(path.read_bytes())
    for at, value in edits:
        content[at % len(content)] = value
    path.write_bytes(bytes(content[: len(content) - cut % 50 * (cut % 3 == 0)]))
    try:
        wheel_content.read(path)
    except UnsoundWheelError as error:
        assert str(error)
