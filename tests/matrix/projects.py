"""One tiny project per wrapped backend, as its files; each in its direct and in its wrapped form."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING, Literal

import augbackend
from augbackend.cli.edit.backend_copy import for_tree, write_copy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Form = Literal["direct", "in-tree", "installed"]

GREETING = "hello from the matrix"
# A local version cannot be on an index, so that nobody's project of that name is taken for ours.
FAKELIB = "fakelib==1.0+matrix"
_INSTALLED = f"augbackend=={augbackend.__version__}"
_TOMLI = "tomli; python_version < '3.11'"

_METADATA = """
[project]
name = "greeter"
version = "1.0"
requires-python = ">=3.9"

[project.scripts]
greet = "greeter:main"
"""

_MODULE = f'''"""Greets."""

__version__ = "1.0"


def main():
    print("{GREETING}")
'''

# What setup.py learns at build time ends in the metadata, where an editable installation has it too.
_MODULE_OF_SUMMARY = """
from importlib.metadata import metadata


def main():
    print(metadata("greeter")["Summary"])
"""


@dataclass(frozen=True)
class Project:
    """A source tree but for its ``[build-system]``.

    ``rest`` is what else stands in ``pyproject.toml``; ``augmentation`` what the wrapped form adds to
    ``[tool.augbackend]``; ``commands`` must be on the machine, since no build requirement brings them;
    ``tracked`` says that the backend makes its sdist from what git knows,
    ``in_place`` that an editable installation runs the tree's own modules.
    """

    backend: str
    requires: tuple[str, ...]
    files: Mapping[str, str]
    rest: str = _METADATA
    backend_path: tuple[str, ...] = ()
    augmentation: str = ""
    wrapped_requires: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    tracked: bool = False
    in_place: bool = True

    def pyproject(self, form: Form) -> str:
        """The text of ``pyproject.toml``."""
        if form == "direct":
            path = self._line("backend-path", self.backend_path)
            return f'[build-system]\nrequires = {_array(self.requires)}\nbuild-backend = "{self.backend}"\n{path}{self.rest}'
        ours = [_INSTALLED] if form == "installed" else [_TOMLI]
        requires = [*self.requires, *self.wrapped_requires, *ours]
        path = self._line("backend-path", ["_augbackend"] if form == "in-tree" else [])
        return (
            f'[build-system]\nrequires = {_array(requires)}\nbuild-backend = "augbackend"\n{path}'
            f'\n[tool.augbackend]\nbuild-backend = "{self.backend}"\n'
            f"{self._line('backend-path', self.backend_path)}{self.augmentation}{self.rest}"
        )

    def write(self, tree: Path, form: Form) -> Path:
        """Make the source tree; returns it."""
        for name, text in {**self.files, "pyproject.toml": self.pyproject(form)}.items():
            file = tree / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text), encoding="utf-8")
        if form == "in-tree":
            write_copy(tree, for_tree(tree))
        if self.tracked:
            _commit(tree)
        return tree

    def missing_commands(self) -> list[str]:
        """Those of ``commands`` that this machine does not have."""
        return [command for command in self.commands if shutil.which(command) is None]

    @staticmethod
    def _line(key: str, values: Sequence[str]) -> str:
        return f"{key} = {_array(values)}\n" if values else ""


def _array(values: Sequence[str]) -> str:
    return json.dumps(list(values))


def _commit(tree: Path) -> None:
    identity = ["-c", "user.name=matrix", "-c", "user.email=matrix@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "--all", "--force"], [*identity, "commit", "-q", "-m", "A tiny project"]):
        subprocess.run(["git", *command], cwd=tree, check=True)


_OWN_BACKEND = """
import io
import os
import tarfile
import zipfile
from pathlib import Path

METADATA = "Metadata-Version: 2.1\\nName: greeter\\nVersion: 1.0\\n"
INFO = "greeter-1.0.dist-info"


def _wheel(folder, content):
    files = {
        **content,
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{INFO}/entry_points.txt": "[console_scripts]\\ngreet = greeter:main\\n",
    }
    files[f"{INFO}/RECORD"] = "".join(f"{name},,\\n" for name in [*files, f"{INFO}/RECORD"])
    name = "greeter-1.0-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder) / name, "w") as archive:
        for member, text in files.items():
            archive.writestr(zipfile.ZipInfo(member), text)
    return name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, {"greeter.py": Path("greeter.py").read_text()})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, {"greeter.pth": os.getcwd() + "\\n"})


def build_sdist(sdist_directory, config_settings=None):
    name = "greeter-1.0.tar.gz"
    with tarfile.open(Path(sdist_directory) / name, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for file in ("pyproject.toml", "greeter.py", "backend/own_backend.py"):
            archive.add(file, f"greeter-1.0/{file}")
        member = tarfile.TarInfo("greeter-1.0/PKG-INFO")
        member.size = len(METADATA)
        archive.addfile(member, io.BytesIO(METADATA.encode()))
    return name
"""

BACKENDS: dict[str, Project] = {
    "setuptools-legacy": Project(
        "setuptools.build_meta:__legacy__",
        ("setuptools",),
        {
            # The legacy object is the one that lets setup.py import what lies beside it.
            "setup.py": """
                from greeter import __version__
                from setuptools import setup

                setup(
                    name="greeter",
                    version=__version__,
                    py_modules=["greeter"],
                    entry_points={"console_scripts": ["greet = greeter:main"]},
                )
            """,
            "greeter.py": _MODULE,
        },
        rest="",
    ),
    # Automatic discovery must not take the in-tree backend for one of the project's packages.
    "setuptools": Project("setuptools.build_meta", ("setuptools",), {"greeter/__init__.py": _MODULE}),
    "hatchling": Project("hatchling.build", ("hatchling",), {"greeter/__init__.py": _MODULE}),
    "flit-core": Project(
        "flit_core.buildapi",
        ("flit_core",),
        {"greeter.py": _MODULE},
        rest=_METADATA.replace('version = "1.0"', 'dynamic = ["version", "description"]'),
    ),
    "poetry-core": Project("poetry.core.masonry.api", ("poetry-core",), {"greeter/__init__.py": _MODULE}),
    "pdm-backend": Project("pdm.backend", ("pdm-backend",), {"greeter/__init__.py": _MODULE}),
    "uv-build": Project("uv_build", ("uv_build",), {"src/greeter/__init__.py": _MODULE}),
    "maturin": Project(
        "maturin",
        ("maturin",),
        {
            "Cargo.toml": """
                [package]
                name = "greet"
                version = "1.0.0"
                edition = "2021"

                [profile.release]
                strip = true
            """,
            "Cargo.lock": 'version = 3\n\n[[package]]\nname = "greet"\nversion = "1.0.0"\n',
            "src/main.rs": f'fn main() {{ println!("{GREETING}"); }}\n',
        },
        # An SBOM names the folder of the build, so that no two wheels are equal.
        rest=_METADATA.partition("[project.scripts]")[0]
        + '[tool.maturin]\nbindings = "bin"\nsbom = { rust = false }\n',
        commands=("cargo", "rustc"),
    ),
    "scikit-build-core": Project(
        "scikit_build_core.build",
        ("scikit-build-core",),
        {
            "CMakeLists.txt": """
                cmake_minimum_required(VERSION 3.15...3.30)
                project(greeter LANGUAGES NONE)
                install(FILES greeter.py DESTINATION .)
            """,
            "greeter.py": _MODULE,
        },
        in_place=False,  # what CMake installs is a copy
    ),
    "meson-python": Project(
        "mesonpy",
        ("meson-python",),
        {
            "meson.build": """
                project('greeter', version: '1.0')
                import('python').find_installation(pure: true).install_sources('greeter.py')
            """,
            "greeter.py": _MODULE,
        },
        commands=("git", "ninja"),  # an editable one rebuilds with ninja when the isolated environment is gone
        tracked=True,
    ),
    "own": Project(
        "own_backend",
        (),
        {"greeter.py": _MODULE, "backend/own_backend.py": _OWN_BACKEND},
        rest="",
        backend_path=("backend",),
    ),
}

_SETUP_WITH_FAKELIB = f"""
import os

import fakelib
from setuptools import setup

summary = fakelib.GREETING + " from " + os.environ["GREETING_PLACE"]
assert summary == {GREETING!r}
setup(%sdescription=summary)
"""
_LEGACY_SETUP = _SETUP_WITH_FAKELIB % (
    'name="greeter", version="1.0", py_modules=["greeter"],'
    ' entry_points={"console_scripts": ["greet = greeter:main"]}, '
)
_AUGMENTATION = f"""extra-build-dependencies = ["{FAKELIB}"]
extra-build-variables = {{ GREETING_PLACE = "the matrix" }}
"""

# Their setup.py imports what nothing declares in the direct form.
UNDECLARED: dict[str, Project] = {
    "legacy-in-both": Project(
        "setuptools.build_meta:__legacy__",
        ("setuptools",),
        {"setup.py": _LEGACY_SETUP, "greeter.py": _MODULE_OF_SUMMARY},
        rest="",
        augmentation=_AUGMENTATION,
        wrapped_requires=(FAKELIB,),
    ),
    "legacy-in-table": Project(
        "setuptools.build_meta:__legacy__",
        ("setuptools",),
        {"setup.py": _LEGACY_SETUP, "greeter.py": _MODULE_OF_SUMMARY},
        rest="",
        augmentation=_AUGMENTATION,
    ),
    "build-meta-in-table": Project(
        "setuptools.build_meta",
        ("setuptools",),
        {"setup.py": _SETUP_WITH_FAKELIB % "", "greeter.py": _MODULE_OF_SUMMARY},
        rest=_METADATA.replace('version = "1.0"', 'version = "1.0"\ndynamic = ["description"]'),
        augmentation=_AUGMENTATION,
    ),
}

FAKELIB_TREE = Project(
    "setuptools.build_meta",
    ("setuptools",),
    {"fakelib.py": 'GREETING = "hello"\n'},
    rest='\n[project]\nname = "fakelib"\nversion = "1.0+matrix"\n\n[tool.setuptools]\npy-modules = ["fakelib"]\n',
)
