"""What a wrapped archive says of itself: read once, and held against its own name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_version

from augbackend.cli.edit import pyproject
from augbackend.cli.fetch import gzip_form, sdist, tar_form
from augbackend.cli.fetch.refusal import refusal
from augbackend.cli.model.cli_error import CliError
from augbackend.features import local_version
from augbackend.hook import declared
from augbackend.standards.core_metadata import parse
from augbackend.table import layers

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterator, Mapping

    from augbackend.cli.fetch.sdist import Sdist
    from augbackend.features.origin import Origin


_FOLDER = re.compile(r"_augbackend|\.augbackend(-[0-9]+)?")


@dataclass(frozen=True)
class Claim:
    """An archive, and what it says of itself.

    :param document: its ``pyproject.toml``.
    :param values: its ``[tool.augbackend]``, converted.
    :param prefix: of the members that are the copy of the backend.
    """

    wrapped: Sdist
    document: Mapping[str, Any]
    values: Mapping[str, Any]
    origin: Origin
    prefix: str

    def members(self) -> dict[str, tarfile.TarInfo]:
        """All members but the backend's, by name below the top folder."""
        return {name: one for name, one in by_name(self.wrapped).items() if not name.startswith(self.prefix)}


def read(wrapped: Sdist) -> Claim:
    """Read what an archive says of itself.

    :raises AugbackendError: if it is none of ours.
    """
    try:
        text = (wrapped.read("pyproject.toml") or b"").decode("utf-8")
        document = layers.pyproject(text)
    except (ValueError, RecursionError) as error:
        raise refusal(wrapped.path, f"its pyproject.toml is no TOML: {error}", id="archive-not-toml") from None
    pyproject.check_shape(document)
    mistakes: list[str] = []
    values, _ = declared.converted_values(layers.at(document, "tool", "augbackend", default={}), {}, mistakes)
    paths = layers.at(document, "build-system", "backend-path", default=[])
    hint = "only what augbackend wrap wrote can be verified"
    if mistakes or pyproject.backend(document) != "augbackend" or len(paths) != 1:
        what = "; ".join(mistakes) or "augbackend, in-tree and alone, is not its backend"
        raise CliError(what, id="not-wrapped-by-us", where=str(wrapped.path), hint=hint)
    if "origin" not in values:
        raise CliError(
            "it does not say what it was made from", id="origin-not-said", where=str(wrapped.path), hint=hint
        )
    return Claim(wrapped, document, values, values["origin"], f"{paths[0]}/augbackend/")


def by_name(opened: Sdist) -> dict[str, tarfile.TarInfo]:
    """The members of an sdist by name below the top folder."""
    return {sdist.relative(member.name): member for member in opened.members}


def problems(claim: Claim) -> Iterator[str]:
    """What is wrong with an archive, whatever it was made from: its form, and what it is called."""
    yield from (f"not the same to every reader: {one}" for one in gzip_form.doubts(claim.wrapped.path, is_wrapped=True))
    yield from (f"not the same to every reader: {one}" for one in tar_form.doubts(claim.wrapped))
    origin, wrapped, label = claim.origin, claim.wrapped, claim.values.get("local-version", "")
    version = local_version.labelled(origin.version, label) if label else origin.version
    made_from = f"{origin.name} {version}"
    stated = parse(wrapped.read("PKG-INFO") or b"")
    name, called = stated.value("name") or origin.name, stated.value("version") or version
    if not pyproject.same_project(name, origin.name) or canonicalize_version(called) != canonicalize_version(version):
        yield f"PKG-INFO: it is {name} {called}, and its origin says that it was made from {made_from}"
    if wrapped.path.name != f"{origin.name.replace('-', '_')}-{version}.tar.gz":
        yield f"{wrapped.path.name}: its origin says that it was made from {made_from}"
    folder = claim.prefix.removesuffix("/augbackend/")
    if not _FOLDER.fullmatch(folder):
        yield f"build-system.backend-path: wrapping writes no backend to {folder!r}"
