"""What click says of words that it cannot take, in our own words' form; and the id that every error shows.

::

    click's exception -> AugbackendError -> text with its id, or JSON
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from augbackend.cli import terminal
from augbackend.cli.model import error_ids, error_report
from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from typing import IO, Any

    from augbackend.errors import AugbackendError

_OF_EVERY_COMMAND = ("-q", "--quiet", "-v", "--verbose")


class Complaint(click.ClickException):
    """An error that ends a command, told on stderr.

    :param error: what is told.
    """

    exit_code = 2

    def __init__(self, error: AugbackendError) -> None:
        super().__init__(error.what)
        self.error = error

    def show(self, file: IO[Any] | None = None) -> None:
        """Tell it."""
        click.echo(error_report.text(self.error), file=file, err=file is None)

    def tell_script(self) -> None:
        """The same on stdout, for a script that waits for JSON there; where that is full, stderr has to do."""
        try:
            click.echo(terminal.as_json({"error": error_report.as_json(self.error)}))
        except BrokenPipeError:
            raise  # click ends quietly
        except OSError:
            pass


def translated(error: click.ClickException) -> CliError:
    """What click says, as an error of ours: which option, and where the right ones stand."""
    possible = getattr(error, "possibilities", None) or ()
    what = (error.message if possible else error.format_message()).strip().rstrip(".")
    if isinstance(error, click.MissingParameter):
        what = " ".join(what.split())  # click lists what there is to choose from in lines
    if isinstance(error, click.NoSuchOption):
        what = f"no such option {error.option_name!r}"  # each click says it in other words
    hint = f"did you mean {' or '.join(map(repr, possible))}?" if possible else ""
    context = getattr(error, "ctx", None)
    if context is not None and not hint:
        hint = _where_to_look(error, what, context)
    return CliError(f"{what[:1].lower()}{what[1:]}", id=error_ids.of(error), hint=hint)


def _where_to_look(error: click.ClickException, what: str, context: click.Context) -> str:
    """What to do about words that click cannot take."""
    if isinstance(error, click.MissingParameter):
        return " ".join(context.get_usage().split()).partition(" ")[2]
    if isinstance(error, click.NoSuchOption) and error.option_name in _OF_EVERY_COMMAND:
        return f"it comes after the command: {context.command_path} COMMAND {error.option_name}"
    if what.endswith("does not exist"):
        return f"is the path right? Here is {Path.cwd()}"
    return f"{context.command_path} --help says what it takes"
