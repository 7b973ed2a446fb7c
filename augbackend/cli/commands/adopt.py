"""``augbackend adopt``: put the backend into a tree that you own, bring it up to date, or take it out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from augbackend import __version__
from augbackend.cli.command import CliCommand
from augbackend.cli.edit import adopted_pyproject, adopted_requirements, pyproject
from augbackend.cli.fetch import setup_builder
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.model.usage_mistake import UsageMistakeError
from augbackend.cli.wrapping import adoption, adoption_check, known_memory, static_adoption, tool_exclusions
from augbackend.errors import say
from augbackend.hook import declared as declarations
from augbackend.hook.absent import command_line
from augbackend.knowledge import rows
from augbackend.table import layers

from . import options

if TYPE_CHECKING:
    from pathlib import Path

    from augbackend.cli.wrapping.adoption import TreePlan
    from augbackend.features.compiler_cache import CacheName
    from augbackend.features.pin_runtime import Width


@click.command(cls=CliCommand)
@options.tree
@options.require
@options.match_runtime()
@options.passthrough
@options.pin_runtime()
@click.option(
    "--remove-require",
    "removed",
    multiple=True,
    metavar="NAME",
    callback=options.names,
    help="Take back what was declared of NAME; else drop it from the package's own build requirements. Repeatable.",
)
@options.variable
@options.compiler_cache
@options.memory_per_job
@click.option(
    "--remove-variable",
    "undeclared",
    multiple=True,
    metavar="NAME",
    callback=options.names,
    help="Take it back. Repeatable.",
)
@options.feature
@click.option(
    "--static", is_flag=True, help="Write --require and --remove-require into build-system.requires, and nothing else."
)
@click.option("--installed", is_flag=True, help="Copy nothing; require augbackend from an index.")
@click.option("--check", is_flag=True, help="Write nothing; say what differs from what adopt would leave, if it does.")
@click.option("--remove", is_flag=True, help="Undo: take augbackend out, and restore the old build backend.")
@click.option("--dry-run", is_flag=True, help="Print the change as a diff and write nothing.")
def adopt(
    tree: Path,
    requirements: tuple[str, ...],
    matched: tuple[str, ...],
    pins: dict[str, Width],
    removed: tuple[str, ...],
    variables_: dict[str, str],
    compiler_cache: CacheName | None,
    memory_per_job: str,
    undeclared: tuple[str, ...],
    feature: tuple[str, ...],
    *,
    passthrough: bool,
    static: bool,
    installed: bool,
    check: bool,
    remove: bool,
    dry_run: bool,
) -> None:
    """Put the backend into TREE, so that every frontend builds it.

    TREE is the folder here, if you name none. augbackend becomes the build backend, and wraps the old one. Run this
    again to update the copy, to declare more or something else. --remove does not bring back what --remove-require
    dropped.

    Exit status: 0, or 1 if --check finds something.

    \b
    Example:
      augbackend adopt flash_attn-2.8.3 --require torch==2.8.0 \\
        --variable FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    for one, other in adopted_requirements.rivals(requirements, matched):
        raise UsageMistakeError(
            f"one project, twice: {one!r} and {other!r}; write them as one, or one by hand", id="same-project-twice"
        )
    given = options.declaration(
        requirements,
        removed,
        variables_,
        matched=options.matched_entries(matched, is_passed=passthrough),
        pin_runtime=pins,
        compiler_cache=compiler_cache,
        memory_per_job=memory_per_job,
    )
    is_more = given != Declaration() or bool(undeclared or feature or installed)
    if check + remove + static > 1 or ((check or remove) and is_more) or (check and dry_run):
        more = "" if check else " than --dry-run"
        raise UsageMistakeError(
            f"--{'check' if check else 'remove' if remove else 'static'} takes no other option{more}",
            id="takes-no-other-option",
        )
    if static and (not static_adoption.is_static(given) or undeclared or feature or installed):
        raise UsageMistakeError(
            "--static takes --require and --remove-require alone: all else needs the backend",
            id="static-takes-requirements-only",
        )
    if check:
        _check(tree)
        return
    if remove:
        plan = adoption.planned_removal(tree)
    elif static:
        plan = static_adoption.planned(tree, given)
    else:
        plan = adoption.planned(tree, given, feature, undeclared, installed=installed)
    if dry_run:
        click.echo(adoption.diff(plan), nl=False)
        return
    adoption.carry_out(plan)
    click.echo("\n".join(_report(plan, removed=remove)))
    if not remove and not static:
        for line in adoption_check.contradictions(tree):
            say("warning", line)
        alone = static_adoption.line(plan) if static_adoption.is_static(given) else ""
        if alone:
            click.echo(
                f"  this line in [build-system] would do without augbackend (adopt --static writes it):\n    {alone}"
            )


def _check(tree: Path) -> None:
    found = adoption_check.findings(tree)
    if found:
        cure = command_line(["augbackend", "adopt", shown_path(tree)])
        click.echo("\n".join([f"{tree}: not as {cure} leaves it", *(f"  {one}" for one in found)]))
        raise SystemExit(1)
    click.echo(f"{tree}: as adopt leaves it")


def _report(plan: TreePlan, *, removed: bool) -> list[str]:
    if removed:
        return [f"{plan.tree}: augbackend is taken out, the old build backend is restored"]
    if plan.new == plan.old and plan.copy == "leave" and not plan.others:
        return [f"{plan.tree}: nothing to change"]
    if pyproject.backend(pyproject.parse(plan.new or "", str(plan.tree / "pyproject.toml"))) != "augbackend":
        return [f"{plan.tree}: in [build-system] of pyproject.toml:", f"  {static_adoption.line(plan)}"]
    build = declarations.read(plan.tree, environ={})
    declared = adopted_pyproject.added_requires(plan.new or "")
    for entry in build.values.get("extra-build-dependencies", ()):
        how = f"as at run time{', passed through' if entry.passthrough else ''}"
        declared.append(f"{entry.text} ({how})" if entry.match_runtime else entry.text)
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
    matched = {entry.parsed.name for entry in build.values.get("extra-build-dependencies", ()) if entry.match_runtime}
    for row in rows.load().interface:
        if row.project not in matched and any(setup_builder.builds_with(plan.tree, one) for one in row.builders):
            words = f"--match-runtime {row.project} takes the one that it will run with"
            lines.append(f"  setup.py links against {row.project}: {words}")
    cache = build.values.get("compiler-cache", "none")
    lines += [f"  compiler cache: {cache}"] if cache != "none" else []
    compiler = known_memory.compiler_of(known_memory.files_in(plan.tree))
    lines += [*known_memory.lines(build.values.get("jobs"), compiler)]
    if matched and cache == "none":
        lines.append("  --compiler-cache auto keeps what it compiles for the next build, where ccache or sccache is")
    command = ["python", "-m", "pip", "wheel", "--no-deps", shown_path(plan.tree)]
    return [*lines, "  try it: " + command_line(command)]
