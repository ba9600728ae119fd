"""How small the text in a picture is: measured, not guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from token0_pixels.letters import find_letters
from token0_pixels.lines import Lines, find_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from token0.types import Size

# Soft edges make letters of scaled pictures look this much higher, in pixels.
_SOFT = 0.5

# Fewer letters are accidents of texture more often than text that matters.
_FEWEST = 6

# Rows of spots no higher than this, in pixels, are dust where the print is more than so many times higher: dashes of
# rules, screened grey, creases of paper.
_DUST = 5.5
_PRINT = 2.5

# Letters of less breadth, as a share of their height, are as hard to read as lower ones: condensed print of receipts.
# Their strokes run into each other sooner than in proportion: the power of it is 1.5.
_BROAD = 0.65

# The share of letters that may be smaller than the floor: specks, superscripts, a stray texture.
_SPARED = 0.1


class Writing(NamedTuple):
    """Lines of text; heights are in pixels of the undecoded, full-size picture, of which one measured `scale`.

    share: of the picture, covered by letters
    """

    lines: Lines
    scale: float
    share: float

    def needed(self, text: float, digits: float) -> float:
        """The scale at which all but the spared letters are `text` high, or `digits` in lines of one height."""
        narrow = np.minimum(1, self.lines.breadth / _BROAD)
        # A root is exact on every machine, a power is not.
        legible = self.lines.height * narrow * np.sqrt(narrow)
        needs = np.where(self.lines.even, digits, text) / legible
        return float(_quantile(needs, self.lines.letters, 1 - _SPARED))

    def smallest(self) -> float:
        """The height that all but the spared letters reach."""
        return float(_quantile(self.lines.height, self.lines.letters, _SPARED))

    def contrast(self) -> float:
        """Grey levels by which half of the letters, or more, stand out from the paper."""
        return float(_quantile(self.lines.contrast, self.lines.letters, 0.5))

    def blurred(self, height: float) -> bool:
        """Whether the smallest letters measured less than `height` where they were measured."""
        return self.smallest() * self.scale < height


def find_writing(luma: NDArray[np.uint8], full: Size, at_least: Size) -> Writing | None:
    """The text in `luma`, a picture of `full` size decoded at any; None without text.

    Works on a whole fraction of `luma` that keeps both sides `at_least`.
    """
    height, width = luma.shape
    parts = max(1, min(width // at_least.width, height // at_least.height))
    if parts > 1:
        width, height = width // parts, height // parts
        luma = np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    dark, light = find_letters(luma)
    lines = find_lines(dark) + find_lines(light)
    sideways = find_lines(dark.sideways()) + find_lines(light.sideways())
    if sideways.total > lines.total:
        lines = sideways
    lines = _without_dust(lines)
    if lines.total < _FEWEST:
        return None
    scale = width / full.width
    share = float(lines.area.sum()) / (width * height)
    return Writing(lines._replace(height=(lines.height - _SOFT) / scale), scale, share)


def _without_dust(lines: Lines) -> Lines:
    if not lines.total:
        return lines
    # By area, not by number: dust may outnumber the letters.
    print_height = _quantile(lines.height, lines.area, 0.5)
    kept = (lines.height > _DUST) | (lines.height * _PRINT > print_height)
    letters, height, even, area, contrast, breadth = lines
    return Lines(letters[kept], height[kept], even[kept], area[kept], contrast[kept], breadth[kept])


def _quantile(values: NDArray[np.float64], weights: NDArray[Any], share: float) -> np.float64:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    at = min(int(np.searchsorted(reached, share * reached[-1])), len(order) - 1)
    return np.float64(values[order][at])
