"""A client that asks a gateway whose answers are kept, and the provider behind it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import pytest
from aiohttp import web
from fakes.serving import chat, data_url, gateway
from fakes.shelving import Shelf

from token0.testing import Upstream, png

if TYPE_CHECKING:
    from pathlib import Path

    from multidict import CIMultiDictProxy

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]
CHAT = "/v1/chat/completions"
COLD = chat("hi", temperature=0)
PICTURE = chat("hi", data_url(), temperature=0)
STREAMED = chat("hi", temperature=0, stream=True)
KEY = "sk-of-one-tenant"


class Got(NamedTuple):
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def cache(self) -> str | None:
        return self.headers.get("x-token0-cache")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks one gateway; the key is that of one tenant unless another is given."""

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self.address, self._session = address, session

    async def ask(self, body: Any = COLD, *, key: str | None = KEY, path: str = CHAT, **headers: str) -> Got:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            given["Authorization"] = f"Bearer {key}"
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self._session.post(self.address + path, data=data, headers=given) as answer:
            return Got(answer.status, answer.headers, await answer.read())


@contextlib.asynccontextmanager
async def client(folder: Path, url: str, *, cache: dict[str, Any] | None = None, **more: Any) -> AsyncIterator[Client]:
    layers: list[Any] = ["shelf"]
    async with (
        gateway(folder, url, cache={"layers": layers, **(cache or {})}, **more) as address,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        yield Client(address, session)


@pytest.fixture
async def one(tmp_path: Path, upstream: Upstream) -> AsyncIterator[Client]:
    upstream.answer = numbered(upstream)
    async with client(tmp_path, upstream.url) as made:
        yield made


def completion(content: str, **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 300, "completion_tokens": 5, "total_tokens": 305}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def numbered(upstream: Upstream) -> Answering:
    """Each answer says how many there were before."""

    async def answer(_: web.Request) -> web.StreamResponse:
        headers = {"x-request-id": "req_1", "x-ratelimit-remaining-requests": "9"}
        return web.json_response(completion(f"answer {len(upstream.received)}"), headers=headers)

    return answer


def chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def call(**fields: Any) -> list[dict[str, Any]]:
    return [{"index": 0, **fields}]


CHUNKS = [
    chunk(role="assistant", tool_calls=call(id="call_1", type="function", function={"name": "f", "arguments": ""})),
    chunk(tool_calls=call(function={"arguments": '{"a"'})),
    chunk(tool_calls=call(function={"arguments": ":1}"})),
    chunk("tool_calls"),
]
USAGE = {**chunk(), "choices": [], "usage": {"prompt_tokens": 300, "completion_tokens": 5, "total_tokens": 305}}


def event(document: Any) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def streaming(*events: bytes, then: str = "") -> Answering:
    """Answers with these events, and with the usage where it is asked for, as OpenAI does."""

    async def answer(request: web.Request) -> web.StreamResponse:
        wants = json.loads(await request.read()).get("stream_options", {}).get("include_usage")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for each in events or [event(one) for one in [*CHUNKS, *([USAGE] if wants else [])]] + [DONE]:
            await response.write(each)
            await asyncio.sleep(0)
        if then == "die":
            assert request.transport
            request.transport.close()
        return response

    return answer


def documents(body: bytes) -> list[Any]:
    """What a stream says, without the reports."""
    payloads = [line.removeprefix(b"data: ") for line in body.splitlines() if line]
    found = [json.loads(each) if each != b"[DONE]" else "done" for each in payloads]
    return [{k: v for k, v in each.items() if k != "token0"} if isinstance(each, dict) else each for each in found]


def content(got: Got) -> str:
    """The text of an answer of either form."""
    if got.headers["Content-Type"].startswith("application/json"):
        return str(got.json["choices"][0]["message"]["content"])
    return "".join(each["choices"][0]["delta"].get("content") or "" for each in documents(got.body)[:-1])


def held(upstream: Upstream, answer: Answering) -> asyncio.Event:
    """The provider thinks until the event is set."""
    gate = asyncio.Event()

    async def wait(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return await answer(request)

    upstream.answer = wait
    return gate


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def shared() -> dict[str, Any]:
    Shelf.boards.pop("common", None)
    return {"layers": [{"use": "shelf", "board": "common"}]}


def grey(shade: int) -> dict[str, Any]:
    picture = "data:image/png;base64," + base64.b64encode(png(64, 64, shade)).decode()
    return chat("hi", picture, temperature=0)
