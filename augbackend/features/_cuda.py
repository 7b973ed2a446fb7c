"""The CUDA that a torch is built with, and the nvcc that it would call; torch is not imported, which takes seconds.

::

    torch/version.py, as text -> Torch
    CUDA_HOME, CUDA_PATH, PATH, the usual place -> nvcc -> its version
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Optional

_HOMES = ("CUDA_HOME", "CUDA_PATH")
TOOLKITS = ("C:/Program Files/NVIDIA GPU Computing Toolkit/CUDA", "v*.*") if os.name == "nt" else ("/usr/local", "cuda")
_SECONDS = 20
_ASSIGNED = r"""(?m)^(\w+)\s*(?::[^=\n]*)?=\s*(?:None|["']([^"'\n]*)["'])"""


class Torch(NamedTuple):
    """The torch that a build has.

    :param cuda: the version that it is built with; empty if it is built without.
    :param is_for_rocm: whether it is built for AMD's processors.
    """

    version: str
    cuda: str
    is_for_rocm: bool = False


def installed_torch() -> Optional[Torch]:
    """The torch that an import would find; ``None`` if there is none that says what it is built with."""
    with suppress(ImportError, ValueError, OSError):  # the second: it was imported, and has no spec
        spec = find_spec("torch")
        if spec and spec.origin:
            return torch_of(Path(spec.origin).with_name("version.py").read_text(encoding="utf-8", errors="replace"))
    return None


def torch_of(text: str) -> Optional[Torch]:
    """What a ``torch/version.py`` says: its ``cuda`` and ``hip``, else the label of its version, ``2.8.0+cu128``."""
    said = {found[1]: found[2] or "" for found in re.finditer(_ASSIGNED, text)}
    version = said.get("__version__", "")
    label = version.partition("+")[2]
    if said.get("hip") or label.startswith("rocm"):
        return Torch(version, "", is_for_rocm=True)
    numbers = re.match(r"(?a)cu(\d+)(\d)\b", label)
    of_label = f"{numbers[1]}.{numbers[2]}" if numbers else "" if label == "cpu" else None
    cuda = said.get("cuda", of_label)
    return None if cuda is None else Torch(version, cuda)


def nvcc(environ: Mapping[str, str]) -> tuple[str, str]:
    """The nvcc that torch would call (``torch.utils.cpp_extension``, ``_find_cuda_home``); else nothing, and why."""
    name = next((name for name in _HOMES if environ.get(name)), "")
    found = None if name else shutil.which("nvcc", path=environ.get("PATH"))
    if found:
        return found, ""
    home = environ[name] if name else next(map(str, Path(TOOLKITS[0]).glob(TOOLKITS[1])), "")
    found = shutil.which("nvcc", path=str(Path(home, "bin"))) if home else None
    usual = "/".join(TOOLKITS)
    why = (
        f"{name} is {home}, which has no bin/nvcc"
        if name
        else f"CUDA_HOME is not set, it is not on PATH nor in {usual}"
    )
    return (found, "") if found else ("", f"nvcc is not found: {why}")


def release(file: str) -> str:
    """The version of CUDA that an nvcc is of; empty if it does not say.

    :raises OSError: if it cannot be run, or fails.
    """
    try:
        ran = subprocess.run(  # noqa: S603  # the compiler that the build would call
            [file, "--version"], capture_output=True, text=True, errors="replace", check=True, timeout=_SECONDS
        )
    except subprocess.SubprocessError as error:
        raise OSError(str(error)) from error
    found = re.search(r"release (\d+\.\d+)", ran.stdout)
    return found[1] if found else ""
