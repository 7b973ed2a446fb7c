"""What a project's diagnosis says: a table of its packages, then why some of them do not build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.terminal import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.strangers.confinement import Confinement
    from augbackend.cli.strangers.interpreter import Interpreter

    from .package_diagnosis import PackageDiagnosis

_WIDEST = 60  # of a column
_WORDS = {
    "builds-as-is": "builds as it is",
    "builds-when-declared": "builds when declared",
    "not-by-a-declaration": "not by a declaration",
}
_HEAD = ("package", "version", "verdict", "declared", "seconds")


def line(package: PackageDiagnosis) -> str:
    """One package in one line."""
    declared = f": {package.in_words()}" if package.in_words() else ""
    return f"{package}  {_verdict_in_words(package)}{declared}  ({_seconds(package, ' s')})"


def lines(
    packages: Sequence[PackageDiagnosis], place: Path, python: Interpreter, confinement: Confinement
) -> Iterator[str]:
    """The report for a reader.

    :param place: of what was looked at.
    :param confinement: how the packages' code was kept in its place.
    """
    if not packages:
        yield f"{shown_path(place)}: nothing has to be built, there is a wheel for everything"
        return
    yield from table(packages)
    for one in packages:
        if not one.builds and not one.can_be_cured:
            yield from ["", f"{one}: {_verdict_in_words(one)}"]
            reason = str(one.document["reason"])
            yield from wrapped(reason, "  ", "  ")
    yield ""
    text = f"tried on Python {python.version}, {confinement.in_words()}"
    yield from wrapped(text, "", "  ")


def table(packages: Sequence[PackageDiagnosis]) -> Iterator[str]:
    """A row a package, the columns below each other."""
    cells = rows(packages)
    widths = [max(len(row[at]) for row in cells if len(row[at]) <= _WIDEST) for at in range(len(_HEAD))]
    yield from ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells)


def rows(packages: Sequence[PackageDiagnosis]) -> list[tuple[str, ...]]:
    """The cells of the table, its head first."""
    return [_HEAD, *map(_table_row, packages)]


def as_json(packages: Sequence[PackageDiagnosis], project: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a script: of each package the document that it has when it is diagnosed alone.

    :param project: what is to be said of the project.
    """
    return {"project": dict(project), "packages": [dict(one.document) for one in packages]}


def _table_row(one: PackageDiagnosis) -> tuple[str, ...]:
    said = (one.document["name"], one.document["version"], _verdict_in_words(one), one.in_words(), _seconds(one, ""))
    return tuple(" ".join(cell.split()) for cell in map(str, said))


def _verdict_in_words(one: PackageDiagnosis) -> str:
    if one.verdict == "builds-when-declared" and one.builds:
        return "builds as declared"
    return _WORDS.get(one.verdict, one.verdict.replace("-", " "))


def _seconds(one: PackageDiagnosis, unit: str) -> str:
    if "remembered" in one.document:
        return f"remembered from {one.document['remembered']}"
    return f"{float(one.document['seconds']):.1f}{unit}"
