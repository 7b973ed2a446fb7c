"""What an sdist can promise about its wheel without a build, and the ``PKG-INFO`` that says so.

A promise is made only of what cannot depend on the build: a literal ``install_requires``, upstream's own static
field, or the user's word. The backend holds the wheel against it.
"""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Optional

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from augbackend import metadata, pep440, pep508, sources
from augbackend.cli.model.dependencies import Dependencies

from .setup_call import COMPUTED, arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_DECLARATIVE = ("flit_core.buildapi", "poetry.core.masonry.api")  # they ask for nothing, and compute nothing


@dataclass(frozen=True)
class Promise:
    """The ``PKG-INFO`` of a wrapped sdist.

    :param text: what it says; ``None`` to leave upstream's as it is.
    :param is_promise: whether the backend may answer from it.
    :param why: where its dependencies come from, or why they are not known before a build.
    """

    text: Optional[str]
    is_promise: bool
    why: str


def promise(tree: Path, name: str, version: str, word: Dependencies | None) -> Promise:
    """Decide what can be promised.

    :param tree: a folder with upstream's ``PKG-INFO``, ``setup.py``, ``setup.cfg``, ``pyproject.toml`` and
        ``requires.txt``, as far as it has them.
    :param name: of the project; together with ``version`` what a ``PKG-INFO`` has to say, if upstream has none.
    :param word: the dependencies by the user's word.
    """
    upstream = _read(tree / "PKG-INFO")
    text = upstream or f"Metadata-Version: {metadata.OLDEST_STATIC}\nName: {name}\nVersion: {version}\n"
    if word is not None:
        python = word.requires_python or dict(metadata.fields(text)).get("requires-python", "")
        word = replace(word, requires_python=python)
        return Promise(_stated(text, version, word), is_promise=True, why="by your word")
    if upstream is not None and metadata.is_static(upstream):
        return Promise(_versioned(upstream, version), is_promise=True, why="upstream's own PKG-INFO")
    found, why = _from_project(tree)
    if found is None and not why:
        backend = _backend(tree)
        if backend in _DECLARATIVE and not any(name == "dynamic" for name, _ in metadata.fields(text)):
            found, why = _from_fields(text), f"{backend.partition('.')[0]} computes nothing"
        elif backend != "setuptools.build_meta":
            why = "upstream's PKG-INFO does not say, and its backend may compute them"
        else:
            found, why = _from_setuptools(tree)
    if found is None:
        return Promise(_dynamic(upstream, version), is_promise=False, why=why)
    return Promise(_stated(text, version, found), is_promise=True, why=why)


def own_requirements(tree: Path, build_backend: str | None) -> list[str] | None:
    """What the wrapped backend would ask for beyond ``build-system.requires``; ``None`` if only asking it can tell.

    :param build_backend: what upstream's ``build-system`` names, ``None`` where it names nothing.
    """
    if build_backend in _DECLARATIVE:
        return []
    if build_backend is not None and build_backend.partition(":")[0] != "setuptools.build_meta":
        return None
    called, cfg = arguments(tree / "setup.py"), _cfg(tree).get("setup_requires", "")
    if called is None:
        return None
    literal = _items(called.get("setup_requires") or cfg)
    return None if literal is None else literal


def _from_project(tree: Path) -> tuple[Dependencies | None, str]:
    """The static fields of a ``[project]`` table; a reason if there is one that says they are dynamic."""
    if not (tree / "pyproject.toml").is_file():
        return None, ""
    document = sources.read_pyproject(tree)
    project = sources.at(document, "project", default=None)
    if not isinstance(project, dict):
        return None, ""
    dynamic = {"dependencies", "optional-dependencies", "requires-python"} & set(_strings(project.get("dynamic", [])))
    if dynamic:
        return None, f"pyproject.toml says that {' and '.join(sorted(dynamic))} are dynamic"
    extras = project.get("optional-dependencies", {})
    optional = {key: _strings(value) for key, value in extras.items()} if isinstance(extras, dict) else {}
    python = project.get("requires-python", "")
    return _combined(_strings(project.get("dependencies", [])), optional, str(python)), "pyproject.toml's [project]"


def _from_setuptools(tree: Path) -> tuple[Dependencies | None, str]:
    called, cfg = arguments(tree / "setup.py"), _cfg(tree)
    if called is None:
        return None, "setup.py calls setup() in a way that only running it can tell"
    if called.get("install_requires") and cfg.get("install_requires"):
        return None, "setup.py and setup.cfg both have install_requires"
    required = _items(called.get("install_requires") or cfg.get("install_requires", ""))
    python = called.get("python_requires") or cfg.get("python_requires", "")
    extras = _extras(tree, called)
    if required is None or extras is None or not isinstance(python, str):
        computed = "install_requires" if required is None else "extras_require" if extras is None else "python_requires"
        return None, f"{computed} is computed when it builds"
    found = _combined(required, extras, python)
    if found is None:
        return None, "install_requires holds what is no requirement"
    recorded = _recorded(tree)
    if recorded is not None and _meaning(recorded) != _meaning(found.requires_dist):
        return None, "setup.py's install_requires is not what upstream's own build recorded"
    if not found.requires_dist:
        return found, "setup() names none"
    return found, "setup.py's literal install_requires" if called.get("install_requires") else "literal, in setup.cfg"


def _backend(tree: Path) -> str:
    """The module that builds it, ours looked through."""
    document = sources.read_pyproject(tree) if (tree / "pyproject.toml").is_file() else {}
    backend = str(sources.at(document, "build-system", "build-backend", default="setuptools.build_meta"))
    if backend == "augbackend":
        backend = str(sources.at(document, "tool", "augbackend", "build-backend", default="setuptools.build_meta"))
    return backend.partition(":")[0]


def _from_fields(text: str) -> Dependencies:
    """What a ``PKG-INFO`` from before core metadata 2.2 says, where it cannot but be right."""
    found = metadata.fields(text)
    lists = {field: tuple(value for name, value in found if name == field) for field in metadata.RESOLVED}
    return Dependencies(lists["requires-dist"], "".join(lists["requires-python"][:1]), lists["provides-extra"])


def _cfg(tree: Path) -> Mapping[str, str]:
    """``[options]`` of ``setup.cfg``; what points to a file or an attribute is marked as such by its text."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(tree / "setup.cfg", encoding="utf-8")
        options = parser["options"] if parser.has_section("options") else {}
        return {key.replace("-", "_"): value for key, value in options.items()}  # setuptools takes both spellings
    except (configparser.Error, UnicodeDecodeError):
        return {"install_requires": "file:", "setup_requires": "file:"}


def _extras(tree: Path, called: Mapping[str, Any]) -> dict[str, list[str]] | None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # extras keep their spelling
    try:
        parser.read(tree / "setup.cfg", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return None
    sections = [name for name in ("options.extras_require", "options.extras-require") if parser.has_section(name)]
    in_cfg = {key: value for name in sections for key, value in parser[name].items()}
    in_call = called.get("extras_require") or {}
    if not isinstance(in_call, dict) or (in_call and in_cfg):
        return None
    found = {key: _items(value) for key, value in {**in_cfg, **in_call}.items()}
    return None if None in found.values() else {key: value for key, value in found.items() if value is not None}


def _items(value: Any) -> list[str] | None:
    """What setuptools takes for a list of requirements: a list, or lines; ``None`` if it is not literal."""
    if value is None or value is COMPUTED or not isinstance(value, (str, list)):
        return None if value is not None else []
    items = value.splitlines() if isinstance(value, str) else value
    if not all(isinstance(item, str) for item in items):
        return None
    lines = [re.sub(r"(^|\s)#.*", "", item).strip() for item in items]
    return None if any(line.startswith(("file:", "attr:")) for line in lines) else [line for line in lines if line]


def _combined(required: Iterable[str], extras: Mapping[str, Iterable[str]], python: str) -> Dependencies | None:
    """Dependencies and extras as core metadata has them; an extra's key may carry a marker (``extra:marker``)."""
    lines, names = [], []
    try:
        lines += [with_marker(text, "") for text in required]
        for key, texts in extras.items():
            extra, _, marker = key.partition(":")
            name = canonicalize_name(extra.strip()) if extra.strip() else ""
            names += [name] if name and name not in names else []
            condition = f'extra == "{name}"' if name else ""
            both = f"({marker.strip()}) and {condition}" if marker.strip() and condition else marker.strip()
            lines += [with_marker(text, both or condition) for text in texts]
    except InvalidRequirement:
        return None
    return Dependencies(tuple(dict.fromkeys(lines)), python.strip(), tuple(names))


def with_marker(text: str, marker: str) -> str:
    """A requirement where a marker holds as well; as ``packaging`` spells it."""
    requirement = Requirement(text)
    if not marker:
        return str(requirement)
    own = requirement.marker
    requirement.marker = None
    joined = f"({own}) and {marker}" if own and " or " in str(own) else f"{own} and {marker}" if own else marker
    separator = " ; " if requirement.url else "; "
    return str(Requirement(f"{requirement}{separator}{joined}"))


def _recorded(tree: Path) -> list[str] | None:
    """What upstream's own build wrote into ``requires.txt``; ``None`` if the sdist has none."""
    files = [*tree.glob("*.egg-info/requires.txt"), *tree.glob("*/*.egg-info/requires.txt")]
    text = _read(files[0]) if files else None
    if text is None:
        return None
    sections: dict[str, list[str]] = {"": []}
    section = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            sections.setdefault(section, [])
        else:
            sections[section].append(line)
    required = sections.pop("")
    combined = _combined(required, sections, "")
    return None if combined is None else list(combined.requires_dist)


def _meaning(texts: Iterable[str]) -> set[Any]:
    parsed = [pep508.parse_requirement(text) for text in texts]
    return {(one[:4], pep508.unordered(one.marker)) for one in parsed}


def _stated(text: str, version: str, found: Dependencies) -> str:
    """A ``PKG-INFO`` that states its dependencies: core metadata 2.2 at least, none of the fields dynamic."""
    stated = {
        "requires-python": [found.requires_python] if found.requires_python else [],
        "requires-dist": found.requires_dist,
        "provides-extra": found.provides_extra,
    }
    return metadata.restated(text, stated, version)


def _versioned(upstream: str, version: str) -> str | None:
    """Upstream's ``PKG-INFO`` with another version in it; ``None`` if it is the one that it has."""
    lines, body = metadata.header(upstream)
    stated = dict(metadata.fields(upstream)).get("version", "")
    if pep440.is_same(stated, version):
        return None
    return "\n".join(f"Version: {version}" if name == "version" else line for name, line in lines) + "\n" + body


def _dynamic(upstream: str | None, version: str) -> str | None:
    """Upstream's ``PKG-INFO``, with the names of dynamic fields in the spelling that every frontend compares with."""
    if upstream is None:
        return None
    lines, body = metadata.header(_versioned(upstream, version) or upstream)
    spelled = {field: "-".join(part.capitalize() for part in field.split("-")) for field in metadata.RESOLVED}
    new = []
    for name, line in lines:
        field = line.partition(":")[2].strip().lower()
        new.append(f"Dynamic: {spelled[field]}" if name == "dynamic" and field in spelled else line)
    text = "\n".join(new) + "\n" + body
    return None if text == upstream else text


def _read(file: Path) -> str | None:
    """A file's text; one from before everything was UTF-8 is taken for Latin-1, which any bytes are."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
