"""An isolated environment with build requirements in it, for asking a wrapped backend something, or for an sdist."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from build.env import DefaultIsolatedEnv

from augbackend.cli import progress
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


@dataclass(frozen=True)
class Environment:
    """One that exists: its interpreter, and the variables that a process in it is to have."""

    python: str
    environ: dict[str, str]
    isolated: DefaultIsolatedEnv

    def install(self, requirements: Collection[str]) -> None:
        """Install more into it.

        :raises AugbackendError: with what the installer says.
        """
        try:
            self.isolated.install(requirements)
        except subprocess.CalledProcessError as error:
            output = (error.output or error.stderr or b"").decode(errors="replace").splitlines()
            hint = next((line for line in output if "ERROR" in line), "run a frontend to see why")
            raise AugbackendError(
                f"the build requirements cannot be installed: {', '.join(sorted(requirements))}", hint=hint
            ) from None


@contextmanager
def created(requirements: Collection[str], what: str) -> Iterator[Environment]:
    """An environment with ``requirements`` installed, for as long as the context lasts.

    :param what: what it is for, to be shown on a terminal.
    :raises AugbackendError: if they cannot be installed.
    """
    with DefaultIsolatedEnv() as isolated:
        environ = {**os.environ, **(isolated.make_extra_environ() or {})}
        environment = Environment(isolated.python_executable, environ, isolated)
        with progress.shown(f"installing the build requirements of {what}"):
            environment.install(requirements)
        yield environment


@contextmanager
def copied(tree: Path) -> Iterator[Path]:
    """A copy of a tree to work on: ``setup.py`` writes into the tree that it runs in."""
    with tempfile.TemporaryDirectory(prefix="augbackend-") as folder:
        ignored = shutil.ignore_patterns(".tox", ".venv", "__pycache__", "node_modules")
        yield Path(shutil.copytree(tree, Path(folder) / "tree", symlinks=True, ignore=ignored))
