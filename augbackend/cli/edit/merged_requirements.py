"""One requirement a project: some frontends keep but one of two, and then miss what the other one says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from augbackend.cli.model.requirement import requirement_of
from augbackend.standards.requirements import NAME

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

_VERSIONS = re.compile(rf"\s*{NAME}\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)")


def merge(document: MutableMapping[str, Any]) -> None:
    """Make one of those in ``build-system.requires`` that are of one project and have the same marker.

    The same texts in ``tool.augbackend.extra-build-dependencies`` change with them, so that the hook's answer is what
    the frontend has installed already.
    """
    requires = document["build-system"]["requires"]
    merged = _merged([*map(str, requires)])
    _replace(requires, merged)
    _replace(document["tool"]["augbackend"].get("extra-build-dependencies", []), merged)


def _merged(texts: Sequence[str]) -> dict[str, str]:
    """Each text that is not alone → what takes its place."""
    groups: dict[tuple[str, str], list[str]] = {}
    for text in dict.fromkeys(texts):
        one = requirement_of(text)
        if one is not None:
            groups.setdefault((canonicalize_name(one.name), str(one.marker or "")), []).append(text)
    ones = [(one_of(group), group) for group in groups.values() if len(group) > 1]
    return {text: one for one, group in ones if one for text in group}


def one_of(texts: Sequence[str]) -> str:
    """One requirement that says what several say; empty if there is none."""
    parsed = [one for one in map(requirement_of, texts) if one]
    extras = sorted({canonicalize_name(extra) for one in parsed for extra in one.extras})
    head = f"{parsed[0].name}[{','.join(extras)}]" if extras else parsed[0].name
    urls = {one.url for one in parsed if one.url}
    marker = str(parsed[0].marker or "")
    if urls:
        if len(urls) > 1 or any(one.specifier for one in parsed):
            return ""
        text = f"{head} @ {urls.pop()}{f' ; {marker}' if marker else ''}"
    else:
        clauses = ["".join(part.split()) for text in texts for part in _versions(text).split(",") if part.strip()]
        own = texts[0].partition(";")[2].strip()
        text = f"{head}{','.join(dict.fromkeys(clauses))}{f'; {own}' if own else ''}"
    return next((one for one in texts if requirement_of(one) == requirement_of(text)), text)


def _versions(text: str) -> str:
    found = _VERSIONS.match(text)
    return found[1] if found else ""


def _replace(listed: Any, merged: dict[str, str]) -> None:
    """Put what takes the place of several where the first of them was."""
    seen: set[str] = set()
    gone: list[int] = []
    for at, text in enumerate(listed):
        new = merged.get(text) if isinstance(text, str) else None
        if new in seen:
            gone.append(at)
        elif new:
            seen.add(new)
            listed[at] = new
    for at in reversed(gone):
        del listed[at]
