"""The rows of ``rows.toml``, and of files of the user's own, typed; and how to look them up."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Optional

from augbackend.errors import SettingsError
from augbackend.standards import requirements
from augbackend.table.complaints import lines
from augbackend.table.convert import INVALID, Mistakes, converted, fields_of, key
from augbackend.table.layers import toml

FILE = Path(__file__).with_name("rows.toml")
KINDS = ("module", "requirement", "variable", "header", "library", "command", "pkgconfig", "plugin")
_NEEDS_OF_RULES = ("native", "pip", "Cython")  # that variables do without, and that nothing has to bring
_IN_NEEDS = {"header": "headers", "library": "libraries", "command": "commands", "pkgconfig": "pkgconfig"}


def _check_pattern(text: str) -> None:
    try:
        groups = set(re.compile(text).groupindex)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    if groups - {*KINDS, "value"}:
        raise ValueError(f"unknown groups {sorted(groups - {*KINDS, 'value'})}, expected {', '.join(KINDS)}, value")


def _check_version(text: str) -> None:
    if not re.fullmatch(r"\d+(\.\d+)*", text):
        raise ValueError("expected a version such as '3.12'")


def _check_day(text: str) -> None:
    date.fromisoformat(text)


def _check_size(text: str) -> None:
    if not re.fullmatch(r"\d+(\.\d+)?GiB", text):
        raise ValueError("expected a size such as '4GiB'")


def _check_answer(text: str) -> None:
    if text not in ("yes", "no"):
        raise ValueError("expected 'yes' or 'no'")


@dataclass(frozen=True)
class Symptom:
    """A pattern in the output of a build, and what follows from it.

    ``of-torch``: torch says so, and a torch without CUDA says the same.
    ``silent``: a build that says so may succeed all the same, and leave something out.
    """

    says: str = key(..., check=_check_pattern)
    source: str = key(...)
    require: tuple[str, ...] = key((), check=requirements.parse_requirement)
    variables: Mapping[str, str] = key(MappingProxyType({}))
    need: str = key("")
    gone: str = key("", check=_check_version)
    because: str = key("")
    of_torch: bool = key(False)
    silent: bool = key(False)


@dataclass(frozen=True)
class Module:
    """An importable name, and the requirement that has it."""

    name: str = key(...)
    require: str = key(..., check=requirements.parse_requirement)
    source: str = key(...)


@dataclass(frozen=True)
class Stdlib:
    """A module of the standard library until the Python called ``gone``; ``require`` has it since."""

    name: str = key(...)
    gone: str = key(..., check=_check_version)
    source: str = key(...)
    require: str = key("", check=requirements.parse_requirement)


@dataclass(frozen=True)
class Release:
    """A release that broke builds, and its day (``2021-09-04``).

    ``compiled``: releases before it have no wheels for later Pythons. ``gone``: from that Python on, none of them runs.
    """

    project: str = key(...)
    version: str = key(..., check=_check_version)
    day: str = key(..., check=_check_day)
    source: str = key(...)
    compiled: bool = key(False)
    gone: str = key("")


@dataclass(frozen=True)
class Switch:
    """A pattern for names of variables; set to ``says``, such a variable lets a build do without ``need``.

    ``value``: what to set it to, where its answer is neither yes nor no.
    """

    name: str = key(...)
    need: str = key(...)
    says: str = key(..., check=_check_answer)
    because: str = key(...)
    source: str = key(...)
    value: str = key("")


@dataclass(frozen=True)
class Command:
    """A program, and the requirement that brings it."""

    name: str = key(...)
    require: str = key(..., check=requirements.parse_requirement)
    source: str = key(...)


@dataclass(frozen=True)
class Plugin:
    """A plugin of hatchling by the name that ``pyproject.toml`` gives it, and the requirement that brings it."""

    name: str = key(...)
    require: str = key(..., check=requirements.parse_requirement)
    source: str = key(...)


@dataclass(frozen=True)
class Library:
    """What CMake's ``find_package`` and Meson's ``dependency()`` call it, and the requirement that has it."""

    name: str = key(...)
    require: tuple[str, ...] = key(..., check=requirements.parse_requirement)
    source: str = key(...)


@dataclass(frozen=True)
class Need:
    """What no package index has: how a message names it, and what systems call it.

    ``within``: a need of which this is a part; a variable that does without that does without this.
    """

    name: str = key(...)
    what: str = key(...)
    source: str = key(...)
    commands: tuple[str, ...] = key(())
    headers: tuple[str, ...] = key(())
    libraries: tuple[str, ...] = key(())
    pkgconfig: tuple[str, ...] = key(())
    debian: str = key("")
    fedora: str = key("")
    within: str = key("")

    @property
    def text(self) -> str:
        """In words, with the packages that bring it."""
        packages = [f"{system} {name}" for system, name in (("Debian", self.debian), ("Fedora", self.fedora)) if name]
        return f"{self.what} ({', '.join(packages)})" if packages else self.what


@dataclass(frozen=True)
class Interface:
    """A project whose compiled interface belongs to a release: what links against it runs with that release alone.

    ``libraries``: patterns for the names of its shared libraries. ``symbols``: how the names of its symbols begin.
    ``builders``: modules of it with which ``setup.py`` builds what links against it.
    """

    project: str = key(...)
    libraries: tuple[str, ...] = key(...)
    source: str = key(...)
    symbols: tuple[str, ...] = key(())
    builders: tuple[str, ...] = key(())


@dataclass(frozen=True)
class Compiler:
    """A compiler, the files that it compiles, and the memory for one of them, as ``jobs.memory-per-job`` has it."""

    name: str = key(...)
    suffixes: tuple[str, ...] = key(...)
    memory_per_job: str = key(..., check=_check_size)
    source: str = key(...)


@dataclass(frozen=True)
class Knowledge:
    """All rows of a kind in order, a user's own first."""

    symptom: tuple[Symptom, ...] = key(())
    module: tuple[Module, ...] = key(())
    stdlib: tuple[Stdlib, ...] = key(())
    release: tuple[Release, ...] = key(())
    variable: tuple[Switch, ...] = key(())
    command: tuple[Command, ...] = key(())
    need: tuple[Need, ...] = key(())
    plugin: tuple[Plugin, ...] = key(())
    library: tuple[Library, ...] = key(())
    interface: tuple[Interface, ...] = key(())
    compiler: tuple[Compiler, ...] = key(())

    def requirement_for(self, module: str) -> str:
        """The requirement that brings a module: from the row for most of its name, else the project of that name."""
        rows = {row.name: row.require for row in reversed(self.module)}
        return next(
            (rows[name] for name in _parts(module) if name in rows), requirements.canonical_name(_parts(module)[-1])
        )

    def is_named(self, module: str) -> bool:
        """Whether a row says which requirement brings a module."""
        return any(row.name in _parts(module) for row in self.module)

    def left_stdlib(self, module: str) -> Optional[Stdlib]:
        """The row of a module that was in the standard library, or of the package that it is in.

        Also ``None`` if another project has that part of the package now, and a row says which.
        """
        top = module.partition(".")[0]
        row = next((row for row in self.stdlib if row.name in (module, top)), None)
        went_on = any("." in one.name and one.name in _parts(module) for one in self.module)
        return None if went_on else row

    def brings(self, command: str) -> Optional[Command]:
        """The row of a program that comes as a package."""
        return next((row for row in self.command if row.name == command), None)

    def plugs_in(self, plugin: str) -> str:
        """The requirement that brings a plugin of hatchling: from its row, else as most of them are called."""
        row = next((row for row in self.plugin if fnmatchcase(plugin, row.name)), None)
        name = requirements.canonical_name(plugin)
        return row.require if row else name if name.startswith("hatch") else f"hatch-{name}"

    def needs_within(self, name: str) -> list[str]:
        """The name of a need, and those that it is within."""
        rows = {row.name: row.within for row in reversed(self.need)}
        names = [name]
        while (outer := rows.get(names[-1], "")) and outer not in names:
            names.append(outer)
        return names

    def has_library(self, name: str) -> Optional[Library]:
        """The row of a library that comes as a package, however its name is capitalized."""
        return next((row for row in self.library if row.name.lower() == name.lower()), None)

    def compiles(self, names: Iterable[str]) -> Optional[Compiler]:
        """Of the compilers that take files of these names, the one that needs most memory."""
        suffixes = {Path(name).suffix for name in names}
        found = [row for row in self.compiler if not suffixes.isdisjoint(row.suffixes)]
        return max(found, key=lambda row: float(row.memory_per_job.removesuffix("GiB")), default=None)

    def needed(self, kind: str, name: str) -> Optional[Need]:
        """The row of what no index has. ``kind`` says what sort of name it is; if it is empty, the row's own."""
        names = {name, name.rpartition("/")[2]}
        for row in self.need:
            known = getattr(row, _IN_NEEDS[kind]) if kind in _IN_NEEDS else (row.name,)
            if any(one in names or fnmatchcase(name, one) for one in known):
                return row
        return None


def _parts(module: str) -> list[str]:
    """``a.b.c``, ``a.b``, ``a``."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]


@lru_cache
def load(files: Sequence[Path] = ()) -> Knowledge:
    """Read the rows.

    :param files: a user's own, a tuple.
    :raises SettingsError: with all mistakes of a file.
    """
    shipped = _read(FILE)
    loaded = [*(_read(file, {row.name for row in shipped.need}) for file in files), shipped]
    return Knowledge(*(tuple(row for one in loaded for row in getattr(one, table)) for table in fields_of(Knowledge)))


def _read(file: Path, needs: Collection[str] = ()) -> Knowledge:
    try:
        document = toml(file.read_bytes().decode("utf-8"))
    except OSError as error:
        raise SettingsError(str(file), [f"cannot read it: {error.strerror}"]) from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(str(file), [f"it is not TOML in UTF-8: {error}"]) from None
    wrong: Mistakes = []
    rows = converted(Knowledge, document, (file.name,), wrong)
    mistakes = lines(wrong)
    if rows is not INVALID:
        known = {*_NEEDS_OF_RULES, *needs, *(row.name for row in rows.need)}
        wanted = [(f"symptom[{number}].need", row.need) for number, row in enumerate(rows.symptom)]
        wanted += [(f"variable[{number}].need", row.need) for number, row in enumerate(rows.variable)]
        wanted += [(f"need[{number}].within", row.within) for number, row in enumerate(rows.need)]
        mistakes += [
            f"{file.name}.{place}: there is no [[need]] called {need!r}"
            for place, need in wanted
            if need and need not in known
        ]
    if mistakes:
        raise SettingsError(str(file), mistakes)
    found: Knowledge = rows
    return found
