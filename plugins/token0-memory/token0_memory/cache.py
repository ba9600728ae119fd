"""Values in a dictionary, the least recently used first to go."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Annotated, ClassVar, NamedTuple

import msgspec
from msgspec import Meta

from token0.interfaces import Cache

_OVERHEAD = 400
"""Bytes that an entry takes besides its value: key, tuple, objects' heads and its place in the dictionary."""

_LARGEST = 4
"""A value that takes more than this part of the room would push out too much."""


class Held(NamedTuple):
    """A value and when its time is over, on the clock that never jumps."""

    value: bytes
    expires: float


class Memory(Cache):
    """Keeps values in this process, up to a number of bytes; the least recently used goes first."""

    name: ClassVar[str] = "memory"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """How much memory each process of the gateway may use for it."""

        max_bytes: Annotated[int, Meta(ge=0, description="Most that is kept, in bytes, by each process.")] = (
            64 * 1024 * 1024
        )

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._bytes = 0

    async def get(self, key: str) -> bytes | None:
        held = self._held.get(key)
        if held is None:
            return None
        if held.expires <= time.monotonic():
            self._drop(key)
            return None
        self._held.move_to_end(key)
        return held.value

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        self._drop(key)
        size = len(value) + _OVERHEAD
        if size > self.config.max_bytes // _LARGEST:
            return
        self._held[key] = Held(value, time.monotonic() + seconds)
        self._bytes += size
        while self._bytes > self.config.max_bytes:
            self._drop(next(iter(self._held)))

    def _drop(self, key: str) -> None:
        if held := self._held.pop(key, None):
            self._bytes -= len(held.value) + _OVERHEAD
