"""A fake Ollama: as strict as the real one (0.33), and stricter where that finds mistakes of a gateway.

The real server ignores fields it does not know; this one answers 400, as nothing of another API may reach it.
Models that misbehave: busy:1 (429), down:1 (503), llava:breaks (an error line after two words), llava:cut (the
connection ends after two words), llava:lockstep (word k + 2 waits until `POST /test/ack` was called k times).
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from fakes.ollama_rules import Refused, check_thinking, counted, parsed

MODELS = (
    "llava:7b", "llava:latest", "minicpm-v:8b", "qwen2.5vl:latest", "gpt-oss:20b", "mistral-small3.1:latest",
    "gemma4:latest", "llama4:latest", "qwen3:8b", "busy:1", "down:1", "llava:breaks", "llava:cut", "llava:lockstep",
)  # fmt: skip


@dataclass
class Received:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class FakeOllama:
    """Start it with `loop.serve(fake.app())`. `received` holds the requests, without those for the list of models."""

    models: tuple[str, ...] = MODELS
    received: list[Received] = field(default_factory=list)
    listed: int = 0
    acknowledged: int = 0
    acknowledgement: asyncio.Condition = field(default_factory=asyncio.Condition)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_get("/", self._alive)
        app.router.add_get("/api/tags", self._tags)
        app.router.add_get("/api/version", self._version)
        app.router.add_post("/api/show", self._show)
        app.router.add_post("/api/chat", self._generate)
        app.router.add_post("/api/generate", self._generate)
        app.router.add_get("/v1/models", self._v1_models)
        app.router.add_post("/v1/responses", self._v1_responses)
        app.router.add_post("/test/ack", self._acknowledge)
        return app

    async def _record(self, request: web.Request) -> Received:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.method, request.path, headers, await request.read())
        self.received.append(received)
        return received

    async def _alive(self, request: web.Request) -> web.Response:
        await self._record(request)
        return web.Response(text="Ollama is running")

    async def _tags(self, request: web.Request) -> web.Response:
        self.listed += 1
        details = {"format": "gguf", "family": "llama", "parameter_size": "7B", "quantization_level": "Q4_0"}
        shared = {"modified_at": "2026-11-20T10:00:00Z", "size": 4733363377, "digest": "0" * 64, "details": details}
        return web.json_response({"models": [{"name": name, "model": name, **shared} for name in self.models]})

    async def _version(self, request: web.Request) -> web.Response:
        await self._record(request)
        return web.json_response({"version": "0.33.0"})

    async def _show(self, request: web.Request) -> web.Response:
        received = await self._record(request)
        name = received.json.get("model")
        if name not in self.models:
            return web.json_response({"error": f"model '{name}' not found"}, status=404)
        return web.json_response({
            "details": {"family": "llama", "parameter_size": "7B", "quantization_level": "Q4_0"},
            "model_info": {"general.architecture": "llama"},
            "capabilities": ["completion", "vision", "tools"],
        })  # fmt: skip

    async def _v1_models(self, request: web.Request) -> web.Response:
        await self._record(request)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "library"} for name in self.models]
        return web.json_response({"object": "list", "data": data})

    async def _v1_responses(self, request: web.Request) -> web.Response:
        await self._record(request)
        part = {"type": "output_text", "text": "Grüße", "annotations": []}
        message = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        usage = {"input_tokens": 578, "output_tokens": 1, "total_tokens": 579}
        head = {"id": "r", "object": "response", "created_at": 0, "status": "completed", "model": "llava:7b"}
        return web.json_response({**head, "output": [message], "usage": usage})

    async def _acknowledge(self, request: web.Request) -> web.Response:
        async with self.acknowledgement:
            self.acknowledged += 1
            self.acknowledgement.notify_all()
        return web.Response()

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        received = await self._record(request)
        try:
            asked = parsed(received.body, received.path)
            name = self._named(asked)
            prompt_tokens = counted(asked, name)
            check_thinking(asked, name)
        except Refused as error:
            retry = {"Retry-After": "7"} if error.status in (429, 503) else {}
            return web.json_response({"error": str(error)}, status=error.status, headers=retry)
        lines = answered(asked, name, prompt_tokens, chat=received.path == "/api/chat")
        if asked.get("stream") is False:
            return web.json_response(joined(lines))
        return await self._stream(request, lines, name)

    def _named(self, asked: dict[str, Any]) -> str:
        name = asked.get("model")
        if not name:
            raise Refused(400, "model is required")
        if name == "busy:1":
            raise Refused(429, "too many requests")
        if name == "down:1":
            raise Refused(503, "server busy, please try again.  maximum pending requests exceeded")
        for listed in (name, f"{name}:latest"):
            if listed in self.models:
                return listed
        raise Refused(404, f"model '{name}' not found")

    async def _stream(self, request: web.Request, lines: list[dict[str, Any]], name: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        for number, line in enumerate(lines):
            if name == "llava:lockstep":
                async with self.acknowledgement:
                    # Bound to the number: the client may acknowledge while this waits.
                    await self.acknowledgement.wait_for(lambda at=number: self.acknowledged >= at - 1)
            if name == "llava:breaks" and number == 2:
                await response.write(b'{"error":"an error was encountered while running the model"}\n')
                return response
            if name == "llava:cut" and number == 2:
                assert request.transport
                request.transport.close()
                return response
            await response.write(json.dumps(line).encode() + b"\n")
        return response


def answered(asked: dict[str, Any], name: str, prompt_tokens: int, *, chat: bool) -> list[dict[str, Any]]:
    """The lines of the answer, the last one with the counts."""
    messages = asked.get("messages") or [{}]
    calls = asked.get("tools") and messages[-1].get("role") == "user"
    told = [m["content"] for m in messages if m.get("role") == "tool"]
    words = f"It is {' and '.join(told)}.".split() if told else ["Grüße", "aus", "dem", "Bild", "."]
    if asked.get("format"):
        words = ['{"ok":', "true}"]
    limit = (asked.get("options") or {}).get("num_predict", len(words))
    said = [] if calls else words[:limit]

    def line(content: str, **more: Any) -> dict[str, Any]:
        head = {"model": name, "created_at": f"2026-11-24T10:00:00.{len(lines):09d}Z"}
        text = {"message": {"role": "assistant", "content": content, **more}} if chat else {"response": content, **more}
        line = {**head, **text, "done": False}
        if asked.get("logprobs") and content:
            line["logprobs"] = [{"token": content, "logprob": -0.5}]
        return line

    lines: list[dict[str, Any]] = []
    if asked.get("think"):
        lines += [line("", thinking="Hmm, "), line("", thinking="clear.")]
    if calls:
        lines.append(line("", tool_calls=[call(asked["tools"][0], place) for place in ("Rome", "Oslo")]))
    for number, word in enumerate(said):
        lines.append(line(word if number == 0 else f" {word}"))
    reason = "length" if limit < len(words) and not calls else "stop"
    counts = {"prompt_eval_count": prompt_tokens, "eval_count": max(1, len(said))}
    lines.append({**line(""), "done": True, "done_reason": reason, "total_duration": 5, "load_duration": 1, **counts})
    return lines


def call(tool: dict[str, Any], place: str) -> dict[str, Any]:
    parameters = tool["function"]["parameters"]["properties"]
    # A member named `done` must not be taken for the end of the answer.
    arguments = dict.fromkeys(parameters, place) | {"done": True}
    return {"function": {"name": tool["function"]["name"], "arguments": arguments}}


def joined(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer of a request with `stream: false`."""
    whole = dict(lines[-1])
    if "response" in whole:
        whole["response"] = "".join(line["response"] for line in lines)
        whole["thinking"] = "".join(line.get("thinking", "") for line in lines)
    else:
        messages = [line["message"] for line in lines]
        whole["message"] = {"role": "assistant", "content": "".join(message["content"] for message in messages)}
        if thinking := "".join(message.get("thinking", "") for message in messages):
            whole["message"]["thinking"] = thinking
        if calls := [each for message in messages for each in message.get("tool_calls", [])]:
            whole["message"]["tool_calls"] = calls
    if probable := [each for line in lines for each in line.get("logprobs", [])]:
        whole["logprobs"] = probable
    return whole
