"""pip's words for a package that did not build, and for the versions that it has in hand.

::

    ERROR: Failed to build 'docopt' when getting requirements to build wheel      from pip 25.1 on
    ERROR: Failed building wheel for docopt
    ERROR: Could not build wheels for docopt, which is required to install …      until pip 24
    Getting requirements to build wheel did not run successfully.                 without a name, until pip 25.0

    Collecting docopt==0.6.2 (from tool)          Downloading docopt-0.6.2.tar.gz (25 kB)
    Processing ./links/docopt-0.6.2.tar.gz        Processing ./own

A build of a build requirement is a pip of its own, whose lines are indented in those of the first one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.model import published_file

from .package_said import Said

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_STAGE = re.compile(r"Failed to build '(?P<name>[^'\n]+)' when (?P<stage>[^\n]+)")
_WHEEL = re.compile(rf"(?:Failed building (?:wheel|editable) for|Could not build wheels for) (?P<name>{_NAME})\b")
_UNNAMED = re.compile(
    r"\u00d7 (?:Getting requirements to build (?:wheel|editable)|Preparing (?:editable )?metadata)[^\n]* did not run"
)
_COLLECTING = re.compile(rf"^\s*Collecting (?P<name>{_NAME})(?:\[[^\]]*\])?(?P<rest>[^\n]*)$")
_FETCHED = re.compile(
    r"^\s*(?:Downloading|Using cached|Processing|Obtaining|Saved|File was already downloaded) (?P<what>\S+)"
)
_REQUIREMENTS = "installing build dependencies"


def said(text: str) -> Said | None:
    """What did not build; ``None`` if nothing is said of that."""
    stages, wheels = [*_STAGE.finditer(text)], [*_WHEEL.finditer(text)]
    # With a build requirement that does not build, the outer failure is named last and says so.
    own = [one for one in stages if not one["stage"].startswith(_REQUIREMENTS)]
    versions, places = _in_hand(text)
    if own and not wheels:
        return _staged(own[0]["name"], versions, places)
    if wheels:
        return Said([wheels[0]["name"]], versions, places)
    if stages:
        return Said([])
    if _UNNAMED.search(text):
        last = _last_in_hand(text)
        return Said([last] if last else [], versions, places, is_last=True)
    return None


def _staged(name: str, versions: dict[str, list[str]], places: dict[str, list[str]]) -> Said:
    """What did not build while versions were still chosen: it is the last one that was taken in hand."""
    if "://" in name or "/" in name:
        file = name.rpartition("/")[2]
        identity = _sdist(file)
        return Said(
            [identity[0] if identity else file], places={identity[0] if identity else canonicalize_name(file): [name]}
        )
    return Said([name], versions, places, is_last=True)


def _in_hand(text: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Versions, and places of what has none, by canonical name and in order."""
    versions: dict[str, list[str]] = {}
    places: dict[str, list[str]] = {}
    for name, version, place in _taken(text):
        if version:
            versions.setdefault(name, []).append(version)
        elif place:
            places.setdefault(name, []).append(place)
    return versions, places


def _taken(text: str) -> Iterator[tuple[str, str, str]]:
    """Each thing that is taken in hand: its name, its version, its place; the last two may be empty."""
    for line in text.split("\n"):
        collecting, fetched = _COLLECTING.match(line), _FETCHED.match(line)
        if collecting is not None:
            direct = re.match(r"\s*@\s*(\S+)", collecting["rest"])
            name = canonicalize_name(collecting["name"])
            yield name, "", (direct[1] if direct else "")
        elif fetched is not None:
            identity = _sdist(fetched["what"].rpartition("/")[2])
            if identity is not None:
                yield identity[0], identity[1], ""
            elif line.lstrip().startswith(("Processing", "Obtaining")):
                what = fetched["what"].rstrip("/")
                yield canonicalize_name(re.split(r"[/\\]", what)[-1]), "", what


def _last_in_hand(text: str) -> str:
    """The name of the last sdist or folder that was taken in hand."""
    taken = [(name, version or place) for name, version, place in _taken(text)]
    return next((name for name, what in reversed(taken) if what), "")


def _sdist(filename: str) -> tuple[str, str] | None:
    """Name and version of an sdist's file name."""
    identity = None if filename.endswith(".whl") else published_file.identity(filename)
    return (str(identity[0]), str(identity[1])) if identity else None
