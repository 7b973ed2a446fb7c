"""``prepare_metadata_for_build_*``: what the tree promises, or the wrapped backend's own, edited."""

from __future__ import annotations

from functools import partial

from augbackend.hook.wrapped_backend import declared, wrapped_hook
from augbackend.table import ConfigSettings, Target


def _prepare(target: Target, metadata_directory: str, config_settings: ConfigSettings = None) -> str:
    """Write the ``.dist-info`` folder and return its name."""
    name = f"prepare_metadata_for_build_{target}"
    with declared(config_settings, metadata_directory) as build:
        if not any(one.promise or one.edit or one.version for one in build.features):
            with wrapped_hook(name, build) as (hook, _):
                return hook(metadata_directory, build.config_settings)
        from augbackend.hook import edited_metadata

        promise = edited_metadata.promised(build) if target == "wheel" else None
        if promise and edited_metadata.is_answer(promise):
            return edited_metadata.write_answer(promise, build, metadata_directory)
        with wrapped_hook(name, build) as (hook, seen):
            is_edited = promise is not None or any(one.edit or one.version for one in build.features)
            change = edited_metadata.edit(seen) if is_edited else None
            folder = hook(metadata_directory, build.config_settings)
            return edited_metadata.rewrite(metadata_directory, folder, build, promise, change) if change else folder


prepare_metadata_for_build_wheel = partial(_prepare, "wheel")  # PEP 517
prepare_metadata_for_build_editable = partial(_prepare, "editable")  # PEP 660
