"""Tags of a TIFF directory: TIFF files, and the EXIF block of others. Bounded, for untrusted bytes."""

from __future__ import annotations

from struct import Struct, unpack_from
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_TAGS = 256


def tags(data: bytes) -> Iterator[tuple[int, int]]:
    """The first directory's tags that hold one SHORT or LONG. `data` is a TIFF file, or the same inside EXIF."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return
    (at,) = unpack_from(order + "I", data, 4)
    if at + 2 > len(data):
        return
    (count,) = unpack_from(order + "H", data, at)
    entry, short = Struct(order + "HHII"), Struct(order + "H")
    end = min(at + 2 + 12 * min(count, _MAX_TAGS), len(data) - 11)
    for place in range(at + 2, end, 12):
        tag, kind, values, value = entry.unpack_from(data, place)
        if kind == 3 and values >= 1:
            yield tag, short.unpack_from(data, place + 8)[0]
        elif kind == 4 and values == 1:
            yield tag, value


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, that an EXIF block tells (without its `Exif` prefix); 1 when it tells none."""
    return next((turn(value) for tag, value in tags(exif) if tag == 0x0112), 1)


def turn(value: int) -> int:
    """An orientation as written in a file; 1, upright, for values that mean nothing."""
    return value if 1 <= value <= 8 else 1
