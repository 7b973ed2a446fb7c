"""Whether a wheel installs and imports: in an environment of its own, with what its imports ask for and it declares."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from augbackend import metadata

from . import environment, folders, strangers
from .obstacles import in_the_words_of_installer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from augbackend.knowledge import Knowledge

    from .attempt import Circumstances

_ROUNDS = 12  # of a module that is missing and is installed
_LEAST = 1.0  # seconds that it takes at least
_LIMIT, _INSTALL = 120.0, 300.0  # seconds for an import, and for installing what it asks for
_NOT_PACKAGES = frozenset(
    [
        "test",
        "tests",
        "testing",
        "example",
        "examples",
        "docs",
        "doc",
        "benchmark",
        "benchmarks",
        "scripts",
        "tools",
        "setup",
        "conftest",
    ]
)
_COMPILED = (".so", ".pyd", ".dylib")
_IMPORT = """
import importlib, json, sys
name, answer = sys.argv[1:]
try:
    importlib.import_module(name)
    problem = ["", "", ""]
except BaseException as error:
    problem = [type(error).__name__, str(error), getattr(error, "name", None) or ""]
with open(answer, "w") as stream:
    json.dump(problem, stream)
"""


@dataclass(frozen=True)
class Check:
    """What was found of a wheel.

    :param modules: its importable names.
    :param is_compiled: whether it holds compiled modules.
    :param requires_dist: what it declares.
    :param installs: empty, or why it does not install.
    :param problem: empty, or the exception that importing it raised.
    :param missing: the module that it says is missing; empty if it was something else.
    """

    modules: tuple[str, ...]
    is_compiled: bool
    requires_dist: tuple[str, ...]
    installs: str = ""
    problem: str = ""
    missing: str = ""


def check(wheel: Path, having: Circumstances, environ: Mapping[str, str], knowledge: Knowledge) -> Check:
    """Install a wheel and import what it holds."""
    names, requires = _content(wheel)
    found = Check(_modules(names), any(name.endswith(_COMPILED) for name in names), requires)
    with folders.temporary(having.workplace) as folder:
        home = folder / "home"
        home.mkdir()
        untried = replace(found, problem="not tried, since the time ran out")
        if having.left < _LEAST:
            return untried
        try:
            isolated = environment.created(having.installer, folder / "environment", having.left)
        except TimeoutError:
            return untried
        ran = isolated.install([str(wheel)], having.left, "--no-deps")
        if ran.status is None:
            return untried
        if ran.status != 0:
            return replace(found, installs=in_the_words_of_installer(ran.output))
        told = {**strangers.clean_environ(environ, home), **isolated.make_extra_environ()}
        for module in found.modules:
            problem, missing = "", ""
            waiting = [text for text in requires if "extra ==" not in text]
            for _ in range(_ROUNDS):
                problem, missing = _imported(module, isolated.python_executable, folder, told, having.left)
                if not missing or missing.partition(".")[0] in found.modules or not waiting:
                    break
                named = _provider(missing, waiting, knowledge)
                isolated.install([named] if named else waiting, min(_INSTALL, having.left))
                waiting = [text for text in waiting if named and text != named]
            if problem:
                return replace(found, problem=problem, missing=missing)
    return found


def _content(wheel: Path) -> tuple[list[str], tuple[str, ...]]:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        of_metadata = next((name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)), "")
        text = archive.read(of_metadata).decode("utf-8", "replace") if of_metadata else ""
    return names, tuple(value for name, value in metadata.fields(text) if name == "requires-dist")


def _modules(names: Iterable[str]) -> tuple[str, ...]:
    """The importable names at a wheel's top: packages first; compiled modules where there is nothing else."""
    tops: dict[str, None] = {}
    for name in sorted(names, key=lambda one: (one.count("/") == 0, one)):
        path = re.sub(r"^[^/]+\.data/(?:purelib|platlib)/", "", name)
        first, _, rest = path.partition("/")
        if first.endswith((".dist-info", ".data", ".pth")):
            continue
        is_package = rest in ("__init__.py", "__init__.pyc") or re.fullmatch(r"__init__\.[^/]*\.(?:so|pyd)", rest)
        is_module = not rest and first.endswith((".py", *_COMPILED))
        if is_package or is_module:
            tops.setdefault(first.partition(".")[0])
    good = [top for top in tops if top not in _NOT_PACKAGES and top.isidentifier()]
    public = [top for top in good if not top.startswith("_")]
    return tuple(public or good)


def _imported(module: str, python: str, folder: Path, environ: Mapping[str, str], left: float) -> tuple[str, str]:
    """The exception in words, and the module that is missing."""
    answer = folder / "answer.json"
    answer.unlink(missing_ok=True)
    ran = strangers.run([python, "-c", _IMPORT, module, str(answer)], folder, environ, min(_LIMIT, left), [folder])
    if ran.status is None:
        return f"import {module}: not done in {ran.seconds:.0f} s", ""
    try:
        kind, text, missing = json.loads(answer.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"import {module}: the interpreter ended: {_last(ran.output)}", ""
    if not kind:
        return "", ""
    return (
        f"import {module}: {kind}: {text.strip().splitlines()[0] if text.strip() else ''}",
        missing if kind == "ModuleNotFoundError" else "",
    )


def _provider(missing: str, requires: Iterable[str], knowledge: Knowledge) -> str:
    """The requirement of the wheel's own that brings a module; empty if it declares none that does."""
    project = canonicalize_name(Requirement(knowledge.requirement_for(missing)).name)
    top = canonicalize_name(missing.partition(".")[0])
    for text in requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        name = canonicalize_name(requirement.name)
        if name in (project, top) or name.removeprefix("python-") == top or name.startswith(f"{top}-"):
            return text
    return ""


def _last(output: str) -> str:
    return ([line.strip() for line in output.splitlines() if line.strip()] or ["it says nothing"])[-1]
