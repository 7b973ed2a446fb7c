"""What is to be in the index: what is named, what files name, what recipes know; each with what is declared for it.

::

    NAME==VERSION, -r FILE, --lock FILE, --recipes -> options, the project's tables, recipes -> Job

Nothing else is ever in it: a name that nobody asked for has no page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.fetch.upstream import Target
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.locked_version import exact_version
from augbackend.cli.model.requirement import requirement_of
from augbackend.cli.project import jobs as project_jobs
from augbackend.cli.project import lock_files, recipe_declarations, requirements_file
from augbackend.cli.project.jobs import Job
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.project.project import Project


@dataclass(frozen=True)
class AskedFor:
    """What was asked for on the command line.

    :param targets: that are named there.
    :param files: requirements files.
    :param lock: a file with versions.
    :param with_recipes: all that recipes know.
    """

    targets: tuple[Target, ...]
    files: tuple[Path, ...] = ()
    lock: Path | None = None
    with_recipes: bool = False


@dataclass(frozen=True)
class Entries:
    """What is to be done.

    :param passed_over: packages of files that nothing is declared for: they stay where they are.
    :param not_redistributable: why some may not be passed on, by project, as recipes say.
    """

    jobs: tuple[Job, ...]
    passed_over: tuple[str, ...]
    not_redistributable: Mapping[str, str]


def wanted(asked: AskedFor, given: Declaration | None, project: Project | None, lookup: Lookup) -> Entries:
    """A job for each package that is asked for and that something is declared for.

    What is named and what nothing is declared for is a job that fails; what only a file names is passed over.

    :param given: what options declare, for all that is named; ``None`` if there are none.
    :param project: whose tables count; without anything else that is asked for, all that they name.
    :raises AugbackendError: if a file cannot be read.
    """
    named = list(asked.targets)
    in_files = [*_in_requirements(asked.files), *_in_lock(asked.lock)]
    if given is not None:
        return Entries(tuple(Job(one, given) for one in named), (), {})
    jobs: list[Job] = []
    tables = project.packages if project is not None else {}
    if project is not None and not named and not asked.files and not asked.with_recipes:
        jobs += project_jobs.of_project(project, (), lookup)
    elif project is not None:
        texts = [one.requirement for one in (*named, *in_files) if one.requirement and one.name in tables]
        jobs += project_jobs.of_project(project, texts, lookup) if texts else []
    rest = [one for one in named if one.name not in tables]
    others = [one for one in in_files if one.name not in tables]
    versions = [(one.name, _exact_version_of(one)) for one in (*rest, *others)]
    known = recipe_declarations.declarations(versions)
    jobs += [_of_recipe(one, known) or _undeclared_job(one) for one in rest]
    jobs += filter(None, (_of_recipe(one, known) for one in others))
    every = recipe_declarations.verified() if asked.with_recipes else ()
    if asked.with_recipes and not every:
        raise AugbackendError("there are no recipes here", hint="name packages, and what they need (--require)")
    jobs += [Job(Target(one.name, requirement=f"{one.name}=={one.version}"), one.declaration) for one in every]
    refused = {one.name: one.not_redistributable for one in (*known.values(), *every) if one.not_redistributable}
    passed = tuple(sorted({one.name for one in others if (one.name, _exact_version_of(one)) not in known}))
    return Entries(tuple(_once(jobs)), passed, refused)


def _in_requirements(files: Sequence[Path]) -> Iterator[Target]:
    for file in files:
        for one in requirements_file.requirements(file):
            name = canonicalize_name(one.name)
            if one.url:
                yield Target(name, url=one.url)
            else:
                yield Target(name, requirement=f"{name}{one.specifier}")


def _in_lock(file: Path | None) -> Iterator[Target]:
    for one in lock_files.read_file(file).packages if file is not None else ():
        if one.version and one.path is None:
            yield Target(one.name, requirement=f"{one.name}=={one.version}")


def _exact_version_of(target: Target) -> str:
    """The one version that is meant; empty if there may be more."""
    requirement = requirement_of(target.requirement) if target.requirement else None
    return exact_version(requirement) if requirement is not None else ""


def _of_recipe(target: Target, known: Mapping[tuple[str, str], recipe_declarations.RecipeDeclaration]) -> Job | None:
    found = known.get((target.name, _exact_version_of(target)))
    return Job(target, found.declaration, "a recipe") if found is not None else None


def _undeclared_job(target: Target) -> Job:
    asked = target.requirement or target.name or target.url or str(target.path)
    what = f"nothing is declared for {asked}: no option, no table here, no recipe"
    hint = f"say what its build needs (--require), or find it out: augbackend diagnose {asked}"
    return Job(target, Declaration(), error=AugbackendError(what, hint=hint))


def _once(jobs: Sequence[Job]) -> list[Job]:
    """Each target once, in the order of the first."""
    found: dict[object, Job] = {}
    for one in jobs:
        target = one.target
        found.setdefault((target.name, target.requirement or target.url, target.path, one.asked_in), one)
    return [*found.values()]
