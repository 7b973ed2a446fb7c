"""``augbackend completion``: what a shell has to read so that it completes commands, options and files."""

from __future__ import annotations

import click
from click import shell_completion

from augbackend.cli.command import COMPLETING, CliCommand

_SHELLS = ("bash", "zsh", "fish")


@click.command(cls=CliCommand)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes bash, zsh or fish complete augbackend.

    bash has to be 4.4 or newer.

    \b
    Examples:
      echo 'eval "$(augbackend completion bash)"' >> ~/.bashrc
      echo 'eval "$(augbackend completion zsh)"' >> ~/.zshrc
      augbackend completion fish > ~/.config/fish/completions/augbackend.fish
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    kind = shell_completion.get_completion_class(shell)
    whole = context.find_root()
    assert kind is not None  # noqa: S101  # click has had these three since 8.0
    made = kind(whole.command, {}, "augbackend", COMPLETING)
    click.echo(made.source_template % made.source_vars())
