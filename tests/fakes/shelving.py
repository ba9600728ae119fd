"""A cache for tests, as a plugin module: `shelf` keeps everything in one dictionary, which engines may share."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from token0 import hookimpl
from token0.interfaces import Cache


class Shelf(Cache):
    """`held` and `claims` may be looked at, and shared: shelves of one `board` are the same."""

    name = "shelf"
    boards: ClassVar[dict[str, tuple[dict[str, bytes], set[str]]]] = {}

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        board: str = ""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        # A board without a name is nobody else's.
        self.held, self.claims = self.boards.setdefault(config.board, ({}, set())) if config.board else ({}, set())
        self.times: list[float] = []

    async def get(self, key: str) -> bytes | None:
        return self.held.get(key)

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        self.held[key] = value
        self.times.append(seconds)

    async def claim(self, key: str, seconds: float) -> bool:
        if key in self.claims:
            return False
        self.claims.add(key)
        return True

    async def release(self, key: str) -> None:
        self.claims.discard(key)


@hookimpl
def token0_register_caches() -> list[type[Cache]]:
    return [Shelf]
