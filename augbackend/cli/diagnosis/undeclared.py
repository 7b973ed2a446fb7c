"""What the ``setup.py`` in a wrapped archive imports, and nobody asks for: neither its ``build-system`` nor the user.

::

    archive -> setup.py, read as syntax; what it asks for -> Undeclared -> the lines that declare it
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from augbackend.cli.edit import pyproject
from augbackend.cli.fetch import sdist
from augbackend.cli.project import stated_requirements
from augbackend.cli.strangers import interpreter, temporary_folder
from augbackend.knowledge import rows
from augbackend.table import LEGACY_BACKEND, layers, strings

from . import static_report
from .evidence import Case
from .setup_code import Files
from .static_reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from augbackend.cli.project.project import Project

    from .setup_code import Import

_OWN = re.compile(r"(?:src/)?(\w+)(?:/__init__)?\.py")  # what can be imported from the tree


@dataclass(frozen=True)
class Undeclared:
    """What one package lacks, as far as its ``setup.py`` says.

    :param name: of the package.
    :param requirements: what to declare.
    :param imports: of each requirement the first import that asks for it.
    """

    name: str
    requirements: tuple[str, ...]
    imports: tuple[Import, ...]

    def as_json(self) -> list[dict[str, str]]:
        """For a script."""
        return [
            {"name": self.name, "requirement": text, "module": one.module, "where": str(one.place)}
            for text, one in zip(self.requirements, self.imports)
        ]


def found(name: str, archive: Path, asked: Sequence[str]) -> Undeclared | None:
    """What a wrapped archive lacks; ``None`` if it has all that can be read, or setuptools does not build it.

    :param name: of the package.
    :param asked: what its build requires beside what stands in its ``build-system``.
    :raises AugbackendError: if it is no sound archive.
    """
    with sdist.opened(archive) as opened, temporary_folder.temporary() as folder:
        text = (opened.read("pyproject.toml") or b"").decode()
        (folder / "setup.py").write_bytes(opened.read("setup.py") or b"")
        files = Files(folder)
        files.follow("setup.py")
        own = [found for name in opened.names if (found := _OWN.fullmatch(name))]
    document = pyproject.parse(text, str(archive))
    backend = layers.at(document, "tool", "augbackend", "build-backend", default=LEGACY_BACKEND)
    if str(backend).partition(":")[0] != "setuptools.build_meta":
        return None
    requires = (*strings(layers.at(document, "build-system", "requires", default=[])), *asked)
    modules = frozenset(one[1] for one in own)
    reading = Reading(asks_for=requires, imports=tuple(files.imports), modules=modules)
    python = interpreter.this()
    case = Case(archive.parent, reading, rows.load(), python.minor)
    expected = static_report.expected(case, python.version)
    texts = tuple(expected.declaration.requirement_texts.values())
    return Undeclared(name, texts, expected.imports) if texts else None


def lines(one: Undeclared, project: Project | None) -> Iterator[str]:
    """What is imported where, and what to write so that it is there.

    :param project: that says what packages need; ``None`` if the command line does.
    """
    wanted = [_import(*pair) for pair in zip(one.requirements, one.imports)]
    yield f"{one.name}: its setup.py imports what nothing asks for: {', '.join(wanted)}"
    if project is None:
        yield f"  to declare it: {' '.join(f'--require {shlex.quote(text)}' for text in one.requirements)}"
    else:
        yield f"  to declare it, write in {project.file}, then run this again:"
        yield from (f"    {line}" for line in _table(one, project))


def _import(text: str, where: Import) -> str:
    """A module, what has it unless that has its name, and the line."""
    of_project = "" if text == where.module.partition(".")[0] else f"{text}, "
    return f"{where.module} ({of_project}line {where.place.line})"


def _table(one: Undeclared, project: Project) -> Iterator[str]:
    entries = ", ".join(_entry(text, project) for text in one.requirements)
    path: tuple[str, ...] = ("tool", "uv", "extra-build-dependencies")
    key = one.name
    if not project.uses_uv:
        path, key = ("tool", "augbackend", "packages", one.name), path[-1]
    table = layers.at(project.document, *path, default={})
    there = next((name for name in table if pyproject.same_project(name, key)), None)
    header = f"[{'.'.join(path)}]"
    if there is not None:
        yield f"{header} {there}: also {entries}"
    elif table:
        yield f"{header} {key} = [{entries}]"
    else:
        yield from [header, f"{key} = [{entries}]"]


def _entry(text: str, project: Project) -> str:
    """A requirement as an entry; what the project itself uses, in the version that it uses."""
    is_used = bool(stated_requirements.of(project.runtime.stated, text))
    is_used = is_used or any(one.name == text for one in project.locked)
    return f'{{ requirement = "{text}", match-runtime = true }}' if is_used else f'"{text}"'
