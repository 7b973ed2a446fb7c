"""An sdist of a package in a subdirectory whose build reads what lies above: the whole repository is in it.

::

    name-1.0/pyproject.toml, PKG-INFO, setup.py   what readers of an sdist look at
    name-1.0/_in_repository/_in_repository.py     the backend: it calls the package's own, in its own folder
    name-1.0/repository/…                         all files, at their places
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.edit import build_backend, pyproject
from augbackend.table import LEGACY_BACKEND

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from typing import Any

REPOSITORY = "repository"
READ_AT_TOP = ("PKG-INFO", "setup.py", "setup.cfg")
NAME = "_in_repository"
BACKEND_FILE = f"{NAME}/{NAME}.py"
_BACKEND = '''\
"""Builds the package in a folder of the repository beside this: its build reads what lies above that folder."""

import importlib
import os
import sys

FOLDER = {folder!r}
BACKEND = {backend!r}
BACKEND_PATH = {backend_path!r}


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    found = getattr(_backend(), name)
    return _there(found) if name.startswith(("build_", "get_requires_", "prepare_")) else found


def _folder():
    return os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), *FOLDER.split("/"))


def _backend():
    for path in reversed([os.path.normpath(os.path.join(_folder(), one)) for one in BACKEND_PATH]):
        if path not in sys.path:
            sys.path.insert(0, path)
    module, _, names = BACKEND.partition(":")
    found = importlib.import_module(module)
    for name in filter(None, names.split(".")):
        found = getattr(found, name)
    return found


def _there(hook):
    def called(*arguments, **named):
        paths = [os.path.abspath(one) if isinstance(one, str) else one for one in arguments]
        paths_by_name = {{key: os.path.abspath(one) if isinstance(one, str) else one for key, one in named.items()}}
        before = os.getcwd()
        os.chdir(_folder())
        try:
            return hook(*paths, **paths_by_name)
        finally:
            os.chdir(before)

    return called
'''


def at_top(own: Mapping[str, bytes], below: str) -> dict[str, bytes]:
    """The files at the top, by name.

    :param own: those of the package's folder that readers look at.
    :param below: that folder in the repository.
    :raises AugbackendError: if its ``pyproject.toml`` cannot be edited without changing what the rest of it means.
    """
    text = own.get("pyproject.toml", b"").decode("utf-8", "replace")
    return {
        **{name: content for name, content in own.items() if name in READ_AT_TOP},
        "pyproject.toml": _pyproject(text).encode(),
        BACKEND_FILE: _backend(text, below).encode(),
    }


def _backend(text: str, below: str) -> str:
    system = pyproject.parse(text, "pyproject.toml").get("build-system", {})
    return _BACKEND.format(
        folder=f"{REPOSITORY}/{below}",
        backend=system.get("build-backend", LEGACY_BACKEND),
        backend_path=[*system.get("backend-path", ())],
    )


def _pyproject(text: str) -> str:
    """As the package's own, with the module as its backend."""

    def edit(document: MutableMapping[str, Any]) -> None:
        if "build-system" not in document:
            document["build-system"] = pyproject.new_table(document, build_backend.ASSUMED)
            document["build-system"]["requires"] = [pyproject.LEGACY_REQUIRES]
        document["build-system"]["build-backend"] = NAME
        document["build-system"]["backend-path"] = [NAME]

    return pyproject.edited(text, edit)
