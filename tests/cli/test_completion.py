"""`augbackend completion`: what shells read, and what a real bash completes with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from augbackend.cli.main import group

from .runner import CliRunner

BASH = shutil.which("bash")


def script(shell: str) -> str:
    found = CliRunner().invoke(group, ["completion", shell])
    assert found.exit_code == 0, found.output
    return str(found.stdout)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell(shell: str) -> None:
    assert f"_AUGBACKEND_COMPLETE={shell}_complete" in script(shell)


def test_no_other_shell() -> None:
    assert CliRunner().invoke(group, ["completion", "sh"]).exit_code == 2


def is_new_enough() -> bool:
    said = subprocess.run([str(BASH), "--version"], capture_output=True, text=True, check=False).stdout if BASH else ""
    version = re.search(r"version (\d+)\.(\d+)", said)
    return version is not None and (int(version[1]), int(version[2])) >= (4, 4)


@pytest.mark.processes
@pytest.mark.skipif(not is_new_enough(), reason="needs a bash of 4.4")
@pytest.mark.parametrize(
    ("words", "completed"),
    [("wr", {"wrap"}), ("wrap --off", {"--offline"}), ("recipes sh", {"show"}), ("completion z", {"zsh"})],
)
def test_a_real_bash(tmp_path: Path, words: str, completed: set[str]) -> None:
    (tmp_path / "completion").write_text(script("bash"), encoding="utf-8")
    program = tmp_path / "augbackend"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m augbackend "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    typed = ["augbackend", *words.split()]
    typing = f"""
    source completion
    COMP_WORDS=({" ".join(typed)}); COMP_CWORD={len(typed) - 1}
    _augbackend_completion augbackend
    printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environ = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(
        [str(BASH), "-c", typing], capture_output=True, text=True, check=True, cwd=tmp_path, env=environ
    )
    assert set(ran.stdout.split()) == completed, ran.stderr
