"""The layer: a request waits for the server a few milliseconds at most, and goes on without it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from token0.interfaces import Cache
from token0_redis.breaker import PAUSE_SECONDS, Breaker

if TYPE_CHECKING:
    from redis.asyncio import Redis

T = TypeVar("T")

log = logging.getLogger(__name__)

_VALUE = "token0:value:"
_CLAIM = "token0:claim:"
LOOKUPS = "token0:lookups"
"""A hash with the fields `hits` and `misses`, of all gateways that share the server."""

_CONNECTIONS = 32
_SOCKET_SECONDS = 2.0
"""How long what nobody waits for any more may take: a connection that is being made, a large value on its way."""

_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class RedisCache(Cache):
    """Keeps values in Redis or Valkey, where other gateways find them; how many is up to the server."""

    name: ClassVar[str] = "redis"

    class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        """Where the server is, and how long a request waits for it."""

        url: Annotated[
            str,
            Meta(pattern="^(rediss?|unix)://", description="Address of the server: redis://, rediss:// or unix://."),
        ] = "redis://127.0.0.1:6379/0"
        lookup_seconds: Annotated[
            float, Meta(gt=0, le=1, description="How long a request waits for an answer; then it goes on without it.")
        ] = 0.005

    config: Config

    def __init__(self, config: Config) -> None:
        """Raises `ValueError` for an address that cannot be read; whether somebody answers there is seen later."""
        super().__init__(config)
        self._redis = _client(config.url)
        self._breaker = Breaker()
        self._running: set[asyncio.Task[Any]] = set()
        self._owner = secrets.token_bytes(16)
        self._hits = self._misses = 0

    async def get(self, key: str) -> bytes | None:
        return await self._tried(self._get(key), self.config.lookup_seconds, None)

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        await self._tried(self._put(key, value, seconds), _SOCKET_SECONDS, None)

    async def claim(self, key: str, seconds: float) -> bool:
        """True also where the server does not answer in time: rather twice than never."""
        return await self._tried(self._claim(key, seconds), self.config.lookup_seconds, otherwise=True)

    async def release(self, key: str) -> None:
        await self._tried(self._release(key), self.config.lookup_seconds, None)

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._redis.aclose()

    async def _get(self, key: str) -> bytes | None:
        """The value. How earlier lookups went is told along with it, so that counting takes no time."""
        hits, self._hits, misses, self._misses = self._hits, 0, self._misses, 0
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(_VALUE + key)
            if hits:
                pipe.hincrby(LOOKUPS, "hits", hits)
            if misses:
                pipe.hincrby(LOOKUPS, "misses", misses)
            value: bytes | None = (await pipe.execute())[0]
        self._hits += value is not None
        self._misses += value is None
        return value

    async def _put(self, key: str, value: bytes, seconds: float) -> None:
        await self._redis.set(_VALUE + key, value, px=_milliseconds(seconds))

    async def _claim(self, key: str, seconds: float) -> bool:
        return bool(await self._redis.set(_CLAIM + key, self._owner, nx=True, px=_milliseconds(seconds)))

    async def _release(self, key: str) -> None:
        await self._redis.eval(_RELEASE, 1, _CLAIM + key, self._owner)

    async def _tried(self, work: Coroutine[Any, Any, T], seconds: float, otherwise: T) -> T:
        """What `work` comes to, or `otherwise` when it fails or takes longer than `seconds`.

        It is not cancelled: a connection that takes longer to make than a request waits would never come about, and
        one whose answer was not read would have to be closed.
        """
        if not self._breaker.lets_through():
            work.close()
            return otherwise
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        await asyncio.wait({task}, timeout=seconds)
        reason = "late" if not task.done() else "cancelled" if task.cancelled() else _type(task.exception())
        if reason:
            if self._breaker.failed():
                log.warning("redis is not asked for %g s: %s", PAUSE_SECONDS, reason)
            return otherwise
        if self._breaker.worked():
            log.warning("redis answers again")
        return task.result()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: nobody may be waiting any more


def _client(url: str) -> Redis:
    from redis.asyncio import BlockingConnectionPool, Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_SOCKET_SECONDS,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_SOCKET_SECONDS,
            # Once: a pooled connection may be from before the server was restarted.
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:
        # The text may quote a part of the password.
        raise ValueError("its url cannot be read") from None
    return Redis.from_pool(pool)


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def _type(error: BaseException | None) -> str:
    return type(error).__name__ if error else ""
