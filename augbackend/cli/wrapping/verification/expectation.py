"""What a project's tables declare for a package, held against what an archive of it declares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.edit import backend_copy
from augbackend.cli.fetch import patched_sdist
from augbackend.cli.fetch.upstream import Upstream
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.project import indexed_versions, runtime_versions, version_entries
from augbackend.cli.wrapping import carried_patches, plan
from augbackend.errors import AugbackendError

from . import additions, claimed_patches, same_sdist
from .texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.sdist import Sdist
    from augbackend.cli.project.project import Project
    from augbackend.cli.project.recipe_completion import RecipeCompletion

    from .claim import Claim


def differences(
    claim: Claim, original: Sdist, project: Project, lookup: Lookup, completion: RecipeCompletion
) -> Iterator[str]:
    """Say where an archive is not what wrapping upstream for a project gives: nothing is run or written.

    :param original: upstream's sdist.
    :param lookup: where an index is asked that the project names.
    :param completion: the recipes, for an archive that says that one completes what the project declares.
    """
    origin, file = claim.origin, project.file
    said = project.packages.get(canonicalize_name(origin.name), Declaration() if origin.recipe else None)
    if said is None:
        yield f"{file} says nothing of {origin.name}"
        return
    manifest = claim.wrapped.read(f"{claim.prefix}{backend_copy.MANIFEST}") or b""
    more = tuple(sorted(backend_copy.more_keys(backend_copy.manifest_of(manifest))))
    upstream = Upstream(original.path, canonicalize_name(origin.name), origin.version, origin.url, origin.sha256, "")
    try:
        matched = runtime_versions.matched(said, indexed_versions.known(project, said, lookup))
        declared = version_entries.for_version(matched, canonicalize_name(origin.name), origin.version, project)
        if origin.recipe:
            completion = replace(completion.on(project), is_frozen="pinned to the build" in origin.recipe)
            declared = completion.completed(declared, origin.name, origin.version, project.runtime)
        wanted = replace(declared, features=more)
        with patched_sdist.patched(original, wanted.patches) as patched:
            planned = plan.planned(patched, upstream, wanted)
    except AugbackendError as error:
        yield f"wrapping it for {file} fails: {error.what}"
        return
    old, new = same_sdist.texts(original), same_sdist.texts(claim.wrapped)
    expected = Texts(planned.files["pyproject.toml"], planned.files.get("PKG-INFO", old.pkg_info))
    patches = claimed_patches.listed(carried_patches.placed(wanted.patches, planned.folder))
    wanted_additions = (*patches, *additions.listed(old, expected))
    found = (*claimed_patches.read(claim).additions, *additions.listed(old, new))
    yield from (f"{one.key}: {one.text} is not what {file} declares" for one in found if one not in wanted_additions)
    missing = (one for one in wanted_additions if one not in found)
    yield from (f"{one.key}: {one.text} is what {file} declares, and it is not there" for one in missing)
    if found == wanted_additions and expected != new:
        yield f"its texts are not those that wrapping it for {file} gives"
