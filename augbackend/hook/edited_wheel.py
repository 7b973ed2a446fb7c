"""A wheel that features change, by one edit of the archive. The in-tree backend is taken out, too.

::

    METADATA -> version, edits -> held against the promise -> more files
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, Optional
from zipfile import ZipFile

from augbackend.errors import AugbackendError
from augbackend.hook import own_copy
from augbackend.hook.edited_metadata import edit, kept, promised, version_of
from augbackend.hook.wrapped_backend import explained, load
from augbackend.standards import wheels
from augbackend.standards.core_metadata import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from augbackend.standards.core_metadata import Document
    from augbackend.table import Build, Target


_PREPARE = "prepare_metadata_for_build_wheel"


class Plan(NamedTuple):
    """How METADATA is edited. Decided before the wrapped backend runs, since that may change tree and environment.

    :param is_ours: whether we, not the wrapped backend, wrote the metadata folder that the frontend may have.
    """

    edit: Callable[[Document], Document]
    promise: Optional[Document]
    more_files: Sequence[Callable[[Document], dict[str, bytes]]]
    is_ours: bool


def plan(build: Build, target: Target, *, is_answered: bool) -> Plan | None:
    """Look at the tree and the environment; ``None`` if METADATA stays as it is.

    :param is_answered: whether the frontend has asked for metadata before.
    """
    if not any(one.edit or one.version or one.wheel or one.promise for one in build.features):
        return None
    change = edit(build)
    promise = promised(build) if target == "wheel" else None  # of an editable wheel nothing is promised
    promise = change(promise) if promise is not None else None
    looking = [one.wheel for one in build.features if one.wheel]
    more = [files for look in looking for files in [look(build, target, promise, is_answered)] if files]
    is_ours = promise is not None or any(one.edit or one.version for one in build.features)
    return Plan(change, promise, more, is_ours)


def hold(build: Build, plan: Plan) -> None:
    """Hold the METADATA that the wrapped backend tells against the promise, before it builds: that may take hours.

    :raises AugbackendError: if it is not what was promised.
    """
    hook = getattr(load(build), _PREPARE, None)
    if hook is None or not any(one.is_word and one.is_word(build) for one in build.features):
        return
    with TemporaryDirectory(prefix="augbackend-") as place:
        folder = explained(build, _PREPARE)(hook)(place, build.config_settings)
        plain = parse((Path(place) / folder / "METADATA").read_bytes())
    kept(build, plan.promise, plan.edit(plain), plain, f"what {build.wrapped_backend} is about to build")


def finished(file: Path, build: Build, plan: Plan | None) -> str:
    """Edit a wheel; returns its new name. One that breaks a promise is deleted.

    :raises AugbackendError: if it is not what was promised.
    """
    try:
        project, version, python, *tags = file.name.split("-")
        with ZipFile(file) as opened:
            members = opened.namelist()
            asked = [one.members for one in build.features if one.members]
            changes: dict[str, Optional[bytes]] = {
                name: new for ask in asked for name, new in ask(build, opened).items()
            }
            changes.update(dict.fromkeys(own_copy.among(members, build)))
            if plan is None and not changes:
                return file.name
            info = wheels.dist_info(opened)
            renaming = partial(_renamed, build)
            metadata, record = f"{info}/METADATA", f"{info}/RECORD"
            own = {*wheels.moved(members, info, renaming), metadata, *({record} & {*members})}
            contents = {name: opened.read(name) for name in own}
    except wheels.UNREADABLE:
        return file.name  # no wheel at all
    if plan is not None:
        try:
            changes.update(_metadata(file, build, plan, info, contents[metadata]))
        except AugbackendError:
            file.unlink()
            raise
    moved = wheels.moved([*members, *changes], info, renaming)
    for old, new in moved.items():
        changes[new], changes[old] = changes.get(old, contents.get(old)), None
    wheels.edit(file, changes, moved.get(record, record), {new: old for old, new in moved.items()})
    return file.rename(file.with_name("-".join([project, version_of(build, version), python, *tags]))).name


def _renamed(build: Build, name: str, ending: str) -> str:
    """The name of a ``.dist-info`` or ``.data`` folder with the version of what is built; without any, it stays."""
    project, dash, version = name[: -len(ending)].rpartition("-")
    return f"{project}-{version_of(build, version)}{ending}" if dash else name


def _metadata(file: Path, build: Build, plan: Plan, info: str, old: bytes) -> dict[str, Optional[bytes]]:
    """What changes in ``.dist-info``, by member."""
    plain = parse(old)
    document = kept(build, plan.promise, plan.edit(plain), plain, file.name)
    changes: dict[str, Optional[bytes]] = {}
    if document.content != old:
        changes[f"{info}/METADATA"] = document.content
    for files in plan.more_files:
        changes.update({f"{info}/{name}": content for name, content in files(document).items()})
    return changes
