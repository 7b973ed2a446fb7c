"""What `diagnose` says in the end: as JSON for scripts, in lines for people, and as commands that mean what they say."""

from __future__ import annotations

import json
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augbackend.cli.diagnosis import report, static_report
from augbackend.cli.diagnosis.attempt import Attempt, Failure
from augbackend.cli.diagnosis.evidence import Case, Obstacle, Proposal, declaring
from augbackend.cli.diagnosis.report import Diagnosis
from augbackend.cli.diagnosis.search import Cut, SearchResult
from augbackend.cli.diagnosis.static_reading import read
from augbackend.cli.diagnosis.subject import Subject
from augbackend.cli.diagnosis.wheel_check import Check
from augbackend.cli.main import group
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers.confinement import Confinement
from augbackend.cli.strangers.interpreter import Interpreter

from .runner import CliRunner, Result

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib
from augbackend.knowledge import rows

Tree = Callable[[dict[str, "str | bytes"]], Path]

posix = pytest.mark.skipif(os.name == "nt", reason="commands are quoted for another shell there")
SDIST = Subject("flash-attn==2.8.3", None, "flash-attn", "2.8.3")
FOLDER = Subject("tree", Path("tree"), "pkg", "")
WHEEL = Path("flash_attn-2.8.3-py3-none-any.whl")
CHECK = Check(("flash_attn", "hopper"), is_compiled=False, requires_dist=("torch",))
FAILED = Attempt(Declaration(), None, Failure("get_requires", "ModuleNotFoundError: No module named 'torch'"), 3.14)
DECLARATION = declaring(
    "torch==2.8.0",
    "setuptools<58",
    "a[b]>=1; python_version < '3.99'",
    variables={"FLASH_ATTENTION_SKIP_CUDA_BUILD": "TRUE", "CFLAGS": "-O2 -DX='a b' $HOME"},
)

WORDS = (
    "it was made on 2021-01-01, before setuptools 58, and setup.py imports what nothing declares, which was found by "
    "looking at the traceback that the last of many builds ended in"
)

CONFINED = Confinement("landlock", ("the network", "chmod"))


def declared(declaration: Declaration = DECLARATION, check: Check = CHECK, wheel: Path = WHEEL) -> SearchResult:
    reasons = {entry: Proposal(Declaration(), f"{WORDS}: {entry[1]}", "said") for entry in declaration.entries}
    outcome = Attempt(declaration, wheel, None, 20.0, {"torch": "2.8.0"})
    return SearchResult("builds-when-declared", declaration, reasons, (FAILED, outcome), outcome, check)


def as_it_is() -> SearchResult:
    outcome = Attempt(Declaration(), WHEEL, None, 2.0)
    return SearchResult("builds-as-is", Declaration(), {}, (outcome,), outcome, CHECK)


def hopeless() -> SearchResult:
    obstacle = Obstacle(f"it needs the CUDA toolkit (nvcc): {WORDS}", "the line")
    return SearchResult("not-by-a-declaration", Declaration(), {}, (FAILED,), FAILED, None, obstacle)


def known_to_need_torch(said: str = "it needs the CUDA toolkit (nvcc)") -> SearchResult:
    declaration = declaring("torch")
    reasons = {("requires", "torch"): Proposal(declaration, "setup.py, line 2: import torch", "said")}
    last = Attempt(declaration, None, Failure("wheel", "no nvcc"), 20.0)
    return SearchResult(
        "not-by-a-declaration", declaration, reasons, (FAILED, last), last, None, Obstacle(said, "no nvcc")
    )


def unfinished(cut: Cut, failure: Failure, in_stage: float = 100.0) -> SearchResult:
    known = known_to_need_torch()
    last = replace(known.attempt, failure=failure, seconds=in_stage + 5, in_stage=in_stage)
    return replace(known, verdict="unfinished", attempts=(FAILED, last), attempt=last, obstacle=None, cut=cut)


def diagnosis(found: SearchResult, subject: Subject = SDIST, *remarks: str) -> Diagnosis:
    return Diagnosis(subject, found, Interpreter("/usr/bin/python3.11", "3.11.7"), "uv", 23.14159, CONFINED, remarks)


def text(found: SearchResult, subject: Subject = SDIST, *remarks: str) -> str:
    return "\n".join(report.lines(diagnosis(found, subject, *remarks)))


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_json_of_what_is_to_be_declared() -> None:
    found = report.as_json(diagnosis(declared(), SDIST, "a remark"))
    assert json.loads(json.dumps(found)) == found
    assert found["verdict"] == "builds-when-declared"
    assert found["confinement"] == {"by": "landlock", "does_not_stop": ["the network", "chmod"]}
    assert found["extra-build-dependencies"] == ["torch==2.8.0", "setuptools<58", "a[b]>=1; python_version < '3.99'"]
    assert found["extra-build-variables"] == {
        "FLASH_ATTENTION_SKIP_CUDA_BUILD": "TRUE",
        "CFLAGS": "-O2 -DX='a b' $HOME",
    }
    assert found["remove-build-dependencies"] == []
    assert found["reason"].startswith("it builds with torch==2.8.0, setuptools<58, ")
    assert found["evidence"][0] == {
        "kind": "requires",
        "entry": "torch==2.8.0",
        "why": f"{WORDS}: torch",
        "error": "said",
    }
    assert [one["entry"] for one in found["evidence"]] == [
        *found["extra-build-dependencies"],
        "FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE",
        "CFLAGS=-O2 -DX='a b' $HOME",
    ]
    assert (found["name"], found["version"], found["python"]) == ("flash-attn", "2.8.3", "3.11.7")
    assert (found["wheel"], found["imports"], found["builds"], found["seconds"]) == (WHEEL.name, True, 2, 23.1)
    assert found["attempts"][0] == {
        "declared": "as it is",
        "seconds": 3.1,
        "ended": "get_requires: ModuleNotFoundError: No module named 'torch'",
    }
    assert found["attempts"][1]["ended"] == "a wheel"
    assert found["remarks"] == ["a remark"]


def test_json_of_what_builds() -> None:
    found = report.as_json(diagnosis(as_it_is()))
    assert (found["verdict"], found["reason"], found["evidence"]) == ("builds-as-is", "nothing is missing", [])
    assert (found["extra-build-dependencies"], found["extra-build-variables"]) == ([], {})
    assert (found["remove-build-dependencies"], found["next"]) == ([], "")


def test_json_of_what_nothing_helps() -> None:
    found = report.as_json(diagnosis(hopeless()))
    assert (found["verdict"], found["extra-build-dependencies"]) == ("not-by-a-declaration", [])
    assert (found["extra-build-variables"], found["remove-build-dependencies"]) == ({}, [])
    assert found["reason"].startswith("it needs the CUDA toolkit (nvcc): ")
    assert found["evidence"] == [{"kind": "obstacle", "entry": "", "why": found["reason"], "error": "the line"}]
    assert (found["wheel"], found["imports"]) == ("", False)


def test_json_of_what_is_known_and_is_not_enough() -> None:
    found = report.as_json(diagnosis(known_to_need_torch()))
    assert (found["verdict"], found["enough"], found["next"]) == ("not-by-a-declaration", False, "")
    assert found["extra-build-dependencies"] == ["torch"]
    assert found["reason"] == "with torch declared, it then needs the CUDA toolkit (nvcc)"
    assert [(one["kind"], one["entry"]) for one in found["evidence"]] == [("requires", "torch"), ("obstacle", "")]


@pytest.mark.parametrize(
    ("cut", "given", "failure", "limit"),
    [
        ("time", 120, Failure("wheel", "", is_over_time=True), 600),  # 20 s before it, and 4 times 100 s
        ("time", 1800, Failure("wheel", "", is_over_time=True), 3600),
        ("time", 60000, Failure("wheel", "", is_over_time=True), 2 * 86400),
        ("user", 120, Failure("wheel", "", is_interrupted=True), 600),
        ("user", 1800, Failure("wheel", "", is_interrupted=True), None),
        ("attempts", 120, Failure("wheel", "Error: x"), None),
    ],
)
def test_json_of_what_is_unfinished(cut: Cut, given: float, failure: Failure, limit: int | None) -> None:
    found = replace(diagnosis(unfinished(cut, failure)), seconds=120.0, timeout=given)
    document = report.as_json(found)
    assert json.loads(json.dumps(document)) == document
    assert (document["verdict"], document["enough"], document["next"]) == ("unfinished", False, "")
    assert (document["extra-build-dependencies"], document["imports"]) == (["torch"], False)
    assert document["unfinished"] == {
        "ended-by": cut,
        "last-build": {"declared": "torch", "stage": "wheel", "seconds": 100.0},
        "try-timeout": limit,
    }


def test_json_of_what_was_not_looked_at() -> None:
    check = replace(CHECK, untried="the time ran out")
    found = replace(declared(check=check), verdict="unfinished", cut="time")
    document = report.as_json(diagnosis(found))
    assert (document["imports"], document["enough"], document["next"]) == (False, False, "")
    said = text(found)
    assert "imports:" not in said
    assert "whether it installs and imports is not known: the time ran out" in " ".join(said.split())


def test_json_of_what_is_removed() -> None:
    found = report.as_json(diagnosis(declared(declaring("numpy", removed=["wheel", "numpy"]))))
    assert found["remove-build-dependencies"] == ["numpy", "wheel"]
    assert [one["kind"] for one in found["evidence"]].count("removed") == 2


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (Check((), False, (), problem="import x: OSError"), False),
        (Check((), False, (), installs="no"), False),
        (CHECK, True),
    ],
)
def test_json_says_whether_it_imports(check: Check, expected: bool) -> None:
    assert report.as_json(diagnosis(declared(check=check)))["imports"] == expected


# --- lines -----------------------------------------------------------------------------------------------------------


def test_what_builds() -> None:
    assert text(as_it_is()).split("\n") == [
        "flash-attn 2.8.3 builds as it is",
        "  wheel: flash_attn-2.8.3-py3-none-any.whl, pure",
        "  it installs and imports: flash_attn, hopper",
        "  tried: 1 build in 23 s, Python 3.11.7, uv",
        "  confined by Landlock; not stopped: the network; chmod",
    ]


def test_what_is_to_be_declared() -> None:
    lines = text(declared(declaring("setuptools<58"))).split("\n")
    assert lines[:3] == ["flash-attn 2.8.3 builds when this is declared:", "", "  setuptools<58"]
    assert "".join(line.strip() + " " for line in lines[3:6]).strip() == f"{WORDS}: setuptools"
    assert "  tried: 2 builds in 23 s, Python 3.11.7, uv" in lines


def test_what_is_removed() -> None:
    assert "  without its own numpy" in text(declared(declaring(removed=["numpy"]))).split("\n")


def test_what_nothing_helps() -> None:
    lines = text(hopeless()).split("\n")
    assert lines[0] == "flash-attn 2.8.3 does not build, and no declaration makes it:"
    assert " ".join(line.strip() for line in lines[1:-2]) == f"it needs the CUDA toolkit (nvcc): {WORDS}"
    assert "every frontend" not in text(hopeless())


def test_what_does_not_import() -> None:
    said = text(declared(check=Check(("x",), True, (), problem="import x: OSError: libcuda.so.1")))
    assert "  it installs, and does not import: import x: OSError: libcuda.so.1" in said.split("\n")
    assert "compiled" in said


REMARK = "torch 2.8.0 is the one at hand here: another may build otherwise, and that is all there is to say of it"


@pytest.mark.parametrize("found", [declared(), as_it_is(), hopeless()], ids=["declared", "as it is", "hopeless"])
@pytest.mark.parametrize("subject", [SDIST, FOLDER], ids=["sdist", "folder"])
def test_lines_fit(found: SearchResult, subject: Subject) -> None:
    for line in text(found, subject, REMARK).split("\n"):
        is_table = line.strip().startswith("flash-attn = ")
        assert len(line) <= 80 or is_table, line


def test_many_modules_fit() -> None:
    check = Check(tuple(f"module_{at}" for at in range(12)), False, ())
    assert all(len(line) <= 80 for line in text(declared(declaring("torch"), check)).split("\n"))


def test_a_table_of_much_fits() -> None:
    declaration = declaring(*(f"some-project-{at}" for at in range(8)))
    assert all(len(line) <= 80 for line in text(declared(declaration)).split("\n"))


# --- commands and tables ---------------------------------------------------------------------------------------------


def printed_commands(said: str) -> list[list[str]]:
    block = said.partition("For every frontend:\n\n")[2].partition("\n\n")[0]
    return [shlex.split(line) for line in block.replace(" \\\n", " ").split("\n")]


@posix
def test_the_printed_command_means_the_declaration() -> None:
    wrap, install = printed_commands(text(declared()))
    assert wrap == [
        "augbackend", "wrap", "flash-attn==2.8.3", "--require", "torch==2.8.0", "--require", "setuptools<58",
        "--require", "a[b]>=1; python_version < '3.99'", "--variable", "FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE",
        "--variable", "CFLAGS=-O2 -DX='a b' $HOME",
    ]  # fmt: skip
    assert install == ["python", "-m", "pip", "install", "./wrapped.d/flash_attn-2.8.3.tar.gz"]


@posix
def test_what_a_shell_would_take_for_something_else_is_quoted() -> None:
    assert "--require 'setuptools<58'" in text(declared(declaring("setuptools<58")))


@posix
def test_the_printed_command_for_a_folder() -> None:
    adopt, install = printed_commands(text(declared(declaring("numpy", removed=["numpy"])), FOLDER))
    assert adopt == ["augbackend", "adopt", "./tree", "--require", "numpy", "--remove-require", "numpy"]
    assert install == ["python", "-m", "pip", "install", "./tree"]


@posix
def test_a_folder_with_a_space_in_its_name() -> None:
    subject = Subject("my tree", Path("my tree"), "pkg", "")
    adopt, *_ = printed_commands(text(declared(declaring("numpy")), subject))
    assert adopt == ["augbackend", "adopt", "./my tree", "--require", "numpy"]


@posix
def test_a_folder_with_a_space_in_its_name_is_installed() -> None:
    subject = Subject("my tree", Path("my tree"), "pkg", "")
    _, install = printed_commands(text(declared(declaring("numpy")), subject))
    assert install == ["python", "-m", "pip", "install", "./my tree"]


def test_a_folder_that_one_line_mends() -> None:
    one = replace(diagnosis(declared(declaring("numpy")), FOLDER), static_line='requires = ["setuptools", "numpy"]')
    said = "\n".join(report.lines(one))
    end = '\n\nIn [build-system] of its pyproject.toml, for every frontend:\n\n  requires = ["setuptools", "numpy"]'
    assert said.endswith(end)
    assert "augbackend" not in said
    assert report.as_json(one)["next"] == f"augbackend adopt .{os.sep}tree --static --require numpy"


@posix
def test_the_command_in_json_is_the_one_that_is_printed() -> None:
    assert shlex.split(report.as_json(diagnosis(declared()))["next"]) == printed_commands(text(declared()))[0]


def test_the_command_is_one_that_there_is(tree: Tree) -> None:
    folder = tree({"setup.py": "from setuptools import setup\nsetup(name='pkg', version='1')\n"})
    declaration = DECLARATION.plus(declaring(removed=["setuptools"]))
    words = report.command(Subject(str(folder), folder, "pkg", "1"), declaration)
    assert words[0] == "augbackend"
    result = CliRunner().invoke(group, words[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert {*declaration.requirement_texts.values()} <= {*document["build-system"]["requires"]}
    written = document["tool"]["augbackend"]
    assert written["extra-build-variables"] == declaration.variable_values
    assert written["remove-build-dependencies"] == ["setuptools"]


def printed_table(said: str) -> dict[str, Any]:
    return tomllib.loads(said.partition("For uv alone, in pyproject.toml:\n\n")[2])


def test_the_printed_table_means_the_declaration() -> None:
    assert printed_table(text(declared())) == {
        "tool": {
            "uv": {
                "extra-build-dependencies": {"flash-attn": list(DECLARATION.requirement_texts.values())},
                "extra-build-variables": {"flash-attn": DECLARATION.variable_values},
            }
        }
    }


@pytest.mark.parametrize("declaration", [declaring("torch"), declaring(variables={"A": 'quoted "b" \\'})])
def test_a_table_of_one_kind(declaration: Declaration) -> None:
    (key,) = printed_table(text(declared(declaration)))["tool"]["uv"]
    assert key == ("extra-build-dependencies" if declaration.requires else "extra-build-variables")


def test_uv_cannot_say_what_is_removed() -> None:
    removed = declaring("numpy", removed=["numpy"])
    assert report.uv_table(SDIST, removed) == ""
    assert "For uv alone" not in text(declared(removed))


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), min_size=1, max_size=20)


@posix
@given(value=TEXT, target=TEXT.filter(lambda one: one.strip()))
def test_any_value_is_quoted(value: str, target: str) -> None:
    declaration = declaring("a<1", variables={"X_Y": value})
    subject = Subject(target, None, "pkg", "1")
    wrap, *_ = printed_commands(text(declared(declaration), subject))
    assert wrap == ["augbackend", "wrap", target, "--require", "a<1", "--variable", f"X_Y={value}"]
    table = tomllib.loads(report.uv_table(subject, declaration))
    assert table["tool"]["uv"]["extra-build-variables"]["pkg"]["X_Y"] == value


# --- only read -------------------------------------------------------------------------------------------------------


def expected(folder: Path, python: str = "3.11") -> tuple[Case, static_report.Expectation]:
    case = Case(folder, read(folder), rows.load(), python)
    return case, static_report.expected(case, f"{python}.1")


SETUP_PY = """
import os, helper, torch
from setuptools import setup
from numpy import get_include
try:
    import Cython
except ImportError:
    pass
os.system("nvcc -V")
SKIP = os.getenv("SKIP_IT", "FALSE") == "TRUE"
setup(name="pkg", setup_requires=["numpy"])
"""


def test_what_reading_alone_expects(tree: Tree) -> None:
    case, found = expected(tree({"setup.py": SETUP_PY, "helper.py": "import yaml"}))
    assert ({*found.declaration.requirement_texts}, found.in_the_way) == ({"torch"}, "")
    answer = static_report.as_json(SDIST, case, found)
    assert json.loads(json.dumps(answer)) == answer
    assert (answer["verdict"], answer["extra-build-dependencies"]) == (None, ["torch"])
    assert answer["evidence"] == [
        {"kind": "requires", "entry": "torch", "why": "setup.py, line 2: import torch", "error": ""}
    ]
    assert answer["reading"]["variables"] == [
        {"name": "SKIP_IT", "yes": "TRUE", "no": "FALSE", "where": "setup.py, line 10"}
    ]
    lines = list(static_report.lines(SDIST, case, found))
    assert lines[0] == "flash-attn 2.8.3, only read; nothing was built"
    assert "  misses torch: setup.py, line 2 imports torch" in lines
    assert "  may use Cython: setup.py, line 6" in lines
    assert "  reads SKIP_IT (TRUE or FALSE): setup.py, line 10" in lines
    assert "  runs nvcc: setup.py, line 9" in lines


@pytest.mark.parametrize(
    ("files", "python", "reason"),
    [
        ({"setup.py": "print 'x'"}, "3.11", "setup.py is not for this Python: SyntaxError: "),
        ({"setup.py": "import imp"}, "3.12", "Python 3.12 removed the module imp"),
        ({"setup.py": "", "PKG-INFO": "Name: x\nRequires-Python: <3.10\n"}, "3.11", "it requires Python <3.10"),
    ],
)
def test_what_reading_alone_sees_in_the_way(
    tree: Tree, files: dict[str, str | bytes], python: str, reason: str
) -> None:
    _, found = expected(tree(files), python)
    assert found.in_the_way.startswith(reason)


def diagnose(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["diagnose", *map(str, arguments)], catch_exceptions=False)


@pytest.mark.processes
@pytest.mark.usefixtures("alone", "no_index")
def test_a_folder_is_only_read(tree: Tree) -> None:
    folder = tree({"setup.py": f"open('was_run', 'w')\n{SETUP_PY}", "helper.py": ""})
    result = diagnose(folder, "--no-build", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["extra-build-dependencies"] == ["torch"]
    assert "misses torch" in diagnose(folder, "--no-build").output
    assert not list(folder.rglob("was_run"))


@pytest.mark.processes
@pytest.mark.usefixtures("alone", "no_index")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--no-build", "--apply"], "--apply needs a build"),
        (["--no-build", "--python", "0.1"], "there is no such Python here"),
        (["--no-build", "--timeout", "0"], "--timeout"),
        (["--no-build", "--knowledge", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_misused(tree: Tree, arguments: list[str], expected: str) -> None:
    result = diagnose(tree({"setup.py": ""}), *arguments)
    assert (result.exit_code, expected in result.output) == (2, True), result.output


@pytest.mark.processes
@pytest.mark.usefixtures("alone", "no_index")
def test_rows_of_ones_own(tree: Tree) -> None:
    rows = '[[module]]\nname = "torch"\nrequire = "our-torch"\nsource = "ours"\n'
    folder = tree({"setup.py": "import torch", "own.toml": rows, "broken.toml": "[[module]]\nname = 1\n"})
    assert "misses our-torch" in diagnose(folder, "--no-build", "--knowledge", folder / "own.toml").output
    result = diagnose(folder, "--no-build", "--knowledge", folder / "broken.toml")
    assert result.exit_code == 2
    assert "broken.toml.module[0].name: found 1" in result.output
    assert "broken.toml.module[0]: the key 'require' is missing" in result.output


@pytest.mark.usefixtures("alone", "no_index")
def test_no_project(tree: Tree) -> None:
    result = diagnose(tree({"README": ""}), "--no-build")
    assert (result.exit_code, "no Python project here" in result.output) == (2, True)


def test_an_error_names_what_the_user_named(tree: Tree) -> None:
    folder = tree({"pyproject.toml": "x = ["})
    done = CliRunner().invoke(group, ["diagnose", str(folder), "--no-build"])
    assert done.exit_code == 2
    assert f"where: {folder / 'pyproject.toml'}\n" in done.output


# --- what is known though nothing builds -----------------------------------------------------------------------------


def test_text_of_what_is_known_and_is_not_enough() -> None:
    said = text(known_to_need_torch())
    assert said.startswith(
        "flash-attn 2.8.3 does not build, and no declaration makes it:\n"
        "  with torch declared, it then needs the CUDA toolkit (nvcc)\n"
        "  this brought it so far, and is not enough:\n\n"
        "  torch\n      setup.py, line 2: import torch\n\n"
        "  tried: 2 builds"
    )
    assert "augbackend wrap" not in said


def test_another_obstacle_than_a_need() -> None:
    said = "its sources do not compile here: x.c:1: error"
    assert report.as_json(diagnosis(known_to_need_torch(said)))["reason"] == f"with torch declared, {said}"


def test_what_stands_in_the_way_of_all_is_said_first() -> None:
    """Not: with its own pin dropped, its pin cannot be installed."""
    said = "its build requirements cannot be installed: x; and without that, it needs the CUDA toolkit"
    found = known_to_need_torch(said)
    first = replace(FAILED, failure=Failure("install", "x"))
    assert report.as_json(diagnosis(replace(found, attempts=(first, found.attempt))))["reason"] == said


def test_text_of_what_is_unfinished() -> None:
    found = unfinished("time", Failure("wheel", "", is_over_time=True))
    said = "\n".join(report.lines(replace(diagnosis(found), seconds=120.0, timeout=120)))
    assert said.startswith(
        "flash-attn 2.8.3: unfinished, and nothing was found by then that builds it:\n"
        "  the time ran out; the last build, with torch, was ended 100 s into building\n  the wheel\n"
        "  this brought it so far; it may be enough, or not:\n\n"
        "  torch\n      setup.py, line 2: import torch\n\n"
        "  try again with --timeout 600\n"
    )
    assert "augbackend wrap" not in said


def test_text_where_the_builds_ran_out() -> None:
    """No more time helps; what is known is where the next diagnosis begins."""
    said = text(unfinished("attempts", Failure("wheel", "Error: x")))
    assert "2 builds are the most that are made; the last build, with torch, ended" in " ".join(said.split())
    assert said.endswith(
        "\n\n  augbackend wrap flash-attn==2.8.3 --require torch\n"
        "  augbackend diagnose ./wrapped.d/flash_attn-2.8.3.tar.gz"
    )


def test_text_where_nothing_was_built_yet() -> None:
    nothing = Attempt(Declaration(), None, None, 0.0)
    found = SearchResult("unfinished", Declaration(), {}, (), nothing, cut="user")
    assert "you ended it; nothing was built yet" in text(found)
    assert report.as_json(diagnosis(found))["unfinished"]["last-build"] is None
