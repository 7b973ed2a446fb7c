"""``[tool.uv.sources]``: pointing uv to the wrapped archives, and back, with formatting and comments kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import tomlkit

from augbackend import sources as tomls

from . import declaration, writing

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence
    from pathlib import Path

_WAS = "was: "


def source(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The one source of a package; empty if it has none, or several."""
    table = tomls.at(document, "tool", "uv", "sources", default={})
    for key, value in table.items() if isinstance(table, dict) else ():
        if declaration.same_project(key, name) and isinstance(value, dict):
            return value
    return {}


def before(text: str, name: str) -> dict[str, Any]:
    """What a package's source was before it led to an archive of ours, as the comment beside it says."""
    was = next((was for key, was in _comments(text).items() if declaration.same_project(key, name)), "")
    value = tomls.toml(f"value = {was}")["value"] if was else {}
    return value if isinstance(value, dict) else {}


def pointed(text: str, archives: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """The text of ``pyproject.toml`` with each package's source in place.

    :param archives: name → its archives, each a path relative to the project and a marker, empty for everywhere.
    :raises AugbackendError: if the file cannot be edited without changing what the rest of it means.
    """

    def edit(document: MutableMapping[str, Any]) -> None:
        is_toml = isinstance(document, tomlkit.TOMLDocument)
        table = _sources(document)
        for name, places in archives.items():
            key = next((key for key in table if declaration.same_project(key, name)), name)
            entries = [{"path": path, **({"marker": marker} if marker else {})} for path, marker in places]
            value: Any = entries[0] if len(entries) == 1 else entries
            old = table.get(key)
            if _unwrapped(old) == value:
                continue
            was = _noted(old)
            table[key] = declaration.plain(document, value) if len(entries) == 1 else _array(document, entries)
            if is_toml and was:
                table[key].comment(was)

    return declaration.edited(text, edit)


def restored(text: str, folder: str) -> str:
    """The text without the sources that lead into ``folder``; what was there before comes back."""
    remembered = _comments(text)

    def edit(document: MutableMapping[str, Any]) -> None:
        table = _sources(document)
        for key in [key for key, value in table.items() if _leads_into(_unwrapped(value), folder)]:
            if remembered.get(key):
                table[key] = declaration.plain(document, tomls.toml(f"value = {remembered[key]}")["value"])
            else:
                del table[key]
        if not table:
            del document["tool"]["uv"]["sources"]
            if not document["tool"]["uv"]:
                del document["tool"]["uv"]

    return declaration.edited(text, edit)


def undo(file: Path, folder: Path) -> list[str]:
    """Take the sources that lead into ``folder`` out of a project, then delete its archives; says what it did."""
    text = file.read_bytes().decode("utf-8")
    new = restored(text, _relative(folder, file.parent))
    done = []
    if new != text:
        writing.replace_file(file, new.encode())
        done.append(f"{file}: the sources that led into {folder} are gone")
    for archive in sorted(folder.glob("*.tar.gz")):
        archive.unlink()
        done.append(f"{archive}: deleted")
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return done or ["nothing to undo"]


def relative(archive: Path, project: Path) -> str:
    """An archive's path as ``[tool.uv.sources]`` has it: relative to the project, with slashes on every system."""
    return _relative(archive, project)


def _relative(path: Path, start: Path) -> str:
    return os.path.relpath(path.resolve(), start.resolve()).replace(os.sep, "/")


def _sources(document: MutableMapping[str, Any]) -> Any:
    is_toml = isinstance(document, tomlkit.TOMLDocument)
    place: Any = document
    for key in ("tool", "uv", "sources"):
        if key not in place:
            place[key] = (tomlkit.table(is_super_table=key != "sources")) if is_toml else {}
        place = place[key]
    return place


def _array(document: MutableMapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> Any:
    if not isinstance(document, tomlkit.TOMLDocument):
        return [dict(entry) for entry in entries]
    array = tomlkit.array().multiline(multiline=True)
    for entry in entries:
        array.append(declaration.plain(document, dict(entry)))
    return array


def _unwrapped(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def _noted(old: Any) -> str:
    """The comment that remembers a source that gives way; the one that is there already stays."""
    if old is None:
        return ""
    comment = str(old.trivia.comment).lstrip("# ") if hasattr(old, "trivia") else ""
    value = _unwrapped(old)
    is_ours = isinstance(value, list) or (isinstance(value, dict) and str(value.get("path", "")).endswith(".tar.gz"))
    if comment.startswith(_WAS) or is_ours:
        return comment
    return (
        f"{_WAS}{old.as_string().strip()}"
        if hasattr(old, "as_string") and "\n" not in old.as_string().strip()
        else comment
    )


def _comments(text: str) -> dict[str, str]:
    """Package → what its source was, as the comment beside it says."""
    table = tomlkit.parse(text).get("tool", {}).get("uv", {}).get("sources", {})
    found = {}
    for key, value in table.items():
        comment = str(value.trivia.comment).lstrip("# ") if hasattr(value, "trivia") else ""
        found[key] = comment[len(_WAS) :] if comment.startswith(_WAS) else ""
    return found


def _leads_into(value: Any, folder: str) -> bool:
    entries = value if isinstance(value, list) else [value]
    return all(isinstance(entry, dict) and str(entry.get("path", "")).startswith(f"{folder}/") for entry in entries)
