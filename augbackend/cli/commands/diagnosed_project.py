"""``augbackend diagnose`` of a whole project, or of a file of versions that stands for itself.

::

    ProjectPlace; without a lock, the one that uv makes -> Job, one a package -> ProjectDiagnosis -> a table, Findings
"""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click
from packaging.utils import canonicalize_name

from augbackend.cli import loudness, terminal
from augbackend.cli.diagnosis import confined_lock, project_markdown, project_report
from augbackend.cli.diagnosis.diagnosing_processes import Processes
from augbackend.cli.diagnosis.package_diagnosis import PackageDiagnosis
from augbackend.cli.diagnosis.project_diagnosis import ProjectDiagnosis
from augbackend.cli.diagnosis.project_narration import ProjectNarrator
from augbackend.cli.diagnosis.remembered_diagnoses import RememberedDiagnoses
from augbackend.cli.fetch.lookup import OUTPUT, Lookup
from augbackend.cli.fetch.upstream import Target
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.project import (
    built_packages,
    project_place,
    project_root,
    requirements_file,
    stated_requirements,
)
from augbackend.cli.project import project as projects
from augbackend.cli.project.jobs import Job
from augbackend.cli.project.lock_files import Lock
from augbackend.cli.project.recipe_completion import RecipeCompletion
from augbackend.cli.strangers import confinement, interpreter, temporary_folder
from augbackend.hook.absent import command_line
from augbackend.table import layers

from . import options
from .declared_findings import Findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from augbackend.cli.fetch.cache import Cache
    from augbackend.cli.fetch.recipe_places import RecipePlaces
    from augbackend.cli.model.package_sources import Sources
    from augbackend.cli.project.project import Project
    from augbackend.cli.project.project_place import ProjectPlace
    from augbackend.cli.strangers.interpreter import Interpreter


@dataclass(frozen=True)
class Asked:
    """What the options say.

    :param python: ``None`` for one that the project allows.
    :param indexes: the default index, others, and places of archives.
    :param passed: options for the diagnosis of each package.
    :param knowledge: files of the user's own.
    :param recipes: that are tried first.
    :param timeout: seconds for each package.
    """

    python: Interpreter | None
    indexes: tuple[str | None, Sequence[str], Sequence[str]]
    cache: Cache
    passed: tuple[str, ...]
    knowledge: tuple[Path, ...]
    recipes: RecipePlaces
    timeout: float
    jobs: int
    offline: bool
    refresh: bool
    is_applied: bool
    as_json: bool
    as_markdown: bool = False


def run(target: str | None, asked: Asked) -> bool:
    """Diagnose it, tell, and write what is found, if that is asked for; whether everything builds then.

    :raises AugbackendError: if something cannot be read, resolved or written.
    """
    place = project_place.place_of(target)
    if place.is_of_requirements:
        _say_what_is_passed_over(place.file)
    whole = built_packages.read(place.folder, place.bare, place.lock)
    where = options.places(*asked.indexes, _from_folder(whole.sources, place.folder))
    lookup = Lookup(where, asked.cache, asked.offline, place.folder / OUTPUT)
    python = asked.python or _suitable(whole)
    processes = Processes(python, lookup, asked.passed, asked.jobs)
    remembered = RememberedDiagnoses(lookup, python, asked.knowledge, asked.recipes)
    narrator = ProjectNarrator()
    diagnosis = ProjectDiagnosis(lookup, processes, remembered, narrator, asked.refresh)
    is_uvs = whole.uses_uv
    with _told_if_interrupted(diagnosis, to_stderr=asked.as_json or asked.as_markdown):
        if whole.lock_differs:
            place = _without_old_lock(place, whole, is_named=target is not None)
        if not place.locked_by and (_is_known_to_uv(whole) or _requirements_of(place, whole)):
            is_uvs = is_uvs or (place.bare is None and _is_known_to_uv(whole))
            place = replace(place, lock=_lock_by_uv(place, whole, diagnosis, asked.timeout), more=())
            whole = built_packages.read(place.folder, place.bare, place.lock)
        if asked.python is not None:
            whole = replace(whole, environments=built_packages.on(whole.environments, python.minor))
        wanted = [*built_packages.to_build(whole, lookup), *place.more]
        wanted += [] if place.bare else _own(whole, wanted)
        found = diagnosis.of(wanted)
    confined = confinement.here()
    described = {"file": str(place.file), "lock": place.locked_by, "python": python.version}
    if asked.as_json:
        told = project_report.as_json(found, {**described, "confinement": confined.as_json()})
        click.echo(terminal.as_json(told))
    elif asked.as_markdown:
        click.echo("\n".join(project_markdown.lines(found, python, confined)))
    else:
        click.echo("\n".join(project_report.lines(found, place.file, python, confined)))
    if asked.is_applied:
        completion = RecipeCompletion(asked.recipes, python.version)
        return Findings(place, [*zip(wanted, found)], lookup, whole.uses, is_uvs, asked.as_json, completion).write()
    if any(one.can_be_cured for one in found) and not (asked.as_json or asked.as_markdown):
        click.echo(f"\nTo have what is missing declared: {_applying(target, asked)}")
    return all(one.builds for one in found)


def _applying(target: str | None, asked: Asked) -> str:
    """The command that carries out what is found."""
    given = [*options.places_given(*asked.indexes), *(("--knowledge", str(one)) for one in asked.knowledge)]
    given += [("--python", asked.python.path)] if asked.python else []
    words = [word for pair in given for word in pair]
    return command_line(["augbackend", "diagnose", *([target] if target else []), *words, "--apply"])


@contextmanager
def _told_if_interrupted(diagnosis: ProjectDiagnosis, *, to_stderr: bool) -> Iterator[None]:
    """Tell what was found by then, if the user or the system ends it."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        known = [PackageDiagnosis(document) for document in diagnosis.documents.values()]
        if known:
            click.echo("\n".join(["", "interrupted; found so far:", *project_report.table(known)]), err=to_stderr)
        raise


def _from_folder(said: Sources, folder: Path) -> Sources:
    """Places as they are seen from here; the project's file names them from its folder."""
    links = tuple(one if "://" in one else str(folder / one) for one in said.find_links)
    urls = [
        one if "://" in one or not one else (folder / one).resolve().as_uri()
        for one in (said.index_url, *said.extra_index_urls)
    ]
    return replace(said, find_links=links, index_url=urls[0], extra_index_urls=tuple(urls[1:]))


def _suitable(whole: Project) -> Interpreter:
    """This Python, or the newest one that the project allows.

    :raises AugbackendError: if there is none here.
    """
    this, allows = interpreter.this(), whole.environments.allows
    if allows(int(this.minor.split(".")[1])):
        return this
    others = [one for one in interpreter.others(this) if allows(int(one.minor.split(".")[1]))]
    if not others:
        what = f"it wants Python {whole.environments.requires_python}, and there is none on this machine"
        raise CliError(
            what, id="no-suitable-python", where=str(whole.file), hint="install one, or name one with --python"
        )
    return others[0]


def _is_known_to_uv(whole: Project) -> bool:
    """Whether uv can lock it as it is."""
    tool = layers.at(whole.document, "tool", default={})
    is_others = any(name in tool for name in ("poetry", "pdm"))
    is_workspace = layers.at(tool, "uv", "workspace", default=None) is not None
    return is_workspace or ("project" in whole.document and not is_others)


def _say_what_is_passed_over(file: Path) -> None:
    for text, source in requirements_file.passed_over(file):
        is_option = text.startswith("-")
        cure = "give it as an option" if is_option else f"augbackend diagnose {shlex.quote(text)} looks at it"
        loudness.note(f"{shown_path(source)}: {text} is passed over here; {cure}")


def _without_old_lock(place: ProjectPlace, whole: Project, *, is_named: bool) -> ProjectPlace:
    """The place as if it had no lock, where that is older than the project, unless the user means just that one."""
    what = f"uv.lock is older than pyproject.toml ({whole.lock_differs})"
    if is_named:
        loudness.note(f"{what}; what it says is looked at nevertheless")
        return place
    loudness.note(f"{what}; the project is resolved anew, in a copy")
    return replace(place, locked_by="")


def _requirements_of(place: ProjectPlace, whole: Project) -> list[str]:
    """What is asked for, for a resolver that does not know the project's form."""
    if place.bare is not None:
        return [str(one) for one in requirements_file.requirements(place.bare)]
    return [str(one) for one in stated_requirements.asked_for(whole.document, place.folder)]


def _lock_by_uv(place: ProjectPlace, whole: Project, diagnosis: ProjectDiagnosis, limit: float) -> Lock:
    """The lock that the project would have."""
    declared = projects.read(place.folder, Lock()) if place.bare is None else None
    with temporary_folder.temporary() as within:
        if place.bare is None and _is_known_to_uv(whole):
            copy = confined_lock.copy(place.folder, within)
        else:
            environments = whole.environments
            python = str(environments.requires_python)
            asked = _requirements_of(place, whole)
            copy = confined_lock.made(place.folder, asked, environments.markers, python, within)
        return diagnosis.resolved(copy, declared.packages if declared else {}, limit)


def _own(whole: Project, known: Sequence[Job]) -> Iterator[Job]:
    """The project itself and the members of its workspace, where no lock of uv's names them."""
    named = {entry.locked.name for entry in (whole.graph.entries if whole.graph else ())}
    there = {job.target.path.resolve() for job in known if job.target.path is not None}
    for folder in (whole.file.parent, *project_root.members(whole.file.parent, whole.document)):
        document = layers.read_pyproject(folder)
        is_package = layers.at(document, "tool", "uv", "package", default=True) is not False
        is_built = "build-system" in document or (folder / "setup.py").is_file()
        poetrys = layers.at(document, "tool", "poetry", "name", default=folder.resolve().name)
        name = canonicalize_name(str(layers.at(document, "project", "name", default=poetrys)))
        if is_package and is_built and name not in named and folder.resolve() not in there:
            yield Job(Target(name, path=folder), Declaration())
