"""What is looked at before a build begins, with a torch and an nvcc that are a few lines of text."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest

from augbackend.errors import SettingsError
from augbackend.features import Feature, _cuda, _machine, preflight
from augbackend.features._cuda import Torch
from augbackend.features.preflight import Preflight
from augbackend.hook import declared
from augbackend.hook.wrapped_backend import surrounded
from augbackend.table import Build

from ..conftest import run_hook, write

Tree = Callable[[dict[str, "str | bytes"]], Path]
GIB = 2**30
NVCC = "#!/bin/sh\necho 'Cuda compilation tools, release {}, V{}.88'\n"
TORCH = "from typing import Optional\n__version__ = '{}'\ncuda: Optional[str] = {}\nhip: Optional[str] = {}\n"
ENDLESS = "torch {} is a CPU build: a torch without CUDA finds no CUDA toolkit, whatever is installed"


def build(tree: Path, **said: Any) -> Build:
    return Build(tree, {"preflight": Preflight(**said)}, {})


def command(file: Path, text: str = "#!/bin/sh\n") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


@pytest.fixture
def cuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """Make a CUDA toolkit of a version; gives the environment that finds it, and nothing else."""
    monkeypatch.setattr(_cuda, "TOOLKITS", (str(tmp_path), "nowhere"))

    def made(version: str) -> dict[str, str]:
        if version:
            command(tmp_path / "cuda/bin/nvcc", NVCC.format(version, version))
        return {"CUDA_HOME": str(tmp_path / "cuda")} if version else {"PATH": ""}

    return made


@pytest.fixture
def torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a torch with this ``version.py`` where an import finds it, and that an import would not survive."""
    monkeypatch.delitem(sys.modules, "torch", raising=False)

    def made(version: str) -> None:
        files: dict[str, str | bytes] = {"site/torch/__init__.py": "1 / 0\n", "site/torch/version.py": version}
        monkeypatch.syspath_prepend(str(write(tmp_path, files) / "site"))

    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TORCH.format("2.8.0+cu128", "'12.8'", "None"), Torch("2.8.0+cu128", "12.8")),
        (TORCH.format("2.8.0", "'12.8'", "None"), Torch("2.8.0", "12.8")),
        (TORCH.format("2.8.0+cpu", "None", "None"), Torch("2.8.0+cpu", "")),
        (TORCH.format("2.8.0+rocm6.4", "None", "'6.4.4'"), Torch("2.8.0+rocm6.4", "", is_for_rocm=True)),
        # torch before 1.9, and one of a distribution of Linux
        ('__version__ = "1.7.1"\ncuda = "10.2"\nhip = None\n', Torch("1.7.1", "10.2")),
        # where the file does not say it, the label does
        ("__version__ = '2.8.0+cu128'\n", Torch("2.8.0+cu128", "12.8")),
        ("__version__ = '2.9.0+cu130.with.pypi'\n", Torch("2.9.0+cu130.with.pypi", "13.0")),
        ("__version__ = '1.4.0+cu92'\n", Torch("1.4.0+cu92", "9.2")),
        ("__version__ = '2.8.0+cpu'\n", Torch("2.8.0+cpu", "")),
        ("__version__ = '2.8.0+rocm6.4'\n", Torch("2.8.0+rocm6.4", "", is_for_rocm=True)),
        ("__version__ = '2.8.0'\n", None),
        ("__version__ = '2.8.0+customs1'\n", None),
        ("", None),
    ],
)
def test_version_of_torch_as_text(text: str, expected: Torch | None) -> None:
    assert _cuda.torch_of(text) == expected


def test_torch_is_found_and_not_imported(torch: Callable[[str], None]) -> None:
    torch(TORCH.format("2.8.0", "'12.8'", "None"))
    assert _cuda.installed_torch() == Torch("2.8.0", "12.8")
    assert "torch" not in sys.modules


def test_no_torch_that_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ([], [str(write(tmp_path, {"torch/sub/x.py": ""}))], [str(write(tmp_path / "2", {"torch.py": ""}))]):
        monkeypatch.setattr(sys, "path", path)
        assert _cuda.installed_torch() is None


class Case(NamedTuple):
    """A version.py, in three words; the version of nvcc, if it is there; the wish; what is said, and the cures."""

    torch: tuple[str, str, str]
    nvcc: str
    wanted: str
    expected: list[tuple[str, str]]


MISMATCH = "nvcc 13.0 is {cuda}/bin/nvcc, and torch 2.8.0 is built with CUDA 12.8: torch compiles with 12.x only"
WITH_CUDA, WITHOUT = ("2.8.0", "'12.8'", "None"), ("2.8.0+cpu", "None", "None")


@pytest.mark.processes
@pytest.mark.parametrize(
    "case",
    [
        Case(
            WITH_CUDA, "12.8", "torch", [("nvcc 12.8 is {cuda}/bin/nvcc, and torch 2.8.0 is built with CUDA 12.8", "")]
        ),
        Case(
            WITH_CUDA, "12.4", "torch", [("nvcc 12.4 is {cuda}/bin/nvcc, and torch 2.8.0 is built with CUDA 12.8", "")]
        ),
        Case(
            WITH_CUDA,
            "13.0",
            "torch",
            [(MISMATCH, "set CUDA_HOME to a CUDA toolkit 12, or let the build have a torch for CUDA 13")],
        ),
        Case(WITH_CUDA, "13.0", "any", [("nvcc is {cuda}/bin/nvcc", "")]),
        Case(
            WITH_CUDA,
            "",
            "any",
            [
                (
                    "nvcc is not found: CUDA_HOME is not set, it is not on PATH nor in {home}/nowhere",
                    "install the CUDA toolkit 12, or set CUDA_HOME to where it is",
                )
            ],
        ),
        Case(
            WITHOUT,
            "13.0",
            "torch",
            [
                (
                    ENDLESS.format("2.8.0+cpu"),
                    "let the build have a torch with CUDA, from an index or a folder that has one",
                ),
                ("nvcc 13.0 is {cuda}/bin/nvcc", ""),
            ],
        ),
        Case(
            ("2.8.0", "None", "None"),  # of conda, say; no label
            "13.0",
            "any",
            [
                (
                    "torch 2.8.0 is built without CUDA: a torch without CUDA finds no CUDA toolkit, whatever is installed",
                    "let the build have a torch with CUDA, from an index or a folder that has one",
                ),
                ("nvcc is {cuda}/bin/nvcc", ""),
            ],
        ),
        Case(
            ("2.8.0+rocm6.4", "None", "'6.4.4'"),
            "",
            "torch",
            [("torch 2.8.0+rocm6.4 is built for ROCm, and wants no nvcc", "")],
        ),
        Case(
            WITH_CUDA, "none that says it", "torch", [("nvcc of a version that it does not say is {cuda}/bin/nvcc", "")]
        ),
        Case(WITH_CUDA, "", "none", []),
    ],
)
def test_cuda(cuda: Callable[[str], dict[str, str]], torch: Callable[[str], None], tmp_path: Path, case: Case) -> None:
    torch(TORCH.format(*case.torch))
    found = preflight.findings(build(tmp_path, cuda=case.wanted), cuda(case.nvcc))
    there = {"cuda": tmp_path / "cuda", "home": tmp_path}
    assert found == [("cuda", said.format_map(there), cure) for said, cure in case.expected]


def test_cuda_without_a_torch(
    cuda: Callable[[str], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not installed is told of by another check; nvcc is wanted all the same."""
    monkeypatch.setattr(sys, "path", [])
    first, second = preflight.findings(build(tmp_path, cuda="any"), cuda(""))
    assert first == ("cuda", "there is no torch here that says what it is built with", "")
    assert second.cure == "install the CUDA toolkit, or set CUDA_HOME to where it is"


@pytest.mark.processes
@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 3\n", "\0no program"])
def test_nvcc_that_cannot_be_used(cuda: Callable[[str], dict[str, str]], tmp_path: Path, text: str) -> None:
    environ = cuda("12.8")
    command(tmp_path / "cuda/bin/nvcc", text)
    found = preflight.findings(build(tmp_path, cuda="torch"), environ)[-1]
    assert found.said.startswith("nvcc cannot be used: ")
    assert found.cure == "mend it, or set CUDA_HOME to another CUDA toolkit"


def test_where_nvcc_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As torch does: a variable wins, whatever is elsewhere; then PATH; then the usual place."""
    first, second, usual = (str(command(tmp_path / name / "bin" / "nvcc")) for name in ("a", "b", "cuda-usual"))
    monkeypatch.setattr(_cuda, "TOOLKITS", (str(tmp_path), "cuda-*"))
    path = str(tmp_path / "b" / "bin")
    assert _cuda.nvcc({"CUDA_HOME": str(tmp_path / "a"), "PATH": path}) == (first, "")
    assert _cuda.nvcc({"CUDA_HOME": "", "CUDA_PATH": str(tmp_path / "a"), "PATH": path}) == (first, "")
    assert _cuda.nvcc({"PATH": path}) == (second, "")
    assert _cuda.nvcc({"PATH": ""}) == (usual, "")
    why = f"nvcc is not found: CUDA_HOME is {tmp_path}, which has no bin/nvcc"
    assert _cuda.nvcc({"CUDA_HOME": str(tmp_path), "PATH": path}) == ("", why)


def test_commands(cuda: Callable[[str], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ninja = command(tmp_path / "bin" / "ninja")
    beside = command(tmp_path / "env" / "cmake")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "env" / "python"))
    environ = {**cuda(""), "PATH": str(tmp_path / "bin")}
    assert preflight.findings(build(tmp_path, commands=("ninja", "swig", "cmake")), environ) == [
        ("commands", f"ninja is {ninja}", ""),
        ("commands", "the command swig is not on PATH", "install it, or put its folder on PATH"),
        ("commands", "the command cmake is not on PATH", f"put the folder of {beside} on PATH"),
    ]


def test_nvcc_as_a_command(cuda: Callable[[str], dict[str, str]], tmp_path: Path) -> None:
    (there,) = preflight.findings(build(tmp_path, commands=("nvcc",)), cuda("12.8"))
    assert there == ("commands", f"nvcc is {tmp_path}/cuda/bin/nvcc", "")
    (absent,) = preflight.findings(build(tmp_path, commands=("nvcc",)), cuda(""))
    assert (absent.check, absent.cure) == ("commands", "install the CUDA toolkit, or set CUDA_HOME to where it is")
    # What is said of CUDA says all of it, and is not said twice.
    assert not preflight.findings(build(tmp_path, commands=("nvcc",), cuda="torch", skip="cuda"), cuda(""))


def test_memory(tmp_path: Path) -> None:
    machine = write(tmp_path, {"proc/meminfo": f"MemAvailable: {4 * GIB // 1024} kB\n"})
    (enough,) = preflight.findings(build(tmp_path, memory="4 GB"), {}, machine)
    assert enough == ("memory", "4.0 GiB of this machine are free, and 4 GB are wanted", "")
    (short,) = preflight.findings(build(tmp_path, memory="8 GB"), {}, machine)
    assert short == (
        "memory",
        "4.0 GiB of this machine are free, and 8 GB are wanted; where memory ends, compilers are killed",
        "end what else runs, or build where there is more",
    )


def test_memory_of_a_control_group(tmp_path: Path) -> None:
    group = {"memory.max": str(2 * GIB), "memory.current": str(GIB), "memory.stat": ""}
    files: dict[str, str | bytes] = {f"sys/fs/cgroup/{name}": text for name, text in group.items()}
    mount = "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
    files.update({"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": mount})
    machine = write(tmp_path, {"proc/meminfo": f"MemAvailable: {64 * GIB // 1024} kB\n", **files})
    (found,) = preflight.findings(build(tmp_path, memory="8 GB"), {}, machine)
    assert found.said.startswith("1.0 GiB of the control group / are free, and 8 GB are wanted;")


def test_memory_that_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = _machine.Limit(sys.maxsize, "this machine")
    monkeypatch.setattr(_machine, "available_memory", lambda _: unknown)
    assert not preflight.findings(build(tmp_path, memory="8 GB"), {})


def test_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, temporary = tmp_path / "tree", tmp_path / "t"
    tree.mkdir()
    temporary.mkdir()
    usage = {str(tree): 20 * GIB, str(temporary): GIB}
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(0, 0, usage[str(folder)]))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(temporary))
    real, own = Path.stat, {temporary: 1, tree: 2}

    class Stat(NamedTuple):
        st_dev: int

    # In one file system, one is looked at.
    assert len(preflight.findings(build(tree, disk="10 GB"), {})) == 1
    monkeypatch.setattr(Path, "stat", lambda self, **more: Stat(own[self]) if self in own else real(self, **more))
    assert preflight.findings(build(tree, disk="10 GB"), {}) == [
        (
            "disk",
            f"1.0 GiB are free where TMPDIR is ({temporary}), and 10 GB are wanted",
            "make room there, or set TMPDIR to another folder",
        ),
        ("disk", f"20.0 GiB are free where the source tree is ({tree}), and 10 GB are wanted", ""),
    ]
    usage[str(tree)] = GIB
    assert preflight.findings(build(tree, disk="10 GB"), {})[1].cure == "make room there"


@pytest.mark.parametrize(
    ("said", "environ", "expected"),
    [
        ({}, {}, ""),
        ({"unless_variables": {"SKIP_CUDA": "TRUE"}}, {}, ""),
        ({"unless_variables": {"SKIP_CUDA": "TRUE"}}, {"SKIP_CUDA": "FALSE"}, ""),
        ({"unless_variables": {"SKIP_CUDA": "TRUE"}}, {"SKIP_CUDA": "TRUE"}, "SKIP_CUDA is TRUE"),
        ({"if_variables": {"FORCE_CUDA": "1"}}, {"FORCE_CUDA": "1"}, ""),
        ({"if_variables": {"FORCE_CUDA": "1", "ONLY_CUDA": "1"}}, {"ONLY_CUDA": "1"}, ""),
        (
            {"if_variables": {"FORCE_CUDA": "1", "ONLY_CUDA": "1"}},
            {"FORCE_CUDA": "0"},
            "FORCE_CUDA is not 1, ONLY_CUDA is not 1",
        ),
    ],
)
def test_variables_that_spare_it(said: dict[str, Any], environ: dict[str, str], expected: str) -> None:
    assert preflight.spared(Preflight(**said), environ) == expected


def test_looked_at_when_all_is_shown_and_nothing_surrounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The launchers of ``compiler-cache`` are on ``PATH`` later: one of them is called nvcc as well."""
    monkeypatch.chdir(tmp_path)
    told: list[str] = []

    @contextmanager
    def shown(found: Build, _: str) -> Iterator[Build]:
        told.append("shown")
        yield found

    @contextmanager
    def around(_: Build, is_called: bool) -> Iterator[None]:
        told.append(f"around {is_called}")
        yield

    first, second = Feature(str, "", shown=shown, around=around), Feature(str, "", ready=lambda _: told.append("ready"))
    found = Build(tmp_path, {}, {}, (first, second))
    with surrounded(found, "build_wheel"):
        assert told == ["shown", "ready", "around True"]
    told.clear()
    with surrounded(found, "build_editable", is_called=False), surrounded(found, "build_sdist"):
        assert told == ["shown", "around False", "shown"]


PYPROJECT = """
[build-system]
requires = []
build-backend = "augbackend"
[tool.augbackend]
build-backend = "inner"
backend-path = ["."]
extra-build-variables = { CUDA_HOME = "/no/cuda" }
preflight = { commands = ["no-such-1"], cuda = "any", memory = "900000 TB", unless-variables = { SKIP_CUDA = "TRUE" } }
"""
INNER = """
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return "wheel"
def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return "editable"
def build_sdist(sdist_directory, config_settings=None):
    return "sdist"
def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    return "metadata"
"""


@pytest.mark.processes
def test_a_build_that_lacks_something_is_not_begun(tree: Tree) -> None:
    """The declared variables are set by then; all that is wrong is told at once."""
    folder = tree({"pyproject.toml": PYPROJECT, "inner.py": INNER, "torch/__init__.py": "1 / 0\n"})
    (folder / "torch" / "version.py").write_text(TORCH.format(*WITHOUT))
    environ = {"PYTHONPATH": f"{Path(__file__).parents[2]}:{folder}"}
    for hook in ("build_wheel", "build_editable"):
        refused = run_hook(folder, hook, "wd", environ=environ)
        assert (refused.status, refused.answer) == (1, None)
        lines = refused.stderr.splitlines()
        free = lines.pop(7)
        assert free.startswith("  memory: ")
        assert "900000 TB are wanted" in free
        assert lines == [
            "augbackend: error: the build is not begun, since it lacks something here",
            "  commands: the command no-such-1 is not on PATH",
            "    cure: install it, or put its folder on PATH",
            f"  cuda: {ENDLESS.format('2.8.0+cpu')}",
            "    cure: let the build have a torch with CUDA, from an index or a folder that has one",
            "  cuda: nvcc is not found: CUDA_HOME is /no/cuda, which has no bin/nvcc",
            "    cure: install the CUDA toolkit, or set CUDA_HOME to where it is",
            "    cure: end what else runs, or build where there is more",
            "  where: tool.augbackend.preflight",
            "  hint: with SKIP_CUDA=TRUE, nothing is looked at; AUGBACKEND_PREFLIGHT=skip=commands,cuda,memory begins"
            " it all the same",
        ]


@pytest.mark.processes
def test_only_what_makes_a_wheel_is_looked_at(tree: Tree) -> None:
    folder = tree({"pyproject.toml": PYPROJECT, "inner.py": INNER})
    assert run_hook(folder, "prepare_metadata_for_build_wheel", "md").answer == "metadata"
    assert run_hook(folder, "build_sdist", "wd").answer == "sdist"
    assert run_hook(folder, "get_requires_for_build_wheel").answer == []


@pytest.mark.processes
def test_variables_of_the_user_turn_it_off(tree: Tree) -> None:
    folder = tree({"pyproject.toml": PYPROJECT, "inner.py": INNER})
    assert run_hook(folder, "build_wheel", "wd", environ={"SKIP_CUDA": "TRUE"}).answer == "wheel"
    skip = {"AUGBACKEND_PREFLIGHT": "skip=commands,cuda,memory"}
    assert run_hook(folder, "build_wheel", "wd", environ=skip).answer == "wheel"
    assert (
        run_hook(folder, "build_wheel", "wd", {"augbackend.preflight": "skip=commands,cuda,memory"}).answer == "wheel"
    )
    # What was skipped before stays in the word that turns off the rest.
    some = run_hook(folder, "build_wheel", "wd", environ={"AUGBACKEND_PREFLIGHT": "skip=memory, commands"})
    assert some.stderr.endswith("AUGBACKEND_PREFLIGHT=skip=commands,cuda,memory begins it all the same\n")


@pytest.mark.processes
def test_nothing_is_wrong(tree: Tree) -> None:
    lines = PYPROJECT.partition("preflight")[0] + 'preflight = { memory = "1 kB", disk = "1 kB" }\n'
    assert run_hook(tree({"pyproject.toml": lines, "inner.py": INNER}), "build_wheel", "wd").answer == "wheel"


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (
            'skip = "cuda,gpu"',
            "skip: found 'cuda,gpu': expected some of commands, cuda, memory, disk, separated by commas",
        ),
        ('commands = ["a b"]', "commands[0]: found 'a b': expected the name of a command, such as 'ninja'"),
        ('commands = ["/bin/sh"]', "commands[0]: found '/bin/sh': expected the name of a command, such as 'ninja'"),
        ('memory = "much"', "memory: found 'much': expected a size such as '4GiB'"),
        ('cuda = "12.8"', "cuda: found '12.8' (a string), expected one of 'torch', 'any', 'none'"),
    ],
)
def test_mistakes(tree: Tree, said: str, complaint: str) -> None:
    folder = tree({"pyproject.toml": f"[tool.augbackend]\npreflight = {{ {said} }}\n"})
    with pytest.raises(SettingsError) as caught:
        declared.read(folder)
    assert caught.value.mistakes == (f"tool.augbackend.preflight.{complaint}",)
