"""How OpenAI turns pixels into tokens: 512-px tiles for the older models, 32-px patches for the newer ones.

Everything is integers: the published algorithm has one square root and one multiplier, and both are exact here. With
floats, `math.ceil(patches * 1.62)` is one too high for 31 of 20,000 random sizes.
"""

from __future__ import annotations

from math import isqrt

import msgspec

from token0.types import Size

TILE = 512
PATCH = 32


class TileRule(msgspec.Struct, frozen=True):
    """`base` tokens an image and `tile` tokens for each 512-px square of it; `low` costs the base alone.

    `short_side` is what the provider brings the shorter side to; smaller images are not enlarged.
    """

    base: int
    tile: int
    short_side: int = 768

    grid = TILE
    details = ("low", "high")

    def seen(self, size: Size, detail: str | None) -> Size:
        if detail == "low":
            return fit(size, TILE)
        width, height = fit(size, 2048)
        short = min(width, height)
        if short <= self.short_side:
            return Size(width, height)
        return Size(width * self.short_side // short, height * self.short_side // short)

    def count(self, size: Size, detail: str | None) -> int:
        if detail == "low":
            return self.base
        return self.base + self.tile * cells(self.seen(size, detail), TILE)


class Bounds(msgspec.Struct, frozen=True):
    """What one level of detail allows: the longest side in pixels, then how many patches."""

    longest: int
    patches: int | None = None


class PatchRule(msgspec.Struct, frozen=True):
    """One patch is 32 px square and costs `numerator / denominator` tokens; the sum is rounded up.

    `original` is None where the model refuses that level; `default` is what no detail, and `auto`, mean.
    More than 30,000 patches are refused by the provider, at every level; the count is then what they would cost.
    """

    low: Bounds
    high: Bounds
    original: Bounds | None
    default: str
    numerator: int
    denominator: int

    grid = PATCH

    @property
    def details(self) -> tuple[str, ...]:
        """The levels of the guide; none for the models whose levels are all the same."""
        if self.low == self.high:
            return ()
        return ("low", "high") if self.original is None else ("low", "high", "original")

    def bounds(self, detail: str | None) -> Bounds:
        level = detail if detail in ("low", "high", "original") else self.default
        if level == "original" and self.original is not None:
            return self.original
        return self.low if level == "low" else self.high

    def seen(self, size: Size, detail: str | None) -> Size:
        bounds = self.bounds(detail)
        size = fit(size, bounds.longest)
        if bounds.patches is None or cells(size, PATCH) <= bounds.patches:
            return size
        return shrink_to_patches(size, bounds.patches)

    def count(self, size: Size, detail: str | None) -> int:
        return -(-cells(self.seen(size, detail), PATCH) * self.numerator // self.denominator)


def cells(size: Size, edge: int) -> int:
    """How many squares of `edge` pixels cover the image."""
    return -(-size.width // edge) * -(-size.height // edge)


def fit(size: Size, longest: int) -> Size:
    """Scale so that no side is longer than `longest`, rounded to whole pixels; smaller images stay."""
    side = max(size)
    if side <= longest:
        return size
    return Size(_rounded(size.width * longest, side), _rounded(size.height * longest, side))


def shrink_to_patches(size: Size, budget: int) -> Size:
    """The largest scale that keeps `budget` patches and fills one side with whole ones.

    The guide's scale is s = sqrt(1024 * budget / (w * h)), then times the smaller of floor(x) / x for x = w*s/32 and
    x = h*s/32. As w*s/32 = sqrt(w * budget / h), its floor is a whole square root, and the corrected scale is
    32 * columns / w or 32 * rows / h: a fraction, so nothing is lost to rounding.
    """
    width, height = size
    columns = max(1, isqrt(width * budget // height))
    rows = max(1, isqrt(height * budget // width))
    if columns * height <= rows * width:
        return Size(columns * PATCH, max(1, height * columns * PATCH // width))
    return Size(max(1, width * rows * PATCH // height), rows * PATCH)


def _rounded(numerator: int, denominator: int) -> int:
    return max(1, (2 * numerator + denominator) // (2 * denominator))
