"""Where two screens of one size differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from token0.types import Size
    from token0_pixels import Pixels

# What changed is shown with a little around it, and never as a speck that says nothing alone.
_MARGIN = 16
_LEAST = 96


class Box(NamedTuple):
    """A rectangle of a screen, in pixels from its left upper corner."""

    x: int
    y: int
    width: int
    height: int

    def cut(self, array: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Its pixels."""
        return np.ascontiguousarray(array[self.y : self.y + self.height, self.x : self.x + self.width])

    def around(self, other: Box) -> Box:
        """The smallest one that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Box(x, y, right - x, bottom - y)

    def meets(self, other: Box) -> bool:
        """True where they have pixels in common."""
        beside = self.x >= other.x + other.width or other.x >= self.x + self.width
        return not beside and self.y < other.y + other.height and other.y < self.y + self.height


def changed(before: Pixels, after: Pixels) -> list[Box]:
    """Rectangles outside of which both are equal, pixel by pixel, from above to below; none where all is equal."""
    differs = (_colours(before) != _colours(after)).any(axis=2)
    around = np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    near = cv2.dilate(differs.astype(np.uint8), around)
    _, _, found, _ = cv2.connectedComponentsWithStats(near)
    # The first one is what did not change.
    boxes = (_grown(Box(*map(int, each[:4])), after.size) for each in found[1:])
    return sorted(_apart(boxes), key=lambda box: (box.y, box.x))


def share(boxes: Iterable[Box], size: Size) -> float:
    """How much of a screen of `size` they cover."""
    return sum(box.width * box.height for box in boxes) / (size.width * size.height)


def _colours(pixels: Pixels) -> NDArray[np.uint8]:
    """Three channels, or one that stands for them; the fourth is padding."""
    return pixels.array[:, :, None] if pixels.gray else pixels.array[:, :, :3]


def _grown(box: Box, size: Size) -> Box:
    x, width = _stretch(box.x, box.width, size.width)
    y, height = _stretch(box.y, box.height, size.height)
    return Box(x, y, width, height)


def _stretch(start: int, length: int, whole: int) -> tuple[int, int]:
    """Start and length of a stretch that is long enough, inside of `whole`."""
    long = min(whole, max(_LEAST, length))
    return min(max(0, start - (long - length) // 2), whole - long), long


def _apart(boxes: Iterable[Box]) -> list[Box]:
    """The same, but those that have pixels in common are one."""
    apart: list[Box] = []
    for each in boxes:
        box = each
        while meeting := next((other for other in apart if box.meets(other)), None):
            apart.remove(meeting)
            box = box.around(meeting)
        apart.append(box)
    return apart
