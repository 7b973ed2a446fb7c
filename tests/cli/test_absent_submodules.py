"""When a submodule that is not checked out is the reason of a failure, and when it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable

import pytest

from augbackend.cli.diagnosis import obstacles, proposals
from augbackend.cli.diagnosis.evidence import Case
from augbackend.cli.fetch.build_place import Submodule

from .test_rules import case_of, failed

Tree = Callable[[dict[str, "str | bytes"]], Path]
CUTLASS = Submodule("third_party/cutlass", ".", "third_party/cutlass")
PYBIND = Submodule("extern/pybind11", "./my clone", "extern/pybind11")
SETUP = 'include_dirs=[os.path.join("third_party", "cutlass", "include")]\nSUBDIRECTORY = "extern/pybind11"\n'


def lacking(tree: Tree, *absent: Submodule) -> Case:
    return replace(case_of(tree({"setup.py": f"import os\n{SETUP}"})), absent=absent or (CUTLASS, PYBIND))


def compiled(error: str, *words: str) -> str:
    command = f"g++ -Iinclude {' '.join(words)} -c x.cpp -o x.o"
    return f"{command}\n{error}\ncompilation terminated.\nerror: command '/usr/bin/g++' failed with exit code 1"


OF_CUTLASS = {
    "a header called so": compiled("x.cpp:1:10: fatal error: cutlass/cutlass.h: No such file or directory"),
    "by clang": compiled("x.cpp:1:10: fatal error: 'cutlass/cutlass.h' file not found"),
    "by nvcc": compiled('x.cu(1): catastrophic error: cannot open source file "cutlass/cutlass.h"'),
    "a header of another name, looked for there": compiled(
        "x.cpp:1:10: fatal error: cute/tensor.hpp: No such file or directory", "-I/tmp/x/third_party/cutlass/include"
    ),
    "a source": compiled("cc1plus: fatal error: third_party/cutlass/x.cpp: No such file or directory"),
    "a file that is read": "FileNotFoundError: [Errno 2] No such file or directory: '../third_party/cutlass/VERSION'",
    "the author's words": "AssertionError: third_party/cutlass is missing, please use git clone",
    "a command": "subprocess.CalledProcessError: Command '['git', 'submodule', 'update', '--init', "
    "'third_party/cutlass']' returned non-zero exit status 128.",
    "CMake": "CMake Error at CMakeLists.txt:3 (add_subdirectory):\n  The source directory\n\n"
    "    /tmp/x/third_party/cutlass\n\n  does not contain a CMakeLists.txt file.\n\n"
    "subprocess.CalledProcessError: Command '['cmake', '/tmp/x']' returned non-zero exit status 1.",
}


@pytest.mark.parametrize("way", OF_CUTLASS)
def test_the_submodule_is_the_reason(tree: Tree, way: str) -> None:
    case, outcome = lacking(tree), failed(OF_CUTLASS[way], "wheel")
    found = obstacles.obstacle(case, outcome)
    assert found.reason == "third_party/cutlass is a submodule that is not checked out"
    assert found.command == "git submodule update --init third_party/cutlass"
    assert found.is_known
    assert not [*proposals.proposed(case, outcome)]


NOT_OF_IT = {
    "Python's header": compiled(
        "x.cpp:1:10: fatal error: Python.h: No such file or directory", "-Ithird_party/cutlass/include"
    ),
    "CUDA's header": compiled(
        "x.cpp:1:10: fatal error: cuda_runtime.h: No such file or directory", "-Ithird_party/cutlass/include"
    ),
    "a module": "ModuleNotFoundError: No module named 'torch'",
    "an error in a source": compiled("x.cpp:1:10: error: expected ';'", "-Ithird_party/cutlass/include"),
    "no program": "-Ithird_party/cutlass/include\nFileNotFoundError: [Errno 2] No such file or directory: 'nvcc'",
}


@pytest.mark.parametrize("way", NOT_OF_IT)
def test_the_submodule_is_not_the_reason(tree: Tree, way: str) -> None:
    assert "submodule" not in obstacles.obstacle(lacking(tree), failed(NOT_OF_IT[way], "wheel")).reason


def test_without_absent_submodules_nothing_is_said_of_them(tree: Tree) -> None:
    case = replace(lacking(tree), absent=())
    assert "submodule" not in obstacles.obstacle(case, failed(OF_CUTLASS["a source"], "wheel")).reason


def test_the_command_is_for_where_the_user_is(tree: Tree) -> None:
    said = compiled("x.cpp:1:10: fatal error: pybind11/pybind11.h: No such file or directory")
    found = obstacles.obstacle(lacking(tree), failed(said, "wheel"))
    assert found.command == "git -C './my clone' submodule update --init extern/pybind11"


def test_two_that_may_have_a_header_are_both_named(tree: Tree) -> None:
    said = compiled("x.cpp:1:10: fatal error: unknown/a.h: No such file or directory")
    found = obstacles.obstacle(lacking(tree), failed(said, "wheel"))
    assert found.reason == "third_party/cutlass and extern/pybind11 are submodules that are not checked out"
    assert found.command.count(" && ") == 1


def test_what_git_has_nothing_of_is_to_be_cloned(tree: Tree) -> None:
    found = obstacles.obstacle(lacking(tree, Submodule("third_party/cutlass")), failed(OF_CUTLASS["CMake"], "wheel"))
    assert found.reason.endswith("; clone the repository with git clone --recurse-submodules")
    assert not found.command
