"""What an archive says and upstream does not: listed one by one, and what wrapping never writes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from augbackend.cli.edit import build_backend, pyproject
from augbackend.cli.model.requirement import project_of, requirement_of
from augbackend.standards.core_metadata import Document, parse
from augbackend.table import LEGACY_BACKEND, layers

from .proof import Addition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FROM_UPSTREAM = ("build-backend", "backend-path")  # moved, never changed
_OF_OURS = ("requires", "build-backend", "backend-path")  # of build-system, what wrapping writes
_METADATA = {"metadata-version", "version", "requires-dist", "requires-python", "provides-extra", "dynamic"}
_ASSUMED = (build_backend.IN_TREE_REQUIRES, "setuptools>=40.8.0")
_WRITTEN = re.compile(r"[A-Za-z-]+: [^\x00-\x1f\x7f-\x9f\u2028\u2029]*\r?\n?")  # one line, to every reader
# By these a build runs other programs, imports other modules, or installs from elsewhere.
_REROUTES = re.compile(r"(?i)(PATH|(PYTHON|LD_|DYLD_|PIP_|UV_|GIT_|SSL_).*|.*_PROXY|CC|CXX|NVCC|CMAKE_TOOLCHAIN_FILE)")


@dataclass(frozen=True)
class Texts:
    """The two files that wrapping changes: as they are, or ``None`` where there is none."""

    pyproject: Optional[bytes]
    pkg_info: Optional[bytes]

    @property
    def document(self) -> dict[str, Any]:
        """``pyproject.toml``, parsed.

        :raises AugbackendError: if it is no TOML.
        """
        return pyproject.parse((self.pyproject or b"").decode("utf-8", "replace"), "pyproject.toml")

    @property
    def metadata(self) -> Document:
        """``PKG-INFO``, parsed; what is no UTF-8 is taken for Latin-1, as when it is wrapped."""
        content = self.pkg_info or b""
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            content = content.decode("latin-1").encode()
        return parse(content)


def listed(old: Texts, new: Texts) -> tuple[Addition, ...]:
    """All that a wrapped archive says and upstream does not.

    :param old: upstream's files.
    :param new: the archive's.
    """
    before, after = old.document, new.document
    own = list(_of_table(_own(before), _own(after)))
    in_table = {one.text for one in own}
    return (
        *own,
        *(one for one in _of_requires(before, after) if one.text not in in_table),
        *_of_project(before.get("project", {}), after.get("project", {})),
        *(_of_metadata(old.metadata, new.metadata) if new.pkg_info != old.pkg_info else ()),
    )


def refused(old: Texts, new: Texts) -> Iterator[str]:
    """What an archive says otherwise than upstream, and wrapping does not write."""
    before, after = old.document, new.document
    if _beside(before) != _beside(after) or not _is_pinned_only(before, after):
        yield "pyproject.toml: it differs outside build-system and tool.augbackend"
    system = before.get("build-system", {})
    if {key: one for key, one in system.items() if key not in _OF_OURS} != {
        key: one for key, one in after["build-system"].items() if key not in _OF_OURS
    }:
        yield "pyproject.toml: build-system has other keys than upstream's"
    for key, expected in _wrapped_backend(before).items():
        found = _own(after).get(key)
        if found != expected:
            yield f"pyproject.toml: tool.augbackend.{key} is {found!r}, and upstream's is {expected!r}"
    if new.pkg_info is not None and new.pkg_info != old.pkg_info:
        yield from _refused_metadata(old.metadata, new.metadata)
    elif new.pkg_info is None and old.pkg_info is not None:
        yield "PKG-INFO: left out"


def _own(document: Mapping[str, Any]) -> dict[str, Any]:
    found = layers.at(document, "tool", "augbackend", default={})
    return found if isinstance(found, dict) else {}


def _wrapped_backend(before: Mapping[str, Any]) -> dict[str, Any]:
    """What the table of the archive has to say of upstream's own backend."""
    own, system = _own(before), before.get("build-system", {})
    if pyproject.backend(before) == "augbackend":
        return {key: own.get(key) for key in _FROM_UPSTREAM}
    return {"build-backend": system.get("build-backend", LEGACY_BACKEND), "backend-path": system.get("backend-path")}


def _of_table(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Addition]:
    """What ``[tool.augbackend]`` adds, key by key and item by item."""
    for key in sorted({*before, *after} - {"origin", *_FROM_UPSTREAM}):
        old, new, name = before.get(key), after.get(key), f"tool.augbackend.{key}"
        if isinstance(new, list):
            known = old if isinstance(old, list) else []
            yield from (_addition(key, name, item) for item in new if item not in known)
            yield from (Addition(name, f"without {_line(item)}") for item in known if item not in new)
        elif isinstance(new, dict):
            inner = old if isinstance(old, dict) else {}
            for one in sorted({*inner, *new}):
                if one not in new:
                    yield Addition(name, f"without {one}")
                elif one not in inner or inner[one] != new[one]:
                    yield Addition(name, f"{one} = {_line(new[one])}", _warning_of_variable(key, one))
        elif new is None:
            yield Addition(name, f"without {_line(old)}")
        elif new != old:
            yield Addition(name, _line(new))


def _addition(key: str, name: str, item: Any) -> Addition:
    texts = [item] if isinstance(item, str) else []
    if isinstance(item, dict):
        texts += [item.get("requirement", ""), *item.get("locked", ())]
    warning = next(filter(None, map(_warning, texts)), "") if key == "extra-build-dependencies" else ""
    return Addition(name, _line(item), warning)


def _warning(text: object) -> str:
    """Why to look twice at a requirement."""
    requirement = requirement_of(str(text))
    if requirement is None:
        return "it is no requirement to every tool"
    if requirement.url is None:
        return ""
    is_path = requirement.url.startswith("file:") or "://" not in requirement.url
    return "it is a path" if is_path else "it is fetched from a URL"


def _warning_of_variable(key: str, name: str) -> str:
    is_rerouting = key == "extra-build-variables" and _REROUTES.fullmatch(name)
    return "it says which programs, modules or packages a build uses" if is_rerouting else ""


def _of_requires(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Addition]:
    old, new, key = _requires(before), _requires(after), "build-system.requires"
    assumed = _ASSUMED if "build-system" not in before else _ASSUMED[:1]
    yield from (Addition(key, text, _warning(text)) for text in new if text not in (*old, *assumed))
    yield from (Addition(key, f"without {text}") for text in old if text not in new)


def _requires(document: Mapping[str, Any]) -> list[str]:
    found: list[str] = layers.at(document, "build-system", "requires", default=[])
    return found


def _of_project(before: Any, after: Any) -> Iterator[Addition]:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    if before.get("version") != after.get("version"):
        yield Addition("project.version", str(after.get("version")))
    old, new = _lists(before), _lists(after)
    for key in sorted({*old, *new}):
        was, now = old.get(key, []), new.get(key, [])
        yield from (Addition(key, _line(one), _warning(one)) for one in now if one not in was)
        yield from (Addition(key, f"without {_line(one)}") for one in was if one not in now)


def _of_metadata(old: Document, new: Document) -> Iterator[Addition]:
    for name in dict.fromkeys(field.name for field in (*old.fields, *new.fields)):
        was, now = old.values(name), new.values(name)
        key = f"PKG-INFO, {'-'.join(part.capitalize() for part in name.split('-'))}"
        if len(was) == len(now) == 1 and name != "requires-dist":
            yield from [Addition(key, f"{now[0]} instead of {was[0]}")] if was != now else []
            continue
        warn = _warning if name == "requires-dist" else _no_warning
        yield from (Addition(key, one, warn(one)) for one in now if one not in was)
        yield from (Addition(key, f"without {one}") for one in was if one not in now)


def _no_warning(_: object) -> str:
    return ""


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


def _beside(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a ``pyproject.toml`` says beside what wrapping writes; label and pins are compared elsewhere."""
    kept = {key: one for key, one in document.items() if key != "build-system"}
    if isinstance(kept.get("tool"), dict):
        kept["tool"] = {key: one for key, one in kept["tool"].items() if key != "augbackend"}
    if isinstance(kept.get("project"), dict):
        project = {key: one for key, one in kept["project"].items() if key != "dependencies"}
        project["optional-dependencies"] = [*_extras(project)]
        if "version" in project:
            project["version"] = str(project["version"]).partition("+")[0]
        kept["project"] = project
    return {key: value for key, value in kept.items() if value != {}}


def _is_pinned_only(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether dependencies in ``[project]`` differ by run-time pins only, as the table has them."""
    pins, label = {*map(str, _own(after).get("pin-runtime", ()))}, str(_own(after).get("local-version", ""))
    old, new = before.get("project", {}), after.get("project", {})
    if not isinstance(old, dict) or not isinstance(new, dict):
        return bool(old == new)
    if old.get("version") != new.get("version") and not label:
        return False
    was, now = _lists(old), _lists(new)
    for key in {*was, *now}:
        first, second = was.get(key, []), now.get(key, [])
        if [one for one in first if project_of(str(one)) not in pins] != [
            one for one in second if project_of(str(one)) not in pins
        ]:
            return False
        pinned = [requirement_of(str(one)) for one in second if one not in first]
        if any(one is None or one.url for one in pinned):
            return False
    return True


def _lists(project: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The lists of dependencies in a ``[project]`` table, by key."""
    found = {"project.dependencies": project.get("dependencies", [])}
    found.update({f"project.optional-dependencies.{key}": one for key, one in _extras(project).items()})
    return {key: one for key, one in found.items() if isinstance(one, list)}


def _extras(project: Mapping[str, Any]) -> dict[str, Any]:
    found = project.get("optional-dependencies", {})
    return found if isinstance(found, dict) else {}


def _line(value: Any) -> str:
    """A value in one line, readable by whoever knows TOML or JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
