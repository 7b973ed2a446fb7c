"""The hooks of PEP 517 and PEP 660. No logic here: what happens around a hook is in :mod:`.call`.

Names, order and defaults of the arguments are the PEPs', since frontends call by position or by keyword.
Which of these a frontend gets to see is decided in :mod:`.presence`.
"""

from __future__ import annotations

from . import call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Optional, Union

    ConfigSettings = Optional[Mapping[str, Union[str, list[str]]]]


def get_requires_for_build_wheel(config_settings: ConfigSettings = None) -> list[str]:
    """PEP 517: what a wheel needs beyond ``build-system.requires``."""
    return call.get_requires("get_requires_for_build_wheel", config_settings)


def get_requires_for_build_sdist(config_settings: ConfigSettings = None) -> list[str]:
    """PEP 517: what an sdist needs beyond ``build-system.requires``."""
    return call.get_requires("get_requires_for_build_sdist", config_settings)


def get_requires_for_build_editable(config_settings: ConfigSettings = None) -> list[str]:
    """PEP 660: what an editable wheel needs beyond ``build-system.requires``."""
    return call.get_requires("get_requires_for_build_editable", config_settings)


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: ConfigSettings = None) -> str:
    """PEP 517: write the ``.dist-info`` folder and return its name."""
    return call.prepare_metadata("prepare_metadata_for_build_wheel", metadata_directory, config_settings)


def prepare_metadata_for_build_editable(metadata_directory: str, config_settings: ConfigSettings = None) -> str:
    """PEP 660: write the ``.dist-info`` folder and return its name."""
    return call.prepare_metadata("prepare_metadata_for_build_editable", metadata_directory, config_settings)


def build_wheel(
    wheel_directory: str, config_settings: ConfigSettings = None, metadata_directory: Optional[str] = None
) -> str:
    """PEP 517: build the wheel and return its name."""
    return call.build_wheel("build_wheel", wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: ConfigSettings = None, metadata_directory: Optional[str] = None
) -> str:
    """PEP 660: build the editable wheel and return its name."""
    return call.build_wheel("build_editable", wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: ConfigSettings = None) -> str:
    """PEP 517: build the sdist, with the in-tree backend in it, and return its name."""
    from .archive import complete_sdist

    with call.wrapped_hook("build_sdist", config_settings) as (hook, build):
        name = hook(sdist_directory, build.config_settings)
    complete_sdist(sdist_directory, name, build)
    return name
