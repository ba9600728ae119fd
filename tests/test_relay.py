"""Answers on their way back: the same bytes at the same moment, a report at the end, an error where they break off."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from fakes.serving import chat, data_url, gateway

from token0.relay import Scanner
from token0.report import Report
from token0_openai.chat import Chat

if TYPE_CHECKING:
    from pathlib import Path

    from token0.testing import Upstream

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
SSE = "text/event-stream; charset=utf-8"

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


def chunk(**fields: Any) -> bytes:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
    return b"data: " + json.dumps({**head, **fields}, ensure_ascii=False).encode() + b"\n\n"


def delta(finish: str | None = None, **fields: str) -> bytes:
    return chunk(choices=[{"index": 0, "delta": fields, "finish_reason": finish}])


FIRST = delta(role="assistant", content="")
WORDS = [delta(content="Grüezi "), delta(content="🖼 "), delta(content='"finish_reason":"stop" ')]
FINISH = delta("stop")
USAGE = chunk(choices=[], usage={"prompt_tokens": 290, "completion_tokens": 5, "total_tokens": 295})
DONE = b"data: [DONE]\n\n"
CHAT_EVENTS = [FIRST, *WORDS, FINISH, DONE]


def typed(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields}, ensure_ascii=False)}\n\n".encode()


TERMINAL = typed("response.completed", response={"usage": {"input_tokens": 290, "output_tokens": 5}})
RESPONSE_EVENTS = [
    typed("response.created", response={"usage": None}),
    typed("response.output_text.delta", delta="response.completed"),
    TERMINAL,
]


def streaming(*events: bytes, headers: dict[str, str] | None = None, then: str = "end") -> Answering:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": SSE, **(headers or {})})
        await response.prepare(request)
        for event in events:
            await response.write(event)
            await asyncio.sleep(0)
        if then == "wait":
            await asyncio.sleep(60)
        if then == "die":
            assert request.transport
            request.transport.close()
        return response

    return answer


def whole(body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> Answering:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers={"Content-Type": "application/json", **(headers or {})})

    return answer


def half(body: bytes) -> Answering:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        assert request.transport
        request.transport.close()
        return response

    return answer


@contextlib.asynccontextmanager
async def asked(url: str, body: dict[str, Any], **headers: str) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer, its bytes as they come over the wire."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.post(url, json=body, headers={"Authorization": "Bearer sk-1", **named}) as answer,
    ):
        yield answer


async def received(url: str, body: dict[str, Any], **headers: str) -> tuple[bytes, bool]:
    """The bytes of the answer, and whether it ended as it should."""
    got = b""
    async with asked(url, body, **headers) as answer:
        try:
            async for piece in answer.content.iter_any():
                got += piece
        except aiohttp.ClientPayloadError:
            return got, False
    return got, True


def text(path: str = CHAT, **fields: Any) -> dict[str, Any]:
    return chat("hi", **fields) if path == CHAT else {"model": "gpt-4o", "input": "hi", **fields}


def picture(path: str = CHAT, **fields: Any) -> dict[str, Any]:
    if path == CHAT:
        return chat("what is this", data_url(), **fields)
    content = [{"type": "input_image", "image_url": data_url()}]
    return {"model": "gpt-4o", "input": [{"role": "user", "content": content}], **fields}


@pytest.fixture
async def address(tmp_path: Path, upstream: Upstream) -> AsyncIterator[str]:
    async with gateway(tmp_path, upstream.url) as running:
        yield running


def report_of(event: bytes) -> dict[str, Any]:
    return json.loads(event.partition(b"data: ")[2])["token0"]


def without_report(event: bytes) -> bytes:
    at = event.index(b',"token0":')
    return event[:at] + b"}" + event[event.rindex(b"\n\n") :]


BYTES = {
    "as documented": b"".join(CHAT_EVENTS),
    "with CRLF": b"".join(CHAT_EVENTS).replace(b"\n", b"\r\n"),
    "with CR": b"".join(CHAT_EVENTS).replace(b"\n", b"\r"),
    "with comments": b": hello\n\n" + b": ping\n\n".join(CHAT_EVENTS),
    "without its last line end": b"".join(CHAT_EVENTS)[:-1],
    "with ids and retries": b"retry: 10\nid: 1\n" + b"".join(CHAT_EVENTS),
    "with bytes that are no text": b"data: \xff\xfe\x00\n\n" + DONE,
    "with nothing": b"",
    "cut inside an event": b"".join(CHAT_EVENTS)[:70],
}


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("sent", BYTES.values(), ids=BYTES)
async def test_the_stream_of_a_text_request_is_the_identical_bytes(
    address: str, upstream: Upstream, sent: bytes, size: int
) -> None:
    upstream.answer = streaming(*(sent[at : at + size] for at in range(0, len(sent), size)))
    assert await received(address + CHAT, text(stream=True)) == (sent, True)


async def test_a_compressed_stream_of_a_text_request_is_the_identical_bytes(address: str, upstream: Upstream) -> None:
    squeeze = zlib.compressobj(wbits=31)
    sent = [squeeze.compress(event) + squeeze.flush(zlib.Z_SYNC_FLUSH) for event in CHAT_EVENTS] + [squeeze.flush()]
    upstream.answer = streaming(*sent, headers={"Content-Encoding": "gzip"})
    assert await received(address + CHAT, text(stream=True)) == (b"".join(sent), True)


async def test_the_stream_of_a_text_response_is_the_identical_bytes(address: str, upstream: Upstream) -> None:
    upstream.answer = streaming(*RESPONSE_EVENTS)
    assert await received(address + RESPONSES, text(RESPONSES, stream=True)) == (b"".join(RESPONSE_EVENTS), True)


@pytest.mark.parametrize("asking", [text, picture])
async def test_an_event_is_passed_on_before_the_next_one_exists(
    address: str, upstream: Upstream, asking: Callable[..., dict[str, Any]]
) -> None:
    seen = asyncio.Semaphore(2)

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": SSE})
        await response.prepare(request)
        for event in [FIRST, *WORDS * 5, FINISH, USAGE, DONE]:
            if event not in (FINISH, USAGE, DONE):
                await asyncio.wait_for(seen.acquire(), 20)
            await response.write(event)
        return response

    upstream.answer = answer
    async with asked(address + CHAT, asking(stream=True)) as got:
        async for line in got.content:
            if line.startswith(b"data:"):
                seen.release()


async def test_an_optimized_stream_is_untouched_up_to_the_finishing_chunk(address: str, upstream: Upstream) -> None:
    upstream.answer = streaming(FIRST, *WORDS, FINISH, USAGE, DONE)
    got, _ = await received(address + CHAT, picture(stream=True))
    assert got.startswith(b"".join([FIRST, *WORDS]))


async def test_the_finishing_chunk_of_an_optimized_stream_carries_the_report(address: str, upstream: Upstream) -> None:
    upstream.answer = streaming(FIRST, *WORDS, FINISH, USAGE, DONE)
    got, _ = await received(address + CHAT, picture(stream=True))
    last = got.split(b"\n\n")[4] + b"\n\n"
    assert (report_of(last)["tokens_saved"], without_report(last)) == (510, FINISH)


async def test_the_report_of_a_stream_knows_what_was_billed(address: str, upstream: Upstream) -> None:
    upstream.answer = streaming(FIRST, FINISH, USAGE, DONE)
    got, _ = await received(address + CHAT, picture(stream=True))
    assert report_of(got.split(b"\n\n")[1])["billed_prompt_tokens"] == 290


async def test_a_usage_chunk_that_the_client_did_not_ask_for_is_taken_out(address: str, upstream: Upstream) -> None:
    upstream.answer = streaming(FIRST, FINISH, USAGE, DONE)
    got, _ = await received(address + CHAT, picture(stream=True))
    assert b'"usage"' not in got


async def test_a_usage_chunk_that_the_client_asked_for_carries_the_report(address: str, upstream: Upstream) -> None:
    upstream.answer = streaming(FIRST, FINISH, USAGE, DONE)
    got, _ = await received(address + CHAT, picture(stream=True, stream_options={"include_usage": True}))
    first, finish, usage, done, _ = got.split(b"\n\n")
    assert [first, finish, without_report(usage + b"\n\n"), done] == [FIRST[:-2], FINISH[:-2], USAGE, DONE[:-2]]


@pytest.mark.parametrize(
    ("asking", "headers", "options"),
    [
        (picture, {}, {"include_usage": True}),
        (picture, {"X_Token0_Report": "off"}, None),
        (picture, {"X_Token0": "off"}, None),
        (text, {}, None),
    ],
)
async def test_the_provider_is_asked_for_usage_only_for_the_report(
    address: str, upstream: Upstream, asking: Callable[..., dict[str, Any]], headers: dict[str, str], options: Any
) -> None:
    upstream.answer = streaming(*CHAT_EVENTS)
    await received(address + CHAT, asking(stream=True), **headers)
    assert upstream.received[0].json().get("stream_options") == options


@pytest.mark.parametrize("headers", [{"X_Token0_Report": "off"}, {"X_Token0": "off"}])
async def test_without_report_an_optimized_stream_is_the_identical_bytes(
    address: str, upstream: Upstream, headers: dict[str, str]
) -> None:
    upstream.answer = streaming(*CHAT_EVENTS)
    assert await received(address + CHAT, picture(stream=True), **headers) == (b"".join(CHAT_EVENTS), True)


async def test_the_terminal_event_of_an_optimized_response_carries_the_report(address: str, upstream: Upstream) -> None:
    upstream.answer = streaming(*RESPONSE_EVENTS)
    got, _ = await received(address + RESPONSES, picture(RESPONSES, stream=True))
    before = len(got) - len(got.split(b"\n\n")[-2]) - 2
    assert got[:before] == b"".join(RESPONSE_EVENTS[:2])
    assert without_report(got[before:]) == TERMINAL
    assert report_of(got[before:])["billed_prompt_tokens"] == 290


WHOLE = b'{\n  "id": "x", "usage": {"prompt_tokens": 1e2, "completion_tokens": 5}, "created": 1.0\n}\n'


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_the_answer_to_a_text_request_is_the_identical_bytes(
    address: str, upstream: Upstream, encoding: str
) -> None:
    sent = gzip.compress(WHOLE) if encoding == "gzip" else WHOLE
    upstream.answer = whole(sent, headers={"Content-Encoding": encoding})
    assert await received(address + CHAT, text()) == (sent, True)


async def test_an_optimized_answer_gains_one_key_and_changes_in_nothing_else(address: str, upstream: Upstream) -> None:
    upstream.answer = whole(WHOLE)
    got, _ = await received(address + CHAT, picture())
    assert got[: got.index(b',"token0":')] + got[-2:] == WHOLE
    assert json.loads(got)["token0"]["optimizations_applied"] == ["halve"]


async def test_an_answer_that_was_compressed_unasked_passes_as_it_is(address: str, upstream: Upstream) -> None:
    sent = gzip.compress(WHOLE)
    upstream.answer = whole(sent, headers={"Content-Encoding": "gzip"})
    assert await received(address + CHAT, picture()) == (sent, True)


@pytest.mark.parametrize("asking", [text, picture])
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_an_error_of_the_provider_is_the_identical_bytes(
    address: str, upstream: Upstream, asking: Callable[..., dict[str, Any]], status: int
) -> None:
    body = b'{ "error": {"message": "no", "type": "x", "param": null, "code": null} }'
    upstream.answer = whole(body, status=status, headers={"Retry-After": "7", "x-request-id": "req_1"})
    async with asked(address + CHAT, asking()) as got:
        kept = (got.status, got.headers["Retry-After"], got.headers["x-request-id"], await got.read())
    assert kept == (status, "7", "req_1", body)


async def test_headers_of_the_answer_are_kept_but_for_those_of_the_connection(address: str, upstream: Upstream) -> None:
    upstream.answer = whole(b"{}", headers={"x-ratelimit-remaining-tokens": "9", "Keep-Alive": "timeout=5"})
    async with asked(address + CHAT, text()) as got:
        assert (got.headers["x-ratelimit-remaining-tokens"], got.headers.get("Keep-Alive")) == ("9", None)


@pytest.mark.parametrize("status", [204, 301, 304])
async def test_an_answer_without_body_is_relayed(address: str, upstream: Upstream, status: int) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    upstream.answer = answer
    async with (
        aiohttp.ClientSession() as session,
        session.get(address + "/v1/files/1", allow_redirects=False) as got,
    ):
        assert (got.status, got.headers["Location"]) == (status, "/elsewhere")


DYING = {
    "a text stream": (CHAT, text(stream=True)),
    "an optimized stream": (CHAT, picture(stream=True)),
    "an optimized stream with usage": (CHAT, picture(stream=True, stream_options={"include_usage": True})),
}


@pytest.mark.parametrize("after", [1, 3, 5])
@pytest.mark.parametrize(("path", "body"), DYING.values(), ids=DYING)
async def test_a_stream_that_breaks_off_ends_in_an_error_and_not_cleanly(
    address: str, upstream: Upstream, path: str, body: dict[str, Any], after: int
) -> None:
    upstream.answer = streaming(*CHAT_EVENTS[:after], then="die")
    got, clean = await received(address + path, body)
    error = json.loads(got.split(b"\n\n")[-2].removeprefix(b"data: "))["error"]
    assert (error["code"], clean) == ("upstream_unreachable", False)


async def test_a_stream_that_breaks_off_inside_an_event_still_says_so_in_an_event(
    address: str, upstream: Upstream
) -> None:
    upstream.answer = streaming(FIRST, WORDS[0][:20], then="die")
    got, _ = await received(address + CHAT, text(stream=True))
    assert got.startswith(FIRST + WORDS[0][:20] + b"\n\ndata: {")


@pytest.mark.parametrize("asking", [text, picture])
async def test_a_response_that_breaks_off_ends_in_an_error_event_of_its_own_shape(
    address: str, upstream: Upstream, asking: Callable[..., dict[str, Any]]
) -> None:
    upstream.answer = streaming(*RESPONSE_EVENTS[:2], then="die")
    got, clean = await received(address + RESPONSES, asking(RESPONSES, stream=True))
    name, _, data = got.split(b"\n\n")[-2].strip().partition(b"\ndata: ")
    assert (name, json.loads(data)["type"], clean) == (b"event: error", "error", False)


async def test_a_long_text_answer_that_breaks_off_does_not_look_finished(address: str, upstream: Upstream) -> None:
    long = json.dumps({"text": "x" * 100_000}).encode()
    upstream.answer = half(long)
    got, clean = await received(address + CHAT, text())
    assert (long.startswith(got), clean) == (True, False)


@pytest.mark.parametrize("asking", [text, picture])
async def test_an_answer_that_is_held_and_breaks_off_is_a_502(
    address: str, upstream: Upstream, asking: Callable[..., dict[str, Any]]
) -> None:
    upstream.answer = half(WHOLE)
    async with asked(address + CHAT, asking()) as got:
        assert (got.status, (await got.json())["error"]["type"]) == (502, "api_error")


async def test_a_provider_that_refuses_the_connection_is_a_502(tmp_path: Path) -> None:
    async with gateway(tmp_path, f"http://127.0.0.1:{closed_port()}") as address, asked(address + CHAT, text()) as got:
        assert (got.status, (await got.json())["error"]["code"]) == (502, "upstream_unreachable")


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def deaf() -> Iterator[str]:
    """The address of a server whose queue of connections is full: one more is neither accepted nor refused."""
    server = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.settimeout(0)
        each.connect_ex(server.getsockname())
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    for each in [server, *waiting]:
        each.close()


async def test_a_provider_that_cannot_be_connected_in_time_is_a_504(tmp_path: Path, deaf: str) -> None:
    async with (
        gateway(tmp_path, deaf, openai={"connect_seconds": 0.2}) as address,
        asked(address + CHAT, text()) as got,
    ):
        error = (await got.json())["error"]
    assert (got.status, error["type"], error["code"]) == (504, "timeout_error", "upstream_timeout")


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
async def test_a_provider_that_does_not_begin_to_answer_is_a_504(tmp_path: Path, upstream: Upstream, path: str) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        raise AssertionError

    upstream.answer = answer
    async with (
        gateway(tmp_path, upstream.url, openai={"first_byte_seconds": 0.2}) as address,
        asked(address + path, text(path)) as got,
    ):
        error = (await got.json())["error"]
    assert (got.status, error["type"], error["code"]) == (504, "timeout_error", "upstream_timeout")


@pytest.mark.parametrize("asking", [text, picture])
async def test_a_stream_that_falls_silent_ends_in_an_error_and_not_cleanly(
    tmp_path: Path, upstream: Upstream, asking: Callable[..., dict[str, Any]]
) -> None:
    upstream.answer = streaming(FIRST, WORDS[0], then="wait")
    async with gateway(tmp_path, upstream.url, openai={"idle_seconds": 0.2}) as address:
        got, clean = await received(address + CHAT, asking(stream=True))
    error = json.loads(got.split(b"\n\n")[-2].removeprefix(b"data: "))["error"]
    assert (error["code"], clean) == ("upstream_timeout", False)


async def test_an_answer_that_is_held_and_falls_silent_is_a_504(tmp_path: Path, upstream: Upstream) -> None:
    upstream.answer = streaming(b"{", headers={"Content-Type": "application/json"}, then="wait")
    async with (
        gateway(tmp_path, upstream.url, openai={"idle_seconds": 0.2}) as address,
        asked(address + CHAT, picture()) as got,
    ):
        assert got.status == 504


@pytest.mark.parametrize("asking", [text, picture])
@pytest.mark.parametrize("events", [[], [FIRST, WORDS[0]]], ids=["while it thinks", "while it speaks"])
async def test_a_client_that_leaves_closes_the_connection_to_the_provider(
    address: str, upstream: Upstream, asking: Callable[..., dict[str, Any]], events: list[bytes]
) -> None:
    reached, left = asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            if events:
                response = web.StreamResponse(headers={"Content-Type": SSE})
                await response.prepare(request)
                await response.write(b"".join(events))
            reached.set()
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            left.set()
            raise
        raise AssertionError

    upstream.answer = answer
    client = asyncio.create_task(received(address + CHAT, asking(stream=True)))
    await asyncio.wait_for(reached.wait(), 10)
    client.cancel()
    await asyncio.wait_for(left.wait(), 10)


async def test_the_gateway_lives_on_after_all_this(address: str, upstream: Upstream) -> None:
    upstream.answer = streaming(FIRST, then="die")
    await received(address + CHAT, text(stream=True))
    upstream.answer = whole(b"{}")
    assert await received(address + CHAT, text()) == (b"{}", True)


def test_usage_below_a_thousand_objects_is_ignored() -> None:
    report = Report(request_id="r", dialect="openai-chat")
    Scanner(Chat(), report, "application/json", None).document(b'{"usage":' * 9999)
    assert report.usage is None
