"""Archives in ``wrapped/``, where they were written before: moved to ``wrapped.d`` with the sources that lead there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from augbackend.cli.edit import redirected_sources, uv_sources
from augbackend.errors import AugbackendError

from ..conftest import write
from .archives import report, sdist, wrap, wrapped
from .test_uv_sources import HEAD, LAYOUTS, sources
from .test_wrap_project import PROJECT, locked, project, uv_lock

pytestmark = pytest.mark.usefixtures("no_index")

TABLES = '[tool.uv.extra-build-dependencies]\ndemo = ["ninja"]\n'
OLD, NEW = "wrapped/demo-1.0.tar.gz", "wrapped.d/demo-1.0.tar.gz"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that was wrapped by an earlier version."""
    monkeypatch.setenv("PIP_FIND_LINKS", str(sdist(tmp_path / "links").parent))
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return as_before(folder, PROJECT + TABLES)


def as_before(folder: Path, text: str) -> Path:
    project(folder, text)
    wrapped("-o", "wrapped")
    return folder


def test_the_archives_and_their_sources(here: Path) -> None:
    before, archive = (here / "pyproject.toml").read_text(), (here / OLD).read_bytes()
    found = wrapped()
    assert found.output.startswith("wrapped: 1 archive moved to wrapped.d, which no build of this project takes")
    assert f"{NEW}: unchanged" in found.output
    assert f"commit these:\n  {NEW}  (" in found.output
    assert (here / "pyproject.toml").read_text() == before.replace(OLD, NEW)
    assert (here / NEW).read_bytes() == archive
    assert not (here / "wrapped").exists()
    assert "moved" not in wrapped("--check").output
    wrapped("--remove")
    assert (here / "pyproject.toml").read_text() == PROJECT + TABLES


def test_check_calls_it_stale(here: Path) -> None:
    before = (here / "pyproject.toml").read_text()
    found = wrap("--check")
    assert found.exit_code == 1
    assert "wrapped: holds 1 archive of an earlier augbackend, which keeps them in wrapped.d now" in found.output
    assert "tool.uv.sources.demo leads to wrapped/demo-1.0.tar.gz, and should to wrapped.d/" in found.output
    assert json.loads(wrap("--check", "--json").stdout)["moved"] == [{"from": OLD, "to": NEW}]
    assert (here / "pyproject.toml").read_text() == before
    assert not (here / "wrapped.d").exists()


def test_it_is_stale_while_any_archive_is_there(here: Path) -> None:
    wrapped("--no-sources")  # which moves nothing
    write(here, {"pyproject.toml": (here / "pyproject.toml").read_text().replace(OLD, NEW)})
    found = wrap("--check")
    assert (found.exit_code, f"stale: {OLD}; run augbackend wrap" in found.output) == (1, True), found.output
    wrapped()
    assert "up to date" in wrapped("--check").output
    assert not (here / "wrapped").exists()


def test_what_is_not_ours_stays(here: Path, tmp_path: Path) -> None:
    write(here / "wrapped", {"notes.txt": "x", "other-1.0.tar.gz": sdist(tmp_path / "x", name="other").read_bytes()})
    text = (here / "pyproject.toml").read_text() + 'other = { path = "wrapped/other-1.0.tar.gz" }\n'
    write(here, {"pyproject.toml": text})
    found = wrapped()
    assert [one.name for one in sorted((here / "wrapped").iterdir())] == ["notes.txt", "other-1.0.tar.gz"]
    for name in ("notes.txt", "other-1.0.tar.gz"):
        assert f"  wrapped/{name}: stays there, since it is no archive of ours\n" in found.output
    assert "still says wrapped/: other = " in found.output
    assert (here / "pyproject.toml").read_text() == text.replace(OLD, NEW)
    assert "moved" not in wrapped().output
    wrapped("--check")


def test_a_source_that_was_replaced(here: Path) -> None:
    wrapped("--remove", "-o", "wrapped")
    text = PROJECT + TABLES + '[tool.uv.sources]\ndemo   = { path = "../links/demo-1.0.tar.gz" }  # why\n'
    as_before(here, text)
    assert "# was: " in (here / "pyproject.toml").read_text()
    assert "moved to wrapped.d" in wrapped().output
    assert sources((here / "pyproject.toml").read_text()) == {"demo": {"path": NEW}}
    wrapped("--check")
    wrapped("--remove")
    assert (here / "pyproject.toml").read_text() == text


def test_remove_handles_both_folders(here: Path) -> None:
    said = wrapped("--remove").output
    assert f"{OLD}: deleted" in said
    assert (here / "pyproject.toml").read_text() == PROJECT + TABLES
    assert not (here / "wrapped").exists()
    assert "nothing to undo" in wrapped("--remove").output


def test_a_lock_that_still_leads_there(here: Path) -> None:
    """What the lock names has moved; its version holds."""
    write(here, {"uv.lock": uv_lock(locked(source={"path": OLD}))})
    (package,) = report()["packages"]
    assert (package["state"], package["version-from"]) == ("unchanged", "locked in uv.lock")
    assert "next:\n  uv sync\n" in wrapped().output  # which locks it again


@pytest.mark.parametrize("kind", ["both", "a link", "a folder of theirs", "their choice"])
def test_other_folders(here: Path, kind: str) -> None:
    if kind == "both":  # the newer one stays
        wrapped("--no-sources")
        wrapped("../links/demo-1.0.tar.gz", "-o", "wrapped", "--require", "cmake")
        assert f"{NEW}: unchanged" in wrapped().output
        assert not (here / "wrapped").exists()
    elif kind == "a link":
        wrapped()
        (here / "wrapped").symlink_to("wrapped.d")
        assert "moved" not in wrapped().output
    elif kind == "a folder of theirs":
        wrapped()
        write(here, {"wrapped/__init__.py": "", "wrapped/no.tar.gz": "none"})
        assert "moved" not in wrapped().output
        assert "__init__" not in wrapped("--check").output
    else:
        assert "moved" not in wrapped("-o", "wrapped").output
    assert (here / NEW).exists() == (kind != "their choice")


def test_a_file_that_cannot_be_edited(here: Path) -> None:
    text = (here / "pyproject.toml").read_text().replace(f'"{OLD}"', '"wrapped/\\u0064emo-1.0.tar.gz"')
    write(here, {"pyproject.toml": text})
    found = wrap()
    assert (found.exit_code, "change them there by hand" in found.output) == (2, True), found.output
    assert (here / OLD).is_file()
    assert (here / "pyproject.toml").read_text() == text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout(text: str, newline: str) -> None:
    before = (HEAD + text).replace("\n", newline)
    old = uv_sources.pointed(before, {"demo": [{"path": OLD}]}, "wrapped")
    new = redirected_sources.redirected(old, {OLD: NEW})
    assert sources(new)["demo"] == {"path": NEW}
    assert new.replace(NEW, OLD) == old
    assert uv_sources.restored(new, "wrapped.d") == before


def test_other_spellings() -> None:
    text = "[tool.uv.sources]\na = [\n  { path = './wrapped/a.tar.gz', marker = 'x' }, # wrapped/a.tar.gz\n]\nb.path = 'x'\n"
    expected = text.replace("./wrapped/", "wrapped.d/")
    assert redirected_sources.redirected(text, {"wrapped/a.tar.gz": "wrapped.d/a.tar.gz"}) == expected
    other = "[tool]\nuv = { x = 'w', sources = { a = { path = 'w' } } }\n"
    with pytest.raises(AugbackendError, match="edited safely"):
        redirected_sources.redirected(other, {"w": "v"})
    assert redirected_sources.redirected("", {"w": "v"}) == ""
