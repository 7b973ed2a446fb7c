"""The promise of a tree: what is said of the wheel before anything is built, in the table or in ``PKG-INFO``.

::

    tool.augbackend.metadata, PKG-INFO -> the metadata hook's answer -> held against the METADATA of the wheel

The answer holds less than the wrapped backend's own ``.dist-info`` (no entry points, say), so it is never handed on
to the wrapped ``build_wheel``, which could copy it into the wheel.
"""

from __future__ import annotations

import re
from pathlib import Path

from . import pep440, pep508
from .errors import AugbackendError
from .local_version import labelled_metadata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Optional

    from .reading import Build

# Of these a resolver makes its decisions. The name and the version are never dynamic in an sdist (core metadata 2.2).
RESOLVED = ("requires-dist", "requires-python", "provides-extra")
OLDEST_STATIC = "2.2"  # the first version of core metadata that tells static fields from dynamic ones


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
    dynamic = {value.lower() for name, value in found if name == "dynamic"}
    return _is_static_version(dict(found).get("metadata-version", "")) and not dynamic & set(RESOLVED)


def _is_static_version(version: str) -> bool:
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= tuple(map(int, OLDEST_STATIC.split(".")))


def promised(build: Build) -> Optional[str]:
    """METADATA as the tree promises it, before any pin; ``None`` if nothing is promised.

    Without name and version where those cannot be read: then it is no answer, but still to be kept.
    """
    settings = build.settings.metadata
    if settings is None:
        return None
    text = labelled_metadata(pkg_info(build), build.settings.local_version)
    if settings.requires_dist is None:
        return text if settings.pkg_info and is_static(text) else None
    known = settings.provides_extra or [value for name, value in fields(text) if name == "provides-extra"]
    named = {pep508.canonical_name(name): name for name in [*extras(settings.requires_dist), *known]}
    stated = {"requires-dist": settings.requires_dist, "provides-extra": tuple(named.values())}
    if settings.requires_python:
        stated["requires-python"] = (settings.requires_python,)
    return restated(text or labelled_metadata(_identity(build), build.settings.local_version), stated)


def pkg_info(build: Build) -> str:
    """The text of the tree's ``PKG-INFO``; empty if it has none, and none is promised."""
    try:
        return (build.tree / "PKG-INFO").read_text(encoding="utf-8")
    except OSError as error:
        if build.settings.metadata is None or not build.settings.metadata.pkg_info:
            return ""
        where = f"{build.tree / 'PKG-INFO'}, promised by tool.augbackend.metadata.pkg-info"
        raise AugbackendError(f"cannot read it: {error.strerror}", where=where, hint="wrap the sdist again") from None
    except UnicodeDecodeError:
        return ""


def extras(requirements: Iterable[str]) -> list[str]:
    """The extras that the markers of requirements name."""
    named = [name for text in requirements for name in re.findall(r"""extra\s*==\s*['"]([^'"]+)['"]""", text)]
    return list(dict.fromkeys(map(pep508.canonical_name, named)))


def _identity(build: Build) -> str:
    """Name and version as core metadata has them, where nothing has to run to know them."""
    from .standards.setup_files import identity, is_tagged

    name, version = identity(build.tree) if build.identity is None else build.identity
    if is_tagged(build.tree):
        return ""
    return f"Metadata-Version: {OLDEST_STATIC}\nName: {name}\nVersion: {version}\n" if name and version else ""


def restated(text: str, stated: Mapping[str, Sequence[str]], version: str = "") -> str:
    """A core metadata document with other values in some fields, none of which is dynamic any more.

    :param stated: lower-case name → values; they go where the first of that name was.
    :param version: another version; empty to leave it.
    """
    lines, body = header(text)
    left = {name: [f"{_spelled(name)}: {value}" for value in values] for name, values in stated.items()}
    kept = []
    for name, line in lines:
        value = line.partition(":")[2].strip()
        if name == "metadata-version":
            kept.append(f"Metadata-Version: {value if _is_static_version(value) else OLDEST_STATIC}")
        elif name == "version" and version:
            kept.append(f"Version: {version}")
        elif name in stated:
            kept += left.pop(name, [])
        elif name != "dynamic" or value.lower() not in stated:
            kept.append(line)
    kept += [line for rest in left.values() for line in rest]
    return "\n".join(kept) + "\n" + body


def dynamic_requires(text: str) -> str:
    """A ``PKG-INFO`` whose dependencies only a build can tell: none stated, since poetry would believe them.

    uv compares the name of the dynamic field in just this spelling.
    """
    others = [value for name, value in fields(text) if name == "dynamic" and value.lower() != "requires-dist"]
    stated: dict[str, Sequence[str]] = {"requires-dist": (), "dynamic": (*others, "Requires-Dist")}
    return restated(text, stated) if fields(text) else text


def _spelled(field: str) -> str:
    return "-".join(part.capitalize() for part in field.split("-"))


def header(text: str) -> tuple[list[tuple[str, str]], str]:
    """The header's fields as (lower-case name, text with its continuation lines), and what follows them."""
    found: list[tuple[str, str]] = []
    rest = text.split("\n")
    while rest and rest[0].rstrip("\r"):
        line = rest.pop(0).rstrip("\r")
        if line[0] in " \t" and found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
        else:
            found.append((line.partition(":")[0].strip().lower(), line))
    return found, "\n".join(rest)


def is_answer(promise: str) -> bool:
    """Whether a promise says whose it is, so that ``prepare_metadata_for_build_wheel`` can answer with it."""
    return {"name", "version"} <= {name for name, _ in fields(promise)}


def write(promise: str, metadata_directory: str) -> str:
    """Write the ``.dist-info`` folder that ``prepare_metadata_for_build_wheel`` answers with; returns its name."""
    found = dict(fields(promise))
    name = pep508.canonical_name(found.get("name", "")).replace("-", "_")
    folder = f"{name}-{found.get('version', '').replace('-', '_')}.dist-info"
    target = Path(metadata_directory) / folder
    target.mkdir(parents=True, exist_ok=True)
    (target / "METADATA").write_bytes(promise.encode())
    return folder


def check(promise: str, metadata: str, wheel: str, *, is_wrapped: bool) -> None:
    """Hold the METADATA of a wheel against the promise.

    :param wheel: the wheel's name, for the message.
    :param is_wrapped: whether ``augbackend wrap`` made the promise; else it is the tree's owner's.
    :raises AugbackendError: naming both sides.
    """
    wanted, got = _meaning(fields(promise)), _meaning(fields(metadata))
    broken = [
        field
        for field in wanted
        if wanted[field].keys() != got[field].keys() and (wanted[field] or field not in ("name", "version"))
    ]
    if broken:
        sides = [f"{_spelled(one)}: promised {_listed(wanted[one])}, built {_listed(got[one])}" for one in broken]
        who = "PKG-INFO of its sdist" if is_wrapped else "its tree"
        raise AugbackendError(
            f"the wheel is not what {who} promises; {'; '.join(sides)}",
            where=f"tool.augbackend.metadata, the PKG-INFO beside it, and METADATA of {wheel}",
            hint=_cure(broken, got) if is_wrapped else _line(broken[0], got[broken[0]]),
        )


def _line(field: str, values: Mapping[Any, str]) -> str:
    """What an owner has to write instead."""
    if field in ("name", "version"):
        return f"the {field} is computed when it builds: leave it out where it stands as a literal"
    shown = [f"'{value}'" if '"' in value else f'"{value}"' for value in values.values()]
    value = "".join(shown) or '""' if field == "requires-python" else f"[{', '.join(shown)}]"
    return f"write {field} = {value} in [tool.augbackend.metadata]"


def _cure(broken: list[str], got: dict[str, dict[Any, str]]) -> str:
    if broken == ["requires-dist"]:
        wanted = " ".join(f'--requires-dist "{text}"' for text in got["requires-dist"].values())
        return f"wrap it again with {wanted or 'an empty requires-dist'}, or with variables that give what was promised"
    if broken == ["version"]:
        return "it takes its version from the environment: wrap it again with --local-version instead of that variable"
    return "the build depends on something that it did not depend on before: wrap it again, with what it needs pinned"


def _meaning(found: list[tuple[str, str]]) -> dict[str, dict[Any, str]]:
    """What is compared, by field: meaning → the text as it stands."""
    meanings: dict[str, dict[Any, str]] = {field: {} for field in ("name", "version", *RESOLVED)}
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
            return pep508.parse_requirement(f"python {value}".replace("\n", " ")).clauses
        if field == "requires-dist":
            return pep508.parse_requirement(value.replace("\n", " "))
    except ValueError:
        pass  # of no known form, so compared as it stands
    return value


def _listed(values: dict[Any, str]) -> str:
    return ", ".join(values.values()) or "none"
