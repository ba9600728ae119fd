"""The Gemini dialect: its doors, the images it finds, and what it writes in their place."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from token0.errors import BadRequest, PublicError
from token0.report import Report
from token0.splice import splice
from token0.testing import png
from token0.types import Usage
from token0.wire import Endpoint
from token0_google.gemini import Gemini, is_last

if TYPE_CHECKING:
    from token0.types import Request

GREY = png(8, 6)
GREY64 = base64.b64encode(GREY).decode()
CAMEL = {"inlineData": {"mimeType": "image/png", "data": GREY64}}
SNAKE = {"inline_data": {"mime_type": "image/png", "data": GREY64}}
PDF = {"inlineData": {"mimeType": "application/pdf", "data": "JVBERg=="}}
DOOR = Endpoint(kind="generate", path="/v1beta/models/{model}:generateContent", model="gemini-3-flash-preview")
COUNT = Endpoint(kind="count", path="/v1beta/models/{model}:countTokens", model="gemini-3-flash-preview")


def read(document: Any, endpoint: Endpoint = DOOR) -> Request:
    return Gemini().read(json.dumps(document).encode(), endpoint)


def turn(*parts: Any, **fields: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": list(parts)}], **fields}


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
@pytest.mark.parametrize(
    ("verb", "kind"),
    [("generateContent", "generate"), ("streamGenerateContent", "generate"), ("countTokens", "count")],
)
def test_a_model_is_asked_below_each_version(version: str, verb: str, kind: str) -> None:
    found = Gemini().match("POST", f"/{version}/models/gemini-2.5-pro:{verb}", {})
    assert found == Endpoint(kind=kind, path=f"/{version}/models/{{model}}:{verb}", model="gemini-2.5-pro")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("google/gemini-2.5-pro", "google/gemini-2.5-pro"),
        ("dry-run%2Fgpt-4o", "dry-run/gpt-4o"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("ollama%2Fqwen2.5vl:7b", "ollama/qwen2.5vl:7b"),
    ],
)
def test_the_name_in_the_path_is_the_model(name: str, model: str) -> None:
    found = Gemini().match("POST", f"/v1/models/{name}:generateContent", {})
    assert found
    assert found.model == model


def test_a_tuned_model_keeps_its_path() -> None:
    found = Gemini().match("POST", "/v1beta/tunedModels/mine-1:generateContent", {})
    assert found
    assert (found.path, found.model) == ("/v1beta/tunedModels/mine-1:generateContent", "tunedModels/mine-1")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/v1beta/models", {}),
        ("POST", "/v1beta/cachedContents", {}),
        ("POST", "/upload/v1beta/files", {}),
        ("POST", "/v1/models/gemini-embedding-001:embedContent", {}),
        ("GET", "/v1/models", {"x-goog-api-key": "k"}),
        ("DELETE", "/v1/files/abc", {"x-goog-api-key": "k"}),
    ],
)
def test_other_paths_of_google_are_relayed(method: str, path: str, headers: dict[str, str]) -> None:
    found = Gemini().match(method, path, headers)
    assert found
    assert (found.kind, found.path) == ("relay", path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models"),
        ("GET", "/v1/models/gpt-4o"),
        ("DELETE", "/v1/models/ft:gpt-4o:mine"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/api/chat"),
    ],
)
def test_paths_of_others_are_left_to_them(method: str, path: str) -> None:
    assert Gemini().match(method, path, {}) is None


def test_a_strange_path_is_relayed_as_it_was_written() -> None:
    found = Gemini().match("GET", "/v1beta/files/a b%2Fc", {})
    assert found
    assert found.path == "/v1beta/files/a%20b%2Fc"


@pytest.mark.parametrize(("verb", "streamed"), [("generateContent", False), ("streamGenerateContent", True)])
def test_the_verb_says_whether_it_streams(verb: str, streamed: bool) -> None:
    found = Gemini().match("POST", f"/v1/models/gemini-2.5-pro:{verb}", {})
    assert found
    assert read(turn({"text": "hi"}), found).stream is streamed


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        (turn(CAMEL), [("contents", 0, "parts", 0)]),
        (turn({"text": "a"}, SNAKE, CAMEL), [("contents", 0, "parts", 1), ("contents", 0, "parts", 2)]),
        ({"contents": {"parts": CAMEL}}, [("contents", "parts")]),
        (turn(PDF, {"inlineData": {"mimeType": "audio/wav", "data": ""}}, {"fileData": {"fileUri": "x"}}), []),
        (
            turn({"functionResponse": {"name": "f", "response": {}, "parts": [PDF, CAMEL]}}),
            [("contents", 0, "parts", 0, "functionResponse", "parts", 1)],
        ),
        (
            turn({"function_response": {"name": "f", "response": {}, "parts": [SNAKE]}}),
            [("contents", 0, "parts", 0, "function_response", "parts", 0)],
        ),
        ({"contents": [], "system_instruction": {"parts": [SNAKE]}}, [("system_instruction", "parts", 0)]),
        ({"contents": [], "systemInstruction": "be brief"}, []),
    ],
)
def test_images_are_found_wherever_they_may_stand(document: Any, paths: list[Any]) -> None:
    assert [part.path for part in read(document).parts] == paths


def test_a_wrapped_request_is_counted_with_its_images() -> None:
    document = {"generateContentRequest": {"model": "models/gemini-2.5-pro", **turn(CAMEL)}}
    assert read(document, COUNT).parts[0].path == ("generateContentRequest", "contents", 0, "parts", 0)


def test_a_wrapped_request_names_its_model_again() -> None:
    document = {"generateContentRequest": {"model": "models/mine", **turn(CAMEL)}}
    request = read(document, COUNT)
    changed = json.loads(splice(request.body, Gemini().edits_model(request, "gemini-2.5-pro")))
    assert changed["generateContentRequest"]["model"] == "models/gemini-2.5-pro"


def test_an_image_belongs_to_the_text_of_its_turn() -> None:
    document = {"contents": [{"parts": [{"text": "before"}]}, {"parts": [{"text": "a"}, CAMEL, {"text": "b"}]}]}
    assert read(document).parts[0].prompt == "a\nb"


@pytest.mark.parametrize("declared", ["image/png", "png", "IMAGE/PNG"])
def test_a_picture_may_be_declared_carelessly(declared: str) -> None:
    data = f"data:image/png;base64,{GREY64}"
    (part,) = read(turn({"inlineData": {"mimeType": declared, "data": data}})).parts
    # Prefix and all: the core writes it anew, because it is not canonical.
    assert (part.base64, part.media_type) == (data, declared.lower())


@pytest.mark.parametrize(
    ("own", "shared", "detail"),
    [
        (None, None, None),
        ({"level": "MEDIA_RESOLUTION_LOW"}, None, "low"),
        (None, "MEDIA_RESOLUTION_MEDIUM", "medium"),
        ({"level": "MEDIA_RESOLUTION_ULTRA_HIGH"}, "MEDIA_RESOLUTION_LOW", "ultra_high"),
        ({"level": "MEDIA_RESOLUTION_UNSPECIFIED"}, None, None),
        ({"numTokens": 300}, None, None),
    ],
)
@pytest.mark.parametrize(
    ("beside", "config"), [("mediaResolution", "generationConfig"), ("media_resolution", "generation_config")]
)
def test_the_resolution_of_the_part_counts_before_that_of_the_request(
    own: Any, shared: str | None, detail: str | None, beside: str, config: str
) -> None:
    part = {**CAMEL, beside: own} if own else CAMEL
    assert read(turn(part, **{config: {beside: shared}})).parts[0].detail == detail


@pytest.mark.parametrize(
    ("document", "at"),
    [
        ({}, "contents"),
        ({"contents": "hi"}, "contents"),
        ({"contents": ["hi"]}, "contents[0]"),
        ({"contents": [{"parts": ["hi"]}]}, "contents[0].parts[0]"),
        (turn({"inlineData": "x"}), "contents[0].parts[0].inlineData"),
        (turn({"inlineData": {"mimeType": "image/png", "data": 5}}), "contents[0].parts[0].inlineData.data"),
    ],
)
def test_a_wrong_request_names_the_part(document: Any, at: str) -> None:
    with pytest.raises(BadRequest) as raised:
        read(document)
    assert raised.value.param == at


def test_fields_for_the_gateway_are_taken_out() -> None:
    request = read(turn({"text": "hi"}, token0_optimize=False))
    assert (request.options.optimize, b"token0" in splice(request.body, request.edits)) == (False, False)


@pytest.mark.parametrize(
    ("tool", "positions"),
    [
        ({"computerUse": {"environment": "ENVIRONMENT_BROWSER"}}, True),
        ({"functionDeclarations": [{"name": "click_at"}]}, True),
        ({"functionDeclarations": [{"name": "weather"}]}, False),
    ],
)
def test_tools_that_take_positions_are_seen(tool: Any, positions: bool) -> None:
    assert read(turn(CAMEL, tools=[tool])).coordinates is positions


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "INVALID_ARGUMENT"),
        (404, "NOT_FOUND"),
        (429, "RESOURCE_EXHAUSTED"),
        (502, "UNAVAILABLE"),
        (418, "UNKNOWN"),
    ],
)
def test_an_error_has_googles_shape(status: int, word: str) -> None:
    told = json.loads(Gemini().error(PublicError(status, "No.", kind="api_error")))
    assert told == {"error": {"code": status, "message": "No.", "status": word}}


def test_an_error_names_the_part() -> None:
    told = json.loads(Gemini().error(BadRequest("No.", at=("contents", 0))))
    assert told["error"]["details"][0]["fieldViolations"] == [{"field": "contents[0]", "description": "No."}]


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({"promptTokenCount": 9}, Usage(input_tokens=9)),
        (
            {"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 2, "thoughtsTokenCount": 30},
            Usage(input_tokens=9, output_tokens=32, cached_tokens=4),
        ),
        ({"promptTokenCount": 9, "toolUsePromptTokenCount": 5}, Usage(input_tokens=14)),
        ({"totalTokenCount": 9}, None),
        (None, None),
    ],
)
def test_usage_is_what_was_billed(counts: Any, usage: Usage | None) -> None:
    assert Gemini().usage({"usageMetadata": counts}, None) == usage


def test_a_chunk_without_usage_keeps_what_was_told() -> None:
    assert Gemini().usage({"candidates": []}, Usage(input_tokens=5)) == Usage(input_tokens=5)


@pytest.mark.parametrize(
    ("event", "last"),
    [
        (b'data: {"candidates":[{"finishReason":"STOP"}]}\r\n\r\n', True),
        (b',\r\n{"candidates": [{"finishReason": "STOP"}]}', True),
        (b'data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n', True),
        (b'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n\n', False),
        (b'data: {"candidates":[{"content":{"parts":[{"text":"\\"finishReason\\": 1"}]}}]}\n\n', False),
        (b'data: {"candidates":[{"content":{"parts":[{"functionCall":{"args":{"finishReason":"x"}}}]}}]}\n\n', False),
        (b": comment\n\n", False),
        (b'data: {"finishReason": "\xff"}\n\n', False),
        (b"\r\n]", False),
    ],
)
def test_the_last_chunk_tells_why_the_answer_ended(event: bytes, last: bool) -> None:
    assert is_last(event) is last


def test_the_report_joins_the_last_chunk_and_no_other() -> None:
    tap = Gemini().tap(read(turn(CAMEL)), Report(request_id="r", dialect="gemini"))
    first, last = b'data: {"candidates":[{}]}\n\n', b'data: {"candidates":[{"finishReason":"STOP"}]}\n\n'
    assert (tap.feed(first), b',"token0":{' in tap.feed(last)) == (first, True)


def place(verb: str, query: str) -> str:
    endpoint = Endpoint(kind="generate", path=f"/v1beta/models/{{model}}:{verb}", model="gemini-3-flash-preview")
    return Gemini().place(endpoint, msgspec.structs.replace(read(turn({"text": "hi"}), endpoint), query=query))


def test_an_answer_has_one_place_whole_or_streamed() -> None:
    whole = place("generateContent", "x=1")
    assert {place("streamGenerateContent", query) for query in ("x=1", "alt=sse&x=1", "x=1&%24alt=sse")} == {whole}


@pytest.mark.parametrize(
    ("verb", "query"),
    [("streamGenerateContent", "key=a&alt=sse"), ("generateContent", "alt=sse"), ("generateContent", "alt=proto")],
)
def test_anything_else_that_is_asked_is_another_place(verb: str, query: str) -> None:
    assert place(verb, query) != place("generateContent", "")


def test_a_stream_is_complete_with_the_reason_why_it_ended() -> None:
    assert Gemini().ends(b'data: {"candidates":[{"finishReason":"STOP"}]}\r\n\r\n')
    assert not Gemini().ends(b'data: {"candidates":[{"content":{}}]}\r\n\r\n')
