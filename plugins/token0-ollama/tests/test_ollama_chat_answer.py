"""Ollama's answers as clients of OpenAI Chat get them."""

from __future__ import annotations

import json

import pytest

from token0.errors import UpstreamError
from token0_ollama.chat_request import ChatToOllama

END = {"done": True, "done_reason": "stop", "prompt_eval_count": 602, "eval_count": 7}
USAGE = {
    "prompt_tokens": 602,
    "completion_tokens": 7,
    "total_tokens": 609,
    "prompt_tokens_details": {"cached_tokens": 0},
}
CALLS = [{"function": {"name": "f", "arguments": {"x": 1}}}, {"id": "call_own", "function": {"name": "g"}}]


def translation(**fields):
    document = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **fields}
    return ChatToOllama().translate(document, "llava:7b", drop=False)


def line(content="", end=None, **message):
    told = {"role": "assistant", "content": content, **message}
    return json.dumps({"model": "llava:7b", "created_at": "T", "message": told, **(end or {"done": False})}).encode()


def whole(*arguments, **message):
    return json.loads(translation().answer(line(*arguments, **message)))


def streamed(*lines, **fields):
    """The chunks of an answer; the mark of its end must be there and is taken off."""
    answer = translation(**fields)
    events = b"".join([*(answer.feed(each + b"\n") for each in lines), answer.close()]).decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    return [json.loads(event.removeprefix("data: ")) for event in events[:-2]]


def deltas(*lines):
    return [(chunk["choices"][0]["delta"], chunk["choices"][0]["finish_reason"]) for chunk in streamed(*lines)]


def test_a_whole_answer_is_translated():
    answer = whole("A cat.", END)
    assert answer["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "A cat.", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    assert (answer["object"], answer["model"], answer["usage"]) == ("chat.completion", "llava:7b", USAGE)


@pytest.mark.parametrize(("reason", "finish"), [("stop", "stop"), ("length", "length"), ("load", "stop"), ("", "stop")])
def test_the_reason_of_the_end_is_translated(reason, finish):
    end = {**END, "done_reason": reason}
    assert whole("a", end)["choices"][0]["finish_reason"] == finish
    assert deltas(line("a", end))[-1][1] == finish


def test_thinking_is_told_beside_the_answer():
    assert whole("4", END, thinking="2+2")["choices"][0]["message"]["reasoning_content"] == "2+2"


def test_calls_of_a_whole_answer_have_ids_and_arguments_as_text():
    choice = whole("", END, tool_calls=CALLS)["choices"][0]
    first, second = choice["message"]["tool_calls"]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    assert first["function"] == {"name": "f", "arguments": '{"x":1}'}
    assert first["id"].startswith("call_")
    assert second == {"id": "call_own", "type": "function", "function": {"name": "g", "arguments": "{}"}}


def test_the_same_answer_gives_the_same_call_ids():
    def ids():
        return [call["id"] for call in whole("", END, tool_calls=CALLS)["choices"][0]["message"]["tool_calls"]]

    assert ids() == ids()


def test_another_answer_gives_other_call_ids():
    one, two = (whole(content, END, tool_calls=CALLS) for content in ("a", "b"))
    ids = [answer["choices"][0]["message"]["tool_calls"][0]["id"] for answer in (one, two)]
    assert ids[0] != ids[1]


def test_log_probabilities_get_the_shape_of_openai():
    entry = {"token": "ä", "logprob": -0.5, "top_logprobs": [{"token": "b", "logprob": -1.5, "bytes": [98]}]}
    expected = {
        "content": [
            {
                "token": "ä",
                "logprob": -0.5,
                "bytes": [195, 164],
                "top_logprobs": [{"token": "b", "logprob": -1.5, "bytes": [98]}],
            }
        ],
        "refusal": None,
    }
    assert whole("ä", {**END, "logprobs": [entry]})["choices"][0]["logprobs"] == expected
    chunks = streamed(line("ä", {"done": False, "logprobs": [entry]}), line("", END))
    assert chunks[0]["choices"][0]["logprobs"] == expected


def test_a_stream_begins_with_the_role_and_ends_with_the_reason():
    assert deltas(line("A "), line("cat."), line("", END)) == [
        ({"role": "assistant", "content": "A "}, None),
        ({"content": "cat."}, None),
        ({}, "stop"),
    ]


def test_chunks_of_one_answer_share_id_time_and_model():
    chunks = streamed(line("A"), line("b"), line("", END))
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1


def test_thinking_streams_before_the_answer():
    assert deltas(line("", thinking="2+2"), line("4"), line("", END)) == [
        ({"role": "assistant", "content": "", "reasoning_content": "2+2"}, None),
        ({"content": "4"}, None),
        ({}, "stop"),
    ]


def test_calls_in_several_lines_are_numbered_through():
    told = deltas(line("", tool_calls=CALLS[:1]), line("", tool_calls=CALLS[1:]), line("", END))
    starts = [delta["tool_calls"][0] for delta, _ in told if "tool_calls" in delta]
    assert [(start["index"], start["function"].get("name")) for start in starts] == [
        (0, "f"),
        (0, None),
        (1, "g"),
        (1, None),
    ]
    assert [start["function"]["arguments"] for start in starts] == ["", '{"x":1}', "", "{}"]
    assert told[-1] == ({}, "tool_calls")


def test_usage_is_streamed_when_it_was_asked_for():
    chunks = streamed(line("a"), line("", END), stream_options={"include_usage": True})
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], USAGE)


def test_usage_is_not_streamed_unasked():
    assert all("usage" not in chunk for chunk in streamed(line("a"), line("", END)))


def test_an_answer_without_counts_tells_no_usage():
    assert "usage" not in whole("a", {"done": True, "done_reason": "stop"})


def test_an_error_in_the_stream_is_raised():
    answer = translation()
    answer.feed(line("A"))
    with pytest.raises(UpstreamError, match="an error was encountered") as caught:
        answer.feed(b'{"error":"an error was encountered while running the model"}\n')
    assert caught.value.code is None


def test_a_stream_that_just_ends_is_an_error():
    answer = translation()
    answer.feed(line("A"))
    with pytest.raises(UpstreamError, match="broke off"):
        answer.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"\xff":1}', b'{"a":' * 9999])
def test_an_answer_that_is_no_object_is_an_error(body):
    with pytest.raises(UpstreamError):
        translation().answer(body)


@pytest.mark.parametrize(
    ("status", "body", "kind", "message", "code"),
    [
        (404, b'{"error":"model \'x\' not found"}', "not_found_error", "model 'x' not found", "model_not_found"),
        (400, b'{"error":"invalid options"}', "invalid_request_error", "invalid options", None),
        (429, b'{"error":"slow down"}', "rate_limit_error", "slow down", None),
        (503, b'{"error":"server busy"}', "api_error", "server busy", None),
        (401, b'{"error":{"message":"unauthorized"}}', "authentication_error", "unauthorized", None),
        (502, b'{"error":"\xff"}', "api_error", '{"error":"\N{REPLACEMENT CHARACTER}"}', None),
        (502, b"Bad Gateway", "api_error", "Bad Gateway", None),
        (500, b"", "api_error", "Ollama answered without a message.", None),
    ],
)
def test_an_error_keeps_its_status_and_sentence(status, body, kind, message, code):
    error = translation().error(status, body)
    assert (error.status, error.kind, error.message, error.code) == (status, kind, message, code)
