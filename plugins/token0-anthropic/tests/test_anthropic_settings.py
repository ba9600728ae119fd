"""OpenAI Chat to Anthropic Messages: what the other fields become, and what is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from token0.errors import BadRequest
from token0.testing import png
from token0.wire import Translation
from token0_anthropic.translator import ChatToMessages

PNG = base64.b64encode(png(8, 8)).decode()
MARK = {"type": "ephemeral"}
HI = {"role": "user", "content": "hi"}
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {}}}},
}


def translation(model: str, fields: dict[str, Any], *, drop: bool = False) -> Translation:
    return ChatToMessages().translate({"model": model, "messages": [HI], **fields}, model, drop=drop)


def translated(model: str = "claude-sonnet-4-5", **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(translation(model, fields).body)
    return body


def text(words: str, **keys: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **keys}


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def asked(part: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [part]}]}


def call(call_id: str, arguments: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "weather", "arguments": arguments}}


def refusal(**fields: Any) -> str | None:
    with pytest.raises(BadRequest) as caught:
        translated(**fields)
    assert caught.value.status == 400
    return caught.value.param


@pytest.mark.parametrize(
    ("model", "fields", "limit"),
    [
        ("claude-opus-5-5", {}, 32_000),
        ("claude-3-7-sonnet-latest", {}, 32_000),
        ("claude-3-5-haiku-latest", {}, 8192),
        ("claude-3-opus-latest", {}, 4096),
        ("claude-of-tomorrow", {}, 4096),
        ("claude-opus-5-5", {"max_tokens": 7}, 7),
        ("claude-opus-5-5", {"max_tokens": 7, "max_completion_tokens": 9}, 9),
    ],
)
def test_the_limit_of_an_answer(model: str, fields: dict[str, Any], limit: int) -> None:
    assert translated(model, **fields)["max_tokens"] == limit


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"stream": True}, {"stream": True}),
        ({"stream": False}, {}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["a", "b"]}, {"stop_sequences": ["a", "b"]}),
        ({"temperature": 0.2, "top_p": 0.9}, {"temperature": 0.2, "top_p": 0.9}),
        ({"temperature": 0}, {"temperature": 0}),
        ({"temperature": 1, "top_p": 1.0}, {}),
        ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ({"response_format": {"type": "text"}}, {}),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "strict": True, "schema": {"a": 1}},
                }
            },
            {"output_config": {"format": {"type": "json_schema", "schema": {"a": 1}}}},
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2000}},
            {"thinking": {"type": "enabled", "budget_tokens": 2000}},
        ),
        ({"top_k": 5, "cache_control": MARK}, {"top_k": 5, "cache_control": MARK}),
        (
            {"user": "u", "metadata": {}, "store": True, "service_tier": "auto", "prompt_cache_key": "k", "seed": None},
            {},
        ),
        ({"n": 1, "logprobs": False, "presence_penalty": 0.0, "logit_bias": {}, "modalities": ["text"]}, {}),
        ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}),
    ],
)
def test_fields(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    body = translated(max_tokens=9, **fields)
    assert body == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [text("hi")]}],
        **expected,
    }


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        ("claude-opus-5-5", "xhigh", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}}),
        ("claude-sonnet-4-6", "minimal", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
        ("claude-opus-4-5", "high", {"output_config": {"effort": "high"}}),
        ("claude-of-tomorrow", "high", {"output_config": {"effort": "high"}}),
    ],
)
def test_effort(model: str, effort: str, expected: dict[str, Any]) -> None:
    body = translated(model, reasoning_effort=effort)
    assert {key: body[key] for key in ("thinking", "output_config") if key in body} == expected


def test_a_model_that_must_call_a_tool_is_not_asked_to_think() -> None:
    body = translated("claude-opus-5-5", reasoning_effort="high", tools=[WEATHER], tool_choice="required")
    assert "thinking" not in body


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"n": 2}, "n"),
    ({"logprobs": True}, "logprobs"),
    ({"top_logprobs": 3}, "top_logprobs"),
    ({"presence_penalty": 0.5}, "presence_penalty"),
    ({"frequency_penalty": -1}, "frequency_penalty"),
    ({"seed": 7}, "seed"),
    ({"logit_bias": {"50256": -100}}, "logit_bias"),
    ({"modalities": ["text", "audio"]}, "modalities"),
    ({"web_search_options": {}}, "web_search_options"),
    ({"functions": []}, "functions"),
    ({"invented": 1}, "invented"),
    ({"temperature": 1.5}, "temperature"),
    ({"model": "claude-opus-5-5", "temperature": 0}, "temperature"),
    ({"model": "claude-opus-4-7", "top_p": 0.5}, "top_p"),
    ({"reasoning_effort": "high"}, "reasoning_effort"),
    ({"response_format": {"type": "json_object"}}, "response_format"),
    ({"stop": ["ok", "\n"]}, "stop[1]"),
    ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0]"),
    ({"tools": [WEATHER], "tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
    (asked({"type": "input_audio"}), "messages[0].content[0]"),
    ({"messages": [{"role": "system", "content": [image("https://e.org/")]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "function", "content": "x"}]}, "messages[0].role"),
    (asked({"type": "file", "file": {"file_id": "f"}}), "messages[0].content[0].file.file_id"),
    (asked({"type": "file", "file": {"file_data": PNG}}), "messages[0].content[0].file.file_data"),
    ({"messages": [{"role": "assistant", "function_call": {}}]}, "messages[0].function_call"),
]


@pytest.mark.parametrize(("fields", "param"), REFUSED)
def test_what_has_no_counterpart_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    assert refusal(**fields) == param


@pytest.mark.parametrize(("fields", "param"), REFUSED)
def test_or_dropped_with_a_warning_where_that_is_allowed(fields: dict[str, Any], param: str) -> None:
    model = fields.get("model", "claude-sonnet-4-5")
    (warning,) = translation(model, fields, drop=True).warnings
    assert warning.startswith(f"{param} was dropped for anthropic: ")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": "hi"}, "messages"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [call("a", "{")]}]},
            "messages[0].tool_calls[0].function.arguments",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [call("a", "[1]")]}]},
            "messages[0].tool_calls[0].function.arguments",
        ),
        ({"tools": [WEATHER], "tool_choice": "any"}, "tool_choice"),
        ({"reasoning_effort": "enormous"}, "reasoning_effort"),
        ({"temperature": "hot"}, "temperature"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"messages": [{"role": "user", "content": [image("data:image/png,x")]}]}, "messages[0].content[0].image_url"),
    ],
)
def test_a_wrong_request_is_refused_by_its_part(fields: dict[str, Any], param: str) -> None:
    assert refusal(**fields) == param


def test_the_same_request_gives_the_same_bytes() -> None:
    fields = {
        "tools": [WEATHER],
        "reasoning_effort": "none",
        "messages": [HI, {"role": "user", "content": [image("https://e")]}],
    }
    assert translation("claude-opus-5-5", fields).body == translation("claude-opus-5-5", fields).body
