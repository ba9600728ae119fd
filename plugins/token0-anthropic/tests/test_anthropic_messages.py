"""The dialect: which requests are its own, where it finds images, and that only these change."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from multidict import CIMultiDict

from token0.errors import BadRequest, UnknownModel, UpstreamError
from token0.report import ImageReport, Report, Shape, StepReport
from token0.splice import splice
from token0.testing import png
from token0.types import Image, Text, Usage
from token0.wire import Endpoint
from token0_anthropic.messages import Messages

DIALECT = Messages()
DOOR = Endpoint(kind="generate", path="/messages")
SMALL = Image(data=png(8, 8), format="png", width=8, height=8)
JPEG = Image(data=b"\xff\xd8\xff", format="jpeg", width=8, height=8)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def image(data: str = "QUJD", **keys: Any) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}, **keys}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def body(*content: Any, **fields: Any) -> bytes:
    message = {"role": "user", "content": list(content)}
    return json.dumps({"model": "claude-opus-5-5", "max_tokens": 9, "messages": [message], **fields}).encode()


@pytest.mark.parametrize(
    ("method", "path", "versioned", "kind", "below"),
    [
        ("POST", "/v1/messages", False, "generate", "/messages"),
        ("POST", "/v1/messages/count_tokens", False, "count", "/messages/count_tokens"),
        ("POST", "/v1/messages/batches", False, "relay", "/messages/batches"),
        ("GET", "/v1/messages/batches/b1/results", False, "relay", "/messages/batches/b1/results"),
        ("GET", "/v1/models", True, "relay", "/models"),
        ("POST", "/v1/files", True, "relay", "/files"),
    ],
)
def test_requests_that_are_known_or_versioned_are_taken(
    method: str, path: str, versioned: bool, kind: str, below: str
) -> None:
    headers = CIMultiDict({"Anthropic-Version": "2023-06-01"} if versioned else {})
    endpoint = DIALECT.match(method, path, headers)
    assert endpoint is not None
    assert (endpoint.kind, endpoint.path, endpoint.sure) == (kind, below, kind == "relay")


@pytest.mark.parametrize("path", ["/v1/models", "/v1/chat/completions", "/v1beta/models", "/api/chat"])
def test_other_requests_are_not_taken(path: str) -> None:
    assert DIALECT.match("POST", path, {}) is None


def test_images_are_found_in_turns_tool_results_and_documents() -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": [text("a window"), image("AAAA")]}
    document = {"type": "document", "source": {"type": "content", "content": [image("BBBB")]}}
    request = DIALECT.read(body(text("What is this?"), image("CCCC"), result, document), DOOR)
    assert [(part.path, part.base64, part.prompt) for part in request.parts] == [
        (("messages", 0, "content", 1), "CCCC", "What is this?"),
        (("messages", 0, "content", 2, "content", 1), "AAAA", "What is this?\na window"),
        (("messages", 0, "content", 3, "source", "content", 0), "BBBB", "What is this?"),
    ]


def test_an_address_and_a_file_are_images_without_bytes() -> None:
    sources = [{"type": "url", "url": "https://example.org/a.png"}, {"type": "file", "file_id": "file_1"}]
    request = DIALECT.read(body(*({"type": "image", "source": source} for source in sources)), DOOR)
    assert [(part.base64, part.url) for part in request.parts] == [(None, "https://example.org/a.png"), (None, None)]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
        {"type": "tool_result", "tool_use_id": "t", "content": "no list"},
        {"type": "of_the_future", "content": [{"type": "image"}]},
        {"type": "thinking", "thinking": "image", "signature": "s"},
    ],
)
def test_other_blocks_are_no_images(block: dict[str, Any]) -> None:
    assert DIALECT.read(body(block), DOOR).parts == ()


def test_blocks_nested_without_end_are_not_followed() -> None:
    block: dict[str, Any] = image()
    for _ in range(300):
        block = {"type": "tool_result", "tool_use_id": "t", "content": [block]}
    assert DIALECT.read(body(block), DOOR).parts == ()


@pytest.mark.parametrize(
    ("tools", "positions"),
    [
        ([{"type": "computer_20250124", "name": "computer", "display_width_px": 1024}], True),
        ([{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {}}}}], False),
        ([{"name": "act", "input_schema": {"type": "object", "properties": {"x": {}, "y": {}}}}], True),
    ],
)
def test_tools_that_take_positions_are_noticed(tools: list[Any], positions: bool) -> None:
    assert DIALECT.read(body(image(), tools=tools), DOOR).coordinates is positions


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        (b'{"messages": []}', "model"),
        (b'{"model": "claude-x"}', "messages"),
        (b'{"model": "claude-x", "messages": ["hi"]}', "messages[0]"),
        (b'{"model": "claude-x", "messages": [{"content": ["hi"]}]}', "messages[0].content[0]"),
        (b'{"model": "claude-x", "messages": [], "stream": "yes"}', "stream"),
        (body({"type": "image"}), "messages[0].content[0].source"),
        (body({"type": "image", "source": {"type": "base64"}}), "messages[0].content[0].source.data"),
        (body(image(data=7)), "messages[0].content[0].source.data"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_request_is_refused_by_its_part(wrong: bytes, param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        DIALECT.read(wrong, DOOR)
    assert caught.value.param == param


def changed(before: bytes, *contents: Image | Text) -> bytes:
    request = DIALECT.read(before, DOOR)
    return splice(before, DIALECT.edits(request, {0: contents}))


def test_a_new_image_changes_its_data_and_no_other_byte() -> None:
    before = b"""{"model" : "claude-x", "x": 1.50, "messages": [{"role": "user", "content": [ {"cache_control":
        {"type":"ephemeral"}, "type": "image", "source" : {"data": "QUJD" ,
        "media_type":"image/png","type":"base64"}}]}]}"""
    assert changed(before, SMALL) == before.replace(b"QUJD", encoded(SMALL.data).encode())


def test_another_format_changes_the_media_type_too() -> None:
    source = json.loads(changed(body(image()), JPEG))["messages"][0]["content"][0]["source"]
    assert source == {"type": "base64", "media_type": "image/jpeg", "data": encoded(JPEG.data)}


def test_a_detail_is_not_written_because_claude_has_none() -> None:
    low = Image(data=SMALL.data, format="png", width=8, height=8, detail="low")
    assert changed(body(image()), low) == changed(body(image()), SMALL)


def test_a_fetched_image_takes_the_place_of_its_address() -> None:
    remote = {
        "type": "image",
        "source": {"type": "url", "url": "https://example.org/a"},
        "cache_control": {"type": "e"},
    }
    block = json.loads(changed(body(remote), JPEG))["messages"][0]["content"][0]
    assert block == {**image(encoded(JPEG.data), cache_control={"type": "e"}), "source": block["source"]}
    assert block["source"]["media_type"] == "image/jpeg"


def test_text_keeps_the_marks_of_the_image_but_not_its_transformations() -> None:
    before = body(image(cache_control={"type": "ephemeral"}, transformations={"oversized_image": "error"}, new=1))
    block = json.loads(changed(before, Text("a chart")))["messages"][0]["content"][0]
    assert block == {"type": "text", "text": "a chart", "cache_control": {"type": "ephemeral"}, "new": 1}


def test_of_several_blocks_only_the_last_ends_the_cached_prefix() -> None:
    before = body(image(cache_control={"type": "ephemeral"}))
    content = json.loads(changed(before, Text("a chart"), SMALL))["messages"][0]["content"]
    assert content == [text("a chart"), image(encoded(SMALL.data), cache_control={"type": "ephemeral"})]


def test_fields_for_the_gateway_are_taken_out() -> None:
    before = body(text("hi"), token0_optimize=False)
    request = DIALECT.read(before, DOOR)
    assert "token0_optimize" not in json.loads(splice(before, request.edits))
    assert request.options.optimize is False


def test_the_model_is_renamed_in_the_body() -> None:
    before = body(text("hi"), model="anthropic/claude-opus-5-5")
    request = DIALECT.read(before, DOOR)
    assert json.loads(splice(before, DIALECT.edits_model(request, "claude-opus-5-5")))["model"] == "claude-opus-5-5"


def test_an_error_names_the_place_as_the_api_does() -> None:
    error = BadRequest("The image is not valid base64.", at=("messages", 0, "content", 1))
    assert json.loads(DIALECT.error(error)) == {
        "type": "error",
        "error": {
            "type": "invalid_request_error",
            "message": "messages.0.content.1: The image is not valid base64.",
        },
    }


def test_an_unknown_model_is_not_found() -> None:
    assert json.loads(DIALECT.error(UnknownModel("Nobody has it.")))["error"]["type"] == "not_found_error"


def test_an_error_in_a_stream_is_an_error_event() -> None:
    event = DIALECT.error_event(UpstreamError("It broke."))
    first, second, *rest = event.split(b"\n")
    assert (first, rest) == (b"event: error", [b"", b""])
    assert json.loads(second.removeprefix(b"data: "))["error"] == {"type": "api_error", "message": "It broke."}


def test_usage_adds_what_the_cache_read_and_wrote() -> None:
    counts = {
        "input_tokens": 5,
        "cache_creation_input_tokens": 7,
        "cache_read_input_tokens": 11,
        "output_tokens": 3,
    }
    assert DIALECT.usage({"type": "message", "usage": counts}, None) == Usage(
        input_tokens=23, output_tokens=3, cached_tokens=11
    )


@pytest.mark.parametrize(
    ("delta", "merged"),
    [
        ({"output_tokens": 40}, Usage(input_tokens=16, output_tokens=40, cached_tokens=11)),
        ({"output_tokens": 40, "input_tokens": None}, Usage(input_tokens=16, output_tokens=40, cached_tokens=11)),
        (
            {"output_tokens": 40, "input_tokens": 9, "cache_read_input_tokens": 11},
            Usage(input_tokens=20, output_tokens=40, cached_tokens=11),
        ),
    ],
)
def test_usage_of_a_stream_comes_in_two_events(delta: dict[str, Any], merged: Usage) -> None:
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 5, "cache_read_input_tokens": 11}}}
    before = DIALECT.usage(start, None)
    assert DIALECT.usage({"type": "message_delta", "delta": {}, "usage": delta}, before) == merged


def test_the_report_joins_the_last_event() -> None:
    step = StepReport(name="resize", applied=True, why="", tokens_before=9, tokens_after=2, ms=0)
    shape = Shape(tokens=9)
    report = Report(
        request_id="r",
        dialect="anthropic-messages",
        images=(ImageReport(at="", before=shape, after=shape, steps=(step,)),),
    )
    tap = DIALECT.tap(DIALECT.read(body(image(), stream=True), DOOR), report)
    words = b'event: content_block_delta\ndata: {"type":"content_block_delta","text":"\\"message_stop\\""}\n\n'
    last = b'event: message_stop\ndata: {"type": "message_stop"}\n\n'
    assert tap.feed(words) == words
    told = tap.feed(last).removeprefix(b'event: message_stop\ndata: {"type": "message_stop","token0":')
    assert json.loads(told.strip().removesuffix(b"}"))["optimizations_applied"] == ["resize"]


@pytest.mark.parametrize(("kind", "ends"), [("message_stop", True), ("message_delta", False), ("error", False)])
def test_a_stream_is_complete_with_the_end_of_its_message(kind: str, ends: bool) -> None:
    assert DIALECT.ends(f'event: {kind}\ndata: {{"type":"{kind}"}}\n\n'.encode()) is ends
