"""Fixtures for plugin authors; pytest finds them through the entry point `token0`.

`image(width, height)` makes a small PNG, `ctx` a context with a rule that charges a token per 32-px patch, and
`upstream` a provider on a loopback port that records what it receives.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec
import pytest

from token0.interfaces import Context, TokenCounter
from token0.types import Image, Size

if TYPE_CHECKING:
    from aiohttp import web


def png(width: int, height: int, shade: int = 128) -> bytes:
    """A grey PNG of this size, made without an imaging library."""
    rows = (b"\0" + bytes([shade]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


class PatchCounter(TokenCounter):
    """One token for each 32-px patch of an image, and for each four characters of text."""

    name = "patches"
    grid = 32

    @classmethod
    def for_model(cls, model: str) -> PatchCounter | None:
        return cls() if model.startswith("patches") else None

    def count(self, size: Size, detail: str | None = None) -> int:
        return -(-size.width // 32) * -(-size.height // 32)

    def seen(self, size: Size, detail: str | None = None) -> Size:
        return size


@pytest.fixture
def image() -> Callable[..., Image]:
    """Makes an `Image`: a grey PNG of the given size."""

    def make(width: int = 64, height: int = 64, *, detail: str | None = None) -> Image:
        return Image(data=png(width, height), format="png", width=width, height=height, detail=detail)

    return make


@pytest.fixture
def ctx() -> Context:
    """A context for the model `patches`: 32-px patches, quality legible, no prompt."""
    return Context(model="patches", counter=PatchCounter())


class Received(msgspec.Struct):
    """One request as an upstream received it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> object:
        """The body, decoded."""
        return msgspec.json.decode(self.body)


class Upstream:
    """A provider on a loopback port. `answer` may be replaced; `received` holds all requests."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[web.Request], Awaitable[web.StreamResponse]] = self._default
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Record, then answer."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        self.received.append(Received(request.method, request.path_qs, headers, body))
        return await self.answer(request)

    async def _default(self, _: web.Request) -> web.StreamResponse:
        from aiohttp import web

        return web.json_response({})


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """A running `Upstream`; needs a pytest plugin that runs async fixtures, as pytest-asyncio in auto mode."""
    from aiohttp import web

    provider = Upstream()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", r"/{path:[\s\S]*}", provider.handle)
    # Bodies as they were sent: nothing is unpacked.
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.2, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield provider
    await runner.cleanup()
