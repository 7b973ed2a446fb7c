"""A command of the user's, run with its terminal as it is; what it prints is passed on at once, and kept.

::

    the command's stdout and stderr -> ours, byte by byte -> a file

Where ours is a terminal, the command gets one, so that it draws and colours as always; its input is the user's own, and
it stays in the user's process group, so that the terminal's signals reach it directly.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CHUNK = 2**16
_GRACE = 0.3  # seconds in which a process that goes on in the background may still print
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@dataclass(frozen=True)
class Ended:
    """How the command ended.

    :param status: its exit status; as in a shell, 128 more than the signal that ended it.
    :param output: what it printed on both streams.
    :param is_interrupted: whether the user ended it.
    """

    status: int
    output: str
    is_interrupted: bool = False


def run(words: Sequence[str], environ: Mapping[str, str], keep: IO[bytes], *, stdout: int = 1) -> Ended:
    """Run a command as it stands.

    :param keep: an empty file, without a buffer, for what it prints; if the disk gets full, it is as if nothing had
        been printed.
    :param stdout: the file descriptor that its stdout is passed on to.
    :raises AugbackendError: if there is no such program.
    """
    with ExitStack() as stack:
        channels = _Channels(stack, keep)
        outputs = [channels.to(stdout), channels.to(2)]
        signals = stack.enter_context(_left_to_it())
        try:
            process = subprocess.Popen(  # noqa: S603  # the user's own command
                list(words), env=dict(environ), stdout=outputs[0], stderr=outputs[1]
            )
        except OSError as error:
            hint = "after -- comes the command as you would type it: augbackend run -- uv tool install …"
            if isinstance(error, FileNotFoundError) and words[0] == Path(words[0]).name:
                raise CliError(
                    "there is no such program on PATH",
                    id="program-not-found",
                    where=words[0],
                    hint=f"is it spelled right, and installed? {hint}",
                ) from None
            raise CliError(
                f"it cannot be run: {error.strerror or error}", id="command-not-run", where=words[0], hint=hint
            ) from None
        signals.process = process
        channels.pass_on(process)
        status = process.wait()
    status = 128 - status if status < 0 else status
    output = ""
    if channels.has_kept_all:
        keep.seek(0)
        output = keep.read().decode("utf-8", errors="replace")
    return Ended(status, output, is_interrupted=signals.has_come and status != 0)


class _Signals:
    """What has come while the command ran."""

    def __init__(self) -> None:
        self.has_come = False
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self, number: int, _frame: object) -> None:
        self.has_come = True
        # A terminal sends SIGINT to the command as well, and a tool may go on after it.
        is_of_terminal = number == signal.SIGINT and sys.stdin is not None and sys.stdin.isatty()
        if self.process is not None and not is_of_terminal:
            with suppress(OSError):
                self.process.send_signal(number)


@contextmanager
def _left_to_it() -> Iterator[_Signals]:
    """Let the command decide what a signal does."""
    signals, before = _Signals(), {}
    if threading.current_thread() is threading.main_thread():
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, signals)
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Channels:
    """The ways from the command's streams to ours."""

    def __init__(self, stack: ExitStack, keep: IO[bytes]) -> None:
        self._stack, self._keep, self.has_kept_all = stack, keep, True
        self._of_command = stack.enter_context(ExitStack())  # closed as soon as the command has them
        self._ours: dict[int, int] = {}  # where we read -> where it goes
        self._theirs: dict[int, int] = {}  # where it goes -> what the command writes to
        self._terminals: list[tuple[int, int]] = []

    def to(self, stream: int) -> int:
        """What the command writes to, so that it reaches a stream of ours."""
        if stream not in self._theirs:
            ours, theirs = self._terminal(stream) if os.isatty(stream) and sys.platform != "win32" else os.pipe()
            self._stack.callback(os.close, ours)
            self._of_command.callback(os.close, theirs)
            self._ours[ours], self._theirs[stream] = stream, theirs
        return self._theirs[stream]

    def _terminal(self, stream: int) -> tuple[int, int]:
        import pty  # not on Windows
        import tty

        ours, theirs = pty.openpty()
        tty.setraw(theirs)  # the user's own terminal does what has to be done to a line
        self._terminals.append((stream, ours))
        self._resize()
        return ours, theirs

    def _resize(self, *_: object) -> None:
        """Give the command's terminal the size of the user's."""
        import fcntl
        import termios

        for stream, ours in self._terminals:
            with suppress(OSError):
                size = fcntl.ioctl(stream, termios.TIOCGWINSZ, b"\0" * 8)
                fcntl.ioctl(ours, termios.TIOCSWINSZ, size)

    def pass_on(self, process: subprocess.Popen[bytes]) -> None:
        """Pass on what comes, until the command has ended and has nothing left to say."""
        self._of_command.close()
        before = self._follow_size()
        try:
            if sys.platform == "win32":  # no selector reads from a pipe there
                self._by_threads()
            else:
                self._by_selector(process)
        finally:
            if before is not None:
                signal.signal(signal.SIGWINCH, before)

    def _follow_size(self) -> Any:
        if not self._terminals or threading.current_thread() is not threading.main_thread():
            return None
        return signal.signal(signal.SIGWINCH, self._resize)

    def _by_selector(self, process: subprocess.Popen[bytes]) -> None:
        with selectors.DefaultSelector() as selector:
            for ours in self._ours:
                selector.register(ours, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(_GRACE)
                if not ready and process.poll() is not None:
                    return  # what it left in the background keeps its streams
                for key, _ in ready:
                    if not self._passed(key.fd):
                        selector.unregister(key.fd)

    def _by_threads(self) -> None:
        def whole(ours: int) -> None:
            while self._passed(ours):
                pass

        threads = [threading.Thread(target=whole, args=(ours,), daemon=True) for ours in self._ours]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    def _passed(self, ours: int) -> bool:
        """Pass on what is there to be read; false at the end."""
        try:
            content = os.read(ours, _CHUNK)
        except OSError:  # the other side of a terminal is closed
            return False
        if content:
            try:
                is_kept = self._keep.write(content) == len(content)
            except OSError:  # the disk is full: the user's command goes on
                is_kept = False
            self.has_kept_all = self.has_kept_all and is_kept
            _write_whole(self._ours[ours], content)
        return bool(content)


def _write_whole(stream: int, content: bytes) -> None:
    """Write all of it; a reader who has gone ends this program as it would have ended the command."""
    while content:
        content = content[os.write(stream, content) :]
