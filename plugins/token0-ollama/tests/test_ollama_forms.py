"""Ollama's answers, whole and line by line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.sse import LineSplitter
from token0.wire import Endpoint
from token0_ollama.dialect import Ollama

END = {
    "model": "llava:7b", "created_at": "2026-11-25T10:00:09Z", "done": True, "done_reason": "stop",
    "total_duration": 9, "prompt_eval_count": 9, "eval_count": 4,
}  # fmt: skip
SILENT = {"role": "assistant", "content": ""}


def chat(**message: Any) -> dict[str, Any]:
    head = {"model": "llava:7b", "created_at": "2026-11-25T10:00:00Z", "done": False}
    return {**head, "message": {**SILENT, **message}}


def whole(*lines: dict[str, Any]) -> Any:
    body = Ollama().whole([json.dumps(line).encode() + b"\n" for line in lines])
    return None if body is None else json.loads(body)


def stream(body: dict[str, Any]) -> list[bytes] | None:
    request = Ollama().read(b'{"model":"llava:7b"}', Endpoint(kind="generate", path="/api/chat"))
    events = Ollama().events(json.dumps(body).encode(), request)
    return None if events is None else list(events)


def test_lines_of_a_chat_become_one_message() -> None:
    call = {"function": {"name": "sum", "arguments": {"x": 1}}}
    lines = [chat(thinking="40"), chat(thinking="+2"), chat(content="4"), chat(content="2 €"), chat(tool_calls=[call])]
    message = {"role": "assistant", "content": "42 €", "thinking": "40+2", "tool_calls": [call, call]}
    assert whole(*lines, chat(tool_calls=[call]), {**END, "message": SILENT}) == {**END, "message": message}


def test_lines_of_a_generation_become_one_response() -> None:
    head = {"model": "llava:7b", "created_at": "2026-11-25T10:00:00Z", "done": False}
    end = {**END, "response": "", "context": [1, 2]}
    assert whole({**head, "response": "4"}, {**head, "response": "2"}, end) == {**end, "response": "42"}


def test_tokens_are_told_one_after_the_other() -> None:
    first = {**chat(content="a"), "logprobs": [{"token": "a", "logprob": -1}]}
    answer = whole(
        first, {**chat(content="a"), "logprobs": [{"token": "a", "logprob": -1}]}, {**END, "message": SILENT}
    )
    assert [each["token"] for each in answer["logprobs"]] == ["a", "a"]


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (chat(content="a"),),
        (chat(content="a"), {"error": "out of memory"}, {**END, "message": SILENT}),
        ({**chat(), "completed": 1}, {**chat(), "completed": 2}, {**END, "message": SILENT}),
    ],
)
def test_stream_that_has_no_whole_form_has_none(lines: tuple[dict[str, Any], ...]) -> None:
    assert whole(*lines) is None


def test_torn_line_has_no_whole_form() -> None:
    assert Ollama().whole([json.dumps(END).encode() + b"\n", b'{"model":']) is None


@pytest.mark.parametrize("said", [{"message": {"role": "assistant", "content": "Hi"}}, {"response": "Hi"}], ids=list)
def test_an_answer_is_said_and_then_ended(said: dict[str, Any]) -> None:
    events = stream({**END, **said})
    assert events is not None
    first, last = map(json.loads, events)
    assert LineSplitter().feed(b"".join(events)) == events
    assert (first["done"], {key: first[key] for key in said}) == (False, said)
    assert (last["done"], last["done_reason"], last["eval_count"]) == (True, "stop", 4)
    assert "eval_count" not in first


@pytest.mark.parametrize("body", [{"error": "no"}, {"models": []}, chat(content="a"), {"status": "success"}])
def test_what_is_no_finished_answer_is_not_streamed(body: dict[str, Any]) -> None:
    assert stream(body) is None


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
CALLS = st.fixed_dictionaries(
    {"function": st.fixed_dictionaries({"name": WORDS, "arguments": st.dictionaries(WORDS, WORDS, max_size=2)})},
    optional={"id": WORDS},
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": WORDS},
    optional={"thinking": WORDS, "tool_calls": st.lists(CALLS, min_size=1, max_size=3), "later": WORDS},
)
LOGPROBS = st.fixed_dictionaries({"token": WORDS, "logprob": st.floats(-9, 0)})
BODIES = st.fixed_dictionaries(
    {key: st.just(value) for key, value in END.items()},
    optional={"logprobs": st.lists(LOGPROBS, max_size=2), "remote_host": WORDS},
).flatmap(
    lambda end: st.one_of(
        MESSAGES.map(lambda message: {**end, "message": message}),
        WORDS.map(lambda text: {**end, "response": text, "thinking": text, "context": [1, 2]}),
    )
)


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(body=BODIES)
def test_a_streamed_body_tells_the_same(body: dict[str, Any]) -> None:
    assert json.loads(Ollama().whole(stream(body) or ()) or b"null") == body
