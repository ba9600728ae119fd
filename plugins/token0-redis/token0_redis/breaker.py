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

    def lets_through(self) -> bool:
        """True for an attempt that should be made; tell `worked` or `failed` how it went."""
        if self._failures < _FAILURES:
            return True
        now = time.monotonic()
        if now < self._until:
            return False
        self._until = now + PAUSE_SECONDS
        return True

    def worked(self) -> bool:
        """The server answered; True when that was not to be expected."""
        recovered, self._failures = self._failures >= _FAILURES, 0
        return recovered

    def failed(self) -> bool:
        """The server did not answer in time; True when it will from now on not be asked."""
        self._failures += 1
        self._until = time.monotonic() + PAUSE_SECONDS
        return self._failures == _FAILURES
