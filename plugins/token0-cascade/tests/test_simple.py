"""token0_cascade.simple: one short question is simple in every dialect, and whatever is not known is not."""

from __future__ import annotations

from typing import Any

import pytest

from token0.types import ImagePart, Request
from token0_cascade.selector import CascadeConfig
from token0_cascade.simple import is_simple

QUESTION = "What is the total?"
ADDRESS = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
ASKED = {"messages": [{"role": "user", "content": QUESTION}]}

SIMPLE = {
    "OpenAI Chat": {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Answer in one word."},
            {"role": "user", "content": [{"type": "text", "text": QUESTION}, ADDRESS]},
        ],
        "temperature": 0,
        "max_tokens": 50,
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    "OpenAI Responses": {
        "model": "m",
        "instructions": "Answer in one word.",
        "input": [
            {
                "role": "user",
                "content": [{"type": "input_text", "text": QUESTION}, {"type": "input_image", "image_url": "data:"}],
            }
        ],
        "text": {"format": {"type": "text"}},
    },
    "Anthropic": {
        "model": "m",
        "max_tokens": 50,
        "system": [{"type": "text", "text": "Answer in one word."}],
        "messages": [
            {"role": "user", "content": [{"type": "image", "source": {}}, {"type": "text", "text": QUESTION}]}
        ],
    },
    "Gemini": {
        "contents": [{"role": "user", "parts": [{"text": QUESTION}, {"inlineData": {"data": "AA=="}}]}],
        "systemInstruction": {"parts": [{"text": "Answer in one word."}]},
        "generationConfig": {"temperature": 0, "maxOutputTokens": 50, "responseMimeType": "text/plain"},
    },
    "Ollama chat": {
        "model": "m",
        "messages": [{"role": "user", "content": QUESTION, "images": ["AA=="]}],
        "options": {"num_ctx": 4096},
        "think": False,
    },
    "Ollama generate": {"model": "m", "prompt": QUESTION, "images": ["AA=="], "keep_alive": "5m"},
}


def simple(document: dict[str, Any], images: int = 0, **settings: Any) -> bool:
    request = Request(
        body=b"", document=document, model="m", parts=tuple(ImagePart(path=(i,), base64="AA==") for i in range(images))
    )
    return is_simple(request, CascadeConfig(models={"m": "s"}, **settings))


@pytest.mark.parametrize("dialect", SIMPLE)
def test_one_short_question_about_one_image_is_simple(dialect: str) -> None:
    assert simple(SIMPLE[dialect], images=1)


@pytest.mark.parametrize("dialect", SIMPLE)
def test_a_long_question_is_not(dialect: str) -> None:
    assert not simple(SIMPLE[dialect], images=1, characters=len(QUESTION) - 1)


def test_the_system_part_counts_as_well() -> None:
    asked = {**ASKED, "system": "x" * 90}
    assert simple(asked, characters=90 + len(QUESTION))
    assert not simple(asked, characters=89 + len(QUESTION))


@pytest.mark.parametrize("dialect", SIMPLE)
def test_a_field_that_is_not_known_makes_it_complex(dialect: str) -> None:
    assert not simple({**SIMPLE[dialect], "of_next_year": {"x": 1}}, images=1)


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function"}]},
        {"functions": [{"name": "f"}]},
        {"reasoning_effort": "low"},
        {"reasoning": {"effort": "low"}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"think": True},
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}},
        {"previous_response_id": "resp_1"},
        {"context": [1, 2]},
        {"cachedContent": "cachedContents/1"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_tools_reasoning_and_kept_conversations_are_not_simple(fields: dict[str, Any]) -> None:
    assert not simple({**ASKED, **fields})


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}],
        [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
        [{"role": "user", "content": "a"}, {"role": "assistant", "content": "{"}],
        [{"role": "system", "content": "a"}],
        [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}],
        [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}],
        [{"role": "user", "content": [{"type": {"a": 1}}]}],
        [{"role": "user", "parts": [{"fileData": {"fileUri": "x"}}]}],
        [{"type": "function_call_output", "output": "a"}],
        ["what?"],
        {"role": "user"},
        [],
    ],
    ids=["history", "two turns", "begun answer", "no question", "audio", "file", "odd type", "uploaded", "tool", "text",
         "no list", "none"],
)  # fmt: skip
def test_a_history_and_what_is_neither_text_nor_image_are_not_simple(messages: Any) -> None:
    assert not simple({"messages": messages})


def test_an_image_that_is_elsewhere_is_not_simple() -> None:
    assert not simple({"messages": [{"role": "user", "content": [ADDRESS]}]}, images=0)


@pytest.mark.parametrize(("images", "allowed"), [(1, True), (2, False)])
def test_there_may_be_as_many_images_as_the_configuration_says(images: int, allowed: bool) -> None:
    assert simple({"messages": [{"role": "user", "content": [ADDRESS] * images}]}, images=images) is allowed


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "json_object"}},
        {"text": {"format": {"type": "json_schema", "schema": {}}}},
        {"format": "json"},
        {"generationConfig": {"responseSchema": {"type": "OBJECT"}}},
    ],
    ids=["chat", "responses", "ollama", "gemini"],
)
def test_json_is_simple_only_where_the_configuration_says_so(fields: dict[str, Any]) -> None:
    assert not simple({**ASKED, **fields})
    assert simple({**ASKED, **fields}, schemas=True)


def test_a_question_for_positions_is_not_simple() -> None:
    request = Request(body=b"", document=ASKED, model="m", coordinates=True)
    assert not is_simple(request, CascadeConfig(models={"m": "s"}))
