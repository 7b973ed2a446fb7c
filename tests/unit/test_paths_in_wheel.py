"""Paths of links and launchers in a finished wheel: what they lead to is named instead."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

from augbackend.features import _paths_in_wheel, _stable_paths
from augbackend.features._paths_in_wheel import replaced

LINK, LAUNCHER = "/home/me/.cache/augbackend/environments/0123-demo.0/0", "/srv/augbackend-abc/cc"
PATHS = {LINK: "/srv/.tmpAbC", LAUNCHER: "/usr/bin/cc"}
ELF = b"\x7fELF\0"


def of(folder: Path, content: bytes, paths: dict[str, str] = PATHS) -> bytes:
    """A member with this content, as it is afterwards."""
    with ZipFile(folder / "demo-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("other", b"\0")
        wheel.writestr("one", content)
    with ZipFile(folder / "demo-1-py3-none-any.whl") as wheel:
        return {"one": content, **replaced(wheel, paths)}["one"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"a = '{LINK}/lib', '{LINK}'", "a = '/srv/.tmpAbC/lib', '/srv/.tmpAbC'"),
        (f"CC={LAUNCHER} -O2", "CC=/usr/bin/cc -O2"),
        ("nothing", "nothing"),
    ],
)
def test_a_text_gets_the_path_as_it_is(tmp_path: Path, before: str, after: str) -> None:
    assert of(tmp_path, before.encode()) == after.encode()


def test_in_a_library_every_byte_keeps_its_place(tmp_path: Path) -> None:
    before = ELF + f"$ORIGIN:{LINK}/lib:{LINK}\0symbol".encode()
    after = of(tmp_path, before)
    assert len(after) == len(before)
    path = "/srv/.tmpAbC" + "/" * (len(LINK) - len("/srv/.tmpAbC"))
    assert after == ELF + f"$ORIGIN:{path}/lib:{path}\0symbol".encode()


def test_a_path_across_two_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_paths_in_wheel, "_CHUNK", 40)
    assert of(tmp_path, b"-" * 30 + LINK.encode()) == b"-" * 30 + b"/srv/.tmpAbC"


@pytest.mark.parametrize(
    ("content", "paths"),
    [
        (b"\xcf\xfa\xed\xfe\0" + LINK.encode(), PATHS),  # signed
        (ELF + LINK.encode(), {LINK: f"/much/longer{LINK}"}),
        (f"{LINK}0/lib".encode(), PATHS),  # of another link
    ],
)
def test_what_cannot_be_changed_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes, paths: dict[str, str]
) -> None:
    assert of(tmp_path, content, paths) == content
    said = "a path of this machine's compiler cache stays in the wheel: one; AUGBACKEND_COMPILER_CACHE=none builds"
    assert said in capfd.readouterr().err


def test_only_a_few_are_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with ZipFile(tmp_path / "demo-1-py3-none-any.whl", "w") as wheel:
        for name in "abcde":
            wheel.writestr(name, f"{LINK}0")
    with ZipFile(tmp_path / "demo-1-py3-none-any.whl") as wheel:
        replaced(wheel, PATHS)
    assert "in the wheel: a, b, c and 2 more;" in capfd.readouterr().err


def test_without_links_nothing_is_read(tmp_path: Path) -> None:
    assert of(tmp_path, LINK.encode(), {}) == LINK.encode()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no compiler cache for builds on Windows")
def test_a_link_has_the_room_of_what_it_leads_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / ("long" * 40)
    folder = root / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(_stable_paths, "_taken", {})
    monkeypatch.setattr(sys, "path", [str(folder)])
    links = _stable_paths.links("demo")
    assert links is not None
    assert all(len(link) >= len(path) for path, link in links.every)
    assert links.folder.name.endswith("_-demo.0")
    assert os.path.realpath(links.roots[0][1]) == str(root)
