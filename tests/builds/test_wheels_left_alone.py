"""Wheels of a project's environments, by real uv: what they fit is not built, and what its lock says changes nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from ..cli.archives import Index, sdist, serving, sha256
from ..matrix.frontends import BIN, EXE, Frontends
from .test_wrapped import augbackend

pytestmark = pytest.mark.builds

MINOR = sys.version_info[1]
PROJECT = """[project]
name = "app"
version = "1"
requires-python = ">=3.{},<3.{}"
dependencies = ["demo==1.0", "biglib==2.8.0"]
[[tool.uv.index]]
name = "usual"
url = "{}"
[[tool.uv.index]]
name = "cu"
url = "{}"
explicit = true
[tool.uv.sources]
biglib = {}
[tool.uv.extra-build-dependencies]
demo = ["biglib==2.8.0"]
"""
PKG_INFO = "Metadata-Version: 2.2\nName: demo\nVersion: 1.0\n"
SETUP = "import biglib, setuptools\nsetuptools.setup(name='demo', version='1.0', py_modules=['demo'])\n"
TAGS = [
    *(f"cp3{minor}-cp3{minor}-{one}" for minor in range(8, 17) for one in ("manylinux_2_28_x86_64", "win_amd64", "win32")),
    *(f"cp313-cp313{abi}-musllinux_1_2_aarch64" for abi in ("", "t")),
    "cp39-abi3-macosx_10_9_universal2", "pp310-pypy310_pp73-manylinux_2_17_aarch64", "cp312-cp312-linux_s390x",
    "py3-none-any", "py312-none-any",
]  # fmt: skip


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as found:
        yield found


def wheel(folder: Path, name: str, version: str, tag: str = "py3-none-any") -> Path:
    """A wheel of one module, which says that it was not built here."""
    file, info = folder / f"{name}-{version}-{tag}.whl", f"{name}-{version}.dist-info"
    folder.mkdir(exist_ok=True)
    with ZipFile(file, "w") as opened:
        opened.writestr(f"{name}.py", "FROM = 'a wheel'\n")
        opened.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        opened.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: {tag}\n")
        opened.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return file


def publish(index: Index, page: str, file: Path, *, has_hash: bool = True) -> None:
    name = file.name.replace("+", "%2B")
    index.pages[f"/{page}/{name}"] = file.read_bytes()
    link = f'<a href="{name}{f"#sha256={sha256(file)}" if has_hash else ""}">{file.name}</a>\n'
    index.pages[f"/{page}/"] = link.encode() + index.pages.get(f"/{page}/", b"")  # in the opposite order


def made(folder: Path, index: Index, source: str, pythons: tuple[int, int]) -> Path:
    app = folder / "app"
    app.mkdir()
    archive = sdist(folder / "in", {"setup.py": SETUP, "PKG-INFO": PKG_INFO, "demo.py": "FROM = 'an sdist'\n"})
    publish(index, "usual/demo", archive)
    publish(index, "usual/biglib", wheel(folder, "biglib", "2.8.0"))
    text = PROJECT.format(*pythons, f"{index.url}/usual/", f"{index.url}/cu/", source)
    (app / "pyproject.toml").write_text(text)
    return app


@pytest.mark.parametrize(
    "source",
    [
        '{ index = "cu" }',
        '[{ index = "cu", marker = "sys_platform == \'linux\'" }]',
        "[{ index = \"cu\", marker = \"sys_platform != 'darwin'\" }, { index = \"usual\", marker = \"sys_platform == 'darwin'\" }]",
    ],
)  # fmt: skip
def test_the_lock_that_follows_is_the_same_archive(
    frontends: Frontends, tmp_path: Path, index: Index, source: str
) -> None:
    for tag in TAGS:
        publish(index, "cu/biglib", wheel(tmp_path, "biglib", "2.8.0+cu128", tag), has_hash="win32" not in tag)
    app = made(tmp_path, index, source, (10, 15))
    environ = {"UV_CACHE_DIR": str(tmp_path / "cache"), "XDG_CACHE_HOME": str(tmp_path / "ours")}
    augbackend(frontends, "wrap", cwd=app)
    before = (app / "wrapped.d" / "demo-1.0.tar.gz").read_bytes(), (app / "pyproject.toml").read_bytes()
    frontends.run("uv", "lock", "--python", sys.executable, cwd=app, **environ)
    assert "biglib-2.8.0%2Bcu128-cp310" in (app / "uv.lock").read_text().replace("biglib_", "biglib-")
    assert "everything is up to date" in augbackend(frontends, "wrap", "--check", cwd=app)
    augbackend(frontends, "wrap", cwd=app)
    assert ((app / "wrapped.d" / "demo-1.0.tar.gz").read_bytes(), (app / "pyproject.toml").read_bytes()) == before


@pytest.mark.skipif(MINOR < 10, reason="the Python before this is not known")
@pytest.mark.parametrize("is_locked", [False, True])
@pytest.mark.parametrize("of", [MINOR, MINOR - 1])
def test_a_wheel_is_taken_where_it_fits_and_the_archive_elsewhere(
    frontends: Frontends, tmp_path: Path, index: Index, *, of: int, is_locked: bool
) -> None:
    app = made(tmp_path, index, '{ index = "usual" }', (MINOR - 1, MINOR + 1))
    publish(index, "usual/demo", wheel(tmp_path, "demo", "1.0", f"cp3{of}-none-any"))
    environ = {"UV_CACHE_DIR": str(tmp_path / "cache"), "XDG_CACHE_HOME": str(tmp_path / "ours")}
    lock = ("uv", "lock", "--python", sys.executable)
    if is_locked:
        frontends.run(*lock, cwd=app, **environ)
    augbackend(frontends, "wrap", cwd=app)
    text = (app / "pyproject.toml").read_text()
    sign = "<" if of == MINOR else ">="
    assert f"""demo-1.0.tar.gz", marker = "python_version {sign} '3.{MINOR}'" }}""" in text
    frontends.run(*lock, cwd=app, **environ)
    assert "everything is up to date" in augbackend(frontends, "wrap", "--check", cwd=app)
    frontends.run("uv", "sync", "--locked", "--python", sys.executable, cwd=app, **environ)
    python = app / ".venv" / BIN / f"python{EXE}"
    assert frontends.run(str(python), "-c", "import demo; print(demo.FROM)", cwd=tmp_path).strip() == (
        "a wheel" if of == MINOR else "an sdist"
    )
