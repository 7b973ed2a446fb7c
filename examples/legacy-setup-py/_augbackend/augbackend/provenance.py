"""``provenance``: what went into a wheel, as a CycloneDX document in ``.dist-info/sboms`` (PEP 770).

It names the package and what its sdist was made from, all that the build could import with the versions that were
there, the wrapped backend, and the declared variables (their names only: values may be secrets). Written as plain JSON,
since a library would have to be installed into every build. Nothing in it depends on the clock or the machine's name.
"""

from __future__ import annotations

import json
from typing import Any

from . import __version__, pep508
from .metadata import fields
from .requirements import declared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .reading import Build
    from .settings import Target

FILE = "sboms/augbackend.cdx.json"


def document(build: Build, target: Target, metadata: str, present: Mapping[str, str]) -> bytes:
    """The document for a wheel.

    :param metadata: the text of its METADATA.
    :param present: all that the build could import, name → version.
    """
    stated = dict(fields(metadata))
    name, version = stated.get("name", ""), stated.get("version", "")
    package = {**_component(name, version), "bom-ref": "package", **_pedigree(build)}
    asked = {
        "build-system.requires": _names(build.requires),
        "extra-build-dependencies": {one.parsed.name for one in declared(build, target)},
    }
    requirements = [
        _requirement(one, found, [place for place, names in asked.items() if one in names])
        for one, found in sorted(present.items())
    ]
    properties = [("wrapped-backend", build.settings.build_backend)]
    properties += [("variable", name) for name in sorted(build.settings.extra_build_variables)]
    content = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "tools": {
                "components": [{**_component("augbackend", __version__), "bom-ref": "tool", "type": "application"}]
            },
            "component": package,
            "properties": _properties(properties),
        },
        "components": requirements,
    }
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def _component(name: str, version: str) -> dict[str, Any]:
    # purl-spec, type pypi: the name is lower-case, with dashes.
    purl = f"pkg:pypi/{pep508.canonical_name(name)}@{version.replace('+', '%2B').replace('!', '%21')}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _pedigree(build: Build) -> dict[str, Any]:
    """What the sdist was made from, if it is a wrapped one."""
    origin = build.settings.origin
    if origin is None:
        return {}
    upstream = {**_component(origin.name, origin.version), "bom-ref": "upstream"}
    hashes = {"hashes": [{"alg": "SHA-256", "content": origin.sha256}]} if origin.sha256 else {}
    if origin.url:
        kind = "vcs" if origin.url.startswith(("git+", "hg+", "svn+", "bzr+")) else "source-distribution"
        upstream["externalReferences"] = [{"type": kind, "url": origin.url, **hashes}]
    return {"pedigree": {"ancestors": [{**upstream, **hashes}]}}


def _requirement(name: str, version: str, places: list[str]) -> dict[str, Any]:
    """One distribution of the build's environment, and where it was asked for by name."""
    component = {**_component(name, version), "scope": "excluded"}  # of the build, not of the package
    asked = {"properties": _properties([("declared-in", place) for place in places])}
    return {**component, **asked} if places else component


def _names(requirements: tuple[str, ...]) -> set[str]:
    found = set()
    for text in requirements:
        try:
            found.add(pep508.parse_requirement(text).name)
        except pep508.InvalidRequirement:
            continue  # the frontend's to report
    return found


def _properties(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": f"augbackend:{name}", "value": value} for name, value in pairs]
