"""Gemini's answers in OpenAI's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from token0.errors import UpstreamError
from token0_google.chat_answer import ChatAnswer

USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "cachedContentTokenCount": 4}


def answering(*, include_usage: bool = False) -> ChatAnswer:
    return ChatAnswer(b"", "", "gemini-3-flash-preview", include_usage=include_usage, warnings=())


def candidate(*parts: Any, reason: str | None = "STOP", **fields: Any) -> dict[str, Any]:
    ended = {"finishReason": reason} if reason else {}
    return {
        "candidates": [{"content": {"role": "model", "parts": list(parts)}, **ended, **fields}],
        "usageMetadata": USAGE,
    }


def choice(document: Any) -> Any:
    return json.loads(answering().answer(json.dumps(document).encode()))["choices"][0]


def streamed(*chunks: Any, include_usage: bool = False) -> list[Any]:
    translation = answering(include_usage=include_usage)
    said = b"".join(translation.feed(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n") for chunk in chunks)
    events = (said + translation.close()).split(b"\n\n")
    assert events[-2:] == [b"data: [DONE]", b""]
    return [json.loads(event[6:]) for event in events[:-2]]


def test_a_whole_answer() -> None:
    answer = json.loads(answering().answer(json.dumps(candidate({"text": "a"}, {"text": "b"})).encode()))
    assert answer["choices"][0]["message"]["content"] == "ab"
    assert answer["usage"] == {
        "prompt_tokens": 9,
        "completion_tokens": 5,
        "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 4},
    }


def test_thoughts_are_apart_from_the_answer() -> None:
    message = choice(candidate({"text": "hm", "thought": True}, {"text": "a"}))["message"]
    assert (message["reasoning_content"], message["content"]) == ("hm", "a")


def test_a_call_carries_its_signature() -> None:
    part = {"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}
    got = choice(candidate(part))
    assert (got["finish_reason"], got["message"]["content"]) == ("tool_calls", None)
    assert got["message"]["tool_calls"] == [
        {
            "id": "1",
            "type": "function",
            "function": {"name": "f", "arguments": '{"a":1}'},
            "extra_content": {"google": {"thought_signature": "c2ln"}},
        }
    ]


def test_calls_without_ids_get_different_ones() -> None:
    calls = choice(candidate({"functionCall": {"name": "f"}}, {"functionCall": {"name": "f"}}))["message"]["tool_calls"]
    assert len({call["id"] for call in calls}) == 2
    assert [call["function"]["arguments"] for call in calls] == ["{}", "{}"]


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "stop"), ("MAX_TOKENS", "length"), ("CONTINUATION", "length"), ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"), ("PROHIBITED_CONTENT", "content_filter"), ("SPII", "content_filter"),
        ("BLOCKLIST", "content_filter"), ("IMAGE_SAFETY", "content_filter"), ("SOMETHING_NEW", "content_filter"),
    ],
)  # fmt: skip
def test_reasons_have_openais_names(reason: str, finish: str) -> None:
    assert choice(candidate({"text": "a"}, reason=reason))["finish_reason"] == finish
    assert streamed(candidate({"text": "a"}, reason=reason))[-1]["choices"][0]["finish_reason"] == finish


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "MISSING_THOUGHT_SIGNATURE", "UNEXPECTED_TOOL_CALL"])
def test_a_reason_that_leaves_no_answer_is_an_error(reason: str) -> None:
    with pytest.raises(UpstreamError, match=reason):
        choice(candidate(reason=reason))


def test_a_filtered_candidate_may_have_no_content() -> None:
    got = choice({"candidates": [{"finishReason": "SAFETY", "index": 0}]})
    assert (got["message"]["content"], got["finish_reason"]) == ("", "content_filter")


def test_a_blocked_prompt_is_a_refusal() -> None:
    got = choice({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 5}})
    assert got["finish_reason"] == "content_filter"
    assert got["message"]["refusal"] == "Gemini blocked the prompt: SAFETY."


@pytest.mark.parametrize(
    "body", [b"{}", b'{"candidates": []}', b"[]", b"<html>", b'{"\xff": 1}', b'{"error": {"message": "x"}}']
)
def test_an_answer_that_says_nothing_is_an_error(body: bytes) -> None:
    with pytest.raises(UpstreamError):
        answering().answer(body)


def test_several_candidates_are_several_choices() -> None:
    document = candidate({"text": "a"})
    document["candidates"] += candidate({"text": "b"})["candidates"]
    answer = json.loads(answering().answer(json.dumps(document).encode()))
    assert [(each["index"], each["message"]["content"]) for each in answer["choices"]] == [(0, "a"), (1, "b")]


def test_probabilities_have_openais_shape() -> None:
    best = {"token": "é", "logProbability": -0.5}
    result = {"chosenCandidates": [best], "topCandidates": [{"candidates": [best]}]}
    entry = {"token": "é", "logprob": -0.5, "bytes": [195, 169]}
    assert choice(candidate({"text": "é"}, logprobsResult=result))["logprobs"] == {
        "content": [{**entry, "top_logprobs": [entry]}],
        "refusal": None,
    }


def test_a_picture_the_model_drew_is_not_lost() -> None:
    drawn = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    images = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
    assert choice(candidate({"text": "here"}, drawn))["message"]["images"] == images
    assert streamed(candidate(drawn))[0]["choices"][0]["delta"]["images"] == images


def test_a_stream_begins_with_the_role_and_ends_with_the_reason() -> None:
    chunks = streamed(candidate({"text": "a"}, reason=None), candidate({"text": "b"}))
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"role": "assistant", "content": "a"},
        {"content": "b"},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "stop"]


def test_the_last_usage_counts_also_after_the_reason() -> None:
    late = {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 7}}
    last = streamed(candidate({"text": "a"}), late, include_usage=True)[-1]
    assert (last["choices"], last["usage"]["completion_tokens"]) == ([], 7)


def test_streamed_thoughts_and_calls() -> None:
    call = {"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}
    chunks = streamed(candidate({"text": "hm", "thought": True}, reason=None), candidate(call), {"candidates": []})
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0]["reasoning_content"] == "hm"
    assert [delta["tool_calls"][0]["index"] for delta in deltas[1:3]] == [0, 0]
    assert deltas[2]["tool_calls"][0]["function"] == {"arguments": '{"a":1}'}
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_an_empty_part_that_only_signs_is_no_chunk() -> None:
    assert (
        len(streamed(candidate({"text": "a"}, reason=None), candidate({"text": "", "thoughtSignature": "c2ln"}))) == 2
    )


def test_a_blocked_prompt_is_a_streamed_refusal() -> None:
    first, last = streamed({"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "No."}})
    assert first["choices"][0]["delta"]["refusal"] == "No."
    assert last["choices"][0]["finish_reason"] == "content_filter"


def test_a_stream_without_a_reason_is_an_error() -> None:
    with pytest.raises(UpstreamError, match="broke off"):
        streamed(candidate({"text": "a"}, reason=None))


@pytest.mark.parametrize(
    "event", [b'data: {"error":{"code":503,"message":"Busy."}}\n\n', b'{"error":{"message":"Busy."}}']
)
def test_an_error_in_a_stream_is_told(event: bytes) -> None:
    with pytest.raises(UpstreamError, match="Busy"):
        answering().feed(event)


def test_an_error_in_a_stream_keeps_googles_word_for_it() -> None:
    with pytest.raises(UpstreamError) as caught:
        answering().feed(b'data: {"error":{"code":503,"message":"Busy.","status":"UNAVAILABLE"}}\n\n')
    assert caught.value.code == "UNAVAILABLE"


def test_a_comment_is_no_chunk() -> None:
    assert answering().feed(b": open\n\n") == b""


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "headers"),
    [
        (400, {"message": "m", "status": "INVALID_ARGUMENT"}, "invalid_request_error", "INVALID_ARGUMENT", {}),
        (
            400,
            {"message": "m", "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]},
            "invalid_request_error",
            "API_KEY_INVALID",
            {},
        ),
        (403, {"message": "m", "status": "PERMISSION_DENIED"}, "permission_error", "PERMISSION_DENIED", {}),
        (
            429,
            {"message": "m", "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "34.07s"}]},
            "rate_limit_error",
            "RESOURCE_EXHAUSTED",
            {"Retry-After": "35"},
        ),
        (
            429,
            {"message": "m", "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "34s"}]},
            "rate_limit_error",
            "RESOURCE_EXHAUSTED",
            {"Retry-After": "34"},
        ),
        (503, {"message": "m", "status": "UNAVAILABLE"}, "api_error", "UNAVAILABLE", {}),
    ],
)
@pytest.mark.parametrize("listed", [False, True])
def test_an_error_keeps_status_and_message(
    status: int, body: Any, kind: str, code: str, headers: dict[str, str], listed: bool
) -> None:
    told = {"error": {"code": status, **body}}
    error = answering().error(status, json.dumps([told] if listed else told).encode())
    assert (error.status, error.message, error.kind, error.code, error.headers) == (status, "m", kind, code, headers)


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"{}", b"[]", b'{"error": "x"}'])
def test_an_error_that_is_none_of_googles_is_told_as_it_came(body: bytes) -> None:
    assert answering().error(502, body).message == body.decode()


def test_an_error_that_is_no_text_keeps_its_status() -> None:
    assert answering().error(503, b'{"error":"\xff"}').status == 503
