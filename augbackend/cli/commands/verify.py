"""``augbackend verify``: proof that a wrapped sdist is upstream's, but for the files that say otherwise.

::

    archive -> its own word on its origin -> upstream, fetched again, its sha256 checked -> member by member
"""

from __future__ import annotations

import difflib
import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from packaging.requirements import Requirement

from augbackend import __version__, checking, local_version, metadata, pep440, sources
from augbackend.cli.edit import backend_copy, pyproject
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import index, sdist, upstream
from augbackend.cli.fetch.refusal import refusal
from augbackend.cli.model import declaration as declarations
from augbackend.cli.wrapping import archive as archives
from augbackend.errors import AugbackendError

from . import options

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterator

    from augbackend.cli.fetch.sdist import Sdist
    from augbackend.cli.fetch.upstream import Lookup
    from augbackend.settings import Origin, Settings

_CHUNK = 2**20
_TEXTS = ("PKG-INFO", "pyproject.toml")


@dataclass(frozen=True)
class Comparison:
    """What a wrapped archive and its upstream have in common, and what not.

    :param same: how many members are upstream's, as they are.
    :param declared: texts that may differ and do, name → unified diff.
    :param backend: what is to be said of the copy of the backend.
    :param problems: everything else that differs, or could not be proved.
    """

    url: str
    sha256: str
    index: str
    same: int
    declared: dict[str, str]
    backend: str
    problems: tuple[str, ...]


def compare(archive: Path, lookup: Lookup, given: Path | None) -> Comparison:
    """Compare an archive with what it says it was made from.

    :param given: upstream's sdist, if it need not be fetched.
    :raises AugbackendError: if the archive is not one of ours, or upstream cannot be had.
    """
    with sdist.opened(archive) as wrapped:
        settings, folder = _declaration(wrapped)
        origin = settings.origin
        if origin is None:
            hint = "only what augbackend wrap wrote can be verified"
            raise AugbackendError("it does not say what it was made from", where=str(archive), hint=hint)
        with _fetched(origin, settings, lookup, given) as path, sdist.opened(path) as original:
            return _compared(wrapped, original, settings, origin, folder, _index_says(origin, lookup))


def _declaration(wrapped: Sdist) -> tuple[Settings, str]:
    """The settings of an archive, and the folder of its in-tree backend."""
    text = (wrapped.read("pyproject.toml") or b"").decode("utf-8", "replace")
    try:
        document = sources.toml(text)
    except (ValueError, RecursionError) as error:
        raise refusal(wrapped.path, f"its pyproject.toml is no TOML: {error}") from None
    pyproject.check_shape(document)
    mistakes: list[str] = []
    settings = checking.check(sources.at(document, "tool", "augbackend", default={}), {}, mistakes)
    paths = sources.at(document, "build-system", "backend-path", default=[])
    if settings is None or pyproject.backend(document) != "augbackend" or len(paths) != 1:
        what = "; ".join(mistakes) or "augbackend, in-tree and alone, is not its backend"
        raise AugbackendError(what, where=str(wrapped.path), hint="only what augbackend wrap wrote can be verified")
    return settings, str(paths[0])


@contextmanager
def _fetched(origin: Origin, settings: Settings, lookup: Lookup, given: Path | None) -> Iterator[Path]:
    if given is not None:
        target = upstream.Target(origin.name, path=given, sha256=origin.sha256)
    elif origin.url:
        scheme = origin.url.partition("://")[0]
        is_repository = upstream.is_repository(origin.url)
        if not is_repository and (scheme not in ("http", "https") or not origin.sha256):
            what = f"{scheme!r} is nothing that everybody can fetch" if origin.sha256 else "it has no sha256"
            raise AugbackendError(
                what, where=f"its origin, {origin.url}", hint="name upstream's sdist: --upstream PATH"
            )
        target = upstream.Target(origin.name, url=origin.url, sha256=origin.sha256)
    elif origin.sha256:
        target = upstream.Target(origin.name, requirement=f"{origin.name}=={origin.version}")
    else:
        hint = "name it: --upstream PATH"
        raise AugbackendError("it was made from a folder, which nobody can fetch", where="its origin", hint=hint)
    declaration = declarations.from_settings(settings, "")
    with upstream.fetched(target, declaration, lookup) as found:
        if origin.sha256 and found.sha256 != origin.sha256:
            what = f"upstream's sha256 is {found.sha256}, and the archive says it was made from {origin.sha256}"
            raise AugbackendError(what, where=found.url or str(found.path), hint="one of the two was changed")
        yield found.path


def _index_says(origin: Origin, lookup: Lookup) -> tuple[str, str]:
    """What the index has to say of the sha256: a remark, and a problem."""
    if not origin.sha256:
        return "a repository, so that no index is asked", ""
    if lookup.offline:
        return "the index was not asked", ""
    try:
        pin = Requirement(f"{origin.name}=={origin.version}")
        found = index.find_sdist(pin, lookup.where, not_in=lookup.output)
    except (AugbackendError, ValueError):
        return "the index does not have it", ""
    if not found.sha256:
        return "the index does not say", ""
    if found.sha256 == origin.sha256:
        return "as the index says", ""
    return "", f"the index has {origin.name} {origin.version} with the sha256 {found.sha256}"


def _compared(
    wrapped: Sdist, original: Sdist, settings: Settings, origin: Origin, folder: str, said: tuple[str, str]
) -> Comparison:
    ours, theirs = _members(wrapped), _members(original)
    problems = [said[1]] if said[1] else []
    problems += _false_claims(wrapped, original, settings, origin)
    same, declared = 0, {}
    in_backend = f"{folder}/augbackend/"
    for name in sorted(ours.keys() | theirs.keys()):
        if name.startswith(in_backend):
            continue
        if name in ours and name in theirs and _is_same(wrapped, ours[name], original, theirs[name]):
            same += 1
        elif name in _TEXTS and name in ours and ours[name].isreg():
            declared[name] = _diff(name, original.read(name), wrapped.read(name))
        else:
            kind = "changed" if name in ours and name in theirs else "added" if name in ours else "left out"
            problems.append(f"{name}: {kind}")
    remark, problem = _backend(wrapped, ours, in_backend, origin)
    problems += [problem] if problem else []
    if not problems and not _is_rebuilt(wrapped, original, [*declared, *ours], in_backend):
        problems.append("its bytes are not what wrapping upstream with these files gives")
    return Comparison(origin.url, origin.sha256, said[0], same, declared, remark, tuple(problems))


def _false_claims(wrapped: Sdist, original: Sdist, settings: Settings, origin: Origin) -> list[str]:
    """What the archive says it is, where it is not that; a ``pyproject.toml`` that says more than a declaration."""
    label = settings.local_version
    version = local_version.labelled(origin.version, label) if label else origin.version
    made_from = f"{origin.name} {version}"
    stated = dict(metadata.fields((wrapped.read("PKG-INFO") or b"").decode("utf-8", "replace")))
    name, called = stated.get("name", origin.name), stated.get("version", version)
    found = []
    if not pyproject.same_project(name, origin.name) or not pep440.is_same(called, version):
        found.append(f"PKG-INFO: it is {name} {called}, and its origin says that it was made from {made_from}")
    if wrapped.path.name != f"{origin.name.replace('-', '_')}-{version}.tar.gz":
        found.append(f"{wrapped.path.name}: its origin says that it was made from {made_from}")
    if _beside(wrapped.read("pyproject.toml")) != _beside(original.read("pyproject.toml")):
        found.append("pyproject.toml: it differs outside build-system and tool.augbackend")
    return found


def _beside(text: bytes | None) -> dict[str, Any]:
    """What a ``pyproject.toml`` says beside what wrapping writes; a local version label is compared elsewhere."""
    document = pyproject.parse((text or b"").decode("utf-8", "replace"), "pyproject.toml")
    document.pop("build-system", None)
    tool, project = document.get("tool", {}), document.get("project", {})
    tool.pop("augbackend", None)
    if "version" in project:
        project["version"] = str(project["version"]).partition("+")[0]
    return {key: value for key, value in document.items() if value != {}}


def _is_rebuilt(wrapped: Sdist, original: Sdist, names: list[str], in_backend: str) -> bool:
    """Whether the archive is, byte for byte, what comes of putting its declared files in front of upstream's."""
    files = {name: wrapped.read(name) for name in names if name.startswith(in_backend) or name in _TEXTS}
    changed = {name: text for name, text in files.items() if text is not None and text != original.read(name)}
    had_backend = any(name.startswith(in_backend) for name in original.names)
    if had_backend:
        changed.update({name: text for name, text in files.items() if text is not None and name.startswith(in_backend)})
    dropped = frozenset({in_backend.rstrip("/")} if had_backend else ())
    return archives.holds(wrapped.path, archives.content(original, changed, dropped))


def _members(opened: Sdist) -> dict[str, tarfile.TarInfo]:
    return {sdist.relative(member.name): member for member in opened.members}


def _is_same(wrapped: Sdist, one: tarfile.TarInfo, original: Sdist, other: tarfile.TarInfo) -> bool:
    fields = ("name", "type", "mode", "size", "linkname", "mtime", "uid", "gid")
    if any(getattr(one, field) != getattr(other, field) for field in fields):
        return False
    if not one.isreg():
        return True
    first, second = wrapped.tar.extractfile(one), original.tar.extractfile(other)
    if first is None or second is None:
        return first is second
    while chunk := first.read(_CHUNK):
        if chunk != second.read(_CHUNK):
            return False
    return True


def _backend(wrapped: Sdist, ours: dict[str, tarfile.TarInfo], prefix: str, origin: Origin) -> tuple[str, str]:
    """The copy of the backend, held against this version's: a remark, and a problem."""
    names = {name[len(prefix) :] for name, member in ours.items() if name.startswith(prefix) and not member.isdir()}
    remark = f"{prefix} ({len(names)} files): augbackend {origin.augbackend}"
    if origin.augbackend != __version__:
        hint = f"uvx --from 'augbackend[cli]=={origin.augbackend}' augbackend verify"
        return remark, f"{prefix}: of augbackend {origin.augbackend}, to be compared by that version ({hint})"
    expected = backend_copy.backend_files()
    differing = sorted(name for name in names | expected.keys() if wrapped.read(prefix + name) != expected.get(name))
    if differing:
        return remark, f"{prefix}: not the augbackend {__version__} that it says it is ({', '.join(differing)})"
    return f"{remark}, as it is here", ""


def _diff(name: str, old: bytes | None, new: bytes | None) -> str:
    before, after = ([] if text is None else text.decode("utf-8", "replace").splitlines() for text in (old, new))
    head = "/dev/null" if old is None else f"upstream/{name}"
    return "\n".join(difflib.unified_diff(before, after, head, f"wrapped/{name}", n=1, lineterm=""))


def lines(archive: Path, found: Comparison) -> Iterator[str]:
    """The text of ``verify``, a line at a time."""
    yield str(archive)
    yield f"  upstream: {found.url or 'a file without a URL'}"
    yield f"  sha256: {found.sha256}, {found.index or 'not as the index says'}" if found.sha256 else f"  {found.index}"
    yield f"  {found.same} members are upstream's, as they are"
    yield f"  added: {found.backend}"
    for name, diff in found.declared.items():
        yield f"  declared: {name}"
        yield from (f"    {line}" for line in diff.splitlines())
    yield from (f"  problem: {problem}" for problem in found.problems)
    yield "not proved to be upstream's" if found.problems else "nothing else differs"


@click.command()
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--upstream",
    "given",
    type=click.Path(path_type=Path, exists=True),
    help="Upstream's sdist, instead of fetching it.",
)
@options.sources
@options.as_json
def verify(
    archive: Path,
    given: Path | None,
    index_url: str | None,
    extra_index_url: tuple[str, ...],
    find_links: tuple[str, ...],
    cache_dir: Path | None,
    *,
    offline: bool,
    as_json: bool,
) -> None:
    """Fetch what a wrapped ARCHIVE was made from, and prove that only the declared files differ.

    What is fetched for it is thrown away, what was fetched before is not trusted.

    \b
    Example:
      augbackend verify wrapped/flash_attn-2.8.3.tar.gz
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    where = index.sources(index_url, extra_index_url, find_links, os.environ)
    with tempfile.TemporaryDirectory(prefix="augbackend-") as nothing:
        cache = caches.Cache((cache_dir or caches.default_folder()) if offline else Path(nothing))
        found = compare(archive, upstream.Lookup(where, cache, offline, archive.parent), given)
    if as_json:
        click.echo(json.dumps({"archive": str(archive), "proved": not found.problems, **_as_json(found)}, indent=2))
    else:
        for line in lines(archive, found):
            click.echo(line)
    if found.problems:
        raise SystemExit(1)


def _as_json(found: Comparison) -> dict[str, Any]:
    return {**asdict(found), "problems": list(found.problems)}
