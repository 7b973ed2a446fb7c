"""Commands of ours run at once, a process each: one process runs other people's code one command at a time.

::

    the words of a command -> augbackend … --json -> what it printed, as a script would get it
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from augbackend.cli.fetch.lookup import Lookup

# The current folder is strangers', and Python would import from there.
_PROGRAM = "import sys; sys.path[:] = [one for one in sys.path if one]; from augbackend.cli import main; main()"
_SETTLED = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL")
_LAST = 10.0  # seconds for a process to end the builds that it has begun

Work = TypeVar("Work")


class Printed(NamedTuple):
    """What a command printed on stdout, and its exit status."""

    text: str
    status: int


@dataclass(frozen=True)
class OwnProcesses:
    """How the processes are run.

    :param jobs: how many at once.
    """

    lookup: Lookup
    jobs: int

    def outputs(
        self, works: Iterable[Work], words: Callable[[Work], Sequence[str]], tell: Callable[[Work], None]
    ) -> Iterator[tuple[Work, Printed]]:
        """Each piece of work with what its command printed, in the order in which they end.

        :param words: the command for a piece of work, without our own name.
        :param tell: is told of each that begins.
        """
        running: set[subprocess.Popen[str]] = set()
        queue = list(works)[::-1]
        waiting: dict[Future[tuple[str, str]], tuple[Work, subprocess.Popen[str]]] = {}
        with ThreadPoolExecutor(self.jobs) as threads:
            try:
                while queue or waiting:
                    while queue and len(waiting) < self.jobs:
                        work = queue.pop()
                        tell(work)
                        process = self._started(words(work))
                        running.add(process)
                        waiting[threads.submit(process.communicate)] = work, process
                    for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                        work, process = waiting.pop(done)
                        running.discard(process)
                        yield work, Printed(done.result()[0], process.returncode)
            finally:
                _end_all(running)

    def _started(self, words: Sequence[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603  # this program
            [sys.executable, "-c", _PROGRAM, *words],
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def _environ(self) -> dict[str, str]:
        """Where to look: not as options, since everybody on this machine can read those, passwords included."""
        where = self.lookup.where
        links = [Path(link).resolve().as_uri() if Path(link).exists() else link for link in where.find_links]
        said = {
            "UV_DEFAULT_INDEX": where.index_url,
            "UV_INDEX": " ".join(where.extra_index_urls),
            "UV_FIND_LINKS": ",".join(links),
            "PIP_TRUSTED_HOST": " ".join(where.trusted_hosts),
            "PIP_NO_INDEX": "1" if where.no_index else "",
            "UV_NO_INDEX": "1" if where.no_index else "",
            "PYTHONUTF8": "1",
        }
        others = {name: value for name, value in os.environ.items() if name not in {*said, *_SETTLED}}
        return {**others, **{name: value for name, value in said.items() if value}}


def _end_all(processes: Iterable[subprocess.Popen[str]]) -> None:
    """Tell processes to end what they have begun, and wait for that."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(_LAST)
        except subprocess.TimeoutExpired:
            process.kill()
