"""``match-runtime`` when a package is wrapped: the versions that the project depending on it is locked to, or pins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import BuildRequirement, MatchedVersion
from augbackend.cli.model.locked_version import exact_version
from augbackend.errors import SettingsError
from augbackend.features import match_runtime
from augbackend.features.match_runtime import separated
from augbackend.hook import declared

from . import build_sources, lock_files, stated_requirements, wheel_marker
from .build_sources import BuildSource  # noqa: TC001  # the type of a field
from .environment_marker import joined
from .target_environments import TargetEnvironment, TargetEnvironments

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from augbackend.cli.model.declaration import Declaration
    from augbackend.cli.model.locked_version import Locked


@dataclass(frozen=True)
class RuntimeVersions:
    """What says which versions there will be at run time.

    :param stated: what the project that depends on the package asks for; empty if there is none.
    :param locked: what its lock says.
    :param other_indexes: URLs of its indexes, the default one aside.
    :param sources: of packages that the project does not take from the default index, by name.
    :param overrides: versions that count more than the lock, see :func:`overrides`.
    :param is_fresh: whether the lock is known to be of what is asked for now.
    :param environments: that the project is for; the usual ones, if it does not say.
    """

    stated: Sequence[Requirement] = ()
    locked: Sequence[Locked] = ()
    other_indexes: Collection[str] = ()
    overrides: Sequence[Requirement] = ()
    sources: Mapping[str, BuildSource] = field(default_factory=dict)
    is_fresh: bool = False
    environments: Sequence[TargetEnvironment] = ()

    def counts(self, found: Sequence[Locked]) -> bool:
        """Whether what is locked of a package is the word: a fresh lock is, any other where the project allows it.

        A lock remembers no specifier of a package that has a path, so that it cannot tell whether that has changed.
        """
        if not found or (self.is_fresh and all(one.path is None for one in found)):
            return bool(found)
        return lock_files.are_allowed(found, stated_requirements.of(self.stated, found[0].name))


def overrides(environ: Mapping[str, str]) -> tuple[Requirement, ...]:
    """The versions in ``AUGBACKEND_MATCH_RUNTIME``, which count more than any lock.

    :raises SettingsError: if it holds anything else.
    """
    mine = {name: text for name, text in environ.items() if name == "AUGBACKEND_MATCH_RUNTIME"}
    try:
        build = declared.read(Path(), environ=mine, document={})
    except SettingsError as error:
        raise SettingsError("the environment", error.mistakes) from None
    return tuple(Requirement(one) for text in build.values.get("match-runtime", ()) for one in separated(text))


def matched(declaration: Declaration, known: RuntimeVersions) -> Declaration:
    """The declaration with the versions that ``match-runtime`` asks for; where none is known, a build looks for one.

    What the project has a source for is asked for there, in whatever version.

    :raises AugbackendError: if the lock has several versions, and no marker tells them apart; or if a source is one
        that an archive cannot name.
    """
    return replace(
        declaration,
        requires=tuple(one for requirement in declaration.requires for one in _resolved(requirement, known)),
    )


def _resolved(requirement: BuildRequirement, known: RuntimeVersions) -> list[BuildRequirement]:
    """A requirement in the version, and from the place, that the project says."""
    name, source = requirement.name, known.sources.get(requirement.name)
    is_overridden = any(canonicalize_name(one.name) == name for one in known.overrides)
    is_matched = requirement.entry.match_runtime
    if source is None or requirement.parsed.url or (is_matched and is_overridden):
        return _matched(requirement, known) if is_matched else [requirement]
    found = [one for one in known.locked if one.name == name and one.version]
    if source.url and not (found and source.url.startswith("git+")):
        return build_sources.direct(requirement, source)
    if not known.counts(found):
        raise build_sources.refused(requirement, source)
    versions = " and ".join(sorted({one.version for one in found}))
    if not is_matched and not all(
        requirement.parsed.specifier.contains(one.version, prereleases=True) for one in found
    ):
        raise build_sources.refused(requirement, source, versions)
    places = [one for one in found if one.path is not None]
    if places:
        raise build_sources.refused(requirement, replace(source, is_path=True))
    matched_ones = _matched(requirement, known if is_matched else replace(known, overrides=()))
    if not any(build_sources.is_elsewhere(text) for one in matched_ones for text in one.texts):
        raise build_sources.refused(requirement, source)
    return matched_ones if is_matched else [plain for one in matched_ones for plain in _as_plain(one)]


def _as_plain(one: BuildRequirement) -> list[BuildRequirement]:
    """What a match came to, as requirements that no caller may match anew."""
    versions = one.versions if len(one.versions) == 1 else ()
    return [
        BuildRequirement(
            replace(one.entry, requirement=text, marker="", match_runtime=False, locked=()), one.origin, versions
        )
        for text in one.texts
    ]


def _matched(requirement: BuildRequirement, known: RuntimeVersions) -> list[BuildRequirement]:
    # A locked version has the whole marker in it.
    whole = replace(requirement, entry=replace(requirement.entry, requirement=requirement.entry.text, marker=""))
    name, origin = requirement.name, requirement.origin
    wanted = stated_requirements.of(known.stated, name)
    override = next((one for one in known.overrides if canonicalize_name(one.name) == name), None)
    if override is not None:
        versions = [MatchedVersion(exact_version(override), "", is_exact=False)]
        why = f"{origin}, matched to AUGBACKEND_MATCH_RUNTIME"
        return [_with_versions(whole, [_at_version(whole, override)], versions, why)]
    found = [one for one in known.locked if one.name == name and one.version]
    if known.counts(found):
        _refuse_overlaps(found, origin, known.environments or TargetEnvironments().possible())
        choices = lock_files.choices(wanted)
        if lock_files.are_pinned(found, choices) and not any(
            _only_project_knows(one, known.other_indexes) for one in found
        ):
            return _matched_to_choices(whole, choices, is_wanted=True)
        return [_matched_to_locked(whole, found, known.other_indexes)]
    lock_files.refuse_contradiction(wanted)
    return _matched_to_choices(whole, lock_files.choices(wanted), is_wanted=bool(wanted))


def _refuse_overlaps(found: Sequence[Locked], origin: str, among: Sequence[TargetEnvironment]) -> None:
    """Make sure that there is one version in each environment.

    :raises AugbackendError: if there are several in one.
    """
    for environment in among if len({one.version for one in found}) > 1 else ():
        here = {one.version for one in found if environment.fulfils(one.marker)}
        if len(here) > 1:
            raise CliError(
                f"{found[0].name} is locked to {' and '.join(sorted(here))}, and no marker tells them apart",
                id="versions-without-marker",
                where=f"{found[0].source}, for match-runtime in {origin}",
                hint=f'name the one to build against, such as "{found[0].name}=={found[0].version}", instead of'
                " match-runtime",
            )


def _only_project_knows(one: Locked, other_indexes: Collection[str]) -> bool:
    """Whether only the project knows where this distribution is."""
    is_direct = one.url.endswith(".whl") or one.url.startswith("git+")
    return is_direct or one.path is not None or one.registry.rstrip("/") in other_indexes


def _matched_to_choices(
    whole: BuildRequirement, choices: Sequence[lock_files.Choice], *, is_wanted: bool
) -> list[BuildRequirement]:
    """What the project's own ``pyproject.toml`` says: several pins are one requirement, as in a lock."""
    if len(choices) == 1 or not all(choice.pin for choice in choices):
        return [_matched_to_choice(whole, choice, is_wanted=is_wanted) for choice in choices]
    texts = [_at_version(whole, Requirement(f"{whole.name}=={one.pin}"), one.marker) for one in choices]
    versions = [MatchedVersion(one.pin, one.marker, is_exact=False) for one in choices]
    return [_with_versions(whole, texts, versions, f"{whole.origin}, matched to the pins in pyproject.toml")]


def _matched_to_choice(whole: BuildRequirement, choice: lock_files.Choice, *, is_wanted: bool) -> BuildRequirement:
    """What the project's own ``pyproject.toml`` says of the version."""
    name, origin = whole.name, whole.origin
    asked = Requirement(f"{name}=={choice.pin}" if choice.pin else f"{name}{choice.specifier}")
    text = _at_version(whole, asked, choice.marker)
    narrowed = replace(whole, entry=replace(whole.entry, requirement=text))
    if choice.pin:
        versions = [MatchedVersion(choice.pin, choice.marker, is_exact=False)]
        return _with_versions(narrowed, [text], versions, f"{origin}, matched to the pin in pyproject.toml")
    why = f"{origin}; neither locked nor pinned, so matched when it builds"
    return replace(narrowed if is_wanted else whole, origin=why)


def _matched_to_locked(
    whole: BuildRequirement, found: Sequence[Locked], other_indexes: Collection[str]
) -> BuildRequirement:
    """Locked versions: by number, or by the URLs of their wheels, if these are on an index that only the project knows.

    A build of the archive does not know that index. The default index may have another wheel with the same number.
    """
    texts, registries = [], []
    for one in found:
        is_direct = one.url.endswith(".whl")
        is_elsewhere = "+" in one.version or (one.path is None and _only_project_knows(one, other_indexes))
        by_url = []
        for wheel in one.wheels if is_elsewhere else ():
            marker = wheel_marker.marker(wheel.name)
            if marker is None or not wheel.url:
                continue
            digest = f"#sha256={wheel.sha256}" if wheel.sha256 else ""
            asked = Requirement(f"{one.name} @ {wheel.url}{digest}")
            by_url.append(_at_version(whole, asked, joined(marker, one.marker)))
        if is_elsewhere and not by_url and one.url and not is_direct:
            digest = f"#sha256={one.sha256}" if one.sha256 else ""
            by_url.append(_at_version(whole, Requirement(f"{one.name} @ {one.url}{digest}"), one.marker))
        registries += [one.registry] if by_url and one.registry else []
        specifier = match_runtime.exactly(one.version) if one.is_exact else f"=={one.version}"
        texts += by_url or [_at_version(whole, Requirement(one.name + specifier), one.marker)]
    why = f"{whole.origin}, matched to {found[0].source}"
    why += f", of {', '.join(dict.fromkeys(registries))}" if registries else ""
    versions = [MatchedVersion(one.version, one.marker, one.is_exact) for one in found]
    return _with_versions(whole, texts, versions, why)


def _with_versions(
    whole: BuildRequirement, texts: Sequence[str], versions: Sequence[MatchedVersion], why: str
) -> BuildRequirement:
    """The requirement in these versions. If there is only one, it is for every environment."""
    if len({one.version for one in versions}) == 1:
        versions = [versions[0]._replace(marker="")]
    entry = replace(whole.entry, locked=tuple(dict.fromkeys(texts)))
    return BuildRequirement(entry, why, tuple(one for one in versions if one.version))


def _at_version(whole: BuildRequirement, asked: Requirement, marker: str = "") -> str:
    """The requirement in another version, where another marker holds as well; its own, and its extras, stay."""
    requirement = Requirement(whole.entry.text)  # a copy, to be changed
    own = str(requirement.marker) if requirement.marker else ""
    requirement.marker = None
    requirement.specifier, requirement.url = SpecifierSet(str(asked.specifier)), asked.url
    whole_marker = joined(own, joined(str(asked.marker) if asked.marker else "", marker))
    return f"{requirement} ; {whole_marker}" if whole_marker else str(requirement)
