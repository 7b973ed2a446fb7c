"""Core metadata as a document: what is not changed keeps its bytes, whatever it is."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from augbackend.standards.core_metadata import Document, parse

NAMES = ("Metadata-Version", "Name", "Version", "Requires-Dist", "requires-dist", "Dynamic", "X", "")
LINES = st.one_of(
    st.builds("{}{}{}".format, st.sampled_from(NAMES), st.sampled_from([":", ": ", " :", ""]), st.text(max_size=9)),
    st.builds("{}{}".format, st.sampled_from([" ", "\t"]), st.text(max_size=9)),
    st.just(""),
    st.text(max_size=9),
)
ENDS = st.sampled_from(["\n", "\r\n"])


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Documents of one line end or of both, with and without a last one, and with bytes that are no UTF-8."""
    ends = ENDS if draw(st.booleans()) else st.just(draw(ENDS))
    text = "".join(line + draw(ends) for line in draw(st.lists(LINES, max_size=9)))
    last = draw(st.sampled_from(["", "no line end", "Requires-Dist: a"]))
    return (text + last).encode("utf-8", "surrogatepass") + draw(st.sampled_from([b"", b"\xff", b"\n\xfe"]))


@given(st.one_of(documents(), st.binary(max_size=40)))
def test_written_as_it_was_read(content: bytes) -> None:
    document = parse(content)
    assert document.content == content
    for name in {field.name for field in document.fields}:
        assert document.edited(name, lambda value: [value]).content == content
    assert document.added("requires-dist", []).content == content


@given(documents())
def test_an_edit_changes_no_other_field(content: bytes) -> None:
    document = parse(content)
    edited = document.edited("requires-dist", lambda _: ["torch<3"]).edited("dynamic", lambda _: [])
    left = [field for field in document.fields if field.name not in ("requires-dist", "dynamic")]
    assert [field for field in edited.fields if field.name != "requires-dist"] == left
    assert edited.body == document.body
    assert set(edited.values("requires-dist")) <= {"torch<3"}
    assert len(edited.values("requires-dist")) == len(document.values("requires-dist"))
    again = parse(edited.content)
    if all(field.text.endswith("\n") for field in document.fields):
        assert again == edited


@given(documents(), st.lists(st.sampled_from(["a", "b>1 ; extra == 'x'"]), max_size=3))
def test_what_is_added_is_read_again(content: bytes, values: list[str]) -> None:
    document = parse(content)
    added = parse(document.added("x-new", values).content)
    assert added.values("x-new") == values
    assert [field.value for field in added.fields if field.name != "x-new"] == [one.value for one in document.fields]


def test_line_ends_are_the_documents_own() -> None:
    content = b"Metadata-Version: 2.1\r\nName: p\r\nRequires-Dist: a\r\n\r\nbody\n"
    document = parse(content).added("requires-dist", ["b", "c"])
    assert document.content == (
        b"Metadata-Version: 2.1\r\nName: p\r\nRequires-Dist: a\r\nRequires-Dist: b\r\nRequires-Dist: c\r\n\r\nbody\n"
    )
    assert document.values("requires-dist") == ["a", "b", "c"]


def test_a_document_without_a_last_line_end_has_none_afterwards() -> None:
    assert parse(b"Name: p").added("version", ["1"]).content == b"Name: p\nVersion: 1"
    assert parse(b"Name: p\r\nA: b").added("version", ["1"]).content == b"Name: p\r\nA: b\r\nVersion: 1"
    assert parse(b"").added("version", ["1"]).content == b"Version: 1\n"


def test_what_is_stated_is_stated_once_and_is_not_dynamic() -> None:
    content = (
        b"Metadata-Version: 2.1\nRequires-Dist: a\nDynamic: Requires-Dist\nDynamic: License\nRequires-Dist: b\n\nbody"
    )
    assert parse(content).stated("requires-dist", ["c", "d"]).content == (
        b"Metadata-Version: 2.2\nRequires-Dist: c\nRequires-Dist: d\nDynamic: License\n\nbody"
    )
    assert parse(content).stated("requires-dist", []).content == b"Metadata-Version: 2.2\nDynamic: License\n\nbody"


def test_what_is_static() -> None:
    assert parse(b"Metadata-Version: 2.2\n").is_static
    assert parse(b"Metadata-Version: 3.0\nDynamic: License\n").is_static
    for content in (b"", b"Metadata-Version: 2.1\n", b"Metadata-Version: x\n"):
        assert not parse(content).is_static
    assert not parse(b"Metadata-Version: 2.2\nDynamic: requires-DIST\n").is_static


def test_values() -> None:
    document = parse(b"Name : p\nA: 1\nA:  2 \n\tmore\n\nA: body\n")
    assert document.values("a") == ["1", "2 more"]
    assert (document.value("a"), document.value("name"), document.value("b")) == ("2 more", "p", "")
    assert document.body == "\nA: body\n"
    assert Document(()).content == b""


def test_a_long_description_costs_what_it_is_long() -> None:
    """Of twenty bytes a line, a list of its lines would be."""
    content = b"Name: p\n" + b"\n" * 10**6
    tracemalloc.start()
    document = parse(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (document.content, peak < 6 * len(content)) == (content, True)
