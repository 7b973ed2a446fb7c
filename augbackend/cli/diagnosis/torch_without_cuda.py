"""A torch that was built without CUDA: it hides the CUDA toolkit and the GPU, and asks for them all the same.

torch looks for CUDA only if it was built with it. Else ``CUDA_HOME`` is ``None`` and ``is_available()`` is false,
whatever lies on this machine, and the message is the same as where the toolkit or the driver is missing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from augbackend.knowledge.clues import Clue

    from .attempt import Attempt
    from .evidence import Case

NEED = "CUDA in torch"
_LABEL = re.compile(r"\+(?:cpu|xpu|rocm)")  # of builds without CUDA; a build of one's own has any label


def reason(case: Case, attempt: Attempt, clue: Clue) -> str:
    """Why the attempt failed, if it was for a torch without CUDA; else empty."""
    version = attempt.installed.get("torch", "")
    is_without = _LABEL.search(version) is not None
    need = case.knowledge.needed("", NEED)
    if need is None or not (clue.symptom.need == NEED or (clue.symptom.of_torch and is_without)):
        return ""
    had = f"torch {version}, which was built without it" if version else "one without it"
    return (
        f"it needs {need.text}, and had {had}; such a torch finds no CUDA_HOME and no GPU whatever is on this machine, "
        "and installing nvcc does not help; name an index or a folder that has a torch built with CUDA "
        f"(--index-url, --find-links): {clue.line}"
    )
