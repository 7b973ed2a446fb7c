"""What to say about an error of somebody else's build, if only its text is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import clues, consequences, rows
from .pythons import RUNNING

if TYPE_CHECKING:
    from .consequences import Consequence
    from .rows import Knowledge


def on(text: str, known: Knowledge | None = None, python: str = RUNNING) -> Consequence | None:
    """The first entry that may help, or else the first thing that is in the way; ``None`` if nothing is known.

    :param text: the type and the message of an exception, or the output of a build.
    :param python: that the build ran on.
    """
    known = known or rows.load()
    found = [consequences.follows(clue, known, python) for clue in clues.named_in(text, known)]
    said = [one for one in found if one is not None and (one.is_entry or one.obstacle)]
    return next((one for one in said if one.is_entry), next(iter(said), None))
