from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from augbackend.surroundings import put_back


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
    monkeypatch.setattr("augbackend.surroundings._added_by_imports", [])
    vendored = str(tmp_path / "_vendor")
    with put_back({}, []):
        sys.path.append(vendored)
    assert vendored not in sys.path
    with put_back({}, [tmp_path]):
        assert vendored in sys.path
        assert sys.path.count(vendored) == 1
    assert vendored not in sys.path


def test_a_folder_of_ours_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augbackend.surroundings._added_by_imports", [])
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
