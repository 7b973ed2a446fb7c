"""What a build has to have in the version that it will run with: what its wheel links against, and does not bring.

Found out, not guessed: the compiled modules of the wheel name the project's libraries. Where nothing could be
compiled on this machine, ``setup.py`` says that it builds with the project.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from augbackend.cli.fetch import setup_builder, wheel_linkage

if TYPE_CHECKING:
    from augbackend.cli.model.declaration import BuildRequirement
    from augbackend.knowledge.rows import Interface

    from .evidence import Case
    from .search_result import SearchResult


def matched(found: SearchResult, case: Case) -> SearchResult:
    """The result with ``match-runtime`` for each requirement that the wheel links against; and why.

    The wheel is read, so this is for as long as it is there.
    """
    rows = {row.project: row for row in case.knowledge.interface}
    requires, reasons = [], {**found.reasons}
    for one in found.declaration.requires:
        why = _why_matched(found, case, rows[one.name]) if one.name in rows else ""
        requires.append(_as_at_run_time(one) if why else one)
        known = reasons.get(("requires", one.name))
        if why and known is not None:
            said = known.whys.get(one.name, known.why)
            reasons["requires", one.name] = replace(known, whys={**known.whys, one.name: f"{said}; {why}"})
    return replace(found, declaration=replace(found.declaration, requires=tuple(requires)), reasons=reasons)


def _why_matched(found: SearchResult, case: Case, row: Interface) -> str:
    wheel, check = found.attempt.wheel, found.check
    linked = wheel_linkage.linked(wheel, row.libraries, row.symbols) if wheel else None
    if linked is not None:
        return f"{linked[0].rpartition('/')[2]} links against it ({linked[1]}), and needs the version of run time"
    builder = next((one for one in row.builders if setup_builder.builds_with(case.tree, one)), "")
    if builder and not (check and check.is_compiled):
        return f"what it compiles elsewhere, with {builder}, needs the version of run time"
    return ""


def _as_at_run_time(one: BuildRequirement) -> BuildRequirement:
    return replace(one, entry=replace(one.entry, match_runtime=True))
