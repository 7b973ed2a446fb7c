"""Whether a package may be passed on, as far as its own metadata says: for ``--only-redistributable``.

It reads words, and gives no legal advice: what says nothing at all of a licence is not passed on either.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from augbackend.cli.fetch import sdist, wheel_content
from augbackend.cli.fetch.wheel_content import UnsoundWheelError
from augbackend.standards.core_metadata import parse

from . import distribution

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from augbackend.standards.core_metadata import Document

_CLASSIFIERS = (
    "License :: Other/Proprietary License",
    "License :: Free For Home Use",
    "License :: Free for non-commercial use",
    "License :: Free To Use But Restricted",
    "License :: Freeware",
    "Private :: ",
)
_WORDS = re.compile(r"proprietary|non-?commercial|all rights reserved|confidential|\bEULA\b|CC-BY-NC", re.IGNORECASE)
_NOTHING = frozenset({"", "unknown", "none", "n/a"})
_FILE = re.compile(r"(licen[cs]e|copying|notice|unlicense)", re.IGNORECASE)


def refusal(file: Path) -> str:
    """Why an sdist or a wheel is not to be passed on; empty if it may be.

    :raises AugbackendError: if it is no sound sdist.
    """
    if file.name.endswith(".whl"):
        try:
            names, content = wheel_content.read(file).names, wheel_content.metadata(file)
        except UnsoundWheelError as error:
            return str(error)
        return of_metadata(parse(content), names)
    with sdist.opened(file) as opened:
        return of_metadata(distribution.metadata_of(opened), opened.names)


def of_metadata(document: Document | None, names: Iterable[str]) -> str:
    """The same of its metadata, and the names of its files."""
    document = document or parse(b"")
    classifiers = [one for one in document.values("classifier") if one.startswith(("License ::", "Private ::"))]
    expression, text = document.value("license-expression"), document.value("license")
    refused = next((one for one in classifiers if one.startswith(_CLASSIFIERS)), "")
    if refused:
        return f"its metadata says {refused}"
    said = [one for one in (expression, text[:200]) if one.strip().lower() not in _NOTHING]
    restricted = next((one for one in said if _WORDS.search(one)), "")
    if restricted and not any("OSI Approved" in one for one in classifiers):
        return f"its metadata says License: {restricted}"
    own = (name for name in names if "/augbackend/" not in name)  # the copy of the backend has a licence of its own
    has_file = any(_FILE.match(name.rpartition("/")[2]) for name in own)
    return "" if said or classifiers or has_file else "it says nothing of a licence, and has no file of one"
