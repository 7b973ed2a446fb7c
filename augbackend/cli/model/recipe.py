"""A recipe: what one project's releases are to be given when they are built, with the evidence. One file a project.

::

    recipes/<project>.toml -> Recipe -> the entry for a version -> Declaration, as of a project's own tables
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # the type of a field
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, Optional

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import Version

from augbackend.errors import AugbackendError, SettingsError
from augbackend.table.complaints import found_instead, lines, unknown
from augbackend.table.convert import INVALID, Mistakes, converted
from augbackend.table.layers import toml

from . import declaration as declarations
from . import source_patch
from .declaration import Declaration  # noqa: TC001  # the type of a result
from .recipe_entry import RecipeCheck, RecipeEntry
from .source_patch import SourcePatch  # noqa: TC001  # the type of a field

KEYS = ("project", "entries")
_SOME_DAY = "2000-01-01"  # stands for what has been complained of
How = Literal["verified", "read-only", "unchecked"]


class RecipeError(SettingsError):
    """The mistakes in a recipe, all of them at once; each begins with the key."""

    def __init__(self, file: str, mistakes: list[str]) -> None:
        super().__init__(file, mistakes)
        self.where = file
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        self.args = (f"{count} in the recipe {file}",)
        self.what = self.args[0]


@dataclass(frozen=True)
class Recipe:
    """What one file says.

    :param project: its canonical name.
    :param place: where the file is from, in a few words.
    :param patches: that its entries name, by their paths there.
    """

    project: str
    entries: tuple[RecipeEntry, ...]
    place: str = ""
    patches: Mapping[str, SourcePatch] = field(default_factory=dict)

    def entry_for(self, version: str, python: str) -> Optional[RecipeEntry]:
        """The first entry for a version that is needed on a Python.

        :param python: its minor version.
        """
        return next((one for one in self.entries if contains(one, version) and is_needed_on(one, python)), None)

    def entry_for_archive(self, version: str, python: str) -> Optional[RecipeEntry]:
        """The same; where no entry is needed on this Python, the first for the version: an archive is for every one."""
        for_version = (one for one in self.entries if contains(one, version))
        return self.entry_for(version, python) or next(for_version, None)

    def in_words(self, entry: RecipeEntry) -> str:
        """Which recipe, where from, and what is known of it."""
        python = f", Python {entry.python}" if entry.python else ""
        return f"{self.project} {entry.versions}{python}, {self.place or 'a file'}; {checked_in_words(entry)}"


def read(content: bytes, file: str, name: str, patch: source_patch.Reader = source_patch.nowhere) -> Recipe:
    """Read a recipe.

    :param file: as a message calls it.
    :param name: that the file has, without its suffix.
    :param patch: reads a patch by its path.
    :raises RecipeError: with all mistakes.
    """
    try:
        document = toml(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RecipeError(file, [f"it is not TOML in UTF-8: {error}"]) from None
    mistakes = [f"{key}: {unknown(key, KEYS)}" for key in document if key not in KEYS]
    mistakes += [f"the key {key!r} is missing" for key in KEYS if key not in document]
    project = document.get("project", name)
    if not isinstance(project, str):
        mistakes.append(f"project: found {found_instead(project)}, expected a string")
    elif canonicalize_name(project) != project:
        mistakes.append(f"project: found {project!r}; write the normalised name, {canonicalize_name(project)!r}")
    elif project != name:
        mistakes.append(f"project: found {project!r}; the file is called {name}.toml")
    plain = _with_days_as_texts(document.get("entries", []), mistakes)
    wrong: Mistakes = []
    entries = converted(tuple[RecipeEntry, ...], plain, ("entries",), wrong)
    mistakes += lines(wrong)
    patches: dict[str, SourcePatch] = {}
    if entries is not INVALID:
        for at, one in enumerate(entries):
            mistakes += [] if one.versions else [f"entries[{at}]: the key 'versions' is missing"]
            try:
                declarations.from_package(one, "")
            except SettingsError as error:
                mistakes += [f"entries[{at}]: {line}" for line in error.mistakes]
            for path in one.patches:
                try:
                    patches[path] = patch(path)
                except AugbackendError as error:
                    mistakes.append(f"entries[{at}].patches: {path}: {error.what}")
    if mistakes:
        raise RecipeError(file, mistakes)
    return Recipe(project, entries, "", patches)


def _with_days_as_texts(entries: Any, mistakes: list[str]) -> Any:
    """The entries with each ``date`` as a text; one that is written as a text is none to TOML."""
    if not isinstance(entries, list):
        return entries
    found = []
    for at, entry in enumerate(entries):
        checks = entry.get("checked") if isinstance(entry, dict) else None
        if not isinstance(checks, list):
            found.append(entry)
            continue
        plain = []
        for number, one in enumerate(checks):
            day = one.get("date") if isinstance(one, dict) else None
            if isinstance(day, date) and not isinstance(day, datetime):
                plain.append({**one, "date": day.isoformat()})
                continue
            if day is not None:
                where = f"entries[{at}].checked[{number}].date"
                mistakes.append(f"{where}: found {found_instead(day)}, expected a day, such as 2026-11-26")
                plain.append({**one, "date": _SOME_DAY})
                continue
            plain.append(one)
        found.append({**entry, "checked": plain})
    return found


def declaration_of(recipe: Recipe, entry: RecipeEntry, origin: str) -> Declaration:
    """What an entry of a recipe declares.

    :param origin: of its build requirements.
    """
    said = declarations.from_package(entry, origin, recipe.patches.__getitem__)
    # Its templates are not the user's word, and see none of the user's variables.
    return replace(said, is_by_user=not said.variables)


def contains(entry: RecipeEntry, version: str) -> bool:
    """Whether an entry is for a version."""
    return SpecifierSet(entry.versions).contains(version, prereleases=True)


def is_needed_on(entry: RecipeEntry, python: str) -> bool:
    """Whether an entry is needed on a Python.

    :param python: its minor version: that is what ``python`` is about.
    """
    minor = ".".join(python.split(".")[:2])
    return SpecifierSet(entry.python).contains(minor, prereleases=True)


def how_checked(entry: RecipeEntry) -> How:
    """The best that was done with an entry."""
    kinds = {one.how for one in entry.checked}
    return "verified" if "built-and-imported" in kinds else "read-only" if kinds else "unchecked"


def checked_in_words(entry: RecipeEntry) -> str:
    """What is known of an entry, in a few words."""
    how = how_checked(entry)
    if how == "verified":
        last = max((one for one in entry.checked if one.how == "built-and-imported"), key=lambda one: one.date)
        return f"{last.version} was built and imported on {last.date} with Python {last.python}"
    return "only read, not built" if how == "read-only" else "not checked yet"


def check_of(entry: RecipeEntry, version: str, python: str) -> Optional[RecipeCheck]:
    """The check that holds what a version's build had: on this Python's minor version, else the newest."""
    whole = [
        one
        for one in entry.checked
        if one.build_environment and canonicalize_version(one.version) == canonicalize_version(version)
    ]
    here = [one for one in whole if one.python_minor == ".".join(python.split(".")[:2])]
    return max(here or whole, key=lambda one: (one.date, Version(one.python)), default=None)


def mistakes_of(recipe: Recipe) -> list[str]:
    """What is wrong with a recipe that can be read: what a reader of the whole file sees, and a build never would."""
    found = []
    for at, entry in enumerate(recipe.entries):
        place = f"entries[{at}]"
        if not declaration_of(recipe, entry, "").as_table() and entry.requires_dist is None and not entry.patches:
            found.append(f"{place}: it declares nothing; add extra-build-dependencies, or take the entry out")
        if not entry.why:
            found.append(f"{place}: the key 'why' is missing: where the package asks for it, or the message")
        if not _matches_something(entry):
            found.append(f"{place}.versions: no version fits {entry.versions!r}")
        if entry.python and not any(is_needed_on(entry, one) for one in _PYTHONS):
            found.append(f"{place}.python: no Python 3 fits {entry.python!r}")
        for number, one in enumerate(entry.checked):
            found += [f"{place}.checked[{number}]{line}" for line in _mistakes_of_check(entry, one)]
        for before, other in enumerate(recipe.entries[:at]):
            both = _in_both(other, entry)
            if both:
                found.append(
                    f"{place}.versions: {both} is also in entries[{before}] ({other.versions}), and of two that fit the"
                    " first wins; keep them apart"
                )
    found += _twice(recipe)
    return found


_PYTHONS = tuple(f"3.{minor}" for minor in range(30))


def _mistakes_of_check(entry: RecipeEntry, one: RecipeCheck) -> list[str]:
    found = []
    if not contains(entry, one.version):
        found.append(f".version: {one.version} is not in {entry.versions!r}, the versions of its entry")
    if one.python and not is_needed_on(entry, one.python):
        found.append(f".python: {one.python} is not in {entry.python!r}, the Pythons of its entry")
    if one.how == "built-and-imported":
        needed = {"python": one.python, "without": one.without, "sdist": one.sdist}
        needed["build-environment"] = " ".join(one.build_environment)
        found += [f": the key {key!r} is missing, which a build has" for key, value in needed.items() if not value]
    return found


def _twice(recipe: Recipe) -> list[str]:
    found, seen = [], set()
    for at, entry in enumerate(recipe.entries):
        for number, one in enumerate(entry.checked):
            key = (canonicalize_version(one.version), one.python_minor)
            if key in seen:
                where = f"entries[{at}].checked[{number}]"
                found.append(f"{where}: {one.version} on Python {one.python_minor or 'of any version'} is there twice")
            seen.add(key)
    return found


def _probes(*texts: str) -> list[str]:
    """Versions around those that specifiers name: what is in all of them is among these, if anything is."""
    found = []
    for text in texts:
        for clause in SpecifierSet(text):
            base = clause.version.removesuffix(".*")
            if clause.operator == "===":
                found.append(base)
                continue
            version = Version(base)
            release = ".".join(map(str, version.release))
            found += [str(version), f"{release}.0.1", f"{release}.post1", f"{release}.dev0", f"{release}a1"]
            found += _neighbours(version)
    return [*found, "0", "1!0", "9999"]


def _neighbours(version: Version) -> list[str]:
    """The releases just below and above, at each place of a version."""
    found = []
    for at, number in enumerate(version.release):
        head = version.release[:at]
        found.append(".".join(map(str, (*head, number + 1))))
        if number:
            found.append(".".join(map(str, (*head, number - 1, 9999))))
    return found


def _matches_something(entry: RecipeEntry) -> bool:
    return any(contains(entry, one) for one in _probes(entry.versions))


def _in_both(one: RecipeEntry, other: RecipeEntry) -> str:
    """A version that two entries are for on the same Python; empty if there is none."""
    pythons = [python for python in _PYTHONS if is_needed_on(one, python) and is_needed_on(other, python)]
    if not pythons:
        return ""
    probes = [check.version for check in other.checked] + _probes(one.versions, other.versions)
    return next((text for text in probes if contains(one, text) and contains(other, text)), "")
