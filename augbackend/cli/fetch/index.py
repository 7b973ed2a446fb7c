"""Indexes and find-links folders: which distributions a project has there, found by unearth.

That is imported where an index is asked: with its HTTP library it takes as long as many a command.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import os
import re
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend.cli import loudness, progress
from augbackend.cli.model import published_file
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.package_sources import Sources
from augbackend.cli.strangers import temporary_folder
from augbackend.errors import AugbackendError
from augbackend.standards.core_metadata import parse

from . import absence, wheel_content
from .wheel_content import UnsoundWheelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from unearth import PackageFinder
    from unearth.collector import IndexPage

_NETWORK = "is the network there, and the address right? --offline uses what was downloaded before"
_ABSENT = re.compile(r"Client Error\((404|410)\)")  # what an index says of a project that it does not have


@dataclass(frozen=True)
class IndexFile:
    """A distribution on an index: ``sha256`` as the index says it, empty where it does not.

    :param page: that links to it; empty if that is not known.
    """

    name: str
    version: str
    filename: str
    url: str
    sha256: str = ""
    page: str = ""


class UnansweredError(CliError):
    """No place could be asked, so nothing is known of what is there."""


class Bounds(NamedTuple):
    """What a download that strangers name may take.

    :param until: in seconds of the monotonic clock.
    :param most: bytes.
    """

    until: float
    most: float


NO_BOUNDS = Bounds(inf, inf)


def find_sdist(requirement: Requirement, where: Sources, *, not_in: Path | None = None) -> IndexFile:
    """The newest sdist that the requirement allows, for whatever Python and platform: others will build it, too.

    :param not_in: a folder whose archives do not count: our own output may be among the find-links. With one, nothing
        counts that an index has as wrapped by us.
    :raises NoProjectError: if no place knows the project.
    :raises OnlyWheelsError: if what is allowed is published as wheels only.
    :raises UnansweredError: if there is none, and a place that might have it could not be asked.
    :raises AugbackendError: if the project has no version that is allowed.
    """
    with _explained(requirement.name) as heard:
        for package in _matches(requirement, where, wheels=False):
            if _is_elsewhere(package, not_in):
                return _file_of(package)
        every_kind = _narrowed(_finder(where, wheels=None), requirement.name)
        packages = every_kind.find_all_packages(requirement.name, allow_yanked=True)
        there = [package for package in packages if _is_elsewhere(package, not_in)]
    unanswered = _unanswered(heard)
    if unanswered:
        raise UnansweredError(
            f"the index cannot be asked for {requirement.name}: {unanswered}", id="index-does-not-answer", hint=_NETWORK
        )
    indexes = [] if where.no_index else [where.index_url or "the public index", *where.extra_index_urls]
    places = ", ".join(map(shown, (*indexes, *where.find_links)))
    if packages and not there:
        hint = "name the index that has upstream's: --index-url"
        raise CliError(
            f"all that is there of {requirement.name} was wrapped already",
            id="all-wrapped-already",
            where=places,
            hint=hint,
        )
    raise absence.absence(requirement, places, there)


def _is_elsewhere(package: Any, folder: Path | None) -> bool:
    """Whether a file is not in a folder, and not made by us for an index; all are if there is no such folder."""
    if folder is None:
        return True
    path = package.link.file_path if package.link.is_file else None
    is_outside = path is None or folder.resolve() not in path.resolve().parents
    return is_outside and not published_file.is_made_here(package.link.url)


def _unanswered(heard: Sequence[str]) -> str:
    """What was heard of places that may have the project, and did not say; empty if all of them answered."""
    return "; ".join(dict.fromkeys(without_credentials(line) for line in heard if not _ABSENT.search(line)))


def published(pin: Requirement, where: Sources, *, not_in: Path) -> list[IndexFile]:
    """All sdists of one version, wherever they are; one in a folder with the sha256 that it has.

    :param pin: with an exact version.
    :param not_in: see :func:`find_sdist`.
    :raises UnansweredError: if there is none, and a place that might have it could not be asked.
    """
    with _explained(pin.name) as heard:
        packages = [*_finder(where, wheels=False).find_matches(Requirement(_plain(pin)), allow_yanked=True)]
    found = []
    for package in packages:
        path = package.link.file_path if package.link.is_file else None
        if not _is_elsewhere(package, not_in):
            continue
        if path is None:
            found.append(_file_of(package))
        else:
            found.append(replace(_file_of(package), sha256=hashlib.sha256(path.read_bytes()).hexdigest()))
    unanswered = _unanswered(heard)
    if unanswered and not found:
        raise UnansweredError(f"the index cannot be asked for {pin.name}: {unanswered}", id="index-does-not-answer")
    return found


def _matches(requirement: Requirement, where: Sources, *, wheels: bool | None) -> Sequence[Any]:
    """Pre-releases only where there is nothing else, or the requirement names one."""
    finder, plain = _narrowed(_finder(where, wheels=wheels), requirement.name), Requirement(_plain(requirement))
    if not plain.specifier:
        final: Sequence[Any] = finder.find_matches(plain, allow_prereleases=False)
        if len(final):
            return final
    return finder.find_matches(plain)


def _reachable(where: Sources) -> Sources:
    """The sources for the download of a URL: no folder has to be searched."""
    return Sources(where.index_url, where.extra_index_urls, (), where.trusted_hosts)


def files(requirement: Requirement, where: Sources, *, not_in: Path) -> list[IndexFile]:
    """All sdists and wheels that the requirement allows, the newest version first, for whatever Python and platform.

    :param not_in: see :func:`find_sdist`.
    :raises UnansweredError: if there is none, and a place that might have it could not be asked.
    """
    with _explained(requirement.name) as heard:
        packages = _matches(requirement, where, wheels=None)
        found = [_file_of(package) for package in packages if _is_elsewhere(package, not_in)]
    unanswered = _unanswered(heard)
    if unanswered and not found:
        raise UnansweredError(
            f"the index cannot be asked for {requirement.name}: {unanswered}", id="index-does-not-answer", hint=_NETWORK
        )
    return found


def project_pages(name: str, where: Sources) -> list[IndexPage]:
    """The page that each index has of a project, in their order; folders have none.

    :raises UnansweredError: if an index cannot be asked.
    """
    from unearth import Link
    from unearth.collector import LinkCollectError, fetch_page, is_secure_origin

    finder, found = _finder(where, wheels=None), []
    urls = [source["url"] for source in finder.sources if source["type"] == "index"]
    with _explained(name) as heard:
        for url in urls:
            location = Link(f"{url.rstrip('/')}/{canonicalize_name(name)}/")
            if not location.is_file and is_secure_origin(finder.session, location):
                try:
                    found.append(fetch_page(finder.session, location))
                except LinkCollectError as error:
                    heard.append(str(error))
    unanswered = _unanswered(heard)
    if unanswered:
        raise UnansweredError(
            f"the index cannot be asked for {name}: {unanswered}", id="index-does-not-answer", hint=_NETWORK
        )
    return found


def requires_of_wheel(requirement: Requirement, where: Sources, python: str, until: float) -> tuple[str, ...] | None:
    """What the wheel requires that a Python on this platform would take; ``None`` if there is none for it.

    :param python: such as ``3.11``.
    :param until: in seconds of the monotonic clock.
    :raises AugbackendError: if an index cannot be asked.
    """
    with _explained(requirement.name):
        finder = _finder(where, wheels=True, python=python)
        package = next(iter(finder.find_matches(Requirement(_plain(requirement)))), None)
        if package is None:
            return None
    beside, file = package.link.dist_info_link, _file_of(package)  # PEP 658
    with temporary_folder.temporary() as folder:
        if beside is not None:
            metadata = replace(file, filename=beside.filename, url=beside.url_without_fragment, sha256="")
            found = download(
                metadata, folder, where, offline=False, bounds=Bounds(until, wheel_content.MOST_OF_METADATA)
            )
            return tuple(parse(found.read_bytes()).values("requires-dist"))
        try:
            return wheel_content.read(
                download(file, folder, where, offline=False, bounds=Bounds(until, inf))
            ).requires_dist
        except UnsoundWheelError:
            return ()  # the installer's to refuse


def download(found: IndexFile, folder: Path, where: Sources, *, offline: bool, bounds: Bounds = NO_BOUNDS) -> Path:
    """Fetch a file into ``folder``, its sha256 checked where the index says one.

    :param bounds: of a file that strangers name.
    :raises AugbackendError: if it cannot be had, or is not the file that the index promised.
    """
    from unearth import Link
    from unearth.errors import HashMismatchError, UnpackError

    link = Link(found.url)
    if offline and not link.is_file:
        raise CliError(
            "it was not downloaded before, and --offline asks no index",
            id="not-downloaded-before",
            where=shown(found.url),
            hint="leave --offline out",
        )
    hashes = {"sha256": [found.sha256]} if found.sha256 else None
    loudness.detail(f"fetching {shown(found.url)}")
    try:
        with progress.downloading(found.filename) as report, _explained(found.name):
            finder = _finder(_reachable(where), wheels=False)
            if bounds is not NO_BOUNDS and not link.is_file:
                return _streamed(finder, found, folder / found.filename, bounds, report)
            file: Path = finder.download(link, folder, hashes, lambda _, done, total: report(done, total))
    except HashMismatchError as error:
        got = ", ".join(error.actual.values())
        raise CliError(
            f"its sha256 is {got}, expected {found.sha256}",
            id="wrong-sha256",
            where=shown(found.url),
            hint="the file was changed, or the lock means another one; nothing was kept",
        ) from None
    except UnpackError as error:
        raise CliError(
            f"it cannot be downloaded: {error}", id="cannot-download", where=shown(found.url), hint="is the URL right?"
        ) from None
    return file


def _streamed(finder: PackageFinder, found: IndexFile, target: Path, bounds: Bounds, report: progress.Report) -> Path:
    """Fetch a file, looking at the time and the size as often as something comes: unearth waits for a whole chunk.

    :raises AugbackendError: if it is too much, or took too long.
    :raises HashMismatchError: if it is another file.
    """
    from unearth import Link
    from unearth.errors import HashMismatchError

    digest, done, what = hashlib.sha256(), 0, ""
    with finder.session.get_stream(found.url) as answer, target.open("wb") as file:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            done += file.write(chunk)
            digest.update(chunk)
            report(done, None)
            if done > bounds.most:
                what = f"it has more than {bounds.most:.0f} bytes"
            elif time.monotonic() > bounds.until:
                what = "the time ran out while it was downloaded"
            if what:
                hint = "name another version, or build a wheel of it yourself: --find-links FOLDER"
                raise CliError(what, id="download-over-limit", where=shown(found.url), hint=hint)
    if found.sha256 and digest.hexdigest() != found.sha256:
        raise HashMismatchError(Link(found.url), {"sha256": [found.sha256]}, {"sha256": digest.hexdigest()})
    return target


def shown(url: str) -> str:
    """A URL without credentials and without a fragment, fit for a message and for a file that others get."""
    plain = url.partition("#")[0]
    if plain.partition("://")[0].endswith("ssh"):
        return re.sub(r"(://[^/@:\s]+):[^/@\s]*@", r"\1@", plain)  # the user is part of the address
    return without_credentials(plain)


def without_credentials(message: str) -> str:
    """A message without the user and the password of any URL in it."""
    return re.sub(r"://[^/@\s]+@", "://", message)


def filename(url: str) -> str:
    """The last part of a URL's path."""
    return unquote(urlsplit(url).path).rpartition("/")[2]


def sha256(url: str) -> str:
    """The sha256 in a URL's fragment; empty if there is none."""
    return dict(part.partition("=")[::2] for part in urlsplit(url).fragment.split("&")).get("sha256", "")


def _plain(requirement: Requirement) -> str:
    return f"{requirement.name}{requirement.specifier}"


def _file_of(package: Any) -> IndexFile:
    link = package.link
    hashes = {name: values[0] for name, values in (link.hash_option or {}).items()}
    version = str(package.version)
    with suppress(ValueError):
        version = str(Version(version))
    name, digest = canonicalize_name(package.name), hashes.get("sha256", "")
    return IndexFile(name, version, link.filename, link.url_without_fragment, digest, shown(link.comes_from or ""))


@lru_cache
def _finder(where: Sources, *, wheels: bool | None, python: str = "") -> PackageFinder:
    """Where distributions are looked for.

    :param wheels: only wheels that fit a Python, only sdists, or with ``None`` whatever there is.
    """
    from unearth import PackageFinder, TargetPython

    if where.no_index and not _existing(where.find_links):
        raise UnansweredError(
            "there is no index and no folder to look in",
            id="nowhere-to-look",
            hint="name one: --index-url or --find-links",
        )
    finder = PackageFinder(
        index_urls=[where.index_url] if where.index_url and not where.no_index else [],
        find_links=_existing(where.find_links) if where.no_index else [],
        trusted_hosts=where.trusted_hosts,
        target_python=TargetPython(tuple(map(int, python.split(".")))) if python else None,
        ignore_compatibility=not wheels,
        only_binary=[":all:"] if wheels else [],
        no_binary=[":all:"] if wheels is False else [],
    )
    # Without any source, unearth takes the public index; so these are added afterwards.
    if not where.no_index:
        for url in where.extra_index_urls:
            finder.add_index_url(url)
        for link in _existing(where.find_links):
            finder.add_find_links(link)
    session: Any = finder.session
    session.auth.prompting = sys.stdin is not None and sys.stdin.isatty()  # nobody answers a script
    return finder


def _narrowed(finder: PackageFinder, name: str) -> PackageFinder:
    """A finder that looks at one project's files in folders, and not at all files for each of many projects."""
    from unearth import Link

    found = copy.copy(finder)
    found.sources = []
    for source in finder.sources:
        url = source["url"]
        folder = Link(url).file_path if url.startswith("file:") else Path(url)
        if source["type"] == "find_links" and folder.is_dir():
            files = _by_first_word(folder, folder.stat().st_mtime_ns)
            for file in (*files.get("", ()), *files.get(_first_word(name), ())):
                found.add_find_links(str(file))
        else:
            found.sources.append(source)
    return found


def _first_word(name: str) -> str:
    return canonicalize_name(name).partition("-")[0]


@lru_cache
def _by_first_word(folder: Path, _changed: int) -> dict[str, list[Path]]:
    """The files of a folder by the first word of their names; pages, which may link to any project, by none."""
    found: dict[str, list[Path]] = {}
    for file in folder.iterdir():
        is_page = file.suffix.lower() in (".html", ".htm")
        found.setdefault("" if is_page else _first_word(file.name), []).append(file)
    return found


def _existing(links: Sequence[str]) -> list[str]:
    """The links that unearth takes: a folder may be yet to come, since it is where the archives are written."""
    return [link for link in links if "://" in link or Path(link).exists()]


def _asked_place(error: Exception) -> str:
    """The address that was asked when the HTTP library raised this; empty if it does not say."""
    try:
        return shown(str(error.request.url))  # type: ignore[attr-defined]
    except (AttributeError, RuntimeError):  # of no request, or before one
        return ""


@contextmanager
def _explained(name: str) -> Iterator[list[str]]:
    """Turn what the HTTP library raises into a sentence, and collect what unearth only logs.

    :return: what was logged: a source that does not have the project, or cannot be read.
    """
    from unearth.errors import UnpackError

    certificates = os.environ.get("PIP_CERT") or os.environ.get("REQUESTS_CA_BUNDLE")
    if certificates:
        os.environ.setdefault("SSL_CERT_FILE", certificates)  # the name that unearth's HTTP library knows
    heard: list[str] = []
    handler, logger = logging.Handler(logging.WARNING), logging.getLogger("unearth")
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield heard
    except (AugbackendError, UnpackError):
        raise
    except Exception as error:
        of_http = type(error).__module__.startswith(("httpx", "httpcore", "unearth"))  # httpx2, by unearth's version
        if not of_http and not isinstance(error, (OSError, ValueError)):
            raise
        hint = "is the network there? --offline uses what was downloaded before"
        what = f"the index cannot be asked for {name}: {type(error).__name__}: {error}"
        raise UnansweredError(what, id="index-does-not-answer", where=_asked_place(error), hint=hint) from None
    finally:
        logger.removeHandler(handler)
