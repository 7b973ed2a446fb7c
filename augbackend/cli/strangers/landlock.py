"""Landlock, by which the kernel keeps a thread, and all that it starts, to some folders. See landlock(7)."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING

from .restricted_thread import checked, syscall

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on all processors that have it
_VERSION, _PATH_BENEATH = 1, 1
_LEAST = 2  # version 1 forbids renaming and linking between folders, which builds do
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_TRUNCATE_SINCE, _SCOPED_SINCE = 3, 6
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
# The rights to remove, make, rename and link what is in a folder.
_IN_FOLDERS = sum(1 << bit for bit in range(4, 14))
_DEVICE_NODES = 1 << 6 | 1 << 11  # root could make one of the disk, and write to that
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1  # of processes outside


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def is_linux() -> bool:
    """Whether this is the system that has it."""
    return sys.platform == "linux"


def version() -> int:
    """The version of Landlock that this system has; 0 if it has none, or one that is too old."""
    if not is_linux():
        return 0
    try:
        known = syscall(_CREATE_RULESET, None, 0, _VERSION)
    except (OSError, AttributeError):  # there is no C library that could be called
        return 0
    return known if known >= _LEAST else 0


def is_scoped() -> bool:
    """Whether it knows of abstract sockets and of signals."""
    return version() >= _SCOPED_SINCE


def restrict_files(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Let this thread read in some folders and files, write in some, and nowhere else; and scope it.

    :param readable: what does not exist is passed over.
    :param writable: likewise. These may be read as well.
    :raises AugbackendError: if the system refuses that, though it could.
    """
    to_files = _WRITE_FILE | (_TRUNCATE if version() >= _TRUNCATE_SINCE else 0)
    reading = _READ_FILE | _READ_FOLDER
    ruleset = _created(to_files | reading | _IN_FOLDERS)
    try:
        for path in readable:
            _allow(ruleset, path, reading)
        for path in writable:
            _allow(ruleset, path, reading | to_files | _IN_FOLDERS & ~_DEVICE_NODES)
        checked(syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def restrict_scope() -> None:
    """Keep this thread from abstract sockets of processes outside, and from signals to them, where that is known.

    It may mount as before, which a thread whose files are restricted may not.
    """
    if is_scoped():
        ruleset = _created(0)
        try:
            checked(syscall(_RESTRICT_SELF, ruleset, 0))
        finally:
            os.close(ruleset)


def _created(rights: int) -> int:
    handled = _Ruleset(rights, 0, _ABSTRACT_SOCKETS | _SIGNALS if is_scoped() else 0)
    size = ctypes.sizeof(_Ruleset) if is_scoped() else ctypes.sizeof(ctypes.c_uint64)
    return checked(syscall(_CREATE_RULESET, ctypes.byref(handled), size, 0))


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it does not exist, or this user may not open it
        return
    try:
        of_a_file = _READ_FILE | _WRITE_FILE | _TRUNCATE
        rule = _PathBeneath(rights if path.is_dir() else rights & of_a_file, opened)
        checked(syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(opened)
