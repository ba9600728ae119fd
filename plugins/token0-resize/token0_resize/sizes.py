"""Which sizes are worth considering. Integers only: the same on every machine."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from token0.types import Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from token0.interfaces import TokenCounter

WORTH = 0.85
"""A smaller picture costs at most this share of the tokens. Below that, measuring its own output again would shrink it
again: letters have whole pixels, and at the floor one pixel is an eighth."""

_CORNERS = 8


def visible(size: Size, detail: str | None, counter: TokenCounter) -> Size:
    """What reaches the model of a picture of `size`: the provider's own downscale, never an enlargement."""
    seen = counter.seen(size, detail)
    return seen if seen.width <= size.width and seen.height <= size.height else size


def cheapest(size: Size, detail: str | None, counter: TokenCounter, scale: float) -> Size | None:
    """The corner of the model's grid, at `scale` of `size` or above, that costs least; the largest of equals.

    None when the model counts no pixels or no corner within what the provider shows saves enough.
    """
    seen = visible(size, detail, counter)
    most = counter.count(size, detail) * WORTH
    best: tuple[int, int] | None = None
    chosen = None
    for corner in _corners(size, seen, counter.grid, scale):
        cost = counter.count(corner, detail)
        rank = cost, -corner.width * corner.height
        if cost <= most and (best is None or rank < best):
            best, chosen = rank, corner
    return chosen


def _corners(size: Size, seen: Size, grid: int | None, scale: float) -> Iterator[Size]:
    """Sizes of the picture's aspect with one side, or both, on the grid.

    The cost only changes where a side crosses the grid, so between two corners there is nothing to gain. It grows with
    the size but for some odd rules; the first few above `scale` hold the minimum.
    """
    if grid is None or scale > 1:
        return
    width, height = size
    yield from islice(_along(width, height, seen.width, grid, scale), _CORNERS)
    yield from (Size(*turned[::-1]) for turned in islice(_along(height, width, seen.height, grid, scale), _CORNERS))


def _along(side: int, other: int, most: int, grid: int, scale: float) -> Iterator[Size]:
    """`side` at multiples of the grid, `other` to match, or on the grid too where that distorts by 1 % at most."""
    first = max(1, -(-int(side * scale) // grid))
    for new in range(first * grid, most + 1, grid):
        match = max(1, (2 * other * new + side) // (2 * side))
        on_grid = match // grid * grid
        yield Size(new, on_grid if on_grid and (match - on_grid) * 100 <= match else match)
