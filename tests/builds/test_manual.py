"""Every command of the README and the manual is run, word for word; every table in them is read."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from augbackend.hook import declared
from augbackend.hook.wrapped_backend import resolved
from augbackend.knowledge import rows

from ..conftest import ROOT, leaving_to_ci
from ..manual import BLOCKS, Block, blocks, commands
from ..matrix import frontends as matrix
from ..matrix.frontends import BIN, EXE, Frontends
from . import fake_torch

pytestmark = pytest.mark.builds


@pytest.fixture
def clone(frontends: Frontends, tmp_path: Path) -> Path:
    """A fresh clone, and beside it a fresh virtual environment."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tmp_path / "clone")], check=True)
    frontends.run(sys.executable, "-m", "venv", str(tmp_path / "environment"), cwd=tmp_path)
    return tmp_path / "clone"


def run(frontends: Frontends, command: str, folder: Path, **variables: str) -> str:
    uv = Path(frontends.program("uv")).parent
    # What a command leaves in the background would keep this one's output open.
    path = f'export PATH="{folder.parent / "environment" / BIN}:{uv}:$PATH"'
    activated = f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT; {path}; {command}"
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("the commands are for a POSIX shell")
    home = {"UV_TOOL_DIR": str(folder.parent / "tools"), "UV_TOOL_BIN_DIR": str(folder.parent / "commands")}
    return frontends.run(shell, "-e", "-c", activated, cwd=folder, **{**home, **variables})


def test_every_block_is_run() -> None:
    """Here, or by ``tests/tools``."""
    elsewhere = {
        block.scenario
        for block in BLOCKS
        if block.page in ("docs/how-to/other-tools.md", "docs/how-to/published-tool.md")
    }
    assert {block.scenario for block in blocks("console")} - elsewhere == {
        "clone",
        "ci",
        "compile-once",
        "compile-once-against-torch",
        "diagnose",
        "flash-attn",
        "my-package",
        "consumer",
        "wrap",
        "index",
        "recipes",
        "torch",
        "upload",
        "poetry",
        "pdm",
    }


def test_the_tutorial_says_nothing_that_is_not_run() -> None:
    assert set(commands("flash-attn")) <= set(commands("consumer"))


def test_ci_runs_the_test_command() -> None:
    (command,) = commands("ci")
    assert command == "python -m pip install tox && tox"
    lines = [line.strip() for line in (ROOT / ".ci" / "run").read_text().splitlines()]
    assert any(line.endswith("-m pip install --quiet --disable-pip-version-check tox") for line in lines)
    assert "tox" in lines


def test_in_a_fresh_clone(frontends: Frontends, clone: Path) -> None:
    pages = ("README.md", "docs/how-to/your-own-package.md")
    said = [run(frontends, command, clone) for page in pages for command in commands("clone", page)]
    assert said[0].endswith("Hello  from augexample-legacy\n")
    assert said[-1].endswith("Hello from augexample-consumer!\n")


def test_taking_what_somebody_found(frontends: Frontends, clone: Path) -> None:
    run(frontends, 'python -m pip install --quiet ".[cli]"', clone)
    said = [run(frontends, command, clone) for command in commands("recipes")]
    assert re.search(r"(?m)^cchardet +==2\.1\.7 .* verified on 3\.11", said[0])
    assert "extra-build-dependencies: cython\n" in said[1]
    assert "cython==" in said[2]


def test_diagnosing(frontends: Frontends, clone: Path) -> None:
    run(frontends, 'python -m pip install --quiet ".[cli]"', clone)
    said = [run(frontends, command, clone) for command in commands("diagnose")]
    (shown,) = [block.text for block in blocks("") if block.text.startswith("html5lib 1.1 builds")]
    measured = re.compile(r" in \d+ s, Python .*|\n  (?:not )?confined[ ;].*(?:\n    .*)*")
    assert measured.sub("", shown).strip() in measured.sub("", said[0])
    assert "done: ./wrapped.d/html5lib-1.1.tar.gz is written" in said[1]
    assert "Successfully built html5lib" in said[2]
    assert "html5lib-1.1-py2.py3-none-any.whl" in said[3]


def test_with_a_package_of_ones_own(frontends: Frontends, clone: Path, tmp_path: Path) -> None:
    package = tmp_path / "my-package"
    package.mkdir()
    shutil.copy(clone / "examples" / "legacy-setup-py" / "setup.py", package)
    run(frontends, f'uv pip install --quiet --python python build "{clone}[cli]"', clone)
    before = {file.name: file.read_bytes() for file in package.iterdir()}
    said = {}
    for command in commands("my-package"):
        said[command] = run(frontends, f"cd '{tmp_path}'; {command}", clone)
        if "Ahoy" in command:
            assert "Ahoy" in (package / "augexample_legacy.py").read_text()
    assert any("  + tabulate  (build-system.requires)" in text for text in said.values())
    assert (package / "setup.py").read_bytes() == before["setup.py"]
    assert not (package / "_augbackend").exists()
    assert not (package / "pyproject.toml").exists()


@pytest.mark.skipif(not (shutil.which("ccache") and shutil.which("cc")), reason="there is no ccache, or no compiler")
@pytest.mark.parametrize("scenario", leaving_to_ci(["compile-once", "compile-once-against-torch"], ["compile-once"]))
def test_compiled_once(frontends: Frontends, clone: Path, tmp_path: Path, scenario: str) -> None:
    fake_torch.make(frontends.wheels, "2.8.0")
    extension = tmp_path / "my-extension"
    extension.mkdir()
    (extension / "setup.py").write_text(
        "from setuptools import Extension, setup\nsetup(name='demo', version='1', ext_modules=[Extension('demo', ['demo.c'])])\n"
    )
    (extension / "demo.c").write_text(
        "#include <Python.h>\n"
        'static struct PyModuleDef demo = {PyModuleDef_HEAD_INIT, "demo", NULL, -1, NULL};\n'
        "PyMODINIT_FUNC PyInit_demo(void) { return PyModule_Create(&demo); }\n"
    )
    run(frontends, f'uv pip install --quiet --python python "{clone}[cli]"', clone)
    cache = {"CCACHE_DIR": str(tmp_path / "ccache"), "UV_PYTHON": str(tmp_path / "environment" / BIN / "python")}
    asked = commands(scenario)
    if scenario != "compile-once":
        asked.insert(-1, f"{asked[-2]} -v --force-reinstall --no-deps")  # a second time
    said = []
    for command in asked:
        said.append(run(frontends, f"cd '{tmp_path}'; {command}", clone, **cache))
        shutil.rmtree(extension / "build", ignore_errors=True)  # setuptools would take its objects
    assert re.search(r"Hits: +1 / +2", said[-1])
    if scenario != "compile-once":
        assert "note: torch 2.8.0+fake is not installed for the build: the one in " in said[-2]


def prepare(frontends: Frontends, clone: Path) -> None:
    """Fake torches beside the index, and the command line in the environment of the commands."""
    for version in ("2.8.0", "2.9.0"):
        fake_torch.make(frontends.wheels, version)
    run(frontends, f'uv pip install --quiet --python python "{clone}[cli]"', clone)
    (clone / ".python-version").write_text(f"{sys.executable}\n")


def script(frontends: Frontends, scenario: str, clone: Path, folder: str, *programs: str, **variables: str) -> str:
    """Run a scenario's commands one after the other in one shell."""
    prepare(frontends, clone)
    # Where the commands make an environment of their own, that is the one to install into.
    python = str(clone.parent / "environment" / BIN / "python")
    chosen = {} if "uv venv" in commands(scenario) else {"UV_PYTHON": python}
    path = ":".join(str(Path(program).parent) for program in programs)
    folders = {name: str(clone.parent / name) for name in ("PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR")}
    joined = "\n".join([f'export PATH="$PATH:{path}"', f'cd "{clone / folder}"', *commands(scenario)])
    return run(frontends, joined, clone, **{**chosen, **folders, **variables})


@pytest.mark.ci
def test_a_tool_that_depends_on_flash_attn(frontends: Frontends, clone: Path) -> None:
    before = (clone / "examples" / "flash-attn-repro" / "pyproject.toml").read_text()
    said = script(frontends, "consumer", clone, "", frontends.program("pipx"))
    assert (
        said.count("Hello from flash-attn-repro!\n") == commands("consumer").count("flash-attn-repro") + 2
    )  # uvx, uv run
    for command in ("commands", "PIPX_BIN_DIR"):
        greeting = frontends.run(str(clone.parent / command / f"flash-attn-repro{EXE}"), cwd=clone)
        assert greeting == "Hello from flash-attn-repro!\n"
    assert "stale: wrapped.d/flash_attn-2.8.3.tar.gz" in said
    assert "+ torch==2.9.0" in said
    after = (clone / "examples" / "flash-attn-repro" / "pyproject.toml").read_text()
    assert after == before.replace("torch==2.8.0", "torch==2.9.0")
    assert not (clone / "examples" / "flash-attn-repro" / "wrapped.d").exists()


@pytest.mark.ci
def test_one_package_and_a_team(frontends: Frontends, clone: Path) -> None:
    (clone / "wrapped.d").mkdir()
    fake_torch.make(clone / "wrapped.d", "2.8.0")  # what uv is told replaces what its variable says
    said = script(frontends, "wrap", clone, "", UV_LINK_MODE="copy")
    assert "nothing else differs" in said
    assert "flash-attn-2.8.3" in said or "flash_attn-2.8.3" in said
    assert list(clone.glob("flash_attn-2.8.3+team-*.whl"))


@pytest.mark.tools  # that pip and uv take an archive from an index, tests/builds/test_constraints.py holds
def test_an_upload(frontends: Frontends, clone: Path) -> None:
    run(frontends, f'uv pip install --quiet --python python "{clone}[cli]"', clone)
    fake_torch.make(frontends.wheels, "2.8.0")
    run(frontends, commands("wrap")[0], clone)
    said = script(frontends, "upload", clone, "")
    archives = [clone / folder / "flash_attn-2.8.3.tar.gz" for folder in ("packages", "wrapped.d")]
    assert archives[0].read_bytes() == archives[1].read_bytes()
    assert re.search(r"Successfully installed .*flash[-_]attn-2\.8\.3", said)


@pytest.mark.ci
def test_an_index(frontends: Frontends, clone: Path) -> None:
    said = script(frontends, "index", clone, "")
    assert "html5lib 1.1+aug: written" in said
    assert "Successfully installed html5lib-1.1+aug" in said
    assert re.search(r"[+~] html5lib==1\.1\+aug", said)
    assert "everything is up to date" in said


@pytest.mark.ci
def test_which_torch(frontends: Frontends, clone: Path) -> None:
    said = script(frontends, "torch", clone, "")
    assert re.findall(r"\+ (torch==[^ ]+)  \(--match-runtime, matched to requirements.txt\)", said) == [
        "torch==2.8.0",
        "torch==2.9.0",
    ]
    assert "\n['torch==2.8.0+fake', 'einops']\n" in said  # the variant that is there
    assert '"purl": "pkg:pypi/torch@2.8.0%2Bfake"' in said
    assert " - torch==2.8.0+fake\n + torch==2.9.0+fake\n" in said


@pytest.mark.tools  # that both build and install an archive, tests/matrix/test_which_torch.py holds
@pytest.mark.parametrize("name", ["poetry", "pdm"])
def test_a_tool_of(frontends: Frontends, clone: Path, name: str) -> None:
    consumer = clone / "examples" / "flash-attn-repro"
    if name == "poetry" and " " in str(clone):
        pytest.skip("scripts that poetry installs do not start from a path with a space")
    program = frontends.program(*(("poetry",) if name == "poetry" else ("pdm", "pdm[locked]")))
    prepare(frontends, clone)
    run(frontends, "cd examples/flash-attn-repro; augbackend wrap --no-sources", clone)
    (table,) = [block.text for block in blocks("toml") if f"tool.{name}." in block.text]
    more = ("einops", "packaging", "psutil", "ninja", "wheel", "flit_core", "flit-core")
    with matrix.index(frontends, *more) as url, (consumer / "pyproject.toml").open("a") as file:
        # This machine's mirror of the index need not have what these two ask it for.
        if name == "poetry":
            table += f'[[tool.poetry.source]]\nname = "local"\nurl = "{url}"\npriority = "primary"\n'
        else:
            table += f'url = "{url}"\n'
        print(f"\n{table}", file=file, flush=True)
        settings = {"POETRY_VIRTUALENVS_IN_PROJECT": "true", "PDM_CHECK_UPDATE": "false", "PDM_IGNORE_ACTIVE_VENV": "1"}
        environ = {**settings, "POETRY_KEYRING_ENABLED": "false"}
        said = script(frontends, name, clone, "examples/flash-attn-repro", program, **environ)
    assert said.endswith("Hello from flash-attn-repro!\n")


@pytest.mark.parametrize("block", blocks("toml"), ids=lambda block: block.page)
def test_tables(tmp_path: Path, block: Block) -> None:
    if "[[symptom]]" in block.text:
        (tmp_path / "knowledge.toml").write_text(block.text)
        assert rows.load((tmp_path / "knowledge.toml",)).requirement_for("acme") == "acme-build-support"
        return
    (tmp_path / "pyproject.toml").write_text(block.text)
    build = declared.read(tmp_path, environ={})
    resolved(build, {})
