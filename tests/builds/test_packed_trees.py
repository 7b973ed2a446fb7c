"""Archives of repositories and folders: the wheel built from one is the wheel that is built from the tree itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from ..conftest import ROOT, write
from ..matrix.frontends import Frontends

pytestmark = pytest.mark.builds

SYSTEM = '[build-system]\nrequires = [{}]\nbuild-backend = "{}"\n'
SETUPTOOLS = SYSTEM.format('"setuptools"', "setuptools.build_meta")
EXTENSION = """
from setuptools import Extension, setup
setup(name="demo", version={version}, packages=["demo"],
      ext_modules=[Extension("demo._c", ["{csrc}/c.c"], include_dirs=["{csrc}"])])
"""
C = """
#include <Python.h>
#include "c.h"
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, NAME, 0, -1, 0};
PyMODINIT_FUNC PyInit__c(void) { return PyModule_Create(&module); }
"""
CSRC = {"csrc/c.c": C, "csrc/c.h": '#define NAME "_c"\n'}
# A backend of versions as versioneer is one: what it writes into an sdist takes the place of what asks git.
VERSIONEER = """
import os, subprocess
from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist
def version():
    if os.path.exists(".git"):
        return subprocess.run(["git", "describe", "--tags"], capture_output=True, text=True, check=True).stdout.strip()
    scope = {}
    exec(open("demo/_version.py").read(), scope)
    return scope["version"]
class Frozen(sdist):
    def make_release_tree(self, base, files):
        sdist.make_release_tree(self, base, files)
        os.unlink(base + "/demo/_version.py")
        with open(base + "/demo/_version.py", "w") as file:
            file.write("version = %r\\n" % version())
class Built(build_py):
    def run(self):
        build_py.run(self)
        with open(self.build_lib + "/demo/_version.py", "w") as file:
            file.write("version = %r\\n" % version())
setup(name="demo", version=version(), packages=["demo"], cmdclass={"sdist": Frozen, "build_py": Built})
"""
Files = Mapping[str, str]
CASES: dict[str, Files] = {
    "setuptools-scm": {
        "pyproject.toml": SYSTEM.format('"setuptools", "setuptools-scm"', "setuptools.build_meta")
        + '[project]\nname = "demo"\ndynamic = ["version"]\n[tool.setuptools_scm]\nversion_file = "demo/_version.py"\n',
        ".gitignore": "_version.py\n",
        "demo/data/kernel.cu": "x",
        "MANIFEST.in": "exclude tools/*\n",
        "tools/gen.py": "",
    },
    "hatch-vcs": {
        "pyproject.toml": SYSTEM.format('"hatchling", "hatch-vcs"', "hatchling.build")
        + '[project]\nname = "demo"\ndynamic = ["version"]\n[tool.hatch.version]\nsource = "vcs"\n'
        '[tool.hatch.build.hooks.vcs]\nversion-file = "demo/_version.py"\n'
        '[tool.hatch.build.targets.sdist]\nexclude = ["demo/data"]\n',
        ".gitignore": "_version.py\n",
        "demo/data/kernel.cu": "x",
    },
    "pbr": {
        "pyproject.toml": SYSTEM.format('"setuptools", "pbr"', "pbr.build"),
        "setup.cfg": "[metadata]\nname = demo\n[files]\npackages = demo\n",
        "setup.py": "from setuptools import setup\nsetup(setup_requires=['pbr'], pbr=True)\n",
        "demo/data/kernel.cu": "x",
    },
    "versioneer": {"setup.py": VERSIONEER, "demo/_version.py": "version = None\n"},
    "sources": {"setup.py": EXTENSION.format(version='"1.0"', csrc="csrc"), **CSRC},
}
BELOW: Files = {
    "python/setup.py": EXTENSION.format(version='open("../version.txt").read().strip()', csrc="../csrc"),
    "python/demo/__init__.py": "",
    "version.txt": "1.0\n",
    **CSRC,
}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x", *arguments], cwd=folder, check=True, capture_output=True
    )


def repository(folder: Path, files: Files) -> Path:
    write(folder, dict(files))
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "x")
    git(folder, "tag", "1.0")
    return folder


def wrapped(frontends: Frontends, target: str, out: Path) -> Path:
    """The archive that wrap writes."""
    path = os.pathsep.join([str(Path(frontends.program("uv")).parent), frontends.environ["PATH"]])
    environ = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PATH": path}
    words = ("-m", "augbackend.cli", "wrap", target, "--output", str(out), "--cache-dir", f"{out}-cache")
    frontends.run(sys.executable, *words, cwd=out.parent, **environ)
    (found,) = out.iterdir()
    return found


def wheel(frontends: Frontends, source: Path, out: Path) -> tuple[str, dict[str, bytes]]:
    """Its name, and its files beside what says how it was made."""
    frontends.run(
        "uv", "build", "--wheel", "--quiet", "--no-config", "--out-dir", str(out), str(source), cwd=out.parent
    )
    (file,) = out.glob("*.whl")
    with ZipFile(file) as opened:
        names = [name for name in opened.namelist() if "/sboms" not in name and not name.endswith("/RECORD")]
        return file.name, {name: b"" if name.endswith(".so") else opened.read(name) for name in names}


def cloned(folder: Path, to: Path) -> Path:
    git(folder, "clone", "-q", str(folder), str(to))
    return to


@pytest.mark.parametrize("case", CASES)
def test_the_wheel_of_a_repository(frontends: Frontends, tmp_path: Path, case: str) -> None:
    folder = repository(tmp_path / "repository", {"demo/__init__.py": "", **CASES[case]})
    archive = wrapped(frontends, f"git+{folder.as_uri()}@1.0", tmp_path / "out")
    expected = wheel(frontends, cloned(folder, tmp_path / "clone"), tmp_path / "of-tree")
    assert wheel(frontends, archive, tmp_path / "of-archive") == expected
    assert expected[0].startswith("demo-1.0")
    with tarfile.open(archive) as tar:
        assert {f"{archive.name.removesuffix('.tar.gz')}/{name}" for name in CASES[case]} <= {*tar.getnames()}


def test_the_wheel_of_a_folder(frontends: Frontends, tmp_path: Path) -> None:
    """The commit's files and what is new; what git ignores is not packed. Twice: with the same bytes."""
    folder = repository(tmp_path / "repository", {"demo/__init__.py": "", ".gitignore": "*.o\n", **CASES["sources"]})
    write(folder, {"csrc/new.h": "", "csrc/c.c": C + '#include "new.h"\n', "csrc/c.o": "x"})
    archive = wrapped(frontends, str(folder), tmp_path / "out")
    assert wrapped(frontends, str(folder), tmp_path / "again").read_bytes() == archive.read_bytes()
    with tarfile.open(archive) as tar:
        assert {name for name in tar.getnames() if "/csrc/" in name} == {
            f"demo-1.0/csrc/{name}" for name in ("c.c", "c.h", "new.h")
        }
    expected = wheel(frontends, folder, tmp_path / "of-tree")
    assert wheel(frontends, archive, tmp_path / "of-archive") == expected


@pytest.mark.parametrize("form", ["repository", "folder"])
def test_a_subdirectory_that_reads_what_is_above(frontends: Frontends, tmp_path: Path, form: str) -> None:
    folder = repository(tmp_path / "repository", BELOW)
    url = f"git+{folder.as_uri()}#subdirectory=python"
    archive = wrapped(frontends, url if form == "repository" else str(folder / "python"), tmp_path / "out")
    expected = wheel(frontends, cloned(folder, tmp_path / "clone") / "python", tmp_path / "of-tree")
    assert wheel(frontends, archive, tmp_path / "of-archive") == expected
