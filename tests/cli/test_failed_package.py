"""The package that did not build, read from what real frontends printed: uv 0.13.9, pip 26.3 and 23.2, pipx, build, tox."""

from __future__ import annotations

from pathlib import Path

import pytest

from augbackend.cli.running import error_line, failed_package, pipx_output
from augbackend.cli.running.failed_package import FailedPackage, Unclear
from augbackend.cli.running.frontend_command import Frontend

UV = """\
Resolved 2 packages in 2.19s
   Building broken-wheel==1.5
error: Failed to build `broken-wheel==1.5`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta:__legacy__.build_wheel` failed (exit status: 1)

         [stderr]
         Traceback (most recent call last):
         error: Failed to build `other==3`
         ModuleNotFoundError: No module named 'pkg_resources'

hint: `broken-wheel` (v1.5) was included because `tool-w` (v1) depends on `broken-wheel`
"""
UV_ON_A_TERMINAL = (
    "\x1b[37m\u28cb\x1b[0m \x1b[2mPreparing packages...\x1b[0m (0/1)\r\x1b[2K\x1b[1m\x1b[31merror\x1b[39m\x1b[0m\x1b[1m:"
    "\x1b[0m Failed to build `broken-wheel==1.5`\r\n  \x1b[1m\x1b[31mcause\x1b[39m\x1b[0m: The build backend failed\r\n"
)
UV_BEFORE = """\
  \u00d7 Failed to download and build `broken-wheel==1.5`
  \u251c\u2500\u25b6 The build backend returned an error
  \u2570\u2500\u25b6 Call to `setuptools.build_meta:__legacy__.build_wheel` failed (exit status: 1)
"""
UV_BUILD_REQUIREMENT = """\
   Building proj @ file:///home/me/proj
error: Failed to build `proj @ file:///home/me/proj`
  cause: Failed to install requirements from `build-system.requires`
  cause: Failed to build `broken-wheel==1.5`
  cause: The build backend returned an error
"""
PIP = """\
Collecting tool-w==1
  Using cached tool_w-1-py3-none-any.whl.metadata (1.1 kB)
Collecting broken-wheel<2 (from tool-w==1)
  Downloading broken_wheel-1.5.tar.gz (1.2 kB)
  Installing build dependencies: finished with status 'done'
  Getting requirements to build wheel: finished with status 'error'
  error: subprocess-exited-with-error

  \u00d7 Getting requirements to build wheel did not run successfully.
  \u2502 exit code: 1
  \u2570\u2500> [21 lines of output]
      ModuleNotFoundError: No module named 'pkg_resources'
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
{}"""
PIP_GETS_REQUIREMENTS = PIP.format("ERROR: Failed to build 'broken-wheel' when getting requirements to build wheel\n")
PIP_BEFORE = PIP.format("error: subprocess-exited-with-error\n")
PIP_BUILDS = """\
Looking in links: /home/me/links
Processing ./links/tool_w-1-py3-none-any.whl
Processing ./links/broken_wheel-1.5.tar.gz (from tool-w)
Building wheels for collected packages: broken-wheel
  Building wheel for broken-wheel (pyproject.toml): finished with status 'error'
Failed to build broken-wheel
  ERROR: Failed building wheel for broken-wheel
{}"""
PIP_BUILDS_NOW = PIP_BUILDS.format(
    "error: failed-wheel-build-for-install\n\n\u00d7 Failed to build installable wheels for some pyproject.toml based"
    " projects\n\u2570\u2500> broken-wheel\n"
)
PIP_BUILDS_BEFORE = PIP_BUILDS.format(
    "ERROR: Could not build wheels for broken-wheel, which is required to install pyproject.toml-based projects\n"
)
PIP_BUILD_REQUIREMENT = """\
Processing ./proj
  Installing build dependencies: finished with status 'error'
  error: subprocess-exited-with-error
      Processing ./links/broken_wheel-1.5.tar.gz (from -r requirements.txt (line 1))
      Building wheels for collected packages: broken-wheel
        ERROR: Failed building wheel for broken-wheel
      [end of output]
ERROR: Failed to build 'file:///home/me/proj' when installing build dependencies
"""
PIPX = """\
creating virtual environment...
Fatal error from uv prevented installation. Full uv output in file:
    /home/me/.local/state/pipx/log/cmd_uv_errors.log

Some possibly relevant errors from uv install:
    error: Failed to build `broken-wheel==1.5`
      cause: The build backend returned an error
Error installing tool-x.
"""
BUILD = """\
* Installing packages in isolated environment:
  - broken-wheel
> /home/me/bin/python -m pip --python /tmp/build-env/bin/python install -r
  /tmp/build-requirements.txt
< Processing ./links/broken_wheel-1.5.tar.gz (from -r /tmp/build-
  requirements.txt (line 1))
<   Building wheel for broken-wheel (pyproject.toml): finished with status
  'error'
<   ERROR: Failed building wheel for broken-
  wheel
< error: failed-wheel-build-for-install
ERROR Command '['python', '-m', 'pip']' returned non-zero exit status 1.
"""
BUILD_BY_UV = "< error: Failed to build `broken-\n  wheel==1.5`\n<   cause: The build backend returned an error\n"
TOX = f"a: install_package_deps> python -I -m pip install broken-wheel\n\x1b[31m{PIP_BUILDS_NOW}\x1b[39m"


@pytest.mark.parametrize(
    ("frontend", "output"),
    [
        ("uv tool", UV),
        ("uv pip", UV_ON_A_TERMINAL),
        ("uv tool", UV_BEFORE),
        ("uv pip", UV_BUILD_REQUIREMENT),
        ("pip", PIP_GETS_REQUIREMENTS),
        ("pip", PIP_BEFORE),
        ("pip", PIP_BUILDS_NOW),
        ("pip", PIP_BUILDS_BEFORE),
        ("pip", PIP_BUILD_REQUIREMENT),
        ("pipx", PIPX),
        ("pipx", PIP_BUILDS_NOW),
        ("build", BUILD),
        ("build", BUILD_BY_UV),
        ("tox", TOX),
    ],
)
def test_the_package_and_its_version(frontend: Frontend, output: str) -> None:
    assert failed_package.found(frontend, output) == FailedPackage("broken-wheel", "1.5")


def test_pipx_names_the_file_that_has_what_pip_said(tmp_path: Path) -> None:
    log = tmp_path / "pip_errors.log"
    printed = f"creating ...\nFatal error from pip prevented installation. Full pip output in file:\n    {log}\n"
    assert pipx_output.whole(printed) == printed  # it is not there
    log.write_text(PIP_GETS_REQUIREMENTS, encoding="utf-8")
    found = failed_package.found("pipx", pipx_output.whole(printed))
    assert found == FailedPackage("broken-wheel", "1.5")
    assert pipx_output.whole(PIPX) == PIPX


@pytest.mark.parametrize(
    ("frontend", "output", "place"),
    [
        ("uv pip", "error: Failed to build `own @ file:///home/me/own`\n", "file:///home/me/own"),
        (
            "uv tool",
            "error: Failed to build `own @ git+https://git.invalid/own@abc`\n",
            "git+https://git.invalid/own@abc",
        ),
        (
            "pip",
            "ERROR: Failed to build 'file:///home/me/own' when getting requirements to build wheel\n",
            "file:///home/me/own",
        ),
        ("pip", "Processing ./own\n  ERROR: Failed building wheel for own\n", "./own"),
        ("pip", "Obtaining file:///home/me/own\n  ERROR: Failed building editable for own\n", "file:///home/me/own"),
        (
            "pip",
            "Collecting own @ git+https://git.invalid/own\n  ERROR: Failed building wheel for own\n",
            "git+https://git.invalid/own",
        ),
    ],
)
def test_what_is_no_release_of_an_index(frontend: Frontend, output: str, place: str) -> None:
    assert failed_package.found(frontend, output) == FailedPackage("own", "", place)


@pytest.mark.parametrize(
    ("frontend", "output", "why"),
    [
        ("pip", "  ERROR: Failed building wheel for broken-wheel\n", "in which version"),
        ("pip", "\u00d7 Getting requirements to build wheel did not run successfully.\n", "does not name it"),
        ("uv pip", "error: Failed to build `something else`\n", "does not name it"),
        ("uv pip", "error: Failed to build `x==not a version`\n", "does not name it"),
        ("tox", UV + PIP_BUILDS_NOW, "both uv and pip"),
        (
            "pip",
            "  Downloading x-2.0.tar.gz (1 kB)\n  Downloading x-1.0.tar.gz (1 kB)\n  ERROR: Failed building wheel for x\n",
            "which of 2.0, 1.0",
        ),
    ],
)
def test_what_is_not_sure_is_not_guessed(frontend: Frontend, output: str, why: str) -> None:
    found = failed_package.found(frontend, output)
    assert isinstance(found, Unclear)
    assert why in found.why


def test_the_version_tried_last_is_the_one_whose_requirements_failed() -> None:
    tried = "  Downloading x-2.0.tar.gz (1 kB)\n  Downloading x-1.0.tar.gz (1 kB)\n"
    output = f"{tried}ERROR: Failed to build 'x' when getting requirements to build wheel\n"
    assert failed_package.found("pip", output) == FailedPackage("x", "1.0")


@pytest.mark.parametrize(
    "output",
    [
        "ERROR: Could not find a version that satisfies the requirement nope (from versions: none)\n",
        "error: No solution found when resolving dependencies:\n",
        "ERROR: Cannot install a and b because these package versions have conflicting dependencies.\n",
        "",
    ],
)
@pytest.mark.parametrize("frontend", ["pip", "uv pip", "pipx"])
def test_other_failures_are_not_ours(frontend: Frontend, output: str) -> None:
    assert failed_package.found(frontend, output) is None


def test_what_a_build_prints_is_not_taken_for_the_frontend() -> None:
    assert failed_package.found("uv pip", UV) == FailedPackage("broken-wheel", "1.5")  # and not `other`


@pytest.mark.parametrize("output", [UV, PIP_GETS_REQUIREMENTS])
def test_the_line_that_says_what_was_wrong(output: str) -> None:
    assert error_line.said(output) == "ModuleNotFoundError: No module named 'pkg_resources'"


def test_frontends_own_words_are_no_error_of_the_package() -> None:
    assert not error_line.said(PIP_BUILDS_NOW)
    assert not error_line.said("subprocess.CalledProcessError: Command '['pip']' returned non-zero exit status 1.\n")
