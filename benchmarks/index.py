"""What an index of many packages costs: the first run, the second, ``--check``, and a page served; with the memory.

Data: projects on an index on this machine -> ``augbackend index`` in a process of its own, run by run -> ratios.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import resource
import subprocess
import sys
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNT = 300
SETUP = "from setuptools import setup\nsetup(name='{}', version='1.0')\n"
INFO = "Metadata-Version: 2.1\nName: {}\nVersion: 1.0\nLicense: MIT\n\n"
FILLING = 30_000


def figures(folder: Path) -> Iterator[str]:
    """All figures."""
    names = [f"bench{number}" for number in range(COUNT)]
    for name in names:
        _publish(folder / "simple" / name, name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environ = {**os.environ, "PIP_INDEX_URL": f"http://127.0.0.1:{server.server_port}/simple/"}
    base = [sys.executable, "-m", "augbackend.cli", "index", str(folder / "site"), "--require", "wheel"]
    base += ["--cache-dir", str(folder / "cache")]
    runs = {
        "one entry": [*base, f"{names[0]}==1.0"],
        f"{COUNT} entries": [*base, *(f"{name}==1.0" for name in names)],
        "again": [*base, *(f"{name}==1.0" for name in names)],
        "--check": [*base, *(f"{name}==1.0" for name in names), "--check"],
    }
    yield f"{'run':<14}{'CPU s':>9}{'of one':>8}{'MB at most':>12}"
    first = 0.0
    for what, command in runs.items():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        first, peak = first or took, after.ru_maxrss / 1024
        yield f"{what:<14}{took:>9.1f}{took / first:>8.1f}{peak:>12.0f}"
    server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


def _publish(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for file, text in (("PKG-INFO", INFO.format(name)), ("setup.py", SETUP.format(name)), ("data", "x" * FILLING)):
            member = tarfile.TarInfo(f"{name}-1.0/{file}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    content = gzip.compress(stream.getvalue(), mtime=0)
    archive = folder / f"{name}-1.0.tar.gz"
    archive.write_bytes(content)
    link = f'<a href="{archive.name}#sha256={hashlib.sha256(content).hexdigest()}">{archive.name}</a>'
    (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>{link}</body></html>")
