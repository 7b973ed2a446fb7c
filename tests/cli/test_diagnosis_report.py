"""What `diagnose` says in the end: as JSON for scripts, in lines for people, and as commands that mean what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augbackend.cli import terminal
from augbackend.cli.diagnosis import next_steps, report, runtime_match, static_report, tables_for_uv
from augbackend.cli.diagnosis.attempt import Attempt, Failure
from augbackend.cli.diagnosis.evidence import Case, Obstacle, Proposal, declaring
from augbackend.cli.diagnosis.next_steps import OwnLines, Where
from augbackend.cli.diagnosis.report import Diagnosis
from augbackend.cli.diagnosis.search_result import Cut, SearchResult
from augbackend.cli.diagnosis.static_reading import read
from augbackend.cli.diagnosis.subject import Subject
from augbackend.cli.diagnosis.tables_for_uv import SeenByUv
from augbackend.cli.diagnosis.wheel_check import Check
from augbackend.cli.main import group
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers.confinement import Confinement
from augbackend.cli.strangers.interpreter import Interpreter
from augbackend.cli.wrapping import adoption, static_adoption
from augbackend.errors import AugbackendError

from .. import json_outputs
from .runner import CliRunner, Result

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib
from augbackend.knowledge import rows

Tree = Callable[[dict[str, "str | bytes"]], Path]

posix = pytest.mark.skipif(os.name == "nt", reason="commands are quoted for another shell there")
SDIST = Subject(
    "flash-attn==2.8.3", None, "flash-attn", "2.8.3", "flash_attn-2.8.3.tar.gz", "flash_attn-2.8.3", is_of_index=True
)
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

NOWHERE, SEEN = Where(), SeenByUv()
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


def as_json(one: Diagnosis) -> dict[str, Any]:
    return dict(json_outputs.read(terminal.as_json(report.as_json(one))))


def text(found: SearchResult, subject: Subject = SDIST, *remarks: str) -> str:
    return "\n".join(report.lines(diagnosis(found, subject, *remarks)))


def what_next(declaration: Declaration, subject: Subject = SDIST, where: Where = NOWHERE, seen: SeenByUv = SEEN) -> str:
    return "\n".join(next_steps.lines(subject, declaration, where, seen))


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_json_of_what_is_to_be_declared() -> None:
    found = as_json(diagnosis(declared(), SDIST, "a remark"))
    assert found["verdict"] == "builds-when-declared"
    assert found["confinement"] == {"by": "landlock", "does-not-stop": ["the network", "chmod"]}
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
    found = as_json(diagnosis(as_it_is()))
    assert (found["verdict"], found["reason"], found["evidence"]) == ("builds-as-is", "nothing is missing", [])
    assert (found["extra-build-dependencies"], found["extra-build-variables"]) == ([], {})
    assert (found["remove-build-dependencies"], found["next"]) == ([], "")


def test_json_of_what_nothing_helps() -> None:
    found = as_json(diagnosis(hopeless()))
    assert (found["verdict"], found["extra-build-dependencies"]) == ("not-by-a-declaration", [])
    assert (found["extra-build-variables"], found["remove-build-dependencies"]) == ({}, [])
    assert found["reason"].startswith("it needs the CUDA toolkit (nvcc): ")
    assert found["evidence"] == [{"kind": "obstacle", "entry": "", "why": found["reason"], "error": "the line"}]
    assert (found["wheel"], found["imports"]) == ("", False)


def test_json_of_what_is_known_and_is_not_enough() -> None:
    found = as_json(diagnosis(known_to_need_torch()))
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
    document = as_json(found)
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
    document = as_json(diagnosis(found))
    assert (document["imports"], document["enough"], document["next"]) == (False, False, "")
    said = text(found)
    assert "imports:" not in said
    assert "whether it installs and imports is not known: the time ran out" in " ".join(said.split())


def test_json_of_what_is_removed() -> None:
    found = as_json(diagnosis(declared(declaring("numpy", removed=["wheel", "numpy"]))))
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
    assert as_json(diagnosis(declared(check=check)))["imports"] == expected


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


def test_a_reason_of_several_is_said_once() -> None:
    two = declaring("torch", "packaging")
    reasons = {entry: Proposal(Declaration(), "the recipe says so", "said") for entry in two.entries}
    lines = text(replace(declared(two), reasons=reasons)).splitlines()
    at = lines.index("      the recipe says so")
    assert {*lines[at - 2 : at]} == {"  torch", "  packaging"}
    assert lines.count("      the recipe says so") == 1


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
    block = re.split(r"(?m)^For every frontend[^:]*:\n\n", said)[1].partition("\n\n")[0].partition("\n  (")[0]
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
    own = OwnLines("In [build-system] of pyproject.toml", ('requires = ["setuptools", "numpy"]',))
    one = replace(diagnosis(declared(declaring("numpy")), FOLDER), where=Where(own))
    said = "\n".join(report.lines(one))
    title = "In [build-system] of pyproject.toml, for every frontend (--apply writes it):"
    assert said.endswith(f'\n\n{title}\n\n  requires = ["setuptools", "numpy"]')
    assert "augbackend" not in said
    assert as_json(one)["next"] == f"augbackend adopt .{os.sep}tree --static --require numpy"
    adopted = replace(one, where=Where(replace(own, is_adopted=True)))
    assert as_json(adopted)["next"] == f"augbackend adopt .{os.sep}tree --require numpy"


@posix
def test_the_command_in_json_is_the_one_that_is_printed() -> None:
    assert shlex.split(as_json(diagnosis(declared()))["next"]) == printed_commands(text(declared()))[0]


def test_the_command_is_one_that_there_is(tree: Tree) -> None:
    folder = tree({"setup.py": "from setuptools import setup\nsetup(name='pkg', version='1')\n"})
    declaration = DECLARATION.plus(declaring(removed=["setuptools"]))
    words = next_steps.command(Subject(str(folder), folder, "pkg", "1"), declaration)
    assert words[0] == "augbackend"
    result = CliRunner().invoke(group, words[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert {*declaration.requirement_texts.values()} <= {*document["build-system"]["requires"]}
    written = document["tool"]["augbackend"]
    assert written["extra-build-variables"] == declaration.variable_values
    assert written["remove-build-dependencies"] == ["setuptools"]


def printed_table(said: str) -> dict[str, Any]:
    return tomllib.loads(re.split(r"For uv alone[^:]*:\n\n", said)[1])


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
    assert tables_for_uv.of(SDIST, removed, SEEN).text == ""
    assert "For uv alone" not in text(declared(removed))


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), min_size=1, max_size=20)


@posix
@given(value=TEXT, target=TEXT.filter(lambda one: one.strip()))
def test_any_value_is_quoted(value: str, target: str) -> None:
    declaration = declaring("a<1", variables={"X_Y": value})
    subject = Subject(target, None, "pkg", "1", "pkg-1.tar.gz", "pkg-1")
    wrap, *_ = printed_commands(text(declared(declaration), subject))
    assert wrap == ["augbackend", "wrap", target, "--require", "a<1", "--variable", f"X_Y={value}"]
    table = tomllib.loads(tables_for_uv.of(subject, declaration, SEEN).text)
    assert table["tool"]["uv"]["extra-build-variables"]["pkg"]["X_Y"] == value


# --- in the version of run time ---------------------------------------------------------------------------------------

BUILDER = "from torch.utils.cpp_extension import BuildExtension\nfrom setuptools import setup\nsetup()\n"


def wheel_with(folder: Path, member: str, content: bytes) -> Path:
    with zipfile.ZipFile(folder / "x-1.0-cp311-cp311-linux_x86_64.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return Path(str(archive.filename))


def matched(tree: Path, wheel: Path, declaration: Declaration) -> SearchResult:
    check = Check(("x",), is_compiled="so" in "".join(zipfile.ZipFile(wheel).namelist()), requires_dist=())
    case = Case(tree, read(tree), rows.load(), "3.11")
    return runtime_match.matched(declared(declaration, check, wheel), case)


@pytest.mark.parametrize(
    ("member", "content", "expected"),
    [
        ("x/_C.cpython-311-x86_64-linux-gnu.so", b"\x7fELF\0libc.so.6\0libc10.so\0", True),
        ("x/_C.so", b"\x7fELF" + b"-" * (2**20 - 6) + b"\0libtorch_cpu.so\0", True),
        ("x/_C.so", b"\x7fELF\0_ZN3c106detail14torchCheckFailE\0", True),
        ("x/_C.so", b"\xcf\xfa\xed\xfe@rpath/libc10.dylib\0", True),
        ("x/_C.pyd", b"MZ\0c10.dll\0", True),
        ("x/_C.so", b"\x7fELF\0libc.so.6\0import torch\0libtorchfoo.so.1\0", False),
        ("x/data.bin", b"\x7fELF\0libc10.so\0", False),
        ("x/__init__.py", b"", False),
    ],
)
def test_what_the_wheel_links_against_is_matched(tree: Tree, member: str, content: bytes, expected: bool) -> None:
    folder = tree({"setup.py": "import torch, numpy\n"})
    found = matched(folder, wheel_with(folder, member, content), declaring("torch<3", "numpy"))
    assert [one.entry.match_runtime for one in found.declaration.requires] == [expected, False]
    assert ("version of run time" in text(found)) == expected


@pytest.mark.parametrize(("member", "expected"), [("x/__init__.py", True), ("x/_C.so", False)])
def test_where_nothing_is_compiled_setup_py_is_believed(tree: Tree, member: str, expected: bool) -> None:
    folder = tree({"setup.py": BUILDER})
    found = matched(folder, wheel_with(folder, member, b"\0libc.so.6\0"), declaring("torch"))
    assert found.declaration.requires[0].entry.match_runtime == expected


def as_at_run_time(text: str) -> Declaration:
    (one,) = declaring(text).requires
    return Declaration((replace(one, entry=replace(one.entry, match_runtime=True)),))


@posix
def test_what_is_matched_is_said_in_each_form() -> None:
    said = text(declared(as_at_run_time("torch")))
    assert printed_commands(said)[0] == ["augbackend", "wrap", "flash-attn==2.8.3", "--match-runtime", "torch"]
    entry = {"requirement": "torch", "match-runtime": True}
    assert printed_table(said)["tool"]["uv"]["extra-build-dependencies"] == {"flash-attn": [entry]}
    found = as_json(diagnosis(declared(as_at_run_time("torch"))))
    assert found["extra-build-dependencies"] == [entry]
    assert shlex.split(found["next"])[-2:] == ["--match-runtime", "torch"]
    assert "--match-runtime torch" in text(declared(as_at_run_time("torch")), FOLDER)


# What uv does was tried with uv 0.13.9.


def test_uv_matches_without_a_bound_what_the_project_asks_for() -> None:
    found = tables_for_uv.of(SDIST, as_at_run_time("torch<2.5"), SEEN)
    entry = {"requirement": "torch", "match-runtime": True}
    assert tomllib.loads(found.text)["tool"]["uv"] == {"extra-build-dependencies": {"flash-attn": [entry]}}
    assert found.word == "the project has to ask for torch as well; the project's own has to be torch<2.5"
    depending = SeenByUv(requires_dist=("torch",))
    assert tables_for_uv.of(SDIST, as_at_run_time("torch"), depending).word == ""
    flat = replace(SDIST, places=(("--find-links", "wheels"),))
    word = "uv matches torch from an index, and not from find-links"
    assert tables_for_uv.of(flat, as_at_run_time("torch"), depending).word == word


@pytest.mark.parametrize("filename", ["flash-attn-2.8.3.zip", "Flash.Attn-v2.8.3.tar.gz", "main.zip", "v2.tar.gz"])
def test_a_file_that_uv_takes(filename: str) -> None:
    assert tables_for_uv.of(replace(SDIST, filename=filename), declaring("numpy"), SEEN).text


def test_uv_is_told_what_a_published_sdist_depends_on() -> None:
    seen = SeenByUv(is_static=False, requires_dist=("torch", 'pytest; extra == "test"'))
    found = tables_for_uv.of(SDIST, as_at_run_time("torch"), seen)
    assert tomllib.loads(found.text)["tool"]["uv"]["dependency-metadata"] == [
        {
            "name": "flash-attn",
            "version": "2.8.3",
            "requires-dist": ["torch", 'pytest; extra == "test"'],
            "provides-extra": ["test"],
        }
    ]


@pytest.mark.parametrize(
    ("declaration", "change", "seen", "expected"),
    [
        (as_at_run_time("torch"), {"is_of_index": False}, SeenByUv(is_static=False), "uv cannot match torch here"),
        (declaring("setuptools<58"), {}, SeenByUv(given_up=("setuptools<58",)), "uv gives up setuptools<58"),
        (declaring("numpy"), {"filename": "", "target": "hg+https://x/pkg"}, SEEN, "repositories of git only"),
        (declaring("numpy"), {"filename": "flash-attn-2.8.3.tar.bz2"}, SEEN, "uv itself takes .tar.gz and .zip only"),
        (
            declaring("numpy"),
            {"filename": "flash_attn-2.9.tar.gz"},
            SEEN,
            "its name says 2.9, and it is flash-attn 2.8.3",
        ),
        (declaring(removed=["numpy"]), {}, SEEN, "cannot take a requirement away"),
    ],
)
def test_no_table_that_uv_would_not_keep_to(
    declaration: Declaration, change: dict[str, Any], seen: SeenByUv, expected: str
) -> None:
    subject = replace(SDIST, **change)
    assert tables_for_uv.of(subject, declaration, seen).text == ""
    said = what_next(declaration, subject, seen=seen)
    assert expected in " ".join(said.split())
    assert "For uv alone" not in said


@pytest.mark.parametrize(
    ("asked", "declared_texts", "expected"),
    [
        (("setuptools>=40.8.0", "wheel"), ("setuptools<58", "numpy<2"), ("setuptools<58",)),
        (("setuptools>=40.8.0",), ("setuptools<58",), ()),
        (("setuptools>=40.8.0", "numpy"), ("numpy<2", "six"), ("numpy<2",)),
        (("setuptools>=40.8.0", "wheel"), ("setuptools", "six<2"), ()),
    ],
)
def test_the_bounds_that_uv_gives_up(
    tree: Tree, asked: tuple[str, ...], declared_texts: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    declaration = declaring(*declared_texts)
    outcome = Attempt(declaration, WHEEL, None, 1.0, asked=asked)
    found = SearchResult("builds-when-declared", declaration, {}, (outcome,), outcome, CHECK)
    reading = read(tree({"setup.py": "from setuptools import setup\nsetup(name='x')\n"}))
    assert tables_for_uv.seen(reading, found).given_up == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"setup.py": "", "PKG-INFO": "Metadata-Version: 2.2\nName: x\nVersion: 1\n"}, True),
        ({"setup.py": "", "PKG-INFO": "Metadata-Version: 2.1\nName: x\nVersion: 1\n"}, False),
        ({"setup.py": "", "PKG-INFO": "Metadata-Version: 2.4\nName: x\nVersion: 1\nDynamic: Requires-Dist\n"}, False),
        ({"setup.py": "", "pyproject.toml": '[project]\nname = "x"\nversion = "1"\n'}, True),
        ({"setup.py": "", "pyproject.toml": '[project]\nname = "x"\ndynamic = ["version"]\n'}, False),
    ],
)
def test_what_uv_knows_without_a_build(tree: Tree, files: dict[str, str | bytes], expected: bool) -> None:
    assert read(tree(files)).is_static == expected


# --- whoever reads it -------------------------------------------------------------------------------------------------


def test_in_a_project_of_uvs_its_table_comes_first() -> None:
    said = what_next(declaring("numpy"), where=Where(is_uv_project=True))
    title = "For this project of uv's, in pyproject.toml (uv tool and uvx do not read it):"
    assert said.startswith(f"\n{title}\n\n  [tool.uv.extra-build-dependencies]\n")
    assert what_next(declaring("numpy")).startswith("\nFor every frontend:\n")
    without = what_next(declaring(removed=["numpy"]), where=Where(is_uv_project=True))
    assert without.startswith("\nFor every frontend:\n")


@posix
def test_places_are_named_to_pip_as_well() -> None:
    subject = replace(SDIST, places=(("--index-url", "https://example.org/simple"),))
    wrap, install = printed_commands(what_next(declaring("numpy"), subject))
    assert wrap[3:5] == install[-2:] == ["--index-url", "https://example.org/simple"]


def test_an_sdist_that_wrap_cannot_name() -> None:
    said = what_next(declaring("numpy"), replace(SDIST, stem=""))
    assert "pip install" not in said
    assert "call the file NAME-VERSION.tar.gz first" in said.replace("\n   ", " ")


@pytest.mark.parametrize(
    ("files", "place", "lines"),
    [
        ({}, "In a new pyproject.toml", ("[build-system]", "setuptools>=40.8.0")),
        ({"pyproject.toml": "[tool.x]\n"}, "In pyproject.toml", ("[build-system]", "setuptools>=40.8.0")),
        (
            {"pyproject.toml": '[build-system]\nrequires = ["wheel"]\n'},
            "In [build-system] of pyproject.toml",
            ("wheel",),
        ),
    ],
)
def test_what_the_owner_of_a_folder_writes(
    tree: Tree, files: dict[str, str | bytes], place: str, lines: tuple[str, ...]
) -> None:
    folder = tree({"setup.py": "from setuptools import setup\nsetup(name='pkg', version='1')\n", **files})
    plan = static_adoption.sufficient(folder, declaring("numpy<2"))
    assert plan is not None
    said, written = static_adoption.own_lines(plan)
    assert (said, written) == (place, (*lines[:-1], f'requires = ["{lines[-1]}", "numpy<2"]'))
    adoption.carry_out(plan)
    assert all(line in (folder / "pyproject.toml").read_text(encoding="utf-8") for line in written)


def test_in_a_folder_that_is_adopted_a_line_is_enough_too(tree: Tree) -> None:
    folder = tree({"setup.py": "from setuptools import setup\nsetup(name='pkg', version='1')\n"})
    adoption.carry_out(adoption.planned(folder, declaring(variables={"A": "1"}), installed=False))
    plan = static_adoption.sufficient(folder, declaring("numpy<2"))
    assert plan is not None
    assert static_adoption.is_adopted(plan)
    place, written = static_adoption.own_lines(plan)
    assert (place, "numpy<2" in "".join(written)) == ("In [build-system] of pyproject.toml", True)
    assert static_adoption.sufficient(folder, declaring("numpy", variables={"B": "1"})) is None


def test_uv_takes_a_repository_of_git() -> None:
    subject = Subject("git+https://host/pkg@v1", None, "pkg", "1", stem="pkg-1")
    found = tables_for_uv.of(subject, declaring("numpy"), SEEN)
    assert found.text == '[tool.uv.extra-build-dependencies]\npkg = ["numpy"]'
    assert found.word == "with the repository in [tool.uv.sources]"


GIVING_WAY = Declaration(declaring("numpy").requires, removed=("numpy",))


def test_in_a_folder_its_own_bound_gives_way_where_it_stands(tree: Tree) -> None:
    text = '[build-system]\nrequires = ["numpy<1.20", "setuptools"]\n'
    folder = tree({"setup.py": "from setuptools import setup\nsetup()\n", "pyproject.toml": text})
    plan = static_adoption.sufficient(folder, GIVING_WAY)
    assert plan is not None
    assert static_adoption.own_lines(plan)[1] == ('requires = ["setuptools", "numpy"]',)


@pytest.mark.parametrize(
    ("call", "requires"), [("setup(setup_requires=['numpy<1.20'])", '"numpy<1.20", '), ("setup()", "")]
)
def test_a_bound_that_stands_elsewhere_takes_the_backend(tree: Tree, call: str, requires: str) -> None:
    text = f'[build-system]\nrequires = [{requires}"setuptools"]\n'
    folder = tree({"setup.py": f"from setuptools import setup\n{call}\n", "pyproject.toml": text})
    assert static_adoption.sufficient(folder, GIVING_WAY) is None
    with pytest.raises(AugbackendError, match="cannot take numpy away"):
        static_adoption.planned(folder, GIVING_WAY)


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


@pytest.mark.processes  # this Python is asked what it is
@pytest.mark.usefixtures("alone", "no_index")
def test_no_project(tree: Tree) -> None:
    result = diagnose(tree({"README": ""}), "--no-build")
    assert (result.exit_code, "no Python project here" in result.output) == (2, True)


@pytest.mark.processes
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
    assert as_json(diagnosis(known_to_need_torch(said)))["reason"] == f"with torch declared, {said}"


def test_what_stands_in_the_way_of_all_is_said_first() -> None:
    """Not: with its own pin dropped, its pin cannot be installed."""
    said = "its build requirements cannot be installed: x; and without that, it needs the CUDA toolkit"
    found = known_to_need_torch(said)
    first = replace(FAILED, failure=Failure("install", "x"))
    assert as_json(diagnosis(replace(found, attempts=(first, found.attempt))))["reason"] == said


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
    assert as_json(diagnosis(found))["unfinished"]["last-build"] is None
