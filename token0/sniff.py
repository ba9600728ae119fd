"""What the first bytes of a file say about the picture in it: format, size, orientation. No decoder is involved.

Everything here is bounded: hostile lengths and counts end the search, they never raise and never loop long.
"""

from __future__ import annotations

import re
from struct import Struct, error, unpack_from
from typing import TYPE_CHECKING, Final, NamedTuple

from token0.exif import orientation, tags, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEDIA_TYPES: Final[dict[str, str]] = {
    **{name: f"image/{name}" for name in ("jpeg", "png", "gif", "webp", "bmp", "tiff", "heic", "avif")},
    "ico": "image/x-icon",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}
"""Format name -> media type."""


class Header(NamedTuple):
    """What a file's header says.

    `width` and `height` are pixels as displayed, so after `orientation` (EXIF, 1 to 8); both are 0 for drawings,
    documents and HEIF files that do not tell. `alpha` means transparency is declared, not that it is used.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    animated: bool = False
    alpha: bool = False


def sniff(data: bytes) -> Header | None:
    """The header of `data`, or None when it is no known picture or its size cannot be read. Never raises."""
    try:
        for magic, read in _MAGIC:
            if data.startswith(magic):
                return read(data)
        if data[4:8] == b"ftyp":
            return _heif(data)
        return _drawing(data)
    except (IndexError, error):
        return None


def _upright(format: str, size: tuple[int, int], turned: int = 1, **flags: bool) -> Header | None:  # noqa: A002
    """The header of a raster picture as displayed; None for an empty one."""
    width, height = size if turned < 5 else size[::-1]
    return Header(format, width, height, turned, **flags) if width > 0 and height > 0 else None


# JPEG, ITU-T T.81 annex B: segments of marker, length, payload. The frame header holds the size.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset(range(0xD0, 0xD9)) | {0x01}
_SEGMENT = Struct(">BBH")
_FRAME = Struct(">HH")
_MAX_SEGMENTS = 512


def _jpeg(data: bytes) -> Header | None:
    at, turned = 2, 0
    for _ in range(_MAX_SEGMENTS):
        prefix, marker, length = _SEGMENT.unpack_from(data, at)
        if prefix != 0xFF:
            # Decoders skip stray bytes before a marker, so the size they find behind them is the one that counts.
            at = data.find(b"\xff", at, at + 65536)
            if at < 0:
                return None
        elif marker == 0xFF:
            at += 1
        elif marker in _BARE or marker == 0:
            at += 2
        elif marker in _FRAMES:
            height, width = _FRAME.unpack_from(data, at + 5)
            return _upright("jpeg", (width, height), turned or 1)
        elif marker in (0xDA, 0xD9):
            return None
        else:
            if marker == 0xE1 and not turned and data.startswith(b"Exif\0\0", at + 4):
                turned = orientation(data[at + 10 : at + 2 + length])
            at += 2 + length
    return None


_PNG_CHUNK = Struct(">I4s")
_IHDR = Struct(">IIBB")
_MAX_CHUNKS = 256


def _png(data: bytes) -> Header | None:
    _, kind = _PNG_CHUNK.unpack_from(data, 8)
    if kind != b"IHDR":
        return None
    width, height, _, colour = _IHDR.unpack_from(data, 16)
    turned, animated, alpha = 1, False, colour in (4, 6)
    at = 33
    for _ in range(_MAX_CHUNKS):
        head = data[at : at + 8]
        if len(head) < 8 or head[4:] in (b"IDAT", b"IEND"):
            break
        length, kind = _PNG_CHUNK.unpack(head)
        if kind == b"acTL":
            animated = True
        elif kind == b"tRNS":
            alpha = True
        elif kind == b"eXIf":
            turned = orientation(data[at + 8 : at + 8 + min(length, 65536)])
        at += 12 + length
    return _upright("png", (width, height), turned, animated=animated, alpha=alpha)


_MAX_GIF_BLOCKS = 4096


def _gif(data: bytes) -> Header | None:
    width, height, flags = unpack_from("<HHB", data, 6)
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    images, alpha = _gif_frames(data, at)
    return _upright("gif", (width, height), animated=images > 1, alpha=alpha)


def _gif_frames(data: bytes, at: int) -> tuple[int, bool]:
    """Images found (2 stands for "several") and whether a transparent colour is declared; a cut file ends the walk."""
    images, alpha, loops, blocks = 0, False, False, 0
    end = len(data)
    while images < 2 and at + 1 < end:
        if data[at] == 0x2C:
            images += 1
            flags = data[at + 9] if at + 9 < end else 0
            at += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
        elif data[at] == 0x21:
            alpha = alpha or (data[at + 1] == 0xF9 and at + 3 < end and bool(data[at + 3] & 1))
            loops = loops or data.startswith(b"NETSCAPE2.0", at + 3)
            at += 2
        else:
            break
        while at < end and (length := data[at]):
            at += length + 1
            blocks += 1
            if blocks == _MAX_GIF_BLOCKS:
                # Too long to walk: a declared loop is the cheaper sign of an animation.
                return 2 if loops else images, alpha
        at += 1
    return images, alpha


_MAX_WEBP_CHUNKS = 64


def _webp(data: bytes) -> Header | None:
    kind = data[12:16]
    if data[8:12] != b"WEBP":
        return None
    if kind == b"VP8 ":
        width, height = unpack_from("<HH", data, 26)
        return _upright("webp", (width & 0x3FFF, height & 0x3FFF)) if data[23:26] == b"\x9d\x01\x2a" else None
    if kind == b"VP8L":
        signature, bits = unpack_from("<BI", data, 20)
        size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        return _upright("webp", size, alpha=bool(bits >> 28 & 1)) if signature == 0x2F else None
    if kind != b"VP8X" or len(data) < 30:
        return None
    flags = data[20]
    size = int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    turned = _webp_orientation(data) if flags & 0x08 else 1
    return _upright("webp", size, turned, animated=bool(flags & 0x02), alpha=bool(flags & 0x10))


def _webp_orientation(data: bytes) -> int:
    at = 12
    for _ in range(_MAX_WEBP_CHUNKS):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind == b"EXIF":
            return orientation(data[at + 8 : at + 8 + min(length, 65536)].removeprefix(b"Exif\0\0"))
        at += 8 + length + (length & 1)
        if at >= len(data):
            break
    return 1


def _bmp(data: bytes) -> Header | None:
    (length,) = unpack_from("<I", data, 14)
    if length == 12:
        return _upright("bmp", unpack_from("<HH", data, 18))
    if not 16 <= length <= 1024:
        return None
    width, height = unpack_from("<ii", data, 18)
    return _upright("bmp", (width, abs(height)))


def _tiff(data: bytes) -> Header | None:
    known = dict(tags(data))
    size = known.get(0x0100, 0), known.get(0x0101, 0)
    return _upright("tiff", size, turn(known.get(0x0112, 1)), alpha=known.get(0x0152, 0) in (1, 2))


_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_SEQUENCES = frozenset({b"avis", b"hevc", b"hevx", b"msf1"})
_MAX_BOXES = 256


def _heif(data: bytes) -> Header | None:
    """ISO 23008-12. The biggest `ispe` is the picture, others are tiles and thumbnails; `irot` turns it."""
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, min(length, len(data)) - 3, 4))]
    avif = not _AVIF_BRANDS.isdisjoint(brands)
    if not avif and _HEIC_BRANDS.isdisjoint(brands):
        return None
    sizes, quarter = [(0, 0)], False
    for kind, start, end in _heif_properties(data):
        if kind == b"ispe" and end - start >= 12:
            sizes.append(unpack_from(">II", data, start + 4))
        elif kind == b"irot" and end > start:
            quarter = bool(data[start] & 1)
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    size = (height, width) if quarter else (width, height)
    return Header("avif" if avif else "heic", *size, animated=brands[0] in _SEQUENCES)


def _heif_properties(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    inside, until = 0, len(data)
    for room in (b"meta", b"iprp", b"ipco"):
        found = next((box for box in _boxes(data, inside, until) if box[0] == room), None)
        if found is None:
            return
        _, inside, until = found
        inside += 4 if room == b"meta" else 0
    yield from _boxes(data, inside, until)


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the payload of each box between `at` and `end`."""
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        length, kind = _PNG_CHUNK.unpack_from(data, at)
        head = 8
        if length == 1 and at + 16 <= end:
            (length,), head = unpack_from(">Q", data, at + 8), 16
        length = length or end - at
        if length < head:
            return
        yield kind, at + head, min(at + length, end)
        at += length


def _ico(data: bytes) -> Header | None:
    """The biggest of the icon's pictures; a side of 0 means 256."""
    (count,) = unpack_from("<H", data, 4)
    starts = range(6, min(6 + 16 * min(count, 64), len(data) - 15), 16)
    sizes = [(data[at] or 256, data[at + 1] or 256) for at in starts]
    return _upright("ico", max(sizes, key=lambda size: size[0] * size[1]), alpha=True) if sizes else None


_SVG = re.compile(rb"\s*(?:<\?xml|<!--|<!DOCTYPE\s+svg|<svg)[\s\S]*", re.IGNORECASE)
_SVG_ROOT = re.compile(rb"<(?:svg:)?svg[\s>/]", re.IGNORECASE)


def _drawing(data: bytes) -> Header | None:
    """SVG and PDF, which may begin with blanks, comments or stray bytes."""
    if b"%PDF-" in data[:1024]:
        return Header("pdf", 0, 0)
    start = data[:4096].removeprefix(b"\xef\xbb\xbf")
    return Header("svg", 0, 0) if _SVG.match(start) and _SVG_ROOT.search(start) else None


_MAGIC: Final[tuple[tuple[bytes, Callable[[bytes], Header | None]], ...]] = (
    (b"\xff\xd8\xff", _jpeg),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"RIFF", _webp),
    (b"GIF87a", _gif),
    (b"GIF89a", _gif),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"\0\0\1\0", _ico),
    (b"BM", _bmp),
)
