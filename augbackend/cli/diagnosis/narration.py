"""What is happening, on a terminal's stderr: which attempt, what it tries, how it ended. Nothing at all in a pipe."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.model.declaration import Declaration

    from .attempt import Attempt

Tell = Callable[[str], None]


class Narrator:
    """Tells of a diagnosis while it goes on."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._number = 0

    @property
    def _speaks(self) -> bool:
        return self._console.is_terminal

    def say(self, text: str) -> None:
        """A line of its own."""
        if self._speaks:
            self._console.print(Text(text))

    @contextmanager
    def attempt(self, declaration: Declaration, why: str) -> Iterator[Tell]:
        """An attempt, for as long as it goes on; what is told of it replaces what was told before."""
        self._number += 1
        if not self._speaks:
            yield lambda _: None
            return
        self._console.print(Text.assemble((f"{self._number}. ", "bold"), declaration.in_words()))
        if why and declaration.size:
            self._console.print(Text(f"   {why}"), overflow="ellipsis", no_wrap=True)
        with self.busy("preparing") as tell:
            yield tell

    def ended(self, attempt: Attempt) -> None:
        """How the attempt ended, and how long it took."""
        if self._speaks:
            self._console.print(self._ending(attempt), overflow="ellipsis", no_wrap=True)

    @staticmethod
    def _ending(attempt: Attempt) -> Text:
        time = f"{attempt.seconds:5.1f} s  "
        if attempt.failure is None:
            return Text.assemble("   ", time, ("a wheel", "bold green"))
        return Text.assemble("   ", time, (attempt.failure.stage, "bold red"), f": {attempt.failure.headline}")

    def end(self) -> None:
        """Sets the result off."""
        if self._number:
            self.say("")

    @contextmanager
    def busy(self, what: str) -> Iterator[Tell]:
        """Something that takes a while: what it is, and for how long by now."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True, disable=not self._speaks) as progress:
            task = progress.add_task(what, total=None)
            yield lambda text: progress.update(task, description=text)
