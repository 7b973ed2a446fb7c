"""A frontend's words for versions that do not fit together, one of them held by a wrapped archive.

::

    No solution found when resolving dependencies          uv
    The conflict is caused by:                             pip, on stdout
    … these package versions have conflicting dependencies      pip, on stderr, without what depends on them

A resolver tries versions that it would leave again. Where one of these did not build, its archive is in the way.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from .failed_package import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .cured_package import CuredPackage

_SAID = re.compile(r"No solution found when resolving|The conflict is caused by:|have conflicting dependencies")


def in_the_way(output: str, wrapped: Sequence[CuredPackage]) -> CuredPackage | None:
    """The package that was wrapped last of those that a conflict is about; ``None`` if there is no conflict."""
    text = plain(output)
    said = _SAID.search(text)
    if said is None:
        return None
    named = {canonicalize_name(word) for word in re.findall(r"[\w.-]*\w", text[said.start() :])}
    return next((one for one in reversed(wrapped) if one.name in named), None)
