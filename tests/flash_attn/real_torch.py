"""Where the real torch lies, a CPU build: in a folder of `PIP_FIND_LINKS`, so that nobody downloads gigabytes by accident."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

FOLDERS = [folder for folder in os.environ.get("PIP_FIND_LINKS", "").split() if Path(folder).is_dir()]
_TAG = f"-cp{sys.version_info[0]}{sys.version_info[1]}-"
_WHEELS = sorted(wheel for folder in FOLDERS for wheel in Path(folder).glob("torch-*.whl") if _TAG in wheel.name)

if not _WHEELS:
    pytest.skip(f"no torch for this Python in PIP_FIND_LINKS ({FOLDERS})", allow_module_level=True)
WHEEL = _WHEELS[-1]
VERSION = WHEEL.name.split("-")[1]
