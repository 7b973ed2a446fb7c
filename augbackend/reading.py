"""From ``pyproject.toml``, ``-C`` and the environment to one frozen :class:`Build`.

The sources are layers of plain TOML values, strongest last. They are laid over each other key by key (a list is
replaced, a table is merged name by name) and then checked in one pass that collects every mistake.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from . import checking, pep508, sources
from .errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .settings import Settings

    ConfigSettings = dict[str, Union[str, list[str]]]


class Build(NamedTuple):
    """What one hook call needs to know.

    ``origins`` says for each key that is set where it came from; ``requires`` is ``build-system.requires``;
    ``backend_path`` is ``build-system.backend-path``; ``dynamic`` is
    ``project.dynamic``; ``identity`` is the name and the version that a ``[project]`` table states, empty where it does
    not, ``None`` without such a table; ``path`` is ``sys.path`` as the frontend set it;
    ``config_settings`` are the wrapped backend's own, ours stripped.
    """

    tree: Path
    settings: Settings
    origins: Mapping[str, str]
    requires: tuple[str, ...] = ()
    backend_path: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    identity: tuple[str, str] | None = None
    path: tuple[str, ...] = ()
    config_settings: Mapping[str, str | list[str]] | None = None

    @property
    def changes_metadata(self) -> bool:
        """Whether METADATA will be another than the wrapped backend's own."""
        return bool(self.settings.local_version or self.settings.pin_runtime)


def read(
    tree: Path,
    config_settings: Mapping[str, str | list[str]] | None = None,
    environ: Mapping[str, str] | None = None,
    document: Mapping[str, Any] | None = None,
    *,
    warn: bool = True,
) -> Build:
    """Read everything that bears on one hook call.

    :param tree: the source tree, the current directory of every PEP 517 hook.
    :param config_settings: what the frontend was given with ``-C``.
    :param environ: the caller's environment; ``os.environ`` if not given.
    :param document: what ``pyproject.toml`` would say; the file itself if not given.
    :param warn: say so if the environment has variables that look like ours and are not.
    :raises SettingsError: with all mistakes at once.
    :raises AugbackendError: if there is no readable ``pyproject.toml``.
    """
    if document is None:
        document = sources.read_pyproject(tree)
    mistakes: list[str] = []
    table = sources.at(document, "tool", "augbackend", default={})
    if not isinstance(table, dict):
        mistakes.append(f"{checking.TABLE}: found {checking.found(table)}, expected a table")
        table = {}
    own_options = {
        key: value for key, value in (config_settings or {}).items() if key.startswith(sources.OPTION_PREFIX)
    }
    layers = (
        ((key, f"{checking.TABLE} in pyproject.toml", value) for key, value in table.items()),
        sources.options(own_options, mistakes),
        sources.variables(os.environ if environ is None else environ, mistakes, warn=warn),
    )
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for key, origin, value in (entry for layer in layers for entry in layer):
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both_tables else value
        origins[key] = origin
        origins.update({f"{key}.{name}": origin for name in value} if isinstance(value, dict) else {})
    settings = checking.check(merged, origins, mistakes)
    if settings is not None:
        mistakes += _outside(tree, settings)
        mistakes += _unpinnable(document, settings)
        mistakes += _twice(document, settings)
    if mistakes or settings is None:
        raise SettingsError(str(Path(tree) / "pyproject.toml"), mistakes)
    below = {key: list(value) if isinstance(value, tuple) else value for key, value in settings.config_settings.items()}
    above = {key: value for key, value in (config_settings or {}).items() if key not in own_options}
    nothing = config_settings is None and not below
    return Build(
        tree=tree,
        settings=settings,
        origins=MappingProxyType(origins),
        requires=_strings(sources.at(document, "build-system", "requires", default=())),
        backend_path=_strings(sources.at(document, "build-system", "backend-path", default=())),
        dynamic=_strings(sources.at(document, "project", "dynamic", default=())),
        identity=_identity(sources.at(document, "project", default=None)),
        path=tuple(sys.path),
        config_settings=None if nothing else {**below, **above},
    )


def _twice(document: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """What is to match may not be installed before it is matched: pip refuses to replace it by another version."""
    matched = {entry.parsed.name for entry in settings.extra_build_dependencies if entry.match_runtime}
    for text in _strings(sources.at(document, "build-system", "requires", default=())) if matched else ():
        head = re.match(pep508.NAME, text.strip())
        if head and pep508.canonical_name(head[0]) in matched:
            yield (
                f"build-system.requires: found {text!r}, which is there with match-runtime in"
                f" {checking.TABLE}.extra-build-dependencies; take it out here, or pip has two versions to install"
            )


def _unpinnable(document: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """PEP 621: a build must not change what ``[project]`` states, and frontends read it there without asking us.

    In a wrapped sdist the pins stand there already.
    """
    pinned = [name for name, width in settings.pin_runtime.items() if width != "none"]
    project = sources.at(document, "project", default=None)
    dynamic = _strings(sources.at(document, "project", "dynamic", default=()))
    if pinned and isinstance(project, dict) and "dependencies" not in dynamic and settings.origin is None:
        yield (
            f"{checking.TABLE}.pin-runtime: [project] states its dependencies itself, so nothing may pin {pinned[0]!r};"
            " let the wrapped backend compute them, and list 'dependencies' in project.dynamic"
        )


def _strings(value: Any) -> tuple[str, ...]:
    """The strings in a list of somebody else's table, whose mistakes are the frontend's to report."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple)) else ()


def _identity(project: Any) -> tuple[str, str] | None:
    if not isinstance(project, dict):
        return None
    name, version = (project.get(key) for key in ("name", "version"))
    return (name, version) if isinstance(name, str) and isinstance(version, str) else ("", "")


def _outside(tree: Path, settings: Settings) -> Iterator[str]:
    """Complaints about the wrapped backend's folders (PEP 517: they must be in the source tree)."""
    root = tree.resolve() if settings.backend_path else tree
    for at, folder in enumerate(settings.backend_path):
        place = f"{checking.TABLE}.backend-path[{at}]: found {folder!r}"
        resolved = (root / folder).resolve() if "\0" not in folder else root.parent
        if Path(folder).is_absolute() or (resolved != root and root not in resolved.parents):
            yield f"{place}: expected a folder inside the source tree, this one leads to {resolved}"
        elif not resolved.is_dir():
            yield f"{place}: there is no such folder in {root}"
