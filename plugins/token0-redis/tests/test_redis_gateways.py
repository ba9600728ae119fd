"""Two gateway processes and one redis: what one has made, the other has; without the server both go on."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from redis.asyncio import Redis

from token0.testing import Upstream, png

if TYPE_CHECKING:
    from .conftest import Server

pytest.importorskip("token0_openai", reason="its dialect is spoken here")
pytest.importorskip("token0_resize", reason="it works on the image here")

URL = "data:image/png;base64," + base64.b64encode(png(1600, 1200)).decode()
ANSWER = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-6-astra",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Grey."}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10},
}


async def answered(_: web.Request) -> web.Response:
    return web.json_response(ANSWER)


@asynccontextmanager
async def gateway(file: Path) -> AsyncIterator[str]:
    """The address of a gateway in a process of its own."""
    command = (sys.executable, "-m", "token0.cli", "run", "--config", str(file), "--port", "0")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    try:
        yield (await process.stdout.readline()).decode().split()[-1]
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def gateways(tmp_path: Path, server: Server, upstream: Upstream) -> AsyncIterator[list[str]]:
    upstream.answer = answered
    layer = {"use": "redis", "url": server.url, "lookup_seconds": 1}
    file = tmp_path / "token0.yaml"
    file.write_text(
        json.dumps({
            "pipeline": ["resize"],
            "cache": {"layers": [layer]},
            "providers": {"openai": {"base_url": f"{upstream.url}/v1"}},
        })
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(gateway(file)) for _ in range(2)]


async def ask(address: str, prompt: str, temperature: float = 0) -> tuple[int, str, dict[str, Any]]:
    """Status, what the answer cache did, and the answer."""
    content = [{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": URL}}]
    body = {
        "model": "gpt-6-astra",
        "temperature": temperature,
        "messages": [{"role": "user", "content": content}],
    }
    headers = {"Authorization": "Bearer sk-1"}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{address}/v1/chat/completions", json=body, headers=headers) as answer,
    ):
        return answer.status, answer.headers.get("x-token0-cache", ""), await answer.json()


async def kept(server: Server, number: int) -> None:
    """Wait until the server has so many values: they are written when the answer is on its way."""
    async with Redis.from_url(server.url) as redis:
        while len(await redis.keys("token0:value:*")) < number:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_what_one_gateway_has_made_the_other_has(gateways: list[str], server: Server, upstream: Upstream) -> None:
    one, other = gateways
    assert (await ask(one, "a"))[:2] == (200, "miss")
    await kept(server, 3)  # the answer, the image, and what was decided for it
    assert (await ask(other, "a"))[:2] == (200, "hit")
    assert len(upstream.received) == 1
    _, _, answer = await ask(other, "a", temperature=1)
    assert [image["cached"] for image in answer["token0"]["images"]] == [True]
    first, second = (each.json()["messages"] for each in upstream.received)  # type: ignore[index]
    assert URL not in str(first)
    assert second == first


async def test_no_request_fails_when_the_server_is_killed_among_them(
    gateways: list[str], server: Server, upstream: Upstream
) -> None:
    statuses = []
    for number in range(30):
        if number == 10:
            server.kill()
        statuses += [status for status, _, _ in await asyncio.gather(*(ask(each, str(number)) for each in gateways))]
    assert statuses == [200] * 60
