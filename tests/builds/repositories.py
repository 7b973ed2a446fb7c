"""Repositories as they are found, small: one of each kind that ``adopt`` meets."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

from ..conftest import write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = "1.2"


@dataclass(frozen=True)
class Repository:
    """A repository's files, and what its owner tells ``adopt``.

    :param package: the package that a build makes, which has ``value()``.
    :param value: what that returns.
    :param folder: of the project, if it is not the repository's top.
    :param options: of ``adopt``.
    :param direct: what the build needs before it is adopted: a text in ``pyproject.toml``, and what takes its place.
    :param workspace: whether ``uv sync`` at the top installs it.
    """

    package: str
    files: Mapping[str, str]
    value: str = "ready"
    folder: str = "."
    options: tuple[str, ...] = ()
    direct: tuple[str, str] = ("", "")
    workspace: bool = False

    def make(self, place: Path, *, direct: bool = False) -> Path:
        """Write it and commit it, tagged with its version; returns its top."""
        files: dict[str, str | bytes] = {name: dedent(text).lstrip("\n") for name, text in self.files.items()}
        write(place, {".gitignore": "*.egg-info/\nbuild/\ndist/\n__pycache__/\n.venv/\n", **files})
        if direct and self.direct[0]:
            pyproject = place / self.folder / "pyproject.toml"
            pyproject.write_text(pyproject.read_text(encoding="utf-8").replace(*self.direct), encoding="utf-8")
        subprocess.run(["git", "init", "-q"], cwd=place, check=True)
        commit(place)
        return place


def commit(place: Path) -> None:
    """Commit everything, and move the tag there: a version is counted from it."""
    identity = ["-c", "user.name=owner", "-c", "user.email=owner@example.org", "-c", "commit.gpgsign=false"]
    for command in (["add", "-A"], [*identity, "commit", "-q", "-m", "x"], ["tag", "-f", f"v{VERSION}"]):
        subprocess.run(["git", *command], cwd=place, check=True, capture_output=True)


_VALUE = 'def value():\n    return "ready"\n'
_GENERATED = "def value():\n    from .generated import VALUE\n\n    return VALUE\n"
_C = """
    #include <Python.h>
    static PyObject *value(PyObject *self, PyObject *args) { return PyUnicode_FromString("ready"); }
    static PyMethodDef methods[] = {{"value", value, METH_NOARGS, 0}, {0}};
    static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "core", 0, -1, methods};
    PyMODINIT_FUNC PyInit_core(void) { return PyModule_Create(&module); }
"""

REPOSITORIES: dict[str, Repository] = {
    # The version is counted by a script at the top, which writes it into what is built and into the sdist.
    "versioneer": Repository(
        "counted",
        {
            "pyproject.toml": """
                [build-system]
                requires = ["setuptools"]
                build-backend = "setuptools.build_meta"

                [project]
                name = "counted"
                dynamic = ["version"]
            """,
            "setup.py": """
                import os
                import sys

                from setuptools import setup

                sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
                import versioneer

                setup(version=versioneer.get_version(), cmdclass=versioneer.get_cmdclass())
            """,
            "versioneer.py": """
                import subprocess
                from pathlib import Path

                from setuptools.command.build_py import build_py
                from setuptools.command.sdist import sdist

                ROOT = Path(__file__).parent
                STATIC = "VERSION = {!r}\\n"


                def get_version():
                    info = ROOT / "PKG-INFO"
                    if info.exists():
                        return next(line[9:] for line in info.read_text().splitlines() if line.startswith("Version: "))
                    command = ["git", "describe", "--tags", "--dirty"]
                    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
                    return found[1:].replace("-", "+", 1).replace("-", ".")


                class Sdist(sdist):
                    def make_release_tree(self, base_dir, files):
                        super().make_release_tree(base_dir, files)
                        target = Path(base_dir, "src/counted/_version.py")
                        target.unlink()
                        target.write_text(STATIC.format(self.distribution.get_version()))


                class BuildPy(build_py):
                    def run(self):
                        super().run()
                        if not self.editable_mode:
                            target = Path(self.build_lib, "counted/_version.py")
                            target.unlink()
                            target.write_text(STATIC.format(self.distribution.get_version()))


                def get_cmdclass():
                    return {"sdist": Sdist, "build_py": BuildPy}
            """,
            "MANIFEST.in": "include versioneer.py",
            "src/counted/__init__.py": _VALUE,
            "src/counted/_version.py": "VERSION = 'unknown'\n",
        },
    ),
    "scikit-build-core": Repository(
        "compiled",
        {
            "pyproject.toml": """
                [build-system]
                requires = ["scikit-build-core"]
                build-backend = "scikit_build_core.build"

                [project]
                name = "compiled"
                dynamic = ["version"]
                requires-python = ">=3.9"

                [tool.scikit-build.metadata.version]
                provider = "scikit_build_core.metadata.regex"
                input = "src/compiled/__init__.py"
            """,
            "CMakeLists.txt": """
                cmake_minimum_required(VERSION 3.15...3.30)
                project(compiled LANGUAGES C)
                find_package(Python COMPONENTS Interpreter Development.Module REQUIRED)
                python_add_library(core MODULE core.c WITH_SOABI)
                install(TARGETS core DESTINATION compiled)
            """,
            "core.c": _C,
            "src/compiled/__init__.py": f'__version__ = "{VERSION}"\nfrom .core import value\n',
        },
    ),
    "meson-python": Repository(
        "mesoned",
        {
            "pyproject.toml": """
                [build-system]
                requires = ["meson-python"]
                build-backend = "mesonpy"

                [project]
                name = "mesoned"
                dynamic = ["version"]
            """,
            "meson.build": f"""
                project('mesoned', 'c', version: '{VERSION}')
                py = import('python').find_installation(pure: false)
                py.install_sources('src/mesoned/__init__.py', subdir: 'mesoned')
                py.extension_module('core', 'core.c', subdir: 'mesoned', install: true)
            """,
            "core.c": _C,
            "src/mesoned/__init__.py": "from .core import value\n",
        },
    ),
    "hatchling-hook": Repository(
        "hatched",
        {
            "pyproject.toml": """
                [build-system]
                requires = ["hatchling"]
                build-backend = "hatchling.build"

                [project]
                name = "hatched"
                dynamic = ["version"]

                [tool.hatch.version]
                path = "hatched/__init__.py"

                [tool.hatch.build.hooks.custom]
            """,
            "hatch_build.py": """
                from pathlib import Path

                from hatchling.builders.hooks.plugin.interface import BuildHookInterface


                class Hook(BuildHookInterface):
                    def initialize(self, version, build_data):
                        Path(self.root, "hatched/generated.py").write_text("VALUE = 'ready'\\n")
                        build_data["artifacts"].append("hatched/generated.py")
            """,
            "hatched/__init__.py": f'__version__ = "{VERSION}"\n\n\n{_GENERATED}',
            "hatched/.gitignore": "generated.py\n",
        },
    ),
    "poetry-core-script": Repository(
        "poetic",
        {
            "pyproject.toml": f"""
                [tool.poetry]
                name = "poetic"
                version = "{VERSION}"
                description = "A poem"
                authors = ["Owner <owner@example.org>"]
                include = [{{ path = "poetic/generated.py", format = ["sdist", "wheel"] }}]

                [tool.poetry.dependencies]
                python = "^3.9"

                [tool.poetry.build]
                script = "build_poem.py"
                generate-setup-file = false

                [build-system]
                requires = ["poetry-core"]
                build-backend = "poetry.core.masonry.api"
            """,
            "build_poem.py": """
                from pathlib import Path

                Path(__file__).with_name("poetic").joinpath("generated.py").write_text("VALUE = 'ready'\\n")
            """,
            "poetic/__init__.py": _GENERATED,
            "poetic/.gitignore": "generated.py\n",
        },
    ),
    "in-tree-backend": Repository(
        "homemade",
        {
            "pyproject.toml": f"""
                [build-system]
                requires = ["setuptools>=64"]
                build-backend = "own:backend"
                backend-path = ["tools", "tools/more"]  # in this order

                [project]
                name = "homemade"
                version = "{VERSION}"

                [tool.setuptools]
                packages = ["homemade"]
            """,
            "tools/own.py": """
                from pathlib import Path

                import setuptools.build_meta

                import texts


                class Backend:
                    def __getattr__(self, name):
                        Path("homemade/generated.py").write_text(texts.GENERATED)
                        return getattr(setuptools.build_meta, name)


                backend = Backend()
            """,
            "tools/more/texts.py": "GENERATED = \"VALUE = 'ready'\\n\"\n",
            "MANIFEST.in": "recursive-include tools *.py\n",
            "homemade/__init__.py": _GENERATED,
            "homemade/.gitignore": "generated.py\n",
        },
    ),
    # Other things are at the top; and what is found in "." are namespace packages.
    "subfolder": Repository(
        "lower",
        {
            "README": "Bindings are in python/.\n",
            "core/core.c": "int main(void) { return 0; }\n",
            "python/pyproject.toml": f"""
                [build-system]
                requires = ["setuptools"]
                build-backend = "setuptools.build_meta"

                [project]
                name = "lower"
                version = "{VERSION}"

                [tool.setuptools.packages.find]
                where = ["."]
            """,
            "python/lower/__init__.py": "from .deep.value import value\n",
            "python/lower/deep/value.py": _VALUE,
        },
        folder="python",
    ),
    "uv-workspace": Repository(
        "member",
        {
            "pyproject.toml": """
                [project]
                name = "workspace"
                version = "0"
                requires-python = ">=3.9"
                dependencies = ["member"]

                [tool.uv.workspace]
                members = ["packages/*"]

                [tool.uv.sources]
                member = { workspace = true }
            """,
            "packages/member/pyproject.toml": f"""
                [project]
                name = "member"
                version = "{VERSION}"
                requires-python = ">=3.9"

                [build-system]
                requires = ["uv_build"]
                build-backend = "uv_build"
            """,
            "packages/member/src/member/__init__.py": _VALUE,
        },
        folder="packages/member",
        workspace=True,
    ),
    "torch-extension": Repository(
        "torched",
        {
            "pyproject.toml": """
                [build-system]
                requires = ["setuptools"]  # and nobody says torch
                build-backend = "setuptools.build_meta"
            """,
            "setup.py": f"""
                import os

                from setuptools import find_packages, setup
                from torch.utils.cpp_extension import BuildExtension, CppExtension

                extensions = [CppExtension("torched.core", ["csrc/core.c"])]
                setup(
                    name="torched",
                    version="{VERSION}" + os.environ.get("TORCHED_LOCAL", ""),
                    packages=find_packages(),
                    ext_modules=extensions,
                    cmdclass={{"build_ext": BuildExtension}},
                    install_requires=["torch"],
                )
            """,
            "csrc/core.c": _C,
            "torched/__init__.py": "def value():\n    from .core import value\n\n    return value()\n",
        },
        options=("--require", "torch==2.8.0+fake"),
        direct=('["setuptools"]', '["setuptools", "torch==2.8.0+fake"]'),
    ),
}
