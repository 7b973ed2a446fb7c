"""One package that did not build, given what its build needs: by a recipe, or by what a diagnosis finds; and wrapped.

::

    FailedPackage -> Declaration -> in the version of torch that the frontend comes to -> an archive in the user's cache
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from augbackend.cli import loudness
from augbackend.cli.diagnosis import build_output, report, run, subject
from augbackend.cli.diagnosis.diagnosing_processes import PackageToDiagnose
from augbackend.cli.diagnosis.narration import Narrator
from augbackend.cli.diagnosis.package_diagnosis import PackageDiagnosis
from augbackend.cli.diagnosis.remembered_diagnoses import RememberedDiagnoses
from augbackend.cli.diagnosis.run import Building
from augbackend.cli.edit import replace_file
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import upstream
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.project import build_constraints, runtime_versions
from augbackend.cli.project.jobs import Job
from augbackend.cli.project.runtime_versions import RuntimeVersions
from augbackend.cli.running.constrained import CuredArchive
from augbackend.cli.running.cured_package import CuredPackage
from augbackend.cli.strangers import interruption, temporary_folder
from augbackend.cli.strangers.interruption import Interrupted
from augbackend.cli.wrapping import run as wrapping
from augbackend.knowledge import rows

from . import confined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.model.locked_version import Locked
    from augbackend.cli.project.recipe_completion import RecipeCompletion
    from augbackend.cli.running.failed_package import FailedPackage
    from augbackend.cli.strangers.confinement import Level
    from augbackend.cli.strangers.interpreter import Interpreter
    from augbackend.features.pin_runtime import Width

    Resolve = Callable[[CuredArchive], Sequence[Locked]]


@dataclass(frozen=True)
class Cure:
    """How packages are cured.

    :param lookup: where to look, and the user's cache.
    :param no_diagnose: whether only recipes are asked.
    :param timeout: seconds for one diagnosis.
    """

    lookup: Lookup
    python: Interpreter
    completion: RecipeCompletion
    no_diagnose: bool
    timeout: float
    require_confinement: Level | None


class NotCuredError(CliError):
    """Nothing is known that makes a package build."""


def cured(failed: FailedPackage, error: str, how: Cure, resolve: Resolve) -> CuredPackage:
    """Wrap a package with what its build needs.

    :param error: what the frontend said of it.
    :param resolve: says which versions the frontend comes to, with an archive of the package.
    :raises NotCuredError: if nothing is found that makes it build.
    :raises AugbackendError: if it cannot be had.
    """
    began = time.monotonic()
    declaration, found_by = _needs_of(failed, how)
    declaration = replace(declaration, build_constraints=build_constraints.of_environment(os.environ))
    matched: dict[str, str] = {}
    names = sorted({one.name for one in declaration.requires if one.entry.match_runtime})
    if names:
        # Without a pin its metadata is static, so that nothing is built while versions are chosen.
        pins: dict[str, Width] = {**declaration.pin_runtime, **dict.fromkeys(names, "none")}
        found = resolve(_wrapped_into_cache(failed, replace(declaration, pin_runtime=pins), how))
        versions = {one.name: one for one in found if one.name in names}
        matched = {name: one.version for name, one in versions.items()}
        known = RuntimeVersions(locked=[*versions.values()], overrides=runtime_versions.overrides(os.environ))
        archive = _wrapped_into_cache(failed, runtime_versions.matched(declaration, known), how)
    else:
        archive = _wrapped_into_cache(failed, declaration, how)
    seconds = time.monotonic() - began
    return CuredPackage(failed.name, failed.version, error, declaration, found_by, archive, seconds, matched)


def _needs_of(failed: FailedPackage, how: Cure) -> tuple[Declaration, str]:
    said = how.completion.completed(Declaration(), failed.name, failed.version)
    if said.recipe is not None:
        loudness.progress(f"augbackend: {failed} did not build; {said.recipe.line}")
        return said, f"recipe {said.recipe.name}, {said.recipe.place}"
    if how.no_diagnose:
        raise NotCuredError(
            f"there is no recipe for {failed}",
            id="no-recipe",
            hint=f"find out what it is missing: augbackend diagnose {_pinned_as(failed)}",
        )
    return _found_by_diagnosis(failed, how), "found by a diagnosis"


def _found_by_diagnosis(failed: FailedPackage, how: Cure) -> Declaration:
    """What a diagnosis finds, now or in an earlier run."""
    pin, target = _pinned_as(failed), upstream.parse(_pinned_as(failed))
    with upstream.fetched(target, Declaration(), how.lookup) as fetched:
        package = PackageToDiagnose(failed.name, failed.version, pin, fetched.sha256)
    remembered = RememberedDiagnoses(how.lookup, how.python)
    document = remembered.recalled(package)
    if document is None:
        loudness.progress(
            f"augbackend: {failed} did not build, and there is no recipe for it; finding out what it is missing"
        )
        confined.checked(how.require_confinement)
        building = Building(how.python, how.lookup.where, rows.load(()), how.timeout)
        with subject.unpacked(pin, target, how.lookup) as source, build_output.kept(None) as output:
            document = report.as_json(run.diagnosed(source, building, Narrator(output)))
        if interruption.has_come():
            raise Interrupted
        document = {**document, "declared": package.declared_keys}
        remembered.remember(package, document)
    else:
        loudness.progress(
            f"augbackend: {failed} did not build; what it is missing was found out on {document['remembered']}"
        )
    found = PackageDiagnosis(document)
    if not found.can_be_cured:
        what = str(document["reason"])
        if found.verdict == "builds-as-is":
            what = "it builds here as it is, on its own and confined; the frontend's settings or this machine differ"
        raise NotCuredError(
            f"{failed} did not build: {what}", id="no-cure-found", hint=f"see all of it: augbackend diagnose {pin}"
        )
    return found.found


def _wrapped_into_cache(failed: FailedPackage, declaration: Declaration, how: Cure) -> CuredArchive:
    """The wrapped archive, in a folder of the user's cache that its bytes name: runs beside this one keep theirs."""
    folder = how.lookup.cache.folder / "run"
    job = Job(upstream.parse(_pinned_as(failed)), declaration)
    with temporary_folder.temporary() as place:
        lookup = replace(how.lookup, output=place / "wrapped")
        made = wrapping.wrapped(job, lookup, check=False, upgrade=True)
        digest = caches.sha256(made.archive)
        path = _into_cache(made.archive, folder / digest[:16])
    return CuredArchive(failed.name, path, digest)


def _into_cache(archive: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / archive.name
    replace_file.replace_file(path, archive.read_bytes())
    return path


def _pinned_as(failed: FailedPackage) -> str:
    return f"{failed.name}=={failed.version}"
