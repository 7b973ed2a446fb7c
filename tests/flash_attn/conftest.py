from __future__ import annotations

import os

import pytest

from ..matrix.conftest import frontends
from ..matrix.frontends import Frontends

__all__ = ["frontends"]


@pytest.fixture(autouse=True)
def _uv_sees_the_torch_too(frontends: Frontends, monkeypatch: pytest.MonkeyPatch) -> None:
    links = [frontends.wheels.as_uri(), *os.environ.get("PIP_FIND_LINKS", "").split()]
    monkeypatch.setitem(frontends.environ, "UV_FIND_LINKS", ",".join(links))
