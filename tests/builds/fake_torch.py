"""A torch of a few KB, with just what flash-attn's ``setup.py`` touches, that counts who imports it."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

FILES = {
    "torch/__init__.py": """\
import os
from . import cuda, version
__version__ = version.__version__
if "FAKE_TORCH_LOG" in os.environ:
    with open(os.environ["FAKE_TORCH_LOG"], "a") as log:
        print(__version__, file=log)
class _C:
    _GLIBCXX_USE_CXX11_ABI = True
""",
    "torch/version.py": "cuda, hip = '12.8', None\n__version__ = {version!r}\n",
    "torch/cuda/__init__.py": "def is_available():\n    return False\n",
    "torch/utils/__init__.py": "",
    "torch/utils/cpp_extension.py": """\
from setuptools import Extension
from setuptools.command.build_ext import build_ext
CUDA_HOME = ROCM_HOME = None
IS_HIP_EXTENSION = False
class BuildExtension(build_ext):
    @classmethod
    def with_options(cls, **options):
        return cls
def CppExtension(*arguments, **options):
    return Extension(*arguments, **options)
CUDAExtension = CppExtension
""",
}


def make(folder: Path, version: str) -> str:
    """Write the wheel; its local label makes every frontend prefer it to the real one. Returns its version."""
    version = f"{version}+fake"
    info = f"torch-{version}.dist-info"
    files = {name: text.replace("{version!r}", repr(version)) for name, text in FILES.items()}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with ZipFile(folder / f"torch-{version}-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return version


def imports(log: Path) -> int:
    """How often torch was imported, which is how often ``setup.py`` ran."""
    return len(log.read_text().splitlines()) if log.exists() else 0
