"""What ``wrap`` did, and how it says so: per package what was injected and where it came from, then what works now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Optional

from augbackend import sources
from augbackend.cli.commands import options
from augbackend.cli.edit import pyproject
from augbackend.cli.project import lock_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from augbackend.cli.project.jobs import Job
    from augbackend.cli.project.project import Project

    from .plan import Wrapped

State = Literal["written", "unchanged", "stale", "missing"]


@dataclass(frozen=True)
class Result:
    """What became of one job.

    :param source: where upstream's sdist came from, in a few words.
    """

    job: Job
    wrapped: Wrapped
    archive: Path
    source: str
    state: State


@dataclass(frozen=True)
class Outcome:
    """What became of a run.

    :param project: the one that said what to wrap; ``None`` if the command line did.
    :param skipped: packages that need not be wrapped.
    """

    project: Optional[Project]
    results: tuple[Result, ...]
    skipped: tuple[Job, ...]
    output: Path


def lines(outcome: Outcome, *, check: bool, sources_stale: bool) -> Iterator[str]:
    """The text of ``wrap``, a line at a time."""
    for result in outcome.results:
        yield from _package(result)
        yield ""
    for job in outcome.skipped:
        yield f"{job.target.name}: not wrapped, since {job.skipped}"
        yield ""
    stale = [str(result.archive) for result in outcome.results if result.state in ("stale", "missing")]
    stale += [f"{outcome.project.file}, tool.uv.sources"] if outcome.project and sources_stale else []
    if check:
        yield f"stale: {', '.join(stale)}; run augbackend wrap" if stale else "everything is up to date"
    else:
        yield from _indirect(outcome)
        yield from _unmatched(outcome)
        for name in _outlived(outcome):
            cure = f"move it to tool.augbackend.packages.{name}, with the keys requires-dist and requires-python"
            yield f"{name}: uv sync fails while tool.uv.dependency-metadata speaks of its version, too; {cure}"
            yield ""
        yield from _left_over(outcome)
        yield from _ambiguous(outcome)
        if not outcome.results:
            return
        yield "these work now:"
        yield from (f"  {command}" for command in _commands(outcome))


def _package(result: Result) -> Iterator[str]:
    wrapped, job = result.wrapped, result.job
    version = f"{job.version_from}; " if job.version_from else ""
    yield f"{result.archive}: {result.state}"
    source = result.source if result.source.startswith("made from ") else f"from {result.source}"
    yield f"  {wrapped.name} {wrapped.version}  ({version}sdist {source})"
    yield from (f"  + {text}  ({extra.origin})" for extra in wrapped.extras for text in extra.texts)
    yield from (f"  - {name}  (dropped from what it asks for)" for name in job.declaration.removed)
    for name, one in job.declaration.variables.items():
        where, unless = f"  (where {one.marker})" if one.marker else "", "  (unless it is set)" if one.default else ""
        yield f"  {name} = {one.value}{where}{unless}"
    table = job.declaration.as_table()
    yield from (f"  -C {name}={value}" for name, value in table.get("config-settings", {}).items())
    if not wrapped.knows_all:
        yield "  what else it needs, its own backend is asked when it builds"
    when = "known without a build" if wrapped.is_static else "known only when it builds"
    yield f"  its dependencies are {when}: {wrapped.metadata}"
    yield from (f"  its wheel requires {pin}" for pin in wrapped.pins)


def _indirect(outcome: Outcome) -> Iterator[str]:
    """uv applies sources to what a project itself depends on, and to nothing else."""
    if outcome.project is None or not outcome.project.uses_uv:
        return
    if sources.at(outcome.project.document, "tool", "uv", "workspace", default=None) is not None:
        return  # its members share the sources of the root
    for name in dict.fromkeys(result.wrapped.name for result in outcome.results):
        if not lock_files.requirements(outcome.project.document, name):
            yield f"{name} is no direct dependency of this project: add it there, or uv will not look at its source"
            yield ""


def _outlived(outcome: Outcome) -> list[str]:
    """Packages of which ``[[tool.uv.dependency-metadata]]`` states a version: uv then takes that for the archive's."""
    document = outcome.project.document if outcome.project and outcome.project.uses_uv else {}
    entries = sources.at(document, "tool", "uv", "dependency-metadata", default=[])
    tables = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    names = [str(one.get("name")) for one in tables if "version" in one]
    return [
        result.wrapped.name
        for result in outcome.results
        if any(pyproject.same_project(result.wrapped.name, name) for name in names)
    ]


def _unmatched(outcome: Outcome) -> Iterator[str]:
    """What the archive cannot say itself: frontends that resolve by themselves need to be told."""
    for result in outcome.results:
        for extra in result.wrapped.extras:
            if extra.entry.match_runtime and not extra.entry.locked:
                name = extra.name
                cure = "lock the project, then run this again" if outcome.project else "--lock FILE says it"
                yield f"{result.wrapped.name}: nothing says which {name} there will be at run time; {cure}"
                yield ""


def ambiguous(outcome: Outcome) -> list[str]:
    """Packages in several versions that only extras tell apart: uv's sources then have to name the extras."""
    by_name: dict[str, list[str]] = {}
    for result in outcome.results:
        by_name.setdefault(result.wrapped.name, []).append(result.job.marker)
    return [name for name, markers in by_name.items() if len(markers) > 1 and not all(markers)]


def _ambiguous(outcome: Outcome) -> Iterator[str]:
    for name in ambiguous(outcome) if outcome.project and outcome.project.uses_uv else ():
        yield f"{name}: its versions are told apart by extras; write its tool.uv.sources by hand, each with its extra"
        yield ""


def _left_over(outcome: Outcome) -> Iterator[str]:
    """Archives of other versions of what was wrapped: not ours to delete, since others may be served from them."""
    current = {result.archive.name for result in outcome.results}
    stems = {result.wrapped.name.replace("-", "_") for result in outcome.results}
    for file in sorted(outcome.output.glob("*.tar.gz")) if outcome.project else ():
        if file.name not in current and file.name.rpartition("-")[0] in stems:
            yield f"{file} is of another version, and not used by this project any more"
            yield ""


def _commands(outcome: Outcome) -> Iterator[str]:
    if outcome.project is None:
        for result in outcome.results:
            yield f"pip install {options.shown_path(result.archive)}"
            yield f"uv pip install {options.shown_path(result.archive)}"
        return
    scripts = sources.at(outcome.project.document, "project", "scripts", default={})
    if outcome.project.uses_uv:
        yield from _relock(outcome)
        yield from ["uv sync"] if not _outlived(outcome) else []
        if scripts:
            yield "uv tool install ."
            yield f"uvx --from . {next(iter(scripts))}"
    archives = " ".join(options.shown_path(result.archive) for result in outcome.results)
    yield f"pip install . {archives}"
    if outcome.results and all("+" in result.wrapped.version for result in outcome.results):
        yield f"pip install --find-links {options.shown_path(outcome.output)} ."


def _relock(outcome: Outcome) -> Iterator[str]:
    """uv refuses an archive whose hash is not the one in its lock, until it is told to lock that again."""
    locked = {one.name for one in (outcome.project.locked if outcome.project else ()) if one.path is not None}
    for name in dict.fromkeys(result.wrapped.name for result in outcome.results if result.state == "written"):
        if name in locked:
            yield f"uv lock --upgrade-package {name}"


def as_json(outcome: Outcome, *, sources_stale: bool) -> dict[str, Any]:
    """The same for a script."""
    return {
        "packages": [_as_json(result) for result in outcome.results],
        "skipped": [{"name": job.target.name, "why": job.skipped} for job in outcome.skipped],
        "sources": None
        if outcome.project is None or not outcome.project.uses_uv
        else {"file": str(outcome.project.file), "state": "stale" if sources_stale else "current"},
    }


def _as_json(result: Result) -> dict[str, Any]:
    wrapped, job = result.wrapped, result.job
    table = job.declaration.as_table()
    return {
        "name": wrapped.name,
        "version": wrapped.version,
        "version-from": job.version_from,
        "sdist-from": result.source,
        "archive": str(result.archive),
        "state": result.state,
        "build-requirements": [
            {"requirement": text, "why": one.origin} for one in wrapped.extras for text in one.texts
        ],
        "remove-build-dependencies": list(job.declaration.removed),
        "variables": table.get("extra-build-variables", {}),
        "config-settings": table.get("config-settings", {}),
        "dynamic-requires": "never" if wrapped.knows_all else "auto",
        "static-metadata": wrapped.is_static,
        "metadata-from": wrapped.metadata,
        "pin-runtime": list(wrapped.pins),
    }
