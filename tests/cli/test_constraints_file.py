"""`wrap --constraints FILE`: lines for pip's and uv's constraints, in a file that may be the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from .archives import report, sdist, sha256, wrap, wrapped
from .test_wrap_project import NINJA, PROJECT, archive, here, locked, project, uv_lock

__all__ = ["here"]  # a fixture

MID = PROJECT.replace("demo==1.0", "mid")
LOCK = uv_lock(locked())
FORKS = PROJECT.replace('"demo==1.0"', "\"demo==1.0; os_name == 'nt'\", \"demo==1.1; os_name != 'nt'\"")


def ours(file: Path) -> list[str]:
    """The lines between the two marks."""
    lines = file.read_text().splitlines()
    marks = [at for at, line in enumerate(lines) if line.startswith("# augbackend wrap --constraints:")]
    assert len(marks) == 2
    return lines[marks[0] + 1 : marks[1]]


def line(here: Path, version: str = "1.0", marker: str = "") -> str:
    file = archive(here, version)
    return f"demo @ {file.as_uri()}#sha256={sha256(file)}{marker}"


def test_a_new_file(here: Path) -> None:
    project(here, MID + NINJA, LOCK)
    found = wrapped("--constraints", "c.txt").output
    file = here / "c.txt"
    assert ours(file) == [line(here)]
    assert "do not commit" in file.read_text()
    assert f"  export UV_CONSTRAINT={file} PIP_CONSTRAINT={file}\n" in found
    before = file.read_bytes()
    wrapped("--constraints", "c.txt")
    assert file.read_bytes() == before
    assert "up to date" in wrapped("--constraints", "c.txt", "--check").output
    wrapped("--remove", "--constraints", "c.txt")
    assert not file.exists()


@pytest.mark.parametrize(
    "text", [b"", b"# mine\ntorch==2.8.0\n", b"torch==2.8.0", b"torch\r\n", "\ufeff# \u00e4\ntorch".encode()]
)
def test_other_lines_are_kept(here: Path, text: bytes) -> None:
    project(here, MID + NINJA, LOCK)
    file = here / "c.txt"
    file.write_bytes(text)
    wrapped("--constraints", file)
    assert file.read_bytes().startswith(text)
    assert ours(file) == [line(here)]
    assert wrapped("--constraints", file, "--check").exit_code == 0
    removed = wrapped("--remove", "--constraints", file).output
    if text:
        assert f"{file}: the lines of augbackend are removed" in removed
        assert file.read_bytes() == text


def test_a_path_with_a_blank(here: Path) -> None:
    """uv and pip would split it there; a URL they take."""
    project(here, MID + NINJA, LOCK)
    (here / "a b").mkdir()
    url = (here / "a b" / "c.txt").as_uri()
    assert f"  export UV_CONSTRAINT={url} PIP_CONSTRAINT={url}\n" in wrapped("--constraints", "a b/c.txt").output


def test_lines_that_were_added_below_are_kept(here: Path) -> None:
    project(here, MID + NINJA, LOCK)
    wrapped("--constraints", "c.txt")
    with (here / "c.txt").open("a") as stream:
        stream.write("torch==2.8.0\n")
    project(here, MID + NINJA + 'extra = ["x"]\n', LOCK)
    (here / "wrapped.d" / "demo-1.0.tar.gz").unlink()
    wrapped("--constraints", "c.txt")
    assert ours(here / "c.txt") == [line(here)]
    assert (here / "c.txt").read_text().endswith("end\ntorch==2.8.0\n")


def test_check(here: Path) -> None:
    project(here, MID + NINJA, LOCK)
    wrapped()
    found = wrap("--constraints", "c.txt", "--check")
    assert (found.exit_code, "stale: c.txt; run" in found.output, (here / "c.txt").exists()) == (1, True, False)
    wrapped("--constraints", "c.txt")
    file = here / "c.txt"
    file.write_text(file.read_text().replace("sha256=", "sha256=0"))
    assert wrap("--constraints", "c.txt", "--check").exit_code == 1
    assert report("--constraints", "c.txt")["constraints"] == {"file": "c.txt", "state": "written", "left-out": {}}
    assert report()["constraints"] is None


def test_versions_told_apart_by_markers(here: Path) -> None:
    project(here, FORKS + NINJA)
    wrapped("--constraints", "c.txt")
    assert ours(here / "c.txt") == [
        line(here, "1.0", ' ; os_name == "nt"'),
        line(here, "1.1", ' ; os_name != "nt"'),
    ]


def test_versions_told_apart_by_extras(here: Path) -> None:
    project(here, PROJECT.replace("demo==1.0", "demo") + NINJA, uv_lock(locked("1.0"), locked("1.1")))
    found = wrap("--constraints", "c.txt")
    assert (found.exit_code, "demo: c.txt has no line for it: its archives are told apart" in found.output) == (1, True)
    assert not (here / "c.txt").exists()


@pytest.mark.parametrize(
    ("theirs", "is_in_the_way"),
    [
        ("demo==1.0", False),
        ("Demo<2", False),
        ("demo==1.1", True),
        ("demo @ https://example.org/demo-1.0.tar.gz", True),
        ("demo==1.1; os_name == 'nt'", False),
        ("other==3", False),
        ("-c more.txt", True),
    ],
)
def test_what_their_own_lines_ask_for(here: Path, theirs: str, is_in_the_way: bool) -> None:
    project(here, MID + NINJA, LOCK, **{"c.txt": f"{theirs}\n", "more.txt": "demo>1\n"})
    found = wrap("--constraints", "c.txt")
    assert found.exit_code == 2 * is_in_the_way
    assert ("demo cannot have a line in it: " in found.output) == is_in_the_way
    assert ((here / "c.txt").read_text() == f"{theirs}\n") == is_in_the_way
    assert archive(here).is_file() != is_in_the_way


def test_a_version_that_is_locked_by_its_url(here: Path) -> None:
    lock = uv_lock(locked(sdist={"url": "https://example.org/demo-1.0.tar.gz", "hash": "sha256:00"}))
    project(here, MID + NINJA, lock, **{"c.txt": "demo==1.1\n"})
    found = wrap("--constraints", "c.txt")
    assert (found.exit_code, "demo cannot have a line in it: c.txt asks for demo==1.1" in found.output) == (2, True)


def test_a_version_that_is_known_only_afterwards(here: Path) -> None:
    text = PROJECT.replace("demo==1.0", "demo") + NINJA
    project(here, text, **{"c.txt": "demo<2\n"})
    assert wrap("--constraints", "c.txt").exit_code == 2, "an index says the version before"
    place = '[tool.uv.sources]\ndemo = { path = "../links/demo-2.0.tar.gz" }\n'
    project(here, text + place, **{"c.txt": "demo<2\n"})
    found = wrap("--constraints", "c.txt")
    assert found.exit_code == 1
    assert "demo: c.txt has no line for it: c.txt asks for demo<2, and the archive is 2.0" in found.output
    assert "  uv sync\n" in found.output


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xff\xfe\x00", "it cannot be read"),
        (b"# augbackend wrap --constraints: x\n", "the lines of augbackend in it have no end"),
        (b"# augbackend wrap --constraints: end\n", "the lines of augbackend in it have no end"),
    ],
)
def test_a_file_that_cannot_be_changed(here: Path, content: bytes, expected: str) -> None:
    project(here, MID + NINJA, LOCK)
    (here / "c.txt").write_bytes(content)
    found = wrap("--constraints", "c.txt")
    assert (found.exit_code, expected in found.output, archive(here).exists()) == (2, True, False)


def test_a_folder_that_is_not_there(here: Path) -> None:
    project(here, MID + NINJA, LOCK)
    assert (wrap("--constraints", "no/c.txt").exit_code, archive(here).exists()) == (2, False)


def test_packages_that_are_named_leave_the_lines_of_others(here: Path) -> None:
    sdist(here.parent / "links", name="other")
    for target in ("other==1.0", "demo==1.0", "demo==1.1"):
        found = wrapped(target, "--require", "ninja", "--constraints", "c.txt").output
    other = archive(here, name="other")
    assert ours(here / "c.txt") == [line(here, "1.1"), f"other @ {other.as_uri()}#sha256={sha256(other)}"]
    assert found.endswith("next:\n  pip install -c c.txt demo\n  uv pip install -c c.txt demo\n")
    assert wrapped("--remove", "--constraints", "c.txt").output == "c.txt: deleted\n"
    assert other.exists()
    assert wrapped("--remove", "--constraints", "c.txt").output == "nothing to undo\n"


def test_a_package_that_the_project_gave_up_loses_its_line(here: Path) -> None:
    sdist(here.parent / "links", name="other")
    both = PROJECT.replace("demo==1.0", "demo==1.0', 'other==1.0").replace('"demo', "'demo").replace('0"', "0'", 1)
    project(here, both + NINJA + 'other = ["ninja"]\n')
    wrapped("--constraints", "c.txt")
    assert len(ours(here / "c.txt")) == 2
    project(here, PROJECT + NINJA)
    wrapped("--constraints", "c.txt")
    assert ours(here / "c.txt") == [line(here)]


def test_a_package_that_fails_keeps_its_line(here: Path) -> None:
    other = sdist(here.parent / "links", name="other")
    both = PROJECT.replace("demo==1.0", "demo==1.0', 'other==1.0").replace('"demo', "'demo").replace('0"', "0'", 1)
    project(here, both + NINJA + 'other = ["ninja"]\n')
    wrapped("--constraints", "c.txt")
    before = (here / "c.txt").read_bytes()
    other.unlink()
    assert wrap("--constraints", "c.txt").exit_code == 1
    assert (here / "c.txt").read_bytes() == before
