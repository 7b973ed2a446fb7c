"""``pin-runtime`` when a package is wrapped: what it will require at run time, as far as that is known before a build.

::

    build requirements with their locked versions, widths -> Requires-Dist as the wheel will have it -> PKG-INFO
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend import pep508, pin_runtime
from augbackend.cli.model.declaration import MatchedVersion
from augbackend.cli.model.locked_version import exact_version
from augbackend.errors import AugbackendError
from augbackend.pin_runtime import Pin

from . import static_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from augbackend.cli.model.declaration import BuildRequirement
    from augbackend.settings import Width


def widths(extras: Sequence[BuildRequirement], asked: Mapping[str, Width]) -> dict[str, Width]:
    """Width by name: what was asked for, and one for each requirement that is matched to run time.

    Without a pin, what resolves from the archive could put another version beside the wheel than it was built with.
    """
    found: dict[str, Width] = {extra.name: "auto" for extra in extras if extra.entry.match_runtime}
    found.update({canonicalize_name(name): width for name, width in asked.items()})
    return {name: width for name, width in sorted(found.items()) if width != "none"}


def forks(
    extras: Sequence[BuildRequirement], pins: Mapping[str, Width]
) -> dict[str, tuple[MatchedVersion, ...]] | None:
    """For each project that is pinned the versions that builds will use, and where; ``None`` if only a build knows."""
    found: dict[str, tuple[MatchedVersion, ...]] = {}
    for extra in extras:
        name = extra.name
        if name not in pins:
            continue
        known = extra.versions
        if not known and not extra.entry.match_runtime:
            version = exact_version(extra.parsed)
            # A bare "==2.8.0" may turn out to be 2.8.0+cpu.
            known = (MatchedVersion(version, extra.entry.marker),) if version and pins[name] != "exact" else ()
        if not known or (pins[name] == "exact" and not all(fork.is_exact or "+" in fork.version for fork in known)):
            return None
        found[name] = (*found.get(name, ()), *known)
    return found if found.keys() == pins.keys() else None


def pinned(
    requires_dist: Sequence[str], known: Mapping[str, Sequence[MatchedVersion]], pins: Mapping[str, Width]
) -> list[str]:
    """``Requires-Dist`` with the pins: one for each fork, where its marker holds.

    What is required on a condition only gets a line of its own: the wheel is built with it in any case.
    """
    lines = [line for text in requires_dist for line in replaced(text, known, pins)]
    for name in sorted(pins.keys() - everywhere(requires_dist)):
        lines += _forked(name, known[name], pins[name])
    return list(dict.fromkeys(lines))


def everywhere(requires_dist: Sequence[str]) -> set[str]:
    """The projects that are required whatever the environment and the extras."""
    parsed = [pep508.parse_requirement(text) for text in requires_dist]
    return {one.name for one in parsed if one.marker is None}


def replaced(text: str, known: Mapping[str, Sequence[MatchedVersion]], pins: Mapping[str, Width]) -> list[str]:
    """What takes the place of one requirement."""
    name = pep508.parse_requirement(text).name
    return _forked(text, known[name], pins[name]) if name in pins else [text]


def _forked(text: str, known: Sequence[MatchedVersion], width: Width) -> list[str]:
    lines = []
    requirement = pep508.parse_requirement(text)
    for fork in known:
        if not requirement.accepts(fork.version):
            raise AugbackendError(
                f"the package requires {text!r}, and is to be built with {requirement.name} {fork.version}",
                hint="lock another version, or say what the package requires (--requires-dist)",
            )
        line = pin_runtime.pinned_requirement(text, Pin(fork.version, pin_runtime.specifier(fork.version, width)))
        if fork.marker:
            line = static_metadata.with_marker(line, fork.marker) if ";" in line else f"{line} ; {fork.marker}"
        lines.append(line)
    return lines
