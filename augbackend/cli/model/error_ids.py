"""The id that an error shows: what it is about. It stays when a message gets other words or a module another name.

An id is of a kind of errors: of its class where that says enough, else of the modules that raise it. The manual says
the messages of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.errors import AugbackendError

OTHER = "system"  # what the system refuses: no room, no right, no such file
OF_CLASSES = {
    "InstallError": "install",
    "NoProjectError": "no-project",
    "NotCuredError": "not-cured",
    "NothingDeclaredError": "nothing-declared",
    "OnlyWheelsError": "only-wheels",
    "RecipeError": "recipe",
    "SettingsError": "settings",
    "UnansweredError": "unanswered",
    "UsageMistakeError": "usage",
    "WrappedBackendUnavailable": "build",
}
OF_MODULES = {  # below `augbackend`, folders or modules; the longest that fits counts
    "adopt": ("cli.commands.adopt", "cli.edit.build_backend", "cli.edit.build_tables", *(
        f"cli.wrapping.{one}"
        for one in ("adoptable", "adoption", "adoption_check", "ignored_copy", "static_adoption", "static_metadata")
    )),
    "build": ("features", "hook", "standards"),
    "confinement": ("cli.strangers.confinement", "cli.strangers.readable", "cli.strangers.restricted_thread"),
    "constraints": (
        "cli.edit.constraints_block", "cli.model.build_constraints", "cli.project.build_constraints",
        "cli.wrapping.constraints_file",
    ),
    "diagnose": ("cli.commands.diagnose", "cli.commands.diagnosed_project", "cli.diagnosis"),
    "index": ("cli.fetch.cache", "cli.fetch.index", "cli.fetch.pip_configuration"),
    "git": (*(f"cli.fetch.{one}" for one in ("checkout", "git_history", "git_tree", "own_git", "repository")),),
    "site": ("cli.commands.index", "cli.commands.indexed", "cli.commands.indexed_wheels", "cli.commands.serve",
              "cli.site"),
    "install": ("cli.fetch.build_environment", "cli.strangers"),
    "lock": tuple(f"cli.project.{one}" for one in (
        "lock_files", "lock_forks", "marker_choices", "runtime_versions", "uv_lock",
    )),
    "package": ("cli.fetch.upstream", "cli.fetch.absence", "cli.wrapping.identity"),
    "patch": (
        "cli.edit.patched_files", "cli.edit.patched_tree", "cli.fetch.patched_sdist", "cli.model.source_patch",
        "cli.model.unified_diff", "cli.wrapping.carried_patches",
    ),
    "project": ("cli.project",),
    "pyproject": ("cli.edit", "cli.wrapping.uv_entries", "table"),
    "python": ("cli.strangers.interpreter",),
    "recipe": (
        "cli.commands.recipes", "cli.commands.verified_recipes", "cli.diagnosis.recipe_verification",
        "cli.fetch.recipe_places", "cli.model.recipe", "cli.model.recipe_entry", "cli.project.recipe_completion",
    ),
    "run": ("cli.commands.cured", "cli.commands.run", "cli.commands.run_again", "cli.running"),
    "sdist": ("cli.fetch",),
    "show": ("cli.commands.show", "cli.commands.foreign_tree"),
    "usage": ("cli.commands", "cli.usage_errors", "cli.command"),
    "verify": ("cli.commands.verify", "cli.wrapping.verification"),
    "wrap": ("cli.commands.wrap", "cli.commands.wrapped", "cli.wrapping"),
}  # fmt: skip


def of(error: AugbackendError) -> str:
    """The id of an error, by its class, then by where it was raised."""
    for kind in type(error).__mro__:
        if kind.__name__ in OF_CLASSES:
            return OF_CLASSES[kind.__name__]
    return next(filter(None, map(of_module, _raised_in(error))), OTHER)


def of_module(name: str) -> str:
    """The id of what a module raises; empty for one that is not ours."""
    within = f"{name.partition('.')[2]}." if name.startswith("augbackend.") else ""
    found = [
        (len(one), ident) for ident, modules in OF_MODULES.items() for one in modules if within.startswith(f"{one}.")
    ]
    return max(found)[1] if found else ""


def _raised_in(error: AugbackendError) -> Iterator[str]:
    """Where an error was raised, then where it passed."""
    found, at = [], error.__traceback__
    while at is not None:
        found.append(str(at.tb_frame.f_globals.get("__name__", "")))
        at = at.tb_next
    yield from reversed(found)
