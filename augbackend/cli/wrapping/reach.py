"""Where the archives are reached, and where not: what is to be known before the commands are run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from . import next_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import WrapRun


def lines(run: WrapRun) -> Iterator[str]:
    """A line or two for each package that no source leads to, and what a constraints file is for."""
    found = [*_on_sources(run), *_of_constraints(run)]
    if run.constraints is None and any(line.startswith("pip install ") for line in next_commands.commands(run)):
        found.append("pip compiles an archive that is given by its path every time, with --constraints FILE only once")
    yield from [*found, ""] if found else []


def _on_sources(run: WrapRun) -> Iterator[str]:
    project = run.project
    if project is None or project.is_recipe:
        return
    guessed = {one.plan.name: one.plan.version for one in run.packages if next_commands.is_guessed(project, one.job)}
    for name in next_commands.transitive(project, run.packages):
        if name in guessed:
            cure = f"lock the project and run this again, or name it: augbackend wrap {name}=={guessed[name]}"
            yield f"{name}: only a dependency asks for it, in a version that is not known here; {cure}"
        elif project.uses_uv:
            cure = "" if run.constraints else "; --constraints FILE leads uv and pip there"
            yield f"{name}: only a dependency asks for it, and uv's sources do not reach that{cure}"
            if name in next_commands.not_for_sync(project, run.packages):
                yield f'{name}: for uv sync, add "{name}" to tool.uv.constraint-dependencies; its source counts then'


def _of_constraints(run: WrapRun) -> Iterator[str]:
    constraints = run.constraints
    if constraints is None:
        return
    yield from (f"{name}: {constraints.file} has no line for it: {why}" for name, why in constraints.left_out.items())
    if set(constraints.left_out) < {one.plan.name for one in run.packages}:
        path = constraints.file.absolute()
        # Both variables name several files with blanks between them; uv and pip take a URL as well.
        file = shlex.quote(path.as_uri() if any(map(str.isspace, str(path))) else str(path))
        yield f"{constraints.file} names archives by their paths on this machine; do not commit it"
        yield "whatever needs them, in any folder (uv tool install, uvx, pipx, pip install -r), finds them by it after:"
        yield f"  export UV_CONSTRAINT={file} PIP_CONSTRAINT={file}"
