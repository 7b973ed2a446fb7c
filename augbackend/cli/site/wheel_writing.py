"""A wheel put beside its sdist as soon as it is built: what an interrupted run has done is kept."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from augbackend.cli.fetch.wheel_content import UnsoundWheelError

from . import distribution, on_disk, wanted_wheels, writing
from .site_project import SiteProject
from .wheel_build import WheelFailure

if TYPE_CHECKING:
    from pathlib import Path

    from augbackend.cli.model.published_file import PublishedFile

    from .wheel_build import WheelBuild

REPLACED = "its sdist was replaced meanwhile; run this again"


def put(out: Path, build: WheelBuild, wheel: Path) -> PublishedFile:
    """Let the project's page offer a wheel; if another run was quicker, what that has built stays.

    :raises WheelFailure: if its sdist is not there any more, or the wheel is none.
    """
    with writing.locked(out), writing.staged(out, {}, check=False) as staging:
        page = on_disk.project(out, build.project)
        made_of = page.sdists.get(build.sha256)
        if made_of is None:
            raise WheelFailure(REPLACED)
        quicker = wanted_wheels.there(out, page, build)
        if quicker is not None:
            return quicker
        staged = staging / wheel.name
        shutil.copyfile(wheel, staged)
        try:
            one = distribution.of_wheel(staged, made_of)
        except UnsoundWheelError as error:
            raise WheelFailure(str(error)) from None
        others = (other for other in page.files if other.filename != one.filename)
        writing.publish(out, SiteProject(page.name, (*others, one)), {one.filename: staged})
        return one
