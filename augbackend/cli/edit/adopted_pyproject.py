"""``pyproject.toml`` of a tree that adopts the backend, and of one that gives it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomlkit

from augbackend.cli.model.requirement import project_of
from augbackend.standards.requirements import canonical_name

from . import build_backend, copy_lists, merged_requirements, pyproject

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from augbackend.cli.model.declaration import Declaration

_CREATED_FILE = "# Created by augbackend adopt; `augbackend adopt --remove` deletes it again."
_CREATED_TABLE = "added by augbackend adopt"


def adopted(text: str | None, declaration: Declaration, *, folder: str | None, assumed_requires: Sequence[str]) -> str:
    """The text of ``pyproject.toml`` once augbackend is its build backend; the same text if it is already.

    :param text: what it says today, ``None`` if there is none.
    :param folder: of the copy in the tree; ``None`` if the backend is installed.
    :param assumed_requires: what a frontend installs where there is no ``[build-system]``.
    :raises AugbackendError: if the edit would change what the rest of the file means.
    """
    parsed = tomlkit.parse(text or "")
    is_ours = "build-system" not in parsed or pyproject.comment_of(parsed["build-system"]) == _CREATED_TABLE

    def edit(document: MutableMapping[str, Any]) -> None:
        is_new = "augbackend" not in document.get("tool", {})
        if pyproject.backend(document) != "augbackend":
            build_backend.move_in(document, assumed_requires, folder=folder, created=_CREATED_TABLE)
        _declare(document, declaration)
        if is_ours:  # what the user wrote stays, so that --remove gives it back
            merged_requirements.merge(document)
        if folder is not None:
            copy_lists.put_in(document, folder)
        if is_new and isinstance(document, tomlkit.TOMLDocument):
            document["tool"]["augbackend"].add(tomlkit.nl())  # sets off a table that follows

    beginning = f"{_CREATED_FILE}\n\n" if text is None else text
    return pyproject.edited(beginning, edit)


def restored(text: str) -> str | None:
    """The text of ``pyproject.toml`` without augbackend; ``None`` if ``adopt`` had created the file.

    Comments that ``adopt`` left say which keys had not been there before it.
    """
    pyproject.parse(text, "pyproject.toml")
    document = tomlkit.parse(text)
    whole_table = pyproject.comment_of(document["build-system"]) == _CREATED_TABLE
    only_assumed = pyproject.comment_of(document["tool"]["augbackend"].get("build-backend")) == build_backend.ASSUMED

    created = copy_lists.created_by_us(document)

    def edit(editable: MutableMapping[str, Any]) -> None:
        copy_lists.take_out(editable, created)
        build_backend.move_out(editable, whole_table=whole_table, only_assumed=only_assumed)

    new = copy_lists.without_headers(pyproject.edited(text, edit))
    left = new.replace(_CREATED_FILE, "").strip()
    return None if text.startswith(_CREATED_FILE) and not left else new


def _declare(document: MutableMapping[str, Any], declaration: Declaration) -> None:
    build_system, table = document["build-system"], build_backend.own_table(document)
    dropped = {canonical_name(name) for name in declaration.removed}
    for entry in [entry for entry in build_system["requires"] if project_of(entry) in dropped]:
        build_system["requires"].remove(entry)
    for name in declaration.removed:
        pyproject.append(table, "remove-build-dependencies", name)
    for requirement in [one.entry.text for one in declaration.requires]:
        declared = table.get("extra-build-dependencies", ())
        if requirement not in declared and requirement in build_system["requires"]:
            continue  # the user has declared it, so --remove must leave it
        pyproject.append(table, "extra-build-dependencies", requirement)
        pyproject.append(build_system, "requires", requirement)
    for name, value in declaration.as_table().get("extra-build-variables", {}).items():
        if "extra-build-variables" not in table:
            table["extra-build-variables"] = pyproject.new_inline_table(document)
        if table["extra-build-variables"].get(name) != value:
            table["extra-build-variables"][name] = value
