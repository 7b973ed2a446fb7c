"""``build_wheel`` and ``build_editable``: the wrapped backend's wheel, edited where a feature says so."""

from __future__ import annotations

from functools import partial
from os.path import isfile, join
from pathlib import Path
from typing import Optional

from augbackend.hook.build_folder import fresh
from augbackend.hook.wrapped_backend import declared, wrapped_hook
from augbackend.table import ConfigSettings, Target


def _build(
    target: Target,
    wheel_directory: str,
    config_settings: ConfigSettings = None,
    metadata_directory: Optional[str] = None,
) -> str:
    """Build a wheel and return its name. What is no wheel is the frontend's to complain about."""
    with declared(config_settings, wheel_directory) as found, wrapped_hook(f"build_{target}", found) as (hook, build):
        is_edited = any(one.edits_wheel for one in build.features)
        # Other backends may take the in-tree backend for a part of the package; of setuptools, `adopt` makes sure.
        if not is_edited and (build.wraps_setuptools or not build.backend_path):
            with fresh(build, target):
                return hook(wheel_directory, build.config_settings, metadata_directory)
        from augbackend.hook import edited_wheel
        from augbackend.standards import unfinished

        plan = edited_wheel.plan(build, target, is_answered=metadata_directory is not None)
        with fresh(build, target):
            if plan and plan.promise:
                edited_wheel.hold(build, plan)
            # The metadata folder is handed on only if the wrapped backend wrote it.
            metadata_directory = None if plan and plan.is_ours else metadata_directory
            wheel = hook(wheel_directory, build.config_settings, metadata_directory)
        if isinstance(wheel, str) and isfile(join(wheel_directory, wheel)):
            unfinished.sweep(Path(wheel_directory))
            return edited_wheel.finished(Path(wheel_directory) / wheel, build, plan)
        return wheel


build_wheel = partial(_build, "wheel")  # PEP 517
build_editable = partial(_build, "editable")  # PEP 660
