"""``local-version``: a label (PEP 440), so that an archive can lie on an index beside upstream's own.

``2.8.3+team`` satisfies ``==2.8.3`` and is preferred to ``2.8.3`` by every frontend.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import Feature

if TYPE_CHECKING:
    from augbackend.table import Build


def _check_label(text: str) -> None:
    if not re.fullmatch(r"[a-z0-9]+(\.[a-z0-9]+)*", text):
        raise ValueError("expected letters a to z, digits, and dots between them, such as 'torch2.8'")


def labelled(version: str, label: str) -> str:
    """The version with the label; it follows a label that is there, and is not added twice."""
    public, plus, local = version.partition("+")
    if not label or label == local or local.endswith(f".{label}"):
        return version
    return f"{public}+{local}.{label}" if plus else f"{public}+{label}"


def _version(build: Build, version: str) -> str:
    return labelled(version, build.values["local-version"])


FEATURE = Feature(
    str,
    "A local version label (PEP 440) for what is built, such as `team`: `2.8.3+team` satisfies `==2.8.3`, and is "
    "preferred to `2.8.3`.",
    "",
    _check_label,
    version=_version,
)
