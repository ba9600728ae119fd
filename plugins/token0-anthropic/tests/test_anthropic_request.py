"""OpenAI Chat to Anthropic Messages: what messages and tools become."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from token0.testing import png
from token0.wire import Translation
from token0_anthropic.translator import ChatToMessages

PNG = base64.b64encode(png(8, 8)).decode()
PDF = base64.b64encode(b"%PDF-1.7 ...").decode()
MARK = {"type": "ephemeral"}
HI = {"role": "user", "content": "hi"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "by city",
        "parameters": {"type": "object", "properties": {"city": {}}},
    },
}


def translation(model: str, fields: dict[str, Any], *, drop: bool = False) -> Translation:
    return ChatToMessages().translate({"model": model, "messages": [HI], **fields}, model, drop=drop)


def translated(model: str = "claude-sonnet-4-5", **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(translation(model, fields).body)
    return body


def turns(*messages: dict[str, Any]) -> Any:
    return translated(messages=list(messages))["messages"]


def user(*parts: dict[str, Any]) -> Any:
    return turns({"role": "user", "content": list(parts)})[0]["content"]


def text(words: str, **keys: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **keys}


def image(url: str, **keys: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}, **keys}


def call(call_id: str, arguments: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "weather", "arguments": arguments}}


def test_system_and_developer_prompts_are_hoisted_in_order_with_their_marks() -> None:
    body = translated(
        messages=[
            {"role": "system", "content": "one"},
            HI,
            {"role": "developer", "content": [text("two", cache_control=MARK), text("three")]},
        ]
    )
    assert body["system"] == [text("one"), text("two", cache_control=MARK), text("three")]
    assert body["messages"] == [{"role": "user", "content": [text("hi")]}]


def test_instructions_alone_become_a_turn() -> None:
    body = translated(messages=[{"role": "system", "content": "Draw."}])
    assert (body["messages"], "system" in body) == ([{"role": "user", "content": [text("Draw.")]}], False)


def test_without_a_system_prompt_there_is_no_system() -> None:
    assert "system" not in translated()


def test_neighbours_of_one_role_become_one_turn() -> None:
    assistant = {"role": "assistant", "content": "yes"}
    assert turns(HI, HI, assistant, assistant, HI) == [
        {"role": "user", "content": [text("hi"), text("hi")]},
        {"role": "assistant", "content": [text("yes"), text("yes")]},
        {"role": "user", "content": [text("hi")]},
    ]


@pytest.mark.parametrize("content", ["", " \n", None, [], [text("")]])
def test_nothing_is_left_out(content: Any) -> None:
    assert turns(HI, {"role": "assistant", "content": content}) == [{"role": "user", "content": [text("hi")]}]


def test_a_picture_is_labelled_by_its_bytes() -> None:
    source = user(image(f"data:image/jpeg;base64,{PNG}"))[0]["source"]
    assert source == {"type": "base64", "media_type": "image/png", "data": PNG}


def test_a_picture_of_unknown_bytes_keeps_its_label() -> None:
    assert user(image("data:image/webp;base64,AAAA"))[0]["source"]["media_type"] == "image/webp"


@pytest.mark.parametrize(
    "address", [{"url": "https://example.org/a.png", "detail": "high"}, "https://example.org/a.png"]
)
def test_a_remote_picture_stays_remote(address: Any) -> None:
    blocks = user({"type": "image_url", "image_url": address})
    assert blocks == [{"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}]


def test_order_and_marks_of_parts_stay() -> None:
    blocks = user(text("a"), image("https://example.org/", cache_control=MARK), text("b"))
    assert [(block["type"], block.get("cache_control")) for block in blocks] == [
        ("text", None),
        ("image", MARK),
        ("text", None),
    ]


@pytest.mark.parametrize(
    "data",
    [PDF, f"data:application/pdf;base64,{PDF}", f"{PDF[:10]}\r\n{PDF[10:]}\n", f"data:;base64,{PDF[:9]}\n{PDF[9:]}"],
)
def test_a_pdf_becomes_a_document(data: str) -> None:
    assert user({"type": "file", "file": {"file_data": data, "filename": "bill.pdf"}}) == [
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
            "title": "bill.pdf",
        }
    ]


def test_parallel_calls_and_their_results_keep_ids_and_share_a_turn() -> None:
    said = turns(
        HI,
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call("a", '{"city":"Bern"}'), call("b", "")]},
        {"role": "tool", "tool_call_id": "a", "content": "rain"},
        {"role": "tool", "tool_call_id": "b", "content": [text("sun", cache_control=MARK), image("https://e.org/")]},
        HI,
    )
    assert said[1]["content"] == [
        text("Let me see."),
        {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Bern"}},
        {"type": "tool_use", "id": "b", "name": "weather", "input": {}},
    ]
    picture = {"type": "image", "source": {"type": "url", "url": "https://e.org/"}}
    assert said[2] == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "a", "content": [text("rain")]},
            {"type": "tool_result", "tool_use_id": "b", "content": [text("sun", cache_control=MARK), picture]},
            text("hi"),
        ],
    }


def test_an_empty_result_is_still_a_result() -> None:
    result = turns(HI, {"role": "tool", "tool_call_id": "a", "content": ""})[0]["content"][1]
    assert result == {"type": "tool_result", "tool_use_id": "a"}


def test_thoughts_go_back_first_and_untouched() -> None:
    thoughts = [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln=="},
        {"type": "redacted_thinking", "data": "x"},
    ]
    message = {"role": "assistant", "content": "so", "reasoning_content": "hm", "thinking_blocks": thoughts}
    assert turns(HI, message)[1]["content"] == [*thoughts, text("so")]


def test_a_refusal_in_the_history_is_what_the_assistant_said() -> None:
    said = turns(HI, {"role": "assistant", "content": None, "refusal": "No."}, HI)
    assert said[1] == {"role": "assistant", "content": [text("No.")]}


def test_a_prefill_stays_last() -> None:
    assert turns(HI, {"role": "assistant", "content": "{"})[-1] == {"role": "assistant", "content": [text("{")]}


def test_tools_are_described_by_a_schema() -> None:
    bare = {"type": "function", "function": {"name": "now", "strict": True}, "cache_control": MARK}
    assert translated(tools=[WEATHER, bare])["tools"] == [
        {
            "name": "weather",
            "description": "by city",
            "input_schema": {"type": "object", "properties": {"city": {}}},
        },
        {
            "name": "now",
            "input_schema": {"type": "object", "properties": {}},
            "strict": True,
            "cache_control": MARK,
        },
    ]


@pytest.mark.parametrize(
    ("fields", "choice"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": {"type": "function", "function": {"name": "weather"}}}, {"type": "tool", "name": "weather"}),
        ({"parallel_tool_calls": True}, None),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        (
            {"parallel_tool_calls": False, "tool_choice": "required"},
            {"type": "any", "disable_parallel_tool_use": True},
        ),
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
    ],
)
def test_the_choice_of_tools(fields: dict[str, Any], choice: Any) -> None:
    assert translated(tools=[WEATHER], **fields).get("tool_choice") == choice


def test_without_tools_there_is_nothing_to_choose() -> None:
    body = translated(tools=[], tool_choice="auto", parallel_tool_calls=False)
    assert not {"tools", "tool_choice"} & body.keys()
