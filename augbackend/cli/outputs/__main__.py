"""``python -m augbackend.cli.outputs diagnose`` prints the schema of what that command prints."""

from __future__ import annotations

import json
import sys

from . import FORMS, schema_of

if len(sys.argv) != 2 or sys.argv[1] not in FORMS:  # noqa: PLR2004  # this module and a name
    sys.exit(f"name one of: {', '.join(FORMS)}")
print(json.dumps(schema_of(sys.argv[1]), indent=2))  # noqa: T201  # for a file
