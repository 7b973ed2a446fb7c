"""Running other people's code: few variables, no input, bounded output, and nothing left running afterwards."""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Callable
from uuid import uuid4

from augbackend.cli import loudness
from augbackend.features.compiler_cache import CONFINED

from . import confinement, interruption, leftover_processes, overhearing, readable
from .readable import StrangersCommand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LONGEST_LINE = 4000  # characters; nobody reads a longer one
_HEAD, _TAIL = 64 * 2**10, 2**20  # bytes of output that are kept
_one_at_a_time = threading.Lock()  # orphans are adopted by this whole process, not by one of its threads
_LAST_WORDS = 2.0  # seconds to read what is left in the pipe
# Variables that a build may need and that hold no secret. No other is handed on, since tokens live in variables.
_KEPT = frozenset((
    "PATH", "PATHEXT", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PROGRAMFILES", "PROGRAMFILES(X86)",
    "PROGRAMDATA", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "OS", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE",
    "TZ", "CC", "CXX", "CPP", "FC", "F77", "F90", "LD", "AR", "AS", "NM", "RANLIB", "STRIP", "NVCC", "HIPCC",
    "CFLAGS", "CPPFLAGS", "CXXFLAGS", "FFLAGS", "LDFLAGS", "NVCC_FLAGS", "ARCHFLAGS", "CL", "_CL_", "LINK", "INCLUDE",
    "LIB", "LIBPATH", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "CMAKE_PREFIX_PATH", "CMAKE_GENERATOR",
    "CMAKE_ARGS", "CMAKE_BUILD_PARALLEL_LEVEL", "MAX_JOBS", "MAKEFLAGS", "SOURCE_DATE_EPOCH",
    "MACOSX_DEPLOYMENT_TARGET", "SDKROOT", "DEVELOPER_DIR", "CUDA_HOME", "CUDA_PATH", "CUDACXX",
    "CUDA_VISIBLE_DEVICES", "TORCH_CUDA_ARCH_LIST", "ROCM_HOME", "ROCM_PATH", "JAVA_HOME", "JDK_HOME", "GOROOT",
    "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "VSINSTALLDIR", "VCINSTALLDIR", "VCTOOLSINSTALLDIR", "WINDOWSSDKDIR", "WINDOWSSDKVERSION", "VSCMD_ARG_TGT_ARCH",
    "DISTUTILS_USE_SDK", "NO_PROXY",
))  # fmt: skip
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@dataclass(frozen=True)
class Ran:
    """How a process ended.

    :param status: its exit status; ``None`` if it was killed at the limit.
    :param output: both streams, the middle left out where it is long.
    :param seconds: of wall time.
    """

    status: int | None
    output: str
    seconds: float


def clean_environ(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """The variables for other people's code: what a build may need, and a home of its own.

    :param home: an existing folder, for what is written to a home or to a temporary folder.
    """
    kept = {name: value for name, value in environ.items() if name.upper() in _KEPT}
    proxies = {name: value for name, value in environ.items() if name.upper() in _PROXIES}
    kept.update({name: value for name, value in proxies.items() if "@" not in value})
    rustup = Path(environ.get("HOME", "")) / ".rustup"
    if "RUSTUP_HOME" not in kept and "HOME" in environ and rustup.is_dir():
        kept["RUSTUP_HOME"] = str(rustup)  # the compilers; what signs in to a registry is in CARGO_HOME
    folders = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "APPDATA", "LOCALAPPDATA")
    ours = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8:replace", CONFINED: "1"}
    return {**kept, **dict.fromkeys(folders, str(home)), **ours}


def run(
    command: Sequence[str],
    cwd: Path,
    environ: Mapping[str, str],
    limit: float,
    confined_to: Iterable[Path] | None = None,
    *,
    reads: Iterable[Path] = (),
) -> Ran:
    """Run a command to its end, or to the limit. Whatever it started is killed then.

    :param environ: all its variables. One is added, by which its children are known.
    :param limit: in seconds.
    :param confined_to: the folders that it may write to; ``None`` for the user's own programs: anywhere.
    :param reads: what it may read beyond those, the system and the folders that the user's variables name.
    """
    loudness.detail(f"{'running' if confined_to is None else 'running, confined'}: {shlex.join(command)}")
    mark = uuid4().hex
    began = time.monotonic()

    def start(words: Sequence[str], where: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  # what is run here is what was asked for
            list(words),
            cwd=where,
            env={**environ, leftover_processes.MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=os.name != "nt",
        )

    process, status, collector = None, None, None
    with _one_at_a_time, leftover_processes.adopting() as before, ExitStack() as kept:
        try:
            if confined_to is None:
                process = start(command, cwd)
            else:
                users = clean_environ(os.environ, cwd)
                strangers = readable.by_full_names(
                    StrangersCommand(command, cwd, users, tuple(reads), tuple(confined_to))
                )
                process = kept.enter_context(confinement.started(start, strangers))
            collector = _Collector(process.stdout, overhearing.ear())  # type: ignore[arg-type]  # it is a pipe
            with suppress(subprocess.TimeoutExpired):
                status = process.wait(max(limit, 0.001))
                status = status if confined_to is None else confinement.status(status)
        finally:
            with interruption.delayed():
                leftover_processes.end(process, mark, before)
                # A child that was not found keeps the pipe open. What it still prints is not waited for.
                if collector is not None:
                    collector.join(_LAST_WORDS)
    return Ran(status, collector.text(), time.monotonic() - began)


class _Collector(threading.Thread):
    """Reads a pipe to its end and keeps its beginning and its end.

    :param hear: is given all of it, as it comes.
    """

    def __init__(self, stream: IO[bytes], hear: Callable[[bytes], None]) -> None:
        super().__init__(daemon=True)
        self._hear = hear
        self._stream, self._head, self._tail, self._left_out = stream, b"", b"", 0
        self.start()

    def run(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), 2**16):
                self._hear(chunk)
                room = _HEAD - len(self._head)
                self._head += chunk[:room]
                self._tail += chunk[room:] if room > 0 else chunk
                if len(self._tail) > 2 * _TAIL:
                    self._left_out += len(self._tail) - _TAIL
                    self._tail = self._tail[-_TAIL:]
        self._hear(b"")

    def text(self) -> str:
        gap = f"\n[{self._left_out} bytes left out]\n".encode() if self._left_out else b""
        return legible((self._head + gap + self._tail).decode("utf-8", "replace"))


def legible(text: str) -> str:
    """What strangers say, in lines of a length that somebody reads."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").split("\n")
    half = _LONGEST_LINE // 2
    return "\n".join(line if len(line) <= _LONGEST_LINE else f"{line[:half]} … {line[-half:]}" for line in lines)
