"""Why an archive that is there is not the one that would be written now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import pyproject
from augbackend.cli.fetch import sdist
from augbackend.errors import AugbackendError
from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from augbackend.cli.fetch.sdist import Sdist

    from .plan import ArchivePlan

_ORIGIN = {
    "version": "upstream's version",
    "url": "upstream's address",
    "sha256": "upstream's sha256",
    "augbackend": "written by augbackend",
    "recipe": "its recipe",
    "patches": "its patches",
}
_LONGEST = 200  # characters of one value


def reason(target: Path, upstream: Sdist, planned: ArchivePlan) -> str:
    """What differs, in one line: keys of the declaration first, then files.

    :param upstream: the sdist that would be wrapped now.
    """
    try:
        with sdist.opened(target) as there:
            old = {name: there.read(name) for name in planned.files}
            document = pyproject.parse((there.read("pyproject.toml") or b"").decode("utf-8", "replace"), str(target))
            is_same = frozenset(there.names) - planned.files.keys() == _upstreams_files(upstream, planned)
    except AugbackendError as error:
        return f"it is no sound archive of ours: {error.what}"
    new = pyproject.parse(planned.files["pyproject.toml"].decode(), "pyproject.toml")
    found = [*_changed_keys(document, new)]
    if not found:
        changed = sorted(name for name, text in planned.files.items() if old[name] != text)
        backend = [name for name in changed if name.startswith(f"{planned.folder}/")]
        found += ["the backend in it was changed"] if backend else []
        found += [f"{name} was changed" for name in changed if name not in backend]
    if not found and not is_same:
        found.append("other files of upstream's are in it")
    return "; ".join(found) or "upstream's files in it were changed"


def _upstreams_files(upstream: Sdist, planned: ArchivePlan) -> frozenset[str]:
    dropped = tuple(f"{name}/" for name in planned.dropped)
    return frozenset(
        name for name in upstream.names if name not in planned.files and not f"{name}/".startswith(dropped)
    )


def _changed_keys(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """The keys of the declaration that differ, each with what it was and what it is."""
    before, now = (_table_at(one, "tool", "augbackend") for one in (old, new))
    for key in sorted({*before, *now} - {"origin"}):
        yield from _change(key, before.get(key), now.get(key))
    was, is_now = (layers.at(one, "build-system", "requires", default=[]) for one in (old, new))
    yield from _change("build-system.requires", was, is_now)
    theirs, ours = (_table_at(one, "tool", "augbackend", "origin") for one in (old, new))
    for key, words in _ORIGIN.items():
        yield from _change(words, theirs.get(key), ours.get(key))


def _table_at(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    found = layers.at(document, *keys, default={})
    return found if isinstance(found, dict) else {}


def _change(key: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, list) and isinstance(new, list):
        gone = [f"- {_short(one)}" for one in old if one not in new]
        more = [f"+ {_short(one)}" for one in new if one not in old]
        yield f"{key}: {', '.join([*gone, *more]) or 'in another order'}"
    else:
        yield f"{key} was {_short(old)}, is now {_short(new)}"


def _short(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
