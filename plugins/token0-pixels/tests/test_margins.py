from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from token0_pixels import Pixels, without_margins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.uint8]

PAD = 10
"""1 % of the longer side of `paper`."""


def paper(level: int = 255, *, colours: bool = False) -> Array:
    array = np.full((600, 1000, 4) if colours else (600, 1000), level, np.uint8)
    if colours:
        array[:, :, 3] = 255
    return array


@pytest.mark.parametrize(("level", "ink"), [(255, 0), (0, 255), (200, 170)], ids=["print", "negative", "faint"])
def test_contents_are_found_with_a_little_paper_around_them(level: int, ink: int) -> None:
    array = paper(level)
    array[200:300, 400:700] = ink
    box = without_margins(Pixels(array))
    assert box is not None
    assert box == pytest.approx((400 - PAD, 200 - PAD, 700 + PAD, 300 + PAD), abs=4)
    # Nothing but paper is outside.
    array[box.top : box.bottom, box.left : box.right] = level
    assert (array == level).all()


def test_a_colour_as_bright_as_the_paper_is_content() -> None:
    array = paper(128, colours=True)
    # The same luma as the grey around it.
    array[100:150, 100:300, :3] = (255, 74, 74)
    box = without_margins(Pixels(array))
    assert box is not None
    assert box == pytest.approx((100 - PAD, 100 - PAD, 300 + PAD, 150 + PAD), abs=4)


def test_a_small_thin_word_at_the_edge_is_kept() -> None:
    array = paper()
    array[200:300, 400:700] = 0
    cv2.putText(array, "7", (970, 590), cv2.FONT_HERSHEY_PLAIN, 0.6, 150, 1, cv2.LINE_AA)
    rows, columns = np.nonzero(array[400:] < 235)
    box = without_margins(Pixels(array))
    assert box is not None
    assert box.bottom > 400 + rows.max()
    assert box.right > columns.max()


def test_noise_and_dust_are_paper() -> None:
    array = np.random.default_rng(3).integers(242, 256, (600, 1000)).astype(np.uint8)
    array[200:300, 400:700] = 0
    array[50:580:60, 30:980:90] = 60
    box = without_margins(Pixels(array))
    assert box is not None
    assert box == pytest.approx((400 - PAD, 200 - PAD, 700 + PAD, 300 + PAD), abs=4)


def test_a_line_on_the_very_edge_is_no_content() -> None:
    array = paper()
    array[200:300, 400:700] = 0
    array[-1] = array[0] = 0
    array[:, 0] = 120
    box = without_margins(Pixels(array))
    assert box is not None
    assert box.top > 150


def test_margins_of_one_side_are_cut() -> None:
    array = paper()
    array[:, :500] = np.random.default_rng(3).integers(0, 256, (600, 500))
    box = without_margins(Pixels(array))
    assert box is not None
    assert (box.left, box.top, box.bottom) == (0, 0, 600)
    assert box.right == pytest.approx(500 + PAD, abs=4)


def test_transparency_is_paper() -> None:
    array = np.zeros((600, 1000, 4), np.uint8)
    array[200:300, 400:700] = (200, 30, 30, 255)
    box = without_margins(Pixels(array, alpha=True))
    assert box is not None
    assert box.top == pytest.approx(200 - PAD, abs=4)


def test_white_on_transparency_is_content() -> None:
    array = np.zeros((600, 1000, 4), np.uint8)
    array[200:300, 400:700] = (200, 30, 30, 255)
    array[500:540, 100:160] = 255
    box = without_margins(Pixels(array, alpha=True))
    assert box is not None
    assert box.left == pytest.approx(100 - PAD, abs=4)
    assert box.bottom == pytest.approx(540 + PAD, abs=4)


@pytest.mark.parametrize("kind", ["photo", "gradient", "blank", "full", "tiny"])
def test_what_has_no_margins_is_left_alone(kind: str) -> None:
    ramp = np.tile(np.linspace(0, 255, 1000).astype(np.uint8), (600, 1))
    noise = np.random.default_rng(3).integers(0, 256, (600, 1000)).astype(np.uint8)
    full = paper()
    full[4:-4, 4:-4] = noise[4:-4, 4:-4]
    arrays = {"photo": noise, "gradient": ramp, "blank": paper(), "full": full, "tiny": paper()[:6, :6]}
    assert without_margins(Pixels(arrays[kind])) is None
