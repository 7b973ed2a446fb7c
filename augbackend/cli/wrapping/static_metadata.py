"""What is known of a wheel's dependencies before a build, and the ``PKG-INFO`` that promises them.

Only what no build can change is promised: a literal ``install_requires``, a static field of upstream's, or what the
user says. After a build, the backend compares the wheel with the promise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Optional

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, canonicalize_version

from augbackend.cli.model.dependencies import Dependencies
from augbackend.standards import setup_files
from augbackend.standards.core_metadata import OLDEST_STATIC, RESOLVED, Document, parse
from augbackend.standards.requirements import parse_requirement
from augbackend.table import layers, strings

from . import setup_call
from .top_files import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from augbackend.standards.setup_files import SetupCfg

    from .top_files import TopFiles

_DECLARATIVE = ("flit_core.buildapi", "poetry.core.masonry.api")  # they need no more requirements, and compute none


@dataclass(frozen=True)
class Promise:
    """The ``PKG-INFO`` of a wrapped sdist.

    :param text: its content; ``None`` if upstream's is kept.
    :param is_promise: whether the backend may answer with it, without a build.
    :param why: where its dependencies come from, or why only a build can tell them.
    """

    text: Optional[str]
    is_promise: bool
    why: str


def promise(top: TopFiles, name: str, version: str, word: Dependencies | None) -> Promise:
    """Decide what can be promised.

    :param name: of the project; it is used, like ``version``, if upstream has no ``PKG-INFO``.
    :param word: the dependencies that the user states.
    """
    upstream = top.pkg_info
    unknown = f"Metadata-Version: {OLDEST_STATIC}\nName: {name}\nVersion: {version}\n"
    document = upstream if upstream and upstream.fields else parse(unknown.encode())
    if word is not None:
        word = replace(word, requires_python=word.requires_python or document.value("requires-python"))
        return Promise(_with_dependencies(document, version, word), is_promise=True, why="as you state them")
    if upstream is not None and upstream.is_static:
        new = _with_version(upstream, version)
        return Promise(_if_new(new, upstream), is_promise=True, why="upstream's own PKG-INFO")
    found, why = _from_project(top)
    if found is None and not why:
        if top.backend_module in _DECLARATIVE and not document.values("dynamic"):
            found, why = _from_pkg_info(document), f"{top.backend_module.partition('.')[0]} computes nothing"
        elif not top.is_built_by_setuptools:
            why = "upstream's PKG-INFO does not say, and its backend may compute them"
        else:
            found, why = _from_setuptools(top.folder)
    if found is None:
        new = _with_dynamic_spelled(_with_version(document, version))
        return Promise(None if upstream is None else _if_new(new, upstream), is_promise=False, why=why)
    return Promise(_with_dependencies(document, version, found), is_promise=True, why=why)


def own_requirements(top: TopFiles) -> list[str] | None:
    """What the wrapped backend needs beside ``build-system.requires``; ``None`` if one has to run it to know."""
    if not top.is_built_by_setuptools:
        return [] if top.backend_module in _DECLARATIVE else None
    called, cfg = setup_call.arguments(top.folder), setup_files.read_cfg(top.folder / "setup.cfg")
    return None if called is None or cfg.problem else _stated(called, cfg, "setup_requires")


def _from_project(top: TopFiles) -> tuple[Dependencies | None, str]:
    """The dependencies of a ``[project]`` table, and a reason; no reason if there is no such table."""
    project = layers.at(top.document, "project", default=None)
    if not isinstance(project, dict):
        return None, ""
    dynamic = {*strings(project.get("dynamic", []))} & {
        "dependencies",
        "optional-dependencies",
        "requires-python",
    }
    if dynamic:
        return None, f"pyproject.toml says that {' and '.join(sorted(dynamic))} are dynamic"
    extras = project.get("optional-dependencies", {})
    optional = {key: strings(value) for key, value in extras.items()} if isinstance(extras, dict) else {}
    python = project.get("requires-python", "")
    required = strings(project.get("dependencies", []))
    return _dependencies(required, optional, str(python)), "pyproject.toml's [project]"


def _from_setuptools(tree: Path) -> tuple[Dependencies | None, str]:
    called, cfg = setup_call.arguments(tree), setup_files.read_cfg(tree / "setup.cfg")
    if called is None:
        return None, "setup.py calls setup() in a way that only running it can tell"
    if cfg.problem:
        return None, "setup.cfg cannot be read"
    options = cfg.options("options")
    if called.get("install_requires") and options.get("install_requires"):
        return None, "setup.py and setup.cfg both have install_requires"
    required, extras = _stated(called, cfg, "install_requires"), _extras(called, cfg)
    python = called.get("python_requires") or options.get("python_requires", "")
    if required is None or extras is None or not isinstance(python, str):
        computed = "install_requires" if required is None else "extras_require" if extras is None else "python_requires"
        return None, f"{computed} is computed when it builds"
    found = _dependencies(required, extras, python)
    if found is None:
        return None, "install_requires holds what is no requirement, or what goes with it no name or specifier"
    recorded = _recorded_requirements(tree)
    if recorded is not None and _meanings(recorded) != _meanings(found.requires_dist):
        return None, "setup.py's install_requires is not what upstream's own build recorded"
    if not found.requires_dist:
        return found, "setup() names none"
    return found, "setup.py's literal install_requires" if called.get("install_requires") else "literal, in setup.cfg"


def _stated(called: Mapping[str, Any], cfg: SetupCfg, name: str) -> list[str] | None:
    """A list of requirements that ``setup()`` or ``setup.cfg`` states; ``None`` if it is computed."""
    stated = setup_files.split_semicolons(cfg.options("options").get(name, ""))
    return _literal_requirements(called.get(name) or stated)


def _extras(called: Mapping[str, Any], cfg: SetupCfg) -> dict[str, list[str]] | None:
    """The requirements of each extra; ``None`` if they are computed, or stated in two places."""
    sections = (cfg.sections.get(f"options.extras{joint}require", {}) for joint in "_-")
    in_cfg = {key: setup_files.split_semicolons(value) for section in sections for key, value in section.items()}
    in_call = called.get("extras_require") or {}
    if not isinstance(in_call, dict) or (in_call and in_cfg):
        return None
    found = {key: _literal_requirements(value) for key, value in (in_call or in_cfg).items()}
    return None if None in found.values() else {key: value for key, value in found.items() if value is not None}


def _literal_requirements(value: Any) -> list[str] | None:
    """What setuptools takes for a list of requirements; ``None`` if it is computed, or stands in another file."""
    if value is not None and not isinstance(value, (str, list)):
        return None
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        return None
    found = setup_files.requirements(value)
    return None if any(line.startswith(("file:", "attr:")) for line in found) else found


def _from_pkg_info(document: Document) -> Dependencies:
    """The dependencies in a ``PKG-INFO`` that may be older than core metadata 2.2; for backends that compute none."""
    required, python, extras = (tuple(document.values(name)) for name in RESOLVED)
    return Dependencies(required, "".join(python[:1]), extras)


def _dependencies(required: Iterable[str], extras: Mapping[str, Iterable[str]], python: str) -> Dependencies | None:
    """Dependencies as core metadata has them; ``None`` if one is no requirement, or no name, or no specifier.

    :param extras: requirements by extra, as setuptools takes them: a key may have a marker, ``extra:marker``.
    """
    lines, names = [], []
    try:
        lines += [with_marker(text, "") for text in required]
        for key, texts in extras.items():
            extra, _, marker = key.partition(":")
            name = canonicalize_name(extra.strip(), validate=True) if extra.strip() else ""
            names += [name] if name and name not in names else []
            condition = f'extra == "{name}"' if name else ""
            both = f"({marker.strip()}) and {condition}" if marker.strip() and condition else marker.strip()
            lines += [with_marker(text, both or condition) for text in texts]
        SpecifierSet(python)
    except ValueError:
        return None
    if not python.strip().isprintable():
        return None
    return Dependencies(tuple(dict.fromkeys(lines)), python.strip(), tuple(names))


def with_marker(text: str, marker: str) -> str:
    """A requirement with a marker added to its own; as ``packaging`` spells it."""
    requirement = Requirement(text)
    if not marker:
        return str(requirement)
    own = requirement.marker
    requirement.marker = None
    joined = f"({own}) and {marker}" if own and " or " in str(own) else f"{own} and {marker}" if own else marker
    separator = " ; " if requirement.url else "; "
    return str(Requirement(f"{requirement}{separator}{joined}"))


def _recorded_requirements(tree: Path) -> list[str] | None:
    """The requirements that upstream's own build wrote into ``requires.txt``; ``None`` if the sdist has none."""
    files = [*tree.glob("*.egg-info/requires.txt"), *tree.glob("*/*.egg-info/requires.txt")]
    if not files:
        return None
    sections: dict[str, list[str]] = {"": []}
    section = ""
    for line in filter(None, map(str.strip, text_of(files[0]).splitlines())):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            sections.setdefault(section, [])
        else:
            sections[section].append(line)
    required = sections.pop("")
    combined = _dependencies(required, sections, "")
    return None if combined is None else list(combined.requires_dist)


def _meanings(texts: Iterable[str]) -> set[object]:
    """What is compared of requirements: their meaning, not their spelling and order."""
    return {parse_requirement(text) for text in texts}


def _with_dependencies(document: Document, version: str, found: Dependencies) -> str:
    """A ``PKG-INFO`` that states its dependencies as static: none of the fields is dynamic."""
    document = document.edited("version", lambda _: [version])
    document = document.stated("requires-python", [found.requires_python] if found.requires_python else [])
    document = document.stated("requires-dist", found.requires_dist)
    return document.stated("provides-extra", found.provides_extra).content.decode()


def _with_version(document: Document, version: str) -> Document:
    """A ``PKG-INFO`` with another version; the same if it has that version already."""
    wanted = canonicalize_version(version)
    return document.edited("version", lambda old: [old if canonicalize_version(old) == wanted else version])


def _with_dynamic_spelled(document: Document) -> Document:
    """A ``PKG-INFO`` with dynamic fields spelled as frontends expect them."""
    spelled = {field: "-".join(part.capitalize() for part in field.split("-")) for field in RESOLVED}
    return document.edited("dynamic", lambda field: [spelled.get(field.lower(), field)])


def _if_new(document: Document, old: Document) -> str | None:
    return None if document == old else document.content.decode()
