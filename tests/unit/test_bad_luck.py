"""What a hook meets where a machine or a frontend is not as it should be: plain words, no traceback of ours."""

from __future__ import annotations

import io
import os
import pathlib
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

import augbackend
from augbackend import errors
from augbackend.errors import AugbackendError, SettingsError
from augbackend.features.match_runtime import Match, match
from augbackend.hook import build_folder, declared, explanation, overrides
from augbackend.standards import unfinished
from augbackend.standards.installed import installed, installed_version
from augbackend.table import Build, complaints

from ..conftest import ROOT, run_hook, write

Tree = Callable[[dict[str, "str | bytes"]], Path]

PYPROJECT = """
[build-system]
requires = []
build-backend = "augbackend"
[tool.augbackend]
build-backend = "inner"
backend-path = ["_inner"]
"""
# The disk is full from the moment on that the wrapped backend is done: no file may grow beyond a few bytes.
FULL = """
    import atexit, resource
    atexit.register(resource.setrlimit, resource.RLIMIT_FSIZE, resource.getrlimit(resource.RLIMIT_FSIZE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (9, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
"""
INNER = f"""
import io, os, tarfile
from zipfile import ZipFile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "demo-1.0-py3-none-any.whl"
    with ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.writestr("demo-1.0.dist-info/METADATA", "Name: demo\\nVersion: 1.0\\n")
        wheel.writestr("demo-1.0.dist-info/RECORD", "")
{FULL}    return name

def build_sdist(sdist_directory, config_settings=None):
    with tarfile.open(os.path.join(sdist_directory, "demo-1.0.tar.gz"), "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("demo-1.0/setup.py"))
{FULL}    return "demo-1.0.tar.gz"

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    os.mkdir(os.path.join(metadata_directory, "demo-1.0.dist-info"))
    with open(os.path.join(metadata_directory, "demo-1.0.dist-info", "METADATA"), "w") as file:
        file.write("Name: demo\\nVersion: 1.0\\n")
{FULL}    return "demo-1.0.dist-info"
"""
LABEL = "local-version = 'team'\n"


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="no limits of files there")
@pytest.mark.parametrize("hook", ["build_sdist", "build_wheel", "prepare_metadata_for_build_wheel"])
def test_a_full_disk_is_our_error_and_leaves_nothing_half_done(tree: Tree, tmp_path: Path, hook: str) -> None:
    folder, out = tree({"pyproject.toml": PYPROJECT + LABEL, "_inner/inner.py": INNER}), tmp_path / "out"
    out.mkdir()
    outcome = run_hook(folder, hook, str(out))
    assert outcome.status == 1
    assert "augbackend: error: cannot read or write: File too large\n  where: " in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert "raised in" not in outcome.stderr
    assert [file.name for file in out.iterdir() if file.is_file()] == []


@pytest.mark.processes
def test_a_full_disk_of_the_wrapped_backend_is_its_error(tree: Tree) -> None:
    inner = "def build_wheel(d, c=None, m=None): raise OSError(28, 'No space left on device')\n"
    outcome = run_hook(tree({"pyproject.toml": PYPROJECT, "_inner/inner.py": inner}), "build_wheel", "x")
    assert "augbackend: raised in inner, hook build_wheel" in outcome.stderr
    assert "OSError: [Errno 28] No space left on device" in outcome.stderr
    assert "augbackend: error" not in outcome.stderr


@pytest.mark.processes
def test_a_build_folder_that_cannot_be_written(tree: Tree, tmp_path: Path) -> None:
    """A file in its place, which stops root as well: setuptools says so, and we do not speak over it."""
    text = PYPROJECT.replace("inner", "setuptools.build_meta").replace('backend-path = ["_setuptools.build_meta"]', "")
    files = {"pyproject.toml": text, "setup.py": "open('a', 'w').close()\n"}
    folder = tree({**files, "setup.cfg": "[build]\nbuild_base = a\n"})
    outcome = run_hook(folder, "build_wheel", str(tmp_path))
    assert outcome.status == 1
    assert "augbackend: raised in setuptools.build_meta, hook build_wheel" in outcome.stderr
    assert "augbackend: error" not in outcome.stderr


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_nobody_listens(monkeypatch: pytest.MonkeyPatch, stream: Any) -> None:
    if stream:
        stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    errors.say("note", "x")
    with pytest.raises(SystemExit), errors.reported(""):
        raise AugbackendError("x")


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams(tree: Tree, closed: str) -> None:
    folder = tree({"pyproject.toml": "[tool.augbackend]\nnonsense = 1\n"})
    code = "print('behind this'); import augbackend; augbackend.build_wheel('x')"
    command = ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, code]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 120)  # 120: what Python says where it cannot write what is left
    assert "Traceback" not in done.stderr
    assert ("nonsense: unknown key" in done.stderr) == ("2>" not in closed)


def test_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("USERPROFILE", raising=False)
    if os.name != "nt":
        import pwd

        monkeypatch.setattr(pwd, "getpwuid", dict[int, Any]().__getitem__)
    with pytest.raises((RuntimeError, KeyError)):  # by the version of Python
        pathlib.Path("~/x").expanduser()
    write(tmp_path, {"pyproject.toml": ""})
    assert build_folder._names(tmp_path) == ("", "build")


@pytest.mark.parametrize("content", ["no section\n", "[build\n", b"[build]\nbuild_base = \xff\n"])
def test_a_broken_configuration_is_left_to_setuptools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes
) -> None:
    write(tmp_path, {"more.cfg": content, "pyproject.toml": ""})
    monkeypatch.setenv("DIST_EXTRA_CONFIG", str(tmp_path / "more.cfg"))
    assert build_folder._names(tmp_path) == ("", "")


@pytest.mark.processes
def test_a_build_folder_that_can_have_no_name(tree: Tree, tmp_path: Path) -> None:
    text = PYPROJECT.replace("inner", "setuptools.build_meta").replace('backend-path = ["_setuptools.build_meta"]', "")
    setup = "from setuptools import setup\nsetup(name='demo', version='1.0')\n"
    folder = tree({"pyproject.toml": text, "setup.py": setup, "setup.cfg": "[build]\nbuild_base = a\0b\n"})
    outcome = run_hook(folder, "build_wheel", str(tmp_path))
    assert outcome.status == 0 or "raised in setuptools.build_meta, hook build_wheel" in outcome.stderr


@pytest.mark.parametrize("value", [None, True, 1, 1.5, {"a": "b"}, ["a", 1], ("a", None), b"a", [["a"]]])
def test_options_that_are_no_text(tree: Tree, value: Any) -> None:
    folder = tree({"pyproject.toml": ""})
    with pytest.raises(SettingsError) as caught:
        declared.read(folder, {"augbackend.build-backend": value}, environ={})
    found = f"found a value of type {type(value).__name__}, expected a text, or a list of texts"
    assert caught.value.mistakes == (f"-C augbackend.build-backend: {found}",)


def test_options_of_the_wrapped_backend_are_its_own(tree: Tree) -> None:
    folder = tree({"pyproject.toml": "[tool.augbackend]\nprovenance = true\n"})
    options: dict[Any, Any] = {None: 1, 3: True, "a": {"b": ("c",)}, ("d",): None, "augbackend.jobs": ["max=2"]}
    build = declared.read(folder, options, environ={})
    found: Any = build.config_settings
    assert found == {None: 1, 3: True, "a": {"b": ("c",)}, ("d",): None}
    assert len(build_folder._fingerprint(build, "wheel")) == 12


def test_a_number_that_python_does_not_read(tree: Tree) -> None:
    folder = tree({"pyproject.toml": ""})
    with pytest.raises(SettingsError) as caught:
        declared.read(folder, {"augbackend.jobs": f"max={'9' * 5000}"}, environ={})
    assert "expected an integer" in caught.value.mistakes[0]


@pytest.mark.parametrize("text", ["{", '{"keys": 3}', '["keys"]', "<<<<<<< ours\n{}\n", b"\xff", None])
def test_a_manifest_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: Any) -> None:
    write(tmp_path, {"copy.json": text} if text is not None else {})
    monkeypatch.setattr(overrides, "COPY", tmp_path / "copy.json")
    assert overrides.left_out() == ()


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert Build(tmp_path, {}, {}).folder("loop") is None


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", 5, "x.y"])
def test_a_missing_module_of_a_strange_name(tmp_path: Path, name: Any) -> None:
    error = ModuleNotFoundError("no such module", name=name)
    explanation.explain(error, Build(tmp_path, {}, {}), "build_wheel")
    assert hasattr(error, errors.FOREIGN)


def test_names_are_put_together_only_for_a_mistake(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else thousands of variables cost time in every hook."""
    variables = "".join(f"V{at} = '{at}'\n" for at in range(30))
    monkeypatch.setattr(complaints, "lines", lambda *_: pytest.fail("put together"))
    build = declared.read(tree({"pyproject.toml": f"[tool.augbackend.extra-build-variables]\n{variables}"}), environ={})
    assert len(build.values["extra-build-variables"]) == 30


# --- what is installed ---


def test_leftovers_of_pip_are_not_installed(tmp_path: Path) -> None:
    write(tmp_path, {"torch-2.1.dist-info/METADATA": "", "~orch-2.3.dist-info/METADATA": ""})
    (tmp_path / "torch-2.0.dist-info").mkdir()
    assert installed([str(tmp_path)]) == {"torch": "2.1"}
    assert installed_version("torch", [str(tmp_path)]) == "2.1"


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"torch.egg-info/PKG-INFO": "Name: torch\nVersion: 2.0\n"}, "2.0"),
        ({"torch.egg-info/PKG-INFO": b"Name: torch\nVersion: \xff\n"}, None),
        ({"torch.egg-info/PKG-INFO": "Name: torch\n"}, None),
        ({"torch.egg-info/PKG-INFO": ""}, None),
        ({"torch.dist-info/METADATA": "Name: torch\n"}, None),
        ({"torch.dist-info/RECORD": ""}, None),
        ({"torch.egg-info": b"\xff"}, None),
    ],
)
def test_odd_torches(tmp_path: Path, files: dict[str, str | bytes], version: str | None) -> None:
    assert installed_version("torch", [str(write(tmp_path, files))]) == version


def test_a_folder_that_can_have_no_name() -> None:
    assert installed(["a\0b"]) == {}


def matched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str | bytes]) -> Match:
    write(tmp_path, {**files, "pyproject.toml": ""})
    table = {"extra-build-dependencies": [{"requirement": "torch", "match-runtime": True}]}
    build = declared.read(tmp_path, environ={}, document={"tool": {"augbackend": table}})
    monkeypatch.setattr("augbackend.features.match_runtime.target_folders", lambda: [str(tmp_path)])
    return match(build, build.values["extra-build-dependencies"][0])


def test_a_version_that_is_none_is_not_matched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = matched(tmp_path, monkeypatch, {"torch-master.dist-info/METADATA": ""})
    assert (found.rung, found.entries[0].text) == ("bare", "torch")
    assert found.why == f"matched to nothing: torch master in {tmp_path} is not what is asked for"


@pytest.mark.parametrize(
    ("link", "expected"),
    [("{}/a\n.", "torch==2.0"), ("{}/nowhere", "torch"), ("", "torch"), (b"\xff", "torch"), ("a\0b", "torch")],
)
def test_what_develop_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str | bytes, expected: str) -> None:
    content = link.replace("{}", str(tmp_path)) if isinstance(link, str) else link
    files = {"torch.egg-link": content, "a/torch.egg-info/PKG-INFO": "Name: torch\nVersion: 2.0\n"}
    assert matched(tmp_path, monkeypatch, files).entries[0].text == expected


# --- what the wrapped backend made ---


@pytest.mark.processes
@pytest.mark.parametrize("name", ["demo-1.0-py3-none-any.whl", "demo.whl", "demo-1.0.egg", "x" * 300, "a\0b", "", ".."])
@pytest.mark.parametrize("hook", ["build_wheel", "build_sdist"])
def test_an_odd_name_goes_to_the_frontend(tree: Tree, tmp_path: Path, hook: str, name: str) -> None:
    inner = f"def {hook}(d, c=None, m=None): return {name!r}\n"
    folder = tree({"pyproject.toml": PYPROJECT + LABEL, "_inner/inner.py": inner})
    (tmp_path / "out").mkdir()
    outcome = run_hook(folder, hook, str(tmp_path / "out"))
    assert (outcome.answer, outcome.status) == (name, 0), outcome.stderr


def test_a_folder_that_cannot_be_swept(tmp_path: Path) -> None:
    unfinished.sweep(tmp_path / "nowhere")


# --- threads ---


@pytest.mark.processes
def test_two_hooks_in_two_threads(tree: Tree) -> None:
    """One waits for the other; and a hook that calls a hook does not wait for itself."""
    inner = """
import os, threading, time
running = []
def build_wheel(d, c=None, m=None):
    import augbackend
    running.append(1)
    assert len(running) == 1, "both at once"
    assert os.environ["MINE"] == "1"
    time.sleep(0.2)
    assert augbackend.get_requires_for_build_wheel() == []
    assert os.environ["MINE"] == "1"
    running.pop()
    return "w"
"""
    folder = tree({"pyproject.toml": PYPROJECT + 'extra-build-variables = { MINE = "1" }\n', "_inner/inner.py": inner})
    code = """
import os, sys, threading, augbackend
state = lambda: (dict(os.environ), list(sys.path), list(sys.meta_path), sys.argv[:], os.getcwd())
before, answers = state(), []
threads = [threading.Thread(target=lambda: answers.append(augbackend.build_wheel("x"))) for _ in range(4)]
for one in threads: one.start()
for one in threads: one.join()
assert answers == ["w"] * 4, answers
assert state() == before
"""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


# --- older Pythons ---


def test_an_older_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    monkeypatch.setattr(sys, "version", "3.8.18 (default, Aug 24 2023)")
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(augbackend.__file__))
    assert caught.value.code == "augbackend: error: augbackend needs Python 3.9 or newer; this is 3.8.18"


@pytest.mark.processes
@pytest.mark.parametrize("minor", [6, 7, 8])
def test_a_real_older_python(minor: int) -> None:
    python = shutil.which(f"python3.{minor}")
    command = [python or "", "-B", "-c", "import augbackend"]
    if not python or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"there is no Python 3.{minor} here")
    done = subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"augbackend: error: augbackend needs Python 3.9 or newer; this is 3.{minor}.")
