"""``pin-runtime``: the wheel's ``Requires-Dist`` says which version the build used.

The resolver then refuses another torch beside a wheel than the one that it was built against. The same text is
written into what the metadata hook answers and into the wheel; all else in METADATA keeps its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple, Optional

from augbackend.errors import AugbackendError
from augbackend.standards import InvalidRequirement, requirements, versions
from augbackend.standards.core_metadata import parse
from augbackend.standards.installed import installed_version, versions_of

from . import Feature, metadata
from .extra_build_dependencies import entries
from .match_runtime import names_one, plain_entries, unquoted
from .origin import origin
from .remove_build_dependencies import check_project_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from augbackend.standards.core_metadata import Document
    from augbackend.table import Build, Target

Width = Literal["auto", "x", "x.x", "x.x.x", "exact", "none"]
_LOWER_BOUNDS = (">=", ">")


class Pin(NamedTuple):
    """A version that a build used, and the specifier that says so."""

    version: str
    specifier: str


def widths(build: Build) -> Mapping[str, Width]:
    """What is declared: the width of the pin, by project."""
    found: Mapping[str, Width] = build.values.get("pin-runtime", {})
    return found


def used(build: Build) -> dict[str, Pin]:
    """The pins of this build, by canonical names: of what is installed here.

    :raises AugbackendError: if a project is to be pinned that is no build requirement.
    """
    found, absent = {}, []
    for name, width in widths(build).items():
        version = installed_version(name, build.path, build.seen) if width != "none" else None
        if version is not None:
            try:
                found[requirements.canonical_name(name)] = Pin(
                    version, specifier(version, _decided(build, name, width))
                )
            except versions.InvalidVersion as error:
                where = f"tool.augbackend.pin-runtime.{name}: what is installed in the build environment"
                hint = f'pin-runtime = {{ {name} = "none" }} leaves it alone'
                raise AugbackendError(str(error), where=where, hint=hint) from None
        elif width != "none" and not _is_for_elsewhere(build, name):
            absent.append(name)
    if absent:
        raise AugbackendError(
            f"not installed in the build environment: {', '.join(absent)}",
            where=f"tool.augbackend.pin-runtime.{absent[0]}: the version that the build used is to be pinned",
            hint=f'add "{absent[0]}" to build-system.requires in pyproject.toml',
        )
    return found


def _decided(build: Build, name: str, width: str) -> str:
    """The width that ``auto`` stands for: ``exact`` if a local version was asked for, else ``x.x``."""
    if width != "auto":
        return width
    asked = [*(entry.parsed for entry in plain_entries(build)), *_parsed(build.requires)]
    wanted = [one for one in asked if one.name == requirements.canonical_name(name)]
    bounds = [bound for one in wanted for bound in (*(bound for _, bound in one.clauses), unquoted(one.url))]
    return "exact" if any("+" in bound for bound in bounds) else "x.x"


def _is_for_elsewhere(build: Build, name: str) -> bool:
    """Whether the project is asked for, in other environments than this one."""
    declared = [*(entry.parsed for entry in entries(build)), *_parsed(build.requires)]
    return any(one.name == requirements.canonical_name(name) and not one.applies() for one in declared)


def specifier(version: str, width: str) -> str:
    """The specifier for a version and a width: 2.8.1 and ``x.x`` give ``>=2.8.1,<2.9``.

    As conda's ``pin_compatible``: not older than what the build used, the same in the first numbers.

    :param width: as in :data:`Width`; ``auto`` takes the version for one that was asked for.
    :raises InvalidVersion: if the version is none of PEP 440.
    """
    if width == "auto":
        width = "exact" if "+" in version else "x.x"
    epoch, release = versions.numbers(version)
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
        return versions.satisfies(version, operator, bound)
    except versions.InvalidVersion:
        return False


def pinned(document: Document, pins: Mapping[str, Pin]) -> Document:
    """METADATA with the pins in its ``Requires-Dist`` fields. A project without one that always holds gets a new one.

    :param pins: by canonical names.
    """
    found: set[str] = set()
    edited = document.edited("requires-dist", lambda value: [_pinned(value, pins, found)])
    return edited.added("requires-dist", [f"{name}{pins[name].specifier}" for name in sorted(pins.keys() - found)])


def _pinned(value: str, pins: Mapping[str, Pin], found: set[str]) -> str:
    """One requirement, with the pin if it is one that is pinned.

    :param found: grows by its name, if it holds without a condition, or says already what the pin says.
    """
    try:
        requirement = requirements.parse_requirement(value)
    except InvalidRequirement:
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
    requirement = requirements.parse_requirement(text)
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
    head = re.match(rf"{requirements.NAME}\s*(?:\[[^\]]*\])?", plain)
    shown = f"{head[0].rstrip() if head else requirement.name}{','.join(clauses)}"
    return f"{shown} ; {marker.strip()}" if marker else shown


def _edit(build: Build) -> Optional[Callable[[Document], Document]]:
    if all(width == "none" for width in widths(build).values()):
        return None
    pins = used(build)
    return lambda document: pinned(document, pins)


def _look(
    build: Build, target: Target, promise: Optional[Document], is_answered: bool
) -> Callable[[Document], dict[str, bytes]]:
    """Refuse a wheel whose pins the frontend cannot have seen, before anything is compiled."""
    pins = {} if is_answered else used(build)
    if pins and not (target == "wheel" and _check_static(build, promise, pins)):
        _check_known(build, pins)
    return lambda _: {}


def _check_static(build: Build, promise: Optional[Document], pins: Mapping[str, Pin]) -> bool:
    """Hold the pins against a static ``PKG-INFO``, from which a frontend may have resolved; whether there is one."""
    static = metadata.pkg_info(build)
    if not static.is_static:
        return False
    for name, pin in pins.items():
        told, built = _required(static, name), _required(promise or pinned(static, pins), name)
        if told.keys() != built.keys():
            elsewise = f", or build it with the {name} that it is for" if any(told) else ""
            raise AugbackendError(
                f"{name} {pin.version} is built against, but PKG-INFO promises"
                f" {', '.join(sorted(told.values())) or f'no {name}'}",
                where=f"{build.tree / 'PKG-INFO'}, from which the frontend may have resolved",
                hint=f"wrap it with {name}=={pin.version} in its lock (--lock){elsewise}",
            )
    return True


def _check_known(build: Build, pins: Mapping[str, Pin]) -> None:
    """Refuse to guess if the frontend would not notice.

    uv and poetry resolve from a lock or a cache, and then ignore what the wheel that they build requires. That concerns
    sdists only: whoever builds a checkout may want the newest.
    """
    if origin(build) is None and not (build.tree / "PKG-INFO").is_file():
        return
    asked = [*(entry.parsed for entry in plain_entries(build)), *_parsed(build.requires)]
    known = {one.name for one in asked if names_one(one)}
    for name, pin in pins.items():
        if name in known:
            continue
        is_matched = any(one.match_runtime and one.parsed.name == name for one in entries(build))
        says = f"AUGBACKEND_MATCH_RUNTIME={name}==<version>"
        cure = f"say it: {says} (uv: -C augbackend.match-runtime={name}==<version>)"
        raise AugbackendError(
            f"it is not known which {name} will be there at run time: no lock and no setting says, and the frontend"
            f" did not ask for metadata first; the installed {name} {pin.version} would be a guess",
            where=f"tool.augbackend.pin-runtime.{name}, and what asks for {name}",
            hint=f"wrap it with a lock, or {cure}" if is_matched else f"ask for one version: {name}=={pin.version}",
        )


def _parsed(texts: Sequence[str]) -> list[requirements.Requirement]:
    """Those that can be read; the others are the frontend's to report."""
    found = []
    for text in texts:
        with suppress(InvalidRequirement):
            found.append(requirements.parse_requirement(text))
    return found


def _required(document: Document, name: str) -> dict[object, str]:
    """What METADATA requires of a project here: meaning → text."""
    found: dict[object, str] = {}
    for value in document.values("requires-dist"):
        with suppress(InvalidRequirement):
            requirement = requirements.parse_requirement(value)
            if requirement.name == name and requirement.applies(with_any_extra=True):
                found[requirement[:4]] = value
    return found


def dynamic_requires(document: Document) -> Document:
    """A ``PKG-INFO`` that calls its dependencies dynamic, and states none, since poetry would believe them.

    uv compares the name of the dynamic field in just this spelling.
    """
    if not document.fields:
        return document
    others = [value for value in document.values("dynamic") if value.lower() != "requires-dist"]
    return document.stated("requires-dist", ()).stated("dynamic", (*others, "Requires-Dist"))


def _rewritten_pkg_info(build: Build, sdist: Path, beside: Path) -> Optional[Path]:
    """Write an sdist again with dynamic dependencies in its ``PKG-INFO``, if that changes anything."""
    from augbackend.standards import tar

    if origin(build) is not None or all(width == "none" for width in widths(build).values()):
        return None
    with tar.opened(sdist) as archive:
        file, old = archive.at_top("PKG-INFO") if archive else ("", None)
        if archive is None or old is None:
            return None
        new = dynamic_requires(parse(old)).content
        archive.write(beside, {file: new})
    return sdist if new != old else None


def _unpinnable(build: Build) -> Iterator[str]:
    """PEP 621: a build must not change what ``[project]`` states, and frontends read it there without asking us.

    In a wrapped sdist the pins stand there already.
    """
    names = [name for name, width in widths(build).items() if width != "none"]
    if names and build.project is not None and "dependencies" not in build.dynamic and origin(build) is None:
        yield (
            f"tool.augbackend.pin-runtime: [project] states its dependencies itself, so nothing may pin {names[0]!r};"
            " let the wrapped backend compute them, and list 'dependencies' in project.dynamic"
        )


FEATURE = Feature(
    Mapping[str, Width],
    "Projects whose version in the wheel's `Requires-Dist` follows the one that the build used. Built with 2.8.1, "
    "`x.x` gives `>=2.8.1,<2.9` (as in conda, the width that has to agree), `exact` gives `==2.8.1`, `none` leaves it "
    "alone. `auto` is `x.x`, and `exact` where a local version (`2.8.1+cu128`) was asked for.",
    {},
    check_name=check_project_name,
    mistakes=_unpinnable,
    edit=_edit,
    wheel=_look,
    fingerprint=lambda build, _: versions_of(widths(build), build.seen),
    pkg_info=_rewritten_pkg_info,
)
