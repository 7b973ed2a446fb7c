"""``augbackend recipes verify``: each entry built without and with what it declares, and what was seen written down.

::

    names -> recipe files -> RecipeVerification, a process a file where there are several -> lines, the files
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from packaging.utils import canonicalize_name

from augbackend.cli import loudness, terminal
from augbackend.cli.diagnosis import recipe_verification
from augbackend.cli.diagnosis.narration import Narrator
from augbackend.cli.diagnosis.own_processes import OwnProcesses
from augbackend.cli.diagnosis.run import Building
from augbackend.cli.edit import pyproject, recipe_checks, replace_file
from augbackend.cli.fetch import recipe_places
from augbackend.cli.fetch.recipe_places import RecipePlace
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.locked_version import exact_version
from augbackend.cli.model.requirement import requirement_of
from augbackend.knowledge import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from augbackend.cli.diagnosis.own_processes import Printed
    from augbackend.cli.diagnosis.recipe_verification import RecipeVerification
    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.strangers.interpreter import Interpreter

_GOOD = ("verified", "left-out")
_WORDS = {
    "verified": "verified",
    "builds-without": "no recipe",
    "fails": "fails",
    "not-found-out": "not found out",
    "left-out": "left out",
}


@dataclass(frozen=True)
class RecipeFile:
    """A file to verify.

    :param version: the one that is asked for; empty for what the file says.
    """

    file: Path
    version: str = ""


@dataclass(frozen=True)
class Verifying:
    """How it is done.

    :param timeout: seconds for each version, both builds together.
    :param jobs: files at once.
    :param passed: options for a process of its own.
    """

    python: Interpreter
    lookup: Lookup
    timeout: float
    jobs: int
    passed: tuple[str, ...]
    is_dry: bool
    as_json: bool

    def run(self, files: Sequence[RecipeFile]) -> bool:
        """Verify files, tell of each entry, and write down what was seen; whether nothing speaks against any.

        :raises AugbackendError: if a file cannot be read or edited.
        """
        several = len(files) > 1
        found = []
        for document in self._in_processes(files) if several else self._here(files):
            found.append(document)
            loudness.progress(_verified_line(document))
        if self.as_json:
            click.echo(terminal.as_json({"recipes": found}))
        else:
            click.echo("\n".join(_verified_table(found)))
        return all(one["outcome"] in _GOOD for one in found)

    def _here(self, files: Iterable[RecipeFile]) -> Iterator[dict[str, Any]]:
        building = Building(self.python, self.lookup.where, rows.load(), self.timeout)
        for one in files:
            recipe = RecipePlace("", one.file.parent).recipe(one.file.stem)
            if recipe is None:
                raise CliError("there is no such recipe", id="no-such-recipe", where=str(one.file))
            for entry in recipe_verification.to_verify(recipe, one.version):
                done = recipe_verification.verified(
                    entry, building, self.lookup, Narrator(), is_asked=bool(one.version)
                )
                if done.check is not None and not self.is_dry:
                    _written_down(one.file, done)
                yield done.as_json()

    def _in_processes(self, files: Iterable[RecipeFile]) -> Iterator[dict[str, Any]]:
        for one, printed in OwnProcesses(self.lookup, self.jobs).outputs(files, self._words, lambda _: None):
            yield from _documents_of(one, printed)

    def _words(self, one: RecipeFile) -> list[str]:
        words = [*self.passed, "--python", self.python.path, "--cache-dir", str(self.lookup.cache.folder)]
        words += ["--timeout", str(self.timeout), *(["--dry-run"] if self.is_dry else [])]
        words += ["--offline"] if self.lookup.offline else []
        words += ["--recipes", str(one.file.parent)]
        named = f"{one.file.stem}=={one.version}" if one.version else one.file.stem
        return ["recipes", "verify", "--json", *words, "--", named]


def files_of(names: Sequence[str], given: Sequence[str]) -> list[RecipeFile]:
    """The files that are meant: a path, or a name that is looked for where recipes can be written.

    :param given: folders of ``--recipes``.
    :raises AugbackendError: if there is none.
    """
    folders = [Path(one) for one in given] or [Path(recipe_places.FOLDER), recipe_places.own_folder()]
    return [_recipe_file(name, folders) for name in names]


def _recipe_file(text: str, folders: Sequence[Path]) -> RecipeFile:
    if text.endswith(recipe_places.SUFFIX):
        if not Path(text).is_file():
            raise CliError("there is no such recipe", id="no-such-recipe", where=text, hint="is the path right?")
        return RecipeFile(Path(text))
    requirement = requirement_of(text)
    if requirement is None or (requirement.specifier and not exact_version(requirement)):
        hint = "name a project (cchardet), a version of it (cchardet==2.1.7), or a file (recipes/cchardet.toml)"
        what = "it is neither a name, NAME==VERSION nor a file"
        raise CliError(what, id="neither-name-nor-file", where=text, hint=hint)
    file = f"{canonicalize_name(requirement.name)}{recipe_places.SUFFIX}"
    there = next((folder / file for folder in folders if (folder / file).is_file()), None)
    if there is None:
        looked = ", ".join(str(folder) for folder in folders)
        hint = "verifying writes into the recipe; name its file, or its folder with --recipes"
        raise CliError(f"there is no {file} to verify", id="nothing-to-verify", where=looked, hint=hint)
    return RecipeFile(there, exact_version(requirement))


def _written_down(file: Path, done: RecipeVerification) -> None:
    text, mark = pyproject.read(file)
    new = recipe_checks.with_check(text, done.of.at, done.check) if done.check else text
    if new != text:
        replace_file.replace_file(file, f"{mark}{new}".encode())


def _documents_of(one: RecipeFile, printed: Printed) -> list[dict[str, Any]]:
    try:
        document = json.loads(printed.text)
    except ValueError:
        document = {}
    found = document.get("recipes") if isinstance(document, dict) else None
    if isinstance(found, list):
        return found
    error = document.get("error", {}) if isinstance(document, dict) else {}
    told = [str(error.get("what") or f"verifying it ended with status {printed.status}"), *error.get("mistakes", ())]
    nothing = {"versions": "", "entry": 0, "version": one.version, "python": "", "seconds": 0.0}
    return [
        {
            "project": one.file.stem,
            **nothing,
            "outcome": "not-found-out",
            "reason": "; ".join(told),
            "build-environment": [],
        }
    ]


def _verified_line(one: dict[str, Any]) -> str:
    version = one["version"] or one["versions"]
    python = f", Python {one['python']}" if one["python"] else ""
    reason = f"without it, {one['reason']}" if one["outcome"] == "verified" else one["reason"]
    return f"{one['project']} {version}{python}: {_WORDS[one['outcome']]} after {one['seconds']:.0f} s; {reason}"


def _verified_table(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    rows_ = sorted((one["project"], one["version"] or one["versions"], one["python"], one["outcome"]) for one in found)
    widths = [max((len(row[at]) for row in rows_), default=0) for at in range(3)]
    for *texts, outcome in rows_:
        yield f"{'  '.join(text.ljust(width) for text, width in zip(texts, widths))}  {_WORDS[outcome]}"
    counts = {word: sum(_WORDS[row[3]] == word for row in rows_) for word in _WORDS.values()}
    yield ", ".join(f"{count} {word}" for word, count in counts.items() if count)
