"""What may be tried after a failure, and what is in the way: the failure's text and the reading, by what is known.

The order is that of trust: what the error says, what the code around it says, what the sdist's age says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from .attempt import COMPILE_ERROR, Declaration, requiring
from .source_reading import is_standard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from augbackend.knowledge import Clue, Knowledge, Need

    from .attempt import Failure, Outcome
    from .setup_code import Import, Variable
    from .source_reading import Reading

_PYTHON = "Python"  # the need that another Python meets
_LINES_OF_PROSE, _LONGEST_TEXT = 6, 150_000
_SOURCE_LINE = re.compile(r"^\s*(?:\S*?/)?([\w./+\-]+\.(?:c|cc|cpp|cxx|C)):\d+", re.MULTILINE)
_COMPILER_FAILED = re.compile(
    r"[Cc]ommand \W*\S*(?:cc|gcc|g\+\+|c\+\+|clang|clang\+\+|cl\.exe)\b.*(?:failed|returned non-zero)|CompileError|"
    r"compilation terminated"
)
_FRAME = re.compile(r"site-packages[/\\](\w+)")
_OF_SETUPTOOLS = frozenset({"setuptools", "packaging", "wheel", "more_itertools", "jaraco", "platformdirs", "tomli"})
_PLACES = ("_HOME", "_PATH", "_DIR", "_ROOT", "_PREFIX")  # variables that say where something lies
_UNREACHABLE = re.compile(
    r"error sending request|dns error|NewConnectionError|ConnectTimeout|Could not connect|Network is unreachable",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Proposal:
    """What may be added to a declaration.

    :param why: where it is asked for, or what is known.
    :param said: the line of the output that led to it; empty if none did.
    :param is_certain: whether nothing else that is declared could spare it.
    :param whys: what holds for single projects instead of ``why``.
    """

    adds: Declaration
    why: str
    said: str = ""
    is_certain: bool = False
    whys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Obstacle:
    """What no declaration mends.

    :param reason: one sentence without a full stop.
    :param gone: the first Python that does not have what it wants; empty where that is not known.
    :param is_of_python: whether another Python may do.
    :param is_known: whether a rule names it, or nothing does.
    """

    reason: str
    said: str = ""
    gone: str = ""
    is_of_python: bool = False
    is_known: bool = True


@dataclass(frozen=True)
class Case:
    """Everything that the rules look at.

    :param dated: when the sdist was made, ``2021-09-04``; empty if nothing says it.
    :param python: the minor version that it is built on.
    """

    tree: Path
    reading: Reading
    knowledge: Knowledge
    python: str
    dated: str = ""


def unreachable(failure: Failure) -> bool:
    """Whether the installer could not reach an index, which says nothing of the sdist."""
    return failure.stage == "install" and _UNREACHABLE.search(failure.output) is not None


def proposals(case: Case, outcome: Outcome) -> Iterator[Proposal]:
    """What may be tried, the likeliest first."""
    failure = outcome.failure
    if failure is None or failure.is_over_time:
        return
    if failure.stage == "install":
        yield from _removals(case, outcome)
        return
    clues = _clues(case, failure)
    for clue in clues:
        yield from _from_clue(case, outcome, clue)
    yield from _generated(case, outcome)
    yield from _named_in_prose(case, outcome)
    yield from _for_needs(case, outcome, clues)
    if not obstacle(case, outcome).is_known:
        yield from _by_age(case, outcome)


def obstacle(case: Case, outcome: Outcome) -> Obstacle:
    """What is in the way, in words."""
    failure = outcome.failure
    if failure is None:
        raise ValueError("a wheel is no obstacle")
    if failure.is_over_time:
        what = {"install": "installing the build requirements", "get_requires": "setup.py", "wheel": "the build"}
        return Obstacle(f"{what.get(failure.stage, failure.stage)} did not end in time and was killed", failure.message)
    if failure.stage == "install":
        return Obstacle(f"its build requirements cannot be installed: {_of_installer(failure.output)}")
    found = [one for clue in _clues(case, failure) if (one := _obstacle_of(case, clue))]
    if found:
        return found[0]
    if case.reading.problem:
        return Obstacle(f"setup.py is not for this Python: {case.reading.problem}", failure.message, is_of_python=True)
    compiling = COMPILE_ERROR.search(failure.output)
    if compiling is not None:
        return _does_not_compile(case, compiling[1])
    return Obstacle(f"no rule applies: {failure.message}", failure.message, is_known=False)


def _does_not_compile(case: Case, line: str) -> Obstacle:
    """Sources that are older than this Python are likely to be for an older one."""
    rows = [row for row in case.knowledge.release if row.project == "python" and case.dated and row.day > case.dated]
    versions = sorted((row.version for row in rows), key=Version)
    gone = next((version for version in versions if at_least(case.python, version)), "")
    since = f", and it was made on {case.dated}, before Python {gone}" if gone else ""
    return Obstacle(
        f"its sources do not compile here{since}: {line}", line, gone, is_of_python=bool(gone), is_known=False
    )


def refused_python(case: Case, version: str) -> Obstacle | None:
    """``Requires-Python`` where it leaves this Python out: no frontend would begin."""
    text = case.reading.requires_python
    try:
        if not text or SpecifierSet(text).contains(version, prereleases=True):
            return None
    except (InvalidSpecifier, InvalidVersion):
        return None
    return Obstacle(f"it requires Python {text}, and this is {version}", is_of_python=True)


def _clues(case: Case, failure: Failure) -> list[Clue]:
    """What the text names: in its last error, then in the traceback that ends it, then anywhere."""
    text = _with_source(case, failure.output[-_LONGEST_TEXT:])
    lines = text.strip().splitlines()
    start = next((at for at in range(len(lines) - 1, -1, -1) if lines[at].lstrip().startswith("Traceback")), len(lines))
    last = [at for at, line in enumerate(lines) if line.strip() == failure.message]
    message = "\n".join(lines[last[-1] :]) if last else failure.message
    found = [clue for part in (message, "\n".join(lines[start:])) for clue in case.knowledge.clues(part)]
    found += [clue for clue in case.knowledge.clues(text) if clue.kind != "module" or _is_imported(case, clue.name)]
    unique: dict[tuple[int, str, str], Clue] = {}
    for clue in found:
        unique.setdefault((id(clue.symptom), clue.kind, clue.name), clue)
    return sorted(
        unique.values(), key=lambda clue: clue.name == "pip"
    )  # what pip was to fetch is better declared itself


def _is_imported(case: Case, module: str) -> bool:
    """Whether setup.py imports it somewhere: a name that was printed in passing is nobody's to install."""
    top = module.partition(".")[0]
    return top == "pip" or any(one.module.partition(".")[0] == top for one in case.reading.imports)


def _setup_py(case: Case) -> str:
    try:
        return (case.tree / "setup.py").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _with_source(case: Case, text: str) -> str:
    """The text with ``setup.py``'s lines in its tracebacks: a backend executes it as a string, which has none."""
    source = _setup_py(case).splitlines()

    def quoted(frame: re.Match[str]) -> str:
        number = int(frame[1])
        line = source[number - 1].strip() if 0 < number <= len(source) else ""
        return f"{frame[0]}\n    setup.py:{number}: {line}" if line else frame[0]

    return re.sub(r'^ *File "<string>", line (\d+), in .*$', quoted, text, flags=re.MULTILINE)


def _from_clue(case: Case, outcome: Outcome, clue: Clue) -> Iterator[Proposal]:
    symptom = clue.symptom
    because = symptom.because or clue.line
    if symptom.require:
        yield Proposal(requiring(*symptom.require), because, clue.line)
    if symptom.variables:
        values = {name: value.replace("{version}", case.reading.version) for name, value in symptom.variables.items()}
        yield Proposal(Declaration(variables=values), because, clue.line)
    if clue.kind == "module":
        yield from _module(case, outcome, clue)
    elif clue.kind == "requirement":
        adds = _requiring(_without_lower_bound(clue.name))
        if adds is not None:
            yield Proposal(adds, because, clue.line)
    elif clue.kind == "variable":
        read = _variable(case, clue.name)
        if clue.name.endswith(_PLACES) or not (read or (clue.value and clue.name in _setup_py(case))):
            return
        value = clue.value or (read.yes if read else "1")
        why = f"{read.place} reads it" if read else because
        yield Proposal(Declaration(variables={clue.name: value}), why, clue.line)
    elif clue.kind == "command":
        row = case.knowledge.brings(clue.name.rpartition("/")[2])
        if row is not None:
            yield Proposal(requiring(row.require), f"it brings the program {row.name}", clue.line)
    elif clue.kind == "header":
        first = clue.name.partition("/")[0]
        if first != clue.name and any(one.module.partition(".")[0] == first for one in case.reading.imports):
            yield Proposal(
                requiring(case.knowledge.requirement_for(first)), f"it has the header {clue.name}", clue.line
            )


def _module(case: Case, outcome: Outcome, clue: Clue) -> Iterator[Proposal]:
    module, top = clue.name, clue.name.partition(".")[0]
    reading, knowledge = case.reading, case.knowledge
    if top in reading.modules:
        if module == top and reading.backend != "setuptools.build_meta:__legacy__":
            folder = "." if (case.tree / f"{top}.py").exists() or (case.tree / top).is_dir() else "src"
            yield Proposal(
                Declaration(variables={"PYTHONPATH": folder}),
                f"{top} is a module of the tree, not on sys.path",
                clue.line,
            )
        return
    row = knowledge.left_stdlib(module)
    if row is not None and at_least(case.python, row.gone):
        if row.require:
            yield Proposal(requiring(row.require), f"Python {row.gone} removed {row.name}", clue.line)
        return
    if is_standard(top) and not any(one.name == top for one in knowledge.module):
        return
    if top.startswith("_") or not top.isidentifier():
        return
    adds = _requiring(knowledge.requirement_for(module))
    if adds is None:
        return
    (name,) = adds.requires
    where = next((one for one in reading.imports if one.module == module or one.module.startswith(f"{top}.")), None)
    where = where or next((one for one in reading.imports if one.module.partition(".")[0] == top), None)
    why = f"{where.place}: import {where.module}" if where else f"the build imports {module}"
    is_bounded = "<" in adds.requires[name]
    if is_bounded:
        why = f"{why}; {adds.requires[name]} has it" if where else f"{adds.requires[name]} has it"
    if name in outcome.installed and not is_bounded:
        yield from _older(case, outcome, name, clue.line)
        return
    following = _following(case, outcome, where)
    if following:
        more = requiring(*(knowledge.requirement_for(one.module) for one in following))
        places = "; ".join(f"{one.place}: import {one.module}" for one in following)
        yield Proposal(adds.plus(more), f"{why}; {places}", clue.line)
    yield Proposal(adds, why, clue.line, is_certain=where is not None and where.is_certain)


def _following(case: Case, outcome: Outcome, where: Import | None) -> list[Import]:
    """The imports after one that failed which will fail as well: they are tried together."""
    if where is None or where.kind != "always":
        return []
    later = [
        one
        for one in case.reading.imports
        if one.kind == "always" and one.place.file == where.place.file and one.place.line > where.place.line
    ]
    tops = {where.module.partition(".")[0]: where}
    for one in later:
        top = one.module.partition(".")[0]
        if not (is_standard(top) or top in case.reading.modules or top in outcome.importable or top.startswith("_")):
            tops.setdefault(top, one)
    return list(tops.values())[1:]


def _generated(case: Case, outcome: Outcome) -> Iterator[Proposal]:
    """C that Cython made and no compiler takes any more is made anew, where its source is there."""
    failure = outcome.failure
    if failure is None or failure.stage != "wheel":
        return
    adds = requiring("cython")
    if "cython" in outcome.installed:  # an old one, which makes the same again
        adds = replace(adds, removed=frozenset({"cython"}))
        if "cython" in outcome.declaration.requires or not any(_is_bounded(text, "cython") for text in outcome.asked):
            return
    stems = {name.rpartition("/")[2].removesuffix(".pyx"): name for name in case.reading.pyx}
    for match in _SOURCE_LINE.finditer(failure.output):
        stem = match[1].rpartition("/")[2].rpartition(".")[0]
        if stem in stems and "error" in failure.output[match.start() : match.start() + 400]:
            line = failure.output[match.start() :].partition("\n")[0].strip()
            yield Proposal(adds, f"{match[1]} was made by an older Cython from {stems[stem]}", line)
            return


def _named_in_prose(case: Case, outcome: Outcome) -> Iterator[Proposal]:
    """A message in its author's words names what ``setup.py`` imports somewhere."""
    failure = outcome.failure
    if failure is None:
        return
    prose = "\n".join(failure.output.strip().splitlines()[-_LINES_OF_PROSE:])
    words = {word.lower() for word in re.findall(r"[A-Za-z][\w.\-]*\w", prose)}
    words |= {"torch"} if "pytorch" in words else set()
    known = [(one.module.partition(".")[0], one.place) for one in case.reading.imports]
    asked = [(one.requirement, one.place) for one in case.reading.called if one.requirement]
    for name, place in [*known, *asked]:
        adds = _requiring(case.knowledge.requirement_for(name) if (name, place) in known else name)
        if adds is None or is_standard(name) or name in case.reading.modules:
            continue
        (project,) = adds.requires
        if {name.lower(), project} & words and project not in outcome.installed:
            yield Proposal(adds, f"{place} asks for it", failure.message)


def _for_needs(case: Case, outcome: Outcome, clues: list[Clue]) -> Iterator[Proposal]:
    """Variables by which ``setup.py`` does without what is missing."""
    failure = outcome.failure
    if failure is None:
        return
    needs = [found.name for clue in clues if (found := _need_of(case, clue))]
    needs += ["pip"] if any(clue.name == "pip" for clue in clues) else []
    has_failed_to_compile = _COMPILER_FAILED.search(failure.output)
    needs += ["native"] if (needs or has_failed_to_compile) and "native" not in needs else []
    line = next((clue.line for clue in clues if _need_of(case, clue)), failure.message)
    for need in needs:
        for row in case.knowledge.variable:
            for one in case.reading.variables if row.need == need else ():
                value = one.yes if row.says == "yes" else one.no or "0"
                if fnmatchcase(one.name, row.name) and outcome.declaration.variables.get(one.name) != value:
                    why = f"{one.place} reads it: it {row.because}"
                    yield Proposal(Declaration(variables={one.name: value}), why, line)


def _by_age(case: Case, outcome: Outcome) -> Iterator[Proposal]:
    """Build tools as they were when the sdist was made; the one that the traceback ends in first."""
    failure = outcome.failure
    if failure is None:
        return
    tail = "\n".join(failure.output.strip().splitlines()[-60:])
    frames = [canonicalize_name(name) for name in _FRAME.findall(tail)]
    tools: list[str] = [name for name in dict.fromkeys(reversed(frames)) if name in outcome.installed]
    tools += [name for name in outcome.installed if name not in tools]
    found = {name: rows for name in tools if (rows := bounds(case, outcome, name))}
    if len(found) > 1:
        yield _aged(case, {name: rows[0] for name, rows in found.items()}, "")
    for name in found:
        yield from _older(case, outcome, name, "")


def _older(case: Case, outcome: Outcome, name: str, line: str) -> Iterator[Proposal]:
    """An older release of something that is there."""
    known = bounds(case, outcome, name)
    major = outcome.installed.get(name, "").partition(".")[0]
    if known:
        yield _aged(case, {name: known[0]}, line)
    elif line and major.isdigit() and int(major):
        yield Proposal(requiring(f"{name}<{major}"), f"an older {name} may have it", line)


def bounds(case: Case, outcome: Outcome, name: str) -> list[str]:
    """The releases of a tool that broke builds since the sdist was made and are in use here, the oldest first."""
    rows = [row for row in case.knowledge.release if canonicalize_name(row.project) == name and row.day > case.dated]
    try:
        installed = Version(outcome.installed.get(name, "0"))
        return [str(bound) for bound in sorted(Version(row.version) for row in rows) if bound <= installed]
    except InvalidVersion:
        return []


def _aged(case: Case, found: Mapping[str, str], line: str) -> Proposal:
    """Bounds that leave out what came after the sdist."""
    when = f"it was made on {case.dated}, before" if case.dated else "it may be from before"
    whys = {name: f"{when} {name} {version}" for name, version in found.items()}
    texts = [f"{name}<{version}" for name, version in found.items()]
    why = f"{when} {', '.join(f'{name} {version}' for name, version in found.items())}"
    return Proposal(requiring(*texts), why, line, whys=whys)


def _removals(case: Case, outcome: Outcome) -> Iterator[Proposal]:
    """A declared requirement with an upper bound, or one that the installer cannot have, gives way to any version."""
    failure = outcome.failure
    if failure is None:
        return
    text = failure.output.lower()
    for asked in dict.fromkeys([*outcome.asked, *case.reading.asks_for]):
        try:
            requirement = Requirement(asked)
        except InvalidRequirement:
            continue
        name = canonicalize_name(requirement.name)
        if (
            _is_bounded(asked, name)
            and name not in outcome.declaration.removed
            and re.search(rf"\b{re.escape(name)}\b", text)
        ):
            adds = Declaration({name: name}, {}, frozenset({name}))
            yield Proposal(adds, f"its own {asked} cannot be had here: {_of_installer(failure.output)}")


def _is_bounded(text: str, name: str) -> bool:
    """Whether a requirement keeps a project from being the newest."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return False
    is_above = any(one.operator in ("<", "<=", "==", "~=", "===") for one in requirement.specifier)
    return is_above and canonicalize_name(requirement.name) == name


def _obstacle_of(case: Case, clue: Clue) -> Obstacle | None:
    symptom = clue.symptom
    if symptom.gone and at_least(case.python, symptom.gone):
        return Obstacle(f"{symptom.because} ({clue.line})", clue.line, symptom.gone, is_of_python=True)
    if clue.kind == "module":
        row = case.knowledge.left_stdlib(clue.name)
        if row is not None and at_least(case.python, row.gone):
            return Obstacle(f"Python {row.gone} removed the module {row.name}", clue.line, row.gone, is_of_python=True)
        return None
    need = _need_of(case, clue)
    if need is not None and need.name == _PYTHON:
        return Obstacle(f"it refuses this Python: {clue.line}", clue.line, is_of_python=True)
    if need is not None:
        return Obstacle(f"it needs {need.text}: {clue.line}", clue.line)
    if clue.kind in ("header", "library", "command", "pkgconfig"):
        if clue.kind == "command" and case.knowledge.brings(clue.name):
            return None
        words = {"header": "the header", "library": "the library", "command": "the program", "pkgconfig": "the library"}
        return Obstacle(f"it needs {words[clue.kind]} {clue.name}, which no declaration brings", clue.line)
    if symptom.because and not (symptom.require or symptom.variables or clue.kind or symptom.gone):
        return Obstacle(symptom.because, clue.line)
    return None


def _need_of(case: Case, clue: Clue) -> Need | None:
    if clue.symptom.need:
        return case.knowledge.needed("", clue.symptom.need)
    return (
        case.knowledge.needed(clue.kind, clue.name)
        if clue.kind in ("header", "library", "command", "pkgconfig")
        else None
    )


def _variable(case: Case, name: str) -> Variable | None:
    return next((one for one in case.reading.variables if one.name == name), None)


def is_there(module: str) -> bool:
    """Whether a module is there in any build by setuptools: of Python, or among what setuptools brings within reach."""
    return is_standard(module) or module.partition(".")[0] in _OF_SETUPTOOLS


def requiring_module(knowledge: Knowledge, module: str) -> Declaration | None:
    """The declaration that brings a module; ``None`` if no project can have its name."""
    return _requiring(knowledge.requirement_for(module))


def _requiring(text: str) -> Declaration | None:
    try:
        return requiring(text)
    except InvalidRequirement:
        return None


def _without_lower_bound(text: str) -> str:
    """A requirement as short as it can be: without bounds, the newest is taken anyway."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return text
    only_lower = all(one.operator in (">", ">=") for one in requirement.specifier)
    return requirement.name if only_lower and not requirement.extras else text


def at_least(python: str, gone: str) -> bool:
    """Whether a Python is one from which on something is gone."""
    return Version(python) >= Version(gone)


def plausible(case: Case, obstacle: Obstacle, minor: str) -> bool:
    """Whether a Python may do where this one does not: by what is gone, by what the sdist says of itself."""
    if obstacle.gone and at_least(minor, obstacle.gone):
        return False
    try:
        if case.reading.requires_python and minor not in SpecifierSet(case.reading.requires_python):
            return False
    except InvalidSpecifier:
        pass
    named = [one for one in case.reading.pythons if "." in one]
    newest = max(named, key=Version, default=minor)
    return bool(obstacle.gone) or Version(minor) <= max(Version(newest), Version("3.0"))


def _of_installer(output: str) -> str:
    """What an installer says, in one line."""
    lines = [re.sub(r"[^\x20-\x7e]+|^\s*(?:error|ERROR):", " ", line).strip() for line in output.splitlines()]
    kept = [
        line
        for line in lines
        if line and not re.match(r"(?:Using|Resolved|Prepared|Collecting|Downloading|hint)", line)
    ]
    return re.sub(r"\s+", " ", " ".join(kept))[:400].strip(" x").rstrip(".")
