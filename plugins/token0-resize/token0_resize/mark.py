"""A mark in the pictures that this step made, so that it leaves them alone.

Measured again, in fewer pixels, letters seem larger or clearer than they were, and a picture would be shrunk once more
by who sends a request through two gateways, or through one twice.
"""

from __future__ import annotations

import zlib
from typing import Final

_TEXT: Final = b"token0-resize"

# Length, type, data and checksum, behind the header, which always has 25 bytes behind the 8 of the signature.
_PNG: Final = b"tEXtSoftware\0" + _TEXT
_PNG_CHUNK: Final = (len(_PNG) - 4).to_bytes(4, "big") + _PNG + zlib.crc32(_PNG).to_bytes(4, "big")
_PNG_AT: Final = 33

# A comment; its length counts itself.
_JPEG_SEGMENT: Final = b"\xff\xfe" + (2 + len(_TEXT)).to_bytes(2, "big") + _TEXT


def mark(data: bytes, format: str) -> bytes:  # noqa: A002
    """The same picture, PNG or JPEG, with the mark."""
    if format == "png":
        return data[:_PNG_AT] + _PNG_CHUNK + data[_PNG_AT:]
    at = _behind_jfif(data)
    return data[:at] + _JPEG_SEGMENT + data[at:]


def is_marked(data: bytes) -> bool:
    """True for what `mark` returned."""
    return data.startswith(_PNG_CHUNK, _PNG_AT) or data.startswith(_JPEG_SEGMENT, _behind_jfif(data))


def _behind_jfif(data: bytes) -> int:
    """Where the first segment begins that need not be the first."""
    return 4 + int.from_bytes(data[4:6], "big") if data[2:4] == b"\xff\xe0" else 2
