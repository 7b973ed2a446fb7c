"""``augbackend diagnose`` of sdists that are strange, hostile, or merely old; and what it advises, carried out."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.strangers import confinement

from .. import json_outputs
from ..cli.archives import content, own_table, sha256, text_of
from ..cli.test_work_tree import git, repository
from ..conftest import ROOT, leaving_to_ci
from ..matrix import frontends as matrix
from ..matrix.frontends import BIN, EXE, Frontends
from . import fake_torch, strange_sdists
from .conftest import make_wheel
from .strange_sdists import GOOD_WHEEL, SETUP, files, in_tree, sdist, tree

pytestmark = pytest.mark.builds

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
BEFORE_PYTHON_3_12 = pytest.mark.skipif(sys.version_info >= (3, 12), reason="no setuptools of that time runs here")
COMPILES = pytest.mark.skipif(shutil.which("cc") is None and os.name != "nt", reason="there is no compiler")
CONFINED = pytest.mark.skipif(confinement.here().by == "none", reason="this system confines nothing")
ON_LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found otherwise here")


@dataclass(frozen=True)
class Said:
    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def document(self) -> Any:
        return json_outputs.read(self.stdout)


class Machine:
    """A user's machine: uv on PATH, and a folder of wheels beside the index."""

    def __init__(self, frontends: Frontends, wheels: Path) -> None:
        self.frontends, self.wheels = frontends, wheels
        for name in ("otherlib", "scanner"):
            make_wheel(wheels, name)

    def environ(self, **variables: str) -> dict[str, str]:
        """What the command is run with: a wheel of torch that lies elsewhere on this machine is not seen."""
        path = os.pathsep.join([str(self.frontends.folder / "programs" / "uv" / BIN), self.frontends.environ["PATH"]])
        own = {
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PIP_FIND_LINKS": self.wheels.as_uri(),
            "UV_FIND_LINKS": self.wheels.as_uri(),
        }
        return {**self.frontends.environ, **own, **variables}

    def augbackend(self, *arguments: str, cwd: Path, within: float = 300, **variables: str) -> Said:
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "augbackend.cli", *arguments],
            cwd=cwd,
            env=self.environ(**variables),
            input="typed by the user\n",
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=within,
        )
        return Said(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def diagnosed(self, target: str, *options: str, cwd: Path, within: float = 300, **variables: str) -> Any:
        """The JSON; beside it each build is one line, and the status is that of the verdict."""
        said = self.augbackend("diagnose", target, "--json", *options, cwd=cwd, within=within, **variables)
        assert_tells_of_builds(said, len(said.document["attempts"]))
        assert said.status == (0 if said.document["verdict"] == "builds-as-is" else 1)
        return said.document


def assert_tells_of_builds(said: Said, builds: int) -> None:
    """In a pipe, stderr has a line for each, of one Python or of several, and nothing else."""
    lines = said.stderr.splitlines()
    assert [line for line in lines if not re.match(r"\d+\. .*: \d+\.\d s, |   Python [\d.]+ may do$", line)] == []
    assert len(lines) >= builds


class Told:
    """What strangers say by the network, the one way out that they have."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        server.settimeout(60)
        self._heard: list[Any] = []

    def saying(self, expression: str) -> str:
        """A line of code that says what an expression is, in JSON."""
        address = f"('127.0.0.1', {self._server.getsockname()[1]})"
        return (
            f"import json, os, socket; socket.create_connection({address}).sendall(json.dumps({expression}).encode())\n"
        )

    def one(self) -> Any:
        """The next thing that is said."""
        with self._server.accept()[0] as client, client.makefile("rb") as stream:
            return json.load(stream)

    def all(self) -> list[Any]:
        """Everything that was said."""
        self._server.settimeout(0)
        found = []
        with suppress(BlockingIOError):
            while True:
                client = self._server.accept()[0]
                with client, client.makefile("rb") as stream:
                    client.settimeout(10)
                    found.append(json.load(stream))
        return found


@pytest.fixture
def told() -> Iterator[Told]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield Told(server)


@pytest.fixture(scope="module")
def machine(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(frontends, tmp_path_factory.mktemp("wheels"))


def diagnosed(machine: Machine, folder: Path, tree_: Mapping[str, str], *options: str, **how: Any) -> Any:
    """The diagnosis of an sdist of these files."""
    mtime = how.pop("mtime", strange_sdists.NOW)
    return machine.diagnosed(f"./{sdist(folder, tree_, mtime=mtime).name}", *options, cwd=folder, **how)


def running(mark: object) -> list[int]:
    """The processes that have this in their command line, now and still a little later."""
    found: list[int] = []
    for _ in range(50):
        found = [int(file.parent.name) for file in Path("/proc").glob("[0-9]*/cmdline") if str(mark) in _line(file)]
        if not found:
            break
        time.sleep(0.1)
    return found


def _line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:  # it is over
        return ""


def assert_declares(
    document: Any, requires: Sequence[str] = (), variables: Mapping[str, str] | None = None, removed: Sequence[str] = ()
) -> None:
    assert document["verdict"] == "builds-when-declared", document["reason"]
    assert document["extra-build-dependencies"] == list(requires)
    assert document["extra-build-variables"] == dict(variables or {})
    assert document["remove-build-dependencies"] == list(removed)


def assert_hopeless(document: Any) -> str:
    """Nothing is advised; returns why."""
    assert document["verdict"] == "not-by-a-declaration", document
    assert (document["next"], document["enough"]) == ("", False)
    reason: str = document["reason"]
    return reason


@COMPILES
def test_what_cmake_misses_and_a_package_brings(machine: Machine, tmp_path: Path) -> None:
    document = machine.diagnosed("./demo", cwd=tree(tmp_path / "demo", strange_sdists.NANOBIND).parent)
    assert_declares(document, ["nanobind"])
    assert document["imports"]
    assert document["attempts"][0]["ended"].startswith("wheel: CMake Error at CMakeLists.txt:4 (find_package): Could ")
    assert "augbackend-" not in json.dumps([document["attempts"], document["evidence"]])


# --- traps ---


@BEFORE_PYTHON_3_12
def test_a_bound_that_no_message_names(machine: Machine, tmp_path: Path) -> None:
    """The weakest one: setuptools 57 still does."""
    document = diagnosed(machine, tmp_path, strange_sdists.OLD_SETUPTOOLS, mtime=strange_sdists.BEFORE_ALL)
    assert_declares(document, ["setuptools<58"])
    assert "2017-07-14" in document["evidence"][0]["why"]


@BEFORE_PYTHON_3_12
def test_a_bound_of_cython_that_no_message_names(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.OLD_CYTHON, mtime=strange_sdists.BEFORE_ALL)
    (text,) = document["extra-build-dependencies"]
    assert re.fullmatch(r"cython<3(\.1)?", text)
    assert document["verdict"] == "builds-when-declared"


@COMPILES
def test_c_that_cython_makes_if_a_variable_says_so(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.C_LEFT_OUT)
    assert_declares(document, ["cython"], {"DEMO_USE_CYTHON": "1"})


def test_a_plugin_of_hatchling(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.PLUGGED)
    assert_declares(document, ["hatch-fancy-pypi-readme"])
    assert document["builds"] == 2


def test_a_new_sdist_gets_no_bound_of_age(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.OLD_SETUPTOOLS)
    assert "Mixin2to3" in assert_hopeless(document)


def test_a_module_imported_through_its_own_package(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.THROUGH_ITSELF)
    assert_declares(document, ["otherlib"])
    assert document["evidence"][0]["why"].startswith("demo/client.py, line 1")


def test_imports_that_a_build_never_reaches(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.IN_COMMANDS)
    assert (document["verdict"], document["builds"], document["next"]) == ("builds-as-is", 1, "")
    assert document["evidence"] == document["remarks"] == []
    read = machine.augbackend("diagnose", "./demo-1.0.tar.gz", "--no-build", "--json", cwd=tmp_path)
    assert read.document["extra-build-dependencies"] == []


@pytest.mark.parametrize(
    ("strange", "requires"),
    [(strange_sdists.FETCHES_TWICE, ["otherlib", "scanner"]), (strange_sdists.CALLS_PIP, ["otherlib"])],
    ids=["fetch_build_eggs", "pip"],
)
def test_the_last_word_of_the_pip_that_fails(
    machine: Machine, tmp_path: Path, strange: Mapping[str, str], requires: list[str]
) -> None:
    assert_declares(diagnosed(machine, tmp_path, strange), requires)


@COMPILES
def test_an_extension_that_is_left_out_silently(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.SILENT)
    assert_declares(document, ["cython", "otherlib"])
    assert "-none-any" not in document["wheel"]
    assert document["evidence"][0]["why"].endswith("lacks demo/_fast.pyx")


@COMPILES
def test_an_extension_that_is_left_out_once_something_else_is_declared(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.SILENT_LATER)
    assert_declares(document, ["otherlib", "cython"])
    assert "-none-any" not in document["wheel"]


def test_setuptools_is_not_there_by_itself(machine: Machine, tmp_path: Path) -> None:
    pyproject = '[build-system]\nrequires = ["wheel"]\n'
    assert_declares(diagnosed(machine, tmp_path, files(SETUP, {"pyproject.toml": pyproject})), ["setuptools"])


@COMPILES
def test_a_header_that_the_sdist_of_a_folder_lacks(machine: Machine, tmp_path: Path) -> None:
    folder = tree(tmp_path / "project", strange_sdists.HEADER_LEFT_OUT)
    document = machine.diagnosed("./project", cwd=tmp_path)
    assert (document["verdict"], document["imports"]) == ("not-by-a-declaration", True)
    assert "its sdist lacks csrc/sub.h" in document["reason"]
    assert document["reason"].endswith("a line of MANIFEST.in for that: include csrc/sub.h")
    (folder / "MANIFEST.in").write_text("include csrc/sub.h\n")
    assert machine.diagnosed("./project", cwd=tmp_path)["verdict"] == "builds-as-is"


def test_metadata_that_depend_on_what_is_there(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.OPTIONAL_TORCH)
    assert (document["verdict"], document["next"]) == ("builds-as-is", "")
    (remark,) = document["remarks"]
    assert "torch" in remark


def test_metadata_unlike_those_of_the_sdist(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.UNLIKE_ITS_PKG_INFO)
    assert document["verdict"] == "builds-as-is"
    (remark,) = document["remarks"]
    assert "PKG-INFO lists 1 dependencies, the wheel 2" in remark


@pytest.fixture
def torch(tmp_path: Path) -> dict[str, Any]:
    """A torch that wants a newer setuptools, as the real one does."""
    folder = tmp_path / "torch"
    strange_sdists.wheel(folder, "torch", "2.8.0+fake", ["setuptools>=77.0.3"])
    return {"PIP_FIND_LINKS": folder.as_uri(), "UV_FIND_LINKS": folder.as_uri()}


@pytest.mark.ci
def test_a_setuptools_that_torch_refuses(machine: Machine, tmp_path: Path, torch: dict[str, Any]) -> None:
    """Both cannot be had: the pin goes."""
    document = diagnosed(machine, tmp_path, strange_sdists.TORCH_AND_A_PIN, **torch)
    assert document["remove-build-dependencies"] == ["setuptools"]
    assert document["extra-build-dependencies"] == ["torch"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python itself has distutils")
def test_a_setuptools_too_old_to_bring_distutils(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.OLD_PIN)
    assert_declares(document, ["setuptools"], removed=["setuptools"])
    why = document["evidence"][0]["why"]
    assert "setuptools<60" in why
    assert "distutils" in why


@BEFORE_PYTHON_3_12
@pytest.mark.ci
def test_the_reason_names_both_sides_of_a_conflict(machine: Machine, tmp_path: Path, torch: dict[str, Any]) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.TORCH_AND_OLD_SETUPTOOLS, **torch)
    reason = assert_hopeless(document)
    assert "torch" in reason
    assert "setuptools" in reason


@pytest.mark.parametrize("way", ["sdist", "requirement", "folder", "another name"])
def test_a_project_is_called_by_its_name(machine: Machine, tmp_path: Path, way: str) -> None:
    """A file's name stands where a file is meant, and nowhere else."""
    strange, links = strange_sdists.NEEDS_PIP, tmp_path / "links"
    links.mkdir()
    target = {
        "sdist": "./chumpy-1.0.tar.gz",
        "requirement": "chumpy==1.0",
        "folder": "./chumpy-1.0",
        "another name": "./download.tar.gz",
    }[way]
    if way == "folder":
        tree(tmp_path / "chumpy-1.0", strange)
    else:
        archive = sdist(links, strange, stem="chumpy-1.0")
        shutil.copyfile(archive, tmp_path / ("download.tar.gz" if way == "another name" else archive.name))
    said = machine.augbackend("diagnose", target, cwd=tmp_path, PIP_FIND_LINKS=links.as_uri())
    assert said.status == 1
    assert_tells_of_builds(said, 2)
    first, _, rest = said.stdout.partition("\n")
    assert re.fullmatch(r"chumpy 1\.0 builds when this is declared:", first)
    if way == "folder":
        assert rest.endswith('\n\n  [build-system]\n  requires = ["setuptools>=40.8.0", "pip"]\n')
        return
    assert f"  augbackend wrap {target} --require pip\n" in rest
    assert re.search(r"  python -m pip install \./wrapped.d/chumpy-[\d.]+\.tar\.gz\n", rest)
    table = rest.partition("For uv alone")[2]
    assert '\n  chumpy = ["pip"]' in table
    assert "tar.gz" not in table


# --- verdicts ---


def test_what_builds_is_built_once(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, files(SETUP))
    assert (document["verdict"], document["builds"], document["imports"]) == ("builds-as-is", 1, True)
    assert (document["next"], document["reason"]) == ("", "nothing is missing")
    assert document["wheel"] == "demo-1.0-py3-none-any.whl"
    assert document["evidence"] == document["remarks"] == []


@COMPILES
def test_a_header_of_the_system(machine: Machine, tmp_path: Path) -> None:
    reason = assert_hopeless(diagnosed(machine, tmp_path, strange_sdists.NEEDS_A_HEADER))
    assert "Debian libjson-c-dev" in reason
    assert "Fedora json-c-devel" in reason


def test_a_download_while_it_builds(machine: Machine, tmp_path: Path) -> None:
    assert "download" in assert_hopeless(diagnosed(machine, tmp_path, strange_sdists.DOWNLOADS))


def test_a_python_that_is_refused(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.FOR_NO_PYTHON)
    assert "requires Python >=3.99" in assert_hopeless(document)
    assert document["builds"] == 0


def test_python_2(machine: Machine, tmp_path: Path) -> None:
    assert assert_hopeless(diagnosed(machine, tmp_path, strange_sdists.PYTHON_2)).startswith("it is Python 2 ")


def test_a_module_in_python_2(machine: Machine, tmp_path: Path) -> None:
    """A wheel is built, and nobody can import it: that is not "as it is"."""
    said = machine.augbackend("diagnose", str(sdist(tmp_path, strange_sdists.PYTHON_2_INSIDE)), cwd=tmp_path)
    assert said.status == 1
    assert "demo 1.0 gives a wheel that does not work, and no declaration mends that:" in said.stdout
    assert "it installs, and does not import: import demo: SyntaxError" in said.stdout


@pytest.mark.parametrize("name", ["EMPTY_WHEEL", "OF_ANOTHER_SYSTEM"])
def test_a_wheel_that_does_not_install(machine: Machine, tmp_path: Path, name: str) -> None:
    document = diagnosed(machine, tmp_path, getattr(strange_sdists, name))
    assert assert_hopeless(document).startswith("a wheel is built, and does not install: ")
    assert document["imports"] is False


def test_a_wheel_of_another_system_is_called_so(machine: Machine, tmp_path: Path) -> None:
    reason = assert_hopeless(diagnosed(machine, tmp_path, strange_sdists.OF_ANOTHER_SYSTEM))
    assert re.search("cp27|win32|platform|tag|not supported|compatible", reason)


# --- hostile ---

ENDINGS = {
    "sys.exit(0)": "No distribution was found",
    "os._exit(0)": "",
    "os._exit(7)": "",
    "KeyboardInterrupt": "KeyboardInterrupt",
    "killed": "",
}


@pytest.mark.parametrize("way", ENDINGS)
def test_it_ends_without_a_wheel(machine: Machine, tmp_path: Path, way: str) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.ENDS[way])
    assert ENDINGS[way] in assert_hopeless(document)
    assert document["builds"] == 1


def test_the_words_of_a_system_exit_are_the_reason(machine: Machine, tmp_path: Path) -> None:
    assert "no longer maintained" in assert_hopeless(diagnosed(machine, tmp_path, strange_sdists.SAYS_WHY))


@pytest.mark.parametrize("name", ["NO_WHEEL", "NAMES_NO_FILE"])
def test_a_wheel_that_is_none(machine: Machine, tmp_path: Path, name: str) -> None:
    reason = assert_hopeless(diagnosed(machine, tmp_path, getattr(strange_sdists, name)))
    assert "demo-1.0-py3-none-any.whl, and there is no such wheel" in reason


def test_a_wheel_of_the_users_is_not_taken_away(machine: Machine, tmp_path: Path) -> None:
    """A backend that names a wheel outside of the folder that it was given."""
    strange_sdists.wheel(tmp_path / "kept", "mine", "1.0", [])
    (mine,) = (tmp_path / "kept").iterdir()
    diagnosed(machine, tmp_path, in_tree(f"    return {str(mine)!r}\n"))
    assert mine.exists()


def test_a_backend_that_is_broken(machine: Machine, tmp_path: Path) -> None:
    assert "ZeroDivisionError" in assert_hopeless(diagnosed(machine, tmp_path, strange_sdists.BACKEND_BROKEN))


def test_an_unknown_backend(machine: Machine, tmp_path: Path) -> None:
    assert "no_such" in assert_hopeless(diagnosed(machine, tmp_path, strange_sdists.UNKNOWN_BACKEND))


def test_a_backend_of_its_own_that_misses_a_module(machine: Machine, tmp_path: Path) -> None:
    assert_declares(diagnosed(machine, tmp_path, strange_sdists.BACKEND_MISSES), ["otherlib"])


@CONFINED
def test_a_build_that_writes_outside_of_its_folders(machine: Machine, tmp_path: Path) -> None:
    """As setup.py of some do to the configuration of pip."""
    mine, temporary = tmp_path / "mine.conf", tmp_path / "tmp"
    mine.write_text("mine", encoding="utf-8")
    temporary.mkdir()
    there = {"SDKROOT": str(mine), "TMPDIR": str(temporary)}  # a variable that strangers are told
    reason = assert_hopeless(diagnosed(machine, tmp_path, strange_sdists.WRITES_ELSEWHERE, **there))
    assert f"may not use {mine}" in reason
    document = diagnosed(machine, tmp_path, strange_sdists.WRITES_ELSEWHERE_IF_IT_MAY, **there)
    assert document["verdict"] == "builds-as-is"
    assert any(str(mine) in remark for remark in document["remarks"])
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("way", strange_sdists.READS)
def test_it_reads_what_nobody_types(machine: Machine, tmp_path: Path, way: str) -> None:
    """Neither waits for the user nor hears what the user types to somebody else."""
    document = diagnosed(machine, tmp_path, strange_sdists.READS[way])
    if way == "input":
        assert "EOFError" in assert_hopeless(document)
    else:
        assert document["verdict"] == "builds-as-is"


def test_it_prints_a_hundred_megabytes(machine: Machine, tmp_path: Path) -> None:
    document = diagnosed(machine, tmp_path, strange_sdists.PRINTS_MUCH, within=60)
    assert_declares(document, ["otherlib"])
    assert len(json.dumps(document)) < 10_000


@pytest.mark.parametrize(
    "printed",
    [
        pytest.param("'error ' * 40000", id="one line"),
        pytest.param("'x' * 3_000_000", id="one word"),
        pytest.param("'\\n' * 240000 + '.'", id="blank lines"),
    ],
)
def test_it_prints_what_takes_long_to_search(machine: Machine, tmp_path: Path, printed: str) -> None:
    strange = in_tree(f"    print({printed})\n    raise ValueError('enough')\n")
    assert "enough" in assert_hopeless(diagnosed(machine, tmp_path, strange, "--timeout", "15", within=30))


@ON_LINUX
def test_it_loops_for_ever(machine: Machine, tmp_path: Path, told: Told) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    archive = sdist(tmp_path, files(f"{told.saying('1')}while True: pass\n"))
    command = ["diagnose", str(archive), "--timeout", "20", "--json"]
    said = machine.augbackend(*command, cwd=tmp_path, within=60, TMPDIR=str(temporary))
    assert said.status == 1
    assert said.document["verdict"] == "unfinished"
    assert told.one() == 1
    assert running(temporary) == []
    assert said.seconds < 35


def test_the_end_of_time_is_the_reason(machine: Machine, tmp_path: Path) -> None:
    """What is known by then is kept, and advised to nobody."""
    strange = files(f"import otherlib, sys, time\nif 'bdist_wheel' in sys.argv: time.sleep(120)\n{SETUP}")
    log = tmp_path / "log"
    document = diagnosed(machine, tmp_path, strange, "--timeout", "8", "--apply", "--log", str(log))
    assert (document["verdict"], document["enough"], document["next"]) == ("unfinished", False, "")
    assert document["extra-build-dependencies"] == ["otherlib"]
    assert document["reason"].startswith("the time ran out; the last build, with otherlib, was ended ")
    assert document["unfinished"]["last-build"]["stage"] == "wheel"
    assert document["unfinished"]["try-timeout"] in {30, 60}
    headings = [line for line in log.read_text("utf-8").splitlines() if re.match("==== [0-9]", line)]
    assert [re.sub(r"after [\d.]+ s", "…", line) for line in headings] == [
        "==== 1. as it is",
        "==== 1. ended …: get_requires: ModuleNotFoundError: No module named 'otherlib'",
        "==== 2. otherlib",
        "==== 2. ended …: wheel: killed, since the time ran out",
    ]
    assert "\nModuleNotFoundError: No module named 'otherlib'\n" in log.read_text("utf-8")


@ON_LINUX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_user_ends_it(machine: Machine, tmp_path: Path, told: Told, number: signal.Signals) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    tree_ = in_tree(f"    {told.saying('1')}    while True: pass\n")
    command = [sys.executable, "-m", "augbackend.cli", "diagnose", str(sdist(tmp_path, tree_)), "--json"]
    environ = machine.environ(TMPDIR=str(temporary))
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509  # in the background SIGINT is ignored
    )
    try:
        told.one()
        process.send_signal(number)
        stdout, _ = process.communicate(timeout=30)
    finally:
        process.terminate()
    document = json_outputs.read(stdout)
    assert (process.returncode, document["verdict"], document["unfinished"]["ended-by"]) == (130, "unfinished", "user")
    assert document["reason"].startswith("you ended it; the last build was ended ")
    assert running(temporary) == []
    assert list(temporary.iterdir()) == []


def leaving_something_running(mark: str, options: str) -> str:
    """A grandchild that has left the session."""
    return (
        "    import subprocess, sys\n"
        f"    command = [sys.executable, '-c', 'import time; time.sleep(120)', {mark!r}]\n"
        f"    subprocess.Popen(command, start_new_session=True{options})\n"
    )


@ON_LINUX
@pytest.mark.parametrize(
    "options",
    [
        "",
        ", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL",
        ", env={}",
    ],
    ids=["with the pipe", "without the pipe", "with an environment of its own"],
)
def test_it_leaves_something_running(machine: Machine, tmp_path: Path, told: Told, options: str) -> None:
    mark = f"left by {tmp_path}"
    strange = in_tree(f"{leaving_something_running(mark, options)}    {told.saying('1')}{GOOD_WHEEL}")
    document = diagnosed(machine, tmp_path, strange, "--timeout", "20", within=40)
    left = running(mark)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert document["verdict"] == "builds-as-is"
    assert told.one() == 1
    assert left == []


@pytest.mark.parametrize("way", ["sdist", "folder"])
def test_it_deletes_itself(machine: Machine, tmp_path: Path, way: str) -> None:
    """What the user named stays as it is."""
    archive, folder = sdist(tmp_path, strange_sdists.DELETES_ITSELF), tmp_path / "folder"
    tree(folder, strange_sdists.DELETES_ITSELF)
    before = sha256(archive), content(folder)
    target = f"./{archive.name}" if way == "sdist" else "./folder"
    assert_hopeless(machine.diagnosed(target, cwd=tmp_path))
    assert (sha256(archive), content(folder)) == before
    assert {path.name for path in tmp_path.iterdir()} == {archive.name, "folder"}


SECRETS = {
    "GITHUB_TOKEN": "ghp_secret",
    "UV_PUBLISH_TOKEN": "pypi-secret",
    "PIP_INDEX_URL": "https://me:secret@127.0.0.1:9/simple",
    "UV_INDEX": "https://me:secret@127.0.0.1:9/simple",
    "HTTPS_PROXY": "http://me:secret@127.0.0.1:9",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "NETRC": "/of/the/user/secret",
}


def test_it_sees_no_secret_and_no_home(machine: Machine, tmp_path: Path, told: Told) -> None:
    """Neither while it builds nor while its wheel is imported."""
    telling = told.saying("[__name__, dict(os.environ), os.path.expanduser('~')]")
    strange = in_tree(f"    {telling}" + GOOD_WHEEL.replace("'demo.py', ''", f"'demo.py', {telling!r}"))
    home = tmp_path / "home of the user"
    home.mkdir()
    document = diagnosed(machine, tmp_path, strange, HOME=str(home), CC="my-compiler", **SECRETS)
    assert (document["verdict"], document["imports"]) == ("builds-as-is", True)
    seen = told.all()
    assert {name for name, _, _ in seen} == {"inner", "demo"}
    for _, environ, home_there in seen:
        assert [value for value in environ.values() if "secret" in value] == []
        assert [name for name in environ if name.startswith(("UV_", "PIP_", "GITHUB_"))] == []
        assert str(home) not in (home_there, environ["HOME"], environ["TMPDIR"])
        assert environ["CC"] == "my-compiler"
    assert list(home.rglob("*.json")) == []


OF_INSTALLERS = {"UV_INDEX_OURS_PASSWORD": "hunter2", "PIP_CLIENT_CERT": "hunter2"}
LEAVING_CODE = """\
def get_requires_for_build_wheel(config_settings=None):
    import site
    with open(os.path.join(site.getsitepackages()[0], 'left.pth'), 'w') as stream:
        stream.write({line!r})
    return ['scanner']
"""


@ON_LINUX
def test_what_it_leaves_in_an_environment_is_not_run_by_the_installer(
    machine: Machine, tmp_path: Path, told: Told
) -> None:
    """Which has the user's variables: neither what a hook leaves there, nor what its wheel brings along."""
    line = told.saying("dict(os.environ)")
    wheel = GOOD_WHEEL.replace("'demo.py', ''", "'demo.py', 'import otherlib'")
    first, _, rest = wheel.partition("        wheel.writestr(")
    wheel = f"{first}        wheel.writestr('demo.pth', {line!r})\n        wheel.writestr({rest}"
    wheel = wheel.replace("\\nVersion: 1.0\\n", "\\nVersion: 1.0\\nRequires-Dist: otherlib\\n")
    strange = in_tree(wheel)
    strange["inner.py"] += LEAVING_CODE.format(line=line)
    document = diagnosed(machine, tmp_path, strange, **OF_INSTALLERS)
    assert (document["verdict"], document["imports"]) == ("builds-as-is", True)
    seen = told.all()
    assert seen
    assert [environ for environ in seen if "hunter2" in environ.values()] == []


def test_an_import_that_fails_in_what_it_imports_has_that_installed(machine: Machine, tmp_path: Path) -> None:
    """In its author's words, which name no module."""
    module = "try: import otherlib\nexcept ImportError: raise ImportError('no backend is there') from None\n"
    wheel = GOOD_WHEEL.replace("'demo.py', ''", f"'demo.py', {module!r}")
    wheel = wheel.replace("\\nVersion: 1.0\\n", "\\nVersion: 1.0\\nRequires-Dist: otherlib\\n")
    assert diagnosed(machine, tmp_path, in_tree(wheel))["imports"] is True


@CONFINED
@pytest.mark.parametrize("code", ["a requirement", "an import"])
def test_a_build_of_what_it_requires_and_an_import_write_nowhere_else(
    machine: Machine, tmp_path: Path, code: str
) -> None:
    mine, links = tmp_path / "mine.conf", tmp_path / "links"
    mine.write_text("mine", encoding="utf-8")
    links.mkdir()
    writing = f"open({str(mine)!r}, 'w')\n"
    if code == "an import":
        document = diagnosed(machine, tmp_path, in_tree(GOOD_WHEEL.replace("'demo.py', ''", f"'demo.py', {writing!r}")))
        assert not document["imports"]
        assert any(str(mine) in remark for remark in document["remarks"])
    else:
        sdist(links, files(writing + SETUP.replace("demo", "of_demo"), name="of_demo"), stem="of_demo-1.0")
        strange = files(SETUP, {"pyproject.toml": '[build-system]\nrequires = ["setuptools", "of-demo"]\n'})
        reason = assert_hopeless(diagnosed(machine, tmp_path, strange, UV_FIND_LINKS=links.as_uri()))
        assert "of-demo" in reason
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("way", ["sdist", "folder"])
def test_only_reading_runs_nothing(machine: Machine, tmp_path: Path, way: str) -> None:
    mark = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    strange = files("import otherlib\n" + mark + SETUP, {"demo/__init__.py": mark, "conftest.py": mark})
    strange["PKG-INFO"] = ""
    target = f"./{sdist(tmp_path, strange).name}" if way == "sdist" else f"./{tree(tmp_path / 'demo', strange).name}"
    said = machine.augbackend("diagnose", target, "--no-build", "--json", cwd=tmp_path)
    assert (said.status, said.stderr) == (0, "")
    assert said.document["verdict"] is None
    assert said.document["extra-build-dependencies"] == ["otherlib"]
    assert not (tmp_path / "ran").exists()


MISUSES: dict[str, tuple[Mapping[str, str], Sequence[str], str]] = {
    "invalid TOML": (files("", {"pyproject.toml": "[build-system\n"}), (), "pyproject.toml"),
    "no list": (files(SETUP, {"pyproject.toml": "[build-system]\nrequires = 'setuptools'\n"}), (), "requires"),
    "no project": (files(""), (), "neither setup.py nor pyproject.toml"),
    "no archive": ({}, (), "demo-1.0.tar.gz"),
    "no file": ({}, (), "there is no such file"),
    "no such Python": (files(SETUP), ("--python", "9.9"), "9.9"),
    "at odds": (files(SETUP), ("--no-build", "--apply"), "--no-build"),
}


@pytest.mark.parametrize("way", MISUSES)
def test_misuse(machine: Machine, tmp_path: Path, way: str) -> None:
    strange, options, says = MISUSES[way]
    if strange:
        sdist(tmp_path, strange)
    elif way == "no archive":
        (tmp_path / "demo-1.0.tar.gz").write_text("no archive")
    said = machine.augbackend("diagnose", "./demo-1.0.tar.gz", "--json", *options, cwd=tmp_path)
    assert (said.status, said.document["format"], "error" in said.document) == (2, 1, True)
    assert says in said.stderr
    assert "Traceback" not in said.stderr


# --- carried out ---

CASES: dict[str, tuple[Mapping[str, str], dict[str, Any]]] = {
    "a module": (strange_sdists.NEEDS_OTHERLIB, {"requires": ["otherlib"]}),
    "a bound": (strange_sdists.NEEDS_PKG_RESOURCES, {"requires": ["setuptools<82"]}),
    "a variable": (strange_sdists.NEEDS_A_VARIABLE, {"variables": {"DEMO_BUILD_KIND": "1"}}),
    "a pin": (strange_sdists.PINS_WHAT_IS_NOT, {"removed": ["otherlib"]}),
}


def carry_out(machine: Machine, document: Any, cwd: Path) -> None:
    """Run the command that was printed, as it was printed."""
    program, *arguments = shlex.split(document["next"])
    assert program == "augbackend"
    said = machine.augbackend(*arguments, cwd=cwd)
    assert said.status == 0, said.stderr


def assert_builds(machine: Machine, what: Path, scratch: Path) -> None:
    """By pip and by uv."""
    frontends = machine.frontends
    matrix.pip_wheel(frontends, what, scratch / "by pip")
    command = ["uv", "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", str(scratch / "by uv")]
    frontends.run(*command, str(what), cwd=scratch)
    for folder in ("by pip", "by uv"):
        assert [wheel.name for wheel in (scratch / folder).glob("*.whl")] == ["demo-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("case", leaving_to_ci(CASES, ("a module",)))
def test_an_sdist_is_wrapped_as_advised(machine: Machine, tmp_path: Path, case: str) -> None:
    """By the printed command, and the same by ``--apply``."""
    strange, declared = CASES[case]
    applied = tmp_path / "applied"
    document = _applied(machine, f"./{sdist(applied, strange).name}", applied)
    assert_declares(document, **declared)
    archive = sdist(tmp_path, strange)
    digest = sha256(archive)
    carry_out(machine, document, tmp_path)
    one, other = (folder / "wrapped.d" / "demo-1.0.tar.gz" for folder in (tmp_path, applied))
    assert own_table(one) == own_table(other)
    assert text_of(one).partition("[tool")[0] == text_of(other).partition("[tool")[0]
    assert sha256(archive) == digest
    assert_builds(machine, one, tmp_path)


FOLDERS: dict[str, tuple[Mapping[str, str], dict[str, Any]]] = {
    "a module": (strange_sdists.NEEDS_OTHERLIB, {"requires": ["otherlib"]}),
    "a pin": (strange_sdists.PINS_WHAT_IS_NOT, {"removed": ["otherlib"]}),
    "a module beside setup.py": (strange_sdists.NEEDS_A_NEIGHBOUR, {"variables": {"PYTHONPATH": "."}}),
}


@pytest.mark.parametrize("case", leaving_to_ci(FOLDERS, ("a module beside setup.py",)))
def test_a_folder_is_adopted_as_advised(machine: Machine, tmp_path: Path, case: str) -> None:
    strange, declared = FOLDERS[case]
    strange = {**strange, "PKG-INFO": ""}
    folder = tree(tmp_path / "project", strange)
    before = content(folder)
    document = machine.diagnosed("./project", cwd=tmp_path)
    assert_declares(document, **declared)
    assert content(folder) == before
    carry_out(machine, document, tmp_path)
    assert_builds(machine, folder, tmp_path)


def test_a_folder_is_adopted_at_once(machine: Machine, tmp_path: Path) -> None:
    folder = tree(tmp_path / "project", strange_sdists.NEEDS_A_NEIGHBOUR)
    document = _applied(machine, "./project", tmp_path)
    by_hand = tree(tmp_path / "by hand" / "project", strange_sdists.NEEDS_A_NEIGHBOUR)
    carry_out(machine, document, by_hand.parent)
    assert content(folder) == content(by_hand)


NEEDS_WHAT_IS_ABOVE = (
    "import otherlib\nfrom setuptools import setup\n"
    'setup(name="demo", version=open("../VERSION").read(), packages=["demo"])\n'
)


def test_a_repository_is_wrapped_as_advised(machine: Machine, tmp_path: Path) -> None:
    """A package in a folder that reads what lies above it."""
    top = tmp_path / "top"
    tree(top / "python", {"setup.py": NEEDS_WHAT_IS_ABOVE, "demo/__init__.py": ""})
    repository(top, {"VERSION": "1.0"})
    document = machine.diagnosed(f"git+{top.as_uri()}#subdirectory=python", cwd=tmp_path)
    assert_declares(document, ["otherlib"])
    assert document["version"] == "1.0"
    carry_out(machine, document, tmp_path)
    assert_builds(machine, tmp_path / "wrapped.d" / "demo-1.0.tar.gz", tmp_path)


def test_a_folder_of_a_clone_whose_submodule_is_not_checked_out(machine: Machine, tmp_path: Path) -> None:
    """The printed command brings the submodule; then the build inside the clone finds it, and a version by git."""
    part = repository(tmp_path / "part", {"x.txt": ""})
    describe = (
        "import subprocess\nversion = subprocess.check_output(['git', 'describe', '--tags'], text=True).strip()\n"
    )
    setup = NEEDS_WHAT_IS_ABOVE.replace('open("../VERSION").read()', "version")
    read = "open('../third_party/part/x.txt')\n"
    top = tree(tmp_path / "top", {"python/setup.py": f"{describe}{read}{setup}", "python/demo/__init__.py": ""})
    repository(top, {})
    git(top, "submodule", "add", "-q", part.as_uri(), "third_party/part")
    git(top, "commit", "-qm", "y")
    git(top, "tag", "1.0")
    git(top, "submodule", "deinit", "-f", "third_party/part")
    document = machine.diagnosed("./top/python", cwd=tmp_path)
    reason, _, command = document["reason"].partition(": run ")
    assert reason == "third_party/part is a submodule that is not checked out"
    assert command == "git -C ./top submodule update --init third_party/part"
    git(tmp_path, *shlex.split(command)[1:])
    document = machine.diagnosed("./top/python", cwd=tmp_path)
    assert_declares(document, ["otherlib"])
    assert document["wheel"] == "demo-1.0-py3-none-any.whl"


def _applied(machine: Machine, target: str, cwd: Path) -> Any:
    said = machine.augbackend("diagnose", target, "--apply", "--json", cwd=cwd)
    assert said.status == 0, said.stderr
    assert "done: " in said.stderr
    return said.document


def test_there_is_nothing_to_apply(machine: Machine, tmp_path: Path) -> None:
    said = machine.augbackend("diagnose", str(sdist(tmp_path, files(SETUP))), "--apply", "--json", cwd=tmp_path)
    assert said.status == 0
    assert_tells_of_builds(said, 1)
    assert not (tmp_path / "wrapped.d").exists()
    said = machine.augbackend(
        "diagnose", str(sdist(tmp_path, strange_sdists.NO_WHEEL)), "--apply", "--json", cwd=tmp_path
    )
    assert said.status == 1
    assert_tells_of_builds(said, 1)
    assert not (tmp_path / "wrapped.d").exists()


@pytest.mark.parametrize("is_matched", [False, True], ids=["a module", "what it will run with"])
def test_the_tables_for_uv_alone(machine: Machine, tmp_path: Path, is_matched: bool) -> None:
    """As they are printed, in the project of somebody who depends on it."""
    links = tmp_path / "links"
    sdist(links, strange_sdists.BUILDS_WITH_TORCH if is_matched else strange_sdists.NEEDS_OTHERLIB)
    (tmp_path / "torch").mkdir()
    version = fake_torch.make(tmp_path / "torch", "2.8.0")
    wheel = next((tmp_path / "torch").iterdir())
    index = tmp_path / "simple" / "torch" / "index.html"  # uv matches nothing from find-links
    index.parent.mkdir(parents=True)
    index.write_text(f'<a href="{wheel.as_uri()}">{wheel.name}</a>')
    asked = ["demo==1.0", *([f"torch=={version}"] if is_matched else [])]
    (tmp_path / "pyproject.toml").write_text(
        f'[project]\nname = "consumer"\nversion = "1.0"\nrequires-python = ">=3.9"\ndependencies = {json.dumps(asked)}\n'
    )
    places = [links.as_uri(), machine.wheels.as_uri()]
    more = {"UV_INDEX": index.parents[1].as_uri()}
    where: dict[str, Any] = {"PIP_FIND_LINKS": " ".join(places), "UV_FIND_LINKS": ",".join(places), **more}
    there = {**where, "UV_FIND_LINKS": ",".join([*places, wheel.parent.as_uri()])}
    said = machine.augbackend("diagnose", "demo==1.0", cwd=tmp_path, **{**there, "UV_INDEX": ""})
    assert said.status == 1
    assert ("  augbackend wrap demo==1.0 --match-runtime torch\n" in said.stdout) == is_matched
    table = re.split(r"For uv alone[^:]*:\n\n", said.stdout)[1]
    assert ("match-runtime = true" in table) == is_matched
    with (tmp_path / "pyproject.toml").open("a") as stream:
        stream.write("".join(f"{line[2:]}\n" for line in table.splitlines()))
    frontends = machine.frontends
    frontends.run("uv", "sync", "--python", sys.executable, cwd=tmp_path, **where)
    frontends.run(str(tmp_path / ".venv" / BIN / f"python{EXE}"), "-c", "import demo", cwd=tmp_path)


def test_the_command_for_what_was_found_by_an_option(machine: Machine, tmp_path: Path) -> None:
    links = tmp_path / "links"
    strange = files(strange_sdists.NEEDS_OTHERLIB["setup.py"].replace("'demo'", "'augdemo-found'", 1))
    sdist(links, {**strange, "PKG-INFO": "Metadata-Version: 2.1\nName: augdemo-found\nVersion: 1.0\n"}, stem="augdemo_found-1.0")  # fmt: skip
    places = ("--find-links", str(links), "--find-links", str(machine.wheels))
    document = machine.diagnosed("augdemo-found", *places, cwd=tmp_path)
    assert_declares(document, ["otherlib"])
    carry_out(machine, document, tmp_path)


# --- what is shown, and by what it is installed ---


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals there")
def test_progress_on_a_terminal(machine: Machine, tmp_path: Path) -> None:
    import fcntl
    import pty
    import struct
    import termios

    archive = sdist(tmp_path, strange_sdists.NEEDS_OTHERLIB)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
    environ = machine.environ(TERM="xterm-256color")
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        environ.pop(name, None)
    seen = bytearray()

    def read() -> None:
        while True:
            try:
                chunk = os.read(ours, 2**16)
            except OSError:
                return
            if not chunk:
                return
            seen.extend(chunk)

    reader = threading.Thread(target=read)
    reader.start()
    command = [sys.executable, "-m", "augbackend.cli", "diagnose", f"./{archive.name}", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=theirs, check=False)
    os.close(theirs)
    reader.join(10)
    os.close(ours)
    assert done.returncode == 1
    assert json_outputs.read(done.stdout)["extra-build-dependencies"] == ["otherlib"]
    shown = re.split(r"[\r\n]+", ANSI.sub("", seen.decode()))
    attempts = [line.strip() for line in shown if re.match(r"\d+\. ", line)]
    assert attempts == ["1. as it is", "2. otherlib"]
    assert [line for line in shown if len(line) > 80] == []
    assert any("No module named 'otherlib'" in line for line in shown)
    assert any(line.endswith("a wheel") for line in map(str.rstrip, shown))


def test_by_pip(machine: Machine, tmp_path: Path) -> None:
    """Where there is no uv, in an environment that has no pip either."""
    frontends = machine.frontends
    python = frontends.program("diagnose", "augbackend[cli]", command="python")
    path = [
        folder
        for folder in machine.environ()["PATH"].split(os.pathsep)
        if folder and not (Path(folder) / f"uv{EXE}").exists()
    ]
    archive = sdist(tmp_path, strange_sdists.NEEDS_OTHERLIB)
    environ = {**machine.environ(PATH=os.pathsep.join(path)), "PYTHONPATH": ""}
    done = subprocess.run(
        [python, "-m", "augbackend.cli", "diagnose", f"./{archive.name}"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert [line[:2] for line in done.stderr.splitlines()] == ["1.", "2."]
    assert "augbackend wrap ./demo-1.0.tar.gz --require otherlib" in done.stdout
    assert re.search(r"tried: 2 builds in \d+ s, Python [\d.]+, pip\n", done.stdout)


def test_a_torch_at_hand_is_the_one_that_is_taken(machine: Machine, tmp_path: Path) -> None:
    fake_torch.make(tmp_path, "2.8.0")
    strange = files("import torch\nassert torch.__version__ == '2.8.0+fake'\n" + SETUP)
    links = {"PIP_FIND_LINKS": tmp_path.as_uri(), "UV_FIND_LINKS": tmp_path.as_uri()}
    document = diagnosed(machine, tmp_path, strange, **links)
    assert_declares(document, ["torch"])
    (remark,) = document["remarks"]
    assert "torch 2.8.0+fake is the one at hand here" in remark
