"""The layer: everything that touches the disk runs in threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from token0.interfaces import Cache
from token0_diskcache.directory import default_directory, private

T = TypeVar("T")

_LARGEST = 4
"""A value that takes more than this part of the room would push out too much."""

_WAITING = 32 * 1024 * 1024
"""Bytes that may wait to be written: on a disk that is slower than the gateway, values are rather lost."""


class DiskCache(Cache):
    """Keeps values on disk, up to a number of bytes; what was stored first goes first."""

    name: ClassVar[str] = "disk"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """Where the values are, and how much room they have."""

        directory: Annotated[
            str | None,
            Meta(description="Where to keep it, for this user alone; without it, token0-gateway in the user's cache."),
        ] = None
        max_bytes: Annotated[int, Meta(ge=1024 * 1024, description="Most that is kept, in bytes.")] = 1024**3

    config: Config

    def __init__(self, config: Config) -> None:
        """Raises `OSError` for a directory that is not this user's alone."""
        from token0_diskcache.store import Store  # imports pickle and SQLite

        super().__init__(config)
        directory = Path(config.directory).expanduser() if config.directory else default_directory()
        self._store = Store(private(directory), config.max_bytes)
        # One thread each: connections belong to threads, and a read does not wait for writes.
        self._reader = ThreadPoolExecutor(1, "token0-disk-reader")
        self._writer = ThreadPoolExecutor(1, "token0-disk-writer")
        self._waiting = 0

    async def get(self, key: str) -> bytes | None:
        return await _in(self._reader, lambda: self._store.get(key))

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        size = len(value)
        if size > self.config.max_bytes // _LARGEST or self._waiting + size > _WAITING:
            return
        self._waiting += size
        try:
            await _in(self._writer, lambda: self._store.put(key, value, seconds))
        finally:
            self._waiting -= size

    async def close(self) -> None:
        for thread in (self._reader, self._writer):
            await _in(thread, self._store.close)
            thread.shutdown(wait=False)


async def _in(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)
