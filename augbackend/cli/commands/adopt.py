"""``augbackend adopt``: put the backend into a tree that you own, bring it up to date, or take it out again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from augbackend import __version__
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.wrapping import adoption, tool_exclusions
from augbackend.hook import declared as declarations
from augbackend.hook.installed_check import command_line
from augbackend.table import layers

from . import options

if TYPE_CHECKING:
    from augbackend.cli.wrapping.adoption import TreePlan


@click.command()
@click.argument("tree", type=click.Path(path_type=Path, exists=True, file_okay=False))
@options.require
@options.remove_require
@options.variable
@options.feature
@click.option("--installed", is_flag=True, help="Copy nothing; require augbackend from an index.")
@click.option("--remove", is_flag=True, help="Undo: take augbackend out, and restore the old build backend.")
@click.option("--dry-run", is_flag=True, help="Print the change as a diff and write nothing.")
def adopt(
    tree: Path,
    requirements: tuple[str, ...],
    removed: tuple[str, ...],
    variables_: dict[str, str],
    feature: tuple[str, ...],
    *,
    installed: bool,
    remove: bool,
    dry_run: bool,
) -> None:
    """Put the backend into TREE, so that every frontend builds it.

    augbackend becomes the build backend, and wraps the old one. Run this again to update the copy or to declare more.
    --remove does not bring back what --remove-require dropped.

    \b
    Example:
      augbackend adopt flash_attn-2.8.3 --require torch==2.8.0 \\
        --variable FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    if remove and (requirements or removed or variables_ or feature or installed):
        raise click.UsageError("--remove takes no other option than --dry-run")
    given = options.declaration(requirements, removed, variables_)
    plan = adoption.planned_removal(tree) if remove else adoption.planned(tree, given, feature, installed=installed)
    if dry_run:
        click.echo(adoption.diff(plan), nl=False)
        return
    adoption.carry_out(plan)
    click.echo("\n".join(_report(plan, removed=remove)))


def _report(plan: TreePlan, *, removed: bool) -> list[str]:
    if removed:
        return [f"{plan.tree}: augbackend is taken out, the old build backend is restored"]
    if plan.new == plan.old and plan.copy == "leave" and not plan.others:
        return [f"{plan.tree}: nothing to change"]
    build = declarations.read(plan.tree, environ={})
    declared = [entry.text for entry in build.values.get("extra-build-dependencies", ())]
    variables = ", ".join(build.values.get("extra-build-variables", ()))
    dropped = ", ".join(build.values.get("remove-build-dependencies", ()))
    lines = [f"{plan.tree}: augbackend now wraps {build.wrapped_backend}"]
    lines += [f"  dropped: {dropped}"] if dropped else []
    lines += [f"  build requirements: {', '.join(declared)}"] if declared else []
    lines += [f"  variables: {variables}"] if variables else []
    if plan.copy == "write":
        older = f", instead of that of {plan.old_version}" if plan.old_version not in ("", __version__) else ""
        lines.append(f"  copy: {plan.folder}/augbackend/ of augbackend {__version__}{older} (commit it)")
        if build.wrapped_backend == "mesonpy":
            lines.append("  sdists: meson-python packs what git has committed, so commit before you build one")
        excluded = tool_exclusions.lines(plan.tree, layers.read_pyproject(plan.tree), plan.folder)
        lines += ["  for tools of this project:", *(f"    {line}" for line in excluded)] if excluded else []
    command = ["python", "-m", "pip", "wheel", "--no-deps", shown_path(plan.tree)]
    return [*lines, "  try it: " + command_line(command)]
