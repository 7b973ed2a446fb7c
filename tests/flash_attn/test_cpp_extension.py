"""An extension of torch's own kind, compiled against the real torch, and again after a change of torch.

The other torch is the same one under another number: in its version, and in the header that says it to a compiler.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from augbackend.standards import wheels

from ..cli.archives import sdist
from ..conftest import ROOT
from ..matrix.frontends import BuildFailedError, Frontends
from .real_torch import VERSION, WHEEL

pytestmark = pytest.mark.flash_attn

PUBLIC = VERSION.partition("+")[0]
OTHER_PUBLIC = f"{PUBLIC.partition('.')[0]}.0.99"  # below: an installer's constraint may forbid one above
OTHER = VERSION.replace(PUBLIC, OTHER_PUBLIC)

SETUP = """
from setuptools import setup
from torch.utils.cpp_extension import BuildExtension, CppExtension

setup(
    name="cppext",
    version="1.0",
    install_requires=["torch"],
    ext_modules=[CppExtension("cppext", ["cppext.cpp"], extra_compile_args=["-O0"])],
    cmdclass={"build_ext": BuildExtension},
)
"""
SOURCE = """
#include <torch/extension.h>
#include <torch/version.h>

double total(torch::Tensor tensor) { return tensor.sum().item<double>(); }

PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
  module.def("total", &total);
  module.attr("built_with") = TORCH_VERSION;
}
"""
CODE = "import torch, cppext; print(cppext.built_with, torch.__version__, cppext.total(torch.ones(5)))"


@pytest.fixture(scope="module", autouse=True)
def _other_torch(frontends: Frontends) -> None:
    place = frontends.wheels / WHEEL.name.replace(VERSION, OTHER)
    shutil.copyfile(WHEEL, place)
    with ZipFile(place) as archive:
        (header,) = (name for name in archive.namelist() if name.endswith("headeronly/version.h"))
        changes: dict[str, bytes | None] = {
            name: archive.read(name).replace(old.encode(), new.encode())
            for name, old, new in (("torch/version.py", VERSION, OTHER), (header, PUBLIC, OTHER_PUBLIC))
        }
        for name in archive.namelist():
            folder, _, rest = name.partition("/")
            if folder == f"torch-{VERSION}.dist-info":
                content = archive.read(name)
                changes[name] = None
                changes[f"torch-{OTHER}.dist-info/{rest}"] = content.replace(
                    f"\nVersion: {VERSION}".encode(), f"\nVersion: {OTHER}".encode()
                )
    wheels.edit(place, changes, f"torch-{OTHER}.dist-info/RECORD")


def wrapped(frontends: Frontends, folder: Path, torch: str) -> Path:
    """The package, wrapped for a torch."""
    folder.mkdir()
    archive = sdist(folder / "in", {"setup.py": SETUP, "cppext.cpp": SOURCE}, name="cppext")
    (folder / "requirements.txt").write_text(f"torch=={torch}\n")
    options = ("--match-runtime", "torch", "--lock", "requirements.txt", "--require", "ninja")
    command = (sys.executable, "-m", "augbackend.cli", "wrap", str(archive), *options)
    frontends.run(*command, cwd=folder, PYTHONPATH=str(ROOT))
    return folder / "wrapped.d" / "cppext-1.0.tar.gz"


def said(frontends: Frontends, python: Path, folder: Path) -> str:
    """The last line: torch warns of a numpy that is not there."""
    return frontends.run(str(python), "-c", CODE, cwd=folder).splitlines()[-1]


@pytest.mark.parametrize("frontend", ["pip", "uv"])
def test_a_change_of_torch(frontends: Frontends, tmp_path: Path, frontend: str) -> None:
    python = frontends.environment(tmp_path / "environment")
    command = ["uv", "pip", "install", "--python", str(python)]
    if frontend == "pip":
        command = [frontends.program("pip"), "--python", str(python), "install"]
    old, new = (wrapped(frontends, tmp_path / torch, torch) for torch in (VERSION, OTHER))
    frontends.run(*command, f"torch=={VERSION}", str(old), cwd=tmp_path)
    assert said(frontends, python, tmp_path) == f"{PUBLIC} {VERSION} 5.0"
    with pytest.raises(BuildFailedError, match=r"(?s)conflicting dependencies.*torch|cppext.*depends on torch"):
        frontends.run(*command, f"torch=={OTHER}", str(old), cwd=tmp_path)
    frontends.run(*command, f"torch=={OTHER}", str(new), cwd=tmp_path)
    assert said(frontends, python, tmp_path) == f"{OTHER_PUBLIC} {OTHER} 5.0"
