"""Several packages diagnosed at once, a process each: one process runs other people's code one command at a time.

::

    PackageToDiagnose -> augbackend diagnose … --json -> the document of a package, as a script would get it
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.declaration import Declaration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.strangers.interpreter import Interpreter

# The current folder is strangers', and Python would import from there.
_PROGRAM = "import sys; sys.path[:] = [one for one in sys.path if one]; from augbackend.cli import main; main()"
_SETTLED = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL")
_LAST = 10.0  # seconds for a process to end the builds that it has begun

Document = dict[str, Any]


@dataclass(frozen=True)
class PackageToDiagnose:
    """One package.

    :param target: as ``augbackend diagnose`` takes it.
    :param version: empty if only building it can tell.
    :param sha256: of its sdist; empty for a folder or a repository.
    :param declared: what is declared for it already.
    """

    name: str
    version: str
    target: str
    sha256: str = ""
    declared: Declaration = field(default_factory=Declaration)

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    @property
    def key(self) -> str:
        """Equal for the same package, whether a name or a URL leads there."""
        return self.sha256 or self.target

    @property
    def declared_keys(self) -> dict[str, Any]:
        """What is declared already, by the keys of a package's document."""
        return {
            "extra-build-dependencies": list(self.declared.requirement_texts.values()),
            "extra-build-variables": self.declared.variable_values,
            "remove-build-dependencies": sorted(self.declared.removed),
        }


@dataclass(frozen=True)
class Processes:
    """How the processes are run.

    :param options: that each is given.
    """

    python: Interpreter
    lookup: Lookup
    options: Sequence[str]
    jobs: int

    def documents(
        self, packages: Iterable[PackageToDiagnose], tell: Callable[[PackageToDiagnose], None]
    ) -> Iterator[tuple[PackageToDiagnose, Document]]:
        """Each package with its document, in the order in which they end.

        :param tell: is told of each that begins.
        """
        running: set[subprocess.Popen[str]] = set()
        queue = list(packages)[::-1]
        waiting: dict[Future[tuple[str, str]], tuple[PackageToDiagnose, subprocess.Popen[str]]] = {}
        with ThreadPoolExecutor(self.jobs) as threads:
            try:
                while queue or waiting:
                    while queue and len(waiting) < self.jobs:
                        package = queue.pop()
                        tell(package)
                        process = self._started(package)
                        running.add(process)
                        waiting[threads.submit(process.communicate)] = package, process
                    for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                        package, process = waiting.pop(done)
                        running.discard(process)
                        yield package, _document_of(package, done.result()[0], process.returncode)
            finally:
                _end_all(running)

    def _started(self, package: PackageToDiagnose) -> subprocess.Popen[str]:
        words = [*self.options, "--python", self.python.path, "--cache-dir", str(self.lookup.cache.folder)]
        words += ["--offline"] if self.lookup.offline else []
        there = package.declared
        words += [word for text in there.requirement_texts.values() for word in ("--require", text)]
        words += [word for name in there.removed for word in ("--remove-require", name)]
        words += [word for one in there.variable_values.items() for word in ("--variable", "=".join(one))]
        command = [sys.executable, "-c", _PROGRAM, "diagnose", "--json", *words, "--", package.target]
        return subprocess.Popen(  # noqa: S603  # this program
            command,
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


def _document_of(package: PackageToDiagnose, said: str, status: int) -> Document:
    try:
        document = json.loads(said)
    except ValueError:
        document = {}
    if isinstance(document, dict) and isinstance(document.get("verdict"), str):
        document.pop("format", None)
        return {**document, "declared": package.declared_keys}
    error = document.get("error") if isinstance(document, dict) else None
    told = error if isinstance(error, dict) else {"what": f"diagnosing it ended with status {status}"}
    return not_diagnosed(package, ": ".join(filter(None, [str(told.get("where", "")), str(told.get("what", ""))])))


def not_diagnosed(package: PackageToDiagnose, reason: str) -> Document:
    """The document of a package that nothing could be found out of."""
    nothing: Document = {
        "extra-build-dependencies": [],
        "extra-build-variables": {},
        "remove-build-dependencies": [],
    }
    return {
        "name": package.name,
        "version": package.version,
        "verdict": "not-diagnosed",
        **nothing,
        "reason": reason,
        "next": "",
        "seconds": 0.0,
        "declared": package.declared_keys,
    }
