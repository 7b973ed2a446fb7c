"""A package whose own file has to be changed: wrapped with a patch, installed by real frontends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..cli.archives import sdist
from ..conftest import write
from ..matrix.frontends import BuildFailedError, Frontends
from .test_wrapped import augbackend

pytestmark = pytest.mark.builds

# It takes `__builtins__` for a module, which it is only in the file that is run first; some published ones do.
BROKEN = """from setuptools import setup
__builtins__.SETTING_UP = True
from demo import version
setup(name="demo", version=version, packages=["demo"], zip_safe=False)
"""
PATCH = """--- a/setup.py
+++ b/setup.py
@@ -1,4 +1,5 @@
+import builtins
 from setuptools import setup
-__builtins__.SETTING_UP = True
+builtins.SETTING_UP = True
 from demo import version
 setup(name="demo", version=version, packages=["demo"], zip_safe=False)
"""
SAYS = "import demo, importlib.metadata as m; print(demo.version, m.distribution('demo').read_text({!r}) or '')"
SBOM = "sboms/augbackend.cdx.json"


def test_a_broken_sdist_is_patched(frontends: Frontends, tmp_path: Path) -> None:
    broken = sdist(tmp_path / "sdists", {"setup.py": BROKEN, "demo/__init__.py": "version = '1.0'\n"})
    write(tmp_path, {"fix.patch": PATCH})
    python, pip = frontends.environment(tmp_path / "environment"), frontends.program("pip")

    def by_pip(file: Path) -> str:
        frontends.run(pip, "--python", str(python), "install", "--no-cache-dir", str(file), cwd=tmp_path)
        return frontends.run(str(python), "-c", SAYS.format(SBOM), cwd=tmp_path)

    with pytest.raises(BuildFailedError, match="SETTING_UP"):
        by_pip(broken)
    augbackend(frontends, "wrap", str(broken), "--patch", "fix.patch", cwd=tmp_path)
    archive = tmp_path / "wrapped.d" / "demo-1.0.tar.gz"
    version, _, sbom = by_pip(archive).partition(" ")
    assert version == "1.0"
    told = {one["value"] for one in json.loads(sbom)["metadata"]["properties"] if one["name"] == "augbackend:patch"}
    assert [one.partition(" sha256:")[0] for one in told] == ["_augbackend/upstream-patches/fix.patch"]
    again = frontends.environment(tmp_path / "other")
    environ = {"UV_CACHE_DIR": str(tmp_path / "cache")}
    frontends.run("uv", "pip", "install", "--python", str(again), str(archive), cwd=tmp_path, **environ)
    assert frontends.run(str(again), "-c", SAYS.format(SBOM), cwd=tmp_path).startswith("1.0 ")
