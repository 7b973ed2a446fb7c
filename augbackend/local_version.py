"""A local version label (PEP 440) on what is built: so that an archive can lie on an index beside upstream's own.

``2.8.3+team`` satisfies ``==2.8.3`` and is preferred to ``2.8.3`` by every frontend. The label goes into the file's
name, the ``.dist-info`` folder's name and METADATA; a version that has it already is left alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def labelled(version: str, label: str) -> str:
    """The version with the label, behind a label that it has already; the version itself if there is none to give."""
    public, plus, local = version.partition("+")
    if not label or label == local or local.endswith(f".{label}"):
        return version
    return f"{public}+{local}.{label}" if plus else f"{public}+{label}"


def labelled_metadata(text: str, label: str) -> str:
    """METADATA with the label in its one ``Version`` field, and nothing else changed."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.startswith("Version:"):
            version = line.partition(":")[2].strip()
            lines[at] = line.replace(version, labelled(version, label))
            break
    return "\n".join(lines)


def labelled_info(folder: str, label: str) -> str:
    """The name of a ``.dist-info`` folder, with the label."""
    project, _, version = folder[: -len(".dist-info")].rpartition("-")
    return f"{project}-{labelled(version, label)}.dist-info"


def labelled_wheel(name: str, label: str) -> str:
    """The name of a wheel, with the label."""
    project, version, *tags = name.split("-")
    return "-".join([project, labelled(version, label), *tags])


def moved(members: Iterable[str], info: str, label: str) -> dict[str, str]:
    """The members of a wheel that the label gives another name, old → new: its ``.dist-info`` and ``.data`` folders.

    :param info: the name of the ``.dist-info`` folder.
    """
    old = info[: -len(".dist-info")]
    new = labelled_info(info, label)[: -len(".dist-info")]
    folders = tuple(f"{old}{kind}/" for kind in (".dist-info", ".data"))
    return {name: new + name[len(old) :] for name in members if new != old and name.startswith(folders)}
