"""The promise of a wrapped sdist: what its ``PKG-INFO`` says of the wheel, before anything is built.

::

    PKG-INFO, if it is static -> the metadata hook's answer -> held against the METADATA of the wheel

The answer holds less than the wrapped backend's own ``.dist-info`` (no entry points, say), so it is never handed on
to the wrapped ``build_wheel``, which could copy it into the wheel.
"""

from __future__ import annotations

import re
from pathlib import Path

from . import pep440, pep508
from .errors import AugbackendError
from .wheel import dist_info, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    from .reading import Build

# Of these a resolver makes its decisions. The name and the version are never dynamic in an sdist (core metadata 2.2).
RESOLVED = ("requires-dist", "requires-python", "provides-extra")
_SHOWN = {
    "name": "Name",
    "version": "Version",
    "requires-dist": "Requires-Dist",
    "requires-python": "Requires-Python",
    "provides-extra": "Provides-Extra",
}


def fields(text: str) -> list[tuple[str, str]]:
    """The header fields of a core metadata document as (lower-case name, value) pairs, continuation lines joined."""
    found: list[tuple[str, str]] = []
    for line in text.split("\n"):
        if not line.rstrip("\r"):
            break  # a line of blanks goes on with what is above it
        name, colon, value = line.partition(":")
        if line[0] in " \t" and found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line.strip()}")
        elif colon:
            found.append((name.strip().lower(), value.strip()))
    return found


def is_static(text: str) -> bool:
    """Whether a ``PKG-INFO`` can be relied upon for dependencies: core metadata 2.2 or newer, none called dynamic."""
    found = fields(text)
    version = re.match(r"(\d+)\.(\d+)", dict(found).get("metadata-version", ""))
    dynamic = {value.lower() for name, value in found if name == "dynamic"}
    return version is not None and (int(version[1]), int(version[2])) >= (2, 2) and not dynamic & set(RESOLVED)


def promised(build: Build) -> Optional[str]:
    """The text of the tree's ``PKG-INFO``, if it is a promise about the wheel."""
    if build.settings.metadata is None or not build.settings.metadata.pkg_info:
        return None
    try:
        text = (build.tree / "PKG-INFO").read_text(encoding="utf-8")
    except OSError as error:
        where = f"{build.tree / 'PKG-INFO'}, promised by tool.augbackend.metadata.pkg-info"
        raise AugbackendError(f"cannot read it: {error.strerror}", where=where, hint="wrap the sdist again") from None
    except UnicodeDecodeError:
        return None
    return text if is_static(text) else None


def write(promise: str, metadata_directory: str) -> str:
    """Write the ``.dist-info`` folder that ``prepare_metadata_for_build_wheel`` answers with; returns its name."""
    found = dict(fields(promise))
    name = pep508.canonical_name(found.get("name", "")).replace("-", "_")
    folder = f"{name}-{found.get('version', '').replace('-', '_')}.dist-info"
    target = Path(metadata_directory) / folder
    target.mkdir(parents=True, exist_ok=True)
    (target / "METADATA").write_bytes(promise.encode())
    return folder


def check(promise: str, wheel: Path) -> None:
    """Hold a wheel's METADATA against the promise; a wheel that breaks it is deleted.

    :raises AugbackendError: naming both sides.
    """
    wanted, got = _meaning(fields(promise)), _meaning(fields(_metadata_of(wheel)))
    broken = [field for field in wanted if wanted[field].keys() != got[field].keys()]
    if broken:
        wheel.unlink()
        sides = [f"{_SHOWN[field]}: promised {_listed(wanted[field])}, built {_listed(got[field])}" for field in broken]
        raise AugbackendError(
            f"the wheel is not what PKG-INFO of its sdist promises; {'; '.join(sides)}",
            where=f"PKG-INFO, promised by tool.augbackend.metadata.pkg-info, and METADATA of {wheel.name}",
            hint=_cure(broken, got),
        )


def _cure(broken: list[str], got: dict[str, dict[Any, str]]) -> str:
    if broken == ["requires-dist"]:
        wanted = " ".join(f'--requires-dist "{text}"' for text in got["requires-dist"].values())
        return f"wrap it again with {wanted or 'an empty requires-dist'}, or with variables that give what was promised"
    if broken == ["version"]:
        return "it takes its version from the environment: wrap it again with --local-version instead of that variable"
    return "the build depends on something that it did not depend on before: wrap it again, with what it needs pinned"


def _metadata_of(wheel: Path) -> str:
    try:
        return read(wheel, f"{dist_info(wheel)}/METADATA")
    except ValueError:
        return ""


def _meaning(found: list[tuple[str, str]]) -> dict[str, dict[Any, str]]:
    """What is compared, by field: meaning → the text as it stands."""
    meanings: dict[str, dict[Any, str]] = {field: {} for field in _SHOWN}
    for field, value in found:
        if field in meanings:
            meanings[field][_key(field, value)] = value
    return meanings


def _key(field: str, value: str) -> Any:
    try:
        if field in ("name", "provides-extra"):
            return pep508.canonical_name(value)
        if field == "version":
            return pep440.comparable(value)
        if field == "requires-python":
            return pep508.parse_requirement(f"python {value}").clauses
        if field == "requires-dist":
            requirement = pep508.parse_requirement(value)
            return requirement[:4], pep508.unordered(requirement.marker)
    except ValueError:
        pass  # of no known form, so compared as it stands
    return value


def _listed(values: dict[Any, str]) -> str:
    return ", ".join(values.values()) or "none"
