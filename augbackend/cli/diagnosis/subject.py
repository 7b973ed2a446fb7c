"""What is diagnosed: fetched, unpacked and read; nobody builds in it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename

from augbackend.cli.fetch import sdist, upstream
from augbackend.cli.fetch.lookup import OUTPUT
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers import temporary_folder, tree_copy
from augbackend.errors import AugbackendError

from . import static_reading, wheel_identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.upstream import Target

    from .static_reading import Reading
    from .wheel_identity import Identity


@dataclass(frozen=True)
class Subject:
    """What the user named.

    :param target: as a command takes it.
    :param tree: the folder, if it is one.
    :param name: of the project, canonical.
    :param places: options that say where to look for it, as they were given.
    """

    target: str
    tree: Path | None
    name: str
    version: str
    places: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    @property
    def archive(self) -> str:
        """Where ``wrap`` writes it."""
        return f"./{OUTPUT}/{self.name.replace('-', '_')}-{self.version}.tar.gz"


@dataclass(frozen=True)
class Source:
    """What is diagnosed, unpacked.

    :param dated: when its newest file was written, ``2021-09-04``; empty if that says nothing.
    :param identity: the name and version that its wheel is to have; ``None`` if frontends take any.
    """

    subject: Subject
    tree: Path
    reading: Reading
    dated: str
    identity: Identity | None = None


def _read(tree: Path, named: str) -> Reading:
    """The reading; an error names what the user named, since the copy is gone by then."""
    try:
        return static_reading.read(tree)
    except AugbackendError as error:
        where = error.where.replace(str(tree), named)
        where = where if named in where else f"{named}, {where}"
        raise AugbackendError(error.what, where=where, hint=error.hint) from None


@contextmanager
def unpacked(text: str, target: Target, lookup: Lookup) -> Iterator[Source]:
    """Have what the user named as a tree of files that nobody builds in.

    :raises AugbackendError: if it cannot be had, or is no project.
    """
    if upstream.is_repository(target.url):
        hint = "clone it, and name the folder"
        raise AugbackendError("a repository is diagnosed as a folder", where=text, hint=hint)
    with temporary_folder.temporary() as place:
        if target.path is not None and target.path.is_dir():
            tree = tree_copy.copied(target.path, place / "tree")
            reading = _read(tree, text)
            name = canonicalize_name(reading.name or target.path.resolve().name)
            of_folder = wheel_identity.of_folder(tree, reading)
            yield Source(Subject(text, target.path, name, reading.version), tree, reading, "", of_folder)
            return
        with upstream.fetched(target, Declaration(), lookup) as found, sdist.opened(found.path) as opened:
            tree = sdist.unpack(opened, place)
            day = datetime.fromtimestamp(opened.newest, timezone.utc).strftime("%Y-%m-%d")
            reading = _read(tree, text)
            try:
                named, of_version = parse_sdist_filename(found.path.name)
                name, version = named, str(of_version)
            except InvalidSdistFilename:
                name, version = canonicalize_name(reading.name), reading.version
        words = f"{name}=={version}" if target.requirement else text
        dated = day if day > "2000" else ""
        named_so = wheel_identity.of_file(found.path.name, target.name)
        subject = Subject(words, None, canonicalize_name(name), version)
        yield Source(subject, tree, replace(reading, version=version), dated, named_so)
