"""Everything that an attacker would try from within a build, by each of the ways to confine it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from augbackend.cli.strangers import confinement, landlock, process

from . import attacks
from .attacks import Victim
from .confined import BY, only

pytestmark = [
    pytest.mark.once,
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="another system has other doors"),
]
# What Landlock does not know of, which is what is said.
NOT_BY_LANDLOCK = {
    "a socket in a folder",
    "a socket beside programs",
    "chmod",
    "chmod of a program",
    "chown",
    "utime",
    "utime of a program",
    "an attribute",
    "the parent's command line",
    "other processes",
    "a priority",
    "a user namespace",
    "passwords",
}
SINCE_SCOPES = {"an abstract socket", "a signal"}
# What this test shows to be an attack at all: it succeeds where nothing is confined.
ALL = attacks.attacks({"folder": "", "process": 0}) if sys.platform == "linux" else {}
ANYBODY_CAN = (NOT_BY_LANDLOCK - {"a user namespace", "passwords"}) | SINCE_SCOPES
ANYBODY_CAN |= {"reading", "writing", "reading the home", "writing to the home", "the user's terminal"}


def attacked(folder: Path, *, is_confined: bool) -> tuple[dict[str, str], bool]:
    """What came of each, and whether the victim is as it was."""
    victim = Victim(folder / "victim")
    own = folder / "own"
    own.mkdir()
    script = Path(shutil.copy(attacks.__file__, own))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(victim.folder / "home"))
        patch.setenv("PATH", f"{victim.folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
        before = victim.state()
        # Some would do harm to this machine.
        command = [sys.executable, str(script), victim.facts(ALL if is_confined else ANYBODY_CAN)]
        environ = process.clean_environ(os.environ, own)
        ran = process.run(command, own, environ, 120, [own] if is_confined else None)
        is_unchanged = victim.state() == before
        victim.close()
    assert ran.status == 0, ran.output
    return dict(json.loads(line) for line in ran.output.splitlines()), is_unchanged


@pytest.fixture(scope="module", params=BY)
def outcome(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[str, str], bool]]:
    with only(request.param):
        yield request.param, *attacked(tmp_path_factory.mktemp("attacked"), is_confined=True)


@pytest.mark.parametrize("name", ALL)
def test_it_does_not_succeed(outcome: tuple[str, dict[str, str], bool], name: str) -> None:
    by, found, _ = outcome
    if by == "landlock" and name in NOT_BY_LANDLOCK:
        pytest.skip("Landlock does not know of that, and this is said")
    if name in SINCE_SCOPES and not landlock.is_scoped() and not (by == "bubblewrap" and name == "a signal"):
        pytest.skip("the Landlock of this kernel has no scopes")
    if name == "a user namespace" and not getattr(confinement._bwrap(), "options", ()):
        pytest.skip("this bubblewrap is older than 0.8")
    assert found[name] != "reached"


def test_the_victim_is_as_it_was(outcome: tuple[str, dict[str, str], bool]) -> None:
    by, _, is_unchanged = outcome
    if by == "bubblewrap":
        assert is_unchanged


def test_they_are_attacks(tmp_path: Path) -> None:
    """Without confinement they succeed; else this would prove nothing."""
    found, is_unchanged = attacked(tmp_path, is_confined=False)
    assert {name for name in ANYBODY_CAN if found[name] != "reached"} == set()
    assert not is_unchanged
