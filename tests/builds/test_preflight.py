"""``preflight`` by real frontends: a build that lacks something is not begun, until a variable says that it is to be."""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from ..conftest import ROOT, write
from ..matrix.frontends import BuildFailedError, Frontends

pytestmark = pytest.mark.builds
NAME = "cputorch"  # a torch for processors, of three lines, with a command of its own
VERSION = "1.0+here"  # a local version cannot be on an index, so that nobody's project of that name is taken for ours
TABLE = """\
extra-build-dependencies = ["{name}=={version}"]
preflight = {{ commands = ["{name}-tool"], cuda = "torch" }}
"""
INNER = """\
from pathlib import Path
from zipfile import ZipFile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    print("the build is begun")
    name, info = "demo-1-py3-none-any.whl", "demo-1.dist-info"
    files = {
        "demo.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: demo\\nVersion: 1\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: inner\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{one},,\\n" for one in (*files, f"{info}/RECORD"))
    with ZipFile(Path(wheel_directory, name), "w") as wheel:
        for one, text in files.items():
            wheel.writestr(one, text)
    return name
"""
PYPROJECT = f"""\
[build-system]
requires = ["tomli; python_version < '3.11'"]
build-backend = "augbackend"
backend-path = ["_augbackend"]

[tool.augbackend]
build-backend = "inner"
backend-path = ["_inner"]
{TABLE.format(name=NAME, version=VERSION)}"""


def make_torch(folder: Path) -> None:
    info = f"{NAME}-{VERSION}.dist-info"
    with ZipFile(folder / f"{NAME}-{VERSION}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("torch/__init__.py", "raise SystemExit('torch is imported')\n")
        wheel.writestr("torch/version.py", "__version__ = '9.9+cpu'\ncuda = None\nhip = None\n")
        tool = ZipInfo(f"{NAME}-{VERSION}.data/scripts/{NAME}-tool")
        tool.external_attr = 0o100755 << 16  # else pip installs a file, and no command
        wheel.writestr(tool, "#!python\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.mark.skipif(sys.platform == "win32", reason="a script of a wheel is no command there")
def test_not_begun_until_it_is_told_to(frontends: Frontends, tmp_path: Path) -> None:
    make_torch(frontends.wheels)
    tree = write(tmp_path / "tree", {"pyproject.toml": PYPROJECT, "_inner/inner.py": INNER})
    own = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    frontends.run(sys.executable, "-m", "augbackend.cli", "adopt", str(tree), cwd=tmp_path, **own)
    python = str(frontends.environment(tmp_path / "environment"))
    by_pip = [frontends.program("pip"), "--python", python, "install", "--force-reinstall", "-v", str(tree)]
    by_uv = ["uv", "pip", "install", "--python", python, "--reinstall-package", "demo", "-v", str(tree)]
    for install in (by_pip, by_uv):
        with pytest.raises(BuildFailedError) as refused:
            frontends.run(*install, cwd=tmp_path)
        said = str(refused.value)
        assert "cuda: torch 9.9+cpu is a CPU build: " in said
        assert f"{NAME}-tool" not in said.partition("augbackend: error: ")[2]  # it is on the build's PATH
        assert "the build is begun" not in said
        frontends.run(*install, cwd=tmp_path, AUGBACKEND_PREFLIGHT="skip=cuda")
