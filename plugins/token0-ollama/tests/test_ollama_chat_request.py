"""OpenAI Chat requests as Ollama gets them."""

from __future__ import annotations

import json

import pytest

from token0.errors import BadRequest
from token0_ollama.chat_request import ChatToOllama

TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
HELLO = {"role": "user", "content": "hi"}


def translate(*messages, model="llava:7b", drop=False, **fields):
    document = {"model": "ollama/" + model, "messages": list(messages or [HELLO]), **fields}
    return ChatToOllama().translate(document, model, drop=drop)


def sent(*messages, **fields):
    return json.loads(translate(*messages, **fields).body)


def image(url):
    return {"type": "image_url", "image_url": {"url": url, "detail": "high"}}


def call(call_id, name, arguments="{}"):
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_the_smallest_request_asks_for_nothing_but_its_text():
    assert sent() == {"model": "llava:7b", "messages": [HELLO], "stream": False}


def test_requests_go_to_the_native_api():
    assert translate().path == "/api/chat"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"role": "system", "content": "be kind"}, {"role": "system", "content": "be kind"}),
        ({"role": "developer", "content": "be kind"}, {"role": "system", "content": "be kind"}),
        (
            {"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "system", "content": "a\nb"},
        ),
        (
            {"role": "user", "content": [{"type": "text", "text": "a"}, image("data:image/png;base64,QUJD")]},
            {"role": "user", "content": "a", "images": ["QUJD"]},
        ),
        (
            {"role": "user", "content": [image("data:;base64,QUJD")]},
            {"role": "user", "content": "", "images": ["QUJD"]},
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": "data:image/webp;base64,-_\nA"}]},
            {"role": "user", "content": "", "images": ["+/A="]},
        ),
        ({"role": "assistant", "content": None, "refusal": "No."}, {"role": "assistant", "content": "No."}),
        (
            {"role": "assistant", "content": "4", "reasoning_content": "2+2"},
            {"role": "assistant", "content": "4", "thinking": "2+2"},
        ),
    ],
)
def test_a_message_keeps_what_it_says(message, expected):
    assert sent(message)["messages"] == [expected]


def test_messages_keep_their_order_also_where_the_system_speaks_late():
    roles = ["system", "user", "assistant", "developer", "user"]
    messages = [{"role": role, "content": str(i)} for i, role in enumerate(roles)]
    told = [(message["role"], message["content"]) for message in sent(*messages)["messages"]]
    assert told == [("system", "0"), ("user", "1"), ("assistant", "2"), ("system", "3"), ("user", "4")]


def test_parallel_calls_and_their_results_are_matched_by_id():
    messages = sent(
        HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call("a", "f", '{"x":1}'), call("b", "g")]},
        {"role": "tool", "tool_call_id": "b", "content": "two"},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "one"}]},
    )["messages"]
    assert messages[1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}},
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": {}}},
            ],
        },
        {"role": "tool", "content": "two", "tool_name": "g", "tool_call_id": "b"},
        {"role": "tool", "content": "one", "tool_name": "f", "tool_call_id": "a"},
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"stream": True}, {"stream": True}),
        ({"max_tokens": 9}, {"options": {"num_predict": 9}}),
        ({"max_completion_tokens": 9}, {"options": {"num_predict": 9}}),
        ({"stop": "END"}, {"options": {"stop": ["END"]}}),
        ({"stop": ["a", "b"]}, {"options": {"stop": ["a", "b"]}}),
        ({"temperature": 0, "top_p": 0.9, "seed": 7}, {"options": {"temperature": 0, "top_p": 0.9, "seed": 7}}),
        (
            {"frequency_penalty": 0.5, "presence_penalty": 1},
            {"options": {"frequency_penalty": 0.5, "presence_penalty": 1}},
        ),
        ({"options": {"num_ctx": 8192}, "seed": 1}, {"options": {"seed": 1, "num_ctx": 8192}}),
        ({"num_ctx": 8192, "keep_alive": "5m"}, {"options": {"num_ctx": 8192}, "keep_alive": "5m"}),
        ({"response_format": {"type": "text"}}, {}),
        ({"response_format": {"type": "json_object"}}, {"format": "json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}},
            {"format": {"type": "object"}},
        ),
        ({"tools": [TOOL]}, {"tools": [TOOL]}),
        ({"tools": [TOOL], "tool_choice": "auto"}, {"tools": [TOOL]}),
        ({"tools": [TOOL], "tool_choice": "none"}, {}),
        ({"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
        ({"n": 1, "logit_bias": {}, "parallel_tool_calls": True, "temperature": None}, {}),
        ({"user": "u", "metadata": {}, "store": False, "service_tier": "auto", "prompt_cache_key": "k"}, {}),
        ({"stream_options": {"include_usage": True}, "safety_identifier": "s"}, {}),
        ({"reasoning_effort": "none"}, {"think": False}),
        ({"reasoning_effort": "low"}, {"think": True}),
        ({"reasoning_effort": "high", "think": False}, {"think": False}),
        ({"think": False, "reasoning_effort": "high"}, {"think": False}),
    ],
)
def test_a_field_gets_its_counterpart(fields, expected):
    assert sent(**fields) == {"model": "llava:7b", "messages": [HELLO], "stream": False, **expected}


@pytest.mark.parametrize(
    ("effort", "think"), [("none", False), ("minimal", "low"), ("low", "low"), ("medium", "medium"), ("xhigh", "high")]
)
def test_gpt_oss_is_told_how_much_to_think(effort, think):
    assert sent(model="gpt-oss:20b", reasoning_effort=effort)["think"] == think


LOST = [
    ({"n": 2}, "n"),
    ({"logit_bias": {"50256": -100}}, "logit_bias"),
    ({"tools": [TOOL], "tool_choice": "required"}, "tool_choice"),
    ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "weather"}}}, "tool_choice"),
    ({"tools": [TOOL], "parallel_tool_calls": False}, "parallel_tool_calls"),
    ({"tools": [{"type": "custom", "custom": {"name": "c"}}]}, "tools[0]"),
    ({"modalities": ["text", "audio"]}, "modalities"),
    ({"verbosity": "low"}, "verbosity"),
    ({"web_search_options": {}}, "web_search_options"),
    ({"unheard_of": 1}, "unheard_of"),
]


@pytest.mark.parametrize(("fields", "name"), LOST)
def test_a_field_without_counterpart_is_refused_by_name(fields, name):
    with pytest.raises(BadRequest) as caught:
        translate(**fields)
    assert (caught.value.param, caught.value.code) == (name, "unsupported_parameter")


@pytest.mark.parametrize(("fields", "name"), LOST)
def test_a_field_without_counterpart_is_dropped_where_that_is_allowed(fields, name):
    translation = translate(drop=True, **fields)
    assert translation.warnings == (f"{name}: Ollama has no counterpart; it was dropped",)
    assert name.partition("[")[0] not in json.loads(translation.body)


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ({"role": "critic", "content": "a"}, "messages[0].role"),
        ({"content": "a"}, "messages[0].role"),
        ({"role": "user", "content": 7}, "messages[0].content"),
        ({"role": "user", "content": [image("https://example.com/a.png")]}, "messages[0].content[0].image_url.url"),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": "https://example.com/a"}]},
            "messages[0].content[0].image_url",
        ),
        ({"role": "user", "content": [{"type": "image_url"}]}, "messages[0].content[0].image_url"),
        (
            {"role": "user", "content": [{"type": "file", "file": {"file_data": "data:application/pdf;base64,QQ"}}]},
            "messages[0].content[0].type",
        ),
        ({"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}, "messages[0].content[0].type"),
        ({"role": "tool", "tool_call_id": "x", "content": "a"}, "messages[0].tool_call_id"),
        ({"role": "tool", "content": "a"}, "messages[0].tool_call_id"),
        (
            {"role": "assistant", "tool_calls": [call("a", "f", "{")]},
            "messages[0].tool_calls[0].function.arguments",
        ),
        (
            {"role": "assistant", "tool_calls": [call("a", "f", "[]")]},
            "messages[0].tool_calls[0].function.arguments",
        ),
    ],
)
@pytest.mark.parametrize("drop", [False, True])
def test_a_part_that_cannot_be_sent_is_named_and_never_dropped(message, param, drop):
    with pytest.raises(BadRequest) as caught:
        translate(message, drop=drop)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"reasoning_effort": "huge"}, "reasoning_effort"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format.json_schema.schema"),
        ({"tools": ["f"]}, "tools[0]"),
        ({"options": 7}, "options"),
    ],
)
def test_a_wrong_value_is_named(fields, param):
    with pytest.raises(BadRequest) as caught:
        translate(**fields)
    assert caught.value.param == param
