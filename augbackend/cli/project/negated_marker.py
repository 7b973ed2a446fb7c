"""The opposite of an environment marker: where a package is taken from elsewhere, since the marker does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.standards.markers import Junction, parse_marker

if TYPE_CHECKING:
    from augbackend.standards.markers import Marker

_OPPOSITES = {"==": "!=", "<": ">=", ">": "<=", "in": "not in"}
_OPPOSITES.update({value: key for key, value in _OPPOSITES.items()})


def negated(marker: str) -> str | None:
    """The marker that holds where another does not; ``None`` if none does, or it cannot be said."""
    try:
        return _opposite(parse_marker(marker)) if marker else None
    except (KeyError, ValueError):
        return None


def _opposite(marker: Marker) -> str:
    """The same of what was read, in an order that does not change.

    :raises KeyError: if a comparison has no opposite.
    """
    if isinstance(marker, Junction):
        word = "and" if marker.word == "or" else "or"
        parts = sorted(map(_opposite, marker.parts))
        return f" {word} ".join(f"({part})" if " or " in part or " and " in part else part for part in parts)
    left, operator, right, variable_first = marker
    sides = (left, _literal(right)) if variable_first else (_literal(left), right)
    return f" {_OPPOSITES[operator]} ".join(sides)


def _literal(text: str) -> str:
    return f"'{text}'" if "'" not in text else f'"{text}"'
