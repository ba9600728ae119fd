from __future__ import annotations

import numpy as np
import pytest

from token0.types import Size
from token0_pixels import Pixels, resize


def test_stripes_of_one_pixel_melt_instead_of_vanishing() -> None:
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    middle = resize(Pixels(stripes), Size(16, 16)).array[4:12, 4:12]
    assert abs(int(middle.mean()) - 128) <= 4


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 4)])
def test_size_is_width_then_height(shape: tuple[int, ...]) -> None:
    assert resize(Pixels(np.zeros(shape, np.uint8)), Size(15, 5)).size == (15, 5)


def test_hidden_colour_does_not_bleed_into_what_is_seen() -> None:
    array = np.zeros((32, 32, 4), np.uint8)
    array[:, :16] = (255, 0, 0, 0)
    array[:, 16:] = (0, 0, 255, 255)
    red = resize(Pixels(array, alpha=True), Size(8, 8)).array[:, :, 0]
    assert red[:, 4:].max() == 0


def test_same_size_is_the_same_picture() -> None:
    pixels = Pixels(np.zeros((4, 4), np.uint8))
    assert resize(pixels, Size(4, 4)) is pixels


def test_brightness_of_transparent_pixels_is_white() -> None:
    array = np.zeros((2, 2, 4), np.uint8)
    array[0] = (0, 0, 0, 255)
    assert Pixels(array, alpha=True).luma().tolist() == [[0, 0], [255, 255]]
