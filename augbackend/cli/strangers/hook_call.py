"""Calling a hook of a tree's own backend (PEP 517), confined to a folder that belongs to the tree."""

from __future__ import annotations

import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Literal

import pyproject_hooks

from augbackend.cli.edit import pyproject
from augbackend.errors import AugbackendError
from augbackend.table import LEGACY_BACKEND, layers

from . import process
from .process import Ran

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Product = Literal["wheel", "sdist"]


@dataclass(frozen=True)
class BuildSystem:
    """What a tree says of its build (PEP 518), or what every frontend assumes where it says nothing."""

    requires: tuple[str, ...]
    backend: str
    backend_path: tuple[str, ...]


def build_system(tree: Path) -> BuildSystem:
    """Read a tree's ``[build-system]``.

    :raises AugbackendError: if there is no project, or no frontend could read it.
    """
    has_pyproject = (tree / "pyproject.toml").is_file()
    if not has_pyproject and not (tree / "setup.py").is_file():
        hint = "frontends want a pyproject.toml or a setup.py in it"
        raise AugbackendError("no Python project here", where=str(tree), hint=hint)
    document = layers.read_pyproject(tree) if has_pyproject else {}
    pyproject.check_shape(document)
    table = document.get("build-system", {"requires": [pyproject.LEGACY_REQUIRES]})
    backend = table.get("build-backend", LEGACY_BACKEND)
    return BuildSystem(tuple(table["requires"]), backend, tuple(table.get("backend-path", ())))


class HookError(Exception):
    """A hook gave no answer.

    :param output: what it printed, and what is known beside that.
    :param is_over_time: whether it was killed at the limit.
    :param is_missing: whether the backend itself cannot be imported.
    """

    def __init__(self, output: str, *, is_over_time: bool = False, is_missing: bool = False) -> None:
        super().__init__(output)
        self.output, self.is_over_time, self.is_missing = output, is_over_time, is_missing


@dataclass(frozen=True)
class Hooks:
    """The hooks of one tree in one environment.

    :param folder: holds the tree and what is built. The hooks may write there, and nowhere else.
    :param python: the environment's interpreter.
    :param environ: all the variables that the hooks see.
    :param heard: is given the output of each hook, however it ends.
    """

    tree: Path
    system: BuildSystem
    folder: Path
    python: str
    environ: Mapping[str, str]
    heard: Callable[[str], None] = lambda _: None

    def requires(self, product: Product, limit: float, settings: Mapping[str, Any] | None = None) -> list[str]:
        """What the backend wants to be installed before it builds.

        :param limit: in seconds.
        :raises HookError: if it does not say.
        """
        answer, output = self._call(f"get_requires_for_build_{product}", limit, settings)
        if not isinstance(answer, list) or not all(isinstance(text, str) for text in answer):
            raise HookError(
                _said(output, f"the backend says that it requires {answer!r:.80}, which is no list of texts")
            )
        return answer

    def build(self, product: Product, out: Path, limit: float, settings: Mapping[str, Any] | None = None) -> Path:
        """Let the backend build into an existing folder.

        :param limit: in seconds.
        :raises HookError: if it does not, or leaves no file there.
        """
        answer, output = self._call(f"build_{product}", limit, str(out), settings)
        made = out / answer if isinstance(answer, str) else out
        # A link would lead to a file that is not the backend's, but the user's.
        if made.parent != out or out.is_symlink() or made.is_symlink() or not made.is_file():
            what = f"the backend says that it made {answer!s:.80}, and there is no such {product}"
            raise HookError(_said(output, what))
        return made

    def _call(self, hook: str, limit: float, *arguments: object) -> tuple[Any, str]:
        """The hook's answer, and what it printed."""
        ran = Ran(0, "", 0.0)

        def run(cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
            nonlocal ran
            # The last argument is the folder in which a hook's answer is left.
            may_write = [self.folder, Path(cmd[-1])]
            environ = {**self.environ, **(extra_environ or {})}
            ran = process.run(cmd, Path(cwd or self.tree), environ, limit, may_write)
            self.heard(ran.output)
            if ran.status != 0:
                raise subprocess.CalledProcessError(ran.status or -1, list(cmd))

        system = self.system
        try:
            caller = pyproject_hooks.BuildBackendHookCaller(
                str(self.tree), system.backend, system.backend_path, run, self.python
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what a hook printed, which is in its output
                return getattr(caller, hook)(*arguments), ran.output
        except subprocess.CalledProcessError:
            problem = f"the backend ended with status {ran.status} and said nothing"
            raise HookError(_said(ran.output, problem), is_over_time=ran.status is None) from None
        except pyproject_hooks.BackendUnavailable as error:
            raise HookError(f"{ran.output}{error.traceback}", is_missing=True) from None
        except pyproject_hooks.UnsupportedOperation as error:
            raise HookError(f"{ran.output}{error.traceback}") from None
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise HookError(_said(ran.output, f"the backend ended without an answer: {error}")) from None


def _said(output: str, otherwise: str) -> str:
    return output if output.strip() else otherwise
