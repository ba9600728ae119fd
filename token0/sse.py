"""Cuts a stream of bytes into whole events: server-sent events, or lines of JSON. Loses and changes no byte."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

_BLANK_LINE = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")
_STRUCTURE = re.compile(rb'["{}\[\]]')
_BACKSLASH = 0x5C

MAX_EVENT = 32 * 1024 * 1024
"""Bytes after which an event without an end is no longer waited for."""


class Splitter(ABC):
    """Feed it chunks; it returns the events they complete. What is left at the end is `rest`."""

    _overlap = 3
    """A separator may be cut in two, so the last bytes are searched again."""

    def __init__(self) -> None:
        self.rest = b""
        self._searched = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The events that end in `chunk`, each with its separator. Raises `OverflowError` beyond `MAX_EVENT`."""
        rest = self.rest + chunk if self.rest else chunk
        events = []
        start = 0
        search = self._searched
        while (end := self._end(rest, search)) > 0:
            events.append(rest[start:end])
            start = search = end
        self.rest = rest[start:]
        if len(self.rest) > MAX_EVENT:
            raise OverflowError("an event of the stream does not end")
        self._searched = max(0, len(self.rest) - self._overlap)
        return events

    @abstractmethod
    def _end(self, data: bytes, start: int) -> int:
        """The index after the first separator at or after `start`; 0 when there is none."""


class SseSplitter(Splitter):
    """Events end at a blank line, whatever the line ends (WHATWG HTML, 9.2.5)."""

    def _end(self, data: bytes, start: int) -> int:
        found = _BLANK_LINE.search(data, start)
        return found.end() if found else 0


class LineSplitter(Splitter):
    """Newline-delimited JSON: each line is an event."""

    def _end(self, data: bytes, start: int) -> int:
        return data.find(b"\n", start) + 1


class ArraySplitter(Splitter):
    """A JSON array that grows: each object in it is an event, with the bracket or comma before it.

    An object that stands alone is one event.
    """

    _overlap = 0

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._outermost = 0
        self._quoted = False

    def _end(self, data: bytes, start: int) -> int:
        while True:
            if self._quoted:
                start = _quote(data, start)
                if start == 0:
                    return 0
                self._quoted = False
            found = _STRUCTURE.search(data, start)
            if found is None:
                return 0
            start = found.end()
            if self._is_end(found[0]):
                return start

    def _is_end(self, byte: bytes) -> bool:
        """Count one bracket, brace or quote; true for the brace that closes an outermost object."""
        if byte == b'"':
            self._quoted = True
        elif byte in (b"{", b"["):
            if self._depth == 0 and byte == b"[":
                self._outermost = 1
            self._depth += 1
        else:
            self._depth -= 1
            return byte == b"}" and self._depth == self._outermost
        return False


def _quote(data: bytes, start: int) -> int:
    """The index after the quote that ends a string; 0 when it does not end here. Strings may hold megabytes."""
    at = start
    while (at := data.find(b'"', at)) >= 0:
        slashes = at
        while slashes and data[slashes - 1] == _BACKSLASH:
            slashes -= 1
        at += 1
        if (at - 1 - slashes) % 2 == 0:
            return at
    return 0


def splitter(content_type: str) -> Splitter | None:
    """The splitter for a stream of this media type; None when it is not a stream of events."""
    media_type = content_type.lower()
    if media_type.startswith("text/event-stream"):
        return SseSplitter()
    if media_type.startswith("application/x-ndjson"):
        return LineSplitter()
    return None


def data(event: bytes) -> bytes:
    """The payload of an event: its `data:` lines joined, or the JSON object where there are no field names."""
    if event[:1] in (b"{", b"[", b",", b"\r", b"\n") and (item := event.lstrip(b"[, \t\r\n"))[:1] == b"{":
        return item
    lines = []
    for line in event.splitlines():
        name, _, value = line.partition(b":")
        if name == b"data":
            lines.append(value.removeprefix(b" "))
    return b"\n".join(lines)
