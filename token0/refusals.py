"""Whether a provider refused a request because of an image in it: then it is worth repairing and sending once more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from token0.wire import Answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STATUSES: Final = frozenset({400, 413, 415})

_MOST = 64 * 1024

# What the four providers, and servers that speak like them, say (2025 and 2026). Nothing more general: a request that
# is wrong otherwise must not be sent twice.
_BLAMES = re.compile(
    rb"image exceeds \d"
    rb"|image dimensions exceed"
    rb"|does not match the provided media type"
    rb"|media_type: input should be"
    rb"|could not process image"
    rb"|(?:unsupported|invalid) image"
    rb"|invalid_image|image_parse_error"
    rb"|patches after processing"
    rb"|unable to process input image"
    rb"|provided image is not valid"
    rb"|base64 decoding failed|illegal base64 data|invalid base64"
    rb"|unsupported mime type: image"
    rb"|failed to (?:load|decode|process) image"
    rb"|request_too_large",
    re.IGNORECASE,
)


class Held(Answer):
    """An answer whose first bytes were read to decide about it; it is relayed as it came."""

    def __init__(self, answer: Answer, start: bytes, rest: AsyncIterator[bytes]) -> None:
        self.status, self.headers = answer.status, answer.headers
        self._answer, self._start, self._rest = answer, start, rest

    @property
    def blames_an_image(self) -> bool:
        """True when this is a refusal because of an image, or because of the size of all of them."""
        if self.status not in STATUSES or len(self._start) > _MOST:
            return False
        return self.status == 413 or _BLAMES.search(self._start) is not None

    async def chunks(self) -> AsyncIterator[bytes]:
        if self._start:
            yield self._start
        async for chunk in self._rest:
            yield chunk

    def close(self) -> None:
        self._answer.close()


async def hold(answer: Answer) -> Held:
    """`answer` with its body, up to 64 KB, at hand. Raises `UpstreamError` if it breaks off."""
    start, rest = bytearray(), answer.chunks()
    async for chunk in rest:
        start += chunk
        if len(start) > _MOST:
            break
    return Held(answer, bytes(start), rest)
