"""One call for all who ask the same at the same time: the first leads, the others wait for what it brings."""

from __future__ import annotations

import asyncio
from typing import Final

from token0.recording import Recording

PATIENCE: Final = 60.0
"""Seconds after which a request no longer waits for another's answer."""

_DISAPPOINTMENTS = 2
"""So many calls that brought nothing to share, and everybody goes alone: they would fail one after the other."""


class Flight:
    """One call under way."""

    def __init__(self) -> None:
        self._landed = asyncio.Event()
        self.recording: Recording | None = None
        self.left = False

    async def landing(self) -> None:
        """Wait for the end of it."""
        await self._landed.wait()

    def land(self, recording: Recording | None, *, left: bool = False) -> None:
        """The end, with or without an answer to share. Without: in vain, or because its client `left`."""
        if not self._landed.is_set():
            self.recording, self.left = recording, left
            self._landed.set()


class Flights:
    """All calls under way, by key."""

    def __init__(self) -> None:
        self._running: dict[str, Flight] = {}

    async def board(self, key: str, patience: float = PATIENCE) -> Flight | Recording | None:
        """A flight to lead, the answer that another one brought, or None to go alone."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        disappointments = 0
        while flight := self._running.get(key):
            try:
                async with asyncio.timeout_at(deadline):
                    await flight.landing()
            except TimeoutError:
                return None
            if flight.recording:
                return flight.recording
            if not flight.left:
                disappointments += 1
            if disappointments == _DISAPPOINTMENTS:
                return None
            self.end(key, flight)
        self._running[key] = flight = Flight()
        return flight

    def end(self, key: str, flight: Flight) -> None:
        """Forget a flight: whoever asks now leads the next one."""
        if self._running.get(key) is flight:
            del self._running[key]
