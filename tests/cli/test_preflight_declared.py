"""``preflight`` on the command line: what ``wrap`` writes and offers, what recipes and ``show`` say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from augbackend.cli.main import group
from augbackend.cli.model import declaration as declarations
from augbackend.cli.model import recipe as recipes
from augbackend.cli.model import source_patch
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.project.recipe_completion import _left_open
from augbackend.cli.wrapping import preflight_offer
from augbackend.features import _cuda
from augbackend.features.preflight import Preflight
from augbackend.knowledge import rows

from ..conftest import ROOT, write
from .archives import own_table, sdist, wrapped
from .runner import CliRunner

BACKEND = '[build-system]\nrequires = ["augbackend"]\nbuild-backend = "augbackend"\n[tool.augbackend]\n'
SAID = {
    "commands": ["ninja", "cmake"],
    "cuda": "torch",
    "memory": "8GB",
    "disk": "10 GB",
    "if-variables": {"FORCE_CUDA": "1", "ONLY_CUDA": "yes=1"},
    "unless-variables": {"SKIP_CUDA": "TRUE"},
}
COMPILES = """
from setuptools import setup
from torch.utils.cpp_extension import CUDAExtension
setup(name="demo", version="1.0", install_requires=[], ext_modules=[CUDAExtension("demo._c", ["a.cu"])])
"""
EITHER = COMPILES.replace("CUDAExtension(", "(CUDAExtension if FOUND else CppExtension)(")


def test_a_table_comes_back_as_it_was_said() -> None:
    declared = declarations.from_table({"preflight": SAID}, "x", "x")
    assert declared.as_table() == {"preflight": SAID}
    assert Declaration().plus(declared).as_table() == {"preflight": SAID}
    assert declared.plus(Declaration()).as_table() == {"preflight": SAID}


def test_the_users_word_goes_before_the_recipes() -> None:
    of_recipe, own = Declaration(preflight=Preflight(cuda="torch")), Declaration(preflight=Preflight(cuda="any"))
    assert _left_open(of_recipe, own)[0].as_table() == {}
    assert _left_open(of_recipe, Declaration())[0].as_table() == {"preflight": {"cuda": "torch"}}


@pytest.mark.processes
def test_wrap_writes_what_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive = sdist(tmp_path, {"setup.py": COMPILES})
    options = ["commands=ninja,cmake", "cuda=torch", "memory=8GB", "disk=10 GB", "if-variables=FORCE_CUDA=1"]
    options += ["if-variables=ONLY_CUDA=yes=1", "unless-variables=SKIP_CUDA=TRUE"]
    told = wrapped(archive, *(word for one in options for word in ("--preflight", one))).stdout
    table = own_table(tmp_path / "wrapped.d" / archive.name)
    assert table["preflight"] == SAID
    assert '  before its build begins, this is looked at: { commands = ["ninja", "cmake"], cuda = "torch", ' in told
    assert "compiles for CUDA" not in told


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("cuda=12", "the options"),
        ("gpu=1", "preflight.gpu: unknown key"),
        ("cuda", "expected KEY=VALUE"),
        ("if-variables=FORCE_CUDA", "expected if-variables=NAME=VALUE"),
    ],
)
def test_what_wrap_is_not_to_be_told(option: str, complaint: str) -> None:
    result = CliRunner().invoke(group, ["wrap", "demo==1.0", "--preflight", option])
    assert result.exit_code == 2
    assert complaint in result.stderr


@pytest.mark.parametrize(
    ("setup", "torch", "line"), [(COMPILES, "torch", 4), (COMPILES, "numpy", 0), (EITHER, "torch", 0), ("", "torch", 0)]
)
def test_offered_where_an_extension_for_cuda_is_made(tmp_path: Path, setup: str, torch: str, line: int) -> None:
    declared = declarations.of([torch], "--require")
    assert preflight_offer.cuda_line(write(tmp_path, {"setup.py": setup}), declared) == line
    assert [one.partition(",")[0] for one in preflight_offer.lines(declared, line)] == (
        [f"  setup.py compiles for CUDA (line {line}); --preflight cuda=torch"] if line else []
    )


@pytest.mark.processes
def test_wrap_offers_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = wrapped(sdist(tmp_path, {"setup.py": COMPILES}), "--match-runtime", "torch").stdout
    assert "  setup.py compiles for CUDA (line 4); --preflight cuda=torch, " in told


def _some_patch(path: str) -> source_patch.SourcePatch:
    return source_patch.of_file(ROOT / "recipes" / path)


def test_recipes_spare_builds_without_cuda() -> None:
    """A torch for processors is refused by what cannot be built with it, and by nothing else."""
    said = {}
    for file in sorted((ROOT / "recipes").glob("*.toml")):
        for entry in recipes.read(file.read_bytes(), file.name, file.stem, _some_patch).entries:
            if entry.preflight:
                said[file.stem] = (entry.preflight.cuda, dict(entry.preflight.if_variables))
                assert entry.preflight.if_variables or entry.preflight.unless_variables or file.stem == "grouped-gemm"
    assert said["flash-attn"] == ("any", {})  # it fetches a ready wheel, whatever nvcc is here
    assert said["torch-scatter"] == ("torch", {"FORCE_CUDA": "1", "FORCE_ONLY_CUDA": "1"})


@pytest.mark.processes  # show looks for what confines
def test_show_tells_the_outcome_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cuda, "TOOLKITS", (str(tmp_path), "nowhere"))
    monkeypatch.setattr(_cuda, "installed_torch", lambda: _cuda.Torch("2.8.0+cpu", ""))
    table = 'preflight = { commands = ["sh"], cuda = "torch", unless-variables = { SKIP_CUDA = "TRUE" } }\n'
    tree = write(
        tmp_path, {"pyproject.toml": f'{BACKEND}{table}extra-build-variables = {{ CUDA_HOME = "/no/cuda" }}\n'}
    )
    told = CliRunner().invoke(group, ["show", str(tree)], catch_exceptions=False).stdout
    assert "looked at before a wheel is built (preflight), and here and now:  (table)\n  commands: sh is /" in told
    assert "\n  cuda: would end the build: torch 2.8.0+cpu is a CPU build" in told
    assert (
        "\n  cuda: would end the build: nvcc is not found: CUDA_HOME is /no/cuda, which has no bin/nvcc\n    cure: "
        in told
    )
    monkeypatch.setenv("SKIP_CUDA", "TRUE")
    result = CliRunner().invoke(group, ["show", str(tree), "--json"], catch_exceptions=False)
    expected = {"origin": "tool.augbackend in pyproject.toml", "spared": "SKIP_CUDA is TRUE", "findings": []}
    assert json.loads(result.stdout)["preflight"] == expected
    assert "  nothing: SKIP_CUDA is TRUE\n" in CliRunner().invoke(group, ["show", str(tree)]).stdout


@pytest.mark.processes
def test_show_without(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": BACKEND})
    assert "preflight" not in CliRunner().invoke(group, ["show", str(tmp_path)]).stdout


def test_a_refusal_is_understood_by_diagnose() -> None:
    """A build that it tries may be refused: for the same needs as one that fails for them later."""
    known = rows.load()
    cpu = "torch 2.8.0+cpu is a CPU build: a torch without CUDA finds no CUDA toolkit, whatever is installed"
    nvcc = "nvcc is not found: CUDA_HOME is not set, it is not on PATH nor in /usr/local/cuda"
    for said, need in ((cpu, "CUDA in torch"), (nvcc, "CUDA")):
        assert need in {row.need for row in known.symptom if re.search(row.says, f"  cuda: {said}\n")}
