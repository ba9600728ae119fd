"""The settings and tools of OpenAI Chat requests in Gemini's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from token0.errors import BadRequest
from token0_google.chat_request import ChatToGemini


def translation(*, model: str = "gemini-3-flash-preview", drop: bool = False, **fields: Any) -> Any:
    document = {"model": model, "messages": [{"role": "user", "content": "hi"}], **fields}
    return ChatToGemini().translate(document, model, drop=drop)


def translated(**fields: Any) -> Any:
    return json.loads(translation(**fields).body)


@pytest.mark.parametrize(
    ("fields", "config"),
    [
        ({"max_tokens": 5}, {"maxOutputTokens": 5}),
        ({"max_tokens": 5, "max_completion_tokens": 7}, {"maxOutputTokens": 7}),
        ({"max_completion_tokens": 7, "max_tokens": 5}, {"maxOutputTokens": 7}),
        ({"stop": "a"}, {"stopSequences": ["a"]}),
        ({"stop": ["a", "b"]}, {"stopSequences": ["a", "b"]}),
        ({"temperature": 0, "top_p": 0.5, "seed": 1}, {"temperature": 0, "topP": 0.5, "seed": 1}),
        ({"presence_penalty": 1, "frequency_penalty": 2}, {"presencePenalty": 1, "frequencyPenalty": 2}),
        ({"n": 2}, {"candidateCount": 2}),
        ({"logprobs": True, "top_logprobs": 3}, {"responseLogprobs": True, "logprobs": 3}),
        ({"response_format": {"type": "json_object"}}, {"responseMimeType": "application/json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}},
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
        ),
        ({"response_format": {"type": "text"}}, {}),
        ({"n": 1, "logprobs": False, "logit_bias": {}, "parallel_tool_calls": True, "modalities": ["text"]}, {}),
        ({"user": "u", "metadata": {}, "store": True, "service_tier": "auto", "prompt_cache_key": "k"}, {}),
        ({"temperature": None, "web_search_options": None}, {}),
        (
            {"extra_body": {"google": {"thinking_config": {"thinking_budget": 5, "include_thoughts": True}}}},
            {"thinkingConfig": {"thinkingBudget": 5, "includeThoughts": True}},
        ),
        (
            {"reasoning_effort": "low", "extra_body": {"google": {"thinking_config": {"include_thoughts": True}}}},
            {"thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": True}},
        ),
        (
            {"reasoning_effort": "low", "extra_body": {"google": {"thinking_config": {"thinking_level": "high"}}}},
            {"thinkingConfig": {"thinkingLevel": "high"}},
        ),
    ],
)
def test_settings_have_googles_names(fields: dict[str, Any], config: dict[str, Any]) -> None:
    assert translated(**fields).get("generationConfig", {}) == config


@pytest.mark.parametrize(
    ("model", "effort", "thinking"),
    [
        ("gemini-3-flash-preview", "minimal", {"thinkingLevel": "MINIMAL"}),
        ("gemini-3-flash-preview", "none", {"thinkingLevel": "MINIMAL"}),
        ("gemini-3-flash-preview", "medium", {"thinkingLevel": "MEDIUM"}),
        ("gemini-3.1-pro-preview", "minimal", {"thinkingLevel": "LOW"}),
        ("gemini-3.1-pro-preview", "xhigh", {"thinkingLevel": "HIGH"}),
        ("gemini-flash-latest", "low", {"thinkingLevel": "LOW"}),
        ("gemini-2.5-flash", "none", {"thinkingBudget": 0}),
        ("gemini-2.5-pro", "low", {"thinkingBudget": 1024}),
        ("gemini-2.5-pro", "medium", {"thinkingBudget": 8192}),
        ("gemini-2.5-pro", "high", {"thinkingBudget": 24576}),
    ],
)
def test_effort_is_a_level_or_a_budget(model: str, effort: str, thinking: Any) -> None:
    assert translated(model=model, reasoning_effort=effort)["generationConfig"] == {"thinkingConfig": thinking}


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"logit_bias": {"1": 1}}, "logit_bias"),
        ({"verbosity": "low"}, "verbosity"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"n": 2, "stream": True}, "n"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"tools": [{"type": "custom", "custom": {}}]}, "tools[0].type"),
        ({"tool_choice": {"type": "custom"}}, "tool_choice"),
        ({"reasoning_effort": "none", "model": "gemini-2.5-pro"}, "reasoning_effort"),
        ({"reasoning_effort": "low", "model": "gemini-2.0-flash"}, "reasoning_effort"),
        ({"extra_body": {"other": 1}}, "extra_body.other"),
        ({"extra_body": {"google": {"other": 1}}}, "extra_body.google.other"),
    ],
)
def test_a_field_without_counterpart_is_refused_or_dropped(fields: dict[str, Any], at: str) -> None:
    with pytest.raises(BadRequest) as raised:
        translation(**fields)
    assert (raised.value.param, raised.value.code) == (at, "unsupported_parameter")
    assert translation(**fields, drop=True).warnings[0].startswith(f"{at} was dropped: ")


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"reasoning_effort": "huge"}, "reasoning_effort"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
    ],
)
def test_an_unknown_word_is_refused_even_where_losses_are_allowed(fields: dict[str, Any], at: str) -> None:
    with pytest.raises(BadRequest) as raised:
        translation(**fields, drop=True)
    assert raised.value.param == at


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        ("required", {"mode": "ANY"}),
        ("none", {"mode": "NONE"}),
        ({"type": "function", "function": {"name": "f"}}, {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"function": {"name": "f"}}]}},
            {"mode": "VALIDATED", "allowedFunctionNames": ["f"]},
        ),
    ],
)
def test_a_choice_of_tools_is_a_mode(choice: Any, calling: Any) -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}]
    body = translated(tools=tools, tool_choice=choice)
    assert body["toolConfig"] == {"functionCallingConfig": calling}
    assert body["tools"] == [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}]


@pytest.mark.parametrize(
    "fields", [{"tool_choice": "auto"}, {"tool_choice": "none"}, {"tools": [], "tool_choice": "none"}]
)
def test_no_choice_is_told_where_there_is_none(fields: dict[str, Any]) -> None:
    assert "toolConfig" not in translated(**fields)


def test_cached_content_is_named_as_googles_imitation_of_openai_does() -> None:
    assert (
        translated(extra_body={"google": {"cached_content": "cachedContents/1"}})["cachedContent"] == "cachedContents/1"
    )
