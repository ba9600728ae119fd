"""Which images of a request are pictures that were seen before, in the same or in other bytes.

Kept for each caller apart, in the layers of the cache: what each file was recognised as, which pictures of a size there
are, and the pictures themselves, to be compared with.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from token0.errors import BadRequest, WorkerError
from token0.images import Unopened, digest, open_part
from token0.matching import Matched, match
from token0.types import Image, ImagePart
from token0.workers import MatchTask

if TYPE_CHECKING:
    from token0.config import Config, Step
    from token0.layers import Layers
    from token0.plugins import Registry
    from token0.workers import Workers

log = logging.getLogger(__name__)

_VERSION: Final = 1
_SHELF = 128
"""Pictures of one size and caller that are remembered; the oldest are forgotten first."""

_LOOKS = 3
"""How many pictures an image is compared with, pixel by pixel, before it counts as another one."""

_MOST_BYTES = 16 * 1024 * 1024


class Known(NamedTuple):
    """The picture that an image is; `elsewhere` when it was only seen in another encoding."""

    picture: bytes
    elsewhere: bool


class _Seen(msgspec.Struct, frozen=True, array_like=True):
    """A picture on a shelf: digests of its pixels and of its file, and its coarse sketch."""

    picture: bytes
    file: bytes
    coarse: bytes


class Lookalikes:
    """Asks the matcher of an engine, and remembers what it said."""

    def __init__(self, config: Config, step: Step, registry: Registry, workers: Workers | None, layers: Layers) -> None:
        self._matcher = registry.matchers[step.use](step.config)
        self._about = msgspec.msgpack.encode([_VERSION, step.use, msgspec.to_builtins(step.config)])
        self._workers = workers
        self._layers = layers
        self._seconds = config.cache.image_seconds
        self._max_pixels = config.workers.max_pixels

    async def known(self, parts: Sequence[ImagePart], caller: bytes) -> dict[int, Known]:
        """The picture of each image that can be recognised, by part. What cannot be is only the same as its bytes."""
        found = await asyncio.gather(*(self._guarded(part, caller) for part in parts))
        return {i: known for i, known in enumerate(found) if known}

    async def _guarded(self, part: ImagePart, caller: bytes) -> Known | None:
        try:
            return await self._known(part, caller) if part.base64 is not None else None
        except (BadRequest, Unopened, WorkerError):
            return None
        except Exception:
            log.exception("an image goes without being recognised")
            return None

    async def _known(self, part: ImagePart, caller: bytes) -> Known | None:
        image, file = await asyncio.to_thread(lambda: (open_part(part, self._max_pixels), digest(part)))
        place = self._place("file", caller, file)
        held = await self._layers.get(place)
        if held is None:
            known = await self._recognised(image, file, caller)
            held = bytes([known.elsewhere]) + known.picture if known else b""
            self._layers.keep(place, held, self._seconds)
        return Known(held[1:], held[0] == 1) if held else None

    async def _recognised(self, image: Image, file: bytes, caller: bytes) -> Known | None:
        """The picture on the shelf that `image` is; else its own, which stands there from now on."""
        sketch = (await self._matched(image)).sketch
        if sketch is None:
            return None
        itself = Known(sketch.pixels, elsewhere=False)
        if not sketch.coarse or len(image.data) > _MOST_BYTES:
            return itself
        place = self._place("shelf", caller, f"{image.width}x{image.height} {image.orientation}".encode())
        shelf = _unpacked(await self._layers.get(place))
        if any(seen.picture == sketch.pixels for seen in shelf):
            return itself
        near = [seen for seen in reversed(shelf) if self._matcher.near(sketch.coarse, seen.coarse)]
        for seen in near[:_LOOKS]:
            if await self._is(image, seen, caller):
                return Known(seen.picture, elsewhere=True)
        self._layers.keep(self._place("picture", caller, file), msgspec.msgpack.encode(image), self._seconds)
        shelf = [*shelf, _Seen(sketch.pixels, file, sketch.coarse)][-_SHELF:]
        self._layers.keep(place, msgspec.msgpack.encode(shelf), self._seconds)
        return itself

    async def _is(self, image: Image, seen: _Seen, caller: bytes) -> bool:
        held = await self._layers.get(self._place("picture", caller, seen.file))
        if held is None:
            return False
        try:
            picture = msgspec.msgpack.decode(held, type=Image)
        except msgspec.DecodeError:
            return False
        return (await self._matched(image, picture)).same

    async def _matched(self, image: Image, known: Image | None = None) -> Matched:
        if self._workers is None:
            return await asyncio.to_thread(match, self._matcher, image, known)
        return await self._workers.match(MatchTask(image=image, known=known))

    def _place(self, kind: str, caller: bytes, what: bytes) -> str:
        """A key of the cache. Nothing can be read from it."""
        packed = msgspec.msgpack.encode([self._about, kind, caller, what])
        return hashlib.blake2b(packed, digest_size=32, person=b"token0-picture").hexdigest()


def _unpacked(held: bytes | None) -> list[_Seen]:
    try:
        return msgspec.msgpack.decode(held, type=list[_Seen]) if held else []
    except msgspec.DecodeError:
        return []
