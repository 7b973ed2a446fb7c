"""The ways to confine other people's code, each as if it were the only one here."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from augbackend.cli.strangers import confinement

BY = ("bubblewrap", "landlock")


def has_landlock() -> bool:
    """By the kernel's own word, asked here: a mistake of ours is no reason to skip a test."""
    if sys.platform != "linux":
        return False
    asked = ctypes.CDLL(None).syscall(ctypes.c_long(444), None, ctypes.c_long(0), ctypes.c_long(1))
    return bool(asked >= 2)  # the version from which on files are renamed and linked as ever


def has_bubblewrap() -> bool:
    """Likewise, by trying it."""
    if sys.platform != "linux" or shutil.which("bwrap") is None:
        return False
    command = [
        "bwrap",
        "--unshare-user",
        "--unshare-pid",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "true",
    ]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def only(by: str) -> Iterator[None]:
    """Confine by this; skip the test where it is not to be had."""
    if by == "bubblewrap" and not has_bubblewrap():
        pytest.skip("there is no bubblewrap here, or it may not do what it does")
    if by == "landlock" and not has_landlock():
        pytest.skip("this system has no Landlock")
    with pytest.MonkeyPatch.context() as patch:
        if by == "landlock":
            patch.setattr(confinement, "_bwrap", lambda: None)
        assert confinement.here().by == by
        yield
