"""A gateway with the OpenAI plugin alone, in the test's own event loop and process."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.metadata
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web
from fakes import halving, seeing, shelving

from token0 import config, plugins
from token0.engine import Engine
from token0.gateway import Gateway
from token0.server import runner_of
from token0.testing import png


def engine(folder: Path, base_url: str = "http://127.0.0.1:9/v1", *, step: str = "halve", **settings: Any) -> Engine:
    """An engine that runs `step` on every image. `openai` among the settings are those of the provider."""
    found = importlib.metadata.entry_points(group="token0", name="openai")
    registry = plugins.load(found, [halving, seeing, shelving])
    openai = {"base_url": base_url, **settings.pop("openai", {})}
    path = folder / "token0.yaml"
    path.write_text(json.dumps({"providers": {"openai": openai}, "pipeline": [{"use": step}], **settings}))
    return Engine(config.load(path, registry), registry, in_process=True)


@contextlib.asynccontextmanager
async def gateway(folder: Path, upstream: str, **settings: Any) -> AsyncIterator[str]:
    """The address of a running gateway whose OpenAI is at `upstream`."""
    running = engine(folder, upstream + "/v1", **settings)
    runner = runner_of(Gateway(running), 0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        await running.close()


def data_url(width: int = 600, height: int = 600) -> str:
    """A grey PNG as a `data:` URL. 600 px cost gpt-4o 765 tokens, half of that 255."""
    return "data:image/png;base64," + base64.b64encode(png(width, height)).decode()


def chat(*contents: Any, **fields: Any) -> dict[str, Any]:
    """A chat request of one turn: strings are text parts, `data:` URLs image parts."""
    parts = [
        {"type": "image_url", "image_url": {"url": content}}
        if content.startswith("data:")
        else {"type": "text", "text": content}
        for content in contents
    ]
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": parts}], **fields}


async def raw(address: str, request: bytes) -> bytes:
    """What the server at `address` answers to these very bytes, until it closes the connection."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()
