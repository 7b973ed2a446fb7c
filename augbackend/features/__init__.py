# SPDX-License-Identifier: MIT
"""One file, one key of ``[tool.augbackend]``: what it may say, and what it does in a build.

The file's name is the key's, with ``_`` for ``-``. It is imported only if the key is set. In it stands ``FEATURE``, by
which alone the hooks know it: to add a key is to add a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from augbackend.standards.core_metadata import Document
    from augbackend.table import Build, Target

    from .extra_build_dependencies import BuildDependency
    from .extra_build_variables import Resolved
    from .match_runtime import Match

    Edit = Callable[[Document], Document]
    MoreFiles = Callable[[Document], dict[str, bytes]]

FOR_WRAP = ("packages",)  # read by `augbackend wrap`, never by a build
COPY = Path(__file__).parent.with_name("copy.json")  # beside the package's files, where they are a copy


@dataclass(frozen=True, repr=False, eq=False)
class Feature:
    """A key, and what it does. Whatever it has no part in is ``None``.

    :param kind: the type of its value, see :func:`.convert.converted`; ``check`` and ``check_name`` as there.
    :param meaning: its documentation, in the words of the reference.
    :param default: what it is taken for where it is not set.
    :param uses: further keys that a value wants to take part, set or not.
    :param mistakes: complaints that need more than the value: the tree, or all of ``pyproject.toml``.
    :param removes: whether it drops a requirement that the wrapped backend asks for.
    :param requires: what it asks a frontend to install.
    :param unmet: of that, what is not installed here: (requirement, name, the version that is there or ``None``).
    :param before: what has to be looked at before a wheel or its metadata are made.
    :param match: what it makes of an entry of ``extra-build-dependencies``.
    :param variables: what it does to the environment, given the caller's and what features before it do.
    :param version: the version of what is built, from the wrapped backend's own.
    :param edit: a look at the environment before a build, and the edit of METADATA that follows from it, if any.
    :param promise: METADATA as it is promised before a build, if it is.
    :param keep: holds the METADATA of a wheel against the promise: promise, METADATA, the wheel's name.
    :param wheel: a look at tree and environment before a wheel is built, and what makes more files of ``.dist-info``
        from its METADATA, if any. It gets the promise (or ``None``), and whether the frontend has asked for metadata.
    :param fingerprint: what of it makes compiled objects others: installed versions, values.
    :param pkg_info: writes an sdist (the second) anew beside it (the third), if its ``PKG-INFO`` has to say else.
    """

    kind: Any
    meaning: str
    default: Any = None
    check: Optional[Callable[[str], object]] = None
    check_name: Optional[Callable[[str], object]] = None
    uses: Optional[Callable[[Any], Iterable[str]]] = None
    mistakes: Optional[Callable[[Build], Iterable[str]]] = None
    removes: Optional[Callable[[Build, str], bool]] = None
    requires: Optional[Callable[[Build, Target], list[str]]] = None
    unmet: Optional[Callable[[Build, Target], list[tuple[str, str, Optional[str]]]]] = None
    before: Optional[Callable[[Build, Target], None]] = None
    match: Optional[Callable[[Build, BuildDependency], Match]] = None
    variables: Optional[Callable[[Build, Mapping[str, str], Sequence[Resolved]], list[Resolved]]] = None
    version: Optional[Callable[[Build, str], str]] = None
    edit: Optional[Callable[[Build], Optional[Edit]]] = None
    promise: Optional[Callable[[Build], Optional[Document]]] = None
    keep: Optional[Callable[[Build, Document, Document, str], None]] = None
    wheel: Optional[Callable[[Build, Target, Optional[Document], bool], Optional[MoreFiles]]] = None
    fingerprint: Optional[Callable[[Build, Target], Iterable[object]]] = None
    pkg_info: Optional[Callable[[Build, Path, Path], bool]] = None


def find(key: str) -> Feature | None:
    """The feature of a key; ``None`` if there is no file for it."""
    if key not in known_keys():
        return None
    feature: Feature = import_module(f".{key.replace('-', '_')}", __name__).FEATURE
    return feature


@lru_cache
def known_keys() -> tuple[str, ...]:
    """The keys that there are files for, in the order of their names."""
    return tuple(sorted(file.stem.replace("_", "-") for file in Path(__file__).parent.glob("[a-z]*.py")))


@lru_cache
def left_out() -> tuple[str, ...]:
    """The keys that a copy of this version could have and does not: adopt and wrap copy those that a table uses."""
    import json

    if not COPY.is_file():
        return ()
    return tuple(key for key in json.loads(COPY.read_text(encoding="utf-8"))["keys"] if key not in known_keys())
