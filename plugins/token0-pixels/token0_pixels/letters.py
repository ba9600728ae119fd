"""Letter-like spots of a picture: connected ink, dark or light, of a letter's proportions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from token0_pixels.spots import find_spots

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Ink differs from the mean of its surroundings. The window must be wider than strokes, also those of headlines.
_WINDOW = 31
_CONTRAST = 14

LOWEST, HIGHEST = 4, 96
"""Pixels. Lower spots are dust as often as letters; higher ones never bind a floor."""


class Letters(NamedTuple):
    """Spots of ink, numbered as in `labels`; number 0 is the paper.

    `left` to `bottom` are the first and last column and row, `area` counts pixels, `contrast` is the mean difference in
    grey levels between the middle of a stroke and what surrounds it, `usable` marks letter-like ones.
    """

    labels: NDArray[np.int32]
    left: NDArray[np.int64]
    top: NDArray[np.int64]
    right: NDArray[np.int64]
    bottom: NDArray[np.int64]
    area: NDArray[np.int64]
    contrast: NDArray[np.float64]
    usable: NDArray[np.bool_]

    def sideways(self) -> Letters:
        """The same spots with rows and columns exchanged, for text that runs up or down."""
        usable = _letter_like(self.bottom - self.top + 1, self.right - self.left + 1, self.area)
        return Letters(self.labels.T, self.top, self.left, self.bottom, self.right, self.area, self.contrast, usable)


def find_letters(luma: NDArray[np.uint8]) -> tuple[Letters, Letters]:
    """Dark spots and light spots of a (height, width) picture."""
    mean = cv2.blur(luma, (_WINDOW, _WINDOW))
    return _spots(cv2.subtract(mean, luma)), _spots(cv2.subtract(luma, mean))


def _spots(contrast: cv2.typing.MatLike) -> Letters:
    _, ink = cv2.threshold(contrast, _CONTRAST, 255, cv2.THRESH_BINARY)
    labels, left, top, right, bottom, area, middles, owners = find_spots(ink, connectivity=8)
    usable = _letter_like(right - left + 1, bottom - top + 1, area)
    usable[0] = False
    runs = np.bincount(owners, minlength=len(area))
    total = np.bincount(owners, np.asarray(contrast, np.uint8).reshape(-1)[middles], len(area))
    return Letters(labels, left, top, right, bottom, area, total / np.maximum(runs, 1), usable)


def _letter_like(width: NDArray[np.int64], height: NDArray[np.int64], area: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of a letter's size and not a dot, a dash or a filled box; narrow full ones may be `l` or `1`."""
    full = area * 5 > width * height * 4
    fits = (height >= LOWEST) & (height <= HIGHEST) & (width <= 10 * height) & (area > LOWEST)
    return np.asarray(fits & ~(full & (width * 8 > height * 5)))
