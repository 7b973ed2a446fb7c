"""What is installed is read once in a hook call, however many keys want to know."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from ..conftest import ROOT, run_hook, write
from .test_finish import INNER, METADATA
from .test_pin_runtime import install

pytestmark = pytest.mark.processes
PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
KEYS = {
    "": "",
    "dependencies": 'extra-build-dependencies = ["torch==2.8.1", "six", "numpy"]',
    "match-runtime": 'extra-build-dependencies = [{ requirement = "torch", match-runtime = true }, "six"]',
    "pin-runtime": 'pin-runtime = { torch = "x.x", six = "x" }',
    "provenance": "provenance = true",
    "promise": 'metadata = { requires-dist = ["torch>=2", "six", "rich; extra == \'x\'"] }',
    "compiler-cache": 'compiler-cache = "auto"',
}
ALL = [*KEYS][2:]
COMBINATIONS = [[one] for one in KEYS] + [["dependencies", *ALL[1:3]], ["match-runtime", "pin-runtime"], ALL[:3], ALL]
# Notes what our modules read of a folder of distributions, and nothing of what imports read.
NOTES = """
import os, sys
def note(event, arguments):
    path = arguments[0] if arguments and event in ("os.listdir", "os.scandir", "open") else None
    if not isinstance(path, (str, os.PathLike)) or "-packages" not in os.fspath(path):
        return
    # Of the two events of Python 3.9's pathlib for one file, the second has no mode.
    if event == "open" and (arguments[1] is None or not os.fspath(path).endswith(("METADATA", "RECORD"))):
        return
    frame = sys._getframe(1)
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        if frame.f_globals.get("__name__", "").startswith("augbackend."):
            os.write(descriptor, f"{os.path.realpath(path)}\\n".encode())
            return
        frame = frame.f_back
descriptor = os.open(os.environ["READ"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
sys.addaudithook(note)
"""


@pytest.mark.parametrize("keys", COMBINATIONS, ids="+".join)
@pytest.mark.parametrize("hook", ["prepare_metadata_for_build_wheel", "build_wheel"])
def test_nothing_is_read_twice(tmp_path: Path, keys: list[str], hook: str) -> None:
    if "compiler-cache" in keys and not (shutil.which("cc") and sys.platform != "win32"):
        pytest.skip("there is no compiler")
    site = install(tmp_path / "lib" / PYTHON / "site-packages", torch="2.8.1", six="1.0", numpy="2.0")
    write(site, {f"{one.name}/RECORD": "a.py,,\n" for one in site.iterdir()})
    write(tmp_path / "notes", {"sitecustomize.py": NOTES})
    write(tmp_path / "programs", {"ccache": '#!/bin/sh\nexec "$@"\n'}).joinpath("ccache").chmod(0o755)
    table = [
        "[build-system]",
        "requires = ['torch>=1']" if "match-runtime" not in keys else "requires = []",
        "build-backend = 'augbackend'",
        "[tool.augbackend]\nbuild-backend = 'setuptools.build_meta'\nbackend-path = ['_inner']",
        *(KEYS[key] for key in keys),
    ]
    files = {"_inner/setuptools/__init__.py": "", "_inner/setuptools/build_meta.py": INNER, "METADATA": METADATA}
    write(tmp_path / "tree", {**files, "pyproject.toml": "\n".join(table), "out/.gitignore": ""})
    environ = {
        "READ": str(tmp_path / "read"),
        "PYTHONPATH": os.pathsep.join(map(str, [tmp_path / "notes", ROOT, site])),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PATH": os.pathsep.join([str(tmp_path / "programs"), os.environ["PATH"]]),
    }
    done = run_hook(tmp_path / "tree", hook, str(tmp_path / "tree" / "out"), environ=environ)
    assert done.status == 0, done.stderr
    read = Counter((tmp_path / "read").read_text().splitlines())
    # The digest of the environment is another reading: of what the RECORDs say.
    digests = 1 if "compiler-cache" in keys and hook == "build_wheel" else 0
    assert read[str(site)] <= 1 + digests, json.dumps(read, indent=1)
    assert all(count <= 1 for name, count in read.items() if name.endswith(("METADATA", "RECORD"))), read
    assert read[str(site)], "nothing was noted"
