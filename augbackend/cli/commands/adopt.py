"""``augbackend adopt``: put the backend into a tree that you own, bring it up to date, or take it out again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from augbackend import reading
from augbackend.cli.edit import backend_copy
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.wrapping import adoption
from augbackend.requirements import command_line

from . import options

if TYPE_CHECKING:
    from augbackend.cli.wrapping.adoption import TreePlan


@click.command()
@click.argument("tree", type=click.Path(path_type=Path, exists=True, file_okay=False))
@options.require
@options.remove_require
@options.variable
@click.option("--installed", is_flag=True, help="Require augbackend from the index, copy nothing.")
@click.option("--remove", is_flag=True, help="Undo: the old build backend again, without augbackend.")
@click.option("--dry-run", is_flag=True, help="Print the change as a diff and write nothing.")
def adopt(
    tree: Path,
    requirements: tuple[str, ...],
    removed: tuple[str, ...],
    variables_: dict[str, str],
    *,
    installed: bool,
    remove: bool,
    dry_run: bool,
) -> None:
    """Put the backend into TREE, so that every frontend builds it.

    The old build backend is wrapped, not replaced. Run it again to update the copy or to declare more. What
    --remove-require drops from build-system.requires does not come back with --remove.

    \b
    Example:
      augbackend adopt flash_attn-2.8.3 --require torch==2.8.0 \\
        --variable FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    if remove and (requirements or removed or variables_ or installed):
        raise click.UsageError("--remove goes with --dry-run only")
    given = options.declaration(requirements, removed, variables_)
    plan = adoption.planned_removal(tree) if remove else adoption.planned(tree, given, installed=installed)
    if dry_run:
        click.echo(adoption.diff(plan), nl=False)
        return
    adoption.carry_out(plan)
    for line in _report(plan, removed=remove):
        click.echo(line)


def _report(plan: TreePlan, *, removed: bool) -> list[str]:
    if removed:
        return [f"{plan.tree}: augbackend is gone, the old build backend is back"]
    if plan.new == plan.old and plan.copy == "leave":
        return [f"{plan.tree}: nothing to change"]
    build = reading.read(plan.tree, environ={})
    declared = [entry.text for entry in build.settings.extra_build_dependencies]
    variables = ", ".join(build.settings.extra_build_variables)
    dropped = ", ".join(build.settings.remove_build_dependencies)
    lines = [f"{plan.tree}: augbackend now wraps {build.settings.build_backend}"]
    lines += [f"  dropped: {dropped}"] if dropped else []
    lines += [f"  build requirements: {', '.join(declared)}"] if declared else []
    lines += [f"  variables: {variables}"] if variables else []
    lines += [f"  copy: {backend_copy.FOLDER}/augbackend/ (commit it)"] if plan.copy == "write" else []
    command = ["python", "-m", "pip", "wheel", "--no-deps", shown_path(plan.tree)]
    return [*lines, "  try it: " + command_line(command)]
