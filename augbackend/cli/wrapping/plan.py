"""What the archive of one package will hold: decided from the top files of its sdist, before anything is written.

::

    Upstream, Declaration -> TopFiles -> requirements, folder, promise, pins -> pyproject.toml, PKG-INFO -> ArchivePlan
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from augbackend import __version__
from augbackend.cli.edit import backend_copy, pyproject, wrapped_pyproject
from augbackend.cli.fetch import sdist_identity
from augbackend.features import local_version
from augbackend.features.jobs import Jobs  # noqa: TC001  # the type of a field
from augbackend.hook import declared
from augbackend.knowledge.rows import Compiler  # noqa: TC001  # the type of a field
from augbackend.standards import core_metadata

from . import (
    backend_folder,
    build_requirements,
    carried_patches,
    known_memory,
    preflight_offer,
    runtime_pins,
    static_metadata,
    top_files,
)
from .build_requirements import BuildRequirements  # noqa: TC001  # the type of a field
from .identity import identity

if TYPE_CHECKING:
    from augbackend.cli.fetch.sdist import Sdist
    from augbackend.cli.fetch.upstream import Upstream
    from augbackend.cli.model.declaration import Declaration

    from .top_files import TopFiles


@dataclass(frozen=True)
class ArchivePlan:
    """An archive to be written.

    :param folder: of the in-tree backend.
    :param top: the name of its top folder: upstream's, or one with the label.
    :param files: what is ours, name below the top folder → content.
    :param dropped: what of upstream's gives way: an older copy of the backend.
    :param metadata_from: where the dependencies come from, or why they are not known before a build.
    :param is_static: whether they are.
    :param is_read_without_build: whether a resolver can read its dependencies as well, and not the backend alone.
    :param jobs: how many of its compilers run at once; ``None`` if that is left to its own build.
    :param compiler: that takes files of its, if the memory that it needs is known.
    :param cuda_line: of ``setup.py``, which compiles for CUDA there with a torch that is declared; 0 if none does.
    :param pins: what its wheel will require of what it was built with, as ``Requires-Dist`` or as widths.
    """

    name: str
    version: str
    folder: str
    top: str
    files: dict[str, bytes]
    dropped: frozenset[str]
    requires: BuildRequirements
    metadata_from: str
    is_static: bool
    is_read_without_build: bool
    pins: tuple[str, ...]
    jobs: Optional[Jobs]
    compiler: Optional[Compiler]
    cuda_line: int

    @property
    def filename(self) -> str:
        """The archive's name (PEP 625)."""
        return f"{sdist_identity.stem(self.name, self.version)}.tar.gz"


def planned(opened: Sdist, upstream: Upstream, declaration: Declaration) -> ArchivePlan:
    """Decide what the archive will hold.

    :param opened: upstream's, after the patches that are declared.
    :raises AugbackendError: if upstream's sdist is not what was asked for, or cannot be wrapped.
    """
    with tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
        return _planned(opened, top_files.laid_out(opened, Path(folder)), upstream, declaration)


def identified(opened: Sdist, upstream: Upstream) -> tuple[str, str]:
    """The name and the version that an sdist says it has.

    :raises AugbackendError: see :func:`planned`.
    """
    with tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
        return identity(top_files.laid_out(opened, Path(folder)), upstream)


def _planned(opened: Sdist, top: TopFiles, upstream: Upstream, declaration: Declaration) -> ArchivePlan:
    name, upstreams_version = identity(top, upstream)
    version = local_version.labelled(upstreams_version, declaration.local_version)
    requires = build_requirements.decided(top, declaration)
    folder, dropped = backend_folder.chosen(opened, top)
    word = declaration.dependencies_for(upstreams_version)
    top = top_files.overridden(top, word) if word is not None and word.is_override else top
    promise = static_metadata.promise(top, name, version, word)
    widths = runtime_pins.widths(requires.added, declaration.pin_runtime)
    pinned = runtime_pins.pinned(promise, top, requires.added, widths)
    compiler = known_memory.compiler_of(member.name for member in opened.members)
    jobs = known_memory.filled(declaration.jobs, compiler)
    table = replace(declaration, requires=requires.added, pin_runtime=widths, jobs=jobs).as_table()
    if pinned.promise.is_promise:
        unpinned = {} if pinned.requires_dist is None else {"requires-dist": pinned.requires_dist}
        override = {"override": True} if word is not None and word.is_override else {}
        table["metadata"] = {"pkg-info": True, **unpinned, **override}
    if requires.are_all:
        table["dynamic-requires"] = "never"
    if "local-version" in table:
        table["local-version"] = table.pop("local-version")  # last, as in archives of earlier versions
    origin: dict[str, Any] = {
        "name": name,
        "version": upstreams_version,
        "url": upstream.url,
        "sha256": upstream.sha256,
        "augbackend": __version__,
        **({"recipe": declaration.recipe.origin} if declaration.recipe and declaration.recipe.taken else {}),
    }
    patches = carried_patches.placed(declaration.patches, folder)
    origin.update(carried_patches.as_origin(patches))
    change = wrapped_pyproject.Change(
        folder,
        top.assumed_requires,
        requires.for_build_system,
        requires.dropped,
        {**table, "provenance": True},
        origin,
        version if declaration.local_version else "",
        pinned.replaced,
        pinned.added,
    )
    text = wrapped_pyproject.wrapped(top.pyproject_text, change)
    (top.folder / folder).mkdir(exist_ok=True)
    document = pyproject.parse(text, "pyproject.toml")
    declared.read(top.folder, environ={}, document=document)
    has_readers = not requires.are_all or backend_copy.needs_readers(top.folder, document)
    copy = backend_copy.backend_files(document, "augbackend wrap", declaration.features, has_readers=has_readers)
    files = {f"{folder}/augbackend/{file}": content for file, content in copy.items()}
    files.update({place: one.content for place, one in patches.items()})
    files["pyproject.toml"] = text.encode()
    if pinned.promise.text is not None:
        files["PKG-INFO"] = pinned.promise.text.encode()
    is_static, why = pinned.promise.is_promise, pinned.promise.why
    pkg_info = top.pkg_info if pinned.promise.text is None else core_metadata.parse(files["PKG-INFO"])
    is_read = pkg_info is not None and pkg_info.is_static
    top_folder = opened.top if version == upstreams_version else sdist_identity.stem(name, version)
    return ArchivePlan(
        name,
        version,
        folder,
        top_folder,
        files,
        dropped,
        requires,
        why,
        is_static,
        is_read,
        pinned.shown,
        jobs,
        compiler,
        preflight_offer.cuda_line(top.folder, declaration),
    )
