"""``compiler-cache``: ccache or sccache before every compiler, and paths under which it finds again what it has.

::

    which cache is there -> the environment by a stable path -> a folder of launchers, first on PATH -> the backend

A launcher has a compiler's name, so that every build tool finds it where it looks for that. Tools that put a cache
before the compiler by themselves are told not to.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from augbackend.errors import say
from augbackend.table.layers import at, read_pyproject

from . import Feature

if TYPE_CHECKING:
    from zipfile import ZipFile

    from augbackend.table import Build

    from ._stable_paths import Links

CacheName = Literal["auto", "ccache", "sccache", "none"]
CONFINED = "_AUGBACKEND_CONFINED"  # set where other people's code is built: it neither reads nor writes a user's cache
_CACHES = ("ccache", "sccache")
_NAMES = ("cc", "c++", "gcc", "g++", "clang", "clang++")
# By these a caller has put a cache before the compiler already.
_LAUNCHERS = ("CMAKE_C_COMPILER_LAUNCHER", "CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_CUDA_COMPILER_LAUNCHER")
_PROBE_SECONDS = 20
_ours: dict[str, str] = {}  # while a backend is surrounded: the paths that must not be in its wheel, and what is meant
_SCRIPT = """\
#!/bin/sh
# The links may be swept away while this build goes on: they are made again.
there() {{ {test}; }}
again() {{ {again}; }} 2> /dev/null
there || again
{reached}{{ said=$({cache} {compiler} "$@" {flags} 2>&1 >&3 3>&-); status=$?; }} 3>&1
failed() {{ case $said in *ccache:\\ error:*) ;; *) ! there ;; esac; }}
if [ $status = 0 ] || ! failed; then
  [ -z "$said" ] || printf '%s\\n' "$said" >&2
  exit $status
fi
# No room in the cache, or no links: as without a cache.
again
exec {compiler} "$@" {flags}
"""
# Who asks for a file's real path leaves the links: what is compiled is led back. A linker writes paths into its result.
_NAMING = ("", "-I", "-isystem", "-iquote")
_REACHED = """\
case " $* " in *" -c "*)
  for one do
    shift
    case $one in
{cases}
    esac
    set -- "$@" "$one"
  done ;;
esac
"""
# sccache compares a compiler's file and options as they are, and so does ccache with nvcc's: no path of the tree may
# be in them. The comment is for them as well: another compiler is another file.
_COMPILER = """\
#!/bin/sh
# {identity}
exec {compiler} "$@" {flags} {before}-ffile-prefix-map="${tree}"=. {before}-fno-working-directory
"""
_TREE = "_AUGBACKEND_TREE"
# gcc names a header of -isystem by its real path where that is shorter, and that is another one each time.
_AS_NAMED = "-fno-canonical-system-headers"


def chosen(value: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The program of the cache, empty if there is none to use; and why, in a few words."""
    if value == "none":
        return "", "compiler-cache is none"
    if sys.platform == "win32":
        return "", "there is no compiler cache for builds on Windows"
    if CONFINED in environ:
        return "", "other people's code is built without one"
    own = [name for name in _LAUNCHERS if name in environ]
    own += [name for name in ("CC", "CXX", "PYTORCH_NVCC") if _is_cached(environ.get(name, ""))]
    own += ["CCACHE_DISABLE"] if value != "sccache" and "CCACHE_DISABLE" in environ else []
    if own:
        return "", f"the caller has set {', '.join(own)}"
    for name in _CACHES if value == "auto" else (value,):
        program = shutil.which(name, path=environ.get("PATH"))
        if program:
            return program, f"{name} is {program}"
    return "", f"neither {' nor '.join(_CACHES)} is on PATH" if value == "auto" else f"{value} is not on PATH"


def _is_cached(command: str) -> bool:
    return not {*_CACHES}.isdisjoint(Path(word).name for word in command.split())


@contextmanager
def _around(build: Build, is_called: bool) -> Iterator[None]:
    value = build.values.get("compiler-cache", "none")
    program, why = chosen(value, os.environ)
    with ExitStack() as stack:
        if program:
            why = _entered(stack, build, program, is_called=is_called)
        if why and is_called and (program or value not in ("none", "auto")):
            say("note", f"compiled without a cache: {why}")
        yield


def _entered(stack: ExitStack, build: Build, program: str, *, is_called: bool) -> str:
    """Put the cache before the compilers, until the stack ends; what is in the way, if something is."""
    from . import _stable_paths

    try:
        links = _stable_paths.links(project_name(build))
        if is_called:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="augbackend-")))
            compilers = dict(compilers_on_path(os.environ))
            launchers = _Launchers(folder, program, compilers, build.tree, links)
            problem = launchers.write()
            if problem:
                return problem
            variables = _variables(build, launchers)
            if "SKBUILD_BUILD_DIR" not in os.environ and _lacks_build_folder(build):
                variables["SKBUILD_BUILD_DIR"] = str(stack.enter_context(_build_folder(build.tree)))
            os.environ.update(variables)
            stack.callback(_ours.clear)
            _ours.update({**launchers.paths, **{link: root for root, link in (links.every if links else ())}})
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    except (ValueError, RuntimeError) as error:  # CC or CXX is no command, or there is no home
        return f"CC, CXX or the home folder cannot be used: {error}"
    if links is not None:
        stack.enter_context(_stable_paths.through(links))
    return ""


def project_name(build: Build) -> str:
    """The project's name, as far as that is known before its build."""
    name = (build.project or {}).get("name")
    with suppress(OSError):
        said = (build.tree / "PKG-INFO").read_text("utf-8", "replace") if name is None else f"Name: {name}"
        name = next((line[5:].strip() for line in said.splitlines() if line.startswith("Name:")), "")
    return str(name or "")


@contextmanager
def _build_folder(tree: Path) -> Iterator[Path]:
    """A folder in the tree: relative to that, a temporary folder elsewhere is somewhere else each time.

    One that a killed build has left there is taken again.
    """
    from . import _stable_paths

    folder = _stable_paths.first_free(tree, ".augbackend-build")
    try:
        shutil.rmtree(folder / "build", ignore_errors=True)
        yield folder / "build"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compilers_on_path(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The compilers that a build may call, by the names of their launchers."""
    values = [environ.get(name) or sysconfig.get_config_var(name) or "" for name in ("CC", "CXX")]
    named = [words[0] for value in values if (words := shlex.split(value))]
    for name in dict.fromkeys([*named, *_NAMES]):
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            yield Path(name).name, found
    # torch takes the one of CUDA_HOME, or the one on PATH.
    home = environ.get("CUDA_HOME") or environ.get("CUDA_PATH")
    nvcc = environ.get("PYTORCH_NVCC") or (str(Path(home, "bin", "nvcc")) if home else "nvcc")
    found = shutil.which(nvcc, path=environ.get("PATH"))
    if found:
        yield "nvcc", found


class _Launchers:
    """A script for each compiler.

    :param folder: that they are in.
    :param compilers: the real ones, by the names of the scripts.
    """

    def __init__(
        self, folder: Path, program: str, compilers: Mapping[str, str], tree: Path, links: Links | None
    ) -> None:
        self.folder, self.compilers = folder, compilers
        self._program, self._tree, self._links = program, tree, links
        self._as_named = [_AS_NAMED]

    @property
    def paths(self) -> dict[str, str]:
        """Of each script, and of the compiler that it stands for."""
        own = {str(self.folder / name): real for name, real in self.compilers.items()}
        return {**own, **{str(self.folder / "compilers" / name): real for name, real in self.compilers.items()}}

    def write(self) -> str:
        """Write them; empty, or what is wrong: a cache that cannot write fails, instead of compiling."""
        host = next(iter(self.compilers), "nvcc")
        if host == "nvcc":
            return "no compiler is on PATH"
        for name, real in self.compilers.items():
            command, flags = self._command(name, real)
            if name == host and self._tried([self._program, command, *flags]):
                self._as_named = []  # clang does not know it, nor need it
                command, flags = self._command(name, real)
                problem = self._tried([self._program, command, *flags])
                if problem:
                    return problem
            _write(self.folder / name, self._script(name, command, flags))
        return ""

    def _command(self, name: str, real: str) -> tuple[str, list[str]]:
        """What the cache calls, and the options that it is given beside the caller's."""
        is_sccache = Path(self._program).name == "sccache"
        if is_sccache and name == "nvcc":  # it takes nvcc apart, and knows it by its file
            return real, self._flags(name)
        if is_sccache or name == "nvcc":
            return self._compiler(name, real), []
        return real, [*self._flags(name), f"-ffile-prefix-map={self._tree}=."]

    def _tried(self, command: list[str]) -> str:
        """Let the cache compile: it may not be able to write, and the compiler may not know the options."""
        (self.folder / "probe.c").write_text("int probe;\n", encoding="utf-8")
        # A server of sccache begins with this: its preprocessor cache would compare options that hold the tree's path.
        environ = {"SCCACHE_DIRECT": "false", **os.environ}
        environ.update({"CCACHE_NOSTATS": "1", "CCACHE_NOHASHDIR": "1", _TREE: str(self._tree)})
        ran = subprocess.run(  # noqa: S603  # the compiler that the build would call
            [*command, "-c", "probe.c"],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PROBE_SECONDS,
        )
        said = ran.stderr.strip().splitlines() or [f"{command[1]}: status {ran.returncode}"]
        return said[-1] if ran.returncode else ""

    def _script(self, name: str, compiler: str, flags: list[str]) -> str:
        links = self._links
        pairs = [(shlex.quote(root), shlex.quote(link)) for root, link in links.every] if links else []
        again = [f"mkdir -p {shlex.quote(str(links.folder))}"] if links else ["false"]
        # nvcc calls, and ccache compares, the host's compiler, not its launcher.
        path = f"PATH={shlex.quote(os.environ.get('PATH', ''))} " if name == "nvcc" else ""
        return _SCRIPT.format(
            test=" && ".join(f"[ -e {link} ]" for _, link in pairs) or "true",
            again="; ".join([*again, *(f"ln -sfn {root} {link}" for root, link in pairs)]),
            reached=self._reached(),
            cache=path + shlex.quote(self._program),
            compiler=shlex.quote(compiler),
            flags=shlex.join(flags),
        )

    def _reached(self) -> str:
        """What leads options that name an installed file by its real path to the links."""
        cases = []
        for folder in dict.fromkeys(map(os.path.abspath, sys.path)):
            link = self._links.through(folder) if self._links else folder
            for path in dict.fromkeys([folder, os.path.realpath(folder)] if link != folder else []):
                before = shlex.quote(f"{path}/")
                patterns = "|".join(f"{option}{before}*" for option in _NAMING)
                cases.append(f"      {patterns}) one=${{one%%{before}*}}{shlex.quote(link)}/${{one#*{before}}} ;;")
        return _REACHED.format(cases="\n".join(cases)) if cases else ""

    def _compiler(self, name: str, compiler: str) -> str:
        """A compiler that adds the options by itself; the file."""
        found, file = Path(compiler).resolve(), self.folder / "compilers" / name
        identity = f"{found} {found.stat().st_size} {found.stat().st_mtime_ns}"
        file.parent.mkdir(exist_ok=True)
        words = {
            "identity": identity,
            "compiler": shlex.quote(compiler),
            "flags": shlex.join(self._flags(name)),
            "tree": _TREE,
            "before": "-Xcompiler=" if name == "nvcc" else "",
        }
        _write(file, _COMPILER.format_map(words))
        os.utime(file, ns=(found.stat().st_mtime_ns, found.stat().st_mtime_ns))  # ccache compares it
        return str(file)

    def _flags(self, name: str) -> list[str]:
        """Options that keep the environment's paths out of what is compiled."""
        links = [link for _, link in self._links.every] if self._links else []
        flags = [f"-ffile-prefix-map={link}=/environment{number or ''}" for number, link in enumerate(links)]
        flags += [] if "clang" in name else self._as_named
        # nvcc takes what is between commas for options of their own.
        return [f"-Xcompiler={flag}" for flag in flags if "," not in flag] if name == "nvcc" else flags


def _write(file: Path, script: str) -> None:
    file.write_text(script, encoding="utf-8")
    file.chmod(0o700)


def _variables(build: Build, launchers: _Launchers) -> dict[str, str]:
    """What makes build tools take the launchers, once, and the cache compare what counts. What is set already stays."""
    there = launchers.compilers
    ours = {"TORCH_NO_COMPILER_WRAPPER": "1", _TREE: str(build.tree)}
    ours.update({"CCACHE_BASEDIR": str(build.tree), "CCACHE_NOHASHDIR": "1"})
    top = build.wrapped_backend.replace(":", ".").partition(".")[0]
    if top == "mesonpy":  # Meson puts a cache before a compiler that it has found itself
        ours.update({name: one for name, one in (("CC", "cc"), ("CXX", "c++")) if one in there})
    if "nvcc" in there:
        ours["TORCH_EXTENSION_SKIP_NVCC_GEN_DEPENDENCIES"] = "1"
    found = {name: value for name, value in ours.items() if name not in os.environ}
    found.update({"PYTORCH_NVCC": str(launchers.folder / "nvcc")} if "nvcc" in there else {})
    nvcc = shutil.which("nvcc")
    if nvcc and "nvcc" in there and not (os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH")):
        # torch takes the folder above that of the first nvcc on PATH, which is a launcher soon.
        found["CUDA_HOME"] = str(Path(nvcc).parent.parent)
    for name in ("CC", "CXX"):  # the caller's own compiler, through its launcher
        words = shlex.split(os.environ.get(name, ""))
        if words and Path(words[0]).name in there:
            found[name] = shlex.join([str(launchers.folder / Path(words[0]).name), *words[1:]])
    return {**found, "PATH": os.pathsep.join([str(launchers.folder), *filter(None, [os.environ.get("PATH")])])}


def _members(_: Build, wheel: ZipFile) -> dict[str, bytes]:
    from ._paths_in_wheel import replaced

    return replaced(wheel, _ours)


def _lacks_build_folder(build: Build) -> bool:
    """Whether scikit-build-core builds where nobody has said, which is in a temporary folder."""
    if build.wrapped_backend.replace(":", ".").partition(".")[0] != "scikit_build_core":
        return False
    stated = at(read_pyproject(build.tree), "tool", "scikit-build", "build-dir", default="")
    return not stated and {"build-dir", "skbuild.build-dir"}.isdisjoint(build.config_settings or {})


FEATURE = Feature(
    CacheName,
    "A compiler cache before every compiler: `auto` takes ccache or sccache, whichever is on `PATH`. The build "
    "environment has a path that stays the same, so that the next build finds what this one compiled. The caller's own "
    "settings win.",
    "none",
    around=_around,
    members=_members,
)
