"""The commands, put together; each lives in a module of its own name, which is imported when it is called."""

from __future__ import annotations

import os
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from augbackend import __version__
from augbackend.cli import terminal, usage_errors
from augbackend.cli.command import COMPLETING, CliGroup
from augbackend.cli.model import error_report
from augbackend.cli.strangers import interruption
from augbackend.cli.strangers.interruption import Interrupted
from augbackend.cli.usage_errors import Complaint
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

# "color": an escape of somebody's is shown, not taken out.
_SETTINGS = {"help_option_names": ["-h", "--help"], "color": True}
COMMANDS = {  # name -> what `augbackend --help` says of it: the first sentence of its own help
    "adopt": "Put the backend into TREE, so that every frontend builds it.",
    "cache": "Print where the caches are, how large, and what they hit.",
    "completion": "Print what makes bash, zsh or fish complete augbackend.",
    "diagnose": "Find out what a build is missing.",
    "index": "Make OUT an index of wrapped packages, for any web server.",
    "recipes": "Declarations that somebody already found, one file a project.",
    "run": "Run an install command; wrap what does not build; run again.",
    "serve": "Serve the index in OUT to this machine, to try it.",
    "show": "Print what a build of TREE would get here, and why.",
    "verify": "Prove that wrapped archives are upstream's.",
    "wrap": "Repack published packages with what their builds need.",
}


class _Whole(CliGroup):
    """Tells every error in one form, without a traceback, and ends with status 2: the input is wrong, it is no bug."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            command = getattr(import_module(f"augbackend.cli.commands.{name}"), name)
        return name, command, rest

    def main(self, *arguments: Any, **options: Any) -> Any:
        if COMPLETING in os.environ:  # a shell reads bytes
            return super().main(*arguments, **options)
        with terminal.visible_output(), interruption.as_exception():
            return super().main(*arguments, **options)

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _complaints():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> object:
        is_json = "--json" in ctx.args  # nobody has parsed them yet
        try:
            with _complaints():
                return super().invoke(ctx)
        except Complaint as error:
            if is_json:
                error.tell_script()
            raise
        except Interrupted:
            click.echo("interrupted", err=True)
            raise


@contextmanager
def _complaints() -> Iterator[None]:
    """Let every error end the command in the same way."""
    try:
        yield
    except (Complaint, BrokenPipeError):  # click ends quietly after the last one
        raise
    except click.ClickException as error:
        if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
            raise  # it has the help for its text
        raise Complaint(usage_errors.translated(error)) from error
    except (AugbackendError, OSError) as error:
        raise Complaint(error_report.of_any(error)) from error


@click.group("augbackend", cls=_Whole, context_settings=_SETTINGS)
@click.version_option(__version__, "-V", "--version", prog_name="augbackend", message="%(prog)s %(version)s")
def group() -> None:
    """Declare what a package's build is missing, so that every frontend builds it.

    Exit status: 0 if all is well, 1 if something was found, 2 for an error, 130 when interrupted.
    """


for _name, _help in COMMANDS.items():
    group.add_command(click.Command(_name, help=_help))
