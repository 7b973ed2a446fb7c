"""A wheel that we have finished is one to everybody: to those who install it, to those who check it, and when it is big."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import pytest

from ..conftest import ROOT, write
from ..matrix.frontends import BIN, EXE, Frontends

pytestmark = pytest.mark.builds

DECLARED = """
[tool.augbackend]
build-backend = "{backend}"
extra-build-dependencies = ["otherlib"]
pin-runtime = {{ otherlib = "x.x" }}
local-version = "team"
provenance = true
"""
README = "A demo\n======\n"
# With data and a command, whose places have the version in their names.
TREES: dict[str, dict[str, str | bytes]] = {
    "setuptools": {
        "pyproject.toml": '[build-system]\nrequires = ["setuptools", "augbackend"]\nbuild-backend = "augbackend"\n'
        + DECLARED.format(backend="setuptools.build_meta:__legacy__"),
        "setup.py": "from setuptools import setup\n"
        "setup(name='demo', version='1.0', packages=['demo'], install_requires=['otherlib>=0.5'],\n"
        "      description='x', long_description=open('README.rst').read(), long_description_content_type='text/x-rst', scripts=['hello'],\n"
        "      data_files=[('share/demo', ['README.rst'])])\n",
        "hello": "#!/usr/bin/env python\nimport demo\nprint('hello', demo.x)\n",
        "README.rst": README,
        "demo/__init__.py": "x = 1\n",
    },
    "hatchling": {
        "pyproject.toml": '[build-system]\nrequires = ["hatchling", "augbackend"]\nbuild-backend = "augbackend"\n'
        '[project]\nname = "demo"\nversion = "1.0"\ndescription = "x"\nreadme = "README.rst"\ndynamic = ["dependencies"]\n'
        '[project.scripts]\nhello = "demo:hello"\n'
        '[tool.hatch.metadata.hooks.custom]\n[tool.hatch.build.targets.wheel.shared-data]\n"README.rst" = "share/demo/README.rst"\n'
        + DECLARED.format(backend="hatchling.build"),
        "hatch_build.py": "from hatchling.metadata.plugin.interface import MetadataHookInterface\n"
        "class Hook(MetadataHookInterface):\n"
        "    def update(self, metadata): metadata['dependencies'] = ['otherlib>=0.5']\n",
        "README.rst": README,
        "demo/__init__.py": "x = 1\ndef hello(): print('hello', x)\n",
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=sorted(TREES))
def wheel(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A wheel with pins, a label, and a document of what went into it."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = write(folder / "tree", TREES[request.param])
    frontends.run(frontends.program("pip"), "wheel", "--no-deps", "-w", str(folder / "out"), str(tree), cwd=folder)
    (found,) = (folder / "out").iterdir()
    return found


def check(frontends: Frontends, python: Path, scratch: Path) -> None:
    """It is installed, all of it, and knows its version."""
    code = "import demo, importlib.metadata as m; d = m.distribution('demo'); print(demo.x, d.version, d.requires)"
    assert frontends.run(str(python), "-c", code, cwd=scratch) == "1 1.0+team ['otherlib>=1.0,<1.1']\n"
    code = "import importlib.metadata as m; print([str(f) for f in m.files('demo') if not f.locate().is_file()])"
    assert frontends.run(str(python), "-c", code, cwd=scratch) == "[]\n"
    document = next(scratch.rglob("demo-1.0+team.dist-info/sboms/augbackend.cdx.json"))
    assert json.loads(document.read_text())["metadata"]["component"]["version"] == "1.0+team"
    assert next(scratch.rglob("share/demo/README.rst")).read_text() == README


def test_pip(frontends: Frontends, wheel: Path, tmp_path: Path) -> None:
    python = frontends.environment(tmp_path / "environment")
    frontends.run(frontends.program("pip"), "--python", str(python), "install", str(wheel), cwd=tmp_path)
    check(frontends, python, tmp_path)
    hello = str(tmp_path / "environment" / BIN / f"hello{EXE}")
    assert os.access(hello, os.X_OK)
    # By its interpreter: in a path with a space, pip's first line of a script starts nothing.
    assert frontends.run(*([] if EXE else [str(python)]), hello, cwd=tmp_path) == "hello 1\n"
    frontends.run(frontends.program("pip"), "--python", str(python), "check", cwd=tmp_path)
    frontends.run(frontends.program("pip"), "--python", str(python), "uninstall", "-y", "demo", cwd=tmp_path)
    assert list(tmp_path.rglob("demo*")) == []


def test_uv(frontends: Frontends, wheel: Path, tmp_path: Path) -> None:
    python = frontends.environment(tmp_path / "environment")
    frontends.install(tmp_path / "environment", str(wheel))
    check(frontends, python, tmp_path)
    frontends.run("uv", "pip", "check", "--python", str(python), cwd=tmp_path)


def test_installer(frontends: Frontends, wheel: Path, tmp_path: Path) -> None:
    """Which holds every file against RECORD, if it is asked to."""
    python = frontends.environment(tmp_path / "environment")
    frontends.install(tmp_path / "environment", "installer", "otherlib")
    frontends.run(str(python), "-m", "installer", "--validate-record", "all", str(wheel), cwd=tmp_path)
    check(frontends, python, tmp_path)


def test_twine(frontends: Frontends, wheel: Path, tmp_path: Path) -> None:
    said = frontends.run(frontends.program("twine"), "check", "--strict", str(wheel), cwd=tmp_path)
    assert "PASSED" in said


# --- a big one ---


INFO = "demo-1.0.dist-info"
PART = 200 << 20
EDIT = """
import resource, sys
from pathlib import Path
from augbackend.standards import wheels
wheels.edit(Path(sys.argv[1]), {"demo-1.0.dist-info/METADATA": b"Name: other\\n", "demo-1.0.dist-info/sboms/x.json": b"{}"})
said = Path("/proc/self/status")
if said.exists():  # what getrusage has counts the process that started this one
    print(next(int(line.split()[1]) for line in said.open() if line.startswith("VmHWM:")) << 10)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.fixture(params=["last", "first"])
def big(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A wheel of 600 MB, its `.dist-info` where it belongs, or in front of all the rest."""
    path, chunk = tmp_path / "demo-1.0-py3-none-any.whl", os.urandom(1 << 20)
    small = {f"{INFO}/METADATA": b"Name: demo\n", f"{INFO}/RECORD": b""}
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name in [*small, "a.so", "b.so", "c.so"] if request.param == "first" else ["a.so", "b.so", "c.so", *small]:
            with archive.open(ZipInfo(name), "w", force_zip64=name not in small) as member:
                for part in [small[name]] if name in small else [chunk] * (PART // len(chunk)):
                    member.write(part)
    yield path
    path.unlink()


def digest(file: Path, count: int) -> str:
    found = hashlib.sha256()
    with file.open("rb") as stream:
        for left in range(count, 0, -(1 << 20)):
            found.update(stream.read(min(left, 1 << 20)))
    return found.hexdigest()


@pytest.mark.skipif(sys.platform == "win32", reason="it does not say how much memory a process took")
def test_a_big_wheel_is_edited_in_little_memory(big: Path) -> None:
    with ZipFile(big) as archive:
        before = {entry.filename: entry for entry in archive.infolist()}
    start = before[f"{INFO}/METADATA"].header_offset
    untouched, size = digest(big, start), big.stat().st_size
    assert size > 3 * PART
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", EDIT, str(big)], env=environ, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 80 << 20
    assert digest(big, start) == untouched
    assert abs(big.stat().st_size - size) < 1 << 12
    assert [file.name for file in big.parent.iterdir()] == [big.name]
    with ZipFile(big) as archive:
        assert archive.testzip() is None
        after = {entry.filename: entry for entry in archive.infolist()}
        assert archive.read(f"{INFO}/METADATA") == b"Name: other\n"
        assert archive.read(f"{INFO}/RECORD").decode().splitlines()[-1] == f"{INFO}/RECORD,,"
    assert after.keys() == {*before, f"{INFO}/sboms/x.json"}
    for name in ("a.so", "b.so", "c.so"):
        assert (after[name].CRC, after[name].file_size) == (before[name].CRC, PART)
