"""The backend as a copy in other people's trees and archives: what is in it, and what becomes of another version's."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Callable

import pytest

from augbackend import __version__, features
from augbackend.cli.edit import backend_copy
from augbackend.cli.main import group

from ..conftest import run_hook, write
from .archives import sdist, unpacked, wrap, wrapped
from .runner import CliRunner, Result

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = pytest.mark.processes

Tree = Callable[[dict[str, "str | bytes"]], Path]

SETUP_PY = "from setuptools import setup\nsetup(name='x', version='1')\n"
BEFORE = "0.0.9"


def adopt(tree: Path, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["adopt", str(tree), *arguments])


def names(tree: Path) -> set[str]:
    return {name for name in backend_copy.files_in(tree) if name.startswith("features/")}


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """As an older version; the fixture's `undo` brings today's back."""
    for module in ("edit.backend_copy", "wrapping.plan", "wrapping.adoption"):
        monkeypatch.setattr(f"augbackend.cli.{module}.__version__", BEFORE)
    return monkeypatch


def test_the_core_and_what_the_table_uses(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder, "--require", "torch")
    core = {
        "features/__init__.py",
        "features/build_backend.py",
        "features/dynamic_requires.py",
    }
    assert names(folder) == core
    adopt(folder, "--match-runtime", "torch")
    features = {"_two_places.py", "extra_build_dependencies.py", "match_runtime.py"}
    assert {*names(folder)} - core == {f"features/{name}" for name in features}
    adopt(folder, "--variable", "A=1")
    assert "features/extra_build_variables.py" in names(folder)
    copied = backend_copy.files_in(folder)
    assert not [name for name in copied if name.startswith(("cli", "knowledge"))]


@pytest.mark.parametrize("key", ["", "backend-path = ['own']\n"])
def test_what_only_a_wrapped_backend_of_the_tree_needs(key: str) -> None:
    document = tomllib.loads(f"[tool.augbackend]\nbuild-backend = 'own'\n{key}")
    copied = backend_copy.backend_files(document, "augbackend adopt")
    assert ("hook/in_tree.py" in copied) == bool(key)


def test_a_key_of_an_inner_table(tree: Tree) -> None:
    pyproject = '[build-system]\nrequires = []\n[tool.augbackend]\nextra-build-dependencies = [{ requirement = "x", match-runtime = true }]\n'
    folder = tree({"pyproject.toml": pyproject, "setup.py": SETUP_PY})
    assert adopt(folder).exit_code == 0
    assert "features/match_runtime.py" in names(folder)


def test_what_a_file_says_of_itself(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder)
    copied = backend_copy.files_in(folder)
    heads = {text.partition(b'"""')[0].decode() for name, text in copied.items() if name.endswith(".py")}
    assert heads == {
        "# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  "
        f"# augbackend {__version__}, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT\n"
        "# flake8: noqa\n"
        "# SPDX-FileCopyrightText: 2026 The augbackend authors\n"
    }
    licence = "SPDX-FileCopyrightText: 2026 The augbackend authors\nSPDX-License-Identifier: MIT\n"
    assert copied["copy.json.license"].decode() == licence
    for_ruff = tomllib.loads(copied["ruff.toml"].decode())
    assert for_ruff["lint"] == {"per-file-ignores": {"*": ["ALL"]}}
    assert for_ruff["cache-dir"] == "../../.ruff_cache"  # not in here, where an sdist would take it along
    manifest = json.loads(copied.pop("copy.json"))
    assert (manifest["augbackend"], manifest["command"]) == (__version__, "augbackend adopt")
    assert manifest["files"] == {name: hashlib.sha256(text).hexdigest() for name, text in copied.items()}
    assert manifest["keys"] == list(features.known_keys())


def test_a_key_whose_file_was_left_out(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder)
    environ = {"PYTHONPATH": str(folder / "_augbackend")}
    hook = "get_requires_for_build_sdist"
    options = {"augbackend.jobs": "max=1", "augbackend.dynamic-requires": "never"}
    outcome = run_hook(folder, hook, options, environ=environ)
    assert outcome.status == 1
    assert outcome.stderr.splitlines()[-1] == (
        "  -C augbackend.jobs: the copy of augbackend in this tree leaves it out;"
        " augbackend adopt . --feature jobs brings it"
    )
    never = {"augbackend.dynamic-requires": "never"}
    outcome = run_hook(folder, hook, never, environ={**environ, "AUGBACKEND_JOBS": "max=1"})
    assert (outcome.status, outcome.answer) == (0, [])
    assert (
        outcome.stderr
        == "augbackend: note: environment variable AUGBACKEND_JOBS: the copy of augbackend in this tree leaves it out; ignored\n"
    )
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + "jobs = { max = 1 }\n")
    outcome = run_hook(folder, hook, never, environ=environ)
    assert outcome.stderr.splitlines()[-1] == (
        "  tool.augbackend.jobs: the copy of augbackend in this tree leaves it out; augbackend adopt . brings it"
    )
    assert adopt(folder).exit_code == 0
    assert run_hook(folder, hook, never, environ=environ).status == 0


def test_a_feature_that_is_asked_for_stays(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder, "--feature", "jobs")
    assert "features/jobs.py" in names(folder)
    assert adopt(folder).output == f"{folder}: nothing to change\n"
    outcome = run_hook(
        folder,
        "get_requires_for_build_sdist",
        {"augbackend.jobs": "max=1", "augbackend.dynamic-requires": "never"},
        environ={"PYTHONPATH": str(folder / "_augbackend")},
    )
    assert (outcome.status, outcome.answer) == (0, [])


def test_a_copy_of_an_older_version_is_brought_up_to_date(tree: Tree, before: pytest.MonkeyPatch) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder)
    before.undo()
    said = adopt(folder).output
    assert (
        f"  copy: _augbackend/augbackend/ of augbackend {__version__}, instead of that of {BEFORE} (commit it)" in said
    )
    assert backend_copy.manifest(folder)["augbackend"] == __version__


def test_a_copy_of_a_newer_version_is_not_replaced(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder)
    file = folder / "_augbackend" / "augbackend" / "copy.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "augbackend": "99.0"}))
    kept = backend_copy.files_in(folder)
    result = adopt(folder, "--require", "torch")
    assert result.exit_code == 2
    assert "its copy is of augbackend 99.0, which is newer than this one" in result.output
    assert "augbackend[cli]>=99.0" in result.output.splitlines()[-1]
    assert backend_copy.files_in(folder) == kept


def test_a_table_of_a_newer_version(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder)
    pyproject = folder / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + "of-the-future = 1\n")
    outcome = run_hook(folder, "get_requires_for_build_sdist", environ={"PYTHONPATH": str(folder / "_augbackend")})
    assert outcome.stderr.splitlines()[-1].startswith("  tool.augbackend.of-the-future: unknown key, expected one of ")
    assert outcome.stderr.rstrip().endswith("if a newer augbackend knows it: augbackend adopt .")


@pytest.mark.usefixtures("alone")
def test_an_archive_of_another_version_is_not_stale(tmp_path: Path, before: pytest.MonkeyPatch) -> None:
    upstream, out = sdist(tmp_path / "in"), tmp_path / "out"
    arguments = (upstream, "--require", "torch", "-o", out)
    wrapped(*arguments)
    archive = out / "demo-1.0.tar.gz"
    old = archive.read_bytes()
    before.undo()
    assert wrap(*arguments, "--check").exit_code == 0
    assert "unchanged" in wrapped(*arguments).output
    assert archive.read_bytes() == old
    assert wrap(upstream, "--require", "torch>=2", "-o", out, "--check").exit_code == 1
    assert wrap(*arguments, "--check", "--upgrade").exit_code == 1
    assert "written" in wrapped(*arguments, "--upgrade").output
    assert f'augbackend = "{__version__}"' in unpacked(archive)["pyproject.toml"].decode()
    assert wrap(*arguments, "--check", "--upgrade").exit_code == 0


@pytest.mark.usefixtures("alone")
def test_a_hint_in_an_archive_is_for_whoever_wraps_it(tmp_path: Path) -> None:
    inner = "def build_wheel(*arguments):\n  import torch_of_nobody\n"
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "inner"\nbackend-path = ["in"]\n',
        "in/inner.py": inner,
    }
    wrapped(sdist(tmp_path / "in", files), "-o", tmp_path / "out")
    tree = write(tmp_path / "tree", dict(unpacked(tmp_path / "out" / "demo-1.0.tar.gz")))
    outcome = run_hook(tree, "build_wheel", str(tmp_path), environ={"PYTHONPATH": str(tree / "_augbackend")})
    assert "ModuleNotFoundError: No module named 'torch_of_nobody'" in outcome.stderr
    assert "augbackend wrap demo==1.0 --require torch_of_nobody" in outcome.stderr
    assert str(tree / "pyproject.toml") not in outcome.stderr


def test_a_feature_of_a_wrapped_archive(tmp_path: Path) -> None:
    wrapped(sdist(tmp_path / "in"), "-o", tmp_path / "out", "--feature", "jobs")
    assert "_augbackend/augbackend/features/jobs.py" in unpacked(tmp_path / "out" / "demo-1.0.tar.gz")
