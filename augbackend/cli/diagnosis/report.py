"""What a diagnosis says, for people and as JSON; and the commands that come next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.counted import counted
from augbackend.cli.terminal import wrapped
from augbackend.hook.absent import command_line

from . import next_steps, so_far, unfinished
from .next_steps import Where
from .tables_for_uv import SeenByUv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.strangers.confinement import Confinement
    from augbackend.cli.strangers.interpreter import Interpreter

    from .attempt import Attempt
    from .search_result import SearchResult
    from .subject import Subject


@dataclass(frozen=True)
class Diagnosis:
    """All that there is to say.

    :param confinement: how the package's code was kept in its place.
    :param remarks: what is worth knowing beside the verdict.
    :param seen_by_uv: what uv goes by.
    :param timeout: the seconds that it was given.
    :param where: what the commands that come next depend on.
    """

    subject: Subject
    found: SearchResult
    python: Interpreter
    installer: str
    seconds: float
    confinement: Confinement
    remarks: tuple[str, ...] = ()
    seen_by_uv: SeenByUv = field(default_factory=SeenByUv)
    timeout: float = 0.0
    where: Where = field(default_factory=Where)


def as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis for a script."""
    found = diagnosis.found
    own = diagnosis.where.own
    words = next_steps.command(diagnosis.subject, found.cure, is_static=own is not None and not own.is_adopted)
    return {
        "name": diagnosis.subject.name,
        "version": diagnosis.subject.version,
        "python": diagnosis.python.version,
        "verdict": found.verdict,
        "enough": found.verdict.startswith("builds"),
        "extra-build-dependencies": [one.as_toml() for one in found.declaration.requires],
        "extra-build-variables": found.declaration.variable_values,
        "remove-build-dependencies": sorted(found.declaration.removed),
        "patches": [one.as_json() for one in found.declaration.patches],
        "reason": _reason(found),
        "evidence": [*_evidence(found)],
        "remarks": list(diagnosis.remarks),
        "next": command_line(words) if found.cure.size else "",
        "unfinished": unfinished.as_json(found, diagnosis.seconds, diagnosis.timeout),
        "wheel": found.attempt.wheel.name if found.attempt.wheel and found.check else "",
        "imports": found.check is not None and found.check.imports,
        "problem": found.check.installs or found.check.problem if found.check else "",
        "requires-dist": list(found.check.requires_dist) if found.check else [],
        "build-requires": sorted({*found.attempt.asked, *found.declaration.requirement_texts.values()}),
        "builds": len(found.attempts),
        "attempts": [_attempt(attempt) for attempt in found.attempts],
        "seconds": round(diagnosis.seconds, 1),
        "confinement": diagnosis.confinement.as_json(),
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    failure = attempt.failure
    ending = f"{failure.stage}: {failure.headline}" if failure else "a wheel"
    return {"declared": attempt.declaration.in_words(), "seconds": round(attempt.seconds, 1), "ended": ending}


def _reason(found: SearchResult) -> str:
    if found.verdict == "unfinished":
        return unfinished.reason(found)
    if found.obstacle is not None:
        command = f": run {found.obstacle.command}" if found.obstacle.command else ""
        return f"{so_far.reason(found)}{command}"
    if not found.declaration.size:
        problem = found.check.problem if found.check else ""
        return f"nothing is missing for a wheel; {problem}" if problem else "nothing is missing"
    return f"it builds with {found.declaration.in_words()}"


def _evidence(found: SearchResult) -> Iterator[dict[str, str]]:
    for (kind, name), proposal in found.reasons.items():
        entry = found.declaration.requirement_texts.get(name, name) if kind == "requires" else name
        if kind == "variables":
            entry = f"{name}={found.declaration.variable_values[name]}"
        yield {"kind": kind, "entry": entry, "why": proposal.whys.get(name, proposal.why), "error": proposal.said}
    if found.obstacle is not None:
        yield {"kind": "obstacle", "entry": "", "why": found.obstacle.reason, "error": found.obstacle.said}


def lines(diagnosis: Diagnosis) -> Iterator[str]:
    """The diagnosis for a reader, in lines that fit 80 columns."""
    found, subject = diagnosis.found, diagnosis.subject
    where = f"Python {diagnosis.python.version}, {diagnosis.installer}"
    count = f"{counted(len(found.attempts), 'build')} in {diagnosis.seconds:.0f} s, {where}"
    if found.verdict == "builds-as-is":
        does_not_import = found.check is not None and bool(found.check.missing)
        yield f"{subject} builds as it is{', and its wheel does not import' if does_not_import else ''}"
    elif found.verdict == "builds-when-declared":
        yield f"{subject} builds when this is declared:"
        yield from _entries(found)
        if found.obstacle is not None:
            yield from wrapped(_reason(found), "  ", "  ")
    elif found.verdict == "unfinished":
        by_then = "a wheel was made by then" if found.attempt.wheel else "nothing was found by then that builds it"
        yield f"{subject}: unfinished, and {by_then}:"
        yield from wrapped(_reason(found), "  ", "  ")
        yield from _known_so_far(found)
        yield f"  {unfinished.advice(found, diagnosis.seconds, diagnosis.timeout)}"
    else:
        is_known = found.obstacle is not None and found.obstacle.is_known
        far = _how_far(found)
        it = "makes it" if far == "does not build" else "mends that"
        yield f"{subject} {far}, and no declaration {it if is_known else f'was found that {it}'}:"
        yield from wrapped(so_far.reason(found) or _reason(found), "  ", "  ")
        yield from [f"  run: {found.obstacle.command}"] if found.obstacle and found.obstacle.command else []
        yield from _known_so_far(found)
    yield from _wheel(found)
    for remark in diagnosis.remarks:
        yield from wrapped(remark, "  note: ", "    ")
    if found.attempts:
        yield f"  tried: {count}"
        text = diagnosis.confinement.in_words()
        yield from wrapped(text, "  ", "    ")
    if found.cure.size:
        yield from next_steps.lines(subject, found.declaration, diagnosis.where, diagnosis.seen_by_uv)
    elif found.cut == "attempts" and found.declaration.size:
        yield from next_steps.to_go_on(subject, found.declaration)


def _known_so_far(found: SearchResult) -> Iterator[str]:
    if found.declaration.size:
        is_open = found.verdict == "unfinished"
        yield f"  this brought it so far{'; it may be enough, or not' if is_open else ', and is not enough'}:"
        yield from _entries(found)


def _entries(found: SearchResult) -> Iterator[str]:
    """What is declared; what has one reason stands together, and the reason once."""
    by_reason: dict[str, list[str]] = {}
    for one in _evidence(found):
        if one["kind"] != "obstacle":
            head = {"removed": "without its own ", "patches": "patched by "}.get(one["kind"], "")
            by_reason.setdefault(one["why"], []).append(f"  {head}{one['entry']}")
    yield ""
    for reason, entries in by_reason.items():
        yield from entries
        yield from wrapped(reason, "      ", "      ")
    yield ""


def _how_far(found: SearchResult) -> str:
    """How far a package came that does not build as frontends and their users want it."""
    failure, check = found.attempt.failure, found.check
    if check is not None:
        is_sound = not check.problem and not check.installs
        return "builds in its folder only" if is_sound else "gives a wheel that does not work"
    return "gives a wheel of another name or version" if failure and failure.stage == "identity" else "does not build"


def _wheel(found: SearchResult) -> Iterator[str]:
    check, wheel = found.check, found.attempt.wheel
    if check is None or wheel is None:
        return
    yield f"  wheel: {wheel.name}, {'compiled' if check.is_compiled else 'pure'}"
    text = f"it installs and imports: {', '.join(check.modules)}" if check.modules else "it installs"
    text = f"it installs, and does not import: {check.problem}" if check.problem else text
    text = f"whether it installs and imports is not known: {check.untried}" if check.untried else text
    if check.problem or not check.installs:
        yield from wrapped(text, "  ", "    ")
