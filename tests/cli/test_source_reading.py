"""What `diagnose` reads of a source tree: imports, variables and programs of any `setup.py`, which it never runs."""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augbackend.cli.diagnosis import static_reading
from augbackend.cli.diagnosis.setup_code import SourceLine
from augbackend.cli.diagnosis.static_reading import Reading, read
from augbackend.errors import AugbackendError
from augbackend.knowledge.pythons import is_standard

from ..conftest import write

Tree = Callable[[dict[str, "str | bytes"]], Path]


def kinds(reading: Reading, top: str = "torch") -> list[str]:
    return [one.kind for one in reading.imports if one.module.partition(".")[0] == top]


KINDS = {
    "plain": ("import torch", "always"),
    "of a part": ("import torch.utils.cpp_extension as c", "always"),
    "from": ("from torch.utils.cpp_extension import CUDAExtension", "always"),
    "one of several": ("import os, torch", "always"),
    "in the body of a class": ("class C:\n    import torch", "always"),
    "after finally": ("try:\n    pass\nfinally:\n    import torch", "always"),
    "try without handlers": ("try:\n    import torch\nfinally:\n    pass", "always"),
    "passed over": ("try:\n    import torch\nexcept ImportError:\n    pass", "if it is there"),
    "replaced": ("try:\n    import torch\nexcept ImportError:\n    torch = None", "if it is there"),
    "the replacement": ("try:\n    import x\nexcept ImportError:\n    import torch", "if it is there"),
    "bare except": ("try:\n    import torch\nexcept:\n    print('no torch')", "if it is there"),
    "raised anew": ("try:\n    import torch\nexcept ImportError:\n    raise RuntimeError('no torch')", "always"),
    "raised again": ("try:\n    import torch\nexcept ImportError as error:\n    print(error)\n    raise", "always"),
    "sys.exit": ("try:\n    import torch\nexcept ImportError:\n    print('no')\n    sys.exit(1)", "always"),
    "SystemExit": ("try:\n    import torch\nexcept ImportError:\n    raise SystemExit('no torch')", "always"),
    "exit": ("try:\n    import torch\nexcept ImportError:\n    exit(1)", "always"),
    "one handler of two forgives": (
        "try:\n    import torch\nexcept OSError:\n    raise\nexcept ImportError:\n    pass",
        "if it is there",
    ),
    "forgiven around what is not": (
        "try:\n    try:\n        import torch\n    except ImportError:\n        raise\nexcept Exception:\n    pass",
        "if it is there",
    ),
    "if": ("if True:\n    import torch", "if it is there"),
    "else": ("if x:\n    pass\nelse:\n    import torch", "if it is there"),
    "TYPE_CHECKING": ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch", "if it is there"),
    "function": ("def f():\n    import torch", "later"),
    "coroutine": ("async def f():\n    import torch", "later"),
    "function that forgives": (
        "def f():\n    try:\n        import torch\n    except ImportError:\n        pass",
        "later",
    ),
    "command": (
        "class build(build_ext):\n    def run(self):\n        import torch\n        super().run()",
        "later",
    ),
    "command in an if": ("if x:\n    class C(Command):\n        def run(self):\n            import torch", "later"),
}


@pytest.mark.parametrize("case", KINDS)
def test_kinds_of_imports(tree: Tree, case: str) -> None:
    source, expected = KINDS[case]
    assert kinds(read(tree({"setup.py": f"{source}\n"}))) == [expected]


def test_suppressed_import(tree: Tree) -> None:
    source = "import contextlib\nwith contextlib.suppress(ImportError):\n    import torch\n"
    assert kinds(read(tree({"setup.py": source}))) == ["if it is there"]


def test_only_what_setup_py_always_imports_is_certain(tree: Tree) -> None:
    source = "import torch, helper\nif x:\n    import numpy\n"
    reading = read(tree({"setup.py": source, "helper.py": "import Cython\n"}))
    certain = {one.module: one.is_certain for one in reading.imports}
    assert certain == {"torch": True, "helper": True, "numpy": False, "Cython": False}


def test_imports_have_their_lines(tree: Tree) -> None:
    reading = read(tree({"setup.py": "# why\n\nimport torch\n"}))
    assert [str(one.place) for one in reading.imports] == ["setup.py, line 3"]


FOLLOWED: dict[str, tuple[dict[str, str | bytes], str]] = {
    "module": ({"setup.py": "import helper", "helper.py": "import torch"}, "helper.py"),
    "from a module": ({"setup.py": "from helper import build", "helper.py": "import torch"}, "helper.py"),
    "package": ({"setup.py": "import pkg", "pkg/__init__.py": "import torch"}, "pkg/__init__.py"),
    "module of a package": (
        {"setup.py": "import pkg.a.b", "pkg/__init__.py": "", "pkg/a/__init__.py": "", "pkg/a/b.py": "import torch"},
        "pkg/a/b.py",
    ),
    "package on the way": (
        {"setup.py": "import pkg.a", "pkg/__init__.py": "import torch", "pkg/a.py": ""},
        "pkg/__init__.py",
    ),
    "version": (
        {
            "setup.py": "from pkg.version import V",
            "pkg/__init__.py": "from .core import x",
            "pkg/core.py": "import torch",
        },
        "pkg/core.py",
    ),
    "relative to the package": (
        {"setup.py": "import pkg", "pkg/__init__.py": "from . import core", "pkg/core.py": "import torch"},
        "pkg/core.py",
    ),
    "relative to the package above": (
        {"setup.py": "import pkg.a.b", "pkg/a/b.py": "from ..core import x", "pkg/core.py": "import torch"},
        "pkg/core.py",
    ),
    "relative to a module": (
        {"setup.py": "import pkg.a", "pkg/a.py": "from .core import x", "pkg/core.py": "import torch"},
        "pkg/core.py",
    ),
    "relative in src": (
        {"setup.py": "import pkg", "src/pkg/__init__.py": "from .core import x", "src/pkg/core.py": "import torch"},
        "src/pkg/core.py",
    ),
    "namespace package": ({"setup.py": "import tools.build", "tools/build.py": "import torch"}, "tools/build.py"),
}


@pytest.mark.parametrize("case", FOLLOWED)
def test_the_trees_own_modules_are_followed(tree: Tree, case: str) -> None:
    files, where = FOLLOWED[case]
    reading = read(tree(files))
    assert [one.place for one in reading.imports if one.module == "torch"] == [SourceLine(where, 1)]
    assert not any(one.module.startswith("src") for one in reading.imports)  # as Python calls them


@pytest.mark.parametrize(
    "setup",
    ["def f():\n    import helper", "import json", ""],
)
def test_what_need_not_be_imported_is_not_followed(tree: Tree, setup: str) -> None:
    assert kinds(read(tree({"setup.py": f"{setup}\n", "helper.py": "import torch\n"}))) == []


def test_what_need_not_be_there_needs_nothing_for_certain(tree: Tree) -> None:
    setup = "try:\n    import helper\nexcept ImportError:\n    pass\n"
    reading = read(tree({"setup.py": setup, "helper.py": "import torch\n"}))
    assert [one.kind for one in reading.imports if one.module == "torch"] == ["if it is there"]


def test_a_backend_in_the_tree_is_followed(tree: Tree) -> None:
    table = '[build-system]\nrequires = []\nbuild-backend = "inner.hooks"\nbackend-path = ["tools"]\n'
    package = {"tools/inner/__init__.py": "", "tools/inner/hooks.py": "import torch\n"}
    assert [one.module for one in read(tree({"pyproject.toml": table, **package})).imports] == ["torch"]


def test_a_backend_outside_of_the_tree_is_not_read(tree: Tree) -> None:
    table = '[build-system]\nrequires = []\nbuild-backend = "inner"\nbackend-path = ["../outside", "."]\n'
    folder = tree({"pyproject.toml": table})
    (folder.parent / "outside").mkdir()
    (folder.parent / "outside" / "inner.py").write_text("import torch\n", encoding="utf-8")
    assert read(folder).imports == ()


def test_modules_that_import_each_other(tree: Tree) -> None:
    reading = read(tree({"setup.py": "import a", "a.py": "import b, setup", "b.py": "import a, torch"}))
    assert kinds(reading) == ["always"]


def test_relative_imports_that_lead_out_of_the_tree(tree: Tree) -> None:
    reading = read(tree({"setup.py": "from .... import x\nfrom ...y import z\nimport torch"}))
    assert kinds(reading) == ["always"]


def test_src_layout_is_followed(tree: Tree) -> None:
    setup = "import sys\nsys.path.insert(0, 'src')\nimport pkg\n"
    assert kinds(read(tree({"setup.py": setup, "src/pkg/__init__.py": "import torch\n"}))) == ["always"]


def test_what_poetry_calls_the_project(tree: Tree) -> None:
    text = "[build-system]\nrequires = []\n[tool.poetry]\nname = 'of-poetry'\nversion = '3'\n"
    reading = read(tree({"pyproject.toml": text}))
    assert (reading.name, reading.version) == ("of-poetry", "3")


def test_submodule_imported_by_its_name_is_followed(tree: Tree) -> None:
    files: dict[str, str | bytes] = {
        "setup.py": "from tools import build\n",
        "tools/__init__.py": "",
        "tools/build.py": "import torch\n",
    }
    assert kinds(read(tree(files))) == ["always"]


def test_a_broken_module_of_the_tree_is_no_problem_of_setup_py(tree: Tree) -> None:
    reading = read(tree({"setup.py": "import helper, torch", "helper.py": "print 'x'"}))
    assert (reading.problem, kinds(reading)) == ("", ["always"])


def test_modules_of_the_tree(tree: Tree) -> None:
    files: dict[str, str | bytes] = {
        "setup.py": "",
        "top.py": "",
        "pkg/__init__.py": "",
        "data/x.txt": "",
        "src/inner/__init__.py": "",
        "src/single.py": "",
    }
    assert read(tree(files)).modules == {"setup", "top", "pkg", "inner", "single"}


def test_sources_of_cython(tree: Tree) -> None:
    assert read(tree({"setup.py": "", "b.pyx": "", "a/c.pyx": ""})).pyx == ("a/c.pyx", "b.pyx")


def test_standard_library() -> None:
    assert is_standard("os")
    assert is_standard("os.path")
    assert is_standard("sys")
    assert not is_standard("numpy")


# expression of a setup.py -> what says yes, what says no
VALUES = {
    "os.getenv('SKIP_IT', 'FALSE') == 'TRUE'": ("TRUE", "FALSE"),
    "os.environ.get('SKIP_IT') == 'true'": ("true", "false"),
    "os.environ.get('SKIP_IT', 'True') == 'True'": ("True", "False"),
    "os.environ.get('SKIP_IT', 'OFF') == 'ON'": ("ON", "OFF"),
    "os.environ.get('SKIP_IT') == 'Y'": ("Y", "N"),
    "int(os.environ.get('SKIP_IT', 0)) == 1": ("1", "0"),
    "int(os.environ.get('SKIP_IT', '0')) > 0": ("1", "0"),
    "os.environ.get('SKIP_IT', '1') != '0'": ("1", "0"),
    "os.environ.get('SKIP_IT', 'no') not in ('no', 'off')": ("yes", "no"),
    "os.environ.get('SKIP_IT') in ('1', 'true')": ("1", "0"),
    "os.environ.get('SKIP_IT') in ['yes', '1']": ("yes", "no"),
    "os.environ.get('SKIP_IT') in {'on'}": ("on", "off"),
    "os.getenv('SKIP_IT', 'false').lower() == 'true'": ("true", "false"),
    "os.getenv('SKIP_IT', '').strip().lower() in ('true', '1')": ("true", "false"),
    "bool(int(os.getenv('SKIP_IT', '0')))": ("1", "0"),
    "bool(int(os.environ['SKIP_IT']))": ("1", "0"),
    "strtobool(os.environ.get('SKIP_IT', 'no'))": ("yes", "no"),
    "distutils.util.strtobool(os.environ['SKIP_IT'])": ("1", "0"),
    "os.environ['SKIP_IT'] == 'TRUE'": ("TRUE", "FALSE"),
    "os.environ['SKIP_IT']": ("1", ""),
    "bool(os.environ.get('SKIP_IT'))": ("1", ""),
    "os.environ.get('SKIP_IT') is not None": ("1", ""),
    "'SKIP_IT' in os.environ": ("1", ""),
    "'SKIP_IT' not in os.environ": ("1", ""),
    "'SKIP_IT' in environ": ("1", ""),
    "getenv('SKIP_IT')": ("1", ""),
    "os.environ.get('SKIP_IT', 'cpu') == 'cuda'": ("cuda", "cpu"),
    "os.environ.get('SKIP_IT') != 'never'": ("1", "never"),
    "get_env_flag('SKIP_IT', '0')": ("1", "0"),
    "check_env('SKIP_IT')": ("1", ""),
    "helpers.read_environment('SKIP_IT') == 'ON'": ("ON", "OFF"),
    "not os.getenv('SKIP_IT', 'FALSE') == 'TRUE'": ("TRUE", "FALSE"),
}


@pytest.mark.parametrize("expression", VALUES)
@pytest.mark.parametrize("form", ["x = {}", "if {}:\n    pass", "def f():\n    return {}"])
def test_values_by_which_a_variable_answers(tree: Tree, expression: str, form: str) -> None:
    (found,) = read(tree({"setup.py": form.format(expression)})).variables
    assert (found.name, found.yes, found.no) == ("SKIP_IT", *VALUES[expression])


ASSIGNED = {
    "x = os.environ.get('SKIP_IT', 'FALSE')\nif x == 'TRUE': pass": ("TRUE", "FALSE"),
    "x = os.environ.get('SKIP_IT')\nif x and x.lower() == 'on': pass": ("on", "off"),
    "x = os.environ.get('SKIP_IT')\nif x in ('yes', 'true'): pass": ("yes", "no"),
    "x = os.environ.get('SKIP_IT', '0')\nif int(x) == 1: pass": ("1", "0"),
    "x = int(os.environ.get('SKIP_IT', '1'))\nif x: pass": ("1", "0"),
    "x = os.getenv('SKIP_IT')\ndef f():\n    return x == 'ON'": ("ON", "OFF"),
    "x = os.getenv('SKIP_IT')\ny = 2\nif y == 'ON': pass": ("1", ""),
}


@pytest.mark.parametrize("source", ASSIGNED)
def test_values_compared_after_they_were_assigned(tree: Tree, source: str) -> None:
    (found,) = read(tree({"setup.py": source})).variables
    assert (found.name, found.yes, found.no) == ("SKIP_IT", *ASSIGNED[source])


def test_compared_the_other_way_round(tree: Tree) -> None:
    (found,) = read(tree({"setup.py": "if 'TRUE' == os.environ.get('SKIP_IT'): pass"})).variables
    assert (found.yes, found.no) == ("TRUE", "FALSE")


@pytest.mark.parametrize(
    "expression",
    [
        "config.get('SKIP_IT')",
        "os.environ.get('path')",
        "os.environ.get(NAME)",
        "os.environ.get()",
        "os.environ[0]",
        "os.environ[NAME]",
        "'SKIP_IT' in modes",
    ],
)
def test_what_is_no_variable(tree: Tree, expression: str) -> None:
    assert read(tree({"setup.py": f"x = {expression}"})).variables == ()


def test_a_variable_that_is_set_is_not_read(tree: Tree) -> None:
    assert read(tree({"setup.py": "os.environ['MAX_JOBS'] = '4'"})).variables == ()


def test_a_variable_is_told_once_where_it_is_first_read(tree: Tree) -> None:
    source = "x = os.getenv('SKIP_IT') == 'ON'\n\ny = os.getenv('SKIP_IT') == 'TRUE'\n"
    (found,) = read(tree({"setup.py": source})).variables
    assert (found.yes, found.place) == ("ON", SourceLine("setup.py", 1))


def test_variables_of_the_trees_own_modules(tree: Tree) -> None:
    reading = read(tree({"setup.py": "import helper", "helper.py": "x = os.getenv('SKIP_IT')"}))
    assert [(one.name, one.place.file) for one in reading.variables] == [("SKIP_IT", "helper.py")]


CALLED = {
    "subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'numpy'])": [("pip", "numpy")],
    "subprocess.run(['pip', 'install', '--upgrade', 'numpy', 'cython<3'])": [("pip", "numpy"), ("pip", "cython<3")],
    "os.system('pip install numpy')": [("pip", "numpy")],
    "check_output(['nvcc', '-V'])": [("nvcc", "")],
    "subprocess.Popen(('git', 'rev-parse'))": [("git", "")],
    "os.popen('uname -a')": [("uname", "")],
    "subprocess.run(command)": [],
    "subprocess.run([])": [],
    "subprocess.run('')": [],
    "subprocess.run()": [],
    "config.read('setup.cfg')": [],
}


@pytest.mark.parametrize("source", CALLED)
def test_programs_that_are_run(tree: Tree, source: str) -> None:
    found = read(tree({"setup.py": f"\n{source}"})).called
    assert [(one.command, one.requirement) for one in found] == CALLED[source]
    assert all(one.place == SourceLine("setup.py", 2) for one in found)


# --- what a project says of itself -----------------------------------------------------------------------------------


def test_what_a_frontend_reads(tree: Tree) -> None:
    files: dict[str, str | bytes] = {
        "setup.py": "setup(name='other', version='0', setup_requires=['cython', 'wheel'])",
        "pyproject.toml": '[build-system]\nrequires = ["wheel", "numpy==1.17"]\nbuild-backend = "setuptools.build_meta"\n',
        "PKG-INFO": "Metadata-Version: 2.1\nName: Pkg\nVersion: 1.2\nRequires-Python: >=3.8\nRequires-Dist: a\n"
        "Requires-Dist: b>1\nClassifier: Programming Language :: Python :: 3\n"
        "Classifier: Programming Language :: Python :: 3.8\n",
    }
    reading = read(tree(files))
    assert (reading.name, reading.version, reading.backend) == ("Pkg", "1.2", "setuptools.build_meta")
    assert reading.asks_for == ("wheel", "numpy==1.17", "cython")
    assert (reading.requires_python, reading.pythons, reading.requires_dist) == (">=3.8", ("3.8",), ("a", "b>1"))


def test_a_project_table(tree: Tree) -> None:
    text = '[project]\nname = "pkg"\nversion = "3"\nrequires-python = ">=3.9"\nclassifiers = ["Programming Language :: Python :: 3.9"]\n'
    reading = read(tree({"pyproject.toml": text}))
    assert (reading.name, reading.version, reading.requires_python) == ("pkg", "3", ">=3.9")
    assert reading.pythons == ("3.9",)


def test_a_legacy_project(tree: Tree) -> None:
    reading = read(tree({"setup.py": "setup(name='pkg', version='1')"}))
    assert (reading.name, reading.version) == ("pkg", "1")


def test_what_a_frontend_assumes(tree: Tree) -> None:
    reading = read(tree({"setup.py": "setup(name='pkg', version='1')"}))
    assert reading.backend == "setuptools.build_meta:__legacy__"
    assert any(text.startswith("setuptools") for text in reading.asks_for)


def test_no_project(tree: Tree) -> None:
    with pytest.raises(AugbackendError, match="no Python project here"):
        read(tree({"README": ""}))


BROKEN: dict[str, dict[str, str | bytes]] = {
    "not TOML": {"pyproject.toml": "x ="},
    "not UTF-8": {"pyproject.toml": b"\xff"},
    "no list": {"pyproject.toml": "[build-system]\nrequires = 3\n"},
    "no table": {"pyproject.toml": "build-system = 3\n"},
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_pyproject_toml_that_no_frontend_takes(tree: Tree, case: str) -> None:
    with pytest.raises(AugbackendError):
        read(tree({**BROKEN[case], "setup.py": ""}))


ODD_PROJECTS = ["project = 3", "[project]\nname = 3\nversion = []", "[project]\nrequires-python = 3.9"]


@pytest.mark.parametrize("text", ODD_PROJECTS)
def test_odd_project_tables(tree: Tree, text: str) -> None:
    assert read(tree({"pyproject.toml": f"{text}\n", "setup.py": "import torch"})).imports


def test_classifiers_that_are_no_list(tree: Tree) -> None:
    assert read(tree({"pyproject.toml": "[project]\nclassifiers = 3\n", "setup.py": "import torch"})).imports


def test_a_pkg_info_that_is_none(tree: Tree) -> None:
    reading = read(tree({"setup.py": "import torch", "PKG-INFO": b"\xff\xfe\0\nno header\n\n: :\n"}))
    assert kinds(reading) == ["always"]


# --- any setup.py ----------------------------------------------------------------------------------------------------

READABLE: dict[str, str | bytes] = {
    "byte order mark": b"\xef\xbb\xbfimport torch\n",
    "latin-1": b"# -*- coding: latin-1 -*-\n# caf\xe9\nimport torch\n",
    "Windows' line ends": b"import os\r\nimport torch\r\n",
    "no line end": "import torch",
    "deep": "".join(f"{' ' * at}class C{at}:\n" for at in range(90)) + " " * 90 + "import torch",
}


@pytest.mark.parametrize("case", READABLE)
def test_odd_files_are_read(tree: Tree, case: str) -> None:
    reading = read(tree({"setup.py": READABLE[case]}))
    assert (kinds(reading), reading.problem) == (["always"], "")


UNREADABLE: dict[str, str | bytes] = {
    "Python 2": "print 'hello'\nimport torch\n",
    "Python 2's raise": "raise ValueError, 'x'\n",
    "null bytes": "import torch\0\n",
    "UTF-16": "import torch\n".encode("utf-16"),
    "unknown encoding": "# coding: nonsense\nimport torch\n",
    "no text encoding": "# coding: base64\nimport torch\n",
    "an encoding that decodes nothing": "# coding: undefined\nimport torch\n",
    "nested too deep": "(" * 1000,
    "cut off": "setup(name='x',",
    "binary": bytes(range(256)) * 10,
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_is_not_for_this_python_is_said_to_be(tree: Tree, case: str) -> None:
    reading = read(tree({"setup.py": UNREADABLE[case]}))
    assert (reading.imports, reading.variables) == ((), ())
    assert reading.problem
    assert "\n" not in reading.problem


def test_an_empty_file(tree: Tree) -> None:
    reading = read(tree({"setup.py": b""}))
    assert (reading.problem, reading.imports) == ("", ())


DEEP: dict[str, Callable[[int], str]] = {
    "sum": lambda n: "x = " + " + ".join(["'a'"] * n) + "\nsetup(setup_requires=x)\n",
    "minus": lambda n: f"x = {'-' * n}1\n",
    "attributes": lambda n: f"x = a{'.b' * n}('A_B')\n",
    "calls": lambda n: f"x = f{'(1)' * n}\n",
    "items": lambda n: f"x = a{'[0]' * n}['A_B']\n",
    "elif": lambda n: "if x: pass\n" + "elif x: pass\n" * n,
    "in": lambda n: "x = 'A_B' in " + " + ".join("abcd" * n) + "\n",
    "compared": lambda n: "x = os.getenv('A_B') == " + " + ".join("abcd" * n) + "\n",
}


@pytest.mark.parametrize("case", ["attributes", "calls", "items", "in"])
def test_deep_expressions_that_become_text(tree: Tree, case: str) -> None:
    for depth in (100, 300, 600, 1000, 3000):
        read(tree({"setup.py": DEEP[case](depth)}))


def test_deep_literals(tree: Tree) -> None:
    for depth in (500, 1000, 1500, 2500):
        read(tree({"setup.py": DEEP["sum"](depth)}))


def test_nested_so_deep_that_the_parser_gives_up(tree: Tree) -> None:
    read(tree({"setup.py": DEEP["minus"](100_000)}))


@pytest.mark.parametrize("case", ["minus", "elif", "compared"])
@pytest.mark.parametrize("depth", [100, 1000, 3000])
def test_deep_expressions(tree: Tree, case: str, depth: int) -> None:
    read(tree({"setup.py": DEEP[case](depth)}))


@pytest.mark.parametrize(
    "expression", ["os.environ.get('MAX_JOBS', {})", "os.environ.get('MAX_JOBS') == {}", "'MAX_JOBS' in {}"]
)
def test_long_numbers(tree: Tree, expression: str) -> None:
    read(tree({"setup.py": f"x = {expression.format('0x' + 'f' * 6000)}\n"}))


@pytest.mark.filterwarnings("default")
def test_nothing_is_warned_of(tree: Tree, recwarn: pytest.WarningsRecorder) -> None:
    """An escape that a string does not know is a warning in the compiler, and none of ours."""
    reading = read(tree({"setup.py": "import torch\nx = '\\d' is 'y'\n"}))
    assert kinds(reading) == ["always"]
    assert not list(recwarn)


def test_a_file_of_megabytes_is_not_parsed(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def parse(source: bytes, *_: object) -> ast.Module:
        parsed.append(len(source))
        return ast.Module(body=[], type_ignores=[])

    folder = tree({"setup.py": "#" * 5_000_000, "pyproject.toml": "[build-system]\nrequires = []\n"})
    with monkeypatch.context() as patch:
        patch.setattr(ast, "parse", parse)
        read(folder)
    assert max(parsed, default=0) < 3_000_000


LINES = st.lists(
    st.sampled_from(
        [
            "import torch", "from . import x", "from .a.b import *", "import a.b as c, d", "from ... import y", "try:",
            "    import numpy", "except ImportError:", "    pass", "    raise", "except:", "else:", "finally:", "if x:",
            "class C:", "    def run(self):", "        import cython", "x = os.environ.get('SKIP_IT', '0')", "if x == '1':",
            "int(os.environ['A_B'])", "os.environ['A_B'] = 1", "'A_B' in os.environ", "os.environ.get('A_B') in (None, *y)",
            "os.getenv('A_B', default) < 3 < x", "setup(name='x', **kw)", "setup(setup_requires=[x, 'a', *b] + c)",
            "os.system('pip install')", "run(['pip', 'install', *x, 1, None])", "run([])", "env(*x)", "env(b'A_B')", "env(1)[2](3)",
            "\t import y", "print 'x'", "# coding: latin-1", "# coding: x", "\0", "\f", "'", '"""', "\\", "(", ")", "[", "]", "{",
            "}", "lambda: (yield)", "async def f(): await x", "x: int = os.getenv('A_B')", "(y := os.getenv('A_B')) == 'ON'",
            "del os.environ['A_B']", "f'{os.environ[\"A_B\"]}'", "@env('A_B')", "os.environ.get('A_B').lower().strip()[0] == 'y'",
            "caf\u00e9 = '\U0001f600'", "a = b = os.getenv('A_B')", "a, b = env('A_B'), 1", "with env('A_B') as x: pass",
        ]
    ),
    max_size=12,
).map("\n".join)  # fmt: skip
ANYTHING = st.one_of(
    LINES.map(str.encode),
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
)


@given(setup=ANYTHING, helper=ANYTHING)
@pytest.mark.filterwarnings("ignore")
def test_no_text_makes_reading_it_fail(setup: bytes, helper: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        reading = read(
            write(Path(folder), {"setup.py": b"import a\n" + setup, "a.py": helper, "x/__init__.py": helper})
        )
    assert all(one.module and one.kind in ("always", "if it is there", "later") for one in reading.imports)
    assert all(one.name and one.yes for one in reading.variables)
    assert all(one.command for one in reading.called)


def test_a_pkg_info_of_any_length(tmp_path: Path) -> None:
    """Its fields come first, and what is behind them may be as long as it likes: it is not read."""
    write(tmp_path, {"setup.py": "", "PKG-INFO": f"Name: demo\nVersion: 1.0\n\n{'x' * 2**20}\n" * 12})
    assert len(static_reading._pkg_info(tmp_path).content) == static_reading._LARGEST
    assert read(tmp_path).name == "demo"
