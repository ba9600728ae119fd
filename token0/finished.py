"""Finished images: what the pipeline made of an image is kept, by everything that it depends on."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.metadata
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from token0.config import Config
from token0.interfaces import Context, Optimizer
from token0.layers import Layers
from token0.pipeline import Outcome
from token0.plugins import Registry
from token0.types import Image

_FORMAT: Final = 1
"""Another number makes all keys of before worthless."""

Work = Callable[[], Awaitable[Outcome]]


class Finished:
    """The finished images of one pipeline. Nothing in a key or a value tells whose image it was."""

    def __init__(self, cache: Layers, config: Config, registry: Registry, steps: Sequence[Optimizer]) -> None:
        self._cache = cache
        self._seconds = config.cache.image_seconds
        self._steps = steps
        self._compares = any(step.compares for step in steps)
        self._pipeline = _pipeline(config, registry)
        self._flights: dict[str, _Flight] = {}

    def key(self, digest: bytes, image: Image, ctx: Context, provider: str) -> str:
        """The key of what becomes of `image`, whose bytes have this digest.

        Where a step compares, the image before is hashed: not for the event loop, if that is large.
        """
        before = ctx.previous if self._compares else None
        told = [
            _FORMAT, self._pipeline, provider, ctx.model, ctx.quality, ctx.limits, ctx.coordinates, ctx.refused,
            [step.heeds(ctx.prompt) for step in self._steps if step.reads_prompt],
            before and (hashlib.sha256(before.data).digest(), before.detail),
            digest, image.detail,
        ]  # fmt: skip
        packed = msgspec.msgpack.encode(told, order="deterministic")
        return hashlib.blake2b(packed, digest_size=32, person=b"token0-image").hexdigest()

    async def get(self, key: str, image: Image) -> Outcome | None:
        """What became of `image`, if it is kept."""
        held = await self._cache.get(key)
        try:
            return None if held is None else whole(msgspec.msgpack.decode(held, type=Outcome), image)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    async def made(self, key: str, image: Image, work: Work) -> tuple[Outcome, bool]:
        """What becomes of `image`, and whether it was kept. Otherwise one `work` is done for all who ask meanwhile."""
        if (outcome := await self.get(key, image)) is not None:
            return outcome, True
        flight = self._flights.get(key)
        led = flight is None
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(self._made(key, image, work)))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task), not led
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                # Done, or nobody wants it any more.
                flight.task.cancel()
                del self._flights[key]

    async def _made(self, key: str, image: Image, work: Work) -> Outcome:
        outcome = await work()
        if is_final(outcome):
            self._cache.keep(key, msgspec.msgpack.encode(bare(outcome, image)), self._seconds)
        return outcome


class _Flight:
    """Work under way, and how many wait for it."""

    def __init__(self, task: asyncio.Task[Outcome]) -> None:
        self.task = task
        self.waiting = 0


def is_final(outcome: Outcome) -> bool:
    """False where another time it may come out otherwise: a step failed, or there was no time for it."""
    return outcome.unusable is None and not any(step.failed for step in outcome.steps)


def bare(outcome: Outcome, image: Image) -> Outcome:
    """`outcome` without the bytes of `image` where it is nothing else: no outcome is without contents otherwise."""
    return msgspec.structs.replace(outcome, contents=()) if outcome.contents == (image,) else outcome


def whole(outcome: Outcome, image: Image) -> Outcome:
    """The reverse of `bare`."""
    return outcome if outcome.contents else msgspec.structs.replace(outcome, contents=(image,))


def _pipeline(config: Config, registry: Registry) -> bytes:
    """Stands for the steps, their settings, and the code of the steps and of the rules they count by."""
    used = {step.use for step in config.pipeline}
    code = {
        plugin.distribution: plugin.version
        for plugin in registry.installed
        if plugin.offers.get("token_counters") or used.intersection(plugin.offers.get("optimizers", ()))
    }
    code["token0-gateway"] = importlib.metadata.version("token0-gateway")
    told = [[(step.use, step.config) for step in config.pipeline], code]
    return hashlib.sha256(msgspec.msgpack.encode(told, order="deterministic")).digest()
