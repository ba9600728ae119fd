from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest
import simplejpeg

from token0.testing import png
from token0.types import Image, Size
from token0_repair.faults import find_faults, fitting

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from token0.interfaces import Context

    Limited = Callable[..., Context]
    Opened = Callable[[bytes], Image]


def frame(marker: int, bits: int, components: int) -> bytes:
    """A JPEG of a frame header only, with an end."""
    parts = bytes(3 * components)
    return (
        b"\xff\xd8\xff" + bytes([marker]) + pack(">HBHHB", 8 + len(parts), bits, 9, 9, components) + parts + b"\xff\xd9"
    )


def turned_png(turn: int) -> bytes:
    exif = b"II*\0" + pack("<IH", 8, 1) + pack("<HHIHH", 0x0112, 3, 1, turn, 0) + bytes(4)
    data = png(8, 8)
    return data[:33] + pack(">I", len(exif)) + b"eXIf" + exif + pack(">I", crc32(b"eXIf" + exif)) + data[33:]


GIF = b"GIF89a\x05\0\x05\0\0\0\0" + b"\x2c" + bytes(8) + b"\0\2\2\x44\1\0"
DEEP = png(8, 8)[:24] + b"\x10" + png(8, 8)[25:]
CLEAR = png(8, 8)[:25] + b"\6" + png(8, 8)[26:]


@pytest.mark.parametrize(
    ("data", "limits", "word"),
    [
        (b"BM" + bytes(12) + pack("<Iii", 40, 9, 9), {}, "takes no bmp"),
        (png(8, 8), {"formats": frozenset({"jpeg"})}, "takes no png"),
        (GIF + GIF[13:], {"animated": False}, "animated"),
        (turned_png(6), {"turns": False}, "upright"),
        (CLEAR, {"alpha": False}, "transparency"),
        (DEEP, {}, "16 bits"),
        (frame(0xC0, 8, 4), {}, "CMYK"),
        (frame(0xC9, 8, 3), {}, "rare coding"),
        (frame(0xC1, 12, 3), {}, "12 bits"),
        (frame(0xC0, 8, 3)[:-2], {}, "cut off"),
        (png(8, 8)[:-12], {}, "cut off"),
        (png(9, 8), {"side": 8}, "9x8 is larger"),
        (png(64, 64), {"patches": 3}, "64x64 is larger"),
        (png(64, 64), {"base64_bytes": 40}, "bytes are more"),
        (png(64, 64), {"body_bytes": 60}, "bytes are more"),
    ],
)
def test_a_fault_is_found_from_the_header(
    data: bytes, limits: dict[str, Any], word: str, opened: Opened, limited: Limited
) -> None:
    (fault,) = find_faults(opened(data), limited(**limits))
    assert word in fault


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (png(8, 8), {}),
        (png(8, 8), {"side": 8, "patches": 1, "base64_bytes": 200, "body_bytes": 200}),
        (GIF, {"animated": False}),
        (GIF + GIF[13:], {}),
        (turned_png(6), {}),
        (turned_png(1), {"turns": False}),
        (CLEAR, {}),
        (frame(0xC0, 8, 1), {}),
        (frame(0xC2, 8, 3), {}),
    ],
)
def test_what_the_provider_takes_has_no_fault(
    data: bytes, limits: dict[str, Any], opened: Opened, limited: Limited
) -> None:
    assert find_faults(opened(data), limited(**limits)) == []


def test_a_refused_picture_always_has_one(limited: Limited) -> None:
    image = Image(png(8, 8), "png", 8, 8)
    assert find_faults(image, limited(refused=True)) == ["the provider refused the request"]


def test_an_ordinary_photo_has_no_fault(quarters: NDArray[np.uint8], opened: Opened, limited: Limited) -> None:
    photo = opened(simplejpeg.encode_jpeg(quarters, 85))
    assert find_faults(photo, limited(formats=frozenset({"jpeg"}), animated=False, turns=False, alpha=False)) == []


@pytest.mark.parametrize(
    ("size", "limits", "expected"),
    [
        ((4000, 3000), {}, (4000, 3000)),
        ((4000, 3000), {"side": 2000}, (2000, 1500)),
        ((3000, 4000), {"side": 1999}, (1499, 1999)),
        ((1999, 1000), {"side": 1999}, (1999, 1000)),
        ((10, 9000), {"side": 1000}, (1, 1000)),
        ((6400, 3200), {"side": 6400, "patches": 5000}, (3200, 1600)),
    ],
)
def test_sides_are_kept_in_proportion(
    size: tuple[int, int], limits: dict[str, Any], expected: tuple[int, int], limited: Limited
) -> None:
    assert fitting(Image(b"", "png", *size), limited(**limits)) == expected


@pytest.mark.parametrize("size", [(4000, 4000), (12_000, 300), (333, 9999), (3201, 3201)])
def test_patches_are_within_the_limit_and_not_far_from_it(size: tuple[int, int], limited: Limited) -> None:
    width, height = fitting(Image(b"", "png", *size), limited(patches=900))
    patches = -(-width // 32) * -(-height // 32)
    assert 700 <= patches <= 900 or Size(*size) == (width, height)


@pytest.mark.parametrize(("width", "expected"), [(4000, 1999), (1500, 1500)])
def test_what_was_refused_goes_to_the_narrowest_known_limit(width: int, expected: int, limited: Limited) -> None:
    image = Image(b"", "png", width, 100)
    assert fitting(image, limited(refused=True, side=8000)).width == expected
