"""What ``show`` tells of ``preflight``: what a build looks at before it begins, and what that comes to here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from augbackend.features import preflight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.table import Build


def gather(build: Build) -> dict[str, Any] | None:
    """What it comes to, with the declared variables set; ``None`` if nothing is to be looked at."""
    said = build.values.get("preflight")
    if said is None:
        return None
    spared = preflight.spared(said, os.environ)
    found = [] if spared else preflight.findings(build, os.environ)
    return {
        "origin": build.origins.get("preflight", ""),
        "spared": spared,
        "findings": [{**one._asdict(), "ok": not one.cure} for one in found],
    }


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The same for a reader."""
    if found["spared"]:
        yield f"  nothing: {found['spared']}"
    for one in found["findings"]:
        yield f"  {one['check']}: {'' if one['ok'] else 'would end the build: '}{one['said']}"
        yield from [] if one["ok"] else [f"    cure: {one['cure']}"]
    if any(one["check"] == "cuda" for one in found["findings"]):
        yield "  (of torch, what this command can import; a build looks at its own)"
