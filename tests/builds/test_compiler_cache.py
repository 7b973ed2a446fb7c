"""``compiler-cache`` with a real ccache: the second build of a tree, elsewhere, by another frontend, compiles nothing."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import sys
from pathlib import Path
from typing import Callable
from zipfile import ZipFile

import pytest

from ..conftest import ROOT
from ..matrix.frontends import Frontends

pytestmark = [
    pytest.mark.builds,
    pytest.mark.skipif(
        not (shutil.which("ccache") and shutil.which("cc")), reason="there is no ccache, or no compiler"
    ),
]
Build = Callable[[Frontends, Path, Path], None]
PYPROJECT = """\
[build-system]
requires = ["setuptools", "headers"]
build-backend = "augbackend"
backend-path = ["_augbackend"]

[tool.augbackend]
build-backend = "setuptools.build_meta"
compiler-cache = "ccache"
"""
SETUP = """\
import headers, os
from setuptools import Extension, setup
own = os.path.abspath("include")
options = {"include_dirs": [own], "extra_compile_args": ["-isystem", headers.folder]}  # as CMake has them
extensions = [Extension(f"demo{n}", [f"demo{n}.c"], **options) for n in range(2)]
setup(name="demo", version="1", ext_modules=extensions)
"""
SOURCE = """\
#include <Python.h>
#include "theirs.h"
#include "own.h"
static struct PyModuleDef demo = {{PyModuleDef_HEAD_INIT, "demo{number}", __FILE__ " " THEIRS, OWN, NULL}};
PyMODINIT_FUNC PyInit_demo{number}(void) {{ return place()[0] ? PyModule_Create(&demo) : NULL; }}
"""


def headers(folder: Path, version: str) -> None:
    """A wheel of a header, which says its version and where it is."""
    files = {
        "headers/__init__.py": "import os\nfolder = os.path.dirname(__file__)\n",
        "headers/theirs.h": f'#define THEIRS "{version}"\nstatic inline const char *place(void) {{ return __FILE__; }}\n',
        f"headers-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: headers\nVersion: {version}\n",
        f"headers-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    sums = {name: hashlib.sha256(text.encode()).digest() for name, text in files.items()}
    lines = [
        f"{name},sha256={base64.urlsafe_b64encode(sums[name]).decode().rstrip('=')},{len(text)}"
        for name, text in files.items()
    ]
    record = f"headers-{version}.dist-info/RECORD"
    with ZipFile(folder / f"headers-{version}-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, record: "\n".join([*lines, f"{record},,"])}.items():
            wheel.writestr(name, text)


def tree(folder: Path, require: str = "headers==1.0", own: str = "1", more: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT.replace('"headers"', f'"{require}"'))
    (folder / "setup.py").write_text(SETUP.replace("own]", f"own]{more}"))
    (folder / "include").mkdir()
    (folder / "include" / "own.h").write_text("#define OWN -1\n")
    for number in range(2):
        (folder / f"demo{number}.c").write_text(SOURCE.format(number=number) + f"int own = {own if number else 0};\n")
    shutil.copytree(
        ROOT / "augbackend",
        folder / "_augbackend" / "augbackend",
        ignore=shutil.ignore_patterns("cli", "knowledge", "__pycache__"),
    )
    return folder


def by_uv(frontends: Frontends, folder: Path, out: Path) -> None:
    frontends.run("uv", "build", "--python", sys.executable, "--wheel", "--out-dir", str(out), ".", cwd=folder)


def by_pip(frontends: Frontends, folder: Path, out: Path) -> None:
    python = str(frontends.environment(folder.with_name("environment")))
    frontends.run(frontends.program("pip"), "--python", python, "wheel", "--no-deps", "-w", str(out), ".", cwd=folder)


def by_build(frontends: Frontends, folder: Path, out: Path) -> None:
    program = frontends.program("build", "build", "pip", command="pyproject-build")
    frontends.run(program, "--wheel", "--outdir", str(out), ".", cwd=folder)


class Machine:
    """A user's machine, with a cache that begins empty."""

    def __init__(self, frontends: Frontends, folder: Path) -> None:
        self.frontends, self.folder, self.count = frontends, folder, 0
        self.environ = {"CCACHE_DIR": str(folder / "ccache"), "SOURCE_DATE_EPOCH": "1700000000"}

    def build(self, by: Build, **how: str) -> tuple[bytes, int, int]:
        """Build the tree at a place of its own: the wheel, and how many files were found in the cache, and not."""
        self.count += 1
        place, before = self.folder / f"place-{self.count}", self.statistics()
        folder = tree(place / "tree", **how)
        self.frontends.environ.update(self.environ)
        by(self.frontends, folder, place / "out")
        hits, misses = (now - then for now, then in zip(self.statistics(), before))
        (wheel,) = (place / "out").glob("*.whl")
        return wheel.read_bytes(), hits, misses

    def statistics(self) -> tuple[int, int]:
        said = self.frontends.run("ccache", "--print-stats", cwd=self.folder, **self.environ)
        counts = {name: int(number) for name, number in re.findall(r"(\w+)\t(\d+)", said)}
        return counts["direct_cache_hit"] + counts["preprocessed_cache_hit"], counts["cache_miss"]


@pytest.fixture
def machine(frontends: Frontends, tmp_path: Path) -> Machine:
    for version in ("1.0", "2.0"):
        headers(frontends.wheels, version)
    return Machine(frontends, tmp_path)


def test_the_second_build_compiles_nothing(machine: Machine, tmp_path: Path) -> None:
    wheel, hits, misses = machine.build(by_uv)
    assert (hits, misses) == (0, 2)
    (file,) = tmp_path.glob("place-1/out/*.whl")
    with ZipFile(file) as opened:
        compiled = [opened.read(name) for name in opened.namelist() if name.startswith("demo")]
    for place in (tmp_path, machine.frontends.folder):
        assert not any(str(place).encode() in content for content in compiled)
    for by in (by_uv, by_pip, by_build):
        assert machine.build(by) == (wheel, 2, 0)


def test_what_has_changed_is_compiled(machine: Machine) -> None:
    first, *_ = machine.build(by_uv)
    other, hits, misses = machine.build(by_uv, require="headers==2.0")
    assert (other != first, hits, misses) == (True, 0, 2)
    assert machine.build(by_uv, own="2")[1:] == (1, 1)


def test_a_run_path_is_that_of_the_environment(machine: Machine, tmp_path: Path) -> None:
    machine.build(by_uv, more=', "runtime_library_dirs": [headers.folder]')
    (file,) = tmp_path.glob("place-1/out/*.whl")
    with ZipFile(file) as opened:
        compiled = [opened.read(name) for name in opened.namelist() if name.endswith(".so")]
    for content in compiled:
        assert b"/augbackend/environments/" not in content
        assert re.search(rb"/builds-v0/[^/\0]+/+lib/[^\0]+/headers\0", content)  # as without a cache
