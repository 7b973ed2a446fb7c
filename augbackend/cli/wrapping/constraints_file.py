"""``wrap --constraints FILE``: lines that lead uv and pip to the archives, also where only a dependency asks for them.

::

    WrapRun -> name @ file:///…#sha256=… ; marker, one an archive -> a block in the user's file

The form was tried with uv and pip. A path that is relative (``file:wrapped.d/…``) is read from where each of them runs,
and pip records a wrong one; ``${PROJECT_ROOT}`` is known to uv only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from packaging.utils import canonicalize_name

from augbackend.cli.edit import constraints_block, replace_file
from augbackend.cli.fetch import cache
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.locked_version import exact_version
from augbackend.cli.model.requirement import project_of, requirement_of
from augbackend.cli.project import requirements_file, version_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from augbackend.cli.project.jobs import Job
    from augbackend.cli.project.project import Project

    from .run import WrappedPackage, WrapRun


@dataclass(frozen=True)
class Constraints:
    """What became of a constraints file.

    :param left_out: packages that it has no line for, each with the reason.
    """

    file: Path
    state: Literal["written", "unchanged", "stale"]
    left_out: dict[str, str]

    @property
    def is_current(self) -> bool:
        """Whether it was as it should be, with a line for everything."""
        return self.state == "unchanged" and not self.left_out

    def as_json(self) -> dict[str, Any]:
        """The same for a script."""
        return {"file": str(self.file), "state": self.state, "left-out": self.left_out}


def read(file: Path) -> str:
    """The text of a constraints file; empty if there is none.

    :raises AugbackendError: if lines could not be written into it.
    """
    hint = "name another file, or save it as UTF-8"
    try:
        text = file.read_bytes().decode("utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(
            f"it cannot be read: {error}", id="constraints-file-unreadable", where=str(file), hint=hint
        ) from None
    if not file.parent.is_dir():
        raise CliError(
            "its folder is not there",
            id="no-folder-for-file",
            where=str(file),
            hint="make it first, or name another file",
        )
    constraints_block.lines(text, str(file))
    return text


def check_agrees(file: Path, jobs: Sequence[Job], project: Project | None) -> None:
    """Make sure that a file does not ask for other versions than those to be wrapped, as far as these are known.

    :raises AugbackendError: if it does, or cannot be changed.
    """
    old = constraints_block.lines(read(file), str(file))
    for job in jobs:
        requirement = requirement_of(job.target.requirement)
        version = exact_version(requirement) if requirement else version_entries.locked(job.target.name, project)
        why = _in_the_way(job.target.name, version, file, old) if version and not job.skipped else ""
        if why:
            hint = "change that line, or name another file"
            raise CliError(
                f"{job.target.name} cannot have a line in it: {why}",
                id="constraints-disagree",
                where=str(file),
                hint=hint,
            )


def write(run: WrapRun, file: Path, *, check: bool, is_asked: bool) -> Constraints:
    """Have lines for what was wrapped in a constraints file, in the place of those that were there.

    :param check: write nothing.
    :param is_asked: whether the user named the packages: then lines of other packages stay.
    :raises AugbackendError: if the file cannot be read.
    """
    text = read(file)
    old = constraints_block.lines(text, str(file))
    left_out = dict(_left_out(run.packages, file, old))
    wrapped, lost = {one.plan.name for one in run.packages}, {one.job.target.name for one in run.failures}
    kept = [line for line in old if project_of(line) not in wrapped and (is_asked or project_of(line) in lost)]
    new = [_constraint_line(package) for package in run.packages if package.plan.name not in left_out]
    whole = constraints_block.with_lines(text, sorted({*kept, *new}))
    if whole == text:
        return Constraints(file, "unchanged", left_out)
    if not check:
        replace_file.replace_file(file, whole.encode())
    return Constraints(file, "stale" if check else "written", left_out)


def remove(file: Path) -> list[str]:
    """Take our lines out of a file, which goes if nothing else is in it; says what was done.

    :raises AugbackendError: if it cannot be read.
    """
    text = read(file)
    if not constraints_block.lines(text, str(file)):
        return []
    rest = constraints_block.without_lines(text)
    if not rest:
        file.unlink()
        return [f"{file}: deleted"]
    replace_file.replace_file(file, rest.encode())
    return [f"{file}: the lines of augbackend are removed"]


def _constraint_line(package: WrappedPackage) -> str:
    digest = cache.sha256(package.archive) if package.archive.is_file() else ""
    marker = f" ; {package.job.marker}" if package.job.marker else ""
    return f"{package.plan.name} @ {package.archive.absolute().as_uri()}#sha256={digest}{marker}"


def _left_out(packages: Sequence[WrappedPackage], file: Path, old: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Packages that no line can be written for, each with the reason."""
    counts = Counter(one.plan.name for one in packages)
    alike = {one.plan.name: "" for one in packages if counts[one.plan.name] > 1 and not one.job.marker}
    yield from ((name, "its archives are told apart by extras, which a constraints file cannot do") for name in alike)
    for package in packages:
        why = _in_the_way(package.plan.name, package.plan.version, file, old)
        yield from [(package.plan.name, why)] if why else []


def _in_the_way(name: str, version: str, file: Path, old: Iterable[str]) -> str:
    """What the user's own lines ask for, where an archive of this version is not that; empty if it is."""
    own = {str(requirement_of(line)) for line in old}
    for requirement, source in requirements_file.stated(file) if file.is_file() else ():
        # One with a marker may be for other environments.
        if canonicalize_name(requirement.name) != name or requirement.marker is not None or str(requirement) in own:
            continue
        if requirement.url or not requirement.specifier.contains(version, prereleases=True):
            return f"{source} asks for {requirement}, and the archive is {version}"
    return ""
