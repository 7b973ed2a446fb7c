"""Which versions belong together in a ``uv.lock``: those that one archive of a package is built against.

::

    UvLock, a package, what its build needs -> Fork, one an archive

The edges of the package's entry say it. Where extras or groups conflict there is one answer for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from augbackend.cli.model.asked_in import AskedIn
from augbackend.cli.model.cli_error import CliError

from . import marker_choices, target_environments, uv_lock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from augbackend.cli.model.locked_version import Locked

    from .uv_lock import Edge, Entry, UvLock

    Choices = frozenset[str]


@dataclass(frozen=True)
class Fork:
    """One version of a package, and what is beside it at run time.

    :param asked_in: the extras and groups that it is for; empty for wherever the package is asked for.
    :param locked: the package, with the marker of the environments that it is for.
    :param others: what its build needs, each where its marker holds.
    """

    asked_in: tuple[AskedIn, ...]
    locked: Locked
    others: tuple[Locked, ...]


class _Version(NamedTuple):
    """The same without the place where it is asked for."""

    locked: Locked
    others: tuple[Locked, ...]


def forks(lock: UvLock, name: str, others: Collection[str]) -> list[Fork]:
    """The versions that a package is locked to.

    :param others: names of what its build needs in the version that is there at run time.
    :raises AugbackendError: if it is asked for where several choices of others are possible.
    """
    if not any(entry.locked.name == name for entry in lock.entries):
        return []
    by_answer: dict[tuple[_Version, ...], list[AskedIn]] = {}
    for asked in asked_in(lock, name) or [AskedIn()]:
        by_answer.setdefault(_only_answer(lock, name, others, asked), []).append(asked)
    if len(by_answer) == 1:
        return [Fork((), *version) for version in next(iter(by_answer))]
    always = next((asked for places in by_answer.values() for asked in places if not asked.kind), None)
    if always is not None and len({asked.project for places in by_answer.values() for asked in places}) == 1:
        raise _untold(lock, name, always, "another version than in its extras or groups")
    return [Fork(tuple(places), *version) for answer, places in by_answer.items() for version in answer]


def asked_in(lock: UvLock, name: str) -> list[AskedIn]:
    """Where the project, or a member of the workspace, asks for a package itself."""
    return [
        asked for root in lock.roots for asked, edges in root.edges.items() if any(edge.name == name for edge in edges)
    ]


def _only_answer(lock: UvLock, name: str, others: Collection[str], asked: AskedIn) -> tuple[_Version, ...]:
    """The versions that are there where a package is asked for, whatever else is chosen."""
    possible = _possible_choices(lock, name, others, asked)
    answers = {choices: tuple(_versions_with(lock, name, others, asked, choices)) for choices in possible}
    first, *more = dict.fromkeys(answers.values())
    if more:
        raise _untold(lock, name, asked, _in_answers(answers))
    return first


def _versions_with(
    lock: UvLock, name: str, others: Collection[str], asked: AskedIn, choices: Choices
) -> Iterator[_Version]:
    root = next((one for one in lock.roots if one.locked.name == asked.project), None)
    found = _targets(lock, root.edges.get(asked, ()) if root else (), name, choices)
    entries = found or {one: [one.locked.marker] for one in lock.entries if one.locked.name == name}
    for entry, markers in entries.items():
        marker = "" if len(entries) == 1 else _any_of(markers) or entry.locked.marker
        beside = tuple(one for other in sorted(others) for one in _versions_beside(lock, entry, other, choices))
        yield _Version(replace(entry.locked, marker=marker), beside)


def _versions_beside(lock: UvLock, entry: Entry, name: str, choices: Choices) -> list[Locked]:
    """What is there of another package: where the entry needs it itself, and elsewhere where others do."""
    conflicting = frozenset().union(*lock.conflicts)
    of_roots = [
        edge
        for root in lock.roots
        for asked, edges in root.edges.items()
        for edge in edges
        if uv_lock.choice(asked) not in conflicting - choices
    ]
    own, of_all = _all_edges(entry), [edge for one in lock.entries for edge in _all_edges(one)]
    tiers = [_targets(lock, edges, name, choices) for edges in (own, of_roots, of_all)]
    found: dict[Entry, list[str]] = {}
    for environment in target_environments.of(lock.requires_python, lock.environments).possible():
        for tier in tiers:
            here = [one for one, markers in tier.items() if any(map(environment.fulfils, markers))]
            for one in here:
                found.setdefault(one, tier[one])
            if here:
                break
    if not found:
        return [one.locked for one in lock.entries if one.locked.name == name]
    if len(found) == 1:
        return [replace(one.locked, marker="") for one in found]
    in_order = sorted(found, key=lock.entries.index)
    return [replace(one.locked, marker=_any_of(found[one])) for one in in_order]


def _targets(lock: UvLock, edges: Iterable[Edge], name: str, choices: Choices) -> dict[Entry, list[str]]:
    """The entries of a name that edges lead to, each with the markers of the environments where."""
    found: dict[Entry, list[str]] = {}
    for edge in edges:
        marker = marker_choices.for_choices(edge.marker, choices) if edge.name == name else False
        if marker is not False:
            text = "" if marker is True else marker_choices.as_text(marker)
            for entry in lock.entries:
                if entry.is_meant(edge):
                    found.setdefault(entry, []).append(text)
    return found


def _any_of(markers: Sequence[str]) -> str:
    distinct = sorted(set(markers))
    if "" in distinct:
        return ""
    return " or ".join(f"({one})" if len(distinct) > 1 else one for one in distinct)


def _all_edges(entry: Entry) -> list[Edge]:
    return [edge for edges in entry.edges.values() for edge in edges]


def _possible_choices(lock: UvLock, name: str, others: Collection[str], asked: AskedIn) -> Iterator[Choices]:
    """What may be chosen where a package is asked for: of each set of conflicts one, or none."""
    made = {uv_lock.choice(asked), uv_lock.choice(AskedIn(project=asked.project))}
    spoken_of = {
        choice
        for entry in lock.entries
        for edge in _all_edges(entry)
        if edge.name == name or edge.name in others
        for choice in marker_choices.names(edge.marker)
    }
    options = [
        [conflict & made] if conflict & made else [frozenset[str](), *(frozenset({one}) for one in sorted(conflict))]
        for conflict in lock.conflicts
        if conflict & (spoken_of | made)
    ]
    for picked in product(*options):
        choices = frozenset().union(*picked)
        if all(len(choices & conflict) < 2 for conflict in lock.conflicts):  # noqa: PLR2004  # two are a conflict
            yield choices


def _in_answers(answers: Mapping[Choices, tuple[_Version, ...]]) -> str:
    """What there is with each choice, in words."""
    words = []
    for choices, versions in answers.items():
        found = dict.fromkeys(f"{one.name} {one.version}" for it in versions for one in it.others or (it.locked,))
        words.append(f"{' and '.join(found)} with {' and '.join(sorted(map(_spoken, choices))) or 'neither'}")
    return ", ".join(words)


def _spoken(choice: str) -> str:
    kind, length, rest = choice.split("-", 2)
    name = rest[int(length) + 1 :]
    return f"the {kind} {name}" if name else f"the project {rest}"


def _untold(lock: UvLock, name: str, asked: AskedIn, what: str) -> CliError:
    place = {"": "project.dependencies", "extra": f"project.optional-dependencies.{asked.name}"}.get(
        asked.kind, f"dependency-groups.{asked.name}"
    )
    return CliError(
        f"{name} is asked for in {place}, where the lock has {what}: no source of uv's can tell these apart",
        id="uv-cannot-tell-apart",
        where=str(lock.file),
        hint=f"ask for {name} in each of the extras or groups that conflict, and in no other place; then run uv lock,"
        " and this again",
    )
