"""The rules of `diagnose`: what a failure leads to, and how what no declaration mends is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augbackend.cli.diagnosis import failure_clues, obstacles, proposals
from augbackend.cli.diagnosis.attempt import Attempt, Failure, Stage
from augbackend.cli.diagnosis.evidence import Case, Obstacle, Proposal, declaring
from augbackend.cli.diagnosis.search import key
from augbackend.cli.diagnosis.static_reading import Reading, read
from augbackend.cli.diagnosis.upper_bounds import is_possible as may_exist
from augbackend.cli.model.declaration import Declaration
from augbackend.knowledge import rows

Tree = Callable[[dict[str, "str | bytes"]], Path]
KNOWN = rows.load()
NOWHERE = Path("nowhere")


LATER = "2100-01-01"  # no release came after that


def case_of(folder: Path, python: str = "3.11", dated: str = LATER) -> Case:
    return Case(folder, read(folder), KNOWN, python, dated)


def failed(
    output: str, stage: Stage = "get_requires", declaration: Declaration | None = None, **installed: str
) -> Attempt:
    versions = {"setuptools": "80.9.0", **installed}
    return Attempt(declaration or Declaration(), None, Failure(stage, output), 1.0, versions)


def proposed(case: Case, outcome: Attempt) -> list[str]:
    found = []
    for one in proposals.proposed(case, outcome):
        words = [
            *one.adds.requirement_texts.values(),
            *(f"{name}={value}" for name, value in one.adds.variable_values.items()),
        ]
        found.append(" ".join([*words, *(f"-{name}" for name in one.adds.removed)]))
    return list(dict.fromkeys(found))


def first(case: Case, said: str) -> Proposal:
    return next(iter(proposals.proposed(case, failed(said))))


# --- what may be tried -----------------------------------------------------------------------------------------------


def test_the_requirement_of_a_missing_module(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "import os\nfrom torch.utils import cpp_extension\n"}))
    one = first(case, "ModuleNotFoundError: No module named 'torch'")
    assert (one.adds.requirement_texts, one.is_certain) == ({"torch": "torch"}, True)
    assert one.why == "setup.py, line 2: import torch.utils"


@pytest.mark.parametrize(
    "source", ["try:\n    import torch\nexcept ImportError:\n    pass", "def f():\n    import torch", "import helper"]
)
def test_what_might_be_spared_is_not_certain(tree: Tree, source: str) -> None:
    case = case_of(tree({"setup.py": source, "helper.py": "import torch"}))
    one = first(case, "ModuleNotFoundError: No module named 'torch'")
    assert not one.is_certain


def test_a_module_that_nothing_imports_as_far_as_one_sees(tree: Tree) -> None:
    one = first(case_of(tree({"setup.py": ""})), "ModuleNotFoundError: No module named 'torch'")
    assert one.why == "the build imports torch"


@pytest.mark.parametrize("name", ["_private", "os", "pkg.part", "1x"])
def test_modules_that_no_project_brings(tree: Tree, name: str) -> None:
    case = case_of(tree({"setup.py": "", "pkg/__init__.py": ""}))
    assert proposed(case, failed(f"ModuleNotFoundError: No module named '{name}'")) == []


@pytest.mark.parametrize(("files", "folder"), [({"pkg/__init__.py": ""}, "."), ({"src/pkg.py": ""}, "src")])
def test_a_module_of_the_tree_where_the_tree_is_not_on_the_path(
    tree: Tree, files: dict[str, str | bytes], folder: str
) -> None:
    backend = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    case = case_of(tree({"setup.py": "import pkg", "pyproject.toml": backend, **files}))
    assert proposed(case, failed("ModuleNotFoundError: No module named 'pkg'")) == [f"PYTHONPATH={folder}"]


def test_setuptools_legacy_backend_has_the_tree_on_the_path(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "import pkg", "pkg/__init__.py": ""}))
    assert proposed(case, failed("ModuleNotFoundError: No module named 'pkg'")) == []


def test_an_older_release_has_a_module_that_is_missing(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "import numpy.distutils"}))
    outcome = failed("ModuleNotFoundError: No module named 'numpy.distutils'", numpy="2.1.0")
    assert proposed(case, outcome) == ["numpy<2"]


def test_setuptools_had_pkg_resources(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "import pkg_resources"}))
    one = first(case, "ModuleNotFoundError: No module named 'pkg_resources'")
    assert one.adds.requirement_texts == {"setuptools": "setuptools<82"}
    assert one.why == "setup.py, line 1: import pkg_resources; setuptools<82 has it"


@pytest.mark.parametrize(
    ("setup", "said", "expected"),
    [
        ("try:\n    import torch\nexcept: pass", "RuntimeError: torch is required for this package", "torch"),
        ("try:\n    import torch\nexcept: pass", "error: PyTorch must be installed first", "torch"),
        ("def f():\n    import numpy", "Error: numpy is not installed", "numpy"),
        ("try:\n    import Cython\nexcept: pass", "You need Cython to build this.", "cython"),
        ("try:\n    import pybind11\nexcept: pass", "RuntimeError: pybind11 install failed.", "pybind11"),
        ("os.system('pip install pybind11')", "RuntimeError: pybind11 install failed.", "pybind11"),
    ],
)
def test_what_is_asked_for_in_prose(tree: Tree, setup: str, said: str, expected: str) -> None:
    assert expected in proposed(case_of(tree({"setup.py": setup})), failed(said))


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ("x = 1", "RuntimeError: torch is required for this package"),
        ("import numpy", "RuntimeError: torch is required for this package"),
        ("import re", "Error: re is not happy"),
        ("import helper", "Error: helper is not happy"),
    ],
)
def test_words_that_setup_py_does_not_import(tree: Tree, setup: str, said: str) -> None:
    assert proposed(case_of(tree({"setup.py": setup, "helper.py": ""})), failed(said)) == []


def test_what_is_there_is_not_asked_for_in_prose(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "import torch"}))
    assert "torch" not in proposed(case, failed("RuntimeError: torch is too old", torch="2.8.0"))


def test_the_message_of_a_build_that_wants_pip(tree: Tree) -> None:
    said = "Command '['/v/bin/python', '-m', 'pip', 'wheel', '--quiet', 'cython>=0.27.3']' returned non-zero exit status 1."
    text = f"/v/bin/python: No module named pip\nTraceback (most recent call last):\ndistutils.errors.DistutilsError: {said}"
    found = proposed(case_of(tree({"setup.py": ""})), failed(text))
    assert found[0] == "cython"  # the newest: the lower bound says nothing
    assert set(found) <= {"cython", "pip"}


def test_a_bound_that_is_more_than_a_lower_one_stays(tree: Tree) -> None:
    said = "pkg_resources.DistributionNotFound: The 'numpy<2,>=1.20' distribution was not found"
    assert proposed(case_of(tree({"setup.py": ""})), failed(said))[0] == "numpy<2,>=1.20"


@pytest.mark.parametrize(
    "said", ["set CUSTOM_BUILD=yes in your environment", "Please set the variable CUSTOM_BUILD to 'yes'"]
)
def test_a_variable_that_a_message_names(tree: Tree, said: str) -> None:
    case = case_of(tree({"setup.py": "if os.environ.get('CUSTOM_BUILD') != 'yes':\n    raise SystemExit(1)"}))
    assert "CUSTOM_BUILD=yes" in proposed(case, failed(f"If you know what you do, {said}\n"))


def test_a_variable_that_setup_py_does_not_know(tree: Tree) -> None:
    assert proposed(case_of(tree({"setup.py": ""})), failed("set CUSTOM_BUILD=yes in your environment")) == []


@pytest.mark.parametrize("name", ["CUDA_HOME", "OPENSSL_DIR", "LLVM_ROOT", "GDAL_PATH", "MKL_PREFIX"])
def test_a_place_on_this_machine_is_not_guessed(tree: Tree, name: str) -> None:
    case = case_of(tree({"setup.py": f"x = os.environ['{name}']"}))
    assert proposed(case, failed(f"KeyError: '{name}'")) == []


def test_a_variable_without_which_it_cannot_do(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "\nx = os.environ['LIBFOO_VERSION']"}))
    one = first(case, "KeyError: 'LIBFOO_VERSION'")
    assert one.adds.variable_values == {"LIBFOO_VERSION": "1"}
    assert one.why == "setup.py, line 2 reads it; 1 is a guess"


def test_the_version_where_there_is_no_repository(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "", "PKG-INFO": "Name: pkg\nVersion: 1.2\n"}))
    said = "LookupError: setuptools-scm was unable to detect version for /x."
    assert "SETUPTOOLS_SCM_PRETEND_VERSION=1.2" in proposed(case, failed(said))


def test_a_program_that_comes_as_a_package(tree: Tree) -> None:
    case = case_of(tree({"setup.py": ""}))
    assert proposed(case, failed("error: command 'swig' failed: No such file or directory"))[0] == "swig"


def test_a_header_of_a_package_that_is_imported(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "def f():\n    import pybind11"}))
    said = "x.cpp:1:10: fatal error: pybind11/pybind11.h: No such file or directory"
    assert proposed(case, failed(said, "wheel"))[0] == "pybind11"


def test_c_that_an_older_cython_made_is_made_anew(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "", "pkg/fast.pyx": ""}))
    said = "pkg/fast.c:198:12: fatal error: longintrepr.h: No such file or directory\nerror: Command '['gcc', '-c', 'pkg/fast.c']' returned non-zero exit status 1."
    (one, *_) = [
        one for one in proposals.proposed(case, failed(said, "wheel")) if "cython" in one.adds.requirement_texts
    ]
    assert one.adds.requirement_texts == {"cython": "cython"}
    assert one.why.endswith("fast.c was made by an older Cython from pkg/fast.pyx")


@pytest.mark.parametrize("pyx", ["pkg/other.pyx", None])
def test_c_that_cython_did_not_make(tree: Tree, pyx: str | None) -> None:
    files: dict[str, str | bytes] = {"setup.py": "", **({pyx: ""} if pyx else {})}
    said = "pkg/fast.c:198:12: fatal error: longintrepr.h: No such file or directory"
    assert not any("cython" in text for text in proposed(case_of(tree(files)), failed(said, "wheel")))


def test_a_compiled_part_that_can_be_left_out(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "x = bool(os.environ.get('YARL_NO_EXTENSIONS'))"}))
    said = "x.c:3:1: error: unknown type name\nerror: command '/usr/bin/gcc' failed with exit code 1"
    assert "YARL_NO_EXTENSIONS=1" in proposed(case, failed(said, "wheel"))


def test_a_variable_that_is_set_already_is_not_proposed(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "x = os.getenv('PKG_SKIP_CUDA_BUILD', 'FALSE') == 'TRUE'"}))
    said = "NameError: name 'bare_metal_version' is not defined"
    assert proposed(case, failed(said)) == ["PKG_SKIP_CUDA_BUILD=TRUE"]
    declared = declaring(variables={"PKG_SKIP_CUDA_BUILD": "TRUE"})
    assert proposed(case, failed(said, declaration=declared)) == []


def test_lines_of_setup_py_are_put_into_tracebacks(tree: Tree) -> None:
    """A backend executes it as a string, so that a traceback has no lines of it."""
    setup = "\nx = os.getenv('PKG_SKIP_CUDA_BUILD', 'FALSE') == 'TRUE'\nversion = cuda_version(x)[1]\n"
    text = "Traceback (most recent call last):\n  File \"<string>\", line 3, in <module>\nTypeError: 'NoneType' object is not subscriptable"
    case = case_of(tree({"setup.py": setup}))
    assert obstacles.obstacle(case, failed(text)).reason == (
        "it needs the CUDA toolkit (nvcc) (Debian nvidia-cuda-toolkit): setup.py:3: version = cuda_version(x)[1]"
    )
    assert proposed(case, failed(text)) == ["PKG_SKIP_CUDA_BUILD=TRUE"]
    other = text.replace("line 3", "line 33")
    assert not obstacles.obstacle(case, failed(other)).is_known


def test_nothing_is_tried_after_what_was_killed(tree: Tree) -> None:
    outcome = Attempt(Declaration(), None, Failure("wheel", "No module named 'torch'", is_over_time=True), 1.0)
    assert proposed(case_of(tree({"setup.py": "import torch"})), outcome) == []


LONG_AGO = "Traceback (most recent call last):\nModuleNotFoundError: No module named '{}'\n"


def test_the_last_traceback_counts_more_than_those_before(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "def f():\n    import torch\n    import numpy"}))
    found = proposed(case, failed(LONG_AGO.format("torch") + "\n" + LONG_AGO.format("numpy")))
    assert found[0] == "numpy"


def test_what_the_last_error_names_comes_first(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "import numpy"}))
    text = (
        "warning: No module named 'numpy'\nrunning build_ext\nTraceback (most recent call last):\n"
        "error: invalid command 'bdist_wheel'"
    )
    assert proposed(case, failed(text))[0] == "wheel"


def test_the_failure_of_a_child_is_its_parents(tree: Tree) -> None:
    child = "Traceback (most recent call last):\n  File \"build.py\", line 1\nModuleNotFoundError: No module named 'otherlib'"
    parent = 'Traceback (most recent call last):\n  File "x.py"\n{}'
    case = case_of(tree({"setup.py": ""}))
    said = "subprocess.CalledProcessError: Command '['python', 'build.py']' returned non-zero exit status 1."
    assert proposed(case, failed(f"{child}\n{parent.format(said)}"))[0] == "otherlib"
    assert "otherlib" not in proposed(case, failed(f"{child}\n{parent.format('RuntimeError: of its own')}"))


def test_what_a_probe_did_without_is_not_in_the_way(tree: Tree) -> None:
    """Of several compilations, the last is the one that a build ended with."""
    probe = "gcc -c probe.c -o probe.o\nprobe.c:1:10: fatal error: zmq.h: No such file or directory"
    last = "gcc -c x.c -o x.o\nx.c:1:10: fatal error: lber.h: No such file or directory"
    text = f"{probe}\n{last}\nerror: command '/usr/bin/gcc' failed with exit code 1"
    assert "OpenLDAP" in obstacles.obstacle(case_of(tree({"setup.py": ""})), failed(text, "wheel")).reason


def test_a_variable_that_is_read_on_the_way(tree: Tree) -> None:
    """In a file that only the traceback leads to."""
    source = "import os\ndef check():\n    if os.environ.get('DEMO_NO_NETWORK', ''):\n        return\n"
    case = case_of(tree({"pyproject.toml": "", "inner/check.py": source}))
    frame = 'Traceback (most recent call last):\n  File "inner/check.py", line 5, in check\n'
    said = "urllib.error.URLError: <urlopen error [Errno -2] Name or service not known>"
    assert proposed(case, failed(f"{frame}{said}"))[0] == "DEMO_NO_NETWORK=1"
    assert proposed(case, failed(said)) == []


@pytest.mark.parametrize(
    ("line", "is_of_python"),
    [
        ("x.c:1:2: error: 'xmlSecXkmsNs' undeclared", False),
        ("x.c:1:2: error: '_PyLong_One' undeclared", True),
        ("x.c:1:2: error: 'PyThing' has no member named 'tp_new'", True),
    ],
)
def test_c_that_has_to_do_with_python(tree: Tree, line: str, is_of_python: bool) -> None:
    """What a library lacks is none of Python's business, however old the sources are."""
    found = obstacles.obstacle(case_of(tree({"setup.py": ""}), "3.11", "2015-01-01"), failed(line, "wheel"))
    assert (found.is_of_python, found.is_known) == (is_of_python, False)


def test_a_name_printed_in_passing_is_not_installed(tree: Tree) -> None:
    text = "UserWarning: Failed to initialize NumPy: No module named 'numpy'\n\nValueError: odd"
    assert proposed(case_of(tree({"setup.py": ""})), failed(text)) == []


# --- what is in the way ----------------------------------------------------------------------------------------------

OBSTACLES = {
    "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.": (
        "it needs the CUDA toolkit (nvcc) (Debian nvidia-cuda-toolkit): OSError: CUDA_HOME environment variable is not set. "
        "Please set it to your CUDA install root."
    ),
    "x.cpp:14:10: fatal error: cuda.h: No such file or directory": (
        "it needs the headers and libraries of the CUDA toolkit, which are packages of their own beside nvcc "
        "(Debian nvidia-cuda-dev): x.cpp:14:10: fatal error: cuda.h: No such file or directory"
    ),
    "Modules/common.h:15:10: fatal error: lber.h: No such file or directory": (
        "it needs the OpenLDAP headers (Debian libldap2-dev, Fedora openldap-devel): "
        "Modules/common.h:15:10: fatal error: lber.h: No such file or directory"
    ),
    "x.c:1:10: fatal error: nobody/knows.h: No such file or directory": (
        "it needs the header nobody/knows.h, which no declaration brings"
    ),
    "/usr/bin/ld: cannot find -lnobodyknows": "it needs the library nobodyknows, which no declaration brings",
    "error: [Errno 2] No such file or directory: 'nobodyknows'": (
        "it needs the program nobodyknows, which no declaration brings"
    ),
    "Package nobodyknows was not found in the pkg-config search path.": (
        "it needs the library nobodyknows, which no declaration brings"
    ),
    "urllib.error.URLError: <urlopen error [Errno -2] Name or service not known>": (
        "it needs a download while it builds: urllib.error.URLError: <urlopen error [Errno -2] Name or service not known>"
    ),
    "RuntimeError: Cannot install on Python version 3.11.7; only versions >=3.6,<3.10 are supported.": (
        "it refuses this Python: RuntimeError: Cannot install on Python version 3.11.7; only versions >=3.6,<3.10 are supported."
    ),
    "AttributeError: 'dict' object has no attribute '__NUMPY_SETUP__'": (
        "setup.py takes __builtins__ for a module, and it is a dict where a build backend executes it"
    ),
    "ModuleNotFoundError: No module named 'imp'": "Python 3.12 removed the module imp",
    "Package 'json-c', required by 'virtual:world', not found": (
        "it needs JSON-C (Debian libjson-c-dev, Fedora json-c-devel): "
        "Package 'json-c', required by 'virtual:world', not found"
    ),
    "error: Could not find the FFTW header 'nobody_knows.h'": (
        "it needs the header nobody_knows.h, which no declaration brings"
    ),
    "error: The 'nobodyknows' command appears not to be installed": (
        "it needs the program nobodyknows, which no declaration brings"
    ),
    "ModuleNotFoundError: No module named 'inner._vendor.six.moves'": (
        "Python 3.12 does not find six.moves in a six before 1.16, which it carries "
        "(ModuleNotFoundError: No module named 'inner._vendor.six.moves')"
    ),
}


@pytest.mark.parametrize("said", OBSTACLES)
def test_what_is_in_the_way(tree: Tree, said: str) -> None:
    found = obstacles.obstacle(case_of(tree({"setup.py": ""}), "3.13"), failed(f"running build\n{said}\n"))
    reason = OBSTACLES[said]
    assert (found.reason, found.is_known) == (reason if said in reason else f"{reason}: {said}", True)
    assert found.said == said


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("proj executable not found. Please set the PROJ_DIR variable.", "PROJ"),
        ("Proj 8.0.0 must be installed.", "PROJ"),
        ("RuntimeError: Please install HDF5 first", "HDF5"),
        ("error: TA-Lib is required", "TA-Lib"),
        ("ValueError: the root of the repository is missing", ""),
        ("ImportError: cannot import name 'patch'", ""),
        ("RuntimeError: proj of the earth", ""),
        ("RuntimeError: this package requires Linux, not Windows", ""),
        ("RuntimeError: OpenSSL support must be disabled on this platform", ""),
        ("RuntimeError: you need to uninstall OpenCV", ""),
        ("ValueError: Boost flag must be 0 or 1", ""),
        ("error: could not find the version in HDF5 metadata", ""),
        ("error: could not find a file named /usr/share/HDF5/x", ""),
    ],
)
def test_what_an_author_says_is_absent(tree: Tree, said: str, name: str) -> None:
    """It is told; but no rule for what is tried, since prose says many things."""
    found = obstacles.obstacle(case_of(tree({"setup.py": ""})), failed(said))
    row = next((row for row in KNOWN.need if row.name == name), None)
    assert found.reason == (f"it needs {row.text}: {said}" if row else f"nothing is known about this error: {said}")
    assert not found.is_known


def test_a_file_that_a_build_may_not_write_to(tree: Tree) -> None:
    case, said = case_of(tree({"setup.py": ""})), "PermissionError: [Errno 13] Permission denied: '/etc/x.conf'"
    outcome = replace(failed(said), refused=("/etc/x.conf",))
    found = obstacles.obstacle(case, outcome)
    assert (found.reason.partition(" here")[0], found.is_known) == ("it may not use /etc/x.conf", False)
    assert obstacles.obstacle(case, failed(said)).reason == f"nothing is known about this error: {said}"
    handled = replace(outcome, failure=Failure("wheel", f"{said}\nRuntimeError: something else"))
    assert obstacles.obstacle(case, handled).reason == "nothing is known about this error: RuntimeError: something else"


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("NameError: name 'unicode' is not defined", "3.0"),
        ("AttributeError: module 'platform' has no attribute 'linux_distribution'", "3.8"),
        ("x.c:3:45: error: 'PyLongObject' has no member named 'ob_digit'", "3.12"),
    ],
)
def test_what_this_python_no_longer_has(tree: Tree, said: str, gone: str) -> None:
    found = obstacles.obstacle(case_of(tree({"setup.py": ""}), "3.12"), failed(said))
    assert (found.gone, found.is_of_python) == (gone, True)
    assert found.reason.endswith(f"({said})")


def test_distutils_that_no_setuptools_of_that_time_brings(tree: Tree) -> None:
    """Where an older setuptools is what another failure asked for, no newer one is proposed: another Python may do."""
    asked = failed("ModuleNotFoundError: No module named 'distutils'", declaration=declaring("setuptools<58"))
    found = obstacles.obstacle(case_of(tree({"setup.py": ""}), "3.13"), asked)
    said = "Python 3.12 removed the module distutils: ModuleNotFoundError: No module named 'distutils'"
    assert (found.reason, found.gone) == (said, "3.12")


def test_a_part_of_distutils_that_setuptools_had_for_longer(tree: Tree) -> None:
    said = "ModuleNotFoundError: No module named 'distutils.msvccompiler'"
    case = case_of(tree({"setup.py": ""}), "3.13")
    assert proposed(case, failed(said))[0] == "setuptools<74"
    assert not obstacles.obstacle(case, failed(said)).gone


def test_what_this_python_still_has_is_not_in_the_way(tree: Tree) -> None:
    said = "ModuleNotFoundError: No module named 'imp'"
    assert obstacles.obstacle(case_of(tree({"setup.py": ""}), "3.11"), failed(said)).gone == ""


def test_python_2(tree: Tree) -> None:
    found = obstacles.obstacle(case_of(tree({"setup.py": "print 'x'"})), failed("SyntaxError: invalid syntax"))
    assert found.reason.startswith("setup.py is not for this Python: SyntaxError: Missing parentheses")
    assert found.is_of_python


def test_a_compiler_s_own_words_are_told(tree: Tree) -> None:
    text = "x.c: In function 'f':\npkg/x.c:12:3: error: 'y' undeclared\nerror: command '/usr/bin/gcc' failed with exit code 1"
    found = obstacles.obstacle(case_of(tree({"setup.py": ""})), failed(text, "wheel"))
    assert found.reason == "its sources do not compile here: pkg/x.c:12:3: error: 'y' undeclared"


@pytest.mark.parametrize(
    ("stage", "what"),
    [("install", "installing the build requirements"), ("get_requires", "setup.py"), ("wheel", "the build")],
)
def test_what_was_killed(tree: Tree, stage: Stage, what: str) -> None:
    outcome = Attempt(Declaration(), None, Failure(stage, "", is_over_time=True), 310.0, in_stage=300.4)
    found = obstacles.obstacle(case_of(tree({"setup.py": ""})), outcome)
    assert found.reason == f"{what} did not end in 300 s and was killed"


def test_what_cannot_be_installed_is_said_in_one_line(tree: Tree) -> None:
    text = "Using Python 3.11.7\n  \u00d7 No solution found when resolving dependencies:\n  \u2570\u2500\u25b6 Because x was not found, you lose.\n"
    found = obstacles.obstacle(case_of(tree({"setup.py": ""})), failed(text, "install"))
    assert found.reason == (
        "its build requirements cannot be installed: No solution found when resolving dependencies: "
        "Because x was not found, you lose"
    )


def test_that_only_the_first_index_was_asked_is_said(tree: Tree) -> None:
    """uv's own hint stands after all that it found out, and is cut off."""
    text = f"error: No solution found\n  cause: Because {'y ' * 300}\n\nhint: ... use `--index-strategy unsafe-best-match`\n"
    found = obstacles.obstacle(case_of(tree({"setup.py": ""})), failed(text, "install"))
    assert found.reason.endswith(
        "y; of several indexes uv asks the first that has the project: UV_INDEX_STRATEGY=unsafe-best-match asks all"
    )


def test_a_wheel_is_no_obstacle(tree: Tree) -> None:
    with pytest.raises(ValueError, match="no obstacle"):
        obstacles.obstacle(case_of(tree({"setup.py": ""})), Attempt(Declaration(), Path("x.whl"), None, 1.0))


@pytest.mark.parametrize(
    ("requires", "version", "is_refused"),
    [
        (">=3.8", "3.11.7", False),
        (">=3.12", "3.11.7", True),
        ("<3.11", "3.11.0rc1", True),
        ("", "3.11.7", False),
        ("nonsense", "3.11.7", False),
    ],
)
def test_a_python_that_is_refused(requires: str, version: str, is_refused: bool) -> None:
    case = Case(NOWHERE, Reading(requires_python=requires), KNOWN, "3.11")
    found = obstacles.refused_python(case, version)
    assert (found is not None) == is_refused
    if found is not None:
        assert found.reason == f"it requires Python {requires}, and this is {version}"
        assert found.is_of_python


@pytest.mark.parametrize(
    ("reading", "gone", "minor", "expected"),
    [
        (Reading(), "3.12", "3.12", False),
        (Reading(), "3.12", "3.11", True),
        (Reading(requires_python=">=3.12"), "3.13", "3.11", False),
        (Reading(requires_python=">=3.10"), "", "3.11", True),
        (Reading(pythons=("3.7", "3.10")), "", "3.11", False),
        (Reading(pythons=("3.7", "3.10")), "", "3.9", True),
        (Reading(requires_python="nonsense"), "", "3.9", True),
    ],
)
def test_another_python_that_may_do(reading: Reading, gone: str, minor: str, expected: bool) -> None:
    case = Case(NOWHERE, reading, KNOWN, "3.13")
    assert obstacles.plausible(case, Obstacle("x", gone=gone, is_of_python=True), minor) == expected


# --- what a traceback quotes -----------------------------------------------------------------------------------------

QUOTING = """\
Traceback (most recent call last):
  File "/env/lib/python3.11/site-packages/setuptools/build_meta.py", line 389, in _get_build_requires
    self.run_setup()  # CUDA_HOME environment variable is not set
  File "/env/lib/python3.11/site-packages/nvcc not found/setuptools.py", line 317, in run_setup
    exec(code, locals())
    ^^^^^^^^^^^^^^^^^^^^
  File "<string>", line 1, in <module>
ValueError: odd
"""


def test_code_that_a_traceback_quotes_says_nothing(tree: Tree) -> None:
    case = case_of(tree({"setup.py": "import torch  # error: numpy is not installed; needs CUDA_HOME, nvcc not found"}))
    found = obstacles.obstacle(case, failed(QUOTING))
    assert (found.reason, found.is_known) == ("nothing is known about this error: ValueError: odd", False)
    assert proposed(case, failed(QUOTING)) == []


@pytest.mark.parametrize(
    ("line", "said", "need"),
    [
        ("assert torch.cuda.is_available()", "AssertionError", "CUDA driver"),
        ("assert CUDA_HOME is not None  # no comment", "AssertionError", "CUDA"),
        (
            "nvcc = os.path.join(CUDA_HOME, 'bin')",
            "TypeError: expected str, bytes or os.PathLike object, not NoneType",
            "CUDA",
        ),
        (
            "parse(torch.version.cuda)",
            "TypeError: expected string or bytes-like object, got 'NoneType'",
            "CUDA in torch",
        ),
        ("parse(torch.version.cuda)", "packaging.version.InvalidVersion: Invalid version: None", "CUDA in torch"),
        ("x = y + 1  # cuda", "TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'", ""),
        ("assert x  # cuda", "AssertionError", ""),
        ("build_cuda()", "AssertionError: odd", ""),
    ],
)
def test_code_is_read_where_the_exception_does_not_say_what_it_is_about(
    tree: Tree, line: str, said: str, need: str
) -> None:
    text = f'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n  File "posixpath.py", line 3, in join\n    f(p)\n{said}\n'
    found = obstacles.obstacle(case_of(tree({"setup.py": line})), failed(text))
    assert found.is_known == bool(need)
    if need:
        row = next(row for row in KNOWN.need if row.name == need)
        assert found.reason.startswith(f"it needs {row.text}")
        assert found.said == f"setup.py:1: {line.partition('  #')[0]}"


def test_what_was_said_before_sources_did_not_compile_is_not_why(tree: Tree) -> None:
    text = (
        "nvcc was not found; building for the processor\nrunning build_ext\ngcc -c pkg/x.c -o x.o\n"
        "pkg/x.c:12:3: error: 'y' undeclared\nerror: Command '['gcc', '-c', 'pkg/x.c']' returned non-zero exit status 1."
    )
    found = obstacles.obstacle(case_of(tree({"setup.py": ""})), failed(text, "wheel"))
    assert found.reason == "its sources do not compile here: pkg/x.c:12:3: error: 'y' undeclared"


def test_a_warning_is_not_why(tree: Tree) -> None:
    case = case_of(tree({"setup.py": ""}))
    text = "setup.py:9: UserWarning: CUDA toolkit was not found\nValueError: odd\n"
    assert obstacles.obstacle(case, failed(text)).reason == "nothing is known about this error: ValueError: odd"
    text = "/bin/sh: 1: nvcc: not found\nIndexError: list index out of range\n"
    assert obstacles.obstacle(case, failed(text)).said == "/bin/sh: 1: nvcc: not found"


# --- CUDA ------------------------------------------------------------------------------------------------------------

UNSET = "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root."
NO_DEVICE = "AssertionError: Torch not compiled with CUDA enabled"
FOUR = [
    (UNSET, "2.8.0", "CUDA"),
    (UNSET, "2.8.0+cu128", "CUDA"),
    (UNSET, "2.13.0+cpu", "CUDA in torch"),
    (UNSET, "2.8.0+rocm6.4", "CUDA in torch"),
    ("NameError: name 'bare_metal_version' is not defined", "2.13.0+cpu", "CUDA in torch"),
    (NO_DEVICE, "2.13.0+cpu", "CUDA in torch"),
    (NO_DEVICE, "2.13.0", "CUDA in torch"),
    ("RuntimeError: CUDA is not available", "2.8.0+cu128", "CUDA driver"),
    ("RuntimeError: CUDA is not available", "2.13.0+cpu", "CUDA in torch"),
    ("RuntimeError: torch.cuda.is_available() is False", "2.8.0", "CUDA driver"),
    ("RuntimeError: Found no NVIDIA driver on your system.", "2.8.0", "CUDA driver"),
    ("FileNotFoundError: [Errno 2] No such file or directory: 'nvidia-smi'", "2.8.0", "CUDA driver"),
    ("FileNotFoundError: [Errno 2] No such file or directory: 'nvcc'", "2.13.0+cpu", "CUDA"),
    ("x.cpp:1:10: fatal error: cuda_runtime.h: No such file or directory", "2.13.0+cpu", "CUDA headers"),
    ("x.cpp:1:10: fatal error: cusparse.h: No such file or directory", "2.8.0", "CUDA headers"),
    ("x.cpp:1:10: fatal error: cublas_v2.h: No such file or directory", "2.8.0", "CUDA headers"),
    ("/usr/bin/ld: cannot find -lcudart", "2.8.0", "CUDA headers"),
]


@pytest.mark.parametrize(("said", "torch", "need"), FOUR)
def test_four_needs_of_cuda(tree: Tree, said: str, torch: str, need: str) -> None:
    found = obstacles.obstacle(case_of(tree({"setup.py": ""})), failed(f"running\n{said}\n", torch=torch))
    row = next(row for row in KNOWN.need if row.name == need)
    assert (found.reason.startswith(f"it needs {row.text}"), found.said, found.is_known) == (True, said, True)
    is_of_torch = need == "CUDA in torch"
    assert (f"torch {torch}, which was built without it" in found.reason) == is_of_torch
    assert ("installing nvcc does not help" in found.reason) == is_of_torch


def test_the_gpus_to_build_for_where_there_is_none(tree: Tree) -> None:
    setup = "import torch\nif not os.environ.get('TORCH_CUDA_ARCH_LIST'):\n    torch.cuda.get_device_capability()\n"
    for said in (NO_DEVICE, "RuntimeError: Found no NVIDIA driver on your system."):
        found = proposed(case_of(tree({"setup.py": setup})), failed(said, torch="2.13.0+cpu"))
        assert found[0] == "TORCH_CUDA_ARCH_LIST=8.0;9.0"
    assert not proposed(case_of(tree({"setup.py": "import torch"})), failed(NO_DEVICE, torch="2.13.0+cpu"))


def test_the_gpus_that_torch_itself_asks_for(tree: Tree) -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "/env/site-packages/torch/utils/cpp_extension.py", line 2714, in _get_cuda_arch_flags\n'
        "    arch_list[-1] += '+PTX'\n    ~~~~~~~~~^^^^\nIndexError: list index out of range\n"
    )
    assert proposed(case_of(tree({"setup.py": ""})), failed(text, "wheel"))[0] == "TORCH_CUDA_ARCH_LIST=8.0;9.0"


# --- what another tool makes, or a plugin ----------------------------------------------------------------------------

MISSING_C = [
    "cc1: fatal error: p/foo.c: No such file or directory",
    "cc1plus: fatal error: p/foo.cpp: No such file or directory",
    "gcc: error: p/foo.c: No such file or directory",
    "clang: error: no such file or directory: 'p/foo.c'",
    "error: [Errno 2] No such file or directory: 'p/foo.c'",
    "error: unknown file type '.pyx' (from 'p/foo.pyx')",
]
USES_IT = "import os\nif os.environ.get('P_USE_CYTHON', '0') == '1':\n    from Cython.Build import cythonize\n"


@pytest.mark.parametrize("said", MISSING_C)
def test_c_that_cython_is_to_make(tree: Tree, said: str) -> None:
    text = f"gcc -c p/foo.c -o foo.o\n{said}\ncompilation terminated.\n"
    case = case_of(tree({"setup.py": "", "p/foo.pyx": ""}))
    assert proposed(case, failed(text, "wheel"))[:1] == ["cython"]
    why = next(one.why for one in proposals.proposed(case, failed(text, "wheel")) if one.adds.requires)
    assert why == "the sdist has p/foo.pyx, and not the C that Cython makes of it"
    case = case_of(tree({"setup.py": USES_IT}))  # the same tree
    assert proposed(case, failed(text, "wheel"))[:2] == ["cython P_USE_CYTHON=1", "cython"]
    assert proposed(case, failed(text, "wheel", cython="3.2.0"))[:1] == ["P_USE_CYTHON=1"]


def test_c_that_is_missing_and_that_cython_does_not_make(tree: Tree) -> None:
    text = "cc1: fatal error: p/bar.c: No such file or directory\ncompilation terminated.\n"
    case = case_of(tree({"setup.py": USES_IT, "p/foo.pyx": ""}))
    assert not [one for one in proposed(case, failed(text, "wheel")) if "ython" in one.lower()]


def test_c_that_cython_3_made_of_an_old_pyx(tree: Tree) -> None:
    text = "p/foo.c:198:12: error: 'x' undeclared\nerror: command 'gcc' failed with exit code 1"
    case = case_of(tree({"setup.py": "", "p/foo.pyx": ""}))
    made_here = failed(text, "wheel", declaring("cython"), cython="3.2.0")
    assert "cython<3" in proposed(case, made_here)
    assert "cython<3" not in proposed(case, failed(text, "wheel", declaring("cython<3"), cython="0.29.37"))


def test_a_pyx_that_cannot_be_made_into_c(tree: Tree) -> None:
    """No other Cython finds what the sdist lacks."""
    said = "Cython.Compiler.Errors.InternalError: Internal compiler error: '_common.pxi' not found"
    case = case_of(tree({"setup.py": "", "p/foo.pyx": ""}))
    assert proposed(case, failed(said, "wheel", declaring("cython"), cython="3.2.0")) == []
    assert obstacles.obstacle(case, failed(said, "wheel")).reason.startswith(
        "the sdist lacks a file that a .pyx includes"
    )


def test_a_header_that_no_cython_brings_ends_it(tree: Tree) -> None:
    """The C that Cython made wants it, and would want it again; nor does anybody guess by age."""
    said = "talib/_ta_lib.c:1082:10: fatal error: ta-lib/ta_defs.h: No such file or directory"
    text = f"gcc -c talib/_ta_lib.c\n{said}\ncompilation terminated.\nerror: command '/usr/bin/gcc' failed with exit code 1"
    case = case_of(tree({"setup.py": "", "talib/_ta_lib.pyx": ""}), dated="2015-01-01")
    assert proposed(case, failed(text, "wheel", numpy="2.4.0")) == []
    assert obstacles.obstacle(case, failed(text, "wheel")).reason == f"it needs TA-Lib for C: {said}"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("pybind11<2.6.2", ["pybind11<3 -pybind11", "pybind11 -pybind11"]),
        ("pybind11==2.6.*", ["pybind11<3 -pybind11", "pybind11 -pybind11"]),
        ("pybind11<3", ["pybind11 -pybind11"]),
        ("pybind11===2.6", ["pybind11 -pybind11"]),
        ("pybind11>=2.2", []),
    ],
)
def test_a_bound_gives_way_where_that_requirement_s_header_does_not_compile(
    tree: Tree, asked: str, expected: list[str]
) -> None:
    line = "/x/lib/python3.11/site-packages/pybind11/include/pybind11/cast.h:446:36: error: invalid use of incomplete type 'PyFrameObject'"
    text = f"g++ -c nmslib.cc\n{line}\nerror: Command '['g++', '-c', 'nmslib.cc']' returned non-zero exit status 1."
    case = case_of(tree({"setup.py": ""}))
    outcome = replace(failed(text, "wheel", pybind11="2.6.1"), asked=("psutil", asked))
    assert proposed(case, outcome) == expected
    if expected:
        why = next(iter(proposals.proposed(case, outcome))).why
        assert why.startswith(
            f"a header of its own {asked} does not compile here: pybind11/include/pybind11/cast.h:446"
        )
    gone = replace(outcome, declaration=declaring("pybind11", removed=["pybind11"]))
    assert proposed(case, gone) == []


@pytest.mark.parametrize("what", ["version source", "build hook", "metadata hook", "version scheme"])
def test_a_plugin_of_hatchling(tree: Tree, what: str) -> None:
    text = (
        "Traceback (most recent call last):\n"
        f"hatchling.plugin.exceptions.UnknownPluginError: Unknown {what}: fancy-pypi-readme\n"
    )
    one = first(case_of(tree({"pyproject.toml": ""})), text)
    assert (one.adds.requirement_texts, one.is_certain) == (
        {"hatch-fancy-pypi-readme": "hatch-fancy-pypi-readme"},
        True,
    )


# --- declarations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "is_possible"),
    [
        ("packaging>=22,<22", False),
        ("packaging>=22,<23", True),
        ("packaging<22", True),
        ("a>=3,<2.9", False),
        ("a", True),
    ],
)
def test_versions_that_there_may_be(text: str, is_possible: bool) -> None:
    assert may_exist(declaring(text)) is is_possible


def test_declarations_add_up() -> None:
    one = declaring("setuptools<66", "Cython", removed=["numpy"], variables={"A": "1"})
    both = one.joined(declaring("setuptools<58", variables={"A": "2"}))
    assert both.requirement_texts == {"setuptools": "setuptools<58", "cython": "Cython"}
    assert (both.variable_values, set(both.removed), both.size) == ({"A": "2"}, {"numpy"}, 4)
    left = both
    for entry in both.entries:
        left = left.without(*entry)
    assert left == Declaration()


def test_equal_declarations_have_equal_keys() -> None:
    assert key(declaring("a", "b")) == key(declaring("b", "a"))
    assert key(declaring("a")) != key(declaring("a<1"))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("", "it ended and said nothing"),
        ("one\ntwo\n\n", "two"),
        ("ValueError: x\nplease report this\n", "ValueError: x"),
        ("error: one\n  ERROR: two\n", "ERROR: two"),
        ("pkg.errors.OddError: x\n", "pkg.errors.OddError: x"),
        ("Errors were found\nlast\n", "last"),
    ],
)
def test_the_message_of_a_failure(output: str, expected: str) -> None:
    assert Failure("wheel", output).message == expected


def test_the_same_failure_is_known_again() -> None:
    one = Failure("wheel", "object at 0x7f12 in /tmp/tmpabcdefgh/x.py\nValueError: x")
    assert one.signature == Failure("wheel", "object at 0x9a in /tmp/tmpijklmnop/x.py\nValueError: x").signature
    assert one.signature != Failure("get_requires", one.output).signature
    assert one.signature != Failure("wheel", one.output.replace("ValueError: x", "ValueError: y")).signature


# --- any output ------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "No module named '", "torch", "'", "\n", "error: ", "x.c:3:1: error: ", ".h: No such file or directory", "KeyError: '",
        "'-m', 'pip', 'wheel', '", "' returned non-zero", "set A_B=", "cmake ", "not found", "Traceback", '  File "<string>", line 1, in x',
        "numpy==1", "The '' distribution was not found", "The '; 1' distribution was not found", "A_B", " ", "\u00d7", "[", "]",
    ]
)  # fmt: skip
SETUP = "import torch\nx = os.environ['A_B']\nif x == '1':\n    os.system('pip install numpy')\n"


@given(
    output=st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join), stage=st.sampled_from(["install", "wheel"])
)
def test_any_output_has_an_obstacle_of_one_line(output: str, stage: Stage) -> None:
    reading = Reading(asks_for=("numpy==1", "not a requirement", "x"), modules=frozenset({"pkg"}), pyx=("x.pyx",))
    case = Case(NOWHERE, reading, KNOWN, "3.11", "2020-01-01")
    outcome = failed(output, stage, numpy="odd version")
    found = obstacles.obstacle(case, outcome)
    assert found.reason
    for one in proposals.proposed(case, outcome):
        assert one.adds.size
        assert one.why


def test_a_line_of_setup_py_is_quoted_in_short(tmp_path: Path) -> None:
    """Once for each frame that names it."""
    (tmp_path / "setup.py").write_text(f"import os  # {'x' * 100_000}\n")
    printed = '  File "<string>", line 1, in x\n' * 3000
    assert len(failure_clues._with_source(case_of(tmp_path), printed)) < 300 * 3000


def test_a_setup_py_that_is_too_long_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("import os\n")
    case = case_of(tmp_path)
    assert failure_clues.setup_py(case) == "import os\n"
    (tmp_path / "setup.py").write_text("#" * (2**18 + 1))
    assert failure_clues.setup_py(case) == ""


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("cc1: fatal error: pkg.c: No such file or directory", "a source file that it compiles is not there"),
        (
            "error: Invalid wheel filename (invalid version): 'x-2004d-py3-none-any'",
            "its version is from before PEP 440",
        ),
    ],
)
def test_what_no_declaration_brings(tree: Tree, said: str, reason: str) -> None:
    found = obstacles.obstacle(case_of(tree({"setup.py": ""})), failed(said, "wheel"))
    assert found.is_known
    assert found.reason.startswith(reason)
    assert found.reason.endswith(said)


def test_a_bounded_tool_from_before_this_python(tree: Tree) -> None:
    frame = '  File "/x/lib/python3.11/site-packages/pkg_resources/__init__.py", line 45, in <module>\n    import x\n'
    said = "AttributeError: module 'collections' has no attribute 'MutableMapping'"
    attempt = failed(f"Traceback (most recent call last):\n{frame}{said}")
    case = case_of(tree({"setup.py": ""}))
    assert not any(one.adds.removed for one in proposals.proposed(case, attempt))
    found = next(iter(proposals.proposed(case, replace(attempt, asked=("setuptools<40",)))))
    assert (found.adds.removed, found.adds.requirement_texts) == (("setuptools",), {"setuptools": "setuptools"})
    own = failed(f'Traceback (most recent call last):\n{frame}  File "setup.py", line 1, in <module>\n{said}')
    asking = replace(own, asked=("setuptools<40",))
    assert not any(one.adds.removed for one in proposals.proposed(case, asking))
