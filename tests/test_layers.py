"""token0.layers: near before far, far brought near, never longer than asked, and no layer can fail a request."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from token0 import layers
from token0.config import CacheConfig, Step
from token0.errors import PluginError
from token0.interfaces import Cache, NoConfig
from token0.layers import Layers, layered


class Shelf(Cache):
    """A dictionary that does not count time, and that a test may look into."""

    name = "shelf"

    def __init__(self, config: Any = None) -> None:
        super().__init__(config)
        self.held: dict[str, bytes] = {}
        self.seconds: dict[str, float] = {}
        self.claims: set[str] = set()
        self.closed = False

    async def get(self, key: str) -> bytes | None:
        return self.held.get(key)

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        self.held[key], self.seconds[key] = value, seconds

    async def claim(self, key: str, seconds: float) -> bool:
        free = key not in self.claims
        self.claims.add(key)
        return free

    async def release(self, key: str) -> None:
        self.claims.discard(key)

    async def close(self) -> None:
        self.closed = True


class Broken(Cache):
    name = "broken"

    async def get(self, key: str) -> bytes | None:
        raise OSError("redis://:hunter2@h")

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        raise OSError("redis://:hunter2@h")

    async def claim(self, key: str, seconds: float) -> bool:
        raise OSError("redis://:hunter2@h")

    async def release(self, key: str) -> None:
        raise OSError("redis://:hunter2@h")

    async def close(self) -> None:
        raise OSError("redis://:hunter2@h")


class Locked(Shelf):
    def __init__(self, config: Any) -> None:
        raise PermissionError("the directory /x belongs to somebody else")


class Clock:
    now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(layers, "time", clock)
    return clock


async def test_what_was_put_is_found() -> None:
    cache = Layers([Shelf(), Shelf()])
    await cache.put("a", b"1", 60)
    assert await cache.get("a") == b"1"
    assert await cache.get("b") is None


async def test_nothing_is_a_value_too() -> None:
    cache = Layers([Shelf()])
    await cache.put("a", b"", 60)
    assert await cache.get("a") == b""


async def test_the_nearest_layer_answers() -> None:
    near, far = Shelf(), Shelf()
    await Layers([far]).put("a", b"far", 60)
    await Layers([near]).put("a", b"near", 60)
    assert await Layers([near, far]).get("a") == b"near"


async def test_every_layer_gets_what_is_put() -> None:
    near, far = Shelf(), Shelf()
    await Layers([near, far]).put("a", b"1", 60)
    assert [await Layers([each]).get("a") for each in (near, far)] == [b"1", b"1"]


async def test_what_a_far_layer_has_is_brought_near() -> None:
    shelves = [Shelf(), Shelf(), Shelf()]
    await Layers(shelves[2:]).put("a", b"1", 60)
    cache = Layers(shelves)
    await cache.get("a")
    await cache.close()
    assert [await Layers([each]).get("a") for each in shelves] == [b"1", b"1", b"1"]


async def test_nobody_waits_until_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far, open_ = Shelf(), Shelf(), asyncio.Event()
    await Layers([far]).put("a", b"1", 60)
    put = near.put

    async def slowly(key: str, value: bytes, seconds: float) -> None:
        await open_.wait()
        await put(key, value, seconds)

    monkeypatch.setattr(near, "put", slowly)
    cache = Layers([near, far])
    async with asyncio.timeout(10):
        assert (await cache.get("a"), near.held) == (b"1", {})
    open_.set()
    await cache.close()
    assert near.held == far.held


async def test_a_copy_that_is_brought_near_lives_no_longer(clock: Clock) -> None:
    near, far = Shelf(), Shelf()
    await Layers([far]).put("a", b"1", 60)
    clock.now += 50
    cache = Layers([near, far])
    await cache.get("a")
    await cache.close()
    assert near.seconds == {"a": 10}
    clock.now += 11
    assert await Layers([near]).get("a") is None


async def test_what_is_over_near_is_looked_for_farther_away(clock: Clock) -> None:
    near, far = Shelf(), Shelf()
    await Layers([near]).put("a", b"old", 10)
    await Layers([far]).put("a", b"new", 60)
    clock.now += 20
    cache = Layers([near, far])
    assert await cache.get("a") == b"new"
    await cache.close()


async def test_what_is_not_a_value_of_ours_is_a_miss() -> None:
    shelf = Shelf()
    shelf.held |= {"a": b"", "b": b"short", "c": b"\0" * 100, "d": b"\xff" * 100}
    assert [await Layers([shelf]).get(key) for key in "abcd"] == [None] * 4


async def test_a_failing_layer_is_one_that_has_nothing(caplog: pytest.LogCaptureFixture) -> None:
    shelf, broken = Shelf(), Broken(None)
    cache = Layers([broken, shelf, broken])
    await cache.put("a", b"1", 60)
    assert await cache.get("a") == b"1"
    assert await cache.get("b") is None
    assert await cache.claim("a", 1)
    await cache.release("a")
    await cache.close()
    assert shelf.closed
    assert "the cache broken failed: OSError" in caplog.text
    assert "hunter2" not in caplog.text


async def test_what_nobody_waits_for_is_kept_before_the_end() -> None:
    near, far = Shelf(), Shelf()
    cache = Layers([near, far])
    cache.keep("a", b"1", 60)
    assert near.held == {}
    await cache.close()
    assert [await Layers([each]).get("a") for each in (near, far)] == [b"1", b"1"]


async def test_work_is_for_one_of_two_that_share_a_layer() -> None:
    shared = Shelf()
    one, other = Layers([Shelf(), shared]), Layers([Shelf(), shared])
    assert [await one.claim("a", 1), await other.claim("a", 1)] == [True, False]
    await one.release("a")
    assert await other.claim("a", 1)


async def test_who_may_not_work_holds_no_claim_in_the_layers_before() -> None:
    near, far = Shelf(), Shelf()
    await far.claim("a", 1)
    assert not await Layers([near, far]).claim("a", 1)
    assert near.claims == set()


def test_layers_are_made_in_the_order_of_the_file() -> None:
    config = CacheConfig(layers=(Step("broken", NoConfig()), Step("shelf", NoConfig())))
    made = layered(config, registry(shelf=Shelf, broken=Broken))
    assert made
    assert [type(each) for each in made._caches] == [Broken, Shelf]


def test_a_layer_gets_its_settings() -> None:
    settings: msgspec.Struct = NoConfig()
    made = layered(CacheConfig(layers=(Step("shelf", settings),)), registry(shelf=Shelf))
    assert made
    assert made._caches[0].config is settings


def test_without_layers_there_is_no_cache() -> None:
    assert layered(CacheConfig(), registry(shelf=Shelf)) is None


def test_a_layer_that_cannot_be_made_is_named_with_the_reason() -> None:
    config = CacheConfig(layers=(Step("locked", NoConfig()),))
    with pytest.raises(PluginError, match="the cache locked cannot be used: the directory /x belongs to somebody else"):
        layered(config, registry(locked=Locked))


def registry(**caches: type[Cache]) -> Any:
    return SimpleNamespace(caches=caches)
