"""Blank margins: how much at the edges of a picture is paper and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from token0.types import Size
from token0_pixels.pixels import on_white

if TYPE_CHECKING:
    from token0_pixels.pixels import Pixels

# What differs from the paper by no more levels, in each colour, is paper: noise of scans and of JPEG.
_NOISE = 16

# Fewer odd pixels than this in a square of so many a side are dust. A dot above an `i` has more, a hairline too.
_SQUARE = 7
_DUST = 4

# Outermost pixels that do not count: frames, and what is left of cutting and scaling.
_FRAME = 3

# The share of an outer line of the picture that must be paper for it to have a margin there.
_BLANK = 0.98

# What stays around the contents: the larger of so many pixels and this share of the longer side.
_LEAST_PAD = 8
_PAD = 0.01


class Box(NamedTuple):
    """First column and row, and those behind the last."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> Size:
        return Size(self.right - self.left, self.bottom - self.top)

    def scaled(self, size: Size, other: Size) -> Box:
        """This box of a picture of `size`, in the picture at `other` size; never smaller for rounding."""
        return Box(
            self.left * other.width // size.width,
            self.top * other.height // size.height,
            -(-self.right * other.width // size.width),
            -(-self.bottom * other.height // size.height),
        )


def without_margins(pixels: Pixels) -> Box | None:
    """Where something is on the paper, with a little paper around it; None without margins worth the name."""
    if min(pixels.size) <= 2 * _FRAME:
        return None
    whole = pixels.array
    if pixels.alpha:
        # White print on nothing is no paper: not every model sees it on white.
        whole = on_white(whole)
        whole[:, :, 3] = pixels.array[:, :, 3]
    array = whole[_FRAME:-_FRAME, _FRAME:-_FRAME]
    outer = (array[0], array[-1], array[:, 0], array[:, -1])
    paper = np.median(np.concatenate(outer), axis=0).astype(np.int16)
    if not any((np.abs(line - paper) <= _NOISE).mean() >= _BLANK for line in outer):
        return None
    low, high = np.clip(paper - _NOISE, 0, 255), np.clip(paper + _NOISE, 0, 255)
    ink = cv2.bitwise_not(cv2.inRange(array, np.atleast_1d(low), np.atleast_1d(high)))
    dense = cv2.blur(ink, (_SQUARE, _SQUARE)) >= 255 * _DUST // _SQUARE**2
    rows, columns = np.flatnonzero(dense.any(1)), np.flatnonzero(dense.any(0))
    if not len(rows):
        return None
    width, height = pixels.size
    pad = max(_LEAST_PAD, round(_PAD * max(width, height)))
    box = Box(
        max(0, int(columns[0]) + _FRAME - pad),
        max(0, int(rows[0]) + _FRAME - pad),
        min(width, int(columns[-1]) + _FRAME + 1 + pad),
        min(height, int(rows[-1]) + _FRAME + 1 + pad),
    )
    return None if box == (0, 0, width, height) else box
