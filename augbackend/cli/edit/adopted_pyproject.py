"""``pyproject.toml`` of a tree that adopts the backend, and of one that gives it up."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import tomlkit

from augbackend.cli.model.requirement import project_of
from augbackend.table import layers

from . import adopted_requirements, build_backend, copy_lists, last_comma, pyproject, tree_declaration
from .adopted_requirements import Memory

if TYPE_CHECKING:
    from collections.abc import Collection, MutableMapping, Sequence

    from augbackend.cli.model.declaration import Declaration

_CREATED_FILE = "# Created by augbackend adopt; `augbackend adopt --remove` deletes it again."
_CREATED_TABLE = "added by augbackend adopt"
_BLANK = re.compile(r"(?m)^\r?\n(?=\[tool\.augbackend\])")  # which tomlkit adds, and would leave


def adopted(
    text: str | None,
    declaration: Declaration,
    undeclared: Collection[str] = (),
    *,
    folder: str | None,
    assumed_requires: Sequence[str],
) -> str:
    """The text of ``pyproject.toml`` once augbackend is its build backend; the same text if it is already.

    :param text: what it says today, ``None`` if there is none.
    :param undeclared: variables that are not set any more.
    :param folder: of the copy in the tree; ``None`` if the backend is installed.
    :param assumed_requires: what a frontend installs where there is no ``[build-system]``.
    :raises AugbackendError: if the edit would change what the rest of the file means.
    """
    plain, before = _memory(text or "")
    memory = before

    def edit(document: MutableMapping[str, Any]) -> None:
        nonlocal memory
        is_new, memory = "augbackend" not in document.get("tool", {}), before
        _make_room(document)
        if pyproject.backend(document) != "augbackend":
            memory = _moved_in(document, memory, assumed_requires, folder)
        memory = tree_declaration.declare(document, declaration, undeclared, memory)
        if folder is not None:
            copy_lists.put_in(document, folder)
        if is_new and isinstance(document, tomlkit.TOMLDocument):
            document["tool"]["augbackend"].add(tomlkit.nl())  # sets off a table that follows

    new = pyproject.edited(f"{_CREATED_FILE}\n" if text is None else plain, edit)
    is_same = text is not None and (new, memory) == (plain, before) and plain != text
    if is_same:
        return str(text)
    was = (restored(text) if text is not None and _is_adopted(text) else text) or ""
    back, written = restored(adopted_requirements.remembered(new, memory)) or "", adopted_requirements.written(was)
    if written != adopted_requirements.written(back) and _list_in(was) == _list_in(back):
        memory = replace(memory, written=written)
    full = adopted_requirements.remembered(new, memory)
    closer = _BLANK.sub("", full, count=1)
    return closer if restored(full) != was and restored(closer) == was else full


def static(
    text: str | None, requirements: Sequence[str], removed: Sequence[str] = (), *, assumed_requires: Sequence[str]
) -> str:
    """The text of ``pyproject.toml`` with another ``build-system.requires``, and nothing else.

    :param text: what it says today, ``None`` if there is none.
    :param removed: projects that it asks for no more, unless one of the requirements does.
    :raises AugbackendError: if the edit would change what the rest of the file means.
    """

    def edit(document: MutableMapping[str, Any]) -> None:
        if "build-system" not in document:
            document["build-system"] = pyproject.new_table(document)
            document["build-system"]["requires"] = list(assumed_requires)
        _make_room(document)
        for name in removed:
            adopted_requirements.taken_out(document["build-system"]["requires"], Memory(), name)
        for one in requirements:
            adopted_requirements.required(document["build-system"]["requires"], Memory(), one)

    return pyproject.edited(text or "", edit)


def requires_alone(text: str) -> list[str]:
    """``build-system.requires`` without what only augbackend needs."""
    plain, memory = _memory(text)
    listed = [*layers.toml(plain)["build-system"]["requires"]]
    for ours in (build_backend.IN_TREE_REQUIRES, build_backend.INSTALLED_REQUIRES):
        memory, _ = adopted_requirements.given_up(listed, memory, project_of(ours))
    return listed


def added_requires(text: str) -> list[str]:
    """What adopt has added to ``build-system.requires`` or changed in it, less what only augbackend needs."""
    plain, memory = _memory(text)
    alone, listed = requires_alone(text), layers.toml(plain)["build-system"]["requires"]
    changed = {project_of(one.text) for one in memory.before if one.is_changed}
    places = memory.places(listed)
    found = [one for at, one in enumerate(listed) if at in places or project_of(one) in changed]
    return [one for one in found if one in alone]


def restored(text: str) -> str | None:
    """The text of ``pyproject.toml`` without augbackend; ``None`` if ``adopt`` had created the file.

    Comments that ``adopt`` left say which keys had not been there before it.
    """
    pyproject.parse(text, "pyproject.toml")
    plain, memory = _memory(text)
    document = tomlkit.parse(plain)
    whole_table = pyproject.comment_of(document["build-system"]) == _CREATED_TABLE
    only_assumed = pyproject.comment_of(document["tool"]["augbackend"].get("build-backend")) == build_backend.ASSUMED

    created = copy_lists.created_by_us(document)

    def edit(editable: MutableMapping[str, Any]) -> None:
        copy_lists.take_out(editable, created)
        adopted_requirements.restored(editable["build-system"], memory)
        build_backend.move_out(editable, whole_table=whole_table, only_assumed=only_assumed)

    new = copy_lists.without_headers(pyproject.edited(plain, edit))
    left = new.replace(_CREATED_FILE, "").strip()
    return None if text.startswith(_CREATED_FILE) and not left else new


def _make_room(document: MutableMapping[str, Any]) -> None:
    """Let ``build-system.requires`` be one that can be added to."""
    listed = layers.at(document, "build-system", "requires", default=None)
    room = last_comma.with_last_comma(listed)
    if room is not listed:
        document["build-system"]["requires"] = room


def _moved_in(
    document: MutableMapping[str, Any], memory: Memory, assumed_requires: Sequence[str], folder: str | None
) -> Memory:
    count = len(document.get("build-system", {}).get("requires", assumed_requires))
    build_backend.move_in(document, assumed_requires, folder=folder, created=_CREATED_TABLE)
    return replace(memory, added=tuple(map(project_of, document["build-system"]["requires"][count:])))


def _memory(text: str) -> tuple[str, Memory]:
    """A text without what ``adopt`` remembers in it, and that.

    Where nothing is remembered, what stands in both places is taken for its own.
    """
    plain, memory = adopted_requirements.separated(text)
    document = layers.toml(plain)
    if memory is not None or not _is_adopted(plain):
        return plain, memory or Memory()
    declared = layers.at(document, "tool", "augbackend", "extra-build-dependencies", default=())
    texts = [build_backend.IN_TREE_REQUIRES, build_backend.INSTALLED_REQUIRES, *declared]
    return plain, Memory(tuple(project_of(one) for one in document["build-system"]["requires"] if one in texts))


def _is_adopted(text: str) -> bool:
    return pyproject.backend(layers.toml(text)) == "augbackend"


def _list_in(text: str) -> Any:
    return layers.at(layers.toml(text), "build-system", "requires", default=None)
