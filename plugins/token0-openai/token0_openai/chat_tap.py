"""Puts the report into the last chunk of a chat stream.

Clients index `choices[0]` blindly and some refuse chunks they did not ask for, so the report travels in a chunk that
is there anyway: the usage chunk when the client asked for it, else the finishing chunk. That one is held until the
usage is known, and the usage chunk that only the gateway asked for is taken out again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from token0.sse import data
from token0.taps import insert
from token0.wire import Tap

if TYPE_CHECKING:
    from token0.report import Report

_FINISHING = re.compile(rb'"finish_reason"\s*:\s*"')


class ChatTap(Tap):
    """Holds at most one chunk."""

    def __init__(self, report: Report, *, wants_usage: bool) -> None:
        self._report = report
        self._wants_usage = wants_usage
        self._held = b""

    def feed(self, event: bytes) -> bytes:
        payload = data(event)
        if not payload:
            # A comment keeps its moment: proxies send them to keep connections open.
            return event
        if payload == b"[DONE]":
            return self.close() + event
        if b'"usage"' in payload and is_usage_chunk(payload):
            return self._hold(event) if self._wants_usage else b""
        if _FINISHING.search(payload):
            return self._hold(event)
        return self._hold(b"") + event

    def close(self) -> bytes:
        return insert(self._hold(b""), self._report)

    def _hold(self, event: bytes) -> bytes:
        before, self._held = self._held, event
        return before


def is_usage_chunk(payload: bytes) -> bool:
    """True for the chunk that says nothing but the usage."""
    try:
        chunk = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(chunk, dict) and chunk.get("choices") == [] and bool(chunk.get("usage"))
