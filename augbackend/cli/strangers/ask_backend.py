"""The process that imports the wrapped backend, and writes down its hooks and what it wants to be installed.

Run as ``python ask_backend.py REQUEST`` in the environment to ask in, with the tree as the current directory;
REQUEST is JSON: ``{"path": [folders of augbackend], "answer": file, "config_settings": …, "ask": bool}``. The answer
is JSON in the file, since the wrapped backend may print what it likes. Only the backend half may be
imported, since nothing else is there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main(request: str) -> None:
    """Answer one request."""
    wanted = json.loads(request)
    sys.path[:] = [*wanted["path"], *(item for item in sys.path if item != str(Path(__file__).parent))]
    answer = _asked(wanted["config_settings"], ask=wanted["ask"])
    Path(wanted["answer"]).write_text(json.dumps(answer), encoding="utf-8")


def _asked(config_settings: dict[str, Any], *, ask: bool) -> dict[str, Any]:
    from augbackend import HOOKS
    from augbackend.hook import declared, exposed, wrapped_backend

    build = declared.read(Path.cwd(), config_settings, warn=False)
    answer: dict[str, Any] = {"hooks": None, "problem": "", "requires": {}, "failed": {}}
    with wrapped_backend.surrounded(build):
        try:
            backend = wrapped_backend.load(build)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever its import raises is the answer
            answer["problem"] = getattr(error, "what", f"{type(error).__name__}: {error}")
            return answer
        answer["hooks"] = [hook for hook in HOOKS if exposed.is_exposed(build, hook, backend)]
        for target in ("wheel", "sdist", "editable") if ask else ():
            hook = getattr(backend, f"get_requires_for_build_{target}", None)
            try:
                answer["requires"][target] = [str(text) for text in (hook(build.config_settings) if hook else ()) or ()]
            except (Exception, SystemExit) as error:  # noqa: BLE001  # as above
                answer["failed"][target] = f"{type(error).__name__}: {error}"
    return answer


if __name__ == "__main__":
    main(sys.argv[1])
