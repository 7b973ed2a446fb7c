"""``pin-runtime`` when a package is wrapped: what it will require at run time, as far as that is known before a build.

::

    build requirements with their versions, widths -> Requires-Dist as the wheel will have it -> PKG-INFO
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Optional

from packaging.utils import canonicalize_name

from augbackend.cli.edit import wrapped_pyproject
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import MatchedVersion
from augbackend.cli.model.locked_version import exact_version
from augbackend.features import pin_runtime
from augbackend.features.pin_runtime import Pin
from augbackend.standards.core_metadata import parse
from augbackend.standards.requirements import parse_requirement

from . import static_metadata
from .static_metadata import Promise  # noqa: TC001  # the type of a field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from augbackend.cli.model.declaration import BuildRequirement
    from augbackend.features.pin_runtime import Width

    from .top_files import TopFiles

    Versions = Mapping[str, Sequence[MatchedVersion]]


@dataclass(frozen=True)
class PinnedPromise:
    """A promise with its run-time pins.

    :param requires_dist: its dependencies without them, from which the backend makes its answers; ``None`` if
        ``PKG-INFO`` has them.
    :param replaced: dependencies, and what takes the place of each.
    :param added: dependencies that it has only by its pins.
    :param shown: the pins, for the report.
    """

    promise: Promise
    requires_dist: Optional[list[str]]
    replaced: dict[str, list[str]]
    added: tuple[str, ...]
    shown: tuple[str, ...]


def widths(requires: Sequence[BuildRequirement], asked: Mapping[str, Width]) -> dict[str, Width]:
    """Width by name: what was asked for, and one for each requirement that is matched to run time.

    Without a pin, what resolves from the archive could put another version beside the wheel than it was built with.
    """
    found: dict[str, Width] = {one.name: "auto" for one in requires if one.entry.match_runtime}
    found.update({canonicalize_name(name): width for name, width in asked.items()})
    return {name: width for name, width in sorted(found.items()) if width != "none"}


def pinned(
    promise: Promise, top: TopFiles, requires: Sequence[BuildRequirement], pins: Mapping[str, Width]
) -> PinnedPromise:
    """Pin what a promise says.

    Pins that only a build can know make the dependencies dynamic for whoever reads ``PKG-INFO``. The backend then
    answers from its table, without running the wrapped one. What a ``[project]`` table states is never dynamic.

    :raises AugbackendError: if the package requires another version than it is to be built with.
    """
    later = tuple(f"the {name} that it was built with (width {width})" for name, width in pins.items())
    known = _known(requires, pins)
    is_stated = top.states_dependencies
    stated = wrapped_pyproject.dependencies(top.document)
    replaced = {text: _replaced(text, known, pins) for text in stated} if known else {}
    if not pins or not promise.is_promise or (is_stated and known is None):
        return PinnedPromise(promise, None, replaced, (), later)
    document = parse(promise.text.encode()) if promise.text else top.pkg_info or parse(b"")
    unpinned = document.values("requires-dist")
    if known is None:
        dynamic = replace(promise, text=pin_runtime.dynamic_requires(document).content.decode())
        return PinnedPromise(dynamic, unpinned, replaced, (), later)
    kept = list(dict.fromkeys(line for text in unpinned for line in _replaced(text, known, pins)))
    present = {one.name for one in map(parse_requirement, unpinned) if one.marker is None}
    # What is required on a condition only gets a line of its own: the wheel is built with it in any case.
    more = [line for name in sorted(pins.keys() - present) for line in _in_versions(name, known[name], pins[name])]
    all_lines = list(dict.fromkeys([*kept, *more]))
    new = replace(promise, text=document.stated("requires-dist", all_lines).content.decode())
    shown = tuple(line for line in all_lines if parse_requirement(line).name in pins)
    return PinnedPromise(
        new,
        None if is_stated else unpinned,
        replaced,
        tuple(line for line in dict.fromkeys(more) if line not in kept) if is_stated else (),
        shown,
    )


def _known(requires: Sequence[BuildRequirement], pins: Mapping[str, Width]) -> Versions | None:
    """For each project that is pinned the versions that builds will use; ``None`` if only a build knows."""
    found: dict[str, tuple[MatchedVersion, ...]] = {}
    for one in requires if pins else ():
        if one.name not in pins:
            continue
        width, versions = pins[one.name], one.versions
        if not versions and not one.entry.match_runtime:
            version = exact_version(one.parsed)
            # A bare "==2.8.0" may turn out to be 2.8.0+cpu.
            versions = (MatchedVersion(version, one.entry.marker),) if version and width != "exact" else ()
        if not versions or (width == "exact" and not all(it.is_exact or "+" in it.version for it in versions)):
            return None
        found[one.name] = (*found.get(one.name, ()), *versions)
    return found if found.keys() == pins.keys() else None


def _replaced(text: str, known: Versions, pins: Mapping[str, Width]) -> list[str]:
    """What takes the place of one dependency."""
    name = parse_requirement(text).name
    return _in_versions(text, known[name], pins[name]) if name in pins else [text]


def _in_versions(text: str, versions: Sequence[MatchedVersion], width: Width) -> list[str]:
    """A dependency with a pin, one line for each version, where its marker holds."""
    lines = []
    requirement = parse_requirement(text)
    for version, marker, _ in versions:
        if not requirement.accepts(version):
            raise CliError(
                f"the package requires {text!r}, but is to be built with {requirement.name} {version}",
                id="requires-another-version",
                hint="lock another version, or say what the package requires (--requires-dist)",
            )
        line = pin_runtime.pinned_requirement(text, Pin(version, pin_runtime.specifier(version, width)))
        if marker:
            line = static_metadata.with_marker(line, marker) if ";" in line else f"{line} ; {marker}"
        lines.append(line)
    return lines
