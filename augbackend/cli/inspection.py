"""Asking the wrapped backend, in a process of its own: which hooks it has, what it wants to be installed.

Run as ``python inspection.py REQUEST`` in the environment to ask in, with the tree as the current directory;
REQUEST is JSON: ``{"path": [folders of augbackend], "config_settings": …, "ask": bool}``. Answers with one
line of JSON on the last line of stdout. Only the backend half is imported, since only that is there.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(request: str) -> None:
    """Answer one request."""
    wanted = json.loads(request)
    sys.path[:] = [*wanted["path"], *(item for item in sys.path if item != str(Path(__file__).parent))]
    from augbackend import HOOKS, reading, requirements, variables, wrapped
    from augbackend.surroundings import put_back

    build = reading.read(Path.cwd(), wanted["config_settings"])
    values = {one.name: one.value for one in variables.resolve(build.settings, os.environ) if one.value is not None}
    answer: dict[str, object] = {"hooks": None, "problem": "", "requires": {}, "failed": {}}
    with put_back(values, wrapped.folders(build)):
        try:
            backend = wrapped.load(build)
        except Exception as error:  # noqa: BLE001  # whatever its import raises is the answer
            answer["problem"] = getattr(error, "what", f"{type(error).__name__}: {error}")
        else:
            present = [hook for hook in HOOKS if hasattr(backend, hook)]
            answer["hooks"] = present
            targets = ("wheel", "sdist", "editable") if wanted["ask"] else ()
            for target in targets:
                hook = f"get_requires_for_build_{target}"
                try:
                    asked = getattr(backend, hook)(build.config_settings) if hook in present else []
                    answer["requires"][target] = [str(text) for text in asked or ()]  # type: ignore[index]
                except (Exception, SystemExit) as error:  # noqa: BLE001  # as above
                    missing = [entry.parsed.name for entry, _ in requirements.unmet(build, target)]  # type: ignore[arg-type]
                    after = f" (not installed: {', '.join(missing)})" if missing else ""
                    answer["failed"][target] = f"{type(error).__name__}: {error}{after}"  # type: ignore[index]
    sys.stdout.flush()
    print("\n" + json.dumps(answer))  # noqa: T201  # the answer


if __name__ == "__main__":
    main(sys.argv[1])
