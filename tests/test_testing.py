"""token0.testing: what plugin authors get; the fixtures come by the entry point, nothing is imported for them here."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import aiohttp
import pytest
from aiohttp import web

from token0.interfaces import Context
from token0.sniff import sniff
from token0.testing import PatchCounter, Upstream, png
from token0.types import Image, Size


@pytest.mark.parametrize("size", [(1, 1), (64, 3), (3, 300)])
def test_a_png_is_one(size: tuple[int, int]) -> None:
    header = sniff(png(*size))
    assert header is not None
    assert (header.format, header.width, header.height) == ("png", *size)


def test_the_pixels_of_a_png_are_all_there() -> None:
    data = png(5, 4, shade=7)
    (length,) = struct.unpack(">I", data[33:37])
    assert zlib.decompress(data[41 : 41 + length]) == (b"\0" + b"\7" * 5) * 4


def test_the_image_fixture_makes_what_its_header_says(image: Callable[..., Image]) -> None:
    made = image(7, 5, detail="low")
    assert (made.size, made.detail, made.data) == (Size(7, 5), "low", png(7, 5))


@pytest.mark.parametrize(("size", "tokens"), [((32, 32), 1), ((33, 32), 2), ((64, 65), 6), ((1, 1), 1)])
def test_the_rule_of_the_context_is_a_token_a_patch(ctx: Context, size: tuple[int, int], tokens: int) -> None:
    assert ctx.counter.count(Size(*size)) == tokens


@pytest.mark.parametrize(("model", "known"), [("patches", True), ("patches-2", True), ("gpt-4o", False)])
def test_the_rule_knows_its_own_models(model: str, known: bool) -> None:
    assert (PatchCounter.for_model(model) is not None) is known


async def test_the_upstream_records_what_it_receives(upstream: Upstream) -> None:
    async with aiohttp.ClientSession() as session, session.put(upstream.url + "/a?b=c", json={"d": 1}) as answer:
        assert await answer.json() == {}
    (received,) = upstream.received
    assert (received.method, received.path, received.json()) == ("PUT", "/a?b=c", {"d": 1})
    assert received.headers["content-type"] == "application/json"


async def test_the_upstream_answers_as_told(upstream: Upstream) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=429)

    upstream.answer = answer
    async with aiohttp.ClientSession() as session, session.get(upstream.url) as received:
        assert received.status == 429
