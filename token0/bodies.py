"""Takes the body of a request in, whole and plain, within a limit."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, NamedTuple

from aiohttp import web

from token0.errors import BadRequest, PublicError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

_EITHER = 47
"""zlib's `wbits` for gzip (RFC 1952) and zlib (RFC 1950) alike."""

_IDLE_SECONDS = 60.0
"""How long a client may stall while it sends."""


class Body(NamedTuple):
    """A body as it came, and without its Content-Encoding; the same object where it has none."""

    raw: bytes
    plain: bytes


async def read_body(http: web.Request, limit: int) -> Body:
    """The whole body. Raises `TooLarge` as soon as it is known to be, `BadRequest`, or a 408 when it stops arriving."""
    if (http.content_length or 0) > limit:
        raise TooLarge(limit)
    chunks = []
    size = 0
    try:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_IDLE_SECONDS) as idle:
            async for chunk in http.content.iter_any():
                size += len(chunk)
                if size > limit:
                    raise TooLarge(limit)
                chunks.append(chunk)
                idle.reschedule(loop.time() + _IDLE_SECONDS)
    except TimeoutError:
        message = f"Nothing of the request body arrived for {_IDLE_SECONDS:g} s."
        raise PublicError(408, message, kind="timeout_error", code="request_timeout") from None
    except web.RequestPayloadError as error:
        raise BadRequest("The request body could not be read to its end.", code="invalid_body") from error
    body = b"".join(chunks)
    encoding = http.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return Body(body, body)
    # Not on the event loop: a small body may become a large one.
    return Body(body, await asyncio.to_thread(_decoder(encoding), body, limit))


def inflate(body: bytes, limit: int) -> bytes:
    """`body` without its compression. Raises `TooLarge` before more than `limit` bytes are held, `BadRequest`."""
    decoder = zlib.decompressobj(_EITHER)
    try:
        plain = decoder.decompress(body, limit + 1)
    except zlib.error:
        raise BadRequest("The request body is not what its Content-Encoding says.", code="invalid_body") from None
    if len(plain) > limit:
        raise TooLarge(limit)
    if not decoder.eof or decoder.unused_data:
        raise BadRequest("The compressed request body ends early, or goes on after its end.", code="invalid_body")
    return plain


def _decoder(encoding: str) -> Callable[[bytes, int], bytes]:
    if encoding in ("gzip", "x-gzip", "deflate"):
        return inflate
    raise PublicError(
        415,
        f"The Content-Encoding {encoding!r} is not known here; send gzip, deflate or none.",
        kind="invalid_request_error",
        code="unsupported_content_encoding",
    )
