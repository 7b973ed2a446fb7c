"""Where to look for distributions: what the options say, then pip's and uv's variables, then the project."""

from __future__ import annotations

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

    pip separates several by spaces; uv separates indexes by spaces, links by commas, and names them ``name=URL``.
    """
    links = [
        *environ.get("PIP_FIND_LINKS", "").split(),
        *(link for part in environ.get("UV_FIND_LINKS", "").split(",") if (link := part.strip())),
    ]
    further = [_unnamed(url) for name in _EXTRA_INDEX for url in environ.get(name, "").split()]
    hosts = [host for name in _TRUSTED for host in environ.get(name, "").split()]
    switched_off = any(environ.get(name, "").lower() in _TRUE for name in _NO_INDEX)
    return Sources(
        index_url or next((_unnamed(environ[name]) for name in _INDEX if environ.get(name)), default.index_url),
        tuple(extra or dict.fromkeys([*further, *default.extra_index_urls])),
        tuple(find_links or dict.fromkeys([*links, *default.find_links])),
        tuple(hosts),
        no_index=switched_off and not index_url and not extra,
    )


def only_folders(where: Sources) -> Sources:
    """The find-links that need no network, and no index."""
    folders = tuple(link for link in where.find_links if "://" not in link or link.startswith("file:"))
    return Sources(find_links=folders, no_index=True)


def _unnamed(index: str) -> str:
    name, separator, url = index.partition("=")
    return url if separator and name.replace("-", "").replace("_", "").replace(".", "").isalnum() else index
