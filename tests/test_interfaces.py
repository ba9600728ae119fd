"""token0.interfaces: the defaults that a plugin inherits."""

from __future__ import annotations

import msgspec
import pytest

from token0.errors import BadRequest, PublicError
from token0.interfaces import Answer, Cache, Call, Context, Dialect, Endpoint, NoConfig, Provider
from token0.testing import PatchCounter, png
from token0.types import Image, Request, Text

IMAGE = Image(data=png(1, 1), format="png", width=33, height=32)


class Plain(Provider):
    name = "plain"
    dialects = ("d",)

    async def send(self, call: Call) -> Answer:
        raise NotImplementedError


class Empty(Cache):
    name = "empty"

    async def get(self, key: str) -> None: ...

    async def put(self, key: str, value: bytes, seconds: float) -> None: ...


class Terse(Dialect):
    """Only what `error_event` needs."""

    def error(self, error: PublicError) -> bytes:
        return error.message.encode()


Terse.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("éé", 1), ("ééé", 2)])
def test_text_is_estimated_at_four_bytes_a_token(text: str, tokens: int) -> None:
    assert PatchCounter().count_text(text) == tokens


def test_a_context_counts_images_and_text_by_the_rule(ctx: Context) -> None:
    assert (ctx.tokens(IMAGE), ctx.tokens(Text("12345"))) == (2, 2)


async def test_a_provider_claims_and_lists_nothing_by_itself() -> None:
    provider = Plain(NoConfig())
    assert not provider.claims("plain-1")
    assert not await provider.lists("plain-1")
    await provider.close()


def test_a_plugin_without_settings_takes_none() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"size": 1}, NoConfig)


def test_an_error_ends_a_stream_as_an_event() -> None:
    assert Terse().error_event(BadRequest("gone")) == b"data: gone\n\n"


async def test_a_cache_that_nobody_shares_lets_everyone_do_the_work() -> None:
    cache = Empty(NoConfig())
    assert await cache.claim("a", 1)
    assert await cache.claim("a", 1)
    await cache.release("a")
    await cache.close()


def test_a_dialect_that_says_nothing_of_its_streams_has_none_of_them_kept() -> None:
    assert not Terse().ends(b"data: [DONE]\n\n")
    assert not Terse().unasked(b"data: {}\n\n")


def test_the_place_of_an_answer_is_the_path_with_the_query() -> None:
    endpoint = Endpoint(kind="generate", path="/chat")
    assert Terse().place(endpoint, Request(body=b"", document={}, model="m", query="a=1")) == "/chat?a=1"
