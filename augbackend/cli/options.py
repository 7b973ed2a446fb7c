"""Options that several commands share: how their values are read from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from packaging.requirements import InvalidRequirement, Requirement

if TYPE_CHECKING:
    from pathlib import Path


def requirements(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """PEP 508 strings, checked."""
    for value in values:
        try:
            Requirement(value)
        except InvalidRequirement as error:
            raise click.BadParameter(f"{value!r}: {str(error).splitlines()[0]}") from None
    return values


def variables(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """``NAME=VALUE`` pairs; the last of a name counts."""
    pairs = [value.partition("=") for value in values]
    for name, separator, _ in pairs:
        if not name or not separator:
            raise click.BadParameter(f"{name + separator!r}: expected NAME=VALUE")
    return {name: value for name, _, value in pairs}


def config_settings(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str | list[str]]:
    """``KEY=VALUE`` pairs; repeated keys become a list, as in pip and build."""
    settings: dict[str, str | list[str]] = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not name or not separator:
            raise click.BadParameter(f"{value!r}: expected KEY=VALUE")
        before = settings.get(name)
        settings[name] = text if before is None else [*([before] if isinstance(before, str) else before), text]
    return settings


def shown_path(path: Path) -> str:
    """A path as a command takes it: without a separator in it, pip would take it for a project's name."""
    import os

    return str(path) if path.is_absolute() or str(path).startswith(".") else f".{os.sep}{path}"
