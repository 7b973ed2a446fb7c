"""Where strangers may write, what they see, and how that is said: by each of the ways to confine them."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from augbackend.cli.main import group
from augbackend.cli.strangers import confinement, landlock, process, readable
from augbackend.cli.strangers.readable import StrangersCommand
from augbackend.errors import AugbackendError

from ..conftest import write
from .confined import BY, only
from .runner import CliRunner

pytestmark = [
    pytest.mark.once,
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="no other system has any of this"),
]


@pytest.fixture(params=BY)
def by(request: pytest.FixtureRequest) -> Iterator[str]:
    with only(request.param):
        yield request.param


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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
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
@pytest.mark.usefixtures("by")
def test_nothing_outside_is_changed(inside: Path, outside: Path, change: str, by: str) -> None:
    if "truncate" in change and landlock.version() < 3:
        pytest.skip("this Landlock lets files be cut")
    child = f"import subprocess\nsubprocess.run([sys.executable, '-c', {'import os, pathlib, sys;' + change!r}, sys.argv[1]])"
    output = ran(change if by == "itself" else child, inside, outside)
    assert "Error" in output
    assert {path.name: path.read_text(encoding="utf-8") for path in outside.iterdir()} == {"there": "as it was"}


@pytest.mark.usefixtures("by")
def test_no_device_is_made_even_in_its_own_folder(inside: Path) -> None:
    """Root could make one of the disk."""
    made = ran("import stat; os.mknod('node', stat.S_IFCHR | 0o600, os.makedev(1, 3))", inside)
    assert "PermissionError" in made
    assert not (inside / "node").exists()


@pytest.mark.parametrize(
    ("output", "paths"),
    [
        ("PermissionError: [Errno 13] Permission denied: '/etc/x.conf'", ["/etc/x.conf"]),
        ("PermissionError: [Errno 13] Permission denied: '{own}/tree/configure'", []),
        ("mkdir: cannot create directory \u2018/opt/x\u2019: Permission denied", ["/opt/x"]),
        ("sh: 1: cannot create /opt/x: Permission denied", ["/opt/x"]),
        ("OSError: [Errno 30] Read-only file system: '/etc/x.conf'", ["/etc/x.conf"]),
        ("touch: cannot touch '/opt/x': Read-only file system", ["/opt/x"]),
        ("FileNotFoundError: [Errno 2] No such file or directory: '{outside}/there'", ["{outside}/there"]),
        ("FileNotFoundError: [Errno 2] No such file or directory: '{outside}/new'", ["{outside}/new"]),
        ("x.c:1:10: fatal error: {outside}/there: No such file or directory", ["{outside}/there"]),
        ("FileNotFoundError: [Errno 2] No such file or directory: '{outside}/not/there'", []),
        ("FileNotFoundError: [Errno 2] No such file or directory: '{own}/new'", []),
        ("cat: /usr/lib/no-such-file: No such file or directory", []),
        ("Permission denied: '/" + 900 * "x" + "'", []),
        ("Permission denied: '/a\x07b'", []),
    ],
)
def test_what_was_refused_is_known(inside: Path, outside: Path, output: str, paths: list[str]) -> None:
    expected = [path.format(outside=outside) for path in paths]
    assert confinement.refused(output.format(own=inside, outside=outside), inside) == expected


@pytest.mark.usefixtures("by")
def test_a_link_leads_nowhere(inside: Path, outside: Path) -> None:
    (inside / "link").symlink_to(outside)
    assert "Error" in ran("pathlib.Path('link', 'there').write_text('x')", inside)
    assert (outside / "there").read_text(encoding="utf-8") == "as it was"


@pytest.mark.usefixtures("by")
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


@pytest.mark.usefixtures("by")
def test_a_program_of_the_user_and_this_process_go_on_as_before(inside: Path, outside: Path) -> None:
    ran("pass", inside)
    (outside / "ours").touch()
    assert ran("pathlib.Path(sys.argv[1], 'new').touch()", inside, outside, confined=False) == ""
    assert (outside / "new").exists()


def test_a_system_that_has_none(inside: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "another")
    assert ran("pathlib.Path(sys.argv[1], 'new').touch()", inside, outside) == ""
    assert (outside / "new").exists()


# --- how it ends -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("sys.exit(7)", 7),
        ("sys.exit(255)", 255),
        ("os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("os.kill(os.getpid(), 11)", -signal.SIGSEGV),
        ("import time; time.sleep(1); sys.exit(3)", 3),
    ],
)
def test_the_exit_status_is_the_commands(inside: Path, code: str, status: int) -> None:
    command = [
        sys.executable,
        "-c",
        f"import os, resource, sys\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n{code}",
    ]
    assert process.run(command, inside, dict(os.environ), 30, [inside]).status == status


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("ends", [True, False])
def test_nothing_outlives_it(inside: Path, ends: bool) -> None:
    """Not even what has a session of its own, no parent, no variables and no open files."""
    mark = f"sleeper-{os.getpid()}-{time.monotonic_ns()}"
    code = f"""
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 100)
    os.execve("/bin/sh", ["sh", "-c", "sleep 60; : {mark}"], {{"PATH": "/usr/bin:/bin"}})
import time
time.sleep({0.5 if ends else 60})
"""
    command = [sys.executable, "-c", f"import os\n{code}"]
    done = process.run(command, inside, dict(os.environ), 30 if ends else 2, [inside])
    assert done.status == (0 if ends else None)
    left = [file for file in Path("/proc").glob("[0-9]*/cmdline") if mark.encode() in _content(file)]
    assert not left


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # it has ended
        return b""


# --- what is seen ----------------------------------------------------------------------------------------------------

READ = "print(pathlib.Path(sys.argv[1]).read_text())"


@pytest.mark.usefixtures("by")
def test_neither_the_home_nor_other_folders_are_read(inside: Path, outside: Path, home: Path) -> None:
    write(home, {".ssh/id": "the key"})
    for place in (home / ".ssh/id", outside / "there"):
        assert "the key" not in (said := ran(READ, inside, place))
        assert "Error" in said


@pytest.mark.usefixtures("by")
def test_the_system_is_read(inside: Path) -> None:
    assert ran("import ssl, socket; print(len(pathlib.Path('/etc/passwd').read_text()) > 0)", inside) == "True\n"


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("name", ["PATH", "CUDA_HOME", "CPATH", "LDFLAGS", "CMAKE_ARGS", "CC"])
def test_what_variables_of_the_user_name_is_read(
    inside: Path, home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, {"tools/bin/tool": "tool", "tools/include/x.h": "#x", ".netrc": "a password", "tools-of-others/x": "x"})
    value = {
        "PATH": f"{os.environ['PATH']}:{home}/tools/bin",
        "CC": f"{home}/tools/bin/tool -m64",
        "CPATH": f"/usr/include:{home}/tools/include",
        "LDFLAGS": f"-O1 -L{home}/tools/include -lx",
        "CMAKE_ARGS": f"-DX=1 -DCMAKE_PREFIX_PATH={home}/tools",
    }.get(name, f"{home}/tools")
    monkeypatch.setenv(name, value)
    assert ran(READ, inside, home / "tools/include/x.h") == "#x\n"
    for other in (".netrc", "tools-of-others/x"):
        assert "Error" in ran(READ, inside, home / other)


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("place", ["", "..", "../..", ".local/share", ".cargo/.."])
def test_a_whole_home_is_never_read(inside: Path, home: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, {".ssh/id": "the key", ".local/share/keyrings/x": "the key", ".local/bin/x": ""})
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{home / place}:{home}/.local/bin:{home}/bin/..:.")
    if place != ".local/share":  # whoever names this one gets it
        assert "Error" in ran(READ, inside, home / ".local/share/keyrings/x")
        monkeypatch.setenv("CPATH", str(home / place))
    assert "Error" in ran(READ, inside, home / ".ssh/id")


@pytest.mark.usefixtures("by")
def test_what_signs_in_is_not_read_with_the_programs_beside_it(
    inside: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, {".cargo/bin/cargo": "cargo", ".cargo/credentials.toml": "a token"})
    monkeypatch.setenv("PATH", f"{home}/.cargo/bin:{os.environ['PATH']}")
    assert ran(READ, inside, home / ".cargo/bin/cargo") == "cargo\n"
    assert "Error" in ran(READ, inside, home / ".cargo/credentials.toml")


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("kind", ["a tool of uv", "a shim", "a virtual environment"])
def test_programs_of_the_home_run(inside: Path, home: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = '#!/bin/sh\ncat "$(dirname "$(readlink -f "$0")")/../data/x"\n'
    around, programs = {
        "a tool of uv": (home / ".local/share/uv/tools/tool", home / ".local/bin"),
        "a shim": (home / ".pyenv", home / ".pyenv/shims"),
        "a virtual environment": (home / "venv", home / "venv/bin"),
    }[kind]
    write(around, {"bin/tool": tool, "data/x": "it runs", "pyvenv.cfg" if kind != "a shim" else "version": ""})
    (around / "bin/tool").chmod(0o755)
    programs.mkdir(parents=True, exist_ok=True)
    if programs != around / "bin":
        (programs / "tool").symlink_to(around / "bin/tool")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    assert ran("import subprocess\nsubprocess.run(['tool'])", inside) == "it runs"


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("how", ["a link", "pyvenv.cfg"])
def test_what_strangers_have_written_shows_nothing_more(inside: Path, home: Path, how: str) -> None:
    """The first build changes the environment that the second one's interpreter is in."""
    write(home, {"project/pyvenv.cfg": "", "project/secret": "a secret", "project/lib/x": ""})
    (home / "project/bin").mkdir()
    (home / "project/bin/python").symlink_to(sys.executable)
    write(inside, {"environment/pyvenv.cfg": f"home = {home}/project/bin", "environment/lib/x": ""})
    (inside / "environment/bin").mkdir()
    (inside / "environment/bin/python").symlink_to(
        sys.executable if how == "pyvenv.cfg" else home / "project/bin/python"
    )
    command = [str(inside / "environment/bin/python"), "-c", f"print(open({str(home / 'project/secret')!r}).read())"]
    known = StrangersCommand(command, inside, {}, (), (inside,))
    assert not [path for path in readable.folders(known) if path.is_relative_to(home)]
    try:
        output = process.run(command, inside, dict(os.environ), 30, [inside]).output
    except FileNotFoundError:  # what it links to is not there
        return
    assert "a secret" not in output


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("place", ["link", "link/outside", "deep/link", "deep/link/outside"])
def test_a_folder_that_became_a_link(inside: Path, outside: Path, place: str) -> None:
    (inside / "deep").mkdir()
    for link in ("link", "deep/link"):
        (inside / link).symlink_to(outside if place.endswith("link") else outside.parent)
    with pytest.raises(AugbackendError, match="has put a link there"):
        process.run(["/bin/true"], inside, {}, 30, [inside / place])


@pytest.mark.usefixtures("by")
def test_a_variable_that_leads_up_again(inside: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, {"tool/bin/x": "", "tool/lib/x": "the library"})
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{home}/tool/bin/../lib")
    assert ran(READ, inside, home / "tool/lib/x") == "the library\n"


@pytest.mark.usefixtures("by")
def test_a_temporary_folder_behind_a_link(tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a TMPDIR on another disk."""
    (tmp_path / "link").symlink_to(outside)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "link"))
    own = tmp_path / "link/own"
    own.mkdir()
    assert (
        ran("pathlib.Path('x').write_text('x'); print(os.path.exists(sys.argv[1]))", own, outside / "own/x") == "True\n"
    )
    assert (outside / "own/x").exists()


@pytest.mark.usefixtures("by")
def test_a_tree_in_the_home_is_read_and_not_written(inside: Path, home: Path) -> None:
    tree = write(home / "project", {"setup.py": "the code"})
    code = "print(open('setup.py').read(), flush=True); open('new', 'w')"
    said = process.run([sys.executable, "-c", code], tree, dict(os.environ), 30, [inside]).output
    assert said.startswith("the code\n")
    assert not (tree / "new").exists()


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("name", ["project", "./project", "other/../project"])
def test_a_tree_that_is_named_from_here(inside: Path, home: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, {"project/x": "", "other/x": ""})
    monkeypatch.chdir(home)
    command = ["/bin/ls", "-a"]
    assert process.run(command, Path(name), dict(os.environ), 30, [inside]).output.split() == [".", "..", "x"]


@pytest.mark.usefixtures("by")
def test_a_home_that_is_a_tree(inside: Path, home: Path) -> None:
    with pytest.raises(AugbackendError, match="does not see a whole home"):
        process.run([sys.executable, "-c", ""], home, dict(os.environ), 30, [inside])


# --- what is said ----------------------------------------------------------------------------------------------------


def test_what_holds_is_said(by: str) -> None:
    found = confinement.here()
    assert found.as_json() == {"by": by, "does-not-stop": list(found.does_not_stop)}
    assert "the network" in found.in_words()
    assert found.in_words().startswith("confined by ")
    assert found.is_full == (by == "bubblewrap" and landlock.is_scoped())
    assert any("ssh-agent" in one for one in found.does_not_stop) == (by == "landlock")
    confinement.require(None)
    confinement.require("any")


def test_a_bubblewrap_that_does_not_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that forbids namespaces."""
    write(tmp_path, {"bwrap": "#!/bin/sh\necho bwrap: No permissions to create a new namespace >&2\nexit 1\n"})
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert confinement.here().by != "bubblewrap"


def test_an_old_bubblewrap(tmp_path: Path, inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 0.8 it knew nothing of nesting."""
    with only("bubblewrap"):
        refusing = (
            'case "$*" in *--disable-userns*) exit 1;; esac\nexec /usr/bin/env -S PATH=/usr/bin:/bin bwrap "$@"\n'
        )
        write(tmp_path, {"old/bwrap": f"#!/bin/sh\n{refusing}"})
        (tmp_path / "old/bwrap").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}/old:{os.environ['PATH']}")
        assert confinement.here().by == "bubblewrap"
        assert ran("print('done')", inside) == "done\n"


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("level", ["", "=any", "=full"])
@pytest.mark.parametrize(
    "command", ["diagnose TREE", "show TREE", "show --isolated TREE", "verify --build ARCHIVE", "wrap TREE"]
)
def test_too_little_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, level: str) -> None:
    tree = write(tmp_path / "tree", {"pyproject.toml": "not even read", "x.tar.gz": ""})
    monkeypatch.setattr(confinement, "_bwrap", lambda: None)
    if level != "=full":
        monkeypatch.setattr(landlock, "version", lambda: 0)
    words = command.replace("TREE", str(tree)).replace("ARCHIVE", str(tree / "x.tar.gz")).split()
    done = CliRunner().invoke(group, [*words, f"--require-confinement{level}"])
    assert (done.exit_code, "confinement is required" in done.output) == (2, True), done.output
    assert "install bubblewrap" in done.output


@pytest.mark.usefixtures("alone", "quick")
def test_little_is_said_before_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "_bwrap", lambda: None)
    tree = write(tmp_path / "tree", {"pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'none'\n"})
    done = CliRunner().invoke(group, ["wrap", str(tree), "-o", str(tmp_path / "out")])
    assert "note: other people's code is " in done.output
    assert "docker" in done.output


@pytest.mark.usefixtures("alone", "quick")
def test_what_held_is_in_the_json_of_wrap(by: str, tmp_path: Path) -> None:
    backend = "import tarfile\ndef build_sdist(out, _=None):\n    with tarfile.open(f'{out}/demo-1.0.tar.gz', 'w:gz') as tar:\n"
    backend += "        tar.add('.', 'demo-1.0')\n    return 'demo-1.0.tar.gz'\n"
    system = "[build-system]\nrequires = []\nbuild-backend = 'be'\nbackend-path = ['.']\n"
    info = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
    tree = write(tmp_path / "tree", {"be.py": backend, "PKG-INFO": info, "pyproject.toml": system})
    done = CliRunner().invoke(group, ["wrap", str(tree), "--json", "-o", str(tmp_path / "out")])
    assert json.loads(done.stdout)["confinement"]["by"] == by


def test_a_folder_of_the_path_that_this_user_may_not_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, opened = tmp_path / "closed" / "bin", tmp_path / "opened" / "bin"
    opened.mkdir(parents=True)
    belonging = readable._belonging

    def refusing(programs: Path, **how: bool) -> Iterator[Path]:
        if programs == closed:
            raise PermissionError(13, "Permission denied", str(closed))
        return belonging(programs, **how)

    monkeypatch.setattr(readable, "_belonging", refusing)
    monkeypatch.setattr(readable, "homes", lambda: frozenset({tmp_path / "home"}))
    command = StrangersCommand(["/usr/bin/true"], Path("/usr"), {"PATH": f"{closed}{os.pathsep}{opened}"}, (), ())
    assert opened in readable.folders(command)
