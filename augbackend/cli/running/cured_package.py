"""A package that did not build, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import toml_text

from .constrained import CuredArchive  # noqa: TC001  # the type of a field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from augbackend.cli.model.declaration import Declaration

_NOTHING: dict[str, Any] = {
    "extra-build-dependencies": [],
    "extra-build-variables": {},
    "remove-build-dependencies": [],
}


@dataclass(frozen=True)
class CuredPackage:
    """A package that was wrapped.

    :param error: what the frontend said of it, one line; empty if no line says it.
    :param declaration: what it is given.
    :param found_by: the recipe, or the diagnosis, in words.
    :param matched: what it is built against, in the version that the frontend comes to.
    """

    name: str
    version: str
    error: str
    declaration: Declaration
    found_by: str
    archive: CuredArchive
    seconds: float
    matched: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def in_words(self) -> str:
        """What it is given, in one line."""
        return self.declaration.in_words() if self.declaration.size else ", ".join(self.declaration.as_table())

    def as_json(self) -> dict[str, Any]:
        """The same for a script."""
        return {
            "name": self.name,
            "version": self.version,
            "error": self.error,
            "declared": self.in_words,
            **_NOTHING,
            **self.declaration.as_table(),
            "found-by": self.found_by,
            "matched": dict(self.matched),
            "archive": str(self.archive.path),
            "sha256": self.archive.sha256,
            "seconds": round(self.seconds, 1),
        }

    @property
    def table(self) -> list[str]:
        """Its table in a project, as lines of TOML."""
        lines = [f"[tool.augbackend.packages.{self.name}]"]
        for key, value in self.declaration.as_table().items():
            lines += toml_text.listed(key, value) if isinstance(value, list) else [f"{key} = {toml_text.inline(value)}"]
        return lines
