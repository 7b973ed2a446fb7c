"""One attempt: a copy of the tree, a fresh environment, the declaration on top of it, a wheel or a failure.

The order is a frontend's: ``build-system.requires``, what ``get_requires_for_build_wheel`` answers, ``build_wheel``.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Literal, get_args

from packaging.utils import canonicalize_name

from augbackend.cli.edit import patched_tree
from augbackend.cli.fetch import build_environment, sdist_of_tree
from augbackend.cli.fetch.build_environment import InstallError
from augbackend.cli.model.requirement import project_of
from augbackend.cli.strangers import confinement, hook_call, process, temporary_folder, tree_copy
from augbackend.cli.strangers.hook_call import HookError, Hooks
from augbackend.cli.strangers.interruption import Interrupted
from augbackend.cli.strangers.telling_line import telling_line
from augbackend.errors import AugbackendError

from . import build_tool_output, compiler_output, temporary_paths
from .wheel_identity import unread_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from augbackend.cli.model.declaration import Declaration
    from augbackend.cli.strangers.environment import Environment, Installer
    from augbackend.cli.strangers.hook_call import BuildSystem, Product

    from .wheel_identity import Identity

Stage = Literal["install", "get_requires", "wheel", "identity", "import"]
STAGES: tuple[Stage, ...] = get_args(Stage)  # in their order
_TREE = "tree"
_NOISE = re.compile(r"0x[0-9a-f]+|/tmp/\S+|(?<!\d)\d+\.\d+ ?(?:s|MB|GB)\b|pid \d+|tmp\w{8}")


@dataclass(frozen=True)
class Failure:
    """Why there is no wheel.

    :param output: everything that was printed.
    :param is_over_time: whether it was killed.
    :param is_interrupted: whether the user ended it.
    """

    stage: Stage
    output: str
    is_over_time: bool = False
    is_interrupted: bool = False

    @property
    def is_cut_short(self) -> bool:
        """Whether nobody knows how it would have ended."""
        return self.is_over_time or self.is_interrupted

    @cached_property
    def message(self) -> str:
        """The last exception or error in one line."""
        return build_tool_output.message(self.output) or telling_line(self.output, "it ended and said nothing")

    @cached_property
    def headline(self) -> str:
        """The message for a reader: a compiler's own words, a command without its options."""
        if self.is_over_time:
            return "killed, since the time ran out"
        if self.is_interrupted:
            return "ended by you"
        return compiler_output.error(self.output) or _without_options(self.message)

    @cached_property
    def signature(self) -> tuple[str, str]:
        """What stays the same when the same failure happens again."""
        tail = "\n".join(self.output.strip().splitlines()[-6:])
        return self.stage, _NOISE.sub("…", f"{self.message}\n{tail}")


def _without_options(message: str) -> str:
    """A message that quotes a command, with the command's first and last word only."""
    before, _, quoted = message.partition("Command '[")
    inside, closed, after = quoted.partition("]'")
    words = [word.strip(" '") for word in inside.split(",")]
    if not closed or len(words) == 1:
        return message
    return f"{before}{words[0].rpartition('/')[2]} … {words[-1]}{after}"


@dataclass(frozen=True)
class Attempt:
    """What came of an attempt.

    :param wheel: that it gave, or the sdist where that was asked for.
    :param seconds: of wall time, installing included.
    :param in_stage: seconds of its last stage alone.
    :param installed: versions of what the build environment had.
    :param importable: the names at the top of what could be imported there.
    :param asked: what the package itself asked for: ``build-system.requires``, and what its backend answered.
    :param refused: the files that its code was kept from.
    :param output: what building the wheel printed, where that gave one.
    """

    declaration: Declaration
    wheel: Path | None
    failure: Failure | None
    seconds: float
    installed: Mapping[str, str] = field(default_factory=dict)
    importable: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    in_stage: float = 0.0
    output: str = ""


@dataclass(frozen=True)
class Circumstances:
    """What all attempts have in common.

    :param tree: the unpacked sdist or the copy of a folder, never built in.
    :param backend: that it names.
    :param deadline: in seconds of the monotonic clock.
    :param workplace: a folder for everything that is made.
    :param root: the tree with what is around it, if there is more than the tree.
    :param identity: the name and version that frontends expect of its wheel; ``None`` where they take any.
    :param is_folder: whether an sdist is still to be made of the tree.
    """

    tree: Path
    backend: str
    installer: Installer
    deadline: float
    workplace: Path
    root: Path | None = None
    identity: Identity | None = None
    is_folder: bool = False

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.deadline - time.monotonic())


class _Failed(BaseException):  # it ends an attempt, and is nobody's to catch on the way
    """Carries the failure out of a hook's runner."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.stage)
        self.failure = failure


def attempt(
    declaration: Declaration,
    having: Circumstances,
    environ: Mapping[str, str],
    tell: Callable[[str], None] = lambda _: None,
    product: Product = "wheel",
) -> Attempt:
    """Try to build a wheel, or an sdist.

    :param environ: of the caller, of which the harmless part is handed on.
    :param tell: is told what goes on.
    :return: what came of it, also if the user has ended it.
    """
    began = time.monotonic()
    wheel, failure, seen, in_stage = None, None, _Seen(), 0.0
    with (
        suppress(Interrupted),
        temporary_folder.temporary(having.workplace) as folder,
    ):  # while it is removed: no matter
        try:
            wheel = _Build(declaration, having, folder, seen, tell, product).run(environ)
        except _Failed as error:
            failure = error.failure
        except TimeoutError:
            failure = Failure("install", "", is_over_time=True)
        except Interrupted:
            failure = Failure(seen.stage, "", is_interrupted=True)
        in_stage = time.monotonic() - seen.since
    return Attempt(
        declaration,
        wheel,
        failure,
        time.monotonic() - began,
        seen.installed,
        seen.importable,
        tuple(seen.asked),
        tuple(seen.refused),
        in_stage,
        seen.output,
    )


@dataclass
class _Seen:
    """What was seen of a build so far, however it ends: what its last environment had, and what outcomes say.

    :param since: when the stage began, by the monotonic clock.
    """

    installed: Mapping[str, str] = field(default_factory=dict)
    importable: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    output: str = ""
    stage: Stage = "install"
    since: float = field(default_factory=time.monotonic)

    def enter(self, stage: Stage) -> None:
        """The next stage begins."""
        self.stage, self.since = stage, time.monotonic()


@dataclass(frozen=True)
class _Build:
    """One build."""

    declaration: Declaration
    having: Circumstances
    folder: Path
    seen: _Seen
    tell: Callable[[str], None]
    product: Product

    def run(self, environ: Mapping[str, str]) -> Path:
        """The wheel, or the sdist.

        :raises _Failed: if there is none.
        """
        having, folder = self.having, self.folder
        root = having.root or having.tree
        around = tree_copy.whole(root, folder / _TREE)
        tree = around / having.tree.relative_to(root)
        home = folder / "home"
        home.mkdir()
        clean = process.clean_environ(environ, home)
        try:
            patched_tree.patch(tree, self.declaration.patches)
            system = hook_call.build_system(tree)
        except AugbackendError as error:
            raise _Failed(Failure("install", error.what)) from None
        self.seen.asked.extend(sorted(set(system.requires)))
        requires = [*self.declaration.kept(self.seen.asked), *self.declaration.requirement_texts.values()]
        try:
            hooks = hook_call.in_full(requires, partial(self._hooks, tree, system, clean), self._asked)
            self.tell(f"building the {self.product}")
            self.seen.enter("wheel")
            into = Path(tempfile.mkdtemp(prefix=f"{self.product}-", dir=having.workplace))
            made = hooks.build(self.product, into, having.left, self._settings)
        except HookError as error:
            said = _as_named(error.output, tree, around)
            raise _Failed(Failure(self.seen.stage, said, error.is_over_time)) from None
        self.seen.output = _as_named(self.seen.output, tree, around)
        if self.product == "wheel":
            self._check(made)
        return made

    @property
    def _settings(self) -> Mapping[str, Any] | None:
        """What the backend is passed as ``-C``."""
        return self.declaration.as_table().get("config-settings")

    def _check(self, wheel: Path) -> None:
        """Make sure that frontends take it."""
        if not zipfile.is_zipfile(wheel):
            raise _Failed(Failure("wheel", f"the backend says that it made {wheel.name}, and there is no such wheel"))
        differs = self.having.identity.differing(wheel) if self.having.identity else ""
        if differs:
            lines = [self.seen.output, *unread_tables(self.having.tree), differs]
            raise _Failed(Failure("identity", "\n".join(lines)))

    def _asked(self, hooks: Hooks) -> list[str]:
        """What the backend requires, as far as it is not dropped."""
        self.tell("asking what it requires")
        self.seen.enter("get_requires")
        limit = min(hook_call.ASKING, self.having.left)
        answer = sorted(set(hooks.requires(self.product, limit, self._settings)))
        self.seen.asked.extend(answer)
        return self.declaration.kept(answer)

    def _hooks(self, tree: Path, system: BuildSystem, clean: Mapping[str, str], requirements: Sequence[str]) -> Hooks:
        """The tree's hooks in an environment that no hook has seen: an installer executes what lies there."""
        isolated = self._environment(requirements)
        # Before the first hook: what it leaves there may be links to anywhere.
        self.seen.installed, self.seen.importable = _installed_in(isolated.folder)
        environ = {**clean, **isolated.make_extra_environ()}
        environ.update(sdist_of_tree.resolved_variables(self.declaration, environ))

        def heard(output: str) -> None:
            self.seen.output = output
            self.seen.refused.extend(confinement.refused(output, self.folder))

        return Hooks(tree, system, self.folder, isolated.python_executable, environ, heard)

    def _environment(self, requirements: Sequence[str]) -> Environment:
        self.seen.enter("install")
        if requirements:
            self.tell(f"installing {', '.join(map(project_of, requirements))}")
        # An old release that has no wheel here is not worth the hour that building it may take.
        bounded = [name for name, text in self.declaration.requirement_texts.items() if "<" in text]
        having = self.having
        try:
            return build_environment.filled(having.installer, self.folder, requirements, having.left, of_wheels=bounded)
        except InstallError as error:
            raise _Failed(Failure("install", temporary_paths.left_out(error.output), error.is_over_time)) from None


def _as_named(output: str, tree: Path, around: Path) -> str:
    """Output that names the files as the package does, relative to its own folder."""
    said = output.replace(f"{tree}{os.sep}", "")
    return temporary_paths.left_out(said.replace(f"{around}{os.sep}", f"{os.path.relpath(around, tree)}{os.sep}"))


def _installed_in(folder: Path) -> tuple[dict[str, str], frozenset[str]]:
    """Versions of what an environment has, and the names at the top of it; setuptools brings some of its own."""
    places = [*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages")]
    places += [place / "setuptools" / "_vendor" for place in places]
    versions: dict[str, str] = {}
    names = set()
    for path in [path for place in places if place.is_dir() for path in place.iterdir()]:
        if path.suffix == ".dist-info":
            name, _, version = path.stem.rpartition("-")
            if path.parent.name != "_vendor":
                versions[canonicalize_name(name)] = version
        else:
            names.add(path.name.partition(".")[0])
    return versions, frozenset(names)
