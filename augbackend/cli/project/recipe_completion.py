"""What recipes add to what the user says of packages: only what that leaves open, name by name.

::

    Declaration, the version -> the first recipe with an entry for it -> Declaration, with what was taken of which
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Optional

from packaging.utils import canonicalize_name, canonicalize_version

from augbackend.cli.fetch import lookup, recipe_places, sdist
from augbackend.cli.model import declaration as declarations
from augbackend.cli.model import recipe as recipes
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.recipe_use import RecipeUse

from . import project as projects
from . import runtime_versions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from augbackend.cli.fetch.recipe_places import RecipePlaces
    from augbackend.cli.model.locked_version import Locked
    from augbackend.cli.model.recipe import Recipe
    from augbackend.cli.model.recipe_entry import RecipeCheck, RecipeEntry

    from .lock_files import Lock
    from .project import Project
    from .runtime_versions import RuntimeVersions

_PYTHONS = range(6, 40)  # minor versions of Python 3


@dataclass(frozen=True)
class RecipeCompletion:
    """Which recipes are asked, and for which Python.

    :param python: a version; an archive is for every one, so it only chooses among entries.
    :param is_frozen: whether builds are pinned to the versions that are recorded.
    :param is_for_this_build: whether a build on that Python is all that counts, so that it needs the entry.
    """

    places: RecipePlaces = recipe_places.NONE
    python: str = "3"
    is_frozen: bool = False
    is_for_this_build: bool = False

    def completed(
        self, said: Declaration, name: str, version: str, runtime: RuntimeVersions | None = None
    ) -> Declaration:
        """What the user says of a package in one version, with what a recipe adds.

        :param runtime: says the versions of what a recipe matches to run time; ``None`` to leave that to others.
        :raises AugbackendError: if a recipe cannot be read, or if nothing is recorded to pin to.
        """
        if said.recipe is not None:
            return said
        chosen = self._chosen(name, version)
        if chosen is None:
            if self.is_frozen:
                raise CliError(
                    f"there is no recipe for {name} {version}, so no build of it is recorded to pin to",
                    id="frozen-without-recipe",
                    hint="leave --frozen out, or write one: augbackend diagnose --recipe finds out what it says",
                )
            return said
        recipe, entry = chosen
        taken, overridden = _left_open(recipes.declaration_of(recipe, entry, "the recipe"), said)
        pinned_to = ""
        if self.is_frozen:
            check = self._recorded(recipe, entry, version)
            pinned_to = f"the build of {check.version} on Python {check.python}"
            asked = {one.name for one in recipes.declaration_of(recipe, entry, "").requires}
            taken, more = _pinned(taken, said, check, but=asked)
            overridden += more
        if not taken.as_table() and taken.dependencies is None and not taken.patches and not overridden:
            return said
        python = f" on Python {entry.python}" if entry.python else ""
        use = RecipeUse(
            f"{recipe.project} {entry.versions}{python}",
            recipe.place,
            recipes.checked_in_words(entry),
            taken.in_words() if taken.size else ", ".join(taken.as_table()),
            overridden,
            pinned_to,
        )
        taken = runtime_versions.matched(taken, runtime) if runtime is not None else taken
        return replace(said.plus(taken), recipe=use)

    def alone(self, folder: Path, lock: Path | Lock | None) -> Project | None:
        """The project in a folder whose tables name no package, if recipes name some of its lock; else ``None``.

        :raises AugbackendError: if something cannot be read.
        """
        if not self.places.places or not (folder / "pyproject.toml").is_file():
            return None
        project = projects.stating(folder, lock, {})
        return project if self.on(project).in_project(project)[1] else None

    def is_for_version(self, name: str, version: str) -> bool:
        """Whether a recipe has an entry for a version of a project.

        :raises AugbackendError: if a recipe cannot be read.
        """
        return self._chosen(name, version) is not None

    def refusal(self, name: str, version: str) -> str:
        """Why a recipe says that a version may not be passed on; empty if none says so."""
        chosen = self._chosen(name, version)
        if chosen is None or chosen[1].redistributable:
            return ""
        return f"its recipe says that it may not be passed on ({chosen[0].project} {chosen[1].versions})"

    def in_project(self, project: Project, *, with_others: bool = True) -> tuple[Project, frozenset[str]]:
        """A project whose tables are completed where its lock says the versions.

        :param with_others: whether what its tables do not name is looked at, too.

        :return: with it, the names of packages that its tables do not name and a recipe does.
        :raises AugbackendError: if a recipe cannot be read.
        """
        if not self.places.places:
            return project, frozenset()
        found, names = dict(project.packages), {*self.places.names()}
        for name in sorted(names & found.keys()):
            found[name] = self.of_locked(found[name], name, _of_name(project, name))
        others = sorted(names - found.keys()) if with_others else []
        added = [name for name in others if self.is_for(project, _of_name(project, name))]
        constraints = next((one.build_constraints for one in found.values()), ())
        for name in added:
            found[name] = self.of_locked(Declaration(build_constraints=constraints), name, _of_name(project, name))
        undeclared = {
            name: why
            for name, why in project.undeclared.items()
            if not any(self._chosen(one.name, one.version) for one in _of_name(project, name))
        }
        return replace(project, packages=found, undeclared=undeclared), frozenset(added)

    def of_locked(self, said: Declaration, name: str, locked: Sequence[Locked]) -> Declaration:
        """What is said of a package, completed if one entry is for all versions that it is locked to.

        Which versions of a build requirement belong to it depends on that, so that it cannot wait for the sdist.
        """
        versions = {one.version for one in locked if one.version}
        chosen = {self._key(name, version) for version in versions}
        if self.is_frozen or said.by_version or len(chosen) != 1 or None in chosen:
            return said
        return self.completed(said, name, versions.pop())

    def is_for(self, project: Project, locked: Sequence[Locked]) -> bool:
        """Whether all that is locked of a package is published, and a recipe is for it on a Python of the project."""
        minors = [f"3.{minor}" for minor in _PYTHONS if project.environments.allows(minor)]
        for one in locked:
            is_published = bool(one.registry) or one.url.startswith(("https:", "http:"))
            is_published = is_published if one.path is None else _is_archive_of_ours(one.path)
            chosen = self._chosen(one.name, one.version) if is_published and one.version else None
            if chosen is None or not any(recipes.is_needed_on(chosen[1], minor) for minor in minors):
                return False
        return bool(locked)

    def _key(self, name: str, version: str) -> Optional[tuple[str, str, str]]:
        chosen = self._chosen(name, version)
        return (chosen[0].place, chosen[1].versions, chosen[1].python) if chosen else None

    def _chosen(self, name: str, version: str) -> tuple[Recipe, RecipeEntry] | None:
        """The first recipe with an entry for a version, whatever label that has."""
        public = canonicalize_version(version.partition("+")[0], strip_trailing_zero=False)
        for recipe in self.places.of(name):
            find = recipe.entry_for if self.is_for_this_build else recipe.entry_for_archive
            entry = find(public, self.python)
            if entry is not None:
                return recipe, entry
        return None

    def _recorded(self, recipe: Recipe, entry: RecipeEntry, version: str) -> RecipeCheck:
        check = recipes.check_of(entry, version.partition("+")[0], self.python)
        if check is None:
            there = ", ".join(dict.fromkeys(one.version for one in entry.checked if one.build_environment))
            raise CliError(
                f"no build of {recipe.project} {version} is recorded to pin to",
                id="no-build-recorded",
                where=f"{recipe.place}, {recipe.project} {entry.versions}",
                hint=f"{f'recorded is {there}; ' if there else ''}augbackend recipes verify"
                f" {recipe.project}=={version} records one in a recipe of your own",
            )
        return check

    def on(self, project: Project) -> RecipeCompletion:
        """The same for this Python, or for the oldest that a project allows."""
        allows = project.environments.allows
        minor = int(self.python.split(".")[1]) if "." in self.python else 0
        oldest = next((f"3.{one}" for one in _PYTHONS if allows(one)), self.python)
        return self if allows(minor) else replace(self, python=oldest)


NO_RECIPES = RecipeCompletion()


def _is_archive_of_ours(path: Path) -> bool:
    """Whether a lock names what was wrapped before, even if that is gone."""
    return path.parent.name == lookup.OUTPUT or (path.is_file() and bool(sdist.origin(path)))


def _of_name(project: Project, name: str) -> list[Locked]:
    return [one for one in project.locked if one.name == name]


def _left_open(recipe: Declaration, said: Declaration) -> tuple[Declaration, tuple[str, ...]]:
    """What a recipe declares and the user does not; and what gives way to the user's word."""
    told = []
    users = {one.name: one for one in said.requires}
    dropped = {*map(canonicalize_name, said.removed)} - users.keys()
    requires = []
    for one in recipe.requires:
        own = users.get(one.name)
        if own is None and one.name not in dropped:
            requires.append(one)
        elif own is None:
            told.append(f"{one.entry.text} of the recipe is left out, since you drop {one.name}")
        elif vars(own.entry) != vars(one.entry):  # entries have no equality: a build would pay for it
            told.append(f"{one.entry.text} of the recipe gives way to {own.entry.text} ({own.origin})")
    variables = {name: one for name, one in recipe.variables.items() if name not in said.variables}
    told += [
        f"{name}={one.value} of the recipe gives way to {name}={said.variables[name].value}"
        for name, one in recipe.variables.items()
        if name in said.variables and said.variables[name].value != one.value
    ]
    settings = {name: one for name, one in recipe.config_settings.items() if name not in said.config_settings}
    told += [
        f"-C {name} of the recipe gives way to yours"
        for name, one in recipe.config_settings.items()
        if said.config_settings.get(name, one) != one
    ]
    if recipe.patches and said.patches and recipe.patches != said.patches:
        names = " and ".join(one.name for one in recipe.patches)
        told.append(f"{names} of the recipe gives way to {' and '.join(one.name for one in said.patches)}")
    left = replace(
        recipe,
        requires=tuple(requires),
        removed=tuple(name for name in recipe.removed if name not in said.removed),
        variables=variables,
        config_settings=settings,
        local_version="" if said.local_version else recipe.local_version,
        pin_runtime={name: one for name, one in recipe.pin_runtime.items() if name not in said.pin_runtime},
        compiler_cache="none" if said.compiler_cache != "none" else recipe.compiler_cache,
        jobs=None if said.jobs else recipe.jobs,
        preflight=None if said.preflight else recipe.preflight,
        dependencies=None if said.dependencies or said.dependencies_of else recipe.dependencies,
        is_by_user=not variables,
        patches=() if said.patches else recipe.patches,
    )
    return left, tuple(told)


def _pinned(
    taken: Declaration, said: Declaration, check: RecipeCheck, *, but: Collection[str]
) -> tuple[Declaration, tuple[str, ...]]:
    """What is taken, in the versions that a build had; what is matched to run time, and the user's own, stays.

    :param but: names that it is told of already when they give way.
    """
    pins = declarations.of(check.build_environment, "the recipe's recorded build").requires
    matched = {one.name for one in (*taken.requires, *said.requires) if one.entry.match_runtime}
    users = {one.name: one for one in said.requires}
    kept = [one for one in taken.requires if one.name in matched or one.name not in {pin.name for pin in pins}]
    added = [pin for pin in pins if pin.name not in matched and pin.name not in users]
    told = [
        f"{pin.entry.text}, which is recorded, gives way to {users[pin.name].entry.text} ({users[pin.name].origin})"
        for pin in pins
        if pin.name in users and pin.name not in (*matched, *but)
    ]
    return replace(taken, requires=(*kept, *added)), tuple(told)
