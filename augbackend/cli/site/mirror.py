"""Upstream's other files on a page of ours: linked, copied, or none.

A frontend that asks one index for a project (uv takes the first that has it) sees no newer version without them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from augbackend.cli.fetch import index
from augbackend.cli.fetch.index import IndexFile
from augbackend.errors import AugbackendError

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


def copied(
    page: SiteProject, there: SiteProject | None, out: Path, lookup: Lookup, *, only_redistributable: bool
) -> tuple[list[PublishedFile], dict[str, Path]]:
    """Files of upstream's, beside the page from now on; those that may not be passed on stay linked.

    :param page: the project, with the files that are wanted.
    :param there: the page of before.
    :param lookup: whose output is a folder for what is new.
    :return: what the page says of them, and those that are new, by filename.
    :raises AugbackendError: if one cannot be had.
    """
    before = there.ours if there is not None else {}
    found, made = [], {}
    for one in page.files:
        old = before.get(one.filename)
        is_same = old is not None and old.kind == "copied" and (not one.sha256 or one.sha256 == old.sha256)
        if old is not None and is_same and on_disk.is_whole(out, page.name, old):
            found.append(replace(one, url=old.url, hashes=old.hashes, size=old.size, kind="copied",
                                 core_metadata=old.core_metadata))  # fmt: skip
            continue
        if lookup.offline:
            raise AugbackendError(f"{one.filename} was not copied before, and --offline asks no index", where=page.name)
        file = IndexFile(page.name, "", one.filename, one.url, one.sha256)
        path = index.download(file, lookup.output, lookup.where, offline=False)
        if only_redistributable and redistribution.refusal(path):
            found.append(one)
            continue
        made[one.filename] = path
        found.append(_beside(path, one))
    return found, made


def _beside(path: Path, one: PublishedFile) -> PublishedFile:
    """What is said of a copy: what upstream says, but for its place."""
    if path.name.endswith(".whl"):
        said = distribution.of_wheel(path, one.upload_time, one.yanked, "copied")
    else:
        said = distribution.of_sdist(path, one, "copied")
    return replace(
        said, hashes={**one.hashes, **said.hashes}, requires_python=one.requires_python or said.requires_python
    )
