"""``python -m augbackend``: the command line without its script.

It is run and not imported: nothing outside of ``cli`` imports that.
"""

import runpy

runpy.run_module("augbackend.cli", run_name="__main__", alter_sys=True)
