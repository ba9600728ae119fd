"""Where two screens of one size differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
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

    def share(self, size: Size) -> float:
        """How much of a screen of `size` it covers."""
        return self.width * self.height / (size.width * size.height)

    def cut(self, array: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Its pixels."""
        return np.ascontiguousarray(array[self.y : self.y + self.height, self.x : self.x + self.width])


def changed(before: Pixels, after: Pixels) -> Box | None:
    """The rectangle outside of which both are equal, pixel by pixel; None where they are equal everywhere."""
    differs = (_colours(before) != _colours(after)).any(axis=2)
    rows, columns = (np.flatnonzero(differs.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return None
    y, height = _grown(int(rows[0]), int(rows[-1]) + 1, after.size.height)
    x, width = _grown(int(columns[0]), int(columns[-1]) + 1, after.size.width)
    return Box(x, y, width, height)


def _colours(pixels: Pixels) -> NDArray[np.uint8]:
    """Three channels, or one that stands for them; the fourth is padding."""
    return pixels.array[:, :, None] if pixels.gray else pixels.array[:, :, :3]


def _grown(start: int, end: int, whole: int) -> tuple[int, int]:
    """Start and length of a stretch with its margin, inside of `whole`."""
    length = min(whole, max(_LEAST, end - start + 2 * _MARGIN))
    return min(max(0, (start + end - length) // 2), whole - length), length
