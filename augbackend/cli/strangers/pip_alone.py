"""Run pip so that it starts no other program: what would have to be built is refused, and nobody else sees passwords.

Run as ``python pip_alone.py PIP ARGUMENTS…``; PIP is the folder of the package. ``--only-binary`` is not enough: pip
builds what a requirement names by its URL all the same.
"""

import runpy
import sys
from pathlib import Path

_STARTS = frozenset((
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "pty.spawn",
    "subprocess.Popen",
))  # fmt: skip


def _refuse_programs(event: str, arguments: tuple[object, ...]) -> None:
    if event in _STARTS and not (arguments and Path(str(arguments[0])).name.startswith("keyring")):
        raise PermissionError("pip starts no other program here, so it builds nothing")


if __name__ == "__main__":
    runner = str(Path(sys.argv[1], "__pip-runner__.py"))
    sys.argv = [runner, *sys.argv[2:]]
    sys.addaudithook(_refuse_programs)
    runpy.run_path(runner, run_name="__main__")
