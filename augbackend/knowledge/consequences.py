"""What follows from a clue: an entry to declare, or what is in the way. The only reader of what rows say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Optional

from augbackend.standards import InvalidRequirement
from augbackend.standards.requirements import parse_requirement

from .pythons import at_least, is_standard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .clues import Clue
    from .rows import Knowledge, Need

_PYTHON = "Python"  # the need that another Python meets
_NOUNS = {"header": "header", "library": "library", "command": "program", "pkgconfig": "library"}
_PLACES = ("_HOME", "_PATH", "_DIR", "_ROOT", "_PREFIX")  # variables that say where something lies on one machine
_VERSION = "{version}"  # in a row's value: the version of the package


@dataclass(frozen=True)
class Consequence:
    """What to declare after a failure, or what is in the way.

    :param because: why the entries help, or what is in the way where there is none; one clause without a full stop.
    :param requires: entries for ``extra-build-dependencies``.
    :param variables: entries for ``extra-build-variables``.
    :param obstacle: what is in the way if the entries do not help, with the line that says so; empty if nothing is.
    :param gone: the first Python that does not have what is asked for; empty where that is not the cause.
    :param is_of_python: whether another Python may help.
    :param need: what the build needs, if no package index has it.
    """

    because: str
    requires: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    obstacle: str = ""
    gone: str = ""
    is_of_python: bool = False
    need: Optional[Need] = None

    @property
    def is_entry(self) -> bool:
        """Whether there is something to declare."""
        return bool(self.requires or self.variables)


def follows(clue: Clue, known: Knowledge, python: str, version: str = "") -> Consequence | None:
    """What follows from a clue; ``None`` if nothing does.

    :param python: that the build ran on, ``3.11``.
    :param version: of the package; variables that want it are left out if it is empty.
    """
    symptom = clue.symptom
    if symptom.gone and not at_least(python, symptom.gone):
        return None
    is_unknown = {name for name, value in symptom.variables.items() if _VERSION in value and not version}
    values = {
        name: value.replace(_VERSION, version) for name, value in symptom.variables.items() if name not in is_unknown
    }
    if symptom.gone:
        obstacle = f"{symptom.because} ({clue.line})"
        return Consequence(
            symptom.because, symptom.require, values, obstacle=obstacle, gone=symptom.gone, is_of_python=True
        )
    if symptom.require or values:
        return Consequence(symptom.because or clue.line, symptom.require, values)
    if clue.kind == "module":
        return of_module(clue.name, known, python)
    if clue.kind == "requirement":
        text = _without_lower_bound(clue.name)
        return Consequence(symptom.because or f"the build asks for {clue.name}", (text,)) if text else None
    if clue.kind == "plugin":
        text = known.plugs_in(clue.name)
        because = f"pyproject.toml asks hatchling for {clue.name}, which is a plugin of its own"
        return Consequence(because, (text,)) if _is_requirement(text) else None
    if clue.kind == "variable":
        return _of_variable(clue)
    return _of_need(clue, known)


def of_module(module: str, known: Knowledge, python: str) -> Consequence | None:
    """What follows from a module that is missing; ``None`` if no project can bring it."""
    because = f"the build needs {module!r}, which nothing declares"
    left = known.left_stdlib(module)
    if left is not None:
        requires = (left.require,) if left.require else ()
        if not at_least(python, left.gone):
            return Consequence(because, requires) if requires else None
        said = f"Python {left.gone} removed the module {left.name}"
        return Consequence(said, requires, obstacle=said, gone=left.gone, is_of_python=True)
    top = module.partition(".")[0]
    has_no_project = is_standard(top) or top.startswith("_") or not top.isidentifier()
    project = known.requirement_for(module)
    if (has_no_project and not known.is_named(module)) or not _is_requirement(project):
        return None
    return Consequence(because, (project,))


def _of_variable(clue: Clue) -> Consequence | None:
    if clue.name.endswith(_PLACES):
        return None
    because = clue.symptom.because or clue.line
    return Consequence(because, variables={clue.name: clue.value} if clue.value else {})


def _of_need(clue: Clue, known: Knowledge) -> Consequence | None:
    """What follows if something other than a module is missing: a package may bring it, else only the system can."""
    need = known.needed("", clue.symptom.need) if clue.symptom.need else known.needed(clue.kind, clue.name)
    because, obstacle, is_of_python = clue.symptom.because, clue.symptom.because, False
    if need is not None and need.name == _PYTHON:
        because, is_of_python = "it refuses this Python", True
        obstacle = f"{because}: {clue.line}"
    elif need is not None:
        because, obstacle = f"it needs {need.text}, which no declaration brings", f"it needs {need.text}: {clue.line}"
    elif clue.kind:
        because = obstacle = f"it needs the {_NOUNS[clue.kind]} {clue.name}, which no declaration brings"
    package = known.brings(clue.name) if clue.kind == "command" else None
    if package is not None:
        obstacle = obstacle if need else ""
        return Consequence(f"it brings the program {package.name}", (package.require,), obstacle=obstacle, need=need)
    library = known.has_library(clue.name) if clue.kind == "pkgconfig" else None
    if library is not None:
        obstacle = obstacle if need else f"the build does not find {clue.name}: {clue.line}"
        return Consequence(f"it brings {library.name} for CMake and Meson", library.require, obstacle=obstacle)
    return Consequence(because, obstacle=obstacle, is_of_python=is_of_python, need=need) if obstacle else None


def _without_lower_bound(text: str) -> str:
    """A requirement without its lower bound, since the newest is taken anyway; empty if it is no requirement."""
    try:
        requirement = parse_requirement(text)
    except InvalidRequirement:
        return ""
    is_short = requirement.extras or requirement.url or any(op not in (">", ">=") for op, _ in requirement.clauses)
    return text if is_short else requirement.name


def _is_requirement(text: str) -> bool:
    try:
        parse_requirement(text)
    except InvalidRequirement:
        return False
    return True
