"""The pages of the index: PEP 503's HTML for any web server, PEP 691's JSON for one that asks what the client reads.

Only JSON has upload times (PEP 700), which uv's ``exclude-newer`` needs. The same files give the same bytes.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from augbackend.cli.model import published_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from augbackend.cli.model.published_file import PublishedFile

    from .site_project import SiteProject

HTML, JSON = "index.html", "index.json"
_WITH_SIZES, _WITHOUT = "1.1", "1.0"  # PEP 700 wants each file's size


def of_project(project: SiteProject) -> dict[str, bytes]:
    """The pages of a project, by their names."""
    files = project.in_order
    version = _WITH_SIZES if all(one.size is not None for one in files) else _WITHOUT
    links = ((one.filename, _attributes(one)) for one in files)
    document = {
        "meta": {"api-version": version, published_file.KIND: True},
        "name": project.name,
        "versions": project.versions,
        "files": [one.as_json() for one in files],
    }
    return {HTML: _html(f"Links for {project.name}", version, links), JSON: _json(document)}


def of_root(names: Iterable[str]) -> dict[str, bytes]:
    """The pages that list the projects."""
    there = sorted(names)
    document = {
        "meta": {"api-version": _WITH_SIZES, published_file.KIND: True},
        "projects": [{"name": name} for name in there],
    }
    links = ((name, {"href": f"{name}/"}) for name in there)
    return {HTML: _html("Simple index", _WITH_SIZES, links), JSON: _json(document)}


def _attributes(one: PublishedFile) -> dict[str, str]:
    algorithm = "sha256" if one.sha256 else next(iter(one.hashes), "")
    found = {"href": f"{one.url}#{algorithm}={one.hashes[algorithm]}" if algorithm else one.url}
    if one.requires_python:
        found["data-requires-python"] = one.requires_python
    if one.yanked is not None:
        found["data-yanked"] = one.yanked
    if one.core_metadata is not None:
        digest = one.core_metadata.get("sha256")
        found["data-core-metadata"] = found["data-dist-info-metadata"] = f"sha256={digest}" if digest else "true"
    return found


def _html(title: str, version: str, links: Iterable[tuple[str, Mapping[str, str]]]) -> bytes:
    return ("\n".join(_lines_of_html(escape(title), version, links)) + "\n").encode()


def _lines_of_html(title: str, version: str, links: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    yield from ("<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">')
    yield f'<meta name="pypi:repository-version" content="{version}">'
    yield from (f"<title>{title}</title>", "</head>", "<body>", f"<h1>{title}</h1>")
    for text, attributes in links:
        said = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
        yield f"<a {said}>{escape(text)}</a><br>"
    yield from ("</body>", "</html>")


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()
