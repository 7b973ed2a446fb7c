"""Markers of a lock, without what they say of the extras and groups that whoever installs may choose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from augbackend.cli.model.cli_error import CliError
from augbackend.standards.markers import Junction, parse_marker

if TYPE_CHECKING:
    from collections.abc import Collection

    from augbackend.standards.markers import Marker

# A condition on extras or groups, which only the marker of a lock file has. A quoted text is skipped as a whole.
_CHOICE = r"""(?:'[^']*'|"[^"]*")(\s+(?:not\s+)?in\s+(?:extras|dependency_groups)\b)?"""


def without_extras(marker: str, where: str) -> str:
    """The marker of a locked package, as far as it speaks of environments; empty if it may be installed in every one.

    Any choice is taken to be possible, so a condition on one is left out: ``'cpu' in extras and os_name == 'nt'`` is
    ``os_name == 'nt'``.

    :raises AugbackendError: if a requirement could not have what is left as its marker.
    """
    one_variable = re.sub(_CHOICE, lambda found: "extra == ''" if found[1] else found[0], marker)
    if not marker:
        return ""
    try:
        read = parse_marker(one_variable)
        return as_text(read) if "extra" in one_variable else marker
    except ValueError as error:
        raise CliError(
            f"its marker cannot be read: {error}", id="marker-unreadable", where=where, hint="lock it again"
        ) from None


def for_choices(marker: Marker | None, choices: Collection[str]) -> Marker | bool:
    """What a marker says of environments where some choices are made and no others; whether it holds, if that is all.

    :param choices: by their names in markers, see :func:`.uv_lock.choice`.
    """
    if marker is None:
        return True
    if not isinstance(marker, Junction):
        left, operator, right, variable_first = marker
        if (left if variable_first else right) != "extra":
            return marker
        return ((right if variable_first else left) in choices) == (operator != "!=")
    ends = marker.word == "or"  # what one part alone decides
    parts = {for_choices(part, choices) for part in marker.parts}
    left_over = {part for part in parts if not isinstance(part, bool)}
    if ends in parts or not left_over:
        return ends in parts if ends else False not in parts
    flat = {
        inner
        for part in left_over
        for inner in (part.parts if isinstance(part, Junction) and part.word == marker.word else (part,))
    }
    return Junction(marker.word, frozenset(flat)) if len(flat) > 1 else flat.pop()


def names(marker: Marker | None) -> set[str]:
    """The choices that a marker speaks of."""
    if marker is None:
        return set()
    if isinstance(marker, Junction):
        return {name for part in marker.parts for name in names(part)}
    left, _, right, variable_first = marker
    return {right if variable_first else left} if (left if variable_first else right) == "extra" else set()


def as_text(marker: Marker) -> str:
    """A marker without what it says of extras, in one spelling whatever the order of its parts."""
    if isinstance(marker, Junction):
        parts = sorted(map(as_text, marker.parts))
        if marker.word == "or":
            return " or ".join(parts) if all(parts) else ""
        return " and ".join(f"({part})" if " or " in part else part for part in parts if part)
    left, operator, right, variable_first = marker
    if (left if variable_first else right) == "extra":
        return ""
    sides = (left, _quoted(right)) if variable_first else (_quoted(left), right)
    return f" {operator} ".join(sides)


def _quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else f'"{text}"'
