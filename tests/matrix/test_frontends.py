"""Every frontend builds a wrapped project that imports what nobody declared, and none builds the direct one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..conftest import leaving_to_ci
from .frontends import INSTALLERS, BuildFailedError, Frontends
from .projects import GREETING, UNDECLARED, Form

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.matrix

# Each way of having the backend at hand, and each way of declaring; not each pair of them.
WRAPPED: dict[str, Form] = {
    "legacy-in-both": "in-tree",
    "legacy-in-table": "in-tree",
    "build-meta-in-table": "installed",
}
CASES = leaving_to_ci(
    INSTALLERS, ("pip-install", "pip-editable", "build", "uv-pip-install", "uv-tool", "uvx", "pipx", "tox")
)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("frontend", CASES)
@pytest.mark.parametrize("project", leaving_to_ci(["legacy-in-table", "build-meta-in-table"], ["legacy-in-table"]))
def test_direct_form_fails(frontends: Frontends, frontend: str, project: str, tmp_path: Path, scratch: Path) -> None:
    tree = UNDECLARED[project].write(tmp_path / "tree", "direct")
    with pytest.raises(BuildFailedError, match="No module named 'fakelib'"):
        INSTALLERS[frontend](frontends, tree, scratch)


@pytest.mark.parametrize("frontend", CASES)
@pytest.mark.parametrize("project", WRAPPED)
def test_wrapped_form_works(frontends: Frontends, frontend: str, project: str, tmp_path: Path, scratch: Path) -> None:
    tree = UNDECLARED[project].write(tmp_path / "tree", WRAPPED[project])
    assert GREETING in INSTALLERS[frontend](frontends, tree, scratch).splitlines()
