"""What to run next: the commands that follow from a project, its lock and what was wrapped."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from augbackend.cli.model.shown_path import shown_path
from augbackend.table import layers

from . import uv_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.project.project import Project

    from .run import WrapRun


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
        yield from ["uv sync"] if not uv_metadata.stated_for_versions(run) else []
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
