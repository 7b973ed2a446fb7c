"""`augbackend show`: what would be injected here, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

from augbackend.cli.main import group
from augbackend.features import match_runtime

from ..conftest import write
from .archives import sdist
from .runner import CliRunner, Result

pytestmark = pytest.mark.processes

Tree = Callable[[dict[str, "str | bytes"]], Path]

INNER = """
import os
assert os.environ["A"] == "1"
def build_wheel(*a): ...
def build_sdist(*a): ...
def get_requires_for_build_wheel(config_settings=None): return ["theirs", "Torch==1.9"]
"""
PYPROJECT = """
[build-system]
requires = ["setuptools", "torch==2.8.0"]
build-backend = "augbackend"

[tool.augbackend]
build-backend = "inner"
backend-path = ["_inner"]
remove-build-dependencies = ["torch"]
extra-build-dependencies = [
  "torch==2.8.0",
  { requirement = "elsewhere", marker = "sys_platform == 'nowhere'" },
  { requirement = "git-python", unless-command = "git" },
  { requirement = "only-sdist", hooks = ["sdist"] },
]
config-settings = { k = "v" }

[tool.augbackend.extra-build-variables]
A = "1"
HERE = "${NOT_SET:-fallback}"
HOME = { value = "/nowhere", default = true }
"""


def show(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["show", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def project(tree: Tree) -> Path:
    return tree({"pyproject.toml": PYPROJECT, "_inner/inner.py": INNER})


def test_overrides_reach_the_wrapped_backend(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not known here" not in show(project).output
    monkeypatch.setenv("AUGBACKEND_EXTRA_BUILD_VARIABLES", "A=2")  # with which it cannot be imported
    assert "hooks: not known here: AssertionError" in show(project).output


def test_text(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/x")
    lines = show(project, "-C", "augbackend.extra-build-variables=B=2").output.splitlines()
    table = "table"
    for line in (
        "  + setuptools  (build-system.requires)",
        f"wrapped backend: inner  ({table})",
        "  hooks: get_requires_for_build_wheel, get_requires_for_build_sdist,",
        "    build_wheel, build_sdist",
        '  config settings: {"k": "v"}',
        "build requirements for wheel, editable:",
        "build requirements for sdist:",
        f"  + torch==2.8.0  (declared; also in build-system.requires; {table})",
        f"  - elsewhere ; sys_platform == 'nowhere'  (declared, but its marker does not hold here; {table})",
        f"  - only-sdist  (declared for sdist only; {table})",
        f"  + only-sdist  (declared; {table})",
        f"  A = 1  (declared; {table})",
        f"  HERE = fallback  (declared; {table})",
        f"  HOME left alone  (a default, and the caller has set it; {table})",
        "  B = 2  (declared; -C augbackend.extra-build-variables)",
    ):
        assert line in lines
    assert any(line.startswith("  - git-python  (the command 'git' is here: ") for line in lines)


def test_json_of_an_isolated_environment(project: Path) -> None:
    text = (project / "pyproject.toml").read_text()
    text = text.replace('requires = ["setuptools", "torch==2.8.0"]', "requires = [\"tomli; python_version < '3.11'\"]")
    (project / "pyproject.toml").write_text(text.replace('"torch==2.8.0",', "").replace('{ requirement = "only', "#"))
    before = {file for file in project.rglob("*") if "__pycache__" not in file.parts}
    result = show(project, "--json", "--isolated")
    found: dict[str, Any] = json.loads(result.output)
    assert found["wrapped-backend"]["hooks"] == [
        "get_requires_for_build_wheel",
        "get_requires_for_build_sdist",
        "build_wheel",
        "build_sdist",
    ]
    wheel = {row["requirement"]: (row["injected"], row["why"]) for row in found["requirements"]["wheel"]}
    assert wheel["theirs"] == (True, "asked for by the wrapped backend")
    assert wheel["Torch==1.9"] == (False, "asked for by the wrapped backend, removed by remove-build-dependencies")
    assert {file for file in project.rglob("*") if "__pycache__" not in file.parts} == before


def test_without_pyproject(tree: Tree, tmp_path: Path) -> None:
    result = show(tree({"setup.py": ""}))
    assert (result.exit_code, "so augbackend does not build it; setuptools does" in result.output) == (1, True)
    nothing = CliRunner().invoke(group, ["show", str(write(tmp_path / "nothing", {"requirements.txt": "six"}))])
    assert (nothing.exit_code, "augbackend diagnose requirements.txt" in nothing.output) == (2, True)


def test_a_tree_of_another_backend(tree: Tree) -> None:
    folder = tree({"pyproject.toml": "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"})
    result = show(folder)
    assert (result.exit_code, "wrapped backend" in result.output) == (1, False)
    assert "hatchling.build builds this tree, without augbackend" in result.output
    assert "build-system.requires:\n  hatchling\n" in result.output
    assert json.loads(show(folder, "--json").stdout)["build-system-requires"] == ["hatchling"]


def test_a_project_that_declares_something(tree: Tree) -> None:
    tables = "[tool.uv.extra-build-dependencies]\ndemo = ['wheel']\n[tool.uv.sources]\ndemo = { path = 'x.tar.gz' }\n"
    result = show(tree({"pyproject.toml": f"[project]\nname = 'app'\nversion = '1'\n{tables}"}))
    assert (result.exit_code, "  demo: wheel  (taken from x.tar.gz)\n" in result.output) == (0, True)
    (one,) = json.loads(show(tree({}), "--json").stdout)["packages"]
    assert one == {"name": "demo", "version": "", "declared": "wheel", "source": "x.tar.gz"}


def test_an_archive_whose_code_does_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    table = "[tool.augbackend]\nbuild-backend = 'inner'\nbackend-path = ['.']\nextra-build-dependencies = ['wheel']\n"
    system = "[build-system]\nrequires = []\nbuild-backend = 'augbackend'\nbackend-path = ['_augbackend']\n"
    copy = {"_augbackend/augbackend/__init__.py": " ", "inner.py": f"open({str(ran)!r}, 'w')"}
    result = show(sdist(tmp_path, {"pyproject.toml": system + table, **copy}))
    assert (result.exit_code, ran.exists()) == (0, False), result.output
    assert "+ wheel  (declared; table)" in result.output
    assert "an archive's code is not run" in result.output


def test_the_folder_here(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree({"pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'flit_core.buildapi'\n"}))
    assert "flit_core.buildapi builds this tree" in show().output


def test_where_nothing_is_built_the_hint_names_what_is_there(tree: Tree) -> None:
    assert "hint: name the folder of a package or of a project, or an archive" in show(tree({"notes.txt": ""})).output
    assert (
        "hint: name one of its archives: augbackend show "
        in show(tree({"wrapped.d/a-1.tar.gz": ""}) / "wrapped.d").output
    )


def test_a_copy_that_is_gone(tree: Tree) -> None:
    text = "[build-system]\nrequires = []\nbuild-backend = 'augbackend'\nbackend-path = ['_augbackend']\n"
    result = show(tree({"pyproject.toml": text, "setup.py": ""}))
    assert (result.exit_code, "_augbackend/augbackend/ is not there; augbackend adopt" in result.output) == (1, True)


def test_wrapped_backend_that_is_not_here(tree: Tree) -> None:
    folder = tree({"pyproject.toml": "[tool.augbackend]\nbuild-backend = 'no_such.backend'\n"})
    result = show(folder)
    assert result.exit_code == 1
    assert "it is not the build backend of this tree; see augbackend adopt" in result.output
    assert "hooks: not known here: no_such is not installed beside this command\n" in result.output
    assert "(--isolated installs what is required, and asks for its hooks and its own requirements)" in result.output


def test_where_each_requirement_stands(tree: Tree) -> None:
    """Without a process: a command line has no backends beside it, as a rule."""
    text = """
[build-system]
requires = ["no-such", "torch==2.8; os_name == 'x'", "ninja", "what is this?"]
build-backend = "augbackend"
[tool.augbackend]
build-backend = "no_such.api"
extra-build-dependencies = ["ninja", { requirement = "only-sdist", hooks = ["sdist"] }]
"""
    result = show(tree({"pyproject.toml": text}))
    assert result.exit_code == 0
    found: dict[str, Any] = json.loads(show(tree({}), "--json").output)
    assert found["wrapped-backend"]["hooks"] is None
    rows = [(one["requirement"], one["injected"], one["origin"]) for one in found["requirements"]["sdist"]]
    assert rows == [
        ("no-such", True, "build-system.requires"),
        ("torch==2.8; os_name == 'x'", False, "build-system.requires"),
        ("what is this?", False, "build-system.requires"),
        ("ninja", True, "tool.augbackend in pyproject.toml"),
        ("only-sdist", True, "tool.augbackend in pyproject.toml"),
    ]
    for line in (
        "  + no-such  (build-system.requires)",
        "  - torch==2.8; os_name == 'x'  (its marker does not hold here; build-system.requires)",
        "  + ninja  (declared; also in build-system.requires; table)",
    ):
        assert line in result.output.splitlines()


def test_mistakes_end_with_status_2(tree: Tree) -> None:
    result = show(tree({"pyproject.toml": "[tool.augbackend]\njobs = 3\n"}))
    assert (result.exit_code, "tool.augbackend.jobs: found 3" in result.output) == (2, True)
    assert show(tree({"pyproject.toml": ""}), "-C", "nonsense").exit_code == 2


def test_build_system_that_is_no_table(tree: Tree) -> None:
    result = show(tree({"pyproject.toml": "build-system = 3\n"}))
    assert (result.exit_code, "it is not the build backend of this tree" in result.output) == (1, True)


def test_unless_command_on_the_declared_path(tree: Tree) -> None:
    pyproject = PYPROJECT.replace('"git" }', '"zcmake" }').replace('A = "1"', 'A = "1"\nPATH = "bin-of-the-tree"')
    folder = tree({"pyproject.toml": pyproject, "_inner/inner.py": INNER, "tools/zcmake": "#!/bin/sh\n"})
    (folder / "tools" / "zcmake").chmod(0o755)
    (folder / "pyproject.toml").write_text(pyproject.replace("bin-of-the-tree", str(folder / "tools")))
    assert f"  - git-python  (the command 'zcmake' is here: {folder / 'tools' / 'zcmake'})" in show(folder).output


@pytest.mark.parametrize(
    "inner", ["import os; os.write(2, b'\\xff'); os.write(1, b'\\xff')", "import atexit; atexit.register(print, 'bye')"]
)
def test_noise_of_the_wrapped_backend(tree: Tree, inner: str) -> None:
    pyproject = (
        "[build-system]\nrequires = []\nbuild-backend = 'augbackend'\n[tool.augbackend]\nbuild-backend = 'inner'\n"
    )
    folder = tree(
        {"pyproject.toml": pyproject + "backend-path = ['.']\n", "inner.py": inner + "\ndef build_wheel(*a): ..."}
    )
    assert (
        "  hooks: get_requires_for_build_wheel, get_requires_for_build_sdist,\n    build_wheel\n" in show(folder).output
    )
    (folder / "inner.py").write_text("import sys; sys.exit('no CUDA')")
    assert "  hooks: not known here: SystemExit: no CUDA\n" in show(folder).output


def test_output_of_the_wrapped_backend_does_not_disturb(tree: Tree) -> None:
    inner = "print('hello'); import sys; print('world', file=sys.stderr)\ndef build_wheel(*a): ...\n"
    pyproject = "[build-system]\nrequires = []\nbuild-backend = 'augbackend'\n[tool.augbackend]\nbuild-backend = 'inner'\nbackend-path = ['.']\n"
    result = show(tree({"pyproject.toml": pyproject, "inner.py": inner}), "--json")
    assert json.loads(result.output)["wrapped-backend"]["hooks"] == [
        "get_requires_for_build_wheel",
        "get_requires_for_build_sdist",
        "build_wheel",
    ]


MATCHED = """
[build-system]
requires = []
build-backend = "augbackend"
[tool.augbackend]
build-backend = "inner"
backend-path = ["_inner"]
dynamic-requires = "never"
extra-build-dependencies = [
  { requirement = "torch[opt]>=2", match-runtime = true, hooks = ["wheel"] },
  "ninja",
]
pin-runtime = { torch = "x.x" }
"""
LOCKED = """locked = ["torch[opt]===2.8.0 ; sys_platform != 'nowhere'", "torch===2.7.1 ; sys_platform == 'nowhere'"]"""
RUNGS: dict[str, tuple[dict[str, str], str, str, list[tuple[str, bool, str]]]] = {
    "override": (
        {"AUGBACKEND_MATCH_RUNTIME": "torch==2.9.0"},
        LOCKED,
        "2.6.0",
        [("torch[opt]==2.9.0", True, "declared, matched to environment variable AUGBACKEND_MATCH_RUNTIME")],
    ),
    "locked": (
        {},
        LOCKED,
        "2.6.0",
        [
            (
                "torch[opt]==2.8.0 ; sys_platform != 'nowhere'",
                True,
                "declared, matched to the lock that augbackend wrap was given",
            ),
            (
                "torch==2.7.1 ; sys_platform == 'nowhere'",
                False,
                "declared, matched to the lock that augbackend wrap was given, but its marker does not hold here",
            ),
        ],
    ),
    "installed": ({}, "", "2.6.0", [("torch[opt]==2.6.0", True, "declared, matched to what is installed in {target}")]),
    "bare": (
        {},
        "",
        "1.9",
        [("torch[opt]>=2", True, "declared, matched to nothing: torch 1.9 in {target} is not what is asked for")],
    ),
}


@pytest.mark.parametrize("rung", RUNGS)
def test_the_rung_that_a_version_is_from(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rung: str
) -> None:
    environ, locked, version, expected = RUNGS[rung]
    target = write(tmp_path / "target", {f"torch-{version}.dist-info/METADATA": ""})
    monkeypatch.setattr(match_runtime, "target_folders", lambda: [str(target)])
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    more = f", {locked}" if locked else ""
    text = MATCHED.replace("match-runtime = true", f"match-runtime = true{more}")
    folder = tree({"pyproject.toml": text, "_inner/inner.py": "def build_wheel(*a): ..."})
    found: dict[str, Any] = json.loads(show(folder, "--json").output)
    ninja = ("ninja", True, "declared", None)
    assert [
        (row["requirement"], row["injected"], row["why"], row["match-runtime"])
        for row in found["requirements"]["wheel"]
    ] == [*((one, injected, why.format(target=target), rung) for one, injected, why in expected), ninja]
    (editable, _) = found["requirements"]["editable"]
    assert (editable["requirement"], editable["injected"], editable["match-runtime"]) == ("torch[opt]>=2", False, None)
    assert found["pin-runtime"] == {"torch": "x.x"}

    lines = show(folder).output.splitlines()
    for one, injected, why in expected:
        assert f"  {'+' if injected else '-'} {one}  ({why.format(target=target)}; table)" in lines
    at = lines.index("the wheel will require what it was built with:")
    assert lines[at + 1] == "  torch x.x"
