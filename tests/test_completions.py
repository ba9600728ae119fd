"""token0.completions: answers that the clients of OpenAI Chat Completions parse."""

from __future__ import annotations

import json
from typing import Any

from token0.completions import Completion, counts
from token0.types import Usage

USAGE = Usage(input_tokens=10, output_tokens=4, cached_tokens=3)


def chunks(stream: bytes) -> list[Any]:
    """The decoded events; the word DONE for the last."""
    assert stream.endswith(b"\n\n")
    payloads = [event.removeprefix(b"data: ") for event in stream[:-2].split(b"\n\n")]
    return ["DONE" if payload == b"[DONE]" else json.loads(payload) for payload in payloads]


def test_a_whole_answer_has_every_field_clients_read() -> None:
    answer = json.loads(Completion("m").whole(text="hi", finish_reason="stop", usage=USAGE))
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "m"
    assert answer["id"].startswith("chatcmpl-")
    assert isinstance(answer["created"], int)
    assert answer["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hi", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]


def test_usage_is_told_in_the_words_of_openai() -> None:
    assert counts(USAGE) == {
        "prompt_tokens": 10,
        "completion_tokens": 4,
        "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 3},
    }


def test_tool_calls_and_further_fields_join_the_message() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    answer = Completion("m").whole(
        text=None, finish_reason="tool_calls", usage=None, tool_calls=[call], extra={"reasoning_content": "hm"}
    )
    message = json.loads(answer)["choices"][0]["message"]
    assert message["tool_calls"] == [call]
    assert message["reasoning_content"] == "hm"


def test_an_answer_without_usage_has_no_usage_field() -> None:
    assert "usage" not in json.loads(Completion("m").whole(text="", finish_reason="stop", usage=None))


def test_the_role_comes_first_and_once() -> None:
    building = Completion("m")
    first, second = chunks(building.delta(content="a") + building.delta(content="b"))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "a"}
    assert second["choices"][0]["delta"] == {"content": "b"}


def test_a_tool_call_is_opened_and_then_filled() -> None:
    building = Completion("m")
    opened, filled = chunks(building.tool_start(1, "c", "f") + building.tool_arguments(1, '{"a"'))
    assert opened["choices"][0]["delta"] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"index": 1, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}],
    }
    assert filled["choices"][0]["delta"]["tool_calls"] == [{"index": 1, "function": {"arguments": '{"a"'}}]


def test_all_chunks_of_one_answer_are_of_one_completion() -> None:
    building = Completion("m", include_usage=True)
    *events, done = chunks(building.delta(content="a") + building.finish("length", USAGE))
    assert done == "DONE"
    assert len({(event["id"], event["created"], event["model"], event["object"]) for event in events}) == 1


def test_usage_is_streamed_where_it_was_asked_for() -> None:
    building = Completion("m", include_usage=True)
    _, finished, usage, _ = chunks(building.delta(content="a") + building.finish("stop", USAGE))
    assert finished["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert usage["usage"]["prompt_tokens"] == 10


def test_usage_is_not_streamed_where_it_was_not_asked_for() -> None:
    building = Completion("m")
    assert len(chunks(building.delta(content="a") + building.finish("stop", USAGE))) == 3


def test_an_empty_stream_still_has_a_role_and_an_end() -> None:
    role, finished, done = chunks(Completion("m").finish("content_filter", None))
    assert role["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert finished["choices"][0] == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "content_filter"}
    assert done == "DONE"
