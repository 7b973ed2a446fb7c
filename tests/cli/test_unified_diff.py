"""Patches applied to files in memory: exactly, or not at all, whoever wrote the diff."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.edit import patched_files, patched_tree
from augbackend.cli.edit.patched_files import FileBefore
from augbackend.cli.model import source_patch
from augbackend.errors import AugbackendError

from ..conftest import write

OLD = "".join(f"{number}\n" for number in range(1, 13)).encode()
ONE = "--- a/x.py\n+++ b/x.py\n@@ -2,3 +2,3 @@\n 2\n-3\n+three\n 4\n"
GIT_NEW = "diff --git a/n.py b/n.py\nnew file mode {}\nindex 0000000..d95f3ad\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+new\n"


def applied(diff: str | bytes, files: Mapping[str, Any]) -> dict[str, Any]:
    """The files after a patch."""
    patch = source_patch.read("fix.patch", diff if isinstance(diff, bytes) else diff.encode(), "fix.patch")
    found = patched_files.applied([patch], lambda name: FileBefore(files[name]) if name in files else None)
    kept = {name: text for name, text in files.items() if name not in found.removed}
    return {**kept, **{name: one.content for name, one in found.written.items()}}


def refusal(diff: str | bytes, files: Mapping[str, bytes]) -> str:
    with pytest.raises(AugbackendError) as error:
        applied(diff, files)
    assert error.value.where == "fix.patch"
    assert error.value.hint
    return str(error.value)


@pytest.mark.parametrize(
    ("diff", "before", "after"),
    [
        (ONE, OLD, OLD.replace(b"\n3\n", b"\nthree\n")),
        (ONE.replace("a/x.py", "x.py.orig\t2020-01-01 00:00:00 +0000").replace("b/x.py", "x.py\t2020-01-01"), OLD, OLD.replace(b"\n3\n", b"\nthree\n")),
        (ONE.replace("a/x.py", "x-1.0.orig/x.py").replace("b/x.py", "x-1.0/x.py"), OLD, OLD.replace(b"\n3\n", b"\nthree\n")),
        (ONE.replace("a/", "").replace("b/", ""), OLD, OLD.replace(b"\n3\n", b"\nthree\n")),
        (ONE.removesuffix("\n"), OLD, OLD.replace(b"\n3\n", b"\nthree\n")),
        (f"From: somebody\nSubject: a word\n\n---\n x.py | 2 +-\n\n{ONE}-- \n2.39.5\n", OLD, OLD.replace(b"\n3\n", b"\nthree\n")),
        ("--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n", b"a", b"b\n"),
        ("--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n", b"a\n", b"b"),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-a\n+b\n c\n\\ No newline at end of file\n", b"a\nc", b"b\nc"),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-a\r\n+b\r\n c\r\n", b"a\r\nc\r\n", b"b\r\nc\r\n"),
        (ONE.replace("\n", "\r\n"), OLD, OLD.replace(b"\n3\n", b"\nthree\n")),
        (ONE.replace("\n", "\r\n"), OLD.replace(b"\n", b"\r\n"), OLD.replace(b"\n3\n", b"\nthree\n").replace(b"\n", b"\r\n")),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,0 +2 @@\n+b\n@@ -3 +4,0 @@\n-d\n", b"a\nc\nd\n", b"a\nb\nc\n"),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-\xe4\n+\xf6\n b\rc\x0c\n".encode("latin-1"), b"\xe4\nb\rc\x0c\n", b"\xf6\nb\rc\x0c\n"),
    ],
)  # fmt: skip
def test_what_applies(diff: str | bytes, before: bytes, after: bytes) -> None:
    assert applied(diff, {"x.py": before, "other": b""}) == {"x.py": after, "other": b""}


@pytest.mark.parametrize(
    ("diff", "before", "after"),
    [
        (GIT_NEW.format("100644"), {}, {"n.py": b"new\n"}),
        ("--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+new\n", {}, {"n.py": b"new\n"}),
        ("--- d/n.py\t1970-01-01 01:00:00.0 +0100\n+++ e/n.py\t2020-01-01\n@@ -0,0 +1 @@\n+new\n", {}, {"n.py": b"new\n"}),
        ("diff --git a/e b/e\nnew file mode 100644\nindex 0000000..e69de29\n", {}, {"e": b""}),
        ("--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", {"x": b"a\n"}, {}),
        ("--- d/x\t2020-01-01\n+++ e/x\t1970-01-01 00:00:00\n@@ -1 +0,0 @@\n-a\n", {"x": b"a\n"}, {}),
        ("--- d/x\t2020-01-01\n+++ e/x\t2020-01-01 00:00:00\n@@ -1 +0,0 @@\n-a\n", {"x": b"a\n"}, {"x": b""}),
        ("diff --git a/x b/y z\nsimilarity index 100%\nrename from x\nrename to y z\n", {"x": b"a\n"}, {"y z": b"a\n"}),
        ("diff --git a/x b/y\nsimilarity index 50%\nrename from x\nrename to y\n--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n", {"x": b"a\n"}, {"y": b"b\n"}),
        ('diff --git "a/\\303\\244" "b/\\303\\244"\n--- "a/\\303\\244"\n+++ "b/\\303\\244"\n@@ -1 +1 @@\n-a\n+b\n', {"ä": b"a\n"}, {"ä": b"b\n"}),
        (ONE + ONE.replace("-3\n+three", "-three\n+drei"), {"x.py": OLD}, {"x.py": OLD.replace(b"\n3\n", b"\ndrei\n")}),
    ],
)  # fmt: skip
def test_files_that_come_and_go(diff: str, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    assert applied(diff, before) == after


@pytest.mark.parametrize(
    ("diff", "before", "said"),
    [
        (ONE, OLD.replace(b"3\n", b"III\n"), ["hunk 1 of x.py does not apply: @@ -2,3 +2,3 @@", "line 3 is to be '3'; there is", "3: III", "`versions`"]),
        (ONE, b"0\n" + OLD, ["line 2 is to be '2'", "2: 1", "these lines begin at line 3 there"]),
        (ONE, OLD.replace(b"3\n", b"three\n"), ["upstream has this change already"]),
        (ONE, OLD.replace(b"\n", b"\r\n"), ["differ in blanks or line ends only", "2: 2\\r"]),
        (ONE, b"1\n", ["nothing: it has 1 lines"]),
        (ONE, b"1\n2\n3\n4", ["differ in blanks or line ends only"]),
        ("--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-1\n+a\n@@ -3 +3 @@\n-9\n+b\n", OLD, ["hunk 2 of x.py does not apply: @@ -3 +3 @@", "3: 3"]),
        ("--- a/x.py\n+++ b/x.py\n@@ -3 +3 @@\n-3\n+a\n@@ -1 +1 @@\n-1\n+b\n", OLD, ["hunk 2"]),
        (GIT_NEW.format("100644").replace("n.py", "x.py"), OLD, ["it makes x.py, and there is one"]),
        ("--- d/x.py\n+++ e/x.py\n@@ -0,0 +1 @@\n+new\n", OLD, ["it makes x.py, and there is one"]),
        ("--- a/x.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n", OLD, ["the file has more lines than it names"]),
        (ONE.replace("x.py", "y.py"), OLD, ["there is no y.py to be patched"]),
        (ONE.replace("x.py", "../x.py"), OLD, ["no file below the top folder"]),
        (ONE.replace("a/x.py", "/x.py").replace("b/x.py", "/x.py"), OLD, ["no file below the top folder"]),
        (ONE.replace("x.py", "d\\x.py"), OLD, ["no file below the top folder"]),
        ("diff --git a/x.py b/../y\nsimilarity index 100%\nrename from x.py\nrename to ../y\n", OLD, ["'../y'"]),
        (GIT_NEW.format("120000"), OLD, ["n.py is a symbolic link"]),
        (GIT_NEW.format("160000"), OLD, ["n.py is a submodule"]),
        ("diff --git a/x.py b/x.py\nindex 1..2 100644\nGIT binary patch\nliteral 1\nIcmZ\n", OLD, ["binary"]),
        ("diff --git a/x.py b/x.py\nindex 1..2\nBinary files a/x.py and b/x.py differ\n", OLD, ["binary"]),
        ("diff --git a/x.py b/y.py\nsimilarity index 100%\ncopy from x.py\ncopy to y.py\n", OLD, ["y.py is a copy there"]),
        ("diff --git a/d/x.py b/x.py\n--- a/d/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-1\n+a\n", OLD, ["does not say that it is renamed"]),
        ("diff --git a/x://y b/x://y\n", OLD, ["it names a URL"]),
        ("words\n", OLD, ["there is no change in it"]),
        ("", OLD, ["there is no change in it"]),
        ("--- a/x.py\n+++ b/x.py\n", OLD, ["changes nothing"]),
        (ONE + "@@ -9,1 1 @@\n-9\n", OLD, ["line 8 is no header of a hunk"]),
        (ONE.replace("@@ -2,3 +2,3 @@", "@@ -2,2 +2,2 @@"), OLD, ["line 7 is behind the end of its hunk"]),
        (ONE.replace("@@ -2,3 +2,3 @@", "@@ -2,4 +2,4 @@"), OLD, ["it is no unified diff: Hunk is shorter"]),
        (ONE.replace("-2,3", f"-{'9' * 5000},3"), OLD, ["it is no unified diff"]),
        ("--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-1\n+a\n\\ No newline at end of file\n 2\n", OLD, ["no file can be as this hunk says"]),
        ("--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-1\n+a\n\\ No newline at end of file\n", OLD, ["without its end in the midst of it"]),
    ],
)  # fmt: skip
def test_what_is_refused(diff: str, before: bytes, said: list[str]) -> None:
    found = refusal(diff, {"x.py": before})
    for one in said:
        assert one in found


def test_programs() -> None:
    def mode(diff: str, before: FileBefore | None) -> bool:
        patch = source_patch.read("fix.patch", diff.encode(), "")
        (found,) = patched_files.applied([patch], lambda _: before).written.values()
        return found.is_program

    assert mode(GIT_NEW.format("100755"), None)
    assert not mode(GIT_NEW.format("100644"), None)
    assert mode("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", FileBefore(b""))
    assert mode("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", FileBefore(b"a\n", is_program=True)), "it stays one"


def test_large_files_are_not_read_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patched_files, "_MOST_READ", len(OLD))
    assert "again and again" in refusal(ONE + ONE.replace("-3\n+three", "-three\n+3"), {"x.py": OLD})


@pytest.mark.processes
def test_as_git_writes_and_applies_it(tmp_path: Path) -> None:
    def git(*arguments: str) -> bytes:
        words = ["git", "-c", "user.name=n", "-c", "user.email=e@x.invalid", *arguments]
        return subprocess.run(words, cwd=tmp_path, check=True, capture_output=True).stdout

    before: dict[str, str | bytes] = {
        "a b.py": OLD,
        "ä/gone.py": b"x\n",
        "old.py": OLD * 2,
        "crlf.txt": b"1\r\n2\r\n3",
        "-- x": b"-- \n--- y\n",
    }
    after: dict[str, str | bytes] = {
        "a b.py": OLD.replace(b"7", b"++ 7"),
        "moved/new.py": OLD * 2 + b"13\n",
        "crlf.txt": b"1\r\n2\n3\n",
        "-- x": b"-- \n++ y\n@@ -1 +1 @@\n",
        "new/ö.py": b"@@\n",
    }
    git("init", "-q", ".")
    write(tmp_path, before)
    git("add", ".")
    git("commit", "-qm", "before")
    for name in before:
        (tmp_path / name).unlink()
    write(tmp_path, after)
    git("add", "-A", ".")
    git("commit", "-qm", "after\n\n@ and --- and +++ in words")
    for options in (("-M",), ("--no-renames", "-U0"), ("-M", "-U1")):
        assert applied(git("format-patch", "-1", "--stdout", *options), before) == after


def test_a_folder_is_patched_or_left(tmp_path: Path) -> None:
    write(tmp_path, {"x.py": OLD, "y.py": "y\n"})
    good = source_patch.read("a.patch", ONE.encode(), "")
    bad = source_patch.read("b.patch", b"--- a/y.py\n+++ b/y.py\n@@ -1 +1 @@\n-z\n+y\n", "")
    with pytest.raises(AugbackendError, match=r"hunk 1 of y\.py"):
        patched_tree.patch(tmp_path, [good, bad])
    assert (tmp_path / "x.py").read_bytes() == OLD, "nothing is half done"
    more = source_patch.read("c.patch", GIT_NEW.format("100755").replace("n.py", "d/n.py").encode(), "")
    patched_tree.patch(tmp_path, [good, more])
    assert b"three" in (tmp_path / "x.py").read_bytes()
    assert (tmp_path / "d" / "n.py").stat().st_mode & 0o111
    (tmp_path / "x.py").unlink()
    (tmp_path / "x.py").symlink_to(tmp_path / "y.py")
    with pytest.raises(AugbackendError, match="behind a link"):
        patched_tree.patch(tmp_path, [good])
