"""An sdist or a wheel that was made here, as the index is to tell of it; a wheel gets its metadata beside it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from augbackend.cli.fetch import cache, sdist, wheel_content
from augbackend.cli.model.published_file import PublishedFile
from augbackend.standards.core_metadata import Document, parse

from . import site_project

if TYPE_CHECKING:
    from pathlib import Path


def of_sdist(archive: Path, made_from: str, upstream: PublishedFile | None) -> PublishedFile:
    """What is said of a wrapped sdist.

    Its upload time is upstream's, whose content it has; without one, the newest time in it: the same in every run.
    What is yanked stays yanked.

    :param made_from: the sha256 of upstream's sdist; empty if it was made of a source tree.
    :param upstream: that sdist, as its index tells of it; ``None`` if it is on none.
    :raises AugbackendError: if it is no sound sdist.
    """
    with sdist.opened(archive) as opened:
        document, newest = metadata_of(opened), opened.newest
    time = upstream.upload_time if upstream else ""
    if not time and newest:
        time = datetime.fromtimestamp(newest, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    stated = document.value("requires-python") if document else ""
    return replace(
        _file(archive),
        requires_python=stated or (upstream.requires_python if upstream else ""),
        upload_time=time,
        yanked=upstream.yanked if upstream else None,
        kind="wrapped",
        made_from=made_from,
    )


def of_copy(file: Path, upstream: PublishedFile) -> PublishedFile:
    """What is said of a copy of upstream's: what upstream says of it; a wheel has its metadata beside it in any case.

    :raises UnsoundWheelError: if it is to be a wheel, and is none.
    """
    said = of_wheel(file) if file.name.endswith(".whl") else _file(file)
    return replace(
        said,
        url=site_project.address(file.name, said.sha256, is_copy=True),
        hashes={**upstream.hashes, **said.hashes},
        requires_python=upstream.requires_python or said.requires_python,
        upload_time=upstream.upload_time,
        yanked=upstream.yanked,
        kind="copied",
    )


def of_wheel(wheel: Path, sdist_of_it: PublishedFile | None = None) -> PublishedFile:
    """What is said of a wheel; its metadata is written beside it (PEP 658).

    :param sdist_of_it: the wrapped one that it was built of: the wheel is as old as that, and yanked with it.
    :raises UnsoundWheelError: if it is none.
    """
    content = wheel_content.metadata(wheel)
    wheel.with_name(wheel.name + site_project.METADATA).write_bytes(content)
    said = replace(
        _file(wheel),
        requires_python=parse(content).value("requires-python"),
        core_metadata={"sha256": hashlib.sha256(content).hexdigest()},
        kind="built",
    )
    if sdist_of_it is None:
        return said
    return replace(
        said,
        upload_time=sdist_of_it.upload_time,
        yanked=sdist_of_it.yanked,
        made_from=sdist_of_it.made_from,
        built_from=sdist_of_it.sha256,
    )


def metadata_of(opened: sdist.Sdist) -> Document | None:
    """The ``PKG-INFO`` of an sdist, if it has one."""
    content = opened.read("PKG-INFO")
    return parse(content) if content is not None else None


def _file(path: Path) -> PublishedFile:
    digest = cache.sha256(path)
    return PublishedFile(
        path.name, site_project.address(path.name, digest), {"sha256": digest}, size=path.stat().st_size
    )
