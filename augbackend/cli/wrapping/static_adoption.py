"""Where only static requirements are missing: a line of ``build-system.requires``, and no backend of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from augbackend.cli.edit import adopted_pyproject, pyproject, toml_text
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.requirement import project_of
from augbackend.standards import setup_files
from augbackend.table import layers, strings

from . import adoption, setup_call
from .adoption import TreePlan, project_document, pyproject_text

if TYPE_CHECKING:
    from pathlib import Path

    from augbackend.cli.model.declaration import Declaration

_WRAPPED = {"build-backend", "backend-path"}


def is_static(declaration: Declaration) -> bool:
    """Whether PEP 518 can say all that is declared, and something is.

    It says what is taken away where the tree itself asks for that, and not its backend.
    """
    plain = all(one.is_plain for one in declaration.requires)
    more = {*declaration.as_table()} - {"extra-build-dependencies", "remove-build-dependencies"}
    return bool(declaration.requires or declaration.removed) and plain and not more


def planned(tree: Path, declaration: Declaration) -> TreePlan:
    """Plan to write the requirements into ``build-system.requires``, and nothing else.

    :raises AugbackendError: if augbackend builds the tree already, or what is taken away does not stand there alone.
    """
    old = pyproject_text(tree)
    if pyproject.backend(project_document(tree, old)) == "augbackend":
        hint = "leave --static out"
        raise CliError(
            "augbackend builds this tree already", id="adopted-already", where=str(tree / "pyproject.toml"), hint=hint
        )
    elsewhere = _asked_for_elsewhere(tree, declaration)
    if elsewhere:
        what = (
            f"[build-system] alone cannot take {', '.join(elsewhere)} away: it does not stand there, or not there alone"
        )
        raise CliError(what, id="not-in-build-system", where=str(tree / "pyproject.toml"), hint="leave --static out")
    texts = [one.entry.text for one in declaration.requires]
    new = adopted_pyproject.static(old, texts, declaration.removed, assumed_requires=setup_call.assumed_requires(tree))
    return TreePlan(tree, old, new, "leave")


def sufficient(tree: Path, declaration: Declaration) -> TreePlan | None:
    """The plan that does all that is declared by ``build-system.requires``; ``None`` if that cannot say it.

    :raises AugbackendError: if the tree's ``pyproject.toml`` cannot be edited.
    """
    if not is_static(declaration):
        return None
    if pyproject.backend(project_document(tree, pyproject_text(tree))) == "augbackend":
        # Which remembers what it has added, and takes away what the backend asks for as well.
        return None if declaration.removed else adoption.planned(tree, declaration, installed=False)
    return None if _asked_for_elsewhere(tree, declaration) else planned(tree, declaration)


def _asked_for_elsewhere(tree: Path, declaration: Declaration) -> list[str]:
    """What is taken away, as far as leaving it out of the tree's own list does not do that."""
    document = project_document(tree, pyproject_text(tree))
    listed = {*map(project_of, strings(layers.at(document, "build-system", "requires", default=[])))}
    asked = {*map(project_of, setup_files.setup_requires(tree))}
    return sorted({*declaration.removed} - (listed - asked))


def is_adopted(plan: TreePlan) -> bool:
    """Whether augbackend builds the tree."""
    return pyproject.backend(layers.toml(plan.new or "")) == "augbackend"


def own_lines(plan: TreePlan) -> tuple[str, tuple[str, ...]]:
    """Where the owner of a tree writes what such a plan says, and the lines."""
    requires = toml_text.listed("requires", layers.toml(plan.new or "")["build-system"]["requires"])
    if plan.old is not None and "build-system" in layers.toml(plan.old):
        return "In [build-system] of pyproject.toml", tuple(requires)
    place = "In pyproject.toml" if plan.old is not None else "In a new pyproject.toml"
    return place, ("[build-system]", *requires)


def line(plan: TreePlan) -> str:
    """The line that does without the backend; empty if something that is declared needs it."""
    text = plan.new or ""
    document = pyproject.parse(text, "pyproject.toml")
    if {*layers.at(document, "tool", "augbackend", default={})} - _WRAPPED:
        return ""
    requires = adopted_pyproject.requires_alone(text)
    return f"requires = [{', '.join(json.dumps(one, ensure_ascii=False) for one in requires)}]"
