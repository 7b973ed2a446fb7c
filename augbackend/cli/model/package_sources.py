"""Where to look for distributions: what the options say, then pip's and uv's variables, the project, pip's files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_INDEX = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
_EXTRA_INDEX = ("PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_TRUSTED = ("PIP_TRUSTED_HOST", "UV_INSECURE_HOST")
_NO_INDEX, _TRUE = ("PIP_NO_INDEX", "UV_NO_INDEX"), ("1", "true", "yes", "on")


@dataclass(frozen=True)
class Sources:
    """Where to look for distributions; an empty ``index_url`` stands for the public index."""

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    no_index: bool = False


NOWHERE = Sources()


def chosen(
    index_url: str | None,
    extra: Sequence[str],
    find_links: Sequence[str],
    environ: Mapping[str, str],
    default: Sources = NOWHERE,
) -> Sources:
    """The options; each kind that is not given from pip's and uv's variables, and from ``default``.

    An index in a variable does not switch off ``no-index`` in one; in pip, too, that is the stronger.

    pip separates several by spaces; uv separates indexes by spaces, links by commas, and names them ``name=URL``.
    """
    links = [
        *environ.get("PIP_FIND_LINKS", "").split(),
        *(link for part in environ.get("UV_FIND_LINKS", "").split(",") if (link := part.strip())),
    ]
    further = [_unnamed(url) for name in _EXTRA_INDEX for url in environ.get(name, "").split()]
    hosts = [host for name in _TRUSTED for host in environ.get(name, "").split()]
    switches = [environ[name].lower() in _TRUE for name in _NO_INDEX if environ.get(name)]
    index = next((_unnamed(environ[name]) for name in _INDEX if environ.get(name)), default.index_url)
    return Sources(
        index_url or index,
        tuple(extra or dict.fromkeys([*further, *default.extra_index_urls])),
        tuple(find_links or map(os.path.expanduser, dict.fromkeys([*links, *default.find_links]))),
        tuple(dict.fromkeys([*hosts, *default.trusted_hosts])),
        no_index=(any(switches) if switches else default.no_index) and not index_url and not extra,
    )


def beneath(stronger: Sources, weaker: Sources) -> Sources:
    """Both: of what can be there once, that of the first. Where it names an index, the second switches none off."""
    return Sources(
        stronger.index_url or weaker.index_url,
        tuple(dict.fromkeys([*stronger.extra_index_urls, *weaker.extra_index_urls])),
        tuple(dict.fromkeys([*stronger.find_links, *weaker.find_links])),
        tuple(dict.fromkeys([*stronger.trusted_hosts, *weaker.trusted_hosts])),
        no_index=stronger.no_index or (weaker.no_index and not stronger.index_url and not stronger.extra_index_urls),
    )


def only_folders(where: Sources) -> Sources:
    """The find-links that need no network, and no index."""
    folders = tuple(link for link in where.find_links if "://" not in link or link.startswith("file:"))
    return Sources(find_links=folders, no_index=True)


def _unnamed(index: str) -> str:
    name, separator, url = index.partition("=")
    return url if separator and name.replace("-", "").replace("_", "").replace(".", "").isalnum() else index
