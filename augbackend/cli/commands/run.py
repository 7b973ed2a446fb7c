"""``augbackend run``: a frontend's command as it stands; and again with wrapped packages, where one did not build.

::

    words -> FrontendCommand -> its output -> FailedPackage -> CuredPackage -> the command with constraints -> ...
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augbackend.cli import loudness, terminal
from augbackend.cli.command import CliCommand
from augbackend.cli.edit import replace_file
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch.lookup import Lookup
from augbackend.cli.model import error_report
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.package_sources import NOWHERE
from augbackend.cli.model.usage_mistake import UsageMistakeError
from augbackend.cli.running import frontend_command, known_recipes, report, target_python
from augbackend.cli.strangers import interruption
from augbackend.errors import tell

from . import options, places_of_command, recipe_options
from .cured import Cure
from .run_again import RunAgain

if TYPE_CHECKING:
    from augbackend.cli.strangers.confinement import Level

_LIMIT, _TIMEOUT = 10, 1800.0
_STDERR = 2


@click.command(cls=CliCommand, context_settings={"allow_interspersed_args": False})
@click.argument("words", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--dry-run", is_flag=True, help="Say how the command is understood and what would be done; run nothing.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the constraints that lead to the archives to FILE.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=_LIMIT,
    show_default=True,
    metavar="N",
    help="Wrap no more packages than this.",
)
@click.option("--no-diagnose", is_flag=True, help="Take recipes only; build nothing to find out more.")
@options.timeout(_TIMEOUT, "The time for one diagnosis.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing in the end, if the command works.")
@recipe_options.both
@options.cache_dir("downloads and archives")
@options.require_confinement
@click.option("--json", "as_json", is_flag=True, help="Print JSON; what the command prints on stdout goes to stderr.")
def run(
    words: tuple[str, ...],
    keep: Path | None,
    limit: int,
    timeout: float,
    recipes_: tuple[str, ...],
    cache_dir: Path | None,
    require_confinement: Level | None,
    *,
    dry_run: bool,
    no_diagnose: bool,
    no_recipes: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run an install command; wrap what does not build; run again.

    The command runs as it stands, on your terminal. If it works, nothing else happens. If it fails because a package
    did not build, a recipe says what that package is missing, or augbackend diagnose finds it out. The wrapped archive
    goes to the user's cache, and the command runs again, led there by constraints.

    Known are pip, uv pip, uv tool, uvx, uv run --with, pipx, python -m build and tox.

    Exit status: the command's; 130 if it was interrupted.

    \b
    Examples:
      augbackend run -- uv tool install TOOL
      augbackend run -- pip install -r requirements.txt
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    command = frontend_command.understood(words)
    cache = caches.Cache((cache_dir or caches.default_folder()).absolute())
    if keep is not None and not keep.absolute().parent.is_dir():
        raise CliError(
            "its folder is not there",
            id="no-folder-for-file",
            where=str(keep),
            hint="make it first, or name another file",
        )

    def cure() -> Cure:
        is_offline = command.has("--offline")
        lookup = Lookup(places_of_command.found(command), cache, offline=is_offline, output=cache.folder / "run")
        python = target_python.found(command, os.environ)
        completion = recipe_options.completion(recipes_, lookup, no_recipes=no_recipes)
        completion = replace(completion, python=python.version)
        return Cure(lookup, python, completion, no_diagnose, timeout, require_confinement)

    if dry_run:
        if keep is not None:
            raise UsageMistakeError("--keep writes what was found, and --dry-run finds nothing", id="keep-and-dry-run")
        nowhere = Lookup(NOWHERE, cache, offline=False, output=cache.folder / "run")
        known = [*known_recipes.found(command, recipe_options.places(recipes_, nowhere, no_recipes=no_recipes))]
        told = report.what_would_be_done(command, known)
        click.echo(terminal.as_json(report.plan_as_json(command, known)) if as_json else "\n".join(told))
        return
    if not command.frontend:
        loudness.note(f"{words[0]} is run as it stands, and not understood; known are {frontend_command.KNOWN}")
    with tempfile.TemporaryDirectory(prefix="augbackend-run-") as name:
        running = RunAgain(command, Path(name), limit, cure, stdout=_STDERR if as_json else 1)
        status = running.until_done()
    packages, ours = running.packages, 0
    keep = keep if running.constraints else None
    if keep is not None:
        try:
            replace_file.replace_file(keep, running.constraints.encode())
        except OSError as error:
            tell(f"\n{error_report.text(error_report.of_system(error))}")
            ours, keep = 2, None
    if as_json:
        left_out = [{"name": one.name, "version": one.version} for one in running.left_out]
        document = report.as_json(command, status, packages, running.left, keep)
        click.echo(terminal.as_json({**document, "left-out": left_out}))
    elif running.constraints and not (quiet and not status):
        said = [*report.lines(command, packages, running.constraints, keep, is_done=not status)]
        if status not in (0, interruption.STATUS) and not running.left:
            said.append(report.FAILS_OTHERWISE)
        tell("\n" + "\n".join(said))
    raise SystemExit(status or ours)
