# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""From declared text to one frozen value: :class:`Build`, all that a hook call needs to know."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Optional, Union


class Frozen:
    """What nobody changes once it is made."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name!r} cannot be set: it is what was declared")


if TYPE_CHECKING:
    from typing import NamedTuple as Parts
else:

    class Parts(Frozen):
        """Keeps what it is called with. A real ``NamedTuple`` would be put together anew in every build."""

        def __init__(self, *values: Any, **more: Any) -> None:
            self.__dict__.update(zip(type(self).__annotations__, values), **more)

        def _replace(self, **changes: Any) -> Any:
            return type(self)(**{**self.__dict__, **changes})


Target = Literal["wheel", "sdist", "editable"]
ConfigSettings = Optional[Mapping[str, Union[str, list[str]]]]  # as PEP 517 has it
LEGACY_BACKEND = "setuptools.build_meta:__legacy__"  # PEP 517: what frontends take where no backend is named


class Build(Parts):
    """What is declared for one hook call.

    :param values: the keys of the table that are set, each as the type that its feature says.
    :param origins: for each of them, and for each name in a table of it, where it came from.
    :param features: of those keys, in the order of their names.
    :param requires: ``build-system.requires``; ``backend_path`` is ``build-system.backend-path``.
    :param project: the ``[project]`` table; ``None`` if there is none.
    :param path: ``sys.path`` as the frontend set it, and what a feature shows the wrapped backend beside it.
    :param passed: names of the projects that are declared, and shown, so that nobody is asked to install them.
    :param config_settings: for the wrapped backend: without ours, and with the declared ones underneath.
    :param seen: what :mod:`.installed` has read for this call, so that nothing is read twice.
    """

    tree: Path
    values: Mapping[str, Any]
    origins: Mapping[str, str]
    features: tuple[Any, ...] = ()
    requires: tuple[str, ...] = ()
    backend_path: tuple[str, ...] = ()
    project: Optional[Mapping[str, Any]] = None
    path: tuple[str, ...] = ()
    config_settings: ConfigSettings = None
    seen: Optional[dict[str, dict[str, str]]] = None
    passed: tuple[str, ...] = ()

    def folder(self, name: str) -> Optional[Path]:
        """A folder of the tree, absolute; ``None`` if there is none of that name."""
        try:
            found = (self.tree / name).resolve()
            return found if found.is_dir() else None
        except (OSError, RuntimeError, ValueError):  # a name too long, a loop of links, a NUL
            return None

    @property
    def searched(self) -> list[str]:
        """Where what is installed is looked for: as an import does, then without links that may be swept away."""
        return [*sys.path, *self.path]

    @property
    def wrapped_backend(self) -> str:
        """The wrapped backend's object path."""
        return str(self.values.get("build-backend", LEGACY_BACKEND))

    @property
    def wraps_setuptools(self) -> bool:
        """Whether the wrapped backend is setuptools, which writes into the tree that it builds."""
        return self.wrapped_backend.replace(":", ".").partition(".")[0] == "setuptools"

    @property
    def dynamic(self) -> tuple[str, ...]:
        """``project.dynamic``."""
        return strings((self.project or {}).get("dynamic"))


def strings(value: Any) -> tuple[str, ...]:
    """The strings in a list of another table. The frontend reports mistakes in that."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple)) else ()
