"""The headers of one member of a tar: whether every reader understands them alike.

tarfile is lenient, and readers differ in what they make of a header that contradicts another one. What is carried over
into a wrapped archive has to mean the same to all of them, and the strictest has to take it.
"""

from __future__ import annotations

import re
import tarfile
from typing import IO

# A long name as GNU's tar writes it, or a header of pax; which of several counts, readers disagree.
_CHAINS = {tarfile.GNU_FORMAT: (b"", b"L", b"K", b"LK", b"KL"), tarfile.PAX_FORMAT: (b"", b"x")}
_INTEGER, _TIME = re.compile(r"[0-9]{1,18}"), re.compile(r"[0-9]{1,11}(\.[0-9]*)?")
_ANY, _NAME = re.compile(r"(?s).*"), re.compile(r"[^\0]+")
# What the values of pax look like, by key; others are of a vendor, such as SCHILY.xattr.user.x.
_FORMS = {
    **dict.fromkeys(("size", "uid", "gid"), _INTEGER),
    **dict.fromkeys(("mtime", "atime", "ctime"), _TIME),
    **dict.fromkeys(("path", "linkpath"), _NAME),
    **dict.fromkeys(("uname", "gname", "comment", "charset"), _ANY),
    "hdrcharset": re.compile("BINARY|ISO-IR 10646 2000 UTF-8"),
}
_OF_A_VENDOR = re.compile(r"(?!GNU\.sparse)[A-Z]+\..+")
# What a header's numbers look like, by their places: mode, uid, gid, size, mtime. GNU's may be binary.
_PLACES = ((100, 108), (108, 116), (116, 124), (124, 136), (136, 148))
_OCTAL = re.compile(rb"[0-7]+[ \0]+|\0+")
_MAGIC = {tarfile.GNU_FORMAT: tarfile.GNU_MAGIC, tarfile.PAX_FORMAT: tarfile.POSIX_MAGIC}
_FOR_ALL = ("path", "linkpath", "size", "hdrcharset")  # what may not be the same of all members


def check(stream: IO[bytes], at: int, member: tarfile.TarInfo, form: int) -> None:
    """Check the headers of a member, its own and those in front of it.

    :param stream: the tar.
    :param at: where the member before it ends.
    :param form: of the whole tar, :data:`tarfile.GNU_FORMAT` or :data:`tarfile.PAX_FORMAT`.
    :raises ValueError: saying what is wrong with them.
    """
    chain, said = b"", dict[str, str]()
    last = member.offset_data - tarfile.BLOCKSIZE
    while at < last:
        header = _header_at(stream, at, form)
        payload = stream.read(header.size)
        if header.type == tarfile.XGLTYPE and not chain:
            if not _records(payload).keys().isdisjoint(_FOR_ALL):
                raise ValueError("it names all members at once")
        else:
            chain += header.type
            if header.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK) and b"\0" in payload[:-1]:
                raise ValueError("a long name has a NUL in it")
            said = _records(payload) if header.type == tarfile.XHDTYPE else said
        at += tarfile.BLOCKSIZE + header.size + -header.size % tarfile.BLOCKSIZE
    header = _header_at(stream, last, form)
    if at != last or chain not in _CHAINS[form]:
        raise ValueError("there are several, or of several formats")
    if header.size != int(said.get("size", header.size)) or (header.size and not member.isreg()):
        raise ValueError("it has two sizes, or none is due")
    if "linkpath" in said and not (member.issym() or member.islnk()):
        raise ValueError("it is no link, and has a target")


def _header_at(stream: IO[bytes], at: int, form: int) -> tarfile.TarInfo:
    stream.seek(at)
    block = stream.read(tarfile.BLOCKSIZE)
    if block[257:265] != _MAGIC[form]:
        raise ValueError("its format is not that of the first member, or none of POSIX or GNU")
    for start, stop in _PLACES:
        number = block[start:stop]
        if not _OCTAL.fullmatch(number) and (form != tarfile.GNU_FORMAT or number[:1] != b"\x80"):
            raise ValueError(f"{number!r} is no number")
    if sum(block[:148]) + 8 * 32 + sum(block[156:]) != int(block[148:156].strip(b" \0") or b"0", 8):
        raise ValueError("it has a checksum that only some compute so")
    if block[156:157] == tarfile.CONTTYPE:
        raise ValueError("it is of a kind that only some take for a file")
    return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")


def _records(payload: bytes) -> dict[str, str]:
    """The records of a pax header, read strictly.

    :raises ValueError: if they are not as POSIX has them.
    """
    found, at = {}, 0
    while at < len(payload):
        size = re.match(rb"[1-9][0-9]{0,8} ", payload[at : at + 10])
        end = at + int(size[0]) if size else at
        record = payload[at + len(size[0]) : end] if size else b""
        key, equals, value = record[:-1].decode().partition("=")
        form = _FORMS.get(key, _OF_A_VENDOR)
        if not equals or record[-1:] != b"\n" or not form.fullmatch(value if key in _FORMS else key):
            raise ValueError(f"{record[:100]!r} is no record of pax")
        if key in found:
            raise ValueError(f"{key!r} is said twice")
        found[key], at = value, end
    if not found:
        raise ValueError("it has no records")
    return found
