"""A whole project diagnosed: all that has to be built, each with its verdict; without a lock, resolved on the way.

::

    Job -> PackageToDiagnose -> its document: of this run, remembered, or of a process of its own

uv cannot resolve a project if a build fails that it needs metadata of. So such a package is diagnosed at once; what its
wheel requires is told to uv, and uv asked again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidSdistFilename, parse_sdist_filename

from augbackend.cli.fetch import sdist, upstream
from augbackend.cli.fetch.upstream import Target
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.project import built_packages
from augbackend.cli.project.jobs import Job
from augbackend.cli.project.lock_files import Lock
from augbackend.errors import AugbackendError
from augbackend.standards.core_metadata import parse

from .diagnosing_processes import PackageToDiagnose, not_diagnosed
from .package_diagnosis import PackageDiagnosis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from augbackend.cli.fetch.lookup import Lookup

    from .confined_lock import FailedBuild, ProjectCopy
    from .diagnosing_processes import Document, Processes
    from .project_narration import ProjectNarrator
    from .remembered_diagnoses import RememberedDiagnoses


@dataclass
class ProjectDiagnosis:
    """One run: what was found so far is its only state.

    :param refresh: whether nothing that is remembered counts.
    """

    lookup: Lookup
    processes: Processes
    remembered: RememberedDiagnoses
    narrator: ProjectNarrator
    refresh: bool
    documents: dict[str, Document] = field(default_factory=dict)

    def of(self, jobs: Sequence[Job]) -> list[PackageDiagnosis]:
        """Each package with what was found of it."""
        packages = [self._package(job) for job in jobs]
        self.narrator.expect(len({*self.documents, *(one.key for one in packages)}))
        return self._all(packages)

    def _all(self, packages: Sequence[PackageToDiagnose]) -> list[PackageDiagnosis]:
        self._diagnose(packages)
        return [PackageDiagnosis(self.documents[one.key]) for one in packages]

    def resolved(self, copy: ProjectCopy, declared: Mapping[str, Declaration], limit: float) -> Lock:
        """The lock that a project without one would have.

        :param declared: for packages, by name.
        :param limit: in seconds, for each time that uv is asked.
        :raises AugbackendError: if uv finds none.
        """
        seen = set()
        while True:
            with self.narrator.resolving():
                found = copy.locked(self.processes.python, self.lookup, limit)
            if isinstance(found, Lock):
                return found
            if found in seen:
                what = f"the project cannot be resolved: uv builds {found.name} whatever it is told of it"
                hint = "lock it on a machine where that builds, or name a lock: augbackend diagnose requirements.txt"
                raise CliError(what, id="uv-builds-it-anyway", where=str(copy.folder), hint=hint)
            seen.add(found)
            job = Job(_target_of(found, copy), declared.get(found.name, Declaration()))
            diagnosis = self._all([self._package(job)])[0]
            document = diagnosis.document
            if found.folder is not None and diagnosis.can_be_cured:
                copy.declared[found.name] = diagnosis.found
            requires = document.get("requires-dist") if document["verdict"].startswith("builds-") else None
            requires = self._stated(job) if requires is None else requires
            copy.tell(found.name, found.version, [str(one) for one in requires])

    def _package(self, job: Job) -> PackageToDiagnose:
        target, python = job.target, self.processes.python.version
        declared = built_packages.declared(job, python)
        name = target.name
        if upstream.is_built(target):
            text = shown_path(target.path) if target.path is not None else target.url
            return PackageToDiagnose(name, "", text, "", declared)
        text = shown_path(target.path) if target.path is not None else target.url or target.requirement
        try:
            if job.error is not None:
                raise job.error
            with upstream.fetched(target, Declaration(), self.lookup) as found:
                version, sha256 = found.version or _version_of(found.path.name), found.sha256
        except AugbackendError as error:
            package = PackageToDiagnose(name, "", text or name, "", declared)
            reason = ": ".join(filter(None, [error.where, error.what]))
            if package.key not in self.documents:  # it may be asked for again
                self._found(package, not_diagnosed(package, reason))
            return package
        if target.requirement:
            text = f"{name}=={version}"
        elif target.url:
            text = f"{target.url.partition('#')[0]}#sha256={sha256}"
        return PackageToDiagnose(name, version, text, sha256, declared)

    def _diagnose(self, packages: Iterable[PackageToDiagnose]) -> None:
        left = {one.key: one for one in packages if one.key not in self.documents}
        for package in [*left.values()]:
            document = None if self.refresh else self.remembered.recalled(package)
            if document is not None:
                del left[package.key]
                self._found(package, document)
        with self.narrator.working() as tell:
            for package, document in self.processes.documents(left.values(), tell):
                self.remembered.remember(package, document)
                self._found(package, document)

    def _found(self, package: PackageToDiagnose, document: Document) -> None:
        self.documents[package.key] = document
        self.narrator.ended(package, PackageDiagnosis(document))

    def _stated(self, job: Job) -> Iterator[str]:
        """What a package that does not build says that it requires, which may be less than it does."""
        if upstream.is_built(job.target):
            return
        found = upstream.fetched(job.target, Declaration(), self.lookup)
        with suppress(AugbackendError), found as archive, sdist.opened(archive.path) as opened:
            yield from parse(opened.read("PKG-INFO") or b"").values("requires-dist")


def _target_of(failed: FailedBuild, copy: ProjectCopy) -> Target:
    if failed.folder is not None:
        return Target(failed.name, path=copy.own(failed.folder))
    if failed.url:
        return Target(failed.name, url=failed.url)
    return Target(failed.name, requirement=f"{failed.name}=={failed.version}")


def _version_of(filename: str) -> str:
    try:
        return str(parse_sdist_filename(Path(filename).name)[1])
    except InvalidSdistFilename:
        return ""
