"""A repository at a commit, checked out and made into an sdist."""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from unearth import Link
from unearth.errors import UnpackError, URLError
from unearth.vcs import vcs_support

from augbackend.cli import progress
from augbackend.cli.strangers import sdist_of_tree
from augbackend.errors import AugbackendError

from . import cache as caches
from . import index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.model.declaration import Declaration

    from .cache import Cache

_COMMIT = 40  # hexadecimal digits of a full commit id


@contextmanager
def sdist_of(url: str, declaration: Declaration, cache: Cache, *, offline: bool) -> Iterator[tuple[Path, str]]:
    """The sdist of a repository (``git+https://host/path@revision#subdirectory=folder``), and its URL at the commit.

    A full commit id never changes what it means, so that a second run is answered from the cache.

    :raises AugbackendError: if it cannot be fetched, or its backend makes no sdist of it.
    """
    link = Link(url)
    if link.hash or not link.vcs:
        raise AugbackendError("a repository has no hash", where=index.shown(url), hint="name a commit: …@<commit>")
    revision = link.parsed.path.rpartition("@")[2] if "@" in link.parsed.path else ""
    if _is_commit(revision):
        known = _recalled(cache, _at(link, revision), declaration)
        if known is not None:
            yield known, _at(link, revision)
            return
    if offline and link.parsed.scheme.rpartition("+")[2] != "file":
        hint = "run it once without --offline, with the full commit id"
        raise AugbackendError("this commit was not fetched before", where=index.shown(url), hint=hint)
    with tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
        checkout = Path(folder) / "checkout"
        backend = vcs_support.get_backend(link.vcs)
        try:
            with progress.shown(f"fetching {index.shown(url)}"):
                backend.fetch(link, checkout)
            commit = backend.get_revision(checkout)
        except (UnpackError, URLError, OSError) as error:
            lines = str(error).strip().splitlines() or ["no output"]
            hint = "is the URL right, and the revision there?"
            raise AugbackendError(f"it cannot be fetched: {lines[-1]}", where=index.shown(url), hint=hint) from None
        place, known = _at(link, commit), _recalled(cache, _at(link, commit), declaration)
        if known is None:
            tree = (checkout / (link.subdirectory or "")).resolve()
            if checkout.resolve() not in (tree, *tree.parents) or not tree.is_dir():
                raise AugbackendError(
                    "there is no such subdirectory", where=index.shown(url), hint="mend #subdirectory="
                )
            out = Path(folder) / "sdist"
            out.mkdir()
            made = sdist_of_tree.build(tree, declaration, out)
            known = cache.keep(made, caches.sha256(made))
            key = _build_key(place, declaration)
            note = index.IndexFile("repository", key, known.name, place, caches.sha256(known))
            cache.remember(note, index.Sources())
        yield known, place


def _at(link: Link, commit: str) -> str:
    """The URL that means this commit for ever, without credentials."""
    plain = link.normalized.partition("#")[0]
    if "@" in link.parsed.path:
        plain = plain.rpartition("@")[0]
    subdirectory = f"#subdirectory={link.subdirectory}" if link.subdirectory else ""
    return f"{index.shown(plain)}@{commit}{subdirectory}"


def _is_commit(revision: str) -> bool:
    return len(revision) == _COMMIT and all(digit in "0123456789abcdef" for digit in revision)


def _recalled(cache: Cache, place: str, declaration: Declaration) -> Path | None:
    known = cache.recall("repository", _build_key(place, declaration), index.Sources())
    return cache.sdist(known.sha256, known.filename) if known else None


def _build_key(place: str, declaration: Declaration) -> str:
    """What an sdist made from a commit may depend on."""
    given = [
        place,
        *declaration.for_sdist(),
        json.dumps(declaration.as_table().get("extra-build-variables", {}), sort_keys=True),
    ]
    return hashlib.sha256(json.dumps(given).encode()).hexdigest()
