"""Wheels built of an index's wrapped sdists, and put beside them: for ``index --wheels``.

::

    the index that is there -> WheelBuild, one an sdist and Python -> here, or on a cluster -> its page -> WheelRun

Nothing is locked while something is built, and what is built is there at once: a run that is interrupted goes on from
there.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Optional, Union

from augbackend.cli import progress
from augbackend.cli.model import error_report
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.published_file import PublishedFile
from augbackend.cli.site import cluster, on_disk, site_project, wanted_wheels, wheel_build, wheel_writing
from augbackend.cli.site.wheel_build import WheelBuild, WheelBuilder, WheelFailure
from augbackend.cli.site.wheel_run import BuiltWheel, WheelRun
from augbackend.cli.strangers import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.model.package_sources import Sources
    from augbackend.cli.project.recipe_completion import RecipeCompletion
    from augbackend.cli.site.index_run import IndexRun
    from augbackend.cli.strangers.interpreter import Interpreter

    Ended = tuple[WheelBuild, Union[Path, PublishedFile, WheelFailure]]


@dataclass(frozen=True)
class WheelChoices:
    """How wheels are built.

    :param pythons: by minor version; ``None`` where only a cluster's workers need it.
    :param scheduler: the address of a Dask scheduler; empty to build here.
    :param timeout: seconds for one build.
    :param only: the id of the one that is wanted; empty for all.
    """

    pythons: Mapping[str, Optional[Interpreter]]
    scheduler: str
    timeout: float
    only: str


def wanted(run: IndexRun, pythons: Iterable[str]) -> list[WheelBuild]:
    """The wheels of what was asked for, each on each Python that it is for.

    :param run: what became of the sdists.
    """
    builds: list[WheelBuild] = []
    for name in dict.fromkeys(one.project for one in run.entries):
        filenames = [one.filename for one in run.entries if one.project == name and one.file is not None]
        builds += wanted_wheels.of_project(on_disk.project(run.out, name), filenames, pythons)
    return builds


def not_for(builds: Sequence[WheelBuild], run: IndexRun, completion: RecipeCompletion) -> list[BuiltWheel]:
    """Those whose recipe is for other Pythons: they are nothing that should have worked."""
    of_recipes = {one.filename for one in run.entries if one.recipe}
    why = "its recipe is for other Pythons"
    return [
        BuiltWheel(one, "left-out", reason=why)
        for one in builds
        if one.filename in of_recipes
        and not replace(completion, python=one.python, is_for_this_build=True).is_for_version(one.project, one.version)
    ]


def there(out: Path, build: WheelBuild) -> PublishedFile | None:
    """The wheel, if it is there."""
    return wanted_wheels.there(out, on_disk.project(out, build.project), build)


def built(out: Path, builds: Sequence[WheelBuild], choices: WheelChoices, where: Sources) -> WheelRun:
    """Build what is not there. One that fails does not lose the others.

    :param where: the indexes and folders that build requirements come from; a cluster's workers know their own.
    :raises AugbackendError: if there is no such Python, or no cluster.
    """
    found = {one: there(out, one) for one in builds}
    done = [BuiltWheel(build, "cached", one) for build, one in found.items() if one is not None]
    left = [build for build, one in found.items() if one is None]
    with temporary_folder.temporary() as into:
        on_cluster = bool(choices.scheduler)
        ended = _on_cluster(out, left, choices, into) if on_cluster else _built_here(out, left, choices, where, into)
        done += [_offered(out, build, outcome) for build, outcome in ended]
    return WheelRun(wanted_wheels.platform(), tuple(sorted(done, key=lambda one: one.build.id)))


def _offered(out: Path, build: WheelBuild, outcome: Path | PublishedFile | WheelFailure) -> BuiltWheel:
    if isinstance(outcome, PublishedFile):
        return BuiltWheel(build, "cached", outcome)
    if isinstance(outcome, WheelFailure):
        return BuiltWheel(build, "failed", None, outcome.reason, outcome.output)
    try:
        return BuiltWheel(build, "built", wheel_writing.put(out, build, outcome))
    except WheelFailure as failure:
        return BuiltWheel(build, "failed", None, failure.reason)
    except OSError as error:
        return BuiltWheel(build, "failed", None, error_report.of_system(error).what)
    finally:
        outcome.unlink(missing_ok=True)


def _built_here(
    out: Path, builds: Sequence[WheelBuild], choices: WheelChoices, where: Sources, into: Path
) -> Iterator[Ended]:
    builders = {
        minor: WheelBuilder(python, where, choices.timeout) for minor, python in choices.pythons.items() if python
    }
    for number, build in enumerate(builds, 1):
        quicker = there(out, build)  # one that was built on another Python just now, for all of them
        if quicker is not None:
            yield build, quicker
            continue
        try:
            with progress.shown(f"wheel {number} of {len(builds)}: {build}"):
                wheel = wheel_build.built(build, _archive(out, build), builders[build.python], into)
        except WheelFailure as failure:
            yield build, failure
            continue
        yield build, wheel


def _on_cluster(out: Path, builds: Sequence[WheelBuild], choices: WheelChoices, into: Path) -> Iterator[Ended]:
    if not builds:
        return
    with ExitStack() as connection:
        with progress.shown(f"asking {choices.scheduler}"):
            client = connection.enter_context(cluster.connected(choices.scheduler))
        ended = cluster.outcomes(client, builds, lambda build: _archive(out, build), into, choices.timeout)
        for number in range(len(builds)):
            with progress.shown(f"{number} of {len(builds)} wheels, on a cluster"):
                build, outcome = next(ended)
            yield build, outcome


def _archive(out: Path, build: WheelBuild) -> Path:
    return site_project.place_by_content(out, build.project, build.filename, build.sha256)


def run_with(
    run: IndexRun, choices: WheelChoices, completion: RecipeCompletion, where: Sources, *, check: bool
) -> IndexRun:
    """The index with its wheels.

    :param check: build nothing; what is not there is stale.
    :raises AugbackendError: if there is no such Python, no cluster, or nothing of that id.
    """
    builds = wanted(run, choices.pythons)
    left_out = not_for(builds, run, completion)
    if choices.only:
        builds = [one for one in builds if one.id == choices.only]
        if not builds and not run.failures:
            hint = "--matrix names them; give the same options"
            raise CliError(
                f"nothing that is asked for has the id {choices.only}", id="no-such-wheel-id", where="--only", hint=hint
            )
    others = {one.build for one in left_out}
    builds = [one for one in builds if one not in others]
    if check:
        lacking = [f"the wheel {one.id}" for one in builds if there(run.out, one) is None]
        return replace(run, stale=(*run.stale, *lacking))
    made = built(run.out, builds, choices, where)
    whole = replace(made, wheels=(*made.wheels, *(() if choices.only else left_out)))
    return run.with_wheels(whole, on_disk.read(run.out).values())


def to_build(out: Path, run: IndexRun, choices: WheelChoices, completion: RecipeCompletion) -> list[WheelBuild]:
    """What an index still lacks.

    :param out: the index.
    :param run: of the same sdists, made somewhere else.
    """
    builds = wanted(run, choices.pythons)
    others = {one.build for one in not_for(builds, run, completion)}
    return [one for one in builds if one not in others and there(out, one) is None]
