"""The environments that a project is for: each CPython that it allows, on each platform. Which wheels fit them.

::

    requires-python, tool.uv.environments -> TargetEnvironments -> TargetEnvironment, one a Python and platform

Neither the interpreter nor the machine that runs us is asked: the project's users have others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import compatible_tags, cpython_tags, mac_platforms
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from augbackend.table import layers, strings

from . import stated_requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.tags import Tag

_OLDEST, _NEWEST = 9, 14  # minor versions of CPython 3 that are known here
_MOST_MICROS = 100
_NEWEST_GLIBC = 60  # of any machine: 2.60 is years away
_NEWEST_MACOS = (40, 0)


@dataclass(frozen=True)
class Platform:
    """One operating system on one kind of machine, by the names that markers have for them."""

    sys_platform: str
    machine: str
    system: str
    os_name: str


_LINUX, _MAC, _WINDOWS = ("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt")
_USUAL = tuple(
    Platform(one[0], machine, *one[1:]) for one, machine in ((_LINUX, "x86_64"), (_MAC, "arm64"), (_WINDOWS, "AMD64"))
)
_ALL = (
    *_USUAL,
    *(Platform("linux", machine, "Linux", "posix") for machine in ("aarch64", "ppc64le", "riscv64", "s390x")),
    Platform("darwin", "x86_64", "Darwin", "posix"),
    Platform("win32", "ARM64", "Windows", "nt"),
)


@dataclass(frozen=True)
class TargetEnvironment:
    """CPython 3 of one minor version on one platform."""

    minor: int
    platform: Platform

    def takes(self, wheel: str) -> bool:
        """Whether a wheel, by its name, can be installed there."""
        try:
            return not parse_wheel_filename(wheel)[3].isdisjoint(_tags(self))
        except InvalidWheelFilename:
            return False

    def fulfils(self, marker: str, extra: str = "") -> bool:
        """Whether a marker holds there; an empty one does, and one that cannot be evaluated does not."""
        try:
            return not marker or _evaluable(marker).evaluate({**self._variables, "extra": extra})
        except (InvalidMarker, LookupError, TypeError, ValueError, RecursionError):
            return False

    @property
    def _variables(self) -> dict[str, str]:
        version, platform = f"3.{self.minor}", self.platform
        return {
            "python_version": version,
            "python_full_version": f"{version}.0",
            "implementation_version": f"{version}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "sys_platform": platform.sys_platform,
            "platform_machine": platform.machine,
            "platform_system": platform.system,
            "os_name": platform.os_name,
            "platform_release": "",
            "platform_version": "",
        }


@dataclass(frozen=True)
class TargetEnvironments:
    """What a project says of the environments that it is for.

    :param requires_python: which Pythons.
    :param markers: which platforms, and perhaps which Pythons there; empty for the usual platforms.
    """

    requires_python: SpecifierSet = field(default_factory=SpecifierSet)
    markers: tuple[str, ...] = ()

    def known(self, wheels: Iterable[str] = ()) -> tuple[TargetEnvironment, ...]:
        """All of them, oldest Python first.

        :param wheels: names that show that a newer CPython is there than those known here.
        """
        newest = max([_NEWEST, *map(_newest_in, wheels)])
        minors = [minor for minor in range(_OLDEST, newest + 1) if self.allows(minor)]
        return tuple(one for minor in minors for one in self._with(minor))

    def possible(self) -> tuple[TargetEnvironment, ...]:
        """All that markers can tell apart, on less usual machines as well."""
        every = [TargetEnvironment(minor, one) for minor in range(_OLDEST, _NEWEST + 1) for one in _ALL]
        return tuple(one for one in every if self.allows(one.minor) and self._allows(one))

    def _allows(self, one: TargetEnvironment) -> bool:
        return not self.markers or any(map(one.fulfils, self.markers))

    def can_take(self, wheel: str, marker: str) -> bool:
        """Whether a wheel fits any environment that is allowed, the usual ones or not, and that a marker holds in."""
        newest = max(_NEWEST, _newest_in(wheel))
        for minor in filter(self.allows, range(newest + 1)):
            for platform in _ALL:
                one = TargetEnvironment(minor, platform)
                if self._allows(one) and one.fulfils(marker) and one.takes(wheel):
                    return True
        return False

    def allows(self, minor: int) -> bool:
        """Whether ``requires-python`` allows any release of CPython 3 of this minor version."""
        return _allows_minor(self.requires_python, minor)

    def _with(self, minor: int) -> Iterable[TargetEnvironment]:
        """Platforms with one Python. What an environment leaves open of the machine is the usual one."""
        for platform in _ALL:
            one = TargetEnvironment(minor, platform)
            is_usual = platform in _USUAL
            if any(one.fulfils(marker) and (is_usual or "platform_machine" in marker) for marker in self.markers) or (
                is_usual and not self.markers
            ):
                yield one


def read(document: Mapping[str, Any], uv: Mapping[str, Any]) -> TargetEnvironments:
    """What a ``pyproject.toml`` says.

    :param uv: ``[tool.uv]``.
    """
    python = layers.at(document, "project", "requires-python", default="")
    poetrys = layers.at(document, "tool", "poetry", "dependencies", "python", default="")
    text = python if isinstance(python, str) and python else stated_requirements.poetrys_specifier(poetrys)
    listed = uv.get("environments", [])
    markers = [listed] if isinstance(listed, str) else strings(listed)
    return of(text, markers)


def of(requires_python: str, markers: Iterable[str]) -> TargetEnvironments:
    """What texts say; any Python, if that is not one that can be read."""
    try:
        return TargetEnvironments(SpecifierSet(requires_python), tuple(markers))
    except InvalidSpecifier:  # the frontend's to refuse
        return TargetEnvironments(markers=tuple(markers))


@lru_cache(maxsize=1024)
def _evaluable(marker: str) -> Marker:
    return Marker(marker)


@lru_cache
def _allows_minor(requires_python: SpecifierSet, minor: int) -> bool:
    return any(requires_python.contains(f"3.{minor}.{micro}") for micro in range(_MOST_MICROS))


@lru_cache(maxsize=256)
def _tags(environment: TargetEnvironment) -> frozenset[Tag]:
    version, platforms = (3, environment.minor), list(_platform_tags(environment.platform))
    interpreter = f"cp3{environment.minor}"
    abi = interpreter
    return frozenset((*cpython_tags(version, [abi], platforms), *compatible_tags(version, interpreter, platforms)))


def _platform_tags(platform: Platform) -> Iterable[str]:
    """The platforms of wheels, for any machine of its kind that is still in use; on Linux, those with glibc."""
    machine = platform.machine
    if platform.sys_platform == "darwin":
        return mac_platforms(_NEWEST_MACOS, machine)
    if platform.sys_platform == "win32":
        return [f"win_{machine.lower()}"]
    named = [f"manylinux{year}_{machine}" for year in ("1", "2010", "2014")]
    return [f"linux_{machine}", *named, *(f"manylinux_2_{minor}_{machine}" for minor in range(5, _NEWEST_GLIBC))]


def _newest_in(wheel: str) -> int:
    """The newest minor version of CPython 3 that a wheel is named after; 0 if it is after none."""
    try:
        interpreters = {tag.interpreter for tag in parse_wheel_filename(wheel)[3]}
    except InvalidWheelFilename:
        return 0
    minors = [one[3:] for one in interpreters if one.startswith("cp3")]
    return max((int(one) for one in minors if one.isdigit()), default=0)
