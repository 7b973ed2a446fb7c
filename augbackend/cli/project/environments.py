"""The environments that a project may be installed in, as far as markers can tell them apart."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# sys_platform, os_name, platform_system, platform_machine
_PLATFORMS = (
    ("linux", "posix", "Linux", "x86_64"),
    ("linux", "posix", "Linux", "aarch64"),
    ("darwin", "posix", "Darwin", "arm64"),
    ("darwin", "posix", "Darwin", "x86_64"),
    ("win32", "nt", "Windows", "AMD64"),
)
_OLDEST, _NEWEST = 9, 14  # of Python 3
_PATCHES = 30


def usual(requires_python: str = "", among: Iterable[str] = ()) -> list[Mapping[str, str]]:
    """The variables of each: the usual platforms, with each CPython that is allowed.

    :param among: markers, of which one has to hold.
    """
    wanted = tuple(among)
    found = [
        _variables(platform, version)
        for version in range(_OLDEST, _NEWEST + 1)
        if _is_allowed(version, requires_python)
        for platform in _PLATFORMS
    ]
    return [one for one in found if not wanted or any(holds(marker, one) for marker in wanted)]


def holds(marker: str, environment: Mapping[str, str]) -> bool:
    """Whether a marker holds in an environment; an empty one does, one that cannot be evaluated does not."""
    try:
        return not marker or _parsed_marker(marker).evaluate(dict(environment))
    except (InvalidMarker, LookupError, TypeError, ValueError, RecursionError):
        return False


@lru_cache(maxsize=1024)
def _parsed_marker(marker: str) -> Marker:
    return Marker(marker)


def _is_allowed(minor: int, requires_python: str) -> bool:
    try:
        wanted = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return True
    return any(wanted.contains(f"3.{minor}.{patch}") for patch in range(_PATCHES))


def _variables(platform: tuple[str, str, str, str], minor: int) -> dict[str, str]:
    return {
        **dict(zip(("sys_platform", "os_name", "platform_system", "platform_machine"), platform)),
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.0",
        "implementation_version": f"3.{minor}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
        "extra": "",
    }
