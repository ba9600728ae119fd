"""What the Gemini dialect writes where an image was, and what it leaves alone."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from token0.splice import splice
from token0.testing import png
from token0.types import Image, Text
from token0.wire import Endpoint
from token0_google.gemini import Gemini

if TYPE_CHECKING:
    from token0.types import Content

GREY = png(8, 6)
GREY64 = base64.b64encode(GREY).decode()
CAMEL = {"inlineData": {"mimeType": "image/png", "data": GREY64}}
SNAKE = {"inline_data": {"mime_type": "image/png", "data": GREY64}}
PDF = {"inlineData": {"mimeType": "application/pdf", "data": "JVBERg=="}}


def read(body: bytes, model: str = "gemini-3-flash-preview") -> Any:
    return Gemini().read(body, Endpoint(kind="generate", path="", model=model))


def turn(*parts: Any, **fields: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": list(parts)}], **fields}


def image(data: bytes = GREY, **fields: Any) -> Image:
    return Image(data=data, format=fields.pop("format", "png"), width=8, height=6, **fields)


def edited(document: Any, *contents: Content, model: str = "gemini-3-flash-preview", part: int = 0) -> Any:
    request = read(json.dumps(document).encode(), model)
    return json.loads(splice(request.body, Gemini().edits(request, {part: contents})))


@pytest.mark.parametrize(
    ("part", "blob", "kind"), [(CAMEL, "inlineData", "mimeType"), (SNAKE, "inline_data", "mime_type")]
)
def test_a_new_image_is_written_in_the_clients_spelling(part: Any, blob: str, kind: str) -> None:
    signed = {**part, "thoughtSignature": "c2ln", "partMetadata": {"a": 1}}
    changed = edited(turn(signed), image(b"\xff\xd8\xff", format="jpeg"))["contents"][0]["parts"][0]
    assert changed == {**signed, blob: {kind: "image/jpeg", "data": "/9j/"}}


def test_all_other_bytes_survive() -> None:
    body = (
        b'{"contents":[ {"parts" : [{"text":"\\u00fc"},\r\n '
        b'{"inlineData":{"mimeType":"image/png" , "data":"AAAA"} } ]}],"x":1.0}\n'
    )
    request = read(body)
    changed = splice(body, Gemini().edits(request, {0: [image(b"new")]}))
    assert changed == body.replace(b"AAAA", b"bmV3")


def test_a_smaller_resolution_is_written_beside_the_data_which_stays() -> None:
    changed = edited(turn({**SNAKE, "media_resolution": {"level": "MEDIA_RESOLUTION_HIGH"}}), image(detail="low"))
    assert changed["contents"][0]["parts"] == [{**SNAKE, "media_resolution": {"level": "MEDIA_RESOLUTION_LOW"}}]


@pytest.mark.parametrize(
    ("detail", "level"),
    [
        ("low", "MEDIA_RESOLUTION_LOW"),
        ("medium", "MEDIA_RESOLUTION_MEDIUM"),
        ("high", "MEDIA_RESOLUTION_HIGH"),
        ("ultra_high", "MEDIA_RESOLUTION_ULTRA_HIGH"),
        ("original", "MEDIA_RESOLUTION_ULTRA_HIGH"),
    ],
)
def test_each_word_has_its_level(detail: str, level: str) -> None:
    changed = edited(turn(CAMEL), image(detail=detail))
    assert changed["contents"][0]["parts"][0]["mediaResolution"] == {"level": level}


def test_auto_takes_the_resolution_out() -> None:
    changed = edited(turn({**CAMEL, "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}}), image(detail="auto"))
    assert changed["contents"][0]["parts"] == [CAMEL]


@pytest.mark.parametrize(
    ("parts", "config", "after"),
    [
        ([CAMEL], None, {"mediaResolution": "MEDIA_RESOLUTION_LOW"}),
        ([CAMEL], {"topK": 5}, {"topK": 5, "mediaResolution": "MEDIA_RESOLUTION_LOW"}),
        ([CAMEL], {"media_resolution": "MEDIA_RESOLUTION_HIGH"}, {"media_resolution": "MEDIA_RESOLUTION_LOW"}),
        ([CAMEL, SNAKE], None, None),
        ([CAMEL, PDF], None, None),
        ([CAMEL, {"fileData": {"fileUri": "x"}}], None, None),
    ],
)
def test_older_models_have_one_resolution_for_images_that_agree(parts: list[Any], config: Any, after: Any) -> None:
    document = turn(*parts) | ({"generationConfig": config} if config else {})
    changed = edited(document, image(detail="low"), model="gemini-2.5-flash")
    assert (changed.get("generationConfig"), changed["contents"]) == (after, document["contents"])


def test_text_stands_where_an_image_stood() -> None:
    part = {**CAMEL, "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}, "thoughtSignature": "c2ln"}
    changed = edited(turn({"text": "a"}, part), Text("words"))
    assert changed["contents"][0]["parts"] == [{"text": "a"}, {"text": "words", "thoughtSignature": "c2ln"}]


def test_text_in_a_functions_response_is_a_file() -> None:
    blob = {**CAMEL["inlineData"], "displayName": "shot"}
    part = {"inlineData": blob, "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}}
    response = {"name": "f", "response": {"image": {"$ref": "shot"}}, "parts": [part]}
    changed = edited(turn({"functionResponse": response}), Text("words"))
    told = {"inlineData": {"mimeType": "text/plain", "data": "d29yZHM=", "displayName": "shot"}}
    assert changed["contents"][0]["parts"][0]["functionResponse"]["parts"] == [told]


def test_one_image_may_become_several_parts() -> None:
    changed = edited({"contents": {"parts": CAMEL}}, Text("above"), image(b"new"))
    new = {"inlineData": {"mimeType": "image/png", "data": "bmV3"}}
    assert changed["contents"]["parts"] == [{"text": "above"}, new]


BILL = {"inlineData": {"mimeType": "application/pdf", "data": base64.b64encode(b"%PDF-1.4\n").decode()}}


def test_a_document_is_found_with_its_turn_and_its_resolution() -> None:
    low = {**BILL, "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}}
    (part,) = read(json.dumps(turn({"text": "Read"}, low)).encode()).parts
    assert (part.path, part.media_type, part.detail, part.prompt) == (
        ("contents", 0, "parts", 1), "application/pdf", "low", "Read",
    )  # fmt: skip


@pytest.mark.parametrize(
    "part",
    [
        PDF,
        {"functionResponse": {"name": "f", "response": {}, "parts": [BILL]}},
        {"fileData": {"mimeType": "application/pdf", "fileUri": "files/1"}},
        {"inlineData": {"mimeType": "application/pdf", "data": 1}},
    ],
)
def test_other_documents_are_left_alone(part: Any) -> None:
    assert read(json.dumps(turn(part)).encode()).parts == ()


def test_a_document_becomes_parts_of_which_the_last_one_keeps_what_is_unknown() -> None:
    signed = {**BILL, "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}, "thoughtSignature": "c2ln"}
    page = image(b"page", detail="low")
    seen = {
        "inlineData": {"mimeType": "image/png", "data": "cGFnZQ=="},
        "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"},
    }
    assert edited(turn(signed), page, Text("page 2"), page)["contents"][0]["parts"] == [
        seen, {"text": "page 2"}, {**seen, "thoughtSignature": "c2ln"},
    ]  # fmt: skip


def test_a_wrong_label_is_corrected_and_the_bytes_stay() -> None:
    wrong = {"inlineData": {"mimeType": "image/jpeg", "data": GREY64}}
    assert edited(turn(wrong), image())["contents"][0]["parts"][0] == CAMEL
