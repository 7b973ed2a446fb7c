"""What ``wrap`` did, in lines or as JSON: what was added to each package, and who asked for it; then what to run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import uv_sources
from augbackend.cli.fetch import cache
from augbackend.cli.model import error_report
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.project import nearest_name, stated_requirements
from augbackend.table import layers

from . import project_sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from augbackend.cli.project.jobs import Job
    from augbackend.cli.project.project import Project

    from .run import WrappedPackage, WrapRun

_WHY_IN_THE_WAY: Mapping[str, str] = {
    "dependency-metadata": "uv takes an entry with a version for the archive's own, and misses its hash",
    "extra-build-dependencies": "uv refuses match-runtime where only a build tells what a package depends on",
}


def lines(run: WrapRun, *, check: bool) -> Iterator[str]:
    """The text of ``wrap``, a line at a time."""
    for package in run.packages:
        yield from _package_lines(package)
        yield ""
    for job in run.skipped:
        yield f"{job.target.name}: not wrapped, since {job.skipped}"
        near = nearest_name.nearest(run.project, job.target.name) if run.project and not _is_asked_for(run, job) else ""
        yield from [f"  it depends on {near}: is that meant?"] if near else []
        yield ""
    if check:
        yield from _astray(run)
        yield from _entries_in_the_way(run)
        stale = [str(package.archive) for package in run.packages if package.state in ("stale", "missing")]
        stale += [f"{run.project.file}, tool.uv.sources"] if run.project and run.sources_are_stale else []
        if stale:
            yield f"stale: {', '.join(stale)}; run augbackend wrap"
        elif not run.failures:
            yield "everything is up to date"
    else:
        yield from _remarks(run)
        if commands(run):
            yield "next:"
            yield from (f"  {command}" for command in commands(run))
    if run.failures:
        yield from [""] if not check and commands(run) else []
        yield from _failures(run)


def _astray(run: WrapRun) -> Iterator[str]:
    """The sources that are to be changed: where each leads, and where it should."""
    if run.project is None or not run.sources_are_stale:
        return
    for package in run.packages:
        place = uv_sources.relative(package.archive, run.project.file.parent)
        source = uv_sources.source(run.project.document, package.plan.name)
        if source != {"path": place}:
            now = f"leads to {next(iter(source.values()))}" if source else "does not lead to one archive"
            yield f"{run.project.file}: tool.uv.sources.{package.plan.name} {now}, and should to {place}"
    yield ""


def _remarks(run: WrapRun) -> Iterator[str]:
    """What is worth knowing of what was wrapped."""
    yield from _indirect(run)
    yield from _unknown_versions(run)
    yield from _entries_in_the_way(run)
    yield from _left_over(run)
    yield from _told_apart_by_extras(run)
    yield from _to_commit(run)


def _to_commit(run: WrapRun) -> Iterator[str]:
    """Files that the project needs from now on, with what they weigh in its repository."""
    written = [package.archive for package in run.packages if package.state == "written"]
    if run.project is None or not written:
        return
    yield "commit these:"
    yield from (f"  {file}  ({_size(file.stat().st_size)})" for file in dict.fromkeys(written))
    for file in run.ignored:
        yield f"  git ignores {file}, so that nobody else gets it; to add it: git add --force {shlex.quote(str(file))}"
    yield ""


def _size(count: int) -> str:
    """A number of bytes for a reader."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 / 20 else f"{max(1, round(count / 1e3))} kB"


def _failures(run: WrapRun) -> Iterator[str]:
    """What came to nothing, last: it is what is left to do."""
    others = "; the others are as they should be" if run.packages else ""
    yield f"not wrapped: {len(run.failures)} of {len(run.failures) + len(run.packages)}{others}"
    for failure in run.failures:
        target, error = failure.job.target, failure.error
        yield f"  {target.requirement or target.name or target.url or target.path}: {error.what}"
        yield from [f"    where: {error.where}"] if error.where else []
        yield from [f"    hint: {error.hint}"] if error.hint else []
        mistakes = error_report.as_json(error)["mistakes"]
        yield from (f"    {mistake}" for mistake in mistakes)


def _is_asked_for(run: WrapRun, job: Job) -> bool:
    return run.project is None or bool(stated_requirements.of(run.project.runtime.stated, job.target.name))


def _package_lines(package: WrappedPackage) -> Iterator[str]:
    plan, job = package.plan, package.job
    version = f"{job.version_from}; " if job.version_from else ""
    yield f"{package.archive}: {package.state}{f', since {package.why}' if package.why else ''}"
    source = package.source if package.source.startswith("made from ") else f"from {package.source}"
    yield f"  {plan.name} {plan.version}  ({version}sdist {source})"
    yield from (f"  + {text}  ({one.origin})" for one in plan.requires.added for text in one.texts)
    yield from (f"  - {name}  (dropped from its own build requirements)" for name in job.declaration.removed)
    for name, one in job.declaration.variables.items():
        where, unless = f"  (where {one.marker})" if one.marker else "", "  (unless it is set)" if one.default else ""
        yield f"  {name} = {one.value}{where}{unless}"
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


def _indirect(run: WrapRun) -> Iterator[str]:
    """uv applies sources to what a project itself depends on, and to nothing else."""
    if run.project is None or not run.project.uses_uv:
        return
    if layers.at(run.project.document, "tool", "uv", "workspace", default=None) is not None:
        return  # its members share the sources of the root
    for name in dict.fromkeys(package.plan.name for package in run.packages):
        if not stated_requirements.of(run.project.runtime.stated, name):
            yield f"{name} is not a direct dependency of this project: add it there, or uv ignores its source"
            yield ""


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
        for one in package.plan.requires.added:
            if one.entry.match_runtime and not one.entry.locked:
                name = one.name
                cure = "lock the project, then run this again" if run.project else "name it with --lock FILE"
                yield f"{package.plan.name}: the version of {name} at run time is not known; {cure}"
                yield ""


def _told_apart_by_extras(run: WrapRun) -> Iterator[str]:
    if run.project is None or not run.project.uses_uv:
        return
    for name in project_sources.told_apart_by_extras((one.plan.name, one.job.marker) for one in run.packages):
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


def commands(run: WrapRun) -> list[str]:
    """What to run next. A project of which some package is missing is not known to install, so there is nothing."""
    if run.project is None:
        paths = [shlex.quote(f"{shown_path(package.archive)}{package.job.target.extras}") for package in run.packages]
        return [f"{installer} install {path}" for path in paths for installer in ("pip", "uv pip")]
    return [] if run.failures or not run.packages else [*_project_commands(run, run.project)]


def _project_commands(run: WrapRun, project: Project) -> Iterator[str]:
    here = shlex.quote(shown_path(project.file.parent))
    scripts = layers.at(project.document, "project", "scripts", default={})
    if project.uses_uv:
        yield from _relock(run)
        yield from ["uv sync"] if not run.in_the_way else []
        if scripts:
            yield f"uv tool install {here}"
            yield f"uvx --from {here} {next(iter(scripts))}"
    if project.runtime.sources:
        return  # pip does not read them, and would put other distributions beside what was built
    archives = " ".join(shlex.quote(shown_path(package.archive)) for package in run.packages)
    yield f"pip install {here} {archives}"
    if all("+" in package.plan.version for package in run.packages):
        yield f"pip install --find-links {shlex.quote(shown_path(run.output))} {here}"


def _relock(run: WrapRun) -> Iterator[str]:
    """uv refuses an archive whose hash is not the one in its lock, until it is told to lock that again."""
    locked = {one.name for one in (run.project.locked if run.project else ()) if one.path is not None}
    for name in dict.fromkeys(package.plan.name for package in run.packages if package.state == "written"):
        if name in locked:
            yield f"uv lock --upgrade-package {name}"


def as_json(run: WrapRun, *, check: bool) -> dict[str, Any]:
    """The same for a script."""
    failures = [(failure.job.target, error_report.as_json(failure.error)) for failure in run.failures]
    return {
        "packages": [_as_json(package) for package in run.packages],
        "skipped": [{"name": job.target.name, "why": job.skipped} for job in run.skipped],
        "ignored-by-git": [str(file) for file in run.ignored],
        "failures": [{"name": target.name, "requirement": target.requirement, **said} for target, said in failures],
        "commands": [] if check else commands(run),
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
        "dynamic-requires": "never" if plan.requires.are_all else "auto",
        "static-metadata": plan.is_static,
        "metadata-from": plan.metadata_from,
        "pin-runtime": list(plan.pins),
    }
