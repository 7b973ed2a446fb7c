"""What `diagnose` takes for a folder, a package of an index, or a repository."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from augbackend.cli.diagnosis import subject
from augbackend.cli.fetch import cache, upstream
from augbackend.cli.fetch import repository as repositories
from augbackend.cli.fetch.lookup import Lookup
from augbackend.cli.main import group
from augbackend.cli.model.package_sources import NOWHERE

from ..conftest import write
from .runner import CliRunner, Result
from .test_work_tree import git, repository

pytestmark = [pytest.mark.usefixtures("alone"), pytest.mark.processes]
SETUP = 'import tabulate\nfrom setuptools import setup\nsetup(name="demo", version=open("../VERSION").read())\n'


def diagnose(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["diagnose", *map(str, arguments)], catch_exceptions=False)


@pytest.mark.parametrize("name", ["demo", "Demo.Pkg", "my_demo"])
def test_a_name_that_is_a_folder_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    write(tmp_path, {f"{name}/setup.py": ""})
    monkeypatch.chdir(tmp_path)
    for options in ((), ("--no-build",)):
        result = diagnose(name, *options)
        assert result.exit_code == 2
        assert f'write ./{name} for the folder, and "{name}>=0" or {name}==VERSION' in result.output
    assert diagnose(f"./{name}", "--no-build").exit_code == 0


def test_a_repository_is_only_read(tmp_path: Path) -> None:
    folder = repository(tmp_path / "top", {"python/setup.py": SETUP, "VERSION": "1.0"})
    git(folder, "tag", "v1")
    write(folder, {"python/setup.py": "later"})
    git(folder, "commit", "-qam", "y")
    result = diagnose(f"git+{folder.as_uri()}@v1#subdirectory=python", "--no-build", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["name"], said["extra-build-dependencies"]) == ("demo", ["tabulate"])


def test_a_repository_is_named_without_what_signs_in_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = repository(tmp_path / "top", {"python/setup.py": SETUP, "VERSION": "1.0"})
    there = repositories.Checkout(folder, tmp_path, "python", "")
    monkeypatch.setattr(repositories, "checked_out", lambda *_: nullcontext(there))
    url = "git+https://me:secret@host.example/x@v1#subdirectory=python"
    lookup = Lookup(NOWHERE, cache.Cache(tmp_path / "cache"), False, tmp_path)
    for text in (url, f"demo @ {url}"):
        with subject.unpacked(text, upstream.parse(text), lookup) as source:
            assert source.subject.target == text.replace("me:secret@", "")
            assert source.tree == source.root / "python"
            assert (source.root / "VERSION").is_file()


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("git+{}#subdirectory=gone", "there is no such subdirectory"),
        ("git+{}#subdirectory=../mine", "there is no such subdirectory"),
        ("git+{}#subdirectory=out", "there is no such subdirectory"),
        ("git+{}@gone", "it cannot be fetched"),
        ("git+ext::sh -c touch% ran", "git would run a command"),
        ("git+{}#sha256=" + "0" * 64, "a repository has no hash"),
        ("git+{}#subdirectory=empty", "no Python project here"),
    ],
)
def test_a_repository_that_cannot_be_had(tmp_path: Path, form: str, says: str) -> None:
    write(tmp_path, {"mine/setup.py": ""})
    folder = tmp_path / "top"
    write(folder, {"empty/x": ""})
    (folder / "out").symlink_to(tmp_path / "mine")
    repository(folder, {"setup.py": ""})
    result = diagnose(form.format(folder.as_uri()))
    assert (result.exit_code, says in result.output) == (2, True), result.output
    assert not Path("ran").exists()


def test_offline_a_repository_of_another_machine_is_not_fetched(tmp_path: Path) -> None:
    result = diagnose("git+https://host.example/x@v1", "--offline", "--cache-dir", tmp_path)
    assert (result.exit_code, "was not fetched before" in result.output) == (2, True)
