"""Older build tools: bounds that exclude releases from after the day on which the package was made.

Where nothing says that day, nothing is guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend.knowledge.pythons import at_least

from .evidence import Proposal, declaring

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .attempt import Attempt
    from .evidence import Case

_FRAME = re.compile(r"site-packages[/\\](\w+)")


def by_age(case: Case, attempt: Attempt) -> Iterator[Proposal]:
    """Build tools from before the sdist was made; first the one in which the traceback ends."""
    failure = attempt.failure
    if failure is None:
        return
    tail = "\n".join(failure.output.strip().splitlines()[-60:])
    frames = [canonicalize_name(name) for name in _FRAME.findall(tail)]
    tools: list[str] = [name for name in dict.fromkeys(reversed(frames)) if name in attempt.installed]
    tools += [name for name in attempt.installed if name not in tools]
    found = {name: rows for name in tools if (rows := bounds(case, attempt, name))}
    if len(found) > 1:
        yield _aged(case, {name: rows[0] for name, rows in found.items()}, "")
    for name in found:
        yield from older(case, attempt, name, "")


def older(case: Case, attempt: Attempt, name: str, line: str) -> Iterator[Proposal]:
    """An older release of what is installed."""
    known = bounds(case, attempt, name)
    major = attempt.installed.get(name, "").partition(".")[0]
    if known:
        yield _aged(case, {name: known[0]}, line)
    elif line and major.isdigit() and int(major):
        yield Proposal(declaring(f"{name}<{major}"), f"an older {name} may have it", line)


def bounds(case: Case, attempt: Attempt, name: str) -> list[str]:
    """The releases, up to the installed one, that broke builds after the package was made; the oldest first."""
    if not case.dated:
        return []
    released = {row.version: row.day for row in case.knowledge.release if row.project == "python"}
    rows = [
        row
        for row in case.knowledge.release
        if canonicalize_name(row.project) == name
        and row.day > case.dated
        and not (row.compiled and row.day < released.get(case.python, ""))
        and not (row.gone and at_least(case.python, row.gone))
    ]
    try:
        installed = Version(attempt.installed.get(name, "0"))
        return [str(bound) for bound in sorted(Version(row.version) for row in rows) if bound <= installed]
    except ValueError:
        return []


def _aged(case: Case, found: Mapping[str, str], line: str) -> Proposal:
    """Bounds that exclude what was released after the sdist."""
    when = f"it was made on {case.dated}, before"
    whys = {name: f"{when} {name} {version}" for name, version in found.items()}
    texts = [f"{name}<{version}" for name, version in found.items()]
    why = f"{when} {', '.join(f'{name} {version}' for name, version in found.items())}"
    return Proposal(declaring(*texts), why, line, whys=whys)
