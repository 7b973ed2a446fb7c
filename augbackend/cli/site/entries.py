"""What is to be in the index: what is named, what files name, what recipes know; each with what is declared for it.

::

    NAME==VERSION, -r FILE, --lock FILE, --recipes -> options, the project's tables, recipes -> Job

Nothing else is ever in it: a name that nobody asked for has no page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.fetch import index, recipe_places, upstream
from augbackend.cli.fetch.upstream import Target
from augbackend.cli.model import published_file
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.locked_version import exact_version
from augbackend.cli.model.requirement import requirement_of
from augbackend.cli.project import jobs as project_jobs
from augbackend.cli.project import lock_files, recipe_versions, requirements_file
from augbackend.cli.project.jobs import Job
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.model.declaration import Declaration
    from augbackend.cli.project.project import Project
    from augbackend.cli.project.recipe_completion import RecipeCompletion


@dataclass(frozen=True)
class AskedFor:
    """What was asked for on the command line.

    :param targets: that are named there.
    :param files: requirements files.
    :param lock: a file with versions.
    :param with_recipes: all versions that recipes were checked with.
    :param against: the projects that something is to be built against, canonical.
    :param given: what options declare, for all that is named.
    :param is_given: whether they declare anything.
    """

    targets: tuple[Target, ...]
    given: Declaration
    files: tuple[Path, ...] = ()
    lock: Path | None = None
    with_recipes: bool = False
    against: frozenset[str] = frozenset()
    is_given: bool = False


@dataclass(frozen=True)
class Entries:
    """What is to be done.

    :param passed_over: packages of files that nothing is declared for: they stay where they are.
    :param notes: what is worth knowing, a sentence each.
    """

    jobs: tuple[Job, ...]
    passed_over: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def wanted(asked: AskedFor, project: Project | None, lookup: Lookup, completion: RecipeCompletion) -> Entries:
    """A job for each package that is asked for and that something is declared for.

    What is named and what nothing is declared for is a job that fails; what only a file names is passed over. Recipes
    complete what options and tables leave open.

    :param project: whose tables count; without anything else that is asked for, all that they name.
    :raises AugbackendError: if a file or a recipe cannot be read.
    """
    named = list(asked.targets)
    of_recipes = _OfRecipes(asked.given, completion, lookup)
    if asked.is_given:
        return Entries(tuple(of_recipes.completed(one) for one in named))
    in_files = [*_in_requirements(asked.files), *_in_lock(asked.lock)]
    jobs: list[Job] = []
    tables = project.packages if project is not None else {}
    if project is not None and not named and not asked.files and not asked.with_recipes:
        jobs += project_jobs.of_project(project, (), lookup)
    elif project is not None:
        texts = [one.requirement for one in (*named, *in_files) if one.requirement and one.name in tables]
        jobs += project_jobs.of_project(project, texts, lookup) if texts else []
    jobs += [of_recipes.declared(one) for one in named if one.name not in tables]
    others = [of_recipes.declared(one) for one in in_files if one.name not in tables]
    jobs += [one for one in others if not isinstance(one.error, NothingDeclaredError)]
    passed = {one.target.name for one in others if isinstance(one.error, NothingDeclaredError)}
    every = recipe_versions.checked(completion.places if asked.with_recipes else recipe_places.NONE, asked.against)
    if asked.with_recipes and not every.chosen:
        raise CliError(
            "there is no recipe here that was checked by a build",
            id="no-checked-recipes",
            hint="name packages, and what they need (--require)",
        )
    jobs += [of_recipes.declared(Target(name, requirement=f"{name}=={version}")) for name, version in every.chosen]
    return Entries(tuple(_once(jobs)), tuple(sorted(passed)), tuple(_of_only_read(every.only_read)))


class NothingDeclaredError(CliError):
    """Neither an option, a table nor a recipe says what a package needs."""


@dataclass(frozen=True)
class _OfRecipes:
    """Jobs of what no table names.

    :param given: what is declared for all of them.
    """

    given: Declaration
    completion: RecipeCompletion
    lookup: Lookup

    def completed(self, target: Target) -> Job:
        """A job with what is given and what a recipe adds; in the version that counts now, where that decides."""
        name, version = _exact(target)
        if name not in self.completion.places.names():
            return Job(target, self.given)
        try:
            if target.requirement and not version:
                with upstream.fetched(target, self.given, self.lookup) as found:
                    version = found.version
                target = replace(target, requirement=f"{name}=={version}")
            return Job(target, self.completion.completed(self.given, name, version))
        except AugbackendError as error:
            return Job(target, self.given, error=error)

    def declared(self, target: Target) -> Job:
        """A job of a recipe; one that fails, where there is none."""
        job = self.completed(target)
        if job.error is not None or job.declaration.recipe is not None:
            return job
        asked = target.requirement or target.name or target.url or str(target.path)
        what = f"nothing is declared for {asked}: no option, no table here, no recipe"
        hint = f"say what its build needs (--require), or find it out: augbackend diagnose {asked}"
        return replace(job, error=NothingDeclaredError(what, id="nothing-declared", hint=hint))


def _of_only_read(names: Sequence[str]) -> Iterator[str]:
    if names:
        what = f"{len(names)} of the recipes' projects were only read, never built, and are left out"
        yield f"{what} ({', '.join(names)}); name them, or what they are built against: --for torch==VERSION"


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


def _exact(target: Target) -> tuple[str, str]:
    """The project, and the one version that is meant: of an sdist, what its file name says; empty if nobody says."""
    if target.requirement:
        requirement = requirement_of(target.requirement)
        return target.name, exact_version(requirement) if requirement is not None else ""
    filename = target.path.name if target.path is not None else index.filename(target.url)
    identity = published_file.identity(filename)
    return (identity[0], str(identity[1])) if identity else (target.name, "")


def _once(jobs: Sequence[Job]) -> list[Job]:
    """Each target once, in the order of the first."""
    found: dict[object, Job] = {}
    for one in jobs:
        target = one.target
        found.setdefault((target.name, target.requirement or target.url, target.path, one.asked_in), one)
    return [*found.values()]
