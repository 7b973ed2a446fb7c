"""Whether a wheel installs and imports: in an environment of its own, with what its imports ask for and it declares."""

from __future__ import annotations

import json
import os
import re
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from augbackend import metadata
from augbackend.cli.strangers import confinement, environment, process, temporary_folder

from .obstacles import in_the_words_of_installer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from augbackend.cli.strangers.environment import Environment
    from augbackend.cli.strangers.process import Ran
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
    :param refused: the files that the import was kept from.
    """

    modules: tuple[str, ...]
    is_compiled: bool
    requires_dist: tuple[str, ...]
    installs: str = ""
    problem: str = ""
    missing: str = ""
    refused: tuple[str, ...] = ()


def check(wheel: Path, having: Circumstances, environ: Mapping[str, str], knowledge: Knowledge) -> Check:
    """Install a wheel and import what it holds."""
    names, requires = _content(wheel)
    found = Check(_modules(names), any(name.endswith(_COMPILED) for name in names), requires)
    untried = replace(found, problem="not tried, since the time ran out")
    with temporary_folder.temporary(having.workplace) as folder:
        trial = _Trial(wheel, having, process.clean_environ(environ, folder), folder)
        try:
            isolated, ran = trial.environment([])
            if ran.status is None:
                return untried
            if ran.status != 0:
                return replace(found, installs=in_the_words_of_installer(ran.output))
            wanted: list[str] = []
            for module in found.modules:
                imported = trial.imported(module, isolated)
                waiting = [text for text in requires if "extra ==" not in text and text not in wanted]
                for _ in range(_ROUNDS):
                    missing = imported.missing
                    if not imported.is_of_import or missing.partition(".")[0] in found.modules or not waiting:
                        break
                    named = _provider(missing, waiting, knowledge) if missing else ""
                    more = [named] if named else waiting
                    wanted += more
                    waiting = [text for text in waiting if text not in more]
                    if isolated.install_confined(more, min(_INSTALL, having.left)).status != 0:
                        isolated = trial.environment(wanted)[0]
                    imported = trial.imported(module, isolated)
                if imported.problem:
                    return replace(found, problem=imported.problem, missing=imported.missing, refused=imported.refused)
        except TimeoutError:
            return untried
    return found


@dataclass(frozen=True)
class _Imported:
    """How an import ended: the exception in words, the module that is missing, the files that it was kept from."""

    problem: str = ""
    missing: str = ""
    is_of_import: bool = False
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Trial:
    """The wheel in one environment after another."""

    wheel: Path
    having: Circumstances
    environ: Mapping[str, str]
    folder: Path

    def environment(self, wanted: Iterable[str]) -> tuple[Environment, Ran]:
        """A new environment with the wheel in it, last: what an import or a wheel left there is not to be executed.

        :param wanted: what else is to be there, as far as it can be.
        :return: beside it, how installing the wheel ended.
        :raises TimeoutError: if there was no time.
        """
        left = self.having.left
        if left < _LEAST:
            raise TimeoutError
        isolated = environment.created(self.having.installer, self.folder, left)
        if wanted:
            isolated.install(wanted, min(_INSTALL, self.having.left))
        return isolated, isolated.install_confined([str(self.wheel)], self.having.left, "--no-deps")

    def imported(self, module: str, isolated: Environment) -> _Imported:
        """Import a module."""
        answer = self.folder / "answer.json"
        answer.unlink(missing_ok=True)
        environ = {**self.environ, **isolated.make_extra_environ()}
        command = [isolated.python_executable, "-c", _IMPORT, module, str(answer)]
        ran = process.run(command, self.folder, environ, min(_LIMIT, self.having.left), [self.folder])
        if ran.status is None:
            return _Imported(f"import {module}: not done in {ran.seconds:.0f} s")
        try:
            kind, text, missing = json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return _Imported(f"import {module}: the interpreter ended: {_last(ran.output)}")
        if not kind:
            return _Imported()
        text = text.replace(f"{isolated.folder}{os.sep}", "")
        said = f"{kind}: {text.strip().splitlines()[0] if text.strip() else ''}"
        refused = tuple(confinement.refused(f"{ran.output}\n{said}", self.folder))
        is_missing = kind == "ModuleNotFoundError"
        # Who lacks a name is there; whose author says in other words that something is absent may have it declared.
        is_of_import = is_missing or (kind == "ImportError" and not text.startswith("cannot import name"))
        return _Imported(f"import {module}: {said}", missing if is_missing else "", is_of_import, refused)


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


def _provider(missing: str, requires: Iterable[str], knowledge: Knowledge) -> str:
    """The requirement of the wheel's own that brings a module; empty if it declares none that does."""
    try:
        project = canonicalize_name(Requirement(knowledge.requirement_for(missing)).name)
    except InvalidRequirement:  # of a module that no project can be called after
        project = canonicalize_name("")
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
