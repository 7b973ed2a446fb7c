"""The commands, put together; each lives in a module of its own name."""

from __future__ import annotations

import signal
import threading
from typing import Any

import click

from augbackend import __version__
from augbackend.cli import terminal
from augbackend.cli.commands.adopt import adopt
from augbackend.cli.commands.diagnose import diagnose
from augbackend.cli.commands.show import show
from augbackend.cli.commands.verify import verify
from augbackend.cli.commands.wrap import wrap
from augbackend.cli.model import error_report
from augbackend.errors import AugbackendError

# "color": an escape of somebody's is shown, not taken out.
_SETTINGS = {"help_option_names": ["-h", "--help"], "color": True}
_MAIN = threading.main_thread()  # the only one that may set what a signal does


class _Group(click.Group):
    """Prints our own errors without a traceback and ends with status 2: the input is wrong, there is no bug."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        with terminal.visible_output():
            return super().main(*arguments, **options)

    def invoke(self, ctx: click.Context) -> object:
        _end_by_exception()
        is_json = "--json" in ctx.args  # nobody has parsed them yet
        try:
            return super().invoke(ctx)
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


def _end_by_exception() -> None:
    """Turn a signal that ends this program into an exception, so that other people's code is ended, too."""

    def ended(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL and threading.current_thread() is _MAIN:
            signal.signal(number, ended)


@click.group(cls=_Group, context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="augbackend")
def group() -> None:
    """Declare what a package's build is missing, so that every frontend builds it.

    Exit status: 0 if all is well, 1 if something was found, 2 for an error.
    """


group.add_command(adopt)
group.add_command(diagnose)
group.add_command(show)
group.add_command(verify)
group.add_command(wrap)
