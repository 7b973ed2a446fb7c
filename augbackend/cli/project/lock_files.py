"""Versions that a project is locked to: ``uv.lock``, ``pylock.toml`` (PEP 751), requirements, or its own exact pins.

Read as data. A package may be locked more than once, each time for the environments that a marker names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urldefrag, urlsplit

from packaging.pylock import Pylock, PylockValidationError
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from augbackend.cli.fetch import index
from augbackend.cli.model.locked_version import Locked, Wheel, exact_version
from augbackend.cli.model.requirement import requirement_of
from augbackend.errors import AugbackendError
from augbackend.standards.markers import Junction, parse_marker
from augbackend.table import layers

from . import requirements_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.requirements import Requirement

    from augbackend.standards.markers import Marker

_Kind = TypeVar("_Kind")
_OLDEST_UV_LOCK = 1
# A condition on extras or groups, which only the marker of a lock file has. A quoted text is skipped as a whole.
_CHOICE = r"""(?:'[^']*'|"[^"]*")(\s+(?:not\s+)?in\s+(?:extras|dependency_groups)\b)?"""


def read(folder: Path) -> tuple[Locked, ...]:
    """All that the project's lock says; empty if it has none.

    A uv workspace keeps its lock in the folder of its root, above the members.

    :raises AugbackendError: if the lock cannot be read.
    """
    for place in (folder, *folder.resolve().parents):
        if (place / "uv.lock").is_file() and (place == folder or _is_workspace(place)):
            return tuple(_from_uv(place / "uv.lock"))
    if (folder / "pylock.toml").is_file():
        return tuple(_from_pylock(folder / "pylock.toml"))
    return ()


def read_file(file: Path) -> tuple[Locked, ...]:
    """All that one file says: of uv, of PEP 751, or a requirements or constraints file, which is told by its name.

    :raises AugbackendError: if it cannot be read, or is none of these.
    """
    if file.name == "uv.lock":
        return tuple(_from_uv(file))
    if file.suffix == ".toml":
        return tuple(_from_pylock(file))
    if file.suffix == ".lock" and not file.name.startswith("requirements"):
        hint = "export it: uv export, poetry export, pdm export and pip freeze write requirements files"
        raise AugbackendError("it is of a format that is not known here", where=str(file), hint=hint)
    return tuple(requirements_file.pins(file))


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
        raise AugbackendError(f"it cannot be read: {error}", where=str(file), hint=hint) from None


def _from_uv(file: Path) -> Iterator[Locked]:
    document = parsed(file)
    if document.get("version", _OLDEST_UV_LOCK) != _OLDEST_UV_LOCK:
        what = f"its format is {document['version']}, and {_OLDEST_UV_LOCK} is the one known here"
        raise AugbackendError(what, where=str(file), hint="a newer augbackend may know it")
    for package in _only(dict, document.get("package")):
        source, sdist = _table_or_empty(package.get("source")), _table_or_empty(package.get("sdist"))
        path = next((source[key] for key in ("path", "directory", "editable", "virtual") if key in source), None)
        url = str(sdist.get("url") or source.get("url") or "")
        if "git" in source:
            url = _git(str(source["git"]), file)
        markers = _only(str, package.get("resolution-markers"))
        either = " or ".join(f"({marker})" if len(markers) > 1 else marker for marker in markers)
        yield Locked(
            name=canonicalize_name(str(package.get("name"))),
            version=str(package.get("version", "")),
            marker=_of_environments(either, f"{file}, {package.get('name')}"),
            url=url,
            sha256=_sha256(sdist.get("hash")),
            path=None if path is None else file.parent / str(path),
            wheels=tuple(_uv_wheel(wheel) for wheel in _only(dict, package.get("wheels"))),
            registry=str(source.get("registry", "")),
            source="uv.lock",
        )


def _git(text: str, file: Path) -> str:
    """``https://host/path?rev=…&subdirectory=…#commit``, as uv writes it, as the URL that pip and uv take."""
    plain, commit = urldefrag(text)
    try:
        parts = urlsplit(plain)
    except ValueError as error:
        raise AugbackendError(f"{text!r} is not a URL: {error}", where=str(file), hint="lock it again") from None
    asked = dict(part.partition("=")[::2] for part in parts.query.split("&") if part)
    subdirectory = f"#subdirectory={asked['subdirectory']}" if asked.get("subdirectory") else ""
    return f"git+{parts._replace(query='').geturl()}@{commit}{subdirectory}"


def _from_pylock(file: Path) -> Iterator[Locked]:
    document = parsed(file)
    version = document.get("lock-version")
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        what = f"its lock-version is {version!r}, and '1.0' is the one known here"
        raise AugbackendError(what, where=str(file), hint="a newer augbackend may know it")
    try:
        packages = Pylock.from_dict(document).packages
    except PylockValidationError as error:
        raise AugbackendError(f"it is not as PEP 751 says: {error}", where=str(file), hint="lock it again") from None
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
            marker=_of_environments(str(package.marker or ""), f"{file}, {package.name}"),
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


def _of_environments(marker: str, where: str) -> str:
    """The marker of a locked package, as far as it speaks of environments; empty if it may be installed in every one.

    Extras and dependency groups are chosen by whoever installs. Any choice is taken to be possible, so a condition on
    one is left out: ``'cpu' in extras and os_name == 'nt'`` is ``os_name == 'nt'``.

    :raises AugbackendError: if a requirement could not have what is left as its marker.
    """
    one_variable = re.sub(_CHOICE, lambda found: "extra == ''" if found[1] else found[0], marker)
    if not marker:
        return ""
    try:
        read = parse_marker(one_variable)
        return _as_text(read) if "extra" in one_variable else marker
    except ValueError as error:
        raise AugbackendError(f"its marker cannot be read: {error}", where=where, hint="lock it again") from None


def _as_text(marker: Marker) -> str:
    """A marker without what it says of extras."""
    if isinstance(marker, Junction):
        parts = sorted(map(_as_text, marker.parts))
        if marker.word == "or":
            return " or ".join(parts) if all(parts) else ""
        return " and ".join(f"({part})" if " or " in part else part for part in parts if part)
    left, operator, right, variable_first = marker
    if (left if variable_first else right) == "extra":
        return ""
    sides = (left, _quoted(right)) if variable_first else (_quoted(left), right)
    return f" {operator} ".join(sides)


def _quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else f'"{text}"'


def _uv_wheel(wheel: Mapping[str, Any]) -> Wheel:
    url = str(wheel.get("url", ""))
    name = wheel.get("filename") or index.filename(url or str(wheel.get("path", "")))
    return Wheel(str(name), url, _sha256(wheel.get("hash")))


def _sha256(text: Any) -> str:
    name, _, digest = str(text or "").partition(":")
    return digest if name == "sha256" else ""


def _only(kind: type[_Kind], value: Any) -> list[_Kind]:
    """The items of a list that are of one kind; none if it is not a list."""
    return [item for item in value if isinstance(item, kind)] if isinstance(value, list) else []


def _table_or_empty(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def requirements(document: Mapping[str, Any], name: str) -> list[Requirement]:
    """What a ``pyproject.toml`` itself asks for of one project: dependencies, extras and dependency groups."""
    return [one for one in _all_requirements(document) if canonicalize_name(one.name) == name]


def asked_names(document: Mapping[str, Any]) -> list[str]:
    """All projects that a ``pyproject.toml`` itself asks for, by canonical name."""
    return [canonicalize_name(one.name) for one in _all_requirements(document)]


def _all_requirements(document: Mapping[str, Any]) -> Iterator[Requirement]:
    project = _table_or_empty(document.get("project"))
    groups = [
        *_table_or_empty(project.get("optional-dependencies")).values(),
        *_table_or_empty(document.get("dependency-groups")).values(),
    ]
    groups += [
        layers.at(document, "tool", "uv", key, default=[]) for key in ("dev-dependencies", "constraint-dependencies")
    ]
    for text in [
        item for group in (project.get("dependencies", []), *groups) if isinstance(group, list) for item in group
    ]:
        requirement = requirement_of(text) if isinstance(text, str) else None  # a group may include another
        if requirement is not None:
            yield requirement


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


def _choice(marker: str, specifier: SpecifierSet, asked: Sequence[Requirement]) -> Choice:
    return Choice(marker, specifier, next(filter(None, map(exact_version, asked)), ""))
