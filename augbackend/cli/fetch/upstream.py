"""What is to be wrapped, found and fetched: a requirement, a URL, a repository, a folder or an sdist at hand.

::

    what the user wrote -> Target -> cache, index, repository or disk -> Upstream, an sdist on this disk
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from augbackend.cli import loudness
from augbackend.cli.model import package_sources
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.locked_version import exact_version
from augbackend.cli.model.package_sources import NOWHERE
from augbackend.cli.model.requirement import why_none
from augbackend.errors import AugbackendError

from . import cache as caches
from . import index, repository, sdist_of_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.model.declaration import Declaration

    from .lookup import Lookup

_ARCHIVES = (".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NAMED_URL = re.compile(r"[\w.\[\], -]+@\s*[A-Za-z][A-Za-z0-9+.-]*:")
_VCS = re.compile(r"(git|hg|svn|bzr)\+")


@dataclass(frozen=True)
class Target:
    """One package to be wrapped; exactly one of ``requirement``, ``url`` and ``path`` says where it is.

    :param name: of the project, canonical; empty if only its sdist can tell.
    :param requirement: to be looked up on an index.
    :param url: of an sdist, or of a repository (``git+…``).
    :param sha256: of the sdist, where a lock says it.
    :param extras: that were asked for, as in ``[cuda,test]``; empty for none. An archive is the same for all of them.
    :param marker: that was asked for; empty for none. An archive is for every environment.
    """

    name: str = ""
    requirement: str = ""
    url: str = ""
    path: Path | None = None
    sha256: str = ""
    extras: str = ""
    marker: str = ""


@dataclass(frozen=True)
class Upstream:
    """An sdist on this disk, and where it came from.

    :param name: asked for, canonical; empty if any will do.
    :param version: asked for; empty if any will do.
    :param url: for others to fetch it again; empty if it was on a disk only.
    :param sha256: of the sdist as it was published; empty if it was made from a source tree.
    :param source: in a few words.
    """

    path: Path
    name: str
    version: str
    url: str
    sha256: str
    source: str


def parse(text: str) -> Target:
    """Understand what the user named.

    :raises AugbackendError: if it is neither a requirement, a URL nor a path, or may be two of them.
    """
    try:
        urlsplit(text)
    except ValueError as error:
        raise CliError(
            f"it is not a valid URL: {error}", id="not-a-url", where=text, hint="is it spelled right?"
        ) from None
    if _VCS.match(text):
        return Target(url=text)
    if _URL.match(text):
        return Target(url=text, sha256=index.sha256(text))
    looks_like_path = os.sep in text or "/" in text or text.startswith(".") or text.endswith(_ARCHIVES)
    if looks_like_path and not _NAMED_URL.match(text):
        path = Path(text)
        if not path.exists():
            hint = f"is the path right? There is {_nearest(path)}" if _nearest(path) else "is the path right?"
            raise CliError("there is no such file or folder", id="no-such-path", where=text, hint=hint)
        if not path.is_file() and not path.is_dir():  # to read a pipe would wait for ever
            raise CliError(
                "it is neither a file nor a folder",
                id="neither-file-nor-folder",
                where=text,
                hint="save the sdist to a file",
            )
        return Target(path=path)
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        hint = "name a requirement (flash-attn==2.8.3), an sdist, a ./folder or a URL"
        raise CliError(why_none(text, error), id="not-a-requirement", where=text, hint=hint) from None
    _check_is_no_path(text.strip())
    name = canonicalize_name(requirement.name)
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    found = Target(name=name, extras=extras, marker=str(requirement.marker or ""))
    if requirement.url:
        return replace(found, url=requirement.url, sha256=index.sha256(requirement.url))
    return replace(found, requirement=f"{name}{requirement.specifier}")


def _nearest(path: Path) -> str:
    """What is there by a name that is almost a path's; empty if there is nothing like it."""
    try:
        names = [one.name for one in path.parent.iterdir()]
    except OSError:
        return ""
    return next((str(path.with_name(one)) for one in difflib.get_close_matches(path.name, sorted(names), 1, 0.75)), "")


def _check_is_no_path(name: str) -> None:
    """Make sure that a name does not mean a file or folder as well: guessing would wrap one for the other."""
    if "." in name and Path(name).is_file():
        hint = f'augbackend diagnose ./{name} reads a list of requirements; "{name}>=0" is the published package'
        what = f"{name} is a file here, and the name of a package"
        raise CliError(what, id="file-or-package", where=str(Path.cwd()), hint=hint)
    if Path(name).is_dir():
        hint = f'write ./{name} for the folder, and "{name}>=0" or {name}==VERSION for the published package'
        raise CliError(
            f"{name} is a folder here, and the name of a package",
            id="folder-or-package",
            where=str(Path.cwd()),
            hint=hint,
        )


def is_repository(url: str) -> bool:
    """Whether a URL is a repository's (``git+…``)."""
    return _VCS.match(url) is not None


def is_built(target: Target) -> bool:
    """Whether its sdist is made by its own backend: other people's code."""
    return is_repository(target.url) or (target.path is not None and target.path.is_dir())


@contextmanager
def fetched(target: Target, declaration: Declaration, lookup: Lookup) -> Iterator[Upstream]:
    """Have the target's sdist on this disk, for as long as the context lasts.

    A repository or a folder is made into one by its own backend, with what the declaration says in its environment.

    :raises AugbackendError: if it cannot be had.
    """
    if target.path is not None and target.path.is_dir():
        with sdist_of_tree.sdist_of(target.path, declaration, lookup.where) as path:
            yield Upstream(path, target.name, "", "", "", f"made from {target.path}")
    elif target.path is not None:
        digest = caches.sha256(target.path)
        _check_digest(digest, target.sha256, str(target.path))
        yield Upstream(target.path, target.name, "", "", digest, "the file given")
    elif _VCS.match(target.url):
        with repository.sdist_of(target.url, declaration, lookup) as (path, url):
            yield Upstream(path, target.name, "", url, "", f"made from {url}")
    elif target.url:
        yield _from_url(target, lookup)
    else:
        yield _from_index(Requirement(target.requirement), lookup)


def _from_index(requirement: Requirement, lookup: Lookup) -> Upstream:
    name, cache = canonicalize_name(requirement.name), lookup.cache
    allowed = [exact_version(requirement)]
    if lookup.offline and not allowed[0]:
        allowed = list(requirement.specifier.filter(cache.versions(name, lookup.where)))
    known = cache.newest(name, filter(None, allowed), lookup.where)
    path = cache.sdist(known.sha256, known.filename) if known else None
    if known is not None and path is not None:
        loudness.detail(f"{path.name} was downloaded before, from {index.shown(known.url)}")
        return Upstream(path, name, known.version, index.shown(known.url), known.sha256, "the cache")
    if not lookup.offline:
        return _downloaded(index.find_sdist(requirement, lookup.where, not_in=lookup.output), lookup)
    where = package_sources.only_folders(lookup.where)
    try:
        found = index.find_sdist(requirement, where, not_in=lookup.output)
    except AugbackendError:
        hint = "run it once without --offline"
        what = f"no sdist of {requirement} was downloaded before"
        raise CliError(what, id="no-sdist-offline", where=str(cache.folder), hint=hint) from None
    return _downloaded(found, lookup)


def _from_url(target: Target, lookup: Lookup) -> Upstream:
    filename, scheme = index.filename(target.url), urlsplit(target.url).scheme
    if scheme not in ("http", "https", "file"):
        hint = "https://…/name-version.tar.gz, or git+https://… for a repository"
        raise CliError(
            f"a URL of the scheme {scheme!r} cannot be fetched",
            id="unknown-url-scheme",
            where=index.shown(target.url),
            hint=hint,
        )
    place = index.shown(target.url)
    known = lookup.cache.recall("url", _url_key(place), NOWHERE)
    digest = target.sha256 or (known.sha256 if known else "")
    path = lookup.cache.sdist(digest, filename)
    if path is not None:
        return Upstream(path, target.name, "", place, digest, "the cache")
    found = index.IndexFile(target.name, "", filename, target.url, target.sha256)
    return _downloaded(found, lookup)


def _downloaded(found: index.IndexFile, lookup: Lookup) -> Upstream:
    is_local = urlsplit(found.url).scheme == "file"
    with tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
        path = index.download(found, Path(folder), lookup.where, offline=lookup.offline)
        digest = caches.sha256(path)
        _check_digest(digest, found.sha256, index.shown(found.url))
        if is_local:
            return Upstream(path, found.name, found.version, "", digest, f"a folder of find-links, {path.name}")
        kept = lookup.cache.keep(path, digest)
    place = index.shown(found.url)
    if found.version:
        lookup.cache.remember(replace(found, url=place, sha256=digest), lookup.where)
    else:
        note = index.IndexFile("url", _url_key(place), found.filename, place, digest)
        lookup.cache.remember(note, NOWHERE)
    return Upstream(kept, found.name, found.version, place, digest, "the index" if found.version else place)


def _check_digest(digest: str, wanted: str, where: str) -> None:
    if wanted and digest != wanted:
        hint = "the file was changed, or the lock means another one"
        raise CliError(f"its sha256 is {digest}, expected {wanted}", id="wrong-sha256", where=where, hint=hint)


def _url_key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
