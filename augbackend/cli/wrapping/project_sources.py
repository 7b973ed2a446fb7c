"""A project's file, pointed to its wrapped archives: its sources, and the entries of uv's that stand in their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.edit import pyproject, replace_file, uv_sources

from . import uv_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from augbackend.cli.project.project import Project

    from .uv_entries import UvEntry

    Place = tuple[str, Path, str]  # name, archive, marker


def check_editable(project: Project, names: Iterable[str], output: Path) -> None:
    """Make sure that the file can be edited, before anything is written.

    :raises AugbackendError: if they cannot.
    """
    folder = uv_sources.relative(output, project.file.parent)
    names = list(names)
    new = [name for name in names if not uv_sources.leads_into(project.document, name, folder)]
    places = {name: [(f"{folder}/archive.tar.gz", "")] for name in new}
    text, _ = pyproject.read(project.file)
    uv_sources.pointed(text, places, folder)
    if uv_entries.can_be_moved(project):
        uv_entries.moved(text, uv_entries.in_the_way(project, [(name, True) for name in names]))


def point(project: Project, places: Sequence[Place], entries: Sequence[UvEntry], output: Path, *, check: bool) -> bool:
    """Point the sources to the archives; whether they are as they should be.

    :param places: of each archive its package's name, its path, and the marker of the environments that it is for.
    :param entries: what has to leave ``[tool.uv]``.
    :param check: write nothing.
    :raises AugbackendError: if the file cannot be edited.
    """
    unclear = told_apart_by_extras((name, marker) for name, _, marker in places)
    archives: dict[str, list[tuple[str, str]]] = {}
    for name, archive, marker in places:
        if name not in unclear:
            archives.setdefault(name, []).append((uv_sources.relative(archive, project.file.parent), marker))
    old, mark = pyproject.read(project.file)
    new = uv_sources.pointed(old, archives, uv_sources.relative(output, project.file.parent))
    new = uv_entries.moved(new, entries)
    if new != old and not check:
        replace_file.replace_file(project.file, f"{mark}{new}".encode())
    return new == old or not check


def told_apart_by_extras(packages: Iterable[tuple[str, str]]) -> list[str]:
    """Packages in several versions that no marker tells apart: uv's sources then have to name the extras.

    :param packages: names and markers.
    """
    markers: dict[str, list[str]] = {}
    for name, marker in packages:
        markers.setdefault(name, []).append(marker)
    return [name for name, found in markers.items() if len(found) > 1 and not all(found)]
