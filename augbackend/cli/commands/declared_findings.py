"""What the diagnosis of a project has found, written where it counts, and wrapped.

::

    PackageDiagnosis -> the project's tables, a folder's own file, or a file of constraints -> what wrap does with it
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click
from packaging.utils import canonicalize_name

from augbackend.cli.edit import build_tables, pyproject, replace_file
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.project import direct_dependencies, jobs
from augbackend.cli.project import project as projects
from augbackend.cli.project.recipe_completion import NO_RECIPES, RecipeCompletion
from augbackend.cli.wrapping import adoption, constraints_file, earlier_folder, static_adoption
from augbackend.table import layers

from . import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from augbackend.cli.diagnosis.package_diagnosis import PackageDiagnosis
    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.project.jobs import Job
    from augbackend.cli.project.project import Project
    from augbackend.cli.project.project_place import ProjectPlace
    from augbackend.cli.wrapping.adoption import TreePlan

_CONSTRAINTS = "constraints.txt"


@dataclass(frozen=True)
class Findings:
    """What was found, and where it is to be written.

    :param found: each package with what was found of it.
    :param uses: whether the project has another one at run time.
    :param is_uvs: whether uv's tables count in the project.
    :param to_stderr: whether stdout belongs to JSON.
    :param completion: the recipes whose patches are taken.
    """

    place: ProjectPlace
    found: Sequence[tuple[Job, PackageDiagnosis]]
    lookup: Lookup
    uses: Callable[[str], bool]
    is_uvs: bool
    to_stderr: bool
    completion: RecipeCompletion = NO_RECIPES

    def write(self) -> bool:
        """Declare what is missing, then wrap; whether everything builds then.

        :raises AugbackendError: if a file cannot be edited.
        """
        self._say("")
        cured = [(job, one) for job, one in self.found if one.can_be_cured]
        folders = [(folder, one) for job, one in cured if (folder := _folder_of(job)) is not None]
        packages = [(job, one) for job, one in cured if _folder_of(job) is None]
        for folder, one in folders:  # before anything is written
            _adopting(folder, one.missing)
        lost = frozenset(job.target.name for job, one in self.found if not one.builds and not one.can_be_cured)
        if self.place.bare is not None:
            return self._in_constraints(packages) and not lost
        self._in_tables(packages)
        for folder, one in folders:
            adoption.carry_out(_adopting(folder, one.missing))
            self._say(f"{shown_path(folder / 'pyproject.toml')}: {one.missing.in_words()} is declared")
        return self._wrapped(lost) and not lost

    def _in_tables(self, packages: Sequence[tuple[Job, PackageDiagnosis]]) -> None:
        """Declare packages in the project's tables."""
        file, missing = self.place.file, dict[str, Declaration]()
        for job, one in packages:  # perhaps in several versions
            said = _as_used(one.missing, self.uses)
            missing[job.target.name] = missing.get(job.target.name, Declaration()).joined(said)
        missing = {name: said for name, said in missing.items() if said.size}
        of_uv = [name for name, said in missing.items() if self._is_uvs_table_read and _can_be_uvs(said)]
        self._edit(lambda text: build_tables.with_declared(text, missing, of_uv=of_uv))
        for name, said in missing.items():
            table = "tool.uv" if name in of_uv else "tool.augbackend.packages"
            self._say(f"{shown_path(file)}, {table}: {name} is declared: {said.in_words()}")

    @property
    def _of_patches(self) -> RecipeCompletion:
        """The recipes, where one has a patch that a package needs: all else of it is declared in words."""
        return self.completion if any(one.patched_by for _, one in self.found) else NO_RECIPES

    def _edit(self, edit: Callable[[str], str]) -> None:
        text, mark = pyproject.read(self.place.file)
        new = edit(text)
        if new != text:
            replace_file.replace_file(self.place.file, f"{mark}{new}".encode())

    @property
    def _is_uvs_table_read(self) -> bool:
        return self.is_uvs and not (self.place.folder / "uv.toml").is_file()

    def _with_all_reached(self, project: Project) -> Project:
        """The project; what only a dependency asks for, and our table declares, is constrained, so that uv locks it.

        Then its source counts, and ``uv sync`` builds what was wrapped.
        """
        ours = layers.at(project.document, "tool", "augbackend", "packages", default={})
        reached = direct_dependencies.names_for_lock(project)
        cured = {job.target.name for job, one in self.found if one.can_be_cured}
        hidden = sorted({*map(canonicalize_name, ours)} & cured - reached)
        if not hidden or not self._is_uvs_table_read:
            return project
        self._edit(lambda text: build_tables.with_constrained(text, hidden))
        for name in hidden:
            self._say(
                f"{shown_path(self.place.file)}, tool.uv.constraint-dependencies: {name}, so that its source counts"
            )
        return projects.read(self.place.folder, self.place.lock) or project

    def _wrapped(self, lost: frozenset[str]) -> bool:
        """Wrap all that the project's tables name, as ``augbackend wrap`` does there; whether all could be had.

        :param lost: what does not build in any case.
        """
        moves = earlier_folder.moved(self.place.file, self.lookup.output, check=False)
        # The lock that uv makes of what another tool's project asks for has a root of its own: its edges lead nowhere.
        lock = self.place.lock if self.is_uvs else replace(self.place.lock, graph=None)
        completion = self._of_patches
        project = projects.read(self.place.folder, lock) or completion.alone(self.place.folder, lock)
        if project is None:
            return True
        project = self._with_all_reached(project)
        project = replace(project, uses_uv=project.uses_uv or self.is_uvs)
        completion = completion.on(project)
        project = completion.in_project(project)[0]
        wanted = jobs.of_project(project, (), self.lookup)
        done = wrapped.wrapped(project, wanted, self.lookup, moves=moves, unbuildable=lost, completion=completion)
        self._say("\n".join(["", *done.lines()]))
        return not done.run.is_lacking

    def _in_constraints(self, packages: Sequence[tuple[Job, PackageDiagnosis]]) -> bool:
        """Wrap packages of a file that stands for itself, and write lines that lead there."""
        if not packages:
            return True
        file = self.lookup.output / _CONSTRAINTS
        self.lookup.output.mkdir(parents=True, exist_ok=True)
        wanted = [replace(job, declaration=one.found) for job, one in packages]
        constraints_file.check_agrees(file, wanted, None)
        done = wrapped.wrapped(None, wanted, self.lookup, constraints=file, is_asked=True, completion=self._of_patches)
        self._say("\n".join(done.lines()))
        self._say(f"{shown_path(file)} leads to what was wrapped")
        if not self.place.is_of_requirements:
            return not done.run.is_lacking
        urls = {job.target.name for job in wanted if job.target.url}
        by_url = [one for one in done.run.packages if one.plan.name in urls]
        for one in by_url:
            asked = f"{shown_path(self.place.file)} asks for {one.plan.name} by its URL, which no constraint replaces"
            self._say(f"{asked}; write there the line of {shown_path(file)} that names it")
        for command in ("pip install", "uv pip install") if not by_url else ():
            self._say(f"  {command} -c {shown_path(file)} -r {shown_path(self.place.file)}")
        return not done.run.is_lacking and not by_url

    def _say(self, text: str) -> None:
        click.echo(text, err=self.to_stderr)


def _as_used(said: Declaration, uses: Callable[[str], bool]) -> Declaration:
    """A declaration without match-runtime of what the project does not have at run time: there is nothing to match."""
    requires = [
        replace(one, entry=replace(one.entry, match_runtime=one.entry.match_runtime and uses(one.name)))
        for one in said.requires
    ]
    return replace(said, requires=tuple(requires))


def _can_be_uvs(said: Declaration) -> bool:
    """Whether uv's tables can say it, whatever the package is like.

    uv takes nothing away. It matches to run time only without a bound, from an index, and a package whose metadata is
    static; an archive of ours is built against the same version without uv's help.
    """
    return not said.removed and not any(one.entry.match_runtime for one in said.requires)


def _folder_of(job: Job) -> Path | None:
    """The folder that a package is built from; ``None`` if it is not one."""
    path = job.target.path
    return path if path is not None and path.is_dir() else None


def _adopting(tree: Path, missing: Declaration) -> TreePlan:
    return static_adoption.sufficient(tree, missing) or adoption.planned(tree, missing, installed=False)
