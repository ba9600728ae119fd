from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from token0.errors import BadRequest, UnknownModel
from token0.report import Report
from token0.splice import splice
from token0.testing import png
from token0.types import Image, Request, Text, Usage
from token0.wire import Endpoint
from token0_openai.chat import Chat

PIXELS = png(8, 8)
ENCODED = base64.b64encode(PIXELS).decode()
URL = f"data:image/png;base64,{ENCODED}"
SMALL = Image(data=b"small", format="jpeg", width=4, height=4)
PDF = b"%PDF-1.4\n"
ENDPOINT = Endpoint(kind="generate", path="/chat/completions")


def image(url: Any = URL, **fields: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **fields}}


def read(*contents: Any, **fields: Any) -> Request:
    messages = [{"role": "user", "content": content} for content in contents]
    return Chat().read(json.dumps({"model": "gpt-4o", "messages": messages, **fields}).encode(), ENDPOINT)


def changed(request: Request, *contents: Image | Text) -> Any:
    """The first part of the first message after part 0 became `contents`."""
    document = json.loads(splice(request.body, Chat().edits(request, {0: contents})))
    return document["messages"][0]["content"]


@pytest.mark.parametrize(
    ("method", "path", "kind", "forwarded"),
    [
        ("POST", "/v1/chat/completions", "generate", "/chat/completions"),
        ("GET", "/v1/chat/completions", "relay", "/chat/completions"),
        ("GET", "/v1/models", "relay", "/models"),
        ("POST", "/v1/embeddings", "relay", "/embeddings"),
        ("GET", "/v1/files/a%2Fb/content", "relay", "/files/a%2Fb/content"),
        ("DELETE", "/v1/files/f", "relay", "/files/f"),
    ],
)
def test_its_endpoints_are_those_below_v1(method: str, path: str, kind: str, forwarded: str) -> None:
    endpoint = Chat().match(method, path, {})
    assert endpoint
    assert (endpoint.kind, endpoint.path) == (kind, forwarded)


@pytest.mark.parametrize("path", ["/", "/v1", "/v1beta/models", "/chat/completions", "//v1/models", "/V1/models"])
def test_other_paths_are_not_its_own(path: str) -> None:
    assert Chat().match("POST", path, {}) is None


def test_an_image_is_found_with_its_turn() -> None:
    (part,) = read(
        "before", [{"type": "text", "text": "Read"}, image(detail="low"), {"type": "text", "text": "it."}]
    ).parts
    assert (part.path, part.base64, part.media_type, part.detail, part.prompt) == (
        ("messages", 1, "content", 1), ENCODED, "image/png", "low", "Read\nit.",
    )  # fmt: skip


@pytest.mark.parametrize("url", ["https://example.com/a.png", "file-123", ""])
def test_a_remote_image_is_found_by_its_address(url: str) -> None:
    (part,) = read([image(url)]).parts
    assert (part.url, part.base64) == (url, None)


def test_a_bare_address_is_understood() -> None:
    (part,) = read([{"type": "image_url", "image_url": URL, "detail": "high"}]).parts
    assert (part.base64, part.detail) == (ENCODED, "high")


def test_images_of_all_turns_are_found() -> None:
    assert [part.path[1] for part in read([image()], "text", [image(), image()]).parts] == [0, 2, 2]


@pytest.mark.parametrize(
    "content",
    [
        "text",
        None,
        [],
        [{"type": "text", "text": "x"}],
        [{"type": "input_audio"}],
        [{"type": "file", "file": {}}],
        [{}],
    ],
)
def test_what_is_no_image_is_left_alone(content: Any) -> None:
    assert read(content).parts == ()


def test_a_message_without_content_is_left_alone() -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "assistant", "tool_calls": []}]}
    assert Chat().read(json.dumps(body).encode(), ENDPOINT).parts == ()


@pytest.mark.parametrize(
    ("document", "param"),
    [
        ({"messages": []}, "model"),
        ({"model": 1, "messages": []}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": {}}, "messages"),
        ({"model": "m", "messages": [1]}, "messages[0]"),
        ({"model": "m", "messages": [{"content": 1}]}, "messages[0].content"),
        ({"model": "m", "messages": [{"content": [1]}]}, "messages[0].content[0]"),
        ({"model": "m", "messages": [{"content": [{"type": "image_url"}]}]}, "messages[0].content[0].image_url"),
        ({"model": "m", "messages": [{"content": [image(1)]}]}, "messages[0].content[0].image_url.url"),
        ({"model": "m", "messages": [{"content": [image("data:,x")]}]}, "messages[0].content[0].image_url.url"),
        ({"model": "m", "messages": [], "stream": 1}, "stream"),
    ],
)
def test_a_mistake_is_named(document: Any, param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        Chat().read(json.dumps(document).encode(), ENDPOINT)
    assert caught.value.param == param


def test_another_image_changes_its_address_alone() -> None:
    request = read([{"cache": 1.0, **image(URL, detail="high", unknown=[1])}])
    assert changed(request, SMALL)[0] == {
        "cache": 1.0,
        "type": "image_url",
        "image_url": {"url": "data:image/jpeg;base64,c21hbGw=", "detail": "high", "unknown": [1]},
    }


def test_another_detail_is_written() -> None:
    lower = Image(data=b"small", format="jpeg", width=4, height=4, detail="low")
    assert changed(read([image()]), lower)[0]["image_url"]["detail"] == "low"


def test_a_bare_address_becomes_an_object() -> None:
    request = read([{"type": "image_url", "image_url": URL}])
    assert changed(request, SMALL)[0]["image_url"] == {"url": "data:image/jpeg;base64,c21hbGw="}


def test_text_takes_the_place_of_an_image_and_keeps_its_marks() -> None:
    request = read([{**image(), "prompt_cache_breakpoint": {"mode": "explicit"}}])
    assert changed(request, Text("seen")) == [
        {"type": "text", "text": "seen", "prompt_cache_breakpoint": {"mode": "explicit"}}
    ]


def test_several_contents_take_the_place_of_one() -> None:
    kinds = [part["type"] for part in changed(read([image(), {"type": "text", "text": "x"}]), SMALL, SMALL, Text("t"))]
    assert kinds == ["image_url", "image_url", "text", "text"]


def test_the_model_is_renamed_in_the_body() -> None:
    request = read("x")
    assert json.loads(splice(request.body, Chat().edits_model(request, "other")))["model"] == "other"


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        ([{"type": "function", "function": {"name": "click", "parameters": {}}}], True),
        ([{"type": "function", "function": {"name": "go", "parameters": {"properties": {"x": {}, "y": {}}}}}], True),
        ([{"type": "function", "function": {"name": "weather", "parameters": {"properties": {"city": {}}}}}], False),
        (None, False),
        ("none", False),
    ],
)
def test_tools_that_point_at_pixels_are_noticed(tools: Any, expected: bool) -> None:
    assert read([image()], tools=tools).coordinates is expected


def test_switches_for_the_gateway_are_read_and_removed() -> None:
    request = read("x", token0_optimize=False, token0_detail_override="low")
    assert (request.options.optimize, request.options.detail) == (False, "low")
    assert json.loads(splice(request.body, request.edits)).keys() == {"model", "messages"}


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2}, Usage(input_tokens=9, output_tokens=2)),
        (
            {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}},
            Usage(input_tokens=9, cached_tokens=4),
        ),
        ({"prompt_tokens": 9, "completion_tokens": None, "prompt_tokens_details": None}, Usage(input_tokens=9)),
        (None, None),
        ({}, None),
        ("9", None),
    ],
)
def test_the_billed_tokens_are_read(usage: Any, expected: Usage | None) -> None:
    assert Chat().usage({"choices": [], "usage": usage}, None) == expected


def test_a_chunk_without_usage_keeps_what_was_told_before() -> None:
    before = Usage(input_tokens=3)
    assert Chat().usage({"choices": [], "usage": None}, before) is before


def test_an_error_has_all_four_fields() -> None:
    assert json.loads(Chat().error(UnknownModel("Who?"))) == {
        "error": {"message": "Who?", "type": "not_found_error", "param": "model", "code": "model_not_found"}
    }


def test_an_error_in_a_stream_is_an_event() -> None:
    assert Chat().error_event(UnknownModel("Who?")) == b"data: " + Chat().error(UnknownModel("Who?")) + b"\n\n"


@pytest.mark.parametrize(
    ("options", "asked"), [(None, True), ({}, True), ({"include_usage": False}, True), ({"include_usage": True}, False)]
)
def test_usage_is_asked_for_once(options: Any, asked: bool) -> None:
    assert bool(list(Chat().asks_usage(read("x", stream_options=options)))) is asked


def test_its_tap_is_that_of_chat() -> None:
    tap = Chat().tap(read("x"), Report(request_id="r", dialect="openai-chat"))
    assert b'"token0":' in tap.feed(b'data: {"choices":[{"finish_reason":"stop"}]}\n\n') + tap.feed(b"data: [DONE]\n\n")


def document(data: bytes = PDF, **fields: Any) -> dict[str, Any]:
    url = f"data:application/pdf;base64,{base64.b64encode(data).decode()}"
    return {"type": "file", "file": {"file_data": url, "filename": "bill.pdf"}, **fields}


def test_a_document_is_found_with_its_turn() -> None:
    (part,) = read([{"type": "text", "text": "Read"}, document()]).parts
    assert (part.path, part.media_type, part.prompt) == (("messages", 0, "content", 1), "application/pdf", "Read")
    assert part.base64 == base64.b64encode(PDF).decode()


@pytest.mark.parametrize(
    "file",
    [
        {"file_id": "file-1"},
        {"file_data": "data:application/pdf;base64,AAAA"},
        {"file_data": "data:application/pdf,%25PDF-1.4"},
        {"file_data": 1},
        {"file_data": "data:application/pdf"},
        {"file_data": f"data:application/pdf;base64,{ENCODED}"},
        None,
    ],
)
def test_files_that_are_no_documents_here_are_left_alone(file: Any) -> None:
    assert read([{"type": "file", "file": file}]).parts == ()


def test_a_document_becomes_parts_with_its_name_first_and_its_marks_last() -> None:
    request = read([document(prompt_cache_breakpoint={"mode": "explicit"})])
    assert changed(request, Text("page 1"), SMALL) == [
        {"type": "text", "text": "[Document: bill.pdf]"},
        {"type": "text", "text": "page 1"},
        {
            "type": "image_url",
            "image_url": {"url": "data:image/jpeg;base64,c21hbGw="},
            "prompt_cache_breakpoint": {"mode": "explicit"},
        },
    ]


def test_of_several_parts_in_place_of_an_image_the_last_one_keeps_its_marks() -> None:
    request = read([{**image(), "prompt_cache_breakpoint": {"mode": "explicit"}}])
    first, last = changed(request, Text("one"), Text("two"))
    assert ("prompt_cache_breakpoint" in first, "prompt_cache_breakpoint" in last) == (False, True)


def test_a_request_that_names_no_model_is_refused_not_sent_to_anybody() -> None:
    with pytest.raises(BadRequest, match="must provide a model") as caught:
        Chat().read(b'{"model": "", "messages": []}', Endpoint(kind="generate", path=""))
    assert caught.value.param == "model"


@pytest.mark.parametrize(
    ("event", "ends"),
    [
        (b"data: [DONE]\n\n", True),
        (b"data:[DONE]\r\n\r\n", True),
        (b'data: {"choices":[{"delta":{"content":"[DONE]"}}]}\n\n', False),
        (b'data: {"choices":[{"finish_reason":"stop"}]}\n\n', False),
        (b": [DONE]\n\n", False),
    ],
)
def test_a_stream_is_complete_with_its_last_line(event: bytes, ends: bool) -> None:
    assert Chat().ends(event) is ends


@pytest.mark.parametrize(
    ("event", "unasked"),
    [
        (b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n', True),
        (b'data: {"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}\n\n', False),
        (b'data: {"choices":[],"usage":null}\n\n', False),
        (b"data: [DONE]\n\n", False),
    ],
)
def test_only_the_chunk_that_is_nothing_but_usage_comes_unasked(event: bytes, unasked: bool) -> None:
    assert Chat().unasked(event) is unasked
