"""A stand-in for api.openai.com that is as strict as the real one. `FakeOpenAI().app` is the server.

The header `X-Fake` turns knobs, separated by commas:

rate-limit, quota, overloaded, broken   errors 429, 429, 503, 500
error                                   an error object in the middle of a stream
cut                                     the connection ends in the middle of the answer
think, hang                             no head; no further byte: until the caller leaves
ack                                     event k + 2 is sent after `acknowledged` reached k
tools, refusal, incomplete              other answers; `n` of the request is followed
obfuscation, comments, crlf, split      other bytes of a stream; split cuts it in pieces of seven bytes
gzip                                    the answer is compressed where the caller accepts it
"""

from __future__ import annotations

import asyncio
import json
import threading
import zlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from aiohttp import web
from fakes import openai_rules as rules
from fakes import openai_streams as streams
from fakes.openai_rules import Refused

HEADERS = {
    "openai-processing-ms": "12",
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-tokens": "199",
    "x-ratelimit-reset-tokens": "6ms",
}
ERRORS: dict[str, tuple[Refused, dict[str, str]]] = {
    "rate-limit": (
        Refused(429, "Rate limit reached for requests", kind="requests", code="rate_limit_exceeded"),
        {"retry-after": "7", "retry-after-ms": "7000", "x-should-retry": "true"},
    ),
    "quota": (
        Refused(429, "You exceeded your current quota.", kind="insufficient_quota", code="insufficient_quota"),
        {"x-should-retry": "false"},
    ),
    "overloaded": (Refused(503, "The engine is currently overloaded.", kind="server_error"), {}),
    "broken": (Refused(500, "The server had an error.", kind="server_error"), {}),
}


class Received(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FakeOpenAI:
    """The server, with what it received and sent. Events are of threads, so that tests outside its loop can wait."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.sent: list[bytes] = []
        self.acknowledged = 0
        self.waiting = threading.Event()
        self.gone = threading.Event()
        self._files: dict[str, bytes] = {}
        self._responses: set[str] = set()
        self.app = web.Application(client_max_size=1 << 30, middlewares=[self._guard])
        self.app.router.add_post("/v1/chat/completions", self._chat)
        self.app.router.add_post("/v1/responses", self._respond)
        self.app.router.add_post("/v1/responses/input_tokens", self._count)
        self.app.router.add_get("/v1/responses/{id}", self._stored)
        self.app.router.add_get("/v1/models", self._models)
        self.app.router.add_post("/v1/embeddings", self._embed)
        self.app.router.add_post("/v1/audio/transcriptions", self._transcribe)
        self.app.router.add_post("/v1/files", self._upload)
        self.app.router.add_get("/v1/files/{id}/content", self._download)

    @property
    def last(self) -> Received:
        return self.received[-1]

    @web.middleware
    async def _guard(self, request: web.Request, handler: Callable[..., Any]) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.method, request.path_qs, headers, await request.read()))
        knobs = set(headers.get("x-fake", "").split(","))
        try:
            if not headers.get("authorization", "").startswith("Bearer sk-"):
                raise Refused(401, "Incorrect API key provided.", code="invalid_api_key")
            for knob in knobs & ERRORS.keys():
                refused, extra = ERRORS[knob]
                return self._whole(request, refused.body, knobs, status=refused.status, headers=extra)
            if "think" in knobs:
                await self._until_left()
            answer: web.StreamResponse = await handler(request)
        except Refused as refused:
            return self._whole(request, refused.body, knobs, status=refused.status)
        except web.HTTPException as missing:
            unknown = Refused(404, f"Invalid URL ({request.method} {request.path})")
            return self._whole(request, unknown.body, knobs, status=missing.status)
        if "cut" in knobs and not answer.prepared:
            return await self._cut(request, answer)
        return answer

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        document, knobs = await _read(request, rules.CHAT_FIELDS)
        text, images = rules.chat_tokens(document)
        said = f"Grüezi 🖼 {images} image tokens"
        usage = streams.chat_usage(text, images)
        if document.get("stream"):
            return await self._stream(request, list(streams.chat_events(document, said, usage, knobs)), knobs)
        return self._whole(request, streams.chat_answer(document, said, usage, knobs), knobs)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        document, knobs = await _read(request, rules.RESPONSES_FIELDS)
        text, images = rules.responses_tokens(document)
        before = document.get("previous_response_id")
        if before is not None and before not in self._responses:
            raise Refused(400, f"Previous response with id '{before}' not found.", code="previous_response_not_found")
        response_id = f"resp_{len(self._responses) + 1}"
        self._responses.add(response_id)
        said = f"Grüezi 🖼 {images} image tokens"
        usage = streams.response_usage(text, images)
        if document.get("stream"):
            events = list(streams.response_events(document, said, usage, knobs, response_id))
            return await self._stream(request, events, knobs)
        return self._whole(request, streams.response_answer(document, said, usage, knobs, response_id), knobs)

    async def _count(self, request: web.Request) -> web.StreamResponse:
        document, knobs = await _read(request, rules.RESPONSES_FIELDS)
        tokens = sum(rules.responses_tokens(document))
        return self._whole(request, {"object": "response.input_tokens", "input_tokens": tokens}, knobs)

    async def _stored(self, request: web.Request) -> web.StreamResponse:
        document = {"model": "gpt-4o"}
        usage = streams.response_usage(1, 0)
        return self._whole(
            request, streams.response_answer(document, "stored", usage, set(), request.match_info["id"]), set()
        )

    async def _models(self, request: web.Request) -> web.StreamResponse:
        models = [{"id": name, "object": "model", "created": 1, "owned_by": "openai"} for name in rules.MODELS]
        return self._whole(request, {"object": "list", "data": models}, set())

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        document = await request.json()
        usage = {"prompt_tokens": 2, "total_tokens": 2}
        vector = {"object": "embedding", "index": 0, "embedding": [0.25, -1.0]}
        return self._whole(
            request, {"object": "list", "data": [vector], "model": document["model"], "usage": usage}, set()
        )

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        form = _form(request, self.last.body)
        return self._whole(request, {"text": f"{len(form['file'])} bytes of {form['model'].decode()}"}, set())

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        form = _form(request, self.last.body)
        name = f"file-{len(self._files) + 1}"
        self._files[name] = form["file"]
        about = {"id": name, "object": "file", "bytes": len(form["file"]), "created_at": 1, "filename": "all.bin"}
        return self._whole(request, {**about, "purpose": form["purpose"].decode(), "status": "processed"}, set())

    async def _download(self, request: web.Request) -> web.StreamResponse:
        data = self._files.get(request.match_info["id"])
        if data is None:
            raise Refused(404, "No such File object", param="id")
        return web.Response(body=data, content_type="application/octet-stream", headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {**HEADERS, "x-request-id": f"req_{len(self.received)}"}

    def _whole(
        self,
        request: web.Request,
        document: dict[str, Any],
        knobs: set[str],
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> web.Response:
        body = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
        headers = {**self._headers(), **(headers or {}), "Content-Type": "application/json"}
        if _compressed(request, knobs):
            headers["Content-Encoding"] = "gzip"
            body = zlib.compress(body, wbits=31)
        self.sent.append(body)
        return web.Response(status=status, body=body, headers=headers)

    async def _cut(self, request: web.Request, answer: Any) -> web.StreamResponse:
        body = answer.body
        half = web.StreamResponse(headers={**answer.headers, "Content-Length": str(len(body))})
        await half.prepare(request)
        await half.write(body[: len(body) // 2])
        return _cut_off(request, half)

    async def _stream(self, request: web.Request, events: list[bytes], knobs: set[str]) -> web.StreamResponse:
        headers = {**self._headers(), "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        squeeze = zlib.compressobj(wbits=31) if _compressed(request, knobs) else None
        response = web.StreamResponse(headers={**headers, **({"Content-Encoding": "gzip"} if squeeze else {})})
        await response.prepare(request)
        self.sent.append(b"")
        for number, event in enumerate(_dressed(events, knobs)):
            if number == 4:
                if "cut" in knobs:
                    return _cut_off(request, response)
                if "hang" in knobs:
                    await self._until_left()
                if "error" in knobs:
                    await response.write(_error_event(request.path))
                    return response
            if "ack" in knobs:
                await self._until_acknowledged(number - 2)
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

    async def _until_left(self) -> None:
        self.waiting.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.gone.set()
            raise

    async def _until_acknowledged(self, number: int) -> None:
        async with asyncio.timeout(20):
            while self.acknowledged < number:  # noqa: ASYNC110 - it is set in another thread
                await asyncio.sleep(0.002)


async def _read(request: web.Request, known: frozenset[str]) -> tuple[dict[str, Any], set[str]]:
    try:
        document = json.loads(await request.read())
    except ValueError:
        raise Refused(400, "We could not parse the JSON body of your request.") from None
    return rules.check_fields(document, known), set(request.headers.get("X-Fake", "").split(","))


def _form(request: web.Request, body: bytes) -> dict[str, bytes]:
    """The fields of a `multipart/form-data` body (RFC 7578)."""
    boundary = b"--" + request.headers["Content-Type"].partition("boundary=")[2].strip('"').encode()
    fields = {}
    for piece in body.split(boundary)[1:-1]:
        head, _, value = piece.partition(b"\r\n\r\n")
        fields[head.partition(b'name="')[2].partition(b'"')[0].decode()] = value.removesuffix(b"\r\n")
    return fields


def _compressed(request: web.Request, knobs: set[str]) -> bool:
    return "gzip" in knobs and "gzip" in request.headers.get("Accept-Encoding", "")


def _dressed(events: Iterable[bytes], knobs: set[str]) -> Iterable[bytes]:
    for event in events:
        if "comments" in knobs:
            yield b": keep-alive\n\n"
        yield event.replace(b"\n", b"\r\n") if "crlf" in knobs else event


def _error_event(path: str) -> bytes:
    message = "The server had an error while processing your request."
    if path.endswith("/responses"):
        body = {"type": "error", "code": "server_error", "message": message, "param": None, "sequence_number": 4}
        return b"event: error\ndata: " + json.dumps(body).encode() + b"\n\n"
    error = {"message": message, "type": "server_error", "param": None, "code": None}
    return b"data: " + json.dumps({"error": error}).encode() + b"\n\n"


def _cut_off(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    assert request.transport
    request.transport.close()
    return response
