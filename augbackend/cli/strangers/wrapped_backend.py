"""What a wrapped backend says of itself, asked in a confined process: its hooks, and what it wants to be installed."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from contextlib import suppress
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import urlsplit
from urllib.request import url2pathname

from augbackend.cli import progress
from augbackend.cli.edit import backend_copy
from augbackend.cli.edit.build_backend import IN_TREE_REQUIRES
from augbackend.cli.model import package_sources
from augbackend.features.extra_build_variables import declared

from . import answer, ask_backend, environment, interpreter, process, readable, temporary_folder, tree_copy
from .answer import UnsoundAnswerError
from .hook_call import ASKING
from .telling_line import telling_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from augbackend.table import Build

    from .environment import Environment, Installer

    Fill = Callable[[Installer, Path, Collection[str], float], Environment]

_INSTALLING = 1800.0  # seconds
_ANSWER = "answer.json"
_NAME = re.compile(r"\$\{?([A-Za-z_]\w*)")


def asked_here(build: Build, config_settings: Mapping[str, Any]) -> dict[str, Any]:
    """Import it by this interpreter, with what is installed there."""
    kept = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    with temporary_folder.temporary() as folder:
        request = {"config_settings": config_settings, "ask": False}
        return _answer(request, folder, build.tree, sys.executable, _environ(build, folder, kept))


def asked_in_isolation(
    build: Build, config_settings: Mapping[str, Any], requirements: Collection[str], fill: Fill
) -> dict[str, Any]:
    """Ask it in an environment with these requirements, on a copy of the tree; ask also what else it requires.

    :param fill: makes an environment.
    """
    where = package_sources.chosen(None, (), (), os.environ)
    with temporary_folder.temporary() as folder, tempfile.TemporaryDirectory(prefix="augbackend-") as scratch:
        tree = tree_copy.copied(build.tree, folder / "tree")
        installer = environment.installer(interpreter.this(), where, Path(scratch))
        wanted = [*requirements, *([IN_TREE_REQUIRES] if sys.version_info < (3, 11) else [])]  # ours is asked, too
        with progress.shown(f"installing the build requirements of {build.tree}"):
            isolated = fill(installer, folder, wanted, _INSTALLING)
        request = {"config_settings": config_settings, "ask": True}
        environ = _environ(build, folder, isolated.make_extra_environ())
        return _answer(request, folder, tree, isolated.python_executable, environ)


def _answer(
    request: Mapping[str, Any], folder: Path, tree: Path, python: str, environ: Mapping[str, str]
) -> dict[str, Any]:
    # Only the backend half: the wrapped backend must not see what else this environment holds.
    backend_copy.write_copy(folder, backend_copy.whole())
    place = Path(tempfile.mkdtemp(prefix="asked-", dir=folder))
    more = {"path": [str(folder / backend_copy.FOLDER)], "answer": str(place / _ANSWER)}
    command = [python, ask_backend.__file__, json.dumps({**request, **more})]
    ran = process.run(
        command, tree, environ, ASKING, [folder], reads=_installed_here() if python == sys.executable else ()
    )
    try:
        return _description(answer.read(place, _ANSWER))
    except UnsoundAnswerError as error:
        is_over_time = ran.status is None
        problem = f"no answer after {ASKING:.0f} seconds" if is_over_time else telling_line(ran.output, str(error))
        return {"hooks": None, "problem": problem, "requires": {}, "failed": {}}


def _description(found: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, if it is what :mod:`ask_backend` writes.

    :raises UnsoundAnswerError: if it is not: the wrapped backend may have written it.
    """
    requires, failed = found.get("requires"), found.get("failed")
    if not isinstance(requires, dict) or not isinstance(failed, dict):
        raise UnsoundAnswerError("what the wrapped backend requires is not in it")
    hooks = found.get("hooks")
    return {
        "hooks": None if hooks is None else answer.texts(hooks),
        "problem": answer.text(found.get("problem")),
        "requires": {answer.text(target): answer.texts(wanted) for target, wanted in requires.items()},
        "failed": {answer.text(target): answer.text(why) for target, why in failed.items()},
    }


def _installed_here() -> list[Path]:
    """Where what this interpreter imports is: its own folders, and trees that are installed as editable."""
    found = {*map(Path, sys.path)}
    for text in (one.read_text("direct_url.json") for one in distributions()):
        with suppress(ValueError, LookupError, TypeError, AttributeError):
            told = json.loads(text or "{}")
            if told["dir_info"]["editable"]:
                found.add(Path(url2pathname(urlsplit(told["url"]).path)))
    return [path for path in sorted(found) if not readable.is_too_much(path)]


def _environ(build: Build, home: Path, more: Mapping[str, str]) -> dict[str, str]:
    """All variables of the process: the clean ones, and what overrides the declaration.

    A template may name any variable of the user. It is set, but empty: a tree must not learn its value.
    """
    named = {name for one in declared(build).values() for name in _NAME.findall(one.value)}
    empty = dict.fromkeys(named & os.environ.keys(), "")
    override = {name: value for name, value in os.environ.items() if name.startswith("AUGBACKEND_")}
    return {**empty, **process.clean_environ(os.environ, home), **override, **more}
