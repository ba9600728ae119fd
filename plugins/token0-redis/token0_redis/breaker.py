"""Whether it is worth asking a server that has failed."""

from __future__ import annotations

import time

_FAILURES = 3
"""In a row, after which it is not asked for a while."""

PAUSE_SECONDS = 5.0


class Breaker:
    """Counts failures. After a pause one attempt is let through; its success ends the matter."""

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """True while it has failed too often."""
        return self._failures >= _FAILURES

    def lets_through(self) -> bool:
        """True for an attempt that should be made; tell `worked` or `failed` how it went."""
        if not self.is_open:
            return True
        now = time.monotonic()
        if now < self._until:
            return False
        self._until = now + PAUSE_SECONDS
        return True

    def worked(self) -> None:
        """The server answered."""
        self._failures = 0

    def failed(self) -> None:
        """The server did not answer, or not in time."""
        self._failures += 1
        self._until = time.monotonic() + PAUSE_SECONDS
