"""What is happening, on a terminal's stderr: which attempt, what it tries, how it ended. Nothing at all in a pipe."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable

from rich.progress import SpinnerColumn, TimeElapsedColumn
from rich.text import Text

from augbackend.cli import progress, terminal
from augbackend.cli.terminal import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.model.declaration import Declaration

    from .attempt import Attempt

Tell = Callable[[str], None]


class Narrator:
    """Tells of a diagnosis while it goes on."""

    def __init__(self) -> None:
        self._console = terminal.console(highlight=False)
        self._number = 0

    @property
    def _speaks(self) -> bool:
        return self._console.is_terminal

    def say(self, text: str) -> None:
        """A line of its own."""
        if self._speaks:
            self._console.print(Text(visible(text)))

    @contextmanager
    def attempt(self, declaration: Declaration, why: str) -> Iterator[Tell]:
        """An attempt, for as long as it goes on; what is told of it replaces what was told before."""
        self._number += 1
        if not self._speaks:
            yield lambda _: None
            return
        self._console.print(Text.assemble((f"{self._number}. ", "bold"), visible(declaration.in_words())))
        if why and declaration.size:
            self._console.print(Text(visible(f"   {why}")), overflow="ellipsis", no_wrap=True)
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
        return Text.assemble("   ", time, (attempt.failure.stage, "bold red"), visible(f": {attempt.failure.headline}"))

    def end(self) -> None:
        """Sets the result off."""
        if self._number:
            self.say("")

    @contextmanager
    def busy(self, what: str) -> Iterator[Tell]:
        """Something that takes a while: what it is, and for how long by now."""
        with progress.drawn(self._console, SpinnerColumn(), progress.words(), TimeElapsedColumn()) as shown:
            task = shown.add_task(visible(what), total=None)
            yield lambda text: shown.update(task, description=visible(text))
