"""Sizes just below the borders of a model's grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from token0.types import Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from token0.interfaces import TokenCounter


def visible(size: Size, detail: str | None, counter: TokenCounter) -> Size:
    """What reaches the model of a picture of `size`: the provider's own downscale, never an enlargement."""
    seen = counter.seen(size, detail)
    return seen if seen.width <= size.width and seen.height <= size.height else size


def border(size: Size, detail: str | None, counter: TokenCounter, loss: float) -> Size | None:
    """The cheapest size on the grid, the largest of equals, that takes away at most `loss` of what the model sees.

    None where no size saves a larger share of the tokens than `loss` takes of the pixels: that would only be a smaller
    picture. A size from which this function would go on is not chosen, so its own choice stays.
    """
    sizes = _cheaper(size, detail, counter, loss)
    stable = [each for each in sizes if not _cheaper(each, detail, counter, loss)]
    return min(
        stable, key=lambda each: (counter.count(each, detail), -each.width * each.height, each.width), default=None
    )


def _cheaper(size: Size, detail: str | None, counter: TokenCounter, loss: float) -> list[Size]:
    most = counter.count(size, detail) * (1 - loss) ** 2
    return [each for each in _near(size, detail, counter, loss) if counter.count(each, detail) <= most]


def _near(size: Size, detail: str | None, counter: TokenCounter, loss: float) -> Iterator[Size]:
    """Sizes of the picture's aspect with a side on the grid, at most `loss` smaller than what is seen."""
    if counter.grid is None:
        return
    seen = visible(size, detail, counter)
    for turned in (False, True):
        side, other = size[::-1] if turned else size
        most, most_other = seen[::-1] if turned else seen
        for new in range(most // counter.grid * counter.grid, 0, -counter.grid):
            if new < most * (1 - loss):
                break
            match = _match(side, other, new, counter.grid)
            if most_other * (1 - loss) <= match <= most_other:
                yield Size(match, new) if turned else Size(new, match)


def _match(side: int, other: int, new: int, grid: int) -> int:
    """`other` where `side` becomes `new`; on the grid too where that distorts by 1 % at most."""
    match = max(1, (2 * other * new + side) // (2 * side))
    on_grid = match // grid * grid
    return on_grid if on_grid and (match - on_grid) * 100 <= match else match
