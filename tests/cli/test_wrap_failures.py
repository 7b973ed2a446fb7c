"""What cannot be had: the others are wrapped all the same, and each reason has its own words."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from augbackend.cli.main import group

from ..conftest import write
from .archives import report, sdist, serving, wrap, wrapped
from .runner import CliRunner
from .test_wrap_project import PROJECT, locked, project, uv_lock, uv_sources

pytestmark = pytest.mark.usefixtures("alone")

WHEEL = "demo-2.0-py3-none-any.whl"
TABLE = "[tool.uv.extra-build-dependencies]\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder; the sdists of ``demo`` 1.0 and of ``other`` 1.0 are in ``../links``."""
    for name in ("demo", "other"):
        sdist(tmp_path / "links", name=name)
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    return folder


# --- one of several ---


def test_the_others_are_wrapped_and_pointed_to(here: Path) -> None:
    text = PROJECT.replace('"torch==2.8.0"', '"lost==3.0", "other==1.0"')
    project(here, text + TABLE + 'demo = ["ninja"]\nlost = ["ninja"]\nother = ["ninja"]\n')
    found = wrap()
    assert found.exit_code == 1, found.output
    assert uv_sources(here) == {name: {"path": f"wrapped.d/{name}-1.0.tar.gz"} for name in ("demo", "other")}
    assert found.stdout.split("\n\n")[-1].startswith(
        "not wrapped: 1 of 3; the others are as they should be\n  lost==3.0: "
    )
    assert "uv sync" not in found.output  # it would ask for what is not there
    again = wrap("--json")
    data = json.loads(again.stdout)
    assert (again.exit_code, data["commands"], [one["state"] for one in data["packages"]]) == (1, [], ["unchanged"] * 2)
    assert [(one["name"], one["what"]) for one in data["failures"]] == [("lost", "there is no project lost")]
    assert wrap("--check").exit_code == 1


def test_on_the_command_line(here: Path) -> None:
    found = wrap("lost==1.0", "demo==1.0")
    assert (found.exit_code, [file.name for file in (here / "wrapped.d").iterdir()]) == (1, ["demo-1.0.tar.gz"])
    assert "pip install ./wrapped.d/demo-1.0.tar.gz" in found.stdout
    assert found.stdout.index("next:") < found.stdout.index("not wrapped: 1 of 2")


def test_an_archive_that_is_not_sound(here: Path) -> None:
    (here.parent / "links" / "other-1.0.tar.gz").write_bytes(b"no archive")
    found = wrap("other==1.0", "demo==1.0")
    assert (found.exit_code, (here / "wrapped.d" / "demo-1.0.tar.gz").is_file()) == (1, True), found.output
    assert "other==1.0: not a sound sdist" in found.output


def test_half_of_the_versions_of_a_package_is_not_pointed_to(here: Path) -> None:
    forks = [
        {**locked("1.0"), "resolution-markers": ["sys_platform == 'linux'"]},
        {**locked("7.0"), "resolution-markers": ["sys_platform != 'linux'"]},
    ]
    text = PROJECT.replace("demo==1.0", "demo>=1.0").replace("torch==2.8.0", "other==1.0")
    lock = uv_lock(*forks, locked("1.0", "other"))
    before = project(here, text + TABLE + 'demo = ["ninja"]\nother = ["ninja"]\n', lock)
    found = wrap()
    assert (found.exit_code, uv_sources(before)) == (1, {"other": {"path": "wrapped.d/other-1.0.tar.gz"}}), found.output


def test_the_only_one(here: Path) -> None:
    text = PROJECT + TABLE + 'lost = ["ninja"]\n'
    project(here, text.replace("torch==2.8.0", "lost"))
    found = wrap()
    assert (found.exit_code, found.stdout.startswith("not wrapped: 1 of 1\n")) == (1, True), found.output
    assert wrap("lost").exit_code == 2  # the user named it
    assert not (here / "wrapped.d").exists()


# --- four reasons ---


def test_a_name_that_is_misspelt(here: Path) -> None:
    project(here, PROJECT.replace("demo==1.0", "flash-attn==1.0") + TABLE + 'flash-atn = ["ninja"]\n')
    found = wrap()
    assert (found.exit_code, "there is no project flash-atn" in found.output) == (1, True), found.output
    assert "this project asks for flash-attn: is that meant?" in found.output


def test_a_name_that_is_misspelt_beside_a_lock(here: Path) -> None:
    text = PROJECT.replace("demo==1.0", "flash-attn==1.0") + TABLE + 'flash-atn = ["ninja"]\n'
    project(here, text, uv_lock(locked("1.0", "flash-attn")))
    assert "it depends on flash-attn: is that meant?" in wrap().output


def test_versions_that_there_are(here: Path) -> None:
    found = wrap("demo==3.0")
    assert found.exit_code == 2
    assert found.output.startswith("augbackend: error: demo has no version ==3.0; there are 1.0 [no-such-version]\n")
    for number in range(20):
        sdist(here.parent / "links", version=f"0.{number}")
    assert "there are 11 older ones, 0.11, 0.12, " in wrap("demo==3.0").output


def test_yanked(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    with serving() as index:
        index.publish(sdist(here / "in"))
        page = index.pages["/simple/demo/"]
        index.pages["/simple/demo/"] = page.replace(b"<a ", b'<a data-yanked="broken" ')
        found = wrap("demo>=1", "--index-url", index.simple)
        assert "all of demo that demo>=1 allows is yanked: 1.0 (yanked)" in found.output
        assert "demo==1.0" in found.output
        wrapped("demo==1.0", "--index-url", index.simple)


def test_only_wheels(here: Path) -> None:
    (here.parent / "links" / WHEEL).write_bytes(b"")
    found = wrap("demo==2.0")
    assert found.exit_code == 2
    assert "demo 2.0 is published as wheels only, without an sdist; sdists are there of 1.0" in found.output
    assert "pip install demo==2.0" in found.output
    (here.parent / "links" / WHEEL).rename(here.parent / "links" / "demo-2.0-cp27-cp27m-win32.whl")
    found = wrap("demo==2.0")
    assert "none of them fits this Python on this platform" in found.output


def test_only_wheels_in_a_project(here: Path) -> None:
    """Other people's machines may have no such wheel; there is nothing to wrap for them either."""
    (here.parent / "links" / "demo-2.0-cp27-cp27m-win32.whl").write_bytes(b"")
    text = PROJECT.replace("demo==1.0", "demo==2.0").replace("torch==2.8.0", "other==1.0")
    project(here, text + TABLE + 'demo = ["ninja"]\nother = ["ninja"]\n')
    found = wrapped()
    assert (
        "demo: not wrapped, since there is nothing to build it from: demo 2.0 is published as wheels only"
        in found.output
    )
    assert wrap("demo").exit_code == 2  # it was asked for


def test_an_index_that_is_not_reachable(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    with serving() as index:
        found = wrap(
            "demo==1.0", "--index-url", index.simple, "--extra-index-url", "http://user:secret@127.0.0.1:9/simple/"
        )
    assert found.exit_code == 2
    assert "the index cannot be asked for demo" in found.output
    assert "where: http://127.0.0.1:9/simple/demo/" in found.output
    assert "secret" not in found.output
    assert here.is_dir()


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_an_index_that_refuses(here: Path, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    with serving() as index:
        index.statuses["/simple/demo/"] = status
        found = wrap("demo==1.0", "--index-url", index.simple)
    assert (found.exit_code, "there is no project" in found.output) == (2, False)
    assert f"the index cannot be asked for demo: Failed to collect links from {index.simple}demo/" in found.output
    assert str(status) in found.output
    assert here.is_dir()


# --- a requirement that says more ---


def test_extras_and_a_marker(here: Path) -> None:
    found = wrapped("demo[cuda,test]==1.0; sys_platform == 'linux'")
    assert "is the same for all extras; ask for [cuda,test] where you install it" in found.stderr
    assert 'is for every environment; write sys_platform == "linux" where you ask for it' in found.stderr
    assert "  pip install './wrapped.d/demo-1.0.tar.gz[cuda,test]'\n" in found.stdout
    assert report("demo[x]==1.0")["commands"][0] == "pip install './wrapped.d/demo-1.0.tar.gz[x]'"
    project(here, PROJECT + TABLE + 'demo = ["ninja"]\n')
    assert "ask for [x] where you install it" in wrapped("demo[x]").stderr


# --- a name that may mean two things ---


@pytest.mark.processes
@pytest.mark.parametrize("command", ["wrap", "diagnose --no-build"])
@pytest.mark.parametrize("with_project", [False, True])
def test_a_folder_of_that_name(here: Path, command: str, with_project: bool) -> None:
    write(here, {"demo/setup.py": "raise SystemExit(3)\n"})
    if with_project:
        project(here, PROJECT + TABLE + 'demo = ["ninja"]\n')
    found = CliRunner().invoke(group, [*command.split(), "demo"])
    assert (found.exit_code, "write ./demo for the folder" in found.output) == (2, True), found.output
    assert not (here / "wrapped.d").exists()
    if command == "wrap":
        wrapped("demo>=0")


# --- pip's own files ---


def pip_conf(text: str, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


@pytest.fixture
def machine(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and an environment of its own, where pip finds its files."""
    for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_CONFIG_FILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(here.parent / "home"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(here.parent / "xdg"))
    monkeypatch.setenv("VIRTUAL_ENV", str(here.parent / "venv"))
    return here.parent


PLACES = ["home/.pip/pip.conf", "home/.config/pip/pip.conf", "xdg/pip/pip.conf", "venv/pip.conf"]


@pytest.mark.skipif(os.name == "nt", reason="its places are others")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("section", ["global", "install"])
def test_pips_files(machine: Path, place: str, section: str) -> None:
    links = machine / "links"
    pip_conf(f"[{section}]\nno_index = yes\nfind-links =\n    {machine / 'nothing'}\n    {links}\n", machine / place)
    wrapped("demo==1.0")


@pytest.mark.parametrize("key", ["index-url", "index_url", "extra-index-url"])
def test_an_index_in_pips_file(machine: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    with serving() as index, serving() as nothing:
        index.publish(sdist(machine / "in"))
        also = f"index-url = {nothing.simple}\n" if "extra" in key else ""
        file = pip_conf(f"[global]\n{also}{key} = {index.simple}\n", machine / "own.conf")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
        wrapped("demo==1.0")
        assert index.asked
        # A variable counts for more, and an option for still more.
        monkeypatch.setenv("PIP_INDEX_URL", nothing.simple)
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", nothing.simple)
        assert (wrap("demo==2.0").exit_code, "/simple/demo/" in nothing.asked) == (2, True)


def test_the_file_that_is_named_keeps_the_users_out(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_conf("no ini file", machine / "home" / ".config" / "pip" / "pip.conf")
    found = wrap("demo==1.0")
    assert (found.exit_code, "pip's configuration cannot be read" in found.output) == (2, True)
    named = pip_conf(f"[global]\nno-index = 1\nfind-links = {machine / 'links'}\n", machine / "own.conf")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(named))
    wrapped("demo==1.0")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    assert wrap("demo==1.0", "--index-url", "http://127.0.0.1:9/simple/").exit_code in (0, 2)


def test_the_projects_index_counts_for_more_than_pips_file(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", str(pip_conf("[global]\nno-index = true\n", machine / "own.conf")))
    with serving() as index:
        index.publish(sdist(machine / "in"))
        table = f'[[tool.uv.index]]\nurl = "{index.simple}"\ndefault = true\n'
        project(machine / "app", PROJECT + TABLE + 'demo = ["ninja"]\n' + table)
        wrapped()
