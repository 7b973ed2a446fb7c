"""What is installed in an environment of which only the folders are known, and what of it a requirement needs.

::

    .dist-info folders -> METADATA, "Requires-Dist" -> the closure -> RECORD -> the files that are theirs
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from augbackend.standards import InvalidRequirement, requirements
from augbackend.standards.core_metadata import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SUFFIX = ".dist-info"
Stamp = tuple[int, int, int]


class UnusableError(Exception):
    """A distribution cannot be used from where it is installed; says why."""


class Distribution(NamedTuple):
    """One installed distribution.

    :param folder: that is on ``sys.path`` in its environment.
    :param info: its folder in that.
    """

    name: str
    version: str
    folder: str
    info: str

    def read(self, name: str) -> str:
        """The text of a file in its ``.dist-info`` folder.

        :raises OSError: if there is none.
        """
        return Path(self.folder, self.info, name).read_text(encoding="utf-8", errors="surrogateescape")

    @property
    def stamp(self) -> Stamp | None:
        """What is another one as soon as it is installed again; ``None`` if it is not there any more."""
        with suppress(OSError):
            found = Path(self.folder, self.info, "RECORD").stat()
            return found.st_ino, found.st_size, found.st_mtime_ns
        return None

    def files(self) -> list[str]:
        """Its files, as RECORD names them: by ``/``, beneath the folder or, with ``..``, beside it.

        :raises UnusableError: if it is installed in a way that has no such list, or of which the files are elsewhere.
        """
        what = f"{self.name} {self.version} in {self.folder}"
        try:
            lines = self.read("RECORD").splitlines()
        except OSError:
            raise UnusableError(f"{what} has no RECORD of its files") from None
        with suppress(OSError, ValueError, AttributeError):
            if json.loads(self.read("direct_url.json")).get("dir_info", {}).get("editable"):
                raise UnusableError(f"{what} is editable: its files are elsewhere")
        if any('"' in line for line in lines):
            import csv

            found = [row[0] for row in csv.reader(lines) if row]
        else:
            found = [line.rsplit(",", 2)[0] for line in lines if line]
        for name in found:
            if name.endswith(".pth") and "/" not in name and self._leads_elsewhere(name):
                raise UnusableError(f"{what} is found by {name}, which works in its own environment only")
        return found

    def _leads_elsewhere(self, name: str) -> bool:
        """Whether a ``.pth`` file names a folder. One that only runs code does that where Python starts."""
        try:
            text = Path(self.folder, name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return any(
            line and not line.startswith(("#", "import ", "import\t")) for line in map(str.strip, text.split("\n"))
        )


def installed(folders: Iterable[str]) -> dict[str, list[Distribution]]:
    """All distributions by their canonical names; of several, the one that an import finds is the first."""
    found: dict[str, list[Distribution]] = {}
    for folder in dict.fromkeys(map(os.path.realpath, folders)):
        with suppress(OSError, ValueError):
            for info in sorted(path.name for path in Path(folder).iterdir() if path.name.endswith(_SUFFIX)):
                project, _, version = info[: -len(_SUFFIX)].partition("-")
                if version and project[:1].isalnum() and Path(folder, info, "METADATA").exists():
                    name = requirements.canonical_name(project)
                    found.setdefault(name, []).append(Distribution(name, version, folder, info))
    return found


def closure(
    wanted: requirements.Requirement, there: Mapping[str, Sequence[Distribution]], here: Mapping[str, str]
) -> dict[str, Distribution]:
    """The distribution that satisfies a requirement, and what that requires, markers evaluated.

    :param there: what is installed in the other environment.
    :param here: what is in the build environment, name → version: that is not looked for.
    :raises UnusableError: if something is not there, or not in a version that all of it is content with.
    """
    found: dict[str, Distribution] = {}
    done: set[tuple[str, str]] = set()  # (name, extra)
    waiting = [(wanted, "")]
    while waiting:
        one, by = waiting.pop()
        _check(one, by, there, here)
        if one.name in here:
            continue
        distribution = found.setdefault(one.name, there[one.name][0])
        new = {"", *one.extras} - {extra for name, extra in done if name == one.name}
        done |= {(one.name, extra) for extra in new}
        by = f"{distribution.name} {distribution.version}"
        waiting += [(needed, by) for extra in sorted(new) for needed in _required(distribution, extra)]
    return found


def reached(name: str, there: Mapping[str, Sequence[Distribution]]) -> set[str]:
    """The names of what an installed project requires, and of what these require, as far as it can be read."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for distribution in there.get(waiting.pop(), ())[:1]:
            with suppress(UnusableError):
                new = {one.name for one in _required(distribution, "")} - found
                found |= new
                waiting += new
    return found


def _check(
    one: requirements.Requirement, by: str, there: Mapping[str, Sequence[Distribution]], here: Mapping[str, str]
) -> None:
    asks = f"{by} requires {_shown(one)}" if by else f"{_shown(one)} is asked for"
    if one.name in here:
        if not one.accepts(here[one.name]):
            raise UnusableError(f"{asks}, and {one.name} {here[one.name]} is in the build environment")
        if one.extras:
            raise UnusableError(f"{asks}, and {one.name} is in the build environment, maybe without these extras")
        return
    candidates = there.get(one.name, ())
    if not candidates:
        raise UnusableError(f"{asks}, which is not there, or has no .dist-info")
    first = candidates[0]
    if any(other.folder == first.folder for other in candidates[1:]):
        raise UnusableError(
            f"{first.folder} has several of {one.name}: {', '.join(other.info for other in candidates)}"
        )
    if not one.accepts(first.version):
        raise UnusableError(f"{asks}, and {first.version} is there")


def _shown(one: requirements.Requirement) -> str:
    extras = f"[{','.join(sorted(one.extras))}]" if one.extras else ""
    return f"{one.name}{extras}{','.join(sorted(map(''.join, one.clauses)))}"


def _required(distribution: Distribution, extra: str) -> list[requirements.Requirement]:
    """What a distribution requires here, with an extra or, if that is empty, without."""
    try:
        document = parse(distribution.read("METADATA").encode("utf-8", "surrogateescape"))
        asked = [requirements.parse_requirement(text) for text in document.values("requires-dist")]
    except (OSError, InvalidRequirement) as error:
        raise UnusableError(
            f"{distribution.name}'s METADATA in {distribution.folder} cannot be read: {error}"
        ) from None
    return [one for one in asked if one.applies(extra=extra) and (not extra or not one.applies())]
