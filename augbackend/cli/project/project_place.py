"""What a whole diagnosis is of: the project in a folder, or a file of versions that stands for itself.

::

    nothing, or the name of a file -> ProjectPlace: a folder, a lock, what has a URL instead of a version
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from augbackend.cli.fetch.upstream import Target
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.locked_version import exact_version

from . import lock_files, requirements_file, source_entries
from .jobs import Job
from .lock_files import Lock
from .project_root import project_root

_LOCKS = ("uv.lock", "pylock.toml")


@dataclass(frozen=True)
class ProjectPlace:
    """What is looked at.

    :param folder: of the project, or of the file.
    :param bare: the file, if it stands for itself; ``None`` if there is a project that says more.
    :param lock: what is locked there.
    :param locked_by: the name of the file that says so; empty if there is none.
    :param more: what the file has by its URL.
    """

    folder: Path
    bare: Path | None
    lock: Lock
    locked_by: str
    more: tuple[Job, ...] = ()

    @property
    def is_of_requirements(self) -> bool:
        """Whether it is a requirements file, which pip and uv install from."""
        return self.bare is not None and self.bare.suffix != ".toml" and self.bare.name not in _LOCKS

    @property
    def file(self) -> Path:
        """The file that speaks for it."""
        return self.bare or self.folder / "pyproject.toml"


def is_lock(target: str) -> bool:
    """Whether a target is a file of locked versions."""
    path = Path(target)
    is_named_so = path.name in _LOCKS or (path.name.startswith("pylock.") and path.suffix == ".toml")
    is_usual = path.name.startswith("requirements") and path.suffix == ".txt"
    return is_named_so or ("://" not in target and (is_usual or (path.suffix in (".txt", ".in") and path.is_file())))


def place_of(target: str | None) -> ProjectPlace:
    """What the user means.

    :raises AugbackendError: if there is nothing.
    """
    if target is None:
        folder = project_root(Path())
        names = [name for name in ("pyproject.toml", *_LOCKS) if (folder / name).is_file()]
        if not names:
            hint = "name a package, a lock or a requirements file; or run this where a pyproject.toml is"
            raise CliError("there is no project here", id="no-project-here", where=str(folder.resolve()), hint=hint)
        if names[0] != "pyproject.toml":
            return _place_of_file(folder / names[0])
        lock = lock_files.read(folder)
        locked_by = lock.packages[0].source if lock.packages else ""
        return ProjectPlace(folder, None, lock, locked_by)
    return _place_of_file(Path(target))


def _place_of_file(file: Path) -> ProjectPlace:
    lock = lock_files.read_file(file)
    if file.suffix == ".toml" or file.name in _LOCKS:
        has_project = (file.parent / "pyproject.toml").is_file()
        return ProjectPlace(file.parent, None if has_project else file, lock, file.name)
    requirements = [*requirements_file.requirements(file)]
    urls = [one for one in requirements if one.url and not source_entries.wheel({"url": one.url})]
    more = tuple(Job(Target(canonicalize_name(one.name), url=str(one.url)), Declaration()) for one in urls)
    is_whole = all(one.url or exact_version(one) for one in requirements)
    return ProjectPlace(file.parent, file, lock if is_whole else Lock(), file.name if is_whole else "", more)
