"""``[tool.augbackend.packages]``: what a project says of its dependencies' builds. No build reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Optional, Union

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from augbackend.features import extra_build_dependencies, extra_build_variables, local_version, metadata, pin_runtime
from augbackend.features.compiler_cache import CacheName
from augbackend.features.extra_build_dependencies import BuildDependency
from augbackend.features.extra_build_variables import BuildVariable
from augbackend.features.jobs import Jobs
from augbackend.features.pin_runtime import Width
from augbackend.features.preflight import Preflight
from augbackend.features.remove_build_dependencies import check_project_name
from augbackend.standards.requirements import parse_requirement
from augbackend.table.complaints import lines
from augbackend.table.convert import INVALID, TABLE, Mistakes, converted, key

KEY = "packages"
MEANING = (
    "What dependencies of this project need to build, by their names, for `augbackend wrap`; uv's own tables do "
    "as well."
)


def _check_versions(text: str) -> None:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError("this is no version specifier (PEP 440), such as >=2.8,<3") from None


@dataclass(frozen=True, repr=False, eq=False)
class Package:
    """What one dependency of this project needs to build: read by `augbackend wrap`, never by a build."""

    versions: str = key("", check=_check_versions)
    """The versions that this is for, as a specifier: `>=2.8,<3`. Of an array, the first entry that fits counts."""
    extra_build_dependencies: tuple[BuildDependency, ...] = key(())
    """Build requirements that the package did not declare."""
    remove_build_dependencies: tuple[str, ...] = key((), check=check_project_name)
    """Projects dropped from what the package asks for."""
    extra_build_variables: Mapping[str, BuildVariable] = key(
        MappingProxyType({}), check_name=extra_build_variables.FEATURE.check_name
    )
    """Environment variables around its build."""
    config_settings: Mapping[str, Union[str, tuple[str, ...]]] = key(MappingProxyType({}))
    """Passed to its backend underneath the caller's own `-C` settings."""
    local_version: str = key("", check=local_version.FEATURE.check)
    """A local version label for the archive and what is built of it, such as `team`."""
    pin_runtime: Mapping[str, Width] = key(MappingProxyType({}), check_name=pin_runtime.FEATURE.check_name)
    """How its wheel's dependencies follow what the build used. By default, `auto` for what `match-runtime` asks for."""
    compiler_cache: CacheName = key("none")  # noqa: RUF009  # a field of texts
    """The cache that its compilers are called by: `auto`, `ccache`, `sccache`, or `none`."""
    jobs: Optional[Jobs] = key(None)  # noqa: RUF009  # a field of texts
    """How many of its compilers run at once. For nvcc, `memory-per-job` need not be said: it is known."""
    preflight: Optional[Preflight] = key(None)  # noqa: RUF009  # a field of texts
    """What it cannot be built without, such as `{ cuda = "torch" }`: looked at before its build begins."""
    requires_dist: Optional[tuple[str, ...]] = key(None, check=parse_requirement)
    """Its dependencies, as you state them: then no build is needed to know them. A wheel with others is an error."""
    version: str = key("", check=Version)
    """The one version of it that `requires-dist` is for, as in uv's `dependency-metadata`; empty for all of them."""
    requires_python: str = key("", check=metadata.check_requires_python)
    """Its `Requires-Python`, as you state it; goes with `requires-dist`."""
    provides_extra: tuple[str, ...] = key((), check=check_project_name)
    """Its extras, as you state them; goes with `requires-dist`."""
    patches: tuple[str, ...] = key(())
    """Files with unified diffs that are applied to its sdist, in this order; relative to the file that names them."""
    override: bool = key(default=False)
    """Its wheel's METADATA is set to the `requires-dist` that you state, instead of being held against it."""


Entries = Union[Package, tuple[Package, ...]]
"""What is said of one package: a table, or several of them, each for some versions."""


def checked(name: str, table: Any, mistakes: list[str]) -> Optional[Entries]:
    """What is said of one package; ``None`` if any of it is wrong.

    :param mistakes: grows by a line for each mistake, named below ``tool.augbackend.packages``.
    """
    wrong: Mistakes = []
    value = converted(Entries, table, (f"{TABLE}.{KEY}", name), wrong)
    mistakes += lines(wrong)
    if value is INVALID:
        return None
    found: Entries = value
    for one in [found] if isinstance(found, Package) else found:
        mistakes += [
            f"{TABLE}.{KEY}.{name}.extra-build-dependencies: {line}"
            for line in extra_build_dependencies.unmatched(one.extra_build_dependencies)
        ]
    return found
