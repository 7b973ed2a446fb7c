"""Whole projects, by real uv and pip: what runs is what the dependency was built with, and the file comes back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from ..cli.archives import sdist
from ..conftest import ROOT
from ..matrix.frontends import BIN, EXE, BuildFailedError, Frontends, served
from .conftest import make_wheel

pytestmark = pytest.mark.builds

# A package imports what it does not declare, and remembers the version.
SETUP = """import importlib.metadata, pathlib
from setuptools import setup
version = importlib.metadata.version("biglib")
pathlib.Path("{module}.py").write_text(f"BUILT_WITH = {{version!r}}")
setup(name="{name}", version="{version}", py_modules=["{module}"], install_requires={requires})
"""
LITERAL, COMPUTED = '["biglib"]', '[*map(str, ["biglib"])]'
# What is stated for a package, after its name: nothing, its dependencies, or those of one version.
PACKAGES = {"computed": COMPUTED, "stated": LITERAL, "versioned": LITERAL, "computed-versioned": COMPUTED}
PINS = f"dependencies = {['biglib==1.0', *(f'{name}==1.0' for name in PACKAGES)]}\n"
PROJECT = f'[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\n{PINS}\n[tool.uv]\npackage = false\n\n'
DYNAMIC = """dynamic = ["dependencies"]

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
py-modules = []

[tool.setuptools.dynamic]
dependencies = { file = ["requirements.txt"] }
"""
POETRY = """[tool.poetry]
name = "app"
version = "1"
description = ""
authors = ["A <a@example.org>"]

[tool.poetry.dependencies]
python = ">=3.9"
biglib = "1.0"
stated = "1.0"

[tool.augbackend.packages.stated]
extra-build-dependencies = [{ requirement = "biglib", match-runtime = true }]
"""


def matched(*names: str) -> str:
    lines = (f'{name} = [{{ requirement = "biglib", match-runtime = true }}]  # what runs\n' for name in names)
    return f"[tool.uv.extra-build-dependencies]\n{''.join(lines)}"


def stated(*names: str) -> str:
    lines = [
        f'\n[[tool.uv.dependency-metadata]]\nname = "{name}"\nrequires-dist = ["biglib", "six"]\n' for name in names
    ]
    return "".join(one.replace("requires", 'version = "1.0"\nrequires') if "versioned" in one else one for one in lines)


@dataclass(frozen=True)
class Tools:
    """Frontends that see an index where what is pinned is not the newest."""

    frontends: Frontends
    index: str

    def run(self, *command: str, cwd: Path) -> str:
        return self.frontends.run(*command, cwd=cwd, UV_INDEX=self.index, PIP_EXTRA_INDEX_URL=self.index)

    def augbackend(self, *arguments: str, cwd: Path) -> str:
        environ = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "UV_INDEX": self.index}
        return self.frontends.run(sys.executable, "-m", "augbackend.cli", *arguments, cwd=cwd, **environ)

    def python(self, app: Path, code: str) -> str:
        return self.run(str(app / ".venv" / BIN / f"python{EXE}"), "-c", code, cwd=app).strip()

    def sync(self, app: Path) -> None:
        self.run("uv", "sync", "--python", sys.executable, cwd=app)


@pytest.fixture(scope="module")
def tools(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tools]:
    folder = tmp_path_factory.mktemp("index")
    (folder / "biglib").mkdir()
    with served(folder) as address:
        for version in ("1.0", "2.0"):
            make_wheel(folder / "biglib", "biglib", version)
            for name, requires in PACKAGES.items():
                module = name.replace("-", "_")
                setup = SETUP.format(name=name, module=module, version=version, requires=requires)
                sdist(folder / name, {"setup.py": setup}, name=name, version=version)
        yield Tools(frontends, address)


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    (folder / "requirements.txt").write_text("biglib==1.0\nstated==1.0\n")
    return folder


def test_uv_syncs_what_it_built_before(tools: Tools, tmp_path: Path) -> None:
    text = PROJECT + matched(*PACKAGES) + stated("stated", "versioned", "computed-versioned")
    file = project(tmp_path, text) / "pyproject.toml"
    assert "  uv sync\n" in tools.augbackend("wrap", cwd=tmp_path)
    after = file.read_bytes(), {one.name: one.read_bytes() for one in (tmp_path / "wrapped.d").iterdir()}
    assert sorted(after[1]) == sorted(f"{name.replace('-', '_')}-1.0.tar.gz" for name in PACKAGES)
    tools.augbackend("wrap", "--check", cwd=tmp_path)
    tools.augbackend("wrap", cwd=tmp_path)
    assert (file.read_bytes(), {one.name: one.read_bytes() for one in (tmp_path / "wrapped.d").iterdir()}) == after
    tools.sync(tmp_path)
    modules = ", ".join(name.replace("-", "_") for name in PACKAGES)
    assert tools.python(tmp_path, f"import {modules}; print({{one.BUILT_WITH for one in ({modules})}})") == "{'1.0'}"
    asked = f"import importlib.metadata as m; print(m.version('biglib'), *(len(m.requires(n)) for n in {[*PACKAGES]}))"
    assert tools.python(tmp_path, asked) == "1.0 1 2 2 2"
    tools.augbackend("wrap", "--remove", cwd=tmp_path)
    assert file.read_text() == text


def test_dependencies_that_another_file_names(tools: Tools, tmp_path: Path) -> None:
    project(tmp_path, PROJECT.replace(PINS, DYNAMIC) + matched("stated"))
    tools.augbackend("wrap", cwd=tmp_path)
    tools.sync(tmp_path)
    assert tools.python(tmp_path, "import stated; print(stated.BUILT_WITH)") == "1.0"


@pytest.mark.parametrize(
    ("name", "why"), [("computed", "does not declare static metadata"), ("versioned", "a hash was expected")]
)
def test_what_uv_refuses_beside_an_archive(tools: Tools, tmp_path: Path, name: str, why: str) -> None:
    """The day this passes, nothing has to move any more."""
    text = PROJECT + matched(name) + (stated(name) if name == "versioned" else "")
    source = f'\n[tool.uv.sources]\n{name} = {{ path = "wrapped.d/{name}-1.0.tar.gz" }}\n'
    project(tmp_path, text.replace(PINS, f'dependencies = ["biglib==1.0", "{name}==1.0"]\n'))
    tools.augbackend("wrap", "--no-sources", cwd=tmp_path)
    with (tmp_path / "pyproject.toml").open("a") as stream:
        stream.write(source)
    with pytest.raises(BuildFailedError, match=why):
        tools.sync(tmp_path)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        pytest.param(POETRY, [], id="poetry's pins"),
        pytest.param("[tool.x]\n", ["stated", "--match-runtime", "biglib", "--lock", "requirements.txt"], id="--lock"),
    ],
)
def test_pip_builds_against_what_is_pinned_elsewhere(
    tools: Tools, tmp_path: Path, text: str, arguments: list[str]
) -> None:
    tools.augbackend("wrap", *arguments, cwd=project(tmp_path, text))
    pip, archive = tools.frontends.program("pip"), str(tmp_path / "wrapped.d" / "stated-1.0.tar.gz")
    tools.run(pip, "wheel", "--no-deps", "--wheel-dir", "built", archive, cwd=tmp_path)
    with ZipFile(tmp_path / "built" / "stated-1.0-py3-none-any.whl") as wheel:
        assert wheel.read("stated.py") == b"BUILT_WITH = '1.0'"
