"""What is diagnosed: fetched, unpacked and read; nobody builds in it."""

from __future__ import annotations

from codecs import BOM_UTF8
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name, parse_wheel_filename

from augbackend.cli import progress
from augbackend.cli.fetch import build_place, index, repository, sdist, sdist_identity, tree_day, upstream
from augbackend.cli.fetch.lookup import OUTPUT
from augbackend.cli.model import error_ids
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers import temporary_folder
from augbackend.errors import AugbackendError

from . import static_reading, wheel_identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from augbackend.cli.fetch.build_place import Submodule
    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.upstream import Target, Upstream

    from .static_reading import Reading
    from .wheel_identity import Identity


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
    :param recipes: where the user said that recipes are.
    """

    target: str
    tree: Path | None
    name: str
    version: str
    filename: str = ""
    stem: str = ""
    is_of_index: bool = False
    places: tuple[tuple[str, str], ...] = ()
    recipes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    @property
    def archive(self) -> str:
        """Where ``wrap`` writes it."""
        return f"./{OUTPUT}/{self.stem}.tar.gz"


@dataclass(frozen=True)
class Source:
    """What is diagnosed, unpacked.

    :param dated: when its newest commit or file was made, ``2021-09-04``; empty if that says nothing.
    :param root: the tree, with what is around it.
    :param absent: submodules that are not checked out.
    :param remarks: what the tree is, where it is not just what the user named.
    :param identity: the name and version that its wheel is to have; ``None`` if frontends take any.
    """

    subject: Subject
    tree: Path
    reading: Reading
    dated: str
    root: Path
    absent: tuple[Submodule, ...] = ()
    remarks: tuple[str, ...] = ()
    identity: Identity | None = None


def _read(tree: Path, named: str, filename: str = "") -> Reading:
    """The reading; an error names what the user named, since the copy is gone by then."""
    try:
        _refuse_mark(tree / "pyproject.toml")
        return static_reading.read(tree, filename)
    except AugbackendError as error:
        where = error.where.replace(str(tree), named)
        where = where if named in where else f"{named}, {where}"
        raise CliError(error.what, id=error_ids.of(error), where=where, hint=error.hint) from None


def _of_folder(text: str, named: Path | None, folder: Path, place: Path) -> Source:
    """A folder, copied.

    :param named: what the user owns and calls so, if that is the folder.
    """
    with progress.shown(f"copying {text}"):
        copy = build_place.copied(folder, place / "tree")
    reading = _read(copy.tree, text)
    name = canonicalize_name(reading.name or folder.resolve().name)
    subject, dated = Subject(text, named, name, reading.version), tree_day.of_tree(folder)
    source = Source(
        subject, copy.tree, reading, dated, copy.root, identity=wheel_identity.of_folder(copy.tree, reading)
    )
    if named is None:  # a checkout has all its submodules, and is told of by its URL
        return source
    return replace(source, absent=copy.absent, remarks=copy.remarks)


def _of_url(url: str) -> str:
    """A project's name, where only its repository's is known."""
    last = urlsplit(url).path.rpartition("/")[2]
    return canonicalize_name(last.partition("@")[0].removesuffix(".git"))


def _printable(text: str, target: Target) -> str:
    """A repository as a command takes it, less what signs in there: it is printed."""
    _, separator, fragment = target.url.partition("#")
    url = f"{index.shown(target.url)}{separator}{fragment}"
    return text.replace(target.url, url)


def _refuse_mark(file: Path) -> None:
    """Refuse what editors of this project's own let pass, and no frontend reads."""
    if not file.is_file():
        return
    with file.open("rb") as stream:
        beginning = stream.read(len(BOM_UTF8))
    if beginning == BOM_UTF8:
        what = "it begins with a byte order mark, which pip and setuptools take for no TOML"
        raise CliError(what, id="byte-order-mark", where=str(file), hint="save it as UTF-8 without that mark")


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
            reading = _read(tree, text, found.path.name)
            subject = _of_sdist(text, target, found, reading)
        identity = (
            wheel_identity.of_file(found.path.name, target.name)
            if target.requirement
            else wheel_identity.of_local_file(found.path.name, tree, reading)
        )
        yield Source(subject, tree, reading, tree_day.day(opened.newest), tree, identity=identity)


def _of_sdist(text: str, target: Target, found: Upstream, reading: Reading) -> Subject:
    name, version = canonicalize_name(reading.name), sdist_identity.normal(reading.version)
    stem = sdist_identity.stem(name, version) if name and version else ""
    words = f"{target.name}=={found.version or version}" if target.requirement else text
    return Subject(words, None, name, version, found.path.name, stem, is_of_index=bool(target.requirement))


def called_by(subject: Subject, wheel: Path | None) -> Subject:
    """The subject by the name that frontends know it by, its wheel's, and that version where nothing else says one."""
    if wheel is None:
        return subject
    name, of_wheel, _, _ = parse_wheel_filename(wheel.name)
    version = subject.version or str(of_wheel)
    is_repository = subject.tree is None and not subject.filename
    stem = sdist_identity.stem(name, version) if is_repository else subject.stem
    return replace(subject, name=name, version=version, stem=stem)
