"""The backend as a folder of files in somebody's tree: ``_augbackend/augbackend/``.

What is copied is the backend half, that is every file at the package's top level and in ``standards``, and the
licence.
"""

from __future__ import annotations

import shutil
import tempfile
from importlib import metadata
from pathlib import Path

import augbackend

FOLDER = "_augbackend"
_BESIDE = ".augbackend-"
PACKAGE = Path(augbackend.__file__).parent


def backend_files() -> dict[str, bytes]:
    """The files of the vendored package, by name, as bytes."""
    sources = sorted([*PACKAGE.glob("*.py"), *PACKAGE.glob("standards/*.py")])
    files = {file.relative_to(PACKAGE).as_posix(): file.read_bytes() for file in sources}
    return {"LICENSE": _licence(), **files}


def is_current(tree: Path) -> bool:
    """Whether the tree's copy is this version's, file by file."""
    copy = tree / FOLDER / "augbackend"
    files = [file for file in copy.rglob("*") if file.is_file() and file.parent.name != "__pycache__"]
    found = {file.relative_to(copy).as_posix(): file.read_bytes() for file in files}
    return found == backend_files() and not list((tree / FOLDER).glob(f"{_BESIDE}*"))


def looks_ours(folder: Path) -> bool:
    """Whether ``folder`` holds a copy of the backend, of whatever version, and nothing else."""
    names = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    left_over = {name for name in names if name.startswith(_BESIDE)}  # by a run that was stopped
    has_copy = (folder / "augbackend" / "presence.py").is_file()
    return names - left_over == ({"augbackend"} if has_copy else set())


def write_copy(tree: Path) -> None:
    """Put the backend into ``tree``, or bring its copy up to date: written beside, then renamed."""
    folder = tree / FOLDER
    folder.mkdir(exist_ok=True)
    for left_over in folder.glob(f"{_BESIDE}*"):
        shutil.rmtree(left_over)
    beside = Path(tempfile.mkdtemp(prefix=_BESIDE, dir=folder))
    try:
        new = beside / "new"
        (new / "standards").mkdir(parents=True)
        for name, content in backend_files().items():
            (new / name).write_bytes(content)
        target = folder / "augbackend"
        if target.exists():
            target.rename(beside / "old")
        new.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def remove_copy(tree: Path) -> None:
    """Take the copy out again, and its folder if nothing else is in it."""
    folder = tree / FOLDER
    if (folder / "augbackend").exists():
        shutil.rmtree(folder / "augbackend")
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _licence() -> bytes:
    beside = PACKAGE.parent / "LICENSE"  # in a checkout
    if beside.is_file() and (PACKAGE.parent / "pyproject.toml").is_file():
        return beside.read_bytes()
    installed = metadata.distribution("augbackend").read_text("licenses/LICENSE") or ""
    return installed.encode()
