"""setuptools told to build in another folder than ``build/``, by one more configuration file of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from configparser import RawConfigParser
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from augbackend.errors import AugbackendError
from augbackend.hook.build_folder import CONFIG, text_of


@contextmanager
def taken(folder: Path, name: str, *, is_stated: bool) -> Iterator[None]:
    """Build in a folder inside ``folder``.

    :param is_stated: whether ``pyproject.toml`` names ``folder``: that is read after all else.
    :raises AugbackendError: if this setuptools cannot be told.
    """
    if is_stated or not _is_obeyed():
        raise AugbackendError(
            "it has objects of a build with another augmentation, and this setuptools cannot be told to leave them",
            where=str(folder),
            hint=f"delete {folder}; setuptools from 65.4 on, without a build-base in pyproject.toml, can be told",
        )
    parser = RawConfigParser()
    parser.read(os.environ.get(CONFIG, ""), encoding="utf-8")
    parser.read_dict({"build": {"build_base": str(folder / name).replace("%", "%%")}})
    with TemporaryDirectory(prefix="augbackend-") as place:
        file = Path(place) / "distutils.cfg"
        with file.open("w", encoding="utf-8") as stream:
            parser.write(stream)
        os.environ[CONFIG] = str(file)  # put back with the rest of the environment after the hook
        yield


def _is_obeyed() -> bool:
    file = import_module("distutils.dist").__file__
    return CONFIG in (text_of(Path(file)) if file else "")
