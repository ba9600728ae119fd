"""ICC profiles: finding the embedded one, and turning its colours into sRGB.

Only three-colour matrix profiles (ICC.1:2022, 8.3.3) are understood, which is what cameras and screens embed. Their
bytes are untrusted: anything else, and anything odd, means "leave the colours as they are". Arithmetic on pixels is in
integers, the same on every machine, which neither a system's LittleCMS nor floating point is.
"""

from __future__ import annotations

import zlib
from struct import error, unpack_from
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_PROFILE: Final = 128 * 1024
"""Bytes. Matrix profiles have a few kilobytes; larger ones describe printers."""

_MAX_STEPS = 256
_ONE = 32767  # 1.0 of linear light
_SHIFT = 14  # bits behind the point of a matrix entry

# Columns are red, green and blue of sRGB in the profile connection space (IEC 61966-2-1 adapted to D50).
_SRGB_TO_PCS = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


def embedded_profile(data: bytes, format: str) -> bytes:  # noqa: A002
    """The ICC profile of a JPEG, PNG or WebP file; empty when there is none, or none that could be a matrix profile."""
    find = {"jpeg": _in_jpeg, "png": _in_png, "webp": _in_webp}.get(format)
    try:
        profile = find(data) if find else b""
    except (ValueError, error, zlib.error):
        return b""
    return profile if len(profile) <= MAX_PROFILE and profile[16:20] == b"RGB " else b""


def _in_jpeg(data: bytes) -> bytes:
    at = 2
    for _ in range(_MAX_STEPS):
        prefix, marker, length = unpack_from(">BBH", data, at)
        if prefix != 0xFF or marker == 0xDA:
            break
        # One segment holds 64 KB. Longer, split profiles are not matrix profiles.
        if marker == 0xE2 and data.startswith(b"ICC_PROFILE\0\1\1", at + 4):
            return data[at + 18 : at + 2 + length]
        at += 2 + length
    return b""


def _in_png(data: bytes) -> bytes:
    at = 8
    for _ in range(_MAX_STEPS):
        length, kind = unpack_from(">I4s", data, at)
        if kind == b"iCCP":
            name = data.index(b"\0", at + 8, at + 8 + 80)
            return zlib.decompressobj().decompress(data[name + 2 : at + 8 + length], MAX_PROFILE + 1)
        if kind in (b"IDAT", b"IEND"):
            break
        at += 12 + length
    return b""


def _in_webp(data: bytes) -> bytes:
    # The profile, when there is one, is the first chunk after the extended header.
    if data[12:16] != b"VP8X" or data[30:34] != b"ICCP":
        return b""
    (length,) = unpack_from("<I", data, 34)
    return data[38 : 38 + min(length, MAX_PROFILE + 1)]


def to_srgb(array: NDArray[np.uint8], profile: bytes) -> NDArray[np.uint8]:
    """`array` (height, width, 4) with its colours converted; the same array when grey, sRGB or not understood."""
    if array.ndim == 2:
        return array
    try:
        tables, matrix = _tables(profile), _matrix(profile)
    except (KeyError, ValueError, IndexError, error, OverflowError):
        return array
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    samples = np.stack(np.meshgrid(steps, steps, steps, [255]), axis=-1).reshape(1, -1, 4)
    shift = np.abs(_convert(samples, tables, matrix).astype(np.int16) - samples).max()
    return array if shift <= 3 else _convert(array, tables, matrix)


def _convert(array: NDArray[np.uint8], tables: NDArray[np.int32], matrix: NDArray[np.int32]) -> NDArray[np.uint8]:
    light = [tables[channel][array[:, :, channel]] for channel in range(3)]
    out = array.copy()
    half = 1 << (_SHIFT - 1)
    for channel, (red, green, blue) in enumerate(matrix.tolist()):
        mixed = (light[0] * red + light[1] * green + light[2] * blue + half) >> _SHIFT
        out[:, :, channel] = _TO_SRGB[np.clip(mixed, 0, _ONE, out=mixed)]
    return out


def _matrix(profile: bytes) -> NDArray[np.int32]:
    columns = [_xyz(profile, tag) for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
    matrix = np.linalg.inv(_SRGB_TO_PCS) @ np.array(columns).T
    # Larger entries are no display, and three of them could overflow 32 bits.
    if np.abs(matrix).sum(axis=1).max() > 3.9:
        raise ValueError("not the primaries of a display")
    return np.asarray(np.rint(matrix * (1 << _SHIFT)), np.int32)


def _tables(profile: bytes) -> NDArray[np.int32]:
    curves = [_curve(profile, tag) for tag in (b"rTRC", b"gTRC", b"bTRC")]
    return np.asarray(np.rint(np.clip(curves, 0.0, 1.0) * _ONE), np.int32)


def _xyz(profile: bytes, tag: bytes) -> list[float]:
    at, _ = _tag(profile, tag)
    return [value / 65536 for value in unpack_from(">3i", profile, at + 8)]


def _curve(profile: bytes, tag: bytes) -> NDArray[np.float64]:
    """Light, 0 to 1, of each of the 256 numbers."""
    at, kind = _tag(profile, tag)
    numbers = np.arange(256) / 255
    if kind == b"para":
        return _parametric(profile, at, numbers)
    if kind != b"curv":
        raise ValueError("not a tone curve")
    (count,) = unpack_from(">I", profile, at + 8)
    if count == 0:
        return numbers
    if count > 65536:
        raise ValueError("not a tone curve")
    points = np.array(unpack_from(f">{count}H", profile, at + 12), np.float64)
    if count == 1:
        return np.asarray(numbers ** (points[0] / 256))
    return np.asarray(np.interp(numbers, np.linspace(0.0, 1.0, count), points / 65535))


def _parametric(profile: bytes, at: int, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """ICC.1:2022, 10.18: g a b c d e f; types differ in which of them are given."""
    (kind,) = unpack_from(">H", profile, at + 8)
    given = {0: "g", 1: "gab", 2: "gabc", 3: "gabcd", 4: "gabcdef"}[kind]
    values = [value / 65536 for value in unpack_from(f">{len(given)}i", profile, at + 12)]
    p = {**dict.fromkeys("bcdef", 0.0), "a": 1.0, **dict(zip(given, values, strict=True))}
    offset, start = p["e"], p["d"]
    if kind in (1, 2):
        # These two are flat, at c, up to -b/a.
        offset, start, p["f"], p["c"] = p["c"], -p["b"] / p["a"] if p["a"] else 0.0, p["c"], 0.0
    curved = np.maximum(p["a"] * numbers + p["b"], 0.0) ** min(max(p["g"], 0.1), 10.0) + offset
    return np.asarray(np.where(numbers >= start, curved, p["c"] * numbers + p["f"]))


def _tag(profile: bytes, wanted: bytes) -> tuple[int, bytes]:
    """Where a tag's content starts, and its type."""
    (count,) = unpack_from(">I", profile, 128)
    for at in range(132, 132 + 12 * min(count, _MAX_STEPS), 12):
        name, start = unpack_from(">4sI", profile, at)
        if name == wanted:
            return start, profile[start : start + 4]
    raise KeyError(wanted)


def _srgb_numbers() -> NDArray[np.uint8]:
    light = np.arange(_ONE + 1) / _ONE
    curved = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(curved * 255), np.uint8)


_TO_SRGB = _srgb_numbers()
