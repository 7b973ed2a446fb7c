"""Several packages diagnosed at once, a process each.

::

    PackageToDiagnose -> augbackend diagnose … --json -> the document of a package, as a script would get it
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.declaration import Declaration

from .own_processes import OwnProcesses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.strangers.interpreter import Interpreter

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
            "patches": [one.as_json() for one in self.declared.patches],
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
        for package, printed in OwnProcesses(self.lookup, self.jobs).outputs(packages, self._words, tell):
            yield package, _document_of(package, printed.text, printed.status)

    def _words(self, package: PackageToDiagnose) -> list[str]:
        words = [*self.options, "--python", self.python.path, "--cache-dir", str(self.lookup.cache.folder)]
        words += ["--offline"] if self.lookup.offline else []
        there = package.declared
        words += [word for text in there.requirement_texts.values() for word in ("--require", text)]
        words += [word for name in there.removed for word in ("--remove-require", name)]
        words += [word for one in there.patches for word in ("--patch", one.file)]
        words += [word for one in there.variable_values.items() for word in ("--variable", "=".join(one))]
        return ["diagnose", "--json", *words, "--", package.target]


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
    lists = ("extra-build-dependencies", "remove-build-dependencies", "patches", "evidence", "remarks", "attempts")
    return {
        "name": package.name,
        "version": package.version,
        "verdict": "not-diagnosed",
        "reason": reason,
        "extra-build-variables": {},
        **{key: [] for key in (*lists, "requires-dist", "build-requires")},
        **dict.fromkeys(("python", "next", "wheel", "problem"), ""),
        **dict.fromkeys(("enough", "imports"), False),
        **dict.fromkeys(("unfinished", "confinement")),
        "builds": 0,
        "seconds": 0.0,
        "declared": package.declared_keys,
    }
