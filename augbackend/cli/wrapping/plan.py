"""The archive: upstream's sdist with a declaration, the backend, and what can be promised of its metadata.

::

    Upstream, Augmentation -> a look at its top files -> pyproject.toml, PKG-INFO, the backend's files -> Wrapped
    Wrapped -> the archive, if there is not one already that holds just this
"""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import InvalidVersion, Version

from augbackend import __version__, local_version, metadata, pep508, reading, sources
from augbackend.cli.edit import backend_copy, package_discovery, pyproject
from augbackend.cli.fetch import sdist as sdists
from augbackend.cli.model.augmentation import Augmentation, Extra
from augbackend.errors import AugbackendError
from augbackend.settings import BuildDependency
from augbackend.standards import setup_files

from . import runtime_pins, setup_call, static_metadata
from .static_metadata import Promise  # noqa: TC001  # a field's type, which NamedTuple reads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from augbackend.cli.fetch.sdist import Sdist
    from augbackend.cli.fetch.upstream import Upstream
    from augbackend.cli.model.augmentation import Fork
    from augbackend.settings import Width

_LOOKED_AT = ("pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO")
_FIRST_WITH_BDIST_WHEEL = Version("70.1")  # setuptools before this asks for `wheel` when it is asked


@dataclass(frozen=True)
class Wrapped:
    """An archive to be written.

    :param files: what is ours, name below the top folder → content.
    :param dropped: what of upstream's gives way: an older copy of the backend.
    :param extras: every build requirement that is injected, and why.
    :param knows_all: whether the backend need not ask the wrapped one for more.
    :param metadata: where the dependencies come from, or why they are not known before a build.
    :param is_static: whether they are.
    :param pins: what its wheel will require of what it was built with, as ``Requires-Dist`` or as widths.
    """

    name: str
    version: str
    files: dict[str, bytes]
    dropped: frozenset[str]
    extras: tuple[Extra, ...]
    knows_all: bool
    metadata: str
    is_static: bool
    pins: tuple[str, ...]

    @property
    def filename(self) -> str:
        """The archive's name (PEP 625)."""
        return f"{self.name.replace('-', '_')}-{self.version}.tar.gz"


@contextmanager
def planned(upstream: Upstream, augmentation: Augmentation) -> Iterator[tuple[Wrapped, Sdist]]:
    """Plan the archive; the sdist that it is made from is open as long as the context lasts.

    :raises AugbackendError: if upstream is no sound sdist, is not what was asked for, or cannot be wrapped.
    """
    with sdists.opened(upstream.path) as opened, tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
        tree = Path(folder)
        _lay_out(opened, tree)
        yield _plan(opened, tree, upstream, augmentation), opened


def _lay_out(opened: Sdist, tree: Path) -> None:
    """Write the few files that are looked at, and the folders of an in-tree backend."""
    names = {name for name in opened.names if name in _LOOKED_AT}
    recorded = [name for name in opened.names if name.endswith(".egg-info/requires.txt") and name.count("/") <= 2]  # noqa: PLR2004  # at the top, or in src
    for name in sorted({*names, *recorded}):
        content = opened.read(name)
        if content is not None:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(content)
    if "pyproject.toml" in names:
        document = sources.read_pyproject(tree)
        pyproject.check_shape(document)
        for table in (document.get("build-system", {}), sources.at(document, "tool", "augbackend", default={})):
            for path in table.get("backend-path", []):
                inside = sdists.inside(path)
                if inside and any(name == inside or name.startswith(f"{inside}/") for name in opened.names):
                    (tree / inside).mkdir(parents=True, exist_ok=True)


def _plan(opened: Sdist, tree: Path, upstream: Upstream, augmentation: Augmentation) -> Wrapped:
    name, version = _identity(tree, upstream)
    text = (tree / "pyproject.toml").read_bytes().decode("utf-8") if (tree / "pyproject.toml").is_file() else None
    document = sources.read_pyproject(tree) if text is not None else {}
    _refuse_wrapped(document, upstream)
    backend = _wrapped_backend(document)
    own = static_metadata.own_requirements(tree, backend)
    extras = _extras(tree, document, augmentation, own)
    folder, dropped = _folder(opened, tree, document)
    upstreams, label = version, augmentation.local_version
    version = local_version.labelled(version, label) if label else version
    promise = static_metadata.promise(tree, name, version, augmentation.word_for(upstreams))
    widths = runtime_pins.widths(extras, augmentation.pin_runtime)
    known = runtime_pins.forks(extras, widths)
    project = sources.at(document, "project", default={})
    is_stated = isinstance(project, dict) and bool(project) and "dependencies" not in project.get("dynamic", [])
    pinned = _pinned(tree, promise, widths, known, is_stated=is_stated)
    promise = pinned.promise
    wrap = pyproject.Wrap(
        version=version if label else "",
        pinned=lambda text: runtime_pins.replaced(text, known, widths) if known else [text],
        depends=pinned.added if is_stated else (),
        folder=folder,
        assumed_requires=setup_call.assumed_requires(tree),
        requires=[
            *(extra.entry.text for extra in extras if extra.is_plain),
            *_visible(tree, backend, augmentation, own),
        ],
        is_removed=lambda text: _gives_way(text, augmentation),
        table=_table(
            augmentation,
            extras,
            widths,
            _promised(promise, None if is_stated else pinned.requires_dist),
            knows_all=own is not None,
        ),
        origin={
            "name": name,
            "version": upstreams,
            "url": upstream.url,
            "sha256": upstream.sha256,
            "augbackend": __version__,
        },
    )
    new = pyproject.wrapped(text, wrap)
    (tree / folder).mkdir(exist_ok=True)
    reading.read(tree, environ={}, document=pyproject.parse(new, "pyproject.toml"))
    files = {f"{folder}/augbackend/{file}": content for file, content in backend_copy.backend_files().items()}
    files["pyproject.toml"] = new.encode()
    if promise.text is not None:
        files["PKG-INFO"] = promise.text.encode()
    return Wrapped(
        name, version, files, dropped, extras, own is not None, promise.why, promise.is_promise, pinned.shown
    )


class _Pinned(NamedTuple):
    """A promise with its run-time pins.

    :param requires_dist: its dependencies without them, from which the backend makes its answers.
    :param added: dependencies that it has only by its pins.
    :param shown: the pins, for the report.
    """

    promise: Promise
    requires_dist: Optional[list[str]]
    added: tuple[str, ...]
    shown: tuple[str, ...]


def _pinned(
    tree: Path,
    promise: Promise,
    widths: dict[str, Width],
    known: dict[str, tuple[Fork, ...]] | None,
    *,
    is_stated: bool,
) -> _Pinned:
    """Pin what a promise says.

    Pins that only a build can know make the dependencies dynamic for whoever reads ``PKG-INFO``. The backend then
    answers from its table, without running the wrapped one. What a ``[project]`` table states is never dynamic.
    """
    later = tuple(f"the {name} that it was built with (width {width})" for name, width in widths.items())
    text = promise.text or _text(tree / "PKG-INFO")
    if not widths or not promise.is_promise or (is_stated and known is None):
        return _Pinned(promise, None, (), later)
    unpinned = [value for name, value in metadata.fields(text) if name == "requires-dist"]
    if known is None:
        return _Pinned(replace(promise, text=metadata.dynamic_requires(text)), unpinned, (), later)
    pinned = runtime_pins.pinned(unpinned, known, widths)
    shown = tuple(one for one in pinned if _name(one) in widths)
    present = runtime_pins.everywhere(unpinned)
    kept = {line for text in unpinned for line in runtime_pins.replaced(text, known, widths)}
    added = tuple(one for one in shown if _name(one) not in present and one not in kept)
    return _Pinned(replace(promise, text=metadata.restated(text, {"requires-dist": pinned})), unpinned, added, shown)


def _promised(promise: Promise, unpinned: list[str] | None) -> dict[str, Any]:
    """``[tool.augbackend.metadata]``."""
    if not promise.is_promise:
        return {}
    return {"pkg-info": True, **({} if unpinned is None else {"requires-dist": unpinned})}


def _identity(tree: Path, upstream: Upstream) -> tuple[str, str]:
    """The sdist's own name and version, which have to be those that were asked for."""
    stated = dict(metadata.fields(_text(tree / "PKG-INFO")))
    name, version = stated.get("name", ""), stated.get("version", "")
    if not name or not version:
        try:
            parsed = parse_sdist_filename(upstream.path.name)
        except InvalidSdistFilename:
            hint = "give its repository instead: git+https://…@<tag>"
            raise sdists.refusal(upstream.path, f"it does not say what it is: it has no PKG-INFO ({hint})") from None
        name, version = str(parsed[0]), str(parsed[1])
    if not re.fullmatch(pep508.NAME, name) or not _is_version(version):
        raise sdists.refusal(upstream.path, f"it calls itself {name!r} {version!r}, which is no name and version")
    for kind, wanted, is_same in (
        ("project", upstream.name, not upstream.name or canonicalize_name(name) == canonicalize_name(upstream.name)),
        ("version", upstream.version, not upstream.version or _normal(version) == _normal(upstream.version)),
    ):
        if not is_same:
            what = f"it is {name} {version}, and {kind} {wanted} was asked for"
            raise sdists.refusal(upstream.path, what)
    return canonicalize_name(name), _normal(version)


def _is_version(text: str) -> bool:
    try:
        return bool(Version(text))
    except InvalidVersion:
        return False


def _normal(version: str) -> str:
    return str(Version(version)) if _is_version(version) else version


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace") if file.is_file() else ""


def _refuse_wrapped(document: dict[str, Any], upstream: Upstream) -> None:
    origin = sources.at(document, "tool", "augbackend", "origin", default=None)
    if isinstance(origin, dict):
        hint = f"wrap what it was made from: {origin.get('url') or 'the sdist that you had'}"
        what = f"it is wrapped already, by augbackend {origin.get('augbackend', '')}"
        raise AugbackendError(what, where=str(upstream.path), hint=hint)


def _wrapped_backend(document: dict[str, Any]) -> str | None:
    backend = pyproject.backend(document)
    if backend != "augbackend":
        return backend
    found: str | None = sources.at(document, "tool", "augbackend", "build-backend", default=None)
    return found


def _extras(
    tree: Path, document: dict[str, Any], augmentation: Augmentation, own: list[str] | None
) -> tuple[Extra, ...]:
    """The declared ones; upstream's own ``setup_requires``, if nobody will ask for them; what setuptools lacks."""
    found = list(augmentation.extras)
    known = [extra.entry.text for extra in found]
    missing = [text for text in own or () if text not in known and not _gives_way(text, augmentation)]
    found += [Extra(BuildDependency(text), "upstream's setup_requires") for text in missing]
    backend = _wrapped_backend(document) or pyproject.LEGACY_BACKEND
    if backend.partition(":")[0] != "setuptools.build_meta":
        return tuple(found)
    requires = sources.at(document, "build-system", "requires", default=setup_call.assumed_requires(tree))
    kept = [text for text in requires if not _gives_way(text, augmentation)]
    parsed = [one for text in [*kept, *(extra.entry.text for extra in found)] if (one := _requirement(text))]
    names = {canonicalize_name(one.name) for one in parsed}
    if "setuptools" not in names:
        found.append(Extra(BuildDependency("setuptools"), "the wrapped backend"))
    if own is not None and "wheel" not in names and any(_is_old_setuptools(one) for one in parsed):
        found.append(
            Extra(BuildDependency("wheel"), f"setuptools before {_FIRST_WITH_BDIST_WHEEL} builds wheels with it")
        )
    return tuple(found)


def _visible(tree: Path, backend: str | None, augmentation: Augmentation, own: list[str] | None) -> list[str]:
    """What its own backend will be asked for and can be read already: a frontend then resolves once, not twice."""
    if own is not None or (backend or pyproject.LEGACY_BACKEND).partition(":")[0] != "setuptools.build_meta":
        return []
    return [
        text for text in setup_files.setup_requires(tree) if _requirement(text) and not _gives_way(text, augmentation)
    ]


def _gives_way(text: str, augmentation: Augmentation) -> bool:
    """Whether a requirement of upstream's is dropped, or is in the way of one that is matched to run time."""
    matched = {extra.entry.parsed.name for extra in augmentation.extras if extra.entry.match_runtime}
    return augmentation.removes(text) or _name(text) in matched


def _name(text: str) -> str:
    requirement = _requirement(text)
    return canonicalize_name(requirement.name) if requirement else ""


def _requirement(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _is_old_setuptools(requirement: Requirement) -> bool:
    """Whether a requirement keeps setuptools below the version that builds wheels by itself."""
    if canonicalize_name(requirement.name) != "setuptools":
        return False
    clauses = [clause for clause in requirement.specifier if clause.operator in ("<", "<=", "==", "~=")]
    bounds = [(clause.operator, Version(clause.version.removesuffix(".*"))) for clause in clauses]
    first = _FIRST_WITH_BDIST_WHEEL
    return any(version < first or (operator == "<" and version == first) for operator, version in bounds)


def _folder(opened: Sdist, tree: Path, document: dict[str, Any]) -> tuple[str, frozenset[str]]:
    """Where the backend goes in this sdist, and what of upstream's makes room: an older copy that its build uses."""
    names = opened.names
    used: Sequence[str] = sources.at(document, "build-system", "backend-path", default=())
    is_link = any(member.issym() for member in opened.members if sdists.relative(member.name) == backend_copy.FOLDER)
    if pyproject.backend(document) == "augbackend" and backend_copy.FOLDER in used and not is_link:
        return backend_copy.FOLDER, frozenset({f"{backend_copy.FOLDER}/augbackend"})
    # A folder with a dot in its name is no package to any tool, so that nothing ships it by mistake.
    hidden = package_discovery.takes_the_copy(tree, document) is not None
    candidates = (
        [f".{backend_copy.FOLDER.lstrip('_')}"]
        if hidden
        else [backend_copy.FOLDER, f".{backend_copy.FOLDER.lstrip('_')}"]
    )
    for candidate in [*candidates, *(f"{candidates[-1]}-{count}" for count in range(2, 100))]:
        if not any(name == candidate or name.startswith(f"{candidate}/") for name in names):
            return candidate, frozenset()
    raise sdists.refusal(opened.path, "there is no name left for the backend's folder")


def _table(
    augmentation: Augmentation,
    extras: Sequence[Extra],
    widths: dict[str, Width],
    promised: dict[str, Any],
    *,
    knows_all: bool,
) -> dict[str, Any]:
    """What is added to ``[tool.augbackend]``, as TOML values."""
    table: dict[str, Any] = {
        "extra-build-dependencies": [_entry(extra.entry) for extra in extras],
        "remove-build-dependencies": list(augmentation.removed),
        "extra-build-variables": dict(augmentation.variables),
        "config-settings": dict(augmentation.config_settings),
        "pin-runtime": widths,
        "metadata": promised,
    }
    table = {key: value for key, value in table.items() if value}
    if knows_all:
        table["dynamic-requires"] = "never"
    if augmentation.local_version:
        table["local-version"] = augmentation.local_version
    return {**table, "provenance": True}


def _entry(entry: BuildDependency) -> Any:
    if Extra(entry, "").is_plain:
        return entry.text
    table: dict[str, Any] = {"requirement": entry.text}
    if len(entry.hooks) < len(BuildDependency("x").hooks):
        table["hooks"] = list(entry.hooks)
    if entry.unless_command:
        table["unless-command"] = entry.unless_command
    if entry.match_runtime:
        table["match-runtime"] = True
    return {**table, "locked": list(entry.locked)} if entry.locked else table
