"""Archives that nobody honest makes: each command ends with a sentence of ours, in bounded memory and time."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from augbackend.cli.fetch import sdist
from augbackend.errors import AugbackendError
from augbackend.standards import tar

from ..conftest import ROOT
from .crafted_sdists import BASE, files
from .crafted_sdists import tar as tarred

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux's")
WHOLE = tarred(files({**BASE, "grün.txt": b"x" * 700}))


@pytest.mark.processes
@pytest.mark.parametrize("command", ["wrap", "diagnose", "verify"])
@pytest.mark.parametrize("which", ["everything", "bombs"])
def test_crafted(tmp_path: Path, command: str, which: str) -> None:
    # What reads only a part of what `wrap` reads is tried on a part.
    parts = 1 if command == "wrap" or which == "bombs" else 6
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.try_sdists", command, f"0/{parts}", which],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    *problems, count = ended.stdout.splitlines()
    assert problems == []
    assert int(count.split()[0]) >= (5 if which == "bombs" else 400)


BYTES = st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=12)


@given(BYTES, st.integers(0, 3))
@example([(124, 0xFF)], 0)  # a negative size
@example([(156, ord("x"))], 0)
def test_a_tar_with_other_bytes(changes: list[tuple[int, int]], cut: int) -> None:
    """It is refused, or read; then all that read it find the same."""
    content = bytearray(WHOLE)
    for at, value in changes:
        content[at] = value
    for at in range(0, len(content), 512):  # a header with a right checksum is looked into
        if content[at + 257 : at + 262] == b"ustar":
            blank = content[at : at + 148] + b" " * 8 + content[at + 156 : at + 512]
            content[at + 148 : at + 156] = b"%06o\0 " % sum(blank)
    data = gzip.compress(bytes(content[: len(content) - cut * 512]), 1)
    file = Path(os.environ.get("TMPDIR", "/tmp")) / f"fuzz-{os.getpid()}-1.0.tar.gz"  # noqa: S108  # gone at once
    file.write_bytes(data)
    try:
        with sdist.opened(file) as found:
            names = [member.name for member in found.members]
            for name in BASE:
                found.read(name)
        with tarfile.open(fileobj=io.BytesIO(zlib.decompress(data, 31))) as plain:
            assert [member.name for member in plain] == names
    except AugbackendError as error:
        assert str(error).startswith("augbackend: error: not a sound sdist: ")
    finally:
        with tar.opened(file) as archive:  # as the backend reads what the wrapped one made
            assert archive is None or archive.members is not None
        file.unlink()
