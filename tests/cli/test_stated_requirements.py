"""What a project asks for: in the tables of other tools too, and in the files that it names."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from augbackend.cli.project import stated_requirements

from ..conftest import write
from .archives import own_table, report, sdist, wrap, wrapped

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def stated(text: str, folder: Path = Path()) -> list[str]:
    found = stated_requirements.read(tomllib.loads(text), folder)
    return [str(one) for one in stated_requirements.of(found, "demo")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"1.0"', "demo==1.0"),
        ('"=1.0"', "demo==1.0"),
        ('"==1.0"', "demo==1.0"),
        ('"1.*"', "demo==1.*"),
        ('"*"', "demo"),
        ('"^1.2.3"', "demo<2,>=1.2.3"),
        ('"^0.2.3"', "demo<0.3,>=0.2.3"),
        ('"^0.0.3"', "demo<0.0.4,>=0.0.3"),
        ('"^0.0"', "demo<0.1,>=0.0"),
        ('"^0"', "demo<1,>=0"),
        ('"~1.2.3"', "demo<1.3,>=1.2.3"),
        ('"~1.2"', "demo<1.3,>=1.2"),
        ('"~1"', "demo<2,>=1"),
        ('"~=1.2"', "demo~=1.2"),
        ('">= 1.0, <2"', "demo<2,>=1.0"),
        ('"2.8.0+cu128"', "demo==2.8.0+cu128"),
        ('"1 || 2"', "demo"),  # no specifier says this
        ('"^x"', "demo"),
        ('{ version = "1.0", optional = true, extras = ["x"] }', "demo==1.0"),
        ('{ version = "1.0", markers = "os_name == \'nt\'" }', 'demo==1.0; os_name == "nt"'),
        ('{ version = "1.0", platform = "linux" }', 'demo==1.0; sys_platform == "linux"'),
        ('{ version = "1.0", python = "^3.11" }', 'demo==1.0; python_version < "4" and python_version >= "3.11"'),
        ('{ git = "https://host/x.git", tag = "v1" }', "demo@ git+https://host/x.git@v1"),
        ('{ url = "https://host/demo-1.0.tar.gz" }', "demo@ https://host/demo-1.0.tar.gz"),
        ('{ path = "../demo" }', "demo"),
        ("1", None),
    ],
)
def test_poetrys_tables(value: str, expected: str | None) -> None:
    for table in ("dependencies", "group.dev.dependencies", "dev-dependencies"):
        found = stated(f'[tool.poetry.{table}]\npython = "^3.11"\nDemo = {value}\n')
        assert list(map(Requirement, found)) == ([Requirement(expected)] if expected else [])


def test_poetry_has_several_for_one() -> None:
    text = "[[tool.poetry.dependencies.demo]]\nversion = '1.0'\nplatform = 'linux'\n"
    assert stated(text + text.replace("1.0", "2.0").replace("linux", "win32")) == [
        'demo==1.0; sys_platform == "linux"',
        'demo==2.0; sys_platform == "win32"',
    ]


def test_pdms_tables() -> None:
    assert stated('[tool.pdm.dev-dependencies]\ntest = ["Demo==1.0", "-e file:///x"]\n') == ["Demo==1.0"]
    assert stated('[tool.pdm.resolution.overrides]\ndemo = "1.0"\nother = "2"\n') == ["demo==1.0"]
    assert stated('[tool.pdm.overrides]\ndemo = ">=1.0"\n') == ["demo>=1.0"]


FILES = {
    "dependencies": "[project]\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\ndependencies = {{ file = {} }}\n",
    "extras": "[project]\ndynamic = ['optional-dependencies']\n"
    "[tool.setuptools.dynamic]\noptional-dependencies.gpu = {{ file = {} }}\n",
    "hatch": "[tool.hatch.metadata.hooks.requirements_txt]\nfiles = {}\n",
}


@pytest.mark.parametrize("form", FILES)
def test_files_that_dependencies_are_read_from(tmp_path: Path, form: str) -> None:
    write(tmp_path, {"r/a.txt": "# all\nother\n-r b.txt\n", "r/b.txt": "Demo == 1.0 ; os_name != 'nt'  # why\n"})
    text = FILES[form].format("['r/a.txt', 'none.txt']")
    assert stated(text, tmp_path) == ['Demo==1.0; os_name != "nt"']
    if form == "dependencies":
        assert stated(FILES[form].format("'r/b.txt'"), tmp_path) == ['Demo==1.0; os_name != "nt"']
        assert stated(text.replace("dynamic = ['dependencies']", "name = 'x'"), tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "tool = 1",
        "[tool]\npoetry = 1\npdm = 1\nsetuptools = 1\nhatch = 1",
        "[tool.poetry]\ndependencies = 1\ngroup = 1\n[project]\ndependencies = 1\ndynamic = 1\noptional-dependencies = 1",
        "dependency-groups = { a = 1, b = [{ include-group = 'a' }] }\n[tool.poetry.group]\na = 1\nb.dependencies = [1]",
        "[tool.setuptools.dynamic]\ndependencies = 1\n[project]\ndynamic = ['dependencies', 'optional-dependencies']",
    ],
)
def test_what_is_of_another_shape_says_nothing(text: str) -> None:
    assert stated(text) == []


# --- a bare name ---


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_index: None) -> Path:
    del no_index
    for version in ("1.0", "1.1"):
        sdist(tmp_path / "links", version=version)
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path / "app")
    monkeypatch.setenv("PIP_FIND_LINKS", (tmp_path / "links").as_uri())
    return tmp_path / "app"


PROJECT = "[project]\nname = 'app'\nversion = '1'\ndependencies = ['demo==1.0', 'torch==2.8.0']\n"
POETRY = "[tool.poetry.dependencies]\nDemo = '1.0'\ntorch = '2.8.0'\n"
LOCK = "version = 1\n[[package]]\nname = 'demo'\nversion = '1.0'\n[[package]]\nname = 'torch'\nversion = '2.8.0'\n"


@pytest.mark.parametrize(
    ("files", "options"),
    [
        ({"pyproject.toml": PROJECT}, []),
        ({"pyproject.toml": POETRY}, []),
        ({"pyproject.toml": PROJECT.replace("==1.0", ""), "uv.lock": LOCK}, []),
        ({"r.txt": "demo==1.0\ntorch==2.8.0\n"}, ["--lock", "r.txt"]),
    ],
)
def test_a_bare_name_is_in_the_version_that_is_used(here: Path, files: dict[str, str], options: list[str]) -> None:
    write(here, dict(files))
    for more in (["--require", "ninja"], ["--match-runtime", "torch"], []):
        found = report("Demo", *more, *options)["packages"][0]
        assert (found["version"], found["version-from"] != "") == ("1.0", True)
        if "torch" in more:
            entries = own_table(here / found["archive"])["extra-build-dependencies"]
            assert entries[0]["locked"][0].startswith("torch==")
            why = found["build-requirements"][0]["why"]
            assert (why.count("matched to"), "neither locked" in why) == (1, False)
    # What is said wins, and nothing is pointed to.
    assert report("demo==1.1", "--require", "ninja")["packages"][0]["version"] == "1.1"
    assert {name: (here / name).read_text() for name in files} == files


def test_a_bare_name_of_which_nothing_is_said(here: Path) -> None:
    write(here, {"pyproject.toml": PROJECT.replace("demo==1.0", "other==1.0")})
    found = report("demo", "--require", "ninja")["packages"][0]
    assert (found["version"], found["version-from"]) == ("1.1", "")


def test_a_lock_needs_something_to_say(here: Path) -> None:
    write(here, {"r.txt": "demo==1.0\n"})
    result = wrap("demo==1.0", "--lock", "r.txt")
    assert (result.exit_code, "a bare name" in result.output) == (2, True)


# --- in a folder of the project, and in a member of a workspace ---

NINJA = "\n[tool.uv.extra-build-dependencies]\ndemo = ['ninja']\n"


def test_in_a_subfolder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PROJECT.replace("version = '1'", "version = '1'\nscripts.app = 'app:main'") + NINJA
    write(here, {"pyproject.toml": text, "src/deep/x.py": ""})
    monkeypatch.chdir(here / "src" / "deep")
    assert report("demo", "--require", "cmake", "-o", "other")["packages"][0]["version"] == "1.0"
    lines = wrapped().output.splitlines()
    assert (here / "wrapped.d" / "demo-1.0.tar.gz").is_file()
    assert not (here / "src" / "deep" / "wrapped.d").exists()
    assert 'demo = { path = "wrapped.d/demo-1.0.tar.gz" }' in (here / "pyproject.toml").read_text()
    for command in (
        "uv tool install ../..",
        "uvx --from ../.. app",
        "pip install ../.. ../../wrapped.d/demo-1.0.tar.gz",
    ):
        assert f"  {command}".replace("/", os.sep) in lines
    assert wrap("--check").exit_code == 0
    wrapped("--remove")
    assert (here / "pyproject.toml").read_text() == text
    assert not (here / "wrapped.d").exists()


@pytest.mark.parametrize(("exclude", "root"), [("", True), ("exclude = ['packages/a']\n", False)])
def test_in_a_member_of_a_workspace(here: Path, monkeypatch: pytest.MonkeyPatch, exclude: str, root: bool) -> None:
    workspace = f"[tool.uv.workspace]\nmembers = ['packages/*', '/no', '']\n{exclude}"
    write(here, {"pyproject.toml": workspace + NINJA, "packages/a/pyproject.toml": PROJECT, "packages/b/x": ""})
    monkeypatch.chdir(here / "packages" / "a")
    result = wrap()
    assert (result.exit_code, (here / "wrapped.d" / "demo-1.0.tar.gz").is_file()) == ((0, True) if root else (2, False))
    assert (here / "packages" / "a" / "pyproject.toml").read_text() == PROJECT


def test_a_member_with_tables_of_its_own(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(here, {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['a']\n", "a/pyproject.toml": PROJECT + NINJA})
    monkeypatch.chdir(here / "a")
    wrapped()
    assert (here / "a" / "wrapped.d" / "demo-1.0.tar.gz").is_file()


def test_a_broken_file_above_is_nobodys_here(here: Path) -> None:
    write(here.parent, {"pyproject.toml": "x ="})
    write(here, {"pyproject.toml": PROJECT})
    assert report("demo", "--require", "ninja")["packages"][0]["version"] == "1.0"
