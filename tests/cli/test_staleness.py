"""`augbackend wrap --check`: why an archive is stale."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Callable

import pytest

from .archives import sdist, wrap, wrapped

pytestmark = pytest.mark.usefixtures("alone", "no_index")

Members = dict[str, bytes]


def altered(archive: Path, edit: Callable[[Members], None]) -> None:
    with tarfile.open(archive) as tar:
        members = {one.name: tar.extractfile(one).read() for one in tar if one.isreg()}  # type: ignore[union-attr]
    edit(members)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    archive.write_bytes(gzip.compress(stream.getvalue()))


def replaced(name: str, old: str, new: str) -> Callable[[Members], None]:
    def edit(members: Members) -> None:
        assert old.encode() in members[f"demo-1.0/{name}"]
        members[f"demo-1.0/{name}"] = members[f"demo-1.0/{name}"].replace(old.encode(), new.encode())

    return edit


def line(tmp_path: Path, *options: str) -> str:
    """What the first line says of the archive in ``out``."""
    found = wrap(tmp_path / "in" / "demo-1.0.tar.gz", "-o", tmp_path / "out", "--check", *options)
    assert found.exit_code == 1, found.output
    return found.output.splitlines()[0].partition("demo-1.0.tar.gz: ")[2]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    wrapped(sdist(tmp_path / "in", {"x.py": "x = 1\n"}), "-o", tmp_path / "out", "--require", "ninja")
    return tmp_path / "out" / "demo-1.0.tar.gz"


def test_what_is_declared(tmp_path: Path, archive: Path) -> None:
    assert "extra-build-dependencies: - ninja, + cmake; " in line(tmp_path, "--require", "cmake")
    said = line(tmp_path, "--require", "ninja", "--variable", "A=1")
    assert said == 'stale, since extra-build-variables was nothing, is now {"A": "1"}'
    assert "is now" not in wrapped(tmp_path / "in" / archive.name, "-o", archive.parent, "--require", "ninja").output
    archive.unlink()
    assert line(tmp_path) == "missing"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("x.py", "x = 1", "x = 2"), "upstream's files in it were changed"),
        (("PKG-INFO", "a demo", "evil"), "PKG-INFO was changed"),
        (("_augbackend/augbackend/errors.py", "import", "import "), "the backend in it was changed"),
        (("pyproject.toml", 'name = "demo"', 'name = "demo" # '), "pyproject.toml was changed"),
        (("pyproject.toml", 'sha256 = "', 'sha256 = "0'), "upstream's sha256 was 0"),
        (("pyproject.toml", 'augbackend = "', 'augbackend = "0.'), "written by augbackend was 0."),
        (("pyproject.toml", "[tool.augbackend", "[tool.["), "it is no sound archive of ours: it is not TOML"),
    ],
)  # fmt: skip
def test_what_was_changed(tmp_path: Path, archive: Path, change: tuple[str, str, str], said: str) -> None:
    altered(archive, replaced(*change))
    options = ["--upgrade"] if "written by" in said else []
    assert line(tmp_path, "--require", "ninja", *options).startswith(f"stale, since {said}")


def test_files_that_came_or_went(tmp_path: Path, archive: Path) -> None:
    altered(archive, lambda members: members.update({"demo-1.0/evil.py": b""}))
    assert line(tmp_path, "--require", "ninja") == "stale, since other files of upstream's are in it"


def test_no_archive_at_all(tmp_path: Path, archive: Path) -> None:
    archive.write_bytes(b"none")
    assert line(tmp_path, "--require", "ninja").startswith("stale, since it is no sound archive of ours: ")
    upstream = tmp_path / "in" / archive.name
    found = wrap(upstream, "-o", archive.parent, "--check", "--require", "ninja", "--json")
    assert json.loads(found.stdout)["packages"][0]["why"].startswith("it is no sound archive of ours: ")


@pytest.mark.parametrize("origin", ['origin = "x"', "origin = []", ""])
def test_a_table_of_another_shape(tmp_path: Path, archive: Path, origin: str) -> None:
    """What is there may be anything."""
    text = f'[build-system]\nrequires = "x"\n[tool.augbackend]\n{origin}\nprovenance = {"[" * 50}{"]" * 50}\n'
    altered(archive, lambda members: members.update({"demo-1.0/pyproject.toml": text.encode()}))
    assert line(tmp_path, "--require", "ninja").startswith("stale, since ")
