"""What was diagnosed before, in the user's cache: found again as long as the same would be found out anew.

::

    sdist, Python, declaration, augbackend, rows of knowledge, its recipe -> a file; in it the newest versions of what
    the build requires

A new release of a build requirement may break a build, or mend one. So an entry holds which was the newest of each that
the build asked for, and does not count any more when an index has another.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sysconfig
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

from augbackend import __version__
from augbackend.cli.edit import replace_file
from augbackend.cli.fetch import index, recipe_places
from augbackend.cli.fetch.recipe_places import RecipePlaces  # noqa: TC001  # the type of a field
from augbackend.cli.model.requirement import project_of, requirement_of
from augbackend.errors import AugbackendError
from augbackend.knowledge import rows

from .package_diagnosis import PackageDiagnosis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.strangers.interpreter import Interpreter

    from .diagnosing_processes import Document, PackageToDiagnose

_FORMAT = 1
_COUNTS = ("builds-as-is", "builds-when-declared", "not-by-a-declaration")  # nothing that time or a place lacked


@dataclass
class RememberedDiagnoses:
    """The documents of packages that were diagnosed.

    :param knowledge: files of the user's own.
    :param recipes: that are tried first.
    :param newest: the newest version of each project that was asked for; its only state.
    """

    lookup: Lookup
    python: Interpreter
    knowledge: Sequence[Path] = ()
    recipes: RecipePlaces = recipe_places.NONE
    newest: dict[str, str] = field(default_factory=dict)

    def recalled(self, package: PackageToDiagnose) -> Document | None:
        """What was found before, with the day, ``None`` if it was not, or may be otherwise now."""
        if not package.sha256:
            return None
        try:
            entry = json.loads(self._file(package).read_text(encoding="utf-8"))
            document, day = entry["document"], entry["day"]
            datetime.strptime(day, "%Y-%m-%d")  # noqa: DTZ007  # a day, of nowhere
            is_it = entry["format"] == _FORMAT and document["verdict"] in _COUNTS
            known = dict(entry["newest"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):  # it is absent, or somebody else's
            return None
        if not is_it or not _is_of(document, package) or not self._is_current(known):
            return None
        return {**document, "remembered": day}

    def remember(self, package: PackageToDiagnose, document: Document) -> None:
        """Note what was found, if it does not depend on how much time there was.

        What was built with a declaration is known of the package when it is declared, too.
        """
        if not package.sha256 or document["verdict"] not in _COUNTS:
            return
        self._note(package, document)
        found = PackageDiagnosis(document)
        if found.can_be_cured:
            declared = replace(package, declared=found.found)
            self._note(declared, {**document, "declared": declared.declared_keys})

    def _note(self, package: PackageToDiagnose, document: Document) -> None:
        names = sorted({project_of(text) for text in document.get("build-requires", []) if requirement_of(text)})
        today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
        newest = {name: self._newest(name) for name in names}
        entry = {"format": _FORMAT, "day": today, "newest": newest, "document": document}
        file = self._file(package)
        with suppress(OSError):  # a cache that cannot be written is no reason to fail
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_file.replace_file(file, json.dumps(entry, indent=1).encode())

    def _is_current(self, known: Mapping[str, str]) -> bool:
        return self.lookup.offline or all(self._newest(name) == version for name, version in known.items())

    def _newest(self, name: str) -> str:
        """The newest version on the indexes; empty if there is none, or none that can be known."""
        if name not in self.newest:
            self.newest[name] = ""
            with suppress(AugbackendError):
                found = index.files(Requirement(name), self.lookup.where, not_in=self.lookup.output)
                self.newest[name] = found[0].version if found else ""
        return self.newest[name]

    def _file(self, package: PackageToDiagnose) -> Path:
        where = self.lookup.where
        said: list[Any] = [
            *(package.name, package.sha256, package.declared_keys),
            *(self.python.version, sysconfig.get_platform(), platform.libc_ver()),
            *(__version__, *(hashlib.sha256(file.read_bytes()).hexdigest() for file in (rows.FILE, *self.knowledge))),
            *map(index.shown, [where.index_url, *where.extra_index_urls, *where.find_links]),
        ]
        recipe = self.recipes.digest(package.name)
        said += [recipe] if recipe else []
        key = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        return self.lookup.cache.folder / "diagnosed" / f"{key[:40]}.json"


def _is_of(document: Mapping[str, Any], package: PackageToDiagnose) -> bool:
    """Whether a document is one of this package, in the form that is written today."""
    texts = ("name", "version", "reason", "next")
    lists, tables = ("extra-build-dependencies", "remove-build-dependencies"), ("extra-build-variables", "declared")
    return (
        document.get("name") == package.name
        and all(isinstance(document.get(key), str) for key in texts)
        and all(isinstance(document.get(key), list) for key in lists)
        and all(isinstance(document.get(key), dict) for key in tables)
        and isinstance(document.get("seconds"), (int, float))
    )
