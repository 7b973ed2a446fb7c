"""``provenance``: what went into a wheel, as a CycloneDX document in ``.dist-info/sboms`` (PEP 770).

It names the package and what its sdist was made from, all that the build could import with the versions that were
there, the wrapped backend, and the declared variables (their names only: values may be secrets). Written as plain JSON,
since a library would have to be installed into every build. Nothing in it depends on the clock or the machine's name.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Optional

from augbackend import __version__
from augbackend.standards import InvalidRequirement, requirements
from augbackend.standards.installed import installed

from . import Feature
from .extra_build_dependencies import declared
from .origin import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from augbackend.standards.core_metadata import Document
    from augbackend.table import Build, Target

# The public index names a file's folder by what is in it (its BLAKE2b), and mirrors keep that.
_PUBLIC = r"^https://[^/?#]+/([^?#]+/)?packages/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/[^/?#]+$"
FILE = "sboms/augbackend.cdx.json"


def _look(
    build: Build, target: Target, _promise: Optional[Document], _is_answered: bool
) -> Optional[Callable[[Document], dict[str, bytes]]]:
    if not build.values["provenance"]:
        return None
    present = installed(build.path, build.seen)  # before the build, which may change what is there
    return lambda metadata: {FILE: document(build, target, metadata, present)}


def document(build: Build, target: Target, metadata: Document, present: Mapping[str, str]) -> bytes:
    """The document for a wheel.

    :param present: all that the build could import, name → version.
    """
    name, version = metadata.value("name"), metadata.value("version")
    package = {**_component(name, version), "bom-ref": "package", **_pedigree(build)}
    asked = {
        "build-system.requires": _names(build.requires),
        "extra-build-dependencies": {one.parsed.name for one in declared(build, target)},
    }
    components = [
        _requirement(one, found, [place for place, names in asked.items() if one in names])
        for one, found in sorted(present.items())
    ]
    properties = [("wrapped-backend", build.wrapped_backend)]
    made_from = origin(build)
    properties += [("patch", f"{one.file} sha256:{one.sha256}") for one in (made_from.patches if made_from else ())]
    properties += [("variable", name) for name in sorted(build.values.get("extra-build-variables", ()))]
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
        "components": components,
    }
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def _component(name: str, version: str, kind: str = "pypi") -> dict[str, Any]:
    # purl-spec, type pypi: the name is lower-case, with dashes.
    purl = f"pkg:{kind}/{requirements.canonical_name(name)}@{version.replace('+', '%2B').replace('!', '%21')}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _pedigree(build: Build) -> dict[str, Any]:
    """What the sdist was made from, if it is a wrapped one."""
    made_from = origin(build)
    if made_from is None:
        return {}
    kind = "pypi" if re.search(_PUBLIC, made_from.url) else "generic"
    upstream = {**_component(made_from.name, made_from.version, kind), "bom-ref": "upstream"}
    hashes = {"hashes": [{"alg": "SHA-256", "content": made_from.sha256}]} if made_from.sha256 else {}
    if made_from.url:
        kind = "vcs" if made_from.url.startswith(("git+", "hg+", "svn+", "bzr+")) else "source-distribution"
        upstream["externalReferences"] = [{"type": kind, "url": made_from.url, **hashes}]
    patches = [{"type": "unofficial", "diff": {"url": one.file}} for one in made_from.patches]
    return {"pedigree": {"ancestors": [{**upstream, **hashes}], **({"patches": patches} if patches else {})}}


def _requirement(name: str, version: str, places: list[str]) -> dict[str, Any]:
    """One distribution of the build's environment, and where it was asked for by name."""
    component = {**_component(name, version), "scope": "excluded"}  # of the build, not of the package
    asked = {"properties": _properties([("declared-in", place) for place in places])}
    return {**component, **asked} if places else component


def _names(texts: tuple[str, ...]) -> set[str]:
    found = set()
    for text in texts:
        with suppress(InvalidRequirement):  # the frontend's to report
            found.add(requirements.parse_requirement(text).name)
    return found


def _properties(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": f"augbackend:{name}", "value": value} for name, value in pairs]


FEATURE = Feature(
    bool,
    "The wheel says what went into it: a CycloneDX document in `.dist-info/sboms` (PEP 770).",
    default=False,
    wheel=_look,
)
