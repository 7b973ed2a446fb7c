"""What an archive says otherwise than upstream, and wrapping never writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import pyproject
from augbackend.cli.model.requirement import project_of, requirement_of
from augbackend.table import LEGACY_BACKEND, layers

from .texts import FROM_UPSTREAM, dependency_lists, own_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from augbackend.standards.core_metadata import Document

    from .texts import Texts

_OF_OURS = ("requires", "build-backend", "backend-path")  # of build-system, what wrapping writes
_OVERRIDDEN = ("dependencies", "optional-dependencies", "requires-python")  # of [project]
_METADATA = {"metadata-version", "version", "requires-dist", "requires-python", "provides-extra", "dynamic"}
_WRITTEN = re.compile(r"[A-Za-z-]+: [^\x00-\x1f\x7f-\x9f\u2028\u2029]*\r?\n?")  # one line, to every reader


def refused(old: Texts, new: Texts) -> Iterator[str]:
    """What an archive says otherwise than upstream, and wrapping does not write."""
    before, after = old.document, new.document
    ignored = _OVERRIDDEN if _is_override(after) else ()
    if _beside(before, ignored) != _beside(after, ignored) or not _is_pinned_only(before, after):
        yield "pyproject.toml: it differs outside build-system and tool.augbackend"
    system = before.get("build-system", {})
    if {key: one for key, one in system.items() if key not in _OF_OURS} != {
        key: one for key, one in after["build-system"].items() if key not in _OF_OURS
    }:
        yield "pyproject.toml: build-system has other keys than upstream's"
    for key, expected in _wrapped_backend(before).items():
        found = own_table(after).get(key)
        if found != expected:
            yield f"pyproject.toml: tool.augbackend.{key} is {found!r}, and upstream's is {expected!r}"
    if new.pkg_info is not None and new.pkg_info != old.pkg_info:
        yield from _refused_metadata(old.metadata, new.metadata)
    elif new.pkg_info is None and old.pkg_info is not None:
        yield "PKG-INFO: left out"


def _wrapped_backend(before: Mapping[str, Any]) -> dict[str, Any]:
    """What the table of the archive has to say of upstream's own backend."""
    own, system = own_table(before), before.get("build-system", {})
    if pyproject.backend(before) == "augbackend":
        return {key: own.get(key) for key in FROM_UPSTREAM}
    return {"build-backend": system.get("build-backend", LEGACY_BACKEND), "backend-path": system.get("backend-path")}


def _is_override(document: Mapping[str, Any]) -> bool:
    """Whether an archive says that its dependencies are not upstream's; they are listed one by one."""
    return layers.at(own_table(document), "metadata", "override", default=False) is True


def _beside(document: Mapping[str, Any], ignored: Sequence[str]) -> dict[str, Any]:
    """What a ``pyproject.toml`` says beside what wrapping writes; label and pins are compared elsewhere.

    :param ignored: keys of ``[project]``.
    """
    kept = {key: one for key, one in document.items() if key != "build-system"}
    if isinstance(kept.get("tool"), dict):
        kept["tool"] = {key: one for key, one in kept["tool"].items() if key != "augbackend"}
    if isinstance(kept.get("project"), dict):
        project = {**kept["project"], "version": str(kept["project"].get("version")).partition("+")[0]}
        for key in ("dependencies", "optional-dependencies"):
            project[key] = _without_lists(project.get(key, []))
        kept["project"] = {key: one for key, one in project.items() if key not in ignored}
    return {key: value for key, value in kept.items() if value != {}}


def _without_lists(value: Any) -> Any:
    """A value without what is in its lists."""
    if isinstance(value, dict):
        return {key: _without_lists(one) for key, one in value.items()}
    return [] if isinstance(value, list) else value


def _is_pinned_only(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether dependencies in ``[project]`` differ by run-time pins only, as the table has them."""
    pins, label = {*map(str, own_table(after).get("pin-runtime", ()))}, str(own_table(after).get("local-version", ""))
    old, new = before.get("project", {}), after.get("project", {})
    if not isinstance(old, dict) or not isinstance(new, dict):
        return bool(old == new)
    if old.get("version") != new.get("version") and not (label and str(new.get("version")).endswith(label)):
        return False
    was, now = dependency_lists(old), dependency_lists(new)
    for key in () if _is_override(after) else {*was, *now}:
        first, second = was.get(key, []), now.get(key, [])
        if [one for one in first if project_of(str(one)) not in pins] != [
            one for one in second if project_of(str(one)) not in pins
        ]:
            return False
        pinned = [requirement_of(str(one)) for one in second if one not in first]
        if any(one is None or one.url for one in pinned):
            return False
    return True


def _refused_metadata(old: Document, new: Document) -> Iterator[str]:
    known = _METADATA if old.fields else {*_METADATA, "name"}
    for name in sorted({field.name for field in (*old.fields, *new.fields)} - known):
        if [one.text.rstrip("\r\n") for one in old.fields if one.name == name] != [
            one.text.rstrip("\r\n") for one in new.fields if one.name == name
        ]:
            yield f"PKG-INFO: {name} is not upstream's"
    for name in ("name", "version", "metadata-version", "requires-python"):
        if len(new.values(name)) > 1:
            yield f"PKG-INFO: it has more than one {name}"
    for field in new.fields:
        if field not in old.fields and not _WRITTEN.fullmatch(field.text):
            yield f"PKG-INFO: wrapping writes no line such as {field.text!r}"
    if old.body.strip() != new.body.strip():
        yield "PKG-INFO: its description is not upstream's"
