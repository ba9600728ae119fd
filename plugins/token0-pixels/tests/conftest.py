from __future__ import annotations

import io
from collections.abc import Callable
from struct import pack
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from token0.sniff import sniff
from token0.types import Image
from token0_pixels import testing

Encoder = Callable[..., Image]


@pytest.fixture
def noise() -> NDArray[np.uint8]:
    """A soft coloured picture, 240 x 160 and 3 channels, as a photograph is."""
    spots = np.random.default_rng(7).integers(0, 256, (20, 30, 3), np.uint8)
    return np.asarray(cv2.resize(spots, (240, 160), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.fixture
def encoded() -> Encoder:
    """Encode an array with Pillow, by format and its options; the header is read back."""

    def encode(array: NDArray[Any], kind: str, mode: str | None = None, **options: Any) -> Image:
        picture = Pillow.fromarray(array)
        file = io.BytesIO()
        (picture.convert(mode) if mode else picture).save(file, kind, **options)
        return image_of(file.getvalue())

    return encode


@pytest.fixture(scope="session")
def page() -> Callable[..., NDArray[np.uint8]]:
    return testing.draw_page


@pytest.fixture(scope="session")
def photo() -> Callable[[int, int], NDArray[np.uint8]]:
    return testing.draw_photo


def image_of(data: bytes) -> Image:
    header = sniff(data)
    assert header is not None
    return Image(data, header.format, header.width, header.height, header.orientation)


@pytest.fixture
def p3() -> bytes:
    """A Display P3 profile: its primaries adapted to D50, and the tone curve of sRGB as ICC's parametric type 3."""
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    return matrix_profile(primaries)


@pytest.fixture
def srgb() -> bytes:
    primaries = {
        b"rXYZ": (0.43607, 0.22249, 0.01392),
        b"gXYZ": (0.38515, 0.71687, 0.09708),
        b"bXYZ": (0.14307, 0.06061, 0.71410),
    }
    return matrix_profile(primaries)


def matrix_profile(primaries: dict[bytes, tuple[float, float, float]]) -> bytes:
    curve = (
        b"para"
        + bytes(4)
        + pack(">HH5i", 3, 0, *(round(v * 65536) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)))
    )
    contents = {
        tag: b"XYZ " + bytes(4) + pack(">3i", *(round(v * 65536) for v in xyz)) for tag, xyz in primaries.items()
    }
    contents |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    at = 128 + 4 + 12 * len(contents)
    table, body = pack(">I", len(contents)), b""
    for tag, content in contents.items():
        table += tag + pack(">II", at + len(body), len(content))
        body += content
    head = pack(">I", at + len(body)) + bytes(12) + b"RGB XYZ " + bytes(12) + b"acsp" + bytes(88)
    return head + table + body


def fixed(*values: float) -> bytes:
    return b"".join(pack(">i", round(value * 65536)) for value in values)
