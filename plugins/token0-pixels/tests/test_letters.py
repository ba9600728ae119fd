from __future__ import annotations

import cv2
import numpy as np
import pytest

from token0_pixels.letters import find_letters


def boxes(array: np.ndarray[tuple[int, int], np.dtype[np.uint8]], *, light: bool = False) -> list[tuple[int, ...]]:
    letters = find_letters(array)[int(light)]
    sides = zip(letters.left, letters.top, letters.right, letters.bottom, strict=True)
    return [tuple(int(side) for side in box) for box, usable in zip(sides, letters.usable, strict=True) if usable]


@pytest.mark.parametrize("light", [False, True])
def test_ring_is_found_with_its_edges(light: bool) -> None:
    array = np.full((60, 80), 0 if light else 255, np.uint8)
    cv2.circle(array, (40, 30), 9, 255 if light else 0, 2)
    (box,) = boxes(array, light=light)
    assert np.abs(np.array(box) - (30, 20, 50, 40)).max() <= 1


@pytest.mark.parametrize(("width", "height"), [(6, 6), (40, 3), (12, 10), (20, 2)], ids=["dot", "dash", "box", "rule"])
def test_filled_shapes_are_no_letters(width: int, height: int) -> None:
    array = np.full((60, 80), 255, np.uint8)
    array[20 : 20 + height, 20 : 20 + width] = 0
    assert boxes(array) == []


def test_narrow_bar_may_be_a_letter() -> None:
    array = np.full((60, 80), 255, np.uint8)
    array[20:34, 30:33] = 0
    assert boxes(array) == [(30, 20, 32, 33)]


def test_sideways_exchanges_rows_and_columns() -> None:
    array = np.full((60, 80), 255, np.uint8)
    array[20:34, 30:33] = 0
    turned = find_letters(array)[0].sideways()
    assert (turned.left[1], turned.top[1], turned.right[1], turned.bottom[1]) == (20, 30, 33, 32)
