"""The two files of an sdist that wrapping changes, and what is looked up in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from augbackend.cli.edit import pyproject
from augbackend.cli.model.cli_error import CliError
from augbackend.standards.core_metadata import Document, parse
from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Mapping

FROM_UPSTREAM = ("build-backend", "backend-path")  # of our table: moved, never changed


@dataclass(frozen=True)
class Texts:
    """The two files that wrapping changes: as they are, or ``None`` where there is none."""

    pyproject: Optional[bytes]
    pkg_info: Optional[bytes]

    @property
    def document(self) -> dict[str, Any]:
        """``pyproject.toml``, parsed.

        :raises AugbackendError: if it is no TOML, or its tables are none.
        """
        try:
            text = (self.pyproject or b"").decode("utf-8")
        except UnicodeDecodeError as error:
            raise CliError(f"it is not UTF-8: {error}", id="not-utf8", where="pyproject.toml") from None
        document = pyproject.parse(text, "pyproject.toml")
        pyproject.check_shape(document)
        return document

    @property
    def metadata(self) -> Document:
        """``PKG-INFO``, parsed; what is no UTF-8 is taken for Latin-1, as when it is wrapped."""
        content = self.pkg_info or b""
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            content = content.decode("latin-1").encode()
        return parse(content)


def own_table(document: Mapping[str, Any]) -> dict[str, Any]:
    """``[tool.augbackend]``; empty if there is none."""
    found = layers.at(document, "tool", "augbackend", default={})
    return found if isinstance(found, dict) else {}


def dependency_lists(project: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The lists of dependencies in a ``[project]`` table, by key."""
    found = {"project.dependencies": project.get("dependencies", [])}
    found.update({f"project.optional-dependencies.{key}": one for key, one in _extras_of(project).items()})
    return {key: one for key, one in found.items() if isinstance(one, list)}


def _extras_of(project: Mapping[str, Any]) -> dict[str, Any]:
    found = project.get("optional-dependencies", {})
    return found if isinstance(found, dict) else {}
