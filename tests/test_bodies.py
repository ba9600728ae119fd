"""token0.bodies: a request body is whole and plain, or refused before it takes much memory."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from token0 import bodies
from token0.bodies import inflate, read_body
from token0.errors import BadRequest, PublicError, TooLarge

LIMIT = 10_000
BODY = b'{"a": "%b"}' % bytes(range(35, 92)) * 100


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
def test_both_compressions_are_undone(compress: type[bytes]) -> None:
    assert inflate(compress(BODY), LIMIT) == BODY


@pytest.mark.parametrize(
    "body", [b"", b"plain text", gzip.compress(BODY)[:-9], gzip.compress(BODY)[:20], gzip.compress(BODY) * 2]
)
def test_what_is_not_exactly_one_compressed_body_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        inflate(body, LIMIT)
    assert caught.value.code == "invalid_body"


@pytest.mark.parametrize("size", [LIMIT + 1, 50_000_000])
def test_a_bomb_is_refused_before_it_is_held(size: int) -> None:
    bomb = gzip.compress(bytes(size), 1)
    tracemalloc.start()
    with pytest.raises(TooLarge):
        inflate(bomb, LIMIT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * LIMIT


def test_a_body_of_exactly_the_limit_is_taken() -> None:
    assert len(inflate(gzip.compress(bytes(LIMIT)), LIMIT)) == LIMIT


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """A server that answers with the body it read, or with the status of the error."""

    async def answer(http: web.Request) -> web.Response:
        try:
            return web.Response(body=(await read_body(http, LIMIT)).plain)
        except PublicError as error:
            return web.Response(status=error.status)

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app, access_log=None, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 1000):
        yield bytes(1000)


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (BODY, "", 200),
        (BODY, "identity", 200),
        (gzip.compress(BODY), "gzip", 200),
        (gzip.compress(BODY), "X-GZIP", 200),
        (zlib.compress(BODY), " deflate ", 200),
        (BODY, "gzip", 400),
        (BODY, "br", 415),
        (BODY, "gzip, gzip", 415),
        (bytes(LIMIT + 1), "", 413),
    ],
)
async def test_a_body_is_read_or_refused(address: str, body: bytes, encoding: str, status: int) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, data=body, headers={"Content-Encoding": encoding}) as answer,
    ):
        assert answer.status == status
        assert status != 200 or await answer.read() == BODY


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1000, 413)])
async def test_a_body_of_unannounced_length_is_limited_too(address: str, size: int, status: int) -> None:
    async with aiohttp.ClientSession() as session, session.post(address, data=pieces(size)) as answer:
        assert answer.status == status


async def test_a_body_that_stops_arriving_is_a_408(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_IDLE_SECONDS", 0.2)

    async def stalls() -> AsyncIterator[bytes]:
        yield b"some"
        await asyncio.sleep(60)

    async with aiohttp.ClientSession() as client, client.post(address, data=stalls()) as response:
        assert response.status == 408
