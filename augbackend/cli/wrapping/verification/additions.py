"""What an archive says and upstream does not: listed one by one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import build_backend, pyproject
from augbackend.cli.model.requirement import requirement_of
from augbackend.table import layers

from .proof import Addition
from .texts import FROM_UPSTREAM, dependency_lists, own_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from augbackend.standards.core_metadata import Document

    from .texts import Texts

_REQUIREMENTS = "extra-build-dependencies"
_ASSUMED = (build_backend.IN_TREE_REQUIRES, pyproject.LEGACY_REQUIRES)
# By these a build runs other programs, imports other modules, or installs from elsewhere.
_REROUTES = re.compile(r"(?i)(PATH|(PYTHON|LD_|DYLD_|PIP_|UV_|GIT_|SSL_).*|.*_PROXY|CC|CXX|NVCC|CMAKE_TOOLCHAIN_FILE)")


def listed(old: Texts, new: Texts) -> tuple[Addition, ...]:
    """All that a wrapped archive says and upstream does not.

    :param old: upstream's files.
    :param new: the archive's.
    """
    before, after = old.document, new.document
    own = list(_of_table(own_table(before), own_table(after)))
    in_table = {one.text for one in own if one.key == f"tool.augbackend.{_REQUIREMENTS}"}
    return (
        *own,
        *(one for one in _of_requires(before, after) if one.text not in in_table),
        *_of_project(before.get("project", {}), after.get("project", {})),
        *(_of_metadata(old.metadata, new.metadata) if new.pkg_info != old.pkg_info else ()),
    )


def _of_table(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Addition]:
    """What ``[tool.augbackend]`` adds, key by key and item by item."""
    for key in sorted({*before, *after} - {"origin", *FROM_UPSTREAM}):
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
                    yield Addition(name, f"{one} = {_line(new[one])}", _warning_of_entry(key, one, new[one]))
        elif new is None:
            yield Addition(name, f"without {_line(old)}")
        elif new != old:
            yield Addition(name, _line(new))


def _addition(key: str, name: str, item: Any) -> Addition:
    texts = [item] if isinstance(item, str) else []
    if isinstance(item, dict):
        texts += [item.get("requirement", ""), *item.get("locked", ())]
    warning = next(filter(None, map(_warning, texts)), "") if key == _REQUIREMENTS else ""
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


def _warning_of_entry(key: str, name: str, value: Any) -> str:
    """Why to look twice at an entry of a table: a variable, or dependencies in ``metadata``."""
    if key == "extra-build-variables" and _REROUTES.fullmatch(name):
        return "it says which programs, modules or packages a build uses"
    listed = value if (key, name) == ("metadata", "requires-dist") and isinstance(value, list) else ()
    return next(filter(None, map(_warning, listed)), "")


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
    for key in ("version", "requires-python"):
        if before.get(key) != after.get(key):
            yield Addition(f"project.{key}", str(after.get(key)))
    old, new = dependency_lists(before), dependency_lists(after)
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


def _line(value: Any) -> str:
    """A value in one line, readable by whoever knows TOML or JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
