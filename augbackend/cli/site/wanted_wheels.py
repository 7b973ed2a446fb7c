"""Which wheels are wanted, and which of them are there: by their tags, as an installer would look for them."""

from __future__ import annotations

import sysconfig
from typing import TYPE_CHECKING

from packaging import tags
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import parse_wheel_filename

from . import on_disk, site_project
from .wheel_build import WheelBuild

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from augbackend.cli.model.published_file import PublishedFile

    from .site_project import SiteProject


def platform() -> str:
    """The tag of what is built here: of this machine and those like it, since nobody has looked further."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def of_project(page: SiteProject, sdists: Iterable[str], pythons: Iterable[str]) -> Iterator[WheelBuild]:
    """Each sdist with each Python that it is for.

    :param sdists: the filenames of those that were asked for.
    :param pythons: minor versions.
    """
    named = {*sdists}
    for one in sorted(page.sdists.values(), key=lambda one: (site_project.SiteProject.version_of(one), one.filename)):
        if one.filename not in named:
            continue
        version = str(page.version_of(one))
        yield from (
            WheelBuild(page.name, version, one.filename, one.sha256, python)
            for python in pythons
            if _allows(one, python)
        )


def there(out: Path, page: SiteProject, build: WheelBuild) -> PublishedFile | None:
    """The wheel of the same sdist that this Python takes on this platform, if there is one and it is whole."""
    for one in page.ours.values():
        if one.kind == "built" and one.built_from == build.sha256 and fits(one.filename, build.python):
            return one if on_disk.is_whole(out, page.name, one) else None
    return None


def fits(wheel: str, python: str) -> bool:
    """Whether a Python takes a wheel on this platform.

    :param wheel: its filename.
    :param python: a minor version.
    """
    version = tuple(map(int, python.split(".")))
    platforms = [platform(), *tags.platform_tags()]
    interpreter = f"cp{python.replace('.', '')}"
    taken = {
        *tags.cpython_tags(version, platforms=platforms),
        *tags.compatible_tags(version, interpreter, platforms),
    }
    return bool(taken & parse_wheel_filename(wheel)[3])


def _allows(one: PublishedFile, python: str) -> bool:
    try:
        return SpecifierSet(one.requires_python).contains(f"{python}.99", prereleases=True)
    except InvalidSpecifier:
        return True  # the build will tell
