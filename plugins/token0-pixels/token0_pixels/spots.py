"""Connected spots of ink with their boxes, in a quarter of the time that OpenCV needs to measure them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Spots(NamedTuple):
    """Spots, numbered as in `labels`; number 0 is the paper, whose box says nothing.

    `left` to `bottom` are the first and last column and row, `area` counts pixels. `middles` are the pixels in the
    middle of each run of ink, counted row by row through the picture, and `owners` the spots they belong to.
    """

    labels: NDArray[np.int32]
    left: NDArray[np.int64]
    top: NDArray[np.int64]
    right: NDArray[np.int64]
    bottom: NDArray[np.int64]
    area: NDArray[np.int64]
    middles: NDArray[np.int64]
    owners: NDArray[np.int64]


def find_spots(ink: cv2.typing.MatLike, *, connectivity: int) -> Spots:
    """The spots of a picture of 0 and 255, whose first and last column are made blank."""
    # A blank frame makes ink come in runs that never cross the end of a row.
    ink[:, 0] = ink[:, -1] = 0
    count, labels = cv2.connectedComponents(ink, connectivity=connectivity, ltype=cv2.CV_32S)
    width = ink.shape[1]
    flat = ink.reshape(-1)
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    starts, ends = edges[0::2] + 1, edges[1::2]
    owner = np.asarray(labels.reshape(-1)[starts], np.int64)
    row = starts // width
    top, bottom = np.zeros(count, np.int64), np.zeros(count, np.int64)
    # Runs come from top to bottom: the last assignment to a spot is its lowest row, and backwards its highest.
    bottom[owner] = row
    top[owner[::-1]] = row[::-1]
    left, right = np.full(count, width, np.int64), np.zeros(count, np.int64)
    np.minimum.at(left, owner, starts - row * width)
    np.maximum.at(right, owner, ends - row * width)
    area = np.bincount(owner, ends - starts + 1, minlength=count).astype(np.int64)
    return Spots(np.asarray(labels, np.int32), left, top, right, bottom, area, (starts + ends) // 2, owner)
