"""Which form of a page a client reads, by its ``Accept`` header (PEP 691)."""

from __future__ import annotations

from . import pages

_V1_HTML, _V1_JSON = "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+json"
_PLAIN = "text/html"
# As they are asked for -> the page, and what it is called then; where a client likes several alike, the first.
_FORMS = {
    _V1_JSON: (pages.JSON, _V1_JSON),
    "application/vnd.pypi.simple.latest+json": (pages.JSON, _V1_JSON),
    _V1_HTML: (pages.HTML, _V1_HTML),
    "application/vnd.pypi.simple.latest+html": (pages.HTML, _V1_HTML),
    _PLAIN: (pages.HTML, _PLAIN),
}
_DEFAULT = (pages.HTML, _PLAIN)


def chosen(accept: str) -> tuple[str, str]:
    """The page's name and its content type; HTML for whoever names none of the forms.

    :param accept: the header; empty if there is none.
    """
    qualities = dict(map(_quality, accept.split(",")))
    liked = {kind: qualities.get(kind, 0.0) for kind in _FORMS}
    best = max(liked, key=lambda kind: liked[kind])
    return _FORMS[best] if liked[best] > 0 else _DEFAULT


def _quality(part: str) -> tuple[str, float]:
    kind, *parameters = (one.strip().lower() for one in part.split(";"))
    said = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    try:
        return kind, float(said)
    except ValueError:
        return kind, 0.0
