"""token0.recording: what is kept of an answer, when it is whole, and how it is told again."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest
from aiohttp import web
from fakes.serving import chat

from token0.recording import Recorder, Recording
from token0.report import ImageReport, Report, Shape
from token0.types import Request, Usage
from token0.wire import Endpoint
from token0_google.gemini import Gemini
from token0_openai.chat import Chat

KEY = "ab" * 32
SSE = "text/event-stream; charset=utf-8"
JSON = "application/json"


def event(document: Any) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def chunk(finish: str | None = None, **delta: str) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})


DONE = b"data: [DONE]\n\n"
STREAM = (chunk(role="assistant", content="Hi"), chunk("stop"), DONE)


def recording(*chunks: bytes, content_type: str = SSE, **fields: Any) -> Recording:
    stream = fields.pop("stream", content_type == SSE)
    return Recording(content_type=content_type, stream=stream, chunks=chunks, created=time.time(), **fields)


def asking(**fields: Any) -> Request:
    return Chat().read(json.dumps(chat("hi", **fields)).encode(), Endpoint(kind="generate", path=""))


def test_what_was_packed_is_unpacked() -> None:
    image = ImageReport(at="a", before=Shape(tokens=9), after=Shape(tokens=3))
    made = recording(
        *STREAM, usage=Usage(input_tokens=3), images=(image,), warnings=("w",), headers={"request-id": "r"}
    )
    assert Recording.unpack(KEY, made.pack(KEY)) == made


@pytest.mark.parametrize("at", [0, 15, 16, 40, -1])
def test_a_changed_byte_is_noticed(at: int) -> None:
    held = bytearray(recording(*STREAM).pack(KEY))
    held[at] ^= 1
    assert Recording.unpack(KEY, bytes(held)) is None


@pytest.mark.parametrize("held", [b"", b"short", b"\x80" * 100, msgspec.msgpack.encode({"a": 1})])
def test_foreign_bytes_are_nothing(held: bytes) -> None:
    assert Recording.unpack(KEY, held) is None


def test_an_entry_under_another_key_is_nothing() -> None:
    assert Recording.unpack("cd" * 32, recording(*STREAM).pack(KEY)) is None


def test_an_entry_of_another_version_is_nothing() -> None:
    class Later(Recording, frozen=True, kw_only=True):
        pass

    later = Later(content_type=JSON, stream=False, chunks=(), created=0.0, version=2)  # type: ignore[arg-type]
    assert Recording.unpack(KEY, later.pack(KEY)) is None


def test_a_clock_that_runs_behind_makes_no_negative_age() -> None:
    early = Recording(content_type=JSON, stream=False, chunks=(), created=time.time() + 100)
    assert early.age == 0


ERROR = event({"error": {"message": "no"}})


@pytest.mark.parametrize(
    ("made", "complete"),
    [
        (recording(*STREAM), True),
        (recording(b"".join(STREAM)), True),
        (recording(b"".join(STREAM)[:50], b"".join(STREAM)[50:]), True),
        (recording(*STREAM[:-1]), False),
        (recording(STREAM[0], ERROR), False),
        (recording(STREAM[0], ERROR, DONE), False),
        (recording(STREAM[0], event({"type": "error"}), DONE), False),
        (recording(chunk(content='"error"'), DONE), True),
        (recording(event({"choices": [], "error": None}), DONE), True),
        (recording(b'data: {"error"\n\n', DONE), False),
        (recording(b"event: error\ndata: no\n\n", DONE), False),
        (recording(b'{"choices": []}', content_type=JSON), True),
        (recording(b'{"choices": [], "error": null}', content_type=JSON), True),
        (recording(b'{"error": {"message": "no"}}', content_type=JSON), False),
        (recording(b'{"choices": [', content_type=JSON), False),
        (recording(b"<html>", content_type=JSON), False),
        (recording(b"[]", content_type=JSON), False),
    ],
)
def test_only_what_is_complete_and_tells_no_error_is_kept(made: Recording, complete: bool) -> None:
    assert made.is_complete(Chat()) is complete


def test_a_stream_that_is_an_array_is_complete_when_its_last_object_ends_the_answer() -> None:
    last = b',\n{"candidates":[{"finishReason":"STOP"}]}\n]'
    parts = [b'[{"candidates":[{"content":{}}]}', last]
    assert recording(*parts, content_type=JSON, stream=True).is_complete(Gemini())
    assert not recording(parts[0], content_type=JSON, stream=True).is_complete(Gemini())


async def told(made: Recording, request: Request) -> tuple[str, list[bytes]] | None:
    answer = made.told(Chat(), request)
    return answer and (answer.headers["Content-Type"], [each async for each in answer.chunks()])


async def test_a_stream_is_told_in_the_chunks_it_came_in() -> None:
    assert await told(recording(*STREAM), asking(stream=True)) == (SSE, list(STREAM))


async def test_a_body_is_told_as_it_was() -> None:
    assert await told(recording(b"{ }", content_type=JSON), asking()) == (JSON, [b"{ }"])


async def test_a_stream_is_told_whole_where_that_is_asked_for() -> None:
    found = await told(recording(*STREAM), asking())
    assert found
    assert found[0] == JSON
    (choice,) = json.loads(found[1][0])["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("Hi", "stop")


async def test_what_cannot_be_told_in_the_other_form_is_not_told() -> None:
    assert await told(recording(b'{"odd": 1}', content_type=JSON), asking(stream=True)) is None


REPORT = Report(request_id="r", dialect="d", usage=Usage(input_tokens=4))


def taken(*chunks: bytes, limit: int = 100, status: int = 200, report: Report = REPORT, **headers: str) -> Any:
    recorder = Recorder(limit)
    for each in chunks:
        recorder.feed(each)
    given = {"Content-Type": JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return recorder.recording(web.StreamResponse(status=status, headers=given), report)


def test_an_answer_is_taken_down_with_its_usage_and_the_number_of_its_request() -> None:
    made = taken(b"{", b"}", x_request_id="req_1", x_ratelimit_remaining_requests="9")
    assert (made.chunks, made.usage, made.headers) == ((b"{", b"}"), REPORT.usage, {"x-request-id": "req_1"})


@pytest.mark.parametrize(
    "made",
    [
        taken(b"1" * 60, b"2" * 41),
        taken(b"1" * 101, b"2"),
        taken(),
        taken(b"{}", limit=0),
        taken(b"{}", status=429),
        taken(b"{}", status=206),
        taken(b"{}", Content_Encoding="gzip"),
        taken(b"data: {}\n\n", Content_Type=SSE),
    ],
)
def test_what_is_too_large_compressed_or_no_success_is_not_taken_down(made: Any) -> None:
    assert made is None


def test_what_is_exactly_as_large_as_allowed_is() -> None:
    assert taken(b"1" * 60, b"2" * 40).size == 100
