from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from token0.errors import BadRequest, UpstreamError
from token0.report import Report
from token0.splice import splice
from token0.testing import png
from token0.types import Image, Request, Text, Usage
from token0.wire import Endpoint
from token0_openai.responses import Responses, is_terminal

ENCODED = base64.b64encode(png(8, 8)).decode()
URL = f"data:image/png;base64,{ENCODED}"
SMALL = Image(data=b"small", format="jpeg", width=4, height=4)
SMALL_URL = "data:image/jpeg;base64,c21hbGw="
ENDPOINT = Endpoint(kind="generate", path="/responses")


def image(url: Any = URL, **fields: Any) -> dict[str, Any]:
    return {"type": "input_image", "image_url": url, **fields}


def message(*content: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(content), **fields}


def output(*content: Any, kind: str = "function_call_output") -> dict[str, Any]:
    return {"type": kind, "call_id": "c1", "output": list(content)}


def read(given: Any = None, **fields: Any) -> Request:
    return Responses().read(json.dumps({"model": "gpt-4o", "input": given, **fields}).encode(), ENDPOINT)


def changed(request: Request, *contents: Image | Text) -> Any:
    """The input after part 0 became `contents`."""
    return json.loads(splice(request.body, Responses().edits(request, {0: contents})))["input"]


@pytest.mark.parametrize(
    ("method", "path", "kind", "forwarded"),
    [
        ("POST", "/v1/responses", "generate", "/responses"),
        ("POST", "/v1/responses/input_tokens", "count", "/responses/input_tokens"),
        ("GET", "/v1/responses/resp_1", "relay", "/responses/resp_1"),
        ("DELETE", "/v1/responses/resp_1", "relay", "/responses/resp_1"),
        ("POST", "/v1/responses/resp_1/cancel", "relay", "/responses/resp_1/cancel"),
        ("POST", "/v1/responses/compact", "relay", "/responses/compact"),
        ("GET", "/v1/responses", "relay", "/responses"),
    ],
)
def test_its_endpoints_are_responses_and_what_lies_below(method: str, path: str, kind: str, forwarded: str) -> None:
    endpoint = Responses().match(method, path, {})
    assert endpoint
    assert (endpoint.kind, endpoint.path) == (kind, forwarded)


@pytest.mark.parametrize("path", ["/v1/responsesx", "/v1/models", "/responses", "/v1/chat/completions"])
def test_other_paths_are_not_its_own(path: str) -> None:
    assert Responses().match("POST", path, {}) is None


PLACES = {
    "a message": ([message({"type": "input_text", "text": "Read"}, image(detail="high"))], "Read"),
    "a message with its type": ([message(image(detail="high"), type="message")], ""),
    "what a function returned": ([output({"type": "input_text", "text": "a page"}, image(detail="high"))], "a page"),
    "what a custom tool returned": ([output(image(detail="high"), kind="custom_tool_call_output")], ""),
}


@pytest.mark.parametrize(("given", "prompt"), PLACES.values(), ids=PLACES)
def test_an_image_is_found_in(given: Any, prompt: str) -> None:
    (part,) = read(given).parts
    assert (part.base64, part.media_type, part.detail, part.prompt) == (ENCODED, "image/png", "high", prompt)


@pytest.mark.parametrize(("given", "prompt"), PLACES.values(), ids=PLACES)
def test_another_image_changes_its_address_alone_in(given: Any, prompt: str) -> None:
    expected = json.loads(json.dumps(given).replace(URL, SMALL_URL))
    assert changed(read(given), SMALL) == expected


@pytest.mark.parametrize("fields", [{"file_id": "file-1"}, {"file_id": "file-1", "image_url": None}])
def test_an_uploaded_image_is_out_of_reach(fields: dict[str, Any]) -> None:
    (part,) = read([message({"type": "input_image", "detail": "low", **fields})]).parts
    assert (part.base64, part.url, part.detail) == (None, None, "low")


def test_a_remote_image_is_found_by_its_address() -> None:
    (part,) = read([message(image("https://example.com/a.png"))]).parts
    assert (part.url, part.base64) == ("https://example.com/a.png", None)


SCREENSHOT = {
    "type": "computer_call_output",
    "call_id": "c",
    "output": {"type": "computer_screenshot", "image_url": URL},
}


@pytest.mark.parametrize(
    "given",
    [
        None,
        "just text",
        [],
        [message()],
        [{"role": "user", "content": "text"}],
        [message({"type": "input_file", "file_data": URL, "filename": "a.png"})],
        [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}],
        [{"type": "function_call_output", "call_id": "c", "output": "text"}],
        [{"type": "image_generation_call", "id": "i", "result": ENCODED, "status": "completed"}],
        [{"type": "item_reference", "id": "i"}],
        [{"type": "reasoning", "summary": [image()]}],
        [{"type": ["message"], "content": [image()]}],
        [SCREENSHOT],
    ],
)
def test_what_is_no_image_is_left_alone(given: Any) -> None:
    assert read(given).parts == ()


@pytest.mark.parametrize(
    ("items", "tools", "expected"),
    [
        ([], [{"type": "computer_use_preview", "display_width": 1024}], True),
        ([], [{"type": "computer"}], True),
        ([], [{"type": "function", "name": "click", "parameters": {}}], True),
        ([SCREENSHOT], None, True),
        ([{"type": "computer_call", "call_id": "c"}], None, True),
        ([{"type": "additional_tools", "role": "developer", "tools": [{"type": "computer"}]}], None, True),
        ([], [{"type": "function", "name": "weather", "parameters": {"properties": {"city": {}}}}], False),
        ([], [{"type": "web_search"}], False),
        ([], None, False),
    ],
)
def test_requests_that_point_at_pixels_are_noticed(items: Any, tools: Any, expected: bool) -> None:
    assert read([message(image()), *items], tools=tools).coordinates is expected


@pytest.mark.parametrize(
    ("document", "param"),
    [
        ({"input": "x"}, "model"),
        ({"model": None, "prompt": {"id": "p"}}, "model"),
        ({"model": "m", "input": 1}, "input"),
        ({"model": "m", "input": {}}, "input"),
        ({"model": "m", "input": [1]}, "input[0]"),
        ({"model": "m", "input": [{"content": 1}]}, "input[0].content"),
        ({"model": "m", "input": [output(1)]}, "input[0].output[0]"),
        ({"model": "m", "input": [message({"type": "input_image"})]}, "input[0].content[0].image_url"),
        ({"model": "m", "input": [message(image("data:image/png,x"))]}, "input[0].content[0].image_url"),
        ({"model": "m", "input": "x", "stream": "yes"}, "stream"),
    ],
)
def test_a_mistake_is_named(document: Any, param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        Responses().read(json.dumps(document).encode(), ENDPOINT)
    assert caught.value.param == param


def test_a_stored_prompt_may_stand_for_the_model() -> None:
    assert Responses().read(b'{"prompt":{"id":"p"}}', ENDPOINT).model == ""


def test_another_detail_is_written() -> None:
    lower = Image(data=b"small", format="jpeg", width=4, height=4, detail="low")
    assert changed(read([message(image(detail="auto"))]), lower)[0]["content"][0]["detail"] == "low"


def test_unknown_fields_of_an_image_survive() -> None:
    marked = image(prompt_cache_breakpoint={"mode": "explicit"}, later=1.0)
    assert changed(read([message(marked)]), SMALL)[0]["content"][0] == {**marked, "image_url": SMALL_URL}


def test_text_takes_the_place_of_an_image_and_keeps_its_marks() -> None:
    marked = image(detail="high", prompt_cache_breakpoint={"mode": "explicit"})
    assert changed(read([message(marked)]), Text("seen"))[0]["content"] == [
        {"type": "input_text", "text": "seen", "prompt_cache_breakpoint": {"mode": "explicit"}}
    ]


def test_several_contents_take_the_place_of_one() -> None:
    content = changed(read([message(image(detail="low"))]), SMALL, Text("t"))[0]["content"]
    assert content == [
        {"type": "input_image", "image_url": SMALL_URL, "detail": "low"},
        {"type": "input_text", "text": "t"},
    ]


def test_switches_for_the_gateway_are_read_and_removed() -> None:
    request = read("x", token0_optimize=False)
    assert request.options.optimize is False
    assert json.loads(splice(request.body, request.edits)).keys() == {"model", "input"}


USAGE = {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 2}
BILLED = Usage(input_tokens=9, output_tokens=2, cached_tokens=4)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"object": "response", "usage": USAGE}, BILLED),
        ({"type": "response.completed", "response": {"usage": USAGE}}, BILLED),
        ({"type": "response.incomplete", "response": {"usage": USAGE}}, BILLED),
        ({"type": "response.created", "response": {"usage": None}}, None),
        ({"type": "response.output_text.delta", "delta": "x"}, None),
    ],
)
def test_the_billed_tokens_are_read(event: Any, expected: Usage | None) -> None:
    assert Responses().usage(event, None) == expected


def test_an_event_without_usage_keeps_what_was_told_before() -> None:
    assert Responses().usage({"type": "response.output_text.delta"}, BILLED) is BILLED


def event(kind: str, end: bytes = b"\n", **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}).encode()
    return b"event: " + kind.encode() + end + b"data: " + data + end + end


@pytest.mark.parametrize("kind", ["response.completed", "response.incomplete", "response.failed"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_the_last_event_is_known(kind: str, end: bytes) -> None:
    assert is_terminal(event(kind, end, response={}))


@pytest.mark.parametrize(
    "other",
    [
        event("response.created", response={}),
        event("response.output_text.delta", delta="response.completed"),
        event("response.web_search_call.completed"),
        event("error", message="response.failed"),
        event(""),
        b": response.completed\n\n",
        b"data: response.completed\n\n",
        b'data: ["response.completed"]\n\n',
        b'data: {"type":"response.completed","x":"\xff"}\n\n',
        b'data: {"type":["response.completed"]}\n\n',
        b"data: [DONE]\n\n",
    ],
)
def test_other_events_are_not_the_last(other: bytes) -> None:
    assert not is_terminal(other)


def test_the_last_event_carries_the_report_at_its_top() -> None:
    tap = Responses().tap(read("x"), Report(request_id="r", dialect="openai-responses"))
    created, last = event("response.created"), event("response.completed", response={"id": "r"})
    assert tap.feed(created) == created
    got = json.loads(tap.feed(last).split(b"data: ")[1])
    assert list(got) == ["type", "response", "token0"]


def test_an_error_in_a_stream_is_an_event_of_its_own_shape() -> None:
    name, data = Responses().error_event(UpstreamError("gone", timeout=True)).strip().split(b"\n")
    assert name == b"event: error"
    assert json.loads(data.removeprefix(b"data: ")) == {
        "type": "error", "code": "upstream_timeout", "message": "gone", "param": None, "sequence_number": 0,
    }  # fmt: skip


def test_nothing_is_asked_for_to_learn_the_usage() -> None:
    assert list(Responses().asks_usage(read("x", stream=True))) == []


PDF = base64.b64encode(b"%PDF-1.4\n").decode()


def document(data: str = f"data:application/pdf;base64,{PDF}", **fields: Any) -> dict[str, Any]:
    return {"type": "input_file", "file_data": data, "filename": "bill.pdf", **fields}


@pytest.mark.parametrize("given", [[message(document())], [output(document())]], ids=["a message", "what a tool says"])
def test_a_document_is_found_in(given: Any) -> None:
    (part,) = read(given).parts
    assert (part.base64, part.media_type, part.detail) == (PDF, "application/pdf", None)


@pytest.mark.parametrize("fields", [{"file_id": "f"}, {"file_url": "https://example.org/a.pdf"}])
def test_a_document_elsewhere_is_left_alone(fields: dict[str, str]) -> None:
    assert read([message({"type": "input_file", **fields})]).parts == ()


def test_a_document_becomes_parts_with_its_name_first_and_its_marks_last() -> None:
    request = read([message(document(detail="high", prompt_cache_breakpoint={"mode": "explicit"}))])
    assert changed(request, Text("page 1"), SMALL)[0]["content"] == [
        {"type": "input_text", "text": "[Document: bill.pdf]"},
        {"type": "input_text", "text": "page 1"},
        {"type": "input_image", "image_url": SMALL_URL, "prompt_cache_breakpoint": {"mode": "explicit"}},
    ]


def test_of_several_parts_in_place_of_an_image_the_last_one_keeps_its_marks() -> None:
    request = read([message(image(prompt_cache_breakpoint={"mode": "explicit"}))])
    first, last = changed(request, Text("one"), Text("two"))[0]["content"]
    assert ("prompt_cache_breakpoint" in first, "prompt_cache_breakpoint" in last) == (False, True)


@pytest.mark.parametrize(
    ("kind", "ends"), [("completed", True), ("incomplete", True), ("failed", False), ("created", False)]
)
def test_a_stream_is_complete_and_successful_unless_it_failed(kind: str, ends: bool) -> None:
    event = f'event: response.{kind}\ndata: {{"type":"response.{kind}","response":{{}}}}\n\n'.encode()
    assert Responses().ends(event) is ends
