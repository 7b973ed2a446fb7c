"""The commands, put together; each lives in a module of its own name."""

from __future__ import annotations

import signal
import sys
import threading
from io import TextIOWrapper

import click

from augbackend import __version__
from augbackend.cli.commands.adopt import adopt
from augbackend.cli.commands.diagnose import diagnose
from augbackend.cli.commands.show import show
from augbackend.cli.commands.verify import verify
from augbackend.cli.commands.wrap import wrap
from augbackend.errors import AugbackendError

_MAIN = threading.main_thread()  # the only one that may set what a signal does


class _Group(click.Group):
    """Ends with our message and status 2 on our own errors: the user's input, not a bug."""

    def invoke(self, ctx: click.Context) -> object:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # a console may know fewer characters than TOML
        _end_by_exception()
        try:
            return super().invoke(ctx)
        except AugbackendError as error:
            click.echo(str(error), err=True)
            ctx.exit(2)
        except BrokenPipeError:
            raise  # click ends quietly
        except OSError as error:
            place = f"\n  where: {error.filename}" if error.filename else ""
            click.echo(f"augbackend: error: {error.strerror or error}{place}", err=True)
            ctx.exit(2)


def _end_by_exception() -> None:
    """Let a signal that ends this program raise an exception: it ends what strangers left running, and cleans up."""

    def ended(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL and threading.current_thread() is _MAIN:
            signal.signal(number, ended)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="augbackend")
def group() -> None:
    """Declare what a package's build is missing, so that every frontend builds it.

    Exit status: 0 fine, 1 something was found, 2 misused.
    """


group.add_command(adopt)
group.add_command(diagnose)
group.add_command(show)
group.add_command(verify)
group.add_command(wrap)
