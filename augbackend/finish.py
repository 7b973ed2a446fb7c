"""What the wrapped backend made, on its way to the frontend.

::

    METADATA -> label, pins -> held against the promise
    wheel -> that METADATA, the provenance, no in-tree backend: one edit of the archive
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Optional
from zipfile import BadZipFile, ZipFile

from . import archive, local_version, match_runtime, metadata, pep508, pin_runtime, provenance
from . import wheel as wheels
from .errors import AugbackendError
from .installed import installed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .pin_runtime import Pin
    from .reading import Build
    from .settings import Target


def finish_metadata(directory: str, folder: str, build: Build) -> str:
    """Finish a ``.dist-info`` folder that the wrapped backend wrote; returns its new name."""
    info, label = Path(directory) / folder, build.settings.local_version
    text = _decoded((info / "METADATA").read_bytes())
    text = pin_runtime.pinned(local_version.labelled_metadata(text, label), pin_runtime.used(build))
    (info / "METADATA").write_bytes(_encoded(text))
    return info.rename(info.with_name(local_version.labelled_info(folder, label))).name


class Before(NamedTuple):
    """What was known before the wrapped backend ran.

    :param promise: METADATA as the tree promises it, without pins; ``None`` if it promises nothing.
    :param pins: of what the build uses.
    :param present: all that the build can import, name → version.
    """

    promise: Optional[str]
    pins: Mapping[str, Pin]
    present: Mapping[str, str]


def before_wheel(build: Build, target: Target, *, is_answered: bool) -> Before:
    """Look at the tree and the environment before a build that may change both.

    :param is_answered: whether the frontend has asked for METADATA, and so knows the pins.
    :raises AugbackendError: if a static ``PKG-INFO``, from which it may have resolved otherwise, says something else.
    """
    # Only of a wheel's metadata anything is promised.
    promise = metadata.promised(build) if target == "wheel" else None
    pins = pin_runtime.used(build)
    if pins and not is_answered:
        is_static = target == "wheel" and _check_static(build, promise, pins)
        if not is_static:
            _check_known(build, pins)
    return Before(promise, pins, installed(build.path) if build.settings.provenance else {})


def finish_wheel(file: Path, build: Build, target: Target, before: Before) -> str:
    """Finish a wheel; returns its new name. A wheel that breaks a promise is deleted.

    :raises AugbackendError: if it is not what was promised.
    """
    settings = build.settings
    has_more = build.changes_metadata or settings.provenance or before.promise is not None
    if not has_more and not build.backend_path:
        return file.name
    try:
        with ZipFile(file) as opened:
            members = opened.namelist()
            info = wheels.dist_info(opened)
            moved = local_version.moved(members, info, settings.local_version)
            own = {name: opened.read(name) for name in {*moved, f"{info}/METADATA"} & {*members}}
    except (BadZipFile, ValueError):
        return file.name  # no wheel at all: the frontend's to complain about
    changes: dict[str, Optional[bytes]] = dict.fromkeys(archive.in_tree_members(members, build))
    if has_more:
        old = own.get(f"{info}/METADATA", b"")
        text = pin_runtime.pinned(local_version.labelled_metadata(_decoded(old), settings.local_version), before.pins)
        if before.promise is not None:
            promise = pin_runtime.pinned(before.promise, before.pins)
            try:
                metadata.check(promise, text, file.name, is_wrapped=_is_wrapped(build))
            except AugbackendError:
                file.unlink()
                raise
        if _encoded(text) != old:
            changes[f"{info}/METADATA"] = _encoded(text)
        if settings.provenance:
            changes[f"{info}/{provenance.FILE}"] = provenance.document(build, target, text, before.present)
        moved = local_version.moved([*members, *changes], info, settings.local_version)
        for one, new in moved.items():
            content = changes.get(one, own.get(one))
            if content is not None and not one.endswith("/"):
                changes[new] = content
            changes[one] = None
        record = moved.get(f"{info}/RECORD", f"{info}/RECORD")
        wheels.edit(file, changes, record, {new: one for one, new in moved.items()})
    elif changes:
        wheels.edit(file, changes)
    return file.rename(file.with_name(local_version.labelled_wheel(file.name, settings.local_version))).name


def _is_wrapped(build: Build) -> bool:
    return build.settings.metadata is not None and build.settings.metadata.pkg_info


def _check_static(build: Build, promise: str | None, pins: Mapping[str, Pin]) -> bool:
    """Hold the pins against a static ``PKG-INFO``, from which a frontend may have resolved; whether there is one."""
    static = metadata.pkg_info(build)
    if not metadata.is_static(static):
        return False
    for name, pin in pins.items():
        elsewise = f", or build it with the {name} that it is for"
        told = _required(static, name)
        if told.keys() != _required(pin_runtime.pinned(promise or static, pins), name).keys():
            raise AugbackendError(
                f"{name} {pin.version} is built against, but PKG-INFO promises"
                f" {', '.join(sorted(told.values())) or f'no {name}'}",
                where=f"{build.tree / 'PKG-INFO'}, from which the frontend may have resolved",
                hint=f"wrap it with {name}=={pin.version} in its lock (--lock)" + (elsewise if any(told) else ""),
            )
    return True


def _check_known(build: Build, pins: Mapping[str, Pin]) -> None:
    """Refuse to guess where nobody would see it.

    uv and poetry install a wheel of their own making as they have resolved it, from their lock or cache, whatever the
    wheel itself requires. That is how an sdist is built; who builds a checkout may well mean the newest.
    """
    if build.settings.origin is None and not (build.tree / "PKG-INFO").is_file():
        return
    requirements = [*(entry.parsed for entry in match_runtime.plain_entries(build)), *_parsed(build.requires)]
    known = {one.name for one in requirements if match_runtime.names_one(one)}
    for name, pin in pins.items():
        if name not in known:
            entries = build.settings.extra_build_dependencies
            is_matched = any(one.match_runtime and one.parsed.name == name for one in entries)
            says = f"AUGBACKEND_MATCH_RUNTIME={name}==<version>"
            cure = f"say it: {says} (uv: -C augbackend.match-runtime={name}==<version>)"
            raise AugbackendError(
                f"nothing says which {name} there will be at run time, and the frontend has not asked what this"
                f" wheel requires; {name} {pin.version} would be a guess",
                where=f"tool.augbackend.pin-runtime.{name}, and what asks for {name}",
                hint=f"wrap it with a lock, or {cure}" if is_matched else f"ask for one version: {name}=={pin.version}",
            )


def _parsed(texts: Sequence[str]) -> list[pep508.Requirement]:
    """Those that can be read; the others are the frontend's to report."""
    found = []
    for text in texts:
        with suppress(pep508.InvalidRequirement):
            found.append(pep508.parse_requirement(text))
    return found


def _required(text: str, name: str) -> dict[object, str]:
    """What METADATA requires of a project here: meaning → text."""
    found: dict[object, str] = {}
    for field, value in metadata.fields(text):
        if field == "requires-dist":
            try:
                requirement = pep508.parse_requirement(value.replace("\n", " "))
            except pep508.InvalidRequirement:
                continue
            if requirement.name == name and requirement.applies(with_any_extra=True):
                found[requirement[:4]] = value
    return found


def _decoded(content: bytes) -> str:
    """Text of which every byte can be had again, even where it is not UTF-8."""
    return content.decode("utf-8", "surrogateescape")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
