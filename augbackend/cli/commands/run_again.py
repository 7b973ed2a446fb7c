"""The loop of ``augbackend run``: the command, the package that did not build, its archive, the command again.

Each version of a package is wrapped at most once, and no more of them than a limit.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from augbackend.cli import loudness
from augbackend.cli.model import error_report
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.running import (
    conflict,
    constrained,
    error_line,
    failed_package,
    passed_output,
    pipx_output,
    unsuitable,
)
from augbackend.cli.running.failed_package import FailedPackage, Unclear
from augbackend.cli.running.resolution import Resolver
from augbackend.cli.strangers import interpreter, interruption
from augbackend.cli.strangers.interruption import Interrupted
from augbackend.errors import AugbackendError, say, tell

from .cured import cured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from augbackend.cli.model.locked_version import Locked
    from augbackend.cli.running.constrained import CuredArchive
    from augbackend.cli.running.cured_package import CuredPackage
    from augbackend.cli.running.frontend_command import FrontendCommand
    from augbackend.cli.running.passed_output import Ended

    from .cured import Cure

_STDERR = 2


@dataclass
class RunAgain:
    """A command, run until it works or nothing more can be done.

    :param place: a folder for what is only needed meanwhile.
    :param limit: the most packages that are wrapped.
    :param stdout: the file descriptor that the command's stdout is passed on to.
    :param cure: says how packages are cured; asked only if one has to be.
    :param packages: what has been wrapped.
    :param left_out: what was wrapped as well, and did not fit what else was asked for.
    :param left: why it could not go on; empty if the command worked, or failed for another reason.
    """

    command: FrontendCommand
    place: Path
    limit: int
    cure: Callable[[], Cure]
    stdout: int = 1
    packages: list[CuredPackage] = field(default_factory=list)
    left_out: list[CuredPackage] = field(default_factory=list)
    left: str = ""

    @property
    def constraints(self) -> str:
        """The lines that lead to the archives."""
        return self._lines(one.archive for one in self.packages)

    def until_done(self) -> int:
        """The exit status: of the last run of the command, or 130 if the user ended it."""
        try:
            while True:
                ended = self._run()
                if ended.is_interrupted:
                    # A tool may go on after Ctrl-C, and end later as it likes.
                    return ended.status if self.command.runs_a_tool else interruption.STATUS
                if not ended.status or not self._went_on(ended):
                    return ended.status
        except Interrupted:
            return interruption.STATUS

    def _run(self) -> Ended:
        words, environ = self.command.words, dict(os.environ)
        if self.packages or self.left_out:
            archives = [one.archive for one in self.packages]
            file = self._constraints(archives)
            words, environ = constrained.words(self.command, file, archives), self._environ(file)
        with tempfile.TemporaryFile(dir=self.place, buffering=0) as keep:
            return passed_output.run(words, environ, keep, stdout=self.stdout)

    def _went_on(self, ended: Ended) -> bool:
        """Whether the command is to run again: a package was wrapped, or an archive that was in the way is left out."""
        frontend, output = self.command.frontend, ended.output
        if frontend == "pipx":
            output = pipx_output.whole(failed_package.plain(output))
        failed = failed_package.found(frontend, output) if frontend else None
        if failed is None and frontend and not output.strip():
            self.left = "it printed nothing, so it cannot be told whether a package did not build"
            say("note", f"{self.left}; run it without -q")
        if failed is None:
            return self._made_room(output)
        try:
            if isinstance(failed, Unclear):
                raise unsuitable.unclear(self.command, failed)
            self._wrap(failed, error_line.said(output))
        except (AugbackendError, OSError) as caught:  # such as a cache that cannot be written
            error = error_report.of_any(caught)
            self.left = str(error).removeprefix("augbackend: error: ")
            tell(f"\n{error_report.text(error)}")
            return False
        loudness.progress("augbackend: running the command again\n")
        return True

    def _made_room(self, output: str) -> bool:
        """Whether an archive was in the way of the frontend's choice of versions, and is not any more."""
        found = conflict.in_the_way(output, self.packages) if self.command.frontend != "uv run" else None
        if found is None:
            return False
        self.packages.remove(found)
        self.left_out.append(found)
        tell(f"augbackend: {found} does not fit what else is asked for; running the command again without it\n")
        return True

    def _wrap(self, failed: FailedPackage, error: str) -> None:
        """Wrap a package.

        :raises AugbackendError: if that cannot be done, or would not help.
        """
        before = next((one for one in self.packages if one.name == failed.name), None)
        if before is not None and self.command.frontend == "uv run" and failed.version:
            raise unsuitable.of_project(failed)  # uv would name an archive by its place
        if before is not None:
            hint = f"see what its build says: augbackend diagnose {before.name}=={before.version}"
            raise CliError(f"{before} did not build, though it was wrapped", id="wrapped-but-fails", hint=hint)
        refusal = unsuitable.refusal(self.command, failed, os.environ)
        if refusal is not None:
            raise refusal
        if len(self.packages) + len(self.left_out) >= self.limit:
            hint = f"raise it: --limit {self.limit * 2}"
            raise CliError(
                f"{failed} did not build either, and that is one more than --limit", id="limit-reached", hint=hint
            )
        how = self.cure()
        self.packages.append(cured(failed, error, how, lambda archive: self._resolved(archive, how)))

    def _resolved(self, archive: CuredArchive, how: Cure) -> Sequence[Locked]:
        """The versions that the command comes to, with an archive; a package that does not build for that is wrapped.

        pip shows a build what is installed, so that it is asked there.
        """
        uv = interpreter.uv()
        if uv is None or self.command.frontend in ("pip", "build", "tox"):
            return ()
        resolver = Resolver(uv, self.command, how.python.path)
        while True:
            file = self._constraints([*(one.archive for one in self.packages), archive])
            found = resolver.versions(file, self._environ(file))
            failed = failed_package.found("uv pip", found.output) if not found.locked else None
            if not isinstance(failed, FailedPackage) or failed.name == archive.name:
                return found.locked
            self._wrap(failed, error_line.said(found.output))

    def _constraints(self, archives: Sequence[CuredArchive]) -> Path:
        file = self.place / "constraints.txt"
        file.write_text(self._lines(archives), encoding="utf-8")
        return file

    def _lines(self, archives: Iterable[CuredArchive]) -> str:
        return constrained.text(archives, [(one.name, one.version) for one in self.left_out])

    @staticmethod
    def _environ(file: Path) -> dict[str, str]:
        return {**os.environ, **constrained.variables(file, os.environ)}
