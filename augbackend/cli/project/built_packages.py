"""Which packages of a project have to be built somewhere: those that no wheel spares, and what is the project's own.

::

    what is locked, wheel by wheel; the environments that count -> Job, one a package

A requirements file names no wheels, so an index is asked for them; it is for the machine that reads it.
"""

from __future__ import annotations

import platform
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from augbackend.cli.fetch import release
from augbackend.cli.model import declaration as declarations
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.locked_version import Locked, Wheel
from augbackend.errors import AugbackendError
from augbackend.table import layers, strings

from . import jobs, lock_files, project, target_environments
from .target_environments import TargetEnvironments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup

    from .jobs import Job
    from .lock_files import Lock
    from .project import Project

_NOT_BUILT = "virtual"  # uv's word for a project that is no package


def read(folder: Path, lock: Path | None, found: Lock) -> Project:
    """A project with a word for each of its packages.

    :param lock: the file that the lock is from, if it belongs to no project that has a ``pyproject.toml``.
    :raises AugbackendError: if something cannot be read.
    """
    said = None if lock else project.read(folder, found)
    declared = said.packages if said else {}
    whole = project.stating(folder, found, {name: declared.get(name, Declaration()) for name in _built_names(found)})
    whole = replace(whole, undeclared={})
    return whole if lock is None else replace(whole, environments=_environments(lock, found))


def _built_names(found: Lock) -> list[str]:
    virtual = {one.locked.name for one in (found.graph.entries if found.graph else ()) if _NOT_BUILT in one.source}
    return sorted({one.name for one in found.packages if not _holds_nothing(one.path)} - virtual)


def _holds_nothing(path: Path | None) -> bool:
    """Whether it is a folder without a project: a lock that was copied alone names the one that it was made for."""
    files = ("pyproject.toml", "setup.py")
    return path is not None and path.is_dir() and not any((path / file).is_file() for file in files)


def _environments(lock: Path, found: Lock) -> TargetEnvironments:
    """What the file says of the environments that it is for; if it says nothing, this one."""
    if found.graph is not None:
        return target_environments.of(found.graph.requires_python, found.graph.environments)
    if lock.suffix == ".toml":
        document = lock_files.parsed(lock)
        python = layers.at(document, "requires-python", default="")
        return target_environments.of(str(python), strings(layers.at(document, "environments", default=[])))
    return here("{}.{}".format(*sys.version_info))


def here(python: str) -> TargetEnvironments:
    """This machine alone.

    :param python: a minor version, such as ``3.11``.
    """
    marker = f"sys_platform == '{sys.platform}' and platform_machine == '{platform.machine()}'"
    return TargetEnvironments(SpecifierSet(f"=={python}.*"), (marker,))


def on(environments: TargetEnvironments, python: str) -> TargetEnvironments:
    """The environments with one Python."""
    return replace(environments, requires_python=SpecifierSet(f"=={python}.*"))


def to_build(whole: Project, lookup: Lookup) -> Iterator[Job]:
    """The packages that have to be built somewhere; a job with an error is one that nobody knows that of."""
    locked = [one for one in (_with_wheels(one, lookup) for one in whole.locked) if one is not None]
    packages = {name: said for name, said in whole.packages.items() if any(one.name == name for one in locked)}
    for job in jobs.of_every_locked(replace(whole, locked=tuple(locked), packages=packages), lookup):
        if not job.skipped:
            yield job


def declared(job: Job, python: str) -> Declaration:
    """What is declared for a package and counts on a Python here, with one requirement for each project.

    :param python: its whole version.
    """
    here_is = {"python_version": ".".join(python.split(".")[:2]), "python_full_version": python, "extra": ""}
    texts = []
    for text in (text for one in job.declaration.requires for text in one.texts):
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate(here_is):
            requirement.marker = None
            texts.append(str(requirement))
    variables = {
        name: one.value
        for name, one in job.declaration.variables.items()
        if not one.marker or Marker(one.marker).evaluate(here_is)
    }
    plain = declarations.of(texts, "the project's tables", job.declaration.removed, variables)
    return Declaration().joined(plain)


def _with_wheels(one: Locked, lookup: Lookup) -> Locked | None:
    """A pin of a file that names no wheels, with those that an index has; ``None`` if it has nothing else."""
    if one.wheels or one.url or one.path or one.registry or not one.version:
        return one
    with suppress(AugbackendError):  # fetching it says why
        found = release.newest(Requirement(f"{one.name}=={one.version}"), lookup, lambda _: True)
        if found is not None:
            wheels = tuple(Wheel(it.filename, it.url, it.sha256) for it in found.wheels)
            return replace(one, wheels=wheels) if found.sdist else None
    return one
