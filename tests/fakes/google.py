"""A stand-in for generativelanguage.googleapis.com that is as strict as the real one. `FakeGoogle().app` is the server.

The header `X-Fake` turns knobs, separated by commas:

rate-limit, quota, overloaded, broken   errors 429 (with the header; with RetryInfo alone), 503, 500
error                                   an error object in the middle of a stream
cut                                     the connection ends in the middle of the answer
endless                                 the stream ends without a reason
ack                                     event k + 2 is sent after `acknowledged` reached k
tools, thoughts, cached                 two calls; thoughts before the text; a prompt that was cached
safety, blocked, malformed              a filtered answer, a refused prompt, a call that failed
comments, split, gzip                   other bytes of a stream; split cuts it in pieces of seven bytes
"""

from __future__ import annotations

import asyncio
import json
import threading
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from aiohttp import web
from fakes import google_rules as rules
from fakes.google_rules import Refused, invalid

HEADERS = {"server-timing": "gfet4t7; dur=12", "x-goog-request-id": "req-7", "vary": "X-Origin"}
_RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"}
_REASON = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
ERRORS: dict[str, tuple[Refused, dict[str, str]]] = {
    "rate-limit": (Refused(429, "Resource exhausted.", "RESOURCE_EXHAUSTED"), {"Retry-After": "7"}),
    "quota": (Refused(429, "You exceeded your current quota.", "RESOURCE_EXHAUSTED", [_RETRY]), {}),
    "overloaded": (Refused(503, "The model is overloaded.", "UNAVAILABLE"), {}),
    "broken": (Refused(500, "An internal error has occurred.", "INTERNAL"), {}),
}
CALLS = [
    {
        "functionCall": {"id": "fc1", "name": "weather", "args": {"city": "Bern", "days": 2}},
        "thoughtSignature": "c2lnbmVk",
    },
    {"functionCall": {"id": "fc2", "name": "clock", "args": {"zone": "CET"}}},
]


class Received(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FakeGoogle:
    """The server, with what it received and sent."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.sent: list[bytes] = []
        self.acknowledged = 0
        self.waiting = threading.Event()
        self.app = web.Application(client_max_size=1 << 30)
        self.app.router.add_get("/{version}/models", self._models)
        self.app.router.add_post("/{version}/openai/chat/completions", self._imitation)
        self.app.router.add_post("/{version:v1|v1beta}/models/{model}:{verb}", self._method)

    @property
    def last(self) -> Received:
        return self.received[-1]

    async def _record(self, request: web.Request) -> set[str]:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.method, request.path_qs, headers, await request.read()))
        key = headers.get("x-goog-api-key") or request.query.get("key")
        if not key and not headers.get("authorization", "").startswith("Bearer ya29."):
            raise Refused(403, "Method doesn't allow unregistered callers.", "PERMISSION_DENIED")
        if key and not key.startswith("AIza"):
            raise Refused(400, "API key not valid.", "INVALID_ARGUMENT", [_REASON])
        for name in request.query:
            if name not in ("key", "alt", "pageSize"):
                raise invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.')
        return set(headers.get("x-fake", "").split(","))

    async def _method(self, request: web.Request) -> web.StreamResponse:
        listed = request.match_info["verb"] == "streamGenerateContent" and request.query.get("alt") != "sse"
        try:
            knobs = await self._record(request)
            for knob in knobs & ERRORS.keys():
                refused, headers = ERRORS[knob]
                return self._refuse(refused, listed=listed, headers=headers)
            return await self._answer(request, knobs)
        except Refused as refused:
            return self._refuse(refused, listed=listed)

    async def _answer(self, request: web.Request, knobs: set[str]) -> web.StreamResponse:
        model, verb = request.match_info["model"], request.match_info["verb"]
        if model not in rules.MODELS:
            raise Refused(404, f"models/{model} is not found for API version v1beta.", "NOT_FOUND")
        try:
            document = rules.camel(json.loads(await request.read()))
        except ValueError as error:
            raise invalid("Invalid JSON payload received.") from error
        if verb == "countTokens":
            words, images = rules.tokens(document.get("generateContentRequest", document), model)
            details = [{"modality": "TEXT", "tokenCount": words}]
            return self._whole(request, {"totalTokens": words + images, "promptTokensDetails": details}, knobs)
        words, images = rules.tokens(document, model)
        chunks = list(_chunks(document, model, f"Grüezi 🖼 {images} image tokens", words, images, knobs))
        if verb == "generateContent":
            answer = self._whole(request, _joined(chunks, document), knobs)
            return await _cut(request, answer) if "cut" in knobs else answer
        return await self._stream(request, chunks, knobs)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        try:
            knobs = await self._record(request)
        except Refused as refused:
            return self._refuse(refused, listed=False)
        models = [
            {"name": f"models/{name}", "supportedGenerationMethods": ["generateContent"]} for name in rules.MODELS
        ]
        return self._whole(request, {"models": sorted(models, key=lambda each: each["name"])}, knobs)

    async def _imitation(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.method, request.path_qs, headers, await request.read()))
        return web.json_response({"choices": []})

    def _refuse(self, refused: Refused, *, listed: bool, headers: dict[str, str] | None = None) -> web.Response:
        body = [refused.body] if listed else refused.body
        return web.json_response(body, status=refused.code, headers={**HEADERS, **(headers or {})})

    def _whole(self, request: web.Request, document: dict[str, Any], knobs: set[str]) -> web.Response:
        body = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
        headers = {**HEADERS, "Content-Type": "application/json; charset=UTF-8"}
        if _compressed(request, knobs):
            headers["Content-Encoding"] = "gzip"
            body = zlib.compress(body, wbits=31)
        self.sent.append(body)
        return web.Response(body=body, headers=headers)

    async def _stream(self, request: web.Request, chunks: list[dict[str, Any]], knobs: set[str]) -> web.StreamResponse:
        events = request.query.get("alt") == "sse"
        kind = "text/event-stream" if events else "application/json; charset=UTF-8"
        squeeze = zlib.compressobj(wbits=31) if _compressed(request, knobs) else None
        headers = {**HEADERS, "Content-Type": kind, **({"Content-Encoding": "gzip"} if squeeze else {})}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        self.sent.append(b"")
        for number, event in enumerate(_written(chunks, knobs, events=events)):
            if number == 3 and "cut" in knobs:
                assert request.transport
                request.transport.close()
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

    async def _until_acknowledged(self, number: int) -> None:
        async with asyncio.timeout(20):
            while self.acknowledged < number:  # noqa: ASYNC110 - it is set in another thread
                await asyncio.sleep(0.002)


def _chunks(
    document: dict[str, Any], model: str, said: str, words: int, images: int, knobs: set[str]
) -> Iterator[dict[str, Any]]:
    """A streamed answer. Usage repeats and grows; the last chunk tells why it ended."""
    if "blocked" in knobs:
        usage = {"promptTokenCount": words + images, "totalTokenCount": words + images}
        yield {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage, "modelVersion": model}
        return
    parts: list[dict[str, Any]] = [{"text": "Let me look.", "thought": True}] if "thoughts" in knobs else []
    parts += [{"text": word} for word in said.replace(" ", " \0").split("\0")]
    if "tools" in knobs and "tools" in document:
        parts = [{"text": "Wait. "}, *CALLS]
    reason = {"safety": "SAFETY", "malformed": "MALFORMED_FUNCTION_CALL"}
    ending = next((reason[knob] for knob in knobs & reason.keys()), "STOP")
    for i, part in enumerate(parts):
        usage = {
            "promptTokenCount": words + images,
            "candidatesTokenCount": i + 1,
            "totalTokenCount": words + images + i + 1,
            "promptTokensDetails": [{"modality": "IMAGE", "tokenCount": images}],
        }
        if "thoughts" in knobs:
            usage["thoughtsTokenCount"] = 20
        if "cached" in knobs:
            usage["cachedContentTokenCount"] = words
        candidate: dict[str, Any] = {"content": {"parts": [part], "role": "model"}, "index": 0}
        if i == len(parts) - 1 and "endless" not in knobs:
            candidate["finishReason"] = ending
        yield {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model, "responseId": "r1"}


def _joined(chunks: list[dict[str, Any]], document: dict[str, Any]) -> dict[str, Any]:
    """The same answer in one piece, as often as `candidateCount` says."""
    last = chunks[-1]
    if "candidates" not in last:
        return last
    parts: list[dict[str, Any]] = []
    for chunk in chunks:
        for part in chunk["candidates"][0]["content"]["parts"]:
            if parts and "text" in part and "text" in parts[-1] and "thought" not in parts[-1]:
                parts[-1] = {"text": parts[-1]["text"] + part["text"]}
            else:
                parts.append(part)
    candidate = {**last["candidates"][0], "content": {"parts": parts, "role": "model"}}
    config = document.get("generationConfig", {})
    if config.get("responseLogprobs"):
        chosen = {"token": "Grüezi", "tokenId": 5, "logProbability": -0.25}
        candidate["logprobsResult"] = {"chosenCandidates": [chosen], "topCandidates": [{"candidates": [chosen]}]}
    count = config.get("candidateCount", 1)
    return {**last, "candidates": [{**candidate, "index": index} for index in range(count)]}


def _written(chunks: list[dict[str, Any]], knobs: set[str], *, events: bool) -> Iterator[bytes]:
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    said = [*chunks[:2], error] if "error" in knobs else chunks
    for i, chunk in enumerate(said):
        if events:
            if "comments" in knobs:
                yield b": keep \xe2\x82\xac open\r\n\r\n"
            yield b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\r\n\r\n"
        else:
            yield (b",\r\n" if i else b"[") + json.dumps(chunk, ensure_ascii=False, indent=2).encode() + b"\n"
    if not events:
        yield b"]\n"


def _compressed(request: web.Request, knobs: set[str]) -> bool:
    return "gzip" in knobs and "gzip" in request.headers.get("Accept-Encoding", "")


async def _cut(request: web.Request, answer: web.Response) -> web.StreamResponse:
    assert isinstance(answer.body, bytes)
    half = web.StreamResponse(headers={**answer.headers, "Content-Length": str(len(answer.body))})
    await half.prepare(request)
    await half.write(answer.body[: len(answer.body) // 2])
    assert request.transport
    request.transport.close()
    return half
