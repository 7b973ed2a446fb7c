"""The index that is there, read back from its own pages: what a second run starts from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from augbackend.cli.fetch import cache
from augbackend.cli.model import published_file
from augbackend.cli.model.cli_error import CliError

from . import pages, site_project
from .site_project import SiteProject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from augbackend.cli.model.published_file import PublishedFile


def read(out: Path) -> dict[str, SiteProject]:
    """The projects that are there, by name; none if there is no such folder yet.

    :raises AugbackendError: if the folder holds something else, or a page that we have not written.
    """
    if not out.is_dir():
        return {}
    _check_is_ours(out)
    found = {}
    for file in sorted(out.glob(f"*/{pages.JSON}")):
        name = file.parent.name
        if not name.startswith("."):
            found[name] = SiteProject(name, tuple(_files_of(file)))
    return found


def project(out: Path, name: str) -> SiteProject:
    """One project that is there; one without files, if it is not.

    :raises AugbackendError: if its page is none of ours.
    """
    page = out / name / pages.JSON
    return SiteProject(name, tuple(_files_of(page)) if page.is_file() else ())


def is_whole(out: Path, project: str, one: PublishedFile) -> bool:
    """Whether a file of ours lies where its page says, with the content that the page promises."""
    file = site_project.place(out, project, one)
    if not file.is_file() or cache.sha256(file) != one.sha256:
        return False
    if one.core_metadata is None:
        return True
    beside = file.with_name(file.name + site_project.METADATA)
    return beside.is_file() and cache.sha256(beside) == one.core_metadata.get("sha256")


def _check_is_ours(out: Path) -> None:
    """Make sure that nothing of somebody else's is in the folder that is to be written to."""
    visible = [one for one in out.iterdir() if not one.name.startswith(".")]
    if visible and not (out / pages.JSON).is_file():
        hint = "name a new folder, or an empty one"
        raise CliError(
            "this folder holds something else than an index of ours",
            id="folder-not-an-index",
            where=str(out),
            hint=hint,
        )
    if visible:
        _our_document(out / pages.JSON)


def _files_of(page: Path) -> Iterator[PublishedFile]:
    document = _our_document(page)
    try:
        for entry in document["files"]:
            one = published_file.from_json(entry)
            _check_stays_below(one)
            yield one
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _unreadable(page, str(error)) from None


def _check_stays_below(one: PublishedFile) -> None:
    """What is read here is linked to, compared and deleted: no edited page may lead out of its folder."""
    is_copy = one.kind == "copied"
    if one.is_ours and one.url != site_project.address(one.filename, one.sha256, is_copy=is_copy):
        raise ValueError(f"{one.url} is no place of ours")
    if one.is_ours and published_file.identity(one.filename) is None:
        raise ValueError(f"{one.filename} is no distribution")


def _our_document(page: Path) -> Mapping[str, Any]:
    try:
        document: Any = json.loads(page.read_bytes())
        is_ours = document["meta"][published_file.KIND] is True
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise _unreadable(page, str(error)) from None
    if not is_ours:
        raise _unreadable(page, "augbackend has not written it")
    return document  # type: ignore[no-any-return]


def _unreadable(page: Path, what: str) -> CliError:
    return CliError(
        f"it is no page of an index of ours: {what}",
        id="not-our-page",
        where=str(page),
        hint="delete the folder, or name another",
    )
