"""A build hook that draws a table into the wheel, on Linux."""

import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    def initialize(self, version, build_data):
        text = "plain"
        if sys.platform == "linux":
            from tabulate import tabulate

            text = tabulate([["Hello from", "augexample-platform!"]], tablefmt="plain")
        target = Path(self.directory) / "table.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text + "\n")
        build_data["force_include"][str(target)] = "augexample_platform/table.txt"
