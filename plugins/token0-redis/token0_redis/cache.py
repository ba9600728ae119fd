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
from token0_redis.breaker import Breaker

if TYPE_CHECKING:
    from redis.asyncio import Redis

T = TypeVar("T")

log = logging.getLogger(__name__)

_VALUE = "token0:value:"
_CLAIM = "token0:claim:"
LOOKUPS = "token0:lookups"
"""A hash with the fields `hits` and `misses`, of all gateways that share the server."""

_CONNECTIONS = 4
"""For lookups, and as many for what is written. With more, many lookups at once would only slow each other down, and
all of them be late; so they come one after the other."""

_SOCKET_SECONDS = 2.0
"""How long what nobody waits for any more may take: a connection that is being made, a large value on its way."""

_PATIENCE = 10
"""So many times what a request waits for one answer, while the server is answering others."""

_LOOKS = 5
"""Turns of the event loop that reading an answer takes."""

_LATE = 20
"""An answer that comes after so many times what a request waits is as bad as none. Before, as when a large value is on
its way, it is only late."""

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
        self._redis, self._writing = _client(config.url), _client(config.url)
        self._breaker = Breaker()
        self._running: set[asyncio.Task[Any]] = set()
        self._owner = secrets.token_bytes(16)
        self._hits = self._misses = 0
        self._left_out = False
        self._answered = 0.0

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
        await self._writing.aclose()

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
        await self._writing.set(_VALUE + key, value, px=_milliseconds(seconds))

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
        late = asyncio.get_running_loop().time() + seconds * _LATE
        await self._wait(task, seconds)
        if task.done():
            return task.result() if self._worked(task) else otherwise
        # Until it is known to be only a little late.
        self._breaker.failed()
        task.add_done_callback(lambda _: self._came(task, late))
        return otherwise

    async def _wait(self, task: asyncio.Task[Any], seconds: float) -> None:
        """Wait for an attempt as long as the server answers others: many at once come one after the other."""
        clock = asyncio.get_running_loop().time
        started = clock()
        last = started + seconds * _PATIENCE
        while not task.done() and (left := min(max(started, self._answered) + seconds, last) - clock()) > 0:
            await asyncio.wait({task}, timeout=left)
            # Time may have passed without this process: see what has come meanwhile.
            for _ in range(0 if task.done() else _LOOKS):
                await asyncio.sleep(0)
        if task.done():
            self._answered = clock()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        # Looked at, in case who asked has gone: else asyncio would log it, address and all.
        _failure(task)

    def _worked(self, task: asyncio.Task[Any]) -> bool:
        """Draw the lesson from an attempt that ended in time."""
        failure = _failure(task)
        if failure:
            self._breaker.failed()
        else:
            self._breaker.worked()
        self._tell(failure)
        return not failure

    def _came(self, task: asyncio.Task[Any], late: float) -> None:
        """Draw the lesson from an attempt that nobody waits for any more; it has been counted as failed."""
        failure = _failure(task) or ("too slow" if asyncio.get_running_loop().time() > late else "")
        if not failure:
            self._breaker.worked()
        self._tell(failure)

    def _tell(self, reason: str) -> None:
        """Log that the server is left out from now on, or used again."""
        if self._breaker.is_open and not self._left_out:
            log.warning("redis is left out: %s", reason)
        elif self._left_out and not self._breaker.is_open:
            log.warning("redis answers again")
        self._left_out = self._breaker.is_open


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


def _failure(task: asyncio.Task[Any]) -> str:
    """What an attempt that ended died of, by its type: the text may quote an address. Nothing for one that worked."""
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    return type(error).__name__ if error else ""
