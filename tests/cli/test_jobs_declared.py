"""``jobs`` on the command line: what ``show`` tells, what ``wrap`` and ``adopt`` write and offer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from augbackend.cli.main import group
from augbackend.cli.wrapping import known_memory
from augbackend.knowledge import rows
from augbackend.table.layers import read_pyproject

from ..conftest import write
from .archives import own_table, sdist, wrapped
from .runner import CliRunner

pytestmark = pytest.mark.processes  # show looks for what confines

BACKEND = '[build-system]\nrequires = ["augbackend"]\nbuild-backend = "augbackend"\n[tool.augbackend]\n'
NVCC = next(row for row in rows.load().compiler if row.name == "nvcc")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(group, [*arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def cuda_tree(folder: Path) -> Path:
    return write(folder, {"setup.py": "from setuptools import setup\nsetup(name='demo')\n", "csrc/kernel.cu": ""})


def test_show_says_why_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NVCC_THREADS", "2")
    table = 'jobs = { max = 1, exclusive = true }\nextra-build-variables = { MAX_JOBS = "3" }\n'
    write(tmp_path, {"pyproject.toml": f"{BACKEND}{table}"})
    told = run("show", str(tmp_path))
    assert "jobs: 1 at once, each with 2 threads of nvcc: " in told
    assert "; at most 1 jobs; 2 at once in each job (NVCC_THREADS)  (table)\n" in told
    assert "  no other exclusive build of this user's compiles at that time\n" in told
    found = json.loads(run("show", str(tmp_path), "--json"))["jobs"]
    assert (found["jobs"], found["threads"], found["exclusive"]) == (1, 2, True)


def test_show_counts_with_declared_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NVCC_THREADS", raising=False)
    write(tmp_path, {"pyproject.toml": f'{BACKEND}jobs = {{}}\nextra-build-variables = {{ NVCC_THREADS = "9999" }}\n'})
    assert "; 9999 at once in each job (NVCC_THREADS)" in run("show", str(tmp_path))


def test_show_without(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": BACKEND})
    assert "jobs:" not in run("show", str(tmp_path))
    assert json.loads(run("show", str(tmp_path), "--json"))["jobs"] is None


@pytest.mark.parametrize(("asked", "written"), [("auto", NVCC.memory_per_job), ("2GiB", "2GiB")])
def test_adopt_writes_the_number(tmp_path: Path, asked: str, written: str) -> None:
    tree = cuda_tree(tmp_path)
    told = run("adopt", str(tree), "--memory-per-job", asked)
    assert read_pyproject(tree)["tool"]["augbackend"]["jobs"] == {"memory-per-job": written}
    assert f"  its compilers are as many as memory allows: {written} each" in told
    assert ("as nvcc was seen to need" in told) == (asked == "auto")
    assert "nothing to change" in run("adopt", str(tree), "--memory-per-job", asked)


def test_adopt_offers_it_where_it_matters(tmp_path: Path) -> None:
    assert "  nvcc compiles it; --memory-per-job auto " in run("adopt", str(cuda_tree(tmp_path / "cuda")))
    plain = write(tmp_path / "plain", {"setup.py": "from setuptools import setup\nsetup(name='demo')\n"})
    assert "memory" not in run("adopt", str(plain))
    told = run("adopt", str(plain), "--memory-per-job", "auto")
    assert read_pyproject(plain)["tool"]["augbackend"]["jobs"] == {}
    assert "as there are processors; jobs.memory-per-job is not said, and not known" in told


def test_a_size_that_is_none(tmp_path: Path) -> None:
    result = CliRunner().invoke(group, ["adopt", str(cuda_tree(tmp_path)), "--memory-per-job", "much"])
    assert result.exit_code == 2
    assert "jobs.memory-per-job: found 'much': expected a size such as '4GiB'" in result.stderr
    assert not (tmp_path / "pyproject.toml").exists()


def test_wrap_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive = sdist(tmp_path / "upstream", {"csrc/kernel.cu": ""})
    told = wrapped(archive, "--require", "numpy", "--memory-per-job", "auto").stdout
    assert own_table(tmp_path / "wrapped.d" / archive.name)["jobs"] == {"memory-per-job": NVCC.memory_per_job}
    assert f"allows: {NVCC.memory_per_job} each, as nvcc was seen to need\n" in told


def test_a_project_says_it_for_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive = sdist(tmp_path / "links", {"csrc/kernel.cu": ""})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(archive.parent))
    table = '[project]\nname = "app"\nversion = "1"\ndependencies = ["demo==1.0"]\n[tool.augbackend.packages.demo]\n'
    write(tmp_path, {"pyproject.toml": f"{table}jobs = {{ exclusive = true, max = 3 }}\n"})
    wrapped()
    expected = {"exclusive": True, "max": 3, "memory-per-job": NVCC.memory_per_job}
    assert own_table(tmp_path / "wrapped.d" / archive.name)["jobs"] == expected


def test_files_of_environments_and_hidden_folders_do_not_count(tmp_path: Path) -> None:
    names = {"a.py": "", "src/b.cu": "", ".git/c.cu": "", "venv/pyvenv.cfg": "", "venv/lib/d.cu": ""}
    assert sorted(known_memory.files_in(write(tmp_path, {**names}))) == ["a.py", "b.cu"]
