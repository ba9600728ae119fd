"""The quantisation table of a JPEG's brightness, from its headers (ITU T.81, B.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_ZIGZAG = sorted(range(64), key=lambda at: (at // 8 + at % 8, at // 8 if (at // 8 + at % 8) % 2 else at % 8))
"""Where in its rows the coefficient stands that comes first, second ... in a table: along the diagonals."""

_TABLES, _SCAN = 0xDB, 0xDA
_FRAMES = (0xC0, 0xC1, 0xC2)
_LONELY = (0xD8, 0x01, *range(0xD0, 0xD8))


def luma_steps(data: bytes) -> NDArray[np.float64] | None:
    """The steps of the 8x8 coefficients, rows by vertical frequency; None where the headers tell none."""
    tables: dict[int, NDArray[Any]] = {}
    wanted = None
    for marker, body in _segments(data):
        if marker == _TABLES:
            tables.update(_tables(body))
        elif marker in _FRAMES and len(body) >= 9:
            wanted = body[8]
    found = tables.get(wanted) if wanted is not None else None
    if found is None:
        return None
    steps = np.zeros(64)
    steps[_ZIGZAG] = found
    return steps.reshape(8, 8)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment before the first scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _LONELY:
            at += 1 if marker == 0xFF else 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SCAN or end > len(data) or end < at + 4:
            return
        yield marker, data[at + 4 : end]
        at = end


def _tables(body: bytes) -> Iterator[tuple[int, NDArray[Any]]]:
    while body:
        wide, number = body[0] >> 4, body[0] & 15
        size = 128 if wide else 64
        if len(body) <= size:
            return
        yield number, np.frombuffer(body[1 : size + 1], ">u2" if wide else np.uint8)
        body = body[size + 1 :]
