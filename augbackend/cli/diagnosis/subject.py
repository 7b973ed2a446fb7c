"""What is diagnosed: fetched, unpacked and read; nobody builds in it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from augbackend.cli import progress
from augbackend.cli.fetch import build_place, index, repository, sdist, tree_day, upstream
from augbackend.cli.fetch.lookup import OUTPUT
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers import temporary_folder
from augbackend.errors import AugbackendError

from . import static_reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from augbackend.cli.fetch.build_place import Submodule
    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.upstream import Target

    from .static_reading import Reading


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

    :param dated: when its newest commit or file was made, ``2021-09-04``; empty if that says nothing.
    :param root: the tree, with what is around it.
    :param absent: submodules that are not checked out.
    :param remarks: what the tree is, where it is not just what the user named.
    """

    subject: Subject
    tree: Path
    reading: Reading
    dated: str
    root: Path
    absent: tuple[Submodule, ...] = ()
    remarks: tuple[str, ...] = ()


def _read(tree: Path, named: str) -> Reading:
    """The reading; an error names what the user named, since the copy is gone by then."""
    try:
        return static_reading.read(tree)
    except AugbackendError as error:
        where = error.where.replace(str(tree), named)
        where = where if named in where else f"{named}, {where}"
        raise AugbackendError(error.what, where=where, hint=error.hint) from None


def _of_folder(text: str, named: Path | None, folder: Path, place: Path) -> Source:
    """A folder, copied.

    :param named: what the user owns and calls so, if that is the folder.
    """
    with progress.shown(f"copying {text}"):
        copy = build_place.copied(folder, place / "tree")
    reading = _read(copy.tree, text)
    name = canonicalize_name(reading.name or folder.resolve().name)
    subject, dated = Subject(text, named, name, reading.version), tree_day.of_tree(folder)
    if named is None:  # a checkout has all its submodules, and is told of by its URL
        return Source(subject, copy.tree, reading, dated, copy.root)
    return Source(subject, copy.tree, reading, dated, copy.root, copy.absent, copy.remarks)


def _of_url(url: str) -> str:
    """A project's name, where only its repository's is known."""
    last = urlsplit(url).path.rpartition("/")[2]
    return canonicalize_name(last.partition("@")[0].removesuffix(".git"))


def _printable(text: str, target: Target) -> str:
    """A repository as a command takes it, less what signs in there: it is printed."""
    _, separator, fragment = target.url.partition("#")
    url = f"{index.shown(target.url)}{separator}{fragment}"
    return text.replace(target.url, url)


@contextmanager
def unpacked(text: str, target: Target, lookup: Lookup) -> Iterator[Source]:
    """Have what the user named as a tree of files that nobody builds in.

    :raises AugbackendError: if it cannot be had, or is no project.
    """
    with temporary_folder.temporary() as place:
        if target.path is not None and target.path.is_dir():
            yield _of_folder(text, target.path, target.path, place)
            return
        if upstream.is_repository(target.url):
            with repository.checked_out(target.url, lookup) as checkout:
                source = _of_folder(_printable(text, target), None, checkout.tree, place)
                name = target.name or ("" if checkout.below else _of_url(target.url))
                if not source.reading.name and name:
                    source = replace(source, subject=replace(source.subject, name=name))
            yield source
            return
        with upstream.fetched(target, Declaration(), lookup) as found, sdist.opened(found.path) as opened:
            tree = sdist.unpack(opened, place)
            reading = _read(tree, text)
            try:
                named, of_version = parse_sdist_filename(found.path.name)
                name, version = named, str(of_version)
            except InvalidSdistFilename:
                name, version = canonicalize_name(reading.name), reading.version
        words = f"{name}=={version}" if target.requirement else text
        dated = tree_day.day(opened.newest)
        subject = Subject(words, None, canonicalize_name(name), version)
        yield Source(subject, tree, replace(reading, version=version), dated, tree)


def called_by(subject: Subject, wheel: Path | None) -> Subject:
    """A subject that says its version only when it is built, called as its wheel is."""
    if wheel is None or subject.version:
        return subject
    name, version, _, _ = parse_wheel_filename(wheel.name)
    return replace(subject, name=name, version=str(version))
