"""ICO: a folder of pictures, each a PNG or a bitmap without its file header, with a mask of what is transparent."""

from __future__ import annotations

from struct import error, pack, unpack_from
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAX_ENTRIES = 64
_PNG = b"\x89PNG\r\n\x1a\n"


class Icon(NamedTuple):
    """The biggest picture of an icon: a PNG or BMP file, and for a BMP its mask: True where it shows through."""

    file: bytes
    mask: NDArray[np.bool_] | None


def biggest(data: bytes) -> Icon | None:
    """The picture with the most pixels, and of those the most colours; None when there is none."""
    try:
        (count,) = unpack_from("<H", data, 4)
        entries = [unpack_from("<BBBBHHII", data, 6 + 16 * i) for i in range(min(count, _MAX_ENTRIES))]
        # A side of 0 means 256.
        entry = max(entries, key=lambda each: ((each[0] or 256) * (each[1] or 256), each[5]), default=None)
        if entry is None:
            return None
        picture = data[entry[7] : entry[7] + entry[6]]
        return Icon(picture, None) if picture.startswith(_PNG) else _bitmap(picture)
    except error:
        return None


def _bitmap(picture: bytes) -> Icon | None:
    """The height in its header counts the mask below the picture, too."""
    length, width, height, planes, bits = unpack_from("<IiiHH", picture)
    height //= 2
    if length < 40 or not (0 < width <= 1024 and 0 < height <= 1024):
        return None
    (used,) = unpack_from("<I", picture, 32)
    colours = (min(used, 256) or 1 << bits) if bits <= 8 else 0
    pixels_at = length + 4 * colours
    mask_at = pixels_at + (width * bits + 31) // 32 * 4 * height
    head = pack("<IiiHH", length, width, height, planes, bits) + picture[16:mask_at]
    file = b"BM" + pack("<IHHI", 14 + len(head), 0, 0, 14 + pixels_at) + head
    row = (width + 31) // 32 * 4
    mask = picture[mask_at : mask_at + row * height]
    if bits == 32 or len(mask) < row * height:
        return Icon(file, None)
    rows = np.frombuffer(mask, np.uint8).reshape(height, row)[::-1]
    return Icon(file, np.unpackbits(rows, axis=1)[:, :width].astype(bool))
