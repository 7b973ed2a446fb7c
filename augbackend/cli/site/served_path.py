"""Which file of the index a request means, if any: only what has the shape of an index, and nothing outside of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from augbackend.cli.model import published_file

from . import pages

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FOLDER = re.compile(rf"({published_file.MADE_HERE})?[0-9a-f]{{16}}")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+!-]*")
_PAGES = (pages.HTML, pages.JSON)


@dataclass(frozen=True)
class ServedPath:
    """What a request comes to.

    :param file: to be sent; for a page, its HTML.
    :param is_page: whether the client's word decides in which form.
    :param location: where to go instead: the same project under its canonical name.
    """

    file: Optional[Path] = None
    is_page: bool = False
    location: str = ""


NOTHING = ServedPath()


def found(out: Path, request: str) -> ServedPath:
    """What a request's path leads to; nothing for a project that is not in the index, wherever else it may be.

    :param request: as the client sends it, a query included.
    """
    parts = [
        *map(unquote, request.partition("?")[0].partition("#")[0].split("/")[1:])
    ]  # an escaped slash ends no folder
    if parts in ([""], ["index.html"]):
        return ServedPath(_inside(out, out / pages.HTML), is_page=True)
    if parts == [pages.JSON]:
        return ServedPath(_inside(out, out / pages.JSON))
    name = canonicalize_name(parts[0]) if parts else ""
    if not _NAME.fullmatch(name) or _inside(out, out / name / pages.HTML) is None:
        return NOTHING
    if parts == [parts[0]] or (parts == [parts[0], ""] and parts[0] != name):
        # Relative, so that it holds behind a prefix as well.
        return ServedPath(location=f"../{name}/" if len(parts) > 1 else f"{name}/")
    if parts[0] != name:
        return NOTHING
    if parts[1:] in ([""], [pages.HTML]):
        return ServedPath(_inside(out, out / name / pages.HTML), is_page=True)
    if parts[1:] == [pages.JSON]:
        return ServedPath(_inside(out, out / name / pages.JSON))
    if len(parts) == 3 and _FOLDER.fullmatch(parts[1]) and _FILE.fullmatch(parts[2]):  # noqa: PLR2004  # as laid out
        return ServedPath(_inside(out, out.joinpath(*parts)))
    return NOTHING


def _inside(out: Path, file: Path) -> Path | None:
    """The file, if it is one, and no link leads out of the folder."""
    try:
        whole = file.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # a circle of links; a name that is none
        return None
    return whole if whole.is_file() and out.resolve() in whole.parents else None
