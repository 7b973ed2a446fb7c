"""Wheels with any of their bytes changed: edited as a wheel, or handed on as they are."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from zipfile import ZipFile

from hypothesis import example, given
from hypothesis import strategies as st

from ..unit.test_odd_wheels import ODD, finish
from .odd_wheels import NAME, whole

CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6)
SMALL = sorted(what for what in ODD if "MB" not in what)


@example("RECORD in front of all", [(0.9375, 1)], "provenance = true")  # the last member cannot be decompressed
@given(st.sampled_from(SMALL), CHANGES, st.sampled_from(["", "provenance = true"]))
def test_a_wheel_with_other_bytes(what: str, changes: list[tuple[float, int]], keys: str) -> None:
    name, data = ODD[what]
    content = bytearray(data)
    for place, value in changes:
        content[int(place * len(content))] = value
    with tempfile.TemporaryDirectory() as folder:
        file = finish(Path(folder), name, bytes(content), keys)
        assert os.listdir(folder).count(file.name) == 1  # noqa: PTH208
        if file.read_bytes() != bytes(content):
            with ZipFile(file) as wheel:
                assert any(one.endswith(".dist-info/RECORD") for one in wheel.namelist())


@given(st.lists(st.text(max_size=12), max_size=4), st.booleans())
def test_a_record_of_any_lines(lines: list[str], ends: bool) -> None:
    text = "\n".join([*lines, "demo/__init__.py,sha256=x,1"]) + ("\n" if ends else "")
    data = whole(text=text.encode("utf-8", "surrogatepass"))
    with tempfile.TemporaryDirectory() as folder:
        file = finish(Path(folder), NAME, data, "provenance = true")
        with ZipFile(file) as wheel:
            new = wheel.read("demo-1.0.dist-info/RECORD").decode("utf-8", "surrogateescape")
    assert "demo/__init__.py,sha256=x,1\n" in new
    assert new.endswith("\ndemo-1.0.dist-info/RECORD,,\n")
