"""The layers of a cache as one: the near ones are asked first, and what a far one has is brought near."""

from __future__ import annotations

import asyncio
import logging
import struct
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

from token0.errors import PluginError

if TYPE_CHECKING:
    from token0.config import CacheConfig
    from token0.interfaces import Cache
    from token0.plugins import Registry

log = logging.getLogger(__name__)

_Given = TypeVarTuple("_Given")
T = TypeVar("T")

_EXPIRES = struct.Struct("<d")
"""Ends every value: when its time is over, in seconds since 1970. A copy that is brought near lives no longer."""


class Layers:
    """Caches behind each other, from the nearest to the farthest. A layer that fails is one that has nothing."""

    def __init__(self, caches: Sequence[Cache]) -> None:
        self._caches = tuple(caches)
        self._writing: set[asyncio.Task[None]] = set()

    async def get(self, key: str) -> bytes | None:
        """The value that the nearest layer has; those before it get it, and nobody waits for them."""
        for depth, cache in enumerate(self._caches):
            held = await _guarded(cache, cache.get, key)
            seconds = _left(held)
            if held is None or not seconds > 0:  # as of NaN
                continue
            if depth:
                self._later(_written(self._caches[:depth], key, held, seconds))
            return held[: -_EXPIRES.size]
        return None

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep `value` in all layers."""
        held = value + _EXPIRES.pack(time.time() + seconds)
        await _written(self._caches, key, held, seconds)

    def keep(self, key: str, value: bytes, seconds: float) -> None:
        """`put`, for who does not wait for it."""
        self._later(self.put(key, value, seconds))

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def claim(self, key: str, seconds: float) -> bool:
        """True when no layer knows of somebody else who does the work behind `key`."""
        for depth, cache in enumerate(self._caches):
            if not await _guarded(cache, cache.claim, key, seconds, otherwise=True):
                for nearer in self._caches[:depth]:
                    await _guarded(nearer, nearer.release, key)
                return False
        return True

    async def release(self, key: str) -> None:
        """End the own claim in all layers."""
        for cache in self._caches:
            await _guarded(cache, cache.release, key)

    async def close(self) -> None:
        """Close all layers, when what is to be kept is."""
        await asyncio.gather(*self._writing)
        for cache in self._caches:
            await _guarded(cache, cache.close)


def layered(config: CacheConfig, registry: Registry) -> Layers | None:
    """The layers that the operator wants; None for none. Raises `PluginError` naming one that cannot be made."""
    caches = []
    for layer in config.layers:
        try:
            caches.append(registry.caches[layer.use](layer.config))
        except Exception as error:
            raise PluginError(f"the cache {layer.use} cannot be used: {str(error) or type(error).__name__}") from error
    return Layers(caches) if caches else None


async def _written(caches: Sequence[Cache], key: str, held: bytes, seconds: float) -> None:
    await asyncio.gather(*(_guarded(cache, cache.put, key, held, seconds) for cache in caches))


def _left(held: bytes | None) -> float:
    """Seconds that a value may still be used; none for what was not written here."""
    if held is None or len(held) < _EXPIRES.size:
        return 0.0
    (expires,) = _EXPIRES.unpack(held[-_EXPIRES.size :])
    return float(expires - time.time())


async def _guarded(
    cache: Cache, call: Callable[[*_Given], Awaitable[T]], *args: *_Given, otherwise: T | None = None
) -> T | None:
    """What a layer answers, or `otherwise` when it fails, which it never should."""
    try:
        return await call(*args)
    except Exception as error:
        # The message may quote a value or an address with its password.
        log.warning("the cache %s failed: %s", cache.name, type(error).__name__)
        return otherwise
