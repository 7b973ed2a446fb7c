"""A report that fits on a screen: details give way to a line each, what has to be done does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 40  # lines
_FEWEST = 3  # lines of a part that is cut


@dataclass(frozen=True)
class Section:
    """A part of a report.

    :param lines: all of it that is usually told.
    :param brief: what is told where that is too much; it may be cut. Empty if the part never gives way.
    :param has_more: whether there is more than is usually told.
    """

    lines: tuple[str, ...]
    brief: tuple[str, ...] = ()
    has_more: bool = False


def whole(sections: Sequence[Section]) -> list[str]:
    """The lines of all parts."""
    return _lines_of([one.lines for one in sections])


def fitted(sections: Sequence[Section], more: str) -> list[str]:
    """The lines of all parts; where they are too many, the brief ones of those that give way, cut if need be.

    :param more: the last line, if anything was left out: it says how to see that.
    """
    lines, has_more = whole(sections), any(one.has_more for one in sections)
    if len(lines) + (len(("", more)) if has_more else 0) <= MOST:
        return [*lines, *(["", more] if has_more else [])]
    for most in range(MOST, _FEWEST - 1, -1):
        lines = _lines_of([_shortened(one.brief, most) if one.brief else one.lines for one in sections])
        if len(lines) + len(("", more)) <= MOST:
            break
    return [*lines, "", more]


def _lines_of(parts: Sequence[Sequence[str]]) -> list[str]:
    """The lines of all parts, without blank ones at the end."""
    lines = [line for part in parts for line in part]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _shortened(lines: Sequence[str], most: int) -> list[str]:
    """The first of these lines, and how many more there are; a blank line behind them stays."""
    said = [line for line in lines if line]
    if len(said) > most:
        said[most - 1 :] = [f"  … and {len(said) - most + 1} more"]
    return [*said, *(line for line in lines[-1:] if not line)]
