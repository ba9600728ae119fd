"""HEIC stills: which coded pictures, turned how, make up the primary item. ISO/IEC 23008-12 and 14496-12.

OpenCV reads no HEIC, but its FFmpeg decodes the HEVC inside. A photo of a phone is a grid of some 50 tiles, each a
coded picture of its own; one after the other they are a film, and are decoded as one.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from struct import error, unpack_from
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_BOXES = 4096
_MAX_TILES = 1024
_START = b"\0\0\0\1"


class NoStill(ValueError):
    """No HEVC still can be found in the file; the message says why."""


class Shown(NamedTuple):
    """What is shown of a coded picture, and how.

    crop:   left, top, width and height
    turns:  quarter turns against the clock, after that
    mirror: and then None, 0 for top to bottom, 1 for left to right
    """

    crop: tuple[int, int, int, int]
    turns: int = 0
    mirror: int | None = None


class Still(NamedTuple):
    """The primary picture before it is turned.

    tiles:   HEVC elementary streams of one picture each, in rows from the top left
    columns: tiles in a row
    width, height: of the whole, in pixels; tiles may reach beyond it
    """

    tiles: list[bytes]
    columns: int
    width: int
    height: int
    shown: Shown


def find_still(data: bytes) -> Still:
    """The primary picture of a HEIC file. Raises `NoStill`."""
    try:
        return _File(data).still()
    except (error, IndexError, KeyError) as reason:
        raise NoStill("its boxes are broken") from reason


def find_shown(data: bytes, width: int, height: int) -> Shown:
    """What is shown of the primary picture of an AVIF or HEIC file, which decoded to this size. Raises `NoStill`."""
    try:
        return _File(data).shown(width, height)
    except (error, IndexError, KeyError) as reason:
        raise NoStill("its boxes are broken") from reason


class _File:
    """The boxes of a `meta` box that tell where items are and what they are."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        start, end = _only(_boxes(data, 0, len(data)), b"meta")
        meta = list(_boxes(data, start + 4, end))
        self._idat = next((box[1] for box in meta if box[0] == b"idat"), 0)
        self._primary = _primary(data, *_only(meta, b"pitm"))
        self._kinds = dict(_kinds(data, *_only(meta, b"iinf")))
        self._places = dict(_places(data, *_only(meta, b"iloc")))
        self._parts = dict(_parts(data, *_only(meta, b"iref"))) if any(box[0] == b"iref" for box in meta) else {}
        properties = list(_boxes(data, *_only(meta, b"iprp")))
        self._properties = list(_boxes(data, *_only(properties, b"ipco")))
        self._owned: dict[int, list[int]] = {}
        for kind, start, end in properties:
            if kind == b"ipma":
                self._owned.update(_associations(data, start, end))

    def still(self) -> Still:
        item = self._primary
        kind = self._kinds[item]
        start, _ = self._property(item, b"ispe")
        width, height = unpack_from(">II", self._data, start + 4)
        if kind == b"grid":
            rows, columns = (number + 1 for number in unpack_from("BB", self._bytes(item), 2))
            members = self._parts[item]
            if len(members) != rows * columns or len(members) > _MAX_TILES:
                raise NoStill(f"its grid has {len(members)} tiles")
            tiles = [self._stream(member) for member in members]
        elif kind in (b"hvc1", b"hev1"):
            columns, tiles = 1, [self._stream(item)]
        else:
            raise NoStill(f"its primary item is {kind.decode('ascii', 'replace')}")
        return Still(tiles, columns, width, height, self.shown(width, height))

    def shown(self, width: int, height: int) -> Shown:
        crop = (0, 0, width, height)
        turns, mirror = 0, None
        for index in self._owned.get(self._primary, ()):
            kind, start, _ = self._properties[index - 1]
            if kind == b"irot":
                turns = self._data[start] & 3
            elif kind == b"imir":
                mirror = self._data[start] & 1
            elif kind == b"clap":
                crop = _clean_aperture(self._data, start, width, height)
        return Shown(crop, turns, mirror)

    def _property(self, item: int, wanted: bytes) -> tuple[int, int]:
        return _only((self._properties[index - 1] for index in self._owned[item]), wanted)

    def _bytes(self, item: int) -> bytes:
        method, extents = self._places[item]
        if method > 1:
            raise NoStill("its items lie in other items")
        base = self._idat if method else 0
        return b"".join(self._data[base + at : base + at + length] for at, length in extents)

    def _stream(self, item: int) -> bytes:
        """The item as an elementary stream: parameter sets, then its picture, each behind a start code."""
        start, end = self._property(item, b"hvcC")
        sets, size = _parameter_sets(self._data[start:end])
        coded, at, units = self._bytes(item), 0, sets
        while at + size <= len(coded):
            length = int.from_bytes(coded[at : at + size], "big")
            units.append(coded[at + size : at + size + length])
            at += size + length
        return b"".join(_START + unit for unit in units if unit)


def _clean_aperture(data: bytes, start: int, width: int, height: int) -> tuple[int, int, int, int]:
    """14496-12, 12.1.4: the shown size, and how far its centre is from that of the whole, as fractions."""
    wide, wide_of, high, high_of, right, right_of, down, down_of = unpack_from(">IIIIiIiI", data, start)
    if not (wide_of and high_of and right_of and down_of):
        raise NoStill("it is cropped to nothing")
    shown = min(wide // wide_of, width), min(high // high_of, height)
    left = floor(Fraction(width - shown[0], 2) + Fraction(right, right_of))
    top = floor(Fraction(height - shown[1], 2) + Fraction(down, down_of))
    if min(shown) < 1 or not (0 <= left <= width - shown[0] and 0 <= top <= height - shown[1]):
        raise NoStill("it is cropped beyond its edges")
    return left, top, *shown


def _parameter_sets(config: bytes) -> tuple[list[bytes], int]:
    """HEVCDecoderConfigurationRecord, 14496-15: the parameter sets, and how many bytes tell a unit's length."""
    units, at = [], 23
    for _ in range(config[22]):
        (count,) = unpack_from(">H", config, at + 1)
        at += 3
        for _ in range(count):
            (length,) = unpack_from(">H", config, at)
            units.append(config[at + 2 : at + 2 + length])
            at += 2 + length
    return units, (config[21] & 3) + 1


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of what is inside each box between `at` and `end`."""
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        length, kind = unpack_from(">I4s", data, at)
        head = 8
        if length == 1:
            (length,), head = unpack_from(">Q", data, at + 8), 16
        length = length or end - at
        if length < head:
            return
        yield kind, at + head, min(at + length, end)
        at += length


def _only(boxes: Iterator[tuple[bytes, int, int]] | list[tuple[bytes, int, int]], wanted: bytes) -> tuple[int, int]:
    for kind, start, end in boxes:
        if kind == wanted:
            return start, end
    raise NoStill(f"it has no {wanted.decode()} box")


def _number(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise IndexError("beyond the end")
    return int.from_bytes(data[at : at + size], "big")


def _primary(data: bytes, start: int, _end: int) -> int:
    return _number(data, start + 4, 4 if data[start] else 2)


def _kinds(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    for kind, at, _ in _boxes(data, start + (8 if data[start] else 6), end):
        if kind == b"infe" and data[at] >= 2:
            size = 2 if data[at] == 2 else 4
            yield _number(data, at + 4, size), data[at + 6 + size : at + 10 + size]


def _parts(data: bytes, start: int, end: int) -> Iterator[tuple[int, list[int]]]:
    """Which items each derived one is made of."""
    size = 4 if data[start] else 2
    for kind, at, _ in _boxes(data, start + 4, end):
        if kind == b"dimg":
            count = min(_number(data, at + size, 2), _MAX_TILES + 1)
            first = at + size + 2
            yield _number(data, at, size), [_number(data, first + i * size, size) for i in range(count)]


def _associations(data: bytes, start: int, _end: int) -> Iterator[tuple[int, list[int]]]:
    """Which properties each item has, as indexes from 1."""
    item_size, wide = (4 if data[start] else 2), data[start + 3] & 1
    at = start + 8
    for _ in range(min(_number(data, start + 4, 4), _MAX_BOXES)):
        item, count = _number(data, at, item_size), data[at + item_size]
        at += item_size + 1
        mask, size = (0x7FFF, 2) if wide else (0x7F, 1)
        yield item, [index for i in range(count) if (index := _number(data, at + i * size, size) & mask)]
        at += count * size


def _places(data: bytes, start: int, _end: int) -> Iterator[tuple[int, tuple[int, list[tuple[int, int]]]]]:
    """How each item is stored (0: in the file, 1: in `idat`) and its pieces, as offset and length."""
    version, sizes = data[start], _number(data, start + 4, 2)
    offset_size, length_size, base_size = sizes >> 12 & 15, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    wide = 4 if version == 2 else 2
    at = start + 6
    count, at = _number(data, at, wide), at + wide
    for _ in range(min(count, _MAX_BOXES)):
        item, at = _number(data, at, wide), at + wide
        method, at = (_number(data, at, 2) & 15, at + 2) if version else (0, at)
        base, at = _number(data, at + 2, base_size), at + 2 + base_size
        pieces, at = _number(data, at, 2), at + 2
        extents = []
        for _ in range(min(pieces, _MAX_BOXES)):
            at += index_size
            offset, at = _number(data, at, offset_size), at + offset_size
            length, at = _number(data, at, length_size), at + length_size
            extents.append((base + offset, length or len(data)))
        yield item, (method, extents)
