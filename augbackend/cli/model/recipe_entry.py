"""One entry of a recipe: what a project's table says of a package, and the evidence."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from augbackend.standards.requirements import parse_requirement
from augbackend.table.convert import key

from .package import Package

Checking = Literal["built-and-imported", "read-only"]


def _check_pythons(text: str) -> None:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError("this is no version specifier (PEP 440), such as >=3.11") from None


def _check_number(text: str) -> None:
    try:
        Version(text)
    except ValueError:
        raise ValueError("this is no version (PEP 440), such as 2.1.7") from None


def _check_date(text: str) -> None:
    date.fromisoformat(text)


def _check_sha256_of_sdist(text: str) -> None:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}|", text):
        raise ValueError("expected 'sha256:' and 64 hexadecimal digits")


@dataclass(frozen=True, repr=False, eq=False)
class Evidence:
    """Why a package needs it: the place where it says so, or the message of a build without it."""

    file: str = key("")
    """The file of the package that asks for it."""
    line: int = key(1)
    """The line there."""
    text: str = key("")
    """What stands in that line."""
    message: str = key("")
    """The message of a build without it."""


@dataclass(frozen=True, repr=False, eq=False)
class RecipeCheck:
    """One time that an entry was checked."""

    version: str = key(..., check=_check_number)
    """The version that was looked at."""
    how: Checking = key(...)
    """Whether it was built and its wheel imported, or only read."""
    date: str = key(..., check=_check_date)
    """The day."""
    python: str = key("", check=_check_number)
    """The Python that built it."""
    without: str = key("")
    """How the build without the entry ended, the same day."""
    sdist: str = key("", check=_check_sha256_of_sdist)
    """The sha256 of the sdist."""
    build_environment: tuple[str, ...] = key((), check=parse_requirement)
    """What the build had, as pins: `augbackend wrap --frozen` takes these."""

    @property
    def python_minor(self) -> str:
        """The minor version of the Python that built it."""
        return ".".join(self.python.split(".")[:2])


@dataclass(frozen=True, repr=False, eq=False)
class RecipeEntry(Package):
    """What some versions of a project are to be given; the keys are those of `[tool.augbackend.packages]`."""

    python: str = key("", check=_check_pythons)
    """The Pythons that it is needed on, as a specifier of the minor version: `>=3.11`; empty for all."""
    why: tuple[Evidence, ...] = key(())
    """Why the package needs it."""
    redistributable: bool = key(default=True)
    """Whether its licence lets others pass a wrapped archive on."""
    checked: tuple[RecipeCheck, ...] = key(())
    """When and how it was checked. Written by `augbackend recipes verify`."""
