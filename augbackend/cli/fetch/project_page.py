"""All files of a project on the indexes, each with all that its page says of it.

::

    name -> PEP 691 JSON or PEP 503 HTML of each index -> PublishedFile, one a filename
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from unearth.collector import IndexHTMLParser

from augbackend.cli.model import published_file

from . import index
from .index import UnansweredError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from unearth.collector import IndexPage

    from augbackend.cli.model.package_sources import Sources
    from augbackend.cli.model.published_file import PublishedFile

_JSON = "application/vnd.pypi.simple.v1+json"
_FETCHED = ("http://", "https://")


def files(name: str, where: Sources) -> tuple[PublishedFile, ...]:
    """The sdists and wheels of a project; one that several indexes have as the first of them has it.

    Only what is the project's by its own name: a page may link to anything. Credentials are taken out of addresses, and
    what another index of ours has wrapped does not count.

    :raises UnansweredError: if an index cannot be asked, or says what nobody can read.
    """
    found: dict[str, PublishedFile] = {}
    for page in index.project_pages(name, where):
        for one in _files_on(page):
            identity = published_file.identity(one.filename)
            is_its_own = identity is not None and identity[0] == canonicalize_name(name)
            if is_its_own and one.url.startswith(_FETCHED) and one.kind in ("linked", "copied"):
                found.setdefault(one.filename, replace(one, url=index.shown(one.url), kind="linked"))
    return tuple(found.values())


def _files_on(page: IndexPage) -> Iterator[PublishedFile]:
    base = page.link.url_without_fragment
    try:
        if page.content_type.lower().startswith(_JSON):
            for entry in json.loads(page.content)["files"]:
                yield published_file.from_json(entry, base)
            return
        parser = IndexHTMLParser()
        parser.feed(page.content.decode(page.encoding or "utf-8"))
        base = parser.base_url or base
        yield from filter(None, (published_file.from_anchor(anchor, base) for anchor in parser.anchors))
    except (ValueError, TypeError, LookupError, RecursionError, AttributeError) as error:
        raise UnansweredError(
            f"its page cannot be read: {error}",
            id="index-page-unreadable",
            where=index.shown(base),
            hint="is this the address of an index, such as https://…/simple? Name another with --index-url",
        ) from None
