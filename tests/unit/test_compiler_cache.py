"""``compiler-cache``: which cache is taken, what compilers are called by, and the paths that stay the same."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from zipfile import ZipFile

import pytest

from augbackend.features import _stable_paths
from augbackend.features.compiler_cache import CONFINED, FEATURE, chosen
from augbackend.hook.declared import read
from augbackend.hook.installed_check import unmet
from augbackend.table import Build, layers

from ..conftest import run_hook

pytestmark = [
    pytest.mark.usefixtures("machine"),
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no compiler cache for builds on Windows"),
]
layers.pyproject("")  # imports its reader, which lies in an environment that these tests do not see
Tree = Callable[[dict[str, "str | bytes"]], Path]
PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
CACHE = '#!/bin/sh\necho "$@" >> "$CALLS"\nexec "$@"\n'
# What a compiler does here: it says what it is given, and "compiles".
AS_NAMED = "-fno-canonical-system-headers"
COMPILER = '#!/bin/sh\necho "compiler $@" >> "$CALLS"\ntest -z "$REFUSED"\n'


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(script)
    file.chmod(0o755)
    return file


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A build environment: one distribution in it."""
    info = tmp_path / "environment" / "lib" / PYTHON / "site-packages" / "demo-1.dist-info"
    info.mkdir(parents=True)
    info.joinpath("RECORD").write_text(f"demo.py,sha256=abc,1\n../../../bin/demo,sha256={os.getpid()},2\n")
    return tmp_path / "environment"


@pytest.fixture
def machine(tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with a compiler, ccache, and a build environment on ``sys.path``; where calls are noted."""
    programs, calls = tmp_path / "programs", tmp_path / "calls"
    program(programs, "ccache", CACHE)
    program(programs, "cc", COMPILER)
    calls.touch()
    for name in ("CC", "CXX", "PYTORCH_NVCC", "CUDA_HOME", "CUDA_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("CALLS", str(calls))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(_stable_paths, "_taken", {})
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setitem(sysconfig.get_config_vars(), "CC", "cc -pthread")
    own = [path for path in sys.path if not path.endswith("-packages")]
    monkeypatch.setattr(sys, "path", [str(environment / "lib" / PYTHON / "site-packages"), *own])
    environ = dict(os.environ)
    yield calls
    os.environ.clear()
    os.environ.update(environ)


def declared(folder: Path, value: str = "auto", **more: object) -> Build:
    folder.joinpath("pyproject.toml").touch()
    return read(folder, environ={}, document={"tool": {"augbackend": {"compiler-cache": value, **more}}})


def around(build: Build, *, is_called: bool = True) -> AbstractContextManager[None]:
    assert FEATURE.around is not None
    return FEATURE.around(build, is_called)


def compiled(name: str = "cc", *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(shutil.which(name)), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# --- which cache -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "there", "taken"),
    [
        ("auto", "ccache", "ccache"),
        ("auto", "sccache", "sccache"),
        ("ccache", "ccache", "ccache"),
        ("sccache", "ccache", ""),
    ],
)
def test_whichever_is_there(tmp_path: Path, value: str, there: str, taken: str) -> None:
    program(tmp_path, there, CACHE)
    found, why = chosen(value, {"PATH": str(tmp_path)})
    assert (Path(found).name if found else "") == taken
    assert why == (f"{taken} is {tmp_path / taken}" if taken else "sccache is not on PATH")


@pytest.mark.parametrize(
    ("value", "environ", "why"),
    [
        ("none", {}, "compiler-cache is none"),
        ("ccache", {CONFINED: "1"}, "other people's code is built without one"),
        ("auto", {"PATH": ""}, "neither ccache nor sccache is on PATH"),
        ("auto", {"CC": "/usr/bin/ccache gcc"}, "the caller has set CC"),
        ("auto", {"CCACHE_DISABLE": "1"}, "the caller has set CCACHE_DISABLE"),
        ("ccache", {"CMAKE_CXX_COMPILER_LAUNCHER": "mine"}, "the caller has set CMAKE_CXX_COMPILER_LAUNCHER"),
        ("ccache", {"PYTORCH_NVCC": "sccache nvcc"}, "the caller has set PYTORCH_NVCC"),
    ],
)
def test_none(value: str, environ: Mapping[str, str], why: str) -> None:
    assert chosen(value, environ) == ("", why)


# --- what compilers are called by ------------------------------------------------------------------------------------


def test_compilers_are_called_by_the_cache(machine: Path, tmp_path: Path) -> None:
    build = declared(tmp_path)
    with around(build):
        assert compiled("cc", "-c", "a.c").returncode == 0
        folder = _stable_paths.cache_folder()
        (links,) = folder.iterdir()
    *_, call, own = machine.read_text().splitlines()
    flags = f"-c a.c -ffile-prefix-map={links / '0'}=/environment {AS_NAMED} -ffile-prefix-map={tmp_path}=."
    assert call == f"{tmp_path / 'programs' / 'cc'} {flags}"
    assert own == f"compiler {flags}"


def test_who_asks_for_the_real_path_is_led_back(machine: Path, tmp_path: Path, environment: Path) -> None:
    headers = environment / "lib" / PYTHON / "site-packages" / "demo" / "in clude"
    with around(declared(tmp_path)):
        (links,) = _stable_paths.cache_folder().iterdir()
        led = links / "0" / headers.relative_to(environment)
        compiled("cc", "-isystem", str(headers), f"-I{headers}", "-I/other", "-c", "a b.c")
        assert f"cc -isystem {led} -I{led} -I/other -c a b.c" in machine.read_text().splitlines()[-2]
        compiled("cc", "a.o", f"-Wl,-rpath,{headers}", str(headers / "a.so"))  # a linker writes it down
        assert f"cc a.o -Wl,-rpath,{headers} {headers / 'a.so'}" in machine.read_text().splitlines()[-2]
        compiled("cc", "-c", "a.c", f"-I/other{headers}")
        assert f"cc -c a.c -I/other{headers}" in machine.read_text().splitlines()[-2]


def test_the_environment_has_one_path(tmp_path: Path, environment: Path) -> None:
    before = list(sys.path)
    with around(declared(tmp_path)):
        path = sys.path[0]
        assert os.environ["PYTHONPATH"].split(os.pathsep)[0] == path
    folder = Path(path).parents[2]
    assert folder.name == "0"
    assert folder.parent.parent == tmp_path / "cache" / "augbackend" / "environments"
    assert folder.resolve() == environment
    sys.path[:] = before
    other = shutil.copytree(environment, tmp_path / "other")
    script = other / "lib" / PYTHON / "site-packages" / "demo-1.dist-info" / "RECORD"
    script.write_text(script.read_text().replace(str(os.getpid()), "other"))  # of a script, whose first line is random
    sys.path[:] = [str(other / "lib" / PYTHON / "site-packages")]
    assert _stable_paths._digest(sys.path[:1]) == folder.parent.name.partition(".")[0]


@pytest.mark.parametrize(
    ("text", "slug"),
    [('[project]\nname = "My.Project"\n', "-my_project"), ("[project]\n", "-other"), ("", "-other")],
)
def test_projects_that_are_built_at_once_have_paths_of_their_own(tmp_path: Path, text: str, slug: str) -> None:
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: other\n")
    tmp_path.joinpath("pyproject.toml").write_text(f'{text}[tool.augbackend]\ncompiler-cache = "auto"\n')
    with around(read(tmp_path, environ={})):
        (folder,) = _stable_paths.cache_folder().iterdir()
        assert folder.name.endswith(f"{slug}.0")


def test_other_content_is_another_path(environment: Path) -> None:
    folder = environment / "lib" / PYTHON / "site-packages"
    before = _stable_paths._digest([str(folder)])
    folder.joinpath("demo-1.dist-info", "RECORD").write_text("demo.py,sha256=changed,1\n")
    assert _stable_paths._digest([str(folder)]) != before


def test_the_interpreter_too(tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(environment))
    monkeypatch.setattr(sys, "executable", str(environment / "bin" / "python"))
    monkeypatch.setitem(sysconfig.get_config_vars(), "base", str(environment))
    with around(declared(tmp_path)):
        link = Path(sys.prefix)
        assert (link.resolve(), Path(sys.executable)) == (environment, link / "bin" / "python")
        assert Path(sysconfig.get_path("purelib")).is_relative_to(link)
    assert (sys.prefix, sysconfig.get_config_var("base")) == (str(environment), str(environment))


def test_a_virtual_environment_that_is_installed_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "target"))
    with around(declared(tmp_path)):
        assert Path(sys.prefix).name == "python"
        assert Path(sys.prefix).readlink() == tmp_path / "target"


def test_nothing_is_called_where_a_hook_is_looked_for(machine: Path, tmp_path: Path) -> None:
    path = os.environ["PATH"]
    with around(declared(tmp_path), is_called=False):
        assert os.environ["PATH"] == path
        assert sys.path[0].startswith(str(tmp_path / "cache"))
    assert machine.read_text() == ""


def test_without_an_environment(machine: Path, tmp_path: Path) -> None:
    sys.path[:] = [str(tmp_path)]
    with around(declared(tmp_path)):
        compiled("cc", "-c", "a.c")
    assert machine.read_text().splitlines()[-1] == f"compiler -c a.c {AS_NAMED} -ffile-prefix-map={tmp_path}=."
    assert not (tmp_path / "cache").exists()


def test_a_compiler_that_does_not_know_the_option(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    refuses = 'case "$*" in *prefix-map*) echo "cc: unknown option" >&2; exit 1 ;; esac'
    program(tmp_path / "programs", "cc", f"#!/bin/sh\n{refuses}\n")
    path = os.environ["PATH"]
    with around(declared(tmp_path)):  # else the environment's path would be in what is compiled
        assert os.environ["PATH"] == path
    assert capfd.readouterr().err == "augbackend: note: compiled without a cache: cc: unknown option\n"


def test_clang_does_not_know_an_option(machine: Path, tmp_path: Path) -> None:
    program(tmp_path / "programs", "clang", COMPILER)
    refuses = f'case "$*" in *{AS_NAMED}*) echo unknown >&2; exit 1 ;; esac'
    program(tmp_path / "programs", "cc", f"#!/bin/sh\n{refuses}\n{COMPILER}")
    with around(declared(tmp_path)):
        for name in ("cc", "clang"):
            compiled(name, "-c", "a.c")
            assert AS_NAMED not in machine.read_text().splitlines()[-1]


def test_sccache_is_given_a_compiler_with_the_options_in_it(machine: Path, tmp_path: Path) -> None:
    program(tmp_path / "programs", "sccache", CACHE)
    with around(declared(tmp_path, "sccache")):
        compiled("cc", "-c", "a.c")
        inner = Path(machine.read_text().splitlines()[-2].split()[0])
        assert str(tmp_path / "programs" / "cc") in inner.read_text()
        assert f"{tmp_path}=." not in inner.read_text()  # the same bytes for every tree
    *_, call, own = machine.read_text().splitlines()
    assert call == f"{inner} -c a.c"
    assert own.endswith(f"-ffile-prefix-map={tmp_path}=. -fno-working-directory")


def test_the_callers_own_compiler(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = program(tmp_path / "elsewhere", "cc-12", COMPILER)
    monkeypatch.setenv("CC", f"{own} -m64")
    with around(declared(tmp_path)):
        command, option = os.environ["CC"].split()
        assert (Path(command).name, option) == ("cc-12", "-m64")
        compiled(command, "-c", "a.c")
    assert machine.read_text().splitlines()[-2].startswith(f"{own} -c a.c")


def test_torch_and_nvcc(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nvcc = program(tmp_path / "bin", "nvcc", COMPILER)
    monkeypatch.setenv("CUDA_HOME", str(tmp_path))
    with around(declared(tmp_path)):
        assert os.environ["TORCH_NO_COMPILER_WRAPPER"] == "1"  # the launchers are the wrapper
        assert os.environ["TORCH_EXTENSION_SKIP_NVCC_GEN_DEPENDENCIES"] == "1"
        compiled(os.environ["PYTORCH_NVCC"], "-c", "a.cu")
        inner = Path(machine.read_text().splitlines()[-2].split()[0])
        assert str(nvcc) in inner.read_text()
        assert inner.stat().st_mtime_ns == nvcc.stat().st_mtime_ns  # ccache compares it
        assert f"PATH={tmp_path / 'programs'}" in Path(os.environ["PYTORCH_NVCC"]).read_text()
    assert f"-Xcompiler=-ffile-prefix-map={tmp_path}=." in machine.read_text().splitlines()[-1]


def test_sccache_and_nvcc(machine: Path, tmp_path: Path) -> None:
    program(tmp_path / "programs", "sccache", CACHE)
    nvcc = program(tmp_path / "programs", "nvcc", COMPILER)
    with around(declared(tmp_path, "sccache")):
        compiled(os.environ["PYTORCH_NVCC"], "-c", "a.cu")
        assert os.environ["CUDA_HOME"] == str(tmp_path)  # torch would find the launcher, and look above its folder
    assert machine.read_text().splitlines()[-2].startswith(f"{nvcc} -c a.cu -Xcompiler=")


@pytest.mark.parametrize(
    ("backend", "variable"), [("mesonpy", "CC"), ("scikit_build_core.build", "SKBUILD_BUILD_DIR"), ("other", "")]
)
def test_what_a_backend_needs_beside(tmp_path: Path, backend: str, variable: str) -> None:
    with around(declared(tmp_path, **{"build-backend": backend})):
        assert {"CC", "SKBUILD_BUILD_DIR"} & {*os.environ} == {*filter(None, [variable])}


def test_nothing_is_left_in_the_tree(tmp_path: Path) -> None:
    build = declared(tmp_path, **{"build-backend": "scikit_build_core.build"})
    with around(build):
        folder = Path(os.environ["SKBUILD_BUILD_DIR"])
        folder.mkdir()
        (folder / "object.o").touch()
    assert not folder.parent.exists()


def test_what_a_killed_build_has_left_in_the_tree(tmp_path: Path) -> None:
    build = declared(tmp_path, **{"build-backend": "scikit_build_core.build"})
    left = tmp_path / ".augbackend-build.0" / "build"
    left.mkdir(parents=True)
    with around(build):
        assert os.environ["SKBUILD_BUILD_DIR"] == str(left)
        assert not left.exists()
    assert not left.parent.exists()


def test_the_callers_build_folder(tmp_path: Path) -> None:
    build = declared(tmp_path, **{"build-backend": "scikit_build_core.build"})
    with around(build._replace(config_settings={"build-dir": "own"})):
        assert "SKBUILD_BUILD_DIR" not in os.environ


def test_what_the_caller_has_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCACHE_BASEDIR", "/own")
    with around(declared(tmp_path)):
        assert os.environ["CCACHE_BASEDIR"] == "/own"


def test_our_paths_are_not_in_the_wheel(tmp_path: Path, environment: Path) -> None:
    build, file = declared(tmp_path), tmp_path / "demo-1-py3-none-any.whl"
    assert FEATURE.members is not None
    with around(build):
        with ZipFile(file, "w") as wheel:
            wheel.writestr("config.py", f"{sys.path[0]} {shutil.which('cc')}")
        with ZipFile(file) as wheel:
            changed = FEATURE.members(build, wheel)
    meant = f"{environment}/lib/{PYTHON}/site-packages {tmp_path / 'programs' / 'cc'}"
    assert changed == {"config.py": meant.encode()}
    with ZipFile(file) as wheel:
        assert FEATURE.members(build, wheel) == {}  # nothing of ours is there any more


# --- bad luck --------------------------------------------------------------------------------------------------------


def test_two_builds_at_once_have_a_path_each() -> None:
    assert _stable_paths.links() is not None
    code = f"""
import sys
from augbackend.features import _stable_paths
sys.path, sys.prefix = {sys.path!r}, sys.base_prefix
print(_stable_paths.links().folder)
"""
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ).stdout
    assert Path(told.strip()).suffix == ".1"
    again = _stable_paths.links()
    assert again is not None
    assert again.folder.suffix == ".0"  # of a process it stays the same


def test_links_that_are_swept_away_come_back(tmp_path: Path) -> None:
    with around(declared(tmp_path)):
        path = Path(sys.path[0])
        shutil.rmtree(tmp_path / "cache")
        assert compiled("cc", "-c", "a.c").returncode == 0
        assert path.is_dir()


def test_what_is_installed_is_found_where_links_were_swept_away(tmp_path: Path, environment: Path) -> None:
    info = environment / "lib" / PYTHON / "site-packages" / "demo-1.dist-info"
    info.joinpath("METADATA").touch()
    table = {"compiler-cache": "auto", "extra-build-dependencies": ["demo==1"]}
    document = {"build-system": {"requires": ["demo>=1"]}, "tool": {"augbackend": table}}
    build = read(tmp_path, environ={}, document=document)
    with around(build):
        shutil.rmtree(tmp_path / "cache")
        assert unmet(build, "wheel") == []


def test_modules_are_found_where_links_were_swept_away(tmp_path: Path, environment: Path) -> None:
    package = environment / "lib" / PYTHON / "site-packages" / "late_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "late.py").touch()
    try:
        with around(declared(tmp_path)):
            with pytest.raises(ModuleNotFoundError):
                importlib.import_module("never_there")
            importlib.import_module("late_package")
            shutil.rmtree(tmp_path / "cache")
            file = importlib.import_module("late_package.late").__file__
            assert str(file).startswith(str(tmp_path / "cache"))
        assert not [one for one in sys.meta_path if type(one).__name__ == "_Again"]
    finally:
        for name in ("late_package", "late_package.late"):
            sys.modules.pop(name, None)


def test_links_that_cannot_be_made_again(tmp_path: Path) -> None:
    with around(declared(tmp_path)):
        shutil.rmtree(tmp_path / "cache")
        (tmp_path / "cache").touch()
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("never_there")


def test_programs_are_found_without_links(tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(environment / "bin", "ninja", "")
    monkeypatch.setenv("PATH", os.pathsep.join([str(environment / "bin"), os.environ["PATH"]]))
    with around(declared(tmp_path)):
        assert str(shutil.which("ninja")).startswith(str(tmp_path / "cache"))
        shutil.rmtree(tmp_path / "cache")
        assert shutil.which("ninja") == str(environment / "bin" / "ninja")


def test_links_that_are_swept_away_while_a_compiler_runs(machine: Path, tmp_path: Path) -> None:
    once = (
        f'test -e "{tmp_path}/once" && rm -r "{tmp_path}/cache" "{tmp_path}/once" && exit 1\necho again >> "$CALLS"\n'
    )
    with around(declared(tmp_path)):
        (tmp_path / "once").touch()
        program(tmp_path / "programs", "cc", f"#!/bin/sh\n{once}")
        assert compiled("cc", "-c", "a.c").returncode == 0
    assert machine.read_text().splitlines()[-1] == "again"


def test_an_error_of_the_compiler_is_said_once(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with around(declared(tmp_path)):
        monkeypatch.setenv("REFUSED", "1")
        count = len(machine.read_text().splitlines())
        assert compiled("cc", "-c", "a.c").returncode == 1
    assert len(machine.read_text().splitlines()) == count + 2


def test_a_cache_that_fails_later(machine: Path, tmp_path: Path) -> None:
    with around(declared(tmp_path)):
        program(tmp_path / "programs", "ccache", "#!/bin/sh\necho 'ccache: error: no room' >&2\nexit 1\n")
        ran = compiled("cc", "-c", "a.c")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert machine.read_text().splitlines()[-1].startswith("compiler -c a.c -ffile-prefix-map=")


def test_what_a_compiler_says(tmp_path: Path) -> None:
    program(tmp_path / "programs", "cc", "#!/bin/sh\necho out\necho 'a.c: warning' >&2\n")
    with around(declared(tmp_path)):
        ran = compiled("cc", "-c", "a.c")
    assert (ran.stdout, ran.stderr) == ("out\n", "a.c: warning\n")


def test_a_folder_that_others_write_to(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = _stable_paths.cache_folder()
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    with around(declared(tmp_path)):
        assert str(tmp_path / "cache") not in sys.path[0]
    said = f"{folder} is somebody else's, or others may write there"
    assert capfd.readouterr().err == f"augbackend: note: compiled without a cache: {said}\n"


def test_a_folder_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(PermissionError, match="somebody else's"):
        _stable_paths.links()


def test_a_relative_cache_folder_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _stable_paths.cache_folder() == tmp_path / ".cache" / "augbackend" / "environments"


@pytest.mark.parametrize("value", ["auto", "ccache"])
def test_a_cache_that_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str], value: str) -> None:
    program(tmp_path / "programs", "ccache", "#!/bin/sh\necho 'ccache: error: no room' >&2\nexit 1\n")
    before = dict(os.environ), list(sys.path)
    with around(declared(tmp_path, value)):
        assert (dict(os.environ), sys.path) == before
    assert capfd.readouterr().err == "augbackend: note: compiled without a cache: ccache: error: no room\n"


def test_a_cache_folder_that_cannot_be_made(machine: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cache").write_text("a file")
    with around(declared(tmp_path)):
        assert compiled("cc", "-c", "a.c").returncode == 0
    assert capfd.readouterr().err.startswith("augbackend: note: compiled without a cache: ")
    assert machine.read_text().splitlines()[-1] == "compiler -c a.c"


def test_no_cache_that_was_asked_for(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with around(declared(tmp_path, "sccache")):
        pass
    assert capfd.readouterr().err == "augbackend: note: compiled without a cache: sccache is not on PATH\n"
    (tmp_path / "programs" / "ccache").unlink()
    with around(declared(tmp_path)):  # "auto" takes what is there, and here is none
        pass
    assert capfd.readouterr().err == ""


def test_a_compiler_that_is_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", "gcc '")
    with around(declared(tmp_path)):
        assert os.environ["CC"] == "gcc '"
    said = "compiled without a cache: CC, CXX or the home folder cannot be used: No closing quotation"
    assert capfd.readouterr().err == f"augbackend: note: {said}\n"


def test_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "programs" / "cc").unlink()
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    with around(declared(tmp_path)):
        pass
    assert capfd.readouterr().err == "augbackend: note: compiled without a cache: no compiler is on PATH\n"


def test_old_links_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_stable_paths, "_MOST", 1)
    folder = _stable_paths.cache_folder()
    for number in range(3):
        (folder / f"old.{number}").mkdir(parents=True)
        os.utime(folder / f"old.{number}", (number, number))
    found = _stable_paths.links()
    assert found is not None
    assert {one.name for one in folder.iterdir()} == {"old.2", found.folder.name}
    _stable_paths.sweep(folder, 0)
    assert {one.name for one in folder.iterdir()} == {found.folder.name}  # a build has it


def test_a_folder_that_is_swept_while_it_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = iter([False, True])
    monkeypatch.setattr("os.path.samestat", lambda *_: next(others))
    assert _stable_paths.first_free(tmp_path, "x").name == "x.1"


# --- through a hook --------------------------------------------------------------------------------------------------

BACKEND = """
import json, os, shutil, sys
def build_wheel(directory, config_settings=None, metadata_directory=None):
    says = {"path": sys.path, "cc": shutil.which("cc")}
    return json.dumps(says)
"""


def test_a_wheel_is_built_through_it(tree: Tree, tmp_path: Path) -> None:
    table = '[tool.augbackend]\nbuild-backend = "own"\nbackend-path = ["."]\ncompiler-cache = "auto"\n'
    folder = tree({"pyproject.toml": table, "own.py": BACKEND})
    ran = run_hook(folder, "build_wheel", str(tmp_path))
    assert ran.status == 0, ran.stderr
    assert "augbackend-" in str(ran.answer)


def test_a_folder_that_is_swept_away_while_it_is_locked_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, swept = os.open, [tmp_path / "demo.0" / "lock"]

    def opened(path: Path, flags: int, mode: int) -> int:
        if path in swept:
            raise FileNotFoundError
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", opened)
    assert _stable_paths.first_free(tmp_path, "demo") == tmp_path / "demo.1"
