from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from ..matrix.frontends import Frontends


@pytest.fixture(scope="session")
def frontends(tmp_path_factory: pytest.TempPathFactory) -> Frontends:
    """Real frontends, and a folder of wheels that they see beside the index."""
    found = Frontends(tmp_path_factory.mktemp("frontends"))
    for name in ("otherlib", "scanner"):
        make_wheel(found.wheels, name)
    return found


def make_wheel(folder: Path, name: str, version: str = "1.0") -> None:
    """Write a wheel of one empty module, for builds to which only its presence matters."""
    info = f"{name}-{version}.dist-info"
    with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
