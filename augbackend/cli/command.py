"""What every command has in common: ``-q`` and ``-v``, and how it ends."""

from __future__ import annotations

import difflib
from typing import Any

import click

from augbackend.cli import loudness
from augbackend.cli.model.usage_mistake import UsageMistakeError

COMPLETING = "_AUGBACKEND_COMPLETE"  # set by a shell that asks what may follow; click derives it from the name
_QUIET = "No notes and no progress; results, warnings and errors stay."
_VERBOSE = "Also say what is fetched and started."


class CliCommand(click.Command):
    """A command that knows ``-q`` and ``-v``; one that says itself what they add is left its own."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        own = {one for parameter in self.params for one in parameter.opts}
        self._added = [name for name, flag in (("quiet", "-q"), ("verbose", "-v")) if flag not in own]
        texts = {"quiet": ("-q", _QUIET), "verbose": ("-v", _VERBOSE)}
        for name in self._added:
            flag, text = texts[name]
            self.params.append(click.Option([flag, f"--{name}"], is_flag=True, help=text))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words.

        :raises UsageMistakeError: if an option that has one value is given twice: nobody knows which is meant.
        """
        _, _, given = self.make_parser(ctx).parse_args(args=[*args])
        single = [one for one in given if isinstance(one, click.Option) and not (one.multiple or one.is_flag)]
        for one in single if not ctx.resilient_parsing else ():
            if single.count(one) > 1:
                raise UsageMistakeError(f"{one.opts[-1]} is given twice: leave one out", id="given-twice")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, as loud as the user wants it."""
        asked = {name: bool(ctx.params.get(name)) for name in ("quiet", "verbose")}
        for name in self._added:
            del ctx.params[name]
        try:
            if all(asked.values()):
                raise UsageMistakeError("-q and -v exclude each other", id="quiet-and-verbose")
            with loudness.of(**asked):
                return super().invoke(ctx)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise


class UnknownCommandError(click.UsageError):
    """A word is no command's name; click says which are meant since 8.4 only.

    :param possibilities: the names that are almost this one.
    """

    def __init__(self, name: str, possibilities: list[str], context: click.Context) -> None:
        super().__init__(f"No such command {name!r}.", context)
        self.possibilities = possibilities


class CliGroup(click.Group):
    """Commands of that kind under one name."""

    command_class = CliCommand

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant.

        :raises UnknownCommandError: if there is none of that name.
        """
        name = args[0]
        if not (ctx.resilient_parsing or name in self.commands or name.startswith("-")):
            raise UnknownCommandError(name, difflib.get_close_matches(name, self.commands), ctx)
        return super().resolve_command(ctx, args)
