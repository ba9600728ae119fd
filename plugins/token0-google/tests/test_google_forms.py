"""Gemini's answers, whole and streamed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token0.sse import ArraySplitter, SseSplitter, data
from token0.types import Request
from token0.wire import Endpoint
from token0_google.gemini import Gemini

HEAD = {"modelVersion": "gemini-3.8-flash", "responseId": "r1"}
USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 4, "totalTokenCount": 13}


def chunk(*parts: dict[str, Any], finish: str | None = None, index: int = 0, **fields: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": index, **fields}
    return {"candidates": [candidate | ({"finishReason": finish} if finish else {})], "usageMetadata": USAGE, **HEAD}


def sse(*chunks: Any) -> list[bytes]:
    return [b"data: " + json.dumps(each).encode() + b"\r\n\r\n" for each in chunks]


def whole(*chunks: Any) -> Any:
    body = Gemini().whole(sse(*chunks))
    return None if body is None else json.loads(body)


def parts(*chunks: Any) -> Any:
    return whole(*chunks)["candidates"][0]["content"]["parts"]


def request(query: str) -> Request:
    body = json.dumps({"contents": []}).encode()
    path = "/v1beta/models/{model}:streamGenerateContent"
    read = Gemini().read(body, Endpoint(kind="generate", path=path, model="gemini-3.8-flash"))
    return Request(body=read.body, document=read.document, model=read.model, stream=True, query=query)


def test_text_goes_on_where_it_was_cut_and_the_last_counts_hold() -> None:
    last = chunk({"text": " €"}, finish="STOP", safetyRatings=[{"probability": "LOW"}])
    answer = whole(chunk({"text": "4"}, safetyRatings=[]), chunk({"text": "2"}), {**last, "usageMetadata": {"n": 1}})
    candidate = {
        "content": {"role": "model", "parts": [{"text": "42 €"}]},
        "index": 0,
        "finishReason": "STOP",
        "safetyRatings": [{"probability": "LOW"}],
    }
    assert answer == {"candidates": [candidate], "usageMetadata": {"n": 1}, **HEAD}


def test_thoughts_stay_apart_from_text() -> None:
    thought = [chunk({"text": "40", "thought": True}), chunk({"text": "+2", "thought": True})]
    assert parts(*thought, chunk({"text": "42"}, finish="STOP")) == [{"text": "40+2", "thought": True}, {"text": "42"}]


def test_signed_parts_are_never_joined() -> None:
    signed = {"text": "", "thoughtSignature": "c2ln"}
    assert parts(chunk({"text": "a"}), chunk(signed), chunk({"text": "b"}, finish="STOP")) == [
        {"text": "a"},
        signed,
        {"text": "b"},
    ]


def test_calls_and_pictures_follow_each_other() -> None:
    call = {"functionCall": {"name": "sum", "args": {"x": 1}}, "thoughtSignature": "c2ln"}
    picture = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    assert parts(chunk(call, call), chunk(call), chunk(picture, finish="STOP")) == [call, call, call, picture]


def test_candidates_are_kept_apart() -> None:
    answer = whole(
        chunk({"text": "n"}, index=1),
        chunk({"text": "y"}),
        chunk({"text": "o"}, index=1, finish="MAX_TOKENS"),
        chunk(finish="STOP"),
    )
    told = [(each["index"], each["content"]["parts"], each["finishReason"]) for each in answer["candidates"]]
    assert told == [(0, [{"text": "y"}], "STOP"), (1, [{"text": "no"}], "MAX_TOKENS")]


def test_tokens_are_told_one_after_the_other() -> None:
    def tokens(word: str) -> dict[str, Any]:
        return {"chosenCandidates": [{"token": word}], "topCandidates": [{"candidates": []}]}

    answer = whole(chunk({"text": "a"}, logprobsResult=tokens("a")), chunk(finish="STOP", logprobsResult=tokens("b")))
    assert [each["token"] for each in answer["candidates"][0]["logprobsResult"]["chosenCandidates"]] == ["a", "b"]


def test_blocked_prompt_is_an_answer_without_candidates() -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": USAGE, **HEAD}
    assert whole(blocked) == blocked


def test_array_tells_what_the_events_tell() -> None:
    chunks = [chunk({"text": "a"}), chunk({"text": "b"}, finish="STOP")]
    cut = ArraySplitter()
    events = cut.feed(json.dumps(chunks, indent=2).encode())
    assert json.loads(Gemini().whole([*events, cut.rest]) or b"null") == whole(*chunks)


END = chunk({"text": "z"}, finish="STOP")


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        (chunk({"text": "a"}),),
        (chunk({"text": "a"}, index=1), END),
        (chunk({"text": "a"}), {"error": {"code": 503, "message": "no"}}, END),
        (chunk({"text": "a"}), [1], END),
        (chunk({"functionCall": {"name": "f", "partialArgs": [{}], "willContinue": True}}), END),
        (
            chunk(groundingMetadata={"webSearchQueries": ["a"]}),
            chunk(groundingMetadata={"webSearchQueries": ["b"]}),
            END,
        ),
        (chunk({"text": "a"}), {**END, "responseId": "r2"}),
    ],
)
def test_stream_that_has_no_whole_form_has_none(chunks: tuple[Any, ...]) -> None:
    assert whole(*chunks) is None


def test_an_empty_object_is_no_contradiction() -> None:
    grounded = {"groundingMetadata": {"webSearchQueries": ["a"]}}
    answer = whole(chunk(groundingMetadata={}), chunk(**grounded), chunk(finish="STOP", groundingMetadata={}))
    assert answer["candidates"][0]["groundingMetadata"] == grounded["groundingMetadata"]


PRETTY = json.dumps(END, indent=2, ensure_ascii=False).encode()


@pytest.mark.parametrize("query", ["alt=sse", "key=k&alt=sse", "$alt=sse", "%24alt=sse"])
def test_events_are_written_where_they_were_asked_for(query: str) -> None:
    events = Gemini().events(PRETTY, request(query))
    assert events is not None
    assert SseSplitter().feed(b"".join(events)) == events
    assert [json.loads(data(event)) for event in events] == [END]
    assert Gemini().stream_type(request(query)) == "text/event-stream"


@pytest.mark.parametrize("query", ["", "alt=json", "key=alt%3Dsse"])
def test_elsewhere_an_array_is_written(query: str) -> None:
    events = Gemini().events(PRETTY, request(query))
    assert json.loads(b"".join(events or ())) == [END]
    assert Gemini().stream_type(request(query)) == "application/json"


@pytest.mark.parametrize("body", [b"{}", b"[]", b"", b'{"error":{"code":400}}', b'{"totalTokens":9}'])
def test_what_is_no_answer_is_not_streamed(body: bytes) -> None:
    assert Gemini().events(body, request("alt=sse")) is None


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PARTS = st.one_of(
    st.fixed_dictionaries({"text": WORDS}, optional={"thought": st.just(value=True), "thoughtSignature": WORDS}),
    st.fixed_dictionaries(
        {"functionCall": st.fixed_dictionaries({"name": WORDS, "args": st.dictionaries(WORDS, WORDS)})}
    ),
)
CANDIDATES = st.fixed_dictionaries(
    {"finishReason": st.sampled_from(["STOP", "SAFETY"])},
    optional={
        "content": st.just({})
        | st.fixed_dictionaries({"role": st.just("model"), "parts": st.lists(PARTS, max_size=4)}),
        "citationMetadata": st.just({"citationSources": [{"uri": "u"}]}),
        "avgLogprobs": st.floats(-9, 0),
        "later": WORDS,
    },
)
BODIES = st.builds(
    lambda candidates, rest: {"candidates": [{"index": i, **each} for i, each in enumerate(candidates)], **rest},
    st.lists(CANDIDATES, min_size=1, max_size=3),
    st.fixed_dictionaries({"usageMetadata": st.just(USAGE), "modelVersion": WORDS}, optional={"later": WORDS}),
)


@settings(max_examples=100, derandomize=True, deadline=None, database=None)
@given(body=BODIES, query=st.sampled_from(["alt=sse", ""]))
def test_a_streamed_body_tells_the_same(body: dict[str, Any], query: str) -> None:
    events = Gemini().events(json.dumps(body).encode(), request(query))
    assert json.loads(Gemini().whole(events or ()) or b"null") == body
