"""``--for torch==2.8.0,2.9.0``: one archive for each version of what a package is built against, told apart by labels.

Each is built with one version and requires it at run time (``pin-runtime``), so that resolvers of all frontends find
the one that fits by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from augbackend.cli.model.declaration import BuildRequirement, Declaration
    from augbackend.cli.project.jobs import Job
    from augbackend.features.pin_runtime import Width

_OPTION = "--for"
_PARTS = {"x": 1, "x.x": 2, "x.x.x": 3}
_WIDTH: Width = "x.x"


@dataclass(frozen=True)
class Variant:
    """One version to build against.

    :param name: of the project, canonical.
    """

    name: str
    version: str


def parse(text: str) -> list[Variant]:
    """``NAME==VERSION,VERSION…``.

    :raises ValueError: if it is anything else.
    """
    name, separator, versions = text.partition("==")
    try:
        parsed = Requirement(f"{name}=={versions.split(',')[0]}") if separator else None
        found = [str(Version(one)) for one in versions.split(",")]
    except (InvalidRequirement, InvalidVersion):
        parsed, found = None, []
    if parsed is None or parsed.extras or parsed.marker or parsed.url:
        raise ValueError(f"{text!r}: expected NAME==VERSION,VERSION, such as torch==2.8.0,2.9.0")
    return [Variant(canonicalize_name(parsed.name), one) for one in dict.fromkeys(found)]


def expanded(jobs: Sequence[Job], variants: Sequence[Variant], label: str) -> Iterator[Job]:
    """Each job, once for each variant of what its declaration asks for; as it is, if that is none of them.

    :param label: of what has no variant, and no label of its own.
    :raises AugbackendError: if two variants would have the same label.
    """
    for job in jobs:
        fitting = [one for one in variants if _asks_for(job.declaration, one.name)]
        names = {one.name for one in fitting}
        if len(names) > 1:
            raise CliError(
                f"{job.target.name} is built against {' and '.join(sorted(names))}",
                id="against-several-projects",
                where=_OPTION,
                hint="name one",
            )
        _check_are_apart(job.declaration, fitting)
        for variant in fitting:
            yield replace(job, declaration=_labelled_by_default(_against(job.declaration, variant), label))
        if not fitting:
            yield replace(job, declaration=_labelled_by_default(job.declaration, label))


def _asks_for(declaration: Declaration, name: str) -> bool:
    parts = [declaration, *(said for _, said in declaration.by_version)]
    return any(one.name == name for part in parts for one in part.requires)


def _check_are_apart(declaration: Declaration, variants: Sequence[Variant]) -> None:
    for _, said in declaration.by_version:
        _check_are_apart(said, variants)
    seen: dict[str, Variant] = {}
    for one in variants:
        other = seen.setdefault(_label(declaration, one), one)
        if other is not one:
            what = f"{one.name} {other.version} and {one.version} are the same to what is pinned by {_WIDTH}"
            hint = f"name one of them, or pin more exactly: --pin-runtime {one.name}=x.x.x"
            raise CliError(what, id="variants-are-alike", where=_OPTION, hint=hint)


def _label(declaration: Declaration, variant: Variant) -> str:
    """Such as ``torch2.8``: as much of the version as the wheel will be pinned to."""
    count = _PARTS.get(declaration.pin_runtime.get(variant.name, _WIDTH), len(Version(variant.version).release))
    name = variant.name.replace("-", ".")
    version = ".".join(map(str, (*Version(variant.version).release, 0, 0)[:count]))
    return ".".join(filter(None, [declaration.local_version, f"{name}{version}"]))


def _against(declaration: Declaration, variant: Variant) -> Declaration:
    by_version = tuple((versions, _against(said, variant)) for versions, said in declaration.by_version)
    if not any(one.name == variant.name for one in declaration.requires):
        return replace(declaration, by_version=by_version)
    width = declaration.pin_runtime.get(variant.name, _WIDTH)
    return replace(
        declaration,
        requires=tuple(_in_variant(one, variant) if one.name == variant.name else one for one in declaration.requires),
        pin_runtime={**declaration.pin_runtime, variant.name: width},
        local_version=_label(declaration, variant),
        by_version=by_version,
    )


def _in_variant(requirement: BuildRequirement, variant: Variant) -> BuildRequirement:
    """The requirement in the variant's version and no other, whatever a caller would match it to."""
    parsed = requirement.parsed
    extras = f"[{','.join(sorted(parsed.extras))}]" if parsed.extras else ""
    own = requirement.entry.split[1]
    text = f"{parsed.name}{extras}=={variant.version}" + (f" ; {own}" if own else "")
    entry = replace(requirement.entry, requirement=text, match_runtime=False, locked=())
    return replace(requirement, entry=entry, origin=_OPTION, versions=())


def _labelled_by_default(declaration: Declaration, label: str) -> Declaration:
    return declaration if declaration.local_version else replace(declaration, local_version=label)
