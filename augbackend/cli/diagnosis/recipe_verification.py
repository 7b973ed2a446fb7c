"""A recipe's entry built: without what it declares and with it, on the same day; the wheel installed and imported.

::

    RecipeEntry, a version -> two attempts -> RecipeVerification, and a RecipeCheck where the entry holds
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Optional

from augbackend.cli.fetch import upstream
from augbackend.cli.model import recipe as recipes
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.recipe_entry import RecipeCheck
from augbackend.cli.strangers import environment, interruption, temporary_folder
from augbackend.cli.strangers.interruption import Interrupted
from augbackend.errors import AugbackendError

from . import attempt, run, subject, wheel_check

if TYPE_CHECKING:
    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.model.recipe import Recipe
    from augbackend.cli.model.recipe_entry import RecipeEntry

    from .attempt import Attempt, Circumstances
    from .narration import Narrator
    from .run import Building
    from .wheel_check import Check

Outcome = Literal["verified", "builds-without", "fails", "not-found-out", "left-out"]
_INSTALLERS = frozenset({"pip", "uv"})  # they make the environment, and the build does not ask for them


@dataclass(frozen=True)
class EntryToVerify:
    """An entry, and the version to build.

    :param at: which entry of the recipe it is.
    :param version: empty for the newest that the entry is for.
    """

    recipe: Recipe
    at: int
    version: str = ""

    @property
    def entry(self) -> RecipeEntry:
        """The entry."""
        return self.recipe.entries[self.at]

    @property
    def target(self) -> str:
        """What is looked up on an index."""
        said = f"=={self.version}" if self.version else self.entry.versions
        return f"{self.recipe.project}{said}"


@dataclass(frozen=True)
class RecipeVerification:
    """What came of it.

    :param reason: why it is not verified, or how the build without it ended.
    :param check: to be written into the recipe, if it is verified.
    """

    of: EntryToVerify
    version: str
    python: str
    outcome: Outcome
    reason: str
    seconds: float = 0.0
    check: Optional[RecipeCheck] = None

    @property
    def is_good(self) -> bool:
        """Whether nothing speaks against the recipe."""
        return self.outcome in ("verified", "left-out")

    def as_json(self) -> dict[str, Any]:
        """The same for a script."""
        return {
            "project": self.of.recipe.project,
            "versions": self.of.entry.versions,
            "entry": self.of.at,
            "version": self.version,
            "python": self.python,
            "outcome": self.outcome,
            "reason": self.reason,
            "seconds": round(self.seconds, 1),
            "build-environment": list(self.check.build_environment) if self.check else [],
        }


def to_verify(recipe: Recipe, version: str = "") -> list[EntryToVerify]:
    """The entries of a recipe with the versions to build: those that were built before, else the newest of each.

    :param version: the one that is asked for; empty for what the recipe says.
    :raises AugbackendError: if no entry is for that.
    """
    if version:
        found = [
            EntryToVerify(recipe, at, version)
            for at, one in enumerate(recipe.entries)
            if recipes.contains(one, version)
        ]
        if not found:
            there = "; ".join(one.versions for one in recipe.entries)
            raise CliError(
                f"no entry is for {recipe.project} {version}: the versions there are {there}",
                id="recipe-lacks-version",
                hint="name one of these, or add an entry for it to the recipe",
            )
        return found
    found = []
    for at, one in enumerate(recipe.entries):
        built = dict.fromkeys(check.version for check in one.checked if check.how == "built-and-imported")
        found += [EntryToVerify(recipe, at, known) for known in built] or [EntryToVerify(recipe, at)]
    return found


def verified(
    of: EntryToVerify, building: Building, lookup: Lookup, narrator: Narrator, *, is_asked: bool
) -> RecipeVerification:
    """Build without and with what an entry declares.

    :param is_asked: whether the user names the version: then it is built though it was only read before.
    :raises Interrupted: if the user ends it.
    """
    began, python = time.monotonic(), building.python
    if not recipes.is_needed_on(of.entry, python.minor):
        return RecipeVerification(of, of.version, python.version, "left-out", f"it is for Python {of.entry.python}")
    if not is_asked and recipes.how_checked(of.entry) == "read-only":
        return RecipeVerification(of, of.version, python.version, "left-out", "it is marked as read only")
    try:
        with upstream.fetched(upstream.parse(of.target), Declaration(), lookup) as found:
            version, digest = found.version, found.sha256
        outcome, reason, second = _outcome(of, f"{of.recipe.project}=={version}", building, lookup, narrator)
    except AugbackendError as error:
        reason = ": ".join(filter(None, [error.what, error.hint]))
        return RecipeVerification(of, of.version, python.version, "not-found-out", reason, time.monotonic() - began)
    if interruption.has_come():
        raise Interrupted
    seconds = time.monotonic() - began
    if outcome != "verified":
        return RecipeVerification(of, version, python.version, outcome, reason, seconds)
    had = sorted(f"{name}=={one}" for name, one in second.installed.items() if name not in _INSTALLERS)
    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    check = RecipeCheck(version, "built-and-imported", today, python.version, reason, f"sha256:{digest}", tuple(had))
    return RecipeVerification(of, version, python.version, "verified", reason, seconds, check)


def _outcome(
    of: EntryToVerify, target: str, building: Building, lookup: Lookup, narrator: Narrator
) -> tuple[Outcome, str, Attempt]:
    """How it ends, why, and the attempt with what is declared."""
    declared = recipes.declaration_of(of.recipe, of.entry, of.recipe.place)
    with subject.unpacked(target, upstream.parse(target), lookup) as source, temporary_folder.temporary() as workplace:
        installer = environment.installer(building.python, building.where, workplace)
        having = run.circumstances(source, installer, time.monotonic() + building.timeout, workplace)
        first = _attempted(Declaration(), "without what the recipe declares", having, narrator)
        second = _attempted(declared, "with what the recipe declares", having, narrator)
        if second.failure is not None:
            outcome: Outcome = "not-found-out" if second.failure.is_cut_short else "fails"
            return outcome, f"with it, {second.failure.stage}: {second.failure.headline}", second
        check = _looked_at(second, having, building, narrator)
        if not check.imports:
            nothing = "its wheel holds nothing that can be imported"
            problem = check.installs or check.problem
            return (
                ("fails" if problem or not check.untried else "not-found-out"),
                f"with it, {problem or check.untried or nothing}",
                second,
            )
        if first.failure is not None:
            if first.failure.is_cut_short:
                return "not-found-out", f"without it, {first.failure.headline}", second
            return "verified", first.failure.headline, second
        before = _looked_at(first, having, building, narrator)
        if before.untried:
            return "not-found-out", f"without it, {before.untried}", second
        if before.installs or before.problem:
            return "verified", f"it builds, and {before.installs or before.problem}", second
        if check.is_compiled and not before.is_compiled:
            return "verified", "it builds, and leaves its compiled modules out", second
        return "builds-without", "it builds without what the recipe declares", second


def _attempted(declared: Declaration, why: str, having: Circumstances, narrator: Narrator) -> Attempt:
    with narrator.attempt(declared, why) as tell:
        made = attempt.attempt(declared, having, os.environ, tell)
    narrator.ended(made)
    return made


def _looked_at(made: Attempt, having: Circumstances, building: Building, narrator: Narrator) -> Check:
    with narrator.busy("installing the wheel and importing it"):
        return wheel_check.check(made.wheel or Path(), having, os.environ, building.knowledge)
