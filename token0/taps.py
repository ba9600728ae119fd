"""How the report joins an answer without touching another byte of it."""

from __future__ import annotations

from collections.abc import Callable

from token0.report import Report
from token0.wire import Dialect, Tap


class EventTap(Tap):
    """Puts the report into the event that `carries` it and passes all others at once."""

    def __init__(self, report: Report, carries: Callable[[bytes], bool]) -> None:
        self._report = report
        self._carries = carries
        self._said = False

    def feed(self, event: bytes) -> bytes:
        if self._said or not self._carries(event):
            return event
        self._said = True
        return insert(event, self._report)

    def close(self) -> bytes:
        return b""


class Strip(Tap):
    """Takes out what only the gateway asked for, so that a recording has it."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def feed(self, event: bytes) -> bytes:
        return b"" if self._dialect.unasked(event) else event

    def close(self) -> bytes:
        return b""


def insert(answer: bytes, report: Report) -> bytes:
    """`answer` with a last key `token0` in its JSON object; what stands around the object stays.

    An answer that does not end in an object is returned as it is.
    """
    brace = answer.rfind(b"}")
    if brace < 0 or answer[brace + 1 :].strip():
        return answer
    comma = b"" if answer[:brace].rstrip().endswith(b"{") else b","
    return answer[:brace] + comma + b'"token0":' + report.seal() + answer[brace:]
