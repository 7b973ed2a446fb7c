"""``match-runtime`` when a package is wrapped: the versions that the project depending on it is locked to, or pins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from augbackend import checking, match_runtime
from augbackend import sources as tomls
from augbackend.cli.model.augmentation import Extra, Fork
from augbackend.cli.model.locked_version import exact_version
from augbackend.errors import AugbackendError, SettingsError
from augbackend.settings import separated

from . import lock_files, wheel_marker

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from augbackend.cli.model.locked_version import Locked
    from augbackend.settings import BuildDependency


@dataclass(frozen=True)
class Consumer:
    """Who will depend on the package, as far as that decides versions.

    :param document: its ``pyproject.toml``; empty if there is none.
    :param other_indexes: URLs of its indexes, the default one aside.
    :param asked: versions that are stronger than the lock, see :func:`overrides`.
    """

    document: Mapping[str, Any] = field(default_factory=dict)
    locked: Sequence[Locked] = ()
    other_indexes: Collection[str] = ()
    asked: Sequence[str] = ()


def overrides(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The versions in ``AUGBACKEND_MATCH_RUNTIME``, which are stronger than any lock.

    :raises SettingsError: if it holds anything else.
    """
    mistakes: list[str] = []
    layer = [one for one in tomls.variables(environ, mistakes, warn=False) if one[0] == "match-runtime"]
    table = {key: value for key, _, value in layer}
    settings = checking.check(table, {key: origin for key, origin, _ in layer}, mistakes)
    if mistakes or settings is None:
        raise SettingsError("the environment", mistakes)
    return tuple(one for text in settings.match_runtime for one in separated(text))


def matched(entry: BuildDependency, origin: str, consumer: Consumer) -> list[Extra]:
    """An entry with ``match-runtime``, in the versions that are known for it; if none are, as it is, for the build.

    :param origin: the table or the option that the entry is from.
    :raises AugbackendError: if the lock has several versions, and no marker tells them apart.
    """
    entry = replace(entry, requirement=entry.text, marker="")  # a locked version has the whole marker in it
    name = entry.parsed.name
    wanted = lock_files.requirements(consumer.document, name)
    override = next((text for text in consumer.asked if canonicalize_name(Requirement(text).name) == name), None)
    if override is not None:
        requirement = Requirement(override)
        forks = _forks([Fork(exact_version(requirement), "", is_exact=False)])
        why = f"{origin}, matched to AUGBACKEND_MATCH_RUNTIME"
        return [Extra(replace(entry, locked=(_with(entry, requirement),)), why, forks)]
    found = [one for one in consumer.locked if one.name == name and one.version]
    if found and lock_files.are_allowed(found, wanted):
        by_marker = {one.marker: one.version for one in found}
        if any(one.version != by_marker.get("", by_marker[one.marker]) for one in found):
            versions = " and ".join(sorted({one.version for one in found}))
            raise AugbackendError(
                f"{name} is locked to {versions}, and no marker tells them apart",
                where=f"{found[0].source}, for match-runtime in {origin}",
                hint=f'name the one to build against, such as "{name}=={found[0].version}", instead of match-runtime',
            )
        return [_matched_to(entry, origin, found, consumer.other_indexes)]
    extras = []
    for choice in lock_files.choices(wanted):
        asked_for = Requirement(f"{name}=={choice.pin}" if choice.pin else f"{name}{choice.specifier}")
        in_version = replace(entry, requirement=_with(entry, asked_for, choice.marker))
        if choice.pin:
            in_version = replace(in_version, locked=(in_version.requirement,))
            forks = _forks([Fork(choice.pin, choice.marker, is_exact=False)])
            extras.append(Extra(in_version, f"{origin}, matched to the pin in pyproject.toml", forks))
        else:
            kept = in_version if wanted else entry
            extras.append(Extra(kept, f"{origin}, match-runtime; neither locked nor pinned, so matched when it builds"))
    return extras


def _matched_to(entry: BuildDependency, origin: str, found: Sequence[Locked], other_indexes: Collection[str]) -> Extra:
    """Locked versions: by their numbers, or by the URLs of their wheels, if only an index of the project's has them.

    Nothing that builds the archive knows that index; and its wheels are others than those of the same number elsewhere.
    """
    texts, registries = [], []
    for one in found:
        is_direct = one.url.endswith(".whl")
        is_elsewhere = is_direct or "+" in one.version or one.registry.rstrip("/") in other_indexes
        by_url = []
        for wheel in one.wheels if is_elsewhere else ():
            marker = wheel_marker.marker(wheel.name)
            if marker is None or not wheel.url:
                continue
            digest = f"#sha256={wheel.sha256}" if wheel.sha256 else ""
            asked = Requirement(f"{one.name} @ {wheel.url}{digest}")
            by_url.append(_with(entry, asked, _both(marker, one.marker)))
        registries += [one.registry] if by_url and one.registry else []
        specifier = match_runtime.exactly(one.version) if one.is_exact else f"=={one.version}"
        texts += by_url or [_with(entry, Requirement(one.name + specifier), one.marker)]
    why = f"{origin}, matched to {found[0].source}"
    why += f", of {', '.join(dict.fromkeys(registries))}" if registries else ""
    forks = _forks([Fork(one.version, one.marker, one.is_exact) for one in found])
    return Extra(replace(entry, locked=tuple(dict.fromkeys(texts))), why, forks)


def _forks(found: Sequence[Fork]) -> tuple[Fork, ...]:
    """Versions and where they hold: one that is the only one holds everywhere."""
    if len({fork.version for fork in found}) == 1:
        found = [found[0]._replace(marker="")]
    return tuple(fork for fork in found if fork.version)


def _with(entry: BuildDependency, asked: Requirement, marker: str = "") -> str:
    """The entry's requirement in another version, where another marker holds as well; its own, and its extras, stay."""
    requirement = Requirement(entry.requirement)
    own = str(requirement.marker) if requirement.marker else ""
    requirement.marker = None
    requirement.specifier, requirement.url = SpecifierSet(str(asked.specifier)), asked.url
    joined = _both(own, _both(str(asked.marker) if asked.marker else "", marker))
    return f"{requirement} ; {joined}" if joined else str(requirement)


def _both(one: str, other: str) -> str:
    if not one or not other:
        return one or other
    return " and ".join(f"({part})" if " or " in part else part for part in (one, other))
