from __future__ import annotations

import pytest

from .frontends import Frontends


@pytest.fixture(scope="session")
def frontends(tmp_path_factory: pytest.TempPathFactory) -> Frontends:
    return Frontends(tmp_path_factory.mktemp("frontends"))
