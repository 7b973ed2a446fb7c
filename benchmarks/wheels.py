"""What changing a wheel costs: ``augbackend.wheel.edit`` against ``wheel unpack``, a change, ``wheel pack``.

Data: wheels (size x members) -> both ways of giving METADATA a line more and adding a file, in turn -> CPU, wall, peak
memory and ratios, and how they grow with size. ``.dist-info`` lies behind the rest, as every backend writes it, and
once before it, where `edit` has to move everything.
"""

from __future__ import annotations

import base64
import hashlib
import random
import shutil
import statistics
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .runs import Run, measure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MB = 10**6
INFO = "p-1.0.dist-info"
FILES = {
    f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: p\nVersion: 1.0\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: benchmarks\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
MORE, ADDED = "Requires-Dist: torch==2.8.*\n", f"{INFO}/sboms/p.cdx.json"
DOCUMENT = '{"bomFormat": "CycloneDX"}' * 100
EDIT = f"""
import sys, zipfile
from pathlib import Path
from augbackend.standards import wheels
file = Path(sys.argv[1])
with zipfile.ZipFile(file) as archive:
    text = archive.read("{INFO}/METADATA").decode() + sys.argv[2]
wheels.edit(file, {{"{INFO}/METADATA": text.encode(), "{ADDED}": sys.argv[3].encode()}})
"""
PACKED = 0.77  # what deflate makes of `_block`


@dataclass(frozen=True)
class Case:
    """A wheel.

    :param size: of the wheel, in MB.
    """

    size: int
    members: int
    is_info_first: bool = False


CASES = [*(Case(size, members) for size in (1, 50, 600) for members in (5, 5000)), Case(600, 5, is_info_first=True)]


def figures(folder: Path, rounds: int) -> Iterator[str]:
    """The table."""
    bare = measure([sys.executable, "-c", "import augbackend"], folder)
    yield f"importing augbackend: {bare.cpu * 1e3:.0f} ms cpu, {bare.peak / MB:.0f} MB peak"
    yield f"{'wheel':<31} {'cpu s':>22} {'ratio':>7} {'wall s':>18} {'ratio':>7} {'peak MB':>12}"
    edits = {}
    for case in CASES:
        original = _make(folder / "original", case)
        runs: dict[str, list[Run]] = {"edit": [], "unpack, pack": []}
        for _ in range(rounds):
            runs["edit"].append(_edit(original, folder / "edit"))
            runs["unpack, pack"].append(_repack(original, folder / "repack"))
        edits[case] = runs["edit"]
        size = original.stat().st_size
        shutil.rmtree(original.parent)
        cells = []
        for kind, digits in (("cpu", 3), ("wall", 2)):
            pairs = [(getattr(a, kind), getattr(b, kind)) for a, b in zip(*runs.values())]
            mine, theirs = (statistics.median(side) for side in zip(*pairs))
            ratio = statistics.median(a / b for a, b in pairs)
            cells.append(f"{mine:8.{digits}f} / {theirs:7.{digits}f} {ratio:7.4f}")
        peaks = [max(one.peak for one in some) / MB for some in runs.values()]
        what = f"{size / MB:.0f} MB, {case.members} members{', info first' if case.is_info_first else ''}"
        yield f"{what:<31} {'   '.join(cells)} {peaks[0]:6.0f} / {peaks[1]:.0f}"
    for members in (5, 5000):
        small, large = (statistics.median(one.cpu for one in edits[Case(size, members)]) for size in (1, 600))
        yield f"edit, 600 MB / 1 MB, {members} members: cpu {large / small:.2f}"


def _make(folder: Path, case: Case) -> Path:
    """A wheel whose members compress about as well as compiled code, written without holding it in memory."""
    folder.mkdir()
    file = folder / "p-1.0-py3-none-any.whl"
    block, each = _block(), round(case.size * MB / PACKED / case.members)
    record = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:

        def write_info() -> None:
            for name, text in FILES.items():
                archive.writestr(name, text)
                record.append(_row(name, hashlib.sha256(text.encode()), len(text)))

        if case.is_info_first:
            write_info()
        for at in range(case.members):
            name, digest = f"p/{at % 50}/{at}.bin", hashlib.sha256()
            with archive.open(name, "w", force_zip64=True) as member:
                for start in range(0, each, len(block)):
                    part = block[: each - start]
                    member.write(part)
                    digest.update(part)
            record.append(_row(name, digest, each))
        if not case.is_info_first:
            write_info()
        archive.writestr(f"{INFO}/RECORD", "\n".join([*record, f"{INFO}/RECORD,,\n"]))
    return file


def _block() -> bytes:
    """64 values, at random: deflate looks back no further than 32 KiB, so that repeating it does not compress it."""
    return random.Random(1).randbytes(1 << 20).translate(bytes(at % 64 for at in range(256)))  # noqa: S311


def _row(name: str, digest: hashlib._Hash, size: int) -> str:
    return f"{name},sha256={base64.urlsafe_b64encode(digest.digest()).rstrip(b'=').decode()},{size}"


def _edit(original: Path, folder: Path) -> Run:
    folder.mkdir()
    file = folder / original.name
    shutil.copy(original, file)
    run = measure([sys.executable, "-c", EDIT, str(file), MORE, DOCUMENT], folder)
    shutil.rmtree(folder)
    return run


def _repack(original: Path, folder: Path) -> Run:
    (folder / "out").mkdir(parents=True)
    wheel = [sys.executable, "-m", "wheel"]
    unpack = measure([*wheel, "unpack", str(original)], folder)
    info = folder / "p-1.0"
    with (info / INFO / "METADATA").open("a") as file:
        file.write(MORE)
    (info / ADDED).parent.mkdir()
    (info / ADDED).write_text(DOCUMENT)
    pack = measure([*wheel, "pack", "--dest-dir", str(folder / "out"), str(info)], folder)
    shutil.rmtree(folder)
    return Run(unpack.wall + pack.wall, unpack.cpu + pack.cpu, unpack.user + pack.user, max(unpack.peak, pack.peak))
