"""token0.refusals: a request that was refused because of an image is repaired and sent once more, and only then."""

from __future__ import annotations

import importlib.metadata
import json
import types
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from fakes.serving import chat, data_url
from multidict import CIMultiDict

from token0 import config, hookimpl, plugins, refusals
from token0.engine import Engine
from token0.gateway import Gateway
from token0.interfaces import Context, Optimizer, Plan
from token0.server import runner_of
from token0.testing import png
from token0.types import Image
from token0.wire import Answer

if TYPE_CHECKING:
    from token0.testing import Upstream

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Mend(Optimizer):
    """Makes a 32-px picture of what was refused."""

    name = "mend"

    def plan(self, image: Image, ctx: Context) -> Plan | None:
        return Plan(tokens=0, why="refused", repairs=True) if ctx.refused else None

    def apply(self, image: Image, plan: Plan, ctx: Context) -> Image:
        return msgspec.structs.replace(image, data=png(32, 32), format="png", width=32, height=32)


class Whole(Answer):
    """An answer of one piece, or several."""

    def __init__(self, status: int, *chunks: bytes) -> None:
        self.status, self.headers = status, CIMultiDict()
        self._chunks = chunks

    async def chunks(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk


@pytest.fixture
async def address(upstream: Upstream) -> AsyncIterator[str]:
    found = importlib.metadata.entry_points(group="token0", name="openai")
    module = types.ModuleType("mending")
    module.token0_register_optimizers = hookimpl(_offers)  # type: ignore[attr-defined]
    registry = plugins.load(found, [module])
    openai = registry.providers["openai"].Config(base_url=f"{upstream.url}/v1")  # type: ignore[call-arg]
    settings = config.Config(pipeline=(config.Step("mend", Mend.Config()),), providers={"openai": openai})
    engine = Engine(settings, registry, in_process=True)
    runner = runner_of(Gateway(engine), 0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
    await engine.close()


def _offers() -> list[type[Optimizer]]:
    return [Mend]


def answers(*said: tuple[int, dict[str, Any]]) -> Answering:
    """One after the other."""
    left = list(said)

    async def answer(_: web.Request) -> web.StreamResponse:
        status, body = left.pop(0)
        return web.json_response(body, status=status)

    return answer


def failure(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


DONE = {"choices": [{"message": {"content": "a cat"}}]}
UNSUPPORTED = "You uploaded an unsupported image. Please make sure your image is valid."


async def ask(address: str, body: dict[str, Any]) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(f"{address}/v1/chat/completions", json=body) as answer:
        return answer.status, json.loads(await answer.read())


async def test_a_refused_image_is_repaired_and_sent_again(address: str, upstream: Upstream) -> None:
    upstream.answer = answers((400, failure(UNSUPPORTED)), (200, DONE))
    status, answer = await ask(address, chat(data_url(64, 64)))
    assert (status, answer["choices"]) == (200, DONE["choices"])
    assert [b'"image_url"' in each.body for each in upstream.received] == [True, True]
    assert (answer["token0"]["images"][0]["after"]["width"], len(upstream.received)) == (32, 2)
    assert answer["token0"]["warnings"] == ["the provider refused an image; it was repaired and sent again"]


async def test_a_second_refusal_gives_the_client_the_first(address: str, upstream: Upstream) -> None:
    upstream.answer = answers((400, failure(UNSUPPORTED)), (400, failure("something else")))
    assert await ask(address, chat(data_url(64, 64))) == (400, failure(UNSUPPORTED))
    assert len(upstream.received) == 2


@pytest.mark.parametrize(
    ("status", "message", "contents"),
    [
        (400, "Unrecognized request argument supplied: colour", [data_url(64, 64)]),
        (400, UNSUPPORTED, ["no picture in here"]),
        (404, UNSUPPORTED, [data_url(64, 64)]),
        (429, UNSUPPORTED, [data_url(64, 64)]),
        (500, "Could not process image", [data_url(64, 64)]),
    ],
)
async def test_other_refusals_are_relayed_at_once(
    address: str, upstream: Upstream, status: int, message: str, contents: list[str]
) -> None:
    upstream.answer = answers((status, failure(message)))
    assert await ask(address, chat(*contents)) == (status, failure(message))
    assert len(upstream.received) == 1


async def test_nothing_is_sent_twice_when_nothing_was_repaired(address: str, upstream: Upstream) -> None:
    upstream.answer = answers((400, failure(UNSUPPORTED)))
    picture = "data:image/png;base64,"
    assert await ask(address, chat(picture + "bm90IGFuIGltYWdl")) == (400, failure(UNSUPPORTED))
    assert len(upstream.received) == 1


@pytest.mark.parametrize(
    "said",
    [
        b"messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes",
        b"messages.3.content.0: At least one of the image dimensions exceed max allowed size: 2000 pixels",
        b"Image does not match the provided media type image/png",
        b"source.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
        b"Could not process image",
        b'{"error":{"message":"You uploaded an unsupported image.","code":"invalid_image_format"}}',
        b"The image requires 67081 patches after processing, exceeding the limit of 30000.",
        b"Unable to process input image. Please retry",
        b"Provided image is not valid.",
        b'Base64 decoding failed for "data:image/png;base64..."',
        b"Unsupported MIME type: image/bmp",
        b"Failed to load image or audio file",
        b"illegal base64 data at input byte 4",
    ],
)
async def test_what_providers_say_about_images_is_known(said: bytes) -> None:
    assert (await refusals.hold(Whole(400, said))).blames_an_image


@pytest.mark.parametrize(
    "said",
    [
        b"messages.0: Extra inputs are not permitted",
        b"Image URLs are only allowed for messages with role 'user'",
        b"This model does not support images",
        b"",
    ],
)
async def test_other_words_blame_no_image(said: bytes) -> None:
    assert not (await refusals.hold(Whole(400, said))).blames_an_image


async def test_a_body_that_is_too_large_is_the_fault_of_its_images() -> None:
    assert (await refusals.hold(Whole(413, b"<html>"))).blames_an_image


async def test_a_long_answer_is_relayed_whole_and_not_searched() -> None:
    chunks = [b"Could not process image", b"x" * 40_000, b"y" * 40_000, b"z"]
    held = await refusals.hold(Whole(400, *chunks))
    assert not held.blames_an_image
    assert b"".join([chunk async for chunk in held.chunks()]) == b"".join(chunks)
