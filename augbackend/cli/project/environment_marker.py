"""Some of a project's environments, said in a marker that is as short as it can be."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .target_environments import Platform, TargetEnvironment


def marker(wanted: Collection[TargetEnvironment], among: Sequence[TargetEnvironment]) -> str:
    """The marker that holds in some environments and in none of the others; empty if there are no others.

    :param among: all of them, oldest Python first.
    """
    texts: dict[str, list[Platform]] = {}
    platforms = list(dict.fromkeys(one.platform for one in among))
    for platform in platforms:
        minors = [one.minor for one in among if one.platform == platform]
        needed = [one.minor for one in wanted if one.platform == platform]
        if needed:
            texts.setdefault(_pythons(needed, minors), []).append(platform)
    everywhere, elsewhere = texts.pop("", []), [*texts]
    parts = [joined(_platforms(those, platforms), python) for python, those in texts.items()]
    if len(elsewhere) == 1 and len(everywhere) + len(texts[elsewhere[0]]) == len(platforms):
        parts = elsewhere  # it may hold where each Python is wanted, too
    parts += [_platforms(everywhere, platforms)] if everywhere else []
    return " or ".join(f"({part})" if len(parts) > 1 and " and " in part else part for part in parts)


def joined(one: str, other: str) -> str:
    """Two markers that both have to hold; either may be empty."""
    if not one or not other:
        return one or other
    return " and ".join(f"({part})" if " or " in part else part for part in (one, other))


def _pythons(wanted: Sequence[int], among: Sequence[int]) -> str:
    """Minor versions among others; what is older than the oldest, or newer than the newest, goes with it."""
    runs = []
    for is_wanted, run in groupby(among, lambda minor: minor in wanted):
        minors = list(run)
        is_first, is_last = minors[0] == among[0], minors[-1] == among[-1]
        if is_wanted and len(minors) == 1 and not is_first and not is_last:
            runs.append(f"python_version == '3.{minors[0]}'")
        elif is_wanted:
            above = "" if is_first else f"python_version >= '3.{minors[0]}'"
            runs.append(joined(above, "" if is_last else f"python_version < '3.{minors[-1] + 1}'"))
    return " or ".join(f"({run})" if len(runs) > 1 and " and " in run else run for run in runs)


def _platforms(wanted: Sequence[Platform], among: Sequence[Platform]) -> str:
    if len(wanted) == len(among):
        return ""
    systems = list(dict.fromkeys(one.sys_platform for one in among))
    whole = [one for one in systems if not any(it.sys_platform == one for it in among if it not in wanted)]
    others = [one for one in systems if not any(it.sys_platform == one for it in wanted)]
    if len(whole) > 1 and len(others) == 1 and len(whole) + 1 == len(systems):
        return f"sys_platform != '{others[0]}'"
    parts = [f"sys_platform == '{one}'" for one in whole]
    for one in systems:
        machines = [it.machine for it in wanted if it.sys_platform == one and one not in whole]
        is_one = [f"platform_machine == '{machine}'" for machine in machines]
        parts += [joined(f"sys_platform == '{one}'", " or ".join(is_one))] if machines else []
    return " or ".join(f"({part})" if len(parts) > 1 and " and " in part else part for part in parts)
