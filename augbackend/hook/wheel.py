"""``build_wheel`` and ``build_editable``: the wrapped backend's wheel, edited where a feature says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from augbackend.hook.build_folder import fresh
from augbackend.hook.wrapped_backend import declared, wrapped_hook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from augbackend.table import Target


def build_of(
    name: str, wheel_directory: str, config_settings: Mapping[str, Any] | None, metadata_directory: str | None
) -> str:
    """The answer to the hook ``name``; what is no wheel is the frontend's to complain about."""
    target = cast("Target", name.rpartition("_")[2])
    with declared(config_settings) as build, wrapped_hook(name, build) as hook:
        is_edited = any(one.promise or one.edit or one.version or one.wheel for one in build.features)
        # Other backends may take the in-tree backend for a part of the package; of setuptools, `adopt` makes sure.
        if not is_edited and (build.wraps_setuptools or not build.backend_path):
            with fresh(build, target):
                return hook(wheel_directory, build.config_settings, metadata_directory)
        from augbackend.hook import edited_wheel

        plan = edited_wheel.plan(build, target, is_answered=metadata_directory is not None)
        with fresh(build, target):
            # The metadata folder is handed on only if the wrapped backend wrote it.
            wheel = hook(wheel_directory, build.config_settings, None if plan and plan.is_ours else metadata_directory)
        file = Path(wheel_directory) / wheel if isinstance(wheel, str) else None
        return edited_wheel.finished(file, build, plan) if file is not None and file.is_file() else wheel
