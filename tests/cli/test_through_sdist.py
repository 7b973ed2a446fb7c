"""What a folder's sdist lacks, and the line of MANIFEST.in against that. Nothing is built."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any, Callable

import pytest

from augbackend.cli.diagnosis import attempt as attempts
from augbackend.cli.diagnosis import through_sdist
from augbackend.cli.diagnosis.attempt import Attempt, Circumstances, Failure
from augbackend.cli.model.declaration import Declaration

Tree = Callable[[dict[str, "str | bytes"]], Path]


class World:
    """Builds whose sdist has only ``setup.py``, and whose wheel fails.

    :param ends: how building the sdist ends; ``None`` is an sdist.
    """

    def __init__(self, folder: Path, said: str, ends: Failure | None = None) -> None:
        self._sdist, self._said, self._ends = folder / "pkg-1.tar.gz", said, ends
        with tarfile.open(self._sdist, "w:gz") as archive:
            entry, content = tarfile.TarInfo("pkg-1/setup.py"), b""
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))

    def attempt(self, declaration: Declaration, *_: Any, product: str = "wheel") -> Attempt:
        if product == "sdist":
            return Attempt(declaration, None if self._ends else self._sdist, self._ends, 1.0)
        return Attempt(declaration, None, Failure("wheel", self._said), 1.0)


@pytest.fixture
def loss(tmp_path: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def of(files: list[str], said: str, ends: Failure | None = None) -> str:
        folder = tree({"setup.py": "", **dict.fromkeys(files, "")})
        workplace = tmp_path / "workplace"
        workplace.mkdir()
        monkeypatch.setattr(attempts, "attempt", World(workplace, said, ends).attempt)
        installer: Any = None
        having = Circumstances(folder, "setuptools.build_meta", installer, float("inf"), workplace)
        found = through_sdist.loss(Attempt(Declaration(), Path("pkg-1-py3-none-any.whl"), None, 1.0), having, {}, print)
        return found.reason if found else ""

    return of


@pytest.mark.parametrize(
    ("files", "said", "line"),
    [
        (["csrc/a.h"], "x.c:1:10: fatal error: a.h: No such file or directory", "a line of MANIFEST.in for that: include csrc/a.h"),
        (["csrc/a.h", "csrc/b.h"], "x.c:1:10: fatal error: a.h: No such file", "recursive-include csrc *.h"),
        (["tools/__init__.py", "tools/b.py"], "ModuleNotFoundError: No module named 'tools'", "recursive-include tools *.py"),
        (["VERSION", "LICENSE"], "FileNotFoundError: 'VERSION'", "include VERSION"),
    ],
)  # fmt: skip
def test_the_line_that_takes_in_what_is_missing(
    loss: Callable[..., str], files: list[str], said: str, line: str
) -> None:
    assert loss(files, said).endswith(line)


@pytest.mark.parametrize("ends", [{"is_over_time": True}, {"is_interrupted": True}])
def test_a_way_that_was_cut_short_says_nothing(loss: Callable[..., str], ends: dict[str, bool]) -> None:
    with pytest.raises(TimeoutError):
        loss([], "", Failure("wheel", "", **ends))
