"""token0.estimate: what a request would cost, in the words of its dialect, and nothing is sent."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from fakes import lab
from fakes.serving import chat, data_url, gateway

from token0.errors import BadRequest
from token0.estimate import recognized
from token0.testing import Upstream

GREY = data_url()
"""600 px cost gpt-4o 765 tokens; half of that, which is what `halve` sends, 255."""
PRICE = {"openai/gpt-4o": {"input": 2.0, "output": 8.0, "as_of": "2026-11-01", "source": "a contract"}}


@pytest.fixture
async def address(tmp_path: Path, upstream: Upstream) -> AsyncIterator[str]:
    async with gateway(tmp_path, upstream.url, prices=PRICE, server={"max_body_bytes": 100_000}) as running:
        yield running


async def ask(address: str, body: Any, query: str = "", **headers: str) -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{address}/v1/estimate{query}", data=data, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


async def test_nothing_is_sent(address: str, upstream: Upstream) -> None:
    assert (await ask(address, chat("what?", GREY)))[0] == 200
    assert upstream.received == []


async def test_an_image_is_priced_before_and_after(address: str) -> None:
    _, told = await ask(address, chat("what?", GREY))
    (image,) = told["images"]
    assert image["at"] == "messages[0].content[1]"
    assert (image["before"]["tokens"], image["before"]["usd"]) == (765, 0.00153)
    assert (image["after"]["tokens"], image["after"]["usd"], image["after"]["width"]) == (255, 0.00051, 300)


async def test_every_step_is_priced_with_its_reason(address: str) -> None:
    _, told = await ask(address, chat("what?", GREY))
    (step,) = told["images"][0]["steps"]
    assert step.pop("ms") > 0
    assert step == {
        "name": "halve",
        "applied": True,
        "why": "half the size will do",
        "tokens_before": 765,
        "tokens_after": 255,
        "usd_before": 0.00153,
        "usd_after": 0.00051,
        "failed": False,
    }


async def test_the_whole_is_added_up(address: str) -> None:
    _, told = await ask(address, chat("what?", GREY, GREY))
    text = told["tokens"]["text_estimate"]
    assert told["tokens"] == {
        "text_estimate": text,
        "images_before": 1530,
        "images_after": 510,
        "before": text + 1530,
        "after": text + 510,
        "saved": 1020,
    }
    assert told["usd"]["saved"] == 0.00204
    assert (told["dialect"], told["provider"], told["model"]) == ("openai-chat", "openai", "gpt-4o")


async def test_the_price_says_where_it_comes_from(address: str) -> None:
    _, told = await ask(address, chat("what?", GREY))
    assert (told["price"]["as_of"], told["price"]["source"], told["price"]["assumed"]) == (
        "2026-11-01",
        "a contract",
        False,
    )


async def test_a_model_without_a_rule_is_told_so(address: str) -> None:
    _, told = await ask(address, {**chat("what?", GREY), "model": "openai/unheard-of"})
    assert told["images"][0]["before"]["tokens"] is None
    assert told["warnings"] == ["no image-token rule for the model unheard-of: images are sent as they came"]


async def test_images_that_are_to_be_left_alone_are_not_counted(address: str) -> None:
    _, told = await ask(address, {**chat("what?", GREY), "token0_optimize": False})
    assert told["images"] == []
    assert told["warnings"] == ["token0_optimize is false: images are neither worked on nor counted"]


@pytest.mark.parametrize(
    ("query", "headers"), [("?model=gpt-4o-mini", {}), ("", {"X-Token0-Model": "gpt-4o-mini"})], ids=["query", "header"]
)
async def test_another_model_may_be_asked_about(address: str, query: str, headers: dict[str, str]) -> None:
    _, told = await ask(address, chat("what?", GREY), query, **headers)
    assert (told["model"], told["images"][0]["before"]["tokens"]) == ("gpt-4o-mini", 25501)


async def test_the_provider_may_be_named(address: str) -> None:
    _, told = await ask(address, {**chat("what?"), "model": "mine"}, **{"X-Token0-Provider": "openai"})
    assert (told["provider"], told["model"]) == ("openai", "mine")


async def test_a_compressed_body_is_read(address: str) -> None:
    body = gzip.compress(json.dumps(chat("what?", GREY)).encode())
    _, told = await ask(address, body, **{"Content-Encoding": "gzip"})
    assert told["tokens"]["saved"] == 510


@pytest.mark.parametrize(
    ("query", "headers"),
    [("?dialect=openai-responses", {}), ("", {"X-Token0-Dialect": "openai-responses"})],
    ids=["query", "header"],
)
async def test_the_dialect_may_be_told(address: str, query: str, headers: dict[str, str]) -> None:
    status, told = await ask(address, {"model": "gpt-4o"}, query, **headers)
    assert (status, told["dialect"]) == (200, "openai-responses")


REFUSED: dict[str, tuple[Any, str, int, str]] = {
    "no JSON": (b"{", "", 400, "invalid_json"),
    "a body of no dialect": ({"model": "gpt-4o", "question": "?"}, "", 400, "unknown_dialect"),
    "a dialect that is not here": (chat("x"), "?dialect=klingon", 400, "unknown_dialect"),
    "a model of nobody": ({**chat("x"), "model": "unheard-of"}, "", 404, "model_not_found"),
    "an image that is none": (chat("data:image/png;base64,@@@"), "", 400, "invalid_base64"),
    "a body beyond the limit": (b" " * 100_001, "", 413, "request_too_large"),
}


@pytest.mark.parametrize(("body", "query", "status", "code"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_estimated_is_refused_as_openai_would(
    address: str, body: Any, query: str, status: int, code: str
) -> None:
    got, told = await ask(address, body, query)
    assert (got, told["error"]["code"]) == (status, code)


async def test_every_answer_has_an_id(address: str) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{address}/v1/estimate", data=b"{") as answer:
        assert len(answer.headers["x-token0-request-id"]) == 32


class Claims(lab.Lab):
    """A dialect that knows bodies by one key."""

    def __init__(self, name: str, key: str) -> None:
        self.name = name  # type: ignore[misc]
        self._key = key

    def recognizes(self, document: Any) -> bool:
        return self._key in document


A, B = Claims("a", "x"), Claims("b", "y")


def test_a_body_belongs_to_the_dialect_that_knows_it() -> None:
    assert recognized({"y": 1}, {"a": A, "b": B}) is B


@pytest.mark.parametrize("document", [{}, {"x": 1, "y": 2}], ids=["nobody", "both"])
def test_a_body_that_nobody_or_everybody_knows_is_refused(document: dict[str, int]) -> None:
    with pytest.raises(BadRequest, match="X-Token0-Dialect"):
        recognized(document, {"a": A, "b": B})


def test_a_dialect_knows_no_bodies_unless_it_says_so() -> None:
    with pytest.raises(BadRequest, match="none of lab"):
        recognized({"image": ""}, {"lab": lab.Lab()})
