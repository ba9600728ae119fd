"""Answers of Anthropic Messages to answers of OpenAI Chat."""

from __future__ import annotations

import json
from typing import Any

import pytest

from token0.errors import UpstreamError
from token0.wire import Translation
from token0_anthropic.translator import ChatToMessages

USAGE = {"input_tokens": 5, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 11, "output_tokens": 3}
COUNTED = {
    "prompt_tokens": 23,
    "completion_tokens": 3,
    "total_tokens": 26,
    "prompt_tokens_details": {"cached_tokens": 11},
}
THOUGHT = {"type": "thinking", "thinking": "I count.", "signature": "c2ln"}
HIDDEN = {"type": "redacted_thinking", "data": "eHh4"}
WEATHER = {"type": "tool_use", "id": "toolu_a", "name": "weather", "input": {"city": "Zürich"}}
CLOCK = {"type": "tool_use", "id": "toolu_b", "name": "clock", "input": {}}


def translation(**fields: Any) -> Translation:
    document = {"model": "claude-opus-5", "messages": [{"role": "user", "content": "hi"}], **fields}
    return ChatToMessages().translate(document, "claude-opus-5", drop=False)


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def whole(*content: Any, stop_reason: str = "end_turn", **fields: Any) -> dict[str, Any]:
    message = {"type": "message", "role": "assistant", "model": "claude-opus-5-20260101", "content": content}
    message |= {"stop_reason": stop_reason, "usage": USAGE, **fields}
    answer: dict[str, Any] = json.loads(translation().answer(json.dumps(message).encode()))
    return answer


def test_text_blocks_are_one_text() -> None:
    choice = whole(text("It is "), text("noon."))["choices"][0]
    assert choice == {
        "index": 0,
        "message": {"role": "assistant", "content": "It is noon.", "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
    }


def test_the_answer_has_the_head_of_a_completion() -> None:
    answer = whole(text("x"))
    assert answer["object"] == "chat.completion"
    assert answer["id"].startswith("chatcmpl-")
    assert answer["model"] == "claude-opus-5-20260101"
    assert answer["usage"] == COUNTED


def test_calls_keep_their_ids_and_become_strings() -> None:
    message = whole(text("Wait."), WEATHER, CLOCK, stop_reason="tool_use")["choices"][0]["message"]
    assert message["tool_calls"] == [
        {"id": "toolu_a", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Zürich"}'}},
        {"id": "toolu_b", "type": "function", "function": {"name": "clock", "arguments": "{}"}},
    ]


def test_without_text_the_content_is_null() -> None:
    assert whole(CLOCK, stop_reason="tool_use")["choices"][0]["message"]["content"] is None


def test_thoughts_are_readable_and_can_be_sent_back() -> None:
    message = whole(THOUGHT, HIDDEN, text("23"))["choices"][0]["message"]
    assert message["reasoning_content"] == "I count."
    assert message["thinking_blocks"] == [THOUGHT, HIDDEN]


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("of_the_future", "stop"),
    ],
)
def test_the_reason_for_the_end(stop_reason: str, finish_reason: str) -> None:
    assert whole(text("x"), stop_reason=stop_reason)["choices"][0]["finish_reason"] == finish_reason


@pytest.mark.parametrize(
    ("details", "refusal"),
    [
        ({"explanation": "Harmful."}, "Harmful."),
        ({"explanation": None}, "The model refused to answer."),
        (None, "The model refused to answer."),
    ],
)
def test_a_refusal_is_said_to_be_one(details: Any, refusal: str) -> None:
    message = whole(stop_reason="refusal", stop_details=details)["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (None, refusal)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"content": [7]}', b'{"content": null}', b'{"\xff": 1}'])
def test_an_answer_that_is_none_is_an_error(body: bytes) -> None:
    with pytest.raises(UpstreamError):
        translation().answer(body)


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def block(index: int, first: dict[str, Any], *deltas: dict[str, Any]) -> list[bytes]:
    return [
        event("content_block_start", index=index, content_block=first),
        *(event("content_block_delta", index=index, delta=delta) for delta in deltas),
        event("content_block_stop", index=index),
    ]


START = event("message_start", message={"model": "claude-opus-5-20260101", "usage": {**USAGE, "output_tokens": 1}})
STOP = event("message_stop")


def end(stop_reason: str, **delta: Any) -> list[bytes]:
    usage = {"output_tokens": 3}
    return [event("message_delta", delta={"stop_reason": stop_reason, **delta}, usage=usage), STOP]


def chunks(*events: bytes, **fields: Any) -> list[Any]:
    """What a client reads from the translated stream: objects, and the word that ends it."""
    running = translation(stream=True, **fields)
    stream = b"".join(running.feed(each) for each in events) + running.close()
    lines = [line.removeprefix(b"data: ") for line in stream.split(b"\n\n") if line.startswith(b"data: ")]
    return [line.decode() if line == b"[DONE]" else json.loads(line) for line in lines]


def deltas(*events: bytes) -> list[dict[str, Any]]:
    return [chunk["choices"][0]["delta"] for chunk in chunks(*events)[:-1]]


def test_text_is_streamed_with_the_role_first_and_the_reason_last() -> None:
    words = block(0, text(""), {"type": "text_delta", "text": "It is "}, {"type": "text_delta", "text": "noon."})
    said = chunks(START, event("ping"), *words, *end("end_turn"))
    assert [chunk["choices"][0]["delta"] for chunk in said[:-1]] == [
        {"role": "assistant", "content": ""},
        {"content": "It is "},
        {"content": "noon."},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in said[:-1]] == [None, None, None, "stop"]
    assert said[-1] == "[DONE]"
    assert {(chunk["id"], chunk["created"], chunk["model"]) for chunk in said[:-1]} == {
        (said[0]["id"], said[0]["created"], "claude-opus-5-20260101")
    }


def test_usage_of_both_ends_comes_in_the_last_chunk_when_asked_for() -> None:
    said = chunks(START, *end("end_turn"), stream_options={"include_usage": True})
    assert (said[-2]["choices"], said[-2]["usage"]) == ([], COUNTED)


def test_calls_are_counted_among_calls_and_not_among_blocks() -> None:
    said = deltas(
        START,
        *block(0, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "signature_delta", "signature": "s"}),
        *block(1, text(""), {"type": "text_delta", "text": "Wait."}),
        *block(
            2,
            {**WEATHER, "input": {}},
            {"type": "input_json_delta", "partial_json": ""},
            {"type": "input_json_delta", "partial_json": '{"city":'},
            {"type": "input_json_delta", "partial_json": '"Bern"}'},
        ),
        *block(3, CLOCK),
        *end("tool_use"),
    )
    calls = [call for delta in said for call in delta.get("tool_calls", [])]
    assert calls == [
        {"index": 0, "id": "toolu_a", "type": "function", "function": {"name": "weather", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"city":'}},
        {"index": 0, "function": {"arguments": '"Bern"}'}},
        {"index": 1, "id": "toolu_b", "type": "function", "function": {"name": "clock", "arguments": ""}},
        {"index": 1, "function": {"arguments": "{}"}},
    ]


def test_thoughts_are_streamed_and_then_given_whole() -> None:
    said = deltas(
        START,
        *block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "I "},
            {"type": "thinking_delta", "thinking": "count."},
            {"type": "signature_delta", "signature": "c2ln"},
        ),
        *block(1, HIDDEN),
        *end("end_turn"),
    )
    assert said[1:-1] == [
        {"reasoning_content": "I "},
        {"reasoning_content": "count."},
        {"thinking_blocks": [THOUGHT, HIDDEN]},
    ]


def test_a_streamed_refusal_is_said_before_the_end() -> None:
    said = chunks(START, *end("refusal", stop_details={"type": "refusal", "explanation": "Harmful."}))
    assert said[1]["choices"][0]["delta"] == {"refusal": "Harmful."}
    assert said[2]["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize(
    "unknown",
    [
        event("of_the_future", content=[1]),
        b": a comment\n\n",
        *block(0, {"type": "server_tool_use", "input": {}}, {"type": "input_json_delta", "partial_json": "{}"}),
        event("content_block_delta", index=0, delta={"type": "citations_delta", "citation": {}}),
    ],
)
def test_what_has_no_counterpart_makes_no_chunk(unknown: bytes) -> None:
    assert translation().feed(unknown) == b""


def test_a_ping_keeps_the_connection_open_as_a_comment() -> None:
    assert translation().feed(event("ping")) == b": ping\n\n"


def test_an_error_in_the_stream_is_raised_with_its_type() -> None:
    broken = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    with pytest.raises(UpstreamError, match="Overloaded") as caught:
        translation().feed(broken)
    assert caught.value.kind == "overloaded_error"


@pytest.mark.parametrize(
    "broken", [b"data: {\n\n", b"data: 7\n\n", b"data: {}\n\n", b'data: "\xff"\n\n', event("content_block_delta")]
)
def test_an_event_that_cannot_be_read_is_an_error(broken: bytes) -> None:
    with pytest.raises(UpstreamError):
        translation().feed(broken)


def test_a_stream_without_its_end_is_an_error() -> None:
    running = translation()
    running.feed(START)
    with pytest.raises(UpstreamError, match="early"):
        running.close()


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (429, b'{"error":{"type":"rate_limit_error","message":"Slow down."}}', "rate_limit_error", "Slow down."),
        (529, b'{"error":{"type":"overloaded_error","message":"Overloaded"}}', "overloaded_error", "Overloaded"),
        (503, b"<html>", "api_error", "anthropic answered with status 503."),
        (401, b"", "authentication_error", "anthropic answered with status 401."),
        (400, b'{"error":"\xff"}', "invalid_request_error", "anthropic answered with status 400."),
        (422, b"[]", "invalid_request_error", "anthropic answered with status 422."),
    ],
)
def test_an_error_keeps_status_type_and_message(status: int, body: bytes, kind: str, message: str) -> None:
    error = translation().error(status, body)
    assert (error.status, error.kind, error.message) == (status, kind, message)
