"""What a hook may change in the process that calls it, put back afterwards: a frontend may keep its process.

setuptools leaves its own ``sys.argv``; tox calls many hooks in one process.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# A module that was imported stays imported, so what its import added to sys.path must be there again whenever
# it runs: setuptools adds the folder of its vendored packages. This is sys.modules' other half, not our state.
_added_by_imports: list[str] = []


@contextmanager
def put_back(variables: Mapping[str, str], folders: Sequence[Path]) -> Iterator[None]:
    """Set ``variables`` and put ``folders`` first on ``sys.path``; afterwards restore those and all else.

    Restored are ``os.environ``, ``sys.argv``, ``sys.path`` (the list objects too) and the current directory.
    """
    environ, cwd = dict(os.environ), os.getcwd()
    lists = {name: (getattr(sys, name), list(getattr(sys, name))) for name in ("argv", "path")}
    first = [str(folder) for folder in folders]
    known = {*sys.path, *first}
    try:
        os.environ.update(variables)
        sys.path[:] = [*first, *sys.path, *(item for item in _added_by_imports if item not in known)]
        yield
    finally:
        _added_by_imports.extend(item for item in sys.path if item not in {*known, *_added_by_imports})
        for name in os.environ.keys() - environ.keys():
            del os.environ[name]
        for name, value in environ.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
        for name, (original, items) in lists.items():
            original[:] = items
            setattr(sys, name, original)
        with suppress(OSError):  # removed by the hook: there is nowhere to go back to
            os.chdir(cwd)
