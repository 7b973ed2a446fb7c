"""The commands, put together; each lives in a module of its own name."""

from __future__ import annotations

from typing import Any

import click

from augbackend import __version__
from augbackend.cli import terminal
from augbackend.cli.commands.adopt import adopt
from augbackend.cli.commands.cache import cache
from augbackend.cli.commands.diagnose import diagnose
from augbackend.cli.commands.index import index
from augbackend.cli.commands.serve import serve
from augbackend.cli.commands.show import show
from augbackend.cli.commands.verify import verify
from augbackend.cli.commands.wrap import wrap
from augbackend.cli.model import error_report
from augbackend.cli.strangers import interruption
from augbackend.cli.strangers.interruption import Interrupted
from augbackend.errors import AugbackendError

# "color": an escape of somebody's is shown, not taken out.
_SETTINGS = {"help_option_names": ["-h", "--help"], "color": True}


class _Group(click.Group):
    """Prints our own errors without a traceback and ends with status 2: the input is wrong, there is no bug."""

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


group.add_command(adopt)
group.add_command(cache)
group.add_command(diagnose)
group.add_command(index)
group.add_command(serve)
group.add_command(show)
group.add_command(verify)
group.add_command(wrap)
