"""What is happening, on a terminal's stderr: which attempt, what it tries, how it ended. Nothing at all in a pipe."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .attempt import Declaration, Outcome


def in_words(declaration: Declaration) -> str:
    """A declaration in one line."""
    removed = [f"no {name} of its own" for name in sorted(declaration.removed)]
    variables = [f"{name}={value}" for name, value in declaration.variables.items()]
    return ", ".join([*removed, *declaration.requires.values(), *variables]) or "as it is"


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
    def attempt(self, declaration: Declaration, why: str) -> Iterator[list[Outcome]]:
        """An attempt: shown while it goes on; its outcome, put into the list, ends the line."""
        self._number += 1
        outcomes: list[Outcome] = []
        if not self._speaks:
            yield outcomes
            return
        self._console.print(Text.assemble((f"{self._number}. ", "bold"), in_words(declaration)))
        if why and declaration.size:
            self._console.print(Text(f"   {why}"), overflow="ellipsis", no_wrap=True)
        with self._console.status("   building"):
            yield outcomes
        for outcome in outcomes:
            self._console.print(self._ending(outcome), overflow="ellipsis", no_wrap=True)

    @staticmethod
    def _ending(outcome: Outcome) -> Text:
        time = f"{outcome.seconds:5.1f} s  "
        if outcome.failure is None:
            return Text.assemble("   ", time, ("a wheel", "bold green"))
        return Text.assemble("   ", time, (outcome.failure.stage, "bold red"), f": {outcome.failure.headline}")

    def end(self) -> None:
        """Sets the result off."""
        if self._number:
            self.say("")

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Something else that takes a while."""
        if not self._speaks:
            yield
            return
        with self._console.status(what):
            yield
