"""Messages, whole and streamed: what one form tells, the other tells too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.sse import SseSplitter, data
from token0.wire import Endpoint
from token0_anthropic.messages import Messages

START_USAGE = {
    "input_tokens": 9, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 5, "output_tokens": 1,
    "service_tier": "standard",
}  # fmt: skip
HEAD = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5"}
START = {
    "type": "message_start",
    "message": {**HEAD, "content": [], "stop_reason": None, "stop_sequence": None, "usage": START_USAGE},
}
STOP = {"type": "message_stop"}


def end(reason: str | None = "end_turn", **fields: Any) -> dict[str, Any]:
    delta = {"stop_reason": reason, "stop_sequence": None}
    return {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7}, **fields}


def sse(*events: dict[str, Any]) -> list[bytes]:
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    more = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    opened = {"type": "content_block_start", "index": index, "content_block": start}
    return [opened, *more, {"type": "content_block_stop", "index": index}]


def whole(*events: dict[str, Any]) -> Any:
    body = Messages().whole(sse(*events))
    return None if body is None else json.loads(body)


def stream(body: dict[str, Any]) -> list[bytes]:
    request = Messages().read(b'{"model":"claude-opus-5-5","messages":[]}', Endpoint(kind="generate", path=""))
    events = Messages().events(json.dumps(body).encode(), request)
    assert events is not None
    return list(events)


def told(events: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(data(event)) for event in events]


def test_words_thoughts_and_citations_become_blocks() -> None:
    thinking = block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "40"},
        {"type": "thinking_delta", "thinking": "+2"},
        {"type": "signature_delta", "signature": "c2ln"},
    )
    cited = {"type": "char_location", "cited_text": "42", "document_index": 0}
    text = block(
        2,
        {"type": "text", "text": ""},
        {"type": "text_delta", "text": "4"},
        {"type": "citations_delta", "citation": cited},
        {"type": "text_delta", "text": "2 €"},
    )
    answer = whole(
        START, {"type": "ping"}, *thinking, *block(1, {"type": "redacted_thinking", "data": "x"}), *text, end(), STOP
    )
    assert answer == {
        **HEAD,
        "content": [
            {"type": "thinking", "thinking": "40+2", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "x"},
            {"type": "text", "text": "42 €", "citations": [cited]},
        ],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {**START_USAGE, "output_tokens": 7},
    }


def test_parallel_calls_keep_their_arguments_apart() -> None:
    def piece(text: str) -> dict[str, Any]:
        return {"type": "input_json_delta", "partial_json": text}

    answer = whole(
        START,
        *block(0, {"type": "tool_use", "id": "a", "name": "read", "input": {}}, piece("")),
        *block(
            1,
            {"type": "tool_use", "id": "b", "name": "sum", "input": {}},
            piece('{"x": 1234567890'),
            piece("1234567890}"),
        ),
        end("tool_use"),
        STOP,
    )
    assert answer["content"] == [
        {"type": "tool_use", "id": "a", "name": "read", "input": {}},
        {"type": "tool_use", "id": "b", "name": "sum", "input": {"x": 12345678901234567890}},
    ]


def test_the_last_counts_are_the_ones_that_hold() -> None:
    counts = {"output_tokens": 9, "input_tokens": 12, "cache_read_input_tokens": None, "server_tool_use": {"n": 1}}
    answer = whole(START, end(usage=counts, context_management={"applied_edits": []}), STOP)
    assert answer["usage"] == {**START_USAGE, "output_tokens": 9, "input_tokens": 12, "server_tool_use": {"n": 1}}
    assert answer["context_management"] == {"applied_edits": []}


TEXT = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "a"})


@pytest.mark.parametrize(
    "events",
    [
        (),
        (START, *TEXT),
        (START, *TEXT, end()),
        (START, *TEXT, STOP),
        (START, *TEXT, {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}, end(), STOP),
        (START, *TEXT, {"type": "weather"}, end(), STOP),
        (START, *block(0, {"type": "text", "text": ""}, {"type": "smell_delta", "smell": "a"}), end(), STOP),
        (START, *block(1, {"type": "text", "text": ""}), end(), STOP),
        (
            START,
            *block(0, {"type": "tool_use", "input": {}}, {"type": "input_json_delta", "partial_json": '{"x'}),
            end("max_tokens"),
            STOP,
        ),
    ],
)
def test_stream_that_has_no_whole_form_has_none(events: tuple[dict[str, Any], ...]) -> None:
    assert whole(*events) is None


CALL = {"type": "tool_use", "id": "a", "name": "sum", "input": {"x": [1, 2.5, None]}}
BODY = {
    **HEAD, "content": [{"type": "text", "text": "Hi", "citations": None}, CALL], "stop_reason": "tool_use",
    "stop_sequence": None, "usage": {**START_USAGE, "output_tokens": 7, "server_tool_use": None},
    "container": {"id": "c"},
}  # fmt: skip


def test_events_are_those_of_the_api_in_its_order() -> None:
    assert [each["type"] for each in told(stream(BODY))] == [
        "message_start",
        "content_block_start", "content_block_delta", "content_block_stop",
        "content_block_start", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
    ]  # fmt: skip
    assert all(event.startswith(b"event: " + told([event])[0]["type"].encode()) for event in stream(BODY))


def test_a_message_that_begins_tells_neither_content_nor_end() -> None:
    begun = told(stream(BODY))[0]["message"]
    assert (begun["content"], begun["stop_reason"], begun["container"]) == ([], None, None)
    assert (begun["usage"]["input_tokens"], begun["usage"]["output_tokens"]) == (9, 0)


def test_the_end_tells_all_counts() -> None:
    last = told(stream(BODY))[-2]
    assert (last["delta"]["stop_reason"], last["usage"]["output_tokens"], last["usage"]["input_tokens"]) == (
        "tool_use", 7, 9,
    )  # fmt: skip


def test_events_are_cut_as_the_relay_cuts_them() -> None:
    events = stream(BODY)
    assert SseSplitter().feed(b"".join(events)) == events


@pytest.mark.parametrize(
    "body",
    [
        {"type": "error", "error": {"type": "x"}},
        {**BODY, "stop_reason": None},
        {**BODY, "type": "m"},
        {"input_tokens": 9},
    ],
)
def test_what_is_no_finished_message_is_not_streamed(body: dict[str, Any]) -> None:
    request = Messages().read(b'{"model":"claude-opus-5-5","messages":[]}', Endpoint(kind="generate", path=""))
    assert Messages().events(json.dumps(body).encode(), request) is None


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | WORDS, lambda inner: st.lists(inner, max_size=2))
INPUTS = st.dictionaries(WORDS, VALUES, max_size=3)
CITED = st.fixed_dictionaries({"type": st.just("page_location"), "cited_text": WORDS})
BLOCKS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("text"), "text": WORDS},
        optional={"citations": st.none() | st.lists(CITED, max_size=2), "later": WORDS},
    ),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": WORDS, "signature": WORDS}),
    st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": WORDS}),
    st.fixed_dictionaries({"type": st.just("tool_use"), "id": WORDS, "name": WORDS, "input": INPUTS}),
    st.fixed_dictionaries({"type": st.just("server_tool_use"), "id": WORDS, "name": WORDS, "input": INPUTS}),
    st.fixed_dictionaries({"type": st.just("web_search_tool_result"), "content": st.lists(INPUTS, max_size=2)}),
)
BODIES = st.fixed_dictionaries(
    {
        **{key: st.just(value) for key, value in HEAD.items()},
        "content": st.lists(BLOCKS, max_size=4),
        "stop_reason": st.sampled_from(["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"]),
        "stop_sequence": st.none() | WORDS,
        "usage": st.just({**START_USAGE, "output_tokens_details": {"thinking_tokens": 3}}),
    },
    optional={"stop_details": st.none() | st.just({"explanation": "x"}), "context_management": st.just({"e": []})},
)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(body=BODIES)
def test_a_streamed_body_tells_the_same(body: dict[str, Any]) -> None:
    assert json.loads(Messages().whole(stream(body)) or b"null") == body
