"""What ``[tool.uv.sources]`` has for one package: entries of the user's, and those that lead to archives of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import pyproject, uv_sources
from augbackend.cli.fetch import index
from augbackend.table import layers

from . import build_sources, environment_marker, project_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class SourceEntries:
    """The sources of one package.

    :param theirs: as the user wrote them; those that ours have replaced among them.
    :param ours: that lead to archives of ours.
    :param beside: what stands beside ours.
    """

    theirs: tuple[Mapping[str, Any], ...] = ()
    ours: tuple[Mapping[str, Any], ...] = ()
    beside: tuple[Mapping[str, Any], ...] = ()

    @property
    def wheels(self) -> list[Mapping[str, Any]]:
        """Entries that point to a wheel."""
        return [one for one in self.theirs if wheel(one)]

    @property
    def are_wheels(self) -> bool:
        """Whether the user points to wheels, and to nothing else."""
        return bool(self.theirs) and len(self.wheels) == len(self.theirs)

    @property
    def marker(self) -> str | None:
        """Of the one archive of ours; ``None`` if there is not one."""
        return str(self.ours[0].get("marker", "")) if len(self.ours) == 1 else None

    @property
    def indexes(self) -> list[str]:
        """The names of the indexes that the package is taken from."""
        return [str(one["index"]) for one in self.theirs if "index" in one]

    def kept(self, elsewhere: str) -> list[dict[str, Any]]:
        """The entries to stand beside ours: wheels; and what is true where nothing has to be built.

        :param elsewhere: the marker of the environments where it has not; empty if it has everywhere.
        """
        found = [dict(one) for one in self.wheels]
        for one in self.theirs if elsewhere else ():
            if "index" in one:
                marker = environment_marker.joined(str(one.get("marker", "")), elsewhere)
                found.append({**one, "marker": marker})
        return found


def read(document: Mapping[str, Any], file: Path, name: str, is_ours: Callable[[Path], bool]) -> SourceEntries:
    """The entries of one package.

    :param file: of the document; its comments remember what was replaced.
    :param is_ours: whether a path leads to an archive of ours.
    """
    entries = uv_sources.entries(document, name)
    ours = [one for one in entries if "path" in one and is_ours(file.parent / str(one["path"]))]
    if not ours:
        return SourceEntries(tuple(entries))
    theirs = uv_sources.entries_before(pyproject.read(file)[0], name)
    return SourceEntries(tuple(theirs), tuple(ours), tuple(one for one in entries if one not in ours))


def of_members(root: Path, document: Mapping[str, Any], name: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The entries that members of a workspace have of their own, each with its file: uv takes these, not the root's.

    :param root: the folder of the root.
    :param document: its ``pyproject.toml``.
    """
    for member in project_root.members(root, document):
        for entry in uv_sources.entries(layers.read_pyproject(member), name):
            if "workspace" not in entry and not ("path" in entry and build_sources.is_ours(entry, member)):
                yield member / "pyproject.toml", entry


def wheel(entry: Mapping[str, Any]) -> str:
    """The name of the wheel that an entry points to; empty if it does not point to one."""
    filename = index.filename(str(entry.get("url") or entry.get("path") or ""))
    return filename if filename.endswith(".whl") else ""
