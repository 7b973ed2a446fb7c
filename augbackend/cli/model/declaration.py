"""What one package is to be given when it is built, whoever says so: options, a project's tables, a diagnosis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import Version

from augbackend.errors import SettingsError
from augbackend.features.extra_build_dependencies import BuildDependency
from augbackend.features.extra_build_variables import BuildVariable
from augbackend.features.jobs import Jobs
from augbackend.features.preflight import Preflight
from augbackend.hook import declared
from augbackend.table.convert import TABLE

from . import dependencies
from .dependencies import Dependencies
from .package import Package
from .recipe_use import RecipeUse  # noqa: TC001  # the type of a field
from .requirement import project_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from augbackend.features.compiler_cache import CacheName
    from augbackend.features.pin_runtime import Width

    from . import source_patch
    from .source_patch import SourcePatch

_EVERY_HOOK = BuildDependency(requirement="x").hooks


class MatchedVersion(NamedTuple):
    """A version that a build requirement is matched to.

    :param marker: of the environments that it is for; empty for all of them.
    :param is_exact: whether a local version of it (``2.8.0+cpu``) is ruled out.
    """

    version: str
    marker: str
    is_exact: bool = True


@dataclass(frozen=True)
class BuildRequirement:
    """One build requirement to add.

    :param entry: as the table has it.
    :param origin: who asks for it: a key, a file, an option.
    :param versions: the versions that it is matched to, if a lock or a pin says them.
    """

    entry: BuildDependency
    origin: str
    versions: tuple[MatchedVersion, ...] = ()

    @cached_property
    def parsed(self) -> Requirement:
        """The requirement, parsed once."""
        return Requirement(self.entry.text)

    @property
    def name(self) -> str:
        """The project, in its canonical spelling."""
        return canonicalize_name(self.parsed.name)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is asked for: the versions that it is matched to, or the requirement as it stands."""
        return self.entry.locked or (self.entry.text,)

    @property
    def is_plain(self) -> bool:
        """Whether every build needs exactly this, so that it may stand in ``build-system.requires`` as well.

        A version that the caller may replace may not: a frontend installs what stands there in any case.
        """
        entry = self.entry
        return not (entry.unless_command or entry.match_runtime) and len(entry.hooks) == len(_EVERY_HOOK)

    def as_toml(self) -> Any:
        """The entry as a TOML value."""
        entry = self.entry
        if self.is_plain:
            return entry.text
        table: dict[str, Any] = {"requirement": entry.text}
        if len(entry.hooks) < len(_EVERY_HOOK):
            table["hooks"] = list(entry.hooks)
        if entry.unless_command:
            table["unless-command"] = entry.unless_command
        if entry.match_runtime:
            table["match-runtime"] = True
        if entry.passthrough:
            table["passthrough"] = True
        return {**table, "locked": list(entry.locked)} if entry.locked else table


@dataclass(frozen=True)
class Declaration:
    """Everything that one package is to be given.

    :param removed: names of projects that are dropped from what the package asks for.
    :param local_version: a label for what is built; empty for none.
    :param pin_runtime: widths of run-time pins, by project.
    :param compiler_cache: that its compilers are called by.
    :param is_by_user: whether the user wrote it, and not an archive: only then templates see the user's variables.
    :param features: keys whose files its backend is to have though nothing here uses them.
    :param dependencies: what it depends on at run time, if the user states it.
    :param dependencies_of: the same for single versions, by version.
    :param jobs: how many of its compilers run at once; ``None`` if nobody says.
    :param by_version: what is added for the versions that a specifier contains: the first that fits counts.
    :param recipe: that some of it was taken of.
    :param preflight: what it cannot be built without; ``None`` if nobody says.
    :param build_constraints: what narrows the versions of what its build asks for, and asks for nothing itself.
    :param patches: to its sdist, in their order.
    """

    requires: tuple[BuildRequirement, ...] = ()
    removed: tuple[str, ...] = ()
    variables: Mapping[str, BuildVariable] = field(default_factory=dict)
    config_settings: Mapping[str, Union[str, tuple[str, ...]]] = field(default_factory=dict)
    local_version: str = ""
    pin_runtime: Mapping[str, Width] = field(default_factory=dict)
    compiler_cache: CacheName = "none"
    dependencies: Optional[Dependencies] = None
    dependencies_of: Mapping[str, Dependencies] = field(default_factory=dict)
    is_by_user: bool = True
    features: tuple[str, ...] = ()
    build_constraints: tuple[BuildRequirement, ...] = ()
    by_version: tuple[tuple[str, Declaration], ...] = ()
    jobs: Optional[Jobs] = None
    recipe: Optional[RecipeUse] = None
    patches: tuple[SourcePatch, ...] = ()
    preflight: Optional[Preflight] = None

    @property
    def requirement_texts(self) -> dict[str, str]:
        """The requirements as the table has them, by project."""
        return {one.name: one.entry.text for one in self.requires}

    @property
    def variable_values(self) -> dict[str, str]:
        """The values of the variables, by name."""
        return {name: one.value for name, one in self.variables.items()}

    @property
    def size(self) -> int:
        """The number of requirements, variables, dropped names and patches."""
        return len(self.requires) + len(self.variables) + len(self.removed) + len(self.patches)

    @property
    def entries(self) -> list[tuple[str, str]]:
        """Each requirement, variable, dropped name and patch: its field here, and its name."""
        return [
            *(("requires", one.name) for one in self.requires),
            *(("variables", name) for name in self.variables),
            *(("removed", name) for name in self.removed),
            *(("patches", one.name) for one in self.patches),
        ]

    def without(self, kind: str, name: str) -> Declaration:
        """All but one of the :attr:`entries`."""
        if kind == "requires":
            return replace(self, requires=tuple(one for one in self.requires if one.name != name))
        if kind == "variables":
            return replace(self, variables={key: value for key, value in self.variables.items() if key != name})
        if kind == "patches":
            return replace(self, patches=tuple(one for one in self.patches if one.name != name))
        return replace(self, removed=tuple(one for one in self.removed if one != name))

    def plus(self, other: Declaration) -> Declaration:
        """Both, one behind the other; where only one value is possible, the other's."""
        return Declaration(
            (*self.requires, *other.requires),
            (*self.removed, *other.removed),
            {**self.variables, **other.variables},
            {**self.config_settings, **other.config_settings},
            other.local_version or self.local_version,
            {**self.pin_runtime, **other.pin_runtime},
            self.compiler_cache if other.compiler_cache == "none" else other.compiler_cache,
            _both(self.dependencies, other.dependencies),
            {**self.dependencies_of, **other.dependencies_of},
            self.is_by_user and other.is_by_user,
            (*self.features, *other.features),
            (*self.build_constraints, *other.build_constraints),
            (*self.by_version, *other.by_version),
            other.jobs or self.jobs,
            other.recipe or self.recipe,
            tuple(dict.fromkeys((*self.patches, *other.patches))),
            other.preflight or self.preflight,
        )

    def joined(self, other: Declaration) -> Declaration:
        """Both, with one requirement for each project: the one that asks for what both ask for."""
        requires = {one.name: one for one in self.requires}
        for one in other.requires:
            requires[one.name] = _joined(requires[one.name], one) if one.name in requires else one
        both = self.plus(other)
        return replace(both, requires=tuple(requires.values()), removed=tuple(dict.fromkeys(both.removed)))

    def in_words(self) -> str:
        """The requirements, variables, dropped names and patches in one line."""
        removed = [f"no {name} of its own" for name in sorted(self.removed)]
        variables = [f"{name}={value}" for name, value in self.variable_values.items()]
        patches = [f"patched by {one.name}" for one in self.patches]
        return ", ".join([*removed, *(one.entry.text for one in self.requires), *variables, *patches]) or "as it is"

    def dependencies_for(self, version: str) -> Dependencies | None:
        """The dependencies that the user states for a version."""
        of = {canonicalize_version(one): stated for one, stated in self.dependencies_of.items()}
        return of.get(canonicalize_version(version), self.dependencies)

    def kept(self, texts: Iterable[str]) -> list[str]:
        """Of the package's own requirements, those that are not dropped."""
        removed = {*map(canonicalize_name, self.removed)}
        return [text for text in texts if project_of(text) not in removed]

    def for_sdist(self) -> list[str]:
        """The requirements for making an sdist of a source tree."""
        return [text for one in self.requires if "sdist" in one.entry.hooks for text in one.texts]

    def as_table(self) -> dict[str, Any]:
        """The keys of ``[tool.augbackend]`` that say it, as TOML values."""
        settings = {key: list(one) if isinstance(one, tuple) else one for key, one in self.config_settings.items()}
        table = {
            "extra-build-dependencies": [one.as_toml() for one in self.requires],
            "remove-build-dependencies": list(self.removed),
            "extra-build-variables": {name: _variable_as_toml(one) for name, one in self.variables.items()},
            "config-settings": settings,
            "pin-runtime": dict(self.pin_runtime),
            "compiler-cache": "" if self.compiler_cache == "none" else self.compiler_cache,
            "local-version": self.local_version,
        }
        said = {key: value for key, value in table.items() if value}
        inner = {"jobs": (self.jobs, Jobs()), "preflight": (self.preflight, Preflight())}
        return {**said, **{key: _said_of_table(one, plain) for key, (one, plain) in inner.items() if one is not None}}


def from_values(values: Mapping[str, Any], origin: str) -> Declaration:
    """What checked values declare, by the keys of ``[tool.augbackend]``.

    :param origin: of its build requirements.
    :raises SettingsError: if one of them is a requirement to augbackend and none to ``packaging``.
    """
    requires = tuple(BuildRequirement(entry, origin) for entry in values.get("extra-build-dependencies", ()))
    for one in requires:
        try:
            _ = one.parsed
        except InvalidRequirement as error:
            raise SettingsError(origin, [f"{one.entry.text}: {str(error).splitlines()[0]}"]) from None
    return Declaration(
        requires,
        values.get("remove-build-dependencies", ()),
        values.get("extra-build-variables", {}),
        values.get("config-settings", {}),
        values.get("local-version", ""),
        values.get("pin-runtime", {}),
        values.get("compiler-cache", "none"),
        jobs=values.get("jobs"),
        preflight=values.get("preflight"),
    )


def from_package(said: Package, origin: str, patch: source_patch.Reader | None = None) -> Declaration:
    """What a table of ``[tool.augbackend.packages]`` declares.

    :param origin: of its build requirements.
    :param patch: reads a patch by the path that the table has; ``None`` to leave patches out.
    :raises SettingsError: if one of them is a requirement to augbackend and none to ``packaging``.
    :raises AugbackendError: if a patch cannot be read.
    """
    values = {field.name.replace("_", "-"): getattr(said, field.name) for field in fields(said)}
    found = from_values(values, origin)
    found = replace(found, patches=tuple(map(patch, said.patches)) if patch is not None else ())
    if said.requires_dist is None:
        return found
    stated = dependencies.stated(
        said.requires_dist, said.requires_python, said.provides_extra, is_override=said.override
    )
    of = {said.version: stated} if said.version else {}
    return replace(found, dependencies=None if of else stated, dependencies_of=of)


def from_entries(said: Package | Sequence[Package], key: str, patch: source_patch.Reader | None = None) -> Declaration:
    """What ``[tool.augbackend.packages]`` says of one package, for all versions or each time for some.

    :param key: of it, which its build requirements come from.
    :param patch: see :func:`from_package`.
    :raises SettingsError: see :func:`from_package`.
    """
    if isinstance(said, Package):
        return _for_versions([(said.versions, from_package(said, key, patch))])
    return _for_versions([(one.versions, from_package(one, f"{key}[{at}]", patch)) for at, one in enumerate(said)])


def _for_versions(entries: list[tuple[str, Declaration]]) -> Declaration:
    return entries[0][1] if len(entries) == 1 and not entries[0][0] else Declaration(by_version=tuple(entries))


def from_table(table: dict[str, Any], where: str, origin: str) -> Declaration:
    """What plain values declare, by the keys of ``[tool.augbackend]``.

    :param where: what a message calls the table.
    :param origin: of its build requirements.
    :raises SettingsError: with all mistakes at once.
    """
    mistakes: list[str] = []
    values, _ = declared.converted_values(table, {}, mistakes)
    if mistakes:
        raise SettingsError(where, [line.replace(f"{TABLE}.", "", 1) for line in mistakes])
    return from_values(values, origin)


def of(
    requires: Iterable[str], origin: str, removed: Iterable[str] = (), variables: Mapping[str, str] | None = None
) -> Declaration:
    """Requirements, names to drop and variables, all of them plain texts that are known to be right."""
    return Declaration(
        tuple(BuildRequirement(BuildDependency(requirement=text), origin) for text in requires),
        tuple(removed),
        {name: BuildVariable(value=value) for name, value in (variables or {}).items()},
    )


def _both(first: Dependencies | None, second: Dependencies | None) -> Dependencies | None:
    """What the second states; of the first, what the second leaves out."""
    if first is None or second is None:
        return second or first
    return Dependencies(
        second.requires_dist,
        second.requires_python or first.requires_python,
        second.provides_extra or first.provides_extra,
        second.is_override,
    )


def _joined(old: BuildRequirement, new: BuildRequirement) -> BuildRequirement:
    """A requirement that asks for what both ask for."""
    first, second = old.parsed, new.parsed
    if not second.specifier and not second.extras:
        return old
    both = [*first.specifier, *second.specifier]
    below = sorted((one for one in both if one.operator == "<"), key=lambda one: Version(one.version))
    clauses = sorted({str(one) for one in both if one.operator != "<" or one is below[0]}, reverse=True)
    extras = f"[{','.join(sorted(first.extras | second.extras))}]" if first.extras | second.extras else ""
    return replace(new, entry=BuildDependency(requirement=f"{second.name}{extras}{','.join(clauses)}"))


def _said_of_table(said: Any, plain: Any) -> dict[str, Any]:
    """What a table says that is not so without it, as TOML values."""
    values = {one.name.replace("_", "-"): getattr(said, one.name) for one in fields(said)}
    before = {one.name.replace("_", "-"): getattr(plain, one.name) for one in fields(plain)}
    return {name: _as_toml(value) for name, value in values.items() if value != before[name]}


def _as_toml(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _variable_as_toml(variable: BuildVariable) -> Any:
    if not variable.marker and not variable.default:
        return variable.value
    table = {"value": variable.value, "default": variable.default}
    return {**table, "marker": variable.marker} if variable.marker else table
