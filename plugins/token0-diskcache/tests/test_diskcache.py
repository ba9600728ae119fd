"""token0_diskcache: a layer whose every look at the disk is off the event loop."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

import token0_diskcache
from token0_diskcache.cache import DiskCache
from token0_diskcache.store import Store

MIB = 1024 * 1024


def disk(directory: Path, max_bytes: int = MIB) -> DiskCache:
    return DiskCache(DiskCache.Config(directory=str(directory), max_bytes=max_bytes))


def test_the_plugin_offers_disk() -> None:
    assert token0_diskcache.token0_register_caches() == [DiskCache]


async def test_what_was_put_is_found_after_a_restart(tmp_path: Path) -> None:
    first = disk(tmp_path)
    await first.put("a", b"1", 60)
    await first.close()
    second = disk(tmp_path)
    assert (await second.get("a"), await second.get("b")) == (b"1", None)
    await second.close()


async def test_two_that_share_a_directory_share_what_they_keep(tmp_path: Path) -> None:
    one, other = disk(tmp_path), disk(tmp_path)
    await one.put("a", b"1", 60)
    assert await other.get("a") == b"1"
    await one.close()
    await other.close()


async def test_the_disk_is_never_touched_on_the_event_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def seen(*_: object) -> None:
        threads.append(threading.current_thread())

    cache = disk(tmp_path)
    for name in ("get", "put", "close"):
        monkeypatch.setattr(Store, name, seen)
    await cache.get("a")
    await cache.put("a", b"1", 60)
    await cache.close()
    assert len(threads) == 4
    assert threading.current_thread() not in threads


async def test_a_value_that_would_push_out_most_is_not_kept(tmp_path: Path) -> None:
    cache = disk(tmp_path)
    await cache.put("a", bytes(MIB // 2), 60)
    assert await cache.get("a") is None
    await cache.close()


async def test_where_the_disk_is_slow_values_are_lost_and_not_queued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    go_on = threading.Event()

    def slow(_: object, key: str, *__: object) -> None:
        go_on.wait()
        written.append(key)

    monkeypatch.setattr(Store, "put", slow)
    cache = disk(tmp_path, 256 * MIB)
    value = bytes(12 * MIB)
    puts = [asyncio.create_task(cache.put(str(number), value, 60)) for number in range(4)]
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(*puts)
    await cache.put("later", value, 60)
    assert written == ["0", "1", "later"]
    await cache.close()


def test_the_directory_may_be_in_the_home_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    DiskCache(DiskCache.Config(directory="~/here"))
    assert (tmp_path / "here" / "cache.db").exists()


def test_a_directory_that_others_may_write_stops_the_start(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(PermissionError):
        disk(tmp_path)
