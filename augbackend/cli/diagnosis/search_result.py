"""How a search ended: the verdict, the declaration with its reasons, the attempts, and what is in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Optional

from augbackend.cli.model.declaration import Declaration

if TYPE_CHECKING:
    from .attempt import Attempt
    from .evidence import Obstacle, Proposal
    from .wheel_check import Check

Verdict = Literal["builds-as-is", "builds-when-declared", "not-by-a-declaration", "unfinished"]
Cut = Literal["", "time", "attempts", "user"]


@dataclass(frozen=True)
class SearchResult:
    """How the search ended.

    :param declaration: what makes it build; if nothing was found that does, what is known to be needed.
    :param reasons: why each entry of the declaration is there, by kind and name.
    :param attempts: every build that was made, in order.
    :param attempt: the one that built; if none did, the one that came furthest.
    :param cut: what ended the search before everything was tried; empty if nothing did.
    :param is_sdist_known: whether it is known what comes of a folder's sdist; true where none has to be made.
    """

    verdict: Verdict
    declaration: Declaration
    reasons: dict[tuple[str, str], Proposal]
    attempts: tuple[Attempt, ...]
    attempt: Attempt
    check: Optional[Check] = None
    obstacle: Optional[Obstacle] = None
    cut: Cut = ""
    is_sdist_known: bool = True

    @property
    def cure(self) -> Declaration:
        """What makes it build: empty if nothing has to be declared, and if nothing was found that does."""
        return self.declaration if self.verdict == "builds-when-declared" else Declaration()
