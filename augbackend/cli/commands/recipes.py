"""``augbackend recipes``: declarations that somebody already found, listed, shown, held against their form, built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from packaging.utils import canonicalize_name

from augbackend.cli import terminal
from augbackend.cli.command import CliGroup
from augbackend.cli.edit import toml_text
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import recipe_places
from augbackend.cli.fetch.lookup import OUTPUT, Lookup
from augbackend.cli.fetch.recipe_places import RecipePlace
from augbackend.cli.model import recipe as recipes_
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.counted import counted
from augbackend.cli.model.package_sources import NOWHERE
from augbackend.cli.model.recipe import RecipeError
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.strangers import interpreter

from . import confined, options, recipe_options, verified_recipes
from .verified_recipes import Verifying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.fetch.recipe_places import RecipePlaces
    from augbackend.cli.model.recipe import Recipe
    from augbackend.cli.model.recipe_entry import RecipeEntry
    from augbackend.cli.strangers.confinement import Level

_TIMEOUT = 1800.0


@click.group(cls=CliGroup)
def recipes() -> None:
    """Declarations that somebody already found, one file a project.

    A folder of your own comes before those that are shipped; augbackend recipes list says where each is from.
    """


@recipes.command("list")
@recipe_options.recipes
@options.as_json
def list_(recipes_: tuple[str, ...], *, as_json: bool) -> None:
    """List all recipes: versions, Pythons, how each was checked.

    \b
    Example:
      augbackend recipes list
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    found = [*_all_places(recipes_).all()]
    if as_json:
        click.echo(
            terminal.as_json({"recipes": [_entry_as_json(one, entry) for one in found for entry in one.entries]})
        )
        return
    rows = [([one.project, entry.versions, entry.python], one, entry) for one in found for entry in one.entries]
    widths = [max((len(texts[at]) for texts, _, _ in rows), default=0) for at in range(3)]
    for texts, one, entry in rows:
        columns = "  ".join(text.ljust(width) for text, width in zip(texts, widths))
        click.echo(f"{columns}  {_how(entry)}, {one.place}")
    click.echo(f"{len(rows)} entries for {len({one.project for one in found})} projects")


@recipes.command()
@click.argument("name")
@recipe_options.recipes
@options.as_json
def show(name: str, recipes_: tuple[str, ...], *, as_json: bool) -> None:
    """Show what the recipes of a project declare, and why.

    \b
    Example:
      augbackend recipes show cchardet
    """  # noqa: D301
    places = _all_places(recipes_)
    found = places.of(name)
    if not found:
        hint = "augbackend recipes list names all; augbackend diagnose finds out what a build is missing"
        raise CliError(f"there is no recipe for {canonicalize_name(name)}", id="no-recipe", hint=hint)
    if as_json:
        click.echo(
            terminal.as_json({"recipes": [_entry_as_json(one, entry) for one in found for entry in one.entries]})
        )
    else:
        click.echo("\n".join(line for one in found for entry in one.entries for line in _lines_of_entry(one, entry)))


@recipes.command()
@click.argument("files", metavar="[FILE|FOLDER]...", nargs=-1, type=click.Path(path_type=Path, exists=True))
@options.as_json
def check(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Hold recipes against their form.

    Without a file, those in ./recipes, else those that are shipped.

    Exit status: 0 if all is well, 1 if there are mistakes.

    \b
    Example:
      augbackend recipes check recipes/cchardet.toml
    """  # noqa: D301
    here = Path(recipe_places.FOLDER)
    chosen = files or (here if here.is_dir() else recipe_places.shipped_folder(),)
    named = [file for one in chosen for file in (sorted(one.glob("*.toml")) if one.is_dir() else [one])]
    mistakes = {file: _mistakes(file) for file in named}
    count = sum(map(len, mistakes.values()))
    if as_json:
        wrong = [{"file": str(file), "mistakes": found} for file, found in mistakes.items() if found]
        click.echo(terminal.as_json({"checked": len(named), "wrong": wrong}))
    else:
        for file, found in mistakes.items():
            for line in found:
                click.echo(f"{shown_path(file)}: {line}")
        click.echo(f"{counted(len(named), 'recipe')}, {counted(count, 'mistake') if count else 'all well'}")
    if count:
        raise SystemExit(1)


@recipes.command()
@click.argument("names", metavar="NAME[==VERSION]|FILE...", nargs=-1, required=True)
@click.option("--python", "wanted", metavar="PYTHON", help="The Python to build with, a version or a file.")
@options.timeout(_TIMEOUT, "The time for one version, both builds together.")
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="So many recipes at once."
)
@click.option("--dry-run", "is_dry", is_flag=True, help="Build, and write nothing into the recipes.")
@recipe_options.recipes
@options.sources
@options.require_confinement
@options.as_json
def verify(
    names: tuple[str, ...],
    wanted: str | None,
    timeout: float,
    jobs: int,
    recipes_: tuple[str, ...],
    index_url: str | None,
    extra_index_url: tuple[str, ...],
    find_links: tuple[str, ...],
    cache_dir: Path | None,
    require_confinement: Level | None,
    *,
    is_dry: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Build each entry without what it declares, then with it.

    The wheel is imported, and what was seen is written down in the recipe.

    The versions that were built before are built, else the newest that an entry is for. What is marked as read only
    is left out, unless its version is named. The builds run other people's code, confined.

    Exit status: 0 if every entry holds; 1 if one does not, or builds without what it declares: then it is no recipe.

    \b
    Examples:
      augbackend recipes verify cchardet
      augbackend recipes verify --jobs 2 recipes/*.toml
    """  # noqa: D301
    confined.checked(require_confinement)
    where = options.places(index_url, extra_index_url, find_links)
    lookup = Lookup(where, caches.Cache(cache_dir or caches.default_folder()), offline, Path(OUTPUT))
    python = interpreter.find(wanted) if wanted else interpreter.this()
    passed = (f"--require-confinement={require_confinement}",) if require_confinement else ()
    verifying = Verifying(python, lookup, timeout, jobs, passed, is_dry=is_dry, as_json=as_json)
    if not verifying.run(verified_recipes.files_of(names, recipes_)):
        raise SystemExit(1)


def _mistakes(file: Path) -> list[str]:
    try:
        place = RecipePlace("", file.parent)
        if file.suffix != recipe_places.SUFFIX:
            return [f"a recipe is called <project>{recipe_places.SUFFIX}"]
        found = place.recipe(file.stem)
        return recipes_.mistakes_of(found) if found else []
    except RecipeError as error:
        return list(error.mistakes)


def _all_places(given: tuple[str, ...]) -> RecipePlaces:
    cache = caches.Cache(caches.default_folder())
    return recipe_options.places(given, Lookup(NOWHERE, cache, offline=False, output=Path(OUTPUT)))


def _how(entry: RecipeEntry) -> str:
    how = recipes_.how_checked(entry)
    pythons = sorted({one.python_minor for one in entry.checked if one.how == "built-and-imported"})
    return f"verified on {', '.join(pythons)}" if how == "verified" else how


def _entry_as_json(recipe: Recipe, entry: RecipeEntry) -> dict[str, Any]:
    declared = recipes_.declaration_of(recipe, entry, "")
    return {
        "project": recipe.project,
        "versions": entry.versions,
        "python": entry.python,
        "from": recipe.place,
        "verified": recipes_.how_checked(entry) == "verified",
        "redistributable": entry.redistributable,
        "declares": declared.as_table(),
        "patches": [one.as_json() for one in declared.patches],
        "why": [
            {"file": one.file, "line": one.line if one.file else None, "text": one.text, "message": one.message}
            for one in entry.why
        ],
        "checked": [
            {
                "version": one.version,
                "python": one.python,
                "date": one.date,
                "how": one.how,
                "without": one.without,
                "sdist": one.sdist,
                "build-environment": list(one.build_environment),
            }
            for one in entry.checked
        ],
    }


def _lines_of_entry(recipe: Recipe, entry: RecipeEntry) -> Iterator[str]:
    python = f", on Python {entry.python}" if entry.python else ""
    yield f"{recipe.project} {entry.versions}{python}  ({recipe.place})"
    declared = recipes_.declaration_of(recipe, entry, "")
    for key, value in declared.as_table().items():
        items = value if isinstance(value, list) else [value] if isinstance(value, str) else []
        yield from (f"  {key}: {toml_text.inline(one) if isinstance(one, dict) else one}" for one in items)
        if isinstance(value, dict):
            yield from (f"  {key}: {name} = {one}" for name, one in value.items())
    for path, patch in zip(entry.patches, declared.patches):
        yield f"  patches: {path}, to {', '.join(patch.files)}"
    for one in entry.why:
        yield f"  why: {one.file}, line {one.line}: {one.text}" if one.file else f"  why: {one.message}"
        yield from [f"       {one.message}"] if one.file and one.message else []
    for check in entry.checked:
        on = f" on Python {check.python}" if check.python else ""
        yield f"  {check.date}: {check.version} {check.how}{on}"
        yield from [f"    without it: {check.without}"] if check.without else []
    yield from [] if entry.checked else ["  not checked yet"]
    yield from [] if entry.redistributable else ["  its licence does not let others pass it on"]
    yield ""
