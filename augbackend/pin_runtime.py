"""``pin-runtime``: the wheel's ``Requires-Dist`` says which version the build used.

A wheel that was built against one torch then meets another only over the resolver's objection. The same text is
written into what the metadata hook answers and into the wheel; all else in METADATA keeps its bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from . import pep440, pep508
from .errors import AugbackendError
from .installed import installed_version
from .match_runtime import plain_entries, unquoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .reading import Build

_LOWER_BOUNDS = (">=", ">")


class Pin(NamedTuple):
    """A version that a build used, and the specifier that says so."""

    version: str
    specifier: str


def used(build: Build) -> dict[str, Pin]:
    """The pins of this build, by canonical names: of what is installed here.

    :raises AugbackendError: if a project is to be pinned that is no build requirement.
    """
    found, absent = {}, []
    for name, width in build.settings.pin_runtime.items():
        version = installed_version(name, build.path) if width != "none" else None
        if version is not None:
            try:
                found[pep508.canonical_name(name)] = Pin(version, specifier(version, _decided(build, name, width)))
            except pep440.InvalidVersion as error:
                where = f"tool.augbackend.pin-runtime.{name}: what is installed in the build environment"
                hint = f'pin-runtime = {{ {name} = "none" }} leaves it alone'
                raise AugbackendError(str(error), where=where, hint=hint) from None
        elif width != "none" and not _is_for_elsewhere(build, name):
            absent.append(name)
    if absent:
        raise AugbackendError(
            f"not installed in the build environment: {', '.join(absent)}",
            where=f"tool.augbackend.pin-runtime.{absent[0]}: the version that the build used is to be pinned",
            hint=f'add "{absent[0]}" to extra-build-dependencies in [tool.augbackend] of pyproject.toml',
        )
    return found


def _decided(build: Build, name: str, width: str) -> str:
    """What ``auto`` comes to: a variant matters where one was asked for."""
    if width != "auto":
        return width
    wanted = [one.parsed for one in plain_entries(build) if one.parsed.name == pep508.canonical_name(name)]
    bounds = [bound for one in wanted for bound in (*(bound for _, bound in one.clauses), unquoted(one.url))]
    return "exact" if any("+" in bound for bound in bounds) else "x.x"


def _is_for_elsewhere(build: Build, name: str) -> bool:
    """Whether the project is declared, for other environments than this one."""
    declared = [entry.parsed for entry in build.settings.extra_build_dependencies]
    return any(one.name == pep508.canonical_name(name) and not one.applies() for one in declared)


def specifier(version: str, width: str) -> str:
    """What a version and its width come to: 2.8.1 and ``x.x`` give ``>=2.8.1,<2.9``.

    As conda's ``pin_compatible``: not older than what the build used, the same in the first numbers.

    :param width: as in :class:`.settings.Width`; ``auto`` takes the version for one that was asked for.
    :raises InvalidVersion: if the version is none of PEP 440.
    """
    if width == "auto":
        width = "exact" if "+" in version else "x.x"
    epoch, release = pep440.numbers(version)
    if width == "exact":
        return f"=={version}"
    public = version.partition("+")[0]
    count = len(width.split("."))
    first = [*release, *[0] * (count - len(release))][:count]
    first[-1] += 1
    upper = ".".join(map(str, first))
    return f">={public},<{f'{epoch}!' if epoch else ''}{upper}"


def _satisfies(version: str, operator: str, bound: str) -> bool:
    try:
        return pep440.satisfies(version, operator, bound)
    except pep440.InvalidVersion:
        return False


def pinned(text: str, pins: Mapping[str, Pin]) -> str:
    """METADATA with the pins in its ``Requires-Dist`` fields; a project without one that always holds gets one.

    :param text: with whatever line ends it has.
    :param pins: by canonical names.
    """
    lines, last = text.split("\n"), -1
    found: set[str] = set()
    carriage = "\r" if lines[0].endswith("\r") else ""
    end = next((at for at, line in enumerate(lines) if not line.rstrip("\r")), len(lines))
    at = 0
    while at < end:
        stop = next((below for below in range(at + 1, end) if lines[below][0] not in " \t"), end)
        field, _, value = "\n".join(lines[at:stop]).partition(":")
        if field.strip().lower() == "requires-dist":
            last = stop
            unfolded = " ".join(line.strip() for line in value.strip().split("\n"))
            new = _pinned(unfolded, pins, found)
            if new != unfolded:
                lines[at:stop] = [f"{field}: {new}{carriage}"]
                end -= stop - at - 1
                stop = last = at + 1
        at = stop
    missing = [f"Requires-Dist: {name}{pins[name].specifier}{carriage}" for name in sorted(pins.keys() - found)]
    last = end if last < 0 else last
    lines[last:last] = missing
    return "\n".join(lines)


def _pinned(value: str, pins: Mapping[str, Pin], found: set[str]) -> str:
    """One requirement, with the pin if it is one that is pinned.

    :param found: grows by its name, if it holds without a condition, or says already what the pin says.
    """
    try:
        requirement = pep508.parse_requirement(value)
    except pep508.InvalidRequirement:
        return value  # of no form that is known, so not ours to touch
    pin = pins.get(requirement.name)
    is_pinned = pin is not None and requirement.applies(with_any_extra=True)
    new = pinned_requirement(value, pin) if pin is not None and is_pinned else value
    if requirement.marker is None or (is_pinned and new == value and requirement.applies()):
        found.add(requirement.name)
    return new


def pinned_requirement(text: str, pin: Pin) -> str:
    """One requirement with its pin: extras, marker and its own upper bounds and exclusions are kept.

    One that names a single version, or a URL, says which it is already.
    """
    requirement = pep508.parse_requirement(text)
    is_exact = any(operator in ("==", "===") and not bound.endswith(".*") for operator, bound in requirement.clauses)
    wants_exact = pin.specifier.startswith("==")
    if requirement.url or (is_exact and not wants_exact and requirement.accepts(pin.version)):
        return text
    clauses = pin.specifier.split(",")
    for operator, bound in sorted(requirement.clauses):
        is_implied = (operator in _LOWER_BOUNDS or wants_exact) and _satisfies(pin.version, operator, bound)
        if not is_implied and f"{operator}{bound}" not in clauses:
            clauses.append(f"{operator}{bound}")
    plain, _, marker = text.partition(";")
    head = re.match(rf"{pep508.NAME}\s*(?:\[[^\]]*\])?", plain)
    shown = f"{head[0].rstrip() if head else requirement.name}{','.join(clauses)}"
    return f"{shown} ; {marker.strip()}" if marker else shown
