"""Running what strangers wrote: what it sees of this machine, and that nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from augbackend.cli.strangers import leftover_processes
from augbackend.cli.strangers.process import Ran, clean_environ, run

pytestmark = pytest.mark.processes
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only /proc tells what left its group")
posix = pytest.mark.skipif(os.name == "nt", reason="there are no process groups there")
SOON = 10.0  # seconds within which a machine that is busy does what takes it none


def python(source: str, folder: Path, limit: float = 60.0, **environ: str) -> Ran:
    command = [sys.executable, "-S", "-c", source]
    return run(command, folder, {**clean_environ(os.environ, folder), **environ}, limit)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")


def pid_in(file: Path) -> int:
    for _ in range(int(SOON * 100)):
        if file.is_file() and file.read_text().endswith("\n"):
            return int(file.read_text())
        time.sleep(0.01)
    raise AssertionError(f"{file} was not written")


def assert_gone(pid: int) -> None:
    try:
        for _ in range(int(SOON * 100)):
            if not is_running(pid):
                return
            time.sleep(0.01)
        raise AssertionError(f"process {pid} is still running")
    finally:
        if is_running(pid):
            os.kill(pid, signal.SIGTERM)


# --- the environment -------------------------------------------------------------------------------------------------

SECRETS = {
    "GITHUB_TOKEN": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "PIP_INDEX_URL": "https://user:secret@example.org/simple",
    "UV_INDEX_PYPI_PASSWORD": "x",
    "TWINE_PASSWORD": "x",
    "NETRC": "x",
    "SSH_AUTH_SOCK": "x",
    "CARGO_HOME": "x",
    "XDG_CONFIG_HOME": "x",
    "GNUPGHOME": "x",
    "PYTHONPATH": "x",
    "PYTHONSTARTUP": "x",
    "LD_PRELOAD": "x",
    "HF_TOKEN": "x",
    "USER": "x",
    "path_to_token": "x",
}


def test_only_what_is_known_to_hold_no_secret_is_handed_on(tmp_path: Path) -> None:
    kept = {"PATH": "/bin", "CC": "gcc", "CFLAGS": "-O2", "CUDA_HOME": "/cuda", "LANG": "C", "no_proxy": "a"}
    found = clean_environ({**SECRETS, **kept}, tmp_path)
    assert not found.keys() & SECRETS.keys()
    assert kept.items() <= found.items()


def test_what_a_process_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    ran = python("import os; print(*sorted(os.environ))", tmp_path)
    assert ran.status == 0
    seen = ran.output.split()
    assert not set(seen) & SECRETS.keys()
    assert {"PATH", "HOME", "TMPDIR"} <= set(seen)


@pytest.mark.parametrize("name", ["HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "APPDATA", "LOCALAPPDATA"])
def test_homes_and_temporary_folders_are_elsewhere(tmp_path: Path, name: str) -> None:
    assert clean_environ({name: "/mine"}, tmp_path)[name] == str(tmp_path)


def test_temporary_files_and_the_home_of_a_process(tmp_path: Path) -> None:
    ran = python("import tempfile, os; print(tempfile.gettempdir()); print(os.path.expanduser('~'))", tmp_path)
    assert ran.output.split("\n") == [str(tmp_path), str(tmp_path), ""]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_is_handed_on_if_it_names_no_user(tmp_path: Path, name: str) -> None:
    assert clean_environ({name: "http://proxy:3128"}, tmp_path)[name] == "http://proxy:3128"
    assert name not in clean_environ({name: "http://me:secret@proxy:3128"}, tmp_path)


def test_a_proxy_without_a_scheme_names_a_user_all_the_same(tmp_path: Path) -> None:
    assert "HTTP_PROXY" not in clean_environ({"HTTP_PROXY": "me:secret@proxy:3128"}, tmp_path)


def test_a_proxy_that_is_no_url(tmp_path: Path) -> None:
    clean_environ({"HTTP_PROXY": "http://[proxy:3128"}, tmp_path)


def test_compilers_of_rust_stay_known_without_the_home(tmp_path: Path) -> None:
    (tmp_path / "mine" / ".rustup").mkdir(parents=True)
    mine = {"HOME": str(tmp_path / "mine")}
    assert clean_environ(mine, tmp_path)["RUSTUP_HOME"] == str(tmp_path / "mine" / ".rustup")
    assert clean_environ({**mine, "RUSTUP_HOME": "/own"}, tmp_path)["RUSTUP_HOME"] == "/own"
    assert "RUSTUP_HOME" not in clean_environ({"HOME": str(tmp_path)}, tmp_path)


# --- input, output, ending -------------------------------------------------------------------------------------------


@pytest.fixture
def typed() -> Iterator[None]:
    """Somebody has typed something where the tests run."""
    reading, writing = os.pipe()
    os.write(writing, b"yes\n")
    os.close(writing)
    kept = os.dup(0)
    os.dup2(reading, 0)
    yield
    os.dup2(kept, 0)
    os.close(kept)
    os.close(reading)


@pytest.mark.usefixtures("typed")
def test_there_is_no_input(tmp_path: Path) -> None:
    ran = python("import sys; print(repr(sys.stdin.read()))", tmp_path)
    assert (ran.status, ran.output) == (0, "''\n")


@pytest.mark.usefixtures("typed")
def test_a_question_is_answered_by_nothing(tmp_path: Path) -> None:
    ran = python("input('Accept the licence? ')", tmp_path)
    assert ran.status == 1
    assert "EOFError" in ran.output


def test_both_streams_in_order(tmp_path: Path) -> None:
    ran = python("import sys\nfor at in range(3): print('out', at); print('err', at, file=sys.stderr)", tmp_path)
    assert ran.output == "out 0\nerr 0\nout 1\nerr 1\nout 2\nerr 2\n"


@pytest.mark.parametrize("status", [0, 1, 3])
def test_the_exit_status(tmp_path: Path, status: int) -> None:
    assert python(f"raise SystemExit({status})", tmp_path).status == status


@posix
def test_the_status_of_what_a_signal_ended(tmp_path: Path) -> None:
    ran = python("import os; os.kill(os.getpid(), 9)", tmp_path)
    assert ran.status == -9


def test_it_runs_where_it_is_told_to(tmp_path: Path) -> None:
    ran = python("import os; print(os.getcwd())", tmp_path)
    assert Path(ran.output.strip()).resolve() == tmp_path.resolve()


def test_what_is_no_text_is_replaced(tmp_path: Path) -> None:
    ran = python("import sys; sys.stdout.buffer.write(b'a\\xff\\0b\\r\\nc\\rd\\n')", tmp_path)
    assert ran.output == "a\ufffdb\nc\nd\n"


def test_of_much_output_the_beginning_and_the_end_are_kept(tmp_path: Path) -> None:
    source = (
        "import sys\nw = sys.stdout.buffer.write\nw(b'begin\\n')\nfor _ in range(200): w(b'x' * 2**20)\nw(b'\\nend\\n')"
    )
    tracemalloc.start()
    try:
        ran = python(source, tmp_path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ran.status == 0
    assert ran.output.startswith("begin\nxxx")
    assert ran.output.endswith("xxx\nend\n")
    assert "bytes left out]" in ran.output
    assert len(ran.output) < 4 * 2**20
    assert most < 20 * 2**20


def test_little_output_is_kept_whole(tmp_path: Path) -> None:
    ran = python("for at in range(40000): print(at)", tmp_path)
    assert ran.output == "".join(f"{at}\n" for at in range(40000))


# --- nothing is left running -----------------------------------------------------------------------------------------

FOREVER = "\nimport time\nwhile True: time.sleep(60)"
CHILD = f"""
import os, sys
print(os.getpid(), file=open('pid', 'w'), flush=True)
{FOREVER}
"""


def test_an_endless_loop_is_killed_at_the_limit(tmp_path: Path) -> None:
    began = time.monotonic()
    ran = python("print('begun', flush=True)\nwhile True: pass", tmp_path, limit=1.0)
    assert (ran.status, ran.output) == (None, "begun\n")
    assert 1.0 <= ran.seconds <= time.monotonic() - began < SOON


def test_no_time_is_left(tmp_path: Path) -> None:
    assert python(FOREVER, tmp_path, limit=0.0).status is None
    assert python(FOREVER, tmp_path, limit=-5.0).status is None


@posix
def test_what_ignores_signals_is_killed(tmp_path: Path) -> None:
    ignore = "import signal\nfor one in (1, 2, 3, 15): signal.signal(one, signal.SIG_IGN)\n"
    assert python(ignore + FOREVER, tmp_path, limit=1.0).status is None


STARTS = {
    "child": "subprocess.Popen([sys.executable, '-S', '-c', CHILD])",
    "child that nobody reads": "subprocess.Popen([sys.executable, '-S', '-c', CHILD], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)",
    "shell's background": "subprocess.Popen(['sh', '-c', '\"$0\" -S -c \"$1\" & exit 0', sys.executable, CHILD])",
    "nohup": "subprocess.Popen(['nohup', sys.executable, '-S', '-c', CHILD])",
    "a session of its own": "subprocess.Popen([sys.executable, '-S', '-c', CHILD], start_new_session=True)",
    "an environment of its own": "subprocess.Popen([sys.executable, '-S', '-c', CHILD], start_new_session=True, env={})",
    "forked twice": "daemon()",
}
DAEMON = """
def daemon():
    if os.fork(): return
    os.setsid()
    if os.fork(): os._exit(0)
    os.execv(sys.executable, [sys.executable, '-S', '-c', CHILD])
"""
OF_GROUPS = ("child", "child that nobody reads", "shell's background", "nohup")


def starting(way: str, then: str) -> str:
    return f"import os, subprocess, sys, time\nCHILD = {CHILD!r}\n{DAEMON}\n{STARTS[way]}\n" + (
        "while not (os.path.exists('pid') and open('pid').read().endswith('\\n')): time.sleep(0.01)\n" + then
    )


@posix
@pytest.mark.parametrize("way", [way if way in OF_GROUPS else pytest.param(way, marks=linux) for way in STARTS])
def test_children_end_with_it(tmp_path: Path, way: str) -> None:
    ran = python(starting(way, "print('done')"), tmp_path)
    assert (ran.status, ran.output) == (0, "done\n")
    assert ran.seconds < SOON  # though a child holds the pipe
    assert_gone(pid_in(tmp_path / "pid"))


@posix
@pytest.mark.parametrize("way", OF_GROUPS)
def test_its_group_ends_where_nothing_else_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr(leftover_processes, "_processes", list)
    assert python(starting(way, "print('done')"), tmp_path).status == 0
    assert_gone(pid_in(tmp_path / "pid"))


@linux
@pytest.mark.parametrize("way", ["a session of its own", "forked twice"])
def test_what_has_the_mark_ends_where_nothing_is_adopted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(leftover_processes, "_adopt", lambda _: None)
    assert python(starting(way, "print('done')"), tmp_path).status == 0
    assert_gone(pid_in(tmp_path / "pid"))


@posix
@pytest.mark.parametrize("way", ["child", pytest.param("forked twice", marks=linux)])
def test_children_are_killed_at_the_limit(tmp_path: Path, way: str) -> None:
    ran = python(starting(way, FOREVER), tmp_path, limit=2.0)
    assert ran.status is None
    assert ran.seconds < SOON
    assert_gone(pid_in(tmp_path / "pid"))


@posix
def test_a_child_that_is_not_found_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftover_processes, "_processes", list)
    child = "import time; time.sleep(8)"
    source = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-S', '-c', {child!r}], env={{}}, start_new_session=True)\nprint('done')"
    ran = python(source, tmp_path)
    assert (ran.status, ran.output) == (0, "done\n")
    assert ran.seconds < 7


@linux
def test_processes_of_others_are_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-S", "-c", FOREVER], env={leftover_processes.MARK: "of another"})
    try:
        assert python(starting("a session of its own", "print('done')"), tmp_path).status == 0
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@posix
@pytest.mark.parametrize("way", ["child", pytest.param("a session of its own", marks=linux)])
def test_an_interrupt_leaves_nothing_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    wait = subprocess.Popen.wait
    interrupted: list[int] = []

    def interrupt(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if not interrupted:
            interrupted.append(process.pid)
            pid_in(tmp_path / "pid")
            raise KeyboardInterrupt
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        python(starting(way, FOREVER), tmp_path)
    assert_gone(interrupted[0])
    assert_gone(pid_in(tmp_path / "pid"))


def test_no_thread_stays(tmp_path: Path) -> None:
    before = threading.active_count()
    python("print('x')", tmp_path)
    assert threading.active_count() == before


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(["/nowhere/python"], tmp_path, {}, 1.0)


def test_several_at_once(tmp_path: Path) -> None:
    ran: dict[int, str] = {}
    threads: list[threading.Thread] = []
    to_start: list[Callable[[], None]] = [
        lambda at=at: ran.update({at: python(f"print({at})", tmp_path).output})  # type: ignore[misc]
        for at in range(4)
    ]
    for start in to_start:
        threads.append(threading.Thread(target=start))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert ran == {at: f"{at}\n" for at in range(4)}
