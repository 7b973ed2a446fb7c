"""What `diagnose` says of a wheel when the time runs out before it was tried."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.diagnosis import wheel_check
from augbackend.cli.diagnosis.attempt import Circumstances
from augbackend.cli.fetch import wheel_content
from augbackend.cli.model.package_sources import Sources
from augbackend.cli.strangers import environment, interpreter
from augbackend.cli.strangers.environment import Environment, Installer
from augbackend.cli.strangers.process import Ran
from augbackend.knowledge import rows

from ..conftest import write

NOT_TRIED = "the time ran out"


def checked(folder: Path, seconds: float) -> wheel_check.Check:
    wheel = folder / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("demo/__init__.py", "")
        archive.writestr("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
    installer = Installer(interpreter.this(), "", Sources(), {}, {}, folder, is_uv=True)
    having = Circumstances(folder, "setuptools.build_meta", installer, time.monotonic() + seconds, folder)
    return wheel_check.check(wheel, having, {}, rows.load())


def test_a_module_that_no_project_is_called_after() -> None:
    assert wheel_check._provider("_nobody", ["otherlib"], rows.load()) == ""
    assert wheel_check._provider("_cffi_backend", ["otherlib", "cffi>=1"], rows.load()) == "cffi>=1"


def test_what_is_imported_of_a_namespace_package() -> None:
    """There is nothing at the top to import."""
    inside = ["zope/interface/__init__.py", "zope/interface/common/__init__.py", "zope.interface-1.0-nspkg.pth"]
    assert wheel_check._importable_at_top(inside) == ("zope.interface",)
    assert wheel_check._importable_at_top([*inside, "demo/__init__.py"]) == ("demo",)
    assert wheel_check._importable_at_top(["tests/demo/__init__.py", "no-name/demo/__init__.py"]) == ()


@pytest.mark.processes
def test_before_it_began(tmp_path: Path) -> None:
    assert checked(tmp_path, 0).untried == NOT_TRIED


@pytest.mark.processes
def test_while_the_environment_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def created(*_: Any) -> Environment:
        raise TimeoutError

    monkeypatch.setattr(environment, "created", created)
    found = checked(tmp_path, 60)
    assert (found.installs, found.problem, found.untried) == ("", "", NOT_TRIED)


@pytest.mark.processes
@pytest.mark.parametrize(("status", "installs", "untried"), [(None, "", NOT_TRIED), (1, "it is refused", "")])
def test_while_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int | None, installs: str, untried: str
) -> None:
    monkeypatch.setattr(environment, "created", lambda using, folder, _: Environment(folder, using))
    monkeypatch.setattr(Environment, "install_wheel", lambda *_, **__: Ran(status, "error: it is refused\n", 1.0))
    found = checked(tmp_path, 60)
    assert (found.installs, found.problem, found.untried) == (installs, "", untried)


@pytest.mark.processes
@pytest.mark.usefixtures("quick")
def test_while_it_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends it is the time of all, not what one import may take: nothing is known of it."""
    code = "import time; time.sleep(60)"

    def install(environment: Environment, *_: object, **__: object) -> Ran:
        write(environment.folder, {"demo.py": code})
        return Ran(0, "", 1.0)

    monkeypatch.setattr(Environment, "install_wheel", install)
    found = checked(tmp_path, 2)
    assert (found.problem, found.untried) == ("", NOT_TRIED)


LEAVES = "import json, os, sys\nleft = sys.argv[2]\n{}\nos._exit(0)\n"
ENDED = "import demo: the interpreter ended: it says nothing"
IMPORTS = {
    "a name that is a number": ("class E(ImportError): name = 5\nraise E('x')", "import demo: E: x"),
    "no text": ("class E(Exception):\n    def __str__(self): raise self\nraise E", "import demo: E: "),
    "much text": ("raise ValueError('x' * 10**7)", "import demo: ValueError: " + "x" * 2000),
    "half a character": ("raise ValueError('\\ud800')", "import demo: ValueError: ?"),
    "a module without a name": ("raise ModuleNotFoundError('x', name=None)", "import demo: ModuleNotFoundError: x"),
    "nothing": (LEAVES.format(""), ENDED),
    "a pipe": (LEAVES.format("os.mkfifo(left)"), ENDED),
    "a link": (LEAVES.format("os.symlink('/dev/zero', left)"), ENDED),
    "a folder": (LEAVES.format("os.mkdir(left)"), ENDED),
    "a link instead of the folder": (
        LEAVES.format("at = os.path.dirname(left); os.rename(at, at + 'x'); os.symlink(at + 'x', at)"),
        ENDED,
    ),
    "brackets": (LEAVES.format("open(left, 'w').write('[' * 10**5)"), ENDED),
    "a number": (LEAVES.format("open(left, 'w').write('5')"), ENDED),
    "digits": (LEAVES.format("open(left, 'w').write('9' * 10**6)"), ENDED),
    "other values": (LEAVES.format("json.dump({'problem': ['ImportError', None, None]}, open(left, 'w'))"), ENDED),
    "two values": (LEAVES.format("json.dump({'problem': ['', '']}, open(left, 'w'))"), ENDED),
    "no values": (LEAVES.format("json.dump({}, open(left, 'w'))"), ENDED),
    "a file without an end": (LEAVES.format("open(left, 'w').truncate(2**33)"), ENDED),
}


@pytest.mark.processes
@pytest.mark.usefixtures("quick")
@pytest.mark.skipif(os.name == "nt", reason="it has no pipes with names")
@pytest.mark.parametrize("kind", IMPORTS)
def test_what_an_import_leaves_as_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    code, said = IMPORTS[kind]

    def install(environment: Environment, *_: object, **__: object) -> Ran:
        write(environment.folder, {"demo.py": code})
        return Ran(0, "", 1.0)

    monkeypatch.setattr(Environment, "install_wheel", install)
    found = checked(tmp_path, 60)
    assert found.problem == said
    assert (found.installs, found.missing) == ("", "")


@pytest.mark.processes
def test_a_wheel_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No installer gets it."""
    monkeypatch.setattr(environment, "created", lambda *_: pytest.fail("an environment is made for it"))
    monkeypatch.setattr(wheel_content, "_MOST_AT_ONCE", 1)
    assert checked(tmp_path, 60).installs == "it cannot be read: it has too many members"
