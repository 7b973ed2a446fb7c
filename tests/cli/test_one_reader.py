"""The same failure has the same answer in a hook's hint, in what `diagnose` tries, and in what it says is in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from augbackend.cli.diagnosis import obstacles, proposals, static_report
from augbackend.cli.diagnosis.attempt import Attempt, Failure
from augbackend.cli.diagnosis.evidence import Case
from augbackend.cli.diagnosis.static_reading import read
from augbackend.cli.model.declaration import Declaration
from augbackend.knowledge import advice, rows

Tree = Callable[[dict[str, "str | bytes"]], Path]
KNOWN = rows.load()
SETUP = "import os\nx = os.environ['ALLOW_IT']\n"

DISTUTILS = "ModuleNotFoundError: No module named 'distutils'"
PARSER = "AttributeError: module 'configparser' has no attribute 'SafeConfigParser'"
IMPORTER = "AttributeError: module 'pkgutil' has no attribute 'ImpImporter'"
CUDA = "OSError: CUDA_HOME environment variable is not set."
# the failure, the Python of the build -> what to declare, and what is in the way where that does not help
ANSWERS: dict[tuple[str, str], tuple[list[str], str]] = {
    ("ModuleNotFoundError: No module named 'yaml'", "3.11"): (["pyyaml"], ""),
    ("ModuleNotFoundError: No module named 'pkg_resources'", "3.11"): (["setuptools<82"], ""),
    ("ModuleNotFoundError: No module named '_cffi_backend'", "3.11"): (["cffi"], ""),
    ("ModuleNotFoundError: No module named '_private'", "3.11"): ([], ""),
    ("ModuleNotFoundError: No module named 'os.nothing'", "3.11"): ([], ""),
    (DISTUTILS, "3.11"): (["setuptools"], ""),
    (DISTUTILS, "3.12"): (["setuptools"], "Python 3.12 removed the module distutils"),
    ("ModuleNotFoundError: No module named 'distutils.msvccompiler'", "3.13"): (["setuptools<74"], ""),
    (PARSER, "3.11"): ([], ""),
    (PARSER, "3.12"): ([], f"Python 3.12 removed configparser.SafeConfigParser ({PARSER})"),
    (IMPORTER, "3.11"): ([], ""),
    (IMPORTER, "3.12"): (
        ["setuptools>=66.1"],
        f"Python 3.12 removed pkgutil.ImpImporter, which setuptools before 66.1 uses ({IMPORTER})",
    ),
    ("error in x setup command: use_2to3 is invalid.", "3.11"): (["setuptools<58"], ""),
    ("DistributionNotFound: The 'cffi>=1' distribution was not found", "3.11"): (["cffi"], ""),
    ("DistributionNotFound: The '; 1' distribution was not found", "3.11"): ([], ""),
    ("CMake Error: Compatibility with CMake < 3.5 has been removed from CMake.", "3.11"): (
        ["CMAKE_POLICY_VERSION_MINIMUM=3.5"],
        "",
    ),
    ("RuntimeError: set ALLOW_IT=True in your environment", "3.11"): (["ALLOW_IT=True"], ""),
    ("RuntimeError: set SDK_HOME=there in your environment", "3.11"): ([], ""),
    ("error: command 'cmake' failed: No such file or directory", "3.11"): (["cmake"], ""),
    ("error: command '/usr/bin/cmake' failed: No such file or directory", "3.11"): (["cmake"], ""),
    ("error: command '/opt/nobodyknows' failed: No such file or directory", "3.11"): (
        [],
        "it needs the program nobodyknows, which no declaration brings",
    ),
    ("x.c:1:10: fatal error: nobody.h: No such file or directory", "3.11"): (
        [],
        "it needs the header nobody.h, which no declaration brings",
    ),
    (CUDA, "3.11"): ([], f"it needs the CUDA toolkit (nvcc) (Debian nvidia-cuda-toolkit): {CUDA}"),
    ("RuntimeError: Cannot install on Python version 3.11.7; only versions >=3.6,<3.10 are supported.", "3.11"): (
        [],
        "it refuses this Python: RuntimeError: Cannot install on Python version 3.11.7; only versions >=3.6,<3.10 are "
        "supported.",
    ),
}


@pytest.mark.parametrize(("text", "python"), ANSWERS)
def test_one_answer(tree: Tree, text: str, python: str) -> None:
    entries, obstacle = ANSWERS[text, python]
    case = Case(tree({"setup.py": SETUP}), read(tree({"setup.py": SETUP})), KNOWN, python, "2100-01-01")
    attempt = Attempt(Declaration(), None, Failure("get_requires", text), 1.0)

    hint = advice.on(text, KNOWN, python)
    said = [*hint.requires, *(f"{name}={value}" for name, value in hint.variables.items())] if hint else []
    assert (said, hint.obstacle if hint else "") == (entries, obstacle)

    tried = [one.adds for one in proposals.proposed(case, attempt)]
    assert (
        [*tried[0].requirement_texts.values(), *(f"{k}={v}" for k, v in tried[0].variable_values.items())] == entries
        if tried
        else (not entries)
    )

    found = obstacles.obstacle(case, attempt)
    assert found.is_known == bool(obstacle)
    assert found.reason.startswith(obstacle)  # then, the line that says so


@pytest.mark.parametrize(("python", "obstacle"), [("3.11", ""), ("3.12", "Python 3.12 removed the module imp")])
def test_reading_alone_has_the_same_answer(tree: Tree, python: str, obstacle: str) -> None:
    folder = tree({"setup.py": "import distutils\nimport imp\n"})
    found = static_report.expected(Case(folder, read(folder), KNOWN, python), f"{python}.1")
    assert (found.in_the_way, list(found.declaration.requirement_texts)) == (
        obstacle,
        ["zombie-imp"] if obstacle else [],
    )
