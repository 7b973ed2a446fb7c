"""What is happening, on stderr: which attempt, what it tries, how it ended.

A terminal is shown it as it happens; a pipe gets one line an attempt when that has ended.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable

import click
from rich.progress import SpinnerColumn, TimeElapsedColumn
from rich.text import Text

from augbackend.cli import loudness, progress, terminal
from augbackend.cli.strangers import overhearing
from augbackend.cli.terminal import visible

from .build_output import BuildOutput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.model.declaration import Declaration

    from .attempt import Attempt

Tell = Callable[[str], None]
_LONGEST_LINE = 300  # characters in a pipe


class Narrator:
    """Tells of a diagnosis while it goes on.

    :param output: where what builds print goes.
    """

    def __init__(self, output: BuildOutput | None = None) -> None:
        self._console = terminal.console(highlight=False)
        self._output = output or BuildOutput()
        self._number = 0

    @property
    def _draws(self) -> bool:
        return self._console.is_terminal

    def say(self, text: str) -> None:
        """A line of its own."""
        self._output.heading(text.strip())
        self._line(Text(visible(text)))

    @contextmanager
    def attempt(self, declaration: Declaration, why: str) -> Iterator[Tell]:
        """An attempt, for as long as it goes on; what is told of it replaces what was told before."""
        self._number += 1
        self._output.heading(f"{self._number}. {declaration.in_words()}")
        if self._draws or self._output.is_shown:
            self._line(Text.assemble((f"{self._number}. ", "bold"), visible(declaration.in_words())))
        if self._draws and why and declaration.size:
            self._line(Text(visible(f"   {why}")), is_cut=True)
        with self.busy("preparing") as tell:
            yield tell

    def ended(self, attempt: Attempt) -> None:
        """How the attempt ended, and how long it took."""
        failure = attempt.failure
        ending = f"{failure.stage}: {failure.headline}" if failure else "a wheel"
        self._output.heading(f"{self._number}. ended after {attempt.seconds:.1f} s: {ending}")
        if self._draws:
            self._line(self._ending(attempt), is_cut=True)
        else:
            line = f"{self._number}. {attempt.declaration.in_words()}: {attempt.seconds:.1f} s, {ending}"
            self._line(Text(visible(line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…")))

    @staticmethod
    def _ending(attempt: Attempt) -> Text:
        time = f"{attempt.seconds:5.1f} s  "
        if attempt.failure is None:
            return Text.assemble("   ", time, ("a wheel", "bold green"))
        return Text.assemble("   ", time, (attempt.failure.stage, "bold red"), visible(f": {attempt.failure.headline}"))

    def end(self) -> None:
        """Sets the result off."""
        if self._number and self._draws:
            self._line(Text(""))

    @contextmanager
    def busy(self, what: str) -> Iterator[Tell]:
        """Something that takes a while: what it is, and for how long by now; what it prints is handed on."""
        with overhearing.by(self._output.hear):
            if self._output.is_shown or not self._draws:
                self._step(what)
                yield self._step
                return
            with progress.drawn(self._console, SpinnerColumn(), progress.words(), TimeElapsedColumn()) as shown:
                task = shown.add_task(visible(what), total=None)

                def tell(text: str) -> None:
                    self._output.heading(f"   {text}")
                    shown.update(task, description=visible(text))

                self._output.heading(f"   {what}")
                yield tell

    def _step(self, text: str) -> None:
        self._output.heading(f"   {text}")
        if self._output.is_shown:
            self._line(Text(visible(f"   {text}")))

    def _line(self, text: Text, *, is_cut: bool = False) -> None:
        self._output.end_line()
        if loudness.is_quiet():
            return
        if self._draws:
            self._console.print(text, overflow="ellipsis" if is_cut else "ignore", no_wrap=is_cut or None, crop=False)
        else:
            click.echo(text.plain, err=True)
