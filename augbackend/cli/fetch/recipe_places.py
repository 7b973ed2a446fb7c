"""Where recipes are looked for: what the user names, a folder of the user's own, then those that are shipped.

::

    FOLDER | https://…/recipes.tar.gz#sha256=… -> RecipePlace, its files by project -> Recipe, with its patches
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import tarfile
import tempfile
from collections.abc import Mapping  # noqa: TC003  # the type of a field
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import platformdirs
from packaging.utils import canonicalize_name

import augbackend
from augbackend.cli.model import recipe as recipes
from augbackend.cli.model import source_patch
from augbackend.cli.model.cli_error import CliError

from . import decompression, index, sdist

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from augbackend.cli.model.recipe import Recipe
    from augbackend.cli.model.source_patch import SourcePatch

    from .lookup import Lookup

SUFFIX = ".toml"
PATCH = ".patch"
FOLDER = "recipes"
_LONGEST = 2**20  # bytes of a recipe
_OWN = "your own folder"
_SHIPPED = "shipped with augbackend"


@dataclass(frozen=True)
class RecipePlace:
    """One collection of recipes.

    :param words: what it is, for a reader and in an archive: no path of this machine.
    :param folder: that has the files; ``None`` if they were unpacked from an archive.
    :param files: of an archive, recipes and patches, by the name of the file.
    """

    words: str
    folder: Optional[Path] = None
    files: Mapping[str, bytes] = field(default_factory=dict)

    def names(self) -> list[str]:
        """The projects that it has recipes for."""
        if self.folder is None:
            return sorted(name.removesuffix(SUFFIX) for name in self.files if name.endswith(SUFFIX))
        return sorted(file.stem for file in self.folder.glob(f"*{SUFFIX}"))

    def shown(self, name: str) -> str:
        """A project's file, as a message calls it."""
        return str(self.folder / f"{name}{SUFFIX}") if self.folder else f"{name}{SUFFIX} of {self.words}"

    def content(self, name: str) -> bytes | None:
        """What a project's file holds, if it has one."""
        return self._read(f"{name}{SUFFIX}")

    def _read(self, path: str) -> bytes | None:
        if self.folder is None:
            return self.files.get(path)
        file = self.folder / path
        return file.read_bytes() if file.is_file() else None

    def patch(self, path: str) -> SourcePatch:
        """A patch that a recipe here names.

        :raises AugbackendError: if there is none, or none that can be applied.
        """
        name = sdist.inside(path)
        if name is None or posixpath.normpath(path) != path or not name.endswith(PATCH):
            what = f"expected the path of a file below the recipe's folder that ends in {PATCH}"
            raise CliError(
                what,
                id="patch-path-not-allowed",
                where=path,
                hint=f"a folder beside the recipe is a good place: name/fix{PATCH}",
            )
        content = self._read(name)
        if content is None:
            raise CliError(
                "there is no such file",
                id="recipe-patch-missing",
                where=path,
                hint="its path is relative to the recipe's file",
            )
        return source_patch.read(posixpath.basename(name), content, f"{path} of {self.words}" if self.words else path)

    def recipe(self, name: str) -> Recipe | None:
        """A project's recipe, if it has one.

        :raises RecipeError: if it is none.
        """
        content = self.content(name)
        return (
            None
            if content is None
            else replace(recipes.read(content, self.shown(name), name, self.patch), place=self.words)
        )


@dataclass(frozen=True)
class RecipePlaces:
    """All places, the first that has an entry for a version counts."""

    places: tuple[RecipePlace, ...] = ()

    def of(self, name: str) -> list[Recipe]:
        """A project's recipes, in the order in which they count.

        :raises RecipeError: if one of them cannot be read.
        """
        found = (one.recipe(canonicalize_name(name)) for one in self.places)
        return [one for one in found if one is not None]

    def digest(self, name: str) -> str:
        """What changes when something is said otherwise of a project; empty where nothing is said.

        :raises RecipeError: if one of its recipes cannot be read.
        """
        contents = [content for one in self.places if (content := one.content(canonicalize_name(name))) is not None]
        patches = [patch.content for recipe in self.of(name) for _, patch in sorted(recipe.patches.items())]
        return hashlib.sha256(b"\0".join([*contents, *patches])).hexdigest() if contents else ""

    def names(self) -> list[str]:
        """All projects that there is a recipe for."""
        return sorted({name for one in self.places for name in one.names()})

    def all(self) -> Iterator[Recipe]:
        """Every recipe, by project and then by place.

        :raises RecipeError: if one of them cannot be read.
        """
        for name in self.names():
            yield from self.of(name)


NONE = RecipePlaces()


def shipped_folder() -> Path:
    """The recipes of this augbackend: in its wheel; in a clone, at the top of it."""
    package = Path(augbackend.__file__).parent
    return package / FOLDER if (package / FOLDER).is_dir() else package.parent / FOLDER


def own_folder() -> Path:
    """The user's own recipes."""
    return Path(platformdirs.user_config_dir("augbackend", appauthor=False)) / FOLDER


def places(given: Sequence[str], lookup: Lookup, *, with_others: bool = True) -> RecipePlaces:
    """The places to look in.

    :param given: folders, or URLs of archives with their sha256.
    :param with_others: whether the user's own folder and the shipped recipes follow.
    :raises AugbackendError: if one that is given cannot be had.
    """
    named = [_in_archive(one, lookup) if "://" in one else _in_folder(one) for one in given]
    others = [RecipePlace(_OWN, own_folder()), RecipePlace(_SHIPPED, shipped_folder())] if with_others else []
    return RecipePlaces((*named, *(one for one in others if one.folder and one.folder.is_dir())))


def _in_folder(text: str) -> RecipePlace:
    folder = Path(text)
    if not folder.is_dir():
        hint = "name a folder of <project>.toml, or https://…/recipes.tar.gz#sha256=…"
        raise CliError("there is no such folder of recipes", id="no-recipe-folder", where=text, hint=hint)
    return RecipePlace(f"the folder {folder.resolve().name}", folder)


def _in_archive(url: str, lookup: Lookup) -> RecipePlace:
    place, digest = index.shown(url), index.sha256(url)
    if not re.fullmatch("[0-9a-f]{64}", digest):
        what = "recipes from a URL are taken only with their sha256, since they say what builds run"
        raise CliError(what, id="recipes-without-sha256", where=place, hint=f"{place}#sha256=…; sha256sum prints it")
    filename = index.filename(url)
    path = lookup.cache.sdist(digest, filename)
    if path is None:
        with tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
            found = index.IndexFile("recipes", "", filename, url.partition("#")[0], digest)
            file = index.download(found, Path(folder), lookup.where, offline=lookup.offline)
            path = lookup.cache.keep(file, digest)
    files = _files_in(path)
    if not files:
        what = "it has no recipes: files <project>.toml at its top, or in a folder recipes"
        raise CliError(what, id="archive-without-recipes", where=place, hint="is it the archive that is meant?")
    return RecipePlace(f"{place}#sha256={digest[:16]}", None, files)


def _files_in(path: Path) -> dict[str, bytes]:
    """What is in an archive's folder of recipes; where it has none, what is at its top. Nothing is unpacked.

    :return: recipes, and the patches below the folder that has these.
    :raises AugbackendError: if it is no archive.
    """
    found: dict[bool, dict[str, bytes]] = {True: {}, False: {}}
    patches: dict[str, bytes] = {}
    folders: dict[bool, set[str]] = {True: set(), False: set()}
    try:
        with tempfile.TemporaryFile() as stream:
            decompression.write_tar(path, stream)
            stream.seek(0)
            with tarfile.open(fileobj=stream) as tar:
                for member in tar:
                    name = member.name.removeprefix("./")
                    folder, _, file = name.rpartition("/")
                    is_there = folder.rpartition("/")[2] == FOLDER
                    content = tar.extractfile(member) if member.isreg() and file.endswith((SUFFIX, PATCH)) else None
                    if content is not None and file.endswith(PATCH):
                        patches[name] = content.read(2 * _LONGEST)
                    elif content is not None and (is_there or "/" not in folder):
                        found[is_there][file] = content.read(_LONGEST)
                        folders[is_there].add(folder)
    except decompression.BROKEN as error:
        hint = "the URL is to lead to a .tar.gz or a .zip of recipes"
        raise CliError(
            f"it is no sound archive: {error}", id="recipe-archive-unsound", where=path.name, hint=hint
        ) from None
    recipes_there, is_there = found[True] or found[False], bool(found[True])
    heads = [f"{folder}/" if folder else "" for folder in sorted(folders[is_there])]
    below = {name[len(head) :]: text for head in heads for name, text in patches.items() if name.startswith(head)}
    return {**below, **recipes_there}
