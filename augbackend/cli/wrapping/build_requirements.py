"""What a wrapped sdist will require to build: what is declared, and what its own backend would ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend.cli.model import build_constraints
from augbackend.cli.model.declaration import BuildRequirement
from augbackend.cli.model.requirement import project_of, requirement_of
from augbackend.features.extra_build_dependencies import BuildDependency
from augbackend.standards import setup_files

from . import static_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

    from augbackend.cli.model.declaration import Declaration

    from .top_files import TopFiles

_FIRST_WITH_BDIST_WHEEL = Version("70.1")  # setuptools before this asks for `wheel` when it is asked


@dataclass(frozen=True)
class BuildRequirements:
    """The build requirements of a wrapped sdist.

    :param added: what goes into the table, each with who asks for it.
    :param visible: what its own backend will be asked for and can be read already.
    :param dropped: what is removed from ``build-system.requires``.
    :param are_all: whether the backend need not ask the wrapped one for more.
    :param not_asked: build constraints on what is not asked for here, but perhaps by what is.
    """

    added: tuple[BuildRequirement, ...]
    visible: tuple[str, ...]
    dropped: tuple[str, ...]
    are_all: bool
    not_asked: tuple[str, ...] = ()

    @property
    def for_build_system(self) -> list[str]:
        """What is added to ``build-system.requires``: a frontend that sees it there resolves once instead of twice."""
        return [*(one.entry.text for one in self.added if one.is_plain), *self.visible]


def decided(top: TopFiles, declaration: Declaration) -> BuildRequirements:
    """What is declared; what upstream's ``setup_requires`` says, if nobody will ask for it; what setuptools lacks."""
    own = static_metadata.own_requirements(top)
    are_all = own is not None
    # A requirement that is matched to run time takes the place of upstream's own.
    matched = {one.name for one in declaration.requires if one.entry.match_runtime}

    def kept(texts: Iterable[str]) -> list[str]:
        return [text for text in declaration.kept(texts) if project_of(text) not in matched]

    required, declared = kept(top.requires), {one.entry.text for one in declaration.requires}
    setup_requires = [text for text in kept(own or ()) if text not in declared]
    added = [*declaration.requires, *(_added(text, "upstream's setup_requires") for text in setup_requires)]
    visible: list[str] = []
    if top.is_built_by_setuptools:
        constraints = [one.parsed for one in declaration.build_constraints]
        texts = [*required, *(one.entry.text for one in added)]
        added += _missing_for_setuptools(texts, constraints, are_all=are_all)
        visible = (
            [] if are_all else [text for text in kept(setup_files.setup_requires(top.folder)) if requirement_of(text)]
        )
    dropped = tuple(text for text in top.requires if text not in required)
    asked = [one for one in (*(_added(text, "") for text in (*required, *visible)), *added) if _is_one(one)]
    names = {one.name for one in asked}
    added += build_constraints.applied(asked, declaration.build_constraints)
    not_asked = dict.fromkeys(one.entry.text for one in declaration.build_constraints if one.name not in names)
    return BuildRequirements(tuple(added), tuple(visible), dropped, are_all, tuple(not_asked))


def _missing_for_setuptools(
    requires: list[str], constraints: list[Requirement], *, are_all: bool
) -> list[BuildRequirement]:
    """setuptools itself; and ``wheel``, where an old setuptools would ask for it and is not asked."""
    parsed = [one for one in map(requirement_of, requires) if one]
    names = {canonicalize_name(one.name) for one in parsed}
    found = [] if "setuptools" in names else [_added("setuptools", "the wrapped backend")]
    if are_all and "wheel" not in names and any(_is_old_setuptools(one) for one in [*parsed, *constraints]):
        found.append(_added("wheel", f"setuptools before {_FIRST_WITH_BDIST_WHEEL} builds wheels with it"))
    return found


def _is_one(requirement: BuildRequirement) -> bool:
    """Whether it can be read: what upstream says is carried over as it is."""
    return requirement_of(requirement.entry.text) is not None


def _added(text: str, origin: str) -> BuildRequirement:
    return BuildRequirement(BuildDependency(requirement=text), origin)


def _is_old_setuptools(requirement: Requirement) -> bool:
    """Whether a requirement keeps setuptools below the version that builds wheels by itself."""
    if canonicalize_name(requirement.name) != "setuptools":
        return False
    clauses = [clause for clause in requirement.specifier if clause.operator in ("<", "<=", "==", "~=")]
    bounds = [(clause.operator, Version(clause.version.removesuffix(".*"))) for clause in clauses]
    first = _FIRST_WITH_BDIST_WHEEL
    return any(version < first or (operator == "<" and version == first) for operator, version in bounds)
