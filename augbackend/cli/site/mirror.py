"""Upstream's other files on a page of ours: linked, copied, or none.

A frontend that asks one index for a project (uv takes the first that has it) sees no newer version without them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from augbackend.cli.fetch import index
from augbackend.cli.fetch.index import IndexFile
from augbackend.cli.fetch.wheel_content import UnsoundWheelError

from . import distribution, on_disk, redistribution

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.model.published_file import PublishedFile

    from .site_project import SiteProject

Mirror = Literal["none", "link", "copy"]


def others(upstream: Iterable[PublishedFile], wrapped: Collection[str]) -> list[PublishedFile]:
    """Upstream's files but for those that were wrapped: they do not build, and what does has all of them.

    :param wrapped: sha256 of the sdists that were.
    """
    return [one for one in upstream if not one.sha256 or one.sha256 not in wrapped]


def newer_than_ours(page: SiteProject) -> list[str]:
    """A sentence if a frontend would rather take an sdist of upstream's, which may not build, than what is wrapped."""
    ours = [page.version_of(one) for one in page.files if one.kind in ("wrapped", "built")]
    theirs = [one for one in page.files if one.kind in ("linked", "copied") and one.yanked is None]
    newest = max((page.version_of(one) for one in theirs if not page.version_of(one).is_prerelease), default=None)
    if not ours or newest is None or newest <= max(ours):
        return []
    if any(one.filename.endswith(".whl") for one in theirs if page.version_of(one) == newest):
        return []
    what = f"{page.name}: upstream's {newest} is newer than {max(ours)} and has no wheel"
    return [f"{what}; frontends take it where no version is asked for. Wrap it, too, or use --mirror none"]


def there_already(wanted: PublishedFile, before: SiteProject | None, out: Path) -> PublishedFile | None:
    """What is said of a copy that is there, as upstream has the file; ``None`` if there is none.

    :param before: the page of before.
    """
    old = before.ours.get(wanted.filename) if before is not None else None
    if before is None or old is None or old.kind != "copied" or (wanted.sha256 and wanted.sha256 != old.sha256):
        return None
    if not on_disk.is_whole(out, before.name, old):
        return None
    return replace(old, requires_python=wanted.requires_python or old.requires_python, yanked=wanted.yanked)


def copied(
    name: str, wanted: PublishedFile, lookup: Lookup, *, only_redistributable: bool
) -> tuple[PublishedFile, Path | None]:
    """A file of upstream's, to be beside the page; one that may not be passed on, or is unsound, stays linked.

    :param name: of the project.
    :param lookup: whose output is a folder for it.
    :return: what the page says of it, and where it is.
    :raises AugbackendError: if it cannot be had.
    """
    file = IndexFile(name, "", wanted.filename, wanted.url, wanted.sha256)
    path = index.download(file, lookup.output, lookup.where, offline=lookup.offline)
    try:
        if only_redistributable and redistribution.refusal(path):
            return wanted, None
        return distribution.of_copy(path, wanted), path
    except UnsoundWheelError:
        return wanted, None
