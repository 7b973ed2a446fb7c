"""A repository at a commit, checked out and made into an sdist."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from augbackend.cli import progress
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.package_sources import NOWHERE
from augbackend.cli.strangers import temporary_folder

from . import cache as caches
from . import index, sdist_of_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from unearth import Link

    from augbackend.cli.model.declaration import Declaration

    from .cache import Cache
    from .lookup import Lookup

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")  # a full id, by SHA-1 or by SHA-256
_HELPER = re.compile(r"\w+\+[^/:]*::")  # such as git+ext::, see gitremote-helpers(7)


def link(url: str) -> Link:
    """A repository's URL, taken apart.

    :raises AugbackendError: if it is no URL, or if git would run a command to fetch it.
    """
    if _HELPER.match(url):
        hint = "name it by https or ssh: git+https://…"
        raise CliError(
            "git would run a command to fetch it", id="git-would-run-command", where=index.shown(url), hint=hint
        )
    from unearth import Link

    found = Link(url)
    try:
        found.parsed  # noqa: B018  # raises the error
    except ValueError as error:
        raise CliError(
            f"it is no URL: {error}", id="not-a-repository-url", where=index.shown(url), hint="is it spelled right?"
        ) from None
    return found


@dataclass(frozen=True)
class Checkout:
    """A repository at a commit, as a folder that may be built in.

    :param folder: what it is in, and all that its code may write to.
    :param below: the package's folder in it; empty if it is the checkout itself.
    :param place: the URL that means this commit for ever, without credentials.
    """

    top: Path
    folder: Path
    below: str
    place: str

    @property
    def tree(self) -> Path:
        """The package's folder."""
        return self.top / self.below


@contextmanager
def checked_out(url: str, lookup: Lookup) -> Iterator[Checkout]:
    """A repository (``git+https://host/path@revision#subdirectory=folder``), checked out for as long as this lasts.

    :raises AugbackendError: if it cannot be fetched.
    """
    from unearth.errors import UnpackError, URLError

    from . import checkout

    to = _sound_link(url)
    if lookup.offline and to.parsed.scheme.rpartition("+")[2] != "file":
        hint = "run it once without --offline, with the full commit id"
        raise CliError(
            "this commit was not fetched before", id="commit-not-fetched-before", where=index.shown(url), hint=hint
        )
    with temporary_folder.temporary() as above:
        folder = above / "confined"
        folder.mkdir()
        top = folder / "checkout"
        try:
            with progress.shown(f"fetching {index.shown(url)}"):
                commit = checkout.checked_out(to, top)
            _forget_credentials(top)
        except (UnpackError, URLError, OSError) as error:
            lines = str(error).strip().splitlines() or ["no output"]
            lines = [line for line in lines if line.startswith("fatal: ")][:1] or lines  # git's advice is below that
            hint = "is the URL right, and the revision there?"
            what = f"it cannot be fetched: {index.without_credentials(lines[-1])}"
            raise CliError(what, id="cannot-fetch-repository", where=index.shown(url), hint=hint) from None
        tree = (top / (to.subdirectory or "")).resolve()
        if top.resolve() not in (tree, *tree.parents) or not tree.is_dir():
            raise CliError(
                "there is no such subdirectory",
                id="no-such-subdirectory",
                where=index.shown(url),
                hint="mend #subdirectory=",
            )
        below = tree.relative_to(top.resolve()).as_posix().removeprefix(".")
        yield Checkout(top, folder, below, _at(to, commit))


@contextmanager
def sdist_of(url: str, declaration: Declaration, lookup: Lookup) -> Iterator[tuple[Path, str]]:
    """The sdist of a repository (``git+https://host/path@revision#subdirectory=folder``), and its URL at the commit.

    A full commit id always means the same files, so a second run is answered from the cache.

    :raises AugbackendError: if it cannot be fetched, or its backend makes no sdist of it.
    """
    to, cache = _sound_link(url), lookup.cache
    revision = to.parsed.path.rpartition("@")[2] if "@" in to.parsed.path else ""
    if COMMIT.fullmatch(revision):
        known = _recalled(cache, _at(to, revision), declaration)
        if known is not None:
            yield known, _at(to, revision)
            return
    with checked_out(url, lookup) as there:
        place, known = there.place, _recalled(cache, there.place, declaration)
        if known is None:
            workplace = sdist_of_tree.Workplace(there.top, there.folder, place)
            made = sdist_of_tree.sdist_of_checkout(workplace, there.below, declaration, lookup.where)
            known = cache.keep(made, caches.sha256(made))
            key = _build_key(place, declaration)
            note = index.IndexFile("repository", key, known.name, place, caches.sha256(known))
            cache.remember(note, NOWHERE)
        yield known, place


def _sound_link(url: str) -> Link:
    to = link(url)
    if to.hash or not to.vcs:
        raise CliError(
            "a repository has no hash",
            id="repository-has-no-hash",
            where=index.shown(url),
            hint="name a commit: …@<commit>",
        )
    return to


def _forget_credentials(folder: Path) -> None:
    """Take the user and the password out of the checkout's own settings: its build may read those."""
    for file in (folder / ".git").glob("**/config"):
        if file.is_file() and not file.is_symlink():
            file.write_bytes(re.sub(rb"(?<=://)[^/@\s]*@", b"", file.read_bytes()))


def _at(link: Link, commit: str) -> str:
    """The URL that means this commit for ever, without credentials."""
    plain = link.normalized.partition("#")[0]
    if "@" in link.parsed.path:
        plain = plain.rpartition("@")[0]
    subdirectory = f"#subdirectory={link.subdirectory}" if link.subdirectory else ""
    return f"{index.shown(plain)}@{commit}{subdirectory}"


def _recalled(cache: Cache, place: str, declaration: Declaration) -> Path | None:
    known = cache.recall("repository", _build_key(place, declaration), NOWHERE)
    return cache.sdist(known.sha256, known.filename) if known else None


def _build_key(place: str, declaration: Declaration) -> str:
    """What an sdist made from a commit may depend on."""
    constraints = [one.entry.text for one in declaration.build_constraints]
    given = [
        "tree and sdist",
        place,
        declaration.for_sdist(),
        declaration.as_table(),
        *([constraints] if constraints else []),
    ]
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
