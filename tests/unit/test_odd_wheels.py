"""Wheels that other tools write in other ways: all that is not ours to change stays as it is, byte for byte."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from zipfile import ZipFile

import pytest

from augbackend.features import known_keys
from augbackend.hook import declared, edited_wheel

from ..conftest import write
from ..fuzz.odd_wheels import INFO, METADATA, NAME, digest, odd, raw_members, record, whole, zipped

PYPROJECT = """
[build-system]
requires = []
build-backend = "augbackend"
[tool.augbackend]
local-version = "team"
"""
ODD = {what: (name, data) for what, name, data in odd()}
OURS = ("METADATA", "RECORD")


def finish(folder: Path, name: str, data: bytes, more: str = "") -> Path:
    """A wheel under ``local-version``, or under other keys."""
    tree = write(
        folder / "tree",
        {"pyproject.toml": PYPROJECT if not more else PYPROJECT.replace('local-version = "team"', more)},
    )
    build = declared.read(tree, environ={})
    file = folder / name
    file.write_bytes(data)
    return folder / edited_wheel.finished(file, build, edited_wheel.plan(build, "wheel", is_answered=True))


@pytest.mark.parametrize("what", ODD)
def test_all_others_stay_byte_for_byte(tmp_path: Path, what: str) -> None:
    name, data = ODD[what]
    new = finish(tmp_path, name, data, "provenance = true").read_bytes()
    before, after = raw_members(data), raw_members(new)
    for member, old in before.items():
        if member != f"{INFO}/RECORD".encode() and not member.endswith(b"dist-info/RECORD"):
            assert after.pop(member) == old
    assert {one.rpartition(b"/")[2] for one in after} == {b"RECORD", b"augbackend.cdx.json"}
    assert new[: data.index(b"PK\x03\x04")] == data[: data.index(b"PK\x03\x04")]
    with ZipFile(io.BytesIO(data)) as old_zip, ZipFile(io.BytesIO(new)) as new_zip:
        assert new_zip.comment == old_zip.comment
        order = [one for one in old_zip.namelist() if not one.endswith("/RECORD")]
        assert [one for one in new_zip.namelist() if one in order] == order
        assert new_zip.testzip() is None


@pytest.mark.parametrize("what", ODD)
def test_another_version(tmp_path: Path, what: str) -> None:
    name, data = ODD[what]
    file = finish(tmp_path, name, data)
    assert "+" in file.name
    assert [one.name for one in tmp_path.glob("*.whl")] == [file.name]
    with ZipFile(io.BytesIO(data)) as old, ZipFile(file) as new:
        assert new.testzip() is None
        (info,) = {one.partition("/")[0] for one in new.namelist() if "team.dist-info/" in one}
        previous = info.replace("+team", "").replace("cu12.team", "cu12")
        renamed = {one.replace(previous, info).replace("demo-1.0.data", "demo-1.0+team.data") for one in old.namelist()}
        assert {*new.namelist()} == renamed
        text = new.read(f"{info}/METADATA")
        versions = [
            line.partition(b":")[2].strip()
            for line in text.replace(b"\n ", b" ").split(b"\n")
            if line.lower().startswith(b"version:")
        ]
        assert versions[0].endswith(b"team")
        rows = [row for row in csv.reader(io.StringIO(new.read(f"{info}/RECORD").decode(), newline="")) if row]
        theirs = [row for row in csv.reader(io.StringIO(old.read(f"{previous}/RECORD").decode(), newline="")) if row]
    assert len(rows) == len({row[0] for row in rows}) == len(theirs)
    by_name = {row[0]: row[1:] for row in rows}
    assert by_name[f"{info}/METADATA"] == [digest(text), str(len(text))]
    assert by_name[f"{info}/RECORD"] == ["", ""]
    kept = {row[0]: row[1:] for row in theirs if not row[0].startswith((previous, "demo-1.0.data"))}
    assert {one: by_name[one] for one in kept} == kept


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (NAME, whole()[:-30]),
        (NAME, b""),
        (NAME, zipped({f"{INFO}/": b"", "demo/": b""})),
        (NAME, zipped({"demo.py": b"", f"{INFO}/RECORD": record({})})),  # no METADATA
        (NAME, zipped({f"{INFO}/METADATA": METADATA, f"{INFO}/RECORD": record({})}, 0).replace(b"It is", b"It Is")),  # its CRC
        (NAME, whole().replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")),  # encrypted
        (NAME, whole().replace(b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x00\x00\x63\x00")),  # a method that nobody knows
        ("demo.whl", whole()),
        ("demo-1.0.whl", whole()),
    ],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_wheel_stays_as_it_is(tmp_path: Path, name: str, data: bytes) -> None:
    file = finish(tmp_path, name, data)
    assert file.name == name
    assert file.read_bytes() == data


def test_the_keys_that_edit_wheels_are_tried_here() -> None:
    assert {"local-version", "provenance"} <= {*known_keys()}
