"""A sign of life during long work: on a terminal, and nowhere else.

rich is imported where something is drawn: that takes as long as many a command.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable, Optional

from . import loudness, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, TextColumn

Report = Callable[[int, Optional[int]], None]


def words() -> TextColumn:
    """The column that says what is going on, as it is: a bracket is a bracket."""
    from rich.progress import TextColumn

    return TextColumn("{task.description}", markup=False)


def drawn(console: Console, *columns: ProgressColumn) -> Progress:
    """Columns on a terminal's stderr; nothing at all in a pipe.

    What others print meanwhile goes its own way, since rich would obey the control characters in it.
    """
    from rich.progress import Progress

    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal or loudness.is_quiet(),
        redirect_stdout=False,
        redirect_stderr=False,
    )


@contextmanager
def shown(what: str) -> Iterator[None]:
    """Show ``what`` and a spinner on stderr while the context lasts."""
    from rich.progress import SpinnerColumn

    with drawn(terminal.console(), SpinnerColumn(), words()) as progress:
        progress.add_task(terminal.visible(what), total=None)
        yield


@contextmanager
def downloading(what: str) -> Iterator[Report]:
    """Show how far a download is on stderr.

    :return: to be called with the bytes so far and in all, where that is known.
    """
    from rich.progress import BarColumn, DownloadColumn, TransferSpeedColumn

    with drawn(terminal.console(), words(), BarColumn(), DownloadColumn(), TransferSpeedColumn()) as progress:
        task = progress.add_task(terminal.visible(what), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
