"""Trees written as dictionaries, and hooks run as a frontend runs them: in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile(
    "augbackend",
    deadline=None,  # a busy machine is no mistake
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# What `tox -e fuzz` takes: many more examples, other ones each time, and a line that repeats one that fails.
settings.register_profile(
    "fuzz", settings.get_profile("augbackend"), max_examples=3000, derandomize=False, print_blob=True
)
settings.load_profile("augbackend")

_LONGEST_IN_A_NAME = 40

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


class ProcessGuard:
    """Fails a test that starts a process, unless it has one of the markers for that.

    So ``-m "not processes"`` selects the fast tests, and they stay fast.
    """

    events = frozenset({"os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"})
    markers = ("processes", "builds", "matrix", "flash_attn", "tools", "upstream")

    def __init__(self) -> None:
        self.is_on = False
        sys.addaudithook(self.audit)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on and event in self.events:
            pytest.fail(f"it starts a process ({event} {arguments[:2]}) without the marker 'processes'")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self.is_on = not any(item.get_closest_marker(name) for name in self.markers)
        try:
            return (yield)
        finally:
            self.is_on = False


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ProcessGuard())


def pytest_make_parametrize_id(val: object) -> str | None:
    """Names of tests without archives in them: these hold the time, and workers have to agree on the names."""
    return "bytes" if isinstance(val, bytes) and len(val) > _LONGEST_IN_A_NAME else None


def leaving_to_ci(cases: Iterable[Any], here: Collection[Any]) -> list[Any]:
    """A test's cases, of which a developer's ``tox`` runs only some: the others are like them, and CI runs them all.

    :param here: what ``tox`` runs everywhere.
    """
    cases = list(cases)
    assert all(case in cases for case in here)
    given = [(case, case if isinstance(case, tuple) else (case,)) for case in cases]
    return [case if case in here else pytest.param(*values, marks=pytest.mark.ci) for case, values in given]


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
