"""The id that an error shows.

An error of the command line has its own, which is said where it is raised. Others have one by their class: what click
and the system say, and what the backend's half says, which has no ids.
"""

from __future__ import annotations

OF_CLASSES = {  # by a class's name: the nearest above an error's own counts
    "AugbackendError": "build-would-fail",
    "BadParameter": "bad-value",
    "ClickException": "bad-usage",
    "FileNotFoundError": "file-not-there",
    "MissingParameter": "missing-argument",
    "NoSuchOption": "no-such-option",
    "OSError": "system-refuses",
    "PermissionError": "not-permitted",
    "RecipeError": "mistakes-in-recipe",
    "SettingsError": "mistakes-in-settings",
    "UnknownCommandError": "no-such-command",
    "WrappedBackendUnavailable": "no-wrapped-backend",
}


def of(error: Exception) -> str:
    """The id of an error that ends a command."""
    own = getattr(error, "id", "")
    return own or next(OF_CLASSES[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in OF_CLASSES)
