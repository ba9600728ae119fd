from __future__ import annotations

import zlib
from struct import pack
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from token0_pixels import decode
from token0_pixels.profiles import MAX_PROFILE, embedded_profile, to_srgb

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from token0.types import Image


def patch(*colour: int) -> NDArray[np.uint8]:
    return np.full((2, 2, 4), (*colour, 255), np.uint8)


# CSS Color 4: sRGB's primaries written as display-p3.
@pytest.mark.parametrize(
    ("p3_numbers", "srgb_numbers"),
    [
        ((234, 51, 35), (255, 0, 0)),
        ((117, 251, 76), (0, 255, 0)),
        ((128, 128, 128), (128, 128, 128)),
        ((255,) * 3, (255,) * 3),
    ],
)
def test_display_p3_becomes_srgb(p3_numbers: tuple[int, ...], srgb_numbers: tuple[int, ...], p3: bytes) -> None:
    found = to_srgb(patch(*p3_numbers), p3)[0, 0, :3].astype(int)
    # Around zero sRGB's tone curve is steep: rounding of the input shows as a few steps.
    assert np.abs(found - srgb_numbers).max() <= 6


def test_srgb_is_left_alone(srgb: bytes) -> None:
    array = patch(12, 130, 250)
    assert to_srgb(array, srgb) is array


def test_grey_is_left_alone(p3: bytes) -> None:
    array = np.zeros((2, 2), np.uint8)
    assert to_srgb(array, p3) is array


def test_fourth_channel_is_left_alone(p3: bytes) -> None:
    array = patch(234, 51, 35)
    array[:, :, 3] = 77
    assert to_srgb(array, p3)[0, 0, 3] == 77


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_embedded_profile_is_found(
    kind: str,
    noise: NDArray[np.uint8],
    p3: bytes,
    encoded: Callable[..., Image],
) -> None:
    assert decode(encoded(noise, kind, icc_profile=p3)).profile == p3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_picture_without_profile_has_none(kind: str, noise: NDArray[np.uint8], encoded: Callable[..., Image]) -> None:
    assert decode(encoded(noise, kind)).profile == b""


def test_profile_that_unpacks_to_too_much_is_none() -> None:
    packed = b"icc\0\0" + zlib.compress(bytes(MAX_PROFILE * 4))
    assert embedded_profile(b"\x89PNG\r\n\x1a\n" + pack(">I", len(packed)) + b"iCCP" + packed + bytes(4), "png") == b""


@given(st.data())
def test_damaged_profile_never_raises(data: st.DataObject) -> None:
    from_file = bytearray(_SAMPLE)
    for _ in range(data.draw(st.integers(1, 8))):
        from_file[data.draw(st.integers(0, len(from_file) - 1))] = data.draw(st.integers(0, 255))
    array = patch(10, 100, 200)
    assert to_srgb(array, bytes(from_file[: data.draw(st.integers(0, len(from_file)))])).shape == array.shape


def _gamma_profile() -> bytes:
    """Wide primaries, a gamma of 2.2, and a table of three points."""
    contents = {
        b"rXYZ": b"XYZ " + bytes(4) + pack(">3i", 39_900, 20_000, 1_200),
        b"gXYZ": b"XYZ " + bytes(4) + pack(">3i", 13_400, 41_000, 4_000),
        b"bXYZ": b"XYZ " + bytes(4) + pack(">3i", 9_700, 4_500, 48_800),
        b"rTRC": b"curv" + bytes(4) + pack(">IH", 1, 563),
        b"gTRC": b"curv" + bytes(4) + pack(">I3H", 3, 0, 14_000, 65_535),
        b"bTRC": b"para" + bytes(4) + pack(">HH3i", 1, 0, 144_000, 65_536, 0),
    }
    at, table, body = 132 + 12 * len(contents), pack(">I", len(contents)), b""
    for tag, content in contents.items():
        table += tag + pack(">II", at + len(body), len(content))
        body += content
    return bytes(16) + b"RGB XYZ " + bytes(104) + table + body


_SAMPLE = _gamma_profile()


def test_curves_of_each_kind_are_understood() -> None:
    array = patch(200, 100, 50)
    assert to_srgb(array, _SAMPLE) is not array
