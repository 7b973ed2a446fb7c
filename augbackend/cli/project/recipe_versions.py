"""Which versions recipes were checked with: what an index of all recipes has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from augbackend.cli.model import recipe as recipes

if TYPE_CHECKING:
    from collections.abc import Collection

    from augbackend.cli.fetch.recipe_places import RecipePlaces


@dataclass(frozen=True)
class RecipeVersions:
    """Projects with versions.

    :param chosen: to be wrapped.
    :param only_read: projects of which a version was read and none was built, and which are not chosen.
    """

    chosen: tuple[tuple[str, str], ...]
    only_read: tuple[str, ...]


def checked(places: RecipePlaces, against: Collection[str] = ()) -> RecipeVersions:
    """The versions that were built and imported.

    :param against: projects: what is built against one of these is chosen even if it was only read. What needs a GPU's
        compiler can be built on few machines, and is what such an index is made for.
    :raises AugbackendError: if a recipe cannot be read.
    """
    chosen: dict[tuple[str, str], None] = {}
    only_read: dict[str, None] = {}
    for recipe in places.all():
        for entry in recipe.entries:
            asks = {one.name for one in recipes.declaration_of(recipe, entry, "").requires}
            for one in entry.checked:
                if one.how == "built-and-imported" or asks & {*against}:
                    chosen[recipe.project, one.version] = None
                else:
                    only_read[recipe.project] = None
    there = {name for name, _ in chosen}
    return RecipeVersions(tuple(chosen), tuple(name for name in only_read if name not in there))
