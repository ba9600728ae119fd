"""token0.sse: any way of cutting a stream into chunks gives the same events, and no byte is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0 import sse
from token0.sse import ArraySplitter, LineSplitter, Splitter, SseSplitter, data, splitter

SPLITTERS = [SseSplitter, LineSplitter, ArraySplitter]
UNHURRIED = settings(max_examples=200, deadline=None)


def cut(stream: bytes, kind: type[Splitter] = SseSplitter) -> list[bytes]:
    return kind().feed(stream)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: 1\n\ndata: 2\n\n", [b"data: 1\n\n", b"data: 2\n\n"]),
        (b"data: 1\r\n\r\ndata: 2\r\n\r\n", [b"data: 1\r\n\r\n", b"data: 2\r\n\r\n"]),
        (b"data: 1\r\rdata: 2\r\r", [b"data: 1\r\r", b"data: 2\r\r"]),
        (b"data: 1\n\r\ndata: 2\r\n\n", [b"data: 1\n\r\n", b"data: 2\r\n\n"]),
        (b": keep-alive\n\nevent: x\ndata: 1\n\n", [b": keep-alive\n\n", b"event: x\ndata: 1\n\n"]),
        (b"data: 1\n", []),
        (b"data: 1\n\ndata: half", [b"data: 1\n\n"]),
        (b"", []),
    ],
)
def test_events_end_at_a_blank_line(stream: bytes, events: list[bytes]) -> None:
    assert cut(stream) == events


@pytest.mark.parametrize("separator", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n"])
def test_a_separator_cut_anywhere_still_separates(separator: bytes) -> None:
    first, second = b"data: 1" + separator, b"data: 2" + separator
    for place in range(1, len(separator)):
        splitting = SseSplitter()
        at = len(first) - len(separator) + place
        assert splitting.feed(first[:at]) + splitting.feed(first[at:] + second) == [first, second]


def test_each_line_of_ndjson_is_an_event() -> None:
    assert cut(b'{"a":1}\n{"b":"\\n"}\n{"c"', LineSplitter) == [b'{"a":1}\n', b'{"b":"\\n"}\n']


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b'[{"a":1}\n,\r\n{"b":{"c":[2]}}]', [b'[{"a":1}', b'\n,\r\n{"b":{"c":[2]}}']),
        (b'[{"a":"}"},{"b":"\\"}"}]', [b'[{"a":"}"}', b',{"b":"\\"}"}']),
        (b'{"error":{"code":1}}', [b'{"error":{"code":1}}']),
        (b"[]", []),
    ],
)
def test_each_object_of_a_growing_array_is_an_event(stream: bytes, events: list[bytes]) -> None:
    assert cut(stream, ArraySplitter) == events


@pytest.mark.parametrize("kind", SPLITTERS)
@given(pieces=st.lists(st.text('\r\n{}[]",:\\ da', max_size=6).map(str.encode), max_size=30))
@UNHURRIED
def test_any_chunking_gives_the_same_events_and_loses_no_byte(kind: type[Splitter], pieces: list[bytes]) -> None:
    stream, chunked, whole = b"".join(pieces), kind(), kind()
    events = [event for piece in pieces for event in chunked.feed(piece)]
    assert events == whole.feed(stream)
    assert b"".join(events) + chunked.rest == stream


def test_an_event_without_an_end_is_not_held_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT", 10)
    splitting = SseSplitter()
    splitting.feed(b"data: 1234")
    with pytest.raises(OverflowError):
        splitting.feed(b"5")


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        (b'data: {"a":1}\n\n', b'{"a":1}'),
        (b'data:{"a":1}\r\n\r\n', b'{"a":1}'),
        (b'event: x\r\ndata: {"a":\r\ndata: 1}\r\n\r\n', b'{"a":\n1}'),
        (b'id: 7\rdata: {"a":1}\r\r', b'{"a":1}'),
        (b"data:  two spaces\n\n", b" two spaces"),
        (b'\ndata: {"a":1}\n\n', b'{"a":1}'),
        (b": comment\n\n", b""),
        (b'{"a":1}\n', b'{"a":1}\n'),
        (b'[{"a":1}', b'{"a":1}'),
        (b',\r\n{"a":1}', b'{"a":1}'),
        (b"]", b""),
    ],
)
def test_the_payload_of_an_event(event: bytes, payload: bytes) -> None:
    assert data(event) == payload


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("text/event-stream", SseSplitter),
        ("text/event-stream; charset=utf-8", SseSplitter),
        ("application/x-ndjson", LineSplitter),
        ("application/json", type(None)),
        ("", type(None)),
    ],
)
def test_the_media_type_says_how_events_end(content_type: str, kind: type) -> None:
    assert type(splitter(content_type)) is kind
