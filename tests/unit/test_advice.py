"""What a hook and `wrap` say about an error of somebody else's build: one entry to add, or what is in the way."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from augbackend.hook import declared, explanation
from augbackend.knowledge import advice, pythons
from augbackend.knowledge.rows import Command, Knowledge, Module, Need, Stdlib, Symptom


def answer(
    text: str, known: Knowledge | None = None, python: str = pythons.RUNNING
) -> tuple[tuple[str, ...], dict[str, str], str]:
    found = advice.on(text, known, python)
    assert found is not None
    return found.requires, dict(found.variables), found.because


REQUIRED = {
    "ModuleNotFoundError: No module named 'torch'": ("torch", "the build needs 'torch', which nothing declares"),
    "ModuleNotFoundError: No module named 'yaml'": ("pyyaml", "the build needs 'yaml', which nothing declares"),
    "ModuleNotFoundError: No module named 'skbuild.setuptools_wrap'": (
        "scikit-build",
        "the build needs 'skbuild.setuptools_wrap', which nothing declares",
    ),
    "error in x setup command: use_2to3 is invalid.": ("setuptools<58", "setuptools 58 removed use_2to3"),
    "error: invalid command 'bdist_wheel'": ("wheel", "setuptools before 70.1 has no bdist_wheel of its own"),
    "DistributionNotFound: The 'cffi>=1' distribution was not found": ("cffi", "the build asks for cffi>=1"),
    "FileNotFoundError: [Errno 2] No such file or directory: 'swig'": ("swig", "it brings the program swig"),
}


@pytest.mark.parametrize("text", REQUIRED)
def test_the_entry_to_add(text: str) -> None:
    requirement, because = REQUIRED[text]
    assert answer(text) == ((requirement,), {}, because)


def test_the_variable_to_add() -> None:
    found = advice.on("CMake Error: Compatibility with CMake < 3.5 has been removed from CMake.")
    assert found is not None
    assert (found.requires, found.variables) == ((), {"CMAKE_POLICY_VERSION_MINIMUM": "3.5"})


def test_the_variable_that_a_message_asks_for() -> None:
    assert answer("RuntimeError: set ALLOW_IT=True in your environment") == (
        (),
        {"ALLOW_IT": "True"},
        "the message asks for it",
    )


IN_THE_WAY = {
    "OSError: CUDA_HOME environment variable is not set.": (
        "it needs the CUDA toolkit (nvcc) (Debian nvidia-cuda-toolkit), which no declaration brings"
    ),
    "x.c:1:10: fatal error: lber.h: No such file or directory": (
        "it needs the OpenLDAP headers (Debian libldap2-dev, Fedora openldap-devel), which no declaration brings"
    ),
    "x.c:1:10: fatal error: nobody.h: No such file": "it needs the header nobody.h, which no declaration brings",
    "NameError: name 'unicode' is not defined": "it is Python 2",
    "AttributeError: 'dict' object has no attribute '__X__'": (
        "setup.py takes __builtins__ for a module, and it is a dict where a build backend executes it"
    ),
}


@pytest.mark.parametrize("text", IN_THE_WAY)
def test_what_is_in_the_way(text: str) -> None:
    assert answer(text) == ((), {}, IN_THE_WAY[text])


@pytest.mark.parametrize("text", ["", "ValueError: odd"])
def test_nothing_to_say(text: str) -> None:
    assert advice.on(text) is None


def test_a_variable_without_a_value_is_named() -> None:
    found = advice.on("KeyError: 'LIBFOO_VERSION'")
    assert found is None or "LIBFOO_VERSION" in found.because


def test_the_first_row_that_has_something_to_say() -> None:
    known = Knowledge(
        symptom=(
            Symptom(says="odd", source="s"),
            Symptom(says="header (?P<header>\\w+)", source="s"),
            Symptom(says="od", source="s", require=("second",), because="why"),
            Symptom(says="o", source="s", require=("third",)),
        )
    )
    assert answer("odd header x", known) == (("second",), {}, "why")
    assert answer("nothing of it", known) == (("third",), {}, "nothing of it")


def test_what_this_python_still_has_is_not_to_blame() -> None:
    following = f"{sys.version_info[0]}.{sys.version_info[1] + 1}"
    gone = Symptom(says="old", source="s", gone=pythons.RUNNING, because="it is gone")
    assert answer("old", Knowledge(symptom=(gone,))) == ((), {}, "it is gone")
    soon = Symptom(says="old", source="s", gone=following, because="it is gone")
    assert advice.on("old", Knowledge(symptom=(soon,))) is None


def test_modules_that_left_the_standard_library() -> None:
    symptom = (Symptom(says="No module named '(?P<module>[\\w.]+)'", source="s"),)
    known = Knowledge(
        symptom,
        stdlib=(Stdlib("asyncore", "3.12", "s", "pyasyncore"), Stdlib("imp", "3.12", "s")),
        module=(Module("asyncore", "x", "s"),),
    )
    assert answer("No module named 'asyncore'", known, "3.12") == (
        ("pyasyncore",),
        {},
        "Python 3.12 removed the module asyncore",
    )
    assert answer("No module named 'imp'", known, "3.12") == ((), {}, "Python 3.12 removed the module imp")


def test_a_program_of_a_package_goes_before_one_of_the_system() -> None:
    symptom = (Symptom(says="no (?P<command>\\w+)", source="s"),)
    need = (Need("cmake", "CMake", "s", commands=("cmake", "javac"), debian="cmake"),)
    known = Knowledge(symptom, command=(Command("cmake", "cmake", "s"),), need=need)
    assert answer("no cmake", known) == (("cmake",), {}, "it brings the program cmake")
    assert answer("no javac", known) == ((), {}, "it needs CMake (Debian cmake), which no declaration brings")


def test_the_version_of_another_package_is_not_made_up() -> None:
    """A variable that wants this package's version is nothing that a reader can copy."""
    found = advice.on("LookupError: setuptools-scm was unable to detect version for /x.")
    assert found is None or "{" not in "".join(found.variables.values())


# --- a copy of the backend in a tree, which has no knowledge ---------------------------------------------------------

COPY = "[tool.augbackend]\nextra-build-dependencies = ['Py_Test']\n"
WRAPPED = COPY + "origin = { name = 'flash-attn', version = '2.8.3', augbackend = '1' }\n"


def said(tree: Path, error: Exception, table: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    (tree / "pyproject.toml").write_text(table)
    explanation.explain(error, declared.read(tree, environ={}), "build_wheel")
    notes = getattr(error, "__notes__", None)
    note = notes[0] if notes else capsys.readouterr().err.rstrip("\n")
    head, *lines = note.split("\n")
    assert head == "augbackend: raised in setuptools.build_meta:__legacy__, hook build_wheel"
    return lines


@pytest.fixture
def _without_knowledge(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("augbackend.knowledge", "augbackend.knowledge.hints"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("_without_knowledge")
@pytest.mark.parametrize(
    ("table", "commands"),
    [
        (COPY, ["augbackend adopt . --require torch", "augbackend diagnose ."]),
        (WRAPPED, ["augbackend wrap flash-attn==2.8.3 --require torch", "augbackend diagnose flash-attn==2.8.3"]),
    ],
)
def test_a_copy_names_the_command_for_whoever_made_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, commands: list[str]
) -> None:
    lines = said(tmp_path, ModuleNotFoundError(name="torch.utils"), table, capsys)
    assert lines == [
        "augbackend: no build requirement provides the module 'torch.utils'; if the project 'torch' does:",
        f"  {commands[0]}",
        f"augbackend: and if you do not know: {commands[1]}",
    ]


@pytest.mark.usefixtures("_without_knowledge")
@pytest.mark.parametrize("error", [ModuleNotFoundError(name="py_test"), RuntimeError("use_2to3 is invalid")])
def test_a_copy_has_nothing_to_say(tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception) -> None:
    assert said(tmp_path, error, COPY, capsys) == []


def test_with_knowledge_what_is_declared_is_not_proposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(tmp_path, ModuleNotFoundError(name="py_test"), COPY, capsys) == []
    assert said(tmp_path, ModuleNotFoundError(name="torch"), COPY, capsys) == [
        "augbackend: the build needs 'torch', which nothing declares; add",
        '  "torch"',
        "augbackend: to build-system.requires in pyproject.toml",
    ]


def test_an_exit_that_says_nothing_is_not_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build = declared.read(tmp_path, environ={}, document={})
    explanation.explain(SystemExit(3), build, "build_wheel")
    assert capsys.readouterr().err == ""
    explanation.explain(SystemExit("use_2to3 is invalid"), build, "build_wheel")
    assert "setuptools<58" in capsys.readouterr().err
