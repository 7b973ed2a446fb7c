"""Calling a hook of a tree's own backend (PEP 517), confined to a folder that belongs to the tree."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Literal

import pyproject_hooks
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from augbackend.cli.edit import pyproject
from augbackend.cli.model.cli_error import CliError
from augbackend.table import LEGACY_BACKEND, layers

from . import answer, left_file, process
from .answer import UnsoundAnswerError
from .process import Ran

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Product = Literal["wheel", "sdist"]
ASKING = 300.0  # seconds for a hook that only asks
_MOST_WARNINGS, _LONGEST_WARNING = 100, 2000


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
        raise CliError("no Python project here", id="not-a-python-project", where=str(tree), hint=hint)
    document = layers.read_pyproject(tree) if has_pyproject else {}
    pyproject.check_shape(document)
    table = document.get("build-system", {"requires": [pyproject.LEGACY_REQUIRES]})
    backend = table.get("build-backend", LEGACY_BACKEND)
    try:
        requires = answer.texts([*table["requires"]])
    except UnsoundAnswerError as error:
        raise CliError(
            f"build-system.requires: {error}",
            id="bad-build-requirement",
            where=str(tree / "pyproject.toml"),
            hint="mend the entry there: each is a text such as 'setuptools>=61'",
        ) from None
    return BuildSystem(tuple(requires), backend, tuple(table.get("backend-path", ())))


def in_full(
    requires: Sequence[str], hooks_with: Callable[[Sequence[str]], Hooks], ask: Callable[[Hooks], list[str]]
) -> Hooks:
    """The hooks of a tree in an environment with all that it wants, in a frontend's order (PEP 517).

    :param requires: ``build-system.requires``, and what is declared.
    :param hooks_with: makes a new environment with some requirements: no hook has run in it.
    :param ask: asks the backend for more.
    """
    hooks = hooks_with(requires)
    more = ask(hooks)
    return hooks_with([*requires, *more]) if more else hooks


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
        wanted, output = self._call(f"get_requires_for_build_{product}", limit, settings)
        try:
            return answer.texts(wanted)
        except UnsoundAnswerError as error:
            raise HookError(_said(output, f"the backend does not say what it requires: {error}")) from None

    def build(self, product: Product, into: Path, limit: float, settings: Mapping[str, Any] | None = None) -> Path:
        """Let the backend build.

        :param into: where what it makes is put: an existing folder that the hooks cannot write to.
        :param limit: in seconds.
        :raises HookError: if it does not, or leaves no file where it was told to.
        """
        try:
            place = Path(tempfile.mkdtemp(prefix="out-", dir=self.folder))
        except OSError as error:  # it took its own folder from itself
            raise HookError(f"the backend cannot build: {error}") from None
        name, output = self._call(f"build_{product}", limit, str(place), settings)
        try:
            if product == "wheel":
                parse_wheel_filename(answer.text(name))
            return left_file.taken(place, answer.text(name), into)
        except InvalidWheelFilename as error:
            raise HookError(f"{output}\nerror: no frontend takes a wheel of this name: {error}") from None
        except (OSError, ValueError):
            what = f"the backend says that it made {name!s:.80}, and there is no such {product}"
            raise HookError(f"{output}\nerror: {what}".strip()) from None

    def _call(self, hook: str, limit: float, *arguments: object) -> tuple[Any, str]:
        """The hook's answer, and what it printed."""
        ran = Ran(0, "", 0.0)

        def run(cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
            nonlocal ran
            # The last argument is the folder in which a hook's answer is left. It gets one that it may write to, and
            # what it leaves there is looked at before the library reads it.
            command, asked, place = cmd[:-1], Path(cmd[-1]), Path(tempfile.mkdtemp(prefix="asked-", dir=self.folder))
            shutil.copy(asked / "input.json", place)
            environ = {**self.environ, **(extra_environ or {})}
            ran = process.run([*command, str(place)], Path(cwd or self.tree), environ, limit, [self.folder])
            try:
                if ran.status != 0:
                    raise subprocess.CalledProcessError(ran.status or -1, list(cmd))
                found = answer.read(place, "output.json")
                ran = replace(ran, output=f"{_warnings(found)}{ran.output}")
            finally:
                self.heard(ran.output)
            (asked / "output.json").write_text(json.dumps(_readable_answer(found)), "utf-8")

        system = self.system
        try:
            caller = pyproject_hooks.BuildBackendHookCaller(
                str(self.tree), system.backend, system.backend_path, run, self.python
            )
            return getattr(caller, hook)(*arguments), ran.output
        except subprocess.CalledProcessError:
            problem = f"the backend ended with status {ran.status} and said nothing"
            raise HookError(_said(ran.output, problem), is_over_time=ran.status is None) from None
        except pyproject_hooks.BackendUnavailable as error:
            raise HookError(f"{ran.output}{error.traceback or error}", is_missing=True) from None
        except pyproject_hooks.UnsupportedOperation as error:
            raise HookError(f"{ran.output}{error.traceback}") from None
        except pyproject_hooks.HookMissing as error:
            raise HookError(_said(ran.output, f"the backend has no {error.hook_name}")) from None
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise HookError(_said(ran.output, f"the backend ended without an answer: {error}")) from None


def _readable_answer(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the library reads of an answer.

    :raises UnsoundAnswerError: if a text is none.
    """
    flags = ("unsupported", "no_backend", "hook_missing")
    texts = ("traceback", "backend_error", "missing_hook_name")
    said = {key: process.legible(answer.text(found[key])) for key in texts if found.get(key)}
    return {**{flag: found.get(flag) is True for flag in flags}, **said, "return_val": found.get("return_val")}


def _warnings(found: Mapping[str, Any]) -> str:
    """The warnings that the library's newer versions keep from the output, as Python prints them."""
    warned = found.get("warnings")
    texts = (
        [one.get("message") for one in warned[:_MOST_WARNINGS] if isinstance(one, dict)]
        if isinstance(warned, list)
        else []
    )
    return "".join(
        f"UserWarning: {process.legible(answer.text(one[:_LONGEST_WARNING]))}\n"
        for one in texts
        if isinstance(one, str)
    )


def _said(output: str, otherwise: str) -> str:
    return output if output.strip() else otherwise
