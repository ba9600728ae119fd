from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import simplejpeg  # type: ignore[import-untyped]

from token0.sniff import sniff
from token0_pixels import Pixels, encode, encode_smallest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from token0_pixels.encode import Format


def coloured(noise: NDArray[np.uint8]) -> Pixels:
    return Pixels(np.dstack([noise, np.full(noise.shape[:2], 255, np.uint8)]))


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("grey", [True, False])
def test_file_is_what_was_asked_for(kind: Format, grey: bool, noise: NDArray[np.uint8]) -> None:
    pixels = Pixels(noise[:, :, 0]) if grey else coloured(noise)
    header = sniff(encode(pixels, kind))
    assert header is not None
    assert (header.format, header.width, header.height) == (kind, 240, 160)


def test_png_loses_nothing(noise: NDArray[np.uint8]) -> None:
    array = cv2.imdecode(np.frombuffer(encode(coloured(noise), "png"), np.uint8), cv2.IMREAD_COLOR)
    assert array is not None
    assert np.array_equal(array[:, :, ::-1], noise)


@pytest.mark.parametrize(("text", "sampling"), [(True, "444"), (False, "420")])
def test_text_keeps_its_colours_at_full_resolution(text: bool, sampling: str, noise: NDArray[np.uint8]) -> None:
    assert simplejpeg.decode_jpeg_header(encode(coloured(noise), "jpeg", text=text))[3] == sampling


def test_jpeg_puts_transparency_on_white() -> None:
    data = encode(Pixels(np.zeros((8, 8, 4), np.uint8), alpha=True), "jpeg")
    assert simplejpeg.decode_jpeg(data).min() == 255


def test_half_transparent_black_is_grey_on_white() -> None:
    array = np.zeros((8, 8, 4), np.uint8)
    array[:, :, 3] = 128
    assert abs(int(simplejpeg.decode_jpeg(encode(Pixels(array, alpha=True), "jpeg")).mean()) - 127) <= 1


def test_png_keeps_transparency() -> None:
    data = encode(Pixels(np.zeros((8, 8, 4), np.uint8), alpha=True), "png")
    header = sniff(data)
    assert header is not None
    assert header.alpha


@pytest.mark.parametrize("marker", [b"Exif", b"ICC_PROFILE", b"\xff\xfe"])
def test_jpeg_carries_no_metadata(marker: bytes, noise: NDArray[np.uint8], p3: bytes) -> None:
    assert marker not in encode(coloured(noise)._replace(profile=p3), "jpeg")[:200]


def test_flat_drawing_is_smallest_as_png() -> None:
    assert encode_smallest(Pixels(np.zeros((200, 200), np.uint8)), ("jpeg", "png"))[0] == "png"


def test_photograph_is_smallest_as_jpeg(noise: NDArray[np.uint8]) -> None:
    assert encode_smallest(coloured(noise), ("png", "jpeg"))[0] == "jpeg"


PROGRAM = """
import hashlib, numpy, token0_pixels
array = numpy.arange(90 * 70 * 4, dtype=numpy.uint32).astype(numpy.uint8).reshape(90, 70, 4) // 3 * 2
small = token0_pixels.resize(token0_pixels.Pixels(array), (35, 45))
print(*(hashlib.sha256(token0_pixels.encode(small, name)).hexdigest() for name in ("jpeg", "png", "webp")))
"""


def test_another_process_makes_the_same_bytes() -> None:
    runs = {subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(runs) == 1


def test_profile_is_applied_once(noise: NDArray[np.uint8], p3: bytes) -> None:
    plain, converted = coloured(noise), coloured(noise)._replace(profile=p3)
    digests = {hashlib.sha256(encode(pixels, "png")).digest() for pixels in (plain, converted)}
    assert len(digests) == 2
