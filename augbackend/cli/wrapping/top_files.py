"""The files of an sdist that decide how it is wrapped: laid out in a folder, for readers of folders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path  # noqa: TC003  # the type of a field
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import pyproject, wrapped_pyproject
from augbackend.cli.fetch import sdist
from augbackend.cli.fetch.refusal import refusal
from augbackend.hook import declared
from augbackend.standards.core_metadata import parse
from augbackend.table import LEGACY_BACKEND, layers

from . import setup_call

if TYPE_CHECKING:
    from augbackend.cli.fetch.sdist import Sdist
    from augbackend.cli.model.dependencies import Dependencies
    from augbackend.standards.core_metadata import Document

_LOOKED_AT = ("pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO")


@dataclass(frozen=True)
class TopFiles:
    """What an sdist says of itself.

    :param folder: holds its ``pyproject.toml``, ``setup.py``, ``setup.cfg``, ``PKG-INFO`` and ``requires.txt``, as far
        as it has them, and the folders of an in-tree backend, empty.
    :param document: its ``pyproject.toml``; empty if it has none.
    """

    folder: Path
    document: dict[str, Any]

    @property
    def pyproject_text(self) -> str | None:
        """The text of its ``pyproject.toml``, if it has one."""
        file = self.folder / "pyproject.toml"
        return file.read_bytes().decode("utf-8") if file.is_file() else None

    @cached_property
    def pkg_info(self) -> Document | None:
        """Its ``PKG-INFO``, if it has one."""
        file = self.folder / "PKG-INFO"
        return parse(text_of(file).encode()) if file.is_file() else None

    @property
    def backend(self) -> str | None:
        """The backend that builds it, the wrapped one if augbackend does; ``None`` if none is named."""
        backend = pyproject.backend(self.document)
        if backend != "augbackend":
            return backend
        wrapped: str | None = layers.at(self.document, "tool", "augbackend", "build-backend", default=None)
        return wrapped

    @property
    def backend_module(self) -> str:
        """The module that builds it, also where none is named."""
        return (self.backend or LEGACY_BACKEND).partition(":")[0]

    @property
    def is_built_by_setuptools(self) -> bool:
        """Whether setuptools builds it."""
        return self.backend_module == "setuptools.build_meta"

    @cached_property
    def assumed_requires(self) -> list[str]:
        """What a frontend installs where there is no ``[build-system]``."""
        return setup_call.assumed_requires(self.folder)

    @property
    def requires(self) -> list[str]:
        """``build-system.requires``, or what a frontend assumes."""
        found: list[str] = layers.at(self.document, "build-system", "requires", default=self.assumed_requires)
        return found

    @property
    def states_dependencies(self) -> bool:
        """Whether its ``[project]`` table says what it depends on, itself and for good."""
        project = layers.at(self.document, "project", default={})
        return isinstance(project, dict) and bool(project) and "dependencies" not in project.get("dynamic", [])


def overridden(top: TopFiles, stated: Dependencies) -> TopFiles:
    """The same with other dependencies, where its ``[project]`` table has them and frontends read them there.

    :raises AugbackendError: if its ``pyproject.toml`` cannot be edited.
    """
    text, project = top.pyproject_text, layers.at(top.document, "project", default={})
    computed = {"optional-dependencies", "requires-python"} & {*project.get("dynamic", [])}
    if text is None or computed or not top.states_dependencies:
        return top
    (top.folder / "pyproject.toml").write_bytes(wrapped_pyproject.overridden(text, stated).encode())
    return replace(top, document=layers.read_pyproject(top.folder))


def text_of(file: Path) -> str:
    """A file's text, as UTF-8 or else as Latin-1."""
    content = file.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def laid_out(opened: Sdist, folder: Path) -> TopFiles:
    """Write the files that are looked at into ``folder``.

    :raises AugbackendError: if its ``pyproject.toml`` is no TOML, or its tables are none.
    """
    for member in opened.members:
        first, *more = sdist.relative(member.name).split("/")
        if first in _LOOKED_AT and (more or member.isdir()):
            raise refusal(opened.path, f"{first} is a folder", id="top-file-is-folder")
    names = {name for name in opened.names if name in _LOOKED_AT}
    recorded = [name for name in opened.names if name.endswith(".egg-info/requires.txt") and name.count("/") <= 2]  # noqa: PLR2004  # at the top, or in src
    for name in sorted({*names, *recorded}):
        content = opened.read(name)
        if content is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    if not (folder / "pyproject.toml").is_file():
        return TopFiles(folder, {})
    document = layers.read_pyproject(folder)
    pyproject.check_shape(document)
    pyproject.check_project(document)
    if layers.at(document, "tool", "augbackend", default={}):
        declared.read(folder, environ={}, document=document)  # what is added to must be sound
    for table in (document.get("build-system", {}), layers.at(document, "tool", "augbackend", default={})):
        for path in table.get("backend-path", []):
            inside = sdist.inside(path)
            if inside and any(name == inside or name.startswith(f"{inside}/") for name in opened.names):
                (folder / inside).mkdir(parents=True, exist_ok=True)
    return TopFiles(folder, document)
