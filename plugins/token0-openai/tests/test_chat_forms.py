"""Chat completions, whole and streamed: what one form tells, the other tells too."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.sse import SseSplitter, data
from token0.wire import Endpoint
from token0_openai.chat import Chat

HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "gpt-4o", "service_tier": "flex"}
USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
DONE = b"data: [DONE]\n\n"


def chunk(delta: dict[str, Any], finish: str | None = None, index: int = 0, **fields: Any) -> bytes:
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    return b"data: " + json.dumps({**HEAD, "choices": [choice], **fields}).encode() + b"\n\n"


def whole(*events: bytes) -> Any:
    body = Chat().whole(events)
    return None if body is None else json.loads(body)


def stream(body: dict[str, Any], *, usage: bool = False) -> list[bytes]:
    asked = {"model": "gpt-4o", "messages": [], "stream": True, "stream_options": {"include_usage": usage}}
    request = Chat().read(json.dumps(asked).encode(), Endpoint(kind="generate", path=""))
    events = Chat().events(json.dumps(body).encode(), request)
    assert events is not None
    return list(events)


def told(event: bytes) -> Any:
    return json.loads(data(event))


def call(index: int, arguments: str, **fields: Any) -> dict[str, Any]:
    return {
        "tool_calls": [{"index": index, "function": {"arguments": arguments, **fields.pop("function", {})}, **fields}]
    }


def test_words_become_one_message() -> None:
    usage = b"data: " + json.dumps({**HEAD, "choices": [], "usage": USAGE}).encode() + b"\n\n"
    start = chunk({"role": "assistant", "content": "", "refusal": None}, usage=None, obfuscation="xx")
    answer = whole(
        b": ping\n\n", start, chunk({"content": "4"}), chunk({"content": "2 €"}), chunk({}, "stop"), usage, DONE
    )
    message = {"role": "assistant", "content": "42 €", "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    assert answer == {**HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE}


def test_parallel_calls_are_put_together_by_index() -> None:
    answer = whole(
        chunk({"role": "assistant", "content": None}),
        chunk(call(1, "", id="b", type="function", function={"name": "sum"})),
        chunk(call(0, "", id="a", type="function", function={"name": "read"})),
        chunk(call(1, '{"x"')),
        chunk(call(0, "{}")),
        chunk(call(1, ":1}")),
        chunk({}, "tool_calls"),
        DONE,
    )
    choice = answer["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    assert choice["message"]["tool_calls"] == [
        {"id": "a", "type": "function", "function": {"name": "read", "arguments": "{}"}},
        {"id": "b", "type": "function", "function": {"name": "sum", "arguments": '{"x":1}'}},
    ]


def test_choices_are_kept_apart() -> None:
    answer = whole(
        chunk({"content": "no"}, index=1),
        chunk({"content": "yes"}),
        chunk({}, "length", index=1),
        chunk({}, "stop"),
        DONE,
    )
    told = [(each["index"], each["message"]["content"], each["finish_reason"]) for each in answer["choices"]]
    assert told == [(0, "yes", "stop"), (1, "no", "length")]


def test_logprobs_refusals_and_thoughts_are_joined() -> None:
    def tokens(word: str) -> dict[str, Any]:
        return {"content": [{"token": word, "logprob": -1.5, "bytes": None, "top_logprobs": []}], "refusal": None}

    first = {"index": 0, "delta": {"reasoning_content": "I "}, "logprobs": tokens("a"), "finish_reason": None}
    second = {"index": 0, "delta": {"reasoning_content": "see", "refusal": "No"}, "logprobs": tokens("b")}
    events = [b"data: " + json.dumps({**HEAD, "choices": [each]}).encode() + b"\n\n" for each in (first, second)]
    choice = whole(*events, chunk({"refusal": "."}, "content_filter"), DONE)["choices"][0]
    assert choice["message"] == {"role": "assistant", "content": None, "refusal": "No.", "reasoning_content": "I see"}
    assert [each["token"] for each in choice["logprobs"]["content"]] == ["a", "b"]


def test_azures_first_chunk_without_choices_is_read() -> None:
    filtered = {"choices": [], "created": 0, "id": "", "model": "", "prompt_filter_results": [{"prompt_index": 0}]}
    first = b"data: " + json.dumps(filtered).encode() + b"\n\n"
    answer = whole(first, chunk({"content": "a"}, "stop"), DONE)
    assert (answer["id"], answer["created"], answer["prompt_filter_results"]) == (
        "chatcmpl-1",
        7,
        [{"prompt_index": 0}],
    )


def test_what_each_chunk_repeats_is_told_once() -> None:
    sources = {"citations": ["https://a.example", "https://b.example"]}
    answer = whole(chunk({"content": "a"}, **sources), chunk({"content": "b"}, "stop", **sources), DONE)
    assert answer["citations"] == sources["citations"]


END = chunk({}, "stop")


@pytest.mark.parametrize(
    "events",
    [
        (),
        (DONE,),
        (chunk({"content": "a"}), END),
        (chunk({"content": "a"}), DONE),
        (chunk({"content": "a"}, index=1), END, DONE),
        (chunk({"content": "a"}), b'data: {"error":{"message":"overloaded"}}\n\n', END, DONE),
        (chunk({"audio": {"data": "AAA="}}), chunk({"audio": {"data": "BBB="}}), END, DONE),
        (chunk({"mood": "glad"}), chunk({"mood": "sad"}), END, DONE),
        (chunk({"content": "a"}), chunk({}, "stop", id="other"), DONE),
        (chunk({"content": "a"}), b'data: {"choices":[{"ind', DONE),
        (b"data: 5\n\n", END, DONE),
    ],
)
def test_stream_that_has_no_whole_form_has_none(events: tuple[bytes, ...]) -> None:
    assert Chat().whole(events) is None


MESSAGE = {"role": "assistant", "content": "Hi", "refusal": None, "annotations": [{"type": "url_citation"}]}
CHOICE = {"index": 0, "message": MESSAGE, "logprobs": None, "finish_reason": "stop"}
BODY = {**HEAD, "object": "chat.completion", "choices": [CHOICE], "usage": USAGE, "later": {"a": 1}}


def test_usage_is_told_only_to_clients_that_ask() -> None:
    silent, asked = stream(BODY), stream(BODY, usage=True)
    assert not any(b"usage" in event for event in silent)
    assert [told(event).get("usage", "absent") for event in asked[:-2]] == [None] * (len(asked) - 2)
    assert (told(asked[-2])["choices"], told(asked[-2])["usage"]) == ([], USAGE)


def test_every_chunk_has_what_clients_demand() -> None:
    *chunks, done = stream(BODY)
    assert done == DONE
    assert {json.dumps({key: told(each)[key] for key in HEAD}) for each in chunks} == {json.dumps(HEAD)}
    assert told(chunks[0])["choices"][0]["delta"]["role"] == "assistant"
    assert [told(each)["choices"][0]["finish_reason"] for each in chunks] == [None] * (len(chunks) - 1) + ["stop"]


def test_events_are_cut_as_the_relay_cuts_them() -> None:
    events = stream(BODY)
    assert SseSplitter().feed(b"".join(events)) == events


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"error":{"message":"no"}}',
        b'{"choices":[]}',
        b'{"choices":[{"index":0,"message":{"role":"assistant"},"finish_reason":null}]}',
        b'{"id":"cmpl","object":"text_completion","choices":[{"text":"a","index":0,"finish_reason":"stop"}]}',
    ],
)
def test_what_is_no_finished_completion_is_not_streamed(body: bytes) -> None:
    request = Chat().read(b'{"model":"gpt-4o","messages":[]}', Endpoint(kind="generate", path=""))
    assert Chat().events(body, request) is None


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TOKENS = st.none() | st.lists(
    st.fixed_dictionaries(
        {"token": TEXT, "logprob": st.floats(-9, 0), "bytes": st.none(), "top_logprobs": st.just([])}
    ),
    max_size=3,
)
FUNCTION = st.builds(
    lambda name, text, number: {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": name, "arguments": text},
    },
    st.text("abc", min_size=1),
    TEXT,
    st.integers(0, 99),
)
CUSTOM = st.builds(lambda text: {"id": "c", "type": "custom", "custom": {"name": "grep", "input": text}}, TEXT)
MESSAGES = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": st.none() | TEXT, "refusal": st.none() | TEXT},
    optional={
        "tool_calls": st.lists(FUNCTION | CUSTOM, min_size=1, max_size=3),
        "reasoning_content": TEXT,
        "thinking_blocks": st.lists(
            st.fixed_dictionaries({"thinking": TEXT, "signature": TEXT}), min_size=1, max_size=2
        ),
        "annotations": st.lists(st.fixed_dictionaries({"type": st.just("url_citation"), "url": TEXT}), max_size=2),
        "audio": st.fixed_dictionaries({"id": st.just("audio_1"), "data": st.just("AAAA")}),
    },
)
CHOICES = st.fixed_dictionaries(
    {
        "message": MESSAGES,
        "logprobs": st.none() | st.fixed_dictionaries({"content": TOKENS, "refusal": TOKENS}),
        "finish_reason": st.sampled_from(["stop", "length", "tool_calls", "content_filter"]),
    },
    optional={"content_filter_results": st.just({"hate": {"filtered": False}})},
)
BODIES = st.builds(
    lambda choices, rest: {
        **HEAD,
        "object": "chat.completion",
        "choices": [{"index": index, **choice} for index, choice in enumerate(choices)],
        **rest,
    },
    st.lists(CHOICES, min_size=1, max_size=3),
    st.fixed_dictionaries({"usage": st.just(USAGE)}, optional={"citations": st.lists(TEXT, max_size=3)}),
)
steady = settings(max_examples=100, derandomize=True, deadline=None, database=None)


@steady
@given(body=BODIES)
def test_a_streamed_body_tells_the_same(body: dict[str, Any]) -> None:
    assert whole(*stream(body, usage=True)) == body


@steady
@given(body=BODIES, cuts=st.lists(st.integers(0, 12), max_size=4))
def test_a_stream_cut_anywhere_tells_the_same(body: dict[str, Any], cuts: list[int]) -> None:
    assert whole(*_shredded(stream(body, usage=True), cuts)) == body


def _shredded(events: list[bytes], cuts: list[int]) -> list[bytes]:
    """The same stream with contents and arguments in smaller pieces."""
    out = []
    for event in events:
        delta = {} if event == DONE else (told(event)["choices"] or [{"delta": {}}])[0]["delta"]
        if not delta.get("content"):
            out.append(event)
            continue
        bounds = [0, *sorted(cut for cut in cuts if cut < len(delta["content"])), len(delta["content"])]
        for i, (start, end) in enumerate(pairwise(bounds)):
            piece = told(event)
            piece["choices"][0]["delta"]["content"] = delta["content"][start:end]
            # Tokens are told once.
            piece["choices"][0]["logprobs"] = piece["choices"][0]["logprobs"] if i == 0 else None
            out.append(b"data: " + json.dumps(piece).encode() + b"\n\n")
    return out
