"""``passthrough``: what is used where it is installed, with all that it requires, and when the ordinary way is gone."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import pytest

from augbackend.errors import AugbackendError, SettingsError
from augbackend.features import _installed_closure, _linked_distributions, passthrough, pin_runtime, provenance
from augbackend.hook import declared, requires, wrapped_backend
from augbackend.hook.installed_check import unmet
from augbackend.table import Build, layers

from ..conftest import ROOT, write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no links for everybody on Windows")
layers.pyproject("")  # imports its reader, which lies in an environment that these tests do not see
TORCH = {"requirement": "torch", "match-runtime": True, "passthrough": True}
SITE = Path("lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")


def install(
    folder: Path, name: str, version: str = "1.0", *required: str, files: tuple[str, ...] = (), **info: str
) -> Path:
    """A distribution as pip leaves it: its files, METADATA, RECORD, and what else is in its `.dist-info`."""
    top = f"{name.replace('-', '_')}-{version}.dist-info"
    lines = "".join(f"Requires-Dist: {one}\n" for one in required)
    found: dict[str, str | bytes] = dict.fromkeys(files or (f"{name}/__init__.py",), "")
    found[f"{top}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}"
    found.update({f"{top}/{one.replace('_json', '.json')}": text for one, text in info.items()})
    record = "".join(f'"{one}",,\n' if "," in one else f"{one},,\n" for one in (*found, f"{top}/RECORD"))
    return write(folder, {**found, f"{top}/RECORD": record}) / top


@pytest.fixture(autouse=True)
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment that is installed into, off `sys.path` as pip's isolation has it, with a torch."""
    folder = (tmp_path / "target" / SITE).resolve()
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(_linked_distributions, "_made_before", [])
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(folder))
    monkeypatch.setattr(site, "getsitepackages", list)
    monkeypatch.setattr(sys, "base_prefix", "elsewhere")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "build"), str(ROOT)])
    monkeypatch.setenv("PYTHONPATH", "pips")
    monkeypatch.setenv("PATH", os.defpath)
    install(folder, "torch", "2.8.0", "sympy>=1.13 ; python_version > '3'", "six ; sys_platform == 'nowhere'", "numpy ; extra == 'nu_m'")  # fmt: skip
    install(folder, "sympy", "1.14", "mpmath")
    install(folder, "mpmath", "1.3")
    install(folder, "numpy", "2.0")
    install(folder, "unrelated", "1.0")
    return folder


def build_of(*entries: Any, **table: Any) -> Build:
    own = {**table, "extra-build-dependencies": list(entries or [TORCH])}
    return declared.read(Path(), environ={}, document={"tool": {"augbackend": own}})


@contextmanager
def shown(build: Build, hook: str = "build_wheel") -> Iterator[Build]:
    with wrapped_backend.surrounded(build, hook) as found:
        yield found


def seen(build: Build) -> list[str]:
    """What the wrapped backend can import of the target."""
    with shown(build) as found:
        folders = [Path(path) for path in found.path[len(build.path) :]]
        return sorted(one.name for folder in folders for one in folder.iterdir() if not one.name.endswith("-info"))


def refused(build: Build, capsys: pytest.CaptureFixture[str]) -> str:
    """Why it is not passed through: said once, where the frontend asks, which then installs it."""
    with shown(build, "get_requires_for_build_wheel") as found:
        assert found == build
        assert requires.combined(found, "wheel", [])[0].startswith("torch")
    start, _, why = capsys.readouterr().err.strip().rpartition(" cannot be used: ")
    assert start.startswith("augbackend: note: torch is installed for the build, since the one in ")
    with shown(build) as found:
        assert found == build
    assert capsys.readouterr().err == ""
    with pytest.raises(AugbackendError) as caught:
        passthrough.FEATURE.before(build, "wheel")  # type: ignore[misc]
    assert caught.value.what.endswith(f" cannot be used: {why}")
    return why


def test_what_the_build_sees(tmp_path: Path, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build = build_of()
    with shown(build, "get_requires_for_build_wheel") as found:
        line = f"augbackend: note: torch 2.8.0 is not installed for the build: the one in {target} is used\n"
        assert capsys.readouterr().err == line
        (folder,) = found.path[len(build.path) :]
        assert sorted(os.listdir(folder)) == [  # noqa: PTH208
            "mpmath",
            "mpmath-1.3.dist-info",
            "sympy",
            "sympy-1.14.dist-info",
            "torch",
            "torch-2.8.0.dist-info",
        ]
        assert (Path(folder) / "torch").readlink() == target / "torch"
        assert (sys.path[-1], os.environ["PYTHONPATH"]) == (folder, f"pips{os.pathsep}{folder}")
        assert metadata.version("torch") == "2.8.0"
        assert unmet(found, "wheel") == []
        passthrough.FEATURE.before(found, "wheel")  # type: ignore[misc]
        asked = requires.combined(found, "wheel", ["torch>=2", "torch<2", "torch ==", "numpy"])
        assert asked == ["torch<2", "torch ==", "numpy"]  # what is not content with it is for the frontend to refuse
    assert (sys.path, os.environ["PYTHONPATH"]) == ([str(tmp_path / "build"), str(ROOT)], "pips")
    assert list((tmp_path / "tmp").iterdir()) == []
    with shown(build) as found:
        assert found.passed == ("torch",)
    with shown(build._replace(path=(*build.path, str(target)))) as found:
        assert found.passed == ()  # the build's own wins
    assert capsys.readouterr().err == ""


def test_nothing_of_a_kind_of_build_that_does_not_want_it() -> None:
    assert seen(build_of({**TORCH, "hooks": ["sdist"]})) == []
    assert seen(build_of({**TORCH, "marker": "sys_platform == 'nowhere'"})) == []
    assert seen(build_of(passthrough=False)) == []
    assert seen(build_of({"requirement": "torch", "match-runtime": True})) == []


def test_extras() -> None:
    assert seen(build_of({**TORCH, "requirement": "torch[nu-M]"})) == ["mpmath", "numpy", "sympy", "torch"]


def test_several(target: Path) -> None:
    install(target, "jinja2", "3.0", "mpmath")
    more = {**TORCH, "requirement": "Jinja2"}
    assert seen(build_of(TORCH, more)) == ["jinja2", "mpmath", "sympy", "torch"]
    install(target, "vision", "1.0", "sympy", "torch")
    assert seen(build_of(TORCH, {**TORCH, "requirement": "vision"})) == ["mpmath", "sympy", "torch", "vision"]


def test_what_says_the_version_and_what_is_pinned() -> None:
    build = build_of(**{"pin-runtime": {"torch": "x.x"}, "provenance": True})
    with shown(build) as found:
        assert pin_runtime.used(found)["torch"].specifier == ">=2.8.0,<2.9"
        write_document = provenance.FEATURE.wheel(found, "wheel", None, True)  # type: ignore[misc]
        assert write_document is not None
        document = write_document(layers_document())["sboms/augbackend.cdx.json"].decode()
        assert '"pkg:pypi/torch@2.8.0"' in document
        assert '"pkg:pypi/mpmath@1.3"' in document
        assert "unrelated" not in document


def layers_document() -> Any:
    from augbackend.standards.core_metadata import parse

    return parse(b"Metadata-Version: 2.1\nName: x\nVersion: 1\n")


@pytest.mark.parametrize(
    ("entry", "is_passed"),
    [
        ({"locked": ["torch===2.8.0"]}, True),
        ({"locked": ["torch==2.7 ; sys_platform == 'nowhere'", "torch==2.8.0"]}, True),
        ({"locked": ["torch @ https://host/torch-2.8.0-cp311-cp311-linux_x86_64.whl"]}, True),
        ({"locked": ["torch @ https://host/torch-2.8.0%2Bcu128-cp311-cp311-linux_x86_64.whl"]}, False),
        ({"locked": ["torch==2.7.0"]}, False),
        ({"locked": ["torch==2.8.0 ; sys_platform == 'nowhere'"]}, True),  # it says nothing of this machine
    ],
)
def test_only_in_the_version_that_counts(
    entry: dict[str, Any], is_passed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    build = build_of({**TORCH, **entry})
    assert seen(build) == (["mpmath", "sympy", "torch"] if is_passed else [])
    if not is_passed:
        assert "2.8.0" in refused(build, capsys)


def test_what_the_caller_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert seen(build_of(**{"match-runtime": ["torch==2.8.*"]})) == ["mpmath", "sympy", "torch"]
    why = refused(build_of(**{"match-runtime": ["torch==2.9"]}), capsys)
    assert why == "2.8.0 is there, and torch==2.9 is asked for, matched to tool.augbackend in pyproject.toml"


def test_matched_to_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """`match-runtime` says so, and nothing more is said."""
    build = build_of({**TORCH, "requirement": "torch>=3"})
    with shown(build, "get_requires_for_build_wheel") as found:
        assert found == build
        assert capsys.readouterr().err == ""
        assert requires.combined(found, "wheel", []) == ["torch>=3"]
        assert capsys.readouterr().err.startswith("augbackend: note: torch>=3 matched to nothing: ")


def test_what_the_build_environment_has_wins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path / "build", "sympy", "1.13")
    assert seen(build_of()) == ["torch"]
    install(tmp_path / "build", "six", "1.0")
    install(tmp_path / "target" / SITE, "torch", "2.8.0", "six[x]")
    why = "torch 2.8.0 requires six[x], and six is in the build environment, maybe without these extras"
    assert refused(build_of(), capsys) == why
    install(tmp_path / "target" / SITE, "torch", "2.8.0", "six>=2")
    assert refused(build_of(), capsys) == "torch 2.8.0 requires six>=2, and six 1.0 is in the build environment"


@pytest.mark.parametrize(
    ("required", "why"),
    [
        ("absent", "torch 2.8.0 requires absent, which is not there, or has no .dist-info"),
        ("numpy>=3", "torch 2.8.0 requires numpy>=3, and 2.0 is there"),
        ("of no form", "torch's METADATA in {target} cannot be read: "),
    ],
)
def test_what_is_not_whole(target: Path, required: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    install(target, "torch", "2.8.0", required)
    assert refused(build_of(), capsys).startswith(why.format(target=target))


def test_no_list_of_files(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (target / "mpmath-1.3.dist-info" / "RECORD").unlink()
    assert refused(build_of(), capsys) == f"mpmath 1.3 in {target} has no RECORD of its files"
    (target / "torch-2.8.0.dist-info" / "METADATA").unlink()
    write(target, {"torch.egg-info/PKG-INFO": "Metadata-Version: 2.1\nName: torch\nVersion: 2.8.0\n"})
    assert refused(build_of(), capsys).startswith("no .dist-info of it is there; matched to what is installed in ")


def test_several_of_one_name(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(target, "sympy", "1.13")
    why = f"{target} has several of sympy: sympy-1.13.dist-info, sympy-1.14.dist-info"
    assert refused(build_of(), capsys) == why


def test_of_two_folders_the_first(target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = (tmp_path / "other").resolve()
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(other), str(tmp_path / "none")])
    install(other, "sympy", "1.0")
    install(other, "jinja2", "3.0")
    install(target, "torch", "2.8.0", "sympy", "jinja2")
    with shown(build_of()) as build:
        assert (Path(build.path[-1]) / "sympy").readlink() == target / "sympy"
        assert (Path(build.path[-1]) / "jinja2").readlink() == other / "jinja2"


def test_one_package_in_two_folders(target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a user's own and of all users': nothing is written into either."""
    other = (tmp_path / "other").resolve()
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(other)])
    install(target, "nvidia-a", "1.0", files=("nvidia/a/lib.so", "nvidia/both.so"))
    install(other, "nvidia-b", "1.0", files=("nvidia/b/lib.so", "nvidia/both.so"))
    install(target, "torch", "2.8.0", "nvidia-a", "nvidia-b")
    before = sorted(map(str, tmp_path.rglob("nvidia/*")))
    with shown(build_of()) as build:
        found = tree_of(Path(build.path[-1], "nvidia"))
        assert {name: Path(place) for name, place in found.items()} == {
            "a": target / "nvidia" / "a",
            "b": other / "nvidia" / "b",
            "both.so": target / "nvidia" / "both.so",
        }
    assert sorted(map(str, tmp_path.rglob("nvidia/*"))) == before


@pytest.mark.parametrize(
    ("url", "is_passed"),
    [
        ('{"url": "file:///x", "dir_info": {"editable": true}}', False),
        ('{"url": "file:///x", "dir_info": {}}', True),
        ('{"url": "https://host/x.whl", "archive_info": {}}', True),
        ("[]", True),
        ("{", True),
    ],
)
def test_editable(target: Path, url: str, is_passed: bool, capsys: pytest.CaptureFixture[str]) -> None:
    install(target, "torch", "2.8.0", direct_url_json=url)
    if is_passed:
        assert seen(build_of()) == ["torch"]
    else:
        assert refused(build_of(), capsys) == f"torch 2.8.0 in {target} is editable: its files are elsewhere"


def test_pth_files(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(target, "torch", "2.8.0", files=("torch.pth", "torch/__init__.py", "absent.pth"))
    (target / "absent.pth").unlink()
    (target / "torch.pth").write_text("# what Python runs where it starts\n\nimport os; os.environ\n")
    assert seen(build_of()) == ["torch", "torch.pth"]
    (target / "torch.pth").write_text("/somewhere\n")
    why = f"torch 2.8.0 in {target} is found by torch.pth, which works in its own environment only"
    assert refused(build_of(), capsys) == why


def test_what_another_requirement_installs(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The frontend would take any torch for it."""
    install(target, "torchvision", "1.0", "numpy", "of no form")
    assert seen(build_of(TORCH, "torchvision", "not-there")) == ["mpmath", "sympy", "torch"]
    install(target, "torchvision", "1.0", "numpy", "torchmore")
    install(target, "torchmore", "1.0", "torch", "torchvision")
    why = "torchvision is installed for the build as well, and requires torch"
    assert refused(build_of(TORCH, "torchvision"), capsys) == why


def test_a_requirement_without_match_runtime() -> None:
    with pytest.raises(SettingsError) as caught:
        build_of({"requirement": "torch", "passthrough": True})
    assert caught.value.mistakes == (
        "tool.augbackend.extra-build-dependencies: found passthrough of 'torch' without match-runtime; add match-runtime"
        " = true, which finds the version",
    )


# --- by the names in RECORD ---


def tree_of(folder: Path) -> dict[str, str]:
    """The links below a folder, by their names, each with where it leads to."""
    return {
        str(Path(above, name).relative_to(folder)): str(Path(above, name).readlink())
        for above, folders, files in os.walk(folder)
        for name in (*folders, *files)
        if Path(above, name).is_symlink()
    }


def links(target: Path) -> dict[str, str]:
    """Of all that is linked, less the folders that are always there, relative to the target's own."""
    prefix = target.parents[2]
    with shown(build_of()) as build:
        found = tree_of(Path(build.path[-1]).parents[2])
    left_out = (".dist-info", "sympy", "mpmath")
    return {
        name.replace(f"{SITE}/", ""): str(Path(place).relative_to(prefix)).replace(f"{SITE}/", "")
        for name, place in found.items()
        if not name.endswith(left_out)
    }


def test_namespaces(target: Path) -> None:
    """Several distributions have parts of one folder, and only some are passed through."""
    install(target, "nvidia-a", "1.0", files=("nvidia/__init__.py", "nvidia/a/__init__.py", "nvidia/a/lib/liba.so"))
    install(target, "nvidia-b", "1.0", files=("nvidia/__init__.py", "nvidia/b/__init__.py"))
    install(target, "nvidia-c", "1.0", files=("nvidia/__init__.py", "nvidia/c/__init__.py"))
    install(target, "torch", "2.8.0", "nvidia-a", "nvidia-b", files=("torch/__init__.py",))
    own = {"torch": "torch"}
    parts = {name: name for name in ("nvidia/__init__.py", "nvidia/a", "nvidia/b")}
    assert links(target) == {**own, **parts}
    install(target, "torch", "2.8.0", "nvidia-a", "nvidia-b", "nvidia-c", files=("torch/__init__.py",))
    assert links(target) == {**own, "nvidia": "nvidia"}


def test_folders_that_are_no_packages(target: Path) -> None:
    files = ("google/cloud/torch.py", "torch/__init__.py", "torch/__pycache__/x.pyc", "torch.libs/a.so", "torch.py")
    install(target, "torch", "2.8.0", files=files)
    (target / "torch" / "__pycache__" / "made.pyc").touch()
    whole = {name: name for name in ("google", "torch", "torch.libs", "torch.py")}
    assert links(target) == whole
    write(target, {"google/cloud/other.py": ""})
    part = "google/cloud/torch.py"
    assert links(target) == {**{name: name for name in whole if name != "google"}, part: part}


def test_odd_names(target: Path) -> None:
    """RECORD may name what is not there any more, what has a comma, and what is nowhere."""
    info = install(target, "torch", "2.8.0", files=("torch/__init__.py", "a,b.py", "gone.py"))
    with (info / "RECORD").open("a") as record:
        record.write("/etc/passwd,,\ntorch/../unrelated/__init__.py,,\n../../../../../x,,\n../../../absent,,\n\n")
    (target / "gone.py").unlink()
    write(target.parents[4], {"x": ""})
    assert links(target) == {"torch": "torch", "a,b.py": "a,b.py"}


def test_scripts_and_data(target: Path) -> None:
    prefix = target.parents[2]
    scripts = ("../../../bin/torchrun", "../../../share/cmake/Torch.cmake")
    install(target, "torch", "2.8.0", "more", files=("torch/__init__.py", *scripts))
    install(target, "more", "1.0", files=("../../../bin/torchrun", "../../../bin/more"))
    write(prefix, {"bin/other": ""})
    names = ("bin/torchrun", "bin/more", "share/cmake/Torch.cmake", "torch")
    assert links(target) == {name: name for name in names}
    with shown(build_of()) as build:
        assert os.environ["PATH"] == f"{Path(build.path[-1]).parents[2] / 'bin'}{os.pathsep}{os.defpath}"
    assert os.environ["PATH"] == os.defpath


# --- while it is compiled ---


@pytest.mark.parametrize("is_there", [True, False])
def test_changed_meanwhile(target: Path, is_there: bool) -> None:
    said = r"^augbackend: error: mpmath 1\.3 was removed or installed again while"
    with pytest.raises(AugbackendError, match=said), shown(build_of()):
        (target / "mpmath-1.3.dist-info" / "RECORD").unlink()
        if is_there:
            install(target, "mpmath", "1.3", files=("mpmath/__init__.py", "mpmath/more.py"))


def test_an_error_of_the_build_is_its_own(target: Path) -> None:
    with pytest.raises(ZeroDivisionError), shown(build_of()):
        (target / "mpmath-1.3.dist-info" / "RECORD").unlink()
        raise ZeroDivisionError


def test_gone_before_it_is_built(target: Path) -> None:
    (target / "sympy-1.14.dist-info" / "METADATA").unlink()
    with pytest.raises(AugbackendError) as caught:
        passthrough.FEATURE.before(build_of(), "wheel")  # type: ignore[misc]
    assert str(caught.value).splitlines() == [
        "augbackend: error: torch is not in the build environment, and the one that is installed into cannot be used:"
        " torch 2.8.0 requires sympy>=1.13, which is not there, or has no .dist-info",
        "  where: tool.augbackend.extra-build-dependencies, torch: passthrough",
        "  hint: build again, and it is installed for the build; with AUGBACKEND_PASSTHROUGH=false it is in any case",
    ]


def test_a_path_that_the_build_took_away() -> None:
    with shown(build_of()):
        sys.path.pop()


def test_no_links(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "symlink_to", fail)
    why = "no links to it can be made: [Errno 95] Operation not supported"
    with shown(build_of(), "get_requires_for_build_wheel") as build:
        assert requires.combined(build, "wheel", []) == ["torch==2.8.0"]
    assert capsys.readouterr().err.endswith(f" cannot be used: {why}\n")
    with pytest.raises(AugbackendError, match="no links to it can be made"), shown(build_of()):
        pass
    assert list(Path(tempfile.gettempdir()).iterdir()) == []


# --- the folder ---


HELD = """\
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from augbackend.features._linked_distributions import linked
import tempfile
tempfile.tempdir = {folder!r}
with linked([]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.processes
def test_killed(tmp_path: Path) -> None:
    """What a killed build has left is removed by the next one, and not what another one has."""
    folder = tmp_path / "tmp"
    code = HELD.format(root=str(ROOT), folder=str(folder))
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        (held,) = folder.iterdir()
        (folder / "augbackend-passed-file").touch()
        (folder / "other").mkdir()
        _linked_distributions.sweep(folder)
        assert held.exists()
        process.kill()
        process.wait()
    _linked_distributions.sweep(folder)
    assert sorted(one.name for one in folder.iterdir()) == ["augbackend-passed-file", "other"]
    _linked_distributions.sweep(folder / "absent")


def test_swept_before_it_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    made: list[int] = []

    def fail(*given: int) -> None:
        made.append(given[1])
        if len(made) < 2:
            raise BlockingIOError

    monkeypatch.setattr(fcntl, "flock", fail)
    with _linked_distributions.linked([]):
        assert len(made) == 2

    def gone(prefix: str) -> str:
        name = tempfile.mkdtemp(prefix=prefix)
        Path(name).rmdir()
        return name

    monkeypatch.setattr(_linked_distributions, "mkdtemp", gone)
    monkeypatch.setattr(_linked_distributions, "_made_before", [])
    with _linked_distributions.linked([]) as (site_packages, _):
        assert site_packages.parents[2].is_dir()  # made again


def test_swept_and_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "samestat", lambda *_: False)
    with pytest.raises(BlockingIOError, match="cannot be locked"), _linked_distributions.linked([]):
        pass


def test_unreadable_is_passed_over(target: Path) -> None:
    there = _installed_closure.installed([str(target), "/absent"])
    assert sorted(there) == ["mpmath", "numpy", "sympy", "torch", "unrelated"]
    (target / "numpy-2.0.dist-info" / "METADATA").write_text("Requires-Dist: of no form\n")
    assert _installed_closure.reached("numpy", _installed_closure.installed([str(target)])) == set()
    assert there["torch"][0].stamp is not None
    assert there["torch"][0]._replace(info="none").stamp is None


# --- what else is asked for ---


def test_extras_and_urls_are_left_to_the_frontend() -> None:
    with shown(build_of(), "get_requires_for_build_wheel") as build:
        texts = ["torch", "torch[nu-m]", "torch @ https://host/torch-2.8.0-py3-none-any.whl"]
        assert requires.combined(build, "wheel", texts) == texts[1:]


def test_brought_by_another_requirement(tmp_path: Path) -> None:
    """The frontend was told not to install it, and has taken any version for something else."""
    install(tmp_path / "build", "torch", "2.9.0")
    said = (
        r"^augbackend: error: 2\.9\.0 of torch is in the build environment, .* and torch==2\.8\.0 is asked for, matched"
    )
    with pytest.raises(AugbackendError, match=said), wrapped_backend.wrapped_hook("build_wheel", build_of()):
        pass
    with shown(build_of({**TORCH, "requirement": "torch>=3"})) as build:  # nobody knows which
        passthrough.FEATURE.before(build, "wheel")  # type: ignore[misc]


# --- hook after hook in one process ---


def test_what_was_imported_may_import_more(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(target, "torch", "2.8.0", files=("torch/__init__.py", "torch/utils.py"))
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.delitem(sys.modules, "torch.utils", raising=False)
    with shown(build_of()) as first:
        import_module("torch")
    with pytest.raises(ImportError):
        import_module("torch.utils")
    with shown(build_of()) as second:
        import_module("torch.utils")
        with shown(build_of()) as inner:  # a hook that the wrapped backend calls
            assert inner.path == second.path
        assert Path(second.path[-1]).is_dir()
    assert first.path == second.path


def test_somebody_else_has_taken_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with shown(build_of()) as build:
        root = Path(build.path[-1]).parents[2]
    with _linked_distributions.linked([]) as (first, _), _linked_distributions.linked([]) as (second, _):
        assert first != second
    root.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: root.stat().st_uid + 1)
    said = f"no links to it can be made: {root} is somebody else's"
    with pytest.raises(AugbackendError, match=said), shown(build_of()):
        pass


def test_a_folder_that_cannot_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr("fcntl.flock", refuse)
    with shown(build_of(), "get_requires_for_build_wheel") as build:
        assert build.passed == ()
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("hook", ["build_wheel", "get_requires_for_build_wheel"])
def test_a_failing_build_says_what_it_has_used(target: Path, hook: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), shown(build_of(), hook) as build, wrapped_backend.explained(build, hook):
        raise SystemExit("no compiler")
    *_, note = capsys.readouterr().err.splitlines()
    assert note == (
        f"augbackend: the build has used torch 2.8.0 of {target} (passthrough); AUGBACKEND_PASSTHROUGH=false has a copy"
        " installed for the build instead"
    )
