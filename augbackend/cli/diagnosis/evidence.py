"""What the rules look at, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from augbackend.knowledge import Knowledge

    from .attempt import Declaration
    from .static_reading import Reading


@dataclass(frozen=True)
class Case:
    """Everything that the rules look at.

    :param dated: when the sdist was made, ``2021-09-04``; empty if nothing says it.
    :param python: the minor version that it is built on.
    """

    tree: Path
    reading: Reading
    knowledge: Knowledge
    python: str
    dated: str = ""


@dataclass(frozen=True)
class Proposal:
    """What may be added to a declaration.

    :param why: where it is asked for, or what is known.
    :param said: the line of the output that led to it; empty if none did.
    :param is_certain: whether nothing else that is declared could spare it.
    :param whys: what holds for single projects instead of ``why``.
    """

    adds: Declaration
    why: str
    said: str = ""
    is_certain: bool = False
    whys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Obstacle:
    """What no declaration mends.

    :param reason: one sentence without a full stop.
    :param gone: the first Python that does not have what it wants; empty where that is not known.
    :param is_of_python: whether another Python may do.
    :param is_known: whether a rule names it, or nothing does.
    """

    reason: str
    said: str = ""
    gone: str = ""
    is_of_python: bool = False
    is_known: bool = True
