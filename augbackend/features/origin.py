"""``origin``: what a wrapped sdist was made from. Written by ``augbackend wrap``, read by ``augbackend verify``."""

import re
from dataclasses import dataclass
from typing import Optional

from augbackend.table import Build
from augbackend.table.convert import Table, key

from . import Feature
from .remove_build_dependencies import check_project_name


def _check_sha256(text: str) -> None:
    if not re.fullmatch(r"[0-9a-f]{64}|", text):
        raise ValueError("expected 64 hexadecimal digits")


@dataclass(init=False, repr=False, eq=False)
class Patch(Table):
    """A patch that was applied to upstream's files."""

    file: str = key(...)
    """Where it is in the archive."""
    sha256: str = key(..., check=_check_sha256)
    """Of that file."""


@dataclass(init=False, repr=False, eq=False)
class Origin(Table):
    """Where a wrapped sdist came from: written by `augbackend wrap`, read by `augbackend verify`."""

    name: str = key(..., check=check_project_name)
    """The project, in its canonical spelling."""
    version: str = key(...)
    """Its version."""
    augbackend: str = key(...)
    """The version of augbackend that wrapped it."""
    url: str = key("")
    """Where upstream's sdist was fetched from, or its repository at a commit; empty for what lay on a disk."""
    sha256: str = key("", check=_check_sha256)
    """Of upstream's sdist; empty if it was made from a source tree."""
    recipe: str = key("")
    """The recipe that some of what it declares was taken of; empty for none."""
    patches: tuple[Patch, ...] = key(())
    """The patches that were applied to its files, in this order."""


def origin(build: Build) -> Optional[Origin]:
    """What the tree was made from; ``None`` if it is no wrapped sdist."""
    found: Optional[Origin] = build.values.get("origin")
    return found


FEATURE = Feature(Origin, "Where a wrapped sdist came from. Written by `augbackend wrap`.")
