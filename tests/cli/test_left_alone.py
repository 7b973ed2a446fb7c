"""Packages that need no build: wheels that the project points to, and published ones that fit its environments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.fetch import index as indexes

from .archives import Index, content, report, sdist, serving, wrap, wrapped
from .test_wrap_project import NINJA, PROJECT, archive, here, locked, project, uv_lock, uv_sources

__all__ = ["here"]  # a fixture

ANY, LINUX = "demo-1.0-py3-none-any.whl", "demo-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"
OTHERS = ["demo-1.0-cp312-cp312-macosx_11_0_arm64.whl", "demo-1.0-cp312-cp312-win_amd64.whl"]
PYTHON = 'requires-python = "==3.12.*"\n'
TEXT = PROJECT + PYTHON + NINJA
SDIST = {"url": "https://host/demo-1.0.tar.gz"}
NOT_LINUX = {"path": "wrapped.d/demo-1.0.tar.gz", "marker": "sys_platform != 'linux'"}


def lock(*wheels: str, **more: Any) -> str:
    return uv_lock(locked(wheels=[{"url": f"https://host/{one}"} for one in wheels], **{"sdist": SDIST, **more}))


def links(here: Path, *wheels: str) -> None:
    for wheel in wheels:
        (here.parent / "links" / wheel).write_bytes(b"")


def whole(first: str = ANY, more: int = 0) -> str:
    beside = f" and {more} more" if more else ""
    return f"there is a wheel for every environment of this project, {first}{beside}; name it to wrap it anyway"


@pytest.fixture
def from_links(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sdist of a lock is in the folder."""
    monkeypatch.setitem(SDIST, "url", (here.parent / "links" / "demo-1.0.tar.gz").as_uri())


# --- in a lock ---


def test_a_wheel_for_every_environment(here: Path) -> None:
    project(here, TEXT, lock("demo-1.0-cp27-cp27m-win32.whl", LINUX, *OTHERS))
    before = content(here)
    assert report()["skipped"] == [{"name": "demo", "why": whole(LINUX, 2)}]
    assert content(here) == before
    assert f"demo: not wrapped, since {whole(LINUX, 2)}" in wrapped().output
    assert wrap("--check").exit_code == wrap("--offline").exit_code == 0


def test_the_environments_that_the_project_names(here: Path) -> None:
    project(here, TEXT + "[tool.uv]\nenvironments = [\"sys_platform == 'linux'\"]\n", lock(LINUX))
    assert report()["skipped"] == [{"name": "demo", "why": whole(LINUX)}]


@pytest.mark.usefixtures("from_links")
def test_no_wheel_that_fits(here: Path) -> None:
    project(here, TEXT, lock("demo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"))
    wrapped()
    assert uv_sources(here) == {"demo": {"path": "wrapped.d/demo-1.0.tar.gz"}}


@pytest.mark.usefixtures("from_links")
def test_wheels_for_some(here: Path) -> None:
    project(here, TEXT, lock(LINUX, sdist={}))
    assert report()["skipped"] == [
        {"name": "demo", "why": "there is nothing to build it from: it is published as wheels only"}
    ]
    project(here, TEXT, lock(LINUX))
    before = (here / "pyproject.toml").read_bytes()
    found = wrapped()
    assert f"  only where sys_platform != 'linux'; elsewhere a wheel is taken: {LINUX}\n" in found.output
    assert uv_sources(here) == {"demo": NOT_LINUX}
    after = content(here)
    assert "everything is up to date" in wrapped("--check").output
    assert report("--offline")["packages"][0]["marker"] == "sys_platform != 'linux'"
    assert content(here) == after
    wrapped("--remove")
    assert (here / "pyproject.toml").read_bytes() == before


def both(marker: str = "") -> str:
    """What uv locks once a source is for some environments: upstream's version, and ours beside it."""
    away, there = ("sys_platform == 'linux'", "sys_platform != 'linux'")
    own: dict[str, Any] = {"source": {"path": "wrapped.d/demo-1.0.tar.gz"}, "resolution-markers": [marker or there]}
    theirs: dict[str, Any] = {
        "wheels": [{"url": f"https://host/{LINUX}"}],
        "sdist": SDIST,
        "resolution-markers": [away],
    }
    return uv_lock(locked(**theirs), locked(**own))


@pytest.mark.usefixtures("from_links")
def test_the_lock_that_follows_changes_nothing(here: Path) -> None:
    project(here, TEXT, lock(LINUX))
    wrapped()
    after = content(here)
    (here / "uv.lock").write_text(both("sys_platform != 'linux' and python_full_version < '3.99'"))
    assert "everything is up to date" in wrapped("--check").output
    wrapped()
    assert {**content(here), "uv.lock": b""} == {**after, "uv.lock": b""}


@pytest.mark.usefixtures("from_links")
def test_more_environments_than_before(here: Path) -> None:
    project(here, TEXT, lock(LINUX))
    wrapped()
    text = (here / "pyproject.toml").read_text().replace("==3.12.*", ">=3.12,<3.14")
    project(here, text, both())
    assert wrap("--check").exit_code == 1
    wrapped()
    marker = "python_version >= '3.13' or sys_platform != 'linux'"
    assert uv_sources(here) == {"demo": {"path": "wrapped.d/demo-1.0.tar.gz", "marker": marker}}


@pytest.mark.usefixtures("from_links")
def test_what_was_named_once_stays_wrapped_for_everywhere(here: Path) -> None:
    project(here, TEXT, lock(LINUX, *OTHERS))
    wrapped("demo")
    after = content(here)
    assert uv_sources(here) == {"demo": {"path": "wrapped.d/demo-1.0.tar.gz"}}
    assert "everything is up to date" in wrapped("--check").output
    wrapped()
    assert content(here) == after


# --- on an index ---


def test_a_wheel_on_the_index(here: Path) -> None:
    links(here, ANY)
    project(here, TEXT)
    assert report()["skipped"] == [{"name": "demo", "why": whole()}]
    assert [package["version"] for package in report("Demo==1.1")["packages"]] == ["1.1"]
    assert report("demo")["packages"][0]["version"] == "1.0"


def test_the_newest_version_counts(here: Path) -> None:
    links(here, ANY)  # there are sdists of 1.1 and 2.0
    project(here, TEXT.replace("demo==1.0", "demo<2"))
    assert [one["version"] for one in report()["packages"]] == ["1.1"]


def test_a_newer_version_of_wheels_that_fit_nowhere_does_not(here: Path) -> None:
    links(here, "demo-3.0-cp311-cp311-win_amd64.whl")
    project(here, TEXT.replace("demo==1.0", "demo"))
    assert [one["version"] for one in report()["packages"]] == ["2.0"]


def test_only_wheels(here: Path) -> None:
    links(here, "demo-3.0-cp312-cp312-win_amd64.whl")
    project(here, TEXT.replace("demo==1.0", "demo"))
    assert "nothing to build it from" in report()["skipped"][0]["why"]


@pytest.mark.parametrize("pin", ["demo==1.0", "demo<1.1"])
def test_some_on_the_index(here: Path, monkeypatch: pytest.MonkeyPatch, pin: str) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    project(here, TEXT.replace("demo==1.0", pin))
    with serving() as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.simple)
        monkeypatch.delenv("PIP_FIND_LINKS")
        publish(index, here.parent / "links" / "demo-1.0.tar.gz", LINUX)
        wrapped()
        assert uv_sources(here) == {"demo": NOT_LINUX}
        after = content(here)
        assert "everything is up to date" in wrapped("--check").output
        asked = len(index.asked)
        wrapped("--offline")
        assert (len(index.asked), content(here)) == (asked, after)
    indexes._finder.cache_clear()
    assert wrap().exit_code == ("<" in pin)  # the index is gone: what is there stays, where it is
    assert content(here) == after


def publish(index: Index, sdist_file: Path, *wheels: str, digest: str = "0" * 64) -> None:
    index.publish(sdist_file)
    for wheel in wheels:
        index.pages["/simple/demo/"] += f'<a href="/files/{wheel}#sha256={digest}">{wheel}</a>\n'.encode()


def test_what_offline_cannot_know_is_said_of_that_package(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    sdist(here.parent / "links", name="other", version="1.0")
    text = TEXT.replace('"demo==1.0"', '"demo==1.0", "other==1.0"') + 'other = ["ninja"]\n'
    project(here, text, uv_lock(locked("1.0", "other", wheels=[{"url": "https://host/other-1.0-py3-none-any.whl"}])))
    before = content(here)
    found = wrap("--offline")
    assert (found.exit_code, content(here)) == (1, before)
    assert "which wheels demo has is not known: --offline asks no index, and no lock says it" in found.output
    assert "hint: run uv lock, or run this once without --offline" in found.output
    assert "other: not wrapped, since there is a wheel for every environment" in found.output


def test_offline_answers_as_before(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    project(here, TEXT)
    with serving() as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.simple)
        publish(index, here.parent / "links" / "demo-1.0.tar.gz", ANY)
        assert report()["skipped"] == [{"name": "demo", "why": whole()}]
        asked = len(index.asked)
        assert report("--offline")["skipped"] == [{"name": "demo", "why": whole()}]
        assert len(index.asked) == asked


def test_an_index_of_its_own_is_asked(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    with serving() as index:
        publish(index, here.parent / "links" / "demo-1.0.tar.gz", LINUX)
        tables = f'[[tool.uv.index]]\nname = "cu"\nurl = "{index.simple}"\nexplicit = true\n'
        text = f'{TEXT}[tool.uv.sources]\ndemo = {{ index = "cu" }}  # theirs\n{tables}'
        before = content(project(here, text))["pyproject.toml"]
        wrapped()
        theirs = {"index": "cu", "marker": "sys_platform == 'linux'"}
        assert uv_sources(here) == {"demo": [NOT_LINUX, theirs]}
        after = content(here)
        assert "everything is up to date" in wrapped("--check").output
        wrapped("--offline")
        assert content(here) == after
    wrapped("--remove")
    assert (here / "pyproject.toml").read_bytes() == before


# --- pointed to ---

URL = f"https://host/{LINUX}"
TO_A_WHEEL = {
    "url": f'demo = {{ url = "{URL}" }}',
    "escaped": 'demo = { url = "https://host/demo-1.0%2Bcu-cp312-cp312-linux_x86_64.whl#sha256=00" }',
    "path": f'demo = {{ path = "../{LINUX}" }}',
    "list": f"demo = [{{ url = '{URL}', marker = \"os_name == 'nt'\" }}, {{ path = '{ANY}', marker = \"os_name != 'nt'\" }}]",
    "some": f"demo = [{{ url = '{URL}', marker = \"os_name == 'nt'\" }}]",
    "table": f'demo.url = "{URL}"',
}  # fmt: skip


@pytest.mark.parametrize("form", TO_A_WHEEL)
@pytest.mark.parametrize("python", ["==3.12.*", "==3.10.*"])
def test_a_source_that_is_a_wheel(here: Path, form: str, python: str) -> None:
    text = TEXT.replace("==3.12.*", python).replace('ninja"', 'torch", "ninja"')
    tables = '[[tool.uv.index]]\nname = "x"\nurl = "https://x.example"\nexplicit = true\n'
    project(here, f'{text}[tool.uv.sources]\ntorch = {{ index = "x" }}\n{TO_A_WHEEL[form]}\n{tables}')
    before = content(here)
    found = wrapped()
    assert "demo: not wrapped, since tool.uv.sources points to a wheel, demo-1.0" in found.output
    assert content(here) == before
    wrapped("--check")


@pytest.mark.parametrize("mark", ["", " ; sys_platform == 'linux'"])
def test_a_requirement_that_is_a_wheel(here: Path, mark: str) -> None:
    project(here, TEXT.replace("demo==1.0", f"demo @ {URL}{mark}"))
    assert report()["skipped"][0]["why"].startswith(f"a requirement points to a wheel, {LINUX}, which needs no build")


def test_a_lock_that_points_to_a_wheel(here: Path) -> None:
    project(here, TEXT, **{"requirements.txt": f"demo @ {URL}\n"})
    found = report("--lock", "requirements.txt")
    assert found["skipped"][0]["why"].startswith(f"requirements.txt points to a wheel, {LINUX}")


def test_a_wheel_that_is_pointed_to_is_named(here: Path) -> None:
    wheel = "demo-1.0+cu-cp312-cp312-linux_x86_64.whl"
    project(here, f'{TEXT.replace("demo==1.0", "demo")}[tool.uv.sources]\ndemo = {{ url = "https://host/{wheel}" }}\n')
    before = content(here)["pyproject.toml"]
    found = report("demo")["packages"][0]
    assert (found["version"], found["state"]) == ("1.0", "written")
    assert found["version-from"] == f"the version of {wheel}, which tool.uv.sources points to"
    wrapped("--remove")
    assert (here / "pyproject.toml").read_bytes() == before


def test_a_wheel_for_some_and_an_index_for_others(here: Path) -> None:
    entries = f"{{ url = '{URL}', marker = \"sys_platform == 'linux'\" }}, {{ index = 'x', marker = \"sys_platform != 'linux'\" }}"
    table = f"[tool.uv.sources]\ndemo = [{entries}]\n[[tool.uv.index]]\nname = 'x'\nurl = 'https://x.example'\n"
    before = content(project(here, TEXT + table))["pyproject.toml"]
    found = wrapped()
    assert f"only where sys_platform != 'linux'; elsewhere a wheel is taken: {LINUX}" in found.output
    assert uv_sources(here) == {"demo": [NOT_LINUX, {"url": URL, "marker": "sys_platform == 'linux'"}]}
    after = content(here)
    own: dict[str, Any] = {
        "source": {"path": "wrapped.d/demo-1.0.tar.gz"},
        "resolution-markers": ["sys_platform == 'x'"],
    }
    theirs: dict[str, Any] = {
        "source": {"url": URL},
        "wheels": [{"url": URL}],
        "resolution-markers": ["sys_platform == 'linux'"],
    }
    for text in ("", uv_lock(locked(**own), locked(**theirs))):
        project(here, after["pyproject.toml"].decode(), text)
        output = wrapped("--check").output
        assert "everything is up to date" in output
        assert "not wrapped" not in output
        assert archive(here).read_bytes() == after["wrapped.d/demo-1.0.tar.gz"]
    wrapped("--remove")
    assert (here / "pyproject.toml").read_bytes() == before
