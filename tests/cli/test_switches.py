"""Variables that leave a part of a package out are tried before old releases."""

from __future__ import annotations

import pytest

from .test_rules import Tree, case_of, failed, proposed

BROKEN = "building 'x' extension\ngcc -c src/fast/part.c -o part.o\nsrc/fast/part.c:1:1: error: nonsense\nerror: command 'gcc' failed with exit code 1"


@pytest.mark.parametrize(
    ("reads", "tried"),
    [
        ('os.environ.get("PKG_WITH_FAST", "1") == "1"', "PKG_WITH_FAST=0"),
        ('os.environ.get("PKG_NO_FAST") == "1"', "PKG_NO_FAST=1"),
        ('os.environ.get("USE_FAST", "ON").upper() == "ON"', "USE_FAST=OFF"),
        ('int(os.environ.get("PKG_BUILD_FAST", 1))', "PKG_BUILD_FAST=0"),
        ('"WITHOUT_FAST" in os.environ', "WITHOUT_FAST=1"),
    ],
)
def test_the_part_that_fails_is_left_out_before_anything_older(tree: Tree, reads: str, tried: str) -> None:
    other = 'B = os.environ.get("PKG_WITH_OTHER", "1") == "1"'
    case = case_of(tree({"setup.py": f"import os\n{other}\nA = {reads}\n"}), dated="2015-01-01")
    found = proposed(case, failed(BROKEN, "wheel"))
    assert found[:2] == [tried, "PKG_WITH_OTHER=0"]
    assert any("<" in text for text in found[2:])


@pytest.mark.parametrize(
    "reads",
    [
        'os.environ.get("PKG_WITH_FAST", "0") == "1"',  # off already
        'os.environ.get("PKG_NO_FAST", "1") == "1"',
        'os.environ.get("PKG_FAST", "1") == "1"',  # it may say anything
        'os.environ.get("BUILD_DEBUG_FAST", "1") == "1"',
    ],
)
def test_what_leaves_nothing_out(tree: Tree, reads: str) -> None:
    case = case_of(tree({"setup.py": f"import os\nA = {reads}\n"}))
    assert not proposed(case, failed(BROKEN, "wheel"))


def test_before_the_wheel_only_what_the_failure_names(tree: Tree) -> None:
    reads = 'A = os.environ.get("DEMO_WITH_FAST", "1") == "1"\nB = os.environ.get("DEMO_WITH_OTHER", "1") == "1"'
    case = case_of(tree({"setup.py": f"import os\nfrom setuptools import setup\n{reads}\nsetup(name='demo')\n"}))
    assert proposed(case, failed("RuntimeError: no fast demo here")) == ["DEMO_WITH_FAST=0"]


def test_without_a_day_nothing_older_is_guessed(tree: Tree) -> None:
    case = case_of(tree({"setup.py": ""}), dated="")
    said = 'File "site-packages/setuptools/dist.py", line 1\nValueError: odd'
    assert not proposed(case, failed(said, setuptools="80.9.0", torch="2.13.0", wheel="0.45"))
    assert proposed(case_of(case.tree, dated="2015-01-01"), failed(said, setuptools="80.9.0"))
