"""What a project itself asks for: dependencies and groups, poetry's and pdm's tables, files that these are read from.

::

    pyproject.toml, requirements.txt if it is named there -> requirements (PEP 508)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend.cli.model.requirement import requirement_of
from augbackend.table import layers, strings

from . import requirements_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.requirements import Requirement

_OPERATORS = ("===", "==", "~=", "!=", "<=", ">=", "<", ">")


def read(document: Mapping[str, Any], folder: Path) -> tuple[Requirement, ...]:
    """All that a project asks for, in the order in which it counts.

    :param folder: of the project, which the files that it names are relative to.
    :raises AugbackendError: if a file that it names cannot be read.
    """
    constraints = strings(layers.at(document, "tool", "uv", "constraint-dependencies", default=[]))
    overrides = [one for one in map(requirement_of, _pdm_overrides(document)) if one is not None]
    parsed = [one for one in map(requirement_of, constraints) if one is not None]
    return (*overrides, *asked_for(document, folder), *parsed)


def asked_for(document: Mapping[str, Any], folder: Path) -> tuple[Requirement, ...]:
    """The same, without what only bounds the versions of others."""
    parsed = [one for one in map(requirement_of, [*_standard(document), *_poetry(document)]) if one is not None]
    return (*parsed, *(one for file in _requirement_files(document) for one in _in_file(folder / file)))


def poetrys_specifier(constraint: Any) -> str:
    """What poetry's constraint on a version is in PEP 440; empty if there is none, or it cannot be said so."""
    return _specifiers(constraint) if isinstance(constraint, str) else ""


def of(stated: Sequence[Requirement], name: str) -> list[Requirement]:
    """What is asked for of one project, by its canonical name."""
    return [one for one in stated if canonicalize_name(one.name) == name]


def overrides(uv: Mapping[str, Any]) -> list[Requirement]:
    """``override-dependencies``, which uv takes instead of all that is asked for by their names, in this project only.

    :param uv: ``[tool.uv]``.
    """
    texts = strings(uv.get("override-dependencies"))
    return [one for one in map(requirement_of, texts) if one is not None]


def overruled(stated: Sequence[Requirement], by: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """What is asked for after overrides."""
    names = {canonicalize_name(one.name) for one in by}
    return (*by, *(one for one in stated if canonicalize_name(one.name) not in names))


def _in_file(file: Path) -> Iterable[Requirement]:
    return requirements_file.requirements(file) if file.is_file() else ()  # it may be made when the project is built


def _standard(document: Mapping[str, Any]) -> Iterator[str]:
    """What PEP 621 and PEP 735 have, and the lists of PEP 508 that uv and pdm have besides."""
    yield from strings(layers.at(document, "project", "dependencies", default=[]))
    groups = (("project", "optional-dependencies"), ("dependency-groups",), ("tool", "pdm", "dev-dependencies"))
    for path in groups:
        for group in _values_at(document, *path):
            yield from (item for item in group if isinstance(item, str)) if isinstance(group, list) else ()
    yield from strings(layers.at(document, "tool", "uv", "dev-dependencies", default=[]))


def _pdm_overrides(document: Mapping[str, Any]) -> Iterator[str]:
    """The versions that pdm takes, whatever else is asked for."""
    for path in (("resolution", "overrides"), ("overrides",)):
        table = layers.at(document, "tool", "pdm", *path, default={})
        yield from (_required(name, value) for name, value in table.items() if isinstance(value, str))


def _poetry(document: Mapping[str, Any]) -> Iterator[str]:
    """poetry's tables: a name, and a version or a table of its own, or several of these."""
    poetry = layers.at(document, "tool", "poetry", default={})
    groups = [group for group in _values_at(poetry, "group") if isinstance(group, dict)]
    tables = [layers.at(one, "dependencies", default={}) for one in (poetry, *groups)]
    for table in (*tables, layers.at(poetry, "dev-dependencies", default={})):
        for name, value in table.items() if isinstance(table, dict) else ():
            for one in value if isinstance(value, list) else [value]:
                if name.lower() != "python" and isinstance(one, (str, dict)):
                    yield _from_poetry(name, one if isinstance(one, dict) else {"version": one})


def _from_poetry(name: str, table: Mapping[str, Any]) -> str:
    text = _required(name, str(table.get("version", "*")))
    if "git" in table:
        revision = next((f"@{table[key]}" for key in ("rev", "tag", "branch") if key in table), "")
        subdirectory = f"#subdirectory={table['subdirectory']}" if "subdirectory" in table else ""
        text = f"{name} @ git+{table['git']}{revision}{subdirectory} "
    elif "url" in table:
        text = f"{name} @ {table['url']} "
    markers = [f"({table['markers']})"] if table.get("markers") else []
    markers += [f"sys_platform == '{table['platform']}'"] if "platform" in table else []
    python = _specifiers(str(table.get("python", "*")))
    for clause in sorted(SpecifierSet(python), key=str):
        key = "python_full_version" if clause.version.count(".") > 1 else "python_version"
        markers.append(f"{key} {clause.operator} '{clause.version}'")
    return f"{text}; {' and '.join(markers)}" if markers else text


def _required(name: str, version: str) -> str:
    return f"{name} @ {version}" if "://" in version else f"{name}{_specifiers(version)}"


def _specifiers(text: str) -> str:
    """What poetry calls a constraint as PEP 440 has it; empty if it cannot be said so: ``^1.2`` is ``>=1.2,<2``."""
    found = ",".join(filter(None, (_clause(part.strip()) for part in text.split(","))))
    try:
        SpecifierSet(found)
    except InvalidSpecifier:
        return ""
    return found


def _clause(part: str) -> str:
    if part in ("", "*"):
        return ""
    if part.startswith(_OPERATORS):
        return part
    bare = part.lstrip("^~=").strip()
    if part[0] not in "^~":
        return f"=={bare}"
    try:
        release = Version(bare).release
    except ValueError:
        return part  # no specifier
    place = min(1, len(release) - 1)
    if part[0] == "^":
        place = next((index for index, number in enumerate(release) if number), len(release) - 1)
    above = ".".join(map(str, (*release[:place], release[place] + 1)))
    return f">={bare},<{above}"


def _requirement_files(document: Mapping[str, Any]) -> Iterator[str]:
    """The requirements files that setuptools, or hatch-requirements-txt, reads dependencies from."""
    dynamic = strings(layers.at(document, "project", "dynamic", default=[]))
    told = layers.at(document, "tool", "setuptools", "dynamic", default={})
    tables = [layers.at(told, "dependencies", default={})] if "dependencies" in dynamic else []
    tables += _values_at(told, "optional-dependencies") if "optional-dependencies" in dynamic else []
    for table in tables:
        files = layers.at(table, "file", default=[])
        yield from [files] if isinstance(files, str) else strings(files)
    hook = layers.at(document, "tool", "hatch", "metadata", "hooks", "requirements_txt", default={})
    yield from strings(layers.at(hook, "files", default=[]))


def _values_at(document: Any, *path: str) -> list[Any]:
    table = layers.at(document, *path, default={})
    return list(table.values()) if isinstance(table, dict) else []
