# SPDX-License-Identifier: MIT
"""A PEP 517 build backend that wraps another one and adds what a package forgot to declare.

Frontends import this module and look for hooks on it. The hooks live in :mod:`augbackend.hook`; which of
them exist depends on the wrapped backend, so they are looked up when they are asked for (PEP 562), and
nothing else is imported before that.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOOKS = (
    "get_requires_for_build_wheel",
    "get_requires_for_build_sdist",
    "get_requires_for_build_editable",
    "prepare_metadata_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "build_wheel",
    "build_sdist",
    "build_editable",
)


def __getattr__(name: str) -> Any:
    if name in HOOKS or name == "UnsupportedOperation":
        from augbackend.hook.exposed import lookup

        return lookup(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
