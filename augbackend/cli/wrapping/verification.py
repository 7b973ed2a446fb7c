"""What proves that a wrapped archive is upstream's: member by member, against its sdist or against its git tree.

::

    archive -> its own word on its origin -> upstream, fetched again -> member by member -> Proof

Nothing of the archive and nothing of upstream runs, unless a build is asked for. That build is confined, and what the
archive says of variables, settings and requirements reaches no further than into it.
"""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_version

from augbackend import __version__
from augbackend.cli.edit import backend_copy, pyproject
from augbackend.cli.fetch import git_tree, index, repository, sdist, upstream
from augbackend.cli.fetch.refusal import refusal
from augbackend.cli.model import declaration as declarations
from augbackend.cli.wrapping import archive as archives
from augbackend.errors import AugbackendError
from augbackend.features import local_version
from augbackend.hook import declared
from augbackend.standards.core_metadata import parse
from augbackend.table import layers

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from augbackend.cli.fetch.git_tree import GitTree
    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.sdist import Sdist
    from augbackend.features.origin import Origin

FETCHED = ("https", "http", "git+https", "git+http")  # by these, a URL in an archive is fetched without being asked
_CHUNK = 2**20
_TEXTS = ("PKG-INFO", "pyproject.toml")
_MODE = 0o644  # of every file that wrapping writes
_SPECIAL = 0o7000  # setuid and the like, which no sdist needs
_NAMED = 5  # files in a line


@dataclass(frozen=True)
class Proof:
    """What a wrapped archive and its upstream have in common, and what not.

    :param same: how many members are upstream's, as they are.
    :param declared: texts that may differ and do, name → unified diff.
    :param backend: what is to be said of the copy of the backend.
    :param problems: everything else that differs.
    :param unproved: what only a build of the repository can prove.
    """

    url: str
    sha256: str
    index: str
    same: int
    declared: dict[str, str]
    backend: str
    problems: tuple[str, ...]
    unproved: tuple[str, ...] = ()

    @property
    def is_proved(self) -> bool:
        """Whether nothing is left to doubt."""
        return not self.problems and not self.unproved


@dataclass(frozen=True)
class Terms:
    """What may be done to prove it.

    :param given: upstream's sdist or folder, if it need not be fetched.
    :param is_built: whether a repository or a folder is made into an sdist, by its own code.
    :param schemes: kinds of URLs that are fetched beside :data:`FETCHED`.
    """

    lookup: Lookup
    given: Path | None = None
    is_built: bool = False
    schemes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Claim:
    """An archive, and what it says of itself.

    :param prefix: of the members that are the copy of the backend.
    """

    wrapped: Sdist
    document: Mapping[str, Any]
    values: Mapping[str, Any]
    origin: Origin
    prefix: str

    def members(self) -> dict[str, tarfile.TarInfo]:
        """All members but the backend's, by name below the top folder."""
        return {name: one for name, one in _members(self.wrapped).items() if not name.startswith(self.prefix)}


def prove(archive: Path, terms: Terms) -> Proof:
    """Compare an archive with what it says it was made from.

    :raises AugbackendError: if the archive is not one of ours, or upstream cannot be had on these terms.
    """
    with sdist.opened(archive) as wrapped:
        claim = _claim(wrapped)
        if terms.given is None and claim.origin.url:
            _check_scheme(claim.origin.url, terms)
            if claim.origin.url.startswith("git+") and not terms.is_built:
                if terms.lookup.offline:
                    what, hint = "a repository is fetched again", "leave --offline out"
                    raise AugbackendError(what, where=f"its origin, {claim.origin.url}", hint=hint)
                with git_tree.tree_at(claim.origin.url) as tree:
                    return _against_tree(claim, tree)
        with _fetched(claim, terms) as path, sdist.opened(path) as original:
            return _against_sdist(claim, original, _index_says(claim.origin, terms.lookup))


def _claim(wrapped: Sdist) -> _Claim:
    text = (wrapped.read("pyproject.toml") or b"").decode("utf-8", "replace")
    try:
        document = layers.toml(text)
    except (ValueError, RecursionError) as error:
        raise refusal(wrapped.path, f"its pyproject.toml is no TOML: {error}") from None
    pyproject.check_shape(document)
    mistakes: list[str] = []
    values, _ = declared.converted_values(layers.at(document, "tool", "augbackend", default={}), {}, mistakes)
    paths = layers.at(document, "build-system", "backend-path", default=[])
    hint = "only what augbackend wrap wrote can be verified"
    if mistakes or pyproject.backend(document) != "augbackend" or len(paths) != 1:
        what = "; ".join(mistakes) or "augbackend, in-tree and alone, is not its backend"
        raise AugbackendError(what, where=str(wrapped.path), hint=hint)
    if "origin" not in values:
        raise AugbackendError("it does not say what it was made from", where=str(wrapped.path), hint=hint)
    return _Claim(wrapped, document, values, values["origin"], f"{paths[0]}/augbackend/")


def _check_scheme(url: str, terms: Terms) -> None:
    scheme = repository.link(url).parsed.scheme
    if scheme not in (*FETCHED, *terms.schemes):
        what = f"a URL by {scheme!r} that stands in an archive is not fetched without being asked"
        hint = f"--allow-origin {scheme}, if you know that place, or upstream's sdist: --upstream PATH"
        raise AugbackendError(what, where=f"its origin, {index.shown(url)}", hint=hint)


@contextmanager
def _fetched(claim: _Claim, terms: Terms) -> Iterator[Path]:
    """Upstream's sdist."""
    origin = claim.origin
    if terms.given is not None:
        target = upstream.Target(origin.name, path=terms.given, sha256=origin.sha256)
    elif origin.url:
        if not origin.sha256 and not upstream.is_repository(origin.url):
            hint = "name upstream's sdist: --upstream PATH"
            raise AugbackendError("it has no sha256", where=f"its origin, {origin.url}", hint=hint)
        target = upstream.Target(origin.name, url=origin.url, sha256=origin.sha256)
    elif origin.sha256:
        target = upstream.Target(origin.name, requirement=f"{origin.name}=={origin.version}")
    else:
        hint = "name it: --upstream PATH"
        raise AugbackendError("it was made from a folder, which nobody can fetch", where="its origin", hint=hint)
    is_tree = upstream.is_repository(target.url) or (target.path is not None and target.path.is_dir())
    if is_tree and not terms.is_built:
        what, hint = "only a build says which sdist it makes", "add --build: its own code runs then, confined"
        raise AugbackendError(what, where=target.url or str(target.path), hint=hint)
    declaration = replace(declarations.from_values(claim.values, ""), is_by_user=False)
    with upstream.fetched(target, declaration, terms.lookup) as found:
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


def _against_sdist(claim: _Claim, original: Sdist, said: tuple[str, str]) -> Proof:
    wrapped, origin = claim.wrapped, claim.origin
    ours, theirs = claim.members(), _members(original)
    theirs = {name: one for name, one in theirs.items() if not name.startswith(claim.prefix)}
    problems = [said[1]] if said[1] else []
    problems += _false_claims(claim)
    if _beside(wrapped.read("pyproject.toml")) != _beside(original.read("pyproject.toml")):
        problems.append("pyproject.toml: it differs outside build-system and tool.augbackend")
    same, declared = 0, {}
    for name in sorted(ours.keys() | theirs.keys()):
        if name in ours and name in theirs and _is_same(wrapped, ours[name], original, theirs[name]):
            same += 1
        elif name in _TEXTS and name in ours and ours[name].isreg():
            declared[name] = _diff(name, original.read(name), wrapped.read(name))
        else:
            kind = "changed" if name in ours and name in theirs else "added" if name in ours else "left out"
            problems.append(f"{name}: {kind}")
    remark, problem = _backend(claim)
    problems += [problem] if problem else []
    if not problems and not _is_rebuilt(claim, original, declared):
        problems.append("its bytes are not what wrapping upstream with these files gives")
    return Proof(origin.url, origin.sha256, said[0], same, declared, remark, tuple(problems))


def _against_tree(claim: _Claim, tree: GitTree) -> Proof:
    """Hold the archive against the files of the repository; what only ``build_sdist`` writes is called unproved."""
    wrapped, origin = claim.wrapped, claim.origin
    ours = claim.members()
    problems = [*_false_claims(claim), *_odd_members(claim)]
    unproved = []
    same, declared = 0, {}
    folders = _folders([*tree.files, *(name for name, member in ours.items() if not member.isdir())])
    of_submodules: dict[str, int] = {}
    for name, member in sorted(ours.items()):
        submodule = next((one for one in tree.submodules if name.startswith(f"{one}/")), "")
        if member.isdir() and (name in folders or submodule):
            continue
        if name in tree.files and _is_of_tree(wrapped, member, tree, name):
            same += 1
        elif name == "pyproject.toml" and member.isreg():
            old, new = tree.read(name), wrapped.read(name)
            declared[name] = _diff(name, old, new)
            if _beside(new) != _beside(old):
                unproved.append(f"{name}: it differs outside build-system and tool.augbackend")
        elif name in tree.files:
            unproved.append(f"{name}: not as it is in the repository")
        elif submodule:
            of_submodules[submodule] = of_submodules.get(submodule, 0) + 1
        elif name.startswith(claim.prefix.partition("/")[0] + "/"):
            problems.append(f"{name}: added")  # beside the backend, where it could be imported by it
        else:
            unproved.append(f"{name}: not in the repository")
    unproved += [f"{one} ({count} files): a submodule, which is not fetched" for one, count in of_submodules.items()]
    absent = sorted(name for name in tree.files.keys() - ours.keys() if not name.startswith(claim.prefix))
    if absent:
        more = ", …" if len(absent) > _NAMED else ""
        unproved.append(f"{len(absent)} files of the repository are left out: {', '.join(absent[:_NAMED])}{more}")
    remark, problem = _backend(claim)
    problems += [problem] if problem else []
    said = "a repository, so that no index is asked"
    return Proof(origin.url, "", said, same, declared, remark, tuple(problems), tuple(unproved))


def _odd_members(claim: _Claim) -> Iterator[str]:
    """Members that wrapping does not write in this way."""
    found = _members(claim.wrapped)
    if len(found) < len(claim.wrapped.members):
        yield f"{len(claim.wrapped.members) - len(found)} members are there under a name that another one has"
    for name, member in found.items():
        is_ours = name == "pyproject.toml" or name.startswith(claim.prefix)
        if is_ours and not (member.isreg() and member.mode == _MODE):
            yield f"{name}: wrapping writes a plain file there"
        elif member.mode & _SPECIAL:
            yield f"{name}: its mode is {member.mode:o}"


def _is_of_tree(wrapped: Sdist, member: tarfile.TarInfo, tree: GitTree, name: str) -> bool:
    file = tree.files[name]
    if member.issym() or file.is_link:
        return member.issym() and file.is_link and tree.holds(name, git_tree.link_target(member.linkname))
    content = wrapped.tar.extractfile(member)
    if content is None or bool(member.mode & 0o100) != file.is_executable:
        return False
    with content:
        return (member.islnk() or member.size == file.size) and tree.holds(name, content)


def _folders(names: Iterable[str]) -> frozenset[str]:
    """All folders that these names lie in, the top included."""
    found = {""}
    for name in names:
        parts = name.split("/")[:-1]
        found.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return frozenset(found)


def _false_claims(claim: _Claim) -> list[str]:
    """What the archive says it is, where it is not that."""
    origin, wrapped, label = claim.origin, claim.wrapped, claim.values.get("local-version", "")
    version = local_version.labelled(origin.version, label) if label else origin.version
    made_from = f"{origin.name} {version}"
    stated = parse(wrapped.read("PKG-INFO") or b"")
    name, called = stated.value("name") or origin.name, stated.value("version") or version
    found = []
    if not pyproject.same_project(name, origin.name) or canonicalize_version(called) != canonicalize_version(version):
        found.append(f"PKG-INFO: it is {name} {called}, and its origin says that it was made from {made_from}")
    if wrapped.path.name != f"{origin.name.replace('-', '_')}-{version}.tar.gz":
        found.append(f"{wrapped.path.name}: its origin says that it was made from {made_from}")
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


def _is_rebuilt(claim: _Claim, original: Sdist, declared: Iterable[str]) -> bool:
    """Whether the archive is, byte for byte, what wrapping upstream with its declared files gives."""
    wrapped, prefix = claim.wrapped, claim.prefix
    had_backend = any(name.startswith(prefix) for name in original.names)
    changed = {}
    for name in {*declared, *(name for name in wrapped.names if name.startswith(prefix) or name in _TEXTS)}:
        text = wrapped.read(name)
        if text is not None and (text != original.read(name) or (had_backend and name.startswith(prefix))):
            changed[name] = text
    dropped = frozenset({prefix.rstrip("/")} if had_backend else ())
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


def _backend(claim: _Claim) -> tuple[str, str]:
    """The copy of the backend, held against what this version writes: a remark, and a problem.

    The copy's own manifest is not trusted: whoever changes the copy can change that, too.
    """
    prefix, version = claim.prefix, claim.origin.augbackend
    members = _members(claim.wrapped).items()
    names = {name[len(prefix) :] for name, member in members if name.startswith(prefix) and not member.isdir()}
    remark = f"{prefix} ({len(names)} files): augbackend {version}"
    if version != __version__:
        hint = f"uvx --from 'augbackend[cli]=={version}' augbackend verify"
        return remark, f"{prefix}: of augbackend {version}, to be compared by that version ({hint})"
    manifest = backend_copy.manifest_of(claim.wrapped.read(prefix + backend_copy.MANIFEST) or b"")
    more, has_readers = backend_copy.more_keys(manifest), "standards/setup_files.py" in names
    expected = backend_copy.backend_files(claim.document, "augbackend wrap", more, has_readers=has_readers)
    known = names | expected.keys()
    differing = sorted(name for name in known if claim.wrapped.read(prefix + name) != expected.get(name))
    if differing:
        return remark, f"{prefix}: not the augbackend {__version__} that it says it is ({', '.join(differing)})"
    return f"{remark}, as this version writes it", ""


def _diff(name: str, old: bytes | None, new: bytes | None) -> str:
    before, after = ([] if text is None else text.decode("utf-8", "replace").splitlines() for text in (old, new))
    head = "/dev/null" if old is None else f"upstream/{name}"
    return "\n".join(difflib.unified_diff(before, after, head, f"wrapped/{name}", n=1, lineterm=""))
