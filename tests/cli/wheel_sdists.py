"""Sdists whose backend is in them and makes a wheel of nothing but the standard library: no index is needed."""

from __future__ import annotations

from pathlib import Path

from .archives import sdist

PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "be"\nbackend-path = ["_be"]\n'
BACKEND = """
import os, time, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    {before}
    name = "{name}-{version}"
    files = {{
        "{name}.py": os.environ.get("DEMO", ""),
        f"{{name}}.dist-info/METADATA": "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
        f"{{name}}.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{{name}}.dist-info/RECORD": "",
    }}
    with zipfile.ZipFile(os.path.join(folder, f"{{name}}-py3-none-any.whl"), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return f"{{name}}-py3-none-any.whl"
"""


def buildable(folder: Path, name: str, before: str = "pass", version: str = "1.0") -> Path:
    """Write one.

    :param before: what its build does first.
    """
    code = BACKEND.format(name=name, version=version, before=before)
    files: dict[str, str | bytes] = {"pyproject.toml": PYPROJECT, "_be/be.py": code, "setup.py": b"", "LICENSE": "MIT"}
    return sdist(folder, files, name=name, version=version)
