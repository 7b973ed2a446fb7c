# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""What a hook may change in the process that calls it, put back afterwards: a frontend may keep its process.

setuptools leaves its own ``sys.argv``; tox calls many hooks in one process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# What imports added to sys.path, as setuptools does for its vendored packages. An imported module may
# look there again when it runs, so these stay as long as the module does.
_added_by_imports: list[str] = []
# Where `adopt` and `wrap` put us, and nothing else: no import of the hundreds in a build is looked for there.
_OURS = ("_augbackend", ".augbackend")


@contextmanager
def put_back(variables: Mapping[str, str], folders: Sequence[Path]) -> Iterator[None]:
    """Set ``variables`` and put ``folders`` first on ``sys.path``; afterwards restore those and all else.

    Restored are ``os.environ``, ``sys.argv``, ``sys.path`` (the list objects too) and the current directory. A declared
    ``PYTHONPATH`` is put on ``sys.path`` as well: uv sets variables before the interpreter starts, which then does so.
    """
    environ, cwd = dict(os.environ), os.getcwd()
    lists = {name: (getattr(sys, name), list(getattr(sys, name))) for name in ("argv", "path")}
    first = [str(folder) for folder in folders]
    searched = [os.path.abspath(item) for item in variables.get("PYTHONPATH", "").split(os.pathsep) if item]
    known = {*sys.path, *first, *searched}
    finders = _finders(first)
    try:
        sys.meta_path[:0] = finders
        os.environ.update(variables)
        others = [item for item in sys.path if not item.endswith(_OURS)]
        sys.path[:] = [*first, *searched, *others, *(item for item in _added_by_imports if item not in known)]
        yield
    finally:
        _added_by_imports.extend(item for item in sys.path if item not in {*known, *_added_by_imports})
        sys.meta_path[:] = [item for item in sys.meta_path if item not in finders]
        for name in [name for name in os.environ if name not in environ]:  # the order in which the system finds them
            del os.environ[name]
        os.environ.update({name: value for name, value in environ.items() if os.environ.get(name) != value})
        for name, (original, items) in lists.items():
            original[:] = items
            setattr(sys, name, original)
        with suppress(OSError):  # removed by the hook: there is nowhere to go back to
            os.chdir(cwd)


def _finders(folders: Sequence[str]) -> list[Any]:
    if not folders:
        return []
    from augbackend.hook.in_tree import InTreeFinder

    return [InTreeFinder(folders)]
