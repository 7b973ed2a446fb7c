"""Which projects an installer does not find, in uv's words and in pip's."""

from __future__ import annotations

import time

import pytest
from packaging.requirements import Requirement

from augbackend.cli.fetch import index, unavailable
from augbackend.cli.fetch.absence import OnlyWheelsError
from augbackend.cli.fetch.index import UnansweredError
from augbackend.cli.model.package_sources import Sources
from augbackend.errors import AugbackendError

NOWHERE = Sources()
UV = "error: No solution found when resolving dependencies\n  cause: Because "


def refusing(monkeypatch: pytest.MonkeyPatch, error: AugbackendError) -> None:
    def find(*_: object) -> None:
        raise error

    monkeypatch.setattr(index, "find_sdist", find)


@pytest.mark.parametrize(
    "said",
    [
        f"{UV}there is no version of numpy==99 and you require numpy==99, we can conclude that",
        f"{UV}only numpy<=2.5.5 is available and you require numpy>=99, we can conclude that your requirements are",
        f"{UV}numpy was not found in the package registry and you require numpy==1, we can conclude",
        f"{UV}numpy>=1.20.0,<=1.20.3 has no usable wheels and only the following versions of numpy are available:\n",
        f"{UV}numpy==1.20.3 has no wheels with a matching Python version tag (e.g., `cp311`) and you require",
        "ERROR: Could not find a version that satisfies the requirement numpy==99 (from versions: 1.23.2, 1.23.3)\n",
        "ERROR: No matching distribution found for numpy==99\n",
    ],
)
def test_the_project_that_is_not_found(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    refusing(monkeypatch, AugbackendError("what there is"))
    wanted = [Requirement("setuptools"), Requirement("NumPy==99"), Requirement("num")]
    assert unavailable.explained(said, wanted, NOWHERE, "3.11") == "what there is"
    assert unavailable.explained(said, wanted[::2], NOWHERE, "3.11") == ""


def test_who_has_not_answered_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, UnansweredError("the index cannot be asked", id="x"))
    said = "ERROR: No matching distribution found for x==1"
    assert unavailable.explained(said, [Requirement("x==1")], NOWHERE, "3.11") == ""
    refusing(monkeypatch, OnlyWheelsError("x 1 is published as wheels only", id="x"))
    found = unavailable.explained(said, [Requirement("x==1")], NOWHERE, "3.11")
    assert found == "x 1 is published as wheels only, and no wheel of it is for Python 3.11 here"


@pytest.mark.parametrize("piece", ["a", "only ", "a==", "a-", "there is no version of ", "a was not found "])
def test_an_output_of_any_length(piece: str) -> None:
    began = time.process_time()
    unavailable.explained(piece * 100_000, [], NOWHERE, "3.11")
    assert time.process_time() - began < 5
