"""Declarations that somebody found before: the one place where the index asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from augbackend.cli.model.declaration import Declaration


@dataclass(frozen=True)
class RecipeDeclaration:
    """What a recipe says of one version.

    :param name: of the project, canonical.
    :param version: empty where the recipe is for whatever version is wrapped.
    :param not_redistributable: why it may not be passed on; empty if nothing says so.
    """

    name: str
    version: str
    declaration: Declaration
    not_redistributable: str = ""


def declarations(asked: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], RecipeDeclaration]:
    """What recipes say of these names and versions; what they say nothing of is not among the answers."""
    return {one: found for one in asked for found in verified() if (found.name, found.version) == one}


def verified() -> Sequence[RecipeDeclaration]:
    """Each version that a recipe was tried with, for an index of all of them."""
    return ()
