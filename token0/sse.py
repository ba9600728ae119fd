"""Cuts a stream of bytes into whole events: server-sent events, or lines of JSON. Loses and changes no byte."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

_BLANK_LINE = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")

MAX_EVENT = 32 * 1024 * 1024
"""Bytes after which an event without an end is no longer waited for."""


class Splitter(ABC):
    """Feed it chunks; it returns the events they complete. What is left at the end is `rest`."""

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
        # A separator may be cut in two, so the last bytes are searched again.
        self._searched = max(0, len(self.rest) - 3)
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


def splitter(content_type: str) -> Splitter | None:
    """The splitter for a stream of this media type; None when it is not a stream of events."""
    if content_type.startswith("text/event-stream"):
        return SseSplitter()
    if content_type.startswith("application/x-ndjson"):
        return LineSplitter()
    return None


def data(event: bytes) -> bytes:
    """The payload of an event: its `data:` lines joined, or the whole line where there are no field names."""
    if event[:1] in (b"{", b"["):
        return event
    lines = []
    for line in event.splitlines():
        name, _, value = line.partition(b":")
        if name == b"data":
            lines.append(value.removeprefix(b" "))
    return b"\n".join(lines)
