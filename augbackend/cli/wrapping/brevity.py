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
    return _joined([one.lines for one in sections])


def fitted(sections: Sequence[Section], more: str) -> list[str]:
    """The lines of all parts; where they are too many, the brief ones of those that give way.

    :param more: the last line, if anything was left out: it says how to see that.
    """
    parts = [list(one.lines) for one in sections]
    has_more = any(one.has_more for one in sections)
    if sum(map(len, parts)) + has_more > MOST:
        has_more = True
        parts = [list(one.brief or one.lines) for one in sections]
        for part, one in zip(parts, sections):
            too_many = sum(map(len, parts)) - (MOST - len(("", more)))
            if one.brief and too_many > 0:
                _cut(part, too_many)
    return [*_joined(parts), *(["", more] if has_more else [])]


def _joined(parts: Sequence[Sequence[str]]) -> list[str]:
    """The lines of all parts, without blank ones at the end."""
    lines = [line for part in parts for line in part]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _cut(part: list[str], too_many: int) -> None:
    """Leave out lines of a part, and say how many; the blank line behind it stays."""
    behind = [] if part[-1] else [part.pop()]
    kept = max(_FEWEST, len(part) - too_many - 1)
    if kept < len(part) - 1:
        part[kept:] = [f"  … and {len(part) - kept} more"]
    part += behind
