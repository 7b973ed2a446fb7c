"""What was taken of a recipe for one package, for the report and for the archive that records it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RecipeUse:
    """A recipe that completes what the user says.

    :param name: its project and versions.
    :param place: where it is from: no path of this machine.
    :param known: how it was checked.
    :param taken: what it adds, in words; empty where the user says all of it.
    :param overridden: what of it gives way to the user's word, a sentence each.
    :param pinned_to: the build whose versions the archive is pinned to; empty if it is not.
    """

    name: str
    place: str
    known: str
    taken: str
    overridden: tuple[str, ...] = ()
    pinned_to: str = ""

    @property
    def origin(self) -> str:
        """As an archive records it: the same as long as the same recipe of the same place says the same."""
        return ", ".join(filter(None, [self.name, self.place, self.pinned_to and f"pinned to {self.pinned_to}"]))

    @property
    def line(self) -> str:
        """Which recipe, from where, what it declares, what is known of it."""
        if not self.taken:
            return f"recipe {self.name}, {self.place}: nothing of it is taken, since you say all that it does"
        return f"recipe {self.origin}: {self.taken}; {self.known}"

    def as_json(self) -> dict[str, object]:
        """The same for a script."""
        return {
            "recipe": self.name,
            "from": self.place,
            "checked": self.known,
            "declares": self.taken,
            "overridden": list(self.overridden),
            "pinned-to": self.pinned_to,
        }
