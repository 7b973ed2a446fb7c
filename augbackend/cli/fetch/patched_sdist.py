"""An sdist with patches applied: all that they leave alone keeps its bytes, its place and its time.

::

    Sdist, patches -> the files that they change -> another tar in a temporary file -> Sdist, checked like any other
"""

from __future__ import annotations

import tarfile
import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Optional

from augbackend.cli.edit import patched_files
from augbackend.cli.edit.patched_files import FileBefore
from augbackend.cli.model.cli_error import CliError
from augbackend.standards.tar import closing, tar_format

from . import sdist

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from augbackend.cli.edit.patched_files import PatchedFiles
    from augbackend.cli.model.source_patch import SourcePatch

    from .sdist import Sdist

_CHUNK = 2**20


@contextmanager
def patched(opened: Sdist, patches: Sequence[SourcePatch]) -> Iterator[Sdist]:
    """The sdist after its patches; without any, itself. What is on the disk stays as it is.

    :raises AugbackendError: if one does not apply, or makes what no sdist may hold.
    """
    if not patches:
        yield opened
        return
    by_name = {sdist.relative(member.name): member for member in opened.members}

    def read(name: str) -> Optional[FileBefore]:
        member = by_name.get(name)
        if member is None:
            return None
        if not member.isreg():
            what = f"{name} is no file but a {'folder' if member.isdir() else 'link'}, which no patch changes"
            raise CliError(
                what, id="patch-names-no-file", where=str(opened.path), hint="name the file itself in the patch"
            )
        return FileBefore(opened.read(name) or b"", bool(member.mode & 0o100))

    found = patched_files.applied(patches, read)
    linked = {sdist.relative(one.linkname) for one in opened.members if one.islnk()} & found.names
    if linked:
        what = f"{min(linked)} is there under two names, by a hard link, so that a patch would change both"
        raise CliError(what, id="patch-hits-hard-link", where=str(opened.path), hint="leave this file out of the patch")
    with tempfile.TemporaryFile(prefix="augbackend-") as stream:
        _write_patched(opened, found, stream)
        yield sdist.of_tar(opened.path, stream)


def _write_patched(opened: Sdist, found: PatchedFiles, stream: IO[bytes]) -> None:
    """Write upstream's members as they are, or with other contents; what is new comes last."""
    source: Any = opened.tar.fileobj
    form = tar_format(source)
    position = 0

    def member(name: str, file: FileBefore, mode: int) -> bytes:
        new = tarfile.TarInfo(name)
        new.size, new.mtime = len(file.content), opened.newest
        new.mode = mode | 0o111 if file.is_program else mode & ~0o111
        padding = b"\0" * (-len(file.content) % tarfile.BLOCKSIZE)
        return new.tobuf(form, "utf-8", "surrogateescape") + file.content + padding

    known = set()
    for one in opened.members:
        name = sdist.relative(one.name)
        stop = one.offset_data + (one.size + -one.size % tarfile.BLOCKSIZE if one.isreg() else 0)
        known.add(name)
        if name not in found.names:
            _carry_range(source, position, stop, stream)
        else:
            _carry_range(source, position, one.offset, stream)
            if name in found.written:
                stream.write(member(one.name, found.written[name], one.mode & 0o777))
        position = stop
    for name in sorted(found.written.keys() - known):
        stream.write(member(f"{opened.top}/{name}", found.written[name], 0o644))
    stream.write(closing(stream.tell()))


def _carry_range(source: IO[bytes], start: int, stop: int, target: IO[bytes]) -> None:
    source.seek(start)
    while start < stop:
        chunk = source.read(min(stop - start, _CHUNK))
        if not chunk:
            raise CliError("it is cut short", id="sdist-cut-short", hint="fetch it again")
        start += len(chunk)
        target.write(chunk)
