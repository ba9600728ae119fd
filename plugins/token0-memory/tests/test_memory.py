"""token0_memory: what is used stays, what is old goes, and the bytes are bounded."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest

import token0_memory
from token0_memory import cache as module
from token0_memory.cache import Memory


class Clock:
    now = 5.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def memory(max_bytes: int = 10_000) -> Memory:
    return Memory(Memory.Config(max_bytes=max_bytes))


def test_the_plugin_offers_memory() -> None:
    assert token0_memory.token0_register_caches() == [Memory]


async def test_what_was_put_is_found_and_nothing_else() -> None:
    cache = memory()
    await cache.put("a", b"1", 60)
    assert (await cache.get("a"), await cache.get("b")) == (b"1", None)


async def test_a_second_value_replaces_the_first() -> None:
    cache = memory()
    await cache.put("a", b"1", 60)
    await cache.put("a", b"2", 60)
    assert await cache.get("a") == b"2"


async def test_a_value_is_gone_when_its_time_is_over(clock: Clock) -> None:
    cache = memory()
    await cache.put("a", b"1", 60)
    clock.now += 59
    assert await cache.get("a") == b"1"
    clock.now += 1
    assert await cache.get("a") is None
    assert cache._bytes == 0


async def test_the_least_recently_used_goes_first() -> None:
    cache = memory()
    for key in "abcd":
        await cache.put(key, bytes(2000), 60)
    await cache.get("a")
    await cache.put("e", bytes(2000), 60)
    assert [key for key in "abcde" if await cache.get(key)] == ["a", "c", "d", "e"]


async def test_a_value_that_would_push_out_most_is_not_kept() -> None:
    cache = memory()
    await cache.put("a", b"1", 60)
    await cache.put("b", bytes(5000), 60)
    assert (await cache.get("a"), await cache.get("b")) == (b"1", None)


async def test_a_value_that_is_too_large_does_not_leave_the_old_one() -> None:
    cache = memory()
    await cache.put("a", b"1", 60)
    await cache.put("a", bytes(5000), 60)
    assert await cache.get("a") is None


async def test_without_room_nothing_is_kept() -> None:
    cache = memory(0)
    await cache.put("a", b"", 60)
    assert await cache.get("a") is None


@pytest.mark.parametrize("size", [0, 100, 10_000])
def test_no_more_memory_is_used_than_allowed(size: int) -> None:
    async def fill(cache: Memory) -> None:
        for number in range(20_000):
            await cache.put(f"{number:064x}", bytes(size), 60)

    cache = memory(1_000_000)
    tracemalloc.start()
    asyncio.run(fill(cache))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 200_000 < used < 1_100_000
