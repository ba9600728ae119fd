from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import simplejpeg

from token0_pixels import Undecodable
from token0_repair.reading import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from token0.types import Image

    Corners = Callable[[NDArray[Any]], str]
    Encoded = Callable[..., Image]
    Opened = Callable[[bytes], Image]
    Stored = Callable[[str], bytes]


@pytest.mark.parametrize("kind", ["bmp", "tiff", "png", "jpg", "webp"])
def test_a_file_of_every_format_shows_the_same(
    kind: str, quarters: NDArray[np.uint8], encoded: Encoded, corners: Corners
) -> None:
    pixels = read(encoded(quarters, kind))
    assert (pixels.size, corners(pixels.array)) == ((160, 96), "rg/bw")


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("grid.heic", (160, 96), "rg/bw"),
        ("turned.heic", (96, 160), "br/wg"),
        ("turned.avif", (96, 160), "rb/gw"),
    ],
)
def test_heif_comes_out_as_it_is_shown(
    name: str, size: tuple[int, int], expected: str, stored: Stored, opened: Opened, corners: Corners
) -> None:
    image = opened(stored(name))
    pixels = read(image)
    assert (pixels.size, image.size, corners(pixels.array)) == (size, size, expected)


@pytest.mark.parametrize(("axis", "expected"), [(0, "bw/rg"), (1, "gr/wb")])
def test_a_mirrored_still_is_mirrored_back(
    axis: int, expected: str, stored: Stored, opened: Opened, corners: Corners
) -> None:
    data = stored("turned.heic").replace(b"irot\x03", b"imir" + bytes([axis]))
    assert corners(read(opened(data)).array) == expected


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_turned_tiff_comes_out_upright(turn: int, opened: Opened, corners: Corners) -> None:
    upright = {
        1: "rg/bw", 2: "gr/wb", 3: "wb/gr", 4: "bw/rg", 5: "rb/gw", 6: "br/wg", 7: "wg/br", 8: "gw/rb",
    }  # fmt: skip
    image = opened(tiff(turn))
    pixels = read(image)
    assert (pixels.size, corners(pixels.array)) == (image.size, upright[turn])


def tiff(turn: int) -> bytes:
    """`quarters` at a tenth, uncompressed, with an orientation."""
    rows = b"".join(
        bytes(part * 8)
        for top in (True, False)
        for _ in range(5)
        for part in (([255, 0, 0], [0, 255, 0]) if top else ([0, 0, 255], [255] * 3))
    )
    entries = [
        (256, 3, 1, 16), (257, 3, 1, 10), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 8),
        (274, 3, 1, turn), (277, 3, 1, 3), (278, 3, 1, 10), (279, 4, 1, len(rows)),
    ]  # fmt: skip
    directory = b"".join(pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + pack("<I", 8 + len(rows)) + rows + pack("<H", len(entries)) + directory + bytes(4)


def test_sixteen_bits_are_not_clipped_to_white(encoded: Encoded) -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (8, 1))
    array = read(encoded(ramp, "tiff")).array
    assert array[0, [0, 32, 63]].tolist() == [0, 130, 255]


def test_a_jpeg_that_ends_too_early_shows_what_there_is(quarters: NDArray[np.uint8], opened: Opened) -> None:
    whole = simplejpeg.encode_jpeg(np.tile(quarters, (4, 4, 1)), 90)
    pixels = read(opened(whole[: len(whole) // 2]))
    assert (pixels.size, pixels.array[5, 5, :3].round(-1).tolist()) == ((640, 384), [250, 0, 0])


@pytest.mark.parametrize(
    "data",
    [
        b"BM" + bytes(12) + pack("<IiiHHI", 40, 3000, 2000, 1, 24, 0) + bytes(24),
        b"II*\0" + pack("<IH", 8, 2) + pack("<HHII", 256, 3, 1, 64) + pack("<HHII", 257, 3, 1, 64) + bytes(4),
        b"BM" + bytes(12) + pack("<IiiHHI", 40, 30_000, 20_000, 1, 24, 0) + bytes(24),
        b"\0\0\1\0\1\0" + pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, 40, 22) + bytes(40),
        b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(40),
        b"not a picture",
    ],
)
def test_what_cannot_be_decoded_is_said_so(data: bytes, opened: Opened) -> None:
    with pytest.raises(Undecodable):
        read(opened(data))


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_grid_without_all_its_tiles_is_not_shown_in_part(share: float, stored: Stored, opened: Opened) -> None:
    data = stored("grid.heic")
    with pytest.raises(Undecodable):
        read(opened(data[: int(len(data) * share)]))


def test_the_biggest_picture_of_an_icon_is_shown(
    quarters: NDArray[np.uint8], ico: Callable[..., bytes], opened: Opened, corners: Corners
) -> None:
    small, large = (
        bytes(cv2.imencode(".png", cv2.cvtColor(cv2.resize(quarters, (side, side)), cv2.COLOR_RGB2BGR))[1])
        for side in (16, 48)
    )
    image = opened(ico((16, 16, 32, small), (48, 48, 32, large)))
    pixels = read(image)
    assert (pixels.size, corners(pixels.array)) == ((48, 48), "rg/bw")


def test_the_mask_of_an_icon_makes_it_transparent(ico: Callable[..., bytes], opened: Opened) -> None:
    # Two rows of two pixels, the lower first; the mask hides the upper left one.
    rows = bytes([0, 0, 255, 0, 255, 0, 0, 0]) + bytes([255, 0, 0, 255, 255, 255, 0, 0])
    mask = bytes(4) + bytes([0b10000000, 0, 0, 0])
    picture = pack("<IiiHHIIiiII", 40, 2, 4, 1, 24, 0, 0, 0, 0, 0, 0) + rows + mask
    pixels = read(opened(ico((2, 2, 24, picture))))
    assert (pixels.size, pixels.alpha) == ((2, 2), True)
    assert pixels.array[:, :, 3].tolist() == [[0, 255], [255, 255]]
    assert pixels.array[1, 0, :3].tolist() == [255, 0, 0]
