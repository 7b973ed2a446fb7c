from __future__ import annotations

from ..matrix.conftest import frontends

__all__ = ["frontends"]
