"""Whether a wheel installs and imports, in an environment of its own.

Of what it requires, only that is installed which an import asks for.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.fetch import build_environment, wheel_content
from augbackend.cli.fetch.build_environment import InstallError
from augbackend.cli.fetch.wheel_content import UnsoundWheelError
from augbackend.cli.fetch.wheel_linkage import COMPILED
from augbackend.cli.model.requirement import project_of
from augbackend.cli.strangers import answer, confinement, process, temporary_folder
from augbackend.cli.strangers.answer import UnsoundAnswerError
from augbackend.cli.strangers.interruption import Interrupted
from augbackend.cli.strangers.telling_line import telling_line

from . import import_failures, temporary_paths
from .obstacles import in_the_words_of_installer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from augbackend.cli.strangers.environment import Environment
    from augbackend.cli.strangers.process import Ran
    from augbackend.knowledge.rows import Knowledge

    from .attempt import Circumstances

_MOST_MODULES = 50  # that are imported, a process each
_ROUNDS = 12  # how often what is missing is installed, and the import tried again
_LEAST = 1.0  # seconds that must be left for it
_LIMIT, _INSTALL = 120.0, 300.0  # seconds for an import, and for installing what it asks for
_NOT_PACKAGES = re.compile(r"tests?|testing|examples?|docs?|benchmarks?|scripts|tools|setup|conftest")
_ANSWER = "answer.json"
_OVER_TIME = "the time ran out"
_IMPORT = """
import importlib, json, linecache, sys
name, answer = sys.argv[1:]
try:
    importlib.import_module(name)
    problem = ["", "", "", "", ""]
except BaseException as error:
    kind, trace = type(error), error.__traceback__
    problem = [kind.__name__, "", "", kind.__module__, ""]
    try:
        missing = getattr(error, "name", None)
        problem[1:3] = str(error)[:2000], missing[:200] if isinstance(missing, str) else ""
        while trace.tb_next:
            trace = trace.tb_next
        problem[4] = linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno).strip()[:500]
    except BaseException:  # its own way to say what it is
        pass
with open(answer, "w") as stream:
    json.dump({"problem": problem}, stream)
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
    :param untried: empty, or why nobody knows whether it installs and imports.
    :param is_broken: whether the wheel does not import on any machine, with this Python and what it requires.
    """

    modules: tuple[str, ...]
    is_compiled: bool
    requires_dist: tuple[str, ...]
    installs: str = ""
    problem: str = ""
    missing: str = ""
    refused: tuple[str, ...] = ()
    untried: str = ""
    is_broken: bool = False

    @property
    def imports(self) -> bool:
        """Whether all of it was imported, which none of it is where it holds no module."""
        return bool(self.modules) and not (self.problem or self.installs or self.untried)


def check(wheel: Path, having: Circumstances, environ: Mapping[str, str], knowledge: Knowledge) -> Check:
    """Install a wheel and import what it holds."""
    try:
        names, requires = wheel_content.read(wheel)
    except UnsoundWheelError as error:
        return Check((), is_compiled=False, requires_dist=(), installs=str(error))
    found = Check(_importable_at_top(names)[:_MOST_MODULES], any(name.endswith(COMPILED) for name in names), requires)
    with suppress(Interrupted), temporary_folder.temporary(having.workplace) as folder:
        try:
            found = _tried(_Trial(wheel, having, process.clean_environ(environ, folder), folder), found, knowledge)
        except InstallError as error:
            found = replace(found, untried=temporary_paths.left_out(error.hint))
        except TimeoutError:
            found = replace(found, untried=_OVER_TIME)
        except Interrupted:
            found = replace(found, untried="you ended it")
    return found


def _tried(trial: _Trial, found: Check, knowledge: Knowledge) -> Check:
    """What comes of installing the wheel and importing its modules."""
    ran = trial.install()
    if ran.status != 0:
        return replace(found, installs=in_the_words_of_installer(temporary_paths.left_out(ran.output)))
    for module in found.modules:
        imported = _imported(module, trial, found, knowledge)
        if imported.problem:
            of_wheel = import_failures.is_of_wheel(imported.missing, found.modules, knowledge, trial.python)
            return replace(
                found,
                problem=imported.problem,
                missing=imported.missing,
                refused=imported.refused,
                is_broken=imported.is_broken or of_wheel,
            )
    return found


@dataclass(frozen=True)
class _Imported:
    """How an import ended.

    :param problem: the exception in words; empty if there was none.
    :param missing: the module that it says is missing.
    :param may_lack: whether installing something may help.
    :param refused: the files that it was kept from.
    :param is_broken: whether this Python cannot run it, whatever is installed.
    """

    problem: str = ""
    missing: str = ""
    may_lack: bool = False
    refused: tuple[str, ...] = ()
    is_broken: bool = False


def _imported(module: str, trial: _Trial, wheel: Check, knowledge: Knowledge) -> _Imported:
    """Import a module; while something is missing that the wheel requires, install that and import it again."""
    imported = trial.imported(module)
    for _ in range(_ROUNDS):
        lacks_own = imported.missing.partition(".")[0] in wheel.modules
        waiting = [text for text in wheel.requires_dist if "extra ==" not in text and text not in trial.wanted]
        if not imported.may_lack or lacks_own or not waiting:
            break
        named = _provider(imported.missing, waiting, knowledge) if imported.missing else ""
        trial.add([named] if named else waiting)
        imported = trial.imported(module)
    return imported


class _Trial:
    """The wheel in an environment, with what was installed beside it so far."""

    def __init__(self, wheel: Path, having: Circumstances, environ: Mapping[str, str], folder: Path) -> None:
        self._wheel, self._having, self._environ, self._folder = wheel, having, environ, folder
        self._environment: Environment
        self.wanted: list[str] = []
        self.python = having.installer.python.minor
        self._had: list[str] = []  # what could be installed of that

    def install(self) -> Ran:
        """Make a new environment, and install the wheel there last: nothing that a wheel left there is to run.

        :raises TimeoutError: if the time ran out.
        """
        left = self._having.left
        if left < _LEAST:
            raise TimeoutError
        try:
            self._environment = self._filled(self.wanted)
            self._had = [*self.wanted]
        except InstallError:
            self._environment = self._filled(self._had)  # the import says what it lacks
        ran = self._environment.install_wheel(self._wheel, self._having.left)
        if ran.status is None:
            raise TimeoutError
        return ran

    def _filled(self, texts: list[str]) -> Environment:
        having = self._having
        return build_environment.filled(having.installer, self._folder, texts, min(_INSTALL, having.left))

    def add(self, requirements: list[str]) -> None:
        """Install more beside the wheel, in a new environment: in the old one, other people's code has run."""
        self.wanted += requirements
        self.install()

    def imported(self, module: str) -> _Imported:
        """Import a module.

        :raises TimeoutError: if the time ran out.
        """
        isolated, folder = self._environment, self._folder
        if self._having.left < _LEAST:
            raise TimeoutError
        try:
            place = Path(tempfile.mkdtemp(prefix="asked-", dir=folder))  # an earlier import may have left anything
        except OSError as error:
            return _Imported(f"import {module}: an import before it has closed its folder: {error.strerror}")
        environ = {**self._environ, **isolated.make_extra_environ()}
        command = [isolated.python_executable, "-c", _IMPORT, module, str(place / _ANSWER)]
        ran = process.run(command, folder, environ, min(_LIMIT, self._having.left), [folder])
        if ran.status is None and self._having.left < _LEAST:
            raise TimeoutError
        if ran.status is None:
            return _Imported(f"import {module}: not done in {ran.seconds:.0f} s")
        try:
            kind, text, missing, origin, line = _five_texts(answer.read(place, _ANSWER).get("problem"))
        except UnsoundAnswerError:
            return _Imported(
                f"import {module}: the interpreter ended: {telling_line(temporary_paths.left_out(ran.output))}"
            )
        if not kind:
            return _Imported()
        refused = tuple(confinement.refused(f"{ran.output}\n{text}", folder))
        text = temporary_paths.left_out(text)
        said = f"{kind}: {text.strip().splitlines()[0] if text.strip() else ''}"
        is_missing = kind == "ModuleNotFoundError"
        # "cannot import name" comes from a module that is installed. Any other ImportError may be an author's
        # own message for a module that is not.
        may_lack = is_missing or (kind == "ImportError" and not text.startswith("cannot import name"))
        is_broken = origin == "builtins" and import_failures.is_broken(kind, text, line)
        return _Imported(f"import {module}: {said}", missing if is_missing else "", may_lack, refused, is_broken)


def _five_texts(value: object) -> list[str]:
    found = answer.texts(value)
    if len(found) != 5:  # noqa: PLR2004  # what _IMPORT writes
        raise UnsoundAnswerError("it is not what is wrong, in five texts")
    return found


def _importable_at_top(names: Iterable[str]) -> tuple[str, ...]:
    """The importable names at a wheel's top: packages first; compiled modules where there is nothing else.

    Where all is in a namespace package, which has nothing to import: the packages in that.
    """
    tops: dict[str, None] = {}
    inside: dict[str, None] = {}
    for name in sorted(names, key=lambda one: (one.count("/") == 0, one)):
        path = re.sub(r"^[^/]+\.data/(?:purelib|platlib)/", "", name)
        first, _, rest = path.partition("/")
        if first.endswith((".dist-info", ".data", ".pth")):
            continue
        is_package = rest in ("__init__.py", "__init__.pyc") or re.fullmatch(r"__init__\.[^/]*\.(?:so|pyd)", rest)
        is_module = not rest and first.endswith((".py", *COMPILED))
        if is_package or is_module:
            tops.setdefault(first.partition(".")[0])
        second, _, rest = rest.partition("/")
        if rest == "__init__.py" and second.isidentifier():
            inside.setdefault(f"{first}.{second}")
    found = tops or inside
    good = [one for one in found if _is_for_import(one)]
    public = [one for one in good if not one.startswith("_")]
    return tuple(public or good)


def _is_for_import(name: str) -> bool:
    top = name.partition(".")[0]
    return top.isidentifier() and not _NOT_PACKAGES.fullmatch(top)


def _provider(missing: str, requires: Iterable[str], knowledge: Knowledge) -> str:
    """Which of the wheel's own requirements brings a module; empty if none does."""
    project = project_of(knowledge.requirement_for(missing))  # empty where no project can be called after the module
    top = canonicalize_name(missing.partition(".")[0])
    for text in requires:
        name = project_of(text)
        if (name and name in (project, top)) or name.removeprefix("python-") == top or name.startswith(f"{top}-"):
            return text
    return ""
