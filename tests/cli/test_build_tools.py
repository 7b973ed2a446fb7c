"""What `diagnose` reads of CMake, Meson, ninja and make, and of paths that nobody finds again.

The texts are what CMake 3.25 and 4.4, Meson 1.12, scikit-build-core 1.1 and scikit-build 0.18 print.
"""

from __future__ import annotations

import time
from typing import Callable

import pytest

from augbackend.cli.diagnosis import build_tool_output, obstacles, temporary_paths
from augbackend.cli.diagnosis.attempt import Failure
from augbackend.knowledge import rows

from .test_rules import Tree, case_of, failed, proposed

TEMPORARY = ("/tmp", "/private/var/folders/x1/y_2/T")  # noqa: S108  # as Linux and macOS have it
HERE = f"{TEMPORARY[0]}/augbackend-nf3_e1r3/augbackend-fl9f9hw6"
SITE = f"{HERE}/environment-brhkh0sc/environment/lib/python3.11/site-packages"


def cmake(said: str, place: str = "CMakeLists.txt:3 (find_package)", stack: str = "") -> str:
    """An error of CMake's as scikit-build-core shows it."""
    text = "".join(f"  {line}\n" if line else "\n" for line in said.splitlines())
    calls = f"Call Stack (most recent call first):\n{stack}" if stack else ""
    head = f"*** Configuring CMake...\n-- Detecting C compile features - done\nCMake Error at {place}:\n"
    return f"{head}{text}{calls}\n\n-- Configuring incomplete, errors occurred!\n\n*** CMake configuration failed\n"


def not_found(name: str, version: str = "") -> str:
    names = f"{name}Config.cmake\n  {name.lower()}-config.cmake"
    said = (
        f'Could not find a package configuration file provided by "{name}"{version} with any\nof the following names:'
    )
    add = f'Add the installation prefix of "{name}" to CMAKE_PREFIX_PATH or set\n"{name}_DIR" to a directory containing'
    return cmake(f"{said}\n\n  {names}\n\n{add} one of the above files.  If\n{name} provides a separate development")


def no_module(name: str) -> str:
    said = f'By not providing "Find{name}.cmake" in CMAKE_MODULE_PATH this project has\nasked CMake to find a package'
    return cmake(f'{said} configuration file provided by "{name}", but\nCMake did not find one.')


def missing(words: str, module: str = "FindPython.cmake:622") -> str:
    standard = "/usr/share/cmake-3.25/Modules/FindPackageHandleStandardArgs.cmake"
    stack = f"  {standard}:600 (_FPHSA_FAILURE_MESSAGE)\n  {SITE}/{module} (find_package_handle_standard_args)\n"
    return cmake(
        f"Could NOT find {words}", f"{standard}:230 (message)", f"{stack}  src/CMakeLists.txt:3 (find_package)\n"
    )


def meson(said: str, place: str = "../meson.build:3:9") -> str:
    head = f"Host machine cpu: x86_64\nProgram python found: YES ({HERE}/environment-vt8iyivm/environment/bin/python)\n"
    return f"{head}\n{place}: ERROR: {said}\n\nA full log can be found at .mesonpy-jsu26lt5/meson-logs/meson-log.txt\n"


def python(code: str) -> str:
    return f"{HERE}/environment-vt8iyivm/environment/bin/python {code}"


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ('CMake Error: CMake was unable to find a build program corresponding to "Ninja".  CMAKE_MAKE', "ninja"),
        (not_found("nanobind"), "nanobind"),
        (not_found("pybind11"), "pybind11"),
        (not_found("pybind11", "\n  (requested version 2.9)"), "pybind11"),
        (no_module("pybind11"), "pybind11"),
        (no_module("Torch"), "torch"),
        (no_module("Cython"), "cython-cmake"),
        (
            cmake("include could not find requested file:\n\n  UseCython", "CMakeLists.txt:3 (include)"),
            "cython-cmake",
        ),
        (
            cmake("include could not find requested file:\n\n  UseF2Py", "CMakeLists.txt:3 (include)"),
            "f2py-cmake",
        ),
        (missing("Python (missing: Python_NumPy_INCLUDE_DIRS Interpreter\n  Development.Module NumPy)"), "numpy"),
        (missing('Python3 (missing: Python3_NumPy_INCLUDE_DIRS NumPy) (found\n  version "3.11.7")'), "numpy"),
        (missing('NumPy (missing: NumPy_INCLUDE_DIR) (found version "")'), "numpy"),
        (missing("Cython (missing: CYTHON_EXECUTABLE)"), "cython"),
        (cmake('Unknown CMake command "pybind11_add_module".', "CMakeLists.txt:4 (pybind11_add_module)"), "pybind11"),
        (cmake('Unknown CMake command "nanobind_add_module".', "CMakeLists.txt:4 (nanobind_add_module)"), "nanobind"),
        (cmake('Target "x" links to:\n\n  pybind11::module\n\nbut the target was not found.'), "pybind11"),
        (cmake('Target "x" links to:\n\n  Python::NumPy\n\nbut the target was not found.'), "numpy"),
        (cmake("Could not find CYTHON_EXECUTABLE using the following names: cython, cython3"), "cython"),
        (meson('Dependency "pybind11" not found (tried pkg-config, config-tool and cmake)'), "pybind11"),
        (meson("Program 'cython' not found or not executable"), "cython"),
        (meson("Unknown compiler(s): [['cython'], ['cython3']]"), "cython"),
        (meson(f"{python('')[:-1]} is missing modules: numpy"), "numpy"),
        (meson(f"Command `{python('-c')} 'import numpy; print(numpy.get_include())'` failed with status 1."), "numpy"),
        (
            meson(f"Command `{python('-c')} '\nimport os\nif os:\n  import numpy as np\n'` failed with status 1."),
            "numpy",
        ),
        (meson(f"Command `{python('gen.py')}` failed with status 1."), "jinja2"),
        (meson(f"Command `{python('../src/tools/deep.py a')}` failed with status 1."), "pythran"),
    ],
)
def test_what_a_package_brings_is_a_declaration_away(tree: Tree, said: str, first: str) -> None:
    files = {"gen.py": "import os, own, jinja2\n", "own/__init__.py": "", "src/tools/deep.py": "import pythran\n"}
    case = case_of(tree({"pyproject.toml": "", "setup.py": "", **files}))
    assert proposed(case, failed(temporary_paths.left_out(said), "wheel"))[0] == first


def test_what_is_there_is_not_declared_again(tree: Tree) -> None:
    case, said = case_of(tree({"setup.py": ""})), failed(not_found("nanobind"), "wheel", nanobind="2.9")
    assert "nanobind" not in proposed(case, said)
    assert obstacles.obstacle(case, said).reason.startswith("the build does not find nanobind: CMake Error at CMake")


def test_pybind11_with_its_files_for_all_where_it_is_not_found(tree: Tree) -> None:
    case, said = case_of(tree({"setup.py": ""})), no_module("pybind11")
    assert proposed(case, failed(said, "wheel")) == ["pybind11", "pybind11[global]"]
    assert proposed(case, failed(said, "wheel", pybind11="3.1")) == ["pybind11[global]"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            no_module("OpenCV"),
            "it needs OpenCV for C++ (Debian libopencv-dev, Fedora opencv-devel): CMake Error at CMakeLi",
        ),
        (
            missing("Boost (missing: Boost_INCLUDE_DIR python)"),
            "it needs Boost (Debian libboost-all-dev, Fedora boost-",
        ),
        (
            missing(
                'Python: Found unsuitable version "3.11.7", but required is at\n  least "3.13" (found /usr/bin/python)'
            ),
            "it refuses this Python: CMake Error at src/CMakeLists.txt:3 (find_package): Could NOT find Python: Found",
        ),
        (missing("Python (missing: Interpreter Development.Module)"), "it needs the headers of the Python that builds"),
        (
            'CMake Error: CMake was unable to find a build program corresponding to "Unix Makefiles".  CMAKE_MAKE',
            "it needs make (Debian make, Fedora make): CMake Error: CMake was unable to find a build program",
        ),
        (meson('Dependency "opencv4" not found (tried pkg-config and cmake)'), "it needs OpenCV for C++ (Debian libo"),
        (meson("Unknown compiler(s): [['gfortran'], ['flang']]"), "it needs a Fortran compiler (Debian gfortran, Fed"),
    ],
)
def test_what_no_declaration_brings(tree: Tree, said: str, reason: str) -> None:
    case, outcome = case_of(tree({"setup.py": ""})), failed(said, "wheel")
    assert obstacles.obstacle(case, outcome).reason.startswith(reason)
    assert not proposed(case, outcome)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            cmake("This needs the frobnicator.\n\nInstall it first.", "src/CMakeLists.txt:3 (message)"),
            "CMake Error at src/CMakeLists.txt:3 (message): This needs the frobnicator. Install it first.",
        ),
        (
            missing("MPI (missing: MPI_C_FOUND MPI_CXX_FOUND)"),
            "CMake Error at src/CMakeLists.txt:3 (find_package): Could NOT find MPI (missing: MPI_C_FOUND MPI_CXX_FOUND)",
        ),
        (
            'CMake Error: CMake was unable to find a build program corresponding to "Ninja".  CMAKE_MAKE_PROGRAM is\n'
            "CMake Error: CMAKE_C_COMPILER not set, after EnableLanguage\n",
            'CMake Error: CMake was unable to find a build program corresponding to "Ninja". CMAKE_MAKE_PROGRAM is',
        ),
        (meson("Problem encountered: too old"), "meson.build:3:9: ERROR: Problem encountered: too old"),
        (
            meson("Command `python -c '\nimport os\nos.x()\n'` failed with status 1."),
            "meson.build:3:9: ERROR: Command `python -c 'import os; os.x()'` failed with status 1.",
        ),
        (
            cmake("The package asks.")
            + "subprocess.CalledProcessError: Command '['cmake', '.']' returned non-zero exit "
            "status 1.\n",
            "CMake Error at CMakeLists.txt:3 (find_package): The package asks.",
        ),
        (
            "ModuleNotFoundError: No module named 'numpy'\n"
            + cmake(
                "execute_process failed command indexes:\n\n  1: Child return code: 1", "CMakeLists.txt:4 (execute)"
            ),
            "ModuleNotFoundError: No module named 'numpy'",
        ),
        (cmake("Early.") + "ValueError: later\n", "ValueError: later"),
        ("ValueError: early\n" + cmake("Later."), "CMake Error at CMakeLists.txt:3 (find_package): Later."),
        (
            "[1/3] Generating g.c\nFAILED: g.c \ncd /x && python gen.py\nthe table is empty\n"
            "ninja: build stopped: subcommand failed.\n\n*** CMake build failed\n",
            "the table is empty",
        ),
        (
            "[ 50%] Generating g.c\nthe table is empty\nmake[2]: *** [CMakeFiles/x.dir/build.make:74: g.c] Error 3\n"
            "make[1]: *** [CMakeFiles/Makefile2:83: all] Error 2\nmake: *** [Makefile:91: all] Error 2\n"
            "subprocess.CalledProcessError: Command '['cmake', '--build', '.']' returned non-zero exit status 2.\n",
            "the table is empty",
        ),
        (
            "ninja: error: unknown target 'install'\nAn error occurred while building with CMake.\n",
            "ninja: error: unknown target 'install'",
        ),
        ("make: *** No rule to make target 'all'.  Stop.\n", "make: *** No rule to make target 'all'.  Stop."),
    ],
)
def test_the_reason_is_what_the_tool_says(said: str, message: str) -> None:
    assert Failure("wheel", said).message == message
    assert Failure("wheel", said).headline == message


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("tree/src/a.c", "src/a.c"),
        ("tree", "."),
        ("environment-brhkh0sc/environment/lib/python3.11/site-packages/a/b.h", "site-packages/a/b.h"),
        ("environment-brhkh0sc/environment/bin/python", "python"),
        ("environment-brhkh0sc/environment", "…"),
        ("home/tmp7cuonigs/build/CMakeInit.txt", "build/CMakeInit.txt"),
        ("home/ccA1b2C3.o", "…"),
        ("home", "…"),
    ],
)
def test_no_temporary_path(path: str, shown: str) -> None:
    for above in TEMPORARY:
        text = f"'{above}/augbackend-nf3_e1r3/augbackend-fl9f9hw6/{path}' -I{above}/augbackend-nf3_e1r3/{path}:1:2"
        assert temporary_paths.left_out(text) == f"'{shown}' -I{shown}:1:2"
    assert temporary_paths.left_out("/usr/include/a.h ../tree/b /tmp/other") == "/usr/include/a.h ../tree/b /tmp/other"
    assert temporary_paths.left_out(".mesonpy-lim811e7/../gen.py") == "gen.py"


@pytest.mark.parametrize(
    "piece",
    [
        "/a",
        "/augbackend-12345678",
        "file://",
        "CMake Error at x:\n  ",
        "  a\n\n",
        "x:1:1: ERROR: `",
        "FAILED: ",
        "Command `",
        "CMake Error ",
    ],
)
@pytest.mark.parametrize("read", [temporary_paths.left_out, build_tool_output.message])
def test_an_output_that_is_made_to_keep_a_pattern_busy(read: Callable[[str], str], piece: str) -> None:
    began = time.process_time()
    read(piece * 50_000)
    read(f"{piece}\n" * 50_000)
    assert time.process_time() - began < 5


def test_a_library_of_ones_own(tree: Tree) -> None:
    file = tree({"mine.toml": '[[library]]\nname = "Frob"\nrequire = ["frob-devel"]\nsource = "x"\n'}) / "mine.toml"
    assert rows.load((file,)).has_library("FROB") is not None


def test_of_cargo_its_own_first_error_is_told() -> None:
    output = (
        "cargo rustc --lib\nwarning: no edition set\nerror[E0432]: unresolved import `pyo3`\n --> src/lib.rs:1:5\n"
        "error: could not compile `r` (lib) due to 1 previous error\nerror: `cargo rustc --lib` failed with code 101\n"
    )
    assert build_tool_output.message(output) == "error[E0432]: unresolved import `pyo3`"
