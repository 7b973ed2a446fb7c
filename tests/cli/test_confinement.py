"""Where strangers may write."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest

from augbackend.cli.strangers import confinement, landlock, process


def has_landlock() -> bool:
    """By the kernel's own word, asked here: a mistake of ours is no reason to skip these."""
    if sys.platform != "linux":
        return False
    asked = ctypes.CDLL(None).syscall(ctypes.c_long(444), None, ctypes.c_long(0), ctypes.c_long(1))
    return bool(asked >= 2)  # the version from which on files are renamed and linked as ever


pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not has_landlock(), reason="this system has no Landlock"),
]


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for strangers; what is temporary is in it as well."""
    folder = tmp_path / "inside"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "there").write_text("as it was", encoding="utf-8")
    return folder


def ran(code: str, folder: Path, *arguments: object, confined: bool = True) -> str:
    command = [sys.executable, "-c", f"import os, pathlib, sys\n{code}", *map(str, arguments)]
    return process.run(command, folder, dict(os.environ), 30, [folder] if confined else None).output


@pytest.mark.parametrize(
    "change",
    [
        "pathlib.Path(sys.argv[1], 'new').write_text('x')",
        "pathlib.Path(sys.argv[1], 'there').write_text('x')",
        "open(pathlib.Path(sys.argv[1], 'there'), 'a').write('x')",
        "os.truncate(pathlib.Path(sys.argv[1], 'there'), 0)",
        "os.remove(pathlib.Path(sys.argv[1], 'there'))",
        "os.rename(pathlib.Path(sys.argv[1], 'there'), 'here')",
        "os.symlink('x', pathlib.Path(sys.argv[1], 'new'))",
        "os.mkdir(pathlib.Path(sys.argv[1], 'new'))",
        "os.rmdir(pathlib.Path(sys.argv[1]))",
        "os.mkfifo(pathlib.Path(sys.argv[1], 'new'))",
        "import socket; socket.socket(socket.AF_UNIX).bind(sys.argv[1] + '/new')",
        "os.link(pathlib.Path(sys.argv[1], 'there'), 'here')",
    ],
)
@pytest.mark.parametrize("by", ["itself", "a child"])
def test_nothing_outside_is_changed(inside: Path, outside: Path, change: str, by: str) -> None:
    if "truncate" in change and landlock.version() < 3:
        pytest.skip("this Landlock lets files be cut")
    child = f"import subprocess\nsubprocess.run([sys.executable, '-c', {'import os, pathlib, sys;' + change!r}, sys.argv[1]])"
    output = ran(change if by == "itself" else child, inside, outside)
    assert "Error" in output
    assert {path.name: path.read_text(encoding="utf-8") for path in outside.iterdir()} == {"there": "as it was"}


def test_no_device_is_made_even_in_its_own_folder(inside: Path) -> None:
    """Root could make one of the disk."""
    made = ran("import stat; os.mknod('node', stat.S_IFCHR | 0o600, os.makedev(1, 3))", inside)
    assert "PermissionError" in made
    assert not (inside / "node").exists()


@pytest.mark.skipif(landlock.version() < 6, reason="this Landlock knows nothing of signals")
def test_this_process_is_not_to_be_signalled(inside: Path) -> None:
    assert "PermissionError" in ran("os.kill(os.getppid(), 0)", inside)
    child = "import subprocess\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(9)']).kill()\nprint('done')"
    assert ran(child, inside) == "done\n"


@pytest.mark.parametrize(
    ("output", "paths"),
    [
        ("PermissionError: [Errno 13] Permission denied: '/etc/x.conf'", ["/etc/x.conf"]),
        ("PermissionError: [Errno 13] Permission denied: '{own}/tree/configure'", []),
        ("mkdir: cannot create directory \u2018/opt/x\u2019: Permission denied", ["/opt/x"]),
        ("sh: 1: cannot create /opt/x: Permission denied", ["/opt/x"]),
        ("Permission denied: '/" + 900 * "x" + "'", []),
        ("Permission denied: '/a\x07b'", []),
    ],
)
def test_what_was_refused_is_known(inside: Path, output: str, paths: list[str]) -> None:
    assert confinement.refused(output.format(own=inside), inside) == paths


def test_a_link_leads_nowhere(inside: Path, outside: Path) -> None:
    (inside / "link").symlink_to(outside)
    assert "PermissionError" in ran("pathlib.Path('link', 'there').write_text('x')", inside)


def test_its_own_folder_is_its_own(inside: Path) -> None:
    code = (
        "import multiprocessing, tempfile\n"
        "multiprocessing.Lock()\n"
        "os.makedirs('a/b'); os.makedirs('c')\n"
        "pathlib.Path('a/b/x').write_text('x'); os.link('a/b/x', 'c/y'); os.rename('a/b/x', 'c/x'); os.remove('c/x')\n"
        "tempfile.mkdtemp()\n"
        "open(os.devnull, 'w').write('x')\n"
        "print('done')\n"
    )
    assert ran(code, inside) == "done\n"


def test_everything_may_be_read_and_run(inside: Path, outside: Path) -> None:
    assert ran("print(pathlib.Path(sys.argv[1], 'there').read_text())", inside, outside) == "as it was\n"


def test_a_program_of_the_user_and_this_process_go_on_as_before(inside: Path, outside: Path) -> None:
    ran("pass", inside)
    (outside / "ours").touch()
    assert ran("pathlib.Path(sys.argv[1], 'new').touch()", inside, outside, confined=False) == ""
    assert (outside / "new").exists()


def test_a_system_that_has_none(inside: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "another")
    assert ran("pathlib.Path(sys.argv[1], 'new').touch()", inside, outside) == ""
    assert (outside / "new").exists()
