"""The wheels to build as jobs of a CI: named by one run, done by others, each by its id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend.cli.model.locked_version import exact_version
from augbackend.cli.model.requirement import requirement_of

from . import wheel_build

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from augbackend.cli.project.jobs import Job

    from .wheel_build import WheelBuild


def as_json(builds: Sequence[WheelBuild]) -> str:
    """One line, as GitHub Actions' ``fromJSON`` takes it for a ``strategy.matrix``."""
    jobs = [{"id": one.id, "project": one.project, "version": one.version, "python": one.python} for one in builds]
    return json.dumps({"include": jobs})


def that_may_be(jobs: Iterable[Job], only: str) -> list[Job]:
    """The packages that one id may be of: no other has to be downloaded for it.

    :param only: the id.
    """
    name, version = wheel_build.stem(only)
    return [one for one in jobs if canonicalize_name(one.target.name or name) == name and _may_be(one, version)]


def _may_be(job: Job, version: str) -> bool:
    requirement = requirement_of(job.target.requirement) if job.target.requirement else None
    exact = exact_version(requirement) if requirement is not None else ""
    if not exact:
        return True
    label = job.declaration.local_version
    try:
        return Version(f"{exact.partition('+')[0]}+{label}" if label else exact) == Version(version)
    except ValueError:
        return True
