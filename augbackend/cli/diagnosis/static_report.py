"""What ``--no-build`` says: what was read, and what follows from that. Nothing was run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.counted import counted
from augbackend.cli.model.declaration import Declaration  # noqa: TC001  # the type of a field
from augbackend.cli.model.requirement import project_of, requirement_of
from augbackend.knowledge import consequences

from . import obstacles, proposals
from .evidence import declaring

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from .evidence import Case
    from .setup_code import Import
    from .subject import Subject


@dataclass(frozen=True)
class Expectation:
    """What is likely, from reading alone.

    :param imports: for each requirement, the first import that asks for it.
    :param in_the_way: in words; empty if nothing that was read is.
    """

    declaration: Declaration
    imports: tuple[Import, ...]
    in_the_way: str


def expected(case: Case, version: str) -> Expectation:
    """What is likely to be missing, or in the way.

    :param version: of the Python that it would be built on.
    """
    reading = case.reading
    declared = {name for text in reading.asks_for if (name := project_of(text))}
    missing: dict[str, Import] = {}
    asked: list[str] = []
    gone: list[str] = []
    for one in reading.imports:
        found = consequences.of_module(one.module, case.knowledge, case.python) if one.is_certain else None
        if found is None or one.module.partition(".")[0] in reading.modules:
            continue
        lacking = [text for text in found.requires if not _is_met(case, text, one.module, declared)]
        for text in lacking:
            missing.setdefault(project_of(text), one)
        asked += lacking
        gone += [found.obstacle] if found.obstacle and (lacking or not found.requires) else []
    refused = obstacles.refused_python(case, version)
    unread = f"setup.py is not for this Python: {reading.problem}" if reading.problem else ""
    in_the_way = next(filter(None, [refused.reason if refused else "", unread, *gone]), "")
    return Expectation(declaring(*asked), tuple(missing.values()), in_the_way)


def _is_met(case: Case, text: str, module: str, declared: Collection[str]) -> bool:
    """Whether what brings a module is there anyway; of what has an upper bound, a later release would be."""
    wanted = requirement_of(text)
    bounds = [clause.version for clause in wanted.specifier if clause.operator == "<"] if wanted else []
    if not bounds:
        return proposals.is_there(case, module) or project_of(text) in declared
    asked = [requirement_of(one) for one in case.reading.asks_for if project_of(one) == project_of(text)]
    return any(one and not one.specifier.contains(bounds[0], prereleases=True) for one in asked)


def as_json(subject: Subject, case: Case, found: Expectation) -> dict[str, Any]:
    """For a script; no verdict, since nothing was tried."""
    reading = case.reading
    return {
        "name": subject.name,
        "version": subject.version,
        "verdict": None,
        "extra-build-dependencies": list(found.declaration.requirement_texts.values()),
        "extra-build-variables": {},
        "remove-build-dependencies": [],
        "reason": found.in_the_way,
        "evidence": [
            {"kind": "requires", "entry": text, "why": f"{one.place}: import {one.module}", "error": ""}
            for text, one in zip(found.declaration.requirement_texts.values(), found.imports)
        ],
        "reading": {
            "build-backend": reading.backend,
            "requires": list(reading.asks_for),
            "imports": [{"module": one.module, "when": one.kind, "where": str(one.place)} for one in reading.imports],
            "variables": [
                {"name": one.name, "yes": one.yes, "no": one.no, "where": str(one.place)} for one in reading.variables
            ],
            "programs": [
                {"name": one.command, "requirement": one.requirement, "where": str(one.place)} for one in reading.called
            ],
        },
    }


def lines(subject: Subject, case: Case, found: Expectation) -> Iterator[str]:
    """For a reader."""
    reading = case.reading
    yield f"{subject}, only read; nothing was built"
    yield f"  backend: {reading.backend}"
    yield f"  asks for: {', '.join(reading.asks_for) or 'nothing'}"
    if found.in_the_way:
        yield f"  in the way: {found.in_the_way}"
    for text, one in zip(found.declaration.requirement_texts.values(), found.imports):
        yield f"  misses {text}: {one.place} imports {one.module}"
    optional = {one.module.partition(".")[0]: one for one in reversed(reading.imports) if one.kind == "if it is there"}
    for top, one in optional.items():
        if not proposals.is_there(case, top) and top not in reading.modules:
            yield f"  may use {top}: {one.place}"
    for variable in reading.variables:
        values = f" ({variable.yes} or {variable.no})" if variable.no and variable.no != variable.yes else ""
        yield f"  reads {variable.name}{values}: {variable.place}"
    places: dict[str, list[str]] = {}
    for called in reading.called:
        what = f"pip, for {called.requirement}" if called.requirement else called.command
        places.setdefault(what, []).append(str(called.place))
    for what, where in places.items():
        more = f", and {counted(len(where) - 1, 'time')} more" if len(where) > 1 else ""
        yield f"  runs {what}: {where[0]}{more}"
    yield "Without --no-build it is tried."
