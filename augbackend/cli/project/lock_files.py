"""Versions that a project is locked to: ``uv.lock``, ``pylock.toml`` (PEP 751), requirements, or its own exact pins.

Read as data. A package may be locked more than once, each time for the environments that a marker names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.pylock import Pylock, PylockValidationError
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_version

from augbackend.cli.fetch import index
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.locked_version import Locked, Wheel, exact_version
from augbackend.table import layers

from . import marker_choices, requirements_file, uv_lock
from .uv_lock import UvLock  # noqa: TC001  # the type of a field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from packaging.requirements import Requirement


@dataclass(frozen=True)
class Lock:
    """What a lock says, whatever its format.

    :param graph: what its edges say besides, if it is uv's.
    """

    packages: tuple[Locked, ...] = ()
    graph: UvLock | None = None


def read(folder: Path) -> Lock:
    """All that the project's lock says; empty if it has none.

    A uv workspace keeps its lock in the folder of its root, above the members.

    :raises AugbackendError: if the lock cannot be read.
    """
    for place in (folder, *folder.resolve().parents):
        if (place / "uv.lock").is_file() and (place == folder or _is_workspace(place)):
            return from_uv(place / "uv.lock")
    if (folder / "pylock.toml").is_file():
        return Lock(tuple(_from_pylock(folder / "pylock.toml")))
    return Lock()


def read_file(file: Path) -> Lock:
    """All that one file says: of uv, of PEP 751, or a requirements or constraints file, which is told by its name.

    :raises AugbackendError: if it cannot be read, or is none of these.
    """
    if file.name == "uv.lock":
        return from_uv(file)
    if file.suffix == ".toml":
        return Lock(tuple(_from_pylock(file)))
    if file.suffix == ".lock" and not file.name.startswith("requirements"):
        hint = "export it: uv export, poetry export, pdm export and pip freeze write requirements files"
        raise CliError("it is of a format that is not known here", id="not-a-known-lock", where=str(file), hint=hint)
    return Lock(tuple(requirements_file.pins(file)))


def _is_workspace(folder: Path) -> bool:
    if not (folder / "pyproject.toml").is_file():
        return False
    return layers.at(layers.read_pyproject(folder), "tool", "uv", "workspace", default=None) is not None


def parsed(file: Path, hint: str = "lock the project again") -> dict[str, Any]:
    """A TOML file as plain values.

    :raises AugbackendError: with ``hint``, if it is none.
    """
    try:
        return layers.toml(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CliError(f"it cannot be read: {error}", id="lock-unreadable", where=str(file), hint=hint) from None


def from_uv(file: Path) -> Lock:
    """What a ``uv.lock`` says.

    :raises AugbackendError: if it cannot be read.
    """
    return _of_graph(uv_lock.read(file, parsed(file)))


def that_uv_makes(content: bytes, place: Path) -> Lock:
    """The same of a lock that is nowhere to stay.

    :param place: where it would be, so that the paths in it lead on from there.
    :raises AugbackendError: if it cannot be read.
    """
    try:
        document = layers.toml(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CliError(
            f"what uv makes of it cannot be read: {error}",
            id="uv-export-unreadable",
            where=str(place),
            hint="run uv lock yourself, then this again",
        ) from None
    return _of_graph(uv_lock.read(place, document, "the uv.lock that uv makes now"))


def _of_graph(graph: UvLock) -> Lock:
    return Lock(graph.locked, graph)


def _from_pylock(file: Path) -> Iterator[Locked]:
    document = parsed(file)
    version = document.get("lock-version")
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        what = f"its lock-version is {version!r}, and '1.0' is the one known here"
        raise CliError(what, id="lock-format-not-known", where=str(file), hint="a newer augbackend may know it")
    try:
        packages = Pylock.from_dict(document).packages
    except PylockValidationError as error:
        raise CliError(
            f"it is not as PEP 751 says: {error}", id="not-a-sound-pylock", where=str(file), hint="lock it again"
        ) from None
    for package in packages:
        archive = package.sdist or package.archive
        local = archive or package.directory or package.vcs
        url = (archive.url if archive else None) or ""
        if package.vcs and package.vcs.url:
            subdirectory = f"#subdirectory={package.vcs.subdirectory}" if package.vcs.subdirectory else ""
            url = f"{package.vcs.type}+{package.vcs.url}@{package.vcs.commit_id}{subdirectory}"
        yield Locked(
            name=package.name,
            version=str(package.version or ""),
            marker=marker_choices.without_extras(str(package.marker or ""), f"{file}, {package.name}"),
            url=url,
            sha256=archive.hashes.get("sha256", "") if archive else "",
            path=file.parent / local.path if local and local.path else None,
            wheels=tuple(
                Wheel(
                    wheel.name or index.filename(wheel.url or wheel.path or ""),
                    wheel.url or "",
                    wheel.hashes.get("sha256", ""),
                )
                for wheel in package.wheels or ()
            ),
            registry=package.index or "",
            source="pylock.toml",
        )


def are_allowed(found: Sequence[Locked], wanted: Sequence[Requirement]) -> bool:
    """Whether a lock fits the requirements: one of them allows each version, and each of them allows a version."""
    bounds = [one.specifier for one in wanted if one.specifier]
    versions = [one.version for one in found if one.version]
    return all(any(bound.contains(one, prereleases=True) for one in versions) for bound in bounds if versions) and all(
        any(bound.contains(one, prereleases=True) for bound in bounds) for one in versions if bounds
    )


@dataclass(frozen=True)
class Choice:
    """What a project allows of another, somewhere: a pin, or what a specifier says.

    :param marker: where it holds; empty for everywhere.
    :param pin: the one version that it allows; empty if there may be more.
    """

    marker: str
    specifier: SpecifierSet
    pin: str


def choices(wanted: Sequence[Requirement]) -> list[Choice]:
    """The versions that a project asks for. What has no marker is joined into one choice; each marker has its own."""
    common = [one for one in wanted if one.marker is None]
    marked = {str(one.marker): one for one in wanted if one.marker is not None and one.specifier}
    base = SpecifierSet(",".join(str(one.specifier) for one in common if one.specifier))
    if not marked or base:
        return [_choice("", base, common)]
    return [_choice(marker, one.specifier, [one]) for marker, one in marked.items()]


def are_pinned(found: Sequence[Locked], wanted: Sequence[Choice]) -> bool:
    """Whether what is locked is what exact pins say, and no more: then the pins say where each version is for."""
    pins = {canonicalize_version(one.pin) for one in wanted}
    return "" not in pins and pins == {canonicalize_version(one.version) for one in found}


def refuse_contradiction(wanted: Sequence[Requirement]) -> None:
    """Make sure that what is asked for can be had at once, where no lock says which version is for which extra.

    :raises AugbackendError: if there are several exact pins for the same environments.
    """
    pins = _pins([one for one in wanted if one.marker is None])
    if len(pins) > 1:
        what = f"{wanted[0].name} is asked for in the versions {' and '.join(sorted(pins.values()))}"
        hint = "lock the project (uv lock), then run this again: a lock says which of them is for which extra or group"
        raise CliError(what, id="versions-contradict", where="pyproject.toml", hint=hint)


def _choice(marker: str, specifier: SpecifierSet, asked: Sequence[Requirement]) -> Choice:
    pins = _pins(asked)
    return Choice(marker, specifier, next(iter(pins.values())) if len(pins) == 1 else "")


def _pins(asked: Sequence[Requirement]) -> dict[str, str]:
    """The exact pins, by their canonical form; without ``2.8.0`` where ``2.8.0+cpu``, which it allows, is one too."""
    pins = {canonicalize_version(pin): pin for pin in reversed([*filter(None, map(exact_version, asked))])}
    narrowed = {canonicalize_version(pin.partition("+")[0]) for pin in pins.values() if "+" in pin}
    return {version: pin for version, pin in pins.items() if version not in narrowed}
