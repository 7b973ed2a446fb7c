"""What is diagnosed: fetched, unpacked and read; nobody builds in it."""

from __future__ import annotations

from codecs import BOM_UTF8
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.fetch import sdist, sdist_identity, upstream
from augbackend.cli.fetch.lookup import OUTPUT
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers import temporary_folder, tree_copy
from augbackend.errors import AugbackendError

from . import static_reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.upstream import Target, Upstream

    from .static_reading import Reading


@dataclass(frozen=True)
class Subject:
    """What the user named.

    :param target: as a command takes it.
    :param tree: the folder, if it is one.
    :param name: of the project, canonical; as its metadata has it, and not a file's name.
    :param filename: of the sdist, if it is one.
    :param stem: of the archive that ``wrap`` writes; empty if nothing says the name and version that it needs.
    :param is_of_index: whether a requirement names it.
    :param places: options that say where to look for it, as they were given.
    """

    target: str
    tree: Path | None
    name: str
    version: str
    filename: str = ""
    stem: str = ""
    is_of_index: bool = False
    places: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    @property
    def archive(self) -> str:
        """Where ``wrap`` writes it."""
        return f"./{OUTPUT}/{self.stem}.tar.gz"


@dataclass(frozen=True)
class Source:
    """What is diagnosed, unpacked.

    :param dated: when its newest file was written, ``2021-09-04``; empty if that says nothing.
    """

    subject: Subject
    tree: Path
    reading: Reading
    dated: str


def _read(tree: Path, named: str, filename: str = "") -> Reading:
    """The reading; an error names what the user named, since the copy is gone by then."""
    try:
        _refuse_mark(tree / "pyproject.toml")
        return static_reading.read(tree, filename)
    except AugbackendError as error:
        where = error.where.replace(str(tree), named)
        where = where if named in where else f"{named}, {where}"
        raise AugbackendError(error.what, where=where, hint=error.hint) from None


def _refuse_mark(file: Path) -> None:
    """Refuse what editors of this project's own let pass, and no frontend reads."""
    if not file.is_file():
        return
    with file.open("rb") as stream:
        beginning = stream.read(len(BOM_UTF8))
    if beginning == BOM_UTF8:
        what = "it begins with a byte order mark, which pip and setuptools take for no TOML"
        raise AugbackendError(what, where=str(file), hint="save it as UTF-8 without that mark")


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
            yield Source(Subject(text, target.path, name, reading.version), tree, reading, "")
            return
        with upstream.fetched(target, Declaration(), lookup) as found, sdist.opened(found.path) as opened:
            tree = sdist.unpack(opened, place)
            day = datetime.fromtimestamp(opened.newest, timezone.utc).strftime("%Y-%m-%d")
            reading = _read(tree, text, found.path.name)
            subject = _of_sdist(text, target, found, reading)
        yield Source(subject, tree, reading, day if day > "2000" else "")


def _of_sdist(text: str, target: Target, found: Upstream, reading: Reading) -> Subject:
    name, version = canonicalize_name(reading.name), sdist_identity.normal(reading.version)
    stem = sdist_identity.stem(name, version) if name and version else ""
    words = f"{target.name}=={found.version or version}" if target.requirement else text
    return Subject(words, None, name, version, found.path.name, stem, is_of_index=bool(target.requirement))
