"""What to run next: the commands that follow from a project, its lock and what was wrapped.

uv applies ``tool.uv.sources`` to what a project itself asks for. What only a dependency asks for is reached by
``--with``, by a constraint (``-c``), and for ``uv sync`` by ``constraint-dependencies`` or uv's own build tables.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.project import build_sources, direct_dependencies, project_root, selections, stated_requirements
from augbackend.table import layers

from . import project_sources, unmatched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from augbackend.cli.project.jobs import Job
    from augbackend.cli.project.project import Project
    from augbackend.cli.project.selections import Selection

    from .run import WrappedPackage, WrapRun


def commands(run: WrapRun) -> list[str]:
    """What to run next. A project of which some package is missing is not known to install, so there is nothing."""
    if run.project is None or run.project.is_recipe:
        return list(_of_archives(run))
    if (
        run.failures
        or run.unbuildable
        or not run.packages
        or any(is_guessed(run.project, one.job) for one in run.packages)
    ):
        return []
    return list(_project_commands(run, run.project))


def transitive(project: Project, packages: tuple[WrappedPackage, ...]) -> list[str]:
    """The packages that no table of sources reaches, since only a dependency asks for them."""
    direct = direct_dependencies.names(project)
    return [name for name in dict.fromkeys(one.plan.name for one in packages) if name not in direct]


def not_for_sync(project: Project, packages: tuple[WrappedPackage, ...]) -> list[str]:
    """Those of them that ``uv sync`` would build from upstream's sdist, without what our tables add."""
    reached = direct_dependencies.names_for_lock(project)
    ours = layers.at(project.document, "tool", "augbackend", "packages", default={})
    of_ours = {canonicalize_name(name) for name in (ours if isinstance(ours, dict) else ())}
    return [name for name in transitive(project, packages) if name in of_ours - reached]


def is_guessed(project: Project, job: Job) -> bool:
    """Whether nobody has said which version is needed: what asks for it is a dependency, and there is no lock."""
    return job.is_newest and job.target.name not in direct_dependencies.names(project)


def _of_archives(run: WrapRun) -> Iterator[str]:
    """For archives that belong to no project."""
    for package in run.packages:
        name, extras = package.plan.name, package.job.target.extras
        if name in run.unbuildable:
            continue
        what = shlex.quote(f"{shown_path(package.archive)}{extras}")
        if run.constraints is not None and name not in run.constraints.left_out:
            what = f"{_option(run.constraints.file)} {shlex.quote(f'{name}{extras}')}"
        yield f"pip install {what}"
        if not unmatched.names(package):
            yield f"uv pip install {what}"


def _project_commands(run: WrapRun, project: Project) -> Iterator[str]:
    if project_sources.not_told_apart(project, [one.place for one in run.packages]):
        return  # the sources are still to be written
    is_one_each = len({one.plan.name for one in run.packages}) == len(run.packages)
    chosen = selections.selections(project, [package.job for package in run.packages])
    is_overridden = _is_overridden(run, project)
    if project.uses_uv:
        yield from _relock(run)
        if not run.in_the_way and not not_for_sync(project, run.packages):
            yield from (_sync(project, one) for one in chosen)
        words = None if is_overridden else _uv_words(run, project, is_one_each=is_one_each)
        if words is not None:
            yield from _tools(project, chosen, words)
    is_workspace = layers.at(project.document, "tool", "uv", "workspace", default=None) is not None
    is_read_by_uv_only = (
        project.runtime.sources
        or is_overridden
        or is_workspace
        or _is_elsewhere_matched(run)
        or _is_asked_for_by_url(run, project)
    )
    first = chosen[0]
    if is_read_by_uv_only or not project.is_installable or len(chosen) > 1 or first.groups or first.has_members:
        return  # pip would put other distributions beside what was built
    here = shlex.quote(first.of(shown_path(project.file.parent)))
    if run.constraints is not None and not run.constraints.left_out:
        yield f"pip install {_option(run.constraints.file)} {here}"
        if project.uses_uv and set(_names(run)) <= {*transitive(project, run.packages)}:
            yield f"uv pip install {_option(run.constraints.file)} {here}"
    elif is_one_each:
        archives = " ".join(shlex.quote(shown_path(package.archive)) for package in run.packages)
        yield f"pip install {here} {archives}"
    if all("+" in package.plan.version for package in run.packages) and is_one_each:
        yield f"pip install --find-links {shlex.quote(shown_path(run.output))} {here}"


def _sync(project: Project, chosen: Selection) -> str:
    has_root = "project" in project.document or "dependency-groups" in project.document
    options = chosen.options if has_root or chosen.has_members else ["--all-packages", *chosen.options]
    return " ".join(["uv sync", *options])


def _is_overridden(run: WrapRun, project: Project) -> bool:
    """Whether a package is built against what only ``uv sync`` puts beside it, since it alone reads overrides."""
    uv = layers.at(project.document, "tool", "uv", default={})
    names = {canonicalize_name(one.name) for one in stated_requirements.overrides(uv)}
    matched = (one for package in run.packages for one in package.plan.requires.added if one.entry.match_runtime)
    return any(one.name in names for one in matched)


def _is_asked_for_by_url(run: WrapRun, project: Project) -> bool:
    """Whether the project's own metadata leads to upstream: uv's sources replace that, and pip builds it."""
    return any(one.url for name in _names(run) for one in stated_requirements.of(project.runtime.stated, name))


def _is_elsewhere_matched(run: WrapRun) -> bool:
    """Whether a package is built against what only uv, by the project's sources, puts beside it."""
    return any(
        one.entry.match_runtime and any(build_sources.is_elsewhere(text) for text in one.texts)
        for package in run.packages
        for one in package.plan.requires.added
    )


def _uv_words(run: WrapRun, project: Project, *, is_one_each: bool) -> str | None:
    """The words that lead ``uv tool install`` to what no source reaches; ``None`` if there are none.

    A constraint and a source for one package are two URLs to uv as soon as the project has moved: then ``--with``.
    """
    beyond = transitive(project, run.packages)
    if not beyond:
        return ""
    if run.constraints is not None and not run.constraints.left_out and set(_names(run)) <= {*beyond}:
        return f" {_option(run.constraints.file)}"
    if not is_one_each:
        return None
    files = [one.archive for one in run.packages if one.plan.name in beyond]
    return "".join(f" --with {shlex.quote(shown_path(file))}" for file in files)


def _tools(project: Project, chosen: Sequence[Selection], words: str) -> Iterator[str]:
    """For the project, and the members of its workspace, that have commands. Groups are not installed as tools."""
    folder = project.file.parent
    here = shown_path(folder)
    places = [(one.of(here), project.document) for one in chosen if not one.groups]
    places += [
        (shown_path(folder / place.relative_to(folder.resolve())), layers.read_pyproject(place))
        for place in project_root.members(folder, project.document)
        if folder.resolve() in place.parents
    ]
    for place, document in places:
        scripts = layers.at(document, "project", "scripts", default={})
        if isinstance(scripts, dict) and scripts:
            yield f"uv tool install {shlex.quote(place)}{words}"
            yield f"uvx --from {shlex.quote(place)}{words} {next(iter(scripts))}"


def _names(run: WrapRun) -> list[str]:
    return [package.plan.name for package in run.packages]


def _option(file: Path) -> str:
    return f"-c {shlex.quote(str(file))}"


def _relock(run: WrapRun) -> Iterator[str]:
    """uv refuses an archive whose hash is not the one in its lock, until it is told to lock that again."""
    locked = {one.name for one in (run.project.locked if run.project else ()) if one.path is not None}
    for name in dict.fromkeys(package.plan.name for package in run.packages if package.state == "written"):
        if name in locked:
            yield f"uv lock --upgrade-package {name}"
