"""Records the first screen's failure and cure: ``python docs/record.py`` writes ``docs/_static/session.txt`` anew.

::

    a new environment in a throw-away home -> the commands, as a reader types them -> what they print -> one text

The package's ``setup.py`` runs by a real pip, so all of it runs in bubblewrap. What differs from one machine to the
next is left out: where pip looks, the home, and what is random.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SESSION = ROOT / "docs" / "_static" / "session.txt"
COMMANDS = ("pip install flatdict==4.0.1", "augbackend run -- pip install flatdict==4.0.1")
_OF_THIS_MACHINE = re.compile(
    r"^(Looking in |\[notice\]|WARNING: |  (Created wheel|Stored in directory)).*\n", re.MULTILINE
)
_RANDOM = re.compile(r"(pip-build-env)-\w{8}")


def recorded() -> str:
    """The session.

    :raises SystemExit: if there is no bubblewrap here, or something cannot be installed.
    """
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise SystemExit("docs/record.py needs bubblewrap: a stranger's setup.py runs in it")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name).resolve()
        subprocess.run([sys.executable, "-m", "venv", home / "env"], check=True)
        python = home / "env" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", "pip", f"{ROOT}[cli]"], check=True)
        box = [bubblewrap, "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        box += ["--bind", str(home), str(home), "--chdir", str(home), "--setenv", "HOME", str(home)]
        box += ["--setenv", "PATH", f"{home}/env/bin:/usr/bin:/bin", "--setenv", "COLUMNS", "100"]
        box += ["--setenv", "PIP_NO_CACHE_DIR", "1", "--setenv", "PIP_DISABLE_PIP_VERSION_CHECK", "1"]
        parts = []
        for command in COMMANDS:
            said = subprocess.run(
                [*box, "--", *command.split()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            )
            parts.append(f"$ {command}\n{said.stdout.replace(str(home), '~')}")
    return _RANDOM.sub(r"\1", _OF_THIS_MACHINE.sub("", "\n".join(parts)))


if __name__ == "__main__":
    SESSION.write_text(recorded(), encoding="utf-8")
    print(f"written: {SESSION.relative_to(ROOT)}")
