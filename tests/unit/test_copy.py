"""The backend as a copy in somebody's tree: what is in it builds, and what is not says which command brings it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

import pytest

from augbackend.cli.edit import backend_copy
from augbackend.standards import InvalidRequirement
from augbackend.standards.requirements import parse_marker
from augbackend.table.layers import TOMLI, toml

from ..conftest import Outcome, run_hook, write

pytestmark = pytest.mark.processes

Tree = Callable[[dict[str, "str | bytes"]], Path]

PYPROJECT = """
[build-system]
requires = []
build-backend = "augbackend"
backend-path = ["_augbackend"]
[tool.augbackend]
build-backend = "inner"
backend-path = ["_inner"]
"""
ORIGIN = "origin = { name = 'demo', version = '1.0', augbackend = '1' }\n"
INNER = "import os\ndef build_wheel(*_): return os.environ.get('GREETING', 'none')\n"
LEFT_OUT = "the copy of augbackend in this tree leaves it out"


def adopted(tree: Tree, table: str = "", then: str = "", inner: str = INNER, *, has_readers: bool = True) -> Path:
    """A tree with the copy that a table wants, and then more in that table."""
    folder = tree({"pyproject.toml": PYPROJECT + table + then, "_inner/inner.py": inner})
    files = backend_copy.backend_files(toml(PYPROJECT + table), "augbackend adopt", has_readers=has_readers)
    backend_copy.write_copy(folder, files)
    return folder


def built(folder: Path, settings: dict[str, str] | None = None, **environ: str) -> Outcome:
    return run_hook(
        folder, "build_wheel", "x", settings, environ={"PYTHONPATH": str(folder / "_augbackend"), **environ}
    )


def test_a_copy_builds(tree: Tree) -> None:
    folder = adopted(tree, "extra-build-variables = { GREETING = 'hello' }\n")
    assert built(folder).answer == "hello"
    names = {file.name for file in (folder / "_augbackend" / "augbackend" / "features").glob("*.py")}
    assert {"build_backend.py", "extra_build_variables.py"} < names
    assert "jobs.py" not in names
    assert not (folder / "_augbackend" / "augbackend" / "knowledge").exists()


@pytest.mark.parametrize(
    ("table", "then", "settings", "said"),
    [
        ("", "jobs = { max = 1 }", None, f"tool.augbackend.jobs: {LEFT_OUT}; augbackend adopt . brings it"),
        (
            "",
            "",
            {"augbackend.jobs": "max=1"},
            f"-C augbackend.jobs: {LEFT_OUT}; augbackend adopt . --feature jobs brings it",
        ),
        (
            ORIGIN,
            "",
            {"augbackend.jobs": "max=1"},
            f"-C augbackend.jobs: {LEFT_OUT}; augbackend wrap demo==1.0 --feature jobs brings it",
        ),
        (
            "extra-build-dependencies = []\n",
            "extra-build-dependencies = [{ requirement = 'a', match-runtime = true }]",
            None,
            f"tool.augbackend.extra-build-dependencies: match-runtime: {LEFT_OUT}; augbackend adopt . brings it",
        ),
        (
            "",
            "brand-new = 1",
            None,
            "tool.augbackend.brand-new: unknown key, expected one of backend-path, build-backend, dynamic-requires, packages; if a newer "
            "augbackend knows it: augbackend adopt .",
        ),
    ],
)
def test_a_key_that_is_left_out(tree: Tree, table: str, then: str, settings: dict[str, str] | None, said: str) -> None:
    replaced = table if "build-dependencies" not in table else ""
    folder = adopted(tree, table)
    write(folder, {"pyproject.toml": PYPROJECT + replaced + then})
    outcome = built(folder, settings)
    assert outcome.status == 1
    assert outcome.stderr.splitlines()[1:] == [f"  {said}"]


def test_a_variable_speaks_to_every_package(tree: Tree) -> None:
    folder = adopted(tree)
    outcome = built(folder, AUGBACKEND_JOBS="max=1")
    assert outcome.answer == "none"
    assert outcome.stderr == f"augbackend: note: environment variable AUGBACKEND_JOBS: {LEFT_OUT}; ignored\n"
    assert "unknown key, did you mean 'AUGBACKEND_JOBS'?" in built(folder, AUGBACKEND_JOB="max=1").stderr


@pytest.mark.parametrize(
    ("table", "command"),
    [("", "augbackend adopt . --require nowhere"), (ORIGIN, "augbackend wrap demo==1.0 --require nowhere")],
)
def test_a_missing_module_names_the_command(tree: Tree, table: str, command: str) -> None:
    folder = adopted(tree, table, inner="def build_wheel(*_): import nowhere.part\n")
    assert f"  {command}\n" in built(folder).stderr


def test_without_readers(tree: Tree) -> None:
    """A tree that says nothing of `setup_requires` needs nobody who looks for it."""
    table = "extra-build-dependencies = ['nowhere']\n"
    folder = adopted(tree, table, inner="import nowhere\n", has_readers=False)
    assert not (folder / "_augbackend" / "augbackend" / "standards" / "setup_files.py").exists()
    environ = {"PYTHONPATH": str(folder / "_augbackend")}
    assert run_hook(folder, "get_requires_for_build_wheel", environ=environ).answer == ["nowhere"]


def test_who_needs_readers(tree: Tree) -> None:
    folder, document = tree({"setup.py": "setup()"}), toml(PYPROJECT)
    assert not backend_copy.needs_readers(folder, document)
    promising = toml(PYPROJECT + "metadata = { requires-dist = [] }")
    assert backend_copy.needs_readers(folder, promising)
    assert not backend_copy.needs_readers(write(folder, {"PKG-INFO": ""}), promising)
    assert backend_copy.needs_readers(write(folder, {"setup.cfg": "[options]\nsetup_requires = a"}), document)


@pytest.mark.parametrize(
    ("requires", "table", "is_there"),
    [
        (["a", TOMLI], "", False),
        (["a; python_version < '3'"], "", True),
        ("; no list of lines", "jobs = { max = 1 }\n", False),
        ([], "extra-build-variables = { A = 'one' }\n", True),  # AUGBACKEND_EXTRA_BUILD_VARIABLES may say a marker
    ],
)
def test_who_needs_markers(requires: object, table: str, is_there: bool) -> None:
    document = {**toml(PYPROJECT + table), "build-system": {"requires": requires}}
    files = backend_copy.backend_files(document, "augbackend adopt")
    assert ("standards/markers.py" in files) is is_there


def test_a_marker_that_comes_later_is_the_frontends_alone(tree: Tree) -> None:
    folder = adopted(tree)
    assert not (folder / "_augbackend" / "augbackend" / "standards" / "markers.py").exists()
    listed = PYPROJECT.replace("requires = []", "requires = [\"nowhere; python_version > '3'\"]")
    write(folder, {"pyproject.toml": listed})
    assert built(folder).answer == "none"


def test_a_marker_without_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "augbackend.standards.markers", None)
    with pytest.raises(InvalidRequirement, match="augbackend adopt"):
        parse_marker("os_name == 'nt'")


def test_a_promise_without_readers_and_without_pkg_info(tree: Tree) -> None:
    """It is no answer, since nobody says whose it is; the wrapped backend has the hook, or has not."""
    folder = adopted(tree, "metadata = { requires-dist = [] }\n", has_readers=False)
    assert built(folder).answer == "none"


FEATURE = '''
"""``greeting``: what a build says."""

from augbackend.features import Feature
from augbackend.features.extra_build_variables import Resolved

FEATURE = Feature(
    str,
    "What a build says.",
    "",
    variables=lambda build, environ, before: [Resolved("GREETING", build.values["greeting"], "from greeting")],
)
'''


def test_a_file_more_is_a_key_more(tree: Tree) -> None:
    folder = adopted(tree, "extra-build-variables = {}\n", "greeting = 'hello'\n")
    assert "tool.augbackend.greeting: unknown key" in built(folder).stderr
    write(folder, {"_augbackend/augbackend/features/greeting.py": FEATURE})
    assert built(folder).answer == "hello"
    assert built(folder, AUGBACKEND_GREETING="good day").answer == "good day"
    assert built(folder, {"augbackend.greeting": "good night"}).answer == "good night"
    write(folder, {"pyproject.toml": PYPROJECT + "zzz = 1\n"})
    assert ", extra-build-variables, greeting, packages" in built(folder).stderr
    write(folder, {"pyproject.toml": PYPROJECT + "greeting = 1\n"})
    assert "tool.augbackend.greeting: found 1 (an integer), expected a string" in built(folder).stderr
