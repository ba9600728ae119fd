"""token0_redis: gateways share what they keep, and no server, slow or gone, makes one wait or fail."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import msgspec
import pytest

import token0_redis
from token0.layers import Layers
from token0_redis import breaker
from token0_redis import cache as module
from token0_redis.cache import LOOKUPS, RedisCache

if TYPE_CHECKING:
    from .conftest import Server

Make = Callable[..., RedisCache]


@pytest.fixture
async def cache(server: Server) -> AsyncIterator[Make]:
    """Makes caches of one server. Their budget is that of a slow machine, unless a test is about it."""
    made = []

    def make(lookup_seconds: float = 1.0) -> RedisCache:
        made.append(RedisCache(RedisCache.Config(server.url, lookup_seconds)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "PAUSE_SECONDS", 0.0)


def test_the_plugin_offers_redis() -> None:
    assert token0_redis.token0_register_caches() == [RedisCache]


async def test_what_one_gateway_keeps_another_finds(cache: Make) -> None:
    one, other = cache(), cache()
    await one.put("a", b"\0\xff", 60)
    assert (await other.get("a"), await other.get("b")) == (b"\0\xff", None)


async def test_large_values_are_found_whole(cache: Make) -> None:
    one = cache()
    value = bytes(range(256)) * 16_384
    await one.put("a", value, 60)
    assert await one.get("a") == value


async def test_a_value_has_its_time_to_live(cache: Make) -> None:
    one = cache()
    await one.put("a", b"1", 60)
    assert 50_000 < await one._redis.pttl("token0:value:a") <= 60_000


async def test_lookups_of_all_gateways_are_counted(cache: Make) -> None:
    one, other = cache(), cache()
    await one.put("a", b"1", 60)
    for each in (one, other):
        for key in ("a", "a", "b", "told with the next"):
            await each.get(key)
    assert await one._redis.hgetall(LOOKUPS) == {b"hits": b"4", b"misses": b"2"}


# Claims


async def test_work_is_for_one_of_two_gateways(cache: Make) -> None:
    one, other = Layers([cache()]), Layers([cache()])
    assert [await one.claim("a", 60), await other.claim("a", 60), await other.claim("b", 60)] == [True, False, True]
    await one.release("a")
    assert await other.claim("a", 60)


async def test_nobody_ends_the_claim_of_another(cache: Make) -> None:
    one, other = cache(), cache()
    await one.claim("a", 60)
    await other.release("a")
    assert not await other.claim("a", 60)


async def test_a_claim_ends_by_itself(cache: Make) -> None:
    one = cache()
    await one.claim("a", 60)
    assert 50_000 < await one._redis.pttl("token0:claim:a") <= 60_000


# A server that is gone


async def test_two_gateways_go_on_without_a_server_that_was_killed_and_use_it_again(
    server: Server, cache: Make, no_pause: None
) -> None:
    one, other = Layers([cache()]), Layers([cache()])
    await one.put("a", b"1", 60)
    assert await other.get("a") == b"1"
    server.kill()
    for _ in range(10):
        assert await one.get("a") is None
        assert await other.claim("a", 60)
        await one.put("b", b"1", 60)
        await one.release("a")
    server.start()
    await one.put("c", b"1", 60)
    await one.put("c", b"1", 60)
    assert await other.get("c") == b"1"


async def test_a_server_that_is_gone_is_asked_only_a_few_times(
    server: Server, cache: Make, caplog: pytest.LogCaptureFixture
) -> None:
    one = cache()
    server.kill()
    for _ in range(10):
        await one.get("a")
    server.start()
    assert await one.get("a") is None
    assert "cmdstat_get" not in await cache()._redis.info("commandstats")
    assert [record.message for record in caplog.records] == ["redis is left out: ConnectionError"]


async def test_a_restart_costs_nothing_where_a_connection_was_open(server: Server, cache: Make) -> None:
    one = cache()
    await one.put("a", b"1", 60)
    server.kill()
    server.start()
    await one.put("b", b"1", 60)
    assert await one.get("b") == b"1"


# A server that is slow


async def test_a_request_does_not_wait_for_a_slow_server(server: Server, cache: Make) -> None:
    one, other = cache(0.005), cache()
    await one.put("a", b"1", 60)
    await other._redis.client_pause(60_000)
    assert await one.get("a") is None
    assert await one.claim("a", 60)


async def test_large_values_that_are_late_do_not_stop_small_ones(cache: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LATE", 60_000)
    one = cache()
    await one.put("large", bytes(20_000_000), 60)
    await one.put("small", b"1", 60)
    hurried = RedisCache.Config(one.config.url, 0.001)
    patient, one.config = one.config, hurried
    for _ in range(4):
        assert await one.get("large") is None
        await asyncio.wait(one._running)
    one.config = patient
    assert await one.get("small") == b"1"


async def test_a_server_that_stays_slow_is_left_out(cache: Make, caplog: pytest.LogCaptureFixture) -> None:
    one, other = cache(0.001), cache()
    await other.put("a", b"1", 60)
    await other._redis.client_pause(300)
    assert [await one.get("a") for _ in range(4)] == [None] * 4
    assert len(one._running) == 3
    await asyncio.wait(one._running)
    assert [record.message for record in caplog.records] == ["redis is left out: too slow"]


async def test_an_answer_that_came_late_is_not_taken_for_the_next(server: Server, cache: Make) -> None:
    one, other = cache(0.005), cache()
    for key in "abc":
        await other.put(key, key.encode() * 10, 60)
    await other._redis.client_pause(200)
    late = [await one.get(key) for key in "ab"]
    await asyncio.wait(one._running)
    assert late == [None, None]
    one.config = RedisCache.Config(server.url, 1.0)
    assert [await one.get(key) for key in "cab"] == [key.encode() * 10 for key in "cab"]


async def test_many_lookups_at_once_wait_for_each_other(cache: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    one = cache(0.4)
    get = RedisCache._get

    async def queueing(self: RedisCache, key: str) -> bytes | None:
        await asyncio.sleep(0.2 * int(key))
        return await get(self, key)

    await one.put("7", b"1", 60)
    monkeypatch.setattr(RedisCache, "_get", queueing)
    found = await asyncio.gather(*(one.get(str(number)) for number in range(8)))
    assert found[7] == b"1"


async def test_many_requests_share_a_few_connections(cache: Make) -> None:
    one = cache()
    await one.put("a", b"1", 60)
    assert await asyncio.gather(*(one.get("a") for _ in range(500))) == [b"1"] * 500
    assert len(await one._redis.client_list()) <= 8


# Secrets


@pytest.mark.parametrize("url", ["redis://:hun/ter2@h:1", "redis://:p@h:hunter2"])
def test_an_address_that_cannot_be_read_is_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match=r"^its url cannot be read$") as caught:
        RedisCache(RedisCache.Config(url))
    assert caught.value.__suppress_context__


async def test_a_password_is_not_logged(server: Server, cache: Make, caplog: pytest.LogCaptureFixture) -> None:
    await cache()._redis.config_set("requirepass", "another")
    caplog.set_level("DEBUG")
    one = RedisCache(RedisCache.Config(server.url.replace("//", "//:hunter2@"), 1.0))
    for _ in range(5):
        assert await one.get("a") is None
    await one.close()
    assert "redis is left out: AuthenticationError" in caplog.text
    assert "hunter2" not in caplog.text


async def test_a_failure_that_nobody_waits_for_any_more_is_not_logged_with_the_address(
    server: Server, cache: Make, caplog: pytest.LogCaptureFixture
) -> None:
    one = cache()
    asking = asyncio.create_task(one.get("a"))
    await asyncio.sleep(0)
    server.kill()
    asking.cancel()
    await asyncio.wait(one._running)
    # With what it holds: asyncio speaks when the last one forgets a task.
    del asking
    gc.collect()
    assert caplog.text == ""


@pytest.mark.parametrize("url", ["http://h", "", "redis"])
def test_an_address_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"url": url}, RedisCache.Config)
