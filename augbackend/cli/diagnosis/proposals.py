"""What to try after a failure.

What the error says is tried first, then what the package's code says, then what follows from the sdist's age.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import reduce
from typing import TYPE_CHECKING

from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.requirement import applies, project_of, requirement_of
from augbackend.knowledge import consequences
from augbackend.knowledge.pythons import at_least, is_standard
from augbackend.table import LEGACY_BACKEND

from . import (
    absent_submodules,
    compiler_output,
    failure_clues,
    foreign_headers,
    generated_sources,
    older_tools,
    outdated_requirements,
    quoted_command,
    switches,
    tracebacks,
)
from .evidence import Proposal, declaring
from .obstacles import in_the_words_of_installer, obstacle
from .own_bounds import giving_way, is_bounded
from .setup_code import DEEPEST, Files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.knowledge.clues import Clue
    from augbackend.knowledge.consequences import Consequence

    from .attempt import Attempt, Failure
    from .evidence import Case
    from .setup_code import Import, Variable

_LINES_OF_PROSE = 6
_FRAME_OF_TREE = re.compile(r'File "([\w\-]+(?:/[\w\-]+)*\.py)", line \d+')
_OF_SETUPTOOLS = frozenset({"setuptools", "packaging", "wheel", "more_itertools", "jaraco", "platformdirs", "tomli"})


def proposed(case: Case, attempt: Attempt) -> Iterator[Proposal]:
    """What may be tried, the likeliest first."""
    failure = attempt.failure
    if failure is None or failure.is_over_time:
        return
    if failure.stage == "install":
        yield from _removals(case, attempt)
        return
    if absent_submodules.obstacle(case, failure):
        return  # what lies in it, no declaration brings
    found = failure_clues.found_in(case, failure)
    asked = [one for clue in found if clue.kind == "variable" for one in _from_clue(case, attempt, clue)]
    if len({name for one in asked for name in one.adds.variables}) > 1:
        both = {name: value for one in reversed(asked) for name, value in one.adds.variables.items()}
        yield Proposal(Declaration(variables=both), asked[0].why, asked[0].said)
    yield from foreign_headers.proposed(case, attempt)
    in_the_way = obstacle(case, attempt)
    yield from outdated_requirements.proposed(case, attempt, in_the_way)
    for module, where in quoted_command.absent_imports(attempt, case.tree):
        if adds := requiring_module(case, module):
            yield Proposal(adds, f"{where} imports {module}", failure.message)
    for clue in found:
        yield from _from_clue(case, attempt, clue)
    yield from generated_sources.proposed(case, attempt, found)
    yield from _named_in_prose(case, attempt)
    yield from _for_needs(case, attempt, found)
    yield from switches.sparing(case, attempt, _read_on_the_way(case, failure), is_guess=not in_the_way.is_known)
    if not in_the_way.is_known:
        yield from older_tools.by_age(case, attempt)


def _from_clue(case: Case, attempt: Attempt, clue: Clue) -> Iterator[Proposal]:
    found = failure_clues.consequence_of(case, clue)
    if clue.kind == "module":
        yield from _module(case, attempt, clue, found)
    elif clue.kind == "variable" and not (found and found.requires):
        yield from _asked_for(case, clue, found)
    elif found is not None and found.is_entry and not (clue.kind == "pkgconfig" and _has_all(attempt, found)):
        adds = declaring(*found.requires, variables=found.variables)
        yield Proposal(adds, found.because, clue.line, is_certain=clue.kind == "plugin")
    if clue.kind == "header":
        yield from _header(case, clue)


def _has_all(attempt: Attempt, found: Consequence) -> bool:
    """Whether what brings a library is there, and the build does not find it even so."""
    return all(project_of(text) in attempt.installed for text in found.requires)


def _asked_for(case: Case, clue: Clue, found: Consequence | None) -> Iterator[Proposal]:
    """A variable that a message asks for, if setup.py reads it or at least names it."""
    read = next((one for one in case.reading.variables if one.name == clue.name), None)
    if found is None or not (read or (clue.value and clue.name in failure_clues.setup_py(case))):
        return
    value = clue.value or (read.yes if read else "1")
    why = f"{read.place} reads it" if read else found.because
    if not clue.value and not (read and read.no):
        why += f"; {value} is a guess"
    yield Proposal(declaring(variables={clue.name: value}), why, clue.line)


def _header(case: Case, clue: Clue) -> Iterator[Proposal]:
    """What has a header: the package called as the header's folder, if setup.py imports it."""
    first = clue.name.partition("/")[0]
    is_imported = any(one.module.partition(".")[0] == first for one in case.reading.imports)
    adds = requiring_module(case, first) if first != clue.name and is_imported else None
    if adds is not None:
        yield Proposal(adds, f"it has the header {clue.name}", clue.line)


def _module(case: Case, attempt: Attempt, clue: Clue, found: Consequence | None) -> Iterator[Proposal]:
    module, top, reading = clue.name, clue.name.partition(".")[0], case.reading
    if top in reading.modules:
        if module == top and reading.backend != LEGACY_BACKEND:
            folder = "." if (case.tree / f"{top}.py").exists() or (case.tree / top).is_dir() else "src"
            why = f"{top} is a module of the tree, not on sys.path"
            yield Proposal(declaring(variables={"PYTHONPATH": folder}), why, clue.line)
        return
    if found is None or not found.requires:
        return
    adds = declaring(*found.requires, variables=found.variables)
    name, text = adds.requires[0].name, adds.requires[0].entry.text
    if found.gone:
        yield from _newer(case, attempt, name, clue)
        yield Proposal(adds, found.because, clue.line)
        return
    where = next((one for one in reading.imports if one.module == module or one.module.startswith(f"{top}.")), None)
    where = where or next((one for one in reading.imports if one.module.partition(".")[0] == top), None)
    why = f"{where.place}: import {where.module}" if where else f"the build imports {module}"
    if "<" in text:
        why = f"{why}; {text} has it" if where else f"{text} has it"
    elif name in attempt.installed:
        yield from _newer(case, attempt, name, clue)
        yield from older_tools.older(case, attempt, name, clue.line)
        return
    is_certain = where is not None and where.is_certain
    more = [(one, brings) for one in _following(case, attempt, where) if (brings := requiring_module(case, one.module))]
    if more:
        places = "; ".join(f"{one.place}: import {one.module}" for one, _ in more)
        both = reduce(Declaration.joined, (brings for _, brings in more), adds)
        yield Proposal(both, f"{why}; {places}", clue.line, is_certain=is_certain)
    yield Proposal(adds, why, clue.line, is_certain=is_certain)


def _newer(case: Case, attempt: Attempt, name: str, clue: Clue) -> Iterator[Proposal]:
    """A release that has the module, where the package's own upper bound allows only older ones."""
    is_declared = name in attempt.declaration.requirement_texts or name in attempt.declaration.removed
    is_private = any(part.startswith("_") for part in clue.name.split("."))  # what was compiled for another, say
    for asked in attempt.asked if not (is_declared or is_private) else ():
        if is_bounded(asked, name) and _is_for(case, asked):
            yield Proposal(giving_way(name), f"its own {asked} has no {clue.name}", clue.line)


def _following(case: Case, attempt: Attempt, where: Import | None) -> list[Import]:
    """The imports after the one that failed, as far as they will fail too: all are tried together."""
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
        if not (is_standard(top) or top in case.reading.modules or top in attempt.importable or top.startswith("_")):
            tops.setdefault(top, one)
    return list(tops.values())[1:]


def _named_in_prose(case: Case, attempt: Attempt) -> Iterator[Proposal]:
    """What ``setup.py`` imports somewhere and the last lines of the output mention by name."""
    failure = attempt.failure
    if failure is None:
        return
    prose = "\n".join(tracebacks.without_code(failure.output).strip().splitlines()[-_LINES_OF_PROSE:])
    words = {word.lower() for word in re.findall(r"[A-Za-z][\w.\-]*\w", prose)}
    words |= {"torch"} if "pytorch" in words else set()
    known = [(one.module.partition(".")[0], one.place) for one in case.reading.imports]
    asked = [(one.requirement, one.place) for one in case.reading.called if one.requirement]
    for name, place in [*known, *asked]:
        adds = requiring_module(case, name) if (name, place) in known else declaring(name) if project_of(name) else None
        if adds is None or is_standard(name) or is_standard(name.lower()) or name in case.reading.modules:
            continue
        project = adds.requires[0].name
        if {name.lower(), project} & words and project not in attempt.installed:
            yield Proposal(adds, f"{place} asks for it", failure.message)


def _for_needs(case: Case, attempt: Attempt, named: list[Clue]) -> Iterator[Proposal]:
    """Variables that tell ``setup.py`` to leave out the part that needs what is missing."""
    failure = attempt.failure
    if failure is None:
        return
    known = [(clue, failure_clues.consequence_of(case, clue)) for clue in named]
    of_needs = [(clue.line, found.need.name) for clue, found in known if found is not None and found.need]
    needs = list(dict.fromkeys(name for _, one in of_needs for name in case.knowledge.needs_within(one)))
    needs += ["pip"] if any(clue.name == "pip" for clue in named) else []
    has_failed_to_compile = compiler_output.has_failed(failure.output)
    needs += ["native"] if (needs or has_failed_to_compile) and "native" not in needs else []
    line = next((line for line, _ in of_needs), failure.message)
    variables = [*case.reading.variables, *_read_on_the_way(case, failure)] if needs else []
    for name in needs:
        for row in case.knowledge.variable:
            for one in variables if row.need == name else ():
                value = row.value or (one.yes if row.says == "yes" else one.no or "0")
                if fnmatchcase(one.name, row.name) and attempt.declaration.variable_values.get(one.name) != value:
                    why = f"{one.place} reads it: it {row.because}"
                    yield Proposal(declaring(variables={one.name: value}), why, line)


def _read_on_the_way(case: Case, failure: Failure) -> list[Variable]:
    """The variables that are read in those files of the tree that the traceback names."""
    files = Files(case.tree)
    for name in dict.fromkeys(_FRAME_OF_TREE.findall(failure.output)):
        files.follow(name, DEEPEST)
    return files.variables


def _removals(case: Case, attempt: Attempt) -> Iterator[Proposal]:
    """Any version of what the installer cannot install as the package bounds it."""
    failure = attempt.failure
    if failure is None:
        return
    text = failure.output.lower()
    for asked in dict.fromkeys([*attempt.asked, *case.reading.asks_for]):
        name = project_of(asked)
        if (
            name
            and is_bounded(asked, name)
            and name not in attempt.declaration.removed
            and re.search(rf"\b{re.escape(name)}\b", text)
        ):
            words = in_the_words_of_installer(failure.output)
            yield Proposal(giving_way(name), f"its own {asked} cannot be had here: {words}")


def _is_for(case: Case, text: str) -> bool:
    """Whether a requirement's marker, if it has one, takes in the Python of the builds."""
    there = {"python_version": case.python, "python_full_version": f"{case.python}.0"}
    requirement = requirement_of(text)
    try:
        return requirement is None or applies(requirement, there)
    except ValueError:  # the installer's to refuse
        return True


def is_there(case: Case, module: str) -> bool:
    """Whether a module is there in any build by setuptools: of Python, or of setuptools or what comes with it."""
    left = case.knowledge.left_stdlib(module)
    if left is not None:
        return not at_least(case.python, left.gone)
    return is_standard(module) or module.partition(".")[0] in _OF_SETUPTOOLS


def requiring_module(case: Case, module: str) -> Declaration | None:
    """The declaration that brings a module; ``None`` if no project does."""
    found = consequences.of_module(module, case.knowledge, case.python)
    return declaring(*found.requires) if found is not None and found.requires else None
