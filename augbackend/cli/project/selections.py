"""What to choose of a project, so that its wrapped packages are installed: its extras and groups.

::

    wrapped packages, each asked for in some lists of requirements -> Selection, one for each set that goes together
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.edit import uv_sources
from augbackend.cli.model.asked_in import AskedIn
from augbackend.cli.model.requirement import project_of
from augbackend.table import layers, strings

from . import lock_forks, uv_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .jobs import Job
    from .project import Project


@dataclass(frozen=True)
class Selection:
    """Extras and groups that are chosen together.

    :param usual: of the groups those that uv installs unasked.
    :param left_out: groups that uv would install otherwise, and that conflict with these.
    :param has_members: whether only members of the workspace ask for some of it.
    """

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    has_members: bool = False

    @property
    def options(self) -> list[str]:
        """The options of ``uv sync``."""
        return [
            *(["--all-packages"] if self.has_members else []),
            *(f"--extra {one}" for one in self.extras),
            *(f"--no-group {one}" for one in self.left_out),
            *(f"--group {one}" for one in self.groups if one not in self.usual),
        ]

    def of(self, place: str) -> str:
        """A place with the extras: what an installer without groups takes."""
        return f"{place}[{','.join(self.extras)}]" if self.extras else place


def selections(project: Project, jobs: Sequence[Job]) -> list[Selection]:
    """One selection that installs all packages; where these are for extras that conflict, one for each of them."""
    forked = {job.target.name for job in jobs if job.asked_in}
    common: list[AskedIn] = []
    for name in dict.fromkeys(job.target.name for job in jobs if not job.asked_in):
        common += _chosen_for(project, name)
    for job in jobs:
        common += [] if job.target.name in forked else _of_matched(project, job)
    if not forked:
        return [_selection(project, common)]
    chosen = dict.fromkeys(job.asked_in[0] for job in jobs if job.asked_in)
    return [_selection(project, [*common, one]) for one in chosen]


def _chosen_for(project: Project, name: str) -> list[AskedIn]:
    """Where a package is asked for; nothing if it is there without a choice, or through others only."""
    found, reached = lists(project, name), {_own_name(project)}
    if project.graph is not None:
        reached |= project.graph.reached(_own_name(project))
    return [] if not found or any(not one.kind and one.project in reached for one in found) else found[:1]


def _of_matched(project: Project, job: Job) -> Iterator[AskedIn]:
    """Extras that have a source of their own for what the package is matched to: without them it is another one."""
    table = layers.at(project.document, "tool", "uv", "sources", default={})
    matched = {one.name for one in job.declaration.requires if one.entry.match_runtime}
    for key, value in table.items() if isinstance(table, dict) else ():
        if canonicalize_name(key) in matched:
            tables = uv_sources.tables(value)
            yield from [AskedIn("extra", str(one["extra"]), _own_name(project)) for one in tables if "extra" in one][:1]


def lists(project: Project, name: str) -> list[AskedIn]:
    """The lists of requirements that ask for a package: as the lock has them, else as they are written."""
    if project.graph is not None:
        return lock_forks.asked_in(project.graph, name)
    own, document = _own_name(project), project.document
    found = [(AskedIn(project=own), layers.at(document, "project", "dependencies", default=[]))]
    extras = layers.at(document, "project", "optional-dependencies", default={})
    groups = layers.at(document, "dependency-groups", default={})
    found += [
        (AskedIn("extra", key, own), value) for key, value in (extras.items() if isinstance(extras, dict) else ())
    ]
    found += [
        (AskedIn("group", key, own), value) for key, value in (groups.items() if isinstance(groups, dict) else ())
    ]
    return [asked for asked, value in found if name in _names_in(value)]


def _names_in(listed: object) -> set[str]:
    return {project_of(one) for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()


def _selection(project: Project, chosen: Iterable[AskedIn]) -> Selection:
    wanted = list(dict.fromkeys(chosen))
    usual = _default_groups(project)
    groups = [one.name for one in wanted if one.kind == "group" and _is_here(project, one)]
    choices = {uv_lock.choice(one) for one in wanted}
    conflicting = [one for one in (project.graph.conflicts if project.graph else ()) if one & choices]
    by_choice = {uv_lock.choice(AskedIn("group", one, _own_name(project))): one for one in usual if one not in groups}
    return Selection(
        tuple(one.name for one in wanted if one.kind == "extra" and _is_here(project, one)),
        tuple(groups),
        tuple(one for one in groups if one in usual),
        tuple(group for choice, group in by_choice.items() if any(choice in one for one in conflicting)),
        has_members=any(not _is_here(project, one) for one in wanted),
    )


def _default_groups(project: Project) -> list[str]:
    named = layers.at(project.document, "tool", "uv", "default-groups", default=["dev"])
    if named == "all":
        groups = layers.at(project.document, "dependency-groups", default={})
        return list(groups) if isinstance(groups, dict) else []
    return [*strings(named)]


def _is_here(project: Project, asked: AskedIn) -> bool:
    return asked.project == _own_name(project)


def _own_name(project: Project) -> str:
    return canonicalize_name(str(layers.at(project.document, "project", "name", default="")))
