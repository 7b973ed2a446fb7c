"""What became of an index: the values that its report and ``--json`` are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Optional

from augbackend.cli.model import error_report

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from augbackend.cli.model.published_file import PublishedFile
    from augbackend.errors import AugbackendError

    from .site_project import SiteProject
    from .wheel_run import WheelRun


@dataclass(frozen=True)
class IndexEntry:
    """One file that was asked for.

    :param file: as its page tells of it; ``None`` if it is not there, and nothing was to be written.
    :param state: ``written``, ``unchanged``, ``stale`` or ``missing``.
    :param why: what differs from what was there, where that is stale.
    :param said: what its build gets, in a few words.
    :param recipe: that some of that is of, in words; empty for none.
    """

    project: str
    version: str
    filename: str
    file: PublishedFile | None
    state: str
    why: str
    said: str
    url: str
    recipe: str = ""


@dataclass(frozen=True)
class LeftOut:
    """What was asked for and is not in the index, for a reason that is no failure."""

    what: str
    why: str


@dataclass(frozen=True)
class LostEntry:
    """What was asked for and could not be had."""

    what: str
    error: AugbackendError


@dataclass(frozen=True)
class IndexRun:
    """The whole.

    :param projects: those of the index, each with the numbers of its own files and of those that are linked.
    :param written: files and pages, below the folder.
    :param stale: what is not as it should be, where nothing was to be written.
    :param removed: by ``--prune``.
    :param passed_over: packages of files that nothing is declared for.
    :param notes: what is worth knowing, a sentence each.
    :param wheels: that were wanted; ``None`` if none were.
    """

    out: Path
    entries: tuple[IndexEntry, ...]
    projects: tuple[tuple[str, int, int], ...]
    written: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    failures: tuple[LostEntry, ...] = ()
    passed_over: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    wheels: Optional[WheelRun] = None

    @property
    def is_lacking(self) -> bool:
        """Whether some of what was asked for could not be had."""
        return bool(self.failures) or (self.wheels is not None and self.wheels.is_lacking)

    def with_wheels(self, wheels: WheelRun, projects: Iterable[SiteProject]) -> IndexRun:
        """The same, with what became of its wheels.

        :param projects: those of the index now.
        """
        written = [f"{one.build.project}/{one.file.url}" for one in wheels.wheels if one.state == "built" and one.file]
        numbers = tuple(one.numbers for one in projects)
        return replace(self, wheels=wheels, projects=numbers, written=(*self.written, *written))

    def as_json(self) -> dict[str, Any]:
        """The run for a script."""
        return {
            "index": str(self.out),
            "entries": [
                {
                    "project": one.project,
                    "version": one.version,
                    "filename": one.filename,
                    "path": f"{one.project}/{one.file.url}" if one.file else "",
                    "sha256": one.file.sha256 if one.file else "",
                    "size": one.file.size if one.file else None,
                    "upload-time": one.file.upload_time if one.file else "",
                    "made-from": one.url,
                    "recipe": one.recipe,
                    "state": one.state,
                    "why": one.why,
                }
                for one in self.entries
            ],
            "projects": [{"name": name, "files": own, "linked": linked} for name, own, linked in self.projects],
            "written": list(self.written),
            "stale": list(self.stale),
            "removed": list(self.removed),
            "left-out": [{"what": one.what, "why": one.why} for one in self.left_out],
            "failures": [{"asked": one.what, **error_report.as_json(one.error)} for one in self.failures],
            "passed-over": list(self.passed_over),
            "notes": list(self.notes),
            "wheels": self.wheels.as_json() if self.wheels is not None else [],
        }
