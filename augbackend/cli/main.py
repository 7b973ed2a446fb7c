"""The commands, put together; each lives in a module of its own name, which is imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from augbackend import __version__
from augbackend.cli import terminal
from augbackend.cli.model import error_report
from augbackend.cli.strangers import interruption
from augbackend.cli.strangers.interruption import Interrupted
from augbackend.errors import AugbackendError

# "color": an escape of somebody's is shown, not taken out.
_SETTINGS = {"help_option_names": ["-h", "--help"], "color": True}
COMMANDS = {  # name -> what `augbackend --help` says of it: the first sentence of its own help
    "adopt": "Put the backend into TREE, so that every frontend builds it.",
    "cache": "Print where the caches are, their sizes, and the compiler cache's hits.",
    "diagnose": "Find out what a build is missing.",
    "index": "Make OUT a folder that any web server can serve as an index, of packages wrapped as by augbackend wrap.",
    "recipes": "Declarations that somebody already found, one file a project.",
    "run": "Run an install command; if a package does not build, wrap that package and run the command again.",
    "serve": "Serve the index in OUT, to try it: to this machine only, unless --host says otherwise.",
    "show": "Print what a build of TREE would get here, and why.",
    "verify": "Prove that each wrapped ARCHIVE, and each in a FOLDER, is upstream's.",
    "wrap": "Repack published packages with what their builds need.",
}


class _Group(click.Group):
    """Prints our own errors without a traceback and ends with status 2: the input is wrong, there is no bug."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            command = getattr(import_module(f"augbackend.cli.commands.{name}"), name)
        return name, command, rest

    def main(self, *arguments: Any, **options: Any) -> Any:
        with terminal.visible_output(), interruption.as_exception():
            return super().main(*arguments, **options)

    def invoke(self, ctx: click.Context) -> object:
        is_json = "--json" in ctx.args  # nobody has parsed them yet
        try:
            return super().invoke(ctx)
        except Interrupted:
            click.echo("interrupted", err=True)
            raise
        except AugbackendError as error:
            _tell(error, is_json=is_json)
            ctx.exit(2)
        except click.ClickException as error:
            if is_json:
                click.echo(terminal.as_json({"error": error_report.as_json(AugbackendError(error.format_message()))}))
            raise
        except BrokenPipeError:
            raise  # click ends quietly
        except OSError as error:
            _tell(error_report.of_system(error), is_json=is_json)
            ctx.exit(2)


def _tell(error: AugbackendError, *, is_json: bool) -> None:
    """Print an error: for a reader, and for a script that waits for JSON."""
    click.echo(str(error), err=True)
    if is_json:
        click.echo(terminal.as_json({"error": error_report.as_json(error)}))


@click.group(cls=_Group, context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="augbackend")
def group() -> None:
    """Declare what a package's build is missing, so that every frontend builds it.

    Exit status: 0 if all is well, 1 if something was found, 2 for an error, 130 when interrupted.
    """


for _name, _help in COMMANDS.items():
    group.add_command(click.Command(_name, help=_help))
