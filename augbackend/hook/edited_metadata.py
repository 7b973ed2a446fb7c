"""METADATA that features change: promised before a build, edited after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Optional

from augbackend.hook.installed_check import check_installed
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


def answer(build: Build) -> Optional[Document]:
    """A promise with name and version. The metadata hook answers with it, and does not run the wrapped backend."""
    promise = promised(build)
    return promise if promise and promise.value("name") and promise.value("version") else None


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


def rewrite(directory: str, folder: str, change: Callable[[Document], Document]) -> str:
    """Edit the ``.dist-info`` folder that the wrapped backend wrote; returns its new name.

    It goes by what METADATA says: setuptools before 62 calls it ``name.dist-info``, without a version.
    """
    info = Path(directory) / folder
    document = change(parse((info / "METADATA").read_bytes()))
    (info / "METADATA").write_bytes(document.content)
    return info.rename(info.with_name(_folder_name(document))).name


def write_answer(promise: Document, build: Build, directory: str) -> str:
    """Write the ``.dist-info`` folder of a promise; returns its name."""
    if any(feature.edit for feature in build.features):
        check_installed(build, "wheel")
    document = edit(build)(promise)
    target = Path(directory) / _folder_name(document)
    target.mkdir(parents=True, exist_ok=True)
    (target / "METADATA").write_bytes(document.content)
    return target.name


def _folder_name(document: Document) -> str:
    name, version = canonical_name(document.value("name")), document.value("version")
    return f"{name.replace('-', '_')}-{version.replace('-', '_')}.dist-info"
