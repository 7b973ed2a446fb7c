"""What to do about an error of somebody else's build: the entry to add, or what is in the way, by what is known."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from . import knowledge as knowledges

if TYPE_CHECKING:
    from .knowledge import Clue, Knowledge


class Advice(NamedTuple):
    """What follows from an error.

    :param requires: entries for ``extra-build-dependencies``.
    :param variables: entries for ``extra-build-variables``.
    :param because: why, or what is in the way if there is no entry; one clause without a full stop.
    """

    requires: tuple[str, ...]
    variables: dict[str, str]
    because: str


def on(text: str, known: Knowledge | None = None) -> Advice | None:
    """What the first row says that has something to say of a text; ``None`` if none has.

    :param text: the type and the message of an exception, or the output of a build.
    """
    known = known or knowledges.load()
    found = (advice for clue in known.clues(text) if (advice := _from(clue, known)))
    return next(found, None)


def _from(clue: Clue, known: Knowledge) -> Advice | None:
    symptom = clue.symptom
    variables = {name: value for name, value in symptom.variables.items() if "{" not in value}
    if symptom.require or variables:
        return Advice(symptom.require, variables, symptom.because or clue.line)
    if clue.kind == "module":
        return _of_module(clue.name, known)
    if clue.kind == "requirement":
        return Advice((clue.name,), {}, symptom.because or f"the build asks for {clue.name}")
    if clue.kind == "variable" and clue.value:
        return Advice((), {clue.name: clue.value}, symptom.because)
    command = known.brings(clue.name) if clue.kind == "command" else None
    if command is not None:
        return Advice((command.require,), {}, f"it brings the program {command.name}")
    need = known.needed("", symptom.need) if symptom.need else known.needed(clue.kind, clue.name) if clue.kind else None
    if need is not None:
        return Advice((), {}, f"it needs {need.text}, which no declaration brings")
    is_gone = symptom.gone and sys.version_info >= tuple(map(int, symptom.gone.split(".")))
    is_said = bool(symptom.because) and not clue.kind and bool(is_gone or not symptom.gone)
    return Advice((), {}, symptom.because) if is_said else None


def _of_module(module: str, known: Knowledge) -> Advice:
    row = known.left_stdlib(module)
    if row is None:
        project = known.requirement_for(module)
        return Advice((project,), {}, f"the build needs {module!r}, which nothing declares")
    because = f"Python {row.gone} removed the module {row.name!r}"
    return Advice((row.require,) if row.require else (), {}, because)
