"""A local version label (PEP 440) on what is built: so that an archive can lie on an index beside upstream's own.

``2.8.3+team`` satisfies ``==2.8.3`` and is preferred to ``2.8.3`` by every frontend. The label goes into the file's
name, the ``.dist-info`` folder's name and METADATA; a version that has it already is left alone.
"""

from __future__ import annotations

from pathlib import Path

from . import wheel as wheels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional


def labelled(version: str, label: str) -> str:
    """The version with the label, behind a label that it has already."""
    public, plus, local = version.partition("+")
    if label == local or local.endswith(f".{label}"):
        return version
    return f"{public}+{local}.{label}" if plus else f"{public}+{label}"


def label_wheel(folder: str, name: str, label: str) -> str:
    """Label a finished wheel; returns its new name."""
    wheel = Path(folder) / name
    info = wheels.dist_info(wheel)
    text = wheels.read(wheel, f"{info}/METADATA")
    new = _metadata(text, label)
    if new == text:
        return name
    project, _, version = info[: -len(".dist-info")].rpartition("-")
    stem = f"{project}-{labelled(version, label)}"
    changes: dict[str, Optional[bytes]] = {}
    like: dict[str, str] = {}
    for member in wheels.names(wheel):
        for kind in (".dist-info", ".data"):
            old = f"{project}-{version}{kind}/"
            if member.startswith(old):
                renamed = f"{stem}{kind}/{member[len(old) :]}"
                changes[member], like[renamed] = None, member
                if not member.endswith("/"):
                    changes[renamed] = (
                        new.encode() if member == f"{info}/METADATA" else wheels.read_bytes(wheel, member)
                    )
    wheels.edit(wheel, changes, f"{stem}.dist-info/RECORD", like)
    first, version, *tags = name.split("-")
    target = "-".join([first, labelled(version, label), *tags])
    wheel.replace(wheel.with_name(target))
    return target


def label_metadata(folder: str, name: str, label: str) -> str:
    """Label a ``.dist-info`` folder; returns its new name."""
    info = Path(folder) / name
    text = (info / "METADATA").read_bytes().decode("utf-8")
    (info / "METADATA").write_bytes(_metadata(text, label).encode())
    project, _, version = name[: -len(".dist-info")].rpartition("-")
    target = f"{project}-{labelled(version, label)}.dist-info"
    info.rename(info.with_name(target))
    return target


def _metadata(text: str, label: str) -> str:
    """METADATA with the label in its one ``Version`` field, and nothing else changed."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.startswith("Version:"):
            version = line.partition(":")[2].strip()
            lines[at] = line.replace(version, labelled(version, label))
            break
    return "\n".join(lines)
