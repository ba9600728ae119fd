"""token0.interfaces: the defaults that a plugin inherits."""

from __future__ import annotations

import msgspec
import pytest

from token0.interfaces import Cache, Context, NoConfig
from token0.testing import PatchCounter, png
from token0.types import Image, Text

IMAGE = Image(data=png(1, 1), format="png", width=33, height=32)


class Empty(Cache):
    name = "empty"

    async def get(self, key: str) -> None: ...

    async def put(self, key: str, value: bytes, seconds: float) -> None: ...


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("éé", 1), ("ééé", 2)])
def test_text_is_estimated_at_four_bytes_a_token(text: str, tokens: int) -> None:
    assert PatchCounter().count_text(text) == tokens


def test_a_context_counts_images_and_text_by_the_rule(ctx: Context) -> None:
    assert (ctx.tokens(IMAGE), ctx.tokens(Text("12345"))) == (2, 2)


def test_a_plugin_without_settings_takes_none() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"size": 1}, NoConfig)


async def test_a_cache_that_nobody_shares_lets_everyone_do_the_work() -> None:
    cache = Empty(NoConfig())
    assert await cache.claim("a", 1)
    assert await cache.claim("a", 1)
    await cache.release("a")
    await cache.close()
