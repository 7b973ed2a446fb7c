"""A project's file, pointed to its wrapped archives: its sources, and the entries of uv's that stand in their way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from augbackend.cli.edit import pyproject, replace_file, uv_sources
from augbackend.standards.requirements import canonical_name
from augbackend.table import layers

from . import uv_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.model.asked_in import AskedIn
    from augbackend.cli.project.project import Project

    from .uv_entries import UvEntry


class ArchivePlace(NamedTuple):
    """An archive, and where the project is to take it.

    :param marker: of the environments that it is for; empty for all of them.
    :param asked_in: the extras and groups that it is for; empty for all of them, and for no extra.
    :param beside: sources of the user's that stay beside it.
    """

    name: str
    archive: Path
    marker: str
    asked_in: tuple[AskedIn, ...] = ()
    beside: tuple[Mapping[str, Any], ...] = ()


def check_editable(project: Project, names: Iterable[str], output: Path) -> None:
    """Make sure that the file can be edited, before anything is written.

    :raises AugbackendError: if they cannot.
    """
    folder = uv_sources.relative(output, project.file.parent)
    names = list(names)
    new = [name for name in names if not uv_sources.leads_into(project.document, name, folder)]
    places = {name: [{"path": f"{folder}/archive.tar.gz"}] for name in new}
    text, _ = pyproject.read(project.file)
    uv_sources.pointed(text, places, folder)
    if uv_entries.can_be_moved(project):
        uv_entries.moved(text, uv_entries.in_the_way(project, [(name, True) for name in names]))


def point(
    project: Project, places: Sequence[ArchivePlace], entries: Sequence[UvEntry], output: Path, *, check: bool
) -> bool:
    """Point the sources to the archives; whether they are as they should be.

    :param entries: what has to leave ``[tool.uv]``.
    :param check: write nothing.
    :raises AugbackendError: if the file cannot be edited.
    """
    old, mark = pyproject.read(project.file)
    new = uv_sources.pointed(old, sources(project, places), uv_sources.relative(output, project.file.parent))
    new = uv_entries.moved(new, entries)
    if new != old and not check:
        replace_file.replace_file(project.file, f"{mark}{new}".encode())
    return new == old or not check


def sources(project: Project, places: Sequence[ArchivePlace]) -> dict[str, list[dict[str, Any]]]:
    """The sources that lead to archives, as uv has them, by package; without those that are not told apart."""
    unclear = not_told_apart(project, places)
    found: dict[str, list[dict[str, Any]]] = {}
    for place in places:
        if place.name not in unclear:
            path = uv_sources.relative(place.archive, project.file.parent)
            marker = {"marker": place.marker} if place.marker else {}
            chosen: list[dict[str, Any]] = [{str(one.kind): one.name} for one in place.asked_in] or [{}]
            found.setdefault(place.name, []).extend({"path": path, **one, **marker} for one in chosen)
    for place in places:
        listed = found.get(place.name, [])
        listed += [dict(one) for one in place.beside if one not in listed]
    return found


def not_told_apart(project: Project, places: Iterable[ArchivePlace]) -> list[str]:
    """Packages in several versions that neither markers nor extras of this project tell apart."""
    by_name: dict[str, list[ArchivePlace]] = {}
    for place in places:
        by_name.setdefault(place.name, []).append(place)
    here = canonical_name(str(layers.at(project.document, "project", "name", default="")))
    return [
        name
        for name, found in by_name.items()
        if len(found) > 1
        and not all(one.marker for one in found)
        and not all(one.asked_in and all(it.kind and it.project == here for it in one.asked_in) for one in found)
    ]
