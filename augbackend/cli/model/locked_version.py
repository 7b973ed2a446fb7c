"""One version of a package, as a lock or a requirements file has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.requirements import Requirement


@dataclass(frozen=True)
class Wheel:
    """A wheel in a lock; ``url`` and ``sha256`` are empty where the lock does not say."""

    name: str
    url: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Locked:
    """One version of a package.

    :param marker: where it holds, in what a requirement may say (PEP 508); empty for everywhere.
    :param url: of its sdist, or of its repository at a commit; empty where the lock names none.
    :param sha256: of its sdist.
    :param path: of its sdist or folder, if it is a local one.
    :param wheels: its wheels, each with its URL and its sha256.
    :param registry: the index that it is from; empty if it is from none.
    :param source: the file that says so.
    :param is_exact: whether only this version is meant; ``==2.8.0`` in a requirements file also means ``2.8.0+cpu``.
    """

    name: str
    version: str
    marker: str
    url: str
    sha256: str
    path: Path | None
    wheels: tuple[Wheel, ...]
    registry: str
    source: str
    is_exact: bool = True


def fits_here(wheel: str) -> bool:
    """Whether a wheel, by its name, fits this interpreter on this platform."""
    try:
        return not parse_wheel_filename(wheel)[3].isdisjoint(sys_tags())
    except InvalidWheelFilename:
        return False


def exact_version(requirement: Requirement) -> str:
    """The one version that a requirement allows; empty if there may be more."""
    clauses = list(requirement.specifier)
    if len(clauses) == 1 and clauses[0].operator in ("==", "===") and not clauses[0].version.endswith(".*"):
        return clauses[0].version
    return ""
