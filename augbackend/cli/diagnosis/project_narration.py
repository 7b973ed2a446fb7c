"""What is happening while a project is diagnosed, on stderr: all the time on a terminal, in a pipe a line a package."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable

from rich.progress import SpinnerColumn, TaskID, TimeElapsedColumn
from rich.text import Text

from augbackend.cli import loudness, progress, terminal
from augbackend.cli.terminal import visible

from . import project_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress

    from .diagnosing_processes import PackageToDiagnose
    from .package_diagnosis import PackageDiagnosis


class ProjectNarrator:
    """Tells of packages as they begin and end."""

    def __init__(self) -> None:
        self._console = terminal.console(highlight=False)
        self._expected, self._done = 0, 0
        self._shown: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def expect(self, count: int) -> None:
        """There are so many packages in all."""
        self._expected = count

    @contextmanager
    def resolving(self) -> Iterator[None]:
        """The project is being resolved."""
        with progress.shown("resolving the project"):
            yield

    @contextmanager
    def working(self) -> Iterator[Callable[[PackageToDiagnose], None]]:
        """Packages are being diagnosed; each that begins is to be told."""
        with progress.drawn(self._console, SpinnerColumn(), progress.words(), TimeElapsedColumn()) as shown:
            self._shown = shown
            yield self._began
        self._shown = None

    def _began(self, package: PackageToDiagnose) -> None:
        if self._shown is not None:
            self._tasks[package.target] = self._shown.add_task(visible(str(package)), total=None)

    def ended(self, package: PackageToDiagnose, found: PackageDiagnosis) -> None:
        """What was found."""
        self._done += 1
        task = self._tasks.pop(package.target, None)
        if self._shown is not None and task is not None:
            self._shown.remove_task(task)
        of_all = f"/{self._expected}" if self._expected else ""  # a project that is being resolved has ever more
        line = f"[{self._done}{of_all}] {project_report.line(found)}"
        if self._console.is_terminal and not loudness.is_quiet():
            self._console.print(Text(visible(line)), overflow="ellipsis", no_wrap=True)
        else:
            loudness.progress(line)
