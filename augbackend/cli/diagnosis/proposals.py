"""What may be tried after a failure: the failure's text and the reading, by what is known.

The order is that of trust: what the error says, what the code around it says, what the sdist's age says.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from . import clues, older_tools
from .attempt import Declaration, requiring
from .evidence import Proposal
from .obstacles import at_least, in_the_words_of_installer, obstacle
from .setup_code import DEEPEST, Files
from .static_reading import is_standard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.knowledge import Clue, Knowledge

    from .attempt import Failure, Outcome
    from .evidence import Case
    from .setup_code import Import, Variable

_LINES_OF_PROSE = 6
_SOURCE_LINE = re.compile(r"^[ \t]*(?:/\S*/)?([\w./+\-]+\.(?:c|cc|cpp|cxx|C)):\d+", re.MULTILINE)
_FRAME_OF_TREE = re.compile(r'File "([\w\-]+(?:/[\w\-]+)*\.py)", line \d+')
_OF_SETUPTOOLS = frozenset({"setuptools", "packaging", "wheel", "more_itertools", "jaraco", "platformdirs", "tomli"})
_PLACES = ("_HOME", "_PATH", "_DIR", "_ROOT", "_PREFIX")  # variables that say where something lies


def proposed(case: Case, outcome: Outcome) -> Iterator[Proposal]:
    """What may be tried, the likeliest first."""
    failure = outcome.failure
    if failure is None or failure.is_over_time:
        return
    if failure.stage == "install":
        yield from _removals(case, outcome)
        return
    found = clues.found_in(case, failure)
    asked = [one for clue in found if clue.kind == "variable" for one in _from_clue(case, outcome, clue)]
    if len({name for one in asked for name in one.adds.variables}) > 1:
        both = {name: value for one in reversed(asked) for name, value in one.adds.variables.items()}
        yield Proposal(Declaration(variables=both), asked[0].why, asked[0].said)
    for clue in found:
        yield from _from_clue(case, outcome, clue)
    yield from _generated(case, outcome)
    yield from _named_in_prose(case, outcome)
    yield from _for_needs(case, outcome, found)
    if not obstacle(case, outcome).is_known:
        yield from older_tools.by_age(case, outcome)


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
        if clue.name.endswith(_PLACES) or not (read or (clue.value and clue.name in clues.setup_py(case))):
            return
        value = clue.value or (read.yes if read else "1")
        why = f"{read.place} reads it" if read else because
        if not clue.value and not (read and read.no):
            why += f"; {value} is a guess"
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
            brings = requiring(row.require)
            yield from _newer(case, outcome, next(iter(brings.requires)), clue)
            yield Proposal(brings, f"Python {row.gone} removed {row.name}", clue.line)
        return
    if is_standard(top) and not any(one.name.partition(".")[0] == top for one in knowledge.module):
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
        yield from _newer(case, outcome, name, clue)
        yield from older_tools.older(case, outcome, name, clue.line)
        return
    following = _following(case, outcome, where)
    if following:
        more = requiring(*(knowledge.requirement_for(one.module) for one in following))
        places = "; ".join(f"{one.place}: import {one.module}" for one in following)
        yield Proposal(
            adds.plus(more), f"{why}; {places}", clue.line, is_certain=where is not None and where.is_certain
        )
    yield Proposal(adds, why, clue.line, is_certain=where is not None and where.is_certain)


def _newer(case: Case, outcome: Outcome, name: str, clue: Clue) -> Iterator[Proposal]:
    """Any release of what the package's own bound keeps too old for a module."""
    is_declared = name in outcome.declaration.requires or name in outcome.declaration.removed
    is_private = any(part.startswith("_") for part in clue.name.split("."))  # what was compiled for another, say
    for asked in outcome.asked if not (is_declared or is_private) else ():
        if _is_bounded(asked, name) and _is_for(case, asked):
            yield Proposal(_giving_way(name), f"its own {asked} has no {clue.name}", clue.line)


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
        if adds is None or is_standard(name) or is_standard(name.lower()) or name in case.reading.modules:
            continue
        (project,) = adds.requires
        if {name.lower(), project} & words and project not in outcome.installed:
            yield Proposal(adds, f"{place} asks for it", failure.message)


def _for_needs(case: Case, outcome: Outcome, named: list[Clue]) -> Iterator[Proposal]:
    """Variables by which ``setup.py`` does without what is missing."""
    failure = outcome.failure
    if failure is None:
        return
    needs = [need.name for clue in named if (need := clues.need_of(case, clue))]
    needs += ["pip"] if any(clue.name == "pip" for clue in named) else []
    has_failed_to_compile = clues.COMPILER_FAILED.search(failure.output)
    needs += ["native"] if (needs or has_failed_to_compile) and "native" not in needs else []
    line = next((clue.line for clue in named if clues.need_of(case, clue)), failure.message)
    known = [*case.reading.variables, *_read_on_the_way(case, failure)] if needs else []
    for name in needs:
        for row in case.knowledge.variable:
            for one in known if row.need == name else ():
                value = one.yes if row.says == "yes" else one.no or "0"
                if fnmatchcase(one.name, row.name) and outcome.declaration.variables.get(one.name) != value:
                    why = f"{one.place} reads it: it {row.because}"
                    yield Proposal(Declaration(variables={one.name: value}), why, line)


def _read_on_the_way(case: Case, failure: Failure) -> list[Variable]:
    """The variables that are read in the files of the tree that a traceback goes through."""
    files = Files(case.tree)
    for name in dict.fromkeys(_FRAME_OF_TREE.findall(failure.output)):
        files.follow(name, DEEPEST)
    return files.variables


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
            words = in_the_words_of_installer(failure.output)
            yield Proposal(_giving_way(name), f"its own {asked} cannot be had here: {words}")


def _giving_way(name: str) -> Declaration:
    """Any version, in place of what the package itself asks for."""
    return Declaration({name: name}, {}, frozenset({name}))


def _is_bounded(text: str, name: str) -> bool:
    """Whether a requirement keeps a project from being the newest."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return False
    is_above = any(one.operator in ("<", "<=", "==", "~=", "===") for one in requirement.specifier)
    return is_above and canonicalize_name(requirement.name) == name


def _is_for(case: Case, text: str) -> bool:
    """Whether a requirement's marker, if it has one, takes in the Python of the builds."""
    marker = Requirement(text).marker
    return marker is None or marker.evaluate({"python_version": case.python, "python_full_version": f"{case.python}.0"})


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
