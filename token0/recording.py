"""An answer as it is kept: taken down while it is relayed, and told again later."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from multidict import CIMultiDict

from token0.forms import attempt, decode
from token0.report import ImageReport
from token0.sse import ArraySplitter, data, splitter
from token0.types import Usage
from token0.wire import Answer

if TYPE_CHECKING:
    from aiohttp import web

    from token0.report import Report
    from token0.types import Request
    from token0.wire import Dialect

VERSION: Final = 1
_DIGEST = 16
_WORTH_TELLING = ("x-request-id", "request-id", "openai-version")
"""Headers that are true of a recorded answer, too; limits and times are not."""


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """`chunks` are the client's dialect, without the report; `warnings` and `images` are the report's."""

    version: Literal[1] = VERSION
    content_type: str
    stream: bool
    chunks: tuple[bytes, ...]
    created: float
    headers: dict[str, str] = {}
    usage: Usage | None = None
    images: tuple[ImageReport, ...] = ()
    warnings: tuple[str, ...] = ()

    def pack(self, key: str) -> bytes:
        """As bytes that no other key takes for its own."""
        packed = msgspec.msgpack.encode(self)
        return _digest(key, packed) + packed

    @classmethod
    def unpack(cls, key: str, held: bytes) -> Recording | None:
        """What `pack` made for this key; None for anything else."""
        packed = held[_DIGEST:]
        if held[:_DIGEST] != _digest(key, packed):
            return None
        try:
            return msgspec.msgpack.decode(packed, type=cls)
        except msgspec.MsgspecError:
            return None

    @property
    def age(self) -> float:
        """Seconds since it was made."""
        return max(0.0, time.time() - self.created)

    @property
    def size(self) -> int:
        """Bytes of the answer."""
        return sum(map(len, self.chunks))

    def events(self) -> list[bytes]:
        """The whole events of a stream."""
        cut = splitter(self.content_type) or ArraySplitter()
        events = [event for chunk in self.chunks for event in cut.feed(chunk)]
        return [*events, cut.rest] if cut.rest else events

    def is_complete(self, dialect: Dialect) -> bool:
        """True for a successful answer that nothing is missing of."""
        if not self.stream:
            return attempt(decode, b"".join(self.chunks)) is not None
        events = self.events()
        return any(map(dialect.ends, events)) and not any(map(_tells_error, events))

    def told(self, dialect: Dialect, request: Request) -> Told | None:
        """The answer in the form that `request` asks for; None where the dialect cannot tell it in that one."""
        wanted = dialect.stream_type(request) if request.stream else "application/json"
        if self.stream == request.stream and _media_type(self.content_type) == _media_type(wanted):
            return Told(self.chunks, self.content_type, self.headers)
        body = dialect.whole(self.events()) if self.stream else b"".join(self.chunks)
        if body is None:
            return None
        chunks = dialect.events(body, request) if request.stream else [body]
        return Told(chunks, wanted, self.headers) if chunks else None


class Told(Answer):
    """A recorded answer on its way to a client."""

    def __init__(self, chunks: Sequence[bytes], content_type: str, headers: dict[str, str]) -> None:
        self.status = 200
        self.headers = CIMultiDict({**headers, "Content-Type": content_type})
        if len(chunks) == 1:
            self.headers["Content-Length"] = str(len(chunks[0]))
        self._chunks = chunks

    async def chunks(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
            # Others come first: all of it is there at once.
            await asyncio.sleep(0)


class Recorder:
    """Takes down what a client gets, as long as it is small enough."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._chunks: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        """One chunk on its way to the client."""
        self._size += len(chunk)
        if self._size <= self._limit:
            self._chunks.append(chunk)
        else:
            self._chunks.clear()

    def recording(self, response: web.StreamResponse, report: Report) -> Recording | None:
        """The answer, when all of it was relayed; None when it is not to be kept."""
        headers = response.headers
        content_type = headers.get("Content-Type", "")
        plain = headers.get("Content-Encoding", "identity") in ("", "identity")
        streamed = splitter(content_type) is not None
        if response.status != 200 or not plain or not 0 < self._size <= self._limit or (streamed and not report.stream):
            return None
        return Recording(
            content_type=content_type,
            stream=report.stream,
            chunks=tuple(self._chunks),
            created=time.time(),
            headers={name: headers[name] for name in _WORTH_TELLING if name in headers},
            usage=report.usage,
            images=report.images,
            warnings=tuple(report.warnings),
        )


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _digest(key: str, packed: bytes) -> bytes:
    return hashlib.sha256(key.encode() + packed).digest()[:_DIGEST]


def _tells_error(event: bytes) -> bool:
    if event.startswith(b"event: error"):
        return True
    if b'"error"' not in event:
        return False
    document = attempt(decode, data(event))
    return document is None or document.get("type") == "error"
