from __future__ import annotations

from pathlib import Path

import pytest

from ..matrix.frontends import Frontends


@pytest.fixture(scope="session")
def frontends(tmp_path_factory: pytest.TempPathFactory) -> Frontends:
    return Frontends(tmp_path_factory.mktemp("frontends"))


@pytest.fixture
def names(adopted: Path) -> list[str]:
    """The copy's modules, as a hook names files to a tool: what is excluded from a walk counts for nothing then."""
    return sorted(file.relative_to(adopted).as_posix() for file in adopted.glob("_augbackend/**/*.py"))
