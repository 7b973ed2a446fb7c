"""``preflight``: what a build cannot do without, looked at before it begins, and not found missing an hour later.

::

    the table, less what is skipped -> findings: what is there, or what is wrong and its cure -> one error for all
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, Optional

from augbackend.errors import AugbackendError
from augbackend.table import Build
from augbackend.table.convert import TABLE, Table, key

from . import Feature, _cuda, _machine
from ._sizes import gib, parse_size

Cuda = Literal["torch", "any", "none"]
CHECKS = ("commands", "cuda", "memory", "disk")
_INSTALL = "install the CUDA toolkit{}, or set CUDA_HOME to where it is"


def _check_command(text: str) -> None:
    if not re.fullmatch(r"[^\s/\\\0]+", text):
        raise ValueError("expected the name of a command, such as 'ninja'")


def _skipped(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not {*CHECKS}.issuperset(names):
        raise ValueError(f"expected some of {', '.join(CHECKS)}, separated by commas")
    return names


@dataclass(init=False, repr=False, eq=False)
class Preflight(Table):
    """What a wheel cannot be built without: looked at before its build begins, and not begun if it is not there."""

    commands: tuple[str, ...] = key((), check=_check_command)
    """Commands that have to be on the build's `PATH`, where a build requirement's own are as well. `nvcc` may also be \
where torch looks for it: in `CUDA_HOME`, in `/usr/local/cuda`."""
    cuda: Cuda = key("none")
    """`torch`: the build's torch is built with CUDA, and nvcc is there, of the same major version. `any`: of any \
version, for what fetches a ready wheel where there is one. A torch for ROCm wants no nvcc."""
    memory: str = key("", check=parse_size)
    """Memory that has to be free, such as `8 GB`, on the machine and in its control group."""
    disk: str = key("", check=parse_size)
    """Room that has to be free, such as `10 GB`, for the source tree and for the temporary folder."""
    if_variables: Mapping[str, str] = key(MappingProxyType({}))
    """Nothing is looked at unless one of these variables has this value: `{ FORCE_CUDA = "1" }`."""
    unless_variables: Mapping[str, str] = key(MappingProxyType({}))
    """Nothing is looked at where one of these variables has this value, such as one that leaves CUDA out."""
    skip: str = key("", check=_skipped)
    """Keys that are not looked at, separated by commas; for one build, `AUGBACKEND_PREFLIGHT=skip=cuda,memory`."""


class Finding(NamedTuple):
    """What one look came to.

    :param check: the key that asks for it.
    :param said: what is there; or what is wrong, and why that matters.
    :param cure: what can be done; empty if nothing is wrong.
    """

    check: str
    said: str
    cure: str = ""


def spared(preflight: Preflight, environ: Mapping[str, str]) -> str:
    """Why nothing is to be looked at: what variables say. Empty if it is."""
    for name, value in preflight.unless_variables.items():
        if environ.get(name) == value:
            return f"{name} is {value}"
    wanted = preflight.if_variables
    if wanted and all(environ.get(name) != value for name, value in wanted.items()):
        return ", ".join(f"{name} is not {value}" for name, value in wanted.items())
    return ""


def findings(build: Build, environ: Mapping[str, str], root: Path = Path("/")) -> list[Finding]:
    """Look at all that is asked for.

    :param environ: as the wrapped backend is to find it.
    :param root: where ``/proc`` and ``/sys`` are found.
    """
    preflight: Preflight = build.values["preflight"]
    looks = {
        "commands": _commands(preflight, environ),
        "cuda": _of_cuda(preflight.cuda, environ),
        "memory": _memory(preflight.memory, root),
        "disk": _disk(preflight.disk, build.tree),
    }
    skipped = _skipped(preflight.skip) if preflight.skip else ()
    return [one for name, found in looks.items() if name not in skipped for one in found]


def _commands(preflight: Preflight, environ: Mapping[str, str]) -> Iterator[Finding]:
    for name in preflight.commands:
        if name != "nvcc":
            yield _command(name, environ)
        elif preflight.cuda == "none":  # else it is looked at there
            file, why = _cuda.nvcc(environ)
            yield Finding("commands", why or f"nvcc is {file}", why and _INSTALL.format(""))


def _command(name: str, environ: Mapping[str, str]) -> Finding:
    found = shutil.which(name, path=environ.get("PATH"))
    if found:
        return Finding("commands", f"{name} is {found}")
    # Without isolation, the scripts of an environment that is not activated are not on PATH.
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    cure = f"put the folder of {beside} on PATH" if beside else "install it, or put its folder on PATH"
    return Finding("commands", f"the command {name} is not on PATH", cure)


def _of_cuda(wanted: Cuda, environ: Mapping[str, str]) -> Iterator[Finding]:
    if wanted == "none":
        return
    torch = _cuda.installed_torch()
    if torch is not None and torch.is_for_rocm:
        yield Finding("cuda", f"torch {torch.version} is built for ROCm, and wants no nvcc")
        return
    if torch is None:
        yield Finding("cuda", "there is no torch here that says what it is built with")
    elif not torch.cuda:
        kind = "a CPU build" if torch.version.endswith("+cpu") else "built without CUDA"
        said = f"torch {torch.version} is {kind}: a torch without CUDA finds no CUDA toolkit, whatever is installed"
        yield Finding("cuda", said, "let the build have a torch with CUDA, from an index or a folder that has one")
    file, why = _cuda.nvcc(environ)
    if why:
        yield Finding("cuda", why, _INSTALL.format(f" {_major(torch.cuda)}" if torch and torch.cuda else ""))
    elif wanted == "any":
        yield Finding("cuda", f"nvcc is {file}")
    else:
        yield _compared(file, torch)


def _compared(file: str, torch: Optional[_cuda.Torch]) -> Finding:
    """Hold nvcc's version against torch's, as torch does before it compiles."""
    try:
        version = _cuda.release(file)
    except OSError as error:
        return Finding("cuda", f"nvcc cannot be used: {error}", "mend it, or set CUDA_HOME to another CUDA toolkit")
    if not (version and torch and torch.cuda):
        return Finding("cuda", f"nvcc {version or 'of a version that it does not say'} is {file}")
    said = f"nvcc {version} is {file}, and torch {torch.version} is built with CUDA {torch.cuda}"
    ours, its = _major(version), _major(torch.cuda)
    cure = f"set CUDA_HOME to a CUDA toolkit {its}, or let the build have a torch for CUDA {ours}"
    return Finding(
        "cuda", said if ours == its else f"{said}: torch compiles with {its}.x only", "" if ours == its else cure
    )


def _major(version: str) -> str:
    return version.partition(".")[0]


def _memory(wanted: str, root: Path) -> Iterator[Finding]:
    free = _machine.available_memory(root)
    if wanted and free.amount < sys.maxsize:
        said = f"{gib(free.amount)} of {free.whose} are free, and {wanted} are wanted"
        is_enough = free.amount >= parse_size(wanted)
        more = "" if is_enough else "; where memory ends, compilers are killed"
        yield Finding("memory", said + more, "" if is_enough else "end what else runs, or build where there is more")


def _disk(wanted: str, tree: Path) -> Iterator[Finding]:
    places = {"TMPDIR": Path(tempfile.gettempdir()), "the source tree": tree} if wanted else {}
    # Of two folders in one file system, one is enough.
    for name, folder in {folder.stat().st_dev: (name, folder) for name, folder in places.items()}.values():
        free = shutil.disk_usage(folder).free
        cure = f"make room there{', or set TMPDIR to another folder' if name == 'TMPDIR' else ''}"
        said = f"{gib(free)} are free where {name} is ({folder}), and {wanted} are wanted"
        yield Finding("disk", said, cure if free < parse_size(wanted) else "")


def _ready(build: Build) -> None:
    """Refuse a build that lacks something here.

    :raises AugbackendError: with all that is wrong.
    """
    preflight: Preflight = build.values["preflight"]
    wrong = [] if spared(preflight, os.environ) else [one for one in findings(build, os.environ) if one.cure]
    if not wrong:
        return
    lines = [line for one in wrong for line in (f"  {one.check}: {one.said}", f"    cure: {one.cure}")]
    named = {*preflight.skip.replace(",", " ").split(), *(one.check for one in wrong)}
    skip = f"AUGBACKEND_PREFLIGHT=skip={','.join(name for name in CHECKS if name in named)} begins it all the same"
    without = [f"with {name}={value}, nothing is looked at" for name, value in preflight.unless_variables.items()]
    raise AugbackendError(
        "\n".join(["the build is not begun, since it lacks something here", *lines]),
        where=f"{TABLE}.preflight",
        hint="; ".join([*without, skip]),
    )


FEATURE = Feature(
    Preflight,
    'What a wheel cannot be built without, such as `{ cuda = "torch", memory = "8 GB" }`: looked at before its build '
    "begins, which ends after a second then, and not after an hour.",
    ready=_ready,
)
