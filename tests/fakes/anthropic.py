"""A stand-in for api.anthropic.com that is as strict as the real one. `FakeAnthropic().app` is the server.

The header `X-Fake` turns knobs, separated by commas:

rate-limit, overloaded, broken   errors 429, 529, 500
page                             a proxy's 503, in HTML
error                            an error event in the middle of a stream
cut                              the connection ends in the middle of the answer
short                            a stream ends without its last event
ack                              word k + 2 of text or thought is sent after `acknowledged` reached k
tools, thinking, refusal, long   other answers: parallel calls, thoughts, a refusal, cut at max_tokens
cached                           most of the prompt came from the cache
comments, crlf, split            other bytes of a stream; split cuts it in pieces of seven bytes
gzip                             the answer is compressed where the caller accepts it
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from aiohttp import web
from fakes import anthropic_rules as rules
from fakes import anthropic_streams as streams
from fakes.anthropic_rules import Refused

HEADERS = {
    "anthropic-organization-id": "org-fake",
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "49",
    "anthropic-ratelimit-requests-reset": "2026-11-23T12:00:00Z",
}
ERRORS: dict[str, tuple[Refused, dict[str, str]]] = {
    "rate-limit": (
        Refused(429, "rate_limit_error", "This request would exceed your rate limit."),
        {"retry-after": "7", "x-should-retry": "true"},
    ),
    "overloaded": (Refused(529, "overloaded_error", "Overloaded"), {"x-should-retry": "true"}),
    "broken": (Refused(500, "api_error", "Internal server error"), {}),
}
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


class Received(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FakeAnthropic:
    """The server, with what it received and sent."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.sent: list[bytes] = []
        self.acknowledged = 0
        self.app = web.Application(client_max_size=1 << 30, middlewares=[self._guard])
        self.app.router.add_post("/v1/messages", self._create)
        self.app.router.add_post("/v1/messages/count_tokens", self._count)
        self.app.router.add_post("/v1/messages/batches", self._batch)
        self.app.router.add_get("/v1/models", self._models)

    @property
    def last(self) -> Received:
        return self.received[-1]

    @web.middleware
    async def _guard(self, request: web.Request, handler: Callable[..., Any]) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.method, request.path_qs, headers, await request.read()))
        knobs = set(headers.get("x-fake", "").split(","))
        try:
            _authorize(headers)
            for knob in knobs & ERRORS.keys():
                refused, extra = ERRORS[knob]
                return self._whole(request, refused.body, knobs, status=refused.status, headers=extra)
            if "page" in knobs:
                return web.Response(status=503, text="<html>no server is available</html>", content_type="text/html")
            answer: web.StreamResponse = await handler(request)
        except Refused as refused:
            return self._whole(request, refused.body, knobs, status=refused.status)
        except web.HTTPException as missing:
            unknown = Refused(missing.status, "not_found_error", "Not found")
            return self._whole(request, unknown.body, knobs, status=missing.status)
        return answer

    async def _create(self, request: web.Request) -> web.StreamResponse:
        document, knobs = await _read(request, rules.CREATE)
        message = streams.answer(document, rules.image_tokens(document), knobs)
        if document.get("stream"):
            return await self._stream(request, list(streams.events(message)), knobs)
        if "cut" in knobs:
            return await self._half(request, message)
        return self._whole(request, message, knobs)

    async def _count(self, request: web.Request) -> web.StreamResponse:
        document, knobs = await _read(request, rules.COUNT)
        tokens = rules.image_tokens(document) + len(document["messages"])
        return self._whole(request, {"input_tokens": tokens}, knobs)

    async def _batch(self, request: web.Request) -> web.StreamResponse:
        document = await request.json()
        counts = {"processing": len(document["requests"]), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        about = {"id": "msgbatch_01", "type": "message_batch", "processing_status": "in_progress"}
        times = {"created_at": "2026-11-23T12:00:00Z", "expires_at": "2026-11-24T12:00:00Z"}
        return self._whole(request, {**about, **times, "request_counts": counts}, set())

    async def _models(self, request: web.Request) -> web.StreamResponse:
        model = {
            "type": "model",
            "id": "claude-opus-5-5",
            "display_name": "Claude",
            "created_at": "2026-09-01T00:00:00Z",
        }
        return self._whole(request, {"data": [model], "has_more": False, "first_id": None, "last_id": None}, set())

    def _headers(self) -> dict[str, str]:
        return {**HEADERS, "request-id": f"req_{len(self.received)}"}

    def _whole(
        self,
        request: web.Request,
        document: dict[str, Any],
        knobs: set[str],
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> web.Response:
        given = {**self._headers(), **(headers or {}), "Content-Type": "application/json"}
        if status != 200:
            document = {**document, "request_id": given["request-id"]}
        body = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
        if _compressed(request, knobs):
            given["Content-Encoding"] = "gzip"
            body = zlib.compress(body, wbits=31)
        self.sent.append(body)
        return web.Response(status=status, body=body, headers=given)

    async def _half(self, request: web.Request, message: dict[str, Any]) -> web.StreamResponse:
        body = json.dumps(message).encode()
        headers = {**self._headers(), "Content-Type": "application/json", "Content-Length": str(len(body))}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        return _cut_off(request, response)

    async def _stream(self, request: web.Request, events: list[bytes], knobs: set[str]) -> web.StreamResponse:
        headers = {**self._headers(), "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        squeeze = zlib.compressobj(wbits=31) if _compressed(request, knobs) else None
        response = web.StreamResponse(headers={**headers, **({"Content-Encoding": "gzip"} if squeeze else {})})
        await response.prepare(request)
        self.sent.append(b"")
        words = 0
        for number, event in enumerate(_dressed(events[:-1] if "short" in knobs else events, knobs)):
            if number == 4 and "cut" in knobs:
                return _cut_off(request, response)
            if number == 4 and "error" in knobs:
                await self._write(response, streams.event(OVERLOADED), 1024)
                return response
            if b"text_delta" in event or b"thinking_delta" in event:
                words += 1
                if "ack" in knobs:
                    await self._until_acknowledged(words - 2)
            if squeeze:
                event = squeeze.compress(event) + squeeze.flush(zlib.Z_SYNC_FLUSH)
            await self._write(response, event, 7 if "split" in knobs else len(event))
        if squeeze:
            await self._write(response, squeeze.flush(), 1024)
        return response

    async def _write(self, response: web.StreamResponse, data: bytes, size: int) -> None:
        for start in range(0, len(data), size):
            await response.write(data[start : start + size])
            if size < len(data):
                await asyncio.sleep(0)
        self.sent[-1] += data

    async def _until_acknowledged(self, number: int) -> None:
        async with asyncio.timeout(20):
            while self.acknowledged < number:  # noqa: ASYNC110 - it is set in another thread
                await asyncio.sleep(0.002)


def _authorize(headers: dict[str, str]) -> None:
    # The client of 2026 sends its key as a bearer, too.
    key = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
    if not key:
        raise Refused(401, "authentication_error", "x-api-key header is required")
    if not key.startswith("sk-ant-"):
        raise Refused(401, "authentication_error", "invalid x-api-key")
    if headers.get("anthropic-version") not in ("2023-06-01", "2026-10-21"):
        raise rules.invalid("anthropic-version: header is required")


async def _read(request: web.Request, known: frozenset[str]) -> tuple[dict[str, Any], set[str]]:
    try:
        document = json.loads(await request.read())
    except ValueError:
        raise rules.invalid("The request body is not valid JSON") from None
    if request.headers["anthropic-version"] >= "2026":
        known -= {"temperature", "top_p", "top_k"}
    return rules.check(document, known), set(request.headers.get("X-Fake", "").split(","))


def _compressed(request: web.Request, knobs: set[str]) -> bool:
    return "gzip" in knobs and "gzip" in request.headers.get("Accept-Encoding", "")


def _dressed(events: Iterable[bytes], knobs: set[str]) -> Iterable[bytes]:
    for event in events:
        if "comments" in knobs:
            yield b": keep-alive\n\n" + b'event: of_the_future\ndata: {"type": "of_the_future"}\n\n'
        yield event.replace(b"\n", b"\r\n") if "crlf" in knobs else event


def _cut_off(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    assert request.transport
    request.transport.close()
    return response
