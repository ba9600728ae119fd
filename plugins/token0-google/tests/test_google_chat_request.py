"""OpenAI Chat requests in Gemini's words."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from token0.errors import BadRequest
from token0.testing import png
from token0_google.chat_request import ChatToGemini

GREY64 = base64.b64encode(png(8, 6)).decode()
URL = f"data:image/png;base64,{GREY64}"
INLINE = {"inlineData": {"mimeType": "image/png", "data": GREY64}}
FLASH, OLDER = "gemini-3-flash-preview", "gemini-2.5-flash"
DUMMY = "context_engineering_is_the_way_to_go"


def translation(*messages: Any, model: str = FLASH, drop: bool = False, **fields: Any) -> Any:
    document = {"model": model, "messages": list(messages) or [{"role": "user", "content": "hi"}], **fields}
    return ChatToGemini().translate(document, model, drop=drop)


def translated(*messages: Any, **fields: Any) -> Any:
    return json.loads(translation(*messages, **fields).body)


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(content)}


def picture(**fields: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": URL, **fields}}


def call(call_id: str, name: str = "f", arguments: str = "{}", **fields: Any) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}, **fields}


def called(*calls: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(calls)}


def result(call_id: str, content: Any = "done") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        (False, "/v1beta/models/gemini-3-flash-preview:generateContent"),
        (True, "/v1beta/models/gemini-3-flash-preview:streamGenerateContent?alt=sse"),
    ],
)
def test_the_verb_says_whether_it_streams(stream: bool, path: str) -> None:
    assert translation(stream=stream).path == path


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("models/gemini-2.5-pro", "/v1beta/models/gemini-2.5-pro:generateContent"),
        ("tunedModels/mine", "/v1beta/tunedModels/mine:generateContent"),
    ],
)
def test_a_collection_in_the_name_is_not_doubled(model: str, path: str) -> None:
    assert translation(model=model).path == path


@pytest.mark.parametrize(
    ("messages", "contents"),
    [
        ([{"role": "user", "content": "hi"}], [("user", [{"text": "hi"}])]),
        (
            [user({"type": "text", "text": "a"}), user({"type": "text", "text": "b"})],
            [("user", [{"text": "a"}, {"text": "b"}])],
        ),
        (
            [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}],
            [("user", [{"text": "a"}]), ("model", [{"text": "b"}]), ("user", [{"text": "c"}])],
        ),
        ([{"role": "user", "content": ""}, {"role": "user", "content": "b"}], [("user", [{"text": "b"}])]),
        ([{"role": "system", "content": "alone"}], [("user", [{"text": "alone"}])]),
        (
            [{"role": "user", "content": "a"}, {"role": "assistant", "content": None, "refusal": "no"}],
            [("user", [{"text": "a"}]), ("model", [{"text": "no"}])],
        ),
    ],
)
def test_turns_keep_their_order(messages: list[Any], contents: list[Any]) -> None:
    assert [(turn["role"], turn["parts"]) for turn in translated(*messages)["contents"]] == contents


def test_instructions_are_joined_in_their_order() -> None:
    body = translated(
        {"role": "system", "content": "first"},
        {"role": "user", "content": "hi"},
        {"role": "developer", "content": [{"type": "text", "text": "second"}]},
    )
    assert body["systemInstruction"] == {"parts": [{"text": "first"}, {"text": "second"}]}


@pytest.mark.parametrize(
    ("detail", "level"),
    [
        ("low", "LOW"),
        ("medium", "MEDIUM"),
        ("high", "HIGH"),
        ("original", "ULTRA_HIGH"),
        ("ultra_high", "ULTRA_HIGH"),
    ],
)
def test_a_detail_stands_beside_the_data(detail: str, level: str) -> None:
    part = translated(user(picture(detail=detail)))["contents"][0]["parts"][0]
    assert part == {**INLINE, "mediaResolution": {"level": f"MEDIA_RESOLUTION_{level}"}}


@pytest.mark.parametrize("part", [picture(), picture(detail="auto"), {"type": "image_url", "image_url": URL}])
def test_without_a_detail_the_model_chooses(part: Any) -> None:
    assert translated(user(part))["contents"][0]["parts"] == [INLINE]


@pytest.mark.parametrize(
    ("details", "level"),
    [
        (["low"], "MEDIA_RESOLUTION_LOW"),
        (["low", "medium"], "MEDIA_RESOLUTION_MEDIUM"),
        (["low", "original"], "MEDIA_RESOLUTION_HIGH"),
        (["low", "auto"], None),
        (["low", None], None),
    ],
)
def test_older_models_get_the_highest_detail_for_all(details: list[str | None], level: str | None) -> None:
    body = translated(user(*(picture(detail=detail) for detail in details)), model=OLDER)
    assert body.get("generationConfig", {}).get("mediaResolution") == level
    assert body["contents"][0]["parts"] == [INLINE] * len(details)


def test_the_bytes_say_what_a_picture_is() -> None:
    part = {"type": "image_url", "image_url": {"url": URL.replace("png", "webp")}}
    assert translated(user(part))["contents"][0]["parts"] == [INLINE]


@pytest.mark.parametrize(
    ("part", "media_type"),
    [
        ({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0="}}, "application/pdf"),
        ({"type": "file", "file": {"file_data": "JVBERi0="}}, "application/pdf"),
        ({"type": "file", "file": {"file_data": "data:text/plain;base64,aGk="}}, "text/plain"),
        ({"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}}, "audio/mp3"),
    ],
)
def test_files_and_sound_are_inline(part: Any, media_type: str) -> None:
    assert translated(user(part))["contents"][0]["parts"][0]["inlineData"]["mimeType"] == media_type


@pytest.mark.parametrize(
    ("part", "at"),
    [
        (picture(url="https://example.org/a.png"), "image_url.url"),
        ({"type": "image_url", "image_url": "http://a/b.png"}, "image_url"),
        (picture(url="data:image/png,abc"), "image_url.url"),
        ({"type": "file", "file": {"file_id": "file-1"}}, "file.file_id"),
        ({"type": "video_url", "video_url": {"url": "x"}}, "type"),
    ],
)
def test_what_cannot_be_sent_is_named(part: Any, at: str) -> None:
    with pytest.raises(BadRequest) as raised:
        translation(user(part))
    assert raised.value.param == f"messages[0].content[0].{at}"


def test_calls_and_results_make_two_turns() -> None:
    calls = called(call("1", "f", '{"a": 1.0}'), call("2", "g", ""))
    body = translated({"role": "user", "content": "hi"}, calls, result("1", '{"b": 2}'), result("2", "text"))
    assert body["contents"][1:] == [
        {
            "role": "model",
            "parts": [
                {"functionCall": {"name": "f", "args": {"a": 1.0}, "id": "1"}, "thoughtSignature": DUMMY},
                {"functionCall": {"name": "g", "args": {}, "id": "2"}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "1", "name": "f", "response": {"b": 2}}},
                {"functionResponse": {"id": "2", "name": "g", "response": {"output": "text"}}},
            ],
        },
    ]


def test_numbers_in_arguments_are_not_rewritten() -> None:
    body = translation({"role": "user", "content": "hi"}, called(call("1", "f", '{"a": 1.10, "b": 1e3}'))).body
    assert b'"args":{"a": 1.10, "b": 1e3}' in body


@pytest.mark.parametrize("content", ['{"output": 1}', '{"error": "x", "a": 1}', "[1]", "7", ""])
def test_a_result_that_would_be_misread_is_told_as_text(content: str) -> None:
    body = translated({"role": "user", "content": "hi"}, called(call("1")), result("1", content))
    assert body["contents"][2]["parts"][0]["functionResponse"]["response"] == {"output": content}


def test_a_signature_goes_back_with_its_call() -> None:
    signed = call("1", extra_content={"google": {"thought_signature": "c2ln"}})
    parts = translated({"role": "user", "content": "hi"}, called(signed, call("2")))["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == ["c2ln", None]


def test_older_models_want_no_signature() -> None:
    parts = translated({"role": "user", "content": "hi"}, called(call("1")), model=OLDER)["contents"][1]["parts"]
    assert "thoughtSignature" not in parts[0]


def test_a_picture_in_a_result_is_part_of_it() -> None:
    told = result("1", [{"type": "text", "text": "see"}, picture(detail="low")])
    response = translated({"role": "user", "content": "hi"}, called(call("1")), told)["contents"][2]["parts"][0]
    low = {**INLINE, "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}}
    assert response["functionResponse"]["parts"] == [low]


def test_pictures_in_results_for_older_models_follow_all_results() -> None:
    messages = [called(call("1"), call("2")), result("1", [picture()]), result("2"), {"role": "user", "content": "so?"}]
    contents = translated({"role": "user", "content": "hi"}, *messages, model=OLDER)["contents"]
    assert [sorted(part) for part in contents[2]["parts"]] == [["functionResponse"], ["functionResponse"]]
    assert contents[3] == {"role": "user", "parts": [INLINE, {"text": "so?"}]}


@pytest.mark.parametrize(
    ("messages", "at"),
    [
        ([result("7")], "messages[0].tool_call_id"),
        ([called(call("1", arguments="{"))], "messages[0].tool_calls[0].function.arguments"),
        ([called(call("1", arguments="[]"))], "messages[0].tool_calls[0].function.arguments"),
        ([called({"id": "1", "type": "custom"})], "messages[0].tool_calls[0].type"),
        ([{"role": "assistant", "content": None, "function_call": {"name": "f"}}], "messages[0].function_call"),
        ([{"role": "oracle", "content": "hi"}], "messages[0].role"),
        ([{"content": "hi"}], "messages[0].role"),
    ],
)
def test_a_wrong_message_is_named(messages: list[Any], at: str) -> None:
    with pytest.raises(BadRequest) as raised:
        translation(*messages)
    assert raised.value.param == at


def test_the_same_request_gives_the_same_bytes() -> None:
    messages = [user(picture(), {"type": "text", "text": "hi"}), called(call("1")), result("1")]
    assert translation(*messages).body == translation(*messages).body
