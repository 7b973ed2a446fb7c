"""What a package requires is installed without running its code where that code could do harm, and without passwords."""

from __future__ import annotations

import base64
import functools
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from augbackend.cli.fetch import build_environment
from augbackend.cli.fetch.build_environment import InstallError
from augbackend.cli.fetch.decompression import FIRST_OF_ZIP
from augbackend.cli.fetch.sdist import opened
from augbackend.cli.model import package_sources
from augbackend.cli.strangers import confinement, environment, interpreter, pip_alone, process
from augbackend.cli.strangers.environment import Environment, Installer
from augbackend.cli.strangers.process import Ran

from ..conftest import write
from . import confined
from .archives import sdist

pytestmark = [pytest.mark.once, pytest.mark.processes, pytest.mark.usefixtures("alone")]
SECRET = "user:s3cret"  # noqa: S105  # of a server that lives as long as its test
BACKEND = """
import os, zipfile
def build_wheel(out, settings=None, metadata=None):
    open(os.path.join(os.environ["HOME"], "..", "seen"), "w").write(repr(dict(os.environ)))
    assert "s3cret" not in repr(dict(os.environ)) + open("/proc/self/cmdline").read()
    name = "NAME-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(out, name), "w") as wheel:
        wheel.writestr("NAME.py", "")
        wheel.writestr("NAME-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: NAME\\nVersion: 1.0\\nREQUIRES")
        wheel.writestr("NAME-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("NAME-1.0.dist-info/RECORD", "")
    return name
"""


def source(folder: Path, name: str, *requires: str, builds_with: str = "") -> Path:
    """An sdist whose backend is in its tree, so that no index is asked."""
    folder.mkdir(exist_ok=True)
    lines = "".join(f"Requires-Dist: {one}\\n" for one in requires)
    system = f'[build-system]\nrequires = [{builds_with}]\nbuild-backend = "be"\nbackend-path = ["."]\n'
    backend = BACKEND.replace("NAME", name).replace("REQUIRES", lines)
    return sdist(folder, {"pyproject.toml": system, "be.py": backend}, name=name)


@pytest.fixture(params=["uv", "pip"])
def using(request: pytest.FixtureRequest, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    del alone
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", (tmp_path / "links").as_uri())
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    (tmp_path / "links").mkdir()
    if request.param == "uv" and interpreter.uv() is None:
        pytest.skip("uv is not here")
    if request.param == "pip":
        monkeypatch.setattr(interpreter, "uv", lambda: None)
    (tmp_path / "scratch").mkdir()
    where = package_sources.chosen(None, (), (), os.environ)
    return environment.installer(interpreter.this(), where, tmp_path / "scratch")


def filled(using: Installer, folder: Path, *texts: str) -> Environment:
    within = folder / "within"
    within.mkdir(exist_ok=True)
    return build_environment.filled(using, within, texts, 120)


def has(made: Environment, module: str) -> bool:
    return subprocess.run([made.python_executable, "-c", f"import {module}"], check=False).returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        "--target=x",
        "--no-binary=evil",
        "-r list.txt",
        "./folder",
        "/folder",
        "a b",
        "",
        "a\n--report=x",
        "@x",
    ],
)
def test_what_is_no_requirement_reaches_no_installer(
    using: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(Environment, "install", lambda *_: pytest.fail("an installer was asked"))
    with pytest.raises(InstallError, match="is no requirement"):
        filled(using, tmp_path, text)


@pytest.mark.parametrize("url", ["file:///etc", "git+https://example.invalid/x", "ssh://example.invalid/x", "x.tar.gz"])
def test_files_of_this_machine_and_repositories_are_not_taken(using: Installer, tmp_path: Path, url: str) -> None:
    with pytest.raises(InstallError) as error:
        filled(using, tmp_path, f"evil @ {url}")
    assert "no file of this machine and no repository is taken" in error.value.output


@pytest.mark.parametrize("text", ['x; os_name ~= "foo"', 'x; "a" in extras', "x @ http://[::1/x.whl"])
def test_what_only_looks_like_a_requirement(using: Installer, tmp_path: Path, text: str) -> None:
    with pytest.raises(InstallError):
        filled(using, tmp_path, text)


def test_a_requirement_of_a_requirement_whose_marker_compares_nothing(using: Installer, tmp_path: Path) -> None:
    source(tmp_path / "links", "one", 'two; "a" in extras')
    with pytest.raises(InstallError):  # the installer's words
        filled(using, tmp_path, "one")


def test_what_has_no_wheel_is_built_and_so_is_what_that_requires(using: Installer, tmp_path: Path) -> None:
    source(tmp_path / "links", "outer", "inner")
    source(tmp_path / "links", "inner", builds_with='"tool"')
    source(tmp_path / "links", "tool")
    made = filled(using, tmp_path, "outer==1.0")
    assert has(made, "outer")
    assert has(made, "inner")
    assert not has(made, "tool")


def test_what_needs_itself_to_be_built(using: Installer, tmp_path: Path) -> None:
    source(tmp_path / "links", "one", builds_with='"two"')
    source(tmp_path / "links", "two", builds_with='"one"')
    with pytest.raises(InstallError) as error:
        filled(using, tmp_path, "one")
    assert "one needs two needs one" in error.value.output


def test_the_failure_of_a_build_is_the_failure(using: Installer, tmp_path: Path) -> None:
    tree = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "be"\nbackend-path = ["."]\n',
        "be.py": "import torch",
    }
    sdist(tmp_path / "links", tree, name="one")
    with pytest.raises(InstallError) as error:
        filled(using, tmp_path, "one")
    assert "ModuleNotFoundError: No module named 'torch'" in error.value.output


@pytest.mark.parametrize("users", ["", "2000000000"])
def test_a_build_is_told_the_time_of_its_sdist(
    using: Installer, users: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    if users:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", users)
    tree = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "be"\nbackend-path = ["."]\n',
        "be.py": 'import os\nraise ValueError("now is " + os.environ["SOURCE_DATE_EPOCH"])',
    }
    with opened(sdist(tmp_path / "links", tree, name="one")) as archive:
        newest = max(archive.newest, FIRST_OF_ZIP)
    with pytest.raises(InstallError) as error:
        filled(using, tmp_path, "one")
    assert f"now is {users or newest}" in error.value.output


def test_nothing_of_a_cache_is_linked_into_an_environment(using: Installer, tmp_path: Path) -> None:
    source(tmp_path / "links", "one")
    filled(using, tmp_path, "one")
    made = filled(using, tmp_path, "one")
    files = [file for file in made.folder.rglob("*") if file.is_file() and not file.is_symlink()]
    assert [file for file in files if file.stat().st_nlink > 1] == []


class _Private(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.headers["Authorization"] == f"Basic {base64.b64encode(SECRET.encode()).decode()}":
            super().do_GET()
        else:
            self.send_error(401)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def private(tmp_path: Path) -> Iterator[str]:
    """The address, with its password, of an index that has one project, without a wheel."""
    (tmp_path / "index" / "secretive").mkdir(parents=True)
    archive = source(tmp_path / "index" / "secretive", "secretive")
    (archive.parent / "index.html").write_text(f'<a href="{archive.name}">{archive.name}</a>')
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Private, directory=str(tmp_path / "index")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{SECRET}@127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("using")
def test_an_index_with_a_password_that_no_build_gets(
    private: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", private)
    where = package_sources.chosen(None, (), (), os.environ)
    having = environment.installer(interpreter.this(), where, tmp_path / "scratch")
    assert has(filled(having, tmp_path, "secretive"), "secretive")


def test_a_file_that_a_requirement_names_by_its_address(using: Installer, private: str, tmp_path: Path) -> None:
    url = f"{private}/secretive/secretive-1.0.tar.gz"
    assert has(filled(using, tmp_path, f"secretive @ {url}"), "secretive")


def test_a_file_that_is_not_the_one_that_a_requirement_names(using: Installer, private: str, tmp_path: Path) -> None:
    url = f"{private}/secretive/secretive-1.0.tar.gz#sha256={'0' * 64}"
    with pytest.raises(InstallError) as error:
        filled(using, tmp_path, f"secretive @ {url}")
    assert f"expected {'0' * 64}" in error.value.output
    assert "s3cret" not in error.value.output


class _Dripping(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        with suppress(OSError):
            for _ in range(600):
                self.wfile.write(b"x")
                time.sleep(0.1)

    def log_message(self, *_: object) -> None: ...


def test_a_download_that_does_not_end(using: Installer, tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Dripping)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "within").mkdir()
    began = time.monotonic()
    with pytest.raises(InstallError) as error:
        build_environment.filled(using, tmp_path / "within", [f"x @ http://127.0.0.1:{server.server_port}/x.whl"], 5)
    assert "the time ran out" in error.value.output
    assert time.monotonic() - began < 45
    server.shutdown()
    server.server_close()


def test_pip_starts_no_program(tmp_path: Path) -> None:
    pip = tmp_path / "pip"
    pip.mkdir()
    (pip / "__pip-runner__.py").write_text(
        "import os, subprocess, sys\n"
        "for start in (lambda: subprocess.run(['true']), lambda: os.system('true'), os.fork, lambda: os.execv('/bin/true', ['x'])):\n"
        "    try:\n        start()\n    except PermissionError as error:\n        print(sys.argv[1:], error)\n"
    )
    command = [sys.executable, "-I", pip_alone.__file__, str(pip), "install", "x"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stdout.count("['install', 'x'] pip starts no other program here") == 4
    assert ran.stderr == ""


def test_pip_does_not_build_what_a_wheel_requires_by_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "uv", lambda: None)
    tree = tmp_path / "evil"
    tree.mkdir()
    (tree / "pyproject.toml").write_text('[build-system]\nrequires = []\nbuild-backend = "be"\nbackend-path = ["."]\n')
    (tree / "be.py").write_text(f"open({str(tmp_path / 'escaped')!r}, 'w')\n")
    links = tmp_path / "links"
    links.mkdir()
    with zipfile.ZipFile(links / "one-1.0-py3-none-any.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: one\nVersion: 1.0\nRequires-Dist: evil @ {tree.as_uri()}\n"
        wheel.writestr("one-1.0.dist-info/METADATA", metadata)
        wheel.writestr("one-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("one-1.0.dist-info/RECORD", "")
    where = package_sources.Sources(find_links=(str(links),), no_index=True)
    (tmp_path / "scratch").mkdir()
    made = environment.created(environment.installer(interpreter.this(), where, tmp_path / "scratch"), tmp_path, 60)
    assert made.install([Requirement("one")], 60).status not in (0, None)
    assert not (tmp_path / "escaped").exists()


def test_a_file_that_is_called_like_no_wheel_reaches_no_installer(
    using: Installer, private: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "index" / "secretive" / "secretive.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("secretive-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: secretive\nVersion: 1.0\n")
    monkeypatch.setattr(Environment, "install", lambda *_: pytest.fail("an installer was asked"))
    with pytest.raises(InstallError) as error:
        filled(using, tmp_path, f"secretive @ {private}/secretive/{wheel.name}")
    assert "secretive.whl is not given to an installer" in error.value.output


def test_temporary_files_of_an_installer_are_gone_with_it(
    using: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def leaving(command: Sequence[str], cwd: Path, environ: Mapping[str, str], limit: float, *more: object) -> Ran:
        del command, cwd, limit, more
        seen.extend(environ[name] for name in ("TMPDIR", "TEMP", "TMP"))
        Path(environ["TMPDIR"], "left").touch()
        return Ran(None, "", 1.0)

    made = environment.created(using, tmp_path, 60)
    monkeypatch.setattr(process, "run", leaving)
    made.install([Requirement("x")], 1)
    assert len({*seen}) == 1
    assert not Path(seen[0]).exists()


@pytest.mark.skipif(confinement.here().by == "none", reason="nothing confines here, and that is said")
def test_what_an_installer_runs_of_an_environment_is_confined(using: Installer, tmp_path: Path) -> None:
    """The interpreter of an environment runs what lies in its ``.pth`` files as soon as it is asked anything."""
    source(tmp_path / "links", "one")
    made = filled(using, tmp_path, "one")
    (place,) = made.folder.glob("lib/python*/site-packages")
    outside, inside = tmp_path / "escaped", made.folder / "ran"
    code = "from contextlib import suppress\n"
    code += "".join(f"with suppress(OSError):\n    open({str(file)!r}, 'w')\n" for file in (outside, inside))
    write(place, {"evil.pth": "import evil\n", "evil.py": code})
    wheel = shutil.copy(next(using.built.glob("one*.whl")), tmp_path / "links")
    made.install_wheel(Path(wheel), 60)
    assert inside.exists(), "it did not even run"
    assert not outside.exists()


@pytest.mark.parametrize("by", confined.BY)
def test_a_wheel_installs_for_a_python_that_no_variable_names(
    using: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """One of uv's or pyenv's, of which only the environment is called. It may lie in a home, which a build cannot see."""
    source(tmp_path / "links", "one")
    made = filled(using, tmp_path, "one")
    wheel = shutil.copy(next(using.built.glob("one*.whl")), tmp_path / "links")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    if using.is_uv:  # beside augbackend, it would lead there
        (tmp_path / "elsewhere").mkdir()
        elsewhere = str(shutil.copy(using.program, tmp_path / "elsewhere"))
        made = replace(made, installer=replace(using, program=elsewhere))
    with confined.only(by):
        ran = made.install_wheel(Path(wheel), 60)
    assert ran.status == 0, ran.output


def test_what_there_is_instead_is_said(using: Installer, tmp_path: Path) -> None:
    links = tmp_path / "links"
    source(links, "one")
    with zipfile.ZipFile(links / "two-1.0-cp27-cp27m-any.whl", "w") as wheel:
        wheel.writestr("two-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: two\nVersion: 1.0\n")
    said = {}
    for text in ("one==9", "two", "three>1"):
        with pytest.raises(InstallError) as error:
            filled(using, tmp_path, text)
        said[text] = error.value.output
    assert said["one==9"] == "error: one has no version ==9; there are 1.0"
    assert said["three>1"] == "error: there is no project three"
    wheels = "two 1.0 is published as wheels only, without an sdist, and no wheel of it is for Python"
    assert said["two"].startswith(f"error: {wheels} {using.python.minor}")
