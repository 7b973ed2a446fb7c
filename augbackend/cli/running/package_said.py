"""What a frontend says of packages that did not build, before it is judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Said:
    """What is said.

    :param names: of what did not build, the first one counts.
    :param versions: that are named, by canonical name, in order.
    :param places: URLs and folders that are named instead of a version.
    :param is_last: whether the last version that is named is the one, since nothing was tried after it.
    """

    names: Sequence[str]
    versions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    places: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_last: bool = False
