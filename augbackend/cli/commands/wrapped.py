"""Packages wrapped, and what is said of it: for ``wrap``, and for what ``diagnose`` has found out.

::

    Job, one a package -> WrapRun; what their builds miss nevertheless; lines in a file of constraints
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from augbackend.cli.diagnosis import undeclared
from augbackend.cli.project.recipe_completion import NO_RECIPES, RecipeCompletion
from augbackend.cli.wrapping import constraints_file, earlier_folder, report
from augbackend.cli.wrapping import run as runs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from augbackend.cli.diagnosis.undeclared import Undeclared
    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.project.jobs import Job
    from augbackend.cli.project.project import Project
    from augbackend.cli.project.runtime_versions import RuntimeVersions
    from augbackend.cli.wrapping.earlier_folder import Moves
    from augbackend.cli.wrapping.run import WrapRun


@dataclass(frozen=True)
class WrappedPackages:
    """What was done.

    :param lacking: what the packages import when they are built, and nobody asks for.
    """

    run: WrapRun
    lacking: tuple[Undeclared, ...]

    def lines(self, *, check: bool = False, verbose: bool = False) -> Iterator[str]:
        """The report for a reader.

        :param check: whether nothing was written.
        :param verbose: all of it, however long.
        """
        first = [line for one in self.lacking for line in undeclared.lines(one, self.run.project)]
        return report.lines(self.run, check=check, verbose=verbose, first=first)


def wrapped(
    project: Project | None,
    wanted: Sequence[Job],
    lookup: Lookup,
    *,
    moves: Moves = earlier_folder.NONE,
    constraints: Path | None = None,
    unbuildable: Collection[str] = (),
    check: bool = False,
    upgrade: bool = False,
    with_sources: bool = True,
    is_asked: bool = False,
    completion: RecipeCompletion = NO_RECIPES,
    runtime: RuntimeVersions | None = None,
) -> WrappedPackages:
    """Wrap packages; see :func:`augbackend.cli.wrapping.run.run`.

    :param moves: archives that were in the folder of before.
    :param constraints: a file that is to have lines for the packages.
    :param unbuildable: names of what does not build, wrapped or not.
    """
    run = runs.run(
        project,
        wanted,
        lookup,
        check=check,
        upgrade=upgrade,
        with_sources=with_sources,
        is_asked=is_asked,
        completion=completion,
        runtime=runtime,
    )
    lacking = () if check else tuple(_undeclared(run))
    names = frozenset((*unbuildable, *(one.name for one in lacking if one.is_certain)))
    run = replace(run, moves=moves, unbuildable=names)
    if constraints:
        run = replace(run, constraints=constraints_file.write(run, constraints, check=check, is_asked=is_asked))
    return WrappedPackages(run, lacking)


def _undeclared(run: WrapRun) -> list[Undeclared]:
    found: dict[str, Undeclared] = {}
    for one in run.packages:
        asked = [text for added in one.plan.requires.added for text in added.texts]
        files = {"setup.py": one.setup_code, "pyproject.toml": one.plan.files["pyproject.toml"]}
        lacking = undeclared.found(one.plan.name, one.archive, files, one.members, asked)
        if lacking is not None:
            found.setdefault(lacking.name, lacking)  # its versions are much the same
    return [*found.values()]
