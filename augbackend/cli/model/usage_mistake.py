"""What is wrong with the words of a command line, where click itself does not see it; with the id of its message."""

from __future__ import annotations

import click


class UsageMistakeError(click.UsageError):
    """Options or arguments that make no sense together.

    :param id: see :class:`.cli_error.CliError`.
    """

    def __init__(self, message: str, *, id: str) -> None:
        super().__init__(message)
        self.id = id


class ValueMistakeError(click.BadParameter):
    """A value that its option does not take; click adds which option.

    :param id: see :class:`.cli_error.CliError`.
    """

    def __init__(self, message: str, *, id: str) -> None:
        super().__init__(message)
        self.id = id
