from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from augbackend.hook import declared
from augbackend.hook.exposed import is_exposed
from augbackend.hook.process_state import put_back
from augbackend.hook.wrapped_backend import surrounded
from augbackend.standards.installed import installed

from ..conftest import write


def test_everything_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("CHANGED", "1")
    before = (dict(os.environ), sys.argv, list(sys.argv), sys.path, list(sys.path), Path.cwd())
    with pytest.raises(KeyError), put_back({"CHANGED": "2", "NEW": "3"}, [tmp_path]):
        assert (os.environ["CHANGED"], os.environ["NEW"], os.environ["KEPT"]) == ("2", "3", "1")
        assert sys.path[0] == str(tmp_path)
        del os.environ["KEPT"]
        os.environ["FROM_HOOK"] = "4"
        sys.argv = ["setup.py"]
        sys.path = ["elsewhere"]
        os.chdir(tmp_path)
        raise KeyError
    after = (dict(os.environ), sys.argv, list(sys.argv), sys.path, list(sys.path), Path.cwd())
    assert after == before
    assert after[1] is before[1]
    assert after[3] is before[3]


def test_what_an_import_added_to_the_path_is_there_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augbackend.hook.process_state._added_by_imports", [])
    vendored = str(tmp_path / "_vendor")
    with put_back({}, []):
        sys.path.append(vendored)
    assert vendored not in sys.path
    with put_back({}, [tmp_path]):
        assert vendored in sys.path
        assert sys.path.count(vendored) == 1
    assert vendored not in sys.path


def test_a_folder_of_ours_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augbackend.hook.process_state._added_by_imports", [])
    with put_back({}, [tmp_path]):
        pass
    with put_back({}, []):
        assert str(tmp_path) not in sys.path


def test_current_directory_removed_by_a_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    with put_back({}, []):
        os.chdir(tmp_path)
        gone.rmdir()


def test_declared_pythonpath_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """uv sets variables before the interpreter starts, which then searches there."""
    monkeypatch.setattr("augbackend.hook.process_state._added_by_imports", [])
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "only_there_1.py").write_text("answer = 1\n")
    before = list(sys.path)
    with put_back({"PYTHONPATH": os.pathsep.join(["src", str(tmp_path / "other"), ""])}, [tmp_path / "backend"]):
        assert sys.path[:3] == [str(tmp_path / "backend"), str(tmp_path / "src"), str(tmp_path / "other")]
        assert sys.path[3:] == before
        assert __import__("only_there_1").answer == 1
        assert os.environ["PYTHONPATH"].startswith("src")
    assert sys.path == before
    assert "PYTHONPATH" not in os.environ
    del sys.modules["only_there_1"]


def test_what_pythonpath_added_is_not_there_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augbackend.hook.process_state._added_by_imports", [])
    with put_back({"PYTHONPATH": str(tmp_path)}, []):
        pass
    with put_back({}, []):
        assert str(tmp_path) not in sys.path


def test_pythonpath_of_the_caller_is_the_interpreters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with put_back({"OTHER": "1"}, []):
        assert str(tmp_path) not in sys.path


@pytest.mark.parametrize(("value", "is_found"), [("stdlib", False), ("local", True)])
def test_pythons_own_distutils_where_that_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, is_found: bool
) -> None:
    """setuptools puts its own before it when the interpreter starts, and then the variable is not set yet."""
    shim = type("DistutilsMetaFinder", (), {"__module__": "_distutils_hack", "find_spec": lambda *_: None})()
    monkeypatch.setattr(sys, "meta_path", [shim, *sys.meta_path])
    table = {"extra-build-variables": {"SETUPTOOLS_USE_DISTUTILS": value}}
    build = declared.read(tmp_path, environ={}, document={"tool": {"augbackend": table}})
    with surrounded(build):
        assert (shim in sys.meta_path) is is_found
    assert sys.meta_path[0] is shim
    with surrounded(declared.read(tmp_path, environ={}, document={})):
        assert shim in sys.meta_path


def test_what_is_always_exposed(tmp_path: Path) -> None:
    build = declared.read(tmp_path, environ={}, document={})
    assert is_exposed(build, "get_requires_for_build_wheel", object())
    assert not is_exposed(build, "build_editable", object())


def test_what_is_installed_is_named_by_its_folders(tmp_path: Path) -> None:
    for name in ("A_b.c-1.0.dist-info", "no_version.dist-info", "other.txt", "~_b.d-1.0.dist-info"):
        write(tmp_path, {f"{name}/METADATA": ""})
    assert installed([str(tmp_path), str(tmp_path / "nowhere")]) == {"a-b-c": "1.0"}


def test_nothing_else_is_looked_for_in_our_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["_augbackend", "elsewhere"])
    with put_back({}, []):
        assert sys.path[0] == "elsewhere"
    assert sys.path == ["_augbackend", "elsewhere"]
