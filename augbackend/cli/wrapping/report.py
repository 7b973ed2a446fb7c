"""What ``wrap`` did, in lines or as JSON: what was added to each package, and who asked for it; then what to run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import uv_sources
from augbackend.cli.fetch import cache
from augbackend.cli.model import error_report
from augbackend.cli.project import nearest_name, stated_requirements
from augbackend.cli.terminal import wrapped

from . import (
    brevity,
    earlier_folder,
    known_memory,
    next_commands,
    preflight_offer,
    project_sources,
    reach,
    sdist_exclusion,
    unmatched,
)
from .brevity import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from augbackend.cli.project.jobs import Job

    from .run import WrappedPackage, WrapRun

_WHY_IN_THE_WAY: Mapping[str, str] = {
    "dependency-metadata": "uv takes an entry with a version for the archive's own, and misses its hash",
    "extra-build-dependencies": "uv refuses match-runtime where only a build tells what a package depends on",
}
_PLACES = 2  # lines of one requirement: a wheel of each platform has its own
_MORE = "    … and "


def lines(run: WrapRun, *, check: bool, verbose: bool = False, first: Sequence[str] = ()) -> Iterator[str]:
    """The text of ``wrap``, a line at a time.

    :param verbose: all of it, however long.
    :param first: what is to be told before all else.
    """
    sections = [Section((*first, "") if first else ()), *_sections(run, check=check, verbose=verbose)]
    yield from brevity.whole(sections) if verbose else brevity.fitted(sections, "augbackend wrap -v shows the rest")


def _sections(run: WrapRun, *, check: bool, verbose: bool) -> Iterator[Section]:
    if run.project is not None and run.moves.archives:
        yield Section((*earlier_folder.lines(run.moves, run.project.file), ""))
    packages = [[*_package_lines(package, verbose=verbose)] for package in run.packages]
    if packages:
        has_more = any(line.startswith(_MORE) for one in packages for line in one)
        whole = tuple(line for one in packages for line in (*one, ""))
        yield Section(whole, (*(one[0] for one in packages), ""), has_more)
    yield _that_gives_way(line for job in run.skipped for line in _skipped_lines(run, job))
    if check:
        yield _that_gives_way(_astray(run))
        yield _that_gives_way(_entries_in_the_way(run))
        yield Section(tuple(_staleness(run)))
    else:
        yield from _remarks(run)
        commands = next_commands.commands(run)
        if commands:
            yield Section(("next:", *(f"  {command}" for command in commands), ""))
    if run.failures:
        yield Section(tuple(_failures(run)))


def _that_gives_way(lines: Iterable[str]) -> Section:
    """A part of the report that is cut where there is no room for it."""
    found = tuple(lines)
    return Section(found, (*filter(None, found), "") if found else ())


def _skipped_lines(run: WrapRun, job: Job) -> Iterator[str]:
    yield f"{job.target.name}: not wrapped, since {job.skipped}"
    near = nearest_name.nearest(run.project, job.target.name) if run.project and not _is_asked_for(run, job) else ""
    yield from [f"  it depends on {near}: is that meant?"] if near else []
    yield ""


def _staleness(run: WrapRun) -> Iterator[str]:
    stale = [str(package.archive) for package in run.packages if package.state in ("stale", "missing")]
    stale += [str(run.constraints.file)] if run.constraints and run.constraints.state == "stale" else []
    stale += [f"{run.project.file}, tool.uv.sources"] if run.project and run.sources_are_stale else []
    stale += [] if stale else [str(old) for old, _ in run.moves.archives]
    if stale:
        yield f"stale: {', '.join(stale)}; run augbackend wrap"
    elif not run.failures:
        yield "everything is up to date"


def _astray(run: WrapRun) -> Iterator[str]:
    """The sources that are to be changed: where each leads, and where it should."""
    if run.project is None or not run.sources_are_stale:
        return
    for name, wanted in project_sources.sources(run.project, [one.place for one in run.packages]).items():
        found = uv_sources.entries(run.project.document, name)
        if found != wanted:
            now = f"leads to {_goal(found[0])}" if len(found) == 1 else "does not lead to one archive"
            yield f"{run.project.file}: tool.uv.sources.{name} {now}, and should to {' and '.join(map(_goal, wanted))}"
    yield ""


def _goal(source: Mapping[str, Any]) -> str:
    """What a source leads to, and where."""
    marker = f" where {source['marker']}" if "marker" in source else ""
    return f"{next((value for key, value in source.items() if key != 'marker'), 'nothing')}{marker}"


def _remarks(run: WrapRun) -> Iterator[Section]:
    """What is worth knowing of what was wrapped."""
    yield _that_gives_way(reach.lines(run))
    yield _that_gives_way(_unknown_versions(run))
    yield _that_gives_way(_entries_in_the_way(run))
    yield _that_gives_way(_left_over(run))
    yield _that_gives_way(_told_apart_by_extras(run))
    yield Section(tuple(_in_sdist(run)))
    yield _to_commit(run)


def _in_sdist(run: WrapRun) -> Iterator[str]:
    """What keeps the archives out of the project's own sdist."""
    if run.project is None or not run.packages or run.ignored:
        return
    here = run.project.file.parent
    folder = uv_sources.relative(run.output, here)
    yield from sdist_exclusion.lines(sdist_exclusion.exclusion(run.project.document, here, folder), folder)


def _to_commit(run: WrapRun) -> Section:
    """Files that the project needs from now on, with what they weigh in its repository."""
    new = run.moves.new
    written = [package.archive for package in run.packages if package.state == "written" or package.archive in new]
    sizes = {file: file.stat().st_size for file in written}
    if run.project is None or not sizes:
        return Section(())
    ignored = [
        f"  git ignores {file}, so that nobody else gets it; to add it: git add --force {shlex.quote(str(file))}"
        for file in run.ignored
    ]
    whole = ("commit these:", *(f"  {file}  ({_size(size)})" for file, size in sizes.items()), *ignored, "")
    together = f"commit {run.output}: {len(sizes)} new archives ({_size(sum(sizes.values()))})"
    return Section(whole, (together, *ignored, ""))


def _size(count: int) -> str:
    """A number of bytes for a reader."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 / 20 else f"{max(1, round(count / 1e3))} kB"


def _failures(run: WrapRun) -> Iterator[str]:
    """What came to nothing, last: it is what is left to do."""
    others = "; the others are as they should be" if run.packages else ""
    yield f"not wrapped: {len(run.failures)} of {len(run.failures) + len(run.packages)}{others}"
    for failure in run.failures:
        target, error = failure.job.target, failure.error
        yield f"  {target.requirement or target.name or target.url or target.path}: {error_report.what(error)}"
        yield from [f"    where: {error.where}"] if error.where else []
        yield from [f"    hint: {error.hint}"] if error.hint else []
        mistakes = error_report.as_json(error)["mistakes"]
        yield from (f"    {mistake}" for mistake in mistakes)


def _is_asked_for(run: WrapRun, job: Job) -> bool:
    return run.project is None or bool(stated_requirements.of(run.project.runtime.stated, job.target.name))


def _package_lines(package: WrappedPackage, *, verbose: bool) -> Iterator[str]:
    plan, job = package.plan, package.job
    version = f"{job.version_from}; " if job.version_from else ""
    why, is_replaced = package.why, package.state == "written" and bool(package.why)
    yield f"{package.archive}: {package.state}{f', since {why}' if why and not is_replaced else ''}"
    yield from wrapped(f"what was there is replaced: {why}", "  ", "    ") if is_replaced else ()
    source = package.source if package.source.startswith("made from ") else f"from {package.source}"
    yield f"  {plan.name} {plan.version}  ({version}sdist {source})"
    yield from [f"  only where {job.marker}; elsewhere a wheel is taken: {job.spared}"] if job.spared else []
    if job.declaration.recipe is not None:
        yield f"  {job.declaration.recipe.line}"
        yield from (f"  note: {text}" for text in job.declaration.recipe.overridden)
    for required in plan.requires.added:
        texts = required.texts if verbose else required.texts[:_PLACES]
        yield from (f"  + {text}  ({required.origin})" for text in texts)
        yield from [f"{_MORE}{len(required.texts) - len(texts)} more"] if len(texts) < len(required.texts) else []
    yield from (f"  - {name}  (dropped from its own build requirements)" for name in job.declaration.removed)
    for name, one in job.declaration.variables.items():
        where, unless = f"  (where {one.marker})" if one.marker else "", "  (unless it is set)" if one.default else ""
        yield f"  {name} = {one.value}{where}{unless}"
    yield from (f"  patched by {one.name}: {', '.join(one.files)}" for one in job.declaration.patches)
    table = job.declaration.as_table()
    yield from (f"  -C {name}={value}" for name, value in table.get("config-settings", {}).items())
    if not plan.requires.are_all:
        yield "  its own backend may ask for more when it builds"
    if plan.requires.not_asked:
        constraints = ", ".join(plan.requires.not_asked)
        yield f"  build constraints on what it does not ask for itself are not taken along: {constraints}"
    when = "known without a build" if plan.is_static else "known only when it builds"
    yield f"  its dependencies are {when}: {plan.metadata_from}"
    yield from (f"  its wheel requires {pin}" for pin in plan.pins)
    if plan.jobs is not None or verbose:
        yield from known_memory.lines(plan.jobs, plan.compiler)
    yield from preflight_offer.lines(job.declaration, plan.cuda_line)
    cache = job.declaration.compiler_cache
    if cache != "none":
        yield f"  its compilers are called by a cache: {cache}"
    elif verbose and any(one.entry.match_runtime for one in plan.requires.added):
        yield '  compiler-cache = "auto" would keep what it compiles for the next build'


def _entries_in_the_way(run: WrapRun) -> Iterator[str]:
    """What was moved, so that uv does not fail; or what is to be moved by hand."""
    for name, key in (*run.moved, *run.in_the_way):
        why = _WHY_IN_THE_WAY[key]
        if (name, key) in run.moved:
            verb = "has to move" if run.sources_are_stale else "is moved"
            yield f"{name}: tool.uv.{key} {verb} to tool.augbackend.packages.{name}, since {why}"
        else:
            keys = "version, requires-dist and override = true" if key == "dependency-metadata" else key
            yield f"{name}: uv sync fails, since {why}; move it to tool.augbackend.packages.{name}, as {keys}"
        yield ""


def _unknown_versions(run: WrapRun) -> Iterator[str]:
    """Versions that the archive does not name, so that a frontend has to be told."""
    for package in run.packages:
        found = [*unmatched.lines(package, is_in_project=run.project is not None)]
        yield from [*found, ""] if found else []


def _told_apart_by_extras(run: WrapRun) -> Iterator[str]:
    if run.project is None or not run.project.uses_uv:
        return
    for name in project_sources.not_told_apart(run.project, [one.place for one in run.packages]):
        yield f"{name}: its versions differ only by extras; write its tool.uv.sources by hand, one entry for each extra"
        yield ""


def _left_over(run: WrapRun) -> Iterator[str]:
    """Archives of other versions of what was wrapped. They are not deleted, since others may use them."""
    current = {package.archive.name for package in run.packages}
    stems = {package.plan.name.replace("-", "_") for package in run.packages}
    for file in sorted(run.output.glob("*.tar.gz")) if run.project else ():
        if file.name not in current and file.name.rpartition("-")[0] in stems:
            yield f"{file} is of another version, and not used by this project any more"
            yield ""


def as_json(run: WrapRun, *, check: bool) -> dict[str, Any]:
    """The same for a script."""
    failures = [(failure.job.target, error_report.as_json(failure.error)) for failure in run.failures]
    return {
        "packages": [_as_json(package) for package in run.packages],
        "moved": run.moves.as_json(),
        "skipped": [{"name": job.target.name, "why": job.skipped} for job in run.skipped],
        "ignored-by-git": [str(file) for file in run.ignored],
        "failures": [{"name": target.name, "requirement": target.requirement, **said} for target, said in failures],
        "constraints": None if run.constraints is None else run.constraints.as_json(),
        "commands": [] if check else next_commands.commands(run),
        "sources": None
        if run.project is None or not run.project.uses_uv
        else {"file": str(run.project.file), "state": "stale" if run.sources_are_stale else "current"},
    }


def _as_json(package: WrappedPackage) -> dict[str, Any]:
    plan, job = package.plan, package.job
    table = job.declaration.as_table()
    return {
        "name": plan.name,
        "version": plan.version,
        "version-from": job.version_from,
        "marker": job.marker,
        "sdist-from": package.source,
        "url": package.url,
        "upstream-sha256": package.sha256,
        "archive": str(package.archive),
        "sha256": cache.sha256(package.archive) if package.archive.is_file() else "",
        "size": package.archive.stat().st_size if package.archive.is_file() else 0,
        "state": package.state,
        "why": package.why,
        "build-requirements": [
            {"requirement": text, "why": one.origin} for one in plan.requires.added for text in one.texts
        ],
        "remove-build-dependencies": list(job.declaration.removed),
        "variables": table.get("extra-build-variables", {}),
        "config-settings": table.get("config-settings", {}),
        "patches": [one.as_json() for one in job.declaration.patches],
        "preflight": table.get("preflight"),
        "dynamic-requires": "never" if plan.requires.are_all else "auto",
        "static-metadata": plan.is_static,
        "metadata-from": plan.metadata_from,
        "pin-runtime": list(plan.pins),
        "recipe": job.declaration.recipe.as_json() if job.declaration.recipe is not None else None,
    }
