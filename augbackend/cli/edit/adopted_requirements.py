r"""``build-system.requires`` of an adopted tree: what adopt has put there, and what its owner had there before.

Comments in ``[tool.augbackend]`` remember it, by project: a bot may raise a version meanwhile. ::

    # added to build-system.requires: tomli, torch
    # build-system.requires[0] was "setuptools>=61"
    # taken out of build-system.requires[1]: "torch"
    # build-system.requires was written: "[\"setuptools\" ]"

The last one is there only if the list would not come back as it was written.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, NamedTuple

import tomlkit
from packaging.requirements import Requirement

from augbackend.cli.model.requirement import project_of, requirement_of

from . import merged_requirements

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, MutableSequence, Sequence

_ADDED = re.compile(r"(?m)^# added to build-system\.requires: (.*?)\r?\n")
_BEFORE = re.compile(
    r"(?m)^# (?:build-system\.requires\[(\d+)\] was|taken out of build-system\.requires\[(\d+)\]:) (\".*\")\r?\n"
)
_WRITTEN = re.compile(r"(?m)^# build-system\.requires was written: (\".*\")\r?\n")
_TABLE = re.compile(r"(?m)^\[tool\.augbackend\].*?(\r?\n)")
_NOTHING = "nothing"


class Before(NamedTuple):
    """An entry of the owner's that adopt has changed or taken out.

    :param place: in the owner's list.
    """

    place: int
    text: str
    is_changed: bool


@dataclass(frozen=True)
class Memory:
    """What adopt has done to the list.

    :param added: the projects that it has added, one for each entry; the last entries of a project are the added ones.
    :param written: the owner's list in the words of the file, where they would be lost.
    """

    added: tuple[str, ...] = ()
    before: tuple[Before, ...] = ()
    written: str = ""

    def places(self, listed: Sequence[str]) -> list[int]:
        """Where the entries are that adopt has added."""
        found: list[int] = []
        for name, count in Counter(self.added).items():
            found += [at for at, text in enumerate(listed) if project_of(text) == name][-count:]
        return sorted(found)

    def owners_place(self, at: int) -> int:
        """The place in the owner's list of an entry that is at a place now."""
        for one in self.taken:
            at += one.place <= at
        return at

    def changed(self, at: int, text: str) -> Before | None:
        """What the owner had in the place of an entry that adopt has changed."""
        place, project = self.owners_place(at), project_of(text)
        found = [one for one in self.before if one.is_changed and project_of(one.text) == project]
        return next((one for one in found if one.place == place), None)

    @property
    def taken(self) -> list[Before]:
        """The entries of the owner's that are not there now."""
        return [one for one in self.before if not one.is_changed]


def separated(text: str) -> tuple[str, Memory | None]:
    """A ``pyproject.toml`` without the comments, and what they say; ``None`` if there are none."""
    added = _ADDED.search(text)
    if added is None:
        return text, None
    names = [name for name in added[1].split(", ") if name != _NOTHING]
    before = [
        Before(int(one[1] or one[2]), str(json.loads(one[3])), one[1] is not None) for one in _BEFORE.finditer(text)
    ]
    written = _WRITTEN.search(text)
    for comment in (_ADDED, _BEFORE, _WRITTEN):
        text = comment.sub("", text)
    return text, Memory(tuple(names), tuple(before), json.loads(written[1]) if written else "")


def remembered(text: str, memory: Memory) -> str:
    """The text with the comments: in our table, or on top if that has no header."""
    header = _TABLE.search(text)
    newline = header[1] if header else "\n"
    lines = [f"# added to build-system.requires: {', '.join(memory.added) or _NOTHING}"]
    for place, was, is_changed in memory.before:
        words = f"build-system.requires[{place}] was" if is_changed else f"taken out of build-system.requires[{place}]:"
        lines.append(f"# {words} {json.dumps(was, ensure_ascii=False)}")
    if memory.written:
        lines.append(f"# build-system.requires was written: {json.dumps(memory.written, ensure_ascii=False)}")
    at = header.end() if header else 0
    return text[:at] + "".join(f"{line}{newline}" for line in lines) + text[at:]


def required(listed: MutableSequence[str], memory: Memory, text: str) -> Memory:
    """Require something: in the place of what stands there of its project, or behind all else.

    What adopt had added is replaced. What is the owner's is joined with it, unless it names one version: then that
    holds.
    """
    if any(requirement_of(one) == requirement_of(text) for one in listed):
        return memory
    ours = memory.places(listed)
    for at, one in enumerate([*listed]):
        known = memory.changed(at, one) if _is_rival(one, text) else None
        if known and not _is_rival(known.text, text):  # what was the owner's is for other environments than this is
            listed[at] = known.text
            memory = replace(memory, before=tuple(other for other in memory.before if other is not known))
    rivals = [at for at, one in enumerate(listed) if _is_rival(str(one), text)]
    own = [at for at in rivals if at in ours]
    if own:
        listed[own[0]] = text
        return _ours_out(listed, memory, own[1:])
    if not rivals:
        listed.append(text)
        return replace(memory, added=(*memory.added, project_of(text)))
    first, *others = rivals
    memory = _owners_out(listed, memory, others)
    known = memory.changed(first, text)
    old = known or Before(memory.owners_place(first), str(listed[first]), is_changed=True)
    listed[first] = _both_in_one(old.text, text)
    before = [*(one for one in memory.before if one is not known), *([] if listed[first] == old.text else [old])]
    return replace(memory, before=tuple(sorted(before)))


def given_up(listed: MutableSequence[str], memory: Memory, name: str) -> tuple[Memory, bool]:
    """Take back what adopt has required of a project; and whether it had."""
    ours = [at for at in memory.places(listed) if project_of(listed[at]) == name]
    changed = [one for one in memory.before if project_of(one.text) == name]
    kept = tuple(one for one in memory.before if one not in changed)
    memory = replace(_ours_out(listed, memory, ours), before=kept)
    _put_back(listed, changed, memory.taken)
    return memory, bool(ours or changed)


def taken_out(listed: MutableSequence[str], memory: Memory, name: str) -> Memory:
    """Leave nothing of a project in the list; what was the owner's is remembered."""
    memory, _ = given_up(listed, memory, name)
    return _owners_out(listed, memory, [at for at, text in enumerate(listed) if project_of(text) == name])


def restored(build_system: MutableMapping[str, Any], memory: Memory) -> None:
    """Make the list its owner's again."""
    listed = build_system["requires"]
    _ours_out(listed, memory, memory.places(listed))
    _put_back(listed, memory.before, [])
    written = tomlkit.parse(f"list = {memory.written or '[]'}\n")["list"]
    if written == listed:
        build_system["requires"] = written


def written(text: str) -> str:
    """The list in the words of a ``pyproject.toml``; empty if there is none."""
    listed = tomlkit.parse(text).get("build-system", {}).get("requires")
    return "" if listed is None else str(listed.as_string())


def _put_back(listed: MutableSequence[str], before: Sequence[Before], taken: Sequence[Before]) -> None:
    """Make entries the owner's again.

    :param taken: what stays away.
    """
    for one in before:
        place = one.place - sum(other.place < one.place for other in taken)
        places = [at for at, text in enumerate(listed) if one.is_changed and _is_rival(str(text), one.text)]
        if places:
            listed[place if place in places else places[0]] = one.text
        else:
            listed.insert(place, one.text)


def _owners_out(listed: MutableSequence[str], memory: Memory, places: Sequence[int]) -> Memory:
    """Take entries of the owner's out."""
    for at in reversed(places):
        known = memory.changed(at, str(listed[at]))
        gone = Before(memory.owners_place(at), known.text if known else str(listed[at]), is_changed=False)
        memory = replace(memory, before=tuple(sorted([*(one for one in memory.before if one is not known), gone])))
        del listed[at]
    return memory


def _ours_out(listed: MutableSequence[str], memory: Memory, places: Sequence[int]) -> Memory:
    """Take entries of ours out."""
    left = Counter(memory.added)
    left.subtract(project_of(listed[at]) for at in places)
    for at in reversed(places):
        del listed[at]
    return replace(memory, added=tuple(left.elements()))


def rivals(plain: Sequence[str], matched: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The pairs of which one would take the place of the other.

    :param matched: to run time; these stand elsewhere, and leave nothing of their projects in the list.
    """
    for texts in (plain, matched):
        for one, other in combinations(texts, 2):
            if _is_rival(one, other) and requirement_of(one) != requirement_of(other):
                yield one, other
    yield from ((one, other) for one, other in product(plain, matched) if project_of(one) == project_of(other))


def _is_rival(text: str, other: str) -> bool:
    """Whether two texts are of one project, and may both hold."""
    one, two = requirement_of(text), requirement_of(other)
    if one is None or two is None or project_of(text) != project_of(other):
        return False
    return one.marker is None or two.marker is None or str(one.marker) == str(two.marker)


def _both_in_one(old: str, new: str) -> str:
    """What both ask for; what the new one does, if that names one version, or is for other environments."""
    first, second = Requirement(old), Requirement(new)
    names_one = any(one.operator in ("==", "===") for one in second.specifier)
    is_alone = names_one or str(first.marker or "") != str(second.marker or "")
    return new if is_alone else merged_requirements.one_of([old, new]) or new
