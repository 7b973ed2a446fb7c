"""Where a wheel fits, as an environment marker: so that a requirement can name a wheel by its URL, one a platform."""

from __future__ import annotations

import re

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

# Tag → marker, the first that matches; what a marker cannot tell apart (musl, free threading) has no row.
_PLATFORMS = (
    (r"any", ""),
    (r"(many)?linux.*_(x86_64|aarch64|ppc64le|s390x|riscv64)", "sys_platform == 'linux' and platform_machine == '{1}'"),
    (r"win_amd64", "sys_platform == 'win32' and platform_machine == 'AMD64'"),
    (r"win_arm64", "sys_platform == 'win32' and platform_machine == 'ARM64'"),
    (r"macosx_.*_(arm64|x86_64)", "sys_platform == 'darwin' and platform_machine == '{0}'"),
    (r"macosx_.*_universal2", "sys_platform == 'darwin'"),
)


def marker(wheel: str) -> str | None:
    """The marker of a wheel, by its name: empty if it fits everywhere, ``None`` if no marker can say where.

    A wheel for several platforms has a marker for the first; those of one wheel differ in the C library's version.
    """
    try:
        tags = sorted(parse_wheel_filename(wheel)[3], key=str)
    except InvalidWheelFilename:
        return None
    pythons = {_python(tag.interpreter, tag.abi) for tag in tags}
    platforms = [_platform(tag.platform) for tag in tags]
    platform = next((one for one in platforms if one is not None), None)
    if platform is None or None in pythons:
        return None
    python = "" if "" in pythons else " or ".join(sorted(filter(None, pythons)))
    python = f"({python})" if " or " in python else python
    return " and ".join(filter(None, [platform, python]))


def _platform(tag: str) -> str | None:
    for pattern, text in _PLATFORMS:
        found = re.fullmatch(pattern, tag)
        if found:
            groups = [group or "" for group in found.groups()]
            return text.format(*groups)
    return None


def _python(interpreter: str, abi: str) -> str | None:
    found = re.fullmatch(r"(py|cp)(\d)(\d*)", interpreter)
    if found is None or abi.endswith("t"):
        return None
    version = f"{found[2]}.{found[3]}"
    if not found[3]:
        return ""
    if found[1] == "py" or abi == "abi3":
        return f"python_version >= '{version}'"
    return f"python_version == '{version}' and platform_python_implementation == 'CPython'"
