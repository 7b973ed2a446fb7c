"""``local-version``: a label (PEP 440), so that an archive can lie on an index beside upstream's own.

``2.8.3+team`` satisfies ``==2.8.3`` and is preferred to ``2.8.3`` by every frontend.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Optional

from . import Feature

if TYPE_CHECKING:
    from pathlib import Path

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


def _labelled_sdist(build: Build, sdist: Path, beside: Path) -> Optional[Path]:
    """Write an sdist with the label in its name, its first folder and its ``PKG-INFO``, as the wheel has it."""
    from augbackend.standards import tar
    from augbackend.standards.core_metadata import parse

    project, dash, version = sdist.name[: -len(".tar.gz")].rpartition("-")
    top = f"{project}-{_version(build, version)}"
    target = sdist.with_name(f"{top}.tar.gz")
    with tar.opened(sdist) as archive:
        if not archive or not archive.members or not dash or target == sdist:
            return None
        file, old = archive.at_top("PKG-INFO")
        new = parse(old or b"").edited("version", lambda one: [_version(build, one)])
        archive.write(beside, {file: new.content} if old else {}, top=top)
    return target


FEATURE = Feature(
    str,
    "A local version label (PEP 440) for what is built, such as `team`: `2.8.3+team` satisfies `==2.8.3`, and is "
    "preferred to `2.8.3`.",
    "",
    _check_label,
    version=_version,
    pkg_info=_labelled_sdist,
)
