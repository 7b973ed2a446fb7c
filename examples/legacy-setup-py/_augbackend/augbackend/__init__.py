# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""A PEP 517 build backend that wraps another one and adds what a package forgot to declare.

Frontends look for hooks on this module. Which of them exist depends on the wrapped backend, so they are looked up when
they are asked for (PEP 562), and nothing else is imported before that.
"""

import sys

if sys.version_info < (3, 9):  # noqa: UP036  # so this file is written for those, too
    raise SystemExit("augbackend: error: augbackend needs Python 3.9 or newer; this is " + sys.version.split()[0])

__version__ = "0.1.0"
HOOKS = {  # PEP 517 and PEP 660: name → its module in augbackend.hook
    "get_requires_for_build_wheel": "requires",
    "get_requires_for_build_sdist": "requires",
    "get_requires_for_build_editable": "requires",
    "prepare_metadata_for_build_wheel": "metadata",
    "prepare_metadata_for_build_editable": "metadata",
    "build_wheel": "wheel",
    "build_sdist": "sdist",
    "build_editable": "wheel",
}
ALWAYS = ("get_requires_for_build_wheel", "get_requires_for_build_sdist")  # there, whatever the wrapped backend has


def __getattr__(name: str) -> object:
    if name in ALWAYS:
        from augbackend.hook import requires

        return getattr(requires, name)
    if name in HOOKS or name == "UnsupportedOperation":
        from augbackend.hook.exposed import lookup

        return lookup(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
