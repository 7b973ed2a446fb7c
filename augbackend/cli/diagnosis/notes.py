"""Remarks beside the verdict: what the wheel depends on, what it lacks, what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.model.requirement import project_of
from augbackend.knowledge.pythons import is_standard

from . import unfinished

if TYPE_CHECKING:
    from .attempt import Attempt, Circumstances
    from .search_result import SearchResult
    from .subject import Source

_MOST_OF_A_KIND = 3


def remarks(source: Source, found: SearchResult, having: Circumstances) -> tuple[str, ...]:
    """What is worth knowing beside the verdict."""
    attempt, check, reading = found.attempt, found.check, source.reading
    said = [
        *source.remarks,
        *(
            f"{name} {attempt.installed[name]} is the one at hand here: another may build otherwise"
            for name in sorted(having.installer.constraints)
            if name in attempt.installed
        ),
    ]
    if not found.is_sdist_known:
        way = "whether its sdist gives the wheel as well, which `uv build` makes of it first,"
        said.append(f"{way} is not known, since {unfinished.why(found)}")
    elif found.cut and found.verdict.startswith("builds"):
        less = "less may do" if found.declaration.size else "with more at hand, the wheel may hold more"
        said.append(f"not everything was tried, since {unfinished.why(found)}: {less}")
    for what, paths in (("build", attempt.refused), ("import", check.refused if check else ())):
        refused = list(dict.fromkeys(paths))[:_MOST_OF_A_KIND]
        said += [f"its {what} was kept from {path} here; elsewhere it may use that" for path in refused]
    if check is None:
        return tuple(said)
    is_of_a_platform = attempt.wheel is not None and not attempt.wheel.name.endswith("-none-any.whl")
    if is_of_a_platform and not check.is_compiled:
        said.append("the wheel is for this platform and holds nothing compiled: an extension was left out")
    if check.problem:
        said += [f"{one.path} is a submodule that is not checked out" for one in source.absent]
    skips = [name for name in found.declaration.variables if ("variables", name) in found.reasons]
    if check.missing and skips:
        said.append(f"{check.missing} is missing from the wheel: {skips[0]} leaves it out")
    stated, built = _projects(reading.requires_dist), _projects(check.requires_dist)
    if reading.requires_dist and stated != built:
        count = f"PKG-INFO lists {len(stated)} dependencies, the wheel {len(built)}"
        said.append(f"{count}: what the sdist says of itself is not what it builds")
    looked_at = [
        one
        for one in reading.imports
        if one.kind == "if it is there" and one.place.file == "setup.py" and _is_absent(one.module, attempt)
    ]
    for one in list({one.module.partition(".")[0]: one for one in reversed(looked_at)}.values())[:_MOST_OF_A_KIND]:
        top = one.module.partition(".")[0]
        if top not in reading.modules and not top.startswith("_"):
            said.append(f"{one.place} imports {top} if it is there: with it, the wheel may be another")
    return tuple(said)


def _projects(requirements: tuple[str, ...]) -> set[str]:
    return {*filter(None, map(project_of, requirements))}


def _is_absent(module: str, attempt: Attempt) -> bool:
    top = module.partition(".")[0]
    return not is_standard(top) and top not in attempt.importable
