"""Which Python has what."""

from __future__ import annotations

import pkgutil
import re
import sys
import sysconfig
from functools import lru_cache

RUNNING = f"{sys.version_info[0]}.{sys.version_info[1]}"


def at_least(python: str, version: str) -> bool:
    """Whether a Python is that version or a later one; a pre-release counts as its release."""
    return _release(python) >= _release(version)


def _release(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def is_standard(module: str) -> bool:
    """Whether a module is in the standard library of the running Python."""
    return module.partition(".")[0] in _standard_modules()


@lru_cache
def _standard_modules() -> frozenset[str]:
    if sys.version_info >= (3, 10):
        return sys.stdlib_module_names
    names = [one.name for one in pkgutil.iter_modules([sysconfig.get_path("stdlib")])]
    return frozenset({*names, *sys.builtin_module_names})
