"""The search of `diagnose`: which attempts it makes of which failures, and what it says in the end. Nothing is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable

import pytest

from augbackend.cli.diagnosis import search as searching
from augbackend.cli.diagnosis import silent_losses, so_far
from augbackend.cli.diagnosis.attempt import Attempt, Failure, Stage
from augbackend.cli.diagnosis.evidence import Case
from augbackend.cli.diagnosis.search import Search
from augbackend.cli.diagnosis.search_result import SearchResult
from augbackend.cli.diagnosis.static_reading import read
from augbackend.cli.diagnosis.through_sdist import Loss
from augbackend.cli.diagnosis.wheel_check import Check
from augbackend.cli.model import declaration as declarations
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.recipe_use import RecipeUse
from augbackend.cli.strangers.interruption import Interrupted
from augbackend.errors import AugbackendError
from augbackend.knowledge import rows
from augbackend.knowledge.rows import Knowledge, Release, Switch, Symptom

Tree = Callable[[dict[str, "str | bytes"]], Path]
KNOWN = rows.load()
PURE, COMPILED = (
    Check(("pkg",), is_compiled=False, requires_dist=()),
    Check(("pkg",), is_compiled=True, requires_dist=()),
)


def missing(module: str) -> str:
    return f"Traceback (most recent call last):\nModuleNotFoundError: No module named '{module}'"


@dataclass
class World:
    """What builds do here: a rule from what is declared to how that ends; empty is a wheel."""

    case: Case
    ends: Callable[[Declaration], str | Failure]
    stage: Stage = "get_requires"
    installed: Callable[[Declaration], Mapping[str, str]] = lambda _: {"setuptools": "80.9.0"}
    importable: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()
    prints: Callable[[Declaration], str] = lambda _: ""
    through: Callable[[Attempt], Loss | None] = lambda _: None
    checks: Callable[[Declaration], Check] = lambda _: PURE
    most: float = float("inf")
    tried: list[str] = field(default_factory=list)

    def attempt(self, declaration: Declaration, _why: str) -> Attempt:
        words = [
            *declaration.requirement_texts.values(),
            *(f"{name}={value}" for name, value in declaration.variable_values.items()),
        ]
        self.tried.append(" ".join([*words, *(f"-{name}" for name in sorted(declaration.removed))]))
        ending = self.ends(declaration)
        failure = Failure(self.stage, ending) if isinstance(ending, str) else ending
        is_built = ending == ""
        wheel = Path("pkg-1-py3-none-any.whl") if is_built else None
        there = self.installed(declaration)
        ended = None if is_built else failure
        said = self.prints(declaration)
        return Attempt(declaration, wheel, ended, 1.0, there, self.importable, self.asked, output=said)

    def search(self) -> SearchResult:
        search = Search(
            self.case,
            self.attempt,
            lambda outcome: self.checks(outcome.declaration),
            lambda: len(self.tried) < self.most,
            through=self.through,
        )
        return search.run()


def always(said: str) -> Callable[[Declaration], str]:
    """A build that ends in the same way whatever is declared."""
    return lambda _: said


def case_of(folder: Path, known: Knowledge = KNOWN, python: str = "3.11", dated: str = "") -> Case:
    return Case(folder, read(folder), known, python, dated)


def needing(**modules: str) -> Callable[[Declaration], str]:
    """A build that imports modules, in order, by the project that has each."""

    def ends(declaration: Declaration) -> str:
        absent = [module for module, project in modules.items() if project not in declaration.requirement_texts]
        return missing(absent[0]) if absent else ""

    return ends


# --- what builds -----------------------------------------------------------------------------------------------------


def test_one_build_where_nothing_is_missing(tree: Tree) -> None:
    world = World(case_of(tree({"setup.py": "import torch"})), lambda _: "")
    found = world.search()
    assert (found.verdict, found.declaration, found.obstacle) == ("builds-as-is", Declaration(), None)
    assert (world.tried, len(found.attempts)) == ([""], 1)


def test_what_is_declared_already_is_where_it_starts(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "import yaml\nimport torch\n"}))
    declared = declarations.of(["pyyaml>=5", "six"], "the user")
    world = World(replace(case, declared=declared), needing(yaml="pyyaml", torch="torch"))
    found = world.search()
    assert found.verdict == "builds-when-declared"
    assert [*found.declaration.requirement_texts.values()] == ["pyyaml>=5", "six", "torch"]
    assert world.tried == ["pyyaml>=5 six", "pyyaml>=5 six torch"]  # nobody asks whether the user's own is needed
    assert found.reasons["requires", "six"].why == "it is declared already"
    again = World(replace(case, declared=declared), lambda _: "").search()
    assert (again.verdict, len(again.attempts)) == ("builds-when-declared", 1)


def test_a_missing_module(tree: Tree) -> None:
    world = World(case_of(tree({"setup.py": "import os\nimport yaml\n"})), needing(yaml="pyyaml"))
    found = world.search()
    assert (found.verdict, found.declaration.requirement_texts) == ("builds-when-declared", {"pyyaml": "pyyaml"})
    assert world.tried == ["", "pyyaml"]
    reason = found.reasons["requires", "pyyaml"]
    assert (reason.why, reason.said) == (
        "setup.py, line 2: import yaml",
        "ModuleNotFoundError: No module named 'yaml'",
    )


def test_what_follows_is_tried_at_once(tree: Tree) -> None:
    folder = tree({"setup.py": "import torch\nimport numpy\nimport json\nimport helper\n", "helper.py": ""})
    world = World(case_of(folder), needing(torch="torch", numpy="numpy"))
    found = world.search()
    assert set(found.declaration.requirement_texts) == {"torch", "numpy"}
    assert world.tried[:2] == ["", "torch numpy"]
    assert set(found.reasons) == {("requires", "torch"), ("requires", "numpy")}


def test_one_after_the_other(tree: Tree) -> None:
    world = World(case_of(tree({"setup.py": "x = 1"})), needing(torch="torch", numpy="numpy"))
    assert set(world.search().declaration.requirement_texts) == {"torch", "numpy"}
    assert world.tried[:3] == ["", "torch", "torch numpy"]


def test_what_turns_out_to_be_unneeded_is_left_out(tree: Tree) -> None:
    folder = tree({"setup.py": "try:\n    import numpy\nexcept ImportError:\n    import torch\n"})

    def ends(declaration: Declaration) -> str:
        if "numpy" in declaration.requirement_texts:
            return ""
        return missing("numpy") if "torch" in declaration.requirement_texts else missing("torch")

    world = World(case_of(folder), ends)
    found = world.search()
    assert (found.verdict, set(found.declaration.requirement_texts)) == ("builds-when-declared", {"numpy"})
    assert set(found.reasons) == {("requires", "numpy")}


def test_what_is_needed_stays(tree: Tree) -> None:
    world = World(case_of(tree({"setup.py": "x = 1"})), needing(torch="torch", numpy="numpy", cffi="cffi"))
    assert set(world.search().declaration.requirement_texts) == {"torch", "numpy", "cffi"}


CUDA = """
import os
BUILD_CUDA_EXT = int(os.environ.get("BUILD_CUDA_EXT", "1")) == 1
if BUILD_CUDA_EXT:
    try:
        import torch
    except ImportError:
        raise RuntimeError("torch is required to build the extension")
"""


def test_a_variable_takes_the_place_of_a_requirement(tree: Tree) -> None:
    def ends(declaration: Declaration) -> str:
        if declaration.variable_values.get("BUILD_CUDA_EXT") == "0":
            return ""
        if "torch" not in declaration.requirement_texts:
            return missing("torch")
        return "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root."

    world = World(case_of(tree({"setup.py": CUDA})), ends)
    found = world.search()
    assert (found.verdict, found.declaration.requirement_texts) == ("builds-when-declared", {})
    assert found.declaration.variable_values == {"BUILD_CUDA_EXT": "0"}
    assert found.reasons["variables", "BUILD_CUDA_EXT"].why.startswith("setup.py, line 3 reads it: ")


def test_a_requirement_that_is_needed_beside_a_variable_stays(tree: Tree) -> None:
    setup = 'import os\nimport torch\nSKIP = os.getenv("PKG_SKIP_CUDA_BUILD", "FALSE") == "TRUE"\n'

    def ends(declaration: Declaration) -> str:
        if "torch" not in declaration.requirement_texts:
            return missing("torch")
        return (
            ""
            if declaration.variable_values.get("PKG_SKIP_CUDA_BUILD") == "TRUE"
            else "NameError: name 'bare_metal_version' is not defined"
        )

    world = World(case_of(tree({"setup.py": setup})), ends)
    found = world.search()
    assert found.declaration.requirement_texts == {"torch": "torch"}
    assert found.declaration.variable_values == {"PKG_SKIP_CUDA_BUILD": "TRUE"}


def test_a_variable_that_a_message_asks_for(tree: Tree) -> None:
    setup = "import os, sys\nif os.environ.get('ALLOW_IT') != 'True':\n    sys.exit('set ALLOW_IT=True')\n"
    world = World(
        case_of(tree({"setup.py": setup})),
        lambda declaration: (
            "" if declaration.variable_values.get("ALLOW_IT") == "True" else "Please set ALLOW_IT=True\n"
        ),
    )
    found = world.search()
    assert (found.verdict, found.declaration.variable_values) == ("builds-when-declared", {"ALLOW_IT": "True"})


def test_a_wheel_without_its_compiled_part_is_not_as_good(tree: Tree) -> None:
    world = World(
        case_of(tree({"setup.py": "x = 1"})),
        lambda declaration: (
            "" if "numpy" in declaration.requirement_texts else needing(torch="torch", numpy="numpy")(declaration)
        ),
        checks=lambda declaration: COMPILED if "torch" in declaration.requirement_texts else PURE,
    )
    assert set(world.search().declaration.requirement_texts) == {"torch", "numpy"}


def test_a_wheel_that_does_not_import_is_not_as_good(tree: Tree) -> None:
    world = World(
        case_of(tree({"setup.py": "x = 1"})),
        lambda declaration: (
            "" if "numpy" in declaration.requirement_texts else needing(torch="torch", numpy="numpy")(declaration)
        ),
        checks=lambda declaration: (
            PURE if "torch" in declaration.requirement_texts else Check((), False, (), problem="import x: ImportError")
        ),
    )
    assert set(world.search().declaration.requirement_texts) == {"torch", "numpy"}


# --- what helps nothing ----------------------------------------------------------------------------------------------


def known(*symptoms: Symptom, release: tuple[Release, ...] = (), variable: tuple[Switch, ...] = ()) -> Knowledge:
    return Knowledge(
        (*symptoms, *KNOWN.symptom), KNOWN.module, KNOWN.stdlib, release, variable, KNOWN.command, KNOWN.need
    )


def test_what_does_not_change_the_failure_is_taken_back(tree: Tree) -> None:
    rows = known(
        Symptom(says="strange words", require=("first",), source="s"),
        Symptom(says="strange word", require=("second",), source="s"),
    )
    world = World(
        case_of(tree({"setup.py": ""}), rows),
        lambda one: "" if "second" in one.requirement_texts else "Error: strange words",
    )
    assert world.search().declaration.requirement_texts == {"second": "second"}
    assert world.tried == ["", "first", "second"]


def test_another_failure_is_followed_before_the_next_proposal(tree: Tree) -> None:
    rows = known(
        Symptom(says="strange words", require=("first",), source="s"),
        Symptom(says="strange word", require=("second",), source="s"),
    )

    def ends(one: Declaration) -> str:
        if {"first", "torch"} <= one.requirement_texts.keys():
            return ""
        return missing("torch") if "first" in one.requirement_texts else "Error: strange words"

    world = World(case_of(tree({"setup.py": ""}), rows), ends)
    assert set(world.search().declaration.requirement_texts) == {"first", "torch"}
    assert world.tried[:3] == ["", "first", "first torch"]


def test_what_cannot_be_installed_beside_the_rest_is_not_kept(tree: Tree) -> None:
    rows = known(
        Symptom(says="strange words", require=("setuptools<46",), source="s"),
        Symptom(says="strange word", require=("other",), source="s"),
    )

    def ends(one: Declaration) -> str | Failure:
        if "setuptools" in one.requirement_texts:
            return Failure("install", "No solution found: setuptools<46 and setuptools>=61 are incompatible")
        return "" if "other" in one.requirement_texts else "Error: strange words"

    world = World(case_of(tree({"setup.py": ""}), rows), ends)
    assert world.search().declaration.requirement_texts == {"other": "other"}
    assert world.tried == ["", "setuptools<46", "other"]


def test_what_was_asked_for_in_vain_is_told_beside_the_rest(tree: Tree) -> None:
    """What no index has was our proposal: it is no reason by itself."""

    def ends(one: Declaration) -> str | Failure:
        if "torch" in one.requirement_texts:
            return Failure("install", "error: torch has no wheels for this Python")
        return f"/bin/sh: 1: nvcc: not found\n{missing('torch')}"

    found = World(case_of(tree({"setup.py": "import torch"})), ends).search()
    assert found.obstacle is not None
    assert found.obstacle.reason.startswith("it needs the CUDA toolkit")
    assert found.obstacle.reason.endswith("; with torch: torch has no wheels for this Python")


def test_a_bound_that_was_declared_for_a_reason_stays(tree: Tree) -> None:
    """Neither what we declared ourselves nor what is meant for another Python gives way."""
    pin = '[build-system]\nrequires = ["setuptools<60"]\n'
    for asked, said in (
        ("setuptools<60; python_version < '3.8'", missing("distutils")),
        ("setuptools<60", missing("setuptools._private")),
    ):
        world = World(
            case_of(tree({"pyproject.toml": pin, "setup.py": ""}), python="3.13"), always(said), asked=(asked,)
        )
        world.search()
        assert "setuptools -setuptools" not in world.tried


def test_what_is_certain_is_not_searched_around(tree: Tree) -> None:
    """An import at the top of setup.py has to be there: without it nothing else is tried."""
    text = "import torch\n"
    said = f"{missing('torch')}\nsh: 1: cmake: not found"
    world = World(
        case_of(tree({"setup.py": text})), lambda one: "strange words" if "torch" in one.requirement_texts else said
    )
    world.search()
    assert not [tried for tried in world.tried if "cmake" in tried]


def test_what_no_version_can_be_is_not_tried(tree: Tree) -> None:
    symptom = Symptom("needs (?P<requirement>\\S+)", "s")

    def ends(one: Declaration) -> str:
        return (
            "now it needs packaging<22"
            if "packaging" not in one.requirement_texts
            else "now it needs packaging>=22,<23"
        )

    world = World(case_of(tree({"setup.py": ""}), known(symptom)), ends)
    world.search()
    assert world.tried == ["", "packaging<22"]


def test_a_guess_that_fails_earlier_is_no_step(tree: Tree) -> None:
    def ends(one: Declaration) -> Failure:
        if "setuptools" in one.requirement_texts:
            return Failure("get_requires", "AttributeError: the guess itself")
        return Failure("wheel", "TypeError: strange words")

    case = case_of(tree({"setup.py": ""}), known(release=RELEASES), dated="2016-01-01")
    found = World(case, ends, installed=versions).search()
    assert found.obstacle is not None
    assert found.obstacle.reason == "nothing is known about this error: TypeError: strange words"


def test_a_wheel_that_is_not_for_this_python(tree: Tree) -> None:
    problem = "import _pkg: ImportError: _pkg.so: undefined symbol: PyEval_CallObject"
    check = Check(("_pkg",), is_compiled=True, requires_dist=(), problem=problem)
    world = World(case_of(tree({"setup.py": ""}), python="3.13"), always(""), checks=lambda _: check)
    found = world.search()
    assert found.verdict == "not-by-a-declaration"
    assert found.obstacle is not None
    assert (found.obstacle.is_of_python, found.obstacle.gone) == (True, "3.13")


def test_a_wheel_that_lacks_what_an_absent_module_would_have_made(tree: Tree) -> None:
    setup = "try:\n    import cffi\n    ext_modules = []\nexcept ImportError:\n    pass\n"
    pure = Check(
        ("pkg",),
        is_compiled=False,
        requires_dist=(),
        problem="import pkg: ImportError: cannot import name 'fast' from 'pkg' (x.py)",
    )
    checks = {True: COMPILED, False: pure}
    case = case_of(tree({"setup.py": setup}))
    found = World(case, always(""), checks=lambda one: checks["cffi" in one.requirement_texts]).search()
    assert found.declaration.requirement_texts == {"cffi": "cffi"}
    of_another = Check(
        ("pkg",), is_compiled=False, requires_dist=(), problem="import pkg: ImportError: No module named 'x'"
    )
    for checked in (lambda _: PURE, lambda _: of_another):
        found = World(case, always(""), checks=checked).search()
        assert (found.verdict, len(found.attempts)) == ("builds-as-is", 1)


def test_the_same_attempt_is_not_made_twice(tree: Tree) -> None:
    world = World(case_of(tree({"setup.py": "import torch"})), lambda _: missing("torch"))
    found = world.search()
    assert found.verdict == "not-by-a-declaration"
    assert len(world.tried) == len(set(world.tried))


def test_nothing_helps(tree: Tree) -> None:
    world = World(case_of(tree({"setup.py": ""})), lambda _: "ValueError: nobody knows why")
    found = world.search()
    assert (found.verdict, found.declaration, found.reasons) == ("not-by-a-declaration", Declaration(), {})
    assert found.obstacle is not None
    assert found.obstacle.reason == "nothing is known about this error: ValueError: nobody knows why"
    assert found.check is None


def test_what_a_rule_names_is_told_before_what_none_does(tree: Tree) -> None:
    rows = known(
        Symptom(says="strange words", require=("first",), source="s"),
        Symptom(says="strange word", require=("second",), source="s"),
    )

    def ends(one: Declaration) -> str:
        if "second" in one.requirement_texts:
            return "x.c:1:10: fatal error: lber.h: No such file or directory"
        return "ValueError: odd" if "first" in one.requirement_texts else "Error: strange words"

    found = World(case_of(tree({"setup.py": ""}), rows), ends).search()
    assert found.obstacle is not None
    assert found.obstacle.reason.startswith(
        "it needs the OpenLDAP headers (Debian libldap2-dev, Fedora openldap-devel)"
    )


def test_what_a_later_attempt_got_past_is_not_the_reason(tree: Tree) -> None:
    """The first attempt names CUDA in passing; with torch, something else is in the way."""

    def ends(one: Declaration) -> str:
        if "torch" in one.requirement_texts:
            return "ValueError: odd"
        return f"/bin/sh: 1: nvcc: not found\n{missing('torch')}"

    found = World(case_of(tree({"setup.py": "import torch"})), ends).search()
    assert found.obstacle is not None
    assert found.obstacle.reason == "nothing is known about this error: ValueError: odd"


def test_what_fails_earlier_got_past_nothing(tree: Tree) -> None:
    rows = known(Symptom(says="strange words", require=("first",), source="s"))

    def ends(one: Declaration) -> Failure:
        if "first" in one.requirement_texts:
            return Failure("get_requires", "/bin/sh: 1: cobc: not found\nValueError: odd")
        return Failure("wheel", "strange words\nx.c:1:10: fatal error: lber.h: No such file or directory")

    found = World(case_of(tree({"setup.py": ""}), rows), ends).search()
    assert found.obstacle is not None
    assert found.obstacle.reason.startswith("it needs the OpenLDAP headers")


def test_c_that_is_not_for_this_python_and_cannot_be_made_anew(tree: Tree) -> None:
    said = "pkg/fast.c:198:12: fatal error: longintrepr.h: No such file or directory"

    def ends(one: Declaration) -> Failure:
        return Failure(
            "wheel", "ValueError: odd" if one.size else f"gcc -c pkg/fast.c\n{said}\ncompilation terminated."
        )

    found = World(case_of(tree({"setup.py": "", "pkg/fast.pyx": ""})), ends).search()
    assert found.obstacle is not None
    assert (found.obstacle.gone, found.obstacle.is_of_python) == ("3.11", True)
    assert found.obstacle.reason.startswith(
        "nothing is known about this error: ValueError: odd; as it is: Python 3.11 moved longintrepr.h"
    )


def test_a_known_obstacle_ends_the_search_at_once(tree: Tree) -> None:
    said = "talib/_ta_lib.c:1082:10: fatal error: ta-lib/ta_defs.h: No such file or directory"
    case = case_of(tree({"setup.py": "", "talib/_ta_lib.pyx": ""}), known(release=RELEASES), dated="2016-01-01")
    world = World(case, always(f"gcc -c talib/_ta_lib.c\n{said}\ncompilation terminated."), "wheel", versions)
    found = world.search()
    assert (found.verdict, world.tried) == ("not-by-a-declaration", [""])


def test_where_the_likeliest_proposal_led_is_told(tree: Tree) -> None:
    def ends(one: Declaration) -> str:
        return (
            "x.c:1:10: fatal error: lber.h: No such file or directory"
            if "torch" in one.requirement_texts
            else missing("torch")
        )

    found = World(case_of(tree({"setup.py": "import torch"})), ends).search()
    assert found.obstacle is not None
    assert "lber.h" in found.obstacle.reason


def test_what_is_known_is_kept_where_nothing_helps(tree: Tree) -> None:
    """It is no cure, and nobody takes it for one."""
    case = case_of(tree({"setup.py": "import torch\nimport numpy\n"}))

    def ends(one: Declaration) -> str | Failure:
        if "numpy" in one.requirement_texts:
            return Failure("wheel", "x.c:1:10: fatal error: lber.h: No such file or directory")
        return missing("numpy") if "torch" in one.requirement_texts else missing("torch")

    found = World(case, ends).search()
    assert (found.verdict, found.cure) == ("not-by-a-declaration", Declaration())
    assert {*found.declaration.requirement_texts} == {"torch", "numpy"}
    assert found.reasons["requires", "torch"].why.startswith("setup.py, line 1: import torch")
    assert found.attempt.declaration == found.declaration


def test_a_guess_that_ends_in_the_same_way_brings_nothing(tree: Tree) -> None:
    """An older tool says the same in other lines of a traceback."""
    case = case_of(tree({"setup.py": "setup()"}), dated="2015-01-01")
    world = World(case, lambda one: f"line {one.size}\nline {one.size}\nValueError: nobody knows why")
    found = world.search()
    assert len(world.tried) > 1
    assert (found.verdict, found.declaration) == ("not-by-a-declaration", Declaration())


def test_what_came_furthest_is_told(tree: Tree) -> None:
    """Not what an earlier stage ended in, though a rule names that."""
    rows = known(
        Symptom(says="strange words", require=("first",), source="s"),
        Symptom(says="strange word", require=("second",), source="s"),
    )

    def ends(one: Declaration) -> str | Failure:
        if "second" in one.requirement_texts:
            return "x.c:1:10: fatal error: lber.h: No such file or directory"
        return Failure("wheel", "ValueError: odd") if "first" in one.requirement_texts else "Error: strange words"

    found = World(case_of(tree({"setup.py": ""}), rows), ends).search()
    assert found.obstacle is not None
    assert found.obstacle.reason.endswith("ValueError: odd")
    assert set(found.declaration.requirement_texts) == {"first"}


# --- what the package asks for itself --------------------------------------------------------------------------------

PINNED: dict[str, str | bytes] = {
    "setup.py": "import numpy",
    "pyproject.toml": '[build-system]\nrequires = ["setuptools", "numpy==1.17.3"]\n',
}


def test_a_pinned_requirement_of_its_own_gives_way(tree: Tree) -> None:
    def ends(one: Declaration) -> str | Failure:
        if "numpy" not in one.removed:
            return Failure("install", "error: Failed to build `numpy==1.17.3`")
        return "" if "numpy" in one.requirement_texts else missing("numpy")

    found = World(case_of(tree(PINNED)), ends).search()
    assert found.verdict == "builds-when-declared"
    assert found.declaration.requirement_texts == {"numpy": "numpy"}
    assert set(found.declaration.removed) == {"numpy"}
    assert "numpy==1.17.3" in found.reasons["removed", "numpy"].why


def test_a_bound_of_its_own_gives_way_to_a_module(tree: Tree) -> None:
    """What has it now is tried before what may have had it."""

    def ends(one: Declaration) -> str:
        return "" if "setuptools" in one.removed else missing("distutils")

    pin = '[build-system]\nrequires = ["setuptools<60"]\n'
    world = World(
        case_of(tree({"pyproject.toml": pin, "setup.py": "import distutils\n"}), python="3.13"),
        ends,
        asked=("setuptools<60",),
    )
    found = world.search()
    assert world.tried[:2] == ["", "setuptools -setuptools"]
    assert found.reasons["removed", "setuptools"].why == "its own setuptools<60 has no distutils"


def test_a_requirement_of_its_own_that_nothing_needs_goes(tree: Tree) -> None:
    files = {**PINNED, "setup.py": "x = 1"}

    def ends(one: Declaration) -> str | Failure:
        return "" if "numpy" in one.removed else Failure("install", "error: Failed to build `numpy==1.17.3`")

    found = World(case_of(tree(files)), ends).search()
    assert found.declaration.requirement_texts == {}
    assert set(found.declaration.removed) == {"numpy"}


def test_an_unpinned_requirement_stays(tree: Tree) -> None:
    world = World(
        case_of(tree({**PINNED, "pyproject.toml": '[build-system]\nrequires = ["nothing-of-that-name"]\n'})),
        lambda _: Failure("install", "nothing-of-that-name was not found in the package registry"),
    )
    found = world.search()
    assert (found.verdict, world.tried) == ("not-by-a-declaration", [""])
    assert found.obstacle is not None
    assert found.obstacle.reason.startswith("its build requirements cannot be installed: nothing-of-that-name was not")


def test_what_is_in_the_way_after_it_gave_way_is_told_as_well(tree: Tree) -> None:
    def ends(one: Declaration) -> str | Failure:
        if "numpy" in one.removed:
            return "x.c:1:10: fatal error: lber.h: No such file or directory"
        return Failure("install", "error: Failed to build `numpy==1.17.3`")

    found = World(case_of(tree(PINNED)), ends).search()
    assert found.obstacle is not None
    first, _, second = found.obstacle.reason.partition("; and without that, ")
    assert "numpy==1.17.3" in first
    assert "lber.h" in second


@pytest.mark.parametrize(
    "said",
    [
        "error: Failed to fetch: `https://example.org/simple/x/`\n  Caused by: error sending request for url",
        "pip._vendor.urllib3.exceptions.NewConnectionError: Failed to establish a new connection",
        "  Caused by: dns error: failed to lookup address information",
    ],
)
def test_an_index_that_cannot_be_reached(tree: Tree, said: str) -> None:
    world = World(case_of(tree({"setup.py": ""})), lambda _: Failure("install", said))
    with pytest.raises(AugbackendError, match="the build requirements cannot be fetched"):
        world.search()
    assert world.tried == [""]


def test_a_network_that_the_build_wants_is_no_index(tree: Tree) -> None:
    said = "urllib.error.URLError: <urlopen error [Errno 101] Network is unreachable>"
    found = World(case_of(tree({"setup.py": ""})), lambda _: said).search()
    assert found.obstacle is not None
    assert found.obstacle.reason.startswith("it needs a download while it builds: ")


# --- bounds by age ---------------------------------------------------------------------------------------------------

RELEASES = (
    Release("setuptools", "50", "2020-08-31", "s"),
    Release("setuptools", "58", "2021-09-04", "s"),
    Release("setuptools", "61", "2022-03-24", "s"),
    Release("setuptools", "72", "2024-07-29", "s"),
    Release("setuptools", "99", "2030-01-01", "s"),
)


def aged(below: int) -> Callable[[Declaration], str]:
    """A build that works with setuptools before one version."""

    def ends(one: Declaration) -> str:
        bound = one.requirement_texts.get("setuptools", "setuptools<80").partition("<")[2] or "80"
        return "" if int(bound) <= below else "TypeError: strange words"

    return ends


def versions(one: Declaration) -> dict[str, str]:
    bound = one.requirement_texts.get("setuptools", "").partition("<")[2]
    return {"setuptools": f"{int(bound) - 1}.1" if bound else "80.9.0"}


@pytest.mark.parametrize("below", [58, 61, 72])
def test_of_bounds_by_age_the_weakest_is_found(tree: Tree, below: int) -> None:
    world = World(
        case_of(tree({"setup.py": ""}), known(release=RELEASES), dated="2021-01-01"), aged(below), installed=versions
    )
    found = world.search()
    assert found.declaration.requirement_texts == {"setuptools": f"setuptools<{below}"}
    assert "2021-01-01" in found.reasons["requires", "setuptools"].why
    assert world.tried[:2] == ["", "setuptools<58"]


def test_releases_before_the_sdist_are_not_to_blame(tree: Tree) -> None:
    world = World(
        case_of(tree({"setup.py": ""}), known(release=RELEASES), dated="2025-01-01"), aged(72), installed=versions
    )
    found = world.search()
    assert (found.verdict, world.tried) == ("not-by-a-declaration", [""])


def test_a_release_that_this_python_does_not_run_is_not_tried(tree: Tree) -> None:
    releases = [Release(one.project, one.version, one.day, "s", gone="3.12") for one in RELEASES[:2]]
    for python, first in (("3.11", "setuptools<50"), ("3.13", "setuptools<61")):
        case = case_of(tree({"setup.py": ""}), known(release=(*releases, *RELEASES[2:])), python, dated="2016-01-01")
        world = World(case, aged(0), installed=versions)
        world.search()
        assert world.tried[1] == first


def test_a_bound_that_a_message_asks_for_is_not_relaxed(tree: Tree) -> None:
    said = "error in demjson setup command: use_2to3 is invalid."
    world = World(
        case_of(tree({"setup.py": ""}), known(release=RELEASES), dated="2016-01-01"),
        lambda one: "" if "setuptools" in one.requirement_texts else said,
        installed=versions,
    )
    found = world.search()
    assert found.declaration.requirement_texts == {"setuptools": "setuptools<58"}
    assert world.tried == ["", "setuptools<58"]


def test_a_bound_that_a_message_asked_for_is_not_relaxed_beyond_it(tree: Tree) -> None:
    """Nor is the message forgotten, where the sdist's age asked for more in passing."""

    def ends(one: Declaration) -> str:
        bound = one.requirement_texts.get("setuptools", "").partition("<")[2]
        if not bound or int(bound) > 58:
            return "error in demo setup command: use_2to3 is invalid."
        return "" if "<" in one.requirement_texts.get("cython", "") else "TypeError: strange words"

    releases = (*RELEASES, Release("cython", "3", "2023-07-17", "s"))
    case = case_of(tree({"setup.py": ""}), known(release=releases), dated="2020-01-01")
    world = World(case, ends, installed=lambda one: {**versions(one), "cython": "3.1.0"})
    found = world.search()
    assert set(found.declaration.requirement_texts.values()) == {"setuptools<58", "cython<3"}
    assert found.reasons["requires", "setuptools"].why == "setuptools 58 removed use_2to3"
    assert not [tried for tried in world.tried if "setuptools<61" in tried or "setuptools<72" in tried]


def test_bounds_of_several_tools_are_tried_together_and_then_pruned(tree: Tree) -> None:
    releases = (*RELEASES, Release("cython", "3", "2023-07-17", "s"))
    world = World(
        case_of(tree({"setup.py": ""}), known(release=releases), dated="2021-01-01"),
        lambda one: "" if one.requirement_texts.get("cython") == "cython<3" else "TypeError: strange words",
        installed=lambda one: {**versions(one), "cython": "0.29" if "cython" in one.requirement_texts else "3.1"},
    )
    found = world.search()
    assert found.declaration.requirement_texts == {"cython": "cython<3"}


# --- Cython that is left out -----------------------------------------------------------------------------------------

QUIET: dict[str, str | bytes] = {
    "setup.py": "try:\n    from Cython.Build import cythonize\nexcept ImportError:\n    cythonize = None\n",
    "pkg/fast.pyx": "",
}


def test_a_wheel_that_silently_lacks_its_compiled_part(tree: Tree) -> None:
    world = World(
        case_of(tree(QUIET)), lambda _: "", checks=lambda one: COMPILED if "cython" in one.requirement_texts else PURE
    )
    found = world.search()
    assert (found.verdict, found.declaration.requirement_texts) == ("builds-when-declared", {"cython": "cython"})
    why = "setup.py, line 2 does without Cython, and the wheel then lacks pkg/fast.pyx"
    assert found.reasons["requires", "cython"].why == why


def test_a_wheel_that_cython_makes_no_better(tree: Tree) -> None:
    found = World(case_of(tree(QUIET)), lambda _: "").search()
    assert (found.verdict, found.declaration.size) == ("builds-as-is", 0)


def test_cython_that_is_there_was_not_left_out(tree: Tree) -> None:
    world = World(case_of(tree(QUIET)), lambda _: "", importable=frozenset({"Cython"}))
    assert (world.search().verdict, world.tried) == ("builds-as-is", [""])


def test_a_wheel_that_does_not_install(tree: Tree) -> None:
    world = World(
        case_of(tree({"setup.py": ""})), lambda _: "", checks=lambda _: Check((), False, (), installs="no platform")
    )
    found = world.search()
    assert found.verdict == "not-by-a-declaration"
    assert found.obstacle is not None
    assert found.obstacle.reason == "a wheel is built, and does not install: no platform"


# --- wheels that are not as they should be ---------------------------------------------------------------------------

SKIPS: dict[str, str | bytes] = {"setup.py": "try:\n    import torch\nexcept ImportError:\n    print('Skip')\n"}
SAID = "Skip building ext ops due to the absence of torch."


def broken(problem: str, missing: str = "") -> Check:
    return Check(("pkg",), False, (), problem=f"import pkg: {problem}", missing=missing, is_broken=True)


def test_what_the_build_says_that_it_skipped_is_tried(tree: Tree) -> None:
    world = World(
        case_of(tree(SKIPS)),
        always(""),
        prints=lambda one: "" if one.size else SAID,
        checks=lambda one: COMPILED if "torch" in one.requirement_texts else PURE,
    )
    found = world.search()
    assert (found.verdict, found.declaration.requirement_texts) == ("builds-when-declared", {"torch": "torch"})
    assert found.reasons["requires", "torch"].said == SAID


def test_what_changes_nothing_is_not_declared(tree: Tree) -> None:
    world = World(case_of(tree(SKIPS)), always(""), prints=always(SAID))
    found = world.search()
    assert (found.verdict, world.tried) == ("builds-as-is", ["", "torch"])
    assert silent_losses.remarks(world.case, found.attempt) == [
        f"its build says “{SAID}”: with torch declared, the wheel may hold more"
    ]


@pytest.mark.parametrize(
    "said", ["Skip building docs without sphinx", "torch is fast", "torch was found, building ops"]
)
def test_what_a_build_says_in_passing(tree: Tree, said: str) -> None:
    world = World(case_of(tree(SKIPS)), always(""), prints=always(said))
    assert (world.search().verdict, world.tried) == ("builds-as-is", [""])


def test_a_keyword_of_a_plugin_that_nothing_declares(tree: Tree) -> None:
    world = World(
        case_of(tree({"setup.py": ""})),
        always(""),
        prints=lambda one: "" if one.size else "UserWarning: Unknown distribution option: 'rust_extensions'",
        checks=lambda one: COMPILED if one.size else PURE,
    )
    assert world.search().declaration.requirement_texts == {"setuptools-rust": "setuptools-rust"}


def test_a_wheel_of_another_version_is_a_failure(tree: Tree) -> None:
    output = (
        "UserWarning: Unknown distribution option: 'use_scm_version'\n"
        "error: it is called pkg 0.0.0, and the sdist pkg 2.5, by its file name: uv refuses such a wheel"
    )
    failure = Failure("identity", output)
    ends: dict[bool, str | Failure] = {True: "", False: failure}
    case = case_of(tree({"setup.py": ""}))
    found = World(case, lambda one: ends["setuptools-scm" in one.requirement_texts]).search()
    assert (found.verdict, [*found.declaration.requirement_texts]) == ("builds-when-declared", ["setuptools-scm"])
    found = World(case, lambda _: failure).search()
    assert found.obstacle is not None
    assert found.obstacle.reason.startswith("a wheel is built, and it is called pkg 0.0.0, and the sdist pkg 2.5")


def test_a_wheel_that_does_not_import_is_not_as_it_is(tree: Tree) -> None:
    check = broken("ValueError: mutable default <class 'pkg.A'> for field a is not allowed: use default_factory")
    found = World(case_of(tree({"setup.py": ""})), always(""), checks=lambda _: check).search()
    assert (found.verdict, len(found.attempts)) == ("not-by-a-declaration", 1)
    assert found.obstacle is not None
    assert (found.obstacle.is_of_python, found.obstacle.gone) == (True, "3.11")
    assert "it does not import: import pkg: ValueError: mutable default" in found.obstacle.reason


def test_code_for_python_2_whose_setup_asks_for_2to3(tree: Tree) -> None:
    setup = "try:\n    setup(use_2to3=True)\nexcept SystemExit:\n    setup()\n"
    check = broken("SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)? (pkg.py, line 1)")
    world = World(
        case_of(tree({"setup.py": setup})), always(""), checks=lambda one: PURE if one.size else check, asked=("x",)
    )
    found = world.search()
    assert (found.verdict, found.declaration.requirement_texts) == (
        "builds-when-declared",
        {"setuptools": "setuptools<58"},
    )


def test_a_part_that_a_variable_leaves_out_breaks_no_wheel(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "import os\nos.getenv('A_B')\n"}))
    check = broken("ModuleNotFoundError: No module named 'pkg._c'", "pkg._c")
    found = World(case, lambda one: "" if one.size else "set A_B=1 to go on", checks=lambda _: check).search()
    assert (found.verdict, found.declaration.variable_values) == ("builds-when-declared", {"A_B": "1"})


# --- by way of the sdist ---------------------------------------------------------------------------------------------


def test_what_the_sdist_lacks(tree: Tree) -> None:
    world = World(case_of(tree({"setup.py": ""})), always(""), through=lambda _: Loss("its sdist lacks a.h"))
    found = world.search()
    assert (found.verdict, len(found.attempts)) == ("not-by-a-declaration", 1)
    assert found.obstacle is not None
    assert found.obstacle.reason.endswith("not through its sdist, as `uv build` does: its sdist lacks a.h")


def test_what_the_sdist_lacks_beside_a_declaration(tree: Tree) -> None:
    world = World(
        case_of(tree({"setup.py": "import yaml"})),
        needing(yaml="pyyaml"),
        through=lambda _: Loss("its sdist lacks a.h"),
    )
    found = world.search()
    assert (found.verdict, found.declaration.requirement_texts) == ("builds-when-declared", {"pyyaml": "pyyaml"})
    assert found.obstacle is not None
    assert found.obstacle.reason.startswith("a wheel is built in its folder, but not through its sdist")
    assert so_far.reason(found).startswith("with pyyaml declared, a wheel is built in its folder")


def test_what_only_the_way_through_the_sdist_asks_for(tree: Tree) -> None:
    def through(made: Attempt) -> Loss | None:
        return None if made.declaration.size else Loss("…", Failure("get_requires", missing("yaml")))

    found = World(case_of(tree({"setup.py": ""})), always(""), through=through).search()
    assert (found.verdict, found.declaration.requirement_texts) == ("builds-when-declared", {"pyyaml": "pyyaml"})


def test_no_time_for_the_way_through_the_sdist(tree: Tree) -> None:
    def through(_: Attempt) -> Loss | None:
        raise TimeoutError

    found = World(case_of(tree({"setup.py": ""})), always(""), through=through).search()
    assert (found.verdict, found.cut, found.is_sdist_known) == ("builds-as-is", "time", False)


def test_nothing_goes_through_the_sdist_once_the_user_has_ended_it(tree: Tree) -> None:
    def ended(_: Attempt) -> Loss | None:
        ways.append("")
        raise Interrupted

    ways: list[str] = []
    found = World(case_of(tree({"setup.py": ""})), always(""), through=ended).search()
    assert (found.verdict, found.cut, found.is_sdist_known, len(ways)) == ("builds-as-is", "user", False, 1)


# --- ends ------------------------------------------------------------------------------------------------------------


def test_no_more_attempts_than_the_most(tree: Tree) -> None:
    world = World(case_of(tree({"setup.py": ""})), lambda one: missing(f"module_{len(one.requirement_texts)}"))
    found = world.search()
    assert (found.verdict, found.cut, len(world.tried)) == ("unfinished", "attempts", searching.MOST_ATTEMPTS)
    assert len(found.attempts) == searching.MOST_ATTEMPTS
    assert len(found.declaration.requirement_texts) == searching.MOST_ATTEMPTS - 1


def test_the_most_attempts_end_the_pruning_as_well(tree: Tree) -> None:
    count = searching.MOST_ATTEMPTS - 3

    def ends(one: Declaration) -> str:
        return missing(f"module_{len(one.requirement_texts)}") if len(one.requirement_texts) < count else ""

    world = World(case_of(tree({"setup.py": ""})), ends)
    found = world.search()
    assert (found.verdict, len(found.declaration.requirement_texts)) == ("builds-when-declared", count)
    assert len(world.tried) == searching.MOST_ATTEMPTS


def over_time(stage: Stage = "wheel") -> Failure:
    return Failure(stage, "[1/90] g++ a.cpp", is_over_time=True)


@pytest.mark.parametrize("most", [1, 2, 5])
def test_time_runs_out(tree: Tree, most: int) -> None:
    world = World(
        case_of(tree({"setup.py": ""})), lambda one: missing(f"module_{len(one.requirement_texts)}"), most=most
    )
    found = world.search()
    assert (found.verdict, found.cut, len(world.tried)) == ("unfinished", "time", most)
    assert (found.cure, len(found.declaration.requirement_texts)) == (Declaration(), most - 1)
    assert found.obstacle is not None


def test_nothing_is_left_to_try_when_the_time_runs_out(tree: Tree) -> None:
    """That is an answer."""
    failure = Failure("install", "error: nothing-of-that-name was not found in the package registry")
    world = World(case_of(tree({"setup.py": ""})), lambda _: failure, most=1)
    assert (world.search().verdict, world.tried) == ("not-by-a-declaration", [""])


def test_a_build_that_was_killed(tree: Tree) -> None:
    world = World(case_of(tree({"setup.py": ""})), lambda _: over_time(), most=1)
    found = world.search()
    assert (found.verdict, found.cut, world.tried) == ("unfinished", "time", [""])
    assert found.obstacle is None


def test_a_hook_that_was_killed_though_there_is_time(tree: Tree) -> None:
    """More of it would not help: it has had what such a hook may take."""
    found = World(case_of(tree({"setup.py": ""})), lambda _: over_time("get_requires")).search()
    assert (found.verdict, found.cut) == ("not-by-a-declaration", "")
    assert found.obstacle is not None
    assert found.obstacle.reason == "setup.py did not end in 0 s and was killed"


@pytest.mark.parametrize("stage", ["install", "get_requires", "wheel"])
@pytest.mark.parametrize("is_by_user", [False, True])
def test_an_attempt_that_is_cut_short(tree: Tree, stage: Stage, is_by_user: bool) -> None:
    """What the failure before it asked for is known, whatever it was doing."""
    failure = Failure(stage, "", is_over_time=not is_by_user, is_interrupted=is_by_user)

    def ends(one: Declaration) -> str | Failure:
        return failure if "torch" in one.requirement_texts else missing("torch")

    world = World(case_of(tree({"setup.py": "import torch"})), ends, most=2)
    found = world.search()
    assert (found.verdict, found.cut) == ("unfinished", "user" if is_by_user else "time")
    assert world.tried == ["", "torch"]
    assert set(found.declaration.requirement_texts) == {"torch"}
    assert set(found.reasons) == {("requires", "torch")}
    assert found.attempt.failure == failure


def test_a_guess_that_is_cut_short_is_not_known(tree: Tree) -> None:
    rows = known(Symptom(says="strange words", require=("first",), source="s"))

    def ends(one: Declaration) -> str | Failure:
        return Failure("install", "", is_over_time=True) if one.size else "Error: strange words"

    found = World(case_of(tree({"setup.py": ""}), rows), ends, most=2).search()
    assert (found.verdict, found.declaration) == ("unfinished", Declaration())
    assert found.obstacle is not None
    assert "strange words" in found.obstacle.reason


def test_the_user_ends_it_between_attempts(tree: Tree) -> None:
    def ends(one: Declaration) -> str:
        if "numpy" in one.requirement_texts:
            raise Interrupted
        return missing("numpy") if "torch" in one.requirement_texts else missing("torch")

    found = World(case_of(tree({"setup.py": ""})), ends).search()
    assert (found.verdict, found.cut, len(found.attempts)) == ("unfinished", "user", 2)
    assert set(found.declaration.requirement_texts) == {"torch"}


def test_the_user_ends_it_before_anything_is_known(tree: Tree) -> None:
    def ends(_: Declaration) -> str:
        raise Interrupted

    found = World(case_of(tree({"setup.py": ""})), ends).search()
    assert (found.verdict, found.cut, found.attempts, found.obstacle) == ("unfinished", "user", (), None)


@pytest.mark.parametrize("needed", [0, 1])
def test_a_wheel_that_there_is_no_time_to_look_at(tree: Tree, needed: int) -> None:
    """Nobody knows whether it installs: that is no answer yet."""
    world = World(
        case_of(tree({"setup.py": ""})),
        needing(**dict.fromkeys(["torch"][:needed], "torch")),
        checks=lambda _: replace(PURE, untried="the time ran out"),
        most=1 + needed,
    )
    found = world.search()
    assert (found.verdict, found.cut, len(found.declaration.requirement_texts)) == ("unfinished", "time", needed)
    assert found.check is not None
    assert found.attempt.wheel is not None


def test_no_time_to_leave_something_out_again(tree: Tree) -> None:
    rows = known(Symptom(says="strange words", require=("first", "second"), source="s"))
    world = World(case_of(tree({"setup.py": ""}), rows), lambda one: "" if one.size else "Error: strange words", most=2)
    found = world.search()
    assert (found.verdict, found.cut) == ("builds-when-declared", "time")
    assert set(found.cure.requirement_texts) == {"first", "second"}


def test_the_user_ends_it_while_something_is_left_out(tree: Tree) -> None:
    rows = known(Symptom(says="strange words", require=("first", "second"), source="s"))

    def ends(one: Declaration) -> str:
        if one.size == 1:
            raise Interrupted
        return "" if one.size else "Error: strange words"

    found = World(case_of(tree({"setup.py": ""}), rows), ends).search()
    assert (found.verdict, found.cut, found.cure.size) == ("builds-when-declared", "user", 2)


def test_the_message_that_pip_is_missing(tree: Tree) -> None:
    said = (
        "distutils.errors.DistutilsError: Command '['/v/bin/python', '-m', 'pip', '--disable-pip-version-check', 'wheel', "
        "'--no-deps', '-w', '/tmp/x', '--quiet', 'cython>=0.27.3']' returned non-zero exit status 1."
    )
    world = World(
        case_of(tree({"setup.py": "setup(setup_requires=needs)"})),
        lambda one: (
            ""
            if "cython" in one.requirement_texts
            else f"/v/bin/python: No module named pip\nTraceback (most recent call last):\n{said}"
        ),
    )
    found = world.search()
    assert found.declaration.requirement_texts == {"cython": "cython"}
    assert world.tried == ["", "cython"]


def by_recipe(case: Case, *texts: str) -> Case:
    said = case.declared.joined(declarations.of(texts, "the recipe"))
    return replace(case, recipe=replace(said, recipe=RecipeUse("pkg <2", "a test", "verified", ", ".join(texts))))


def test_a_recipe_is_tried_before_anything_else(tree: Tree) -> None:
    case = by_recipe(case_of(tree({"setup.py": "import numpy\nimport Cython\n"})), "numpy<2")
    world = World(case, lambda declaration: "" if "numpy" in declaration.requirement_texts else missing("numpy"))
    found = world.search()
    assert world.tried == ["numpy<2"]
    assert (found.verdict, found.declaration.requirement_texts) == ("builds-when-declared", {"numpy": "numpy<2"})
    assert found.reasons["requires", "numpy"].why == "the recipe pkg <2, a test; verified"


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_recipe_that_does_not_do_is_followed_by_the_search(tree: Tree, is_broken: bool) -> None:
    case = by_recipe(case_of(tree({"setup.py": "import numpy\nimport Cython\n"})), "other")
    broken = replace(PURE, problem="import pkg: ImportError: no")
    world = World(
        case,
        lambda declaration: (
            "" if {"cython", *(["other"] * is_broken)} & {*declaration.requirement_texts} else missing("Cython")
        ),
        checks=lambda declaration: broken if "other" in declaration.requirement_texts else PURE,
    )
    found = world.search()
    assert world.tried[:3] == ["other", "", "cython"]
    assert found.declaration.requirement_texts == {"cython": "cython"}
