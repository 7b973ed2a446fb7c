"""What a diagnosis says, for people and as JSON; and the commands that come next."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit

from augbackend.cli.model.shown_path import shown_path
from augbackend.hook.installed_check import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.model.declaration import Declaration
    from augbackend.cli.strangers.confinement import Confinement
    from augbackend.cli.strangers.interpreter import Interpreter

    from .attempt import Attempt
    from .search import SearchResult
    from .subject import Subject

_WIDTH = 79
_LONGEST_LIST = 40


@dataclass(frozen=True)
class Diagnosis:
    """All that there is to say.

    :param confinement: how the package's code was kept in its place.
    :param remarks: what is worth knowing beside the verdict.
    :param static_line: what is to stand in ``[build-system]`` of a folder, if that does it.
    """

    subject: Subject
    found: SearchResult
    python: Interpreter
    installer: str
    seconds: float
    confinement: Confinement
    remarks: tuple[str, ...] = ()
    static_line: str = ""


def command(subject: Subject, declaration: Declaration, *, is_static: bool = False) -> list[str]:
    """The command that carries the declaration out.

    :param is_static: whether a line in ``[build-system]`` does.
    """
    if subject.tree is not None:
        head = ["augbackend", "adopt", shown_path(subject.tree), *(["--static"] if is_static else [])]
    else:
        head = ["augbackend", "wrap", subject.target]
        for option, value in subject.places:
            head += [option, value]
    for text in declaration.requirement_texts.values():
        head += ["--require", text]
    for name in sorted(declaration.removed):
        head += ["--remove-require", name]
    for name, value in declaration.variable_values.items():
        head += ["--variable", f"{name}={value}"]
    return head


def uv_table(subject: Subject, declaration: Declaration) -> str:
    """The declaration as uv's tables; empty where uv cannot say it."""
    if declaration.removed:
        return ""
    document = tomlkit.document()
    tables = tomlkit.table(is_super_table=True)
    if declaration.requires:
        entries = tomlkit.array()
        entries.extend(declaration.requirement_texts.values())
        tables["extra-build-dependencies"] = {subject.name: entries.multiline(len(entries.as_string()) > _LONGEST_LIST)}
    if declaration.variables:
        tables["extra-build-variables"] = tomlkit.table(is_super_table=True)
        tables["extra-build-variables"][subject.name] = declaration.variable_values
    document["tool"] = tomlkit.table(is_super_table=True)
    document["tool"]["uv"] = tables
    return tomlkit.dumps(document).strip()


def as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis for a script."""
    found = diagnosis.found
    words = command(diagnosis.subject, found.declaration, is_static=bool(diagnosis.static_line))
    return {
        "name": diagnosis.subject.name,
        "version": diagnosis.subject.version,
        "python": diagnosis.python.version,
        "verdict": found.verdict,
        "extra-build-dependencies": list(found.declaration.requirement_texts.values()),
        "extra-build-variables": found.declaration.variable_values,
        "remove-build-dependencies": sorted(found.declaration.removed),
        "reason": _reason(found),
        "evidence": [*_evidence(found)],
        "remarks": list(diagnosis.remarks),
        "next": command_line(words) if found.declaration.size else "",
        "wheel": found.attempt.wheel.name if found.attempt.wheel and found.check else "",
        "imports": found.check is not None and not found.check.problem and not found.check.installs,
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
    if found.obstacle is not None:
        return found.obstacle.reason
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
    count = f"{len(found.attempts)} build{'s' if len(found.attempts) > 1 else ''} in {diagnosis.seconds:.0f} s, {where}"
    if found.verdict == "builds-as-is":
        does_not_import = found.check is not None and bool(found.check.missing)
        yield f"{subject} builds as it is{', and its wheel does not import' if does_not_import else ''}"
    elif found.verdict == "builds-when-declared":
        yield f"{subject} builds when this is declared:"
        yield ""
        for one in _evidence(found):
            yield from _entry(one)
        yield ""
    else:
        is_known = found.obstacle is not None and found.obstacle.is_known
        yield f"{subject} does not build, and no declaration {'makes it' if is_known else 'was found that makes it'}:"
        yield from textwrap.wrap(_reason(found), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield from _wheel(found)
    for remark in diagnosis.remarks:
        yield from textwrap.wrap(remark, _WIDTH, initial_indent="  note: ", subsequent_indent="    ")
    if found.attempts:
        yield f"  tried: {count}"
        text = diagnosis.confinement.in_words()
        yield from textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ")
    if diagnosis.static_line:
        yield from [
            "",
            "In [build-system] of its pyproject.toml, for every frontend:",
            "",
            f"  {diagnosis.static_line}",
        ]
    elif found.declaration.size:
        yield from _next(subject, found.declaration)


def _entry(one: dict[str, str]) -> Iterator[str]:
    text = f"  {one['entry']}" if one["kind"] != "removed" else f"  without its own {one['entry']}"
    why = textwrap.wrap(one["why"], _WIDTH - 6)
    yield text
    yield from (f"      {line}" for line in why)


def _wheel(found: SearchResult) -> Iterator[str]:
    check, wheel = found.check, found.attempt.wheel
    if check is None or wheel is None:
        return
    yield f"  wheel: {wheel.name}, {'compiled' if check.is_compiled else 'pure'}"
    text = f"it installs and imports: {', '.join(check.modules)}" if check.modules else "it installs"
    text = f"it installs, and does not import: {check.problem}" if check.problem else text
    if check.problem or not check.installs:
        yield from textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ")


def _next(subject: Subject, declaration: Declaration) -> Iterator[str]:
    yield ""
    yield "For every frontend:"
    yield ""
    words = command(subject, declaration)
    line = command_line(words[:3])
    for option, value in zip(words[3::2], words[4::2]):
        piece = command_line([option, value])
        if len(line.rpartition("\n")[2]) + len(piece) > _WIDTH - 6:
            line += " \\\n "
        line += f" {piece}"
    yield from (f"  {one}" for one in line.split("\n"))
    place = shown_path(subject.tree) if subject.tree else subject.archive
    yield f"  {command_line(['python', '-m', 'pip', 'install', place])}"
    table = uv_table(subject, declaration) if subject.tree is None else ""
    if table:
        yield ""
        yield "For uv alone, in pyproject.toml:"
        yield ""
        yield from (f"  {one}" if one else "" for one in table.splitlines())
