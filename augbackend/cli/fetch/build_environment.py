"""An isolated environment with requirements in it that strangers may have written.

::

    texts -> requirements -> the installer, wheels only -> an environment
                                   | fails
                                   v
             those without a wheel -> sdists -> built, confined, in environments made likewise -> the installer again

No installer builds anything, and no process that builds knows an index or its password.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.requirement import applies, requirement_of
from augbackend.cli.strangers import environment, hook_call, process, temporary_folder
from augbackend.cli.strangers.hook_call import HookError, Hooks
from augbackend.cli.strangers.telling_line import telling_line
from augbackend.errors import AugbackendError

from . import decompression, index, sdist, unavailable, wheel_content
from .wheel_content import UnsoundWheelError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from augbackend.cli.strangers.environment import Environment, Installer
    from augbackend.cli.strangers.process import Ran

BUILDING_FAILS = "and building it fails:\n"  # before what that printed
_DEEPEST = 6  # builds inside of each other
_MOST = 200  # projects that are looked up for one environment
_LARGEST = 2**32  # bytes of a download


class InstallError(CliError):
    """Requirements that cannot be installed.

    :param output: what the installer or a build printed, or a sentence of ours.
    :param texts: all that was to be installed.
    :param is_over_time: whether it was killed at the limit.
    """

    def __init__(self, output: str, texts: Iterable[str] = (), *, is_over_time: bool = False) -> None:
        wanted = f": {', '.join(sorted(texts))}" if texts else ""
        hint = "the time ran out" if is_over_time else telling_line(output, "run a frontend to see why")
        super().__init__(
            f"the build requirements cannot be installed{wanted}", id="requirements-not-installed", hint=hint
        )
        self.output, self.is_over_time = output, is_over_time


def filled(
    using: Installer, within: Path, texts: Iterable[str], limit: float, *, of_wheels: Collection[str] = ()
) -> Environment:
    """Make an environment with requirements in it.

    :param within: a folder that other people's code may write to.
    :param limit: in seconds, for all of it.
    :param of_wheels: projects that are never built.
    :raises InstallError: if they cannot be installed.
    :raises TimeoutError: if there was no time to make an environment.
    """
    return _Filling(using, time.monotonic() + limit, frozenset(of_wheels), ()).filled(within, texts)


def wheel_of(file: Path, using: Installer, into: Path, limit: float) -> Path:
    """Build an sdist's wheel as a frontend does, with what the sdist itself says, and nothing else.

    The sdist's newest file is the time that the build is told, so that a second build makes the same.

    :param into: an existing folder for it.
    :param limit: in seconds, for all of it.
    :raises HookError: if its backend does not.
    :raises AugbackendError: if its requirements cannot be installed, or it is no sound sdist.
    :raises TimeoutError: if there was no time to make an environment.
    """
    return _Filling(using, time.monotonic() + limit, frozenset(), ()).wheel_of_sdist(file, into)


@dataclass(frozen=True)
class _Filling:
    """One environment that is being filled.

    :param deadline: in seconds of the monotonic clock.
    :param around: the projects whose builds want it, from the outside in.
    """

    using: Installer
    deadline: float
    of_wheels: frozenset[str]
    around: tuple[str, ...]

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.deadline - time.monotonic())

    def filled(self, within: Path, texts: Iterable[str]) -> Environment:
        made = self._empty(within)
        wanted = [self._at_hand(one) for one in map(_parsed, texts) if self._applies(one)]
        if not wanted:
            return made
        ran = made.install(wanted, self.left)
        if ran.status not in (0, None) and self._build_missing(wanted):
            made = self._empty(within)
            ran = made.install(wanted, self.left)
        if ran.status != 0:
            raise InstallError(self._why_not(ran, wanted), map(str, wanted), is_over_time=ran.status is None)
        return made

    def _why_not(self, ran: Ran, wanted: Iterable[Requirement]) -> str:
        """What the installer says; where it does not find something, what there is of that instead."""
        asked = [one for one in wanted if canonicalize_name(one.name) not in self.of_wheels]
        said = unavailable.explained(ran.output, asked, self.using.where, self.using.python.minor)
        return f"error: {said}" if said else ran.output

    def _empty(self, within: Path) -> Environment:
        try:
            return environment.created(self.using, within, self.left)
        except TimeoutError:
            raise
        except OSError as error:  # what a build did to its own folder
            raise InstallError(f"error: no environment can be made beside the build: {error.strerror}") from None

    def _applies(self, one: Requirement, extras: Collection[str] = ()) -> bool:
        python = self.using.python
        here = {"python_version": python.minor, "python_full_version": python.version}
        try:
            return any(applies(one, {**here, "extra": extra}) for extra in extras or ("",))
        except ValueError as error:
            raise InstallError(f"error: {one}: its marker cannot be evaluated: {error}") from None

    def _at_hand(self, one: Requirement) -> Requirement:
        """The requirement; if it names a URL, with the file there as a wheel on this disk."""
        if not one.url:
            return one
        if not re.match("https?://[^/]", one.url):
            what = "of what a package requires, no file of this machine and no repository is taken"
            raise InstallError(f"error: {one}: {what}")
        with temporary_folder.temporary() as folder:
            try:
                name, digest = canonicalize_name(one.name), index.sha256(one.url)
                found = index.IndexFile(name, "", index.filename(one.url), one.url, digest)
                file = self._downloaded(found, folder)
            except (AugbackendError, ValueError) as error:
                raise InstallError(str(error), is_over_time=not self.left) from None
            wheel = self._kept(file) if file.suffix == ".whl" else self._wheel_of(file, name)
        here = Requirement(str(one))
        here.url = wheel.as_uri()
        return here

    def _build_missing(self, wanted: Iterable[Requirement]) -> bool:
        """Build wheels of what has none for this Python, as far as requirements reach; whether there was any."""
        queue, seen, has_built = list(wanted), set(self.of_wheels), False
        while queue and len(seen) < _MOST:
            one = queue.pop(0)
            name = canonicalize_name(one.name)
            if name in seen or one.url:
                continue
            seen.add(name)
            try:
                requires = index.requires_of_wheel(one, self.using.where, self.using.python.minor, self.deadline)
                if requires is None:
                    requires, has_built = wheel_content.read(self._built(one, name)).requires_dist, True
            except InstallError:
                raise
            except AugbackendError:
                continue  # the installer has said that it is nowhere
            queue += self._those_that_apply(requires, one.extras)
        return has_built

    def _those_that_apply(self, texts: Iterable[str], extras: Collection[str]) -> Iterator[Requirement]:
        for one in filter(None, map(requirement_of, texts)):
            with suppress(InstallError):  # the installer's to refuse
                if self._applies(one, extras):
                    yield one

    def _downloaded(self, found: index.IndexFile, folder: Path) -> Path:
        using = self.using
        return index.download(found, folder, using.where, offline=False, bounds=index.Bounds(self.deadline, _LARGEST))

    def _built(self, one: Requirement, name: str) -> Path:
        with temporary_folder.temporary() as folder:
            return self._wheel_of(self._downloaded(index.find_sdist(one, self.using.where), folder), name)

    def _wheel_of(self, file: Path, name: str) -> Path:
        """Build a wheel as a frontend does, and keep it where the installer looks."""
        if name in self.around or len(self.around) == _DEEPEST:
            chain = " needs ".join([*self.around, name])
            raise InstallError(f"error: to be built, {chain}, and there is no wheel of it for this Python")
        inside = _Filling(self.using, self.deadline, self.of_wheels, (*self.around, name))
        with temporary_folder.temporary() as into:
            try:
                return self._kept(inside.wheel_of_sdist(file, into))
            except InstallError:
                raise
            except HookError as error:
                head = f"{name} has no wheel for this Python, {BUILDING_FAILS}"
                raise InstallError(head + error.output, is_over_time=error.is_over_time) from None
            except AugbackendError as error:
                raise InstallError(f"error: {name} has no wheel for this Python, and {error.what}") from None

    def wheel_of_sdist(self, file: Path, into: Path) -> Path:
        """The wheel of an sdist, which is unpacked where its code may write."""
        with temporary_folder.temporary() as above:
            folder = above / "confined"
            folder.mkdir()
            with sdist.opened(file) as archive:
                tree = sdist.unpack(archive, folder / "tree")
                day = max(archive.newest, decompression.FIRST_OF_ZIP)
            return self.wheel_of_tree(tree, folder, into, day)

    def wheel_of_tree(self, tree: Path, folder: Path, into: Path, day: int) -> Path:
        """The wheel of an unpacked sdist in ``folder``, which its code may write to (PEP 517).

        :param day: what the build takes for now, unless the user says another: whenever it runs, it makes the same.
        """
        system = hook_call.build_system(tree)
        home = folder / "home"
        home.mkdir()
        clean = {"SOURCE_DATE_EPOCH": str(day), **process.clean_environ(os.environ, home)}

        def hooks_with(texts: Iterable[str]) -> Hooks:
            isolated = self.filled(folder, texts)
            return Hooks(tree, system, folder, isolated.python_executable, {**clean, **isolated.make_extra_environ()})

        def ask(hooks: Hooks) -> list[str]:
            return hooks.requires("wheel", min(hook_call.ASKING, self.left))

        return hook_call.in_full(system.requires, hooks_with, ask).build("wheel", into, self.left)

    def _kept(self, wheel: Path) -> Path:
        """A wheel where the installer looks, if it may be given to one."""
        try:
            parse_wheel_filename(wheel.name)
            wheel_content.read(wheel)
        except (InvalidWheelFilename, UnsoundWheelError) as error:
            raise InstallError(f"error: {wheel.name} is not given to an installer: {error}") from None
        return Path(shutil.copyfile(wheel, self.using.built / wheel.name))


def _parsed(text: str) -> Requirement:
    requirement = requirement_of(text)
    if requirement is None:
        raise InstallError(f"error: {text!r} is no requirement (PEP 508), and no installer gets to see it")
    return requirement
