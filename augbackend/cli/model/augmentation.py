"""What a package needs to build beyond what it declares: as plain TOML values, checked, and where each came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from augbackend import checking, pep440, pep508
from augbackend.errors import SettingsError
from augbackend.settings import BuildDependency

if TYPE_CHECKING:
    from collections.abc import Mapping

    from augbackend.cli.wrapping.static_metadata import Dependencies
    from augbackend.settings import Width


class Fork(NamedTuple):
    """A version, and the marker of the environments that it is for; empty for everywhere.

    ``is_exact`` if it is no variant of it.
    """

    version: str
    marker: str
    is_exact: bool = True


@dataclass(frozen=True)
class Extra:
    """One build requirement to add.

    :param why: the text of a key, a file, an option.
    :param forks: the versions that a lock has of it, if it is to match that.
    """

    entry: BuildDependency
    why: str
    forks: tuple[Fork, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """What is asked for: the versions that it is matched to, or the requirement as it stands."""
        return self.entry.locked or (self.entry.text,)

    @property
    def is_plain(self) -> bool:
        """Whether every build wants just it, so that it may stand in ``build-system.requires`` as well.

        A version that an override may replace may not: what stands there is installed in any case.
        """
        entry = self.entry
        return not (entry.unless_command or entry.match_runtime) and len(entry.hooks) == len(BuildDependency("x").hooks)


@dataclass(frozen=True)
class Augmentation:
    """Everything that one package is to be given.

    :param variables: TOML values by name, templates as the backend reads them.
    :param local_version: a label for what is built; empty for none.
    :param pin_runtime: widths of run-time pins, by project.
    :param is_by_user: whether the user wrote it, and not an archive: only then templates see the user's variables.
    :param word: its dependencies, if the user states them.
    :param words: the same for single versions.
    """

    extras: tuple[Extra, ...] = ()
    removed: tuple[str, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    config_settings: Mapping[str, Any] = field(default_factory=dict)
    local_version: str = ""
    word: Optional[Dependencies] = None
    words: Mapping[str, Dependencies] = field(default_factory=dict)
    pin_runtime: Mapping[str, Width] = field(default_factory=dict)
    is_by_user: bool = True

    def word_for(self, version: str) -> Dependencies | None:
        """The dependencies that the user states for a version."""
        return next((word for one, word in self.words.items() if pep440.is_same(one, version)), self.word)

    def removes(self, text: str) -> bool:
        """Whether a requirement of the package's own is to be dropped."""
        names = {pep508.canonical_name(name) for name in self.removed}
        try:
            return pep508.parse_requirement(text).name in names
        except pep508.InvalidRequirement:
            return False

    def for_sdist(self) -> list[str]:
        """The requirements for making an sdist of a source tree."""
        return [text for extra in self.extras if "sdist" in extra.entry.hooks for text in extra.texts]


def check(augmentation: Augmentation, where: str) -> None:
    """Make sure that the backend will accept all of it.

    :param where: what a message names it by.
    :raises SettingsError: with all mistakes at once.
    """
    mistakes: list[str] = []
    table = {
        "extra-build-dependencies": [extra.entry.text for extra in augmentation.extras],
        "remove-build-dependencies": list(augmentation.removed),
        "extra-build-variables": dict(augmentation.variables),
        "config-settings": dict(augmentation.config_settings),
        "pin-runtime": dict(augmentation.pin_runtime),
        **({"local-version": augmentation.local_version} if augmentation.local_version else {}),
    }
    if checking.check(table, {}, mistakes) is None:
        raise SettingsError(where, [line.replace(f"{checking.TABLE}.", "", 1) for line in mistakes])
