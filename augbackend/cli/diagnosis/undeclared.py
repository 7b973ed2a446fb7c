"""What the ``setup.py`` in a wrapped archive imports, and nobody asks for: neither its ``build-system`` nor the user.

::

    what was wrapped -> setup.py, read as syntax; what it asks for -> Undeclared -> the lines that declare it
"""

from __future__ import annotations

import platform
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import pyproject
from augbackend.cli.model.requirement import project_of
from augbackend.cli.strangers import temporary_folder
from augbackend.knowledge import rows
from augbackend.table import LEGACY_BACKEND, layers, strings

from . import static_report
from .evidence import Case
from .setup_code import Files
from .static_reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.project.project import Project

    from .setup_code import Import

_KEY = "extra-build-dependencies"
_OWN = re.compile(r"(?:src/)?(\w+)(?:/__init__)?\.py")  # what can be imported from the tree
# Build requirements that bring nothing which a setup.py imports.
_ALONE = frozenset(
    {"", "setuptools", "wheel", "packaging", "ninja", "cmake", "cython", "pybind11", "psutil", "meson", "tomli"}
)


@dataclass(frozen=True)
class Undeclared:
    """What one package lacks, as far as its ``setup.py`` says.

    :param name: of the package.
    :param requirements: what to declare.
    :param imports: of each requirement the first import that asks for it.
    :param is_certain: whether nothing that is asked for may bring it along.
    """

    name: str
    requirements: tuple[str, ...]
    imports: tuple[Import, ...]
    is_certain: bool

    def as_json(self) -> list[dict[str, str]]:
        """For a script."""
        return [
            {"name": self.name, "requirement": text, "module": one.module, "where": str(one.place)}
            for text, one in zip(self.requirements, self.imports)
        ]


def found(
    name: str, archive: Path, files: Mapping[str, bytes], members: Sequence[str], asked: Sequence[str]
) -> Undeclared | None:
    """What a wrapped archive lacks; ``None`` if it has all that can be read, or setuptools does not build it.

    :param name: of the package.
    :param archive: it is not opened again.
    :param files: its ``pyproject.toml`` and ``setup.py``.
    :param members: the names of upstream's files.
    :param asked: what its build requires beside what stands in its ``build-system``.
    """
    with temporary_folder.temporary() as folder:
        (folder / "setup.py").write_bytes(files["setup.py"])
        read = Files(folder)
        read.follow("setup.py")
    own = frozenset(module[1] for module in map(_OWN.fullmatch, members) if module)
    document = pyproject.parse(files["pyproject.toml"].decode(), str(archive))
    backend = layers.at(document, "tool", "augbackend", "build-backend", default=LEGACY_BACKEND)
    if str(backend).partition(":")[0] != "setuptools.build_meta":
        return None
    requires = (*strings(layers.at(document, "build-system", "requires", default=[])), *asked)
    reading = Reading(asks_for=requires, imports=tuple(read.imports), modules=own)
    python = platform.python_version()
    case = Case(archive.parent, reading, rows.load(), ".".join(python.split(".")[:2]))
    expected = static_report.expected(case, python)
    texts = tuple(expected.declaration.requirement_texts.values())
    is_certain = {project_of(one) for one in requires} <= _ALONE
    return Undeclared(name, texts, expected.imports, is_certain) if texts else None


def lines(one: Undeclared, project: Project | None) -> Iterator[str]:
    """What is imported where, and what to write so that it is there.

    :param project: that says what packages need; ``None`` if the command line does.
    """
    wanted = [_import(*pair) for pair in zip(one.requirements, one.imports)]
    yield f"{one.name}: its setup.py imports what nothing asks for: {', '.join(wanted)}"
    if project is None:
        yield f"  to declare it: {' '.join(f'--require {shlex.quote(text)}' for text in one.requirements)}"
        return
    file, document, path = _where_to_write(project)
    yield f"  to declare it, write in {file}, then run this again:"
    yield from (f"    {line}" for line in _lines_at(one, project, document, path))


def _where_to_write(project: Project) -> tuple[Path, Mapping[str, Any], tuple[str, ...]]:
    """The file, what is in it, and the table in which the project says what packages need."""
    file = project.file.with_name("uv.toml")
    if not project.uses_uv:
        return project.file, project.document, ("tool", "augbackend", "packages")
    if file.is_file():  # uv reads it instead of the table
        return file, pyproject.parse(file.read_text("utf-8"), str(file)), (_KEY,)
    return project.file, project.document, ("tool", "uv", _KEY)


def _import(text: str, where: Import) -> str:
    """A module, what has it unless that has its name, and the line."""
    of_project = "" if pyproject.same_project(text, where.module.partition(".")[0]) else f"{text}, "
    return f"{where.module} ({of_project}line {where.place.line})"


def _lines_at(one: Undeclared, project: Project, document: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """The lines that are missing there, or what is missing in a line."""
    entries = ", ".join(_as_entry(text, project) for text in one.requirements)
    path, key = (path, one.name) if path[-1] == _KEY else ((*path, one.name), _KEY)
    table = layers.at(document, *path, default={})
    there = next((name for name in table if pyproject.same_project(name, key)), None)
    header = f"[{'.'.join(path)}]"
    if there is not None:
        yield f"{header} {there}: also {entries}"
    elif table:
        yield f"{header} {key} = [{entries}]"
    else:
        yield from [header, f"{key} = [{entries}]"]


def _as_entry(text: str, project: Project) -> str:
    """A requirement as an entry; what the project itself uses, in the version that it uses."""
    return f'{{ requirement = "{text}", match-runtime = true }}' if project.uses(text) else f'"{text}"'
