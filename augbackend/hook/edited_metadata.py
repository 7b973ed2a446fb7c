"""METADATA that features change: promised before a build, edited after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Optional

from augbackend.hook.installed_check import check_installed
from augbackend.hook.wrapped_backend import surrounded
from augbackend.standards.core_metadata import parse
from augbackend.standards.requirements import canonical_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from augbackend.standards.core_metadata import Document
    from augbackend.table import Build


def promised(build: Build) -> Optional[Document]:
    """METADATA as it is promised, before any edit; ``None`` if it is not."""
    found = (feature.promise(build) for feature in build.features if feature.promise)
    return next((promise for promise in found if promise is not None), None)


def is_answer(promise: Optional[Document]) -> bool:
    """Whether there is a promise with name and version: the metadata hook answers with it and runs nothing."""
    return bool(promise and promise.value("name") and promise.value("version"))


def version_of(build: Build, version: str) -> str:
    """The version of what is built, by the wrapped backend's own."""
    for feature in build.features:
        version = feature.version(build, version) if feature.version else version
    return version


def edit(build: Build) -> Callable[[Document], Document]:
    """The edits of all features as one. They look at the environment now, before a build changes it."""
    edits = [one for feature in build.features if feature.edit for one in [feature.edit(build)] if one]

    def all_of_them(document: Document) -> Document:
        document = document.edited("version", lambda version: [version_of(build, version)])
        for one in edits:
            document = one(document)
        return document

    return all_of_them


def kept(build: Build, promise: Optional[Document], document: Document, plain: Document, whose: str) -> Document:
    """METADATA, held against the promise.

    :param plain: the same before any edit.
    :raises AugbackendError: if it is not what was promised.
    """
    for feature in build.features:
        if feature.keep and promise is not None:
            document = feature.keep(build, promise, document, plain, whose)
    return document


def rewrite(
    directory: str, folder: str, build: Build, promise: Optional[Document], change: Callable[[Document], Document]
) -> str:
    """Edit the ``.dist-info`` folder that the wrapped backend wrote; returns its new name.

    It goes by what METADATA says: setuptools before 62 calls it ``name.dist-info``, without a version.

    :raises AugbackendError: if it breaks a promise.
    """
    info = Path(directory) / folder
    plain = parse((info / "METADATA").read_bytes())
    document = kept(build, promise and change(promise), change(plain), plain, folder)
    (info / "METADATA").write_bytes(document.content)
    return info.rename(info.with_name(_folder_name(document))).name


def write_answer(promise: Document, build: Build, directory: str) -> str:
    """Write the ``.dist-info`` folder of a promise; returns its name."""
    if any(feature.edit for feature in build.features):
        with surrounded(build, "prepare_metadata_for_build_wheel") as seen:
            check_installed(seen, "wheel")
            document = edit(seen)(promise)
    else:
        document = edit(build)(promise)
    target = Path(directory) / _folder_name(document)
    target.mkdir(parents=True, exist_ok=True)
    (target / "METADATA").write_bytes(document.content)
    return target.name


def _folder_name(document: Document) -> str:
    name, version = canonical_name(document.value("name")), document.value("version")
    return f"{name.replace('-', '_')}-{version.replace('-', '_')}.dist-info"
