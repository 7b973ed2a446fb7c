"""Which packages uv's sources reach: those that a project or a member of its workspace asks for itself.

::

    pyproject.toml of the root and of its members; uv.lock, where dependencies are dynamic -> names

When uv locks, sources also reach what ``[tool.uv]`` constrains or overrides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.model.requirement import project_of
from augbackend.table import layers, strings

from . import project_root, stated_requirements

if TYPE_CHECKING:
    from .project import Project

_OF_THE_LOCK = ("constraint-dependencies", "override-dependencies")


def names(project: Project) -> frozenset[str]:
    """The packages that the project itself, or a member of its workspace, depends on: canonical names."""
    folder = project.file.parent
    found: set[str] = set()
    is_dynamic = False
    for place in (folder, *project_root.members(folder, project.document)):
        document = project.document if place == folder else layers.read_pyproject(place)
        found |= {canonicalize_name(one.name) for one in stated_requirements.asked_for(document, place)}
        is_dynamic = is_dynamic or "dependencies" in strings(layers.at(document, "project", "dynamic", default=[]))
    if is_dynamic and project.graph is not None:
        found |= {edge.name for root in project.graph.roots for edges in root.edges.values() for edge in edges}
    return frozenset(found)


def names_for_lock(project: Project) -> frozenset[str]:
    """The packages whose sources reach them when uv locks and syncs."""
    table = layers.at(project.document, "tool", "uv", default={})
    texts = (text for key in _OF_THE_LOCK for text in strings(layers.at(table, key, default=[])))
    return names(project) | frozenset(map(project_of, texts))
