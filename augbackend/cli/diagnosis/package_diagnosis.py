"""What was found of one package of a project, read from the document that says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from augbackend.cli.model import declaration as declarations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from augbackend.cli.model.declaration import Declaration


@dataclass(frozen=True)
class PackageDiagnosis:
    """One package.

    :param document: what ``augbackend diagnose --json`` says of it, and what was ``declared`` already.
    """

    document: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.document['name']} {self.document['version']}".strip()

    @property
    def verdict(self) -> str:
        """As the document has it."""
        return str(self.document["verdict"])

    @property
    def declared(self) -> Declaration:
        """What was declared already."""
        return _declaration(self.document["declared"])

    @property
    def found(self) -> Declaration:
        """The whole declaration that it builds with."""
        return _declaration(self.document)

    @property
    def missing(self) -> Declaration:
        """What is still to be declared."""
        missing, there = self.found, _texts(self.declared)
        for (kind, name), text in _texts(missing).items():
            missing = missing.without(kind, name) if there.get((kind, name)) == text else missing
        return missing

    @property
    def patched_by(self) -> tuple[str, ...]:
        """The names of a recipe's patches that it builds with: they are no words of a table, and wrap takes them."""
        declared = {one["sha256"] for one in self.document["declared"].get("patches", ())}
        return tuple(one["patch"] for one in self.document.get("patches", ()) if one["sha256"] not in declared)

    @property
    def can_be_cured(self) -> bool:
        """Whether declaring what is missing makes it build."""
        return self.verdict == "builds-when-declared" and bool(self.missing.size or self.patched_by)

    @property
    def builds(self) -> bool:
        """Whether it builds as it is, or as it is declared."""
        return self.verdict == "builds-as-is" or (self.verdict == "builds-when-declared" and not self.can_be_cured)

    def in_words(self) -> str:
        """What it builds with; where more is needed than is declared, what is there is marked."""
        said, missing = _texts(self.found), _texts(self.missing)
        mark = " (already)" if missing or self.patched_by else ""
        patches = [f"patched by {name}" for name in self.patched_by]
        return ", ".join([*(text if one in missing else f"{text}{mark}" for one, text in said.items()), *patches])


def _declaration(document: Mapping[str, Any]) -> Declaration:
    entries = [one if isinstance(one, dict) else {"requirement": one} for one in document["extra-build-dependencies"]]
    said = declarations.of(
        [str(one["requirement"]) for one in entries],
        "augbackend diagnose",
        map(str, document["remove-build-dependencies"]),
        {str(name): str(value) for name, value in document["extra-build-variables"].items()},
    )
    requires = [
        replace(one, entry=replace(one.entry, match_runtime=bool(entry.get("match-runtime"))))
        for one, entry in zip(said.requires, entries)
    ]
    return replace(said, requires=tuple(requires))


def _texts(said: Declaration) -> dict[tuple[str, str], str]:
    """Each entry, and how it is said."""
    return {
        **{("removed", name): f"no {name} of its own" for name in said.removed},
        **{("requires", name): text for name, text in said.requirement_texts.items()},
        **{("variables", name): f"{name}={value}" for name, value in said.variable_values.items()},
    }
