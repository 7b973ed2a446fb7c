"""A sign of life during long work: on a terminal, and nowhere else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable, Optional

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

Report = Callable[[int, Optional[int]], None]


@contextmanager
def shown(what: str) -> Iterator[None]:
    """Show ``what`` and a spinner on stderr while the context lasts; nothing at all in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


@contextmanager
def downloading(what: str) -> Iterator[Report]:
    """Show how far a download is on stderr; nothing at all in a pipe.

    :return: to be called with the bytes so far and in all, where that is known.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
