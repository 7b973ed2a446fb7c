"""What belongs together in a uv.lock is built together, and a lock that appears later changes nothing: by real uv."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from ..cli.archives import sdist
from ..matrix.frontends import Frontends, served
from .test_wrapped import augbackend

pytestmark = pytest.mark.builds

# Remembers the biglib that it was built with, which it does not declare.
SETUP = """import biglib
from setuptools import setup
from setuptools.command.build_py import build_py
class Remembering(build_py):
    def run(self):
        super().run()
        with open(self.build_lib + "/demo.py", "w") as file:
            file.write("TORCH = %r" % biglib.__version__)
setup(name="demo", version="1.0", py_modules=["demo"], install_requires=["biglib"], cmdclass={"build_py": Remembering})
"""
SAYS = "import demo, biglib; print(demo.TORCH, biglib.__version__)"
TABLE = """
[tool.uv.extra-build-dependencies]
demo = [{ requirement = "biglib", match-runtime = true }]
[[tool.uv.dependency-metadata]]
name = "demo"
requires-dist = ["biglib"]
"""


def biglib(folder: Path, version: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    info, name = f"biglib-{version}.dist-info", f"biglib-{version}-py3-none-any.whl"
    content = {
        "biglib.py": f"__version__ = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: biglib\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with ZipFile(folder / name, "w") as wheel:
        for member, text in {**content, f"{info}/RECORD": "".join(f"{one},,\n" for one in content)}.items():
            wheel.writestr(member, text)
    links = [f'<a href="{one.name.replace("+", "%2B")}">{one.name}</a>' for one in folder.glob("*.whl")]
    (folder / "index.html").write_text("<!DOCTYPE html><html><body>" + "".join(links) + "</body></html>")


def contents(folder: Path) -> dict[str, bytes]:
    files = [folder / "pyproject.toml", *(folder / "wrapped.d").iterdir()]
    return {file.name: file.read_bytes() for file in files}


def uv(frontends: Frontends, *arguments: str, cwd: Path) -> str:
    return frontends.run("uv", *arguments, cwd=cwd, UV_PYTHON=sys.executable, UV_CACHE_DIR=str(cwd.parent / "cache"))


@pytest.mark.parametrize("kind", ["extra", "group"])
def test_conflicts(frontends: Frontends, tmp_path: Path, kind: str) -> None:
    for name in ("cpu", "cu128"):
        biglib(tmp_path / "indexes" / name / "biglib", f"2.8.0+{name}")
    sdist(tmp_path / "links", {"setup.py": SETUP, "demo.py": ""})
    table = {"extra": "project.optional-dependencies", "group": "dependency-groups"}[kind]
    folder = tmp_path / "app"
    folder.mkdir()
    with served(tmp_path / "indexes") as url:
        indexes = "".join(
            f'[[tool.uv.index]]\nname = "{name}"\nurl = "{url}/{name}"\nexplicit = true\n' for name in ("cpu", "cu128")
        )
        text = (
            '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\n'
            f'[{table}]\ncpu = ["biglib==2.8.0", "demo==1.0"]\ncu128 = ["biglib==2.8.0", "demo==1.0"]\n'
            f'[tool.uv]\nfind-links = ["{(tmp_path / "links").as_uri()}"]\n'
            f'conflicts = [[{{ {kind} = "cpu" }}, {{ {kind} = "cu128" }}]]\n'
            f'[tool.uv.sources]\nbiglib = [{{ index = "cpu", {kind} = "cpu" }}, {{ index = "cu128", {kind} = "cu128" }}]\n'
        )
        (folder / "pyproject.toml").write_text(text + indexes + TABLE)
        uv(frontends, "lock", cwd=folder)
        said = augbackend(frontends, "wrap", cwd=folder)
        assert "note" not in said
        commands = re.findall(r"^  uv (sync .*)$", said, re.MULTILINE)
        before = contents(folder)
        found = []
        for command in commands:
            uv(frontends, *command.split(), cwd=folder)
            found.append(uv(frontends, "run", "--no-sync", "python", "-c", SAYS, cwd=folder).split())
        assert found == [["2.8.0+cpu", "2.8.0+cpu"], ["2.8.0+cu128", "2.8.0+cu128"]]
        augbackend(frontends, "wrap", "--check", cwd=folder)
        augbackend(frontends, "wrap", cwd=folder)
        assert contents(folder) == before
        augbackend(frontends, "wrap", "--remove", cwd=folder)
        assert (folder / "pyproject.toml").read_text() == text + indexes + TABLE


@pytest.mark.parametrize("override", ["", '"biglib==2.9.0"'])
def test_a_lock_that_appears_later(
    frontends: Frontends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, override: str
) -> None:
    for version in ("2.8.0", "2.9.0"):
        biglib(tmp_path / "index" / "biglib", version)
    archive = sdist(tmp_path / "index" / "demo", {"setup.py": SETUP, "demo.py": ""})
    (archive.parent / "index.html").write_text(f'<!DOCTYPE html><a href="{archive.name}">{archive.name}</a>')
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\n'
        "dependencies = [\"demo==1.0 ; python_version > '3'\", \"biglib==2.8.0 ; python_version > '3'\"]\n"
        f"[tool.uv]\noverride-dependencies = [{override}]\n{TABLE}"
    )
    with served(tmp_path / "index") as url:
        monkeypatch.setitem(frontends.environ, "UV_INDEX", url)
        augbackend(frontends, "wrap", cwd=folder)
        before = contents(folder)
        uv(frontends, "sync", cwd=folder)
        version = "2.9.0" if override else "2.8.0"
        assert uv(frontends, "run", "--no-sync", "python", "-c", SAYS, cwd=folder).split() == [version, version]
        assert "note" not in augbackend(frontends, "wrap", "--check", cwd=folder)
        augbackend(frontends, "wrap", cwd=folder)
        assert contents(folder) == before
