"""``augbackend serve``: an index on this machine, for trying it."""

from __future__ import annotations

import ipaddress
import shlex
from contextlib import suppress
from pathlib import Path

import click

from augbackend.cli.command import CliCommand
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.site import on_disk
from augbackend.cli.site.server import SiteServer
from augbackend.errors import say

_LOOPBACK, _PORT = "127.0.0.1", 8080


@click.command(cls=CliCommand)
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--host", default=_LOOPBACK, show_default=True, help="The address to listen at.")
@click.option(
    "--port", default=_PORT, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 for any that is free."
)
def serve(out: Path, host: str, port: int) -> None:
    """Serve the index in OUT to this machine, to try it.

    --host lets others read it, too.

    It only reads, answers in JSON or HTML as clients ask for (PEP 691), and knows no project but those in OUT.
    Ctrl-C ends it. For more than trying, let nginx serve the folder, or any host that finds a folder's index.html.

    \b
    Example:
      augbackend serve ./site
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    names = on_disk.read(out)
    if not names:
        what = "there is no index in it" if out.is_dir() else "there is no such folder"
        hint = f"make one: augbackend index {shlex.quote(str(out))} NAME==VERSION"
        raise CliError(what, id="no-index-there", where=str(out), hint=hint)
    with SiteServer(out, host, port) as server:
        if not _is_loopback(str(server.server_address[0])):
            say("warning", f"whoever reaches this machine can read {out}")
        click.echo(f"{len(names)} project{'' if len(names) == 1 else 's'} at {server.url}; Ctrl-C ends it\n")
        click.echo(f"  pip, pipx:      export PIP_EXTRA_INDEX_URL={server.url}")
        click.echo(f"  uv, uvx:        export UV_INDEX={server.url}")
        server.serve_forever()


def _is_loopback(address: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return False
