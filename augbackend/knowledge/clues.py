"""What the text of a failed build names: modules, programs, headers, by the rows of symptoms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .rows import Knowledge, Symptom

_LONGEST_LINE, _KEPT = 600, 290


@dataclass(frozen=True)
class Clue:
    """One thing that a text names.

    :param line: of the text.
    :param kind: one of :data:`~augbackend.knowledge.rows.KINDS`; empty where the row itself says what follows.
    :param name: of that kind; of a program without its folder.
    :param value: of a variable, where the text says it.
    """

    symptom: Symptom
    line: str
    kind: str
    name: str
    value: str


def named_in(text: str, known: Knowledge) -> list[Clue]:
    """What a text names, in the order of the rows. If one row fits several places, the last comes first."""
    text = _readable(text)
    found: dict[tuple[int, str, str], Clue] = {}
    for number, symptom in enumerate(known.symptom):
        for match in reversed(list(re.finditer(symptom.says, text))):
            clue = _clue(symptom, match)
            if clue.name or not clue.kind:  # a lone full stop is no name
                found.setdefault((number, clue.kind, clue.name), clue)
    return list(found.values())


def _readable(text: str) -> str:
    """A text without blank lines, repeated lines, and the middle of very long lines.

    No message needs those, and no output makes the search take long.
    """
    lines = [line if len(line) <= _LONGEST_LINE else f"{line[:_KEPT]} … {line[-_KEPT:]}" for line in text.splitlines()]
    last = dict.fromkeys(line.rstrip() for line in reversed(lines) if line.strip())
    return "\n".join(reversed(list(last)))


def _clue(symptom: Symptom, match: re.Match[str]) -> Clue:
    groups = {group: text for group, text in match.groupdict().items() if text}
    value = groups.pop("value", "")
    kind, name = next(iter(groups.items()), ("", ""))
    text = match.string
    start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
    line = " ".join(text[start : end if end >= 0 else None].split())
    name = name.rpartition("/")[2] if kind == "command" else name
    return Clue(symptom, line, kind, name.rstrip(".,"), value)
