"""Sdists that do not build, or that build and should not be believed: file name → text, made on the fly."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

from ..cli.archives import entries, tarred
from ..conftest import write

PKG_INFO = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
SETUP = "from setuptools import setup\nsetup(name='demo', version='1.0', packages=['demo'])\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
BEFORE_ALL = 1_500_000_000  # 2017-07-14
NOW = 1_790_000_000  # 2026-09-21


def files(setup_py: str, more: Mapping[str, str] | None = None, *, name: str = "demo") -> dict[str, str]:
    """A package of that name with this ``setup.py``."""
    found = {"PKG-INFO": PKG_INFO.format(name=name), f"{name}/__init__.py": "x = 1\n", "setup.py": setup_py}
    return {name: text for name, text in {**found, **(more or {})}.items() if text}


def sdist(folder: Path, content: Mapping[str, str], *, stem: str = "demo-1.0", mtime: int = NOW) -> Path:
    """Write ``<stem>.tar.gz``, all of it of one day."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{stem}.tar.gz"
    packed = tarred([replace(one, mtime=mtime) for one in entries(content, stem)])
    archive.write_bytes(gzip.compress(packed, mtime=0))
    return archive


def tree(folder: Path, content: Mapping[str, str]) -> Path:
    """Write them as a folder of the user's."""
    return write(folder, dict(content))


def wheel(folder: Path, name: str, version: str, requires: Sequence[str], text: str = "") -> None:
    """Write a wheel of one module that declares dependencies."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    lines = [f"Requires-Dist: {one}\n" for one in requires]
    members = {
        f"{name}.py": text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{''.join(lines)}",
        f"{info}/WHEEL": WHEEL,
    }
    members[f"{info}/RECORD"] = "".join(f"{one},,\n" for one in (*members, f"{info}/RECORD"))
    with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)


# CMake looks for what a Python package has.
NANOBIND = {
    "pyproject.toml": """\
[build-system]
requires = ["scikit-build-core"]
build-backend = "scikit_build_core.build"

[project]
name = "demo"
version = "1.0"
""",
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.15...3.30)
project(demo CXX)
find_package(Python COMPONENTS Interpreter Development.Module REQUIRED)
find_package(nanobind CONFIG REQUIRED)
nanobind_add_module(demo demo.cpp)
install(TARGETS demo DESTINATION .)
""",
    "demo.cpp": """\
#include <nanobind/nanobind.h>
NB_MODULE(demo, m) { m.def("twice", [](int x) { return 2 * x; }); }
""",
}
# setuptools takes the sources of an extension into the sdist, and no header beside them.
HEADER_LEFT_OUT = files(
    "from setuptools import Extension, setup\n"
    "extension = Extension('demo._c', ['csrc/c.c'], include_dirs=['csrc'])\n"
    "setup(name='demo', version='1.0', packages=['demo'], ext_modules=[extension])\n",
    {
        "PKG-INFO": "",
        "csrc/sub.h": "#include <Python.h>\n",
        "csrc/c.c": '#include "sub.h"\n'
        'static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_c", 0, -1, 0};\n'
        "PyMODINIT_FUNC PyInit__c(void) { return PyModule_Create(&module); }\n",
    },
)

# --- traps -------------------------------------------------------------------------------------------------------

# Setuptools 58 dropped the class; what is said names neither a requirement nor a bound.
OLD_SETUPTOOLS = files("""\
from setuptools import setup
from setuptools.command import build_py
class BuildPy(build_py.build_py, build_py.Mixin2to3): pass
setup(name='demo', version='1.0', packages=['demo'], cmdclass={'build_py': BuildPy})
""")

# A later Cython dropped the function; what is said names no bound.
OLD_CYTHON = files("""\
from Cython.Build.Dependencies import cleanup_cache
from setuptools import setup
setup(name='demo', version='1.0', packages=['demo'])
""")

# The sdist lacks what Cython makes of the .pyx; setup.py has it made if a variable says so.
C_LEFT_OUT = files(
    """\
import os
from setuptools import Extension, setup
if os.environ.get('DEMO_USE_CYTHON', '0') == '1':
    from Cython.Build import cythonize
    extensions = cythonize(['demo/_fast.pyx'])
else:
    extensions = [Extension('demo._fast', ['demo/_fast.c'])]
setup(name='demo', version='1.0', packages=['demo'], ext_modules=extensions)
""",
    {"demo/_fast.pyx": "x = 1\n"},
)

PLUGGED = {
    "PKG-INFO": PKG_INFO.format(name="demo"),
    "demo/__init__.py": "x = 1\n",
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "demo"
version = "1.0"
dynamic = ["readme"]
[tool.hatch.metadata.hooks.fancy-pypi-readme]
content-type = "text/markdown"
fragments = [{ text = "x" }]
""",
}

THROUGH_ITSELF = files(
    "from setuptools import setup\nimport demo\nsetup(name='demo', version=demo.version, packages=['demo'])\n",
    {"demo/__init__.py": "from .client import version\n", "demo/client.py": "import otherlib\nversion = '1.0'\n"},
)

IN_COMMANDS = files("""\
from setuptools import Command, setup
def commit():
    import git
    return git.Repo('.').head
class Tox(Command):
    user_options = []
    def initialize_options(self): pass
    def finalize_options(self): pass
    def run(self):
        import tox
        tox.cmdline()
setup(name='demo', version='1.0', packages=['demo'], cmdclass={'tox': Tox, 'test': Tox})
""")

# The hook that asks for requirements hears of the first; pip is to fetch the second.
FETCHES_TWICE = files("""\
from setuptools import setup
from setuptools.dist import Distribution
Distribution().fetch_build_eggs(['otherlib'])
Distribution().fetch_build_eggs(['scanner>=0.5'])
import scanner
setup(name='demo', version='1.0', packages=['demo'])
""")

CALLS_PIP = files("""\
import subprocess, sys
from setuptools import setup
try:
    import otherlib
except ImportError:
    subprocess.check_call([sys.executable, '-m', 'pip', 'install', '--quiet', 'otherlib'])
    import otherlib
setup(name='demo', version='1.0', packages=['demo'])
""")

PYX = "def add(int a, int b):\n    return a + b\n"
SILENT = files(
    """\
from setuptools import Extension, setup
try:
    import otherlib
    from Cython.Build import cythonize
except ImportError:
    extensions = []
else:
    extensions = cythonize([Extension('demo._fast', ['demo/_fast.pyx'])])
setup(name='demo', version='1.0', packages=['demo'], ext_modules=extensions)
""",
    {"demo/_fast.pyx": PYX},
)
SILENT_LATER = files(
    """\
import otherlib
from setuptools import Extension, setup
try:
    from Cython.Build import cythonize
except ImportError:
    extensions = []
else:
    extensions = cythonize([Extension('demo._fast', ['demo/_fast.pyx'])])
setup(name='demo', version='1.0', packages=['demo'], ext_modules=extensions)
""",
    {"demo/_fast.pyx": PYX},
)

OPTIONAL_TORCH = files("""\
from setuptools import setup
try:
    import torch
except ImportError:
    requires = ['six']
else:
    requires = ['torch==' + torch.__version__]
setup(name='demo', version='1.0', packages=['demo'], install_requires=requires)
""")

UNLIKE_ITS_PKG_INFO = files(
    """\
import os
from setuptools import setup
requires = ['six', 'idna'] if os.environ.get('DEMO_SLIM', '0') != '1' else ['six']
setup(name='demo', version='1.0', packages=['demo'], install_requires=requires)
""",
    {"PKG-INFO": PKG_INFO.format(name="demo") + "Requires-Dist: six\n"},
)

PINNED_SETUPTOOLS = '[build-system]\nrequires = ["setuptools<60", "wheel"]\n'
OLD_PIN = files(SETUP, {"pyproject.toml": PINNED_SETUPTOOLS})
TORCH_AND_A_PIN = files(
    "import torch\nfrom setuptools import setup\nsetup(name='demo', version='1.0', packages=['demo'])\n",
    {"pyproject.toml": PINNED_SETUPTOOLS},
)
TORCH_AND_OLD_SETUPTOOLS = files(
    "import torch\nimport pkg_resources\nfrom setuptools import setup\n"
    "assert pkg_resources.get_distribution('setuptools').parsed_version.base_version < '60', 'only with an old one'\n"
    "setup(name='demo', version='1.0', packages=['demo'])\n",
    {"pyproject.toml": PINNED_SETUPTOOLS},
)

BUILDS_WITH_TORCH = files("from torch.utils import cpp_extension\n" + SETUP)

NEEDS_PIP = files("import pip\n" + SETUP.replace("demo", "chumpy"), name="chumpy")
NEEDS_OTHERLIB = files("import otherlib\n" + SETUP)

# --- hostile -----------------------------------------------------------------------------------------------------

WRITES_ELSEWHERE = files("import os\nopen(os.environ['SDKROOT'], 'w').write('x')\n" + SETUP)
WRITES_ELSEWHERE_IF_IT_MAY = files(
    "import os\ntry: open(os.environ['SDKROOT'], 'w').write('x')\nexcept OSError as error: print(repr(error), error)\n"
    + SETUP
)
PYTHON_2 = files("print 'hello'\n" + SETUP)
PYTHON_2_INSIDE = files(SETUP, {"demo/__init__.py": "print 'hello'\n"})
LOOPS = files("while True: pass\n")
DELETES_ITSELF = files(
    "import os, shutil\nshutil.rmtree(os.path.dirname(os.path.abspath(__file__)))\nfrom setuptools import setup\n"
    "setup(name='demo', version='1.0')\n"
)
READS = {
    "input": files("input('Do you accept? ')\n" + SETUP),
    "stdin": files("import sys\nassert sys.stdin.read() == ''\n" + SETUP),
}
PRINTS_MUCH = files("for _ in range(10000): print('building\\n' * 1100)\nimport otherlib\n" + SETUP)
ENDS = {
    "sys.exit(0)": files("import sys\nsys.exit(0)\n"),
    "os._exit(0)": files("import os\nos._exit(0)\n"),
    "os._exit(7)": files("import os\nos._exit(7)\n"),
    "KeyboardInterrupt": files("raise KeyboardInterrupt\n"),
    "killed": files("import os\nos.kill(os.getpid(), 9)\n"),
}
SAYS_WHY = files("raise SystemExit('demo is no longer maintained: use other')\n")

BACKEND = '[build-system]\nrequires = []\nbuild-backend = "inner"\nbackend-path = ["."]\n'
IN_TREE = "import os, zipfile\ndef build_wheel(folder, config_settings=None, metadata_directory=None):\n"


def in_tree(body: str) -> dict[str, str]:
    """A tree whose own backend builds its wheel so."""
    return files("", {"pyproject.toml": BACKEND, "inner.py": IN_TREE + body})


NO_WHEEL = in_tree(
    "    name = 'demo-1.0-py3-none-any.whl'\n    open(os.path.join(folder, name), 'w').write('not this')\n    return name\n"
)
NAMES_NO_FILE = in_tree("    return 'demo-1.0-py3-none-any.whl'\n")
EMPTY_WHEEL = in_tree(
    "    name = 'demo-1.0-py3-none-any.whl'\n    zipfile.ZipFile(os.path.join(folder, name), 'w').close()\n    return name\n"
)
GOOD_WHEEL = """\
    name = 'demo-1.0-py3-none-any.whl'
    with zipfile.ZipFile(os.path.join(folder, name), 'w') as wheel:
        wheel.writestr('demo.py', '')
        wheel.writestr('demo-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n')
        wheel.writestr('demo-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
        wheel.writestr('demo-1.0.dist-info/RECORD', '')
    return name
"""
OF_ANOTHER_SYSTEM = in_tree(GOOD_WHEEL.replace("py3-none-any", "cp27-cp27m-win32"))
BACKEND_MISSES = files("", {"pyproject.toml": BACKEND, "inner.py": "import otherlib\n" + IN_TREE + GOOD_WHEEL})
BACKEND_BROKEN = files("", {"pyproject.toml": BACKEND, "inner.py": "1 / 0\n"})
UNKNOWN_BACKEND = files(
    "", {"pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "no_such.backend"\n'}
)

# --- what no declaration brings ----------------------------------------------------------------------------------

NEEDS_A_HEADER = files(
    "from setuptools import Extension, setup\n"
    "setup(name='demo', version='1.0', packages=['demo'], ext_modules=[Extension('demo._fast', ['demo/_fast.c'])])\n",
    {"demo/_fast.c": "#include <json-c/of_no_release.h>\n"},
)
DOWNLOADS = files("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/data.zip', timeout=5)\n" + SETUP)
FOR_NO_PYTHON = files(SETUP, {"PKG-INFO": PKG_INFO.format(name="demo") + "Requires-Python: >=3.99\n"})

# --- what is carried out afterwards ------------------------------------------------------------------------------

NEEDS_PKG_RESOURCES = files("import pkg_resources\n" + SETUP)
NEEDS_A_VARIABLE = files("import os\nkind = os.environ['DEMO_BUILD_KIND']\n" + SETUP)
PINS_WHAT_IS_NOT = files(SETUP, {"pyproject.toml": '[build-system]\nrequires = ["setuptools", "otherlib==9.9"]\n'})
NEEDS_A_NEIGHBOUR = files(
    "import helper\n" + SETUP,
    {
        "helper.py": "x = 1\n",
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
    },
)
