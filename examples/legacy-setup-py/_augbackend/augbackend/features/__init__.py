# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""One file, one key of ``[tool.augbackend]``: what it may say, and what it does in a build.

The file's name is the key's, with ``_`` for ``-``. It is imported only if the key is set. Its ``FEATURE``
is all that the hooks know of it. To add a key, add a file.
"""

from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import NamedTuple as Parts
    from zipfile import ZipFile

    from augbackend.standards.core_metadata import Document
    from augbackend.table import Build, Target

    from .extra_build_dependencies import BuildDependency
    from .extra_build_variables import Resolved
    from .match_runtime import Match
else:
    from augbackend.table import Parts

FOR_WRAP = ("packages",)  # read by `augbackend wrap`, never by a build
_FOLDER = Path(__file__).parent


class Feature(Parts):  # its types are texts: anything else would be worked on in every build
    """A key, and what it does. A part that it does not have is ``None``."""

    kind: Any
    """The type of its value, see :func:`.convert.converted`; ``check`` and ``check_name`` as there."""
    meaning: str
    """Its documentation, in the words of the reference."""
    default: Any = None
    """What it is taken for where it is not set."""
    check: "Optional[Callable[[str], object]]" = None
    check_name: "Optional[Callable[[str], object]]" = None
    uses: "Optional[Callable[[Any], Iterable[str]]]" = None
    """Further keys that a value wants to take part, set or not."""
    mistakes: "Optional[Callable[[Build], Iterable[str]]]" = None
    """Complaints that need more than the value: the tree, or all of ``pyproject.toml``."""
    removes: "Optional[Callable[[Build, str], bool]]" = None
    """Whether it drops a requirement that the wrapped backend asks for."""
    requires: "Optional[Callable[[Build, Target], list[str]]]" = None
    """What it asks a frontend to install."""
    unmet: "Optional[Callable[[Build, Target], list[tuple[str, str, Optional[str]]]]]" = None
    """Of that, what is not installed here: (requirement, name, the version that is there or ``None``)."""
    before: "Optional[Callable[[Build, Target], None]]" = None
    """Looks at what has to be right before a wheel or its metadata are made."""
    match: "Optional[Callable[[Build, BuildDependency], Match]]" = None
    """What it makes of an entry of ``extra-build-dependencies``."""
    variables: "Optional[Callable[[Build, Mapping[str, str], Sequence[Resolved]], list[Resolved]]]" = None
    """What it does to the environment, given the caller's and what features before it do."""
    turn: "Optional[Callable[[Build], AbstractContextManager[None]]]" = None
    """What is waited for before a wheel is built, ahead of all else here: what is free then is what counts."""
    shown: "Optional[Callable[[Build, str], AbstractContextManager[Build]]]" = None
    """Shows the wrapped backend what is hidden from it, in a hook, the second; gives the build that knows of it.
    It may change ``os.environ`` and ``sys.path`` as well, which are put back."""
    ready: "Optional[Callable[[Build], None]]" = None
    """Looks at what has to be here before a wheel is built, its variables set and all shown that is hidden."""
    around: "Optional[Callable[[Build, bool], AbstractContextManager[None]]]" = None
    """What surrounds the wrapped backend from its import on, where a wheel is built (or, if the second is false, where
    the hook that builds it is looked for). It may change ``os.environ`` and ``sys.path``, which are put back."""
    version: "Optional[Callable[[Build, str], str]]" = None
    """The version of what is built, from the wrapped backend's own."""
    edit: "Optional[Callable[[Build], Optional[Callable[[Document], Document]]]]" = None
    """A look at the environment before a build, and the edit of METADATA that follows from it, if any."""
    promise: "Optional[Callable[[Build], Optional[Document]]]" = None
    """METADATA as it is promised before a build, if it is."""
    keep: "Optional[Callable[[Build, Document, Document, Document, str], Document]]" = None
    """Holds METADATA against the promise, or sets it to that: promise, METADATA, the same before any edit, whose."""
    is_word: "Optional[Callable[[Build], bool]]" = None
    """Whether the promise is somebody's word, so that the wrapped backend is asked for METADATA before it builds."""
    wheel: "Optional[Callable[[Build, Target, Optional[Document], bool], Any]]" = None
    """A look at tree and environment before a wheel is built, and what makes more files of ``.dist-info`` from its
    METADATA, if any. It gets the promise (or ``None``), and whether the frontend has asked for metadata."""
    members: "Optional[Callable[[Build, ZipFile], Mapping[str, bytes]]]" = None
    """Members of the finished wheel that get other content; asked while the wrapped backend is surrounded."""
    fingerprint: "Optional[Callable[[Build, Target], Iterable[object]]]" = None
    """What of it makes compiled objects others: installed versions, values."""
    pkg_info: "Optional[Callable[[Build, Path, Path], Optional[Path]]]" = None
    """Writes an sdist (the second) anew beside it (the third), if its ``PKG-INFO`` has to say else; then its name."""

    @property
    def edits_wheel(self) -> bool:
        """Whether it may change a wheel that the wrapped backend has made."""
        return bool(self.promise or self.edit or self.version or self.wheel or self.members)


def find(key: str) -> Optional[Feature]:
    """The feature of a key; ``None`` if there is no file for it."""
    if key not in known_keys():
        return None
    feature: Feature = import_module(f".{key.replace('-', '_')}", __name__).FEATURE
    return feature


@lru_cache
def known_keys() -> tuple[str, ...]:
    """The keys that there are files for, in the order of their names."""
    files = [file for file in _FOLDER.iterdir() if file.suffix == ".py" and not file.name.startswith("_")]
    return tuple(sorted(file.stem.replace("_", "-") for file in files))
