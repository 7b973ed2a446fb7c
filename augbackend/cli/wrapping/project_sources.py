"""The sources of a project, pointed to its wrapped archives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import replace_file, uv_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.project.project import Project

    Place = tuple[str, Path, str, Sequence[Mapping[str, Any]]]  # name, archive, marker, what stays beside it


def check_editable(project: Project, names: Iterable[str], output: Path) -> None:
    """Make sure that the sources can be written, before anything is.

    :raises AugbackendError: if they cannot.
    """
    folder = uv_sources.relative(output, project.file.parent)
    new = [name for name in names if not uv_sources.leads_into(project.document, name, folder)]
    places = {name: [(f"{folder}/archive.tar.gz", "")] for name in new}
    uv_sources.pointed(project.file.read_bytes().decode("utf-8"), places, folder)


def point(project: Project, places: Sequence[Place], output: Path, *, check: bool) -> bool:
    """Point the sources to the archives; whether they are as they should be.

    :param places: of each archive its package's name, its path, the marker of the environments that it is for, and the
        sources of the user's that stay beside it.
    :param check: write nothing.
    """
    unclear = told_apart_by_extras((name, marker) for name, _, marker, _ in places)
    beside = {name: those for name, _, _, those in places}
    archives: dict[str, list[tuple[str, str]]] = {}
    for name, archive, marker, _ in places:
        if name not in unclear:
            archives.setdefault(name, []).append((uv_sources.relative(archive, project.file.parent), marker))
    old = project.file.read_bytes().decode("utf-8")
    new = uv_sources.pointed(old, archives, uv_sources.relative(output, project.file.parent), beside)
    if new != old and not check:
        replace_file.replace_file(project.file, new.encode())
    return new == old or not check


def told_apart_by_extras(packages: Iterable[tuple[str, str]]) -> list[str]:
    """Packages in several versions that no marker tells apart: uv's sources then have to name the extras.

    :param packages: names and markers.
    """
    markers: dict[str, list[str]] = {}
    for name, marker in packages:
        markers.setdefault(name, []).append(marker)
    return [name for name, found in markers.items() if len(found) > 1 and not all(found)]
