from __future__ import annotations

import cv2
import numpy as np
import pytest

from token0_pixels.spots import find_spots


@pytest.mark.parametrize("connectivity", [4, 8])
def test_boxes_and_areas_are_those_that_opencv_measures(connectivity: int) -> None:
    ink = np.where(np.random.default_rng(1).random((60, 80)) < 0.3, 255, 0).astype(np.uint8)
    ink[:, 0] = ink[:, -1] = 0
    _, labels, measured, _ = cv2.connectedComponentsWithStats(ink, connectivity=connectivity)
    spots = find_spots(ink, connectivity=connectivity)
    assert np.array_equal(spots.labels, labels)
    boxes = np.stack([spots.left, spots.top, spots.right - spots.left + 1, spots.bottom - spots.top + 1, spots.area], 1)
    assert np.array_equal(boxes[1:], measured[1:])


def test_ink_at_both_ends_of_rows_does_not_run_together() -> None:
    spots = find_spots(np.full((4, 6), 255, np.uint8), connectivity=4)
    assert [int(side[1]) for side in spots[1:6]] == [1, 0, 4, 3, 16]


def test_blank_paper_has_no_spots() -> None:
    assert len(find_spots(np.zeros((4, 6), np.uint8), connectivity=8).area) == 1
