"""Editing ``pyproject.toml``: the old ``[build-system]`` moves into ``[tool.augbackend]``, and back.

The edits are written once, against the mapping interface that a tomlkit document and a plain dictionary
share. tomlkit keeps the user's formatting and comments; the plain dictionary says what the result has to
mean, and a result that parses to anything else is refused.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from augbackend import pep508, sources
from augbackend.errors import AugbackendError

from .backend_copy import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping, Sequence

    from augbackend.cli.model.declaration import Declaration

LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
# What pip, build and uv assume where nothing is said (PEP 518: "setuptools"; the bound is pip's and build's).
LEGACY_REQUIRES = "setuptools>=40.8.0"
IN_TREE_REQUIRES = "tomli>=1.1; python_version < '3.11'"
INSTALLED_REQUIRES = "augbackend"

_CREATED_FILE = "# Created by augbackend adopt; `augbackend adopt --remove` deletes it again."
_CREATED_TABLE = "added by augbackend adopt"
_WRAPPED_FILE = "# Written by augbackend wrap: upstream has no pyproject.toml."
_WRAPPED_TABLE = "what a frontend assumes, and what augbackend wrap was told"
_ASSUMED = "what a frontend assumes"


@dataclass(frozen=True)
class Wrap:
    """What ``wrap`` writes into an sdist's ``pyproject.toml``.

    :param folder: of the in-tree backend.
    :param assumed_requires: what a frontend installs where there is no ``[build-system]``.
    :param requires: what is added to ``build-system.requires``.
    :param is_removed: whether an entry of upstream's ``build-system.requires`` is dropped.
    :param table: what is added to ``[tool.augbackend]``.
    :param origin: ``[tool.augbackend.origin]``.
    :param version: what a ``[project]`` table that states its version has to state; empty to leave it.
    :param pinned: what takes the place of each dependency that a ``[project]`` table states.
    :param depends: what is added to them.
    """

    folder: str
    assumed_requires: Sequence[str]
    requires: Sequence[str]
    is_removed: Callable[[str], bool]
    table: Mapping[str, Any]
    origin: Mapping[str, str]
    version: str = ""
    pinned: Callable[[str], Sequence[str]] = lambda text: (text,)
    depends: Sequence[str] = ()


def adopted(text: str | None, declaration: Declaration, *, installed: bool, assumed_requires: Sequence[str]) -> str:
    """The text of ``pyproject.toml`` once augbackend is its build backend; the same text if it is already.

    :param text: what it says today, ``None`` if there is none.
    :param assumed_requires: what a frontend installs where there is no ``[build-system]``.
    :raises AugbackendError: if the edit would change what the rest of the file means.
    """

    def edit(document: MutableMapping[str, Any]) -> None:
        is_new = "augbackend" not in document.get("tool", {})
        if backend(document) != "augbackend":
            _move_in(document, assumed_requires, folder=None if installed else FOLDER, created=_CREATED_TABLE)
        _declare(document, declaration)
        if is_new and isinstance(document, tomlkit.TOMLDocument):
            document["tool"]["augbackend"].add(tomlkit.nl())  # sets off a table that follows

    beginning = f"{_CREATED_FILE}\n\n" if text is None else text
    return edited(beginning, edit)


def wrapped(text: str | None, wrap: Wrap) -> str:
    """The text of ``pyproject.toml`` in an sdist that is wrapped.

    :param text: upstream's, ``None`` if it has none.
    :raises AugbackendError: if it cannot be extended without changing what the rest of it means.
    """

    def edit(document: MutableMapping[str, Any]) -> None:
        if backend(document) == "augbackend":
            requires = document["build-system"]["requires"]
            for entry in [entry for entry in requires if _is_own(entry)]:
                requires.remove(entry)
            _point_to(document["build-system"], wrap.folder)
        else:
            _move_in(document, wrap.assumed_requires, folder=wrap.folder, created=_WRAPPED_TABLE)
        if wrap.version and "version" in document.get("project", {}):
            document["project"]["version"] = wrap.version
        for stated in _dependencies(document):
            for at, one in reversed(list(enumerate(map(str, stated)))):
                new = list(wrap.pinned(one))
                if new != [one]:
                    stated[at] = new[0]
                    for more in reversed(new[1:]):
                        stated.insert(at + 1, more)
        for one in wrap.depends:
            _append(document["project"], "dependencies", one)
        build_system, table = document["build-system"], _own_table(document)
        for entry in [entry for entry in build_system["requires"] if wrap.is_removed(entry)]:
            build_system["requires"].remove(entry)
        for requirement in wrap.requires:
            _append(build_system, "requires", requirement)
        for key, value in wrap.table.items():
            _merge(document, table, key, value)
        origin = _new_table(document)
        origin.update(wrap.origin)
        table["origin"] = origin

    return edited(f"{_WRAPPED_FILE}\n\n" if text is None else text, edit)


def _dependencies(document: Mapping[str, Any]) -> list[Any]:
    """The lists of dependencies in a ``[project]`` table."""
    project = document.get("project", {})
    extras = project.get("optional-dependencies", {})
    lists = [project.get("dependencies", []), *(extras.values() if isinstance(extras, dict) else ())]
    return [one for one in lists if isinstance(one, list)]


def _is_own(entry: str) -> bool:
    return _project(entry) == INSTALLED_REQUIRES


def _project(entry: str) -> str:
    try:
        return pep508.parse_requirement(entry).name
    except pep508.InvalidRequirement:
        return ""


def same_project(name: str, other: str) -> bool:
    """Whether two spellings name one project (PEP 503)."""
    return pep508.canonical_name(name) == pep508.canonical_name(other)


def _merge(document: MutableMapping[str, Any], table: Any, key: str, value: Any) -> None:
    """Lists grow, tables of variables are merged name by name, everything else is replaced."""
    if isinstance(value, list):
        for item in value:
            _append(table, key, plain(document, item))
    elif isinstance(value, dict) and key in table:
        for name, item in value.items():
            table[key][name] = plain(document, item)
    else:
        table[key] = plain(document, value)


def plain(document: MutableMapping[str, Any], value: Any) -> Any:
    """A value as the document holds it: tables inline, since what follows a real one would belong to it."""
    if not isinstance(value, dict) or not isinstance(document, tomlkit.TOMLDocument):
        return value
    table = tomlkit.inline_table()
    table.update({name: plain(document, item) for name, item in value.items()})
    return tomlkit.parse(f"spaced = {{ {table.as_string()[1:-1]} }}\n")["spaced"] if value else table


def restored(text: str) -> str | None:
    """The text of ``pyproject.toml`` without augbackend; ``None`` if ``adopt`` had created the file.

    Comments that ``adopt`` left say which keys had not been there before it.
    """
    parse(text, "pyproject.toml")
    document = tomlkit.parse(text)
    whole_table = _comment(document["build-system"]) == _CREATED_TABLE
    only_assumed = _comment(document["tool"]["augbackend"].get("build-backend")) == _ASSUMED
    new = edited(text, lambda editable: _move_out(editable, whole_table=whole_table, only_assumed=only_assumed))
    left = new.replace(_CREATED_FILE, "").strip()
    return None if text.startswith(_CREATED_FILE) and not left else new


def _comment(item: Any) -> str:
    return str(item.trivia.comment).lstrip("# ") if hasattr(item, "trivia") else ""


def parse(text: str, where: str) -> dict[str, Any]:
    """Parse TOML to plain values.

    :raises AugbackendError: if it is none.
    """
    try:
        return copy.deepcopy(sources.toml(text))  # ours to edit
    except (ValueError, RecursionError) as error:
        raise AugbackendError(f"it is not TOML: {error}", where=where, hint="mend the file there") from None


def backend(document: Mapping[str, Any]) -> str | None:
    """The build backend that a ``pyproject.toml`` of good shape names."""
    found: str | None = document.get("build-system", {}).get("build-backend")
    return found


def edited(text: str, edit: Callable[[MutableMapping[str, Any]], None]) -> str:
    """Edit a TOML text, and make sure that the result means what the edit says of the plain values.

    :param edit: called with a tomlkit document, and with a plain dictionary.
    :raises AugbackendError: if the result would mean anything else.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    expected = parse(text, "pyproject.toml")
    check_shape(expected)
    edit(expected)
    try:
        document = tomlkit.parse(text)
        edit(document)
        new = tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError) as error:
        raise _unsafe(str(error)) from None
    if new != text:
        lines = new.rstrip("\r\n").replace("\r\n", "\n")
        new = (f"{lines}\n" if lines else "").replace("\n", newline)
    if parse(new, "pyproject.toml") != expected:
        raise _unsafe("its layout is one that cannot be edited without changing what it means")
    return new


def check_shape(document: Mapping[str, Any]) -> None:
    """Make sure that the tables that are edited here are tables, and the lists lists.

    :raises AugbackendError: naming the first that is not.
    """
    tool, build_system = document.get("tool", {}), document.get("build-system", {})
    own = tool.get("augbackend", {}) if isinstance(tool, dict) else {}
    for name, value in (("build-system", build_system), ("tool", tool), ("tool.augbackend", own)):
        if not isinstance(value, dict):
            raise _misshapen(value, "a table", name)
    if "build-system" in document and "requires" not in build_system:
        hint = "add the key (PEP 518 asks for it), then run this again"
        what = "no list of build requirements, so no frontend builds this tree"
        raise AugbackendError(what, where="pyproject.toml, build-system.requires", hint=hint)
    lists = (("build-system", build_system, ("requires", "backend-path")), ("tool.augbackend", own, ("backend-path",)))
    for name, table, keys in lists:
        for key in keys:
            value = table.get(key, [])
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise _misshapen(value, "a list of strings", f"{name}.{key}")
    if not isinstance(own.get("extra-build-dependencies", []), list):
        raise _misshapen(own["extra-build-dependencies"], "a list", "tool.augbackend.extra-build-dependencies")
    if not isinstance(build_system.get("build-backend", ""), str):
        raise _misshapen(build_system["build-backend"], "a string", "build-system.build-backend")


def _misshapen(value: object, expected: str, key: str) -> AugbackendError:
    hint = "mend it there; nothing was changed"
    return AugbackendError(f"found {value!r}, expected {expected}", where=f"pyproject.toml, {key}", hint=hint)


def _unsafe(why: str) -> AugbackendError:
    hint = "write the tables by hand, as in the README's reference; nothing was changed"
    return AugbackendError(f"will not edit it: {why}", where="pyproject.toml", hint=hint)


def _move_in(
    document: MutableMapping[str, Any], assumed_requires: Sequence[str], *, folder: str | None, created: str
) -> None:
    build_system = document.get("build-system")
    if build_system is None:
        build_system = _new_table(document, created)
        build_system["requires"] = list(assumed_requires)
        document["build-system"] = build_system
        build_system = document["build-system"]
    table = _own_table(document)
    if "build-backend" in table or "backend-path" in table:
        raise AugbackendError(
            "it already names a wrapped backend, but augbackend is not the build backend",
            where="pyproject.toml, tool.augbackend",
            hint="remove build-backend and backend-path there, then run this again",
        )
    old_backend, old_path = build_system.get("build-backend"), build_system.get("backend-path")
    wrapped = {"build-backend": LEGACY_BACKEND if old_backend is None else str(old_backend)}
    for key, value in {**wrapped, **({} if old_path is None else {"backend-path": [*map(str, old_path)]})}.items():
        table[key] = value
    if old_backend is None and hasattr(table["build-backend"], "comment"):
        table["build-backend"].comment(_ASSUMED)
    build_system["build-backend"] = "augbackend"
    _point_to(build_system, folder)


def _point_to(build_system: MutableMapping[str, Any], folder: str | None) -> None:
    """Say where the backend is: in a folder of the tree, or installed."""
    if folder is None:
        build_system.pop("backend-path", None)
    else:
        build_system["backend-path"] = [folder]
    _append(build_system, "requires", INSTALLED_REQUIRES if folder is None else IN_TREE_REQUIRES)


def _declare(document: MutableMapping[str, Any], declaration: Declaration) -> None:
    build_system, table = document["build-system"], _own_table(document)
    dropped = {pep508.canonical_name(name) for name in declaration.removed}
    for entry in [entry for entry in build_system["requires"] if _project(entry) in dropped]:
        build_system["requires"].remove(entry)
    for name in declaration.removed:
        _append(table, "remove-build-dependencies", name)
    for requirement in [one.entry.text for one in declaration.requires]:
        declared = table.get("extra-build-dependencies", ())
        if requirement not in declared and requirement in build_system["requires"]:
            continue  # nothing undeclared about it; taking it back later would take the user's own
        _append(table, "extra-build-dependencies", requirement)
        _append(build_system, "requires", requirement)
    for name, value in declaration.as_table().get("extra-build-variables", {}).items():
        if "extra-build-variables" not in table:
            table["extra-build-variables"] = _new_inline_table(document)
        if table["extra-build-variables"].get(name) != value:
            table["extra-build-variables"][name] = value


def _move_out(document: MutableMapping[str, Any], *, whole_table: bool, only_assumed: bool) -> None:
    build_system, table = document["build-system"], document["tool"]["augbackend"]
    declared = [entry for entry in table.get("extra-build-dependencies", ()) if isinstance(entry, str)]
    for added in (IN_TREE_REQUIRES, INSTALLED_REQUIRES, *declared):
        if added in build_system["requires"]:
            build_system["requires"].remove(added)
    if "backend-path" in table:
        build_system["backend-path"] = [*map(str, table["backend-path"])]
    else:
        build_system.pop("backend-path", None)
    if only_assumed:
        build_system.pop("build-backend")
    else:
        build_system["build-backend"] = str(table.get("build-backend", LEGACY_BACKEND))
    if whole_table:
        document.pop("build-system")
    document["tool"].pop("augbackend")
    if not document["tool"]:
        document.pop("tool")


def _own_table(document: MutableMapping[str, Any]) -> Any:
    if "tool" not in document:
        document["tool"] = tomlkit.table(is_super_table=True) if isinstance(document, tomlkit.TOMLDocument) else {}
    tool = document["tool"]
    if "augbackend" not in tool:
        tool["augbackend"] = _new_table(document)
    return tool["augbackend"]


def _new_table(document: MutableMapping[str, Any], comment: str = "") -> Any:
    if not isinstance(document, tomlkit.TOMLDocument):
        return {}
    table = tomlkit.table()
    return table.comment(comment) if comment else table


def _new_inline_table(document: MutableMapping[str, Any]) -> Any:
    return tomlkit.inline_table() if isinstance(document, tomlkit.TOMLDocument) else {}


def _append(table: MutableMapping[str, Any], key: str, item: str) -> None:
    if key not in table:
        # Of a list that begins with a table, tomlkit would make an array of tables.
        table[key] = tomlkit.array() if isinstance(table, tomlkit.items.Table) else []
    if item not in table[key]:
        table[key].append(item)
