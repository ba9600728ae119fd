"""What an Ollama has: the names of `GET /api/tags`, read at most every few seconds."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import aiohttp
import msgspec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_KNOWN_SECONDS = 30.0
_UNKNOWN_SECONDS = 3.0
"""A name that is missing may have been pulled meanwhile, and a server that failed may be back."""


class _Model(msgspec.Struct):
    name: str = ""
    model: str = ""


class _Listing(msgspec.Struct):
    models: list[_Model] | None = None


class Tags:
    """The names a server lists. `fetch` returns the body of `GET /api/tags`; what it may raise means no names."""

    def __init__(self, fetch: Callable[[], Awaitable[bytes]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._names: frozenset[str] = frozenset()
        self._read: float | None = None

    async def has(self, model: str) -> bool:
        """True when the server lists `model`, with its tag or as `:latest`."""
        return model in await self._younger(_KNOWN_SECONDS) or model in await self._younger(_UNKNOWN_SECONDS)

    async def _younger(self, seconds: float) -> frozenset[str]:
        # The lock makes one request of many at once.
        async with self._lock:
            if self._read is None or self._clock() - self._read > seconds:
                try:
                    self._names = names(await self._fetch())
                except (TimeoutError, aiohttp.ClientError, OSError, msgspec.MsgspecError):
                    self._names = frozenset()
                self._read = self._clock()
        return self._names


def names(body: bytes) -> frozenset[str]:
    """All names of a listing; `llava:latest` is also `llava`. Raises `msgspec.MsgspecError` for another body."""
    models = msgspec.json.decode(body, type=_Listing).models or []
    listed = {name for model in models for name in (model.name, model.model) if name}
    return frozenset(listed | {name.removesuffix(":latest") for name in listed})
