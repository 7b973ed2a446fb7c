"""Whether a wheel is its sdist's: frontends hold its name and version against those in the sdist's file name.

uv refuses any other, but for a local label that the wheel has and the sdist has not. pip refuses it where the sdist
comes from an index, the label as well, and takes any from a path. Nobody compares with ``PKG-INFO``; a folder has no
file name, and if it has a ``PKG-INFO``, it was unpacked from an sdist that has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .static_reading import Reading

_SUFFIXES = (".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz")


@dataclass(frozen=True)
class Identity:
    """The name and version that a wheel is to have.

    :param name: canonical.
    :param said_by: what says so: its file name, say.
    """

    name: str
    version: Version
    said_by: str

    def differing(self, wheel: Path) -> str:
        """Why no frontend takes a wheel for this; empty if uv takes it."""
        name, version, _, _ = parse_wheel_filename(wheel.name)
        is_labelled = self.version.local is None and Version(version.public) == self.version
        if name == self.name and (version == self.version or is_labelled):
            return ""
        return (
            f"error: it is called {name} {version}, and the sdist {self.name} {self.version}, by {self.said_by}: "
            "uv refuses such a wheel, and pip if the sdist comes from an index"
        )

    def remark(self, wheel: Path) -> str:
        """What only uv takes; empty if every frontend does."""
        version = parse_wheel_filename(wheel.name)[1]
        if version == self.version:
            return ""
        return f"the wheel's version is {version}, not {self.version}: from an index, pip refuses that, and uv takes it"


def of_file(filename: str, name: str = "") -> Identity | None:
    """What an sdist's file name says; ``None`` if it is not called as sdists are, which frontends then take.

    :param name: of the project, if it was looked up on an index by that.
    """
    stem = next((filename[: -len(one)] for one in _SUFFIXES if filename.endswith(one)), filename)
    try:
        if name and canonicalize_name(stem[: len(name)]) == canonicalize_name(name) and stem[len(name) :][:1] == "-":
            return Identity(canonicalize_name(name), Version(stem[len(name) + 1 :]), "its file name")
        found, version = parse_sdist_filename(f"{stem}.tar.gz")
    except (InvalidSdistFilename, InvalidVersion):
        return None
    return Identity(found, version, "its file name")


def of_local_file(filename: str, tree: Path, reading: Reading) -> Identity | None:
    """What says it of an sdist that is no index's: uv takes the file's name apart if it begins with the project's.

    :param tree: that it holds.
    """
    name = canonicalize_name(reading.name)
    is_called_so = canonicalize_name(filename[: len(name)]) == name and filename[len(name) :][:1] == "-"
    return of_file(filename, name) if is_called_so or not name else of_folder(tree, reading)


def of_folder(tree: Path, reading: Reading) -> Identity | None:
    """What a folder says that was unpacked from an sdist; ``None`` for any other."""
    if not (tree / "PKG-INFO").is_file() or not reading.name:
        return None
    try:
        return Identity(canonicalize_name(reading.name), Version(reading.version), "its PKG-INFO")
    except ValueError:
        return None


def told_otherwise(tree: Path, reading: Reading, wheel: Path) -> str:
    """A version in a folder's own files that its build did not read; empty if the wheel has it, or nothing says one."""
    version = parse_wheel_filename(wheel.name)[1]
    try:
        is_read = not reading.version or Version(reading.version).public == version.public
    except ValueError:
        return ""
    why = "".join(f": {line}" for line in unread_tables(tree))
    return "" if is_read else f"its files say version {reading.version}, and the wheel is {version}{why}"


def unread_tables(tree: Path) -> Iterator[str]:
    """The tables of tools in ``pyproject.toml``, a line each: one of them may be what should say the version."""
    document = layers.read_pyproject(tree) if (tree / "pyproject.toml").is_file() else {}
    tables = layers.at(document, "tool", default={})
    more = "" if "build-system" in document else ", and there is no [build-system]"
    for name in tables if isinstance(tables, dict) else ():
        yield f"pyproject.toml has [tool.{name}]{more}"
