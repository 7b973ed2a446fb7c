"""The options that say where recipes are looked for."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import click

from augbackend.cli.fetch import recipe_places
from augbackend.cli.model.usage_mistake import UsageMistakeError
from augbackend.cli.project.recipe_completion import RecipeCompletion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.recipe_places import RecipePlaces

    from .options import Command

FROM = "--recipes-from"
_HELP = (
    "Recipes of your own, before those in your own folder and those that are shipped; a URL ends with #sha256=…."
    " Repeatable."
)
recipes = click.option("--recipes", FROM, "recipes_", multiple=True, metavar="FOLDER|URL", help=_HELP)
recipes_from = click.option(FROM, "recipes_", multiple=True, metavar="FOLDER|URL", help=_HELP)
no_recipes_option = click.option("--no-recipes", is_flag=True, help="Take no recipe, wherever there is one.")


def both(command: Command) -> Command:
    """``--recipes`` and ``--no-recipes``."""
    return recipes(no_recipes_option(command))


def completion(
    given: Sequence[str], lookup: Lookup, *, no_recipes: bool = False, frozen: bool = False
) -> RecipeCompletion:
    """What the options say of recipes, for this Python.

    :raises AugbackendError: if one of the places cannot be had.
    """
    if frozen and no_recipes:
        raise UsageMistakeError(
            "--frozen takes its versions from recipes, and --no-recipes asks none", id="frozen-needs-recipes"
        )
    found = places(given, lookup, no_recipes=no_recipes)
    return RecipeCompletion(found, platform.python_version(), is_frozen=frozen)


def places(given: Sequence[str], lookup: Lookup, *, no_recipes: bool = False) -> RecipePlaces:
    """The places that the options mean.

    :raises AugbackendError: if one of them cannot be had.
    """
    if no_recipes and given:
        raise UsageMistakeError("--recipes and --no-recipes exclude each other", id="recipes-and-no-recipes")
    return recipe_places.NONE if no_recipes else recipe_places.places(given, lookup)
