"""Recipes for what a command names itself, before it runs: no index is asked, and no other package is known."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.model import recipe as recipes
from augbackend.cli.model.locked_version import exact_version
from augbackend.cli.model.requirement import requirement_of
from augbackend.cli.project import requirements_file
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.requirements import Requirement

    from augbackend.cli.fetch.recipe_places import RecipePlaces

    from .frontend_command import FrontendCommand

_MORE = ("--with", "--from", "--spec", "-w")


@dataclass(frozen=True)
class KnownRecipe:
    """An entry of a recipe that may serve a command.

    :param declares: in words.
    :param place: where the recipe is from.
    """

    project: str
    versions: str
    python: str
    declares: str
    place: str

    def __str__(self) -> str:
        python = f" on Python {self.python}" if self.python else ""
        return f"{self.project} {self.versions}{python}: {self.declares}  ({self.place})"

    def as_json(self) -> dict[str, str]:
        """The same for a script."""
        return {
            "project": self.project,
            "versions": self.versions,
            "python": self.python,
            "declares": self.declares,
            "from": self.place,
        }


def found(command: FrontendCommand, places: RecipePlaces) -> Iterator[KnownRecipe]:
    """The entries for what is named; of a version that is named exactly, those for it.

    :raises RecipeError: if one of them cannot be read.
    """
    seen = set()
    for requirement in _named_requirements(command):
        name, version = canonicalize_name(requirement.name), exact_version(requirement)
        for recipe in places.of(name) if name not in seen else ():
            for entry in recipe.entries:
                if not version or recipes.contains(entry, version):
                    declares = recipes.declaration_of(recipe, entry, "").in_words()
                    yield KnownRecipe(name, entry.versions, entry.python, declares, recipe.place)
        seen.add(name)


def _named_requirements(command: FrontendCommand) -> Iterator[Requirement]:
    values = [part for value in command.options(*_MORE) for part in value.split(",")]
    yield from filter(None, map(requirement_of, [*command.named, *values]))
    for file in command.requirements_files:
        with suppress(AugbackendError):  # the command itself will say what is wrong with it
            yield from (requirement for requirement, _ in requirements_file.stated(Path(file)))
