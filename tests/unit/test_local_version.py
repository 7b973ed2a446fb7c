from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from augbackend.errors import SettingsError
from augbackend.features import local_version
from augbackend.hook import declared, edited_wheel

from ..conftest import run_hook, write
from .test_wheel import digest

BACKEND = """
import os
from zipfile import ZipFile

METADATA = "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n\\nVersion: 1.0 of it\\n"

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    os.mkdir(f"{metadata_directory}/demo-1.0.dist-info")
    open(f"{metadata_directory}/demo-1.0.dist-info/METADATA", "w").write(METADATA)
    return "demo-1.0.dist-info"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    assert metadata_directory is None
    files = {"demo.py": "", "demo-1.0.data/scripts/demo": "#!python\\n", "demo-1.0.dist-info/METADATA": METADATA}
    files["demo-1.0.dist-info/RECORD"] = "".join(f"{name},,\\n" for name in (*files, "demo-1.0.dist-info/RECORD"))
    with ZipFile(f"{wheel_directory}/demo-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return "demo-1.0-py3-none-any.whl"
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "augbackend"
[tool.augbackend]
build-backend = "backend"
backend-path = ["."]
local-version = "team"
"""


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.0", "1.0+team"),
        ("1.0+team", "1.0+team"),
        ("1.0+cu12", "1.0+cu12.team"),
        ("1.0+cu12.team", "1.0+cu12.team"),
        ("1.0+steam", "1.0+steam.team"),
    ],
)
def test_labelled(version: str, expected: str) -> None:
    assert local_version.labelled(version, "team") == expected


@pytest.mark.processes
def test_metadata_and_wheel_agree(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", {"pyproject.toml": PYPROJECT, "backend.py": BACKEND})
    (tmp_path / "out").mkdir()
    prepared = run_hook(tree, "prepare_metadata_for_build_wheel", str(tmp_path / "out"))
    assert prepared.answer == "demo-1.0+team.dist-info", prepared.stderr
    built = run_hook(tree, "build_wheel", str(tmp_path / "out"), None, str(tmp_path / "out" / prepared.answer))
    assert built.answer == "demo-1.0+team-py3-none-any.whl", built.stderr
    found = content_of(tmp_path / "out" / built.answer)
    assert set(found) == {
        "demo.py",
        "demo-1.0+team.data/scripts/demo",
        "demo-1.0+team.dist-info/METADATA",
        "demo-1.0+team.dist-info/RECORD",
    }
    metadata = (tmp_path / "out" / prepared.answer / "METADATA").read_bytes()
    assert found["demo-1.0+team.dist-info/METADATA"] == metadata
    assert metadata == b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0+team\n\nVersion: 1.0 of it\n"
    record = found["demo-1.0+team.dist-info/RECORD"].decode().splitlines()
    assert record[0] == "demo.py,,"  # as the wrapped backend left it
    assert f"demo-1.0+team.dist-info/METADATA,{digest(metadata)},{len(metadata)}" in record
    assert record[-1] == "demo-1.0+team.dist-info/RECORD,,"
    assert len(record) == 4


@pytest.mark.processes
@pytest.mark.parametrize("folder", ["demo.dist-info", "demo-1.0.dist-info", "de.mo-1.0.dist-info"])
def test_the_metadata_folder_goes_by_its_content(tmp_path: Path, folder: str) -> None:
    """setuptools before 62 leaves the version out of its name."""
    backend = BACKEND.partition("def build_wheel")[0].replace("demo-1.0.dist-info", folder)
    tree = write(tmp_path / "tree", {"pyproject.toml": PYPROJECT, "backend.py": backend})
    (tmp_path / "out").mkdir()
    prepared = run_hook(tree, "prepare_metadata_for_build_wheel", str(tmp_path / "out"))
    assert prepared.answer == "demo-1.0+team.dist-info", prepared.stderr
    assert [file.name for file in (tmp_path / "out").iterdir()] == [prepared.answer]


@pytest.mark.processes
def test_scripts_stay_executable(tmp_path: Path) -> None:
    backend = BACKEND.replace(
        "wheel.writestr(name, text)",
        "entry = ZipInfo(name); entry.external_attr = 0o100755 << 16; wheel.writestr(entry, text)",
    ).replace("import ZipFile", "import ZipFile, ZipInfo")
    tree = write(tmp_path / "tree", {"pyproject.toml": PYPROJECT, "backend.py": backend})
    (tmp_path / "out").mkdir()
    name = run_hook(tree, "build_wheel", str(tmp_path / "out")).answer
    assert name == "demo-1.0+team-py3-none-any.whl"
    with ZipFile(tmp_path / "out" / name) as archive:
        assert archive.getinfo("demo-1.0+team.data/scripts/demo").external_attr == 0o100755 << 16


def content_of(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_label_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="a mistake") as caught:
        declared.read(tmp_path, environ={}, document={"tool": {"augbackend": {"local-version": "Team!"}}})
    assert caught.value.mistakes[0].startswith("tool.augbackend.local-version: found 'Team!'")


def test_folders_in_a_wheel_are_renamed_as_well(tmp_path: Path) -> None:
    build = declared.read(tmp_path, environ={}, document={"tool": {"augbackend": {"local-version": "team"}}})
    file = tmp_path / "demo-1.0-py3-none-any.whl"
    with ZipFile(file, "w") as wheel:
        for name in ("demo.py", "demo-1.0.dist-info/", "demo-1.0.dist-info/METADATA", "demo-1.0.dist-info/RECORD"):
            wheel.writestr(name, "")
    plan = edited_wheel.plan(build, "wheel", is_answered=False)
    assert edited_wheel.finished(file, build, plan) == "demo-1.0+team-py3-none-any.whl"
    with ZipFile(tmp_path / "demo-1.0+team-py3-none-any.whl") as wheel:
        assert sorted(wheel.namelist()) == [
            "demo-1.0+team.dist-info/",
            "demo-1.0+team.dist-info/METADATA",
            "demo-1.0+team.dist-info/RECORD",
            "demo.py",
        ]
