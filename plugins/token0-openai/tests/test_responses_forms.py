"""Responses, whole and streamed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.sse import SseSplitter, data
from token0.wire import Endpoint
from token0_openai.responses import Responses

USAGE = {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13, "input_tokens_details": {"cached_tokens": 2}}
TEXT = {"type": "output_text", "text": "42 €", "annotations": [{"type": "url_citation", "url": "u"}], "logprobs": []}
REFUSAL = {"type": "refusal", "refusal": "No."}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [TEXT, REFUSAL]}
CALL = {
    "id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "sum", "arguments": '{"x":1}',
    "status": "completed",
}  # fmt: skip
CUSTOM = {"id": "ctc_1", "type": "custom_tool_call", "call_id": "call_2", "name": "grep", "input": "a|b"}
THOUGHT = {
    "id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Add."}],
    "content": [{"type": "reasoning_text", "text": "40+2"}], "encrypted_content": "x",
}  # fmt: skip
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}}


def response(*output: dict[str, Any], status: str = "completed", **fields: Any) -> dict[str, Any]:
    head = {"id": "resp_1", "object": "response", "created_at": 7.0, "completed_at": 9, "error": None}
    return {**head, "status": status, "output": list(output), "usage": USAGE, "model": "gpt-5.4", "x": 1, **fields}


def stream(body: dict[str, Any]) -> list[bytes]:
    request = Responses().read(b'{"model":"gpt-5.4","input":"?"}', Endpoint(kind="generate", path=""))
    events = Responses().events(json.dumps(body).encode(), request)
    assert events is not None
    return list(events)


def told(events: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(data(event)) for event in events]


def kinds(*output: dict[str, Any]) -> list[str]:
    """What the events between the beginning and the end are called."""
    return [event["type"].removeprefix("response.") for event in told(stream(response(*output)))[2:-1]]


def sse(*events: dict[str, Any]) -> list[bytes]:
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


@pytest.mark.parametrize("status", ["completed", "incomplete"])
def test_the_last_event_is_the_whole_answer(status: str) -> None:
    body = response(MESSAGE, status=status)
    begun = {"type": "response.created", "response": response(status="in_progress"), "sequence_number": 0}
    delta = {"type": "response.output_text.delta", "delta": "4", "sequence_number": 1}
    events = sse(begun, delta, {"type": f"response.{status}", "response": body, "token0": {}, "sequence_number": 2})
    whole = Responses().whole([*events[:1], b": ping\n\n", *events[1:]])
    assert whole is not None
    assert json.loads(whole) == body


DONE_ITEM = {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE}


@pytest.mark.parametrize(
    "events",
    [
        sse(DONE_ITEM),
        sse({"type": "response.failed", "response": response(status="failed", error={"code": "x"})}),
        sse({"type": "error", "code": "x", "message": "no"}),
        sse(DONE_ITEM, {"type": "response.completed", "response": response()}),
        [b'event: response.completed\ndata: {"type":"response.completed","resp'],
        [],
    ],
)
def test_stream_that_broke_off_or_ends_without_its_output_has_no_whole_form(events: list[bytes]) -> None:
    assert Responses().whole(events) is None


def test_message_is_told_part_by_part() -> None:
    assert kinds(MESSAGE) == [
        "output_item.added",
        "content_part.added", "output_text.delta", "output_text.annotation.added", "output_text.done",
        "content_part.done",
        "content_part.added", "refusal.delta", "refusal.done", "content_part.done",
        "output_item.done",
    ]  # fmt: skip


def test_calls_are_told_with_their_arguments() -> None:
    assert kinds(CALL, CUSTOM) == [
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.done", "output_item.done",
        "output_item.added", "custom_tool_call_input.delta", "custom_tool_call_input.done", "output_item.done",
    ]  # fmt: skip


def test_reasoning_is_told_by_summary_and_text() -> None:
    assert kinds(THOUGHT) == [
        "output_item.added",
        "reasoning_summary_part.added", "reasoning_summary_text.delta", "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "content_part.added", "reasoning_text.delta", "reasoning_text.done", "content_part.done",
        "output_item.done",
    ]  # fmt: skip


def test_items_of_other_kinds_come_in_one_piece() -> None:
    added, done = told(stream(response(SEARCH)))[2:-1]
    assert (added["item"], done["item"]) == ({**SEARCH, "status": "in_progress"}, SEARCH)


def test_numbers_names_and_places_are_those_of_the_api() -> None:
    events = stream(response(THOUGHT, MESSAGE, CALL))
    assert [event["sequence_number"] for event in told(events)] == list(range(len(events)))
    assert [event.split(b"\n")[0].decode() for event in events] == [f"event: {each['type']}" for each in told(events)]
    places = [(each.get("item_id"), each["output_index"]) for each in told(events) if "item_id" in each]
    assert set(places) == {("rs_1", 0), ("msg_1", 1), ("fc_1", 2)}
    assert [each["content_index"] for each in told(events) if each["type"] == "response.refusal.done"] == [1]


def test_what_has_begun_does_not_tell_how_it_ends() -> None:
    begun = told(stream(response(MESSAGE)))[0]["response"]
    told_early = [begun[key] for key in ("status", "output", "usage", "completed_at")]
    assert told_early == ["in_progress", [], None, None]
    assert (begun["id"], begun["x"]) == ("resp_1", 1)


def test_events_are_cut_as_the_relay_cuts_them() -> None:
    events = stream(response(THOUGHT, MESSAGE))
    assert SseSplitter().feed(b"".join(events)) == events


@pytest.mark.parametrize(
    "body",
    [
        response(status="failed", error={"code": "x"}),
        response(status="queued"),
        response({**MESSAGE, "content": [{"type": "output_smell"}]}),
        response({"type": "message"}, error="x"),
        {"object": "list"},
    ],
)
def test_what_is_not_there_or_not_known_is_not_streamed(body: dict[str, Any]) -> None:
    request = Responses().read(b'{"model":"gpt-5.4","input":"?"}', Endpoint(kind="generate", path=""))
    assert Responses().events(json.dumps(body).encode(), request) is None


ITEMS = st.lists(st.sampled_from([MESSAGE, CALL, CUSTOM, THOUGHT, SEARCH]), max_size=4)


@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(items=ITEMS, status=st.sampled_from(["completed", "incomplete"]), text=st.text('aä€\n"\\{', max_size=9))
def test_a_streamed_body_tells_the_same(items: list[dict[str, Any]], status: str, text: str) -> None:
    body = response(*items, {**MESSAGE, "content": [{**TEXT, "text": text}]}, status=status)
    events = stream(body)
    assert json.loads(Responses().whole(events) or b"null") == body
    assert "".join(each.get("delta", "") for each in told(events) if each["type"].endswith("text.delta")).endswith(text)
