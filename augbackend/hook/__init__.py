# SPDX-License-Identifier: MIT
"""The hooks of PEP 517 and PEP 660. No logic here: a module of this folder has each hook's.

Names, order and defaults of the arguments are the PEPs', since frontends call by position or by keyword.
Which of these a frontend gets to see is decided in :mod:`.exposed`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Optional, Union

    ConfigSettings = Optional[Mapping[str, Union[str, list[str]]]]


def get_requires_for_build_wheel(config_settings: ConfigSettings = None) -> list[str]:
    """PEP 517: what a wheel needs beyond ``build-system.requires``."""
    from augbackend.hook.requires import answer

    return answer("wheel", config_settings)


def get_requires_for_build_sdist(config_settings: ConfigSettings = None) -> list[str]:
    """PEP 517: what an sdist needs beyond ``build-system.requires``."""
    from augbackend.hook.requires import answer

    return answer("sdist", config_settings)


def get_requires_for_build_editable(config_settings: ConfigSettings = None) -> list[str]:
    """PEP 660: what an editable wheel needs beyond ``build-system.requires``."""
    from augbackend.hook.requires import answer

    return answer("editable", config_settings)


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: ConfigSettings = None) -> str:
    """PEP 517: write the ``.dist-info`` folder and return its name."""
    from augbackend.hook.metadata import prepare

    return prepare("wheel", metadata_directory, config_settings)


def prepare_metadata_for_build_editable(metadata_directory: str, config_settings: ConfigSettings = None) -> str:
    """PEP 660: write the ``.dist-info`` folder and return its name."""
    from augbackend.hook.metadata import prepare

    return prepare("editable", metadata_directory, config_settings)


def build_wheel(
    wheel_directory: str, config_settings: ConfigSettings = None, metadata_directory: Optional[str] = None
) -> str:
    """PEP 517: build the wheel and return its name."""
    from augbackend.hook.wheel import build_of

    return build_of("build_wheel", wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: ConfigSettings = None, metadata_directory: Optional[str] = None
) -> str:
    """PEP 660: build the editable wheel and return its name."""
    from augbackend.hook.wheel import build_of

    return build_of("build_editable", wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: ConfigSettings = None) -> str:
    """PEP 517: build the sdist, with the in-tree backend in it, and return its name."""
    from augbackend.hook.sdist import build_of

    return build_of(sdist_directory, config_settings)
