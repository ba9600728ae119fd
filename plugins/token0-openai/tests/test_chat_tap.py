from __future__ import annotations

import json
from typing import Any

import pytest

from token0.report import Report
from token0_openai.chat_tap import ChatTap


def chunk(finish: str | None = None, index: int = 0, **fields: Any) -> bytes:
    choice = {"index": index, "delta": {}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice], **fields}).encode() + b"\n\n"


WORD, FINISH = chunk(), chunk("stop")
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":9}}\n\n'
DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"


def run(*events: bytes, wants_usage: bool = False) -> list[bytes]:
    """What each event lets out, and at last what the end does."""
    tap = ChatTap(Report(request_id="r", dialect="openai-chat"), wants_usage=wants_usage)
    return [*(tap.feed(event) for event in events), tap.close()]


def plain(event: bytes) -> bytes:
    """An event without its report; one without report is a mistake of the test."""
    at = event.index(b',"token0":')
    return event[:at] + b"}" + event[event.rindex(b"\n\n") :]


def test_words_pass_at_once() -> None:
    assert run(WORD, WORD, WORD)[:3] == [WORD, WORD, WORD]


def test_the_finishing_chunk_waits_for_the_usage_and_carries_the_report() -> None:
    word, finish, usage, done, _ = run(WORD, FINISH, USAGE, DONE)
    assert (word, finish, usage, plain(done.removesuffix(DONE))) == (WORD, b"", b"", FINISH)


def test_the_usage_chunk_carries_the_report_where_the_client_wants_it() -> None:
    finish, usage, done, _ = run(FINISH, USAGE, DONE, wants_usage=True)
    assert (finish, usage, plain(done.removesuffix(DONE))) == (b"", FINISH, USAGE)


def test_a_stream_without_usage_carries_the_report_in_its_finishing_chunk() -> None:
    assert plain(run(FINISH, DONE)[1].removesuffix(DONE)) == FINISH


def test_only_the_last_of_several_choices_carries_the_report() -> None:
    first, second = chunk("stop"), chunk("stop", index=1)
    outs = run(first, WORD, second, USAGE, DONE)
    assert (outs[1], outs[2], plain(outs[4].removesuffix(DONE))) == (first + WORD, b"", second)


def test_a_finishing_chunk_with_usage_of_its_own_carries_the_report() -> None:
    finish = chunk("stop", usage={"prompt_tokens": 9})
    assert plain(run(finish, DONE)[1].removesuffix(DONE)) == finish


def test_a_stream_that_ends_early_lets_go_of_what_was_held() -> None:
    assert plain(run(WORD, FINISH)[2]) == FINISH


def test_a_stream_without_end_gains_nothing() -> None:
    assert b"".join(run(WORD, WORD)) == WORD + WORD


def test_a_comment_keeps_its_moment() -> None:
    assert run(FINISH, PING, DONE)[1] == PING


@pytest.mark.parametrize(
    "event",
    [
        b'data: {"choices":[{"delta":{"content":"\\"finish_reason\\": \\"stop\\""},"finish_reason":null}]}\n\n',
        b'data: {"choices":[{"delta":{"content":"[DONE]"}}],"usage":null}\n\n',
        b'data: {"error":{"message":"no"}}\n\n',
        b'data: no json at all "usage"\n\n',
        b"event: x\n\n",
        b"\n\n",
        b'data: [1,"usage"]\n\n',
    ],
)
def test_other_events_pass_untouched(event: bytes) -> None:
    assert run(event)[0] == event


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\r\r"])
def test_line_ends_stay(end: bytes) -> None:
    out = run(FINISH.replace(b"\n\n", end), DONE)[1].removesuffix(DONE)
    assert out.endswith(b"}" + end)


def test_every_event_comes_out_in_order() -> None:
    events = [PING, chunk(), FINISH, PING, USAGE, DONE]
    got = b"".join(run(*events, wants_usage=True))
    at = got.index(b',"token0":')
    assert got[:at] + b"}" + got[got.index(b"\n\n", at) :] == b"".join([PING, chunk(), PING, FINISH, USAGE, DONE])


def test_a_chunk_that_is_no_text_passes() -> None:
    odd = b'data: {"choices":[],"usage":"\xff"}\n\n'
    assert b"".join(run(odd)) == odd
