"""Where a package need not be built: the environments of a project that one of its wheels fits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from . import environment_marker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .target_environments import TargetEnvironment, TargetEnvironments


@dataclass(frozen=True)
class WheelCoverage:
    """The wheels of one version of a package, held against environments.

    :param wheels: by their names, those that fit any.
    :param among: all environments that the version is for, oldest Python first.
    :param without: those that no wheel fits.
    """

    wheels: tuple[str, ...]
    among: tuple[TargetEnvironment, ...]
    without: tuple[TargetEnvironment, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing has to be built anywhere."""
        return bool(self.wheels) and not self.without

    @property
    def is_part(self) -> bool:
        """Whether something has to be built, but not everywhere."""
        return bool(self.wheels and self.without)

    @cached_property
    def marker(self) -> str:
        """Where it has to be built."""
        return environment_marker.marker(self.without, self.among)

    @cached_property
    def elsewhere(self) -> str:
        """Where it has not."""
        return environment_marker.marker([one for one in self.among if one not in self.without], self.among)


def of(wheels: Sequence[str], environments: TargetEnvironments, marker: str) -> WheelCoverage:
    """Hold wheels against the environments of a project.

    :param wheels: by their names.
    :param marker: of the environments that the version is for; empty for all of them.
    """
    among = tuple(one for one in environments.known(wheels) if one.fulfils(marker))
    fitting = [wheel for wheel in wheels if any(one.takes(wheel) for one in among)]
    without = tuple(one for one in among if not any(one.takes(wheel) for wheel in fitting))
    return WheelCoverage(tuple(fitting), among, without)
