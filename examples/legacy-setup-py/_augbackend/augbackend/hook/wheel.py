# type: ignore  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here
"""``build_wheel`` and ``build_editable``: the wrapped backend's wheel, edited where a feature says so."""

from __future__ import annotations

from os.path import isfile, join
from pathlib import Path
from typing import Optional

from augbackend.hook.build_folder import fresh
from augbackend.hook.wrapped_backend import declared, wrapped_hook
from augbackend.table import ConfigSettings, Target


def build_wheel(
    wheel_directory: str, config_settings: ConfigSettings = None, metadata_directory: Optional[str] = None
) -> str:
    """PEP 517: build the wheel and return its name."""
    return _build("wheel", wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: ConfigSettings = None, metadata_directory: Optional[str] = None
) -> str:
    """PEP 660: build the editable wheel and return its name."""
    return _build("editable", wheel_directory, config_settings, metadata_directory)


def _build(target: Target, directory: str, config_settings: ConfigSettings, metadata: Optional[str]) -> str:
    """What is no wheel is the frontend's to complain about."""
    with declared(config_settings, directory) as build, wrapped_hook(f"build_{target}", build) as hook:
        is_edited = any(one.promise or one.edit or one.version or one.wheel for one in build.features)
        # Other backends may take the in-tree backend for a part of the package; of setuptools, `adopt` makes sure.
        if not is_edited and (build.wraps_setuptools or not build.backend_path):
            with fresh(build, target):
                return hook(directory, build.config_settings, metadata)
        from augbackend.hook import edited_wheel

        plan = edited_wheel.plan(build, target, is_answered=metadata is not None)
        with fresh(build, target):
            # The metadata folder is handed on only if the wrapped backend wrote it.
            wheel = hook(directory, build.config_settings, None if plan and plan.is_ours else metadata)
        if isinstance(wheel, str) and isfile(join(directory, wheel)):
            return edited_wheel.finished(Path(directory) / wheel, build, plan)
        return wheel
