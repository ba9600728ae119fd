from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any
from zlib import crc32

import cv2
import msgspec
import numpy as np
import pytest
from PIL import Image as Pillow

from token0.types import Image, Size
from token0_pixels import Undecodable, decode
from token0_pixels.decode import from_opencv

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Encoder = Callable[..., Image]

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# How an upright picture was recorded: what undoes the turn that EXIF asks for.
RECORDED = {
    1: None,
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_90,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_270,
}


def quarters() -> NDArray[np.uint8]:
    """Red, green / blue, white: 64 wide, 32 high."""
    array = np.zeros((32, 64, 3), np.uint8)
    array[:16, :32], array[:16, 32:], array[16:, :32], array[16:, 32:] = RED, GREEN, BLUE, WHITE
    return array


def exif(turn: int) -> bytes:
    return b"Exif\0\0II*\0" + pack("<IH", 8, 1) + pack("<HHIHH", 0x0112, 3, 1, turn, 0) + bytes(4)


def corners(array: NDArray[np.uint8]) -> list[list[int]]:
    height, width = array.shape[:2]
    points = [(0.25, 0.25), (0.25, 0.75), (0.75, 0.25), (0.75, 0.75)]
    return [np.round(array[int(y * height), int(x * width), :3] / 255).astype(int).tolist() for y, x in points]


@pytest.mark.parametrize("turn", RECORDED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_comes_out_upright(turn: int, kind: str, encoded: Encoder) -> None:
    way = RECORDED[turn]
    recorded = Pillow.fromarray(quarters()) if way is None else Pillow.fromarray(quarters()).transpose(way)
    image = encoded(np.asarray(recorded), kind, exif=exif(turn))
    pixels = decode(image)
    assert (pixels.size, corners(pixels.array)) == ((64, 32), [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])


@pytest.mark.parametrize(
    ("at_least", "decoded"),
    [
        ((240, 160), (240, 160)),
        ((121, 80), (240, 160)),
        ((120, 80), (120, 80)),
        ((31, 20), (60, 40)),
        ((9, 9), (30, 20)),
    ],
)
def test_jpeg_is_decoded_at_the_smallest_scale_that_is_enough(
    at_least: tuple[int, int], decoded: tuple[int, int], noise: NDArray[np.uint8], encoded: Encoder
) -> None:
    assert decode(encoded(noise, "JPEG"), at_least=Size(*at_least)).size == decoded


def test_turned_jpeg_keeps_the_wanted_size_as_displayed(noise: NDArray[np.uint8], encoded: Encoder) -> None:
    image = encoded(noise, "JPEG", exif=exif(6))
    assert decode(image, at_least=Size(70, 120)).size == (80, 120)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pixels_are_those_of_the_file(kind: str, noise: NDArray[np.uint8], encoded: Encoder) -> None:
    array = decode(encoded(noise, kind)).array[:, :, :3]
    assert np.abs(array.astype(int) - noise).mean() < 6


def test_first_frame_of_a_gif(encoded: Encoder) -> None:
    assert corners(decode(encoded(quarters(), "GIF")).array) == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]


@pytest.mark.parametrize(("written", "meant"), [(0, 0), (0x8080, 128), (0xFFFF, 255), (0x0180, 1), (0x0182, 2)])
def test_sixteen_bits_are_rounded_to_eight(written: int, meant: int) -> None:
    _, data = cv2.imencode(".png", np.full((4, 6), written, np.uint16))
    assert decode(Image(bytes(data), "png", 6, 4)).array.tolist() == [[meant] * 6] * 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_grey_stays_grey(kind: str, noise: NDArray[np.uint8], encoded: Encoder) -> None:
    assert decode(encoded(noise[:, :, 0], kind)).array.ndim == 2


def test_colour_without_colour_becomes_grey(noise: NDArray[np.uint8], encoded: Encoder) -> None:
    grey = np.repeat(noise[:, :, :1], 3, axis=2)
    assert np.array_equal(decode(encoded(grey, "PNG")).array, noise[:, :, 0])


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_kept(mode: str, encoded: Encoder) -> None:
    array = np.dstack([np.full((8, 8, 3), 90, np.uint8), np.repeat(np.array([[0], [255]], np.uint8), 32).reshape(8, 8)])
    pixels = decode(encoded(array, "PNG", mode))
    assert (pixels.alpha, pixels.array[0, 0, 3], pixels.array[-1, 0, 3]) == (True, 0, 255)


def test_alpha_that_hides_nothing_is_none(noise: NDArray[np.uint8], encoded: Encoder) -> None:
    assert not decode(encoded(np.dstack([noise, np.full((160, 240), 255, np.uint8)]), "PNG")).alpha


def test_cmyk_jpeg_is_decoded(encoded: Encoder) -> None:
    assert corners(decode(encoded(quarters(), "JPEG", "CMYK")).array)[0] == [1, 0, 0]


def cut(image: Image) -> dict[str, Any]:
    return {"data": image.data[: len(image.data) // 2]}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("damage", [cut, lambda _: {"data": b"no picture"}, lambda image: {"width": image.width + 1}])
def test_broken_picture_is_undecodable(
    kind: str,
    damage: Callable[[Image], dict[str, Any]],
    noise: NDArray[np.uint8],
    encoded: Encoder,
) -> None:
    image = encoded(noise, kind)
    with pytest.raises(Undecodable):
        decode(msgspec.structs.replace(image, **damage(image)))


def test_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    ihdr = b"IHDR" + pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + pack(">I", 13) + ihdr + pack(">I", crc32(ihdr))
    with pytest.raises(Undecodable, match="60000x60000 pixels are too many"):
        decode(Image(data, "png", 60_000, 60_000))


def test_other_formats_are_refused() -> None:
    with pytest.raises(Undecodable, match="heic"):
        decode(Image(b"", "heic", 1, 1))


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((2, 3), 7, np.uint8), [7]),
        (np.full((2, 3, 1), 7, np.uint8), [7]),
        (np.full((2, 3), 257 * 9, np.uint16), [9]),
        (np.full((2, 3, 3), (1, 2, 3), np.uint8), [3, 2, 1, 255]),
        (np.full((2, 3, 4), (1, 2, 3, 4), np.uint8), [3, 2, 1, 4]),
        (np.full((2, 3, 3), 5, np.uint8), [5]),
    ],
)
def test_arrays_of_opencv_become_pixels(array: NDArray[Any], expected: list[int]) -> None:
    pixels = from_opencv(array)
    assert pixels.size == (3, 2)
    assert np.atleast_1d(pixels.array[0, 0]).tolist() == expected


@pytest.mark.parametrize("array", [np.zeros((2, 2), np.float32), np.zeros((2, 2, 2), np.uint8)])
def test_samples_of_another_kind_are_refused(array: NDArray[Any]) -> None:
    with pytest.raises(Undecodable, match="not understood"):
        from_opencv(array)
