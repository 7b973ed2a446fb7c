"""What the rules of a diagnosis read, and what they answer: a proposal, or an obstacle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from augbackend.cli.model import declaration as declarations
from augbackend.cli.model.declaration import Declaration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from augbackend.cli.fetch.build_place import Submodule
    from augbackend.knowledge.rows import Knowledge

    from .static_reading import Reading


@dataclass(frozen=True)
class Case:
    """What is known of the package that is diagnosed.

    :param dated: when the sdist was made, ``2021-09-04``; empty if nothing says it.
    :param python: the minor version that it is built on.
    :param absent: submodules of its clone that are not checked out.
    :param declared: what is declared for it already.
    :param recipe: the same with what a recipe adds; empty if there is none.
    """

    tree: Path
    reading: Reading
    knowledge: Knowledge
    python: str
    dated: str = ""
    absent: tuple[Submodule, ...] = ()
    declared: Declaration = field(default_factory=Declaration)
    recipe: Declaration = field(default_factory=Declaration)


@dataclass(frozen=True)
class Proposal:
    """What may be added to a declaration.

    :param why: where the package asks for it, or what is known.
    :param said: the line of the output that led to it; empty if none did.
    :param is_certain: whether the package needs it, whatever else is declared.
    :param whys: by project, a reason of its own instead of ``why``.
    """

    adds: Declaration
    why: str
    said: str = ""
    is_certain: bool = False
    whys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Obstacle:
    """Why the package does not build, where no declaration helps.

    :param reason: one sentence without a full stop.
    :param command: that takes it away; empty where none is known to.
    :param gone: the first Python that does not have what the package wants; empty where that is not known.
    :param is_of_python: whether the package may build on another Python.
    :param is_known: whether a rule says so; if not, the reason quotes the failure.
    """

    reason: str
    said: str = ""
    gone: str = ""
    is_of_python: bool = False
    is_known: bool = True
    command: str = ""


def declaring(*requires: str, removed: Iterable[str] = (), variables: Mapping[str, str] | None = None) -> Declaration:
    """What a proposal adds; of two requirements of one project, what both ask for.

    :raises InvalidRequirement: if a text is no requirement.
    """
    return Declaration().joined(declarations.of(requires, "augbackend diagnose", removed, variables))
