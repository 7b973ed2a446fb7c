"""The settings of one build: every key of ``[tool.augbackend]``, its type, its default and what it is for.

Said once, here: the checks that read a table, the JSON Schema and the README's reference are all made from
these classes. A key is its field's name with ``-`` for ``_``; the text below a field is its documentation.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Optional, Union

from . import pep508, templates

Target = Literal["wheel", "sdist", "editable"]
Width = Literal["auto", "x", "x.x", "x.x.x", "exact", "none"]

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_UNITS.update({"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40})
_LONGEST_NUMBER = 20
_SIZE = r"(?ia)(\d+(?:\.\d+)?)\s*([kmgt]i?|)b?"


def parse_size(text: str) -> int:
    """Bytes in a size such as ``512MiB`` or ``4 GB``.

    :raises ValueError: if the text is not a size.
    """
    size = re.fullmatch(_SIZE, text.strip())
    if size is None:
        raise ValueError("expected a size such as '4GiB'")
    if len(size[1]) > _LONGEST_NUMBER:
        raise ValueError("no machine has as much")
    return int(float(size[1]) * _UNITS[size[2].lower()])


def _check_object_path(text: str) -> None:
    module, colon, attributes = text.partition(":")
    names = [*module.split("."), *(attributes.split(".") if colon else ())]
    if not all(name.isidentifier() for name in names):
        raise ValueError("expected an object path such as 'hatchling.build' or 'package.module:object'")
    if names[0] == __package__:
        raise ValueError("augbackend cannot wrap itself; name the backend that does the building")


def _check_project_name(text: str) -> None:
    requirement = pep508.parse_requirement(text)
    if requirement.clauses or requirement.extras or requirement.url or requirement.marker:
        raise ValueError(f"expected only the name of a project, such as {requirement.name!r}")


def _check_requires_python(text: str) -> None:
    pep508.parse_requirement(f"python {text}")


def _check_versions(text: str) -> None:
    for one in separated(text):
        requirement = pep508.parse_requirement(one)
        if not requirement.clauses and not requirement.url:
            raise ValueError("expected a name and a version, such as 'torch==2.8.0'")


def separated(text: str) -> list[str]:
    """The requirements in a text that separates them by commas; those of a specifier and of extras separate none."""
    parts: list[str] = []
    for part in filter(None, map(str.strip, text.split(","))):
        if parts and (part[0] in "<>=!~" or parts[-1].count("[") > parts[-1].count("]")):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return parts


def _check_label(text: str) -> None:
    if not re.fullmatch(r"[a-z0-9]+(\.[a-z0-9]+)*", text):
        raise ValueError("expected letters a to z, digits, and dots between them, such as 'torch2.8'")


def _check_sha256(text: str) -> None:
    if not re.fullmatch(r"[0-9a-f]{64}|", text):
        raise ValueError("expected 64 hexadecimal digits")


def _check_command(text: str) -> None:
    if not text or "\0" in text or text != text.strip():
        raise ValueError("expected the name of a command, such as 'cmake'")


def _check_variable_name(name: str) -> None:
    if not name or "=" in name or "\0" in name:
        raise ValueError("expected the name of an environment variable: not empty, without '=' and NUL")


def _check_value(text: str) -> None:
    if "\0" in text:
        raise ValueError("an environment variable cannot hold a NUL character")
    templates.parse(text)


def key(
    default: Any, *, check: Optional[Callable[[str], object]] = None, key_check: Optional[Callable[[str], None]] = None
) -> Any:
    """A field of the settings; the checks raise ``ValueError`` with the complaint, per string in the value.

    :param default: ``...`` for a key that must be there.
    """
    metadata = {"check": check, "key_check": key_check}
    if default is ...:
        return field(metadata=metadata)
    return field(default_factory=lambda: default, metadata=metadata)


@dataclass(frozen=True, repr=False, eq=False)
class BuildDependency:
    """One entry of ``extra-build-dependencies``; a plain string is its ``requirement``."""

    shorthand: ClassVar[bool] = True

    requirement: str = key(..., check=pep508.parse_requirement)
    """What to install, as PEP 508 writes it."""
    marker: str = key("", check=pep508.parse_marker)
    """Environment marker; joined with the requirement's own, evaluated by the frontend."""
    hooks: tuple[Target, ...] = key(("wheel", "sdist", "editable"))
    """The kinds of build that need it."""
    unless_command: str = key("", check=_check_command)
    """Not needed where this command is on `PATH` (`cmake` from the system, say)."""
    match_runtime: bool = key(False)
    """In the version that will be there at run time, as far as that is known: what the caller says \
(`AUGBACKEND_MATCH_RUNTIME`), what `locked` says, what the environment has that pip installs into."""
    locked: tuple[str, ...] = key((), check=_check_versions)
    """For `match-runtime`: the versions that a lock has, each with its marker. Written by `augbackend wrap`."""

    @property
    def text(self) -> str:
        """The whole requirement, markers joined."""
        requirement, own = self.split
        if not self.marker:
            return self.requirement
        return f"{requirement} ; ({own}) and ({self.marker})" if own else f"{requirement} ; {self.marker}"

    @property
    def split(self) -> tuple[str, str]:
        """The requirement without its own marker, and that marker."""
        requirement, _, own = self.requirement.partition(" ;" if "@" in self.requirement else ";")
        return requirement.rstrip(), own.strip()

    @property
    def parsed(self) -> pep508.Requirement:
        """The requirement, for comparing and evaluating."""
        return pep508.parse_requirement(self.text)


@dataclass(frozen=True, repr=False, eq=False)
class BuildVariable:
    """One entry of ``extra-build-variables``; a plain string is its ``value``."""

    shorthand: ClassVar[bool] = True

    value: str = key(..., check=_check_value)
    """Template: `$NAME`, `${NAME}`, `${NAME:-fallback}`, `$$` for a dollar sign. `PATH` is prepended."""
    marker: str = key("", check=pep508.parse_marker)
    """Environment marker; where it does not hold, the variable is left alone."""
    default: bool = key(False)
    """Only a default: the caller's environment wins. Without it, this value wins."""


@dataclass(frozen=True, repr=False, eq=False)
class Jobs:
    """How many compilers may run at once."""

    memory_per_job: str = key("", check=parse_size)
    """Memory that one job may need, such as `4GiB`."""
    cpus_per_job: int = key(1)
    """Processors that one job keeps busy."""
    reserve: str = key("", check=parse_size)
    """Memory to leave to the rest of the machine, such as `2GiB`."""
    max: Optional[int] = key(None)
    """Never more jobs than this."""


@dataclass(frozen=True, repr=False, eq=False)
class Metadata:
    """What is promised about the wheel before it is built."""

    pkg_info: bool = key(False)
    """`PKG-INFO` of this sdist is a promise: the metadata hook answers from it without running the wrapped backend, \
and a wheel that says otherwise is an error. Ignored where `PKG-INFO` calls its own dependencies dynamic, unless \
`requires-dist` states them."""
    requires_dist: Optional[tuple[str, ...]] = key(None, check=pep508.parse_requirement)
    """The package's dependencies, those of its extras with their markers: a promise as well."""
    requires_python: str = key("", check=_check_requires_python)
    """Its `Requires-Python`; goes with `requires-dist`."""
    provides_extra: tuple[str, ...] = key((), check=_check_project_name)
    """Its extras; goes with `requires-dist`."""


@dataclass(frozen=True, repr=False, eq=False)
class Origin:
    """Where a wrapped sdist came from: written by `augbackend wrap`, read by `augbackend verify`."""

    name: str = key(..., check=_check_project_name)
    """The project, in its canonical spelling."""
    version: str = key(...)
    """Its version."""
    augbackend: str = key(...)
    """The version of augbackend that wrapped it."""
    url: str = key("")
    """Where upstream's sdist was fetched from, or its repository at a commit; empty for what lay on a disk."""
    sha256: str = key("", check=_check_sha256)
    """Of upstream's sdist; empty if it was made from a source tree."""


@dataclass(frozen=True, repr=False, eq=False)
class Package:
    """What one dependency of this project needs to build: read by `augbackend wrap`, never by a build."""

    extra_build_dependencies: tuple[BuildDependency, ...] = key(())
    """Build requirements that the package did not declare."""
    remove_build_dependencies: tuple[str, ...] = key((), check=_check_project_name)
    """Projects dropped from what the package asks for."""
    extra_build_variables: Mapping[str, BuildVariable] = key(MappingProxyType({}), key_check=_check_variable_name)
    """Environment variables around its build."""
    config_settings: Mapping[str, Union[str, tuple[str, ...]]] = key(MappingProxyType({}))
    """Passed to its backend underneath the caller's own `-C` settings."""
    local_version: str = key("", check=_check_label)
    """A local version label for the archive and what is built of it, such as `team`."""
    pin_runtime: Mapping[str, Width] = key(MappingProxyType({}), key_check=_check_project_name)
    """How its wheel's dependencies follow what the build used; `auto` for what `match-runtime` asks for, unless it is \
stated here."""
    requires_dist: Optional[tuple[str, ...]] = key(None, check=pep508.parse_requirement)
    """Its dependencies, by your word, so that nothing is built to know them. The wheel is held against it."""
    requires_python: str = key("", check=_check_requires_python)
    """Its `Requires-Python`, by your word; goes with `requires-dist`."""
    provides_extra: tuple[str, ...] = key((), check=_check_project_name)
    """Its extras, by your word; goes with `requires-dist`."""


@dataclass(frozen=True, repr=False, eq=False)
class Settings:
    """Everything that ``[tool.augbackend]`` can say."""

    build_backend: str = key("setuptools.build_meta:__legacy__", check=_check_object_path)
    """The wrapped backend: an object path as in PEP 517, `module.path:object.attribute`."""
    backend_path: tuple[str, ...] = key(())
    """Folders of the tree that hold the wrapped backend, if it is in-tree."""
    extra_build_dependencies: tuple[BuildDependency, ...] = key(())
    """Build requirements that the package did not declare."""
    remove_build_dependencies: tuple[str, ...] = key((), check=_check_project_name)
    """Projects dropped from what the wrapped backend asks for."""
    extra_build_variables: Mapping[str, BuildVariable] = key(MappingProxyType({}), key_check=_check_variable_name)
    """Environment variables around every hook of the wrapped backend."""
    config_settings: Mapping[str, Union[str, tuple[str, ...]]] = key(MappingProxyType({}))
    """Passed to the wrapped backend underneath the caller's own `-C` settings."""
    dynamic_requires: Literal["auto", "always", "never"] = key("auto")
    """Whether the wrapped backend is asked for its own requirements. `auto`: asked, but forgiven if it fails \
before the declared ones are installed."""
    jobs: Optional[Jobs] = key(None)
    """Sets `MAX_JOBS`, `CMAKE_BUILD_PARALLEL_LEVEL` and `MAKEFLAGS` from this machine's memory and processors, \
unless the caller set them."""
    local_version: str = key("", check=_check_label)
    """A local version label (PEP 440) for what is built, such as `team`: `2.8.3+team` satisfies `==2.8.3`, and is \
preferred to `2.8.3`."""
    match_runtime: tuple[str, ...] = key((), check=_check_versions)
    """The versions for what `match-runtime` asks for, such as `torch==2.8.0`, several separated by commas: \
for one build, as `AUGBACKEND_MATCH_RUNTIME` or with `-C`."""
    pin_runtime: Mapping[str, Width] = key(MappingProxyType({}), key_check=_check_project_name)
    """Projects whose version in the wheel's `Requires-Dist` follows the one that the build used. Built with 2.8.1, \
`x.x` gives `>=2.8.1,<2.9` (as in conda, the width that has to agree), `exact` gives `==2.8.1`, `none` leaves it \
alone. `auto` is `x.x`, and `exact` where a local version (`2.8.1+cu128`) was asked for."""
    provenance: bool = key(False)
    """The wheel says what went into it: a CycloneDX document in `.dist-info/sboms` (PEP 770)."""
    metadata: Optional[Metadata] = key(None)
    """What is promised about the wheel before it is built."""
    origin: Optional[Origin] = key(None)
    """Where a wrapped sdist came from. Written by `augbackend wrap`."""
    packages: Mapping[str, Package] = key(MappingProxyType({}), key_check=_check_project_name)
    """What dependencies of this project need to build, by their names, for `augbackend wrap`; uv's own tables do as \
well."""
