"""The command line of augbackend. It imports the backend, and the backend never imports it.

Its folders import downwards only: commands → diagnosis, wrapping, docs → project → fetch → strangers → edit → model.
Fetching is above strangers because a folder or a repository is made into an sdist by its own code.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; say so without a traceback if its extra is not installed."""
    try:
        from .main import group
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("augbackend"):
            raise
        from . import install_hint
        from .model import error_report
        from .model.cli_error import CliError

        what, hint = f"the command line needs {error.name!r}", install_hint.command()
        print(error_report.text(CliError(what, id="no-cli-extra", hint=hint)), file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:  # nothing has begun
        raise SystemExit(130) from None
    group(prog_name="augbackend")
