"""What is said in the end: what was wrong, what was declared, where the archives are, and how to keep that."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import toml_text
from augbackend.cli.model.counted import counted

from . import constrained

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .cured_package import CuredPackage
    from .frontend_command import FrontendCommand
    from .known_recipes import KnownRecipe

FAILS_OTHERWISE = "no build failed this time: what the command said above is why"


def as_json(
    command: FrontendCommand, status: int, cured: Sequence[CuredPackage], left: str, keep: Path | None
) -> dict[str, Any]:
    """The run for a script.

    :param left: what could not be cured, a sentence; empty if nothing is left.
    :param keep: the file of constraints that was written.
    """
    return {
        "command": list(command.words),
        "frontend": command.frontend,
        "status": status,
        "packages": [one.as_json() for one in cured],
        "left": left,
        "constraints": str(keep or ""),
    }


def lines(
    command: FrontendCommand, cured: Sequence[CuredPackage], constraints: str, keep: Path | None, *, is_done: bool
) -> Iterator[str]:
    """What was wrapped, and how to keep that, for a reader.

    :param constraints: the lines that lead to the archives.
    :param keep: the file of them that the user wants.
    :param is_done: whether the command works now.
    """
    whole = "the command works" if is_done else "the command still fails"
    yield f"augbackend: {whole} with {counted(len(cured), 'wrapped package')}"
    for one in cured:
        yield f"  {one}{f': {one.error}' if one.error else ''}"
        yield f"    + {one.in_words}  ({one.found_by})"
        yield from [f"    built against {name} {version}" for name, version in one.matched.items()]
        yield f"    {one.archive.path}"
    if is_done:
        yield ""
        yield from _lasting(command, cured, constraints, keep)


def _lasting(
    command: FrontendCommand, cured: Sequence[CuredPackage], constraints: str, keep: Path | None
) -> Iterator[str]:
    """How the same is had without this command from now on."""
    file = shlex.quote(constrained.place(keep.absolute())) if keep else "FILE"
    yield "to have it without this command from now on, one of these:"
    if keep is None:
        yield "  in a constraints file, with its whole path in the place of FILE (--keep FILE writes it):"
        yield from (f"    {line}" for line in constraints.splitlines())
    yield f"  for uv tool, uvx, pipx and pip:  export UV_CONSTRAINT={file} PIP_CONSTRAINT={file}"
    yield f"    and for what builds require:  export UV_BUILD_CONSTRAINT={file} PIP_BUILD_CONSTRAINT={file}"
    if command.frontend == "pip":
        yield f"    or for pip alone:  pip config set global.constraint {file}"
    if command.frontend == "uv pip":
        yield "  in your own uv.toml, which uv pip reads and uv tool does not:"
        yield from (
            f"    {line}" for line in toml_text.listed("constraint-dependencies", [one.archive.line for one in cured])
        )
    if command.frontend == "uv run":
        yield "  for uv run, which takes no constraints:"
        yield from (f"    uv run --with {shlex.quote(one.archive.line)} …" for one in cured)
    names = " ".join(f"{one.name}=={one.version}" for one in cured)
    yield f"  augbackend index ./site {names}"
    yield "    an index for a team, or for more machines"
    yield "  in a project's pyproject.toml this, then augbackend wrap:"
    for one in cured:
        yield from (f"    {line}" for line in one.table)


def what_would_be_done(command: FrontendCommand, known: Sequence[KnownRecipe] = ()) -> Iterator[str]:
    """How a command is understood, and the recipes for what it names, for a reader."""
    if not command.frontend:
        yield f"{shlex.join(command.words)}: not understood; it would be run as it stands, and nothing more"
        return
    yield f"{shlex.join(command.words)}: {' '.join(filter(None, [command.frontend, command.action]))}"
    yield "it would be run as it stands; if a package does not build, that is wrapped, and it runs again with"
    yield f"  {' '.join(constrained.VARIABLES)}" if command.frontend != "uv run" else "  one more --with an archive"
    if known:
        yield "recipes for what it names (its dependencies are not known before it runs):"
        yield from (f"  {one}" for one in known)


def plan_as_json(command: FrontendCommand, known: Sequence[KnownRecipe] = ()) -> dict[str, Any]:
    """The same for a script."""
    return {
        "command": list(command.words),
        "frontend": command.frontend,
        "action": command.action,
        "recipes": [one.as_json() for one in known],
    }
