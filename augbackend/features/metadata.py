"""``metadata``: what is promised of the wheel before anything is built, by the table or by ``PKG-INFO``.

The metadata hook answers with the promise, and the wheel's METADATA is held against it. Such an answer holds less than
the wrapped backend's own ``.dist-info`` (no entry points, say), so it is never handed on to the wrapped
``build_wheel``, which could copy it into the wheel.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from augbackend.errors import AugbackendError
from augbackend.standards import requirements, versions
from augbackend.standards.core_metadata import OLDEST_STATIC, RESOLVED, Document, parse
from augbackend.table import Build
from augbackend.table.convert import Table, key

from . import Feature
from .remove_build_dependencies import check_project_name


def check_requires_python(text: str) -> None:
    """Complain of a text that is no specifier of Python versions."""
    requirements.parse_requirement(f"python {text}")


@dataclass(init=False, repr=False, eq=False)
class Metadata(Table):
    """What is promised about the wheel before it is built."""

    pkg_info: bool = key(False)
    """`PKG-INFO` of this sdist is a promise: the metadata hook answers from it without running the wrapped backend, \
and a wheel that says otherwise is an error. Ignored where `PKG-INFO` calls its own dependencies dynamic, unless \
`requires-dist` states them."""
    requires_dist: Optional[tuple[str, ...]] = key(None, check=requirements.parse_requirement)
    """The package's dependencies, those of its extras with their markers: a promise as well."""
    requires_python: str = key("", check=check_requires_python)
    """Its `Requires-Python`; goes with `requires-dist`."""
    provides_extra: tuple[str, ...] = key((), check=check_project_name)
    """Its extras; goes with `requires-dist`."""
    override: bool = key(False)
    """The wheel's METADATA is set to these dependencies, whatever its build says: what is promised of them overrides \
what the package has."""


def settings(build: Build) -> Optional[Metadata]:
    """What is declared."""
    found: Optional[Metadata] = build.values.get("metadata")
    return found


def promised(build: Build) -> Optional[Document]:
    """The METADATA that the tree promises, not yet edited; ``None`` if nothing is promised.

    Name and version are missing if they cannot be read. Then no hook answers with it, but the wheel must still keep it.
    """
    declared = settings(build)
    if declared is None:
        return None
    document = pkg_info(build)
    if declared.requires_dist is None:
        return document if declared.pkg_info and document.is_static else None
    known = declared.provides_extra or document.values("provides-extra")
    named = {requirements.canonical_name(name): name for name in [*extras(declared.requires_dist), *known]}
    document = document if document.fields else _identity(build)
    if declared.requires_python:
        document = document.stated("requires-python", [declared.requires_python])
    return document.stated("requires-dist", declared.requires_dist).stated("provides-extra", named.values())


def pkg_info(build: Build) -> Document:
    """The tree's ``PKG-INFO``; empty if it has none, unless one is promised, or if it is not UTF-8.

    :raises AugbackendError: if one is promised, and cannot be read.
    """
    file, declared = build.tree / "PKG-INFO", settings(build)
    try:
        content = file.read_bytes()
        content.decode()
    except UnicodeDecodeError:
        return parse(b"")
    except OSError as error:
        if declared is None or not declared.pkg_info:
            return parse(b"")
        where = f"{file}, promised by tool.augbackend.metadata.pkg-info"
        raise AugbackendError(f"cannot read it: {error.strerror}", where=where, hint="wrap the sdist again") from None
    return parse(content)


def extras(texts: Iterable[str]) -> list[str]:
    """The extras that the markers of requirements name."""
    named = [name for text in texts for name in re.findall(r"""extra\s*==\s*['"]([^'"]+)['"]""", text)]
    return list(dict.fromkeys(map(requirements.canonical_name, named)))


def _identity(build: Build) -> Document:
    """Name and version as core metadata has them, where nothing has to run to know them."""
    try:
        from augbackend.standards.setup_identity import identity, is_tagged
    except ModuleNotFoundError:  # a copy for a tree that had a PKG-INFO
        return parse(b"")
    name, version = identity(build.tree)
    if build.project is not None:
        stated = (build.project.get("name"), build.project.get("version"))
        name, version = (str(stated[0]), str(stated[1])) if all(isinstance(one, str) for one in stated) else ("", "")
    if not name or not version or is_tagged(build.tree):
        return parse(b"")
    return parse(f"Metadata-Version: {OLDEST_STATIC}\nName: {name}\nVersion: {version}\n".encode())


def _keep(build: Build, promise: Document, metadata: Document, plain: Document, whose: str) -> Document:
    """Hold METADATA against the promise; returns it with what overrides it.

    :param plain: as the wrapped backend has it, without pins: what one would have to promise.
    :raises AugbackendError: naming both sides.
    """
    declared = settings(build)
    for field in RESOLVED if declared is not None and declared.override else ():
        metadata = metadata.stated(field, promise.values(field))
    is_of_wrap = declared is not None and declared.pkg_info
    wanted, got, theirs = _meaning(promise), _meaning(metadata), _meaning(plain)
    broken = [
        field
        for field in wanted
        if wanted[field].keys() != got[field].keys() and (wanted[field] or field not in ("name", "version"))
    ]
    if broken:
        sides = [f"{_spelled(one)}: promised {_listed(wanted[one])}, built {_listed(got[one])}" for one in broken]
        who = "PKG-INFO of its sdist" if is_of_wrap else "its tree"
        raise AugbackendError(
            f"the wheel is not what {who} promises; {'; '.join(sides)}",
            where=f"tool.augbackend.metadata, the PKG-INFO beside it, and METADATA of {whose}",
            hint=_cure(broken, theirs) if is_of_wrap else _line(broken[0], theirs[broken[0]]),
        )
    return metadata


def _spelled(field: str) -> str:
    return "-".join(part.capitalize() for part in field.split("-"))


def _line(field: str, values: Mapping[Any, str]) -> str:
    """What the owner of the tree has to write instead."""
    if field in ("name", "version"):
        return f"the {field} is computed when it builds: leave it out where it stands as a literal"
    shown = [f"'{value}'" if '"' in value else f'"{value}"' for value in values.values()]
    value = "".join(shown) or '""' if field == "requires-python" else f"[{', '.join(shown)}]"
    return f"write {field} = {value} in [tool.augbackend.metadata]"


def _cure(broken: list[str], got: Mapping[str, Mapping[Any, str]]) -> str:
    if broken == ["requires-dist"]:
        wanted = " ".join(f'--requires-dist "{text}"' for text in got["requires-dist"].values())
        return f"wrap it again with {wanted or 'an empty requires-dist'}, or with variables that give what was promised"
    if broken == ["version"]:
        return "it takes its version from the environment: wrap it again with --local-version instead of that variable"
    return "the build depends on something that it did not depend on before: wrap it again, with what it needs pinned"


def _meaning(document: Document) -> dict[str, dict[Any, str]]:
    """What is compared, by field: meaning → the text as it stands."""
    names = ("name", "version", *RESOLVED)
    return {name: {_key(name, value): value for value in document.values(name)} for name in names}


def _key(field: str, value: str) -> Any:
    try:
        if field in ("name", "provides-extra"):
            return requirements.canonical_name(value)
        if field == "version":
            return versions.comparable(value)
        if field == "requires-python":
            return requirements.parse_requirement(f"python {value}").clauses
        return requirements.parse_requirement(value)
    except ValueError:
        return value  # of no known form, so compared as it stands


def _listed(values: Mapping[Any, str]) -> str:
    return ", ".join(values.values()) or "none"


def _is_word(build: Build) -> bool:
    """What `wrap` has written (for pins, a literal too) is held against the wheel: it costs no run of ``setup.py``."""
    declared = settings(build)
    return declared is not None and declared.requires_dist is not None and not (declared.override or declared.pkg_info)


FEATURE = Feature(
    Metadata, "What is promised about the wheel before it is built.", promise=promised, keep=_keep, is_word=_is_word
)
