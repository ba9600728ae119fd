"""token0.taps: the report joins one event of an answer; every other byte stays."""

from __future__ import annotations

import json

import pytest

from token0.report import Report
from token0.taps import EventTap, Strip, insert
from token0_openai.chat import Chat


@pytest.fixture
def report() -> Report:
    return Report(request_id="r", dialect="d", provider="p")


@pytest.mark.parametrize(
    ("answer", "before", "after"),
    [
        (b'{"a": {"b": 1} }\n', b'{"a": {"b": 1} ,"token0":', b"}\n"),
        (b"{ }", b'{ "token0":', b"}"),
        (b'{"a":"{"}', b'{"a":"{","token0":', b"}"),
        (b'data: {"x": 1}\r\n\r\n', b'data: {"x": 1,"token0":', b"}\r\n\r\n"),
        (b'event: e\ndata: {"x":\ndata: 1}\n\n', b'event: e\ndata: {"x":\ndata: 1,"token0":', b"}\n\n"),
    ],
)
def test_the_report_becomes_the_last_key(report: Report, answer: bytes, before: bytes, after: bytes) -> None:
    joined = insert(answer, report)
    assert joined.startswith(before)
    assert joined.endswith(after)
    assert json.loads(joined[len(before) : len(joined) - len(after)])["provider"] == "p"


@pytest.mark.parametrize("answer", [b"", b"[1]", b'"}"', b"data: [DONE]\n\n", b'[{"a":1}]', b"}x"])
def test_an_answer_that_is_no_object_stays_as_it_is(report: Report, answer: bytes) -> None:
    assert insert(answer, report) == answer


def test_only_the_first_carrying_event_is_changed(report: Report) -> None:
    tap = EventTap(report, lambda event: b"usage" in event)
    events = [b": ping\n\n", b'data: {"usage":1}\n\n', b'data: {"usage":2}\n\n', b"data: [DONE]\n\n"]
    sent = [tap.feed(event) for event in events]
    assert [old == new for old, new in zip(events, sent, strict=True)] == [True, False, True, True]


def test_a_stream_without_a_carrying_event_passes_unchanged(report: Report) -> None:
    tap = EventTap(report, lambda _: False)
    assert tap.feed(b"data: {}\n\n") + tap.close() == b"data: {}\n\n"


def test_what_was_not_asked_for_is_taken_out() -> None:
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":9}}\n\n'
    tap = Strip(Chat())
    assert [tap.feed(event) for event in (b": ping\n\n", usage, b"data: [DONE]\n\n")] == [
        b": ping\n\n", b"", b"data: [DONE]\n\n",
    ]  # fmt: skip
    assert tap.close() == b""
