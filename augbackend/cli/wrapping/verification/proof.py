"""What was proved of a wrapped archive, and what not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Addition(NamedTuple):
    """One thing that the archive says and upstream does not.

    :param key: the file, and the key or the field in it.
    :param text: what it says, in one line.
    :param warning: why to look at it twice; empty if nothing is unusual.
    """

    key: str
    text: str
    warning: str = ""


@dataclass(frozen=True)
class Proof:
    """What a wrapped archive and its upstream have in common, and what not.

    :param made_from: upstream's name and version, and in words where it was held against.
    :param same: how many members are upstream's, as they are.
    :param additions: what is declared, one by one: all that may differ.
    :param declared: the texts in which it stands, name → unified diff.
    :param backend: what is to be said of the copy of the backend.
    :param problems: everything else that differs.
    :param unproved: what only a build of the repository can prove.
    :param unanswered: why nothing is known of upstream: a place that could not be asked; empty if it was.
    """

    url: str
    sha256: str
    made_from: str
    index: str = ""
    same: int = 0
    additions: tuple[Addition, ...] = ()
    declared: dict[str, str] = field(default_factory=dict)
    backend: str = ""
    problems: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()
    unanswered: str = ""

    @property
    def is_proved(self) -> bool:
        """Whether nothing is left to doubt."""
        return not self.problems and not self.unproved and not self.unanswered
