"""Trees written as dictionaries, and hooks run as a frontend runs them: in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest

ROOT = Path(__file__).resolve().parent.parent

CALL_HOOK = """
import json, sys
hook, arguments, result = json.loads(sys.argv[1])
import augbackend
answer = getattr(augbackend, hook)(*arguments)
open(result, "w").write(json.dumps(answer))
"""


@dataclass(frozen=True)
class Outcome:
    """What a hook answered, or how it failed."""

    answer: Any
    status: int
    stdout: str
    stderr: str


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files by their names."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def run_hook(tree: Path, hook: str, *arguments: Any, environ: dict[str, str] | None = None) -> Outcome:
    """Call a hook of augbackend in a process of its own, with this interpreter's packages."""
    result = tree.parent / f"{tree.name}-{hook}.json"
    result.unlink(missing_ok=True)
    command = [sys.executable, "-c", CALL_HOOK, json.dumps([hook, arguments, str(result)])]
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("AUGBACKEND_", "PYTHONWARNINGS"))}
    done = subprocess.run(
        command,
        cwd=tree,
        env={**clean, "PYTHONPATH": str(ROOT), **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    answer = json.loads(result.read_text()) if result.exists() else None
    return Outcome(answer, done.returncode, done.stdout, done.stderr)


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[dict[str, str | bytes]], Path]:
    """Write a source tree from a dictionary and return its folder."""
    folder = tmp_path / "tree"
    folder.mkdir()
    return lambda files: write(folder, files)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AUGBACKEND_")]:
        monkeypatch.delenv(name)
